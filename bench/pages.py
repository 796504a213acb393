"""How long a page takes to answer, from an empty snapshot to a million receivable lines: `python bench/pages.py`.

Each page runs as a visitor sees it (Streamlit's own test runner: the whole script, filters to drawn elements), in one
process and on frames made in memory. Measured: a rerun with another filter value (nothing is kept by filter value, so
each is as new as the first) or another chosen record, and with a new as-of date. The limits: at a million lines at most
250 ms more than the same page on an empty snapshot, at most 1 s more for a new as-of date. Each step is the median of
several rounds.
"""

from __future__ import annotations

import argparse
import gc
import logging
import statistics
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from streamlit.testing.v1 import AppTest

from bench.synthetic import synthetic_frames
from odoo_client.actions.outbox import Outbox
from odoo_client.actions.sender import Sender, service_clients
from odoo_client.audit import AuditLog
from odoo_client.config import Settings
from odoo_client.snapshot import Snapshot
from pages.ui import formats, runtime
from pages.ui.menu import PAGES
from tests.builders import empty_frames

MAIN = ROOT / "pages" / "main.py"
#: What the pages keep of their own, gone with the measurement.
KEPT = tempfile.TemporaryDirectory(prefix="bench-pages-")
FOLDER = Path(KEPT.name)
FILTER_LIMIT_MS = 250.0
DAY_LIMIT_MS = 1_000.0
#: Pages that show what was entered or happened here, and nothing of a snapshot.
WITHOUT_FIGURES = ("outbox", "audit")
SIZES = (0, 10_000, 100_000, 1_000_000)
#: Step, widget and value, in turn; where a snapshot has no such choice the page is run again as it is. `?name` is a
#: record or a view in the address instead of a widget.
Steps = tuple[tuple[str, str, Any], ...]
FILTERS: dict[str, Steps] = {
    "overview.py": (
        ("one company", "company", "first"),
        ("another", "company", "second"),
        ("all", "company", "all"),
        ("payments of yesterday", "?rows", "payments"),
        ("orders of yesterday", "?rows", "orders_confirmed"),
        ("invoices of the month", "?rows", "month_invoices"),
        ("none", "?rows", ""),
    ),
    "customers.py": (
        ("search by name", "find", "customer 12"),
        ("search by phone", "find", "774 123"),
        ("search by e-mail", "find", "c77@example.com"),
        ("search by reference", "find", "AF321"),
        ("search by ticket", "find", "HT123"),
        ("search by invoice", "find", "MOVE/1234"),
        ("no search", "find", ""),
        ("one customer", "?customer", "31"),
        ("billing", "section", "Billing"),
        ("another", "?customer", "411"),
        ("timeline", "section", "Timeline"),
        ("a third", "?customer", "523"),
        ("none", "?customer", ""),
    ),
    "billing.py": (
        ("search by name", "bill_q", "customer 12"),
        ("search by number", "bill_q", "MOVE/12"),
        ("no search", "bill_q", ""),
        ("last month", "bill_period", "last_month"),
        ("all time", "bill_period", "all"),
        ("payments", "bill_view", "payments"),
        ("method", "bill_method", ["Mobile money"]),
        ("methods", "bill_method", ["Mobile money", "Cheque"]),
        ("journal", "bill_journal", ["EcoCash"]),
        ("technology", "bill_technology", ["starlink"]),
        ("technologies", "bill_technology", ["fibre", "wireless"]),
        ("status", "bill_status", ["unallocated"]),
        ("no status", "bill_status", []),
        ("currency", "bill_currency", "ZWG"),
        ("largest", "bill_sort", "largest"),
        ("without customer", "bill_view", "unnamed"),
        ("by month", "bill_view", "months"),
        ("invoices", "bill_view", "invoices"),
        ("no journal", "bill_journal", []),
        ("no method", "bill_method", []),
        ("no technology", "bill_technology", []),
        ("all currencies", "bill_currency", "All"),
        ("this month", "bill_period", "month"),
        ("newest", "bill_sort", "newest"),
    ),
    "payments.py": (
        ("enter", "payments_show", "Enter a proof"),
        ("search by name", "payment_find", "customer 12"),
        ("no search", "payment_find", ""),
        ("decide", "payments_show", "Decide"),
    ),
    "contacts.py": (
        ("search", "contact_q", "customer 12"),
        ("no search", "contact_q", ""),
        ("owing", "contact_owing", True),
        ("all", "contact_owing", False),
        ("portal links", "contacts_part", "Portal links"),
        ("check", "contacts_part", "Check"),
    ),
    "tickets.py": (
        ("search", "ticket_q", "caller 12"),
        ("search by number", "ticket_q", "HT99"),
        ("no search", "ticket_q", ""),
        ("team", "ticket_team", ["Field North"]),
        ("teams", "ticket_team", ["Field North", "Billing"]),
        ("assignee", "ticket_assignee", ["Person 7"]),
        ("nobody", "ticket_assignee", ["Unassigned"]),
        ("anybody", "ticket_assignee", []),
        ("any team", "ticket_team", []),
        ("stage", "ticket_stage", ["On site"]),
        ("any stage", "ticket_stage", []),
        ("priority", "ticket_priority", [3, 2]),
        ("technology", "ticket_technology", ["starlink"]),
        ("any technology", "ticket_technology", []),
        ("any priority", "ticket_priority", []),
        ("waiting for us", "ticket_waiting", ["us"]),
        ("age", "ticket_age", ["3d", "1w"]),
        ("any age", "ticket_age", []),
        ("all tickets", "ticket_show", "all"),
        ("closed", "ticket_show", "closed"),
        ("newest", "ticket_sort", "newest"),
        ("open", "ticket_show", "open"),
        ("no reply", "ticket_reply", "none"),
        ("any reply", "ticket_reply", "any"),
        ("any waiting", "ticket_waiting", []),
        ("wallboard", "?wall", "1"),
        ("no wallboard", "?wall", ""),
    ),
    "orders.py": (
        ("search", "order_q", "S1234"),
        ("search by name", "order_q", "customer 77"),
        ("no search", "order_q", ""),
        ("technology", "order_technology", ["starlink"]),
        ("technologies", "order_technology", ["fibre", "wireless"]),
        ("salesperson", "order_salesperson", ["Person 5"]),
        ("anybody", "order_salesperson", []),
        ("city", "order_city", ["Mutare"]),
        ("any city", "order_city", []),
        ("currency", "order_currency", "ZWG"),
        ("all currencies", "order_currency", "All"),
        ("all orders", "order_show", "all"),
        ("stage", "order_stage", ["delivered"]),
        ("stages", "order_stage", ["confirmed", "invoiced"]),
        ("largest", "order_sort", "largest"),
        ("one order", "?order", "4321"),
        ("none", "?order", ""),
        ("any stage", "order_stage", []),
        ("stuck", "order_show", "stuck"),
        ("any technology", "order_technology", []),
        ("open", "order_show", "open"),
    ),
    "products.py": (
        ("search", "product_q", "fibre 50"),
        ("no search", "product_q", ""),
        ("technology", "product_technology", ["starlink"]),
        ("any technology", "product_technology", []),
        ("one product", "?product", "12"),
        ("another", "?product", "44"),
        ("none", "?product", ""),
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
        ("6 months", "months", 6),
        ("24 months", "months", 24),
        ("12 months", "months", 12),
    ),
}
#: Widgets whose choices are names in the snapshot: an empty one has none of them.
NAMED = {
    *("city", "service_city", "currency", "bill_journal", "bill_method", "bill_currency", "ticket_team"),
    *("ticket_assignee", "ticket_stage", "order_salesperson", "order_city", "order_currency"),
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
    settings = Settings(auth="none")
    audit = AuditLog(FOLDER / "audit.sqlite3")
    # It is looked into and never sent from: nothing starts it.
    sender = Sender(settings, Outbox(FOLDER / "outbox.sqlite3"), service_clients(settings), {}, audit)
    backend = runtime.Backend(settings, Still(snapshot), audit, sender=sender)  # type: ignore[arg-type]
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
        if key.startswith("?"):
            address(opened, key[1:], value)
        elif (widget := choosable(opened, key, value)) is not None:
            widget.set_value(_company(widget, value) if key == "company" else value)
        found.setdefault(step, []).append(timed(opened.run))
        failed(opened)
    return medians(found)


def address(opened: AppTest, name: str, value: str) -> None:
    """Put a record or a view into the address, "" takes it out."""
    if value:
        opened.query_params[name] = value
    elif name in opened.query_params:
        del opened.query_params[name]


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
    wanted = value if isinstance(value, list) else [value]
    return None if key in NAMED and not set(wanted) <= set(widget.options) else widget


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


def navigation() -> list[str]:
    """Return the files of the pages that draw figures; one without steps of its own stops the measurement."""
    pages = [f"{name}.py" for name in PAGES if name not in WITHOUT_FIGURES]
    if without := [page for page in pages if not FILTERS.get(page)]:
        raise SystemExit(f"bench/pages.py has no steps for {', '.join(without)}: add them to FILTERS.")
    return pages


def measure(lines: int, rounds: int, pages: Iterable[str]) -> dict[str, tuple[list[Timing], list[Timing]]]:
    """Return the timings of each page on `lines` receivable lines (0 = an empty snapshot)."""
    frames = synthetic_frames(lines) if lines else empty_frames()
    show(Snapshot.from_frames(frames, odoo_url="https://erp.example.com", odoo_version="19.0"))
    return {page: (filter_timings(page, rounds), day_timings(page, rounds)) for page in pages}


def main(sizes: Iterable[int], rounds: int, verbose: bool, pages: Iterable[str]) -> int:
    """Measure, print a table, and return 1 when a limit is broken at the largest size."""
    logging.disable(logging.WARNING)
    base: dict[str, tuple[float, float]] = {}
    broken = []
    print(f"{'page':<12}{'lines':>10}{'new filter value':>34}{'new as-of date':>34}")
    print(f"{'':<12}{'':>10}{'median ms / worst ms (over empty)':>34}{'median ms / worst ms (over empty)':>34}")
    for lines in sizes:
        for page, (filtered, dated) in measure(lines, rounds, pages).items():
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
    parser.add_argument("--page", nargs="*", choices=navigation(), help="only these pages")
    chosen = parser.parse_args()
    raise SystemExit(main(chosen.lines, chosen.rounds, chosen.verbose, chosen.page or navigation()))
