"""Join one column of a frame sorted by its id: a vectorised dictionary, without building one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def lookup(frame: pd.DataFrame, key: str, ids: pd.Series | np.ndarray, column: str, default: Any) -> np.ndarray:
    """Return `frame[column]` for each of `ids`, `default` where `frame[key]` (sorted, unique) does not hold the id.

    Text comes back as an object array of str, a category as its values.
    """
    wanted = np.asarray(ids, dtype=np.int64)
    keys = frame[key].to_numpy(dtype=np.int64)
    values = frame[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("object")
    out = values.to_numpy()
    if not len(keys):
        return np.full(len(wanted), default, dtype=out.dtype if out.dtype.kind in "ifbM" else object)
    at = np.searchsorted(keys, wanted)
    at[at == len(keys)] = 0
    found = keys[at] == wanted
    taken = out[at]
    if not found.all():
        if taken.dtype.kind not in "ifbM":
            taken = taken.astype(object)
        taken[~found] = default
    return taken
