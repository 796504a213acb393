"""Open receivable lines as of any day, rebuilt from today's residuals and the partial reconciliations since.

A line's residual on day D is its residual now plus what was reconciled after D: `debit_amount` of each partial on its
debit line, less `credit_amount` on its credit line, each in the line's own currency (never the company's, whose
residual moves with exchange differences). Lines dated after D did not exist yet; lines closed since were open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import (
    BoolArray,
    FloatArray,
    FrameSource,
    IntArray,
    contradicted_of,
    flags,
    floats,
    ints,
    is_code,
    knows,
)
from odoo_client.frames.dates import NO_DAY, dates, day_number, days
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.payments_matched import invoice_named
from odoo_client.metrics.policy import AgeingPolicy

NO_CUSTOMER = "No customer"
UNNAMED_CUSTOMER = "Unnamed customer"
#: Money columns of open lines, besides `residual`; all split alike when a line is divided by technology.
LINE_MONEY = ("residual", "amount", "disputed", "in_payment")


@dataclass(frozen=True, eq=False)
class LedgerIndex:
    """The receivable ledger of one snapshot, prepared so that a new day repeats only what depends on the day.

    Keep one per snapshot. It holds views of the snapshot's frames and is safe to share between threads. Every figure of
    debt comes from `lines`: those of a company and currency that Odoo's own totals contradict are not among them but in
    `withheld`, so that such money is not shown anywhere.
    """

    source: FrameSource
    lines: pd.DataFrame
    residual: FloatArray
    day: IntArray
    dispute_known: bool
    withheld: pd.DataFrame

    @classmethod
    def build(cls, source: FrameSource) -> LedgerIndex:
        """Return the index of `source`'s frames `receivable_lines`, `partials`, `currencies`, `customers`."""
        every = source.frame("receivable_lines")
        kept = is_trusted(source, every)
        whole = bool(kept.all())
        lines, withheld = (every, every.iloc[:0]) if whole else (every[kept].reset_index(drop=True), every[~kept])
        known = knows(source, "receivable_lines", "disputed")
        return cls(source, lines, floats(lines, "residual"), days(lines, "date"), known, withheld)

    def trusted(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return `rows` without those of a company and currency whose lines are withheld."""
        kept = is_trusted(self.source, rows)
        return rows if kept.all() else rows[kept].reset_index(drop=True)

    @cached_property
    def currencies(self) -> Currencies:
        """The snapshot's currencies."""
        return Currencies.of(self.source)

    @cached_property
    def _last_partial_day(self) -> int:
        """Latest day anything was matched on: from then on, residuals are those of now."""
        return int(days(self.source.frame("partials"), "max_date").max(initial=NO_DAY))

    def _reconciled_after(self, limit: int) -> FloatArray:
        """Return how much more each line had open at the end of day `limit` than now, signed, in its own currency."""
        partials = self.source.frame("partials")
        later = np.flatnonzero(days(partials, "max_date") > limit)
        line_ids = ints(self.lines, "line_id")
        more = np.zeros(len(line_ids))
        for side, column, sign in (("debit_line_id", "debit_amount", 1), ("credit_line_id", "credit_amount", -1)):
            at = positions(line_ids, ints(partials, side)[later])
            # A line that this account cannot see is not among ours: -1, counted in a slot of its own and dropped.
            amounts = np.bincount(at + 1, weights=floats(partials, column)[later], minlength=len(more) + 1)
            more += sign * amounts[1:]
        return more

    def residuals(self, as_of: date) -> tuple[IntArray, FloatArray]:
        """Return positions in `lines` open at the end of `as_of`, and their signed residuals in their own currency."""
        limit = day_number(as_of)
        residual = self.residual + self._reconciled_after(limit) if self._last_partial_day > limit else self.residual
        open_at = np.flatnonzero((residual != 0) & (self.day <= limit))
        currency_ids = ints(self.lines, "currency_id")[open_at]
        left = residual[open_at]
        # Less than half the currency's rounding is nothing to pay: it is noise from exchange differences.
        real = np.abs(left) >= self.currencies.smallest_of(currency_ids)
        return open_at[real], self.currencies.round(left[real], currency_ids[real])

    def in_payment(self, at: IntArray, residual: FloatArray, as_of: date) -> FloatArray:
        """Return how much of each `residual` is covered by a payment that has not reached the ledger.

        That is the residual still open now of a line whose invoice Odoo calls "in payment" (from 18 such a payment
        may post no entry). On a past day it counts only from the date of that payment, where Odoo keeps the link.
        """
        amounts = np.zeros(len(at), dtype=np.float64)
        marked = np.flatnonzero(
            is_code(self.lines[["payment_state"]].take(at), "payment_state", "in_payment") & (residual > 0)
        )
        if not len(marked):
            return amounts
        moves = ints(self.lines, "move_id")[at[marked]]
        since = self._paid_since.reindex(moves).fillna(NO_DAY).to_numpy(dtype=np.float64)
        still_open = np.clip(self.residual[at[marked]], 0, None)
        amounts[marked] = np.where(since <= day_number(as_of), np.minimum(residual[marked], still_open), 0.0)
        return amounts

    @cached_property
    def _paid_since(self) -> pd.Series[float]:
        """First day of a payment without an entry of its own that is linked to an invoice, by the invoice's move id."""
        links, payments = self.source.frame("payment_invoices"), self.source.frame("payments")
        at = positions(ints(payments, "payment_id"), ints(links, "payment_id"))
        at, moves = at[at >= 0], ints(links, "move_id")[at >= 0]
        # What a payment with an entry covers is no longer in the residual.
        outside = (is_code(payments, "state", "posted") & (ints(payments, "move_id") == 0))[at]
        first = pd.Series(days(payments, "date")[at][outside], index=moves[outside], dtype="float64")
        return first.groupby(level=0).min()

    def settles(self, at: IntArray, residual: FloatArray) -> IntArray:
        """Return the invoice (move id) each open credit was made for, 0 where Odoo links it to none or to several.

        That is the invoice a credit note reverses, or the only one a payment names.
        """
        moves = np.zeros(len(at), dtype=np.int64)
        credit = np.flatnonzero(residual < 0)
        if not len(credit):
            return moves
        invoices = self.source.frame("invoices")
        found = positions(ints(invoices, "move_id"), ints(self.lines, "move_id")[at[credit]])
        reversed_ids = np.append(ints(invoices, "reversed_move_id"), 0)
        moves[credit] = reversed_ids[found]
        named = invoice_named(self.source, ints(self.lines, "payment_id")[at[credit]])
        moves[credit] = np.where(moves[credit] > 0, moves[credit], named)
        return moves


def is_trusted(source: FrameSource, rows: pd.DataFrame) -> BoolArray:
    """Return which rows are of a company and currency that Odoo's own totals do not contradict."""
    kept = np.ones(len(rows), dtype=np.bool_)
    for company_id, currency_id in contradicted_of(source):
        kept &= (ints(rows, "company_id") != company_id) | (ints(rows, "currency_id") != currency_id)
    return kept


def open_lines(index: LedgerIndex, as_of: date, policy: AgeingPolicy | None = None) -> pd.DataFrame:
    """Return the receivable lines open at the end of `as_of`, one row a line, sorted by `line_id`.

    Columns: line_id, move_id int64; move_name str; kind category; company_id, currency_id, partner_id,
    commercial_partner_id int64 (0 = no customer); customer, city str; date, invoice_date (NaT unless an invoice),
    due_date (Odoo's, else the entry date) datetime64[s]; days_overdue int64 (0 or less: not overdue; due that day is
    0); age_days int64 (what the buckets count, see `policy`); bucket ordered category (`policy.bucket_keys`, then
    "unallocated" for every negative residual); residual float64 (signed, in currency_id, rounded to its decimals);
    amount float64 (the line's original amount, signed); disputed float64 (the residual of a line marked so, else 0;
    NaN in every row when this Odoo has no such mark); in_payment float64 (see `LedgerIndex.in_payment`);
    payment_state category; payment_id, contact_id, settles_move_id (see `LedgerIndex.settles`) int64; ref, label str.

    Odoo keeps no history of disputes: on a past day a line is disputed if it is marked so now. A future day is a
    forecast: what would be open if nobody paid until then.
    """
    policy = policy or AgeingPolicy()
    lines = index.lines
    at, residual = index.residuals(as_of)
    rows = lines.take(at).reset_index(drop=True)
    limit = day_number(as_of)
    entry_day = index.day[at]
    due_day, invoice_day = days(rows, "due_date"), days(rows, "invoice_date")
    due_day = np.where(due_day == NO_DAY, entry_day, due_day)
    start_day = due_day if policy.basis == "due_date" else np.where(invoice_day == NO_DAY, entry_day, invoice_day)
    if index.dispute_known:
        disputed = np.where(flags(rows, "disputed") & (residual > 0), residual, 0.0)
    else:
        disputed = np.full(len(at), np.nan)
    customers = index.source.frame("customers")
    partner_ids = ints(rows, "commercial_partner_id")
    partner_at = positions(ints(customers, "partner_id"), partner_ids)
    names = text_at(customers, "name", partner_at, UNNAMED_CUSTOMER).mask(partner_ids == 0, NO_CUSTOMER)
    return pd.DataFrame(
        {
            "line_id": rows["line_id"],
            "move_id": rows["move_id"],
            "move_name": rows["move_name"],
            "kind": rows["kind"],
            "company_id": rows["company_id"],
            "currency_id": rows["currency_id"],
            "partner_id": rows["partner_id"],
            "commercial_partner_id": partner_ids,
            "customer": names,
            "city": text_at(customers, "city", partner_at),
            "date": rows["date"],
            "invoice_date": rows["invoice_date"],
            "due_date": dates(due_day),
            "days_overdue": limit - due_day,
            "age_days": limit - start_day,
            "bucket": policy.buckets(limit - start_day, residual < 0),
            "residual": residual,
            "amount": rows["amount"],
            "disputed": disputed,
            "in_payment": index.in_payment(at, residual, as_of),
            "payment_state": rows["payment_state"],
            "payment_id": rows["payment_id"],
            "contact_id": rows["contact_id"],
            "settles_move_id": index.settles(at, residual),
            "ref": rows["ref"],
            "label": rows["label"],
        }
    )
