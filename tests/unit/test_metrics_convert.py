"""Showing figures in one currency: Odoo's rate of the as-of date, said aloud, and never a guess."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from odoo_client.errors import MissingCurrencyError
from odoo_client.metrics.ageing import ageing_by_customer, ageing_totals
from odoo_client.metrics.convert import convert, currency_id_of, roots_of
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.store.snapshot import Snapshot
from tests.builders import USD, ZWG, Ledger

D = date(2026, 11, 22)
FIRST = date(2026, 11, 1)
EUR = 3


@pytest.fixture
def books() -> Ledger:
    ledger = Ledger()
    ledger.customer(10)
    ledger.rate(ZWG, date(2026, 10, 1), 25.0)
    ledger.rate(ZWG, FIRST, 26.7)
    return ledger


def money(*rows: tuple[int, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["company_id", "currency_id", "overdue"])


def test_the_latest_rate_not_after_the_day_is_used_and_said(books: Ledger) -> None:
    shown = convert(money((1, ZWG, 267.0), (1, USD, 5.0)), ["overdue"], books.snapshot(), USD, D)
    assert shown.frame["overdue"].tolist() == [10.0, 5.0]
    assert shown.frame["currency_id"].tolist() == [USD, USD]
    assert shown.sentence == "1 USD = 26.7000 ZWG (Odoo's rate of 1 Nov 2026)."
    assert shown.rates[0].rate_date == FIRST


def test_a_rate_counts_from_its_own_day(books: Ledger) -> None:
    def on(day: date) -> list[float]:
        return convert(money((1, ZWG, 667.5)), ["overdue"], books.snapshot(), USD, day).frame["overdue"].tolist()

    assert (on(FIRST), on(FIRST - timedelta(days=1))) == ([25.0], [26.7])


def test_pitfall_2_a_past_day_reads_the_same_whatever_rates_come_later(books: Ledger) -> None:
    past = date(2026, 10, 15)
    before = convert(money((1, ZWG, 100.0)), ["overdue"], books.snapshot(), USD, past)
    books.rate(ZWG, D, 99.0)
    after = convert(money((1, ZWG, 100.0)), ["overdue"], books.snapshot(), USD, past)
    assert before.frame["overdue"].tolist() == after.frame["overdue"].tolist() == [4.0]
    assert "1 Oct 2026" in after.sentence


def test_a_companys_own_rate_comes_before_a_shared_one_even_an_older_one(books: Ledger) -> None:
    books.rate(ZWG, date(2026, 9, 1), 20.0, company_id=2)
    shown = convert(money((1, ZWG, 267.0), (2, ZWG, 200.0)), ["overdue"], books.snapshot(), USD, D)
    assert shown.frame["overdue"].tolist() == [10.0, 10.0]
    assert shown.sentence == (
        "1 USD = 26.7000 ZWG (Odoo's rate of 1 Nov 2026 for Afi Fibre); "
        "1 USD = 20.0000 ZWG (Odoo's rate of 1 Sep 2026 for Afi Wireless)."
    )


MISSING = (
    "Odoo has no ZWG rate on or before 30 Sep 2026 for Afi Fibre: enter one there under Accounting, Configuration, "
    "Currencies. Until then amounts in ZWG stay as they are."
)


def test_a_missing_rate_is_a_sentence_and_never_one(books: Ledger) -> None:
    shown = convert(money((1, ZWG, 100.0)), ["overdue"], books.snapshot(), USD, date(2026, 9, 30))
    assert shown.refused == (MISSING,)
    assert shown.frame.to_dict("records") == [{"company_id": 1, "currency_id": ZWG, "overdue": 100.0}]
    assert (shown.rates, shown.sentence) == ((), "")


def test_one_currency_without_a_rate_refuses_its_own_amounts_alone(books: Ledger) -> None:
    books.currency(EUR, "EUR")
    books.rate(EUR, date(2026, 1, 1), 0.92)
    rows = money((1, ZWG, 100.0), (1, EUR, 92.0), (1, USD, 1.0), (2, EUR, 46.0), (1, ZWG, 5.0))
    shown = convert(rows, ["overdue"], books.snapshot(), USD, date(2026, 9, 30))
    assert shown.frame["overdue"].tolist() == [100.0, 100.0, 1.0, 50.0, 5.0]
    assert shown.frame["currency_id"].tolist() == shown.currency_ids.tolist() == [ZWG, USD, USD, USD, ZWG]
    assert shown.refused == (MISSING,)
    assert shown.sentence == "1 EUR = 1.0870 USD (Odoo's rate of 1 Jan 2026)."
    summed = convert(rows, ["overdue"], books.snapshot(), USD, date(2026, 9, 30), group_by=["company_id"])
    assert summed.frame.to_dict("records") == [
        {"company_id": 1, "currency_id": USD, "overdue": 101.0},
        {"company_id": 1, "currency_id": ZWG, "overdue": 105.0},
        {"company_id": 2, "currency_id": USD, "overdue": 50.0},
    ]


def test_a_target_without_a_rate_leaves_all_as_it_is(books: Ledger) -> None:
    books.currency(EUR, "EUR")
    shown = convert(money((1, ZWG, 267.0), (1, USD, 1.0)), ["overdue"], books.snapshot(), EUR, D)
    assert shown.frame["currency_id"].tolist() == [ZWG, USD]
    [said] = shown.refused
    assert said.startswith("Odoo has no EUR rate on or before 22 Nov 2026 for Afi Fibre: ")
    assert said.endswith("Until then amounts in USD and ZWG stay as they are.")


def branch(books: Ledger, *, root: int = 1) -> None:
    """Make the second company a branch of the first, or of one that is not read."""
    books.frames["companies"][0]["root_id"] = 1
    books.frames["companies"][1]["root_id"] = root


def test_a_branch_has_the_rates_of_its_root(books: Ledger) -> None:
    """92.00 EUR at 0.92 a dollar are 100.00 USD, whatever the branch has of its own: Odoo does not look there."""
    books.currency(EUR, "EUR")
    books.rate(EUR, date(2026, 1, 1), 0.92, company_id=1)
    books.rate(EUR, FIRST, 0.5, company_id=2)
    apart = convert(money((2, EUR, 92.0)), ["overdue"], books.snapshot(), USD, D)
    assert apart.frame["overdue"].tolist() == [184.0], "a company by itself"
    branch(books)
    shown = convert(money((1, EUR, 92.0), (2, EUR, 92.0)), ["overdue"], books.snapshot(), USD, D)
    assert shown.frame["overdue"].tolist() == [100.0, 100.0]
    assert shown.refused == ()
    assert shown.sentence == "1 EUR = 1.0870 USD (Odoo's rate of 1 Jan 2026)."
    assert roots_of(books.snapshot(), {2}) == {1}


def test_a_branch_falls_back_to_the_shared_rates(books: Ledger) -> None:
    branch(books)
    shown = convert(money((2, ZWG, 267.0)), ["overdue"], books.snapshot(), USD, D)
    assert shown.frame["overdue"].tolist() == [10.0]


def test_what_a_branch_lacks_is_to_be_entered_where_odoo_allows_it(books: Ledger) -> None:
    books.currency(EUR, "EUR")
    branch(books)
    [said] = convert(money((2, EUR, 92.0)), ["overdue"], books.snapshot(), USD, D).refused
    assert "for Afi Fibre: enter one there" in said
    branch(books, root=7)
    [said] = convert(money((2, EUR, 92.0)), ["overdue"], books.snapshot(), USD, D).refused
    assert "for the company that Afi Wireless is a branch of: enter one there" in said


def test_companies_of_an_older_snapshot_stand_for_themselves(books: Ledger) -> None:
    whole = books.snapshot()
    old = {name: whole.frame(name) for name in whole}
    old["companies"] = old["companies"].drop(columns="root_id")
    shown = convert(money((1, ZWG, 267.0)), ["overdue"], Snapshot.from_frames(old), USD, D)
    assert shown.frame["overdue"].tolist() == [10.0]


def test_without_anything_in_another_currency_no_rate_is_needed() -> None:
    shown = convert(money((1, USD, 100.0)), ["overdue"], Ledger().snapshot(), USD, D)
    assert (shown.frame["overdue"].tolist(), shown.rates, shown.sentence) == ([100.0], (), "")


def test_the_companys_own_currency_may_have_rates_too(books: Ledger) -> None:
    books.rate(USD, date(2026, 1, 1), 1.0)
    shown = convert(money((1, ZWG, 267.0)), ["overdue"], books.snapshot(), USD, D)
    assert shown.frame["overdue"].tolist() == [10.0]
    assert shown.rates[0].rate_date == FIRST, "the rate that moves is the one whose date is said"


def test_from_dollars_to_gold_the_other_way(books: Ledger) -> None:
    shown = convert(money((1, USD, 10.0)), ["overdue"], books.snapshot(), ZWG, D)
    assert shown.frame["overdue"].tolist() == [267.0]
    assert shown.sentence == "1 USD = 26.7000 ZWG (Odoo's rate of 1 Nov 2026)."


def test_summing_rounds_once_at_the_end(books: Ledger) -> None:
    """Ten times 0.10 ZWG are 0.0037 USD each: rounded one by one they would be nothing."""
    frame = money(*[(1, ZWG, 0.1)] * 10)
    shown = convert(frame, ["overdue"], books.snapshot(), USD, D, group_by=())
    assert shown.frame["overdue"].tolist() == [0.04]


def test_grouping_joins_the_currencies_of_a_customer(books: Ledger) -> None:
    books.invoice(10, 10.0, D - timedelta(days=5))
    books.invoice(10, 267.0, D - timedelta(days=5), currency_id=ZWG)
    source = books.snapshot()
    table = ageing_by_customer(open_lines(LedgerIndex.build(source), D))
    by = ["company_id", "commercial_partner_id"]
    shown = convert(table, ["overdue", "net_to_chase"], source, USD, D, group_by=by)
    assert shown.frame.to_dict("records") == [
        {"company_id": 1, "commercial_partner_id": 10, "currency_id": USD, "overdue": 20.0, "net_to_chase": 20.0}
    ]
    totals = convert(ageing_totals(table, ["company_id", "currency_id"]), ["overdue"], source, USD, D, group_by=[])
    assert totals.frame[["currency_id", "overdue"]].to_dict("records") == [{"currency_id": USD, "overdue": 20.0}]


def test_what_is_not_known_stays_unknown(books: Ledger) -> None:
    shown = convert(money((1, ZWG, np.nan), (1, USD, 1.0)), ["overdue"], books.snapshot(), USD, D, group_by=())
    assert np.isnan(shown.frame["overdue"].iloc[0])


def test_a_currency_is_found_by_its_code_whatever_odoo_calls_it(books: Ledger) -> None:
    source = books.snapshot()
    assert (currency_id_of(source, "USD"), currency_id_of(source, "ZWG")) == (USD, ZWG)
    with pytest.raises(MissingCurrencyError, match="no currency EUR"):
        currency_id_of(source, "EUR")


def test_an_empty_frame_converts_to_an_empty_frame(books: Ledger) -> None:
    shown = convert(
        money().astype({"company_id": int, "currency_id": int, "overdue": float}), ["overdue"], books.snapshot(), USD, D
    )
    assert shown.frame.empty
