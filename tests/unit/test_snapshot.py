"""The snapshot store: whole snapshots only, Arrow only, the last two only, and never a wrong figure from a bad disk."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import pickle
import sqlite3
import stat
import threading
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from odoo_client.errors import SnapshotCorruptError, SnapshotWriteError
from odoo_client.store.snapshot import ControlTotal, FrameInfo, NonTradeTotal, Snapshot, SnapshotStore


def frame(rows: int, first: int = 1) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "line_id": np.arange(first, first + rows, dtype="int64"),
            "name": pd.Series([f"line {i} 🛰" for i in range(rows)], dtype="str"),
            "kind": pd.Categorical(["invoice", "entry"] * (rows // 2), categories=["invoice", "entry"]),
            "residual": np.linspace(0.01, 99.99, rows),
            "due_date": pd.Series([pd.Timestamp("2026-11-22"), pd.NaT] * (rows // 2)).astype("datetime64[s]"),
            "create_date": pd.Series([pd.Timestamp("2026-11-22 10:00", tz="UTC")] * rows).astype("datetime64[s, UTC]"),
            "reconciled": np.zeros(rows, dtype=bool),
        }
    )


def snapshot(rows: int = 4, **meta: object) -> Snapshot:
    return Snapshot.from_frames({"receivable_lines": frame(rows)}, **meta)


@pytest.fixture
def store(tmp_path: Path):
    opened = SnapshotStore(tmp_path / "cache")
    yield opened
    opened.close()


def reopened(store: SnapshotStore) -> SnapshotStore:
    store.close()
    return SnapshotStore(store.folder)


def frame_files(store: SnapshotStore) -> list[Path]:
    return sorted(store.folder.rglob("*.val"))


def big(value: float = 1.0) -> Snapshot:
    """A frame large enough that diskcache keeps it in a file of its own."""
    return Snapshot.from_frames(
        {"numbers": pd.DataFrame({"line_id": np.arange(50_000), "amount": np.full(50_000, value)})}
    )


def test_what_was_written_is_read_back_with_values_dtypes_and_what_is_known_about_it(store: SnapshotStore):
    total, beside = ControlTotal(1, 2, 3, 4, 10.0, 4, 10.0), NonTradeTotal(1, 5, 3, 2, 5700.0)
    info = {
        "receivable_lines": FrameInfo(4, datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22 08:00:00", lacks=("disputed",))
    }
    written = store.write(
        Snapshot.from_frames(
            {"receivable_lines": frame(4)},
            info=info,
            control_totals=(total,),
            non_trade_totals=(beside,),
            odoo_version="19.0",
        )
    )
    again = reopened(store)
    read = again.current()
    assert read is not None
    pd.testing.assert_frame_equal(read.frame("receivable_lines"), frame(4))
    assert read.meta == written.meta
    assert read.info == written.info
    assert read.meta.control_totals[0].ties
    assert read.meta.non_trade_totals == (beside,)
    again.close()


def test_the_copy_in_memory_is_shared_until_another_snapshot_is_written(store: SnapshotStore):
    store.write(snapshot())
    first = store.current()
    assert store.current() is first
    store.write(snapshot(6))
    assert store.current() is not first
    assert first is not None
    assert len(first.frame("receivable_lines")) == 4, "a reader keeps the whole snapshot it holds"


def test_another_process_s_snapshot_is_noticed(store: SnapshotStore):
    store.write(snapshot())
    store.current()
    other = SnapshotStore(store.folder)
    other.write(snapshot(8))
    other.close()
    now = store.current()
    assert now is not None
    assert len(now.frame("receivable_lines")) == 8


def test_only_the_last_two_are_kept_and_equal_frames_are_stored_once(store: SnapshotStore):
    for value in (1.0, 2.0, 3.0, 4.0):
        store.write(big(value))
    assert len(frame_files(store)) == 2
    store.write(big(4.0))
    assert len(frame_files(store)) == 1, "both kept snapshots hold the same frame"


def test_the_folder_is_for_its_owner_only(store: SnapshotStore):
    assert stat.S_IMODE(os.stat(store.folder).st_mode) == 0o700


class Boom:
    """Unpickling this runs code."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (os.environ["BOOM"],)


def test_a_pickle_planted_in_the_cache_is_refused_and_not_run(
    store: SnapshotStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BOOM", str(tmp_path / "boom"))
    store.write(snapshot())
    folder = store.folder
    store.close()
    with sqlite3.connect(folder / "cache.db") as db:
        # mode 4 is diskcache's pickle; the value is what its own Disk would unpickle on read
        db.execute("update Cache set mode = 4, value = ?, filename = NULL", (pickle.dumps(Boom()),))
    db.close()
    again = SnapshotStore(folder)
    with pytest.raises(SnapshotCorruptError, match="CACHE_DIR"):
        again.current()
    again.close()
    assert not (tmp_path / "boom").exists()


def test_a_pickled_key_planted_in_the_cache_is_not_run(
    store: SnapshotStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BOOM", str(tmp_path / "boom"))
    store.write(snapshot())
    folder = store.folder
    store.close()
    with sqlite3.connect(folder / "cache.db") as db:
        columns = "key, raw, store_time, expire_time, access_time, access_count, tag, size, mode, filename, value"
        values = (sqlite3.Binary(pickle.dumps(Boom())), 0, 1.0, None, 1.0, 0, None, 0, 1, None, 1)
        db.execute(f"insert into Cache({columns}) values (?,?,?,?,?,?,?,?,?,?,?)", values)
    db.close()
    again = SnapshotStore(folder)
    again.write(snapshot(6))  # pruning walks over every key
    again.close()
    assert not (tmp_path / "boom").exists()
    third = SnapshotStore(folder)
    read = third.current()
    assert read is not None
    assert len(read.frame("receivable_lines")) == 6
    third.close()


def test_nothing_but_text_and_bytes_can_be_stored(store: SnapshotStore):
    with pytest.raises(TypeError):
        store._cache.set("frame:x", {"a": 1})
    with pytest.raises(TypeError):
        store._cache.set(("tuple", "key"), b"x")


@pytest.mark.parametrize("damage", ["flip", "truncate", "delete"])
def test_a_damaged_newest_snapshot_gives_way_to_the_one_before(store: SnapshotStore, damage: str):
    store.write(big(1.0))
    before = set(frame_files(store))
    store.write(big(2.0))
    (newest,) = set(frame_files(store)) - before
    data = bytearray(newest.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 0x40  # still valid Arrow: only the digest tells
        newest.write_bytes(data)
    elif damage == "truncate":
        newest.write_bytes(data[: len(data) // 3])
    else:
        newest.unlink()
    again = reopened(store)
    read = again.current()
    assert read is not None
    assert read.frame("numbers")["amount"].iloc[0] == 1.0
    assert "damaged" in again.notice
    assert again.newest_is_damaged()
    again.write(big(3.0))
    assert not again.newest_is_damaged()
    again.close()


def test_when_both_are_damaged_it_says_so_and_a_new_one_can_be_written(store: SnapshotStore):
    store.write(big(1.0))
    store.write(big(2.0))
    for file in frame_files(store):
        file.write_bytes(b"not arrow")
    again = reopened(store)
    with pytest.raises(SnapshotCorruptError, match="full sync"):
        again.current()
    again.write(big(3.0))
    assert again.current() is not None
    again.close()


def test_a_destroyed_database_is_set_aside_with_a_notice(store: SnapshotStore):
    store.write(big(1.0))
    folder = store.folder
    store.close()
    for name in ("cache.db-wal", "cache.db-shm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "cache.db").write_bytes(b"this is no database, but it is long enough to be one" * 100)
    again = SnapshotStore(folder)
    assert "set aside" in again.notice
    assert again.current() is None
    again.write(big(2.0))
    assert again.current() is not None
    again.close()


def test_a_full_disk_is_one_sentence_and_the_last_snapshot_stays(store: SnapshotStore, monkeypatch: pytest.MonkeyPatch):
    store.write(big(1.0))
    held = store.current()

    def no_space(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("odoo_client.store.arrow_disk.ArrowDisk.store", no_space)
    with pytest.raises(SnapshotWriteError, match="CACHE_DIR") as caught:
        store.write(big(2.0))
    assert isinstance(caught.value.__cause__, OSError)
    monkeypatch.undo()
    again = reopened(store)
    read = again.current()
    assert read is not None
    assert held is not None
    assert read.meta.snapshot_id == held.meta.snapshot_id
    again.close()


def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SnapshotWriteError, match="CACHE_DIR"):
        SnapshotStore(tmp_path / "file" / "cache")


def test_a_reader_sees_whole_snapshots_only_while_another_writes(store: SnapshotStore):
    """Each snapshot holds the same number in both frames; a mixture would show two."""

    def numbered(n: int) -> Snapshot:
        return Snapshot.from_frames(
            {name: pd.DataFrame({"n": np.full(20_000, n)}) for name in ("receivable_lines", "partials")}
        )

    store.write(numbered(0))
    mixtures, seen, stop = [], set(), threading.Event()

    def read() -> None:
        other = SnapshotStore(store.folder)
        while not stop.is_set():
            now = other.current()
            assert now is not None
            values = {int(now.frame(name)["n"].iloc[0]) for name in ("receivable_lines", "partials")}
            seen.update(values)
            if len(values) != 1:
                mixtures.append(values)
        other.close()

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(1, 25):
        store.write(numbered(n))
    stop.set()
    reader.join()
    assert not mixtures
    assert len(seen) > 1


def write_for_ever(folder: Path, started: Event) -> None:
    """What a process to be killed does; should nobody kill it, it ends with the tests."""
    store = SnapshotStore(folder)
    tests = multiprocessing.parent_process()
    for n in itertools.count():
        if tests is None or not tests.is_alive():
            return
        names = ("receivable_lines", "partials", "invoices")
        store.write(Snapshot.from_frames({name: pd.DataFrame({"n": np.full(60_000, n)}) for name in names}))
        started.set()


def test_killing_the_writer_at_twenty_moments_leaves_a_whole_snapshot_each_time(tmp_path: Path):
    folder = tmp_path / "cache"
    rng = np.random.default_rng(7)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["odoo_client.sync.run"])
    for _ in range(20):
        started = context.Event()
        writer = context.Process(target=write_for_ever, args=(folder, started))
        writer.start()
        assert started.wait(60)
        writer.join(float(rng.uniform(0.0, 0.2)))
        writer.kill()
        writer.join()
        store = SnapshotStore(folder)
        now = store.current()
        assert now is not None
        assert len({int(now.frame(name)["n"].iloc[0]) for name in now}) == 1
        assert not store.notice
        store.close()
