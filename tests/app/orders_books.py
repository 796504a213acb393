"""Books for the Orders and Products pages: orders in every stage, passages enough to tell who is stuck, a catalogue."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from odoo_client.store.snapshot import FrameInfo, Snapshot, State
from tests.app.conftest import TODAY, ago, books, real
from tests.builders import USD, ZWG, Ledger

PASSED = 12
"""Orders that went all the way: created 30 days ago, confirmed after 2 days, delivered after 4 more, invoiced then."""


def moment(days_ago: int) -> datetime:
    return datetime.combine(TODAY - timedelta(days=days_ago), time(8), tzinfo=UTC)


def provider_orders(*, technology: str = "") -> Ledger:
    """The books with orders: open ones worth USD 100 … 500 and ZWG 2,000, and `PASSED` that are finished.

    Open: a quotation of 1 day, one of 50 days (stuck), one sent, one confirmed (a service, 3 days), one waiting for
    delivery for 40 days (stuck), one half delivered, one delivered and not invoiced (ZWG). Cancelled: one.
    """
    book = books()
    frames = book.frames
    frames["orders"].clear()
    frames["users"] += [
        {"user_id": 1, "name": "Tariro Chikomo", "login": "tariro", "active": True},
        {"user_id": 2, "name": "=HYPERLINK(1)", "login": "evil", "active": True},
    ]
    frames["products"] += [
        product(1, "Fibre 100", "fibre", 100.0),
        product(2, "Wireless <i>20</i>", "wireless", 60.0),
        product(3, "Starlink plan", "starlink", 70.0),
        product(4, "Fibre gold", "fibre", 2600.0, currency_id=ZWG),
        product(5, "Starlink Kit", "starlink", 350.0, is_service=False, kind="consu"),
        product(6, "=HYPERLINK(PBX)", "", 12.0, is_service=False),
        product(7, "Old plan", "fibre", 30.0, active=False),
    ]
    orders = (
        # id, customer, state, invoice_status, created, ordered, amount, currency, product, salesperson
        (1, 1, "draft", "no", 1, 1, 100.0, USD, 1, 1),
        (2, 2, "draft", "no", 50, 50, 200.0, USD, 2, 1),
        (3, 3, "sent", "no", 2, 2, 300.0, USD, 3, 2),
        (4, 4, "sale", "to invoice", 5, 3, 400.0, USD, 3, 0),
        (5, 5, "sale", "invoiced", 45, 40, 500.0, USD, 5, 1),
        (6, 1, "sale", "to invoice", 9, 8, 150.0, USD, 5, 1),
        (7, 2, "sale", "to invoice", 9, 8, 2000.0, ZWG, 5, 2),
        (8, 3, "cancel", "no", 9, 8, 70.0, USD, 1, 1),
    )
    for key, customer, state, status, created, ordered, amount, currency, sold, person in orders:
        add(book, key, customer, state, status, created, ordered, amount, currency, sold, person)
    deliver(book, 5, "assigned")
    deliver(book, 6, "done", 5)
    deliver(book, 6, "assigned")
    deliver(book, 7, "done", 2)
    for number in range(PASSED):
        key = 100 + number
        add(book, key, 6, "sale", "invoiced", 30, 28, 10.0, USD, 1, 1)
        deliver(book, key, "done", 24)
        frames["invoices"].append(
            {"move_id": 9000 + key, "name": f"INV/{key}", "origin": f"S{key:05d}", "kind": "invoice", "state": "posted",
             "company_id": 1, "currency_id": USD, "invoice_date": ago(22), "partner_id": 6, "commercial_partner_id": 6}
        )  # fmt: skip
    if technology:
        for row in frames["products"]:
            row["technology"] = technology
    return book


def product(product_id: int, name: str, technology: str, price: float, **more: Any) -> dict[str, Any]:
    row = {"product_id": product_id, "name": name, "technology": technology, "list_price": price, "currency_id": USD}
    return row | {"is_service": True, "active": True, "kind": "service", "code": f"P{product_id}"} | more


def add(
    book: Ledger, key: int, customer: int, state: str, status: str, created: int, ordered: int, amount: float,
    currency: int, product_id: int, person: int,
) -> None:  # fmt: skip
    """One order with one line."""
    order = {
        "order_id": key, "name": f"S{key:05d}", "partner_id": customer, "commercial_partner_id": customer,
        "company_id": 2 if customer == 4 else 1, "currency_id": currency, "state": state, "invoice_status": status,
        "create_date": moment(created), "date_order": moment(ordered), "salesperson_id": person,
        "amount_total": amount, "client_ref": "=cmd|PO" if key == 3 else "",
    }  # fmt: skip
    book.frames["orders"].append(order)
    book.frames["order_lines"].append(
        {"line_id": key, "order_id": key, "product_id": product_id, "quantity": 1.0, "price_unit": amount,
         "subtotal": amount, "currency_id": currency}
    )  # fmt: skip


def deliver(book: Ledger, order_id: int, state: str, days_ago: int = 0) -> None:
    """One outgoing picking, done so many days ago or waiting."""
    rows = book.frames["deliveries"]
    rows.append(
        {"picking_id": len(rows) + 1, "name": f"OUT/{len(rows) + 1}", "order_id": order_id, "state": state,
         "kind": "outgoing", "date_done": moment(days_ago) if state == "done" else None, "company_id": 1,
         "scheduled_date": moment(days_ago)}
    )  # fmt: skip


def without(snapshot: Snapshot, state: State, *names: str, message: str = "Install it.") -> Snapshot:
    """The snapshot of an Odoo where the frames named are empty, for the reason `state`."""
    empty = {name: snapshot.frame(name).iloc[:0] for name in names}
    frames = {name: empty.get(name, snapshot.frame(name)) for name in snapshot}
    info = dict(snapshot.info) | {
        name: FrameInfo(0, snapshot.meta.taken_at, state=state, message=message) for name in names
    }
    return real(Snapshot.from_frames(frames, info=info))
