"""What is new since yesterday, and this month against last month up to the same day.

"Since yesterday" means yesterday and today, by the days of the provider's time zone. "The same day": on the 24th, this
month so far is compared with last month's first 24 days; a shorter month counts in full.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, IntArray, floats, ints, is_code
from odoo_client.frames.dates import NO_DAY, day_number, days
from odoo_client.frames.groups import Groups

WEEK = 7


@dataclass(frozen=True)
class Span:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    def holds(self, day: IntArray) -> BoolArray:
        """Return which of `day` (days since 1970, `NO_DAY` none) lie in it."""
        within: BoolArray = (day >= day_number(self.first)) & (day <= day_number(self.last))
        return within


def since_yesterday(today: date) -> Span:
    """Return yesterday and today."""
    return Span(today - timedelta(days=1), today)


def month_to_date(today: date) -> tuple[Span, Span]:
    """Return this month up to today, and last month up to the same day, or to its end where it is shorter."""
    first = today.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    last = before.replace(day=min(today.day, monthrange(before.year, before.month)[1]))
    return Span(first, today), Span(before, last)


def to_the_day(
    rows: pd.DataFrame, day: IntArray, today: date, where: BoolArray | None = None, amount: str = ""
) -> pd.DataFrame:
    """Return this month against last month to the same day, one row a company and currency.

    Columns: company_id, currency_id int64; now, before float64: the sums of the column `amount` in currency_id, else
    the number of rows (currency_id is then 0 throughout). `day` is the day of each row, `where` narrows to some rows.
    """
    spans = month_to_date(today)
    at = np.flatnonzero((spans[0].holds(day) | spans[1].holds(day)) & (True if where is None else where))
    groups, values = _grouped(rows, at, amount)
    now, before = (groups.sum(values, span.holds(day[at])) for span in spans)
    return groups.keys.assign(now=now, before=before)


def sums_by_week(
    rows: pd.DataFrame, day: IntArray, today: date, weeks: int, where: BoolArray | None = None, amount: str = ""
) -> pd.DataFrame:
    """Return sums (or counts, see `to_the_day`) of the last `weeks` periods of seven days, the last one ending today.

    Columns: company_id, currency_id int64; week int64 (0 = the oldest); value float64. Each company and currency that
    has any row in that time has all weeks.
    """
    span = Span(today - timedelta(days=weeks * WEEK - 1), today)
    at = np.flatnonzero(span.holds(day) & (True if where is None else where))
    groups, values = _grouped(rows, at, amount)
    week = (day[at] - day_number(span.first)) // WEEK
    table = np.column_stack([groups.sum(values, week == number) for number in range(weeks)])
    frame = groups.keys.take(np.repeat(np.arange(len(groups)), weeks)).reset_index(drop=True)
    return frame.assign(week=np.tile(np.arange(weeks), len(groups)), value=table.ravel())


def _grouped(rows: pd.DataFrame, at: IntArray, amount: str) -> tuple[Groups, FloatArray]:
    """Return the rows at `at` by company and currency, and what is added up for each: its amount, else 1."""
    if amount:
        part, values = rows[["company_id", "currency_id"]].take(at), floats(rows, amount)[at]
    else:
        part, values = rows[["company_id"]].take(at).assign(currency_id=0), np.ones(len(at))
    return Groups(part.reset_index(drop=True), ["company_id", "currency_id"]), values


def newly_overdue(by_customer: pd.DataFrame, today: date) -> BoolArray:
    """Return which rows of an ageing became overdue yesterday or today: nothing in them was overdue before.

    A line is overdue from the day after its due date, so its oldest is overdue for as many days as `since_yesterday`
    has, at most.
    """
    span = since_yesterday(today)
    oldest = ints(by_customer, "oldest_days")
    new: BoolArray = (oldest > 0) & (oldest <= (span.last - span.first).days + 1)
    return new


def started(services: pd.DataFrame, span: Span) -> BoolArray:
    """Return which services began in `span`; one that ended before its start never began."""
    start, end = days(services, "start_date"), days(services, "end_date")
    begun: BoolArray = span.holds(start) & ((end == NO_DAY) | (end >= start))
    return begun


def ended(services: pd.DataFrame, span: Span) -> BoolArray:
    """Return which services had their last day in `span` and are over: today may still be a day of service."""
    end = days(services, "end_date")
    over: BoolArray = span.holds(end) & ((end < day_number(span.last)) | is_code(services, "status", "ended"))
    return over
