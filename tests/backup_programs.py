"""What a test runs in a process of its own: backups, restores and upgrades that are killed at random moments.

Run as ``python -m tests.backup_programs NAME FOLDER KILLS``: a process without threads, which forks each victim and
ends it by its own process id.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from odoo_client.actions.outbox.entry import Author, FileRef
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.backup.restore import restore
from odoo_client.backup.take import OUTBOX, TRAIL, back_up, read_backup, stores
from odoo_client.errors import OutboxError
from odoo_client.people.audit import AuditLog
from odoo_client.store.durable_file import DurableFile
from tests.outbox_programs import forked

RUDO = Author("rudo@staff.example", "Rudo Ncube")
#: Entries of each file: enough that copying them takes a while, few enough that fifty copies take few seconds.
ENTRIES = 60


def fill(folder: Path, entries: int = ENTRIES) -> None:
    """Fill a DATA_DIR as quickly as one can."""
    outbox, trail, links = stores(folder)
    content = np.random.default_rng(7).bytes(4096)
    for number in range(entries // 10):
        file = FileRef(f"{number:064d}", "proof.pdf", "application/pdf", len(content))
        outbox.add("payment_proof", RUDO, title=f"Payment {number}", payload={}, file=file, content=content)
        trail.add("write", login=RUDO.login, rows=number)
    with links.writing() as base:
        for number in range(entries):
            base.execute("INSERT INTO links VALUES (NULL, 1, ?, 'e', 1, 'l', 'n', 0, '', 0)", (f"p{number}",))


def held(folder: Path) -> tuple[int, int, int, int]:
    """How many entries, files, lines and links a DATA_DIR holds; raises AssertionError unless its trail is whole."""
    outbox, trail, links = stores(folder)
    with outbox.opened() as base:
        entries = base.execute("SELECT count(*), (SELECT count(*) FROM files) FROM entries").fetchone()
    with links.opened() as base:
        (linked,) = base.execute("SELECT count(*) FROM links").fetchone()
    found = trail.checked()
    if found.why:
        raise AssertionError(found.sentence)
    return (*entries, found.entries, linked)


def killed(act: Callable[[], object], after_s: float) -> bool:
    """Run a function in a fork and kill that so many seconds later; whether it was killed before it ended."""
    pid = forked(partial(void, act))
    time.sleep(after_s)
    os.kill(pid, signal.SIGKILL)  # of ours, and not waited for yet: it cannot be another's
    status = os.waitpid(pid, 0)[1]
    if not os.WIFSIGNALED(status) and status:
        raise AssertionError(f"ended with {status}")
    return os.WIFSIGNALED(status)


def void(act: Callable[[], object]) -> None:
    act()


def moments(act: Callable[[Path], object], kills: int, seed: int, folder: Path) -> list[float]:
    """Return random moments of what a function takes, the shortest of three times; it is given a new path each time."""
    took_s = []
    for number in range(3):
        began_s = time.monotonic()
        path = folder / f"measured-{number}"
        os.waitpid(forked(partial(void, partial(act, path))), 0)
        took_s.append(time.monotonic() - began_s)
    return [float(moment) for moment in np.random.default_rng(seed).uniform(0.0, min(took_s), kills)]


class Unflushed(sqlite3.Connection):
    """A connection that waits for no disk: a killed program loses nothing of what the system has taken from it.

    Where several files change as one (`main.synchronous = EXTRA`) it does wait: SQLite writes the journal that makes
    them one only for files that it flushes.
    """

    def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
        return super().execute(re.sub(r"(?<!\.)(synchronous) = \w+", r"\1 = OFF", sql), *given)


def wait_for_no_disk() -> None:
    """Let everything in this process and its forks be quick."""
    connect = sqlite3.connect
    sqlite3.connect = lambda *given, **more: connect(*given, **{"factory": Unflushed, **more})
    os.fsync = lambda fd: None


def kill_backups(folder: Path, kills: int) -> Counter[str]:
    """Kill backups of a DATA_DIR into which somebody enters more; each is whole, or is not there."""
    data, seen = folder / "data", Counter[str]()
    fill(data)
    times = moments(lambda path: back_up(data, path), kills, 1, folder)
    for number, after_s in enumerate(times):
        before = held(data)
        path = folder / f"backup-{number % 5}"
        shutil.rmtree(path, ignore_errors=True)
        seen["killed"] += killed(partial(back_up, data, path), after_s)
        if held(data) != before:
            raise AssertionError(f"{before} became {held(data)}")
        if path.exists():
            seen["whole"] += 1
            read_backup(path)
            if number % 5 == 0:
                restore(folder / f"copy-{number}", path)
                if held(folder / f"copy-{number}") != before:
                    raise AssertionError("the backup is another")
        else:
            seen["none"] += 1
        AuditLog(data / TRAIL).add("write", login=RUDO.login)
        Outbox(data / OUTBOX).add("activity", RUDO, title="Call", payload={})
    back_up(data, folder / "last")
    return seen


def kill_restores(folder: Path, kills: int) -> Counter[str]:
    """Kill restores into an empty DATA_DIR and into an earlier state; each time all is there, or what was before."""
    data, earlier, backup, seen = folder / "data", folder / "earlier", folder / "backup", Counter[str]()
    fill(data)
    early = held(data)
    back_up(data, folder / "first")
    restore(earlier, folder / "first")
    fill(data)
    whole = held(data)
    back_up(data, backup)
    times = moments(lambda path: restore(path, backup), kills, 2, folder)
    for number, after_s in enumerate(times):
        target, before = folder / "target", (0, 0, 0, 0)
        shutil.rmtree(target, ignore_errors=True)
        if number % 2:
            shutil.copytree(earlier, target)
            before = early
        seen["killed"] += killed(partial(restore, target, backup), after_s)
        now = held(target)
        if now not in (before, whole):
            raise AssertionError(f"{before} became {now}, not {whole}")
        seen["whole" if now == whole else "none"] += 1
        # Another go brings all of it back, and clears away what the first one left.
        restore(target, backup)
        if held(target) != whole or list(target.glob("restore-*")):
            raise AssertionError(f"{held(target)}, {list(target.glob('restore-*'))}")
    return seen


class Things(DurableFile):
    """A file of the first format."""

    subject, undone, error = "The file", "nothing was written", OutboxError

    def __init__(self, path: Path) -> None:
        super().__init__(path, "CREATE TABLE IF NOT EXISTS things (name TEXT NOT NULL);")


class LaterThings(Things):
    """The same a format on, which takes a while to reach."""

    upgrades: ClassVar[tuple[str, ...]] = (
        """CREATE TABLE sized (name TEXT NOT NULL, size INTEGER NOT NULL);
           INSERT INTO sized SELECT name, length(name) FROM things;
           DROP TABLE things;
           ALTER TABLE sized RENAME TO things;
           CREATE INDEX things_size ON things (size);""",
    )


def kill_upgrades(folder: Path, kills: int) -> Counter[str]:
    """Kill upgrades of a file; each time all of its rows are there, in the one format or in the other."""
    first, seen, rows = folder / "first.sqlite3", Counter[str](), 20_000
    with Things(first).writing() as base:
        base.executemany("INSERT INTO things VALUES (?)", ((f"thing {number}",) for number in range(rows)))
    with closing(sqlite3.connect(first)) as base:
        base.execute("PRAGMA journal_mode = DELETE")
    path = folder / "file.sqlite3"

    def begin() -> None:
        for left in folder.glob("file.sqlite3*"):
            left.unlink()
        shutil.copyfile(first, path)

    def upgrade() -> None:
        with LaterThings(path).opened():
            pass

    def whole(_path: Path) -> None:
        begin()
        upgrade()

    for after_s in moments(whole, kills, 3, folder):
        begin()
        seen["killed"] += killed(upgrade, after_s)
        with closing(sqlite3.connect(path)) as base:
            (version,) = base.execute("PRAGMA user_version").fetchone()
            columns = [row[1] for row in base.execute("PRAGMA table_info(things)")]
            (found,) = base.execute("SELECT count(*) FROM things").fetchone()
        if (version, columns, found) not in ((1, ["name"], rows), (2, ["name", "size"], rows)):
            raise AssertionError(f"{version}, {columns}, {found}")
        seen["whole" if version == 2 else "none"] += 1
        upgrade()
    return seen


PROGRAMS = {each.__name__: each for each in (kill_backups, kill_restores, kill_upgrades)}

if __name__ == "__main__":
    wait_for_no_disk()
    done = PROGRAMS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
    print(" ".join(f"{word}={number}" for word, number in sorted(done.items())))  # noqa: T201  read by the test
