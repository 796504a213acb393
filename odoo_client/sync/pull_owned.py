"""Read the rows of some owners only: the messages of the tickets that matter, out of millions of others.

Rows are asked for by owner, in pieces. Some versions of Odoo let only administrators group messages and so refuse
columns. The rows then come as records, one call for each piece: Odoo hides some rows after it has cut a page, so a
short page need not be the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from odoo_client.config import Settings
from odoo_client.datasets.base import Owners, Plan
from odoo_client.errors import OdooAccessError
from odoo_client.frames.odd_values import OddValues
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.columns import Domain, empty_table, in_order, read_ids, read_table, records_table
from odoo_client.store.snapshot_meta import FrameInfo

Ids = npt.NDArray[np.int64]
Notify = Callable[[int, int], None]

#: Owners in one call: their rows are an answer of a few megabytes at most.
OWNERS_A_CALL = 5_000
OWNERS_A_CALL_AS_RECORDS = 1_000


def newest_seen(owners: Owners, info: Mapping[str, FrameInfo]) -> str | None:
    """Return the newest `write_date` of the frames that name the owners, read just before; None where none has one.

    Rows read after that moment need not be asked for again. The rows' own newest may be a year old: a bank that writes
    off little would have every line of its journals read again at the next sync.
    """
    seen = (info[name].watermark for name in owners.frames if name in info)
    return max(filter(None, seen), default=None)


class OwnedReader:
    """Reads rows of one plan by owner; notes models whose columns are refused in `refused`, odd values in `odd`."""

    def __init__(
        self,
        client: OdooClient,
        settings: Settings,
        plan: Plan,
        owners: Owners,
        odd: OddValues,
        refused: set[str] | None = None,
    ) -> None:
        self._client = client
        self._settings = settings
        self._plan = plan
        self._owners = owners
        self._odd = odd
        self._refused = set() if refused is None else refused
        self._as_records = not all(read.aggregable for read in plan.reads) or plan.model in self._refused

    def rows_of(self, ids: Ids, notify: Notify | None = None) -> pa.Table:
        """Return the rows of these owners, sorted by id. Raises OdooAccessError when they may not be read at all."""
        tables: list[pa.Table] = []
        done = 0
        while done < len(ids):
            step = OWNERS_A_CALL_AS_RECORDS if self._as_records else OWNERS_A_CALL
            tables.append(self.read([*self._plan.domain, self._of(ids[done : done + step])]))
            done += step
            if notify is not None:
                notify(sum(table.num_rows for table in tables), 0)
        table = self._sorted(tables)
        # A row whose owner cannot be read belongs to nobody here, as it does when it comes among the changes.
        return table.filter(pa.array(np.isin(table[self._owners.column].to_numpy(), ids)))

    def read(self, domain: Domain) -> pa.Table:
        """Return the rows of a domain, as columns where Odoo allows it."""
        plan = self._plan
        if not self._as_records:
            try:
                return read_table(
                    self._client,
                    plan.model,
                    domain,
                    plan.reads,
                    odd=self._odd,
                    refused=self._refused,
                    range_rows=self._settings.odoo_range_rows,
                )
            except OdooAccessError:
                self._as_records = True
                self._refused.add(plan.model)
                return self._sorted([self._records(piece) for piece in self._pieces(domain)])
        return self._records(domain)

    def ids_of(self, ids: Ids) -> Ids:
        """Return the ids, rising, of the rows that these owners have in Odoo now."""
        found = [np.array([], dtype=np.int64)]
        for at in range(0, len(ids), OWNERS_A_CALL):
            domain = [*self._plan.domain, self._of(ids[at : at + OWNERS_A_CALL])]
            found.append(np.asarray(read_ids(self._client, self._plan.model, domain), dtype=np.int64))
        return np.unique(np.concatenate(found))

    def _of(self, ids: Ids) -> list[object]:
        return [self._owners.field, "in", ids.tolist()]

    def _pieces(self, domain: Domain) -> Iterator[Domain]:
        """Yield the domain in pieces small enough to come as records, when it names owners."""
        *rest, last = domain
        if last[0] != self._owners.field:
            yield domain
            return
        for at in range(0, len(last[2]), OWNERS_A_CALL_AS_RECORDS):
            yield [*rest, [*last[:2], last[2][at : at + OWNERS_A_CALL_AS_RECORDS]]]

    def _records(self, domain: Domain) -> pa.Table:
        fields = [read.field for read in self._plan.reads if read.field != "id"]
        # By falling id: then it is one call, see above.
        rows = self._client.search_read(self._plan.model, domain, fields, order="id desc")
        return self._sorted([records_table(rows, self._plan.reads, self._plan.model, self._odd)])

    def _sorted(self, tables: list[pa.Table]) -> pa.Table:
        if not tables:
            return empty_table(self._plan.reads)
        return in_order(pa.concat_tables(tables).combine_chunks(), self._plan.key, self._plan.model, self._odd)
