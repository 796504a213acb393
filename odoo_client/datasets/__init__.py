"""Every dataset of a snapshot, in the order they are read: a later one may ask for an earlier one's frame."""

from __future__ import annotations

from odoo_client.datasets import (
    customers,
    invoices,
    messages,
    money_lines,
    orders,
    partials,
    payments,
    periods,
    products,
    promises,
    receivables,
    reference,
    services,
    tickets,
)
from odoo_client.datasets.base import Column, Dataset, Missing, Plan, Probe

DATASETS: tuple[Dataset, ...] = (
    *reference.DATASETS,
    *customers.DATASETS,
    *products.DATASETS,
    *periods.DATASETS,
    *receivables.DATASETS,
    *partials.DATASETS,
    *invoices.DATASETS,
    *payments.DATASETS,
    *money_lines.DATASETS,
    *orders.DATASETS,
    *services.DATASETS,
    *tickets.DATASETS,
    *messages.DATASETS,
    *promises.DATASETS,
)

__all__ = ["DATASETS", "Column", "Dataset", "Missing", "Plan", "Probe"]
