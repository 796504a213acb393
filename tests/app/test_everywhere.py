"""The search from everywhere as a page draws it: for whom, with what, and where a result leads."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from odoo_client.roles import DEFAULT_ROLES
from tests.app.conftest import ADMINISTRATOR, PAGES, Stage, real
from tests.app.test_roles import of
from tests.app.whole_books import whole
from tests.builders import Ledger


@pytest.fixture
def desk(stage: Stage) -> Stage:
    stage.show(whole())
    return stage


def fields(visit: AppTest) -> list[Any]:
    """Return what was drawn of the field: nothing, or one."""
    return [one.proto for one in visit.get("bidi_component")]


def answer(visit: AppTest) -> dict[str, Any]:
    """Return what the field was given to show."""
    [field] = fields(visit)
    given: dict[str, Any] = json.loads(field.json)
    return given


def sent(visit: AppTest, event: str, value: object) -> AppTest:
    """Run the page with what the browser sends when somebody types or chooses."""
    [field] = fields(visit)
    states = visit._tree.get_widget_states()
    trigger = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{field.id}__events")
    trigger.json_trigger_value = json.dumps([{"event": event, "value": value}])
    states.widgets.append(trigger)
    visit._run(states)
    return visit


def typed(visit: AppTest, text: object) -> dict[str, list[str]]:
    """Return the titles that the field shows for a text, by kind."""
    given = answer(sent(visit, "typed", {"text": text, "turn": 7}))
    assert given["turn"] == 7
    return {group["kind"]: [one["title"] for one in group["results"]] for group in given["groups"]}


@pytest.mark.parametrize("page", PAGES)
def test_it_stands_on_every_page_and_asks_nothing_by_itself(desk: Stage, page: str) -> None:
    visit = desk.open(page)
    assert not visit.exception
    assert answer(visit) == {}


def test_it_finds_what_is_typed_and_says_when_that_is_nothing(desk: Stage) -> None:
    visit = desk.open("arrears.py")
    found = typed(visit, "ncube")
    assert found["Customer"] == ["Rudo <b>Ncube</b>"]
    assert found["Invoice"]
    assert not visit.exception
    assert typed(visit, "nobody of that name") == {}
    assert answer(visit)["said"] == "Nothing is found by that."


def test_before_there_are_figures_nothing_is_drawn(stage: Stage) -> None:
    assert fields(stage.open()) == []


def test_on_the_wallboard_nothing_is_drawn(desk: Stage) -> None:
    assert fields(desk.open("tickets.py", wall="1")) == []


def test_somebody_signed_out_is_drawn_nothing(desk: Stage) -> None:
    desk.caller = ("no session", "test browser", "127.0.0.1")
    assert fields(desk.open("arrears.py")) == []


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        ("finance", {"Customer", "Invoice", "Payment", "Order"}),
        ("support", {"Customer", "Ticket"}),
        ("sales", {"Customer", "Order"}),
    ],
)
def test_a_page_that_is_not_theirs_yields_nothing_of_it(desk: Stage, role: Any, kinds: set[str]) -> None:
    desk.sign_in(of(role))
    page = f"{DEFAULT_ROLES[role].pages[1]}.py"
    found: set[str] = set()
    for text in ("moyo", "ncube", "inv", "PAY/", "HT1", "S000", "connection"):
        found |= set(typed(desk.open(page), text))
    assert found <= kinds
    assert "Customer" in found


def test_the_company_chosen_narrows_what_is_found(desk: Stage) -> None:
    assert "Invoice" in typed(desk.open("arrears.py", company="Afi Wireless"), "dube")
    assert "Invoice" not in typed(desk.open("arrears.py", company="Afi Fibre"), "dube")


def test_rights_are_those_of_the_moment_not_of_the_page(desk: Stage) -> None:
    visit = desk.open("customers.py")
    desk.sign_in(replace(ADMINISTRATOR, roles=frozenset({"support"})))
    assert "Invoice" not in typed(visit, "ncube")


def test_typing_and_choosing_count_as_use(desk: Stage) -> None:
    asked: list[bool] = []
    visit = desk.open("customers.py")
    find = desk.doors.sessions.find
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            desk.doors.sessions, "find", lambda token, **more: (asked.append(more["active"]), find(token, **more))[1]
        )
        patch.setattr("pages.ui.session.tabs.is_use", lambda: False)
        visit.run()
        assert not any(asked)
        typed(visit, "ncube")
        assert any(asked)


@pytest.mark.parametrize(
    ("page", "kind", "text", "key", "title"),
    [
        ("arrears.py", "Customer", "moyo", "customer", "Customers"),
        ("billing.py", "Ticket", "connection", "ticket", "Tickets"),
        ("customers.py", "Customer", "moyo", "customer", "Customers"),
    ],
)
def test_a_result_opens_its_record(desk: Stage, page: str, kind: str, text: str, key: str, title: str) -> None:
    visit = desk.open(page)
    typed(visit, text)
    [group] = [one for one in answer(visit)["groups"] if one["kind"] == kind]
    record_id = group["results"][0]["id"]
    sent(visit, "chosen", {"kind": kind, "id": record_id})
    assert not visit.exception
    assert visit.title[0].value == title
    assert visit.query_params[key] == str(record_id)


@pytest.mark.parametrize("page", ["arrears.py", "billing.py"])
def test_an_invoice_opens_alone_on_billing_whatever_was_chosen_there(desk: Stage, page: str) -> None:
    visit = desk.open(page, **({"bill_status": "Paid", "bill_view": "Payments"} if page == "billing.py" else {}))
    typed(visit, "ncube")
    [group] = [one for one in answer(visit)["groups"] if one["kind"] == "Invoice"]
    sent(visit, "chosen", {"kind": "Invoice", "id": group["results"][0]["id"]})
    assert not visit.exception
    assert visit.title[0].value == "Billing"
    table = next(one.value for one in visit.dataframe if "number" in one.value)
    assert set(table["customer"]) == {"Rudo <b>Ncube</b>"}


@pytest.mark.parametrize(
    "chosen",
    [{"kind": "Customer", "id": 4711}, {"kind": "Customer", "id": "1; drop"}, {"kind": ["x"]}, {}, "x", 7, None],
)
def test_what_no_browser_of_ours_sends_opens_nothing(desk: Stage, chosen: object) -> None:
    visit = sent(desk.open("arrears.py"), "chosen", chosen)
    assert not visit.exception
    assert visit.title[0].value == "Arrears"


@pytest.mark.parametrize("text", [None, 5, ["x"], {"x": 1}, "x" * 10_000, "\x00\ud800"])
def test_what_no_browser_of_ours_types_finds_nothing(desk: Stage, text: object) -> None:
    visit = desk.open("arrears.py")
    assert typed(visit, text) == {}
    assert not visit.exception


def test_a_snapshot_without_rows_finds_nothing(stage: Stage) -> None:
    stage.show(real(Ledger().snapshot()))
    assert typed(stage.open("customers.py"), "moyo") == {}
