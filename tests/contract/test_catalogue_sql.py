"""Active services, monthly revenue and who pays another price than the list, by product, equal SQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from odoo_client.config import Settings
from odoo_client.metrics import catalogue
from odoo_client.store.snapshot import Snapshot
from tests.contract.ledger_sql import cents, technology_of_product
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

Pulled = tuple[RealOdoo, Snapshot]


def lines_sql(server: RealOdoo) -> list[tuple[int, int, Decimal, Decimal, int]]:
    """Product, currency, monthly fee, quantity and customer of every active contract line that is sold."""
    terminated = "c.is_terminated" if server.major < 19 else "false"
    return server.sql(
        f"""select l.product_id, coalesce(c.manual_currency_id, k.currency_id),
                   round((l.quantity * l.specific_price * (1 - coalesce(l.discount, 0) / 100)
                     / case l.recurring_rule_type when 'quarterly' then 3 when 'yearly' then 12 else 1 end)
                     ::numeric, 2),
                   l.quantity, p.commercial_partner_id
              from contract_line l join contract_contract c on c.id = l.contract_id
              join res_company k on k.id = c.company_id join res_partner p on p.id = c.partner_id
             where c.contract_type = 'sale' and l.display_type is null and not coalesce(l.is_canceled, false)
               and c.active and not coalesce({terminated}, false) and l.date_start <= current_date
               and (l.date_end is null or l.date_end >= current_date)"""
    )


def list_prices(server: RealOdoo) -> dict[int, tuple[Decimal, int]]:
    """List price and currency of each product; a product of no company has the main company's currency."""
    return {
        product: (Decimal(str(price)), currency)
        for product, price, currency in server.sql(
            """select p.id, t.list_price, k.currency_id from product_product p
                 join product_template t on t.id = p.product_tmpl_id
                 join res_company k on k.id = coalesce(t.company_id, (select min(id) from res_company))"""
        )
    }


def test_services_and_revenue_by_product(odoo_full: RealOdoo, pull: Any) -> None:
    snapshot = pull(odoo_full, "json2" if odoo_full.major >= 19 else "jsonrpc")
    technology = technology_of_product(odoo_full)
    counted: Counter[tuple[int, int]] = Counter()
    fees: Counter[tuple[int, int]] = Counter()
    for product, currency, fee, _quantity, _customer in lines_sql(odoo_full):
        if technology[product]:
            counted[product, currency] += 1
            fees[product, currency] += fee
    revenue = catalogue.product_revenue(catalogue.service_prices(snapshot))
    ours = {
        (int(row.product_id), int(row.currency_id)): (int(row.services), cents(round(row.mrr, 2)))
        for row in revenue.itertuples()
    }
    assert ours == {key: (count, cents(fees[key])) for key, count in counted.items()}
    assert len({currency for _product, currency in ours}) == 2


def test_customers_off_list_price_by_product(odoo_full: RealOdoo, pull: Any) -> None:
    snapshot = pull(odoo_full, "json2" if odoo_full.major >= 19 else "jsonrpc")
    technology, prices = technology_of_product(odoo_full), list_prices(odoo_full)
    off: defaultdict[int, set[int]] = defaultdict(set)
    other: Counter[int] = Counter()
    for product, currency, fee, quantity, customer in lines_sql(odoo_full):
        if not technology[product]:
            continue
        price, list_currency = prices[product]
        if currency != list_currency:
            other[product] += 1
        elif abs(fee / Decimal(str(quantity)) - price) >= Decimal("0.01"):
            off[product].add(customer)
    ours = products(snapshot).set_index("product_id")
    assert {key: int(count) for key, count in ours["off_list_customers"].items() if count} == {
        key: len(customers) for key, customers in off.items()
    }
    assert {key: int(count) for key, count in ours["other_currency_services"].items() if count} == dict(other)
    assert off, "the seed has a discount"
    assert other, "the seed has contracts in the second currency"


def products(snapshot: Snapshot) -> Any:
    pattern = Settings().not_service_pattern
    return catalogue.catalogue(
        snapshot, catalogue.service_prices(snapshot), datetime.now(ZoneInfo("Africa/Harare")).date(), pattern
    )


def test_list_prices_and_currencies(pulled: Pulled) -> None:
    server, snapshot = pulled
    ours = {
        int(row.product_id): (Decimal(str(row.list_price)), int(row.currency_id))
        for row in products(snapshot).itertuples()
        if row.list_price
    }
    assert ours == {key: value for key, value in list_prices(server).items() if value[0] and key in ours}
    assert len(ours) >= 11


def test_what_no_rule_maps_is_listed_and_kits_are_hardware(pulled: Pulled) -> None:
    _server, snapshot = pulled
    rows = products(snapshot).set_index("name")
    assert rows.loc["Domain hosting, per month", "unmapped"]
    assert not rows.loc[["WiFi Router AX1500", "Fibre installation fee", "Fiber Home 20"], "unmapped"].any()
    kinds = rows["kind"].astype("str")
    assert kinds["STARLINK Standard Kit"] == kinds["WiFi Router AX1500"] == "hardware"
    assert kinds["Fibre installation fee"] == "other"
    assert kinds["Star Link Residential"] == "plan"
    assert rows.loc[["Star Link Residential", "STARLINK Roam", "STARLINK Standard Kit"], "starlink"].all()
    assert rows.loc["Star Link Residential", "sold"]
