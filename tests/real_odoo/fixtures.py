"""pytest fixtures: one server a tenant and session. Tests that write take a ``copy()``.

A machine without Odoo skips these tests with a sentence; with ``CI`` in the environment they fail instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.real_odoo.databases import ensure_template, psql
from tests.real_odoo.install import start_postgres
from tests.real_odoo.series import HOW_TO_GET
from tests.real_odoo.server import RealOdoo, throwaway_server
from tests.real_odoo.tenants import FULL_14, FULL_19, LEAN_19, Tenant

FIRST_USE_TIMEOUT_S = 1200
"""The first use on a machine makes the tenants' databases, which takes minutes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests on real servers the time that making a tenant takes, unless they ask for their own."""
    for item in items:
        if item.get_closest_marker("odoo") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(FIRST_USE_TIMEOUT_S))


@pytest.fixture(scope="session")
def odoo19() -> Iterator[RealOdoo]:
    """Odoo 19 with stock, OCA helpdesk and contracts."""
    yield from _session_server(FULL_19)


@pytest.fixture(scope="session")
def odoo19_lean() -> Iterator[RealOdoo]:
    """Odoo 19 with accounting, sales and projects only."""
    yield from _session_server(LEAN_19)


@pytest.fixture(scope="session")
def odoo14() -> Iterator[RealOdoo]:
    """Odoo 14 with stock, OCA helpdesk, contracts and financial reports."""
    yield from _session_server(FULL_14)


@pytest.fixture(scope="session", params=[FULL_19, FULL_14], ids=lambda tenant: tenant.name)
def odoo_full(request: pytest.FixtureRequest) -> RealOdoo:
    """Each full tenant in turn, sharing the servers of ``odoo19`` and ``odoo14``."""
    server: RealOdoo = request.getfixturevalue("odoo19" if request.param is FULL_19 else "odoo14")
    return server


@pytest.fixture(scope="session", params=[FULL_19, FULL_14, LEAN_19], ids=lambda tenant: tenant.name)
def odoo_any(request: pytest.FixtureRequest) -> RealOdoo:
    """Every tenant in turn."""
    names = {FULL_19: "odoo19", FULL_14: "odoo14", LEAN_19: "odoo19_lean"}
    server: RealOdoo = request.getfixturevalue(names[request.param])
    return server


def _session_server(tenant: Tenant) -> Iterator[RealOdoo]:
    _need(tenant)
    ensure_template(tenant)
    with throwaway_server(tenant) as server:
        yield server


def _need(tenant: Tenant) -> None:
    """Skip, or fail in CI, where this machine cannot run the tenant's Odoo."""
    try:
        if not tenant.series.installed:
            raise RuntimeError(f"Odoo {tenant.series.major} is missing")
        start_postgres()
        psql("select 1")
    except RuntimeError as exc:
        sentence = f"{HOW_TO_GET} ({exc})"
        if os.environ.get("CI"):
            pytest.fail(sentence, pytrace=False)
        pytest.skip(sentence)
