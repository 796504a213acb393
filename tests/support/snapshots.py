"""Compare snapshots."""

from __future__ import annotations

import pandas as pd

from odoo_client.store.snapshot import Snapshot


def assert_same_frames(ours: Snapshot, theirs: Snapshot) -> None:
    """Compare every frame of `theirs`, row for row."""
    for name in theirs:
        pd.testing.assert_frame_equal(ours.frame(name), theirs.frame(name), obj=name, check_categorical=False)
