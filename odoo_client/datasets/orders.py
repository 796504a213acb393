"""Orders, their lines and their deliveries.

Model `sale.order`. Frame orders: order_id, name, partner_id, company_id, currency_id, state ("draft", "sent", "sale",
"cancel"; the locked "done" up to 16 is "sale"), invoice_status, delivery_status (from 16 with stock, else ""),
create_date, date_order, commitment_date, effective_date (UTC), salesperson_id, client_ref, amount_untaxed,
amount_total, and for Enterprise subscriptions: subscription (bool), subscription_state, start_date, end_date,
next_invoice_date, recurring_monthly. Model `sale.order.line`. Frame order_lines: line_id, order_id, product_id,
quantity, unit_id, qty_delivered, qty_invoiced, price_unit, discount_pct, subtotal, currency_id, period_start,
period_end (see `datasets/periods.py`).

Model `stock.picking` linked to an order. Frame deliveries: picking_id, name, order_id, state, kind ("outgoing",
"incoming", "internal"), scheduled_date, date_done, partner_id, company_id. A company that only sells services has no
deliveries, and is told so.
"""

from __future__ import annotations

import pandas as pd

from odoo_client.datasets.base import Dataset, Missing, Plan, Probe, build_plan, column
from odoo_client.datasets.periods import period_columns, with_periods
from odoo_client.datasets.receivables import customer_domain
from odoo_client.rpc.columns import Domain

NO_SALES = "Sales is not installed in this Odoo, so there are no orders to show: install Sales (sale_management)."
NO_STOCK = "Inventory is not installed in this Odoo, so orders have no deliveries: install Inventory (sale_stock)."

COLUMNS = (
    column("order_id", "id", "id"),
    column("name", "text"),
    column("partner_id", "id"),
    column("company_id", "id"),
    column("currency_id", "id"),
    column("state", "code"),
    column("invoice_status", "code"),
    column("delivery_status", "code"),
    column("create_date", "datetime"),
    column("date_order", "datetime"),
    column("commitment_date", "datetime"),
    column("effective_date", "datetime"),
    column("salesperson_id", "id", "user_id"),
    column("client_ref", "text", "client_order_ref"),
    column("amount_untaxed", "money"),
    column("amount_total", "money"),
    column("subscription", "bool", "is_subscription"),
    column("subscription_state", "code", "subscription_state", "stage_category"),
    column("start_date", "date"),
    column("end_date", "date"),
    column("next_invoice_date", "date"),
    column("recurring_monthly", "money"),
)
LINE_COLUMNS = (
    column("line_id", "id", "id"),
    column("order_id", "id"),
    column("product_id", "id"),
    column("quantity", "number", "product_uom_qty"),
    column("unit_id", "id", "product_uom_id", "product_uom"),
    column("qty_delivered", "number"),
    column("qty_invoiced", "number"),
    column("price_unit", "money"),
    column("discount_pct", "number", "discount"),
    column("subtotal", "money", "price_subtotal"),
    column("currency_id", "id"),
)
PICKING_COLUMNS = (
    column("picking_id", "id", "id"),
    column("name", "text"),
    column("order_id", "id", "sale_id"),
    column("state", "code"),
    column("picking_type_id", "id"),
    column("scheduled_date", "datetime"),
    column("date_done", "datetime"),
    column("partner_id", "id"),
    column("company_id", "id"),
)
PICKING_TYPE_COLUMNS = (column("picking_type_id", "id", "id"), column("kind", "code", "code"))


def _by_order_partner(partner_ids: list[int]) -> Domain:
    return [["order_id.partner_id", "in", list(partner_ids)]]


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for orders."""

    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(state=frame["state"].replace({"done": "sale"}))

    return build_plan(probe, "sale.order", COLUMNS, missing=NO_SALES, customer_domain=customer_domain, finish=finish)


def line_plan(probe: Probe) -> Plan | Missing:
    """Return the plan for order lines that sell something (sections and notes have a display_type)."""
    return build_plan(
        probe,
        "sale.order.line",
        (*LINE_COLUMNS, *period_columns(probe, "sale.order.line")),
        [["display_type", "=", False]],
        missing=NO_SALES,
        customer_domain=_by_order_partner,
        finish=with_periods,
    )


def picking_plan(probe: Probe) -> Plan | Missing:
    """Return the plan for deliveries that belong to an order."""
    linked = probe.has_field("stock.picking", "sale_id")
    return build_plan(
        probe,
        "stock.picking",
        PICKING_COLUMNS,
        [["sale_id", "!=", False]],
        absent="" if linked else NO_STOCK if probe.has_model("sale.order") else NO_SALES,
        customer_domain=customer_domain,
    )


def _picking_types(probe: Probe) -> Plan | Missing:
    return build_plan(probe, "stock.picking.type", PICKING_TYPE_COLUMNS, missing=NO_STOCK)


DATASETS = (
    Dataset("orders", "orders", plan),
    Dataset("order_lines", "orders", line_plan),
    Dataset("picking_types", "orders", _picking_types, small=True),
    Dataset("deliveries", "orders", picking_plan),
)
