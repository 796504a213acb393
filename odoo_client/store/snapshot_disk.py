"""Opening the folder of the snapshots: to write, or, where the disk is full or read-only, to read what it holds.

diskcache writes its settings whenever it is opened, so on a disk that takes nothing it cannot even read.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import diskcache

from odoo_client.errors import SnapshotCorruptError
from odoo_client.store.arrow_disk import ArrowDisk
from odoo_client.store.sqlite_files import connect_to_read, of_the_file

log = logging.getLogger(__name__)

_DATABASE: Final = "cache.db"
Stamp = tuple[tuple[int, int, int], ...]


class ReadOnlyCache:
    """What a folder of snapshots holds, with diskcache's way of reading and nothing that writes."""

    def __init__(self, folder: Path) -> None:
        """Look into the folder. Raises OSError or sqlite3.Error when there is nothing that can be read."""
        self._path = folder / _DATABASE
        self._disk = ArrowDisk(str(folder))
        with closing(connect_to_read(self._path)) as base:
            base.execute("SELECT count(*) FROM Cache").fetchone()

    def get(self, key: str) -> Any:
        """Return the value of a key, None when there is none. Raises SnapshotCorruptError for a pickled one."""
        with closing(connect_to_read(self._path)) as base:
            row = base.execute("SELECT mode, filename, value FROM Cache WHERE key = ? AND raw = 1", (key,)).fetchone()
        if row is None:
            return None
        mode, filename, value = row
        return self._disk.fetch(mode, filename, value, False)

    def __getitem__(self, key: str) -> Any:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def close(self) -> None:
        """Do nothing: nothing is held open."""


def stamp_of(folder: str) -> Stamp:
    """Return what changes with each write into the database of a folder; () where it cannot be looked at."""
    found = []
    for name in (_DATABASE, f"{_DATABASE}-wal"):
        try:
            one = os.stat(f"{folder}/{name}")  # noqa: PTH116 - asked several times a second by each open page
        except FileNotFoundError:
            continue
        except OSError:
            return ()
        found.append((one.st_ino, one.st_size, one.st_mtime_ns))
    return tuple(found)


def held_by(folder: Path) -> ReadOnlyCache | None:
    """Return the snapshots that a folder holds which cannot be written, None where it holds none."""
    try:
        held = ReadOnlyCache(folder)
        return None if held.get("current") is None else held
    except (OSError, sqlite3.Error, SnapshotCorruptError):
        return None


def is_of_the_disk(exc: Exception) -> bool:
    """Return whether room, rights or another program is to blame, and not the content of the folder."""
    if isinstance(exc, sqlite3.Error):
        return not of_the_file(exc)
    return isinstance(exc, (OSError, MemoryError, diskcache.Timeout))


def make_private(folder: Path) -> None:
    """Make the folder, for its owner only. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if stat.S_IMODE(folder.stat().st_mode) != 0o700:
        os.chmod(folder, 0o700)


def open_to_write(folder: Path) -> tuple[diskcache.Cache, bool]:
    """Return the folder's cache, and whether what was there could not be used and was set aside.

    Nothing in a damaged one can be trusted, and all of it can be fetched again. Raises OSError, sqlite3.Error or
    diskcache.Timeout when the disk is to blame.
    """
    make_private(folder)
    try:
        cache = _open(folder)
        cache.get("")
        return cache, False
    except Exception as exc:
        # Any error at all: the table of diskcache's settings can hold anything, and each becomes one of its attributes.
        if is_of_the_disk(exc):
            raise
        log.warning("the snapshot database is damaged and set aside: %r", exc)
    return reopened_empty(folder), True


def reopened_empty(folder: Path) -> diskcache.Cache:
    """Return a new cache in place of what the folder holds."""
    for name in (_DATABASE, f"{_DATABASE}-wal", f"{_DATABASE}-shm"):
        (folder / name).unlink(missing_ok=True)
    return _open(folder)


def _open(folder: Path) -> diskcache.Cache:
    # All of them are given, so that what the folder holds decides on none.
    chosen = {**diskcache.DEFAULT_SETTINGS, "eviction_policy": "none", "cull_limit": 0, "size_limit": 2**62}
    return diskcache.Cache(str(folder), disk=ArrowDisk, timeout=60, **chosen)
