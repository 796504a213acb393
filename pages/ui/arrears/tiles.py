"""The drawing of the Arrears page: tiles, ageing charts and the customer table's columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from odoo_client.frames.groups import parts_by_id
from odoo_client.metrics import labels
from odoo_client.metrics.policy import NOT_DUE, UNALLOCATED, AgeingPolicy
from pages.ui import charts, formats, freshness, listing, tables, trusted
from pages.ui.amounts import Column, Columns
from pages.ui.arrears import waiting as arrears_waiting
from pages.ui.arrears.data import (
    NET_TO_CHASE_HELP,
    QUIET_AT_ZERO,
    UNDER_REVIEW,
    UNDER_REVIEW_HELP,
    Arrears,
    by_technology,
)
from pages.ui.arrears.filters import CHOSEN, WITH, ArrearsFilters, chosen_words
from pages.ui.explain import explain
from pages.ui.promises import contacts as promises_contacts
from pages.ui.promises import data as promises_data
from pages.ui.tiles import STRIP, figure, strip
from pages.ui.view import TECHNOLOGIES, Ledger, View

#: Figure: column of the totals, metric in the registry, label, what it says.
FIGURES = (
    (
        "net_to_chase",
        "net_to_chase",
        "Net to chase",
        "what is left to ask for: overdue, less what is disputed, in payment, unallocated or waits for us",
    ),
    ("overdue", "overdue", "Overdue", "past the due date"),
    ("under_review", "under_review", UNDER_REVIEW, arrears_waiting.NOTE),
    (UNALLOCATED, "unallocated", "Unallocated", "payments and credit notes matched to nothing"),
    ("disputed", "disputed", "Disputed", "marked as not to be chased"),
    ("not_overdue", "ageing", "Not yet due", "due on the day itself counts here"),
    ("in_payment", "in_payment", "In payment", "paid, waiting for the bank"),
)
#: Under a chart that shows more than the bucket chosen.
ALL_BUCKETS = " Pale: the other buckets, of everybody who owes in them."
DISPUTE_UNKNOWN = "This Odoo has no dispute mark on receivable lines"
#: The customer that is open, in the address.
KEY = "customer"
#: List or charts, in the address.
VIEW = "arrears_view"


def figures(
    view: View,
    book: Ledger,
    found: Arrears,
    chosen: ArrearsFilters,
    policy: AgeingPolicy,
    words: Mapping[str, str],
    *,
    rest: bool = False,
) -> None:
    """Draw the strip of figures, with one line a currency; a click keeps the customers who have something of it.

    `rest` draws those that the strip has no room for.
    """
    open_amounts = found.totals[list(policy.bucket_keys)].sum(axis=1)
    totals = found.totals.assign(not_overdue=(open_amounts - found.totals["overdue"]).round(4))
    # Filters that pick customers leave out drafts of nobody; a sum in one currency leaves out what meets no debt.
    narrowed = chosen.cities or chosen.text.strip() or chosen.buckets or chosen.technologies or chosen.only
    review = None if narrowed or chosen.in_one else arrears_waiting.waiting(view, book, chosen.currency_id)
    codes = formats.listed(view.code(key) for key in totals["currency_id"])
    explained = partial(explain, as_of=chosen.as_of, currency=codes, filters=words)
    hidden = trusted.instead(view, chosen.currency_id)
    asked = chosen_words(chosen, policy)
    part = (CHOSEN, "ageing", asked, "what they owe of it; the other figures are theirs whole")
    every = (FIGURES[0], part, *FIGURES[1:]) if asked else FIGURES
    with strip(rest=rest):
        for column, metric, label, note in every[STRIP:] if rest else every[:STRIP]:
            known = column != "disputed" or book.index.dispute_known
            values = [view.money(row[column], row["currency_id"]) for _, row in totals.iterrows()]

            notes = [*filter(None, [found.rates]), *freshness.tie(view)]
            if asked and column != CHOSEN:
                notes.append(f"Of the customers who owe something in {asked}, whole: not that part alone.")
            counted = int(totals["under_review_payments" if column == "under_review" else "open_lines"].sum())
            if column == "under_review" and review is not None:
                values = _amounts(view, totals["currency_id"], review.every)
                note, counted = review.note(view), review.payments
                notes += review.explained(view)
            elif column == "under_review" and not (chosen.buckets or chosen.technologies):
                note = f"{arrears_waiting.NOTE}, of the customers shown"
            click, is_on = _click(column, chosen, policy)

            figure(
                label,
                values if known else ["not known"],
                instead=hidden if known and column != "under_review" else (),
                note=note if known else DISPUTE_UNKNOWN,
                explanation=partial(explained, metric, notes=notes, rows=counted),
                on_open=click if known else None,
                is_on=is_on,
            )


def _click(column: str, chosen: ArrearsFilters, policy: AgeingPolicy) -> tuple[Callable[[], None] | None, bool]:
    """Return what a click on a figure does, and whether it is on: a second click takes it off again."""
    if column in WITH:
        is_on = chosen.only == column
        return partial(tables.set_values, {"only": "" if is_on else column}), is_on
    if column == CHOSEN:
        return None, True
    buckets = [key for key in policy.bucket_keys if (key == NOT_DUE) == (column == "not_overdue")]
    is_on = list(chosen.buckets) == buckets
    return partial(tables.set_values, {"bucket": [] if is_on else buckets}), is_on


def _amounts(view: View, currency_ids: pd.Series, rows: pd.DataFrame) -> list[str]:
    """Return the amounts of the currencies shown (0.00 where nothing is), then those of others."""
    amounts = dict(zip(rows["currency_id"].tolist(), rows["amount"].tolist(), strict=True))
    keys = dict.fromkeys([*currency_ids.tolist(), *amounts])
    return [view.money(amounts.get(key, 0.0), key) for key in keys]


def ageing_charts(view: View, book: Ledger, found: Arrears, chosen: ArrearsFilters, policy: AgeingPolicy) -> None:
    """Draw one stacked ageing chart a currency shown; a click on a bar filters by its bucket."""
    amounts = by_technology(view, book, found, chosen, policy)
    keys = {policy.label(key): key for key in policy.bucket_keys}
    picked = [policy.label(key) for key in chosen.buckets] or list(keys)
    technologies = formats.listed(labels.technology(key) for key in chosen.technologies)

    def pick(label: str) -> None:
        if label in keys:
            st.session_state["bucket"] = [keys[label]]
            st.session_state[VIEW] = listing.LIST

    # A chart on its own is as wide as the page.
    with st.grid(min(2, max(1, amounts["currency_id"].nunique())), min_column_width=330, gap="small"):
        for currency_id, part in parts_by_id(amounts, "currency_id"):
            code = view.code(currency_id)
            series = {key: labels.technology(key) for key in (*TECHNOLOGIES, "") if (part["series"] == key).any()}
            largest = part.groupby("category", observed=True)["amount"].sum()
            with st.container(border=True):
                of_technologies = f", {formats.plain(technologies)}" if technologies else ""
                st.markdown(
                    f"**Ageing in {formats.plain(code)}** by {'due' if policy.basis == 'due_date' else 'invoice'} date"
                    + of_technologies
                )
                charts.draw(
                    charts.stacked_bars(part, list(keys), series, code, picked, decimals=view.decimals(currency_id)),
                    f"Open {code} receivables by age on {formats.day(chosen.as_of)}, most in {largest.idxmax()}",
                    key=f"ageing_{currency_id}",
                    on_pick=pick,
                )
                st.caption("Click a bar for its customers." + (ALL_BUCKETS if chosen.buckets else ""))
        trusted.draw(trusted.instead(view, chosen.currency_id))


def customer_columns(
    view: View,
    book: Ledger,
    found: Arrears,
    chosen: ArrearsFilters,
    policy: AgeingPolicy,
    contacts: Mapping[int, date],
) -> dict[str, Column]:
    """Return the customer table's columns in order: what a caller needs first, the parts of the debt after it."""
    rows = found.by_customer
    columns: dict[str, Column] = {"customer": st.column_config.TextColumn("Customer", pinned=True, width=190)}
    # Name and money come first: on a phone both are in sight.
    columns["net_to_chase"] = tables.money_column("Net to chase", NET_TO_CHASE_HELP)
    if rows["currency_id"].nunique() > 1:
        columns["currency"] = st.column_config.TextColumn("Currency", width=70)
    columns["oldest_days"] = st.column_config.NumberColumn(
        "Oldest days", format="%,d", width=90, help="Days overdue of the oldest line"
    )
    columns["phone"] = st.column_config.TextColumn("Phone", width=130)
    if promises_data.of_any(view, rows["commercial_partner_id"], chosen.as_of):
        columns["promise"] = st.column_config.TextColumn("Promise", width=150, help=promises_data.PROMISES_HELP)
    if rows["commercial_partner_id"].isin(contacts).any():
        columns["last_contact"] = tables.date_column("Last contact", promises_contacts.CONTACT_HELP)
    columns["last_payment_date"] = tables.date_column("Last payment")
    columns["last_payment"] = st.column_config.TextColumn("Last payment amount", alignment="right")
    columns["city"] = "City"
    columns["under_review"] = tables.money_column(UNDER_REVIEW, UNDER_REVIEW_HELP)
    columns["overdue"] = tables.money_column("Overdue")
    if chosen.chooses:
        columns[CHOSEN] = tables.money_column(
            f"Chosen: {chosen_words(chosen, policy)}", "What is owed of what was chosen; the other columns are whole"
        )
    columns |= {key: tables.money_column(policy.label(key)) for key in policy.bucket_keys}
    columns[UNALLOCATED] = tables.money_column("Unallocated")
    columns["in_payment"] = tables.money_column("In payment")
    if book.index.dispute_known:
        columns["disputed"] = tables.money_column("Disputed")
    columns["balance"] = tables.money_column("Balance", "Buckets less unallocated: what the ledger says")
    columns["active_services"] = tables.count_column("Active services")
    if rows["company_id"].nunique() > 1:
        columns["company"] = "Company"
    if found.has_links:
        columns["odoo"] = tables.link_column("Odoo")
    return columns


def on_screen(columns: Mapping[str, Column], found: Arrears) -> dict[str, Column]:
    """Return the columns that tell something of these customers; the downloads have them all."""
    rows = found.by_customer
    silent = {name for name in QUIET_AT_ZERO if not (rows[name] > 0).any()}
    if len(rows) > 1 and rows["city"].nunique() == 1:
        silent.add("city")
    return {name: column for name, column in columns.items() if name not in silent}


def export(table: pd.DataFrame, columns: Columns, chosen: ArrearsFilters) -> pd.DataFrame:
    """Return the table as exported: the columns on screen under their headings, always with currency and as-of date."""
    headings = {"customer": columns["customer"], "currency": "Currency"}
    exported = tables.exported(table, {**headings, **columns, **headings})
    exported.insert(0, "As of", pd.Timestamp(chosen.as_of))
    return exported
