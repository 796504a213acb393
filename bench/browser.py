"""What a page costs the server and whoever looks at it, in a real Chromium on the demo: `python bench/browser.py`.

Two servers run, the second with nothing set aside from garbage collection (`bench/unfrozen.py`), and are measured in
turn, since what else the machine does comes and goes. Measured: processor seconds of the server for a change of page by
the menu, and for a tick (the freshness line of an open page, drawn anew by itself; the browser's long intervals are cut
short, so that many come within seconds); the seconds until the page stands still; and the bytes of a first visit with
nothing in the browser's cache. The limits: a change of page takes at most 0.6 of what it takes with nothing set aside,
and a tick at most 12 ms. Then list pages and a filter are measured beside a bare page (`bench/beside_bare.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, WebSocket, expect

from bench import beside_bare
from tests.app.test_startup import free_port
from tests.browser import screenshots
from tests.browser.screenshots import LOOK_EVERY_MS, PAGES, QUIET_LOOKS, chromium, settled

CHANGE_LIMIT = 0.6
TICK_LIMIT_MS = 12.0
PATIENCE_S = 300.0
#: The module that starts the server, by what is set aside in it.
PROGRAMS = {"frozen": "streamlit", "unfrozen": "bench.unfrozen"}
#: Pages changed to in turn, beginning and ending with the same one.
TOUR = ("customers", "arrears", "billing", "payments", "services", "tickets", "orders", "overview")
#: A page counts as still after this long without a change.
QUIET_S = LOOK_EVERY_MS * QUIET_LOOKS / 1_000
#: The page's own intervals of at least `LONG_MS` (that of the freshness line) are replaced by this one.
LONG_MS, TICK_EVERY_MS = 1_500, 300
QUICK_TICKS = f"""
const patient = window.setInterval;
window.setInterval = (call, ms, ...rest) => patient(call, ms >= {LONG_MS} ? {TICK_EVERY_MS} : ms, ...rest);
"""
TICK_PAGE = "contacts"
#: What a page asks for until it is there, and the first ticks.
FIRST_ASKED = 10


@dataclass(frozen=True)
class Server:
    """A running app."""

    url: str
    pid: int

    def cpu_s(self) -> float:
        """Return the processor seconds of the process so far, its own and the system's for it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Figures:
    """What was measured of one server: each list has an entry a change of page, or a round of ticks."""

    change_s: list[float] = field(default_factory=list)
    still_s: list[float] = field(default_factory=list)
    tick_s: list[float] = field(default_factory=list)
    first_still_s: float = 0.0
    first_bytes: int = 0


class Visitor:
    """A browser of its own, with an empty cache, on one server; it counts what comes and how often the page asks."""

    def __init__(self, browser: Browser, server: Server, *, quick_ticks: bool = False) -> None:
        self.server = server
        self.received_bytes = 0
        self.asked = 0
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE_S * 1_000)
        if quick_ticks:
            context.add_init_script(QUICK_TICKS)
        self.page: Page = context.new_page()
        self.close: Callable[[], None] = context.close
        self.page.on("websocket", self._connected)
        wire = context.new_cdp_session(self.page)
        wire.on("Network.loadingFinished", lambda event: self._got(int(event["encodedDataLength"])))
        wire.send("Network.enable")

    def _connected(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: self._got(len(payload)))
        socket.on("framesent", lambda _payload: self._ask())

    def _got(self, size_bytes: int) -> None:
        self.received_bytes += size_bytes

    def _ask(self) -> None:
        self.asked += 1

    def ask(self, until: int) -> None:
        """Wait until the page has asked the server this many times."""
        deadline_s = time.monotonic() + PATIENCE_S
        while self.asked < until:
            if time.monotonic() > deadline_s:
                raise SystemExit("the page does not draw its freshness line anew by itself")
            self.page.wait_for_timeout(100)

    def arrived(self, title: str) -> None:
        """Wait until a page is there and stands still."""
        expect(self.page.get_by_role("heading", name=title, exact=True)).to_be_visible(timeout=PATIENCE_S * 1_000)
        settled(self.page)

    def open(self, name: str) -> float:
        """Open a page by its address; return the seconds until it stood still."""
        started = time.perf_counter()
        self.page.goto(f"{self.server.url}/{screenshots.address(name)}")
        self.arrived(PAGES[name])
        return time.perf_counter() - started - QUIET_S

    def change(self, name: str) -> float:
        """Change to a page by the menu; return the seconds until it stood still."""
        started = time.perf_counter()
        self.page.get_by_test_id("stTopNavLink").filter(has_text=PAGES[name]).click()
        self.arrived(PAGES[name])
        return time.perf_counter() - started - QUIET_S


@contextmanager
def served(program: str, folder: Path, **more: str) -> Iterator[Server]:
    """Start the demo on a free port and wait until its figures are read and it has nothing more to do.

    `more` are settings.
    """
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ODOO_", "STREAMLIT_"))}
    # No sync in the middle of a measurement.
    own = {"CACHE_DIR": str(folder / "cache"), "DATA_DIR": str(folder / "data"), "SYNC_INTERVAL_S": "86400"}
    process = subprocess.Popen(
        [sys.executable, "-m", program, "run", "app.py", "--server.headless=true", f"--server.port={port}"],
        cwd=ROOT,
        env=kept | own | more,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        server = Server(f"http://127.0.0.1:{port}", process.pid)
        deadline_s = time.monotonic() + PATIENCE_S
        while not is_ready(server):
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise SystemExit("the app did not start")
            time.sleep(0.5)
        at_rest(server)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def is_ready(server: Server) -> bool:
    """Return whether the first sync has ended."""
    try:
        with urllib.request.urlopen(f"{server.url}/api/ready", timeout=60) as answer:  # noqa: S310 (loopback)
            body = json.load(answer)
    except (urllib.error.URLError, OSError):
        return False
    return bool(body["ready"] and not body["syncing"])


def at_rest(server: Server) -> None:
    """Wait until the process has hardly worked for two seconds."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        before_s = server.cpu_s()
        time.sleep(2.0)
        if server.cpu_s() - before_s < 0.1:
            return


def first_visit(visitor: Visitor, figures: Figures) -> None:
    """Open the first page with nothing in the browser's cache."""
    figures.first_still_s = visitor.open("overview")
    figures.first_bytes = visitor.received_bytes


def refresh(visitor: Visitor) -> None:
    """Have the figures read again, as happens every few minutes: what the first looks made is set aside too."""
    visitor.page.get_by_role("button", name="Refresh", exact=True).click()
    time.sleep(2.0)  # the sync begins within one
    while not is_ready(visitor.server):
        time.sleep(0.5)
    at_rest(visitor.server)
    settled(visitor.page)


def tour(visitor: Visitor, figures: Figures | None = None) -> None:
    """Change to each page once; without `figures` only what is made on a first look gets made."""
    for name in TOUR:
        before_s = visitor.server.cpu_s()
        still_s = visitor.change(name)
        if figures is not None:
            figures.change_s.append(visitor.server.cpu_s() - before_s)
            figures.still_s.append(still_s)


def ticks(visitor: Visitor, figures: Figures, count: int) -> None:
    """Let an open page redraw its freshness line this many times; the server's own work is subtracted."""
    visitor.page.goto("about:blank")
    at_rest(visitor.server)
    before_s, started = visitor.server.cpu_s(), time.perf_counter()
    time.sleep(4.0)
    idle = (visitor.server.cpu_s() - before_s) / (time.perf_counter() - started)
    asked = visitor.asked
    visitor.page.goto(f"{visitor.server.url}/{TICK_PAGE}")
    visitor.ask(asked + FIRST_ASKED)
    asked, before_s, started = visitor.asked, visitor.server.cpu_s(), time.perf_counter()
    visitor.ask(asked + count)
    used_s = visitor.server.cpu_s() - before_s - idle * (time.perf_counter() - started)
    figures.tick_s.append(max(0.0, used_s) / (visitor.asked - asked))


def measured(rounds: int, count: int) -> dict[str, Figures]:
    """Measure both servers in turn, this many times."""
    found = {name: Figures() for name in PROGRAMS}
    with tempfile.TemporaryDirectory(prefix="bench-browser-") as folder, chromium() as browser:
        first, second = PROGRAMS
        with (
            served(PROGRAMS[first], Path(folder) / first) as one,
            served(PROGRAMS[second], Path(folder) / second) as other,
        ):
            servers = {first: one, second: other}
            visitors = {name: Visitor(browser, server) for name, server in servers.items()}
            for name, visitor in visitors.items():
                first_visit(visitor, found[name])
                tour(visitor)
                refresh(visitor)
            for _ in range(rounds):
                for name, visitor in visitors.items():
                    tour(visitor, found[name])
                    tell(name, "a change, CPU s", found[name].change_s)
            for visitor in visitors.values():
                visitor.close()
            watchers = {name: Visitor(browser, server, quick_ticks=True) for name, server in servers.items()}
            for _ in range(rounds):
                for name, watcher in watchers.items():
                    ticks(watcher, found[name], count)
                    tell(name, "a tick, CPU s", found[name].tick_s)
    return found


def tell(name: str, what: str, measured_s: list[float]) -> None:
    """Report progress on standard error."""
    print(f"{name}: {what} {statistics.mean(measured_s):.4f} so far", file=sys.stderr, flush=True)


def broken(found: dict[str, Figures]) -> list[str]:
    """Print what was measured, one line a measure, and return a sentence for each limit that is not held."""
    frozen, unfrozen = found["frozen"], found["unfrozen"]
    median = statistics.median
    change_s = [statistics.mean(one.change_s) for one in (frozen, unfrozen)]
    tick_ms = [median(one.tick_s) * 1_000 for one in (frozen, unfrozen)]
    share = change_s[0] / change_s[1]
    print(f"{'':<38}{'frozen':>12}{'unfrozen':>12}")
    for what, figures in (
        ("a change of page, CPU s of the server", [f"{one:.3f}" for one in change_s]),
        ("a tick, CPU ms of the server", [f"{one:.1f}" for one in tick_ms]),
        ("a change of page stands still after, s", [f"{median(one.still_s):.2f}" for one in (frozen, unfrozen)]),
        ("a first visit stands still after, s", [f"{one.first_still_s:.2f}" for one in (frozen, unfrozen)]),
        ("a first visit, kB", [f"{one.first_bytes / 1_000:,.0f}" for one in (frozen, unfrozen)]),
    ):
        print(f"{what:<38}{figures[0]:>12}{figures[1]:>12}")
    print(f"{len(frozen.change_s)} changes each; frozen takes {share:.2f} of unfrozen a change")
    over = []
    if share > CHANGE_LIMIT:
        over.append(f"a change of page takes {share:.2f} of what it takes unfrozen, limit {CHANGE_LIMIT:g}")
    if tick_ms[0] > TICK_LIMIT_MS:
        over.append(f"a tick takes {tick_ms[0]:.1f} ms, limit {TICK_LIMIT_MS:g}")
    return over


def main(rounds: int, count: int) -> int:
    """Measure, print, and return 1 when a limit is broken."""
    screenshots.SETTLE_S = int(PATIENCE_S)  # a busy machine is no failure
    over = broken(measured(rounds, count)) if count else []
    with (
        tempfile.TemporaryDirectory(prefix="bench-browser-") as folder,
        chromium() as browser,
        served("streamlit", Path(folder)) as server,
    ):
        over += beside_bare.broken(browser, server.url, rounds)
    for sentence in over:
        print(f"OVER THE LIMIT: {sentence}")
    return 1 if over else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3, help="how often each server is measured, in turn")
    parser.add_argument("--ticks", type=int, default=40, help="ticks a round; 0: lists beside a bare page alone")
    given = parser.parse_args()
    sys.exit(main(max(1, given.rounds), max(0, given.ticks)))
