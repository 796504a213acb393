"""Project tasks closed by their stage, by their state or by both, on a real Odoo 19 without helpdesk, against SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from odoo_client.actions.outbox.entry import Entry
from odoo_client.actions.tickets.requests import TicketChange, update_ticket
from odoo_client.datasets.task_states import stage_for, state_for
from odoo_client.live.tickets import TASK, ChangeOffers
from odoo_client.metrics.ticket_queue import backlog_by_day, ticket_facts
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.contract.test_ticket_writes import TASKER, TicketDesk, desk_at, hire_tasker
from tests.contract.writers import author
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo
WHO = author(TASKER)
HARARE = "Africa/Harare"
#: What a team that works by columns counts as closed, and what one does that works by states.
BY_COLUMN, BY_STATE = "s.fold", "t.state in ('1_done', '1_canceled')"


@pytest.fixture(scope="module")
def server(odoo19_lean: RealOdoo) -> Iterator[RealOdoo]:
    with odoo19_lean.copy() as copy:
        hire_tasker(copy)
        yield copy


@pytest.fixture
def desk(server: RealOdoo, tmp_path: Path) -> TicketDesk:
    return desk_at(server, {}, tmp_path)


def project(server: RealOdoo) -> int:
    found: int = server.sql("select id from project_project where name ->> 'en_US' = 'Customer support'")[0][0]
    return found


def stage(server: RealOdoo, name: str) -> int:
    return int(server.sql("select id from project_task_type where name ->> 'en_US' = %s", [name])[0][0])


def task(server: RealOdoo, **more: object) -> int:
    """Make a task as Odoo's own form would; `more` is written to it afterwards."""
    made: int = server.call(TASK, "create", {"name": "Dish fell", "project_id": project(server)})
    if more:
        server.call(TASK, "write", [made], more)
    return made


def read(desk: TicketDesk, folder: Path) -> Snapshot:
    store = SnapshotStore(folder)
    try:
        return run_sync(desk.settings, store).snapshot
    finally:
        store.close()


def counted(server: RealOdoo, condition: str) -> set[int]:
    rows = server.sql(
        "select t.id from project_task t left join project_task_type s on s.id = t.stage_id "
        f"where t.project_id is not null and t.active and ({condition})"
    )
    return {row[0] for row in rows}


def closed_of(snapshot: Snapshot) -> set[int]:
    tickets = snapshot.frame("tickets")
    return set(tickets.loc[tickets["closed"], "ticket_id"])


def test_tasks_closed_in_odoo_by_column_or_by_state_are_closed_and_dated(desk: TicketDesk, tmp_path: Path) -> None:
    server = desk.server
    solved, working = stage(server, "Solved"), stage(server, "Working on it")
    moved = task(server, stage_id=solved)
    stated, given_up = task(server, state="1_done"), task(server, state="1_canceled")
    both = task(server, stage_id=solved, state="1_done")
    at_work = task(server, stage_id=working, state="03_approved")
    moved_back = task(server, stage_id=solved)
    server.call(TASK, "write", [moved_back], {"stage_id": working})
    states = dict(server.sql("select id, state from project_task where id = any(%s)", [[moved, moved_back]]))
    assert states == {moved: "01_in_progress", moved_back: "01_in_progress"}, "Odoo itself sets no state for a stage"
    # Each was closed at an hour of its own.
    for hours, made in enumerate((moved, stated, given_up, both), start=1):
        server.sql(
            "update project_task set create_date = now() at time zone 'utc' - interval '30 hours', "
            "date_last_stage_update = now() at time zone 'utc' - make_interval(hours => %s), "
            "date_end = case when date_end is null then null "
            "else now() at time zone 'utc' - make_interval(hours => %s) end where id = %s",
            [hours, hours, made],
        )
    snapshot = read(desk, tmp_path / "store")
    assert closed_of(snapshot) == counted(server, f"{BY_COLUMN} or {BY_STATE}")
    assert {moved, stated, given_up, both} <= closed_of(snapshot)
    assert not {at_work, moved_back} & closed_of(snapshot)
    tickets = snapshot.frame("tickets").set_index("ticket_id")
    assert tickets.loc[[moved, stated, given_up, both], "cancelled"].tolist() == [False, False, True, False]
    facts = ticket_facts(snapshot, datetime.now(UTC), HARARE).set_index("ticket_id")
    hours = facts.loc[[moved, stated, both], "resolution_h"].tolist()
    assert hours == pytest.approx([29.0, 28.0, 26.0], abs=0.01)
    assert pd.isna(facts.loc[given_up, "resolution_h"])
    assert facts.loc[[at_work, moved_back], "waiting"].astype(str).tolist() == ["us", "us"]
    # The backlog of the last midnight, as SQL counts it.
    day = datetime.now(ZoneInfo(HARARE)).date()
    midnight = f"((timestamp '{day}' at time zone '{HARARE}') at time zone 'utc')"
    ended = f"coalesce(t.date_end, case when {BY_STATE} then t.date_last_stage_update end)"
    waits = counted(
        server, f"t.create_date < {midnight} and (not ({BY_COLUMN} or {BY_STATE}) or {ended} >= {midnight})"
    )
    archived = server.sql("select count(*) from project_task where project_id is not null and not active")[0][0]
    assert archived == 0
    table = backlog_by_day(snapshot.frame("tickets"), facts.reset_index(), day, day)
    assert int(table["backlog"].iloc[0]) == len(waits)


def changed(desk: TicketDesk, task_id: int, **more: object) -> Entry:
    """Change a task as somebody who has just looked at it."""
    now = desk.now(task_id, TASK, WHO).now
    change = TicketChange(
        TASK, task_id, seen_stage_id=now.stage_id, seen_state=now.state, label=now.label, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return desk.sent(update_ticket(desk.office, WHO, change))


def chosen(offers: ChangeOffers, desk: TicketDesk, state: str) -> dict[str, object]:
    """Return stage and state as the form shows them once that state was chosen."""
    found = stage_for(state, offers.stage(offers.now.stage_id), offers.stages, desk.settings)
    assert found is not None
    return {"state": state, "stage_id": found.stage_id}


@pytest.mark.parametrize("way", ["a stage", "a state", "a stage alone, as kept by an earlier version"])
def test_what_is_closed_from_here_is_closed_for_both_ways_of_working(desk: TicketDesk, way: str) -> None:
    server = desk.server
    solved, new = stage(server, "Solved"), stage(server, "New")
    task_id = task(server)
    before = {condition: counted(server, condition) for condition in (BY_COLUMN, BY_STATE)}
    offers = desk.now(task_id, TASK, WHO)
    assert [one.name for one in offers.states] == ["In Progress", "Changes Requested", "Approved", "Done", "Cancelled"]
    assert [one.name for one in offers.stages if one.marked] == ["Solved"]
    if way == "a state":
        wanted = chosen(offers, desk, "1_done")
        assert wanted["stage_id"] == solved
    else:
        to = offers.stage(solved)
        assert to is not None
        wanted = {"stage_id": solved, "state": state_for(to, offers.now.state, desk.settings)}
        if way != "a stage":
            wanted.pop("state")
    entry = changed(desk, task_id, **wanted)
    assert (entry.state, entry.reason) == ("done", "")
    row = server.sql("select stage_id, state, date_end is not null from project_task where id = %s", [task_id])
    assert row == [(solved, "1_done", True)]
    for condition, ids in before.items():
        assert counted(server, condition) == ids | {task_id}
    # And opened again.
    offers = desk.now(task_id, TASK, WHO)
    entry = changed(desk, task_id, **chosen(offers, desk, "01_in_progress"))
    assert (entry.state, entry.reason) == ("done", "")
    row = server.sql("select stage_id, state, date_end from project_task where id = %s", [task_id])
    assert row == [(new, "01_in_progress", None)]
    for condition, ids in before.items():
        assert counted(server, condition) == ids


def test_a_state_chosen_with_a_stage_stays_as_it_was_chosen(desk: TicketDesk) -> None:
    """Odoo itself would set it back with the new stage."""
    server = desk.server
    working, solved = stage(server, "Working on it"), stage(server, "Solved")
    task_id = task(server)
    assert changed(desk, task_id, stage_id=working, state="03_approved").state == "done"
    assert server.sql("select stage_id, state from project_task where id = %s", [task_id]) == [(working, "03_approved")]
    assert changed(desk, task_id, stage_id=solved, state="02_changes_requested").state == "done"
    assert server.sql("select state from project_task where id = %s", [task_id]) == [("02_changes_requested",)]


def test_a_task_that_waits_for_another_is_closed_and_waits_again_once_it_is_opened(desk: TicketDesk) -> None:
    server = desk.server
    server.call("project.project", "write", [project(server)], {"allow_task_dependencies": True})
    first = task(server)
    task_id = task(server, depend_on_ids=[(6, 0, [first])])
    offers = desk.now(task_id, TASK, WHO)
    assert offers.now.state == "04_waiting_normal"
    assert [one.key for one in offers.states] == ["1_done", "1_canceled", "04_waiting_normal"]
    assert changed(desk, task_id, **chosen(offers, desk, "1_canceled")).state == "done"
    offers = desk.now(task_id, TASK, WHO)
    entry = changed(desk, task_id, **chosen(offers, desk, "01_in_progress"))
    assert (entry.state, entry.reason) == ("done", "")
    assert server.sql("select state from project_task where id = %s", [task_id]) == [("04_waiting_normal",)]


def test_a_state_set_in_odoo_meanwhile_is_not_written_over(desk: TicketDesk) -> None:
    server = desk.server
    task_id = task(server)
    now = desk.now(task_id, TASK, WHO).now
    server.call(TASK, "write", [task_id], {"state": "1_canceled"})
    change = TicketChange(TASK, task_id, state="1_done", seen_state=now.state, label=now.label)
    entry = desk.sent(update_ticket(desk.office, WHO, change))
    assert entry.state == "failed"
    assert "The state of ticket" in entry.reason
    assert "now New, Cancelled" in entry.reason
