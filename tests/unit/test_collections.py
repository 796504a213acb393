"""Billed, received, collected, days to pay: hand-worked, each currency apart."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from odoo_client.frames.dates import days
from odoo_client.metrics import collections
from odoo_client.metrics.changes import Span
from odoo_client.metrics.days_to_pay import days_to_pay, paid_invoices
from odoo_client.metrics.money_in import money_in
from tests.builders import USD, ZWG, Ledger, snapshot

OCT, NOV = date(2026, 10, 1), date(2026, 11, 1)


def bill(move_id: int, amount: float, on: date | None, **more: Any) -> dict[str, Any]:
    """Return an invoice of the frame `invoices`, posted in US dollars unless `more` says otherwise."""
    record = {"move_id": move_id, "kind": "invoice", "state": "posted", "company_id": 1, "currency_id": USD}
    return record | {"amount_total": amount, "invoice_date": on, "date": on} | more


def paid(payment_id: int, amount: float, on: date, **more: Any) -> dict[str, Any]:
    """Return a payment of the frame `payments`, posted and inbound unless `more` says otherwise."""
    record = {"payment_id": payment_id, "direction": "inbound", "state": "posted", "company_id": 1, "date": on}
    return record | {"currency_id": USD, "amount": amount, "commercial_partner_id": 7, "method": "EcoCash"} | more


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


def test_billed_is_posted_invoices_and_receipts_less_credit_notes_by_invoice_date() -> None:
    source = snapshot(
        invoices=[
            bill(1, 100, date(2026, 10, 31), date=date(2026, 11, 2)),
            bill(2, 40, date(2026, 10, 3), kind="credit_note"),
            bill(3, 15, date(2026, 10, 4), kind="receipt"),
            bill(4, 70, date(2026, 11, 30)),
            bill(5, 900, date(2026, 10, 5), state="draft"),
            bill(6, 800, date(2026, 10, 5), state="cancel"),
        ]
    )
    months = collections.billed_by_month(collections.billed_rows(source))
    assert rows(months, "month", "billed", "documents") == [
        (pd.Timestamp(OCT), 75.0, 3),
        (pd.Timestamp(NOV), 70.0, 1),
    ]


def test_a_document_without_invoice_date_is_billed_on_its_entry_date_and_one_without_any_in_no_month() -> None:
    source = snapshot(
        invoices=[
            bill(1, 100, None, date=date(2026, 10, 9)),
            bill(2, 50, None, date=None, state="draft"),
        ]
    )
    found = collections.billed_rows(source)
    assert rows(collections.billed_by_month(found), "month", "billed") == [(pd.Timestamp(OCT), 100.0)]
    assert found["month"].isna().tolist() == [False, True]


def test_dollars_and_gold_and_companies_never_share_a_sum() -> None:
    source = snapshot(
        invoices=[
            bill(1, 100, OCT),
            bill(2, 100, OCT, currency_id=ZWG),
            bill(3, 100, OCT, company_id=2),
        ]
    )
    months = collections.billed_by_month(collections.billed_rows(source))
    assert rows(months, "company_id", "currency_id", "billed") == [(1, USD, 100.0), (1, ZWG, 100.0), (2, USD, 100.0)]
    assert collections.sums(collections.billed_rows(source), np.array([True, True, True])) == {USD: 200.0, ZWG: 100.0}


def test_what_is_open_and_overdue_of_a_document_has_its_sign_and_only_when_posted() -> None:
    source = snapshot(
        invoices=[
            bill(1, 100, OCT, residual=60, due_date=NOV),
            bill(2, 40, OCT, kind="credit_note", residual=40, due_date=OCT),
            bill(3, 30, OCT, state="draft", residual=30, due_date=OCT),
            bill(4, 30, OCT, residual=30),
        ]
    )
    found = collections.billed_rows(source)
    assert found["open"].tolist() == [60.0, -40.0, 0.0, 30.0]
    due = [None if pd.isna(day) else day.date() for day in found["overdue_from"]]
    assert due == [NOV, None, None, OCT], "a credit note is never overdue; without a due date the document's own counts"


def test_refunds_paid_out_stand_apart_from_what_was_received_and_are_taken_off_what_was_collected() -> None:
    source = snapshot(
        payments=[
            paid(1, 100, date(2026, 10, 2)),
            paid(2, 30, date(2026, 10, 30), direction="outbound"),
            paid(3, 500, date(2026, 10, 9), state="draft"),
            paid(4, 600, date(2026, 10, 9), state="cancel"),
            paid(5, 700, date(2026, 10, 9), state="rejected"),
        ]
    )
    months = collections.collected_by_month(money_in(source))
    assert rows(months, "received", "refunded", "collected", "payments") == [(100.0, 30.0, 70.0, 2)]


def test_received_by_journal_and_method_of_some_days() -> None:
    source = snapshot(
        payments=[
            paid(1, 10, date(2026, 11, 2), journal_id=5),
            paid(2, 20, date(2026, 11, 3), journal_id=5, method="Card"),
            paid(3, 40, date(2026, 11, 3), journal_id=6, currency_id=ZWG),
            paid(4, 80, date(2026, 11, 4), journal_id=5),
        ]
    )
    facts = money_in(source)
    where = Span(date(2026, 11, 2), date(2026, 11, 3)).holds(days(facts, "date"))
    found = collections.received_by_method(facts, where)
    assert rows(found, "currency_id", "journal_id", "method", "received", "payments") == [
        (USD, 5, "Card", 20.0, 1),
        (USD, 5, "EcoCash", 10.0, 1),
        (ZWG, 6, "EcoCash", 40.0, 1),
    ]


def test_payments_without_customer_are_those_that_name_no_partner() -> None:
    source = snapshot(payments=[paid(1, 10, OCT), paid(2, 20, OCT, commercial_partner_id=0)])
    assert collections.without_customer(money_in(source)).tolist() == [False, True]


def test_what_is_left_of_a_payment_is_what_arrears_shows_as_its_credit() -> None:
    books = Ledger()
    invoice = books.invoice(7, 60, NOV, on=OCT)
    part, whole, refund = books.payment(7, 75, NOV), books.payment(7, 5, NOV), books.payment(7, -9, NOV)
    books.reconcile(invoice, part, 60, NOV)
    other = books.invoice(7, 5, NOV, on=OCT)
    books.reconcile(other, whole, 5, NOV)
    banked = books.bank_line(7, 12, NOV)
    source = books.snapshot()
    found = collections.unallocated_money(source, money_in(source))
    number = {line: books.line(line)["payment_id"] for line in (part, refund)}
    assert rows(found, "money_id", "left") == [(-banked, 12.0), (number[part], 15.0), (number[refund], -9.0)]


def test_noise_below_half_a_cent_is_not_left_of_a_payment() -> None:
    books = Ledger()
    line = books.payment(7, 10, NOV)
    books.line(line)["residual"] = -0.004
    source = books.snapshot()
    assert len(collections.unallocated_money(source, money_in(source))) == 0


def test_days_to_pay_run_from_the_invoice_date_to_the_match_that_closed_the_invoice() -> None:
    books = Ledger()
    invoice = books.invoice(7, 100, NOV, on=OCT)
    first, last = books.payment(7, 40, OCT), books.payment(7, 60, OCT)
    books.reconcile(invoice, first, 40, OCT + timedelta(days=5))
    assert len(paid_invoices(books.snapshot())) == 0, "paid in part is not paid"
    books.reconcile(invoice, last, 60, OCT + timedelta(days=20))
    found = paid_invoices(books.snapshot())
    assert rows(found, "move_id", "days", "amount") == [(books.move_of(invoice), 20, 100.0)]
    assert found["paid_on"].iloc[0].date() == OCT + timedelta(days=20)


def test_an_invoice_in_instalments_is_paid_when_its_last_one_is() -> None:
    books = Ledger()
    first = books.invoice(7, 60, NOV, on=OCT)
    second = books.invoice(7, 40, NOV, on=OCT, move_id=books.move_of(first))
    came = books.payment(7, 100, OCT)
    books.reconcile(first, came, 60, OCT + timedelta(days=3))
    assert len(paid_invoices(books.snapshot())) == 0
    books.reconcile(second, came, 40, OCT + timedelta(days=30))
    assert rows(paid_invoices(books.snapshot()), "days", "amount") == [(30, 100.0)]


def test_what_credit_notes_and_write_offs_alone_closed_was_not_paid() -> None:
    books = Ledger()
    credited, written_off, both = (books.invoice(7, 10, NOV, on=OCT) for _ in range(3))
    books.reconcile(credited, books.invoice(7, -10, None, on=OCT), 10, NOV)
    books.reconcile(written_off, books.entry(7, -10, NOV), 10, NOV)
    books.reconcile(both, books.invoice(7, -4, None, on=OCT), 4, NOV)
    books.reconcile(both, books.payment(7, 6, NOV), 6, NOV)
    assert paid_invoices(books.snapshot())["move_id"].tolist() == [books.move_of(both)]


def test_a_bank_line_pays_as_a_payment_does() -> None:
    books = Ledger()
    invoice = books.invoice(7, 10, NOV, on=OCT)
    books.reconcile(invoice, books.bank_line(7, 10, NOV), 10, NOV)
    assert paid_invoices(books.snapshot())["move_id"].tolist() == [books.move_of(invoice)]


def test_a_payment_of_nothing_that_writes_the_invoice_off_has_not_paid_it() -> None:
    books = Ledger()
    gone, short = books.invoice(7, 10, NOV, on=OCT), books.invoice(7, 10, NOV, on=OCT)
    books.reconcile(gone, books.payment(7, 0, NOV, written_off=10), 10, NOV)
    books.reconcile(short, books.payment(7, 9, NOV, written_off=1), 10, NOV)
    assert paid_invoices(books.snapshot())["move_id"].tolist() == [books.move_of(short)]


def test_money_that_was_there_before_the_invoice_is_zero_days_and_exchange_differences_move_no_day() -> None:
    books = Ledger()
    invoice = books.invoice(7, 10, NOV, on=OCT)
    books.reconcile(invoice, books.payment(7, 10, OCT), 10, OCT)
    books.reconcile(invoice, books.entry(7, 0, NOV), 0, NOV)
    assert paid_invoices(books.snapshot())["days"].tolist() == [0]


def test_a_payment_in_gold_closes_a_dollar_invoice_within_dollars() -> None:
    books = Ledger()
    invoice = books.invoice(7, 40, NOV, on=OCT)
    gold = books.payment(7, 1_080, NOV, currency_id=ZWG)
    books.reconcile(invoice, gold, 40, NOV, credit_amount=1_080)
    assert rows(paid_invoices(books.snapshot()), "currency_id", "amount", "days") == [(USD, 40.0, 31)]


def test_an_invoice_in_payment_without_an_entry_is_still_open_and_not_paid() -> None:
    books = Ledger()
    invoice = books.invoice(7, 40, NOV, on=OCT, payment_state="in_payment")
    books.frames["payments"].append(paid(9, 40, NOV))
    books.frames["payment_invoices"].append({"payment_id": 9, "move_id": books.move_of(invoice)})
    assert len(paid_invoices(books.snapshot())) == 0


def test_median_and_p90_stand_beside_the_average_by_amount() -> None:
    frame = pd.DataFrame({"days": [1, 2, 3, 4, 100], "amount": [10.0, 10.0, 10.0, 10.0, 60.0], "currency_id": USD})
    found = days_to_pay(frame)
    assert (found.spread.count, found.spread.median) == (5, 3.0)
    assert found.spread.p90 == pytest.approx(61.6)
    # (1 + 2 + 3 + 4) × 10 + 100 × 60 = 6,100, over 100.
    assert found.average == pytest.approx(61.0)
    fewer = days_to_pay(frame, np.array([True, True, False, False, False]))
    assert (fewer.spread.count, fewer.average) == (2, 1.5)


def test_days_to_pay_of_nothing_are_not_zero() -> None:
    found = days_to_pay(pd.DataFrame({"days": np.array([], dtype=np.int64), "amount": np.array([], dtype=float)}))
    assert (found.spread.count, found.spread.median, found.spread.p90, found.average) == (0, None, None, None)


@given(
    some.lists(
        some.tuples(
            some.integers(1, 2), some.sampled_from([USD, ZWG]), some.integers(0, 800), some.integers(1, 10**7),
            some.booleans(), some.booleans(),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_months_hold_all_posted_money_to_the_cent(
    entries: list[tuple[int, int, int, int, bool, bool]],
) -> None:
    payments = [
        paid(number, cents / 100, date(2025, 1, 1) + timedelta(days=day), company_id=company, currency_id=currency,
             direction="inbound" if inbound else "outbound", state="posted" if posted else "draft")
        for number, (company, currency, day, cents, inbound, posted) in enumerate(entries, start=1)
    ]  # fmt: skip
    months = collections.collected_by_month(money_in(snapshot(payments=payments)))
    for wanted in (USD, ZWG):
        expected = sum(
            cents if inbound else -cents
            for _company, currency, _day, cents, inbound, posted in entries
            if posted and currency == wanted
        )
        assert round(months.loc[months["currency_id"] == wanted, "collected"].sum() * 100) == expected
