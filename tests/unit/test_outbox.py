"""The outbox: on disk before anything is sent, found again, in order, and given up by nobody but a person."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from odoo_client.actions.outbox.entry import STATES, Author, Entry, FileRef, Kind, Record, new_token
from odoo_client.actions.outbox.outbox import MAX_REASON, Outbox
from odoo_client.errors import ActionRefusedError, OutboxError

RUDO = Author("rudo@staff.example", "Rudo Ncube")
FARAI = Author("farai@staff.example", "Farai Dube")
CONTENT = b"%PDF-1.7 a proof"
FILE = FileRef(hashlib.sha256(CONTENT).hexdigest(), "proof.pdf", "application/pdf", len(CONTENT))


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(tmp_path: Path, clock: Clock) -> Outbox:
    return Outbox(tmp_path / "data" / "outbox.sqlite3", clock=clock)


def add(outbox: Outbox, author: Author = RUDO, *, kind: Kind = "payment_proof", **more: Any) -> Entry:
    return outbox.add(kind, author, **({"title": "Payment of USD 10.00", "payload": {"amount": "10.00"}} | more))


def states(outbox: Outbox, token: str) -> list[str]:
    return [state for _moment, state, _reason, _login in outbox.history(token)]


# What is entered


def test_an_entry_is_on_disk_when_add_returns(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from odoo_client.actions.outbox.entry import Author\n"
        "from odoo_client.actions.outbox.outbox import Outbox\n"
        "entry = Outbox(Path(sys.argv[1])).add('activity', Author('rudo', 'Rudo'), title='T', payload={'a': 1})\n"
        "print(entry.token, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    entry = Outbox(path).get(killed.stdout.strip())
    assert (entry.state, entry.payload) == ("waiting", {"a": 1})


def test_an_entry_carries_everything_it_was_made_with(outbox: Outbox, clock: Clock) -> None:
    author = Author("rudo@staff.example", "Rudo", on_behalf=True)
    entry = add(outbox, author, file=FILE, content=CONTENT, subject="account.payment:12")
    assert entry == outbox.get(entry.token)
    assert (entry.author, entry.file, entry.subject) == (author, FILE, "account.payment:12")
    assert (entry.state, entry.attempts, entry.record, entry.created_s) == ("waiting", 0, None, clock.now_s)
    assert outbox.content(FILE.sha256) == CONTENT
    assert entry.open
    assert " on behalf of Rudo (rudo@staff.example)" in entry.author.signature


def test_an_entry_that_makes_a_record_is_its_own_subject(outbox: Outbox) -> None:
    entry = add(outbox)
    assert entry.subject == entry.token


def test_a_token_used_twice_gives_the_entry_it_already_has(outbox: Outbox) -> None:
    token = new_token()
    first = add(outbox, token=token)
    again = add(outbox, FARAI, token=token, title="Another", payload={"amount": "99.00"}, file=FILE, content=CONTENT)
    assert again == first
    assert len(outbox.entries()) == 1
    with pytest.raises(ActionRefusedError, match="no longer kept"):
        outbox.content(FILE.sha256)


def test_a_token_clicked_by_many_at_once_makes_one_entry(outbox: Outbox) -> None:
    token = new_token()
    threads = [threading.Thread(target=add, args=(outbox,), kwargs={"token": token}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outbox.entries()) == 1


def test_tokens_are_never_the_same_and_hold_no_character_of_a_search_pattern() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(token.startswith("AFN-") and token[4:].isalnum() and token == token.upper() for token in tokens)


def test_what_cannot_be_kept_is_refused_with_a_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(OutboxError, match="DATA_DIR"):
        add(Outbox(blocked / "outbox.sqlite3"))


def test_a_transaction_that_fails_leaves_nothing_of_it(outbox: Outbox) -> None:
    with pytest.raises(TypeError):
        add(outbox, payload={"amount": object()}, file=FILE, content=CONTENT)
    assert outbox.entries() == []
    with pytest.raises(ActionRefusedError):
        outbox.content(FILE.sha256)


# The file


def test_nobody_else_may_read_the_file_or_its_folder(outbox: Outbox) -> None:
    old = os.umask(0)
    try:
        add(outbox)
    finally:
        os.umask(old)
    assert stat.S_IMODE(outbox.path.parent.stat().st_mode) == 0o700
    for file in outbox.path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_there_is_no_column_a_credential_could_stand_in(outbox: Outbox) -> None:
    add(outbox)
    with sqlite3.connect(outbox.path) as base:
        names = {row[1] for table in ("entries", "history") for row in base.execute(f"PRAGMA table_info({table})")}
    assert not {name for name in names if any(word in name for word in ("password", "secret", "key", "cookie"))}
    assert {"login", "name"} <= names


def test_each_commit_reaches_the_disk(outbox: Outbox) -> None:
    with outbox.opened() as base:
        assert base.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
        assert base.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


# How it is found


def test_entries_come_newest_first_and_filters_narrow(outbox: Outbox) -> None:
    one, two = add(outbox), add(outbox, FARAI, subject="res.partner:7")
    three = add(outbox)
    outbox.change(three.token, "failed", reason="No")
    assert outbox.entries() == [outbox.get(one.token) for one in (three, two, one)]
    assert [entry.token for entry in outbox.entries(login=RUDO.login)] == [three.token, one.token]
    assert [entry.token for entry in outbox.entries(states=("failed", "done"))] == [three.token]
    assert [entry.token for entry in outbox.entries(subject="res.partner:7")] == [two.token]
    assert [entry.token for entry in outbox.entries(limit=1)] == [three.token]
    assert outbox.entries(states=("waiting",), login="nobody") == []


def test_when_each_subject_last_had_an_entry_leaves_out_what_came_to_nothing(outbox: Outbox, clock: Clock) -> None:
    add(outbox, kind="activity", subject="res.partner:1")
    first = clock()
    clock.now_s += 60.0
    add(outbox, kind="activity", subject="res.partner:1")
    failed = add(outbox, kind="activity", subject="res.partner:2")
    outbox.discard(failed.token, "rudo", "Typed twice.")
    add(outbox, subject="res.partner:3")
    assert outbox.last_by_subject("activity", clock() + 1) == {"res.partner:1": first + 60.0}
    assert outbox.last_by_subject("activity", clock()) == {"res.partner:1": first}


def test_counts_are_by_state_and_by_person(outbox: Outbox, clock: Clock) -> None:
    one = add(outbox)
    add(outbox, FARAI)
    assert outbox.counts() == {"waiting": 2}
    clock.now_s += 10
    outbox.change(one.token, "done", record=Record("account.payment", 3))
    assert outbox.counts() == {"waiting": 1, "done": 1}
    assert outbox.counts(RUDO.login) == {"done": 1}
    assert outbox.counts("nobody") == {}
    assert outbox.counts(since_s=clock.now_s) == {"done": 1}
    assert set(outbox.counts()) <= set(STATES)


def test_the_stamp_changes_with_every_move_and_with_what_comes(outbox: Outbox, clock: Clock) -> None:
    stamps = [outbox.stamp()]
    entry = add(outbox)
    stamps.append(outbox.stamp())
    for state in ("sent", "failed"):
        clock.now_s += 1
        outbox.change(entry.token, state)
        stamps.append(outbox.stamp())
    assert len(set(stamps)) == 4
    theirs = outbox.stamp(FARAI.login)
    clock.now_s += 1
    outbox.retry(entry.token, RUDO.login)
    assert outbox.stamp(FARAI.login) == theirs
    assert outbox.stamp() != stamps[-1]


def test_marks_find_entries_unless_they_are_discarded(outbox: Outbox) -> None:
    one = add(outbox, marks={"sha256": FILE.sha256, "bank_reference": ""})
    two = add(outbox, FARAI, marks={"sha256": FILE.sha256, "bank_reference": "FT123"})
    assert [entry.token for entry in outbox.marked("sha256", FILE.sha256)] == [two.token, one.token]
    assert [entry.token for entry in outbox.marked("bank_reference", "FT123")] == [two.token]
    assert outbox.marked("bank_reference", "") == []
    assert outbox.marked("sha256", "FT123") == []
    outbox.discard(two.token, FARAI.login, "twice")
    assert [entry.token for entry in outbox.marked("sha256", FILE.sha256)] == [one.token]


def test_entries_are_found_by_kind_subject_and_record(outbox: Outbox) -> None:
    one, two = add(outbox), add(outbox, FARAI)
    other = add(outbox, kind="activity")
    seven, eight = Record("account.payment", 7), Record("account.payment", 8)
    outbox.change(one.token, "done", record=seven)
    assert [entry.token for entry in outbox.of_kind("payment_proof")] == [two.token, one.token]
    assert [entry.token for entry in outbox.of_kind("activity", subject=other.subject)] == [other.token]
    assert [entry.token for entry in outbox.of_kind("payment_proof", record=seven)] == [one.token]
    assert outbox.of_kind("payment_proof", record=eight) == []


def test_an_unknown_token_is_a_sentence(outbox: Outbox) -> None:
    for act in (outbox.get, lambda token: outbox.retry(token, "x"), lambda token: outbox.discard(token, "x", "y")):
        with pytest.raises(ActionRefusedError, match="has no entry AFN-NONE"):
            act("AFN-NONE")


# Order


def test_what_is_due_comes_in_the_order_it_was_entered(outbox: Outbox, clock: Clock) -> None:
    tokens = [add(outbox).token for _ in range(3)]
    add(outbox, FARAI)
    assert [entry.token for entry in outbox.due(RUDO.login, clock.now_s)] == tokens
    outbox.postpone(tokens[1], clock.now_s + 5)
    assert [entry.token for entry in outbox.due(RUDO.login, clock.now_s)] == [tokens[0], tokens[2]]
    assert [entry.token for entry in outbox.due(RUDO.login, clock.now_s + 5)] == tokens


@pytest.mark.parametrize("state", ["waiting", "sent", "unknown"])
def test_an_entry_waits_behind_the_person_s_earlier_open_one_of_its_subject(
    outbox: Outbox, clock: Clock, state: str
) -> None:
    first = add(outbox, subject="res.partner:7")
    second = add(outbox, subject="res.partner:7")
    other, theirs = add(outbox, subject="res.partner:8"), add(outbox, FARAI, subject="res.partner:7")
    outbox.change(first.token, state, next_s=clock.now_s + 60)
    assert [entry.token for entry in outbox.due(RUDO.login, clock.now_s)] == [other.token]
    assert [entry.token for entry in outbox.due(FARAI.login, clock.now_s)] == [theirs.token]
    outbox.change(first.token, "failed")
    assert [entry.token for entry in outbox.due(RUDO.login, clock.now_s)] == [second.token, other.token]


def test_who_has_something_open_is_known_with_its_next_moment(outbox: Outbox, clock: Clock) -> None:
    one, two, three = add(outbox), add(outbox), add(outbox, FARAI)
    outbox.postpone(one.token, 50.0)
    outbox.postpone(two.token, 20.0)
    outbox.change(three.token, "done")
    assert outbox.logins_waiting() == [(RUDO.login, 20.0)]


@pytest.mark.parametrize("state", ["waiting", "unknown"])
def test_what_was_put_off_by_a_clock_that_was_days_ahead_is_due(outbox: Outbox, clock: Clock, state: str) -> None:
    entry, later = add(outbox), add(outbox)
    clock.now_s += 3 * 86_400
    outbox.change(entry.token, state, next_s=clock.now_s + 60)
    outbox.hold(RUDO.login, clock.now_s + 60, "Odoo is down.")
    clock.now_s -= 3 * 86_400
    assert [one.token for one in outbox.due(RUDO.login, clock.now_s)] == [entry.token, later.token]
    assert outbox.logins_waiting() == [(RUDO.login, 0.0)]
    # Held again by the clock that is right, it waits as long as anything.
    outbox.hold(RUDO.login, clock.now_s + 60, "Odoo is down.")
    held = {"waiting": [], "unknown": [entry.token]}[state]
    assert [one.token for one in outbox.due(RUDO.login, clock.now_s)] == held


def test_waking_makes_what_waits_and_what_is_looked_up_due(outbox: Outbox, clock: Clock) -> None:
    waiting, unknown, failed = add(outbox), add(outbox), add(outbox)
    theirs = add(outbox, FARAI)
    outbox.change(unknown.token, "unknown", next_s=clock.now_s + 60)
    outbox.change(failed.token, "failed")
    for one in (waiting, theirs):
        outbox.postpone(one.token, clock.now_s + 60)
    outbox.wake(RUDO.login)
    assert [entry.token for entry in outbox.due(RUDO.login, clock.now_s)] == [waiting.token, unknown.token]
    assert outbox.due(FARAI.login, clock.now_s) == []


def test_held_entries_wait_together_and_are_told_why_once(outbox: Outbox, clock: Clock) -> None:
    entries = [add(outbox) for _ in range(3)]
    theirs = add(outbox, FARAI)
    outbox.change(entries[2].token, "unknown")
    for _ in range(5):
        clock.now_s += 60
        outbox.hold(RUDO.login, clock.now_s + 60, "Odoo is down.")
    assert [outbox.get(one.token).reason for one in (*entries, theirs)] == ["Odoo is down."] * 2 + ["", ""]
    assert outbox.due(RUDO.login, clock.now_s) == [outbox.get(entries[2].token)]
    assert [entry.number for entry in outbox.due(RUDO.login, clock.now_s + 60)] == [1, 2, 3]
    assert states(outbox, entries[0].token) == ["waiting", "waiting"]


# How it moves


def test_a_claim_counts_an_attempt_and_only_an_open_entry_can_be_claimed(outbox: Outbox) -> None:
    entry = add(outbox)
    assert outbox.claim(entry.token)
    assert outbox.claim(entry.token)
    found = outbox.get(entry.token)
    assert (found.state, found.attempts) == ("sent", 2)
    for state in ("done", "failed", "discarded"):
        outbox.change(entry.token, state)
        assert not outbox.claim(entry.token)
        outbox.postpone(entry.token, 99.0)
        assert outbox.get(entry.token).state == state


def test_an_entry_discarded_after_it_was_found_due_is_not_sent(outbox: Outbox, clock: Clock) -> None:
    add(outbox)
    [due] = outbox.due(RUDO.login, clock.now_s)
    outbox.discard(due.token, RUDO.login, "entered twice")
    assert not outbox.claim(due.token)
    assert outbox.get(due.token).state == "discarded"


def test_the_history_tells_each_change_with_its_moment_reason_and_person(outbox: Outbox, clock: Clock) -> None:
    entry = add(outbox)
    begun = clock.now_s
    clock.now_s += 1
    outbox.claim(entry.token)
    clock.now_s += 1
    outbox.change(entry.token, "failed", reason="Odoo said no.")
    clock.now_s += 1
    outbox.retry(entry.token, "admin@staff.example")
    clock.now_s += 1
    outbox.claim(entry.token)
    outbox.change(entry.token, "done", record=Record("account.payment", 3, "PBNK/3"), result={"outcome": "approved"})
    assert outbox.history(entry.token) == [
        (begun, "waiting", "", RUDO.login),
        (begun + 1, "sent", "", RUDO.login),
        (begun + 2, "failed", "Odoo said no.", RUDO.login),
        (begun + 3, "waiting", "", "admin@staff.example"),
        (begun + 4, "sent", "", RUDO.login),
        (begun + 4, "done", "", RUDO.login),
    ]
    done = outbox.get(entry.token)
    assert (done.record, done.result) == (Record("account.payment", 3, "PBNK/3"), {"outcome": "approved"})
    assert (done.attempts, done.changed_s) == (1, clock.now_s)


def test_an_outage_of_days_is_no_long_history(outbox: Outbox) -> None:
    entry = add(outbox)
    for _ in range(30):
        outbox.claim(entry.token)
        outbox.change(entry.token, "waiting", reason="Odoo cannot be reached.")
    outbox.claim(entry.token)
    outbox.change(entry.token, "waiting", reason="Needs Rudo to sign in.")
    outbox.claim(entry.token)
    outbox.change(entry.token, "done")
    assert len(outbox.history(entry.token)) <= 8
    assert states(outbox, entry.token)[-1] == "done"
    assert outbox.get(entry.token).attempts == 32


def test_a_reason_without_end_is_cut(outbox: Outbox) -> None:
    entry = add(outbox)
    outbox.change(entry.token, "failed", reason="x" * 5000)
    assert len(outbox.get(entry.token).reason) == MAX_REASON


# What a person decides


def test_a_failed_entry_is_sent_again_at_once_when_a_person_says_so(outbox: Outbox, clock: Clock) -> None:
    entry = add(outbox)
    outbox.claim(entry.token)
    outbox.change(entry.token, "failed", reason="No right.")
    assert outbox.due(RUDO.login, clock.now_s) == []
    found = outbox.retry(entry.token, FARAI.login)
    assert (found.state, found.reason, found.attempts, found.author) == ("waiting", "", 0, RUDO)
    assert outbox.due(RUDO.login, clock.now_s) == [found]
    assert outbox.due(FARAI.login, clock.now_s) == []


def test_what_waits_goes_out_now_and_what_is_unknown_is_looked_up_now(outbox: Outbox, clock: Clock) -> None:
    waiting, unknown = add(outbox), add(outbox)
    outbox.postpone(waiting.token, clock.now_s + 60)
    outbox.put_steps(unknown.token, {"payment": {"began_s": 1.0, "gave_up_s": 2.0}})
    outbox.change(unknown.token, "unknown", reason="Lost.", next_s=clock.now_s + 60)
    assert outbox.retry(waiting.token, RUDO.login).state == "waiting"
    assert outbox.retry(unknown.token, RUDO.login).state == "unknown"
    assert len(outbox.due(RUDO.login, clock.now_s)) == 2
    assert "payment" in outbox.steps(unknown.token)


@pytest.mark.parametrize(("state", "words"), [("sent", "being sent"), ("done", "done"), ("discarded", "discarded")])
def test_what_is_under_way_or_settled_is_not_sent_again(outbox: Outbox, state: str, words: str) -> None:
    entry = add(outbox)
    outbox.change(entry.token, state)
    with pytest.raises(ActionRefusedError, match=f"This entry is {words}: it cannot be sent again now"):
        outbox.retry(entry.token, RUDO.login)
    assert outbox.get(entry.token).state == state


def test_a_discard_needs_a_reason_and_keeps_it(outbox: Outbox) -> None:
    entry = add(outbox)
    for reason in ("", "  \n"):
        with pytest.raises(ActionRefusedError, match="Say why"):
            outbox.discard(entry.token, FARAI.login, reason)
    found = outbox.discard(entry.token, FARAI.login, "  entered twice ")
    assert (found.state, found.reason) == ("discarded", "entered twice")
    assert outbox.history(entry.token)[-1][1:] == ("discarded", "entered twice", FARAI.login)
    assert not found.open


@pytest.mark.parametrize("state", ["sent", "unknown"])
def test_an_entry_whose_outcome_is_open_is_not_discarded(outbox: Outbox, state: str) -> None:
    entry = add(outbox)
    outbox.put_steps(entry.token, {"payment": {"began_s": 1.0}})
    outbox.change(entry.token, state)
    with pytest.raises(ActionRefusedError, match="looked up in odoo: it cannot be discarded now"):
        outbox.discard(entry.token, RUDO.login, "give up")
    assert outbox.get(entry.token).state == state


def test_a_step_known_done_does_not_keep_an_entry_from_being_discarded(outbox: Outbox) -> None:
    entry = add(outbox)
    outbox.put_steps(entry.token, {"payment": {"began_s": 1.0, "value": 7}})
    outbox.change(entry.token, "failed")
    assert outbox.discard(entry.token, RUDO.login, "cancelled in Odoo by hand").state == "discarded"


# Files


def test_a_file_is_kept_until_no_entry_needs_it(outbox: Outbox) -> None:
    one, two, three = (add(outbox, author, file=FILE, content=CONTENT) for author in (RUDO, FARAI, RUDO))
    outbox.change(one.token, "done")
    assert outbox.content(FILE.sha256) == CONTENT
    outbox.change(two.token, "failed")
    outbox.change(three.token, "done")
    assert outbox.content(FILE.sha256) == CONTENT
    outbox.discard(two.token, FARAI.login, "done by Rudo")
    with pytest.raises(ActionRefusedError, match="no longer kept"):
        outbox.content(FILE.sha256)
    assert outbox.get(two.token).file == FILE


def test_settling_an_entry_without_a_file_drops_nobody_s(outbox: Outbox) -> None:
    add(outbox, file=FILE, content=CONTENT)
    outbox.change(add(outbox).token, "done")
    assert outbox.content(FILE.sha256) == CONTENT


# Several processes


def test_two_programs_share_one_outbox(outbox: Outbox, clock: Clock) -> None:
    other = Outbox(outbox.path, clock=clock)
    mine, theirs = add(outbox), add(other, FARAI)
    assert {entry.token for entry in outbox.entries()} == {entry.token for entry in other.entries()}
    other.discard(mine.token, "admin", "by the other program")
    assert outbox.get(mine.token).state == "discarded"
    assert outbox.get(theirs.token).author == FARAI


def test_many_writers_lose_nothing(outbox: Outbox) -> None:
    def enter() -> None:
        for _ in range(10):
            add(Outbox(outbox.path))

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({entry.number for entry in outbox.entries()}) == 40


def test_what_was_entered_for_one_odoo_never_goes_to_another_until_somebody_says_they_are_the_same(
    tmp_path: Path,
) -> None:
    path = tmp_path / "outbox.sqlite3"
    first = Outbox(path, odoo="erp at https://erp.example.com")
    entry = add(first)
    moved = Outbox(path, odoo="erp at https://new.example.com")
    with pytest.raises(OutboxError, match="--adopt"):
        moved.get(entry.token)
    moved.adopt()
    assert moved.get(entry.token).token == entry.token
    with pytest.raises(OutboxError, match="not of erp at https://erp"):
        Outbox(path, odoo="erp at https://erp.example.com").due(RUDO.login, 1.0)


def test_an_outcome_that_odoo_can_no_longer_bring_about_may_be_given_up(outbox: Outbox, clock: Clock) -> None:
    entry = add(outbox)
    outbox.put_steps(entry.token, {"payment": {"began_s": clock.now_s, "gave_up_s": clock.now_s}})
    outbox.change(entry.token, "unknown")
    clock.now_s += outbox.longest_call_s - 1
    with pytest.raises(ActionRefusedError):
        outbox.discard(entry.token, FARAI.login, "its author has left")
    clock.now_s += 1
    assert outbox.discard(entry.token, FARAI.login, "its author has left").state == "discarded"
