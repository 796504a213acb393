"""The data of the Payments page: drafts, the invoices they may pay, and customers to choose. Nothing is drawn here.

Each is made once per snapshot and shared by all sessions; nobody writes into it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.actions.payments import alarms
from odoo_client.frames.arrays import ints
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics import proof_queue
from odoo_client.store.snapshot import Snapshot
from pages.ui import customer_list, formats, trusted
from pages.ui import view as data
from pages.ui.session import submit
from pages.ui.view import View

MOST_CUSTOMERS = 25
#: The page's views, by the names that addresses use too.
DECIDE, ENTER = "Decide", "Enter a proof"
FRAMES = ("payments", "payment_invoices", "invoices", "customers", "journals", "users")


def queue(view: View) -> pd.DataFrame:
    """Return the drafts of the companies chosen, the oldest first: `proof_queue.queue` with their age."""
    return proof_queue.with_age(data.of_companies(view, _queue(view.key, view.snapshot)), datetime.now(UTC))


@st.cache_resource(show_spinner=False, max_entries=data.DERIVED_KEPT)
def _queue(snapshot_id: str, _snapshot: Snapshot) -> pd.DataFrame:
    return proof_queue.queue(_snapshot)


def meant_for(view: View, payment_id: int) -> tuple[int, ...]:
    """Return the invoices that Odoo says a draft is meant for (18 and newer)."""
    links = view.snapshot.frame("payment_invoices")
    return tuple(int(one) for one in links.loc[ints(links, "payment_id") == payment_id, "move_id"])


def customers(view: View, text: str) -> dict[int, str]:
    """Return the customers that a search finds, the best first: id → name, reference and city."""
    found = customer_list.found(view, text, "all") if text else None
    if found is None or not len(found):
        return {}
    table = found.rows().head(MOST_CUSTOMERS)
    return {int(row["partner_id"]): _customer_words(row) for row in table.to_dict("records")}


def customer_name(view: View, partner_id: int) -> str:
    """Return a customer's name, "" for nobody."""
    frame = view.snapshot.frame("customers")
    at = positions(ints(frame, "partner_id"), np.array([partner_id]))
    return str(text_at(frame, "name", at, "").iloc[0])


def _customer_words(row: Mapping[Hashable, object]) -> str:
    parts = [str(row.get(name) or "") for name in ("name", "reference", "city")]
    words = " · ".join(part for part in parts if part)
    return words if row.get("active", True) else f"{words} (archived)"


def invoice_words(view: View, row: pd.Series) -> str:
    """Return an invoice for a choice: number, what is open, due date."""
    due = f", due {formats.day(row['due_date'])}" if pd.notna(row["due_date"]) else ""
    return f"{row['name']}: {view.money(row['residual'], row['currency_id'])} open{due}"


def references(view: View, bank_reference: str) -> list[int]:
    """Return the payments of the snapshot that carry a bank reference, looked for once per reference."""
    return _references(view.key, bank_reference, view.snapshot)


def questions(view: View) -> dict[int, str]:
    """Return by payment who last asked about it here, and on which day."""
    found: dict[int, str] = {}
    for entry in submit.office().outbox.of_kind("payment_ask"):
        moment = pd.Timestamp(entry.created_s, unit="s", tz="UTC").tz_convert(view.settings.timezone)
        if entry.state != "discarded":
            found.setdefault(int(entry.payload["payment_id"]), f"{entry.author.name}, {formats.day(moment)}")
    return found


@st.cache_resource(show_spinner=False, max_entries=32)
def _references(snapshot_id: str, bank_reference: str, _snapshot: Snapshot) -> list[int]:
    return alarms.references_in(_snapshot, bank_reference)


def owes(view: View, partner_id: int, company_id: int) -> str:
    """Return what a customer owes a company now, by currency, as a predicate.

    `owes USD 5.00 (overdue USD 2.00) and has ZWG 135.00 in their favour`, `owes nothing`.
    """
    book = data.ledger(view, view.today, data.policy_of(view, "due_date")).by_customer
    rows = book[(ints(book, "commercial_partner_id") == partner_id) & (ints(book, "company_id") == company_id)]
    words = []
    for row in rows.to_dict("records"):
        currency = view.currencies.get(int(row["currency_id"]), data.Currency("", 2))
        said = formats.owes(row["balance"], currency.code, currency.decimals)
        overdue = f"overdue {view.money(row['overdue'], row['currency_id'])}"
        if row["overdue"] > row["balance"]:
            overdue += " before credit that is not matched yet"
        in_favour = formats.in_favour(row["balance"], currency.decimals)
        words.append(said if in_favour and not row["overdue"] else f"{said} ({overdue})")
    if hidden := trusted.not_shown(view, (partner_id,), (company_id,)).get(partner_id):
        words.append(f"may owe more ({formats.listed(hidden)})")
    return formats.listed(words) or "owes nothing"
