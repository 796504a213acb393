"""The drawing of the Overview's tiles: for each role its first question, each figure with how it moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.metrics.changes import Span, month_to_date
from odoo_client.metrics.pipeline import STAGES
from odoo_client.metrics.source import ints, is_code
from pages.ui import formats, freshness, orders_data, orders_filters, overview_data, tickets_data
from pages.ui.data import ALL_COMPANIES, TECHNOLOGIES, Subscribers, View, of_companies
from pages.ui.explain import explain
from pages.ui.freshness import absent
from pages.ui.overview_data import Lately, Past
from pages.ui.receivables import WAITING_FOR_US
from pages.ui.tiles import TILE_WIDTH_PX, Figure, tile

Query = dict[str, str | Sequence[str]]
#: Stages of an order in progress.
CONFIRMED = ("confirmed", "in_delivery", "delivered", "invoiced")


def company_query() -> Query:
    """Return the company filter for a link's address, so that the page it opens shows the same company."""
    company = st.session_state.get("company", ALL_COMPANIES)
    return {} if company == ALL_COMPANIES else {"company": company}


@dataclass(frozen=True)
class Owed:
    """The receivables of the companies chosen, today: the ageing by customer and its totals by currency."""

    by_customer: pd.DataFrame
    totals: pd.DataFrame


@dataclass(frozen=True)
class Shown:
    """What the tiles draw from."""

    view: View
    owed: Owed
    past: Past
    subscribers: Subscribers
    lately: Lately


def change(now: float, before: float, write: Callable[[float], str]) -> str:
    """Return how a figure moved, in words with its sign."""
    difference = round(now - before, 2)
    if not difference:
        return "no change"
    return f"{'+' if difference > 0 else '-'}{write(abs(difference))}"


def day_words(shown: Shown) -> str:
    """Return what this month stands against: `against 1–24 Oct`."""
    before = month_to_date(shown.view.today)[1]
    return f"against 1–{before.last.day} {before.last:%b}"


def tiles(shown: Shown) -> None:
    """Draw a row of tiles for each role, its first question above them."""
    with _role("Finance", "Who owes us, and what came in?"):
        _owing(shown, "overdue", "Overdue", ":material/alarm:")
        _owing(shown, "net_to_chase", "Net to chase", ":material/phone_in_talk:")
        _received(shown)
    with _role("Support", "Who waits for us?"):
        _tickets(shown)
    with _role("Orders", "What is stuck?"):
        _orders(shown)
    with _role("Services", "Do we grow?"):
        _services(shown)
        _net_adds(shown)
        _revenue(shown)


def _role(name: str, question: str) -> AbstractContextManager[Any]:
    st.markdown(f"**{name}** · {question}")
    return st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small")


def _owing(shown: Shown, column: str, label: str, icon: str) -> None:
    view, rows, totals = shown.view, shown.owed.by_customer, shown.owed.totals
    before = overview_data.sums(view, shown.past.a_month_ago, column)[column]
    history = overview_data.histories(view, shown.past.weeks, "as_of", "overdue") if column == "overdue" else {}
    debtors = rows.loc[rows[column] > 0, "commercial_partner_id"].nunique()
    since = f"against {shown.past.day.day} {shown.past.day:%b}"
    figures = [
        Figure(
            view.money(amount, key),
            change(amount, before.get(key, 0.0), lambda size, key=key: view.money(size, key)),  # type: ignore[misc]
            since,
            "down",
            history.get(int(key), ()),
        )
        for key, amount in zip(totals["currency_id"], totals[column], strict=True)
    ]
    reason = absent(view, "receivable_lines")
    told = [formats.plural(debtors, "customer")]
    if history:
        told.append("12 weeks")
    if column == "net_to_chase" and (waiting := _waiting(view, totals)):
        told.append(f"{waiting} {WAITING_FOR_US}")
    tile(
        label,
        [reason] if reason else figures or [formats.NONE_SHOWN],
        icon=icon,
        note="" if reason else " · ".join(told),
        page="arrears.py",
        page_label="Arrears",
        query=company_query(),
        explanation=partial(
            explain,
            column,
            as_of=view.today,
            currency=formats.listed(view.code(key) for key in totals["currency_id"]),
            rows=int(totals["open_lines"].sum()),
            notes=[
                f"Change: against {formats.day(shown.past.day)}, rebuilt from what was reconciled since.",
                *(note for note in (freshness.tie(view),) if note),
            ],
        ),
    )


def _waiting(view: View, totals: pd.DataFrame) -> str:
    """Return what was paid and waits for us beside these debts, "" for nothing."""
    amounts = zip(totals["currency_id"], totals["under_review"], strict=True)
    return formats.plain(formats.listed(view.money(amount, key) for key, amount in amounts if amount > 0))


def _received(shown: Shown) -> None:
    view = shown.view
    month = overview_data.sums(view, shown.lately.month["payments"], "now", "before")
    history = overview_data.histories(view, shown.lately.weekly["payments"], "week", "value")
    kind, today = shown.lately.kinds["payments"], view.today
    at = kind.within(month_to_date(today)[0], view)
    came = kind.rows.take(at)
    todays = came[came["date"] == pd.Timestamp(today)].groupby("currency_id")["amount"].sum().round(4)
    figures = [
        Figure(
            view.money(row["now"], key),
            change(row["now"], row["before"], lambda size, key=key: view.money(size, key)),  # type: ignore[misc]
            day_words(shown),
            "up",
            history.get(int(key), ()),
        )
        for key, row in month.iterrows()
    ]
    reason = absent(view, "payments")
    words = formats.listed(view.money(amount, key) for key, amount in todays.items())
    tile(
        "Received this month",
        [reason] if reason else figures or [formats.NONE_SHOWN],
        icon=":material/payments:",
        note="" if reason else f"Today: {words or 'nothing yet'}",
        page="billing.py",
        page_label="Billing",
        query=company_query()
        | {
            "bill_view": "Payments",
            "bill_period": "Other dates",
            "bill_from": f"{today.replace(day=1)}",
            "bill_to": f"{today}",
            "bill_status": "Received",
        },
        explanation=partial(explain, "received", as_of=today, rows=len(at)),
    )


def _services(shown: Shown) -> None:
    view, rows, counts = shown.view, shown.subscribers.mrr, shown.subscribers.counts
    active = rows.groupby(rows["technology"].astype("str"))["active"].sum()
    parts = [f"{name} {formats.count(active[key])}" for key, name in TECHNOLOGIES.items() if active.get(key, 0)]
    note = " · ".join(parts) or "No active service"
    if rows["inferred"].any():
        note += " (inferred from orders and invoices)"
    reason = absent(view, "services")
    closing = counts.groupby("month")["closing"].sum().to_list()
    tile(
        "Active services",
        [reason] if reason else [Figure(formats.count(active.sum()), history=closing)],
        icon=":material/router:",
        note="" if reason else note,
        page="services.py",
        page_label="Services",
        query=company_query(),
        explanation=partial(explain, "active_services", as_of=view.today, rows=int(active.sum())),
    )


def _net_adds(shown: Shown) -> None:
    if absent(shown.view, "services"):
        return
    view, counts = shown.view, shown.subscribers.counts
    net = counts.groupby("month")["net_adds"].sum().to_list() or [0]
    last = counts[counts["month"] == counts["month"].max()] if len(counts) else counts
    new, lost = int(last["new"].sum()), int(last["lost"].sum())
    month = overview_data.sums(view, shown.lately.month["services_new"], "now", "before").sum()
    tile(
        "Net adds this month",
        [Figure(formats.signed(int(net[-1])), history=net)],
        icon=":material/trending_up:",
        note=f"{formats.count(new)} new · {formats.count(lost)} lost · {formats.count(month['before'])} new "
        f"{day_words(shown)}",
        page="services.py",
        page_label="Services",
        query=company_query(),
        explanation=partial(explain, "net_adds", as_of=view.today, rows=new + lost),
    )


def _revenue(shown: Shown) -> None:
    view, rows = shown.view, shown.subscribers.mrr
    if absent(view, "services"):
        return
    paused = rows.groupby("currency_id")["paused_mrr"].sum()
    waiting = [view.money(amount, key) for key, amount in paused.items() if amount]
    invoiced = shown.subscribers.per_service
    # The month under way has not been invoiced whole: it would look like a fall.
    whole = invoiced[invoiced["month"] < invoiced["month"].max()] if len(invoiced) else invoiced
    table = whole.pivot_table(index="month", columns="currency_id", values="amount", aggfunc="sum", fill_value=0.0)
    tile(
        "Recurring revenue",
        [
            Figure(
                view.money(amount, key),
                history=table[key].round(2).to_list() if key in table and table[key].any() else (),
            )
            for key, amount in rows.groupby("currency_id")["mrr"].sum().items()
        ]
        or [formats.NONE_SHOWN],
        icon=":material/autorenew:",
        note="a month, from active services (MRR), before tax"
        + (f"; {formats.listed(waiting)} more is paused" if waiting else "")
        + ("; charts: invoiced in past months" if len(table) else ""),
        page="services.py",
        page_label="Services",
        query=company_query(),
        explanation=partial(explain, "mrr", as_of=view.today, rows=int(rows["active"].sum())),
    )


def _tickets(shown: Shown) -> None:
    view = shown.view
    if reason := absent(view, "tickets"):
        tile("Open tickets", [reason], icon=":material/support_agent:", note="No helpdesk")
        return
    queue = tickets_data.queue(view)
    tickets, facts = queue.book.tickets, queue.facts
    is_open = queue.book.open & overview_data.of_chosen(view, tickets)
    for_us = is_open & is_code(facts, "waiting", "us")
    nobody = is_open & (ints(tickets, "assignee_id") == 0)
    history = overview_data.backlog(view)
    came, went = (
        len(shown.lately.kinds[name].within(_today(view), view)) for name in ("tickets_opened", "tickets_closed")
    )
    oldest = tickets.loc[is_open, "create_date"].min()
    _ticket_tile(
        view,
        "Open tickets",
        int(is_open.sum()),
        "open_tickets",
        ":material/support_agent:",
        f"{formats.count(came)} opened and {formats.count(went)} closed today"
        + (f" · oldest of {formats.local_day(oldest, view.settings.timezone)}" if pd.notna(oldest) else ""),
        {},
        history,
    )
    waits = facts.loc[for_us, "hours_since_customer"].max() if for_us.any() else np.nan
    _ticket_tile(
        view,
        "Waiting for us",
        int(for_us.sum()),
        "tickets_waiting_for_us",
        ":material/hourglass_top:",
        "" if np.isnan(waits) else f"longest: {formats.age(waits * 3600)}",
        {"ticket_waiting": "Us"},
    )
    _ticket_tile(
        view,
        "Unassigned",
        int(nobody.sum()),
        "unassigned_tickets",
        ":material/person_off:",
        "",
        {"ticket_assignee": tickets_data.UNASSIGNED},
    )


def _today(view: View) -> Span:
    return Span(view.today, view.today)


def _ticket_tile(
    view: View,
    label: str,
    count: int,
    key: str,
    icon: str,
    note: str,
    query: Mapping[str, Any],
    history: Sequence[float] = (),
) -> None:
    tile(
        label,
        [Figure(formats.count(count), history=history)],
        icon=icon,
        note=note,
        page="tickets.py",
        page_label="Tickets",
        query=company_query() | dict(query),
        explanation=partial(explain, key, as_of=view.today, rows=count),
    )


def _orders(shown: Shown) -> None:
    view = shown.view
    if reason := absent(view, "orders"):
        tile("Orders in progress", [reason], icon=":material/local_shipping:", note="No sales orders")
        return
    book = orders_data.book(view)
    under_way = book.shown["open"] & is_code(book.rows, "stage", *CONFIRMED)
    to_deliver = under_way & is_code(book.rows, "delivery", "waiting", "partial")
    to_invoice = book.shown["to_invoice"]
    stages = [STAGES[key] for key in CONFIRMED if key in orders_filters.stages_of(book)]
    weekly = of_companies(view, shown.lately.weekly["orders_confirmed"])
    _order_tile(
        view,
        "Orders in progress",
        under_way,
        "orders_in_progress",
        ":material/local_shipping:",
        f"{formats.count(to_deliver.sum())} to deliver · {formats.count((under_way & to_invoice).sum())} to invoice",
        {"order_stage": stages},
        weekly.groupby("week")["value"].sum().to_list(),
    )
    stuck = book.shown["stuck"]
    oldest = book.rows.loc[stuck, "days_in_stage"].max() if stuck.any() else np.nan
    _order_tile(
        view,
        "Stuck orders",
        stuck,
        "stuck_orders",
        ":material/front_hand:",
        "" if np.isnan(oldest) else f"longest: {formats.plural(int(oldest), 'day')}",
        {"order_show": "Stuck"},
    )
    _order_tile(
        view,
        "To invoice",
        to_invoice,
        "orders_to_invoice",
        ":material/receipt_long:",
        _value(view, book.rows, to_invoice),
        {"order_show": "To invoice"},
    )


def _value(view: View, rows: pd.DataFrame, mask: Any) -> str:
    sums = rows.loc[mask].groupby("currency_id")["amount_total"].sum().round(4)
    return formats.listed(view.money(amount, key) for key, amount in sums.items())


def _order_tile(
    view: View,
    label: str,
    mask: Any,
    key: str,
    icon: str,
    note: str,
    query: Mapping[str, Any],
    history: Sequence[float] = (),
) -> None:
    tile(
        label,
        [Figure(formats.count(mask.sum()), history=history)],
        icon=icon,
        note=note,
        page="orders.py",
        page_label="Orders",
        query=company_query() | dict(query),
        explanation=partial(explain, key, as_of=view.today, rows=int(mask.sum())),
    )
