"""Books for the Billing page: invoices and payments of two companies, two currencies, three methods, known sums.

This month, USD: billed 115 + 60 + 40 - 10 = 205; received 115 + 25 = 140, refunded 5, collected 135. Without customer:
USD 25. ZWG: billed 2,600, received 1,300. All of this month's documents are dated on its first day, payments today.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.app.conftest import TODAY
from tests.builders import USD, ZWG, Ledger

FIRST = TODAY.replace(day=1)
LAST_MONTH = FIRST - timedelta(days=1)
BANK, ECOCASH, SALES = 11, 12, 13


def billing_books() -> Ledger:
    """Return the books."""
    book = Ledger()
    for partner_id, name in ((1, "Tendai Moyo"), (2, "Rudo <b>Ncube</b>"), (3, "=1+1 Trading"), (4, "شركة النور")):
        book.customer(partner_id, name, phone=f"+263 77 {partner_id}11 1111", ref=f"AF{partner_id}")
    book.frames["journals"] += [
        {"journal_id": BANK, "name": "Bank", "code": "BNK", "kind": "bank", "company_id": 1},
        {"journal_id": ECOCASH, "name": "EcoCash", "code": "ECO", "kind": "cash", "company_id": 1},
        {"journal_id": SALES, "name": "Customer Invoices", "code": "INV", "kind": "sale", "company_id": 1},
    ]
    # Last month: paid whole, ten days after the invoice of its first day.
    begin = LAST_MONTH.replace(day=1)
    old = document(book, 1, 80.0, begin, due=begin + timedelta(days=5), technology={"fibre": 80.0})
    settled = payment(book, 1, 80.0, begin + timedelta(days=10), name="PAY/OLD", journal_id=BANK, method="Manual")
    book.reconcile(old, settled, 80.0, begin + timedelta(days=10))
    fibre = document(book, 1, 115.0, FIRST, due=FIRST + timedelta(days=400), technology={"fibre": 115.0})
    document(book, 2, 60.0, FIRST, due=begin, technology={"wireless": 60.0})
    document(book, 3, 40.0, FIRST, due=FIRST + timedelta(days=400), company_id=2, technology={"starlink": 40.0})
    document(book, 2, -10.0, FIRST)
    document(book, 4, 2600.0, FIRST, due=FIRST + timedelta(days=400), currency_id=ZWG, technology={"fibre": 2600.0})
    document(book, 1, 999.0, FIRST, state="draft", name="")
    document(book, 1, 888.0, FIRST, state="cancel")
    paid = payment(book, 1, 115.0, TODAY, name="PAY/FIBRE", journal_id=ECOCASH, method="Manual", memo="thanks")
    book.reconcile(fibre, paid, 115.0, TODAY)
    payment(book, 0, 25.0, TODAY, name="PAY/UNKNOWN", journal_id=BANK, method="Manual", memo="=cmd|' /C calc'!A0")
    payment(book, 2, -5.0, TODAY, name="PAY/REFUND", journal_id=BANK, method="Manual")
    payment(book, 4, 1300.0, TODAY, name="PAY/GOLD", journal_id=ECOCASH, method="Batch Deposit", currency_id=ZWG)
    payment(book, 1, 77.0, TODAY, name="", state="draft", journal_id=BANK, method="Manual")
    finish(book)
    return book


def document(book: Ledger, customer: int, amount: float, on: date, **more: Any) -> int:
    """Book an invoice or credit note; `state`, `name` say so of its document alone, and only a posted one is a line."""
    state, name = more.pop("state", "posted"), more.pop("name", None)
    line_id = book.invoice(customer, amount, more.pop("due", None), on=on, **more)
    invoice = book.frames["invoices"][-1]
    invoice |= {"state": state, "journal_id": SALES, "ref": f"REF{line_id}"}
    if name is not None:
        invoice["name"] = name
    if state != "posted":
        book.line(line_id).update(amount=0.0, residual=0.0, kind="entry")
    return line_id


def payment(book: Ledger, customer: int, amount: float, on: date, **more: Any) -> int:
    """Book a payment, a refund paid out when negative, with the columns of `more` on the payment."""
    owner = {key: more[key] for key in ("currency_id", "company_id", "journal_id") if key in more}
    line_id = book.payment(customer, amount, on, **owner)
    record = book.frames["payments"][-1]
    record |= more | {"amount": abs(amount), "direction": "inbound" if amount > 0 else "outbound"}
    if record["state"] != "posted":
        book.line(line_id).update(amount=0.0, residual=0.0)
    return line_id


def finish(book: Ledger) -> None:
    """Copy what is open of each line to its invoice, as Odoo does, and say what is paid."""
    lines = {line["move_id"]: line for line in book.frames["receivable_lines"]}
    for invoice in book.frames["invoices"]:
        invoice.setdefault("currency_id", USD)
        residual = abs(lines[invoice["move_id"]]["residual"])
        invoice["residual"] = residual
        invoice["due_date"] = lines[invoice["move_id"]]["due_date"]
        if invoice["state"] == "posted":
            invoice["payment_state"] = "paid" if residual == 0 else "not_paid"
