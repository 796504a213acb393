"""The store that keeps snapshots on disk as Arrow, never pickle, and the newest in memory.

Layout in diskcache: `frame:NAME:DIGEST` → Arrow IPC bytes (frames that did not change are shared between snapshots),
`stamps:NAME:DIGEST` → the `write_date`s of its rows, which only a sync reads,
`snapshot:ID` → manifest (JSON), `current` → the newest two ids (JSON). `current` is written last, in one SQLite
transaction: every reader sees one whole snapshot, even if a sync dies. A number that each write raises, not a clock,
says which came after which.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import diskcache
import msgspec
import pandas as pd
import pyarrow as pa

from odoo_client.errors import SnapshotCorruptError, SnapshotWriteError
from odoo_client.store.arrow_disk import from_ipc, to_ipc
from odoo_client.store.snapshot_disk import (
    ReadOnlyCache,
    Stamp,
    held_by,
    is_of_the_disk,
    open_to_write,
    reopened_empty,
    stamp_of,
)
from odoo_client.store.snapshot_frames import OF_THE_FUTURE, Snapshot
from odoo_client.store.snapshot_meta import (
    DAMAGED,
    ControlTotal,
    FrameInfo,
    Manifest,
    NonTradeTotal,
    SnapshotMeta,
    State,
    content_of,
)

log = logging.getLogger(__name__)

#: Snapshots kept: the newest and the one before, which a reader may still hold.
KEEP = 2


class SnapshotStore:
    """Keeps the last two snapshots under a folder of mode 0700, and one shared copy of the newest in memory."""

    def __init__(self, folder: Path, *, needed: Collection[str] = ()) -> None:
        """Open or make the store. Raises SnapshotWriteError when the folder cannot be made, or holds nothing to read.

        A folder that takes nothing, on a full or read-only disk, is opened to read what it holds. `needed` are the
        frames without which a snapshot is no whole one.
        """
        self.folder = folder
        self._needed = frozenset(needed)
        self._cache: diskcache.Cache | ReadOnlyCache
        self._lock = threading.Lock()
        self._shared: Snapshot | None = None
        #: The ids kept, and what the database's files looked like before they were read: pages ask often.
        self._told: tuple[Stamp, list[str]] | None = None
        #: Whether something could not be read: what is stored of a frame that did not change may be damaged then.
        self._doubtful = False
        self.notice = ""
        #: Called once another snapshot is the one in memory: by `current` when it has read one from disk, and by
        #: whoever wrote one when what it was made of is let go of.
        self.on_adopted: Callable[[], None] = lambda: None
        try:
            self._cache, replaced = open_to_write(folder)
        except (OSError, sqlite3.Error, diskcache.Timeout) as exc:
            held = held_by(folder)
            if held is None:
                raise SnapshotWriteError(
                    "The snapshot folder cannot be opened: check CACHE_DIR, its free space and its permissions."
                ) from exc
            # What was read last is still shown; the next sync says why it cannot be stored.
            log.warning("the snapshot folder can be read and not written: %s", exc)
            self._cache = held
        else:
            if replaced:
                self.notice = "The snapshots on disk were damaged and set aside; a full sync makes a new one."

    def close(self) -> None:
        """Close the files; the store can be opened again."""
        self._cache.close()

    def held(self) -> Snapshot | None:
        """Return the newest snapshot that is in memory, without a look at the disk or a wait for whoever looks."""
        return self._shared

    def current(self) -> Snapshot | None:
        """Return the newest readable snapshot, None when there never was one.

        The copy is shared and read again only when another one was written. A newest one that cannot be read is passed
        over for the one before, and `notice` says so. Raises SnapshotCorruptError when none of those kept can be read.
        """
        with self._lock:
            before = self._shared
            found = self._current()
        if found is not None and (before is None or before.meta.snapshot_id != found.meta.snapshot_id):
            self.on_adopted()
        return found

    def _current(self) -> Snapshot | None:
        ids = self._ids()
        if not ids:
            return self._shared
        if self._shared is not None and self._shared.meta.snapshot_id == ids[0]:
            return self._shared
        self.notice = ""
        failure: SnapshotCorruptError | None = None
        for snapshot_id in ids:
            try:
                self._shared = self._load(snapshot_id)
            except SnapshotCorruptError as exc:
                log.warning("snapshot %s cannot be read: %s", snapshot_id, exc)
                self._doubtful = True
                failure = failure or exc
                self.notice = (
                    "The newest snapshot on disk is damaged; the one before is shown until the next full sync."
                )
                continue
            return self._shared
        if self._shared is not None:
            return self._shared
        raise failure or SnapshotCorruptError("No snapshot can be read.")

    def newest_is_damaged(self) -> bool:
        """Return whether `current()` had to pass over a damaged snapshot: the next sync must be a full one."""
        return bool(self.notice)

    def sequence(self) -> int:
        """Return the number of the newest snapshot, 0 where there is none or none that counts."""
        return self._numbers()[0]

    def write(self, snapshot: Snapshot) -> Snapshot:
        """Store `snapshot` whole, with the next number, and make it current; the writer's lock is the caller's.

        Raises SnapshotWriteError, leaving the last one current.
        """
        try:
            for remedy in (self._emptied, self._reopened):
                try:
                    return self._put(self._to_write(), snapshot)
                except (SnapshotCorruptError, sqlite3.Error) as exc:
                    if is_of_the_disk(exc):
                        raise
                    # The folder does not hold what this app wrote, so none of it is worth keeping.
                    log.warning("the snapshot folder holds what cannot be used, and is emptied: %s", exc)
                    remedy()
            return self._put(self._to_write(), snapshot)
        except (OSError, sqlite3.Error, diskcache.Timeout, pa.ArrowException) as exc:
            raise SnapshotWriteError(
                "The new snapshot could not be stored (disk full, or no permission): free space under CACHE_DIR. "
                "The last snapshot is still shown."
            ) from exc

    def _put(self, cache: diskcache.Cache, snapshot: Snapshot) -> Snapshot:
        info: dict[str, FrameInfo] = {}
        for name in snapshot:
            digest, of_stamps = self._digests_known(snapshot, name)
            digest = self._put_frame(cache, "frame", name, snapshot.frame(name), digest)
            if name in snapshot.stamps:
                of_stamps = self._put_frame(cache, "stamps", name, snapshot.stamps[name], of_stamps)
            info[name] = replace(snapshot.info[name], digest=digest, stamps=of_stamps)
        meta = self._numbered(replace(snapshot.meta, content_id=content_of(info, snapshot.meta)))
        snapshot = replace(snapshot, info=MappingProxyType(info), meta=meta)
        before = self._ids_kept()
        cache.set(f"snapshot:{snapshot.meta.snapshot_id}", Manifest(snapshot.meta, info).to_text())
        kept = [snapshot.meta.snapshot_id, *(i for i in before if i != snapshot.meta.snapshot_id)][:KEEP]
        with self._lock:
            cache.set("current", json.dumps(kept))
            self._shared, self.notice, self._doubtful = snapshot, "", False
        self._prune(cache, kept)
        return snapshot

    def _digests_known(self, snapshot: Snapshot, name: str) -> tuple[str, str]:
        """Return the digests of a frame and of its stamps, "" for what is not that of the snapshot in memory itself."""
        held = self._shared
        if held is None or name not in held:
            return "", ""
        info, stamps = held.info[name], snapshot.stamps.get(name)
        same_stamps = stamps is not None and held.stamps.get(name) is stamps
        return info.digest if held.frame(name) is snapshot.frame(name) else "", info.stamps if same_stamps else ""

    def _put_frame(self, cache: diskcache.Cache, kind: str, name: str, frame: pd.DataFrame, known: str) -> str:
        """Store a frame, unless it is there already, and return its digest; `known` is that of this very frame."""
        if known and not self._doubtful and f"{kind}:{name}:{known}" in cache:
            return known
        data = to_ipc(frame)
        digest = _digest(data)
        key = f"{kind}:{name}:{digest}"
        if self._doubtful or key not in cache:
            cache.set(key, data)
        return digest

    def stamps(self, snapshot: Snapshot) -> Mapping[str, pd.DataFrame]:
        """Return the `write_date`s of the rows of `snapshot`, by frame: those that a sync builds on.

        A frame whose own cannot be read is left out, and so is read again as a whole.
        """
        if snapshot.stamps:
            return snapshot.stamps
        found: dict[str, pd.DataFrame] = {}
        for name, one in snapshot.info.items():
            with suppress(SnapshotCorruptError):
                if one.stamps:
                    found[name] = self._frame(f"stamps:{name}:{one.stamps}", one)
        with self._lock:
            if self._shared is not None and self._shared.meta.snapshot_id == snapshot.meta.snapshot_id:
                self._shared = replace(self._shared, stamps=MappingProxyType(found))
        return found

    def _to_write(self) -> diskcache.Cache:
        """Return the cache to write into: a folder that took nothing when it was opened may do so now."""
        if isinstance(self._cache, ReadOnlyCache):
            self._cache, _replaced = open_to_write(self.folder)
        return self._cache

    def _emptied(self) -> None:
        # Other programs that have it open see that; where even this cannot be done the files are replaced.
        with suppress(sqlite3.Error):
            self._to_write().clear()

    def _reopened(self) -> None:
        self._cache.close()
        self._cache = reopened_empty(self.folder)

    def _numbered(self, meta: SnapshotMeta) -> SnapshotMeta:
        last, whole, full = self._numbers()
        return replace(
            meta,
            sequence=last + 1,
            whole_sequence=last + 1 if meta.whole else whole,
            full_sequence=last + 1 if meta.full else full,
        )

    def _numbers(self) -> tuple[int, int, int]:
        """Return the highest `sequence`, `whole_sequence` and `full_sequence` kept; what cannot be read counts as 0."""
        found = [(0, 0, 0)]
        if self._shared is not None:
            meta = self._shared.meta
            found.append((meta.sequence, meta.whole_sequence, meta.full_sequence))
        for snapshot_id in self._ids_kept():
            with suppress(SnapshotCorruptError):
                meta = self._manifest(snapshot_id).meta
                found.append((meta.sequence, meta.whole_sequence, meta.full_sequence))
        last, whole, full = (max(numbers) for numbers in zip(*found, strict=True))
        return last, whole, full

    def _ids(self) -> list[str]:
        """Return the ids of the snapshots kept, the newest first; raises SnapshotCorruptError when they are not told.

        While they cannot be read, that of the one in memory is.
        """
        stamp = stamp_of(str(self.folder))
        if self._told is not None and self._told[0] == stamp:
            return self._told[1]
        try:
            text = self._cache.get("current")
            ids = [] if text is None else msgspec.json.decode(text, type=list[str])
        except Exception as exc:
            # The folder holds something foreign or damaged: no fault of it may become a traceback on a page.
            if self._shared is not None:
                return [self._shared.meta.snapshot_id]
            self._doubtful = True
            raise SnapshotCorruptError(
                "The snapshots on disk cannot be read: the next full sync makes a new one. Check CACHE_DIR, its free "
                "space and its permissions, where it does not."
            ) from exc
        self._told = (stamp, ids) if stamp else None
        return ids

    def _ids_kept(self) -> list[str]:
        """Return the ids of the snapshots kept; none where they are not told."""
        try:
            return self._ids()
        except SnapshotCorruptError:
            return []

    def _manifest(self, snapshot_id: str) -> Manifest:
        try:
            text = self._cache.get(f"snapshot:{snapshot_id}")
        except Exception as exc:
            raise SnapshotCorruptError(DAMAGED) from exc
        return Manifest.of(text, self._needed)

    def _load(self, snapshot_id: str) -> Snapshot:
        manifest = self._manifest(snapshot_id)
        frames = {name: self._frame(f"frame:{name}:{one.digest}", one) for name, one in manifest.frames.items()}
        return Snapshot(manifest.meta, MappingProxyType(manifest.frames), MappingProxyType(frames))

    def _frame(self, key: str, info: FrameInfo) -> pd.DataFrame:
        """Return the frame kept under `key`. Raises SnapshotCorruptError when it is not what was written."""
        try:
            data = self._cache[key]
            # A flipped bit would still be valid Arrow, and a wrong figure.
            if _digest(data) != key.rpartition(":")[2]:
                raise SnapshotCorruptError(DAMAGED)
            frame = from_ipc(data)
        except SnapshotCorruptError:
            raise
        except Exception as exc:
            # As in `_ids`.
            raise SnapshotCorruptError(DAMAGED) from exc
        if len(frame) != info.rows:
            raise SnapshotCorruptError(DAMAGED)
        return frame

    def _prune(self, cache: diskcache.Cache, kept: list[str]) -> None:
        """Drop manifests and frames that none of the kept snapshots holds."""
        used = {"current", *(f"snapshot:{snapshot_id}" for snapshot_id in kept)}
        for snapshot_id in kept:
            # Nothing can be read of a damaged one anyway.
            with suppress(SnapshotCorruptError):
                frames = self._manifest(snapshot_id).frames
                used |= {f"frame:{name}:{one.digest}" for name, one in frames.items()}
                used |= {f"stamps:{name}:{one.stamps}" for name, one in frames.items()}
        for key in list(cache.iterkeys()):
            if key not in used:
                cache.delete(key)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


__all__ = [
    "OF_THE_FUTURE",
    "ControlTotal",
    "FrameInfo",
    "NonTradeTotal",
    "Snapshot",
    "SnapshotMeta",
    "SnapshotStore",
    "State",
]
