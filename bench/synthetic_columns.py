"""Columns of invented frames, made whole and not value by value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def text(prefix: str, numbers: np.ndarray) -> pd.Series:
    """Return texts: the prefix and a number each."""
    return series(pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), ""))


def series(values: pa.Array) -> pd.Series:
    """Return an Arrow array as a series of texts."""
    return pd.Series(pd.array(values.cast(pa.large_string()), dtype="str"))


def pick(names: tuple[str, ...], at: np.ndarray) -> pd.Series:
    """Return a name for each position."""
    return series(pa.array(names).take(pa.array(at)))


def codes(at: np.ndarray, *names: str) -> pd.Categorical:
    """Return a categorical of the codes' names."""
    return pd.Categorical.from_codes(at, pd.Index(names, dtype="str"))


def dates(day_numbers: np.ndarray) -> np.ndarray:
    """Return day numbers as days."""
    return day_numbers.astype("datetime64[D]").astype("datetime64[s]")


def moments(day_numbers: np.ndarray, seconds: np.ndarray | int = 36_000) -> pd.Series:
    """Return day numbers and seconds of the day as moments in UTC."""
    made = (day_numbers * 86_400 + seconds).astype("datetime64[s]")
    return pd.Series(made).dt.tz_localize("UTC")


def never(size: int) -> np.ndarray:
    """Return a column of no days."""
    return np.full(size, np.datetime64("NaT", "s"))
