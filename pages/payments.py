"""Payments: proofs of payment entered here, and the decision on every draft payment in Odoo."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, freshness, widgets
from pages.ui.payments import data as payments_data
from pages.ui.payments import desk as payments_desk
from pages.ui.payments import enter as payments_enter
from pages.ui.session import access
from pages.ui.view import View


def offers(_view: View) -> None:
    """Draw the choice between deciding and entering."""
    choices = [payments_data.DECIDE, *([payments_data.ENTER] if access.may("proof") else [])]
    widgets.one_of("Show", choices, "payments_show", payments_data.DECIDE, label_visibility="collapsed")


view = frame.page_top("Payments", payments_data.FRAMES, offers=offers)
if why := freshness.absent(view, "payments"):
    st.info(f"Payments: {why}.", icon=":material/lock:")
    st.stop()

if st.session_state.get("payments_show") == payments_data.ENTER:
    payments_enter.draw(view)
else:
    payments_desk.draw(view)
