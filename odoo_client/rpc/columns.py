"""Read a model's stored fields as whole columns, and everything else as records.

One `array_agg` group over a fixed id range hands over each field as one list, in one row order, so an answer goes from
JSON straight into Arrow columns, without a dict for each record (measured in `bench/pull.py`). A field that PostgreSQL
cannot aggregate (not stored, translated, company dependent, x2many) comes by `search_read` with `load=''`. Both ways
give the same table, as contract tests check.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from odoo_client.errors import NotOdooError, OdooServerError, OdooUserError
from odoo_client.frames import odd_json
from odoo_client.frames.kinds import ARROW_TYPES, Cells, FormError, Kind, cells, cells_of_json, early
from odoo_client.frames.odd_values import OddValues, What
from odoo_client.rpc.answers import ids_of
from odoo_client.rpc.client import OdooClient

log = logging.getLogger(__name__)

# Arrow's own allocator keeps what each reading thread has freed: a third of the peak of a pull, as measured.
pa.set_memory_pool(pa.system_memory_pool())

Domain = list[Any]

#: A group's aggregates, each left as the JSON it came in.
_GROUPS: msgspec.json.Decoder[list[dict[str, msgspec.Raw]]] = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
#: Ids in one `('id', 'in', …)`: a longer list only makes plans slower and requests larger.
IDS_A_CALL = 5_000


@dataclass(frozen=True)
class Read:
    """One Odoo field to read: the frame's column name, its kind, the field, and whether that is a plain column.

    `few` says that the field has a handful of values (a selection, a company): rows are then asked for by its values,
    each of which is sent once instead of once a row (measured: a fifth of the server's time on invoices).
    """

    name: str
    kind: Kind
    field: str
    aggregable: bool = True
    few: bool = False


def read_table(
    client: OdooClient,
    model: str,
    domain: Domain,
    reads: Sequence[Read],
    *,
    progress: Callable[[int, int], None] | None = None,
    warn: Callable[[str], None] | None = None,
    odd: OddValues | None = None,
    refused: set[str] | None = None,
    range_rows: int = 26_000,
    parallel: int = 2,
) -> pa.Table:
    """Return the records of `model` that match `domain`, one column a `Read`, ordered by the first (the id).

    `progress(rows_done, rows_total)` is called from this thread as ranges arrive. `warn(sentence)` hears when the
    server refused columns and records were read instead; `odd` which values could not be read (they are empty). A model
    in `refused` is not asked for columns again, and one that refuses them is put there. Raises what the client raises:
    an outage is never an empty table.
    """
    odd, refused = odd or OddValues(), set() if refused is None else refused
    if not all(read.aggregable for read in reads):
        return _read_records(client, model, domain, reads, odd, progress)
    table, said = None, ""
    if model not in refused:
        try:
            table, whole = _read_columns(client, model, domain, reads, odd, progress, range_rows, parallel)
            said = (
                ""
                if whole
                else f"Odoo sent some {model} in columns that cannot be read; these records were read one by one."
            )
        except (OdooUserError, OdooServerError, NotOdooError) as exc:
            log.warning("columns of %s refused (%s), reading records", model, type(exc).__name__)
    if table is None:
        table = _read_records(client, model, domain, reads, odd, progress)
        refused.add(model)
        said = slower(model)
    if said and warn is not None:
        warn(said)
    return table


def slower(model: str) -> str:
    """Return what is said where a model's columns are refused."""
    return f"This Odoo refused to send {model} as columns; its records were read one by one, which is slower."


def read_at_once(
    client: OdooClient, model: str, domain: Domain, reads: Sequence[Read], odd: OddValues | None = None
) -> pa.Table:
    """Return what `read_table` does, as records in a single call, for models that Odoo filters after paging."""
    odd = odd or OddValues()
    fields = [read.field for read in reads if read.field != "id"]
    # In any order but rising id the client asks once, without a limit.
    table = records_table(client.search_read(model, domain, fields, order="id desc"), reads, model, odd)
    return in_order(table, reads[0].name, model, odd)


def read_in_one_group(
    client: OdooClient, model: str, domain: Domain, reads: Sequence[Read], odd: OddValues | None = None
) -> pa.Table:
    """Return what `read_table` does, in a single call and so as of a single moment, for few rows or few columns.

    Columns that do not fit together come as records instead. Raises what the client raises.
    """
    odd = odd or OddValues()
    try:
        return _read_range(client, model, domain, reads, odd)
    except FormError as exc:
        log.warning("columns of %s: %s, reading records", model, exc)
        return read_at_once(client, model, domain, reads, odd)


def read_ids(client: OdooClient, model: str, domain: Domain) -> pa.Array:
    """Return the sorted ids (int64) of the records of `model` that match `domain`, each once."""
    return pa.array(np.unique(np.array(client.search_ids(model, domain), dtype=np.int64)))


def by_ids(domain: Domain, ids: Sequence[int]) -> Iterable[Domain]:
    """Return `domain` narrowed to `ids`, in pieces short enough for one call."""
    for start in range(0, len(ids), IDS_A_CALL):
        yield [*domain, ["id", "in", [int(i) for i in ids[start : start + IDS_A_CALL]]]]


def empty_table(reads: Sequence[Read]) -> pa.Table:
    """Return a table without rows and with the types of `reads`."""
    return pa.table({read.name: pa.array([], ARROW_TYPES[read.kind]) for read in reads})


def _read_columns(
    client: OdooClient,
    model: str,
    domain: Domain,
    reads: Sequence[Read],
    odd: OddValues,
    progress: Callable[[int, int], None] | None,
    range_rows: int,
    parallel: int,
) -> tuple[pa.Table, bool]:
    """Return the rows, and whether all of them came as columns: ranges whose columns do not fit come as records."""
    ranges, total = _id_ranges(client, model, domain, range_rows, max(1, parallel))
    tables: list[pa.Table] = []
    as_records: list[tuple[int, int]] = []
    done = 0
    if progress is not None:
        progress(0, total)

    def one(bounds: tuple[int, int]) -> pa.Table:
        low, high = bounds
        piece = [*domain, ["id", ">=", low], ["id", "<", high]]
        try:
            return _read_range(client, model, piece, reads, odd)
        except FormError as exc:
            # A column on its own could end up beside the wrong rows; records say which value belongs to which row.
            log.warning("columns of %s, %d to %d: %s, reading these records", model, low, high, exc)
            as_records.append(bounds)
            return _read_records(client, model, piece, reads, odd, None)

    with ThreadPoolExecutor(max_workers=max(1, parallel), thread_name_prefix="odoo-read") as pool:
        contexts = [copy_context() for _ in ranges]
        for table in pool.map(lambda context, bounds: context.run(one, bounds), contexts, ranges):
            tables.append(table)
            done += table.num_rows
            if progress is not None:
                progress(done, max(total, done))
    if not tables:
        return empty_table(reads), True
    # Ranges ascend and rows within one were sorted, so the whole is sorted by id.
    return in_order(pa.concat_tables(tables), reads[0].name, model, odd), not as_records


def _id_ranges(
    client: OdooClient, model: str, domain: Domain, range_rows: int, parallel: int
) -> tuple[list[tuple[int, int]], int]:
    """Return fixed id ranges of at most about `range_rows` matching rows each, and how many rows match now.

    If there are several, their number is a multiple of `parallel`: a single last range would leave other readers idle
    (measured: a sixth of the time of five ranges read two at a time).
    """
    total = client.search_count(model, domain)
    if not total:
        return [], 0
    first = ids_of(client.call(model, "search", domain=domain, limit=1, order="id asc"), model)
    last = ids_of(client.call(model, "search", domain=domain, limit=1, order="id desc"), model)
    if not first or not last:
        return [], 0
    low, high = first[0], last[0] + 1
    pieces = max(1, -(-total // range_rows))
    if pieces > 1:
        pieces = -(-pieces // parallel) * parallel
    width = max(1, -(-(high - low) // pieces))
    return [(start, min(start + width, high)) for start in range(low, high, width)], total


def _read_range(client: OdooClient, model: str, domain: Domain, reads: Sequence[Read], odd: OddValues) -> pa.Table:
    """Return the rows of one range by its groups. Raises FormError when their columns do not fit together."""
    if client.version.major >= 19:
        # Two columns may come from one field (a currency's name and its code), which is sent once.
        by = list(dict.fromkeys(read.field for read in reads if read.few))
        keys = [read.field if read.field in by else f"{read.field}:array_agg" for read in reads]
        raw = client.call_raw(
            model,
            "formatted_read_group",
            domain=domain,
            groupby=by,
            aggregates=list(dict.fromkeys(key for key in keys if key not in by)),
        )
    else:
        # Here a group costs more than it saves, since its label and domain have to be made.
        by, keys = [], [f"{read.field}_agg" for read in reads]
        fields = list(dict.fromkeys(f"{read.field}_agg:array_agg({read.field})" for read in reads))
        raw = client.call_raw(model, "read_group", domain=domain, fields=fields, groupby=[], lazy=False)
    try:
        groups = _groups(raw)
    except ValueError as exc:
        raise FormError("no list of groups") from exc
    tables = [_group_table(group, reads, keys, by, model, odd) for group in groups]
    if not tables:
        return empty_table(reads)
    return in_order(pa.concat_tables(tables).combine_chunks(), reads[0].name, model, odd)


def _groups(raw: msgspec.Raw) -> list[dict[str, msgspec.Raw]]:
    try:
        return _GROUPS.decode(raw)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return _GROUPS.decode(odd_json.mended(bytes(raw)))


def _group_table(
    group: Mapping[str, msgspec.Raw],
    reads: Sequence[Read],
    keys: Sequence[str],
    by: Sequence[str],
    model: str,
    odd: OddValues,
) -> pa.Table:
    """Return the rows of one group; its first column, the id, says how many they are."""
    columns: dict[str, Cells] = {}
    rows = 0
    # One column at a time, so that only its values are Python objects, not those of the whole range.
    for key, read in zip(keys, reads, strict=True):
        if key not in group:
            raise FormError(f"no column {key}")
        if key in by:
            one = cells([odd_json.decode(group[key])], read.kind)
            columns[read.name] = Cells(pa.repeat(one.array[0], rows), tuple(range(rows)) if one.unread else ())
        else:
            column = cells_of_json(group[key], read.kind)
            rows = len(column.array) if read is reads[0] else rows
            if len(column.array) != rows:
                raise FormError(f"{len(column.array)} values of {read.field} for {rows} records")
            columns[read.name] = column
    return _table(columns, reads, model, odd)


def _read_records(
    client: OdooClient,
    model: str,
    domain: Domain,
    reads: Sequence[Read],
    odd: OddValues,
    progress: Callable[[int, int], None] | None,
) -> pa.Table:
    fields = [read.field for read in reads if read.field != "id"]
    tables: list[pa.Table] = []
    done = 0
    for page in client.iter_search_read(model, domain, fields):
        tables.append(records_table(page, reads, model, odd))
        done += len(page)
        if progress is not None:
            progress(done, done)
    return in_order(pa.concat_tables(tables), reads[0].name, model, odd) if tables else empty_table(reads)


def records_table(
    records: Sequence[Mapping[str, Any]], reads: Sequence[Read], model: str = "", odd: OddValues | None = None
) -> pa.Table:
    """Return `records` (as `search_read` with `load=''` sends them) as a table with the columns of `reads`.

    What is not a record, or has no readable id, is left out; `odd` is told, as of every odd value.
    """
    rows = [row for row in records if isinstance(row, Mapping)]
    columns = {read.name: cells([row.get(read.field) for row in rows], read.kind) for read in reads}
    return _table(columns, reads, model, odd or OddValues(), unnamed=len(records) - len(rows))


def _table(
    columns: Mapping[str, Cells], reads: Sequence[Read], model: str, odd: OddValues, *, unnamed: int = 0
) -> pa.Table:
    """Return the columns side by side without rows that have no id, and tell `odd` what is odd in the others."""
    table = pa.table({name: one.array for name, one in columns.items()})
    ids = columns[reads[0].name].array.to_numpy(zero_copy_only=False)
    named = ids > 0
    places: dict[tuple[What, str], list[int]] = {}
    for read in reads:
        places.setdefault(("unread", read.field), []).extend(columns[read.name].unread)
        if read.kind in ("date", "datetime"):
            places.setdefault(("early", read.field), []).extend(early(columns[read.name].array))
    found = {key: ids[np.array(at, dtype=np.int64)] for key, at in places.items() if at}
    odd.note(model, ids, {key: some[some > 0] for key, some in found.items()}, unnamed + int((~named).sum()))
    return table if named.all() else table.filter(pa.array(named))


def in_order(table: pa.Table, key: str, model: str, odd: OddValues) -> pa.Table:
    """Return the table by rising id; the later copy of a record that came twice."""
    ids = table[key].to_numpy()
    if (np.diff(ids) > 0).all():
        return table
    table = table.take(pc.sort_indices(table[key]))
    ids = table[key].to_numpy()
    last = np.append(np.diff(ids) > 0, True)
    odd.note(model, ids[:0], {("twice", ""): ids[~last]})
    return table if last.all() else table.filter(pa.array(last))
