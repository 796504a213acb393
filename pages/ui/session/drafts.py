"""Half-written answers: kept in this process for the person who writes them, so that they outlive a reload.

They go when they are sent, when their writer signs out, and after a day. Nobody else can read them.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from pages.ui.session import access, backend

#: A text of 20,000 characters fits; one person, and all together, keep no more than this. The oldest go first.
MAX_TEXT_BYTES: Final = 80_000
MAX_EACH: Final = 50
MAX_BYTES: Final = 8_000_000
KEPT_S: Final = 24 * 3600.0


@dataclass(frozen=True)
class _Draft:
    text: str
    size: int
    kept_s: float


class Drafts:
    """Texts by their writer and what they are about; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drafts: OrderedDict[tuple[str, str], _Draft] = OrderedDict()
        self._bytes = 0

    def keep(self, writer: str, subject: str, text: str) -> None:
        """Keep what was written so far in place of what was kept before; a text too long is cut."""
        packed = text.encode(errors="replace")[:MAX_TEXT_BYTES]
        with self._lock:
            self._drop((writer, subject))
            if not text.strip():
                return
            self._drafts[writer, subject] = _Draft(packed.decode(errors="ignore"), len(packed), time.monotonic())
            self._bytes += len(packed)
            mine = [key for key in self._drafts if key[0] == writer]
            for key in mine[: max(0, len(mine) - MAX_EACH)]:
                self._drop(key)
            while self._bytes > MAX_BYTES or self._is_old(next(iter(self._drafts.values()))):
                self._drop(next(iter(self._drafts)))

    def of(self, writer: str, subject: str) -> str:
        """Return what this person wrote about it and has not sent, "" for nothing."""
        with self._lock:
            found = self._drafts.get((writer, subject))
            return "" if found is None or self._is_old(found) else found.text

    def drop(self, writer: str, subject: str) -> None:
        """Forget one: it was sent."""
        with self._lock:
            self._drop((writer, subject))

    def forget(self, writer: str) -> None:
        """Forget all of a person: they have signed out."""
        with self._lock:
            for key in [key for key in self._drafts if key[0] == writer]:
                self._drop(key)

    def _drop(self, key: tuple[str, str]) -> None:
        found = self._drafts.pop(key, None)
        self._bytes -= 0 if found is None else found.size

    def _is_old(self, draft: _Draft) -> bool:
        return time.monotonic() - draft.kept_s > KEPT_S


#: Those of this process.
drafts: Final = Drafts()


def keep(subject: str, text: str) -> None:
    """Keep what the person looking has written so far. Raises AccessError when nobody is signed in."""
    drafts.keep(_writer(), subject, text)


def of(subject: str) -> str:
    """Return what the person looking has written and not sent. Raises AccessError when nobody is signed in."""
    return drafts.of(_writer(), subject)


def drop(subject: str) -> None:
    """Forget what the person looking has written: it was sent. Raises AccessError when nobody is signed in."""
    drafts.drop(_writer(), subject)


def forget(login: str) -> None:
    """Forget everything of somebody who signs out."""
    drafts.forget(login)


def _writer() -> str:
    person = access.current().person
    if backend.backend().doors is not None:
        return person.login
    # Without a sign-in everybody has the same name: a browser is told by what it says of itself.
    _token, browser, address = access.caller()
    return "\n".join((person.login, browser, address))
