"""Who somebody is and what they see, compared with what a real Odoo itself shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.doctor.production import record_rules
from odoo_client.errors import OdooAccessError, SignInError
from odoo_client.people import staff
from odoo_client.people.access import Access
from odoo_client.people.scope import scoped
from odoo_client.roles import DEFAULT_ROLES, ODOO_RIGHTS
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.real_odoo import staff as people
from tests.real_odoo.server import RealOdoo
from tests.real_odoo.staff import Member

pytestmark = pytest.mark.odoo
EVERYBODY = pytest.mark.parametrize("member", people.STAFF, ids=lambda member: member.login)
#: Frame → its model and the column of its ids.
RECORDS = {
    "orders": ("sale.order", "order_id"),
    "tickets": ("helpdesk.ticket", "ticket_id"),
    "invoices": ("account.move", "move_id"),
    "payments": ("account.payment", "payment_id"),
    "products": ("product.product", "product_id"),
    "customers": ("res.partner", "partner_id"),
}


@dataclass(frozen=True)
class Staffed:
    """An Odoo with its staff and what the service account read of it."""

    server: RealOdoo
    settings: Settings
    snapshot: Snapshot


@pytest.fixture(scope="module", params=["odoo19", "odoo14"])
def staffed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staffed]:
    server: RealOdoo = request.getfixturevalue(request.param)
    with server.copy() as copy:
        people.hire(copy)
        companies = sorted(copy.call("res.company", "search", []))
        for company_id in companies:
            copy.call("product.product", "create", {"name": f"Plan of company {company_id}", "company_id": company_id})
        settings = Settings(
            odoo_url=copy.url, odoo_database=copy.database, odoo_username=copy.username, odoo_password=copy.password
        )
        store = SnapshotStore(tmp_path_factory.mktemp("staff") / "cache")
        yield Staffed(copy, settings, run_sync(settings, store).snapshot)
        store.close()


def signed_in(staffed: Staffed, member: Member) -> Access:
    person = staff.sign_in(staffed.settings, member.login, SecretStr(member.password))
    return Access.of(person, DEFAULT_ROLES)


@EVERYBODY
def test_a_person_has_the_roles_of_their_groups_and_their_companies(staffed: Staffed, member: Member) -> None:
    access = signed_in(staffed, member)
    companies = sorted(staffed.server.call("res.company", "search", []))
    assert access.person.roles == member.roles
    assert access.person.company_ids == {companies[position] for position in member.companies}


@EVERYBODY
def test_a_person_sees_the_records_that_odoo_shows_them_and_no_others(staffed: Staffed, member: Member) -> None:
    access = signed_in(staffed, member)
    mine = scoped(staffed.snapshot, access)
    with staff.connect(staffed.settings, member.login, SecretStr(member.password)) as own:
        for frame, (model, column) in RECORDS.items():
            shown = set(mine.frame(frame)[column])
            theirs = visible(own, model)
            every = set(staffed.snapshot.frame(frame)[column])
            assert shown <= theirs, frame
            # Odoo shows colleagues of other companies as contacts; they are nobody's customers here.
            if frame != "customers" and (frame not in ("invoices",) or "finance" in member.roles):
                # A salesperson reads own invoices in Odoo; here the ledger is whole or not there.
                assert shown == theirs & every, frame


def visible(own: OdooClient, model: str) -> set[int]:
    try:
        return set(own.search_ids(model, []))
    except OdooAccessError:
        return set()


def test_somebody_with_own_documents_has_theirs_and_not_all(staffed: Staffed) -> None:
    access = signed_in(staffed, people.OWN)
    mine = scoped(staffed.snapshot, access)
    owners = set(mine.frame("orders")["salesperson_id"])
    assert access.person.user_id in owners
    assert owners <= {access.person.user_id, 0}
    assert len(mine.frame("orders")) < len(staffed.snapshot.frame("orders"))
    assert len(mine.frame("tickets")) >= people.OWN_TICKETS
    assert mine.frame("receivable_lines").empty
    assert mine.info["receivable_lines"].state == "denied"


@EVERYBODY
def test_single_sign_on_finds_the_same_person(staffed: Staffed, member: Member) -> None:
    own = signed_in(staffed, member).person
    with OdooClient.connect(staffed.settings) as service:
        found = staff.person_by_login(service, member.login.upper())
    assert (found.login, found.name, found.user_id) == (member.login, own.name, own.user_id)
    assert (found.roles, found.company_ids, found.sales, found.tickets) == (
        own.roles,
        own.company_ids,
        own.sales,
        own.tickets,
    )
    assert found.team_ids == own.team_ids
    assert found.writes is not None
    assert own.writes is not None
    assert found.writes <= own.writes
    assert own.frames is not None
    assert found.frames is not None
    assert found.frames <= own.frames


@pytest.mark.parametrize(
    ("member", "written"),
    [
        (people.FINANCE, set()),
        (people.CLERK, {"proof", "decide"}),
        (people.SUPPORT, {"ticket", "message"}),
        (people.MANAGER, {"promise"}),
        (people.BOTH, {"ticket", "message"}),
    ],
    ids=lambda value: value.login if isinstance(value, Member) else "",
)
def test_nobody_is_offered_a_write_that_odoo_denies_them(staffed: Staffed, member: Member, written: set[str]) -> None:
    with OdooClient.connect(staffed.settings) as service:
        sso = Access.of(staff.person_by_login(service, member.login), DEFAULT_ROLES)
    for access in (sso, signed_in(staffed, member)):
        assert access.actions & set(ODOO_RIGHTS) == written
    with staff.connect(staffed.settings, member.login, SecretStr(member.password)) as own:
        assert own.may("account.payment", "create") == ("proof" in written)
        assert own.may("res.partner", "write") == ("promise" in written)
        assert own.may("helpdesk.ticket", "create") == ("ticket" in written)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        (people.FINANCE.login, "wrong"),
        ("nobody@staff.example", "wrong"),
        (people.PORTAL.login, people.PORTAL.password),
    ],
)
def test_whatever_odoo_refuses_is_one_and_the_same_sentence(staffed: Staffed, login: str, password: str) -> None:
    with pytest.raises(SignInError) as refused:
        staff.sign_in(staffed.settings, login, SecretStr(password))
    assert refused.value.sentence == staff.REFUSED


def test_single_sign_on_knows_no_portal_users_and_no_patterns(staffed: Staffed) -> None:
    with OdooClient.connect(staffed.settings) as service:
        for login in (people.PORTAL.login, "%", "fin_staff.example", "nobody@staff.example"):
            with pytest.raises(SignInError, match="Nobody on the staff"):
                staff.person_by_login(service, login)


def test_somebody_deactivated_is_refused(staffed: Staffed) -> None:
    uid = staffed.server.call("res.users", "search", [("login", "=", people.BOTH.login)])
    staffed.server.call("res.users", "write", uid, {"active": False})
    try:
        with pytest.raises(SignInError):
            signed_in(staffed, people.BOTH)
    finally:
        staffed.server.call("res.users", "write", uid, {"active": True})


def test_doctor_names_record_rules_of_ones_own(staffed: Staffed) -> None:
    with OdooClient.connect(staffed.settings) as client:
        assert record_rules(client).verdict == "ok"
    model = staffed.server.call("ir.model", "search", [("model", "=", "sale.order")])[0]
    rule = {"name": "Harare orders only", "model_id": model, "domain_force": "[(1, '=', 1)]"}
    made = staffed.server.call("ir.rule", "create", rule)
    try:
        with OdooClient.connect(staffed.settings) as client:
            assert "Harare orders only" in record_rules(client).sentence
    finally:
        staffed.server.call("ir.rule", "unlink", [made])


def test_private_projects_are_those_that_odoo_shows_to_the_person(odoo19_lean: RealOdoo) -> None:
    """Where project tasks are the tickets the service account sees projects that the person does not."""
    member = Member("tasks@staff.example", (people.USER, "project.group_project_user"), frozenset({"support"}), (0,))
    with odoo19_lean.copy() as copy:
        uid = people.hire_one(copy, member)
        (partner_id,) = copy.call("res.users", "read", [uid], ["partner_id"])[0]["partner_id"][:1]
        made = {
            name: copy.call("project.project", "create", {"name": name, "privacy_visibility": visible})
            for name, visible in (("Open", "employees"), ("Private", "followers"), ("Invited", "followers"))
        }
        copy.call("project.project", "message_subscribe", [made["Invited"]], [partner_id])
        settings = Settings(
            odoo_url=copy.url, odoo_database=copy.database, odoo_username=copy.username, odoo_password=copy.password
        )
        with OdooClient.connect(settings) as service:
            sso = staff.person_by_login(service, member.login)
        own = staff.sign_in(settings, member.login, SecretStr(member.password))
    assert own.tickets == sso.tickets == "team"
    assert sso.team_ids == own.team_ids
    assert {name for name, key in made.items() if key in sso.team_ids} == {"Open", "Invited"}
