"""One customer's rows as tables: a frame of what is shown and the columns it is shown in, section by section."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from odoo_client.customer.types import AppliedRow, Dashboard, TimelineEntry
from odoo_client.metrics import labels
from pages.ui import formats, links, odoo_lists, tables
from pages.ui.amounts import Column
from pages.ui.arrears.data import NET_TO_CHASE_HELP, UNDER_REVIEW, UNDER_REVIEW_HELP
from pages.ui.customers import cells
from pages.ui.customers.cells import Table
from pages.ui.view import View

MOVE, ORDER, PARTNER = "account.move", "sale.order", "res.partner"
ACTIVITY = "mail.activity"


def services(view: View, found: Dashboard) -> Table:
    """Return the services with all of their fields."""
    rows = found.services
    frame = pd.DataFrame(
        {
            "name": cells.texts(one.name for one in rows),
            "technology": cells.texts(labels.technology(one.technology) for one in rows),
            "status": cells.texts(labels.service_status(one.status) for one in rows),
            "monthly_fee": cells.amounts(one.monthly_fee for one in rows),
            "currency": cells.texts("" if one.monthly_fee is None else one.monthly_fee.currency for one in rows),
            "period": cells.texts(labels.PERIOD_NOT_KNOWN if one.monthly_fee is None else "" for one in rows),
            "start_date": cells.days(one.start_date for one in rows),
            "next_billing_date": cells.days(one.next_billing_date for one in rows),
            "end_date": cells.days(one.end_date for one in rows),
            "bandwidth": cells.texts(one.bandwidth for one in rows),
            "usage": cells.texts(one.usage for one in rows),
            "source": cells.texts(labels.SERVICE_SOURCES.get(one.source, "") for one in rows),
            **cells.where(rows),
            "odoo": cells.texts(links.record_url(view.snapshot.meta, one.model, one.record_id) for one in rows),
        }
    )
    columns: dict[str, Column] = {
        "name": st.column_config.TextColumn("Service", pinned=True, width=210),
        "technology": "Type",
        "status": "Status",
        "monthly_fee": tables.money_column("Monthly fee", "Ex tax"),
        "currency": "Currency",
        "period": tables.period_column(),
        "start_date": tables.date_column("Start"),
        "next_billing_date": tables.date_column("Next billing"),
        "end_date": tables.date_column("End"),
        "bandwidth": "Bandwidth",
        "usage": "Usage",
    }
    if any(one.inferred for one in rows):
        columns["source"] = st.column_config.TextColumn("From", help="Inferred: worked out from orders and invoices")
    return cells.finished(frame, columns)


def invoices(view: View, found: Dashboard) -> Table:
    """Return invoices, credit notes and receipts in every state."""
    rows = found.invoices
    frame = pd.DataFrame(
        {
            "number": cells.texts(one.number or "Draft" for one in rows),
            "kind": cells.texts(labels.kind(one.kind) for one in rows),
            "date": cells.days(one.date for one in rows),
            "due_date": cells.days(one.due_date for one in rows),
            "amount": cells.amounts(one.amount for one in rows),
            "residual": cells.amounts(one.residual for one in rows),
            "currency": cells.texts(one.amount.currency for one in rows),
            "status": cells.texts(labels.status(one.status) + (", disputed" if one.disputed else "") for one in rows),
            "days_overdue": cells.counts(one.days_overdue or None for one in rows),
            "technology": cells.texts(formats.listed(map(labels.technology, one.technologies)) for one in rows),
            "reference": cells.texts(one.reference for one in rows),
            **cells.where(rows),
            "odoo": links.record_urls(view.snapshot.meta, MOVE, [one.move_id for one in rows]),
        }
    )
    columns: dict[str, Column] = {
        "number": st.column_config.TextColumn("Number", pinned=True),
        "kind": "Kind",
        "date": tables.date_column("Date"),
        "due_date": tables.date_column("Due"),
        "amount": tables.money_column("Amount", "With tax; credit notes are negative"),
        "residual": tables.money_column("Open", "What the ledger has open today; drafts are in no balance"),
        "currency": "Currency",
        "status": "Status",
        "days_overdue": tables.count_column("Days overdue", "Of its oldest overdue instalment"),
        "technology": "Type",
        "reference": "Reference",
    }
    return cells.finished(frame, columns)


def payments(view: View, found: Dashboard) -> Table:
    """Return payments in every state, and bank lines without one, with what each paid."""
    rows = found.payments
    frame = pd.DataFrame(
        {
            "number": cells.texts(one.number or "No number" for one in rows),
            "date": cells.days(one.date for one in rows),
            "amount": cells.amounts(one.amount for one in rows),
            "currency": cells.texts(one.amount.currency for one in rows),
            "method": cells.texts(one.method or labels.NO_METHOD for one in rows),
            "status": cells.texts(labels.payment_status(one.status, inbound=one.direction == "inbound")
                                  for one in rows),
            "paid": cells.texts("; ".join(applied(part) for part in one.applied) for one in rows),
            "unallocated": cells.amounts(one.unallocated if one.unallocated and one.unallocated.amount else None
                                         for one in rows),
            "reference": cells.texts(one.reference for one in rows),
            "journal": cells.texts(one.journal for one in rows),
            **cells.where(rows),
            "odoo": links.money_urls(
                view.snapshot.meta, [one.payment_id for one in rows], [one.move_id for one in rows]
            ),
        }
    )  # fmt: skip
    columns: dict[str, Column] = {
        "number": st.column_config.TextColumn("Reference", pinned=True),
        "date": tables.date_column("Date"),
        "amount": tables.money_column("Amount", "Refunds paid out are negative"),
        "currency": "Currency",
        "method": "Method",
        "status": "Status",
        "paid": st.column_config.TextColumn("What it paid", width=280),
        "unallocated": tables.money_column("Unallocated", "Matched to nothing yet"),
        "reference": "Memo",
        "journal": "Journal",
    }
    return cells.finished(frame, columns)


def applied(part: AppliedRow) -> str:
    """Return one thing a payment paid: `INV/2026/0012 USD 40.00`.

    The invoice's own currency stands beside it where that differs, and so does what was written off beside the money.
    """
    name = part.number or (labels.kind(part.kind) if part.kind in labels.KINDS else "an entry").lower()
    if part.amount is None:
        return f"meant for {name}, not matched yet"
    text = f"{name} {part.amount.words}"
    if part.written_off is not None:
        text += f" and {part.written_off.words} written off"
    other = part.entry_amount
    return text if other is None or other.currency == part.amount.currency else f"{text} (= {other.words})"


def entries(view: View, found: Dashboard) -> Table:
    """Return journal entries that are neither invoice nor money in."""
    rows = found.entries
    frame = pd.DataFrame(
        {
            "number": cells.texts(one.number for one in rows),
            "date": cells.days(one.date for one in rows),
            "label": cells.texts(one.label for one in rows),
            "amount": cells.amounts(one.amount for one in rows),
            "residual": cells.amounts(one.residual for one in rows),
            "currency": cells.texts(one.amount.currency for one in rows),
            "company": cells.texts(one.company for one in rows),
            "odoo": links.record_urls(view.snapshot.meta, MOVE, [one.move_id for one in rows]),
        }
    )
    columns: dict[str, Column] = {
        "number": st.column_config.TextColumn("Entry", pinned=True),
        "date": tables.date_column("Date"),
        "label": "Label",
        "amount": tables.money_column("Amount", "Positive: the customer owes; negative: it paid"),
        "residual": tables.money_column("Open"),
        "currency": "Currency",
    }
    return cells.finished(frame, columns)


def ageing(found: Dashboard) -> Table:
    """Return the ageing, one row a company and currency, with unallocated money apart."""
    rows = found.ageing
    labels = [bucket.label for bucket in rows[0].buckets] if rows else []
    frame = pd.DataFrame(
        {
            "currency": cells.texts(one.currency for one in rows),
            "company": cells.texts(one.company for one in rows),
            **{
                f"bucket_{number}": cells.amounts(one.buckets[number].amount for one in rows)
                for number in range(len(labels))
            },
            "overdue": cells.amounts(one.overdue for one in rows),
            "unallocated": cells.amounts(one.unallocated for one in rows),
            "in_payment": cells.amounts(one.in_payment for one in rows),
            "disputed": cells.amounts(one.disputed for one in rows),
            "balance": cells.amounts(one.balance for one in rows),
            "net_to_chase": cells.amounts(one.net_to_chase for one in rows),
            "under_review": cells.amounts(one.under_review for one in rows),
            "oldest_days": cells.counts(one.oldest_days for one in rows),
        }
    )
    columns: dict[str, Column] = {
        "currency": st.column_config.TextColumn("Currency", pinned=True),
        "company": "Company",
    }
    columns |= {f"bucket_{number}": tables.money_column(label) for number, label in enumerate(labels)}
    columns |= {
        "unallocated": tables.money_column("Unallocated", "Payments and credit notes matched to nothing"),
        "balance": tables.money_column("Balance", "Buckets less unallocated: what the ledger says"),
        "overdue": tables.money_column("Overdue"),
        "in_payment": tables.money_column("In payment"),
        "disputed": tables.money_column("Disputed"),
        "net_to_chase": tables.money_column("Net to chase", NET_TO_CHASE_HELP),
        "under_review": tables.money_column(UNDER_REVIEW, UNDER_REVIEW_HELP),
        "oldest_days": tables.count_column("Oldest days"),
    }
    if any(one.disputed is None for one in rows):
        del columns["disputed"]
    return frame, columns


def open_lines(view: View, found: Dashboard) -> Table:
    """Return the open receivable lines, the longest overdue first."""
    rows = found.open_lines
    frame = pd.DataFrame(
        {
            "number": cells.texts(one.number for one in rows),
            "kind": cells.texts(labels.kind(one.kind) for one in rows),
            "date": cells.days(one.date for one in rows),
            "due_date": cells.days(one.due_date for one in rows),
            "days_overdue": cells.counts(one.days_overdue or None for one in rows),
            "bucket": cells.texts(one.bucket + (", disputed" if one.disputed else "") for one in rows),
            "amount": cells.amounts(one.amount for one in rows),
            "residual": cells.amounts(one.residual for one in rows),
            "currency": cells.texts(one.residual.currency for one in rows),
            "label": cells.texts(one.label for one in rows),
            **cells.where(rows),
            "odoo": links.record_urls(view.snapshot.meta, MOVE, [one.move_id for one in rows]),
        }
    )
    columns: dict[str, Column] = {
        "number": st.column_config.TextColumn("Entry", pinned=True),
        "kind": "Kind",
        "date": tables.date_column("Date"),
        "due_date": tables.date_column("Due"),
        "days_overdue": tables.count_column("Days overdue"),
        "bucket": "Bucket",
        "amount": tables.money_column("Amount"),
        "residual": tables.money_column("Open"),
        "currency": "Currency",
        "label": "Label",
    }
    return cells.finished(frame, columns)


def promises(view: View, found: Dashboard) -> Table:
    """Return the promises to pay, the latest day first."""
    rows = found.promises
    frame = pd.DataFrame(
        {
            "amount": cells.amounts(one.amount for one in rows),
            "currency": cells.texts(one.amount.currency for one in rows),
            "day": cells.days(one.day for one in rows),
            "state": cells.texts(labels.PROMISES[one.state] for one in rows),
            "kept_on": cells.days(one.kept_on for one in rows),
            "made_on": cells.days(one.made_on for one in rows),
            "author": cells.texts(one.author for one in rows),
            "contact": cells.texts(one.contact for one in rows),
            "odoo": links.record_urls(view.snapshot.meta, ACTIVITY, [one.promise_id for one in rows]),
        }
    )
    columns: dict[str, Column] = {
        "amount": tables.money_column("Amount"),
        "currency": "Currency",
        "day": tables.date_column("By the end of"),
        "state": st.column_config.TextColumn("State", help="Kept: as much was paid by the end of its day"),
        "kept_on": tables.date_column("Paid on"),
        "made_on": tables.date_column("Promised on"),
        "author": "Noted by",
    }
    return cells.finished(frame, columns)


def tickets(view: View, found: Dashboard) -> Table:
    """Return the tickets, open ones first."""
    rows, timezone = found.tickets, view.settings.timezone
    priorities = labels.priorities(view.snapshot.meta.ticket_priorities)
    model = odoo_lists.ticket_model(view.snapshot)
    frame = pd.DataFrame(
        {
            "number": cells.texts(one.number for one in rows),
            "subject": cells.texts(one.subject for one in rows),
            "stage": cells.texts(one.stage or ("Closed" if one.closed else "Open") for one in rows),
            "waiting": cells.texts("" if one.closed else labels.WAITING.get(one.waiting, "") for one in rows),
            "priority": cells.texts(priorities[min(max(one.priority, 0), max(priorities))] for one in rows),
            "assignee": cells.texts(one.assignee or "Unassigned" for one in rows),
            "team": cells.texts(one.team for one in rows),
            "opened": cells.texts(formats.moment(one.created_at, timezone) for one in rows),
            "closed": cells.texts(
                "" if one.closed_at is None else formats.moment(one.closed_at, timezone) for one in rows
            ),
            "age": cells.texts(formats.age((one.age_h or 0.0) * 3600) for one in rows),
            **cells.where(rows),
            "odoo": links.record_urls(view.snapshot.meta, model, [one.ticket_id for one in rows]),
        }
    )
    columns: dict[str, Column] = {
        "number": st.column_config.TextColumn("Number", pinned=True),
        "subject": st.column_config.TextColumn("Subject", width=260),
        "stage": "Stage",
        "waiting": "Waiting for",
        "priority": "Priority",
        "assignee": "Assignee",
        "team": "Team",
        "opened": "Opened",
        "closed": "Closed",
        "age": st.column_config.TextColumn("Open for", help="Until now, or until it was closed"),
    }
    return cells.finished(frame, columns)


def orders(view: View, found: Dashboard) -> Table:
    """Return the orders, newest first, with the progress of each."""
    rows, timezone = found.orders, view.settings.timezone
    frame = pd.DataFrame(
        {
            "number": cells.texts(one.number for one in rows),
            "date": cells.texts(
                formats.local_day(moment, timezone) if (moment := one.ordered_at or one.created_at) else ""
                for one in rows),
            "stage": cells.texts(
                "Running subscription" if one.subscription and not one.open and one.stage == "confirmed"
                else one.stage_name for one in rows),
            "progress": pd.Series([100 * one.step / one.steps for one in rows], dtype="float64"),
            "since": cells.texts(formats.day(one.since) if one.since else "Not recorded" for one in rows),
            "days": cells.counts(one.days_in_stage for one in rows),
            "amount": cells.amounts(one.amount for one in rows),
            "currency": cells.texts(one.amount.currency for one in rows),
            "salesperson": cells.texts(one.salesperson for one in rows),
            "reference": cells.texts(one.reference for one in rows),
            **cells.where(rows),
            "odoo": links.record_urls(view.snapshot.meta, ORDER, [one.order_id for one in rows]),
        }
    )  # fmt: skip
    columns: dict[str, Column] = {
        "number": st.column_config.TextColumn("Number", pinned=True),
        "date": "Date",
        "stage": "Stage",
        "progress": st.column_config.ProgressColumn("Progress", min_value=0, max_value=100, format="%d %%"),
        "since": "Since",
        "days": tables.count_column("Days in stage"),
        "amount": tables.money_column("Amount", "With tax"),
        "currency": "Currency",
        "salesperson": "Salesperson",
        "reference": "Customer's reference",
    }
    return cells.finished(frame, columns)


def timeline(view: View, found: Dashboard, rows: Sequence[TimelineEntry]) -> Table:
    """Return a part of the timeline, the newest first."""
    ticket_model = odoo_lists.ticket_model(view.snapshot)
    models = [ticket_model if one.model == "ticket" else one.model for one in rows]
    urls = [links.record_url(view.snapshot.meta, model, one.record_id) for model, one in zip(models, rows, strict=True)]
    frame = pd.DataFrame(
        {
            "day": cells.days(one.day for one in rows),
            "kind": cells.texts(labels.KINDS[one.kind] for one in rows),
            "number": cells.texts(one.number for one in rows),
            "text": cells.texts(one.text for one in rows),
            "amount": cells.amounts(one.amount for one in rows),
            "currency": cells.texts("" if one.amount is None else one.amount.currency for one in rows),
            "status": cells.texts(one.status for one in rows),
            **cells.where(rows),
            "odoo": urls,
        }
    )
    columns: dict[str, Column] = {
        "day": st.column_config.DateColumn("Date", format=tables.DATE_FORMAT, pinned=True),
        "kind": "What",
        "number": "Number",
        "text": st.column_config.TextColumn("About", width=260),
        "amount": tables.money_column("Amount"),
        "currency": "Currency",
        "status": "Status",
    }
    return cells.finished(frame, columns)
