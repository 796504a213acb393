"""`read_group` (14 to 19) and `formatted_read_group` (19), with whole columns by `array_agg`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from odoo_client.demo.orm.computed import display_name
from odoo_client.demo.orm.faults import python_error, user_error
from odoo_client.demo.orm.fields import Field
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Row

_SPEC = re.compile(r"^(\w+)(?::(\w+)(?:\((\w+)\))?)?$")
_AGGREGATES = {"sum", "avg", "max", "min", "count", "count_distinct", "array_agg", "bool_and", "bool_or"}
_DEFAULT_AGGREGATE = {"integer": "sum", "float": "sum", "monetary": "sum"}
#: Floats without digits are `double precision`.
_DOUBLES = {("contract.line", "quantity"), ("contract.line", "specific_price"), ("project.task", "planned_hours")}
_LABELS = {"day": "%d %b %Y", "month": "%B %Y", "year": "%Y"}


def read_group(
    db: Database,
    model: str,
    rows: list[Row],
    domain: Sequence[Any],
    fields: Sequence[str],
    groupby: Sequence[str],
    *,
    lazy: bool,
) -> list[dict[str, Any]]:
    """Group as `read_group` does: keys as named before the colon, `__count`, `__domain`; raw without groups in 14."""
    used = list(groupby[:1] if lazy else groupby)
    outputs: dict[str, tuple[str, str]] = {}
    for spec in fields:
        if spec == "__count":
            continue
        name, function, source = _parse(db, spec)
        field = _column_field(db, model, source or name, function)
        if field.name in {group.partition(":")[0] for group in used} and not function:
            continue
        chosen = function or _DEFAULT_AGGREGATE.get(field.type, "")
        if chosen:
            outputs[name] = (field.name, chosen)
    count_key = f"{used[0].partition(':')[0]}_count" if lazy and used else "__count"
    modern = db.profile.major >= 17
    if not modern:
        # The order in which PostgreSQL happens to scan a table: rows updated last stand first here.
        rows = [*rows[len(rows) // 2 :], *rows[: len(rows) // 2]]
    results = []
    for key, members in _groups(db, model, rows, used):
        result: dict[str, Any] = {}
        if not used and not modern:
            result["id"] = min((row["id"] for row in members), default=None)
        result.update(
            zip(used, (_month_label(value, group) for value, group in zip(key, used, strict=True)), strict=True)
        )
        result[count_key] = len(members)
        for name, (source, function) in outputs.items():
            result[name] = _aggregate(db, model, members, source, function)
        if used or modern:
            conditions = _conditions(db, model, used, key)
            result["__domain"] = [*["&"] * (len(conditions) + len(domain) - 1), *conditions, *domain] or [[1, "=", 1]]
        ranges = {spec: _span(value, spec) for spec, value in zip(used, key, strict=True) if ":" in spec and value}
        if modern and ranges:
            result["__range"] = {spec: {"from": first, "to": end} for spec, (first, end) in ranges.items()}
        if len(used) < len(groupby):
            result["__context"] = {"group_by": list(groupby[len(used) :])}
        results.append(result)
    return results


def formatted_read_group(
    db: Database, model: str, rows: list[Row], groupby: Sequence[str], aggregates: Sequence[str]
) -> list[dict[str, Any]]:
    """Group as 19 does: keys are the specifications themselves, `__count`, `__extra_domain`."""
    for spec in aggregates:
        if spec != "__count":
            name, function, _ = _parse(db, spec)
            if not function:
                raise python_error("ValueError", f"Aggregate method is mandatory for {spec!r}")
            _column_field(db, model, name, function)
    results = []
    for key, members in _groups(db, model, rows, groupby):
        pairs = zip(groupby, key, strict=True)
        result: dict[str, Any] = {
            spec: [value, _month_label(value, spec)] if ":" in spec and value else value for spec, value in pairs
        }
        conditions = _conditions(db, model, groupby, key)
        result["__extra_domain"] = [*["&"] * (len(conditions) - 1), *conditions] or [[1, "=", 1]]
        for spec in aggregates:
            name, _, function = spec.partition(":")
            result[spec] = len(members) if spec == "__count" else _aggregate(db, model, members, name, function)
        results.append(result)
    return results


def _parse(db: Database, spec: str) -> tuple[str, str, str]:
    match = _SPEC.match(spec)
    if match is None:
        raise python_error("ValueError", f"Invalid field specification {spec!r}.")
    name, function, source = match.groups()
    if function and function not in _AGGREGATES:
        if db.profile.major < 17:
            raise user_error(f"Invalid aggregation function {function!r}.")
        aggregate = f"{source or name}:{function}"
        raise python_error("ValueError", f"Invalid aggregate method {function!r} for {aggregate!r}.")
    return name, function or "", source or ""


def _column_field(db: Database, model: str, name: str, function: str) -> Field:
    """Return the field to aggregate; raises what Odoo raises for an unknown or a computed one."""
    field = db.models[model].get(name)
    modern = db.profile.major >= 17
    if field is None:
        suffix = f" for '{name}:{function}'." if modern else ""
        raise python_error("ValueError", f"Invalid field {name!r} on model {model!r}{suffix}")
    exception = (model, name) == ("account.account", "code")  # 18 and 19 convert this computed field to SQL
    if function and not field.is_column and not exception:
        if modern:
            raise python_error("ValueError", f"Cannot convert {model}.{name} to SQL because it is not stored")
        raise user_error(f"Cannot aggregate field {name!r}.")
    return field


def _groups(db: Database, model: str, rows: list[Row], groupby: Sequence[str]) -> list[tuple[list[Any], list[Row]]]:
    """Return (formatted key, rows) for each group, sorted by key; without groupby one group, empty or not."""
    if not groupby:
        return [([], rows)]
    columns = [_group_values(db, model, rows, spec) for spec in groupby]
    members: dict[tuple[Any, ...], list[Row]] = {}
    for row, key in zip(rows, zip(*columns, strict=True), strict=True):
        members.setdefault(key, []).append(row)
    shown = {key: [_shown(db, model, spec, value) for spec, value in zip(groupby, key, strict=True)] for key in members}

    def rank(key: tuple[Any, ...]) -> list[tuple[bool, Any]]:
        pairs = zip(key, shown[key], strict=True)
        return [(raw is None, "" if raw is None else text[1] if isinstance(text, list) else raw) for raw, text in pairs]

    return [(shown[key], members[key]) for key in sorted(members, key=rank)]


def _group_values(db: Database, model: str, rows: list[Row], spec: str) -> list[Any]:
    path, _, granularity = spec.partition(":")
    name, _, rest = path.partition(".")
    field = db.models[model].get(name)
    if field is None:
        raise python_error("ValueError", f"Invalid field {name!r} on model {model!r}")
    values = db.column(model, name, rows)
    if rest:
        table, get = db.tables[field.relation], db.getter(field.relation, rest)
        return [get(table[value]) if value else None for value in values]
    if field.type in ("date", "datetime"):
        cut = {"day": 10, "month": 7, "year": 4}.get(granularity or "month", 7)
        return [value and f"{value[:cut]}-01-01"[:10] for value in values]
    if field.type == "boolean":
        return [bool(value) for value in values]
    return values


def _shown(db: Database, model: str, spec: str, value: Any) -> Any:
    field = _last_field(db, model, spec)
    if value is None:
        return False
    if field.type == "many2one":
        return [value, display_name(db, field.relation, db.tables[field.relation][value])]
    return value


def _last_field(db: Database, model: str, spec: str) -> Field:
    *path, last = spec.partition(":")[0].split(".")
    for step in path:
        model = db.models[model][step].relation
    return db.models[model][last]


def _month_label(value: Any, spec: str) -> Any:
    """Return a group's label: read_group labels dates ("November 2026"), formatted_read_group does not."""
    granularity = spec.partition(":")[2]
    if not granularity or not value:
        return value
    return datetime.strptime(value[:10], "%Y-%m-%d").strftime(_LABELS.get(granularity, "%B %Y"))  # noqa: DTZ007


def _conditions(db: Database, model: str, groupby: Sequence[str], key: Sequence[Any]) -> list[Any]:
    """Return the domain that selects one group again."""
    conditions: list[Any] = []
    for spec, value in zip(groupby, key, strict=True):
        name, _, granularity = spec.partition(":")
        first, dot, rest = name.partition(".")
        plain = value[0] if isinstance(value, list) else value
        if granularity and value:
            start, end = _span(value, spec)
            conditions += [[name, ">=", start], [name, "<", end]]
        else:
            conditions.append([first, "any", [[rest, "=", plain]]] if dot else [name, "=", plain])
    return conditions


def _span(value: str, spec: str) -> tuple[str, str]:
    """Return first and (exclusive) last day of the day, month or year that starts on `value`."""
    granularity = spec.partition(":")[2]
    start = date.fromisoformat(value[:10])
    end = start + timedelta(days={"day": 1, "year": 366}.get(granularity, 31))
    return start.isoformat(), (end if granularity == "day" else end.replace(day=1)).isoformat()


def _is_numeric(db: Database, model: str, name: str) -> bool:
    """Return whether the column is PostgreSQL's `numeric`: arrays of it reach a client of 14 as texts, '1275.00'."""
    field = db.models[model][name]
    return field.type in ("float", "monetary") and (model, name) not in _DOUBLES


def _as_numeric(value: float) -> str:
    return f"{value:.2f}" if round(value, 2) == value else str(value)


def _aggregate(db: Database, model: str, rows: list[Row], name: str, function: str) -> Any:
    values = db.column(model, name, rows)
    # Without rows PostgreSQL answers NULL; from 17 on Odoo turns that into an empty list or False.
    modern = db.profile.major >= 17
    if function == "array_agg":
        if not modern and _is_numeric(db, model, name):
            values = [None if value is None else _as_numeric(value) for value in values]
        return values if values or modern else None
    found = [value for value in values if value is not None]
    match function:
        case "count":
            return len(found)
        case "count_distinct":
            return len(set(found))
        case _ if not found:
            return False if modern else None
        case "sum":
            total = sum(found)
            return round(total, 2) if isinstance(total, float) else total
        case "avg":
            return sum(found) / len(found)
        case "max":
            return max(found)
        case "min":
            return min(found)
        case "bool_and":
            return all(found)
        case _:
            return any(found)
