"""Roles come from Odoo groups, one table says what they open, and equal sight shares one key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from odoo_client.errors import ForbiddenError
from odoo_client.people import access
from odoo_client.people.access import Access, Person
from odoo_client.roles import DEFAULT_ROLES, ODOO_RIGHTS, PERSONAL, Grant, Role


def person(*roles: Role, **changes: object) -> Person:
    return replace(Person("tariro", "Tariro", 7, frozenset(roles), frozenset({1})), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("group", "role"),
    [
        ("account.group_account_readonly", "finance"),
        ("account.group_account_manager", "finance"),
        ("helpdesk_mgmt.group_helpdesk_user_own", "support"),
        ("helpdesk.group_helpdesk_user", "support"),
        ("project.group_project_user", "support"),
        ("sales_team.group_sale_salesman", "sales"),
        ("sales_team.group_sale_manager", "manager"),
        ("base.group_system", "administrator"),
    ],
)
def test_a_group_makes_its_role_and_no_other(group: str, role: str) -> None:
    assert access.roles_of([group, "base.group_user"]) == {role}


def test_a_sales_administrator_is_a_manager_and_no_salesperson_by_implication() -> None:
    implied = ("sales_team.group_sale_salesman", "sales_team.group_sale_salesman_all_leads")
    roles = access.roles_of(["base.group_user", "sales_team.group_sale_manager", *implied])
    assert roles == {"manager"}
    assert not Access.of(person(*roles), DEFAULT_ROLES).personal
    assert access.roles_of(implied) == {"sales"}
    sales, manager = DEFAULT_ROLES["sales"], DEFAULT_ROLES["manager"]
    assert set(sales.pages) <= set(manager.pages)


@pytest.mark.parametrize(
    ("group", "model", "written"),
    [
        ("account.group_account_readonly", "helpdesk.ticket", set()),
        ("account.group_account_invoice", "helpdesk.ticket", {"proof", "decide"}),
        ("base.group_partner_manager", "helpdesk.ticket", {"promise", "customer"}),
        ("sales_team.group_sale_manager", "helpdesk.ticket", {"promise", "customer"}),
        ("helpdesk_mgmt.group_helpdesk_user_own", "helpdesk.ticket", {"ticket", "message"}),
        ("helpdesk.group_helpdesk_user", "helpdesk.ticket", {"ticket", "message"}),
        ("helpdesk.group_helpdesk_user", "project.task", set()),
        ("project.group_project_user", "project.task", {"ticket", "message"}),
        ("project.group_project_user", "helpdesk.ticket", set()),
        ("project.group_project_user", "", set()),
    ],
)
def test_a_group_of_odoo_gives_the_writes_that_odoo_lets_it_do(group: str, model: str, written: set[str]) -> None:
    assert access.writes_of([group, "base.group_user"], model) == written


def test_what_odoo_denies_is_not_theirs_whatever_their_role_includes() -> None:
    reader = Access.of(person("finance", writes=frozenset()), DEFAULT_ROLES)
    assert not [action for action in ODOO_RIGHTS if reader.may(action)]
    assert reader.may("export")
    assert reader.may("link")
    with pytest.raises(ForbiddenError, match=r"Your Odoo account lacks .* Invoicing \(account.group_account_invoice\)"):
        reader.require("decide")
    # What the role lacks is said of the role, whatever Odoo says.
    assert "Your role (finance) does not include this (ticket)" in reader.why_not("ticket")
    assert Access.of(person("finance"), DEFAULT_ROLES).why_not("decide") == ""


def test_an_employee_without_such_a_group_has_no_role_and_opens_nothing() -> None:
    assert access.roles_of(["base.group_user"]) == frozenset()
    assert Access.of(person(), DEFAULT_ROLES).nothing


def test_two_roles_open_what_either_opens() -> None:
    both = Access.of(person("finance", "support"), DEFAULT_ROLES)
    assert both.opens("arrears")
    assert both.opens("tickets")
    assert both.personal == set(PERSONAL)
    assert not both.opens("audit")


def test_a_page_that_is_not_theirs_is_refused_with_a_sentence() -> None:
    support = Access.of(person("support"), DEFAULT_ROLES)
    support.require_page("tickets")
    with pytest.raises(ForbiddenError, match="page Arrears is not among those of your role \\(support\\)") as refused:
        support.require_page("arrears")
    assert refused.value.subject == "arrears"


def test_an_action_that_is_not_theirs_is_refused() -> None:
    support = Access.of(person("support"), DEFAULT_ROLES)
    with pytest.raises(ForbiddenError, match="export"):
        support.require("export")
    Access.of(person("finance"), DEFAULT_ROLES).require("export")


def test_a_role_that_the_table_leaves_out_opens_nothing() -> None:
    assert Access.of(person("sales"), {"finance": Grant(pages=("arrears",))}).nothing


def test_whose_orders_and_tickets_follows_the_widest_group() -> None:
    own, every = "sales_team.group_sale_salesman", "sales_team.group_sale_salesman_all_leads"
    assert [access.sales_documents(groups) for groups in ([], [own], [own, every])] == ["none", "own", "all"]
    desk = "helpdesk_mgmt.group_helpdesk_user"
    held = [[], [f"{desk}_own"], [f"{desk}_own", f"{desk}_team"], [f"{desk}_own", f"{desk}_team", desk]]
    assert [access.ticket_documents(groups, "helpdesk.ticket") for groups in held] == ["none", "own", "team", "all"]
    assert access.ticket_documents([desk], "project.task") == "none"


def test_a_sales_person_reads_no_ledger_and_a_bookkeeper_no_tickets() -> None:
    assert not access.frames_of(["sales_team.group_sale_salesman"]).intersection(access.LEDGER_FRAMES)
    assert not access.frames_of(["account.group_account_invoice"]).intersection(access.TICKET_FRAMES)


def test_people_of_equal_sight_share_a_key_and_others_never_do() -> None:
    def key(one: Person) -> str:
        return Access.of(one, DEFAULT_ROLES).scope_key

    finance = person("finance")
    assert key(finance) == key(replace(finance, login="rudo", name="Rudo", user_id=8))
    others = [
        replace(finance, company_ids=frozenset({1, 2})),
        replace(finance, sales="own"),
        replace(finance, sales="own", user_id=8),
        replace(finance, tickets="team", team_ids=frozenset({1})),
        replace(finance, tickets="team", team_ids=frozenset({2})),
        replace(finance, frames=frozenset({"orders"})),
        person("manager"),
    ]
    assert len({key(finance), *map(key, others)}) == 1 + len(others)
