"""One full pull a server and protocol, shared by the tests that only read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.real_odoo.server import RealOdoo

Pull = Callable[[RealOdoo, str], Snapshot]
#: Not 19 by both protocols: their frames are equal (test_arrears_sql), and so is what is made of them.
PULLS = {
    "full19-json2": ("odoo19", "json2"),
    "full14-jsonrpc": ("odoo14", "jsonrpc"),
    "lean19-json2": ("odoo19_lean", "json2"),
}


@pytest.fixture(scope="session")
def pull(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pull]:
    """``pull(server, protocol)``: the snapshot of a full sync, read once a session."""
    known: dict[tuple[str, str], Snapshot] = {}
    opened: list[SnapshotStore] = []

    def pulled(server: RealOdoo, protocol: str) -> Snapshot:
        if (server.url, protocol) not in known:
            folder: Path = tmp_path_factory.mktemp("pull")
            opened.append(SnapshotStore(folder / "cache"))
            settings = Settings(
                odoo_url=server.url,
                odoo_database=server.database,
                odoo_username=server.username,
                odoo_password=SecretStr(server.api_key if protocol == "json2" else server.password),
                odoo_protocol="json2" if protocol == "json2" else "jsonrpc",
            )
            known[server.url, protocol] = run_sync(settings, opened[-1]).snapshot
        return known[server.url, protocol]

    yield pulled
    for store in opened:
        store.close()


@pytest.fixture(scope="session", params=PULLS, ids=str)
def pulled(request: pytest.FixtureRequest, pull: Pull) -> tuple[RealOdoo, Snapshot]:
    """Each server with what was pulled from it, by a protocol it speaks."""
    fixture, protocol = PULLS[request.param]
    server: RealOdoo = request.getfixturevalue(fixture)
    return server, pull(server, protocol)
