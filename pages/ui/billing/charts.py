"""The charts of the Billing page: billed beside collected over months, and what came in by method."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import FloatArray, floats, ints
from odoo_client.frames.groups import parts_by_id, tidy
from odoo_client.metrics import collections
from pages.ui import charts, formats, freshness, tables
from pages.ui.amounts import Column
from pages.ui.billing import methods as billing_methods
from pages.ui.billing.filters import months_until
from pages.ui.billing.kept import bills_untold, dated, payments_untold
from pages.ui.billing.tiles import BillingPage, open_rows


def by_month(shown: BillingPage) -> pd.DataFrame:
    """Return what was billed and collected in the last twelve months by currency, 0 in empty months.

    Columns: currency_id int64; month datetime64[s]; billed, collected float64, of the rows the filters keep.
    """
    book = shown.book
    months = np.array(months_until(shown.view.today), dtype="datetime64[s]")
    # A month before the first of these is in no chart, so it is not added up at all.
    bills, payments = (dated(rows.day, months_until(shown.view.today)[0], None) for rows in (book.bills, book.payments))
    billed = collections.billed_by_month(book.bills.facts, shown.kept.bills & bills, book.bills.by_month)
    came = collections.collected_by_month(book.payments.facts, shown.kept.payments & payments, book.payments.by_month)
    return pd.DataFrame(
        {
            "currency_id": np.repeat(np.array(shown.currency_ids, dtype=np.int64), len(months)),
            "month": np.tile(months, len(shown.currency_ids)),
            "billed": _laid_out(billed, "billed", shown.currency_ids, months),
            "collected": _laid_out(came, "collected", shown.currency_ids, months),
        }
    )


def _laid_out(
    table: pd.DataFrame, column: str, currency_ids: Sequence[int], months: npt.NDArray[np.datetime64]
) -> FloatArray:
    """Return the sums of `column` for each of these currencies and months, over all companies."""
    sums = dict.fromkeys(product(currency_ids, months.tolist()), 0.0)
    for currency_id, month, amount in zip(
        ints(table, "currency_id").tolist(), table["month"].to_numpy().tolist(), floats(table, column), strict=True
    ):
        if (currency_id, month) in sums:
            sums[currency_id, month] += amount
    return tidy(np.array(list(sums.values()), dtype=np.float64))


def month_charts(shown: BillingPage) -> None:
    """Draw billed beside collected over twelve months, one chart a currency; a click opens that month's rows."""
    st.subheader("Billed and collected", anchor=False)
    if why := freshness.absent(shown.view, "invoices", "payments"):
        # An empty column beside the other would say that nobody paid, or that nothing was billed.
        st.info(f"Billed beside collected: {why}.", icon=":material/lock:")
        return
    untold = untold_sides(shown)
    sides = [side for side in ("billed", "collected") if side not in untold]
    parts = [
        (currency_id, part)
        for currency_id, part in parts_by_id(by_month(shown), "currency_id")
        if part[sides].to_numpy().any()
    ]
    if not parts:
        st.info("Nothing was billed or collected in the last 12 months.", icon=":material/inbox:")
        return
    with st.grid(2, min_column_width=330, gap="small"):
        for currency_id, part in parts:
            code = shown.view.code(currency_id)
            words = ", ".join(f"{side} {shown.view.money(part[side].sum(), currency_id)}" for side in sides)
            with st.container(border=True):
                st.markdown(f"**{formats.plain(code)}** over 12 months")
                charts.draw(
                    charts.billed_and_collected(part, code, sides, decimals=shown.view.decimals(currency_id)),
                    f"{code} by month over twelve months: {words}",
                    key=f"bill_months_{currency_id}",
                    on_pick=partial(_open_month, code),
                )
                st.caption(formats.plain(f"{words[0].upper()}{words[1:]}. Click a bar for its rows."))
    for side, why in untold.items():
        st.caption(f":material/info: {side.capitalize()} is left out: {why}.")


def untold_sides(shown: BillingPage) -> dict[str, str]:
    """Return which of billed and collected the filters would show only in part or not at all, and why."""
    billed = "only payments have a method" if shown.chosen.methods else bills_untold(shown.book, shown.chosen)
    found = {"billed": billed, "collected": payments_untold(shown.book, shown.chosen)}
    return {side: why for side, why in found.items() if why}


def _open_month(code: str, category: str) -> None:
    """Show the rows behind a bar: that month's posted documents, or payments, in its currency."""
    month, _, side = category.partition("|")
    open_rows("invoices" if side == "billed" else "payments", "posted", month)
    st.session_state["bill_currency"] = code


def methods(shown: BillingPage) -> None:
    """Draw what was received by journal and method."""
    table = billing_methods.table(shown.came, shown.view, shown.journals)
    if table.empty:
        return
    st.subheader("Received by method", anchor=False)
    amounts = ["today", "week", "month", "refunds"]
    shares = table[amounts].where(table[amounts] != 0.0)
    columns: dict[str, Column] = {
        "label": st.column_config.TextColumn("Journal and method", pinned=True),
        "code": "Currency",
        "today": tables.money_column("Today", currency="code"),
        "week": tables.money_column("This week", currency="code"),
        "month": tables.money_column("This month", currency="code"),
    }
    if shares["refunds"].notna().any():
        columns["refunds"] = tables.money_column(
            "Refunds this month", "Paid out; not taken off what was received", currency="code"
        )
    tables.show(
        table.assign(**{name: shares[name] for name in amounts}).head(tables.ROWS_A_PAGE),
        columns,
        "Money received by journal and method",
        key="bill_methods",
    )
