"""A statement as a PDF a provider would send: letterhead, balances, every entry, ages, page x of y.

Drawn line by line on A4; nothing is taken for markup and nothing is loaded from anywhere: fonts are embedded, the logo
is a picture handed over by the caller.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from odoo_client.documents import statement_words as words
from odoo_client.documents.clean import one_line
from odoo_client.documents.glyphs import BOLD, REGULAR, fonts, shown, width_of, wrapped
from odoo_client.documents.statement_words import Made
from odoo_client.metrics.source import floats
from odoo_client.metrics.statement import Account, Party, Statement

WIDTH, HEIGHT = A4
LEFT, RIGHT = 42.0, WIDTH - 42.0
TOP, BOTTOM = HEIGHT - 42.0, 58.0
INK, GREY, LINE, BAND = HexColor("#1b2733"), HexColor("#5b6875"), HexColor("#c9d2da"), HexColor("#eef2f6")
ACCENT, LATE = HexColor("#0b5e8a"), HexColor("#a32020")
SIZE = 8.0
LEADING = 10.5
LOGO_WIDTH, LOGO_HEIGHT = 150.0, 52.0
#: ReportLab keeps which glyphs a document uses on the shared font: one document at a time.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class _Column:
    heading: str
    left: float
    right: float
    number: bool = False

    @property
    def width(self) -> float:
        return self.right - self.left - 6.0


COLUMNS = (
    _Column("Date", LEFT, LEFT + 58),
    _Column("Number", LEFT + 58, LEFT + 150),
    _Column("Entry", LEFT + 150, LEFT + 278),
    _Column("Due", LEFT + 278, LEFT + 334),
    _Column("Debit", LEFT + 334, LEFT + 391, number=True),
    _Column("Credit", LEFT + 391, LEFT + 449, number=True),
    _Column("Balance", LEFT + 449, RIGHT, number=True),
)


def statement_pdf(statement: Statement, made: Made, logos: Mapping[int, bytes] | None = None) -> bytes:
    """Return the statement as PDF; `logos` are PNG or JPEG pictures by company id (see `logo.safe_logo`).

    Each company begins a page of its own under its letterhead. Any text is shown: what the fonts lack as a box.
    """
    with _one_at_a_time:
        fonts()
        target = io.BytesIO()
        paper = _Paper(target, statement, made)
        for number, company in enumerate(statement.companies):
            if number:
                paper.next_page()
            paper.letterhead(company, (logos or {}).get(company.party_id))
            accounts = [one for one in statement.accounts if one.company.party_id == company.party_id]
            paper.balances(accounts)
            for account in accounts:
                _account(paper, statement, account)
        if not statement.companies:
            paper.balances([])
        paper.save()
        return target.getvalue()


class _NumberedCanvas(Canvas):  # type: ignore[misc]  # ReportLab has no types
    """Pages are kept until their number is known, then drawn with "Page x of y"."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._pages: list[dict[str, Any]] = []
        self.footer = ""

    def showPage(self) -> None:  # noqa: N802  ReportLab's name
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        total = len(self._pages)
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self.setStrokeColor(LINE)
            self.line(LEFT, BOTTOM - 16, RIGHT, BOTTOM - 16)
            self.setFillColor(GREY)
            self.setFont(REGULAR, 7)
            self.drawString(LEFT, BOTTOM - 27, shown(self.footer))
            self.drawRightString(RIGHT, BOTTOM - 27, f"Page {number} of {total}")
            super().showPage()
        super().save()


class _Paper:
    """A cursor on the paper: what is drawn moves it down, and a new page begins where the rest would not fit."""

    def __init__(self, target: io.BytesIO, statement: Statement, made: Made) -> None:
        self.statement = statement
        self.canvas = _NumberedCanvas(target, pagesize=A4, pageCompression=1)
        self.canvas.footer = made.sentence
        self.canvas.setTitle(f"{words.TITLE}: {one_line(statement.customer.name)}")
        self.canvas.setAuthor(one_line(statement.companies[0].name) if statement.companies else "")
        self.canvas.setCreator("AFINET Operations Dashboard")
        self.y = TOP

    def save(self) -> None:
        self.canvas.showPage()
        self.canvas.save()

    def next_page(self) -> None:
        """Begin a page, under a line that says whose statement goes on."""
        self.canvas.showPage()
        self.y = TOP

    def room(self, height: float) -> bool:
        """Make room for `height` points; returns whether that took a new page."""
        if self.y - height >= BOTTOM:
            return False
        self.next_page()
        name = wrapped(words.named(self.statement.customer), REGULAR, 7.5, 330, 1)
        self._text(LEFT, self.y - 8, name[0] if name else "", REGULAR, 7.5, GREY)
        self._right(RIGHT, self.y - 8, f"{words.TITLE}, {words.period(self.statement)}", REGULAR, 7.5, GREY)
        self.y -= 22
        return True

    def letterhead(self, company: Party, logo: bytes | None) -> None:
        """Draw the company on the left, what the document is on the right, and the customer below."""
        top = self.y
        left_y = top
        if logo is not None:
            left_y -= self._logo(logo, top)
        for line in wrapped(company.name, BOLD, 12, 260, 2):
            left_y -= 15
            self._text(LEFT, left_y, line, BOLD, 12, INK)
        for text in words.address(company):
            for line in wrapped(text, REGULAR, SIZE, 260, 2):
                left_y -= LEADING
                self._text(LEFT, left_y, line, REGULAR, SIZE, GREY)
        right_y = top - 17
        self._right(RIGHT, right_y, words.TITLE, BOLD, 17, ACCENT)
        for line in wrapped(words.period(self.statement), REGULAR, 9, 250, 1):
            right_y -= 16
            self._right(RIGHT, right_y, line, REGULAR, 9, INK)
        self.y = min(left_y, right_y) - 22
        self._customer()

    def _customer(self) -> None:
        customer = self.statement.customer
        self._text(LEFT, self.y, "FOR", BOLD, 6.5, GREY)
        self.y -= 2
        for line in wrapped(customer.name, BOLD, 11, RIGHT - LEFT, 3):
            self.y -= 13
            self._text(LEFT, self.y, line, BOLD, 11, INK)
        facts = [f"Account {one_line(customer.ref)}"] if customer.ref else []
        for text in [*facts, *words.address(customer), words.contacts(self.statement)]:
            for line in wrapped(text, REGULAR, SIZE, RIGHT - LEFT, 3):
                self.y -= LEADING
                self._text(LEFT, self.y, line, REGULAR, SIZE, GREY)
        self.y -= 18

    def balances(self, accounts: Sequence[Account]) -> None:
        """Draw what is to pay in each currency in a band, or that there is nothing."""
        texts = [words.verdict(account) for account in accounts] or [words.NOTHING]
        lines = [line for text in texts for line in wrapped(text, BOLD, 11, RIGHT - LEFT - 24, 2)]
        height = 15.0 * len(lines) + 14
        self.room(height)
        self.canvas.setFillColor(BAND)
        self.canvas.roundRect(LEFT, self.y - height, RIGHT - LEFT, height, 4, stroke=0, fill=1)
        y = self.y - 5
        for line in lines:
            y -= 15
            self._text(LEFT + 12, y + 2, line, BOLD, 11, INK)
        self.y -= height + 16

    def heading(self, text: str, needed: float) -> None:
        """Draw a heading, on a new page when `needed` points would not fit under it."""
        self.room(needed)
        self.y -= 14
        self._text(LEFT, self.y, text, BOLD, 10.5, ACCENT)
        self.y -= 6

    def table_head(self) -> None:
        """Draw the headings of the entries."""
        self.canvas.setFillColor(BAND)
        self.canvas.rect(LEFT, self.y - 15, RIGHT - LEFT, 15, stroke=0, fill=1)
        for column in COLUMNS:
            if column.number:
                self._right(column.right - 4, self.y - 10.5, column.heading, BOLD, 7.5, INK)
            else:
                self._text(column.left + 4, self.y - 10.5, column.heading, BOLD, 7.5, INK)
        self.y -= 15

    def row(self, cells: Sequence[str], *, bold: bool = False) -> None:
        """Draw one row of the entries; texts wrap within their columns, headings come again on a new page."""
        font = BOLD if bold else REGULAR
        wraps = [
            [shown(one_line(text), font)] if column.number else wrapped(text, font, SIZE - 0.5, column.width, 3)
            for column, text in zip(COLUMNS, cells, strict=True)
        ]
        height = max(1, *(len(lines) for lines in wraps)) * LEADING + 4
        if self.room(height):
            self.table_head()
        for column, lines in zip(COLUMNS, wraps, strict=True):
            for number, line in enumerate(lines):
                y = self.y - LEADING * (number + 1)
                if column.number:
                    self._right(column.right - 4, y, line, font, _size_for(line, font, column.width + 2), INK)
                else:
                    self._text(column.left + 4, y, line, font, SIZE - 0.5, INK)
        self.y -= height
        self._rule()

    def wide_row(self, text: str, value: str) -> None:
        """Draw a row with a text over all columns but the last: a balance carried in or out."""
        if self.room(LEADING + 6):
            self.table_head()
        self._text(LEFT + 4, self.y - LEADING, shown(text, BOLD), BOLD, SIZE - 0.5, INK)
        self._right(RIGHT - 4, self.y - LEADING, value, BOLD, _size_for(value, BOLD, 90), INK)
        self.y -= LEADING + 4
        self._rule()

    def ages(self, account: Account) -> None:
        """Draw the ageing of what is open as one row of boxes."""
        names = [words.age_label(self.statement, key) for key in account.ageing]
        cells = [*zip(names, account.ageing.values(), strict=True), ("Unallocated", -account.unallocated)]
        cells.append(("Balance", account.closing))
        width = (RIGHT - LEFT) / len(cells)
        self.room(44)
        self._text(
            LEFT, self.y - 12, f"What is open, by days overdue on {words.day(self.statement.end)}", BOLD, 7.5, GREY
        )
        self.y -= 18
        for place, (name, value) in enumerate(cells):
            right = LEFT + width * (place + 1)
            last = place == len(cells) - 1
            late = 0 < place < len(cells) - 2 and value > 0
            text = words.amount(value, account.decimals)
            font = BOLD if last or late else REGULAR
            self._right(right - 4, self.y - 9, name, REGULAR, _size_for(name, REGULAR, width - 6, 6.5), GREY)
            colour = LATE if late else INK
            self._right(right - 4, self.y - 21, text, font, _size_for(text, font, width - 6), colour)
        self.y -= 27
        self._rule()

    def sentences(self, texts: Iterable[str]) -> None:
        """Draw sentences in small grey type."""
        for text in texts:
            lines = wrapped(text, REGULAR, 7.5, RIGHT - LEFT, 4)
            self.room(LEADING * len(lines) + 4)
            self.y -= 4
            for line in lines:
                self.y -= LEADING
                self._text(LEFT, self.y, line, REGULAR, 7.5, GREY)

    def _logo(self, picture: bytes, top: float) -> float:
        """Draw the logo at the top left and return the height it took."""
        image = ImageReader(io.BytesIO(picture))
        width, height = image.getSize()
        scale = min(LOGO_WIDTH / width, LOGO_HEIGHT / height)
        size = (width * scale, height * scale)
        self.canvas.drawImage(image, LEFT, top - size[1], size[0], size[1], mask="auto")
        return float(size[1]) + 6

    def _rule(self) -> None:
        self.canvas.setStrokeColor(LINE)
        self.canvas.setLineWidth(0.4)
        self.canvas.line(LEFT, self.y, RIGHT, self.y)

    def _text(self, x: float, y: float, line: str, font: str, size: float, colour: Any) -> None:
        self.canvas.setFillColor(colour)
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, line)

    def _right(self, x: float, y: float, line: str, font: str, size: float, colour: Any) -> None:
        self.canvas.setFillColor(colour)
        self.canvas.setFont(font, size)
        self.canvas.drawRightString(x, y, line)


def _account(paper: _Paper, statement: Statement, account: Account) -> None:
    rows = account.entries
    paper.heading(account.code, 90)
    paper.table_head()
    if statement.start is not None:
        opening = words.amount(account.opening, account.decimals)
        paper.wide_row(f"Balance before {words.day(statement.start)}", opening)
    columns = (rows["date"], rows["number"], rows["kind"], rows["reference"], rows["due_date"])
    sums = (floats(rows, "debit"), floats(rows, "credit"), floats(rows, "balance"))
    for date, number, kind, reference, due, debit, credit, balance in zip(*columns, *sums, strict=True):
        paper.row(
            (
                words.day(date),
                str(number),
                f"{kind}: {reference}" if reference else str(kind),
                words.day(due),
                words.amount(debit, account.decimals) if debit else "",
                words.amount(credit, account.decimals) if credit else "",
                words.amount(balance, account.decimals),
            )
        )
    closing = words.amount(account.closing, account.decimals)
    paper.row(
        (
            "",
            "",
            "Entries of the period",
            "",
            words.amount(account.debits, account.decimals),
            words.amount(account.credits, account.decimals),
            "",
        )
    )
    paper.wide_row(f"Closing balance on {words.day(statement.end)} in {account.code}", closing)
    paper.y -= 4
    if len(account.open_items):
        paper.ages(account)
    paper.sentences(words.notes(account))
    paper.y -= 12


def _size_for(line: str, font: str, width: float, size: float = SIZE - 0.5) -> float:
    """Return the size at which `line` fits into `width`: amounts are made smaller, never cut."""
    wide = width_of(line, font, size)
    return size if wide <= width else max(3.0, size * width / wide)
