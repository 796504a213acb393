"""Odoo 19 itself tells the dashboard of a change: rules set up by RPC, a record changed, the sync that follows."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from typer.testing import CliRunner, Result

from odoo_client.actions import hook_rules
from odoo_client.cli import main as cli
from odoo_client.config import Settings
from odoo_client.datasets import DATASETS
from odoo_client.endpoints.hooks import Hooks, Sealed
from odoo_client.errors import ActionRefusedError
from odoo_client.rpc.client import OdooClient
from odoo_client.sync import background
from odoo_client.sync.background import SyncRunner
from odoo_client.sync.notices import Told
from tests.contract.full_reads import settings_of
from tests.real_odoo.databases import ensure_template
from tests.real_odoo.fixtures import _need
from tests.real_odoo.server import RealOdoo, throwaway_server
from tests.real_odoo.tenants import LEAN_19

pytestmark = pytest.mark.odoo

SECRET = "n0body-guesses-" * 3
PATIENCE_S = 30.0
ELSEWHERE = {"webhook_url": "http://127.0.0.1:9/x"}
POSTED = [("move_type", "=", "out_invoice"), ("state", "=", "posted")]


@dataclass
class Dashboard:
    """The route behind a real server, and the sync that it wakes."""

    settings: Settings
    runner: SyncRunner
    url: str
    stop: Callable[[], None]
    told: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def odoo() -> Iterator[RealOdoo]:
    """An Odoo 19 with automation rules: a copy of the lean tenant with one module more."""
    _need(LEAN_19)
    ensure_template(LEAN_19)
    with throwaway_server(LEAN_19, options=("-i", "base_automation")) as server:
        yield server


@pytest.fixture(scope="module")
def settings(odoo: RealOdoo, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_of(
        odoo,
        odoo_hook_secret=SecretStr(SECRET),
        cache_dir=tmp_path_factory.mktemp("cache"),
        data_dir=tmp_path_factory.mktemp("data"),
        sync_interval_s=600,
    )


@pytest.fixture(scope="module")
def dashboard(settings: Settings) -> Iterator[Dashboard]:
    runner = SyncRunner(settings)
    told: list[str] = []

    def noticed(model: str) -> bool:
        told.append(model)
        runner.noticed(model)
        return True

    app = Starlette(routes=[Hooks(settings, noticed).route], middleware=[Middleware(Sealed)])
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
        thread = threading.Thread(target=lambda: server.run([port]), daemon=True)
        thread.start()
        runner.start_background()
        assert runner.wait(60)

        def stop() -> None:
            server.should_exit = True
            thread.join(20)

        yield Dashboard(settings, runner, f"http://127.0.0.1:{port.getsockname()[1]}", stop, told)
        stop()
    runner.stop()


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[OdooClient]:
    with OdooClient.connect(settings) as connected:
        yield connected


def command(settings: Settings, *words: str, patch: pytest.MonkeyPatch) -> Result:
    patch.setattr(cli, "load_settings", lambda: settings)
    return CliRunner().invoke(cli.app, ["hooks", *words])


def until(true: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_rules_are_set_up_once_listed_and_corrected(
    dashboard: Dashboard, client: OdooClient, odoo: RealOdoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = dashboard.settings
    assert "No rule of the dashboard's" in command(settings, patch=monkeypatch).output
    asked = ("--install", "--url", dashboard.url)
    first = command(settings, *asked, patch=monkeypatch)
    assert first.exit_code == 0, first.output
    assert "Set up: account.move, account.payment, sale.order, project.task." in first.output
    assert "All rules were as they should be." in command(settings, *asked, patch=monkeypatch).output
    found = {rule.model: rule for rule in hook_rules.rules(client)}
    assert set(found) == {"account.move", "account.payment", "sale.order", "project.task"}
    assert {"amount_residual", "payment_state", "state"} <= set(found["account.move"].fields)
    odoo.call("base.automation", "write", [found["sale.order"].rule_id], {"active": False})
    odoo.call("base.automation", "copy", [found["account.move"].rule_id], {"name": f"{hook_rules.PREFIX}another"})
    (action,) = found["account.payment"].action_ids
    odoo.call("ir.actions.server", "write", [action], ELSEWHERE, context={"tracking_disable": True})
    listed = command(settings, patch=monkeypatch).output
    assert "sale.order: switched off in Odoo" in listed
    assert "account.payment: posts elsewhere" in listed
    mended = command(settings, *asked, patch=monkeypatch)
    assert "Set up: account.payment, sale.order." in mended.output
    assert mended.output.count("with the secret;") == 4
    assert {rule.rule_id for rule in hook_rules.rules(client)} == {rule.rule_id for rule in found.values()}
    assert SECRET not in first.output + listed + mended.output
    noted = odoo.sql(
        "select count(*) from mail_tracking_value where concat(old_value_char, new_value_char) like '%%hooks%%'"
    )
    assert noted == [(0,)], "the secret is in no message of a rule"


def test_a_change_in_odoo_is_in_the_snapshot_within_seconds(dashboard: Dashboard, odoo: RealOdoo) -> None:
    dashboard.told.clear()
    invoice = odoo.call("account.move", "search", POSTED, limit=1)
    before = dashboard.runner.store.current()
    began_s = time.monotonic()
    odoo.call("account.move", "write", invoice, {"invoice_date_due": "2031-01-31"})
    until(lambda: dashboard.told)

    def seen() -> bool:
        now = dashboard.runner.store.current()
        if now is None or now is before:
            return False
        lines = now.frame("receivable_lines")
        due = lines.loc[lines["move_id"] == invoice[0], "due_date"]
        return bool((due.astype("datetime64[s]").dt.year == 2031).any())

    until(seen)
    assert time.monotonic() - began_s < 15, "of which the sync itself has the most"
    assert "account.move" in dashboard.told
    until(lambda: Told.of(dashboard.runner.store.folder).notice_at)
    assert Told.of(dashboard.runner.store.folder).model == "account.move"


def test_odoo_works_on_when_the_dashboard_is_dead(
    dashboard: Dashboard, odoo: RealOdoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "NOTICE_GAP_S", 0.0)
    dashboard.stop()
    dashboard.runner.wait(30)
    invoices = odoo.call("account.move", "search", POSTED, limit=5)
    began_s = time.monotonic()
    odoo.call("account.move", "write", invoices, {"invoice_date_due": "2032-01-31"})
    assert time.monotonic() - began_s < 10
    report = dashboard.runner.run_once()
    assert report is not None, dashboard.runner.last_error
    assert "receivable_lines" in {one.name for one in report.datasets if one.changed}, "seen by the next poll"
    dashboard.runner.run_once()
    assert "receivable_lines" in Told.of(dashboard.runner.store.folder).untold
    assert {dataset.name for dataset in DATASETS} >= set(Told.of(dashboard.runner.store.folder).untold)


def test_rules_are_taken_away_and_odoo_is_as_it_was(
    settings: Settings, odoo: RealOdoo, client: OdooClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "4 rules taken away" in command(settings, "--remove", patch=monkeypatch).output
    assert hook_rules.rules(client) == []
    assert odoo.sql("select count(*) from ir_act_server where webhook_url is not null") == [(0,)]
    assert "No rule of the dashboard's" in command(settings, "--remove", patch=monkeypatch).output


def test_an_account_without_the_right_is_told_who_may(odoo: RealOdoo, settings: Settings, tmp_path: Path) -> None:
    limited = settings.model_copy(
        update={"odoo_username": odoo.limited_username, "odoo_password": SecretStr(odoo.limited_api_key)}
    )
    with OdooClient.connect(limited) as client, pytest.raises(ActionRefusedError, match="--login"):
        hook_rules.install(client, "https://dashboard.example.com/hooks/odoo/x")
