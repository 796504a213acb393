"""The paper of a statement's PDF: a cursor on A4, texts, tables and boxes; which of them a statement has is not here.

Nothing is taken for markup and nothing is loaded from anywhere: fonts are embedded, the logo is a picture handed over
by the caller. No number is ever broken over two lines: it is made smaller.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from odoo_client.documents.clean import one_line
from odoo_client.documents.glyphs import BOLD, REGULAR, shown, width_of, wrapped

WIDTH, HEIGHT = A4
LEFT, RIGHT = 42.0, WIDTH - 42.0
TOP, BOTTOM = HEIGHT - 42.0, 58.0
INK, GREY, LINE, BAND = HexColor("#1b2733"), HexColor("#5b6875"), HexColor("#c9d2da"), HexColor("#eef2f6")
ACCENT, LATE = HexColor("#0b5e8a"), HexColor("#a32020")
SIZE = 8.0
CELL_SIZE = SIZE - 0.5
LEADING = 10.5
LOGO_WIDTH, LOGO_HEIGHT = 150.0, 52.0
#: The margin of a cell, both sides together.
CELL_GAP = 8.0
#: What the column of words keeps at least, however wide the numbers beside it are.
WORDS_AT_LEAST = 130.0
#: No text is made smaller than this; a number among words that is wider still is broken like any long word.
SMALLEST = 3.0


@dataclass(frozen=True)
class Column:
    """A column of a table. `words` wrap and take what width is left; all else is on one line, smaller if need be."""

    heading: str
    number: bool = False
    words: bool = False
    left: float = LEFT
    right: float = RIGHT

    @property
    def width(self) -> float:
        """The width of its texts."""
        return self.right - self.left - CELL_GAP


Row = Sequence[str]


def laid_out(columns: Sequence[Column], rows: Iterable[Row]) -> tuple[Column, ...]:
    """Return `columns` across the paper, each as wide as its widest cell; the one of words has the rest."""
    wide = [0.0 if column.words else width_of(column.heading, BOLD, CELL_SIZE) for column in columns]
    for row in rows:
        for place, (column, text) in enumerate(zip(columns, row, strict=True)):
            if text and not column.words:
                wide[place] = max(wide[place], width_of(shown(one_line(text), BOLD), BOLD, CELL_SIZE))
    wide = [0.0 if column.words else width + CELL_GAP for column, width in zip(columns, wide, strict=True)]
    wide = _capped(wide, RIGHT - LEFT - WORDS_AT_LEAST)
    rest = RIGHT - LEFT - sum(wide)
    found, left = [], LEFT
    for column, width in zip(columns, wide, strict=True):
        right = left + (rest if column.words else width)
        found.append(replace(column, left=left, right=right))
        left = right
    return tuple(found)


def _capped(wide: Sequence[float], most: float) -> list[float]:
    """Return the widths with the widest cut to one width, so that together they are no more than `most`."""
    left, cap = most, most
    for place, width in enumerate(sorted(wide)):
        cap = left / (len(wide) - place)
        if width > cap:
            break
        left -= width
    else:
        return list(wide)
    return [min(width, cap) for width in wide]


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


class Paper:
    """A cursor on the paper: what is drawn moves it down, and a new page begins where the rest would not fit.

    `heads` stand at the top of each further page, left and right.
    """

    def __init__(self, target: io.BytesIO, *, title: str, author: str, footer: str, heads: tuple[str, str]) -> None:
        self.heads = heads
        self.canvas = _NumberedCanvas(target, pagesize=A4, pageCompression=1)
        self.canvas.footer = footer
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)
        self.canvas.setCreator("AFINET Operations Dashboard")
        self.y = TOP

    def save(self) -> None:
        """End the document."""
        self.canvas.showPage()
        self.canvas.save()

    def next_page(self) -> None:
        """Begin a page."""
        self.canvas.showPage()
        self.y = TOP

    def room(self, height: float) -> bool:
        """Make room for `height` points; return whether that took a new page, under a line that says whose it is."""
        if self.y - height >= BOTTOM:
            return False
        self.next_page()
        name, what = self.heads
        self.lines(wrapped(name, REGULAR, 7.5, 310, 1)[:1], REGULAR, 7.5, GREY, leading=8)
        self.right(RIGHT, self.y, what, REGULAR, 7.5, GREY)
        self.y -= 14
        return True

    def heading(self, text: str, needed: float) -> None:
        """Draw a heading, on a new page when `needed` points would not fit under it."""
        self.room(needed)
        self.y -= 14
        self.text(LEFT, self.y, shown(text, BOLD), BOLD, 10.5, ACCENT)
        self.y -= 6

    def caption(self, text: str, needed: float) -> None:
        """Draw what the table below is about, on a new page when `needed` points would not fit under it."""
        self.room(needed)
        self.y -= 12
        self.text(LEFT, self.y, shown(text, BOLD), BOLD, CELL_SIZE, GREY)
        self.y -= 6

    def band(self, texts: Iterable[str]) -> None:
        """Draw texts in a band."""
        lines = [line for text in texts for line in wrapped(text, BOLD, 11, RIGHT - LEFT - 24, 2)]
        height = 15.0 * len(lines) + 14
        self.room(height)
        self.canvas.setFillColor(BAND)
        self.canvas.roundRect(LEFT, self.y - height, RIGHT - LEFT, height, 4, stroke=0, fill=1)
        y = self.y - 5
        for line in lines:
            y -= 15
            self.text(LEFT + 12, y + 2, line, BOLD, 11, INK)
        self.y -= height

    def table_head(self, columns: Sequence[Column]) -> None:
        """Draw a table's headings."""
        self.canvas.setFillColor(BAND)
        self.canvas.rect(LEFT, self.y - 15, RIGHT - LEFT, 15, stroke=0, fill=1)
        for column in columns:
            size = size_for(column.heading, BOLD, column.width)
            if column.number:
                self.right(column.right - 4, self.y - 10.5, column.heading, BOLD, size, INK)
            else:
                self.text(column.left + 4, self.y - 10.5, column.heading, BOLD, size, INK)
        self.y -= 15

    def row(self, columns: Sequence[Column], cells: Row, *, red: str = "") -> None:
        """Draw a row: words wrap, all else is on one line; headings come again on a new page. `red`: one heading."""
        texts = [_cell(column, one_line(text), REGULAR) for column, text in zip(columns, cells, strict=True)]
        height = max(1, *(len(lines) for lines, _size in texts)) * LEADING + 4
        if self.room(height):
            self.table_head(columns)
        for column, (lines, size) in zip(columns, texts, strict=True):
            for number, line in enumerate(lines):
                y = self.y - LEADING * (number + 1)
                colour = LATE if column.heading == red else INK
                if column.number:
                    self.right(column.right - 4, y, line, REGULAR, size, colour)
                else:
                    self.text(column.left + 4, y, line, REGULAR, size, colour)
        self.y -= height
        self.rule()

    def wide_row(self, columns: Sequence[Column], text: str, value: str = "") -> None:
        """Draw a row with a text over all columns but the last: a balance carried in or out, or that there is none."""
        if self.room(LEADING + 6):
            self.table_head(columns)
        font = BOLD if value else REGULAR
        last = columns[-1].width
        self.text(LEFT + 4, self.y - LEADING, shown(text, font), font, CELL_SIZE, INK if value else GREY)
        self.right(RIGHT - 4, self.y - LEADING, value, BOLD, size_for(value, BOLD, max(90.0, last)), INK)
        self.y -= LEADING + 4
        self.rule()

    def boxes(self, cells: Sequence[tuple[str, str, str, Any]]) -> None:
        """Draw one row of boxes over the whole width: name, value, font and colour of each."""
        width = (RIGHT - LEFT) / len(cells)
        for place, (name, text, font, colour) in enumerate(cells):
            right = LEFT + width * (place + 1)
            self.right(right - 4, self.y - 9, name, REGULAR, size_for(name, REGULAR, width - 6, 6.5), GREY)
            self.right(right - 4, self.y - 21, text, font, size_for(text, font, width - 6), colour)
        self.y -= 27
        self.rule()

    def sentences(self, texts: Iterable[str], size: float = 7.5, colour: Any = GREY) -> None:
        """Draw sentences one below the other, in small grey type unless told otherwise."""
        for text in texts:
            lines = wrapped(text, REGULAR, size, RIGHT - LEFT, 4)
            self.room(LEADING * len(lines) + 4)
            self.y -= 4
            self.lines(lines, REGULAR, size, colour)

    def lines(self, lines: Iterable[str], font: str, size: float, colour: Any, leading: float = LEADING) -> None:
        """Draw lines of glyphs one below the other."""
        for line in lines:
            self.y -= leading
            self.text(LEFT, self.y, line, font, size, colour)

    def logo(self, picture: bytes) -> None:
        """Draw a logo at the left."""
        image = ImageReader(io.BytesIO(picture))
        width, height = image.getSize()
        scale = min(LOGO_WIDTH / width, LOGO_HEIGHT / height)
        size = (width * scale, height * scale)
        self.canvas.drawImage(image, LEFT, self.y - size[1], size[0], size[1], mask="auto")
        self.y -= float(size[1]) + 6

    def rule(self) -> None:
        """Draw a thin line over the whole width."""
        self.canvas.setStrokeColor(LINE)
        self.canvas.setLineWidth(0.4)
        self.canvas.line(LEFT, self.y, RIGHT, self.y)

    def text(self, x: float, y: float, line: str, font: str, size: float, colour: Any) -> None:
        """Draw a line of glyphs that begins at `x`."""
        self.canvas.setFillColor(colour)
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, line)

    def right(self, x: float, y: float, line: str, font: str, size: float, colour: Any) -> None:
        """Draw a line of glyphs that ends at `x`."""
        self.canvas.setFillColor(colour)
        self.canvas.setFont(font, size)
        self.canvas.drawRightString(x, y, line)


def _cell(column: Column, text: str, font: str) -> tuple[list[str], float]:
    """Return a cell's lines of glyphs and their size."""
    if not column.words:
        line = shown(text, font)
        return [line], size_for(line, font, column.width)
    numbers = [word for word in text.split() if any(letter.isdigit() for letter in word)]
    sizes = [size_for(shown(word, font), font, column.width) for word in numbers]
    size = min(sizes, default=CELL_SIZE)
    return wrapped(text, font, size, column.width, 3), size


def size_for(line: str, font: str, width: float, size: float = CELL_SIZE) -> float:
    """Return the size at which `line` fits into `width`: amounts are made smaller, never cut."""
    wide = width_of(line, font, size)
    return size if wide <= width else max(SMALLEST, size * width / wide)
