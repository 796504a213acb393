"""The registry behind "Explain", and what metrics may know."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

import odoo_client.metrics
from bench.synthetic import synthetic_frames
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.registry import METRICS, Explanation, metric
from odoo_client.store.snapshot import Snapshot
from tests.builders import SHAPES


def test_every_metric_has_a_name_a_formula_a_unit_and_a_source() -> None:
    for key, one in METRICS.items():
        assert key == one.key
        assert all(text.strip() for text in (one.name, one.formula, one.unit, one.source))
        assert one.formula.endswith(".")
    assert len({one.name for one in METRICS.values()}) == len(METRICS)


def test_explain_says_what_was_chosen_and_leaves_out_what_was_not() -> None:
    told = Explanation(
        metric("overdue"), as_of=date(2026, 11, 2), currency="USD", filters={"City": "Harare"}, rows=1234, notes=["x"]
    )
    assert told.items()[0] == ("Formula", metric("overdue").formula)
    assert told.items()[-5:] == [
        ("As of", "2 Nov 2026"),
        ("Currency", "USD"),
        ("City", "Harare"),
        ("Rows", "1,234"),
        ("Note", "x"),
    ]
    assert [label for label, _ in Explanation(metric("mrr")).items()] == ["Formula", "Unit", "Source"]
    with pytest.raises(KeyError):
        metric("made_up")


def test_metrics_know_nothing_of_pages_servers_or_files() -> None:
    folder = Path(odoo_client.metrics.__file__).parent
    for module in folder.glob("*.py"):
        source = module.read_text(encoding="utf-8")
        source = re.sub(r"^from odoo_client\.config import [A-Z_, ]+$", "", source, flags=re.MULTILINE)  # defaults only
        imported = set(re.findall(r"^(?:from|import) ([\w.]+)", source, re.MULTILINE))
        ours = {name for name in imported if name.startswith(("odoo_client", "pages", "streamlit", "requests"))}
        others = {name for name in ours if not name.startswith(("odoo_client.metrics", "odoo_client.frames"))}
        assert others <= {"odoo_client.errors"}, module


def test_the_invented_books_of_the_benches_have_every_frame_and_tie() -> None:
    frames = synthetic_frames(5_000, today=date(2026, 11, 22))
    assert frames.keys() == SHAPES.keys()
    for name, shape in SHAPES.items():
        assert list(frames[name].columns) == list(shape), name
    lines, partials = frames["receivable_lines"], frames["partials"]
    assert len(lines) == 5_000
    matched = partials.groupby("debit_line_id")["debit_amount"].sum().reindex(lines["line_id"]).fillna(0.0).to_numpy()
    against = partials.groupby("credit_line_id")["credit_amount"].sum().reindex(lines["line_id"]).fillna(0.0).to_numpy()
    assert (lines["amount"] - matched + against - lines["residual"]).abs().max() < 0.005
    share = len(open_lines(LedgerIndex.build(Snapshot.from_frames(frames)), date(2026, 11, 22))) / len(lines)
    assert 0.06 <= share <= 0.09
