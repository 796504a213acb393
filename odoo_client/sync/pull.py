"""Read one dataset from Odoo, whole or what changed since the previous snapshot, and count what that moved."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from odoo_client.config import Settings
from odoo_client.datasets.base import WRITE_DATE, Dataset, Missing, Owners, Plan, Probe
from odoo_client.errors import OdooAccessError
from odoo_client.frames.kinds import EARLY_BEFORE_S
from odoo_client.frames.merge import columns_changed, upsert, without_ids
from odoo_client.frames.odd_values import OddValues
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.columns import Domain, by_ids, empty_table, read_at_once, read_ids, read_table
from odoo_client.store import clock
from odoo_client.store.snapshot import FrameInfo, Snapshot
from odoo_client.sync.derive import without_added
from odoo_client.sync.own_faults import naming
from odoo_client.sync.pull_owned import OwnedReader, newest_seen

log = logging.getLogger(__name__)

Mode = Literal["full", "changes", "customer", "kept", "missing", "denied"]
Part = Literal["rows", "open set", "ids", "totals"]
Notify = Callable[[int, int], None]
#: How Odoo writes a moment, in UTC.
WATERMARK: Final = "%Y-%m-%d %H:%M:%S"


@dataclass
class DatasetReport:
    """What one dataset's sync moved: rows read and removed, seconds, and bytes by what they were for.

    `odd` collects which of its values could not be read.
    """

    name: str
    mode: Mode = "kept"
    rows_read: int = 0
    rows_removed: int = 0
    rows_total: int = 0
    seconds_s: float = 0.0
    bytes_by_part: dict[Part, int] = field(default_factory=dict)
    odd: OddValues = field(default_factory=OddValues, repr=False, compare=False)


class Puller:
    """Reads datasets one after the other on top of the previous snapshot (None = everything is read whole)."""

    def __init__(
        self,
        settings: Settings,
        client: OdooClient,
        before: Snapshot | None,
        *,
        now: datetime,
        full: bool,
        ids_due: bool,
        customer_ids: Sequence[int] | None,
    ) -> None:
        self.probe = Probe(client, settings)
        self.info: dict[str, FrameInfo] = {}
        self.reports: list[DatasetReport] = []
        #: The Odoo model of each dataset read so far.
        self.models: dict[str, str] = {}
        self._settings = settings
        self._client = client
        self._before = before
        self._now = now
        self._full = full
        self._ids_due = ids_due
        self._customer_ids = customer_ids
        skew_s = client.server_clock_skew_s
        #: What Odoo's own clock says, None where its server does not say; no record was written after `_latest`.
        self._odoo_now = None if skew_s is None else now + timedelta(seconds=skew_s)
        self._latest = (self._odoo_now or now) + timedelta(days=1)
        #: Models whose columns Odoo refuses this account: known from the previous snapshot, or found out now.
        self._refused: set[str] = set()

    def pull(self, dataset: Dataset, notify: Notify) -> None:
        """Read `dataset` into `probe.frames` and say in `info` and `reports` how it came.

        Raises what the client raises, and DatasetError for anything else that goes wrong with it.
        """
        report = DatasetReport(dataset.name)
        started = time.monotonic()
        with naming(dataset.name, self.models):
            frame = self._pulled(dataset, report, notify)
        self._done(dataset, frame, report, started)
        notify(len(frame), len(frame))

    def keep(self, dataset: Dataset) -> None:
        """Take `dataset` over from the previous snapshot: this sync was not asked for it."""
        if self._before is None:
            raise AssertionError(f"{dataset.name}: nothing to keep")  # without one, a sync is full
        plan = dataset.plan(self.probe) if dataset.name in self._before else None
        if plan is None or (not isinstance(plan, Missing) and self._outdated(dataset, plan)):
            # The version that wrote the snapshot did not have this dataset yet, or not all of its columns.
            self.pull(dataset, lambda rows, total: None)
            return
        self.info[dataset.name] = self._before.info[dataset.name]
        self.models[dataset.name] = self.info[dataset.name].model
        frame = without_added(dataset.name, self._before.frame(dataset.name))
        self._done(dataset, frame, DatasetReport(dataset.name), time.monotonic())

    def _done(self, dataset: Dataset, frame: pd.DataFrame, report: DatasetReport, started: float) -> None:
        self.probe.frames[dataset.name] = frame
        report.seconds_s = time.monotonic() - started
        report.rows_total = len(frame)
        self.reports.append(report)

    def _pulled(self, dataset: Dataset, report: DatasetReport, notify: Notify) -> pd.DataFrame:
        plan = dataset.plan(self.probe)
        if isinstance(plan, Missing):
            self.models[dataset.name] = plan.empty.model
            report.mode = "missing"
            self.info[dataset.name] = FrameInfo(0, self._now, state="missing", message=plan.message)
            return plan.empty.frame(pa.table({}))
        self.models[dataset.name] = plan.model
        warnings: list[str] = []
        known = self._before.info.get(dataset.name) if self._before is not None else None
        # Asked again whenever all ids are compared: the right may have been granted meanwhile.
        if known is not None and known.by_records and not self._full and not self._ids_due:
            self._refused.add(plan.model)
        try:
            frame, watermark = self._read(dataset, plan, report, notify, warnings.append)
        except OdooAccessError as exc:
            report.mode = "denied"
            old = self._old(dataset, plan)
            frame = plan.frame(empty_table(plan.reads)) if old is None else old
            self.info[dataset.name] = FrameInfo(
                len(frame),
                self._now,
                state="denied",
                message=exc.sentence,
                source=plan.source,
                lacks=plan.lacks,
                model=plan.model,
            )
            if old is not None and self._before is not None:
                report.odd.carry(self._before.info[dataset.name].odd)
            self.tell_odd(plan, dataset.name, frame, report)
            return frame
        if plan.told is not None:
            warnings += plan.told(frame)
        before = self._before.info.get(dataset.name) if self._before is not None else None
        # One customer's rows do not make the others any newer.
        read_at = self._now if before is None or report.mode in ("full", "changes") else before.read_at
        self.info[dataset.name] = FrameInfo(
            len(frame),
            read_at,
            watermark=watermark,
            source=plan.source,
            warnings=tuple(warnings),
            lacks=plan.lacks,
            model=plan.model,
            by_records=plan.model in self._refused,
        )
        self.tell_odd(plan, dataset.name, frame, report)
        return frame

    def tell_odd(self, plan: Plan, name: str, frame: pd.DataFrame, report: DatasetReport) -> None:
        """Put into `info` what is odd in the rows that `frame` holds now, replacing what was said before."""
        self.info[name] = self.info[name].with_odd(report.odd.found(frame[plan.key].to_numpy()))

    def _outdated(self, dataset: Dataset, plan: Plan) -> bool:
        """Return whether the frame of the previous snapshot lacks a column that one read now would have."""
        if self._before is None:
            return True
        kept = without_added(dataset.name, self._before.frame(dataset.name))
        return not set(plan.frame(empty_table(plan.reads)).columns) <= set(kept.columns)

    def _old(self, dataset: Dataset, plan: Plan) -> pd.DataFrame | None:
        """Return the frame to build on: none when it was not read before from this source with these columns."""
        if self._before is None or dataset.name not in self._before:
            return None
        info = self._before.info[dataset.name]
        old = without_added(dataset.name, self._before.frame(dataset.name))
        same = info.state in ("ok", "denied") and info.source == plan.source and info.lacks == plan.lacks
        return old if same and not columns_changed(old, plan.frame(empty_table(plan.reads))) else None

    def _read(
        self, dataset: Dataset, plan: Plan, report: DatasetReport, notify: Notify, warn: Callable[[str], None]
    ) -> tuple[pd.DataFrame, str | None]:
        old = None if self._full or dataset.small else self._old(dataset, plan)
        info = self._before.info.get(dataset.name) if self._before is not None else None
        if old is not None and info is not None and self._is_to_come(info.watermark):
            # Odoo's clock was ahead and no longer is: what changes now is dated before what was seen.
            log.warning("%s: the newest change seen is in Odoo's future, so all of it is read again", dataset.name)
            old = None
        if dataset.owners is not None:
            return self._read_owned(dataset.owners, plan, old, info, report, notify)
        if old is None or info is None or info.watermark is None or not plan.has_watermark:
            report.mode = "full"
            with self.counting(report, "rows"):
                table = self._table(plan, plan.domain, report, notify, warn)
            report.rows_read = table.num_rows
            return plan.frame(table), self._watermark(table, None)
        report.odd.carry(info.odd)
        if self._customer_ids is not None:
            if plan.customer_domain is None:
                return old, info.watermark
            report.mode = "customer"
            with self.counting(report, "rows"):
                domain = [*plan.changes_domain, *plan.customer_domain(self._customer_ids)]
                table = self._table(plan, domain, report, notify, warn)
            return self._merge(plan, old, table, report), info.watermark
        report.mode = "changes"
        since = datetime.fromisoformat(info.watermark) - timedelta(seconds=self._settings.sync_overlap_s)
        # `>=` always: from 19 on Odoo turns `>` into "a second later" and would lose the rest of that second.
        changed = [*plan.changes_domain, [WRITE_DATE, ">=", since.strftime(WATERMARK)]]
        with self.counting(report, "rows"):
            table = self._table(plan, changed, report, notify, warn)
        frame = self._merge(plan, old, table, report)
        if dataset.open_domain is not None:
            frame = self.read_open(dataset, plan, frame, report)
        if dataset.id_check == "cycle" or self._ids_due:
            frame = self.compare_ids(plan, frame, report)
        return frame, self._watermark(table, info.watermark)

    def _read_owned(
        self,
        owners: Owners,
        plan: Plan,
        old: pd.DataFrame | None,
        info: FrameInfo | None,
        report: DatasetReport,
        notify: Notify,
    ) -> tuple[pd.DataFrame, str | None]:
        """Return the rows of the owners wanted now: all rows of new owners, and what changed for the others."""
        reader = OwnedReader(self._client, self._settings, plan, owners, report.odd, self._refused)
        wanted = owners.wanted(self.probe.frames, self._settings, self._now)
        if old is None or info is None or info.watermark is None or self._before is None:
            report.mode = "full"
            with self.counting(report, "rows"):
                table = reader.rows_of(wanted, notify)
                report.rows_read = table.num_rows
                frame = self._doubtful_again(owners, plan, plan.frame(table), wanted, reader, report)
            return frame, self._watermark(table, newest_seen(owners, self.info))
        report.odd.carry(info.odd)
        if self._customer_ids is not None:
            report.mode = "customer"
            theirs = np.intersect1d(wanted, owners.of_partners(self.probe.frames, self._customer_ids))
            # The others keep the moment of their last read: by that moment the next sync knows which rows it has.
            frame = old[~np.isin(old[owners.column].to_numpy(), theirs)]
            with self.counting(report, "rows"):
                return self._merge(plan, frame.reset_index(drop=True), reader.rows_of(theirs), report), info.watermark
        frame = old[np.isin(old[owners.column].to_numpy(), wanted)].reset_index(drop=True)
        report.rows_removed += len(old) - len(frame)
        report.mode = "changes"
        held = {name: self._before.frame(name) for name in owners.frames}
        known = owners.wanted(held, self._settings, info.read_at)
        since = datetime.fromisoformat(info.watermark) - timedelta(seconds=self._settings.sync_overlap_s)
        with self.counting(report, "rows"):
            changed = reader.read([*plan.changes_domain, [WRITE_DATE, ">=", since.strftime(WATERMARK)]])
            of_wanted = pa.array(np.isin(changed[owners.column].to_numpy(), wanted))
            frame = self._merge(plan, frame, changed.filter(of_wanted), report)
            frame = self._merge(plan, frame, reader.rows_of(np.setdiff1d(wanted, known), notify), report)
            frame = self._doubtful_again(owners, plan, frame, wanted, reader, report)
        if self._ids_due:
            with self.counting(report, "ids"):
                theirs = reader.ids_of(wanted)
            ours = frame[plan.key].to_numpy()
            gone = np.setdiff1d(ours, theirs)
            report.rows_removed += len(gone)
            with self.counting(report, "rows"):
                frame = without_ids(frame, plan.key, gone)
                for domain in by_ids(plan.domain, np.setdiff1d(theirs, ours).tolist()):
                    frame = self._merge(plan, frame, reader.read(domain), report)
        return frame, self._watermark(changed, info.watermark)

    def _doubtful_again(
        self,
        owners: Owners,
        plan: Plan,
        frame: pd.DataFrame,
        wanted: np.ndarray,
        reader: OwnedReader,
        report: DatasetReport,
    ) -> pd.DataFrame:
        """Return the frame after reading again the rows of owners whose rows at hand cannot be complete."""
        if owners.doubtful is None:
            return frame
        doubtful = np.intersect1d(wanted, owners.doubtful(self.probe.frames, frame))
        if not len(doubtful):
            return frame
        rest = frame[~np.isin(frame[owners.column].to_numpy(), doubtful)].reset_index(drop=True)
        return self._merge(plan, rest, reader.rows_of(doubtful), report)

    def read_open(self, dataset: Dataset, plan: Plan, frame: pd.DataFrame, report: DatasetReport) -> pd.DataFrame:
        """Return the frame with every row that is open in Odoo now; rows that are no longer open are read again."""
        if dataset.open_domain is None:
            return frame
        with self.counting(report, "open set"):
            table = self._table(plan, dataset.open_domain(plan), report)
            frame = self._merge(plan, frame, table, report)
            ours = frame.loc[~frame["reconciled"], plan.key].to_numpy()
            return self._again(plan, frame, np.setdiff1d(ours, table[plan.key].to_numpy()), report)

    def compare_ids(self, plan: Plan, frame: pd.DataFrame, report: DatasetReport) -> pd.DataFrame:
        """Return the frame without rows that Odoo no longer returns, and with those that were missing."""
        with self.counting(report, "ids"):
            theirs = read_ids(self._client, plan.model, plan.domain).to_numpy()
        ours = frame[plan.key].to_numpy()
        deleted = np.setdiff1d(ours, theirs, assume_unique=True)
        report.rows_removed += len(deleted)
        with self.counting(report, "rows"):
            missing = np.setdiff1d(theirs, ours, assume_unique=True)
            return self._again(plan, without_ids(frame, plan.key, deleted), missing, report)

    def _table(
        self,
        plan: Plan,
        domain: Domain,
        report: DatasetReport,
        notify: Notify | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> pa.Table:
        if not plan.paged:
            return read_at_once(self._client, plan.model, domain, plan.reads, report.odd)
        return read_table(
            self._client,
            plan.model,
            domain,
            plan.reads,
            progress=notify,
            warn=warn,
            odd=report.odd,
            refused=self._refused,
            range_rows=self._settings.odoo_range_rows,
            parallel=1 if self._client.gentle else self._settings.odoo_parallel_reads,
        )

    def _again(self, plan: Plan, frame: pd.DataFrame, ids: np.ndarray, report: DatasetReport) -> pd.DataFrame:
        """Return the frame with the rows of `ids` read again; those that Odoo no longer returns are removed."""
        for domain in by_ids(plan.domain, ids.tolist()):
            table = self._table(plan, domain, report)
            lost = np.setdiff1d(np.asarray(domain[-1][2], dtype=np.int64), table[plan.key].to_numpy())
            rest = without_ids(frame, plan.key, lost)
            report.rows_removed += len(frame) - len(rest)
            frame = self._merge(plan, rest, table, report)
        return frame

    def _merge(self, plan: Plan, old: pd.DataFrame, table: pa.Table, report: DatasetReport) -> pd.DataFrame:
        """Return `old` with the rows of `table` put in by id; rows that the plan does not keep leave the frame."""
        report.rows_read += table.num_rows
        if not table.num_rows:
            return old
        fresh = plan.frame(table)
        rest = without_ids(old, plan.key, np.setdiff1d(table[plan.key].to_numpy(), fresh[plan.key].to_numpy()))
        report.rows_removed += len(old) - len(rest)
        return upsert(rest, fresh, plan.key)

    @contextmanager
    def counting(self, report: DatasetReport, part: Part) -> Iterator[None]:
        """Add the bytes received meanwhile to `report` under `part`."""
        at = self._client.stats.snapshot().bytes_received
        yield
        got = self._client.stats.snapshot().bytes_received - at
        report.bytes_by_part[part] = report.bytes_by_part.get(part, 0) + got

    def _watermark(self, table: pa.Table, before: str | None) -> str | None:
        """Return the newest `write_date` seen, as Odoo writes it; it never goes back.

        A moment that Odoo's own clock has not reached counts as now: otherwise nothing that changes until then would
        be read. One before the year 1000, or more than a day ahead, cannot be a moment of any write.
        """
        if WRITE_DATE not in table.column_names or not table.num_rows:
            return before
        seconds, latest_s = table[WRITE_DATE].cast(pa.int64()), int(self._latest.timestamp())
        known = pc.and_(pc.greater_equal(seconds, EARLY_BEFORE_S), pc.less_equal(seconds, latest_s))
        newest = pc.max(table[WRITE_DATE].filter(known)).as_py()
        if newest is None and pc.any(pc.greater(seconds, latest_s)).as_py():
            newest = self._odoo_now or self._now
        text = newest.strftime(WATERMARK) if newest is not None else None
        if self._odoo_now is not None and self._is_to_come(text):
            text = self._odoo_now.strftime(WATERMARK)
        return max(filter(None, (text, before)), default=None)

    def _is_to_come(self, watermark: str | None) -> bool:
        """Return whether this moment is in the future by Odoo's own clock."""
        if watermark is None or self._odoo_now is None:
            return False
        return clock.is_to_come(datetime.fromisoformat(watermark).replace(tzinfo=UTC), self._odoo_now)
