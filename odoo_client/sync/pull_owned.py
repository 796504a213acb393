"""Read the rows of some owners only: the messages of the tickets that matter, out of millions of others.

Rows are asked for by owner, in pieces. Some versions of Odoo let only administrators group messages and so refuse
columns. The rows then come as records, one call for each piece: Odoo hides some rows after it has cut a page, so a
short page need not be the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from odoo_client.datasets.base import WRITE_DATE, Dataset, Owners
from odoo_client.errors import OdooAccessError
from odoo_client.frames.arrays import IntArray
from odoo_client.rpc.columns import Domain, empty_table, in_order, read_ids, read_table, records_table
from odoo_client.store.snapshot import Snapshot
from odoo_client.store.snapshot_meta import FrameInfo
from odoo_client.sync.fingerprints import Fingerprint, Look, Seen, Since, Tied, seen_since, to_read
from odoo_client.sync.rows import Notify, Rows

#: Owners in one call: their rows are an answer of a few megabytes at most.
OWNERS_A_CALL = 5_000
OWNERS_A_CALL_AS_RECORDS = 1_000
#: Noted of a frame without doubtful owners: it has none while it, and who owns its rows, stay the same.
COMPLETE: Final = Tied([], Look(Fingerprint(), ""))


def newest_seen(owners: Owners, info: Mapping[str, FrameInfo]) -> str | None:
    """Return the newest `write_date` of the frames that name the owners, read just before; None where none has one.

    Rows read after that moment need not be asked for again. The rows' own newest may be a year old: a bank that writes
    off little would have every line of its journals read again at the next sync.
    """
    seen = (info[name].watermark for name in owners.frames if name in info)
    return max(filter(None, seen), default=None)


class OwnedRows:
    """Reads the rows of one dataset that belong to the owners wanted at `now`, who are found in `frames`."""

    def __init__(self, rows: Rows, dataset: Dataset, frames: Mapping[str, pd.DataFrame], now: datetime) -> None:
        if dataset.owners is None:
            raise AssertionError(f"{dataset.name} has no owners")
        self.owners = dataset.owners
        self._rows = rows
        self._plan = rows.plan
        self._frames = frames
        self._now = now
        self._as_records = not rows.as_columns or not all(read.aggregable for read in rows.plan.reads)

    @cached_property
    def _wanted(self) -> IntArray:
        return self.owners.wanted(self._frames, self._rows.settings, self._now)

    def whole(self, notify: Notify | None = None) -> pd.DataFrame:
        """Return all rows of all owners. Raises OdooAccessError when they may not be read at all."""
        with self._rows.counting("rows"):
            table = self._rows_of(self._wanted, notify)
            self._rows.report.rows_read = table.num_rows
            return self._with_doubtful(self._plan.frame(table, stamped=True))

    def of_customers(self, held: pd.DataFrame, partner_ids: Sequence[int]) -> pd.DataFrame:
        """Return `held` with the rows of these customers read again."""
        theirs = np.intersect1d(self._wanted, self.owners.of_partners(self._frames, partner_ids))
        with self._rows.counting("rows"):
            return self._replaced(held, theirs)

    def up_to_date(
        self,
        held: pd.DataFrame,
        since: Since,
        suspects: IntArray,
        before: Snapshot,
        read_at: datetime,
        notify: Notify,
        *,
        tied: Tied | None,
    ) -> pd.DataFrame:
        """Return `held` without rows of owners no longer wanted, with those of new ones, and with what changed.

        `suspects` are ids that are read whatever their `write_date` says, `before` is the snapshot that `held` is from,
        `tied` what the report said when `held` was made.
        """
        rows, key = self._rows, self._plan.key
        were = {name: before.frame(name) for name in self.owners.frames}
        same_owners = self.owners.at_any_time and all(were[name] is self._frames[name] for name in were)
        frame, new = held, np.array([], dtype=np.int64)
        if not same_owners:
            frame = rows.without(held, held.loc[~self._is_wanted(held), key].to_numpy())
            new = np.setdiff1d(self._wanted, self.owners.wanted(were, rows.settings, read_at))
        frame = self._changed_since(frame, since)
        with rows.counting("rows"):
            frame = rows.again(frame, np.intersect1d(suspects, frame[key].to_numpy()), self._read)
            if len(new):
                frame = rows.merged(frame, self._rows_of(new, notify))
            if same_owners and frame is held and tied is not None:
                rows.report.tied = tied
                return held
            return self._with_doubtful(frame)

    def compared_by_id(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame without rows that Odoo no longer returns, and with those that were missing."""
        rows = self._rows
        with rows.counting("ids"):
            theirs = self._ids_of(self._wanted)
        return rows.with_ids(frame, theirs, self._read)

    def _changed_since(self, frame: pd.DataFrame, since: Since) -> pd.DataFrame:
        """Return the frame with the rows of the owners wanted that Odoo has otherwise since that moment."""
        rows, plan = self._rows, self._plan
        if self._as_records:
            with rows.counting("rows"):
                changed = self._read([*plan.changes_domain, [WRITE_DATE, ">=", since.compared]])
                return rows.merged(frame, changed.filter(pa.array(self._is_wanted(changed))))
        with rows.counting("fingerprint"):
            seen = self._seen_since(since.compared)
        if seen is None:
            return self._changed_since(frame, since)
        with rows.counting("rows"):
            return rows.again(frame, to_read(plan, frame, seen, since.unsettled_s), self._read)

    def _seen_since(self, since: str) -> Seen | None:
        """Return the rows written since; None when Odoo refuses this account its columns, which is remembered."""
        rows, owners = self._rows, self.owners
        try:
            seen, owner = seen_since(rows.client, self._plan, since, beside=owners.field)
            rows.report.written_lately = len(seen.ids)
        except OdooAccessError:
            self._as_records = True
            rows.refused.add(self._plan.model)
            return None
        return seen.where(np.isin(owner, self._wanted)) if len(owner) else seen

    def _with_doubtful(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame after reading again the rows of owners whose rows at hand cannot be complete."""
        doubtful = np.array([], dtype=np.int64)
        if self.owners.doubtful is not None:
            doubtful = np.intersect1d(self._wanted, self.owners.doubtful(self._frames, frame))
        if len(doubtful):
            return self._replaced(frame, doubtful)
        self._rows.report.tied = COMPLETE
        return frame

    def _replaced(self, frame: pd.DataFrame, owners: IntArray) -> pd.DataFrame:
        """Return the frame with all rows of these owners as Odoo has them now."""
        rows, key = self._rows, self._plan.key
        table = self._rows_of(owners)
        held = frame.loc[np.isin(frame[self.owners.column].to_numpy(), owners), key].to_numpy()
        return rows.merged(rows.without(frame, np.setdiff1d(held, table[key].to_numpy())), table)

    def _is_wanted(self, rows: pd.DataFrame | pa.Table) -> np.ndarray:
        return np.isin(rows[self.owners.column].to_numpy(), self._wanted)

    def _rows_of(self, ids: IntArray, notify: Notify | None = None) -> pa.Table:
        """Return the rows of these owners, sorted by id. Raises OdooAccessError when they may not be read at all."""
        tables: list[pa.Table] = []
        done = 0
        while done < len(ids):
            step = OWNERS_A_CALL_AS_RECORDS if self._as_records else OWNERS_A_CALL
            tables.append(self._read([*self._plan.domain, self._of(ids[done : done + step])]))
            done += step
            if notify is not None:
                notify(sum(table.num_rows for table in tables), 0)
        table = self._sorted(tables)
        # A row whose owner cannot be read belongs to nobody here, as it does when it comes among the changes.
        return table.filter(pa.array(np.isin(table[self.owners.column].to_numpy(), ids)))

    def _read(self, domain: Domain) -> pa.Table:
        """Return the rows of a domain, as columns where Odoo allows it."""
        plan, rows = self._plan, self._rows
        if self._as_records:
            return self._records(domain)
        try:
            return read_table(
                rows.client,
                plan.model,
                domain,
                plan.reads,
                odd=rows.report.odd,
                refused=rows.refused,
                range_rows=rows.settings.odoo_range_rows,
            )
        except OdooAccessError:
            self._as_records = True
            rows.refused.add(plan.model)
            return self._sorted([self._records(piece) for piece in self._pieces(domain)])

    def _ids_of(self, ids: IntArray) -> IntArray:
        """Return the ids, rising, of the rows that these owners have in Odoo now."""
        found = [np.array([], dtype=np.int64)]
        for at in range(0, len(ids), OWNERS_A_CALL):
            domain = [*self._plan.domain, self._of(ids[at : at + OWNERS_A_CALL])]
            found.append(np.asarray(read_ids(self._rows.client, self._plan.model, domain), dtype=np.int64))
        return np.unique(np.concatenate(found))

    def _of(self, ids: IntArray) -> list[object]:
        return [self.owners.field, "in", ids.tolist()]

    def _pieces(self, domain: Domain) -> Iterator[Domain]:
        """Yield the domain in pieces small enough to come as records, when it names owners."""
        *rest, last = domain
        if last[0] != self.owners.field:
            yield domain
            return
        for at in range(0, len(last[2]), OWNERS_A_CALL_AS_RECORDS):
            yield [*rest, [*last[:2], last[2][at : at + OWNERS_A_CALL_AS_RECORDS]]]

    def _records(self, domain: Domain) -> pa.Table:
        plan, rows = self._plan, self._rows
        fields = [read.field for read in plan.reads if read.field != "id"]
        # By falling id: then it is one call, see above.
        found = rows.client.search_read(plan.model, domain, fields, order="id desc")
        return self._sorted([records_table(found, plan.reads, plan.model, rows.report.odd)])

    def _sorted(self, tables: list[pa.Table]) -> pa.Table:
        if not tables:
            return empty_table(self._plan.reads)
        return in_order(
            pa.concat_tables(tables).combine_chunks(), self._plan.key, self._plan.model, self._rows.report.odd
        )
