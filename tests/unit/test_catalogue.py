"""The catalogue: what a product is, what it brings, who pays another price than the list, what no rule maps."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from odoo_client.config import Settings, TechnologyRule
from odoo_client.metrics import catalogue
from odoo_client.store.snapshot import Snapshot
from tests.builders import USD, ZWG, snapshot

TODAY = date(2026, 11, 20)
PATTERN = Settings().not_service_pattern


def product(product_id: int = 1, name: str = "Fibre 20", **more: Any) -> dict[str, Any]:
    row = {"product_id": product_id, "name": name, "technology": "fibre", "is_service": True, "active": True}
    return row | {"kind": "service", "list_price": 50.0, "currency_id": USD} | more


def service(number: int, fee: float = 50.0, **more: Any) -> dict[str, Any]:
    row = {"service_id": f"contract.line:{number}", "product_id": 1, "status": "active", "monthly_fee": fee}
    return row | {"currency_id": USD, "commercial_partner_id": number, "company_id": 1} | more


def source(products: list[dict[str, Any]], services: Any = (), **frames: Any) -> Snapshot:
    return snapshot(
        products=products, services=services if isinstance(services, pd.DataFrame) else list(services), **frames
    )


def rows(made: Snapshot, today: date = TODAY) -> pd.DataFrame:
    return catalogue.catalogue(made, catalogue.service_prices(made), today, PATTERN).set_index("product_id")


def test_active_services_and_revenue_are_each_currencys_own() -> None:
    made = source(
        [product()],
        [service(1), service(2, 40.0), service(3, 1300.0, currency_id=ZWG), service(4, 99.0, status="paused")],
    )
    revenue = catalogue.product_revenue(catalogue.service_prices(made))
    assert revenue.to_dict("records") == [
        {"product_id": 1, "currency_id": USD, "services": 2, "mrr": 90.0},
        {"product_id": 1, "currency_id": ZWG, "services": 1, "mrr": 1300.0},
    ]
    assert rows(made).loc[1, "active_services"] == 3


@pytest.mark.parametrize(
    ("fee", "currency", "price"),
    [
        (50.0, USD, "list"),
        (50.004, USD, "list"),
        (50.01, USD, "off_list"),
        (49.99, USD, "off_list"),
        (0.0, USD, "off_list"),
        (50.0, ZWG, "not_comparable"),
    ],
)
def test_a_fee_is_compared_with_the_list_in_its_own_currency(fee: float, currency: int, price: str) -> None:
    made = source([product()], [service(1, fee, currency_id=currency)])
    assert catalogue.service_prices(made)["price"].tolist() == [price]


def test_a_fee_whose_period_is_not_known_is_compared_with_nothing_and_in_no_revenue() -> None:
    made = source([product()], [service(1), service(2, float("nan"), period="unknown"), service(3, 40.0)])
    prices = catalogue.service_prices(made)
    assert prices["price"].tolist() == ["list", "unknown", "off_list"]
    assert catalogue.period_unknown(prices).tolist() == [False, True, False]
    assert catalogue.product_revenue(prices)[["services", "mrr"]].to_dict("records") == [{"services": 3, "mrr": 90.0}]
    assert rows(made).loc[1, ["active_services", "off_list_services", "other_currency_services"]].tolist() == [3, 1, 0]


def test_a_snapshot_of_a_release_without_quantities_is_still_shown() -> None:
    made = source([product()], [service(1)])
    older = made.frame("services").drop(columns=["period", "quantity"])
    [price] = catalogue.service_prices(source([product()], older)).to_dict("records")
    assert (price["quantity"], price["unit_fee"], price["price"]) == (1.0, 50.0, "list")


def test_a_service_for_several_is_compared_by_the_price_of_one() -> None:
    made = source([product()], [service(1, 150.0, quantity=3.0)])
    [price] = catalogue.service_prices(made).to_dict("records")
    assert (price["quantity"], price["unit_fee"], price["price"]) == (3.0, 50.0, "list")


def test_customers_off_the_list_are_counted_once_each() -> None:
    made = source(
        [product(), product(2, "Fibre 50")],
        [
            service(1, 45.0),
            service(2, 45.0, commercial_partner_id=1),
            service(3, 40.0),
            service(4),
            service(5, 10.0, currency_id=ZWG),
        ],
    )
    first = rows(made).loc[1]
    assert (first["off_list_services"], first["off_list_customers"], first["other_currency_services"]) == (3, 2, 1)
    assert first["customers"] == 4
    assert rows(made).loc[2, "customers"] == 0


def test_a_service_of_an_unknown_product_is_not_compared_and_in_no_row() -> None:
    made = source([product()], [service(1, product_id=99)])
    assert catalogue.service_prices(made)["price"].tolist() == ["not_comparable"]
    assert rows(made)["active_services"].sum() == 0


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "plan"),
        ({"is_service": False, "kind": "consu"}, "hardware"),
        ({"is_service": False, "kind": "product"}, "hardware"),
        ({"is_service": False}, "other"),
    ],
)
def test_plans_hardware_and_fees(changes: dict[str, Any], kind: str) -> None:
    assert rows(source([product(**changes)]))["kind"].tolist() == [kind]


def test_starlink_plans_and_kits_are_marked_and_its_installation_is_not() -> None:
    made = source(
        [
            product(1, "Starlink Roam", technology="starlink"),
            product(2, "Starlink Kit", technology="starlink", is_service=False, kind="consu"),
            product(3, "Starlink installation", technology="starlink", is_service=False),
            product(4, "Fibre 20"),
        ]
    )
    assert rows(made)["starlink"].tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("changes", "unmapped"),
    [
        ({"name": "Hosted PBX"}, True),
        ({"name": "Installation of something"}, False),
        ({"name": "Chair", "kind": "consu"}, False),
        ({"name": "Hosted PBX", "active": False}, False),
        ({"name": "Fibre 20", "technology": "fibre", "is_service": True}, False),
    ],
)
def test_a_product_no_rule_knows_is_unmapped(changes: dict[str, Any], unmapped: bool) -> None:
    made = source([product(**({"technology": "", "is_service": False} | changes))])
    assert rows(made)["unmapped"].tolist() == [unmapped]


def sold_on(day: date, state: str = "posted") -> Snapshot:
    return source(
        [product(name="Hosted PBX", technology="", is_service=False, active=False)],
        invoices=[{"move_id": 1, "state": state, "kind": "invoice", "invoice_date": day}],
        invoice_lines=[{"line_id": 1, "move_id": 1, "product_id": 1}],
    )


def test_an_archived_product_sold_within_a_year_is_unmapped_too() -> None:
    assert rows(sold_on(TODAY - timedelta(days=365)))["unmapped"].tolist() == [True]
    assert rows(sold_on(TODAY - timedelta(days=366)))["unmapped"].tolist() == [False]
    assert rows(sold_on(TODAY, "draft"))["sold"].tolist() == [False]
    ordered = source(
        [product()],
        orders=[{"order_id": 1, "state": "sale", "date_order": f"{TODAY} 08:00:00"}],
        order_lines=[{"line_id": 1, "order_id": 1, "product_id": 1}],
    )
    assert rows(ordered)["sold"].tolist() == [True]


def test_an_archived_product_in_use_is_said() -> None:
    assert rows(source([product(active=False)], [service(1)]))["archived_in_use"].tolist() == [True]
    assert rows(source([product(active=False)]))["archived_in_use"].tolist() == [False]


@pytest.mark.parametrize("name", ["Hosted PBX extension", "VSAT (C-band) 10+", 'Say "hi" \\ |x|', "=1+1", "Zürich 5$"])
def test_the_rule_offered_maps_exactly_that_product(name: str) -> None:
    rule = TechnologyRule(**json.loads(catalogue.rule_for(name)))
    assert re.search(rule.name, name, re.IGNORECASE)
    assert not re.search(rule.name, f"{name} extra", re.IGNORECASE)
    assert re.search(f"{PATTERN}|{catalogue.pattern_for(name)}", name, re.IGNORECASE)


def test_an_empty_tenant_has_no_products() -> None:
    made = source([])
    assert rows(made).empty
    assert catalogue.product_revenue(catalogue.service_prices(made)).empty
