"""What pages with a list have in common: one row of filters, what is on as chips, views, and a record beside the list.

The list fills what is left of the screen, so nothing stands under it: what a list can do (views, order, export) is in
the line above it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import formats, selection, tables, widgets
from pages.ui.filters import cleared
from pages.ui.session import access

LIST, CHARTS = "List", "Charts"
#: The width of a filter in the row, and of its search field.
FILTER_PX: Final = 165
SEARCH_PX: Final = 250


def filters_row() -> DeltaGenerator:
    """Return the place of a page's filters: search and the three used most; the others are under `more_filters`."""
    return st.container(key="filters", horizontal=True, vertical_alignment="center", gap="xsmall")


def more_filters(on: int) -> DeltaGenerator:
    """Return the place of a page's other filters, `on` of which narrow the list now."""
    label = f"More filters · {on}" if on else "More filters"
    return st.popover(label, icon=":material/tune:", key="more_filters", width="content")


def chips(words: Mapping[str, str], values: Mapping[str, Mapping[str, object]]) -> None:
    """Draw what narrows the list, name to value, each with a cross that takes it off.

    `values` has the widget values that clear a filter, by its name.
    """
    shown = {name: value for name, value in words.items() if name in values}
    if not shown:
        return
    with st.container(key="chips", horizontal=True, vertical_alignment="center", gap="xsmall"):
        for name, value in shown.items():
            label = f"{name}: {formats.plain(value)}"
            st.button(
                label,
                icon=":material/close:",
                icon_position="right",
                key=f"chip_{name}",
                help=f"Take off {name.lower()}",
                on_click=tables.set_values,
                args=(cleared(values, [name]),),
            )
        if len(shown) > 1:
            st.button(
                "Clear all", type="tertiary", key="chip_all", on_click=tables.set_values, args=(cleared(values, shown),)
            )


def view_choice(key: str, views: Iterable[str] = (LIST, CHARTS)) -> str:
    """Draw the choice of a page's views and return the one chosen; the address keeps it."""
    return widgets.one_of("View", list(views), key, LIST, label_visibility="collapsed")


def bar() -> DeltaGenerator:
    """Return the place of the line above a list: its views, how much it holds, order and export."""
    return st.container(key="bar", horizontal=True, vertical_alignment="center", gap="small")


def export_menu() -> DeltaGenerator:
    """Return the place of a list's downloads, out of sight for who may take none along."""
    if not (access.may("export") or access.may("statement")):
        return st.container()
    return st.popover("Export", icon=":material/download:", type="tertiary", key="export_menu")


def places(*, wide: bool = False) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return the places of the list and of the record beside it; a narrow screen has the record first.

    A `wide` record has two thirds of the width.
    """
    with st.container(key="desk_wide" if wide else "desk", horizontal=True, gap="small", vertical_alignment="top"):
        return st.container(key="list_side", gap="xsmall"), st.container(key="record_side", gap="small")


def record_buttons(key: str, ids: Sequence[int], table: str, close_key: str, on_close: Callable[[], None]) -> None:
    """Draw what goes through the records of a list and closes the one that is open; `k`, `j` and Esc do the same.

    `ids` are the records of the rows in the table whose widget key is `table`, `key` is the record's in the address.
    """
    record_id = selection.asked_id(key)
    at = tables.at(table)
    if at is None or at >= len(ids) or ids[at] != record_id:
        at = list(ids).index(record_id) if record_id is not None and record_id in ids else None
    with st.container(key="record_buttons", horizontal=True, horizontal_alignment="right", gap="xsmall"):
        for label, icon, shortcut, to in (
            ("Previous", "keyboard_arrow_up", "k", None if at is None else at - 1),
            ("Next", "keyboard_arrow_down", "j", None if at is None else at + 1),
        ):
            st.button(
                label,
                icon=f":material/{icon}:",
                key=f"{close_key}_{label.lower()}",
                shortcut=shortcut,
                type="tertiary",
                disabled=to is None or not 0 <= to < len(ids),
                on_click=_step,
                args=(key, ids, table, to),
            )
        st.button("Close", icon=":material/close:", key=close_key, shortcut="esc", type="tertiary", on_click=on_close)


def _step(key: str, ids: Sequence[int], table: str, to: int) -> None:
    selection.choose(key, int(ids[to]))
    tables.mark(table, to)
