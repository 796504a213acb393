"""Tickets made and changed on real servers, looked at by SQL: what stands there, and who was written to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from odoo_client.actions.outbox.entry import Author, Entry
from odoo_client.actions.tickets.requests import NewTicket, TicketChange, create_ticket, update_ticket
from odoo_client.errors import UnknownOutcomeError
from odoo_client.live import tickets as live_tickets
from odoo_client.live.tickets import TASK, ChangeOffers
from odoo_client.metrics.ticket_queue import ticket_facts
from odoo_client.people import staff
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import SnapshotStore
from odoo_client.sync.run import run_sync
from tests.contract.writers import Desk, author, desk_of
from tests.real_odoo import staff as people
from tests.real_odoo.server import RealOdoo
from tests.real_odoo.staff import FINANCE, SUPPORT, USER, Member

pytestmark = pytest.mark.odoo
#: Writing to 19 by JSON-RPC too is what the payment proofs do.
PLACES = {
    "full19-json2": ("odoo19", "json2"),
    "full14-jsonrpc": ("odoo14", "auto"),
}
TICKET = "helpdesk.ticket"
AGENT = author(SUPPORT)
#: Works on tasks, where no helpdesk is installed.
TASKER = Member("tasks@staff.example", (USER, "project.group_project_user"), frozenset({"support"}))
CUSTOMER = {"name": "Ticket <Payer> & Sons", "email": "payer@customers.example"}


class TicketDesk(Desk):
    """A desk whose people may have API keys, so that JSON-2 is spoken."""

    keys: dict[str, str]

    def client(self, who: Author, kind: str = "") -> OdooClient:
        if who.login not in self.keys:
            return super().client(who, kind)
        own = {"odoo_username": who.login, "odoo_password": SecretStr(self.keys[who.login]), "odoo_protocol": "json2"}
        return self.wrap(OdooClient.connect(self.settings.model_copy(update=own)))

    def now(self, ticket_id: int, model: str = TICKET, who: Author = AGENT) -> ChangeOffers:
        with self.client(who) as client:
            return live_tickets.change_offers(client, model, ticket_id)


@pytest.fixture(scope="module", params=PLACES, ids=str)
def place(request: pytest.FixtureRequest) -> Iterator[tuple[RealOdoo, dict[str, str]]]:
    """A server of the test's own with its staff, and API keys where the protocol needs them."""
    fixture, protocol = PLACES[request.param]
    server: RealOdoo = request.getfixturevalue(fixture)
    with server.copy() as copy:
        people.hire(copy)
        yield copy, (people.api_keys(copy, [SUPPORT]) if protocol == "json2" else {})


@pytest.fixture
def desk(place: tuple[RealOdoo, dict[str, str]], tmp_path: Path) -> TicketDesk:
    return desk_at(*place, tmp_path)


def desk_at(server: RealOdoo, keys: dict[str, str], folder: Path) -> TicketDesk:
    plain = desk_of(server, folder)
    found = TicketDesk(plain.server, plain.settings, plain.folder)
    found.keys = keys
    if keys:
        assert found.client(AGENT).protocol == "json2"
    return found


def customer(server: RealOdoo, **more: Any) -> int:
    made: int = server.call("res.partner", "create", CUSTOMER | more)
    return made


def team(server: RealOdoo) -> tuple[int, list[int], int]:
    """Return the first team with its members and company."""
    row = server.call("helpdesk.ticket.team", "search_read", [], ["user_ids", "company_id"], limit=1, order="id")[0]
    return row["id"], row["user_ids"], row["company_id"][0]


def new(server: RealOdoo, **more: Any) -> NewTicket:
    team_id, _members, company_id = team(server)
    given: dict[str, Any] = {"model": TICKET, "subject": "No internet", "company_id": company_id, "team_id": team_id}
    given |= {"description": "Since Monday\nin the <evening>\n\nRouter & dish"} | more
    return NewTicket(**{"partner_id": customer(server), **given} if "partner_id" not in more else given)


def made(desk: TicketDesk, **more: Any) -> int:
    """Make a ticket and return its id."""
    entry = desk.sent(create_ticket(desk.office, AGENT, new(desk.server, **more)))
    assert (entry.state, entry.reason) == ("done", "")
    assert entry.record is not None
    return entry.record.record_id


def changed(desk: TicketDesk, ticket_id: int, **more: Any) -> Entry:
    """Change a ticket as somebody who has just looked at it."""
    now = desk.now(ticket_id).now
    seen = {"seen_stage_id": now.stage_id, "seen_user_ids": now.user_ids, "seen_priority": now.priority}
    change = TicketChange(TICKET, ticket_id, **{**seen, "seen_partner_id": now.partner_id, "label": now.label} | more)
    return desk.sent(update_ticket(desk.office, AGENT, change))


def mails(server: RealOdoo, model: str, record_id: int) -> list[tuple[Any, ...]]:
    """Return who is told by mail of what is on a record: a partner, and in words where no partner is."""
    notices = "mail_notification" if server.major >= 19 else "mail_message_res_partner_needaction_rel"
    noticed = server.sql(
        f"select n.res_partner_id from {notices} n join mail_message m on m.id = n.mail_message_id "
        "where m.model = %s and m.res_id = %s and n.notification_type = 'email'",
        [model, record_id],
    )
    sent = server.sql(
        "select r.res_partner_id from mail_mail l join mail_message m on m.id = l.mail_message_id "
        "left join mail_mail_res_partner_rel r on r.mail_mail_id = l.id where m.model = %s and m.res_id = %s",
        [model, record_id],
    )
    return sorted(set(noticed) | set(sent))


def stages(server: RealOdoo) -> dict[str, tuple[int, bool]]:
    """Return the stages by name: id, and whether Odoo writes to the customer there."""
    rows = server.call("helpdesk.ticket.stage", "search_read", [], ["name", "mail_template_id"])
    return {row["name"]: (row["id"], bool(row["mail_template_id"])) for row in rows}


# Making


def test_a_new_ticket_stands_in_odoo_once_by_its_author_and_nobody_is_mailed(desk: TicketDesk) -> None:
    server = desk.server
    partner_id = customer(server)
    ticket = new(server, partner_id=partner_id, priority="3", subject="  Line <b>down</b>\nagain ")
    entry = desk.sent(create_ticket(desk.office, AGENT, ticket))
    assert entry.state == "done", entry.reason
    rows = server.sql(
        "select t.id, t.number, t.name, t.partner_id, t.company_id, t.team_id, t.priority, t.partner_name, "
        "t.partner_email, t.user_id, u.login, t.description from helpdesk_ticket t "
        "join res_users u on u.id = t.create_uid where t.description like %s",
        [f"%{entry.token}%"],
    )
    assert len(rows) == 1
    ticket_id, number, *facts, login, description = rows[0]
    team_id, _members, company_id = team(server)
    assert facts == [
        *("Line <b>down</b> again", partner_id, company_id, team_id, "3", CUSTOMER["name"], CUSTOMER["email"], None),
    ]
    assert login == SUPPORT.login
    assert "<p>Since Monday<br>in the &lt;evening&gt;</p><p>Router &amp; dish</p>" in description.replace(
        "<br/>", "<br>"
    )
    assert "on behalf of" not in description
    assert entry.record is not None
    assert (entry.record.record_id, entry.record.label) == (ticket_id, f"Ticket {number}")
    assert mails(server, TICKET, ticket_id) == []
    assert desk.touched == [("tickets",)]


def test_without_a_team_the_ticket_is_of_the_company_it_was_entered_for(desk: TicketDesk) -> None:
    companies = sorted(desk.server.call("res.company", "search", []))
    for company_id in companies:
        ticket_id = made(desk, team_id=0, company_id=company_id, priority="")
        row = desk.server.sql("select company_id, team_id, priority from helpdesk_ticket where id = %s", [ticket_id])[0]
        assert row == (company_id, None, "1")


def test_odoo_s_own_mail_on_making_goes_out_only_when_asked_for(desk: TicketDesk) -> None:
    server = desk.server
    by_name = stages(server)
    first = by_name["New"][0]
    template = server.sql("select mail_template_id from helpdesk_ticket_stage where mail_template_id is not null")[0][0]
    server.call("helpdesk.ticket.stage", "write", [first], {"mail_template_id": template})
    try:
        with desk.client(AGENT) as client:
            offers = live_tickets.new_ticket_offers(client, TICKET, team(server)[2])
        assert offers.teams
        assert all(one.writes_customer for one in offers.teams)
        partner_id = customer(server)
        quiet = made(desk, partner_id=partner_id)
        told = made(desk, partner_id=partner_id, tell_customer=True)
    finally:
        server.call("helpdesk.ticket.stage", "write", [first], {"mail_template_id": False})
    assert mails(server, TICKET, quiet) == []
    assert (partner_id,) in mails(server, TICKET, told)


def test_archived_stages_are_neither_offered_nor_taken(desk: TicketDesk) -> None:
    server = desk.server
    archived = server.call(
        "helpdesk.ticket.stage", "create", {"name": "Old desk", "sequence": 0, "active": False, "company_id": False}
    )
    try:
        ticket_id = made(desk)
        now = desk.now(ticket_id)
    finally:
        server.call("helpdesk.ticket.stage", "unlink", [archived])
    assert now.now.stage_id == stages(server)["New"][0]
    assert [stage.name for stage in now.stages][:3] == ["New", "In Progress", "Awaiting"]


def test_what_odoo_refuses_is_kept_with_its_reason(desk: TicketDesk) -> None:
    entry = desk.sent(create_ticket(desk.office, author(FINANCE), new(desk.server)))
    assert entry.state == "failed"
    assert "may not create records of helpdesk.ticket" in entry.reason
    assert desk.server.sql("select 1 from helpdesk_ticket where description like %s", [f"%{entry.token}%"]) == []
    again = desk.outbox.retry(entry.token, FINANCE.login)
    assert desk.sent(again).state == "failed"


def test_a_field_that_a_module_requires_is_odoo_s_reason_and_a_retry_makes_the_ticket(desk: TicketDesk) -> None:
    server = desk.server
    channel = server.sql("select min(id) from helpdesk_ticket_channel")[0][0]
    server.sql("update helpdesk_ticket set channel_id = %s", [channel])
    server.sql("alter table helpdesk_ticket alter column channel_id set not null")
    try:
        entry = desk.sent(create_ticket(desk.office, AGENT, new(server)))
    finally:
        server.sql("alter table helpdesk_ticket alter column channel_id drop not null")
    assert entry.state == "failed"
    assert "channel" in entry.reason.lower()
    assert desk.sent(desk.outbox.retry(entry.token, SUPPORT.login)).state == "done"


# Changing


def test_stage_assignee_and_priority_change_in_one_write_by_the_person(desk: TicketDesk) -> None:
    server = desk.server
    ticket_id = made(desk)
    _team_id, members, _company = team(server)
    target = stages(server)["In Progress"][0]
    offers = desk.now(ticket_id)
    assert {one.user_id for one in offers.people} == set(members)
    assert [one.key for one in offers.priorities] == ["0", "1", "2", "3"]
    before = server.sql("select count(*) from mail_message where model = %s and res_id = %s", [TICKET, ticket_id])
    entry = changed(desk, ticket_id, stage_id=target, user_id=members[0], priority="2")
    assert entry.state == "done", entry.reason
    row = server.sql(
        "select t.stage_id, t.user_id, t.priority, u.login from helpdesk_ticket t join res_users u "
        "on u.id = t.write_uid where t.id = %s",
        [ticket_id],
    )
    assert row == [(target, members[0], "2", SUPPORT.login)]
    after = server.sql("select count(*) from mail_message where model = %s and res_id = %s", [TICKET, ticket_id])
    assert after[0][0] > before[0][0], "Odoo's own log tells of the change"
    partner = server.sql("select partner_id from helpdesk_ticket where id = %s", [ticket_id])[0]
    assert partner not in mails(server, TICKET, ticket_id)
    assert changed(desk, ticket_id, user_id=0).state == "done"
    assert server.sql("select user_id from helpdesk_ticket where id = %s", [ticket_id]) == [(None,)]


def test_a_change_made_in_odoo_meanwhile_is_not_overwritten(desk: TicketDesk) -> None:
    server, by_name = desk.server, stages(desk.server)
    ticket_id = made(desk)
    new_id, working, asked = (by_name[name][0] for name in ("New", "In Progress", "Awaiting"))
    server.call(TICKET, "write", [ticket_id], {"stage_id": working})
    entry = changed(desk, ticket_id, stage_id=asked, seen_stage_id=new_id)
    assert entry.state == "failed"
    assert "stage of ticket" in entry.reason
    assert "now In Progress" in entry.reason
    assert server.sql("select stage_id from helpdesk_ticket where id = %s", [ticket_id]) == [(working,)]
    # What is as it was wanted already, or was not touched by anybody, is no reason to refuse.
    assert changed(desk, ticket_id, stage_id=working, seen_stage_id=new_id, priority="3").state == "done"
    assert server.sql("select stage_id, priority from helpdesk_ticket where id = %s", [ticket_id]) == [(working, "3")]


def test_a_stage_in_which_odoo_mails_the_customer_needs_the_confirmation(desk: TicketDesk) -> None:
    server = desk.server
    done_id, writes = stages(server)["Done"]
    assert writes
    ticket_id = made(desk)
    assert {one.name for one in desk.now(ticket_id).stages if one.writes_customer} >= {"Done", "Cancelled"}
    entry = changed(desk, ticket_id, stage_id=done_id)
    assert entry.state == "failed"
    assert "e-mails the customer" in entry.reason
    assert mails(server, TICKET, ticket_id) == []
    assert changed(desk, ticket_id, stage_id=done_id, confirmed=True).state == "done"
    partner = server.sql("select partner_id from helpdesk_ticket where id = %s", [ticket_id])[0]
    assert partner in mails(server, TICKET, ticket_id)


# Writing on it


def written(server: RealOdoo, ticket_id: int, token: str) -> list[tuple[Any, ...]]:
    return server.sql(
        "select m.body, m.message_type, coalesce(s.internal, false), u.login from mail_message m "
        "join mail_message_subtype s on s.id = m.subtype_id "
        "join res_users u on u.partner_id = m.author_id where m.model = %s and m.res_id = %s and m.body like %s",
        [TICKET, ticket_id, f"%{token}%"],
    )


def test_an_internal_note_is_for_staff_only(desk: TicketDesk) -> None:
    ticket_id = made(desk)
    entry = changed(desk, ticket_id, note="Port is <dead>\n\nCall & tell")
    assert entry.state == "done", entry.reason
    rows = written(desk.server, ticket_id, entry.token)
    assert len(rows) == 1
    body, kind, internal, login = rows[0]
    assert "Port is &lt;dead&gt;" in body
    assert (kind, internal, login) == ("comment", True, SUPPORT.login)
    assert mails(desk.server, TICKET, ticket_id) == []


def test_a_message_goes_to_the_customer_in_public_with_its_reference(desk: TicketDesk) -> None:
    server = desk.server
    partner_id = customer(server)
    ticket_id = made(desk, partner_id=partner_id)
    sister = customer(server, name="Sister", email="sister@customers.example")
    server.call(TICKET, "message_subscribe", [ticket_id], [sister])
    readers = desk.now(ticket_id).readers
    assert readers == live_tickets.Readers(CUSTOMER["name"], CUSTOMER["email"], ("Sister",))
    entry = changed(desk, ticket_id, note="We come <tomorrow> & fix it", public=True, confirmed=True)
    assert entry.state == "done", entry.reason
    rows = written(server, ticket_id, entry.token)
    assert len(rows) == 1
    body, kind, internal, login = rows[0]
    assert body.startswith("<p>We come &lt;tomorrow&gt; &amp; fix it</p>")
    assert f"Ref. {entry.token}</p>" in body
    assert "color:#888888" in body
    assert (kind, internal, login) == ("comment", False, SUPPORT.login)
    assert mails(server, TICKET, ticket_id) == sorted([(partner_id,), (sister,)])
    with desk.client(AGENT) as client:
        from odoo_client.live import conversations

        said = [
            one for one in conversations.conversation(client, TICKET, ticket_id).messages if entry.token in one.text
        ]
    assert [(one.public, one.by_staff) for one in said] == [(True, True)]


def test_a_message_that_would_reach_nobody_or_another_one_is_refused(desk: TicketDesk) -> None:
    server = desk.server
    nobody = server.call(TICKET, "create", {"name": "From nobody", "description": "x"})
    nobody = nobody[0] if isinstance(nobody, list) else nobody
    assert "no customer in Odoo" in changed(desk, nobody, note="Hello", public=True, confirmed=True).reason
    mute = made(desk, partner_id=customer(server, email=False))
    entry = changed(desk, mute, note="Hello", public=True, confirmed=True)
    assert "no e-mail address" in entry.reason
    assert written(server, mute, entry.token) == []
    other = made(desk)
    entry = changed(desk, other, note="Hello", public=True, confirmed=True, seen_partner_id=1)
    assert (entry.state, "another customer" in entry.reason) == ("failed", True)
    assert written(server, other, entry.token) == []


def test_the_service_account_names_who_it_writes_for(desk: TicketDesk) -> None:
    server = desk.server
    sandra = Author("sandra@staff.example", "Sandra <S>", on_behalf=True)
    with OdooClient.connect(desk.settings) as service:
        desk.sender._clients = lambda who, kind: OdooClient.connect(desk.settings)
        entry = desk.sent(create_ticket(desk.office, sandra, new(server)))
        assert entry.state == "done", entry.reason
        assert entry.record is not None
        ticket_id = entry.record.record_id
        now = live_tickets.ticket_now(service, TICKET, ticket_id)
    assert now.user_ids == (), "it is nobody's, least of all the service account's"
    description = server.sql("select description from helpdesk_ticket where id = %s", [ticket_id])[0][0]
    assert f"({entry.token}) on behalf of Sandra &lt;S&gt; (sandra@staff.example)" in description
    change = TicketChange(TICKET, ticket_id, priority="0", seen_priority=now.priority, label=now.label)
    entry = desk.sent(update_ticket(desk.office, sandra, change))
    body, _kind, internal, _login = written(server, ticket_id, entry.token)[0]
    assert "Changed: priority" in body
    assert "on behalf of Sandra &lt;S&gt; (sandra@staff.example)" in body
    assert internal
    change = TicketChange(TICKET, ticket_id, note="On our way", public=True, confirmed=True, label=now.label)
    entry = desk.sent(update_ticket(desk.office, sandra, change))
    body = written(server, ticket_id, entry.token)[0][0]
    assert f"Ref. {entry.token} · Sandra &lt;S&gt;" in body
    assert "sandra@staff.example" not in body


# Answers that are lost


class Losing:
    """A connection whose answers to some calls are lost, once each: after Odoo has done them, or before it got them."""

    def __init__(self, client: OdooClient, lost: set[str], *, arrives: bool) -> None:
        self._client, self._lost, self._arrives = client, lost, arrives

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def call(self, model: str, method: str, **named: Any) -> Any:
        if method not in self._lost:
            return self._client.call(model, method, **named)
        self._lost.discard(method)
        if self._arrives:
            self._client.call(model, method, **named)
        raise UnknownOutcomeError("The answer was lost.", model=model, method=method)

    def create(self, model: str, vals: Any, *, context: Any = None) -> int:
        found = self.call(model, "create", vals_list=[dict(vals)], context=context)
        return int(found[0] if isinstance(found, list) else found)

    def write(self, model: str, ids: Any, vals: Any, *, context: Any = None) -> None:
        self.call(model, "write", ids=ids, vals=dict(vals), context=context)


@pytest.mark.parametrize("arrives", [True, False], ids=["done in Odoo", "never arrived"])
def test_an_answer_lost_at_any_step_doubles_nothing(desk: TicketDesk, arrives: bool) -> None:
    server = desk.server
    lost = {"create", "write", "message_post"}
    now = [1000.0]
    desk.outbox.clock = lambda: now[0]
    desk.wrap = lambda client: Losing(client, lost, arrives=arrives)  # type: ignore[assignment,return-value]

    def settled(entry: Entry) -> Entry:
        states = []
        while (found := desk.sent(entry)).state != "done" and len(states) < 60:
            assert found.state == "unknown", found.reason
            states.append(found.state)
            now[0] += 10
        # Only what never arrived is sent again, and only when Odoo can no longer be at it.
        assert (len(states) > 6) != arrives
        return found

    partner_id = customer(server)
    entry = settled(create_ticket(desk.office, AGENT, new(server, partner_id=partner_id)))
    rows = server.sql("select id from helpdesk_ticket where partner_id = %s", [partner_id])
    assert len(rows) == 1
    assert entry.record is not None
    ticket_id = entry.record.record_id
    assert rows == [(ticket_id,)]
    target = stages(server)["In Progress"][0]
    change = TicketChange(TICKET, ticket_id, stage_id=target, note="Once", public=True, confirmed=True, label="T")
    entry = settled(update_ticket(desk.office, AGENT, replace(change, seen_stage_id=stages(server)["New"][0])))
    assert lost == set()
    assert server.sql("select stage_id from helpdesk_ticket where id = %s", [ticket_id]) == [(target,)]
    assert len(written(server, ticket_id, entry.token)) == 1


# Project tasks


def hire_tasker(server: RealOdoo) -> None:
    """Make the user who works on tasks."""
    groups = [people._group(server, name) for name in TASKER.groups]
    companies = server.call("res.company", "search", [])
    server.call(
        "res.users", "create",
        {"name": "Tasker", "login": TASKER.login, "email": TASKER.login, "password": TASKER.password,
         "company_id": min(companies), "company_ids": [(6, 0, companies)], "group_ids": [(6, 0, groups)]},
        context={"no_reset_password": True},
    )  # fmt: skip


@pytest.fixture(scope="module")
def tasks(odoo19_lean: RealOdoo) -> Iterator[RealOdoo]:
    with odoo19_lean.copy() as copy:
        hire_tasker(copy)
        yield copy


def test_without_a_helpdesk_a_ticket_is_a_task_of_a_project(tasks: RealOdoo, tmp_path: Path) -> None:
    desk, who = desk_at(tasks, {}, tmp_path), author(TASKER)
    project, company = tasks.sql(
        "select id, company_id from project_project where name ->> 'en_US' = 'Customer support'"
    )[0]
    with desk.client(who) as client:
        offers = live_tickets.new_ticket_offers(client, TASK, company)
        assert offers.source == "tasks"
        assert [one.team_id for one in offers.teams if one.name == "Customer support"] == [project]
        assert [one.key for one in offers.priorities] == ["0", "1", "2", "3"]
    partner_id = customer(tasks)
    ticket = NewTicket(TASK, partner_id, "Dish fell", company, "From the roof", "2", project)
    entry = desk.sent(create_ticket(desk.office, who, ticket))
    assert entry.state == "done", entry.reason
    rows = tasks.sql(
        "select t.id, t.partner_id, t.project_id, t.company_id, t.priority, u.login, s.name ->> 'en_US' "
        "from project_task t join res_users u on u.id = t.create_uid join project_task_type s on s.id = t.stage_id "
        "where t.description like %s",
        [f"%{entry.token}%"],
    )
    assert len(rows) == 1
    task_id, *facts = rows[0]
    assert facts == [partner_id, project, company, "2", TASKER.login, "New"]
    assert mails(tasks, TASK, task_id) == []
    read = desk.now(task_id, TASK, who)
    assert read.now.user_ids == ()
    assert [one.name for one in read.stages] == ["New", "Working on it", "Waiting for customer", "Solved"]
    one, two = [person.user_id for person in read.people][:2]
    seen = {"seen_stage_id": read.now.stage_id, "seen_user_ids": read.now.user_ids, "label": read.now.label}
    change = TicketChange(TASK, task_id, stage_id=read.stages[1].stage_id, user_id=one, **seen)
    entry = desk.sent(update_ticket(desk.office, who, change))
    assert entry.state == "done", entry.reason
    assert tasks.sql("select user_id from project_task_user_rel where task_id = %s", [task_id]) == [(one,)]
    # A second person was put beside the first meanwhile: to replace both is not what was decided on.
    tasks.call(TASK, "write", [task_id], {"user_ids": [(4, two)]})
    stale = replace(change, stage_id=None, user_id=two, seen_user_ids=(one,))
    assert "assignee of ticket" in desk.sent(update_ticket(desk.office, who, stale)).reason
    message = TicketChange(TASK, task_id, note="It is fixed", public=True, confirmed=True, label=read.now.label)
    assert desk.sent(update_ticket(desk.office, who, message)).state == "done"
    assert (partner_id,) in mails(tasks, TASK, task_id)


def test_own_rights_are_asked_again_for_a_message_that_waited(desk: TicketDesk) -> None:
    ticket_id = made(desk)
    desk.outbox.clock = lambda: 1000.0
    table = {**desk.settings.roles}
    table["support"] = table["support"].model_copy(update={"actions": ("ticket",)})
    desk.sender.settings = desk.settings.model_copy(update={"roles": table})
    entry = changed(desk, ticket_id, note="Hello", public=True, confirmed=True)
    assert entry.state == "failed"
    assert "message" in entry.reason
    assert written(desk.server, ticket_id, entry.token) == []
    assert staff.person_of(desk.client(AGENT), SUPPORT.login).roles == {"support"}


# First answers


def test_a_message_sent_at_once_is_the_first_answer_and_the_e_mail_that_opens_a_ticket_is_none(
    desk: TicketDesk, tmp_path: Path
) -> None:
    server = desk.server
    answered = made(desk)
    assert changed(desk, answered, note="We are looking at it.", public=True, confirmed=True).state == "done"
    mailed = by_gateway(server, "<opens@staff.example>")
    twice = by_gateway(server, "<opens.too@staff.example>")
    assert changed(desk, twice, note="It works again.", public=True, confirmed=True).state == "done"
    store = SnapshotStore(tmp_path / "store")
    try:
        snapshot = run_sync(desk.settings, store).snapshot
    finally:
        store.close()
    facts = ticket_facts(snapshot, datetime.now(UTC) + timedelta(minutes=1), "Africa/Harare").set_index("ticket_id")
    assert facts.loc[[answered, mailed, twice], "no_reply"].tolist() == [False, True, False]
    assert facts.loc[answered, "first_response_h"] < 0.1


def waited_h(desk: TicketDesk, folder: Path, ticket_ids: list[int]) -> list[float]:
    """Return the hours without an answer that a fresh reading tells in an hour's time."""
    store = SnapshotStore(folder)
    try:
        snapshot = run_sync(desk.settings, store).snapshot
    finally:
        store.close()
    facts = ticket_facts(snapshot, datetime.now(UTC) + timedelta(hours=1), "Africa/Harare").set_index("ticket_id")
    return [float(hours) for hours in facts.loc[ticket_ids, "waited_h"]]


def test_our_public_answer_stops_the_clock_and_neither_a_note_nor_a_stage_does(
    desk: TicketDesk, tmp_path: Path
) -> None:
    server = desk.server
    partner_id = customer(server)
    answered, noted, moved, again = (made(desk, partner_id=partner_id) for _ in range(4))
    assert changed(desk, answered, note="We are looking at it.", public=True, confirmed=True).state == "done"
    assert changed(desk, noted, note="Call him").state == "done"
    assert changed(desk, moved, stage_id=stages(server)["In Progress"][0]).state == "done"
    assert changed(desk, again, note="It works again.", public=True, confirmed=True).state == "done"
    words = {"author_id": partner_id, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
    server.call(TICKET, "message_post", [again], body="It does not.", **words)
    # As if the answer had been given three hours ago and the customer had written two hours ago.
    for back, ours in ((3, True), (2, False)):
        server.sql(
            "update mail_message m set date = (now() at time zone 'utc') - make_interval(hours => %s) "
            "where m.model = %s and m.res_id = %s and m.message_type = 'comment' and (m.author_id = %s) <> %s",
            [back, TICKET, again, partner_id, ours],
        )
    hours = waited_h(desk, tmp_path / "store", [answered, noted, moved, again])
    assert np.isnan(hours[0])
    assert hours[1:] == pytest.approx([1.0, 1.0, 3.0], abs=0.1)


def by_gateway(server: RealOdoo, message_id: str) -> int:
    """Let Odoo's mail gateway make a ticket from an e-mail that the agent wrote; returns its id, with a customer."""
    moment = format_datetime(datetime.now(UTC))
    mail = (
        f"From: {AGENT.login}\nTo: desk@afinet.example\nSubject: Dish offline\nDate: {moment}\n"
        f"Message-Id: {message_id}\nContent-Type: text/plain\n\nWe noticed that the dish is offline.\n"
    )
    ticket_id = int(server.call("mail.thread", "message_process", TICKET, mail))
    server.call(TICKET, "write", [ticket_id], {"partner_id": customer(server)})
    return ticket_id
