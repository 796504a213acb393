"""How many decimals the amounts of an exported table have: those of their currency, in CSV and in workbooks alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import IntArray

#: Where a currency does not say otherwise.
USUAL = 2


@dataclass(frozen=True)
class Amounts:
    """Which columns of a table are amounts, and in which currency.

    `places` are the decimals by currency code. `headings` name the columns (None: every column of fractional numbers).
    The currency of a row stands in the column `currency`, for a heading in `currency_of` in the one named there; a
    heading that ends in a code (`Monthly, USD`) is in that currency, whatever the row says.
    """

    places: Mapping[str, int] = field(default_factory=dict)
    headings: Collection[str] | None = None
    currency: str = "Currency"
    currency_of: Mapping[str, str] = field(default_factory=dict)

    def of_code(self, code: str) -> int:
        """Return the decimals of a currency."""
        return self.places.get(code, USUAL)

    def decimals(self, frame: pd.DataFrame, place: int) -> IntArray | None:
        """Return the decimals of each row of the column at that position, None for a column that is not an amount."""
        heading = str(frame.columns[place])
        if not pd.api.types.is_float_dtype(frame.iloc[:, place]):
            return None
        if self.headings is not None and heading not in self.headings:
            return None
        code = heading.rpartition(", ")[2]
        if code != heading and code in self.places:
            return np.full(len(frame), self.of_code(code), dtype=np.int64)
        whose = self.currency_of.get(heading, self.currency)
        whose = whose if whose in frame.columns else self.currency
        if whose not in frame.columns:
            return np.full(len(frame), USUAL, dtype=np.int64)
        codes, names = pd.factorize(frame[whose].astype("object").fillna("").astype(str))
        known = np.array([self.of_code(name) for name in names], dtype=np.int64)
        return known[codes] if len(names) else np.zeros(0, dtype=np.int64)


def amount_format(decimals: int) -> str:
    """Return a spreadsheet's format of an amount: `#,##0.00`."""
    return "#,##0" + (f".{'0' * decimals}" if decimals else "")


def amount_texts(values: pd.Series, decimals: IntArray) -> pd.Series:
    """Return amounts as plain numbers with their decimals (`1234.50`), "" where there is none."""
    texts = [
        "" if value != value else f"{round(value, places) + 0.0:.{places}f}"
        for value, places in zip(values.astype("float64").tolist(), decimals.tolist(), strict=True)
    ]
    return pd.Series(texts, index=values.index, dtype="object")
