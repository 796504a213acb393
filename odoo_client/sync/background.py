"""The background sync of one process: every few minutes, on demand, and never twice at once."""

from __future__ import annotations

import hashlib
import logging
import math
import random
import re
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, Literal

from odoo_client.config import Settings
from odoo_client.datasets import DATASETS
from odoo_client.errors import AfinetError, SnapshotCorruptError
from odoo_client.store import clock
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync import garbage
from odoo_client.sync.derive import DERIVED_FROM
from odoo_client.sync.ledger_tie import LINES
from odoo_client.sync.notices import Notices
from odoo_client.sync.run import SyncProgress, SyncReport, run_sync
from odoo_client.sync.session import SyncSession

log = logging.getLogger(__name__)

#: What a sync read: all again, what changed of all, or what changed of some datasets.
Mode = Literal["full", "changes", "partial"]
#: "joined" = another program's sync was taken over.
Outcome = Literal["read", "joined", "failed"]

#: A sync that failed is tried again after this long, then after twice that, and so on up to the interval.
RETRY_S: Final = 30.0
#: A sync that takes longer than this is shown while it runs.
LONG_S: Final = 5.0
#: Notices that come within this long of a sync that one began, or while it runs, become one more.
NOTICE_GAP_S: Final = 2.0
#: Before this version a notice may come ahead of the commit it tells of. A sync that found nothing then looks again.
AFTER_COMMIT_SINCE: Final = 19
LOOK_AGAIN_S: Final = 3.0
#: Jitter keeps several dashboards on one Odoo from asking in step.
JITTER: Final = (0.95, 1.05)
#: The frames that every release wrote: a snapshot that lacks one is damaged; one that lacks a later frame is only old.
NEEDED: Final = frozenset(
    ({dataset.name for dataset in DATASETS} | set(DERIVED_FROM) | {"payment_invoices"})
    - {"units", "money_lines", "deductions"}
)
OWN_FAULT: Final = "The last sync failed for a reason of this app's own: see its log."


def store_for(settings: Settings, *, demo: bool = False) -> SnapshotStore:
    """Return the store of this Odoo, database and account: two of these never share a folder, and so never a figure."""
    return SnapshotStore(folder_for(settings, demo=demo), needed=NEEDED)


def folder_for(settings: Settings, *, demo: bool = False) -> Path:
    """Return the folder of that store, which need not be there."""
    if demo:
        return settings.cache_dir / f"demo-{settings.demo_profile}"
    identity = "\n".join((settings.odoo_url or "", settings.odoo_database or "", settings.odoo_username or ""))
    return settings.cache_dir / hashlib.sha256(identity.encode()).hexdigest()[:16]


class SyncRunner:
    """Keeps a store fresh from a thread of its own.

    A whole sync has a deadline that partial reads do not move: a team that enters something every few minutes still
    gets everybody else's changes. `progress` is how far the running sync is (None = none runs), `last_error` why the
    last one failed (None = it did not; a partial sync does not clear the failure of a whole one). Any session may read
    both.
    """

    def __init__(self, settings: Settings, store: SnapshotStore | None = None, *, demo: bool = False) -> None:
        self.settings = settings
        self.demo = demo
        self.store = store or store_for(settings, demo=demo)
        self.progress: SyncProgress | None = None
        self.last_error: AfinetError | None = None
        #: Called when a sync has ended, with the seconds that it took.
        self.on_ended: Callable[[Mode, Outcome, float], None] = lambda mode, outcome, seconds_s: None
        #: What Odoo has told of by itself.
        self.notices = Notices()
        #: Until when the next notice waits, and when to look once more after one, in seconds of `time.monotonic`.
        self._notice_due_s, self._again_s = -math.inf, math.inf
        self._wanted = threading.Event()
        #: Groups of datasets to read again before the next whole sync.
        self._touched: set[str] = set()
        #: When the next whole sync is due, and those touched whose sync failed, in seconds of `time.monotonic`.
        self._due_s = self._retry_s = -math.inf
        #: Syncs that failed in a row, and whether one of them was whole.
        self._failures, self._whole_failed = 0, False
        self._whole_runs = False
        self._stopping = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()
        self._session = SyncSession(settings)
        #: What the last sync found.
        self._content = ""
        #: Whether somebody waits for the sync that runs or is about to, and when the one that runs began.
        self._asked_for, self._began_s = False, math.inf
        self._full_next = demo  # every start makes a new ledger for the demo

    @property
    def running(self) -> bool:
        """Whether a sync is under way or about to be."""
        return self._wanted.is_set() or not self._idle.is_set()

    @property
    def is_waited_for(self) -> bool:
        """Whether a sync is under way that people are to see: one that somebody asked for, or one that takes long."""
        return self.running and (self._asked_for or time.monotonic() - self._began_s > LONG_S)

    def start_background(self) -> None:
        """Start syncing, now and every `interval_s`; while that runs, a second call changes nothing."""
        with self._guard:
            if self._thread is None or not (self._thread.is_alive() or self._stopping.is_set()):
                self._wanted.set()
                self._thread = threading.Thread(target=self._loop, name="odoo-sync", daemon=True)
                self._thread.start()

    def refresh(self) -> None:
        """Ask for an incremental sync now; returns at once. A whole sync that is already running counts."""
        self.start_background()
        with self._guard:
            self._asked_for = True
            if not self._whole_runs:
                self._due_s = -math.inf
                self._wanted.set()

    def touch(self, groups: Collection[str]) -> None:
        """Ask for these groups of datasets to be read again now; returns at once.

        A sync under way does not count, since it may have read them before they were changed.
        """
        with self._guard:
            self._touched.update(groups)
        self.start_background()
        self._wanted.set()

    def noticed(self, model: str = "") -> None:
        """Note that Odoo told of a change, and look what it is; returns at once, without waiting for a lock or a disk.

        The first begins a whole sync at once. Those that come while one runs, or soon after, become one more.
        """
        if self.notices.note(model):
            self._wanted.set()
        if self._thread is None or not self._thread.is_alive():
            self.start_background()

    def wait(self, timeout_s: float) -> bool:
        """Wait until no sync is wanted or under way; return whether that came true in time."""
        deadline_s = time.monotonic() + timeout_s
        while self.running:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            self._idle.wait(min(left_s, 0.05))
            self._stopping.wait(0.01)
        return True

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop after the sync under way and close the store."""
        self._stopping.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._session.close()
        self.store.close()

    def run_once(self, *, full: bool = False, groups: Collection[str] | None = None) -> SyncReport | None:
        """Sync in this thread; return what was moved, None when it failed (see `last_error`).

        With `groups` only these are read, and read again later where that failed; a sync that is due in full reads
        everything all the same.
        """
        self._idle.clear()
        return self._run(groups or (), whole=groups is None, full=full)

    def _run(self, touched: Collection[str], *, whole: bool, full: bool = False) -> SyncReport | None:
        """Read everything (`whole`) or the groups `touched`; if that fails in any way, either is still wanted."""
        report, started_s, told = None, time.monotonic(), False
        self._began_s = started_s
        try:
            full = full or self._full_due()
            whole = whole or full
            self._whole_runs = whole
            told = self.notices.begins() if whole else False
            report = run_sync(
                self.settings,
                self.store,
                full=full,
                groups=None if whole else touched,
                progress=self._note,
                session=self._session,
                demo=self.demo,
            )
        except AfinetError as exc:
            log.warning("sync failed: %s", exc)
            self.last_error = exc
        except Exception:
            # A bug must not end the only thread that keeps figures fresh: it is logged in full and shown on screen.
            log.exception("sync failed unexpectedly")
            self.last_error = AfinetError(OWN_FAULT)
        finally:
            self._ended(report, touched, whole, started_s)
            self._tell_ended(report, whole, full, started_s)
        if whole:
            self._looked(report, told, started_s)
        if report is not None and not report.joined:
            content = report.snapshot.content_id
            if content != self._content or garbage.is_slow():
                self.store.on_adopted()
            self._content = content
        return report

    def _ended(self, report: SyncReport | None, touched: Collection[str], whole: bool, started_s: float) -> None:
        """Set when to read what next; what was not read is still wanted."""
        if report is None:
            self._session.drop()
        now_s = time.monotonic()
        interval_s = self.settings.interval_s * random.uniform(*JITTER)  # noqa: S311
        with self._guard:
            self._whole_runs = False
            self._began_s = math.inf
            self._asked_for &= not whole
            if report is None:
                self._touched.update(touched)
                self._whole_failed |= whole
                self._retry_s = now_s + min(interval_s, RETRY_S * 2 ** min(self._failures, 10))
                self._failures += 1
                if whole:
                    self._due_s = self._retry_s
            else:
                self._full_next = False
                if whole or not self._whole_failed:
                    self.last_error, self._failures, self._whole_failed = None, 0, False
                if whole:
                    # Odoo is left alone for as long as a sync took.
                    self._due_s = max(started_s + interval_s, now_s + (now_s - started_s))
                if report.snapshot.meta.whole_reading_due(self.settings.sync_full_every_h):
                    # Receivable lines that Odoo's totals contradict are not shown: they are read whole at once.
                    self._touched.add(LINES.group)
                    self._wanted.set()
                if report.joined and touched:
                    # The sync whose result was taken over may have read them before they changed.
                    self._touched.update(touched)
                    self._wanted.set()
        self.progress = None
        self._idle.set()

    def _tell_ended(self, report: SyncReport | None, whole: bool, full: bool, started_s: float) -> None:
        """Tell of a sync that has ended; one that had nothing to build on read everything, whatever was asked."""
        full = full or (report is not None and not report.joined and report.snapshot.meta.full)
        mode: Mode = "full" if full else "changes" if whole else "partial"
        if report is None:
            self.on_ended(mode, "failed", time.monotonic() - started_s)
        else:
            self.on_ended(mode, "joined" if report.joined else "read", report.seconds_s)

    def _looked(self, report: SyncReport | None, told: bool, started_s: float) -> None:
        """Set when the next notice is looked into, and write down what came by notice and what without."""
        now_s, early = time.monotonic(), False
        if told or report is None:
            # Odoo is left alone for as long as a sync took.
            self._notice_due_s = max(started_s + NOTICE_GAP_S, now_s + (now_s - started_s))
        if report is None:
            self.notices.failed()
        elif report.joined:
            # The sync whose result was taken over may have read before the change.
            self.notices.waiting |= told
        else:
            changed = tuple(one.name for one in report.datasets if one.changed)
            self.notices.found(changed)
            version = re.search(r"\d+", report.snapshot.meta.odoo_version)
            early = told and not changed and version is not None and int(version[0]) < AFTER_COMMIT_SINCE
        self._again_s = now_s + LOOK_AGAIN_S if early else math.inf
        if self.settings.hooked:
            self.notices.keep(self.store.folder)

    def _note(self, progress: SyncProgress) -> None:
        self.progress = progress

    def _full_due(self) -> bool:
        snapshot = self._stored()
        full_at = snapshot.meta.full_at if snapshot is not None else None
        return self._full_next or clock.is_due(full_at, self.settings.sync_full_every_h)

    def _stored(self) -> Snapshot | None:
        try:
            return self.store.current()
        except SnapshotCorruptError:
            return None  # whoever shows it reports that; the sync makes a new one

    def _pause_s(self) -> float:
        """Return the seconds until something is due by itself."""
        with self._guard:
            moment_s = min(self._whole_due_s(), self._retry_s) if self._touched else self._whole_due_s()
        return max(0.0, moment_s - time.monotonic())

    def _whole_due_s(self) -> float:
        told_s = self._notice_due_s if self.notices.waiting else math.inf
        return min(self._due_s, self._again_s, told_s)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wanted.wait(self._pause_s())
            if self._stopping.is_set():
                return
            with self._guard:
                self._idle.clear()
                self._wanted.clear()
                touched, self._touched = self._touched, set()
                whole = self._whole_runs = time.monotonic() >= self._whole_due_s()
            if whole or touched:
                self._run(touched, whole=whole)
            else:
                self._idle.set()
