"""What runs on every visit: the navigation, then the company filter, then the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from odoo_client.errors import AfinetError
from pages.ui import data

ASSETS = Path(__file__).parent / "ui" / "assets"
# A picture of our own: Streamlit fetches a `:material/…:` page icon from a font service.
st.set_page_config(page_title="AFINET Operations", page_icon=ASSETS / "glyph.svg", layout="wide")
st.logo(ASSETS / "logo.svg", icon_image=ASSETS / "glyph.svg", size="large")

page = st.navigation(
    [
        st.Page(
            "overview.py",
            title="Overview",
            icon=":material/dashboard:",
            default=True,
            help="Services, recurring revenue, arrears, tickets and orders on one page. Each tile opens its own page.",
        ),
        st.Page(
            "arrears.py",
            title="Arrears",
            icon=":material/account_balance_wallet:",
            help="Who owes how much and for how long, as of any day. Opens a customer's invoices and journal lines.",
        ),
        st.Page(
            "services.py",
            title="Services",
            icon=":material/router:",
            help="Starlink, fibre and wireless side by side: active, new and lost services and revenue over months.",
        ),
    ]
)

try:
    view = data.current_view()
except AfinetError:
    view = None  # The page itself says what is wrong.
if view is not None and len(view.company_names) > 1:
    with st.sidebar:
        st.selectbox(
            "Company",
            [data.ALL_COMPANIES, *view.company_names.values()],
            key="company",
            bind="query-params",
            help="Every figure on every page is of this company alone.",
        )

page.run()
