"""A snapshot with some frames narrowed to the rows wanted, so that what metrics then read is small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import IntArray, ints
from odoo_client.store.snapshot import FrameInfo, Snapshot


@dataclass(frozen=True)
class Part:
    """A snapshot whose `frames` stand before its own; a `FrameSource` for metrics."""

    source: Snapshot
    frames: Mapping[str, pd.DataFrame]

    @property
    def info(self) -> Mapping[str, FrameInfo]:
        """State of each frame."""
        return self.source.info

    def frame(self, name: str) -> pd.DataFrame:
        """Return the narrowed frame, else the whole one."""
        return self.frames[name] if name in self.frames else self.source.frame(name)


def narrowed(source: Snapshot, column: str, ids: IntArray, *names: str) -> Part:
    """Return `source` with the frames named cut to the rows whose `column` is among `ids`."""
    kept = {name: source.frame(name) for name in names}
    return Part(source, {name: frame[np.isin(ints(frame, column), ids)] for name, frame in kept.items()})
