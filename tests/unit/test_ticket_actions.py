"""Tickets entered, made and changed: what is refused, what is sent by helpdesk and version, what is looked up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from odoo_client.actions.outbox.entry import Author, Done, Entry
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.tickets import jobs as ticket_jobs
from odoo_client.actions.tickets.requests import (
    MAX_SUBJECT,
    MAX_TEXT,
    NewTicket,
    TicketChange,
    create_ticket,
    update_ticket,
)
from odoo_client.config import Settings
from odoo_client.errors import (
    ActionRefusedError,
    MissingModelError,
    MissingRecordError,
    OdooUserError,
    OutcomePendingError,
    StaleRecordError,
    UnknownOutcomeError,
)
from odoo_client.live.tickets import TASK
from tests.fake_tickets import TICKET, UID, FakeClient, field, ticket

ME = Author("sandra@staff.example", "Sandra <S>")
SERVICE = Author("sandra@staff.example", "Sandra <S>", on_behalf=True)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    settings = Settings(data_dir=tmp_path, auth="none", _env_file=None)  # type: ignore[call-arg]
    return Office(settings, Outbox(tmp_path / "outbox.sqlite3"))


def done(office: Office, entry: Entry, client: FakeClient) -> Done:
    """Do an entry once, as the sender would."""
    job = Job(entry, client, office.outbox, office.settings)  # type: ignore[arg-type]
    handler = ticket_jobs.do_create if entry.kind == "ticket_create" else ticket_jobs.do_update
    return handler(job)


def new(**more: Any) -> NewTicket:
    given: dict[str, Any] = {"model": TICKET, "partner_id": 7, "subject": "No internet", "company_id": 2}
    return NewTicket(**given | more)


def change(client: FakeClient, **more: Any) -> TicketChange:
    return TicketChange(client.model, 40, label="HT40", **more)


# What is refused before anything is kept


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"subject": " \n\t "}, "subject is empty"),
        ({"subject": "x" * (MAX_SUBJECT + 1)}, "longer than 200"),
        ({"description": "x" * (MAX_TEXT + 1)}, "longer than 20,000"),
        ({"partner_id": 0}, "Choose the customer"),
        ({"company_id": 0}, "Choose the company"),
        ({"model": TASK}, "Choose a project"),
        ({"model": "res.users"}, "no tickets that can be written"),
    ],
    ids=str,
)
def test_a_ticket_that_is_wrong_in_itself_is_not_kept(office: Office, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ActionRefusedError, match=said):
        create_ticket(office, ME, new(**wrong))
    assert office.outbox.entries() == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "Nothing is changed"),
        ({"note": " \n "}, "Nothing is changed"),
        ({"note": "", "public": True, "confirmed": True}, "message to the customer: it is empty"),
        ({"note": "Hello", "public": True}, "Confirm that the customer"),
        ({"note": "x" * (MAX_TEXT + 1)}, "note is longer than"),
        ({"stage_id": 0}, "Choose a stage"),
        ({"priority": "1", "ticket_id": 0}, "Choose a ticket"),
        ({"priority": "1", "model": "res.users"}, "no tickets that can be written"),
    ],
    ids=str,
)
def test_a_change_that_is_wrong_in_itself_is_not_kept(office: Office, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ActionRefusedError, match=said):
        update_ticket(office, ME, TicketChange(**{"model": TICKET, "ticket_id": 40} | wrong))
    assert office.outbox.entries() == []


def test_a_second_click_enters_nothing_and_the_sender_is_told_each_time(office: Office) -> None:
    poked: list[bool] = []
    office = Office(office.settings, office.outbox, lambda: poked.append(True))
    first = create_ticket(office, ME, new(), token="AFN-SAME")
    assert create_ticket(office, ME, new(subject="Other"), token="AFN-SAME") == first
    assert len(office.outbox.entries()) == 1
    assert len(poked) == 2


def test_entries_of_one_ticket_share_their_subject_and_say_what_they_do(office: Office) -> None:
    given = TicketChange(TICKET, 40, stage_id=2, user_id=0, note="Call", label="HT40")
    entry = update_ticket(office, ME, given)
    assert (entry.subject, entry.title) == ("helpdesk.ticket:40", "Ticket HT40: stage, assignee, internal note")
    entry = update_ticket(office, ME, TicketChange(TASK, 4, note="Hello", public=True, confirmed=True))
    assert (entry.subject, entry.title) == ("project.task:4", "Ticket #4: message to the customer")


# Making


@pytest.mark.parametrize("major", [14, 19])
def test_an_oca_ticket_is_sent_as_its_form_would(office: Office, major: int) -> None:
    client = FakeClient("oca", major)
    client.rows["helpdesk.ticket.team"] = [{"id": 3, "name": "Field", "user_ids": [5, UID]}]
    given = new(subject=" Line\n<b>down</b>\x00 ", description="a <b>\r\nb\n\n\nc & d", priority="3", team_id=3)
    entry = create_ticket(office, ME, given)
    made = done(office, entry, client)
    (sent,) = client.sent("create")
    assert sent["vals"] == {
        "name": "Line <b>down</b>", "partner_id": 7, "partner_name": "Rudo", "partner_email": "rudo@example.com",
        "team_id": 3, "priority": "3",
        "description": "<p>a &lt;b&gt;<br/>b</p><p>c &amp; d</p>"
        f"<p><small>Entered through the dashboard ({entry.token})</small></p>",
    }  # fmt: skip
    assert sent["context"] == {"active_test": True, "allowed_company_ids": [2, 1], "mail_notrack": True}
    assert (made.record.model, made.record.record_id, made.record.label) == (TICKET, 100, "Ticket HT100")


def test_a_ticket_is_not_given_to_one_outside_the_team_nor_to_the_service_account(office: Office) -> None:
    client = FakeClient("oca")
    client.rows["helpdesk.ticket.team"] = [{"id": 3, "name": "Field", "user_ids": [5]}, {"id": 4, "user_ids": [UID]}]
    for author, team_id, given in ((ME, 3, True), (ME, 4, False), (ME, 0, False), (SERVICE, 4, True)):
        done(office, create_ticket(office, author, new(team_id=team_id)), client)
        values = client.sent("create")[-1]["vals"]
        assert ("user_id" in values) == given
        assert values.get("user_id", False) is False


def test_the_service_account_s_ticket_names_its_author(office: Office) -> None:
    client = FakeClient("oca")
    entry = create_ticket(office, SERVICE, new())
    done(office, entry, client)
    words = f"({entry.token}) on behalf of Sandra &lt;S&gt; (sandra@staff.example)</small></p>"
    assert client.sent("create")[0]["vals"]["description"].endswith(words)


def test_an_enterprise_ticket_is_filled_in_by_odoo_itself(office: Office) -> None:
    client = FakeClient("enterprise")
    made = done(office, create_ticket(office, SERVICE, new(team_id=3)), client)
    assert set(client.sent("create")[0]["vals"]) == {"name", "description", "partner_id", "team_id"}
    assert made.record.label == "Ticket 0100"


def test_a_task_is_made_as_from_its_project(office: Office) -> None:
    client = FakeClient("tasks")
    made = done(office, create_ticket(office, ME, new(model=TASK, team_id=3, priority="1")), client)
    (sent,) = client.sent("create")
    assert {name: sent["vals"][name] for name in ("project_id", "priority", "partner_id")} == {
        "project_id": 3, "priority": "1", "partner_id": 7
    }  # fmt: skip
    assert "team_id" not in sent["vals"]
    assert sent["context"]["default_project_id"] == 3
    assert made.record.label == "Ticket #100"


def test_odoo_s_own_mail_is_let_out_only_when_asked_for(office: Office) -> None:
    client = FakeClient("oca")
    client.add_stage(id=2, name="Other team", team_ids=[9])
    client.add_stage(id=1, name="New", team_ids=[])
    done(office, create_ticket(office, ME, new(tell_customer=True)), client)
    (sent,) = client.sent("create")
    assert "mail_notrack" not in sent["context"]
    assert sent["vals"]["stage_id"] == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"priority": "9"}, "no such priority"),
        ({"company_id": 5}, "no longer among those"),
        ({"partner_id": 70}, "no longer has this customer"),
    ],
    ids=str,
)
def test_what_is_no_longer_there_is_not_sent(office: Office, wrong: dict[str, Any], said: str) -> None:
    client = FakeClient("oca")
    entry = create_ticket(office, ME, new(**wrong))
    with pytest.raises((ActionRefusedError, MissingRecordError), match=said):
        done(office, entry, client)
    assert client.calls == []


def test_a_contact_without_a_name_is_called_as_odoo_shows_it(office: Office) -> None:
    client = FakeClient("oca")
    done(office, create_ticket(office, ME, new(partner_id=8)), client)
    values = client.sent("create")[0]["vals"]
    assert values["partner_name"] == "Rudo, Accounts"
    assert "partner_email" not in values


def test_a_helpdesk_of_another_vendor_is_not_written_to(office: Office) -> None:
    client = FakeClient("oca")
    client.described[TICKET]["stage_id"] = field("stage_id", relation="vendor.stage")
    with pytest.raises(MissingModelError, match="does not know"):
        done(office, create_ticket(office, ME, new()), client)


def test_a_ticket_whose_answer_was_lost_is_found_by_its_token(office: Office) -> None:
    client = FakeClient("oca")
    client.lose = {"create"}
    entry = create_ticket(office, ME, new())
    with pytest.raises(UnknownOutcomeError):
        done(office, entry, client)
    assert done(office, entry, client).record.record_id == 100
    assert len(client.sent("create")) == 1


# Changing


def test_only_what_differs_is_written_and_all_of_it_at_once(office: Office) -> None:
    client = FakeClient("oca")
    ticket(client, priority="3")
    given = change(client, stage_id=2, user_id=0, priority="3", seen_stage_id=1, seen_user_ids=(5,), seen_priority="0")
    done(office, update_ticket(office, ME, given), client)
    (sent,) = client.sent("write")
    assert sent == {"ids": [40], "vals": {"stage_id": 2, "user_id": False}, "context": {"active_test": True}}
    assert client.sent("message_post") == []


def test_what_is_as_wanted_already_is_not_written(office: Office) -> None:
    client = FakeClient("oca")
    ticket(client, stage_id=2)
    done(office, update_ticket(office, ME, change(client, stage_id=2, seen_stage_id=1)), client)
    assert client.calls == []


def test_a_task_has_many_assignees(office: Office) -> None:
    client = FakeClient("tasks")
    ticket(client, user_ids=[5, 6])
    done(office, update_ticket(office, ME, change(client, user_id=6, seen_user_ids=(6, 5))), client)
    assert client.sent("write")[0]["vals"] == {"user_ids": [[6, 0, [6]]]}
    client = FakeClient("tasks", 14)
    del client.described[TASK]["user_ids"]
    client.described[TASK]["user_id"] = field("user_id")
    ticket(client)
    done(office, update_ticket(office, ME, change(client, user_id=6)), client)
    assert client.sent("write")[0]["vals"] == {"user_id": 6}


@pytest.mark.parametrize(
    ("now", "given", "said"),
    [
        ({"stage_id": 2}, {"stage_id": 3, "seen_stage_id": 1}, "The stage of ticket HT40 was changed.*now Working"),
        ({"user_id": 6}, {"user_id": 0, "seen_user_ids": (5,)}, "The assignee .*assigned to Blessing"),
        ({"user_id": False}, {"user_id": 6, "seen_user_ids": (5,)}, "The assignee .*assigned to nobody"),
        ({"priority": "1"}, {"priority": "3", "seen_priority": "0"}, "The priority .*priority Medium"),
        (
            {"priority": "1", "stage_id": 2},
            {"priority": "3", "seen_priority": "0", "stage_id": 3, "seen_stage_id": 1},
            "The stage and priority of ticket HT40 were changed",
        ),
    ],
    ids=["stage", "assignee", "unassigned", "priority", "both"],
)
def test_what_somebody_else_changed_meanwhile_is_not_written_over(
    office: Office, now: dict[str, Any], given: dict[str, Any], said: str
) -> None:
    client = FakeClient("oca")
    ticket(client, **now)
    entry = update_ticket(office, ME, change(client, **given))
    with pytest.raises(StaleRecordError, match=said):
        done(office, entry, client)
    assert client.calls == []
    assert office.outbox.steps(entry.token) == {}, "nothing was sent: nothing is looked up"


def test_a_ticket_that_is_gone_is_said(office: Office) -> None:
    client = FakeClient("oca")
    with pytest.raises(MissingRecordError, match="no longer has this ticket"):
        done(office, update_ticket(office, ME, change(client, priority="1")), client)


@pytest.mark.parametrize(
    ("source", "stage", "writes"),
    [
        ("oca", {"mail_template_id": 4}, True),
        ("enterprise", {"template_id": 4}, True),
        ("tasks", {"mail_template_id": 4}, True),
        ("tasks", {"rating_template_id": 4, "rating_active": True}, True),
        ("tasks", {"rating_template_id": 4, "rating_active": False}, False),
        ("oca", {}, False),
    ],
    ids=str,
)
def test_a_stage_that_writes_to_the_customer_needs_the_confirmation(
    office: Office, source: str, stage: dict[str, Any], writes: bool
) -> None:
    client = FakeClient(source)
    ticket(client)
    client.add_stage(id=3, name="Done", sequence=3, team_ids=[3], project_ids=[3], **stage)
    entry = update_ticket(office, ME, change(client, stage_id=3))
    if writes:
        with pytest.raises(ActionRefusedError, match="In the stage Done Odoo itself e-mails the customer"):
            done(office, entry, client)
        assert client.calls == []
        entry = update_ticket(office, ME, change(client, stage_id=3, confirmed=True))
    done(office, entry, client)
    assert client.sent("write")[0]["vals"] == {"stage_id": 3}


def a_task(client: FakeClient, **now: Any) -> None:
    """A task of a project with a folded stage 3 "Solved" and a folded stage 4 "Cancelled"."""
    ticket(client, **{"state": "01_in_progress"} | now)
    client.add_stage(id=3, name="Solved", sequence=3, project_ids=[3], fold=True)
    client.add_stage(id=4, name="Cancelled", sequence=4, project_ids=[3], fold=True)


@pytest.mark.parametrize(
    ("now", "given", "written"),
    [
        ({}, {"stage_id": 3}, {"stage_id": 3, "state": "1_done"}),
        ({}, {"stage_id": 4}, {"stage_id": 4, "state": "1_canceled"}),
        ({}, {"stage_id": 2}, {"stage_id": 2}),
        ({"stage_id": 3, "state": "1_done"}, {"stage_id": 2}, {"stage_id": 2, "state": "01_in_progress"}),
        ({}, {"stage_id": 3, "state": "1_done"}, {"stage_id": 3, "state": "1_done"}),
        ({}, {"stage_id": 3, "state": "01_in_progress"}, {"stage_id": 3, "state": "01_in_progress"}),
        ({}, {"state": "1_done", "stage_id": 1}, {"state": "1_done"}),
        ({"state": "1_done"}, {"state": "1_done"}, None),
        ({"state": "04_waiting_normal"}, {"state": "01_in_progress"}, None),
    ],
)  # fmt: skip
def test_a_task_is_closed_and_opened_by_stage_and_state_together(
    office: Office, now: dict[str, Any], given: dict[str, Any], written: dict[str, Any] | None
) -> None:
    client = FakeClient("tasks")
    a_task(client, **now)
    done(office, update_ticket(office, ME, change(client, **given)), client)
    assert [sent["vals"] for sent in client.sent("write")] == ([written] if written else [])


def test_before_17_a_task_has_its_stage_alone(office: Office) -> None:
    client = FakeClient("tasks", 16)
    del client.described[TASK]["state"]
    a_task(client)
    done(office, update_ticket(office, ME, change(client, stage_id=3)), client)
    assert client.sent("write")[0]["vals"] == {"stage_id": 3}
    entry = update_ticket(office, ME, change(client, state="1_done"))
    with pytest.raises(ActionRefusedError, match="no such state"):
        done(office, entry, client)


def test_the_set_pattern_says_which_stage_takes_the_state_along(office: Office) -> None:
    settings = office.settings.model_copy(update={"ticket_closed_pattern": "working"})
    office = Office(settings, office.outbox)
    client = FakeClient("tasks")
    a_task(client)
    done(office, update_ticket(office, ME, change(client, stage_id=2)), client)
    assert client.sent("write")[0]["vals"] == {"stage_id": 2, "state": "1_done"}


def test_a_state_that_somebody_else_set_meanwhile_is_not_written_over(office: Office) -> None:
    client = FakeClient("tasks")
    a_task(client, state="1_canceled")
    given = change(client, state="1_done", seen_state="01_in_progress")
    with pytest.raises(StaleRecordError, match=r"The state of ticket HT40 was changed.*\(now New, Cancelled,"):
        done(office, update_ticket(office, ME, given), client)
    assert client.calls == []


def test_a_field_called_state_on_a_helpdesk_s_ticket_is_none_of_ours(office: Office) -> None:
    client = FakeClient("oca")
    client.described[TICKET]["state"] = field("state", "selection", selection=(("1_done", "Done"),))
    ticket(client, state="open")
    client.add_stage(id=3, name="Done", sequence=3, team_ids=[3])
    done(office, update_ticket(office, ME, change(client, stage_id=3)), client)
    assert client.sent("write")[0]["vals"] == {"stage_id": 3}


def test_what_odoo_did_not_keep_is_a_failure_that_says_so(office: Office) -> None:
    client = FakeClient("oca")
    client.keeps = False
    ticket(client)
    entry = update_ticket(office, ME, change(client, user_id=6, note="Yours"))
    with pytest.raises(ActionRefusedError, match="set the assignee of ticket HT40 otherwise"):
        done(office, entry, client)
    assert len(client.sent("message_post")) == 1


def test_a_write_whose_answer_was_lost_is_looked_up_by_its_values(office: Office) -> None:
    client = FakeClient("oca")
    ticket(client)
    client.lose = {"write"}
    entry = update_ticket(office, ME, change(client, stage_id=2, priority="1", seen_stage_id=1))
    with pytest.raises(UnknownOutcomeError):
        done(office, entry, client)
    done(office, entry, client)
    assert len(client.sent("write")) == 1


def test_a_write_that_is_not_there_is_sent_again_only_once_odoo_is_through(office: Office) -> None:
    client, now = FakeClient("oca"), [100.0]
    office.outbox.clock = lambda: now[0]
    ticket(client)
    client.keeps, client.lose = False, {"write"}
    entry = update_ticket(office, ME, change(client, stage_id=2, seen_stage_id=1))
    with pytest.raises(UnknownOutcomeError):
        done(office, entry, client)
    now[0] += office.settings.odoo_longest_call_s - 1
    with pytest.raises(OutcomePendingError):
        done(office, entry, client)
    now[0] += 2
    client.keeps = True
    done(office, entry, client)
    assert len(client.sent("write")) == 2


# Notes and messages


@pytest.mark.parametrize("major", [14, 16, 17, 19])
def test_a_message_goes_to_the_customer_as_html_with_its_reference(office: Office, major: int) -> None:
    client = FakeClient("oca", major)
    ticket(client, message_partner_ids=[105, 8])
    entry = update_ticket(office, ME, change(client, note="We come\n<b>", public=True, confirmed=True))
    done(office, entry, client)
    (sent,) = client.sent("message_post")
    assert sent["body"] == (
        f'<p>We come<br/>&lt;b&gt;</p><p style="color:#888888;font-size:11px">Ref. {entry.token}</p>'
    )
    assert (sent["message_type"], sent["subtype_xmlid"], sent["partner_ids"]) == ("comment", "mail.mt_comment", [7])
    assert sent["context"] == {"active_test": True}
    assert ("body_is_html" in sent) == (major >= 17)


def test_the_service_account_s_message_names_the_person_and_not_their_login(office: Office) -> None:
    client = FakeClient("oca")
    ticket(client)
    entry = update_ticket(office, SERVICE, change(client, note="We come", public=True, confirmed=True))
    done(office, entry, client)
    body = client.sent("message_post")[0]["body"]
    assert f"Ref. {entry.token} · Sandra &lt;S&gt;</p>" in body
    assert "@" not in body


def test_a_note_is_internal_and_tells_nobody(office: Office) -> None:
    client = FakeClient("oca")
    ticket(client)
    entry = update_ticket(office, ME, change(client, note="Port <dead>"))
    done(office, entry, client)
    (sent,) = client.sent("message_post")
    assert sent["subtype_xmlid"] == "mail.mt_note"
    assert "partner_ids" not in sent
    assert "Port &lt;dead&gt;" in sent["body"]
    assert entry.token in sent["body"]


def test_the_service_account_s_change_is_noted_with_whose_it_was(office: Office) -> None:
    client = FakeClient("oca")
    ticket(client)
    done(office, update_ticket(office, SERVICE, change(client, stage_id=2, priority="1")), client)
    (sent,) = client.sent("message_post")
    assert sent["subtype_xmlid"] == "mail.mt_note"
    assert "Changed: stage, priority" in sent["body"]
    assert "on behalf of Sandra &lt;S&gt; (sandra@staff.example)" in sent["body"]


@pytest.mark.parametrize(
    ("row", "given", "error", "said"),
    [
        ({"partner_id": False}, {}, ActionRefusedError, "no customer in Odoo"),
        ({"partner_id": 8}, {}, ActionRefusedError, "has no e-mail address"),
        ({"partner_id": 8}, {"seen_partner_id": 7}, StaleRecordError, "another customer"),
    ],
    ids=["no customer", "no e-mail", "another customer"],
)
def test_a_message_that_would_reach_nobody_or_somebody_else_is_not_sent(
    office: Office, row: dict[str, Any], given: dict[str, Any], error: type[Exception], said: str
) -> None:
    client = FakeClient("oca")
    ticket(client, **row)
    entry = update_ticket(office, ME, change(client, note="Hello", public=True, confirmed=True, **given))
    with pytest.raises(error, match=said):
        done(office, entry, client)
    assert client.calls == []


def test_when_only_the_message_failed_only_the_message_is_sent_again(office: Office) -> None:
    client = FakeClient("oca")
    ticket(client)
    client.refuse = {"message_post": OdooUserError("Odoo refuses.")}
    given = change(client, stage_id=2, seen_stage_id=1, note="Hello", public=True, confirmed=True)
    entry = update_ticket(office, ME, given)
    with pytest.raises(OdooUserError):
        done(office, entry, client)
    done(office, entry, client)
    assert (len(client.sent("write")), len(client.sent("message_post"))) == (1, 1)


@pytest.mark.parametrize("public", [True, False], ids=["message", "note"])
def test_a_message_whose_answer_was_lost_is_found_by_its_token(office: Office, public: bool) -> None:
    client = FakeClient("oca")
    ticket(client)
    client.lose = {"message_post"}
    entry = update_ticket(office, ME, change(client, note="Once", public=public, confirmed=public))
    with pytest.raises(UnknownOutcomeError):
        done(office, entry, client)
    done(office, entry, client)
    assert len(client.rows["mail.message"]) == 1
