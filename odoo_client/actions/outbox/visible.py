"""Whether what an entry of the outbox is about is among the records that somebody sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from odoo_client.actions.outbox.entry import Entry
from odoo_client.frames.arrays import FrameSource, ints

#: Model → the frame of its records and the column of their ids.
_RECORDS: Final[Mapping[str, tuple[str, str]]] = {
    "res.partner": ("customers", "partner_id"),
    "account.payment": ("payments", "payment_id"),
    "helpdesk.ticket": ("tickets", "ticket_id"),
    "project.task": ("tickets", "ticket_id"),
}


def in_sight(source: FrameSource, entry: Entry) -> bool:
    """Return whether `source` holds the company, customer and record that the entry names; not when it names none."""
    wanted = [
        (frame, column, int(entry.payload.get(name) or 0))
        for name, frame, column in (
            ("company_id", "companies", "company_id"),
            ("partner_id", "customers", "partner_id"),
        )
    ]
    model, _, record_id = entry.subject.partition(":")
    if model in _RECORDS and record_id.isdecimal():
        wanted.append((*_RECORDS[model], int(record_id)))
    named = [(frame, column, key) for frame, column, key in wanted if key]
    return bool(named) and all((ints(source.frame(frame), column) == key).any() for frame, column, key in named)
