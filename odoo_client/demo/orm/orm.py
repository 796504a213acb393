"""An in-memory stand-in for Odoo's ORM: tables, values, search, read, create, write, unlink.

A row is a dict of column values in which None is SQL's NULL,
dates and datetimes are Odoo's strings in UTC (`write_date`
with microseconds, as PostgreSQL keeps it), many2one is a bare id and many2many a list of ids.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from odoo_client.demo.orm.computed import COMPUTED, ONE2MANY_ONLY, display_name
from odoo_client.demo.orm.domains import compile_filter, id_bounds, mentions
from odoo_client.demo.orm.faults import missing_error, python_error, validation_error
from odoo_client.demo.orm.fields import Field, build_models
from odoo_client.demo.orm.profiles import Profile
from odoo_client.demo.orm.rows import Numbers, Predicate, Row
from odoo_client.demo.orm.schema import DEFAULT_ORDER, SCHEMA
from odoo_client.demo.orm.undo import UndoLog

_EMPTY = {"boolean": False, "integer": 0, "many2one_reference": 0, "float": 0.0, "monetary": 0.0}
Hook = Callable[["Database", str, list[Row]], None]
#: Called before a create (rows None) or write with the values; returns those that are stored.
Override = Callable[["Database", list[Row] | None, dict[str, Any]], dict[str, Any]]


class Database:
    """All tables of one demo tenant. `lock` serialises calls, as every RPC call is one transaction."""

    ledger: Numbers  # posts entries; set by `provider.fill`

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.models: dict[str, dict[str, Field]] = build_models(SCHEMA, profile)
        self.tables: dict[str, dict[int, Row]] = {model: {} for model in self.models}
        self.lock = threading.RLock()
        self.clock_skew_s = 0.0
        self.hooks: dict[str, Hook] = {}  # model -> called with the rows that were created, written or unlinked
        self.overrides: dict[str, Override] = {}
        self._undo: UndoLog | None = None
        self._moment = ""
        self._shuffled: set[str] = set()  # models whose rows do not stand in the order of ids
        self._next_id: dict[str, int] = defaultdict(lambda: 1)
        self._inverse: dict[tuple[str, str], dict[int, list[int]]] = {}
        self._version: dict[str, int] = defaultdict(int)
        self._inverse_version: dict[tuple[str, str], int] = {}

    # ------------------------------------------------------------------ filling

    def now(self) -> str:
        """Return the time in UTC, with microseconds; within a transaction that of its beginning, as in PostgreSQL."""
        moment = datetime.now(UTC) + timedelta(seconds=self.clock_skew_s)
        return self._moment or moment.strftime("%Y-%m-%d %H:%M:%S.%f")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all changes made within or, after an exception, none. The caller holds `lock`."""
        if self._undo is not None:
            yield
            return
        self._moment, self._undo, numbers = self.now(), UndoLog(), self.ledger.numbers()
        try:
            yield
        except BaseException:
            for model in self._undo.undo(self.tables):
                self._shuffled.add(model)
                self._version[model] += 1
            self.ledger.number_from(numbers)
            raise
        finally:
            self._moment, self._undo = "", None

    def changing(self, model: str, row: Row) -> None:
        """Say before a row is changed in place by other means than `write` and `touch`."""
        if self._undo is not None:
            self._undo.changing(model, row)

    def add(self, model: str, row: Row) -> int:
        """Append a generated row as it is; returns its id. Rows of models this profile lacks are dropped (id 0)."""
        table = self.tables.get(model)
        if table is None:
            return 0
        row_id = row.get("id") or self._next_id[model]
        row["id"] = row_id
        if row_id < self._next_id[model]:
            self._shuffled.add(model)
        self._next_id[model] = max(self._next_id[model], row_id + 1)
        if self._undo is not None:
            self._undo.adding(model, row)
        table[row_id] = row
        self._version[model] += 1
        return int(row_id)

    def clone(self) -> Database:
        """Return a copy whose rows may change without changing these: much faster than filling another."""
        other = Database(self.profile)
        other.tables = {model: {key: row.copy() for key, row in table.items()} for model, table in self.tables.items()}
        other._next_id.update(self._next_id)
        other._shuffled = set(self._shuffled)
        other.hooks, other.overrides = dict(self.hooks), dict(self.overrides)
        other.ledger = self.ledger.moved_to(other)
        return other

    # ------------------------------------------------------------------ values

    def field(self, model: str, name: str) -> Field:
        """Return a field's definition; raises what this version raises for an unknown one."""
        try:
            return self.models[model][name]
        except KeyError:
            where = f"'{model}'" if self.profile.major >= 19 else f"model '{model}'"
            raise python_error("ValueError", f"Invalid field {name!r} on {where}") from None

    def getter(self, model: str, name: str) -> Callable[[Row], Any]:
        """Return what reads one raw value (None for empty, a list of ids for x2many) from a row of the model."""
        field = self.field(model, name)
        if name == "display_name":
            return lambda row: display_name(self, model, row)
        if field.type == "one2many":
            index = self.inverse(field.relation, field.inverse)
            if (only := ONE2MANY_ONLY.get((model, name))) is not None:
                table = self.tables[field.relation]
                return lambda row: [key for key in index.get(row["id"], []) if only(self, table[key])]
            return lambda row: index.get(row["id"], [])
        if (compute := COMPUTED.get((model, name))) is not None and not field.store and not field.path:
            return lambda row: compute(self, row)
        if field.path and not field.store:
            step, _, rest = field.path.partition(".")
            link, comodel = self.getter(model, step), self.models[model][step].relation
            table, last = self.tables[comodel], self.getter(comodel, rest)
            return lambda row: last(table[key]) if (key := link(row)) in table else None
        if field.type == "many2many":
            return lambda row: row.get(name) or []
        return lambda row: row.get(name)

    def inverse(self, comodel: str, name: str) -> dict[int, list[int]]:
        """Return the one2many index: parent id → ids of `comodel`, kept until a row of the comodel changes."""
        key = (comodel, name)
        if self._inverse_version.get(key) != self._version[comodel]:
            index: dict[int, list[int]] = defaultdict(list)
            for row in self.tables[comodel].values():
                if row.get(name):
                    index[row[name]].append(row["id"])
            self._inverse[key], self._inverse_version[key] = dict(index), self._version[comodel]
        return self._inverse[key]

    def column(self, model: str, name: str, rows: Sequence[Row]) -> list[Any]:
        """Return raw values of one field, datetimes cut to the second."""
        field = self.field(model, name)
        if field.store and field.type not in ("one2many", "many2many") and name != "display_name":
            try:
                values = list(map(itemgetter(name), rows))
            except KeyError:
                values = [row.get(name) for row in rows]
        else:
            get = self.getter(model, name)
            values = [get(row) for row in rows]
        return [value and value[:19] for value in values] if field.type == "datetime" else values

    def family(self, model: str, roots: Any, *, up: bool) -> set[int]:
        """Return the records themselves and all below (above) them by `parent_id`: child_of, parent_of."""
        found = {roots} if isinstance(roots, int) else set(roots or [])
        table = self.tables[model]
        frontier = set(found)
        while frontier:
            if up:
                step = {parent for key in frontier if key in table and (parent := table[key].get("parent_id"))}
            else:
                index = self.inverse(model, "parent_id")
                step = {child for key in frontier for child in index.get(key, [])}
            frontier = step - found
            found |= frontier
        return found

    # ------------------------------------------------------------------ reading

    def search(
        self,
        model: str,
        domain: Sequence[Any],
        *,
        rule: Predicate | None = None,
        active_test: bool = True,
        order: str | None = None,
    ) -> list[Row]:
        """Return rows of the model that match, in Odoo's order."""
        table = self.tables[model]
        if model in self._shuffled:
            rows_by_id = sorted(table.items())
            table.clear()
            table.update(rows_by_id)
            self._shuffled.discard(model)
        low, high, ids = id_bounds(domain)
        matching = compile_filter(self, model, domain, bounded=ids is None)
        hide_archived = active_test and "active" in self.models[model] and not mentions(domain, "active")
        candidates: Iterable[Row]
        if ids is not None:
            candidates = [table[key] for key in sorted({key for key in ids if key in table})]
        elif low is not None or high is not None:
            floor, ceiling = low or 0, high if high is not None else 1 << 62
            candidates = [row for key, row in table.items() if floor <= key <= ceiling]
        else:
            candidates = table.values()
        rows = matching(candidates)
        if rule is not None:
            rows = [row for row in rows if rule(row)]
        if hide_archived:
            rows = [row for row in rows if row.get("active")]
        return self.sort(model, rows, order)

    def sort(self, model: str, rows: list[Row], order: str | None) -> list[Row]:
        """Return rows sorted by an `order` clause (else the model's default); NULLs stand last, as in SQL."""
        clause = order or DEFAULT_ORDER.get(model, "id")
        terms = [term.split() for term in clause.split(",")]
        if terms[0][0] == "id":
            # Tables are kept in the order of ids.
            return rows if terms[0][1:] in ([], ["asc"]) else rows[::-1]
        for name, *direction in reversed(terms):
            descending = bool(direction) and direction[0].lower() == "desc"
            field = self.models[model].get(name)
            if field is None:
                raise python_error("ValueError", f"Invalid field '{name}' on model '{model}'")
            rows = sorted(rows, key=self._sort_key(model, field), reverse=descending)
        return rows

    def _sort_key(self, model: str, field: Field) -> Callable[[Row], tuple[bool, Any]]:
        get = self.getter(model, field.name)
        if field.type == "many2one":
            comodel, table = field.relation, self.tables[field.relation]
            return lambda row: ((key := get(row)) is None, key and display_name(self, comodel, table[key]))
        return lambda row: ((value := get(row)) is None, value)

    def read(self, model: str, rows: Sequence[Row], names: Sequence[str] | None, *, classic: bool) -> list[Row]:
        """Return records as `read` sends them: empty is False, numbers 0; `classic` turns many2one into [id, name]."""
        fields = self.models[model]
        wanted = list(dict.fromkeys(["id", *(names or [name for name in fields if name != "id"])]))
        columns: list[list[Any]] = []
        for name in wanted:
            field = self.field(model, name)
            empty = _EMPTY.get(field.type, False)
            values = self.column(model, name, rows)
            if field.type == "many2one" and classic:
                names_of = self._names(field.relation, {value for value in values if value})
                columns.append([[value, names_of[value]] if value else False for value in values])
            else:
                columns.append([empty if value is None else value for value in values])
        return [dict(zip(wanted, record, strict=True)) for record in zip(*columns, strict=True)]

    def _names(self, model: str, ids: Collection[int]) -> dict[int, str]:
        table = self.tables[model]
        return {key: display_name(self, model, table[key]) if key in table else "" for key in ids}

    def browse(self, model: str, ids: Iterable[int], uid: int) -> list[Row]:
        """Return rows by id; raises MissingError for the first that is gone."""
        table = self.tables[model]
        for key in ids:
            if key not in table:
                raise missing_error(model, key, uid)
        return [table[key] for key in ids]

    # ------------------------------------------------------------------ writing

    def create(self, model: str, values: Mapping[str, Any], *, uid: int = 1) -> int:
        """Insert one record; x2many take commands. Raises ValidationError when a required value is missing."""
        fields = self.models[model]
        now = self.now()
        row: Row = {"create_date": now, "write_date": now, "create_uid": uid, "write_uid": uid}
        if "active" in fields:
            row["active"] = True
        for name, field in fields.items():
            if field.type == "boolean" and field.store:
                row.setdefault(name, False)
        values = self._overridden(model, None, values)
        self._apply(model, row, values, creating=True)
        self._require(model, row, [f for f in fields.values() if f.name != "id"])
        record_id = self.add(model, row)
        self._children(model, record_id, values, uid)
        self._notify(model, [row])
        return record_id

    def write(self, model: str, ids: Sequence[int], values: Mapping[str, Any], *, uid: int = 1) -> None:
        """Change records and move their `write_date`; x2many take commands."""
        rows = self.browse(model, ids, uid)
        now = self.now()
        values = self._overridden(model, rows, values)
        for row in rows:
            self.changing(model, row)
            self._apply(model, row, values, creating=False)
            self._require(model, row, [self.models[model][name] for name in values])
            row["write_date"], row["write_uid"] = now, uid
            self._children(model, row["id"], values, uid)
        self._version[model] += 1
        self._notify(model, rows)

    def unlink(self, model: str, ids: Sequence[int], *, uid: int = 1) -> None:
        """Delete records; nothing else moves its `write_date` by that."""
        rows = self.browse(model, ids, uid)
        for row in rows:
            self.changing(model, row)
            self.tables[model].pop(row["id"], None)
        self._version[model] += 1
        self._notify(model, rows)

    def touch(self, model: str, row: Row, **values: Any) -> None:
        """Set columns of one row as a stored computed field does: only a real change moves `write_date`."""
        if any(row.get(name) != value for name, value in values.items()):
            self.changing(model, row)
            row.update(values)
            row["write_date"] = self.now()
            self._version[model] += 1

    def bump(self, model: str) -> None:
        """Say that rows of the model came, went or changed by other means than the methods here."""
        self._version[model] += 1

    def _notify(self, model: str, rows: list[Row]) -> None:
        if (hook := self.hooks.get(model)) is not None:
            hook(self, model, rows)

    def _overridden(self, model: str, rows: list[Row] | None, values: Mapping[str, Any]) -> dict[str, Any]:
        override = self.overrides.get(model)
        return dict(values) if override is None else override(self, rows, dict(values))

    def _require(self, model: str, row: Row, fields: Iterable[Field]) -> None:
        """Raise what PostgreSQL's NOT NULL becomes; an empty text is a value."""
        for field in fields:
            if not field.required or not field.store or field.type == "selection" or row.get(field.name) is not None:
                continue
            if self.profile.major >= 18:
                words = f" Missing required value for the field '{field.label}' ({field.name})."
            else:
                words = (
                    "\n- Create/update: a mandatory field is not set.\n- Delete: another model requires the record "
                    "being deleted. If possible, archive it instead.\n\n"
                    f"Model: {model} ({model}), Field: {field.label} ({field.name})"
                )
            raise validation_error(f"The operation cannot be completed:{words}")

    def known(self, model: str, name: str, *, creating: bool) -> Field:
        """Return the field to set; raises what this version raises for an unknown one."""
        field = self.models[model].get(name)
        if field is not None:
            return field
        if self.profile.major < 19:
            raise python_error("ValueError", f"Invalid field {name!r} on model {model!r}")
        # Payments look at the fields themselves before they write.
        if creating or model == "account.payment":
            raise python_error("ValueError", f"Invalid field {name!r} in {model!r}")
        raise python_error("KeyError", name)

    def check_selections(self, model: str, values: Mapping[str, Any]) -> None:
        """Raise ValueError for a value that its selection does not have."""
        for name, value in values.items():
            field = self.models[model].get(name)
            if field is not None and field.selection and value not in (*field.selection, False, None):
                raise python_error("ValueError", f"Wrong value for {model}.{name}: {value!r}")

    def _apply(self, model: str, row: Row, values: Mapping[str, Any], *, creating: bool) -> None:
        self.check_selections(model, values)
        for name, value in values.items():
            field = self.known(model, name, creating=creating)
            if field.type == "many2many":
                row[name] = linked(row.get(name) or [], value)
            elif field.type != "one2many":
                row[name] = None if (value is False or value is None) and field.type != "boolean" else value

    def _children(self, model: str, record_id: int, values: Mapping[str, Any], uid: int) -> None:
        for name, value in values.items():
            field = self.models[model][name]
            if field.type == "one2many":
                for command in value:
                    if command[0] == 0:
                        self.create(field.relation, {**command[2], field.inverse: record_id}, uid=uid)


def linked(current: list[int], commands: Any) -> list[int]:
    """Return a many2many's ids after x2many commands (6 replace, 5 clear, 4 link, 3 unlink) or a plain list of ids."""
    if not isinstance(commands, list | tuple):
        return current
    for command in commands:
        match command:
            case [6, _, ids]:
                current = list(ids)
            case [5, *_]:
                current = []
            case [4, key, *_]:
                current = [*current, key]
            case [3, key, *_]:
                current = [other for other in current if other != key]
            case int():
                return [int(key) for key in commands]
    return current
