"""The audit trail: added to and never changed, whoever tries."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from odoo_client.cli import main as cli
from odoo_client.config import load_settings
from odoo_client.errors import AuditError
from odoo_client.people.audit import MAX_TEXT, AuditLog, _link, audit_log
from odoo_client.people.audit_anchor import EMPTY, Head


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "data" / "audit.sqlite3")


def test_an_entry_says_who_when_from_where_what_and_how_many(log: AuditLog) -> None:
    before = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    log.add("export", login="fin@staff.example", address="192.0.2.7", subject="Arrears", rows=12)
    row = log.read().iloc[0]
    assert row["moment"] >= before
    assert tuple(row[["login", "address", "event", "subject", "rows", "outcome"]]) == (
        *("fin@staff.example", "192.0.2.7", "export", "Arrears", 12, "done"),
    )


def test_the_newest_comes_first_and_filters_narrow(log: AuditLog) -> None:
    for number in range(5):
        log.add("export" if number % 2 else "sign-in", login=f"p{number}@staff.example")
    assert list(log.read()["login"]) == [f"p{number}@staff.example" for number in range(4, -1, -1)]
    assert len(log.read(event="export")) == 2
    assert len(log.read(login="p1@staff.example")) == 1
    assert len(log.read(limit=3)) == 3
    assert log.read(since=datetime.now(UTC) + timedelta(minutes=1)).empty
    assert log.read(until=datetime.now(UTC) - timedelta(minutes=1)).empty


@pytest.mark.parametrize("change", ["update audit set login = 'x'", "delete from audit"])
def test_the_file_itself_refuses_to_change_or_forget(log: AuditLog, change: str) -> None:
    log.add("sign-in", login="fin@staff.example")
    with sqlite3.connect(log.path) as base, pytest.raises(sqlite3.IntegrityError, match="only added to"):
        base.execute(change)


def edited(log: AuditLog, *statements: str) -> None:
    with sqlite3.connect(log.path) as base:
        base.execute("drop trigger audit_no_update")
        base.execute("drop trigger audit_no_delete")
        for statement in statements:
            base.execute(statement)


@pytest.mark.parametrize(
    ("statement", "first_wrong"),
    [
        ("update audit set rows = 1 where id = 3", 3),
        ("update audit set login = 'x' where id = 1", 1),
        ("delete from audit where id = 2", 3),
        ("delete from audit where id = 5", 5),
        ("delete from audit", 1),
    ],
)
def test_what_was_changed_past_the_triggers_is_found(log: AuditLog, statement: str, first_wrong: int) -> None:
    for number in range(5):
        log.add("export", login="fin@staff.example", rows=number)
    assert log.verify() is None
    edited(log, statement)
    assert log.verify() == first_wrong


def entered(log: AuditLog, entries: int) -> list[Head]:
    """Add entries and return the head after each."""
    heads = []
    for number in range(entries):
        log.add("export", login="fin@staff.example", rows=number)
        heads.append(log.checked().head)
    return heads


CUTS = {
    "the last": (5, 4),
    "the last two": (4, 3),
    "all": (1, 0),
}


@pytest.mark.parametrize(("first_gone", "sequence"), CUTS.values(), ids=CUTS)
def test_a_tail_cut_off_with_the_sequence_set_is_found(log: AuditLog, first_gone: int, sequence: int) -> None:
    entered(log, 5)
    assert log.checked().why == ""
    edited(log, f"delete from audit where id >= {first_gone}", f"update sqlite_sequence set seq = {sequence}")
    found = log.checked()
    assert (found.why, found.first_wrong, found.entries) == ("cut", first_gone, sequence)


@pytest.mark.parametrize("later", [1, 5], ids=["fewer come than were cut off", "more come"])
def test_what_is_entered_after_a_cut_hides_nothing(log: AuditLog, later: int) -> None:
    entered(log, 5)
    edited(log, "delete from audit where id >= 4", "update sqlite_sequence set seq = 3")
    for _ in range(later):
        AuditLog(log.path).add("sign-in", login="fin@staff.example")
    assert log.checked().first_wrong == 5
    assert str(log.anchor.read()).startswith("5:")


def test_a_trail_removed_and_begun_anew_is_found(log: AuditLog) -> None:
    entered(log, 3)
    for name in ("", "-wal", "-shm"):
        log.path.with_name(log.path.name + name).unlink(missing_ok=True)
    again = AuditLog(log.path)
    assert again.checked().why == "cut"
    for _ in range(4):
        again.add("sign-in", login="sup@staff.example")
    assert again.checked().why == "changed"


def forged(log: AuditLog) -> Head:
    """Write the whole trail anew, with other people and right hashes."""
    with sqlite3.connect(log.path) as base:
        rows = base.execute("SELECT moment, 'x', address, event, subject, rows, outcome FROM audit").fetchall()
    head, statements = EMPTY, []
    for number, row in enumerate(rows, 1):
        head = Head(number, _link(head, row))
        statements.append(f"update audit set login = 'x', chain = '{head.chain}' where id = {number}")
    edited(log, *statements)
    return head


def test_a_trail_written_anew_with_right_hashes_is_found_by_its_anchor_and_with_both_by_a_head_noted(
    log: AuditLog,
) -> None:
    heads = entered(log, 4)
    head = forged(log)
    assert log.checked().why == "changed"
    log.anchor.put(head)
    assert log.checked().why == ""
    for noted in heads:
        assert log.checked(noted).first_wrong == noted.number


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"\xff" * 90)], ids=["gone", "no line"])
def test_without_its_anchor_a_trail_proves_no_end_and_gets_no_other(
    log: AuditLog, damage: Callable[[Path], object]
) -> None:
    entered(log, 2)
    damage(log.anchor.path)
    log.add("sign-in", login="fin@staff.example")
    AuditLog(log.path).add("sign-in", login="fin@staff.example")
    found = log.checked()
    assert (found.why, found.entries) == ("unanchored", 4)
    assert "cannot be told" in found.sentence


def test_a_program_killed_before_it_moved_the_anchor_leaves_a_whole_trail(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered(log, 2)
    with monkeypatch.context() as killed:
        killed.setattr(AuditLog, "move_anchor", lambda log: None)
        log.add("sign-in", login="fin@staff.example")
    assert str(log.anchor.read()).startswith("2:")
    assert log.checked().why == ""
    log.add("sign-in", login="fin@staff.example")
    assert log.anchor.read() == log.checked().head


def test_the_trail_of_a_release_without_anchors_is_anchored_where_it_ends(log: AuditLog) -> None:
    heads = entered(log, 3)
    log.anchor.path.unlink()
    with sqlite3.connect(log.path) as base:
        base.execute("PRAGMA user_version = 0")
    assert AuditLog(log.path).checked().why == ""
    assert log.anchor.read() == heads[-1]
    assert log.anchor.path.stat().st_mode & 0o077 == 0


def test_hostile_text_is_one_short_line(log: AuditLog) -> None:
    log.add("refused", login="a\nb\x00c\x1b[31m", subject="x" * 5000)
    row = log.read().iloc[0]
    assert row["login"] == "a b c [31m"
    assert len(row["subject"]) == MAX_TEXT


def test_many_threads_leave_an_unbroken_chain(log: AuditLog) -> None:
    threads = [
        threading.Thread(target=lambda: [log.add("export", login="t@staff.example") for _ in range(10)])
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.read()) == 60
    assert log.verify() is None


WRITER = """
import sys
from pathlib import Path
from odoo_client.people.audit import AuditLog
log = AuditLog(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    log.add("export", login="w@staff.example", rows=number)
    print(number, flush=True)
"""


def test_two_processes_write_one_chain(log: AuditLog) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(log.path), "15"]) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert len(log.read()) == 30
    assert log.verify() is None


def test_a_process_killed_while_writing_loses_nothing_that_it_had_written(log: AuditLog) -> None:
    command = [sys.executable, "-c", WRITER, str(log.path), "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(20):
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        told = 20 + len(writer.stdout.readlines())
    assert len(log.read(limit=100_000)) >= told
    assert log.verify() is None


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(AuditError, match="set DATA_DIR"):
        AuditLog(blocked / "audit.sqlite3").add("sign-in", login="fin@staff.example")


def test_nobody_else_on_the_machine_may_read_it(log: AuditLog) -> None:
    log.add("sign-in", login="fin@staff.example")
    assert log.path.stat().st_mode & 0o077 == 0
    assert log.path.parent.stat().st_mode & 0o077 == 0


# The command


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AuditLog:
    for name, value in {"URL": "http://127.0.0.1:9", "DATABASE": "erp", "USERNAME": "app", "PASSWORD": "x"}.items():
        monkeypatch.setenv(f"ODOO_{name}", value)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr(cli.out, "width", 200)
    log = AuditLog(tmp_path / "audit.sqlite3")
    log.add("export", login="fin@staff.example", subject="Arrears", rows=12, address="192.0.2.7")
    log.add("sign-in", login="sup@staff.example", outcome="refused")
    return log


def said(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, ["audit", *words])
    return result.exit_code, result.output


def test_the_command_tells_the_trail_and_narrows_it(told: AuditLog) -> None:
    code, text = said()
    assert code == 0
    assert "sup@staff.example  sign-in  refused" in text.splitlines()[0]
    assert "12 rows  from 192.0.2.7" in text
    assert "fin@" not in said("--event", "sign-in")[1]
    assert "sup@" not in said("--login", "fin@staff.example")[1]
    assert said("--until", "2020-01-01")[1].strip() == "No entries."
    assert len(said("--limit", "1")[1].splitlines()) == 1
    assert '"rows": 12' in said("--json")[1]
    code, text = said("--event", "nonsense")
    assert code == 1
    assert "does not exist" in text


def test_the_command_says_whether_the_trail_is_whole(told: AuditLog) -> None:
    code, text = said("--verify")
    assert code == 0
    assert "--head" in text
    head = text.split()[-1]
    told.add("sign-in", login="sup@staff.example")
    code, text = said("--verify", "--head", head)
    assert code == 0
    assert "still holds entry 2" in text
    assert said("--verify", "--head", f"2:{'0' * 64}")[0] == 1
    assert said("--verify", "--head", f"9:{'0' * 64}")[0] == 1
    assert "is no head" in said("--verify", "--head", "2")[1]
    assert said("--head", head)[0] == 1
    edited(told, "update audit set rows = 1 where id = 1")
    code, text = said("--verify")
    assert code == 1
    assert "Entry 1" in text


def test_without_settings_the_command_tells_the_demos_trail_and_makes_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    audit_log(load_settings()).add("write", login="app", subject="link 7")
    assert "link 7" in said()[1]
    assert not (tmp_path / "data").exists()
