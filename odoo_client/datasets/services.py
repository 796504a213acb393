"""Services: who subscribes to what, from the best source this Odoo has.

Enterprise subscriptions, else OCA contracts, else inferred from confirmed order lines whose product maps to a
technology and from what was invoiced for them; `inferred` marks the last wherever it is shown. Frame services:
service_id (str), source, inferred, model, record_id, name, partner_id, commercial_partner_id, company_id, product_id,
technology (category), status (category "active", "upcoming", "paused", "ended"), monthly_fee in currency_id (NaN: its
period is not known), period (category of `service_period.PERIODS`: where it is from, "unknown" with such a fee),
quantity (how many services of its product the fee is for), start_date, end_date, next_billing_date, bandwidth, usage
(both "Unlimited").

The hidden frames contracts and contract_lines are OCA's; Enterprise's fields travel with the orders frame (16 and
newer) or with `subscriptions` and `subscription_lines` (14 and 15).
"""

from __future__ import annotations

from odoo_client.datasets.base import Dataset, Missing, Plan, Probe, build_plan, column
from odoo_client.datasets.receivables import customer_domain
from odoo_client.rpc.columns import Domain

NO_CONTRACTS = "OCA contract is not installed in this Odoo: services come from elsewhere."
NO_SUBSCRIPTIONS = "Odoo's own subscriptions (14 and 15) are not installed: services come from elsewhere."

CONTRACT_COLUMNS = (
    column("contract_id", "id", "id"),
    column("name", "text"),
    column("code", "text"),
    column("partner_id", "id"),
    column("company_id", "id"),
    column("journal_id", "id"),
    column("pricelist_id", "id"),
    # The currency of a contract: its own (manual) one, else its price list's or journal's (see derive.py).
    column("currency_id", "id", "manual_currency_id"),
    column("computed_currency_id", "id", "currency_id"),
    column("active", "bool"),
    column("is_terminated", "bool"),
    column("terminate_date", "date"),
)
CONTRACT_LINE_COLUMNS = (
    column("line_id", "id", "id"),
    column("contract_id", "id"),
    column("product_id", "id"),
    column("name", "text"),
    column("quantity", "number"),
    column("subtotal", "money", "price_subtotal"),
    column("price_unit", "money"),
    column("discount_pct", "number", "discount"),
    column("rule", "code", "recurring_rule_type"),
    column("interval", "int", "recurring_interval"),
    column("date_start", "date"),
    column("date_end", "date"),
    column("next_date", "date", "recurring_next_date"),
    column("is_canceled", "bool"),
    column("display_type", "code"),
)
SUBSCRIPTION_COLUMNS = (
    column("subscription_id", "id", "id"),
    column("name", "text", "code", "name"),
    column("partner_id", "id"),
    column("company_id", "id"),
    column("currency_id", "id"),
    column("start_date", "date", "date_start"),
    column("end_date", "date", "date"),
    column("next_invoice_date", "date", "recurring_next_date"),
    column("recurring_monthly", "money"),
    column("stage_category", "code"),
)
SUBSCRIPTION_LINE_COLUMNS = (
    column("line_id", "id", "id"),
    column("subscription_id", "id", "analytic_account_id"),
    column("product_id", "id"),
    column("subtotal", "money", "price_subtotal"),
)


def keeps_services(probe: Probe) -> bool:
    """Return whether this Odoo has a module of subscriptions or contracts, so that services need not be inferred."""
    return (
        probe.has_field("sale.order", "is_subscription")
        or probe.has_model("contract.contract")
        or probe.has_model("sale.subscription")
    )


def _by_contract_partner(partner_ids: list[int]) -> Domain:
    return [["contract_id.partner_id", "in", list(partner_ids)]]


def contract_plan(probe: Probe) -> Plan | Missing:
    """Return the plan for OCA customer contracts; what they sell, not what they buy."""
    domain: Domain = [["contract_type", "=", "sale"]]
    return build_plan(
        probe, "contract.contract", CONTRACT_COLUMNS, domain, missing=NO_CONTRACTS, customer_domain=customer_domain
    )


def contract_line_plan(probe: Probe) -> Plan | Missing:
    """Return the plan for their lines; a line's state is computed by Odoo, so it is derived here from stored dates."""
    return build_plan(
        probe,
        "contract.line",
        CONTRACT_LINE_COLUMNS,
        [["contract_id.contract_type", "=", "sale"]],
        missing=NO_CONTRACTS,
        customer_domain=_by_contract_partner,
    )


def _subscriptions(probe: Probe) -> Plan | Missing:
    return build_plan(
        probe, "sale.subscription", SUBSCRIPTION_COLUMNS, missing=NO_SUBSCRIPTIONS, customer_domain=customer_domain
    )


def _subscription_lines(probe: Probe) -> Plan | Missing:
    return build_plan(probe, "sale.subscription.line", SUBSCRIPTION_LINE_COLUMNS, missing=NO_SUBSCRIPTIONS)


DATASETS = (
    Dataset("contracts", "services", contract_plan),
    Dataset("contract_lines", "services", contract_line_plan),
    Dataset("subscriptions", "services", _subscriptions),
    Dataset("subscription_lines", "services", _subscription_lines),
)
