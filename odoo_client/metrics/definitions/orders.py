"""Orders."""

from __future__ import annotations

from odoo_client.metrics.definitions.base import Metric

_ORDERS = "Odoo: sale.order (state, invoice_status), stock.picking, else delivery_status"
_DATES = (
    "Odoo: sale.order create_date and date_order, stock.picking date_done, posted invoices whose origin names the order"
)

METRICS = (
    Metric(
        "orders_in_progress",
        "Orders in progress",
        "Confirmed orders with a delivery not done (returns apart), something to invoice, or nothing delivered "
        "and nothing invoiced yet. Running subscriptions are services.",
        "orders",
        "Odoo: sale.order and its lines, stock.picking",
    ),
    Metric(
        "order_stage",
        "Orders by stage",
        "Cancelled, quotation and sent as Odoo says. A confirmed order is in delivery once some of its deliveries are "
        "done, delivered once all are, invoiced when Odoo has nothing left to invoice and everything is delivered, "
        "else confirmed. Returns and cancelled deliveries do not count; without deliveries an order goes from "
        "confirmed to invoiced. Running subscriptions are services and in no stage.",
        "orders",
        _ORDERS,
    ),
    Metric(
        "order_value",
        "Order value",
        "Sum of the orders' totals, tax included, each currency apart.",
        "money in one currency",
        "Odoo: sale.order amount_total",
    ),
    Metric("open_orders", "Open orders", "Quotations, sent quotations and orders in progress.", "orders", _ORDERS),
    Metric(
        "orders_to_invoice",
        "Orders to invoice",
        "Confirmed orders that Odoo says are to be invoiced, delivered or not. Running subscriptions are services.",
        "orders",
        "Odoo: sale.order invoice_status",
    ),
    Metric(
        "time_in_stage",
        "Time in stage",
        "Median and 90th percentile of the days orders stayed in a stage they left in the last 365 days. Quotation "
        "(sent included, which has no date): creation to order date. Confirmed: order date to first delivery, or to "
        "first invoice where nothing is delivered. In delivery: first to last delivery, where there were several. "
        "Delivered: last delivery to first invoice, where that came later. The age of open orders stands beside it.",
        "days",
        _DATES,
    ),
    Metric(
        "stuck_orders",
        "Stuck orders",
        "Open orders that have been in their stage for longer than 90% of the orders that left it in the last 365 "
        "days, and longer than 2 days. Not told for a stage that fewer than 10 orders left.",
        "orders",
        _DATES,
    ),
    Metric(
        "order_cycle_time",
        "Order cycle time",
        "Median and 90th percentile of the days from order date to last delivery, and to first invoice, of orders that "
        "got there in the last 365 days. Open orders are not in it: their age stands beside it.",
        "days",
        _DATES,
    ),
)
