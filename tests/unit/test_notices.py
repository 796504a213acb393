"""What the background sync does about notices, and what is written down of them for `doctor`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from odoo_client.config import Settings
from odoo_client.errors import OdooUnreachableError
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync import background as module
from odoo_client.sync.background import NOTICE_GAP_S, SyncRunner
from odoo_client.sync.notices import Told
from odoo_client.sync.rows import DatasetReport
from odoo_client.sync.run import SyncReport
from tests.builders import empty_frames

PATIENCE_S = 20.0


class Stand:
    """A runner with an interval of five minutes whose syncs a test plays."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, version: str) -> None:
        self.settings = Settings(cache_dir=folder, sync_interval_s=300, odoo_hook_secret="s" * 40)
        self.store = SnapshotStore(folder / "store")
        self.runner = SyncRunner(self.settings, self.store)
        self.at: list[float] = []
        self.groups: list[Collection[str] | None] = []
        self.joined = False
        #: Datasets in which the next sync finds a change, and what happens while it runs.
        self.changed: tuple[str, ...] = ()
        self.during: Callable[[], None] = lambda: None
        self.snapshot = Snapshot.from_frames(empty_frames(), full_at=datetime.now(UTC), odoo_version=version)
        patch.setattr(module, "run_sync", self._sync)
        patch.setattr(self.store, "current", lambda: self.snapshot)

    def _sync(
        self, settings: Settings, store: SnapshotStore, *, groups: Collection[str] | None, **_how: Any
    ) -> SyncReport:
        self.at.append(time.monotonic())
        self.groups.append(groups)
        self.during()
        changed, self.changed = self.changed, ()
        datasets = tuple(DatasetReport(name, changed=True) for name in changed)
        return SyncReport(self.snapshot, datasets, 0.0, 0, joined=self.joined)

    def until(self, true: Callable[[], object]) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline_s, self.at
            time.sleep(0.005)

    def at_rest(self) -> None:
        self.until(lambda: not self.runner.running and not self.runner.notices.waiting)

    def started(self) -> None:
        self.runner.start_background()
        self.until(lambda: self.at)
        self.at_rest()

    @property
    def told(self) -> Told:
        return Told.of(self.store.folder)


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    made = Stand(tmp_path, monkeypatch, "19.0-20260101")
    yield made
    made.runner.stop()


def test_the_first_notice_is_acted_on_at_once(stand: Stand) -> None:
    stand.started()
    began_s = time.monotonic()
    stand.runner.noticed("account.move")
    stand.until(lambda: len(stand.at) == 2)
    assert stand.at[-1] - began_s < 0.5
    assert stand.groups[-1] is None, "all is looked at, whatever the notice names"


def test_those_that_come_while_it_is_read_become_one_more(stand: Stand) -> None:
    stand.started()
    stand.during = lambda: [stand.runner.noticed() for _ in range(500)] and None if len(stand.at) == 2 else None
    stand.runner.noticed()
    stand.until(lambda: len(stand.at) == 3)
    stand.at_rest()
    time.sleep(0.3)
    assert len(stand.at) == 3


def test_a_thousand_notices_become_at_most_three_syncs(stand: Stand) -> None:
    stand.started()
    for _ in range(1000):
        stand.runner.noticed()
        time.sleep(0.001)
    stand.at_rest()
    time.sleep(NOTICE_GAP_S + 0.3)
    assert 2 <= len(stand.at) - 1 <= 3


def test_a_flood_leaves_odoo_alone_between_two_syncs(stand: Stand) -> None:
    stand.started()
    over = time.monotonic() + 2 * NOTICE_GAP_S + 0.5

    def flood() -> None:
        while time.monotonic() < over:
            stand.runner.noticed()
            time.sleep(0.0005)

    callers = [threading.Thread(target=flood) for _ in range(8)]
    for one in callers:
        one.start()
    for one in callers:
        one.join()
    stand.at_rest()
    assert len(stand.at) <= 1 + 4
    assert all(later - one >= NOTICE_GAP_S * 0.95 for one, later in zip(stand.at[1:], stand.at[2:], strict=False))


def test_a_notice_waits_for_no_lock(stand: Stand) -> None:
    stand.started()
    with stand.runner._guard:
        began_s = time.monotonic()
        stand.runner.noticed()
        assert time.monotonic() - began_s < 0.1


def test_notices_while_odoo_is_down_do_not_make_it_be_asked_all_the_time(stand: Stand) -> None:
    stand.started()

    def down() -> None:
        raise OdooUnreachableError("Odoo is down.")

    stand.during = down
    for _ in range(200):
        stand.runner.noticed()
        time.sleep(0.005)
    assert len(stand.at) == 2
    stand.during = lambda: None
    stand.until(lambda: len(stand.at) == 3)
    assert stand.at[2] - stand.at[1] >= NOTICE_GAP_S * 0.95
    stand.at_rest()
    assert stand.runner.last_error is None, "the notice that Odoo is back was enough"


def test_another_program_s_sync_stands_for_no_notice(stand: Stand) -> None:
    stand.started()
    stand.joined = True
    stand.runner.noticed()
    stand.until(lambda: len(stand.at) == 2)
    stand.joined = False
    stand.until(lambda: len(stand.at) == 3)


@pytest.mark.parametrize(("version", "syncs"), [("17.0", 3), ("18.0+e", 3), ("saas~18.4", 3), ("19.0", 2)])
def test_before_19_a_notice_that_came_ahead_of_its_commit_is_looked_into_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, syncs: int
) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.2)
    stand = Stand(tmp_path, monkeypatch, version)
    stand.started()
    stand.runner.noticed()
    time.sleep(0.8)
    stand.at_rest()
    assert len(stand.at) == syncs
    stand.runner.stop()


# What is written down


def test_the_last_notice_is_written_down_after_the_sync(stand: Stand) -> None:
    stand.started()
    assert stand.told == Told()
    stand.runner.noticed("sale.order")
    stand.until(lambda: stand.told.notice_at)
    assert stand.told.model == "sale.order"
    assert stand.told.untold_at is None


def test_a_change_that_nobody_told_of_is_written_down_with_its_datasets(stand: Stand) -> None:
    stand.runner.run_once()
    stand.changed = ("invoices", "receivable_lines")
    stand.runner.run_once()
    assert stand.told.untold_at is None, "its notice may still be on its way"
    stand.runner.run_once()
    assert stand.told.untold == ("invoices", "receivable_lines")
    assert stand.told.notice_at is None


@pytest.mark.parametrize("when", ["before", "while", "after"])
def test_a_change_that_was_told_of_is_not_untold(stand: Stand, when: str) -> None:
    stand.runner.start_background = lambda: None  # type: ignore[method-assign]
    stand.runner.run_once()
    stand.changed = ("invoices",)
    if when == "before":
        stand.runner.noticed()
    stand.during = lambda: stand.runner.noticed() if when == "while" and len(stand.at) == 2 else None
    stand.runner.run_once()
    if when == "after":
        stand.runner.noticed()
    stand.runner.run_once()
    stand.runner.run_once()
    assert stand.told.untold_at is None
    assert stand.told.notice_at is not None


def test_what_the_first_sync_finds_was_told_to_nobody_who_listened(stand: Stand) -> None:
    stand.changed = ("invoices",)
    for _ in range(3):
        stand.runner.run_once()
    assert stand.told == Told()


def test_what_is_found_after_an_outage_is_nobody_s_fault(stand: Stand) -> None:
    def down() -> None:
        raise OdooUnreachableError("Odoo is down.")

    stand.runner.run_once()
    stand.during = down
    stand.runner.run_once()
    stand.during = lambda: None
    stand.changed = ("invoices",)
    for _ in range(3):
        stand.runner.run_once()
    assert stand.told == Told()


def test_without_a_secret_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand = Stand(tmp_path, monkeypatch, "19.0")
    stand.runner.settings = stand.settings.model_copy(update={"odoo_hook_secret": None})
    stand.runner.run_once()
    stand.changed = ("invoices",)
    stand.runner.run_once()
    stand.runner.run_once()
    assert not list(tmp_path.glob("*notices*"))
    stand.runner.stop()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"notice_at": 5}', '{"notice_at": "2026-01-01T00:00:00"}', "\0"])
def test_a_damaged_file_says_nothing_and_is_written_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "store-notices.json").write_text(text)
    folder = tmp_path / "store"
    assert Told.of(folder) == Told()
    told = Told(datetime.now(UTC), "account.move", datetime.now(UTC), ("invoices",))
    told.keep(folder)
    assert Told.of(folder) == told
    assert (tmp_path / "store-notices.json").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_takes_nothing_stops_no_sync(tmp_path: Path) -> None:
    (tmp_path / "store-notices.json").mkdir()
    told = replace(Told(), model="account.move")
    told.keep(tmp_path / "store")
    assert Told.of(tmp_path / "store") == Told()
    assert [path.name for path in tmp_path.iterdir()] == ["store-notices.json"]
