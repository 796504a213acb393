"""A running demo and a browser to look at it. Without Chromium the tests are skipped, but fail in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.app.conftest import environment
from tests.app.test_startup import served, wait_until_read
from tests.browser.screenshots import CHROMIUM, DESK, chromium, watched


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    if not Path(CHROMIUM).exists():
        install = "install it (Debian: apt-get install chromium-headless-shell), or set CHROMIUM to its path"
        sentence = f"No Chromium at {CHROMIUM}: {install}."
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the app without settings and wait until the demo provider has been read."""
    with served(environment(CACHE_DIR=str(tmp_path_factory.mktemp("cache")))) as url:
        wait_until_read(url)
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A desk's screen."""
    with watched(browser, DESK) as opened:
        yield opened
