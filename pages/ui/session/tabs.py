"""Tabs of one browser: pages that redraw themselves, what counts as use, and tabs that somebody else takes over."""

from __future__ import annotations

from contextlib import suppress
from typing import NoReturn

import streamlit as st

from pages.ui import formats
from pages.ui.navigation import asked_for
from pages.ui.session import access, backend
from pages.ui.session.access import DRAWN_FOR

#: Kept for each tab: the websocket it came over, whether the page started this run by itself, the address last drawn.
CONNECTION, BY_ITSELF, ADDRESS = "connection", "draws_by_itself", "address_drawn"


def count_wallboard_as_use() -> None:
    """Keep a session of one of the `WALLBOARD_LOGINS` alive while it shows the wallboard; others end in time.

    Raises AccessError as `access.session` does.
    """
    running = backend.backend()
    if running.doors is not None and access.session().person.login in running.settings.wallboard_logins:
        access.session(active=True)


def keep_address() -> None:
    """Keep the address that a whole page was drawn for."""
    st.session_state[ADDRESS] = asked_for()


def redraw() -> NoReturn:
    """Redraw the whole page. This does not count as use: a tab left open still ends in time.

    A fragment that runs by itself comes with the browser's address, which lacks the record of a click on its way there.
    """
    address = st.session_state.get(ADDRESS)
    if address is not None and address != asked_for():
        st.query_params.from_dict(address)
    st.session_state[BY_ITSELF] = True
    st.rerun()


def is_use() -> bool:
    """Return whether a person started this run, rather than the page itself or a websocket that reconnected."""
    by_itself = st.session_state.pop(BY_ITSELF, False)
    headers = st.context.headers
    # Each websocket has its own key; one that reconnects names the Streamlit session it had, in the third part.
    connection = headers.get("Sec-WebSocket-Key") or ""
    came_back = (headers.get("Sec-WebSocket-Protocol") or "").count(",") > 1
    new = st.session_state.get(CONNECTION) != connection
    st.session_state[CONNECTION] = connection
    return not (by_itself or (new and came_back))


def clear_another_s_page() -> None:
    """Clear a tab that shows somebody else's page, and stop: Streamlit resumes it for whoever signs in meanwhile.

    Only the button is drawn, so that the browser too forgets what was typed or chosen there.
    """
    doors = backend.backend().doors
    if doors is None:
        return
    token, browser, _address = access.caller()
    person = doors.sessions.find(token, browser=browser, active=False).person
    before = st.session_state.get(DRAWN_FOR, person.login)
    if before != person.login:
        # One by one: `clear` stops at the first key without a value, such as that of a widget not drawn in this run.
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
