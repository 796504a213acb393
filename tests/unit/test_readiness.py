"""Why `/api/ready` says that figures fall short: one code for one reason, and nothing of anybody's in its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from odoo_client import errors
from odoo_client.config import Settings
from odoo_client.endpoints import readiness
from odoo_client.errors import (
    AfinetError,
    AuditError,
    ConfigError,
    OdooAccessError,
    OdooAuthError,
    OdooServerError,
    OdooTimeoutError,
    OdooTlsError,
    OdooUnreachableError,
    SnapshotCorruptError,
    SnapshotWriteError,
    UnknownDatabaseError,
    UnknownLanguageError,
)
from odoo_client.store.snapshot import ControlTotal, FrameInfo, Snapshot
from odoo_client.sync.background import SyncRunner
from tests.builders import empty_frames

ROOT = Path(__file__).parents[2]
#: What an error's own sentence may hold and nobody without a session is told.
PRIVATE = "https://erp.example.com bot@example.com 4711.00"
WRONG = ControlTotal(1, 1, 1, odoo_count=10, odoo_residual=4711.0, our_count=9, our_residual=450.0)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[SyncRunner]:
    made = SyncRunner(Settings(cache_dir=tmp_path))
    yield made
    made.stop()


def read(seconds_ago: float = 0.0, **meta: Any) -> Snapshot:
    """Return a snapshot that was read so long ago."""
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    frames = empty_frames()
    return Snapshot.from_frames(frames, info={name: FrameInfo(0, at) for name in frames}, **({"taken_at": at} | meta))


def codes(runner: SyncRunner, snapshot: Snapshot | None) -> list[str]:
    return [one.code for one in readiness.reasons(runner, snapshot)]


# Figures without a fault


def test_there_is_no_reason_when_all_is_well(runner: SyncRunner) -> None:
    assert readiness.reasons(runner, read()) == []
    assert readiness.told(runner, read())["reason"] is None


def test_the_keys_are_there_as_before(runner: SyncRunner) -> None:
    assert readiness.told(runner, read()) == {
        "ready": True,
        "demo": False,
        "age_s": 0,
        "syncing": False,
        "last_sync_failed": False,
        "reason": None,
    }


# No figures


def test_before_the_first_sync_ends_there_is_no_snapshot_yet(runner: SyncRunner) -> None:
    told = readiness.told(runner, None)
    assert (told["ready"], told["age_s"], told["reason"]["code"]) == (False, None, "no_snapshot_yet")


def test_a_first_sync_that_failed_is_a_failed_sync(runner: SyncRunner) -> None:
    runner.last_error = OdooUnreachableError(PRIVATE)
    told = readiness.told(runner, None)["reason"]
    assert told == {
        "code": "last_sync_failed",
        "sentence": "No figures can be shown yet, and the last sync failed: Odoo could not be reached.",
    }


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), "settings"),
        (SnapshotWriteError("x"), "storage"),
        (AuditError("x"), "storage"),
        (SnapshotCorruptError("x"), "damaged"),
    ],
)
def test_an_app_that_cannot_start_or_read_says_what_to_look_at(error: AfinetError, code: str) -> None:
    told = readiness.of_broken(error)
    assert (told["ready"], told["problem"], told["reason"]["code"]) == (False, "x", code)


# Figures that fall short


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OdooUnreachableError(PRIVATE), "Odoo could not be reached."),
        (OdooTlsError(PRIVATE), "Odoo could not be reached."),
        (OdooTimeoutError(PRIVATE), "Odoo did not answer in time."),
        (OdooAuthError(PRIVATE), "Odoo refused the account that reads, or its key."),
        (OdooAccessError(PRIVATE), "the account that reads lacks a right in Odoo."),
        (SnapshotWriteError(PRIVATE), "the figures could not be stored."),
        (OdooServerError(PRIVATE), "see the log."),
    ],
)
def test_a_failed_sync_says_of_what_kind_of_fault(runner: SyncRunner, error: AfinetError, said: str) -> None:
    runner.last_error = error
    (reason,) = readiness.reasons(runner, read())
    assert (reason.code, reason.sentence) == ("last_sync_failed", f"The last sync failed: {said}")


@pytest.mark.parametrize("error", [ConfigError(PRIVATE), UnknownDatabaseError(PRIVATE), UnknownLanguageError(PRIVATE)])
def test_one_that_only_a_setting_mends_is_of_the_settings(runner: SyncRunner, error: AfinetError) -> None:
    runner.last_error = error
    assert codes(runner, read()) == codes(runner, None) == ["settings"]


def test_figures_are_stale_where_pages_call_them_so(runner: SyncRunner) -> None:
    assert codes(runner, read(runner.settings.stale_s - 10)) == []
    assert codes(runner, read(runner.settings.stale_s + 10)) == ["stale"]


def test_totals_that_do_not_tie_contradict_odoo(runner: SyncRunner) -> None:
    assert codes(runner, read(control_totals=(WRONG,))) == ["contradicted"]


def test_totals_that_somebody_is_changing_contradict_nothing(runner: SyncRunner) -> None:
    assert codes(runner, read(control_totals=(replace(WRONG, moving=True),))) == []


def test_figures_of_the_future_are_a_wrong_clock_and_not_stale(runner: SyncRunner) -> None:
    told = readiness.told(runner, read(-86_400))
    assert told["reason"] == {"code": "clock", "sentence": told["problem"]}


def test_clocks_that_differ_are_told_without_stopping_anything(runner: SyncRunner) -> None:
    told = readiness.told(runner, read(warnings=("This machine's clock differs from Odoo's by 7 minutes.",)))
    assert (told["ready"], told["reason"]["code"]) == (True, "clock")


def test_what_may_not_be_read_makes_figures_incomplete(runner: SyncRunner) -> None:
    assert codes(runner, read(complete=False)) == ["incomplete"]


def test_a_damaged_snapshot_passed_over_for_the_one_before_is_told(runner: SyncRunner) -> None:
    runner.store.notice = "The newest snapshot on disk is damaged; the one before is shown until the next full sync."
    assert codes(runner, read()) == ["damaged"]


def test_of_several_reasons_the_worst_is_told(runner: SyncRunner) -> None:
    runner.last_error = OdooUnreachableError(PRIVATE)
    snapshot = read(100_000, control_totals=(WRONG,), complete=False)
    assert codes(runner, snapshot) == ["contradicted", "last_sync_failed", "stale", "incomplete"]
    assert readiness.told(runner, snapshot)["reason"]["code"] == "contradicted"


# What a reason never holds


def kinds(of: type[AfinetError] = AfinetError) -> list[type[AfinetError]]:
    return [of, *(one for child in of.__subclasses__() if child.__module__ == errors.__name__ for one in kinds(child))]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_no_reason_quotes_an_error(runner: SyncRunner, kind: type[AfinetError]) -> None:
    error = kind.__new__(kind)
    AfinetError.__init__(error, PRIVATE)
    runner.last_error = error
    for snapshot in (None, read(control_totals=(WRONG,))):
        said = " ".join(one.sentence for one in readiness.reasons(runner, snapshot))
        assert not re.search(r"example\.com|4,?711|450", said)
    assert "example.com" not in readiness.why_broken(error).sentence


def test_every_code_is_documented() -> None:
    known = {one.code for one in vars(readiness).values() if isinstance(one, readiness.Reason)}
    assert known == set(readiness.CODES)
    assert [one.name for one in fields(readiness.Reason)] == ["code", "sentence"]
    text = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \| (?:503|200)", text, re.MULTILINE)) == sorted(known)
