"""How long a page takes to answer, from an empty snapshot to a million receivable lines: `python bench/pages.py`.

Each page runs as a visitor sees it (Streamlit's own test runner: the whole script, filters to drawn elements), in one
process and on frames made in memory. Measured: a rerun with another filter value (nothing is kept by filter value, so
each is as new as the first) and with a new as-of date. The limits: at a million lines at most 250 ms more than the same
page on an empty snapshot, at most 1 s more for a new as-of date. Each step is the median of several rounds.
"""

from __future__ import annotations

import argparse
import gc
import logging
import statistics
import sys
import time
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from streamlit.testing.v1 import AppTest  # noqa: E402

from bench.synthetic import synthetic_frames  # noqa: E402
from odoo_client.config import Settings  # noqa: E402
from odoo_client.snapshot import Snapshot  # noqa: E402
from pages.ui import formats, runtime  # noqa: E402
from tests.builders import empty_frames  # noqa: E402

MAIN = ROOT / "pages" / "main.py"
FILTER_LIMIT_MS = 250.0
DAY_LIMIT_MS = 1_000.0
SIZES = (0, 10_000, 100_000, 1_000_000)
#: Step, widget and value, in turn; where a snapshot has no such choice the page is run again as it is.
Steps = tuple[tuple[str, str, Any], ...]
FILTERS: dict[str, Steps] = {
    "overview.py": (
        ("one company", "company", "first"),
        ("another", "company", "second"),
        ("all", "company", "all"),
    ),
    "arrears.py": (
        ("search by name", "q", "customer 12"),
        ("search by phone", "q", "774 123"),
        ("no search", "q", ""),
        ("city", "city", ["Mutare"]),
        ("cities", "city", ["Mutare", "Gweru", "Kwekwe"]),
        ("technology", "technology", ["fibre"]),
        ("technologies", "technology", ["wireless", "starlink"]),
        ("bucket and technologies", "bucket", ["31_60"]),
        ("bucket", "technology", []),
        ("buckets", "bucket", ["61_90", "over_120"]),
        ("all cities, buckets", "city", []),
        ("currency", "currency", "ZWG"),
        ("all currencies", "currency", "All"),
        ("no bucket", "bucket", []),
        ("in one currency", "converted", True),
        ("currencies apart", "converted", False),
        ("sort", "sort", "oldest_days"),
    ),
    "services.py": (
        ("search", "service_q", "customer 7"),
        ("no search", "service_q", ""),
        ("technology", "service_technology", ["fibre"]),
        ("technologies", "service_technology", ["wireless", "starlink"]),
        ("status", "service_status", ["ended"]),
        ("statuses", "service_status", ["active", "paused"]),
        ("city", "service_city", ["Mutare"]),
        ("all", "service_city", []),
    ),
}
DAYS_AGO = (1, 31, 95, 200)


@dataclass(frozen=True)
class Timing:
    """One rerun: what was changed and how long the page took."""

    step: str
    ms: float


class Still:
    """A runner that holds one snapshot and never syncs."""

    demo = False
    running = False
    progress = None
    last_error = None

    def __init__(self, snapshot: Snapshot) -> None:
        self.store = types.SimpleNamespace(current=lambda: snapshot, notice="")


def show(snapshot: Snapshot) -> None:
    """Make `snapshot` the one the pages show."""
    backend = runtime.Backend(Settings(), Still(snapshot))  # type: ignore[arg-type]
    runtime.backend = lambda: backend  # type: ignore[assignment]


def timed(action: Callable[[], Any]) -> float:
    """Return the milliseconds `action` takes, garbage collected before and not during it."""
    gc.collect()
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1_000


def visit(page: str) -> AppTest:
    """Open `page` in a new session."""
    opened = AppTest.from_file(str(MAIN), default_timeout=600).run()
    if page != "overview.py":
        opened.switch_page(page).run()
    failed(opened)
    return opened


def failed(opened: AppTest) -> None:
    """Stop the measurement when the page failed: a fast error is no result."""
    if opened.exception:
        raise SystemExit(f"the page failed: {opened.exception[0].message}")


def filter_timings(page: str, rounds: int) -> list[Timing]:
    """Return the median time of each filter step of `page`."""
    opened = visit(page)
    opened.run()
    found: dict[str, list[float]] = {}
    for step, key, value in FILTERS[page] * rounds:
        widget = choosable(opened, key, value)
        if widget is not None:
            widget.set_value(_company(widget, value) if key == "company" else value)
        found.setdefault(step, []).append(timed(opened.run))
        failed(opened)
    return medians(found)


def medians(found: dict[str, list[float]]) -> list[Timing]:
    """Return the median of each step's times."""
    return [Timing(step, statistics.median(times)) for step, times in found.items()]


def _company(widget: Any, place: str) -> str:
    options = list(widget.options)
    return options[{"all": 0, "first": 1, "second": -1}[place]]


def choosable(opened: AppTest, key: str, value: Any) -> Any:
    """Return the widget of that key when it can take `value` on this snapshot, else None."""
    try:
        widget = opened.get_by_key(key)
    except KeyError:
        return None
    options = getattr(widget, "options", None)
    return None if key in ("city", "service_city", "currency") and value and not options else widget


def day_timings(page: str, rounds: int) -> list[Timing]:
    """Return the median time of as-of dates about a day, a month, a quarter and longer ago; only Arrears has one."""
    if page != "arrears.py":
        return []
    opened = visit(page)
    today = formats.today(Settings().timezone)
    found: dict[str, list[float]] = {}
    for round_number in range(rounds):
        for days in DAYS_AGO:
            opened.date_input(key="as_of").set_value(today - timedelta(days=days + round_number))
            found.setdefault(f"about {days} days ago", []).append(timed(opened.run))
            failed(opened)
    return medians(found)


def measure(lines: int, rounds: int) -> dict[str, tuple[list[Timing], list[Timing]]]:
    """Return the timings of every page on `lines` receivable lines (0 = an empty snapshot)."""
    frames = synthetic_frames(lines) if lines else empty_frames()
    show(Snapshot.from_frames(frames, odoo_url="https://erp.example.com", odoo_version="19.0"))
    return {page: (filter_timings(page, rounds), day_timings(page, rounds)) for page in FILTERS}


def main(sizes: Iterable[int], rounds: int, verbose: bool) -> int:
    """Measure, print a table, and return 1 when a limit is broken at the largest size."""
    logging.disable(logging.WARNING)
    base: dict[str, tuple[float, float]] = {}
    broken = []
    print(f"{'page':<12}{'lines':>10}{'new filter value':>34}{'new as-of date':>34}")
    print(f"{'':<12}{'':>10}{'median ms / worst ms (over empty)':>34}{'median ms / worst ms (over empty)':>34}")
    for lines in sizes:
        for page, (filtered, dated) in measure(lines, rounds).items():
            empty = base.setdefault(
                page,
                (statistics.median(one.ms for one in filtered), statistics.median([one.ms for one in dated] or [0.0])),
            )
            cells = [_cell(filtered, empty[0]), _cell(dated, empty[1])]
            print(f"{page:<12}{lines:>10,}{cells[0]:>34}{cells[1]:>34}", flush=True)
            if verbose:
                for one in (*filtered, *dated):
                    print(f"    {one.step:<28}{one.ms:>9.0f} ms")
            for timings, limit, over in ((filtered, FILTER_LIMIT_MS, empty[0]), (dated, DAY_LIMIT_MS, empty[1])):
                broken += [
                    f"{page}, {lines:,} lines, {one.step}: {one.ms - over:.0f} ms over empty, limit {limit:.0f}"
                    for one in timings
                    if one.ms - over > limit
                ]
    for sentence in broken:
        print(f"OVER THE LIMIT: {sentence}")
    return 1 if broken else 0


def _cell(timings: list[Timing], empty: float) -> str:
    if not timings:
        return "none"
    median, worst = statistics.median(one.ms for one in timings), max(one.ms for one in timings)
    return f"{median:.0f} / {worst:.0f} (+{worst - empty:.0f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--lines", type=int, nargs="*", default=list(SIZES), help="receivable lines; 0 = empty, goes first"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each step is measured")
    parser.add_argument("--verbose", action="store_true", help="print every rerun")
    chosen = parser.parse_args()
    raise SystemExit(main(chosen.lines, chosen.rounds, chosen.verbose))
