"""Rows that must be read again although nothing about them says so: what they point to is gone, or came without them.

Odoo's merge of two customers moves lines, payments and orders to the one that stays, and leaves their `write_date` as
it was. A slow transaction may leave a line without its invoice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import IntArray
from odoo_client.frames.merge import rows_of
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync.rows import DatasetReport

#: Frame → its id, and the columns of other frames that hold such an id.
POINTED_TO: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "customers": ("partner_id", ("partner_id", "commercial_partner_id", "parent_id", "author_partner_id")),
    "products": ("product_id", ("product_id",)),
    "users": ("user_id", ("salesperson_id", "assignee_id")),
}
#: Frame → the frame read before it and that frame's column with its ids: whoever has the one must have the other.
BELONGS_TO: Final[Mapping[str, tuple[str, str]]] = {
    "invoices": ("receivable_lines", "move_id"),
    "payments": ("receivable_lines", "payment_id"),
}


class Suspects:
    """Finds them in one sync: `frames` and `reports` are what it has read so far, `before` the previous snapshot."""

    def __init__(
        self, before: Snapshot | None, frames: Mapping[str, pd.DataFrame], reports: Sequence[DatasetReport]
    ) -> None:
        self._before = before
        self._frames = frames
        self._reports = reports
        self._gone: dict[str, IntArray] = {}

    def of(self, name: str, key: str, held: pd.DataFrame) -> IntArray:
        """Return the ids, rising, of the rows to read again of the dataset `name`, whose frame is `held` so far."""
        found = np.zeros(len(held), dtype=bool)
        for frame, (_key, columns) in POINTED_TO.items():
            gone = self._gone_of(frame)
            for column in columns:
                if len(gone) and column in held and column != key:
                    found |= np.isin(held[column].to_numpy(), gone)
        ids = held[key].to_numpy(dtype=np.int64)
        return np.union1d(ids[found], self._owed(name, ids))

    def _gone_of(self, name: str) -> IntArray:
        """Return the ids that the previous snapshot has and this sync, which has read that frame, no longer."""
        if name not in self._gone:
            if self._before is None or name not in self._before or name not in self._frames:
                return np.array([], dtype=np.int64)
            key = POINTED_TO[name][0]
            was, now = (frame[key].to_numpy(dtype=np.int64) for frame in (self._before.frame(name), self._frames[name]))
            self._gone[name] = np.setdiff1d(was, now, assume_unique=True)
        return self._gone[name]

    def _owed(self, name: str, ids: IntArray) -> IntArray:
        """Return ids that rows read just now name and the frame does not have."""
        if name not in BELONGS_TO:
            return ids[:0]
        by, column = BELONGS_TO[name]
        touched = [one for report in self._reports if report.name == by for one in report.touched]
        if not touched:
            return ids[:0]
        frame = self._frames[by]
        rows = rows_of(frame.iloc[:, 0].to_numpy(dtype=np.int64), np.unique(np.concatenate(touched)))
        named = frame[column].to_numpy(dtype=np.int64)[rows]
        return np.setdiff1d(named[named > 0], ids)
