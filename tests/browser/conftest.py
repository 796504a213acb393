"""A running demo and a browser to look at it. Without Chromium the tests are skipped, but fail in CI."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.app.test_startup import START_S, get, served
from tests.browser.screenshots import CHROMIUM, chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    if not Path(CHROMIUM).exists():
        sentence = (
            f"No Chromium at {CHROMIUM}: install it (Debian: apt-get install chromium), or set CHROMIUM to its path."
        )
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the app without settings and wait until the demo provider has been read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ODOO_", "STREAMLIT_"))}
    with served(kept | {"CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}) as url:
        deadline = time.monotonic() + START_S
        while (answer := get(f"{url}/api/ready"))[0] != 200:
            assert time.monotonic() < deadline, answer
            time.sleep(0.2)
        yield url
