"""What a statement needs of the whole ledger, prepared once per snapshot: who owns each line, what settled across.

A receivable account's running sum of amounts ends at what is open, as long as every matching takes as much from one
side as from the other. Two matchings do not: one between two currencies (a dollar invoice paid in ZWG takes dollars
from one currency and ZWG from another, and Odoo 14 and 19 alike book its exchange difference with an amount of zero in
the line's currency), and one between two customers. For those a statement has an entry of its own, so that its running
balance ends at the residuals, which are what is owed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, FrameSource, IntArray, coded, floats, ints
from odoo_client.frames.dates import dates, days
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics.ledger import LedgerIndex
from odoo_client.metrics.proof_queue import entered_by, is_under_review

#: Why a matching gets its own entry, and what people read.
REASONS = {
    "currency": "Settled in another currency",
    "customer": "Settled with another customer",
    "company": "Settled with another company",
    "rounding": "Rounding when settled",
    "elsewhere": "Settled by an entry not shown here",
}
GROUP = ("company_id", "currency_id", "commercial_partner_id")


@dataclass(frozen=True, eq=False)
class StatementIndex:
    """The ledger by customer. Keep one per snapshot; it is safe to share between threads.

    `settled`: one row a matching that does not cancel out within one customer, company and currency, sorted by
    commercial_partner_id: GROUP int64, date datetime64[s], amount float64 (what it adds to the balance, in
    currency_id), reason category (`REASONS`), line_id int64 (the customer's line), other_line (position of the other
    line in the ledger, -1 = none), other_amount float64 (in that line's currency).
    """

    ledger: LedgerIndex
    settled: pd.DataFrame
    _owners: IntArray
    _lines: IntArray
    _side_owners: IntArray
    _sides: IntArray

    @classmethod
    def build(cls, ledger: LedgerIndex) -> StatementIndex:
        """Return the index of `ledger`."""
        lines, partials = ledger.lines, ledger.source.frame("partials")
        owners = ints(lines, "commercial_partner_id")
        order = np.argsort(owners, kind="stable")
        line_ids = ints(lines, "line_id")
        debit = positions(line_ids, ints(partials, "debit_line_id"))
        credit = positions(line_ids, ints(partials, "credit_line_id"))
        side_owners = np.concatenate([np.append(owners, -1)[debit], np.append(owners, -1)[credit]])
        sides = np.argsort(side_owners, kind="stable")
        settled = _settled(ledger, partials, debit, credit)
        return cls(ledger, settled, owners[order], order, side_owners[sides], sides % max(1, len(partials)))

    @property
    def source(self) -> FrameSource:
        """The snapshot."""
        return self.ledger.source

    def lines_of(self, partner_id: int) -> pd.DataFrame:
        """Return the receivable lines of a commercial partner, by `line_id`."""
        return self.ledger.lines.take(np.sort(self._lines[_between(self._owners, partner_id)]))

    def withheld_of(self, partner_id: int) -> pd.DataFrame:
        """Return the receivable lines of a commercial partner that are in no figure (see `LedgerIndex`)."""
        withheld = self.ledger.withheld
        return withheld.take(np.flatnonzero(ints(withheld, "commercial_partner_id") == partner_id))

    def partials_of(self, partner_id: int) -> pd.DataFrame:
        """Return the partials that touch the lines of a commercial partner."""
        return self.source.frame("partials").take(np.unique(self._sides[_between(self._side_owners, partner_id)]))

    def settled_of(self, partner_id: int) -> pd.DataFrame:
        """Return the rows of `settled` of a commercial partner."""
        return self.settled.iloc[_between(ints(self.settled, "commercial_partner_id"), partner_id)]

    def under_review_of(self, partner_id: int, as_of: date, timezone: str) -> pd.DataFrame:
        """Return the payments of a commercial partner under review that were entered by the end of `as_of`, by date.

        Columns: payment_id, company_id, currency_id int64; date datetime64[s]; method str (the journal's name); amount
        float64 positive, in currency_id. See `under_review.payments_under_review`, which counts the same ones.
        """
        drafts = self._drafts
        own = drafts.take(np.flatnonzero((ints(drafts, "commercial_partner_id") == partner_id) & (partner_id > 0)))
        journals, rows = self.source.frame("journals"), entered_by(own, as_of, timezone)
        named = positions(ints(journals, "journal_id"), ints(rows, "journal_id"))
        rows = rows.assign(method=text_at(journals, "name", named, "").array)
        columns = ["payment_id", "company_id", "currency_id", "date", "method", "amount"]
        return rows[columns].sort_values(["date", "payment_id"], ignore_index=True)

    @cached_property
    def _drafts(self) -> pd.DataFrame:
        """Every payment under review, found once: a page of statements asks for one customer after another."""
        payments = self.source.frame("payments")
        return payments[is_under_review(payments)]


def _between(sorted_ids: IntArray, wanted: int) -> slice:
    return slice(int(np.searchsorted(sorted_ids, wanted, "left")), int(np.searchsorted(sorted_ids, wanted, "right")))


def _settled(ledger: LedgerIndex, partials: pd.DataFrame, debit: IntArray, credit: IntArray) -> pd.DataFrame:
    lines = ledger.lines
    both = (debit >= 0) & (credit >= 0)
    same: dict[str, BoolArray] = {}
    for column in GROUP:
        values = np.append(ints(lines, column), 0)
        same[column] = both & (values[debit] == values[credit])
    matched_on = days(partials, "max_date")
    # A matching counts from the day its line exists, if that is later than the matching itself.
    on = [np.maximum(matched_on, np.append(ledger.day, 0)[side]) for side in (debit, credit)]
    taken, given = floats(partials, "debit_amount"), floats(partials, "credit_amount")
    within = same["company_id"] & same["currency_id"] & same["commercial_partner_id"] & (on[0] == on[1])
    reason = np.select(
        [~both, ~same["currency_id"], ~same["commercial_partner_id"], ~same["company_id"]],
        [4, 0, 1, 2],
        default=3,
    )
    smallest = ledger.currencies.smallest_of(np.append(ints(lines, "currency_id"), 0)[debit])
    uneven = within & (np.abs(taken - given) >= smallest)
    across = ~within
    parts = [
        _sides(ledger, np.flatnonzero(across & (debit >= 0)), debit, credit, -taken, given, on[0], reason),
        _sides(ledger, np.flatnonzero(across & (credit >= 0)), credit, debit, given, taken, on[1], reason),
        _sides(ledger, np.flatnonzero(uneven), debit, credit, given - taken, given, on[0], reason),
        _unexplained(ledger, debit, credit, taken, given),
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.sort_values(["commercial_partner_id", "date", "line_id"], kind="stable", ignore_index=True)


def _sides(
    ledger: LedgerIndex,
    which: IntArray,
    own: IntArray,
    other: IntArray,
    amounts: FloatArray,
    other_amounts: FloatArray,
    on: IntArray,
    reason: IntArray,
) -> pd.DataFrame:
    frame = ledger.lines[[*GROUP, "line_id"]].take(own[which]).reset_index(drop=True)
    return frame.assign(
        date=dates(on[which]),
        amount=amounts[which],
        reason=coded(reason[which], REASONS),
        other_line=other[which],
        other_amount=other_amounts[which],
    )


def _unexplained(
    ledger: LedgerIndex, debit: IntArray, credit: IntArray, taken: FloatArray, given: FloatArray
) -> pd.DataFrame:
    """Return what of a line's residual no matching that we may read explains, from its first day on."""
    lines = ledger.lines
    size = len(lines)
    less = np.bincount(debit + 1, weights=taken, minlength=size + 1)[1:]
    more = np.bincount(credit + 1, weights=given, minlength=size + 1)[1:]
    gap = ledger.residual - (floats(lines, "amount") - less + more)
    currency_ids = ints(lines, "currency_id")
    which = np.flatnonzero(np.abs(gap) >= ledger.currencies.smallest_of(currency_ids))
    everywhere = np.arange(size, dtype=np.int64)
    rounded = gap.copy()
    rounded[which] = ledger.currencies.round(gap[which], currency_ids[which])
    nowhere, reason = np.full(size, -1, dtype=np.int64), np.full(size, 4, dtype=np.int64)
    return _sides(ledger, which, everywhere, nowhere, rounded, np.zeros(size), ledger.day, reason)
