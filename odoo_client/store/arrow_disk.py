"""diskcache's disk without pickle: it holds only bytes and text, and frames as such bytes.

Whoever can write the folder must not be able to run code here (CVE-2025-69872).
"""

from __future__ import annotations

import io
import re
from typing import Any, Final

import diskcache
import pandas as pd
import pyarrow as pa
from diskcache.core import MODE_BINARY, MODE_PICKLE, MODE_TEXT

from odoo_client.errors import SnapshotCorruptError

_REFUSED = "The snapshot folder (CACHE_DIR) holds something this app did not write; a full sync replaces it."
#: How diskcache names the files of large values, below its folder; any other name would be a file of somebody else's.
_FILE_NAME: Final = re.compile(r"[0-9a-f]{2}[/\\][0-9a-f]{2}[/\\][0-9a-f]{28}\.val")


class ArrowDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Stores str keys and bytes or str values; refuses to read anything pickled."""

    def put(self, key: Any) -> tuple[Any, bool]:
        """Return the database form of a key. Raises TypeError for anything but str, which diskcache would pickle."""
        if not isinstance(key, str):
            raise TypeError("snapshot keys are text")
        placed: tuple[Any, bool] = super().put(key)
        return placed

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

    def _write(self, full_path: str, iterator: Any, mode: str, encoding: str | None = None) -> int:
        """Write a value in one piece: diskcache writes it "line" by "line", tens of thousands of them."""
        whole = [iterator.getbuffer()] if isinstance(iterator, io.BytesIO) else iterator
        size: int = super()._write(full_path, whole, mode, encoding)
        return size

    def fetch(self, mode: int, filename: Any, value: Any, read: bool) -> Any:
        """Return a stored value. Raises SnapshotCorruptError for a pickled one, without looking into it."""
        if mode == MODE_PICKLE or mode not in (0, 1, MODE_BINARY, MODE_TEXT):
            raise SnapshotCorruptError(_REFUSED)
        if filename is not None and not _is_ours(filename):
            raise SnapshotCorruptError(_REFUSED)
        return super().fetch(mode, filename, value, read)

    def remove(self, file_path: Any) -> None:
        """Remove the file of a value; a file with any other name is not one, and stays."""
        if _is_ours(file_path):
            super().remove(file_path)


def _is_ours(filename: Any) -> bool:
    return isinstance(filename, str) and _FILE_NAME.fullmatch(filename) is not None


def to_ipc(frame: pd.DataFrame) -> bytes:
    """Return a frame as an Arrow file, without its index. Raises ArrowException for what Arrow cannot hold."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    counted = pa.MockOutputStream()
    _write(table, counted)
    # Memory that grows as it is written takes three times as long.
    buffer = pa.allocate_buffer(counted.size())
    _write(table, pa.FixedSizeBufferWriter(buffer))
    written: bytes = buffer.to_pybytes()
    return written


def _write(table: pa.Table, sink: pa.NativeFile) -> None:
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def from_ipc(data: bytes) -> pd.DataFrame:
    """Return the frame of an Arrow file. Raises ArrowException for anything else."""
    with pa.ipc.open_file(pa.BufferReader(data)) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas(date_as_object=False)
        return frame
