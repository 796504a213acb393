"""Payments: proofs of payment entered here, and the decision on every draft payment in Odoo."""

from __future__ import annotations

import streamlit as st

from pages.ui import freshness
from pages.ui.payments import data as payments_data
from pages.ui.payments import desk as payments_desk
from pages.ui.payments import enter as payments_enter
from pages.ui.session import access

DECIDE, ENTER = "Decide", "Enter a proof"

view = freshness.page_top("Payments", payments_data.FRAMES)
if why := freshness.absent(view, "payments"):
    st.info(f"Payments: {why}.", icon=":material/lock:")
    st.stop()

choices = [DECIDE, *([ENTER] if access.may("proof") else [])]
shown = st.segmented_control(
    "Show", choices, default=DECIDE, required=True, key="payments_show", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
if shown == ENTER:
    payments_enter.draw(view)
else:
    payments_desk.draw(view)
