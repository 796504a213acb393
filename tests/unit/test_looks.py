"""Looks: an increment asks each table once, does without what cannot have changed, and overlooks nothing by that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from odoo_client.errors import SnapshotWriteError
from odoo_client.rpc.client import OdooClient
from odoo_client.store.arrow_disk import from_ipc, to_ipc
from odoo_client.store.snapshot import SnapshotStore
from odoo_client.sync import fingerprints
from odoo_client.sync.derive import without_added
from odoo_client.sync.fingerprints import Fingerprint, Look, Tied
from tests.demo_worlds import own
from tests.unit.test_fingerprints import Process

#: A line's domain that joins its entry.
JOINED = "move_id.move_type"


@pytest.fixture(params=["19-oca", "14-community"])
def process(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Process]:
    with own(request.param) as server:
        opened = Process(server, tmp_path)
        opened.sync()
        opened.before = opened.sync().snapshot
        yield opened
        opened.session.close()
        opened.store.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every call from now on: model, and domain as text."""
    found: list[tuple[str, str]] = []
    call = OdooClient.call_raw

    def noted(self: OdooClient, model: str, method: str, **given: Any) -> Any:
        found.append((model, str(given.get("domain"))))
        return call(self, model, method, **given)

    monkeypatch.setattr(OdooClient, "call_raw", noted)
    return found


def test_where_nothing_happened_each_large_table_is_looked_at_once(
    process: Process, asked: list[tuple[str, str]]
) -> None:
    process.sync()
    calls = Counter(model for model, _domain in asked)
    large = ("account.move", "account.payment", "account.partial.reconcile", "sale.order", "res.partner")
    assert {model: calls[model] for model in large} == dict.fromkeys(large, 1)
    assert calls["account.move.line"] <= 4, "receivable lines with their totals, product lines, money, non-trade"
    assert not [domain for _model, domain in asked if JOINED in domain or "debit_move_id.account_id" in domain]


def test_a_row_written_lately_is_looked_for_in_its_own_table_alone(
    process: Process, asked: list[tuple[str, str]]
) -> None:
    invoice = int(process.before.frame("invoices")["move_id"].iloc[0])
    process.server.orm.write("account.move", [invoice], {"ref": "another"})
    assert process.changed_frames() == {"invoices"}
    since = [model for model, domain in asked if "write_date" in domain]
    assert Counter(since)["account.move"] == 1
    assert {"account.partial.reconcile", "account.payment", "res.partner"}.isdisjoint(since)


def test_a_product_line_that_vanished_leaves_although_no_invoice_changed(process: Process) -> None:
    gone = int(process.before.frame("invoice_lines")["line_id"].iloc[3])
    del process.tables["account.move.line"][gone]
    assert gone not in set(process.sync().snapshot.frame("invoice_lines")["line_id"])


def test_a_partial_that_vanished_leaves(process: Process) -> None:
    gone = int(process.before.frame("partials")["partial_id"].iloc[0])
    del process.tables["account.partial.reconcile"][gone]
    assert gone not in set(process.sync().snapshot.frame("partials")["partial_id"])


def test_lines_of_an_invoice_that_is_none_any_more_leave_although_none_of_them_was_written(process: Process) -> None:
    invoice = int(process.before.frame("invoice_lines")["move_id"].iloc[0])
    process.tables["account.move"][invoice]["move_type"] = "entry"
    now = process.sync().snapshot
    assert invoice not in set(now.frame("invoices")["move_id"])
    assert invoice not in set(now.frame("invoice_lines")["move_id"])


def test_what_a_sync_found_that_could_not_be_stored_is_found_again(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = int(process.before.frame("partials")["partial_id"].iloc[0])
    del process.tables["account.partial.reconcile"][gone]
    with monkeypatch.context() as full_disk:
        full_disk.setattr(SnapshotStore, "_put", _refuse)
        with pytest.raises(SnapshotWriteError):
            process.sync()
    assert gone not in set(process.sync().snapshot.frame("partials")["partial_id"])


def _refuse(*_given: Any) -> Any:
    raise OSError("disk full")


def test_a_residual_changed_without_a_trace_does_not_tie(process: Process) -> None:
    lines = process.before.frame("receivable_lines")
    line = int(lines.loc[lines["reconciled"], "line_id"].iloc[0])
    assert process.before.meta.ties_to_ledger
    process.tables["account.move.line"][line]["amount_residual_currency"] = 41.5
    told = process.sync().snapshot.meta
    assert not told.ties_to_ledger
    (wrong,) = [total for total in told.control_totals if not total.ties]
    assert wrong.odoo_residual - wrong.our_residual == pytest.approx(41.5)


def test_lines_are_derived_again_when_an_invoice_s_state_of_payment_changed_and_only_then(process: Process) -> None:
    lines, invoices = process.before.frame("receivable_lines"), process.before.frame("invoices")
    invoice = int(invoices.loc[invoices["move_id"].isin(lines["move_id"]), "move_id"].iloc[0])
    process.server.orm.write("account.move", [invoice], {"ref": "another"})
    assert "receivable_lines" not in process.changed_frames()
    process.tables["account.move"][invoice]["payment_state"] = "blocked"
    process.server.orm.write("account.move", [invoice], {"ref": "a third"})
    assert "receivable_lines" in process.changed_frames()
    now = process.before.frame("receivable_lines")
    assert set(now.loc[now["move_id"] == invoice, "payment_state"]) == {"blocked"}


def test_money_lines_are_asked_for_once_and_stay_the_same_object(
    process: Process, asked: list[tuple[str, str]]
) -> None:
    assert len(process.before.frame("money_lines"))
    assert "money_lines" not in process.changed_frames()
    assert len([domain for model, domain in asked if model == "account.move.line" and "journal_id" in domain]) == 1


def test_a_tie_stands_while_the_same_rows_are_there_and_none_was_written() -> None:
    wide = Look(Fingerprint(3, 6), "2026-11-01 08:00:00")
    tied = Tied([["a", "=", 1]], wide)
    assert tied.still([["a", "=", 1]], wide, "2026-11-01 08:00:01")
    assert not tied.still([["a", "=", 1]], wide, "2026-11-01 08:00:00"), "one may have been written then"
    assert not tied.still([["a", "=", 2]], wide, "2026-11-01 08:00:01"), "other rows are wanted"
    assert not tied.still([["a", "=", 1]], Look(Fingerprint(3, 7), wide.newest), "2026-11-01 08:00:01")


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-11-01 08:00:00", "2026-11-01 08:00:00"),
        ("2026-11-01 08:00:00.123456", "2026-11-01 08:00:00"),
        (False, fingerprints._LATER_THAN_ANY),
        (None, fingerprints._LATER_THAN_ANY),
        ("12026-11-01 08:00:00", fingerprints._LATER_THAN_ANY),
    ],
)
def test_a_newest_that_is_not_told_is_later_than_any(told: object, moment: str) -> None:
    assert fingerprints._moment(told) == moment


def test_no_rows_were_not_written_lately() -> None:
    assert not Look(Fingerprint(), fingerprints._LATER_THAN_ANY).may_hold_any_since("2026-11-01 08:00:00")


def test_categories_become_the_text_they_stand_for() -> None:
    kinds = pd.Series(["invoice", None, "receipt", "invoice"], dtype="str")
    frame = pd.DataFrame({"kind": kinds.astype("category"), "id": np.arange(4)})
    pd.testing.assert_frame_equal(without_added("invoices", frame), frame.assign(kind=kinds))


def test_large_values_come_back_from_disk_as_they_were_written(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    frame = pd.DataFrame({"text": pd.Series([f"line {n}\n" for n in range(20_000)], dtype="str")})
    data = to_ipc(frame)
    store._cache.set("frame", data)  # type: ignore[union-attr]
    assert store._cache["frame"] == data
    pd.testing.assert_frame_equal(from_ipc(store._cache["frame"]), frame)
    store.close()
