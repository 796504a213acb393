"""How figures, dates and texts read on screen: one place, so that no page shows `NaN`, `False` or a raw id.

Dates read `22 Nov 2026`, times are those of the company's time zone, money carries its currency code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandas as pd

from odoo_client.metrics import labels
from odoo_client.metrics.words import day_words, money_words

NONE_SHOWN = "–"
#: Characters with a meaning in Streamlit's Markdown: Odoo's text is shown as it was typed, never interpreted.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$:&])")


#: What Markdown turns into a link by itself; a customer's name must not become one.
_LINK_STARTS = ("://", "www.")


def money(amount: float, code: str, decimals: int) -> str:
    """Return `amount` as `USD 1,234.50`, with the decimals of its currency; a dash when there is none."""
    return NONE_SHOWN if pd.isna(amount) else money_words(amount, code, decimals)


def in_favour(amount: float, decimals: int) -> bool:
    """Return whether a balance is a credit: a sentence then says "in the customer's favour", never "owes −5"."""
    return not pd.isna(amount) and round(float(amount), decimals) < 0


def balance(amount: float, code: str, decimals: int) -> str:
    """Return a balance in a sentence: `USD 1,234.50`, a credit as `USD 135.00 in their favour`."""
    if in_favour(amount, decimals):
        return f"{money(-amount, code, decimals)} in their favour"
    return money(amount, code, decimals)


def owes(amount: float, code: str, decimals: int) -> str:
    """Return what a customer owes as a predicate: `owes USD 5.00`, `has USD 135.00 in their favour`."""
    return f"{'has' if in_favour(amount, decimals) else 'owes'} {balance(amount, code, decimals)}"


def short_money(amount: float, code: str, decimals: int) -> str:
    """Return `amount` as it stands beside a bar: from 100,000 without decimals, then in millions; the hover has all."""
    if pd.isna(amount):
        return NONE_SHOWN
    size = abs(float(amount))
    if size >= 10_000_000:
        return f"{'−' if amount < 0 else ''}{code} {size / 1e6:,.1f} m"
    return money(amount, code, decimals if size < 100_000 else 0)


def count(number: int | float) -> str:
    """Return a whole number with thousands separators."""
    return NONE_SHOWN if pd.isna(number) else f"{int(number):,}".replace("-", "−")


def signed(number: int) -> str:
    """Return `+3`, `−2` or `0`."""
    return f"{number:+,}".replace("-", "−") if number else "0"


def day(value: date | datetime | pd.Timestamp | None) -> str:
    """Return `22 Nov 2026`, a dash for no date."""
    if value is None or pd.isna(value):
        return NONE_SHOWN
    return day_words(value)


def moment(value: datetime | None, timezone: str) -> str:
    """Return `22 Nov 2026, 14:05` in `timezone`, a dash for no time."""
    if value is None or pd.isna(value):
        return NONE_SHOWN
    local = value.astimezone(ZoneInfo(timezone))
    return f"{day(local)}, {local:%H:%M}"


def local_day(value: datetime, timezone: str) -> str:
    """Return the day a moment falls on in `timezone`, as `22 Nov 2026`."""
    return day(value.astimezone(ZoneInfo(timezone)))


def age(seconds: float) -> str:
    """Return a span as a person says it: `just now`, `4 minutes`, `3 hours`, `2 days`."""
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    hours = minutes // 60
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


def period_not_known(count: int) -> str:
    """Return how many active services have a fee that does not count in monthly revenue, and why."""
    return f"{plural(count, 'service')} in no monthly revenue: {labels.PERIOD_NOT_KNOWN.lower()}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return `1 customer` or `1,204 customers`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """Return words as `a, b and c`."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def plain(text: str) -> str:
    """Return Odoo's text so that Markdown shows it letter for letter."""
    words = " ".join(str(text).split())
    for start in _LINK_STARTS:
        words = words.replace(start, f"{start[:-1]}\N{WORD JOINER}{start[-1]}")
    return _MARKDOWN.sub(r"\\\1", words)


def today(timezone: str) -> date:
    """Return today's date in `timezone`: the day the ledger's due dates are compared with."""
    return datetime.now(ZoneInfo(timezone)).date()
