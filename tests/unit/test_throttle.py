"""Five failures in fifteen minutes, by login and by address, then a wait."""

from __future__ import annotations

from contextlib import nullcontext, suppress

import pytest

from odoo_client import throttle
from odoo_client.errors import TooManyAttemptsError
from odoo_client.throttle import Throttle


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_the_sixth_attempt_at_a_login_waits_from_wherever_it_comes() -> None:
    clock = Clock()
    doors = Throttle(clock=clock)
    for number in range(5):
        doors.claim("tariro", f"10.0.0.{number}")
        clock.now_s += 60
    with pytest.raises(TooManyAttemptsError, match="Try again in 10 minutes") as refused:
        doors.claim(" TARIRO ", "10.0.0.9")
    assert refused.value.wait_s == 600
    clock.now_s += 600
    doors.claim("tariro", "10.0.0.9")


def test_the_sixth_attempt_from_an_address_waits_whatever_the_login() -> None:
    doors = Throttle(clock=Clock())
    for number in range(5):
        doors.claim(f"person{number}", "10.0.0.1")
    with pytest.raises(TooManyAttemptsError):
        doors.claim("somebody", "10.0.0.1")
    doors.claim("somebody", "10.0.0.2")


def test_a_good_sign_in_frees_the_login_but_not_the_address() -> None:
    doors = Throttle(clock=Clock())
    for _ in range(4):
        doors.claim("tariro", "10.0.0.1")
    doors.claim("tariro", "10.0.0.1")
    doors.succeeded("tariro", "10.0.0.1")
    doors.claim("tariro", "10.0.0.1")
    with pytest.raises(TooManyAttemptsError):
        doors.claim("rudo", "10.0.0.1")


def test_an_attempt_that_odoo_never_answered_counts_for_nothing() -> None:
    doors = Throttle(clock=Clock())
    for _ in range(20):
        doors.claim("tariro", "10.0.0.1")
        doors.withdrawn("tariro", "10.0.0.1")
    doors.claim("tariro", "10.0.0.1")


def test_a_million_names_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_NAMES", 100)
    doors = Throttle(clock=Clock())
    for number in range(5000):
        doors.claim(f"login{number}", f"address{number}")
    assert len(doors._seen) <= 100


@pytest.mark.parametrize("networks", [True, False], ids=["of many networks", "of one"])
def test_a_flood_of_other_names_frees_nobody_who_has_to_wait(monkeypatch: pytest.MonkeyPatch, networks: bool) -> None:
    monkeypatch.setattr(throttle, "MAX_NAMES", 100)
    doors = Throttle(clock=Clock())
    for _ in range(5):
        doors.claim("boss", "192.0.2.9")
    for number in range(1000):
        with suppress(TooManyAttemptsError):
            doors.claim(f"login{number}", f"2001:db8:{number if networks else 0:x}::{number:x}")
    for login, address in (("boss", "198.51.100.1"), ("somebody", "192.0.2.9")):
        with pytest.raises(TooManyAttemptsError):
            doors.claim(login, address)
    assert len(doors._seen) <= 100


def test_where_everybody_has_to_wait_new_names_share_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_NAMES", 20)
    monkeypatch.setattr(throttle, "SHARED_NAMES", 3)
    clock = Clock()
    doors = Throttle(clock=clock)
    for number in range(10):
        for _ in range(5):
            doors.claim(f"login{number}", f"192.0.2.{number}")
    refused = 0
    for number in range(1000):
        try:
            doors.claim(f"new{number}", f"198.51.{number % 100}.{number // 100}")
        except TooManyAttemptsError:
            refused += 1
    assert refused > 900
    assert len(doors._seen) <= 20 + 2 * 3
    for number in range(10):
        with pytest.raises(TooManyAttemptsError):
            doors.claim(f"login{number}", "203.0.113.1")
    clock.now_s += 15 * 60 + 1
    doors.claim("new", "203.0.113.1")


def test_a_shared_name_is_given_back_what_did_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_NAMES", 2)
    doors = Throttle(clock=Clock())
    for _ in range(5):
        doors.claim("boss", "192.0.2.9")
    for _ in range(20):
        doors.claim("tariro", "192.0.2.1")
        doors.withdrawn("tariro", "192.0.2.1")
        doors.claim("tariro", "192.0.2.1")
        doors.succeeded("tariro", "192.0.2.1")


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
    doors = Throttle(clock=Clock())
    for number in range(5):
        doors.claim(f"person{number}", one)
    with pytest.raises(TooManyAttemptsError) if same else nullcontext():
        doors.claim("somebody", other)
