"""Logging calls and promises: what is refused before anything is entered, and what goes to Odoo of which version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.entry import Author, Done, Entry
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.promises import NEEDS_RIGHT, Call, Promise, do_activity, log_call, log_promise
from odoo_client.config import Settings
from odoo_client.demo import demo_settings
from odoo_client.errors import ActionRefusedError, OutcomePendingError, UnknownOutcomeError
from odoo_client.metrics.promises import promise_states
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import SnapshotStore
from odoo_client.sync.run import run_sync
from tests.demo_worlds import own
from tests.fake_http import Reply, json2_fault, rpc_fault
from tests.fake_odoo import FakeOdoo, World

WHO = Author("tendai@staff.example", "Tendai")
#: 23 November in Harare, still the 22nd in London.
NOW = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)
PROMISE = Promise(12, "Rudo Ncube", date(2026, 12, 4), Decimal("120"), "USD")
CALL = Call(12, "Rudo Ncube", "Pays on Friday & <b>not</b> before.\nAsked for a receipt.")


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = NOW.timestamp()

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Office:
    return Office(Settings(), Outbox(tmp_path / "outbox.sqlite3", clock=clock))


# -- what is entered --


def test_a_promise_is_entered_with_its_summary_and_waits(office: Office):
    entry = log_promise(office, WHO, PROMISE, token="AFN-1")
    assert (entry.kind, entry.state, entry.token, entry.subject) == ("activity", "waiting", "AFN-1", "res.partner:12")
    assert entry.title == "Promise to pay USD 120.00 by 4 Dec 2026: Rudo Ncube"
    assert entry.payload["summary"] == "Promise to pay USD 120.00"
    assert log_promise(office, WHO, PROMISE, token="AFN-1").number == entry.number
    assert len(office.outbox.entries()) == 1


def test_the_sender_is_told_at_once_of_a_promise_and_of_a_call(office: Office):
    told: list[int] = []
    office = replace(office, poke=lambda: told.append(len(office.outbox.entries())))
    log_promise(office, WHO, PROMISE)
    log_call(office, WHO, Call(12, "Rudo Ncube", "They will pay"))
    assert told == [1, 2], "once it is in the outbox"


@pytest.mark.parametrize(
    ("amount", "decimals", "summary"),
    [
        ("120", 2, "Promise to pay USD 120.00"),
        ("1234567.5", 2, "Promise to pay USD 1234567.50"),
        ("1E+3", 2, "Promise to pay USD 1000.00"),
        ("1000000000000", 2, "Promise to pay USD 1000000000000.00"),
        ("0.001", 3, "Promise to pay USD 0.001"),
        ("7", 0, "Promise to pay USD 7"),
    ],
)
def test_the_summary_has_the_currency_s_decimals_and_no_separators(
    office: Office, amount: str, decimals: int, summary: str
):
    entry = log_promise(office, WHO, replace(PROMISE, amount=Decimal(amount), decimals=decimals))
    assert entry.payload["summary"] == summary


@pytest.mark.parametrize(
    ("change", "says"),
    [
        *(({"amount": Decimal(bad)}, "above zero") for bad in ("0", "-1", "NaN", "sNaN", "Infinity", "-Infinity")),
        ({"amount": 120.0}, "above zero"),  # a float is no amount of money
        ({"amount": Decimal("1000000000000.01")}, "cannot be right"),
        ({"amount": Decimal("1E+400")}, "cannot be right"),
        ({"amount": Decimal("0.001")}, "USD has at most 2 decimals: 0.001 is finer"),
        ({"amount": Decimal("1E-40")}, "finer"),
        ({"amount": Decimal("1.5"), "decimals": 0}, "USD has no decimals"),
        ({"currency": ""}, "no currency"),
        ({"currency": "usd"}, "no currency"),
        ({"currency": "US$"}, "no currency"),
        ({"day": date(2026, 11, 22)}, "22 Nov 2026, which is past"),
        ({"day": date(2027, 11, 25)}, "more than a year ahead"),
        ({"partner_id": 0}, "Choose a customer"),
        ({"customer": "  "}, "Choose a customer"),
    ],
)
def test_a_promise_that_is_wrong_in_itself_is_refused_and_nothing_entered(
    office: Office, change: dict[str, Any], says: str
):
    with pytest.raises(ActionRefusedError, match=says):
        log_promise(office, WHO, replace(PROMISE, **change))
    assert office.outbox.entries() == []


@pytest.mark.parametrize("day", [TODAY, date(2027, 11, 24)])
def test_today_in_harare_and_a_year_ahead_are_days_to_promise(office: Office, day: date):
    assert log_promise(office, WHO, replace(PROMISE, day=day)).payload["day"] == day.isoformat()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": "  \n "}, "Write what was said"),
        ({"text": "x" * 5_001}, "at most 5,000 characters; this has 5,001"),
        ({"follow_up": date(2026, 11, 22)}, "which is past"),
        ({"follow_up": date(2028, 1, 1)}, "more than a year ahead"),
        ({"partner_id": -3}, "Choose a customer"),
    ],
)
def test_a_call_that_is_wrong_in_itself_is_refused(office: Office, change: dict[str, Any], says: str):
    with pytest.raises(ActionRefusedError, match=says):
        log_call(office, WHO, replace(CALL, **change))
    assert office.outbox.entries() == []


def test_a_call_took_place_today_where_the_provider_is(office: Office):
    entry = log_call(office, WHO, replace(CALL, text="Line one\r\nline two\x00", follow_up=TODAY))
    assert entry.payload["day"] == "2026-11-23"
    assert entry.payload["text"] == "Line one\nline two"
    assert entry.title == "Call, again on 23 Nov 2026: Rudo Ncube"


# -- what goes to Odoo --


class Activities(FakeOdoo):
    """A scripted Odoo that knows activities and messages by the marks in them."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.notes: dict[int, str] = {}
        self.bodies: dict[int, str] = {}
        self.methods |= {"activity_schedule": self._schedule, "action_feedback": self._feedback, "search": self._find}

    def _schedule(self, ids: list[int], **values: Any) -> Any:
        made = 40 + len(self.notes) + len(self.bodies)
        self.notes[made] = values["note"]
        # As seen on real servers: a text that names the record up to 18, its id from 19 on.
        return [made] if self.major >= 19 else f"mail.activity({made},)"

    def _feedback(self, ids: list[int], feedback: str) -> int:
        self.bodies[900 + ids[0]] = self.notes.pop(ids[0])
        return 900 + ids[0]

    def _find(self, domain: list[Any], limit: int | None = None, **_: Any) -> list[int]:
        texts = self.notes if self.calls[-1][0] == "mail.activity" else self.bodies
        for field, operator, value in domain:
            if field in ("note", "body"):
                held = operator == "ilike"
                texts = {key: text for key, text in texts.items() if (value in text) is held}
        return sorted(texts)[:limit]

    def writes(self) -> list[tuple[str, dict[str, Any]]]:
        """The calls that change something, without their context."""
        found = [(method, dict(named)) for _model, method, named in self.calls if method.startswith("act")]
        return [(method, {key: value for key, value in named.items() if key != "context"}) for method, named in found]


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


@pytest.fixture(params=["14.0", "17.0", "18.0", "19.0"])
def odoo(request: pytest.FixtureRequest) -> Activities:
    return Activities(request.param)


def done(world: World, odoo: Activities, office: Office, entry: Entry) -> Done:
    return do_activity(Job(entry, world.connect(odoo), office.outbox, office.settings))


def test_the_handler_is_registered():
    assert HANDLERS["activity"] is do_activity


def test_a_promise_is_one_to_do_of_the_writer_with_the_token_in_the_call_itself(
    world: World, odoo: Activities, office: Office
):
    entry = log_promise(office, WHO, PROMISE, token="AFN-1")
    found = done(world, odoo, office, entry)
    assert odoo.writes() == [
        (
            "activity_schedule",
            {
                "ids": [12],
                "act_type_xmlid": "mail.mail_activity_data_todo",
                "date_deadline": "2026-12-04",
                "summary": "Promise to pay USD 120.00",
                "note": "<p>Promise to pay USD 120.00 by 4 Dec 2026.</p><p>Entered in the dashboard. AFN-1</p>",
                "user_id": 7,
                "automated": False,
            },
        )
    ]
    assert (found.record.model, found.record.record_id, found.record.label) == ("res.partner", 12, "Rudo Ncube")
    assert found.result == {"activity_id": 40}


def test_a_call_is_scheduled_and_done_with_what_was_said_and_scheduled_again(
    world: World, odoo: Activities, office: Office
):
    entry = log_call(office, WHO, replace(CALL, follow_up=date(2026, 11, 30)), token="AFN-2")
    found = done(world, odoo, office, entry)
    (first, called), (second, feedback), (third, again) = odoo.writes()
    assert (first, second, third) == ("activity_schedule", "action_feedback", "activity_schedule")
    assert (called["act_type_xmlid"], called["date_deadline"]) == ("mail.mail_activity_data_call", "2026-11-23")
    assert called["note"] == "<p>Entered in the dashboard. AFN-2</p>"
    # Odoo escapes the text itself.
    assert feedback == {"ids": [40], "feedback": CALL.text}
    assert (again["summary"], again["date_deadline"], again["user_id"]) == ("Call back", "2026-11-30", 7)
    assert again["note"] == (
        "<p>Pays on Friday &amp; &lt;b&gt;not&lt;/b&gt; before.<br>Asked for a receipt.</p>"
        "<p>Entered in the dashboard. AFN-2-2</p>"
    )
    assert found.result == {"message_id": 940, "activity_id": 41}


def test_the_service_account_s_record_names_the_author_as_text(world: World, office: Office):
    odoo = Activities("19.0")
    who = Author("x@y.example", "<img src=x onerror=alert(1)>", on_behalf=True)
    done(world, odoo, office, log_promise(office, who, PROMISE, token="AFN-3"))
    note = odoo.writes()[0][1]["note"]
    assert "on behalf of &lt;img src=x onerror=alert(1)&gt; (x@y.example). AFN-3</p>" in note


@pytest.mark.parametrize("method", ["activity_schedule", "action_feedback"])
def test_a_lost_answer_is_looked_up_and_never_sent_twice(world: World, odoo: Activities, office: Office, method: str):
    entry = log_call(office, WHO, replace(CALL, follow_up=date(2026, 11, 30)), token="AFN-4")
    true = odoo.methods[method]

    def lost(**named: Any) -> Reply:
        true(**named)
        odoo.methods[method] = true
        return Reply(drop=True)

    odoo.methods[method] = lost
    with pytest.raises(UnknownOutcomeError):
        done(world, odoo, office, entry)
    done(world, odoo, office, entry)
    assert [name for name, _named in odoo.writes()] == ["activity_schedule", "action_feedback", "activity_schedule"]


def test_what_odoo_may_still_be_doing_is_waited_for_and_then_sent_again(
    world: World, odoo: Activities, office: Office, clock: Clock
):
    entry = log_promise(office, WHO, PROMISE, token="AFN-5")
    true, odoo.methods["activity_schedule"] = odoo.methods["activity_schedule"], lambda **_: Reply(drop=True)
    with pytest.raises(UnknownOutcomeError):
        done(world, odoo, office, entry)
    odoo.methods["activity_schedule"] = true
    with pytest.raises(OutcomePendingError):
        done(world, odoo, office, entry)
    clock.now_s += office.settings.odoo_longest_call_s
    assert done(world, odoo, office, entry).result == {"activity_id": 40}
    assert len(odoo.notes) == 1


def test_a_promise_that_was_marked_as_done_meanwhile_is_found_by_its_message(
    world: World, odoo: Activities, office: Office
):
    entry = log_promise(office, WHO, PROMISE, token="AFN-6")
    true = odoo.methods["activity_schedule"]

    def lost(**named: Any) -> Reply:
        true(**named)
        odoo._feedback([40], "")
        return Reply(drop=True)

    odoo.methods["activity_schedule"] = lost
    with pytest.raises(UnknownOutcomeError):
        done(world, odoo, office, entry)
    assert done(world, odoo, office, entry).result == {"activity_id": 0}
    assert len(odoo.writes()) == 1


def test_a_call_removed_in_odoo_before_its_text_was_written_says_so(world: World, odoo: Activities, office: Office):
    entry = log_call(office, WHO, CALL, token="AFN-7")
    true = odoo.methods["activity_schedule"]

    def removed(**named: Any) -> Any:
        answer = true(**named)
        odoo.notes.clear()
        return answer

    odoo.methods["activity_schedule"] = removed
    with pytest.raises(ActionRefusedError, match="removed in Odoo"):
        done(world, odoo, office, entry)


def test_without_the_right_the_sentence_names_it(world: World, odoo: Activities, office: Office):
    name = "odoo.exceptions.AccessError"
    fault = json2_fault(403, name, "No.") if odoo.major >= 19 else rpc_fault(name, "No.")
    odoo.methods["activity_schedule"] = lambda **_: fault
    with pytest.raises(ActionRefusedError) as refused:
        done(world, odoo, office, log_promise(office, WHO, PROMISE, token="AFN-8"))
    assert refused.value.sentence == NEEDS_RIGHT
    assert office.outbox.steps("AFN-8") == {}


# -- over the demo server --


@pytest.mark.parametrize("profile", ["14-oca", "18-enterprise", "19-oca"])
def test_over_the_demo_a_promise_is_read_back_and_a_call_stands_in_the_conversation(profile: str, tmp_path: Path):
    with own(profile) as server:
        settings = demo_settings(Settings(), server)
        office = Office(settings, Outbox(tmp_path / "outbox.sqlite3"))
        partner = next(row for row in server.orm.tables["res.partner"].values() if row["customer_rank"])
        today = datetime.now(ZoneInfo(settings.timezone)).date()
        promise = replace(PROMISE, partner_id=partner["id"], day=today)
        with OdooClient.connect(settings) as client:
            made = log_promise(office, WHO, promise)
            do_activity(Job(made, client, office.outbox, settings))
            said = log_call(office, WHO, replace(CALL, partner_id=partner["id"], follow_up=today))
            done = do_activity(Job(said, client, office.outbox, settings))
        store = SnapshotStore(tmp_path / "cache")
        found = promise_states(run_sync(settings, store, demo=True).snapshot, today)
        store.close()
        mine = found[found["partner_id"] == partner["id"]]
        assert (120.0, "open") in list(zip(mine["amount"], mine["state"].astype(str), strict=True))
        body = server.orm.tables["mail.message"][done.result["message_id"]]["body"]
        assert said.token in body
        assert "Pays on Friday &amp; &lt;b&gt;not" in body
