"""What the arrears table says of a customer, and finding one."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from odoo_client.metrics.ageing import ageing_by_customer
from odoo_client.metrics.customers import customer_facts, customer_table
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.store.snapshot import Snapshot
from tests.builders import USD, ZWG, Ledger

D = date(2026, 11, 22)


@pytest.fixture
def books() -> Ledger:
    ledger = Ledger()
    ledger.customer(10, "Mary Moyo", phone="+263 77 212 3456", email="mary@example.com", ref="AF-10")
    ledger.customer(11, "Brian Ncube")
    ledger.customer(12, "Thabo <b>Dube</b>", commercial_partner_id=11, parent_id=11)
    ledger.invoice(10, 100.0, D - timedelta(days=5))
    ledger.invoice(11, 50.0, D - timedelta(days=5))
    return ledger


def table(source: Snapshot, as_of: date = D) -> pd.DataFrame:
    lines = open_lines(LedgerIndex.build(source), as_of)
    shown = customer_table(ageing_by_customer(lines), customer_facts(source, as_of), source)
    return shown.set_index("commercial_partner_id")


def test_the_last_payment_is_the_latest_posted_inbound_one_in_its_own_currency(books: Ledger) -> None:
    books.payment(10, 10.0, D - timedelta(days=30))
    books.payment(10, 2600.0, D - timedelta(days=3), currency_id=ZWG)
    books.payment(10, 7.0, D - timedelta(days=10))
    books.payment(10, 99.0, D)
    books.frames["payments"][-1]["state"] = "draft"
    books.payment(10, 98.0, D)
    books.frames["payments"][-1]["direction"] = "outbound"
    mary = table(books.snapshot())[lambda t: t["currency_id"] == USD].loc[10]
    assert mary["last_payment_date"] == pd.Timestamp(D - timedelta(days=3))
    assert (mary["last_payment_amount"], mary["last_payment_currency_id"]) == (2600.0, ZWG)


def test_of_two_payments_on_one_day_the_one_entered_last_is_the_last(books: Ledger) -> None:
    books.payment(10, 5.0, D)
    books.payment(10, 6.0, D)
    assert table(books.snapshot()).loc[10, "last_payment_amount"] == 6.0


def test_on_a_past_day_later_payments_are_not_known_yet(books: Ledger) -> None:
    books.payment(10, 5.0, D - timedelta(days=3))
    books.payment(10, 6.0, D)
    assert table(books.snapshot(), D - timedelta(days=1)).loc[10, "last_payment_amount"] == 5.0


def test_a_customer_who_never_paid_has_no_date_no_amount_and_no_currency(books: Ledger) -> None:
    brian = table(books.snapshot()).loc[11]
    assert pd.isna(brian["last_payment_date"])
    assert pd.isna(brian["last_payment_amount"])
    assert (brian["last_payment_currency_id"], brian["active_services"], brian["phone"]) == (0, 0, "")


def test_phone_and_active_services_stand_beside_the_debt(books: Ledger) -> None:
    service = {"service_id": "s:1", "commercial_partner_id": 10, "company_id": 1, "status": "active"}
    books.frames["services"] += [service, service | {"service_id": "s:2", "status": "ended"}]
    books.frames["services"] += [service | {"service_id": "s:3", "company_id": 2}]
    mary = table(books.snapshot()).loc[10]
    assert (mary["phone"], mary["email"], mary["active_services"]) == ("+263 77 212 3456", "mary@example.com", 1)


def test_without_any_payment_or_service_the_table_still_stands(books: Ledger) -> None:
    assert len(table(books.snapshot())) == 2
    assert table(Ledger().snapshot()).empty
