"""Orders from quotation to invoice: what waits where, for how long, and what is stuck; one order with its lines."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from pages.ui import formats, frame, freshness, selection, tables
from pages.ui.exports import downloads
from pages.ui.filters import cleared
from pages.ui.orders import detail, filters, tiles
from pages.ui.orders.data import SORTS, book

view = frame.page_top("Orders", ("orders", "order_lines", "deliveries", "invoices", "products", "customers", "users"))
if absent := freshness.absent(view, "orders"):
    # The page already says above what to install or whom to ask.
    st.markdown(f"Orders: **{absent}**.")
    st.stop()

orders = book(view)
asked = selection.asked(detail.KEY)
if asked and not selection.in_list(detail.KEY):
    detail.detail(view, orders, asked)
chosen, notes = filters.draw(view, orders)
for note in notes:
    st.warning(formats.plain(note), icon=":material/link_off:")
keep = filters.kept(view, orders, chosen)
shown = tiles.OrdersPage(view, orders, chosen, keep, filters.table_mask(orders, keep, chosen))
words = filters.described(view, chosen)

tiles.tiles(shown)
if len(orders.rows):
    tiles.pipeline(shown)
    tiles.stage_times(shown)

with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    st.subheader(filters.title(chosen), anchor=False)
    chosen = replace(chosen, sort=filters.sort_choice())
order = filters.order_of(orders, chosen, shown.mask)
if not len(order):
    alone = filters.hiding(view, orders, chosen, words)
    tables.empty(
        "orders", {name: words[name] for name in alone}, clear=cleared(filters.CLEARED, alone), key="order_clear"
    )
    st.stop()
st.markdown(tiles.totals(shown))
rows = tiles.rows_of(shown, order[tables.page_of(len(order), key="order_page")])
columns = tiles.columns_of(shown, rows)
tables.show(
    rows,
    columns,
    f"{filters.title(chosen)}, {SORTS[chosen.sort].lower()} first",
    key=tables.rows_key(selection.table_name(detail.KEY), rows[["order_id"]]),
    on_pick=partial(selection.pick, detail.KEY, rows, "order_id"),
    picked=selection.position_of(detail.KEY, rows, "order_id"),
)
if selection.in_list(detail.KEY):
    detail.detail(view, orders, asked)
elif not asked:
    st.caption("Choose a row to see that order's stages, lines and deliveries.")
downloads(
    view,
    lambda: tables.exported(tiles.rows_of(shown, order), columns),
    title=filters.title(chosen),
    name="orders",
    rows=len(order),
    key="orders",
    filters=words,
    money=("Value",),
)
