"""How many tickets wait, for the Overview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from odoo_client.frames.arrays import FrameSource, flags, ints

#: Priority of a ticket from which it counts as urgent (Odoo: 0 low, 1 medium, 2 high, 3 very high).
URGENT = 2


@dataclass(frozen=True)
class TicketCounts:
    """Open tickets; of these those nobody has looked at, nobody has, or that press; creation of the oldest (UTC)."""

    open: int
    unattended: int
    unassigned: int
    urgent: int
    oldest_created: datetime | None


def open_tickets(source: FrameSource) -> pd.DataFrame:
    """Return the tickets in a stage that does not close them, with the columns of the frame `tickets`, oldest first."""
    tickets = source.frame("tickets")
    return tickets[~flags(tickets, "closed")].sort_values(
        ["create_date", "ticket_id"], kind="stable", ignore_index=True
    )


def ticket_counts(tickets: pd.DataFrame) -> TicketCounts:
    """Return the counts of `tickets`, which are the open ones (all, or those a filter left)."""
    oldest = tickets["create_date"].min()
    return TicketCounts(
        open=len(tickets),
        unattended=int(flags(tickets, "unattended").sum()),
        unassigned=int((ints(tickets, "assignee_id") == 0).sum()),
        urgent=int((ints(tickets, "priority") >= URGENT).sum()),
        oldest_created=None if pd.isna(oldest) else oldest.to_pydatetime(),
    )
