"""What Odoo offers for a ticket: teams, stages, people and priorities of each helpdesk, and who reads a message."""

from __future__ import annotations

import pytest

from odoo_client.live import tickets as live_tickets
from odoo_client.live.tickets import Stage
from tests.fake_tickets import TICKET, UID, FakeClient, ticket


def offers(client: FakeClient, company_id: int = 1) -> live_tickets.NewTicketOffers:
    return live_tickets.new_ticket_offers(client, client.model, company_id)  # type: ignore[arg-type]


def for_change(client: FakeClient) -> live_tickets.ChangeOffers:
    return live_tickets.change_offers(client, client.model, 40)  # type: ignore[arg-type]


def test_teams_of_the_company_are_offered_with_where_their_tickets_begin() -> None:
    client = FakeClient("oca")
    client.rows["helpdesk.ticket.team"] = [
        {"id": 3, "name": "Field", "company_id": 1}, {"id": 4, "name": "billing", "company_id": False},
        {"id": 5, "name": "Other company", "company_id": 2}, {"id": 6, "name": "Gone", "active": False},
    ]  # fmt: skip
    client.add_stage(id=9, name="Archived", team_ids=[], active=False)
    client.add_stage(id=8, name="Other company", team_ids=[], company_id=2)
    client.add_stage(id=2, name="Billing first", team_ids=[4], mail_template_id=7)
    client.add_stage(id=1, name="New", team_ids=[], company_id=1)
    found = offers(client)
    assert [(one.name, one.first_stage) for one in found.teams] == [
        ("billing", Stage(2, "Billing first", True)), ("Field", Stage(1, "New")), ("No team", Stage(1, "New")),
    ]  # fmt: skip
    assert [one.writes_customer for one in found.teams] == [True, False, False]
    assert [(one.key, one.name) for one in found.priorities] == [("0", "Low"), ("1", "Medium"), ("3", "High")]


def test_projects_begin_with_a_stage_that_is_not_folded_and_there_is_no_task_without_one() -> None:
    client = FakeClient("tasks")
    client.rows["project.project"] = [
        {"id": 3, "name": "Support"}, {"id": 4, "name": "Template", "is_template": True}
    ]  # fmt: skip
    client.add_stage(id=1, name="Folded", fold=True, project_ids=[3])
    client.add_stage(id=2, name="New", project_ids=[3, 4])
    assert [(one.team_id, one.first_stage) for one in offers(client).teams] == [(3, Stage(2, "New"))]


def test_an_enterprise_team_has_its_own_stages_and_people() -> None:
    client = FakeClient("enterprise")
    ticket(client, team_id=3)
    client.add_stage(id=3, name="Other team", team_ids=[4])
    client.rows["helpdesk.team"] = [{"id": 3, "name": "Field", "company_id": 1, "member_ids": [6]}]
    found = for_change(client)
    assert [one.name for one in found.stages] == ["New", "Working"]
    assert [one.name for one in found.people] == ["Blessing", "Tarisai"], "the present assignee is among them"
    client.rows[TICKET][0] |= {"domain_user_ids": [5, UID]}
    assert [one.user_id for one in for_change(client).people] == [5, UID]


@pytest.mark.parametrize(("members", "people"), [([6], {5, 6}), ([], {5, 6, UID})], ids=["members", "no members"])
def test_oca_offers_the_members_of_the_team_if_it_has_any(members: list[int], people: set[int]) -> None:
    client = FakeClient("oca")
    ticket(client)
    client.rows["helpdesk.ticket.team"] = [{"id": 3, "name": "Field", "user_ids": members}]
    client.rows["res.users"].append({"id": 20, "name": "Customer", "share": True})
    client.rows["res.users"].append({"id": 21, "name": "Left", "share": False, "active": False})
    assert {one.user_id for one in for_change(client).people} == people


def test_what_a_ticket_has_now_is_offered_even_where_odoo_no_longer_would() -> None:
    client = FakeClient("oca")
    ticket(client, stage_id=7, user_id=21, priority="9")
    client.add_stage(id=7, name="Archived", active=False)
    client.rows["res.users"].append({"id": 21, "name": "Left", "share": False, "active": False})
    found = for_change(client)
    assert found.stages[0] == Stage(7, "Archived")
    assert (found.people[-1].name, found.priorities[0].key) == ("Left", "9")


def test_who_reads_a_message_is_the_customer_and_followers_from_outside() -> None:
    client = FakeClient("oca")
    ticket(client, message_partner_ids=[105, 7, 8])
    found = for_change(client)
    assert found.readers == live_tickets.Readers("Rudo", "rudo@example.com", ("Rudo, Accounts",))
    assert found.now.label == "HT40"
    client.rows[TICKET][0] |= {"partner_id": False, "message_partner_ids": []}
    assert for_change(client).readers == live_tickets.Readers()


def test_a_task_s_states_are_offered_as_odoo_s_own_form_does_and_stages_say_whether_they_close() -> None:
    client = FakeClient("tasks")
    ticket(client, state="03_approved")
    client.add_stage(id=3, name="Solved", project_ids=[3], fold=True)
    found = for_change(client)
    assert found.now.state == "03_approved"
    assert [one.name for one in found.states] == ["In Progress", "Changes Requested", "Approved", "Done", "Cancelled"]
    assert [one.marked for one in found.stages] == [False, False, True]
    client.rows[client.model][0]["state"] = "04_waiting_normal"
    assert [one.name for one in for_change(client).states] == ["Done", "Cancelled", "Waiting"]


def test_before_17_and_on_a_helpdesk_there_are_no_states() -> None:
    client = FakeClient("tasks")
    del client.described[client.model]["state"]
    client.described["project.task.type"]["is_closed"] = client.described["project.task.type"]["fold"]
    ticket(client)
    client.add_stage(id=3, name="Solved", project_ids=[3], is_closed=True)
    found = for_change(client)
    assert (found.states, found.now.state) == ((), "")
    assert [one.marked for one in found.stages] == [False, False, True], "Odoo 14 marks it with a field of its own"
    client = FakeClient("oca")
    ticket(client, state="open")
    assert (for_change(client).states, for_change(client).now.state) == ((), "")
