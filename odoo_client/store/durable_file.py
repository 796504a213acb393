"""An SQLite file for what must not be lost: mode 0600, each commit flushed to disk, for many threads and processes.

Its format is a number in the file. A file of an older release is upgraded as a whole or not at all, in one
transaction; one of a newer release is refused. A file that is removed while in use never comes back empty by itself.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import ClassVar, Final

from odoo_client.errors import AfinetError, OutboxError
from odoo_client.store.file_lock import lock
from odoo_client.store.sqlite_files import connect_to_write, of_the_file

_META: Final = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
RESTORE: Final = "put a backup back by `python -m odoo_client restore`"


class DurableFile:
    """The file `path`, made with `schema` on first use; what goes wrong is raised as `error`.

    `subject` is what it is called in sentences, `undone` what does not happen while it cannot be used.
    """

    subject: ClassVar[str]
    undone: ClassVar[str]
    error: ClassVar[type[AfinetError]]
    #: Scripts that bring a file from one format to the next, the first from 1 to 2. `schema` makes today's.
    upgrades: ClassVar[tuple[str, ...]] = ()

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._schema = schema
        self._guard = threading.Lock()
        #: Which file was made ready, by `_identity`; None = none yet.
        self._ready: tuple[int, int] | None = None

    @property
    def format(self) -> int:
        """The format this release writes and reads."""
        return 1 + len(self.upgrades)

    def broken(self, exc: Exception) -> AfinetError:
        """Return the error that says what to do when the file cannot be written or read."""
        advice = "make room there, or set DATA_DIR to a folder that can be written"
        if of_the_file(exc):
            advice = f"the file is damaged, so stop the dashboard, move the file away, and {RESTORE}"
        return self.error(
            f"{self.subject} in {self.path.parent} cannot be written or read ({exc}), so {self.undone}: {advice}."
        )

    def newer(self, found: int) -> AfinetError:
        """Return the error for a file of a newer release, whose format is `found`."""
        return self.error(
            f"{self.subject} cannot be used, so {self.undone}: {self.path} was written by a newer release (its format "
            f"is {found}, this release knows {self.format}). Start that release, or {RESTORE} made by this one."
        )

    def removed(self) -> AfinetError:
        """Return the error for a file that was removed while it was in use."""
        return self.error(
            f"{self.subject} cannot be used, so {self.undone}: {self.path} was removed or emptied while it was in use. "
            f"Put the file back, or {RESTORE}; to begin an empty one, restart the dashboard."
        )

    def check(self, base: sqlite3.Connection) -> None:
        """Look at the file once, before it is used; raises any AfinetError when it is not to be."""

    def upgraded(self, base: sqlite3.Connection, found: int) -> None:
        """Do what else belongs to an upgrade from the format `found` (0 = new, or of the first release)."""

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection; what is not committed when the block ends is undone."""
        try:
            self._make_ready()
            with self._connected() as base:
                yield base
        except (OSError, sqlite3.Error) as exc:
            raise self.broken(exc) from exc

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that nobody else writes beside: one transaction, on disk when the block ends."""
        with self.opened() as base:
            # The write lock comes first, so that what is read in the block stays true until it ends.
            base.execute("BEGIN IMMEDIATE")
            file = self._identity()
            try:
                yield base
            except BaseException:
                # A full disk has ended the transaction already.
                with contextlib.suppress(sqlite3.Error):
                    base.execute("ROLLBACK")
                raise
            base.execute("COMMIT")
            if file is None or self._identity() != file:
                # It was written into a file that has lost its name: nobody would ever read it.
                raise self.removed()

    @contextmanager
    def made(self) -> Iterator[None]:
        """Make the file ready and hold it, so that no other program makes it ready meanwhile."""
        try:
            self._make_ready()
            with self._making():
                yield
        except (OSError, sqlite3.Error) as exc:
            raise self.broken(exc) from exc

    def _identity(self) -> tuple[int, int] | None:
        """Return which file lies there now, None for none or one that was emptied."""
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return None
        return (found.st_dev, found.st_ino) if found.st_size else None

    def _make_ready(self) -> None:
        with self._guard:
            found = self._identity()
            if self._ready is not None and found is None:
                raise self.removed()
            if self._ready is None or found != self._ready:
                self._make()
                with self._connected() as base:
                    self.check(base)
                self._ready = self._identity()

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        # Only an existing file is opened: SQLite would make a new one that everybody may read.
        with closing(connect_to_write(self.path)) as base:
            base.execute("PRAGMA synchronous = FULL")
            yield base

    @contextmanager
    def _making(self) -> Iterator[None]:
        # Changing to WAL waits for nobody: two processes that begin at once would refuse each other.
        handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            lock(handle)
            yield
        finally:
            os.close(handle)

    def _make(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._making():
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            with self._connected() as base:
                (found,) = base.execute("PRAGMA user_version").fetchone()
                if found > self.format:
                    raise self.newer(found)
                base.execute("PRAGMA journal_mode = WAL")
                self._bring_up(base, found)

    def _bring_up(self, base: sqlite3.Connection, found: int) -> None:
        """Bring the file from the format `found` to today's, in one transaction: whole, or not at all."""
        base.execute("BEGIN IMMEDIATE")
        try:
            # A file made by the first release has no number.
            known = base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            for script in self.upgrades[max(found, 1) - 1 :] if known else ():
                _run(base, script)
            _run(base, self._schema)
            if found != self.format:
                self.upgraded(base, found)
                base.execute(f"PRAGMA user_version = {self.format}")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                base.execute("ROLLBACK")
            raise
        base.execute("COMMIT")


class OwnedFile(DurableFile):
    """A durable file that belongs to one Odoo, `odoo`: what was entered for one never counts for another.

    "" = any. The table of its owner is made with `schema`. `belongs` is the verb for whose it is ("is that").
    """

    error = OutboxError
    belongs: ClassVar[str]

    def __init__(self, path: Path, schema: str, odoo: str) -> None:
        super().__init__(path, schema + _META)
        self.odoo = odoo
        self._adopting = False

    def check(self, base: sqlite3.Connection) -> None:
        """Raise OutboxError when the file is another Odoo's; one without an owner becomes this one's."""
        if not self.odoo:
            return
        word = "REPLACE" if self._adopting else "IGNORE"
        base.execute(f"INSERT OR {word} INTO meta VALUES ('odoo', ?)", (self.odoo,))  # noqa: S608  own words
        (owner,) = base.execute("SELECT value FROM meta WHERE name = 'odoo'").fetchone()
        if owner != self.odoo:
            raise OutboxError(
                f"{self.subject} in {self.path.parent} {self.belongs} of {owner}, not of {self.odoo}, so "
                f"{self.undone}: set DATA_DIR to a folder of its own, or, where it is the same Odoo under a new "
                "address, run `python -m odoo_client outbox --adopt`."
            )

    def adopt(self) -> None:
        """Assign the file to this Odoo, which is the same one under another address. Raises OutboxError."""
        self._adopting = True
        with self.opened():
            self._adopting = False


def _run(base: sqlite3.Connection, script: str) -> None:
    """Run the statements of a script inside the transaction under way, which `executescript` would end."""
    statement = ""
    for part in script.split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            if statement.strip(" \n;"):
                base.execute(statement)
            statement = ""
