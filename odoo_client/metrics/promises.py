"""Promises to pay: kept when that much was paid by the end of the day, else broken; each customer's in a few figures.

What was paid towards a promise is worked out once per sync (`kept_days`), over the whole ledger, so that everybody who
sees a promise sees the same, whatever else of the books they may see. Any day then only needs days compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FrameSource, IntArray, coded, floats, ints
from odoo_client.frames.dates import NO_DAY, dates, day_number, days, local_days, seconds
from odoo_client.metrics.money_in import is_received, money_in

STATES: Final = ("open", "kept", "broken", "withdrawn")
_OPEN, _KEPT, _BROKEN, _WITHDRAWN = range(len(STATES))
#: Amounts are added up as whole ten-thousandths, as in `arrays.exact_sums`.
_PARTS: Final = 10_000
_COLUMNS: Final = (
    *("promise_id", "partner_id", "commercial_partner_id", "currency_id", "author_id", "user_id"),
    *("amount", "made_on", "day", "done_on", "kept_on"),
)


def money_of(source: FrameSource, owners: IntArray) -> pd.DataFrame:
    """Return the money in (see `money_in`) that these customers (commercial partners) paid, in no order.

    Columns: commercial_partner_id, currency_id int64; date datetime64[s]; amount float64 in currency_id, positive.
    Money that names no day is left out.
    """
    columns = ["commercial_partner_id", "currency_id", "date", "amount"]
    money = money_in(source)
    theirs = is_received(money) & np.isin(ints(money, "commercial_partner_id"), owners)
    dated: pd.DataFrame = money.loc[theirs & (days(money, "date") != NO_DAY), columns].reset_index(drop=True)
    return dated


def made_days(promises: pd.DataFrame, timezone: str) -> pd.Series:
    """Return the day of `timezone` on which each promise was entered (datetime64[s]): 22:30 UTC is tomorrow's."""
    return pd.Series(dates(local_days(seconds(promises, "created"), timezone)), index=promises.index)


def kept_days(promises: pd.DataFrame, source: FrameSource) -> pd.Series:
    """Return the day on which each promise was kept (datetime64[s], NaT = not by the end of its day).

    `promises`: commercial_partner_id, currency_id, amount, made_on, day, done_on, promise_id. Money counts when it is
    dated from the day the promise was entered to the day it is for. Of a customer's promises in one currency the one
    due first is paid first, and no money counts twice; what went to a promise broken in the end is spent too. A promise
    marked as done by its day comes after all others: the promise made in its place is paid first.
    """
    kept = np.full(len(promises), NO_DAY, dtype=np.int64)
    counted = np.flatnonzero(_countable(promises))
    if not len(counted):
        return pd.Series(dates(kept), index=promises.index)
    rows = promises.take(counted)
    until, made = days(rows, "day"), days(rows, "made_on")
    # A promise that reached Odoo late, after an outage, may have been entered after the day it is for.
    since = np.where(made == NO_DAY, until, np.minimum(made, until))
    money = _Money.of(source, rows, int(since.min()), int(until.max()))
    begin, end = money.slices(rows, since, until)
    missing, left = _parts(rows), money.parts
    for row in np.lexsort((ints(rows, "promise_id"), since, until, _withdrawn(rows, until))).tolist():
        for at in range(begin[row], end[row]):
            taken = min(missing[row], left[at])
            missing[row] -= taken
            left[at] -= taken
            if not missing[row]:
                kept[counted[row]] = money.day[at]
                break
    return pd.Series(dates(kept), index=promises.index)


@dataclass(frozen=True, eq=False)
class _Money:
    """What some customers paid from `first` on, in one row: each customer's in each currency by day.

    A row's `place` combines customer, currency and day into one number, so that all that may pay a promise is a slice.
    """

    place: IntArray
    day: IntArray
    parts: list[int]
    first: int
    span: int
    width: int

    @classmethod
    def of(cls, source: FrameSource, promises: pd.DataFrame, first: int, last: int) -> _Money:
        rows = money_of(source, np.unique(ints(promises, "commercial_partner_id")))
        day = days(rows, "date")
        inside = (day >= first) & (day <= last)
        rows, day = rows[inside], day[inside]
        width = 1 + max(int(ints(frame, "currency_id").max(initial=0)) for frame in (rows, promises))
        place = _place(rows, day, first, last - first + 1, width)
        order = np.argsort(place, kind="stable")
        return cls(place[order], day[order], _parts(rows.take(order)), first, last - first + 1, width)

    def slices(self, promises: pd.DataFrame, since: IntArray, until: IntArray) -> tuple[list[int], list[int]]:
        """Return where the money of each promise's days begins and ends."""
        begin = _place(promises, since, self.first, self.span, self.width)
        end = _place(promises, until, self.first, self.span, self.width)
        return np.searchsorted(self.place, begin).tolist(), np.searchsorted(self.place, end, side="right").tolist()


def _place(frame: pd.DataFrame, day: IntArray, first: int, span: int, width: int) -> IntArray:
    return (ints(frame, "commercial_partner_id") * width + ints(frame, "currency_id")) * span + (day - first)


def _parts(frame: pd.DataFrame) -> list[int]:
    """Return amounts as whole ten-thousandths."""
    parts: list[int] = np.rint(floats(frame, "amount") * _PARTS).astype(np.int64).tolist()
    return parts


def promise_states(source: FrameSource, as_of: date) -> pd.DataFrame:
    """Return the promises that had been entered by the end of `as_of` and how each stood, sorted by promise_id.

    Columns: promise_id, partner_id, commercial_partner_id, currency_id, author_id, user_id int64; amount float64 in
    currency_id; made_on, day, done_on, kept_on datetime64[s] (NaT = never, kept_on also when that came after `as_of`);
    state category "open" (its day is `as_of` or later), "kept", "broken", "withdrawn" (marked as done in Odoo by its
    day, without the money). Summaries in Odoo that cannot be read are left out.
    """
    frame, limit = source.frame("promises"), day_number(as_of)
    made = days(frame, "made_on")
    rows = frame.loc[_countable(frame) & (made <= limit), list(_COLUMNS)].reset_index(drop=True)
    until, kept_on, done_on = days(rows, "day"), days(rows, "kept_on"), days(rows, "done_on")
    kept = (kept_on != NO_DAY) & (kept_on <= limit)
    withdrawn = _withdrawn(rows, until) & (done_on <= limit)
    codes = np.select([kept, withdrawn, until < limit], [_KEPT, _WITHDRAWN, _BROKEN], _OPEN)
    return rows.assign(kept_on=dates(np.where(kept, kept_on, NO_DAY)), state=coded(codes, STATES))


def promises_by_customer(states: pd.DataFrame) -> pd.DataFrame:
    """Return each customer's promises in one row, of `promise_states`, sorted by commercial_partner_id.

    Columns: commercial_partner_id, promise_id, currency_id int64, amount float64, day datetime64[s], state category:
    the promise that counts now, which is the next open one, else the latest kept or broken one, else the latest
    withdrawn; kept, broken, open int64; next_day datetime64[s], the day of the next open one (NaT = none is open).
    """
    state, day = states["state"].cat.codes.to_numpy(dtype=np.int64), days(states, "day")
    is_open = state == _OPEN
    rank = np.where(is_open, 0, np.where(state == _WITHDRAWN, 2, 1))
    owner, number = ints(states, "commercial_partner_id"), ints(states, "promise_id")
    # The earliest of open ones, the latest of others.
    order = np.lexsort((np.where(is_open, number, -number), np.where(is_open, day, -day), rank, owner))
    sorted_owner = owner[order]
    first = order[np.append(True, sorted_owner[1:] != sorted_owner[:-1])] if len(order) else order
    columns = ["commercial_partner_id", "promise_id", "currency_id", "amount", "day", "state"]
    rows = states[columns].take(first).reset_index(drop=True)
    codes = np.searchsorted(ints(rows, "commercial_partner_id"), owner)

    def counted(which: int) -> IntArray:
        return np.bincount(codes[state == which], minlength=len(rows)).astype(np.int64)

    return rows.assign(
        kept=counted(_KEPT),
        broken=counted(_BROKEN),
        open=counted(_OPEN),
        next_day=rows["day"].where(is_open[first]).astype("datetime64[s]"),
    )


def _countable(promises: pd.DataFrame) -> BoolArray:
    """Return which promises say how much, in which currency, by whom, and by when."""
    said = (ints(promises, "currency_id") != 0) & (ints(promises, "commercial_partner_id") != 0)
    countable: BoolArray = said & (days(promises, "day") != NO_DAY)
    return countable


def _withdrawn(promises: pd.DataFrame, until: IntArray) -> BoolArray:
    """Return which promises were marked as done on their day or before, kept or not."""
    done_on = days(promises, "done_on")
    withdrawn: BoolArray = (done_on != NO_DAY) & (done_on <= until)
    return withdrawn
