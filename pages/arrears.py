"""Who owes how much and for how long, as of any day, each currency apart, and one customer's invoices and entries."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from odoo_client.errors import AfinetError
from odoo_client.metrics.ageing import CUSTOMER_KEY
from pages.ui import filters, formats, freshness, tables
from pages.ui import selection as opened
from pages.ui import view as data
from pages.ui.arrears import data as receivables
from pages.ui.arrears import tiles as parts
from pages.ui.exports import downloads
from pages.ui.statements import statements_archive

view = freshness.page_top(
    "Arrears",
    ("receivable_lines", "partials", "invoices", "invoice_lines", "payments", "customers", "services", "promises"),
)

if absent := freshness.absent(view, "receivable_lines"):
    # What to install or whom to ask stands above.
    st.markdown(f"Arrears: **{absent}**.")
    st.stop()

# The filters' choices come from today's ledger, so that changing the day never takes a choice away.
todays = data.ledger(view, view.today, data.policy_of(view, "due_date"))
top = st.container()
chosen = filters.arrears_filters(view, receivables.known_currencies(view, todays), todays.cities)
policy = data.policy_of(view, chosen.basis)
book = data.ledger(view, chosen.as_of, policy)
words = filters.described(view, chosen, policy)
try:
    found = receivables.arrears(view, book, chosen, policy)
    refused = found.refused
except AfinetError as exc:  # no such currency: the sentence says so, and the currencies stay apart
    found, refused = receivables.arrears_apart(view, book, chosen, policy), (exc.sentence,)
if refused:
    said = formats.plain(" ".join(refused))
    st.warning(said, title=f"Not shown in {view.reporting_code}", icon=":material/currency_exchange:")
if found.rates:
    st.caption(f":material/currency_exchange: {formats.plain(found.rates)}")


def detail(partner_id: int) -> None:
    """Draw the customer that is open."""
    with st.container(border=True):
        parts.customer_detail(view, book, partner_id, chosen, policy)


partner_id = opened.asked_id(parts.KEY)
if partner_id is not None and not opened.in_list(parts.KEY):
    with top:
        detail(partner_id)

if found.by_customer.empty:
    alone = receivables.hiding(view, book, chosen, policy, words)
    tables.empty(
        f"open receivables on {formats.day(chosen.as_of)}",
        {name: words[name] for name in alone},
        clear=filters.cleared(parts.CLEARED, alone),
        key="arrears_clear",
    )
    st.stop()

parts.tiles(view, book, found, chosen, policy, words)
parts.ageing_charts(view, book, found, chosen, policy)

# Side by side on the left: on the right a table's own buttons come over what stands above it.
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
order = receivables.order_of(found, sort)
page = receivables.customer_rows(view, found, order[tables.page_of(len(order), key="page")], chosen.as_of, policy)
columns = parts.customer_columns(view, book, found, chosen, policy)


def export() -> pd.DataFrame:
    """Return every row of the table, on whichever page of it."""
    return parts.export(receivables.customer_rows(view, found, order, chosen.as_of, policy), columns, chosen)


tables.show(
    page,
    columns,
    f"Customers who owe on {formats.day(chosen.as_of)}",
    key=tables.rows_key(opened.table_name(parts.KEY), page[list(CUSTOMER_KEY)]),
    on_pick=partial(opened.pick, parts.KEY, page, "commercial_partner_id"),
    picked=opened.position_of(parts.KEY, page, "commercial_partner_id"),
)
if partner_id is None:
    st.caption("Choose a row to see that customer's invoices and journal lines.")
elif opened.in_list(parts.KEY):
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
