"""Overview and Services: tiles that equal their tables, the three technologies side by side, and the list's filters."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from odoo_client.store.snapshot import ControlTotal, NonTradeTotal
from pages.ui import navigation as opening
from tests.app.conftest import NOWHERE, Stage, ago, alerts, books, real, table, tiles
from tests.builders import USD, ZWG

PAGE = "services.py"


def test_the_overview_counts_what_the_services_page_lists(provider: Stage) -> None:
    listed = table(provider.open(PAGE), "monthly_fee")
    overview = tiles(provider.open())
    assert overview["Active services"] == [str(len(listed))]
    fees = listed.groupby("currency")["monthly_fee"].sum()
    assert overview["Recurring revenue"] == [f"USD {fees['USD']:,.2f}", f"ZWG {fees['ZWG']:,.2f}"]
    assert overview["Open tickets"] == ["2"]
    assert overview["Orders in progress"] == ["1"]


def test_the_overview_owes_what_arrears_owes(provider: Stage) -> None:
    overview, arrears = tiles(provider.open()), tiles(provider.open("arrears.py"))
    assert overview["Overdue"] == arrears["Overdue"]
    assert overview["Net to chase"] == arrears["Net to chase"]


def test_each_technology_has_its_card(provider: Stage) -> None:
    shown = tiles(provider.open(PAGE))
    assert shown["Starlink: active"] == ["1"]
    assert shown["Fibre: active"] == ["2"]
    assert shown["Wireless: active"] == ["1"]


def test_every_service_is_unlimited(provider: Stage) -> None:
    rows = table(provider.open(PAGE), "monthly_fee")
    assert set(rows["bandwidth"]) == {"Unlimited"}
    assert set(rows["usage"]) == {"Unlimited"}


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("service_technology", ["fibre"], ["Fibre plan 1", "Fibre plan 4"]),
        ("service_status", ["ended"], ["Wireless plan 6"]),
        ("service_status", ["paused"], ["Fibre plan 5"]),
        ("service_city", ["Mutare"], ["Starlink plan 3"]),
    ],
)
def test_each_filter_keeps_its_services(provider: Stage, key: str, value: list[str], kept: list[str]) -> None:
    visit = provider.open(PAGE)
    visit.multiselect(key=key).set_value(value).run()
    assert sorted(table(visit, "monthly_fee")["name"]) == kept


@pytest.mark.parametrize("text", ["starlink plan", "Dube", "444 4444"])
def test_a_service_is_found_by_its_name_or_its_customer(provider: Stage, text: str) -> None:
    visit = provider.open(PAGE)
    visit.text_input(key="service_q").set_value(text).run()
    assert list(table(visit, "monthly_fee")["name"]) == ["Starlink plan 3"]


def test_an_empty_list_names_the_filter_that_hides_the_rows(provider: Stage) -> None:
    visit = provider.open(PAGE)
    visit.multiselect(key="service_city").set_value(["Gweru"]).run()
    visit.multiselect(key="service_technology").set_value(["starlink"]).run()
    assert "City: Gweru" in alerts(visit)
    visit.button(key="services_clear").click().run()
    assert len(table(visit, "monthly_fee"))


def test_months_can_be_chosen(provider: Stage) -> None:
    visit = provider.open(PAGE)
    visit.get_by_key("months").set_value(24).run()
    assert not visit.exception


def test_inferred_services_are_marked(stage: Stage) -> None:
    book = books()
    changed: dict[str, Any] = {"source": "inferred", "inferred": True, "model": "sale.order", "record_id": 9}
    book.frames["services"] = [service | changed for service in book.frames["services"]]
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE)
    assert set(table(visit, "monthly_fee")["source"]) == {"Inferred"}
    assert any("**inferred**" in text.value for text in visit.caption)
    assert table(visit, "monthly_fee")["odoo"].iloc[0] == f"{NOWHERE}/odoo/sale.order/9"
    assert any("inferred" in text.value for text in stage.open().caption)


def test_a_row_opens_its_customer(provider: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = provider.open(PAGE)
    listed = next(element for element in visit.dataframe if "monthly_fee" in element.value.columns)
    assert listed.proto.selection_mode
    assert "partner_id" not in listed.value.columns
    went: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(opening.st, "switch_page", lambda page, query_params: went.append((page, query_params)))
    rows = pd.DataFrame({"partner_id": [4, 0]})
    opening.open_customer(rows, 0)
    opening.open_customer(rows, 1)
    opening.open_customer(rows, None)
    assert went == [("customers.py", {"customer": "4"})]


def test_the_overview_s_debtors_are_the_customers_page_s(stage: Stage) -> None:
    book = books()
    book.invoice(0, 25.0, ago(12), on=ago(30))
    stage.show(real(book.snapshot()))
    overdue = tiles(stage.open("customers.py"))["Overdue"]
    captions = [caption.value for caption in stage.open().caption]
    assert any(one.startswith(f"{overdue[0]} customers and lines without customer") for one in captions)


def test_the_tie_tells_lines_compared_from_the_rows_of_a_figure(stage: Stage) -> None:
    total = ControlTotal(1, 10, 1, 12_938, 250.0, 12_938, 250.0)
    stage.show(real(books().snapshot(), control_totals=(total,)))
    told = "".join(text.value for text in stage.open("arrears.py").markdown).replace("\\", "")
    assert "12,938 receivable lines, settled ones among them, were compared whatever the filters." in told
    assert "equals Odoo's own 1 total by company, account and currency" in told
    assert "open line" not in told


def test_the_tie_has_one_line_of_what_is_no_customer_s_debt(stage: Stage) -> None:
    book = books()
    beside = (
        NonTradeTotal(1, 11, USD, 2, 4200.0),
        NonTradeTotal(1, 12, USD, 1, 1500.0),
        NonTradeTotal(2, 13, ZWG, 1, -830.5),
        NonTradeTotal(2, 13, USD, 4, 0.001),
    )
    total = ControlTotal(1, 10, 1, 12_938, 250.0, 12_938, 250.0)
    stage.show(real(book.snapshot(), control_totals=(total,), non_trade_totals=beside))
    names = book.snapshot().frame("companies").set_index("company_id")["name"]
    line = f"Non-trade receivable accounts: {names[1]} USD 5,700.00; {names[2]} −ZWG 830.50. No customer's debt"
    for page in ("arrears.py", "overview.py"):
        told = "".join(text.value for text in stage.open(page).markdown).replace("\\", "")
        assert line in told, page
    stage.show(real(book.snapshot(), control_totals=(total,)))
    assert "Non-trade" not in "".join(text.value for text in stage.open("arrears.py").markdown).replace("\\", "")
