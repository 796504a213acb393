"""Putting a backup back into DATA_DIR: all its files or none, and never over what is newer.

Existing files are not replaced but filled, in one SQLite transaction over all of them: killing it, or pulling the plug,
leaves what there was. What was not yet done in Odoo when the backup was made may have been done
since, so each such entry is looked up there before any call of it is sent.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from odoo_client.actions.outbox.elapsed import stamp
from odoo_client.actions.outbox.entry import RESTORED
from odoo_client.backup.take import Backup, read_backup, stores
from odoo_client.errors import BackupError
from odoo_client.people.audit import Checked
from odoo_client.store.durable_file import DurableFile
from odoo_client.store.file_lock import try_lock
from odoo_client.store.sqlite_files import BUSY_TIMEOUT_S, address_to_write, connect_to_write, primary_code

_STAGED: Final = "restore-"
LOOK_EVERY_S: Final = 0.05

#: What is in a file here and not in the backup's: the words for it and the query that counts it. The databases here
#: are called after their tables, those of the backup `new_…`. Trail and links are only added to; of an entry the
#: history is, and the moment of its last change rises.
_ONLY_HERE: Final = (
    (
        "entries of the outbox or changes of them",
        """SELECT (SELECT count(*) FROM main.entries AS here WHERE NOT EXISTS (
               SELECT 1 FROM new_outbox.entries AS there WHERE there.token = here.token
               AND there.number = here.number AND there.changed_s >= here.changed_s))
           + (SELECT count(*) FROM (SELECT * FROM main.history EXCEPT SELECT * FROM new_outbox.history))""",
    ),
    (
        "entries of the audit trail",
        """SELECT count(*) FROM audit.audit AS here WHERE NOT EXISTS (
               SELECT 1 FROM new_audit.audit AS there WHERE there.id = here.id AND there.chain = here.chain)""",
    ),
    (
        "links of portal accounts",
        "SELECT count(*) FROM (SELECT * FROM links.links EXCEPT SELECT * FROM new_links.links)",
    ),
)
_OWNERS: Final = (("main", "new_outbox"), ("links", "new_links"))
_ADDED_TO: Final = (("audit", "audit", "id"), ("links", "links", "number"))
_NOT_DONE: Final = "state NOT IN ('done', 'discarded')"
_COUNTS: Final = (
    f"SELECT (SELECT count(*) FROM main.entries), (SELECT count(*) FROM main.entries WHERE {_NOT_DONE}), "  # noqa: S608
    "(SELECT count(*) FROM links.links WHERE linked AND number IN (SELECT max(number) FROM links.links "
    "GROUP BY portal_id))"
)
_REPLACED: Final = ("entries", "files", "marks", "history")


@dataclass(frozen=True)
class Restored:
    """What came back: the backup, how many entries, lines and links there are now, and how many are looked up.

    `trail` is what there is to say about the audit trail as it is now.
    """

    backup: Backup
    entries: int
    to_look_up: int
    links: int
    trail: Checked


def restore(folder: Path, path: Path) -> Restored:
    """Put the backup in `path` back into the DATA_DIR `folder`, which may be new, empty, or hold an earlier state.

    Raises BackupError when the backup is none or damaged, or when the folder holds anything that the backup does not,
    and whatever the files here raise; in each case nothing was changed.
    """
    backup = read_backup(path)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _staged(folder, path, backup) as staged, ExitStack() as held:
            here = stores(folder)
            for file in here:
                held.enter_context(file.made())
            with _together(here, staged) as base:
                _put_back(base, folder)
                entries, to_look_up, links = base.execute(_COUNTS).fetchone()
    except (OSError, sqlite3.Error) as exc:
        raise BackupError(
            f"The backup could not be put back ({exc}): {folder} must be a folder that can be written, with room for "
            "it. Nothing was changed."
        ) from exc
    _outbox, trail, _links = here
    trail.move_anchor()
    return Restored(backup, entries, to_look_up, links, trail.checked())


@contextmanager
def _staged(folder: Path, path: Path, backup: Backup) -> Iterator[list[DurableFile]]:
    """Yield copies of the backup's files, in today's format; a file that it lacks is an empty one."""
    handle = os.open(folder / "restore.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not try_lock(handle):
            raise BackupError(f"Another backup is being put back into {folder}: wait for it.")
        for left in folder.glob(f"{_STAGED}*"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
        place = Path(tempfile.mkdtemp(prefix=_STAGED, dir=folder))
        try:
            files = list(stores(place))
            for file in files:
                if file.path.name in backup.parts:
                    shutil.copyfile(path / file.path.name, file.path)
                    file.path.chmod(0o600)
                with file.opened():
                    pass
            yield files
        finally:
            shutil.rmtree(place, ignore_errors=True)
    finally:
        os.close(handle)


@contextmanager
def _together(here: tuple[DurableFile, ...], staged: list[DurableFile]) -> Iterator[sqlite3.Connection]:
    """Yield one transaction over all files: it is on disk in each of them when the block ends, or in none.

    SQLite promises that for its older way of writing only (a journal of what was before), so the files go over to it,
    which they can while nobody has them open.
    """
    outbox, trail, links = here
    with closing(connect_to_write(outbox.path)) as base:
        names = ("new_outbox", "new_audit", "new_links")
        for name, file in (("audit", trail), ("links", links), *zip(names, staged, strict=True)):
            base.execute(f"ATTACH ? AS {name}", (address_to_write(file.path),))
        try:
            for name in ("main", "audit", "links"):
                base.execute(f"PRAGMA {name}.synchronous = EXTRA")
                _alone(base, name)
            base.execute("BEGIN IMMEDIATE")
            try:
                yield base
            except BaseException:
                with suppress(sqlite3.Error):
                    base.execute("ROLLBACK")
                raise
            base.execute("COMMIT")
        finally:
            # The next to open them finds them as usual; after a kill before this, at the next start.
            with suppress(sqlite3.Error):
                for name in ("main", "audit", "links"):
                    base.execute(f"PRAGMA {name}.journal_mode = WAL")


def _alone(base: sqlite3.Connection, name: str) -> None:
    until_s = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            (mode,) = base.execute(f"PRAGMA {name}.journal_mode = DELETE").fetchone()
        except sqlite3.OperationalError as exc:
            if primary_code(exc) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            mode = "busy"
        if mode == "delete":
            return
        if time.monotonic() > until_s:
            raise BackupError("DATA_DIR is in use: stop the dashboard, and restore then. Nothing was changed.")
        time.sleep(LOOK_EVERY_S)


def _put_back(base: sqlite3.Connection, folder: Path) -> None:
    """Fill the files here with those of the backup. Raises BackupError when they hold what it does not."""
    for pair in _OWNERS:
        owners = [base.execute(f"SELECT value FROM {one}.meta WHERE name = 'odoo'").fetchone() for one in pair]  # noqa: S608
        if None not in owners and owners[0] != owners[1]:
            raise BackupError(
                f"{folder} belongs to {owners[0][0]} and the backup to {owners[1][0]}: set DATA_DIR to another folder. "
                "Nothing was changed."
            )
    newer = [f"{words} ({count:,})" for words, query in _ONLY_HERE if (count := base.execute(query).fetchone()[0])]
    if newer:
        raise BackupError(
            f"{folder} holds what the backup does not: {', '.join(newer)}. Nothing was changed. Where the backup is to "
            "count all the same, stop the dashboard and move that folder away first."
        )
    for database, table, key in _ADDED_TO:
        columns = _columns(base, database, table)
        base.execute(
            f"INSERT INTO {database}.{table} ({columns}) SELECT {columns} FROM new_{database}.{table} "  # noqa: S608
            f"WHERE {key} > (SELECT coalesce(max({key}), 0) FROM {database}.{table}) ORDER BY {key}"
        )
    for table in _REPLACED:
        columns = _columns(base, "main", table)
        base.execute(f"DELETE FROM main.{table}")  # noqa: S608  own words
        base.execute(
            f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new_outbox.{table} ORDER BY rowid"  # noqa: S608
        )
    for name, new in _OWNERS:
        base.execute(f"INSERT OR IGNORE INTO {name}.meta SELECT * FROM {new}.meta")  # noqa: S608
    # What was not done then may be done by now: it is looked up first, at once, whoever it belongs to.
    base.execute(
        f"UPDATE main.entries SET next_s = 0, steps = json_set(steps, '$.{RESTORED}', json(?)) WHERE {_NOT_DONE}",  # noqa: S608
        (json.dumps(stamp(time.time)),),
    )


def _columns(base: sqlite3.Connection, database: str, table: str) -> str:
    return ", ".join(row[1] for row in base.execute(f"PRAGMA {database}.table_info({table})"))
