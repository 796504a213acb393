"""Orders that are confirmed and not finished, for the Overview."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import FrameSource, flags, floats, ints, is_code
from odoo_client.metrics.pipeline import delivery_codes


@dataclass(frozen=True)
class OrderCounts:
    """Orders in progress, and of these those with something to deliver or to invoice (one order can be both)."""

    in_progress: int
    to_deliver: int
    to_invoice: int


def orders_in_progress(source: FrameSource) -> pd.DataFrame:
    """Return confirmed orders that are not finished: the columns of the frame `orders` plus to_deliver, to_invoice
    bool.

    To deliver: deliveries not all done (see `pipeline.delivery_codes`). To invoice: so says Odoo. An order with neither
    is in progress only while nothing of it was delivered or invoiced. A running subscription is a service, not an order
    in progress.
    """
    orders = source.frame("orders")
    confirmed = is_code(orders, "state", "sale", "done") & ~flags(orders, "subscription")
    order_ids = ints(orders, "order_id")
    to_deliver = np.isin(delivery_codes(source), (1, 2))
    to_invoice = is_code(orders, "invoice_status", "to invoice")
    lines = source.frame("order_lines")
    begun = (floats(lines, "qty_delivered") != 0) | (floats(lines, "qty_invoiced") != 0)
    untouched = is_code(orders, "invoice_status", "no") & ~np.isin(order_ids, ints(lines, "order_id")[begun])
    in_progress = confirmed & (to_deliver | to_invoice | untouched)
    chosen = orders[in_progress].reset_index(drop=True)
    return chosen.assign(to_deliver=to_deliver[in_progress], to_invoice=to_invoice[in_progress])


def order_counts(orders: pd.DataFrame) -> OrderCounts:
    """Return the counts of `orders`, as `orders_in_progress` gives them (all, or those a filter left)."""
    return OrderCounts(len(orders), int(flags(orders, "to_deliver").sum()), int(flags(orders, "to_invoice").sum()))
