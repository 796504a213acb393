"""What runs on every visit: who looks, the navigation, the company filter, then the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from odoo_client.errors import AfinetError, ConfigError, ForbiddenError
from pages.ui import access, data, wallboard

#: Name, which is its file, its address and its name in the table of roles → title, icon, what it is for.
PAGES = {
    "overview": (
        "Overview",
        "dashboard",
        "Services, recurring revenue, arrears, tickets and orders on one page. Each tile opens its own page.",
    ),
    "customers": (
        "Customers",
        "person_search",
        "Find a customer by anything people know of them, and see everything of theirs on one page.",
    ),
    "arrears": (
        "Arrears",
        "account_balance_wallet",
        "Who owes how much and for how long, as of any day. Opens a customer's invoices and journal lines.",
    ),
    "billing": (
        "Billing",
        "receipt_long",
        "Received by method, billed against collected, days to pay, and payments without a customer.",
    ),
    "services": (
        "Services",
        "router",
        "Starlink, fibre and wireless side by side: active, new and lost services and revenue over months.",
    ),
    "tickets": (
        "Tickets",
        "support_agent",
        "Who waits for us and for how long: the queue, the backlog over time, first response and resolution.",
    ),
    "orders": (
        "Orders",
        "local_shipping",
        "The pipeline from quotation to invoice, time in each stage and the orders that are stuck.",
    ),
    "products": (
        "Products",
        "sell",
        "Plans and hardware with technology, price, active services and monthly revenue; what no rule maps.",
    ),
    "audit": (
        "Audit",
        "policy",
        "Who signed in, was refused, exported, made statements or wrote into Odoo: when and from where.",
    ),
}
ASSETS = Path(__file__).parent / "ui" / "assets"
# A picture of our own: Streamlit fetches a `:material/…:` page icon from a font service.
st.set_page_config(page_title="AFINET Operations", page_icon=ASSETS / "glyph.svg", layout="wide")
st.logo(ASSETS / "logo.svg", icon_image=ASSETS / "glyph.svg", size="large")

# Before anything is read: who looks, and what is theirs.
try:
    found = access.guard()
except ConfigError as exc:
    st.title("AFINET Operations", anchor=False)
    st.error(exc.sentence, title="A setting is missing or wrong", icon=":material/settings_alert:")
    st.stop()
# A wallboard is looked at and not used: no navigation, no sidebar.
wall = wallboard.asked()
page = st.navigation(
    [
        st.Page(
            f"{name}.py",
            title=title,
            icon=f":material/{icon}:",
            default=name == found.access.first_page,
            help=about,
            # In no menu, but there: opened by its address it is refused by the same rule.
            visibility="visible" if found.access.opens(name) else "hidden",
        )
        for name, (title, icon, about) in PAGES.items()
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
if not wall:
    access.sidebar(found)

name = next(name for name, (title, _icon, _about) in PAGES.items() if title == page.title)
try:
    access.open_page(found, name)
except ForbiddenError as exc:
    st.title(page.title, anchor=False)
    st.error(exc.sentence, title="Not yours to open", icon=":material/lock:")
    st.stop()
page.run()
