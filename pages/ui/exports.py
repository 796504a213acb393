"""CSV and XLSX of exactly what is on screen, built on click and safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from odoo_client.documents.amounts import Amounts, amount_texts
from odoo_client.documents.clean import neutralised
from odoo_client.documents.workbook import Cover, workbook
from pages.ui import formats, trusted
from pages.ui.session import access
from pages.ui.view import View

XLSX_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def safe_frame(frame: pd.DataFrame, amounts: Amounts | None = None) -> pd.DataFrame:
    """Return a copy whose texts and headings cannot be formulas and whose dates are ISO days; numbers stay numbers.

    Amounts are written with the decimals of their currency.
    """
    columns: dict[str, pd.Series] = {}
    for place, (name, column) in enumerate(frame.items()):
        decimals = amounts.decimals(frame, place) if amounts is not None else None
        if decimals is not None:
            columns[str(name)] = amount_texts(column, decimals)
        elif pd.api.types.is_datetime64_any_dtype(column):
            columns[str(name)] = column.dt.strftime("%Y-%m-%d").fillna("")
        elif pd.api.types.is_bool_dtype(column):
            columns[str(name)] = column.map({True: "Yes", False: "No"})
        elif pd.api.types.is_numeric_dtype(column):
            columns[str(name)] = column
        else:
            columns[str(name)] = column.astype("object").map(
                lambda value: "" if pd.isna(value) else neutralised(str(value))
            )
    safe = pd.DataFrame(columns)
    return safe.rename(columns={name: neutralised(name) for name in safe.columns})


def csv_bytes(frame: pd.DataFrame, amounts: Amounts | None = None) -> bytes:
    """Return `frame` as CSV in UTF-8 with a byte order mark, which is what spreadsheets need to read names rightly."""
    return safe_frame(frame, amounts).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def csv_button(
    label: str,
    build: Callable[[], pd.DataFrame],
    file_name: str,
    *,
    key: str,
    amounts: Amounts | None = None,
    disabled: bool = False,
) -> None:
    """Draw a download button; `build` returns the table on screen, all its rows, and runs only when clicked."""
    st.download_button(
        label,
        data=lambda: csv_bytes(build(), amounts),
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=key,
        disabled=disabled,
    )


def downloads(
    view: View,
    build: Callable[[], pd.DataFrame],
    *,
    title: str,
    name: str,
    rows: int,
    key: str,
    filters: Mapping[str, str],
    as_of: date | None = None,
    rates: str = "",
    totals: Mapping[str, object] | None = None,
    link: str | None = None,
    currency_column: str | None = "Currency",
    money: Sequence[str] | None = None,
    amounts: Amounts | None = None,
) -> None:
    """Draw the CSV and XLSX buttons of the table on screen; `build` returns all its rows and runs on click only.

    `name` begins the file's name; the buttons say `rows`. The workbook's cover shows `title`, the filters, the
    day, the rates, who and when, the rows, and the sums by currency of the headings in `money` (None: every column of
    fractional numbers), worked out from the very rows written, and the further `totals`. `link` is the address of
    the view (None: the one in the address bar). `amounts` say which columns have a currency's decimals (None: those of
    `money`, in the currency of the column "Currency").
    """
    if not access.may("export"):
        return
    found = trusted.trust_of(view)
    # On click there is no session any more, so who is asking, and for which view, is settled now.
    cover = Cover(
        title=title,
        made_at=datetime.now(UTC),
        user=reader(),
        filters=dict(filters),
        as_of=as_of,
        rates=rates,
        age=formats.moment(view.snapshot.read_at(), view.settings.timezone),
        source=source_of(view),
        link=address() if link is None else link,
        totals=dict(totals or {}),
        trust=(f"{found.level.capitalize()}.", *found.sentences),
    )
    for one in found.contradicted:
        # A file of rows has no room for a sentence.
        st.caption(f"{trusted.ICON} {formats.plain(one.sentence)}")

    of_currency = replace(amounts or Amounts(headings=money), places=view.places)
    frame = access.checked("export", "export", title, build, rows)

    def book() -> bytes:
        return workbook(
            frame(),
            replace(cover, made_at=datetime.now(UTC)),
            currency_column=currency_column,
            money=money,
            amounts=of_currency,
            timezone=view.settings.timezone,
        )

    day = f"{as_of or view.today:%Y-%m-%d}"
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"CSV of {formats.plural(rows, 'row')}"
        csv_button(label, frame, f"{name}-{day}.csv", key=f"{key}_csv", amounts=of_currency)
        st.download_button(
            f"XLSX of {formats.plural(rows, 'row')}",
            data=book,
            file_name=f"{name}-{day}.xlsx",
            mime=XLSX_MIME,
            icon=":material/table_view:",
            on_click="ignore",
            key=f"{key}_xlsx",
            help="With a cover sheet: filters, day, rates, totals and a link to this view.",
        )


def reader() -> str:
    """Return who is looking at the page, "" when nobody is signed in."""
    person = access.current().person
    return person.name or person.login


def source_of(view: View) -> str:
    """Return where the figures come from, in words."""
    meta = view.snapshot.meta
    if meta.demo:
        return "Demo data: all names and figures are invented"
    return " ".join(filter(None, ["Odoo", meta.odoo_version, meta.edition, meta.odoo_url]))


def address() -> str:
    """Return the address of the view on screen, "" where the browser did not say."""
    base = (st.context.url or "").partition("?")[0]
    query = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    return f"{base}?{urlencode(query)}" if base and query else base
