"""The background sync: whatever is entered meanwhile, everything is read in time, and nothing wanted is forgotten."""

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
from odoo_client.errors import AfinetError, OdooUnreachableError, SnapshotCorruptError, SnapshotWriteError
from odoo_client.store.snapshot import ControlTotal, Snapshot, SnapshotStore
from odoo_client.sync import background as module
from odoo_client.sync.background import RETRY_S, SyncRunner
from odoo_client.sync.run import SyncReport
from tests.builders import empty_frames

PATIENCE_S = 20.0
#: What a sync may die of: our own errors, bugs, and what ends a thread.
WAYS_TO_FAIL = [OdooUnreachableError("Odoo is down."), ValueError("a bug"), MemoryError(), SnapshotWriteError("full")]


class Stand:
    """A runner whose syncs a test plays: which groups were read (None = all), and what happens while they are."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.settings = Settings(cache_dir=folder).model_copy(update=settings)
        self.store = SnapshotStore(folder / "store")
        self.runner = SyncRunner(self.settings, self.store)
        self.read: list[frozenset[str] | None] = []
        self.full: list[bool] = []
        self.joined = False
        self.snapshot: Snapshot | None = None
        #: Called in each sync, with its number from 0.
        self.during: Callable[[int], None] = lambda number: None
        self._lock = threading.Lock()
        patch.setattr(module, "run_sync", self._sync)
        patch.setattr(self.store, "current", lambda: self.snapshot)

    def _sync(
        self, settings: Settings, store: SnapshotStore, *, full: bool, groups: Collection[str] | None, **_how: Any
    ) -> SyncReport:
        with self._lock:
            self.read.append(None if groups is None else frozenset(groups))
            self.full.append(full)
            number = len(self.read) - 1
        self.during(number)
        self.snapshot = self.snapshot or Snapshot.from_frames(empty_frames(), full_at=datetime.now(UTC))
        return SyncReport(self.snapshot, (), 0.0, 0, joined=self.joined)

    def fail(self, *errors: BaseException | None) -> None:
        """Let the next syncs fail with these, None = not."""
        first = len(self.read)

        def during(number: int) -> None:
            at = number - first
            if at < len(errors) and (error := errors[at]) is not None:
                raise error

        self.during = during

    def until(self, true: Callable[[], object]) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline_s, self.read
            time.sleep(0.005)

    @property
    def pause_s(self) -> float:
        return self.runner._pause_s()


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    made = Stand(tmp_path, monkeypatch, sync_interval_s=300)
    yield made
    made.runner.stop()


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """One with an interval of 0.4 seconds."""
    made = Stand(tmp_path, monkeypatch, sync_interval_s=0.4)
    yield made
    made.runner.stop()


# The deadline of the whole sync


def test_a_team_that_enters_something_all_the_time_gets_everybody_s_changes(quick: Stand) -> None:
    quick.runner.start_background()
    until_s = time.monotonic() + 3.0
    while time.monotonic() < until_s:
        quick.runner.touch({"tickets"})
        time.sleep(0.1)
    assert quick.read.count(None) >= 3
    assert quick.read.count(frozenset({"tickets"})) >= 3, "and their own at once"


def test_a_sync_of_some_datasets_moves_the_deadline_of_all_not_at_all(stand: Stand) -> None:
    stand.runner.run_once()
    due_s = stand.runner._due_s
    assert 280 < stand.pause_s <= 315
    for _ in range(3):
        stand.runner.run_once(groups={"tickets"})
    assert stand.runner._due_s == due_s


def test_one_of_one_s_own_that_fails_moves_it_neither(stand: Stand) -> None:
    stand.runner.run_once()
    due_s = stand.runner._due_s
    stand.fail(OdooUnreachableError("Odoo is down."))
    stand.runner.run_once(groups={"tickets"})
    assert stand.runner._due_s == due_s
    assert stand.pause_s <= RETRY_S * 1.05, "but what was touched is tried again sooner"


def test_after_a_failure_the_whole_sync_is_tried_again_soon_then_ever_later_up_to_the_interval(stand: Stand) -> None:
    stand.runner.run_once()
    stand.fail(*[OdooUnreachableError("Odoo is down.")] * 6)
    for expected_s in (30, 60, 120, 240, 300, 300):
        stand.runner.run_once()
        assert 0.9 * expected_s < stand.pause_s < 1.06 * expected_s
    stand.runner.run_once()
    assert stand.runner.last_error is None
    stand.fail(OdooUnreachableError("Odoo is down."))
    stand.runner.run_once()
    assert stand.pause_s < 1.06 * RETRY_S, "the next outage begins anew"


def test_a_sync_that_takes_long_leaves_odoo_alone_as_long(quick: Stand) -> None:
    quick.during = lambda number: time.sleep(0.6)
    quick.runner.run_once()
    assert quick.pause_s > 0.5


def test_a_refresh_during_a_sync_of_some_datasets_reads_the_others_and_during_a_whole_one_nothing_more(
    stand: Stand,
) -> None:
    stand.during = lambda number: stand.runner.refresh() if number < 2 else None
    stand.runner.start_background()
    stand.until(lambda: not stand.runner.running)
    assert stand.read == [None]
    stand.runner.touch({"tickets"})
    stand.until(lambda: not stand.runner.running)
    assert stand.read == [None, {"tickets"}, None]


# What is wanted is wanted until it is read


@pytest.mark.parametrize("error", WAYS_TO_FAIL, ids=lambda error: type(error).__name__)
def test_what_was_touched_is_read_by_the_next_sync_whatever_the_last_one_died_of(
    stand: Stand, error: Exception
) -> None:
    stand.runner.start_background()
    stand.until(lambda: not stand.runner.running)
    stand.fail(error)
    stand.runner.touch({"tickets"})
    stand.until(lambda: len(stand.read) == 2 and not stand.runner.running)
    stand.runner.touch({"ledger"})
    stand.until(lambda: len(stand.read) == 3 and not stand.runner.running)
    assert stand.read == [None, {"tickets"}, {"tickets", "ledger"}]
    assert stand.runner._touched == set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_something_ended_is_followed_by_another(stand: Stand) -> None:
    stand.runner.start_background()
    stand.until(lambda: not stand.runner.running)
    stand.fail(SystemExit(1))
    stand.runner.touch({"tickets"})
    thread = stand.runner._thread
    assert thread is not None
    thread.join(PATIENCE_S)
    stand.runner.touch({"ledger"})
    stand.until(lambda: len(stand.read) == 3 and not stand.runner.running)
    assert stand.read == [None, {"tickets"}, {"tickets", "ledger"}]


@pytest.mark.parametrize("error", WAYS_TO_FAIL, ids=lambda error: type(error).__name__)
def test_a_whole_sync_that_was_asked_for_and_failed_is_still_due(quick: Stand, error: Exception) -> None:
    quick.runner.settings = quick.settings.model_copy(update={"sync_interval_s": 300})
    quick.runner.run_once()
    quick.runner.refresh()
    quick.until(lambda: not quick.runner.running)
    quick.fail(error)
    quick.runner.refresh()
    quick.until(lambda: not quick.runner.running)
    assert quick.pause_s < 1.06 * RETRY_S
    assert quick.runner.last_error is not None


def test_a_sync_of_some_datasets_does_not_take_back_that_the_whole_one_failed(stand: Stand) -> None:
    stand.runner.run_once()
    stand.fail(OdooUnreachableError("Odoo is down."), None)
    stand.runner.run_once()
    assert stand.runner.run_once(groups={"tickets"}) is not None
    assert isinstance(stand.runner.last_error, OdooUnreachableError)
    assert stand.pause_s < 1.06 * RETRY_S
    stand.runner.run_once()
    assert stand.runner.last_error is None


def test_a_bug_is_one_sentence_and_no_traceback_on_screen(stand: Stand) -> None:
    stand.fail(KeyError("odd"))
    assert stand.runner.run_once() is None
    assert type(stand.runner.last_error) is AfinetError
    assert "its log" in stand.runner.last_error.sentence
    assert not stand.runner.running


def test_what_is_touched_while_it_is_taken_up_is_not_left_for_later(stand: Stand) -> None:
    """A touch between looking at what is wanted and reading it: the wish was cleared and its groups stayed behind."""
    stand.runner.start_background()
    stand.until(lambda: not stand.runner.running)
    real = stand.runner._full_due

    def late() -> bool:
        if len(stand.read) == 1 and not stand.runner._touched:
            stand.runner.touch({"ledger"})
        return real()

    stand.runner._full_due = late  # type: ignore[method-assign]
    stand.runner.touch({"tickets"})
    stand.until(lambda: len(stand.read) >= 3)
    assert stand.read == [None, {"tickets"}, {"ledger"}]


def test_the_result_of_another_program_s_sync_stands_for_no_entry_made_meanwhile(stand: Stand) -> None:
    stand.runner.run_once()
    stand.read.clear()

    def during(number: int) -> None:
        stand.joined = number == 0

    stand.during = during
    stand.runner._due_s = 0.0
    stand.runner.touch({"tickets"})
    stand.until(lambda: len(stand.read) == 2 and not stand.runner.running)
    assert stand.read == [None, {"tickets"}]


def test_two_damaged_snapshots_are_replaced_and_the_runner_comes_to_rest(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged() -> None:
        raise SnapshotCorruptError("The snapshot on disk is damaged; a full sync makes a new one.")

    monkeypatch.setattr(stand.store, "current", damaged)
    assert stand.runner.run_once(groups={"tickets"}) is not None
    assert stand.read == [None]
    assert stand.full == [True]
    assert not stand.runner.running


def test_waiting_does_not_look_at_the_clock_on_the_wall(stand: Stand) -> None:
    assert not hasattr(module, "datetime")
    stand.during = lambda number: time.sleep(0.3)
    stand.runner.start_background()
    assert not stand.runner.wait(0.05)
    assert stand.runner.wait(PATIENCE_S)


# What is told of a sync that has ended


def told(stand: Stand) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    stand.runner.on_ended = lambda mode, outcome, seconds_s: found.append((mode, outcome))
    return found


def test_a_sync_that_ended_is_told_by_what_it_read(stand: Stand) -> None:
    found = told(stand)
    stand.runner.run_once()
    stand.runner.run_once(full=True)
    stand.runner.run_once()
    stand.runner.run_once(groups={"tickets"})
    modes = [mode for mode, _outcome in found]
    assert modes == ["full", "full", "changes", "partial"], "the first had nothing to build on"


@pytest.mark.parametrize("error", WAYS_TO_FAIL, ids=repr)
def test_one_that_failed_is_told_by_what_was_asked(stand: Stand, error: Exception) -> None:
    stand.runner.run_once()
    found = told(stand)
    stand.fail(error, error)
    stand.runner.run_once()
    stand.runner.run_once(groups={"tickets"})
    assert found == [("changes", "failed"), ("partial", "failed")]


def test_another_program_s_sync_is_told_apart(stand: Stand) -> None:
    stand.runner.run_once()
    found = told(stand)
    stand.joined = True
    stand.runner.run_once()
    assert found == [("changes", "joined")]


def test_how_long_a_sync_took_is_told_too(stand: Stand) -> None:
    took_s: list[float] = []
    stand.runner.on_ended = lambda mode, outcome, seconds_s: took_s.append(seconds_s)

    def fail_late(number: int) -> None:
        time.sleep(0.1)
        raise OdooUnreachableError("Odoo is down.")

    stand.during = fail_late
    stand.runner.run_once()
    assert took_s[0] >= 0.1


# What Odoo's own totals contradict


def test_a_contradicted_figure_starts_one_reading_of_its_dataset_at_once(stand: Stand) -> None:
    wrong = ControlTotal(1, 1, 1, 2, 10.0, 2, 9.0)
    contradicted = Snapshot.from_frames(empty_frames(), full_at=datetime.now(UTC), control_totals=(wrong,))
    known = {"read_whole_for": ((1, 1),), "read_whole_at": datetime.now(UTC)}
    stand.snapshot = contradicted

    def during(number: int) -> None:
        if number:
            stand.snapshot = replace(contradicted, meta=replace(contradicted.meta, **known))

    stand.during = during
    stand.runner.start_background()
    stand.until(lambda: len(stand.read) == 2 and not stand.runner.running)
    time.sleep(0.2)
    assert stand.read == [None, frozenset({"ledger"})], "and not again while it stays so"


# Which syncs people are to see


def test_a_look_by_itself_is_shown_only_once_it_takes_long(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[bool] = []
    stand.during = lambda number: shown.append(stand.runner.is_waited_for)
    stand.runner.run_once()
    monkeypatch.setattr(module, "LONG_S", -1.0)
    stand.runner.run_once()
    assert shown == [False, True]
    assert not stand.runner.is_waited_for, "nothing runs any more"


def test_one_that_somebody_asked_for_is_shown_until_everything_is_read(stand: Stand) -> None:
    shown: list[bool] = []
    stand.during = lambda number: shown.append(stand.runner.is_waited_for)
    stand.runner.start_background()
    stand.until(lambda: shown and not stand.runner.running)
    stand.runner.refresh()
    assert stand.runner.is_waited_for
    stand.until(lambda: len(shown) == 2 and not stand.runner.running)
    stand.runner.run_once()
    assert shown == [False, True, False]
