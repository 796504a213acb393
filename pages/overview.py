"""The whole provider on one page: services, recurring revenue, arrears, tickets, orders. A tile opens its page."""

from __future__ import annotations

from pages.ui import data, freshness
from pages.ui import overview_parts as parts

MONTHS = 12

view = freshness.page_top(
    "Overview",
    ("services", "receivable_lines", "invoices", "invoice_lines", "payments", "tickets", "orders", "deliveries"),
)
book = data.ledger(view, view.today, data.policy_of(view, "due_date"))
subscribers = data.subscribers(view, MONTHS)

owed = parts.owed(view, book)

parts.tiles(view, owed, subscribers, data.desk(view))
parts.arrears_bars(view, owed)
parts.service_charts(view, subscribers)
parts.largest_debts(view, owed)
