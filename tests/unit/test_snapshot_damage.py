"""What is stored is shown from a disk that takes nothing, and what is damaged in any way leads to a full sync."""

from __future__ import annotations

import json
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextlib import nullcontext as does_not_raise
from pathlib import Path
from typing import Any

import diskcache
import numpy as np
import pandas as pd
import pytest

from odoo_client.config import Settings
from odoo_client.errors import SnapshotCorruptError, SnapshotWriteError
from odoo_client.store.snapshot import ControlTotal, Snapshot, SnapshotStore
from odoo_client.store.snapshot_disk import ReadOnlyCache
from odoo_client.sync.background import NEEDED, SyncRunner

ROWS = 20_000
NESTED = "[" * 200_000


def numbers(value: float = 1.0, **meta: Any) -> Snapshot:
    """Two frames, one of them in a file of its own."""
    large = pd.DataFrame({"line_id": np.arange(ROWS), "amount": np.full(ROWS, value)})
    total = ControlTotal(1, 2, 3, 4, 10.0, 4, 10.0)
    frames = {"numbers": large, "users": pd.DataFrame({"login": ["rudo"]})}
    return Snapshot.from_frames(frames, full=True, whole=True, control_totals=(total,), **meta)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = SnapshotStore(tmp_path / "cache")
    store.write(numbers())
    store.close()
    return store.folder


def shown(store: SnapshotStore) -> float:
    """The amount in every row of the snapshot shown."""
    now = store.current()
    assert now is not None
    (value,) = set(now.frame("numbers")["amount"])
    return float(value)


# A disk that takes nothing


@contextmanager
def full() -> Iterator[None]:
    """No file of this process can grow or be written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only() -> Iterator[None]:
    """Every database is on a disk that is mounted to be read."""
    connect = sqlite3.connect

    def to_read(path: str, **more: Any) -> sqlite3.Connection:
        return connect(path if more.get("uri") else f"{Path(path).as_uri()}?mode=ro", **{**more, "uri": True})

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(diskcache.core.sqlite3, "connect", to_read)
        yield


@pytest.mark.parametrize("disk", [full, read_only])
@pytest.mark.parametrize("left", ["closed", "open"])
def test_a_new_process_shows_the_last_snapshot_from_a_disk_that_takes_nothing(
    folder: Path, disk: Callable[[], AbstractContextManager[None]], left: str
) -> None:
    other = SnapshotStore(folder) if left == "open" else None
    with disk():
        store = SnapshotStore(folder)
        assert isinstance(store._cache, ReadOnlyCache)
        assert shown(store) == 1.0
        assert not store.newest_is_damaged()
        with pytest.raises(SnapshotWriteError, match="CACHE_DIR"):
            store.write(numbers(2.0))
        assert shown(store) == 1.0
    assert store.write(numbers(2.0)).meta.sequence == 2
    assert shown(store) == 2.0
    store.close()
    if other is not None:
        assert shown(other) == 2.0
        other.close()


def test_what_is_damaged_is_no_traceback_on_a_full_disk_either(folder: Path) -> None:
    with sqlite3.connect(folder / "cache.db") as base:
        base.execute("UPDATE Cache SET value = 'no manifest' WHERE key LIKE 'snapshot:%'")
    base.close()
    with full():
        store = SnapshotStore(folder)
        with pytest.raises(SnapshotCorruptError):
            store.current()
    store.close()


def test_a_disk_that_takes_nothing_and_holds_nothing_is_one_sentence(tmp_path: Path) -> None:
    with full(), pytest.raises(SnapshotWriteError, match="CACHE_DIR"):
        SnapshotStore(tmp_path / "cache")


# What is damaged


def settings(folder: Path) -> Settings:
    return Settings(cache_dir=folder.parent, data_dir=folder.parent / "data")


def told(folder: Path, key: str, change: Callable[[str], object]) -> None:
    """Change the text that is stored under keys like `key`."""
    with sqlite3.connect(folder / "cache.db") as base:
        for rowid, text in base.execute("SELECT rowid, value FROM Cache WHERE key LIKE ?", (key,)).fetchall():
            base.execute("UPDATE Cache SET value = ? WHERE rowid = ?", (change(text), rowid))
    base.close()


def in_manifest(change: Callable[[dict[str, Any]], object], *, signed: bool = False) -> Callable[[str], str]:
    """A change of the manifest as JSON has it; without `signed` it is one of a release that kept no digest."""

    def changed(text: str) -> str:
        raw = json.loads(text)
        if not signed:
            del raw["digest"]
        made = change(raw)
        return json.dumps(raw if made is None else made)

    return changed


def naive(raw: dict[str, Any], name: str) -> None:
    raw["meta"][name] = "2026-11-22T10:00:00"


SHAPES: dict[str, Callable[[str], object]] = {
    "no JSON": lambda text: text[:50],
    "nothing": lambda text: "",
    "nested without end": lambda text: NESTED,
    "bytes": lambda text: text.encode(),
    "a number": lambda text: 7,
    "a list": in_manifest(lambda raw: [raw]),
    "null": in_manifest(lambda raw: "null"),
    "another digest": in_manifest(lambda raw: raw.update(digest="0" * 32), signed=True),
    "another figure": in_manifest(lambda raw: raw["meta"].update(odoo_version="20"), signed=True),
    "a frame left out": in_manifest(lambda raw: raw["frames"].pop("users"), signed=True),
    "a frame left out, as of old": in_manifest(lambda raw: raw["frames"].pop("users") and None),
    "no frames": in_manifest(lambda raw: raw.update(frames={})),
    "frames as a list": in_manifest(lambda raw: raw.update(frames=[])),
    "no part on the frames": in_manifest(lambda raw: raw.pop("frames") and None),
    "no part on itself": in_manifest(lambda raw: raw.pop("meta") and None),
    "itself as text": in_manifest(lambda raw: raw.update(meta="meta")),
    "no moment": in_manifest(lambda raw: raw["meta"].pop("taken_at") and None),
    "a naive moment": in_manifest(lambda raw: naive(raw, "taken_at")),
    "a naive full sync": in_manifest(lambda raw: naive(raw, "full_at")),
    "a naive comparison": in_manifest(lambda raw: naive(raw, "ids_checked_at")),
    "a naive frame": in_manifest(lambda raw: raw["frames"]["users"].update(read_at="2026-11-22T10:00:00")),
    "the end of all years": in_manifest(lambda raw: raw["meta"].update(taken_at="9999-12-31T23:59:59+00:00")),
    "their beginning": in_manifest(lambda raw: raw["frames"]["users"].update(read_at="0001-01-01T00:00:00+00:00")),
    "a moment as a number": in_manifest(lambda raw: raw["meta"].update(taken_at=1_800_000_000)),
    "a watermark that is none": in_manifest(lambda raw: raw["frames"]["users"].update(watermark="yesterday")),
    "a watermark with a zone": in_manifest(
        lambda raw: raw["frames"]["users"].update(watermark="2026-11-22T10:00:00+02:00")
    ),
    "another state": in_manifest(lambda raw: raw["frames"]["users"].update(state="well")),
    "other rows": in_manifest(lambda raw: raw["frames"]["users"].update(rows=2)),
    "rows as text": in_manifest(lambda raw: raw["frames"]["users"].update(rows="1")),
    "half a control total": in_manifest(lambda raw: raw["meta"]["control_totals"][0].pop("odoo_count") and None),
    "a sequence as text": in_manifest(lambda raw: raw["meta"].update(sequence="1")),
    "odd values of no shape": in_manifest(lambda raw: raw["frames"]["users"].update(odd=[{"what": "early"}])),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_damaged_manifest_leads_to_a_full_sync(folder: Path, shape: Callable[[str], object]) -> None:
    told(folder, "snapshot:%", shape)
    store = SnapshotStore(folder, needed=["users"])
    with pytest.raises(SnapshotCorruptError, match="full sync"):
        store.current()
    assert SyncRunner(settings(folder), store)._full_due()
    assert store.write(numbers(2.0)).meta.sequence >= 1
    store.close()
    again = SnapshotStore(folder, needed=["users"])
    assert shown(again) == 2.0
    assert not again.notice
    again.close()


def test_a_manifest_of_an_older_release_is_read_with_what_it_has(folder: Path) -> None:
    def older(raw: dict[str, Any]) -> None:
        for name in ("sequence", "whole_sequence", "full_sequence", "ticket_priorities", "non_trade_totals"):
            del raw["meta"][name]
        raw["meta"]["of_another_time"] = [1]
        for one in raw["frames"].values():
            del one["odd"], one["model"], one["by_records"]

    told(folder, "snapshot:%", in_manifest(older))
    store = SnapshotStore(folder, needed=["users"])
    assert shown(store) == 1.0
    store.close()


def test_the_frames_that_every_release_wrote_are_frames_of_this_one() -> None:
    assert {"companies", "users", "receivable_lines", "services"} <= NEEDED
    assert not {"units", "money_lines", "deductions"} & NEEDED


def assert_a_full_sync_mends(folder: Path, store: SnapshotStore) -> None:
    """A full sync is due, and what it writes is what the next process reads."""
    assert SyncRunner(settings(folder), store)._full_due()
    store.write(numbers(2.0))
    store.close()
    again = SnapshotStore(folder)
    assert shown(again) == 2.0
    again.close()


@pytest.mark.parametrize(
    "ids", ["", "5", '"one"', "[1, 2]", '{"a": 1}', '[["one"]]', NESTED, b"\x80\x04", 7, b"[]"], ids=range(10)
)
def test_what_is_current_may_be_damaged_in_any_shape(folder: Path, ids: object) -> None:
    told(folder, "current", lambda text: ids)
    store = SnapshotStore(folder)
    with pytest.raises(SnapshotCorruptError) if ids != b"[]" else does_not_raise():
        assert store.current() is None
    assert_a_full_sync_mends(folder, store)


DATABASES = {
    "a table of another program": "ALTER TABLE Cache RENAME COLUMN mode TO mood",
    "no table": "DROP TABLE Cache",
    "a setting in the way of a method": "INSERT INTO Settings VALUES ('get', 1)",
    "a setting nobody knows": "INSERT INTO Settings VALUES ('disk_key', 'x')",
    "no room in a column": "UPDATE Cache SET mode = 'x'",
    "modes of pickles": "UPDATE Cache SET mode = 4",
    "files of others": "UPDATE Cache SET mode = 2, filename = '../../kept', value = NULL",
}


@pytest.mark.parametrize("change", DATABASES.values(), ids=DATABASES)
def test_a_database_that_is_not_what_was_written_is_replaced(folder: Path, change: str) -> None:
    kept = folder.parent / "kept"
    kept.write_text("[]")
    with sqlite3.connect(folder / "cache.db") as base:
        base.execute(change)
    base.close()
    store = SnapshotStore(folder)
    with suppress(SnapshotCorruptError):
        assert store.current() is None
    assert_a_full_sync_mends(folder, store)
    assert kept.read_text() == "[]"


def test_what_the_folder_says_of_its_own_settings_decides_nothing(folder: Path) -> None:
    with sqlite3.connect(folder / "cache.db") as base:
        base.execute("UPDATE Settings SET value = 'many' WHERE key IN ('disk_min_file_size', 'size_limit')")
    base.close()
    store = SnapshotStore(folder)
    assert shown(store) == 1.0
    store.write(numbers(2.0))
    store.close()


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(b"x")], ids=["deleted", "overwritten"])
def test_a_damaged_frame_that_did_not_change_is_stored_again(folder: Path, damage: Callable[[Path], object]) -> None:
    (file,) = folder.rglob("*.val")
    damage(file)
    store = SnapshotStore(folder)
    with pytest.raises(SnapshotCorruptError):
        store.current()
    store.write(numbers())
    store.close()
    again = SnapshotStore(folder)
    assert shown(again) == 1.0
    again.close()
