"""Pure functions from a snapshot's frames to the figures on the pages: frames in, frames out, no I/O and no Streamlit.

Every amount stays within its `currency_id`; only `convert` changes a currency, and says at which rate.
"""

from __future__ import annotations

from odoo_client.errors import ConversionError, MissingCurrencyError, MissingRateError, MixedCurrencyError
from odoo_client.frames.arrays import FrameSource, knows
from odoo_client.metrics.ageing import (
    COUNTS,
    CUSTOMER_KEY,
    FIGURES,
    LineFilter,
    ageing_by_customer,
    ageing_money,
    ageing_totals,
    bucket_amounts,
    counted,
    filter_lines,
    overdue_history,
)
from odoo_client.metrics.attribution import split_by_technology
from odoo_client.metrics.convert import (
    Amount,
    Converted,
    RateUsed,
    convert,
    currency_id_of,
    single_total,
)
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.customers import customer_facts, customer_table
from odoo_client.metrics.definitions import Metric
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.orders import OrderCounts, order_counts, orders_in_progress
from odoo_client.metrics.policy import NOT_DUE, UNALLOCATED, AgeingPolicy
from odoo_client.metrics.promises import promise_states, promises_by_customer
from odoo_client.metrics.registry import METRICS, Explanation, explain, metric
from odoo_client.metrics.revenue import mrr_now, recurring_revenue_by_month, revenue_per_service
from odoo_client.metrics.services import (
    service_movements,
    services_by_month,
    services_now,
    summarise_services,
    undated,
)
from odoo_client.metrics.tickets import TicketCounts, open_tickets, ticket_counts
from odoo_client.metrics.under_review import is_under_review, payments_under_review

__all__ = [
    "COUNTS",
    "CUSTOMER_KEY",
    "FIGURES",
    "METRICS",
    "NOT_DUE",
    "UNALLOCATED",
    "AgeingPolicy",
    "Amount",
    "ConversionError",
    "Converted",
    "Currencies",
    "Explanation",
    "FrameSource",
    "LedgerIndex",
    "LineFilter",
    "Metric",
    "MissingCurrencyError",
    "MissingRateError",
    "MixedCurrencyError",
    "OrderCounts",
    "RateUsed",
    "TicketCounts",
    "ageing_by_customer",
    "ageing_money",
    "ageing_totals",
    "bucket_amounts",
    "convert",
    "counted",
    "currency_id_of",
    "customer_facts",
    "customer_table",
    "explain",
    "filter_lines",
    "is_under_review",
    "knows",
    "metric",
    "mrr_now",
    "open_lines",
    "open_tickets",
    "order_counts",
    "orders_in_progress",
    "overdue_history",
    "payments_under_review",
    "promise_states",
    "promises_by_customer",
    "recurring_revenue_by_month",
    "revenue_per_service",
    "service_movements",
    "services_by_month",
    "services_now",
    "single_total",
    "split_by_technology",
    "summarise_services",
    "ticket_counts",
    "undated",
]
