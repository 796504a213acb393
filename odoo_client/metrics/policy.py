"""How arrears are aged: the limits of the buckets, and what their days count from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from odoo_client.config import BUCKET_BOUNDS_DAYS
from odoo_client.frames.arrays import BoolArray, IntArray, coded

NOT_DUE = "not_due"
UNALLOCATED = "unallocated"


@dataclass(frozen=True)
class AgeingPolicy:
    """The buckets of an ageing. `bounds_days` are the last days of all buckets but the last.

    `basis="due_date"`: days since the due date, else the entry date; a line due on the day itself is not overdue.
    `basis="invoice_date"`: days since the invoice date, else the entry date; what is overdue stays a matter of due
    dates. Raises ValueError when the limits are not ascending whole days from 1.
    """

    bounds_days: tuple[int, ...] = BUCKET_BOUNDS_DAYS
    basis: Literal["due_date", "invoice_date"] = "due_date"

    def __post_init__(self) -> None:
        bounds = self.bounds_days
        if not bounds or bounds[0] < 1 or any(low >= high for low, high in zip(bounds, bounds[1:], strict=False)):
            raise ValueError(f"Bucket limits must be ascending days from 1, such as 30, 60, 90: {bounds}")

    @property
    def bucket_keys(self) -> tuple[str, ...]:
        """The buckets in order, which name the columns of an ageing: `not_due`, `1_30`, …, `over_120`."""
        starts = (1, *(bound + 1 for bound in self.bounds_days[:-1]))
        between = (f"{start}_{end}" for start, end in zip(starts, self.bounds_days, strict=True))
        return (NOT_DUE, *between, f"over_{self.bounds_days[-1]}")

    @property
    def labels(self) -> dict[str, str]:
        """What people read for each bucket and for `unallocated`."""
        between = {key: f"{key.replace('_', '–')} days" for key in self.bucket_keys[1:-1]}
        first = "Not due" if self.basis == "due_date" else "Issued today"
        return {
            NOT_DUE: first,
            **between,
            self.bucket_keys[-1]: f"Over {self.bounds_days[-1]} days",
            UNALLOCATED: "Unallocated",
        }

    def label(self, key: str) -> str:
        """Return what people read for the bucket `key`."""
        return self.labels[key]

    def bucket_numbers(self, age_days: IntArray) -> IntArray:
        """Return the index into `bucket_keys` for each age in days."""
        return np.searchsorted(np.array((0, *self.bounds_days)), age_days, side="left").astype(np.int64)

    def buckets(self, age_days: IntArray, credit: BoolArray) -> pd.Categorical[str]:
        """Return each line's bucket as an ordered category; credits of any date are in `unallocated`."""
        categories = [*self.bucket_keys, UNALLOCATED]
        codes = np.where(credit, len(categories) - 1, self.bucket_numbers(age_days))
        return coded(codes, categories, ordered=True)
