"""Roles on the pages: what is in the menu, what is refused, what is not sent, and what runs later than the page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from odoo_client.config import Settings
from odoo_client.errors import ForbiddenError, SessionEndedError
from odoo_client.people.access import Person, roles_of
from odoo_client.roles import DEFAULT_ROLES, PAGES, Action, Role
from odoo_client.store.snapshot import FrameInfo
from pages.ui.menu import ABOUT, is_listed
from pages.ui.menu import PAGES as MENU
from pages.ui.session import access, demo_roles
from tests.app.conftest import ADMINISTRATOR, Stage, alerts, books, real, tiles
from tests.app.test_tickets import snapshot_of

FINANCE = Person("fin@staff.example", "Fin", 11, frozenset({"finance"}), frozenset({1, 2}))
SUPPORT = Person(
    "sup@staff.example",
    "Sup",
    12,
    frozenset({"support"}),
    frozenset({1, 2}),
    sales="none",
    frames=frozenset({"tickets", "ticket_stages", "ticket_teams", "ticket_messages", "message_subtypes"}),
)
SECOND = Person("other@staff.example", "Other", 13, frozenset({"finance"}), frozenset({2}))
NOBODY = Person("new@staff.example", "New", 14, frozenset(), frozenset({1}))


def of(role: Role) -> Person:
    return Person(f"{role}@staff.example", role.title(), 20, frozenset({role}), frozenset({1, 2}))


@pytest.mark.parametrize("role", DEFAULT_ROLES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opened_by_its_address_is_refused_by_the_table(provider: Stage, role: Role, page: str) -> None:
    provider.sign_in(of(role))
    visit = provider.open(f"{page}.py")
    assert not visit.exception
    refused = "not among those of your role" in alerts(visit)
    assert refused == (page not in DEFAULT_ROLES[role].pages)
    if refused:
        assert not visit.metric
        assert not visit.dataframe
        last = provider.audit.read().iloc[0]
        assert (last["event"], last["subject"], last["outcome"]) == ("refused", f"page: {page}", "refused")


def test_every_page_of_the_table_is_in_the_menu() -> None:
    assert tuple(MENU) == PAGES


def test_a_page_whose_module_is_missing_stands_in_the_menu_of_administrators_alone() -> None:
    missing = {"tickets": "missing", "invoices": "ok", "services": "denied"}
    for page in PAGES:
        assert is_listed(page, missing, opens=True, administers=True)
        assert is_listed(page, missing, opens=True, administers=False) == (page != "tickets")
        assert not is_listed(page, {}, opens=False, administers=True)


def test_what_a_page_is_about_is_a_dataset() -> None:
    assert set(ABOUT) <= set(MENU)
    assert set(ABOUT.values()) <= set(books().snapshot())


def test_a_phone_s_menu_lists_no_page_whose_module_is_missing(provider: Stage) -> None:
    info = FrameInfo(0, datetime.now(UTC), state="missing", message="Install Helpdesk.")
    provider.show(snapshot_of(books(), tickets=info))
    provider.sign_in(of("manager"))
    labels = [link.proto.label for link in provider.open("arrears.py").get("page_link")]
    assert "Arrears" in labels
    assert "Tickets" not in labels


def test_somebody_without_any_role_is_told_what_is_missing(provider: Stage) -> None:
    provider.sign_in(NOBODY)
    visit = provider.open()
    assert "ask an administrator" in alerts(visit)
    assert not visit.metric


def test_without_a_session_nothing_is_shown(provider: Stage) -> None:
    provider.doors.sessions.end(provider.caller[0])
    visit = provider.open()
    assert "You are signed out" in alerts(visit)
    assert not visit.metric


def test_a_person_of_one_company_has_its_figures_only(provider: Stage) -> None:
    provider.sign_in(SECOND)
    visit = provider.open("arrears.py")
    figures = " ".join(value for values in tiles(visit).values() for value in values)
    assert "USD 70" in figures
    assert "ZWG" not in figures
    assert "250" not in figures


def test_the_address_cannot_widen_the_companies(provider: Stage) -> None:
    everybody = provider.open("arrears.py", company="All companies")
    provider.sign_in(SECOND)
    visit = provider.open("arrears.py", company="All companies")
    assert tiles(visit) != tiles(everybody)
    assert "ZWG" not in " ".join(value for values in tiles(visit).values() for value in values)


def test_a_denied_ledger_never_reads_as_nothing_owed(provider: Stage) -> None:
    provider.sign_in(SUPPORT)
    for page, query in (("overview.py", {}), ("customers.py", {"customer": "1"})):
        visit = provider.open(page, **query)
        assert not visit.exception
        said = " ".join([*(one.value for one in visit.markdown), *(one.value for one in visit.caption), alerts(visit)])
        money = [value for values in tiles(visit).values() for value in values if "USD" in value or "ZWG" in value]
        assert not money
        assert "othing is open" not in said
        assert "nothing overdue" not in said.lower()


def test_roles_without_exports_see_no_buttons_for_them(provider: Stage) -> None:
    provider.sign_in(SUPPORT)
    visit = provider.open("services.py")
    assert not [button for button in visit.get("download_button") if "CSV" in button.label]


def test_what_runs_on_click_asks_for_the_right_again(provider: Stage) -> None:
    token = provider.sign_in(FINANCE)
    run = access.checked("export", "export", "Arrears", lambda: "rows", 3)
    assert run() == "rows"
    last = provider.audit.read().iloc[0]
    assert (last["event"], last["login"], last["rows"]) == ("export", FINANCE.login, 3)
    session = provider.doors.sessions.find(token, browser="test browser")
    session.person = SUPPORT
    with pytest.raises(ForbiddenError, match="rights have changed"):
        run()
    provider.doors.sessions.end(token)
    with pytest.raises(SessionEndedError):
        run()


def test_a_refused_action_is_in_the_trail(provider: Stage) -> None:
    provider.sign_in(SUPPORT)
    run = access.checked("export", "export", "Arrears", lambda: "rows", 3)
    with pytest.raises(ForbiddenError):
        run()
    last = provider.audit.read().iloc[0]
    assert (last["event"], last["subject"], last["outcome"]) == ("refused", "export: Arrears", "refused")


def test_phone_and_mail_are_not_on_a_page_for_those_who_must_not_have_them(provider: Stage) -> None:
    provider.sign_in(of("manager"))
    visit = provider.open("arrears.py")
    shown = " ".join(str(frame.value.to_dict()) for frame in visit.dataframe)
    assert "Tendai Moyo" in shown
    assert "+263" not in shown
    provider.sign_in(ADMINISTRATOR)
    visit = provider.open("arrears.py")
    assert "+263" in " ".join(str(frame.value.to_dict()) for frame in visit.dataframe)


def test_the_audit_page_shows_the_trail(provider: Stage) -> None:
    provider.audit.add("export", login="fin@staff.example", subject="Arrears <b>x</b>", rows=12, address="192.0.2.7")
    visit = provider.open("audit.py")
    assert not visit.exception
    assert tiles(visit)["Taken out in 7 days"] == ["1"]
    rows = visit.dataframe[0].value
    assert list(rows["Who"]) == ["fin@staff.example"]
    assert "chain over all of them is unbroken" in " ".join(one.value for one in visit.caption)
    visit = provider.open("audit.py", audit_event="Sign-in")
    assert "Hidden by" in alerts(visit)


def test_the_audit_page_blames_only_the_filters_that_hide_its_entries(provider: Stage) -> None:
    visit = provider.open("audit.py", audit_event="Sign-in")
    assert "There are no entries in the trail yet." in alerts(visit)
    assert "Hidden by" not in alerts(visit)
    provider.audit.add("export", login="fin@staff.example", subject="Arrears", rows=12)
    said = alerts(provider.open("audit.py", audit_event="Sign-in"))
    assert r"Hidden by **Event: Sign\-in**" in said
    assert "day" not in said
    said = alerts(provider.open("audit.py", audit_from="2020-01-01", audit_to="2020-01-31"))
    assert "Hidden by **From day: 1 Jan 2020** and **To day: 31 Jan 2020**" in said
    said = alerts(provider.open("audit.py", audit_login="rudo", audit_from="2020-01-01", audit_to="2020-01-31"))
    assert "**Login: rudo**" in said


def test_the_audit_page_says_what_each_row_is_about_and_the_trail_keeps_what_was_written(provider: Stage) -> None:
    book = books()
    book.frames["payments"].append({"payment_id": 45, "name": "PBNK1/2026/00045", "company_id": 1})
    provider.show(real(book.snapshot()))
    token = "AFN-ABCDEFGHIJKLMNOP"
    said = {
        ("write", "helpdesk.ticket:2"): "Entered: ticket HT2",
        ("write", f"ticket_update: helpdesk.ticket:2 {token}"): "Sent to Odoo: change of ticket HT2",
        ("write", f"ticket_update: helpdesk.ticket:987 {token}"): "Sent to Odoo: change of ticket 987",
        ("write", f"ticket_create:  {token}"): "Sent to Odoo: new ticket",
        ("write", "ticket for partner 1"): "Entered: ticket for Tendai Moyo",
        ("write", f"activity: res.partner:1 {token}"): "Sent to Odoo: call or promise of Tendai Moyo",
        ("decision", "approve payment 45: USD 20.00"): "Entered: approve payment PBNK1/2026/00045: USD 20.00",
        ("decision", f"payment_approve: account.payment:45 {token}"): (
            "Sent to Odoo: approval of payment PBNK1/2026/00045"
        ),
        ("write", f"payment_proof:  {token}"): "Sent to Odoo: proof of payment",
        ("write", f"outbox retry: payment_ask {token}"): "Tried again: question AFN-ABCD…",
        ("write", "link portal account 7 to res.partner:4"): "link portal account 7 to Chipo 🌍 Dube",
        ("refused", "customer: res.partner:6"): "customer: Nobody Owes",
        ("statement", "pdf of customer 3"): "pdf of =1+1 Trading",
        ("attachment", "attachment 5"): "file 5 in Odoo",
        ("export", "Arrears as of 1 Nov 2026"): "Arrears as of 1 Nov 2026",
    }
    for event, subject in reversed(said):
        provider.audit.add(event, login="fin@staff.example", subject=subject, address="192.0.2.7")  # type: ignore[arg-type]
    visit = provider.open("audit.py")
    assert not visit.exception
    rows = visit.dataframe[0].value
    assert list(rows["About"]) == list(said.values())
    assert set(rows["Address"]) == {"192.0.2.7"}
    assert [one.label for one in visit.date_input] == ["From day", "To day"]
    assert "A write has two rows" in " ".join(one.value for one in visit.caption)
    assert set(provider.audit.read()["subject"]) == {subject for _event, subject in said}


# What Odoo itself denies


@pytest.mark.parametrize("writes", [None, frozenset()], ids=["bookkeeper", "reader"])
def test_a_read_only_accountant_is_offered_nothing_that_odoo_would_not_let_them_do(
    provider: Stage, writes: frozenset[Action] | None
) -> None:
    offered = writes is None
    provider.sign_in(replace(FINANCE, writes=writes))
    assert bool(provider.open("payments.py", payments_show="Enter a proof").get("file_uploader")) == offered
    keys = set()
    for visit in (provider.open("customers.py", customer="2"), provider.open("arrears.py", customer="2")):
        assert not visit.exception
        keys |= {button.key for button in visit.button}
    for key in ("contact_correct", "call_2_0_enter", "promise_2_0_enter"):
        assert (key in keys) == offered, key
    visit = provider.open("contacts.py", contact="2")
    assert ("Your Odoo account lacks the right" in " ".join(one.value for one in visit.caption)) != offered


def test_the_demo_s_people_are_persons_of_their_own_and_one_sees_the_second_company_alone() -> None:
    people = {key: role.person([1, 2]) for key, role in demo_roles.PEOPLE.items()}
    assert len({person.login for person in people.values()}) == len(people)
    assert [key for key, person in people.items() if person.company_ids != {1, 2}] == ["finance_second_company"]
    assert people["finance_second_company"].company_ids == {2}
    assert demo_roles.access_of("nobody known", Settings(), [1, 2]).may("decide")


def test_the_demo_s_people_have_the_rights_of_real_ones() -> None:
    """The same groups as people of tests/real_odoo/staff.py have them in a real Odoo, where these are compared."""
    assert {one.name: roles_of(one.groups) for one in demo_roles.PEOPLE.values()} == {
        "Finance": {"finance"},
        "Support lead": {"support"},
        "Manager": {"manager"},
        "Sales, own orders": {"sales"},
        "Finance, second company": {"finance"},
    }
