"""The period that a line's text prints: every spelling people and Odoo use, what cannot be told, and hostile texts."""

from __future__ import annotations

import time
from datetime import date

import pandas as pd
import pytest

from odoo_client.datasets.periods import _roots, with_periods
from odoo_client.metrics.printed_period import months_of, printed_period, printed_periods

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("text", "period", "months"),
    [
        ("Fibre 20 Mbps\n1 Jan 2026 - 31 Dec 2026", YEAR, 12),
        ("Fibre 20 Mbps 01/01/2026 – 31/12/2026", YEAR, 12),
        ("Fibre 01/01/2026 - 12/31/2026", YEAR, 12),  # month first, as Odoo prints it in the United States
        ("2026-01-01 to 2026-12-31", YEAR, 12),
        ("1.1.2026-31.12.2026", YEAR, 12),
        ("01/01/26 - 31/12/26", YEAR, 12),
        ("from 1st January 2026 until 31st December 2026", YEAR, 12),
        ("January 1, 2026 to December 31, 2026", YEAR, 12),
        ("Jan - Dec 2026", YEAR, 12),
        ("Jan 2026 to Dec 2026", YEAR, 12),
        ("1 Dec - 28 Feb 2027", (date(2026, 12, 1), date(2027, 2, 28)), 3),
        ("05/03/2026 - 04/04/2026", (date(2026, 3, 5), date(2026, 4, 4)), 1),
        ("02/01/2026 - 01/02/2026", (date(2026, 1, 2), date(2026, 2, 1)), 1),
        ("01/01/2026 - 01/01/2027", (date(2026, 1, 1), date(2027, 1, 1)), 12),
        ("31 Jan 2026 - 27 Feb 2026", (date(2026, 1, 31), date(2026, 2, 27)), 1),
        ("17 Jan 2026 - 31 Jan 2026", (date(2026, 1, 17), date(2026, 1, 31)), 15 / 31),
    ],
)
def test_a_period_is_read_however_it_is_written(text: str, period: tuple[date, date], months: float) -> None:
    assert printed_period(text) == period
    assert months_of(*period) == pytest.approx(months)


@pytest.mark.parametrize(
    "text",
    [
        "", "Fibre 20 Mbps", "Fibre 20-50 Mbps", "Speed 10 - 20, May 2026", "INV 12/2026-13", "may - 100",
        "Marina to Decor 2026", "31/12/2026 - 01/01/2026", "02/30/2026 - 03/30/2026", "0001-01-01 - 9999-12-31",
        "99/99/2026 - 99/99/2026", "valid until 31/12/2026", "Jan 2026",
    ],
)  # fmt: skip
def test_what_is_no_period_is_none(text: str) -> None:
    assert printed_period(text) is None


def test_a_period_of_two_readings_is_named_and_not_told() -> None:
    assert printed_period("03/04/2026 - 05/06/2026") == (None, date(2026, 6, 5))
    found = printed_periods(pd.Series(["03/04/2026 - 05/06/2026", "Fibre", "Jan - Dec 2026"], index=[7, 8, 9]))
    assert found["period_start"].isna().tolist() == [True, True, False]
    assert found["period_end"].isna().tolist() == [False, True, False]
    assert found.index.tolist() == [7, 8, 9]
    assert printed_periods(pd.Series([], dtype="str")).empty


def test_a_hostile_text_takes_no_time() -> None:
    started = time.perf_counter()
    for text in ("1 " * 1_000_000, "jan " * 5_000, "1/" * 100_000, "1 jan 2026 " * 1_000, "- " * 100_000):
        assert printed_period(text) is None
    assert time.perf_counter() - started < 5.0


def test_dates_of_odoo_s_own_come_before_those_printed_and_the_text_is_not_kept() -> None:
    day = pd.Timestamp
    lines = pd.DataFrame(
        {
            "line_id": [1, 2, 3],
            "period_start": pd.Series([day("2026-02-01"), pd.NaT, pd.NaT]).astype("datetime64[s]"),
            "period_end": pd.Series([day("2026-02-28"), pd.NaT, day("2026-05-05")]).astype("datetime64[s]"),
            "line_text": ["Jan - Dec 2026", "Jan - Dec 2026", "Jan - Dec 2026"],
        }
    )
    kept = with_periods(lines)
    assert kept.columns.tolist() == ["line_id", "period_start", "period_end"]
    assert kept["period_start"].tolist()[:2] == [day("2026-02-01"), day("2026-01-01")]
    assert kept["period_start"].isna().tolist() == [False, False, True], "an end alone is a period that cannot be told"
    assert {str(kept[name].dtype) for name in ("period_start", "period_end")} == {"datetime64[s]"}


def test_a_unit_is_traced_to_its_root_and_a_circle_ends() -> None:
    assert _roots([1, 2, 3, 4, 5], [0, 1, 2, 5, 4]).tolist() == [1, 1, 1, 5, 4]
