"""Promises and calls on real servers, looked at by SQL: one activity, the person's own, and no word to the customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from pydantic import SecretStr

from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.promises import NEEDS_RIGHT, Call, Promise, log_call, log_promise
from odoo_client.errors import UnknownOutcomeError
from odoo_client.frames.arrays import knows
from odoo_client.live import conversations
from odoo_client.metrics.promises import promise_states
from odoo_client.people import staff
from odoo_client.people.access import Access
from odoo_client.people.scope import scoped
from odoo_client.roles import DEFAULT_ROLES
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.contract.writers import Desk, author, desk_of
from tests.real_odoo.server import RealOdoo
from tests.real_odoo.staff import USER, Member, api_keys

pytestmark = pytest.mark.odoo
#: Writing to 19 by JSON-RPC too is what the payment proofs do.
PLACES = {
    "full19-json2": ("odoo19", "json2"),
    "full14-jsonrpc": ("odoo14", "auto"),
}
COLLECTOR = Member(
    "collector@staff.example",
    (USER, "account.group_account_invoice", "base.group_partner_manager"),
    frozenset({"finance"}),
)
OTHER = Member("second.collector@staff.example", COLLECTOR.groups, COLLECTOR.roles)
READER = Member("onlyreads@staff.example", (USER, "account.group_account_readonly"), frozenset({"finance"}))
PEOPLE = (COLLECTOR, OTHER, READER)
TODAY = datetime.now(ZoneInfo("Africa/Harare")).date()
SOON = TODAY + timedelta(days=7)


class KeyDesk(Desk):
    """A desk whose people use API keys, so that JSON-2 is spoken."""

    keys: dict[str, str]

    def client(self, who: Author, kind: str = "") -> OdooClient:
        own = {"odoo_username": who.login, "odoo_password": SecretStr(self.keys[who.login]), "odoo_protocol": "json2"}
        return self.wrap(OdooClient.connect(self.settings.model_copy(update=own)))


@pytest.fixture(scope="module", params=PLACES, ids=str)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RealOdoo, dict[str, str], Path]]:
    """A server of the test's own with three people, API keys where the protocol needs them, a folder for snapshots."""
    fixture, protocol = PLACES[request.param]
    server: RealOdoo = request.getfixturevalue(fixture)
    with server.copy() as copy:
        for member in PEOPLE:
            hired(copy, member)
        yield copy, (api_keys(copy, PEOPLE) if protocol == "json2" else {}), tmp_path_factory.mktemp("snapshots")


@pytest.fixture
def desk(place: tuple[RealOdoo, dict[str, str], Path], tmp_path: Path) -> Desk:
    server, own_keys, snapshots = place
    found = desk_of(server, tmp_path, cache_dir=snapshots)
    if own_keys:
        found = KeyDesk(found.server, found.settings, found.folder)
        found.keys = own_keys
        assert found.client(author(COLLECTOR)).protocol == "json2"
    return found


def hired(server: RealOdoo, member: Member) -> int:
    groups = []
    for module, _, name in (group.partition(".") for group in member.groups):
        found = server.call("ir.model.data", "search_read", [("module", "=", module), ("name", "=", name)], ["res_id"])
        groups.append(found[0]["res_id"])
    companies = sorted(server.call("res.company", "search", []))
    values = {"name": author(member).name, "login": member.login, "password": member.password, "email": member.login}
    values |= {"group_ids" if server.major >= 19 else "groups_id": [(6, 0, groups)]}
    values |= {"company_id": companies[0], "company_ids": [(6, 0, companies)]}
    return int(server.call("res.users", "create", values, context={"no_reset_password": True}))


def customer(server: RealOdoo, **values: Any) -> int:
    return int(server.call("res.partner", "create", {"name": "Rudo Ncube", "email": "rudo@home.example", **values}))


def promise(partner_id: int, **changes: Any) -> Promise:
    return replace(Promise(partner_id, "Rudo Ncube", SOON, Decimal("120.00"), "USD"), **changes)


def activities(server: RealOdoo, partner_id: int) -> list[dict[str, Any]]:
    """The activities of a customer in Odoo's own table, with the logins behind them."""
    names = ("day", "summary", "note", "looks_after", "made_by", "type", "automated")
    rows = server.sql(
        "select a.date_deadline, a.summary, a.note, u.login, c.login, d.name, a.automated from mail_activity a "
        "join res_users u on u.id = a.user_id join res_users c on c.id = a.create_uid "
        "join ir_model_data d on d.model = 'mail.activity.type' and d.res_id = a.activity_type_id "
        f"where a.res_model = 'res.partner' and a.res_id = %s{' and a.active' if server.major >= 19 else ''} "
        "order by a.id",
        [partner_id],
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def messages(server: RealOdoo, partner_id: int, text: str) -> list[tuple[Any, ...]]:
    """Login of the author, whether its kind is for staff only, and the text of the customer's messages that hold it."""
    return server.sql(
        "select u.login, s.internal, m.body from mail_message m join res_users u on u.partner_id = m.author_id "
        "join mail_message_subtype s on s.id = m.subtype_id "
        "where m.model = 'res.partner' and m.res_id = %s and m.body like %s",
        [partner_id, f"%{text}%"],
    )


def heard(server: RealOdoo, partner_id: int) -> tuple[Any, ...]:
    """How many e-mails Odoo has ever made, and how many notifications of any kind the customer got."""
    table = "mail_notification" if server.major >= 16 else "mail_message_res_partner_needaction_rel"
    return server.sql(
        f"select (select last_value from mail_mail_id_seq), (select count(*) from {table} where res_partner_id = %s)",
        [partner_id],
    )[0]


def synced(desk: Desk, folder: str = "store") -> Snapshot:
    """What a sync finds, the first of a server whole and every other by what changed."""
    store = SnapshotStore(desk.settings.cache_dir / folder)
    try:
        return run_sync(desk.settings, store).snapshot
    finally:
        store.close()


def stands(snapshot: Snapshot, partner_id: int, as_of: date) -> list[tuple[float, str]]:
    """Amount and state of the customer's promises on a day."""
    found = promise_states(snapshot, as_of)
    found = found[found["commercial_partner_id"] == partner_id]
    return list(zip(found["amount"], found["state"].astype(str), strict=True))


def paid(server: RealOdoo, partner_id: int, amount: float, on: date, currency: str = "USD") -> None:
    """Post a customer payment in Odoo."""
    journal = server.call("account.journal", "search", [("type", "=", "bank")], limit=1)[0]
    money = server.call("res.currency", "search", [("name", "=", currency)], limit=1)[0]
    values = {"payment_type": "inbound", "partner_type": "customer", "partner_id": partner_id, "amount": amount}
    made = server.call(
        "account.payment", "create", values | {"date": str(on), "journal_id": journal, "currency_id": money}
    )
    server.call("account.payment", "action_post", [made])


# -- what Odoo holds of it --


def test_a_promise_is_one_open_activity_of_the_person_on_the_customer(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    before = heard(server, partner_id)
    entry = desk.sent(log_promise(desk.office, author(COLLECTOR), promise(partner_id)))
    assert (entry.state, entry.reason) == ("done", "")
    found = activities(server, partner_id)
    assert len(found) == 1
    assert (
        found[0]["note"]
        == f"<p>Promise to pay USD 120.00 by {SOON.day} {SOON:%b %Y}.</p><p>Entered in the dashboard. {entry.token}</p>"
    )
    assert {key: value for key, value in found[0].items() if key != "note"} == {
        "day": SOON,
        "summary": "Promise to pay USD 120.00",
        "looks_after": COLLECTOR.login,
        "made_by": COLLECTOR.login,
        "type": "mail_activity_data_todo",
        "automated": False,
    }
    assert (entry.record.model, entry.record.record_id, entry.record.label) == ("res.partner", partner_id, "Rudo Ncube")
    assert server.sql("select id from mail_activity where res_id = %s", [partner_id]) == [
        (entry.result["activity_id"],)
    ]
    assert heard(server, partner_id) == before
    assert desk.touched == [("activities",)]


def test_what_the_service_account_writes_names_who_said_so(desk: Desk) -> None:
    partner_id = customer(desk.server)
    who = Author(COLLECTOR.login, "Tendai <b>Moyo</b>", on_behalf=True)
    entry = desk.sent(log_promise(desk.office, who, promise(partner_id)))
    note = activities(desk.server, partner_id)[0]["note"]
    assert f"on behalf of Tendai &lt;b&gt;Moyo&lt;/b&gt; ({COLLECTOR.login}). {entry.token}" in note


def test_a_call_stands_in_the_conversation_as_done_and_the_customer_hears_nothing(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    # The customer follows their own record, as Odoo has it after a first e-mail.
    server.call("res.partner", "message_subscribe", [partner_id], [partner_id])
    before = heard(server, partner_id)
    call = Call(partner_id, "Rudo Ncube", "She says <b>the link</b> was down.\nPays on Friday.")
    entry = desk.sent(log_call(desk.office, author(COLLECTOR), call))
    assert (entry.state, entry.reason) == ("done", "")
    assert activities(server, partner_id) == []
    found = messages(server, partner_id, entry.token)
    assert [row[:2] for row in found] == [(COLLECTOR.login, True)]
    assert "Call</span> done" in found[0][2]
    assert "She says &lt;b&gt;the link&lt;/b&gt; was down." in found[0][2]
    assert "Pays on Friday." in found[0][2]
    assert heard(server, partner_id) == before
    assert entry.result["message_id"]


def test_a_call_to_be_repeated_leaves_an_open_activity_on_that_day(desk: Desk) -> None:
    partner_id = customer(desk.server)
    call = Call(partner_id, "Rudo Ncube", "Not at home.", follow_up=SOON)
    entry = desk.sent(log_call(desk.office, author(COLLECTOR), call))
    assert entry.state == "done"
    (again,) = activities(desk.server, partner_id)
    assert (again["day"], again["summary"], again["type"]) == (SOON, "Call back", "mail_activity_data_call")
    assert again["looks_after"] == COLLECTOR.login
    assert "Not at home." in again["note"]
    assert len(messages(desk.server, partner_id, entry.token)) == 1


def test_a_second_entry_of_the_same_form_is_the_first_one(desk: Desk) -> None:
    partner_id = customer(desk.server)
    entry = desk.sent(log_promise(desk.office, author(COLLECTOR), promise(partner_id), token="AFN-TWICE"))
    again = desk.sent(log_promise(desk.office, author(COLLECTOR), promise(partner_id), token="AFN-TWICE"))
    assert again.number == entry.number
    assert len(activities(desk.server, partner_id)) == 1


def test_without_the_right_the_entry_fails_with_what_to_ask_for(desk: Desk) -> None:
    partner_id = customer(desk.server)
    for entry in (
        log_promise(desk.office, author(READER), promise(partner_id)),
        log_call(desk.office, author(READER), Call(partner_id, "Rudo Ncube", "Hello")),
    ):
        found = desk.sent(entry)
        assert (found.state, found.reason) == ("failed", NEEDS_RIGHT)
    assert activities(desk.server, partner_id) == []


# -- answers that get lost --


class Losing:
    """A connection whose answer to one method is lost after Odoo has done it."""

    def __init__(self, client: OdooClient, method: str) -> None:
        self._client, self._method = client, method

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def call(self, model: str, method: str, **more: Any) -> Any:
        answer = self._client.call(model, method, **more)
        if method == self._method:
            raise UnknownOutcomeError("The answer was lost.", model=model, method=method)
        return answer


@pytest.mark.parametrize("method", ["activity_schedule", "action_feedback"])
def test_after_a_lost_answer_nothing_is_there_twice(desk: Desk, method: str) -> None:
    server = desk.server
    partner_id = customer(server)
    plain = desk.wrap
    desk.wrap = lambda client: Losing(plain(client), method)  # type: ignore[assignment, return-value]
    entry = desk.sent(log_call(desk.office, author(COLLECTOR), Call(partner_id, "Rudo Ncube", "Hello", SOON)))
    assert entry.state == "unknown"
    desk.wrap = plain
    desk.outbox.change(entry.token, "unknown", next_s=0.0)
    entry = desk.sent(entry)
    assert (entry.state, entry.reason) == ("done", "")
    assert len(messages(server, partner_id, entry.token)) == 1
    assert [one["summary"] for one in activities(server, partner_id)] == ["Call back"]


def test_a_promise_done_in_odoo_before_it_was_looked_up_is_found_by_its_message(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    plain = desk.wrap
    desk.wrap = lambda client: Losing(plain(client), "activity_schedule")  # type: ignore[assignment, return-value]
    entry = desk.sent(log_promise(desk.office, author(COLLECTOR), promise(partner_id)))
    assert entry.state == "unknown"
    made = server.call("mail.activity", "search", [("res_model", "=", "res.partner"), ("res_id", "=", partner_id)])
    server.call("mail.activity", "action_feedback", made)
    desk.wrap = plain
    desk.outbox.change(entry.token, "unknown", next_s=0.0)
    assert desk.sent(entry).state == "done"
    assert activities(server, partner_id) == []


# -- read back --


def test_a_promise_is_read_back_and_kept_once_as_much_is_paid(desk: Desk) -> None:
    server = desk.server
    mine, contact_of = customer(server), customer(server, name="Kudu Foods", is_company=True)
    contact = customer(server, name="Mrs Dube", parent_id=contact_of)
    for partner_id in (mine, contact):
        assert desk.sent(log_promise(desk.office, author(COLLECTOR), promise(partner_id))).state == "done"
    snapshot = synced(desk)
    rows = snapshot.frame("promises").set_index("partner_id")
    users = snapshot.frame("users").set_index("user_id")["login"]
    row = rows.loc[mine]
    assert (row["day"], row["made_on"]) == (pd.Timestamp(SOON), pd.Timestamp(TODAY))
    assert (row["summary"], row["amount"], users[row["author_id"]]) == (
        "Promise to pay USD 120.00",
        120.0,
        COLLECTOR.login,
    )
    assert snapshot.frame("currencies").set_index("currency_id").loc[row["currency_id"], "code"] == "USD"
    assert rows.loc[contact, "commercial_partner_id"] == contact_of
    assert snapshot.info["promises"].warnings == ()
    assert stands(snapshot, mine, TODAY) == [(120.0, "open")]

    paid(server, mine, 119.99, TODAY)
    paid(server, contact, 500.0, TODAY, currency=other_currency(server))
    assert stands(synced(desk), mine, TODAY) == [(120.0, "open")]
    paid(server, mine, 0.01, TODAY + timedelta(days=1))
    after = synced(desk)
    assert stands(after, mine, TODAY) == [(120.0, "open")]
    assert stands(after, mine, TODAY + timedelta(days=1)) == [(120.0, "kept")]
    assert stands(after, contact_of, SOON) == [(120.0, "open")], "money in another currency is none"
    assert stands(after, contact_of, SOON + timedelta(days=1)) == [(120.0, "broken")]


def other_currency(server: RealOdoo) -> str:
    """The name Odoo has of another currency in use."""
    rows = server.call("res.currency", "search_read", [("name", "!=", "USD"), ("active", "=", True)], ["name"], limit=1)
    return str(rows[0]["name"])


def test_a_promise_whose_day_is_over_is_broken_and_one_cancelled_is_gone(desk: Desk) -> None:
    server = desk.server
    broken, cancelled = customer(server), customer(server)
    for partner_id in (broken, cancelled):
        desk.sent(log_promise(desk.office, author(COLLECTOR), promise(partner_id)))
    synced(desk)
    ids = {row["res_id"]: row["id"] for row in server.call(
        "mail.activity", "search_read", [("res_id", "in", [broken, cancelled])], ["res_id"])}  # fmt: skip
    server.call("mail.activity", "write", [ids[broken]], {"date_deadline": str(TODAY - timedelta(days=1))})
    server.call("mail.activity", "unlink", [ids[cancelled]])
    snapshot = synced(desk)
    assert stands(snapshot, broken, TODAY) == [(120.0, "broken")]
    assert stands(snapshot, cancelled, TODAY) == []


def test_one_marked_as_done_is_withdrawn_where_odoo_keeps_it_and_its_loss_is_said_where_not(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    entry = desk.sent(log_promise(desk.office, author(COLLECTOR), promise(partner_id)))
    synced(desk)
    server.call("mail.activity", "action_feedback", [entry.result["activity_id"]])
    snapshot = synced(desk)
    stays = server.major >= 19
    assert knows(snapshot, "promises", "done_on") == stays
    assert stands(snapshot, partner_id, TODAY) == ([(120.0, "withdrawn")] if stays else [])


def test_a_summary_that_cannot_be_read_is_told_and_counts_nowhere(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    entry = desk.sent(log_promise(desk.office, author(COLLECTOR), promise(partner_id)))
    server.call("mail.activity", "write", [entry.result["activity_id"]], {"summary": "Promise to pay most of it"})
    snapshot = synced(desk)
    assert stands(snapshot, partner_id, TODAY) == []
    (warning,) = snapshot.info["promises"].warnings
    assert "1 promise to pay is not counted" in warning
    assert "Promise to pay most of it" in warning
    server.call("mail.activity", "write", [entry.result["activity_id"]], {"summary": "Ask again"})
    assert synced(desk).info["promises"].warnings == ()


# -- who sees it --


def test_promises_are_seen_by_those_whom_odoo_shows_them(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    logged = desk.sent(log_promise(desk.office, author(COLLECTOR), promise(partner_id)))
    snapshot = synced(desk)
    assert logged.result["activity_id"] in set(snapshot.frame("promises")["promise_id"])
    for member in (COLLECTOR, OTHER, READER):
        access = Access.of(staff.sign_in(desk.settings, member.login, SecretStr(member.password)), DEFAULT_ROLES)
        mine = scoped(snapshot, access)
        with staff.connect(desk.settings, member.login, SecretStr(member.password)) as own:
            theirs = set(own.search_ids("mail.activity", [["res_model", "=", "res.partner"]]))
        every = set(snapshot.frame("promises")["promise_id"])
        assert set(mine.frame("promises")["promise_id"]) == theirs & every, member.login
        by_sign_on = staff.person_by_login(OdooClient.connect(desk.settings), member.login)
        assert ("promises" in (by_sign_on.frames or ())) == (len(mine.frame("promises")) > 0)


def test_an_account_that_odoo_hides_them_from_is_told_so(desk: Desk) -> None:
    server = desk.server
    desk.sent(log_promise(desk.office, author(COLLECTOR), promise(customer(server))))
    limited = {"odoo_username": server.limited_username, "odoo_password": SecretStr(server.limited_password)}
    desk.settings = desk.settings.model_copy(update=limited)
    snapshot = synced(desk, "limited")
    warned = any("Contact Creation" in text for text in snapshot.info["promises"].warnings)
    assert warned == snapshot.frame("promises").empty == (server.major >= 15)


def test_a_day_ends_at_midnight_in_harare(desk: Desk) -> None:
    """22:30 UTC is tomorrow there: Odoo keeps the moment, the frame the day."""
    server = desk.server
    partner_id = customer(server)
    entry = desk.sent(log_promise(desk.office, author(COLLECTOR), promise(partner_id)))
    late = datetime.combine(TODAY - timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=22, minutes=30)
    server.sql(
        "update mail_activity set create_date = %s, write_date = now() at time zone 'UTC' where id = %s",
        [late.replace(tzinfo=None), entry.result["activity_id"]],
    )
    rows = synced(desk).frame("promises").set_index("partner_id")
    assert rows.loc[partner_id, "made_on"] == pd.Timestamp(TODAY)


def test_a_call_and_a_note_are_read_back_from_the_customer_the_newest_first(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    server.call("res.partner", "message_post", [partner_id], body="Moved to Mutare", subtype_xmlid="mail.mt_note",
                message_type="comment")  # fmt: skip
    server.call("res.partner", "message_post", [partner_id], body="Dear customer", subtype_xmlid="mail.mt_comment",
                message_type="comment")  # fmt: skip
    server.call("res.partner", "write", [partner_id], {"email": "rudo.new@home.example"})
    desk.sent(log_call(desk.office, author(COLLECTOR), Call(partner_id, "Rudo Ncube", "Pays <b>on</b> Friday.")))
    with staff.connect(desk.settings, COLLECTOR.login, SecretStr(COLLECTOR.password)) as own:
        found = conversations.notes(own, "res.partner", partner_id)
    assert [one.public for one in found.messages] == [False, False]
    call, note = found.messages
    assert "Call done" in call.text
    assert "Pays <b>on</b> Friday." in call.text
    assert call.by_staff
    assert note.text == "Moved to Mutare"
    assert not found.cut
