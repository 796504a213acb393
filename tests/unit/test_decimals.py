"""Decimals are the currency's: three in Kuwait, none in Japan, two for most, wherever an amount is rounded or said."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pypdf import PdfReader

from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.payments.alarms import Given, alarms
from odoo_client.config import Settings
from odoo_client.datasets import services as sources
from odoo_client.datasets.base import Column, Plan
from odoo_client.documents.amounts import Amounts, amount_format, amount_texts
from odoo_client.documents.statement.pdf import statement_pdf
from odoo_client.documents.statement.text import statement_text
from odoo_client.documents.statement.words import Made
from odoo_client.documents.statement.xlsx import statement_xlsx
from odoo_client.documents.workbook import Cover, workbook
from odoo_client.metrics import catalogue, dso
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.ledger import LedgerIndex
from odoo_client.metrics.proof_queue import Payment, allocation, open_invoices, ranked
from odoo_client.metrics.statement import Statement, StatementIndex, statement
from odoo_client.store.snapshot import ControlTotal
from odoo_client.sync.derive_services import build_services
from pages.ui import amounts as on_screen
from pages.ui import charts, formats, tables
from pages.ui.payments import differences
from tests.builders import USD, Ledger, rows, snapshot

KWD, JPY = 3, 4
DAY = date(2026, 3, 20)
MADE = Made(datetime(2026, 3, 31, 22, 30, tzinfo=UTC), datetime(2026, 3, 31, 21, 59, tzinfo=UTC), "Africa/Harare")
#: Currency, its decimals, an amount of it that another number of decimals would change, and how that is written.
KINDS = [(USD, 2, 1234.56, "1,234.56"), (KWD, 3, 1234.567, "1,234.567"), (JPY, 0, 1234.0, "1,234")]
PLACES = {"USD": 2, "KWD": 3, "JPY": 0}


@pytest.fixture
def book() -> Ledger:
    made = Ledger()
    made.currency(KWD, "KWD", 3)
    made.currency(JPY, "JPY", 0)
    made.customer(1, "Gulf Trading")
    return made


def stated(book: Ledger) -> Statement:
    return statement(StatementIndex.build(LedgerIndex.build(book.snapshot())), 1, None, date(2026, 3, 31))


@pytest.mark.parametrize(("currency", "decimals", "amount", "written"), KINDS)
def test_a_statement_is_written_to_the_last_decimal_and_no_further(
    book: Ledger, currency: int, decimals: int, amount: float, written: str
) -> None:
    book.invoice(1, amount, DAY, currency_id=currency)
    found = stated(book)
    code = found.accounts[0].code
    assert f"{code} {written}" in statement_text(found, MADE)
    printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(statement_pdf(found, MADE))).pages)
    assert written in printed
    assert not re.search(rf"{re.escape(written)}\d|{re.escape(written)}\.\d", printed)
    sheets = openpyxl.load_workbook(io.BytesIO(statement_xlsx(found, MADE)))
    cells = [
        cell for sheet in sheets for row in sheet.iter_rows() for cell in row if isinstance(cell.value, float | int)
    ]
    same = [cell for cell in cells if cell.value == pytest.approx(amount)]
    assert len(same) >= 5, "sums, the entry, the open item"
    assert {cell.number_format for cell in same} == {amount_format(decimals)}


def test_a_statement_tells_of_the_other_currency_in_its_own_decimals(book: Ledger) -> None:
    invoice = book.invoice(1, 100.0, DAY)
    paid = book.payment(1, 30.615, DAY, currency_id=KWD)
    book.reconcile(invoice, paid, 100.0, DAY, credit_amount=30.615)
    references = {text for account in stated(book).accounts for text in account.entries["reference"]}
    assert any("KWD 30.615" in text for text in references), references


def one_of(columns: Sequence[Column], **values: object) -> pd.DataFrame:
    """One row of a dataset, empty but for `values`."""
    empty = Plan("x", tuple(columns), (), [], []).frame(pa.table({}))
    blank = {"i": 0, "f": 0.0, "b": False, "M": pd.NaT}
    row = {name: blank.get(dtype.kind, "") for name, dtype in empty.dtypes.items()} | values
    return pd.DataFrame([row])[list(empty.columns)].astype(empty.dtypes.to_dict())


@pytest.mark.parametrize(("currency", "decimals", "fee"), [(USD, 2, 10.33), (KWD, 3, 10.333), (JPY, 0, 10.0)])
def test_a_monthly_fee_has_its_currency_s_decimals(book: Ledger, currency: int, decimals: int, fee: float) -> None:
    """31 a quarter are ten and a third a month."""
    frames = {name: rows(name, book.frames[name]) for name in ("currencies", "companies", "customers")}
    plan = {"product_id": 5, "name": "Fibre", "technology": "fibre", "is_service": True}
    frames["products"] = rows("products", [plan]).assign(recurring=False)
    frames |= {
        "contracts": one_of(sources.CONTRACT_COLUMNS, contract_id=1, partner_id=1, company_id=1, currency_id=currency),
        "contract_lines": one_of(
            sources.CONTRACT_LINE_COLUMNS, line_id=1, contract_id=1, product_id=5, quantity=1.0, price_unit=31.0,
            interval=3, rule="monthly", active=True,
        ),
        "subscriptions": one_of(sources.SUBSCRIPTION_COLUMNS).iloc[:0],
        "subscription_lines": one_of(sources.SUBSCRIPTION_LINE_COLUMNS).iloc[:0],
        "orders": rows("orders").assign(
            subscription_state="", recurring_monthly=0.0, start_date=pd.NaT, end_date=pd.NaT, next_invoice_date=pd.NaT
        ),
        "order_lines": rows("order_lines"),
    }  # fmt: skip
    services, _source = build_services(frames, Settings(), date(2026, 11, 22))
    assert services["monthly_fee"].tolist() == [fee]


@pytest.mark.parametrize(
    ("currency", "fee", "price"),
    [
        (KWD, 15.126, "off_list"), (KWD, 15.1252, "list"), (USD, 15.126, "list"), (USD, 15.135, "off_list"),
        (JPY, 15.6, "list"), (JPY, 17.0, "off_list"),
    ],
)  # fmt: skip
def test_a_fee_is_off_list_from_the_smallest_unit_of_its_currency_on(
    book: Ledger, currency: int, fee: float, price: str
) -> None:
    product = {"product_id": 1, "name": "Fibre", "list_price": 15.125, "currency_id": currency, "active": True}
    service = {"service_id": "contract.line:1", "product_id": 1, "status": "active", "monthly_fee": fee}
    made = snapshot(
        currencies=book.frames["currencies"],
        products=[product],
        services=[service | {"currency_id": currency, "commercial_partner_id": 1, "company_id": 1}],
    )
    assert catalogue.service_prices(made)["price"].tolist() == [price]


@given(cents=some.integers(1, 10**9), kind=some.sampled_from([(USD, 2), (KWD, 3), (JPY, 0)]))
def test_what_a_payment_is_shared_out_to_adds_up_in_the_smallest_unit(cents: int, kind: tuple[int, int]) -> None:
    currency, decimals = kind
    unit = Decimal(1).scaleb(-decimals)
    amount = float(cents * unit)
    found = pd.DataFrame({"move_id": [1, 2], "currency_id": currency, "residual": [float(cents // 3 * unit), amount]})
    payment = Payment(1, 1, currency, amount, DAY, decimals=decimals)
    parts, left = allocation(found, payment, [1, 2])
    assert sum(round(part / float(unit)) for _move, part in parts) + round(left / float(unit)) == cents
    assert all(Decimal(repr(part)) % unit == 0 for _move, part in parts)


@pytest.mark.parametrize(
    ("currency", "decimals", "paid", "alike"),
    [
        (KWD, 3, 12.345, True), (KWD, 3, 12.349, False), (JPY, 0, 12.0, True), (USD, 2, 12.34, True),
        (USD, 2, 12.35, False),
    ],
)  # fmt: skip
def test_the_same_amount_is_the_same_to_the_last_decimal(
    book: Ledger, currency: int, decimals: int, paid: float, alike: bool
) -> None:
    owed = {KWD: 12.345, JPY: 12.0, USD: 12.34}[currency]
    book.invoice(1, owed, DAY, currency_id=currency)
    book.frames["invoices"][-1] |= {"residual": owed, "due_date": DAY}
    payment = Payment(1, 1, currency, paid, DAY, decimals=decimals)
    assert (
        "same amount"
        in ranked(open_invoices(book.snapshot(), payment.commercial_partner_id, payment.company_id), payment)[
            "reason"
        ].iloc[0]
    ) == alike
    assert differences.differ(owed, paid, decimals) != alike


def test_a_thousandth_of_a_dinar_is_open_and_one_of_a_dollar_is_not(book: Ledger) -> None:
    for currency in (KWD, USD):
        book.invoice(1, 5.0, DAY, currency_id=currency)
        book.frames["invoices"][-1] |= {"residual": 0.001, "due_date": DAY}
    assert open_invoices(book.snapshot(), 1)["currency_id"].tolist() == [KWD]


@pytest.mark.parametrize(("currency", "off", "equal"), [(KWD, 0.001, False), (KWD, 0.0001, True), (JPY, 0.4, True)])
def test_totals_tie_to_the_last_decimal_of_their_currency(book: Ledger, currency: int, off: float, equal: bool) -> None:
    smallest = Currencies.of(book.snapshot()).smallest(currency)
    assert ControlTotal(1, 2, currency, 4, 10.0, 4, 10.0 + off, smallest=smallest).equal == equal


def test_what_is_collected_is_reckoned_from_the_smallest_unit_on(book: Ledger) -> None:
    """Two thousandths of a dinar were billed: two units; of a dollar that is nothing."""
    source = book.snapshot()
    for currency, told in ((KWD, True), (USD, False)):
        stands = pd.DataFrame(columns=["as_of", "company_id", "currency_id", "open", "not_due", "unallocated"])
        stands = stands.astype({"as_of": "datetime64[s]", "company_id": "int64", "currency_id": "int64"})
        stands = stands.astype(dict.fromkeys(("open", "not_due", "unallocated"), "float64"))
        month = pd.Timestamp("2026-11-01").as_unit("s")
        billed = pd.DataFrame({"company_id": [1], "currency_id": [currency], "month": [month], "billed": [0.002]})
        table = dso.collection_months(stands, billed, date(2026, 11, 20), 1, (1,), Currencies.of(source))
        assert table["dso"].notna().tolist() == [told], currency


def test_what_is_paid_too_much_is_said_in_the_currency_s_decimals(book: Ledger, tmp_path: Path) -> None:
    line = book.invoice(1, 12.345, DAY, currency_id=KWD)
    book.frames["invoices"][-1] |= {"residual": 12.345, "due_date": DAY, "invoice_date": DAY}
    what = Given(1, Decimal("12.5"), "KWD", KWD, DAY, "f" * 64, "REF", (book.move_of(line),))
    said = alarms(book.snapshot(), Outbox(tmp_path / "o.sqlite3"), what, used=(), references=(), today=DAY)
    [above] = [one.sentence for one in said if one.code == "above"]
    assert "KWD 12.345: KWD 0.155 would stay" in above


# ---------------------------------------------------------------- exports


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Customer": ["a", "b", "c", "d"],
            "Currency": ["USD", "KWD", "JPY", "KWD"],
            "Overdue": [1234.5, 1.2345, 1234.0, np.nan],
            "Hours": [1.25, 2.5, 3.75, 0.5],
            "Monthly, JPY": [5.0, 6.0, 7.0, 8.0],
        }
    )


def test_a_workbook_has_each_row_s_decimals_and_those_of_its_totals() -> None:
    made = Amounts(places=PLACES, headings=("Overdue", "Monthly, JPY"))
    cover = Cover("Title", datetime(2026, 11, 22, tzinfo=UTC))
    book = openpyxl.load_workbook(io.BytesIO(workbook(table(), cover, money=("Overdue",), amounts=made)))
    shown = [[cell.number_format for cell in row] for row in book["Data"].iter_rows(min_row=2)]
    assert [row[2] for row in shown[:3]] == ["#,##0.00", "#,##0.000", "#,##0"]
    assert {row[3] for row in shown} == {"#,##0.00"}, "hours are no amounts"
    assert {row[4] for row in shown} == {"#,##0"}, "the heading names the currency"
    totals = {row[0].value: row[1].number_format for row in book["About"].iter_rows() if row[0].value}
    wanted = {"Overdue (USD)": "#,##0.00", "Overdue (KWD)": "#,##0.000", "Overdue (JPY)": "#,##0"}
    assert {name: totals[name] for name in wanted} == wanted


def test_csv_has_each_row_s_decimals() -> None:
    decimals = Amounts(places=PLACES).decimals(table(), 2)
    assert decimals is not None
    assert amount_texts(table()["Overdue"], decimals).tolist() == ["1234.50", "1.234", "1234", ""]
    lists = pd.DataFrame({"Currency": ["USD"], "List currency": ["JPY"], "List price": [5.0]})
    assert Amounts(places=PLACES, currency_of={"List price": "List currency"}).decimals(lists, 2) == [0]


@given(
    some.lists(some.tuples(some.sampled_from([*PLACES, "XXX"]), some.floats(-1e9, 1e9, allow_nan=False)), max_size=20)
)
def test_every_amount_is_written_with_the_decimals_of_its_currency(cells: list[tuple[str, float]]) -> None:
    frame = pd.DataFrame({"Currency": [code for code, _ in cells], "A": [float(value) for _, value in cells]})
    decimals = Amounts(places=PLACES).decimals(frame.astype({"A": "float64"}), 1)
    assert decimals is not None
    for (code, value), text in zip(cells, amount_texts(frame["A"], decimals), strict=True):
        places = PLACES.get(code, 2)
        assert len(text.partition(".")[2]) == places
        assert float(text) == pytest.approx(value, abs=0.5 * 10**-places + 1e-6)
        assert formats.money(value, code, places).replace(",", "").replace("−", "-").split()[-1].lstrip(
            "-"
        ) == text.lstrip("-")


# ---------------------------------------------------------------- on screen


def columns() -> Iterator[tuple[str, object]]:
    yield "name", "Name"
    yield "amount", tables.money_column("Amount")


def frame(*codes: str) -> pd.DataFrame:
    return pd.DataFrame({"name": "x", "currency": list(codes), "amount": [1.2345] * len(codes)})


@pytest.mark.parametrize(("code", "expected"), [("USD", "%,.2f"), ("KWD", "%,.3f"), ("JPY", "%,.0f"), ("???", "%,.2f")])
def test_a_column_in_one_currency_has_its_format(code: str, expected: str) -> None:
    shown, config = on_screen.written(frame(code, code), dict(columns()), PLACES)
    assert config["amount"]["type_config"]["format"] == expected
    assert list(shown.columns) == ["name", "amount"]
    fixed = {"amount": tables.money_column(f"Amount, {code}", code=code)}
    _shown, config = on_screen.written(frame("USD"), fixed, PLACES)
    assert config["amount"]["type_config"]["format"] == expected


def test_a_column_of_several_currencies_has_each_cell_s_own_decimals() -> None:
    shown, config = on_screen.written(frame("USD", "KWD", "JPY"), dict(columns()), PLACES)
    assert config["amount"]["type_config"]["format"] is None
    cells = shown._translate(False, False)["body"]
    assert [row[2]["display_value"] for row in cells] == ["1.23", "1.234", "1"]


def test_what_has_no_amount_decides_no_format() -> None:
    rows_of = frame("USD", "KWD").assign(amount=[1.5, np.nan])
    _shown, config = on_screen.written(rows_of, dict(columns()), PLACES)
    assert config["amount"]["type_config"]["format"] == "%,.2f"


def test_charts_tell_the_decimals_of_their_currency() -> None:
    bar = charts.lateness_bar({"1–30": 1.2345}, "KWD", decimals=3)
    assert "KWD 1.234" in bar["data"][0]["hovertemplate"]
    months = pd.DataFrame({"month": pd.to_datetime(["2026-01-01"]), "billed": [5.0], "collected": [1.0]})
    assert (
        "%{y:,.0f}" in charts.billed_and_collected(months, "JPY", ("billed",), decimals=0)["data"][0]["hovertemplate"]
    )
    assert formats.short_money(1234.5, "JPY", 0) == "JPY 1,234"
