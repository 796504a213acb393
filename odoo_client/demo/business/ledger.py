"""Posting: invoices, credit notes, payments and entries as balanced journal items.

Every row is what Odoo would hold; reconciling is `reconcile.py`'s. Amounts are rounded to cents, line by line, and each
entry's company balances and its amounts in currency sum to zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Row


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an invoice: product, its text, quantity, unit price in the invoice's currency."""

    product_id: int
    quantity: float = 1.0
    price: float = 0.0
    discount_pct: float = 0.0
    label: str = ""


@dataclass(slots=True)
class Document:
    """A posted (or draft, or cancelled) entry with its receivable lines and, for payments, the payment's row."""

    move: Row
    lines: list[Row] = field(default_factory=list)
    payment: Row | None = None

    @property
    def open_lines(self) -> list[Row]:
        """The lines that are not reconciled."""
        return [line for line in self.lines if not line["reconciled"]]


@dataclass(frozen=True, slots=True)
class Party:
    """Who an entry is with: the partner on the document and the customer behind it; `user_id` sells to them."""

    partner_id: int | None
    commercial_id: int | None
    user_id: int | None = None


class Ledger:
    """Posts entries into the tables. `rates` converts; the sequence numbers run by company, journal and year."""

    def __init__(self, db: Database, rates: cat.Rates) -> None:
        self.db, self.rates = db, rates
        self._numbers: dict[tuple[str, int, int], int] = {}
        self._ticks = 0
        self.modern_lines = db.profile.major >= 16
        zero = 0.0 if self.modern_lines else None
        self._no_price: Row = {"price_unit": zero, "price_subtotal": zero, "price_total": zero}
        #: A bookkeeper who reconciles after the month's end gets exchange entries of its last day (from 16 on).
        self.books_late = False
        #: Once the history is told, what is posted happens now.
        self.live = False
        #: The user who posts.
        self.uid = 2

    # ------------------------------------------------------------------ small helpers

    def moved_to(self, db: Database) -> Ledger:
        """Return a ledger of another database that goes on where this one stands."""
        other = Ledger(db, self.rates)
        other._numbers, other._ticks, other.live = dict(self._numbers), self._ticks, self.live
        return other

    def numbers(self) -> Mapping[tuple[str, int, int], int]:
        """Return the last number of each sequence, for `number_from`."""
        return dict(self._numbers)

    def number_from(self, numbers: Mapping[tuple[str, int, int], int]) -> None:
        """Go on from these: entries that were rolled back leave no gap."""
        self._numbers = dict(numbers)

    def stamp(self, day: date) -> str:
        """Return a moment of that working day, later for each call, with microseconds; now, when live."""
        if self.live:
            return self.db.now()
        self._ticks += 1
        n = self._ticks
        return f"{day.isoformat()} {6 + n % 10:02d}:{n * 7 % 60:02d}:{n * 13 % 60:02d}.{n * 7919 % 1_000_000:06d}"

    def number(self, code: str, company_id: int, day: date) -> str:
        """Return the next name in a sequence: `INV/2026/00012`, until 15 `INV/2026/07/0003`."""
        modern = self.modern_lines
        key = (code, company_id, day.year * 100 + (0 if modern else day.month))
        self._numbers[key] = number = self._numbers.get(key, 0) + 1
        mark = code if company_id == cat.HARARE_COMPANY else f"{code}B"
        return f"{mark}/{day.year}/{number:05d}" if modern else f"{mark}/{day.year}/{day.month:02d}/{number:04d}"

    def rate(self, currency_id: int, day: date, company_id: int) -> float:
        """Return the units of the currency for one of the company's."""
        return 1.0 if currency_id == cat.USD else self.rates.zwg(day, company_id)

    # ------------------------------------------------------------------ documents

    def invoice(
        self,
        party: Party,
        day: date,
        items: Sequence[Item],
        *,
        company_id: int = 1,
        currency_id: int = cat.USD,
        terms: Sequence[tuple[float, int]] = ((1.0, 14),),
        kind: str = "out_invoice",
        state: str = "posted",
        origin: str | None = None,
        reversed_id: int | None = None,
        receivable: int = cat.RECEIVABLE,
        note: str = "",
    ) -> Document:
        """Return an invoice, credit note or receipt; `terms` are (share, days) of its receivable lines."""
        sign = -1.0 if kind == "out_refund" else 1.0
        rate = self.rate(currency_id, day, company_id)
        subtotals = [round(i.quantity * i.price * (1 - i.discount_pct / 100), 2) for i in items]
        untaxed = round(sum(subtotals), 2)
        tax = round(untaxed * cat.VAT_PCT / 100, 2)
        total = round(untaxed + tax, 2)
        due = day + timedelta(days=terms[-1][1])
        code = "RINV" if kind == "out_refund" else "INV"
        move = self._move(
            party, day, kind, state, company_id, currency_id, cat.J_SALE,
            name=self.number(code, company_id, day) if state != "draft" else self._draft_name(),
            invoice_date=day.isoformat() if state != "draft" else None, invoice_date_due=due.isoformat(),
            invoice_origin=origin, invoice_user_id=party.user_id, reversed_entry_id=reversed_id, amount_untaxed=untaxed,
            amount_tax=tax, amount_total=total, is_move_sent=state == "posted",
        )  # fmt: skip
        move["payment_reference"] = move["name"] if state == "posted" and kind != "out_refund" else None
        balances = [-sign * round(amount / rate, 2) for amount in (*subtotals, tax)]
        head = self._head(move, party, invoice=True)
        for item, subtotal, balance in zip(items, subtotals, balances, strict=False):
            plan = cat.BY_ID[item.product_id]
            income = cat.INCOME if plan.technology else cat.EQUIPMENT_INCOME
            self._line(
                head, cat.account(company_id, income), balance, -sign * subtotal, "product",
                name=item.label or plan.name, product_id=item.product_id, quantity=item.quantity, price_unit=item.price,
                product_uom_id=cat.UNIT,
                discount=item.discount_pct, price_subtotal=subtotal,
                price_total=round(subtotal * (1 + cat.VAT_PCT / 100), 2), tax_ids=[company_id],
            )  # fmt: skip
        if tax:
            account_id = cat.account(company_id, cat.VAT_DUE)
            self._line(head, account_id, balances[-1], -sign * tax, "tax", name="15% VAT", tax_line_id=company_id)
        if note:
            self._line(head, None, 0.0, 0.0, "line_note", name=note)
        document = Document(move)
        left, left_balance = sign * total, -round(sum(balances), 2)
        whole = (left, left_balance)
        for number, (share, days) in enumerate(terms, start=1):
            last = number == len(terms)
            amount = left if last else round(whole[0] * share, 2)
            balance = left_balance if last else round(whole[1] * share, 2)
            left, left_balance = round(left - amount, 2), round(left_balance - balance, 2)
            label = move["payment_reference"] or ""
            line = self._line(
                head, cat.account(company_id, receivable), balance, amount, "payment_term", open_item=True,
                name=f"{label} installment #{number}" if len(terms) > 1 else label or None,
                date_maturity=(day + timedelta(days=days)).isoformat(),
            )  # fmt: skip
            document.lines.append(line)
        move["amount_total_signed"] = whole[1]
        move["amount_untaxed_signed"] = -round(sum(balances[:-1]), 2)
        move["amount_total_in_currency_signed"] = whole[0]
        return document

    def payment(
        self,
        party: Party,
        day: date,
        amount: float,
        *,
        company_id: int = 1,
        currency_id: int = cat.USD,
        journal: int = cat.J_BANK_USD,
        direction: str = "inbound",
        state: str = "posted",
        memo: str = "",
        matched: bool = True,
        with_entry: bool = True,
        invoice_ids: Sequence[int] = (),
    ) -> Document:
        """Return a customer payment (outbound: a refund); drafts from 18 on, or without `with_entry`, have no entry."""
        major, stamp = self.db.profile.major, self.stamp(day)
        inbound = direction == "inbound"
        entry = with_entry and not (major >= 18 and state == "draft")
        key = cat.journal(company_id, journal)
        name = self.payment_number(key, day) if state != "draft" else self._draft_name()
        # Only Enterprise matches payments with the bank's statement lines.
        matched = matched and self.db.profile.flavour == "enterprise"
        payment = {
            "payment_type": direction, "partner_type": "customer", "partner_id": party.partner_id, "amount": amount,
            "currency_id": currency_id, "company_id": company_id, "date": day.isoformat(), "name": name,
            "memo": memo or None, "journal_id": key, "payment_method_id": 1 if inbound else 2,
            "payment_method_line_id": key if inbound else cat.outbound_line(key),
            "payment_reference": f"TXN{self._ticks:08d}" if journal == cat.J_MOBILE else None,
            "destination_account_id": cat.account(company_id, cat.RECEIVABLE), "is_matched": matched,
            "is_reconciled": False,
            "outstanding_account_id": cat.account(company_id, cat.OUTSTANDING) if with_entry else None, "move_id": None,
            "invoice_ids": list(invoice_ids), "state": _payment_state(major, state, matched), "create_date": stamp,
            "write_date": stamp, "create_uid": self.uid, "write_uid": self.uid,
        }  # fmt: skip
        self.db.add("account.payment", payment)
        return self.payment_entry(payment, party, state) if entry else Document({"id": 0, "name": name}, [], payment)

    def payment_number(self, journal_id: int, day: date) -> str:
        """Return the next number of a payment in that journal."""
        code = self.db.tables["account.journal"][journal_id]["code"]
        return self.number(f"P{code}" if self.modern_lines else code, journal_id // 10, day)

    def payment_entry(self, payment: Row, party: Party, state: str) -> Document:
        """Make the entry of a payment: its outstanding account against the customer's receivable one."""
        day, company_id, amount = date.fromisoformat(payment["date"]), payment["company_id"], payment["amount"]
        memo, sign = payment["memo"], 1.0 if payment["payment_type"] == "inbound" else -1.0
        move = self._move(
            party, day, "entry", state, company_id, payment["currency_id"], payment["journal_id"] % 10,
            name=payment["name"], ref=memo, payment_id=payment["id"], origin_payment_id=payment["id"],
            amount_total=amount, amount_untaxed=0.0, amount_tax=0.0,
        )  # fmt: skip
        payment["move_id"] = move["id"]
        balance = round(amount / self.rate(payment["currency_id"], day, company_id), 2)
        head = self._head(move, party, invoice=False)
        label = f"Manual Payment: {memo}" if memo else "Manual Payment"
        if not self.modern_lines:
            label = f"Customer Payment $ {amount:,.2f} - {day:%m/%d/%Y}"
        head.update(payment_id=payment["id"], name=label, date_maturity=move["date"])
        outstanding, receivable = (cat.account(company_id, key) for key in (cat.OUTSTANDING, cat.RECEIVABLE))
        self._line(head, outstanding, sign * balance, sign * amount, "product")
        line = self._line(head, receivable, -sign * balance, -sign * amount, "product", open_item=True)
        move["amount_total_signed"] = balance
        return Document(move, [line], payment)

    def entry(
        self,
        party: Party,
        day: date,
        amount: float,
        label: str,
        *,
        company_id: int = 1,
        currency_id: int = cat.USD,
        due: date | None = None,
        journal: int = cat.J_MISC,
        other: int = cat.OPENING_EQUITY,
        receivable: int = cat.RECEIVABLE,
        balance: float | None = None,
        state: str = "posted",
    ) -> Document:
        """Return a manual entry with one receivable line of `amount` (negative: credit), due on `due` if given."""
        code = "EXCH" if journal == cat.J_EXCHANGE else "MISC"
        move = self._move(
            party, day, "entry", state, company_id, currency_id, journal, name=self.number(code, company_id, day),
            ref=label, amount_total=abs(amount), amount_untaxed=0.0, amount_tax=0.0,
        )  # fmt: skip
        if balance is None:
            balance = round(amount / self.rate(currency_id, day, company_id), 2)
        head = self._head(move, party, invoice=False)
        head.update(name=label, date_maturity=due.isoformat() if due else None)
        line = self._line(head, cat.account(company_id, receivable), balance, amount, "product", open_item=True)
        self._line(head, cat.account(company_id, other), -balance, -amount, "product")
        move["amount_total_signed"] = abs(balance)
        return Document(move, [line])

    def write_off(self, document: Document, amount: float, account: int = cat.WRITTEN_OFF, label: str = "") -> None:
        """Let a payment or bank line credit its first receivable line with `amount` more than was paid."""
        line = document.lines[0]
        rate = self.rate(line["currency_id"], date.fromisoformat(line["date"]), line["company_id"])
        balance = round(amount / rate, 2)
        for name, less in (("balance", balance), ("amount_currency", amount)):
            line[name] = round(line[name] - less, 2)
        line |= {"credit": -line["balance"], "amount_residual": line["balance"]}
        line["amount_residual_currency"] = line["amount_currency"]
        head = {name: value for name, value in line.items() if name != "id"} | {"name": label or "Write-Off"}
        head |= {"amount_residual": 0.0, "amount_residual_currency": 0.0}
        self._line(head, cat.account(line["company_id"], account), balance, amount, "product")

    def bank_line(
        self,
        paid: Sequence[tuple[Party, float]],
        day: date,
        label: str,
        *,
        company_id: int = 1,
        currency_id: int = cat.USD,
        journal: int = cat.J_BANK_USD,
        untold: float = 0.0,
    ) -> Document:
        """Return a line of the bank's statement matched straight with customers; `untold` of it stays in suspense."""
        total = round(sum(amount for _party, amount in paid) + untold, 2)
        key, first = cat.journal(company_id, journal), paid[0][0]
        move = self._move(
            first, day, "entry", "posted", company_id, currency_id, journal, ref=None,
            name=self.number(self.db.tables["account.journal"][key]["code"], company_id, day),
            amount_total=total, amount_untaxed=0.0, amount_tax=0.0,
        )  # fmt: skip
        rate = self.rate(currency_id, day, company_id)
        head = self._head(move, first, invoice=False)
        head.update(name=label, date_maturity=move["date"])
        document = Document(move)
        balance = round(total / rate, 2)
        move["amount_total_signed"] = balance
        self._line(head, cat.account(company_id, cat.MONEY_ACCOUNTS[journal]), balance, total, "product")
        for party, amount in paid:
            own, whole = head | {"partner_id": party.partner_id}, round(amount / rate, 2)
            receivable = cat.account(company_id, cat.RECEIVABLE)
            document.lines.append(self._line(own, receivable, -whole, -amount, "product", open_item=True))
            balance = round(balance - whole, 2)
        if untold:
            self._line(head, cat.account(company_id, cat.SUSPENSE), -balance, -untold, "product")
        return document

    # ------------------------------------------------------------------ rows

    def _draft_name(self) -> str | None:
        return "/" if self.db.profile.major <= 17 else None

    def _move(
        self, party: Party, day: date, kind: str, state: str, company_id: int, currency_id: int, journal: int,
        **more: Any,
    ) -> Row:  # fmt: skip
        stamp = self.stamp(day)
        move: Row = {
            "name": None, "ref": None, "state": state, "move_type": kind, "date": day.isoformat(), "invoice_date": None,
            "invoice_date_due": None, "partner_id": party.partner_id, "commercial_partner_id": party.commercial_id,
            "company_id": company_id, "currency_id": currency_id, "journal_id": cat.journal(company_id, journal),
            "payment_state": "not_paid" if self.modern_lines or kind != "entry" else None, "payment_reference": None,
            "amount_residual": 0.0, "amount_residual_signed": 0.0, "invoice_user_id": None, "matched_payment_ids": [],
            "create_date": stamp, "write_date": stamp, "create_uid": self.uid, "write_uid": self.uid, **more,
        }  # fmt: skip
        self.db.add("account.move", move)
        return move

    def _head(self, move: Row, partner: Party, *, invoice: bool) -> Row:
        """Return what all lines of an entry share, and what most of them leave empty."""
        return {
            "move_id": move["id"], "move_name": move["name"], "ref": move["ref"], "parent_state": move["state"],
            "company_id": move["company_id"], "company_currency_id": cat.USD, "journal_id": move["journal_id"],
            "date": move["date"], "invoice_date": move["invoice_date"] if invoice else None, "date_maturity": None,
            "partner_id": partner.commercial_id if invoice else partner.partner_id, "currency_id": move["currency_id"],
            "reconciled": False, "amount_residual": 0.0, "amount_residual_currency": 0.0, "blocked": False,
            "no_followup": False, "exclude_from_invoice_tab": False if invoice else None, "payment_id": None,
            "full_reconcile_id": None, "matching_number": None, "sequence": 10, "product_uom_id": None,
            "quantity": 0.0, "discount": 0.0, **self._no_price, "create_date": move["create_date"],
            "write_date": move["write_date"], "create_uid": self.uid, "write_uid": self.uid,
        }  # fmt: skip

    def _line(
        self, head: Row, account_id: int | None, balance: float, amount: float, kind: str, *, open_item: bool = False,
        **more: Any,
    ) -> Row:  # fmt: skip
        line = head | more
        line["account_id"], line["balance"], line["amount_currency"] = account_id, balance, amount
        line["debit"], line["credit"] = (balance, 0.0) if balance > 0 else (0.0, -balance + 0.0)
        if open_item:
            line["amount_residual"], line["amount_residual_currency"] = balance, amount
        if kind in ("tax", "payment_term"):
            line["exclude_from_invoice_tab"] = True
        # Until 15 only headings and notes had a type.
        line["display_type"] = kind if self.modern_lines or kind == "line_note" else None
        self.db.add("account.move.line", line)
        return line


def _payment_state(major: int, state: str, matched: bool) -> str:
    """Return the payment's own state: its entry's before 18; from 18 on "paid" once the bank has shown it."""
    if major < 18:
        return state
    return {"posted": "paid" if matched else "in_process", "cancel": "canceled"}.get(state, state)


def ledger_of(db: Database) -> Ledger:
    """Return what posts the entries of a tenant."""
    return cast(Ledger, db.ledger)
