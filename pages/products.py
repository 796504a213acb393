"""Plans and hardware: technology, price, active services, monthly revenue, who pays another price, what is unmapped."""

from __future__ import annotations

from functools import partial

import streamlit as st

from odoo_client.metrics.catalogue import off_list
from pages.ui import formats, frame, freshness, selection, tables
from pages.ui.exports import downloads
from pages.ui.filters import cleared
from pages.ui.products import detail, filters, tiles
from pages.ui.products.data import products_of

view = frame.page_top("Products", ("products", "services", "orders", "order_lines", "invoices", "invoice_lines"))
if absent := freshness.absent(view, "products"):
    # The page already says above what to install or whom to ask.
    st.markdown(f"Products: **{absent}**.")
    st.stop()

found = products_of(view)
top = st.container()
chosen, notes = filters.draw(services_known=not freshness.absent(view, "services"))
for note in notes:
    st.warning(formats.plain(note), icon=":material/link_off:")
keep = filters.kept(found, chosen)
shown = tiles.ProductsPage(view, found, chosen, keep, filters.table_mask(found, keep, chosen))
words = filters.described(chosen, view.company_words)
asked = selection.asked(detail.KEY)
if asked and not selection.in_list(detail.KEY):
    with top:
        detail.detail(shown, asked)

tiles.tiles(shown)
st.subheader("Catalogue", anchor=False)
count = int(shown.mask.sum())
if not count:
    alone = filters.hiding(found, chosen, words) if len(found.products) else []
    tables.empty(
        "products", {name: words[name] for name in alone}, clear=cleared(filters.CLEARED, alone), key="product_clear"
    )
    if chosen.shown == "unmapped":
        detail.periods(shown)
    st.stop()
every = tiles.rows_of(shown, shown.mask)
rows = every.iloc[tables.page_of(count, key="product_page")].reset_index(drop=True)
columns = tiles.columns_of(shown, every)
tables.show(
    rows,
    columns,
    f"Products: {filters.SHOWN[chosen.shown].lower()}",
    key=tables.rows_key(selection.table_name(detail.KEY), rows[["product_id"]]),
    on_pick=partial(selection.pick, detail.KEY, rows, "product_id"),
    picked=selection.position_of(detail.KEY, rows, "product_id"),
)
if selection.in_list(detail.KEY):
    detail.detail(shown, asked)
elif not asked:
    st.caption(f"Choose a row to see {'that product' if shown.services_absent else 'who pays what for that product'}.")
downloads(
    view,
    lambda: tables.exported(every, columns),
    title="Products",
    name="products",
    rows=count,
    key="products",
    filters=words,
    currency_column=None,
    totals={"Monthly revenue": shown.services_absent or formats.listed(shown.revenue(shown.services(shown.mask)))},
)
if chosen.shown == "unmapped":
    tiles.mapping_help(shown)
    detail.periods(shown)
if chosen.shown == "off_list":
    st.subheader("Services off list price", anchor=False)
    detail.services(
        shown, shown.services(shown.mask) & off_list(found.prices), "Services off list price", "product_off_list"
    )
