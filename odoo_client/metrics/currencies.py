"""Currencies of a snapshot as arrays: decimals, rounding, codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import FloatArray, FrameSource, IntArray, floats, ints
from odoo_client.frames.groups import position_of, positions


@dataclass(frozen=True, eq=False)
class Currencies:
    """The `currencies` frame by id. An id it lacks counts as a currency of two decimals, code ""."""

    ids: IntArray
    decimals: IntArray
    rounding: FloatArray
    codes: tuple[str, ...]

    @classmethod
    def of(cls, source: FrameSource) -> Currencies:
        """Return the currencies of `source`."""
        return cls.of_frame(source.frame("currencies"))

    @classmethod
    def of_frame(cls, frame: pd.DataFrame) -> Currencies:
        """Return the currencies of a frame `currencies`."""
        return cls(ints(frame, "currency_id"), ints(frame, "decimals"), floats(frame, "rounding"), tuple(frame["code"]))

    def code(self, currency_id: int) -> str:
        """Return the currency's code ("USD"), "" when unknown."""
        found = position_of(self.ids, currency_id)
        return self.codes[found] if found >= 0 else ""

    def places(self, currency_id: int) -> int:
        """Return the decimal places of one currency."""
        return int(self.decimals_of(np.array([currency_id], dtype=np.int64))[0])

    def smallest(self, currency_id: int) -> float:
        """Return the smallest amount of one currency that is not nothing: half its rounding."""
        return float(self.smallest_of(np.array([currency_id], dtype=np.int64))[0])

    def decimals_of(self, currency_ids: IntArray) -> IntArray:
        """Return the decimal places of each currency."""
        return self._pick(self.decimals, currency_ids, 2).astype(np.int64)

    def smallest_of(self, currency_ids: IntArray) -> FloatArray:
        """Return the smallest amount of each currency that is not zero: half its rounding."""
        rounding = self._pick(self.rounding, currency_ids, 0.01).astype(np.float64)
        return np.where(rounding > 0, rounding, 0.01) / 2

    def round(self, amounts: FloatArray, currency_ids: IntArray) -> FloatArray:
        """Return `amounts` rounded to the decimals of their currencies."""
        scale = np.power(10.0, self.decimals_of(currency_ids))
        return np.rint(amounts * scale) / scale + 0.0

    def _pick(self, values: IntArray | FloatArray, currency_ids: IntArray, missing: float) -> FloatArray:
        at = positions(self.ids, currency_ids)
        padded = np.append(values.astype(np.float64), missing)
        return padded[at]
