"""Invoices, payments and their matching through Odoo's own ORM, the same calls for Odoo 14 and 19."""

# ruff: noqa: B905  Odoo 14 runs this with Python 3.9, whose zip() knows no `strict`.

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.real_odoo.seed.office import Office


@dataclass
class Bill:
    """One customer document to be made. ``lines`` are (product key, price) or (product key, quantity, price).

    ``date`` and ``due`` count days before today; ``due=None`` takes the instalment term of the office.
    """

    key: str
    partner: Any
    date: int
    due: int | None
    lines: list[tuple[Any, ...]]
    currency: str = "USD"
    kind: str = "out_invoice"
    taxed: bool = False
    origin: str = ""
    ref: str = ""
    state: str = "posted"
    sale_lines: list[int] = field(default_factory=list)


class Books:
    """The ledger of one company."""

    def __init__(self, office: Office, company: Any = None) -> None:
        self.office = office
        self.company = company or office.main
        self.env = office.env(context=dict(office.env.context, allowed_company_ids=[self.company.id]))
        self.moves: dict[str, Any] = {}

    def bill(self, bills: list[Bill]) -> None:
        """Make the documents in the order of their dates, post what is to be posted, cancel what is to be cancelled."""
        ordered = sorted(bills, key=lambda each: -each.date)
        moves = self.env["account.move"].with_company(self.company).create([self._values(each) for each in ordered])
        for bill, move in zip(ordered, moves):
            self.moves[bill.key] = move
        by_state = {
            state: self._together(m for b, m in zip(ordered, moves) if b.state == state)
            for state in ("posted", "cancel")
        }
        by_state["posted"].action_post()
        by_state["cancel"].button_cancel()

    def pay(
        self,
        keys: list[str],
        days: int,
        amount: float | None = None,
        journal: str = "bank",
        currency: str | None = None,
        together: bool = False,
    ) -> None:
        """Register payments through Odoo's wizard, one an invoice; ``amount`` (one invoice only) pays a part.

        With ``together`` the invoices of one customer are paid by one payment.
        """
        moves = self._together(self.moves[key] for key in keys)
        values: dict[str, Any] = {
            "payment_date": self.office.back(days),
            "journal_id": self.office.journal(journal, self.company).id,
        }
        if currency:
            values["currency_id"] = self.office.currency(currency).id
        if amount is not None:
            values["amount"] = amount
            values["payment_difference_handling"] = "open"
        else:
            values["group_payment"] = together
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=moves.ids)
        wizard.create(values).action_create_payments()

    def money(
        self,
        partner: Any,
        days: int,
        amount: float,
        currency: str = "USD",
        journal: str = "bank",
        memo: str = "",
        direction: str = "inbound",
        post: bool = True,
        meant_for: str = "",
        account: Any = None,
    ) -> Any:
        """A payment matched to nothing (a draft when ``post`` is False); partner may be empty.

        ``meant_for`` names an invoice that the payment links to, where Odoo keeps such links (18 and newer);
        ``account`` is the receivable account it is for, where not the partner's own.
        """
        values = {
            "payment_type": direction, "partner_type": "customer",
            "partner_id": partner.id if partner else False, "amount": amount,
            "currency_id": self.office.currency(currency).id, "date": self.office.back(days),
            "journal_id": self.office.journal(journal, self.company).id,
        }  # fmt: skip
        values["memo" if self.office.modern else "ref"] = memo
        if account:
            values["destination_account_id"] = account.id
        if meant_for and "invoice_ids" in self.env["account.payment"]._fields:
            values["invoice_ids"] = [(6, 0, self.moves[meant_for].ids)]
        payment = self.env["account.payment"].with_company(self.company).create(values)
        if post:
            payment.action_post()
        return payment

    def supplier(self, partner: Any, days: int, amount: float) -> None:
        """A vendor bill and a payment to the supplier: nothing a customer owes."""
        expense = {"name": "Backhaul", "quantity": 1, "price_unit": amount, "tax_ids": [(5, 0, 0)]}
        bill = (
            self.env["account.move"]
            .with_company(self.company)
            .create(
                {
                    "move_type": "in_invoice", "partner_id": partner.id, "invoice_date": self.office.back(days),
                    "date": self.office.back(days), "ref": "UP-1", "invoice_line_ids": [(0, 0, expense)],
                }
            )
        )  # fmt: skip
        bill.action_post()
        payment = self.env["account.payment"].with_company(self.company).create(
            {
                "payment_type": "outbound", "partner_type": "supplier", "partner_id": partner.id,
                "amount": amount / 2, "date": self.office.back(days - 5),
                "journal_id": self.office.journal("bank", self.company).id,
            }
        )  # fmt: skip
        payment.action_post()

    def match(self, *records: Any) -> None:
        """Reconcile the open receivable lines of invoices, payments or entries with each other."""
        lines = self.env["account.move.line"]
        for record in records:
            lines |= self.open_lines(record)
        lines.reconcile()

    def entry(
        self, partner: Any, days: int, amount: float, label: str, due: int | None = None, account: Any = None
    ) -> Any:
        """A journal entry that debits a receivable account (credits it when negative); partner may be empty.

        ``due=None`` leaves no due date, ``account=None`` takes the company's usual account.
        """
        receivable = account or self.office.account("receivable", self.company)
        debit, credit = max(amount, 0.0), max(-amount, 0.0)
        move = (
            self.env["account.move"]
            .with_company(self.company)
            .create(
                {
                    "move_type": "entry", "date": self.office.back(days), "ref": label,
                    "journal_id": self.office.journal("general", self.company).id,
                    "line_ids": [
                        (0, 0, {
                            "account_id": receivable.id, "name": label, "debit": debit, "credit": credit,
                            "partner_id": partner.id if partner else False,
                            "date_maturity": False if due is None else self.office.back(due),
                        }),
                        (0, 0, {
                            "account_id": self.office.account("income", self.company).id, "name": label,
                            "debit": credit, "credit": debit,
                        }),
                    ],
                }
            )
        )  # fmt: skip
        move.action_post()
        self._flush()
        if due is None:
            # Odoo fills the date in when it posts; imported ledgers come without.
            self.env.cr.execute("update account_move_line set date_maturity = null where move_id = %s", [move.id])
            self._invalidate()
        return move

    def open_lines(self, record: Any) -> Any:
        """The unreconciled receivable lines of an invoice, entry or payment."""
        move = record.move_id if record._name == "account.payment" else record
        if self.office.modern:
            return move.line_ids.filtered(
                lambda line: line.account_id.account_type == "asset_receivable" and not line.reconciled
            )
        return move.line_ids.filtered(
            lambda line: line.account_id.internal_type == "receivable" and not line.reconciled
        )

    def unmatch(self, key: str) -> None:
        """Take back what was matched with an invoice."""
        move = self.moves[key]
        for partial in move.line_ids.matched_credit_ids:
            move.js_remove_outstanding_partial(partial.id)

    def credit_note_for(self, key: str, days: int) -> None:
        """Reverse an invoice with Odoo's own wizard, which matches the credit note with it."""
        values: dict[str, Any] = {"date": self.office.back(days), "reason": "Service outage"}
        move = self.moves[key]
        values["journal_id"] = move.journal_id.id
        if not self.office.modern:
            values.update(refund_method="cancel", date_mode="custom")
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=move.ids)
        made = wizard.create(values)
        if self.office.modern:
            made.refund_moves()
            made.new_move_ids.filtered(lambda each: each.state == "draft").action_post()
            if self.open_lines(move):
                self.match(move, made.new_move_ids)
        else:
            made.reverse_moves()

    def _values(self, bill: Bill) -> dict[str, Any]:
        lines = []
        for product_key, *rest in bill.lines:
            quantity, price = rest if len(rest) == 2 else (1, rest[0])
            product = self.office.products[product_key]
            line = {
                "product_id": product.id, "name": product.name, "quantity": quantity, "price_unit": price,
                "tax_ids": [(6, 0, self.office.tax.ids if bill.taxed else [])],
            }  # fmt: skip
            if bill.sale_lines:
                line["sale_line_ids"] = [(6, 0, bill.sale_lines)]
            lines.append((0, 0, line))
        values = {
            "move_type": bill.kind, "partner_id": bill.partner.id, "date": self.office.back(bill.date),
            "invoice_date": self.office.back(bill.date), "currency_id": self.office.currency(bill.currency).id,
            "journal_id": self.office.journal("sale", self.company).id, "invoice_line_ids": lines,
            "invoice_origin": bill.origin or False, "ref": bill.ref or False,
        }  # fmt: skip
        if bill.due is None:
            values["invoice_payment_term_id"] = self.office.instalments.id
        else:
            values["invoice_payment_term_id"] = False
            values["invoice_date_due"] = self.office.back(bill.due)
        return values

    def _together(self, moves: Any) -> Any:
        return self.env["account.move"].browse([move.id for move in moves])

    def _flush(self) -> None:
        if self.office.modern:
            self.env.flush_all()
        else:
            self.env["account.move"].flush()

    def _invalidate(self) -> None:
        if self.office.modern:
            self.env.invalidate_all()
        else:
            self.env.cache.invalidate()
