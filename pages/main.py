"""Run on every visit: find out who is looking, then draw navigation, company filter and page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from odoo_client.errors import AfinetError, ConfigError, ForbiddenError
from pages.ui import frame, selection
from pages.ui import view as data
from pages.ui.menu import DAILY, PAGES, ROOT, is_listed
from pages.ui.navigation import asked_for
from pages.ui.session import guard, measured, streamlit_internals, submit, tabs
from pages.ui.tickets import wallboard

ASSETS = Path(__file__).parent / "ui" / "assets"
# We ship this picture ourselves: Streamlit would fetch a `:material/…:` page icon from a font service.
st.set_page_config(page_title="AFINET Operations", page_icon=ASSETS / "glyph.svg", layout="wide")
st.logo(ASSETS / "logo.svg", icon_image=ASSETS / "glyph.svg", size="large")

# Before anything is read, find out who is looking and what they may see.
try:
    found = guard.guard()
except ConfigError as exc:
    st.title("AFINET Operations", anchor=False)
    st.error(exc.sentence, title="A setting is missing or wrong", icon=":material/settings_alert:")
    st.stop()
submit.begin_run()
# People look at a wallboard but do not use it: it has no navigation and no sidebar.
wall = wallboard.asked()
try:
    snapshot = data.current_snapshot()
except AfinetError:
    snapshot = None  # The page itself says what is wrong.
states = {} if snapshot is None else {dataset: info.state for dataset, info in snapshot.info.items()}
administers = "administrator" in found.access.person.roles
listed = {name for name in PAGES if is_listed(name, states, opens=found.access.opens(name), administers=administers)}
# Streamlit serves the first page at the root and gives it no other address, so its own name redirects there.
first = found.access.first_page
pages = {
    name: st.Page(
        f"{name}.py",
        title=title,
        url_path=ROOT if name == first else name,
        icon=f":material/{icon}:",
        default=name == first,
        help=about,
        # The page is hidden from the menu but still registered, so opening its address is refused by the same rule.
        visibility="visible" if name in listed else "hidden",
    )
    for name, (title, icon, about) in PAGES.items()
}
by_name = st.Page(lambda: None, title=PAGES[first][0], url_path=first, visibility="hidden")
menu = {
    "": [*(pages[name] for name in DAILY), by_name],
    "More": [one for name, one in pages.items() if name not in DAILY],
}
page = st.navigation(menu, position="hidden" if wall else "top")
if page is by_name:
    st.switch_page(pages[first], query_params=asked_for())

if wall:
    st.session_state["company"] = st.query_params.get("company", data.ALL_COMPANIES)

# A page that is not in this list is open to nobody.
name = next((name for name, one in pages.items() if one is page), "")
try:
    guard.open_page(found, name)
except ForbiddenError as exc:
    frame.head(PAGES[name][0] if name else "AFINET Operations")
    st.error(exc.sentence, title="Not yours to open", icon=":material/lock:")
    st.stop()
selection.visit(name)
if not wall:
    frame.phone_menu(name, listed)
try:
    with measured.page(name):
        page.run()
finally:
    tabs.keep_address()
    if not streamlit_internals.is_given_up():
        submit.end_run()
