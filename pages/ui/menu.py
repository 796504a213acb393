"""The pages of the app, as the navigation shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: What Streamlit calls the first page, whichever that is: its address is the root.
ROOT = "first"
#: Name (which is also its file, its address and its key in the table of roles) → title, icon, what it is for.
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
    "payments": (
        "Payments",
        "fact_check",
        "Proofs of payment: enter one, decide on those that wait, and watch arrears fall.",
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
    "contacts": (
        "Contacts",
        "contact_page",
        "Customer data to put right: e-mail, phone, duplicates; and portal accounts linked to customers.",
    ),
    "outbox": ("Outbox", "outbox", "What was entered here for Odoo: waiting, sent, done or failed, with the reason."),
    "audit": (
        "Audit",
        "policy",
        "Who signed in, was refused, exported, made statements or wrote into Odoo: when and from where.",
    ),
}
#: The pages people open every day; the others stand under "More".
DAILY = ("overview", "customers", "arrears", "billing", "payments", "services", "tickets", "orders")
#: What a page is about, by its dataset: where Odoo lacks the module, only administrators need the page, which says what
#: to install.
ABOUT: Final[Mapping[str, str]] = {
    "arrears": "receivable_lines",
    "billing": "invoices",
    "payments": "payments",
    "services": "services",
    "tickets": "tickets",
    "orders": "orders",
    "products": "products",
}


def is_listed(page: str, states: Mapping[str, str], *, opens: bool, administers: bool) -> bool:
    """Return whether a page stands in the menu of who `opens` it; `states` are those of the datasets, by name."""
    return opens and (administers or states.get(ABOUT.get(page, "")) != "missing")
