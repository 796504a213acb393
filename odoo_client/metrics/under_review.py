"""Payments under review: drafts that a customer's money is said to have come with, and that wait for our decision.

A draft is in no ledger: it changes no residual, no bucket and no balance. What it changes is whom there is to call.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from odoo_client.frames.arrays import BoolArray, FrameSource, day_number, ints, is_code, local_days, seconds
from odoo_client.metrics.payments_matched import invoice_named


def is_under_review(payments: pd.DataFrame) -> BoolArray:
    """Return which rows of the frame `payments` are under review: every draft that came in, whoever made it."""
    return is_code(payments, "direction", "inbound") & is_code(payments, "state", "draft")


def entered_by(payments: pd.DataFrame, as_of: date, timezone: str) -> pd.DataFrame:
    """Return the rows of `payments` that were entered by the end of `as_of`, which is a day of `timezone`."""
    return payments[local_days(seconds(payments, "create_date"), timezone) <= day_number(as_of)]


def payments_under_review(source: FrameSource, as_of: date, timezone: str) -> pd.DataFrame:
    """Return the payments that wait for our decision now and were entered by the end of `as_of`, sorted by payment_id.

    Columns: payment_id, company_id, currency_id, commercial_partner_id int64 (0 = nobody knows whose it is); amount
    float64 positive, in currency_id, the payment's own; settles_move_id int64 (the one invoice it is meant for, see
    `invoice_named`).

    Odoo keeps no history of drafts: one that was decided since is not among those of a past day. The day of entry is
    that of `timezone`, since a draft made at 23:30 UTC is tomorrow's in Harare.
    """
    payments = source.frame("payments")
    # The day is asked of the drafts alone: a moment's local day is far dearer than a look at its state.
    rows = entered_by(payments[is_under_review(payments)], as_of, timezone)
    rows = rows[["payment_id", "company_id", "currency_id", "commercial_partner_id", "amount"]].reset_index(drop=True)
    return rows.assign(settles_move_id=invoice_named(source, ints(rows, "payment_id")))
