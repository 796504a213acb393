"""`/api/ready`: whether figures can be shown, and what is wrong with them, as a code for programs and in a sentence.

The sentences are fixed: whoever asks has no session, so they name no host, no account and no amount. What exactly is
wrong stands on the pages and in the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from odoo_client.errors import (
    AfinetError,
    ConfigError,
    NotOdooError,
    OdooAccessError,
    OdooAuthError,
    OdooTimeoutError,
    OdooUnreachableError,
    SnapshotCorruptError,
    SnapshotWriteError,
    UnknownDatabaseError,
    UnknownLanguageError,
)
from odoo_client.store import clock
from odoo_client.store.snapshot import OF_THE_FUTURE, Snapshot
from odoo_client.sync.background import SyncRunner

#: What a sync may fail of that only another setting mends.
OF_SETTINGS: Final = (ConfigError, UnknownDatabaseError, UnknownLanguageError)
#: What else it may fail of, in words; the first that fits.
WHY: Final[tuple[tuple[type[AfinetError], str], ...]] = (
    (OdooUnreachableError, "Odoo could not be reached"),
    (OdooTimeoutError, "Odoo did not answer in time"),
    (NotOdooError, "what answered was not Odoo"),
    (OdooAuthError, "Odoo refused the account that reads, or its key"),
    (OdooAccessError, "the account that reads lacks a right in Odoo"),
    (SnapshotWriteError, "the figures could not be stored"),
)
NO_FIGURES: Final = "No figures can be shown yet"


@dataclass(frozen=True)
class Reason:
    """Why figures cannot be shown, or how they fall short: `code` never changes for the same reason."""

    code: str
    sentence: str


SETTINGS: Final = Reason("settings", "A setting is missing or wrong: run doctor, and see the log.")
STORAGE: Final = Reason("storage", "A folder cannot be used: check CACHE_DIR and DATA_DIR, and see the log.")
DAMAGED: Final = Reason("damaged", "The newest snapshot on disk is damaged: the next full sync makes a new one.")
NO_SNAPSHOT_YET: Final = Reason("no_snapshot_yet", f"{NO_FIGURES}: the first sync has not ended.")
OF_FUTURE: Final = Reason("clock", OF_THE_FUTURE)
CLOCKS_DIFFER: Final = Reason(
    "clock", "This machine's clock differs from Odoo's: set both by network time, or days overdue may be wrong."
)
CONTRADICTED: Final = Reason(
    "contradicted", "The open receivables differ from Odoo's own totals: do not act on these amounts."
)
LAST_SYNC_FAILED: Final = Reason("last_sync_failed", "The last sync failed")
STALE: Final = Reason("stale", "The figures are older than STALE_AFTER_S allows: the background sync is late or stuck.")
INCOMPLETE: Final = Reason("incomplete", "Some datasets could not be read: the account that reads lacks the right.")
#: Every code, the worst first.
CODES: Final = tuple(
    dict.fromkeys(
        one.code
        for one in (
            *(SETTINGS, STORAGE, DAMAGED, NO_SNAPSHOT_YET, OF_FUTURE),
            *(CONTRADICTED, LAST_SYNC_FAILED, STALE, INCOMPLETE),
        )
    )
)


def reasons(runner: SyncRunner, snapshot: Snapshot | None) -> list[Reason]:
    """Return what is wrong with the figures of `snapshot` (None = there are none), the worst first."""
    found = [*_of_sync(runner, snapshot is not None)]
    if snapshot is not None:
        found += _of_figures(runner, snapshot)
    elif not found:
        found = [NO_SNAPSHOT_YET]
    return sorted(found, key=lambda one: CODES.index(one.code))


def why_broken(error: AfinetError) -> Reason:
    """Return why there is nothing to show when the app cannot start, or cannot read what it stored."""
    if isinstance(error, SnapshotCorruptError):
        return DAMAGED
    return SETTINGS if isinstance(error, OF_SETTINGS) else STORAGE


def of_broken(error: AfinetError) -> dict[str, Any]:
    """Return what `/api/ready` answers then."""
    return {"ready": False, "problem": error.sentence, "reason": asdict(why_broken(error))}


def told(runner: SyncRunner, snapshot: Snapshot | None) -> dict[str, Any]:
    """Return what `/api/ready` answers; `reason` is the worst one, None when all is well."""
    body: dict[str, Any] = {
        "ready": snapshot is not None,
        "demo": runner.demo,
        "age_s": None if snapshot is None else int(clock.age_s(snapshot.read_at())),
        "syncing": runner.running,
        "last_sync_failed": runner.last_error is not None,
        "reason": next((asdict(one) for one in reasons(runner, snapshot)), None),
    }
    if runner.settings.hooked:
        last = runner.notices.last
        body["notices"] = runner.notices.count
        body["last_notice_age_s"] = None if last is None else int(clock.age_s(last[0]))
    if snapshot is not None and snapshot.is_of_the_future():
        body["problem"] = OF_THE_FUTURE
    return body


def _of_sync(runner: SyncRunner, has_figures: bool) -> Iterator[Reason]:
    if runner.store.notice:
        yield DAMAGED
    error = runner.last_error
    if isinstance(error, OF_SETTINGS):
        yield SETTINGS
    elif error is not None:
        why = next((words for kind, words in WHY if isinstance(error, kind)), "see the log")
        sentence = LAST_SYNC_FAILED.sentence if has_figures else f"{NO_FIGURES}, and the last sync failed"
        yield Reason(LAST_SYNC_FAILED.code, f"{sentence}: {why}.")


def _of_figures(runner: SyncRunner, snapshot: Snapshot) -> Iterator[Reason]:
    if snapshot.is_of_the_future():
        yield OF_FUTURE
    elif snapshot.meta.warnings:
        yield CLOCKS_DIFFER  # They are about nothing else.
    if not snapshot.meta.ties_to_ledger:
        yield CONTRADICTED
    if clock.age_s(snapshot.read_at()) > runner.settings.stale_s:
        yield STALE
    if not snapshot.meta.complete:
        yield INCOMPLETE
