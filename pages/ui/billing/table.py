"""The tables of the Billing page: their columns, their totals, and what is exported."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import BoolArray, IntArray, floats
from odoo_client.metrics import collections
from pages.ui import formats, tables
from pages.ui.amounts import Column
from pages.ui.billing.data import months_of
from pages.ui.billing.tiles import BillingPage


def totals(shown: BillingPage, mask: BoolArray) -> str:
    """Return the totals of the table in words: the count of rows, and the money of posted ones by currency."""
    invoices = shown.chosen.table == "invoices"
    rows = shown.book.bills if invoices else shown.book.payments
    posted = mask & rows.facts["posted"].to_numpy()
    words = [formats.plural(int(mask.sum()), "document" if invoices else "payment")]
    if posted.any():
        amounts = shown.words_of(collections.sums(rows.facts, posted))
        words.append(f"posted **{formats.plain(amounts)}**")
        if invoices and (some := posted & (floats(rows.facts, "open") != 0)).any():
            words.append(f"open now {formats.plain(shown.words_of(collections.sums(rows.facts, some, 'open')))}")
        if not invoices and (left := shown.unmatched(posted)):
            words.append(f"{formats.plain(left)} matched with nothing")
    elif mask.any():
        words.append("none posted, so they count in no figure")
    return "; ".join(words) + "."


def invoice_columns(shown: BillingPage, rows: pd.DataFrame) -> dict[str, Column]:
    """Return the columns of the invoice table; what only one value can fill is left out."""
    columns: dict[str, Column] = {
        "number": st.column_config.TextColumn("Number", pinned=True),
        "date": tables.date_column("Date"),
        "due": tables.date_column("Due"),
        "customer": st.column_config.TextColumn("Customer", width=190),
        "currency": st.column_config.TextColumn("Currency", width=80),
        "amount": tables.money_column("Amount", "With tax; credit notes negative"),
        "open": tables.money_column("Open", "What is left to pay now"),
        "status": "Status",
        "overdue": tables.count_column("Days overdue"),
        "kind": "Kind",
        "technology": "Technology",
        "paid_on": tables.date_column("Paid on", "The day of the match that closed it; only where money did"),
        "days": tables.count_column("Days to pay"),
        "reference": "Reference",
    }
    return columns | _last(shown, rows)


def payment_columns(shown: BillingPage, rows: pd.DataFrame) -> dict[str, Column]:
    """Return the columns of the table of payments and bank lines."""
    columns: dict[str, Column] = {
        "number": st.column_config.TextColumn("Number", pinned=True),
        "date": tables.date_column("Date"),
        "customer": st.column_config.TextColumn("Customer", width=190),
        "currency": st.column_config.TextColumn("Currency", width=80),
        "amount": tables.money_column("Amount", "Refunds paid out negative"),
        "status": "Status",
        "made_by": st.column_config.TextColumn("Came as", help="A payment record, or a bank line that has none"),
        "paid": st.column_config.TextColumn("What it paid", width=260),
        "journal": "Journal",
        "method": "Method",
        "left": tables.money_column("Matched with nothing"),
        "technology": "Technology",
        "memo": "Reference",
    }
    if shown.chosen.table == "unnamed":
        # Nobody knows whose payment it is, so it has paid nothing.
        columns.pop("customer")
        columns.pop("paid")
    return columns | _last(shown, rows)


def _last(shown: BillingPage, rows: pd.DataFrame) -> dict[str, Column]:
    """Return the columns at the end: the company where there are several, the link where there is one."""
    columns: dict[str, Column] = {"company": "Company"} if len(shown.view.company_ids) > 1 else {}
    return columns | ({"odoo": tables.link_column("Odoo")} if rows["odoo"].ne("").any() else {})


def month_rows(shown: BillingPage) -> pd.DataFrame:
    """Return the months as the table shows them, the newest first, of the currencies the filter keeps."""
    table = months_of(shown.view, shown.book)
    if shown.chosen.currency_id:
        table = table[table["currency_id"] == shown.chosen.currency_id]
    reasons = [name for name in table.columns if name.endswith("_reason")]
    why = [
        " ".join(dict.fromkeys(text for text in texts if text)) for texts in table[reasons].itertuples(False, name=None)
    ]
    shown_rows = table.assign(
        currency=table["currency_id"].map(shown.view.code).astype("str"),
        label=table["month"].dt.strftime("%b %Y"),
        why=pd.Series(why, index=table.index, dtype="str"),
    )
    return shown_rows.sort_values(["month", "currency_id"], ascending=[False, True], ignore_index=True)


def month_columns() -> dict[str, Column]:
    """Return the columns of the months."""

    def days(label: str, help_text: str) -> Column:
        return st.column_config.NumberColumn(label, format="%,.1f", help=help_text)

    return {
        "label": st.column_config.TextColumn("Month", pinned=True),
        "currency": "Currency",
        "opening": tables.money_column("Open before", "Open amounts at the end of the month before"),
        "billed": tables.money_column("Billed"),
        "collected": tables.money_column(
            "Collected", "Payments and bank lines by their own currency, refunds taken off"
        ),
        "closing": tables.money_column("Open at the end", "Today for this month: the buckets of Arrears"),
        "closing_not_due": tables.money_column("Of it not due"),
        "unallocated": tables.money_column("Unallocated", "Matched with nothing; not taken off the open amounts"),
        "effectiveness": st.column_config.NumberColumn("Effectiveness, %", format="%.1f"),
        "countback": days("DSO, countback", "Days"),
        "best_possible": days("DSO, best possible", "Days"),
        "dso": days("DSO, simple", "Days"),
        "why": st.column_config.TextColumn("Not meaningful because", width=260),
    }


def ids(rows: pd.DataFrame, at: IntArray) -> pd.DataFrame:
    """Return what distinguishes the rows of one page of a table from those of another."""
    return pd.DataFrame({"at": at, "partner": rows["partner_id"].to_numpy(dtype=np.int64)})
