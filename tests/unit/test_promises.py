"""Promises to pay: what a summary says, what keeps one, worked by hand and by another way of saying the rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo_client.datasets.promises import parsed
from odoo_client.metrics.promises import kept_days, made_days, promise_states, promises_by_customer
from odoo_client.people.access import Access, Person, frames_of
from odoo_client.people.scope import scoped
from odoo_client.roles import DEFAULT_ROLES
from odoo_client.store.snapshot import Snapshot
from tests.builders import USD, ZWG, Ledger, rows

D = date(2026, 11, 1)


def day(number: int) -> date:
    return D + timedelta(days=number)


def settled(book: Ledger) -> Ledger:
    """The books with the days on which promises were kept, as a sync works them out."""
    kept = kept_days(book.snapshot().frame("promises"), book.snapshot())
    for record, on in zip(book.frames["promises"], kept, strict=True):
        record["kept_on"] = on
    return book


def states(book: Ledger, as_of: date) -> list[str]:
    return promise_states(settled(book).snapshot(), as_of)["state"].astype(str).tolist()


# -- what a summary says --


@pytest.mark.parametrize(
    ("summary", "currency_id", "amount"),
    [
        ("Promise to pay USD 120.00", USD, 120.0),
        ("Promise to pay USD 120", USD, 120.0),
        ("Promise to pay ZWG 1234567.50", ZWG, 1_234_567.5),
        ("Promise to pay ZIG 10.00", ZWG, 10.0),
        ("Promise to pay usd 0.05", USD, 0.05),
        ("Promise to pay USD 1,200.00", 0, 0.0),
        ("Promise to pay 120 USD", 0, 0.0),
        ("Promise to pay USD -5.00", 0, 0.0),
        ("Promise to pay USD 0.00", 0, 0.0),
        ("Promise to pay XAU 3.00", 0, 0.0),
        ("Promise to pay USD 5.00 or so", 0, 0.0),
        ("Promise to pay ", 0, 0.0),
        ("Call back about Promise to pay USD 5.00", 0, 0.0),
    ],
)
def test_a_summary_says_how_much_of_what_or_counts_nowhere(summary: str, currency_id: int, amount: float):
    currencies = Ledger().snapshot().frame("currencies")
    found = parsed(pd.Series([summary], dtype="str"), currencies)
    assert found.to_dict("records") == [{"currency_id": currency_id, "amount": amount}]


def test_no_promises_are_read_as_none():
    found = parsed(pd.Series([], dtype="str"), Ledger().snapshot().frame("currencies"))
    assert found.empty
    assert found.dtypes.astype(str).to_dict() == {"currency_id": "int64", "amount": "float64"}


def test_the_day_it_was_made_is_harare_s():
    promises = rows(
        "promises",
        [
            {"promise_id": 1, "created": datetime(2026, 11, 22, 21, 59, 59, tzinfo=UTC)},
            {"promise_id": 2, "created": datetime(2026, 11, 22, 22, 0, tzinfo=UTC)},
            {"promise_id": 3},
        ],
    )
    found = made_days(promises, "Africa/Harare")
    assert found.tolist() == [pd.Timestamp("2026-11-22"), pd.Timestamp("2026-11-23"), pd.NaT]


# -- kept or broken --


@pytest.mark.parametrize(
    ("paid", "as_of", "state"),
    [
        ([], 4, "open"),
        ([], 5, "open"),  # the day itself is not over
        ([], 6, "broken"),
        ([(3, 120.0)], 4, "kept"),
        ([(3, 120.0)], 2, "open"),  # as of the day before the money
        ([(3, 70.0), (5, 50.0)], 5, "kept"),
        ([(3, 70.0), (5, 50.0)], 4, "open"),
        ([(3, 70.0), (5, 49.99)], 6, "broken"),
        ([(6, 120.0)], 6, "broken"),  # a day late
        ([(6, 120.0)], 60, "broken"),
        ([(0, 120.0)], 6, "broken"),  # before it was promised
        ([(1, 120.0)], 2, "kept"),  # on the day it was made
        ([(3, 500.0)], 6, "kept"),
        ([(3, 40.1), (3, 40.2), (4, 39.7)], 6, "kept"),  # 120 to the cent, whatever floats make of it
    ],
)
def test_a_promise_made_on_the_first_for_the_fifth(paid: list[tuple[int, float]], as_of: int, state: str):
    book = Ledger()
    book.customer(1)
    book.promise(1, 120.0, day(5), made=day(1))
    for number, amount in paid:
        book.payment(1, amount, day(number))
    assert states(book, day(as_of)) == [state]


def test_a_promise_made_later_is_not_there_on_a_past_day():
    book = Ledger()
    book.promise(1, 120.0, day(5), made=day(3))
    assert states(book, day(2)) == []
    assert states(book, day(3)) == ["open"]


def test_only_posted_money_of_that_customer_in_that_currency_keeps_it():
    book = Ledger()
    book.promise(1, 100.0, day(5), made=day(1))
    book.payment(2, 100.0, day(2))
    book.payment(1, 2_600.0, day(2), currency_id=ZWG)
    book.draft(1, 100.0, date=day(2))
    book.frames["payments"].append(
        {"payment_id": 9000, "direction": "outbound", "state": "posted", "commercial_partner_id": 1,
         "currency_id": USD, "amount": 100.0, "date": day(2)}
    )  # fmt: skip
    book.frames["payments"].append(
        {"payment_id": 9001, "direction": "inbound", "state": "posted", "currency_id": USD, "amount": 100.0,
         "date": day(2)}
    )  # fmt: skip
    assert states(book, day(6)) == ["broken"]
    book.payment(1, 100.0, day(2), company_id=2)  # to whichever of our companies
    assert states(book, day(6)) == ["kept"]


def test_a_bank_line_matched_without_a_payment_is_money_too():
    book = Ledger()
    book.promise(1, 100.0, day(5), made=day(1))
    book.bank_line(1, 60.0, day(4), written_off=5.0)
    book.entry(1, -40.0, day(4))  # a write-off is none
    assert states(book, day(6)) == ["broken"]
    book.bank_line(1, 40.0, day(5))
    assert states(book, day(6)) == ["kept"]


def test_of_several_promises_the_one_due_first_is_paid_first_and_no_money_counts_twice():
    book = Ledger()
    late = book.promise(1, 50.0, day(9), made=day(1))
    early = book.promise(1, 100.0, day(5), made=day(2))
    book.payment(1, 120.0, day(3))
    found = promise_states(settled(book).snapshot(), day(10)).set_index("promise_id")["state"].astype(str)
    assert (found[early], found[late]) == ("kept", "broken")
    book.payment(1, 30.0, day(9))  # 20 were left over
    found = promise_states(settled(book).snapshot(), day(10)).set_index("promise_id")
    assert found["state"].astype(str).tolist() == ["kept", "kept"]
    assert found.loc[late, "kept_on"] == pd.Timestamp(day(9))


def test_money_for_a_promise_that_is_broken_in_the_end_is_spent():
    book = Ledger()
    book.promise(1, 100.0, day(5), made=day(1))
    book.promise(1, 60.0, day(9), made=day(1))
    book.payment(1, 60.0, day(3))
    # As of the fourth day nobody could know that the first would be broken: so the money is not the second's.
    for as_of in (4, 6, 10):
        assert states(book, day(as_of))[1] in ("open", "broken")
    assert states(book, day(10)) == ["broken", "broken"]


def test_one_marked_as_done_by_its_day_is_withdrawn_and_the_one_in_its_place_is_paid():
    book = Ledger()
    book.promise(1, 100.0, day(5), made=day(1), done_on=day(4))
    book.promise(1, 100.0, day(9), made=day(4))
    assert states(book, day(3)) == ["open"]
    assert states(book, day(4)) == ["withdrawn", "open"]
    book.payment(1, 100.0, day(5))
    assert states(book, day(10)) == ["withdrawn", "kept"]


def test_one_marked_as_done_because_it_was_paid_is_kept_when_the_money_is_posted_by_its_day():
    book = Ledger()
    book.promise(1, 100.0, day(5), made=day(1), done_on=day(4))
    book.payment(1, 100.0, day(5))
    assert states(book, day(4)) == ["withdrawn"]
    assert states(book, day(6)) == ["kept"]


def test_one_marked_as_done_after_its_day_stays_broken():
    book = Ledger()
    book.promise(1, 100.0, day(5), made=day(1), done_on=day(8))
    assert states(book, day(20)) == ["broken"]


def test_one_that_reached_odoo_after_its_own_day_has_that_day():
    book = Ledger()
    book.promise(1, 100.0, day(5), made=day(7))
    book.payment(1, 100.0, day(5))
    assert states(book, day(7)) == ["kept"]


def test_what_cannot_be_read_counts_nowhere():
    book = Ledger()
    book.promise(1, 0.0, day(5), made=day(1), currency_id=0)
    book.promise(0, 10.0, day(5), made=day(1))
    book.promise(1, 10.0, None, made=day(1))  # type: ignore[arg-type]
    assert states(book, day(9)) == []


# -- a customer's --


def test_a_customer_s_next_promise_counts_else_the_latest_and_kept_and_broken_are_counted():
    book = Ledger()
    book.promise(1, 10.0, day(2), made=day(0))
    book.payment(1, 10.0, day(1))
    book.promise(1, 20.0, day(4), made=day(3))
    nearest = book.promise(1, 30.0, day(12), made=day(6))
    book.promise(1, 40.0, day(20), made=day(5))
    latest = book.promise(2, 70.0, day(6), made=day(1))
    book.promise(2, 60.0, day(5), made=day(1))
    book.promise(2, 50.0, day(8), made=day(1), done_on=day(2))
    given_up = book.promise(3, 5.0, day(8), made=day(1), done_on=day(2))
    found = promises_by_customer(promise_states(settled(book).snapshot(), day(10)))
    columns = ["commercial_partner_id", "promise_id", "state", "kept", "broken", "open", "next_day"]
    assert found[columns].astype({"state": str}).to_numpy().tolist() == [
        [1, nearest, "open", 1, 1, 2, pd.Timestamp(day(12))],
        [2, latest, "broken", 0, 2, 0, pd.NaT],
        [3, given_up, "withdrawn", 0, 0, 0, pd.NaT],
    ]
    assert found["amount"].tolist() == [30.0, 70.0, 5.0]


def test_nobody_promised_anything():
    found = promises_by_customer(promise_states(Ledger().snapshot(), D))
    assert found.empty
    assert str(found["next_day"].dtype) == "datetime64[s]"


# -- whose they are to see --


def seen_by(book: Ledger, *companies: int, frames: frozenset[str] | None = None) -> Snapshot:
    person = Person("x", "X", 5, frozenset({"finance"}), frozenset(companies), frames=frames)
    return scoped(book.snapshot(), Access.of(person, DEFAULT_ROLES))


def test_promises_follow_their_customers_and_tell_everybody_the_same():
    book = Ledger()
    book.customer(1)
    book.customer(2, company_id=2)
    shared = book.promise(1, 100.0, day(5), made=day(1))
    other = book.promise(2, 50.0, day(5), made=day(1))
    book.payment(1, 100.0, day(3), company_id=2)
    settled(book)
    # Who does not see the second company does not see its payment, and is told no lie about the customer for that.
    found = promise_states(seen_by(book, 1), day(9))
    assert found[["promise_id", "state"]].astype({"state": str}).to_numpy().tolist() == [[shared, "kept"]]
    assert set(promise_states(seen_by(book, 1, 2), day(9))["promise_id"]) == {shared, other}


def test_whom_odoo_hides_activities_from_gets_none_and_keeps_the_ledger_and_its_totals():
    book = Ledger()
    book.customer(1)
    book.promise(1, 100.0, day(5), made=day(1))
    book.invoice(1, 10.0, day(1))
    mine = seen_by(book, 1, 2, frames=frames_of(["account.group_account_invoice"]) - {"promises"})
    assert mine.frame("promises").empty
    assert mine.info["promises"].state == "denied"
    assert mine.info["receivable_lines"].state == "ok"
    assert len(mine.frame("receivable_lines")) == 1
    assert "promises" in frames_of(["account.group_account_readonly"])
    assert "promises" not in frames_of(["sales_team.group_sale_manager", "helpdesk_mgmt.group_helpdesk_manager"])


# -- the same rule in other words --

PROMISES = st.lists(
    st.tuples(
        st.integers(1, 2),  # customer
        st.sampled_from([USD, ZWG]),
        st.integers(1, 8),  # amount
        st.integers(0, 10),  # made on
        st.integers(0, 6),  # days it runs
        st.one_of(st.none(), st.integers(0, 12)),  # marked as done on
    ),
    max_size=7,
)
PAYMENTS = st.lists(
    st.tuples(st.integers(1, 2), st.sampled_from([USD, ZWG]), st.integers(1, 6), st.integers(0, 14)), max_size=9
)


def one_by_one(promises: list[tuple[Any, ...]], payments: list[tuple[Any, ...]], as_of: int) -> dict[int, str]:
    """Hand each dollar to the first promise in line that may have it."""
    found: dict[int, str] = {}
    line = sorted(
        range(len(promises)),
        key=lambda at: (
            (done := promises[at][5]) is not None and done <= promises[at][3] + promises[at][4],
            promises[at][3] + promises[at][4],
            promises[at][3],
            at,
        ),
    )
    coins = sorted((when, who, what) for who, what, amount, when in payments for _ in range(amount))
    taken = [False] * len(coins)
    for at in line:
        who, what, amount, made, runs, done = promises[at]
        until, got, kept = made + runs, 0, None
        for number, (when, payer, paid_in) in enumerate(coins):
            if not taken[number] and payer == who and paid_in == what and made <= when <= until and kept is None:
                taken[number] = True
                got += 1
                kept = when if got == amount else None
        if made > as_of:
            continue
        if kept is not None and kept <= as_of:
            found[at] = "kept"
        elif done is not None and done <= min(until, as_of):
            found[at] = "withdrawn"
        else:
            found[at] = "broken" if until < as_of else "open"
    return found


@settings(max_examples=150)
@given(PROMISES, PAYMENTS, st.integers(0, 18))
def test_dollar_by_dollar_the_states_are_the_same(promises: list[Any], payments: list[Any], as_of: int):
    book = Ledger()
    for who, what, amount, made, runs, done in promises:
        more = {"currency_id": what, "done_on": None if done is None else day(done)}
        book.promise(who, float(amount), day(made + runs), made=day(made), **more)
    for who, what, amount, when in payments:
        book.payment(who, float(amount), day(when), currency_id=what)
    found = promise_states(settled(book).snapshot(), day(as_of))
    by_place = dict(zip((found["promise_id"] - 7000).tolist(), found["state"].astype(str), strict=True))
    assert by_place == one_by_one(promises, payments, as_of)
    summed = promises_by_customer(found)
    for who, kept, broken in zip(summed["commercial_partner_id"], summed["kept"], summed["broken"], strict=True):
        mine = [state for at, state in by_place.items() if promises[at][0] == who]
        assert (kept, broken) == (mine.count("kept"), mine.count("broken"))


def test_twenty_thousand_promises_are_settled_in_a_moment():
    generator = np.random.default_rng(7)
    size = 20_000
    frame = pd.DataFrame(
        {
            "promise_id": np.arange(size),
            "commercial_partner_id": generator.integers(1, 3_000, size),
            "currency_id": USD,
            "amount": generator.integers(1, 200, size).astype(np.float64),
            "made_on": (np.datetime64("2026-01-01") + generator.integers(0, 300, size)).astype("datetime64[s]"),
            "done_on": np.full(size, np.datetime64("NaT"), dtype="datetime64[s]"),
        }
    )
    frame["day"] = frame["made_on"] + pd.Timedelta(days=7)
    book = Ledger()
    for number in range(2_000):
        book.payment(1 + number, 100.0, day(number % 300 - 300))
    kept = kept_days(frame, book.snapshot())
    assert kept.notna().any()
    assert kept[kept.notna()].le(frame["day"][kept.notna()]).all()
