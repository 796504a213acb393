"""What must not be lost comes back empty by no accident, and is brought to another format whole or not at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest

from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.portal_links import LinkStore
from odoo_client.errors import AfinetError, AuditError, OutboxError
from odoo_client.people.audit import AuditLog
from odoo_client.store.durable_file import DurableFile

RUDO = Author("rudo@staff.example", "Rudo Ncube")


def enter(file: DurableFile) -> None:
    """Write something into a file of any kind."""
    if isinstance(file, Outbox):
        file.add("activity", RUDO, title="Call", payload={})
    elif isinstance(file, AuditLog):
        file.add("sign-in", login=RUDO.login)
    else:
        with file.writing() as base:
            base.execute("INSERT INTO links VALUES (NULL, 1, 'p', 'e', 1, 'l', 'n', 0, '', 0)")


def entered(file: DurableFile) -> int:
    """How many entries a file has."""
    table = {Outbox: "entries", AuditLog: "audit", LinkStore: "links"}[type(file)]
    with file.opened() as base:
        return int(base.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


KINDS: dict[str, Callable[[Path], DurableFile]] = {
    "outbox": lambda folder: Outbox(folder / "outbox.sqlite3"),
    "links": lambda folder: LinkStore(folder / "links.sqlite3"),
    "trail": lambda folder: AuditLog(folder / "audit.sqlite3"),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], DurableFile]:
    return lambda: request.param(tmp_path / "data")


# Removed while in use

REMOVALS: dict[str, Callable[[Path], object]] = {
    "the file": Path.unlink,
    "with all that belongs to it": lambda path: [
        one.unlink() for one in path.parent.iterdir() if one.name.startswith(path.name)
    ],
    "the folder": lambda path: shutil.rmtree(path.parent),
    "what was in it": lambda path: os.truncate(path, 0),
}


@pytest.mark.parametrize("remove", REMOVALS.values(), ids=REMOVALS)
def test_a_file_removed_while_in_use_is_missed_and_not_made_anew(
    make: Callable[[], DurableFile], remove: Callable[[Path], object]
) -> None:
    file = make()
    enter(file)
    remove(file.path)
    for _ in range(2):
        with pytest.raises((OutboxError, AuditError), match="was removed or emptied while it was in use"):
            enter(file)
        with pytest.raises((OutboxError, AuditError), match="restore"):
            entered(file)
    assert not file.path.exists() or file.path.stat().st_size == 0
    begun = make()
    assert entered(begun) == 0
    assert stat.S_IMODE(begun.path.stat().st_mode) == 0o600


def test_a_file_put_back_is_used_again_as_another_program_s_is(make: Callable[[], DurableFile]) -> None:
    file = make()
    enter(file)
    with file.opened() as base:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    away = file.path.with_name("away")
    file.path.rename(away)
    with pytest.raises(AfinetError):
        enter(file)
    shutil.copy(away, file.path)
    enter(file)
    assert entered(file) == 2
    file.path.unlink()
    enter(make())
    assert entered(file) == 1


def test_what_was_committed_into_a_removed_file_counts_as_not_entered(make: Callable[[], DurableFile]) -> None:
    file = make()
    enter(file)
    with pytest.raises((OutboxError, AuditError), match="removed"), file.writing():  # noqa: PT012
        file.path.unlink()


def test_a_damaged_file_is_said_to_be_and_no_room_is_asked_for(make: Callable[[], DurableFile]) -> None:
    file = make()
    enter(file)
    with closing(sqlite3.connect(file.path)) as base:
        base.execute("PRAGMA journal_mode = DELETE")
    file.path.write_bytes(b"no database at all" * 500)
    for one in (file, make()):
        with pytest.raises((OutboxError, AuditError), match="the file is damaged, so stop the dashboard") as refused:
            enter(one)
        assert "make room" not in refused.value.sentence


# Older and newer releases


class Later(DurableFile):
    """The same file two formats on, as a later release would have it."""

    subject = "The file"
    undone = "nothing was written"
    error = OutboxError
    upgrades: ClassVar[tuple[str, ...]] = (
        "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 0; UPDATE things SET size = length(name);",
        """CREATE TABLE sizes (size INTEGER NOT NULL);
           CREATE TRIGGER sizes_kept BEFORE DELETE ON sizes BEGIN SELECT RAISE(ABORT, 'kept; always'); END;
           INSERT INTO sizes SELECT size FROM things;""",
    )

    def __init__(self, path: Path) -> None:
        super().__init__(path, "CREATE TABLE IF NOT EXISTS things (name TEXT NOT NULL, size INTEGER NOT NULL);")


class First(DurableFile):
    subject, undone, error = "The file", "nothing was written", OutboxError

    def __init__(self, path: Path) -> None:
        super().__init__(path, "CREATE TABLE IF NOT EXISTS things (name TEXT NOT NULL);")


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as base:
        return int(base.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize("numbered", [True, False], ids=["with its number", "of the first release, which gave none"])
def test_a_file_of_an_older_release_is_brought_up_step_by_step(tmp_path: Path, numbered: bool) -> None:
    path = tmp_path / "file.sqlite3"
    with First(path).writing() as base:
        base.execute("INSERT INTO things VALUES ('modem')")
        if not numbered:
            base.execute("PRAGMA user_version = 0")
    with Later(path).opened() as base:
        assert base.execute("SELECT name, size FROM things").fetchall() == [("modem", 5)]
        assert base.execute("SELECT size FROM sizes").fetchall() == [(5,)]
    assert version(path) == 3


def test_a_new_file_is_made_in_today_s_format(tmp_path: Path) -> None:
    with Later(tmp_path / "file.sqlite3").opened() as base:
        assert base.execute("SELECT name, size FROM things").fetchall() == []
    assert version(tmp_path / "file.sqlite3") == 3


def test_an_upgrade_that_fails_half_way_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.sqlite3"
    with First(path).writing() as base:
        base.execute("INSERT INTO things VALUES ('modem')")
    monkeypatch.setattr(Later, "upgrades", (Later.upgrades[0], "CREATE TABLE sizes (size); SELECT nothing;"))
    with pytest.raises(OutboxError), Later(path).opened():
        pass
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT * FROM things").fetchall() == [("modem",)]
        assert [name for (name,) in base.execute("SELECT name FROM sqlite_master")] == ["things"]
    assert version(path) == 1


def test_a_file_of_a_newer_release_is_refused_and_not_touched(make: Callable[[], DurableFile]) -> None:
    file = make()
    enter(file)
    with closing(sqlite3.connect(file.path)) as base:
        base.execute("PRAGMA user_version = 9")
        base.execute("PRAGMA journal_mode = DELETE")
    before = file.path.read_bytes()
    for _ in range(2):
        with pytest.raises((OutboxError, AuditError), match="written by a newer release"):
            enter(make())
    assert file.path.read_bytes() == before


def test_the_files_of_the_first_release_are_brought_up_with_all_they_hold(make: Callable[[], DurableFile]) -> None:
    file = make()
    enter(file)
    with closing(sqlite3.connect(file.path)) as base:
        base.execute("PRAGMA user_version = 0")
        base.execute("DROP TABLE IF EXISTS meta")
    assert entered(make()) == 1
    assert version(file.path) == file.format
