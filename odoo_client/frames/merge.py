"""Merge rows into a frame by id: the few operations that increments need."""

from __future__ import annotations

import numpy as np
import pandas as pd


def upsert(old: pd.DataFrame, fresh: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return `old` with the rows of `fresh` put in by `key`; both are sorted by it and have the same columns."""
    held, new = old[key].to_numpy(), fresh[key].to_numpy()
    kept = np.delete(np.arange(len(held)), rows_of(held, new))
    # Both are sorted: each new row goes before the first kept one with a higher id.
    order = np.insert(kept, np.searchsorted(held[kept], new), len(held) + np.arange(len(new)))
    merged = pd.concat([old, fresh[list(old.columns)]], ignore_index=True)
    return merged.take(order).reset_index(drop=True)


def rows_of(held: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return the places in `held` (ids, rising, each once) of those `ids` that are there."""
    if not len(held) or not len(ids):
        return np.array([], dtype=np.int64)
    at = np.searchsorted(held, ids).clip(max=len(held) - 1)
    found: np.ndarray = at[held[at] == ids]
    return found


def without_ids(frame: pd.DataFrame, key: str, ids: np.ndarray) -> pd.DataFrame:
    """Return the frame, sorted by `key`, without the rows of `ids`; the same object where it has none of them."""
    if not len(ids):
        return frame
    gone = rows_of(frame[key].to_numpy(), np.unique(ids))
    return frame.drop(index=frame.index[gone]).reset_index(drop=True) if len(gone) else frame


def columns_changed(old: pd.DataFrame, now: pd.DataFrame) -> bool:
    """Return whether a frame kept from before has other columns or dtypes than one read now would have."""
    return dict(old.dtypes) != dict(now.dtypes)
