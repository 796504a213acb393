"""How long ago something was, even if the wall clock has been changed since."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def stamp(clock: Callable[[], float]) -> dict[str, Any]:
    """Return this moment as it is kept: seconds of `clock`, and since this machine was started, where that is known.

    The wall clock alone could be set forward by minutes, and a write whose answer was lost be sent again too soon.
    """
    ticks = _ticks() if clock is time.time else None
    return {"gave_up_s": clock()} | ({} if ticks is None else {"boot": ticks[0], "ticks_s": ticks[1]})


def since_s(kept: Mapping[str, Any], clock: Callable[[], float]) -> float:
    """Return the seconds since a stamp: those the machine counted if it has not been restarted, else the clock's."""
    ticks = _ticks() if clock is time.time else None
    if ticks is not None and kept.get("boot") == ticks[0]:
        return ticks[1] - float(kept["ticks_s"])
    return clock() - float(kept["gave_up_s"])


def _ticks() -> tuple[str, float] | None:
    """Return which boot of the machine this is and the seconds since, sleep included; None where that is not known."""
    boot = _boot()
    return (boot, time.clock_gettime(time.CLOCK_BOOTTIME)) if boot and hasattr(time, "CLOCK_BOOTTIME") else None


@cache
def _boot() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""  # not Linux, or /proc is hidden: the wall clock has to do
