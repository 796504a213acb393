"""A statement as a PDF a provider would send: letterhead, what is to pay and for what, every entry, how to pay it."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping

from odoo_client.documents.clean import one_line
from odoo_client.documents.glyphs import BOLD, REGULAR, fonts, wrapped
from odoo_client.documents.statement import words
from odoo_client.documents.statement.paper import (
    ACCENT,
    GREY,
    INK,
    LATE,
    LEADING,
    LEFT,
    RIGHT,
    SIZE,
    Column,
    Paper,
    laid_out,
)
from odoo_client.documents.statement.words import Made
from odoo_client.frames.arrays import floats
from odoo_client.metrics.statement import Account, Party, Statement
from odoo_client.metrics.words import amount_words

#: ReportLab keeps which glyphs a document uses on the shared font: one document at a time.
_one_at_a_time = threading.Lock()

OPEN_COLUMNS = (
    Column("Number"),
    Column("Entry", words=True),
    Column("Date"),
    Column("Due"),
    Column("Days overdue", number=True),
    Column("Amount", number=True),
    Column("Open", number=True),
)
ENTRY_COLUMNS = (
    Column("Date"),
    Column("Number"),
    Column("Entry", words=True),
    Column("Due"),
    Column("Debit", number=True),
    Column("Credit", number=True),
    Column("Balance", number=True),
)


def statement_pdf(statement: Statement, made: Made, logos: Mapping[int, bytes] | None = None) -> bytes:
    """Return the statement as PDF; `logos` are PNG or JPEG pictures by company id (see `logo.safe_logo`).

    Each company begins a page of its own under its letterhead and ends with how to pay it. Any text is shown: what the
    fonts lack as a box.
    """
    with _one_at_a_time:
        fonts()
        target = io.BytesIO()
        paper = Paper(
            target,
            title=f"{words.TITLE}: {one_line(statement.customer.name)}",
            author=one_line(statement.companies[0].name) if statement.companies else "",
            footer=made.sentence,
            heads=(words.named(statement.customer), f"{words.TITLE}, {words.period(statement)}"),
        )
        for number, company in enumerate(statement.companies):
            if number:
                paper.next_page()
            _letterhead(paper, statement, company, (logos or {}).get(company.party_id))
            accounts = [one for one in statement.accounts if one.company.party_id == company.party_id]
            said = words.withheld(statement, company)
            # A verdict is short and stands on a band; why there is none is a sentence below it.
            if accounts or not said:
                _balances(paper, [words.verdict(account) for account in accounts])
            paper.sentences(said, 9.0, INK)
            paper.y -= 12 if said else 0
            for account in accounts:
                _account(paper, statement, account)
            for heading, lines in words.how_to_pay(statement, made, company):
                _how_to_pay(paper, heading, lines)
        if not statement.companies:
            _balances(paper, [])
        paper.save()
        return target.getvalue()


def _letterhead(paper: Paper, statement: Statement, company: Party, logo: bytes | None) -> None:
    """Draw the company on the left, what the document is on the right, and the customer below."""
    top = paper.y
    if logo is not None:
        paper.logo(logo)
    paper.lines(wrapped(company.name, BOLD, 12, 260, 2), BOLD, 12, INK, leading=15)
    for text in words.address(company):
        paper.lines(wrapped(text, REGULAR, SIZE, 260, 2), REGULAR, SIZE, GREY)
    right_y = top - 17
    paper.right(RIGHT, right_y, words.TITLE, BOLD, 17, ACCENT)
    for line in wrapped(words.period(statement), REGULAR, 9, 250, 1):
        right_y -= 16
        paper.right(RIGHT, right_y, line, REGULAR, 9, INK)
    paper.y = min(paper.y, right_y) - 22
    _customer(paper, statement)


def _customer(paper: Paper, statement: Statement) -> None:
    customer = statement.customer
    paper.text(LEFT, paper.y, "FOR", BOLD, 6.5, GREY)
    paper.y -= 2
    paper.lines(wrapped(customer.name, BOLD, 11, RIGHT - LEFT, 3), BOLD, 11, INK, leading=13)
    facts = [f"Account {one_line(customer.ref)}"] if customer.ref else []
    for text in [*facts, *words.address(customer), words.contacts(statement)]:
        paper.lines(wrapped(text, REGULAR, SIZE, RIGHT - LEFT, 3), REGULAR, SIZE, GREY)
    paper.y -= 18


def _balances(paper: Paper, verdicts: list[str]) -> None:
    """Draw what is to pay in each currency, or that there is nothing."""
    paper.band(verdicts or [words.NOTHING])
    paper.y -= 16


def _account(paper: Paper, statement: Statement, account: Account) -> None:
    """Draw what is open, what waits for a decision, and then what happened in the period."""
    paper.heading(account.code, 90)
    if len(account.open_items):
        _open_items(paper, statement, account)
        _ages(paper, statement, account)
    paper.sentences(words.under_review(account), colour=INK)
    paper.sentences(words.notes(account))
    paper.y -= 4
    _entries(paper, statement, account)
    paper.y -= 12


def _open_items(paper: Paper, statement: Statement, account: Account) -> None:
    rows = [
        (
            (
                words.number(item.number),
                item.what,
                words.day(item.date),
                words.day(item.due),
                f"{item.days_overdue:,}" if item.days_overdue else "",
                amount_words(item.amount, account.decimals),
                amount_words(item.open, account.decimals),
            ),
            item.days_overdue > 0,
        )
        for item in words.open_items(account)
    ]
    closing = amount_words(account.closing, account.decimals)
    columns = laid_out(OPEN_COLUMNS, [*(cells for cells, _late in rows), ("",) * 6 + (closing,)])
    paper.caption(words.open_title(statement), 60)
    paper.table_head(columns)
    for cells, late in rows:
        paper.row(columns, cells, red="Days overdue" if late else "")
    paper.wide_row(columns, f"{words.OPEN_TOTAL} in {account.code}", closing)
    paper.y -= 4


def _ages(paper: Paper, statement: Statement, account: Account) -> None:
    """Draw the ageing of what is open as one row of boxes."""
    names = [words.age_label(statement, key) for key in account.ageing]
    cells = [*zip(names, account.ageing.values(), strict=True), ("Unallocated", -account.unallocated)]
    cells.append(("Balance", account.closing))
    paper.room(44)
    paper.caption("By days overdue", 44)
    boxes = []
    for place, (name, value) in enumerate(cells):
        last = place == len(cells) - 1
        late = 0 < place < len(cells) - 2 and value > 0
        text = amount_words(value, account.decimals)
        boxes.append((name, text, BOLD if last or late else REGULAR, LATE if late else INK))
    paper.boxes(boxes)


def _entries(paper: Paper, statement: Statement, account: Account) -> None:
    frame = account.entries
    columns = (frame["date"], frame["number"], frame["kind"], frame["reference"], frame["due_date"])
    sums = (floats(frame, "debit"), floats(frame, "credit"), floats(frame, "balance"))
    rows = [
        (
            words.day(date),
            words.number(number),
            f"{kind}: {reference}" if reference else str(kind),
            words.day(due),
            amount_words(debit, account.decimals) if debit else "",
            amount_words(credit, account.decimals) if credit else "",
            amount_words(balance, account.decimals),
        )
        for date, number, kind, reference, due, debit, credit, balance in zip(*columns, *sums, strict=True)
    ]
    opening, closing, debits, credits = (
        amount_words(value, account.decimals)
        for value in (account.opening, account.closing, account.debits, account.credits)
    )
    period = ("", "", "Entries of the period", "", debits, credits, "")
    table = laid_out(ENTRY_COLUMNS, [*rows, period, ("",) * 6 + (opening,), ("",) * 6 + (closing,)])
    paper.caption(f"Entries, {words.period(statement)}", 60)
    paper.table_head(table)
    if statement.start is not None:
        paper.wide_row(table, f"Balance before {words.day(statement.start)}", opening)
    for row in rows:
        paper.row(table, row)
    if rows:
        paper.row(table, period)
    else:
        paper.wide_row(table, words.NO_ENTRIES)
    paper.wide_row(table, f"Closing balance on {words.day(statement.end)} in {account.code}", closing)


def _how_to_pay(paper: Paper, heading: str, lines: tuple[str, ...]) -> None:
    """Draw the payment details, with their heading on one page where they fit on one."""
    paper.heading(heading, min(300.0, 40 + (LEADING + 4) * len(lines)))
    paper.rule()
    paper.sentences(lines, 9.0, INK)
    paper.y -= 12
