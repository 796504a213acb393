"""The drawing of the Overview below its tiles: the arrears bars, services by month and the largest debts."""

from __future__ import annotations

from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import floats, ints
from odoo_client.frames.groups import parts_by_id
from odoo_client.metrics.ageing import ageing_totals, bucket_amounts
from odoo_client.metrics.policy import AgeingPolicy
from pages.ui import charts, formats, tables, trusted
from pages.ui.amounts import Column
from pages.ui.arrears import waiting as arrears_waiting
from pages.ui.freshness import absent
from pages.ui.navigation import company_query, go, opens, page_link
from pages.ui.overview.tiles import Owed
from pages.ui.view import CHOICES_KEPT, TECHNOLOGIES, Ledger, Subscribers, View, of_companies

LARGEST_SHOWN = 8


def owed(view: View, book: Ledger, policy: AgeingPolicy) -> Owed:
    """Return what is owed to the companies chosen, worked out once for all sessions."""
    return _owed(view.key, view.today, view.companies, policy, view, book)


@st.cache_resource(show_spinner=False, max_entries=CHOICES_KEPT)
def _owed(
    snapshot_id: str, today: date, company_ids: tuple[int, ...], policy: AgeingPolicy, _view: View, _book: Ledger
) -> Owed:
    rows = of_companies(_view, _book.by_customer)
    totals = _book.totals if rows is _book.by_customer else ageing_totals(rows)
    return Owed(
        rows,
        totals,
        {column: _debtors(rows, column) for column in ("overdue", "net_to_chase")},
        bucket_amounts(totals, policy),
        _largest(rows),
        arrears_waiting.waiting(_view, _book).every,
    )


def _debtors(rows: pd.DataFrame, column: str) -> tuple[int, bool]:
    """Return how many customers have something in `column`, and whether lines without customer have.

    Lines that name nobody are money but not a customer: the page Customers has none like that either.
    """
    owner_ids = ints(rows, "commercial_partner_id")[floats(rows, column) > 0]
    return len(np.unique(owner_ids[owner_ids > 0])), bool((owner_ids == 0).any())


def _largest(rows: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return the rows with the most to chase by currency, the largest first."""
    columns = ["currency_id", "commercial_partner_id", "customer", "net_to_chase", "oldest_days"]
    chased = rows.loc[floats(rows, "net_to_chase") > 0, columns]
    ordered = chased.sort_values(
        ["currency_id", "net_to_chase", "commercial_partner_id"], ascending=[True, False, True]
    )
    return {
        currency_id: part.head(LARGEST_SHOWN).reset_index(drop=True)
        for currency_id, part in parts_by_id(ordered, "currency_id")
    }


def arrears_bars(view: View, owed: Owed) -> None:
    """Draw what is open by age, one bar a currency; a click opens Arrears on that currency and bucket."""
    amounts = owed.buckets
    why = absent(view, "receivable_lines")
    if why and not opens("arrears.py"):
        return
    st.subheader("Arrears by age", anchor=False)
    if why:
        st.info(f"What is owed: {why}.", icon=":material/lock:")
        return
    hidden = trusted.instead(view)
    if amounts.empty and not hidden:
        st.info("Nothing is open: no customer owes anything.", icon=":material/inbox:")
        return
    with st.grid(2, min_column_width=330, gap="small"):
        for currency_id, part in parts_by_id(amounts, "currency_id"):
            code = view.code(currency_id)
            by_label = dict(zip(part["label"], part["amount"], strict=True))
            with st.container(border=True):
                st.markdown(f"**{formats.plain(view.money(part['amount'].sum(), currency_id))}** open, by due date")
                charts.draw(
                    charts.lateness_bar(by_label, code, decimals=view.decimals(currency_id)),
                    f"Open {code} receivables by age, most in {max(by_label, key=by_label.__getitem__)}",
                    key=f"overview_ageing_{currency_id}",
                    on_pick=partial(_open_bucket, code) if opens("arrears.py") else None,
                )
                query = company_query() | {"currency": code}
                page_link("arrears.py", f"Arrears in {code}", ":material/arrow_forward:", query)
        trusted.draw(hidden)


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
    hidden = [] if absent(view, "receivable_lines") else trusted.instead(view)
    if not owed.largest and not hidden:
        return
    st.subheader("Most to chase", anchor=False)
    with st.grid(2, min_column_width=330, gap="small"):
        for currency_id, top in owed.largest.items():
            _debts_of(top, view.code(currency_id), int(currency_id))
        trusted.draw(hidden)


def _debts_of(top: pd.DataFrame, code: str, currency_id: int) -> None:
    columns: dict[str, Column] = {
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
            key=f"debts_{currency_id}",
            on_pick=open_customer if opens("arrears.py") else None,
        )
