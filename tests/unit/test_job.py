"""A step is done once: its value is kept, a lost answer looked up, and sent again only when Odoo no longer is at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from odoo_client.actions.outbox.entry import Author, Entry, FileRef
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.config import Settings
from odoo_client.errors import (
    ActionRefusedError,
    OdooConflictError,
    OdooServerError,
    OdooUnreachableError,
    OdooUserError,
    OutboxError,
    OutcomePendingError,
    UnknownOutcomeError,
)

LONGEST_S = 120.0


class Odoo:
    """What Odoo holds, whether an answer is lost on the way, and how often it was asked."""

    def __init__(self) -> None:
        self.records: list[int] = []
        self.sent = self.looked = 0
        self.error: Exception | None = None
        self.arrives = True

    def send(self) -> int:
        self.sent += 1
        if self.arrives:
            self.records.append(40 + self.sent)
        if self.error is not None:
            raise self.error
        return self.records[-1]

    def look_up(self) -> int | None:
        self.looked += 1
        return self.records[0] if self.records else None


class Desk:
    """An entry whose attempts a test makes one by one, as the sender and a restart do."""

    def __init__(self, folder: Path) -> None:
        self.now_s = 1_000_000.0
        self.outbox = Outbox(folder / "outbox.sqlite3", clock=lambda: self.now_s)
        self.settings = Settings(odoo_longest_call_s=LONGEST_S)
        self.odoo = Odoo()
        self.entry = self.enter()

    def enter(self, **more: Any) -> Entry:
        return self.outbox.add("payment_proof", Author("rudo", "Rudo"), title="T", payload={"amount": "1"}, **more)

    def job(self, entry: Entry | None = None) -> Job:
        return Job(entry or self.entry, None, self.outbox, self.settings)  # type: ignore[arg-type]

    def once(self, job: Job | None = None) -> int:
        return (job or self.job()).once("payment", self.odoo.send, self.odoo.look_up)

    def lose_answer(self, *, arrives: bool) -> None:
        self.odoo.error, self.odoo.arrives = UnknownOutcomeError("Lost."), arrives
        with pytest.raises(UnknownOutcomeError):
            self.once()
        self.odoo.error, self.odoo.arrives = None, True

    @property
    def step(self) -> dict[str, Any] | None:
        return self.outbox.steps(self.entry.token).get("payment")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_step_that_was_never_begun_is_sent_without_looking_it_up(desk: Desk) -> None:
    assert desk.once() == 41
    assert (desk.odoo.sent, desk.odoo.looked) == (1, 0)


def test_its_beginning_is_on_disk_before_it_is_sent(desk: Desk) -> None:
    seen: list[dict[str, Any] | None] = []
    desk.job().once("payment", lambda: seen.append(desk.step) or 5, lambda: None)
    assert seen == [{"began_s": desk.now_s}]


def test_what_cannot_be_written_down_is_not_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(token: str, steps: Any) -> None:
        raise OutboxError("The disk is full.")

    job = desk.job()
    monkeypatch.setattr(desk.outbox, "put_steps", full)
    with pytest.raises(OutboxError):
        desk.once(job)
    assert desk.odoo.sent == 0


def test_a_value_once_known_is_kept_for_this_attempt_and_every_later_one(desk: Desk) -> None:
    job = desk.job()
    assert desk.once(job) == desk.once(job) == desk.once() == 41
    assert (desk.odoo.sent, desk.odoo.looked) == (1, 0)
    assert desk.job().done("payment")
    assert desk.step == {"began_s": desk.now_s, "value": 41}


def test_a_lost_answer_is_looked_up_and_what_arrived_is_not_sent_again(desk: Desk) -> None:
    desk.lose_answer(arrives=True)
    assert desk.step == {"began_s": desk.now_s, "gave_up_s": desk.now_s}
    assert desk.once() == 41
    assert (desk.odoo.sent, desk.odoo.looked) == (1, 1)
    assert desk.once() == 41
    assert desk.odoo.looked == 1


def test_what_is_not_there_yet_is_looked_up_until_odoo_can_no_longer_be_at_it(desk: Desk) -> None:
    desk.lose_answer(arrives=False)
    gave_up_s = desk.now_s
    for later_s in (0, 1, LONGEST_S / 2, LONGEST_S - 0.1):
        desk.now_s = gave_up_s + later_s
        with pytest.raises(OutcomePendingError) as pending:
            desk.once()
        assert pending.value.until_s == gave_up_s + LONGEST_S
    assert (desk.odoo.sent, desk.odoo.looked) == (1, 4)
    # It arrives after all, late.
    desk.odoo.records.append(99)
    assert desk.once() == 99
    assert desk.odoo.sent == 1


def test_it_is_sent_again_only_after_the_longest_call_and_a_last_look(desk: Desk) -> None:
    desk.lose_answer(arrives=False)
    desk.now_s += LONGEST_S
    assert desk.once() == 42
    assert (desk.odoo.sent, desk.odoo.looked) == (2, 1)


def test_a_second_lost_answer_waits_the_whole_time_again(desk: Desk) -> None:
    desk.lose_answer(arrives=False)
    desk.now_s += LONGEST_S
    desk.lose_answer(arrives=False)
    desk.now_s += LONGEST_S - 1
    with pytest.raises(OutcomePendingError):
        desk.once()
    assert desk.odoo.sent == 2


@pytest.mark.parametrize(
    "error",
    [OdooUserError("No."), OdooServerError("Broken."), OdooConflictError("Locked."), OdooUnreachableError("Down.")],
    ids=lambda error: type(error).__name__,
)
def test_a_definite_refusal_leaves_nothing_to_look_up(desk: Desk, error: Exception) -> None:
    desk.odoo.error, desk.odoo.arrives = error, False
    with pytest.raises(type(error)):
        desk.once()
    assert desk.step is None
    assert not desk.job().begun("payment")
    desk.odoo.error, desk.odoo.arrives = None, True
    assert desk.once() == 42
    assert desk.odoo.looked == 0


def test_a_look_up_that_fails_changes_nothing(desk: Desk) -> None:
    desk.lose_answer(arrives=True)
    before = desk.step

    def down() -> int | None:
        raise OdooUnreachableError("Down.")

    with pytest.raises(OdooUnreachableError):
        desk.job().once("payment", desk.odoo.send, down)
    assert desk.step == before
    assert desk.odoo.sent == 1


def killed(desk: Desk, *, arrives: bool) -> None:
    """Let an attempt die in the middle of its call: nothing of it is caught."""

    def die() -> int:
        if arrives:
            desk.odoo.send()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.job().once("payment", die, desk.odoo.look_up)


def test_a_killed_attempt_is_taken_over_and_looked_up(desk: Desk) -> None:
    killed(desk, arrives=True)
    assert desk.step == {"began_s": desk.now_s}
    desk.now_s += 7
    assert desk.once() == 41
    assert desk.odoo.sent == 1


def test_a_killed_attempt_counts_as_under_way_from_the_moment_it_is_found(desk: Desk) -> None:
    killed(desk, arrives=False)
    # The program stood still for an hour; its call may have left at any moment of it.
    desk.now_s += 3600
    with pytest.raises(OutcomePendingError):
        desk.once()
    assert desk.step is not None
    assert desk.step["gave_up_s"] == desk.now_s
    desk.now_s += LONGEST_S - 1
    with pytest.raises(OutcomePendingError):
        desk.once()
    desk.now_s += 1
    assert desk.once() == 41
    assert desk.odoo.sent == 1


def test_a_bug_after_the_call_counts_as_under_way_too(desk: Desk) -> None:
    def broken() -> int:
        desk.odoo.send()
        raise ValueError("a bug of ours")

    with pytest.raises(ValueError, match="bug"):
        desk.job().once("payment", broken, desk.odoo.look_up)
    assert desk.once() == 41
    assert desk.odoo.sent == 1


def test_steps_are_apart_and_the_earlier_one_stays_done(desk: Desk) -> None:
    desk.once()
    job = desk.job()

    def refuse() -> int:
        raise OdooUserError("No file.")

    with pytest.raises(OdooUserError):
        job.once("file", refuse, lambda: None)
    assert set(desk.outbox.steps(desk.entry.token)) == {"payment"}
    assert job.done("payment")
    assert not job.done("file")
    assert job.begun("payment")


def test_another_entry_s_steps_are_its_own(desk: Desk) -> None:
    desk.once()
    other = desk.enter()
    assert desk.job(other).once("payment", lambda: 77, lambda: None) == 77
    assert desk.once() == 41


@pytest.mark.parametrize("value", [True, 0, "", [1, 2], {"a": "b"}, None])
def test_any_value_of_json_is_kept_as_it_was(desk: Desk, value: Any) -> None:
    never: Callable[[], Any] = lambda: pytest.fail("sent twice")  # noqa: E731
    assert desk.job().once("step", lambda: value, lambda: None) == value
    assert desk.job().once("step", never, never) == value


def test_a_job_knows_its_entry_its_file_and_who_entered_what(desk: Desk) -> None:
    entry = desk.enter(file=FileRef("ab" * 32, "proof.pdf", "application/pdf", 4), content=b"%PDF")
    job = desk.job(entry)
    assert (job.token, job.payload, job.content()) == (entry.token, {"amount": "1"}, b"%PDF")
    assert [one.token for one in job.outbox.of_kind("payment_proof")] == [entry.token, desk.entry.token]
    with pytest.raises(ActionRefusedError, match="no longer kept"):
        desk.job().content()
