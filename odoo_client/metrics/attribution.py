"""The technology an open line is for: that of its invoice's product lines, split by amount.

Source: the derived frame `invoice_technology` (untaxed amount of each technology in an invoice). A line whose invoice
has none, and every payment, is "not attributed" (technology "").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, FrameSource, IntArray, coded, floats, ints
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.ledger import LINE_MONEY


def split_by_technology(lines: pd.DataFrame, source: FrameSource) -> pd.DataFrame:
    """Return open `lines` with a row for each technology of their invoice, sorted by line_id.

    Columns: those of `lines` plus technology (category: "fibre", "wireless", "starlink", "" = not attributed).
    Residual, amount, disputed and in_payment are shared out by untaxed amount in whole units of the currency's last
    decimal; what rounding leaves over, the odd cent, goes to the technology with the largest amount (the first in
    their order among equals). So the rows of a line add up to it exactly. Negative amounts in an invoice (discount
    lines) attract no share.
    """
    shares = _Shares.of(source)
    wanted = ints(lines, "move_id")
    start, end = (np.searchsorted(shares.move_id, wanted, side=side) for side in ("left", "right"))
    rows = np.maximum(end - start, 1)
    line_at = np.repeat(np.arange(len(lines)), rows)
    first_row = np.cumsum(rows) - rows
    offset = np.arange(len(line_at)) - np.repeat(first_row, rows)
    share_at = np.where(np.repeat(end > start, rows), np.repeat(start, rows) + offset, -1)
    parts = lines.take(line_at).reset_index(drop=True)
    parts["technology"] = coded(np.append(shares.technology, len(shares.names) - 1)[share_at], shares.names)
    divided = np.repeat(rows > 1, rows)
    if divided.any():
        weight = np.append(shares.amount, 1.0)[share_at]
        decimals = Currencies.of(source).decimals_of(ints(parts, "currency_id"))
        for column in LINE_MONEY:
            parts[column] = _split(floats(parts, column), weight, line_at, first_row, decimals, divided)
    return parts


@dataclass(frozen=True, eq=False)
class _Shares:
    """The positive amounts of `invoice_technology`, sorted by move; `technology` are codes of `names`, "" the last."""

    move_id: IntArray
    technology: IntArray
    amount: FloatArray
    names: tuple[str, ...]

    @classmethod
    def of(cls, source: FrameSource) -> _Shares:
        frame = source.frame("invoice_technology")
        column = frame["technology"].astype("category")
        found = [str(name) for name in column.cat.categories]
        names = (*(name for name in found if name), "")
        # An empty lookup table (no rows, no categories) must not be indexed.
        recode = np.array([names.index(name) for name in found], dtype=np.int64)
        amount = floats(frame, "amount")
        keep = np.flatnonzero(amount > 0)
        move_id, code = ints(frame, "move_id")[keep], recode[column.cat.codes.to_numpy()[keep]]
        order = move_id * len(names) + code
        if (order[1:] < order[:-1]).any():
            place = np.argsort(order, kind="stable")
            keep, move_id, code = keep[place], move_id[place], code[place]
        return cls(move_id, code, amount[keep], names)


def _split(
    amounts: FloatArray,
    weight: FloatArray,
    line_at: IntArray,
    first_row: IntArray,
    decimals: IntArray,
    divided: BoolArray,
) -> FloatArray:
    """Return each part of `amounts` (the line's whole amount, repeated for each part), in units of the last decimal."""
    scale = np.power(10.0, decimals)
    units = np.rint(np.abs(amounts) * scale)
    lines = len(first_row)
    exact = units * weight / np.bincount(line_at, weights=weight, minlength=lines)[line_at]
    # A share of 1000.0 may come out as 999.9999999: the tolerance keeps it whole.
    part = np.floor(exact + 1e-6 + exact * 1e-15)
    left = units[first_row] - np.bincount(line_at, weights=part, minlength=lines)
    largest_weight = np.zeros(lines)
    np.maximum.at(largest_weight, line_at, weight)
    candidates = np.flatnonzero(weight == largest_weight[line_at])
    largest = np.zeros(lines, dtype=np.int64)
    largest[line_at[candidates[::-1]]] = candidates[::-1]
    part[largest] += left
    return np.where(divided, np.copysign(part / scale, amounts) + 0.0, amounts)
