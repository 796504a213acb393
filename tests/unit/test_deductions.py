"""What in an entry was no money, from the lines that Odoo books: hand-worked entries of payments and bank lines."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from odoo_client.frames.arrays import FrameSource
from odoo_client.metrics.deductions import bank_entries, cash, deductions
from tests.builders import USD, ZWG, snapshot

DAY = date(2026, 11, 2)
BANK, WALLET, OUTSTANDING, SUSPENSE, LOSS, DISCOUNT, TAX, EXCHANGE, PAYABLE, INCOME = range(10, 20)
B_BANK, J_SALES = 5, 6
TYPES = {
    BANK: "asset_cash", WALLET: "asset_current", OUTSTANDING: "asset_current", SUSPENSE: "asset_current",
    LOSS: "expense", DISCOUNT: "expense", TAX: "liability_current", EXCHANGE: "expense", PAYABLE: "liability_payable",
    INCOME: "income",
}  # fmt: skip

Line = tuple[int, float]
"""A line beside the receivable ones: its account, and what it debits."""


def books(
    entries: list[tuple[list[Any], list[Any]]], payments: dict[int, float] | None = None, rate: float = 1.0
) -> FrameSource:
    """Return the books of entries 1, 2, …: receivable amounts (customer 7, else pairs), and lines beside them.

    `payments`: what the payment of an entry came to; the others are bank lines. Amounts in ZWG when `rate` is not 1.
    """
    currency = USD if rate == 1.0 else ZWG
    lines, others = [], []
    for move, (credited, beside) in enumerate(entries, start=1):
        kind = "payment" if move in (payments or {}) else "bank_line"
        for each in credited:
            owner, amount = each if isinstance(each, tuple) else (7, each)
            lines.append({
                "line_id": len(lines) + 1, "move_id": move, "kind": kind, "company_id": 1, "partner_id": owner,
                "commercial_partner_id": owner, "currency_id": currency, "amount": amount, "date": DAY,
                "balance_company": round(amount / rate, 2), "journal_id": B_BANK,
            })  # fmt: skip
        for account, amount, *partner in beside:
            others.append({
                "line_id": 100 + len(others), "move_id": move, "company_id": 1, "account_id": account,
                "partner_id": partner[0] if partner else 0, "currency_id": currency, "amount": amount,
                "balance_company": round(amount / rate, 2), "label": f"on {account}",
            })  # fmt: skip
    paid = [
        {"payment_id": 50 + move, "move_id": move, "amount": abs(amount), "currency_id": currency, "state": "posted",
         "direction": "inbound" if amount > 0 else "outbound"}
        for move, amount in (payments or {}).items()
    ]  # fmt: skip
    company = {"company_id": 1, "currency_id": USD, "exchange_loss_account_id": EXCHANGE}
    return snapshot(
        receivable_lines=lines, money_lines=others, payments=paid,
        companies=[company | {"discount_loss_account_id": DISCOUNT}],
        currencies=[{"currency_id": key, "decimals": 2, "rounding": 0.01} for key in (USD, ZWG)],
        journals=[{"journal_id": B_BANK, "kind": "bank", "default_account_id": WALLET},
                  {"journal_id": J_SALES, "kind": "sale", "default_account_id": INCOME}],
        accounts=[{"account_id": key, "account_type": kind} for key, kind in TYPES.items()],
        customers=[{"partner_id": key, "commercial_partner_id": owner} for key, owner in ((7, 7), (8, 8), (71, 7))],
    )  # fmt: skip


def found(source: FrameSource) -> list[tuple[Any, ...]]:
    columns = ["move_id", "commercial_partner_id", "reason", "amount"]
    return list(deductions(source)[columns].itertuples(index=False, name=None))


ENTRIES: dict[str, tuple[list[Any], list[Any], float | None, list[tuple[int, str, float]]]] = {
    "95 paid for 100, 5 written off": ([-100], [(OUTSTANDING, 95), (LOSS, 5)], 95, [(7, "written_off", -5)]),
    "a payment in full": ([-100], [(OUTSTANDING, 100)], 100, []),
    "half of it written off": ([-100], [(LOSS, 50), (OUTSTANDING, 50)], 50, [(7, "written_off", -50)]),
    "nothing paid, all written off": ([-10], [(LOSS, 10)], 0, [(7, "written_off", -10)]),
    "a discount with its tax": (
        [-115], [(OUTSTANDING, 112.7), (DISCOUNT, 2), (TAX, 0.3)], 112.7, [(7, "discount", -2.3)],
    ),
    "discount, fee and exchange difference in one": (
        [-100], [(OUTSTANDING, 94), (DISCOUNT, 3), (LOSS, 2), (EXCHANGE, 1)], 94,
        [(7, "discount", -3), (7, "exchange", -1), (7, "written_off", -2)],
    ),
    "a gain taken off again": (
        [-100], [(OUTSTANDING, 98), (LOSS, 3), (INCOME, -1)], 98, [(7, "difference", 1), (7, "written_off", -3)],
    ),
    "105 paid, 5 credited to nobody": ([-100], [(OUTSTANDING, 105), (INCOME, -5)], 105, [(7, "difference", 5)]),
    "95 paid back of 100": ([100], [(OUTSTANDING, -95), (INCOME, -5)], -95, [(7, "written_off", 5)]),
    "lines that say nothing of it": ([-100], [(OUTSTANDING, 60), (SUSPENSE, 40)], 95, [(7, "written_off", -5)]),
    "no line to be seen": ([-100], [], 95, [(7, "written_off", -5)]),
    "two customers of one payment": (
        [(7, -60), (8, -40)], [(OUTSTANDING, 90), (LOSS, 10)], 90, [(7, "written_off", -6), (8, "written_off", -4)],
    ),
    "bank line in full": ([-100], [(BANK, 100)], None, []),
    "bank line with a write-off": ([-100], [(BANK, 95), (LOSS, 5)], None, [(7, "written_off", -5)]),
    "bank line on the journal's own account": ([-100], [(WALLET, 95), (LOSS, 5)], None, [(7, "written_off", -5)]),
    "bank line told in part": ([-60], [(BANK, 100), (SUSPENSE, -40)], None, []),
    "bank line told in part, with a write-off": (
        [-60], [(BANK, 95), (SUSPENSE, -40), (LOSS, 5)], None, [(7, "written_off", -5)],
    ),
    "bank line of a netted supplier": ([-100], [(BANK, 20), (PAYABLE, 80)], None, [(7, "set_off", -80)]),
    "refund by bank line, a fee kept": ([100], [(BANK, -97), (INCOME, -3)], None, [(7, "written_off", 3)]),
    "bank line of two customers, one's write-off": (
        [(7, -60), (8, -40)], [(BANK, 95), (LOSS, 5, 71)], None, [(7, "written_off", -5)],
    ),
    "bank line of two customers, a write-off of neither": (
        [(7, -33.33), (8, -66.67)], [(BANK, 99.99), (LOSS, 0.01)], None, [(8, "written_off", -0.01)],
    ),
    "bank line of less than it is matched with": ([-100], [(BANK, 95), (SUSPENSE, 5)], None, [(7, "difference", -5)]),
    "a write-off with its tax": ([-115], [(BANK, 100), (LOSS, 13), (TAX, 2)], None, [(7, "written_off", -15)]),
    "lines that were replaced since": ([-100], [(BANK, 90), (LOSS, 5)], None, []),
    "an invoice and a credit note in one": ([-100, 20], [(BANK, 78), (LOSS, 2)], None, [(7, "written_off", -2)]),
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_what_an_entry_deducts(name: str) -> None:
    credited, beside, paid, expected = ENTRIES[name]
    source = books([(credited, beside)], None if paid is None else {1: float(paid)})
    assert found(source) == [(1, *row) for row in expected]


@pytest.mark.parametrize("name", [name for name, (*_lines, paid, _rows) in ENTRIES.items() if paid is not None])
def test_the_money_of_a_payment_is_what_odoo_says_it_is(name: str) -> None:
    credited, beside, paid, _expected = ENTRIES[name]
    source = books([(credited, beside)], {1: float(paid or 0)})
    with_frame = {name: source.frame(name) for name in source} | {"deductions": deductions(source)}  # type: ignore[attr-defined]
    lines = source.frame("receivable_lines")
    key = ["move_id", "company_id", "commercial_partner_id", "currency_id"]
    groups = lines.groupby(key, as_index=False)["amount"].sum()
    assert -cash(snapshot(**with_frame), groups).sum() == pytest.approx(paid)


def test_an_entry_of_a_bank_journal_is_money_where_a_bank_account_moves() -> None:
    source = books([
        ([-100], [(BANK, 100)]),
        ([-100], [(WALLET, 100)]),
        ([-100], [(LOSS, 100)]),
        ([-100], [(OUTSTANDING, 100)]),
        ([-100], [(BANK, 0), (LOSS, 100)]),
        ([-100], []),
        ([-100], [(INCOME, 100)]),
    ])  # fmt: skip
    assert bank_entries(source).tolist() == [1, 2]


def test_amounts_are_of_the_customer_s_own_currency() -> None:
    assert found(books([([-2600], [(BANK, 2500), (LOSS, 100)])], rate=26.0)) == [(1, 7, "written_off", -100.0)]


def test_a_bank_line_in_one_currency_for_a_debt_in_another_shares_by_value() -> None:
    source = books([([-100.0], [(BANK, 95), (LOSS, 5)])])
    lines = source.frame("receivable_lines").assign(currency_id=ZWG, amount=-2600.0)
    frames = {name: source.frame(name) for name in source}  # type: ignore[attr-defined]
    assert found(snapshot(**frames | {"receivable_lines": lines})) == [(1, 7, "written_off", -130.0)]


def test_a_payment_s_line_in_another_currency_than_the_payment_is_left_as_booked() -> None:
    source = books([([-100.0], [(OUTSTANDING, 95), (LOSS, 5)])], {1: 95.0})
    lines = source.frame("receivable_lines").assign(currency_id=ZWG)
    frames = {name: source.frame(name) for name in source}  # type: ignore[attr-defined]
    assert found(snapshot(**frames | {"receivable_lines": lines})) == []


@settings(max_examples=60)
@given(
    some.lists(some.integers(1, 90_000), min_size=1, max_size=4),
    some.lists(some.integers(1, 3_000), max_size=3),
    some.booleans(),
)
def test_money_and_what_was_deducted_are_always_the_ledger(owed: list[int], off: list[int], by_bank: bool) -> None:
    total = sum(owed)
    off = [cents for cents in off if sum(off) < total]
    credited = [(7 + number % 2, -cents / 100) for number, cents in enumerate(owed)]
    came = (total - sum(off)) / 100
    beside: list[Any] = [(BANK if by_bank else OUTSTANDING, came), *((LOSS, cents / 100) for cents in off)]
    source = books([(credited, beside)], None if by_bank else {1: came})
    taken = deductions(source)
    assert round(-taken["amount"].sum(), 2) == round(sum(off) / 100, 2)
    assert (taken["amount"] <= 0).all()


def test_books_without_anything_deducted_have_the_frame_all_the_same() -> None:
    frame = deductions(books([([-100], [(BANK, 100)])]))
    other = deductions(books([([-100], [(BANK, 95), (LOSS, 5)])]))
    assert dict(frame.dtypes) == dict(other.dtypes)
    assert isinstance(frame, pd.DataFrame)
    assert frame.empty
