"""Collection effectiveness and days of sales outstanding: hand-worked, and never a number where there is none."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from odoo_client.metrics import collections, dso
from odoo_client.metrics.ageing import ageing_by_customer, ageing_totals
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from tests.builders import USD, ZWG, Ledger

TODAY = date(2026, 11, 20)
AMOUNT = some.floats(0, 1e6, allow_nan=False)


def months_of(books: Ledger, months: int = 3, companies: tuple[int, ...] = (1, 2)) -> pd.DataFrame:
    source = books.snapshot()
    receivables = dso.receivables_by_month(LedgerIndex.build(source), TODAY, months)
    billed = collections.billed_by_month(collections.billed_rows(source))
    return dso.collection_months(receivables, billed, TODAY, months, companies, Currencies.of(source))


def test_effectiveness_is_what_was_collected_of_what_could_be() -> None:
    # 300 open, 500 billed, 400 open at the end of which 250 not yet due: 400 of 550.
    found = dso.collection_effectiveness(300, 500, 400, 250)
    assert found.value == pytest.approx(72.7272727)
    assert found.reason == ""


def test_effectiveness_is_whole_when_only_what_is_not_due_stays_open() -> None:
    assert dso.collection_effectiveness(300, 500, 250, 250).value == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ((0, 100, 100, 100), dso.NOTHING_COLLECTABLE),
        ((0, 0, 0, 0), dso.NOTHING_COLLECTABLE),
        ((100, -100, 0, 0), dso.NOTHING_COLLECTABLE),
        ((0, 10, 500, 0), dso.GREW),
        ((10, -50, 5, 0), dso.GREW),
    ],
)
def test_effectiveness_without_anything_to_collect_is_a_sentence(figures: tuple[float, ...], reason: str) -> None:
    found = dso.collection_effectiveness(*figures)
    assert (found.value, found.reason) == (None, reason)


def test_simple_dso_is_open_over_billed_times_days() -> None:
    assert dso.simple_dso(600, 900, 30).value == pytest.approx(20.0)


@pytest.mark.parametrize("billed", [0.0, -40.0, 0.001])
def test_simple_dso_of_a_month_with_nothing_billed_or_more_credited_is_a_sentence(billed: float) -> None:
    assert dso.simple_dso(600, billed, 30) == dso.Reckoned(None, dso.NOTHING_BILLED)


def test_countback_takes_whole_months_and_the_last_by_its_share() -> None:
    # 1,000 open on 20 November: November's 400 (20 days), October's 500 (31 days), 100 of September's 300 (30 days).
    found = dso.countback_dso(1_000, [(20, 400), (31, 500), (30, 300)])
    assert found.value == pytest.approx(20 + 31 + 30 * 100 / 300)


def test_countback_ends_within_the_latest_month_when_that_covers_all() -> None:
    assert dso.countback_dso(100, [(20, 400), (31, 500)]).value == pytest.approx(5.0)


def test_countback_passes_over_months_without_billing_and_counts_their_days() -> None:
    found = dso.countback_dso(500, [(20, 400), (31, -60), (30, 200)])
    assert found.value == pytest.approx(20 + 31 + 15)


def test_countback_of_nothing_open_is_no_days() -> None:
    assert dso.countback_dso(0, [(20, 400)]).value == 0.0


def test_countback_of_exactly_all_that_was_billed_is_all_days() -> None:
    assert dso.countback_dso(900, [(20, 400), (31, 500)]).value == pytest.approx(51.0)


def test_countback_beyond_all_billing_or_without_any_is_a_sentence() -> None:
    assert dso.countback_dso(1_000, [(20, 400), (31, 500)]) == dso.Reckoned(None, dso.BEYOND)
    assert dso.countback_dso(1_000, []) == dso.Reckoned(None, dso.NEVER_BILLED)
    assert dso.countback_dso(1_000, [(20, -4)]) == dso.Reckoned(None, dso.NEVER_BILLED)


@given(some.lists(some.tuples(some.integers(28, 31), AMOUNT), min_size=1, max_size=12), AMOUNT, AMOUNT)
def test_more_open_never_means_fewer_days(months: list[tuple[int, float]], one: float, other: float) -> None:
    low, high = (dso.countback_dso(amount, months).value for amount in sorted((one, other)))
    if low is not None and high is not None:
        assert low <= high + 1e-9
    if high is not None:
        assert 0 <= high <= sum(days for days, _billed in months)


@given(AMOUNT, AMOUNT, AMOUNT, some.floats(0, 1))
def test_effectiveness_is_between_nothing_and_all(opening: float, billed: float, closing: float, share: float) -> None:
    found = dso.collection_effectiveness(opening, billed, closing, closing * share)
    assert (found.value is None) == bool(found.reason)
    if found.value is not None:
        assert 0 <= found.value <= 100 + 1e-6


def test_month_ends_are_those_before_and_today() -> None:
    assert dso.month_ends(TODAY, 2) == [date(2026, 9, 30), date(2026, 10, 31), TODAY]
    assert dso.month_ends(date(2026, 3, 31), 1) == [date(2026, 2, 28), date(2026, 3, 31)]
    assert dso.month_ends(date(2026, 1, 1), 2) == [date(2025, 11, 30), date(2025, 12, 31), date(2026, 1, 1)]


def ledger() -> Ledger:
    """Return books whose October is worked by hand in the test below."""
    books = Ledger()
    old = books.invoice(7, 300, date(2026, 9, 24), on=date(2026, 9, 10))
    october = books.invoice(7, 500, date(2026, 11, 5), on=date(2026, 10, 20))
    note = books.invoice(7, -50, None, on=date(2026, 10, 22))
    books.reconcile(october, note, 50, date(2026, 10, 22))
    books.reconcile(old, books.payment(7, 200, date(2026, 10, 15)), 200, date(2026, 10, 15))
    # Paid in November: still open on 31 October, though nothing of it is open now.
    books.reconcile(october, books.payment(7, 450, date(2026, 11, 9)), 450, date(2026, 11, 9))
    books.payment(8, 70, date(2026, 10, 3))
    return books


def test_october_by_hand() -> None:
    october = months_of(ledger()).set_index("month").loc[pd.Timestamp(2026, 10, 1)]
    assert october["as_of"] == pd.Timestamp(2026, 10, 31)
    # 500 less the credit note of 50; open: 100 of September's and 450, of which 450 not yet due.
    expected = {"opening": 300, "billed": 450, "closing": 550, "closing_not_due": 450, "unallocated": 70}
    assert {name: october[name] for name in expected} == expected
    # (300 + 450 - 550) / (300 + 450 - 450): the 200 that came in, of 300 that could.
    assert october["effectiveness"] == pytest.approx(66.6666667)
    assert october["dso"] == pytest.approx(550 / 450 * 31)
    # October's 450 (31 days), then 100 of September's 300 (30 days).
    assert october["countback"] == pytest.approx(31 + 10)
    assert october["best_possible"] == pytest.approx(31.0)


def test_this_month_is_over_the_days_so_far() -> None:
    november = months_of(ledger()).set_index("month").loc[pd.Timestamp(2026, 11, 1)]
    assert november["as_of"] == pd.Timestamp(TODAY)
    assert november["closing"] == 100
    # Nothing billed in November: its 20 days count, then 100 of October's 450.
    assert november["countback"] == pytest.approx(20 + 31 * 100 / 450)
    assert pd.isna(november["dso"])
    assert november["dso_reason"] == dso.NOTHING_BILLED


def test_the_month_the_books_begin_in_has_no_effectiveness() -> None:
    table = months_of(ledger()).set_index("month")
    assert pd.isna(table.loc[pd.Timestamp(2026, 9, 1), "effectiveness"])
    assert table.loc[pd.Timestamp(2026, 9, 1), "effectiveness_reason"] == dso.BOOKS_BEGIN


def test_opening_balances_entered_without_invoices_cannot_be_counted_back() -> None:
    books = Ledger()
    books.entry(7, 5_000, date(2026, 10, 1), date(2026, 10, 1))
    books.invoice(7, 100, date(2026, 11, 20), on=date(2026, 10, 20))
    table = months_of(books).set_index("month")
    assert table.loc[pd.Timestamp(2026, 11, 1), "countback_reason"] == dso.BEYOND
    assert pd.isna(table.loc[pd.Timestamp(2026, 11, 1), "countback"])


def test_each_currency_and_company_has_months_of_its_own() -> None:
    books = ledger()
    books.invoice(9, 2_600, date(2026, 10, 30), on=date(2026, 10, 10), currency_id=ZWG, company_id=2)
    table = months_of(books)
    assert table["currency_id"].unique().tolist() == [USD, ZWG]
    gold = table[table["currency_id"] == ZWG].set_index("month")
    assert gold.loc[pd.Timestamp(2026, 10, 1), "closing"] == 2_600
    assert months_of(books, companies=(1,))["currency_id"].unique().tolist() == [USD]


def test_open_amounts_are_those_of_arrears_on_the_day() -> None:
    source = ledger().snapshot()
    index = LedgerIndex.build(source)
    stood = dso.receivables_by_month(index, TODAY, 3).set_index("as_of")
    for day in dso.month_ends(TODAY, 3)[1:]:
        aged = ageing_totals(ageing_by_customer(open_lines(index, day))).iloc[0]
        buckets = [name for name in aged.index if name[0].isdigit() or name.startswith(("not_due", "over_"))]
        row = stood.loc[pd.Timestamp(day)]
        assert row["open"] == pytest.approx(sum(aged[name] for name in buckets))
        assert row["not_due"] == pytest.approx(aged["not_due"])
        assert row["unallocated"] == pytest.approx(aged["unallocated"])


def test_an_empty_ledger_has_no_months() -> None:
    table = months_of(Ledger())
    assert len(table) == 0
    assert table["effectiveness"].dtype == "float64"


def test_an_invoice_of_a_year_far_back_costs_no_time_and_changes_nothing_else() -> None:
    """Months without any billing are counted by their days, however many they are."""
    recent = {pd.Timestamp(2026, 11, 1): 100.0, pd.Timestamp(2026, 8, 1): 50.0}
    end = date(2026, 11, 20)
    plain = pd.Series(recent)
    assert dso._countback_months(plain, end) == [(20, 100.0), (31 + 30, 0.0), (31, 50.0)]
    far = pd.concat([plain, pd.Series({pd.Timestamp(26, 11, 1): 7.0})])
    months = dso._countback_months(far, end)
    assert len(months) == 5
    assert sum(days for days, _billed in months) == (date(2026, 11, 20) - date(26, 11, 1)).days + 1
    for amount in (0.0, 60.0, 100.0, 149.0):
        assert dso.countback_dso(amount, months) == dso.countback_dso(amount, dso._countback_months(plain, end))
