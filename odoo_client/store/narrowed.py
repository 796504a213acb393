"""A snapshot with some frames narrowed to the rows wanted, so that what metrics then read is small."""

from __future__ import annotations

import numpy as np

from odoo_client.frames.arrays import FrameSource, IntArray, Part, ints


def narrowed(source: FrameSource, column: str, ids: IntArray, *names: str) -> Part:
    """Return `source` with the frames named cut to the rows whose `column` is among `ids`."""
    kept = {name: source.frame(name) for name in names}
    return Part(source, {name: frame[np.isin(ints(frame, column), ids)] for name, frame in kept.items()})
