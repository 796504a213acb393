"""Customer data to put right (e-mail, phone, duplicates, archived with debt), and portal accounts of customers."""

from __future__ import annotations

import streamlit as st

from pages.ui import freshness
from pages.ui.contacts import check as contacts_check
from pages.ui.contacts import portal_links as contacts_links

SEGMENTS = {"Check": contacts_check.draw, "Portal links": contacts_links.draw}

view = freshness.page_top("Contacts", ("customers", "receivable_lines"))
segment = st.segmented_control(
    "Part",
    list(SEGMENTS),
    default="Check",
    required=True,
    key="contacts_part",
    bind="query-params",
    label_visibility="collapsed",
)
SEGMENTS.get(segment or "Check", contacts_check.draw)(view)
