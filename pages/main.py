"""What runs on every visit: the navigation, then the company filter, then the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from odoo_client.errors import AfinetError
from pages.ui import data, wallboard

ASSETS = Path(__file__).parent / "ui" / "assets"
# A picture of our own: Streamlit fetches a `:material/…:` page icon from a font service.
st.set_page_config(page_title="AFINET Operations", page_icon=ASSETS / "glyph.svg", layout="wide")
st.logo(ASSETS / "logo.svg", icon_image=ASSETS / "glyph.svg", size="large")

# A wallboard is looked at and not used: no navigation, no sidebar.
wall = wallboard.asked()
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
            "customers.py",
            title="Customers",
            icon=":material/person_search:",
            help="Find a customer by anything people know of them, and see everything of theirs on one page.",
        ),
        st.Page(
            "arrears.py",
            title="Arrears",
            icon=":material/account_balance_wallet:",
            help="Who owes how much and for how long, as of any day. Opens a customer's invoices and journal lines.",
        ),
        st.Page(
            "billing.py",
            title="Billing",
            icon=":material/receipt_long:",
            help="Received by method, billed against collected, days to pay, and payments without a customer.",
        ),
        st.Page(
            "services.py",
            title="Services",
            icon=":material/router:",
            help="Starlink, fibre and wireless side by side: active, new and lost services and revenue over months.",
        ),
        st.Page(
            "tickets.py",
            title="Tickets",
            icon=":material/support_agent:",
            help="Who waits for us and for how long: the queue, the backlog over time, first response and resolution.",
        ),
        st.Page(
            "orders.py",
            title="Orders",
            icon=":material/local_shipping:",
            help="The pipeline from quotation to invoice, time in each stage and the orders that are stuck.",
        ),
        st.Page(
            "products.py",
            title="Products",
            icon=":material/sell:",
            help="Plans and hardware with technology, price, active services and monthly revenue; what no rule maps.",
        ),
    ],
    position="hidden" if wall else "sidebar",
)

try:
    view = data.current_view()
except AfinetError:
    view = None  # The page itself says what is wrong.
if wall:
    st.session_state["company"] = st.query_params.get("company", data.ALL_COMPANIES)
elif view is not None and len(view.company_names) > 1:
    with st.sidebar:
        st.selectbox(
            "Company",
            [data.ALL_COMPANIES, *view.company_names.values()],
            key="company",
            bind="query-params",
            help="Every figure on every page is of this company alone.",
        )

page.run()
