"""Workbooks read back: a cover that tells what the data is, totals that equal the sheet, and never a formula."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo_client.documents import workbook as module
from odoo_client.documents.workbook import Cover, workbook

MADE_AT = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)


def read(frame: pd.DataFrame, cover: Cover | None = None, **more: Any) -> openpyxl.Workbook:
    """Return the workbook of `frame`, read back."""
    return openpyxl.load_workbook(io.BytesIO(workbook(frame, cover or Cover("Title", MADE_AT), **more)))


def about(book: openpyxl.Workbook) -> dict[Any, Any]:
    """Return the cover sheet as name to value."""
    return {row[0]: row[1] for row in book["About"].iter_rows(values_only=True) if row[0]}


def rows_of(book: openpyxl.Workbook, sheet: str = "Data") -> list[tuple[Any, ...]]:
    return list(book[sheet].iter_rows(min_row=2, values_only=True))


def table(**more: Any) -> pd.DataFrame:
    """Return a table of three rows in two currencies."""
    columns = {
        "Customer": ["=1+1 Trading", "Tendai Moyo", "شركة النور"],
        "Currency": ["USD", "ZWG", "USD"],
        "Overdue": [0.1, 2600.0, 0.2],
        "Balance": [-5.0, np.nan, 7.25],
        "Days": [3, 0, 12],
    }
    return pd.DataFrame(columns | more)


def test_the_cover_tells_everything_needed_to_find_the_view_again() -> None:
    cover = Cover(
        "Arrears", MADE_AT, user="tariro@example.com", filters={"City": "Harare", "Bucket": ""},
        as_of=date(2026, 11, 2),
        rates="1 USD = 26.7 ZWG (Odoo's rate of 1 Nov 2026).", age="22 Nov 2026, 23:00", source="Odoo 19.0",
        link="https://dashboard.example/arrears?city=Harare", totals={"Customers": 3},
    )  # fmt: skip
    book = read(table(), cover)
    assert book.sheetnames == ["About", "Data"]
    assert book["About"]["A1"].value == "Arrears"
    assert about(book) | {"x": 1} == about(book) | {
        "Made on": "23 Nov 2026, 00:30 (Africa/Harare)",
        "Made by": "tariro@example.com",
        "As of": "2 Nov 2026",
        "Read from Odoo": "22 Nov 2026, 23:00",
        "Source": "Odoo 19.0",
        "Rows": "3",
        "Currency": "USD, ZWG",
        "Rates": "1 USD = 26.7 ZWG (Odoo's rate of 1 Nov 2026).",
        "Filters": "City: Harare",
        "Customers": "3",
        "Same view": "https://dashboard.example/arrears?city=Harare",
        "x": 1,
    }


def test_without_filters_rates_and_sign_in_the_cover_says_so() -> None:
    told = about(read(table()))
    assert (told["Made by"], told["Filters"], told["Rates"]) == ("not signed in", "None", "Nothing was converted.")


def test_totals_are_by_currency_and_equal_the_sheet() -> None:
    book = read(table())
    told, rows = about(book), rows_of(book)
    for code in ("USD", "ZWG"):
        mine = [row for row in rows if row[1] == code]
        assert told[f"Rows ({code})"] == len(mine)
        assert told[f"Overdue ({code})"] == pytest.approx(sum(row[2] for row in mine), abs=1e-9)
        assert told[f"Balance ({code})"] == sum(row[3] or 0 for row in mine)
    assert told["Overdue (USD)"] == 0.3, "to the cent, not 0.30000000000000004"
    assert not [name for name in told if str(name).startswith("Days")]


@given(
    st.lists(st.tuples(st.sampled_from(["USD", "ZWG", ""]), st.integers(-(10**11), 10**11)), min_size=1, max_size=40),
)
@settings(max_examples=40)
def test_totals_are_exact_to_the_cent(rows: list[tuple[str, int]]) -> None:
    frame = pd.DataFrame({"Currency": [code for code, _ in rows], "Amount": [cents / 100 for _, cents in rows]})
    told = about(read(frame))
    for code in {code for code, _ in rows}:
        cents = sum(amount for own, amount in rows if own == code)
        assert round(told[f"Amount ({code or 'no currency'})"] * 100) == cents


def test_only_the_columns_named_are_added_up_and_nothing_without_a_currency() -> None:
    assert "Balance (USD)" not in about(read(table(), money=["Overdue"]))
    told = about(read(table().drop(columns="Currency")))
    assert not [name for name in told if "(" in str(name)]
    assert "Overdue (USD)" not in about(read(table(), currency_column=None))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "{=1}", "http://x.example", "0123", "1e5", "\t=1"])
def test_a_text_is_a_text_cell_whatever_it_starts_with(text: str) -> None:
    book = read(pd.DataFrame({text: [text], "Number": [1]}), Cover(text, MADE_AT, filters={text: text}))
    cell = book["Data"]["A2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.hyperlink is None
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_numbers_days_and_moments_are_cells_of_their_own_kind() -> None:
    frame = pd.DataFrame(
        {
            "Amount": [1234.5, np.nan, np.inf],
            "Count": pd.array([3, None, 5], dtype="Int64"),
            "Day": pd.to_datetime(["2026-11-22", None, "1850-01-01"]),
            "Moment": pd.to_datetime(["2026-11-22 22:30", None, None], utc=True),
            "Flag": [True, False, True],
            "Kind": pd.Categorical(["Invoice", None, "Payment"]),
        }
    )
    book = read(frame)
    day, moment = datetime(2026, 11, 22), datetime(2026, 11, 23, 0, 30)  # noqa: DTZ001  as a spreadsheet has them
    assert rows_of(book) == [
        (1234.5, 3, day, moment, "Yes", "Invoice"),
        (None, None, None, None, "No", None),
        (None, 5, "1850-01-01", None, "Yes", "Payment"),
    ]
    sheet = book["Data"]
    formats = [sheet.cell(2, column).number_format for column in range(1, 5)]
    assert formats == ["#,##0.00", "#,##0", "d mmm yyyy", "d mmm yyyy hh:mm"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:F4")


def test_what_no_spreadsheet_can_hold_does_not_break_the_file() -> None:
    texts = ["a\x00b\ud800c\uffff", "x" * 40_000, "_x0041_"]
    cells = [row[0] for row in rows_of(read(pd.DataFrame({"Text": pd.Series(texts, dtype="object")})))]
    assert cells[0] == "abc"
    assert len(cells[1]) == module.LONGEST_TEXT


def test_a_table_without_rows_is_a_sheet_with_headings() -> None:
    book = read(table().iloc[:0])
    assert [cell.value for cell in book["Data"][1]] == ["Customer", "Currency", "Overdue", "Balance", "Days"]
    assert about(book)["Rows"] == "0"


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_A_SHEET", 2)
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 1)
    book = read(table())
    assert book.sheetnames == ["About", "Data", "Data 2"]
    assert [row[0] for row in rows_of(book) + rows_of(book, "Data 2")] == table()["Customer"].to_list()
    assert [cell.value for cell in book["Data 2"][1]][0] == "Customer"


def test_nothing_of_it_stays_behind(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    workbook(table(), Cover("Title", MADE_AT))
    assert not list(tmp_path.iterdir())
