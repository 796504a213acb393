"""Customers: who is one, and which of them need somebody."""

from __future__ import annotations

from odoo_client.metrics.definitions.base import Metric

_SOURCE = "Odoo: res.partner, and invoices, payments, receivable lines, services, tickets and orders on it"

METRICS = (
    Metric(
        "customers",
        "Customers",
        "Partners that are no contact of another one, with an invoice, payment, journal entry, service, ticket or "
        "order, or counted as a customer by Odoo. A company and its contacts count once, archived ones count too.",
        "customers",
        _SOURCE,
    ),
    Metric(
        "customers_with_services",
        "Customers with services",
        "Customers with at least one active service; one with services of several technologies counts once.",
        "customers",
        _SOURCE,
    ),
    Metric(
        "customers_overdue",
        "Customers overdue",
        "Customers with an overdue amount in any currency, archived ones too. In dispute or in payment still counts.",
        "customers",
        _SOURCE,
    ),
)
