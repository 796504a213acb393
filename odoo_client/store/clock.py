"""How old something is by a clock that somebody may set: an age is never negative, and a future moment has none.

Order is never told by a clock: a snapshot has its sequence, what Odoo changed its `write_date`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

#: A smaller difference of clocks is network delay or time synchronisation, not a wrong clock.
TOLERANCE_S: Final = 120


def age_s(moment: datetime, now: datetime | None = None) -> float:
    """Return the seconds from `moment` to now, 0 for one in the future."""
    return max(0.0, ((now or datetime.now(UTC)) - moment).total_seconds())


def is_to_come(moment: datetime, now: datetime | None = None) -> bool:
    """Return whether `moment` comes from a clock that has been set back since."""
    return moment - (now or datetime.now(UTC)) > timedelta(seconds=TOLERANCE_S)


def is_due(last: datetime | None, every_h: float, now: datetime | None = None) -> bool:
    """Return whether what was last done at `last` (None = never) is due again; a time in the future counts as due."""
    if last is None:
        return True
    now = now or datetime.now(UTC)
    return is_to_come(last, now) or now - last >= timedelta(hours=every_h)
