"""Who owes how much and for how long, as of any day, by currency, with one customer's invoices and entries."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from odoo_client.errors import AfinetError
from odoo_client.metrics.ageing import CUSTOMER_KEY
from pages.ui import formats, frame, freshness, listing, selection, tables, trusted
from pages.ui import view as data
from pages.ui.arrears import data as arrears_data
from pages.ui.arrears import filters, record, tiles
from pages.ui.explain import explain
from pages.ui.exports import downloads
from pages.ui.filters import cleared
from pages.ui.promises import contacts as promises_contacts
from pages.ui.promises.forms import LOGGED
from pages.ui.statements import statements_archive

view = frame.page_top(
    "Arrears",
    ("receivable_lines", "partials", "invoices", "invoice_lines", "payments", "customers", "services", "promises"),
)

if absent := freshness.absent(view, "receivable_lines"):
    # The page already says above what to install or whom to ask.
    st.markdown(f"Arrears: **{absent}**.")
    st.stop()

# The choices of the filters come from today's ledger, so that another day never takes a choice away.
todays = data.ledger(view, view.today, data.policy_of(view, "due_date"))
strip = st.container()
chosen = filters.draw(view, arrears_data.known_currencies(view, todays), todays.cities)
policy = data.policy_of(view, chosen.basis)
book = data.ledger(view, chosen.as_of, policy)
words = filters.described(view, chosen, policy)
listing.chips(words, filters.CLEARED)
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
partner_id = selection.asked_id(tiles.KEY)

if found.by_customer.empty:
    trusted.draw(trusted.instead(view, chosen.currency_id))
    alone = arrears_data.hiding(view, book, chosen, policy, words)
    tables.empty(
        f"open receivables on {formats.day(chosen.as_of)}",
        {name: words[name] for name in alone},
        clear=cleared(filters.CLEARED, alone),
        key="arrears_clear",
    )
    if partner_id is not None:
        listing.record_buttons(tiles.KEY, (), "", "close_customer", partial(selection.close, tiles.KEY))
        record.draw(view, book, partner_id, chosen, policy)
    st.stop()

with strip:
    tiles.figures(view, book, found, chosen, policy, words)
sort_names = filters.sorts(chosen, policy)
with listing.bar():
    shown = listing.view_choice(tiles.VIEW)
    st.markdown(f"**{formats.plural(found.customers, 'customer')}**", width="content")
    sort = st.selectbox(
        "Sort by",
        list(sort_names),
        format_func=sort_names.__getitem__,
        key="sort",
        bind="query-params",
        width=170,
        label_visibility="collapsed",
    )
    if sort == filters.NEXT_TO_CALL:
        explain(sort, as_of=chosen.as_of, filters=words)
    st.space("stretch")
    export_place = listing.export_menu()
to_call = None
if sort == filters.NEXT_TO_CALL:
    stays = partner_id if partner_id == st.session_state.get(LOGGED) else None
    to_call = arrears_data.next_to_call(view, found, chosen.as_of, stays or 0)
order = arrears_data.order_of(found, sort, to_call)
contacts = promises_contacts.by_customer(view, chosen.as_of)
columns = tiles.customer_columns(view, book, found, chosen, policy, contacts)


def export() -> pd.DataFrame:
    """Return every row of the table, from all of its pages."""
    return tiles.export(arrears_data.customer_rows(view, found, order, chosen.as_of, policy, contacts), columns, chosen)


with export_place:
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
if shown == listing.CHARTS:
    tiles.figures(view, book, found, chosen, policy, words, rest=True)
    tiles.ageing_charts(view, book, found, chosen, policy)
    st.stop()
left, right = listing.places()
with left:
    at = order[tables.page_of(len(order), key="page")]
    page = arrears_data.customer_rows(view, found, at, chosen.as_of, policy, contacts)
    table = tables.rows_key(selection.table_name(tiles.KEY), page[list(CUSTOMER_KEY)])
    tables.show(
        page,
        tiles.on_screen(columns, found),
        f"Customers who owe on {formats.day(chosen.as_of)}",
        key=table,
        on_pick=partial(selection.pick, tiles.KEY, page, "commercial_partner_id"),
        picked=selection.position_of(tiles.KEY, page, "commercial_partner_id"),
        fills=True,
    )
if partner_id is not None:
    with right:
        ids = page["commercial_partner_id"].tolist()
        listing.record_buttons(tiles.KEY, ids, table, "close_customer", partial(selection.close, tiles.KEY))
        record.draw(view, book, partner_id, chosen, policy)
