"""Recurring revenue: what active services bring a month now, and what was invoiced for them in past months.

These are two different figures and are labelled apart. MRR is today's price list of who is active; invoiced recurring
revenue is what the ledger posted, with its prorated months, price changes, discounts and credit notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import FrameSource, coded, flags, floats, ints, is_code
from odoo_client.frames.dates import NO_DAY, day_number, days
from odoo_client.frames.groups import Groups, positions
from odoo_client.metrics.services import SERVICE_KEY, fee_known, ratio


def mrr_now(source: FrameSource) -> pd.DataFrame:
    """Return the monthly recurring revenue of services active now, one row a company, currency and technology.

    Columns: company_id, currency_id int64; technology category; mrr, paused_mrr float64 (untaxed, in currency_id;
    paused services are not in mrr, nor are those whose fee's period is not known); active int64, unknown int64 of them
    with such a fee; inferred bool (some of the services are inferred).
    """
    services = source.frame("services")
    rows = services[is_code(services, "status", "active", "paused")]
    active = is_code(rows, "status", "active")
    groups = Groups(rows, SERVICE_KEY)
    fee, known = floats(rows, "monthly_fee"), fee_known(rows)
    frame = groups.keys
    frame["mrr"] = groups.sum(np.where(known, fee, 0.0), active)
    frame["paused_mrr"] = groups.sum(np.where(known, fee, 0.0), ~active)
    frame["active"] = groups.count(active)
    frame["unknown"] = groups.count(active & ~known)
    frame["inferred"] = groups.count(flags(rows, "inferred")) > 0
    return frame


def recurring_revenue_by_month(source: FrameSource, first: date, last: date) -> pd.DataFrame:
    """Return what was invoiced for service plans, one row a month (`first` to `last`), company, currency, technology.

    Columns: month datetime64[s] (its first day); company_id, currency_id int64; technology category; amount float64
    (untaxed, in currency_id, credit notes negative); lines int64. It counts product lines of posted
    customer invoices, receipts and credit notes whose product is a service of a technology, in the month of the
    invoice date (else the entry date).
    """
    lines, invoices, products = (source.frame(name) for name in ("invoice_lines", "invoices", "products"))
    product_at = positions(ints(products, "product_id"), ints(lines, "product_id"))
    move_at = positions(ints(invoices, "move_id"), ints(lines, "move_id"))
    service = np.append(flags(products, "is_service"), False)
    day = days(invoices, "invoice_date")
    day = np.where(day == NO_DAY, days(invoices, "date"), day)
    wanted = is_code(invoices, "state", "posted") & (day >= day_number(first)) & (day <= day_number(last))
    counted = np.flatnonzero(service[product_at] & np.append(wanted, False)[move_at])
    move_at, product_at = move_at[counted], product_at[counted]
    sign = np.where(is_code(invoices, "kind", "credit_note"), -1.0, 1.0)[move_at]
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[s]")
    technology = products["technology"].astype("category")
    codes = technology.cat.codes.to_numpy()[product_at]
    rows = pd.DataFrame(
        {
            "month": month[move_at],
            "company_id": ints(invoices, "company_id")[move_at],
            "currency_id": ints(lines, "currency_id")[counted],
            "technology": coded(codes, technology.cat.categories),
        }
    )
    groups = Groups(rows, ["month", *SERVICE_KEY])
    return groups.keys.assign(amount=groups.sum(floats(lines, "subtotal")[counted] * sign), lines=groups.count())


def revenue_per_service(
    revenue: pd.DataFrame, services: pd.DataFrame, by: Sequence[str] = ("month", "currency_id", "technology")
) -> pd.DataFrame:
    """Return what an average service brought in each currency, one row a group of `by`.

    `by` names month and currency_id. `revenue` comes from `recurring_revenue_by_month`, `services` from
    `services_by_month`. Columns: `by`; amount
    float64; average_services float64 (half of opening plus closing, in every currency they are priced in: a service
    priced in one currency may be invoiced in another, so only the sum over currencies, converted, is all that a
    service brought); revenue_per_service float64 in currency_id (NaN = not meaningful: no services). A group without
    revenue in a currency that others have is there with 0. Raises ValueError when `by` leaves out one of them.
    """
    if not {"month", "currency_id"} <= set(by):
        raise ValueError("Revenue per service is of one month and one currency: group by month and currency_id.")
    shared = [name for name in by if name != "currency_id"]
    billed, counted = Groups(revenue, by), Groups(services, shared)
    base = (ints(services, "opening") + ints(services, "closing")) / 2
    left = _plain(billed.keys.assign(amount=billed.sum(floats(revenue, "amount"))))
    right = _plain(
        counted.keys.assign(average_services=np.bincount(counted.codes, weights=base, minlength=len(counted)))
    )
    currencies = left[["currency_id"]].drop_duplicates()
    every = right[shared].merge(currencies, how="cross")
    frame = left.merge(every, on=list(by), how="outer", sort=True).merge(right, on=shared, how="left")
    frame = frame[[*by, "amount", "average_services"]].fillna({"amount": 0.0, "average_services": 0.0})
    amounts, average = frame["amount"].to_numpy(float), frame["average_services"].to_numpy(float)
    return frame.assign(revenue_per_service=ratio(amounts, average))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with its categories as text, so that frames with different ones join."""
    categories = [name for name in frame.columns if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(categories, "str"))
