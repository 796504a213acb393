"""Arrears by customer and bucket, always within one company and one currency.

Conversion to one currency is a separate step (`convert.py`), done on these figures and never on the way to them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, IntArray, coded, floats, ints, is_code
from odoo_client.frames.dates import NO_DAY, day_number, days
from odoo_client.frames.groups import Groups, exact_sums, tidy
from odoo_client.metrics.ledger import LedgerIndex
from odoo_client.metrics.policy import AgeingPolicy

CUSTOMER_KEY = ("company_id", "currency_id", "commercial_partner_id")
#: Money columns of an ageing that follow the buckets.
FIGURES = (
    "overdue",
    "unallocated",
    "balance",
    "disputed",
    "disputed_overdue",
    "in_payment",
    "in_payment_overdue",
    "under_review",
    "net_to_chase",
)
#: Columns of an ageing that count records.
COUNTS = ("open_lines", "under_review_payments")


def ageing_money(policy: AgeingPolicy) -> tuple[str, ...]:
    """Return the money columns of an ageing: its buckets, then `FIGURES`."""
    return (*policy.bucket_keys, *FIGURES)


@dataclass(frozen=True)
class LineFilter:
    """Which open lines to keep; None keeps all. `technologies` needs split lines ("" = not attributed)."""

    company_ids: Collection[int] | None = None
    currency_ids: Collection[int] | None = None
    buckets: Collection[str] | None = None
    technologies: Collection[str] | None = None
    cities: Collection[str] | None = None
    partner_ids: Collection[int] | None = None


def filter_lines(lines: pd.DataFrame, wanted: LineFilter) -> pd.DataFrame:
    """Return the rows of `lines` (open lines, whole or split) that `wanted` keeps, with the same columns."""
    keep: BoolArray = np.ones(len(lines), dtype=np.bool_)
    for column, ids in (
        ("company_id", wanted.company_ids),
        ("currency_id", wanted.currency_ids),
        ("commercial_partner_id", wanted.partner_ids),
    ):
        if ids is not None:
            keep &= np.isin(ints(lines, column), np.fromiter(ids, dtype=np.int64, count=len(ids)))
    for column, codes in (("bucket", wanted.buckets), ("technology", wanted.technologies), ("city", wanted.cities)):
        if codes is not None:
            keep &= is_code(lines, column, *codes)
    return lines if keep.all() else lines[keep].reset_index(drop=True)


def ageing_by_customer(
    lines: pd.DataFrame, policy: AgeingPolicy | None = None, *, drafts: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the ageing of open `lines` (whole or split), one sorted row a company, currency and commercial partner.

    Columns: company_id, currency_id, commercial_partner_id int64 (0 = no customer); customer, city str; one float64 a
    bucket (`policy.bucket_keys`, which must be those `lines` were opened with); then `FIGURES` float64, all in
    currency_id:

    - overdue: positive residuals past their due date;
    - unallocated: payments and credit notes matched to nothing, as a positive amount;
    - balance: the buckets less unallocated, which is what the ledger says;
    - disputed, in_payment: so marked, due or not (disputed is NaN when this Odoo has no such mark);
    - disputed_overdue, in_payment_overdue: their overdue part; a line that is both counts as disputed only;
    - under_review: payments that wait for our decision; in no other column, and no part of the ledger;
    - net_to_chase: overdue − disputed_overdue − in_payment_overdue − unallocated − under_review, never below 0. A
      credit or a payment under review made for an invoice that is already taken out as disputed or in payment pays
      that one first, so nothing is subtracted twice.

    oldest_days int64: days overdue of the oldest overdue line, 0 = none. open_lines, under_review_payments int64: how
    many there are (`COUNTS`).

    `drafts` are the payments under review of that day (`payments_under_review`; None: there are none). One without a
    customer is left out, and one of a customer with nothing open in its company and currency makes no row: this is a
    table of debts, not of payments.
    """
    policy = policy or AgeingPolicy()
    groups = Groups(lines, CUSTOMER_KEY)
    size, residual = len(groups), floats(lines, "residual")
    debt = residual > 0
    bucket_number = lines["bucket"].cat.codes.to_numpy().astype(np.int64)
    width = len(policy.bucket_keys)
    table = exact_sums(groups.codes[debt] * width + bucket_number[debt], residual[debt], size * width)
    overdue_line = debt & (ints(lines, "days_overdue") > 0)
    dispute_mark, in_payment = floats(lines, "disputed"), floats(lines, "in_payment")
    dispute_known = not np.isnan(dispute_mark).any()
    disputed = dispute_mark if dispute_known else np.zeros(len(lines))
    # A disputed line is not chased at all, so no part of it counts as in payment.
    paying = np.minimum(in_payment, residual - disputed)
    first = np.zeros(size, dtype=np.int64)
    first[groups.codes[::-1]] = np.arange(len(lines) - 1, -1, -1)
    overdue, unallocated = groups.sum(residual, overdue_line), groups.sum(-residual, ~debt)
    disputed_overdue, paying_overdue = groups.sum(disputed, overdue_line), groups.sum(paying, overdue_line)
    credits = _Money(groups.codes, -residual, ints(lines, "settles_move_id")).where(~debt)
    waiting = _waiting(groups, drafts)
    under_review = exact_sums(waiting.codes, waiting.amount, size)
    spent = _spent_on_excluded(lines, groups, disputed + paying, overdue_line, credits.and_also(waiting))
    unknown = np.full(size, np.nan)
    # All columns at once: setting them one by one costs more than the sums.
    columns = {name: groups.keys[name] for name in CUSTOMER_KEY} | {
        "customer": lines["customer"].take(first).array,
        "city": lines["city"].take(first).array,
        **{key: table[number::width] for number, key in enumerate(policy.bucket_keys)},
        "overdue": overdue,
        "unallocated": unallocated,
        "balance": groups.sum(residual),
        "disputed": groups.sum(disputed, debt) if dispute_known else unknown,
        "disputed_overdue": disputed_overdue if dispute_known else unknown,
        "in_payment": groups.sum(in_payment, debt),
        "in_payment_overdue": paying_overdue,
        "under_review": under_review,
        "net_to_chase": tidy(
            np.maximum(overdue - disputed_overdue - paying_overdue - (unallocated + under_review - spent), 0.0)
        ),
        "oldest_days": groups.max(ints(lines, "days_overdue"), overdue_line),
        "open_lines": groups.count(),
        "under_review_payments": np.bincount(waiting.codes, minlength=size).astype(np.int64),
    }
    return pd.DataFrame(columns)


@dataclass(frozen=True, eq=False)
class _Money:
    """Money that came in: the group it belongs to, how much, and the invoice (move id) it was made for, 0 = none."""

    codes: IntArray
    amount: FloatArray
    made_for: IntArray

    def where(self, keep: BoolArray) -> _Money:
        return _Money(self.codes[keep], self.amount[keep], self.made_for[keep])

    def and_also(self, more: _Money) -> _Money:
        return _Money(
            np.append(self.codes, more.codes),
            np.append(self.amount, more.amount),
            np.append(self.made_for, more.made_for),
        )


def _waiting(groups: Groups, drafts: pd.DataFrame | None) -> _Money:
    """Return the payments under review that belong to one of the groups."""
    if drafts is None:
        return _Money(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=np.int64))
    codes = groups.find(drafts)
    # Lines without customer are a group like any other, but a draft without one need not be for them.
    whose = (codes >= 0) & (ints(drafts, "commercial_partner_id") > 0)
    return _Money(codes, floats(drafts, "amount"), ints(drafts, "settles_move_id")).where(whose)


def _spent_on_excluded(
    lines: pd.DataFrame, groups: Groups, excluded: FloatArray, overdue: BoolArray, money: _Money
) -> FloatArray:
    """Return how much of a group's money only pays overdue invoices already taken out of the chase."""
    spent = np.zeros(len(groups))
    tied = money.where(money.made_for > 0)
    out = np.flatnonzero(overdue & (excluded > 0))
    if not len(tied.codes) or not len(out):
        return spent
    paid = pd.Series(tied.amount).groupby([tied.codes, tied.made_for]).sum()
    moves = pd.Series(excluded[out]).groupby([groups.codes[out], ints(lines, "move_id")[out]]).sum()
    both = pd.concat([paid, moves], axis=1, join="inner").min(axis=1).groupby(level=0).sum()
    spent[both.index.to_numpy(dtype=np.int64)] = both.to_numpy()
    return spent


def ageing_totals(by_customer: pd.DataFrame, by: Sequence[str] = ("currency_id",)) -> pd.DataFrame:
    """Return the sums of an ageing, one row a group of `by`.

    Columns: those of `by`, every money column, customers and `COUNTS` int64.

    `customers` counts a commercial partner once in a group, whatever the companies and currencies. Net to chase is
    the sum over customers: one customer's money pays nobody else's debt. Raises ValueError when `by` leaves out
    currency_id, because amounts of two currencies have no sum.
    """
    if "currency_id" not in by:
        raise ValueError("Arrears add up within one currency only: group by currency_id, or convert first.")
    groups = Groups(by_customer, by)
    frame = groups.keys
    fixed = {*CUSTOMER_KEY, "customer", "city", "oldest_days", *COUNTS}
    for column in by_customer.columns.drop(list(fixed & set(by_customer.columns))):
        amounts = floats(by_customer, column)
        frame[column] = np.nan if np.isnan(amounts).any() else groups.sum(amounts)
    pairs = pd.Series(ints(by_customer, "commercial_partner_id")).groupby(groups.codes).nunique()
    frame["customers"] = pairs.reindex(range(len(groups))).to_numpy(dtype=np.int64)
    return frame.assign(**counted(by_customer, groups))


def counted(by_customer: pd.DataFrame, groups: Groups) -> dict[str, IntArray]:
    """Return the sum of each of `COUNTS` (int64) of an ageing's rows, one number a group of them."""
    sums = {name: np.bincount(groups.codes, weights=ints(by_customer, name), minlength=len(groups)) for name in COUNTS}
    return {name: number.astype(np.int64) for name, number in sums.items()}


def bucket_amounts(ageing: pd.DataFrame, policy: AgeingPolicy | None = None) -> pd.DataFrame:
    """Return an ageing's buckets as rows for a chart.

    Columns: currency_id int64, bucket ordered category, label str, amount float64.
    """
    policy = policy or AgeingPolicy()
    keys = policy.bucket_keys
    groups = Groups(ageing, ["currency_id"])
    totals = {key: groups.sum(floats(ageing, key)) for key in keys}
    currency_ids = groups.keys["currency_id"].to_numpy()
    codes = np.tile(np.arange(len(keys)), len(currency_ids))
    return pd.DataFrame(
        {
            "currency_id": np.repeat(currency_ids, len(keys)),
            "bucket": coded(codes, keys, ordered=True),
            "label": pd.Series([policy.label(keys[code]) for code in codes], dtype="str"),
            "amount": np.column_stack([totals[key] for key in keys]).ravel(),
        }
    )


def overdue_history(index: LedgerIndex, on: Sequence[date]) -> pd.DataFrame:
    """Return what was open and overdue on each day of `on`, one row a day, company and currency.

    Columns: as_of datetime64[s], company_id, currency_id int64; open (positive residuals), overdue, unallocated
    float64 in currency_id. Each day is rebuilt as it was (see `ledger.py`), at the dates and dispute marks of now.
    """
    frames = [_history_of_day(index, day) for day in on]
    return pd.concat(frames, ignore_index=True) if frames else _history_of_day(index, date(1970, 1, 1)).iloc[:0]


def _history_of_day(index: LedgerIndex, day: date) -> pd.DataFrame:
    at, residual = index.residuals(day)
    rows = index.lines[["company_id", "currency_id", "due_date"]].take(at)
    due_day = days(rows, "due_date")
    due_day = np.where(due_day == NO_DAY, index.day[at], due_day)
    groups = Groups(rows, ["company_id", "currency_id"])
    frame = groups.keys
    frame.insert(0, "as_of", np.datetime64(day, "s"))
    debt = residual > 0
    frame["open"] = groups.sum(residual, debt)
    frame["overdue"] = groups.sum(residual, debt & (due_day < day_number(day)))
    frame["unallocated"] = groups.sum(-residual, ~debt)
    return frame
