"""Tickets and orders that wait, and the registry behind "Explain"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import odoo_client.metrics
from bench.synthetic import synthetic_frames
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.orders import order_counts, orders_in_progress
from odoo_client.metrics.registry import METRICS, explain, metric
from odoo_client.metrics.tickets import open_tickets, ticket_counts
from odoo_client.store.snapshot import Snapshot
from tests.builders import SHAPES, snapshot

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_open_tickets_are_those_no_stage_closed_oldest_first() -> None:
    tickets = [
        {"ticket_id": 1, "create_date": NOON.replace(day=19), "assignee_id": 3, "priority": 2},
        {"ticket_id": 2, "create_date": NOON.replace(day=10), "unattended": True},
        {"ticket_id": 3, "create_date": NOON.replace(day=1), "closed": True, "unattended": True},
    ]
    waiting = open_tickets(snapshot(tickets=tickets))
    assert waiting["ticket_id"].tolist() == [2, 1]
    counts = ticket_counts(waiting)
    assert (counts.open, counts.unattended, counts.unassigned, counts.urgent) == (2, 1, 1, 1)
    assert counts.oldest_created == NOON.replace(day=10)


def test_without_tickets_there_is_no_oldest() -> None:
    counts = ticket_counts(open_tickets(snapshot()))
    assert (counts.open, counts.oldest_created) == (0, None)


def order(**more: Any) -> dict[str, Any]:
    return {"order_id": 1, "state": "sale", "invoice_status": "invoiced", "delivery_status": ""} | more


@pytest.mark.parametrize(
    ("changes", "line", "delivery", "in_progress"),
    [
        ({}, {"qty_invoiced": 1.0}, None, False),
        ({"state": "draft", "invoice_status": "to invoice"}, {}, None, False),
        ({"state": "cancel", "invoice_status": "to invoice"}, {}, None, False),
        ({"invoice_status": "to invoice"}, {}, None, True),
        ({"invoice_status": "to invoice", "subscription": True}, {}, None, False),
        ({"delivery_status": "pending"}, {"qty_invoiced": 1.0}, None, True),
        ({"delivery_status": "full"}, {"qty_invoiced": 1.0}, None, False),
        ({}, {"qty_invoiced": 1.0}, {"kind": "outgoing", "state": "assigned"}, True),
        ({}, {"qty_invoiced": 1.0}, {"kind": "outgoing", "state": "done"}, False),
        ({}, {"qty_invoiced": 1.0}, {"kind": "outgoing", "state": "cancel"}, False),
        ({}, {"qty_invoiced": 1.0}, {"kind": "incoming", "state": "assigned"}, False),
        ({"invoice_status": "no"}, {}, None, True),
        ({"invoice_status": "no"}, {"qty_delivered": 1.0}, None, False),
    ],
)
def test_an_order_is_in_progress_until_delivered_and_invoiced(
    changes: dict[str, Any], line: dict[str, Any], delivery: dict[str, Any] | None, in_progress: bool
) -> None:
    source = snapshot(
        orders=[order(**changes)],
        order_lines=[{"line_id": 1, "order_id": 1, "quantity": 1.0} | line],
        deliveries=[{"picking_id": 1, "order_id": 1} | delivery] if delivery else [],
    )
    assert order_counts(orders_in_progress(source)).in_progress == in_progress


def test_orders_to_deliver_and_to_invoice_are_counted_each() -> None:
    both = order(invoice_status="to invoice", delivery_status="partial")
    counts = order_counts(orders_in_progress(snapshot(orders=[both, order(order_id=2, invoice_status="to invoice")])))
    assert (counts.in_progress, counts.to_deliver, counts.to_invoice) == (2, 1, 2)


def test_every_metric_has_a_name_a_formula_a_unit_and_a_source() -> None:
    for key, one in METRICS.items():
        assert key == one.key
        assert all(text.strip() for text in (one.name, one.formula, one.unit, one.source))
        assert one.formula.endswith(".")
    assert len({one.name for one in METRICS.values()}) == len(METRICS)


def test_explain_says_what_was_chosen_and_leaves_out_what_was_not() -> None:
    told = explain(
        "overdue", as_of=date(2026, 11, 2), currency="USD", filters={"City": "Harare"}, rows=1234, notes=["x"]
    )
    assert told.items()[0] == ("Formula", metric("overdue").formula)
    assert told.items()[-5:] == [
        ("As of", "2 Nov 2026"),
        ("Currency", "USD"),
        ("City", "Harare"),
        ("Rows", "1,234"),
        ("Note", "x"),
    ]
    assert [label for label, _ in explain("mrr").items()] == ["Formula", "Unit", "Source"]
    with pytest.raises(KeyError):
        explain("made_up")


def test_metrics_know_nothing_of_pages_servers_or_files() -> None:
    folder = Path(odoo_client.metrics.__file__).parent
    for module in folder.glob("*.py"):
        imported = set(re.findall(r"^(?:from|import) ([\w.]+)", module.read_text(encoding="utf-8"), re.MULTILINE))
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
