"""A backup of DATA_DIR: a folder with a copy of each of its files as they stood at one moment, and what proves them.

It holds the outbox with the files in it, the audit trail and the links of portal accounts, each as one SQLite file, and
`backup.json`. It is written beside its final place and moved there when complete: a killed backup leaves none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec

from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.portal_links import LinkStore
from odoo_client.errors import BackupError
from odoo_client.people.audit import AuditLog, Checked, check
from odoo_client.people.audit_anchor import EMPTY, Head
from odoo_client.store.durable_file import DurableFile
from odoo_client.store.file_lock import try_lock
from odoo_client.store.sqlite_files import connect_to_read, connect_to_write, primary_code

MANIFEST: Final = "backup.json"
OUTBOX: Final = "outbox.sqlite3"
TRAIL: Final = "audit.sqlite3"
LINKS: Final = "links.sqlite3"
FORMAT: Final = 1
_LOCK: Final = ".lock"


@dataclass(frozen=True)
class Part:
    """One file of a backup: its format as `DurableFile` counts them, and what its bytes are known by."""

    format: int
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Backup:
    """What `backup.json` says: when it was made (UTC), the files by name, and the audit trail's head ("" = no trail).

    `trail_wrong` is the number of the trail's first entry that was not as it was written even then (None = all were).
    """

    format: int
    made_at: Annotated[datetime, msgspec.Meta(tz=True)]
    parts: dict[str, Part]
    trail: str = ""
    trail_wrong: int | None = None


def stores(folder: Path) -> tuple[Outbox, AuditLog, LinkStore]:
    """Return the durable files of a DATA_DIR, of any Odoo; none is made or opened."""
    return Outbox(folder / OUTBOX), AuditLog(folder / TRAIL), LinkStore(folder / LINKS)


def back_up(folder: Path, path: Path) -> Backup:
    """Write a backup of the DATA_DIR `folder` into the new folder `path`, while the dashboard runs or not.

    Raises BackupError, and then leaves no backup: `path` exists already, there is nothing to back up, a file is damaged
    or of a newer release, or the disk cannot be written.
    """
    files = [file for file in stores(folder) if file.path.exists()]
    if not files:
        raise BackupError(f"There is nothing to back up in {folder}: nothing was entered yet, or DATA_DIR is another.")
    if os.path.lexists(path):
        raise BackupError(f"{path} exists already, and a backup overwrites nothing: name a folder that does not exist.")
    if not path.parent.is_dir():
        raise BackupError(f"No backup was made: there is no folder {path.parent}. Make it first, or name another.")
    try:
        with _taking_place(path) as place:
            # Read before the trail, so that entries that come meanwhile are beyond it.
            anchor = AuditLog(folder / TRAIL).anchor.read()
            with _at_one_moment(files) as (moment, held):
                parts = {file.path.name: _copied(file, base, place) for file, base in held}
            made = Backup(FORMAT, moment, parts)
            if TRAIL in parts:
                found = _checked(place, anchor if parts[TRAIL].format else EMPTY)
                made = replace(made, trail=str(found.head), trail_wrong=found.first_wrong)
            _write(place / MANIFEST, json.dumps(asdict(made) | {"made_at": moment.isoformat()}, indent=2).encode())
    except (OSError, sqlite3.Error) as exc:
        raise BackupError(f"No backup was made ({exc}): {path.parent} must be a folder with room for it.") from exc
    return made


def read_backup(path: Path) -> Backup:
    """Return what the backup in `path` says, every file of it verified.

    Raises BackupError when it is none, is damaged, or was made by a newer release.
    """
    if not path.is_dir():
        raise BackupError(f"There is no folder {path}: name the one that a backup was made into.")
    try:
        text = (path / MANIFEST).read_bytes()
    except OSError as exc:
        raise BackupError(f"{path} is no backup of this dashboard: it has no {MANIFEST} that can be read.") from exc
    try:
        numbered = msgspec.json.decode(text, type=dict[str, object])
        if isinstance(numbered.get("format"), int) and numbered["format"] != FORMAT:
            raise BackupError(
                f"{path} was made by a newer release (its format is {numbered['format']}, this release knows "
                f"{FORMAT}): restore it with that release."
            )
        found = msgspec.convert(numbered, Backup)
    except (ValueError, RecursionError, msgspec.MsgspecError) as exc:
        raise BackupError(f"{path} is damaged: {MANIFEST} is not what was written. Nothing was restored.") from exc
    known = {file.path.name: file for file in stores(path)}
    for name, part in found.parts.items():
        if name not in known:
            raise BackupError(f"{path} is damaged: {MANIFEST} names {name}, which is no file of this dashboard.")
        if part.format > known[name].format:
            raise known[name].newer(part.format)
        _verify(path / name, part)
    _verify_trail(path, found)
    return found


def _verify(path: Path, part: Part) -> None:
    damaged = f"The backup is damaged: {path} is not what was written. Nothing was restored."
    try:
        if path.stat().st_size != part.size_bytes or _sha256(path) != part.sha256:
            raise BackupError(damaged)
        with closing(connect_to_read(path)) as base:
            if _faults(base) or _format(base) != part.format:
                raise BackupError(damaged)
    except (OSError, sqlite3.Error) as exc:
        raise BackupError(damaged) from exc


def _verify_trail(path: Path, found: Backup) -> None:
    """Raise BackupError when the audit trail is not the one that was backed up."""
    if TRAIL not in found.parts or found.trail_wrong is not None:
        return
    now = _checked(path, Head.of(found.trail))
    if now.why:
        raise BackupError(f"The audit trail in {path} is not what was backed up: {now.sentence} Nothing was restored.")


@contextmanager
def _taking_place(path: Path) -> Iterator[Path]:
    """Yield a folder that becomes `path` when the block ends well, and goes when it does not."""
    place = path.with_name(f"{path.name}.part")
    place.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not try_lock(handle):
            raise BackupError(f"Another backup is being written to {path}: wait for it, or name another folder.")
        # What a killed backup has left.
        for left in place.iterdir():
            if left.name != _LOCK:
                left.unlink()
        try:
            yield place
            flush(place)
            place.rename(path)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        with suppress(OSError):
            (path / _LOCK).unlink()
        flush(path.parent)
    finally:
        os.close(handle)


@contextmanager
def _at_one_moment(
    files: list[Outbox | AuditLog | LinkStore],
) -> Iterator[tuple[datetime, list[tuple[DurableFile, sqlite3.Connection]]]]:
    """Yield the moment, and a connection to each file that sees it as it stood then.

    Nobody writes into any of them while that begins; afterwards they write on.
    """
    with ExitStack() as reading:
        with ExitStack() as still:
            for file in files:
                _hold(still, file.path)
            held: list[tuple[DurableFile, sqlite3.Connection]] = []
            for file in files:
                base = reading.enter_context(closing(connect_to_read(file.path)))
                base.execute("BEGIN")
                if _format(base) > file.format:
                    raise file.newer(_format(base))
                held.append((file, base))
            moment = datetime.now(UTC)
        yield moment, held


def _hold(still: ExitStack, path: Path) -> None:
    """Keep others from writing into a file; on a disk that takes nothing, nobody can."""
    base = still.enter_context(closing(connect_to_write(path)))
    try:
        base.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as exc:
        if primary_code(exc) not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise


def _copied(file: DurableFile, base: sqlite3.Connection, place: Path) -> Part:
    copy = place / file.path.name
    os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(copy, isolation_level=None)) as into:
        into.execute("PRAGMA synchronous = FULL")
        base.backup(into)
        # One file, that is, without the two beside it in which SQLite keeps what is new.
        into.execute("PRAGMA journal_mode = DELETE")
        if faults := _faults(into):
            raise file.broken(sqlite3.DatabaseError(faults))
        found = _format(into)
    return Part(found, _sha256(copy), copy.stat().st_size)


def _checked(folder: Path, anchor: Head | None) -> Checked:
    """Return what is to be said of the trail that was copied into a folder."""
    with closing(connect_to_read(folder / TRAIL)) as base:
        return check(base, anchor)


def _faults(base: sqlite3.Connection) -> str:
    """Return what SQLite finds wrong with a database, "" for nothing."""
    found = base.execute("PRAGMA integrity_check(1)").fetchone()[0]
    return "" if found == "ok" else str(found)


def _format(base: sqlite3.Connection) -> int:
    return int(base.execute("PRAGMA user_version").fetchone()[0])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def flush(folder: Path) -> None:
    """Flush to disk which files a folder holds."""
    if os.name == "nt":  # pragma: no cover - Windows opens no folder
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
