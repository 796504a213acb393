"""Who owes how much and for how long, as of any day, by currency, with one customer's invoices and entries."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from odoo_client.errors import AfinetError
from odoo_client.metrics.ageing import CUSTOMER_KEY
from pages.ui import filters, formats, freshness, selection, tables, trusted
from pages.ui import view as data
from pages.ui.arrears import data as arrears_data
from pages.ui.arrears import tiles
from pages.ui.exports import downloads
from pages.ui.statements import statements_archive

view = freshness.page_top(
    "Arrears",
    ("receivable_lines", "partials", "invoices", "invoice_lines", "payments", "customers", "services", "promises"),
)

if absent := freshness.absent(view, "receivable_lines"):
    # The page already says above what to install or whom to ask.
    st.markdown(f"Arrears: **{absent}**.")
    st.stop()

# The choices of the filters come from today's ledger, so that another day never takes a choice away.
todays = data.ledger(view, view.today, data.policy_of(view, "due_date"))
top = st.container()
chosen = filters.arrears_filters(view, arrears_data.known_currencies(view, todays), todays.cities)
policy = data.policy_of(view, chosen.basis)
book = data.ledger(view, chosen.as_of, policy)
words = filters.described(view, chosen, policy)
try:
    found = arrears_data.arrears(view, book, chosen, policy)
    refused = found.refused
except AfinetError as exc:  # no such currency: the sentence says so, and amounts stay in their own currencies
    found, refused = arrears_data.arrears_apart(view, book, chosen, policy), (exc.sentence,)
if refused:
    said = formats.plain(" ".join(refused))
    st.warning(said, title=f"Not shown in {view.reporting_code}", icon=":material/currency_exchange:")
if found.rates:
    st.caption(f":material/currency_exchange: {formats.plain(found.rates)}")


def detail(partner_id: int) -> None:
    """Draw the customer who is open."""
    with st.container(border=True):
        tiles.customer_detail(view, book, partner_id, chosen, policy)


partner_id = selection.asked_id(tiles.KEY)
if partner_id is not None and not selection.in_list(tiles.KEY):
    with top:
        detail(partner_id)

if found.by_customer.empty:
    trusted.draw(trusted.instead(view, chosen.currency_id))
    alone = arrears_data.hiding(view, book, chosen, policy, words)
    tables.empty(
        f"open receivables on {formats.day(chosen.as_of)}",
        {name: words[name] for name in alone},
        clear=filters.cleared(tiles.CLEARED, alone),
        key="arrears_clear",
    )
    st.stop()

tiles.tiles(view, book, found, chosen, policy, words)
tiles.ageing_charts(view, book, found, chosen, policy)

# Side by side on the left: on the right, a table's own buttons would cover what stands above it.
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.subheader(formats.plural(found.customers, "customer"), anchor=False, width="content")
    sort = st.selectbox(
        "Sort by",
        list(filters.sorts(chosen, policy)),
        format_func=filters.sorts(chosen, policy).__getitem__,
        key="sort",
        bind="query-params",
        width=180,
    )
order = arrears_data.order_of(found, sort)
page = arrears_data.customer_rows(view, found, order[tables.page_of(len(order), key="page")], chosen.as_of, policy)
columns = tiles.customer_columns(view, book, found, chosen, policy)


def export() -> pd.DataFrame:
    """Return every row of the table, from all of its pages."""
    return tiles.export(arrears_data.customer_rows(view, found, order, chosen.as_of, policy), columns, chosen)


tables.show(
    page,
    columns,
    f"Customers who owe on {formats.day(chosen.as_of)}",
    key=tables.rows_key(selection.table_name(tiles.KEY), page[list(CUSTOMER_KEY)]),
    on_pick=partial(selection.pick, tiles.KEY, page, "commercial_partner_id"),
    picked=selection.position_of(tiles.KEY, page, "commercial_partner_id"),
)
if partner_id is None:
    st.caption("Choose a row to see that customer's invoices and journal lines.")
elif selection.in_list(tiles.KEY):
    detail(partner_id)
downloads(
    view,
    export,
    title=f"Arrears as of {formats.day(chosen.as_of)}",
    name="arrears",
    rows=len(order),
    key="arrears",
    filters=words,
    as_of=chosen.as_of,
    rates=" ".join(filter(None, [found.rates, *found.refused])),
)
statements_archive(
    view,
    lambda: found.by_customer["commercial_partner_id"].unique(),
    customers=found.customers,
    as_of=chosen.as_of,
    key="arrears_statements",
)
