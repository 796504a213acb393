"""Odoo's verdict on somebody's login and password, told apart from Odoo being unable to give one.

Odoo counts failed sign-ins by the address they come from, and everybody here comes from the dashboard's: after ten
without a success between them (`base.login_cooldown_after`; five where that is not set) it answers "no" to everybody
for a minute, right password or not. And it fails on some input, with one error for a login that exists and another for
one that does not. Both are told by asking it for the service account, whose password is right: a success, which ends
Odoo's count where no pause has begun.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.errors import (
    OdooAuthError,
    OdooConflictError,
    OdooError,
    SignInError,
    SignInPausedError,
    UnknownDatabaseError,
)
from odoo_client.people import staff
from odoo_client.people.access import Person
from odoo_client.rpc import hurried
from odoo_client.rpc.transport import JsonRpc

log = logging.getLogger(__name__)

#: After how many failures Odoo pauses at the earliest, unless it is set to fewer, and for how long.
ODOO_FAILURES: Final = 5
ODOO_PAUSE_S: Final = 60.0
PAUSED: Final = "Odoo takes no sign-ins for a minute, after too many that failed. Wait a minute, then try again."


class Credentials:
    """Asks the Odoo of `settings`; safe to use from many threads."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._refused: deque[float] = deque(maxlen=ODOO_FAILURES)
        self._lock = threading.Lock()

    def person(self, login: str, secret: SecretStr) -> Person:
        """Return the person these credentials belong to.

        Raises SignInError, with one sentence for every refusal and for whatever input Odoo fails on;
        SignInPausedError when Odoo takes nobody at the moment; any other OdooError when it cannot be asked.
        """
        if not (is_passable(login) and is_passable(secret.get_secret_value())):
            raise SignInError(staff.REFUSED)
        maybe_paused = self._maybe_paused()
        try:
            person = staff.sign_in(self._settings, login, secret)
        except SignInError as exc:
            if maybe_paused and isinstance(exc.__cause__, OdooAuthError) and not self._takes_us():
                raise SignInPausedError(PAUSED) from exc
            self._refused.append(self._clock())
            raise
        except OdooError as exc:
            if not _is_about_input(exc):
                raise
            if not self._takes_us():
                raise  # Odoo fails for everybody.
            log.error("Odoo failed on what somebody signed in with: %s", exc)
            raise SignInError(staff.REFUSED) from exc
        self._refused.clear()
        return person

    def _maybe_paused(self) -> bool:
        refused = list(self._refused)
        return len(refused) == ODOO_FAILURES and self._clock() - refused[-1] < ODOO_PAUSE_S

    def _takes_us(self) -> bool:
        """Return whether Odoo signs the service account in. Raises OdooError when it cannot say."""
        core = hurried.core_of(self._settings)
        try:
            JsonRpc(core).authenticate()
        except OdooAuthError:
            return False
        finally:
            core.close()
        return True


def is_passable(text: str) -> bool:
    """Return whether Odoo and its database can take a text at all: neither accepts NUL or half a character."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _is_about_input(exc: OdooError) -> bool:
    """Return whether Odoo itself failed while it looked at login and password."""
    outage = isinstance(exc, OdooConflictError | UnknownDatabaseError)
    return exc.method == "authenticate" and bool(exc.remote_name) and not outage
