"""A table as a workbook: a cover sheet that says what it is, and the data, in which no text is ever a formula.

It is written row by row (XlsxWriter's constant memory) into a private temporary folder, so that 100,000 rows cost
little more than the file itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import repeat
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xlsxwriter

from odoo_client.documents.amounts import USUAL, Amounts, amount_format
from odoo_client.documents.clean import storable
from odoo_client.frames.arrays import FloatArray, IntArray
from odoo_client.frames.groups import exact_sums

COVER_SHEET, DATA_SHEET = "About", "Data"
#: A sheet has 1,048,576 rows, the heading among them.
ROWS_A_SHEET = 1_048_575
ROWS_AT_ONCE = 2_000
LONGEST_TEXT = 32_767
#: The first day that spreadsheets' calendars get right.
FIRST_DAY = np.datetime64("1900-03-01")
WIDTHS = {"text": (10, 44), "date": (12, 12), "moment": (17, 17), "amount": (13, 18), "count": (9, 14)}
FORMATS = {"amount": amount_format(USUAL), "count": "#,##0", "date": "d mmm yyyy", "moment": "d mmm yyyy hh:mm"}
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

#: A method of a sheet: row, column, value, style.
Writer = Callable[[int, int, Any, Any], object]


@dataclass(frozen=True)
class Cover:
    """What the cover sheet says: enough to find the same view again and to trust its sums.

    `as_of` None: today's figures. `rates`: the sentence of the conversion, "" = nothing was converted. `made_at` is a
    moment with its zone. `age` says when the data was read from Odoo. `totals` are shown as given, beside the sums of
    the sheet's own money columns. `trust` are the sentences that say how far the figures can be trusted.
    """

    title: str
    made_at: datetime
    user: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    as_of: date | None = None
    rates: str = ""
    age: str = ""
    source: str = ""
    link: str = ""
    totals: Mapping[str, object] = field(default_factory=dict)
    trust: Sequence[str] = ()


@dataclass(frozen=True)
class _Column:
    heading: str
    kind: str
    values: pd.Series
    #: Of each row, for an amount.
    decimals: IntArray | None = None

    def cells(self, rows: slice) -> list[Any]:
        """Return the cells of `rows`; None where there is nothing."""
        part = self.values.iloc[rows]
        if self.kind in ("amount", "count"):
            numbers = part.to_numpy(dtype=np.float64, na_value=np.nan)
            return [
                value if known else None for value, known in zip(numbers.tolist(), np.isfinite(numbers), strict=True)
            ]
        if self.kind in ("date", "moment"):
            return _moments(part)
        return [None if pd.isna(value) else cell_text(value) for value in part.to_numpy(dtype=object)]


def money_columns(frame: pd.DataFrame) -> list[str]:
    """Return the headings that hold amounts unless told otherwise: those of fractional numbers."""
    return [str(name) for name, column in frame.items() if pd.api.types.is_float_dtype(column)]


def sums_by_currency(frame: pd.DataFrame, currency_column: str | None, money: Sequence[str]) -> pd.DataFrame:
    """Return what the data sheet adds up to: one row a currency, its code in "Currency", rows in "Rows", and `money`.

    Without a currency column nothing can be added up: one row with the number of rows alone.
    """
    if currency_column is None or currency_column not in frame.columns:
        return pd.DataFrame({"Currency": [""], "Rows": [len(frame)]})
    codes, names = pd.factorize(frame[currency_column].astype("object").fillna("").astype(str), sort=True)
    table = pd.DataFrame({"Currency": list(names), "Rows": np.bincount(codes, minlength=len(names))})
    for name in money:
        if name in frame.columns:
            amounts: FloatArray = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
            table[name] = exact_sums(codes.astype(np.int64), np.nan_to_num(amounts, nan=0.0), len(names))
    return table


def workbook(
    frame: pd.DataFrame,
    cover: Cover,
    *,
    currency_column: str | None = "Currency",
    money: Sequence[str] | None = None,
    amounts: Amounts | None = None,
    timezone: str = "Africa/Harare",
) -> bytes:
    """Return `frame` (headings as columns) as XLSX with the sheets "About" and "Data".

    Every text is a text cell, whatever it starts with; numbers, days and moments are cells of their own kind, never
    formulas. `money` are the headings to add up by currency (None: every column of fractional numbers). `amounts` say
    how many decimals an amount has (None: two).
    """
    amounts = amounts or Amounts()
    columns = [
        replace(_column(str(name), frame.iloc[:, place], timezone), decimals=amounts.decimals(frame, place))
        for place, name in enumerate(frame.columns)
    ]
    sums = sums_by_currency(frame, currency_column, money_columns(frame) if money is None else money)
    with tempfile.TemporaryDirectory(prefix="afinet-") as folder:
        path = Path(folder) / "book.xlsx"
        with xlsxwriter.Workbook(str(path), {**OPTIONS, "tmpdir": folder}) as book:
            book.use_zip64()
            styles = styles_of(book)
            _write_cover(book, styles, cover, sums, len(frame), timezone, amounts)
            for number, first in enumerate(range(0, max(1, len(frame)), ROWS_A_SHEET), start=1):
                name = DATA_SHEET if number == 1 else f"{DATA_SHEET} {number}"
                _write_data(book, styles, name, columns, range(first, min(first + ROWS_A_SHEET, len(frame))))
        return path.read_bytes()


def amount_style(book: xlsxwriter.Workbook, styles: dict[str, Any], decimals: int, *, kind: str = "amount") -> Any:
    """Return the style of an amount, or of a total, in a currency with that many decimals."""
    if decimals == USUAL:
        return styles[kind]
    name = f"{kind} {decimals}"
    if name not in styles:
        align = {"align": "left"} if kind == "total" else {}
        styles[name] = book.add_format({"num_format": amount_format(decimals), **align})
    return styles[name]


def _column(heading: str, values: pd.Series, timezone: str) -> _Column:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        local = values.dt.tz_convert(ZoneInfo(timezone)).dt.tz_localize(None)
        return _Column(heading, "moment", local)
    if pd.api.types.is_datetime64_any_dtype(values):
        return _Column(heading, "date", values)
    if pd.api.types.is_bool_dtype(values):
        return _Column(heading, "text", values.astype("object").map({True: "Yes", False: "No"}))
    if pd.api.types.is_float_dtype(values):
        return _Column(heading, "amount", values)
    if pd.api.types.is_integer_dtype(values):
        return _Column(heading, "count", values)
    return _Column(heading, "text", values.astype("object"))


def cell_text(value: Any) -> str:
    """Return a text that fits into a cell."""
    text = storable(str(value))
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _moments(part: pd.Series) -> list[Any]:
    """Return days or moments as such, and those before the spreadsheet's calendar as ISO text."""
    early = (part < FIRST_DAY).to_numpy()
    cells: list[Any] = [None if pd.isna(value) else value.to_pydatetime() for value in part]
    for place in np.flatnonzero(early):
        cells[place] = cells[place].date().isoformat()
    return cells


def styles_of(book: xlsxwriter.Workbook) -> dict[str, Any]:
    """Return the workbook's formats by name."""
    heading = {"bold": True, "bg_color": "#E8EEF4", "bottom": 1, "text_wrap": True, "valign": "top"}
    return {
        "title": book.add_format({"bold": True, "font_size": 16}),
        "name": book.add_format({"bold": True, "valign": "top"}),
        "value": book.add_format({"text_wrap": True, "valign": "top", "align": "left"}),
        "heading": book.add_format(heading),
        "number_heading": book.add_format(heading | {"align": "right"}),
        "total": book.add_format({"num_format": FORMATS["amount"], "align": "left"}),
        "total_rows": book.add_format({"num_format": FORMATS["count"], "align": "left"}),
        **{kind: book.add_format({"num_format": code}) for kind, code in FORMATS.items()},
        "text": None,
    }


def _facts(cover: Cover, sums: pd.DataFrame, rows: int, timezone: str) -> Iterator[tuple[str, str]]:
    made_at = cover.made_at.astimezone(ZoneInfo(timezone))
    yield "Made on", f"{made_at.day} {made_at:%b %Y, %H:%M} ({timezone})"
    yield "Made by", cover.user or "not signed in"
    if cover.as_of is not None:
        yield "As of", f"{cover.as_of.day} {cover.as_of:%b %Y}"
    if cover.age:
        yield "Read from Odoo", cover.age
    if cover.source:
        yield "Source", cover.source
    if cover.trust:
        yield "Trust", " ".join(cover.trust)
    yield "Rows", f"{rows:,}"
    if codes := [code for code in sums["Currency"] if code]:
        yield "Currency", ", ".join(codes)
    yield "Rates", cover.rates or "Nothing was converted."
    yield "Filters", "; ".join(f"{name}: {value}" for name, value in cover.filters.items() if value) or "None"
    for name, value in cover.totals.items():
        yield str(name), str(value)
    if cover.link:
        yield "Same view", cover.link


def _write_cover(
    book: xlsxwriter.Workbook,
    styles: dict[str, Any],
    cover: Cover,
    sums: pd.DataFrame,
    rows: int,
    timezone: str,
    amounts: Amounts,
) -> None:
    sheet = book.add_worksheet(COVER_SHEET)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 70)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, cell_text(cover.title), styles["title"])
    row = 2
    for name, value in _facts(cover, sums, rows, timezone):
        sheet.write_string(row, 0, cell_text(name), styles["name"])
        sheet.write_string(row, 1, cell_text(value), styles["value"])
        row += 1
    money = [str(name) for name in sums.columns if name not in ("Currency", "Rows")]
    if not money or not rows:
        return
    row += 1
    sheet.write_string(row, 0, "Totals of the sheet Data", styles["heading"])
    sheet.write_blank(row, 1, None, styles["heading"])
    # One line for each currency and money column, since currencies are never added up.
    for number, code in enumerate(sums["Currency"]):
        of_currency = f" ({code})" if code else " (no currency)"
        for name in money:
            row += 1
            sheet.write_string(row, 0, cell_text(f"{name}{of_currency}"), styles["name"])
            style = amount_style(book, styles, amounts.of_code(code), kind="total")
            sheet.write_number(row, 1, float(sums[name].iloc[number]), style)
        row += 1
        sheet.write_string(row, 0, cell_text(f"Rows{of_currency}"), styles["name"])
        sheet.write_number(row, 1, int(sums["Rows"].iloc[number]), styles["total_rows"])


def _write_data(
    book: xlsxwriter.Workbook, styles: dict[str, Any], name: str, columns: Sequence[_Column], rows: range
) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    if columns:
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, _width(column))
        numeric = column.kind in ("amount", "count")
        sheet.write_string(0, place, cell_text(column.heading), styles["number_heading" if numeric else "heading"])
    write: dict[str, Writer] = {"amount": sheet.write_number, "count": sheet.write_number, "text": sheet.write_string}
    write |= {"date": sheet.write_datetime, "moment": sheet.write_datetime}
    kinds = [(place, write[column.kind]) for place, column in enumerate(columns)]
    line = 1
    for first in range(rows.start, rows.stop, ROWS_AT_ONCE):
        part = slice(first, min(first + ROWS_AT_ONCE, rows.stop))
        looks = zip(*(_styles(book, styles, column, part) for column in columns), strict=True)
        for cells, of_row in zip(zip(*(column.cells(part) for column in columns), strict=True), looks, strict=True):
            for (place, writer), style, value in zip(kinds, of_row, cells, strict=True):
                if value is None:
                    continue
                if isinstance(value, str) and writer is not sheet.write_string:
                    sheet.write_string(line, place, value)
                else:
                    writer(line, place, value, style)
            line += 1


def _styles(book: xlsxwriter.Workbook, styles: dict[str, Any], column: _Column, rows: slice) -> Iterable[Any]:
    """Return the style of each cell of `rows`."""
    if column.decimals is None:
        return repeat(styles[column.kind], rows.stop - rows.start)
    decimals = column.decimals[rows]
    if len(decimals) and (decimals == decimals[0]).all():
        return repeat(amount_style(book, styles, int(decimals[0])), len(decimals))
    return [amount_style(book, styles, one) for one in decimals.tolist()]


def _width(column: _Column) -> int:
    """Return a width that fits the heading and the first rows, within what is sensible for the kind."""
    low, high = WIDTHS[column.kind]
    if column.kind != "text":
        return max(low, min(high, len(column.heading) + 3))
    longest = max((len(str(value)) for value in column.values.iloc[:200]), default=0)
    return max(low, min(high, max(longest, len(column.heading)) + 2))
