"""One whole set of frames with its age, as readers hold it: immutable, and shared by every session of a process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import pandas as pd

from odoo_client.store import clock
from odoo_client.store.snapshot_meta import FrameInfo, SnapshotMeta

OF_THE_FUTURE = (
    "By this machine's clock these figures were read in the future: it was ahead then, or it is behind now. How old "
    "they are is not known, and the next sync reads everything again."
)


@dataclass(frozen=True)
class Snapshot:
    """One whole set of frames. Frames are shared by every session of the process: never write into one."""

    meta: SnapshotMeta
    info: Mapping[str, FrameInfo]
    _frames: Mapping[str, pd.DataFrame] = field(repr=False)
    #: Of the rows of frames that were read, the column `write_date` (datetime64[s]); only where a sync wrote them.
    stamps: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    def frame(self, name: str) -> pd.DataFrame:
        """Return the shared frame `name`; raises KeyError for a name no dataset has."""
        return self._frames[name]

    @property
    def content_id(self) -> str:
        """The identity of all that is derived: another one as soon as anything but an age is different."""
        return self.meta.content_id or self.meta.snapshot_id

    @property
    def contradicted(self) -> frozenset[tuple[int, int]]:
        """Companies with a currency whose receivables Odoo contradicts; no figure of debt is made of them."""
        return self.meta.contradicted

    def __contains__(self, name: object) -> bool:
        return name in self._frames

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def read_at(self, names: Iterable[str] | None = None) -> datetime:
        """Return when the oldest of these frames was read (None = of all): a sync of some leaves the others their age.

        Frames that could not be read have no say; without any other it is when the snapshot was taken.
        """
        chosen = self.info if names is None else names
        moments = [self.info[name].read_at for name in chosen if self.info[name].state == "ok"]
        return min(moments, default=self.meta.taken_at)

    def is_of_the_future(self, now: datetime | None = None) -> bool:
        """Return whether a clock that has been set back since told when this was read: then no age can be told."""
        meta, read = self.meta, (info.read_at for info in self.info.values())
        told = (meta.taken_at, meta.full_at, meta.ids_checked_at, *read)
        return any(moment is not None and clock.is_to_come(moment, now) for moment in told)

    @property
    def size_bytes(self) -> int:
        """Memory of all frames together."""
        return sum(int(frame.memory_usage(deep=True).sum()) for frame in self._frames.values())

    @classmethod
    def from_frames(
        cls,
        frames: Mapping[str, pd.DataFrame],
        *,
        info: Mapping[str, FrameInfo] | None = None,
        meta: SnapshotMeta | None = None,
        stamps: Mapping[str, pd.DataFrame] | None = None,
        **meta_fields: Any,
    ) -> Snapshot:
        """Return a snapshot of `frames`; what is not said about a frame is that it was read now and is whole."""
        now = datetime.now(UTC)
        known = dict(info or {})
        for name, frame in frames.items():
            known[name] = replace(known.get(name) or FrameInfo(len(frame), now), rows=len(frame))
        base = meta or SnapshotMeta(snapshot_id=uuid4().hex, taken_at=now)
        frames, stamps = MappingProxyType(dict(frames)), MappingProxyType(dict(stamps or {}))
        return cls(replace(base, **meta_fields), MappingProxyType(known), frames, stamps)
