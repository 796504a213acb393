"""Whose connection an entry goes out on: its author's own, with rights read just then, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from odoo_client.actions.outbox.entry import Author, Done, Entry, Record
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import Sender
from odoo_client.config import Settings
from odoo_client.demo import DemoServer
from odoo_client.demo.business.accounts import DEMO_KEY, DEMO_LOGIN, LIMITED_KEY, LIMITED_LOGIN
from odoo_client.endpoints.authentication import Doors
from odoo_client.errors import (
    ForbiddenError,
    NeedsSignInError,
    OdooAccessError,
    OdooAuthError,
    OdooUnreachableError,
    SessionEndedError,
)
from odoo_client.people import sessions, staff
from odoo_client.people.access import Person
from odoo_client.people.audit import AuditLog
from odoo_client.people.sessions import REVOKED, Session, Sessions
from odoo_client.rpc.client import OdooClient
from tests.demo_worlds import own

BROWSER, HERE = "A browser/1.0", "192.0.2.7"
TARIRO = Person("tariro", "Tariro", 7, frozenset({"finance"}), frozenset({1}))


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


# The session of a login


class Odoo:
    """What Odoo says of each login when it is asked again."""

    def __init__(self) -> None:
        self.answers: dict[str, Person | Exception] = {}
        self.asked: list[str] = []

    def recheck(self, session: Session) -> Person:
        self.asked.append(session.person.login)
        answer = self.answers.get(session.person.login, session.person)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def odoo() -> Odoo:
    return Odoo()


@pytest.fixture
def kept(odoo: Odoo, clock: Clock) -> Sessions:
    return Sessions(idle_s=1800, absolute_s=36_000, recheck=odoo.recheck, clock=clock)


def start(kept: Sessions, person: Person = TARIRO, typed: str = "key") -> str:
    return kept.start(person, SecretStr(typed), browser=BROWSER, address=HERE)


def test_a_login_s_newest_session_is_found_with_its_rights_read_now(kept: Sessions, odoo: Odoo, clock: Clock) -> None:
    start(kept, typed="old")
    clock.now_s += 5
    start(kept, typed="new")
    odoo.answers["tariro"] = moved = replace(TARIRO, roles=frozenset({"support"}))
    found = kept.of_login("tariro")
    assert found.secret is not None
    assert found.secret.get_secret_value() == "new"
    assert found.person == moved
    assert odoo.asked == ["tariro"]


@pytest.mark.parametrize("other", ["Tariro", "tariro ", "tariro@staff.example", ""])
def test_the_session_of_another_login_is_never_taken_however_alike(kept: Sessions, odoo: Odoo, other: str) -> None:
    start(kept, replace(TARIRO, login=other, name="Tariro"))
    with pytest.raises(SessionEndedError):
        kept.of_login("tariro")
    assert odoo.asked == []


def test_a_person_without_a_session_is_signed_out(kept: Sessions) -> None:
    kept.end(start(kept))
    with pytest.raises(SessionEndedError):
        kept.of_login("tariro")


def test_a_session_that_has_ended_by_time_is_not_used_and_asking_is_no_use_of_it(kept: Sessions, clock: Clock) -> None:
    start(kept)
    clock.now_s += 1799
    assert kept.of_login("tariro")
    clock.now_s += 1
    with pytest.raises(SessionEndedError):
        kept.of_login("tariro")


def test_an_account_that_odoo_no_longer_takes_ends_that_session(kept: Sessions, odoo: Odoo) -> None:
    token = start(kept)
    odoo.answers["tariro"] = OdooAuthError("Refused.")
    with pytest.raises(SessionEndedError) as ended:
        kept.of_login("tariro")
    assert ended.value.sentence == REVOKED
    assert not kept.alive(token, browser=BROWSER)


def test_an_odoo_that_is_down_says_so_and_ends_nothing(kept: Sessions, odoo: Odoo) -> None:
    token = start(kept)
    odoo.answers["tariro"] = OdooUnreachableError("Down.")
    with pytest.raises(OdooUnreachableError):
        kept.of_login("tariro")
    assert kept.alive(token, browser=BROWSER)


def test_whoever_signs_out_while_odoo_is_asked_is_signed_out(clock: Clock) -> None:
    def signing_out(session: Session) -> Person:
        kept.end(token)
        return session.person

    kept = Sessions(idle_s=1800, absolute_s=36_000, recheck=signing_out, clock=clock)
    token = start(kept)
    with pytest.raises(SessionEndedError) as ended:
        kept.of_login("tariro")
    assert ended.value.sentence == sessions.ENDED


# The connection


@pytest.fixture(scope="module", params=["14-oca", "19-oca"])
def shared(request: pytest.FixtureRequest) -> Iterator[DemoServer]:
    with own(request.param) as running:
        yield running


@pytest.fixture
def server(shared: DemoServer) -> Iterator[DemoServer]:
    """The demo's Odoo, its accounts as they were afterwards."""
    account = shared.accounts[LIMITED_LOGIN]
    before = (account.key, set(account.groups), set(account.denied))
    account.groups.add("base.group_partner_manager")
    yield shared
    account.key, account.groups, account.denied = before


def settings_of(server: DemoServer, folder: Path, **more: object) -> Settings:
    return Settings(
        odoo_url=server.url,
        odoo_database=server.database,
        odoo_username=server.login,
        odoo_password=server.key,
        data_dir=folder,
        live_timeout_s=5.0,
        **more,
    )


@pytest.fixture
def doors(server: DemoServer, clock: Clock, tmp_path: Path) -> Doors:
    return Doors(settings_of(server, tmp_path), AuditLog(tmp_path / "audit.sqlite3"), clock=clock)


SELLER = Author(LIMITED_LOGIN, "Sal Seller")


def enter(doors: Doors, login: str = LIMITED_LOGIN, key: str = LIMITED_KEY) -> str:
    return doors.sign_in(login, SecretStr(key), browser=BROWSER, address=HERE)


def test_the_author_writes_as_themselves(doors: Doors, server: DemoServer) -> None:
    enter(doors)
    with doors.writer(SELLER, "customer_update") as client:
        assert client.uid == server.accounts[LIMITED_LOGIN].uid


def test_each_write_has_a_connection_of_its_own(doors: Doors) -> None:
    session = doors.sessions.find(enter(doors), browser=BROWSER)
    with doors.writer(SELLER, "customer_update") as one, doors.writer(SELLER, "customer_update") as two:
        assert one is not two
        assert session.client is not one


def test_nobody_else_s_session_sends_what_a_signed_out_person_entered(doors: Doors) -> None:
    enter(doors, DEMO_LOGIN, DEMO_KEY)
    with pytest.raises(NeedsSignInError) as waits:
        doors.writer(SELLER, "customer_update")
    assert waits.value.sentence.startswith("Needs Sal Seller to sign in:")
    doors.sign_out(enter(doors), HERE)
    with pytest.raises(NeedsSignInError):
        doors.writer(SELLER, "customer_update")


def test_a_revoked_key_sends_nothing_and_asks_for_a_new_sign_in(doors: Doors, server: DemoServer) -> None:
    token = enter(doors)
    server.accounts[LIMITED_LOGIN].key = "another"
    with pytest.raises(NeedsSignInError, match="Needs Sal Seller to sign in"):
        doors.writer(SELLER, "customer_update")
    assert not doors.sessions.alive(token, browser=BROWSER)
    enter(doors, key="another")
    doors.writer(SELLER, "customer_update").close()


def test_a_key_revoked_between_the_look_at_rights_and_the_connection_waits_too(
    doors: Doors, server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(doors)
    connect = staff.connect_to_write

    def too_late(*given: Any) -> Any:
        server.accounts[LIMITED_LOGIN].key = "another"
        return connect(*given)

    monkeypatch.setattr(staff, "connect_to_write", too_late)
    with pytest.raises(NeedsSignInError, match="to sign in again: Odoo refuses the old password or key"):
        doors.writer(SELLER, "customer_update")


def test_rights_count_as_they_are_at_the_moment_of_sending(doors: Doors, server: DemoServer) -> None:
    enter(doors)
    account = server.accounts[LIMITED_LOGIN]
    with pytest.raises(ForbiddenError, match="does not include this"):
        doors.writer(SELLER, "payment_approve")
    account.groups.add("account.group_account_readonly")
    account.denied.clear()
    with pytest.raises(ForbiddenError, match="Your Odoo account lacks the right"):
        doors.writer(SELLER, "payment_approve")
    account.groups.add("account.group_account_invoice")
    doors.writer(SELLER, "payment_approve").close()
    account.groups.clear()
    account.groups.add("base.group_user")
    with pytest.raises(ForbiddenError):
        doors.writer(SELLER, "customer_update")


def test_an_odoo_that_is_down_is_told_from_a_missing_sign_in(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(doors)

    def down(*_given: Any) -> Any:
        raise OdooUnreachableError("Down.")

    monkeypatch.setattr(staff, "sign_in", down)
    with pytest.raises(OdooUnreachableError):
        doors.writer(SELLER, "customer_update")


def test_signing_out_at_the_last_moment_never_falls_back_on_the_service_account(
    doors: Doors, server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = enter(doors)
    of_login = doors.sessions.of_login

    def then_out(login: str) -> Session:
        session = of_login(login)
        doors.sessions.end(token)
        return session

    monkeypatch.setattr(doors.sessions, "of_login", then_out)
    with pytest.raises(NeedsSignInError):
        doors.writer(SELLER, "customer_update")


# Single sign-on


@pytest.fixture
def sso(server: DemoServer, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doors:
    # The demo's Odoo keeps groups by account and has no records of them; real ones are read in tests/contract.
    monkeypatch.setattr(staff, "_groups", lambda _client, _uid: set(server.accounts[LIMITED_LOGIN].groups))
    found = Doors(settings_of(server, tmp_path, auth="oidc"), AuditLog(tmp_path / "audit.sqlite3"), clock=clock)
    person = staff.person_by_login(found.service(), LIMITED_LOGIN)
    found.sessions.adopt("sso-cookie", person, browser=BROWSER, address=HERE)
    return found


def test_with_single_sign_on_the_service_account_writes_in_the_person_s_name(sso: Doors, server: DemoServer) -> None:
    author = sso.author(sso.sessions.find("sso-cookie", browser=BROWSER))
    assert author.on_behalf
    with sso.writer(author, "customer_update") as client:
        assert client.uid == server.accounts[DEMO_LOGIN].uid
    assert LIMITED_LOGIN in author.signature
    with pytest.raises(ForbiddenError):
        sso.writer(author, "payment_approve")
    sso.sign_out("sso-cookie", HERE)
    with pytest.raises(NeedsSignInError):
        sso.writer(author, "customer_update")


def test_with_single_sign_on_nobody_writes_what_their_own_rights_in_odoo_deny(sso: Doors, server: DemoServer) -> None:
    author = sso.author(sso.sessions.find("sso-cookie", browser=BROWSER))
    groups = server.accounts[LIMITED_LOGIN].groups
    groups.add("account.group_account_readonly")
    for kind in ("payment_proof", "payment_approve", "payment_reject", "payment_ask"):
        with pytest.raises(ForbiddenError, match="lacks the right .* Invoicing"):
            sso.writer(author, kind)
    groups.add("account.group_account_invoice")
    sso.writer(author, "payment_approve").close()
    groups.discard("base.group_partner_manager")
    for kind in ("activity", "customer_update"):
        with pytest.raises(ForbiddenError, match="lacks the right .* Contact Creation"):
            sso.writer(author, kind)
    with pytest.raises(ForbiddenError, match="does not include this"):
        sso.writer(author, "ticket_update")


def test_on_somebody_s_behalf_odoo_is_asked_for_their_companies_alone(
    sso: Doors, server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = sso.sessions.find("sso-cookie", browser=BROWSER)
    author, person = sso.author(session), session.person
    with OdooClient.connect(sso.settings) as service:
        other = service.search_ids("account.move", [["company_id", "=", 2]])
    assert other
    with sso.writer(author, "customer_update") as client:
        assert client.company_ids == (1,)
        with pytest.raises(OdooAccessError):
            client.call("account.move", "read", ids=other[:1], fields=["name"])
    # Moved to another company while the entry waited.
    monkeypatch.setattr(sso.sessions, "_recheck", lambda _session: replace(person, company_ids=frozenset({2})))
    with sso.writer(author, "customer_update") as client:
        assert client.company_ids == (2,)
        assert client.context()["allowed_company_ids"] == [2]
    monkeypatch.setattr(sso.sessions, "_recheck", lambda _session: replace(person, company_ids=frozenset()))
    with pytest.raises(ForbiddenError, match="no company left"):
        sso.writer(author, "customer_update")


def test_what_was_entered_under_an_own_account_does_not_go_out_under_the_service_account(sso: Doors) -> None:
    with pytest.raises(NeedsSignInError):
        sso.writer(SELLER, "customer_update")


# All of it: the door, the outbox, the sender


@pytest.fixture
def desk(doors: Doors, tmp_path: Path) -> tuple[Doors, Sender]:
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    return doors, Sender(doors.settings, outbox, doors.writer, {"customer_update": note_who}, doors.audit)


def note_who(job: Job) -> Done:
    return Done(Record("res.users", job.client.uid))


def entered(sender: Sender) -> Entry:
    return sender.outbox.add("customer_update", SELLER, title="Correct the e-mail", payload={})


def test_an_entry_waits_for_its_author_and_goes_out_when_they_sign_in(
    desk: tuple[Doors, Sender], server: DemoServer
) -> None:
    doors, sender = desk
    doors.on_sign_in = sender.outbox.wake
    enter(doors, DEMO_LOGIN, DEMO_KEY)
    entry = entered(sender)
    sender.send_waiting(LIMITED_LOGIN)
    found = sender.outbox.get(entry.token)
    assert (found.state, found.reason.partition(":")[0]) == ("waiting", "Needs Sal Seller to sign in")
    assert sender.send_waiting(LIMITED_LOGIN) == 0
    enter(doors)
    assert sender.send_waiting(LIMITED_LOGIN) == 1
    assert sender.outbox.get(entry.token).record == Record("res.users", server.accounts[LIMITED_LOGIN].uid)


def test_an_entry_whose_author_lost_the_right_meanwhile_fails_with_that_sentence(
    desk: tuple[Doors, Sender], server: DemoServer
) -> None:
    doors, sender = desk
    enter(doors)
    entry = entered(sender)
    server.accounts[LIMITED_LOGIN].groups.clear()
    server.accounts[LIMITED_LOGIN].groups.add("base.group_user")
    sender.send_waiting(LIMITED_LOGIN)
    found = sender.outbox.get(entry.token)
    assert found.state == "failed"
    assert "does not include this (customer)" in found.reason


def test_no_credential_of_anybody_reaches_the_disk(desk: tuple[Doors, Sender], tmp_path: Path) -> None:
    doors, sender = desk
    token = enter(doors)
    sender.outbox.get(entered(sender).token)
    sender.send_waiting(LIMITED_LOGIN)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.name == "outbox.sqlite3" for file in files)
    for file in files:
        content = file.read_bytes()
        for secret in (LIMITED_KEY, DEMO_KEY, token):
            assert secret.encode() not in content, file
