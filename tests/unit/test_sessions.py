"""A session is an opaque id: new at every sign-in, ended by time, by sign-out and by Odoo, and nobody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from odoo_client.errors import OdooAccessError, OdooAuthError, OdooUnreachableError, SessionEndedError
from odoo_client.people import sessions
from odoo_client.people.access import Person
from odoo_client.people.sessions import Session, Sessions

TARIRO = Person("tariro", "Tariro", 7, frozenset({"finance"}), frozenset({1}))
FIREFOX = "Firefox"


class Odoo:
    """What Odoo says when it is asked again, and the clock."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.answer: Person | Exception = TARIRO
        self.asked = 0

    def clock(self) -> float:
        return self.now_s

    def recheck(self, session: Session) -> Person:
        self.asked += 1
        assert session.secret is not None
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def odoo() -> Odoo:
    return Odoo()


@pytest.fixture
def doors(odoo: Odoo) -> Sessions:
    return Sessions(idle_s=1800, absolute_s=36_000, recheck=odoo.recheck, clock=odoo.clock)


def start(doors: Sessions, replaces: str = "") -> str:
    return doors.start(TARIRO, SecretStr("key"), browser=FIREFOX, address="10.0.0.1", replaces=replaces)


def refused(doors: Sessions, token: str, browser: str = FIREFOX) -> str:
    with pytest.raises(SessionEndedError) as error:
        doors.find(token, browser=browser)
    return error.value.sentence


def test_the_id_finds_the_person_in_every_tab_of_that_browser(doors: Sessions) -> None:
    token = start(doors)
    assert doors.find(token, browser=FIREFOX).person == TARIRO
    assert doors.find(token, browser=FIREFOX).person == TARIRO
    assert len(token) >= 43


def test_a_forged_id_finds_nobody(doors: Sessions) -> None:
    token = start(doors)
    for forged in ("", "x", token[:-1], token + "x", token.swapcase(), "\ud800"):
        assert refused(doors, forged) == sessions.ENDED


def test_an_id_carried_to_another_browser_is_refused_and_stays_good_in_its_own(doors: Sessions) -> None:
    token = start(doors)
    assert refused(doors, token, "Chrome") == sessions.OTHER_BROWSER
    assert doors.find(token, browser=FIREFOX).person == TARIRO


def test_after_sign_out_the_id_is_worth_nothing(doors: Sessions) -> None:
    token = start(doors)
    assert doors.end(token) == TARIRO
    assert refused(doors, token) == sessions.ENDED
    assert doors.end(token) is None


def test_signing_in_makes_a_new_id_and_ends_the_one_the_browser_came_with(doors: Sessions) -> None:
    first = start(doors)
    second = start(doors, replaces=first)
    planted = start(doors, replaces="planted-by-somebody")
    assert len({first, second, planted, "planted-by-somebody"}) == 4
    assert refused(doors, first) == sessions.ENDED
    assert refused(doors, "planted-by-somebody") == sessions.ENDED


def test_a_session_ends_after_a_time_without_use(doors: Sessions, odoo: Odoo) -> None:
    token = start(doors)
    odoo.now_s += 1799
    doors.find(token, browser=FIREFOX)
    odoo.now_s += 1799
    doors.find(token, browser=FIREFOX, active=False)
    odoo.now_s += 1
    assert refused(doors, token) == sessions.IDLE


def test_a_session_ends_however_busy_it_is(doors: Sessions, odoo: Odoo) -> None:
    token = start(doors)
    for _ in range(24):
        odoo.now_s += 1499
        doors.find(token, browser=FIREFOX)
    odoo.now_s += 24
    assert refused(doors, token) == sessions.EXPIRED


def test_another_group_counts_within_five_minutes(doors: Sessions, odoo: Odoo) -> None:
    token = start(doors)
    moved = replace(TARIRO, roles=frozenset({"support"}))
    odoo.answer = moved
    odoo.now_s += 239
    assert doors.find(token, browser=FIREFOX).person == TARIRO
    assert odoo.asked == 0
    odoo.now_s += 1
    assert doors.find(token, browser=FIREFOX).person == moved
    assert doors.find(token, browser=FIREFOX).person == moved
    assert odoo.asked == 1


def test_before_a_write_rights_are_read_at_once(doors: Sessions, odoo: Odoo) -> None:
    token = start(doors)
    odoo.answer = OdooAuthError("Refused.")
    with pytest.raises(SessionEndedError, match="no longer accepts"):
        doors.refresh(token, browser=FIREFOX)
    assert refused(doors, token) == sessions.REVOKED


@pytest.mark.parametrize("error", [OdooAuthError("Refused."), OdooAccessError("Denied.")])
def test_a_revoked_key_or_a_closed_account_ends_the_session(doors: Sessions, odoo: Odoo, error: Exception) -> None:
    token = start(doors)
    odoo.answer = error
    odoo.now_s += 240
    assert refused(doors, token) == sessions.REVOKED
    assert refused(doors, token) == sessions.REVOKED
    assert len(doors) == 0


def test_an_odoo_that_is_down_signs_nobody_out_but_lets_nobody_write(doors: Sessions, odoo: Odoo) -> None:
    token = start(doors)
    odoo.answer = OdooUnreachableError("Down.")
    odoo.now_s += 240
    assert doors.find(token, browser=FIREFOX).person == TARIRO
    with pytest.raises(OdooUnreachableError):
        doors.refresh(token, browser=FIREFOX)


def test_neither_id_nor_credential_is_kept_longer_than_the_session(doors: Sessions, odoo: Odoo) -> None:
    token = start(doors)
    session = doors.find(token, browser=FIREFOX)
    assert token not in repr(vars(doors))
    assert "key" not in repr(session.secret)
    odoo.now_s += 1800
    start(doors)
    assert session.secret is None
    assert len(doors) == 1


def test_open_are_those_that_have_neither_idled_out_nor_reached_their_longest_time(doors: Sessions, odoo: Odoo) -> None:
    used, _unused = start(doors), start(doors)
    assert doors.open_now() == 2
    odoo.now_s += 1000
    doors.find(used, browser=FIREFOX)
    odoo.now_s += 1000
    assert doors.open_now() == 1
    for _ in range(40):
        odoo.now_s += 900
        if doors.alive(used, browser=FIREFOX):
            doors.find(used, browser=FIREFOX)
    assert doors.open_now() == 0
