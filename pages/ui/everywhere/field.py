"""The search field that stands on every page: Ctrl-K, a few letters, Enter."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

import streamlit as st

from odoo_client.errors import AfinetError
from pages.ui import view as data
from pages.ui.everywhere import found
from pages.ui.everywhere.kinds import Opens
from pages.ui.navigation import go
from pages.ui.session import access, streamlit_internals
from pages.ui.view import View

KEY: Final = "everywhere"
#: Of the clicks and letters since the last run, in the session: what was typed, where the result chosen opens, and the
#: filters to set there.
TYPED, PLACE, FILTERS = "everywhere_typed", "everywhere_place", "everywhere_filters"
#: What keys do, as "?" tells it on every page.
KEYS: Final = {
    "Ctrl K": "search everything",
    "j, k": "next and previous record of the list",
    "Esc": "leave a field, else close the record",
    "Ctrl Enter": "send what is written",
    "?": "these keys",
}
#: The list lies over the page (`popover`), wherever the field stands.
HTML: Final = """
<div class="everywhere">
  <input type="text" role="combobox" aria-label="Search everything" placeholder="Search (Ctrl K)" maxlength="100"
    aria-autocomplete="list" aria-haspopup="listbox" aria-expanded="false" aria-controls="everywhere-found"
    autocomplete="off" autocapitalize="off" spellcheck="false">
  <div class="everywhere-over" popover="manual">
    <div class="everywhere-found" id="everywhere-found" role="listbox" aria-label="Found"></div>
    <p class="everywhere-said" role="status"></p>
  </div>
  <div class="everywhere-keys" popover="auto" role="dialog" aria-label="Keys" tabindex="-1">
    <dl>KEYS</dl>
  </div>
</div>
""".replace("KEYS", "".join(f"<dt>{key}</dt><dd>{deed}</dd>" for key, deed in KEYS.items()))
NOTHING: Final = "Nothing is found by that."


def draw(view: View | None) -> None:
    """Draw the field, nothing before there are figures."""
    # Set in the run that draws them, they come into the address.
    st.session_state.update(st.session_state.pop(FILTERS, {}))
    place = st.session_state.pop(PLACE, None)
    if place is not None:
        st.session_state[FILTERS] = place.filters
        go(f"{place.page}.py", place.record)
        del st.session_state[FILTERS]
    if view is not None:
        with st.container(key="everywhere_place", width=220):
            st.fragment(_field)()


def _field() -> None:
    """Answer what was typed: this runs by itself, so a letter draws no page again."""
    if PLACE in st.session_state:
        # The whole page leads there: where a part of it does, a browser may draw parts of two pages as one, and fail.
        st.rerun()
    typed = st.session_state.pop(TYPED, None)
    try:
        # The page was drawn for the rights of that moment; these are of now. Typing is use, as a click is.
        who = access.visit(active=typed is not None).access
        view = data.current_view()
    except AfinetError:
        return  # The page itself says what is wrong.
    if view is None:
        return
    answer = _answer(view, typed, who.opens) if isinstance(typed, dict) else {}
    streamlit_internals.component("search", HTML)(
        key=KEY, data=answer, on_typed_change=_typed, on_chosen_change=_chosen
    )


def _answer(view: View, typed: dict[str, Any], opens: Opens) -> dict[str, Any]:
    """Return what the browser shows for what was typed there; it writes each text as text."""
    text = typed["text"] if isinstance(typed.get("text"), str) else ""
    results = found.find(view, text, opens)
    groups = [
        {"kind": kind, "results": [{"id": one.record_id, "title": one.title, "detail": one.detail} for one in each]}
        for kind, each in groupby(results, lambda one: one.kind)
    ]
    said = "" if results or len(text.strip()) < found.SHORTEST else NOTHING
    return {"turn": typed.get("turn"), "groups": groups, "said": said}


def _typed() -> None:
    st.session_state[TYPED] = st.session_state[KEY].get("typed")


def _chosen() -> None:
    """Keep where the result chosen opens, with the filters there."""
    chosen = st.session_state[KEY].get("chosen")
    try:
        who, view = access.visit(active=True).access, data.current_view()
    except AfinetError:
        return
    if view is None or not isinstance(chosen, dict):
        return
    kind, record_id = chosen.get("kind"), chosen.get("id")
    if not isinstance(kind, str) or not isinstance(record_id, int):
        return
    place = found.place(view, kind, record_id, who.opens)
    if place is None:
        st.toast("This is no longer among what you see.", icon=":material/search_off:")
        return
    st.session_state[PLACE] = place
