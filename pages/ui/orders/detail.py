"""One order on the Orders page: its stages with their days, its lines, its deliveries, its customer."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import ints
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics.pipeline import DELIVERY, STAGES
from pages.ui import formats, links, selection, tables
from pages.ui.amounts import Column
from pages.ui.navigation import company_query, page_link
from pages.ui.orders.data import OrderBook, invoices_unknown
from pages.ui.orders.tiles import INVOICING, NOT_KNOWN, NOT_RECORDED, ORDER_MODEL, days_words, local_days_of
from pages.ui.view import View

PICKING_MODEL = "stock.picking"
#: Odoo's states of a picking in words.
PICKING_STATES = {
    "draft": "Draft",
    "waiting": "Waits for another step",
    "confirmed": "Waits for goods",
    "assigned": "Ready",
    "done": "Done",
    "cancel": "Cancelled",
}
PICKING_KINDS = {"outgoing": "Delivery", "incoming": "Return", "internal": "Warehouse"}
#: Which stored day a stage began on.
STAGE_DAYS = {"quotation": "created", "confirmed": "ordered", "in_delivery": "first_delivery"}
STAGE_DAYS |= {"delivered": "last_delivery", "invoiced": "first_invoice"}
NO_PRODUCT = "No product"
#: The order that is open, in the address.
KEY = "order"


def detail(view: View, book: OrderBook, asked: str) -> None:
    """Draw the order asked for, or say that the companies chosen have none with that number."""
    at = selection.position_of(KEY, book.rows, "order_id")
    if at is None:
        st.warning(
            f"There is no order {formats.plain(asked)} here: it may have been deleted in Odoo, belong to another "
            "company, or be a running subscription (see Services).",
            icon=":material/link_off:",
        )
        return
    order = book.rows.iloc[at]
    with st.container(border=True):
        _header(view, order)
        _stepper(view, book, order)
        _facts(view, order)
        _lines(view, int(order["order_id"]))
        if book.delivers:
            _deliveries(view, int(order["order_id"]))


def _header(view: View, order: pd.Series) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(f"{formats.plain(order['name'])} · {formats.plain(order['customer'])}", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if order["commercial_partner_id"]:
                query = company_query() | {"customer": str(order["commercial_partner_id"])}
                page_link("customers.py", "Customer", ":material/person:", query)
            url = links.record_url(view.snapshot.meta, ORDER_MODEL, int(order["order_id"]))
            selection.draw_buttons(url, "order_close", partial(selection.close, KEY))


def _stepper(view: View, book: OrderBook, order: pd.Series) -> None:
    """Draw the stages of the order with the day each began; one without a stored day says so."""
    if order["stage"] == "cancelled":
        st.error(
            f"Cancelled. Created {formats.day(order['created'])}; when it was cancelled is not recorded.",
            icon=":material/cancel:",
        )
        return
    shipped = book.delivers and bool(order["has_delivery"])
    stages = [key for key in STAGES if key != "cancelled" and (shipped or key not in ("in_delivery", "delivered"))]
    present = stages.index(str(order["stage"]))
    unknown = bool(invoices_unknown(view))
    with st.grid(len(stages), min_column_width=130, gap="xsmall"):
        for place, key in enumerate(stages):
            name = STAGES[key]
            if place < present:
                mark, label = ":material/check_circle:", name
            elif place == present:
                mark, label = ":material/radio_button_checked:", f"**{name}**"
            else:
                mark, label = ":material/radio_button_unchecked:", name
            with st.container(gap=None):
                st.markdown(f"{mark} {label}")
                st.caption(_stage_day(order, key, place, present, unknown))


def _stage_day(order: pd.Series, key: str, place: int, present: int, unknown: bool) -> str:
    day = order[STAGE_DAYS[key]] if key in STAGE_DAYS else pd.NaT
    if not pd.isna(day):
        # Invoiced in advance: the day is known although the stage is ahead.
        return formats.day(day) + (", in advance" if place > present else "")
    if unknown and key == "invoiced":
        return NOT_KNOWN
    return NOT_RECORDED if place <= present else formats.NONE_SHOWN


def _facts(view: View, order: pd.Series) -> None:
    words = [f"Value **{formats.plain(view.money(order['amount_total'], order['currency_id']))}**, tax included"]
    if order["open"] and not pd.isna(order["days_in_stage"]):
        joined = "" if not pd.isna(order["since"]) else " (counted from the stage before)"
        words.append(f"{days_words(order['days_in_stage'])} in this stage{joined}")
    if order["stuck"]:
        words.append(":orange-badge[:material/block: Stuck]")
    if order["state"] == "sale":
        words.append(f"Delivery: {DELIVERY[str(order['delivery'])].lower()}")
        words.append(f"Invoicing: {INVOICING.get(str(order['invoice_status']), 'not told').lower()}")
    words.append(f"Salesperson {formats.plain(order['salesperson'])}")
    if order["city"]:
        words.append(formats.plain(order["city"]))
    if not pd.isna(order["commitment_date"]):
        words.append(f"Promised for {formats.local_day(order['commitment_date'], view.settings.timezone)}")
    if order["client_ref"]:
        words.append(f"Reference {formats.plain(order['client_ref'])}")
    st.markdown(" · ".join(words))


def order_lines(view: View, order_id: int) -> pd.DataFrame:
    """Return the order's lines as its table shows them."""
    lines, products = view.snapshot.frame("order_lines"), view.snapshot.frame("products")
    lines = lines[ints(lines, "order_id") == order_id].reset_index(drop=True)
    at = positions(ints(products, "product_id"), ints(lines, "product_id"))
    return pd.DataFrame(
        {
            "product_id": lines["product_id"],
            "product": text_at(products, "name", at, NO_PRODUCT).array,
            "quantity": lines["quantity"],
            "delivered": lines["qty_delivered"],
            "invoiced": lines["qty_invoiced"],
            "price": lines["price_unit"],
            "discount": lines["discount_pct"],
            "subtotal": lines["subtotal"],
            "currency": lines["currency_id"].map(view.code).astype("str"),
        }
    )


def _lines(view: View, order_id: int) -> None:
    lines = order_lines(view, order_id)
    if lines.empty:
        st.caption("The order has no product lines.")
        return

    def number(label: str) -> Column:
        return st.column_config.NumberColumn(label)

    columns = {
        "product": st.column_config.TextColumn("Product", pinned=True),
        "quantity": number("Quantity"),
        "delivered": number("Delivered"),
        "invoiced": number("Invoiced"),
        "price": tables.money_column("Price"),
        "discount": number("Discount, %"),
        "subtotal": tables.money_column("Subtotal", "Before tax"),
        "currency": "Currency",
    }
    if not (lines["discount"] != 0).any():
        columns.pop("discount")
    tables.show(lines, columns, "Lines of the order", key=f"order_lines_{order_id}")


def order_deliveries(view: View, order_id: int) -> pd.DataFrame:
    """Return the order's pickings as their table shows them."""
    frame = view.snapshot.frame("deliveries")
    frame = frame[ints(frame, "order_id") == order_id].reset_index(drop=True)
    return pd.DataFrame(
        {
            "name": frame["name"],
            "kind": frame["kind"].astype("str").map(PICKING_KINDS).fillna("Delivery"),
            "state": frame["state"].astype("str").map(PICKING_STATES).fillna("Not told"),
            "scheduled": local_days_of(frame["scheduled_date"], view),
            "done": local_days_of(frame["date_done"], view),
            "odoo": links.record_urls(view.snapshot.meta, PICKING_MODEL, frame["picking_id"]),
        }
    )


def _deliveries(view: View, order_id: int) -> None:
    pickings = order_deliveries(view, order_id)
    if pickings.empty:
        st.caption("Nothing is delivered for this order.")
        return
    columns: dict[str, Column] = {
        "name": st.column_config.TextColumn("Delivery", pinned=True),
        "kind": "Kind",
        "state": "State",
        "scheduled": tables.date_column("Scheduled"),
        "done": tables.date_column("Done"),
    }
    if pickings["odoo"].ne("").any():
        columns["odoo"] = tables.link_column("Odoo")
    tables.show(pickings, columns, "Deliveries of the order", key=f"order_deliveries_{order_id}")
