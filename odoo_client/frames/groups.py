"""Rows found by the ids of records, put into groups, and added up to the cent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, IntArray, ints


def positions(sorted_ids: IntArray, wanted: IntArray) -> IntArray:
    """Return the position of each of `wanted` in `sorted_ids` (ascending, unique), -1 where it is not among them."""
    size = len(sorted_ids)
    if not size or not len(wanted):
        return np.full(len(wanted), -1, dtype=np.int64)
    low, high = int(sorted_ids[0]), int(sorted_ids[-1])
    if _dense(low, high, size):
        # A table is ten times faster than a binary search a row.
        table = np.full(high + 2, -1, dtype=np.int64)
        table[sorted_ids] = np.arange(size)
        known = (wanted >= 0) & (wanted <= high)
        return table[np.where(known, wanted, high + 1)]
    found = np.minimum(np.searchsorted(sorted_ids, wanted), size - 1)
    return np.where(sorted_ids[found] == wanted, found, -1)


def _dense(low: int, high: int, size: int) -> bool:
    """Return whether a table by id is worth its memory; the ids of one Odoo model always are so dense."""
    return low >= 0 and high < 8 * size + 1_000_000


def distinct(ids: IntArray) -> IntArray:
    """Return each of the ids of records once, rising."""
    if len(ids) and _dense(int(ids.min()), int(ids.max()), len(ids)):
        # Counting is ten times faster than sorting.
        return np.flatnonzero(np.bincount(ids))
    return np.unique(ids)


def by_id(values: pd.Series[Any]) -> dict[int, float]:
    """Return the numbers of a column by the ids in its index, as a sum over groups of one id has them."""
    return dict(zip(values.index.to_numpy(dtype=np.int64).tolist(), values.to_numpy(np.float64).tolist(), strict=True))


def parts_by_id(frame: pd.DataFrame, column: str) -> Iterator[tuple[int, pd.DataFrame]]:
    """Give each id of `column` with its rows, in the order the ids first stand there."""
    for _key, part in frame.groupby(column, sort=False):
        yield int(ints(part, column)[0]), part


def position_of(sorted_ids: IntArray, wanted: int) -> int:
    """Return the position of one id in `sorted_ids`, -1 where it is not among them."""
    return int(positions(sorted_ids, np.array([wanted], dtype=np.int64))[0])


def lookup(frame: pd.DataFrame, key: str, ids: pd.Series | IntArray, column: str, default: Any) -> npt.NDArray[Any]:
    """Return `frame[column]` for each of `ids`, `default` where `frame[key]` (sorted, unique) does not hold the id.

    Text comes back as an object array of str, a category as its values.
    """
    at = positions(ints(frame, key), np.asarray(ids, dtype=np.int64))
    values = frame[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("object")
    known = values.to_numpy()
    dtype = known.dtype if known.dtype.kind in "ifbM" else np.dtype(object)
    return np.append(known.astype(dtype, copy=False), np.array([default], dtype=dtype))[at]


def text_at(frame: pd.DataFrame, column: str, at: IntArray, missing: str = "") -> pd.Series[Any]:
    """Return the text of `column` at positions `at`, `missing` where the position is -1 (`str` dtype)."""
    taken = frame[column].array.take(at, allow_fill=True, fill_value=None)
    return pd.Series(taken).astype("str").fillna(missing)


class Groups:
    """The rows of a frame put into groups by one or more columns.

    `keys`: one row a group, the columns of `by`, sorted by them. `codes`: for each row of the frame, its group's row in
    `keys`.
    """

    def __init__(self, frame: pd.DataFrame, by: Sequence[str]) -> None:
        combined = np.zeros(len(frame), dtype=np.int64)
        for column in by:
            codes, uniques = pd.factorize(frame[column].array)
            combined, _ = pd.factorize(combined * len(uniques) + codes)
            combined = np.asarray(combined, dtype=np.int64)
        size = int(combined.max()) + 1 if len(combined) else 0
        first = np.zeros(size, dtype=np.int64)
        first[combined[::-1]] = np.arange(len(combined) - 1, -1, -1)
        keys = frame[list(by)].take(first).reset_index(drop=True).sort_values(list(by), kind="stable")
        place = np.empty(size, dtype=np.int64)
        place[keys.index.to_numpy()] = np.arange(size)
        self.keys = keys.reset_index(drop=True)
        self.codes: IntArray = place[combined]

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, frame: pd.DataFrame) -> IntArray:
        """Return the group that each row of another `frame` belongs to by the same columns (ids), -1 for none."""
        numbers, wanted = np.zeros(len(self), dtype=np.int64), np.zeros(len(frame), dtype=np.int64)
        known: BoolArray = np.ones(len(frame), dtype=np.bool_)
        for column in self.keys.columns:
            own, theirs = ints(self.keys, column), ints(frame, column)
            width = 1 + int(own.max(initial=0))
            known &= (theirs >= 0) & (theirs < width)
            numbers, wanted = numbers * width + own, wanted * width + theirs
        # Groups are sorted by their columns, so their numbers are ascending.
        return np.where(known, positions(numbers, wanted), -1)

    def sum(self, amounts: FloatArray, where: BoolArray | None = None) -> FloatArray:
        """Return the exact sum of `amounts` a group, optionally only of the rows `where`."""
        if where is not None:
            return self.sum_at(amounts, np.flatnonzero(where))
        return exact_sums(self.codes, amounts, len(self))

    def sum_at(self, amounts: FloatArray, at: IntArray) -> FloatArray:
        """Return the exact sum of `amounts` a group of the rows at the positions `at`."""
        return exact_sums(self.codes[at], amounts[at], len(self))

    def count_at(self, at: IntArray) -> IntArray:
        """Return the number of rows a group of those at the positions `at`."""
        return np.bincount(self.codes[at], minlength=len(self)).astype(np.int64)

    def count(self, where: BoolArray | None = None) -> IntArray:
        """Return the number of rows a group, optionally only of the rows `where`."""
        codes = self.codes if where is None else self.codes[where]
        return np.bincount(codes, minlength=len(self)).astype(np.int64)

    def max(self, values: IntArray, where: BoolArray, empty: int = 0) -> IntArray:
        """Return the largest value a group of the rows `where`, `empty` where a group has none."""
        largest = np.full(len(self), empty, dtype=np.int64)
        np.maximum.at(largest, self.codes[where], values[where])
        return largest


def exact_sums(codes: IntArray, amounts: FloatArray, size: int) -> FloatArray:
    """Return the sums of `amounts` by `codes` (0 … size-1), right to the last of four decimals.

    Whole units and ten-thousandths are summed apart, each as whole numbers below 2**53, so that a million lines add up
    as they would on paper, whatever their order; plain float sums drift by cents.
    """
    whole = np.trunc(amounts)
    fraction = np.rint((amounts - whole) * 10_000)
    units = np.bincount(codes, weights=whole, minlength=size)
    parts = np.bincount(codes, weights=fraction, minlength=size)
    return tidy(units + parts / 10_000)


def tidy(amounts: FloatArray) -> FloatArray:
    """Return `amounts` without the noise of float arithmetic below four decimals, and without minus zero."""
    return np.round(amounts, 4) + 0.0
