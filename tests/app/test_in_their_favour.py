"""Money below zero in a sentence: a credit is in the customer's favour, and nobody "owes −USD 135.00"."""

from __future__ import annotations

import pytest

from odoo_client.people.access import Person
from pages.ui import formats
from pages.ui.payments import data as payments_data
from pages.ui.view import ALL_COMPANIES, view_of
from tests.app.conftest import Stage, ago, books, real
from tests.app.test_promises import form
from tests.builders import ZWG

FINANCE = Person("fin@staff.example", "Farai Finance", 5, frozenset({"finance"}), frozenset(range(1, 100)))


@pytest.fixture
def paid(stage: Stage) -> Stage:
    """The books in which customer 6 paid USD 135.00 that is matched with nothing, and 2 paid ZWG 20.00 too much."""
    book = books()
    book.payment(6, 135.0, ago(2))
    book.payment(2, 20.0, ago(2), currency_id=ZWG)
    stage.show(real(book.snapshot()))
    return stage


def said(visit: object) -> str:
    drawn = (visit.markdown, visit.caption)  # type: ignore[attr-defined]
    return "\n".join(one.value for kind in drawn for one in kind).replace("\\", "")


@pytest.mark.parametrize(
    ("amount", "decimals", "balance", "owes"),
    [
        (414.0, 2, "USD 414.00", "owes USD 414.00"),
        (0.0, 2, "USD 0.00", "owes USD 0.00"),
        (-135.0, 2, "USD 135.00 in their favour", "has USD 135.00 in their favour"),
        (-0.004, 2, "USD 0.00", "owes USD 0.00"),
        (-0.004, 3, "USD 0.004 in their favour", "has USD 0.004 in their favour"),
    ],
)
def test_a_balance_reads_as_people_say_it(amount: float, decimals: int, balance: str, owes: str) -> None:
    assert formats.balance(amount, "USD", decimals) == balance
    assert formats.owes(amount, "USD", decimals) == owes


def test_after_an_approval_a_credit_is_not_owed(paid: Stage) -> None:
    view = view_of(paid.store.current(), paid.settings, ALL_COMPANIES)  # type: ignore[arg-type]
    assert payments_data.owes(view, 6, 1) == "has USD 135.00 in their favour"
    assert payments_data.owes(view, 2, 1) == "owes USD 50.00 (overdue USD 50.00) and has ZWG 20.00 in their favour"
    assert payments_data.owes(view, 1, 1).startswith("owes USD 120.00 (overdue USD 100.00")
    assert payments_data.owes(view, 4, 1) == "owes nothing"


def test_arrears_and_the_customer_s_page_say_it_too(paid: Stage) -> None:
    words = said(paid.open("arrears.py", customer="6"))
    assert f"Open on {formats.day(ago(0))}: **USD 135.00 in their favour**, overdue USD 0.00" in words
    words = said(paid.open("customers.py", customer="6", section="Arrears"))
    assert "**USD 135.00** in their favour · Afi Fibre" in words
    assert "−USD" not in words


def test_who_promises_to_pay_is_told_what_is_in_their_favour(paid: Stage) -> None:
    paid.sign_in(FINANCE)
    visit = form(paid, "promise", customer="2")
    visit.selectbox(key="promise_2_0_currency").set_value(ZWG).run()
    assert "They have ZWG 20.00 in their favour now." in said(visit)
