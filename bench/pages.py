"""How long a page takes to answer, from an empty snapshot to a million receivable lines: `python bench/pages.py`.

Each page runs as a visitor sees it (Streamlit's own test runner: the whole script, filters to drawn elements), in one
process and on frames made in memory. Measured: a rerun with another filter value (nothing is kept by filter value but
the company, so each is as new as the first) or another chosen record, and with a new as-of date. The limits: at a
million lines at most 250 ms more than the same page on an empty snapshot, at most 1 s more for a new as-of date. Each
step is the median of several rounds, and each round runs the empty page right beside the full one: both have the same
machine. A step is over its limit where the clock and the processor's time both say so: the clock alone also counts what
other programs do meanwhile, and a page waits for nothing. What is over is named, and the exit code is then 1.
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
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from streamlit.testing.v1 import AppTest

from bench.synthetic import synthetic_frames
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import Sender, service_clients
from odoo_client.config import Settings
from odoo_client.people.audit import AuditLog
from odoo_client.store.snapshot import Snapshot
from pages.ui import formats
from pages.ui.menu import PAGES
from pages.ui.session import backend as runtime
from tests.builders import empty_frames

MAIN = ROOT / "pages" / "main.py"
#: What the pages keep of their own, gone with the measurement.
KEPT = tempfile.TemporaryDirectory(prefix="bench-pages-")
FOLDER = Path(KEPT.name)
FILTER_LIMIT_MS = 250.0
DAY_LIMIT_MS = 1_000.0
#: Pages that show what was entered or happened here, and nothing of a snapshot.
WITHOUT_FIGURES = ("outbox", "audit")
SIZES = (10_000, 100_000, 1_000_000)
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
        ("search by name", "payment_find_0", "customer 12"),
        ("no search", "payment_find_0", ""),
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
#: What is changed on a page, step by step.
Changes = Sequence[tuple[str, Callable[[AppTest], None]]]


@dataclass(frozen=True)
class Cost:
    """What a rerun took, by the clock and of the processors."""

    ms: float
    cpu_ms: float


@dataclass(frozen=True)
class Timing:
    """One step: what was changed, and what a rerun of the page took, over the snapshot and over an empty one."""

    step: str
    full: Cost
    empty: Cost


@dataclass(frozen=True)
class Timings:
    """The steps of a page, and the middle of what it takes over an empty snapshot."""

    steps: list[Timing]
    empty: Cost

    def over_ms(self, one: Timing) -> float:
        """Return what a step takes more than the empty page, by the clock or of the processors, whichever is less."""
        return min(one.full.ms - self.empty.ms, one.full.cpu_ms - self.empty.cpu_ms)


class Still:
    """A runner that holds one snapshot and never syncs."""

    demo = False
    running = is_waited_for = False
    progress = None
    last_error = None

    def __init__(self, snapshot: Snapshot) -> None:
        self.store = types.SimpleNamespace(current=lambda: snapshot, notice="")


def backend_of(frames: Mapping[str, Any]) -> runtime.Backend:
    """Return the pages' backend over a snapshot of these frames."""
    snapshot = Snapshot.from_frames(dict(frames), odoo_url="https://erp.example.com", odoo_version="19.0")
    settings = Settings(auth="none")
    audit = AuditLog(FOLDER / "audit.sqlite3")
    # It is only read, never sent from: nothing starts it.
    sender = Sender(settings, Outbox(FOLDER / "outbox.sqlite3"), service_clients(settings), {}, audit)
    return runtime.Backend(settings, Still(snapshot), audit, sender=sender)  # type: ignore[arg-type]  # all of a runner that pages ask


def timed(action: Callable[[], Any]) -> Cost:
    """Return what `action` takes, garbage collected before and not during it."""
    gc.collect()
    started, worked = time.perf_counter(), time.process_time()
    action()
    return Cost((time.perf_counter() - started) * 1_000, (time.process_time() - worked) * 1_000)


class Visitor:
    """Somebody with a page open over one backend."""

    def __init__(self, backend: runtime.Backend, page: str) -> None:
        self.backend = backend
        with self.looking():
            self.page = AppTest.from_file(str(MAIN), default_timeout=600).run()
            if page != "overview.py":
                self.page.switch_page(page).run()
            self.page.run()
        failed(self.page)

    def looking(self) -> AbstractContextManager[object]:
        """Make the pages show this visitor's snapshot."""

        def theirs() -> runtime.Backend:
            return self.backend

        return mock.patch.object(runtime, "backend", theirs)

    def rerun(self, change: Callable[[AppTest], None]) -> Cost:
        """Change something on the page and return what running it took."""
        with self.looking():
            change(self.page)
            cost = timed(self.page.run)
        failed(self.page)
        return cost


def failed(opened: AppTest) -> None:
    """Stop the measurement when the page failed: a fast error is no result."""
    if opened.exception:
        raise SystemExit(f"the page failed: {opened.exception[0].message}")


def timings(page: str, full: runtime.Backend, empty: runtime.Backend, changes: Changes) -> Timings:
    """Return the median cost of each change of `page`, made over both snapshots in turn."""
    visitors = Visitor(full, page), Visitor(empty, page)
    found: dict[str, tuple[list[Cost], list[Cost]]] = {}
    for step, change in changes:
        for visitor, costs in zip(visitors, found.setdefault(step, ([], [])), strict=True):
            costs.append(visitor.rerun(change))
    steps = [Timing(step, middle(costs), middle(bare)) for step, (costs, bare) in found.items()]
    return Timings(steps, middle(cost for _costs, bare in found.values() for cost in bare))


def middle(costs: Iterable[Cost]) -> Cost:
    """Return the median of the clock and that of the processors' time."""
    every = list(costs)
    return Cost(statistics.median(one.ms for one in every), statistics.median(one.cpu_ms for one in every))


def filter_changes(page: str, rounds: int) -> Changes:
    """Return each filter step of `page`, `rounds` times."""
    return [(step, partial(choose, key=key, value=value)) for step, key, value in FILTERS[page] * rounds]


def choose(opened: AppTest, key: str, value: Any) -> None:
    """Set a widget, or the address; where the snapshot has no such choice nothing changes."""
    if key.startswith("?"):
        address(opened, key[1:], value)
    elif (widget := choosable(opened, key, value)) is not None:
        widget.set_value(_company(widget, value) if key == "company" else value)


def address(opened: AppTest, name: str, value: str) -> None:
    """Put a record or a view into the address, "" takes it out."""
    if value:
        opened.query_params[name] = value
    elif name in opened.query_params:
        del opened.query_params[name]


def _company(widget: Any, place: str) -> str:
    options: list[str] = list(widget.options)
    return options[{"all": 0, "first": 1, "second": -1}[place]]


def choosable(opened: AppTest, key: str, value: Any) -> Any:
    """Return the widget of that key when it can take `value` on this snapshot, else None."""
    try:
        widget: Any = opened.get_by_key(key)
    except KeyError:
        return None
    wanted = value if isinstance(value, list) else [value]
    return None if key in NAMED and not set(wanted) <= set(widget.options) else widget


def day_changes(page: str, rounds: int) -> Changes:
    """Return as-of dates about a day, a month, a quarter and longer ago, each a new one; only Arrears has one."""
    today = formats.today(Settings().timezone)
    days = [(ago, today - timedelta(days=ago + number)) for number in range(rounds) for ago in DAYS_AGO]
    return [(f"about {ago} days ago", partial(choose_day, day=day)) for ago, day in days if page == "arrears.py"]


def choose_day(opened: AppTest, day: date) -> None:
    """Set the day that the page is about."""
    opened.date_input(key="as_of").set_value(day)


def navigation() -> list[str]:
    """Return the files of the pages that draw figures; one without steps of its own stops the measurement."""
    pages = [f"{name}.py" for name in PAGES if name not in WITHOUT_FIGURES]
    if without := [page for page in pages if not FILTERS.get(page)]:
        raise SystemExit(f"bench/pages.py has no steps for {', '.join(without)}: add them to FILTERS.")
    return pages


def main(sizes: Iterable[int], rounds: int, verbose: bool, pages: Iterable[str]) -> int:
    """Measure, print a table, and return 1 when a limit is broken."""
    logging.disable(logging.WARNING)
    empty = backend_of(empty_frames())
    broken = []
    print(f"{'page':<12}{'lines':>10}{'new filter value':>44}{'new as-of date':>44}")
    print(f"{'':<12}{'':>10}" + f"{'median / worst ms (worst over empty; CPU)':>44}" * 2)
    for lines in sizes:
        full = backend_of(synthetic_frames(lines) if lines else empty_frames())
        for page in pages:
            cells = []
            for changes, limit in (
                (filter_changes(page, rounds), FILTER_LIMIT_MS),
                (day_changes(page, rounds), DAY_LIMIT_MS),
            ):
                found = timings(page, full, empty, changes) if changes else None
                cells.append(_cell(found))
                broken += over_limit(found, limit, f"{page}, {lines:,} lines") if found else []
                for one in found.steps if found and verbose else ():
                    print(f"    {one.step:<28}{_costs(one.full)}, empty {_costs(one.empty)}")
            print(f"{page:<12}{lines:>10,}{cells[0]:>44}{cells[1]:>44}", flush=True)
    for sentence in broken:
        print(f"OVER THE LIMIT: {sentence}")
    return 1 if broken else 0


def over_limit(found: Timings, limit: float, where: str) -> list[str]:
    """Return a sentence for each step that takes more over an empty page than `limit`."""
    return [
        f"{where}, {one.step}: {found.over_ms(one):.0f} ms over empty, limit {limit:.0f}"
        for one in found.steps
        if found.over_ms(one) > limit
    ]


def _costs(cost: Cost) -> str:
    return f"{cost.ms:>7.0f} ms ({cost.cpu_ms:.0f} CPU)"


def _cell(found: Timings | None) -> str:
    if found is None:
        return "none"
    costs = [one.full for one in found.steps]
    clock, worked = max(one.ms for one in costs), max(one.cpu_ms for one in costs)
    half = statistics.median(one.ms for one in costs)
    return f"{half:.0f} / {clock:.0f} (+{clock - found.empty.ms:.0f}; CPU +{worked - found.empty.cpu_ms:.0f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--lines",
        type=int,
        nargs="*",
        default=list(SIZES),
        help="receivable lines; 0 = empty, for the noise of the machine",
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each step is measured")
    parser.add_argument("--verbose", action="store_true", help="print every rerun")
    parser.add_argument("--page", nargs="*", choices=navigation(), help="only these pages")
    chosen = parser.parse_args()
    raise SystemExit(main(chosen.lines, chosen.rounds, chosen.verbose, chosen.page or navigation()))
