"""A task's stage and state: what closes it, and which of both goes with the other."""

from __future__ import annotations

import pytest

from odoo_client.config import Settings
from odoo_client.datasets.task_states import (
    BLOCKED,
    CANCELLED,
    DONE,
    IN_PROGRESS,
    Stage,
    State,
    is_closed,
    is_kept,
    offered_states,
    stage_for,
    state_for,
)

APPROVED = "03_approved"
NEW, WORKING, SOLVED = Stage(1, "New"), Stage(2, "Working on it"), Stage(3, "Solved", marked=True)
GIVEN_UP = Stage(4, "Cancelled", marked=True)
SETTINGS = Settings()


@pytest.mark.parametrize(
    ("stage", "state", "closed"),
    [
        (NEW, IN_PROGRESS, False), (NEW, BLOCKED, False), (NEW, DONE, True), (NEW, CANCELLED, True),
        (SOLVED, IN_PROGRESS, True), (SOLVED, DONE, True), (SOLVED, "", True), (NEW, "", False), (None, DONE, True),
        (None, APPROVED, False),
    ],
)  # fmt: skip
def test_a_task_is_closed_by_its_stage_or_by_its_state(stage: Stage | None, state: str, closed: bool):
    assert is_closed(stage, state, SETTINGS) == closed


def test_the_set_pattern_decides_of_stages_alone():
    settings = Settings(ticket_closed_pattern="^work")
    assert is_closed(WORKING, IN_PROGRESS, settings)
    assert not is_closed(SOLVED, IN_PROGRESS, settings)
    assert is_closed(SOLVED, DONE, settings)


@pytest.mark.parametrize(
    ("stage", "now", "state"),
    [
        (SOLVED, IN_PROGRESS, DONE), (SOLVED, APPROVED, DONE), (SOLVED, BLOCKED, DONE), (SOLVED, CANCELLED, CANCELLED),
        (GIVEN_UP, IN_PROGRESS, CANCELLED), (GIVEN_UP, DONE, CANCELLED), (NEW, DONE, IN_PROGRESS),
        (NEW, CANCELLED, IN_PROGRESS), (WORKING, APPROVED, IN_PROGRESS), (WORKING, BLOCKED, BLOCKED), (SOLVED, "", ""),
    ],
)  # fmt: skip
def test_a_new_stage_takes_the_state_along(stage: Stage, now: str, state: str):
    assert state_for(stage, now, SETTINGS) == state


@pytest.mark.parametrize(
    ("state", "now", "stages", "stage"),
    [
        (DONE, WORKING, (NEW, WORKING, GIVEN_UP, SOLVED), SOLVED),
        (CANCELLED, WORKING, (NEW, WORKING, SOLVED, GIVEN_UP), GIVEN_UP),
        (CANCELLED, WORKING, (NEW, WORKING, SOLVED), SOLVED),
        (DONE, WORKING, (NEW, WORKING, GIVEN_UP), WORKING),
        (DONE, WORKING, (NEW, WORKING), WORKING),
        (DONE, GIVEN_UP, (GIVEN_UP, SOLVED), SOLVED),
        (CANCELLED, SOLVED, (SOLVED, GIVEN_UP), GIVEN_UP),
        (APPROVED, WORKING, (NEW, WORKING, SOLVED), WORKING),
        (IN_PROGRESS, SOLVED, (NEW, WORKING, SOLVED), NEW),
        (IN_PROGRESS, SOLVED, (SOLVED,), SOLVED),
        (DONE, SOLVED, (Stage(5, "Shipped", marked=True), SOLVED), SOLVED),
        (DONE, None, (NEW, SOLVED), SOLVED),
        (DONE, None, (), None),
    ],
)
def test_a_new_state_takes_the_stage_along_where_there_is_one_that_fits(
    state: str, now: Stage | None, stages: tuple[Stage, ...], stage: Stage | None
):
    assert stage_for(state, now, stages, SETTINGS) == stage


def test_what_waits_for_other_tasks_can_only_be_closed():
    states = [State(key, key) for key in (IN_PROGRESS, APPROVED, DONE, CANCELLED, BLOCKED)]
    assert [one.key for one in offered_states(states, APPROVED)] == [IN_PROGRESS, APPROVED, DONE, CANCELLED]
    assert [one.key for one in offered_states(states, BLOCKED)] == [DONE, CANCELLED, BLOCKED]


def test_one_opened_again_that_has_to_wait_for_other_tasks_was_opened():
    assert is_kept(IN_PROGRESS, BLOCKED)
    assert not is_kept(DONE, BLOCKED)
    assert not is_kept(IN_PROGRESS, DONE)
