"""Five failures in fifteen minutes of one login at one address, then a wait; nobody makes anybody else wait."""

from __future__ import annotations

from contextlib import nullcontext, suppress

import pytest

from odoo_client.config import FAILURES_BY_ADDRESS
from odoo_client.errors import TooManyAttemptsError
from odoo_client.people import throttle
from odoo_client.people.throttle import UNDER_WAY, Throttle

OFFICE = "192.0.2.7"
ELSEWHERE = "198.51.100.1"


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def fail(doors: Throttle, login: str, address: str, times: int = 1, known: str = "") -> None:
    for _ in range(times):
        doors.claim(login, address, known).failed()


def test_the_sixth_attempt_at_a_login_from_one_address_waits() -> None:
    clock = Clock()
    doors = Throttle(clock=clock)
    for _ in range(5):
        fail(doors, "tariro", OFFICE)
        clock.now_s += 60
    with pytest.raises(TooManyAttemptsError, match="Try again in 10 minutes") as refused:
        doors.claim(" TARIRO ", OFFICE)
    assert refused.value.wait_s == 600
    clock.now_s += 600
    doors.claim("tariro", OFFICE)


def test_whoever_guesses_at_a_login_elsewhere_keeps_its_person_out_nowhere() -> None:
    doors = Throttle(clock=Clock())
    for number in range(500):
        with suppress(TooManyAttemptsError):
            doors.claim("tariro", f"10.0.{number % 100}.{number // 100}").failed()
    doors.claim("tariro", OFFICE)


def test_five_typing_errors_of_one_person_do_not_bar_the_office() -> None:
    doors = Throttle(clock=Clock())
    fail(doors, "tariro", OFFICE, times=5)
    doors.claim("rudo", OFFICE)


def test_an_address_waits_beyond_what_an_office_makes_whatever_the_logins() -> None:
    doors = Throttle(by_address=12, clock=Clock())
    for number in range(12):
        fail(doors, f"person{number}", OFFICE)
    with pytest.raises(TooManyAttemptsError, match="minutes"):
        doors.claim("somebody", OFFICE)
    doors.claim("somebody", ELSEWHERE)


def test_by_itself_an_office_of_thirty_types_wrongly_once_or_twice() -> None:
    doors = Throttle(clock=Clock())
    for number in range(30):
        fail(doors, f"person{number}", OFFICE, times=1 + number % 2)
    doors.claim("person31", OFFICE)
    assert FAILURES_BY_ADDRESS > 45


def test_a_known_browser_is_kept_out_by_nobody_at_its_address_nor_elsewhere() -> None:
    doors = Throttle(by_address=10, clock=Clock())
    fail(doors, "tariro", OFFICE, times=5)
    for number in range(5):
        fail(doors, f"person{number}", OFFICE)
    for login in ("tariro", "rudo"):
        with pytest.raises(TooManyAttemptsError):
            doors.claim(login, OFFICE)
    doors.claim("tariro", OFFICE, known="b1").succeeded()
    with pytest.raises(TooManyAttemptsError):
        doors.claim("tariro", OFFICE)  # It frees itself, and nobody who guesses.


def test_a_known_browser_has_five_tries_too_and_they_count_for_nobody_else() -> None:
    doors = Throttle(by_address=5, clock=Clock())
    fail(doors, "tariro", OFFICE, times=5, known="b1")
    with pytest.raises(TooManyAttemptsError):
        doors.claim("tariro", OFFICE, known="b1")
    doors.claim("tariro", ELSEWHERE, known="b2")
    doors.claim("tariro", OFFICE)


def test_a_good_sign_in_frees_the_login_at_its_address_but_not_the_address() -> None:
    doors = Throttle(by_address=6, clock=Clock())
    fail(doors, "tariro", OFFICE, times=4)
    doors.claim("tariro", OFFICE).succeeded()
    fail(doors, "tariro", OFFICE, times=2)
    with pytest.raises(TooManyAttemptsError):
        doors.claim("rudo", OFFICE)


def test_an_attempt_that_odoo_never_answered_counts_for_nothing() -> None:
    doors = Throttle(clock=Clock())
    for _ in range(60):
        doors.claim("tariro", OFFICE).withdrawn()
    doors.claim("tariro", OFFICE)


def test_a_failure_can_count_for_less() -> None:
    clock = Clock()
    doors = Throttle(clock=clock)
    fail(doors, "tariro", OFFICE, times=2)
    for _ in range(3):
        doors.claim("tariro", OFFICE).failed(for_s=60)
    with pytest.raises(TooManyAttemptsError, match="1 minute"):
        doors.claim("tariro", OFFICE)
    clock.now_s += 61
    fail(doors, "tariro", OFFICE, times=3)
    with pytest.raises(TooManyAttemptsError, match="14 minutes"):
        doors.claim("tariro", OFFICE)


# -- what is under way --


def test_colleagues_who_sign_in_at_the_same_moment_are_no_failures() -> None:
    doors = Throttle(clock=Clock())
    running = [doors.claim(f"person{number}", OFFICE) for number in range(20)]
    for attempt in running:
        attempt.succeeded()
    assert doors._seen == {}
    assert not doors._running


def test_many_at_once_do_not_slip_through() -> None:
    doors = Throttle(clock=Clock())
    fail(doors, "tariro", OFFICE, times=2)
    running = [doors.claim("tariro", OFFICE) for _ in range(3)]
    with pytest.raises(TooManyAttemptsError) as refused:
        doors.claim("tariro", OFFICE)
    assert refused.value.sentence == UNDER_WAY
    assert refused.value.wait_s < 10
    running.pop().withdrawn()
    running.append(doors.claim("tariro", OFFICE))
    for attempt in running:
        attempt.failed()
    with pytest.raises(TooManyAttemptsError, match="minutes"):
        doors.claim("tariro", OFFICE)


def test_many_at_once_of_many_logins_do_not_slip_through_either() -> None:
    doors = Throttle(by_address=10, clock=Clock())
    for number in range(10):
        doors.claim(f"person{number}", OFFICE)
    with pytest.raises(TooManyAttemptsError, match="under way"):
        doors.claim("somebody", OFFICE)


# -- floods --


def test_a_million_names_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_NAMES", 100)
    doors = Throttle(clock=Clock())
    for number in range(5000):
        fail(doors, f"login{number}", f"address{number}")
    assert len(doors._seen) <= 100
    assert not doors._running


@pytest.mark.parametrize("networks", [True, False], ids=["of many networks", "of one"])
def test_a_flood_of_other_names_frees_nobody_who_has_to_wait(monkeypatch: pytest.MonkeyPatch, networks: bool) -> None:
    monkeypatch.setattr(throttle, "MAX_NAMES", 100)
    doors = Throttle(by_address=5, clock=Clock())
    fail(doors, "boss", "192.0.2.9", times=5)
    for number in range(1000):
        with suppress(TooManyAttemptsError):
            fail(doors, f"login{number}", f"2001:db8:{number if networks else 0:x}::{number:x}")
    for login in ("boss", "somebody"):
        with pytest.raises(TooManyAttemptsError):
            doors.claim(login, "192.0.2.9")
    assert len(doors._seen) <= 100


def test_where_everybody_has_to_wait_new_names_share_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_NAMES", 20)
    monkeypatch.setattr(throttle, "SHARED_NAMES", 3)
    clock = Clock()
    doors = Throttle(by_address=5, clock=clock)
    for number in range(10):
        fail(doors, f"login{number}", f"192.0.2.{number}", times=5)
    refused = 0
    for number in range(1000):
        try:
            fail(doors, f"new{number}", f"198.51.{number % 100}.{number // 100}")
        except TooManyAttemptsError:
            refused += 1
    assert refused > 900
    assert len(doors._seen) <= 20 + 2 * 3
    for number in range(10):
        with pytest.raises(TooManyAttemptsError):
            doors.claim(f"login{number}", f"192.0.2.{number}")
    clock.now_s += 15 * 60 + 1
    doors.claim("new", "203.0.113.1")


def test_a_success_frees_nobody_who_shares_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_NAMES", 2)
    monkeypatch.setattr(throttle, "SHARED_NAMES", 1)
    doors = Throttle(by_address=5, clock=Clock())
    fail(doors, "boss", "192.0.2.9", times=5)
    fail(doors, "rudo", "192.0.2.2", times=4)
    doors.claim("tariro", "192.0.2.1").succeeded()
    fail(doors, "rudo", "192.0.2.2")
    with pytest.raises(TooManyAttemptsError):
        doors.claim("rudo", "192.0.2.2")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "unix socket", False),
    ],
)
def test_an_ipv6_network_of_one_customer_is_one_address(one: str, other: str, same: bool) -> None:
    doors = Throttle(by_address=5, clock=Clock())
    fail(doors, "tariro", one, times=5)
    for login in ("tariro", "rudo"):
        with pytest.raises(TooManyAttemptsError) if same else nullcontext():
            doors.claim(login, other)
