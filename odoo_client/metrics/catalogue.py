"""Plans and hardware: what each product earns now, who pays another price than the list, and what no rule maps."""

from __future__ import annotations

import json
import re
from datetime import date

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FrameSource, IntArray, coded, flags, floats, ints, is_code
from odoo_client.frames.dates import day_number, days, seconds
from odoo_client.frames.groups import Groups, positions
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.services import fee_known

#: Kinds of products, with the words people read.
KINDS = {"plan": "Plan", "hardware": "Hardware", "other": "Fee or other"}
#: How a service's price compares with the list, with the words people read.
PRICES = {
    "list": "List price",
    "off_list": "Another price",
    "not_comparable": "Another currency",
    "unknown": "Period not known",
}
#: A product counts as sold when an order or invoice of the last this many days names it.
SOLD_WITHIN_DAYS = 365
DAY_S = 86_400
_TECHNOLOGY_TO_CHOOSE = "fibre"


def service_prices(source: FrameSource) -> pd.DataFrame:
    """Return the active services beside the list price of their product, in the order of the frame `services`.

    Columns: service_id, name, model str; record_id, product_id, partner_id, commercial_partner_id, company_id,
    currency_id int64; monthly_fee, unit_fee float64 in currency_id (NaN = its period is not known), quantity float64;
    list_price float64 in list_currency_id int64 (NaN and 0 = product unknown); price category (keys of `PRICES`);
    start_date datetime64[s]. A fee in another currency than the list is not compared: a rate would decide, not the
    price.
    """
    services, products = source.frame("services"), source.frame("products")
    active = services[is_code(services, "status", "active")].reset_index(drop=True)
    at = positions(ints(products, "product_id"), ints(active, "product_id"))
    known = at >= 0
    # A snapshot of a release that did not store it counts one each, until the next sync.
    quantity = floats(active, "quantity") if "quantity" in active else np.ones(len(active))
    quantity = np.where(quantity > 0, quantity, 1.0)
    unit_fee = np.round(floats(active, "monthly_fee") / quantity, 4)
    list_price = np.where(known, np.append(floats(products, "list_price"), np.nan)[at], np.nan)
    currency = np.where(known, np.append(ints(products, "currency_id"), 0)[at], 0)
    same = currency == ints(active, "currency_id")
    # A difference below the currency's smallest unit is rounding: fees are kept to it.
    unit = 2 * Currencies.of(source).smallest_of(ints(active, "currency_id"))
    differs = np.round(np.abs(unit_fee - list_price), 4) >= unit
    price = np.where(~same | np.isnan(list_price), 2, np.where(differs, 1, 0))
    price = np.where(fee_known(active), price, 3)
    kept = ["service_id", "name", "model", "record_id", "product_id", "partner_id", "commercial_partner_id"]
    return active[[*kept, "company_id", "currency_id", "monthly_fee", "start_date"]].assign(
        quantity=quantity,
        unit_fee=unit_fee,
        list_price=list_price,
        list_currency_id=currency,
        price=coded(price, PRICES),
    )


def product_revenue(prices: pd.DataFrame) -> pd.DataFrame:
    """Return the monthly fees of `service_prices` by product and currency, never added over currencies.

    Columns: product_id, currency_id int64, services int64, mrr float64. Fees whose period is not known are in none.
    """
    groups = Groups(prices, ("product_id", "currency_id"))
    fees = np.where(fee_known(prices), floats(prices, "monthly_fee"), 0.0)
    return groups.keys.assign(services=groups.count(), mrr=groups.sum(fees))


def catalogue(source: FrameSource, prices: pd.DataFrame, today: date, not_service_pattern: str) -> pd.DataFrame:
    """Return every product with what it stands for now, in the order of the frame `products` (by product_id).

    `prices` is `service_prices` (of the companies looked at). Columns: product_id int64; name, code, category str;
    kind category (keys of `KINDS`); technology category; starlink bool (a Starlink plan or kit); list_price float64 in
    currency_id int64; active_services, customers, off_list_services, off_list_customers, other_currency_services int64;
    sold bool (named by a confirmed order or posted invoice of the last `SOLD_WITHIN_DAYS`); active bool (not archived);
    unmapped bool (not goods, no rule knows it, and it is
    active, sold or in use); archived_in_use bool.
    """
    products = source.frame("products")
    product_ids = ints(products, "product_id")
    at = positions(product_ids, ints(prices, "product_id"))
    off, other = (is_code(prices, "price", word) for word in ("off_list", "not_comparable"))
    counts = {
        "active_services": _count(at, len(products)),
        "customers": _customers(at, prices, len(products)),
        "off_list_services": _count(at[off], len(products)),
        "off_list_customers": _customers(at[off], prices[off], len(products)),
        "other_currency_services": _count(at[other], len(products)),
    }
    plan, goods = flags(products, "is_service"), is_code(products, "kind", "consu", "product")
    technology = products["technology"]
    no_service = _matches(products["name"], not_service_pattern) | _matches(products["category"], not_service_pattern)
    active, in_use = flags(products, "active"), counts["active_services"] > 0
    sold = _sold(source, today)
    unknown = is_code(products, "technology", "") & ~no_service & ~goods
    return pd.DataFrame(
        {
            "product_id": product_ids,
            "name": products["name"],
            "code": products["code"],
            "category": products["category"],
            "kind": coded(np.where(plan, 0, np.where(goods, 1, 2)), KINDS),
            "technology": technology,
            "starlink": is_code(products, "technology", "starlink") & (plan | goods),
            "list_price": floats(products, "list_price"),
            "currency_id": ints(products, "currency_id"),
            **counts,
            "sold": sold,
            "active": active,
            "unmapped": unknown & (active | sold | in_use),
            "archived_in_use": ~active & in_use,
        }
    )


def _matches(texts: pd.Series[str], pattern: str) -> BoolArray:
    """Return whether `pattern` is found anywhere in each text, in any case, as the technology rules do."""
    search = re.compile(pattern, re.IGNORECASE).search
    return np.fromiter((search(text) is not None for text in texts), dtype=np.bool_, count=len(texts))


def _count(at: IntArray, size: int) -> IntArray:
    return np.bincount(at[at >= 0], minlength=size).astype(np.int64)


def _customers(at: IntArray, prices: pd.DataFrame, size: int) -> IntArray:
    """Return how many customers each product has among `prices`, each counted once."""
    owner = ints(prices, "commercial_partner_id")
    width = 1 + int(owner.max(initial=0))
    return _count(np.unique(at[at >= 0] * width + owner[at >= 0]) // width, size)


def _sold(source: FrameSource, today: date) -> BoolArray:
    """Return which products a confirmed order or a posted invoice of the last `SOLD_WITHIN_DAYS` names."""
    orders, order_lines = source.frame("orders"), source.frame("order_lines")
    invoices, invoice_lines = source.frame("invoices"), source.frame("invoice_lines")
    since = day_number(today) - SOLD_WITHIN_DAYS
    ordered = seconds(orders, "date_order")
    confirmed = is_code(orders, "state", "sale", "done") & (ordered >= since * DAY_S)
    posted = is_code(invoices, "state", "posted") & (days(invoices, "invoice_date") >= since)
    named = [
        _named(order_lines, "order_id", ints(orders, "order_id"), confirmed),
        _named(invoice_lines, "move_id", ints(invoices, "move_id"), posted),
    ]
    return np.isin(ints(source.frame("products"), "product_id"), np.concatenate(named))


def _named(lines: pd.DataFrame, column: str, owner_ids: IntArray, wanted: BoolArray) -> IntArray:
    """Return the products on `lines` whose owner (an order, an invoice) is among those wanted."""
    at = positions(owner_ids, ints(lines, column))
    return np.unique(ints(lines, "product_id")[(at >= 0) & np.append(wanted, False)[at]])


def off_list(prices: pd.DataFrame) -> BoolArray:
    """Return which of `service_prices` cost another price than the list, in the list's currency."""
    return is_code(prices, "price", "off_list")


def period_unknown(prices: pd.DataFrame) -> BoolArray:
    """Return which of `service_prices` have a fee whose period is not known."""
    return is_code(prices, "price", "unknown")


def rule_for(name: str) -> str:
    """Return an entry of TECHNOLOGY_RULES that maps the product `name`, as JSON; the technology is to be chosen."""
    rule = {"technology": _TECHNOLOGY_TO_CHOOSE, "name": pattern_for(name)}
    return json.dumps(rule, ensure_ascii=False)


def pattern_for(name: str) -> str:
    """Return a pattern that finds exactly this product name: for TECHNOLOGY_RULES, or to add to NOT_SERVICE_PATTERN."""
    return f"^{re.escape(name).replace(chr(92) + ' ', ' ')}$"
