"""Read rows of one dataset and put them into its frame; and the report of what that moved."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from odoo_client.config import Settings
from odoo_client.datasets.base import WRITE_DATE, Plan
from odoo_client.errors import NotOdooError, OdooServerError, OdooUserError
from odoo_client.frames.merge import rows_of, upsert, without_ids
from odoo_client.frames.odd_values import OddValues
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.columns import Domain, by_ids, read_at_once, read_ids, read_in_one_group, read_table
from odoo_client.sync.fingerprints import Look, Tied

log = logging.getLogger(__name__)

Mode = Literal["full", "changes", "customer", "kept", "missing", "denied"]
Part = Literal["rows", "fingerprint", "open set", "ids", "totals"]
Notify = Callable[[int, int], None]


@dataclass
class DatasetReport:
    """What one dataset's sync moved: rows read and removed, seconds, and bytes by what they were for.

    `changed` = the frame is another one than before; `touched` are the ids of the rows read on top of what was held,
    `written_lately` is how many rows were compared one by one.
    `odd` collects which of its values could not be read. `look` is Odoo's own count of the rows, where the frame ties
    with it, `tied` what tells the next sync whether it still does.
    """

    name: str
    mode: Mode = "kept"
    rows_read: int = 0
    rows_removed: int = 0
    rows_total: int = 0
    seconds_s: float = 0.0
    bytes_by_part: dict[Part, int] = field(default_factory=dict)
    odd: OddValues = field(default_factory=OddValues, repr=False, compare=False)
    changed: bool = False
    written_lately: int = 0
    look: Look | None = field(default=None, repr=False, compare=False)
    tied: Tied | None = field(default=None, repr=False, compare=False)
    touched: list[np.ndarray] = field(default_factory=list, repr=False, compare=False)


@dataclass(frozen=True)
class Rows:
    """Rows of one plan: read, merged by id and counted in `report`. `refused` = models whose columns Odoo refuses."""

    client: OdooClient
    settings: Settings
    plan: Plan
    report: DatasetReport
    refused: set[str]

    @contextmanager
    def counting(self, part: Part) -> Iterator[None]:
        """Add the bytes received meanwhile to the report under `part`."""
        with self.client.stats.received() as received:
            yield
        self.report.bytes_by_part[part] = self.report.bytes_by_part.get(part, 0) + received.size_bytes

    @property
    def as_columns(self) -> bool:
        """Whether Odoo groups this model for us."""
        return self.plan.paged and self.plan.model not in self.refused

    def table(
        self, domain: Domain, notify: Notify | None = None, warn: Callable[[str], None] | None = None
    ) -> pa.Table:
        """Return the rows of a domain, with `write_date`. Raises what the client raises."""
        plan = self.plan
        if not plan.paged:
            return read_at_once(self.client, plan.model, domain, plan.reads, self.report.odd)
        return read_table(
            self.client,
            plan.model,
            domain,
            plan.reads,
            progress=notify,
            warn=warn,
            odd=self.report.odd,
            refused=self.refused,
            range_rows=self.settings.odoo_range_rows,
            parallel=1 if self.client.gentle else self.settings.odoo_parallel_reads,
        )

    def few(self, domain: Domain) -> pa.Table:
        """Return what `table` does, in one call where Odoo gives columns: for at most a few thousand rows."""
        plan = self.plan
        if not self.as_columns or not all(read.aggregable for read in plan.reads):
            return self.table(domain)
        try:
            return read_in_one_group(self.client, plan.model, domain, plan.reads, self.report.odd)
        except (OdooUserError, OdooServerError, NotOdooError) as exc:
            log.warning("columns of %s refused (%s), reading records", plan.model, type(exc).__name__)
            self.refused.add(plan.model)
            return self.table(domain)

    def merged(self, old: pd.DataFrame, table: pa.Table) -> pd.DataFrame:
        """Return `old` with the rows of `table` put in by id; rows that the plan does not keep leave the frame."""
        plan, report = self.plan, self.report
        report.rows_read += table.num_rows
        if not table.num_rows:
            return old
        fresh = plan.frame(table, stamped=True)
        report.touched.append(table[plan.key].to_numpy())
        rest = self.without(old, np.setdiff1d(table[plan.key].to_numpy(), fresh[plan.key].to_numpy()))
        if not report.changed:
            held = rest.take(rows_of(rest[plan.key].to_numpy(), fresh[plan.key].to_numpy())).reset_index(drop=True)
            report.changed = not same_rows(held, fresh)
        return upsert(rest, fresh, plan.key)

    def without(self, frame: pd.DataFrame, ids: np.ndarray) -> pd.DataFrame:
        """Return the frame without the rows of `ids`, which are counted as removed."""
        rest = without_ids(frame, self.plan.key, ids)
        self.report.rows_removed += len(frame) - len(rest)
        self.report.changed |= len(frame) != len(rest)
        return rest

    def again(
        self, frame: pd.DataFrame, ids: np.ndarray, read: Callable[[Domain], pa.Table] | None = None
    ) -> pd.DataFrame:
        """Return the frame with the rows of `ids` read again, by `few` unless by `read`.

        Those that Odoo no longer returns are removed.
        """
        for domain in by_ids(self.plan.domain, ids.tolist()):
            table = (read or self.few)(domain)
            lost = np.setdiff1d(np.asarray(domain[-1][2], dtype=np.int64), table[self.plan.key].to_numpy())
            frame = self.merged(self.without(frame, lost), table)
        return frame

    def compared_by_id(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame without rows that Odoo no longer returns, and with those that were missing."""
        with self.counting("ids"):
            theirs = read_ids(self.client, self.plan.model, self.plan.domain).to_numpy()
        return self.with_ids(frame, theirs)

    def with_ids(
        self, frame: pd.DataFrame, theirs: np.ndarray, read: Callable[[Domain], pa.Table] | None = None
    ) -> pd.DataFrame:
        """Return the frame with the rows of the ids `theirs`, each once, and no others: those it lacks are read."""
        ours = frame[self.plan.key].to_numpy()
        with self.counting("rows"):
            rest = self.without(frame, np.setdiff1d(ours, theirs, assume_unique=True))
            return self.again(rest, np.setdiff1d(theirs, ours, assume_unique=True), read)


def same_rows(old: pd.DataFrame, now: pd.DataFrame) -> bool:
    """Return whether two frames hold the same in the columns of the second, whenever it was written."""
    columns = [name for name in now.columns if name != WRITE_DATE]
    return len(old) == len(now) and old[columns].equals(now[columns])
