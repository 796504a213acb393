"""How long a list page and a click on a filter take beside a bare page of Streamlit, in the same run.

Measured in turn, in one browser with a warm cache. Both limits are a multiple of what the bare page takes to stand
still: `bench/browser.py` holds them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page

from bench import bare
from bench.desk_hand import QUIET_S
from tests.app.test_startup import free_port, get
from tests.browser.screenshots import DESK, PAGES, open_page, settled

ROOT = Path(__file__).parents[1]
PAGE_LIMIT, FILTER_LIMIT = 2.5, 2.0
START_S = 90.0
LISTS = ("customers", "arrears", "payments", "tickets")
#: Where a filter is clicked: the page, and the choices clicked in turn.
FILTERED, CHOICES = "arrears", ("USD", "All")


@contextmanager
def bare_page() -> Iterator[str]:
    """Serve the bare page and yield its address."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ODOO_", "STREAMLIT_"))}
    command = [sys.executable, "-m", "streamlit", "run", "bench/bare.py"]
    process = subprocess.Popen(
        [*command, "--server.headless=true", f"--server.port={port}"],
        cwd=ROOT,
        env=kept,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url, deadline_s = f"http://127.0.0.1:{port}", time.monotonic() + START_S
    try:
        while True:
            try:
                if get(f"{url}/_stcore/health")[1] == "ok":
                    break
            except OSError:
                time.sleep(0.2)
            if time.monotonic() > deadline_s:
                raise SystemExit("the bare page did not start")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def took_s(do: Callable[[], None]) -> float:
    """Return the seconds until the page stands still again."""
    started = time.perf_counter()
    do()
    return max(0.0, time.perf_counter() - started - QUIET_S)


def click_filter(page: Page, choice: str) -> None:
    """Click a filter, and wait until its rows are there."""
    page.get_by_role("radio", name=choice, exact=True).first.click()
    settled(page)


def broken(browser: Browser, url: str, rounds: int) -> list[str]:
    """Measure beside the app at `url`, print it, and return a sentence for each limit that is not held."""
    found: dict[str, list[float]] = {name: [] for name in ("bare", "list", "filter")}
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    with bare_page() as other:
        for turn in range(rounds + 1):
            now: dict[str, list[float]] = {"bare": [], "list": [], "filter": []}
            for name in LISTS:
                now["bare"].append(took_s(partial(open_page, page, other, bare.TITLE)))
                now["list"].append(took_s(partial(open_page, page, f"{url}/{name}", PAGES[name])))
            open_page(page, f"{url}/{FILTERED}", PAGES[FILTERED])
            for choice in CHOICES:
                now["filter"].append(took_s(partial(click_filter, page, choice)))
            if turn:  # the first fills the browser's cache
                for name, values in now.items():
                    found[name] += values
    context.close()
    middle = {name: statistics.median(values) for name, values in found.items()}
    over = []
    print(f"{'bare page stands still after, s':<38}{middle['bare']:>12.2f}")
    for name, what, limit in (
        ("list", "a list page stands still", PAGE_LIMIT),
        ("filter", "a filter is through", FILTER_LIMIT),
    ):
        times = middle[name] / middle["bare"]
        print(f"{what + ' after, s':<38}{middle[name]:>12.2f}{times:>8.2f} times")
        if times > limit:
            over.append(f"{what} after {times:.2f} times what a bare page takes, limit {limit:g}")
    return over
