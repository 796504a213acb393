"""All invoices and payments: what came in by method, billed against collected, and how fast customers pay."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from odoo_client.documents.amounts import Amounts
from pages.ui import amounts, formats, frame, freshness, tables
from pages.ui.billing import charts, data, filters, kept, table, tiles
from pages.ui.billing import rows as billing_rows
from pages.ui.exports import downloads
from pages.ui.filters import cleared
from pages.ui.navigation import open_customer

view = frame.page_top(
    "Billing",
    ("invoices", "payments", "receivable_lines", "partials", "invoice_lines", "products", "customers", "journals"),
)

book = data.book(view)
journals = filters.journal_names(view, book.journal_ids)
chosen, notes = filters.draw(view, book, journals)
for note in notes:
    st.warning(formats.plain(note), icon=":material/link_off:")
shown = tiles.BillingPage(view, book, chosen, kept.kept(view, book, chosen), journals)

tiles.tiles(shown)
if freshness.absent(view, "invoices") and freshness.absent(view, "payments"):
    # The page already says above what to install or whom to ask.
    tiles.speed_tiles(shown)
    st.stop()
charts.month_charts(shown)
charts.methods(shown)
tiles.speed_tiles(shown)

st.subheader("Invoices and payments", anchor=False)
chosen = filters.choose_table(chosen)
shown = replace(shown, chosen=chosen)
words = filters.described(view, chosen, journals)

needs = {"months": ("invoices", "payments", "receivable_lines"), "invoices": ("invoices",)}
if why := freshness.absent(view, *needs.get(chosen.table, ("payments",))):
    st.markdown(f"{filters.VIEWS[chosen.table]}: **{why}**.")
    st.stop()
if chosen.table == "months":
    months, columns = table.month_rows(shown), table.month_columns()
    words = {name: value for name, value in words.items() if name in ("Company", "Currency")}
    if months.empty:
        tables.empty("months with billing", {"Currency": words["Currency"]} if "Currency" in words else {})
        st.stop()
    tables.show(months, columns, "Billing, open amounts, effectiveness and days sales outstanding by month",
                key="bill_month_rows")  # fmt: skip
    st.caption("Of the whole ledger: only company and currency narrow it. This month is as of today.")
    downloads(
        view, lambda: tables.exported(months, columns), title="Billing by month", name="billing-by-month",
        rows=len(months), key="bill_months_export", filters=words, as_of=view.today,
        amounts=Amounts(headings=amounts.headings(columns)),
    )  # fmt: skip
    st.stop()

mask = kept.table_mask(book, shown.kept, chosen)
order = kept.order_of(book, chosen, mask)
if not len(order):
    every = view.snapshot.frame("invoices" if chosen.table == "invoices" else "payments")
    alone = kept.hiding(view, book, shown.kept, chosen, words) if len(every) else []
    tables.empty(
        {"invoices": "invoices", "payments": "payments", "unnamed": "payments without customer"}[chosen.table],
        {name: words[name] for name in alone},
        clear=cleared(filters.CLEARED, alone),
        key="bill_clear",
    )
    st.stop()

st.markdown(table.totals(shown, mask))
at = order[tables.page_of(len(order), key="bill_page")]
if chosen.table == "invoices":
    rows_of = partial(billing_rows.invoice_rows, view, book)
    rows = rows_of(at)
    columns = table.invoice_columns(shown, rows)
else:
    rows_of = partial(billing_rows.payment_rows, view, book, journals=journals)
    rows = rows_of(at)
    columns = table.payment_columns(shown, rows)
tables.show(
    rows,
    columns,
    f"{filters.VIEWS[chosen.table]}: {chosen.period_words}",
    key=tables.rows_key(f"bill_{chosen.table}", table.ids(rows, at)),
    on_pick=None if chosen.table == "unnamed" else partial(open_customer, rows),
)
if chosen.table != "unnamed":
    st.caption("Choose a row to open its customer.")


def export() -> pd.DataFrame:
    """Return every row of the table, from all of its pages."""
    return tables.exported(rows_of(order), columns)


downloads(
    view, export, title=f"Billing: {filters.VIEWS[chosen.table]}", name=chosen.table, rows=len(order),
    key="bill_export", filters=words,
)  # fmt: skip
