"""What happens to Odoo between two passes, or in one: the app keeps what it has, says so, and recovers by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync import session
from odoo_client.sync.background import SyncRunner
from odoo_client.sync.run import run_sync
from tests.demo_worlds import own
from tests.support.snapshots import assert_same_frames

#: A pass may find out what changed by failing; the one after it must not.
PASSES = 2


class App:
    """A process that keeps its connection from pass to pass, before a demo provider of its own."""

    def __init__(self, server: DemoServer, folder: Path) -> None:
        self.server = server
        self.port = int(server.url.rpartition(":")[2])
        self.folder = folder
        # No second try waits here: what the client repeats by itself is tested elsewhere.
        self.settings = demo_settings(Settings(), server).model_copy(update={"odoo_retries": 0})
        self.runner = SyncRunner(self.settings, SnapshotStore(folder / "cache"), demo=True)
        self.passed()

    @property
    def snapshot(self) -> Snapshot:
        found = self.runner.store.current()
        assert found is not None
        return found

    def failed(self) -> str:
        """Make a pass that fails; return the sentence that people read."""
        before = self.snapshot.meta.snapshot_id
        assert self.runner.run_once() is None
        assert self.runner.last_error is not None
        assert self.snapshot.meta.snapshot_id == before, "what it had is still there"
        return self.runner.last_error.sentence

    def passed(self) -> Snapshot:
        """Make passes until one succeeds, two at most, and return what it stored."""
        reports = [self.runner.run_once() for _ in range(PASSES)]
        assert reports[-1] is not None, self.runner.last_error
        assert self.runner.last_error is None
        return reports[-1].snapshot

    def rename(self, model: str, name: str) -> int:
        """Change a record in Odoo and return its id."""
        record_id = max(self.server.orm.tables[model])
        self.server.orm.write(model, [record_id], {"name": name})
        return record_id

    def assert_like_a_first_read(self) -> None:
        """Compare every frame with a first read by a process that knows nothing."""
        store = SnapshotStore(self.folder / "fresh")
        whole = run_sync(self.settings, store, full=True, demo=True).snapshot
        assert_same_frames(self.snapshot, whole)
        store.close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with own("19-oca") as server:
        opened = App(server, tmp_path)
        yield opened
        opened.runner.stop()


def test_odoo_that_was_down_for_many_passes_is_read_again_once_it_is_back(app: App) -> None:
    app.server.stop()
    for _ in range(3):
        assert "No connection" in app.failed()
    ticket = app.rename("helpdesk.ticket", "Written while nobody could read")
    app.server.start(app.port)
    assert (
        app.passed().frame("tickets").set_index("ticket_id").loc[ticket, "subject"] == "Written while nobody could read"
    )
    app.assert_like_a_first_read()


@pytest.mark.parametrize("model", ["account.move.line", "account.move", "helpdesk.ticket"])
def test_an_odoo_that_restarts_in_the_middle_of_a_pass_leaves_no_half_of_it(app: App, model: str) -> None:
    app.rename("helpdesk.ticket", "Before the restart")
    app.server.fail_with(drop=True, model=model, times=10)
    app.failed()
    app.server.failures.clear()
    app.passed()
    app.assert_like_a_first_read()


def test_an_upgrade_is_noticed_and_changes_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with own("18-community") as before:
        app = App(before, tmp_path)
        old = app.snapshot
        before.stop()
        with own("19-community") as after:
            after.stop()
            after.start(app.port)
            app.server = after
            app.passed()
            monkeypatch.setattr(session, "CONNECTION_KEPT_S", 0.0)
            now = app.passed()
            assert old.meta.odoo_version.startswith("18")
            assert now.meta.odoo_version.startswith("19"), "at the latest with the next connection"
            app.assert_like_a_first_read()
        app.runner.stop()


def test_a_module_that_is_uninstalled_takes_its_figures_along_and_no_others(app: App) -> None:
    app.server.remove_model(*(model for model in app.server.orm.models if model.startswith("contract.")))
    customer = app.rename("res.partner", "Still read")
    now = app.passed()
    assert now.info["contracts"].state == "missing"
    assert now.info["contracts"].message
    assert now.frame("contracts").empty
    assert now.frame("customers").set_index("partner_id").loc[customer, "name"] == "Still read"
    assert len(now.frame("tickets"))


def test_a_field_that_is_removed_is_empty_and_the_rest_is_read(app: App) -> None:
    app.server.orm.models["sale.order"].pop("client_order_ref")
    order = app.rename("sale.order", "S99999")
    now = app.passed()
    assert now.info["orders"].state == "ok"
    assert now.frame("orders").set_index("order_id").loc[order, "name"] == "S99999"


def test_rights_that_are_withdrawn_keep_the_rows_and_say_so_until_they_are_back(app: App) -> None:
    rows = len(app.snapshot.frame("orders"))
    app.server.deny("sale.order")
    order = app.rename("sale.order", "S99999")
    now = app.passed()
    assert now.info["orders"].state == "denied"
    assert now.info["orders"].message
    assert len(now.frame("orders")) == rows
    assert not now.meta.complete
    app.server.allow("sale.order")
    again = app.passed()
    assert again.info["orders"].state == "ok"
    assert again.frame("orders").set_index("order_id").loc[order, "name"] == "S99999"


def test_a_revoked_key_is_named_and_a_new_one_of_the_same_name_works_at_once(app: App) -> None:
    account = app.server.accounts[app.server.login]
    key, account.key = account.key, "another"
    assert "ODOO_PASSWORD" in app.failed()
    account.key = key
    app.passed()
