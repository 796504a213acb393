"""Money in: payments and bank lines without one, by one definition, each saying which of both it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from odoo_client.frames.dates import days
from odoo_client.metrics.changes import Span
from odoo_client.metrics.collections import received_by_method
from odoo_client.metrics.customers import customer_facts
from odoo_client.metrics.money_in import money_in, money_texts, rows_of_lines
from odoo_client.metrics.payments_matched import applied_to
from odoo_client.store.snapshot import Snapshot
from tests.builders import USD, ZWG, Ledger

OCT, NOV = date(2026, 10, 1), date(2026, 11, 1)
TODAY = date(2026, 11, 22)


def told(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


def money_of(books: Ledger) -> list[tuple[Any, ...]]:
    return told(money_in(books.snapshot()), "made_by", "commercial_partner_id", "currency_id", "amount")


def test_payments_come_first_and_bank_lines_after_each_saying_which_it_is() -> None:
    books = Ledger()
    books.bank_line(8, 50, NOV, journal_id=3, label="RTGS 4471", move_name="BNK1/1")
    paid = books.payment(7, 20, NOV, journal_id=3)
    found = money_in(books.snapshot())
    assert told(found, "made_by", "commercial_partner_id", "amount", "method", "inbound", "posted") == [
        ("payment", 7, 20.0, "", True, True),
        ("bank_line", 8, 50.0, "Bank line", True, True),
    ]
    assert found["money_id"].tolist() == [books.line(paid)["payment_id"], -1]
    assert told(money_texts(books.snapshot(), found), "number", "reference", "state")[1] == (
        ("BNK1/1", "RTGS 4471", "posted")
    )


def test_a_bank_line_that_paid_several_invoices_is_one_sum_and_one_of_several_customers_has_a_row_each() -> None:
    books = Ledger()
    first = books.bank_line(7, 40, NOV)
    move = books.move_of(first)
    books.bank_line(7, 60, NOV, move_id=move)
    books.bank_line(8, 15, NOV, move_id=move)
    books.bank_line(8, 900, NOV, move_id=move, currency_id=ZWG)
    assert money_of(books) == [
        ("bank_line", 7, USD, 100.0),
        ("bank_line", 8, USD, 15.0),
        ("bank_line", 8, ZWG, 900.0),
    ]
    source = books.snapshot()
    assert rows_of_lines(source, money_in(source)).tolist() == [0, 0, 1, 2]


def test_what_a_bank_line_wrote_off_or_set_off_against_a_credit_note_never_came() -> None:
    books = Ledger()
    books.bank_line(7, 95, NOV, written_off=5)
    paid = books.bank_line(8, 100, NOV)
    books.bank_line(8, -20, NOV, move_id=books.move_of(paid))
    assert money_of(books) == [("bank_line", 7, USD, 95.0), ("bank_line", 8, USD, 80.0)]


def test_money_that_went_out_by_bank_line_is_a_refund() -> None:
    books = Ledger()
    books.bank_line(7, -30, NOV)
    found = money_in(books.snapshot())
    assert told(found, "amount", "inbound") == [(-30.0, False)]
    assert told(received_by_method(found), "received", "refunded") == [(0.0, 30.0)]


def test_other_entries_and_bank_lines_of_nothing_are_no_money() -> None:
    books = Ledger()
    books.entry(7, -40, NOV)
    both = books.bank_line(7, 50, NOV)
    books.bank_line(7, -50, NOV, move_id=books.move_of(both))
    assert money_of(books) == []


def without_entry(books: Ledger, invoice: int, amount: float, **more: Any) -> None:
    """Enter a payment of Odoo 18 that posted no entry, made for an invoice."""
    number = 900 + len(books.frames["payments"])
    payment = {"payment_id": number, "state": "posted", "direction": "inbound", "amount": amount, "date": OCT}
    owner = {"company_id": 1, "currency_id": USD, "commercial_partner_id": 7, "raw_state": "paid"}
    books.frames["payments"].append(payment | owner | more)
    books.frames["payment_invoices"].append({"payment_id": number, "move_id": books.move_of(invoice)})


def test_a_bank_line_that_settles_a_payment_without_an_entry_is_the_same_money() -> None:
    books = Ledger()
    invoice = books.invoice(7, 100, NOV, on=OCT)
    without_entry(books, invoice, 100)
    books.reconcile(invoice, books.bank_line(7, 100, NOV), 100, NOV)
    assert money_of(books) == [("payment", 7, USD, 100.0)]


def test_what_a_bank_line_brought_beyond_such_payments_counts() -> None:
    books = Ledger()
    announced, other = books.invoice(7, 100, NOV, on=OCT), books.invoice(7, 30, NOV, on=OCT)
    without_entry(books, announced, 60)
    line = books.bank_line(7, 130, NOV)
    books.reconcile(announced, line, 100, NOV)
    books.reconcile(other, line, 30, NOV)
    assert money_of(books) == [("payment", 7, USD, 60.0), ("bank_line", 7, USD, 70.0)]


@pytest.mark.parametrize("more", [{"state": "draft"}, {"state": "cancel"}, {"direction": "outbound"}, {"move_id": 77}])
def test_only_money_that_counts_and_has_no_entry_takes_the_place_of_a_bank_line(more: dict[str, Any]) -> None:
    books = Ledger()
    invoice = books.invoice(7, 100, NOV, on=OCT)
    without_entry(books, invoice, 100, **more)
    books.reconcile(invoice, books.bank_line(7, 100, NOV), 100, NOV)
    assert money_of(books)[1] == ("bank_line", 7, USD, 100.0)


def test_the_last_payment_may_be_a_bank_line() -> None:
    books = Ledger()
    books.payment(7, 20, OCT)
    books.bank_line(7, 50, NOV, written_off=1)
    facts = customer_facts(books.snapshot(), TODAY)
    columns = ("commercial_partner_id", "last_payment_amount", "last_payment_currency_id")
    assert told(facts, *columns) == [(7, 50.0, USD)]
    assert told(customer_facts(books.snapshot(), OCT), *columns) == [(7, 20.0, USD)]


def test_received_of_a_day_counts_both() -> None:
    books = Ledger()
    books.payment(7, 20, TODAY)
    books.frames["payments"][-1]["journal_id"] = 3
    books.bank_line(8, 50, TODAY, journal_id=3)
    books.bank_line(8, 70, NOV, journal_id=3)
    found = money_in(books.snapshot())
    today = received_by_method(found, Span(TODAY, TODAY).holds(days(found, "date")))
    assert told(today, "journal_id", "method", "received") == [(3, "", 20.0), (3, "Bank line", 50.0)]


def applied(books: Ledger) -> list[tuple[Any, ...]]:
    source = books.snapshot()
    return told(applied_to(source, money_in(source)), "money_id", "move_id", "amount", "written_off")


def test_a_bank_line_paid_what_its_lines_are_matched_with() -> None:
    books = Ledger()
    first, second = books.invoice(7, 40, NOV, on=OCT), books.invoice(7, 60, NOV, on=OCT)
    line = books.bank_line(7, 40, NOV)
    more = books.bank_line(7, 50, NOV, move_id=books.move_of(line))
    books.reconcile(first, line, 40, NOV)
    books.reconcile(second, more, 50, NOV)
    assert applied(books) == [(-line, books.move_of(first), 40.0, 0.0), (-line, books.move_of(second), 50.0, 0.0)]


def test_a_payment_of_95_for_100_paid_95_and_wrote_off_5() -> None:
    books = Ledger()
    invoice = books.invoice(7, 100, NOV, on=OCT)
    line = books.payment(7, 95, NOV, written_off=5)
    books.reconcile(invoice, line, 100, NOV)
    assert applied(books) == [(books.line(line)["payment_id"], books.move_of(invoice), 95.0, 5.0)]


def test_what_one_payment_of_several_invoices_wrote_off_goes_to_them_in_proportion_to_the_cent() -> None:
    books = Ledger()
    invoices = [books.invoice(7, amount, NOV, on=OCT) for amount in (33.33, 33.33, 33.34)]
    line = books.payment(7, 90, NOV, written_off=10)
    for invoice, amount in zip(invoices, (33.33, 33.33, 33.34), strict=True):
        books.reconcile(invoice, line, amount, NOV)
    found = [(amount, off) for _money, _move, amount, off in applied(books)]
    assert found == [(30.0, 3.33), (30.0, 3.33), (30.0, 3.34)]


def test_a_credit_note_given_back_within_a_bank_line_is_taken_off_what_was_paid() -> None:
    books = Ledger()
    invoice, note = books.invoice(7, 100, NOV, on=OCT), books.invoice(7, -20, None, on=OCT)
    line = books.bank_line(7, 100, NOV)
    back = books.bank_line(7, -20, NOV, move_id=books.move_of(line))
    books.reconcile(invoice, line, 100, NOV)
    books.reconcile(back, note, 20, NOV)
    assert [amount for _money, _move, amount, _off in applied(books)] == [100.0, -20.0]


def test_a_snapshot_of_an_older_release_has_payments_alone() -> None:
    books = Ledger()
    invoice = books.invoice(7, 20, NOV, on=OCT)
    books.reconcile(invoice, books.payment(7, 20, NOV), 20, NOV)
    books.entry(7, -50, NOV)
    now = books.snapshot()
    old = {name: now.frame(name) for name in now if name not in ("money_lines", "deductions")}
    source = Snapshot.from_frames(old, meta=now.meta)
    found = money_in(source)
    assert told(found, "made_by", "amount") == [("payment", 20.0)]
    assert told(applied_to(source, found), "amount", "written_off") == [(20.0, 0.0)]
