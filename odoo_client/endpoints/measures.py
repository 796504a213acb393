"""What `/api/metrics` tells: what was counted as it happened, and what is looked up as somebody asks.

Looking up asks no Odoo and reads no snapshot from disk: what is in memory, and one small question to the outbox's file.
Labels are names of our own (a page, a dataset, a state), never one of a person, a customer or a host.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector

from odoo_client.actions.outbox.entry import STATES
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.endpoints import readiness
from odoo_client.errors import OutboxError
from odoo_client.people.sessions import Sessions
from odoo_client.rpc import http
from odoo_client.store import clock
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync.background import Mode, Outcome, SyncRunner

log = logging.getLogger(__name__)

#: Upper limits of the histograms' buckets, in seconds: an idle increment takes one or two, a full read many minutes.
SYNC_BOUNDS_S: Final = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
PAGE_BOUNDS_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True)
class Parts:
    """What of the running app is looked at; `outbox` and `sessions` are None where it has none."""

    runner: SyncRunner
    outbox: Outbox | None = None
    sessions: Sessions | None = None


class Measures:
    """All metrics of one process, in a registry of their own; safe to use from many threads.

    `parts` returns what runs now, None while nothing does; `tabs` how many browser tabs are connected.
    """

    def __init__(self, parts: Callable[[], Parts | None], tabs: Callable[[], int] = lambda: 0) -> None:
        self.registry = CollectorRegistry()
        self._sync_s = Histogram(
            "afinet_sync_duration",
            "How long syncs took that read Odoo, by `mode`: `full`, `changes`, or `partial` (some datasets)",
            ("mode",),
            unit="seconds",
            buckets=SYNC_BOUNDS_S,
            registry=self.registry,
        )
        self._syncs = Counter(
            "afinet_syncs",
            "Syncs that have ended, by `mode` and `outcome`: `read`, `joined` (another program's was taken over) or "
            "`failed`",
            ("mode", "outcome"),
            registry=self.registry,
        )
        self._page_s = Histogram(
            "afinet_page_duration",
            "How long whole pages took to draw, by `page`; parts that redraw themselves are left out",
            ("page",),
            unit="seconds",
            buckets=PAGE_BOUNDS_S,
            registry=self.registry,
        )
        self.registry.register(_LookedUp(parts, tabs))
        for mode in get_args(Mode):
            self._sync_s.labels(mode)
            for outcome in get_args(Outcome):
                # A counter that begins with its first failure would hide that one from `rate`.
                self._syncs.labels(mode, outcome)

    def synced(self, mode: Mode, outcome: Outcome, seconds_s: float) -> None:
        """Count a sync that has ended."""
        self._syncs.labels(mode, outcome).inc()
        if outcome == "read":
            self._sync_s.labels(mode).observe(seconds_s)

    def drawn(self, page: str, seconds_s: float) -> None:
        """Count a whole page that was drawn."""
        self._page_s.labels(page).observe(seconds_s)

    def text(self) -> bytes:
        """Return all of it as OpenMetrics."""
        text: bytes = generate_latest(self.registry)  # type: ignore[no-untyped-call]  # it has no types of its own
        return text


class _LookedUp(Collector):
    """What is told as it is at the moment of asking."""

    def __init__(self, parts: Callable[[], Parts | None], tabs: Callable[[], int]) -> None:
        self._parts = parts
        self._tabs = tabs

    def describe(self) -> Iterable[Metric]:
        """Return what there is, without looking anything up."""
        return self._families(None, None)

    def collect(self) -> Iterable[Metric]:
        """Return what there is now. Metrics of what cannot be looked up have no samples."""
        return self._families(self._parts(), self._tabs())

    def _families(self, parts: Parts | None, open_tabs: int | None) -> Iterator[Metric]:
        received = CounterMetricFamily(
            "afinet_odoo_received", "Bytes read from Odoo, unpacked, by syncs and pages alike", unit="bytes"
        )
        received.add_metric([], http.IN_ALL.size_bytes)
        yield received
        tabs = GaugeMetricFamily("afinet_open_tabs", "Browser tabs that are connected, signed in or not")
        if open_tabs is not None:
            tabs.add_metric([], open_tabs)
        yield tabs
        snapshot = None if parts is None else parts.runner.store.held()
        yield from _of_readiness(parts, snapshot)
        yield from _of_snapshot(snapshot)
        yield _of_outbox(None if parts is None else parts.outbox)
        sessions = GaugeMetricFamily("afinet_sessions", "Sessions of people who are signed in")
        if parts is not None:
            sessions.add_metric([], 0 if parts.sessions is None else parts.sessions.open_now())
        yield sessions


def _of_readiness(parts: Parts | None, snapshot: Snapshot | None) -> Iterator[Metric]:
    ready = GaugeMetricFamily("afinet_ready", "1 when figures can be shown, else 0")
    ready.add_metric([], snapshot is not None)
    yield ready
    problem = GaugeMetricFamily(
        "afinet_problem", "1 for each `reason` that `/api/ready` could give now, else 0", labels=("reason",)
    )
    if parts is not None:
        codes = {one.code for one in readiness.reasons(parts.runner, snapshot)}
        for code in readiness.CODES:
            problem.add_metric([code], code in codes)
    yield problem


def _of_snapshot(snapshot: Snapshot | None) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "afinet_figures_age",
        "Age of the dataset that was read longest ago; none while a wrong clock hides it",
        unit="seconds",
    )
    taken = GaugeMetricFamily(
        "afinet_sync_last_success_timestamp",
        "When the newest snapshot was taken, since 1970",
        unit="seconds",
    )
    rows = GaugeMetricFamily("afinet_dataset_rows", "Rows in the newest snapshot, by `dataset`", labels=("dataset",))
    if snapshot is not None:
        if not snapshot.is_of_the_future():
            age.add_metric([], clock.age_s(snapshot.read_at()))
        taken.add_metric([], snapshot.meta.taken_at.timestamp())
        for name, info in snapshot.info.items():
            rows.add_metric([name], info.rows)
    yield from (age, taken, rows)


def _of_outbox(outbox: Outbox | None) -> Metric:
    entries = GaugeMetricFamily(
        "afinet_outbox_entries",
        f"Entries of the outbox, by `state`: {', '.join(f'`{state}`' for state in STATES)}; none while its file cannot "
        "be read",
        labels=("state",),
    )
    if outbox is not None:
        try:
            counts = outbox.counts()
        except OutboxError as exc:
            log.warning("%s", exc)
        else:
            for state in STATES:
                entries.add_metric([state], counts.get(state, 0))
    return entries
