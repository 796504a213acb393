"""diskcache's disk without pickle: bytes and text only.

Whoever can write the folder must not be able to run code here (CVE-2025-69872).
"""

from __future__ import annotations

from typing import Any

import diskcache
from diskcache.core import MODE_BINARY, MODE_PICKLE, MODE_TEXT

from odoo_client.errors import SnapshotCorruptError

_REFUSED = "The snapshot folder holds something this app did not write: delete the folder CACHE_DIR and sync again."


class ArrowDisk(diskcache.Disk):  # type: ignore[misc]
    """Stores str keys and bytes or str values; refuses to read anything pickled."""

    def put(self, key: Any) -> tuple[Any, bool]:
        """Return the database form of a key. Raises TypeError for anything but str, which diskcache would pickle."""
        if not isinstance(key, str):
            raise TypeError("snapshot keys are text")
        return super().put(key)  # type: ignore[no-any-return]

    def get(self, key: Any, raw: bool) -> Any:
        """Return the key. Raises SnapshotCorruptError for a pickled one."""
        if not raw:
            raise SnapshotCorruptError(_REFUSED)
        return super().get(key, raw)

    def store(self, value: Any, read: bool, key: Any = diskcache.UNKNOWN) -> Any:
        """Store bytes or text. Raises TypeError for anything else, which diskcache would pickle."""
        if not isinstance(value, (bytes, str)):
            raise TypeError("snapshot values are bytes or text")
        return super().store(value, read, key=key)

    def fetch(self, mode: int, filename: Any, value: Any, read: bool) -> Any:
        """Return a stored value. Raises SnapshotCorruptError for a pickled one, without looking into it."""
        if mode == MODE_PICKLE or mode not in (0, 1, MODE_BINARY, MODE_TEXT):
            raise SnapshotCorruptError(_REFUSED)
        return super().fetch(mode, filename, value, read)
