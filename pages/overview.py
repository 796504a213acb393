"""Each role's first question on one screen, what is new since yesterday, and this month against the last one."""

from __future__ import annotations

from pages.ui import frame
from pages.ui import view as data
from pages.ui.overview import board as overview_board
from pages.ui.overview import changes as overview_changes
from pages.ui.overview import charts as overview_charts
from pages.ui.overview import data as overview_data
from pages.ui.overview import tiles as overview_tiles

MONTHS = 12

view = frame.page_top(
    "Overview",
    ("services", "receivable_lines", "invoices", "invoice_lines", "payments", "tickets", "orders", "deliveries"),
)
policy = data.policy_of(view, "due_date")
book = data.ledger(view, view.today, policy)
shown = overview_tiles.OverviewPage(
    view,
    overview_charts.owed(view, book, policy),
    overview_data.past(view, book, policy),
    data.subscribers(view, MONTHS),
    overview_data.lately(view),
)

overview_changes.strip(shown)
overview_changes.rows_behind(shown, monthly=False)
overview_board.tiles(shown)
overview_changes.month(shown)
overview_changes.rows_behind(shown, monthly=True)
overview_charts.arrears_bars(view, shown.owed)
overview_charts.service_charts(shown.subscribers)
overview_charts.largest_debts(view, shown.owed)
