"""What every session of this process shares: the settings, the background sync and the snapshot store.

`app.py` starts it with the server; a page that finds it stopped (a test, `streamlit run pages/main.py`) starts it.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import shutil
import tempfile
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox, outbox_of
from odoo_client.actions.outbox.sender import Sender, service_clients
from odoo_client.config import Settings
from odoo_client.endpoints.authentication import Doors
from odoo_client.endpoints.measures import Measures, Parts
from odoo_client.errors import AfinetError, OutboxError
from odoo_client.people.audit import AuditLog, audit_log
from odoo_client.rpc import hurried
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync import garbage
from odoo_client.sync.background import SyncRunner
from pages import ui
from pages.ui.session import streamlit_internals
from pages.ui.session.settings import app_settings

if TYPE_CHECKING:
    from odoo_client.demo import DemoServer

log = logging.getLogger(__name__)

#: What reads on demand go through: pages hand it on to `odoo_client.live` and call nothing of it.
Connection = OdooClient


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
    #: Sends what the outbox holds; None where a test has none.
    sender: Sender | None = None

    @property
    def office(self) -> Office:
        """What an action needs. Raises AssertionError where nothing can be written (a test without a sender)."""
        if self.sender is None:
            raise AssertionError("this backend has no outbox")
        return Office(self.settings, self.sender.outbox, self.sender.poke)

    @property
    def demo(self) -> bool:
        """Whether the figures are those of the invented provider."""
        return self.runner.demo

    def snapshot(self) -> Snapshot | None:
        """Return the newest whole snapshot, the same object for every session; None before the first sync."""
        return self.runner.store.current()

    def stop(self) -> None:
        """Stop sending and syncing once what is under way has ended."""
        if self.sender is not None:
            self.sender.stop()
        self.runner.stop()
        if self.server is not None:
            self.server.stop()
            if self.sender is not None:
                shutil.rmtree(self.sender.outbox.path.parent, ignore_errors=True)


#: The backend of this process. Not in `st.cache_resource`: any browser can make Streamlit empty its caches.
_kept: Backend | None = None
_lock = threading.Lock()


def backend() -> Backend:
    """Return this process's backend, started on the first call; raises ConfigError for missing or wrong settings."""
    global _kept
    with _lock:
        if _kept is None:
            _kept = _started()
        return _kept


def started() -> Backend | None:
    """Return this process's backend where there is one already; waits for nobody who is starting it."""
    return _kept


def _parts() -> Parts | None:
    """Return what of the backend is measured, None where there is none yet."""
    if _kept is None:
        return None
    outbox = None if _kept.sender is None else _kept.sender.outbox
    return Parts(_kept.runner, outbox, None if _kept.doors is None else _kept.doors.sessions)


#: The metrics of this process, which outlive its backend.
measures = Measures(_parts, streamlit_internals.open_tabs)


def release() -> None:
    """Stop the backend, if there is one, and forget it: the next call of `backend` starts a new one."""
    global _kept
    with _lock:
        found, _kept = _kept, None
    if found is not None:
        found.stop()


def make_ready() -> None:
    """Import what the pages draw with and set aside what start-up made, so that the first visitor waits for neither.

    Call it before the first session.
    """
    for found in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        importlib.import_module(found.name)
    garbage.set_aside()


def _started() -> Backend:
    settings = app_settings()
    audit = audit_log(settings)
    server = None
    doors = None
    if settings.demo:
        # Imported here: a dashboard on a real Odoo never loads the invented provider.
        from odoo_client.demo import demo_settings, start_demo

        server = start_demo(settings)
        settings = demo_settings(settings, server)
        # What was entered into the demo goes with it: every demo starts empty.
        outbox = Outbox(Path(tempfile.mkdtemp(prefix="afinet-demo-")) / "outbox.sqlite3")
    else:
        doors = None if settings.auth == "none" else Doors(settings, audit, claims_of=streamlit_internals.sign_on)
        outbox = outbox_of(settings)
    runner = SyncRunner(settings, demo=server is not None)
    runner.store.on_adopted = garbage.set_aside
    runner.on_ended = measures.synced
    garbage.watch()
    runner.start_background()
    sender = Sender(
        settings,
        outbox,
        service_clients(settings) if doors is None else doors.writer,
        HANDLERS,
        audit,
        on_done=runner.touch,
    )
    if doors is not None:
        doors.is_login = partial(_is_login, runner)
        doors.on_sign_in = lambda login: _woken(sender, login)
    sender.start_background()
    return Backend(settings, runner, audit, server, doors, sender)


def _is_login(runner: SyncRunner, login: str) -> bool:
    """Return whether a user of Odoo has this login, by the newest snapshot, whatever its case."""
    try:
        snapshot = runner.store.current()
    except AfinetError:
        return False
    return snapshot is not None and bool(snapshot.frame("users")["login"].str.casefold().eq(login.casefold()).any())


def _woken(sender: Sender, login: str) -> None:
    """Send what waited for somebody to sign in; an outbox that cannot be read must not keep them out."""
    try:
        sender.outbox.wake(login)
    except OutboxError as exc:
        log.error("%s", exc)
    sender.poke()


@st.cache_resource(
    show_spinner=False, max_entries=4, hash_funcs={Settings: lambda settings: settings.model_dump_json()}
)
def service_client(settings: Settings) -> Connection:
    """Return the service account's connection for reads on demand; a failed one is not kept. Raises OdooError."""
    return hurried.connect(settings)
