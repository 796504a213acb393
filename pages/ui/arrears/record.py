"""One customer on the Arrears page, for whoever calls them: how to reach them, what is owed, and what was said."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import ints
from odoo_client.metrics import labels
from odoo_client.metrics.ageing import LineFilter, ageing_by_customer, ageing_totals, filter_lines
from odoo_client.metrics.ledger import NO_CUSTOMER
from odoo_client.metrics.money_in import is_received
from odoo_client.metrics.policy import UNALLOCATED, AgeingPolicy
from pages.ui import formats, freshness, links, tables, trusted
from pages.ui.amounts import Column
from pages.ui.arrears.data import PARTNER_MODEL, UNDER_REVIEW, WAITING_FOR_US
from pages.ui.arrears.filters import ArrearsFilters
from pages.ui.navigation import company_query, page_link
from pages.ui.promises import contacts as promises_contacts
from pages.ui.promises import forms as promises_forms
from pages.ui.promises import notes as promises_notes
from pages.ui.session import access
from pages.ui.view import Ledger, View, money_rows, of_companies

#: What is taken off overdue for net to chase: column of the totals, what a sentence says of it.
TAKEN_OFF = (
    ("disputed_overdue", "disputed"),
    ("in_payment_overdue", "in payment"),
    (UNALLOCATED, "unallocated"),
    ("under_review", WAITING_FOR_US),
)
MOVE_MODEL = "account.move"
OPEN, INVOICES, LINES = "Open", "All invoices", "Journal lines"


def draw(view: View, book: Ledger, partner_id: int, chosen: ArrearsFilters, policy: AgeingPolicy) -> None:
    """Draw how to reach a customer, what is left to chase and why, the lines that log what was said, and the debt."""
    customers = view.snapshot.frame("customers")
    person = customers[customers["partner_id"] == partner_id]
    name = str(person["name"].iloc[0]) if len(person) else NO_CUSTOMER
    # The address may name a contact: what is promised is the customer's.
    owner_id = int(person["commercial_partner_id"].iloc[0]) or partner_id if len(person) else 0
    with st.container(key="record_name", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.subheader(formats.plain(name), anchor=False, width="content")
        if len(person):
            query = company_query() | {"customer": str(partner_id)}
            page_link("customers.py", "Everything of this customer", ":material/person_search:", query)
    if len(person):
        _contact_line(view, person.iloc[0])
    lines = filter_lines(
        book.lines, LineFilter(company_ids=tuple(view.company_ids), partner_ids=(partner_id,))
    ).sort_values(["currency_id", "due_date", "line_id"])
    with st.container(gap=None):
        _owed(view, book, partner_id, lines, chosen.as_of, policy)
        if owner_id:
            promises_forms.told(view, owner_id, name, chosen.as_of)
            _lately(view, owner_id, chosen.as_of)
    if owner_id:
        promises_forms.log(view, owner_id, name)
    opened, invoices, entries = st.tabs([OPEN, INVOICES, LINES], key="record_tabs", on_change="rerun")
    with opened:
        _open(view, book, lines)
    if invoices.open:
        with invoices:
            _invoices(view, partner_id, chosen.as_of)
    if entries.open:
        with entries:
            _lines(view, lines, policy)
    if owner_id:
        promises_notes.section(view, owner_id, key="arrears")


def _contact_line(view: View, person: pd.Series) -> None:
    """Draw how to reach a customer; only a well-formed number or address is a link."""
    phone, email = str(person["phone"]), str(person["email"])
    shown = access.current().personal
    whatsapp = links.whatsapp_url(phone) if "phone" in shown else ""
    facts = [
        _link(f":material/call: {formats.plain(phone)}", links.phone_url(phone)) if phone else "",
        _link("WhatsApp", whatsapp) if whatsapp else "",
        _link(formats.plain(email), links.mail_url(email)) if email else "",
        formats.plain(person["city"]),
        "" if person["active"] else ":gray-badge[Archived in Odoo]",
    ]
    if url := links.record_url(view.snapshot.meta, PARTNER_MODEL, int(person["partner_id"])):
        facts.append(f"[Open in Odoo]({url})")
    if said := " · ".join(filter(None, facts)):
        st.markdown(said)


def _link(words: str, url: str) -> str:
    """Return words as a link, or as they are where there is no address; an "@" alone must not make one."""
    return f"[{words}]({url})" if url else words.replace("@", "@\N{WORD JOINER}")


def _owed(view: View, book: Ledger, partner_id: int, lines: pd.DataFrame, as_of: date, policy: AgeingPolicy) -> None:
    """Draw what is left to chase in each currency and why, what is open by age, and what waits for us."""
    drafts = book.drafts[(book.drafts["commercial_partner_id"] == partner_id) & (partner_id > 0)]
    drafts = of_companies(view, drafts)
    hidden = trusted.not_shown(view, (partner_id,)).get(partner_id, [])
    trusted.draw([f"{formats.listed(hidden)}: Odoo's own total differs from what was read."] if hidden else [])
    if lines.empty and not hidden:
        st.info(f"Nothing was open for this customer on {formats.day(as_of)}.", icon=":material/inbox:")
    elif len(lines):
        whole = ageing_totals(ageing_by_customer(lines, policy, drafts=book.index.trusted(drafts)))
        for _, row in whole.iterrows():
            st.markdown(_chase_words(view, row))
            st.caption(_open_words(view, row, as_of, policy))
    if len(drafts):
        waiting = drafts.groupby("currency_id")["amount"].agg(["sum", "size"])
        st.markdown(
            f":material/rule: {UNDER_REVIEW}: "
            + " · ".join(
                f"**{formats.plain(view.money(total, key))}** in {formats.plural(int(number), 'payment')}"
                for key, total, number in waiting.itertuples()
            )
        )


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


def _open_words(view: View, row: pd.Series, as_of: date, policy: AgeingPolicy) -> str:
    """Return what is open in one currency, what of it is overdue, and the buckets that have something."""

    def money(amount: float) -> str:
        return formats.plain(view.money(amount, row["currency_id"]))

    parts = [f"{policy.label(key)} {money(row[key])}" for key in policy.bucket_keys if row[key] > 0]
    return (
        f"Open on {formats.day(as_of)}: **{formats.plain(view.balance(row['balance'], row['currency_id']))}**, "
        f"{'of it ' if row['balance'] > 0 else ''}overdue {money(row['overdue'])}"
        + "".join(f" · {part}" for part in parts)
    )


def _lately(view: View, partner_id: int, as_of: date) -> None:
    """Draw when the customer was last spoken to and when they last paid, as far as is known."""
    contact = promises_contacts.last(view, partner_id, as_of)
    paid = "" if freshness.absent(view, "payments") else _last_payment(view, partner_id, as_of)
    said = {"Last contact": contact, "Last payment": paid}
    if words := " · ".join(f"{label}: {formats.plain(text)}" for label, text in said.items() if text):
        st.markdown(words)


def _last_payment(view: View, partner_id: int, as_of: date) -> str:
    rows = of_companies(view, money_rows(view.key, view.snapshot))
    theirs = rows[(ints(rows, "commercial_partner_id") == partner_id) & is_received(rows)]
    theirs = theirs[theirs["date"] <= pd.Timestamp(as_of)]
    if theirs.empty:
        return "none"
    row = theirs.iloc[np.argsort(theirs["date"].to_numpy(), kind="stable")[-1]]
    return f"{view.money(row['amount'], row['currency_id'])} on {formats.day(row['date'])}"


def _open(view: View, book: Ledger, lines: pd.DataFrame) -> None:
    """Draw what is open, the oldest debt first, in columns few enough for half a screen."""
    rows = lines[lines["residual"] > 0].sort_values(["due_date", "line_id"])
    if rows.empty:
        st.caption("No invoice is open.")
        return
    marks = pd.Series("", index=rows.index).mask(rows["in_payment"] > 0, "In payment")
    if book.index.dispute_known:
        marks = marks.mask(rows["disputed"] > 0, "Disputed")
    shown = pd.DataFrame(
        {
            "number": rows["move_name"],
            "due_date": rows["due_date"],
            "days": rows["days_overdue"].where(rows["days_overdue"] > 0).astype("Int64"),
            "open": [
                view.money(amount, key) for amount, key in zip(rows["residual"], rows["currency_id"], strict=True)
            ],
            "mark": marks,
            "odoo": links.record_urls(view.snapshot.meta, MOVE_MODEL, rows["move_id"]),
        }
    )
    columns: dict[str, Column] = {
        "number": st.column_config.TextColumn("Number", pinned=True),
        "due_date": tables.date_column("Due"),
        "days": tables.count_column("Days", "Days overdue"),
        "open": st.column_config.TextColumn("Open", alignment="right"),
    }
    if marks.ne("").any():
        columns["mark"] = st.column_config.TextColumn("Mark", help="Not among what is left to chase")
    _table(shown, columns, "What is open of this customer", page_key="open_page", key="customer_open")


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
    _table(
        shown, columns, "Invoices and credit notes of this customer", page_key="invoice_page", key="customer_invoices"
    )


def _lines(view: View, lines: pd.DataFrame, policy: AgeingPolicy) -> None:
    if lines.empty:
        st.caption("No open journal lines.")
        return
    rows = lines
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
    _table(shown, columns, "Open receivable journal lines of this customer", page_key="line_page", key="customer_lines")


def _table(shown: pd.DataFrame, columns: dict[str, Column], alt: str, *, page_key: str, key: str) -> None:
    """Draw one page of rows, with links into Odoo where there are any."""
    if shown["odoo"].ne("").any():
        columns["odoo"] = tables.link_column("Odoo")
    tables.show(shown[tables.page_of(len(shown), key=page_key)], columns, alt, key=key)
