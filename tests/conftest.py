"""What every test may use."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import settings

from odoo_client.demo.provider.fill import fill
from odoo_client.rpc.absent import ABSENT
from tests.demo_worlds import SHORT_MONTHS

pytest_plugins = ["tests.real_odoo.fixtures"]
# How long an example takes says more of the machine than of what is tested.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Set modules aside from garbage collection, which would walk all of them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _data_of_the_tests_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What must not be lost, of whoever runs the tests, is never touched by them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.delenv("DATA_DIR", raising=False)
        yield


@pytest.fixture
def short_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the embedded demo start with the short history of `tests.demo_worlds.own`."""
    monkeypatch.setattr("odoo_client.demo.http.server.fill", partial(fill, months=SHORT_MONTHS))


@pytest.fixture(autouse=True)
def _nothing_known_absent() -> None:
    """Servers of tests may have the same address, one after the other."""
    ABSENT.clear()
