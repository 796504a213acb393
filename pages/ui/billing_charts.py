"""The Billing page's pictures: billed beside collected over months, and what came in by method."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from odoo_client.metrics import collections as money
from pages.ui import charts, formats, freshness, tables
from pages.ui.billing_filters import months_until, period_days
from pages.ui.billing_masks import dated
from pages.ui.billing_parts import Shown, method_labels, open_rows


def by_month(shown: Shown) -> pd.DataFrame:
    """Return what was billed and collected in the last twelve months by currency, months of nothing with 0.

    Columns: currency_id int64; month datetime64[s]; billed, collected float64: of the rows the filters keep.
    """
    book = shown.book
    key = ["currency_id", "month"]
    billed = money.billed_by_month(book.bills.facts, shown.kept.bills, book.bills.by_month)
    came = money.collected_by_month(book.payments.facts, shown.kept.payments, book.payments.by_month)
    joined = billed.groupby(key)[["billed"]].sum().join(came.groupby(key)[["collected"]].sum(), how="outer").fillna(0.0)
    months = pd.DatetimeIndex(months_until(shown.view.today)).as_unit("s")
    every = pd.MultiIndex.from_product([shown.currency_ids, months], names=key)
    return joined.reindex(every, fill_value=0.0).round(4).reset_index()


def month_charts(shown: Shown) -> None:
    """Draw billed beside collected over twelve months, one chart a currency; a click opens that month's rows."""
    st.subheader("Billed and collected", anchor=False)
    if why := freshness.absent(shown.view, "invoices", "payments"):
        # A column of nothing beside the other would say that nobody paid, or that nothing was billed.
        st.info(f"Billed beside collected: {why}.", icon=":material/lock:")
        return
    table = by_month(shown)
    table = table[table.groupby("currency_id")[["billed", "collected"]].transform("any").any(axis=1)]
    if table.empty:
        st.info("Nothing was billed or collected in the last 12 months.", icon=":material/inbox:")
        return
    with st.grid(2, min_column_width=330, gap="small"):
        for currency_id, part in table.groupby("currency_id", sort=False):
            code = shown.view.code(currency_id)
            billed, collected = (shown.view.money(part[name].sum(), currency_id) for name in ("billed", "collected"))
            with st.container(border=True):
                st.markdown(f"**{formats.plain(code)}** over 12 months")
                charts.draw(
                    charts.billed_and_collected(part, code, decimals=shown.view.decimals(currency_id)),
                    f"{code} by month over twelve months: billed {billed}, collected {collected}",
                    key=f"bill_months_{code}",
                    on_pick=partial(_open_month, code),
                )
                st.caption(formats.plain(f"Billed {billed}, collected {collected}. Click a bar for its rows."))


def _open_month(code: str, category: str) -> None:
    """Show the rows behind a bar: that month's posted documents, or payments, in its currency."""
    month, _, side = category.partition("|")
    open_rows("invoices" if side == "billed" else "payments", "posted", month)
    st.session_state["bill_currency"] = code


def method_table(shown: Shown) -> pd.DataFrame:
    """Return what was received by currency, journal and method: label, code str; today, week, month, refunds float64.

    Refunds are those of this month; journals without anything this month and this week are left out.
    """
    facts, groups, today = shown.book.payments.facts, shown.book.by_method, shown.view.today
    key = list(money.METHOD_KEY)
    parts = []
    for name in ("today", "week", "month"):
        first, last = period_days(name, today) or (today, today)
        mask = shown.kept.payments & dated(shown.book.payments.day, first, last)
        found = money.received_by_method(facts, mask, groups).assign(method=lambda rows: rows["method"].astype("str"))
        wanted = ["received", "refunded"] if name == "month" else ["received"]
        parts.append(found.set_index(key)[wanted].rename(columns={"received": name, "refunded": "refunds"}))
    table = pd.concat(parts, axis=1).fillna(0.0).reset_index()
    label = method_labels(table, shown.journals) if len(table) else pd.Series(dtype="str")
    table = table.assign(label=label, code=table["currency_id"].map(shown.view.code).astype("str"))
    merged = table.groupby(["code", "label"], as_index=False, sort=False)[["today", "week", "month", "refunds"]].sum()
    return merged.sort_values(["code", "month", "label"], ascending=[True, False, True], ignore_index=True)


def methods(shown: Shown) -> None:
    """Draw what was received by journal and method."""
    table = method_table(shown)
    if table.empty:
        return
    st.subheader("Received by method", anchor=False)
    amounts = ["today", "week", "month", "refunds"]
    shares = table[amounts].where(table[amounts] != 0.0)
    columns = {
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
