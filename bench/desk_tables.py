"""Where the tables of an open page lie: their rows and columns are drawn on a canvas, so they are read from its React.

Streamlit's table is a glide-data-grid; the properties it was drawn with tell its columns' widths and its rows' heights.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

#: Each table's properties and box; `rows` counts those it can scroll to. One that is still being drawn is left out.
READ = """() => [...document.querySelectorAll("[data-testid=stDataFrame]")].flatMap(frame => {
  const canvas = frame.querySelector("canvas")
  const name = canvas && Object.keys(canvas).find(key => key.startsWith("__reactFiber$"))
  let fiber = name && canvas[name]
  while (fiber && !(fiber.memoizedProps?.columns && fiber.memoizedProps.rowHeight)) fiber = fiber.return
  if (!fiber) return []
  const {columns, rowHeight, headerHeight, rows, cellYOffset} = fiber.memoizedProps
  const {x, y, width, height} = canvas.getBoundingClientRect()
  return [{
    x, y, width, height, rows,
    name: frame.querySelector("[role=region]")?.getAttribute("aria-label") || "",
    head_px: headerHeight,
    row_px: typeof rowHeight === "function" ? rowHeight(0) : rowHeight,
    first: cellYOffset || 0,
    columns: columns.map(one => [one.title, one.width]),
  }]
})"""
#: Page's own scroll: the main part of the window scrolls, not the window.
SCROLL = "(e => e ? e.scrollHeight - e.clientHeight : 0)(document.querySelector('[data-testid=stMain]'))"


@dataclass(frozen=True)
class Table:
    """A table on screen, in pixels of the window; `first` is the row at its top, `columns` are (heading, width)."""

    name: str
    x: float
    y: float
    width: float
    height: float
    rows: int
    head_px: float
    row_px: float
    first: int
    columns: tuple[tuple[str, float], ...]

    @property
    def first_row_y(self) -> float:
        """Where its first row begins."""
        return self.y + self.head_px

    def rows_in_sight(self, window_height: float) -> int:
        """Return how many rows lie whole in the window, without any scrolling."""
        top, bottom = max(self.first_row_y, 0.0), min(self.y + self.height, window_height)
        # A pixel is the table's own frame.
        return max(0, min(self.rows, int((bottom - top + 1) / self.row_px)))

    def edges(self) -> Iterator[tuple[str, float, float]]:
        """Yield each column's heading, left and right edge; the right one may be outside of the table."""
        left = self.x
        for heading, width in self.columns:
            yield heading, left, left + width
            left += width

    def column(self, heading: str) -> tuple[float, float] | None:
        """Return the left and right edge of the first column whose heading matches, None where there is none."""
        pattern = re.compile(heading)
        return next(((left, right) for title, left, right in self.edges() if pattern.search(title)), None)

    def is_whole(self, heading: str, window_width: float) -> bool:
        """Return whether the column lies whole in the table and in the window."""
        found = self.column(heading)
        return found is not None and found[0] >= 0 and found[1] <= min(self.x + self.width, window_width) + 1

    def place(self, row: int, heading: str = "") -> tuple[float, float]:
        """Return the middle of a cell; without a heading, of the first column (the boxes to choose rows by)."""
        edges = self.column(heading) if heading else next(self.edges())[1:]
        if edges is None:
            raise LookupError(f"no column {heading!r} in {self.name!r}: {[title for title, _ in self.columns]}")
        middle = self.first_row_y + (row - self.first + 0.5) * self.row_px
        return (edges[0] + min(edges[1], self.x + self.width)) / 2, middle


def tables(page: Page) -> list[Table]:
    """Return the tables of a page in their order."""
    found: list[dict[str, Any]] = page.evaluate(READ)
    return [Table(**one | {"columns": tuple((str(name), width) for name, width in one["columns"])}) for one in found]


def the_list(page: Page) -> Table | None:
    """Return the list people come for: the largest table, the first of those as large; None where there is none."""
    return max(tables(page), key=lambda one: one.width * one.height, default=None)


def page_scroll(page: Page) -> int:
    """Return how many pixels the page scrolls."""
    return int(page.evaluate(SCROLL))
