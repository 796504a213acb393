"""Who owns the files that pages hand out: addresses are hashes of the content, so knowing one grants no right."""

from __future__ import annotations

import os.path
import threading
from collections.abc import Callable


def file_id_of(address: str) -> str:
    """Return the id of the file at an address such as `/media/3f2a….csv`, as Streamlit finds it."""
    return os.path.splitext(address.rpartition("/")[2])[0]  # noqa: PTH122  an address, and Streamlit's own rule


class Owners:
    """The sessions that each file was made for, by file id; safe to use from many threads.

    Two people whose files are the same to the last byte share one id, so that a file has a set of owners.
    """

    def __init__(self) -> None:
        self._owners: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._owners)

    def add(self, file_id: str, owner: str) -> None:
        """Note that a file was made for the session `owner` ("" is nobody's)."""
        if owner:
            with self._lock:
                self._owners.setdefault(file_id, set()).add(owner)

    def has(self, file_id: str, owner: str) -> bool:
        """Return whether the file was made for the session `owner`."""
        with self._lock:
            return owner in self._owners.get(file_id, ())

    def keep(self, exists: Callable[[str], bool]) -> None:
        """Forget the owners of every file that no longer exists. Call it after files were removed.

        A file that is made again at this moment is kept: it is there before its owner is added.
        """
        with self._lock:
            for file_id in [one for one in self._owners if not exists(one)]:
                del self._owners[file_id]
