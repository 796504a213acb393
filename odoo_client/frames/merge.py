"""Merge rows into a frame by id: the few operations that increments need."""

from __future__ import annotations

import numpy as np
import pandas as pd


def upsert(old: pd.DataFrame, fresh: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return `old` with the rows of `fresh` put in by `key`, sorted by it. Both have the same columns and dtypes."""
    kept = old[~np.isin(old[key].to_numpy(), fresh[key].to_numpy())]
    merged = pd.concat([kept, fresh[list(old.columns)]], ignore_index=True)
    return merged.sort_values(key, kind="stable").reset_index(drop=True)


def without_ids(frame: pd.DataFrame, key: str, ids: np.ndarray) -> pd.DataFrame:
    """Return the frame without the rows of `ids`."""
    if not len(ids):
        return frame
    return frame[~np.isin(frame[key].to_numpy(), ids)].reset_index(drop=True)


def columns_changed(old: pd.DataFrame, now: pd.DataFrame) -> bool:
    """Return whether a frame kept from before has other columns or dtypes than one read now would have."""
    return dict(old.dtypes) != dict(now.dtypes)
