"""What a real Odoo makes of what people type, and of too many wrong passwords from one address."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.endpoints.authentication import Doors
from odoo_client.errors import SignInError, SignInPausedError, TooManyAttemptsError
from odoo_client.people import staff
from odoo_client.people.audit import AuditLog
from odoo_client.people.credentials import ODOO_FAILURES
from odoo_client.people.sessions import RECHECK_S
from tests.real_odoo import staff as people
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo
BROWSER, OFFICE = "A browser/1.0", "192.0.2.7"
COLLEAGUE = people.FINANCE
#: What databases, formats and hashes stumble over.
ODD = (
    "\0",
    "a\0b",
    "\x01\x1f\x7f",
    "\ufffe\uffff",
    "%s %(x)s {0}",
    "\\' or 1=1 --",
    "\u202e\u0661",
    "😀" * 1024,
    "\ud800",
)


class Clock:
    """The real one, and what a test adds."""

    added_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.added_s


@pytest.fixture(scope="module", params=["odoo19", "odoo14"])
def copy(request: pytest.FixtureRequest) -> Iterator[RealOdoo]:
    server: RealOdoo = request.getfixturevalue(request.param)
    with server.copy() as copy:
        people.hire_one(copy, COLLEAGUE)
        yield copy


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def doors(copy: RealOdoo, clock: Clock, tmp_path: Path) -> Doors:
    settings = Settings(
        odoo_url=copy.url,
        odoo_database=copy.database,
        odoo_username=copy.username,
        odoo_password=copy.password,
        data_dir=tmp_path,
    )
    return Doors(settings, AuditLog(tmp_path / "audit.sqlite3"), clock=clock)


def enter(doors: Doors, login: str, secret: str, address: str = OFFICE) -> str:
    return doors.sign_in(login, SecretStr(secret), browser=BROWSER, address=address)


def refuse(server: RealOdoo) -> None:
    params = {"service": "common", "method": "authenticate", "args": [server.database, "guess", "wrong", {}]}
    asked = {"jsonrpc": "2.0", "method": "call", "params": params}
    assert requests.post(f"{server.url}/jsonrpc", json=asked, timeout=30).json()["result"] is False


def test_input_that_odoo_fails_on_is_refused_as_any_other_whoever_has_an_account(doors: Doors) -> None:
    for number, odd in enumerate(ODD):
        for login, secret in ((COLLEAGUE.login, odd), ("nobody@staff.example", odd), (odd, "x")):
            with pytest.raises(SignInError) as refused:
                enter(doors, login, secret, address=f"198.51.100.{number}")
            assert refused.value.sentence == staff.REFUSED
            enter(doors, COLLEAGUE.login, COLLEAGUE.password)  # frees Odoo's own count


def test_it_is_counted(doors: Doors) -> None:
    for _ in range(5):
        with pytest.raises(SignInError):
            enter(doors, COLLEAGUE.login, "a\0b")
    with pytest.raises(TooManyAttemptsError):
        enter(doors, COLLEAGUE.login, COLLEAGUE.password)


# The last one of its Odoo: for a minute that takes no password then.
@pytest.mark.parametrize("copy", ["odoo14"], indirect=True)
def test_odoo_s_own_pause_is_told_from_a_wrong_password_and_signs_nobody_out(
    copy: RealOdoo, doors: Doors, clock: Clock
) -> None:
    token = enter(doors, COLLEAGUE.login, COLLEAGUE.password)
    clock.added_s = RECHECK_S + 1
    for number in range(ODOO_FAILURES):
        with pytest.raises(SignInError):
            enter(doors, f"guess{number}@staff.example", "wrong", address=f"198.51.100.{number}")
    # Another program of the same machine goes on where this one asks for its own account and ends the count.
    [(after,)] = copy.sql("select value from ir_config_parameter where key = 'base.login_cooldown_after'")
    for _ in range(int(after)):
        refuse(copy)
    with pytest.raises(SignInPausedError):
        enter(doors, COLLEAGUE.login, COLLEAGUE.password)
    assert doors.sessions.find(token, browser=BROWSER).person.login == COLLEAGUE.login
