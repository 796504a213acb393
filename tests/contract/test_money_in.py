"""Money in, by payment and by bank line, and what entries wrote off: hand-worked and equal to Odoo's own database.

The customers are those of ``tests/real_odoo/seed/bank.py``, days counted back from the seed's day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from odoo_client.config import Settings
from odoo_client.customer.dashboard import dashboard
from odoo_client.frames.arrays import floats, ints
from odoo_client.frames.dates import days
from odoo_client.metrics.changes import Span
from odoo_client.metrics.customers import customer_facts
from odoo_client.metrics.ledger import LedgerIndex
from odoo_client.metrics.money_in import is_received, money_in
from odoo_client.metrics.statement import StatementIndex, statement
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.contract.ledger_sql import cents, currency_codes, paid_by_customers, receivable_accounts
from tests.contract.test_collections_sql import bank_lines_sql
from tests.contract.test_hand_worked import balance
from tests.real_odoo.seed.plan import MAIN_COMPANY
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

Pulled = tuple[RealOdoo, Snapshot]
Money = list[tuple[int, str, str, str]]
"""Days before the seed's day, what it is, currency, amount."""

MONEY: dict[str, Money] = {
    # 100.00 due 10, 50.00 of it by bank line.
    "Bank Payer": [(2, "bank_line", "USD", "50.00")],
    # 30.00 and 40.00 by one transfer.
    "Transfer Twice": [(6, "bank_line", "USD", "70.00")],
    # 25.00 and 25.00 of two customers by one transfer of 45.00.
    "Head Office": [(7, "bank_line", "USD", "25.00")],
    "Side Office": [(7, "bank_line", "USD", "20.00")],
    # 100.00 came, of which 60.00 is told to be this customer's.
    "Deposit Dora": [(8, "bank_line", "USD", "60.00")],
    # 95.00 came for 100.00; 90.00 for 100.00 with 6.00 and 4.00 written off.
    "Short Sender": [(5, "bank_line", "USD", "95.00")],
    "Several Sam": [(5, "bank_line", "USD", "90.00")],
    # On the customer's account, matched with nothing.
    "Unmatched Una": [(3, "bank_line", "USD", "35.00")],
    # 44.00 was matched and taken back: in suspense, so nobody's.
    "Undone Udo": [],
    # A payment of 80.00, which a bank line confirmed: once.
    "Behind Ben": [(12, "payment", "USD", "80.00")],
    # Paid back by bank line.
    "Refund Rob": [(4, "bank_line", "USD", "-15.00")],
    # 100.00 USD on the account, of which the bank says that 2,650.00 ZWG were sent.
    "Gold Line": [(11, "bank_line", "ZWG", "2650.00")],
    "Discounted Dee": [(15, "payment", "USD", "95.00")],
    "Overpaid Oona": [(16, "payment", "USD", "105.00")],
    # Matched by Odoo 14's own `reconcile`, by the line alone from 15 on.
    "Widget Wendy": [(18, "bank_line", "USD", "33.00")],
    # 2 % off 100.00 for early payment, from Odoo 16 on.
    "Early Edna": [(15, "payment", "USD", "98.00")],
}
BALANCES: dict[str, dict[str, dict[str, str]]] = {
    "Bank Payer": {"USD": {"1_30": "50.00"}},
    "Side Office": {"USD": {"1_30": "5.00"}},
    "Unmatched Una": {"USD": {"unallocated": "35.00"}},
    "Undone Udo": {"USD": {"1_30": "44.00"}},
}
#: What a statement says after its invoices: the word before the journal's name, and what it takes off the balance.
ENTRIES: dict[str, list[tuple[str, str]]] = {
    "Transfer Twice": [("Payment", "-70.00")],
    "Short Sender": [("Payment", "-95.00"), ("Written off", "-5.00")],
    "Several Sam": [("Payment", "-90.00"), ("Written off", "-10.00")],
    "Behind Ben": [("Payment", "-80.00")],
    "Refund Rob": [("Refund paid", "15.00")],
    "Discounted Dee": [("Payment", "-95.00"), ("Written off", "-5.00")],
    "Overpaid Oona": [("Payment", "-105.00"), ("Payment difference", "5.00")],
    "Early Edna": [("Payment", "-98.00"), ("Early payment discount", "-2.00")],
}
#: What paid an invoice: the money and what was written off beside it.
PAID: dict[str, list[tuple[str, str]]] = {
    "Bank Payer": [("50.00", "0.00")],
    "Transfer Twice": [("30.00", "0.00"), ("40.00", "0.00")],
    "Deposit Dora": [("60.00", "0.00")],
    "Short Sender": [("95.00", "5.00")],
    "Several Sam": [("90.00", "10.00")],
    "Discounted Dee": [("95.00", "5.00")],
    "Overpaid Oona": [("100.00", "0.00")],
}


def partner(snapshot: Snapshot, name: str) -> int:
    customers = snapshot.frame("customers")
    return int(customers.loc[customers["name"] == name, "partner_id"].iloc[0])


def only_since_16(server: RealOdoo, customer: str) -> None:
    if customer == "Early Edna" and server.major < 16:
        pytest.skip("Odoo has no early payment discount before 16")


@pytest.mark.parametrize("customer", MONEY)
def test_money_in_of_a_customer(pulled: Pulled, customer: str):
    server, snapshot = pulled
    only_since_16(server, customer)
    assert _money(server, snapshot, customer) == MONEY[customer]


def _money(server: RealOdoo, snapshot: Snapshot, customer: str) -> Money:
    found = money_in(snapshot)
    mine = found[(found["commercial_partner_id"] == partner(snapshot, customer)) & found["posted"]]
    codes = currency_codes(server)
    return [
        ((server.seeded_on - day.date()).days, made_by, codes[currency], str(cents(amount)))
        for day, made_by, currency, amount in zip(
            *(mine[name] for name in ("date", "made_by", "currency_id", "amount")), strict=True
        )
    ]


@pytest.mark.parametrize("customer", MONEY)
def test_what_such_a_customer_owes(pulled: Pulled, customer: str):
    server, snapshot = pulled
    only_since_16(server, customer)
    assert balance(server, snapshot, customer, MAIN_COMPANY) == BALANCES.get(customer, {})


@pytest.mark.parametrize("customer", ENTRIES)
def test_a_statement_says_what_came_and_what_was_written_off(pulled: Pulled, customer: str):
    server, snapshot = pulled
    only_since_16(server, customer)
    index = StatementIndex.build(LedgerIndex.build(snapshot))
    [account] = statement(index, partner(snapshot, customer), None, server.seeded_on).accounts
    rows = account.entries[~account.entries["kind"].isin(["Invoice", "Credit note"])]
    said = [
        (kind.split(",")[0], str(cents(debit - credit)))
        for kind, debit, credit in zip(rows["kind"], floats(rows, "debit"), floats(rows, "credit"), strict=True)
    ]
    assert said == ENTRIES[customer]
    assert cents(account.closing) == 0
    assert cents(account.entries["balance"].iloc[-1]) == 0


@pytest.mark.parametrize("customer", PAID)
def test_what_paid_an_invoice_is_the_money(pulled: Pulled, customer: str):
    server, snapshot = pulled
    found = dashboard(snapshot, partner(snapshot, customer), settings=Settings(timezone="Africa/Harare"))
    paid = [
        (str(one.amount.amount), str(one.written_off.amount if one.written_off else Decimal("0.00")))
        for row in found.payments
        for one in row.applied
        if one.amount is not None
    ]
    assert paid == PAID[customer]
    assert {row.made_by for row in found.payments} == {made_by for _day, made_by, *_rest in MONEY[customer]}
    assert not [one for one in found.entries if one.label in ("RTGS 4471", "Both months", "Deposit 9")]
    assert server.seeded_on


def test_last_payments_are_those_of_odoo_s_database(pulled: Pulled):
    """The latest day of a posted inbound payment or of a bank line's receivable line, by company and customer."""
    server, snapshot = pulled
    state = "p.state in ('in_process', 'paid')" if server.major >= 18 else "m.state = 'posted'"
    entry = "p" if server.major >= 18 else "m"
    expected: dict[tuple[int, int], date] = {}
    rows = server.sql(
        f"""select {entry}.company_id, coalesce(o.commercial_partner_id, 0), max({entry}.date)
              from account_payment p left join account_move m on m.id = p.move_id
              left join res_partner o on o.id = p.partner_id
             where {paid_by_customers(server, "p")} and p.payment_type = 'inbound' and {state} group by 1, 2"""
    )
    rows += [(company, owner, day) for _move, company, owner, _c, day, amount in bank_lines_sql(server) if amount > 0]
    for company, owner, day in rows:
        expected[company, owner] = max(day, expected.get((company, owner), day))
    facts = customer_facts(snapshot, max(expected.values()))
    facts = facts[facts["last_payment_date"].notna()]
    ours = {
        (company, owner): day.date()
        for company, owner, day in zip(
            *(facts[name] for name in ("company_id", "commercial_partner_id", "last_payment_date")), strict=True
        )
    }
    assert ours == expected


def test_no_statement_says_payment_of_another_amount_than_odoo_s(pulled: Pulled):
    """Every "Payment" and "Refund paid" of a payment record is `account.payment.amount`, in every statement."""
    server, snapshot = pulled
    link = "origin_payment_id" if server.major >= 18 else "payment_id"
    rows = server.sql(
        f"""select m.id, p.amount from account_payment p join account_move m on m.{link} = p.id
             where m.state = 'posted' and p.partner_type = 'customer'"""
    )
    amounts = {move: cents(amount) for move, amount in rows}
    index = StatementIndex.build(LedgerIndex.build(snapshot))
    seen: set[int] = set()
    for owner in snapshot.frame("receivable_lines")["commercial_partner_id"].unique():
        for account in statement(index, int(owner), None, server.seeded_on).accounts:
            kinds = account.entries["kind"].str.split(",").str[0]
            paid = account.entries[kinds.isin(["Payment", "Refund paid"])]
            moved = paid["debit"] + paid["credit"]
            for move, amount in zip(paid["move_id"], moved, strict=True):
                if move in amounts:
                    assert cents(amount) == amounts[move], move
                    seen.add(move)
    assert len(seen) > 50


def test_received_lately_is_payments_and_bank_lines_to_the_cent(pulled: Pulled):
    server, snapshot = pulled
    last = server.seeded_on
    first = last - timedelta(days=31)
    found = money_in(snapshot)
    mask = (
        is_received(found) & Span(first, last).holds(days(found, "date")) & (found["made_by"] == "bank_line").to_numpy()
    )
    expected: dict[int, Decimal] = defaultdict(Decimal)
    for _move, _company, _owner, currency, day, amount in bank_lines_sql(server):
        if first <= day <= last and amount > 0:
            expected[currency] += amount
    ours: dict[int, Decimal] = defaultdict(Decimal)
    for currency, amount in zip(ints(found, "currency_id")[mask], floats(found, "amount")[mask], strict=True):
        ours[int(currency)] += cents(amount)
    assert dict(ours) == dict(expected)
    assert len(expected) == 2


@pytest.fixture(params=["odoo19", "odoo14"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[RealOdoo, Settings, SnapshotStore]]:
    """A server of its own, with what its books were first read into."""
    server: RealOdoo = request.getfixturevalue(request.param)
    with server.copy() as own:
        store = SnapshotStore(tmp_path / "cache")
        settings = Settings(
            odoo_url=own.url, odoo_database=own.database, odoo_username=own.username,
            odoo_password=own.api_key or own.password,
        )  # fmt: skip
        run_sync(settings, store)
        yield own, settings, store
        store.close()


def test_a_bank_line_taken_back_is_no_money_at_the_next_sync(books: tuple[RealOdoo, Settings, SnapshotStore]):
    """Odoo deletes the receivable line and the write-off, and leaves no trace of them."""
    server, settings, store = books
    [(line,)] = server.sql("""select s.id from account_bank_statement_line s where s.payment_ref = 'Less charges'""")
    undo = "action_undo_reconciliation" if server.major >= 16 else "button_undo_reconciliation"
    server.call("account.bank.statement.line", undo, [line])
    snapshot = run_sync(settings, store).snapshot
    assert _money(server, snapshot, "Short Sender") == []
    assert balance(server, snapshot, "Short Sender", MAIN_COMPANY) == {"USD": {"1_30": "100.00"}}
    assert not np.isin(
        ints(snapshot.frame("deductions"), "commercial_partner_id"), partner(snapshot, "Short Sender")
    ).any()
    accounts = [
        account for (account,) in server.sql(f"select a.id from account_account a where {receivable_accounts(server)}")
    ]
    held = snapshot.frame("money_lines")
    assert not held["account_id"].isin(accounts).any()
    assert isinstance(held, pd.DataFrame)
