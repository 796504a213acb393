"""Read one dataset from Odoo, whole or what changed since the previous snapshot, and count what that moved."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from odoo_client.config import Settings
from odoo_client.datasets.base import WRITE_DATE, Dataset, Missing, Plan, Probe
from odoo_client.errors import OdooAccessError
from odoo_client.frames.merge import columns_changed
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.columns import empty_table, slower
from odoo_client.store.snapshot import FrameInfo, Snapshot
from odoo_client.sync import shrunk
from odoo_client.sync.changes import REFUSALS, Compare, brought_up_to_date
from odoo_client.sync.derive import without_added
from odoo_client.sync.fingerprints import Look, Tied, look_at
from odoo_client.sync.moments import Moments
from odoo_client.sync.own_faults import naming
from odoo_client.sync.pull_owned import OwnedRows, newest_seen
from odoo_client.sync.rows import DatasetReport, Notify, Rows, same_rows
from odoo_client.sync.suspects import Suspects

log = logging.getLogger(__name__)

#: A small table of more rows than this is brought up to date as any other.
SMALL_ROWS = 2_000


class Puller:
    """Reads datasets one after the other on top of the previous snapshot (None = everything is read whole).

    `stamps` are the `write_date`s of its rows, by dataset; `layouts` notes which of its frames fit what is read now,
    `compared` when rows written lately were compared and how many they were, `tied` what tells that its frames still
    tie with Odoo. `whole` names datasets that are read whole although the others are not. `probe.frames` holds what was
    read as it was read, and of a dataset that did not change the very frame of the previous snapshot.
    """

    def __init__(
        self,
        settings: Settings,
        client: OdooClient,
        before: Snapshot | None,
        *,
        stamps: Mapping[str, pd.DataFrame],
        layouts: dict[str, object],
        compared: dict[str, tuple[float, int]],
        tied: Mapping[str, Tied],
        now: datetime,
        full: bool,
        ids_due: bool,
        customer_ids: Sequence[int] | None,
        whole: Collection[str] = (),
    ) -> None:
        self.probe = Probe(client, settings)
        self.info: dict[str, FrameInfo] = {}
        self.reports: list[DatasetReport] = []
        #: The Odoo model of each dataset read so far.
        self.models: dict[str, str] = {}
        #: The `write_date` of each row read so far, by dataset.
        self.stamps: dict[str, pd.DataFrame] = {}
        #: The same of the frames read so far.
        self.tied: dict[str, Tied] = {}
        self._settings = settings
        self._client = client
        self._before = before
        self._held_stamps = stamps
        self._layouts = layouts
        self._held_tied = tied
        self._now = now
        self._full, self._ids_due = full, ids_due
        self._whole, self._customer_ids = whole, customer_ids
        self.moments = Moments(settings, now, client.server_clock_skew_s, compared)
        #: Models whose columns Odoo refuses this account: known from the previous snapshot, or found out now.
        self._refused: set[str] = set()
        #: What was built on, by dataset.
        self._olds: dict[str, pd.DataFrame] = {}
        self._glances: dict[str, Look] = {}
        self._suspects = Suspects(before, self.probe.frames, self.reports)

    def put_in_order(self, names: Sequence[str]) -> None:
        """Put reports and infos, which come as datasets are done, into this order of theirs."""
        self.reports.sort(key=lambda report: names.index(report.name))
        for name in names:
            self.info[name] = self.info.pop(name)

    def pull(self, dataset: Dataset, notify: Notify) -> None:
        """Read `dataset` into `probe.frames` and say in `info` and `reports` how it came.

        Raises what the client raises, and DatasetError for anything else that goes wrong with it.
        """
        report = DatasetReport(dataset.name)
        started = time.monotonic()
        with naming(dataset.name, self.models):
            frame = self._pulled(dataset, report, notify)
        self.moments.note_compared(report)
        self._done(dataset, frame, report, started)
        notify(len(frame), len(frame))

    def glance(self, dataset: Dataset) -> None:
        """Look at a dataset's wider domain ahead of `pull`, which may then do without a look of its own.

        Raises what the client raises, but for a refusal: `pull` deals with that.
        """
        if dataset.name not in self._held_tied or self._full or self._ids_due or self._customer_ids is not None:
            return
        with naming(dataset.name, self.models), suppress(OdooAccessError, *REFUSALS):
            plan = dataset.plan(self.probe)
            if not isinstance(plan, Missing) and plan.wide is not None and plan.model not in self._refused:
                self._glances[dataset.name] = look_at(self._client, plan, plan.wide)

    def keep(self, dataset: Dataset) -> None:
        """Take `dataset` over from the previous snapshot: this sync was not asked for it."""
        if self._before is None:
            raise AssertionError("without one, a sync is full")
        plan = dataset.plan(self.probe) if dataset.name in self._before else None
        if plan is None or (not isinstance(plan, Missing) and self._outdated(dataset, plan)):
            # The version that wrote the snapshot did not have this dataset yet, or not all of its columns.
            self.pull(dataset, lambda rows, total: None)
            return
        self.info[dataset.name] = self._before.info[dataset.name]
        self.models[dataset.name] = self.info[dataset.name].model
        if dataset.name in self._held_stamps:
            self.stamps[dataset.name] = self._held_stamps[dataset.name]
        report = DatasetReport(dataset.name, tied=self._held_tied.get(dataset.name))
        self._done(dataset, self._before.frame(dataset.name), report, time.monotonic())

    def _done(self, dataset: Dataset, frame: pd.DataFrame, report: DatasetReport, started: float) -> None:
        self._take(dataset.name, frame, report)
        if report.tied is not None:
            self.tied[dataset.name] = report.tied
        report.seconds_s = time.monotonic() - started
        self.reports.append(report)

    def _take(self, name: str, frame: pd.DataFrame, report: DatasetReport) -> None:
        """Put what was read where this sync and the next find it."""
        if frame is self._olds.get(name) and not report.changed:
            self.stamps[name] = self._held_stamps[name]
        elif WRITE_DATE in frame:
            stamps, held = frame[[WRITE_DATE]], self._held_stamps.get(name)
            self.stamps[name] = held if held is not None and held.equals(stamps) else stamps
            frame = frame.drop(columns=WRITE_DATE)
        if self._before is not None and name in self._before and not report.changed:
            frame = self._before.frame(name)
        self.probe.frames[name] = frame
        report.rows_total = len(frame)

    def rows(self, plan: Plan, report: DatasetReport) -> Rows:
        """Return what reads rows of this plan and counts them in `report`."""
        return Rows(self._client, self._settings, plan, report, self._refused)

    def _pulled(self, dataset: Dataset, report: DatasetReport, notify: Notify) -> pd.DataFrame:
        plan = dataset.plan(self.probe)
        known = self._before.info.get(dataset.name) if self._before is not None else None
        if isinstance(plan, Missing):
            self.models[dataset.name] = plan.empty.model
            report.mode, report.changed = "missing", known is None or known.state != "missing"
            self.info[dataset.name] = FrameInfo(0, self._now, state="missing", message=plan.message)
            return plan.empty.frame(pa.table({}))
        self.models[dataset.name] = plan.model
        warnings: list[str] = []
        # Asked again whenever all ids are compared: the right may have been granted meanwhile.
        if known is not None and known.by_records and not self._full and not self._ids_due:
            self._refused.add(plan.model)
        old = self._old(dataset, plan)
        try:
            frame, watermark = self._read(dataset, plan, old, report, notify, warnings.append)
            halved = report.mode in ("full", "changes") and shrunk.is_halved(dataset, known, len(frame))
            if halved and not shrunk.is_confirmed(self._client, plan, len(frame)):
                log.warning("%s: half of its rows were not in Odoo's answer, so all of it is read again", dataset.name)
                frame, watermark = self._read(dataset, plan, None, report, notify, warnings.append)
        except OdooAccessError as exc:
            report.mode, report.changed = "denied", old is None
            frame = plan.frame(empty_table(plan.reads)) if old is None else without_added(dataset.name, old)
            self.info[dataset.name] = FrameInfo(
                len(frame),
                self._now,
                state="denied",
                message=exc.sentence,
                source=plan.source,
                lacks=plan.lacks,
                model=plan.model,
            )
            if old is not None and known is not None:
                report.odd.carry(known.odd)
            self.tell_odd(plan, dataset.name, frame, report)
            return frame
        if plan.model in self._refused and dataset.owners is None:
            warnings = [slower(plan.model)]
        if plan.told is not None:
            warnings += plan.told(frame)
        # One customer's rows do not make the others any newer.
        read_at, asked_at = self._now, self.moments.asked_at()
        if known is not None and report.mode not in ("full", "changes"):
            read_at, asked_at = known.read_at, known.asked_at
        info = FrameInfo(
            len(frame),
            read_at,
            watermark=watermark,
            asked_at=asked_at,
            source=plan.source,
            warnings=tuple(warnings),
            lacks=plan.lacks,
            model=plan.model,
            by_records=plan.model in self._refused,
        )
        self.info[dataset.name] = shrunk.noted(info, known, halved=halved, now=self._now)
        self.tell_odd(plan, dataset.name, frame, report)
        return frame

    def tell_odd(self, plan: Plan, name: str, frame: pd.DataFrame, report: DatasetReport) -> None:
        """Put into `info` what is odd in the rows that `frame` holds now, replacing what was said before."""
        self.info[name] = self.info[name].with_odd(report.odd.found(frame[plan.key].to_numpy()))

    def _outdated(self, dataset: Dataset, plan: Plan) -> bool:
        """Return whether the frame of the previous snapshot lacks a column that one read now would have."""
        if self._before is None:
            return True
        kept = without_added(dataset.name, self._before.frame(dataset.name).head(0))
        return not set(plan.frame(empty_table(plan.reads)).columns) <= set(kept.columns)

    def _old(self, dataset: Dataset, plan: Plan) -> pd.DataFrame | None:
        """Return the frame to build on, with `write_date`: none when it was not read before from this source alike.

        It still has what was derived: `without_added` makes of it what rows are merged into.
        """
        if self._before is None or dataset.name not in self._before:
            return None
        info, held = self._before.info[dataset.name], self._before.frame(dataset.name)
        same = info.state in ("ok", "denied") and info.source == plan.source and info.lacks == plan.lacks
        layout = plan.reads, plan.columns
        if not same:
            return None
        if self._layouts.get(dataset.name) != layout:
            if columns_changed(without_added(dataset.name, held.head(0)), plan.frame(empty_table(plan.reads))):
                return None
            self._layouts[dataset.name] = layout
        stamps = self._held_stamps.get(dataset.name)
        if plan.has_watermark and (stamps is None or len(stamps) != len(held)):
            return None
        if stamps is None:
            return held
        self._olds[dataset.name] = held.assign(**{WRITE_DATE: stamps[WRITE_DATE].array})
        return self._olds[dataset.name]

    def _read(
        self,
        dataset: Dataset,
        plan: Plan,
        old: pd.DataFrame | None,
        report: DatasetReport,
        notify: Notify,
        warn: Callable[[str], None],
    ) -> tuple[pd.DataFrame, str | None]:
        info = self._before.info.get(dataset.name) if self._before is not None else None
        rows = self.rows(plan, report)
        held = old
        small = dataset.small and (old is None or len(old) <= SMALL_ROWS or not rows.as_columns)
        report.look = report.tied = None
        if self._full or dataset.name in self._whole or small:
            held = None
        if held is not None and info is not None and self.moments.is_to_come(info):
            # Odoo's clock was ahead and no longer is: what changes now is dated before what was seen.
            log.warning("%s: the newest change seen is in Odoo's future, so all of it is read again", dataset.name)
            held = None
        if dataset.owners is not None:
            return self._read_owned(dataset, rows, held, old, notify)
        if held is None or info is None or info.watermark is None or not plan.has_watermark:
            report.mode = "full"
            with rows.counting("rows"):
                table = rows.few(plan.domain) if dataset.small else rows.table(plan.domain, notify, warn)
            report.rows_read = table.num_rows
            frame = plan.frame(table, stamped=True)
            report.changed = old is None or not same_rows(without_added(dataset.name, old), frame)
            if dataset.name in self._whole and old is not None:
                # What is read on top of what was held must be complete as well.
                report.touched.append(np.setdiff1d(frame[plan.key].to_numpy(), old[plan.key].to_numpy()))
            return frame, self.moments.watermark(frame, None)
        report.odd.carry(info.odd)
        if self._customer_ids is not None:
            if plan.customer_domain is None:
                return held, info.watermark
            report.mode = "customer"
            held = without_added(dataset.name, held)
            with rows.counting("rows"):
                table = rows.table([*plan.changes_domain, *plan.customer_domain(self._customer_ids)], notify, warn)
                return rows.merged(held, table), info.watermark
        report.mode = "changes"
        compare: Compare = "without groups" if dataset.id_check == "cycle" else "never"
        suspects = self._suspects.of(dataset.name, plan.key, held)
        frame = brought_up_to_date(
            rows,
            held,
            self.moments.since(dataset.name, info),
            suspects,
            ids="always" if self._ids_due else compare,
            tied=self._tied(dataset.name, plan),
            wide=self._glances.get(dataset.name),
        )
        return frame, self.moments.watermark(frame, info.watermark) if report.touched else info.watermark

    def _read_owned(
        self, dataset: Dataset, rows: Rows, held: pd.DataFrame | None, old: pd.DataFrame | None, notify: Notify
    ) -> tuple[pd.DataFrame, str | None]:
        """Return the rows of the owners wanted now: all rows of new owners, and what changed for the others."""
        info = self._before.info.get(dataset.name) if self._before is not None else None
        if dataset.owners is None or self._before is None or info is None or info.watermark is None:
            held = None
        owned = OwnedRows(rows, dataset, self.probe.frames, self._now)
        report = rows.report
        if held is None or info is None or self._before is None:
            report.mode = "full"
            frame = owned.whole(notify)
            report.changed = old is None or not same_rows(without_added(dataset.name, old), frame)
            return frame, self.moments.watermark(frame, newest_seen(owned.owners, self.info))
        report.odd.carry(info.odd)
        held = without_added(dataset.name, held)
        if self._customer_ids is not None:
            report.mode = "customer"
            # The others keep the moment of their last read: by that moment the next sync knows which rows it has.
            return owned.of_customers(held, self._customer_ids), info.watermark
        report.mode = "changes"
        suspects = self._suspects.of(dataset.name, rows.plan.key, held)
        since, tied = self.moments.since(dataset.name, info), self._held_tied.get(dataset.name)
        frame = owned.up_to_date(held, since, suspects, self._before, info.read_at, notify, tied=tied)
        if self._ids_due:
            frame = owned.compared_by_id(frame)
        return frame, self.moments.watermark(frame, info.watermark)

    def read_open_again(self, dataset: Dataset, plan: Plan, report: DatasetReport) -> None:
        """Put every row that is open in Odoo now into the frame, and compare all its ids."""
        if dataset.open_domain is None:
            raise AssertionError(f"{dataset.name} has no open rows")
        rows, name = self.rows(plan, report), dataset.name
        held = without_added(name, self.probe.frames[name])
        frame = held.assign(**{WRITE_DATE: self.stamps[name][WRITE_DATE].array})
        with rows.counting("open set"):
            table = rows.table(dataset.open_domain(plan))
            frame = rows.merged(frame, table)
            # Those that are no longer open are read again.
            ours = frame.loc[~frame["reconciled"], plan.key].to_numpy()
            frame = rows.again(frame, np.setdiff1d(ours, table[plan.key].to_numpy()))
        self._take(name, rows.compared_by_id(frame), report)
        self.tell_odd(plan, name, self.probe.frames[name], report)

    def _tied(self, name: str, plan: Plan) -> Tied | None:
        """Return what tells that the frame of before still ties, None where the frame beside it has other ids."""
        if plan.beside and self._before is not None:
            was, now = self._before.frame(plan.beside), self.probe.frames[plan.beside]
            if was is not now and not np.array_equal(was.iloc[:, 0].to_numpy(), now.iloc[:, 0].to_numpy()):
                return None
        return self._held_tied.get(name)
