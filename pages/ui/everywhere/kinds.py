"""The kinds of documents that the search from everywhere knows: where each is kept, how it reads, where it opens."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, flags, is_code
from odoo_client.metrics import labels
from odoo_client.metrics.ledger import NO_CUSTOMER
from odoo_client.metrics.pipeline import STAGES
from odoo_client.metrics.proof_queue import is_under_review
from pages.ui import trusted
from pages.ui.billing.filters import CLEARED, Table
from pages.ui.filters import cleared
from pages.ui.orders.detail import KEY as ORDER
from pages.ui.payments.data import DECIDE
from pages.ui.payments.decide import KEY as PAYMENT
from pages.ui.tickets.detail import KEY as TICKET
from pages.ui.view import View

Row = Mapping[Hashable, Any]
#: Whether the person may open a page, told by its name.
Opens = Callable[[str], bool]
#: What a result says: its title, and the line below it.
Words = tuple[str, str]


@dataclass(frozen=True)
class Place:
    """Where a result opens: the page's name, the record its address names, and the values of its filters.

    Filters are set and not asked for in the address: the page may be the one that is open already.
    """

    page: str
    record: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, object] = field(default_factory=dict)


#: What Odoo has where a document has no number yet.
NO_NUMBER = ("", "/")
#: The stages of an order that its state alone tells.
ORDER_STAGES = {"draft": "quotation", "sent": "sent", "cancel": "cancelled"}


@dataclass(frozen=True)
class Kind:
    """Documents of one kind: their frame, its column of ids, and the texts they are found by, the number first.

    `listed` says which rows a page that the person may open has; `words` and `place` take a row and its customer.
    """

    frame: str
    key: str
    columns: tuple[str, ...]
    pages: tuple[str, ...]
    words: Callable[[View, Row, str], Words]
    place: Callable[[Row, str, Opens], Place]
    listed: Callable[[pd.DataFrame, Opens], BoolArray] = lambda rows, opens: np.ones(len(rows), dtype=np.bool_)


def line(*parts: str) -> str:
    """Return parts as one line, the empty ones left out."""
    return " · ".join(" ".join(part.split()) for part in parts if part.strip())


def _number(row: Row, column: str, instead: str) -> str:
    return instead if row[column] in NO_NUMBER else str(row[column])


def _searched(row: Row, customer: str, *columns: str) -> str:
    """Return what a list is searched for to show this row: the first of `columns` that says something."""
    return next((str(row[column]) for column in columns if row[column] not in NO_NUMBER), customer)


def _on_billing(table: Table, wanted: str) -> Place:
    """Return the table of Billing with nothing chosen but a search."""
    every = cleared(CLEARED, [name for name in CLEARED if name != "Company"])
    return Place("billing", filters={**every, "bill_view": table, "bill_q": wanted})


def _invoice(view: View, row: Row, customer: str) -> Words:
    kind, state = labels.kind(str(row["kind"])), str(row["state"])
    status = labels.status(str(row["payment_state"]) or "posted") if state == "posted" else labels.status(state)
    left = float(row["residual"]) * (-1 if row["kind"] == "credit_note" else 1)
    if state == "posted" and left:
        currency_id = int(row["currency_id"])
        hidden = any(one.company_id == row["company_id"] for one in trusted.withheld(view, currency_id))
        status = f"{view.code(currency_id)} not shown" if hidden else f"{view.money(left, currency_id)} open"
    title = _number(row, "name", f"{kind} without number")
    return title, line(customer, status, "" if row["kind"] == "invoice" else kind)


def _invoice_place(row: Row, customer: str, opens: Opens) -> Place:
    return _on_billing("invoices", _searched(row, customer, "name", "ref", "payment_reference"))


def _payment(view: View, row: Row, customer: str) -> Words:
    inbound = row["direction"] == "inbound"
    # Newer versions of Odoo have their own word for a payment that the bank has not confirmed yet.
    state = "in_process" if row.get("raw_state") == "in_process" else str(row["state"])
    amount = view.money(float(row["amount"]) * (1 if inbound else -1), row["currency_id"])
    status = labels.payment_status(state, inbound=inbound)
    return _number(row, "name", "Payment without number"), line(customer, amount, status)


def _payment_place(row: Row, customer: str, opens: Opens) -> Place:
    if opens("payments") and row["direction"] == "inbound" and row["state"] == "draft":
        return Place("payments", {PAYMENT: str(row["payment_id"])}, {"payments_show": DECIDE})
    return _on_billing("payments", _searched(row, customer, "name", "memo", "payment_reference"))


def _payments_listed(rows: pd.DataFrame, opens: Opens) -> BoolArray:
    # The page Payments has those that wait for a decision, Billing all of them.
    return np.ones(len(rows), dtype=np.bool_) if opens("billing") else is_under_review(rows)


def _ticket(view: View, row: Row, customer: str) -> Words:
    # Of a ticket without a customer it is known who wrote it.
    who = str(row["contact_name"]) if customer == NO_CUSTOMER and row["contact_name"] else customer
    return line(str(row["number"]), str(row["subject"])), line(who)


def _ticket_place(row: Row, customer: str, opens: Opens) -> Place:
    return Place("tickets", {TICKET: str(row["ticket_id"])})


def _order(view: View, row: Row, customer: str) -> Words:
    stage = STAGES[ORDER_STAGES.get(str(row["state"]), "confirmed")]
    return _number(row, "name", "Order without number"), line(customer, stage)


def _order_place(row: Row, customer: str, opens: Opens) -> Place:
    return Place("orders", {ORDER: str(row["order_id"])})


def _orders_listed(rows: pd.DataFrame, opens: Opens) -> BoolArray:
    # A running subscription is a service: the page Orders does not have it.
    found: BoolArray = ~(flags(rows, "subscription") & is_code(rows, "state", "sale", "done"))
    return found


#: By their words, in the order they are shown in where several are found equally well.
KINDS: Mapping[str, Kind] = {
    "Invoice": Kind(
        frame="invoices",
        key="move_id",
        columns=("name", "ref", "payment_reference"),
        pages=("billing",),
        words=_invoice,
        place=_invoice_place,
    ),
    "Payment": Kind(
        frame="payments",
        key="payment_id",
        columns=("name", "memo", "payment_reference"),
        pages=("billing", "payments"),
        words=_payment,
        place=_payment_place,
        listed=_payments_listed,
    ),
    "Ticket": Kind(
        frame="tickets",
        key="ticket_id",
        columns=("number", "subject", "contact_name", "contact_email"),
        pages=("tickets",),
        words=_ticket,
        place=_ticket_place,
    ),
    "Order": Kind(
        frame="orders",
        key="order_id",
        columns=("name", "client_ref"),
        pages=("orders",),
        words=_order,
        place=_order_place,
        listed=_orders_listed,
    ),
}
