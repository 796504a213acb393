"""Which documents are on accounts that are no customer's debt: receivable accounts marked non-trade in Odoo.

Their lines are in no ledger frame, so only what Odoo keeps on the document itself would still show them.
"""

from __future__ import annotations

import numpy as np

from odoo_client.frames.arrays import BoolArray, FrameSource, IntArray, ints


def owed_by_customers(source: FrameSource, move_ids: IntArray) -> BoolArray:
    """Return which posted documents are a customer's debt or credit: all but those without a receivable line.

    Where no account is marked non-trade, every document is.
    """
    accounts = source.frame("accounts")
    # A snapshot of an older release does not say.
    if "non_trade" not in accounts.columns or not accounts["non_trade"].any():
        return np.ones(len(move_ids), dtype=np.bool_)
    return np.isin(move_ids, ints(source.frame("receivable_lines"), "move_id"))
