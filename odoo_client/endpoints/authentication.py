"""Doors: who may sign in, kept in one object for the routes, the guard before them, and the pages.

Passwords and keys pass through to Odoo and stay in the session's memory; nothing here writes one down.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from pydantic import SecretStr

from odoo_client.actions.outbox.entry import ACTION_OF, Author, Kind
from odoo_client.config import Settings
from odoo_client.errors import (
    AuditError,
    ForbiddenError,
    NeedsSignInError,
    OdooAccessError,
    OdooAuthError,
    SessionEndedError,
    SignInError,
    SignInPausedError,
    TooManyAttemptsError,
)
from odoo_client.people import staff
from odoo_client.people.access import Access, Person
from odoo_client.people.audit import AuditLog
from odoo_client.people.credentials import ODOO_PAUSE_S, Credentials, is_passable
from odoo_client.people.known_browsers import KnownBrowsers
from odoo_client.people.sessions import ENDED, Session, Sessions
from odoo_client.people.throttle import Throttle, network
from odoo_client.rpc import hurried
from odoo_client.rpc.client import OdooClient

COOKIE: Final = "afinet_session"
MAX_LOGIN: Final = 128
MAX_SECRET: Final = 1024
#: What the trail records for a login that belongs to nobody.
UNKNOWN_LOGIN: Final = "(unknown login)"
#: Of those turned away without a session the trail gets one entry per address and this many in all, in this time.
STRANGERS_S: Final = 3600.0
MAX_STRANGERS: Final = 20

NOT_VERIFIED: Final = "The sign-on service did not confirm your e-mail address. Ask whoever runs it to verify it."


class Doors:
    """Sign-in, sessions and rights of one process; safe to use from many threads.

    `claims_of` returns what a browser's cookies prove of a single sign-on, nothing where they prove none.
    """

    def __init__(
        self,
        settings: Settings,
        audit: AuditLog,
        *,
        claims_of: Callable[[Mapping[str, str]], Mapping[str, object]] = lambda cookies: {},
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.audit = audit
        self._claims_of = claims_of
        self._clock = clock
        self._strangers: dict[str, float] = {}
        self._strangers_lock = threading.Lock()
        self.throttle = Throttle(settings.sign_in_failures_by_address, clock=clock)
        self.known_browsers = KnownBrowsers(settings.data_dir / "browsers.key")
        self._credentials = Credentials(settings, clock=clock)
        self.sessions = Sessions(
            idle_s=settings.session_idle_s,
            absolute_s=settings.session_absolute_s,
            recheck=self._as_odoo_knows,
            clock=clock,
        )
        self._service: OdooClient | None = None
        #: Whether Odoo has a user with this login, as far as this app has read.
        self.is_login: Callable[[str], bool] = lambda login: False
        #: Called with the login of whoever has signed in: their entries may have waited for that.
        self.on_sign_in: Callable[[str], None] = lambda login: None

    @property
    def single_sign_on(self) -> bool:
        """Whether people come in by OIDC instead of by their Odoo account."""
        return self.settings.auth == "oidc"

    def token(self, cookies: Mapping[str, str]) -> str:
        """Return the opaque id that a browser's cookies carry, "" when there is none."""
        return sign_on_id(self._claims_of(cookies)) if self.single_sign_on else cookies.get(COOKIE, "")

    def sign_in(
        self, login: str, secret: SecretStr, *, browser: str, address: str, replaces: str = "", known: str = ""
    ) -> str:
        """Return the id of a new session for whoever Odoo accepts with these credentials.

        `known` is the id of a browser in which this login has signed in before. Raises SignInError (one sentence for
        every refusal, each counted), TooManyAttemptsError, or the OdooError of an Odoo that cannot be asked, which
        counts as no attempt.
        """
        login = login.strip()[:MAX_LOGIN]
        attempt = self.throttle.claim(login, address, known)
        try:
            if not login or not 0 < len(secret.get_secret_value()) <= MAX_SECRET:
                raise SignInError(staff.REFUSED)
            person = self._credentials.person(login, secret)
        except SignInError:
            attempt.failed()
            self.audit.add("sign-in", login=self._named(login), address=address, outcome="refused")
            raise
        except SignInPausedError:
            # Perhaps nothing failed, but it must not become a free attempt: it counts for as long as Odoo's own pause.
            attempt.failed(for_s=ODOO_PAUSE_S)
            raise
        except BaseException:
            attempt.withdrawn()
            raise
        attempt.succeeded()
        self.audit.add("sign-in", login=person.login, address=address)
        token = self.sessions.start(person, secret, browser=browser, address=address, replaces=replaces)
        self.on_sign_in(person.login)
        return token

    def refused_again(self, login: str, address: str, error: TooManyAttemptsError) -> None:
        """Note in the trail that somebody was made to wait."""
        login = self._named(login.strip()[:MAX_LOGIN])
        self.audit.add("sign-in", login=login, address=address, subject=str(error), outcome="refused")

    def turned_away(self, address: str, subject: str) -> None:
        """Note in the trail that somebody without a session asked for what only people with one get.

        The first time in an hour for each address: whoever asks a thousand times must not fill the trail.
        """
        now, where = self._clock(), network(address)
        with self._strangers_lock:
            self._strangers = {key: at for key, at in self._strangers.items() if now - at < STRANGERS_S}
            if where in self._strangers or len(self._strangers) >= MAX_STRANGERS:
                return
            self._strangers[where] = now
        try:
            self.audit.add("refused", login="(no sign-in)", address=address, subject=subject, outcome="refused")
        except AuditError:
            with self._strangers_lock:
                self._strangers.pop(where, None)  # It could not be noted, so the next time has to be.
            raise

    def enter(self, token: str, claims: Mapping[str, object], *, browser: str, address: str) -> None:
        """Begin the session of one whom the sign-on service vouches for, unless it has begun.

        `claims` are those of its ID token, `token` is what came of the cookies. Raises SignInError when the e-mail is
        not verified or nobody's in Odoo, SessionEndedError when this sign-on is over, OdooError when Odoo cannot be
        asked.
        """
        # A page connected before somebody else signed on must neither give them its claims nor take theirs.
        if not token or token != sign_on_id(claims):
            raise SessionEndedError(ENDED)
        if self.sessions.alive(token, browser=browser):
            return
        if self.sessions.ended(token):
            self.sessions.find(token, browser=browser)  # says why
        email = str(claims.get("email") or "").strip()[:MAX_LOGIN]
        issued = claims.get("iat")
        if not email or claims.get("email_verified") not in (True, "true") or not isinstance(issued, int | float):
            self.audit.add(
                "sign-in", login=email or UNKNOWN_LOGIN, address=address, subject="not verified", outcome="refused"
            )
            raise SignInError(NOT_VERIFIED)
        try:
            person = staff.person_by_login(self.service(), email)
        except SignInError:
            self.audit.add("sign-in", login=email, address=address, outcome="refused")
            raise
        age_s = max(0.0, time.time() - float(issued))
        self.sessions.adopt(token, person, browser=browser, address=address, age_s=age_s)
        try:
            self.audit.add("sign-in", login=person.login, address=address, subject="single sign-on")
        except AuditError:
            # What is not in the trail has not happened: their next attempt gets a line of its own.
            self.sessions.forget(token)
            raise
        self.on_sign_in(person.login)

    def sign_out(self, token: str, address: str) -> None:
        """End the session in every tab."""
        person = self.sessions.end(token)
        if person is not None:
            self.audit.add("sign-out", login=person.login, address=address)

    def access(self, session: Session) -> Access:
        """Return what the session's person may see and do now."""
        return Access.of(session.person, self.settings.roles)

    def client(self, session: Session) -> OdooClient:
        """Return the person's own connection; with single sign-on the service account's.

        Raises OdooError, SessionEndedError when they are signed out meanwhile.
        """
        if self.single_sign_on:
            return self.service()
        # Read once: somebody who signs out at this moment leaves a session with neither.
        client, secret = session.client, session.secret
        if client is None:
            if secret is None:
                raise SessionEndedError(ENDED)
            client = session.client = staff.connect(self.settings, session.person.login, secret)
        return client

    def author(self, session: Session) -> Author:
        """Return in whose name the session writes: with single sign-on the service account writes on their behalf."""
        person = session.person
        return Author(person.login, person.name or person.login, on_behalf=self.single_sign_on)

    def writer(self, author: Author, kind: Kind) -> OdooClient:
        """Return a fresh connection that writes as `author`, whose rights were read from Odoo just now.

        Raises NeedsSignInError when they are signed out, ForbiddenError when the action is no longer theirs, OdooError
        when Odoo cannot be asked.
        """
        try:
            session = self.sessions.of_login(author.login)
        except SessionEndedError as exc:
            raise NeedsSignInError(_needs(author, "this is sent with their own Odoo account and no other.")) from exc
        # Read once: somebody who signs out at this moment leaves a session without a secret.
        person, secret = session.person, session.secret
        Access.of(person, self.settings.roles).require(ACTION_OF[kind])
        if secret is None:
            if not (self.single_sign_on and author.on_behalf):
                raise NeedsSignInError(_needs(author, "this is sent with their own Odoo account and no other."))
            return self._writer_on_behalf(person)
        try:
            return staff.connect_to_write(self.settings, person.login, secret)
        except (OdooAuthError, OdooAccessError) as exc:
            raise NeedsSignInError(_needs(author, "Odoo refuses the old password or key.", "again")) from exc

    def _writer_on_behalf(self, person: Person) -> OdooClient:
        """Return the service account's connection with the companies of the person only.

        Odoo then refuses it what belongs to others, as it would refuse the person: an entry may have waited while they
        were moved.
        """
        client = OdooClient.connect(self.settings)
        client.company_ids = tuple(one for one in client.company_ids if one in person.company_ids)
        if not client.company_ids:
            client.close()
            raise ForbiddenError(f"{person.name or person.login} has no company left in Odoo that this app reads.")
        return client

    def _named(self, login: str) -> str:
        """Return how a refused login is written down: people type passwords into that box, and the trail is for good.

        So it is named only when it is somebody's: Odoo has it, or somebody has come in with it.
        """
        if not is_passable(login):
            return UNKNOWN_LOGIN
        if self.is_login(login):
            return login
        came = self.audit.read(login=login, event="sign-in")["outcome"] if login else ()
        return login if "done" in set(came) else UNKNOWN_LOGIN

    def service(self) -> OdooClient:
        """Return the service account's connection with a page's short time limits. Raises OdooError."""
        if self._service is None:
            self._service = hurried.connect(self.settings)
        return self._service

    def _as_odoo_knows(self, session: Session) -> Person:
        if session.secret is None:
            return staff.person_by_login(self.service(), session.person.login)
        # A new connection each time: a key that was revoked must not live on in one that is open.
        session.client = None
        return self._credentials.person(session.person.login, session.secret)


def sign_on_id(claims: Mapping[str, object]) -> str:
    """Return the id of one single sign-on, "" for no claims.

    It is made only of what was verified, and of nothing its holder can spell differently: an ended sign-on stays
    the same one, whatever its cookies look like. It is no secret: it is only ever made from verified claims.
    """
    return json.dumps([claims.get(name) for name in ("iss", "sub", "email", "iat")]) if claims else ""


def _needs(author: Author, why: str, again: str = "") -> str:
    return f"Needs {author.name} to sign in{again and f' {again}'}: {why}"
