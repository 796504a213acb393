"""A full disk, a folder that cannot be written, two programs at once, a kill between any two steps: nothing twice."""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from odoo_client.actions.outbox import file as outbox_file
from odoo_client.errors import OutboxError
from tests.fake_http import FakeHttp, Reply, rpc_fault
from tests.outbox_programs import PEOPLE, RUDO, Books, Desk, die_everywhere, enter_as_nobody, send_by_two

ROOT = Path(__file__).parents[2]
FULL = "cannot be written or read .*: make room there, or set DATA_DIR"
PATIENCE_S = 90


ONCE = (1, 1, 1)


@pytest.fixture
def books(request: pytest.FixtureRequest) -> Books:
    return Books(in_one=getattr(request, "param", True))


BOTH_WAYS = pytest.mark.parametrize(
    "books", [True, False], ids=["file in one call", "file in a call of its own"], indirect=True
)


@pytest.fixture
def served(books: Books) -> Iterator[FakeHttp]:
    with FakeHttp(script=books) as server:
        yield server


@pytest.fixture
def desk(served: FakeHttp, tmp_path: Path) -> Desk:
    return Desk(served.url, tmp_path / "data")


# A full disk


def fill_disk() -> None:
    """From now on no file of this process can grow or be written: to SQLite that is a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def make_room() -> None:
    """Files can be written again."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@pytest.fixture
def room() -> Iterator[None]:
    """However the test ends, files can be written after it."""
    try:
        yield
    finally:
        make_room()


@contextmanager
def no_more_pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """SQLite finds no room for another page of its file."""
    connect = sqlite3.connect

    def full(*given: Any, **more: Any) -> sqlite3.Connection:
        base = connect(*given, **more)
        base.execute("PRAGMA max_page_count = 1")
        return base

    with monkeypatch.context() as patched:
        patched.setattr(outbox_file.sqlite3, "connect", full)
        yield


def test_what_finds_no_page_on_a_full_disk_is_refused_and_not_sent(
    desk: Desk, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.enter(token="AFN-BEFORE")
    with no_more_pages(monkeypatch), pytest.raises(OutboxError, match=FULL) as refused:
        desk.enter(token="AFN-REFUSED")
    assert "full" in str(refused.value)
    assert desk.outbox.entries() == [before]
    assert desk.settled(before).state == "done"
    assert books.count("AFN-REFUSED") == (0, 0, 0)
    assert desk.settled(desk.enter(token="AFN-REFUSED")).state == "done"
    assert books.count("AFN-REFUSED") == ONCE


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("known", [True, False], ids=["an outbox there is", "no outbox yet"])
def test_what_cannot_be_written_to_a_full_disk_is_refused_and_not_sent(desk: Desk, books: Books, known: bool) -> None:
    if known:
        desk.settled(desk.enter(token="AFN-BEFORE"))
    asked = len(books.calls)
    fill_disk()
    with pytest.raises(OutboxError, match=FULL):
        desk.enter(token="AFN-REFUSED")
    make_room()
    assert [one.token for one in desk.outbox.entries()] == ["AFN-BEFORE"] * known
    assert desk.sender.send_waiting(RUDO.login) == 0
    assert len(books.calls) == asked


@pytest.mark.usefixtures("room")
def test_what_waits_is_not_sent_while_the_disk_is_full_and_is_once_there_is_room(desk: Desk, books: Books) -> None:
    entry = desk.enter()
    fill_disk()
    for _ in range(2):
        with pytest.raises(OutboxError):
            desk.send(entry)
    assert books.calls == []
    make_room()
    assert desk.send(entry).state == "done"
    assert books.count(entry.token) == ONCE


@BOTH_WAYS
@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("write", ["account.payment.create", "ir.attachment.create", "account.payment.message_post"])
def test_a_disk_full_after_odoo_has_written_doubles_nothing(desk: Desk, books: Books, write: str) -> None:
    entry = desk.enter()
    hit: list[str] = []

    def after(name: str) -> None:
        if name == write and not hit:
            hit.append(name)
            fill_disk()

    books.after = after  # type: ignore[assignment]
    if books.in_one and write == "ir.attachment.create":
        assert desk.send(entry).state == "done"
        return
    for _ in range(2):
        with pytest.raises(OutboxError):
            desk.send(entry)
    make_room()
    assert hit
    assert desk.outbox.get(entry.token).state == "sent"
    # What Odoo did is found at once: nobody waits for Odoo's longest call.
    assert desk.send(entry).state == "done"
    assert books.count(entry.token) == ONCE


# A folder that cannot be written


def in_process(program: Callable[..., None], *given: object) -> str:
    """Run one of the programs in a process of its own and return what it printed."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.outbox_programs", program.__name__, *map(str, given)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("waiting", [0, 1], ids=["no outbox yet", "one waits"])
def test_in_a_folder_that_cannot_be_written_nothing_is_entered_or_sent(
    served: FakeHttp, tmp_path: Path, books: Books, waiting: int
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    before = [Desk(served.url, folder).enter() for _ in range(waiting)]
    folder.chmod(0o500)
    try:
        said = in_process(enter_as_nobody, served.url, folder).splitlines()
    finally:
        folder.chmod(0o700)
    assert len(said) == 2
    assert all("DATA_DIR" in sentence for sentence in said)
    assert books.calls == []
    assert Desk(served.url, folder).outbox.entries() == before


# Odoo loses its own database


@pytest.mark.parametrize("committed", [True, False], ids=["after it committed", "before it committed"])
@pytest.mark.parametrize("name", ["psycopg2.OperationalError", "psycopg2.InterfaceError"])
def test_a_write_at_which_odoo_lost_its_database_is_looked_up(
    desk: Desk, books: Books, committed: bool, name: str
) -> None:
    hit: list[str] = []

    def after(write: str) -> Reply | None:
        if hit or write != "account.payment.create":
            return None
        hit.append(write)
        if not committed:
            books.payments.clear()
            books.files.clear()
        return rpc_fault(name, "server closed the connection unexpectedly")

    books.after = after
    entry = desk.enter()
    found = desk.send(entry)
    assert found.state == "unknown"
    assert "database failed" in found.reason
    assert desk.settled(entry).state == "done"
    assert books.count(entry.token) == ONCE


# Two programs at once


def test_two_programs_sending_one_outbox_send_each_entry_once(desk: Desk, served: FakeHttp, books: Books) -> None:
    entries = [desk.enter(PEOPLE[number % 3], token=f"AFN-{number:04d}") for number in range(12)]
    books.slow_s = 0.02
    assert json.loads(in_process(send_by_two, served.url, desk.outbox.path.parent)) == [0, 0]
    assert [books.count(one.token) for one in entries] == [ONCE] * len(entries)
    assert {desk.outbox.get(one.token).attempts for one in entries} == {1}
    assert served.most_at_once > 1


# Killed between any two steps


@BOTH_WAYS
def test_killed_before_and_after_each_step_everything_is_in_odoo_once(
    served: FakeHttp, tmp_path: Path, books: Books
) -> None:
    places = in_process(die_everywhere, served.url, tmp_path).splitlines()
    writes = 2 if books.in_one else 3
    assert Counter(places) == {
        **{f"{when} {what}": 1 for when in ("before", "after") for what in ("entering", "claiming", "keeping a state")},
        **{f"{when} a call": writes for when in ("before", "after")},
        **{f"{when} keeping a step": 2 * writes for when in ("before", "after")},
    }
    tokens = [f"AFN-{step + 1:04d}" for step in range(len(places) + 1)]
    assert {token: books.count(token) for token in tokens} == dict.fromkeys(tokens, ONCE)
    assert len(books.payments) == len(tokens)


# What waits for Odoo's longest call


def test_what_stands_behind_an_entry_that_is_looked_up_later_wakes_nobody_until_then(desk: Desk) -> None:
    first, second = (
        desk.outbox.add("payment_ask", RUDO, title="Ask", payload={}, subject="account.payment:1") for _ in range(2)
    )
    desk.outbox.change(first.token, "unknown", next_s=desk.clock() + 60)
    assert desk.outbox.due(RUDO.login, desk.clock()) == []
    assert desk.outbox.logins_waiting() == [(RUDO.login, desk.outbox.get(first.token).next_s)]
    desk.outbox.change(first.token, "done")
    assert desk.outbox.logins_waiting() == [(RUDO.login, second.next_s)]
