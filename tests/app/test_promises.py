"""Promises to pay on the pages: the words of the table, a customer's own, the forms that log a call or a promise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.entry import Author, Kind
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import Sender
from odoo_client.errors import OdooUnreachableError
from odoo_client.people.access import Person, frames_of
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import FrameInfo, Snapshot
from pages.ui.promises import data as promises_data
from pages.ui.promises.days import quick_days
from tests.app.conftest import TODAY, Stage, ago, alerts, books, read_now, real, table
from tests.builders import ZWG, Ledger

PAGE = "arrears.py"
FINANCE = Person("fin@staff.example", "Fin", 11, frozenset({"finance"}), frozenset({1, 2}))
SUPPORT = Person("sup@staff.example", "Sup", 12, frozenset({"support"}), frozenset({1, 2}))
#: Finance by their groups, whose Odoo account may not change contacts: Odoo hides others' activities from them.
HIDDEN = replace(
    FINANCE,
    login="hid@staff.example",
    frames=frames_of(["account.group_account_invoice"]) - {"promises"},
)


def promised() -> Ledger:
    """The usual books, with promises: one kept, one broken and made anew, one broken, one withdrawn, one in ZWG."""
    book = books()
    book.frames["users"].append({"user_id": 8, "name": "Rudo Clerk"})
    book.promise(1, 20.0, ago(1), made=ago(5), kept_on=ago(3), author_id=8)
    book.promise(2, 10.0, ago(9), made=ago(20))
    book.promise(2, 1200.0, ago(-7), made=ago(1))
    book.promise(2, 30.5, ago(-9), made=ago(1))
    book.promise(3, 5.0, ago(400), made=ago(410))
    book.promise(4, 70.0, ago(-3), made=ago(4), done_on=ago(1))
    book.promise(5, 2600.0, ago(0), made=ago(4), currency_id=ZWG)
    book.promise(6, 0.0, ago(30), made=ago(40), summary="Promise to pay some", currency_id=0)
    return book


def short(day: date) -> str:
    return f"{day.day} {day:%b}" if day.year == TODAY.year else f"{day.day} {day:%b %Y}"


def long(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


@pytest.fixture
def desk(stage: Stage, tmp_path: Path, live_patch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A stage with promises and an outbox whose sender never reaches Odoo."""

    def clients(author: Author, kind: Kind) -> OdooClient:
        raise OdooUnreachableError("No connection to Odoo.")

    sender = Sender(stage.settings, Outbox(tmp_path / "out" / "outbox.sqlite3"), clients, HANDLERS, stage.audit)
    stage.backend = replace(stage.backend, sender=sender)
    # Rights are read from Odoo before each write; here the session's own count.
    live_patch.setattr(
        stage.doors.sessions, "refresh", lambda token, browser: stage.doors.sessions.find(token, browser=browser)
    )
    live_patch.setattr("pages.ui.session.submit.WAIT_S", 0.1)
    stage.show(read_now(promised))
    yield stage.backend.office
    sender.stop()


def button(visit: AppTest, label: str) -> Any:
    return next(one for one in visit.button if one.label == label)


def labels(visit: AppTest) -> set[str]:
    return {one.label for one in visit.button}


def texts(visit: AppTest) -> str:
    return "\n".join(one.value for one in visit.markdown).replace("\\", "")


def told(visit: AppTest) -> str:
    """What the page warns of, without the marks that keep Odoo's text from being Markdown."""
    return alerts(visit).replace("\\", "")


def form(stage: Stage, kind: str, page: str = PAGE, **query: str) -> AppTest:
    """The page of customer 2, whose record has the lines that log a call and a promise."""
    visit = stage.open(page, **({"customer": "2"} | query))
    assert not visit.exception
    assert visit.button(key=f"{kind}_2_0_enter")
    return visit


# -- what is shown --


def test_the_table_says_each_customer_s_promise_in_words(stage: Stage) -> None:
    stage.show(read_now(promised))
    rows = table(stage.open(PAGE), "promise").set_index("customer")["promise"]
    assert rows.to_dict() == {
        "Tendai Moyo": "kept",
        "Rudo <b>Ncube</b>": f"USD 1,200 by {short(ago(-7))}",
        "=1+1 Trading": f"broken {long(ago(400))}",
        "Chipo 🌍 Dube": "",
        "شركة النور": f"ZWG 2,600 by {short(TODAY)}",
    }


def test_as_of_a_past_day_promises_stand_as_they_did(stage: Stage) -> None:
    stage.show(read_now(promised))
    rows = table(stage.open(PAGE, as_of=str(ago(4))), "promise").set_index("customer")["promise"]
    assert rows["Tendai Moyo"] == f"USD 20 by {promises_short(ago(1), ago(4))}"
    assert rows["Rudo <b>Ncube</b>"] == f"broken {promises_short(ago(9), ago(4))}"
    assert rows["Chipo 🌍 Dube"] == f"USD 70 by {promises_short(ago(-3), ago(4))}"


def promises_short(day: date, as_of: date) -> str:
    return f"{day.day} {day:%b}" if day.year == as_of.year else long(day)


def test_a_customer_s_open_promises_and_how_many_were_kept_stand_above_the_invoices(stage: Stage) -> None:
    stage.show(read_now(promised))
    said = texts(stage.open(PAGE, customer="2"))
    assert f"Promised: **USD 1,200.00 by {long(ago(-7))}** · **USD 30.50 by {long(ago(-9))}** — 1 broken" in said
    said = texts(stage.open(PAGE, customer="1"))
    assert f"Promised: **USD 20.00 by {long(ago(1))}, kept**" in said
    assert "— 1 kept" not in said, "that is this one"
    assert f"{long(ago(-3))}, withdrawn**" in texts(stage.open(PAGE, customer="4"))


def test_one_customer_s_page_has_them_in_its_arrears_and_in_its_timeline(stage: Stage) -> None:
    stage.show(read_now(promised))
    visit = stage.open("customers.py", customer="1", section="Arrears")
    rows = table(visit, "made_on")
    assert rows[["state", "author"]].to_numpy().tolist() == [["Kept", "Rudo Clerk"]]
    timeline = table(stage.open("customers.py", customer="2", section="Timeline"), "kind")
    mine = timeline[timeline["kind"] == "Promise to pay"]
    assert mine["status"].tolist() == ["Open", "Open", "Broken"]
    assert f"by {long(ago(-9))}" in mine["text"].tolist()


def test_where_odoo_has_no_activities_there_is_no_column_and_a_sentence(stage: Stage) -> None:
    snapshot = promised().snapshot()
    info = dict(snapshot.info) | {
        "promises": FrameInfo(0, snapshot.meta.taken_at, state="missing", message="This Odoo has no activities.")
    }
    frames = {name: snapshot.frame(name) for name in snapshot} | {"promises": Ledger().snapshot().frame("promises")}
    stage.show(real(Snapshot.from_frames(frames, info=info)))
    visit = stage.open(PAGE)
    assert "promise" not in table(visit, "net_to_chase").columns
    assert "This Odoo has no activities." in told(visit)


def test_a_copy_of_an_older_version_draws_without_them(stage: Stage) -> None:
    whole = promised().snapshot()
    frames = {name: whole.frame(name) for name in whole if name != "promises"}
    stage.show(real(Snapshot.from_frames(frames)))
    visit = stage.open(PAGE, customer="1")
    assert not visit.exception
    assert "promise" not in table(visit, "net_to_chase").columns
    assert not stage.open("customers.py", customer="1", section="Arrears").exception


def test_whom_odoo_hides_activities_from_sees_none(desk: Office, stage: Stage) -> None:
    stage.sign_in(HIDDEN)
    visit = stage.open(PAGE, customer="2")
    assert "promise" not in table(visit, "net_to_chase").columns
    assert "Promised:" not in texts(visit)
    assert "No right to read the promises to pay" in told(visit)
    page = stage.open("customers.py", customer="2", section="Timeline")
    assert "Promise to pay" not in table(page, "kind")["kind"].tolist()


def test_where_odoo_deletes_what_is_done_the_explanation_says_so(stage: Stage) -> None:
    book = promised()
    book.lacks["promises"] = ("done_on",)
    stage.show(real(book.snapshot()))
    assert promises_data.DONE_IS_GONE in texts(stage.open(PAGE, customer="2"))


# -- who may log --


def test_only_whoever_may_sees_the_buttons(desk: Office, stage: Stage) -> None:
    stage.sign_in(FINANCE)
    assert {"Log call", "Log promise"} <= labels(stage.open(PAGE, customer="2"))
    roles = {"finance": {"pages": ["arrears", "customers"], "actions": ["refresh"], "personal": []}}
    stage.settings = stage.settings.model_validate({**stage.settings.model_dump(), "roles": roles})
    stage.backend = replace(stage.backend, settings=stage.settings)
    stage.doors.settings = stage.settings
    assert not {"Log call", "Log promise"} & labels(stage.open(PAGE, customer="2"))


def test_nobody_is_no_customer_to_log_anything_on(desk: Office, stage: Stage) -> None:
    for address in ("999", "0", "-1"):
        assert "Log call" not in labels(stage.open(PAGE, customer=address))


def test_the_right_is_looked_at_again_when_it_is_entered(
    desk: Office, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.sign_in(FINANCE)
    visit = form(stage, "call")
    visit.text_input(key="call_2_0_text").set_value("Hello").run()
    withdrawn = replace(FINANCE, roles=frozenset({"support"}))
    monkeypatch.setattr(
        stage.doors.sessions,
        "refresh",
        lambda token, browser: replace(stage.doors.sessions.find(token, browser=browser), person=withdrawn),
    )
    button(visit, "Log call").click().run()
    assert "does not include this (promise)" in told(visit)
    assert desk.outbox.entries() == []
    assert stage.audit.read().iloc[0]["outcome"] == "refused"


# -- the forms --


def test_a_promise_is_entered_as_typed_and_stands_above_until_odoo_has_it(desk: Office, stage: Stage) -> None:
    stage.sign_in(FINANCE)
    visit = form(stage, "promise")
    assert "Rudo" in texts(visit)
    # What the customer owes in comes first.
    assert visit.selectbox(key="promise_2_0_currency").options[0] == "USD"
    visit.number_input(key="promise_2_0_amount_1").set_value(1234.5)
    visit.date_input(key="promise_2_0_day").set_value(ago(-9))
    button(visit, "Log promise").click().run()
    assert not visit.exception
    (entry,) = desk.outbox.entries()
    assert (entry.kind, entry.author.login, entry.subject) == ("activity", FINANCE.login, "res.partner:2")
    assert dict(entry.payload) == {
        "action": "promise",
        "partner_id": 2,
        "customer": "Rudo <b>Ncube</b>",
        "day": ago(-9).isoformat(),
        "summary": "Promise to pay USD 1234.50",
    }
    assert "Promise to pay USD 1,234.50 by" in told(visit)
    assert visit.date_input(key="promise_2_1_day").value is None, "the next form is empty"
    assert stage.audit.read().iloc[0]["event"] == "write"


def test_what_is_owed_is_said_and_a_promise_of_more_is_pointed_out(desk: Office, stage: Stage) -> None:
    stage.sign_in(FINANCE)
    visit = form(stage, "promise")
    said = next(one.value for one in visit.caption if one.value.startswith("They owe USD"))
    owed = float(re.sub(r"[^0-9.]", "", said.removesuffix(" now.")))
    assert owed > 0
    visit.number_input(key="promise_2_0_amount_1").set_value(owed).run()
    assert "The promise is for more" not in told(visit)
    visit.number_input(key="promise_2_0_amount_1").set_value(owed + 0.01).run()
    assert "The promise is for more" in told(visit)


def test_a_call_is_entered_with_the_day_to_call_again(desk: Office, stage: Stage) -> None:
    stage.sign_in(FINANCE)
    visit = form(stage, "call", "customers.py", section="Arrears")
    visit.text_input(key="call_2_0_text").set_value("Not at home.")
    visit.date_input(key="call_2_0_day").set_value(ago(-1))
    button(visit, "Log call").click().run()
    (entry,) = desk.outbox.entries()
    assert (entry.payload["action"], entry.payload["text"], entry.payload["follow_up"]) == (
        "call",
        "Not at home.",
        ago(-1).isoformat(),
    )


@pytest.mark.parametrize(
    ("amount", "day", "says"),
    [
        (None, -3, "above zero"),
        (0.0, -3, "above zero"),
        (10.005, -3, "USD has at most 2 decimals"),
        (10.0, None, "Choose the day"),
    ],
)
def test_a_promise_that_is_wrong_says_so_and_stays_open_and_nothing_is_entered(
    desk: Office, stage: Stage, amount: float | None, day: int | None, says: str
) -> None:
    stage.sign_in(FINANCE)
    before = len(stage.audit.read())
    visit = form(stage, "promise")
    visit.number_input(key="promise_2_0_amount_1").set_value(amount)
    visit.date_input(key="promise_2_0_day").set_value(None if day is None else ago(day))
    button(visit, "Log promise").click().run()
    assert says in told(visit)
    assert "Log promise" in labels(visit)
    assert desk.outbox.entries() == []
    assert len(stage.audit.read()) == before, "what is not entered is not in the trail"


def test_a_call_without_a_word_is_refused(desk: Office, stage: Stage) -> None:
    visit = form(stage, "call")
    button(visit, "Log call").click().run()
    assert "Write what was said" in told(visit)
    assert desk.outbox.entries() == []


def test_a_second_form_is_another_entry_and_one_form_is_one(desk: Office, stage: Stage) -> None:
    stage.sign_in(FINANCE)
    visit = form(stage, "call")
    visit.text_input(key="call_2_0_text").set_value("First")
    button(visit, "Log call").click().run()
    assert visit.text_input(key="call_2_1_text").value == ""
    visit.text_input(key="call_2_1_text").set_value("Second")
    button(visit, "Log call").click().run()
    assert [entry.payload["text"] for entry in desk.outbox.entries()] == ["Second", "First"]


def test_what_is_typed_outlives_a_newer_snapshot(desk: Office, stage: Stage) -> None:
    visit = form(stage, "call")
    visit.text_input(key="call_2_0_text").set_value("Half a senten").run()
    stage.show(read_now(promised))
    visit.run()
    assert visit.text_input(key="call_2_0_text").value == "Half a senten"


def test_what_is_typed_is_kept_for_its_customer_while_another_is_open(desk: Office, stage: Stage) -> None:
    visit = form(stage, "call")
    visit.text_input(key="call_2_0_text").set_value("Half a senten").run()
    visit.query_params["customer"] = "1"
    visit.run()
    assert visit.text_input(key="call_1_0_text").value == ""
    visit.query_params["customer"] = "2"
    visit.run()
    assert visit.text_input(key="call_2_0_text").value == "Half a senten"


def test_what_odoo_refused_stays_in_the_form(desk: Office, stage: Stage, live_patch: pytest.MonkeyPatch) -> None:
    stage.sign_in(FINANCE)
    sender = stage.backend.sender
    assert sender is not None
    live_patch.setattr(sender, "wait", lambda token, timeout_s: replace(desk.outbox.get(token), state="failed"))
    visit = form(stage, "call")
    visit.text_input(key="call_2_0_text").set_value("Will pay")
    button(visit, "Log call").click().run()
    assert visit.text_input(key="call_2_0_text").value == "Will pay"


def test_a_quick_day_is_shown_in_the_field_and_another_day_takes_it_back(desk: Office, stage: Stage) -> None:
    visit = form(stage, "promise")
    days = quick_days(TODAY)
    visit.get_by_key("promise_2_0_quick").set_value("Friday").run()
    assert visit.date_input(key="promise_2_0_day").value == days["Friday"]
    visit.date_input(key="promise_2_0_day").set_value(ago(-200)).run()
    assert visit.get_by_key("promise_2_0_quick").value is None
    visit.date_input(key="promise_2_0_day").set_value(days["Month end"]).run()
    assert days[visit.get_by_key("promise_2_0_quick").value] == days["Month end"]


def test_what_is_left_to_chase_is_proposed_and_what_was_typed_stays(desk: Office, stage: Stage) -> None:
    visit = form(stage, "promise")
    assert visit.number_input(key="promise_2_0_amount_1").value == 50.0
    book = promised()
    book.payment(2, 20.0, ago(0))
    stage.show(real(book.snapshot()))
    visit.run()
    assert visit.number_input(key="promise_2_0_amount_1").value == 30.0, "nobody has typed anything"
    visit.number_input(key="promise_2_0_amount_1").set_value(12.0).run()
    stage.show(read_now(promised))
    visit.run()
    assert visit.number_input(key="promise_2_0_amount_1").value == 12.0
    visit.selectbox(key="promise_2_0_currency").set_value(ZWG).run()
    assert visit.number_input(key=f"promise_2_0_amount_{ZWG}").value is None, "nothing is owed in it"


def test_the_last_contact_is_a_promise_or_what_was_logged_here(desk: Office, stage: Stage) -> None:
    stage.sign_in(FINANCE)
    visit = form(stage, "call")
    assert f"Last contact: promise on {long(ago(1))}" in texts(visit)
    visit.text_input(key="call_2_0_text").set_value("Will pay")
    button(visit, "Log call").click().run()
    assert f"Last contact: call on {long(TODAY)} by Fin" in texts(visit)
    rows = table(visit, "last_contact").set_index("customer")["last_contact"]
    assert rows["Rudo <b>Ncube</b>"] == pd.Timestamp(TODAY)
    assert rows["Tendai Moyo"] == pd.Timestamp(ago(5))
    assert f"Last contact: promise on {long(ago(5))} by Rudo Clerk" in texts(stage.open(PAGE, customer="1"))
    past = stage.open(PAGE, customer="2", as_of=str(ago(2)))
    assert f"Last contact: promise on {long(ago(20))}" in texts(past)


def test_next_to_call_leaves_who_was_called_in_place_until_the_next_one_is_open(desk: Office, stage: Stage) -> None:
    book = books()
    book.promise(3, 5.0, ago(-4), made=ago(1))
    book.promise(2, 5.0, ago(2), made=ago(9))
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE, customer="1", sort="Next to call")
    # Dube's is all in payment, Trading has promised; Ncube's promise is broken.
    to_call, others = ["Tendai Moyo", "Rudo <b>Ncube</b>", "شركة النور"], ["=1+1 Trading", "Chipo 🌍 Dube"]
    assert table(visit, "net_to_chase")["customer"].tolist() == [*to_call, *others]
    visit.text_input(key="call_1_0_text").set_value("Will pay")
    button(visit, "Log call").click().run()
    assert table(visit, "net_to_chase")["customer"].tolist() == [*to_call, *others]
    visit.button(key="close_customer_next").click().run()
    assert visit.query_params["customer"] == "2"
    assert table(visit, "net_to_chase")["customer"].tolist() == [*to_call[1:], "Tendai Moyo", *others]


def test_what_is_logged_counts_as_contact_only_for_those_who_may_read_notes(
    desk: Office, stage: Stage, live_patch: pytest.MonkeyPatch
) -> None:
    visit = form(stage, "call")
    visit.text_input(key="call_2_0_text").set_value("Will pay")
    button(visit, "Log call").click().run()
    live_patch.setattr("pages.ui.live.may_read_notes", lambda: False)
    assert f"Last contact: promise on {long(ago(1))}" in texts(stage.open(PAGE, customer="2"))


def test_support_has_no_arrears_page_and_no_amounts(desk: Office, stage: Stage) -> None:
    stage.sign_in(replace(SUPPORT, frames=frames_of(["helpdesk_mgmt.group_helpdesk_user"])))
    visit = stage.open("customers.py", customer="2", section="Arrears")
    assert "1,200" not in texts(visit)
    assert "Log call" not in labels(visit)
