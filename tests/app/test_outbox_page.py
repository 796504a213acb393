"""The Outbox page: who sees whose entries, how each stands, trying again, discarding, and the line on other pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.actions.outbox.entry import ACTION_OF, KINDS, STATES, Author, Entry, FileRef, Kind, Record
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.words import STATE_MEANING
from odoo_client.errors import ActionRefusedError, OutboxError
from odoo_client.people.access import Person
from odoo_client.roles import DEFAULT_ROLES, Role
from pages.ui.outbox import badge as outbox_badge
from pages.ui.outbox import table as outbox_table
from tests.app.conftest import ADMINISTRATOR, HARARE, NOWHERE, Stage, alerts, books, read_now, table, tiles

PAGE = "outbox.py"
FINANCE = Person("fin@staff.example", "Fin <b>Ance</b>", 11, frozenset({"finance"}), frozenset({1, 2}))
SUPPORT = Person("sup@staff.example", "Sup Port", 12, frozenset({"support"}), frozenset({1, 2}))
FILE = FileRef("ab" * 32, "proof-1.pdf", "application/pdf", 20_480)


def author(person: Person) -> Author:
    return Author(person.login, person.name)


class Desk:
    """A stage with people who have entered something, whose sender runs no thread and reaches no Odoo."""

    def __init__(self, stage: Stage, outbox: Outbox) -> None:
        self.stage = stage
        self.outbox = outbox

    def enter(
        self, who: Person = FINANCE, title: str = "Payment of USD 120.00 from Tendai Moyo", *,
        kind: Kind = "payment_proof", state: str = "", reason: str = "", **more: Any,
    ) -> Entry:  # fmt: skip
        payload = more.pop("payload", {})
        entry = self.outbox.add(kind, author(who), title=title, payload=payload, **more)
        if state:
            self.outbox.change(entry.token, state, reason=reason)
        return self.outbox.get(entry.token)

    def visit(self, person: Person | None = None, /, **query: str) -> AppTest:
        if person is not None:
            self.stage.sign_in(person)
        opened = self.stage.open(PAGE, **query)
        assert not opened.exception
        return opened

    def state(self, entry: Entry) -> str:
        return self.outbox.get(entry.token).state

    def last(self) -> tuple[str, str, str, str]:
        row = self.stage.audit.read().iloc[0]
        return (row["event"], row["login"], row["subject"], row["outcome"])


@pytest.fixture
def desk(stage: Stage, live_patch: pytest.MonkeyPatch) -> Desk:
    # Rights are read from Odoo before each write; here the session's own count.
    live_patch.setattr(
        stage.doors.sessions, "refresh", lambda token, browser: stage.doors.sessions.find(token, browser=browser)
    )
    stage.show(read_now(books))
    return Desk(stage, stage.outbox)


def said(visit: AppTest) -> str:
    """Everything in words on the page."""
    texts = [*visit.markdown, *visit.caption, *visit.subheader, *visit.success]
    return "\n".join([*(one.value for one in texts), alerts(visit)])


def titles(visit: AppTest) -> list[str]:
    frames = [frame.value for frame in visit.dataframe if "title" in frame.value.columns]
    return list(frames[0]["title"]) if frames else []


def press(visit: AppTest, key: str) -> AppTest:
    visit.button(key=key).click().run()
    assert not visit.exception
    return visit


# Who sees what


def test_a_person_sees_their_own_entries_and_an_administrator_everybody_s(desk: Desk) -> None:
    desk.enter(FINANCE, "Fin's")
    desk.enter(SUPPORT, "Sup's", kind="ticket_create")
    desk.enter(ADMINISTRATOR, "Ada's")
    assert titles(desk.visit(FINANCE)) == ["Fin's"]
    assert titles(desk.visit(SUPPORT)) == ["Sup's"]
    assert titles(desk.visit(ADMINISTRATOR)) == ["Ada's", "Sup's", "Fin's"]
    assert titles(desk.visit(ADMINISTRATOR, outbox_whose=outbox_table.MINE)) == ["Ada's"]


@pytest.mark.parametrize("role", DEFAULT_ROLES)
def test_the_table_of_roles_says_who_sees_everybody_s(desk: Desk, role: Role) -> None:
    me = Person(f"{role}@staff.example", role.title(), 20, frozenset({role}), frozenset({1, 2}))
    mine, theirs = desk.enter(me, "Mine"), desk.enter(FINANCE, "Somebody else's", state="failed")
    sees_all = "audit" in DEFAULT_ROLES[role].pages
    # The address cannot widen it, nor open somebody else's entry.
    visit = desk.visit(me, outbox_whose=outbox_table.EVERYBODY, entry=theirs.token)
    assert titles(visit) == (["Somebody else's", "Mine"] if sees_all else ["Mine"])
    assert ("No such entry" in alerts(visit)) != sees_all
    assert ("Somebody else's" in said(visit)) == sees_all
    assert bool([one for one in visit.button if one.key == "outbox_again"]) == sees_all
    counted = sum(int(tiles(visit)[label][0]) for label in ("Waiting", "Failed"))
    assert counted == (2 if sees_all else 1)
    assert mine.token


def test_the_one_place_that_answers_is_asked_for_every_entry(desk: Desk) -> None:
    theirs = desk.enter(SUPPORT)
    desk.stage.sign_in(FINANCE)
    assert outbox_table.sight() == FINANCE.login
    with pytest.raises(ActionRefusedError) as refused:
        outbox_table.entry_of(theirs.token)
    with pytest.raises(ActionRefusedError) as missing:
        outbox_table.entry_of("AFN-NONE")
    assert refused.value.sentence.replace(theirs.token, "AFN-NONE") == missing.value.sentence
    desk.stage.sign_in(ADMINISTRATOR)
    assert outbox_table.sight() == ""
    assert outbox_table.sight(everybody=False) == ADMINISTRATOR.login


def test_an_administrator_of_one_company_sees_what_is_about_records_of_theirs_and_what_they_entered(desk: Desk) -> None:
    ours = desk.enter(FINANCE, "Payment of Tendai", payload={"partner_id": 1, "company_id": 1}, state="failed")
    there = desk.enter(FINANCE, "Payment of Chipo there", payload={"partner_id": 4, "company_id": 2}, state="failed")
    desk.enter(FINANCE, "Payment 999", kind="payment_approve", subject="account.payment:999")
    one = Person("one@staff.example", "Adm of one", 21, frozenset({"administrator"}), frozenset({1}))
    desk.enter(one, "Mine", payload={"company_id": 2})
    visit = desk.visit(one, entry=there.token)
    assert titles(visit) == ["Mine", "Payment of Tendai"]
    assert "No such entry" in alerts(visit)
    assert "Chipo" not in said(visit)
    assert {label: tiles(visit)[label] for label in ("Waiting", "Failed")} == {"Waiting": ["1"], "Failed": ["1"]}
    assert outbox_table.entry_of(ours.token) == ours
    with pytest.raises(ActionRefusedError):
        outbox_table.entry_of(there.token)
    assert len(titles(desk.visit(ADMINISTRATOR))) == 4


# The list


def test_the_table_shows_what_when_who_state_reason_and_the_record(desk: Desk) -> None:
    entry = desk.enter(title="=1+1 <b>bold</b>", state="failed", reason="Odoo said no.")
    done = desk.enter(title="Done one")
    desk.outbox.change(done.token, "done", record=Record("account.payment", 12, "PBNK1/2026/0012"))
    visit = desk.visit(FINANCE)
    rows = table(visit, "title")
    moment = datetime.fromtimestamp(entry.created_s, HARARE)
    assert list(rows["when"])[1] == f"{moment.day} {moment:%b %Y, %H:%M}"
    assert list(rows["title"]) == ["Done one", "=1+1 <b>bold</b>"]
    assert list(rows["who"]) == [FINANCE.name] * 2
    assert list(rows["state"]) == ["Done", "Failed"]
    assert list(rows["reason"]) == ["", "Odoo said no."]
    assert list(rows["record"]) == ["PBNK1/2026/0012", ""]
    assert list(rows["odoo"]) == [f"{NOWHERE}/odoo/account.payment/12", ""]
    shown = " ".join(str(value) for value in rows.to_numpy().ravel())
    assert not {"None", "nan", "NaN"} & set(shown.split())
    assert entry.token not in shown


def test_tiles_count_by_state_and_open_their_rows(desk: Desk) -> None:
    for state in ("", "sent", "unknown", "failed", "done", "discarded"):
        desk.enter(title=state or "waiting", state=state)
    visit = desk.visit(FINANCE)
    assert {label: values for label, values in tiles(visit).items() if label != "Discarded"} == {
        "Waiting": ["2"],
        "Looked up in Odoo": ["1"],
        "Failed": ["1"],
        "Done today": ["1"],
    }
    press(visit, "open_Failed")
    assert titles(visit) == ["failed"]
    assert tiles(visit)["Waiting"] == ["2"]


@pytest.mark.parametrize("name", outbox_table.STATES)
def test_the_filter_lives_in_the_address(desk: Desk, name: str) -> None:
    for state in STATES:
        desk.enter(title=state, state=state)
    visit = desk.visit(FINANCE, outbox_state=name)
    assert set(titles(visit)) == set(outbox_table.STATES[name])


def test_a_state_that_does_not_exist_is_said_and_hides_nothing(desk: Desk) -> None:
    desk.enter()
    visit = desk.visit(FINANCE, outbox_state="Lost")
    assert "the state Lost" in alerts(visit)
    assert len(titles(visit)) == 1


def test_an_empty_list_says_what_hides_it(desk: Desk) -> None:
    assert "Nothing has been entered here yet" in alerts(desk.visit(FINANCE))
    desk.enter()
    visit = desk.visit(FINANCE, outbox_state="Failed")
    assert "Hidden by" in alerts(visit)
    assert "State: Failed" in alerts(visit)
    press(visit, "outbox_clear")
    assert len(titles(visit)) == 1


def test_yesterday_s_work_is_not_done_today(desk: Desk) -> None:
    entry = desk.enter()
    desk.outbox.clock = lambda: entry.created_s - 86_400
    desk.outbox.change(entry.token, "done")
    assert tiles(desk.visit(FINANCE))["Done today"] == ["0"]


def test_an_outbox_that_cannot_be_read_is_a_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_more: Any) -> Any:
        raise OutboxError("The outbox cannot be read: make room.")

    monkeypatch.setattr(desk.outbox, "entries", broken)
    monkeypatch.setattr(desk.outbox, "counts", broken)
    assert "The outbox cannot be read" in alerts(desk.visit(FINANCE))


# One entry


@pytest.mark.parametrize("state", STATES)
def test_an_entry_says_what_its_state_means(desk: Desk, state: str) -> None:
    entry = desk.enter(state=state, reason="" if state == "done" else "Because of it.")
    visit = desk.visit(FINANCE, entry=entry.token)
    assert STATE_MEANING[entry.state] in said(visit)
    assert ("Because of it" in said(visit)) == (state != "done")
    buttons = {one.key for one in visit.button} & {"outbox_again", "outbox_discard"}
    wanted = {"waiting": 2, "failed": 2, "unknown": 2}
    assert len(buttons) == wanted.get(state, 0)


def test_an_entry_shows_its_history_file_and_record_and_no_raw_id(desk: Desk) -> None:
    entry = desk.enter(file=FILE, content=b"%PDF", state="failed", reason="Odoo said no.")
    desk.outbox.retry(entry.token, ADMINISTRATOR.login)
    desk.outbox.claim(entry.token)
    desk.outbox.change(
        entry.token, "done", record=Record("account.payment", 4711, "PBNK1/2026/0012"), result={"outcome": "approved"}
    )
    visit = desk.visit(FINANCE, entry=entry.token)
    history = table(visit, "By")
    assert list(history["State"]) == ["Done", "Being sent", "Waiting", "Failed", "Waiting"]
    assert list(history["Why"])[3] == "Odoo said no."
    assert list(history["By"])[2] == ADMINISTRATOR.login
    moment = datetime.fromtimestamp(entry.created_s, HARARE)
    assert list(history["When"])[4] == f"{moment.day} {moment:%b %Y, %H:%M}"
    words = said(visit)
    assert "proof\\-1\\.pdf, 20 KB" in words
    assert "PBNK1/2026/0012" in words.replace("\\", "")
    assert "**Outcome:** Approved" in words
    assert not {"4711", "None", "NaN"} & set(words.replace("\\", "").split())
    assert "<b>" not in words.replace("\\<b\\>", "")


def test_the_same_file_or_bank_reference_elsewhere_is_an_alarm(desk: Desk) -> None:
    marks = {"sha256": FILE.sha256, "bank_reference": "FT1234"}
    entry = desk.enter(file=FILE, content=b"%PDF", marks=marks, payload={"bank_reference": "ft-1234"})
    desk.enter(title="Mine too", file=FILE, content=b"%PDF", marks=marks)
    desk.enter(SUPPORT, "Not mine", file=FILE, content=b"%PDF", marks={"sha256": FILE.sha256})
    words = alerts(desk.visit(FINANCE, entry=entry.token)).replace("\\", "")
    assert f"This very file is in other entries too: Mine too, by {FINANCE.name}; 1 entry of somebody else." in words
    assert f"This bank reference is in another entry too: Mine too, by {FINANCE.name}." in words
    assert "Not mine" not in words
    assert "Not mine" in alerts(desk.visit(ADMINISTRATOR, entry=entry.token))


def test_what_odoo_has_of_an_entry_already_is_said_before_it_is_discarded(desk: Desk) -> None:
    entry = desk.enter(state="failed", reason="The file was refused.")
    assert "has a part of this already" not in alerts(desk.visit(FINANCE, entry=entry.token))
    desk.outbox.put_steps(entry.token, {"payment": {"began_s": 1.0, "value": 7}})
    assert "has a part of this already" in alerts(desk.visit(FINANCE, entry=entry.token))


# What can be done


def test_trying_again_makes_it_wait_and_is_in_the_trail(desk: Desk) -> None:
    entry = desk.enter(state="failed", reason="No.")
    visit = press(desk.visit(FINANCE, entry=entry.token), "outbox_again")
    assert desk.state(entry) == "waiting"
    assert "Waiting" in said(visit)
    assert desk.last() == ("write", FINANCE.login, f"outbox try again: payment_proof {entry.token}", "done")


def test_an_administrator_s_retry_still_goes_out_as_its_author(desk: Desk) -> None:
    entry = desk.enter(FINANCE, state="failed", reason="No.")
    press(desk.visit(ADMINISTRATOR, entry=entry.token), "outbox_again")
    found = desk.outbox.get(entry.token)
    assert (found.state, found.author) == ("waiting", author(FINANCE))
    assert desk.outbox.history(entry.token)[-1][3] == ADMINISTRATOR.login
    assert desk.outbox.due(ADMINISTRATOR.login, found.created_s + 1) == []
    assert desk.outbox.due(FINANCE.login, found.created_s + 1) == [found]


def test_an_unknown_outcome_is_looked_up_now(desk: Desk) -> None:
    entry = desk.enter(state="unknown", reason="Lost.")
    desk.outbox.postpone(entry.token, entry.created_s + 3600)
    visit = desk.visit(FINANCE, entry=entry.token)
    assert visit.button(key="outbox_again").label == "Look up now"
    press(visit, "outbox_again")
    found = desk.outbox.get(entry.token)
    assert (found.state, found.next_s) == ("unknown", 0.0)


def test_a_discard_asks_for_a_reason_and_is_in_the_trail(desk: Desk) -> None:
    entry = desk.enter(state="failed", reason="No.")
    visit = press(desk.visit(FINANCE, entry=entry.token), "outbox_discard")
    assert visit.button(key="outbox_discard_sure").disabled
    visit.text_area(key="outbox_reason").set_value("  entered twice ").run()
    press(visit, "outbox_discard_sure")
    found = desk.outbox.get(entry.token)
    assert (found.state, found.reason) == ("discarded", "entered twice")
    assert desk.last() == ("write", FINANCE.login, f"outbox discard: payment_proof {entry.token}", "done")
    assert not [one for one in visit.button if one.key == "outbox_discard_sure"]
    assert "entered twice" in said(visit)


def test_a_decision_is_written_down_as_one(desk: Desk) -> None:
    entry = desk.enter(kind="payment_approve", state="failed", reason="No.")
    press(desk.visit(FINANCE, entry=entry.token), "outbox_again")
    assert desk.last()[0] == "decision"


@pytest.mark.parametrize("role", DEFAULT_ROLES)
def test_only_whoever_may_enter_it_may_try_it_again_or_discard_it(desk: Desk, role: Role) -> None:
    me = Person(f"{role}@staff.example", role.title(), 20, frozenset({role}), frozenset({1, 2}))
    visit = desk.visit(me)
    for action in dict.fromkeys(ACTION_OF.values()):
        kind = next(kind for kind in KINDS if ACTION_OF[kind] == action)
        visit.query_params["entry"] = desk.enter(me, kind=kind, state="failed", reason="No.").token
        visit.run()
        may = action in DEFAULT_ROLES[role].actions
        for key in ("outbox_again", "outbox_discard"):
            assert visit.button(key=key).disabled is not may, kind


def test_a_right_lost_since_the_page_was_drawn_is_refused_and_written_down(desk: Desk) -> None:
    entry = desk.enter(FINANCE, state="failed", reason="No.")
    visit = desk.visit(FINANCE, entry=entry.token)
    session = desk.stage.doors.sessions.find(desk.stage.caller[0], browser="test browser")

    def moved(token: str, browser: str) -> Any:
        session.person = replace(session.person, roles=frozenset({"sales"}))
        return session

    desk.stage.doors.sessions.refresh = moved  # type: ignore[method-assign]
    press(visit, "outbox_again")
    assert "does not include this (proof)" in alerts(visit).replace("\\", "")
    assert desk.state(entry) == "failed"
    assert desk.last() == ("refused", FINANCE.login, f"proof: outbox try again: payment_proof {entry.token}", "refused")


def test_what_somebody_else_settled_meanwhile_is_a_sentence(desk: Desk) -> None:
    entry = desk.enter(state="failed", reason="No.")
    visit = desk.visit(FINANCE, entry=entry.token)
    discard = desk.outbox.discard

    def first(token: str, login: str, reason: str) -> Entry:
        discard(token, "admin", "somebody was quicker")
        return discard(token, login, reason)

    press(visit, "outbox_discard")
    desk.outbox.discard = first  # type: ignore[method-assign]
    visit.text_area(key="outbox_reason").set_value("mine").run()
    press(visit, "outbox_discard_sure")
    assert "This entry is discarded" in alerts(visit)
    assert desk.outbox.get(entry.token).reason == "somebody was quicker"


def test_nothing_happens_that_cannot_be_written_down(desk: Desk) -> None:
    entry = desk.enter(state="failed", reason="No.")
    visit = desk.visit(FINANCE, entry=entry.token)
    desk.stage.audit.path.mkdir()
    press(visit, "outbox_again")
    assert "audit trail" in alerts(visit)
    assert desk.state(entry) == "failed"


# What moves by itself


def test_the_page_is_drawn_anew_when_something_moved_or_the_person_is_signed_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn_anew: list[bool] = []
    monkeypatch.setattr(outbox_table.st, "rerun", lambda: drawn_anew.append(True))
    entry = desk.enter()
    token = desk.stage.sign_in(FINANCE)
    stamp = desk.outbox.stamp(FINANCE.login)
    outbox_table._watch(FINANCE.login, stamp)
    desk.enter(SUPPORT, state="failed")
    outbox_table._watch(FINANCE.login, desk.outbox.stamp(FINANCE.login))
    assert not drawn_anew
    desk.outbox.change(entry.token, "failed", reason="No.")
    outbox_table._watch(FINANCE.login, stamp)
    assert len(drawn_anew) == 1
    # Somebody who is no administrator any more.
    outbox_table._watch("", desk.outbox.stamp())
    assert len(drawn_anew) == 2
    desk.stage.doors.sessions.end(token)
    outbox_table._watch(FINANCE.login, desk.outbox.stamp(FINANCE.login))
    assert len(drawn_anew) == 3


def test_it_is_looked_at_more_often_while_something_is_open(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    paces: list[str] = []
    monkeypatch.setattr(
        outbox_table.st, "fragment", lambda draw, run_every: paces.append(run_every) or (lambda *_given: None)
    )
    asked = outbox_table.Asked((), "", {})
    entry = desk.enter()
    outbox_table.watch(asked)
    desk.outbox.change(entry.token, "failed")
    outbox_table.watch(asked)
    assert paces == [outbox_table.WATCH_OPEN, outbox_table.WATCH_IDLE]


# The line on the other pages


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, ""),
        ({"done": 5, "discarded": 1}, ""),
        ({"waiting": 1}, "1 entry waits for Odoo"),
        ({"waiting": 1, "unknown": 1, "sent": 1}, "3 entries wait for Odoo"),
        ({"failed": 1}, "1 entry failed"),
        ({"failed": 2}, "2 entries failed"),
        ({"waiting": 1200, "failed": 2}, "1,200 entries wait for Odoo, 2 failed"),
    ],
)
def test_the_line_says_how_many_wait_and_how_many_failed(counts: dict[Any, int], words: str) -> None:
    assert outbox_badge.words(counts) == words


def links(visit: AppTest) -> list[str]:
    found = [one.proto.label for one in visit.get("page_link") if one.proto.icon == ":material/outbox:"]
    return [label for label in found if label != "Outbox"]


def test_every_page_says_what_of_one_s_own_waits(desk: Desk) -> None:
    desk.enter(FINANCE)
    desk.enter(FINANCE, state="failed")
    desk.enter(SUPPORT)
    desk.stage.sign_in(FINANCE)
    for page in ("overview.py", "arrears.py"):
        assert links(desk.stage.open(page)) == ["1 entry waits for Odoo, 1 failed"]
    assert links(desk.visit()) == []
    desk.stage.sign_in(ADMINISTRATOR)
    assert links(desk.stage.open()) == []


def test_an_unreadable_outbox_keeps_nobody_from_the_figures(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_more: Any) -> Any:
        raise OutboxError("The outbox cannot be read: make room.")

    monkeypatch.setattr(desk.outbox, "counts", broken)
    visit = desk.stage.open()
    assert not visit.exception
    assert visit.metric
    assert "The outbox cannot be read" in alerts(visit)


def test_a_dashboard_without_an_outbox_says_so(provider: Stage) -> None:
    provider.backend = replace(provider.backend, sender=None)
    visit = provider.open(PAGE)
    assert not visit.exception
    assert "has no outbox" in alerts(visit)


def test_an_office_for_the_forms_is_the_same_outbox(desk: Desk) -> None:
    office: Office = desk.stage.backend.office
    assert office.outbox is desk.outbox
