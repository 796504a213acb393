"""The rows behind the Overview's figures as tables, one layout for each kind, and what a click on a row opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import ints
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics import labels
from odoo_client.metrics.ledger import NO_CUSTOMER
from odoo_client.metrics.money_in import SOURCES, money_texts
from odoo_client.metrics.services import fee_known
from pages.ui import formats, links, tables
from pages.ui.amounts import Column, Columns
from pages.ui.navigation import go, open_customer
from pages.ui.view import View

MOVE, PARTNER, ORDER = "account.move", "res.partner", "sale.order"
#: Columns of ids, which are never shown but needed by a click.
HIDDEN = ("record_id", "partner_id")
_HEADINGS: Columns = {
    "name": st.column_config.TextColumn("Number", pinned=True),
    "subject": "Subject",
    "customer": "Customer",
    "service": "Service",
    "technology": "Technology",
    "status": "Status",
    "made_by": "Came as",
    "method": "Method",
    "date": tables.date_column("Date"),
    "due_date": tables.date_column("Due"),
    "opened": tables.date_column("Opened"),
    "closed": tables.date_column("Closed"),
    "confirmed": tables.date_column("Confirmed"),
    "delivered": tables.date_column("Delivered"),
    "start": tables.date_column("Start"),
    "end": tables.date_column("End"),
    "amount": tables.money_column("Amount"),
    "currency": "Currency",
    "oldest_days": tables.count_column("Oldest days"),
    "odoo": tables.link_column("Odoo"),
}


def _customer(view: View, rows: pd.DataFrame, missing: str = NO_CUSTOMER) -> pd.Series[Any]:
    customers = view.snapshot.frame("customers")
    at = positions(ints(customers, "partner_id"), ints(rows, "commercial_partner_id"))
    return text_at(customers, "name", at, missing)


def _of_frame(view: View, frame: str, key: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a frame of the snapshot that `rows` name by id, in their order."""
    whole = view.snapshot.frame(frame)
    return whole.take(positions(ints(whole, key), ints(rows, key))).reset_index(drop=True)


def _payments(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    number = money_texts(view.snapshot, rows)["number"]
    return pd.DataFrame(
        {
            "record_id": rows["money_id"],
            "partner_id": rows["commercial_partner_id"],
            "name": number.where(number != "", "Payment"),
            "customer": _customer(view, rows).array,
            "date": rows["date"],
            "made_by": rows["made_by"].astype("str").map(SOURCES),
            "method": rows["method"].astype("str").replace("", labels.NO_METHOD),
            "amount": rows["amount"],
            "currency": rows["currency_id"].map(view.code),
            "odoo": links.money_urls(view.snapshot.meta, ints(rows, "payment_id"), ints(rows, "move_id")),
        }
    )


def _invoices(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    records = _of_frame(view, "invoices", "move_id", rows)
    return pd.DataFrame(
        {
            "record_id": rows["move_id"],
            "partner_id": rows["commercial_partner_id"],
            "name": records["name"],
            "customer": _customer(view, rows).array,
            "date": rows["date"],
            "due_date": records["due_date"],
            "amount": rows["amount"],
            "currency": rows["currency_id"].map(view.code),
            "odoo": links.record_urls(view.snapshot.meta, MOVE, rows["move_id"]),
        }
    )


def _overdue(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "record_id": rows["commercial_partner_id"],
            "partner_id": rows["commercial_partner_id"],
            "customer": rows["customer"],
            "amount": rows["overdue"],
            "currency": rows["currency_id"].map(view.code),
            "oldest_days": rows["oldest_days"],
            "odoo": links.record_urls(view.snapshot.meta, PARTNER, rows["commercial_partner_id"]),
        }
    )


def _tickets(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    contact = rows["contact_name"].astype("str")
    named = _customer(view, rows, "").array
    zone = view.settings.timezone
    opened, closed = (rows[name].dt.tz_convert(zone).dt.tz_localize(None) for name in ("create_date", "closed_date"))
    return pd.DataFrame(
        {
            "record_id": rows["ticket_id"],
            "partner_id": rows["commercial_partner_id"],
            "name": rows["number"],
            "subject": rows["subject"],
            "customer": pd.Series(named).where(pd.Series(named) != "", contact.where(contact != "", NO_CUSTOMER).array),
            "opened": opened,
            "closed": closed.where(rows["closed"]),
        }
    )


def _orders(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "record_id": rows["order_id"],
            "partner_id": rows["commercial_partner_id"],
            "name": rows["name"],
            "customer": rows["customer"],
            "confirmed": rows["ordered"],
            "delivered": rows["last_delivery"],
            "amount": rows["amount_total"],
            "currency": rows["currency_id"].map(view.code),
            "odoo": links.record_urls(view.snapshot.meta, ORDER, rows["order_id"]),
        }
    )


def _service_status(rows: pd.DataFrame) -> pd.Series[Any]:
    """Return the status of services, and why one has no fee."""
    status = rows["status"].astype("str").map(labels.service_status)
    return status.where(fee_known(rows), status + f", {labels.PERIOD_NOT_KNOWN.lower()}")


def _services(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    records = zip(rows["model"], rows["record_id"], strict=True)
    return pd.DataFrame(
        {
            "record_id": rows["record_id"],
            "partner_id": rows["commercial_partner_id"],
            "customer": _customer(view, rows).array,
            "service": rows["name"],
            "technology": rows["technology"].astype("str").map(labels.technology),
            "status": _service_status(rows),
            "start": rows["start_date"],
            "end": rows["end_date"],
            "amount": rows["monthly_fee"],
            "currency": rows["currency_id"].map(view.code),
            "odoo": [links.record_url(view.snapshot.meta, str(model), int(key)) for model, key in records],
        }
    )


Writer = Callable[[View, pd.DataFrame], pd.DataFrame]
TABLES: Mapping[str, Writer] = {
    "payments": _payments,
    "invoices": _invoices,
    "overdue": _overdue,
    "tickets_opened": _tickets,
    "tickets_closed": _tickets,
    "orders_confirmed": _orders,
    "orders_delivered": _orders,
    "services_started": _services,
    "services_ended": _services,
    "services_new": _services,
}
#: The id of each kind's rows: the newest come first.
ID: Mapping[str, str] = {
    "payments": "money_id",
    "invoices": "move_id",
    "overdue": "commercial_partner_id",
    **dict.fromkeys(("tickets_opened", "tickets_closed"), "ticket_id"),
    **dict.fromkeys(("orders_confirmed", "orders_delivered"), "order_id"),
    **dict.fromkeys(("services_started", "services_ended", "services_new"), "record_id"),
}


def columns(page: pd.DataFrame) -> dict[str, Column]:
    """Return the headings of a table's columns, in order; fewer without links into Odoo or with one company only."""
    shown = [name for name in page.columns if name not in HIDDEN]
    if "odoo" in shown and not page["odoo"].ne("").any():
        shown.remove("odoo")
    return {name: _HEADINGS[name] for name in shown}


def open_record(kind: str, page: pd.DataFrame, position: int | None) -> None:
    """Open what a row shows: its ticket or order, else its customer."""
    if position is None:
        return
    row = page.iloc[position]
    if kind.startswith("tickets"):
        go("tickets.py", {"ticket": str(int(row["record_id"]))})
    elif kind.startswith("orders"):
        go("orders.py", {"order": str(int(row["record_id"]))})
    elif int(row["partner_id"]):
        open_customer(page, position)
    else:
        name = formats.plain(str(row.get("name", "This record")))
        st.toast(f"{name} names no customer.", icon=":material/person_off:")
