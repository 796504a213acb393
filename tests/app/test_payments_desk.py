"""The payment that is open at the proof desk: what is drawn and decided on is what Odoo has now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.actions.payments.terms import Terms
from tests.app.conftest import alerts
from tests.app.test_payments_page import FINANCE, Desk, button, desk
from tests.builders import USD, ZWG

__all__ = ["desk"]


def said(visit: AppTest) -> str:
    """Return everything the page says in words, as it is read."""
    drawn = (visit.subheader, visit.markdown, visit.caption)
    return "\n".join([*(one.value for kind in drawn for one in kind), alerts(visit)]).replace("\\", "")


def test_what_is_drawn_and_approved_is_what_odoo_has_now_and_the_list_s_words_are_said_beside_it(desk: Desk) -> None:
    desk.now = {"amount": Decimal(950), "day": date(2020, 2, 1), "journal_id": 5, "journal": "Till"}
    visit = desk.open(desk.draft)
    assert visit.subheader[0].value.startswith("USD 950.00 ·")
    assert "the amount is USD 950.00, in the list USD 50.00" in said(visit)
    assert "it was paid on 1 Feb 2020, in the list" in said(visit)
    assert "it came into Till, in the list" in said(visit)
    assert "USD 950.00 stays unallocated" in said(visit)
    button(visit, "payment_approve").click().run()
    payload = desk.entries()[0].payload
    assert (payload["amount"], payload["day"], payload["journal_id"]) == ("950", "2020-02-01", 5)
    assert "USD 950.00" in desk.entries()[0].title


def test_a_payment_that_is_another_customer_s_by_now_is_shown_as_theirs_with_their_invoices(desk: Desk) -> None:
    desk.now = {"partner_id": 1, "commercial_partner_id": 1, "customer": "Tendai Moyo"}
    visit = desk.open(desk.draft)
    assert visit.subheader[0].value.endswith("· Tendai Moyo")
    assert "the customer is Tendai Moyo, in the list" in said(visit)
    offered = next(box for box in visit.multiselect if box.label.startswith("Pays"))
    invoices = desk.snapshot.frame("invoices").set_index("move_id")["name"]
    assert offered.options
    assert not any(option.startswith(f"{invoices[desk.move_id]}:") for option in offered.options)


def test_what_an_invoice_has_open_now_counts_and_not_what_the_list_says(desk: Desk) -> None:
    desk.billed = {"residual": Decimal(20)}
    visit = desk.open(desk.draft)
    next(box for box in visit.multiselect if box.label.startswith("Pays")).set_value([desk.move_id]).run()
    assert "are open, in the list USD 50.00" in said(visit)
    assert "gets USD 20.00: paid in full" in said(visit)
    assert "USD 30.00 stays unallocated" in said(visit)
    assert "same amount" not in said(visit)
    desk.billed = {"residual": Decimal(0)}
    assert "is no longer open" in said(desk.open(desk.draft))


def test_before_an_invoice_in_another_currency_nothing_is_said_to_stay_unallocated(desk: Desk) -> None:
    desk.billed = {"currency_id": ZWG, "currency": "ZWG"}
    visit = desk.open(desk.draft)
    next(box for box in visit.multiselect if box.label.startswith("Pays")).set_value([desk.move_id]).run()
    assert "is in ZWG: Odoo converts USD 50.00 at its own rate" in said(visit)
    assert "unallocated" not in said(visit)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"direction": "outbound"}, "no longer money that came in from a customer"),
        ({"partner_type": "supplier"}, "no longer money that came in from a customer"),
        ({"changed_by": FINANCE.login.upper()}, "You changed this payment in Odoo yourself"),
        (
            {"entered": Terms(Decimal(15), USD, 2, 1, 4, None, "USD", 2, "Rudo")},
            "the amount was USD 15.00 and is USD 50.00",
        ),
    ],
)
def test_what_forbids_the_approval_is_said_and_rejecting_stays_possible(
    desk: Desk, now: dict[str, Any], words: str
) -> None:
    desk.now = now
    visit = desk.open(desk.draft)
    assert words in said(visit)
    assert button(visit, "payment_approve").disabled
    assert not button(visit, "payment_reject").disabled
