"""What is set aside from garbage collection is freed all the same: snapshots and sessions come and go for days."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from odoo_client.errors import OdooUnreachableError
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync import garbage
from odoo_client.sync.run import SyncReport
from pages.ui.session import backend as runtime
from tests.app.conftest import settings_for
from tests.builders import empty_frames

ROOT = Path(__file__).parents[2]
TIMES = 100
#: A session is some 100 kB, so a leak of them all would be several times that.
GROWTH_MB = 2.5
PATIENCE_S = 300


@pytest.mark.timeout(PATIENCE_S)
def test_a_hundred_snapshots_and_sessions_leave_memory_as_it_was(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.app.memory_child", str(tmp_path), str(TIMES)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["snapshots"] <= 2
    assert found["sessions"] <= 3
    assert found["at_the_end"] - found["at_a_fifth"] < GROWTH_MB


@pytest.fixture
def thawed() -> object:
    """Nothing is set aside in the process of the tests afterwards."""
    yield
    gc.unfreeze()


def test_what_was_set_aside_and_became_garbage_is_collected_the_next_time(thawed: object) -> None:
    class Circle:
        def __init__(self) -> None:
            self.itself = self

    gone: list[str] = []
    circle = Circle()
    weakref.finalize(circle, gone.append, "collected")
    garbage.set_aside()
    assert gc.get_freeze_count() > 0
    del circle
    gc.collect()
    assert not gone, "nobody looks at what is set aside"
    garbage.set_aside()
    assert gone == ["collected"]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Count how often things were set aside, in a backend of this process on an Odoo that does not answer."""
    seen: list[str] = []
    monkeypatch.setattr(garbage, "set_aside", lambda: seen.append("set aside"))
    monkeypatch.setattr(runtime, "app_settings", lambda: settings_for(tmp_path / "cache", data_dir=tmp_path / "data"))
    return seen


def test_each_change_of_the_snapshot_sets_aside_once(counted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    backend = runtime.backend()
    try:
        runner, store = backend.runner, backend.runner.store
        assert runner.wait(30)
        other = SnapshotStore(store.folder)
        for number in (1, 2):
            other.write(Snapshot.from_frames(empty_frames()))
            for _ in range(3):
                assert backend.snapshot() is not None
            assert len(counted) == number, "once for each that another program wrote"
        other.close()

        def synced(*_where: object, **_how: object) -> SyncReport:
            return SyncReport(store.write(Snapshot.from_frames(empty_frames())), (), 0.0, 0)

        monkeypatch.setattr("odoo_client.sync.background.run_sync", synced)
        assert runner.run_once() is not None
        assert len(counted) == 3, "and for each of one's own"

        def failed(*_where: object, **_how: object) -> SyncReport:
            raise OdooUnreachableError("Odoo is down.")

        monkeypatch.setattr("odoo_client.sync.background.run_sync", failed)
        assert runner.run_once() is None
        assert len(counted) == 3, "not where nothing came"
    finally:
        runtime.release()


def test_what_the_pages_draw_with_is_there_before_the_first_visitor(counted: list[str]) -> None:
    modules = {path.stem for path in (ROOT / "pages" / "ui").glob("*.py")} - {"__init__"}
    runtime.make_ready()
    assert {f"pages.ui.{name}" for name in modules} <= set(sys.modules)
    assert counted == ["set aside"]
