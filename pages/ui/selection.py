"""A record opened from a page's list: which one, where it is drawn, and what opens and closes it.

A record chosen in the list is drawn right under it, where the click was; one opened by its address comes first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import ints
from pages.ui.session import streamlit_internals

#: Follows a record's key in the session: the record that was chosen in the list.
CHOSEN = "_chosen_in_list"
#: Of the session: what was put into the address and may not have reached the browser, by key.
ON_ITS_WAY = "address_on_its_way"
#: For so long a run that comes with the address of before is believed to have been started before ours arrived.
LATE_S: Final = 5.0


@dataclass(frozen=True)
class _Put:
    """What a key of the address had in it, what was put there, and until when the browser may not know."""

    before: str
    value: str
    until: float


def asked(key: str) -> str:
    """Return the record that the address asks for under `key`, "" for none."""
    return st.query_params.get(key, "")


def asked_id(key: str) -> int | None:
    """Return the number of the record asked for, None when there is none or Odoo cannot have such a number."""
    return number_of(asked(key))


def number_of(text: str) -> int | None:
    """Return the number of a record in an address, None for what Odoo cannot have as a number."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 16 else None


def in_list(key: str) -> bool:
    """Return whether the record asked for was chosen in this page's list, and not by an address."""
    return bool(asked(key)) and st.session_state.get(f"{key}{CHOSEN}") == asked(key)


def choose(key: str, record_id: int | None) -> None:
    """Keep the record chosen in the list in the address; None takes it out."""
    if record_id is None:
        put(key, "")
    else:
        st.session_state[f"{key}{CHOSEN}"] = str(record_id)
        put(key, str(record_id))


def put(key: str, value: str) -> None:
    """Put `value` into the address under `key`; "" takes it out.

    A click that comes before the browser has the new address brings the one of before: `visit` puts it right.
    """
    before = asked(key)
    if value:
        st.query_params[key] = value
    else:
        st.query_params.pop(key, None)
    if value != before:
        st.session_state.setdefault(ON_ITS_WAY, {})[key] = _Put(before, value, time.monotonic() + LATE_S)


def pick(key: str, rows: pd.DataFrame, column: str, position: int | None) -> None:
    """Keep the record of a clicked row in the address; a callback of `tables.show`."""
    choose(key, None if position is None else int(rows[column].iloc[position]))


def close(key: str) -> None:
    """Take the record out of the address; a callback."""
    put(key, "")
    # Opened by an address later, it comes first again.
    st.session_state.pop(f"{key}{CHOSEN}", None)
    # A table with a new key is drawn without the chosen row.
    st.session_state[f"{key}_closed"] = st.session_state.get(f"{key}_closed", 0) + 1


def draw_buttons(url: str, key: str, on_close: Callable[[], None]) -> None:
    """Draw the link of an opened record to Odoo, where it has one, and the button `key` that closes it."""
    if url:
        st.link_button("Odoo", url, icon=":material/open_in_new:", type="tertiary")
    st.button("Close", key=key, icon=":material/close:", type="tertiary", on_click=on_close)


def visit(page: str) -> None:
    """Put right an address of before the last click, where the browser had no newer one.

    What was chosen in the lists of another page is forgotten: a record that a link names then comes first.
    """
    same = st.session_state.get("page_visited") == page
    if same and not streamlit_internals.went_back():
        _put_right()
    else:
        st.session_state.pop(ON_ITS_WAY, None)
    if not same:
        st.session_state["page_visited"] = page
        for key in [key for key in st.session_state if str(key).endswith(CHOSEN)]:
            del st.session_state[key]


def _put_right() -> None:
    waiting: dict[str, _Put] = st.session_state.get(ON_ITS_WAY, {})
    for key, one in list(waiting.items()):
        if time.monotonic() > one.until or asked(key) not in (one.before, one.value):
            del waiting[key]
        elif asked(key) != one.value:
            put(key, one.value)


def table_name(key: str) -> str:
    """Return the name of the list for `tables.rows_key`: another one each time a record was closed."""
    return f"{key}_rows_{st.session_state.get(f'{key}_closed', 0)}"


def position_of(key: str, rows: pd.DataFrame, column: str) -> int | None:
    """Return the position of the first row of the record asked for, None when it has none in `rows`."""
    record_id = asked_id(key)
    if record_id is None:
        return None
    found = np.flatnonzero(ints(rows, column) == record_id)
    return int(found[0]) if len(found) else None
