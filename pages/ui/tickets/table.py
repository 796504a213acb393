"""The queue's rows as people read them, made only for the rows on screen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import IntArray, ints
from odoo_client.metrics import labels
from pages.ui import formats, links, tables, trusted
from pages.ui import view as data
from pages.ui.amounts import Column
from pages.ui.freshness import absent
from pages.ui.odoo_lists import ticket_model
from pages.ui.tickets.data import Names, TicketQueue
from pages.ui.view import View

HOURS_A_DAY = 24
#: Columns that stay where every row says the same.
ALWAYS = ("number", "subject", "customer", "waited")


def span(hours: float) -> str:
    """Return a span of hours as `25 min`, `3.4 h` or `2.1 days`, a dash for none."""
    if pd.isna(hours):
        return formats.NONE_SHOWN
    if hours < 1:
        return f"{hours * 60:.0f} min"
    if hours < 2 * HOURS_A_DAY:
        return f"{hours:.1f} h"
    return f"{hours / HOURS_A_DAY:,.1f} days"


def hours(span_h: float) -> str:
    """Return a span in hours however long it is: `25 min`, `3.4 h`, `1,240 h`."""
    return span(span_h) if pd.isna(span_h) or span_h < 1 else f"{span_h:,.{1 if span_h < HOURS_A_DAY else 0}f} h"


def overdue_texts(view: View, partner_ids: IntArray) -> dict[int, str]:
    """Return what each of these customers owes past the due date, `USD 1,200.00 · ZWG 300.00`, in every currency.

    Where the ledger may not be shown, every customer gets the word for why: a blank would read as "owes nothing".
    """
    if why := absent(view, "receivable_lines"):
        return dict.fromkeys((int(partner_id) for partner_id in partner_ids), why)
    rows = data.ledger(view, view.today, data.policy_of(view, "due_date")).by_customer
    rows = rows[np.isin(ints(rows, "commercial_partner_id"), partner_ids) & (rows["overdue"] > 0).to_numpy()]
    rows = data.of_companies(view, rows)
    sums = rows.groupby(["commercial_partner_id", "currency_id"])["overdue"].sum().reset_index()
    owners, currency_ids = ints(sums, "commercial_partner_id").tolist(), ints(sums, "currency_id").tolist()
    texts: dict[int, list[str]] = {}
    for partner_id, currency_id, amount in zip(owners, currency_ids, sums["overdue"], strict=True):
        texts.setdefault(partner_id, []).append(view.money(amount, currency_id))
    for partner_id, hidden in trusted.not_shown(view, partner_ids.tolist()).items():
        texts.setdefault(partner_id, []).extend(hidden)
    return {partner_id: " · ".join(parts) for partner_id, parts in texts.items()}


def rows(view: View, queue: TicketQueue, at: IntArray) -> pd.DataFrame:
    """Return the tickets at the positions `at`, in that order, as the queue shows them."""
    book = queue.book
    tickets = book.tickets.iloc[at].reset_index(drop=True)
    facts = queue.facts.iloc[at].reset_index(drop=True)
    owners = ints(tickets, "commercial_partner_id")
    owed = overdue_texts(view, owners[owners != 0])
    return pd.DataFrame(
        {
            "ticket_id": tickets["ticket_id"],
            "number": tickets["number"].astype("str"),
            "subject": tickets["subject"].astype("str"),
            "customer": book.customer.iloc[at].array,
            "waiting": facts["waiting"].astype("str").map(labels.WAITING),
            "waited": ["" if np.isnan(hours) else span(hours) for hours in facts["waited_h"]],
            "priority": [book.priority_of(level) for level in tickets["priority"]],
            "stage": _taken(book.stage, at),
            "team": _taken(book.team, at),
            "assignee": _taken(book.assignee, at),
            "age": [span(hours) for hours in facts["age_h"]],
            "last_word": _last_words(facts),
            "last_change": [formats.moment(moment, view.settings.timezone) for moment in facts["last_change"]],
            "arrears": [owed.get(int(partner_id), "") for partner_id in owners],
            "city": book.city.iloc[at].array,
            "odoo": links.record_urls(view.snapshot.meta, ticket_model(view.snapshot), tickets["ticket_id"]),
        }
    )


def _taken(names: Names, at: IntArray) -> list[str]:
    return [names.names[code] for code in names.codes[at]]


def _last_words(facts: pd.DataFrame) -> list[str]:
    """Return who spoke last in public and how long the customer's last word is ago."""
    texts = []
    for said, first, hours in zip(
        facts["last_customer_message"], facts["customer_spoke_last"], facts["hours_since_customer"], strict=True
    ):
        if pd.isna(said):
            texts.append("")
        else:
            texts.append(f"{span(hours)} ago" + ("" if first else ", answered"))
    return texts


def columns(view: View, *, messages_known: bool) -> dict[str, Column]:
    """Return the queue's columns in order; what cannot be known here is left out."""
    shown: dict[str, Column] = {
        "number": st.column_config.TextColumn("Number", pinned=True, width=85),
        # On a phone these are in sight.
        "waited": waited_column(messages_known=messages_known),
        "customer": st.column_config.TextColumn("Customer", width=150),
        "subject": st.column_config.TextColumn("Subject", width=170),
        "priority": st.column_config.TextColumn("Priority", width=105),
        "assignee": st.column_config.TextColumn("Assignee", width=120),
        "waiting": st.column_config.TextColumn("Waiting for", width=90),
        "age": st.column_config.TextColumn("Age", width=80, alignment="right", help="Until closing, of a closed one"),
    }
    if messages_known:
        shown["last_word"] = st.column_config.TextColumn(
            "Customer's last word", width=150, help="The last public message of the customer"
        )
    shown |= {
        "stage": "Stage",
        "team": "Team",
        "last_change": st.column_config.TextColumn("Last change", width=150),
        "arrears": st.column_config.TextColumn("Customer's arrears", help="Overdue today, each currency apart"),
        "city": "City",
    }
    if links.record_url(view.snapshot.meta, ticket_model(view.snapshot), 1):
        shown["odoo"] = tables.link_column("Odoo")
    return shown


def varied(rows: pd.DataFrame, shown: Mapping[str, Column]) -> dict[str, Column]:
    """Return the columns whose rows do not all say the same; those that tell what a ticket is stay."""
    if len(rows) < 2:
        return dict(shown)
    return {name: column for name, column in shown.items() if name in ALWAYS or rows[name].nunique(dropna=False) > 1}


def waited_column(*, messages_known: bool) -> Column:
    """Return the column of how long a ticket that waits for us has had no answer."""
    if messages_known:
        return st.column_config.TextColumn(
            "Waited",
            width=90,
            alignment="right",
            help="Without an answer: since the customer's first word that we have not answered in public, else since "
            "the opening; empty where the last word is ours or the ticket waits for the customer",
        )
    return st.column_config.TextColumn(
        "Since opened", width=100, alignment="right", help="Answers are not known: no right to read messages"
    )


def export(view: View, queue: TicketQueue, at: IntArray, shown: dict[str, Column]) -> pd.DataFrame:
    """Return all rows of the queue as exported: the columns on screen under their headings, hours waited as numbers."""
    table = rows(view, queue, at).assign(waited=queue.facts["waited_h"].to_numpy()[at].round(2))
    waited = tables.heading(shown["waited"])
    return tables.exported(table, {**shown, "waited": f"Hours {waited[:1].lower()}{waited[1:]}"})
