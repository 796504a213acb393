"""Bring the snapshot up to date: in full or by what changed, proven by control totals, one writer at a time.

An increment asks which rows were written lately and how many there are in all (see `changes`), and reads those that
differ. Equal counts and sums are no proof, so all ids are compared every few hours and everything is read once a day.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import pandas as pd

from odoo_client.config import Settings
from odoo_client.datasets import DATASETS
from odoo_client.datasets.base import Dataset
from odoo_client.datasets.payments import read_links
from odoo_client.datasets.tickets import priority_names
from odoo_client.errors import SnapshotCorruptError
from odoo_client.frames.odd_values import OddValues
from odoo_client.rpc.client import OdooClient
from odoo_client.store import clock
from odoo_client.store.file_lock import writer_lock
from odoo_client.store.snapshot import (
    OF_THE_FUTURE,
    ControlTotal,
    FrameInfo,
    NonTradeTotal,
    Snapshot,
    SnapshotMeta,
    SnapshotStore,
)
from odoo_client.sync.basis import reason_to_read_all
from odoo_client.sync.derive import DERIVED_FROM
from odoo_client.sync.ledger_tie import LINES, LedgerTie
from odoo_client.sync.own_faults import naming
from odoo_client.sync.pull import Puller
from odoo_client.sync.rows import DatasetReport
from odoo_client.sync.session import SyncSession
from odoo_client.sync.suspects import BELONGS_TO, POINTED_TO

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SyncProgress:
    """How far one dataset is: rows so far of those expected (0 = not known yet)."""

    dataset: str
    rows: int
    total: int
    position: int
    datasets: int


@dataclass(frozen=True)
class SyncReport:
    """The outcome of a sync: the snapshot written, a report a dataset, seconds and bytes of it all.

    `joined` = another sync was under way and its result was taken over; nothing was read. `replaced` says what was
    wrong with the previous snapshot, where it could not be built on ("" = nothing).
    """

    snapshot: Snapshot
    datasets: tuple[DatasetReport, ...]
    seconds_s: float
    bytes_received: int
    joined: bool = False
    replaced: str = ""


def run_sync(
    settings: Settings,
    store: SnapshotStore,
    *,
    full: bool = False,
    groups: Collection[str] | None = None,
    customer_ids: Sequence[int] | None = None,
    progress: Callable[[SyncProgress], None] | None = None,
    client: OdooClient | None = None,
    session: SyncSession | None = None,
    demo: bool = False,
) -> SyncReport:
    """Read what `groups` (None = all) need and write one whole new snapshot; return what was moved.

    Without a snapshot to build on, or with a damaged one, all is read in full. `customer_ids` reads only these
    partners' rows. A second sync of everything that had to wait for a first one takes over its result; one of some
    datasets reads them all the same, since the first may have read them before they changed. `session` is what this
    process keeps from one sync to the next (None: nothing). Raises OdooError when Odoo cannot be read and
    SnapshotWriteError when the disk cannot hold the result; in both cases the last snapshot stays current.
    """
    known = store.sequence()
    with writer_lock(store.folder):
        before = _readable(store)
        asked_whole = groups is None and customer_ids is None
        if before is not None and asked_whole and _covers(before, known, full):
            return SyncReport(before, (), 0.0, 0, joined=True)
        started = time.monotonic()
        session = session or SyncSession(settings)
        client = client or session.client()
        at = client.stats.snapshot().bytes_received
        stamps = store.stamps(before) if before is not None else {}
        run = _Run(settings, client, before, stamps, session, full, groups, customer_ids)
        run.read(progress)
        snapshot = store.write(run.snapshot(demo))
        session.wrote(snapshot, run.puller.tied)
        received = client.stats.snapshot().bytes_received - at
        seconds_s = time.monotonic() - started
        return SyncReport(snapshot, tuple(run.puller.reports), seconds_s, received, replaced=run.replaced)


def _covers(now: Snapshot, known: int, full: bool) -> bool:
    """Return whether a sync that ended while this one waited did what this one was asked to do.

    `known` is the number of the newest snapshot when it began to wait.
    """
    since = now.meta.full_sequence if full else now.meta.whole_sequence
    return since > known and not now.is_of_the_future()


def _readable(store: SnapshotStore) -> Snapshot | None:
    """Return the snapshot to build on: none when the newest is damaged, so that everything is read again."""
    try:
        snapshot = store.current()
    except SnapshotCorruptError as exc:
        log.warning("%s", exc)
        return None
    return None if store.newest_is_damaged() else snapshot


INVOICE_LINES: Final = next(one for one in DATASETS if one.name == "invoice_lines")
#: Dataset → those that are read before it. The invoices say whether their lines are looked at: see `Plan.beside`.
_BEFORE: Final[Mapping[str, tuple[str, ...]]] = {
    INVOICE_LINES.name: ("invoices",),
    **{name: (by,) for name, (by, _column) in BELONGS_TO.items()},
}


def _stage(dataset: Dataset) -> int:
    """Return when a dataset's turn comes: after those that its plan, or whoever owns its rows, is taken from."""
    if dataset.name == INVOICE_LINES.name:
        # As a rule it asks nothing then, and would only keep others waiting.
        return 4
    if dataset.owners is not None:
        return 3
    if dataset.small or dataset.name in POINTED_TO:
        return 0
    return 2 if dataset.name in BELONGS_TO else 1


def _needs(dataset: Dataset) -> frozenset[str]:
    """Return the datasets that must have been read before it is."""
    if not _stage(dataset):
        return frozenset()
    first = (each.name for each in DATASETS if not _stage(each))
    owners = dataset.owners.frames if dataset.owners is not None else ()
    return frozenset((*first, *owners, *_BEFORE.get(dataset.name, ())))


def _in_turn(needed: Sequence[Future[None]], work: Callable[[], None]) -> None:
    """Work once what is needed is there. Raises what went wrong with it."""
    for one in needed:
        one.result()
    work()


class _Run:
    """One sync under way."""

    def __init__(
        self,
        settings: Settings,
        client: OdooClient,
        before: Snapshot | None,
        stamps: Mapping[str, pd.DataFrame],
        session: SyncSession,
        full: bool,
        groups: Collection[str] | None,
        customer_ids: Sequence[int] | None,
    ) -> None:
        self._settings = settings
        self._client = client
        self._session = session
        self._before = before.meta if before is not None else None
        self._held = before
        self._now = datetime.now(UTC)
        reason = reason_to_read_all(before, client, self._now)
        if reason and before is not None:
            log.warning("everything is read again: %s", reason)
        self.replaced = reason if reason == OF_THE_FUTURE else ""
        self._full = full or bool(reason)
        self._groups = None if self._full or groups is None else {"base", *groups}
        # A sync of some datasets or of one customer does not replace the regular comparison of all ids.
        self._whole = self._groups is None and customer_ids is None
        checked = self._before.ids_checked_at if self._before is not None else None
        self._ids_due = self._full or (self._whole and clock.is_due(checked, settings.sync_ids_every_h, self._now))
        #: Whether receivable lines are read whole, because Odoo's totals contradict them or everything is.
        self._lines_whole = self._full or self._contradicted(customer_ids)
        self.puller = Puller(
            settings,
            client,
            before,
            stamps=stamps,
            layouts=session.layouts(before),
            compared=session.compared,
            tied=session.tied(before),
            now=self._now,
            full=self._full,
            ids_due=self._ids_due,
            whole={LINES.name} if self._lines_whole else set(),
            customer_ids=customer_ids,
        )
        self._totals: tuple[ControlTotal, ...] | None = None
        self._non_trade: tuple[NonTradeTotal, ...] = self._before.non_trade_totals if self._before is not None else ()
        self._ledger = LedgerTie(client, self.puller, self._non_trade)

    def read(self, progress: Callable[[SyncProgress], None] | None) -> None:
        """Read every dataset that is wanted, then tie the ledger to Odoo's own totals."""
        at_once = 1 if self._client.gentle else min(2, self._settings.odoo_parallel_reads)
        ordered = sorted(DATASETS, key=_stage)
        tasks: dict[str, Future[None]] = {}
        with ThreadPoolExecutor(at_once, "odoo-dataset") as pool:

            def submit(name: str, needed: Collection[str], work: Callable[[], None]) -> None:
                # What is needed was submitted before, so that it runs already, however few threads there are.
                waited_for = [tasks[one] for one in needed]
                tasks[name] = pool.submit(copy_context().run, _in_turn, waited_for, work)

            try:
                last = ""
                for dataset in ordered:
                    needed = _needs(dataset)
                    if self._full and _stage(dataset):
                        # A dataset that is read in full is itself read in ranges, several at a time.
                        needed |= {last}
                    elif dataset.name == LINES.name and self._wants(INVOICE_LINES.group):
                        # While the lines are read, which takes long.
                        submit("glance", needed, partial(self.puller.glance, INVOICE_LINES))
                    elif dataset.name == INVOICE_LINES.name:
                        needed |= {"glance"} & set(tasks)
                    if dataset is ordered[-1]:
                        for ask in self._ledger.questions if self._wants("ledger") else ():
                            submit(ask.__name__, (LINES.name,), ask)
                    submit(dataset.name, needed, partial(self._read_one, dataset, progress))
                    last = dataset.name
                for task in tasks.values():
                    task.result()
            finally:
                pool.shutdown(cancel_futures=True)
        self.puller.put_in_order([dataset.name for dataset in DATASETS])
        probe, info = self.puller.probe, self.puller.info
        with naming("payment_invoices", {"payment_invoices": "account.payment"}):
            odd = OddValues()
            links, read_again = self._links(odd)
        probe.frames["payment_invoices"] = links
        if read_again or self._before is None:
            info["payment_invoices"] = FrameInfo(len(links), self._now).with_odd(odd.found())
        elif self._held is not None:
            info["payment_invoices"] = replace(self._held.info["payment_invoices"], read_at=info["payments"].read_at)
        if self._wants("ledger"):
            self._totals, self._non_trade = self._ledger.totals()

    def _read_one(self, dataset: Dataset, progress: Callable[[SyncProgress], None] | None) -> None:
        def notify(rows: int, total: int) -> None:
            if progress is not None:
                progress(SyncProgress(dataset.name, rows, total, DATASETS.index(dataset), len(DATASETS)))

        if self._wants(dataset.group):
            self.puller.pull(dataset, notify)
        else:
            self.puller.keep(dataset)

    def _links(self, odd: OddValues) -> tuple[pd.DataFrame, bool]:
        """Return the invoices that payments name, and whether they were read: no payment has another list unwritten.

        Those of settled payments are kept from the previous snapshot.
        """
        payments = next(one for one in self.puller.reports if one.name == "payments")
        known = self._held.frame("payment_invoices") if self._held and "payment_invoices" in self._held else None
        if known is not None and not (self._full or payments.touched or payments.changed):
            return known, False
        readable, held, since = self.puller.info["payments"].state == "ok", None, ""
        # A release without bank lines kept no links of settled payments.
        if not self._full and self._held is not None and "deductions" in self._held:
            info = self._held.info["payments"]
            held, since = known, self.puller.moments.since("payments", info).compared if info.watermark else ""
        links = read_links(self.puller.probe, odd, readable=readable, held=held, since=since)
        return (known if known is not None and links.equals(known) else links), True

    def _wants(self, group: str) -> bool:
        return self._groups is None or group in self._groups

    def _contradicted(self, customer_ids: Sequence[int] | None) -> bool:
        """Return whether lines that do not tie must be read whole now: once for each company and currency.

        One that stays contradicted is read whole again only after as long as lies between two full reads.
        """
        if self._before is None or customer_ids is not None or not self._wants(LINES.group):
            return False
        due = self._before.whole_reading_due(self._settings.sync_full_every_h, self._now)
        if due:
            log.warning("receivable lines differ from Odoo's own totals: all of them are read again")
        return due

    def _read_whole_for(self, now: SnapshotMeta) -> SnapshotMeta:
        """Return `now` with the contradictions that a whole reading did not settle."""
        if self._lines_whole:
            return replace(now, read_whole_for=tuple(sorted(now.contradicted)), read_whole_at=self._now)
        known = self._before.read_whole_for if self._before is not None else ()
        left = tuple(one for one in known if one in now.contradicted)
        at = self._before.read_whole_at if self._before is not None and left else None
        return replace(now, read_whole_for=left, read_whole_at=at)

    def snapshot(self, demo: bool) -> Snapshot:
        """Return what was read, completed by what is derived, as a snapshot that is not stored yet."""
        today = self._now.astimezone(ZoneInfo(self._settings.timezone)).date()
        puller, held = self.puller, self._session.held(self._held)
        changed = {name for name in puller.probe.frames if not self._same(name)}
        derived = self._session.derivation.run(
            puller.probe.frames, self._settings, today, puller.models, before=held, changed=changed
        )
        info = dict(self.puller.info)
        for name, parts in DERIVED_FROM.items():
            # What could not be read in one part is missing from what is made of it.
            odd = tuple(one for part in parts for one in info[part].odd)
            read_at = min(info[part].read_at for part in parts)
            info[name] = FrameInfo(len(derived.frames[name]), read_at).with_odd(odd)
        info["services"] = replace(info["services"], source=derived.services_source)
        info = self._with_rights(info)
        before = self._before
        kept_totals = before.control_totals if before is not None else ()
        meta = SnapshotMeta(
            snapshot_id=uuid4().hex,
            taken_at=datetime.now(UTC),
            demo=demo,
            odoo_url=self._settings.odoo_url or "",
            odoo_version=self._client.version.text,
            edition=self._client.edition,
            protocol=self._client.protocol,
            complete=all(one.state in ("ok", "missing") for one in info.values()),
            whole=self._whole,
            warnings=self._clock_warning(),
            control_totals=kept_totals if self._totals is None else self._totals,
            non_trade_totals=self._non_trade,
            full_at=self._now if self._full else before.full_at if before is not None else None,
            ids_checked_at=self._now if self._ids_due else before.ids_checked_at if before is not None else None,
            company_ids=tuple(self._client.company_ids),
            full=self._full,
            ticket_priorities=self._ticket_priorities(),
        )
        meta = self._read_whole_for(meta)
        return Snapshot.from_frames(derived.frames, info=info, meta=meta, stamps=puller.stamps)

    def _same(self, name: str) -> bool:
        """Return whether a frame is that of the previous snapshot itself."""
        held = self._held
        return held is not None and name in held and held.frame(name) is self.puller.probe.frames[name]

    def _ticket_priorities(self) -> tuple[str, ...]:
        """Return what Odoo calls the priorities of tickets; where tickets may not be read, those known before."""
        if self.puller.info["tickets"].state == "ok":
            return priority_names(self.puller.probe)
        return self._before.ticket_priorities if self._before is not None else ()

    def _clock_warning(self) -> tuple[str, ...]:
        skew_s = self._client.server_clock_skew_s
        if skew_s is None or abs(skew_s) < clock.TOLERANCE_S:
            return ()
        return (
            f"This machine's clock differs from Odoo's by {abs(skew_s) / 60:.0f} minutes: set both by network time, "
            "or days overdue may be counted from the wrong day.",
        )

    def _with_rights(self, info: dict[str, FrameInfo]) -> dict[str, FrameInfo]:
        """Return `info` with a warning on every frame that an account with too few rights would make wrong."""
        tickets = info["tickets"]
        rights = self._session.rights(
            self._client,
            has_sales=info["orders"].state != "missing",
            ticket_source=tickets.source if tickets.state != "missing" else "",
        )
        for right in rights:
            for name in right.frames if not right.held else ():
                if info[name].state != "missing":
                    info[name] = replace(info[name], warnings=(*info[name].warnings, right.sentence))
        return info


__all__ = ["SyncProgress", "SyncReport", "run_sync"]
