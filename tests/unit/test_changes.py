"""What is new since yesterday, and this month against last month to the same day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from odoo_client.frames.dates import NO_DAY, day_number, days
from odoo_client.metrics import changes
from odoo_client.metrics.changes import Span, month_to_date, since_yesterday
from tests.builders import USD, ZWG, rows

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("today", "before"),
    [
        (date(2026, 11, 24), (date(2026, 10, 1), date(2026, 10, 24))),
        (date(2026, 12, 31), (date(2026, 11, 1), date(2026, 11, 30))),
        (date(2026, 3, 29), (date(2026, 2, 1), date(2026, 2, 28))),
        (date(2028, 3, 31), (date(2028, 2, 1), date(2028, 2, 29))),
        (date(2027, 1, 1), (date(2026, 12, 1), date(2026, 12, 1))),
    ],
)
def test_last_month_is_taken_to_the_same_day_or_to_its_end(today: date, before: tuple[date, date]) -> None:
    now, then = month_to_date(today)
    assert (now.first, now.last) == (today.replace(day=1), today)
    assert (then.first, then.last) == before


def test_since_yesterday_is_yesterday_and_today() -> None:
    span = since_yesterday(date(2026, 3, 1))
    assert (span.first, span.last) == (date(2026, 2, 28), date(2026, 3, 1))


def test_a_span_holds_both_its_ends_and_no_missing_day() -> None:
    span = Span(date(2026, 11, 1), date(2026, 11, 3))
    day = np.array([day_number(date(2026, 11, number)) for number in (1, 3, 4)] + [NO_DAY])
    assert span.holds(day).tolist() == [True, True, False, False]


def payments() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "company_id": [1, 1, 1, 2, 1, 1],
            "currency_id": [USD, USD, ZWG, USD, USD, USD],
            "amount": [0.1, 0.2, 500.0, 7.0, 40.0, 900.0],
            "date": pd.to_datetime(
                ["2026-11-01", "2026-11-24", "2026-11-03", "2026-10-24", "2026-10-01", "2026-10-25"]
            ).as_unit("s"),
        }
    )


def test_sums_are_of_one_currency_exact_and_stop_at_the_same_day() -> None:
    frame = payments()
    found = changes.to_the_day(frame, days(frame, "date"), TODAY, amount="amount")
    assert found.to_numpy().tolist() == [[1, USD, 0.3, 40.0], [1, ZWG, 500.0, 0.0], [2, USD, 0.0, 7.0]]


def test_rows_are_counted_whatever_their_currency() -> None:
    frame = payments()
    found = changes.to_the_day(frame, days(frame, "date"), TODAY)
    assert found.to_numpy().tolist() == [[1, 0, 3, 1], [2, 0, 0, 1]]


def test_weeks_end_today_and_days_ahead_are_in_none() -> None:
    frame = payments()
    day = np.array([day_number(TODAY) + ahead for ahead in (1, 0, -6, -7, -13, -14)])
    found = changes.sums_by_week(frame, day, TODAY, 2, amount="amount")
    by_key = found.groupby(["company_id", "currency_id"])["value"].apply(list).to_dict()
    assert by_key == {(1, USD): [40.0, 0.2], (1, ZWG): [0.0, 500.0], (2, USD): [7.0, 0.0]}


def test_nothing_dated_gives_no_rows() -> None:
    empty = payments().iloc[:0]
    assert changes.to_the_day(empty, days(empty, "date"), TODAY, amount="amount").empty
    assert changes.sums_by_week(empty, days(empty, "date"), TODAY, 12, amount="amount").empty


def test_newly_overdue_is_who_owed_nothing_overdue_before_yesterday() -> None:
    # Due yesterday: 1 day overdue; due the day before: overdue since yesterday; earlier: not new; 0: nothing overdue.
    ageing = pd.DataFrame({"oldest_days": [1, 2, 3, 0]})
    assert changes.newly_overdue(ageing, TODAY).tolist() == [True, True, False, False]


def services(*spans: tuple[str, str, str]) -> pd.DataFrame:
    return rows(
        "services",
        [
            {"status": status, "start_date": date.fromisoformat(start), "end_date": end and date.fromisoformat(end)}
            for start, end, status in spans
        ],
    )


def test_a_service_begins_on_its_first_day_unless_it_ended_before() -> None:
    frame = services(
        ("2026-11-23", "", "active"), ("2026-11-24", "2026-11-20", "ended"), ("2026-11-25", "", "upcoming")
    )
    assert changes.started(frame, since_yesterday(TODAY)).tolist() == [True, False, False]


def test_a_last_day_of_today_is_over_only_where_odoo_says_so() -> None:
    frame = services(
        ("2026-01-01", "2026-11-23", "ended"),
        ("2026-01-01", "2026-11-24", "active"),
        ("2026-01-01", "2026-11-24", "ended"),
        ("2026-01-01", "2026-11-22", "ended"),
    )
    assert changes.ended(frame, since_yesterday(TODAY)).tolist() == [True, False, True, False]
