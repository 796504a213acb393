"""A statement as a workbook: a cover sheet, the entries of each account, and what is open."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from odoo_client.documents import statement_words as words
from odoo_client.documents.clean import one_line
from odoo_client.documents.statement_words import Made
from odoo_client.documents.workbook import OPTIONS, cell_text, styles_of
from odoo_client.metrics.statement import Account, Statement

ENTRY_HEADINGS = ("Company", "Currency", "Date", "Number", "Entry", "Reference", "Due", "Debit", "Credit", "Balance")
OPEN_HEADINGS = ("Company", "Currency", "Number", "Date", "Due", "Days overdue", "Amount", "Open")
WIDTHS = {"Company": 26, "Number": 22, "Entry": 30, "Reference": 34}

Cell = tuple[str, Any]


def statement_xlsx(statement: Statement, made: Made) -> bytes:
    """Return the statement as XLSX with the sheets "Statement", "Entries" and "Open items"; texts are never formulas.

    The entries of an account begin with its opening balance and end with its closing balance.
    """
    with tempfile.TemporaryDirectory(prefix="afinet-") as folder:
        path = Path(folder) / "statement.xlsx"
        with xlsxwriter.Workbook(str(path), {**OPTIONS, "tmpdir": folder}) as book:
            styles = styles_of(book)
            _cover(book, styles, statement, made)
            _sheet(book, styles, "Entries", ENTRY_HEADINGS, _entries(statement))
            _sheet(book, styles, "Open items", OPEN_HEADINGS, _open_items(statement))
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
        ("Made", made.sentence),
        ("Contacts", words.contacts(statement)),
    ):
        if text:
            sheet.write_string(row, 0, name, styles["name"])
            sheet.write_string(row, 1, cell_text(text))
            row += 1
    row += 1
    if not statement.accounts:
        sheet.write_string(row, 0, words.NOTHING)
        return
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
            sheet.write_number(row, place, value, styles["amount"])
        row += 1


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


def _sheet(
    book: xlsxwriter.Workbook,
    styles: dict[str, Any],
    name: str,
    headings: Sequence[str],
    rows: Iterator[list[Cell]],
) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, heading in enumerate(headings):
        sheet.set_column(place, place, WIDTHS.get(heading, 14))
        sheet.write_string(0, place, heading, styles["heading"])
    line = 0
    for line, cells in enumerate(rows, start=1):
        for place, (kind, value) in enumerate(cells):
            if kind == "date" and not pd.isna(value):
                sheet.write_datetime(line, place, value.to_pydatetime(), styles["date"])
            elif kind in ("amount", "count"):
                sheet.write_number(line, place, value, styles[kind])
            elif kind == "text" and value:
                sheet.write_string(line, place, cell_text(str(value)))
    sheet.autofilter(0, 0, line, len(headings) - 1)


def _entries(statement: Statement) -> Iterator[list[Cell]]:
    for account in statement.accounts:
        if statement.start is not None:
            yield _balance(account, f"Balance before {words.day(statement.start)}", account.opening)
        for row in account.entries.to_dict("records"):
            debit: Cell = ("amount", row["debit"]) if row["debit"] else ("text", "")
            credit: Cell = ("amount", row["credit"]) if row["credit"] else ("text", "")
            texts: list[Cell] = [
                ("date", row["date"]),
                *(("text", text) for text in (row["number"], row["kind"], row["reference"])),
            ]
            yield [*_whose(account), *texts, ("date", row["due_date"]), debit, credit, ("amount", row["balance"])]
        yield _balance(account, f"Closing balance on {words.day(statement.end)}", account.closing)


def _balance(account: Account, text: str, value: float) -> list[Cell]:
    nothing: Cell = ("text", "")
    return [*_whose(account), nothing, nothing, ("text", text), *([nothing] * 4), ("amount", value)]


def _open_items(statement: Statement) -> Iterator[list[Cell]]:
    for account in statement.accounts:
        for row in account.open_items.to_dict("records"):
            late: Cell = ("count", row["days_overdue"]) if row["days_overdue"] > 0 and row["open"] > 0 else ("text", "")
            dates: list[Cell] = [("date", row["date"]), ("date", row["due_date"])]
            amounts: list[Cell] = [("amount", row["amount"]), ("amount", row["open"])]
            yield [*_whose(account), ("text", row["move_name"]), *dates, late, *amounts]


def _whose(account: Account) -> list[Cell]:
    return [("text", one_line(account.company.name)), ("text", account.code)]
