"""Read a model's stored fields as whole columns, and everything else as records.

One `array_agg` group over a fixed id range hands over each field as one list, in one row order, so an answer goes from
JSON straight into Arrow columns: no dict a record is ever built (measured in `bench/pull.py`). A field that PostgreSQL
cannot aggregate (not stored, translated, company dependent, x2many) comes by `search_read` with `load=''`. Both ways
give the same table, which the contract tests hold.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from odoo_client.client import OdooClient
from odoo_client.errors import NotOdooError, OdooServerError, OdooUserError

log = logging.getLogger(__name__)

# Arrow's own allocator keeps what each reading thread let go of: measured, a third of the peak of a pull.
pa.set_memory_pool(pa.system_memory_pool())

Domain = list[Any]
Kind = Literal["id", "text", "code", "date", "datetime", "money", "number", "int", "bool"]

#: What an empty value becomes: a frame never holds `False`, `None` or `NaN` where a person would read it.
ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "id": pa.int64(),
    "int": pa.int64(),
    "text": pa.string(),
    "code": pa.string(),
    "date": pa.timestamp("s"),
    "datetime": pa.timestamp("s", tz="UTC"),
    "money": pa.float64(),
    "number": pa.float64(),
    "bool": pa.bool_(),
}
_EMPTY: Mapping[Kind, Any] = {"id": 0, "int": 0, "text": "", "code": "", "money": 0.0, "number": 0.0, "bool": False}
_JSON_TYPES: Mapping[Kind, Any] = {
    "id": list[int | None] | None,
    "int": list[int | None] | None,
    "text": list[str | None] | None,
    "code": list[str | None] | None,
    "date": list[str | None] | None,
    "datetime": list[str | None] | None,
    # Odoo 14 hands over numeric columns as text, as PostgreSQL spells them.
    "money": list[float | str | None] | None,
    "number": list[float | str | None] | None,
    "bool": list[bool | None] | None,
}
#: A group's aggregates, each left as the JSON it came in.
_GROUPS: msgspec.json.Decoder[list[dict[str, msgspec.Raw]]] = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_DECODERS = {kind: msgspec.json.Decoder(wire) for kind, wire in _JSON_TYPES.items()}
#: Ids in one `('id', 'in', …)`: a longer list makes slower plans and larger requests, not fewer rows.
IDS_A_CALL = 5_000


@dataclass(frozen=True)
class Read:
    """One Odoo field to read: the frame's column name, its kind, the field, and whether that is a plain column.

    `few` says that the field has a handful of values (a selection, a company): rows are then asked for by its values,
    each of which travels once instead of once a row (measured: a fifth of the server's time on invoices).
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
    range_rows: int = 26_000,
    parallel: int = 2,
) -> pa.Table:
    """Return the records of `model` that match `domain`, one column a `Read`, ordered by the first (the id).

    `progress(rows_done, rows_total)` is called from this thread as ranges arrive. `warn(sentence)` hears when the
    server refused columns and records were read instead. Raises what the client raises: an outage is never an empty
    table.
    """
    if all(read.aggregable for read in reads):
        try:
            return _read_columns(client, model, domain, reads, progress, range_rows, parallel)
        except (OdooUserError, OdooServerError, NotOdooError) as exc:
            log.warning("columns of %s refused (%s), reading records", model, type(exc).__name__)
            table = _read_records(client, model, domain, reads, progress)
            if warn is not None:
                warn(
                    f"This Odoo refused to send {model} as columns; its records were read one by one, which is slower."
                )
            return table
    return _read_records(client, model, domain, reads, progress)


def read_at_once(client: OdooClient, model: str, domain: Domain, reads: Sequence[Read]) -> pa.Table:
    """Return what :func:`read_table` does, as records in a single call, for models that Odoo filters after paging."""
    fields = [read.field for read in reads if read.field != "id"]
    # In another order than by rising id the client asks once, without a limit.
    table = records_table(client.search_read(model, domain, fields, order="id desc"), reads)
    return table.take(pc.sort_indices(table[reads[0].name]))


def read_ids(client: OdooClient, model: str, domain: Domain) -> pa.Array:
    """Return the sorted ids (int64) of the records of `model` that match `domain`."""
    ids = pa.array(client.search_ids(model, domain), pa.int64())
    return ids.take(pc.sort_indices(ids))


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
    progress: Callable[[int, int], None] | None,
    range_rows: int,
    parallel: int,
) -> pa.Table:
    ranges, total = _id_ranges(client, model, domain, range_rows, max(1, parallel))
    tables: list[pa.Table] = []
    done = 0
    if progress is not None:
        progress(0, total)

    def one(bounds: tuple[int, int]) -> pa.Table:
        low, high = bounds
        return _read_range(client, model, [*domain, ["id", ">=", low], ["id", "<", high]], reads)

    with ThreadPoolExecutor(max_workers=max(1, parallel), thread_name_prefix="odoo-read") as pool:
        for table in pool.map(one, ranges):
            tables.append(table)
            done += table.num_rows
            if progress is not None:
                progress(done, max(total, done))
    if not tables:
        return empty_table(reads)
    # Ranges ascend and rows within one were sorted, so the whole is sorted by id.
    return pa.concat_tables(tables)


def _id_ranges(
    client: OdooClient, model: str, domain: Domain, range_rows: int, parallel: int
) -> tuple[list[tuple[int, int]], int]:
    """Return fixed id ranges of at most about `range_rows` matching rows each, and how many rows match now.

    More than one range is a multiple of `parallel`: a last one on its own would leave the other readers idle (measured:
    a sixth of the time of five ranges read two at a time).
    """
    total = client.search_count(model, domain)
    if not total:
        return [], 0
    first = client.call(model, "search", domain=domain, limit=1, order="id asc")
    last = client.call(model, "search", domain=domain, limit=1, order="id desc")
    if not first or not last:
        return [], 0
    low, high = int(first[0]), int(last[0]) + 1
    pieces = max(1, -(-total // range_rows))
    if pieces > 1:
        pieces = -(-pieces // parallel) * parallel
    width = max(1, -(-(high - low) // pieces))
    return [(start, min(start + width, high)) for start in range(low, high, width)], total


def _read_range(client: OdooClient, model: str, domain: Domain, reads: Sequence[Read]) -> pa.Table:
    if client.version.major >= 19:
        # Two columns may come from one field (a currency's name and its code): it travels once.
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
        # A group costs more here than what it saves: its label and its domain are made for it.
        by, keys = [], [f"{read.field}_agg" for read in reads]
        fields = list(dict.fromkeys(f"{read.field}_agg:array_agg({read.field})" for read in reads))
        raw = client.call_raw(model, "read_group", domain=domain, fields=fields, groupby=[], lazy=False)
    try:
        groups = _GROUPS.decode(raw)
        tables = [_group_table(group, reads, keys, by) for group in groups]
    except (msgspec.ValidationError, KeyError) as exc:
        # A module may have made one of the fields something else: the records say what it is.
        raise NotOdooError(f"Odoo sent {model} in a form this app does not know.", model=model) from exc
    if not tables:
        return empty_table(reads)
    table = pa.concat_tables(tables).combine_chunks()
    return table.take(pc.sort_indices(table[reads[0].name]))


def _group_table(
    group: Mapping[str, msgspec.Raw], reads: Sequence[Read], keys: Sequence[str], by: Sequence[str]
) -> pa.Table:
    """Return the rows of one group; its first column, the id, says how many they are."""
    columns: dict[str, pa.Array] = {}
    rows = 0
    # One column at a time: only its values are Python objects meanwhile, not those of the whole range.
    for key, read in zip(keys, reads, strict=True):
        if key in by:
            value = to_arrow([_value(msgspec.json.decode(group[key]), read.kind)], read.kind)[0]
            columns[read.name] = pa.repeat(value, rows)
        else:
            columns[read.name] = to_arrow(_DECODERS[read.kind].decode(group[key]) or [], read.kind)
            rows = len(columns[read.name])
    return pa.table(columns)


def _read_records(
    client: OdooClient,
    model: str,
    domain: Domain,
    reads: Sequence[Read],
    progress: Callable[[int, int], None] | None,
) -> pa.Table:
    fields = [read.field for read in reads if read.field != "id"]
    tables: list[pa.Table] = []
    done = 0
    for page in client.iter_search_read(model, domain, fields):
        tables.append(records_table(page, reads))
        done += len(page)
        if progress is not None:
            progress(done, done)
    return pa.concat_tables(tables) if tables else empty_table(reads)


def records_table(records: Sequence[Mapping[str, Any]], reads: Sequence[Read]) -> pa.Table:
    """Return `records` (as `search_read` with `load=''` sends them) as a table with the columns of `reads`."""
    return pa.table(
        {read.name: to_arrow([_value(row.get(read.field), read.kind) for row in records], read.kind) for read in reads}
    )


def _value(value: Any, kind: Kind) -> Any:
    """Return Odoo's value with its `False` for "empty" as None, and a many2one as its bare id."""
    if value is None:
        return None
    if isinstance(value, list):
        return value[0] if value else None
    if value is False:
        return False if kind == "bool" else None
    return str(value) if kind in ("text", "code") else value


def to_arrow(values: list[Any], kind: Kind) -> pa.Array:
    """Return `values` (None = empty) as an Arrow array of `kind`, empties filled as the frames' conventions say."""
    kind_type = ARROW_TYPES[kind]
    if kind in ("date", "datetime"):
        texts = pa.array(values, pa.string())
        if kind == "date":
            return pc.cast(pc.cast(texts, pa.date32()), kind_type)
        return pc.assume_timezone(pc.cast(texts, pa.timestamp("s")), "UTC")
    if kind in ("money", "number") and isinstance(next((v for v in values if v is not None), None), str):
        values = pa.array(values, pa.string())
        array = pc.cast(values, kind_type)
    else:
        array = pa.array(values, kind_type)
    return array.fill_null(_EMPTY[kind]) if array.null_count else array
