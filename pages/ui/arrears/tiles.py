"""The drawing of the Arrears page: tiles, ageing charts, the customer table's columns and one customer's records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from odoo_client.frames.groups import parts_by_id
from odoo_client.metrics import labels
from odoo_client.metrics.ageing import LineFilter, ageing_by_customer, ageing_totals, filter_lines
from odoo_client.metrics.ledger import NO_CUSTOMER
from odoo_client.metrics.policy import UNALLOCATED, AgeingPolicy
from pages.ui import charts, formats, freshness, links, selection, tables, trusted
from pages.ui.amounts import Column, Columns
from pages.ui.arrears import waiting as arrears_waiting
from pages.ui.arrears.data import (
    NET_TO_CHASE_HELP,
    PARTNER_MODEL,
    UNDER_REVIEW,
    UNDER_REVIEW_HELP,
    WAITING_FOR_US,
    Arrears,
    by_technology,
)
from pages.ui.explain import explain
from pages.ui.filters import CHOSEN, ArrearsFilters, chosen_words
from pages.ui.navigation import company_query, page_link
from pages.ui.promises import data as promises_data
from pages.ui.promises import forms as promises_forms
from pages.ui.tiles import TILE_WIDTH_PX, tile
from pages.ui.view import TECHNOLOGIES, Ledger, View, of_companies

#: Tile: column of the totals, metric in the registry, label, icon, what it says. The first is as wide as the page, so
#: that the others fill rows of three, of two or of one; so is the tile of what was chosen.
TILES = (
    (
        "net_to_chase",
        "net_to_chase",
        "Net to chase",
        ":material/phone_in_talk:",
        "what is left to ask for: overdue, less what is disputed, in payment, unallocated or waits for us",
    ),
    ("overdue", "overdue", "Overdue", ":material/alarm:", "past the due date"),
    ("under_review", "under_review", UNDER_REVIEW, ":material/rule:", arrears_waiting.NOTE),
    (UNALLOCATED, "unallocated", "Unallocated", ":material/move_down:", "payments and credit notes matched to nothing"),
    ("in_payment", "in_payment", "In payment", ":material/hourglass_top:", "paid, waiting for the bank"),
    ("disputed", "disputed", "Disputed", ":material/gavel:", "marked as not to be chased"),
    ("not_overdue", "ageing", "Not yet due", ":material/event_upcoming:", "due on the day itself counts here"),
)
#: What is taken off overdue for net to chase: column of the totals, what a sentence says of it.
TAKEN_OFF = (
    ("disputed_overdue", "disputed"),
    ("in_payment_overdue", "in payment"),
    (UNALLOCATED, "unallocated"),
    ("under_review", WAITING_FOR_US),
)
#: Widget values that clear a filter, by the filter's name.
CLEARED: Mapping[str, Mapping[str, object]] = {
    "Currency": {"currency": "All"},
    "Bucket": {"bucket": []},
    "Technology": {"technology": []},
    "City": {"city": []},
    "Customer": {"q": ""},
    "Company": {"company": "All companies"},
}
#: Under a chart that shows more than the bucket chosen.
ALL_BUCKETS = " Pale: the other buckets, of everybody who owes in them."
DISPUTE_UNKNOWN = "This Odoo has no dispute mark on receivable lines"
MOVE_MODEL = "account.move"
#: The customer that is open, in the address.
KEY = "customer"


def tiles(
    view: View, book: Ledger, found: Arrears, chosen: ArrearsFilters, policy: AgeingPolicy, words: Mapping[str, str]
) -> None:
    """Draw the tiles, each with one line a currency: all that the customers owe, and what they owe of the chosen."""
    open_amounts = found.totals[list(policy.bucket_keys)].sum(axis=1)
    totals = found.totals.assign(not_overdue=(open_amounts - found.totals["overdue"]).round(4))
    # Filters that pick customers leave out drafts of nobody; a sum in one currency leaves out what meets no debt.
    whole = not (chosen.cities or chosen.text.strip() or chosen.buckets or chosen.technologies or chosen.in_one)
    review = arrears_waiting.waiting(view, book, chosen.currency_id) if whole else None
    codes = formats.listed(view.code(key) for key in totals["currency_id"])
    explained = partial(explain, as_of=chosen.as_of, currency=codes, filters=words)
    grid = st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small")
    hidden = trusted.instead(view, chosen.currency_id)
    asked = chosen_words(chosen, policy)
    part = (CHOSEN, "ageing", asked, ":material/filter_alt:", "what they owe of it; the other figures are theirs whole")
    for column, metric, label, icon, note in (TILES[0], part, *TILES[1:]) if asked else TILES:
        with grid.cell(column_span="all") if column in (TILES[0][0], CHOSEN) else grid:
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

            tile(
                label,
                values if known else ["not known"],
                icon=icon,
                instead=hidden if known and column != "under_review" else (),
                note=note if known else DISPUTE_UNKNOWN,
                explanation=partial(explained, metric, notes=notes, rows=counted),
            )


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
    view: View, book: Ledger, found: Arrears, chosen: ArrearsFilters, policy: AgeingPolicy
) -> dict[str, Column]:
    """Return the customer table's columns in order; what only one value can fill is left out."""
    columns: dict[str, Column] = {"customer": st.column_config.TextColumn("Customer", pinned=True, width=190)}
    if found.by_customer["currency_id"].nunique() > 1:
        columns["currency"] = st.column_config.TextColumn("Currency", width=70)
    # Money comes first: at 1280 px the columns up to the buckets are in sight.
    columns["net_to_chase"] = tables.money_column("Net to chase", NET_TO_CHASE_HELP)
    under_review = tables.money_column(UNDER_REVIEW, UNDER_REVIEW_HELP)
    if (found.by_customer["under_review"] > 0).any():
        # It stands beside what it is taken off.
        columns["under_review"] = under_review
    columns["overdue"] = tables.money_column("Overdue")
    if chosen.chooses:
        columns[CHOSEN] = tables.money_column(
            f"Chosen: {chosen_words(chosen, policy)}", "What is owed of what was chosen; the other columns are whole"
        )
    columns["oldest_days"] = st.column_config.NumberColumn(
        "Oldest days", format="%,d", width=90, help="Days overdue of the oldest line"
    )
    columns |= {key: tables.money_column(policy.label(key)) for key in policy.bucket_keys}
    columns.setdefault("under_review", under_review)
    if promises_data.of_any(view, found.by_customer["commercial_partner_id"], chosen.as_of):
        columns["promise"] = st.column_config.TextColumn("Promise", width=150, help=promises_data.PROMISES_HELP)
    columns["phone"] = st.column_config.TextColumn("Phone", width=150)
    columns[UNALLOCATED] = tables.money_column("Unallocated")
    columns["in_payment"] = tables.money_column("In payment")
    if book.index.dispute_known:
        columns["disputed"] = tables.money_column("Disputed")
    columns["balance"] = tables.money_column("Balance", "Buckets less unallocated: what the ledger says")
    columns["last_payment_date"] = tables.date_column("Last payment")
    columns["last_payment"] = st.column_config.TextColumn("Last payment amount", alignment="right")
    columns["active_services"] = tables.count_column("Active services")
    columns["city"] = "City"
    if found.by_customer["company_id"].nunique() > 1:
        columns["company"] = "Company"
    if found.has_links:
        columns["odoo"] = tables.link_column("Odoo")
    return columns


def export(table: pd.DataFrame, columns: Columns, chosen: ArrearsFilters) -> pd.DataFrame:
    """Return the table as exported: the columns on screen under their headings, always with currency and as-of date."""
    headings = {"customer": columns["customer"], "currency": "Currency"}
    exported = tables.exported(table, {**headings, **columns, **headings})
    exported.insert(0, "As of", pd.Timestamp(chosen.as_of))
    return exported


def customer_detail(view: View, book: Ledger, partner_id: int, chosen: ArrearsFilters, policy: AgeingPolicy) -> None:
    """Draw one customer's open balance, what is left to chase of it and why, what waits for us, invoices and lines."""
    wanted = LineFilter(company_ids=tuple(view.company_ids), partner_ids=(partner_id,))
    lines = filter_lines(book.lines, wanted)
    customers = view.snapshot.frame("customers")
    person = customers[customers["partner_id"] == partner_id]
    name = str(person["name"].iloc[0]) if len(person) else NO_CUSTOMER
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(formats.plain(name), anchor=False)
        st.button("Close", icon=":material/close:", key="close_customer", on_click=selection.close, args=(KEY,))
    if len(person):
        _contact_line(view, person.iloc[0])
        query = company_query() | {"customer": str(partner_id)}
        page_link("customers.py", "Everything of this customer", ":material/person_search:", query)
        # The address may name a contact: what is promised is the customer's.
        owner_id = int(person["commercial_partner_id"].iloc[0]) or partner_id
        promises_forms.section(view, owner_id, name, chosen.as_of)
    drafts = book.drafts[(book.drafts["commercial_partner_id"] == partner_id) & (partner_id > 0)]
    drafts = of_companies(view, drafts)
    hidden = trusted.not_shown(view, (partner_id,)).get(partner_id, [])
    trusted.draw([f"{formats.listed(hidden)}: Odoo's own total differs from what was read."] if hidden else [])
    if lines.empty and not hidden:
        st.info(f"Nothing was open for this customer on {formats.day(chosen.as_of)}.", icon=":material/inbox:")
    elif len(lines):
        whole = ageing_totals(ageing_by_customer(lines, policy, drafts=book.index.trusted(drafts)))
        st.markdown(
            "Open on "
            + formats.day(chosen.as_of)
            + ": "
            + " · ".join(
                f"**{formats.plain(view.balance(row['balance'], row['currency_id']))}**, "
                f"{'of it ' if row['balance'] > 0 else ''}overdue "
                f"{formats.plain(view.money(row['overdue'], row['currency_id']))}"
                for _, row in whole.iterrows()
            )
        )
        for _, row in whole.iterrows():
            st.markdown(_chase_words(view, row))
    if len(drafts):
        waiting = drafts.groupby("currency_id")["amount"].agg(["sum", "size"])
        st.markdown(
            f":material/rule: {UNDER_REVIEW}: "
            + " · ".join(
                f"**{formats.plain(view.money(total, key))}** in {formats.plural(int(number), 'payment')}"
                for key, total, number in waiting.itertuples()
            )
        )
    invoices, entries = st.tabs(["Invoices", "Open journal lines"])
    with invoices:
        _invoices(view, partner_id, chosen.as_of)
    with entries:
        _lines(view, lines, policy)


def _chase_words(view: View, row: pd.Series) -> str:
    """Return what is left to chase in one currency, and what was taken into account for it.

    It names the parts but no sum: what exceeds the debt, or pays a disputed invoice, is not taken off.
    """
    off = [
        f"{formats.plain(view.money(row[column], row['currency_id']))} {words}"
        for column, words in TAKEN_OFF
        if row[column] > 0
    ]
    net = formats.plain(view.money(row["net_to_chase"], row["currency_id"]))
    why = f"after {formats.listed(off)}" if off else "all that is overdue"
    return f"Net to chase: **{net}**, {why}"


def _contact_line(view: View, person: pd.Series) -> None:
    facts = [formats.plain(person[key]) for key in ("phone", "email", "city") if person[key]]
    if not person["active"]:
        facts.append(":gray-badge[Archived in Odoo]")
    if url := links.record_url(view.snapshot.meta, PARTNER_MODEL, int(person["partner_id"])):
        facts.append(f"[Open in Odoo]({url})")
    if facts:
        st.markdown(" · ".join(facts))


def _invoices(view: View, partner_id: int, as_of: date) -> None:
    frame = view.snapshot.frame("invoices")
    of_customer = (frame["commercial_partner_id"] == partner_id) & frame["company_id"].isin(view.company_ids)
    rows = frame[of_customer & (frame["date"] <= pd.Timestamp(as_of))]
    if rows.empty:
        st.caption(f"No invoices up to {formats.day(as_of)}.")
        return
    rows = rows.sort_values(["date", "move_id"], ascending=False)
    signs = rows["kind"].map({"credit_note": -1.0}).astype("float64").fillna(1.0)
    shown = pd.DataFrame(
        {
            "name": rows["name"].where(rows["name"].ne("") & rows["name"].ne("/"), "Draft"),
            "kind": rows["kind"].astype("str").map(labels.kind),
            "state": rows["state"].astype("str").map(labels.status),
            "payment_state": rows["payment_state"].astype("str").map(labels.status),
            "invoice_date": rows["invoice_date"].fillna(rows["date"]),
            "due_date": rows["due_date"],
            "currency": rows["currency_id"].map(view.code),
            "total": rows["amount_total"] * signs,
            "residual": (rows["residual"] * signs).where(rows["residual"] != 0.0),
            "odoo": links.record_urls(view.snapshot.meta, MOVE_MODEL, rows["move_id"]),
        }
    )
    columns: dict[str, Column] = {
        "name": st.column_config.TextColumn("Number", pinned=True),
        "kind": "Kind",
        "state": "State",
        "payment_state": "Payment",
        "invoice_date": tables.date_column("Invoice date"),
        "due_date": tables.date_column("Due"),
        "currency": "Currency",
        "total": tables.money_column("Total"),
        "residual": tables.money_column("Open today"),
    }
    _with_links(shown, columns)
    tables.show(
        shown[tables.page_of(len(shown), key="invoice_page")],
        columns,
        "Invoices and credit notes of this customer",
        key="customer_invoices",
    )


def _lines(view: View, lines: pd.DataFrame, policy: AgeingPolicy) -> None:
    if lines.empty:
        st.caption("No open journal lines.")
        return
    rows = lines.sort_values(["currency_id", "due_date", "line_id"])
    shown = pd.DataFrame(
        {
            "move_name": rows["move_name"],
            "kind": rows["kind"].astype("str").map(labels.kind),
            "date": rows["date"],
            "due_date": rows["due_date"],
            "days": rows["days_overdue"].where(rows["days_overdue"] > 0).astype("Int64"),
            "bucket": rows["bucket"].astype("str").map(policy.labels),
            "currency": rows["currency_id"].map(view.code),
            "amount": rows["amount"],
            "residual": rows["residual"],
            "label": rows["label"].where(rows["label"].ne(""), rows["ref"]),
            "odoo": links.record_urls(view.snapshot.meta, MOVE_MODEL, rows["move_id"]),
        }
    )
    columns: dict[str, Column] = {
        "move_name": st.column_config.TextColumn("Entry", pinned=True),
        "kind": "Kind",
        "date": tables.date_column("Date"),
        "due_date": tables.date_column("Due"),
        "days": tables.count_column("Days overdue"),
        "bucket": "Bucket",
        "currency": "Currency",
        "amount": tables.money_column("Amount"),
        "residual": tables.money_column("Open"),
        "label": "Label",
    }
    _with_links(shown, columns)
    tables.show(
        shown[tables.page_of(len(shown), key="line_page")],
        columns,
        "Open receivable journal lines of this customer",
        key="customer_lines",
    )


def _with_links(shown: pd.DataFrame, columns: dict[str, Column]) -> None:
    if shown["odoo"].ne("").any():
        columns["odoo"] = tables.link_column("Odoo")
