"""Every metric's name, formula, unit and source, a module for each subject."""

from __future__ import annotations

from odoo_client.metrics.definitions import (
    collections,
    customers,
    orders,
    overview,
    products,
    promises,
    receivables,
    services,
    tickets,
)
from odoo_client.metrics.definitions.base import Metric

ALL: tuple[Metric, ...] = (
    *receivables.METRICS,
    *promises.METRICS,
    *services.METRICS,
    *collections.METRICS,
    *customers.METRICS,
    *tickets.METRICS,
    *orders.METRICS,
    *products.METRICS,
    *overview.METRICS,
)

__all__ = ["ALL", "Metric"]
