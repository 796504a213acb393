"""Tables: the browser gets one page of rows at a time, formatted and without ids."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from pages.ui import amounts, formats
from pages.ui import view as data
from pages.ui.amounts import Column, Columns, MoneyColumn

ROWS_A_PAGE = 500
#: The rows and height of a list while one of them is open under it, so that what was chosen is in sight.
ROWS_BESIDE, HEIGHT_BESIDE_PX = 5, 199
#: The heights of a table's head and of a row, and the highest table: a screen shows less.
HEAD_PX, ROW_PX, FULL_PX = 37, 33, 2_400
DATE_FORMAT = "D MMM YYYY"


def money_column(
    label: str, help_text: str | None = None, *, currency: str = "currency", code: str = ""
) -> MoneyColumn:
    """Return the column of an amount. Its currency is `code`, else the row's own in the column `currency`.

    When it is drawn it gets the decimals of the currency.
    """
    return MoneyColumn(st.column_config.NumberColumn(label, help=help_text), currency, code)


def count_column(label: str, help_text: str | None = None) -> ColumnConfig:
    """Return the column of a whole number."""
    return st.column_config.NumberColumn(label, format="%,d", help=help_text)


def period_column() -> ColumnConfig:
    """Return the column that says why a service has no monthly fee; left out where all have one."""
    return st.column_config.TextColumn(
        "Period", help="How long its price is for cannot be told from its order: it counts in no monthly revenue"
    )


def date_column(label: str, help_text: str | None = None) -> ColumnConfig:
    """Return the column of a day, `22 Nov 2026`."""
    return st.column_config.DateColumn(label, format=DATE_FORMAT, help=help_text)


def link_column(label: str) -> ColumnConfig:
    """Return the column of a link into Odoo."""
    return st.column_config.LinkColumn(label, display_text="Open", help="Opens the record in Odoo")


def heading(column: Column) -> str:
    """Return the heading of a column, given as text or as a column type."""
    return str(column if isinstance(column, str) else column["label"])


def exported(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Return a table as exported: the `columns` on screen under their headings."""
    return frame[list(columns)].rename(columns={name: heading(column) for name, column in columns.items()})


def page_of(rows: int, *, key: str) -> slice:
    """Return which of `rows` rows to show; draws a choice of pages where there is more than one."""
    pages = max(1, -(-rows // ROWS_A_PAGE))
    if pages == 1:
        return slice(0, rows)
    number = min(max(1, st.pagination(pages, key=key, bind="query-params")), pages)
    first, last = (number - 1) * ROWS_A_PAGE, min(number * ROWS_A_PAGE, rows)
    st.caption(
        f"Rows {formats.count(first + 1)} to {formats.count(last)} of {formats.count(rows)}; "
        "the downloads have them all."
    )
    return slice(first, last)


def show(
    frame: pd.DataFrame,
    columns: Columns,
    alt: str,
    *,
    key: str,
    on_pick: Callable[[int | None], None] | None = None,
    picked: int | None = None,
    fills: bool = False,
    several: bool = False,
) -> None:
    """Draw the `columns` of `frame` (name to heading or type); a click on a row calls `on_pick` with its position.

    `picked` is the position of the row whose record is open: it is chosen when the table is first drawn, and the table
    is kept short, unless it `fills` what is left of the screen beside its record. Other rows need another `key`, since
    the choice is kept by position. With `several`, a cell opens the record and the boxes choose rows (`chosen`).
    """
    shown, config = amounts.written(frame, columns, data.places())
    options: dict[str, Any] = {}
    if fills:
        # As high as its rows; the style keeps it on the screen.
        options["height"] = min(HEAD_PX + ROW_PX * len(frame), FULL_PX)
    if on_pick is not None:

        def clicked() -> None:
            position, cells = _clicked(st.session_state[key]["selection"], st.session_state.get(f"{key}_at", picked))
            mark(key, position, cells)
            on_pick(position)

        def opened() -> None:
            cells = st.session_state[key]["selection"]["cells"]
            position = int(cells[0][0]) if cells else None
            if position is not None and position != st.session_state.get(f"{key}_at", picked):
                st.session_state[f"{key}_at"] = position
                on_pick(position)

        st.session_state[f"{key}_several"] = several
        mode = "multi-row" if several else "single-row"
        options |= {"on_select": opened if several else clicked, "selection_mode": [mode, "single-cell"]}
        if picked is not None:
            cell = [(picked, next(iter(columns)))]
            options["selection_default"] = {"selection": {"cells": cell} if several else {"rows": [picked]}}
            if len(frame) > ROWS_BESIDE and not fills:
                options["height"] = HEIGHT_BESIDE_PX
    st.dataframe(
        shown, column_config=config, hide_index=True, placeholder=formats.NONE_SHOWN, alt=alt, key=key, **options
    )


def mark(key: str, position: int | None, cells: Sequence[tuple[int, str]] = ()) -> None:
    """Mark a row of the table with this widget key as a whole, wherever it was clicked; a callback.

    The arrow keys go on from `cells`; without them from the cell that was chosen last, in the new row.
    """
    before = st.session_state.get(key, {}).get("selection", {})
    if not cells and position is not None:
        cells = [(position, name) for _row, name in before.get("cells", [])]
    rows = [] if position is None else [position]
    if st.session_state.get(f"{key}_several"):
        rows = before.get("rows", [])  # They are chosen for something else than the record.
    st.session_state[f"{key}_at"] = position
    st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": list(cells)}}


def at(key: str) -> int | None:
    """Return the position of the row last clicked or stepped to in the table with this widget key."""
    position: int | None = st.session_state.get(f"{key}_at")
    return position


def chosen(key: str) -> list[int]:
    """Return the positions of the rows chosen by their boxes in the table with this widget key."""
    return [int(row) for row in st.session_state.get(key, {}).get("selection", {}).get("rows", [])]


def _clicked(selection: Any, before: int | None) -> tuple[int | None, list[tuple[int, str]]]:
    """Return the row that a click chose, None where its box was emptied, and the cell to keep chosen.

    A click on a cell leaves the box of the row `before` ticked, and a click on a box the cell chosen before.
    """
    rows, cells = [int(one) for one in selection["rows"]], [(int(row), name) for row, name in selection["cells"]]
    if rows != ([] if before is None else [before]):
        return (rows[0], []) if rows else (None, [])
    return (cells[0][0], cells) if cells else (before, [])


def rows_key(name: str, rows: pd.DataFrame) -> str:
    """Return a widget key for a table of exactly these rows, so that a choice never moves to another row."""
    digest = hashlib.blake2b(rows.to_numpy(dtype="int64").tobytes(), digest_size=8)
    return f"{name}_{digest.hexdigest()}"


def empty(
    what: str, hiding: Mapping[str, str], *, clear: Mapping[str, object] | None = None, key: str = "", where: str = ""
) -> None:
    """Say that there are no rows and which filters hide them; `clear` has the widget values that show them again.

    `where` replaces Odoo in the sentence for rows that do not come from there, when nothing hides them.
    """
    if not hiding:
        where = where or ("in this Odoo" if data.sees_everything() else "among what you may see")
        st.info(f"There are no {what} {where}.", icon=":material/inbox:")
        return
    words = formats.listed(f"**{name}: {formats.plain(value)}**" for name, value in hiding.items())
    st.info(f"No {what} match. Hidden by {words}.", icon=":material/filter_alt:")
    if clear:
        st.button(
            "Clear these filters", icon=":material/filter_alt_off:", key=key, on_click=set_values, args=(dict(clear),)
        )


def set_values(values: Mapping[str, object]) -> None:
    """Give widgets, by their keys, these values; a callback."""
    for key, value in values.items():
        st.session_state[key] = value
