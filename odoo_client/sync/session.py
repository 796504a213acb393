"""What one process keeps from one sync to the next: its connection, what it may read, and what is derived from what."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import pandas as pd

from odoo_client.config import Settings
from odoo_client.people.service_account import Right, check_rights
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync.derive import Derivation
from odoo_client.sync.fingerprints import Tied

#: A connection is made anew after this long: Odoo may have been upgraded, or the account's companies changed.
CONNECTION_KEPT_S: Final = 900.0


class SyncSession:
    """Used by one sync at a time. After one that failed, `drop` lets go of everything."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: OdooClient | None = None
        self._connected_s = 0.0
        self._rights: dict[tuple[bool, str], list[Right]] = {}
        self._written = ""
        self._layouts: dict[str, object] = {}
        self._tied: Mapping[str, Tied] = {}
        #: By dataset: when its rows written lately were last compared (`time.monotonic`), and how many they were.
        self.compared: dict[str, tuple[float, int]] = {}
        self.derivation = Derivation()

    def client(self) -> OdooClient:
        """Return the connection, a new one after a quarter of an hour. Raises what connecting raises."""
        if self._client is not None and time.monotonic() - self._connected_s >= CONNECTION_KEPT_S:
            self.close()
        if self._client is None:
            self._client, self._connected_s = OdooClient.connect(self._settings), time.monotonic()
        return self._client

    def rights(self, client: OdooClient, *, has_sales: bool, ticket_source: str) -> list[Right]:
        """Return what `check_rights` does, asked once a connection."""
        key = has_sales, ticket_source
        if client is not self._client or key not in self._rights:
            self._rights[key] = check_rights(client, has_sales=has_sales, ticket_source=ticket_source)
        return self._rights[key]

    def wrote(self, snapshot: Snapshot, tied: Mapping[str, Tied]) -> None:
        """Note the snapshot that was made with `derivation`, and what tells that its frames still tie with Odoo."""
        self._written, self._tied = snapshot.meta.snapshot_id, tied

    def layouts(self, before: Snapshot | None) -> dict[str, object]:
        """Return what is known of the frames of `before`, to be added to: nothing where another process wrote it."""
        if not self._made(before):
            self._layouts = {}
        return self._layouts

    def tied(self, before: Snapshot | None) -> Mapping[str, Tied]:
        """Return what tells that the frames of `before` still tie: nothing where another process wrote it."""
        return self._tied if self._made(before) else {}

    def held(self, before: Snapshot | None) -> Mapping[str, pd.DataFrame] | None:
        """Return the frames of `before` where this process derived them itself, with the settings it has; else None."""
        return {name: before.frame(name) for name in before} if before is not None and self._made(before) else None

    def _made(self, before: Snapshot | None) -> bool:
        return before is not None and before.meta.snapshot_id == self._written

    def drop(self) -> None:
        """Let go of the connection and of what was found with it."""
        self.close()
        self._written, self.derivation = "", Derivation()
        self.compared.clear()

    def close(self) -> None:
        """Close the connection; the next `client` makes a new one."""
        if self._client is not None:
            self._client.close()
        self._client = None
        self._rights.clear()
