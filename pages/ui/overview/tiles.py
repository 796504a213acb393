"""The Overview's tiles of money and services, each figure with its change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd

from odoo_client.frames.dates import day_number
from odoo_client.frames.groups import by_id
from odoo_client.metrics import collections
from odoo_client.metrics.changes import month_to_date
from pages.ui import formats, freshness, trusted
from pages.ui.arrears.data import WAITING_FOR_US
from pages.ui.billing import filters as billing_filters
from pages.ui.explain import explain
from pages.ui.freshness import absent
from pages.ui.navigation import company_query
from pages.ui.overview import data as overview_data
from pages.ui.overview.data import Lately, Past
from pages.ui.tiles import Figure, tile
from pages.ui.view import TECHNOLOGIES, Subscribers, View


@dataclass(frozen=True)
class Owed:
    """The receivables of the companies chosen, today: the ageing by customer and its totals by currency.

    `debtors` says for each column of the ageing how many customers owe something in it, and whether lines without
    customer do. `buckets` are `metrics.bucket_amounts`, `largest` the rows with the most to chase by currency,
    `waiting` the payments that wait for us (see `arrears.waiting`).
    """

    by_customer: pd.DataFrame
    totals: pd.DataFrame
    debtors: Mapping[str, tuple[int, bool]]
    buckets: pd.DataFrame
    largest: Mapping[int, pd.DataFrame]
    waiting: pd.DataFrame


@dataclass(frozen=True)
class OverviewPage:
    """What the tiles draw from."""

    view: View
    owed: Owed
    past: Past
    subscribers: Subscribers
    lately: Lately


def change(now: float, before: float, write: Callable[[float], str]) -> str:
    """Return the change of a figure, in words with its sign."""
    # Sums are exact to four decimals: no currency has more.
    difference = round(now - before, 4)
    if not difference:
        return "no change"
    return f"{'+' if difference > 0 else '-'}{write(abs(difference))}"


def day_words(shown: OverviewPage) -> str:
    """Return what this month is compared with: `against 1–24 Oct`."""
    before = month_to_date(shown.view.today)[1]
    return f"against 1–{before.last.day} {before.last:%b}"


def owing(shown: OverviewPage, column: str, label: str, icon: str) -> None:
    """Draw what is overdue, or left to chase, in each currency, and how many customers owe it."""
    view, totals = shown.view, shown.owed.totals
    before = shown.past.a_month_ago[column]
    history = shown.past.overdue if column == "overdue" else {}
    debtors, unnamed = shown.owed.debtors[column]
    since = f"against {shown.past.day.day} {shown.past.day:%b}"
    figures = [
        Figure(
            view.money(amount, key),
            change(amount, before.get(key, 0.0), partial(view.money, currency_id=key)),
            since,
            "down",
            history.get(int(key), ()),
        )
        for key, amount in zip(totals["currency_id"], totals[column], strict=True)
    ]
    reason = absent(view, "receivable_lines")
    told = [formats.plural(debtors, "customer") + (" and lines without customer" if unnamed else "")]
    if history:
        told.append("12 weeks")
    if column == "net_to_chase" and (waiting := _waiting(shown)):
        told.append(f"{waiting} {WAITING_FOR_US}")
    hidden = [] if reason else trusted.instead(view)
    tile(
        label,
        [reason] if reason else figures or ([] if hidden else [formats.NONE_SHOWN]),
        icon=icon,
        note="" if reason else " · ".join(told),
        instead=hidden,
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
                *freshness.tie(view),
            ],
        ),
    )


def _waiting(shown: OverviewPage) -> str:
    """Return what was paid and waits for us, "" for nothing: the figure of Arrears and Payments."""
    pairs = zip(shown.owed.waiting["currency_id"], shown.owed.waiting["amount"], strict=True)
    return formats.plain(formats.listed(shown.view.money(amount, key) for key, amount in pairs if amount > 0))


def received(shown: OverviewPage) -> None:
    """Draw what customers paid this month, in each currency."""
    view = shown.view
    month, history = shown.lately.month["payments"], shown.lately.weekly["payments"]
    kind, today = shown.lately.kinds["payments"], view.today
    at = kind.within(month_to_date(today)[0], view)
    todays = collections.sums_at(kind.rows, at[kind.day[at] == day_number(today)])
    figures = [
        Figure(
            view.money(now, key),
            change(now, before, partial(view.money, currency_id=key)),
            day_words(shown),
            "up",
            history.get(key, ()),
        )
        for key, now, before in zip(month.index.tolist(), month["now"], month["before"], strict=True)
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
        query=company_query() | billing_filters.address("payments", "received", today.replace(day=1), today),
        explanation=partial(explain, "received", as_of=today, rows=len(at)),
    )


def services(shown: OverviewPage) -> None:
    """Draw how many services are active, by technology."""
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


def net_adds(shown: OverviewPage) -> None:
    """Draw new minus lost services of this month; nothing where services are not known."""
    if absent(shown.view, "services"):
        return
    view, counts = shown.view, shown.subscribers.counts
    net = counts.groupby("month")["net_adds"].sum().to_list() or [0]
    last = counts[counts["month"] == counts["month"].max()] if len(counts) else counts
    new, lost = int(last["new"].sum()), int(last["lost"].sum())
    month = shown.lately.month["services_new"].sum()
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


def revenue(shown: OverviewPage) -> None:
    """Draw what active services bring in per month; nothing where services are not known."""
    view, rows = shown.view, shown.subscribers.mrr
    if absent(view, "services"):
        return
    paused = by_id(rows.groupby("currency_id")["paused_mrr"].sum())
    waiting = [view.money(amount, key) for key, amount in paused.items() if amount]
    invoiced = shown.subscribers.per_service
    # The current month has not been invoiced in full: it would look like a drop.
    whole = invoiced[invoiced["month"] < invoiced["month"].max()] if len(invoiced) else invoiced
    table = overview_data.histories(whole, "month", "amount")
    tile(
        "Recurring revenue",
        [
            Figure(view.money(amount, key), history=history if any(history := table.get(key, [])) else ())
            for key, amount in by_id(rows.groupby("currency_id")["mrr"].sum()).items()
        ]
        or [formats.NONE_SHOWN],
        icon=":material/autorenew:",
        note="a month, from active services (MRR), before tax"
        + (f"; {formats.listed(waiting)} more is paused" if waiting else "")
        + (f"; {formats.period_not_known(unknown)}" if (unknown := int(rows["unknown"].sum())) else "")
        + ("; charts: invoiced in past months" if len(table) else ""),
        page="services.py",
        page_label="Services",
        query=company_query(),
        explanation=partial(explain, "mrr", as_of=view.today, rows=int(rows["active"].sum())),
    )
