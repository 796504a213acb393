"""What a dataset is: the Odoo model and fields it reads, by version and edition, and the frame it becomes.

A dataset module states its columns once; `plan()` asks the server's `fields_get` which of the candidate fields exist,
so that version and edition are probed, never assumed. A model this Odoo lacks becomes a `Missing` with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from odoo_client.config import Settings
from odoo_client.datasets.task_states import Source
from odoo_client.errors import MissingModelError
from odoo_client.frames.kinds import ARROW_TYPES, EMPTY, Kind
from odoo_client.rpc.client import FieldInfo, OdooClient
from odoo_client.rpc.columns import Domain, Read

#: Models with few records: a column that points to one of them holds few values.
FEW_RECORDS = ("res.company", "res.currency", "account.journal")
#: The column of what was read that carries Odoo's `write_date`: kept beside the frames of a snapshot, in none of them.
WRITE_DATE = "write_date"


@dataclass(frozen=True)
class Column:
    """One column of a frame.

    `fields` are the Odoo fields it may come from, best first; the first that this Odoo has is read. None of them: the
    column holds its kind's empty value, and `lacks` (if given) is put on the frame so that pages can say so.
    """

    name: str
    kind: Kind
    fields: tuple[str, ...] = ()
    lacks: str = ""


def column(name: str, kind: Kind, *fields: str, lacks: str = "") -> Column:
    """Return a `Column`; without `fields` it is read from the Odoo field of the same name."""
    return Column(name, kind, fields or (name,), lacks)


@dataclass(frozen=True)
class Missing:
    """A model this Odoo lacks: `message` says so and what to install; `empty` makes the frame without rows."""

    message: str
    empty: Plan


@dataclass(frozen=True)
class Plan:
    """How one dataset is read from this Odoo.

    `domain` picks the rows; `changes_domain` is the wider one for increments, so that a row that left `domain` (a line
    set back to draft) is seen leaving: `keep` then drops it. `finish` turns what was read into the frame's own columns.
    `paged` False: Odoo hides rows of this model after it has cut a page, so that a short page would not be the last;
    they come as records in one call. `told` returns what to warn about, from the whole frame.
    `tied` = Odoo's own totals of its rows are asked for in each cycle. `wide` is a domain without a join that has all
    its rows: while Odoo has the same of it (and the frame `beside` the same ids), `domain` has the same rows too.
    """

    model: str
    columns: tuple[Column, ...]
    reads: tuple[Read, ...]
    domain: Domain
    changes_domain: Domain
    source: str = ""
    lacks: tuple[str, ...] = ()
    customer_domain: Callable[[Sequence[int]], Domain] | None = None
    keep: Callable[[pd.DataFrame], pd.Series] | None = None
    finish: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    paged: bool = True
    told: Callable[[pd.DataFrame], tuple[str, ...]] | None = None
    tied: bool = False
    wide: Domain | None = None
    beside: str = ""

    @property
    def key(self) -> str:
        """The frame's id column."""
        return self.columns[0].name

    @property
    def has_watermark(self) -> bool:
        """Whether rows carry `write_date`, so that increments are possible."""
        return any(read.name == WRITE_DATE for read in self.reads)

    def frame(self, table: pa.Table, *, stamped: bool = False) -> pd.DataFrame:
        """Return what was read as a frame: the dataset's columns, without rows the plan does not keep.

        `stamped` leaves `write_date` (datetime64[s]) beside them, where it was read.
        """
        columns = {read.name: table[read.name] for read in self.reads if stamped or read.name != WRITE_DATE}
        rows = table.num_rows
        for col in self.columns:
            if col.name not in columns:
                columns[col.name] = _filled(col.kind, rows)
        # Each column by itself, and its Arrow form freed at once: half the memory at the peak.
        frame: pd.DataFrame = pa.table(columns).to_pandas(date_as_object=False, split_blocks=True, self_destruct=True)
        if self.keep is not None:
            frame = frame[self.keep(frame)]
        if self.finish is not None:
            frame = self.finish(frame)
        return frame.reset_index(drop=True)


@dataclass
class Probe:
    """What a dataset may ask while it plans: the client, the settings, and what earlier datasets found."""

    client: OdooClient
    settings: Settings
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    sources: dict[str, Source | None] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """Odoo's major version."""
        return self.client.version.major

    def has_model(self, model: str) -> bool:
        """Return whether this Odoo has `model` and the account may see its fields."""
        return self.client.has_model(model)

    def has_field(self, model: str, name: str) -> bool:
        """Return whether `model` has the field `name` here."""
        return self.has_model(model) and name in self.client.fields(model, (name,))

    def relation(self, model: str, name: str) -> str:
        """Return the model that a relational field points to, "" when there is none."""
        return self.client.fields(model, (name,))[name].relation if self.has_field(model, name) else ""

    def ids(self, frame: str, column_name: str) -> list[int]:
        """Return the values of an id column of a frame read before."""
        return [int(value) for value in self.frames[frame][column_name]]


@dataclass(frozen=True)
class Owners:
    """Rows that are read only for some records of another dataset, so that a domain alone cannot name them.

    `column` of the frame, Odoo's `field`, holds the owner's id. `wanted(frames, settings, now)` gives the ids, rising,
    of the owners whose rows the frame holds at a moment, from the frames named in `frames`; `of_partners` those of some
    customers. `doubtful(frames, rows)` gives owners of whom the rows held cannot be all: they are read again in each
    cycle. `at_any_time` = `wanted` does not depend on the moment.
    """

    column: str
    field: str
    frames: tuple[str, ...]
    wanted: Callable[[Mapping[str, pd.DataFrame], Settings, datetime], npt.NDArray[np.int64]]
    of_partners: Callable[[Mapping[str, pd.DataFrame], Sequence[int]], npt.NDArray[np.int64]]
    doubtful: Callable[[Mapping[str, pd.DataFrame], pd.DataFrame], npt.NDArray[np.int64]] | None = None
    at_any_time: bool = False


@dataclass(frozen=True)
class Dataset:
    """A frame of the snapshot and how to plan its reading.

    `group` is what the command line can ask for alone. `small` frames are read whole each cycle. `open_domain` names
    the rows that are read again in each cycle whatever their `write_date` says; `id_check` = "cycle" compares ids
    each cycle (their rows vanish without a trace), "hours" every few hours. `owners` = rows of some records only.
    """

    name: str
    group: str
    plan: Callable[[Probe], Plan | Missing]
    small: bool = False
    id_check: str = "hours"
    open_domain: Callable[[Plan], Domain] | None = None
    owners: Owners | None = None


def build_plan(
    probe: Probe,
    model: str,
    columns: Sequence[Column],
    domain: Domain | None = None,
    *,
    missing: str = "",
    absent: str = "",
    changes_domain: Domain | None = None,
    **more: Any,
) -> Plan | Missing:
    """Return the plan for `model` with those of `columns` that this Odoo has.

    `Missing` when it lacks the model (its sentence is `missing`) or when the caller already knows so (`absent`).
    """
    empty = Plan(model, tuple(columns), (), [], [], **more)
    if absent:
        return Missing(absent, empty)
    if probe.client.lists(model) is False:
        return Missing(missing or f"This Odoo has no {model}.", empty)
    try:
        fields = probe.client.fields(model, {WRITE_DATE, *(name for col in columns for name in col.fields)})
    except MissingModelError:
        return Missing(missing or f"This Odoo has no {model}.", empty)
    reads: list[Read] = []
    lacks: list[str] = []
    for col in columns:
        found = "id" if "id" in col.fields else next((name for name in col.fields if name in fields), None)
        if found is not None:
            info = fields.get(found)
            plain = found == "id" or (info is not None and info.aggregable)
            reads.append(Read(col.name, col.kind, found, plain, few(info)))
        elif col.lacks:
            lacks.append(col.lacks)
    if WRITE_DATE in fields:
        reads.append(Read(WRITE_DATE, "datetime", WRITE_DATE))
    rows = list(domain or [])
    return Plan(
        model=model,
        columns=tuple(columns),
        reads=tuple(reads),
        domain=rows,
        changes_domain=rows if changes_domain is None else changes_domain,
        lacks=tuple(lacks),
        **more,
    )


def few(info: FieldInfo | None) -> bool:
    """Return whether a field has a handful of values, however many records there are."""
    if info is None:
        return False
    return info.type in ("selection", "boolean") or (info.type == "many2one" and info.relation in FEW_RECORDS)


def mapped(values: pd.Series, mapping: Mapping[str, str], default: str = "") -> pd.Series:
    """Return `values` put through `mapping`; what it does not name becomes `default`."""
    return values.map(mapping).fillna(default).astype("str")


def _filled(kind: Kind, rows: int) -> pa.Array:
    return pa.array([EMPTY.get(kind)] * rows, ARROW_TYPES[kind])
