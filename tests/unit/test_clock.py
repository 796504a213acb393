"""Clocks that are set, forward and back: what is newest is told by none, and nothing is younger than now."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.tickets import jobs as ticket_jobs
from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.doctor.odoo import examine
from odoo_client.errors import OdooUnreachableError
from odoo_client.rpc import http as wire
from odoo_client.rpc.client import OdooClient
from odoo_client.store import clock
from odoo_client.store.file_lock import writer_lock
from odoo_client.store.snapshot import FrameInfo, Snapshot, SnapshotStore
from odoo_client.sync import run as sync
from odoo_client.sync.background import SyncRunner, store_for
from odoo_client.sync.one_customer import find_by_email
from odoo_client.sync.run import SyncReport, run_sync
from tests.builders import empty_frames
from tests.demo_worlds import own

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
THREE_DAYS = timedelta(days=3)


@pytest.fixture(scope="module")
def base() -> Iterator[DemoServer]:
    with own("19-oca") as running:
        yield running


@pytest.fixture
def server(base: DemoServer) -> Iterator[DemoServer]:
    with DemoServer("19-oca", base.today, orm=base.orm.clone()) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    opened = SnapshotStore(tmp_path / "cache")
    yield opened
    opened.close()


class Wall:
    """The clock on the wall, which a test sets; Odoo's own is right."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        wall = self

        class Told(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + wall.ahead

        for module in (clock, sync, wire):
            patch.setattr(module, "datetime", Told)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    return Wall(monkeypatch)


def read(server: DemoServer, store: SnapshotStore, **how: Any) -> SyncReport:
    return run_sync(demo_settings(Settings(), server), store, demo=True, **how)


def subjects(report: SyncReport, text: str) -> int:
    return int((report.snapshot.frame("tickets")["subject"] == text).sum())


def rename_a_ticket(server: DemoServer, text: str) -> None:
    server.orm.write("helpdesk.ticket", [next(iter(server.orm.tables["helpdesk.ticket"]))], {"name": text})


def future(frames: dict[str, Any] | None = None, **meta: Any) -> Snapshot:
    """A snapshot taken three days ahead of now."""
    at = datetime.now(UTC) + THREE_DAYS
    frames = frames or empty_frames()
    info = {name: FrameInfo(len(frame), at) for name, frame in frames.items()}
    return Snapshot.from_frames(
        frames, info=info, **({"taken_at": at, "full_at": at, "ids_checked_at": at, "full": True} | meta)
    )


# Ages, and what is due


@pytest.mark.parametrize("ahead_s", [1, 119, 121, 3 * 86_400])
def test_no_age_is_negative(ahead_s: float) -> None:
    moment = NOW + timedelta(seconds=ahead_s)
    assert clock.age_s(moment, NOW) == 0.0
    assert clock.is_to_come(moment, NOW) == (ahead_s > clock.TOLERANCE_S)
    assert clock.age_s(NOW - timedelta(seconds=ahead_s), NOW) == ahead_s


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, True),
        (NOW - timedelta(hours=6), True),
        (NOW - timedelta(hours=5, minutes=59), False),
        (NOW + timedelta(seconds=60), False),
        (NOW + THREE_DAYS, True),
    ],
)
def test_what_was_done_never_long_ago_or_in_the_future_is_due(last: datetime | None, due: bool) -> None:
    assert clock.is_due(last, 6.0, NOW) == due


@pytest.mark.parametrize("moment", ["taken_at", "full_at", "ids_checked_at"])
def test_one_moment_of_the_future_is_enough(moment: str) -> None:
    now = Snapshot.from_frames(empty_frames())
    assert not now.is_of_the_future()
    assert Snapshot.from_frames(empty_frames(), **{moment: datetime.now(UTC) + THREE_DAYS}).is_of_the_future()


def test_a_frame_that_was_kept_from_the_future_is_enough() -> None:
    frames = empty_frames()
    kept = FrameInfo(0, datetime.now(UTC) + THREE_DAYS)
    assert Snapshot.from_frames(frames, info={next(iter(frames)): kept}).is_of_the_future()


def test_the_background_reads_in_full_what_was_last_read_in_full_in_the_future(tmp_path: Path) -> None:
    runner = SyncRunner(Settings(cache_dir=tmp_path), SnapshotStore(tmp_path / "store"))
    runner.store.write(Snapshot.from_frames(empty_frames(), full_at=datetime.now(UTC)))
    assert not runner._full_due()
    runner.store.write(future())
    assert runner._full_due()
    runner.stop()


# The number of a snapshot


def test_each_write_raises_the_number_and_tells_the_last_whole_and_full_one(store: SnapshotStore) -> None:
    kinds = [{"full": True}, {}, {"whole": False}, {"whole": False}, {}]
    metas = [store.write(Snapshot.from_frames(empty_frames(), **kind)).meta for kind in kinds]
    assert [meta.sequence for meta in metas] == [1, 2, 3, 4, 5]
    assert [meta.whole_sequence for meta in metas] == [1, 2, 2, 2, 5]
    assert [meta.full_sequence for meta in metas] == [1, 1, 1, 1, 1]
    again = SnapshotStore(store.folder)
    assert again.sequence() == 5
    assert again.write(Snapshot.from_frames(empty_frames())).meta.sequence == 6
    again.close()


def test_a_snapshot_of_an_older_version_opens_and_the_next_one_counts_from_there(store: SnapshotStore) -> None:
    written = store.write(Snapshot.from_frames(empty_frames(), odoo_version="19.0"))
    key = f"snapshot:{written.meta.snapshot_id}"
    manifest = json.loads(store._cache[key])
    del manifest["digest"]
    for name in ("full", "sequence", "whole_sequence", "full_sequence"):
        del manifest["meta"][name]
    store._cache.set(key, json.dumps(manifest))
    again = SnapshotStore(store.folder)
    found = again.current()
    assert found is not None
    assert (found.meta.odoo_version, found.meta.sequence) == ("19.0", 0)
    assert again.write(Snapshot.from_frames(empty_frames())).meta.sequence == 1
    again.close()


def test_a_damaged_manifest_does_not_set_the_number_back(store: SnapshotStore) -> None:
    for _ in range(3):
        last = store.write(Snapshot.from_frames(empty_frames()))
    store._cache.set(f"snapshot:{last.meta.snapshot_id}", "{")
    assert store.write(Snapshot.from_frames(empty_frames())).meta.sequence == 4


# Which sync took whose result over


class Waiting:
    """A sync that waits for the writer's lock while a test does what another program would."""

    def __init__(self, store: SnapshotStore, patch: pytest.MonkeyPatch, **how: Any) -> None:
        self.outcome: SyncReport | OdooUnreachableError | None = None
        self.store = store
        self._known = threading.Event()
        real = store.sequence

        def sequence() -> int:
            found = real()
            self._known.set()
            return found

        def connect(settings: Settings) -> OdooClient:
            raise OdooUnreachableError("asked Odoo")

        patch.setattr(store, "sequence", sequence)
        patch.setattr(OdooClient, "connect", connect)
        self._how = how

    def meanwhile(self, *written: Snapshot) -> bool:
        """Write these while the sync waits; return whether it took the result over instead of asking Odoo."""
        other = SnapshotStore(self.store.folder)

        def run() -> None:
            try:
                self.outcome = run_sync(Settings(), self.store, **self._how)
            except OdooUnreachableError as exc:
                self.outcome = exc

        thread = threading.Thread(target=run)
        with writer_lock(self.store.folder):
            thread.start()
            assert self._known.wait(20)
            for one in written:
                other.write(one)
        thread.join(20)
        other.close()
        assert self.outcome is not None
        return isinstance(self.outcome, SyncReport) and self.outcome.joined


def made(**meta: Any) -> Snapshot:
    return Snapshot.from_frames(empty_frames(), **meta)


LONG_AGO = {"taken_at": NOW - timedelta(days=900), "full_at": NOW - timedelta(days=900)}


@pytest.mark.parametrize(
    ("how", "written", "joins"),
    [
        ({}, [made()], True),
        ({}, [made(**LONG_AGO)], True),
        ({}, [made(), made(whole=False)], True),
        ({}, [made(whole=False)], False),
        ({}, [], False),
        ({"full": True}, [made()], False),
        ({"full": True}, [made(full=True)], True),
        ({"full": True}, [made(full=True, **LONG_AGO), made(whole=False)], True),
        ({"groups": ["tickets"]}, [made(full=True)], False),
        ({"customer_ids": [1]}, [made(full=True)], False),
        ({}, [future()], False),
    ],
    ids=[
        "everything was read",
        "by a clock that was put back",
        "and then some of it again",
        "some of it was read",
        "nothing was read",
        "what changed was read, all is wanted",
        "all was read",
        "all was read by a clock that was put back",
        "what was just entered may have been read before it was",
        "so may what was asked for one customer",
        "by a clock that is put right now",
    ],
)
def test_what_ended_while_one_waited_stands_for_it_by_its_number(
    store: SnapshotStore, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], written: list[Snapshot], joins: bool
) -> None:
    store.write(made(full=True))
    assert Waiting(store, monkeypatch, **how).meanwhile(*written) == joins


@pytest.mark.parametrize("how", [{}, {"full": True}], ids=["changes", "full"])
def test_a_snapshot_of_the_future_that_was_there_before_stands_for_nothing(
    store: SnapshotStore, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    store.write(future())
    assert not Waiting(store, monkeypatch, **how).meanwhile()


# A wrong clock, and then the right one


def test_after_a_sync_with_the_clock_days_ahead_the_next_one_says_so_and_reads_everything(
    server: DemoServer, store: SnapshotStore, wall: Wall
) -> None:
    wall.ahead = THREE_DAYS
    first = read(server, store)
    assert any("clock differs" in text for text in first.snapshot.meta.warnings)
    wall.ahead = timedelta()
    assert first.snapshot.is_of_the_future()
    rename_a_ticket(server, "After the clock was put right")
    # Of some datasets only, as after an entry: the others must not stay in the future.
    second = read(server, store, groups=["tickets"])
    assert not second.joined
    assert "in the future" in second.replaced
    assert {one.mode for one in second.datasets if one.rows_total} == {"full"}
    assert second.bytes_received > 0
    assert subjects(second, "After the clock was put right") == 1
    assert not second.snapshot.is_of_the_future()
    assert second.snapshot.meta.sequence == first.snapshot.meta.sequence + 1
    third = read(server, store)
    assert not third.replaced
    assert {one.mode for one in third.datasets if one.name == "tickets"} == {"changes"}


def test_a_clock_that_goes_back_by_days_and_then_forward_again_loses_no_change(
    server: DemoServer, store: SnapshotStore, wall: Wall
) -> None:
    read(server, store)
    for number, ahead in enumerate((-THREE_DAYS, timedelta(), -THREE_DAYS)):
        wall.ahead = ahead
        rename_a_ticket(server, f"Change {number}")
        report = read(server, store)
        assert not report.joined
        assert subjects(report, f"Change {number}") == 1
        assert report.snapshot.meta.sequence == number + 2
        assert not report.snapshot.is_of_the_future()


def test_when_odoo_s_own_clock_was_ahead_what_changes_after_it_was_put_right_is_read(
    server: DemoServer, store: SnapshotStore
) -> None:
    server.clock_skew_s = THREE_DAYS.total_seconds()
    rename_a_ticket(server, "Ahead")
    read(server, store)
    server.clock_skew_s = 0.0
    rename_a_ticket(server, "Right again")
    report = read(server, store)
    assert subjects(report, "Right again") == 1
    rename_a_ticket(server, "And after")
    report = read(server, store)
    assert subjects(report, "And after") == 1
    assert {one.mode for one in report.datasets if one.name == "tickets"} == {"changes"}, "read in full once"


def test_one_record_dated_in_the_future_hides_no_other_change(server: DemoServer, store: SnapshotStore) -> None:
    *_others, last = server.orm.tables["helpdesk.ticket"].values()
    last["write_date"] = f"{datetime.now(UTC) + THREE_DAYS:%Y-%m-%d %H:%M:%S}"
    read(server, store)
    rename_a_ticket(server, "Now")
    report = read(server, store)
    assert subjects(report, "Now") == 1
    assert {one.mode for one in report.datasets if one.name == "tickets"} == {"changes"}


@pytest.mark.parametrize(("ago_s", "asked"), [(10, False), (301, True), (-3 * 86_400, True)])
def test_a_right_is_read_again_for_what_a_clock_that_was_ahead_says_is_to_come(
    monkeypatch: pytest.MonkeyPatch, ago_s: float, asked: bool
) -> None:
    class AskedError(Exception):
        pass

    def person_of(*_who: object) -> None:
        raise AskedError

    monkeypatch.setattr(ticket_jobs.staff, "person_of", person_of)
    entry = SimpleNamespace(author=Author("rudo", "Rudo"), created_s=time.time() - ago_s)
    job: Any = SimpleNamespace(entry=entry, settings=Settings(), client=None)
    with pytest.raises(AskedError) if asked else nullcontext():
        ticket_jobs._require_message(job)


# What a sync of some of it says of the rest


def test_one_customer_s_rows_make_nobody_else_s_newer(base: DemoServer, store: SnapshotStore) -> None:
    first = read(base, store).snapshot
    client = OdooClient.connect(demo_settings(Settings(), base))
    emails = first.frame("customers")["email"].str.lower()
    ids = find_by_email(client, emails[(emails != "") & ~emails.duplicated(keep=False)].iloc[5])
    second = read(base, store, customer_ids=ids).snapshot
    for name in ("receivable_lines", "invoices", "tickets", "customers"):
        assert second.info[name].read_at == first.info[name].read_at, name
    assert second.read_at() == first.read_at()
    assert second.info["currencies"].read_at > first.info["currencies"].read_at, "read whole each time"


def test_the_doctor_says_that_the_copy_is_of_the_future(base: DemoServer, tmp_path: Path) -> None:
    settings = demo_settings(Settings(cache_dir=tmp_path), base)
    store = store_for(settings)
    store.write(future())
    store.close()
    (finding,) = [one for one in examine(settings) if one.name == "Snapshot"]
    assert finding.verdict == "warning"
    assert "in the future" in finding.sentence
