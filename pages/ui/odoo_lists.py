"""Which of Odoo's own lists holds the records behind a figure: what "Explain" opens.

Lists are named by the XML id of their window action. Those of Community and OCA are the same in 14 and 19 (a test looks
them up in both); those of Enterprise are named as in its own code. A list opens with Odoo's default filters: it shows
the kind of record behind a figure, not the figure's exact rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from odoo_client.datasets import tickets
from odoo_client.metrics.registry import metric
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync.derive_services import SOURCE_NAMES
from pages.ui import links


@dataclass(frozen=True)
class OdooList:
    """One of Odoo's lists: what a reader calls it, the window action that opens it, and the model of its records."""

    name: str
    action: str
    model: str


ORDERS = OdooList("Sales orders", "sale.action_orders", "sale.order")
LISTS: Mapping[str, OdooList] = {
    "journal_items": OdooList("Journal items", "account.action_account_moves_all", "account.move.line"),
    "invoices": OdooList("Customer invoices", "account.action_move_out_invoice_type", "account.move"),
    "payments": OdooList("Customer payments", "account.action_account_payments", "account.payment"),
    "orders": ORDERS,
    "quotations": OdooList("Quotations", "sale.action_quotations", "sale.order"),
    "deliveries": OdooList("Transfers", "stock.action_picking_tree_all", "stock.picking"),
    "products": OdooList("Products", "product.product_template_action_all", "product.template"),
    "customers": OdooList("Customers", "account.res_partner_action_customer", "res.partner"),
    "activities": OdooList("Activities", "mail.mail_activity_action", "mail.activity"),
    "currencies": OdooList("Currencies and rates", "base.action_currency_form", "res.currency"),
}
#: The lists of tickets and services depend on what this Odoo has: by the source its snapshot names.
TICKET_LISTS: Mapping[str, OdooList] = {
    tickets.SOURCE_NAMES["oca"]: OdooList("Tickets", "helpdesk_mgmt.helpdesk_ticket_action", "helpdesk.ticket"),
    tickets.SOURCE_NAMES["enterprise"]: OdooList(
        "Tickets", "helpdesk.helpdesk_ticket_action_main_tree", "helpdesk.ticket"
    ),
    tickets.SOURCE_NAMES["tasks"]: OdooList("Tasks", "project.action_view_all_task", "project.task"),
}
SERVICE_LISTS: Mapping[str, OdooList] = {
    SOURCE_NAMES["enterprise"]: OdooList("Subscriptions", "sale_subscription.sale_subscription_action", "sale.order"),
    SOURCE_NAMES["oca_contract"]: OdooList("Contracts", "contract.action_customer_contract", "contract.contract"),
    SOURCE_NAMES["inferred"]: ORDERS,
}
#: The list behind each metric: a key of `LISTS`, or "tickets" or "services".
BEHIND: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("residual", "ageing", "ageing_by_invoice_date", "overdue", "unallocated", "balance", "disputed"),
            *(
                "net_to_chase",
                "next_to_call",
                "oldest_days",
                "arrears_by_technology",
                "days_to_pay",
                "average_days_to_pay",
            ),
            *("collection_effectiveness", "countback_dso", "best_possible_dso", "simple_dso"),
        ),
        "journal_items",
    ),
    **dict.fromkeys(("in_payment", "billed", "recurring_revenue", "revenue_per_service"), "invoices"),
    **dict.fromkeys(
        (
            *("last_payment", "received", "collected", "payments_without_customer", "unallocated_payments"),
            "under_review",
        ),
        "payments",
    ),
    **dict.fromkeys(
        ("active_services", "new_services", "lost_services", "migrations", "net_adds", "churn_rate", "mrr"), "services"
    ),
    "converted": "currencies",
    **dict.fromkeys(
        (
            *("open_tickets", "unassigned_tickets", "tickets_waiting_for_us", "tickets_without_reply", "longest_wait"),
            *("tickets_opened", "tickets_closed", "ticket_backlog", "first_response", "resolution_time"),
        ),
        "tickets",
    ),
    **dict.fromkeys(
        (
            *("orders_in_progress", "order_stage", "order_value", "open_orders", "orders_to_invoice"),
            *("time_in_stage", "stuck_orders", "order_cycle_time"),
        ),
        "orders",
    ),
    **dict.fromkeys(("plans", "unmapped_products"), "products"),
    "off_list_customers": "services",
    **dict.fromkeys(
        (
            *("customers", "customers_with_services", "customers_overdue", "customer_data", "customer_email"),
            *("customer_phone", "customer_duplicates", "archived_with_debt", "portal_links"),
        ),
        "customers",
    ),
    # It has several kinds of records, most of them in the ledger.
    **dict.fromkeys(("changed_since_yesterday", "to_the_same_day"), "invoices"),
    "against_a_month_ago": "journal_items",
    **dict.fromkeys(("promise", "promises_kept"), "activities"),
}


def ticket_model(snapshot: Snapshot) -> str:
    """Return the model of the tickets, for links into Odoo."""
    info = snapshot.info.get("tickets")
    return TICKET_LISTS.get(info.source if info else "", TICKET_LISTS[tickets.SOURCE_NAMES["oca"]]).model


def list_of(snapshot: Snapshot, what: str) -> OdooList | None:
    """Return the list `what` as this Odoo has it, None where it has no such module."""
    if what in ("tickets", "services"):
        info = snapshot.info.get(what)
        known = TICKET_LISTS if what == "tickets" else SERVICE_LISTS
        return known.get(info.source) if info is not None and info.state != "missing" else None
    return LISTS.get(what)


def behind(snapshot: Snapshot, metric_key: str) -> tuple[str, str]:
    """Return name and address of Odoo's list behind a metric, ("", "") where there is none to open."""
    found = list_of(snapshot, BEHIND.get(metric(metric_key).key, ""))
    url = links.list_url(snapshot.meta, found.action) if found is not None else ""
    return (found.name, url) if found is not None and url else ("", "")
