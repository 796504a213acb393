"""What Odoo has told of (see `endpoints.hooks`) and what polling found untold: in memory, and in a file for `doctor`.

The file lies beside the snapshots. It is written after a sync, never while a notice is answered, and nothing depends on
it: one that cannot be read says nothing, one that cannot be written is only logged.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from odoo_client.store.snapshot_meta import Moment

log = logging.getLogger(__name__)

#: The shape of a model's name; what has another is nobody's model, and is not kept.
MODEL: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+", re.ASCII)
MOST_OF_A_NAME: Final = 64


@dataclass(frozen=True)
class Told:
    """When Odoo last told of something and of which model ("" = it did not say); what polling last found untold.

    `untold_at` is when a whole sync last found a change of which no notice had come since the one before, `untold` are
    the datasets it was in. None = never yet.
    """

    notice_at: Moment | None = None
    model: str = ""
    untold_at: Moment | None = None
    untold: tuple[str, ...] = ()

    @classmethod
    def of(cls, store_folder: Path) -> Told:
        """Return what the dashboard last wrote down beside this folder of snapshots."""
        try:
            return msgspec.json.decode(_file(store_folder).read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return cls()

    def keep(self, store_folder: Path) -> None:
        """Write it down whole, or leave what is written."""
        path = _file(store_folder)
        part = path.with_suffix(f".{os.getpid()}")
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.json.encode(self))
            os.replace(part, path)
        except OSError as exc:
            log.info("notices cannot be written down: %s", exc)
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def is_model(name: str) -> bool:
    """Return whether `name` can be the name of a model in Odoo."""
    return len(name) <= MOST_OF_A_NAME and MODEL.fullmatch(name) is not None


class Notices:
    """The notices of one process. `note` waits for nothing and nobody; the rest is the sync's own thread's."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        #: Notices so far, and when the last one came and of which model.
        self.count = 0
        self.last: tuple[datetime, str] | None = None
        #: Whether one has come that no whole sync has begun after.
        self.waiting = False
        #: Notices when the last whole sync and the one before began, None where it is not known.
        self._begun: int | None = None
        self._begun_before: int | None = None
        #: Of a change that nobody has told of yet: the notices that there were, when it was found, and where.
        self._open: tuple[int, datetime, tuple[str, ...]] | None = None
        self._untold: tuple[datetime, tuple[str, ...]] | None = None

    def note(self, model: str) -> bool:
        """Note one notice; return whether it is the first since the last whole sync began."""
        self.count = next(self._numbers)
        self.last = datetime.now(UTC), model
        first, self.waiting = not self.waiting, True
        return first

    def begins(self) -> bool:
        """Note that a whole sync begins; return whether a notice came since the one before began."""
        self.waiting = False
        count = self.count
        if self._open is not None and self._open[0] == count:
            self._untold = self._open[1:]
        self._open = None
        told = self._begun is not None and count > self._begun
        self._begun_before, self._begun = self._begun, count
        return told

    def found(self, changed: tuple[str, ...]) -> None:
        """Note in which datasets the sync found a change. Its notice may still be on its way until the next begins."""
        if changed and self._begun_before is not None:
            self._open = self._begun_before, datetime.now(UTC), changed

    def failed(self) -> None:
        """Note that the sync failed: nobody can say what the next one finds by itself."""
        self._begun = self._begun_before = self._open = None

    def keep(self, store_folder: Path) -> None:
        """Write down what is new."""
        known = now = Told.of(store_folder)
        if self.last is not None and (known.notice_at is None or known.notice_at < self.last[0]):
            now = replace(now, notice_at=self.last[0], model=self.last[1])
        if self._untold is not None:
            now = replace(now, untold_at=self._untold[0], untold=self._untold[1])
            self._untold = None
        if now != known:
            now.keep(store_folder)


def _file(store_folder: Path) -> Path:
    return store_folder.with_name(f"{store_folder.name}-notices.json")
