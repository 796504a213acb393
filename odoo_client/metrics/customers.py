"""What a row of the arrears table says about its customer besides the debt."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import FrameSource, IntArray, floats, ints, is_code
from odoo_client.frames.dates import NO_DAY, dates, day_number, days
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics.money_in import is_received, money_in


def customer_facts(source: FrameSource, as_of: date, money: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the last payment and the active services of each customer in each company, sorted by both ids.

    Columns: company_id, commercial_partner_id int64; last_payment_date datetime64[s] (NaT = none up to `as_of`),
    last_payment_amount float64 (NaN = none), last_payment_currency_id int64 (0 = none); active_services int64 (now).
    Money in counts when it came in and is posted; of several on one day the one entered last, of a payment and a bank
    line the bank line. `money` are the rows of `money_in` that count (None: all of `source`).
    """
    paid = _last_payments(money_in(source) if money is None else money, as_of)
    services = source.frame("services")
    active = services.loc[is_code(services, "status", "active"), ["company_id", "commercial_partner_id"]]
    counted = active.groupby(["company_id", "commercial_partner_id"]).size().rename("active_services").reset_index()
    facts = paid.merge(counted, on=["company_id", "commercial_partner_id"], how="outer", sort=True)
    return facts.assign(
        last_payment_currency_id=facts["last_payment_currency_id"].fillna(0).astype(np.int64),
        active_services=facts["active_services"].fillna(0).astype(np.int64),
    )


def _last_payments(payments: pd.DataFrame, as_of: date) -> pd.DataFrame:
    day = days(payments, "date")
    keep = np.flatnonzero(is_received(payments) & (day != NO_DAY) & (day <= day_number(as_of)))
    # Both are sorted by id, so after a stable sort by day the latest entry is last, and that one is kept.
    offset = day[keep] - (day[keep].min() if len(keep) else 0)
    narrow = offset.astype(np.uint16) if len(keep) and offset.max() < 2**16 else offset
    latest = keep[np.argsort(narrow, kind="stable")]
    rows = payments[["company_id", "commercial_partner_id"]].take(latest)
    last = latest[~rows.duplicated(keep="last").to_numpy()]
    taken = payments.take(last)
    return pd.DataFrame(
        {
            "company_id": ints(taken, "company_id"),
            "commercial_partner_id": ints(taken, "commercial_partner_id"),
            "last_payment_date": dates(day[last]),
            "last_payment_amount": floats(taken, "amount"),
            "last_payment_currency_id": ints(taken, "currency_id"),
        }
    )


def customer_table(by_customer: pd.DataFrame, facts: pd.DataFrame, source: FrameSource) -> pd.DataFrame:
    """Return the ageing `by_customer` with its rows and columns, plus phone, email str and the columns of `facts`."""
    customers = source.frame("customers")
    partner_at = positions(ints(customers, "partner_id"), ints(by_customer, "commercial_partner_id"))
    table = by_customer.assign(
        phone=text_at(customers, "phone", partner_at).array, email=text_at(customers, "email", partner_at).array
    )
    fact_at = _pair_positions(facts, by_customer)
    known = fact_at >= 0
    missing_date = np.datetime64("NaT", "s")
    day = np.append(facts["last_payment_date"].to_numpy().astype("datetime64[s]"), missing_date)[fact_at]
    return table.assign(
        last_payment_date=day,
        last_payment_amount=np.append(floats(facts, "last_payment_amount"), np.nan)[fact_at],
        last_payment_currency_id=np.where(known, np.append(ints(facts, "last_payment_currency_id"), 0)[fact_at], 0),
        active_services=np.where(known, np.append(ints(facts, "active_services"), 0)[fact_at], 0),
    )


def _pair_positions(facts: pd.DataFrame, wanted: pd.DataFrame) -> IntArray:
    """Return the position of each (company, customer) of `wanted` in `facts`, -1 where it has none."""
    width = 1 + max((int(ints(frame, "commercial_partner_id").max(initial=0)) for frame in (facts, wanted)), default=0)
    keys = [ints(frame, "company_id") * width + ints(frame, "commercial_partner_id") for frame in (facts, wanted)]
    return positions(keys[0], keys[1])
