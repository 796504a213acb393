"""The queue of drafts, which invoices a payment may be for and why, and what approving it will do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from odoo_client.metrics.proof_queue import Payment, allocation, open_invoices, queue, ranked, suggested, with_age
from odoo_client.store.snapshot import Snapshot
from tests.builders import USD, ZWG, Ledger

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = date(2026, 11, 20)


@pytest.fixture
def book() -> Ledger:
    made = Ledger()
    made.customer(1, "Tendai Moyo")
    made.customer(2, "Rudo Ncube")
    return made


def bill(book: Ledger, customer: int, amount: float, due: date, **more: Any) -> int:
    """Book an invoice of which all is open, and return its line."""
    line = book.invoice(customer, amount, due, **more)
    book.frames["invoices"][-1] |= {"residual": amount, "due_date": due}
    return line


def payment(amount: float, **more: object) -> Payment:
    return Payment(
        **{"commercial_partner_id": 1, "company_id": 1, "currency_id": USD, "amount": amount, "day": DAY, **more}
    )  # type: ignore[arg-type]


def test_every_inbound_draft_waits_the_oldest_first_and_nothing_else(book: Ledger) -> None:
    later = book.draft(1, 30.0, entered=NOW - timedelta(hours=1))
    earlier = book.draft(2, 40.0, entered=NOW - timedelta(hours=50))
    book.draft(1, 50.0, direction="outbound")
    book.payment(1, 60.0, DAY)
    rows = with_age(queue(book.snapshot()), NOW)
    assert rows["payment_id"].tolist() == [earlier, later]
    assert rows["customer"].tolist() == ["Rudo Ncube", "Tendai Moyo"]
    assert rows["age_h"].round().tolist() == [50, 1]


def test_a_draft_entered_by_a_clock_that_is_ahead_waits_no_negative_time(book: Ledger) -> None:
    book.draft(1, 30.0, entered=NOW + timedelta(minutes=20))
    assert with_age(queue(book.snapshot()), NOW)["age_h"].tolist() == [0.0]


def test_a_draft_of_nobody_is_in_the_queue_without_a_name(book: Ledger) -> None:
    book.draft(0, 30.0, entered=NOW)
    assert queue(book.snapshot())["customer"].tolist() == [""]


def candidates(source: Snapshot, paid: Payment) -> pd.DataFrame:
    """Return the invoices the payment may be for, the likeliest first."""
    return ranked(open_invoices(source, paid.commercial_partner_id, paid.company_id), paid)


def test_only_the_customer_s_open_posted_invoices_are_candidates(book: Ledger) -> None:
    line = bill(book, 1, 100.0, DAY, on=DAY - timedelta(days=30))
    bill(book, 2, 100.0, DAY, on=DAY - timedelta(days=30))
    rows = open_invoices(book.snapshot(), 1)
    assert rows["move_id"].tolist() == [book.move_of(line)]


def test_the_reason_is_told_in_words_and_the_likeliest_comes_first(book: Ledger) -> None:
    bill(book, 1, 55.0, DAY - timedelta(days=60), on=DAY - timedelta(days=90))
    exact = bill(book, 1, 100.0, DAY, on=DAY - timedelta(days=30))
    foreign = bill(book, 1, 100.0, DAY, on=DAY - timedelta(days=30), currency_id=ZWG)
    rows = candidates(book.snapshot(), payment(100.0))
    assert rows["move_id"].iloc[0] == book.move_of(exact)
    assert rows["reason"].iloc[0] == "same amount, same currency, billed before the payment"
    by_id = dict(zip(rows["move_id"], rows["reason"], strict=True))
    assert by_id[book.move_of(foreign)] == "billed before the payment"


def test_a_number_in_the_reference_counts_however_it_is_spaced(book: Ledger) -> None:
    line = bill(book, 1, 55.0, DAY, on=DAY - timedelta(days=30))
    bill(book, 1, 100.0, DAY, on=DAY - timedelta(days=30))
    rows = open_invoices(book.snapshot(), 1)
    number = str(rows.loc[rows["move_id"] == book.move_of(line), "name"].iloc[0])
    spaced = " ".join(number.replace("/", " - ").lower())
    found = candidates(book.snapshot(), payment(100.0, text=f"transfer {spaced}"))
    assert found["move_id"].iloc[0] == book.move_of(line)
    assert "its number is in the reference" in found["reason"].iloc[0]
    assert suggested(found, payment(100.0)) == [book.move_of(line)]


def test_invoices_that_together_make_the_amount_are_suggested_together(book: Ledger) -> None:
    lines = [bill(book, 1, amount, DAY, on=DAY - timedelta(days=30)) for amount in (10.1, 20.2, 47.0)]
    found = candidates(book.snapshot(), payment(30.3))
    assert sorted(suggested(found, payment(30.3))) == sorted(book.move_of(line) for line in lines[:2])


def test_two_invoices_of_the_same_amount_are_no_certain_match(book: Ledger) -> None:
    for _time in range(2):
        bill(book, 1, 100.0, DAY, on=DAY - timedelta(days=30))
    assert suggested(candidates(book.snapshot(), payment(100.0)), payment(100.0)) == []


def test_what_was_chosen_when_it_was_entered_comes_before_everything(book: Ledger) -> None:
    chosen = bill(book, 1, 10.0, DAY, on=DAY - timedelta(days=30))
    bill(book, 1, 100.0, DAY, on=DAY - timedelta(days=30))
    asked = payment(100.0, chosen=(book.move_of(chosen),))
    assert suggested(candidates(book.snapshot(), asked), asked) == [book.move_of(chosen)]


def test_the_amount_goes_to_the_chosen_invoices_in_order_and_the_rest_stays(book: Ledger) -> None:
    first = bill(book, 1, 50.0, DAY, on=DAY - timedelta(days=30))
    second = bill(book, 1, 70.0, DAY, on=DAY - timedelta(days=30))
    foreign = bill(book, 1, 999.0, DAY, on=DAY - timedelta(days=30), currency_id=ZWG)
    rows = open_invoices(book.snapshot(), 1)
    order = [book.move_of(line) for line in (second, foreign, first)]
    assert allocation(rows, payment(80.0), order) == ([(order[0], 70.0), (order[2], 10.0)], 0.0)
    assert allocation(rows, payment(130.3), order)[1] == 10.3
