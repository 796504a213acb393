"""Exports hold what is on screen and cannot run in a spreadsheet; formats never show a machine's empty values."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pandas as pd
import pytest

from odoo_client.documents.clean import neutralised
from odoo_client.metrics.registry import METRICS
from pages.ui import exports, formats
from pages.ui.arrears import tiles as arrears_parts
from tests.app.conftest import Stage, ago, books, real, table


@pytest.mark.parametrize("text", ["=1+1", "+263 77", "-2+3", "@SUM(A1)", "\t=1", " =1", "=cmd|' /C calc'!A0", "＝1+1"])
def test_a_text_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert neutralised(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Tendai Moyo", "INV/2026/0001", "1=1", "شركة النور", ""])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert neutralised(text) == text


def test_csv_keeps_numbers_numbers_and_dates_days() -> None:
    frame = pd.DataFrame(
        {
            "=Name": pd.Series(["=1+1 Trading", "Moyo"], dtype="str"),
            "Amount": [-12.5, 3.0],
            "Day": pd.to_datetime(["2026-11-22", None]),
        }
    )
    data = exports.csv_bytes(frame)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows == [["'=Name", "Amount", "Day"], ["'=1+1 Trading", "-12.5", "2026-11-22"], ["Moyo", "3.0", ""]]


def test_the_export_of_arrears_is_the_table_on_screen(provider: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []
    monkeypatch.setattr(exports.st, "download_button", lambda _label, data, **_more: made.append(data()))
    visit = provider.open("arrears.py", city="Harare")
    shown = table(visit, "net_to_chase")
    rows = list(csv.DictReader(io.StringIO(made[0].decode("utf-8-sig"))))
    assert [row["Customer"] for row in rows] == [neutralised(name) for name in shown["customer"]]
    assert [float(row["Net to chase"]) for row in rows] == list(shown["net_to_chase"])
    assert {row["Currency"] for row in rows} == {"USD"}
    assert {row["As of"] for row in rows} == {formats.today("Africa/Harare").isoformat()}
    assert "'+263 77 111 1111" in {row["Phone"] for row in rows}


def clicks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what a click on each download button gives, by the button's key, of the runs that follow."""
    made: dict[str, Any] = {}
    monkeypatch.setattr(
        exports.st, "download_button", lambda _label, data, key, **more: made.update({key: (data, more["file_name"])})
    )
    return made


@pytest.mark.parametrize(
    ("page", "query", "key", "column", "money"),
    [
        ("arrears.py", {"city": "Harare"}, "arrears", "net_to_chase", {"Net to chase (USD)": 110.0}),
        (
            "services.py",
            {"service_technology": "Fibre"},
            "services",
            "monthly_fee",
            {"Monthly fee (USD)": 100.0, "Monthly fee (ZWG)": 2600.0},
        ),
    ],
)
def test_a_workbook_is_the_table_on_screen_with_totals_that_equal_it(
    provider: Stage,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    query: dict[str, str],
    key: str,
    column: str,
    money: dict[str, float],
) -> None:
    made = clicks(monkeypatch)
    visit = provider.open(page, **query)
    assert not visit.exception
    shown = table(visit, column)
    data, file_name = made[f"{key}_xlsx"]
    assert file_name == f"{key}-{formats.today('Africa/Harare'):%Y-%m-%d}.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(data()))
    about = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
    rows = list(csv.DictReader(io.StringIO(made[f"{key}_csv"][0]().decode("utf-8-sig"))))
    cells = list(book["Data"].iter_rows(values_only=True))
    assert list(cells[0]) == list(rows[0])
    assert len(cells) - 1 == len(rows) == len(shown) == int(about["Rows"])
    heading = next(name for name in money).split(" (")[0]
    place = cells[0].index(heading)
    assert [row[place] for row in cells[1:]] == list(shown[column])
    for name, expected in money.items():
        own = [row for row in cells[1:] if row[cells[0].index("Currency")] == name[-4:-1]]
        assert about[name] == expected == sum(row[place] for row in own)
    assert about["Made by"] == "Ada Admin"
    assert about["Filters"] != "None"
    assert not [cell for row in book["Data"].iter_rows() for cell in row if cell.data_type == "f"]


def test_a_converted_export_says_at_which_rate(provider: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    made = clicks(monkeypatch)
    provider.open("arrears.py", converted="true")
    book = openpyxl.load_workbook(io.BytesIO(made["arrears_xlsx"][0]()))
    about = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
    assert about["Rates"].startswith("1 USD = 26.0000 ZWG")
    assert about["Currency"] == "USD"


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [
        (1234.5, "USD", "USD 1,234.50"),
        (-20.0, "ZWG", "−ZWG 20.00"),
        (-0.001, "USD", "USD 0.00"),
        (float("nan"), "USD", "–"),
    ],
)
def test_money_reads_with_its_currency(amount: float, code: str, text: str) -> None:
    assert formats.money(amount, code, 2) == text


def test_tiles_shorten_large_amounts() -> None:
    assert formats.short_money(99_999.994, "USD", 2) == "USD 99,999.99"
    assert formats.short_money(1_234_567.8, "ZWG", 2) == "ZWG 1,234,568"
    assert formats.short_money(123_456_789.0, "ZWG", 2) == "ZWG 123.5 m"


def test_days_and_moments_read_as_people_write_them() -> None:
    assert formats.day(date(2026, 11, 2)) == "2 Nov 2026"
    assert formats.day(pd.NaT) == "–"
    assert formats.moment(datetime(2026, 11, 22, 22, 30, tzinfo=UTC), "Africa/Harare") == "23 Nov 2026, 00:30"


def test_odoo_s_text_is_never_markdown() -> None:
    assert formats.plain("*bold* <b>[x](http://evil)</b> :red[x] $1$") == (
        "\\*bold\\* \\<b\\>\\[x\\]\\(http\\:/\u2060/evil\\)\\</b\\> \\:red\\[x\\] \\$1\\$"
    )


def test_every_tile_of_arrears_has_its_metric_in_the_registry() -> None:
    assert {metric for _column, metric, *_rest in arrears_parts.FIGURES} <= set(METRICS)


def test_each_row_has_the_decimals_of_its_currency_on_screen_and_in_what_is_exported(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = clicks(monkeypatch)
    book = books()
    for number, (code, decimals, amount) in enumerate((("KWD", 3, 12.345), ("JPY", 0, 5000.0)), start=3):
        book.currency(number, code, decimals)
        book.invoice(1, amount, ago(45), on=ago(59), currency_id=number)
    stage.show(real(book.snapshot()))
    visit = stage.open("arrears.py")
    assert not visit.exception
    values = [metric.value for metric in visit.metric if metric.label == "Net to chase"]
    assert {"KWD 12.345", "JPY 5,000"} <= set(values)
    drawn = stage.open("arrears.py", arrears_view="Charts").get("plotly_chart")
    assert any("KWD %{y:,.3f}" in chart.proto.spec for chart in drawn)
    rows = list(csv.DictReader(io.StringIO(made["arrears_csv"][0]().decode("utf-8-sig"))))
    written = {row["Currency"]: row["Net to chase"] for row in rows if row["Customer"] == "Tendai Moyo"}
    assert written == {"USD": "80.00", "KWD": "12.345", "JPY": "5000"}
    sheet = openpyxl.load_workbook(io.BytesIO(made["arrears_xlsx"][0]()))["Data"]
    heads, *cells = sheet.iter_rows()
    place, code = ([cell.value for cell in heads].index(name) for name in ("Net to chase", "Currency"))
    formats_of = {row[code].value: row[place].number_format for row in cells}
    assert formats_of == {"USD": "#,##0.00", "ZWG": "#,##0.00", "KWD": "#,##0.000", "JPY": "#,##0"}
    one = stage.open("arrears.py", currency="KWD")
    columns = json.loads(next(frame.proto.columns for frame in one.dataframe if "net_to_chase" in frame.value))
    assert columns["net_to_chase"]["type_config"]["format"] == "%,.3f"
