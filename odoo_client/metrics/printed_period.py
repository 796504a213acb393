"""The period that a line of an order or an invoice is for: its own dates, else those printed in its text.

Odoo's subscriptions, OCA's contracts and people all print it: `1 Jan 2026 - 31 Dec 2026`, `01/02/2026 - 28/02/2026`,
`Jan to Mar 2026`. Numeric dates are read both day first and month first; the reading that gives whole months wins.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import pandas as pd

#: Only the beginning of a longer text is searched.
_LONGEST = 2_000
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_TH = r"(?:st|nd|rd|th)?"
#: One date: 2026-01-31, 31/01/2026, 31 Jan 2026, Jan 31, 2026, Jan 2026; the year may be left out in words.
_DATE = (
    r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})(?!\d)"
    rf"|\d{{1,2}}{_TH}\s?{_NAME}\b\.?,?(?:\s\d{{4}}(?!\d))?"
    rf"|{_NAME}\.?\s\d{{1,2}}{_TH}(?!\d),?(?:\s\d{{4}}(?!\d))?|{_NAME}\b\.?(?:\s\d{{4}}(?!\d))?)"
)
_RANGE = re.compile(rf"(?<![\d\w])({_DATE})\s?(?:-|–|—|→|to|until|till|through)\s?({_DATE})", re.IGNORECASE)
_NUMBERS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{2,4})")

Period = tuple[date, date]
#: Day (0 = the whole month), month, year (0 = left out).
_Parts = tuple[int, int, int]


def printed_periods(texts: pd.Series) -> pd.DataFrame:
    """Return the period printed in each text, in their order: period_start, period_end datetime64[s].

    Both are NaT where none is printed. The end alone is set where one is printed that cannot be read for certain.
    """
    codes, known = pd.factorize(texts.astype("str"))
    found = [printed_period(str(text)) for text in known]
    starts = [None if one is None else one[0] for one in found]
    ends = [None if one is None else one[1] for one in found]
    return pd.DataFrame(
        {
            name: pd.Series(pd.to_datetime(pd.Series(days, dtype="object"))).astype("datetime64[s]").take(codes).array
            for name, days in (("period_start", starts), ("period_end", ends))
        },
        index=texts.index,
    )


def printed_period(text: str) -> tuple[date | None, date] | None:
    """Return the first and last day printed in `text`, None for none; (None, a day) when they are ambiguous."""
    match = _RANGE.search(" ".join(text[:_LONGEST].split()))
    if match is None:
        return None
    readings = [
        (first, last)
        for first, last in zip(_readings(match[1]), _readings(match[2]), strict=False)
        if first is not None and last is not None
    ]
    periods = list(dict.fromkeys(filter(None, (_period(first, last) for first, last in readings))))
    whole = [one for one in periods if months_of(*one).is_integer()]
    if len(periods) == 1 or len(whole) == 1:
        return (whole or periods)[0]
    return (None, periods[0][1]) if periods else None


def months_of(first: date, last: date) -> float:
    """Return how many months a period has, both days included; remaining days count as a part of their month.

    A last day that is the first of another month's period (`1 Jan - 1 Feb`) is not counted.
    """
    end = last + timedelta(days=1)
    months = (end.year - first.year) * 12 + end.month - first.month
    at = _later(first, months)
    if at > end:
        months -= 1
        at = _later(first, months)
    left = (end - at).days
    if left == 1 and months:
        return float(months)
    return months + left / (_later(first, months + 1) - at).days


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _readings(text: str) -> Iterator[_Parts | None]:
    """Yield a date read day first, then month first; both are the same where only one is possible."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if found := _NUMBERS.fullmatch(text):
        one, two, year = (int(part) for part in found.groups())
        year += 2000 if year < 100 else 0
        yield _valid(one, two, year)
        yield _valid(two, one, year)
        return
    name = re.search(r"[a-z]{3}", re.sub(r"\d+(?:st|nd|rd|th)", "", text.lower()))
    if name is None:
        parts = _valid(numbers[2], numbers[1], numbers[0])
    else:
        year = next((number for number in numbers if number > 31), 0)
        day = next((number for number in numbers if number <= 31), 0)
        parts = _valid(day, _NAMES.index(name[0]) + 1, year)
    yield parts
    yield parts


def _valid(day: int, month: int, year: int) -> _Parts | None:
    if not 1 <= month <= 12 or (year and not 1900 <= year <= 2200):
        return None
    return (day, month, year) if day <= monthrange(year or 2024, month)[1] else None


def _period(first: _Parts, last: _Parts) -> Period | None:
    """Return the days of a period, None where it ends before it begins or no year is said."""
    year = last[2]
    if not year:
        return None
    before = first[2] or (year - 1 if first[1] > last[1] else year)
    begin, end = _days(first, before), _days(last, year)
    return (begin[0], end[-1]) if begin and end and begin[0] <= end[-1] else None


def _days(parts: _Parts, year: int) -> tuple[date, ...]:
    day, month, _ = parts
    length = monthrange(year, month)[1]
    if day > length:
        return ()
    return (date(year, month, day),) if day else (date(year, month, 1), date(year, month, length))


def months_between(starts: Iterable[date], ends: Iterable[date]) -> list[float]:
    """Return `months_of` of each pair, worked out once for each different one."""
    known: dict[Period, float] = {}
    found = []
    for pair in zip(starts, ends, strict=True):
        if pair not in known:
            known[pair] = months_of(*pair)
        found.append(known[pair])
    return found
