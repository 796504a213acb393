"""One customer's dashboard: every record of the customer and its contacts, typed, with the sums of Arrears."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from odoo_client.config import Settings
from odoo_client.customer.dashboard import dashboard
from odoo_client.customer.types import Dashboard, Money
from odoo_client.errors import CustomerLookupError
from odoo_client.metrics.ageing import ageing_by_customer
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.proof_queue import payments_under_review
from odoo_client.store.snapshot import FrameInfo, Snapshot
from tests.builders import USD, ZWG, Ledger, rows

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def of(book: Ledger, partner_id: int = 1, **more: Any) -> Dashboard:
    return dashboard(book.snapshot(), partner_id, now=NOW, **more)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def zwg(amount: str) -> Money:
    return Money(Decimal(amount), "ZWG")


def customer(**more: Any) -> Ledger:
    book = Ledger()
    book.customer(1, "Moyo Holdings", ref="AF1", email="info@moyo.example", **more)
    return book


def last(book: Ledger, frame: str, **values: Any) -> None:
    """Change the record booked last."""
    book.frames[frame][-1].update(values)


def test_a_customer_without_anything_is_a_page_of_nothing_and_no_error() -> None:
    found = of(customer())
    assert found.profile.name == "Moyo Holdings"
    assert found.balances == ()
    assert (found.oldest_days, found.active_services, found.open_tickets, found.open_orders) == (0, 0, 0, 0)
    parts = (found.services, found.invoices, found.payments, found.entries, found.ageing, found.open_lines)
    assert parts == ((), (), (), (), (), ())
    assert (found.tickets, found.orders, found.timeline, found.absent, found.notes) == ((), (), (), (), ())


def test_an_unknown_id_is_a_sentence() -> None:
    for partner_id in (99, 0, -1, 2**62):
        with pytest.raises(CustomerLookupError, match=f"no customer with the number {partner_id} "):
            of(customer(), partner_id)


def test_a_customer_the_account_may_not_see_still_shows_what_it_owes() -> None:
    book = Ledger()
    book.invoice(77, 10.0, ago(3))
    found = of(book, 77)
    assert found.profile.name == "Unnamed customer"
    assert found.balances[0].balance == usd("10.00")


def test_two_currencies_are_two_balances_and_never_added() -> None:
    book = customer()
    book.invoice(1, 100.10, ago(20), on=ago(34))
    book.invoice(1, 2600.0, ago(95), on=ago(109), currency_id=ZWG)
    book.payment(1, 20.05, ago(3))
    found = of(book)
    assert [(one.currency, one.balance, one.overdue, one.unallocated) for one in found.balances] == [
        ("USD", usd("80.05"), usd("100.10"), usd("20.05")),
        ("ZWG", zwg("2600.00"), zwg("2600.00"), zwg("0.00")),
    ]
    assert found.oldest_days == 95
    assert [one.oldest_days for one in found.balances] == [20, 95]


def test_what_waits_for_us_stands_beside_each_currency_with_debts_or_without() -> None:
    book = customer()
    book.customer(2, "Pays for Moyo")
    line = book.invoice(1, 100.0, ago(20), on=ago(34))
    book.draft(1, 30.0, entered=NOW)
    book.draft(1, 500.0, currency_id=ZWG, entered=NOW)
    book.draft(2, 70.0, meant_for=[line], entered=NOW)
    found = of(book)
    assert [(one.under_review, one.net_to_chase, one.balance) for one in found.balances] == [
        (usd("30.00"), usd("70.00"), usd("100.00")),
        (zwg("500.00"), zwg("0.00"), zwg("0.00")),
    ]
    assert [(row.under_review, row.net_to_chase) for row in found.ageing] == [(usd("30.00"), usd("70.00"))]
    assert [one.status for one in found.payments] == ["draft", "draft"]
    assert of(book, 2).ageing == ()
    assert [one.under_review for one in of(book, 2).balances] == [usd("70.00")]


def test_a_settled_currency_shows_a_balance_of_zero() -> None:
    book = customer()
    book.reconcile(book.invoice(1, 40.0, ago(20)), book.payment(1, 40.0, ago(10)), 40.0, ago(10))
    found = of(book)
    assert found.balances[0].balance == usd("0.00")
    assert found.ageing == ()
    assert found.invoices[0].status == "paid"
    assert found.invoices[0].residual == usd("0.00")


def test_the_ageing_equals_that_of_arrears_to_the_cent() -> None:
    book = customer()
    book.customer(2, "Somebody else")
    for number in range(40):
        owner = 1 + number % 2
        line = book.invoice(owner, 33.33 + number, ago(number * 5 - 20), company_id=1 + number % 3 % 2)
        if number % 3 == 0:
            book.reconcile(line, book.payment(owner, 50.0, ago(5)), 11.11, ago(5))
        if number % 5 == 0:
            book.invoice(owner, -7.77, None, on=ago(number), reverses=line)
        if number % 7 == 0:
            book.invoice(owner, 900.09, ago(number), currency_id=ZWG)
        if number % 9 == 0:
            book.draft(owner, 12.34, company_id=1 + number % 2, entered=NOW)
    source = book.snapshot()
    drafts = payments_under_review(source, TODAY, "Africa/Harare")
    whole = ageing_by_customer(open_lines(LedgerIndex.build(source), TODAY), drafts=drafts)
    assert (whole["under_review"] > 0).any()
    for partner_id in (1, 2):
        found = dashboard(source, partner_id, now=NOW)
        expected = whole[whole["commercial_partner_id"] == partner_id]
        assert len(found.ageing) == len(expected) > 2
        for row in found.ageing:
            key = (expected["company_id"] == row.company_id) & (expected["currency_id"] == row.currency_id)
            theirs = expected[key].iloc[0]
            ours = {bucket.key: bucket.amount for bucket in row.buckets}
            ours |= {"overdue": row.overdue, "unallocated": row.unallocated, "balance": row.balance}
            ours |= {"net_to_chase": row.net_to_chase, "in_payment": row.in_payment, "under_review": row.under_review}
            for column, amount in ours.items():
                assert float(amount) == theirs[column], column
            assert row.oldest_days == theirs["oldest_days"]
        assert sum(float(line.residual) for line in found.open_lines if line.residual.currency == "USD") == (
            pytest.approx(expected.loc[expected["currency_id"] == USD, "balance"].sum(), abs=0.001)
        )


def test_money_in_a_payment_of_another_customer_for_this_invoice_is_in_payment_as_in_arrears() -> None:
    book = customer()
    book.customer(2, "Pays for Moyo")
    line = book.invoice(1, 80.0, ago(5), payment_state="in_payment")
    book.frames["payments"].append(
        {"payment_id": 9, "direction": "inbound", "state": "posted", "commercial_partner_id": 2, "company_id": 1}
        | {"currency_id": USD, "amount": 80.0, "date": ago(2)}
    )
    book.frames["payment_invoices"].append({"payment_id": 9, "move_id": book.move_of(line)})
    found = of(book)
    assert found.ageing[0].in_payment == usd("80.00")
    assert found.invoices[0].status == "in_payment"
    assert found.payments == ()


def test_drafts_and_cancelled_invoices_are_shown_and_in_no_balance() -> None:
    book = customer()
    book.invoice(1, 60.0, ago(-10), on=ago(4))
    shared = {"kind": "invoice", "commercial_partner_id": 1, "company_id": 1, "currency_id": USD, "residual": 25.0}
    book.frames["invoices"] += [
        {"move_id": 8001, "name": "", "state": "draft", "amount_total": 25.0} | shared,
        {"move_id": 8002, "name": "INV/9", "state": "cancel", "amount_total": 30.0, "date": ago(9)} | shared,
    ]
    found = of(book)
    assert [(one.number, one.status, one.residual) for one in found.invoices] == [
        ("", "draft", None),
        ("INVOICE/1000", "not_paid", usd("60.00")),
        ("INV/9", "cancelled", None),
    ]
    assert found.balances[0].balance == usd("60.00")
    assert [one.number for one in found.timeline] == ["INVOICE/1000", "INV/9"], "a draft without a date has no place"


def test_an_invoice_is_as_late_as_its_oldest_open_instalment() -> None:
    book = customer()
    first = book.invoice(1, 40.0, ago(31), on=ago(61))
    move = book.move_of(first)
    book.invoice(1, 60.0, ago(-29), on=ago(61), move_id=move)
    last(book, "invoices", amount_total=100.0, due_date=ago(-29))
    found = of(book)
    assert len(found.invoices) == 1
    assert found.invoices[0].residual == usd("100.00")
    assert found.invoices[0].days_overdue == 31
    assert found.invoices[0].due_date == ago(-29)


def test_due_today_is_not_overdue_and_a_credit_note_is_negative() -> None:
    book = customer()
    book.invoice(1, 10.0, TODAY, on=ago(14))
    book.invoice(1, -4.0, None, on=ago(2))
    found = of(book)
    assert found.oldest_days == 0
    credit, invoice = found.invoices
    assert (credit.kind, credit.amount, credit.residual) == ("credit_note", usd("-4.00"), usd("-4.00"))
    assert (invoice.days_overdue, invoice.residual) == (0, usd("10.00"))
    assert found.balances[0].balance == usd("6.00")


def test_an_invoice_dated_ahead_is_shown_as_such_and_not_in_the_balance() -> None:
    book = customer()
    book.invoice(1, 10.0, ago(-40), on=ago(-10))
    last(book, "invoices", residual=10.0)
    found = of(book)
    assert found.invoices[0].status == "later"
    assert found.invoices[0].residual == usd("10.00")
    assert found.balances[0].balance == usd("0.00")


def test_odoo_s_word_for_how_far_an_invoice_is_paid_is_kept() -> None:
    book = customer()
    for state in ("partial", "reversed", "blocked", "in_payment", "paid", "invoicing_legacy"):
        book.invoice(1, 10.0, ago(5), payment_state=state)
    found = [one.status for one in reversed(of(book).invoices)]
    assert found == ["partly_paid", "reversed", "blocked", "in_payment", "paid", "not_paid"]


def test_a_payment_says_what_it_paid_and_what_is_left() -> None:
    book = customer()
    first, second = book.invoice(1, 40.0, ago(20)), book.invoice(1, 60.0, ago(10))
    paid = book.payment(1, 75.0, ago(3))
    last(book, "payments", name="PBNK/1", method="EcoCash", memo="January")
    book.reconcile(first, paid, 40.0, ago(3))
    book.reconcile(second, paid, 30.0, ago(3))
    payment = of(book).payments[0]
    assert (payment.number, payment.method, payment.reference, payment.status) == (
        "PBNK/1", "EcoCash", "January", "posted",
    )  # fmt: skip
    assert [(one.number, one.amount, one.matched) for one in payment.applied] == [
        ("INVOICE/1000", usd("40.00"), True),
        ("INVOICE/1001", usd("30.00"), True),
    ]
    assert payment.unallocated == usd("5.00")


def test_a_payment_in_gold_for_a_dollar_invoice_keeps_both_currencies() -> None:
    book = customer()
    invoice = book.invoice(1, 40.0, ago(20))
    paid = book.payment(1, 1_080.0, ago(3), currency_id=ZWG)
    book.reconcile(invoice, paid, 40.0, ago(3), credit_amount=1_080.0)
    applied = of(book).payments[0].applied[0]
    assert (applied.amount, applied.entry_amount) == (zwg("1080.00"), usd("40.00"))


def test_a_payment_that_paid_another_customer_s_invoice_names_it() -> None:
    book = customer()
    book.customer(2, "Sister company")
    theirs = book.invoice(2, 50.0, ago(20))
    book.reconcile(theirs, book.payment(1, 50.0, ago(3)), 50.0, ago(3))
    found = of(book)
    assert [one.number for one in found.payments[0].applied] == ["INVOICE/1000"]
    assert found.invoices == ()
    assert found.balances[0].balance == usd("0.00")


def test_a_draft_payment_without_a_number_is_there_and_meant_for_its_invoice() -> None:
    book = customer()
    line = book.invoice(1, 40.0, ago(20))
    book.frames["payments"].append(
        {"payment_id": 9, "direction": "inbound", "state": "draft", "commercial_partner_id": 1, "company_id": 1}
        | {"currency_id": USD, "amount": 40.0, "date": ago(1)}
    )
    book.frames["payment_invoices"].append({"payment_id": 9, "move_id": book.move_of(line)})
    payment = of(book).payments[0]
    assert (payment.number, payment.status, payment.unallocated) == ("", "draft", None)
    assert [(one.number, one.amount, one.matched) for one in payment.applied] == [("INVOICE/1000", None, False)]


def test_a_refund_paid_out_is_negative() -> None:
    book = customer()
    book.payment(1, -30.0, ago(3))
    last(book, "payments", direction="outbound", amount=30.0)
    found = of(book)
    assert found.payments[0].amount == usd("-30.00")
    assert found.timeline[0].kind == "refund"


def test_a_bank_line_without_a_payment_is_among_the_entries_and_exchange_differences_are_not() -> None:
    book = customer()
    book.reconcile(book.invoice(1, 40.0, ago(20)), book.entry(1, -25.0, ago(4), label="EcoCash 0772"), 25.0, ago(4))
    book.entry(1, 0.0, ago(4), balance_company=0.01)
    found = of(book)
    assert [(one.label, one.amount, one.residual) for one in found.entries] == [
        ("EcoCash 0772", usd("-25.00"), usd("0.00"))
    ]
    assert [one.kind for one in found.timeline] == ["entry", "invoice"]


def test_an_entry_in_two_currencies_keeps_them_apart() -> None:
    book = customer()
    book.entry(1, 40.0, ago(4), move_id=5000)
    book.entry(1, 900.0, ago(4), move_id=5000, currency_id=ZWG)
    assert {one.residual for one in of(book).entries} == {usd("40.00"), zwg("900.00")}


def family() -> Ledger:
    book = customer(is_company=True)
    book.customer(2, "Mrs Moyo", commercial_partner_id=1, parent_id=1)
    book.customer(3, "Old Clerk", commercial_partner_id=1, parent_id=1, active=False)
    book.invoice(1, 50.0, ago(5), commercial_partner_id=1)
    last(book, "invoices", partner_id=2)
    book.frames["tickets"].append(
        {"ticket_id": 4, "number": "HT4", "partner_id": 3, "commercial_partner_id": 1, "company_id": 1}
        | {"create_date": NOW - timedelta(hours=30), "subject": "No light"}
    )
    return book


def test_a_company_shows_its_contacts_records_with_their_names_and_says_so() -> None:
    found = of(family())
    assert found.invoices[0].contact == "Mrs Moyo"
    assert found.tickets[0].contact == "Old Clerk"
    assert [one.name for one in found.profile.contacts] == ["Mrs Moyo", "Old Clerk"]
    assert found.profile.asked is None
    assert found.notes == (
        "Records of its contacts are included, with the contact's name beside them: Mrs Moyo, Old Clerk.",
    )


def test_a_contact_s_id_leads_to_its_company_and_says_so() -> None:
    found = of(family(), 2)
    assert found.profile.partner_id == 1
    assert found.profile.asked is not None
    assert found.profile.asked.name == "Mrs Moyo"
    assert found.notes[0] == "Mrs Moyo is a contact of Moyo Holdings: this is the page of Moyo Holdings."
    assert found.invoices == of(family()).invoices


def test_an_archived_customer_is_marked_and_keeps_its_debt() -> None:
    book = customer(active=False)
    book.invoice(1, 50.0, ago(5))
    found = of(book)
    assert not found.profile.active
    assert found.balances[0].overdue == usd("50.00")


def test_the_choice_of_company_leaves_out_the_other_s_records_and_says_so() -> None:
    book = customer()
    book.invoice(1, 50.0, ago(5))
    book.invoice(1, 70.0, ago(5), company_id=2)
    assert len(of(book).ageing) == 2
    found = of(book, company_ids={2})
    assert [one.amount for one in found.invoices] == [usd("70.00")]
    assert [row.company for row in found.ageing] == ["Afi Wireless"]
    assert found.notes == ("Records of Afi Fibre are left out by the choice of company.",)


def test_services_have_every_field_and_no_limit() -> None:
    book = customer()
    shared = {"commercial_partner_id": 1, "partner_id": 1, "company_id": 1, "currency_id": USD, "usage": "Unlimited"}
    book.frames["services"] += [
        {"service_id": "a:1", "name": "Old", "technology": "wireless", "status": "ended", "end_date": ago(9)} | shared,
        {"service_id": "a:2", "name": "Fibre 100", "technology": "fibre", "status": "active", "monthly_fee": 99.9}
        | {"start_date": ago(300), "next_billing_date": ago(-8), "bandwidth": "Unlimited"} | shared,
    ]  # fmt: skip
    found = of(book)
    service = found.services[0]
    assert (service.name, service.technology, service.status) == ("Fibre 100", "fibre", "active")
    assert service.monthly_fee == usd("99.90")
    assert (service.start_date, service.next_billing_date, service.end_date) == (ago(300), ago(-8), None)
    assert (service.bandwidth, service.usage) == ("Unlimited", "Unlimited")
    assert found.active_services == 1
    assert found.profile.technologies == ("fibre",), "an ended service's technology is history"


def test_tickets_count_open_ones_and_their_hours() -> None:
    book = customer()
    shared = {"commercial_partner_id": 1, "partner_id": 1, "company_id": 1}
    start = NOW - timedelta(hours=48)
    book.frames["ticket_stages"].append({"stage_id": 1, "name": "New"})
    book.frames["tickets"] += [
        {"ticket_id": 1, "number": "HT1", "create_date": start, "stage_id": 1} | shared,
        {"ticket_id": 2, "number": "HT2", "create_date": start, "closed": True, "closed_date": NOW} | shared,
        {"ticket_id": 3, "number": "HT3", "create_date": start + timedelta(hours=1)} | shared,
    ]
    found = of(book)
    assert [one.number for one in found.tickets] == ["HT3", "HT1", "HT2"], "open ones first, then the newest"
    assert found.open_tickets == 2
    assert found.tickets[1].age_h == 48.0
    assert found.tickets[1].stage == "New"
    assert found.tickets[0].closed_at is None
    assert found.tickets[2].closed_at == NOW
    assert found.tickets[2].waiting == "closed"


def waiting(**info: FrameInfo) -> Dashboard:
    """A ticket opened two days ago, answered a day ago, and asked about again an hour ago; another one answered."""
    book = customer()
    shared = {"commercial_partner_id": 1, "partner_id": 1, "company_id": 1, "create_date": NOW - timedelta(hours=48)}
    book.frames["tickets"] += [{"ticket_id": 1, "number": "HT1"} | shared, {"ticket_id": 2, "number": "HT2"} | shared]
    said = ((1, 48, False), (1, 24, True), (1, 1, False), (2, 48, False), (2, 2, True))
    for key, (ticket_id, hours, staff) in enumerate(said, start=1):
        row = {"message_id": key, "ticket_id": ticket_id, "date": NOW - timedelta(hours=hours)}
        book.frames["ticket_messages"].append(row | {"public": True, "by_staff": staff})
    made = book.snapshot()
    frames = {name: made.frame(name) for name in made}
    return dashboard(Snapshot.from_frames(frames, info={**dict(made.info), **info}), 1, now=NOW)


def test_a_ticket_waits_since_the_first_word_that_was_not_answered() -> None:
    found = waiting()
    assert {one.number: one.waited_h for one in found.tickets} == {"HT1": 1.0, "HT2": None}
    assert "ticket_messages" not in {one.dataset for one in found.absent}


def test_where_messages_may_not_be_read_tickets_wait_since_their_opening_and_that_is_said() -> None:
    found = waiting(ticket_messages=FrameInfo(0, NOW, state="denied", message="No right."))
    assert {one.waited_h for one in found.tickets} == {48.0}
    assert [(one.state, one.message) for one in found.absent if one.dataset == "ticket_messages"] == [
        ("denied", "No right.")
    ]


def test_without_a_helpdesk_its_messages_are_not_said_to_be_missing_too() -> None:
    missing = FrameInfo(0, NOW, state="missing", message="No helpdesk.")
    found = waiting(tickets=missing, ticket_messages=missing)
    assert [one.dataset for one in found.absent] == ["tickets"]


def test_an_order_is_open_until_it_is_delivered_and_invoiced() -> None:
    book = customer()
    shared = {"commercial_partner_id": 1, "partner_id": 1, "company_id": 1, "currency_id": USD, "amount_total": 10.0}
    book.frames["orders"] += [
        {"order_id": 1, "name": "S1", "state": "sale", "invoice_status": "to invoice", "date_order": NOW} | shared,
        {"order_id": 2, "name": "S2", "state": "sale", "invoice_status": "invoiced", "date_order": NOW} | shared,
        {"order_id": 3, "name": "S3", "state": "cancel", "date_order": NOW - timedelta(days=9)} | shared,
    ]
    found = of(book)
    assert [(one.number, one.stage, one.open) for one in found.orders] == [
        ("S2", "invoiced", False),
        ("S1", "confirmed", True),
        ("S3", "cancelled", False),
    ]
    assert found.open_orders == 1


def test_the_timeline_has_everything_by_local_day_newest_first() -> None:
    book = customer()
    book.invoice(1, 50.0, ago(-10), on=ago(4))
    book.payment(1, 50.0, ago(4))
    book.invoice(1, -5.0, None, on=ago(9))
    shared = {"commercial_partner_id": 1, "partner_id": 1, "company_id": 1}
    late = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # half past midnight on the 21st in Harare
    book.frames["tickets"].append({"ticket_id": 1, "number": "HT1", "subject": "Slow", "create_date": late} | shared)
    book.frames["orders"].append({"order_id": 1, "name": "S1", "state": "draft", "date_order": late} | shared)
    found = of(book)
    assert [(one.day, one.kind) for one in found.timeline] == [
        (date(2026, 11, 21), "order"),
        (date(2026, 11, 21), "ticket"),
        (ago(4), "payment"),
        (ago(4), "invoice"),
        (ago(9), "credit_note"),
    ]
    assert found.timeline[1].amount is None
    assert {one.record_id for one in found.timeline if one.kind == "ticket"} == {1}


def test_a_missing_module_is_told_and_never_a_zero() -> None:
    source = customer().snapshot()
    now = datetime.now(UTC)
    info = dict(source.info) | {
        "tickets": FrameInfo(0, now, state="missing", message="No helpdesk is installed."),
        "orders": FrameInfo(0, now, state="denied", message="The account may not read orders."),
    }
    told = Snapshot.from_frames({name: source.frame(name) for name in source}, info=info)
    found = dashboard(told, 1, now=NOW)
    assert (found.open_tickets, found.open_orders) == (None, None)
    absent = found.absence("tickets")
    assert absent is not None
    assert (absent.state, absent.message) == ("missing", "No helpdesk is installed.")
    assert found.absence("invoices") is None


def test_without_a_dispute_mark_disputed_is_unknown() -> None:
    book = customer()
    book.lacks = {"receivable_lines": ("disputed",)}
    book.invoice(1, 50.0, ago(5))
    found = of(book)
    assert found.ageing[0].disputed is None
    assert not found.invoices[0].disputed


def test_the_settings_limits_and_time_zone_are_used() -> None:
    book = customer()
    book.invoice(1, 50.0, ago(10))
    settings = Settings(ageing_bounds_days=(7, 14), timezone="Pacific/Auckland")
    late = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    found = dashboard(book.snapshot(), 1, settings=settings, now=late)
    assert found.as_of == date(2026, 11, 25)
    assert [bucket.key for bucket in found.ageing[0].buckets] == ["not_due", "1_7", "8_14", "over_14"]
    assert [float(bucket.amount) for bucket in found.ageing[0].buckets] == [0, 0, 50, 0]


def test_the_shared_frames_are_left_as_they_are() -> None:
    book = family()
    source = book.snapshot()
    before = {name: source.frame(name).copy() for name in source}
    dashboard(source, 1, now=NOW)
    for name, frame in before.items():
        assert source.frame(name).equals(frame), name
    assert len(rows("customers", book.frames["customers"])) == 3


def test_promises_stand_as_they_do_on_that_day_the_latest_first_and_in_the_timeline() -> None:
    book = customer()
    book.customer(2, "Mrs Dube", commercial_partner_id=1)
    book.customer(3, "Somebody else")
    book.frames["users"].append({"user_id": 8, "name": "Rudo"})
    book.promise(1, 120.0, ago(-3), made=ago(2), author_id=8)
    book.promise(2, 80.5, ago(4), made=ago(9), commercial_partner_id=1, kept_on=ago(5))
    book.promise(1, 30.0, ago(6), made=ago(10), currency_id=ZWG)
    book.promise(3, 1.0, ago(1), made=ago(2))
    book.promise(1, 5.0, ago(-9), made=ago(-1))  # not made yet, as of this day
    found = of(book, company_ids=[2])
    assert [(one.amount, one.day, one.state, one.kept_on) for one in found.promises] == [
        (usd("120.00"), ago(-3), "open", None),
        (usd("80.50"), ago(4), "kept", ago(5)),
        (zwg("30.00"), ago(6), "broken", None),
    ]
    assert (found.promises[0].author, found.promises[0].made_on, found.promises[1].contact) == (
        "Rudo",
        ago(2),
        "Mrs Dube",
    )
    entries = [(one.day, one.kind, one.text, one.amount, one.status) for one in found.timeline]
    day = ago(-3)
    assert entries[0] == (
        ago(2),
        "promise",
        f"by {day.day} {day:%b %Y}, noted by Rudo",
        usd("120.00"),
        "Open",
    )
    assert [entry[4] for entry in entries] == ["Open", "Kept", "Broken"]
    assert (found.timeline[0].model, found.timeline[0].record_id) == ("mail.activity", 7000)


def test_a_copy_that_knows_no_promises_yet_has_none() -> None:
    whole = customer().snapshot()
    frames = {name: whole.frame(name) for name in whole if name != "promises"}
    info = {name: one for name, one in whole.info.items() if name != "promises"}
    found = dashboard(Snapshot.from_frames(frames, info=info), 1, now=NOW)
    assert (found.promises, found.absent) == ((), ())
