"""What happened with a customer, in one list by date: documents, money, tickets, orders and promises to pay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from odoo_client.customer.types import (
    EntryRow,
    InvoiceRow,
    OrderRow,
    PaymentRow,
    PromiseRow,
    TicketRow,
    TimelineEntry,
    TimelineKind,
)
from odoo_client.metrics import labels
from odoo_client.metrics.words import day_words

#: Order within one day: what is owed before what pays it, read from the bottom up.
_PLACE = {kind: place for place, kind in enumerate(labels.KINDS)}
_DOCUMENTS: Mapping[str, TimelineKind] = {"invoice": "invoice", "credit_note": "credit_note", "receipt": "receipt"}


def timeline(
    invoices: Iterable[InvoiceRow],
    payments: Iterable[PaymentRow],
    entries: Iterable[EntryRow],
    tickets: Iterable[TicketRow],
    orders: Iterable[OrderRow],
    promises: Iterable[PromiseRow],
    timezone: str,
) -> tuple[TimelineEntry, ...]:
    """Return everything that has a day, newest first.

    Tickets stand on the day they were opened, orders on the day they were ordered, promises on the day they were made,
    all in `timezone`. Drafts without a date are left out.
    """
    zone = ZoneInfo(timezone)
    everything = chain(
        *(_invoices(invoices), _payments(payments), _entries(entries)),
        *(_tickets(tickets, zone), _orders(orders, zone), _promises(promises)),
    )
    return tuple(sorted(everything, key=lambda one: (one.day, _PLACE[one.kind], one.record_id), reverse=True))


def _invoices(rows: Iterable[InvoiceRow]) -> Iterator[TimelineEntry]:
    for row in rows:
        if row.date is not None:
            kind = _DOCUMENTS.get(row.kind, "invoice")
            text = row.reference
            status = labels.status(row.status)
            yield TimelineEntry(
                row.date, kind, row.number, text, row.amount, status, row.company, row.contact,
                "account.move", row.move_id,
            )  # fmt: skip


def _payments(rows: Iterable[PaymentRow]) -> Iterator[TimelineEntry]:
    for row in rows:
        if row.date is not None:
            kind: TimelineKind = "payment" if row.direction == "inbound" else "refund"
            paid = [one.number for one in row.applied if one.number]
            payment = ("account.payment", row.payment_id)
            model, record_id = payment if row.made_by == "payment" else ("account.move", row.move_id)
            text = ", ".join(filter(None, [row.method, f"for {', '.join(paid)}" if paid else row.reference]))
            status = labels.payment_status(row.status, inbound=row.direction == "inbound")
            yield TimelineEntry(
                row.date, kind, row.number, text, row.amount, status, row.company, row.contact, model, record_id,
            )  # fmt: skip


def _entries(rows: Iterable[EntryRow]) -> Iterator[TimelineEntry]:
    for row in rows:
        if row.date is not None:
            yield TimelineEntry(
                row.date, "entry", row.number, row.label, row.amount, "Posted", row.company, "",
                "account.move", row.move_id,
            )  # fmt: skip


def _tickets(rows: Iterable[TicketRow], zone: ZoneInfo) -> Iterator[TimelineEntry]:
    for row in rows:
        day = _day(row.created_at, zone)
        if day is not None:
            status = row.stage or ("Closed" if row.closed else "Open")
            yield TimelineEntry(
                day, "ticket", row.number, row.subject, None, status, row.company, row.contact, "ticket", row.ticket_id
            )


def _orders(rows: Iterable[OrderRow], zone: ZoneInfo) -> Iterator[TimelineEntry]:
    for row in rows:
        day = _day(row.ordered_at or row.created_at, zone)
        if day is not None:
            yield TimelineEntry(
                day, "order", row.number, row.reference, row.amount, row.stage_name, row.company, row.contact,
                "sale.order", row.order_id,
            )  # fmt: skip


def _promises(rows: Iterable[PromiseRow]) -> Iterator[TimelineEntry]:
    for row in rows:
        if row.made_on is not None:
            text = f"by {day_words(row.day)}" + (f", noted by {row.author}" if row.author else "")
            yield TimelineEntry(
                row.made_on, "promise", "", text, row.amount, labels.PROMISES[row.state], "", row.contact,
                "mail.activity", row.promise_id,
            )  # fmt: skip


def _day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return None if moment is None else moment.astimezone(zone).date()
