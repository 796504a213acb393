"""A customer's invoices, money in, journal entries and arrears as typed rows, from the same metrics as Arrears."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from odoo_client.config import Settings
from odoo_client.customer.records import Records, as_day, rows_of
from odoo_client.customer.types import (
    AgeingRow,
    AppliedRow,
    Balance,
    Bucket,
    EntryRow,
    InvoiceRow,
    InvoiceStatus,
    Money,
    OpenLine,
    PaymentRow,
)
from odoo_client.frames.arrays import IntArray, contradicted_of, ints, is_code
from odoo_client.frames.groups import positions
from odoo_client.metrics.ageing import ageing_by_customer
from odoo_client.metrics.ledger import LedgerIndex, is_trusted, open_lines
from odoo_client.metrics.money_in import money_in, money_texts, rows_of_lines
from odoo_client.metrics.payments_matched import applied_to, meant_for
from odoo_client.metrics.policy import UNALLOCATED, AgeingPolicy
from odoo_client.metrics.proof_queue import payments_under_review
from odoo_client.store.trust import Trust, trust

#: An entry's move id and a currency: an entry may have receivable lines in several.
MoveKey = tuple[int, int]
#: Odoo's words for how far an invoice is paid.
PAYMENT_STATES: Mapping[str, InvoiceStatus] = {
    "not_paid": "not_paid",
    "partial": "partly_paid",
    "in_payment": "in_payment",
    "paid": "paid",
    "reversed": "reversed",
    "blocked": "blocked",
}
#: What a customer's money is worked out from.
MONEY = ("receivable_lines", "partials", "invoices", "payments")
PAYMENT_STATUSES = {"cancel": "cancelled"}


@dataclass(frozen=True)
class Open:
    """What one entry has open in the ledger: signed residual, days overdue of its oldest instalment, its marks."""

    residual: Decimal
    days_overdue: int
    disputed: bool
    in_payment: bool


@dataclass(frozen=True)
class Arrears:
    """The customer's arrears as of a day: open lines, each entry's part of them, and payments under review.

    See `metrics.open_lines` and `metrics.payments_under_review`.
    """

    records: Records
    as_of: date
    policy: AgeingPolicy
    lines: pd.DataFrame
    by_move: Mapping[MoveKey, Open]
    drafts: pd.DataFrame
    dispute_known: bool
    #: Companies with a currency in which nothing that is open is known.
    contradicted: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, records: Records, as_of: date, policy: AgeingPolicy, timezone: str) -> Arrears:
        """Return what the customer has open at the end of `as_of`, a day of `timezone`."""
        index = LedgerIndex.build(records.ledger)
        lines = open_lines(index, as_of, policy)
        residual: dict[MoveKey, Decimal] = defaultdict(Decimal)
        late: dict[MoveKey, int] = defaultdict(int)
        marks: dict[MoveKey, list[bool]] = defaultdict(lambda: [False, False])
        columns = ["move_id", "currency_id", "residual", "days_overdue", "disputed", "in_payment"]
        for move_id, currency_id, amount, days, disputed, paying in zip(*(lines[key] for key in columns), strict=True):
            key = (move_id, currency_id)
            residual[key] += Decimal(repr(float(amount)))
            if amount > 0:
                late[key] = max(late[key], int(days))
            marks[key][0] |= bool(disputed > 0)
            marks[key][1] |= bool(paying > 0)
        by_move = {key: Open(amount, late[key], *marks[key]) for key, amount in residual.items()}
        # What is not known of the ledger must not read as nothing open beside a payment under review.
        drafts = index.trusted(payments_under_review(records.part, as_of, timezone))
        against = contradicted_of(records.ledger)
        return cls(records, as_of, policy, lines, by_move, drafts, index.dispute_known, against)

    def trust(self, settings: Settings, now: datetime) -> Trust:
        """Return how far the money of this customer can be trusted."""
        snapshot, records = self.records.snapshot, self.records
        pairs: set[tuple[int, int]] = set()
        for name in ("receivable_lines", "invoices", "payments"):
            frame = records.frame(name)
            pairs |= set(zip(ints(frame, "company_id").tolist(), ints(frame, "currency_id").tolist(), strict=True))
        return trust(snapshot, MONEY, stale_s=settings.stale_s, pairs=pairs, now=now)

    def _known(self, row: Mapping[Any, Any]) -> bool:
        """Return whether what is open of a row can be told."""
        return (int(row["company_id"]), int(row["currency_id"])) not in self.contradicted

    def ageing(self) -> tuple[AgeingRow, ...]:
        """Return the ageing, one row a company and currency by name and code."""
        table = ageing_by_customer(self.lines, self.policy, drafts=self.drafts)
        rows = (self._ageing_row(row) for row in rows_of(table))
        return tuple(sorted(rows, key=lambda row: (row.company, row.currency)))

    def _ageing_row(self, row: Mapping[Any, Any]) -> AgeingRow:
        records = self.records

        def money(column: str) -> Money:
            return records.money(row[column], row["currency_id"])

        overdue = money("overdue")
        return AgeingRow(
            company_id=int(row["company_id"]),
            company=records.company(row["company_id"]),
            currency_id=int(row["currency_id"]),
            currency=overdue.currency,
            buckets=tuple(Bucket(key, self.policy.label(key), money(key)) for key in self.policy.bucket_keys),
            overdue=overdue,
            unallocated=money(UNALLOCATED),
            balance=money("balance"),
            disputed=money("disputed") if self.dispute_known else None,
            in_payment=money("in_payment"),
            under_review=money("under_review"),
            net_to_chase=money("net_to_chase"),
            oldest_days=int(row["oldest_days"]),
            open_lines=int(row["open_lines"]),
        )

    def balances(self, ageing: tuple[AgeingRow, ...]) -> tuple[Balance, ...]:
        """Return what is owed in each currency, by code.

        Those are the currencies in which the customer ever had an entry or has a payment under review.
        """
        waiting: dict[int, Decimal] = defaultdict(Decimal)
        for currency_id, amount in zip(self.drafts["currency_id"], self.drafts["amount"], strict=True):
            waiting[int(currency_id)] += Decimal(repr(float(amount)))
        lines = self.records.frame("receivable_lines")
        used = {*ints(lines[is_trusted(self.records.ledger, lines)], "currency_id").tolist(), *waiting}
        money = self.records.money
        found = (_balance(key, money(0.0, key), money(waiting[key], key), ageing) for key in used)
        return tuple(sorted(found, key=lambda balance: (balance.currency, balance.currency_id)))

    def open_lines(self) -> tuple[OpenLine, ...]:
        """Return the open lines, the longest overdue first, unallocated money last."""
        records = self.records
        rows = self.lines.sort_values(["bucket", "days_overdue", "line_id"], ascending=[False, False, True])
        credit = rows["residual"] < 0
        found = []
        for row in rows_of(pd.concat([rows[~credit], rows[credit]])):
            found.append(
                OpenLine(
                    line_id=int(row["line_id"]),
                    move_id=int(row["move_id"]),
                    number=row["move_name"],
                    kind=str(row["kind"]),
                    company=records.company(row["company_id"]),
                    contact=records.contact(int(row["contact_id"] or row["partner_id"])),
                    date=as_day(row["date"]),
                    due_date=as_day(row["due_date"]),
                    days_overdue=max(0, int(row["days_overdue"])) if row["residual"] > 0 else 0,
                    bucket=self.policy.label(str(row["bucket"])),
                    amount=records.money(row["amount"], row["currency_id"]),
                    residual=records.money(row["residual"], row["currency_id"]),
                    disputed=bool(row["disputed"] > 0),
                    label=row["label"] or row["ref"],
                )
            )
        return tuple(found)

    def invoices(self) -> tuple[InvoiceRow, ...]:
        """Return invoices, credit notes and receipts in every state, newest first."""
        records = self.records
        rows = records.frame("invoices")
        day = rows["invoice_date"].fillna(rows["date"])
        # A draft has no date of its own yet, so it comes first.
        rows = rows.assign(day=day).sort_values(["day", "move_id"], ascending=False, na_position="first")
        shares = records.frame("invoice_technology")
        technologies: dict[int, list[str]] = defaultdict(list)
        for move_id, technology in zip(shares["move_id"], shares["technology"].astype("str"), strict=True):
            if technology:
                technologies[move_id].append(technology)
        return tuple(self._invoice(row, technologies) for row in rows_of(rows))

    def _invoice(self, row: Mapping[Any, Any], technologies: Mapping[int, list[str]]) -> InvoiceRow:
        records = self.records
        move_id, sign = int(row["move_id"]), -1.0 if row["kind"] == "credit_note" else 1.0
        found = self.by_move.get((move_id, int(row["currency_id"])))
        status = self._status(row, found)
        residual: Money | None = records.money(found.residual if found else 0.0, row["currency_id"])
        if status in ("draft", "cancelled") or not (status == "later" or self._known(row)):
            residual = None
        elif status == "later":
            residual = records.money(sign * row["residual"], row["currency_id"])
        return InvoiceRow(
            move_id=move_id,
            number=row["name"] if row["name"] != "/" else "",
            kind=str(row["kind"]),
            status=status,
            date=as_day(row["day"]),
            due_date=as_day(row["due_date"]),
            amount=records.money(sign * row["amount_total"], row["currency_id"]),
            residual=residual,
            days_overdue=found.days_overdue if found else 0,
            disputed=found.disputed if found else False,
            technologies=tuple(technologies.get(move_id, ())),
            reference=next((text for text in (row["ref"], row["payment_reference"]) if text != row["name"]), ""),
            company=records.company(row["company_id"]),
            contact=records.contact(int(row["partner_id"])),
        )

    def _status(self, row: Mapping[Any, Any], found: Open | None) -> InvoiceStatus:
        if row["state"] != "posted":
            return "cancelled" if row["state"] == "cancel" else "draft"
        if not pd.isna(row["date"]) and row["date"].date() > self.as_of:
            return "later"
        if found is not None and found.in_payment:
            return "in_payment"
        said = PAYMENT_STATES.get(str(row["payment_state"]))
        if said is not None:
            return said
        if found is None:
            return "paid" if self._known(row) or not row["residual"] else "not_paid"
        return "partly_paid" if abs(float(found.residual)) < row["amount_total"] else "not_paid"

    def payments(self) -> tuple[PaymentRow, ...]:
        """Return payments in every state, and bank lines without one, with what each paid, newest first."""
        records, money = self.records, self.money
        applied: dict[int, list[AppliedRow]] = defaultdict(list)
        for row in rows_of(applied_to(records.matched, money)):
            written_off = records.money(row["written_off"], row["currency_id"]) if row["written_off"] else None
            applied[row["money_id"]].append(
                AppliedRow(
                    move_id=int(row["move_id"]),
                    number=row["move_name"],
                    kind=str(row["kind"]) if not pd.isna(row["kind"]) else "entry",
                    amount=records.money(row["amount"], row["currency_id"]),
                    entry_amount=records.money(row["move_amount"], row["move_currency_id"] or row["currency_id"]),
                    date=as_day(row["date"]),
                    matched=True,
                    written_off=written_off,
                )
            )
        for row in rows_of(meant_for(records.matched, money)):
            applied[row["money_id"]].append(
                AppliedRow(int(row["move_id"]), row["move_name"], "invoice", None, None, None, matched=False)
            )
        line_rows = rows_of_lines(records.part, money)
        line_ids = ints(records.frame("receivable_lines"), "line_id")
        booked = set(ints(money, "money_id")[line_rows[line_rows >= 0]].tolist())
        money_of = dict(zip(line_ids.tolist(), np.append(ints(money, "money_id"), 0)[line_rows].tolist(), strict=True))
        loose: dict[int, Decimal] = defaultdict(Decimal)
        for line_id, residual in zip(self.lines["line_id"], self.lines["residual"], strict=True):
            loose[money_of.get(line_id, 0)] -= Decimal(repr(float(residual)))
        rows = pd.concat([money, money_texts(records.part, money)], axis=1)
        rows = rows.assign(partner_id=self._partners(money))
        rows = rows.sort_values(["date", "money_id"], ascending=False, na_position="first")
        return tuple(self._payment(row, tuple(applied[row["money_id"]]), booked, loose) for row in rows_of(rows))

    @cached_property
    def money(self) -> pd.DataFrame:
        """The customer's rows of `money_in`."""
        return money_in(self.records.part)

    def _partners(self, money: pd.DataFrame) -> IntArray:
        """Return the partner, customer or contact, that each row of money is booked on."""
        lines, payments = (self.records.frame(name) for name in ("receivable_lines", "payments"))
        own = positions(ints(payments, "payment_id"), ints(money, "payment_id"))
        at = positions(ints(lines, "line_id"), -ints(money, "money_id"))
        banked = ints(money, "money_id") < 0
        return np.where(
            banked, np.append(ints(lines, "partner_id"), 0)[at], np.append(ints(payments, "partner_id"), 0)[own]
        )

    def _payment(
        self, row: Mapping[Any, Any], applied: tuple[AppliedRow, ...], booked: set[int], loose: Mapping[int, Decimal]
    ) -> PaymentRow:
        records, money_id = self.records, int(row["money_id"])
        if row["posted"]:
            status = "in_process" if row["raw_state"] == "in_process" else "posted"
        else:
            status = PAYMENT_STATUSES.get(str(row["state"]), str(row["state"]))
        told = money_id in booked and self._known(row)
        unallocated = records.money(loose.get(money_id, 0.0), row["currency_id"]) if told else None
        return PaymentRow(
            payment_id=int(row["payment_id"]),
            move_id=int(row["move_id"]),
            number=row["number"],
            reference=row["reference"] or row["payment_reference"],
            date=as_day(row["date"]),
            direction="inbound" if row["inbound"] else "outbound",
            amount=records.money(row["amount"], row["currency_id"]),
            method=str(row["method"]),
            journal=records.named("journals", "journal_id", int(row["journal_id"])),
            status=status,
            applied=applied,
            unallocated=unallocated,
            company=records.company(row["company_id"]),
            contact=records.contact(int(row["partner_id"])),
            made_by=str(row["made_by"]),
        )

    def entries(self) -> tuple[EntryRow, ...]:
        """Return journal entries that are neither invoice nor money in, newest first, one row an entry and currency.

        Entries of exchange differences alone, which move no amount in the customer's currency, are left out.
        """
        records = self.records
        lines = records.frame("receivable_lines")
        known = ints(records.frame("payments"), "move_id")
        plain = is_code(lines, "kind", "entry", "bank_line") & ~np.isin(ints(lines, "move_id"), known[known > 0])
        plain &= rows_of_lines(records.part, self.money) < 0
        found: dict[MoveKey, list[Mapping[Any, Any]]] = defaultdict(list)
        for row in rows_of(lines[plain].sort_values(["date", "move_id"], ascending=False)):
            found[row["move_id"], row["currency_id"]].append(row)
        entries = []
        for (move_id, currency_id), rows in found.items():
            amount = sum((Decimal(repr(float(row["amount"]))) for row in rows), Decimal())
            if not any(row["amount"] for row in rows):
                continue
            left = self.by_move.get((move_id, currency_id))
            residual = records.money(left.residual if left else 0.0, currency_id) if self._known(rows[0]) else None
            entries.append(
                EntryRow(
                    move_id=move_id,
                    number=rows[0]["move_name"],
                    date=as_day(rows[0]["date"]),
                    label=rows[0]["label"] or rows[0]["ref"],
                    amount=records.money(amount, currency_id),
                    residual=residual,
                    company=records.company(rows[0]["company_id"]),
                )
            )
        return tuple(entries)


def _balance(currency_id: int, nothing: Money, under_review: Money, ageing: tuple[AgeingRow, ...]) -> Balance:
    """Return the sum of a currency's ageing rows, of which there is one a company, and what is under review in it."""
    rows = [row for row in ageing if row.currency_id == currency_id]

    def total(*amounts: Money) -> Money:
        return Money(sum((money.amount for money in amounts), nothing.amount), nothing.currency)

    return Balance(
        currency_id=currency_id,
        currency=nothing.currency,
        balance=total(*(row.balance for row in rows)),
        overdue=total(*(row.overdue for row in rows)),
        unallocated=total(*(row.unallocated for row in rows)),
        under_review=under_review,
        net_to_chase=total(*(row.net_to_chase for row in rows)),
        oldest_days=max((row.oldest_days for row in rows), default=0),
    )
