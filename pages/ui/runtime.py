"""What every session of this process shares: the settings, the background sync and the snapshot store.

`app.py` starts it with the server; a page that finds it not started (a test, `streamlit run pages/main.py`) starts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from odoo_client import live
from odoo_client.audit import AuditLog, audit_log
from odoo_client.config import Settings
from odoo_client.endpoints.doors import Doors
from odoo_client.runner import SyncRunner
from odoo_client.snapshot import Snapshot
from pages.ui.settings import app_settings

if TYPE_CHECKING:
    from odoo_client.demo import DemoServer


@dataclass(frozen=True)
class Backend:
    """The settings in force and the runner that keeps the snapshot fresh; `server` is the embedded Odoo, if used.

    `doors` is the sign-in, None in the demo and with `AUTH=none`.
    """

    settings: Settings
    runner: SyncRunner
    audit: AuditLog
    server: DemoServer | None = None
    doors: Doors | None = None

    @property
    def demo(self) -> bool:
        """Whether the figures are those of the invented provider."""
        return self.runner.demo

    def snapshot(self) -> Snapshot | None:
        """Return the newest whole snapshot, the same object for every session; None before the first sync."""
        return self.runner.store.current()

    def stop(self) -> None:
        """Stop the background sync after the one under way."""
        self.runner.stop()
        if self.server is not None:
            self.server.stop()


@st.cache_resource(show_spinner=False, on_release=Backend.stop)
def backend() -> Backend:
    """Return this process's backend, started on the first call; raises ConfigError for missing or wrong settings."""
    settings = app_settings()
    server = None
    doors = None
    if settings.demo:
        # Imported here: a dashboard on an Odoo of one's own never loads the invented provider.
        from odoo_client.demo import demo_settings, start_demo

        server = start_demo(settings)
        settings = demo_settings(settings, server)
        # The invented provider's trail goes with its figures: nothing of it must be kept.
        audit = AuditLog(settings.cache_dir / "demo-audit.sqlite3")
    else:
        audit = audit_log(settings)
        doors = None if settings.auth == "none" else Doors(settings, audit)
    runner = SyncRunner(settings, demo=server is not None)
    runner.start_background()
    return Backend(settings, runner, audit, server, doors)


@st.cache_resource(
    show_spinner=False, max_entries=4, hash_funcs={Settings: lambda settings: settings.model_dump_json()}
)
def service_client(settings: Settings) -> live.OdooClient:
    """Return the service account's connection for reads on demand; one that fails is not kept. Raises OdooError."""
    return live.connect(settings)
