"""What a dashboard over a real Odoo holds, compared with a first read of everything into an empty store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.real_odoo.server import RealOdoo
from tests.support.snapshots import assert_same_frames


def settings_of(server: RealOdoo, **more: Any) -> Settings:
    """Return the settings of a dashboard that reads as the server's administrator, by its key where it has one."""
    key = SecretStr(server.api_key or server.password)
    return Settings(
        odoo_url=server.url, odoo_database=server.database, odoo_username=server.username, odoo_password=key, **more
    )


def assert_like_a_full_read(server: RealOdoo, snapshot: Snapshot, folder: Path) -> None:
    """Compare every frame, row for row."""
    fresh = SnapshotStore(folder / "fresh")
    whole = run_sync(settings_of(server), fresh, full=True).snapshot
    assert_same_frames(snapshot, whole)
    fresh.close()
