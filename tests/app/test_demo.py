"""The pages on what a sync really delivers: the demo provider read over HTTP, as four Odoo versions and editions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from odoo_client.config import Settings
from odoo_client.demo import demo_settings
from odoo_client.people.audit import AuditLog
from odoo_client.sync.background import SyncRunner
from pages.ui.session import backend
from tests.app.conftest import MAIN, PAGES, table, tiles
from tests.demo_worlds import own


@pytest.fixture(scope="module", params=["14-community", "16-enterprise", "18-community", "19-oca"])
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[backend.Backend]:
    """Read the demo of one version and edition into a store."""
    folder: Path = tmp_path_factory.mktemp("demo")
    settings = Settings(cache_dir=folder, demo_profile=request.param)
    server = own(request.param)
    server.start()
    runner = SyncRunner(demo_settings(settings, server), demo=True)
    assert runner.run_once(full=True) is not None, runner.last_error
    yield backend.Backend(runner.settings, runner, AuditLog(settings.cache_dir / "audit.sqlite3"), server)
    runner.stop()
    server.stop()
    st.cache_resource.clear()


@pytest.fixture
def visit(synced: backend.Backend, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Open the app on that store."""
    monkeypatch.setattr(backend, "backend", lambda: synced)
    return AppTest.from_file(str(MAIN), default_timeout=60).run()


def test_every_page_shows_the_demo(visit: AppTest) -> None:
    for page, title in PAGES.items():
        if page != "overview.py":
            visit.switch_page(page).run()
        assert not visit.exception
        assert visit.title[0].value == title
        assert visit.metric
        assert not visit.error


def test_arrears_tiles_equal_their_table_and_the_overview(visit: AppTest) -> None:
    overview = tiles(visit)
    visit.switch_page("arrears.py").run()
    rows = table(visit, "net_to_chase")
    for label, column in (("Overdue", "overdue"), ("Net to chase", "net_to_chase")):
        sums = rows.groupby("currency")[column].sum().round(2)
        assert tiles(visit)[label] == [f"{code} {amount:,.2f}" for code, amount in sums.items()]
        assert overview[label] == tiles(visit)[label]


def test_every_service_has_a_name_a_customer_and_no_limit(visit: AppTest) -> None:
    visit.switch_page("services.py").run()
    rows = table(visit, "monthly_fee")
    assert (rows["name"] != "").all()
    assert (rows["customer"] != "").all()
    assert set(rows["technology"]) == {"Starlink", "Fibre", "Wireless"}
    assert set(rows["bandwidth"]) == set(rows["usage"]) == {"Unlimited"}
