"""How well open receivables are collected: collection effectiveness, and days of sales outstanding in three ways.

All amounts are in one currency. Open amounts are the buckets of Arrears (debit lines open at the end of the day), not
reduced by money that is matched to nothing, which is shown apart there and here. Where a formula has no basis (nothing
billed, more refunded than billed, books that begin in the month) there is a sentence instead of a number.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from odoo_client.metrics.ageing import overdue_history
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.ledger import LedgerIndex

#: Amounts below this are zero where a currency does not say otherwise: half a cent.
NOTHING = 0.005
NOTHING_BILLED = "Nothing was billed in the month, or more was credited than billed."
NOTHING_COLLECTABLE = "Nothing was due in the month: everything open or billed is not yet due."
GREW = "More became open than was billed: receivables were entered in another way than by invoices."
BOOKS_BEGIN = "The books begin in this month: there is no month before it to measure from."
NEVER_BILLED = "Nothing was ever billed in this currency."
BEYOND = "More is open than was billed in all months so far, so it cannot be counted back."


@dataclass(frozen=True)
class Reckoned:
    """A figure, or None and the sentence that says why it is not meaningful."""

    value: float | None
    reason: str = ""


def collection_effectiveness(
    opening: float, billed: float, closing: float, closing_not_due: float, nothing: float = NOTHING
) -> Reckoned:
    """Return what was collected of what could be, in percent, in one month.

    (opening + billed - closing) / (opening + billed - closing not yet due) x 100. Amounts below `nothing` are zero.
    """
    collectable = opening + billed - closing_not_due
    collected = opening + billed - closing
    if collected < -nothing:
        return Reckoned(None, GREW)
    if collectable < nothing:
        return Reckoned(None, NOTHING_COLLECTABLE)
    return Reckoned(100 * max(collected, 0.0) / collectable)


def simple_dso(open_amount: float, billed: float, days: int, nothing: float = NOTHING) -> Reckoned:
    """Return open amount / billed x days of the month."""
    if billed < nothing:
        return Reckoned(None, NOTHING_BILLED)
    return Reckoned(open_amount / billed * days)


def countback_dso(open_amount: float, months: Sequence[tuple[int, float]], nothing: float = NOTHING) -> Reckoned:
    """Return how many days of billing the open amount stands for, counted back from the latest month.

    `months` are (days, billed), the latest first, without gaps. Each month's billing is taken off the open amount until
    it is used up; the last month counts by its share. A month in which more was credited than billed takes off nothing,
    and its days count.
    """
    if not any(billed >= nothing for _days, billed in months):
        return Reckoned(None, NEVER_BILLED)
    left, counted = open_amount, 0.0
    for days, billed in months:
        if left < nothing:
            return Reckoned(counted)
        if billed > left:
            return Reckoned(counted + days * left / billed)
        left -= max(billed, 0.0)
        counted += days
    return Reckoned(counted) if left < nothing else Reckoned(None, BEYOND)


def month_ends(today: date, months: int) -> list[date]:
    """Return the ends of the `months` latest months, the one before them first and today in place of this month's."""
    ends = [today]
    for _ in range(months):
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    return ends[::-1]


def receivables_by_month(index: LedgerIndex, today: date, months: int) -> pd.DataFrame:
    """Return what was open at the end of each month, one row a month end, company and currency.

    Columns: as_of datetime64[s] (see `month_ends`), company_id, currency_id int64; open, not_due, unallocated float64.
    They are Arrears' own figures of that day. With a million lines this is slow: call it once per snapshot and day.
    """
    history = overdue_history(index, month_ends(today, months))
    return history.assign(not_due=(history["open"] - history["overdue"]).round(4)).drop(columns="overdue")


def collection_months(
    receivables: pd.DataFrame,
    billed: pd.DataFrame,
    today: date,
    months: int,
    company_ids: Collection[int],
    currencies: Currencies,
) -> pd.DataFrame:
    """Return billing, open amounts, effectiveness and DSO of the companies, one row a currency and month.

    `receivables` come from `receivables_by_month` (same `today`, at least as many `months`), `billed` from
    `billed_by_month` of all time. Columns: currency_id int64; month datetime64[s]; as_of datetime64[s] (the end of the
    month, today for this one); opening, billed, closing, closing_not_due, unallocated float64; effectiveness, dso,
    countback, best_possible float64 (NaN = not meaningful); effectiveness_reason, dso_reason, countback_reason,
    best_possible_reason str. Sorted by currency_id, month. DSO of this month is over the days so far.
    """
    mine = billed[billed["company_id"].isin(company_ids)]
    theirs = receivables[receivables["company_id"].isin(company_ids)]
    rows = []
    for currency_id in sorted({*mine["currency_id"], *theirs["currency_id"]}):
        bills = mine[mine["currency_id"] == currency_id].groupby("month")["billed"].sum().round(4)
        stands = theirs[theirs["currency_id"] == currency_id].groupby("as_of")[["open", "not_due", "unallocated"]].sum()
        nothing = currencies.smallest(int(currency_id))
        rows += _months_of(int(currency_id), bills, stands.round(4), month_ends(today, months), nothing)
    return pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)


_REASONS = ("effectiveness_reason", "dso_reason", "countback_reason", "best_possible_reason")
_MONEY = ("opening", "billed", "closing", "closing_not_due", "unallocated")
_DTYPES = (
    {"currency_id": "int64", "month": "datetime64[s]", "as_of": "datetime64[s]"}
    | dict.fromkeys((*_MONEY, "effectiveness", "dso", "countback", "best_possible"), "float64")
    | dict.fromkeys(_REASONS, "str")
)


def _months_of(
    currency_id: int, billed: pd.Series[Any], standing: pd.DataFrame, ends: Sequence[date], nothing: float
) -> list[dict[str, object]]:
    """Return the rows of one currency; `billed` is by month, `standing` by day, and neither has empty days."""
    first_billed = billed.index.min().date() if len(billed) else date.max
    rows: list[dict[str, object]] = []
    for before, end in zip(ends, ends[1:], strict=False):
        start = end.replace(day=1)
        opening = _at(standing, before)["open"]
        now = _at(standing, end)
        amount = float(billed.get(pd.Timestamp(start), 0.0))
        new = opening < nothing and first_billed >= start
        effective = collection_effectiveness(opening, amount, now["open"], now["not_due"], nothing)
        history = _countback_months(billed, end)
        figures = {
            "effectiveness": Reckoned(None, BOOKS_BEGIN) if new else effective,
            "dso": simple_dso(now["open"], amount, end.day, nothing),
            "countback": countback_dso(now["open"], history, nothing),
            "best_possible": countback_dso(now["not_due"], history, nothing),
        }
        rows.append(
            {"currency_id": currency_id, "month": pd.Timestamp(start), "as_of": pd.Timestamp(end)}
            | {"opening": opening, "billed": amount, "closing": now["open"], "closing_not_due": now["not_due"]}
            | {"unallocated": now["unallocated"]}
            | {name: np.nan if figure.value is None else figure.value for name, figure in figures.items()}
            | {f"{name}_reason": figure.reason for name, figure in figures.items()}
        )
    return rows


def _at(standing: pd.DataFrame, day: date) -> dict[str, float]:
    found = standing[standing.index == pd.Timestamp(day)]
    return {name: float(found[name].sum()) for name in ("open", "not_due", "unallocated")}


def _countback_months(billed: pd.Series[Any], end: date) -> list[tuple[int, float]]:
    """Return (days, billed) from the month of `end` back to the first one billed; the latest may be incomplete.

    Consecutive months without billing are one entry, so that a single invoice of long ago does not make thousands.
    """
    months: list[tuple[int, float]] = []
    after = end + timedelta(days=1)
    known = billed[billed.index <= pd.Timestamp(end)].sort_index(ascending=False)
    for first, amount in zip(pd.DatetimeIndex(known.index).date, known.to_numpy(), strict=True):
        until = min(after, first + timedelta(days=monthrange(first.year, first.month)[1]))
        if until < after:
            months.append(((after - until).days, 0.0))
        months.append(((until - first).days, float(amount)))
        after = first
    return months
