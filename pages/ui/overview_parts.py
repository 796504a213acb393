"""The drawing of the Overview: six tiles, the arrears bars, services by month and the largest debts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from odoo_client import metrics
from pages.ui import charts, formats, freshness, tables
from pages.ui.data import ALL_COMPANIES, TECHNOLOGIES, Desk, Ledger, Subscribers, View, of_companies
from pages.ui.explain import explain
from pages.ui.tiles import TILE_WIDTH_PX, tile

LARGEST_SHOWN = 8


def company_query() -> dict[str, str | Sequence[str]]:
    """Return the company filter for a link's address, so that the page it opens shows the same company."""
    company = st.session_state.get("company", ALL_COMPANIES)
    return {} if company == ALL_COMPANIES else {"company": company}


@dataclass(frozen=True)
class Owed:
    """The receivables of the companies chosen, today: the ageing by customer and its totals by currency."""

    by_customer: pd.DataFrame
    totals: pd.DataFrame


def owed(view: View, book: Ledger) -> Owed:
    """Return what is owed to the companies chosen."""
    rows = of_companies(view, book.by_customer)
    return Owed(rows, book.totals if rows is book.by_customer else metrics.ageing_totals(rows))


def tiles(view: View, owed: Owed, subscribers: Subscribers, desk: Desk) -> None:
    """Draw the six tiles."""
    with st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small"):
        _services(view, subscribers)
        _revenue(view, subscribers)
        _arrears(view, owed, "overdue", "Overdue", ":material/alarm:")
        _arrears(view, owed, "net_to_chase", "Net to chase", ":material/phone_in_talk:")
        _tickets(view, desk)
        _orders(view, desk)


def _services(view: View, subscribers: Subscribers) -> None:
    rows = subscribers.mrr
    active = rows.groupby(rows["technology"].astype("str"))["active"].sum()
    parts = [f"{name} {formats.count(active[key])}" for key, name in TECHNOLOGIES.items() if active.get(key, 0)]
    note = " · ".join(parts) or "No active service"
    if rows["inferred"].any():
        note += " (inferred from orders and invoices)"
    tile(
        "Active services",
        [formats.count(active.sum())],
        icon=":material/router:",
        note=note,
        page="services.py",
        page_label="Services",
        query=company_query(),
        explanation=partial(explain, "active_services", as_of=view.today, rows=int(active.sum())),
    )


def _revenue(view: View, subscribers: Subscribers) -> None:
    rows = subscribers.mrr
    sums = rows.groupby("currency_id")["mrr"].sum()
    paused = rows.groupby("currency_id")["paused_mrr"].sum()
    waiting = [view.money(amount, key, short=True) for key, amount in paused.items() if amount]
    tile(
        "Recurring revenue",
        [view.money(amount, key, short=True) for key, amount in sums.items()] or [formats.NONE_SHOWN],
        icon=":material/autorenew:",
        note="a month, from active services (MRR), before tax"
        + (f"; {formats.listed(waiting)} more is paused" if waiting else ""),
        page="services.py",
        page_label="Services",
        query=company_query(),
        explanation=partial(explain, "mrr", as_of=view.today, rows=int(rows["active"].sum())),
    )


def _arrears(view: View, owed: Owed, column: str, label: str, icon: str) -> None:
    rows, totals = owed.by_customer, owed.totals
    debtors = rows.loc[rows[column] > 0, "commercial_partner_id"].nunique()
    tile(
        label,
        [view.money(amount, key, short=True) for key, amount in zip(totals["currency_id"], totals[column], strict=True)]
        or [formats.NONE_SHOWN],
        icon=icon,
        note=formats.plural(debtors, "customer"),
        page="arrears.py",
        page_label="Arrears",
        query=company_query(),
        explanation=partial(
            explain,
            column,
            as_of=view.today,
            currency=formats.listed(view.code(key) for key in totals["currency_id"]),
            rows=int(totals["open_lines"].sum()),
            notes=[note for note in (freshness.tie(view),) if note],
        ),
    )


def _absent(view: View, dataset: str) -> str:
    """Return why a dataset has no figure, "" when it has one: a missing module is not a zero."""
    state = view.snapshot.info[dataset].state
    return {"missing": "not installed", "denied": "no right to read", "failed": "not read"}.get(state, "")


def _tickets(view: View, desk: Desk) -> None:
    if absent := _absent(view, "tickets"):
        tile(
            "Open tickets",
            [absent],
            icon=":material/support_agent:",
            note="No helpdesk",
        )
        return
    rows = of_companies(view, desk.tickets)
    counts = metrics.ticket_counts(rows)
    oldest = (
        f", oldest of {formats.local_day(counts.oldest_created, view.settings.timezone)}"
        if counts.oldest_created
        else ""
    )
    tile(
        "Open tickets",
        [formats.count(counts.open)],
        icon=":material/support_agent:",
        note=f"{formats.count(counts.unassigned)} unassigned · {formats.count(counts.urgent)} urgent{oldest}",
        explanation=partial(explain, "open_tickets", as_of=view.today, rows=counts.open),
    )


def _orders(view: View, desk: Desk) -> None:
    if absent := _absent(view, "orders"):
        tile("Orders in progress", [absent], icon=":material/local_shipping:", note="No sales orders")
        return
    rows = of_companies(view, desk.orders)
    counts = metrics.order_counts(rows)
    tile(
        "Orders in progress",
        [formats.count(counts.in_progress)],
        icon=":material/local_shipping:",
        note=f"{formats.count(counts.to_deliver)} to deliver · {formats.count(counts.to_invoice)} to invoice",
        explanation=partial(explain, "orders_in_progress", as_of=view.today, rows=counts.in_progress),
    )


def arrears_bars(view: View, owed: Owed) -> None:
    """Draw what is open by age, one bar a currency; a click opens Arrears on that currency and bucket."""
    policy = metrics.AgeingPolicy(bounds_days=tuple(view.settings.ageing_bounds_days))
    amounts = metrics.bucket_amounts(owed.totals, policy)
    st.subheader("Arrears by age", anchor=False)
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
                    charts.lateness_bar(by_label, code),
                    f"Open {code} receivables by age, most in {max(by_label, key=by_label.__getitem__)}",
                    key=f"overview_ageing_{code}",
                    on_pick=partial(_open_bucket, code),
                )
                query: Mapping[str, str | Sequence[str]] = {**company_query(), "currency": code}
                st.page_link(
                    "arrears.py", label=f"Arrears in {code}", icon=":material/arrow_forward:", query_params=query
                )


def _open_bucket(code: str, bucket: str) -> None:
    st.switch_page("arrears.py", query_params={**company_query(), "currency": code, "bucket": bucket})


def service_charts(view: View, subscribers: Subscribers) -> None:
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
            _debts_of(view, top.reset_index(drop=True), view.code(currency_id))


def _debts_of(view: View, top: pd.DataFrame, code: str) -> None:
    columns: dict[str, Any] = {
        "customer": st.column_config.TextColumn("Customer", pinned=True),
        "net_to_chase": tables.money_column(f"Net to chase, {code}"),
        "oldest_days": tables.count_column("Oldest days"),
    }

    def open_customer(position: int | None) -> None:
        if position is not None:
            partner_id = int(top["commercial_partner_id"].iloc[position])
            st.switch_page(
                "arrears.py", query_params={**company_query(), "currency": code, "customer": str(partner_id)}
            )

    with st.container():
        tables.show(
            top, columns, f"Customers with the most to chase in {code}", key=f"debts_{code}", on_pick=open_customer
        )
