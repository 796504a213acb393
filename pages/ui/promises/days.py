"""The days that people say on the telephone: tomorrow, Friday, Monday, the end of the month. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

_MONDAY: Final = 0
_FRIDAY: Final = 4


def quick_days(today: date) -> Mapping[str, date]:
    """Return those days, each after today: said on a Friday, "Friday" is a week later, and so with the month's end."""
    return {
        "Tomorrow": today + timedelta(days=1),
        "Friday": _next(today, _FRIDAY),
        "Monday": _next(today, _MONDAY),
        "Month end": _month_end(today),
    }


def _next(today: date, weekday: int) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _month_end(today: date) -> date:
    first = (today + timedelta(days=1)).replace(day=1)
    # From the 28th on, four days later it is another month.
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
