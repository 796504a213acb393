"""Statements on the pages: one customer's by period with its documents, and the ZIP for the customers of a filter."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any

import openpyxl
import pandas as pd
import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from odoo_client.documents.statement.archive import Names, file_stem
from odoo_client.errors import OdooUnreachableError
from odoo_client.metrics.statement import Party
from odoo_client.payment_details import PaymentDetails
from odoo_client.people.access import Person
from pages.ui import live, statements
from tests.app.conftest import TODAY, Stage, ago, alerts, books, real, table
from tests.builders import ZWG

DOWN = "Odoo cannot be reached: check that it runs."


def one_customer() -> None:
    """A page with nothing but one customer's statement."""
    import streamlit as st

    from pages.ui import frame
    from pages.ui.statements import statement_section

    view = frame.page_top("Statement", ("receivable_lines", "partials"))
    statement_section(view, int(st.query_params.get("customer", "1")), key="statement")


@pytest.fixture
def files(live_patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a click on each download button of the last run gives, by the button's key."""
    made: dict[str, Any] = {}
    live_patch.setattr(
        statements.st, "download_button", lambda _label, data, key, **more: made.update({key: (data, more)})
    )
    return made


@pytest.fixture(autouse=True)
def no_odoo(live_patch: pytest.MonkeyPatch) -> None:
    """Odoo does not answer: no document waits for a logo."""

    def down(_view: object, _company_ids: object) -> dict[int, bytes]:
        raise OdooUnreachableError(DOWN)

    live_patch.setattr(live, "company_logos", down)


def show(stage: Stage, **query: str) -> AppTest:
    """Open the statement of customer 1 with the address `query`."""
    visit = AppTest.from_function(one_customer, default_timeout=60)
    for name, value in query.items():
        visit.query_params[name] = value
    return visit.run()


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_statement_shows_entries_and_what_is_to_pay(provider: Stage) -> None:
    visit = show(provider)
    assert not visit.exception
    rows = table(visit, "balance")
    assert rows["balance"].iloc[0] == 120.0, "the latest entry comes first and carries the closing balance"
    said = " ".join(element.value for element in [*visit.markdown, *visit.caption])
    assert "To pay\\: USD 120\\.00, of which USD 100\\.00 is overdue" in said
    assert "closing balance on" in said


@pytest.mark.parametrize(("period", "entries"), [("Everything", 3), ("Last month", None), ("This year", None)])
def test_every_period_gives_a_statement_that_closes(provider: Stage, period: str, entries: int | None) -> None:
    visit = show(provider, statement_period=period)
    assert not visit.exception
    if entries is not None:
        assert len(table(visit, "balance")) == entries


def test_own_dates_come_from_the_address_and_a_wrong_order_is_a_sentence(provider: Stage) -> None:
    start, end = ago(5).isoformat(), TODAY.isoformat()
    visit = show(provider, statement_period="Own dates", statement_from=start, statement_to=end)
    assert len(table(visit, "balance")) == 2
    wrong = show(provider, statement_period="Own dates", statement_from=end, statement_to=ago(9).isoformat())
    assert not wrong.exception
    assert "before it starts" in alerts(wrong)


def test_an_address_with_an_unknown_period_or_a_day_out_of_range_shows_the_usual_statement(provider: Stage) -> None:
    for query in ({"statement_period": "nonsense"}, {"statement_period": "Own dates", "statement_to": "9999-99-99"}):
        visit = show(provider, **query)
        assert not visit.exception
        assert visit.dataframe


def test_a_customer_without_entries_has_a_sentence(provider: Stage) -> None:
    visit = show(provider, customer="6")
    assert not visit.exception
    assert "nothing is open" in alerts(visit)


def test_documents_are_made_on_click_and_agree_with_the_page(provider: Stage, files: dict[str, Any]) -> None:
    show(provider, statement_period="Everything")
    pdf, more = files["statement_pdf"]
    assert more["file_name"] == f"statement-Tendai-Moyo-AF1-{TODAY:%Y-%m-%d}.pdf"
    assert "To pay: USD 120.00" in text_of(pdf())
    book = openpyxl.load_workbook(io.BytesIO(files["statement_xlsx"][0]()))
    assert book["Entries"].cell(book["Entries"].max_row, 10).value == 120.0


def test_the_message_is_plain_text_with_balance_and_open_invoices(provider: Stage) -> None:
    message = show(provider).button(key="statement_text").click().run().code[0].value
    assert message.startswith("Statement of account for Tendai Moyo (AF1)")
    assert "To pay: USD 120.00, of which USD 100.00 is overdue." in message
    assert f"- INVOICE/1001 of {ago(4).day} {ago(4):%b %Y}, due" in message


def test_the_message_is_made_on_a_click_that_is_written_down(provider: Stage) -> None:
    visit = show(provider)
    assert not visit.code
    assert provider.audit.read().empty
    visit.button(key="statement_text").click().run()
    assert visit.code
    visit.run()
    assert visit.code
    trail = provider.audit.read()
    assert list(zip(trail["event"], trail["subject"], trail["rows"], strict=True)) == [
        ("statement", "text of customer 1", 1)
    ]
    provider.doors.sessions.find(provider.caller[0], browser=provider.caller[1]).person = Person(
        "sup@staff.example", "Sup", 9, frozenset({"support"}), frozenset({1, 2})
    )
    assert not visit.run().code


def test_the_page_lists_what_is_open_and_what_is_under_review(stage: Stage) -> None:
    book = books()
    book.draft(1, 30.0, date=ago(1))
    stage.show(real(book.snapshot()))
    visit = show(stage, statement_period="Own dates", statement_from=TODAY.isoformat(), statement_to=TODAY.isoformat())
    assert not visit.exception
    rows = table(visit, "open")
    assert rows["open"].tolist() == [100.0, 40.0, -20.0]
    assert rows["days_overdue"].tolist() == [20, pd.NA, pd.NA]
    said = [element.value.replace("\\", "") for element in [*visit.markdown, *visit.caption]]
    assert any(f"Payment under review: USD 30.00 of {ago(1).day} {ago(1):%b %Y}" in text for text in said)
    assert any("does not say how to pay: Afi Fibre, USD (setting PAYMENT_DETAILS)" in text for text in said)


def test_documents_say_how_to_pay_where_the_setting_does(stage: Stage, files: dict[str, Any]) -> None:
    lines = ("EcoCash merchant 012345", "Reference: {reference}")
    details = {"payment_details": (PaymentDetails(currency="USD", lines=lines),)}
    stage.backend = replace(stage.backend, settings=stage.settings.model_copy(update=details))
    stage.show(real(books().snapshot()))
    visit = show(stage)
    text = text_of(files["statement_pdf"][0]())
    assert "Reference: AF1" in text
    assert not any("how to pay" in element.value for element in visit.caption)
    found = archive(stage, files, city="Harare")
    assert "EcoCash merchant 012345" in text_of(found.read("statement-1-1-Trading-AF3.pdf"))


def test_a_pdf_without_odoo_has_no_logo_and_the_page_says_so(provider: Stage, files: dict[str, Any]) -> None:
    visit = show(provider)
    assert files["statement_pdf"][0]().startswith(b"%PDF")
    visit.run()
    assert any("without the company's logo" in element.value for element in visit.caption)


def archive(provider: Stage, files: dict[str, Any], **query: str) -> zipfile.ZipFile:
    """Press "Make statements" on Arrears with the filters `query` and return the ZIP."""
    visit = provider.open("arrears.py", **query)
    visit.button(key="arrears_statements_make").click().run()
    assert not visit.exception
    return zipfile.ZipFile(io.BytesIO(files["arrears_statements_zip"][0]()))


def test_the_zip_has_a_statement_for_each_customer_of_the_filter(provider: Stage, files: dict[str, Any]) -> None:
    found = archive(provider, files, city="Harare")
    assert sorted(found.namelist()) == ["statement-1-1-Trading-AF3.pdf", "statement-Tendai-Moyo-AF1.pdf"]
    assert "USD 120.00" in text_of(found.read("statement-Tendai-Moyo-AF1.pdf"))


def test_nothing_is_made_before_the_button_that_tells_how_many(provider: Stage, files: dict[str, Any]) -> None:
    visit = provider.open("arrears.py")
    assert visit.button(key="arrears_statements_make").label == "Make 5 statements"
    assert "arrears_statements_zip" not in files


def test_a_zip_is_not_offered_for_other_customers_than_it_was_made_for(provider: Stage, files: dict[str, Any]) -> None:
    visit = provider.open("arrears.py", city="Harare")
    visit.button(key="arrears_statements_make").click().run()
    files.clear()
    visit.multiselect(key="city").set_value(["Mutare"]).run()
    assert "arrears_statements_zip" not in files


def test_too_many_customers_are_a_sentence(provider: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements.archive, "MOST", 4)
    visit = provider.open("arrears.py")
    assert "Narrow the filters to 4 or fewer" in alerts(visit)
    assert "arrears_statements_make" not in {button.key for button in visit.button}


def test_both_currencies_of_a_customer_are_on_the_statement_whatever_the_filter_shows(
    stage: Stage, files: dict[str, Any]
) -> None:
    book = books()
    book.invoice(1, 2600.0, ago(40), on=ago(50), currency_id=ZWG)
    stage.show(real(book.snapshot()))
    text = text_of(archive(stage, files, city="Harare", currency="USD").read("statement-Tendai-Moyo-AF1.pdf"))
    assert "USD 120.00" in text
    assert "ZWG 2,600.00" in text


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("../../etc/passwd", "statement-etc-passwd"),
        ("C:\\con", "statement-C-con"),
        ("شركة النور", "statement-شركة-النور"),
        ("🌍\u202e", "statement-customer"),
        ("a" * 500, f"statement-{'a' * 60}"),
    ],
)
def test_a_customer_s_name_cannot_choose_a_path(name: str, stem: str) -> None:
    assert file_stem(Party(1, name)) == stem


def test_two_customers_of_one_name_have_two_files() -> None:
    names = Names()
    given = [names.next(Party(number, name), ".pdf") for number, name in enumerate(("Moyo", "MOYO", "Moyo"))]
    assert given == ["statement-Moyo.pdf", "statement-MOYO-2.pdf", "statement-Moyo-3.pdf"]


def test_periods_end_on_the_day_asked_for_or_with_last_month() -> None:
    day = TODAY.replace(day=15)
    assert statements.period_of("this_month", day) == (day.replace(day=1), day)
    start, end = statements.period_of("last_month", day)
    assert start is not None
    assert (start.day, end + timedelta(days=1)) == (1, day.replace(day=1))
    assert statements.period_of("all", day) == (None, day)
