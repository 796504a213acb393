"""What comes before every page: who opened it, screens for those who may not, and who is signed in beside it."""

from __future__ import annotations

import streamlit as st

from odoo_client.errors import AccessError, AfinetError, ForbiddenError, SessionEndedError, SignInError
from pages.ui import formats
from pages.ui.session import access, backend, demo_roles, drafts, tabs
from pages.ui.session.access import Visit


def guard() -> Visit:
    """Return the visit of whoever opened the page; where nobody is signed in, say so and stop."""
    active = tabs.is_use()
    running = backend.backend()
    if running.doors is not None and running.doors.single_sign_on:
        _by_single_sign_on()
    try:
        tabs.clear_another_s_page()
        found = access.visit(active=active)
    except AccessError as exc:
        signed_out(exc)
    st.session_state[access.DRAWN_SCOPE] = found.access.scope_key
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


def open_page(found: Visit, page: str) -> None:
    """Raise ForbiddenError, written down once per visit, when they may not open the page."""
    try:
        found.access.require_page(page)
    except ForbiddenError:
        seen: set[str] = st.session_state.setdefault("pages_refused", set())
        if page not in seen:
            seen.add(page)
            found.note("refused", f"page: {page}", refused=True)
        raise


def name() -> str:
    """Return what the menu calls the person who looks; without sign-in, what they look as."""
    running = backend.backend()
    if running.doors is None:
        return demo_roles.ROLES.get(st.session_state.get("demo_role", ""), "Menu") if running.demo else "No sign-in"
    person = access.current().person
    return person.name or person.login


def person() -> None:
    """Draw who is signed in and the way out; in the demo a choice of role, without sign-in a warning."""
    running = backend.backend()
    if running.demo:
        st.selectbox(
            "See it as",
            list(demo_roles.ROLES),
            format_func=demo_roles.ROLES.__getitem__,
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
        _who(access.visit())


def signed_out(error: AfinetError) -> None:
    """Say why nobody is signed in, offer the way back, and stop the page."""
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
        try:
            doors.sign_out(found.token, found.address)
        finally:
            drafts.forget(found.access.person.login)
        if doors.single_sign_on:
            st.logout()


def _by_single_sign_on() -> None:
    doors = backend.backend().doors
    if doors is None:
        return
    claims = st.user.to_dict()
    if not claims.get("is_logged_in"):
        signed_out(SessionEndedError("Sign in to see the dashboard."))
    token, browser, address = access.caller()
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
