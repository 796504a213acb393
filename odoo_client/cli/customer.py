"""What `python -m odoo_client customer` prints: one customer of the stored snapshot, as tables or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from odoo_client.config import Settings
from odoo_client.customer.as_json import as_json
from odoo_client.customer.dashboard import dashboard
from odoo_client.customer.search import lookup
from odoo_client.customer.types import Dashboard, Money
from odoo_client.errors import SnapshotError
from odoo_client.metrics import labels
from odoo_client.metrics.words import day_words
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync.background import store_for
from odoo_client.sync.run import run_sync

#: Rows of a list that are printed; the JSON has them all.
ROWS_PRINTED = 15
NOTHING = "–"


def stored_snapshot(settings: Settings, *, demo: bool) -> Snapshot:
    """Return the stored snapshot of these settings; the demo is read first when there is none.

    Raises SnapshotError (a sentence) when nothing is stored yet.
    """
    store = store_for(settings, demo=demo)
    try:
        snapshot = store.current()
        if snapshot is None and demo:
            snapshot = run_sync(settings, store, full=True, demo=True).snapshot
        if snapshot is None:
            raise SnapshotError("Nothing is stored yet: run `python -m odoo_client sync` first.")
        return snapshot
    finally:
        store.close()


def customer_of(settings: Settings, snapshot: Snapshot, text: str) -> Dashboard:
    """Return the dashboard of the customer with this e-mail or account reference.

    Raises CustomerLookupError when none or several match.
    """
    return dashboard(snapshot, lookup(snapshot, text), settings=settings)


def json_text(found: Dashboard) -> str:
    """Return the dashboard as JSON text (keys: see `customer.as_json`)."""
    return json.dumps(as_json(found), ensure_ascii=False, indent=2)


def show(out: Console, found: Dashboard, timezone: str) -> None:
    """Print the customer: header, then a table for each section."""
    profile = found.profile
    title = [profile.name, f"({profile.reference})" if profile.reference else ""]
    out.print(Text(" ".join(filter(None, title)), style="bold"))
    facts = [profile.email, profile.phone, profile.street, profile.city, "" if profile.active else "archived in Odoo"]
    out.print(Text(" · ".join(filter(None, facts))), soft_wrap=True)
    for note in found.notes:
        out.print(Text(note, style="cyan"), soft_wrap=True)
    for absent in found.absent:
        out.print(Text(f"{absent.dataset.replace('_', ' ').capitalize()}: {absent.message}", "yellow"), soft_wrap=True)
    for sentence in found.trust.sentences:
        out.print(Text(sentence, "red" if found.trust.contradicted else "yellow"), soft_wrap=True)
    taken = found.taken_at.astimezone(ZoneInfo(timezone))
    out.print(f"As of {_day(found.as_of)}, from the copy of {_day(taken)}, {taken:%H:%M}.")
    headings = ("Balance", "Overdue", "Unallocated", "Paid, waiting for us", "Oldest days")
    summary = Table(*headings, "Open tickets", "Open orders")
    work = [NOTHING if number is None else str(number) for number in (found.open_tickets, found.open_orders)]
    for number, one in enumerate(found.balances or (None,)):
        money = [NOTHING] * len(headings)
        if one is not None:
            amounts = (one.balance, one.overdue, one.unallocated, one.under_review)
            money = [*map(_money, amounts), str(one.oldest_days)]
        summary.add_row(*money, *(work if number == 0 else ("", "")))
    out.print(summary)
    _services(out, found)
    _billing(out, found)
    _ageing(out, found)
    _work(out, found, timezone)


def _services(out: Console, found: Dashboard) -> None:
    _table(
        out,
        "Services",
        ("Service", "Type", "Status", "Monthly fee", "Start", "Next billing", "Bandwidth", "Usage"),
        (
            (
                one.name,
                labels.technology(one.technology),
                labels.service_status(one.status),
                labels.PERIOD_NOT_KNOWN if one.monthly_fee is None else _money(one.monthly_fee),
                _day(one.start_date),
                _day(one.next_billing_date),
                one.bandwidth,
                one.usage,
            )
            for one in found.services
        ),
    )


def _billing(out: Console, found: Dashboard) -> None:
    _table(
        out,
        "Invoices",
        ("Number", "Kind", "Date", "Due", "Amount", "Open", "Status", "Days overdue"),
        (
            (
                one.number or "Draft",
                labels.kind(one.kind),
                _day(one.date),
                _day(one.due_date),
                _money(one.amount),
                _money(one.residual),
                labels.status(one.status),
                str(one.days_overdue) if one.days_overdue else NOTHING,
            )
            for one in found.invoices
        ),
    )
    _table(
        out,
        "Payments",
        ("Reference", "Date", "Amount", "Method", "Status", "Paid", "Unallocated"),
        (
            (
                one.number or one.reference or NOTHING,
                _day(one.date),
                _money(one.amount),
                one.method or NOTHING,
                labels.payment_status(one.status, inbound=one.direction == "inbound"),
                ", ".join(part.number for part in one.applied if part.number) or NOTHING,
                _money(one.unallocated),
            )
            for one in found.payments
        ),
    )
    _table(
        out,
        "Other journal entries",
        ("Entry", "Date", "Label", "Amount", "Open"),
        ((one.number, _day(one.date), one.label, _money(one.amount), _money(one.residual)) for one in found.entries),
        quiet=True,
    )


def _ageing(out: Console, found: Dashboard) -> None:
    headings = [bucket.label for bucket in found.ageing[0].buckets] if found.ageing else []
    _table(
        out,
        "Arrears",
        ("Company", *headings, "Unallocated", "Balance"),
        (
            (one.company, *(_money(b.amount) for b in one.buckets), _money(one.unallocated), _money(one.balance))
            for one in found.ageing
        ),
    )
    _table(
        out,
        "Promises to pay",
        ("Amount", "By", "Promised on", "State", "Paid on", "Noted by"),
        (
            (
                _money(one.amount),
                _day(one.day),
                _day(one.made_on),
                labels.PROMISES[one.state],
                _day(one.kept_on),
                one.author or NOTHING,
            )
            for one in found.promises
        ),
        quiet=True,
    )


def _work(out: Console, found: Dashboard, timezone: str) -> None:
    if found.open_tickets is not None:
        _table(
            out,
            "Tickets",
            ("Number", "Subject", "Stage", "Assignee", "Opened", "Hours without an answer"),
            (
                (
                    one.number,
                    one.subject,
                    one.stage,
                    one.assignee or NOTHING,
                    _local(one.created_at, timezone),
                    NOTHING if one.waited_h is None else f"{one.waited_h:,.1f}",
                )
                for one in found.tickets
            ),
        )
    if found.open_orders is not None:
        _table(
            out,
            "Orders",
            ("Number", "Date", "Stage", "Amount"),
            (
                (one.number, _local(one.ordered_at or one.created_at, timezone), one.stage_name, _money(one.amount))
                for one in found.orders
            ),
        )


def _table(
    out: Console, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, quiet: bool = False
) -> None:
    """Print a table, or that there is nothing (not even that with `quiet`)."""
    cells = list(rows)
    if not cells:
        if not quiet:
            out.print(f"{title}: none.")
        return
    more = len(cells) - ROWS_PRINTED
    table = Table(*headings, title=title, title_justify="left", caption=f"and {more:,} more" if more > 0 else None)
    for row in cells[:ROWS_PRINTED]:
        # Text, not markup: a name may hold square brackets.
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)


def _money(money: Money | None) -> str:
    return NOTHING if money is None else money.words


def _day(day: date | None) -> str:
    return NOTHING if day is None else day_words(day)


def _local(moment: datetime | None, timezone: str) -> str:
    return NOTHING if moment is None else _day(moment.astimezone(ZoneInfo(timezone)).date())
