"""A statement as a workbook: a cover sheet, what is open of each account, what waits for a decision, the entries."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from odoo_client.documents.clean import one_line
from odoo_client.documents.statement import words
from odoo_client.documents.statement.words import Made
from odoo_client.documents.workbook import OPTIONS, amount_style, cell_text, styles_of
from odoo_client.metrics.statement import Account, Statement
from odoo_client.metrics.words import amount_words

ENTRY_HEADINGS = ("Company", "Currency", "Date", "Number", "Entry", "Reference", "Due", "Debit", "Credit", "Balance")
OPEN_HEADINGS = ("Company", "Currency", "Number", "Entry", "Date", "Due", "Days overdue", "Amount", "Open")
REVIEW_HEADINGS = ("Company", "Currency", "Date", "Method", "Amount")
WIDTHS = {"Company": 26, "Number": 22, "Entry": 30, "Reference": 34}
#: The widest a column of the sheets may be, in letters.
WIDEST = 90
#: The kinds of cell whose text decides how wide a column is.
MEASURED = ("amount", "text")

Cell = tuple[str, Any]


def statement_xlsx(statement: Statement, made: Made) -> bytes:
    """Return the statement as XLSX; texts are never formulas.

    The sheets are "Statement", "Open items", "Under review" (where a payment is) and "Entries". The open items of an
    account add up to its closing balance; its entries begin with the opening balance and end with the closing one.
    """
    with tempfile.TemporaryDirectory(prefix="afinet-") as folder:
        path = Path(folder) / "statement.xlsx"
        with xlsxwriter.Workbook(str(path), {**OPTIONS, "tmpdir": folder}) as book:
            styles = styles_of(book)
            _cover(book, styles, statement, made)
            _sheet(book, styles, "Open items", OPEN_HEADINGS, list(_open_items(statement)))
            if waiting := list(_under_review(statement)):
                _sheet(book, styles, "Under review", REVIEW_HEADINGS, waiting)
            _sheet(book, styles, "Entries", ENTRY_HEADINGS, list(_entries(statement)))
        return path.read_bytes()


def _cover(book: xlsxwriter.Workbook, styles: dict[str, Any], statement: Statement, made: Made) -> None:
    sheet = book.add_worksheet("Statement")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1 + max(1, len(statement.accounts)), 24)
    sheet.write_string(0, 0, words.TITLE, styles["title"])
    customer = statement.customer
    row = 2
    for name, text in (
        ("From", ", ".join(one_line(company.name) for company in statement.companies)),
        ("For", words.named(customer)),
        ("Address", ", ".join(words.address(customer))),
        ("Period", words.period(statement)),
        ("Made", made.sentence.removeprefix("Made ")),
        ("Contacts", words.contacts(statement)),
    ):
        if text:
            sheet.write_string(row, 0, name, styles["name"])
            sheet.write_string(row, 1, cell_text(text))
            row += 1
    row += 1
    several = len(statement.companies) > 1
    for account in statement.accounts:
        for text in (words.verdict(account), *words.under_review(account)):
            whose = f"{one_line(account.company.name)}: {text}" if several else text
            sheet.write_string(row, 0, cell_text(whose))
            row += 1
    for text in words.withheld(statement):
        sheet.write_string(row, 0, cell_text(text))
        row += 1
    row += 1
    if statement.accounts:
        row = _balances(book, sheet, styles, statement, row)
    elif not statement.withheld:
        sheet.write_string(row, 0, words.NOTHING)
    for company in statement.companies:
        for heading, lines in words.how_to_pay(statement, made, company):
            row += 2
            whose = f"{heading}, {one_line(company.name)}" if several else heading
            sheet.write_string(row, 0, cell_text(whose), styles["heading"])
            for text in lines:
                row += 1
                sheet.write_string(row, 0, cell_text(one_line(text)))


def _balances(book: xlsxwriter.Workbook, sheet: Any, styles: dict[str, Any], statement: Statement, row: int) -> int:
    """Write the sums of each account below one another and return the last row."""
    sheet.write_string(row, 0, "Company", styles["heading"])
    for place, account in enumerate(statement.accounts, start=1):
        sheet.write_string(row, place, cell_text(one_line(account.company.name)), styles["number_heading"])
    sheet.write_string(row + 1, 0, "Currency", styles["heading"])
    for place, account in enumerate(statement.accounts, start=1):
        sheet.write_string(row + 1, place, account.code, styles["number_heading"])
    row += 2
    for name, values in _sums(statement):
        sheet.write_string(row, 0, name, styles["name"])
        for place, value in enumerate(values, start=1):
            decimals = statement.accounts[place - 1].decimals
            sheet.write_number(row, place, value, amount_style(book, styles, decimals))
        row += 1
    return row - 1


def _sums(statement: Statement) -> Iterator[tuple[str, list[float]]]:
    accounts = statement.accounts
    if statement.start is not None:
        yield f"Balance before {words.day(statement.start)}", [one.opening for one in accounts]
    yield "Debit", [one.debits for one in accounts]
    yield "Credit", [one.credits for one in accounts]
    yield f"Closing balance on {words.day(statement.end)}", [one.closing for one in accounts]
    for key in statement.policy.bucket_keys:
        yield words.age_label(statement, key), [one.ageing[key] for one in accounts]
    yield "Unallocated (already taken off)", [one.unallocated for one in accounts]
    yield "On its way (not booked yet)", [one.in_payment for one in accounts]
    yield "Under review (not taken off yet)", [float(one.under_review["amount"].sum()) for one in accounts]


def _sheet(
    book: xlsxwriter.Workbook, styles: dict[str, Any], name: str, headings: Sequence[str], rows: Sequence[list[Cell]]
) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, heading in enumerate(headings):
        sheet.set_column(place, place, _width(heading, [cells[place] for cells in rows]))
        sheet.write_string(0, place, heading, styles["heading"])
    line = 0
    for line, cells in enumerate(rows, start=1):
        for place, (kind, value) in enumerate(cells):
            if kind == "date" and not pd.isna(value):
                sheet.write_datetime(line, place, value.to_pydatetime(), styles["date"])
            elif kind == "count":
                sheet.write_number(line, place, value, styles[kind])
            elif kind == "amount":
                amount, decimals = value
                sheet.write_number(line, place, amount, amount_style(book, styles, decimals))
            elif kind == "text" and value:
                sheet.write_string(line, place, cell_text(str(value)))
    sheet.autofilter(0, 0, line, len(headings) - 1)


def _width(heading: str, cells: Sequence[Cell]) -> int:
    """Return a width that shows every cell whole: a spreadsheet shows signs instead of a number that is wider."""
    texts = [amount_words(*value) if kind == "amount" else str(value) for kind, value in cells if kind in MEASURED]
    return min(WIDEST, max(WIDTHS.get(heading, 14), *(len(text) + 2 for text in ("", *texts))))


def _entries(statement: Statement) -> Iterator[list[Cell]]:
    for account in statement.accounts:
        if statement.start is not None:
            yield _balance(account, f"Balance before {words.day(statement.start)}", account.opening)
        for row in account.entries.to_dict("records"):
            debit, credit = (_amount(account, row[name]) if row[name] else ("text", "") for name in ("debit", "credit"))
            texts: list[Cell] = [
                ("date", row["date"]),
                *(("text", text) for text in (row["number"], row["kind"], row["reference"])),
            ]
            yield [*_whose(account), *texts, ("date", row["due_date"]), debit, credit, _amount(account, row["balance"])]
        yield _balance(account, f"Closing balance on {words.day(statement.end)}", account.closing)


def _balance(account: Account, text: str, value: float) -> list[Cell]:
    nothing: Cell = ("text", "")
    return [*_whose(account), nothing, nothing, ("text", text), *([nothing] * 4), _amount(account, value)]


def _open_items(statement: Statement) -> Iterator[list[Cell]]:
    nothing: Cell = ("text", "")
    for account in statement.accounts:
        for item in words.open_items(account):
            late: Cell = ("count", item.days_overdue) if item.days_overdue else nothing
            texts: list[Cell] = [("text", words.number(item.number)), ("text", one_line(item.what))]
            dates: list[Cell] = [("date", item.date), ("date", item.due)]
            amounts: list[Cell] = [_amount(account, item.amount), _amount(account, item.open)]
            yield [*_whose(account), *texts, *dates, late, *amounts]


def _under_review(statement: Statement) -> Iterator[list[Cell]]:
    for account in statement.accounts:
        for row in account.under_review.to_dict("records"):
            texts: list[Cell] = [("date", row["date"]), ("text", one_line(row["method"]))]
            yield [*_whose(account), *texts, _amount(account, row["amount"])]


def _amount(account: Account, value: float) -> Cell:
    return "amount", (value, account.decimals)


def _whose(account: Account) -> list[Cell]:
    return [("text", one_line(account.company.name)), ("text", account.code)]
