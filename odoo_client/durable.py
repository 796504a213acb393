"""A SQLite file for what must not be lost: mode 0600, each commit flushed to disk, for many threads and processes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from odoo_client.errors import AfinetError, OutboxError
from odoo_client.lock import lock

BUSY_TIMEOUT_S: Final = 15.0
_META: Final = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);"


class DurableFile:
    """The file `path`, made with `schema` on first use. What SQLite or the disk refuses is raised as `broken` says."""

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._schema = schema
        self._ready = False
        self._guard = threading.Lock()

    def broken(self, exc: Exception) -> AfinetError:
        """Return the error that says what to do when the file cannot be written or read."""
        raise NotImplementedError

    def check(self, base: sqlite3.Connection) -> None:
        """Look at the file once, before it is used; raises any AfinetError when it is not to be."""

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection; what is not committed when the block ends is undone."""
        try:
            with self._guard:
                if not self._ready:
                    self._make()
                    with self._connected() as base:
                        self.check(base)
                    self._ready = True
            with self._connected() as base:
                yield base
        except (OSError, sqlite3.Error) as exc:
            raise self.broken(exc) from exc

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that nobody else writes beside: one transaction, on disk when the block ends."""
        with self.opened() as base:
            # The write lock first: what is read in the block stays true until it ends.
            base.execute("BEGIN IMMEDIATE")
            try:
                yield base
            except BaseException:
                # A full disk has ended the transaction already.
                with contextlib.suppress(sqlite3.Error):
                    base.execute("ROLLBACK")
                raise
            base.execute("COMMIT")

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as base:
            base.execute("PRAGMA synchronous = FULL")
            yield base

    def _make(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        # Changing to WAL waits for nobody: two processes that begin at once would refuse each other.
        handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            lock(handle)
            with self._connected() as base:
                base.execute("PRAGMA journal_mode = WAL")
                base.executescript(self._schema)
        finally:
            os.close(handle)


class OwnedFile(DurableFile):
    """A durable file that belongs to one Odoo, `odoo`: what was entered for one never counts for another.

    "" = whichever. The table of its owner is made with `schema`. `words` are those of the sentence that refuses another
    Odoo's file: what it is, that it is theirs, and what was not done.
    """

    words: tuple[str, str, str]

    def __init__(self, path: Path, schema: str, odoo: str) -> None:
        super().__init__(path, schema + _META)
        self.odoo = odoo
        self._adopting = False

    def check(self, base: sqlite3.Connection) -> None:
        """Raises OutboxError when the file is another Odoo's; one without an owner becomes this one's."""
        if not self.odoo:
            return
        word = "REPLACE" if self._adopting else "IGNORE"
        base.execute(f"INSERT OR {word} INTO meta VALUES ('odoo', ?)", (self.odoo,))  # noqa: S608  own words
        (owner,) = base.execute("SELECT value FROM meta WHERE name = 'odoo'").fetchone()
        if owner != self.odoo:
            subject, verb, undone = self.words
            raise OutboxError(
                f"{subject} in {self.path.parent} {verb} of {owner}, not of {self.odoo}, so nothing was {undone}: set "
                "DATA_DIR to a folder of its own, or, where it is the same Odoo under a new address, run `python -m "
                "odoo_client outbox --adopt`."
            )

    def adopt(self) -> None:
        """Make the file that of this Odoo: it is the same one under another address. Raises OutboxError."""
        self._adopting = True
        with self.opened():
            self._adopting = False
