"""The invented frames that pages are measured on: whole, of the right shape, and books that tie."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from bench.synthetic import synthetic_frames
from tests.builders import SHAPES, rows

LINES = 5_000


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return synthetic_frames(LINES, today=date(2026, 11, 24))


@pytest.mark.parametrize("name", SHAPES)
def test_every_frame_of_a_snapshot_is_there_with_its_columns(frames: dict[str, pd.DataFrame], name: str) -> None:
    wanted = rows(name)
    assert set(SHAPES[name]) <= set(frames[name].columns)
    for column in SHAPES[name]:
        assert str(frames[name][column].dtype) == str(wanted[column].dtype), column


def test_the_sizes_are_in_the_proportions_of_a_million_lines(frames: dict[str, pd.DataFrame]) -> None:
    assert len(frames["receivable_lines"]) == LINES
    assert len(frames["customers"]) == 60 * LINES // 1000
    assert len(frames["tickets"]) == 200 * LINES // 1000
    assert len(frames["orders"]) == 100 * LINES // 1000
    assert len(frames["products"]) == 200
    assert 70 * LINES // 1000 < len(frames["services"]) < 90 * LINES // 1000


def test_residuals_are_what_the_partials_leave(frames: dict[str, pd.DataFrame]) -> None:
    lines, partials = frames["receivable_lines"].set_index("line_id"), frames["partials"]
    debit = partials.groupby("debit_line_id")["debit_amount"].sum().reindex(lines.index, fill_value=0.0)
    credit = partials.groupby("credit_line_id")["credit_amount"].sum().reindex(lines.index, fill_value=0.0)
    left = (lines["amount"] - debit + credit).round(2)
    assert np.allclose(left, lines["residual"], atol=0.005)


@pytest.mark.parametrize(
    ("frame", "column", "owner"),
    [
        ("order_lines", "order_id", "orders"),
        ("deliveries", "order_id", "orders"),
        ("ticket_messages", "ticket_id", "tickets"),
        ("invoice_lines", "product_id", "products"),
        ("order_lines", "product_id", "products"),
        ("services", "product_id", "products"),
        ("payments", "journal_id", "journals"),
    ],
)
def test_every_record_s_owner_exists(frames: dict[str, pd.DataFrame], frame: str, column: str, owner: str) -> None:
    assert set(frames[frame][column]) <= set(frames[owner][column])
