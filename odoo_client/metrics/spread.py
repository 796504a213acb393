"""Median and 90th percentile, shown beside a count because an average hides the few that take forever."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from odoo_client.frames.arrays import FloatArray


@dataclass(frozen=True)
class Spread:
    """How many values there are, their median and their 90th percentile; both None without any value."""

    count: int
    median: float | None
    p90: float | None

    @classmethod
    def of(cls, values: FloatArray) -> Spread:
        """Return the spread of `values`, NaN left out; percentiles are interpolated as NumPy does."""
        known = values[~np.isnan(values)]
        if not len(known):
            return cls(0, None, None)
        median, p90 = np.percentile(known, [50, 90])
        return cls(len(known), float(median), float(p90))
