"""Outbox: what was entered here for Odoo and its state; try it again, or discard it with a reason."""

from __future__ import annotations

from functools import partial

import streamlit as st

from odoo_client.errors import AfinetError
from pages.ui import formats, tables
from pages.ui.exports import downloads
from pages.ui.frame import page_top
from pages.ui.outbox import detail as outbox_detail
from pages.ui.outbox import table as outbox_table
from pages.ui.session import access

view = page_top("Outbox", ())
access.current().require_page("outbox")
if outbox_table.outbox() is None:
    st.info("Nothing can be entered here: this dashboard has no outbox.", icon=":material/inbox:")
    st.stop()
token = outbox_detail.asked()
try:
    asked = outbox_table.filters()
    found = outbox_table.entries(asked)
    outbox_table.draw_tiles(view, asked)
    outbox_table.watch(asked)
except AfinetError as exc:
    st.error(formats.plain(exc.sentence), icon=":material/error:")
    st.stop()
if token:
    outbox_detail.draw(view, token)
if not found:
    if asked.words:
        tables.empty("entries", asked.words, clear={"outbox_state": ""} if asked.states else None, key="outbox_clear")
    else:
        st.info("Nothing has been entered here yet.", icon=":material/inbox:")
    st.stop()
part = tables.page_of(len(found), key="outbox_page")
rows = outbox_table.rows_of(view, found[part])
tables.show(
    rows,
    outbox_table.columns(rows),
    f"{formats.plural(len(found), 'entry', 'entries')} of the outbox, the newest first",
    key=tables.rows_key(f"outbox_{st.session_state.get('outbox_closed', 0)}", rows[["number"]]),
    on_pick=partial(outbox_detail.choose, found[part]),
    picked=outbox_detail.position_of(found[part], token),
)
downloads(
    view,
    lambda: outbox_table.export(view, found),
    title="Outbox",
    name="outbox",
    rows=len(found),
    key="outbox",
    filters=asked.words,
    currency_column=None,
)
if not token:
    st.caption("Choose a row to see what happened to it, to try it again or to discard it.")
