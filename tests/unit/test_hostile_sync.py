"""A whole sync over an Odoo in which a fifth of the records is odd in each field: it is read, and told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from odoo_client.config import Settings
from odoo_client.demo import demo_settings
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.demo_worlds import HARARE, SHORT_MONTHS, database
from tests.hostile_world import HostileServer


@pytest.fixture(params=["19-oca", "14-community"])
def server(request: pytest.FixtureRequest) -> Iterator[HostileServer]:
    tenant = database(request.param, datetime.now(HARARE).date(), SHORT_MONTHS).clone()
    with HostileServer(request.param, orm=tenant) as running:
        yield running


def sync(server: HostileServer, folder: Path, *, full: bool = False) -> Snapshot:
    store = SnapshotStore(folder)
    try:
        return run_sync(demo_settings(Settings(), server), store, demo=True, full=full).snapshot
    finally:
        store.close()


def test_it_is_read_and_told(server: HostileServer, tmp_path: Path) -> None:
    clean = sync(server, tmp_path / "clean")
    server.hostile = True
    odd = sync(server, tmp_path / "odd")
    assert odd.meta.complete
    for name in clean:
        assert odd.frame(name).dtypes.astype("str").to_dict() == clean.frame(name).dtypes.astype("str").to_dict(), name
    for name, info in odd.info.items():
        if info.model and info.rows > 50:
            assert any(info.model in text and "cannot be read" in text for text in info.warnings), name
    again = sync(server, tmp_path / "odd")
    for name in odd:
        pd.testing.assert_frame_equal(again.frame(name), odd.frame(name), obj=name, check_categorical=False)
        assert again.info[name].odd == odd.info[name].odd, name
