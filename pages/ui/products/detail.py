"""One product on the Products page: what it is, the rule it lacks, and who pays what for it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.documents.amounts import Amounts
from odoo_client.frames.arrays import BoolArray, ints
from odoo_client.metrics import labels
from odoo_client.metrics.catalogue import KINDS, pattern_for, period_unknown, rule_for
from pages.ui import formats, links, selection, tables
from pages.ui.exports import downloads
from pages.ui.navigation import open_customer
from pages.ui.products.tiles import PRODUCT_MODEL, ProductsPage, service_columns, service_rows

#: The product that is open, in the address.
KEY = "product"


def detail(shown: ProductsPage, asked: str) -> None:
    """Draw the product asked for, or say that there is none with that number."""
    at = selection.position_of(KEY, shown.found.products, "product_id")
    if at is None:
        st.warning(
            f"There is no product {formats.plain(asked)} here: it may have been deleted in Odoo.",
            icon=":material/link_off:",
        )
        return
    product = shown.found.products.iloc[at]
    with st.container(border=True):
        _header(shown, product)
        _facts(shown, product)
        if product["unmapped"]:
            st.caption(
                "No rule of the settings knows this product. An entry for `TECHNOLOGY_RULES`, if it is a service:"
            )
            st.code(rule_for(product["name"]), language="json", wrap_lines=True)
            st.caption("To add to `NOT_SERVICE_PATTERN`, if it is none:")
            st.code(pattern_for(product["name"]), language="text", wrap_lines=True)
        mask = ints(shown.found.prices, "product_id") == product["product_id"]
        services(shown, mask, f"Active services of {product['name']}", "product_detail")


def _header(shown: ProductsPage, product: pd.Series) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(formats.plain(product["name"]), anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            url = links.record_url(shown.view.snapshot.meta, PRODUCT_MODEL, int(product["product_id"]))
            selection.draw_buttons(url, "product_close", partial(selection.close, KEY))


def _facts(shown: ProductsPage, product: pd.Series) -> None:
    view = shown.view
    words = [
        f"{KINDS[str(product['kind'])]} · {labels.technology(str(product['technology']))}",
        f"List price **{formats.plain(view.money(product['list_price'], product['currency_id']))}**",
    ]
    if why := shown.services_absent:
        words.append(f"Services: {why}")
    else:
        words.append(formats.plural(int(product["active_services"]), "active service"))
        words.append(f"{formats.plural(int(product['off_list_customers']), 'customer')} off list price")
    if product["starlink"]:
        words.insert(0, ":violet-badge[:material/satellite_alt: Starlink]")
    if product["other_currency_services"]:
        count = formats.plural(int(product["other_currency_services"]), "service")
        words.append(f"{count} in another currency, not compared")
    if product["code"]:
        words.append(f"Code {formats.plain(product['code'])}")
    if not product["active"]:
        words.append("archived in Odoo" + (", still in use" if product["archived_in_use"] else ""))
    st.markdown(" · ".join(words))


def periods(shown: ProductsPage) -> None:
    """Draw the services whose fee has an unknown period, for the products kept, and how to make it known."""
    mask = shown.services(shown.keep) & period_unknown(shown.found.prices)
    if not mask.any():
        return
    st.subheader(labels.PERIOD_NOT_KNOWN, anchor=False)
    st.caption(
        "How long the price of these services is for cannot be told from their orders and invoices, so they count in "
        "no monthly revenue. In Odoo, sell the plan in a unit called Month(s), Quarter(s) or Year(s), or write the "
        "period into the line: 1 Jan 2026 - 31 Dec 2026."
    )
    services(shown, mask, "Services whose period is not known", "product_period")


def services(shown: ProductsPage, mask: BoolArray, title: str, key: str) -> None:
    """Draw the active services of `mask` beside their list price; a row opens its customer."""
    count = int(mask.sum())
    if why := shown.services_absent:
        st.caption(f"Who pays what: {why}.")
        return
    if not count:
        st.caption("No active service.")
        return
    at = np.flatnonzero(mask)[tables.page_of(count, key=f"{key}_page")]
    page = np.zeros(len(mask), dtype=np.bool_)
    page[at] = True
    rows = service_rows(shown, page)
    columns = service_columns(service_rows(shown, mask) if count > len(rows) else rows)
    tables.show(
        rows, columns, title, key=tables.rows_key(key, rows[["partner_id"]]), on_pick=partial(open_customer, rows)
    )
    st.caption(f"{formats.plural(count, 'active service')}. Choose a row to open its customer.")
    downloads(
        shown.view,
        lambda: tables.exported(service_rows(shown, mask), columns),
        title=title,
        name="services-and-list-prices",
        rows=count,
        key=f"{key}_export",
        filters={"Company": shown.view.company_words} if shown.view.company_words else {},
        money=("Monthly fee",),
        amounts=Amounts(
            headings=("Monthly fee", "Fee for one", "List price", "Fee less list"),
            currency_of={"List price": "List currency"},
        ),
    )
