"""Promises to pay: how one stands, and how many a customer kept."""

from __future__ import annotations

from odoo_client.metrics.definitions.base import Metric

_SOURCE = "Odoo: mail.activity on res.partner with the summary “Promise to pay USD 120.00”; account.payment"

METRICS = (
    Metric(
        "promise",
        "Promise to pay",
        "Open until the end of its day, where the provider is. Kept once money received from the customer in that "
        "currency (posted payments, and bank lines without one), dated from the day it was entered to its own day, "
        "reaches the amount; else broken. Refunds paid out are not taken off. Of several in one currency the one due "
        "first is paid first, and no money counts twice. One marked as done in Odoo by its day without the money is "
        "withdrawn: neither kept nor broken.",
        "money in one currency",
        _SOURCE,
    ),
    Metric(
        "promises_kept",
        "Promises kept and broken",
        "The customer's promises in any currency that are kept, and those that are broken. One cancelled in Odoo is "
        "gone, and so is one marked as done where Odoo deletes what is done (up to 18, unless its type keeps it).",
        "promises",
        _SOURCE,
    ),
)
