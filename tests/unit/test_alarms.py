"""What is to be looked at twice before a proof of payment is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from odoo_client.actions.outbox.entry import Author, FileRef, Record
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.payments.alarms import Alarm, Given, alarms, entries_with, references_in
from odoo_client.frames.arrays import FrameSource
from odoo_client.live.payments import Used
from odoo_client.metrics.references import normal_reference
from tests.builders import USD, ZWG, Ledger

TODAY = date(2026, 11, 20)
TENDAI = Author("tendai@staff.example", "Tendai Moyo")


@pytest.fixture
def book() -> Ledger:
    made = Ledger()
    made.customer(1, "Mbira Lodge")
    made.customer(2, "Closed Shop", active=False)
    return made


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox.sqlite3")


def bill(book: Ledger, customer: int, amount: float, due: date, **more: Any) -> int:
    """Book an invoice of which all is open, and return its line."""
    line = book.invoice(customer, amount, due, **more)
    book.frames["invoices"][-1] |= {"residual": amount, "due_date": due}
    return line


def given(**more: object) -> Given:
    whole = Given(1, Decimal("100.00"), "USD", USD, TODAY, "f" * 64, "FT26331ABC")
    return replace(whole, **more)  # type: ignore[arg-type]


def found(source: FrameSource, outbox: Outbox, what: Given, used: tuple[Used, ...] = ()) -> list[Alarm]:
    references = references_in(source, what.bank_reference)
    return alarms(source, outbox, what, used=used, references=references, today=TODAY)


def codes(source: FrameSource, outbox: Outbox, what: Given, used: tuple[Used, ...] = ()) -> list[str]:
    return [one.code for one in found(source, outbox, what, used)]


def test_an_ordinary_payment_raises_none(book: Ledger, outbox: Outbox) -> None:
    line = bill(book, 1, 100.0, TODAY, on=TODAY - timedelta(days=30))
    assert codes(book.snapshot(), outbox, given(move_ids=(book.move_of(line),))) == []


def test_more_than_the_invoice_says_how_much_stays_unallocated(book: Ledger, outbox: Outbox) -> None:
    line = bill(book, 1, 90.0, TODAY, on=TODAY - timedelta(days=30))
    said = found(book.snapshot(), outbox, given(move_ids=(book.move_of(line),)))
    assert [one.code for one in said] == ["above"]
    assert "USD 10.00 would stay unallocated" in said[0].sentence


def test_another_currency_than_the_invoice(book: Ledger, outbox: Outbox) -> None:
    line = bill(book, 1, 100.0, TODAY, on=TODAY - timedelta(days=30), currency_id=ZWG)
    assert codes(book.snapshot(), outbox, given(move_ids=(book.move_of(line),))) == ["currency"]


def test_the_currency_told_is_that_of_the_invoice_that_differs(book: Ledger, outbox: Outbox) -> None:
    lines = [
        bill(book, 1, amount, TODAY, on=TODAY - timedelta(days=30), currency_id=currency)
        for amount, currency in ((60.0, USD), (5000.0, ZWG))
    ]
    said = found(book.snapshot(), outbox, given(move_ids=tuple(book.move_of(line) for line in lines)))
    names = book.snapshot().frame("invoices").set_index("move_id")["name"]
    foreign = names[book.move_of(lines[1])]
    assert [one.sentence for one in said] == [f"The payment is in USD, but {foreign} in ZWG."]


def test_a_date_in_the_future_or_before_the_invoice(book: Ledger, outbox: Outbox) -> None:
    line = bill(book, 1, 100.0, TODAY, on=TODAY - timedelta(days=3))
    early = given(move_ids=(book.move_of(line),), day=TODAY - timedelta(days=4))
    assert codes(book.snapshot(), outbox, early) == ["before"]
    assert codes(book.snapshot(), outbox, given(day=TODAY + timedelta(days=1))) == ["future"]


def test_an_archived_customer(book: Ledger, outbox: Outbox) -> None:
    assert codes(book.snapshot(), outbox, given(partner_id=2)) == ["archived"]


def test_the_same_reference_in_odoo_however_it_is_written_names_the_payment(book: Ledger, outbox: Outbox) -> None:
    book.draft(1, 40.0, memo="INV/1 ft 26331-abc", date=TODAY)
    said = found(book.snapshot(), outbox, given())
    assert [one.code for one in said] == ["reference"]
    assert "USD 40.00 of 20 Nov 2026 from Mbira Lodge" in said[0].sentence


@pytest.mark.parametrize("memo", ["FT26331ABC", "INV/1 FT26331ABC"])
def test_a_known_reference_is_found_inside_a_longer_one(book: Ledger, outbox: Outbox, memo: str) -> None:
    book.draft(1, 40.0, memo=memo, date=TODAY)
    book.draft(1, 41.0, memo="On account", date=TODAY)
    said = found(book.snapshot(), outbox, given(bank_reference="CBZ FT26331ABC on account"))
    assert [one.code for one in said] == ["reference"]
    assert "USD 40.00" in said[0].sentence
    assert "USD 41.00" not in said[0].sentence


@pytest.mark.parametrize("typed", ["CBZ FT26331ABC", "FT26331"])
def test_an_entry_of_the_outbox_is_found_by_more_and_by_less_of_its_reference(
    book: Ledger, outbox: Outbox, typed: str
) -> None:
    marks = {"bank_reference": normal_reference("FT26331ABC")}
    outbox.add("payment_proof", TENDAI, title="Payment", payload={"partner_id": 1}, marks=marks)
    outbox.add("payment_proof", TENDAI, title="Word", payload={"partner_id": 1}, marks={"bank_reference": "CBZX"})
    said = found(book.snapshot(), outbox, given(bank_reference=typed))
    assert [one.sentence for one in said] == ["This bank reference has been used before: Payment (entered here)."]
    assert entries_with(outbox, "CBZ") == []


def test_a_cancelled_payment_has_used_nothing(book: Ledger, outbox: Outbox) -> None:
    book.draft(1, 40.0, memo="FT26331ABC", state="cancel")
    assert codes(book.snapshot(), outbox, given()) == []


def test_the_same_file_or_reference_in_the_outbox(book: Ledger, outbox: Outbox) -> None:
    outbox.add(
        "payment_proof",
        TENDAI,
        title="Payment of USD 100.00 from Mbira Lodge",
        payload={"partner_id": 1},
        file=FileRef("f" * 64, "proof.png", "image/png", 3),
        content=b"abc",
        marks={"sha256": "f" * 64, "bank_reference": normal_reference("FT26331ABC")},
    )
    assert codes(book.snapshot(), outbox, given()) == ["file", "reference"]


def test_what_somebody_does_not_see_is_counted_and_told_no_more_of(book: Ledger, outbox: Outbox) -> None:
    one = {"partner_id": 1, "company_id": 1}
    for title, payload in (
        ("Of Mbira", one),
        ("Of a stranger", {"partner_id": 77}),
        ("There", one | {"company_id": 9}),
    ):
        outbox.add("payment_proof", TENDAI, title=title, payload=payload, marks={"sha256": "f" * 64})
    said = found(book.snapshot(), outbox, given(bank_reference=""), (Used(5, "PCBZ/77", "file"),))
    assert [one.sentence for one in said] == [
        "This very file has been used before: Of Mbira (entered here), 3 payments that are not among those you see."
    ]
    only = found(book.snapshot(), outbox, given(sha256=""), (Used(5, "PCBZ/77", "reference"),))
    assert [one.code for one in only] == ["reference"]
    assert "PCBZ" not in only[0].sentence


def test_an_entry_that_became_the_payment_odoo_names_is_said_once(book: Ledger, outbox: Outbox) -> None:
    entry = outbox.add("payment_proof", TENDAI, title="Payment", payload={"partner_id": 1}, marks={"sha256": "f" * 64})
    outbox.change(entry.token, "done", record=Record("account.payment", 9, "Draft payment"))
    said = found(book.snapshot(), outbox, given(bank_reference=""), (Used(9, "PAY/9", "file"),))
    assert [one.sentence for one in said] == ["This very file has been used before: PAY/9."]


def test_a_discarded_entry_has_used_nothing(book: Ledger, outbox: Outbox) -> None:
    entry = outbox.add("payment_proof", TENDAI, title="Payment", payload={"partner_id": 1}, marks={"sha256": "f" * 64})
    outbox.discard(entry.token, TENDAI.login, "entered twice")
    assert codes(book.snapshot(), outbox, given(bank_reference="")) == []


def test_a_reference_too_short_to_mean_one_is_compared_with_nothing(book: Ledger, outbox: Outbox) -> None:
    book.draft(1, 40.0, memo="INV 1 A1")
    assert references_in(book.snapshot(), "A-1") == []


def test_a_reference_is_found_whatever_letters_it_has(book: Ledger) -> None:
    key = book.draft(1, 40.0, memo="Paiement R\u00c9F 12 \u00e934")
    assert references_in(book.snapshot(), "r\u00e9f-12 \u00e934") == [key]
