"""Who looks at this page and what they may do: the one place where pages ask, before any figure is read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import streamlit as st

from odoo_client.config import Settings
from odoo_client.errors import (
    AccessError,
    AfinetError,
    ForbiddenError,
    NotOdooError,
    OdooTimeoutError,
    OdooUnreachableError,
    SessionEndedError,
    SignInError,
)
from odoo_client.people.access import (
    Access,
    Person,
    everything,
    frames_of,
    roles_of,
    sales_documents,
    ticket_documents,
    writes_of,
)
from odoo_client.people.audit import Event
from odoo_client.people.sessions import ENDED, Session
from odoo_client.roles import Action
from odoo_client.store.snapshot import Snapshot
from pages.ui import formats
from pages.ui.session import backend

Made = TypeVar("Made")

#: The demo's stand-in for sign-in: what a person of these groups would see. The first sees everything.
EVERYTHING = "Administrator"
DEMO_GROUPS: dict[str, tuple[str, ...]] = {
    "Finance": ("account.group_account_invoice", "account.group_account_readonly", "base.group_partner_manager"),
    "Support lead": ("helpdesk_mgmt.group_helpdesk_manager", "base.group_partner_manager"),
    # With the groups that Odoo's own Sales administrator is in by implication.
    "Manager": (
        *("sales_team.group_sale_manager", "sales_team.group_sale_salesman_all_leads"),
        "sales_team.group_sale_salesman",
    ),
    "Sales, own orders": ("sales_team.group_sale_salesman",),
    "Finance, second company": ("account.group_account_readonly",),
}
#: What they read in Odoo besides. A provider's manager also reads accounting and helpdesk: here these groups would add
#: the roles finance and support, and the switch shows each role by itself. So the demo gives the sight alone.
DEMO_READS: dict[str, tuple[str, ...]] = {
    "Manager": ("account.group_account_readonly", "helpdesk_mgmt.group_helpdesk_manager"),
}
#: Who they are among the demo's own orders, and the model that holds its tickets.
DEMO_OWN_USER_ID, DEMO_TICKETS = 7, "helpdesk.ticket"
CHANGED = "Your rights have changed since this page was drawn: reload it."
OTHER_PERSON = "Somebody else has signed in in this browser since this page was drawn: reload it."
#: Kept for each tab: whose page it shows, what they could see when it was drawn, the websocket it came over, and
#: whether it draws itself anew without anybody's doing.
DRAWN_FOR, DRAWN_SCOPE, CONNECTION, BY_ITSELF = "drawn_for", "drawn_scope", "connection", "draws_by_itself"


@dataclass(frozen=True)
class Visit:
    """One look of one person: who they are and how they are found again (`token` "": no sign-in here)."""

    access: Access
    token: str = ""
    browser: str = ""
    address: str = ""

    def again(self) -> Visit:
        """Return the same visit with the rights as they are now, for what runs later than the page was drawn.

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
        """Write an event into the audit trail. Raises AuditError: then it must not happen."""
        backend.backend().audit.add(
            event,
            login=self.access.person.login or "(no sign-in)",
            address=self.address,
            subject=subject,
            rows=rows,
            outcome="refused" if refused else "done",
        )


def visit(*, active: bool = False) -> Visit:
    """Return who looks, `active` for a visit they made themselves. Raises AccessError when nobody is signed in."""
    running = backend.backend()
    if running.doors is None:
        if running.demo:
            return Visit(_demo_access(st.session_state.get("demo_role", EVERYTHING), running.snapshot()))
        return Visit(everything(company_ids_of(running.snapshot())))
    token, browser, address = caller()
    found = session(active=active)
    return Visit(running.doors.access(found), token, browser, address)


def current() -> Access:
    """Return what the person looking may see and do. Raises AccessError when nobody is signed in."""
    return visit().access


def may(action: Action) -> bool:
    """Whether the person looking may do this."""
    return current().may(action)


def why_not(action: Action) -> str:
    """Return the sentence that says why the person looking may not do this, "" when they may."""
    return current().why_not(action)


def required(action: Action, event: Event, subject: str, rows: int | None = None) -> None:
    """Write down that the person does this now; raises ForbiddenError, written down too, when it is not theirs."""
    _required(visit(), action, event, subject, rows)


def required_now(action: Action, event: Event, subject: str) -> None:
    """As :func:`required`, with the person's rights read from Odoo at this moment: what comes before every write.

    Raises AccessError, also when they see other records than those they were shown; or the error of an Odoo that cannot
    be asked only where it says that they have no way in.
    """
    found = visit()
    doors = backend.backend().doors
    if doors is not None:
        drawn = st.session_state.get(DRAWN_SCOPE, found.access.scope_key)
        try:
            session = doors.sessions.refresh(found.token, browser=found.browser)
        except (OdooUnreachableError, OdooTimeoutError, NotOdooError):
            # Odoo is down: what is entered waits in the outbox, and the rights are read again before it is sent.
            session = doors.sessions.find(found.token, browser=found.browser)
        found = Visit(doors.access(session), found.token, found.browser, session.address)
        if found.access.may(action) and found.access.scope_key != drawn:
            found.note("refused", f"{action}: {subject}", refused=True)
            raise ForbiddenError(CHANGED)
    _required(found, action, event, subject, None)


def checked(
    action: Action, event: Event, subject: str, build: Callable[[], Made], rows: int | None = None
) -> Callable[[], Made]:
    """Return `build` behind the right to `action`, looked at again when it runs: on click, after the page was drawn."""
    drawn = visit()

    def run() -> Made:
        _required(drawn.again(), action, event, subject, rows)
        return build()

    return run


def client(settings: Settings) -> backend.Connection:
    """Return the connection to read on demand with: the person's own, so that Odoo decides. Raises AfinetError."""
    running = backend.backend()
    if running.doors is None:
        return backend.service_client(settings)
    return running.doors.client(session())


def guard() -> Visit:
    """Return the visit of whoever opened the page; where nobody is signed in say so and stop."""
    active = _by_hand()
    running = backend.backend()
    if running.doors is not None and running.doors.single_sign_on:
        _by_single_sign_on()
    try:
        _put_away_another_s()
        found = visit(active=active)
    except AccessError as exc:
        signed_out(exc)
    st.session_state[DRAWN_SCOPE] = found.access.scope_key
    if found.access.nothing:
        st.title("AFINET Operations", anchor=False)
        st.warning(
            "Your Odoo account is in none of the groups that open a page here: ask an administrator for one of the "
            "accounting, sales or helpdesk rights in Odoo.",
            icon=":material/lock:",
        )
        _who(found)
        st.stop()
    return found


def looked_at() -> None:
    """Count a look at the wallboard as use for the logins of `WALLBOARD_LOGINS`. Raises AccessError as :func:`session`.

    Everybody else's tab that draws itself ends in time, whatever it shows.
    """
    running = backend.backend()
    if running.doors is not None and session().person.login in running.settings.wallboard_logins:
        session(active=True)


def redraw() -> NoReturn:
    """Draw the whole page anew without anybody's doing: that is no use of it, and a tab left open ends in time."""
    st.session_state[BY_ITSELF] = True
    st.rerun()


def _by_hand() -> bool:
    """Whether somebody's hand brought this run about, and neither the page itself nor a websocket that came back."""
    by_itself = st.session_state.pop(BY_ITSELF, False)
    headers = st.context.headers
    # Each websocket has a key of its own; one that comes back names the Streamlit session it had, as the third part.
    connection = headers.get("Sec-WebSocket-Key") or ""
    came_back = (headers.get("Sec-WebSocket-Protocol") or "").count(",") > 1
    new = st.session_state.get(CONNECTION) != connection
    st.session_state[CONNECTION] = connection
    return not (by_itself or (new and came_back))


def _put_away_another_s() -> None:
    """Begin anew, and stop, in a tab that shows somebody else's page: Streamlit resumes it whoever signs in meanwhile.

    Nothing is drawn beside the button, so that the browser too forgets what was typed or chosen there.
    """
    doors = backend.backend().doors
    if doors is None:
        return
    token, browser, _address = caller()
    person = doors.sessions.find(token, browser=browser, active=False).person
    before = st.session_state.get(DRAWN_FOR, person.login)
    if before != person.login:
        # One by one: `clear` ends at the first key without a value, such as a widget's not drawn in this run.
        for key in list(st.session_state):
            with suppress(KeyError):
                del st.session_state[key]
    st.session_state[DRAWN_FOR] = person.login
    if before != person.login:
        st.title("AFINET Operations", anchor=False)
        st.warning(
            f"{formats.plain(person.name or person.login)} has signed in in this browser. What was open in this tab "
            "has been put away.",
            icon=":material/switch_account:",
        )
        st.button("Continue", key="continue_as", type="primary")
        st.stop()


def open_page(found: Visit, page: str) -> None:
    """Raises ForbiddenError, written down once a visit, when the page is not theirs."""
    try:
        found.access.require_page(page)
    except ForbiddenError:
        seen: set[str] = st.session_state.setdefault("pages_refused", set())
        if page not in seen:
            seen.add(page)
            found.note("refused", f"page: {page}", refused=True)
        raise


def sidebar(found: Visit) -> None:
    """Draw who is signed in and the way out; in the demo the choice of a role, without sign-in the warning."""
    running = backend.backend()
    with st.sidebar:
        if running.demo:
            st.selectbox(
                "See it as",
                [EVERYTHING, *DEMO_GROUPS],
                key="demo_role",
                help="With your own Odoo everybody signs in and sees what their Odoo groups open.",
            )
        elif running.doors is None:
            st.error(
                "Anybody at this machine sees everything that the service account sees (`AUTH=none`).",
                title="No sign-in",
                icon=":material/no_encryption:",
            )
        else:
            _who(found)


def signed_out(error: AfinetError) -> None:
    """Say why nobody is signed in and offer the way back; stops the page."""
    st.title("AFINET Operations", anchor=False)
    st.warning(formats.plain(error.sentence), icon=":material/lock:")
    doors = backend.backend().doors
    if doors is not None and doors.single_sign_on:
        st.button("Sign in", icon=":material/login:", key="sign_in", on_click=st.login, type="primary")
    else:
        st.link_button("Sign in", "/sign-in", icon=":material/login:", type="primary")
    st.stop()


def _who(found: Visit) -> None:
    person = found.access.person
    st.caption(f"**{formats.plain(person.name or person.login)}**  \n{formats.plain(found.access.role_words)}")
    st.button("Sign out", icon=":material/logout:", key="sign_out", on_click=_sign_out, args=(found,), type="tertiary")


def _sign_out(found: Visit) -> None:
    doors = backend.backend().doors
    if doors is not None:
        doors.sign_out(found.token, found.address)
        if doors.single_sign_on:
            st.logout()


def _by_single_sign_on() -> None:
    doors = backend.backend().doors
    if doors is None:
        return
    claims = st.user.to_dict()
    if not claims.get("is_logged_in"):
        signed_out(SessionEndedError("Sign in to see the dashboard."))
    token, browser, address = caller()
    try:
        doors.enter(token, claims, browser=browser, address=address)
    except SignInError as exc:
        st.title("AFINET Operations", anchor=False)
        st.error(formats.plain(exc.sentence), icon=":material/lock:")
        st.button("Sign in as somebody else", key="sign_in_other", on_click=st.logout)
        st.stop()
    except AccessError as exc:
        signed_out(exc)
    except AfinetError as exc:
        st.title("AFINET Operations", anchor=False)
        st.error(formats.plain(exc.sentence), title="Nobody can sign in now", icon=":material/cloud_off:")
        st.stop()


def caller() -> tuple[str, str, str]:
    """Return the token, the browser and the address of whoever looks, as their websocket came with them."""
    doors = backend.backend().doors
    token = doors.token(st.context.cookies.to_dict()) if doors is not None else ""
    return token, st.context.headers.get("User-Agent") or "", st.context.ip_address or ""


def session(*, active: bool = False) -> Session:
    """Return the session of the person looking.

    Raises AccessError when nobody is signed in, or somebody else than this page was drawn for.
    """
    doors = backend.backend().doors
    if doors is None:
        raise SessionEndedError(ENDED)
    token, browser, _address = caller()
    found = doors.sessions.find(token, browser=browser, active=active)
    # A part of a page runs alone, and what a click calls runs before the guard.
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
    """Return the companies of a snapshot, none before the first."""
    return [] if snapshot is None else [int(one) for one in snapshot.frame("companies")["company_id"]]


def _demo_access(role: str, snapshot: Snapshot | None) -> Access:
    settings = backend.backend().settings
    companies = sorted(company_ids_of(snapshot))
    if role not in DEMO_GROUPS:
        return everything(companies, login="demo", name="Demo")
    groups = DEMO_GROUPS[role]
    reads = (*groups, *DEMO_READS.get(role, ()))
    person = Person(
        # Each role is a person of its own: nobody approves what they entered themselves.
        login=f"{role.partition(',')[0].replace(' ', '.').lower()}@demo.example",
        name=role,
        user_id=DEMO_OWN_USER_ID,
        roles=roles_of(groups),
        company_ids=frozenset(companies[-1:] if "second company" in role else companies),
        sales=sales_documents(reads),
        tickets=ticket_documents(reads, DEMO_TICKETS),
        frames=frames_of(reads),
        writes=writes_of(groups, DEMO_TICKETS),
    )
    return Access.of(person, settings.roles)
