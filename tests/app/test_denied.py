"""What a person may not read in Odoo is said on every page, never a zero, never offered, and no link leads there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.people.access import Person
from odoo_client.people.scope import denied_frames
from odoo_client.roles import DEFAULT_ROLES
from pages.ui import freshness
from pages.ui.session import access, demo_roles
from tests.app.conftest import ADMINISTRATOR, SALES, SUPPORT, Stage, alerts, table, tiles
from tests.app.test_pages import PAGES, without
from tests.app.whole_books import whole

PEOPLE = pytest.mark.parametrize("person", [SUPPORT, SALES], ids=["support", "sales"])
NO_RIGHT = "no right to read"
#: Figures that say in their note what they leave out.
NOTED = {
    "Customers",
    "E-mail",
    "Phone",
    "Plans",
    "Stuck",
    "Stuck orders",
    "Order cycle time",
    "To put right",
    "Duplicates",
}


@pytest.fixture
def full(stage: Stage) -> Stage:
    """A stage with books that have rows for every page."""
    stage.show(whole())
    return stage


def choices(visit: AppTest, key: str) -> list[str]:
    """Return what a choice of buttons offers."""
    return next(list(one.options) for one in visit.get("button_group") if one.key == key)


def said(visit: AppTest) -> str:
    """Return all text of a page."""
    texts = [*visit.markdown, *visit.caption]
    return "\n".join([*(one.value for one in texts), alerts(visit)])


@PEOPLE
def test_a_figure_is_everybody_s_or_says_that_it_may_not_be_read(full: Stage, person: Person) -> None:
    for page in DEFAULT_ROLES[next(iter(person.roles))].pages:
        if f"{page}.py" not in PAGES:
            continue
        full.sign_in(ADMINISTRATOR)
        everybodys = tiles(full.open(f"{page}.py"))
        full.sign_in(person)
        visit = full.open(f"{page}.py")
        assert not visit.exception
        for label, values in tiles(visit).items():
            if label not in NOTED:
                assert values in ([NO_RIGHT], everybodys[label]), (page, label)
        assert "in this Odoo" not in alerts(visit), page


@PEOPLE
def test_no_link_leads_to_a_page_that_is_refused(full: Stage, person: Person) -> None:
    full.sign_in(person)
    pages = DEFAULT_ROLES[next(iter(person.roles))].pages
    for page in pages:
        visit = full.open(f"{page}.py")
        leads = {link.proto.page.rsplit("/")[-1] for link in visit.get("page_link")}
        # The first page that is theirs has no name in an address.
        assert leads - {""} <= set(pages), page


def test_what_is_not_known_is_said_once_for_each_reason(full: Stage) -> None:
    full.sign_in(SUPPORT)
    boxes = [box.proto.title for box in full.open("customers.py").warning]
    assert boxes == [
        "No right to read the services, invoices, payments, receivable lines, payment matchings, orders and deliveries"
    ]


def test_the_overview_leaves_out_what_is_neither_known_nor_theirs(full: Stage) -> None:
    full.sign_in(SUPPORT)
    visit = full.open()
    assert {"Overdue", "Received this month", "Orders in progress"}.isdisjoint(tiles(visit))
    assert tiles(visit)["Active services"] == [NO_RIGHT]
    assert "**Finance**" not in said(visit)
    # A page that is theirs without the right behind it: the tile says so.
    full.sign_in(replace(SALES, roles=frozenset({"manager"})))
    visit = full.open()
    assert tiles(visit)["Overdue"] == tiles(visit)["Open tickets"] == [NO_RIGHT]
    assert "Your account may not read tickets" in said(visit)
    assert "no helpdesk" not in said(visit)


def test_what_is_not_installed_is_told_from_what_may_not_be_read(stage: Stage) -> None:
    stage.show(without("missing", "tickets", "orders"))
    assert {"This Odoo has no helpdesk", "This Odoo has no sales orders"} <= set(said(stage.open()).splitlines())
    stage.show(without("denied", "tickets", "orders"))
    text = set(said(stage.open()).splitlines())
    assert {"Your account may not read tickets", "Your account may not read orders"} <= text


def test_services_that_may_not_be_read_are_no_empty_page(full: Stage) -> None:
    full.sign_in(SUPPORT)
    visit = full.open("services.py")
    assert not visit.metric
    assert "Services: **no right to read**." in [one.value for one in visit.markdown]


def test_groups_and_balances_of_customers_that_cannot_be_known_are_not_offered(full: Stage) -> None:
    full.sign_in(SALES)
    visit = full.open("customers.py")
    assert tiles(visit)["Overdue"] == [NO_RIGHT]
    assert "counted by the records you may read" in said(visit)
    assert choices(visit, "customer_group") == ["All", "With services"]
    assert "balance" not in table(visit, "reference").columns
    assert visit.text_input(key="find").placeholder == "Name, phone, e-mail, account reference"
    everybody = len(table(visit, "reference"))
    visit = full.open("customers.py", customer_group="Overdue")
    assert f"Overdue: {NO_RIGHT}. All customers are shown." in alerts(visit)
    assert len(table(visit, "reference")) == everybody
    full.sign_in(SUPPORT)
    visit = full.open("customers.py")
    assert "counted by the records you may read" in said(visit)
    assert tiles(visit)["With active services"] == [NO_RIGHT]
    assert "customer_group" not in [one.key for one in visit.get("button_group")]


def test_the_data_check_says_that_it_looks_at_customers_known_by_what_may_be_read(full: Stage) -> None:
    assert "looked at; counted" not in said(full.open("contacts.py"))
    full.sign_in(SUPPORT)
    assert "looked at; counted by the records you may read" in said(full.open("contacts.py"))


def test_products_tell_nothing_of_services_that_may_not_be_read(full: Stage) -> None:
    full.sign_in(SUPPORT)
    visit = full.open("products.py")
    for label in ("Active services", "Monthly revenue", "Off list price"):
        assert tiles(visit)[label] == [NO_RIGHT]
    assert f"archived ones still in use: {NO_RIGHT}" in said(visit)
    assert f"sold in the last 12 months: {NO_RIGHT}" in said(visit)
    assert choices(visit, "product_show") == ["Current", "Unmapped", "All"]
    rows = table(visit, "list_price")
    assert {"active_services", "off_list"}.isdisjoint(rows.columns)
    assert set(rows["sold"]) == {"not known"}
    visit = full.open("products.py", product="1")
    assert f"Who pays what: {NO_RIGHT}." in said(visit)
    assert "0 active services" not in said(visit)


def test_nothing_among_one_s_own_is_not_nothing_in_odoo(full: Stage) -> None:
    full.sign_in(replace(SALES, sales="own", user_id=999))
    assert "There are no orders among what you may see." in alerts(full.open("orders.py"))


def test_a_customer_s_timeline_says_what_it_leaves_out(full: Stage) -> None:
    full.sign_in(SUPPORT)
    visit = full.open("customers.py", customer="1", section="Timeline")
    assert "Without what you may not read: services, invoices, payments" in said(visit)


def test_billing_draws_no_column_of_nothing_for_payments_that_may_not_be_read(stage: Stage) -> None:
    stage.show(without("denied", "payments"))
    visit = stage.open("billing.py", bill_view="Payments")
    assert f"Billed beside collected: {NO_RIGHT}." in alerts(visit)
    assert f"Payments: **{NO_RIGHT}**." in [one.value for one in visit.markdown]
    assert "in this Odoo" not in alerts(visit)


def test_the_demo_s_manager_sees_figures_on_every_page_of_the_role_and_is_nothing_else(full: Stage) -> None:
    snapshot = full.store.current()
    person = demo_roles.PEOPLE["manager"].person(access.company_ids_of(snapshot))
    assert person.roles == {"manager"}
    assert not denied_frames(person)
    full.sign_in(replace(person, login="man@staff.example"))
    for page in DEFAULT_ROLES["manager"].pages:
        if f"{page}.py" in PAGES:
            visit = full.open(f"{page}.py")
            assert visit.metric
            assert not set(freshness.ABSENT.values()) & {value for found in tiles(visit).values() for value in found}


def test_arrears_are_searched_by_what_the_person_may_see(full: Stage) -> None:
    full.sign_in(replace(ADMINISTRATOR, roles=frozenset({"manager"})))
    assert full.open("arrears.py").text_input(key="q").placeholder == "Name, invoice"
    full.sign_in(ADMINISTRATOR)
    assert full.open("arrears.py").text_input(key="q").placeholder == "Name, phone, e-mail, invoice"
