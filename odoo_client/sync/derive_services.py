"""Build the frame of services from the best source that was read: see `datasets/services.py` for its columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from odoo_client.config import Settings
from odoo_client.frames.arrays import FloatArray, floats, ints
from odoo_client.frames.groups import lookup
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.service_period import PERIODS, UNKNOWN, billed_again, last_month, line_periods
from odoo_client.sync.classify_products import TECHNOLOGIES, UNLIMITED, not_services

STATUSES = ("active", "upcoming", "paused", "ended")
SOURCE_NAMES = {"enterprise": "Odoo Subscriptions", "oca_contract": "OCA contract", "inferred": "Inferred from orders"}

#: Months in one period of an OCA contract's rule; days and weeks are parts of an average month.
_RULE_MONTHS = {
    "daily": 12 / 365.25,
    "weekly": 7 * 12 / 365.25,
    "monthly": 1.0,
    "monthlylastday": 1.0,
    "quarterly": 3.0,
    "semesterly": 6.0,
    "yearly": 12.0,
}
#: Enterprise's states (17 and newer) and stage categories (16 and before).
_SUBSCRIPTION_STATUS = {
    "1_draft": "",
    "2_renewal": "",
    "3_progress": "active",
    "4_paused": "paused",
    "5_renewed": "ended",
    "6_churn": "ended",
    "7_upsell": "",
    "draft": "",
    "progress": "active",
    "paused": "paused",
    "closed": "ended",
}
#: The frame's columns, in order.
SERVICE_COLUMNS = (
    *("service_id", "source", "inferred", "model", "record_id", "name", "partner_id", "commercial_partner_id"),
    *("company_id", "product_id", "technology", "status", "monthly_fee", "currency_id", "period", "quantity"),
    *("start_date", "end_date", "next_billing_date", "bandwidth", "usage"),
)

Frames = Mapping[str, pd.DataFrame]


def build_services(frames: Frames, settings: Settings, today: date) -> tuple[pd.DataFrame, str]:
    """Return the services frame and the name of the source it was built from.

    The first source with any rows wins: two sources at once would count a customer's line twice.
    """
    builders = (("enterprise", _enterprise), ("enterprise", _subscription_app), ("oca_contract", _contracts))
    for source, builder in builders:
        services = builder(frames, settings, today)
        if len(services):
            return _finished(services, frames, source), SOURCE_NAMES[source]
    return _finished(_inferred(frames, settings, today), frames, "inferred"), SOURCE_NAMES["inferred"]


def _finished(services: pd.DataFrame, frames: Frames, source: str) -> pd.DataFrame:
    """Return the frame as published: technology from the product, owner from the customer, "Unlimited" twice."""
    products, customers = frames["products"], frames["customers"]
    technology = lookup(products, "product_id", services["product_id"], "technology", "")
    name = lookup(products, "product_id", services["product_id"], "name", "")
    named = services["name"].astype("str").str.strip()
    services = services.assign(
        source=source,
        inferred=source == "inferred",
        commercial_partner_id=lookup(
            customers, "partner_id", services["partner_id"], "commercial_partner_id", 0
        ).astype("int64"),
        technology=pd.Categorical(technology, categories=TECHNOLOGIES),
        status=pd.Categorical(services["status"], categories=STATUSES),
        name=pd.Series(np.where(name != "", name, named), index=services.index).astype("str"),
        bandwidth=UNLIMITED,
        usage=UNLIMITED,
        period=pd.Categorical(services["period"], categories=pd.Index(PERIODS, dtype="str")),
        monthly_fee=_rounded(services, frames),
    )
    for column in ("source", "bandwidth", "usage", "service_id", "model"):
        services[column] = services[column].astype("str")
    return (
        services[list(SERVICE_COLUMNS)].sort_values(["record_id", "service_id"], kind="stable").reset_index(drop=True)
    )


def _rounded(services: pd.DataFrame, frames: Frames) -> FloatArray:
    """Return the monthly fees to the decimals of their currencies."""
    currencies = Currencies.of_frame(frames["currencies"])
    return currencies.round(floats(services, "monthly_fee"), ints(services, "currency_id"))


def _is_service(frames: Frames, product_ids: pd.Series) -> pd.Series:
    return pd.Series(
        lookup(frames["products"], "product_id", product_ids, "is_service", False).astype(bool), index=product_ids.index
    )


def _day(today: date) -> pd.Timestamp:
    return pd.Timestamp(today)


def _local_day(moments: pd.Series, settings: Settings) -> pd.Series:
    """Return the day, in the provider's time zone, of moments in UTC."""
    day: pd.Series = moments.dt.tz_convert(settings.timezone).dt.tz_localize(None).dt.normalize().dt.as_unit("s")
    return day


def _by_dates(start: pd.Series, end: pd.Series, today: date) -> np.ndarray:
    """Return the status on `today`: upcoming before the start, ended after the end, else active."""
    day = _day(today)
    return np.select([start > day, end < day], ["upcoming", "ended"], "active")


def _in_time(status: pd.Series, start: pd.Series, end: pd.Series, today: date) -> np.ndarray:
    """Return Odoo's own status unless the dates say otherwise: not started yet, or past the end."""
    by_dates = _by_dates(start, end, today)
    return np.where((by_dates == "ended") | ((by_dates == "upcoming") & (status == "active")), by_dates, status)


def _enterprise(frames: Frames, settings: Settings, today: date) -> pd.DataFrame:
    """Return the services of Enterprise 16 and newer: a subscription is an order, each recurring line a service.

    The order's own monthly total is shared over its lines by their untaxed amounts, for any billing period.
    """
    orders = frames["orders"]
    orders = orders[orders["subscription"] & (orders["state"] == "sale")]
    status = orders["subscription_state"].map(_SUBSCRIPTION_STATUS).fillna("")
    orders = orders.assign(status=status)[status != ""]
    lines = frames["order_lines"]
    lines = lines[lines["order_id"].isin(orders["order_id"])]
    recurring = lookup(frames["products"], "product_id", lines["product_id"], "recurring", False).astype(bool)
    lines = lines.assign(recurs=recurring)[recurring | _is_service(frames, lines["product_id"])]
    # One-off sales on the same order have no share in what recurs.
    lines = lines[lines["recurs"] | ~lines.groupby("order_id")["recurs"].transform("any").astype(bool)]
    merged = lines.drop(columns="currency_id").merge(orders, on="order_id", suffixes=("", "_order"))
    fee = _shares(merged, "order_id", "recurring_monthly")
    start = merged["start_date"].fillna(_local_day(merged["date_order"], settings))
    return _rows(
        merged,
        "sale.order.line",
        ("sale.order", "order_id"),
        monthly_fee=fee,
        start_date=start,
        end_date=merged["end_date"],
        next_billing_date=merged["next_invoice_date"],
        status=_in_time(merged["status"], start, merged["end_date"], today),
    )


def _subscription_app(frames: Frames, settings: Settings, today: date) -> pd.DataFrame:
    """Return the services of Enterprise 14 and 15, whose subscriptions are an app of their own, `sale.subscription`."""
    subscriptions = frames["subscriptions"]
    merged = frames["subscription_lines"].merge(subscriptions, on="subscription_id")
    status = merged["stage_category"].map(_SUBSCRIPTION_STATUS).fillna("active")
    merged = merged.assign(status=_in_time(status, merged["start_date"], merged["end_date"], today))[status != ""]
    return _rows(
        merged,
        "sale.subscription.line",
        ("sale.subscription", "subscription_id"),
        monthly_fee=_shares(merged, "subscription_id", "recurring_monthly"),
        start_date=merged["start_date"],
        end_date=merged["end_date"],
        next_billing_date=merged["next_invoice_date"],
        status=merged["status"],
    )


def _rows(merged: pd.DataFrame, line_model: str, record: tuple[str, str], **columns: Any) -> pd.DataFrame:
    """Return the frame before it is completed: one row a line of `merged`, whose `record` (model, id column) is linked.

    Only an active service is billed again. Unless `columns` say otherwise, a recurring rule of Odoo gave the fee.
    """
    quantity = merged.get("quantity", pd.Series(1.0, index=merged.index))
    rows = (
        merged[["name", "partner_id", "company_id", "product_id", "currency_id"]]
        .assign(
            period="rule",
            quantity=np.where(quantity > 0, quantity, 1.0),
            service_id=line_model + ":" + merged["line_id"].astype("str"),
            model=record[0],
            record_id=merged[record[1]],
        )
        .assign(**columns)
    )
    rows["next_billing_date"] = rows["next_billing_date"].where(rows["status"] == "active")
    rows["period"] = rows["period"].where(rows["monthly_fee"].notna(), UNKNOWN)
    return rows


def _shares(merged: pd.DataFrame, owner: str, total: str) -> pd.Series:
    """Return each line's share of its owner's monthly total; NaN where Odoo has none of lines that cost something."""
    whole = merged.groupby(owner)["subtotal"].transform("sum")
    share = (merged["subtotal"] / whole.where(whole != 0)).fillna(0.0)
    return (merged[total] * share).where((merged[total] != 0) | (merged["subtotal"] == 0), np.nan)


def _contracts(frames: Frames, settings: Settings, today: date) -> pd.DataFrame:
    """Return the services of OCA contracts: each line is one, its state derived from dates (none is stored)."""
    lines = frames["contract_lines"]
    lines = lines[~lines["display_type"].isin(["line_section", "line_note"])]
    merged = lines.merge(frames["contracts"], on="contract_id", suffixes=("", "_contract"))
    product_service = _is_service(frames, merged["product_id"])
    merged = merged[product_service | (merged["product_id"] == 0)]
    # A rule that Odoo does not have says nothing about months.
    months = merged["rule"].map(_RULE_MONTHS).astype("float64") * merged["interval"].clip(lower=1)
    gross = merged["quantity"] * merged["price_unit"] * (1 - merged["discount_pct"] / 100)
    subtotal = merged["subtotal"].where(merged["subtotal"] != 0, gross)
    closed = merged["is_canceled"] | merged["is_terminated"] | ~merged["active"]
    end = merged["date_end"].fillna(merged["terminate_date"].where(merged["is_terminated"]))
    status = np.where(closed, "ended", _by_dates(merged["date_start"], end, today))
    own = merged["currency_id"].where(merged["currency_id"] != 0, merged["computed_currency_id"])
    company = lookup(frames["companies"], "company_id", merged["company_id"], "currency_id", 0).astype("int64")
    return _rows(
        merged,
        "contract.line",
        ("contract.contract", "contract_id"),
        monthly_fee=subtotal / months,
        currency_id=own.where(own != 0, company),
        start_date=merged["date_start"],
        end_date=end,
        next_billing_date=merged["next_date"],
        status=status,
    )


def _inferred(frames: Frames, settings: Settings, today: date) -> pd.DataFrame:
    """Return services inferred where nothing else names them: confirmed order lines of plans, alive while invoiced.

    Fee = the line's amount by the months it pays for (see `service_period`). Start = order date, or the first day of
    the line's own period. Next billing = a month after the last month begins that an order or a posted invoice line of
    the technology pays for. Ended when that beginning is the set number of days ago, or when a later order of the same
    technology replaced it (on that order's day).
    """
    orders = frames["orders"]
    orders = orders[(orders["state"] == "sale") & ~orders["subscription"]]
    billed = _billed(frames)
    lines = _ordered(frames, settings)
    merged = lines.drop(columns="currency_id").merge(orders, on="order_id", suffixes=("", "_order"))
    merged = merged.assign(
        owner=lookup(frames["customers"], "partner_id", merged["partner_id"], "commercial_partner_id", 0).astype(
            "int64"
        ),
        technology=lookup(frames["products"], "product_id", merged["product_id"], "technology", ""),
        ordered_on=_local_day(merged["date_order"], settings),
    )
    periods = _periods(frames, merged, billed, merged["doubtful"].to_numpy(dtype=bool))
    own = merged["period_start"].where(periods["period"] == "dates")
    merged = merged.assign(
        period=periods["period"],
        months=periods["months"],
        services=periods["services"],
        start_date=own.fillna(merged["ordered_on"]).astype("datetime64[s]"),
    )
    merged = merged.assign(paid_from=last_month(merged["start_date"], periods["paid_months"])).sort_values(
        ["start_date", "order_id", "line_id"], kind="stable"
    )
    by = ["company_id", "owner", "technology"]
    # Lines of one order exist side by side; only a later order replaces them.
    starts = merged[[*by, "order_id", "start_date"]].drop_duplicates([*by, "order_id"])
    starts = starts.assign(replaced_on=starts.groupby(by)["start_date"].shift(-1))
    merged = merged.merge(starts[[*by, "order_id", "replaced_on"]], on=[*by, "order_id"], how="left")
    merged = merged.merge(_last_billed(frames, billed), on=by, how="left")
    day = _day(today)
    last_sign = merged[["last_billed", "paid_from"]].max(axis=1).astype("datetime64[s]")
    lapsed = last_sign + pd.to_timedelta(settings.inferred_ended_after_days, unit="D")
    end = merged["replaced_on"].where(merged["replaced_on"].notna(), lapsed.where(lapsed < day))
    status = np.where(end.notna() & (end <= day), "ended", _by_dates(merged["start_date"], end, today))
    next_billing = (last_sign + pd.DateOffset(months=1)) if len(merged) else last_sign
    return _rows(
        merged,
        "sale.order.line",
        ("sale.order", "order_id"),
        monthly_fee=merged["subtotal"] / merged["months"],
        period=merged["period"],
        quantity=merged["services"],
        start_date=merged["start_date"],
        end_date=end,
        next_billing_date=next_billing,
        status=status,
    )


#: Columns that tell whether the same is billed every month; currency and price may change.
_SAME = ["company_id", "owner", "product_id", "quantity"]


def _ordered(frames: Frames, settings: Settings) -> pd.DataFrame:
    """Return the order lines of plans, and doubtful: the order has as many kits, routers or fees."""
    lines = frames["order_lines"]
    service = _is_service(frames, lines["product_id"])
    products = frames["products"]
    fees = products.loc[not_services(products, settings), "product_id"]
    others = pd.MultiIndex.from_frame(lines.loc[lines["product_id"].isin(fees), ["order_id", "quantity"]])
    plans = lines[service]
    return plans.assign(doubtful=pd.MultiIndex.from_frame(plans[["order_id", "quantity"]]).isin(others))


def _billed(frames: Frames) -> pd.DataFrame:
    """Return the lines of plans on posted invoices that were not reversed, with owner and day."""
    invoices = frames["invoices"]
    standing = (invoices["state"] == "posted") & (invoices["kind"] == "invoice")
    invoices = invoices[standing & (invoices["payment_state"] != "reversed")]
    lines = frames["invoice_lines"]
    lines = lines[_is_service(frames, lines["product_id"])].drop(columns="company_id", errors="ignore")
    merged = lines.merge(invoices[["move_id", "company_id", "commercial_partner_id", "invoice_date"]], on="move_id")
    return merged.rename(columns={"commercial_partner_id": "owner", "invoice_date": "day"})


def _periods(frames: Frames, lines: pd.DataFrame, billed: pd.DataFrame, doubtful: np.ndarray) -> pd.DataFrame:
    """Return `line_periods` of order or invoice lines, by what was `billed` to their owners."""
    # Odoo gives a line without a unit the product's own.
    own = lookup(frames["products"], "product_id", lines["product_id"], "unit_id", 0)
    lines = lines.assign(unit_id=np.where(lines["unit_id"] == 0, own, lines["unit_id"]))
    # A quantity of one is one, however often it is billed: most lines need no second look.
    several = np.flatnonzero(lines["quantity"] > 1)
    same = pd.MultiIndex.from_frame(lines[_SAME].take(several))
    once, monthly = billed_again(billed[billed["quantity"] > 1], _SAME)
    doubtful, running = doubtful.copy(), np.zeros(len(lines), dtype=bool)
    doubtful[several] |= same.isin(once)
    running[several] = same.isin(monthly)
    return line_periods(lines, frames["units"], doubtful, running)


def _last_billed(frames: Frames, billed: pd.DataFrame) -> pd.DataFrame:
    """Return company_id, owner, technology, last_billed: the beginning of the last month that invoices are for."""
    periods = _periods(frames, billed, billed, np.zeros(len(billed), dtype=bool))
    begin = billed["period_start"].where(periods["period"] == "dates").fillna(billed["day"])
    merged = billed.assign(
        technology=lookup(frames["products"], "product_id", billed["product_id"], "technology", ""),
        last_billed=last_month(begin, periods["paid_months"]),
    )
    return merged.groupby(["company_id", "owner", "technology"])["last_billed"].max().reset_index()
