"""What was written on tickets: who and when, public or for staff only; the texts themselves are read on demand.

Model `mail.message`. Frame ticket_messages: message_id, ticket_id, date (UTC), author_partner_id (0 = not known),
message_type (category), subtype_id, internal; derived: public (the customer sees it), by_staff (its author is an
internal user), automatic (Odoo's own notes and automatic answers). Only of tickets that are open, or were opened,
moved, assigned or closed within the set number of days. Frame message_subtypes: subtype_id, internal.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from odoo_client.config import Settings
from odoo_client.datasets.base import Dataset, Missing, Owners, Plan, Probe, build_plan, column
from odoo_client.datasets.tickets import NO_TICKETS, SOURCE_NAMES, model_of, source_of, tickets_waiting
from odoo_client.frames.groups import lookup

#: What nobody wrote: notes by Odoo itself, automatic answers, and notifications to a user.
AUTOMATIC_TYPES = ("notification", "auto_comment", "user_notification")
#: The user that Odoo itself acts as.
ROBOT_LOGIN = "__system__"
#: Moments by which a ticket counts as changed: `write_date` also moves when Odoo merely recomputes something.
CHANGE_COLUMNS = ("create_date", "assigned_date", "last_stage_update", "closed_date")

COLUMNS = (
    column("message_id", "id", "id"),
    column("ticket_id", "id", "res_id"),
    column("date", "datetime"),
    column("author_partner_id", "id", "author_id"),
    column("message_type", "code"),
    column("subtype_id", "id"),
    column("internal", "bool", "is_internal"),
)
SUBTYPE_COLUMNS = (column("subtype_id", "id", "id"), column("internal", "bool"))

BoolArray = npt.NDArray[np.bool_]


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for the messages of the helpdesk that is there."""
    source = source_of(probe)
    domain = [["model", "=", model_of(source or "tasks")], ["message_type", "!=", "user_notification"]]
    return build_plan(
        probe,
        "mail.message",
        COLUMNS,
        domain,
        absent="" if source else NO_TICKETS,
        source=_reach(SOURCE_NAMES[source], probe.settings) if source else "",
    )


def _reach(helpdesk: str, settings: Settings) -> str:
    """Return what decides whose messages are read: when it changes, everything is read again."""
    patterns = f"{settings.ticket_closed_pattern}\0{settings.ticket_waiting_customer_pattern}"
    return f"{helpdesk}, {settings.ticket_messages_days} days, stages {zlib.crc32(patterns.encode()):08x}"


def subtype_plan(probe: Probe) -> Plan | Missing:
    """Return the plan for the kinds of messages, some of which are for staff only."""
    return build_plan(probe, "mail.message.subtype", SUBTYPE_COLUMNS)


def recent_tickets(frames: Mapping[str, pd.DataFrame], settings: Settings, now: datetime) -> npt.NDArray[np.int64]:
    """Return the ids, rising, of the tickets whose messages are read: open ones and those changed lately."""
    tickets = frames["tickets"]
    since = pd.Timestamp(now) - timedelta(days=settings.ticket_messages_days)
    wanted = np.asarray(tickets_waiting(frames, settings) != "closed")
    for name in CHANGE_COLUMNS:
        wanted |= (tickets[name] >= since).to_numpy()
    return tickets["ticket_id"].to_numpy(dtype=np.int64)[wanted]


def tickets_of(frames: Mapping[str, pd.DataFrame], partner_ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the ids of the tickets of these partners."""
    tickets = frames["tickets"]
    return tickets.loc[np.isin(tickets["partner_id"], partner_ids), "ticket_id"].to_numpy(dtype=np.int64)


def is_public(messages: pd.DataFrame, subtypes: pd.DataFrame) -> BoolArray:
    """Return which messages the customer sees: of a kind that is not for staff only; a bare log note has no kind."""
    kind = messages["subtype_id"].to_numpy(dtype=np.int64)
    for_staff = lookup(subtypes, "subtype_id", kind, "internal", False).astype(bool)
    public: BoolArray = (kind != 0) & ~for_staff & ~messages["internal"].to_numpy(dtype=bool)
    return public


def is_staff(messages: pd.DataFrame, users: pd.DataFrame) -> BoolArray:
    """Return which messages an internal user wrote, even one who has left; Odoo itself does not count."""
    people = users.loc[users["internal"] & (users["login"] != ROBOT_LOGIN), "partner_id"]
    found: BoolArray = np.isin(messages["author_partner_id"], people)
    return found


def is_automatic(messages: pd.DataFrame, users: pd.DataFrame) -> BoolArray:
    """Return which messages nobody wrote."""
    robot = users.loc[users["login"] == ROBOT_LOGIN, "partner_id"]
    by_type: BoolArray = messages["message_type"].isin(AUTOMATIC_TYPES).to_numpy(dtype=bool)
    return by_type | np.isin(messages["author_partner_id"], robot)


DATASETS = (
    Dataset("message_subtypes", "tickets", subtype_plan, small=True),
    Dataset(
        "ticket_messages",
        "tickets",
        plan,
        owners=Owners("ticket_id", "res_id", ("tickets", "ticket_stages"), recent_tickets, tickets_of),
    ),
)
