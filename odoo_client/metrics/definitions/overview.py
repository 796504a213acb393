"""What the Overview adds: what is new since yesterday, and this month against the months before."""

from __future__ import annotations

from odoo_client.metrics.definitions.base import Metric

METRICS = (
    Metric(
        "changed_since_yesterday",
        "Changed since yesterday",
        "Dated yesterday or today, where the provider is: money received; posted invoices, receipts and "
        "credit notes (negative); customers whose oldest overdue line became overdue then; tickets created, tickets "
        "closed; orders confirmed, orders whose last delivery was done; services by first and by last day, those "
        "still running today left out.",
        "records; money in one currency",
        "Odoo: account.payment, account.move, receivable lines, tickets, sale.order, stock.picking, services",
    ),
    Metric(
        "to_the_same_day",
        "This month to the same day",
        "From the first of this month up to today, against last month from its first to the same day (to its end where "
        "it is shorter). Billed, received, new services, tickets opened, orders confirmed, each as defined on its own "
        "page.",
        "records; money in one currency",
        "Odoo: account.move, account.payment, services, tickets, sale.order",
    ),
    Metric(
        "against_a_month_ago",
        "Against a month ago",
        "The figure as of today less the same figure as of the same day of last month, rebuilt from partial "
        "reconciliations since. Dispute marks are those of today, payments waiting for us those that still wait.",
        "money in one currency",
        "Odoo: posted journal items on receivable accounts not marked non-trade, partial reconciliations",
    ),
    Metric(
        "tickets_waiting_for_us",
        "Tickets waiting for us",
        "Open tickets whose stage is not one of those that wait for the customer (setting).",
        "tickets",
        "Odoo: helpdesk tickets, else project tasks; the stage patterns of the settings",
    ),
)
