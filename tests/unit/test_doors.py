"""Sign-in against the demo's Odoo: what is let in, what is refused with which sentence, and what is written down."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.demo import DemoServer
from odoo_client.demo.business.accounts import DEMO_KEY, DEMO_LOGIN, LIMITED_KEY, LIMITED_LOGIN
from odoo_client.endpoints.authentication import COOKIE, Doors
from odoo_client.errors import (
    AuditError,
    OdooUnreachableError,
    SessionEndedError,
    SignInError,
    TooManyAttemptsError,
)
from odoo_client.people import staff
from odoo_client.people.access import Person
from odoo_client.people.audit import AuditLog, Event
from odoo_client.people.sessions import EXPIRED, RECHECK_S, REVOKED

BROWSER = "A browser/1.0"
HERE = "192.0.2.7"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(params=["14-oca", "19-oca"])
def server(request: pytest.FixtureRequest) -> Iterator[DemoServer]:
    with DemoServer(request.param, empty=True) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def doors(server: DemoServer, clock: Clock, tmp_path: Path) -> Doors:
    return Doors(settings_of(server, tmp_path), AuditLog(tmp_path / "audit.sqlite3"), clock=clock)


def settings_of(server: DemoServer, folder: Path, **more: object) -> Settings:
    return Settings(
        odoo_url=server.url,
        odoo_database=server.database,
        odoo_username=server.login,
        odoo_password=server.key,
        data_dir=folder,
        live_timeout_s=2.0,
        **more,
    )


def enter(doors: Doors, login: str = LIMITED_LOGIN, key: str = LIMITED_KEY) -> str:
    return doors.sign_in(login, SecretStr(key), browser=BROWSER, address=HERE)


def trail(doors: Doors) -> list[tuple[str, str, str]]:
    found = doors.audit.read()
    return list(zip(found["event"], found["login"], found["outcome"], strict=True))


def test_whoever_odoo_accepts_has_a_session_with_their_rights(doors: Doors) -> None:
    session = doors.sessions.find(enter(doors), browser=BROWSER)
    assert session.person.login == LIMITED_LOGIN
    assert session.person.roles == {"sales"}
    assert session.person.company_ids == {1}
    assert session.person.frames is not None
    assert "payments" not in session.person.frames
    assert not doors.access(session).opens("arrears")


def test_credentials_are_nowhere_but_in_the_session(doors: Doors, tmp_path: Path) -> None:
    token = enter(doors)
    session = doors.sessions.find(token, browser=BROWSER)
    assert session.secret is not None
    assert LIMITED_KEY not in repr(session)
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert LIMITED_KEY.encode() not in content
        assert token.encode() not in content
    doors.sign_out(token, HERE)
    assert session.secret is None


@pytest.mark.parametrize(("login", "key"), [(LIMITED_LOGIN, "wrong"), ("nobody@staff.example", DEMO_KEY), ("", "x")])
def test_every_refusal_is_the_same_sentence(doors: Doors, login: str, key: str) -> None:
    with pytest.raises(SignInError) as refused:
        enter(doors, login, key)
    assert refused.value.sentence == staff.REFUSED


def test_the_key_of_another_login_is_refused(doors: Doors) -> None:
    with pytest.raises(SignInError):
        enter(doors, DEMO_LOGIN, LIMITED_KEY)


def test_after_five_failures_the_right_key_has_to_wait_too(doors: Doors, clock: Clock) -> None:
    for _ in range(5):
        with pytest.raises(SignInError):
            enter(doors, LIMITED_LOGIN, "wrong")
    with pytest.raises(TooManyAttemptsError, match="Try again in 15 minutes"):
        enter(doors)
    clock.now_s += 15 * 60 + 1
    assert enter(doors)


@pytest.mark.parametrize("typed", ["hunter2 my secret", "P@ssw0rd2026", "hunter2"])
def test_a_password_typed_into_the_login_is_not_written_down(doors: Doors, typed: str) -> None:
    doors.is_login = {"admin"}.__contains__
    with pytest.raises(SignInError):
        enter(doors, typed, "x")
    doors.refused_again(f" {typed} ", HERE, TooManyAttemptsError("Too many."))
    assert trail(doors) == 2 * [("sign-in", "(unknown login)", "refused")]


def test_a_refused_login_that_odoo_has_is_named(doors: Doors) -> None:
    doors.is_login = {"admin"}.__contains__
    with pytest.raises(SignInError):
        enter(doors, "admin", "x")
    doors.refused_again(" admin ", HERE, TooManyAttemptsError("Too many."))
    assert trail(doors) == 2 * [("sign-in", "admin", "refused")]


def test_so_is_one_that_somebody_came_in_with_before(doors: Doors) -> None:
    for _ in range(2):
        with pytest.raises(SignInError):
            enter(doors, LIMITED_LOGIN, "x")
        enter(doors)
    assert [login for _event, login, outcome in trail(doors) if outcome == "refused"] == [
        LIMITED_LOGIN,
        "(unknown login)",
    ]


def test_what_happens_at_the_door_is_in_the_trail(doors: Doors) -> None:
    doors.sign_out(enter(doors), HERE)
    assert trail(doors) == [("sign-out", LIMITED_LOGIN, "done"), ("sign-in", LIMITED_LOGIN, "done")]


def test_nobody_comes_in_when_it_cannot_be_written_down(server: DemoServer, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    doors = Doors(settings_of(server, tmp_path), AuditLog(blocked / "audit.sqlite3"))
    with pytest.raises(AuditError, match="DATA_DIR"):
        enter(doors)
    assert len(doors.sessions) == 0


def test_an_odoo_that_is_down_lets_nobody_in_and_counts_no_failure(tmp_path: Path) -> None:
    nowhere = Settings(
        odoo_url="http://127.0.0.1:9",
        odoo_database="isp",
        odoo_username="bot",
        odoo_password="key",
        odoo_connect_timeout_s=0.2,
    )
    doors = Doors(nowhere, AuditLog(tmp_path / "audit.sqlite3"))
    for _ in range(7):
        with pytest.raises(OdooUnreachableError):
            enter(doors)
    assert trail(doors) == []


def test_a_revoked_key_ends_the_session_within_five_minutes(doors: Doors, server: DemoServer, clock: Clock) -> None:
    token = enter(doors)
    server.accounts[LIMITED_LOGIN].key = "another"
    clock.now_s += RECHECK_S - 1
    assert doors.sessions.find(token, browser=BROWSER)
    clock.now_s += 2
    with pytest.raises(SessionEndedError) as ended:
        doors.sessions.find(token, browser=BROWSER)
    assert ended.value.sentence == REVOKED


def test_other_groups_count_within_five_minutes(doors: Doors, server: DemoServer, clock: Clock) -> None:
    token = enter(doors)
    account = server.accounts[LIMITED_LOGIN]
    account.groups.add("sales_team.group_sale_manager")
    clock.now_s += RECHECK_S + 1
    assert doors.sessions.find(token, browser=BROWSER).person.roles == {"manager"}


def test_what_odoo_s_access_lists_deny_is_not_theirs_under_their_own_account(
    doors: Doors, server: DemoServer, clock: Clock
) -> None:
    token = enter(doors)
    session = doors.sessions.find(token, browser=BROWSER)
    assert not doors.access(session).may("customer")
    server.accounts[LIMITED_LOGIN].groups.add("base.group_partner_manager")
    clock.now_s += RECHECK_S + 1
    assert doors.access(doors.sessions.find(token, browser=BROWSER)).may("customer")


def test_a_sign_in_makes_a_new_id_and_ends_the_one_that_came_with_it(doors: Doors) -> None:
    planted = enter(doors)
    fresh = doors.sign_in(LIMITED_LOGIN, SecretStr(LIMITED_KEY), browser=BROWSER, address=HERE, replaces=planted)
    assert fresh != planted
    assert not doors.sessions.alive(planted, browser=BROWSER)


def test_a_forged_cookie_finds_nobody(doors: Doors) -> None:
    enter(doors)
    for forged in ("", "x", "../../etc/passwd", "\x00", "a" * 5000):
        assert not doors.sessions.alive(forged, browser=BROWSER)
        assert doors.token({COOKIE: forged}) == forged


class Blocked(AuditLog):
    """A trail that cannot be written until a test lets it."""

    blocked = True

    def add(self, event: Event, **more: Any) -> None:
        if self.blocked:
            raise AuditError("The audit trail cannot be written: set DATA_DIR.")
        super().add(event, **more)


@pytest.fixture
def blocked(doors: Doors, tmp_path: Path) -> Blocked:
    trail = doors.audit = Blocked(tmp_path / "blocked.sqlite3")
    return trail


def test_a_stranger_who_could_not_be_written_down_is_the_next_time(doors: Doors, blocked: Blocked) -> None:
    with pytest.raises(AuditError):
        doors.turned_away(HERE, "export")
    blocked.blocked = False
    for _ in range(2):
        doors.turned_away(HERE, "export")
    assert trail(doors) == [("refused", "(no sign-in)", "refused")], "once an hour, and not never"


# Single sign-on


@pytest.fixture
def sso(server: DemoServer, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doors:
    # The demo's Odoo keeps groups by account and has no records of them; real ones are read in tests/contract.
    monkeypatch.setattr(staff, "_groups", lambda _client, _uid: set(server.accounts[LIMITED_LOGIN].groups))
    return Doors(
        settings_of(server, tmp_path, auth="oidc"),
        AuditLog(tmp_path / "audit.sqlite3"),
        claims_of=lambda cookies: json.loads(cookies.get("verified", "{}")),
        clock=clock,
    )


def claims(**more: object) -> dict[str, object]:
    return {"iss": "https://id.example", "sub": "7", "email": LIMITED_LOGIN, "email_verified": True} | {
        "iat": int(time.time()),
        **more,
    }


def come(sso: Doors, said: dict[str, object]) -> str:
    """Come in with these claims; return the id of the sign-on."""
    token = sso.token({"verified": json.dumps(said)})
    sso.enter(token, said, browser=BROWSER, address=HERE)
    return token


def test_a_verified_address_is_the_person_with_that_login(sso: Doors) -> None:
    token = come(sso, claims(email=LIMITED_LOGIN.upper()))
    session = sso.sessions.find(token, browser=BROWSER)
    assert session.person.login == LIMITED_LOGIN
    assert session.secret is None


@pytest.mark.parametrize("wrong", [{"email_verified": False}, {"email_verified": None}, {"email": ""}, {"iat": None}])
def test_an_address_that_nobody_vouches_for_is_refused(sso: Doors, wrong: dict[str, object]) -> None:
    with pytest.raises(SignInError, match="did not confirm"):
        come(sso, claims(**wrong))


def test_nobody_comes_in_by_single_sign_on_when_it_cannot_be_written_down(sso: Doors, tmp_path: Path) -> None:
    trail_of = sso.audit = Blocked(tmp_path / "blocked.sqlite3")
    said = claims()
    with pytest.raises(AuditError):
        come(sso, said)
    assert len(sso.sessions) == 0
    trail_of.blocked = False
    assert sso.sessions.alive(come(sso, said), browser=BROWSER), "the same sign-on, once it can be"
    assert trail(sso) == [("sign-in", LIMITED_LOGIN, "done")]


def test_an_address_that_is_nobody_s_login_is_refused(sso: Doors) -> None:
    with pytest.raises(SignInError, match="Nobody on the staff"):
        come(sso, claims(email="stranger@example.com"))


def test_a_sign_on_that_was_ended_here_does_not_come_back_with_its_cookie(sso: Doors) -> None:
    said = claims()
    sso.sign_out(come(sso, said), HERE)
    with pytest.raises(SessionEndedError):
        come(sso, said)
    assert come(sso, claims(iat=int(time.time()) + 1))


def test_a_sign_on_of_long_ago_is_no_longer_taken(sso: Doors) -> None:
    long_ago = time.time() - sso.settings.session_absolute_s - 1
    with pytest.raises(SessionEndedError) as ended:
        come(sso, claims(iat=long_ago))
    assert ended.value.sentence == EXPIRED


def test_a_page_connected_as_somebody_else_gives_its_claims_to_no_other_sign_on(sso: Doors) -> None:
    token = sso.token({"verified": json.dumps(claims(email="stranger@example.com"))})
    with pytest.raises(SessionEndedError):
        sso.enter(token, claims(), browser=BROWSER, address=HERE)
    assert len(sso.sessions) == 0


def test_cookies_that_prove_nothing_are_nobody(sso: Doors) -> None:
    assert sso.token({"_streamlit_user": "forged", COOKIE: "forged"}) == ""
    with pytest.raises(SessionEndedError):
        sso.enter("", {}, browser=BROWSER, address=HERE)


def test_two_people_of_equal_sight_share_a_scope_and_others_do_not(doors: Doors) -> None:
    one = Person("a", "A", 1, frozenset({"finance"}), frozenset({1, 2}))
    other = Person("b", "B", 2, frozenset({"finance"}), frozenset({2}))
    keys = {
        doors.access(doors.sessions.find(token, browser=BROWSER)).scope_key
        for person in (one, other)
        for token in (doors.sessions.start(person, None, browser=BROWSER, address=HERE),)
    }
    assert len(keys) == 2
