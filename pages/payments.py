"""Payments: proofs of payment entered here, and the decision on every draft payment in Odoo."""

from __future__ import annotations

import streamlit as st

from pages.ui import freshness, widgets
from pages.ui.payments import data as payments_data
from pages.ui.payments import desk as payments_desk
from pages.ui.payments import enter as payments_enter
from pages.ui.session import access

view = freshness.page_top("Payments", payments_data.FRAMES)
if why := freshness.absent(view, "payments"):
    st.info(f"Payments: {why}.", icon=":material/lock:")
    st.stop()

choices = [payments_data.DECIDE, *([payments_data.ENTER] if access.may("proof") else [])]
shown = widgets.one_of("Show", choices, "payments_show", payments_data.DECIDE, label_visibility="collapsed")
if shown == payments_data.ENTER:
    payments_enter.draw(view)
else:
    payments_desk.draw(view)
