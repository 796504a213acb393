"""SQLite files on disks that are full, read-only or bad: what a fault is about, and reading without writing."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

#: How long a writer waits for another.
BUSY_TIMEOUT_S: Final = 15.0
#: SQLite's primary codes for faults of the disk, its rights or another program; the file itself may be sound.
_OF_THE_DISK: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_AUTH,
    }
)


def of_the_file(exc: Exception) -> bool:
    """Return whether the file itself is at fault: damaged, not SQLite, or without a table or column it should have."""
    if not isinstance(exc, sqlite3.Error):
        return False
    return primary_code(exc) not in _OF_THE_DISK


def primary_code(exc: sqlite3.Error) -> int:
    """Return SQLite's number for what went wrong, without the part that says where."""
    return getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def address_to_write(path: Path) -> str:
    """Return SQLite's address of an existing file: given only its path, SQLite would make a missing one."""
    return f"{path.absolute().as_uri()}?mode=rw"


def connect_to_write(path: Path) -> sqlite3.Connection:
    """Return a connection to an existing file. Raises sqlite3.Error."""
    return sqlite3.connect(address_to_write(path), uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that writes nothing, even on a disk that takes nothing. Raises OSError or sqlite3.Error."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        return _connected(address)
    except sqlite3.Error:
        changes = path.with_name(f"{path.name}-wal")
        if changes.exists() and changes.stat().st_size:
            raise
        # Nobody has it open, and there is no room for the file by which its readers and writers know each other.
        return _connected(f"{address}&immutable=1")


def _connected(address: str) -> sqlite3.Connection:
    base = sqlite3.connect(address, uri=True, isolation_level=None)
    try:
        base.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        base.close()
        raise
    return base
