"""What a statement looks like on paper, in a workbook and in a message, whatever a name holds."""

from __future__ import annotations

import io
import unicodedata
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from odoo_client.documents import glyphs
from odoo_client.documents.clean import one_line
from odoo_client.documents.logo import LARGEST, logo_of, safe_logo
from odoo_client.documents.statement.pdf import statement_pdf
from odoo_client.documents.statement.text import LISTED, statement_text
from odoo_client.documents.statement.words import Made
from odoo_client.documents.statement.xlsx import statement_xlsx
from odoo_client.metrics.ledger import LedgerIndex
from odoo_client.metrics.statement import Statement, StatementIndex, statement
from tests.builders import Ledger

END = date(2026, 3, 31)
MADE = Made(
    datetime(2026, 3, 31, 22, 30, tzinfo=UTC), datetime(2026, 3, 31, 21, 59, tzinfo=UTC), "Africa/Harare", demo=False
)
NAMES = {
    "Latin": "Żółć Müller & Sons",
    "Greek": "Ωμέγα Τηλέφωνο",
    "Cyrillic": "Привет Мир",
    "Hebrew": "שלום עולם",
    "Arabic": "شركة النور",
}


def made(name: str = "Tendai Moyo", invoices: int = 2, **customer: str) -> Statement:
    """Return the statement of a customer of that name, with invoices of 10.00 each and a payment of 4.00."""
    books = Ledger()
    books.frames["companies"][0] |= {
        "name": "Afi Fibre",
        "street": "12 Samora Ave",
        "vat": "10001",
        "phone": "+263 242",
    }
    books.customer(1, "", **customer)
    books.frames["customers"][0]["name"] = name
    for number in range(invoices):
        books.invoice(1, 10.0, date(2026, 3, 20), on=date(2026, 3, 1 + number % 28), label="Fibre 50")
    if invoices:
        books.payment(1, 4.0, date(2026, 3, 30))
    index = StatementIndex.build(LedgerIndex.build(books.snapshot()))
    return statement(index, 1, date(2026, 3, 1), END)


def text_of(pdf: bytes) -> str:
    """Return a PDF's text; joined Arabic letters as plain ones."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return unicodedata.normalize("NFKC", "\n".join(page.extract_text() for page in pages))


def test_a_pdf_has_letterhead_entries_balances_and_ages() -> None:
    text = text_of(statement_pdf(made(ref="AF1", phone="+263 77"), MADE))
    for expected in (
        "Statement of account", "1 Mar 2026 to 31 Mar 2026", "Afi Fibre", "12 Samora Ave", "Tax ID 10001",
        "Tendai Moyo", "Account AF1", "+263 77", "INVOICE/1000", "Balance before 1 Mar 2026",
        "To pay: USD 16.00, all of it overdue.", "Closing balance on 31 Mar 2026 in USD", "1–30 days", "20.00",
        "USD 4.00 of payments and credit notes",
        "Page 1 of 1", "Made 1 Apr 2026, 00:30 from entries read 31 Mar 2026, 23:59.",
    ):  # fmt: skip
        assert expected in text, expected


def test_pages_are_numbered_and_headings_come_again() -> None:
    reader = PdfReader(io.BytesIO(statement_pdf(made(invoices=150), MADE)))
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 2
    for number, text in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in text
        assert "Tendai Moyo" in text
    assert all("Days overdue" in text or "Debit" in text for text in pages[:-1])
    assert sum(text.count("INVOICE/") for text in pages) == 300, "once as open and once as an entry"


@pytest.mark.parametrize("script", NAMES)
def test_names_are_readable_in_their_script(script: str) -> None:
    name = NAMES[script]
    text = text_of(statement_pdf(made(name), MADE))
    words = name.split()
    if script in ("Hebrew", "Arabic"):
        # Text of a PDF comes in the order of its glyphs, or put right by the reader: both have the same letters.
        assert all(word in text or word[::-1] in text for word in words), text
    else:
        assert name in text
    assert glyphs.BOX not in text


def test_right_to_left_text_is_joined_and_in_the_order_it_is_read() -> None:
    assert glyphs.shown("שלום") == "םולש"
    shown = glyphs.shown("شركة النور INV/1")
    assert shown.endswith("INV/1")
    assert unicodedata.normalize("NFKC", shown[: -len(" INV/1")])[::-1] == "شركة النور"
    assert any("ARABIC LETTER" in unicodedata.name(letter) and "FORM" in unicodedata.name(letter) for letter in shown)


def test_right_to_left_text_goes_on_in_the_next_line_from_its_beginning() -> None:
    name = "אבגדה ווווו זחטיכ"
    lines = glyphs.wrapped(
        name, glyphs.REGULAR, 10, glyphs.width_of(glyphs.shown("אבגדה ווווו"), glyphs.REGULAR, 10) + 1
    )
    assert [line[::-1] for line in lines] == ["אבגדה ווווו", "זחטיכ"]


@pytest.mark.parametrize("text", ["漢字", "🌍", "देव", "\ue000"])
def test_what_the_font_lacks_is_a_visible_box(text: str) -> None:
    shown = glyphs.shown(one_line(text))
    assert set(shown) == {glyphs.BOX}
    assert glyphs.BOX in text_of(statement_pdf(made(f"A{text}"), MADE))


def test_markup_is_text() -> None:
    text = text_of(statement_pdf(made('<b>Bold</b> & <img src="http://127.0.0.1:9/x.png"/>'), MADE))
    assert '<b>Bold</b> & <img src="http://127.0.0.1:9/x.png"/>' in text


@pytest.mark.parametrize(
    "name",
    [
        "A" * 500,
        "word " * 100,
        "אבג " * 120,
        "\ud800 lone",
        "\x00\x07\x1b[31m",
        "\u202egnp.exe",
        "\u200d\ufe0f",
        "=1+1",
    ],
    ids=["long", "many words", "long rtl", "surrogate", "control", "override", "joiners", "formula"],
)
def test_no_name_breaks_a_document(name: str) -> None:
    found = made("Customer")
    party = found.customer.__class__(1, name, ref=name, street=name, phone=name)
    found = Statement(party, False, (name,), found.start, found.end, found.policy, found.accounts, found.companies)
    assert "Page 1 of" in text_of(statement_pdf(found, MADE))
    book = openpyxl.load_workbook(io.BytesIO(statement_xlsx(found, MADE)))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    message = statement_text(found, MADE)
    assert message.encode()
    assert not any(letter in message for letter in "\u202e\x00\x1b")


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=300)
def test_any_text_becomes_glyphs_of_the_font(text: str) -> None:
    for font in (glyphs.REGULAR, glyphs.BOLD):
        for line in glyphs.wrapped(text, font, 8, 120):
            assert all(ord(letter) in glyphs.fonts()[font] for letter in line)
            assert glyphs.width_of(line, font, 8) <= 121


def test_amounts_that_are_too_wide_are_smaller_and_never_cut() -> None:
    books = Ledger()
    books.customer(1)
    books.invoice(1, 123_456_789_012.34, END)
    index = StatementIndex.build(LedgerIndex.build(books.snapshot()))
    assert "123,456,789,012.34" in text_of(statement_pdf(statement(index, 1, None, END), MADE))


def test_an_empty_statement_says_so_in_every_form() -> None:
    found = made(invoices=0)
    assert "nothing is open" in text_of(statement_pdf(found, MADE))
    assert "nothing is open" in statement_text(found, MADE)
    book = openpyxl.load_workbook(io.BytesIO(statement_xlsx(found, MADE)))
    assert any("nothing is open" in str(cell.value) for row in book["Statement"].iter_rows() for cell in row)


def test_a_workbook_has_the_same_balances_with_dates_as_dates() -> None:
    book = openpyxl.load_workbook(io.BytesIO(statement_xlsx(made(), MADE)))
    cover = {row[0]: row[1] for row in book["Statement"].iter_rows(values_only=True)}
    assert cover["For"] == "Tendai Moyo"
    assert cover["Closing balance on 31 Mar 2026"] == 16.0
    assert (cover["Debit"], cover["Credit"]) == (20.0, 4.0)
    rows = list(book["Entries"].iter_rows(values_only=True))
    first, due = datetime(2026, 3, 1), datetime(2026, 3, 20)  # noqa: DTZ001  a day, as a spreadsheet has it
    assert rows[0][2:] == ("Date", "Number", "Entry", "Reference", "Due", "Debit", "Credit", "Balance")
    assert rows[2][2:] == (
        first, "INVOICE/1000", "Invoice", "Fibre 50", due, 10.0, None, 10.0,
    )  # fmt: skip
    assert rows[-1][4:] == ("Closing balance on 31 Mar 2026", None, None, None, None, 16.0)
    items = list(book["Open items"].iter_rows(min_row=2, values_only=True))
    assert sum(row[8] for row in items) == 16.0


def test_a_message_tells_what_was_written_off_from_what_was_paid() -> None:
    books = Ledger()
    invoice = books.invoice(1, 100.0, END, on=date(2026, 3, 1))
    books.reconcile(invoice, books.payment(1, 95.0, date(2026, 3, 10), written_off=5.0), 100.0, date(2026, 3, 10))
    index = StatementIndex.build(LedgerIndex.build(books.snapshot()))
    lines = statement_text(statement(index, 1, date(2026, 3, 1), END), MADE).splitlines()
    assert lines[lines.index("Charged: USD 100.00") + 1 :][:2] == ["Payment: USD 95.00", "Written off: USD 5.00"]


def test_a_message_tells_balance_and_what_is_open_without_ids() -> None:
    message = statement_text(made(invoices=LISTED + 2, ref="AF1"), MADE)
    assert message.splitlines()[:2] == ["Statement of account for Tendai Moyo (AF1)", "1 Mar 2026 to 31 Mar 2026"]
    assert "To pay: USD 416.00, all of it overdue." in message
    assert message.count("days overdue") == LISTED
    assert "- and 3 more: USD 16.00" in message, "two invoices, and the payment matched with nothing"
    few = statement_text(made(), MADE)
    assert "Payment: USD 4.00" in few
    assert "- Payment PAYMENT/1003 of 30 Mar 2026, not matched with an invoice yet, already taken off: −USD 4.00" in few


def picture(size: tuple[int, int] = (40, 20), kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, "#0b5e8a").save(target, kind)
    return target.getvalue()


def test_a_logo_is_drawn_into_the_pdf() -> None:
    logo = safe_logo(picture())
    assert logo is not None
    pdf = PdfReader(io.BytesIO(statement_pdf(made(), MADE, {1: logo})))
    assert len(pdf.pages[0].images) == 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_logo_is_drawn_anew_as_png_of_a_sensible_size(kind: str) -> None:
    logo = safe_logo(picture((3000, 1000), kind))
    assert logo is not None
    with Image.open(io.BytesIO(logo)) as found:
        assert found.format == "PNG"
        assert found.width <= LARGEST[0]
        assert found.height <= LARGEST[1]


def bomb() -> bytes:
    """A picture of 900 million points in a few bytes."""
    head = bytearray(picture())
    head[16:24] = (30_000).to_bytes(4, "big") * 2
    return bytes(head)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg onload='x'/>",
        b"%PDF-1.4",
        picture()[:60],
        bomb(),
        b"\x89PNG\r\n\x1a\n" + b"\0" * 99,
        picture((1, 1)),
    ],
    ids=["empty", "svg", "pdf", "cut", "bomb", "broken", "one point"],
)
def test_a_hostile_or_broken_logo_is_no_logo(data: bytes) -> None:
    assert safe_logo(data) is None


@pytest.mark.parametrize("value", [False, None, "", "not base64 at all!", "QUJD", 7])
def test_what_odoo_gives_instead_of_a_logo_is_no_logo(value: object) -> None:
    assert logo_of(value) is None
