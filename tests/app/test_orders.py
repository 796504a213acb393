"""The Orders page: tiles that equal their tables, filters in the address, one order, and every state of an Odoo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.store.snapshot import Snapshot
from tests.app.conftest import SALES, Stage, ago, alerts, read_now, real, table, tiles
from tests.app.orders_books import PASSED, provider_orders, without
from tests.builders import empty_frames

PAGE = "orders.py"
OPEN = ["S00001", "S00002", "S00003", "S00004", "S00005", "S00006", "S00007"]


@pytest.fixture
def orders(stage: Stage) -> Stage:
    stage.show(read_now(provider_orders))
    return stage


def visit(stage: Stage, **query: str | list[str]) -> AppTest:
    """The page as the address `query` opens it."""
    opened = stage.open(PAGE, **query)
    assert not opened.exception
    return opened


def listed(opened: AppTest) -> list[str]:
    return sorted(table(opened, "progress")["number"]) if has_table(opened) else []


def has_table(opened: AppTest) -> bool:
    return any("progress" in element.value.columns for element in opened.dataframe)


def text(opened: AppTest) -> str:
    return "\n".join(str(element.value) for element in (*opened.markdown, *opened.caption, *opened.subheader))


def test_open_orders_are_shown_first_the_longest_waiting_on_top(orders: Stage) -> None:
    opened = visit(orders)
    assert listed(opened) == OPEN
    rows = table(opened, "progress")
    assert rows["number"].iloc[0] == "S00002"
    assert rows["days"].is_monotonic_decreasing
    assert tiles(opened)["Open orders"] == ["7"]


@pytest.mark.parametrize(
    ("tile", "figure", "numbers", "note"),
    [
        ("Open orders", "7", OPEN, "USD 1,650.00 · ZWG 2,000.00"),
        ("Confirmed, waiting", "2", ["S00004", "S00005"], "USD 900.00"),
        ("In delivery", "1", ["S00006"], "USD 150.00"),
        ("To invoice", "3", ["S00004", "S00006", "S00007"], "USD 550.00 · ZWG 2,000.00"),
        ("Stuck", "2", ["S00002", "S00005"], "USD 700.00"),
    ],
)
def test_a_tile_equals_the_table_it_opens(orders: Stage, tile: str, figure: str, numbers: list[str], note: str) -> None:
    opened = visit(orders)
    assert tiles(opened)[tile] == [figure]
    opened.button(key=f"open_{tile}").click().run()
    assert not opened.exception
    assert listed(opened) == numbers
    assert tiles(opened)[tile] == [figure]
    rows = table(opened, "progress")
    sums = " · ".join(f"{code} {amount:,.2f}" for code, amount in rows.groupby("currency")["value"].sum().items())
    assert sums == note
    assert any(caption.value.replace("\\", "") == note for caption in opened.caption)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"order_stage": "Quotation"}, ["S00001", "S00002"]),
        ({"order_stage": "Sent"}, ["S00003"]),
        ({"order_stage": "Confirmed"}, ["S00004", "S00005"]),
        ({"order_stage": "In delivery"}, ["S00006"]),
        ({"order_stage": "Delivered"}, ["S00007"]),
        ({"order_stage": "Cancelled", "order_show": "All"}, ["S00008"]),
        ({"order_stage": ["Sent", "Delivered"]}, ["S00003", "S00007"]),
        ({"order_technology": "Fibre"}, ["S00001"]),
        ({"order_technology": "Starlink"}, ["S00003", "S00004", "S00005", "S00006", "S00007"]),
        ({"order_salesperson": "=HYPERLINK(1)"}, ["S00003", "S00007"]),
        ({"order_salesperson": "Nobody"}, ["S00004"]),
        ({"order_city": "Bulawayo"}, ["S00002", "S00007"]),
        ({"order_currency": "ZWG"}, ["S00007"]),
        ({"order_show": "Stuck"}, ["S00002", "S00005"]),
        ({"order_show": "To invoice"}, ["S00004", "S00006", "S00007"]),
        ({"order_from": str(ago(8)), "order_to": str(ago(3))}, ["S00004", "S00006", "S00007"]),
        ({"order_to": str(ago(40))}, ["S00002", "S00005"]),
        ({"order_q": "tendai"}, ["S00001", "S00006"]),
        ({"order_q": "s00004"}, ["S00004"]),
        ({"order_q": "=cmd|PO"}, ["S00003"]),
        ({"company": "Afi Wireless"}, ["S00004"]),
    ],
)
def test_every_filter_narrows_the_table_from_the_address(
    orders: Stage, query: dict[str, Any], numbers: list[str]
) -> None:
    opened = visit(orders, **query)
    assert listed(opened) == numbers
    assert not opened.warning


def test_all_orders_have_every_stage_and_finished_ones_have_no_days(orders: Stage) -> None:
    rows = table(visit(orders, order_show="All"), "progress").set_index("number")
    assert len(rows) == 8 + PASSED
    assert set(rows["stage"]) == {
        "Quotation",
        "Sent",
        "Confirmed",
        "In delivery",
        "Delivered",
        "Invoiced",
        "Cancelled",
    }
    assert rows.loc[rows["stage"].isin(["Invoiced", "Cancelled"]), "days"].isna().all()


def test_progress_and_since_are_in_words(orders: Stage) -> None:
    rows = table(visit(orders, order_show="All"), "progress").set_index("number")
    assert rows.loc["S00003", ["progress", "since"]].tolist() == ["●●○○", "not recorded"]
    assert rows.loc["S00006", "progress"] == "●●●●○○"
    assert rows.loc["S00008", "progress"] == "cancelled"
    assert rows.loc["S00100", "progress"] == "●●●●●●"
    assert rows.loc["S00006", "delivery"] == "Partly delivered"
    assert rows.loc["S00005", "stuck"] == "Stuck"


def test_sorting_keeps_two_currencies_apart(orders: Stage) -> None:
    rows = table(visit(orders, order_sort="Largest"), "progress")
    assert rows["currency"].tolist() == ["USD"] * 6 + ["ZWG"]
    assert rows["value"].iloc[:6].is_monotonic_decreasing
    newest = table(visit(orders, order_sort="Newest"), "progress")
    assert newest["number"].iloc[0] == "S00001"


def test_time_in_stage_says_how_many_passed_and_where_too_few_did(orders: Stage) -> None:
    rows = table(visit(orders), "open_median").set_index("stage")
    assert rows.loc["Quotation and sent", ["count", "median", "p90", "open", "stuck"]].tolist() == [
        PASSED + 4, 2.0, rows.loc["Quotation and sent", "p90"], 3, "1",
    ]  # fmt: skip
    assert rows.loc["Confirmed", ["count", "median"]].tolist() == [PASSED + 2, 4.0]
    assert rows.loc["In delivery", ["count", "open", "stuck"]].tolist() == [0, 1, "too few to tell"]
    assert pd.isna(rows.loc["In delivery", "median"])
    assert rows.loc["Delivered", ["count", "median", "open"]].tolist() == [PASSED, 2.0, 1]


def test_with_too_few_passages_nothing_is_called_stuck(stage: Stage) -> None:
    book = provider_orders()
    book.frames["orders"] = [row for row in book.frames["orders"] if row["order_id"] in (1, 2, 3)]
    stage.show(real(book.snapshot()))
    opened = visit(stage)
    assert tiles(opened)["Stuck"] == ["not told"]
    assert tiles(opened)["Order cycle time"] == ["–"]


def test_an_order_in_the_address_shows_its_stages_lines_and_deliveries(orders: Stage) -> None:
    opened = visit(orders, order="6")
    assert any("S00006" in heading.value and "Tendai Moyo" in heading.value for heading in opened.subheader)
    words = text(opened)
    assert "check_circle: Confirmed" in words
    assert "**In delivery**" in words
    assert "radio_button_unchecked: Invoiced" in words
    assert "not recorded" in words
    lines = table(opened, "subtotal")
    assert lines[["product", "subtotal"]].to_numpy().tolist() == [["Starlink Kit", 150.0]]
    assert sorted(table(opened, "scheduled")["state"]) == ["Done", "Ready"]


def test_an_order_that_the_filters_hide_is_shown_all_the_same(orders: Stage) -> None:
    opened = visit(orders, order="100", order_stage="Sent")
    assert listed(opened) == ["S00003"]
    assert any("S00100" in heading.value for heading in opened.subheader)
    opened.button(key="order_close").click().run()
    assert not any("S00100" in heading.value for heading in opened.subheader)
    assert "order" not in opened.query_params


@pytest.mark.parametrize("asked", ["999999", "abc", "-1", "9" * 30, "6.5"])
def test_an_unknown_order_in_the_address_is_a_sentence(orders: Stage, asked: str) -> None:
    opened = visit(orders, order=asked)
    assert "There is no order" in alerts(opened)
    assert listed(opened) == OPEN


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"order_city": "Atlantis"}, "city Atlantis, which does not exist"),
        ({"order_salesperson": "Gone"}, "salesperson Gone, which does not exist"),
        ({"order_technology": "Dial-up"}, "technology"),
        ({"order_stage": "Lost"}, "stage Lost, which does not exist"),
        ({"order_currency": "XYZ"}, "currency XYZ, which does not exist"),
        ({"order_show": "Nothing"}, "choice of orders Nothing, which does not exist"),
        ({"order_from": "1800-01-01"}, "which is not a day from"),
        ({"order_to": "yesterday"}, "which is not a day from"),
    ],
)
def test_a_value_the_address_cannot_have_is_left_out_and_said(
    orders: Stage, query: dict[str, str], sentence: str
) -> None:
    opened = visit(orders, **query)
    assert sentence in alerts(opened).replace("\\", "")
    assert listed(opened) == OPEN


def test_days_in_the_wrong_order_are_said(orders: Stage) -> None:
    opened = visit(orders, order_from=str(ago(3)), order_to=str(ago(9)))
    assert "ends before it begins" in alerts(opened)
    assert listed(opened) == []


def test_an_empty_table_names_the_filter_that_hides_the_orders(orders: Stage) -> None:
    opened = visit(orders, order_stage="Cancelled")
    assert "Hidden by" in alerts(opened)
    assert "Open" in alerts(opened)
    opened.button(key="order_clear").click().run()
    assert not opened.exception
    assert has_table(opened)


def test_without_stock_the_pipeline_has_no_delivery_and_says_so(stage: Stage) -> None:
    stage.show(without(provider_orders().snapshot(), "missing", "deliveries"))
    opened = visit(stage, order_show="All")
    assert "In delivery" not in tiles(opened)
    assert "Inventory is not installed" in text(opened)
    rows = table(opened, "progress")
    assert not {"In delivery", "Delivered"} & set(rows["stage"])
    assert "delivery" not in rows.columns
    assert set(rows["progress"].str.len()) <= {4, len("cancelled")}
    assert "In delivery" not in table(opened, "open_median")["stage"].tolist()


def test_without_the_right_to_deliveries_odoos_own_status_decides(stage: Stage) -> None:
    book = provider_orders()
    for row in book.frames["orders"]:
        row["delivery_status"] = {5: "pending", 6: "partial", 7: "full"}.get(row["order_id"], "")
    stage.show(without(book.snapshot(), "denied", "deliveries"))
    opened = visit(stage)
    rows = table(opened, "progress").set_index("number")["stage"]
    assert (rows["S00005"], rows["S00006"], rows["S00007"]) == ("Confirmed", "In delivery", "Delivered")
    assert "No right to read the deliveries" in alerts(opened)


@pytest.mark.parametrize(("state", "words"), [("missing", "not installed"), ("denied", "no right to read")])
def test_orders_that_cannot_be_read_are_never_a_zero(stage: Stage, state: Any, words: str) -> None:
    made = without(provider_orders().snapshot(), state, "orders", "order_lines", message="Install Sales.")
    stage.show(made)
    opened = visit(stage, order="1")
    assert words in text(opened)
    assert "Install Sales" in alerts(opened).replace("\\", "")
    assert not opened.metric


def test_an_empty_odoo_says_there_are_no_orders(stage: Stage) -> None:
    stage.show(real(Snapshot.from_frames(empty_frames())))
    opened = visit(stage)
    assert "There are no orders in this Odoo" in alerts(opened)


def test_one_technology_only(stage: Stage) -> None:
    stage.show(real(provider_orders(technology="wireless").snapshot()))
    assert listed(visit(stage, order_technology="Wireless")) == OPEN
    opened = visit(stage, order_technology="Starlink")
    assert listed(opened) == []
    assert "Technology" in alerts(opened)


def test_when_odoo_is_down_the_figures_stay_with_their_age(orders: Stage) -> None:
    snapshot = orders.store.current()
    assert snapshot is not None
    past = datetime.now(UTC) - timedelta(hours=3)
    aged = {name: replace(info, read_at=past) for name, info in snapshot.info.items()}
    frames = {name: snapshot.frame(name) for name in snapshot}
    orders.show(real(Snapshot.from_frames(frames, info=aged), taken_at=past))
    orders.runner.run_once()
    opened = visit(orders)
    assert tiles(opened)["Open orders"] == ["7"]
    assert "The last sync failed" in alerts(opened)


def test_before_the_first_sync_the_page_waits(stage: Stage) -> None:
    opened = visit(stage)
    assert "Reading Odoo" in alerts(opened)
    assert not opened.metric


def test_names_that_are_formulas_or_html_are_shown_letter_for_letter(orders: Stage) -> None:
    rows = table(visit(orders), "progress").set_index("number")
    assert rows.loc["S00003", "customer"] == "=1+1 Trading"
    assert rows.loc["S00003", "salesperson"] == "=HYPERLINK(1)"
    opened = visit(orders, order="2")
    heading = next(each.value for each in opened.subheader if "S00002" in each.value)
    assert "\\<b\\>Ncube" in heading
    assert table(opened, "subtotal")["product"].tolist() == ["Wireless <i>20</i>"]


def test_nothing_of_odoos_empty_values_is_on_the_page(orders: Stage) -> None:
    opened = visit(orders, order="4", order_show="All")
    cells = [str(c) for e in opened.dataframe for c in e.value.select_dtypes("str").to_numpy().ravel()]
    for word in (*text(opened).split(), *cells):
        assert word.strip("*") not in {"False", "NaN", "nan", "None", "NaT"}
    for element in opened.dataframe:
        assert not [name for name in element.value.columns if str(name).endswith("_id")]


def test_without_the_right_to_invoices_what_ends_with_one_is_not_known(orders: Stage) -> None:
    every = text(visit(orders))
    assert "leaving for an invoice" not in every.lower()
    orders.sign_in(SALES)
    opened = visit(orders, order_show="All")
    note = "leaving for an invoice is not known (invoices: no right to read)"
    captions = [caption.value for caption in opened.caption]
    assert any(
        note in caption and "so delivered orders that wait for one are not told" in caption for caption in captions
    ), "on the tile"
    assert any(note[1:] in caption and caption.startswith("Of all orders") for caption in captions), "on the table"
    assert any("to the first invoice: no right to read" in caption for caption in captions)
    rows = table(opened, "open_median").set_index("stage")
    assert pd.isna(rows.loc["Delivered", "count"])
    assert rows.loc["Delivered", "stuck"] == "not known"
    listed_rows = table(opened, "progress")
    assert set(listed_rows.loc[listed_rows["stage"] == "Invoiced", "since"]) == {"not known"}
    assert "not known" in [caption.value for caption in visit(orders, order="100").caption]
    assert any(note in caption.value for caption in orders.open().caption), "on the Overview"


def test_filters_that_match_nothing_draw_a_sentence_and_no_pipeline(orders: Stage) -> None:
    opened = visit(orders, order_q="no such order")
    assert "No order matches the filters" in text(opened)
    assert "Click a bar" not in text(opened)
