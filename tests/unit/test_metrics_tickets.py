"""The queue and the backlog, worked by hand: who waits, since when, when the first answer came, what counts as none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from odoo_client.metrics.ticket_queue import backlog_by_day, queue_order, ticket_facts, undated
from odoo_client.store.snapshot import FrameInfo, Snapshot
from tests.builders import snapshot

HARARE = "Africa/Harare"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
AGENT, ROBOT, CUSTOMER, PORTAL = 103, 101, 500, 104
USERS = [
    {"user_id": 1, "partner_id": ROBOT, "login": "__system__", "internal": True},
    {"user_id": 3, "partner_id": AGENT, "login": "sandra", "internal": True, "active": False},
    {"user_id": 4, "partner_id": PORTAL, "login": "buyer", "internal": False, "active": True},
]


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def ticket(ticket_id: int = 1, hours: float = 100, **more: Any) -> dict[str, Any]:
    return {"ticket_id": ticket_id, "create_date": ago(hours), "waiting": "us", "creator_id": 4} | more


class Thread:
    """Messages in the order they are written."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, who: str, hours: float, ticket_id: int = 1, **more: Any) -> Thread:
        kinds = {
            "customer": (CUSTOMER, True, False, False),
            "nobody": (0, True, False, False),
            "portal": (PORTAL, True, False, False),
            "staff": (AGENT, True, True, False),
            "mailed": (AGENT, True, True, False),
            "note": (AGENT, False, True, False),
            "robot": (ROBOT, True, False, True),
            "auto": (AGENT, True, True, True),
        }
        author, public, by_staff, automatic = kinds[who]
        row = {"message_id": len(self.rows) + 1, "ticket_id": ticket_id, "date": ago(hours)}
        row |= {"author_partner_id": author, "public": public, "by_staff": by_staff, "automatic": automatic}
        row["message_type"] = "email" if who in ("customer", "nobody", "mailed") else "comment"
        self.rows.append(row | more)
        return self


def facts(tickets: list[dict[str, Any]], thread: Thread | None = None) -> Any:
    made = snapshot(tickets=tickets, users=USERS, ticket_messages=thread.rows if thread else [])
    return ticket_facts(made, NOW, HARARE).set_index("ticket_id")


def first_response(thread: Thread, **more: Any) -> float:
    return float(facts([ticket(**more)], thread).loc[1, "first_response_h"])


def test_the_first_answer_is_the_first_public_message_of_staff():
    assert first_response(Thread().add("customer", 100).add("staff", 97).add("staff", 50)) == 3.0


@pytest.mark.parametrize("before", ["note", "robot", "auto", "customer", "portal"])
def test_notes_automatic_mails_and_other_people_are_no_answer(before: str):
    assert first_response(Thread().add(before, 99).add("staff", 90)) == 10.0
    assert np.isnan(first_response(Thread().add(before, 99)))


def test_a_ticket_that_staff_opened_by_e_mail_waits_for_the_second_message():
    thread = Thread().add("mailed", 100).add("customer", 95).add("staff", 92)
    assert first_response(thread, creator_id=3) == 8.0
    assert np.isnan(first_response(Thread().add("mailed", 100), creator_id=3))
    assert np.isnan(first_response(Thread().add("note", 100).add("mailed", 99.95), creator_id=3))


def test_a_ticket_that_staff_made_in_a_form_is_answered_by_the_first_message_however_soon():
    assert first_response(Thread().add("staff", 99.98), creator_id=3) == pytest.approx(0.02)
    assert first_response(Thread().add("staff", 100), creator_id=3) == 0.0


def test_the_same_e_mail_on_a_customer_s_ticket_is_an_answer():
    assert first_response(Thread().add("mailed", 100)) == 0.0


def test_staff_who_made_the_ticket_by_e_mail_and_answered_later_did_answer():
    assert first_response(Thread().add("mailed", 96), creator_id=3) == 4.0


def test_messages_out_of_order_and_before_the_ticket_never_give_negative_hours():
    assert first_response(Thread().add("staff", 90).add("staff", 120)) == 0.0


def test_an_answer_of_somebody_who_has_left_counts():
    assert not next(user for user in USERS if user["user_id"] == 3)["active"]
    assert first_response(Thread().add("staff", 99)) == 1.0


def test_no_answer_yet_is_said_of_open_tickets_only():
    rows = [ticket(1), ticket(2, closed=True, waiting="closed", closed_date=ago(1)), ticket(3)]
    thread = Thread().add("customer", 100, 1).add("note", 90, 1).add("staff", 90, 3)
    assert facts(rows, thread)["no_reply"].to_dict() == {1: True, 2: False, 3: False}


def test_without_the_right_to_read_messages_nobody_is_said_to_wait_for_an_answer():
    made = snapshot(tickets=[ticket()], users=USERS)
    info = {"ticket_messages": FrameInfo(0, NOW, state="denied", message="No right.")}
    denied = Snapshot.from_frames({name: made.frame(name) for name in made}, info=info)
    assert not ticket_facts(denied, NOW, HARARE)["no_reply"].any()


def test_hours_since_the_customer_s_last_word_else_since_creation():
    rows = [ticket(1), ticket(2), ticket(3), ticket(4)]
    thread = Thread().add("customer", 80, 1).add("nobody", 7, 1).add("staff", 6, 1)
    thread.add("staff", 5, 2).add("robot", 4, 2).add("portal", 30, 4).add("note", 2, 4)
    found = facts(rows, thread)
    assert found["hours_since_customer"].to_dict() == {1: 7.0, 2: 100.0, 3: 100.0, 4: 30.0}
    assert found["customer_spoke_last"].to_dict() == {1: False, 2: False, 3: False, 4: True}


def waited(thread: Thread, **more: Any) -> float:
    return float(facts([ticket(**more)], thread).loc[1, "waited_h"])


def test_our_public_answer_stops_the_clock_and_the_customer_s_first_word_after_it_starts_it_again():
    thread = Thread().add("customer", 100)
    assert waited(thread) == 100.0
    assert np.isnan(waited(thread.add("staff", 20)))
    assert waited(thread.add("customer", 9).add("customer", 4)) == 9.0
    assert np.isnan(waited(thread.add("mailed", 1)))


@pytest.mark.parametrize("what", ["note", "robot", "auto"])
def test_a_note_or_what_odoo_says_itself_neither_stops_nor_starts_the_clock(what: str):
    assert waited(Thread().add("customer", 100).add(what, 3)) == 100.0
    assert np.isnan(waited(Thread().add("customer", 100).add("staff", 20).add(what, 3)))


def test_a_change_of_stage_or_assignee_is_no_answer():
    assert waited(Thread().add("customer", 100), last_stage_update=ago(2), assigned_date=ago(2)) == 100.0


def test_never_answered_it_waits_since_it_was_opened_whoever_opened_it():
    assert waited(Thread()) == 100.0
    assert waited(Thread().add("customer", 60).add("customer", 5)) == 100.0
    assert waited(Thread().add("mailed", 100).add("customer", 60), creator_id=3) == 100.0


@pytest.mark.parametrize("who", ["portal", "nobody"])
def test_whoever_of_the_customer_s_writes_waits_for_an_answer(who: str):
    assert waited(Thread().add("staff", 50).add(who, 7)) == 7.0


def test_an_answer_and_a_question_of_the_same_second_stand_in_the_order_they_were_written():
    assert waited(Thread().add("customer", 50).add("staff", 8).add("customer", 8)) == 8.0
    assert np.isnan(waited(Thread().add("staff", 50).add("customer", 8).add("staff", 8)))


def test_only_an_open_ticket_that_waits_for_us_has_a_clock():
    rows = [ticket(1, waiting="customer"), ticket(2, closed=True, waiting="closed", closed_date=ago(1)), ticket(3)]
    thread = Thread().add("customer", 100, 1).add("customer", 100, 2).add("customer", 100, 3).add("staff", -1, 3)
    assert facts(rows, thread)["waited_h"].fillna(-1).to_dict() == {1: -1.0, 2: -1.0, 3: 100.0}


def test_without_the_right_to_read_messages_the_clock_runs_from_the_opening():
    made = snapshot(tickets=[ticket()], users=USERS, ticket_messages=Thread().add("staff", 9).rows)
    info = {"ticket_messages": FrameInfo(0, NOW, state="denied", message="No right.")}
    denied = Snapshot.from_frames({name: made.frame(name) for name in made}, info=info)
    assert ticket_facts(denied, NOW, HARARE)["waited_h"].tolist() == [100.0]


def test_a_message_dated_ahead_has_not_been_said_yet():
    assert np.isnan(first_response(Thread().add("staff", -5)))


def test_the_last_change_is_the_newest_of_what_moved_and_what_was_written():
    rows = [ticket(1, last_stage_update=ago(20)), ticket(2, assigned_date=ago(30))]
    found = facts(rows, Thread().add("note", 10, 1).add("customer", 60, 2))
    assert found.loc[1, "last_change"] == ago(10)
    assert found.loc[2, "last_change"] == ago(30)


def test_resolution_leaves_out_cancelled_undated_and_open_tickets():
    done = {"closed": True, "waiting": "closed"}
    rows = [
        ticket(1, closed_date=ago(90), **done),
        ticket(2, closed_date=ago(90), cancelled=True, **done),
        ticket(3, **done),
        ticket(4, closed_date=ago(90)),  # opened again: Odoo kept the date
    ]
    found = facts(rows)
    assert found.loc[1, "resolution_h"] == 10.0
    assert found.loc[[2, 3, 4], "resolution_h"].isna().all()
    assert found.loc[3, "waiting"] == "closed"
    assert undated(snapshot(tickets=rows).frame("tickets")) == 1


def test_the_age_of_a_closed_ticket_stops_at_its_closing():
    rows = [ticket(1, hours=30), ticket(2, hours=30, closed=True, waiting="closed", closed_date=ago(27))]
    found = facts(rows)
    assert found["age_h"].to_dict() == {1: 30.0, 2: 3.0}
    assert found["age_band"].astype(str).to_dict() == {1: "3d", 2: "4h"}


@pytest.mark.parametrize(
    ("hours", "band"), [(3.9, "4h"), (4, "1d"), (24, "3d"), (72, "1w"), (168, "4w"), (672, "older")]
)
def test_each_age_band_begins_at_its_limit(hours: float, band: str):
    assert facts([ticket(hours=hours)]).loc[1, "age_band"] == band


def test_the_queue_goes_by_waiting_for_us_then_priority_then_the_hours_without_an_answer():
    rows = [
        ticket(1, hours=500, priority=3, waiting="customer"),
        ticket(2, hours=10, priority=1),
        ticket(3, hours=20, priority=1),
        ticket(4, hours=1, priority=3),
        ticket(5, hours=900, priority=3, closed=True, waiting="closed", closed_date=ago(1)),
        ticket(6, hours=300, priority=1),
        ticket(7, hours=700, priority=1),
    ]
    thread = Thread().add("staff", 200, 6).add("customer", 15, 6).add("customer", 1, 6).add("staff", 2, 7)
    made = snapshot(tickets=rows, users=USERS, ticket_messages=thread.rows)
    found = ticket_facts(made, NOW, HARARE)
    order = queue_order(made.frame("tickets"), found)
    assert list(found["ticket_id"].to_numpy()[order]) == [4, 3, 6, 2, 7, 1, 5]


def test_where_the_stage_says_nothing_open_tickets_wait_for_us():
    rows = [{"ticket_id": 1, "create_date": NOW}, {"ticket_id": 2, "create_date": NOW, "closed": True}]
    assert facts(rows)["waiting"].astype(str).to_dict() == {1: "us", 2: "closed"}


def test_no_tickets_at_all_give_no_facts():
    assert facts([]).empty


def backlog(rows: list[dict[str, Any]], first: date, last: date, **how: Any) -> list[tuple[int, int, int]]:
    made = snapshot(tickets=rows, users=USERS)
    table = backlog_by_day(made.frame("tickets"), ticket_facts(made, NOW, HARARE), first, last, **how)
    return list(zip(table["backlog"], table["opened"], table["closed"], strict=True))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_backlog_is_counted_at_midnight_in_harare():
    rows = [
        # 21:59:59 UTC is still the 20th in Harare, 22:00 is midnight and the 21st.
        {"ticket_id": 1, "create_date": at("2026-11-20 21:59:59")},
        {"ticket_id": 2, "create_date": at("2026-11-20 22:00:00")},
        {"ticket_id": 3, "create_date": at("2026-11-19 08:00"), "closed": True, "closed_date": at("2026-11-20 21:59")},
        {"ticket_id": 4, "create_date": at("2026-11-19 08:00"), "closed": True, "closed_date": at("2026-11-20 22:00")},
    ]
    assert backlog(rows, date(2026, 11, 20), date(2026, 11, 22)) == [(2, 1, 1), (2, 1, 1), (2, 0, 0)]


def test_what_came_and_went_before_the_first_day_is_in_its_backlog():
    rows = [
        {"ticket_id": 1, "create_date": at("2025-01-01 08:00")},
        {"ticket_id": 2, "create_date": at("2025-01-01 08:00"), "closed": True, "closed_date": at("2025-02-01 08:00")},
    ]
    assert backlog(rows, date(2026, 11, 20), date(2026, 11, 20)) == [(1, 0, 0)]


def test_a_closed_ticket_without_a_date_is_in_no_backlog_and_one_opened_again_still_waits():
    rows = [
        {"ticket_id": 1, "create_date": at("2026-11-01 08:00"), "closed": True},
        {"ticket_id": 2, "create_date": at("2026-11-01 08:00"), "closed_date": at("2026-11-02 08:00")},
    ]
    assert backlog(rows, date(2026, 11, 20), date(2026, 11, 20)) == [(1, 0, 0)]


def test_opened_and_closed_on_one_day_leaves_nothing():
    rows = [
        {"ticket_id": 1, "create_date": at("2026-11-20 08:00"), "closed": True, "closed_date": at("2026-11-20 09:00")}
    ]
    assert backlog(rows, date(2026, 11, 20), date(2026, 11, 21)) == [(0, 1, 1), (0, 0, 0)]


def test_the_backlog_of_some_tickets_only():
    rows = [
        {"ticket_id": 1, "create_date": at("2026-11-01 08:00")},
        {"ticket_id": 2, "create_date": at("2026-11-01 08:00")},
    ]
    assert backlog(rows, date(2026, 11, 20), date(2026, 11, 20), where=np.array([True, False])) == [(1, 0, 0)]
