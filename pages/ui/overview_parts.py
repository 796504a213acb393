"""The drawing of the Overview below its tiles: the arrears bars, services by month and the largest debts."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from odoo_client import metrics
from pages.ui import charts, formats, tables
from pages.ui.data import TECHNOLOGIES, Ledger, Subscribers, View, of_companies
from pages.ui.freshness import absent
from pages.ui.opening import company_query, go, opens, page_link
from pages.ui.overview_tiles import Owed

LARGEST_SHOWN = 8


def owed(view: View, book: Ledger) -> Owed:
    """Return what is owed to the companies chosen."""
    rows = of_companies(view, book.by_customer)
    return Owed(rows, book.totals if rows is book.by_customer else metrics.ageing_totals(rows))


def arrears_bars(view: View, owed: Owed) -> None:
    """Draw what is open by age, one bar a currency; a click opens Arrears on that currency and bucket."""
    policy = metrics.AgeingPolicy(bounds_days=tuple(view.settings.ageing_bounds_days))
    amounts = metrics.bucket_amounts(owed.totals, policy)
    why = absent(view, "receivable_lines")
    if why and not opens("arrears.py"):
        return
    st.subheader("Arrears by age", anchor=False)
    if why:
        st.info(f"What is owed: {why}.", icon=":material/lock:")
        return
    if amounts.empty:
        st.info("Nothing is open: no customer owes anything.", icon=":material/inbox:")
        return
    with st.grid(2, min_column_width=330, gap="small"):
        for currency_id, part in amounts.groupby("currency_id"):
            code = view.code(currency_id)
            by_label = dict(zip(part["label"], part["amount"], strict=True))
            with st.container(border=True):
                st.markdown(f"**{formats.plain(view.money(part['amount'].sum(), currency_id))}** open, by due date")
                charts.draw(
                    charts.lateness_bar(by_label, code, decimals=view.decimals(currency_id)),
                    f"Open {code} receivables by age, most in {max(by_label, key=by_label.__getitem__)}",
                    key=f"overview_ageing_{code}",
                    on_pick=partial(_open_bucket, code) if opens("arrears.py") else None,
                )
                query = company_query() | {"currency": code}
                page_link("arrears.py", f"Arrears in {code}", ":material/arrow_forward:", query)


def _open_bucket(code: str, bucket: str) -> None:
    go("arrears.py", {"currency": code, "bucket": bucket})


def service_charts(subscribers: Subscribers) -> None:
    """Draw the active services of each technology over the last months."""
    if subscribers.counts.empty:
        return
    table = subscribers.counts.assign(value=subscribers.counts["closing"])
    shown = {key: name for key, name in TECHNOLOGIES.items() if (table["technology"] == key).any()}
    st.subheader("Services by month", anchor=False)
    with st.container(border=True):
        charts.draw(
            charts.month_lines(table, shown, "services"),
            f"Services at the end of each month: {formats.listed(shown.values())}",
            key="overview_services",
        )


def largest_debts(view: View, owed: Owed) -> None:
    """Draw the customers with the most to chase in each currency; a click opens one on the Arrears page."""
    columns = ["currency_id", "commercial_partner_id", "customer", "net_to_chase", "oldest_days"]
    rows = owed.by_customer.loc[owed.by_customer["net_to_chase"] > 0, columns]
    if rows.empty:
        return
    st.subheader("Most to chase", anchor=False)
    with st.grid(2, min_column_width=330, gap="small"):
        for currency_id, part in rows.groupby("currency_id"):
            top = part.sort_values(["net_to_chase", "commercial_partner_id"], ascending=[False, True]).head(
                LARGEST_SHOWN
            )
            _debts_of(top.reset_index(drop=True), view.code(currency_id))


def _debts_of(top: pd.DataFrame, code: str) -> None:
    columns: dict[str, Any] = {
        "customer": st.column_config.TextColumn("Customer", pinned=True, width=150),
        "net_to_chase": tables.money_column(f"Net to chase, {code}", code=code),
        "oldest_days": st.column_config.NumberColumn("Oldest days", format="%,d", width=80),
    }

    def open_customer(position: int | None) -> None:
        if position is not None:
            partner_id = int(top["commercial_partner_id"].iloc[position])
            go("arrears.py", {"currency": code, "customer": str(partner_id)})

    with st.container():
        tables.show(
            top,
            columns,
            f"Customers with the most to chase in {code}",
            key=f"debts_{code}",
            on_pick=open_customer if opens("arrears.py") else None,
        )
