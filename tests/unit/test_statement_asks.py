"""What a statement asks for: what is open, what is under review and how to pay, in PDF, workbook and message alike."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace

import openpyxl
import pytest
from pydantic import ValidationError
from pypdf import PdfReader

from odoo_client.config import Settings, load_settings
from odoo_client.documents import glyphs
from odoo_client.documents.statement import paper as statement_paper
from odoo_client.documents.statement.pdf import ENTRY_COLUMNS, statement_pdf
from odoo_client.documents.statement.text import statement_text
from odoo_client.documents.statement.words import Made, open_items, without_details
from odoo_client.documents.statement.xlsx import statement_xlsx
from odoo_client.errors import ConfigError
from odoo_client.metrics.ledger import LedgerIndex
from odoo_client.metrics.statement import Statement, StatementIndex, statement
from odoo_client.payment_details import PaymentDetails
from tests.builders import USD, ZWG, Ledger

START, END = date(2026, 3, 1), date(2026, 3, 31)
DOLLARS = PaymentDetails(currency="usd", lines=("CBZ Bank, account 0123 4567", "Reference: {reference}"))
GOLD = PaymentDetails(currency="ZWG", lines=("EcoCash merchant 012345, in the name of {name}",))
NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
ENTERED = datetime(2026, 3, 30, 9, 0, tzinfo=UTC)
PLAIN = Made(NOW, NOW, "Africa/Harare")
MADE = Made(NOW, NOW, "Africa/Harare", details=(DOLLARS, GOLD))


def books(**customer: str) -> Ledger:
    """Return the books of a provider with one customer."""
    made = Ledger()
    made.frames["companies"][0]["name"] = "Afi Fibre"
    made.customer(1, "Tendai Moyo", **customer)
    return made


def owing(**customer: str) -> Ledger:
    """Return books in which two invoices of before March are open, of 276.00 and 138.00."""
    made = books(**customer)
    made.invoice(1, 276.0, date(2026, 2, 15), on=date(2026, 2, 1), move_name="INV/2026/00012")
    made.invoice(1, 138.0, date(2026, 1, 15), on=date(2026, 1, 1), move_name="INV/2026/00002")
    return made


def march(of: Ledger) -> Statement:
    """Return customer 1's statement of March."""
    return statement(StatementIndex.build(LedgerIndex.build(of.snapshot())), 1, START, END)


def pdf_words(found: Statement, made: Made) -> str:
    pages = PdfReader(io.BytesIO(statement_pdf(found, made))).pages
    return "\n".join(page.extract_text() for page in pages)


def xlsx_words(found: Statement, made: Made) -> str:
    """Return every cell of the workbook, sheet after sheet, days and amounts as people read them."""

    def said(value: object) -> str:
        if isinstance(value, datetime):
            return f"{value.day} {value:%b %Y}"
        return f"{value:,.2f}" if isinstance(value, float) else str(value)

    book = openpyxl.load_workbook(io.BytesIO(statement_xlsx(found, made)))
    rows = (row for sheet in book for row in sheet.iter_rows(values_only=True))
    return "\n".join(" ".join(said(value) for value in row if value is not None) for row in rows)


FORMS: dict[str, Callable[[Statement, Made], str]] = {"pdf": pdf_words, "xlsx": xlsx_words, "text": statement_text}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Callable[[Statement, Made], str]:
    """Each of the three documents as text."""
    return FORMS[request.param]


def test_an_empty_period_names_the_invoices_that_are_asked_for(form: Callable[[Statement, Made], str]) -> None:
    said = form(march(owing()), MADE)
    assert "To pay: USD 414.00, all of it overdue." in said
    for number, day, due, late, left in (
        ("INV/2026/00012", "1 Feb 2026", "15 Feb 2026", "44", "276"),
        ("INV/2026/00002", "1 Jan 2026", "15 Jan 2026", "75", "138"),
    ):
        place = said.index(number)
        assert all(word in said[place : place + 90].replace("\n", " ") for word in (day, due, late, left)), said
    assert said.index("INV/2026/00002") < said.index("INV/2026/00012"), "the oldest due date first"


def test_what_is_open_comes_before_the_movements(form: Callable[[Statement, Made], str]) -> None:
    made = owing()
    made.invoice(1, 90.0, date(2026, 4, 9), on=date(2026, 3, 9), move_name="INV/2026/00020")
    said = form(march(made), MADE)
    # The movements begin with what was open before them.
    assert said.index("INV/2026/00020") < said.rindex("Balance before 1 Mar 2026")
    assert "9 Apr 2026" in said


def test_what_is_not_due_and_what_is_in_the_customers_favour_has_no_days_overdue() -> None:
    made = books()
    made.invoice(1, 90.0, date(2026, 4, 9), on=date(2026, 3, 9))
    made.invoice(1, -30.0, date(2026, 1, 9), on=date(2026, 1, 9))
    debt, credit = open_items(march(made).accounts[0])
    assert (debt.open, debt.days_overdue, credit.open, credit.days_overdue, credit.due) == (90.0, 0, -30.0, 0, None)


def test_open_items_are_the_closing_balance_with_credits_and_instalments(
    form: Callable[[Statement, Made], str],
) -> None:
    made = owing()
    first = made.invoice(1, 40.0, date(2026, 4, 10), on=date(2026, 3, 1), move_name="INV/2026/00030")
    made.invoice(1, 60.0, END, on=date(2026, 3, 1), move_id=made.move_of(first), move_name="INV/2026/00030")
    made.payment(1, 20.0, date(2026, 3, 12))
    found = march(made)
    items = open_items(found.accounts[0])
    assert sum(item.open for item in items) == found.accounts[0].closing == 494.0
    assert items[-1].open == -20.0, "what is taken off comes last"
    said = form(found, MADE)
    assert "instalment 1 of 2" in said
    assert "instalment 2 of 2" in said


def test_payments_under_review_are_named_and_in_no_balance(form: Callable[[Statement, Made], str]) -> None:
    made = owing()
    made.frames["journals"].append({"journal_id": 7, "name": "EcoCash USD"})
    made.draft(1, 50.0, entered=ENTERED, date=date(2026, 3, 11), journal_id=7)
    made.draft(1, 5.5, entered=ENTERED, date=date(2026, 3, 30))
    made.draft(1, 9.0, entered=datetime(2026, 4, 1, 12, tzinfo=UTC), date=date(2026, 4, 1))
    made.draft(2, 8.0, entered=ENTERED, date=date(2026, 3, 11))
    found = march(made)
    assert found.accounts[0].closing == 414.0
    said = form(found, MADE)
    assert "Payment under review: USD 50.00 of 11 Mar 2026, EcoCash USD. Not taken off yet." in said
    assert "Payment under review: USD 5.50 of 30 Mar 2026. Not taken off yet." in said
    assert "9.00" not in said
    assert "8.00 of" not in said.replace("138.00 of", "")


def test_a_payment_under_review_has_an_account_where_nothing_else_is(form: Callable[[Statement, Made], str]) -> None:
    made = books()
    made.draft(1, 2600.0, entered=datetime(2026, 3, 31, 21, 59, tzinfo=UTC), date=END, currency_id=ZWG)
    made.draft(1, 1.0, entered=datetime(2026, 3, 31, 22, 0, tzinfo=UTC), date=END, currency_id=USD)
    found = march(made)
    assert [account.code for account in found.accounts] == ["ZWG"], "the second was entered in April, in Harare"
    said = form(found, MADE)
    assert "Nothing to pay in ZWG." in said
    assert "Payment under review: ZWG 2,600.00" in said


def test_payments_under_review_of_a_company_not_chosen_are_left_out() -> None:
    made = owing()
    made.draft(1, 50.0, entered=ENTERED, date=END, company_id=2)
    index = StatementIndex.build(LedgerIndex.build(made.snapshot()))
    assert [len(one.under_review) for one in statement(index, 1, START, END, company_ids=[1]).accounts] == [0]
    assert [len(one.under_review) for one in statement(index, 1, START, END).accounts] == [0, 1]


def test_how_to_pay_stands_at_the_foot_with_the_reference_to_give(form: Callable[[Statement, Made], str]) -> None:
    made = owing(ref="AF-7")
    said = form(march(made), MADE)
    assert "CBZ Bank, account 0123 4567" in said
    assert "Reference: AF-7" in said
    assert "EcoCash merchant" not in said, "nothing is owed in ZWG"
    assert "How to pay" not in form(march(made), PLAIN)
    made.invoice(1, 2600.0, END, on=date(2026, 3, 1), currency_id=ZWG)
    both = form(march(made), MADE)
    assert "How to pay in USD" in both
    assert both.index("How to pay in ZWG") < both.index("EcoCash merchant 012345, in the name of Tendai Moyo")
    assert both.index("How to pay in USD") > both.index(
        "Closing balance" if "Closing balance" in both else "Balance on"
    )


def test_payment_details_of_one_company_are_not_on_another_s_page() -> None:
    made = owing()
    made.frames["companies"][1]["name"] = "Afi Wireless"
    made.invoice(1, 90.0, END, on=date(2026, 3, 9), company_id=2)
    details = (
        PaymentDetails(company="AFI WIRELESS", lines=("Merchant 222",)),
        PaymentDetails(company="Afi Fibre", lines=("Merchant 111",)),
    )
    pages = PdfReader(io.BytesIO(statement_pdf(march(made), Made(NOW, NOW, "Africa/Harare", details=details)))).pages
    texts = [page.extract_text() for page in pages]
    assert ["Merchant 111" in text for text in texts] == [True, False]
    assert ["Merchant 222" in text for text in texts] == [False, True]


def test_a_name_in_braces_is_a_name_and_one_without_reference_is_asked_for_the_name() -> None:
    made = books()
    made.frames["customers"][0]["name"] = "{reference} {0.__class__}"
    made.invoice(1, 10.0, END, on=START)
    assert "Reference: {reference} {0.__class__}" in statement_text(march(made), MADE)


def test_accounts_that_do_not_say_how_to_pay_are_named() -> None:
    made = owing()
    made.invoice(1, 2600.0, END, on=START, currency_id=ZWG)
    assert without_details(march(made), MADE) == ""
    only = Made(NOW, NOW, "Africa/Harare", details=(DOLLARS,))
    assert "Afi Fibre, ZWG (setting PAYMENT_DETAILS)" in without_details(march(made), only)
    made = books()
    made.payment(1, 10.0, START)
    assert without_details(march(made), PLAIN) == "", "nobody is asked for anything"


def test_the_setting_is_read_from_the_environment_and_a_wrong_placeholder_is_named() -> None:
    given = '[{"currency": "USD", "lines": ["Account 1", "Reference: {reference}"]}]'
    assert load_settings({"PAYMENT_DETAILS": given}).payment_details[0].lines[1] == "Reference: {reference}"
    for wrong, word in (
        ('[{"lines": ["Reference: {account}"]}]', "{account}"),
        ('[{"lines": []}]', "at least 1"),
        ('[{"lines": ["{}"]}]', "{}"),
        ('[{"iban": "x", "lines": ["y"]}]', "not permitted"),
        ("[", "JSON"),
    ):
        with pytest.raises(ConfigError) as caught:
            load_settings({"PAYMENT_DETAILS": wrong})
        assert str(caught.value).startswith("PAYMENT_DETAILS")
        assert word in str(caught.value)
    with pytest.raises(ValidationError):
        Settings(payment_details=({"lines": ("{x}",)},))  # type: ignore[arg-type]


NUMBERS = [
    "INV/2026/00012",
    "INV/HARARE-BRANCH/2026/000123",
    "CUSTOMER-INVOICES/HARARE-CENTRAL/2026/03/000000000123456789",
    "فاتورة/2026/00012",
    "INV 2026 00012 (reversed)",
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", ["Tendai Moyo", "شركة النور للاتصالات"])
def test_no_number_is_broken_over_two_lines(number: str, name: str) -> None:
    made = books()
    made.frames["customers"][0]["name"] = name
    reference = f"for the radio on the roof {number.replace(' ', '-')}/A"
    made.invoice(1, 123_456_789_012.34, END, on=START, currency_id=ZWG, move_name=number, label=reference)
    made.invoice(1, -987_654_321_098.76, END, on=START, currency_id=ZWG, move_name=f"R{number}")
    lines = [" ".join(line.split()) for line in pdf_words(march(made), PLAIN).splitlines()]
    drawn = glyphs.shown(number)
    for wanted in (drawn, glyphs.shown(f"R{number}"), glyphs.shown(f"{number.replace(' ', '-')}/A")):
        assert any(wanted in line or glyphs.shown(line) == wanted for line in lines) or any(
            sorted(wanted) == sorted(line) for line in lines
        ), (wanted, lines)
    for amount in ("123,456,789,012.34", "−987,654,321,098.76", "−864,197,532,086.42"):
        assert any(amount in line for line in lines), amount


def test_every_amount_and_date_of_a_table_is_drawn_whole_and_within_its_column() -> None:
    rows = [("22 Nov 2026", "X" * 60, "a", "22 Nov 2026", "−123,456,789,012,345.67", "9", "1" * 30)]
    columns = statement_paper.laid_out(ENTRY_COLUMNS, rows)
    assert columns[0].left == statement_paper.LEFT
    assert columns[-1].right == pytest.approx(statement_paper.RIGHT)
    assert all(one.right == pytest.approx(other.left) for one, other in zip(columns, columns[1:], strict=False))
    words = next(column for column in columns if column.words)
    assert words.right - words.left >= statement_paper.WORDS_AT_LEAST - 0.01
    by_heading = {column.heading: column for column in columns}
    date_column = by_heading["Date"]
    assert statement_paper.size_for("22 Nov 2026", glyphs.REGULAR, date_column.width) == statement_paper.CELL_SIZE, (
        "one wide number does not make the others small"
    )


@pytest.mark.parametrize("width", range(40, 160, 3))
def test_a_text_is_broken_between_words_amounts_and_dates(width: int) -> None:
    text = "To pay: ZWG 1,234.00, of which ZWG 900.00 is overdue since 22 Nov 2026 already"
    wholes = ("ZWG 1,234.00,", "ZWG 900.00", "22 Nov 2026")
    widest = max(glyphs.width_of(word, glyphs.REGULAR, 8) for word in wholes)
    lines = glyphs.wrapped(text, glyphs.REGULAR, 8, width, 20)
    assert " ".join(lines) == text or width < widest
    if width >= widest:
        assert all(any(word in line for line in lines) for word in wholes), lines


def test_a_sheet_shows_every_amount_whole() -> None:
    made = books()
    made.invoice(1, 123_456_789_012.34, END, on=START, currency_id=ZWG, move_name=NUMBERS[2])
    book = openpyxl.load_workbook(io.BytesIO(statement_xlsx(march(made), PLAIN)))
    for name in ("Open items", "Entries"):
        sheet = book[name]
        widths = {n: one.width for one in sheet.column_dimensions.values() for n in range(one.min, one.max + 1)}
        for place, column in enumerate(sheet.columns, start=1):
            width = widths[place]
            for cell in column[1:]:
                text = f"{cell.value:,.2f}" if isinstance(cell.value, float) else str(cell.value or "")
                assert isinstance(cell.value, datetime) or width > len(text), (name, cell.value)


def test_a_long_list_goes_on_under_its_headings_before_the_movements_begin() -> None:
    made = books()
    for number in range(120):
        made.invoice(1, 10.0, date(2026, 2, 20), on=date(2026, 1, 1 + number % 28), move_name=f"INV/2026/{number:05d}")
    pages = PdfReader(io.BytesIO(statement_pdf(march(made), MADE))).pages
    texts = SimpleNamespace(all=[page.extract_text() for page in pages])
    assert len(texts.all) >= 3
    for text in texts.all:
        assert "INV/2026/" not in text or "Days overdue" in text
    joined = "\n".join(texts.all)
    assert all(f"INV/2026/{number:05d}" in joined for number in range(120))
    assert joined.index("No entries in this period.") > joined.rindex("INV/2026/")
    assert joined.rindex("Reference: Tendai Moyo") > joined.index("Closing balance")
