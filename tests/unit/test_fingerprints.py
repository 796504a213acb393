"""Fingerprints: which rows an increment looks at, and what it keeps of the snapshot before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo_client.config import Settings
from odoo_client.datasets.base import WRITE_DATE, Plan, column
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.rpc.columns import Read
from odoo_client.store import snapshot as store_module
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync import fingerprints, moments, session
from odoo_client.sync.run import SyncReport, run_sync
from odoo_client.sync.session import SyncSession
from odoo_client.sync.suspects import Suspects
from tests.demo_worlds import own

OLD = "2025-03-{:02} 08:00:00"
PLAN = Plan(
    "account.payment",
    (column("payment_id", "id", "id"), column("partner_id", "id")),
    (
        Read("payment_id", "id", "id"),
        Read("partner_id", "id", "partner_id"),
        Read(WRITE_DATE, "datetime", WRITE_DATE),
    ),
    [],
    [],
)


class Process:
    """A dashboard's process over a demo provider of its own, with every row written long ago."""

    def __init__(self, server: DemoServer, folder: Path) -> None:
        self.server = server
        self.tables = server.orm.tables
        for rows in self.tables.values():
            for key, row in rows.items():
                if "write_date" in row:
                    row["write_date"] = OLD.format(key % 28 + 1)
        self.settings = demo_settings(Settings(), server)
        self.store = SnapshotStore(folder / "cache")
        self.session = SyncSession(self.settings)
        self.before = self.sync().snapshot

    def sync(self) -> SyncReport:
        return run_sync(self.settings, self.store, session=self.session, demo=True)

    def changed_frames(self) -> set[str]:
        """Sync, and return the frames that are not the very objects of the snapshot before."""
        before, now = self.before, self.sync().snapshot
        self.before = now
        return {name for name in now if now.frame(name) is not before.frame(name)}


@pytest.fixture(params=["19-oca", "14-community"])
def process(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Process]:
    with own(request.param) as server:
        opened = Process(server, tmp_path)
        yield opened
        opened.session.close()
        opened.store.close()


def frame_of(rows: list[tuple[int, int, int]]) -> pd.DataFrame:
    """A frame of payments from (id, partner, seconds since 1970), ids rising."""
    ids, partners, seconds = zip(*sorted(rows), strict=True)
    return pd.DataFrame(
        {
            "payment_id": np.array(ids, dtype=np.int64),
            "partner_id": np.array(partners, dtype=np.int64),
            WRITE_DATE: pd.to_datetime(np.array(seconds), unit="s", utc=True).as_unit("s"),
        }
    )


@given(
    st.lists(
        st.tuples(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1_600_000_000, 1_800_000_000)),
        min_size=1,
        unique_by=lambda row: row[0],
    )
)
def test_months_and_days_add_up_to_the_whole(rows: list[tuple[int, int, int]]) -> None:
    frame = frame_of(rows)
    whole = fingerprints.fingerprint_of_frame(PLAN, frame)
    days = fingerprints.written_s(frame).astype("datetime64[s]").astype("datetime64[D]")
    for period in ("month", "day"):
        parts = fingerprints._of_frame(PLAN, frame, days, period).values()  # type: ignore[arg-type]
        assert sum(one.count for one in parts) == whole.count
        assert sum(one.id_sum for one in parts) == whole.id_sum
        assert sum(one.partner_sum for one in parts) == whole.partner_sum


def test_days_that_follow_one_another_are_asked_for_together() -> None:
    days = [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 5), None]
    assert list(fingerprints._runs(days)) == [
        (date(2026, 2, 27), date(2026, 3, 1)),
        (None, None),
        (date(2026, 3, 5), date(2026, 3, 5)),
    ]


def test_a_row_is_read_again_when_its_write_date_or_its_partner_is_another() -> None:
    held = frame_of([(1, 7, 1_700_000_000), (2, 7, 1_700_000_000), (3, 7, 1_700_000_000)])
    seen = fingerprints.Seen(
        np.array([1, 2, 3, 4]), np.array([1_700_000_000, 1_700_000_001, 1_700_000_000, 5]), np.array([7, 7, 8, 7])
    )
    assert fingerprints.to_read(PLAN, held, seen).tolist() == [2, 3, 4]


def test_rows_of_the_last_seconds_are_read_again_unless_they_are_very_many() -> None:
    ids = np.arange(1, fingerprints.UNSETTLED_ROWS + 2)
    held = pd.DataFrame({"payment_id": ids, "partner_id": 0, WRITE_DATE: pd.Timestamp("2026-11-01 08:00:00")})
    at_s = fingerprints.written_s(held)
    seen = fingerprints.Seen(ids, at_s, np.zeros_like(ids))
    few = seen.where(ids <= 3)
    assert fingerprints.to_read(PLAN, held, few, int(at_s[0])).tolist() == [1, 2, 3]
    assert fingerprints.to_read(PLAN, held, few, int(at_s[0]) + 1).tolist() == []
    assert fingerprints.to_read(PLAN, held, seen, int(at_s[0])).tolist() == []


def test_nothing_changed_keeps_every_frame_and_all_that_is_derived(process: Process) -> None:
    content, sequence = process.before.content_id, process.before.meta.sequence
    assert process.changed_frames() == set()
    assert process.before.content_id == content
    assert process.before.meta.sequence == sequence + 1


def test_what_changed_makes_its_own_frames_and_no_others(process: Process) -> None:
    (customer, *_rest) = process.before.frame("receivable_lines")["partner_id"]
    process.server.orm.write("res.partner", [int(customer)], {"phone": "+263 77 000 0000"})
    content = process.before.content_id
    assert process.changed_frames() == {"customers"}
    assert process.before.content_id != content


def test_only_frames_that_changed_are_written_to_disk(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[list[str]] = []
    pack = store_module.to_ipc
    monkeypatch.setattr(store_module, "to_ipc", lambda frame: packed.append(list(frame.columns)) or pack(frame))
    process.sync()
    assert packed == []
    customer = next(iter(process.tables["res.partner"]))
    process.server.orm.write("res.partner", [customer], {"phone": "+263 77 000 0000"})
    process.sync()
    assert sorted(columns[0] for columns in packed) == ["partner_id", "write_date"]


def test_of_a_deleted_row_only_its_day_is_looked_at(process: Process) -> None:
    payments = process.tables["account.payment"]
    gone = next(key for key, row in payments.items() if row["partner_type"] == "customer")
    del payments[gone]
    report = next(one for one in process.sync().datasets if one.name == "payments")
    assert report.rows_removed == 1
    assert report.rows_read == 0
    assert report.bytes_by_part["fingerprint"] < 12_000


def test_a_customer_who_moved_without_a_trace_is_found_by_the_sum_of_partners(process: Process) -> None:
    payments = process.tables["account.payment"]
    one = next(row for row in payments.values() if row["partner_type"] == "customer")
    other = next(row["partner_id"] for row in payments.values() if row["partner_id"] not in (one["partner_id"], None))
    one["partner_id"] = other
    held = process.sync().snapshot.frame("payments").set_index("payment_id")["partner_id"]
    assert held[one["id"]] == other


def test_what_points_to_a_vanished_customer_is_read_again() -> None:
    was, now = frame_of([(1, 5, 0)]), frame_of([(2, 6, 0), (3, 5, 0)])
    customers = [pd.DataFrame({"partner_id": ids, "parent_id": 0}) for ids in ([5, 6], [6])]
    before = Snapshot.from_frames({"customers": customers[0], "payments": was})
    suspects = Suspects(before, {"customers": customers[1]}, [])
    assert suspects.of("payments", "payment_id", now).tolist() == [3]


def test_another_process_s_snapshot_is_derived_from_whole(process: Process) -> None:
    other = SyncSession(process.settings)
    assert other.held(process.before) is None
    assert process.session.held(process.before) is not None
    other.close()


def test_a_connection_is_kept_for_a_quarter_of_an_hour(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    first = process.session.client()
    assert process.session.client() is first
    clock_s = session.time.monotonic()
    monkeypatch.setattr(session.time, "monotonic", lambda: clock_s + session.CONNECTION_KEPT_S)
    assert process.session.client() is not first


def test_a_snapshot_whose_write_dates_are_lost_is_read_whole(process: Process) -> None:
    process.store.close()
    again = SnapshotStore(process.store.folder)
    snapshot = again.current()
    assert snapshot is not None
    for name, info in snapshot.info.items():
        again._cache.delete(f"stamps:{name}:{info.stamps}")  # type: ignore[union-attr]
    report = run_sync(process.settings, again, demo=True)
    assert {one.mode for one in report.datasets if one.name in ("invoices", "payments", "tickets")} == {"full"}
    again.close()


def test_after_a_night_s_invoices_the_hour_before_is_compared_only_now_and_then(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moments, "MANY_LATELY", 20)
    for row in process.tables["account.move"].values():
        row["write_date"] = process.server.orm.now()
    process.sync()

    def compared() -> int:
        return next(one for one in process.sync().datasets if one.name == "invoices").written_lately

    lately = compared()
    assert lately > 20
    for row in process.tables["account.move"].values():
        row["write_date"] = (datetime.now(UTC) - timedelta(minutes=10)).strftime(fingerprints.MOMENT)
    process.session.compared.clear()
    assert compared() == lately, "the first looks an hour back"
    assert compared() == 0, "the next look back a few minutes"
    late = next(row for row in process.tables["account.move"].values() if row["move_type"] == "out_invoice")
    late["write_date"] = (datetime.now(UTC) - timedelta(minutes=9)).strftime(fingerprints.MOMENT)
    late["ref"] = "from a slow transaction"
    clock_s = session.time.monotonic()
    monkeypatch.setattr(moments.time, "monotonic", lambda: clock_s + moments.FAR_BACK_EVERY_S)
    seen = process.sync().snapshot.frame("invoices").set_index("move_id")["ref"]
    assert seen[late["id"]] == "from a slow transaction"
