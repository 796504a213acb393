"""When a customer was last spoken to, as far as is known: promises in Odoo, and what was logged here.

What staff note in Odoo itself is read only when somebody asks, so it is not among this. Nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from odoo_client.actions.outbox.entry import Entry
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.errors import AfinetError
from odoo_client.metrics.promises import promise_states
from odoo_client.store.snapshot import Snapshot
from pages.ui import formats, live
from pages.ui import view as data
from pages.ui.promises import data as promises_data
from pages.ui.session import backend
from pages.ui.view import View

CONTACT_HELP = "The last call or promise logged here, or promise entered in Odoo. Notes made in Odoo are not counted"
_SUBJECT = "res.partner:"
_UNDONE = ("failed", "discarded")


def by_customer(view: View, as_of: date) -> dict[int, date]:
    """Return the day on which each customer was last spoken to, up to a day, as far as the person may know it."""
    found = dict(_promised(view.key, as_of, view.snapshot)) if promises_data.known(view) else {}
    for partner_id, day in _logged(view, as_of).items():
        found[partner_id] = max(day, found.get(partner_id, day))
    return found


def last(view: View, partner_id: int, as_of: date) -> str:
    """Return a customer's last contact in words: "call on 28 Nov 2026 by Ada Admin", "" when none is known."""
    day = by_customer(view, as_of).get(partner_id)
    if day is None:
        return ""
    for entry in _entries(partner_id):
        if entry.state not in _UNDONE and _local(view, entry.created_s) == day:
            return f"{entry.payload.get('action', 'call')} on {formats.day(day)} by {entry.author.name}"
    rows = promises_data.states(view, as_of)
    rows = rows[(rows["commercial_partner_id"] == partner_id) & (rows["made_on"] == pd.Timestamp(day))]
    users = view.snapshot.frame("users")
    names = users.loc[users["user_id"].isin(rows["author_id"]), "name"]
    return f"promise on {formats.day(day)}" + (f" by {names.iloc[-1]}" if len(names) else "")


@st.cache_resource(show_spinner=False, max_entries=data.DAYS_KEPT)
def _promised(snapshot_id: str, as_of: date, _snapshot: Snapshot) -> Mapping[int, date]:
    """Return the day on which each customer last made a promise."""
    rows = promise_states(_snapshot, as_of)
    latest = rows.groupby("commercial_partner_id")["made_on"].max().dropna()
    days = latest.dt.date.tolist()
    return dict(zip(latest.index.tolist(), days, strict=True))


def _logged(view: View, as_of: date) -> dict[int, date]:
    """Return the day on which something was last logged here about each customer, by anybody."""
    outbox = _outbox()
    if outbox is None:
        return {}
    end = datetime.combine(as_of + timedelta(days=1), time(), ZoneInfo(view.settings.timezone))
    try:
        # A look through all that was ever entered, so it is kept until something is.
        moments = _moments(str(outbox.path), outbox.stamp(), end.timestamp(), outbox)
    except AfinetError:  # what cannot be looked up is not known; whoever logs something is told why
        return {}
    subjects = {subject.removeprefix(_SUBJECT): moment for subject, moment in moments.items() if _SUBJECT in subject}
    return {int(number): _local(view, moment) for number, moment in subjects.items() if number.isdecimal()}


@st.cache_resource(show_spinner=False, max_entries=data.DAYS_KEPT)
def _moments(path: str, stamp: str, before_s: float, _outbox: Outbox) -> Mapping[str, float]:
    return _outbox.last_by_subject("activity", before_s)


def _entries(partner_id: int) -> list[Entry]:
    outbox = _outbox()
    try:
        return [] if outbox is None else outbox.of_kind("activity", subject=f"{_SUBJECT}{partner_id}")
    except AfinetError:
        return []


def _outbox() -> Outbox | None:
    """Return the outbox, None where the person may not read what staff note about customers."""
    sender = backend.backend().sender
    return sender.outbox if sender is not None and live.may_read_notes() else None


def _local(view: View, moment_s: float) -> date:
    return datetime.fromtimestamp(moment_s, ZoneInfo(view.settings.timezone)).date()
