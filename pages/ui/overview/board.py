"""The Overview's rows of tiles, which answer each role's first question, and the tiles of tickets and orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import BoolArray, ints, is_code
from odoo_client.metrics import collections, labels
from odoo_client.metrics.changes import Span
from odoo_client.metrics.pipeline import STAGES
from pages.ui import formats
from pages.ui.explain import explain
from pages.ui.freshness import ABSENT, absent
from pages.ui.navigation import company_query, opens
from pages.ui.orders import data as orders_data
from pages.ui.orders import filters as orders_filters
from pages.ui.overview.tiles import OverviewPage, net_adds, owing, received, revenue, services
from pages.ui.tickets import data as tickets_data
from pages.ui.tickets import table as tickets_table
from pages.ui.tiles import TILE_WIDTH_PX, Figure, tile
from pages.ui.view import View, of_chosen

#: Stages of an order in progress.
CONFIRMED = ("confirmed", "in_delivery", "delivered", "invoiced")


def tiles(shown: OverviewPage) -> None:
    """Draw a row of tiles for each role, its first question above them.

    A tile about which nothing is known is left out for people whose role does not open its page.
    """
    for name, question, cards in ROWS:
        told = [draw for page, dataset, draw in cards if opens(page) or not absent(shown.view, dataset)]
        if not told:
            continue
        st.markdown(f"**{name}** · {question}")
        with st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small"):
            for draw in told:
                draw(shown)


def _tickets(shown: OverviewPage) -> None:
    view = shown.view
    if reason := absent(view, "tickets"):
        note = _which(reason, "This Odoo has no helpdesk", "Your account may not read tickets")
        tile("Open tickets", [reason], icon=":material/support_agent:", note=note)
        return
    queue = tickets_data.queue(view)
    tickets, facts = queue.book.tickets, queue.facts
    is_open = queue.book.open & of_chosen(view, tickets)
    for_us = is_open & is_code(facts, "waiting", "us")
    nobody = is_open & (ints(tickets, "assignee_id") == 0)
    came, went = (
        len(shown.lately.kinds[name].within(_today(view), view)) for name in ("tickets_opened", "tickets_closed")
    )
    oldest = tickets["create_date"][is_open].min()
    _count_tile(
        view,
        "tickets.py",
        "Open tickets",
        int(is_open.sum()),
        "open_tickets",
        ":material/support_agent:",
        f"{formats.count(came)} opened and {formats.count(went)} closed today"
        + (f" · oldest of {formats.local_day(oldest, view.settings.timezone)}" if pd.notna(oldest) else ""),
        {},
        shown.lately.backlog,
    )
    waits = facts.loc[for_us, "waited_h"].max()
    since = "" if queue.book.messages_known else f" {tickets_data.SINCE_OPENED}"
    _count_tile(
        view,
        "tickets.py",
        "Waiting for us",
        int(for_us.sum()),
        "tickets_waiting_for_us",
        ":material/hourglass_top:",
        "" if np.isnan(waits) else f"longest: {tickets_table.span(waits)}{since}",
        {"ticket_waiting": labels.WAITING["us"]},
    )
    _count_tile(
        view,
        "tickets.py",
        "Unassigned",
        int(nobody.sum()),
        "unassigned_tickets",
        ":material/person_off:",
        "",
        {"ticket_assignee": tickets_data.UNASSIGNED},
    )


def _which(reason: str, missing: str, denied: str) -> str:
    """Return the reason for a figure that cannot be given: nothing is there, or it may not be read."""
    return missing if reason == ABSENT["missing"] else denied


def _today(view: View) -> Span:
    return Span(view.today, view.today)


def _count_tile(
    view: View,
    page: str,
    label: str,
    count: int,
    key: str,
    icon: str,
    note: str,
    query: Mapping[str, str | Sequence[str]],
    history: Sequence[float] = (),
) -> None:
    """Draw a tile of one count, with a link to the page that lists what it counts."""
    tile(
        label,
        [Figure(formats.count(count), history=history)],
        icon=icon,
        note=note,
        page=page,
        page_label=page.removesuffix(".py").capitalize(),
        query=company_query() | dict(query),
        explanation=partial(explain, key, as_of=view.today, rows=count),
    )


def _orders(shown: OverviewPage) -> None:
    view = shown.view
    if reason := absent(view, "orders"):
        note = _which(reason, "This Odoo has no sales orders", "Your account may not read orders")
        tile("Orders in progress", [reason], icon=":material/local_shipping:", note=note)
        return
    book = orders_data.book(view)
    under_way = book.shown["open"] & is_code(book.rows, "stage", *CONFIRMED)
    to_deliver = under_way & is_code(book.rows, "delivery", "waiting", "partial")
    to_invoice = book.shown["to_invoice"]
    stages = [STAGES[key] for key in CONFIRMED if key in orders_filters.stages_of(book)]
    _count_tile(
        view,
        "orders.py",
        "Orders in progress",
        int(under_way.sum()),
        "orders_in_progress",
        ":material/local_shipping:",
        f"{formats.count(to_deliver.sum())} to deliver · {formats.count((under_way & to_invoice).sum())} to invoice",
        {"order_stage": stages},
        shown.lately.weekly["orders_confirmed"].get(0, ()),
    )
    stuck, unknown = book.shown["stuck"], orders_data.invoices_unknown(view)
    oldest = book.rows["days_in_stage"][stuck].max() if stuck.any() else np.nan
    _count_tile(
        view,
        "orders.py",
        "Stuck orders",
        int(stuck.sum()),
        "stuck_orders",
        ":material/front_hand:",
        " · ".join(
            filter(None, ["" if np.isnan(oldest) else f"longest: {formats.plural(int(oldest), 'day')}", unknown])
        ),
        {"order_show": "Stuck"},
    )
    _count_tile(
        view,
        "orders.py",
        "To invoice",
        int(to_invoice.sum()),
        "orders_to_invoice",
        ":material/receipt_long:",
        _value(view, book.rows, to_invoice),
        {"order_show": "To invoice"},
    )


def _value(view: View, rows: pd.DataFrame, mask: BoolArray) -> str:
    sums = collections.sums(rows, mask, "amount_total")
    return formats.listed(view.money(amount, key) for key, amount in sums.items())


Card = tuple[str, str, Callable[[OverviewPage], None]]
#: Role, its question, and its tiles: the page behind each, the dataset it cannot do without, and what draws it.
ROWS: tuple[tuple[str, str, tuple[Card, ...]], ...] = (
    (
        "Finance",
        "Who owes us, and what came in?",
        (
            (
                "arrears.py",
                "receivable_lines",
                partial(owing, column="overdue", label="Overdue", icon=":material/alarm:"),
            ),
            (
                "arrears.py",
                "receivable_lines",
                partial(owing, column="net_to_chase", label="Net to chase", icon=":material/phone_in_talk:"),
            ),
            ("billing.py", "payments", received),
        ),
    ),
    ("Support", "Who waits for us?", (("tickets.py", "tickets", _tickets),)),
    ("Orders", "What is stuck?", (("orders.py", "orders", _orders),)),
    ("Services", "Do we grow?", tuple(("services.py", "services", draw) for draw in (services, net_adds, revenue))),
)
