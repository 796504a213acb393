"""What every test may use."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from odoo_client.rpc.absent import ABSENT

pytest_plugins = ["tests.real_odoo.fixtures"]


@pytest.fixture(scope="session", autouse=True)
def _data_of_the_tests_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What must not be lost, of whoever runs the tests, is never touched by them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.delenv("DATA_DIR", raising=False)
        yield


@pytest.fixture(autouse=True)
def _nothing_known_absent() -> None:
    """Servers of tests may have the same address, one after the other."""
    ABSENT.clear()


#: Books are dated from the day a test run begins, where the provider is; Harare has no summer time.
HARARE_H = 2
LAST_MINUTES = 25


def pytest_configure(config: pytest.Config) -> None:
    """In CI, wait for a midnight in Harare that would fall into the run: half of its tests would be of yesterday."""
    here = datetime.now(UTC) + timedelta(hours=HARARE_H)
    midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=5, microsecond=0)
    begins_all = not hasattr(config, "workerinput") and len(config.args) <= 1
    if os.environ.get("CI") and begins_all and midnight - here < timedelta(minutes=LAST_MINUTES):
        sys.stderr.write("Waiting for midnight in Harare: the tests' books are dated from one day.\n")
        time.sleep((midnight - here).total_seconds())
