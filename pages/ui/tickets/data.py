"""The figures of the Tickets page: everything that no filter changes, computed once per snapshot and shared.

Names and texts depend on the snapshot only. Waiting times depend on the clock too, so they are worked out again every
few minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from odoo_client.errors import AfinetError
from odoo_client.frames.arrays import BoolArray, IntArray, ints, is_code
from odoo_client.frames.dates import seconds
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics import labels, ticket_queue
from odoo_client.metrics.ledger import NO_CUSTOMER
from odoo_client.metrics.text_search import row_texts
from odoo_client.store.snapshot import Snapshot
from pages.ui import view as data
from pages.ui.view import TECHNOLOGIES, View

#: Waiting times are worked out again after this many seconds.
SLOT_S = 300
NO_TEAM, UNASSIGNED, NO_STAGE = "No team", "Unassigned", "No stage"
#: What the hours waited are counted from where nobody may read the answers.
SINCE_OPENED = "since they were opened: no right to read messages"
SORTS: Mapping[str, str] = {
    "queue": "Most urgent",
    "silent": "Longest without an answer",
    "oldest": "Oldest",
    "newest": "Newest",
    "changed": "Last change",
}


@dataclass(frozen=True, eq=False)
class Names:
    """A text column with few values: `names` in alphabetical order, `codes` each ticket's place among them."""

    names: tuple[str, ...]
    codes: IntArray

    def is_in(self, chosen: tuple[str, ...]) -> BoolArray:
        """Return which tickets have one of the names chosen."""
        wanted = [position for position, name in enumerate(self.names) if name in chosen]
        return np.isin(self.codes, wanted)


@dataclass(frozen=True, eq=False)
class TicketBook:
    """The tickets of all companies, in the order of their ids, with names for these ids.

    `texts` is what a search looks at beside the customer; `technologies` says for which tickets the customer has an
    active service of a technology; `priorities` are Odoo's own by level, the highest first.
    """

    tickets: pd.DataFrame
    customer: pd.Series[Any]
    city: pd.Series[Any]
    team: Names
    assignee: Names
    stage: Names
    texts: pa.Array
    technologies: Mapping[str, BoolArray]
    messages_known: bool
    source: str
    priorities: Mapping[int, str]

    @property
    def open(self) -> BoolArray:
        """Which tickets are open."""
        return ~self.tickets["closed"].to_numpy(dtype=np.bool_)

    @property
    def levels(self) -> IntArray:
        """The priority of each ticket: a key of `priorities`."""
        return np.clip(ints(self.tickets, "priority"), 0, max(self.priorities))

    def priority_of(self, level: int) -> str:
        """Return what Odoo calls a priority."""
        return self.priorities[min(max(int(level), 0), max(self.priorities))]


@dataclass(frozen=True, eq=False)
class TicketQueue:
    """A book with what is known of each ticket at a moment, and the tickets in each order people can choose."""

    book: TicketBook
    facts: pd.DataFrame
    orders: Mapping[str, IntArray]


def frames_read() -> tuple[str, ...]:
    """Return the frames the page draws on; without tickets no other matters."""
    try:
        view = data.current_view()
    except AfinetError:
        view = None
    info = view.snapshot.info if view is not None else {}
    if "tickets" in info and info["tickets"].state == "missing":
        return ("tickets",)
    ledger = ("receivable_lines",) if "receivable_lines" in info and info["receivable_lines"].state != "missing" else ()
    return ("tickets", "ticket_messages", "customers", *ledger)


def queue(view: View) -> TicketQueue:
    """Return the tickets as they stand now, computed once for all sessions."""
    slot = int(datetime.now(UTC).timestamp() // SLOT_S)
    return _queue(view.key, slot, view.settings.timezone, view.snapshot)


@st.cache_resource(show_spinner=False, max_entries=data.DERIVED_KEPT)
def _queue(snapshot_id: str, slot: int, timezone: str, _snapshot: Snapshot) -> TicketQueue:
    book = _book(snapshot_id, _snapshot)
    facts = ticket_queue.ticket_facts(_snapshot, datetime.now(UTC), timezone)
    ids = ints(facts, "ticket_id")
    created, changed = seconds(book.tickets, "create_date"), seconds(facts, "last_change")
    orders = {
        "queue": ticket_queue.queue_order(book.tickets, facts),
        "silent": np.lexsort((ids, ticket_queue.longest_first(facts["waited_h"]))),
        "oldest": np.lexsort((ids, created)),
        "newest": np.lexsort((ids, -created)),
        "changed": np.lexsort((ids, -changed)),
    }
    return TicketQueue(book, facts, orders)


@st.cache_resource(show_spinner=False, max_entries=data.DERIVED_KEPT)
def _book(snapshot_id: str, _snapshot: Snapshot) -> TicketBook:
    tickets, customers = _snapshot.frame("tickets"), _snapshot.frame("customers")
    owner = positions(ints(customers, "partner_id"), ints(tickets, "partner_id"))
    customer = text_at(customers, "name", owner)
    contact = tickets["contact_name"].astype("str")
    named = customer.where(customer != "", contact.where(contact != "", NO_CUSTOMER).array)
    # A contact's city is its company's, as on Arrears and Orders.
    company = positions(ints(customers, "partner_id"), ints(tickets, "commercial_partner_id"))
    return TicketBook(
        tickets,
        named,
        text_at(customers, "city", company),
        _names(_snapshot.frame("ticket_teams"), "team_id", "name", ints(tickets, "team_id"), NO_TEAM),
        _names(_snapshot.frame("users"), "user_id", "name", ints(tickets, "assignee_id"), UNASSIGNED),
        _names(_snapshot.frame("ticket_stages"), "stage_id", "name", ints(tickets, "stage_id"), NO_STAGE),
        row_texts(tickets, ("number", "subject", "contact_name", "contact_email")),
        _technologies(_snapshot, tickets),
        ticket_queue.messages_known(_snapshot),
        _snapshot.info["tickets"].source,
        labels.priorities(_snapshot.meta.ticket_priorities),
    )


def _names(frame: pd.DataFrame, key: str, column: str, ids: IntArray, nothing: str) -> Names:
    texts = text_at(frame, column, positions(ints(frame, key), ids), "")
    unknown = (texts == "").to_numpy() & (ids != 0)
    texts = texts.where(texts != "", nothing)
    if unknown.any():
        # This is somebody or something the account may not see, which is not the same as nobody or nothing.
        texts = texts.where(~unknown, "Other")
    codes, names = pd.factorize(texts, sort=True)
    return Names(tuple(str(name) for name in names), codes.astype(np.int64))


def _technologies(snapshot: Snapshot, tickets: pd.DataFrame) -> dict[str, BoolArray]:
    services = snapshot.frame("services")
    active = services[is_code(services, "status", "active")]
    owners, partner = ints(active, "commercial_partner_id"), ints(tickets, "commercial_partner_id")
    return {key: np.isin(partner, owners[is_code(active, "technology", key)]) & (partner != 0) for key in TECHNOLOGIES}
