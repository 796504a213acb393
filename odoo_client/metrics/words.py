"""How figures are worded where no page does it: in explanations and in sentences of errors."""

from __future__ import annotations

from datetime import date


def day_words(day: date) -> str:
    """Return `22 Nov 2026`; of the year 26 `22 Nov 0026`, since `22 Nov 26` reads as another year."""
    return f"{day.day} {day:%b} {day.year:04d}"
