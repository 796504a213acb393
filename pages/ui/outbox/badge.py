"""The line on every page that says which of a person's own entries wait for Odoo or have failed."""

from __future__ import annotations

import streamlit as st

from odoo_client.actions.outbox.entry import OPEN_STATES, State
from odoo_client.errors import AccessError, AfinetError
from pages.ui import formats
from pages.ui.menu import PAGES
from pages.ui.outbox.table import MINE, NOT_DONE, sees_all
from pages.ui.session import access, backend, submit, tabs

PAGE = "outbox"
PACE = "10s"


def draw(title: str) -> None:
    """Draw the line, with a link to the Outbox, on the page of this title; nothing where nothing waits."""
    if title == PAGES[PAGE][0] or backend.backend().sender is None or not access.current().opens(PAGE):
        return
    try:
        said = _words()
    except AfinetError as exc:
        st.warning(formats.plain(exc.sentence), icon=":material/warning:")
        return
    if said:
        st.fragment(_line, run_every=PACE)()


def words(counts: dict[State, int]) -> str:
    """Return `2 entries wait for Odoo, 1 failed`, "" when there is neither."""
    waiting, failed = sum(counts.get(state, 0) for state in OPEN_STATES), counts.get("failed", 0)
    parts = []
    if waiting:
        parts.append(f"{formats.plural(waiting, 'entry waits', 'entries wait')} for Odoo")
    if failed:
        parts.append(f"{formats.count(failed) if waiting else formats.plural(failed, 'entry', 'entries')} failed")
    return ", ".join(parts)


def _words() -> str:
    return words(submit.office().outbox.counts(submit.author().login))


def _line() -> None:
    try:
        said = _words()
    except AccessError:
        tabs.redraw()  # The person was signed out meanwhile: the whole page says so.
    except AfinetError as exc:
        st.warning(formats.plain(exc.sentence), icon=":material/warning:")
        return
    if said:
        query = {"outbox_state": NOT_DONE}
        if sees_all():
            query["outbox_whose"] = MINE
        st.page_link(f"{PAGE}.py", label=said, icon=":material/outbox:", query_params=query)
