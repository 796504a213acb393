"""A statement of account by hand: what was open, every entry with its running balance, and the ledger's own closing."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo_client.metrics.ageing import ageing_by_customer
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.policy import AgeingPolicy
from odoo_client.metrics.statement import Account, Statement, StatementIndex, statement
from tests.builders import USD, ZWG, Ledger
from tests.unit.test_ageing_property import days, exact, ledgers

END = date(2026, 3, 31)


def made(books: Ledger, partner_id: int, start: date | None = date(2026, 3, 1), end: date = END) -> Statement:
    """Return the statement of one customer."""
    return statement(StatementIndex.build(LedgerIndex.build(books.snapshot())), partner_id, start, end)


def only(found: Statement) -> Account:
    """Return the statement's one account."""
    assert len(found.accounts) == 1
    return found.accounts[0]


def entries(account: Account) -> list[tuple[str, str, float, float, float]]:
    """Return an account's entries as (day, first word of the kind, debit, credit, balance)."""
    rows = account.entries
    columns = (rows["date"], rows["kind"], rows["debit"], rows["credit"], rows["balance"])
    return [
        (f"{day:%d %b}", kind.split(",")[0], debit, credit, left)
        for day, kind, debit, credit, left in zip(*columns, strict=True)
    ]


def test_opening_entries_and_closing_add_up() -> None:
    books = Ledger()
    books.customer(1, "Tendai Moyo", ref="AF1")
    first = books.invoice(1, 100.0, date(2026, 2, 15), on=date(2026, 2, 1))
    paid = books.payment(1, 60.0, date(2026, 2, 20))
    books.reconcile(first, paid, 60.0, date(2026, 2, 20))
    books.invoice(1, 80.0, date(2026, 3, 20), on=date(2026, 3, 1))
    books.invoice(1, -15.5, date(2026, 3, 5), on=date(2026, 3, 5))
    books.payment(1, 10.0, date(2026, 3, 31))
    books.invoice(1, 999.0, date(2026, 4, 9), on=date(2026, 4, 1))
    account = only(made(books, 1))
    assert account.opening == 40.0
    assert entries(account) == [
        ("01 Mar", "Invoice", 80.0, 0.0, 120.0),
        ("05 Mar", "Credit note", 0.0, 15.5, 104.5),
        ("31 Mar", "Payment", 0.0, 10.0, 94.5),
    ]
    assert (account.debits, account.credits, account.closing) == (80.0, 25.5, 94.5)
    assert account.ageing["31_60"] == 40.0
    assert account.ageing["1_30"] == 80.0
    assert account.overdue == 120.0
    assert account.unallocated == 25.5, "the credit note and the payment were matched with nothing"


def test_a_later_payment_does_not_change_the_closing_of_an_earlier_day() -> None:
    books = Ledger()
    books.customer(1)
    line = books.invoice(1, 100.0, date(2026, 3, 10), on=date(2026, 3, 1))
    books.reconcile(line, books.payment(1, 100.0, date(2026, 4, 2)), 100.0, date(2026, 4, 2))
    assert only(made(books, 1)).closing == 100.0
    assert only(made(books, 1, date(2026, 4, 1), date(2026, 4, 30))).closing == 0.0


def test_a_dollar_invoice_paid_in_gold_ends_at_nothing_in_both_currencies() -> None:
    books = Ledger()
    books.customer(1)
    line = books.invoice(1, 100.0, date(2026, 3, 10), on=date(2026, 3, 1))
    paid = books.payment(1, 2600.0, date(2026, 3, 15), currency_id=ZWG)
    books.reconcile(line, paid, 100.0, date(2026, 3, 15), credit_amount=2600.0)
    dollars, gold = made(books, 1).accounts
    assert entries(dollars) == [
        ("01 Mar", "Invoice", 100.0, 0.0, 100.0),
        ("15 Mar", "Settled in another currency", 0.0, 100.0, 0.0),
    ]
    assert entries(gold) == [
        ("15 Mar", "Payment", 0.0, 2600.0, -2600.0),
        ("15 Mar", "Settled in another currency", 2600.0, 0.0, 0.0),
    ]
    assert dollars.entries["reference"].iloc[1].endswith(": ZWG 2,600.00")
    assert (dollars.closing, gold.closing, gold.unallocated) == (0.0, 0.0, 0.0)


def test_a_payment_used_for_another_customer_is_said_on_both_statements() -> None:
    books = Ledger()
    books.customer(1)
    books.customer(2)
    line = books.invoice(1, 100.0, date(2026, 3, 10), on=date(2026, 3, 1))
    paid = books.payment(2, 100.0, date(2026, 3, 15))
    books.reconcile(line, paid, 100.0, date(2026, 3, 15))
    for partner_id, sign in ((1, 1), (2, -1)):
        account = only(made(books, partner_id))
        assert account.closing == 0.0
        assert account.entries["kind"].to_list()[1] == "Settled with another customer"
        assert account.entries["debit"].iloc[1] - account.entries["credit"].iloc[1] == -100.0 * sign


def test_a_residual_that_nothing_readable_explains_is_an_entry_of_its_own() -> None:
    books = Ledger()
    books.customer(1)
    line = books.invoice(1, 100.0, date(2026, 3, 10), on=date(2026, 3, 1))
    books.line(line)["residual"] = 30.0
    account = only(made(books, 1))
    assert entries(account)[1] == ("01 Mar", "Settled by an entry not shown here", 0.0, 70.0, 30.0)
    assert account.closing == account.overdue == 30.0


def test_instalments_are_entries_of_their_own_with_their_due_dates() -> None:
    books = Ledger()
    books.customer(1)
    first = books.invoice(1, 40.0, date(2026, 4, 10), on=date(2026, 3, 1))
    books.invoice(1, 60.0, date(2026, 3, 10), on=date(2026, 3, 1), move_id=books.move_of(first))
    rows = only(made(books, 1)).entries
    assert rows["kind"].to_list() == ["Invoice, instalment 2 of 2", "Invoice, instalment 1 of 2"]
    assert rows["due_date"].to_list() == [pd.Timestamp("2026-04-10"), pd.Timestamp("2026-03-10")]


def test_exchange_differences_without_an_amount_are_left_out_and_free_invoices_are_not() -> None:
    books = Ledger()
    books.customer(1)
    books.entry(1, 0.0, date(2026, 3, 2), currency_id=ZWG)
    books.invoice(1, 0.0, date(2026, 3, 10), on=date(2026, 3, 3))
    found = made(books, 1)
    assert [account.code for account in found.accounts] == ["USD"]
    assert len(found.accounts[0].entries) == 1


def test_contacts_entries_are_on_their_company_s_statement_whoever_is_asked_for() -> None:
    books = Ledger()
    books.customer(1, "Moyo Ltd", active=False)
    books.customer(2, "Rudo at Moyo", commercial_partner_id=1)
    books.invoice(2, 50.0, date(2026, 3, 10), on=date(2026, 3, 1), commercial_partner_id=1)
    for partner_id in (1, 2):
        found = made(books, partner_id)
        assert (found.customer.name, found.archived, found.contacts) == ("Moyo Ltd", True, ("Rudo at Moyo",))
        assert only(found).closing == 50.0


def test_companies_and_currencies_are_accounts_of_their_own_and_can_be_chosen() -> None:
    books = Ledger()
    books.customer(1)
    for company_id in (1, 2):
        for currency_id in (USD, ZWG):
            books.invoice(1, 10.0 * company_id, END, company_id=company_id, currency_id=currency_id)
    found = made(books, 1)
    assert [(a.company.name, a.code, a.closing) for a in found.accounts] == [
        ("Afi Fibre", "USD", 10.0),
        ("Afi Fibre", "ZWG", 10.0),
        ("Afi Wireless", "USD", 20.0),
        ("Afi Wireless", "ZWG", 20.0),
    ]
    index = StatementIndex.build(LedgerIndex.build(books.snapshot()))
    chosen = statement(index, 1, None, END, company_ids=[2])
    assert {account.company.party_id for account in chosen.accounts} == {2}


def test_an_account_at_rest_with_nothing_open_is_left_out() -> None:
    books = Ledger()
    books.customer(1)
    line = books.invoice(1, 10.0, date(2026, 1, 10), on=date(2026, 1, 1))
    books.reconcile(line, books.payment(1, 10.0, date(2026, 1, 5)), 10.0, date(2026, 1, 5))
    assert made(books, 1).accounts == ()
    assert len(only(made(books, 1, None)).entries) == 2


def test_a_customer_nobody_knows_and_an_empty_ledger_give_an_empty_statement() -> None:
    books = Ledger()
    found = made(books, 77)
    assert found.accounts == ()
    assert found.customer.name == "Unnamed customer"


def test_money_on_its_way_is_told_beside_the_closing_balance() -> None:
    books = Ledger()
    books.customer(1)
    books.invoice(1, 70.0, date(2026, 3, 10), on=date(2026, 3, 1), payment_state="in_payment")
    account = only(made(books, 1))
    assert (account.closing, account.in_payment) == (70.0, 70.0)


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="must not end before it starts"):
        made(Ledger(), 1, END + timedelta(days=1))


def test_a_payment_that_wrote_something_off_is_what_came_and_what_never_did() -> None:
    books = Ledger()
    invoice = books.invoice(1, 100.0, END, on=date(2026, 3, 1))
    line = books.payment(1, 95.0, date(2026, 3, 10), written_off=5.0)
    books.reconcile(invoice, line, 100.0, date(2026, 3, 10))
    account = only(made(books, 1))
    assert entries(account) == [
        ("01 Mar", "Invoice", 100.0, 0.0, 100.0),
        ("10 Mar", "Payment", 0.0, 95.0, 5.0),
        ("10 Mar", "Written off", 0.0, 5.0, 0.0),
    ]
    assert account.entries["number"].nunique() == 2
    assert account.entries["due_date"].isna().tolist() == [False, True, True]


def test_what_came_before_the_period_is_carried_with_what_was_written_off() -> None:
    books = Ledger()
    invoice = books.invoice(1, 100.0, END, on=date(2026, 1, 5))
    line = books.bank_line(1, 60.0, date(2026, 2, 10), written_off=5.0)
    books.reconcile(invoice, line, 65.0, date(2026, 2, 10))
    account = only(made(books, 1))
    assert (account.opening, len(account.entries), account.closing) == (35.0, 0, 35.0)


def test_all_written_off_by_a_payment_of_nothing_says_no_payment() -> None:
    books = Ledger()
    invoice = books.invoice(1, 10.0, END, on=date(2026, 3, 1))
    books.reconcile(invoice, books.payment(1, 0.0, date(2026, 3, 9), written_off=10.0), 10.0, date(2026, 3, 9))
    assert [kind for _day, kind, *_rest in entries(only(made(books, 1)))] == ["Invoice", "Written off"]


def test_a_bank_line_that_paid_three_invoices_is_one_payment_by_its_bank() -> None:
    books = Ledger()
    books.frames["journals"].append({"journal_id": 3, "name": "CBZ USD", "kind": "bank"})
    on = date(2026, 3, 12)
    first = books.bank_line(1, 40.0, on, journal_id=3, label="RTGS 4471")
    move = books.move_of(first)
    for amount in (30.0, 25.0):
        books.bank_line(1, amount, on, move_id=move, journal_id=3, label="RTGS 4471")
    books.bank_line(2, 11.0, on, move_id=move, journal_id=3)
    rows = only(made(books, 1)).entries
    assert rows[["kind", "credit", "reference", "line_id"]].to_numpy().tolist() == [
        ["Payment, CBZ USD", 95.0, "RTGS 4471", first]
    ]
    assert entries(only(made(books, 2))) == [("12 Mar", "Payment", 0.0, 11.0, -11.0)]


def test_money_paid_back_by_bank_line_is_a_refund() -> None:
    books = Ledger()
    books.bank_line(1, -15.0, date(2026, 3, 12))
    assert entries(only(made(books, 1))) == [("12 Mar", "Refund paid", 15.0, 0.0, 15.0)]


@given(books=ledgers(), end=days, length=st.none() | st.integers(0, 120))
@settings(max_examples=120)
def test_every_statement_closes_at_what_ageing_says_is_owed(books: Ledger, end: date, length: int | None) -> None:
    ledger = LedgerIndex.build(books.snapshot())
    index = StatementIndex.build(ledger)
    policy = AgeingPolicy()
    table = ageing_by_customer(open_lines(ledger, end, policy), policy)
    owed: dict[tuple[int, int, int], Decimal] = defaultdict(Decimal)
    for row in table.to_dict("records"):
        owed[row["commercial_partner_id"], row["company_id"], row["currency_id"]] = exact(row["balance"])
    start = None if length is None else end - timedelta(days=length)
    found: dict[tuple[int, int, int], Decimal] = {}
    for partner_id in (0, 10, 11):
        for account in statement(index, partner_id, start, end, policy=policy).accounts:
            rows = account.entries
            found[partner_id, account.company.party_id, account.currency_id] = exact(account.closing)
            moved = sum((exact(debit) for debit in rows["debit"]), Decimal(0))
            moved -= sum((exact(credit) for credit in rows["credit"]), Decimal(0))
            assert exact(account.opening) + moved == exact(account.closing)
            assert sum(map(exact, account.ageing.values())) - exact(account.unallocated) == exact(account.closing)
            assert rows["date"].is_monotonic_increasing
            if start is not None and len(rows):
                assert rows["date"].min() >= pd.Timestamp(start)
            if len(rows):
                assert exact(rows["balance"].iloc[-1]) == exact(account.closing)
    assert {key: amount for key, amount in found.items() if amount} == {k: v for k, v in owed.items() if v}
