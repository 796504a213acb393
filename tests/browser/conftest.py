"""A running demo and a browser to look at it. Without Chromium the tests are skipped, but fail in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """Start the app without settings, what it writes under `folder`, and wait until the demo has been read."""
    with served(environment(CACHE_DIR=str(folder / "cache"), TMPDIR=str(folder))) as url:
        wait_until_read(url)
        yield url


@pytest.fixture(scope="session")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo for tests that enter nothing."""
    with demo(tmp_path_factory.mktemp("demo")) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A desk's screen."""
    with watched(browser, DESK) as opened:
        yield opened
