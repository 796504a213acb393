"""One writer at a time, over threads and processes: an advisory lock on a file beside the snapshots.

The system lets go of it when a process dies, so a killed sync blocks no one.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from odoo_client.errors import SnapshotWriteError

_in_process: dict[Path, threading.Lock] = {}
_guard = threading.Lock()


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's writer lock, waiting for whoever has it. Raises SnapshotWriteError when it cannot be made."""
    with _guard:
        local = _in_process.setdefault(folder.resolve(), threading.Lock())
    with local:
        try:
            handle = os.open(folder / "sync.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise SnapshotWriteError(
                "The snapshot folder cannot be written: check CACHE_DIR, its free space and its permissions."
            ) from exc
        try:
            lock(handle)
            yield
        finally:
            os.close(handle)


def lock(handle: int) -> None:
    """Hold an open file until it is closed, waiting for whoever has it."""
    if sys.platform == "win32":  # pragma: no cover - the same over Windows' own call
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)


def try_lock(handle: int) -> bool:
    """Hold an open file until it is closed, if nobody has it; return whether it is held."""
    if sys.platform == "win32":  # pragma: no cover - the same over Windows' own call
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
