"""The background sync of one process: every few minutes, on demand, and never twice at once."""

from __future__ import annotations

import hashlib
import logging
import random
import threading
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from odoo_client.config import Settings
from odoo_client.errors import AfinetError
from odoo_client.snapshot import SnapshotStore
from odoo_client.sync import SyncProgress, SyncReport, run_sync

log = logging.getLogger(__name__)


def store_for(settings: Settings, *, demo: bool = False) -> SnapshotStore:
    """Return the store of this Odoo, database and account: two of them never share a folder, so never a figure."""
    if demo:
        return SnapshotStore(settings.cache_dir / f"demo-{settings.demo_profile}")
    identity = "\n".join((settings.odoo_url or "", settings.odoo_database or "", settings.odoo_username or ""))
    return SnapshotStore(settings.cache_dir / hashlib.sha256(identity.encode()).hexdigest()[:16])


class SyncRunner:
    """Keeps a store fresh from a thread of its own.

    `progress` tells how far the running sync is (None = none runs), `last_error` why the last one failed (None = it did
    not), `last_report` what the last good one moved. All are for reading from any session.
    """

    def __init__(self, settings: Settings, store: SnapshotStore | None = None, *, demo: bool = False) -> None:
        self.settings = settings
        self.demo = demo
        self.store = store or store_for(settings, demo=demo)
        self.progress: SyncProgress | None = None
        self.last_error: AfinetError | None = None
        self.last_report: SyncReport | None = None
        self.last_attempt_at: datetime | None = None
        self._wanted = threading.Event()
        #: Groups of datasets to read again before the next regular sync; `_whole` = all of them are wanted.
        self._touched: set[str] = set()
        self._whole = True
        self._stopping = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()
        self._full_next = demo  # the demo's ledger is made anew at every start

    @property
    def running(self) -> bool:
        """Whether a sync is under way or about to be."""
        return self._wanted.is_set() or not self._idle.is_set()

    def start_background(self) -> None:
        """Start syncing now and then every `sync_interval_s`; a second call changes nothing."""
        with self._guard:
            if self._thread is None:
                self._wanted.set()
                self._thread = threading.Thread(target=self._loop, name="odoo-sync", daemon=True)
                self._thread.start()

    def refresh(self) -> None:
        """Ask for an incremental sync now; returns at once. One that runs already counts."""
        self.start_background()
        if self._idle.is_set():
            self._whole = True
            self._wanted.set()

    def touch(self, groups: Collection[str]) -> None:
        """Ask for these groups of datasets to be read again now; returns at once.

        A sync under way does not count, since it may have read them before they were changed.
        """
        self.start_background()
        with self._guard:
            self._touched.update(groups)
        self._wanted.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until no sync is wanted or under way; return whether that came true in time."""
        deadline = datetime.now(UTC) + timedelta(seconds=timeout_s)
        while self.running:
            left_s = (deadline - datetime.now(UTC)).total_seconds()
            if left_s <= 0:
                return False
            self._idle.wait(min(left_s, 0.05))
            self._stopping.wait(0.01)
        return True

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop after the sync under way, and close the store."""
        self._stopping.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        self.store.close()

    def run_once(self, *, full: bool = False, groups: Collection[str] | None = None) -> SyncReport | None:
        """Sync in this thread; return what was moved, None when it failed (see `last_error`).

        With `groups` only these are read; a sync that is due in full reads all the same.
        """
        self._idle.clear()
        self._wanted.clear()
        self.last_attempt_at = datetime.now(UTC)
        full = full or self._full_due()
        try:
            report = run_sync(
                self.settings,
                self.store,
                full=full,
                groups=None if full else groups,
                progress=self._note,
                demo=self.demo,
            )
        except AfinetError as exc:
            log.warning("sync failed: %s", exc)
            self.last_error = exc
            with self._guard:
                self._touched.update(groups or ())
            return None
        else:
            self._full_next = False
            self.last_error, self.last_report = None, report
            return report
        finally:
            self.progress = None
            self._idle.set()

    def _note(self, progress: SyncProgress) -> None:
        self.progress = progress

    def _full_due(self) -> bool:
        if self._full_next:
            return True
        snapshot = self.store.current()
        full_at = snapshot.meta.full_at if snapshot is not None else None
        return full_at is None or datetime.now(UTC) - full_at >= timedelta(hours=self.settings.sync_full_every_h)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            # Jitter, so that several dashboards on one Odoo do not ask in step.
            asked = self._wanted.wait(self.settings.sync_interval_s * random.uniform(0.95, 1.05))  # noqa: S311
            if self._stopping.is_set():
                return
            with self._guard:
                touched, self._touched = self._touched, set()
                whole, self._whole = self._whole or not asked or not touched, False
            try:
                self.run_once(groups=None if whole else touched)
            except Exception:
                # A bug must not end the only thread that keeps the figures fresh; it is logged whole and said on
                # screen.
                log.exception("sync failed unexpectedly")
                self.last_error = AfinetError("The last sync failed for a reason of this app's own: see its log.")
