"""How long a line of an order or an invoice pays for: what a monthly fee is divided by where no subscription says so.

The line's own period comes first, then its unit of measure (a month, a quarter, a year, what converts into one), then
its quantity, which in plain units is taken as months: 12 × 60 is a fee of 60 paid for twelve months. The period is
"unknown" for another unit, no quantity, a printed period that can be read in two ways, more than `MOST_MONTHS` units,
units of which the order has as many kits, routers or fees, and units that were billed again a month later. Units billed
like that twice in a row are that many services billed every month.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, floats, ints
from odoo_client.frames.groups import positions
from odoo_client.metrics.printed_period import months_between

#: Where a fee's period comes from: a recurring rule of Odoo, the line's own dates, its unit, its quantity in months,
#: its quantity in services billed every month; "unknown" cannot be told.
PERIODS: Final = ("rule", "dates", "unit", "quantity", "services", "unknown")
UNKNOWN: Final = "unknown"
#: Nobody pays further ahead: a larger number of units counts something else.
MOST_MONTHS: Final = 36
#: Billed again after this many days means billed every month; sooner is a correction, later another period.
MONTHLY_DAYS: Final = (20, 45)
DAYS_A_MONTH: Final = 365.25 / 12
#: Odoo's own unit, "Units" in every language: the first that any Odoo makes.
PIECE_ID: Final = 1
#: Units of time by name, with their months. Days are left out: Odoo's own is one of eight hours of work.
_CALENDAR: Final = (
    ("(?:half|semi)[ -]?year|semester", 6.0),
    ("quarter", 3.0),
    ("year|yr|annum|annual", 12.0),
    ("month|mth|mo", 1.0),
)
_SHORT: Final = (("week|wk", 7 / DAYS_A_MONTH), ("day", 1 / DAYS_A_MONTH))
_PIECES: Final = re.compile(r"(?:unit|piece|pc|pce|each|ea|item)(?:s|\(s\))?\.?", re.IGNORECASE)


def unit_months(units: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return for each unit how many months it is (NaN: none), and how many pieces (NaN: it counts something else)."""
    names = [" ".join(str(name).split()) for name in units["name"]]
    family, size = ints(units, "family"), floats(units, "size")
    plain = _piece_family(units, names)
    calendar = np.array([_named(name, _CALENDAR) for name in names], dtype=np.float64)
    short = np.array([_named(name, _SHORT) for name in names], dtype=np.float64)
    months = np.where(np.isnan(calendar), short, calendar)
    for at in np.flatnonzero(~np.isnan(calendar)):
        # A unit of several months or years is one too, by any name. An hour beside them is an hour of work.
        alike = (family == family[at]) & (size >= size[at]) & np.isnan(months) & ~plain
        months[alike] = calendar[at] * size[alike] / size[at]
    pieces = np.where(plain & np.isnan(months), size, np.nan)
    return months, pieces


def _piece_family(units: pd.DataFrame, names: list[str]) -> BoolArray:
    """Return which units convert into plain units."""
    plain = (ints(units, "unit_id") == PIECE_ID) | np.array([bool(_PIECES.fullmatch(name)) for name in names], bool)
    found: BoolArray = np.isin(ints(units, "family"), ints(units, "family")[plain])
    return found


def _named(name: str, words: tuple[tuple[str, float], ...]) -> float:
    """Return the months that a unit's name says: `Month(s)`, `12 Months`, `Quarterly`, `per year`; NaN for none."""
    for pattern, months in words:
        if found := re.fullmatch(rf"(?:per )?(\d+)?[ -]?(?:{pattern})(?:s|\(s\)|ly|ally)?\.?", name, re.IGNORECASE):
            return months * int(found[1] or 1)
    return float("nan")


def line_periods(lines: pd.DataFrame, units: pd.DataFrame, doubtful: BoolArray, monthly: BoolArray) -> pd.DataFrame:
    """Return how long each of `lines` pays for, in their order and with their index.

    `lines` has quantity, unit_id, period_start, period_end. `doubtful`: what stands beside it lets a number of units be
    one of services as well; `monthly`: that many are billed every month. Columns: period str (of `PERIODS`, "rule"
    apart); months float64 (NaN: unknown), what the line's amount is divided by; paid_months float64, what it pays for
    (of what is unknown the longest it may be, at least 1); services float64, how many it is for.
    """
    quantity = floats(lines, "quantity")
    unit_id = ints(lines, "unit_id")
    months_of_unit, pieces_of_unit = unit_months(units)
    at = positions(ints(units, "unit_id"), unit_id)
    # A line without a unit counts pieces; one whose unit is missing counts something unknown.
    months_of_unit = np.append(months_of_unit, np.nan)[at]
    pieces = np.where(unit_id == 0, quantity, quantity * np.append(pieces_of_unit, np.nan)[at])
    own = _own_months(lines)
    named = lines["period_start"].notna().to_numpy() | lines["period_end"].notna().to_numpy()
    period = np.full(len(lines), UNKNOWN, dtype=object)
    months, services = np.full(len(lines), np.nan), np.ones(len(lines))
    counted = (quantity > 0) & ~np.isnan(pieces) & (pieces <= MOST_MONTHS)
    for where, word, divisor, number in (
        (named & ~np.isnan(own) & (quantity > 0), "dates", own, np.where(np.isnan(pieces), 1.0, pieces)),
        (~named & ~np.isnan(months_of_unit) & (quantity > 0), "unit", quantity * months_of_unit, 1.0),
        (~named & (pieces > 1) & monthly, "services", 1.0, pieces),
        (~named & counted & ((pieces <= 1) | ~doubtful), "quantity", pieces, 1.0),
    ):
        chosen = where & (period == UNKNOWN)
        period[chosen] = word
        months[chosen] = np.broadcast_to(divisor, len(lines))[chosen]
        services[chosen] = np.broadcast_to(number, len(lines))[chosen]
    # Twelve units from January to December are one service; two units are two services.
    by_dates = period == "dates"
    services = np.where(by_dates & ((services <= 1) | (np.abs(services - months) < 0.1)), 1.0, services)
    longest = np.where(counted & ~named & (pieces > 1), pieces, 1.0)
    return pd.DataFrame(
        {
            "period": pd.Series(period, index=lines.index).astype("str"),
            "months": months,
            "paid_months": np.where(np.isnan(months), longest, months),
            "services": services,
        },
        index=lines.index,
    )


def _own_months(lines: pd.DataFrame) -> FloatArray:
    """Return how many months each line's own period has, NaN where it has none that is certain."""
    starts, ends = lines["period_start"], lines["period_end"]
    told = (starts.notna() & ends.notna() & (ends >= starts)).to_numpy()
    months = np.full(len(lines), np.nan)
    months[told] = months_between(starts[told].dt.date, ends[told].dt.date)
    return months


def billed_again(rows: pd.DataFrame, by: list[str]) -> tuple[pd.Index, pd.Index]:
    """Return the keys of `rows` (columns `by`, and day) billed again a month later: once or more, and twice running."""
    dates = rows[[*by, "day"]].dropna().drop_duplicates().sort_values([*by, "day"])
    gap = dates.groupby(by)["day"].diff().dt.days
    again = gap.between(*MONTHLY_DAYS)
    twice = again & again.groupby([dates[name] for name in by]).shift(1, fill_value=False)
    keys = pd.MultiIndex.from_frame(dates[by])
    return keys[again.to_numpy()].unique(), keys[twice.to_numpy()].unique()


def last_month(begin: pd.Series, months: pd.Series) -> pd.Series:
    """Return the day on which the last of the `months` paid for from `begin` on starts (NaT: NaT)."""
    more = np.clip(months.to_numpy(dtype=np.float64) - 1.0, 0.0, None)
    days = np.round((more % 1.0) * DAYS_A_MONTH).astype("timedelta64[D]")
    start = begin.to_numpy().astype("datetime64[D]")
    month = start.astype("datetime64[M]")
    offset = start - month.astype("datetime64[D]")
    wanted = month + np.floor(more).astype("timedelta64[M]")
    length = (wanted + np.timedelta64(1, "M")).astype("datetime64[D]") - wanted.astype("datetime64[D]")
    found = wanted.astype("datetime64[D]") + np.minimum(offset, length - np.timedelta64(1, "D")) + days
    return pd.Series(found.astype("datetime64[s]"), index=begin.index)
