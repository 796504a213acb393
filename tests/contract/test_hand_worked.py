"""Balances worked by hand from what the seed books (``tests/real_odoo/seed/cases.py``), days counted back from its day.

"due 95" = was due 95 days before the seed's day. Amounts are those on the documents; nothing here is computed.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest

from odoo_client.metrics.ageing import ageing_by_customer
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.proof_queue import payments_under_review
from odoo_client.store.snapshot import Snapshot
from tests.contract.ledger_sql import BUCKETS, cents, currency_codes
from tests.real_odoo.seed.cases import BOLD, EMOJI, FORMULA, REVENUE_AUTHORITY, RIGHT_TO_LEFT, TWIN_A, TWIN_B
from tests.real_odoo.seed.plan import MAIN_COMPANY, SECOND_COMPANY
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

Pulled = tuple[RealOdoo, Snapshot]
Balance = dict[str, dict[str, str]]
"""Currency → bucket → amount; what is not named is zero."""

TODAY: dict[str, Balance] = {
    # 120.00 due 125; 80.00 due 65; 40.00 due in 5 days; a draft payment counts for nothing.
    "Ruvimbo Moyo": {"USD": {"over_120": "120.00", "61_90": "80.00", "not_due": "40.00"}},
    # 150.00 due 20, of which 50.00 is paid; and 3,975.00 ZWG due 50 stands beside it, not in it.
    "Ndlovu Supplies": {"USD": {"1_30": "100.00"}, "ZWG": {"31_60": "3975.00"}},
    # 200.00 due 95, less 75.50 by the wizard, less 24.50 matched line with line.
    "Parts Payer": {"USD": {"91_120": "100.00"}},
    # 60.00 due 15; 25.00 came in and was matched with nothing.
    "Loose Payer": {"USD": {"1_30": "60.00", "unallocated": "25.00"}},
    # 90.00 due 40, reversed whole by a credit note.
    "Fully Credited": {},
    # 110.00 due 35, less a credit note of 30.00 that was applied.
    "Credited Client": {"USD": {"31_60": "80.00"}},
    # 70.00 due 33; a credit note of 20.00 that was not applied.
    "Credit Holder": {"USD": {"31_60": "70.00", "unallocated": "20.00"}},
    # 1,000.00 in instalments: 300.00 due 75, 400.00 due 45, 300.00 due 15. Of 450.00 paid, 300.00 settle the first,
    # 150.00 go to the second: 400.00 - 150.00 = 250.00.
    "Stepwise Schools": {"USD": {"31_60": "250.00", "1_30": "300.00"}},
    # 330.00 due 25, billed to the accounts department below the company, which paid 130.00.
    "Zambezi Lodges (Pvt) Ltd": {"USD": {"1_30": "200.00"}},
    # Archived, and still owes 55.00 due 200.
    "Closed Café": {"USD": {"over_120": "55.00"}},
    # 65.00 due 5 is posted; 500.00 is a draft and 400.00 was cancelled.
    "Draft Dodger": {"USD": {"1_30": "65.00"}},
    # 2,650.00 ZWG due 50, half of it paid; 2,600.00 ZWG paid whole at another rate (the difference is the company's).
    "Gold Payer": {"ZWG": {"31_60": "1325.00"}},
    # A journal entry of 33.00 dated 80 without due date; another of 17.00 due 44.
    "Mutasa Ledger": {"USD": {"61_90": "33.00", "31_60": "17.00"}},
    # Receivable lines without partner: 45.00 due 55; 12.00 dated 100 without due date.
    "No customer": {"USD": {"31_60": "45.00", "91_120": "12.00"}},
    # Odd names, 10 to 13 dollars, due 3. The café's draft payment counts for nothing.
    BOLD: {"USD": {"1_30": "10.00"}},
    FORMULA: {"USD": {"1_30": "11.00"}},
    EMOJI: {"USD": {"1_30": "12.00"}},
    RIGHT_TO_LEFT: {"USD": {"1_30": "13.00"}},
    # One e-mail, two customers: 21.00 due 31 and 22.00 due 30 lie on either side of a limit.
    TWIN_A: {"USD": {"31_60": "21.00"}},
    TWIN_B: {"USD": {"1_30": "22.00"}},
    # 5.00 due today; 6.00 due 1; 7.00 due 60; 8.00 due 61; 9.00 due 90; 10.00 due 91; 11.00 due 120; 12.00 due 121.
    "Boundary Bakery": {
        "USD": {
            "not_due": "5.00", "1_30": "6.00", "31_60": "7.00", "61_90": "17.00", "91_120": "21.00",
            "over_120": "12.00",
        }
    },
    # 40.00 paid with 50.00: 10.00 are left over.
    "Over Payer": {"USD": {"unallocated": "10.00"}},
    # 100.00 and 15 % tax, due 47.
    "Taxed Traders": {"USD": {"31_60": "115.00"}},
    # 85.00 due 52 was paid and the match taken back: both stand open.
    "Undone Match": {"USD": {"31_60": "85.00", "unallocated": "85.00"}},
    # 300.00 due 110 was paid 8 days ago.
    "Late Settler": {},
    # A sales receipt of 18.00, due when it was written, 6 days ago.
    "Counter Sale": {"USD": {"1_30": "18.00"}},
    # 140.00 due 66; that the customer contests it does not lower the arrears.
    "Contested Bill": {"USD": {"61_90": "140.00"}},
    # 25.00 due 90; 75.00 came in unmatched; 50.00 was paid back 70 days ago, a debit of its own: 25.00 + 50.00.
    "Refunded Rita": {"USD": {"61_90": "75.00", "unallocated": "75.00"}},
    # 50.00 due 10; on Odoo 19 it was lent 7.00 too, on an account that is no customer's debt.
    "Whose Debt": {"USD": {"1_30": "50.00"}},
    # 23.00 due 18 in the main company (77.00 and more in the other one: below).
    "Two Companies": {"USD": {"1_30": "23.00"}},
}  # fmt: skip

PAST: list[tuple[int, str, Balance]] = [
    # Before the second part payment (30) and after the first (60): 200.00 - 75.50, then 95 - 45 = 50 days late.
    (45, "Parts Payer", {"USD": {"31_60": "124.50"}}),
    # Paid 8 days ago; 30 days ago it was 110 - 30 = 80 days late.
    (30, "Late Settler", {"USD": {"61_90": "300.00"}}),
    # Before the payment (40): the first instalment 75 - 50 = 25 days late, the others not due.
    (50, "Stepwise Schools", {"USD": {"1_30": "300.00", "not_due": "700.00"}}),
    # The day before its credit note (38): 40 - 39 = 1 day late.
    (39, "Fully Credited", {"USD": {"1_30": "90.00"}}),
    # The loose payment came 3 days ago, so 10 days ago there was none.
    (10, "Loose Payer", {"USD": {"1_30": "60.00"}}),
    # Before the payment whose match was taken back (40): 52 - 41 = 11 days late.
    (41, "Undone Match", {"USD": {"1_30": "85.00"}}),
    # The day before both were paid (30): 50 - 31 = 19 and 100 - 31 = 69 days late.
    (31, "Gold Payer", {"ZWG": {"1_30": "2650.00", "61_90": "2600.00"}}),
    # The day before the payment of 50.00 (15): 20 - 16 = 4 days late.
    (16, "Over Payer", {"USD": {"1_30": "40.00"}}),
    # On the day of the first payment (60) it counts: 200.00 - 75.50, 95 - 60 = 35 days late.
    (60, "Parts Payer", {"USD": {"31_60": "124.50"}}),
    # 150 days ago nothing of it was booked.
    (150, "Ndlovu Supplies", {}),
]


def balance(server: RealOdoo, snapshot: Snapshot, customer: str, company: str, days_back: int = 0) -> Balance:
    """Ours for one customer of one company, in the shape of the tables above."""
    day = server.seeded_on - timedelta(days=days_back)
    table = ageing_by_customer(open_lines(LedgerIndex.build(snapshot), day))
    companies = snapshot.frame("companies").set_index("name")["company_id"]
    mine = table[(table["customer"] == customer) & (table["company_id"] == companies[company])]
    codes = currency_codes(server)
    return {
        codes[row["currency_id"]]: {name: str(cents(row[name])) for name in BUCKETS if row[name]}
        for row in mine.to_dict("records")
    }


@pytest.mark.parametrize("customer", TODAY)
def test_what_a_customer_owes(pulled: Pulled, customer: str):
    server, snapshot = pulled
    assert balance(server, snapshot, customer, MAIN_COMPANY) == TODAY[customer]


@pytest.mark.parametrize(("days_back", "customer", "expected"), PAST)
def test_what_a_customer_owed_on_a_past_day(pulled: Pulled, days_back: int, customer: str, expected: Balance):
    server, snapshot = pulled
    assert balance(server, snapshot, customer, MAIN_COMPANY, days_back) == expected


def test_a_customer_of_two_companies_owes_each_its_own(pulled: Pulled):
    """In the second: 77.00 due 18; 1,900.00 ZWG due 120 less 900.00 paid; 64.00 due 270 is paid."""
    server, snapshot = pulled
    expected = {"USD": {"1_30": "77.00"}, "ZWG": {"91_120": "1000.00"}}
    assert balance(server, snapshot, "Two Companies", SECOND_COMPANY) == expected


def test_what_stands_on_non_trade_accounts_is_told_beside_the_tie_and_nowhere_else(pulled: Pulled):
    """5,100.00 VAT refund less 900.00 received, 1,493.00 and 7.00 lent; in the second company 830.50 ZWG too much."""
    server, snapshot = pulled
    names = snapshot.frame("companies").set_index("company_id")["name"]
    codes = currency_codes(server)
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for total in snapshot.meta.non_trade_totals:
        found[names[total.company_id], codes[total.currency_id]] += cents(total.residual)
    others = {(MAIN_COMPANY, "USD"): Decimal("5700.00"), (SECOND_COMPANY, "ZWG"): Decimal("-830.50")}
    assert dict(found) == (others if server.major >= 16 else {})
    assert snapshot.meta.ties_to_ledger
    customers = snapshot.frame("customers").set_index("name")["partner_id"]
    strangers = {int(customers[name]) for name in (REVENUE_AUTHORITY, "Company Owner") if name in customers}
    assert len(strangers) == (2 if server.major >= 16 else 0)
    for name in ("receivable_lines", "payments", "invoices"):
        assert strangers.isdisjoint(snapshot.frame(name)["commercial_partner_id"]), name
    lines = snapshot.frame("receivable_lines")
    theirs = lines[lines["commercial_partner_id"] == customers["Whose Debt"]]
    assert [cents(amount) for amount in theirs["residual"]] == [Decimal("50.00")]


def test_an_invoice_half_paid_in_the_other_currency(pulled: Pulled):
    """100.00 USD due 58, less 1,312.50 ZWG at 26.25 (30 days ago) = 50.00 USD.

    Odoo 14 matches the 50.00 at the invoice's own rate, 25.75 = 1,287.50 ZWG, and leaves 25.00 ZWG on the payment.
    """
    server, snapshot = pulled
    expected: Balance = {"USD": {"31_60": "50.00"}}
    if server.major == 14:
        expected["ZWG"] = {"unallocated": "25.00"}
    assert balance(server, snapshot, "Cross Currency", MAIN_COMPANY) == expected


def test_invoices_paid_whole_in_the_other_currency(pulled: Pulled):
    """100.00 USD paid in ZWG; 2,550.00 ZWG paid in USD at 26.25 = 97.14, worth 2,549.93 ZWG.

    Odoo 14 closes it; Odoo 19 leaves the 0.07 ZWG open on the invoice, due 61.
    """
    server, snapshot = pulled
    expected: Balance = {"ZWG": {"61_90": "0.07"}} if server.major >= 19 else {}
    assert balance(server, snapshot, "Fully Crossed", MAIN_COMPANY) == expected


#: Net to chase and what is under review, the day after the seed's, by customer.
CHASED = {
    # 120.00 and 80.00 are overdue; a draft of 30.00 is meant for the first.
    "Ruvimbo Moyo": ("170.00", "30.00"),
    "Taxed Traders": ("84.00", "31.00"),
    # 12.00 are overdue, 32.00 are said to have come.
    EMOJI: ("0.00", "32.00"),
    # 200.00; a draft of 150.00 is the accounts department's.
    "Zambezi Lodges (Pvt) Ltd": ("50.00", "150.00"),
    # 100.00 USD; a draft in ZWG is beside no debt.
    "Parts Payer": ("100.00", "0.00"),
    # 60.00, less 25.00 unallocated; the draft of 26.00 was cancelled.
    "Loose Payer": ("35.00", "0.00"),
    # 75.00, all of it unallocated too; the draft of a refund is no money that came in.
    "Refunded Rita": ("0.00", "0.00"),
    # A draft without customer is not for lines without customer.
    "No customer": ("57.00", "0.00"),
}


@pytest.mark.parametrize("customer", CHASED)
def test_what_is_under_review_is_not_chased(pulled: Pulled, customer: str):
    server, snapshot = pulled
    day = server.seeded_on + timedelta(days=1)
    drafts = payments_under_review(snapshot, day, "Africa/Harare")
    table = ageing_by_customer(open_lines(LedgerIndex.build(snapshot), day), drafts=drafts)
    [row] = table[table["customer"] == customer].to_dict("records")
    assert (str(cents(row["net_to_chase"])), str(cents(row["under_review"]))) == CHASED[customer]


def test_what_is_under_review_in_one_company_is_chased_in_the_other(pulled: Pulled):
    """23.00 USD in the main company; 77.00 USD and 1,000.00 ZWG in the second, there with a draft of 300.00 ZWG."""
    server, snapshot = pulled
    day = server.seeded_on + timedelta(days=1)
    drafts = payments_under_review(snapshot, day, "Africa/Harare")
    table = ageing_by_customer(open_lines(LedgerIndex.build(snapshot), day), drafts=drafts)
    rows = table[table["customer"] == "Two Companies"].to_dict("records")
    found = {str(cents(row["overdue"])): str(cents(row["net_to_chase"])) for row in rows}
    assert found == {"23.00": "23.00", "77.00": "77.00", "1000.00": "700.00"}


def test_only_what_people_marked_is_disputed(pulled: Pulled):
    """140.00 carries `blocked` (14) or `no_followup`, which Odoo 19 also puts on lines of general journals unasked."""
    server, snapshot = pulled
    table = ageing_by_customer(open_lines(LedgerIndex.build(snapshot), server.seeded_on)).set_index("customer")
    assert cents(table.loc["Contested Bill", "disputed"]) == Decimal("140.00")
    assert cents(table.loc["Contested Bill", "net_to_chase"]) == Decimal(0)
    assert cents(table["disputed"].sum()) == Decimal("140.00")
    assert cents(table.loc["Mutasa Ledger", "net_to_chase"]) == Decimal("50.00")
