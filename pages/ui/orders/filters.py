"""The filters of the Orders page, their values in the address, and the orders they keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import streamlit as st

from odoo_client.frames.arrays import BoolArray, IntArray, ints, is_code
from odoo_client.frames.dates import NO_DAY, day_number
from odoo_client.metrics import labels
from odoo_client.metrics.pipeline import STAGES
from pages.ui import formats, searching, widgets
from pages.ui.filters import FILTER_WIDTH_PX, days_not_taken, not_taken
from pages.ui.orders.data import SHOWN, SORTS, TECHNOLOGY_BITS, OrderBook, book
from pages.ui.view import TECHNOLOGIES, View

#: Widget values that clear a filter, by the filter's name.
CLEARED: Mapping[str, Mapping[str, object]] = {
    "Search": {"order_q": ""},
    "Technology": {"order_technology": []},
    "Salesperson": {"order_salesperson": []},
    "City": {"order_city": []},
    "From": {"order_from": None},
    "To": {"order_to": None},
    "Currency": {"order_currency": widgets.ALL_CURRENCIES},
    "Stage": {"order_stage": []},
    "Orders": {"order_show": "all"},
    "Company": {"company": "All companies"},
}


@dataclass(frozen=True)
class OrderFilters:
    """What the page shows; empty tuples, texts, days and no currency keep everything."""

    text: str = ""
    technologies: tuple[str, ...] = ()
    salespeople: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    currency_id: int = 0
    stages: tuple[str, ...] = ()
    shown: str = "open"
    sort: str = "longest"


def draw(view: View, orders: OrderBook) -> tuple[OrderFilters, list[str]]:
    """Draw the filters; return their values and a sentence for each value in the address that cannot be taken."""
    codes = {view.code(key): key for key in orders.currency_ids if view.code(key)}
    last_day = date(view.today.year + 1, 12, 31)
    notes = not_taken(
        ("order_technology", "technology", [labels.technology(key) for key in (*TECHNOLOGIES, "")]),
        ("order_salesperson", "salesperson", orders.salespeople),
        ("order_city", "city", orders.cities),
        ("order_currency", "currency", [widgets.ALL_CURRENCIES, *codes]),
        ("order_stage", "stage", stages_of(orders).values()),
        ("order_show", "choice of orders", SHOWN.values()),
    )
    notes += days_not_taken(last_day, "order_from", "order_to")
    with st.grid(3, min_column_width=FILTER_WIDTH_PX, gap="xsmall"):
        text = widgets.search("Search", "order_q", "Number, customer, reference")
        technologies = widgets.technologies("order_technology")
        salespeople = widgets.several("Salesperson", orders.salespeople, "order_salesperson", "Everybody")
        cities = widgets.several("City", orders.cities, "order_city", "All cities")
        first, last = (
            widgets.day(label, key, last_day, help="The order date; of a quotation, the day it was created.")
            for label, key in (("From", "order_from"), ("To", "order_to"))
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        currency_id = widgets.currency(codes, "order_currency")
        shown = widgets.one_of("Orders", SHOWN, "order_show", "open")
    stages = widgets.pills("Stage", stages_of(orders), "order_stage")
    chosen = OrderFilters(
        text=text,
        technologies=technologies,
        salespeople=salespeople,
        cities=cities,
        first=first,
        last=last,
        currency_id=currency_id,
        stages=stages,
        shown=shown,
    )
    if chosen.first and chosen.last and chosen.first > chosen.last:
        notes.append(
            f"{formats.day(chosen.first)} to {formats.day(chosen.last)} ends before it begins: no order can match. "
            "Choose the days again."
        )
    return chosen, notes


def title(chosen: OrderFilters) -> str:
    """Return what the table shows, as its heading."""
    return {"open": "Open orders", "to_invoice": "Orders to invoice", "stuck": "Stuck orders", "all": "All orders"}[
        chosen.shown
    ]


def sort_choice() -> str:
    """Draw the choice of order and return it."""
    return str(widgets.selected("Sort by", SORTS, "order_sort", width=180))


def stages_of(orders: OrderBook) -> dict[str, str]:
    """Return the stages this Odoo's orders can be in: without deliveries there are two fewer."""
    return {key: name for key, name in STAGES.items() if orders.delivers or key not in ("in_delivery", "delivered")}


def open_rows(shown: str, *stages: str) -> None:
    """Show the orders behind a figure: those of a choice in the stages named (none = any)."""
    st.session_state["order_show"] = shown
    st.session_state["order_stage"] = list(stages)


def kept(view: View, orders: OrderBook, chosen: OrderFilters) -> BoolArray:
    """Return the orders that every filter but the choice of orders and the stage keeps."""
    rows = orders.rows
    keep = np.ones(len(rows), dtype=np.bool_)
    if chosen.technologies:
        keep &= (orders.technologies & np.uint8(sum(TECHNOLOGY_BITS[key] for key in chosen.technologies))) > 0
    for column, words in (("salesperson", chosen.salespeople), ("city", chosen.cities)):
        if words:
            keep &= is_code(rows, column, *words)
    if chosen.first:
        keep &= orders.day >= day_number(chosen.first)
    if chosen.last:
        keep &= (orders.day <= day_number(chosen.last)) & (orders.day != NO_DAY)
    if chosen.currency_id:
        keep &= ints(rows, "currency_id") == chosen.currency_id
    if chosen.text:
        keep &= searching.of_rows(view, chosen.text, rows, ("name", "client_ref"), "commercial_partner_id")
    return keep


def table_mask(orders: OrderBook, keep: BoolArray, chosen: OrderFilters) -> BoolArray:
    """Return the orders of the table: those kept that are in the choice and the stages chosen."""
    mask = keep & orders.shown[chosen.shown]
    if chosen.stages:
        places = [list(STAGES).index(key) for key in chosen.stages]
        mask &= np.isin(orders.stage, places)
    return mask


def order_of(orders: OrderBook, chosen: OrderFilters, mask: BoolArray) -> IntArray:
    """Return the positions of the orders of `mask`, sorted as chosen."""
    order = orders.orders[chosen.sort if chosen.sort in orders.orders else "longest"]
    return order[mask[order]]


def described(view: View, chosen: OrderFilters) -> dict[str, str]:
    """Return the filters that narrow the table, name to value, for "Explain", exports and empty states."""
    words = {
        "Company": view.company_words,
        "Orders": "" if chosen.shown == "all" else SHOWN[chosen.shown],
        "Stage": formats.listed(STAGES[key] for key in chosen.stages),
        "Technology": formats.listed(labels.technology(key) for key in chosen.technologies),
        "Salesperson": formats.listed(chosen.salespeople),
        "City": formats.listed(chosen.cities),
        "From": formats.day(chosen.first) if chosen.first else "",
        "To": formats.day(chosen.last) if chosen.last else "",
        "Currency": view.code(chosen.currency_id) if chosen.currency_id else "",
        "Search": chosen.text,
    }
    return {name: value for name, value in words.items() if value}


def hiding(view: View, orders: OrderBook, chosen: OrderFilters, names: Iterable[str]) -> list[str]:
    """Return those of the filters named without which there would be orders; all when none is so alone.

    Where there are no orders at all, no filter hides anything.
    """
    if view.snapshot.frame("orders").empty:
        return []
    without: dict[str, OrderFilters] = {
        "Orders": replace(chosen, shown="all"),
        "Stage": replace(chosen, stages=()),
        "Technology": replace(chosen, technologies=()),
        "Salesperson": replace(chosen, salespeople=()),
        "City": replace(chosen, cities=()),
        "From": replace(chosen, first=None),
        "To": replace(chosen, last=None),
        "Currency": replace(chosen, currency_id=0),
        "Search": replace(chosen, text=""),
        "Company": chosen,
    }
    names = list(names)

    def found(name: str) -> bool:
        rows = book(view.of_every_company) if name == "Company" else orders
        return bool(table_mask(rows, kept(view, rows, without[name]), without[name]).any())

    return [name for name in names if found(name)] or names
