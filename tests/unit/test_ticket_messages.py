"""Messages of tickets in the snapshot: of which tickets, what is public, and increments that equal a full read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from odoo_client.config import Settings
from odoo_client.datasets.tickets import stages_waiting
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.demo.business.accounts import LIMITED_KEY, LIMITED_LOGIN
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import SyncReport, run_sync
from tests.builders import rows
from tests.demo_worlds import TODAY, own

OLD = "2020-01-01 00:00:00"


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with own("19-oca", TODAY) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    opened = SnapshotStore(tmp_path / "cache")
    yield opened
    opened.close()


def settings_of(server: DemoServer, **more: object) -> Settings:
    return demo_settings(Settings(**more), server)  # type: ignore[arg-type]


def sync(server: DemoServer, store: SnapshotStore, **how: object) -> SyncReport:
    settings = how.pop("settings", None) or settings_of(server)
    # The first reads all whatever is asked for; the ones after it what these tests look at.
    if "customer_ids" not in how:
        how.setdefault("groups", ["tickets"])
    return run_sync(settings, store, demo=True, **how)  # type: ignore[arg-type]


def assert_like_a_full_read(server: DemoServer, snapshot: Snapshot, folder: Path, **settings: object) -> None:
    fresh = SnapshotStore(folder / "fresh")
    whole = sync(server, fresh, settings=settings_of(server, **settings)).snapshot
    name = "ticket_messages"
    pd.testing.assert_frame_equal(snapshot.frame(name), whole.frame(name), check_categorical=False)
    fresh.close()


def post(server: DemoServer, ticket_id: int, **more: object) -> int:
    row = {"model": "helpdesk.ticket", "res_id": ticket_id, "date": "2026-11-19 08:00:00", "author_id": 6}
    row |= {"message_type": "comment", "subtype_id": 1, "body": "<p>Hello</p>"}
    return server.orm.create("mail.message", {**row, **more})


def all_but_one_are_old(server: DemoServer) -> None:
    """Let an increment move only what changed since; the newest message keeps its date and sets the watermark."""
    *others, _last = server.orm.tables["mail.message"].values()
    for row in others:
        row["write_date"] = OLD


def moved(report: SyncReport) -> int:
    return next(one.rows_read for one in report.datasets if one.name == "ticket_messages")


def an_old_ticket(server: DemoServer, snapshot: Snapshot) -> int:
    """A closed ticket whose messages are not in the frame, though it has some."""
    known = set(snapshot.frame("ticket_messages")["ticket_id"])
    written = {row["res_id"] for row in server.orm.tables["mail.message"].values()}
    return min(written - known)


def test_messages_are_those_of_open_and_lately_changed_tickets(server: DemoServer, store: SnapshotStore):
    snapshot = sync(server, store).snapshot
    tickets, messages = snapshot.frame("tickets"), snapshot.frame("ticket_messages")
    since = snapshot.info["ticket_messages"].read_at - timedelta(days=90)
    last = tickets[["create_date", "assigned_date", "last_stage_update", "closed_date"]].max(axis=1)
    wanted = set(tickets.loc[~tickets["closed"] | (last >= since), "ticket_id"])
    expected = {key for key, row in server.orm.tables["mail.message"].items() if row["res_id"] in wanted}
    assert set(messages["message_id"]) == expected
    assert len(wanted) < len(tickets)
    assert messages["message_id"].is_monotonic_increasing


def test_what_is_public_whose_and_automatic_is_told_apart(server: DemoServer, store: SnapshotStore):
    ticket = max(server.orm.tables["helpdesk.ticket"])
    given = {
        post(server, ticket): (True, True, False),
        post(server, ticket, subtype_id=2): (False, True, False),
        post(server, ticket, subtype_id=None): (False, True, False),
        post(server, ticket, is_internal=True): (False, True, False),
        post(server, ticket, author_id=None, message_type="email"): (True, False, False),
        post(server, ticket, author_id=2): (True, False, True),
        post(server, ticket, message_type="auto_comment"): (True, True, True),
        post(server, ticket, author_id=9): (True, True, False),  # an employee who has left
        post(server, ticket, message_type="user_notification"): None,
    }
    messages = sync(server, store).snapshot.frame("ticket_messages").set_index("message_id")
    found = {
        key: (bool(row["public"]), bool(row["by_staff"]), bool(row["automatic"]))
        for key, row in messages.loc[messages.index.isin(given)].iterrows()
    }
    assert found == {key: kind for key, kind in given.items() if kind is not None}


def test_a_portal_customer_is_no_staff(server: DemoServer, store: SnapshotStore):
    ticket = max(server.orm.tables["helpdesk.ticket"])
    message = post(server, ticket, author_id=6)
    server.orm.tables["res.users"][5]["share"] = True
    messages = sync(server, store).snapshot.frame("ticket_messages").set_index("message_id")
    assert not messages.loc[message, "by_staff"]


def test_an_increment_brings_new_messages_and_little_else(server: DemoServer, store: SnapshotStore, tmp_path: Path):
    all_but_one_are_old(server)
    before = sync(server, store).snapshot
    ticket = int(before.frame("tickets").query("~closed")["ticket_id"].iloc[0])
    message = post(server, ticket)
    unrelated = post(server, an_old_ticket(server, before))
    report = sync(server, store)
    assert moved(report) <= 3
    found = set(report.snapshot.frame("ticket_messages")["message_id"])
    assert message in found
    assert unrelated not in found
    assert_like_a_full_read(server, report.snapshot, tmp_path)


def test_a_ticket_opened_again_brings_its_whole_conversation(server: DemoServer, store: SnapshotStore, tmp_path: Path):
    all_but_one_are_old(server)
    before = sync(server, store).snapshot
    ticket = an_old_ticket(server, before)
    server.orm.write("helpdesk.ticket", [ticket], {"stage_id": 2})
    now = sync(server, store).snapshot
    assert ticket in set(now.frame("ticket_messages")["ticket_id"])
    assert_like_a_full_read(server, now, tmp_path)


def test_a_ticket_that_falls_out_of_the_days_takes_its_messages_along(
    server: DemoServer, store: SnapshotStore, tmp_path: Path
):
    sync(server, store)
    shorter = sync(server, store, settings=settings_of(server, ticket_messages_days=20)).snapshot
    assert_like_a_full_read(server, shorter, tmp_path, ticket_messages_days=20)


def test_another_map_of_stages_reads_the_conversations_it_needs(
    server: DemoServer, store: SnapshotStore, tmp_path: Path
):
    sync(server, store)
    pattern = "no such stage"
    now = sync(server, store, settings=settings_of(server, ticket_closed_pattern=pattern)).snapshot
    assert not now.frame("tickets")["closed"].any()
    assert_like_a_full_read(server, now, tmp_path, ticket_closed_pattern=pattern)


def test_deleted_messages_go_with_the_comparison_of_ids(server: DemoServer, store: SnapshotStore, tmp_path: Path):
    all_but_one_are_old(server)
    before = sync(server, store).snapshot
    gone = int(before.frame("ticket_messages")["message_id"].iloc[3])
    server.orm.unlink("mail.message", [gone])
    held = sync(server, store).snapshot
    assert gone in set(held.frame("ticket_messages")["message_id"])
    compared = settings_of(server, sync_ids_every_h=1e-6)
    now = sync(server, store, settings=compared, groups=None).snapshot
    assert gone not in set(now.frame("ticket_messages")["message_id"])
    assert_like_a_full_read(server, now, tmp_path)


def test_one_customer_s_sync_brings_that_customer_s_conversations(
    server: DemoServer, store: SnapshotStore, tmp_path: Path
):
    before = sync(server, store).snapshot
    tickets = before.frame("tickets")
    row = tickets[~tickets["closed"] & (tickets["partner_id"] != 0)].iloc[0]
    message = post(server, int(row["ticket_id"]))
    now = sync(server, store, customer_ids=[int(row["partner_id"])]).snapshot
    assert message in set(now.frame("ticket_messages")["message_id"])
    assert_like_a_full_read(server, sync(server, store).snapshot, tmp_path)


def test_an_account_that_may_not_group_messages_reads_them_as_records(store: SnapshotStore, tmp_path: Path):
    """Odoo 16, for one, keeps grouped reads of messages for administrators."""
    with own("16-oca", TODAY) as server:
        whole = sync(server, store).snapshot
        server.accounts[server.login].groups.discard("base.group_erp_manager")
        other = SnapshotStore(tmp_path / "other")
        found = sync(server, other).snapshot
        pd.testing.assert_frame_equal(
            found.frame("ticket_messages"), whole.frame("ticket_messages"), check_categorical=False
        )
        assert found.info["ticket_messages"].state == "ok"
        assert server.traffic.calls["mail.message", "search_read"]
        post(server, int(whole.frame("tickets").query("~closed")["ticket_id"].iloc[0]))
        assert_like_a_full_read(server, sync(server, other).snapshot, tmp_path)
        other.close()


def test_without_the_right_the_frame_is_empty_and_says_so(server: DemoServer, store: SnapshotStore):
    server.deny("mail.message")
    snapshot = sync(server, store).snapshot
    info = snapshot.info["ticket_messages"]
    assert info.state == "denied"
    assert info.message
    assert snapshot.frame("ticket_messages").empty
    assert snapshot.info["tickets"].state == "ok"


def test_a_limited_account_reads_the_messages_of_its_own_tickets(server: DemoServer, store: SnapshotStore):
    settings = settings_of(server).model_copy(update={"odoo_username": LIMITED_LOGIN})
    settings = Settings(**{**settings.model_dump(), "odoo_password": LIMITED_KEY})
    snapshot = sync(server, store, settings=settings).snapshot
    messages = snapshot.frame("ticket_messages")
    assert len(messages)
    assert set(messages["ticket_id"]) <= set(snapshot.frame("tickets")["ticket_id"])


def test_without_any_helpdesk_there_are_no_messages(store: SnapshotStore):
    with own("19-community", TODAY) as server:
        server.remove_model("project.task")
        snapshot = sync(server, store).snapshot
    assert snapshot.info["ticket_messages"].state == "missing"
    assert snapshot.frame("ticket_messages").empty


@pytest.mark.parametrize(
    ("name", "waiting"),
    [
        ("New", "us"), ("In Progress", "us"), ("Waiting for customer", "customer"), ("Awaiting", "customer"),
        ("Pending", "customer"), ("On Hold", "customer"), ("on-hold", "customer"), ("Customer to respond", "customer"),
        ("Waiting on client's reply", "customer"), ("Waiting for parts", "us"), ("New customer", "us"),
        ("Customer visit", "us"), ("Depending task", "us"), ("", "us"),
    ],
)  # fmt: skip
def test_a_stage_s_name_says_whom_it_waits_for(name: str, waiting: str):
    stages = rows("ticket_stages", [{"stage_id": 1, "name": name}])
    assert list(stages_waiting(stages, Settings())) == [waiting]


def test_the_map_of_stages_can_be_set():
    stages = rows(
        "ticket_stages",
        [{"stage_id": 1, "name": "Gelöst"}, {"stage_id": 2, "name": "Beim Kunden"}, {"stage_id": 3, "closed": True}],
    )
    settings = Settings(ticket_closed_pattern="gelöst", ticket_waiting_customer_pattern="beim kunden")
    assert list(stages_waiting(stages, settings)) == ["closed", "customer", "us"]
    assert list(stages_waiting(stages, Settings(ticket_waiting_customer_pattern=""))) == ["us", "us", "closed"]


#: Stage and state of tasks: 1 New, 2 In Progress and 3 Waiting for customer are open, 4 Solved and 5 Cancelled folded.
TASKS = (
    (1, "1_done", "closed", False), (1, "1_canceled", "closed", True), (4, "01_in_progress", "closed", False),
    (5, "01_in_progress", "closed", True), (4, "1_done", "closed", False), (4, "1_canceled", "closed", True),
    (3, "04_waiting_normal", "customer", False), (2, "03_approved", "us", False), (1, "04_waiting_normal", "us", False),
)  # fmt: skip


def with_tasks(server: DemoServer) -> list[int]:
    tasks = list(server.orm.tables["project.task"].values())[: len(TASKS)]
    for task, (stage, state, *_rest) in zip(tasks, TASKS, strict=True):
        # Odoo dates an end by the stage alone.
        folded = stage in (4, 5)
        task.update(state=state, stage_id=stage, date_end="2026-11-03 08:00:00" if folded else False)
        task.update(date_last_stage_update="2026-11-05 09:00:00")
    return [task["id"] for task in tasks]


@pytest.mark.parametrize("profile", ["18-community", "19-community"])
def test_a_task_is_closed_by_its_folded_stage_or_by_its_own_state(profile: str, store: SnapshotStore):
    """From 17 on. Odoo's "Waiting" is about other tasks of ours."""
    with own(profile, TODAY) as server:
        ids = with_tasks(server)
        found = sync(server, store).snapshot.frame("tickets").set_index("ticket_id").loc[ids]
    assert found["waiting"].astype(str).tolist() == [waiting for _stage, _state, waiting, _cancelled in TASKS]
    assert found["cancelled"].tolist() == [cancelled for *_rest, cancelled in TASKS]
    closed = found[found["closed"]]["closed_date"].dt.strftime("%d %H").tolist()
    # By the stage where that is folded, else by the last change of stage or state.
    assert closed == ["05 09", "05 09", "03 08", "03 08", "03 08", "03 08"]
    assert found.loc[~found["closed"], "closed_date"].isna().all()


def test_the_set_pattern_says_which_stages_close_a_task_and_its_own_state_still_does(store: SnapshotStore):
    with own("19-community", TODAY) as server:
        ids = with_tasks(server)
        settings = settings_of(server, ticket_closed_pattern="progress")
        found = sync(server, store, settings=settings).snapshot.frame("tickets").set_index("ticket_id").loc[ids]
    closed = [state in ("1_done", "1_canceled") or stage == 2 for stage, state, *_rest in TASKS]
    assert found["closed"].tolist() == closed


def test_a_task_opened_again_in_odoo_loses_the_date_its_state_had_given_it(store: SnapshotStore, tmp_path: Path):
    with own("19-community", TODAY) as server:
        ids = with_tasks(server)
        closed = sync(server, store).snapshot.frame("tickets").set_index("ticket_id")
        assert closed.loc[ids[0], "closed"]
        assert str(closed.loc[ids[0], "closed_date"]).startswith("2026-11-05")
        server.orm.write("project.task", [ids[0]], {"state": "01_in_progress"})
        found = sync(server, store).snapshot.frame("tickets").set_index("ticket_id").loc[ids[0]]
    assert not found["closed"]
    assert pd.isna(found["closed_date"])


def test_up_to_15_either_of_odoo_s_marks_on_a_stage_closes_its_tasks(store: SnapshotStore):
    with own("14-community", TODAY) as server:
        stages = server.orm.tables["project.task.type"]
        stages[2].update(fold=True, is_closed=False)
        stages[4].update(fold=False, is_closed=True)
        frames = sync(server, store).snapshot
    marked = frames.frame("ticket_stages").set_index("stage_id")["closed"]
    assert marked.to_dict() == {1: False, 2: True, 3: False, 4: True, 5: True}
    tickets = frames.frame("tickets")
    assert tickets["closed"].tolist() == tickets["stage_id"].isin([2, 4, 5]).tolist()
