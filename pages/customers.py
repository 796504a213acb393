"""Find a customer by anything people know about them, and see everything about them on one page."""

from __future__ import annotations

import streamlit as st

from odoo_client.errors import CustomerLookupError
from pages.ui import customer_list, frame, selection, widgets
from pages.ui.customers import header
from pages.ui.customers.sections import SECTIONS

view = frame.page_top(
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

text = header.search_box(view)
asked = st.query_params.get("customer", "")
found = None
if asked:
    partner_id = selection.number_of(asked)
    try:
        found = None if partner_id is None else customer_list.dashboard_of(view, partner_id)
    except CustomerLookupError as exc:
        header.unknown(exc.sentence)
    else:
        if found is None:
            header.unknown("The address names a customer by something that is no number. Search by name instead.")

if found is None:
    if not text:
        header.list_tiles(view, customer_list.groups(view))
    group = header.choose_group(view)
    header.draw_list(view, customer_list.found(view, text, customer_list.GROUPS[group]), text, group)
    st.stop()

header.header(view, found)
section = widgets.one_of("Section", SECTIONS.keys(), "section", "Services", label_visibility="collapsed")
SECTIONS.get(section, SECTIONS["Services"])(view, found)
