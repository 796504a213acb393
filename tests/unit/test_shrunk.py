"""Half the rows of a dataset gone at once: asked again before it is believed, and said for a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from odoo_client.datasets import DATASETS
from odoo_client.store.snapshot import FrameInfo, SnapshotStore
from odoo_client.store.snapshot_meta import Shrunk
from odoo_client.sync import pull, shrunk
from odoo_client.sync.run import SyncReport
from tests.demo_worlds import own
from tests.unit.test_fingerprints import Process

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    with own("19-oca") as server:
        opened = Process(server, tmp_path)
        yield opened
        opened.session.close()
        opened.store.close()


def warnings(report: SyncReport, name: str) -> str:
    return " ".join(report.snapshot.info[name].warnings)


def test_rows_that_are_gone_twice_are_gone_and_that_is_said_until_a_day_has_passed(process: Process) -> None:
    lines = process.tables["sale.order.line"]
    had = len(process.before.frame("order_lines"))
    for key in sorted(lines)[: int(len(lines) * 0.6)]:
        del lines[key]
    report = process.sync()
    left = len(report.snapshot.frame("order_lines"))
    assert left == len(lines) < had / 2
    assert f"Odoo has {left:,} records left of {had:,}, asked twice." in warnings(report, "order_lines")
    assert "asked twice" not in warnings(report, "orders")
    assert "asked twice" in warnings(process.sync(), "order_lines"), "the next sync says it still"
    again = SnapshotStore(process.store.folder)
    read = again.current()
    assert read is not None
    assert read.info["order_lines"].shrunk is not None, "it is kept on disk"
    again.close()


def test_rows_that_one_answer_lacked_are_read_and_nothing_is_said(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, told = process.before.frame("order_lines"), pull.brought_up_to_date

    def hiding(rows: Any, held: pd.DataFrame, *given: Any, **more: Any) -> pd.DataFrame:
        frame = told(rows, held, *given, **more)
        return frame.head(len(frame) // 3) if rows.report.name == "order_lines" else frame

    monkeypatch.setattr(pull, "brought_up_to_date", hiding)
    report = process.sync()
    pd.testing.assert_frame_equal(report.snapshot.frame("order_lines"), whole)
    assert next(one.mode for one in report.datasets if one.name == "order_lines") == "full"
    assert "asked twice" not in warnings(report, "order_lines")


@pytest.mark.parametrize(
    ("had", "left", "halved"), [(1000, 499, True), (1000, 500, False), (shrunk.FEWEST_ROWS - 1, 0, False)]
)
def test_half_of_many_rows_is_what_counts(had: int, left: int, halved: bool) -> None:
    dataset = next(one for one in DATASETS if one.name == "orders")
    assert shrunk.is_halved(dataset, FrameInfo(had, NOW), left) is halved


def test_what_was_denied_or_belongs_to_owners_has_lost_nothing() -> None:
    orders, messages = (next(one for one in DATASETS if one.name == name) for name in ("orders", "ticket_messages"))
    assert not shrunk.is_halved(orders, FrameInfo(1000, NOW, state="denied"), 0)
    assert not shrunk.is_halved(messages, FrameInfo(1000, NOW), 0)


@pytest.mark.parametrize(("later", "rows", "said"), [(23, 400, True), (25, 400, False), (1, 600, False)])
def test_it_is_said_for_a_day_or_until_the_rows_are_back(later: int, rows: int, said: bool) -> None:
    before = FrameInfo(400, NOW, shrunk=Shrunk(1000, NOW))
    found = shrunk.noted(FrameInfo(rows, NOW), before, halved=False, now=NOW + timedelta(hours=later))
    assert bool(found.warnings) is said
