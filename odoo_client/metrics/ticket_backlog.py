"""The backlog over time, rebuilt from when tickets were opened and closed, and what came and went each day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import NO_DAY, BoolArray, IntArray, dates, day_number, flags, ints


def backlog_by_day(
    tickets: pd.DataFrame, facts: pd.DataFrame, first: date, last: date, where: BoolArray | None = None
) -> pd.DataFrame:
    """Return a row a local day from `first` to `last`: day datetime64[s], backlog, opened, closed int64.

    `backlog` is of the midnight at which the day begins: opened before it and not closed before it. A closed ticket
    without a closing date is left out (nobody knows when it left), one that was opened again counts as never closed.
    `facts` are those of `ticket_facts`; `where` narrows to some tickets.
    """
    closed, closed_day = flags(tickets, "closed"), ints(facts, "closed_day")
    created_day = ints(facts, "created_day")
    counted = (created_day != NO_DAY) & ~(closed & (closed_day == NO_DAY))
    if where is not None:
        counted &= where
    start, days = day_number(first), (last - first).days + 1
    came_before, came = _by_day(created_day, counted, start, days)
    went_before, went = _by_day(np.maximum(closed_day, created_day), counted & (closed_day != NO_DAY), start, days)
    opened = np.concatenate([[came_before], came[:-1]]).cumsum()
    gone = np.concatenate([[went_before], went[:-1]]).cumsum()
    return pd.DataFrame(
        {"day": dates(start + np.arange(days)), "backlog": opened - gone, "opened": came, "closed": went}
    )


def _by_day(day: IntArray, where: BoolArray, start: int, days: int) -> tuple[int, IntArray]:
    """Return how many rows lie before `start`, and how many on each of the days from there."""
    offset = day[where] - start
    within = offset[(offset >= 0) & (offset < days)]
    return int((offset < 0).sum()), np.bincount(within, minlength=days).astype(np.int64)
