"""A customer's services, tickets, orders and promises to pay as typed rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from odoo_client.customer.records import Records, as_day, as_moment, rows_of
from odoo_client.customer.types import Money, OrderRow, PromiseRow, ServiceRow, TicketRow
from odoo_client.metrics.pipeline import STAGES, order_stages
from odoo_client.metrics.promises import promise_states
from odoo_client.metrics.ticket_queue import ticket_facts

#: Order of services: what runs first.
STATUS_ORDER = ("active", "paused", "upcoming", "ended")


def services(records: Records) -> tuple[ServiceRow, ...]:
    """Return the services, those that run first, then by name."""
    found = []
    for row in rows_of(records.frame("services")):
        found.append(
            ServiceRow(
                service_id=row["service_id"],
                name=row["name"],
                technology=_text(row["technology"]),
                status=_text(row["status"]),
                monthly_fee=_fee(records, row),
                start_date=as_day(row["start_date"]),
                end_date=as_day(row["end_date"]),
                next_billing_date=as_day(row["next_billing_date"]),
                bandwidth=row["bandwidth"],
                usage=row["usage"],
                inferred=bool(row["inferred"]),
                company=records.company(row["company_id"]),
                contact=records.contact(int(row["partner_id"])),
                model=row["model"],
                record_id=int(row["record_id"]),
                source=row["source"],
            )
        )
    place = {status: number for number, status in enumerate(STATUS_ORDER)}
    return tuple(sorted(found, key=lambda one: (place.get(one.status, len(place)), one.name, one.service_id)))


def _fee(records: Records, row: Mapping[Any, Any]) -> Money | None:
    return None if pd.isna(row["monthly_fee"]) else records.money(row["monthly_fee"], row["currency_id"])


def tickets(records: Records, now: datetime, timezone: str) -> tuple[TicketRow, ...]:
    """Return the tickets: open ones first, then the newest."""
    rows = records.frame("tickets")
    facts = rows_of(ticket_facts(records.part, now, timezone))
    found = [_ticket(records, row, fact) for row, fact in zip(rows_of(rows), facts, strict=True)]
    return tuple(sorted(found, key=lambda one: (one.closed, _newest(one.created_at), -one.ticket_id)))


def _ticket(records: Records, row: Mapping[Any, Any], fact: Mapping[Any, Any]) -> TicketRow:
    closed = bool(row["closed"])
    return TicketRow(
        ticket_id=int(row["ticket_id"]),
        number=row["number"],
        subject=row["subject"],
        stage=records.named("ticket_stages", "stage_id", int(row["stage_id"])),
        team=records.named("ticket_teams", "team_id", int(row["team_id"])),
        assignee=records.named("users", "user_id", int(row["assignee_id"])),
        priority=int(row["priority"]),
        closed=closed,
        waiting="closed" if closed else str(fact["waiting"]),
        created_at=as_moment(row["create_date"]),
        closed_at=as_moment(row["closed_date"]) if closed else None,
        last_customer_message_at=as_moment(fact["last_customer_message"]),
        age_h=_hours(fact["age_h"]),
        waited_h=_hours(fact["waited_h"]),
        company=records.company(row["company_id"]),
        contact=records.contact(int(row["partner_id"])),
    )


def orders(records: Records, today: date, timezone: str) -> tuple[OrderRow, ...]:
    """Return the orders, the newest first, each with its stage in the pipeline."""
    rows = records.frame("orders")
    stages = rows_of(order_stages(records.part, timezone, today))
    pairs = zip(rows_of(rows), stages, strict=True)
    found = [_order(records, row, stage) for row, stage in pairs]
    return tuple(sorted(found, key=lambda one: (_newest(one.ordered_at or one.created_at), -one.order_id)))


def _order(records: Records, row: Mapping[Any, Any], stage: Mapping[Any, Any]) -> OrderRow:
    days = stage["days_in_stage"]
    return OrderRow(
        order_id=int(row["order_id"]),
        number=row["name"],
        stage=str(stage["stage"]),
        stage_name=STAGES[str(stage["stage"])],
        since=as_day(stage["since"]),
        days_in_stage=None if pd.isna(days) else int(days),
        step=int(stage["step"]),
        steps=int(stage["steps"]),
        open=bool(stage["open"]),
        subscription=bool(row["subscription"]),
        created_at=as_moment(row["create_date"]),
        ordered_at=as_moment(row["date_order"]),
        amount=records.money(row["amount_total"], row["currency_id"]),
        reference=row["client_ref"],
        salesperson=records.named("users", "user_id", int(row["salesperson_id"])),
        company=records.company(row["company_id"]),
        contact=records.contact(int(row["partner_id"])),
    )


def promises(records: Records, today: date) -> tuple[PromiseRow, ...]:
    """Return the promises to pay, the latest day first, each as it stands on the day `today`."""
    if "promises" not in records.snapshot:
        return ()  # The snapshot was written by a version of this app that did not read them yet.
    rows = promise_states(records.part, today).sort_values(["day", "promise_id"], ascending=False)
    return tuple(
        PromiseRow(
            promise_id=int(row["promise_id"]),
            day=row["day"].date(),
            made_on=as_day(row["made_on"]),
            amount=records.money(row["amount"], row["currency_id"]),
            state=row["state"],
            kept_on=as_day(row["kept_on"]),
            author=records.named("users", "user_id", int(row["author_id"])),
            contact=records.contact(int(row["partner_id"])),
        )
        for row in rows_of(rows)
    )


def _hours(value: Any) -> float | None:
    return None if pd.isna(value) else round(float(value), 2)


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _newest(moment: datetime | None) -> float:
    """Return a sort key: the latest first, those without a time last."""
    return -moment.timestamp() if moment is not None else float("inf")
