"""The sender: every outcome has its state, each person's entries go out as theirs and in order, none is lost."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from odoo_client import errors
from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox import sender as module
from odoo_client.actions.outbox.entry import ACTION_OF, GROUPS_OF, KINDS, Author, Done, Entry, Kind, Record
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import DOWN_RETRY_S, SIGN_IN_RETRY_S, Sender, service_clients
from odoo_client.config import Settings
from odoo_client.errors import (
    AfinetError,
    AuditError,
    ForbiddenError,
    NeedsSignInError,
    NotOdooError,
    OdooConflictError,
    OdooUnreachableError,
    OdooUserError,
    OutboxError,
    OutcomePendingError,
    StaleRecordError,
    UnknownOutcomeError,
)
from odoo_client.people.audit import AuditLog

RUDO = Author("rudo@staff.example", "Rudo Ncube")
FARAI = Author("farai@staff.example", "Farai Dube")
LONGEST_S = 120.0

#: What an error says of an entry when its handler raises it and nothing is under way. All others: it failed.
IN_A_HANDLER = {
    "OdooUnreachableError": "waiting",
    "OdooTlsError": "waiting",
    "OdooTimeoutError": "waiting",
    "NotOdooError": "waiting",
    "OdooAuthError": "waiting",
    "OdooKeyExpiredError": "waiting",
    "OdooConflictError": "waiting",
    "UnknownOutcomeError": "unknown",
    "OutcomePendingError": "unknown",
}
EVERY_ERROR = sorted(
    (one for _name, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, AfinetError)),
    key=lambda one: one.__name__,
)
SENT = [one for one in EVERY_ERROR if one is not OutboxError]


class Connection:
    """Stands in for a client; knows whose it is and whether it was closed."""

    def __init__(self, login: str) -> None:
        self.login = login
        self.closed = False

    def close(self) -> None:
        self.closed = True


class World:
    """An outbox with its sender, an Odoo that a test makes fail, and a clock it moves."""

    def __init__(self, folder: Path) -> None:
        self.now_s = 1_000_000.0
        self.outbox = Outbox(folder / "outbox.sqlite3", clock=lambda: self.now_s)
        self.audit = AuditLog(folder / "audit.sqlite3")
        self.settings = Settings(odoo_longest_call_s=LONGEST_S)
        self.connections: list[Connection] = []
        self.touched: list[tuple[str, ...]] = []
        #: Titles in the order Odoo got them, with whose connection brought them.
        self.odoo: list[tuple[str, str]] = []
        self.no_client: Exception | None = None
        self.does: Callable[[Job], Done | None] = lambda job: None
        self.sender = self.another()

    def another(self) -> Sender:
        handlers = dict.fromkeys(KINDS, self.handle)
        return Sender(self.settings, self.outbox, self.client, handlers, self.audit, on_done=self.touched.append)

    def client(self, author: Author, kind: Kind) -> Any:
        if self.no_client is not None:
            raise self.no_client
        self.connections.append(Connection(author.login))
        return self.connections[-1]

    def handle(self, job: Job) -> Done:
        found = self.does(job)
        connection: Any = job.client
        self.odoo.append((job.entry.title, connection.login))
        return found or Done(Record("account.payment", 7, "PBNK/7"), {"outcome": "approved"})

    def enter(self, title: str = "One", author: Author = RUDO, kind: Kind = "payment_proof", **more: Any) -> Entry:
        return self.outbox.add(kind, author, title=title, payload={}, **more)

    def sent(self, entry: Entry) -> Entry:
        self.sender.send_waiting(entry.author.login)
        return self.outbox.get(entry.token)

    def trail(self) -> list[tuple[str, str, str]]:
        found = self.audit.read()
        return list(zip(found["event"], found["login"], found["outcome"], strict=True))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.sender.stop()


def raising(error: BaseException) -> Callable[[Job], Done]:
    def does(job: Job) -> Done:
        raise error

    return does


def losing(error: Exception) -> Callable[[Job], Done]:
    """A handler that sends a step, whose answer is lost, and never finds it."""

    def does(job: Job) -> Done:
        def lose() -> int:
            raise UnknownOutcomeError("Lost.")

        if job.begun("payment"):
            raise error
        job.once("payment", lose, lambda: None)
        raise AssertionError("unreachable")

    return does


# What comes of it


def test_an_entry_that_odoo_takes_is_done_with_its_record(world: World) -> None:
    found = world.sent(world.enter())
    assert (found.state, found.reason, found.attempts) == ("done", "", 1)
    assert (found.record, found.result) == (Record("account.payment", 7, "PBNK/7"), {"outcome": "approved"})
    assert world.odoo == [("One", RUDO.login)]
    assert all(connection.closed for connection in world.connections)


def test_it_is_marked_as_being_sent_before_anybody_connects(world: World) -> None:
    entry = world.enter()
    seen: list[str] = []

    def clients(author: Author, kind: Kind) -> Any:
        seen.append(world.outbox.get(entry.token).state)
        return Connection(author.login)

    sender = Sender(world.settings, world.outbox, clients, {"payment_proof": world.handle}, world.audit)
    assert sender.send_waiting(RUDO.login) == 1
    assert seen == ["sent"]


@pytest.mark.parametrize("error", SENT, ids=lambda one: one.__name__)
def test_each_error_of_a_handler_has_its_state_and_sentence(world: World, error: type[AfinetError]) -> None:
    world.does = raising(error("Its sentence."))
    found = world.sent(world.enter())
    assert (found.state, found.reason) == (IN_A_HANDLER.get(error.__name__, "failed"), "Its sentence.")
    assert all(connection.closed for connection in world.connections)
    outcomes = [("write", RUDO.login, "failed")] if found.state == "failed" else []
    assert world.trail() == outcomes
    # What failed stays as it is until a person decides; the rest is tried again by itself.
    world.does, world.now_s = lambda job: None, world.now_s + LONGEST_S
    assert world.sent(found).state == ("failed" if outcomes else "done")


@pytest.mark.parametrize("error", SENT, ids=lambda one: one.__name__)
def test_whatever_goes_wrong_while_an_answer_is_lost_the_outcome_stays_open(
    world: World, error: type[AfinetError]
) -> None:
    world.does = losing(error("Its sentence."))
    entry = world.enter()
    assert world.sent(entry).state == "unknown"
    world.now_s += 60
    found = world.sent(entry)
    assert (found.state, found.reason, found.attempts) == ("unknown", "Its sentence.", 2)
    assert "failed" not in [outcome for _event, _login, outcome in world.trail()]


@pytest.mark.parametrize("error", SENT, ids=lambda one: one.__name__)
def test_each_error_on_the_way_to_a_connection_waits_save_a_lost_right(world: World, error: type[AfinetError]) -> None:
    world.no_client = error("Its sentence.")
    found = world.sent(world.enter())
    assert (found.state, found.reason) == ("failed" if error is ForbiddenError else "waiting", "Its sentence.")
    assert world.odoo == []


def test_an_outbox_that_cannot_be_written_sends_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = world.enter()

    def full(token: str) -> bool:
        raise OutboxError("The disk is full.")

    monkeypatch.setattr(world.outbox, "claim", full)
    with pytest.raises(OutboxError):
        world.sender.send_waiting(RUDO.login)
    assert world.odoo == []
    assert world.outbox.get(entry.token).state == "waiting"


def test_an_outbox_that_fills_up_in_the_middle_leaves_the_entry_to_be_looked_up(world: World) -> None:
    world.does = raising(OutboxError("The disk is full."))
    entry = world.enter()
    with pytest.raises(OutboxError):
        world.sender.send_waiting(RUDO.login)
    assert world.outbox.get(entry.token).state == "sent"
    world.does = lambda job: None
    assert world.sent(entry).state == "done"


def test_a_bug_in_a_handler_fails_the_entry_is_logged_and_the_next_one_goes_out(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine = world.enter("Broken"), world.enter("Fine")

    def does(job: Job) -> None:
        if job.entry.title == "Broken":
            raise ZeroDivisionError("a bug of ours")

    world.does = does
    found = world.sent(broken)
    assert found.state == "failed"
    assert "of this app's own: see its log" in found.reason
    assert "a bug of ours" not in found.reason
    assert world.outbox.get(fine.token).state == "done"
    assert "a bug of ours" in caplog.text
    assert world.outbox.retry(broken.token, RUDO.login).state == "waiting"


def test_a_bug_while_a_step_is_under_way_keeps_the_outcome_open(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def does(job: Job) -> None:
        job.once("payment", lambda: 1 // 0, lambda: None)

    world.does = does
    assert world.sent(world.enter()).state == "unknown"
    assert "ZeroDivisionError" in caplog.text


def test_a_bug_on_the_way_to_a_connection_fails_the_entry_and_is_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.no_client = ZeroDivisionError("a bug of ours")
    assert world.sent(world.enter()).state == "failed"
    assert "a bug of ours" in caplog.text


def test_a_program_killed_while_sending_takes_the_entry_up_again(world: World) -> None:
    entry = world.enter()
    sent: list[int] = []

    def die(job: Job) -> None:
        def send() -> int:
            sent.append(1)
            raise KeyboardInterrupt

        job.once("payment", send, lambda: 7 if sent else None)

    world.does = die
    with pytest.raises(KeyboardInterrupt):
        world.sender.send_waiting(RUDO.login)
    assert world.outbox.get(entry.token).state == "sent"
    world.sender = world.another()
    assert world.sent(entry).state == "done"
    assert sent == [1]


# Again


def test_a_lost_answer_is_looked_up_and_never_sent_twice(world: World) -> None:
    records: list[int] = []

    def does(job: Job) -> None:
        def send() -> int:
            records.append(7)
            raise UnknownOutcomeError("Lost.")

        job.once("payment", send, lambda: records[0] if records else None)

    world.does = does
    entry = world.enter()
    assert world.sent(entry).state == "unknown"
    assert world.sent(entry).attempts == 1  # Not due yet.
    world.now_s += 1
    assert world.sent(entry).state == "done"
    assert records == [7]


def test_a_pending_outcome_is_looked_at_again_soon_and_at_the_moment_it_may_be_sent(world: World) -> None:
    world.does = raising(OutcomePendingError("Not there yet.", until_s=world.now_s + 5))
    entry = world.enter()
    first = world.sent(entry)
    assert (first.state, first.next_s) == ("unknown", world.now_s + 1)
    world.now_s += 1
    assert world.sent(entry).next_s == world.now_s + 2
    world.now_s += 2
    # The look after this would be four seconds later; it may be sent again in two.
    assert world.sent(entry).next_s == world.now_s + 2


def test_while_odoo_is_down_it_is_asked_less_and_less_often(world: World) -> None:
    world.no_client = OdooUnreachableError("Odoo cannot be reached.")
    entry, waits = world.enter(), []
    for _ in range(7):
        found = world.sent(entry)
        waits.append(found.next_s - world.now_s)
        world.now_s = found.next_s
    assert waits == [*DOWN_RETRY_S, DOWN_RETRY_S[-1], DOWN_RETRY_S[-1]]


def test_what_waited_for_odoo_goes_out_in_the_order_it_was_entered(world: World) -> None:
    entries = [world.enter(f"Number {number}") for number in range(5)]
    world.no_client = OdooUnreachableError("Odoo cannot be reached.")
    assert world.sender.send_waiting(RUDO.login) == 1
    found = [world.outbox.get(one.token) for one in entries]
    # Asked once for all of them, and each says why it waits.
    assert {(one.state, one.reason) for one in found} == {("waiting", "Odoo cannot be reached.")}
    assert sum(one.attempts for one in found) == 1
    world.now_s += DOWN_RETRY_S[0]
    world.sender.send_waiting(RUDO.login)
    world.no_client = None
    world.now_s += DOWN_RETRY_S[1]
    assert world.sender.send_waiting(RUDO.login) == 5
    assert [title for title, _login in world.odoo] == [f"Number {number}" for number in range(5)]


def test_odoo_going_down_between_two_entries_holds_the_rest(world: World) -> None:
    def does(job: Job) -> None:
        if job.entry.title != "Number 0":
            raise OdooUnreachableError("Odoo cannot be reached.")

    entries = [world.enter(f"Number {number}") for number in range(4)]
    world.does = does
    assert world.sender.send_waiting(RUDO.login) == 2
    assert [world.outbox.get(one.token).state for one in entries] == ["done", "waiting", "waiting", "waiting"]
    world.does, world.now_s = lambda job: None, world.now_s + DOWN_RETRY_S[0]
    world.sender.send_waiting(RUDO.login)
    assert [title for title, _login in world.odoo] == [f"Number {number}" for number in range(4)]


@pytest.mark.parametrize(("status", "others"), [(413, "done"), (403, "done"), (404, "waiting"), (401, "waiting")])
def test_a_request_that_a_proxy_turns_away_fails_by_itself_and_a_wrong_address_holds_all(
    world: World, status: int, others: str
) -> None:
    def does(job: Job) -> None:
        if job.entry.title == "Large":
            raise NotOdooError("The proxy takes no request that large.", http_status=status)

    large, other = world.enter("Large"), world.enter("Other")
    world.does = does
    world.sender.send_waiting(RUDO.login)
    states = [world.outbox.get(one.token).state for one in (large, other)]
    assert states == ["failed" if others == "done" else "waiting", others]


def test_a_record_locked_by_somebody_keeps_only_its_own_entries_waiting(world: World) -> None:
    def does(job: Job) -> None:
        if job.entry.title == "Locked":
            raise OdooConflictError("Somebody else is at this record.")

    locked, behind = world.enter("Locked", subject="res.partner:7"), world.enter("Behind", subject="res.partner:7")
    free = world.enter("Free", subject="res.partner:8")
    world.does = does
    world.sender.send_waiting(RUDO.login)
    assert [world.outbox.get(one.token).state for one in (locked, behind, free)] == ["waiting", "waiting", "done"]
    world.does, world.now_s = lambda job: None, world.now_s + 1
    world.sender.send_waiting(RUDO.login)
    assert [title for title, _login in world.odoo] == ["Free", "Locked", "Behind"]


def test_an_entry_that_fails_lets_the_next_of_its_subject_go(world: World) -> None:
    def does(job: Job) -> None:
        if job.entry.title == "First":
            raise StaleRecordError("Changed meanwhile.")

    first, second = (world.enter(title, subject="res.partner:7") for title in ("First", "Second"))
    world.does = does
    world.sender.send_waiting(RUDO.login)
    assert [world.outbox.get(one.token).state for one in (first, second)] == ["failed", "done"]


def test_a_failed_entry_that_is_tried_again_is_sent_with_what_it_had_done(world: World) -> None:
    made: list[int] = []

    def does(job: Job) -> None:
        job.once("payment", lambda: made.append(7) or 7, lambda: None)
        if len(world.connections) == 1:
            raise OdooUserError("The file is refused.")

    world.does = does
    entry = world.enter()
    assert world.sent(entry).state == "failed"
    world.outbox.retry(entry.token, RUDO.login)
    assert world.sent(entry).state == "done"
    assert made == [7]


# Who


def test_an_entry_of_somebody_signed_out_says_who_has_to_sign_in_and_waits(world: World) -> None:
    entries = [world.enter("One"), world.enter("Two")]
    sentence = "Needs Rudo Ncube to sign in: this is sent with their own Odoo account and no other."
    world.no_client = NeedsSignInError(sentence)
    world.sender.send_waiting(RUDO.login)
    found = [world.outbox.get(one.token) for one in entries]
    assert [(one.state, one.reason) for one in found] == [("waiting", sentence)] * 2
    assert {one.next_s for one in found} == {world.now_s + SIGN_IN_RETRY_S}
    assert world.sender.send_waiting(RUDO.login) == 0
    # They sign in.
    world.no_client = None
    world.outbox.wake(RUDO.login)
    assert world.sender.send_waiting(RUDO.login) == 2
    assert world.odoo == [("One", RUDO.login), ("Two", RUDO.login)]


def test_each_entry_goes_out_with_its_author_s_connection(world: World) -> None:
    world.enter("Rudo's"), world.enter("Farai's", FARAI)
    for who in (FARAI, RUDO):
        world.sender.send_waiting(who.login)
    assert sorted(world.odoo) == [("Farai's", FARAI.login), ("Rudo's", RUDO.login)]


def test_a_right_lost_since_it_was_entered_fails_the_entry_with_that_sentence(world: World) -> None:
    world.no_client = ForbiddenError("Your role (sales) does not include this (decide).", subject="decide")
    found = world.sent(world.enter(kind="payment_approve"))
    assert (found.state, found.reason) == ("failed", "Your role (sales) does not include this (decide).")
    assert world.trail() == [("decision", RUDO.login, "failed")]


def test_a_right_lost_while_an_outcome_is_open_does_not_settle_it(world: World) -> None:
    world.does = losing(OdooUserError("No."))
    entry = world.enter()
    assert world.sent(entry).state == "unknown"
    world.no_client = ForbiddenError("Not yours any more.")
    world.now_s += 60
    assert (world.sent(entry).state, world.sent(entry).reason) == ("unknown", "Not yours any more.")


def test_the_service_account_writes_only_what_names_its_author(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(auth="none")
    used: list[Settings] = []
    monkeypatch.setattr(module.OdooClient, "connect", lambda given: used.append(given))
    clients = service_clients(settings)
    clients(Author("dashboard", "Dashboard", on_behalf=True), "payment_proof")
    assert used == [settings]
    with pytest.raises(NeedsSignInError, match="Needs Rudo Ncube to sign in"):
        clients(RUDO, "payment_proof")
    assert used == [settings]


# What is told


def test_what_is_done_is_in_the_trail_and_its_figures_are_read_again(world: World) -> None:
    for kind in KINDS:
        entry = world.enter(kind=kind, subject="account.payment:7")
        assert world.sent(entry).state == "done"
        row = world.audit.read(limit=1).iloc[0]
        assert (row["event"], row["login"], row["outcome"]) == (
            "decision" if ACTION_OF[kind] == "decide" else "write", RUDO.login, "done",
        )  # fmt: skip
        assert row["subject"] == f"{kind}: account.payment:7 {entry.token}"
        assert world.touched[-1] == GROUPS_OF[kind]
    assert len(world.touched) == len(KINDS)


def test_what_is_not_done_reads_no_figures_again(world: World) -> None:
    world.does = raising(OdooUserError("No."))
    world.sent(world.enter())
    assert world.touched == []


def test_what_failed_halfway_has_changed_figures(world: World) -> None:
    def does(job: Job) -> Done:
        job.once("post", lambda: True, lambda: None)
        raise OdooUserError("Posted, but not matched.")

    world.does = does
    assert world.sent(world.enter(kind="payment_approve")).state == "failed"
    assert world.touched == [GROUPS_OF["payment_approve"]]


def test_a_trail_that_cannot_be_written_does_not_undo_what_odoo_has(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_args: Any, **_more: Any) -> None:
        raise AuditError("The disk is full.")

    monkeypatch.setattr(world.audit, "add", full)
    assert world.sent(world.enter()).state == "done"
    assert "not in the audit trail" in caplog.text


def test_every_kind_has_a_handler_an_action_and_what_to_read_again() -> None:
    assert set(HANDLERS) == set(KINDS) == set(ACTION_OF) == set(GROUPS_OF)


# Lanes


def test_two_senders_never_send_the_same_entry(world: World) -> None:
    entry = world.enter()
    under_way, go_on = threading.Event(), threading.Event()

    def does(job: Job) -> None:
        under_way.set()
        go_on.wait(10)

    world.does = does
    thread = threading.Thread(target=world.sender.send_waiting, args=(RUDO.login,))
    thread.start()
    assert under_way.wait(10)
    assert world.another().send_waiting(RUDO.login) == 0
    go_on.set()
    thread.join()
    assert world.outbox.get(entry.token).attempts == 1
    assert len(world.odoo) == 1


def test_two_people_on_one_record_go_one_after_the_other(world: World) -> None:
    mine, theirs = world.enter(subject="account.payment:7"), world.enter("Theirs", FARAI, subject="account.payment:7")
    under_way, go_on = threading.Event(), threading.Event()

    def does(job: Job) -> None:
        under_way.set()
        go_on.wait(10)

    world.does = does
    thread = threading.Thread(target=world.sender.send_waiting, args=(RUDO.login,))
    thread.start()
    assert under_way.wait(10)
    world.another().send_waiting(FARAI.login)
    waits = world.outbox.get(theirs.token)
    assert (waits.state, waits.attempts) == ("waiting", 0)
    assert 0 < waits.next_s - world.now_s < 1
    go_on.set()
    thread.join()
    assert world.outbox.get(mine.token).state == "done"
    world.now_s += 1
    assert world.sent(theirs).state == "done"


def test_a_discarded_entry_found_due_just_before_is_not_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = world.enter()
    due = world.outbox.due

    def found_then_discarded(login: str, now_s: float) -> list[Entry]:
        found = due(login, now_s)
        if found:
            world.outbox.discard(entry.token, RUDO.login, "entered twice")
        return found

    monkeypatch.setattr(world.outbox, "due", found_then_discarded)
    world.sender.send_waiting(RUDO.login)
    assert world.outbox.get(entry.token).state == "discarded"
    assert world.odoo == []


# In the background


@pytest.fixture
def running(world: World) -> World:
    """A world whose sender runs, on the clock of the wall."""
    world.outbox = Outbox(world.outbox.path)
    world.sender = world.another()
    world.sender.start_background()
    world.sender.start_background()
    return world


def test_what_is_entered_is_sent_by_itself_and_waited_for(running: World) -> None:
    entry = running.enter()
    running.sender.poke()
    assert running.sender.wait(entry.token, 10).state == "done"


def test_one_person_s_long_call_does_not_keep_another_waiting(running: World) -> None:
    go_on, begun = threading.Event(), threading.Event()

    def does(job: Job) -> None:
        if job.entry.author == RUDO:
            begun.set()
            go_on.wait(20)

    running.does = does
    slow, quick = running.enter("Slow"), running.enter("Quick", FARAI)
    running.sender.poke()
    assert begun.wait(10)
    assert running.sender.wait(quick.token, 10).state == "done"
    assert running.outbox.get(slow.token).state == "sent"
    go_on.set()
    assert running.sender.wait(slow.token, 10).state == "done"


def test_what_was_left_of_an_earlier_run_is_sent_at_the_start(world: World) -> None:
    entry = world.enter()
    world.outbox.claim(entry.token)
    world.sender.start_background()
    assert world.sender.wait(entry.token, 10).state == "done"


def test_nobody_waits_for_an_entry_that_says_what_it_waits_for(running: World) -> None:
    running.no_client = NeedsSignInError("Needs Rudo Ncube to sign in.")
    entry = running.enter()
    running.sender.poke()
    found = running.sender.wait(entry.token, 10)
    assert (found.state, found.reason) == ("waiting", "Needs Rudo Ncube to sign in.")


def test_waiting_ends_after_its_time(world: World) -> None:
    assert world.sender.wait(world.enter().token, 0.05).state == "waiting"


def test_a_lane_that_cannot_use_the_outbox_is_logged_and_comes_back(
    running: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "BROKEN_RETRY_S", 0.05)
    failures = [OutboxError("The disk is full."), ZeroDivisionError("a bug of ours")]
    claim = running.outbox.claim

    def sometimes(token: str) -> bool:
        if failures:
            raise failures.pop(0)
        return claim(token)

    monkeypatch.setattr(running.outbox, "claim", sometimes)
    entry = running.enter()
    running.sender.poke()
    assert running.sender.wait(entry.token, 10).state == "done"
    assert "The disk is full." in caplog.text
    assert "a bug of ours" in caplog.text


def test_a_person_whose_lane_found_no_thread_gets_one_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BROKEN_RETRY_S", 0.05)
    failures = [RuntimeError("can't start new thread"), RuntimeError("can't start new thread")]
    start = threading.Thread.start

    def sometimes(thread: threading.Thread) -> None:
        if thread.name == "outbox-lane" and failures:
            raise failures.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", sometimes)
    world.outbox = Outbox(world.outbox.path)
    world.sender = world.another()
    entry = world.enter()
    world.sender.start_background()
    assert world.sender.wait(entry.token, 10).state == "done"
    assert not failures


@pytest.mark.parametrize("failure", [OutboxError("The disk is full."), ZeroDivisionError("a bug of ours")])
def test_what_was_to_be_looked_at_while_the_outbox_could_not_be_is_looked_at_soon(
    running: World, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    monkeypatch.setattr(module, "BROKEN_RETRY_S", 0.05)
    failures = [failure]
    waiting = running.outbox.logins_waiting

    def sometimes() -> list[tuple[str, float]]:
        if failures:
            raise failures.pop()
        return waiting()

    monkeypatch.setattr(running.outbox, "logins_waiting", sometimes)
    entry = running.enter()
    running.sender.poke()
    assert running.sender.wait(entry.token, 10).state == "done"
    assert not failures


def test_after_stop_nothing_is_sent(running: World) -> None:
    running.sender.stop()
    entry = running.enter()
    running.sender.poke()
    assert running.sender.wait(entry.token, 0.2).state == "waiting"
    assert running.sender.send_waiting(RUDO.login) == 0
