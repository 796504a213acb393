"""The technology of an open line: that of its invoice's product lines, to the cent."""

from __future__ import annotations

from datetime import date

import pytest

from odoo_client.metrics.ageing import LineFilter, filter_lines
from odoo_client.metrics.attribution import split_by_technology
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from tests.builders import Ledger

D = date(2026, 11, 22)
DUE = date(2026, 11, 1)


def split(books: Ledger) -> list[tuple[str, float]]:
    source = books.snapshot()
    parts = split_by_technology(open_lines(LedgerIndex.build(source), D), source)
    return list(zip(parts["technology"].astype("str"), parts["residual"], strict=True))


@pytest.fixture
def books() -> Ledger:
    ledger = Ledger()
    ledger.customer(10)
    return ledger


def test_an_invoice_of_one_technology_is_all_its(books: Ledger) -> None:
    books.invoice(10, 115.0, DUE, technology={"fibre": 100.0})
    assert split(books) == [("fibre", 115.0)]


def test_amounts_split_by_untaxed_amount_and_the_odd_cent_goes_to_the_largest(books: Ledger) -> None:
    books.invoice(10, 10.0, DUE, technology={"fibre": 1.0, "wireless": 2.0})
    assert split(books) == [("fibre", 3.33), ("wireless", 6.67)]


def test_a_share_of_whole_cents_is_not_rounded_down_by_float_noise(books: Ledger) -> None:
    """1,228.60 × 119.24 ÷ 982.88 is 149.05 exactly, and 149.04999999999998 in floats."""
    books.invoice(10, 1228.6, DUE, technology={"fibre": 119.24, "wireless": 863.64})
    assert split(books) == [("fibre", 149.05), ("wireless", 1079.55)]


def test_among_equals_the_odd_cent_goes_to_the_first(books: Ledger) -> None:
    books.invoice(10, 10.01, DUE, technology={"wireless": 5.0, "fibre": 5.0})
    assert split(books) == [("fibre", 5.01), ("wireless", 5.0)]


def test_what_is_left_of_a_partly_paid_invoice_is_split_not_the_whole(books: Ledger) -> None:
    invoice = books.invoice(10, 100.0, DUE, technology={"fibre": 50.0, "starlink": 150.0})
    books.reconcile(invoice, books.payment(10, 60.0, D), 60.0, on=D)
    assert split(books) == [("fibre", 10.0), ("starlink", 30.0)]


def test_a_credit_note_is_split_alike(books: Ledger) -> None:
    books.invoice(10, -10.0, DUE, technology={"fibre": 1.0, "wireless": 2.0})
    assert split(books) == [("fibre", -3.33), ("wireless", -6.67)]


def test_payments_and_invoices_without_mapped_products_are_not_attributed(books: Ledger) -> None:
    books.invoice(10, 10.0, DUE)
    books.invoice(10, 20.0, DUE, technology={"": 20.0})
    books.payment(10, 5.0, D)
    assert split(books) == [("", 10.0), ("", 20.0), ("", -5.0)]


def test_a_discount_line_takes_no_share(books: Ledger) -> None:
    books.invoice(10, 90.0, DUE, technology={"fibre": 100.0, "": -10.0})
    assert split(books) == [("fibre", 90.0)]


def test_disputed_and_in_payment_are_split_with_the_line(books: Ledger) -> None:
    books.invoice(10, 30.0, DUE, technology={"fibre": 1.0, "wireless": 2.0}, disputed=True, payment_state="in_payment")
    source = books.snapshot()
    parts = split_by_technology(open_lines(LedgerIndex.build(source), D), source)
    assert parts["disputed"].tolist() == parts["in_payment"].tolist() == [10.0, 20.0]
    assert filter_lines(parts, LineFilter(technologies=["wireless"]))["residual"].tolist() == [20.0]


def test_no_lines_give_no_parts(books: Ledger) -> None:
    assert split(books) == []
