"""Books with rows for every page: those of `books()`, and products, tickets, orders, methods and recent dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from odoo_client.store.snapshot import Snapshot
from tests.app.conftest import ago, books, read_now, real
from tests.builders import USD, ZWG, Ledger

HOUR = timedelta(hours=1)
#: Number, technology, plan or not, list price.
PRODUCTS = (
    (1, "Fibre 50 Unlimited", "fibre", True, 100.0),
    (2, "Wireless 10 Unlimited", "wireless", True, 50.0),
    (3, "Starlink Residential", "starlink", True, 70.0),
    (4, "Fibre Business", "fibre", True, 2600.0),
    (5, "Fibre 10 Unlimited", "fibre", True, 40.0),
    (6, "Wireless 5 Unlimited", "wireless", True, 30.0),
    (7, "Starlink kit", "starlink", False, 350.0),
    (8, "Installation fee", "", False, 60.0),
    (9, "Managed line", "", False, 200.0),
)
STAGES = ((1, "New", False, "us"), (2, "Waiting for customer", False, "customer"), (3, "Solved", True, "closed"))


def whole_books() -> Ledger:
    """Return books in which every page has something to show."""
    book = books()
    _products(book)
    _money(book)
    _desk(book)
    _orders(book)
    return book


def whole(**meta: Any) -> Snapshot:
    """Return the snapshot of `whole_books()` as read from a real Odoo 19."""
    return real(whole_books().snapshot(), **meta) if meta else read_now(whole_books)


def _products(book: Ledger) -> None:
    for number, name, technology, plan, price in PRODUCTS:
        book.frames["products"].append(
            {
                "product_id": number,
                "template_id": number,
                "name": name,
                "code": f"P{number}",
                "category": f"All / {technology.title() or 'Other'}",
                "technology": technology,
                "is_service": plan,
                "list_price": price,
                "currency_id": USD,
                "active": True,
                "kind": "service" if plan or number > 7 else "consu",
            }
        )
    for number in range(1, 7):
        book.frames["contract_lines"].append(
            {"line_id": number, "contract_id": number, "product_id": number, "quantity": 1.0}
        )


def _money(book: Ledger) -> None:
    """Yesterday's invoice, money of two methods, one payment without a customer, and one invoice paid last month."""
    book.frames["journals"] += [
        {"journal_id": 1, "name": "Customer Invoices", "code": "INV", "kind": "sale", "company_id": 1},
        {"journal_id": 2, "name": "Bank", "code": "BNK1", "kind": "bank", "company_id": 1},
        {"journal_id": 3, "name": "EcoCash", "code": "ECO1", "kind": "cash", "company_id": 1},
    ]
    book.invoice(2, 50.0, ago(-13), on=ago(1), technology={"wireless": 50.0})
    paid = book.invoice(6, 40.0, ago(31), on=ago(45), technology={"fibre": 40.0}, payment_state="paid")
    book.reconcile(paid, book.payment(6, 40.0, ago(33)), 40.0, ago(33))
    book.payment(4, 35.0, ago(1), company_id=2)
    book.payment(0, 15.0, ago(0))
    book.payment(5, 500.0, ago(1), currency_id=ZWG)
    for number, payment in enumerate(book.frames["payments"]):
        payment["name"] = f"PAY/{number}"
        payment["journal_id"] = 2 + number % 2
        payment["method"] = ("Bank transfer", "EcoCash")[number % 2]
    for invoice in book.frames["invoices"]:
        invoice["journal_id"] = 1
        invoice["residual"] = next(
            abs(line["residual"]) for line in book.frames["receivable_lines"] if line["move_id"] == invoice["move_id"]
        )
        invoice["due_date"] = invoice["invoice_date"]
    for number, share in enumerate(book.frames["invoice_technology"], start=1):
        product = {"fibre": 1, "wireless": 2, "starlink": 3}[share["technology"]]
        owner = next(row for row in book.frames["invoices"] if row["move_id"] == share["move_id"])
        book.frames["invoice_lines"].append(
            {
                "line_id": number,
                "move_id": share["move_id"],
                "product_id": product,
                "quantity": 1.0,
                "price_unit": share["amount"],
                "subtotal": share["amount"],
                "currency_id": owner["currency_id"],
                "company_id": owner["company_id"],
            }
        )


def _desk(book: Ledger) -> None:
    """Tickets that wait for us and for the customer, nobody's and somebody's, closed ones, one without a customer."""
    now = datetime.now(UTC)
    book.frames["tickets"].clear()
    book.frames["users"] += [
        {"user_id": 2, "partner_id": 92, "name": "Farai Gumbo", "login": "farai", "active": True, "internal": True},
        {"user_id": 3, "partner_id": 93, "name": "Nyasha *Zulu*", "login": "nyasha", "active": True, "internal": True},
    ]
    book.frames["ticket_teams"] += [{"team_id": 1, "name": "Support"}, {"team_id": 2, "name": "Field"}]
    for number, name, closed, waiting in STAGES:
        row = {"stage_id": number, "name": name, "closed": closed, "sequence": number, "waiting": waiting}
        book.frames["ticket_stages"].append(row)
    # number, customer, stage, assignee, priority, hours ago, subject
    for number, customer, stage, assignee, priority, hours, subject in (
        (1, 1, 1, 0, 3, 30, "No connection"),
        (2, 2, 2, 2, 1, 200, "<script>alert(1)</script> slow"),
        (3, 4, 3, 3, 0, 100, "=HYPERLINK(1)"),
        (4, 0, 1, 2, 0, 2, "Wants a quotation"),
        (5, 5, 3, 2, 2, 20, "انقطاع الخدمة"),
    ):
        opened = now - hours * HOUR
        closed = STAGES[stage - 1][2]
        book.frames["tickets"].append(
            {
                "ticket_id": number,
                "number": f"HT{number}",
                "subject": subject,
                "partner_id": customer,
                "commercial_partner_id": customer,
                "contact_name": "" if customer else "A caller",
                "company_id": 2 if customer == 4 else 1,
                "team_id": 1 + number % 2,
                "stage_id": stage,
                "closed": closed,
                "waiting": STAGES[stage - 1][3],
                "assignee_id": assignee,
                "priority": priority,
                "create_date": opened,
                "assigned_date": opened + HOUR if assignee else None,
                "last_stage_update": opened + HOUR,
                "closed_date": opened + 10 * HOUR if closed else None,
                "creator_id": 2,
            }
        )
        for message, (hour, staff) in enumerate(((0.1, False), (0.5, True)), start=1):
            book.frames["ticket_messages"].append(
                {
                    "message_id": number * 10 + message,
                    "ticket_id": number,
                    "date": opened + hour * HOUR,
                    "author_partner_id": 92 if staff else customer,
                    "message_type": "comment" if staff else "email",
                    "subtype_id": 1,
                    "public": True,
                    "by_staff": staff,
                }
            )
    book.frames["message_subtypes"].append({"subtype_id": 1, "internal": False})


def _orders(book: Ledger) -> None:
    """One order in each stage: one was confirmed yesterday, one delivered yesterday, one is in ZWG."""
    book.frames["orders"].clear()
    now = datetime.now(UTC)
    day = timedelta(days=1)
    # number, customer, state, invoice status, days ago, currency, deliveries (state, days ago done)
    for number, customer, state, invoiced, days, currency, pickings in (
        (1, 1, "sale", "to invoice", 9, USD, (("assigned", None),)),
        (2, 2, "draft", "no", 3, USD, ()),
        (3, 3, "sent", "no", 12, USD, ()),
        (4, 4, "sale", "no", 1, USD, (("confirmed", None),)),
        (5, 5, "sale", "to invoice", 20, ZWG, (("done", 15), ("assigned", None))),
        (6, 6, "sale", "invoiced", 50, USD, (("done", 1),)),
        (7, 1, "cancel", "no", 40, USD, ()),
    ):
        made = now - days * day
        book.frames["orders"].append(
            {
                "order_id": number,
                "name": f"S0000{number}",
                "partner_id": customer,
                "commercial_partner_id": customer,
                "company_id": 2 if customer == 4 else 1,
                "currency_id": currency,
                "state": state,
                "invoice_status": invoiced,
                "create_date": made - day,
                "date_order": made,
                "salesperson_id": 2 + number % 2,
                "amount_untaxed": 350.0 + number,
                "amount_total": 400.0 + number,
            }
        )
        book.frames["order_lines"].append(
            {
                "line_id": number,
                "order_id": number,
                "product_id": (7, 1, 2)[number % 3],
                "quantity": 1.0,
                "qty_delivered": 1.0 if invoiced == "invoiced" else 0.0,
                "qty_invoiced": 1.0 if invoiced == "invoiced" else 0.0,
                "price_unit": 350.0 + number,
                "subtotal": 350.0 + number,
                "currency_id": currency,
            }
        )
        for place, (picking, done) in enumerate(pickings):
            book.frames["deliveries"].append(
                {
                    "picking_id": number * 10 + place,
                    "name": f"WH/OUT/{number}{place}",
                    "order_id": number,
                    "state": picking,
                    "kind": "outgoing",
                    "scheduled_date": made + 5 * day,
                    "date_done": now - done * day if done is not None else None,
                    "partner_id": customer,
                    "company_id": 2 if customer == 4 else 1,
                }
            )


def of_one_technology(technology: str) -> Ledger:
    """Return the books of a provider that sells one technology only."""
    book = whole_books()
    for name in ("services", "products", "invoice_technology"):
        book.frames[name] = [row for row in book.frames[name] if row["technology"] == technology]
    products = {row["product_id"] for row in book.frames["products"]}
    for name in ("invoice_lines", "order_lines", "contract_lines"):
        book.frames[name] = [row for row in book.frames[name] if row["product_id"] in products]
    return book
