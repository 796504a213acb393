"""Five failures in fifteen minutes, by login and by address, then a wait."""

from __future__ import annotations

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
