"""Days and moments as whole numbers, which compare and add up fast; no date is `NO_DAY`."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from odoo_client.frames.arrays import IntArray

#: Days since 1970-01-01 of "no date": NumPy's NaT, smaller than any real day.
NO_DAY = np.iinfo(np.int64).min


def days(frame: pd.DataFrame, column: str) -> IntArray:
    """Return a date column as days since 1970-01-01 (int64), `NO_DAY` for no date."""
    return frame[column].to_numpy().astype("datetime64[D]").astype(np.int64)


def seconds(frame: pd.DataFrame, column: str) -> IntArray:
    """Return a column of moments (UTC) as seconds since 1970-01-01, `NO_DAY` for none."""
    moments: IntArray = frame[column].dt.tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64)
    return moments


def local_days(moments_s: IntArray, timezone: str) -> IntArray:
    """Return the calendar day in `timezone` of each moment (seconds since 1970, UTC) as `days` does, `NO_DAY` for none.

    A ticket made at 23:30 UTC is tomorrow's in Harare.
    """
    known = moments_s != NO_DAY
    moments = pd.Series(np.where(known, moments_s, 0).astype("datetime64[s]")).dt.tz_localize("UTC")
    local = moments.dt.tz_convert(ZoneInfo(timezone)).dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    return np.where(known, local.astype(np.int64), NO_DAY)


def day_number(day: date) -> int:
    """Return `day` as days since 1970-01-01."""
    return int(np.datetime64(day, "D").astype(np.int64))


def dates(day_numbers: IntArray) -> npt.NDArray[np.datetime64]:
    """Return days since 1970-01-01 as datetime64[s] midnights, `NO_DAY` as NaT."""
    return day_numbers.astype("datetime64[D]").astype("datetime64[s]")


def month_starts(day: IntArray) -> npt.NDArray[np.datetime64]:
    """Return the first day of each day's month as datetime64[s], NaT for no day."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[s]")
