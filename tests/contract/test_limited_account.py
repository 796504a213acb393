"""An account with less than all rights, on real Odoo: what it cannot see is said, never shown as nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from odoo_client.config import Settings
from odoo_client.doctor.odoo import Finding, examine
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.real_odoo.seed.plan import MAIN_COMPANY
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo


@pytest.fixture(scope="module")
def settings(odoo_full: RealOdoo, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A sales person with own documents only, in one company of two, without accounting."""
    return Settings(
        odoo_url=odoo_full.url,
        odoo_database=odoo_full.database,
        odoo_username=odoo_full.limited_username,
        odoo_password=odoo_full.limited_api_key or odoo_full.limited_password,
        cache_dir=tmp_path_factory.mktemp("limited"),
    )


@pytest.fixture(scope="module")
def snapshot(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder: Path = tmp_path_factory.mktemp("limited-store")
    store = SnapshotStore(folder / "cache")
    yield run_sync(settings, store).snapshot
    store.close()


@pytest.fixture(scope="module")
def findings(settings: Settings) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(settings)}


def test_payments_it_may_not_read_are_denied_and_name_the_right(snapshot: Snapshot):
    info = snapshot.info["payments"]
    assert info.state == "denied"
    assert "group_account_readonly" in info.message


def test_its_own_orders_are_all_it_gets_and_the_frame_says_so(snapshot: Snapshot, odoo_full: RealOdoo):
    [(everything,)] = odoo_full.sql("select count(*) from sale_order")
    assert 0 < len(snapshot.frame("orders")) < everything
    assert any("All Documents" in warning for warning in snapshot.info["orders"].warnings)


@pytest.mark.parametrize("name", ["receivable_lines", "invoices"])
def test_a_ledger_that_may_be_incomplete_says_so(snapshot: Snapshot, name: str):
    info = snapshot.info[name]
    assert info.state == "denied" or any("account_readonly" in warning for warning in info.warnings)


def test_the_companies_it_sees_are_named(snapshot: Snapshot, findings: dict[str, Finding]):
    """One of two. Odoo shows such an account no other company, so the name is all a reader can compare."""
    assert list(snapshot.frame("companies")["name"]) == [MAIN_COMPANY]
    assert MAIN_COMPANY in findings["Companies"].sentence


def test_doctor_warns_of_every_missing_right(findings: dict[str, Finding]):
    warned = " ".join(finding.sentence for finding in findings.values() if finding.verdict == "warning")
    assert "account.group_account_readonly" in warned
    assert "All Documents" in warned
    assert "All Tickets" in warned
