"""Find a customer by anything people know of them, and see everything of theirs on one page."""

from __future__ import annotations

import streamlit as st

from odoo_client.errors import CustomerLookupError
from pages.ui import customer_list as data
from pages.ui import freshness, widgets
from pages.ui import selection as opened
from pages.ui.customers import header as parts
from pages.ui.customers.sections import SECTIONS

view = freshness.page_top(
    "Customers",
    (
        "customers",
        "services",
        "invoices",
        "payments",
        "receivable_lines",
        "partials",
        "tickets",
        "orders",
        "deliveries",
    ),
)

text = parts.search_box(view)
asked = st.query_params.get("customer", "")
found = None
if asked:
    partner_id = opened.number_of(asked)
    try:
        found = None if partner_id is None else data.dashboard_of(view, partner_id)
    except CustomerLookupError as exc:
        parts.unknown(exc.sentence)
    else:
        if found is None:
            parts.unknown("The address names a customer by something that is no number. Search by name instead.")

if found is None:
    if not text:
        parts.list_tiles(view, data.groups(view))
    group = parts.choose_group(view)
    parts.customer_list(view, data.found(view, text, data.GROUPS[group]), text, group)
    st.stop()

parts.header(view, found)
section = widgets.one_of("Section", SECTIONS.keys(), "section", "Services", label_visibility="collapsed")
SECTIONS.get(section, SECTIONS["Services"])(view, found)
