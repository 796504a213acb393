"""What each payment paid."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from odoo_client.metrics.money_in import money_in
from odoo_client.metrics.payments_matched import applied_to, meant_for
from tests.builders import USD, ZWG, Ledger

JAN, FEB, MAR = date(2026, 1, 5), date(2026, 2, 5), date(2026, 3, 5)


def _payment(books: Ledger, line_id: int) -> int:
    return int(books.line(line_id)["payment_id"])


def applied(books: Ledger) -> pd.DataFrame:
    source = books.snapshot()
    return applied_to(source, money_in(source))


def meant(books: Ledger) -> pd.DataFrame:
    source = books.snapshot()
    return meant_for(source, money_in(source))


def _rows(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


def test_one_payment_over_two_invoices_has_a_row_for_each_with_the_day_of_the_match() -> None:
    books = Ledger()
    first, second = books.invoice(7, 40, FEB, on=JAN), books.invoice(7, 60, MAR, on=FEB)
    paid = books.payment(7, 75, JAN)
    books.reconcile(first, paid, 40, JAN)
    books.reconcile(second, paid, 35, FEB)
    found = applied(books)
    number = _payment(books, paid)
    assert _rows(found, "money_id", "move_id", "amount", "currency_id") == [
        (number, books.move_of(first), 40.0, USD),
        (number, books.move_of(second), 35.0, USD),
    ]
    assert list(found["move_name"]) == [books.line(line)["move_name"] for line in (first, second)]
    assert list(found["kind"]) == ["invoice", "invoice"]
    assert [moment.date() for moment in found["date"]] == [JAN, FEB]


def test_what_is_left_of_a_payment_is_not_applied_to_anything() -> None:
    books = Ledger()
    books.payment(7, 75, JAN)
    found = applied(books)
    assert len(found) == 0
    assert found["money_id"].dtype == np.int64


def test_a_payment_in_gold_for_a_dollar_invoice_gives_both_amounts_each_in_its_currency() -> None:
    books = Ledger()
    invoice = books.invoice(7, 40, FEB, on=JAN)
    paid = books.payment(7, 1_080, FEB, currency_id=ZWG)
    books.reconcile(invoice, paid, 40, FEB, credit_amount=1_080)
    found = applied(books)
    assert _rows(found, "amount", "currency_id", "move_amount", "move_currency_id") == [(1_080.0, ZWG, 40.0, USD)]


def test_a_refund_paid_out_stands_with_the_credit_note_it_gave_back() -> None:
    books = Ledger()
    note = books.invoice(7, -30, None, on=JAN)
    refund = books.payment(7, -30, FEB)
    books.frames["payments"][-1] |= {"direction": "outbound", "amount": 30}
    books.reconcile(refund, note, 30, FEB)
    found = applied(books)
    assert _rows(found, "money_id", "move_id", "amount", "kind") == [
        (_payment(books, refund), books.move_of(note), 30.0, "credit_note")
    ]


def test_two_payments_matched_with_each_other_have_a_row_each() -> None:
    books = Ledger()
    came = books.payment(7, 30, JAN)
    went = books.payment(7, -30, FEB)
    books.reconcile(went, came, 30, FEB)
    found = applied(books)
    pairs = [(_payment(books, came), books.move_of(went)), (_payment(books, went), books.move_of(came))]
    assert _rows(found, "money_id", "move_id") == sorted(pairs)


def test_a_credit_note_set_against_an_invoice_is_no_payment() -> None:
    books = Ledger()
    invoice, note = books.invoice(7, 40, FEB, on=JAN), books.invoice(7, -40, None, on=JAN)
    books.reconcile(invoice, note, 40, JAN)
    assert len(applied(books)) == 0


def test_an_exchange_difference_alone_pays_nothing() -> None:
    books = Ledger()
    paid = books.payment(7, 40, JAN)
    difference = books.entry(7, 0, JAN)
    books.reconcile(difference, paid, 0, JAN)
    assert len(applied(books)) == 0


def test_only_the_payments_asked_for_are_returned() -> None:
    books = Ledger()
    first, second = books.invoice(7, 40, FEB), books.invoice(8, 60, FEB)
    one, two = books.payment(7, 40, FEB), books.payment(8, 60, FEB)
    books.reconcile(first, one, 40, FEB)
    books.reconcile(second, two, 60, FEB)
    snapshot = books.snapshot()
    every = money_in(snapshot)
    assert _rows(applied_to(snapshot, every.iloc[1:]), "money_id", "amount") == [(_payment(books, two), 60.0)]
    assert len(applied_to(snapshot, every.iloc[:0])) == 0


def test_a_line_that_may_not_be_seen_leaves_the_amount_and_no_number() -> None:
    books = Ledger()
    paid = books.payment(7, 40, JAN)
    hidden = 90
    books.frames["partials"].append(
        {"partial_id": 1, "debit_line_id": hidden, "credit_line_id": paid, "debit_amount": 40, "credit_amount": 40,
         "max_date": JAN}
    )  # fmt: skip
    assert _rows(applied(books), "move_id", "move_name", "amount") == [(0, "", 40.0)]


def test_a_payment_without_an_entry_is_meant_for_its_invoice_and_applied_to_nothing() -> None:
    books = Ledger()
    invoice = books.invoice(7, 40, FEB, on=JAN)
    books.frames["payments"].append({"payment_id": 9, "state": "posted", "direction": "inbound", "amount": 40})
    books.frames["payment_invoices"].append({"payment_id": 9, "move_id": books.move_of(invoice)})
    snapshot = books.snapshot()
    assert len(applied(books)) == 0
    name = books.line(invoice)["move_name"]
    money = money_in(snapshot)
    assert _rows(meant_for(snapshot, money), "money_id", "move_id", "move_name") == [(9, books.move_of(invoice), name)]
    assert len(meant_for(snapshot, money.iloc[:0])) == 0


def test_a_link_the_ledger_has_matched_is_not_meant_for_any_more() -> None:
    books = Ledger()
    invoice = books.invoice(7, 40, FEB, on=JAN)
    paid = books.payment(7, 40, FEB)
    books.frames["payment_invoices"].append({"payment_id": _payment(books, paid), "move_id": books.move_of(invoice)})
    assert len(meant(books)) == 1
    books.reconcile(invoice, paid, 40, FEB)
    assert len(meant(books)) == 0
