"""Every case that makes figures of receivables wrong, once or a few times each, on customers found by its name here."""

from __future__ import annotations

import hashlib
import random
from base64 import b64encode
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.business.ledger import Document, Item, Ledger, Party
from odoo_client.demo.business.reconcile import reconcile, settle
from odoo_client.demo.provider.customers import Customer


def set_traps(ledger: Ledger, customers: list[Customer], today: date, rng: random.Random) -> None:
    """Post the special cases; all are dated before today."""
    ours = _pick(customers, cat.HARARE_COMPANY)
    _instalments(ledger, next(ours), today)
    _credit_notes(ledger, ours, today)
    _loose_payments(ledger, ours, today)
    ledger.books_late = True
    _two_currencies(ledger, ours, today)
    ledger.books_late = False
    _odd_lines(ledger, ours, today)
    _due_around_today(ledger, ours, today)
    _archived_debtors(ledger, customers, today)
    _drafts_and_cancelled(ledger, ours, today)
    _payments_to_review(ledger, ours, today, rng)
    _both_companies(ledger, next(ours), today)
    if ledger.db.profile.major >= 18 and ledger.db.profile.flavour == "enterprise":
        _in_payment_without_entry(ledger, ours, today)
    _no_customers_debt(ledger, today)
    _bank_lines(ledger, ours, today)
    _short_payments(ledger, ours, today)


def after_closing(ledger: Ledger, today: date) -> None:
    """Mark what Odoo sets apart from reconciling: disputed lines, blocked documents."""
    lines = ledger.db.tables["account.move.line"].values()
    long_ago = (today - timedelta(days=40)).isoformat()
    late = [
        line for line in lines
        if line["amount_residual"] > 20 and line["date_maturity"] and line["date_maturity"] < long_ago
        and line["parent_state"] == "posted"
    ]  # fmt: skip
    for line in late[::9][:5]:
        line["blocked"] = line["no_followup"] = True
    if ledger.db.profile.major >= 18 and late:
        ledger.db.tables["account.move"][late[0]["move_id"]]["payment_state"] = "blocked"


def _pick(customers: list[Customer], company_id: int) -> Iterator[Customer]:
    """Return prompt payers of the company with ordinary names, so that a trap stands out; every fifth first."""
    for customer in (one for start in (3, 4, 0, 1, 2) for one in customers[start::5]):
        if customer.company_id == company_id and customer.habit == "prompt" and customer.person.name.isascii():
            yield customer


def _bill(ledger: Ledger, customer: Customer, day: date, product_id: int, price: float, **more: Any) -> Document:
    return ledger.invoice(customer.party, day, [Item(product_id, 1.0, price)], **more)


def _instalments(ledger: Ledger, customer: Customer, today: date) -> None:
    """Add three receivable lines, the first paid, the second half paid, the third not due."""
    day = today - timedelta(days=45)
    terms = ((0.4, 0), (0.3, 30), (0.3, 60))
    invoice = _bill(ledger, customer, day, 20, 1050.0, terms=terms)
    first, second, _ = invoice.lines
    amount = round(first["amount_currency"] + second["amount_currency"] / 2, 2)
    payment = ledger.payment(customer.payer, day + timedelta(days=20), amount, memo=invoice.move["name"])
    settle(ledger, payment, [invoice])


def _credit_notes(ledger: Ledger, ours: Iterator[Customer], today: date) -> None:
    def refund(customer: Customer, invoice: Document, days: int, price: float) -> Document:
        return _bill(
            ledger, customer, today - timedelta(days=days), 1, price, kind="out_refund", reversed_id=invoice.move["id"],
            origin=invoice.move["name"], terms=((1.0, 0),),
        )  # fmt: skip

    for price, applied in ((39.0, True), (20.0, True), (15.0, False), (39.0, False)):
        customer = next(ours)
        invoice = _bill(ledger, customer, today - timedelta(days=70), 1, 39.0)
        note = refund(customer, invoice, 60, price)
        if applied:
            settle(ledger, note, [invoice])
        elif price == 39.0:  # paid in full before the credit note: nothing to set it against
            settle(ledger, ledger.payment(customer.payer, today - timedelta(days=65), 44.85), [invoice])


def _loose_payments(ledger: Ledger, ours: Iterator[Customer], today: date) -> None:
    """Add payments matched to nothing, one of them old, two without a customer; a refund that went out."""
    for days, amount, currency, journal in (
        (400, 120.0, cat.USD, cat.J_BANK_USD), (33, 57.5, cat.USD, cat.J_MOBILE), (3, 1450.0, cat.ZWG, cat.J_MOBILE),
    ):  # fmt: skip
        ledger.payment(
            next(ours).payer, today - timedelta(days=days), amount, currency_id=currency, journal=journal,
            memo="internet", matched=days > 9,
        )  # fmt: skip
    nobody = Party(None, None)
    ledger.payment(
        nobody, today - timedelta(days=21), 65.0, journal=cat.J_MOBILE, memo="ECOCASH MP261102.1432.H0 unknown sender"
    )
    ledger.payment(
        nobody, today - timedelta(days=12), 900.0, journal=cat.J_BANK_ZWG, currency_id=cat.ZWG, memo="RTGS ref missing"
    )
    ledger.payment(next(ours).payer, today - timedelta(days=50), 30.0, direction="outbound", memo="Refund of deposit")


def _two_currencies(ledger: Ledger, ours: Iterator[Customer], today: date) -> None:
    """Add a customer owing in both currencies; invoices paid in the other one; a part payment at another rate."""
    customer = next(ours)
    _bill(ledger, customer, today - timedelta(days=95), 4, 120.0)
    _bill(ledger, customer, today - timedelta(days=65), 4, 3150.0, currency_id=cat.ZWG)
    day, later = today - timedelta(days=150), today - timedelta(days=100)
    in_zwg = _bill(ledger, next(ours), day, 2, 1500.0, currency_id=cat.ZWG)
    party = Party(in_zwg.lines[0]["partner_id"], in_zwg.lines[0]["partner_id"])
    dollars = round(in_zwg.move["amount_total"] / ledger.rate(cat.ZWG, later, 1), 2)
    settle(ledger, ledger.payment(party, later, dollars, memo=in_zwg.move["name"]), [in_zwg])
    customer = next(ours)
    in_usd = _bill(ledger, customer, day, 2, 59.0)
    paid = round(in_usd.move["amount_total"] * 0.5 * ledger.rate(cat.ZWG, later, 1), 2)
    settle(ledger, ledger.payment(customer.payer, later, paid, currency_id=cat.ZWG, journal=cat.J_BANK_ZWG), [in_usd])
    customer = next(ours)
    part = _bill(ledger, customer, day, 5, 8000.0, currency_id=cat.ZWG)
    payment = ledger.payment(customer.payer, later, 4000.0, currency_id=cat.ZWG, journal=cat.J_BANK_ZWG)
    reconcile(ledger, part.lines[0], payment.lines[0], limit=3500.0)


def _odd_lines(ledger: Ledger, ours: Iterator[Customer], today: date) -> None:
    """Add receivable lines without partner, without due date, on a second account, of a receipt, of zero."""
    ledger.entry(Party(None, None), today - timedelta(days=200), 84.2, "Unidentified difference")
    customer = next(ours)
    ledger.entry(customer.payer, today - timedelta(days=500), 230.0, "Opening balance")
    ledger.entry(customer.payer, today - timedelta(days=480), -30.0, "Opening credit")
    reseller = next(ours)
    _bill(ledger, reseller, today - timedelta(days=75), 10, 950.0, receivable=cat.RECEIVABLE_RESELLERS)
    _bill(ledger, next(ours), today - timedelta(days=40), 22, 65.0, kind="out_receipt", terms=((1.0, 0),))
    free = ledger.invoice(next(ours).party, today - timedelta(days=30), [Item(30, 1.0, 50.0, 100.0)], terms=((1.0, 0),))
    free.lines[0]["reconciled"] = True


def _due_around_today(ledger: Ledger, ours: Iterator[Customer], today: date) -> None:
    """Add invoices due yesterday, today and tomorrow, and on each side of the bucket limits."""
    for overdue in (-1, 0, 1, 30, 31, 60, 61, 90, 91, 120, 121):
        day = today - timedelta(days=14 + overdue)
        _bill(ledger, next(ours), day, 40, 10.0 + overdue / 10)


def _archived_debtors(ledger: Ledger, customers: list[Customer], today: date) -> None:
    """Archive customers who left: two still owe, one owes nothing."""
    gone = [c for c in customers if c.subscriptions and all(s.end and s.end < today for s in c.subscriptions)]
    for customer in gone[:3]:
        partner = ledger.db.tables["res.partner"][customer.partner_id]
        partner["active"] = False
        partner["write_date"] = ledger.stamp(today - timedelta(days=5))
    for customer in gone[:2]:
        _bill(ledger, customer, today - timedelta(days=140), 23, 45.0, company_id=customer.company_id)


def _drafts_and_cancelled(ledger: Ledger, ours: Iterator[Customer], today: date) -> None:
    for days, state in ((2, "draft"), (1, "draft"), (35, "cancel"), (90, "cancel")):
        _bill(ledger, next(ours), today - timedelta(days=days), 3, 55.0, state=state)
    ledger.entry(next(ours).payer, today - timedelta(days=6), 500.0, "Draft correction", due=today, state="draft")


def _payments_to_review(ledger: Ledger, ours: Iterator[Customer], today: date, rng: random.Random) -> None:
    """Add draft payments that customers announced with a proof."""
    for number in range(5):
        customer = next(ours)
        day = today - timedelta(days=1 + number)
        invoice = _bill(ledger, customer, day - timedelta(days=9), 2, 59.0)
        payment = ledger.payment(
            customer.payer, day, 67.85, state="draft", matched=False,
            journal=rng.choice((cat.J_MOBILE, cat.J_BANK_USD)), memo=f"Proof for {invoice.move['name']}",
            invoice_ids=[invoice.move["id"]],
        ).payment  # fmt: skip
        if payment is None:
            continue
        content = f"%PDF-1.4 invented proof of payment {number}".encode()
        row = {
            "name": f"proof-{number + 1}.pdf", "res_model": "account.payment", "res_id": payment["id"],
            "type": "binary", "mimetype": "application/pdf", "file_size": len(content), "company_id": 1,
            "public": False, "checksum": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "datas": b64encode(content).decode(),
        }  # fmt: skip
        ledger.db.add("ir.attachment", cat.stamped(row, day))


def _both_companies(ledger: Ledger, customer: Customer, today: date) -> None:
    """Add a customer whom both companies bill; the second is owed."""
    _bill(ledger, customer, today - timedelta(days=77), 6, 35.0, company_id=cat.BULAWAYO_COMPANY)
    _bill(ledger, customer, today - timedelta(days=20), 6, 960.0, company_id=cat.BULAWAYO_COMPANY, currency_id=cat.ZWG)


def _bank_lines(ledger: Ledger, ours: Iterator[Customer], today: date) -> None:
    """Add lines of the bank's statement that are matched straight with invoices.

    One pays one invoice, one several, one those of several customers; one is in gold, one has an unexplained part, and
    one is matched with nothing yet.
    """

    def day(back: int) -> date:
        return today - timedelta(days=back)

    one, two, three, gold, part, loose = (next(ours) for _ in range(6))
    invoice = _bill(ledger, one, day(12), 2, 59.0)
    settle(ledger, ledger.bank_line([(one.payer, 67.85)], day(1), "RTGS 4471 internet"), [invoice])
    invoices = [_bill(ledger, two, day(back), 2, 59.0) for back in (40, 10)]
    settle(ledger, ledger.bank_line([(two.payer, 135.70)], day(3), "Transfer both months"), invoices)
    both = [_bill(ledger, customer, day(15), 2, price) for customer, price in ((two, 20.0), (three, 30.0))]
    shared = ledger.bank_line([(two.payer, 23.00), (three.payer, 34.50)], day(4), "Head office pays for two")
    for line, paid in zip(shared.lines, both, strict=True):
        reconcile(ledger, paid.lines[0], line)
    invoice = _bill(ledger, gold, day(20), 2, 1_600.0, currency_id=cat.ZWG)
    paid_in_gold = ledger.bank_line(
        [(gold.payer, 1_840.0)], day(5), "ZIPIT 88120", currency_id=cat.ZWG, journal=cat.J_BANK_ZWG
    )
    settle(ledger, paid_in_gold, [invoice])
    invoice = _bill(ledger, part, day(18), 2, 39.0)
    settle(ledger, ledger.bank_line([(part.payer, 44.85)], day(6), "Deposit 9", untold=55.15), [invoice])
    ledger.bank_line([(loose.payer, 30.0)], day(2), "Cash deposit, no reference")


def _short_payments(ledger: Ledger, ours: Iterator[Customer], today: date) -> None:
    """Pay less than the invoice and write the rest off: by payment, by bank line, and as a discount."""
    for back, paid, off, account in ((9, 65.00, 2.85, cat.WRITTEN_OFF), (7, 66.49, 1.36, cat.DISCOUNT_LOSS)):
        customer = next(ours)
        invoice = _bill(ledger, customer, today - timedelta(days=back + 10), 2, 59.0)
        payment = ledger.payment(customer.payer, today - timedelta(days=back), paid, memo=invoice.move["name"])
        ledger.write_off(payment, off, account, "Early Payment Discount" if account == cat.DISCOUNT_LOSS else "")
        settle(ledger, payment, [invoice])
    customer = next(ours)
    invoice = _bill(ledger, customer, today - timedelta(days=21), 2, 59.0)
    banked = ledger.bank_line([(customer.payer, 67.00)], today - timedelta(days=8), "Transfer less charges")
    ledger.write_off(banked, 0.85)
    settle(ledger, banked, [invoice])


def _in_payment_without_entry(ledger: Ledger, ours: Iterator[Customer], today: date) -> None:
    """Add a payment without entry (18+ Enterprise): the invoice says "in payment", its residual stays full."""
    for days in (45, 25, 16):
        customer = next(ours)
        invoice = _bill(ledger, customer, today - timedelta(days=days), 2, 59.0)
        made = ledger.payment(
            customer.payer, today - timedelta(days=days - 12), invoice.move["amount_total"], memo=invoice.move["name"],
            matched=False, with_entry=False, invoice_ids=[invoice.move["id"]],
        ).payment  # fmt: skip
        if made is not None:
            made["payment_method_line_id"] = cat.card_line(made["journal_id"])


def _no_customers_debt(ledger: Ledger, today: date) -> None:
    """Add what the tax office and an owner owe, and a credit in another company, all on non-trade accounts."""
    row = {
        "name": "Revenue Authority", "email": "refunds@tax.example", "city": "Harare", "is_company": True,
        "active": True, "company_id": None, "type": "contact", "lang": "en_US", "customer_rank": 0, "supplier_rank": 1,
        "color": 0, "display_name": "Revenue Authority", "complete_name": "Revenue Authority",
    }  # fmt: skip
    key = ledger.db.add("res.partner", cat.stamped(row, today - timedelta(days=300)))
    ledger.db.tables["res.partner"][key]["commercial_partner_id"] = key
    if ledger.db.profile.major < cat.NON_TRADE_SINCE:
        return
    office, owner = Party(key, key), Party(1, 1)
    ledger.entry(office, today - timedelta(days=90), 4200.0, "VAT refund claimed", receivable=cat.VAT_REFUND)
    ledger.entry(owner, today - timedelta(days=45), 1500.0, "Owner's advance", receivable=cat.OWNER_ADVANCE)
    ledger.entry(
        office, today - timedelta(days=60), -8300.0, "VAT refund paid too high", company_id=cat.BULAWAYO_COMPANY,
        currency_id=cat.ZWG, receivable=cat.VAT_REFUND,
    )  # fmt: skip
