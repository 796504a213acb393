"""Who is signed in: sessions kept in this process's memory, found by an opaque id that only the browser holds.

Only the hash of an id is kept, so that nobody who reads the memory's keys can use one. Credentials live here and
nowhere else: after a restart people sign in again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pydantic import SecretStr

from odoo_client.errors import AfinetError, OdooAccessError, OdooAuthError, SessionEndedError, SignInError
from odoo_client.people.access import Person
from odoo_client.rpc.client import OdooClient

#: Rights are read again after this many seconds: a person moved to other groups is noticed within five minutes.
RECHECK_S: Final = 240.0
TOKEN_BYTES: Final = 32

ENDED: Final = "You are signed out. Sign in again."
IDLE: Final = "You were signed out after a time without use. Sign in again."
EXPIRED: Final = "Your session has reached its longest time. Sign in again."
REVOKED: Final = "Odoo no longer accepts your account or its key. Sign in again, or ask an administrator."
OTHER_BROWSER: Final = "This session belongs to another browser. Sign in here."


@dataclass
class Session:
    """One person's session. `secret` is their Odoo password or key (None: signed in elsewhere)."""

    person: Person
    secret: SecretStr | None
    browser: str
    address: str
    started_s: float
    used_s: float
    checked_s: float
    #: Their own connection to Odoo, made on first use.
    client: OdooClient | None = field(default=None, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


class Sessions:
    """All sessions of this process; safe to use from many threads.

    `recheck` returns the person as Odoo knows them now, or raises: SignInError, OdooAuthError or OdooAccessError end
    the session, any other error (Odoo is down) leaves it as it is until the next look.
    """

    def __init__(
        self,
        *,
        idle_s: float,
        absolute_s: float,
        recheck: Callable[[Session], Person],
        recheck_s: float = RECHECK_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._idle_s = idle_s
        self._absolute_s = absolute_s
        self._recheck = recheck
        self._recheck_s = recheck_s
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._why: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._sessions)

    def open_now(self) -> int:
        """Return how many are neither too long without use nor past their longest time."""
        now = self._clock()
        with self._lock:
            return sum(not self._over(one, now) for one in self._sessions.values())

    def start(self, person: Person, secret: SecretStr | None, *, browser: str, address: str, replaces: str = "") -> str:
        """Return the id of a new session, always one never used before; the session of `replaces` ends."""
        now = self._clock()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._lock:
            self._sweep(now)
            if replaces:
                self._end(hashed(replaces), ENDED, now)
            self._sessions[hashed(token)] = Session(person, secret, hashed(browser), address, now, now, now)
        return token

    def find(self, token: str, *, browser: str, active: bool = True) -> Session:
        """Return the session of `token`, its person as Odoo knew them at most `recheck_s` ago.

        `active` false (a page that refreshes itself, a download) does not count as use. Raises SessionEndedError whose
        sentence says why there is none.
        """
        key, now = hashed(token), self._clock()
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                raise SessionEndedError(self._why.get(key, (ENDED, 0.0))[0])
            if over := self._over(session, now):
                self._end(key, over, now)
                raise SessionEndedError(over)
            if not hmac.compare_digest(session.browser, hashed(browser)):
                # Its owner keeps it: otherwise whoever guessed it could sign others out.
                raise SessionEndedError(OTHER_BROWSER)
            if active:
                session.used_s = now
        self._look_again(key, session)
        return session

    def refresh(self, token: str, *, browser: str) -> Session:
        """Do as `find` does, with the rights read from Odoo now: for the moment before a write.

        Raises the error of Odoo when it cannot be asked.
        """
        session = self.find(token, browser=browser)
        self._look_again(hashed(token), session, at_once=True)
        return session

    def of_login(self, login: str) -> Session:
        """Return the newest session of a login with its rights read from Odoo now: writes go out in that person's name.

        Does not count as use. Raises SessionEndedError when they have none, the error of Odoo when it cannot be asked.
        """
        now = self._clock()
        with self._lock:
            self._sweep(now)
            # Letter for letter: in Odoo "ann" and "Ann" may be two people.
            mine = [one for one in self._sessions.items() if one[1].person.login == login]
        if not mine:
            raise SessionEndedError(ENDED)
        key, session = max(mine, key=lambda one: one[1].started_s)
        self._look_again(key, session, at_once=True)
        with self._lock:
            if self._sessions.get(key) is not session:
                raise SessionEndedError(ENDED)  # The person signed out while Odoo was asked.
        return session

    def alive(self, token: str, *, browser: str) -> bool:
        """Return whether `token` has a session in this browser, without asking Odoo and without counting as use."""
        return self.person(token, browser=browser) is not None

    def person(self, token: str, *, browser: str) -> Person | None:
        """Return whose session `token` is in this browser, None for none; asks no Odoo and does not count as use."""
        now = self._clock()
        with self._lock:
            session = self._sessions.get(hashed(token))
            alive = (
                session is not None
                and not self._over(session, now)
                and hmac.compare_digest(session.browser, hashed(browser))
            )
            return session.person if session is not None and alive else None

    def ended(self, token: str) -> bool:
        """Return whether `token` had a session that is over, so that its holder can be told why."""
        with self._lock:
            return hashed(token) in self._why

    def adopt(self, token: str, person: Person, *, browser: str, address: str, age_s: float = 0.0) -> None:
        """Begin a session for a token that somebody else issued (single sign-on) `age_s` seconds ago.

        Raises SessionEndedError when it has ended here or is past its longest time: a token never lives twice.
        """
        key, now = hashed(token), self._clock()
        with self._lock:
            self._sweep(now)
            if key in self._why:
                raise SessionEndedError(self._why[key][0])
            if age_s >= self._absolute_s:
                raise SessionEndedError(EXPIRED)
            if key not in self._sessions:
                self._sessions[key] = Session(person, None, hashed(browser), address, now - age_s, now, now)

    def end(self, token: str) -> Person | None:
        """End the session of `token` in every tab; return whose it was, None when there was none."""
        with self._lock:
            return self._end(hashed(token), ENDED, self._clock())

    def forget(self, token: str) -> None:
        """Undo the start of a session, as if it had never begun."""
        with self._lock:
            self._sessions.pop(hashed(token), None)

    def _look_again(self, key: str, session: Session, *, at_once: bool = False) -> None:
        with session.lock:
            if not at_once and self._clock() - session.checked_s < self._recheck_s:
                return
            try:
                session.person = self._recheck(session)
            except (OdooAuthError, OdooAccessError, SignInError) as exc:
                with self._lock:
                    self._end(key, REVOKED, self._clock())
                raise SessionEndedError(REVOKED) from exc
            except AfinetError:
                if at_once:
                    raise
            session.checked_s = self._clock()

    def _end(self, key: str, why: str, now: float) -> Person | None:
        session = self._sessions.pop(key, None)
        if session is None:
            return None
        session.secret = session.client = None
        self._why[key] = (why, now)
        return session.person

    def _over(self, session: Session, now: float) -> str:
        """Return why a session is over: past its longest time, or too long without use; "" while it lasts."""
        if now - session.started_s >= self._absolute_s:
            return EXPIRED
        return IDLE if now - session.used_s >= self._idle_s else ""

    def _sweep(self, now: float) -> None:
        """Drop what nobody will ask for again, so that forgotten sessions do not keep credentials in memory."""
        for key, session in list(self._sessions.items()):
            if over := self._over(session, now):
                self._end(key, over, now)
        self._why = {key: one for key, one in self._why.items() if now - one[1] < self._absolute_s}


def hashed(text: str) -> str:
    """Return what is stored of a token or a browser: memory holds neither itself."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
