"""Who is looking at this page and what they may do: the one place where pages ask, before any figure is read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from odoo_client.config import Settings
from odoo_client.errors import ForbiddenError, NotOdooError, OdooTimeoutError, OdooUnreachableError, SessionEndedError
from odoo_client.people.access import Access, everything
from odoo_client.people.audit import Event
from odoo_client.people.sessions import ENDED, Session
from odoo_client.roles import Action
from odoo_client.store.snapshot import Snapshot
from pages.ui.session import backend, demo_roles

Made = TypeVar("Made")

CHANGED = "Your rights have changed since this page was drawn: reload it."
OTHER_PERSON = "Somebody else has signed in in this browser since this page was drawn: reload it."
#: Kept for each tab: whose page it shows, and what that person could see when it was drawn.
DRAWN_FOR, DRAWN_SCOPE = "drawn_for", "drawn_scope"


@dataclass(frozen=True)
class Visit:
    """One visit of one person: who they are and how they are found again (`token` "": there is no sign-in here)."""

    access: Access
    token: str = ""
    browser: str = ""
    address: str = ""

    def again(self) -> Visit:
        """Return the same visit with the rights of this moment, for what runs after the page was drawn.

        Raises SessionEndedError, and ForbiddenError when the person sees other records than then.
        """
        if not self.token:
            return self
        doors = backend.backend().doors
        if doors is None:
            raise SessionEndedError(ENDED)
        session = doors.sessions.find(self.token, browser=self.browser, active=False)
        found = Visit(doors.access(session), self.token, self.browser, session.address)
        if found.access.scope_key != self.access.scope_key:
            raise ForbiddenError(CHANGED)
        return found

    def note(self, event: Event, subject: str = "", rows: int | None = None, *, refused: bool = False) -> None:
        """Write an event into the audit trail. Raises AuditError, and then the event must not happen."""
        backend.backend().audit.add(
            event,
            login=self.access.person.login or "(no sign-in)",
            address=self.address,
            subject=subject,
            rows=rows,
            outcome="refused" if refused else "done",
        )


def visit(*, active: bool = False) -> Visit:
    """Return who is looking, `active` for a visit they made themselves. Raises AccessError when nobody is signed in."""
    running = backend.backend()
    if running.doors is None:
        if running.demo:
            role = st.session_state.get("demo_role", demo_roles.EVERYTHING)
            return Visit(demo_roles.access_of(role, running.settings, company_ids_of(running.snapshot())))
        return Visit(everything(company_ids_of(running.snapshot())))
    token, browser, address = caller()
    found = session(active=active)
    return Visit(running.doors.access(found), token, browser, address)


def current() -> Access:
    """Return what the person looking may see and do. Raises AccessError when nobody is signed in."""
    return visit().access


def may(action: Action) -> bool:
    """Return whether the person looking may do this."""
    return current().may(action)


def why_not(action: Action) -> str:
    """Return the sentence that says why the person looking may not do this, "" when they may."""
    return current().why_not(action)


def required(action: Action, event: Event, subject: str, rows: int | None = None) -> None:
    """Write down that the person does this now; raises ForbiddenError, also written down, when they may not."""
    _required(visit(), action, event, subject, rows)


def required_now(action: Action, event: Event, subject: str) -> None:
    """Do as `required` does, with the rights read from Odoo at this moment: this comes before every write.

    Raises AccessError, also when they now see other records than were shown. When Odoo cannot be asked, its error is
    raised only where it says that they have no access.
    """
    found = visit()
    doors = backend.backend().doors
    if doors is not None:
        drawn = st.session_state.get(DRAWN_SCOPE, found.access.scope_key)
        try:
            session = doors.sessions.refresh(found.token, browser=found.browser)
        except (OdooUnreachableError, OdooTimeoutError, NotOdooError):
            # Odoo is down: what is entered waits in the outbox, and rights are read again before it is sent.
            session = doors.sessions.find(found.token, browser=found.browser)
        found = Visit(doors.access(session), found.token, found.browser, session.address)
        if found.access.may(action) and found.access.scope_key != drawn:
            found.note("refused", f"{action}: {subject}", refused=True)
            raise ForbiddenError(CHANGED)
    _required(found, action, event, subject, None)


def checked(
    action: Action, event: Event, subject: str, build: Callable[[], Made], rows: int | None = None
) -> Callable[[], Made]:
    """Return `build` guarded by the right to `action`, checked again when it runs: on click, later than the page."""
    drawn = visit()

    def run() -> Made:
        _required(drawn.again(), action, event, subject, rows)
        return build()

    return run


def client(settings: Settings) -> backend.Connection:
    """Return the connection for reads on demand: the person's own, so that Odoo decides. Raises AfinetError."""
    running = backend.backend()
    if running.doors is None:
        return backend.service_client(settings)
    return running.doors.client(session())


def caller() -> tuple[str, str, str]:
    """Return the token, the browser and the address of the person looking, as their websocket brought them."""
    doors = backend.backend().doors
    token = doors.token(st.context.cookies.to_dict()) if doors is not None else ""
    return token, st.context.headers.get("User-Agent") or "", st.context.ip_address or ""


def session(*, active: bool = False) -> Session:
    """Return the session of the person looking.

    Raises AccessError when nobody is signed in, or somebody other than the person this page was drawn for.
    """
    doors = backend.backend().doors
    if doors is None:
        raise SessionEndedError(ENDED)
    token, browser, _address = caller()
    found = doors.sessions.find(token, browser=browser, active=active)
    # A fragment of a page runs on its own, and what a click calls runs before the guard.
    if st.session_state.get(DRAWN_FOR, found.person.login) != found.person.login:
        raise SessionEndedError(OTHER_PERSON)
    return found


def _required(found: Visit, action: Action, event: Event, subject: str, rows: int | None) -> None:
    try:
        found.access.require(action)
    except ForbiddenError:
        found.note("refused", f"{action}: {subject}", refused=True)
        raise
    found.note(event, subject, rows)


def company_ids_of(snapshot: Snapshot | None) -> Collection[int]:
    """Return the companies of a snapshot, none before there is one."""
    return [] if snapshot is None else [int(one) for one in snapshot.frame("companies")["company_id"]]
