"""How days and amounts are worded, in sentences, on pages, in documents and in what is written into Odoo."""

from __future__ import annotations

from datetime import date
from decimal import Decimal


def day_words(day: date) -> str:
    """Return `22 Nov 2026`; of the year 26 `22 Nov 0026`, since `22 Nov 26` reads as another year."""
    return f"{day.day} {day:%b} {day.year:04d}"


def amount_words(amount: float | Decimal, decimals: int) -> str:
    """Return `1,234.50` or `−1,234.50`."""
    return money_words(amount, "", decimals)


def money_words(amount: float | Decimal, code: str, decimals: int) -> str:
    """Return `USD 1,234.50` or `−USD 1,234.50`; without a code the amount alone."""
    rounded = round(float(amount), decimals) + 0.0  # no "-0.00"
    named = f"{code} " if code else ""
    return f"{'−' if rounded < 0 else ''}{named}{abs(rounded):,.{decimals}f}"
