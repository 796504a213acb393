"""The audit trail: added to and never changed, whoever tries."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from odoo_client import cli
from odoo_client.audit import MAX_TEXT, AuditLog, audit_log
from odoo_client.config import load_settings
from odoo_client.errors import AuditError


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
from odoo_client.audit import AuditLog
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
    assert said("--verify")[0] == 0
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
