"""What browsers may keep in this process's memory: uploads are limited by person and in all, each to its own tab."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from odoo_client.config import MIB
from odoo_client.errors import NoRoomError

#: Four proofs of the largest kind; a tab holds one at a time.
MAX_OF_PERSON_BYTES: Final = 40 * MIB
MAX_IN_ALL_BYTES: Final = 256 * MIB
#: An empty file costs memory too: whoever sends a million of them must not fill it.
FILE_BYTES_AT_LEAST: Final = 64 * 1024

TOO_MUCH: Final = (
    f"You have {MAX_OF_PERSON_BYTES // MIB} MB of files open here: send or remove one, or close another tab."
)
FULL: Final = "Too many files are being entered at the moment: try again in a few minutes."


def weight(size_bytes: int) -> int:
    """Return what a file of this size counts for, in bytes."""
    return max(size_bytes, FILE_BYTES_AT_LEAST)


class Uploads:
    """The tabs that files may be put into, whose they are, and the room there is; safe to use from many threads.

    `held` returns how much each tab holds now, in bytes as `weight` counts them.
    """

    def __init__(self, held: Callable[[], Mapping[str, int]]) -> None:
        self._held = held
        self._person_of: dict[str, str] = {}
        self._coming: Counter[str] = Counter()
        self._lock = threading.Lock()

    def opened(self, tab: str, person: str) -> None:
        """Note that `person` was given an address to upload files of this tab to."""
        with self._lock:
            self._person_of[tab] = person

    def closed(self, tab: str) -> None:
        """Forget a tab that is gone, and with it what it held."""
        with self._lock:
            self._person_of.pop(tab, None)

    def person_of(self, tab: str) -> str | None:
        """Return who may upload into this tab, None where nobody was given its address or it is gone."""
        with self._lock:
            return self._person_of.get(tab)

    @contextmanager
    def room(self, person: str, size_bytes: int) -> Iterator[None]:
        """Keep room for a file that `person` sends, until it is held or lost. Raises NoRoomError."""
        size_bytes = weight(size_bytes)
        with self._lock:
            held = dict(self._held())
            theirs = sum(held.get(tab, 0) for tab, one in self._person_of.items() if one == person)
            if theirs + self._coming[person] + size_bytes > MAX_OF_PERSON_BYTES:
                raise NoRoomError(TOO_MUCH, everybody=False)
            if sum(held.values()) + self._coming.total() + size_bytes > MAX_IN_ALL_BYTES:
                raise NoRoomError(FULL, everybody=True)
            self._coming[person] += size_bytes
        try:
            yield
        finally:
            with self._lock:
                self._coming[person] -= size_bytes
                if not self._coming[person]:
                    del self._coming[person]
