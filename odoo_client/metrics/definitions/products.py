"""The catalogue."""

from __future__ import annotations

from odoo_client.metrics.definitions.base import Metric

METRICS: tuple[Metric, ...] = (
    Metric(
        "plans",
        "Plans",
        "Products that map to a technology and are no kit, router or fee, not archived or still in use.",
        "products",
        "Odoo: product.product, the technology rules of the settings",
    ),
    Metric(
        "off_list_customers",
        "Customers off list price",
        "Customers with an active service whose monthly fee for one differs by a cent or more from the product's list "
        "price in the same currency. A fee in another currency than the list is not compared and counted apart; one "
        "whose period is not known is not compared.",
        "customers",
        "Odoo: subscriptions or contract lines, else orders; product.product list_price",
    ),
    Metric(
        "unmapped_products",
        "Unmapped products",
        "Products, goods apart, that match neither TECHNOLOGY_RULES nor NOT_SERVICE_PATTERN and are not archived, or "
        "were sold in the last 365 days, or are in use. Listed with them: active services whose fee's period is not "
        "known.",
        "products",
        "Odoo: product.product, the settings TECHNOLOGY_RULES and NOT_SERVICE_PATTERN",
    ),
)
