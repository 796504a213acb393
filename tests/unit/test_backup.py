"""A backup holds everything as it stood at one moment, comes back whole or not at all, and overwrites nothing newer."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.portal_links import LinkStore
from odoo_client.backup import restore as restoring
from odoo_client.backup.restore import restore
from odoo_client.backup.take import LINKS, MANIFEST, OUTBOX, TRAIL, back_up, read_backup, stores
from odoo_client.cli import main as cli
from odoo_client.errors import AfinetError, BackupError
from odoo_client.people.audit import AuditLog
from tests.backup_programs import RUDO, fill, held
from tests.fake_http import FakeHttp
from tests.outbox_programs import Books, Desk

ROOT = Path(__file__).parents[2]
ENTRIES = 20


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A DATA_DIR with something of everything, and a lane of the sender's."""
    fill(tmp_path / "data", ENTRIES)
    (tmp_path / "data" / "outbox-0.lane").touch()
    return tmp_path / "data"


@pytest.fixture
def backup(data: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    back_up(data, tmp_path / "backup")
    return tmp_path / "backup"


def dump(folder: Path) -> dict[str, list[str]]:
    """All that the files of a DATA_DIR hold."""
    found = {}
    for name in (OUTBOX, TRAIL, LINKS):
        if (folder / name).exists():
            with closing(sqlite3.connect(folder / name)) as base:
                found[name] = list(base.iterdump())
    return found


def in_file(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as base, base:
        for statement in statements:
            base.execute(statement)


# Making one


def test_a_backup_holds_everything_for_its_owner_only(data: Path, backup: Path) -> None:
    assert dump(backup) == dump(data)
    assert {one.name for one in backup.iterdir()} == {OUTBOX, TRAIL, LINKS, MANIFEST}
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in backup.iterdir()} == {0o600}
    assert not list(backup.parent.glob("*.part"))
    assert str(AuditLog(data / TRAIL).checked().head) == read_backup(backup).trail


def test_all_files_of_a_backup_are_of_one_moment_while_others_write(data: Path, tmp_path: Path) -> None:
    outbox, trail, links = stores(data)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            outbox.add("activity", RUDO, title="Call", payload={})
            trail.add("write", login=RUDO.login)
            with links.writing() as base:
                base.execute("INSERT INTO links VALUES (NULL, 1, 'p', 'e', 1, 'l', 'n', 0, '', 0)")

    before = held(data)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(4):
            back_up(data, tmp_path / f"{number}")
    finally:
        stop.set()
        writer.join()
    grown = []
    for number in range(4):
        read_backup(tmp_path / f"{number}")
        entries, lines, linked = (
            sqlite3.connect(tmp_path / f"{number}" / name).execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for name, table in ((OUTBOX, "entries"), (TRAIL, "audit"), (LINKS, "links"))
        )
        grown.append((entries - before[0], lines - before[2], linked - before[3]))
    for entries, lines, linked in grown:
        assert entries >= lines >= linked >= entries - 1, grown
    assert grown[-1] > grown[0]


def test_a_backup_overwrites_nothing_and_needs_something(data: Path, backup: Path, tmp_path: Path) -> None:
    before = dump(backup)
    for taken in (backup, data / TRAIL):
        with pytest.raises(BackupError, match="exists already"):
            back_up(data, taken)
    assert dump(backup) == before
    with pytest.raises(BackupError, match="there is no folder"):
        back_up(data, tmp_path / "nowhere" / "copy")
    with pytest.raises(BackupError, match="There is no folder"):
        read_backup(tmp_path / "nowhere")
    with pytest.raises(BackupError, match="nothing to back up"):
        back_up(tmp_path / "nowhere", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_what_a_killed_backup_left_is_cleared_away(data: Path, tmp_path: Path) -> None:
    left = tmp_path / "backup.part"
    left.mkdir()
    (left / OUTBOX).write_text("half")
    back_up(data, tmp_path / "backup")
    assert dump(tmp_path / "backup") == dump(data)


def test_on_a_full_disk_no_backup_is_left_and_nothing_is_lost(data: Path, tmp_path: Path) -> None:
    before, limits = dump(data), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(BackupError, match="No backup was made"):
            back_up(data, tmp_path / "backup")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data"]
    assert dump(data) == before


def test_a_trail_that_was_cut_is_backed_up_as_it_is_and_said_to_be(data: Path, tmp_path: Path) -> None:
    in_file(data / TRAIL, "DROP TRIGGER audit_no_delete", "DELETE FROM audit WHERE id = 2")
    in_file(data / TRAIL, "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'audit'")
    assert back_up(data, tmp_path / "backup").trail_wrong == 2
    assert restore(tmp_path / "new", tmp_path / "backup").trail.entries == 1


# What is not a backup

Harm = Callable[[Path], object]


def in_manifest(**values: Any) -> Harm:
    def harm(path: Path) -> None:
        raw = json.loads((path / MANIFEST).read_text())
        (path / MANIFEST).write_text(json.dumps(raw | values))

    return harm


def flip(name: str) -> Harm:
    def harm(path: Path) -> None:
        data = bytearray((path / name).read_bytes())
        data[len(data) // 2] ^= 0x10
        (path / name).write_bytes(data)

    return harm


def signed(name: str, *statements: str) -> Harm:
    """Change a file and what it is known by, as no accident does."""

    def harm(path: Path) -> None:
        in_file(path / name, *statements)
        raw = json.loads((path / MANIFEST).read_text())
        data = (path / name).read_bytes()
        raw["parts"][name] |= {"sha256": restoring_sha(data), "size_bytes": len(data)}
        (path / MANIFEST).write_text(json.dumps(raw))

    return harm


def restoring_sha(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


HARMS: dict[str, tuple[Harm, str]] = {
    "no such folder": (shutil.rmtree, "There is no folder"),
    "no manifest": (lambda path: (path / MANIFEST).unlink(), "is no backup"),
    "half a manifest": (lambda path: os.truncate(path / MANIFEST, 40), "damaged"),
    "a manifest without end": (lambda path: (path / MANIFEST).write_text("[" * 200_000), "damaged"),
    "another manifest": (lambda path: (path / MANIFEST).write_text("[]"), "damaged"),
    "no parts": (in_manifest(parts=[]), "damaged"),
    "a naive moment": (in_manifest(made_at="2026-11-22T10:00:00"), "damaged"),
    "a file of another program": (
        in_manifest(parts={"../x": {"format": 1, "sha256": "", "size_bytes": 1}}),
        "no file of this",
    ),
    "a newer backup": (in_manifest(format=2), "newer release"),
    "a newer file": (
        in_manifest(parts={OUTBOX: {"format": 9, "sha256": "", "size_bytes": 1}}),
        "newer release",
    ),
    "a bit of the outbox": (flip(OUTBOX), "is not what was written"),
    "a bit of the trail": (flip(TRAIL), "is not what was written"),
    "a bit of the links": (flip(LINKS), "is not what was written"),
    "no outbox": (lambda path: (path / OUTBOX).unlink(), "is not what was written"),
    "half the outbox": (lambda path: os.truncate(path / OUTBOX, 8192), "is not what was written"),
    "a shorter trail": (
        signed(TRAIL, "DROP TRIGGER audit_no_delete", "DELETE FROM audit WHERE id = 2",
               "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'audit'"),
        "not what was backed up",
    ),
    "another trail": (
        signed(TRAIL, "DROP TRIGGER audit_no_update", "UPDATE audit SET login = 'x' WHERE id = 1"),
        "not what was backed up",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("harm", "said"), HARMS.values(), ids=HARMS)
def test_what_is_not_what_was_backed_up_is_not_restored(backup: Path, tmp_path: Path, harm: Harm, said: str) -> None:
    harm(backup)
    target = tmp_path / "target"
    with pytest.raises(AfinetError, match=said):
        restore(target, backup)
    assert not target.exists()


# Putting it back


@pytest.mark.parametrize("into", ["nothing", "an empty one", "an earlier state", "the same"])
def test_a_backup_comes_back_whole(data: Path, tmp_path: Path, into: str) -> None:
    target = data
    if into != "the same":
        target = tmp_path / "target"
    if into == "an empty one":
        held(target)
    if into == "an earlier state":
        back_up(data, tmp_path / "before")
        restore(target, tmp_path / "before")
        fill(data, ENTRIES)
        entry = stores(data)[0].entries()[-1]
        stores(data)[0].change(entry.token, "done")
    back_up(data, tmp_path / "backup")
    wanted = held(data)
    found = restore(target, tmp_path / "backup")
    assert held(target) == wanted
    assert (found.entries, found.trail.entries, found.links) == (wanted[0], wanted[2], ENTRIES)
    assert found.to_look_up == sum(one.open for one in stores(data)[0].entries())
    assert AuditLog(target / TRAIL).anchor.read() == found.trail.head
    assert {stat.S_IMODE((target / name).stat().st_mode) for name in (OUTBOX, TRAIL, LINKS)} == {0o600}
    assert not list(target.glob("restore-*"))
    for name, lines in dump(target).items():
        if name != OUTBOX:
            assert sorted(lines) == sorted(dump(data)[name])
    # It goes on where it was.
    Outbox(target / OUTBOX).add("activity", RUDO, title="Call", payload={})
    AuditLog(target / TRAIL).add("write", login=RUDO.login)
    assert held(target)[2] == wanted[2] + 1


def one_more_line(folder: Path) -> None:
    AuditLog(folder / TRAIL).add("sign-in", login=RUDO.login)


def one_more_entry(folder: Path) -> None:
    Outbox(folder / OUTBOX).add("activity", RUDO, title="Call", payload={})


def one_entry_moved_on(folder: Path) -> None:
    outbox = Outbox(folder / OUTBOX)
    outbox.claim(outbox.entries()[0].token)


def one_more_link(folder: Path) -> None:
    with LinkStore(folder / LINKS).writing() as base:
        base.execute("INSERT INTO links VALUES (NULL, 0, 'p1', 'e', 1, 'l', 'n', 0, 'gone', 0)")


def another_odoo(folder: Path) -> None:
    Outbox(folder / OUTBOX, odoo="another at http://127.0.0.1").entries()


NEWER = {each.__name__: each for each in (one_more_line, one_more_entry, one_entry_moved_on, one_more_link)}


@pytest.mark.parametrize("more", NEWER.values(), ids=NEWER)
def test_what_is_newer_is_not_overwritten_and_nothing_is_changed(
    data: Path, backup: Path, more: Callable[[Path], object]
) -> None:
    more(data)
    before = dump(data)
    with pytest.raises(BackupError, match="holds what the backup does not") as refused:
        restore(data, backup)
    assert "(1)" in refused.value.sentence or "(2)" in refused.value.sentence
    assert dump(data) == before


def test_what_belongs_to_another_odoo_is_not_overwritten(tmp_path: Path) -> None:
    Outbox(tmp_path / "one" / OUTBOX, odoo="erp at http://127.0.0.1").entries()
    back_up(tmp_path / "one", tmp_path / "backup")
    another_odoo(tmp_path / "two")
    with pytest.raises(BackupError, match="belongs to another at"):
        restore(tmp_path / "two", tmp_path / "backup")


def test_a_backup_of_an_older_release_comes_back_in_today_s_format(data: Path, tmp_path: Path) -> None:
    wanted = held(data)
    for name in (OUTBOX, TRAIL, LINKS):
        in_file(data / name, "PRAGMA user_version = 0", "DROP TABLE IF EXISTS meta")
    (data / "audit.anchor").unlink()
    back_up(data, tmp_path / "backup")
    with closing(sqlite3.connect(tmp_path / "backup" / OUTBOX)) as base:
        assert base.execute("PRAGMA user_version").fetchone() == (0,)  # A backup changes nothing.
    restore(tmp_path / "target", tmp_path / "backup")
    assert held(tmp_path / "target") == wanted


def test_files_of_a_newer_release_are_not_backed_up_by_this_one(data: Path, tmp_path: Path) -> None:
    in_file(data / TRAIL, "PRAGMA user_version = 9")
    with pytest.raises(AfinetError, match="newer release"):
        back_up(data, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_what_is_read_for_long_is_waited_for_and_then_refused(
    data: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "BUSY_TIMEOUT_S", 0.2)
    before = dump(data)
    with closing(sqlite3.connect(data / LINKS, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM links").fetchone()
        with pytest.raises(BackupError, match="stop the dashboard"):
            restore(data, backup)
    assert dump(data) == before
    restore(data, backup)


def test_a_dashboard_whose_files_went_goes_on_with_those_that_came_back(data: Path, backup: Path) -> None:
    outbox, trail, _links = stores(data)
    wanted = len(outbox.entries())
    trail.checked()
    shutil.rmtree(data)
    with pytest.raises(AfinetError, match="was removed"):
        outbox.entries()
    restore(data, backup)
    assert len(outbox.entries()) == wanted
    trail.add("write", login=RUDO.login)
    assert trail.checked().why == ""


def test_lines_lost_since_the_backup_stay_missed(data: Path, backup: Path) -> None:
    one_more_line(data)
    for name in (OUTBOX, TRAIL, LINKS):
        for end in ("", "-wal", "-shm"):
            (data / f"{name}{end}").unlink(missing_ok=True)
    assert restore(data, backup).trail.why == "cut"


# What may have been done since


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def served(books: Books) -> Iterator[FakeHttp]:
    with FakeHttp(script=books) as server:
        yield server


@pytest.mark.parametrize("state", ["waiting", "failed"])
@pytest.mark.parametrize("sent", [True, False], ids=["sent since the backup", "not sent"])
def test_what_waited_in_the_backup_is_in_odoo_once(
    served: FakeHttp, books: Books, tmp_path: Path, state: str, sent: bool
) -> None:
    desk = Desk(served.url, tmp_path / "data")
    entry = desk.enter()
    if state == "failed":
        desk.outbox.change(entry.token, "failed", reason="Odoo said no.")
    back_up(tmp_path / "data", tmp_path / "backup")
    if sent:
        desk.outbox.retry(entry.token, "rudo")
        assert desk.settled(entry).state == "done"
    restore(tmp_path / "new", tmp_path / "backup")
    again = Desk(served.url, tmp_path / "new")
    if state == "failed":
        again.outbox.retry(entry.token, "rudo")
    first = again.send(entry)
    assert first.state == ("done" if sent else "unknown")
    assert sent or "came back from a backup" in first.reason
    assert again.settled(entry).state == "done"
    assert books.count(entry.token) == (1, 1, 1)


# Killed at random moments

KILLS = 20


@pytest.mark.parametrize("program", ["kill_backups", "kill_restores", "kill_upgrades"])
def test_killed_at_random_moments_nothing_is_lost(tmp_path: Path, program: str) -> None:
    command = [sys.executable, "-m", "tests.backup_programs", program, str(tmp_path), str(KILLS)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr
    seen = {word: int(number) for word, number in (pair.split("=") for pair in ended.stdout.split())}
    assert seen.get("whole", 0) + seen.get("none", 0) == KILLS
    assert seen["killed"]


# The commands


def said(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, list(words))
    return result.exit_code, result.output


@pytest.fixture
def own_odoo(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    for name, value in {"URL": "http://127.0.0.1:9", "DATABASE": "erp", "USERNAME": "app", "PASSWORD": "x"}.items():
        monkeypatch.setenv(f"ODOO_{name}", value)
    monkeypatch.setenv("DATA_DIR", str(data))


@pytest.mark.usefixtures("own_odoo")
def test_the_commands_back_up_and_restore_and_write_it_down(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = said("backup", str(tmp_path / "backup"))
    assert code == 0
    assert "the audit trail" in text
    head = text.split()[-1]
    assert said("backup", str(tmp_path / "backup"))[0] == 1
    code, text = said("restore", str(tmp_path / "backup"))
    assert code == 1
    assert "holds what the backup does not: entries of the audit trail (1)" in text
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))
    code, text = said("restore", str(tmp_path / "backup"))
    assert code == 0
    assert "2 entries were not done then" in text
    log = AuditLog(tmp_path / "new" / TRAIL)
    assert list(log.read(limit=2)["subject"].str.split().str[0]) == ["restore", "backup"]
    assert said("audit", "--verify", "--head", head)[0] == 0


def test_the_demo_has_nothing_to_back_up_or_restore(
    data: Path, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(data))
    for words in (("backup", str(tmp_path / "other")), ("restore", str(backup))):
        code, text = said(*words)
        assert code == 1
        assert "The demo keeps nothing" in text
