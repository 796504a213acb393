"""Where metrics get their frames from, any object that returns one by name such as a snapshot; columns as arrays.

Metrics depend on this alone, so that they run on a snapshot, on frames made in a test and on a part of either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Lacking(Protocol):
    """What is known about a frame besides its rows."""

    @property
    def lacks(self) -> tuple[str, ...]:
        """The optional columns this Odoo has no field for."""
        ...


class FrameSource(Protocol):
    """A snapshot, as metrics see it. Frames are shared and read-only; ids are sorted and unique."""

    @property
    def info(self) -> Mapping[str, Lacking]:
        """State of each frame."""
        ...

    def frame(self, name: str) -> pd.DataFrame:
        """Return the frame of that name."""
        ...


@dataclass(frozen=True)
class Part:
    """A source whose `frames` replace those of another, such as a snapshot narrowed to one customer."""

    source: FrameSource
    frames: Mapping[str, pd.DataFrame]

    @property
    def info(self) -> Mapping[str, Lacking]:
        """State of each frame."""
        return self.source.info

    @property
    def contradicted(self) -> frozenset[tuple[int, int]]:
        """What `contradicted_of` says of the source."""
        return contradicted_of(self.source)

    def frame(self, name: str) -> pd.DataFrame:
        """Return the narrowed frame, else the whole one."""
        return self.frames[name] if name in self.frames else self.source.frame(name)


def contradicted_of(source: FrameSource) -> frozenset[tuple[int, int]]:
    """Return companies with a currency whose receivables Odoo's own totals contradict; none where nobody compared."""
    found: frozenset[tuple[int, int]] = getattr(source, "contradicted", frozenset())
    return found


def knows(source: FrameSource, frame: str, column: str) -> bool:
    """Return whether this Odoo has a field behind `column`; where it has none the column holds only a filler."""
    info = source.info.get(frame)
    return info is None or column not in info.lacks


def ints(frame: pd.DataFrame, column: str) -> IntArray:
    """Return an integer column as an int64 array, without a copy where it is one already."""
    return frame[column].to_numpy(dtype=np.int64, copy=False)


def floats(frame: pd.DataFrame, column: str) -> FloatArray:
    """Return a number column as a float64 array, without a copy where it is one already."""
    return frame[column].to_numpy(dtype=np.float64, copy=False)


def flags(frame: pd.DataFrame, column: str) -> BoolArray:
    """Return a bool column as an array."""
    return frame[column].to_numpy(dtype=np.bool_, copy=False)


def is_code(frame: pd.DataFrame, column: str, *codes: str) -> BoolArray:
    """Return which rows of a text or category column hold one of `codes`."""
    series = frame[column]
    if isinstance(series.dtype, pd.CategoricalDtype):
        wanted = np.flatnonzero(series.cat.categories.isin(codes))
        return np.isin(series.cat.codes.to_numpy(), wanted)
    return series.isin(codes).to_numpy(dtype=np.bool_)


def coded(codes: npt.NDArray[Any], names: Iterable[str], *, ordered: bool = False) -> pd.Categorical[str]:
    """Return a category column whose rows are `names` at `codes`; every name is a category, used or not."""
    column: pd.Categorical[str] = pd.Categorical.from_codes(codes, pd.Index(list(names), dtype="str"), ordered=ordered)
    return column
