"""Starlink, fibre and wireless side by side, and the list of services behind them. Every service is unlimited."""

from __future__ import annotations

from functools import partial

import streamlit as st

from odoo_client.metrics.services import fee_known
from pages.ui import filters, formats, frame, freshness, tables
from pages.ui import view as data
from pages.ui.exports import downloads
from pages.ui.navigation import open_customer
from pages.ui.services import charts

view = frame.page_top("Services", ("services", "invoices", "invoice_lines", "products", "orders", "customers"))

if why := freshness.absent(view, "services"):
    # The page already says above what to install or whom to ask: what may not be read is not a zero.
    st.markdown(f"Services: **{why}**.")
    st.stop()

months = filters.months_shown()
subscribers = data.subscribers(view, months)
charts.side_by_side(view, subscribers)
charts.charts_over_months(view, subscribers)

st.subheader("All services", anchor=False)
chosen = filters.service_filters(data.customer_cities(view))
rows = charts.services_of(view)
at = charts.chosen_services(view, rows, chosen)
if not len(at):
    hidden = charts.hiding(view, chosen)
    tables.empty("services", hidden, clear=filters.cleared(charts.CLEARED, hidden), key="services_clear")
    st.stop()
st.caption(
    f"{formats.plural(len(at), 'service')} of {formats.count(len(rows))}. "
    "Bandwidth and usage are unlimited on every plan."
)
page = charts.service_rows(view, rows.take(at[tables.page_of(len(at), key="service_page")]))
columns = charts.service_columns(page, periods=not bool(fee_known(rows.take(at)).all()))
tables.show(
    page,
    columns,
    "Services that match the filters",
    key=tables.rows_key("services", page[["partner_id"]]),
    on_pick=partial(open_customer, page),
)
st.caption("Choose a row to open its customer.")
downloads(
    view,
    lambda: tables.exported(charts.service_rows(view, rows.take(at)), columns),
    title="Services",
    name="services",
    rows=len(at),
    key="services",
    filters=charts.described(view, chosen),
)
