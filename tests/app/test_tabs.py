"""A tab left open: what counts as use, whose page it shows, and what it may still write."""

from __future__ import annotations

from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from odoo_client.errors import ForbiddenError, SessionEndedError
from odoo_client.people.access import Person
from pages.ui import selection
from pages.ui.session import access, streamlit_internals, tabs
from tests.app.conftest import ADMINISTRATOR, Stage, alerts

FINANCE = Person("fin@staff.example", "Fin", 7, frozenset({"finance"}), frozenset({1, 2}))
KEY, PARTS = "Sec-WebSocket-Key", "Sec-WebSocket-Protocol"


@pytest.fixture
def now(provider: Stage, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moment in seconds by the clock of the sessions; a test changes it."""
    moment = [0.0]
    monkeypatch.setattr(provider.doors.sessions, "_clock", lambda: moment[0])
    provider.sign_in(ADMINISTRATOR)
    return moment


def test_a_page_that_draws_itself_anew_is_not_used(provider: Stage, now: list[float]) -> None:
    idle_s = provider.settings.session_idle_s
    visit = provider.open()
    now[0] = idle_s - 10
    # There are newer figures: the page draws itself anew.
    visit.session_state[tabs.BY_ITSELF] = True
    visit.run()
    assert "Sign in" not in alerts(visit)
    now[0] = idle_s + 10
    assert "after a time without use" in alerts(visit.run())


def test_a_page_that_somebody_works_on_is_used(provider: Stage, now: list[float]) -> None:
    idle_s = provider.settings.session_idle_s
    visit = provider.open()
    for _ in range(3):
        now[0] += idle_s - 10
        visit.run()
    assert "after a time without use" not in alerts(visit)


@pytest.mark.parametrize("named", [False, True])
def test_a_wallboard_ends_like_every_tab_but_for_the_logins_that_stand_for_one(
    provider: Stage, now: list[float], named: bool
) -> None:
    logins = (ADMINISTRATOR.login,) if named else ("tv@staff.example",)
    provider.backend = replace(
        provider.backend, settings=provider.settings.model_copy(update={"wallboard_logins": logins})
    )

    def by_itself_after_a_while(visit: AppTest) -> str:
        now[0] += provider.settings.session_idle_s - 10
        visit.session_state[tabs.BY_ITSELF] = True
        return alerts(visit.run())

    visit = provider.open("tickets.py", wall="1")
    assert "after a time without use" not in by_itself_after_a_while(visit)
    assert ("after a time without use" in by_itself_after_a_while(visit)) is not named
    if named:
        # Another page of theirs is no wallboard.
        visit = provider.open("tickets.py")
        by_itself_after_a_while(visit)
        assert "after a time without use" in by_itself_after_a_while(visit)


def test_a_websocket_that_came_back_is_no_use_and_what_is_done_over_it_is(
    provider: Stage, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {KEY: "first", PARTS: "streamlit, xsrf"}
    monkeypatch.setattr(type(st.context), "headers", property(lambda _self: headers))
    idle_s = provider.settings.session_idle_s
    visit = provider.open()
    now[0] = idle_s - 10
    headers |= {KEY: "second", PARTS: "streamlit, xsrf, 0123-of-before"}
    visit.run()
    used = provider.doors.sessions.find(provider.caller[0], browser="test browser", active=False).used_s
    assert used == 0
    visit.run()
    assert provider.doors.sessions.find(provider.caller[0], browser="test browser", active=False).used_s == now[0]


def test_a_tab_of_somebody_else_is_put_away_and_begins_anew(provider: Stage) -> None:
    visit = provider.open("customers.py", q="Tendai")
    # Many: Streamlit goes through them in no order.
    drafts = [f"draft{number}" for number in range(20)]
    for name in drafts:
        visit.session_state[name] = "what Ada typed"
    provider.sign_in(FINANCE)
    visit.run()
    assert "Fin has signed in in this browser" in alerts(visit)
    assert not visit.text_input
    assert not visit.dataframe
    assert not [name for name in drafts if name in visit.session_state]
    visit.button(key="continue_as").click().run()
    assert not visit.exception
    assert "has signed in" not in alerts(visit)
    assert not [name for name in drafts if name in visit.session_state]
    assert any("Fin" in one.value for one in visit.caption)


def test_somebody_who_signs_in_again_finds_their_tab_as_it_was(provider: Stage) -> None:
    visit = provider.open("customers.py", q="Tendai")
    visit.session_state["draft"] = "what Ada typed"
    provider.sign_in(ADMINISTRATOR)
    assert "has signed in" not in alerts(visit.run())
    assert visit.session_state["draft"] == "what Ada typed"


def test_a_click_on_somebody_else_s_page_does_nothing(provider: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a click calls, and a part of a page that draws itself, run before the guard or without it."""
    monkeypatch.setattr(st, "session_state", {access.DRAWN_FOR: ADMINISTRATOR.login})
    provider.sign_in(FINANCE)
    before = len(provider.audit.read())
    for ask in (access.current, access.session, lambda: access.required_now("decide", "decision", "a payment")):
        with pytest.raises(SessionEndedError, match="Somebody else"):
            ask()
    assert len(provider.audit.read()) == before


def test_what_was_drawn_of_another_company_is_not_written(provider: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    provider.sign_in(FINANCE)
    monkeypatch.setattr(provider.doors.sessions, "_recheck", lambda _session: replace(FINANCE, company_ids={2}))
    with pytest.raises(ForbiddenError, match="rights have changed"):
        access.required_now("decide", "decision", "a payment of company 1")
    last = provider.audit.read().iloc[0]
    assert (last["event"], last["subject"], last["outcome"]) == ("refused", "decide: a payment of company 1", "refused")


def test_nor_when_the_change_was_noticed_between_the_drawing_and_the_click(
    provider: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.sign_in(FINANCE)
    drawn = access.current().scope_key
    monkeypatch.setattr(provider.doors.sessions, "_recheck", lambda session: session.person)
    monkeypatch.setattr(st, "session_state", {access.DRAWN_SCOPE: drawn})
    access.required_now("decide", "decision", "a payment")
    session = access.session()
    session.person = replace(FINANCE, company_ids=frozenset({2}))
    with pytest.raises(ForbiddenError, match="rights have changed"):
        access.required_now("decide", "decision", "a payment")


def named(visit: AppTest) -> str:
    """Return the customer in the address, "" for none; the app puts a list there, and a test a text."""
    return "".join(visit.query_params.get("customer", ""))


def stepped(provider: Stage) -> tuple[AppTest, str, str]:
    """Return a page of debtors on which somebody went to the next one, and both customers in the address."""
    provider.sign_in(ADMINISTRATOR)
    visit = provider.open("arrears.py", customer="1")
    visit.button(key="close_customer_next").click().run()
    after = named(visit)
    assert after != "1"
    return visit, "1", after


def test_a_click_that_comes_with_the_address_of_before_keeps_the_record(provider: Stage) -> None:
    visit, before, after = stepped(provider)
    visit.query_params["customer"] = before  # The browser has no other address yet.
    visit.run()
    assert named(visit) == after
    visit.button(key="close_customer").click().run()
    visit.query_params["customer"] = after
    visit.run()
    assert named(visit) == ""


def test_the_browser_s_back_opens_the_record_of_before(provider: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    visit, before, _after = stepped(provider)
    monkeypatch.setattr(streamlit_internals, "went_back", lambda: True)
    visit.query_params["customer"] = before
    visit.run()
    assert named(visit) == before


def test_an_address_that_comes_long_after_a_click_is_meant(provider: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "LATE_S", 0.0)
    visit, before, _after = stepped(provider)
    visit.query_params["customer"] = before
    visit.run()
    assert named(visit) == before
