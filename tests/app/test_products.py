"""The Products page: tiles that equal their tables, who pays another price, what no rule maps, every state of Odoo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.store.snapshot import Snapshot
from tests.app.conftest import Stage, alerts, read_now, real, table, tiles
from tests.app.orders_books import provider_orders, without
from tests.builders import empty_frames

PAGE = "products.py"
CURRENT = [
    "=HYPERLINK(PBX)",
    "Fibre 100",
    "Fibre gold",
    "Starlink Kit",
    "Starlink plan",
    "Wireless <i>20</i>",
]


@pytest.fixture
def catalogue(stage: Stage) -> Stage:
    """Active: Fibre 100 at the list price, Wireless 20 at 50 instead of 60, Starlink at the list, Fibre gold in ZWG."""
    stage.show(read_now(provider_orders))
    return stage


def visit(stage: Stage, **query: Any) -> AppTest:
    """The page as the address `query` opens it."""
    opened = stage.open(PAGE, **query)
    assert not opened.exception
    return opened


def has_table(opened: AppTest, column: str = "list_price") -> bool:
    return any(column in element.value.columns for element in opened.dataframe)


def listed(opened: AppTest) -> list[str]:
    return sorted(table(opened, "kind")["name"]) if has_table(opened, "kind") else []


def text(opened: AppTest) -> str:
    return "\n".join(str(element.value) for element in (*opened.markdown, *opened.caption, *opened.subheader))


def test_the_catalogue_has_prices_services_and_revenue(catalogue: Stage) -> None:
    rows = table(visit(catalogue), "kind").set_index("name")
    assert sorted(rows.index) == CURRENT
    assert rows.loc["Fibre 100", ["kind", "technology", "list_price", "currency", "active_services"]].tolist() == [
        "Plan", "Fibre", 100.0, "USD", 1,
    ]  # fmt: skip
    assert rows.loc["Fibre 100", "mrr_1"] == 100.0
    assert rows.loc["Fibre gold", "mrr_2"] == 2600.0
    assert pd.isna(rows.loc["Fibre gold", "mrr_1"])
    assert rows.loc["Starlink Kit", ["kind", "starlink"]].tolist() == ["Hardware", "Kit"]
    assert rows.loc["Starlink plan", "starlink"] == "Package"
    assert rows.loc["Wireless <i>20</i>", "off_list"] == 1
    assert rows.loc["=HYPERLINK(PBX)", ["technology", "mapped"]].tolist() == ["Not attributed", "No rule"]


def press(opened: AppTest, label: str) -> AppTest:
    opened.button(key=f"open_{label}").click().run()
    assert not opened.exception
    return opened


def test_plans_and_packages_equal_the_table_they_open(catalogue: Stage) -> None:
    opened = visit(catalogue)
    assert tiles(opened)["Plans"] == ["4"]
    rows = table(press(opened, "Plans"), "kind")
    assert len(rows) == 4
    assert set(rows["kind"]) == {"Plan"}
    opened = visit(catalogue)
    assert tiles(opened)["Starlink packages"] == ["1"]
    assert listed(press(opened, "Starlink packages")) == ["Starlink plan"]


def test_services_and_revenue_equal_the_table_they_open(catalogue: Stage) -> None:
    opened = visit(catalogue)
    assert tiles(opened)["Active services"] == ["4"]
    assert tiles(opened)["Monthly revenue"] == ["USD 220.00", "ZWG 2,600.00"]
    rows = table(press(opened, "Monthly revenue"), "kind")
    assert rows["active_services"].sum() == 4
    assert (rows["mrr_1"].sum(), rows["mrr_2"].sum()) == (220.0, 2600.0)


def test_customers_off_the_list_price_equal_the_services_listed(catalogue: Stage) -> None:
    opened = visit(catalogue)
    assert tiles(opened)["Off list price"] == ["1"]
    press(opened, "Off list price")
    assert listed(opened) == ["Wireless <i>20</i>"]
    services = table(opened, "difference")
    assert services[["customer", "fee", "list_price", "difference", "price"]].to_numpy().tolist() == [
        ["Rudo <b>Ncube</b>", 50.0, 60.0, -10.0, "Another price"]
    ]


def test_unmapped_products_come_with_the_setting_and_a_rule_to_copy(catalogue: Stage) -> None:
    opened = visit(catalogue)
    assert tiles(opened)["Unmapped products"] == ["1"]
    press(opened, "Unmapped products")
    assert listed(opened) == ["=HYPERLINK(PBX)"]
    assert "TECHNOLOGY_RULES" in text(opened)
    assert "NOT_SERVICE_PATTERN" in text(opened)
    assert any("HYPERLINK" in block.value and '"technology"' in block.value for block in opened.code)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"product_q": "wire"}, ["Wireless <i>20</i>"]),
        ({"product_q": "p5"}, ["Starlink Kit"]),
        ({"product_technology": "Wireless"}, ["Wireless <i>20</i>"]),
        ({"product_technology": "Not attributed"}, ["=HYPERLINK(PBX)"]),
        ({"product_kind": "Hardware"}, ["Starlink Kit"]),
        ({"product_kind": ["Hardware", "Fee or other"]}, ["=HYPERLINK(PBX)", "Starlink Kit"]),
        ({"product_starlink": "true"}, ["Starlink Kit", "Starlink plan"]),
        ({"product_show": "Unmapped"}, ["=HYPERLINK(PBX)"]),
        ({"product_show": "Off list"}, ["Wireless <i>20</i>"]),
        ({"product_show": "All"}, sorted([*CURRENT, "Old plan"])),
    ],
)
def test_every_filter_narrows_the_table_from_the_address(
    catalogue: Stage, query: dict[str, Any], names: list[str]
) -> None:
    opened = visit(catalogue, **query)
    assert listed(opened) == names
    assert not opened.warning


def test_a_company_has_its_own_services(catalogue: Stage) -> None:
    opened = visit(catalogue, company="Afi Wireless")
    assert tiles(opened)["Active services"] == ["1"]
    assert tiles(opened)["Monthly revenue"] == ["USD 70.00"]


def test_an_archived_product_in_use_is_found(stage: Stage) -> None:
    book = provider_orders()
    next(row for row in book.frames["services"] if row["product_id"] == 1)["product_id"] = 7
    stage.show(real(book.snapshot()))
    opened = visit(stage, product_show="Archived")
    assert listed(opened) == ["Old plan"]
    assert tiles(opened)["Active services"] == ["4"]
    detail = visit(stage, product="7")
    assert "archived in Odoo, still in use" in text(detail)


def test_a_product_in_the_address_shows_who_pays_what(catalogue: Stage) -> None:
    opened = visit(catalogue, product="2")
    assert any("Wireless \\<i\\>20" in heading.value for heading in opened.subheader)
    services = table(opened, "difference")
    assert services["customer"].tolist() == ["Rudo <b>Ncube</b>"]
    opened.button(key="product_close").click().run()
    assert not has_table(opened, "difference")
    assert "product" not in opened.query_params


def test_an_unmapped_product_has_its_own_rule(catalogue: Stage) -> None:
    opened = visit(catalogue, product="6")
    assert any('"technology"' in block.value for block in opened.code)
    assert "No active service" in text(opened)


@pytest.mark.parametrize("asked", ["999999", "abc", "-1", "9" * 30])
def test_an_unknown_product_in_the_address_is_a_sentence(catalogue: Stage, asked: str) -> None:
    opened = visit(catalogue, product=asked)
    assert "There is no product" in alerts(opened)
    assert listed(opened) == CURRENT


@pytest.mark.parametrize(
    "query", [{"product_technology": "Dial-up"}, {"product_kind": "Idea"}, {"product_show": "Nothing"}]
)
def test_a_value_the_address_cannot_have_is_left_out_and_said(catalogue: Stage, query: dict[str, str]) -> None:
    opened = visit(catalogue, **query)
    assert "which does not exist here" in alerts(opened)
    assert listed(opened) == CURRENT


def test_an_empty_table_names_the_filter_that_hides_the_products(catalogue: Stage) -> None:
    opened = visit(catalogue, product_q="no such thing")
    assert "Search" in alerts(opened)
    opened.button(key="product_clear").click().run()
    assert listed(opened) == CURRENT


def test_a_service_that_names_no_product_is_said(stage: Stage) -> None:
    book = provider_orders()
    book.frames["services"][0]["product_id"] = 0
    stage.show(real(book.snapshot()))
    opened = visit(stage)
    assert tiles(opened)["Active services"] == ["3"]
    assert "1 service names no product" in text(opened)


def test_one_technology_only(stage: Stage) -> None:
    stage.show(real(provider_orders(technology="fibre").snapshot()))
    opened = visit(stage)
    assert tiles(opened)["Starlink packages"] == ["0"]
    assert tiles(opened)["Unmapped products"] == ["0"]


def test_an_empty_odoo_says_there_are_no_products(stage: Stage) -> None:
    stage.show(real(Snapshot.from_frames(empty_frames())))
    opened = visit(stage)
    assert "There are no products in this Odoo" in alerts(opened)


@pytest.mark.parametrize(("state", "words"), [("missing", "not installed"), ("denied", "no right to read")])
def test_products_that_cannot_be_read_are_never_a_zero(stage: Stage, state: Any, words: str) -> None:
    stage.show(without(provider_orders().snapshot(), state, "products", message="Install Sales."))
    opened = visit(stage, product="1")
    assert words in text(opened)
    assert not opened.metric


def test_without_orders_the_catalogue_still_has_services(stage: Stage) -> None:
    stage.show(without(provider_orders().snapshot(), "missing", "orders", "order_lines", message="Install Sales."))
    opened = visit(stage)
    assert tiles(opened)["Active services"] == ["4"]
    assert "Install Sales" in alerts(opened).replace("\\", "")


def test_when_odoo_is_down_the_figures_stay_with_their_age(catalogue: Stage) -> None:
    snapshot = catalogue.store.current()
    assert snapshot is not None
    past = datetime.now(UTC) - timedelta(hours=3)
    aged = {name: replace(info, read_at=past) for name, info in snapshot.info.items()}
    frames = {name: snapshot.frame(name) for name in snapshot}
    catalogue.show(real(Snapshot.from_frames(frames, info=aged), taken_at=past))
    catalogue.runner.run_once()
    opened = visit(catalogue)
    assert tiles(opened)["Active services"] == ["4"]
    assert "The last sync failed" in alerts(opened)


def test_before_the_first_sync_the_page_waits(stage: Stage) -> None:
    opened = visit(stage)
    assert "Reading Odoo" in alerts(opened)
    assert not opened.metric


def test_nothing_of_odoos_empty_values_is_on_the_page(catalogue: Stage) -> None:
    opened = visit(catalogue, product="2", product_show="All")
    cells = [str(c) for e in opened.dataframe for c in e.value.select_dtypes("str").to_numpy().ravel()]
    for word in (*text(opened).split(), *cells):
        assert word.strip("*") not in {"False", "NaN", "nan", "None", "NaT"}
    for element in opened.dataframe:
        assert not [name for name in element.value.columns if str(name).endswith("_id")]
