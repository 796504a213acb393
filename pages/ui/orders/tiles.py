"""The drawing of the Orders page: tiles, pipeline, time in stage, and the list of orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import BoolArray, IntArray, ints
from odoo_client.frames.groups import exact_sums
from odoo_client.metrics import labels
from odoo_client.metrics.pipeline import DELIVERY, ENOUGH, STAGES, WINDOW_DAYS
from odoo_client.metrics.spread import Spread
from pages.ui import charts, formats, freshness, links, tables
from pages.ui.amounts import Column
from pages.ui.explain import explain
from pages.ui.orders.data import OrderBook, invoices_unknown, technology_words
from pages.ui.orders.filters import OrderFilters, described, open_rows, stages_of
from pages.ui.tiles import TILE_WIDTH_PX, tile
from pages.ui.view import TECHNOLOGIES, View

ORDER_MODEL = "sale.order"
NOT_RECORDED = "not recorded"
NOT_KNOWN = "not known"
NO_DELIVERY = (
    "Inventory is not installed in this Odoo: the pipeline goes from confirmed to invoiced, without a delivery."
)
PLACES = {key: place for place, key in enumerate(STAGES)}
REACHED, AHEAD = "●", "○"


@dataclass(frozen=True, eq=False)
class OrdersPage:
    """What the page's parts draw from: the view, the prepared orders, the filters, and what they keep.

    `keep` leaves the choice of orders and the stage open; `mask` is the table.
    """

    view: View
    book: OrderBook
    chosen: OrderFilters
    keep: BoolArray
    mask: BoolArray

    @property
    def words(self) -> dict[str, str]:
        """The filters that narrow the tiles, name to value."""
        return described(self.view, replace(self.chosen, shown="all", stages=()))

    def sums(self, mask: BoolArray) -> dict[int, float]:
        """Return the value of the orders of `mask`, by currency."""
        currency = ints(self.book.rows, "currency_id")[mask]
        keys, codes = np.unique(currency, return_inverse=True)
        totals = exact_sums(codes, self.book.amount[mask], len(keys))
        return {int(key): float(total) for key, total in zip(keys, totals, strict=True)}

    def money(self, mask: BoolArray) -> str:
        """Return the value of the orders of `mask` as `USD 12.00 · ZWG 3.00`."""
        return " · ".join(self.view.money(amount, key) for key, amount in self.sums(mask).items())


def tiles(shown: OrdersPage) -> None:
    """Draw how many orders are open, waiting, under way, to be invoiced and stuck, and how long an order takes."""
    book = shown.book
    by_stage = {key: book.stage == place for key, place in PLACES.items()}
    with st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small"):
        _tile(shown, "Open orders", ":material/inbox:", "open_orders", "open")
        _tile(
            shown,
            "Confirmed, waiting",
            ":material/hourglass_top:",
            "order_stage",
            "open",
            "confirmed",
            mask=by_stage["confirmed"] & book.shown["open"],
        )
        if book.delivers:
            _tile(
                shown,
                "In delivery",
                ":material/local_shipping:",
                "order_stage",
                "open",
                "in_delivery",
                mask=by_stage["in_delivery"] & book.shown["open"],
            )
        _tile(shown, "To invoice", ":material/request_quote:", "orders_to_invoice", "to_invoice")
        _stuck(shown)
        _cycle(shown)


def _tile(
    shown: OrdersPage,
    label: str,
    icon: str,
    key: str,
    choice: str,
    *stages: str,
    mask: BoolArray | None = None,
    value: str = "",
    note: str = "",
) -> None:
    """Draw a tile of orders, which opens exactly those it counts."""
    found = shown.keep & (shown.book.shown[choice] if mask is None else mask)
    count = int(found.sum())
    tile(
        label,
        [value or formats.count(count)],
        icon=icon,
        note=formats.plain(shown.money(found)) + note,
        open_label="Show them",
        on_open=partial(open_rows, choice, *stages),
        explanation=partial(explain, key, as_of=shown.view.today, filters=shown.words, rows=count),
    )


def _stuck(shown: OrdersPage) -> None:
    told = [key for key, spread in shown.book.times.items() if spread.count >= ENOUGH]
    unknown = invoices_unknown(shown.view)
    if not told:
        tile(
            "Stuck",
            ["not told"],
            icon=":material/block:",
            note=f"Fewer than {ENOUGH} orders left each stage in the last {WINDOW_DAYS} days: too few to compare with"
            + (f"; {unknown}." if unknown else "."),
            explanation=partial(explain, "stuck_orders", as_of=shown.view.today),
        )
        return
    waiting = "delivered orders" if shown.book.delivers else "orders"
    note = f"; {unknown}, so {waiting} that wait for one are not told" if unknown else ""
    _tile(shown, "Stuck", ":material/block:", "stuck_orders", "stuck", note=note)


def _cycle(shown: OrdersPage) -> None:
    delivered, invoiced = shown.book.cycle["last_delivery"], shown.book.cycle["first_invoice"]
    first, rest = (delivered, invoiced) if delivered.count else (invoiced, delivered)
    words = "delivered" if first is delivered else "invoiced"
    why = freshness.absent(shown.view, "invoices")
    nothing = "no order was delivered" if why else "no order was delivered or invoiced"
    note = f"confirmed to {words}, {_ninety(first)}" if first.count else nothing
    if rest.count:
        note += f"; to the first invoice {days_words(rest.median)}, {_ninety(rest)}"
    if why:
        note += f"; to the first invoice: {why}"
    tile(
        "Order cycle time",
        [days_words(first.median)],
        icon=":material/timer:",
        note=f"{note}. Whatever the filters.",
        explanation=partial(explain, "order_cycle_time", as_of=shown.view.today, rows=first.count),
    )


def _ninety(spread: Spread) -> str:
    return f"90% within {days_words(spread.p90)} ({formats.plural(spread.count, 'order')})"


def days_words(value: float | None) -> str:
    """Return days as `3 days` or `1.5 days`, a dash for none."""
    if value is None:
        return formats.NONE_SHOWN
    number = round(value, 1)
    return f"{number:,.0f} {'day' if number == 1 else 'days'}" if number == int(number) else f"{number:,.1f} days"


def pipeline(shown: OrdersPage) -> None:
    """Draw the orders of the choice by stage, one chart a currency; a click on a bar filters by its stage."""
    book, chosen = shown.book, shown.chosen
    mask = shown.keep & book.shown[chosen.shown]
    finished = () if chosen.shown == "all" else ("invoiced", "cancelled")
    stages = {key: name for key, name in stages_of(book).items() if key not in finished}
    st.subheader("Pipeline", anchor=False)
    if not book.delivers:
        st.caption(f":material/info: {NO_DELIVERY}")
    currency = ints(book.rows, "currency_id")
    shown_ids = np.unique(currency[mask]).tolist()
    if not shown_ids:
        # The list, which is empty too, says which filters hide them.
        st.caption("No order matches the filters, so there is no pipeline to draw.")
        return
    with st.grid(min(2, len(shown_ids)) or 1, min_column_width=330, gap="small"):
        for currency_id in shown_ids:
            with st.container(border=True):
                _stage_chart(shown, stages, mask & (currency == currency_id), currency_id)
    note = "Click a bar for its orders."
    if finished:
        done = [(key, int((shown.keep & (book.stage == PLACES[key])).sum())) for key in finished]
        words = formats.listed(f"{formats.count(number)} {STAGES[key].lower()}" for key, number in done)
        note += f" Finished, so not in the chart: {words}."
    st.caption(note)


def _stage_chart(shown: OrdersPage, stages: Mapping[str, str], own: BoolArray, currency_id: int) -> None:
    view, book = shown.view, shown.book
    code, at = view.code(currency_id), [PLACES[key] for key in stages]
    counts = np.bincount(book.stage[own], minlength=len(STAGES))[at].tolist()
    amounts = exact_sums(book.stage[own], book.amount[own], len(STAGES))[at].tolist()
    worth = [
        f"{name} {formats.count(count)} worth {view.money(amount, currency_id)}"
        for name, count, amount in zip(stages.values(), counts, amounts, strict=True)
        if count
    ]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**Orders in {formats.plain(code)}** by stage")
        explain("order_stage", as_of=view.today, currency=code, filters=shown.words, rows=int(own.sum()))
    charts.draw(
        charts.stage_bars(
            stages, counts, amounts, code, shown.chosen.stages or tuple(stages), decimals=view.decimals(currency_id)
        ),
        f"{code} orders by stage: {formats.listed(worth)}",
        key=f"order_stages_{currency_id}_{shown.chosen.shown}",
        on_pick=partial(_pick_stage, stages, code if len(book.currency_ids) > 1 else ""),
    )


def _pick_stage(stages: Mapping[str, str], code: str, key: str) -> None:
    """Show the orders behind a bar: those of its stage, in its currency where there are several."""
    if key in stages:
        st.session_state["order_stage"] = [key]
        if code:
            st.session_state["order_currency"] = code


def stage_times(shown: OrdersPage) -> None:
    """Draw how long orders stay in each stage, beside how long the open ones have been there."""
    book = shown.book
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Time in stage", anchor=False)
        explain("time_in_stage", as_of=shown.view.today)
    unknown = invoices_unknown(shown.view)
    tables.show(
        stage_table(book, invoices_known=not unknown),
        {
            "stage": st.column_config.TextColumn("Stage", pinned=True),
            "count": tables.count_column("Left it", f"Orders that left the stage in the last {WINDOW_DAYS} days"),
            "median": _days_column("Median, days"),
            "p90": _days_column("Nine in ten within, days"),
            "open": tables.count_column("Open now"),
            "open_median": _days_column("Their median age, days"),
            "open_p90": _days_column("Nine in ten younger than, days"),
            "stuck": st.column_config.TextColumn("Stuck"),
        },
        "How long orders stay in each stage, and how long the open ones have been there",
        key="order_times",
    )
    st.caption(
        "Of all orders of the companies chosen; other filters do not narrow it. When a quotation was sent is not "
        "recorded in Odoo, so it counts with the quotation. Odoo's date of the last change is never used."
        + (
            f" {unknown[0].upper()}{unknown[1:]}: of confirmed orders those count that left by a delivery, "
            "and of a stage that ends with an invoice alone nothing is told."
            if unknown
            else ""
        )
    )


def stage_table(book: OrderBook, *, invoices_known: bool = True) -> pd.DataFrame:
    """Return one row for each timed stage of this Odoo: what passed it, what is open in it, and how many are stuck.

    Where invoices are not known, neither is what leaves a stage only by an invoice.
    """
    clock = book.rows["clock"].to_numpy()
    late = book.shown["stuck"]
    rows = []
    for key, spread in book.times.items():
        if key not in stages_of(book):
            continue
        ages = book.ages[key]
        known = invoices_known or key not in ("delivered" if book.delivers else "confirmed", "delivered")
        late_words = formats.count((late & (clock == key)).sum()) if spread.count >= ENOUGH else "too few to tell"
        rows.append(
            {
                "stage": "Quotation and sent" if key == "quotation" else STAGES[key],
                "count": spread.count if known else None,
                "median": spread.median,
                "p90": spread.p90,
                "open": ages.count,
                "open_median": ages.median,
                "open_p90": ages.p90,
                "stuck": late_words if known else NOT_KNOWN,
            }
        )
    return pd.DataFrame(rows).astype(dict.fromkeys(("median", "p90", "open_median", "open_p90"), "float64"))


def _days_column(label: str) -> Column:
    return st.column_config.NumberColumn(label, format="%,.1f")


def rows_of(shown: OrdersPage, at: IntArray) -> pd.DataFrame:
    """Return the orders at the positions `at` as the list shows them."""
    view, rows = shown.view, shown.book.rows.take(at).reset_index(drop=True)
    bits, unknown = shown.book.technologies[at], invoices_unknown(view)
    sale = rows["state"].astype("str").isin(["sale", "done"])
    return pd.DataFrame(
        {
            "order_id": rows["order_id"],
            "number": rows["name"],
            "progress": [steps(step, of) for step, of in zip(rows["step"], rows["steps"], strict=True)],
            "stage": rows["stage"].astype("str").map(STAGES),
            "stuck": np.where(rows["stuck"], "Stuck", ""),
            "customer": rows["customer"],
            "technology": [technology_words(int(each), TECHNOLOGIES) or labels.technology("") for each in bits],
            "city": rows["city"],
            "salesperson": rows["salesperson"],
            "since": [
                formats.day(day) if not pd.isna(day) else NOT_KNOWN if unknown and stage == "invoiced" else NOT_RECORDED
                for day, stage in zip(rows["since"], rows["stage"].astype("str"), strict=True)
            ],
            "days": rows["days_in_stage"],
            "day": rows["ordered"].where(rows["ordered"].notna(), rows["created"]),
            "delivery": rows["delivery"].astype("str").map(DELIVERY).where(sale, ""),
            "invoicing": rows["invoice_status"].astype("str").map(INVOICING).where(sale, "").fillna(""),
            "value": rows["amount_total"],
            "currency": rows["currency_id"].map(view.code),
            "company": rows["company_id"].map(view.company_names).fillna(""),
            "promised": local_days_of(rows["commitment_date"], view),
            "reference": rows["client_ref"],
            "odoo": links.record_urls(view.snapshot.meta, ORDER_MODEL, rows["order_id"]),
        }
    )


#: Odoo's state of invoicing in words.
INVOICING: Mapping[str, str] = {
    "no": "Nothing to invoice",
    "to invoice": "To invoice",
    "invoiced": "Invoiced",
    "upselling": "Invoiced, more was delivered",
}


def local_days_of(moments: pd.Series, view: View) -> pd.Series:
    """Return the day, in the provider's time zone, of moments in UTC."""
    day: pd.Series = moments.dt.tz_convert(view.settings.timezone).dt.tz_localize(None).dt.normalize()
    return day


def steps(step: int, of: int) -> str:
    """Return how far an order is as `●●●○○○`; a cancelled one has made no progress."""
    return REACHED * int(step) + AHEAD * int(of - step) if step else "cancelled"


def columns_of(shown: OrdersPage, rows: pd.DataFrame) -> dict[str, Column]:
    """Return the list's columns in order; what this Odoo does not have is left out."""
    columns: dict[str, Column] = {
        "number": st.column_config.TextColumn("Order", pinned=True),
        "customer": st.column_config.TextColumn("Customer", width=180),
        "progress": st.column_config.TextColumn("Progress", help="Quotation, sent, confirmed, delivery, invoice"),
        "stage": "Stage",
        "stuck": "Stuck",
        "days": tables.count_column("Days in stage", "Where the stage has no date: since the stage before began"),
        "since": st.column_config.TextColumn("In stage since"),
        "day": tables.date_column("Order date", "Of a quotation, the day it was created"),
        "technology": "Technology",
        "city": "City",
        "salesperson": "Salesperson",
        "value": tables.money_column("Value", "With tax"),
        "currency": st.column_config.TextColumn("Currency", width=80),
        "delivery": "Delivery",
        "invoicing": "Invoicing",
        "promised": tables.date_column("Promised for"),
        "reference": "Reference",
    }
    if len(shown.view.company_ids) > 1:
        columns["company"] = "Company"
    if not shown.book.delivers:
        columns.pop("delivery")
    if rows["odoo"].ne("").any():
        columns["odoo"] = tables.link_column("Odoo")
    return columns


def totals(shown: OrdersPage) -> str:
    """Return the totals of the list in words, by currency."""
    words = formats.plural(int(shown.mask.sum()), "order")
    sums: Sequence[str] = [shown.view.money(amount, key) for key, amount in shown.sums(shown.mask).items()]
    return f"{words} worth **{formats.plain(formats.listed(sums))}**, tax included."
