"""Odoo's search domains compiled to predicates over rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from odoo_client.demo.orm.faults import Fault, python_error
from odoo_client.demo.orm.fields import Field
from odoo_client.demo.orm.rows import Filter, Predicate, Row, Tables

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
}
_LIKES = ("like", "ilike", "not like", "not ilike", "=like", "=ilike")
_OPERATORS = {"=", "!=", "in", "not in", "child_of", "parent_of", "any", "not any", *_COMPARISONS, *_LIKES}


def compile_domain(db: Tables, model: str, domain: Sequence[Any]) -> Predicate:
    """Return the predicate of a domain in Polish notation; raises the Fault Odoo raises for a bad one."""
    tokens = list(domain)
    if not tokens:
        return _always
    stack: list[Predicate] = []
    for token in reversed(tokens):
        match token:
            case "!":
                stack.append(_negate(_pop(db, stack, domain)))
            case "&" | "|":
                left, right = _pop(db, stack, domain), _pop(db, stack, domain)
                stack.append(_both(left, right) if token == "&" else _either(left, right))  # noqa: S105
            case _:
                stack.append(_leaf(db, model, token))
    # Leaves that no operator joins are joined by "and"; the first stands on top of the stack.
    predicates = stack[::-1]
    return predicates[0] if len(predicates) == 1 else lambda row: all(test(row) for test in predicates)


def compile_filter(db: Tables, model: str, domain: Sequence[Any], *, bounded: bool = False) -> Filter:
    """Return the same as a filter of many rows, which applies leaves that must all hold one by one, in plain loops.

    `bounded` rows are within the `id_bounds` of the domain already.
    """
    if "|" in domain or "!" in domain:
        test = compile_domain(db, model, domain)
        return lambda rows: [row for row in rows if test(row)]
    steps = [_leaf_filter(db, model, leaf) for leaf in domain if leaf != "&" and not (bounded and _bounds_ids(leaf))]

    def run(rows: Iterable[Row]) -> list[Row]:
        found = list(rows)
        for step in steps:
            found = step(found)
        return found

    return run


def _leaf_filter(db: Tables, model: str, leaf: Any) -> Filter:
    test = _leaf(db, model, leaf)
    expression, operator, value = leaf
    name, _, rest = str(expression).partition(".")
    field = db.models[model].get(name)
    if field is not None and field.store and field.type not in ("one2many", "many2many"):
        if rest and field.relation:
            ids = _ids_matching(db, field, [(rest, operator, value)])
            return lambda rows: [row for row in rows if row.get(name) in ids]
        plain = not field.relation or isinstance(value, int) and not isinstance(value, bool)
        if operator == "=" and plain and value and not isinstance(value, list):
            return lambda rows: [row for row in rows if row.get(name) == value]
        kinds = (int,) if field.relation else (int, str)
        if operator == "=" and value is False and field.type == "boolean":
            return lambda rows: [row for row in rows if not row.get(name)]
        if operator == "in" and isinstance(value, list) and value and all(type(item) in kinds for item in value):
            wanted = set(value)
            return lambda rows: [row for row in rows if row.get(name) in wanted]
        if name == "id" and operator in _COMPARISONS:
            compare = _COMPARISONS[operator]
            return lambda rows: [row for row in rows if compare(row["id"], value)]
    return lambda rows: [row for row in rows if test(row)]


def id_bounds(domain: Sequence[Any]) -> tuple[int | None, int | None, Collection[int] | None]:
    """Return (lowest id, highest id, ids) that a purely conjunctive domain asks for: a shortcut, not the filter."""
    low = high = None
    ids: Collection[int] | None = None
    if "|" in domain or "!" in domain:
        return None, None, None
    for token in domain:
        if isinstance(token, str) or len(token) != 3 or token[0] != "id":
            continue
        _, operator, value = token
        if operator in ("=", "in"):
            ids = [value] if operator == "=" else list(value)
        elif operator in (">", ">="):
            low = max(low or 0, value + (operator == ">"))
        elif operator in ("<", "<="):
            bound = value - (operator == "<")
            high = bound if high is None else min(high, bound)
    return low, high, ids


def _bounds_ids(leaf: Any) -> bool:
    """Return whether rows within `id_bounds` satisfy this leaf of a conjunction."""
    return len(leaf) == 3 and leaf[0] == "id" and leaf[1] in _COMPARISONS and type(leaf[2]) is int


def mentions(domain: Sequence[Any], name: str) -> bool:
    """Return whether a leaf of the domain is about this field itself."""
    return any(not isinstance(token, str) and len(token) == 3 and token[0] == name for token in domain)


def _leaf(db: Tables, model: str, leaf: Any) -> Predicate:
    if isinstance(leaf, str) or len(leaf) != 3:
        raise python_error("ValueError", f"Domain() invalid item in domain: {leaf!r}")
    expression, operator, value = leaf
    if expression in (0, 1) and operator in ("=", "!="):
        return _always if (expression == value) == (operator == "=") else _never
    if operator == "<>":
        operator = "!="
    if operator == "==":
        operator = "="
    if operator not in _OPERATORS:
        raise _bad_operator(db, leaf)
    name, _, rest = str(expression).partition(".")
    field = db.models[model].get(name)
    if field is None:
        raise _bad_field(db, model, leaf)
    if rest and field.relation:
        if rest.partition(".")[0] not in db.models[field.relation]:
            raise _bad_field(db, field.relation, (rest, operator, value))
        return _through(db, model, field, [(rest, operator, value)])
    if field.path and not field.store:
        return _leaf(db, model, (f"{field.path}.{rest}" if rest else field.path, operator, value))
    if operator in ("any", "not any"):
        inside = _through(db, model, field, value)
        return inside if operator == "any" else _negate(inside)
    if operator in ("child_of", "parent_of"):
        family = db.family(field.relation or model, value, up=operator == "parent_of")
        return _membership(db, model, field, family)
    if field.relation and isinstance(value, str):
        negative = operator in ("!=", "not in", "not like", "not ilike")
        positive = operator.removeprefix("not ").replace("!=", "=")
        named = _through(db, model, field, [("display_name", positive, value)])
        return _negate(named) if negative else named
    if field.type in ("one2many", "many2many"):
        return _x2many(db, model, field, operator, value)
    return _scalar(db, model, field, operator, value)


def _through(db: Tables, model: str, field: Field, domain: Sequence[Any]) -> Predicate:
    """Return rows whose relation leads to a record matching `domain`: the comodel is searched once, archived or not."""
    return _membership(db, model, field, _ids_matching(db, field, domain))


def _ids_matching(db: Tables, field: Field, domain: Sequence[Any]) -> set[int]:
    found = compile_filter(db, field.relation, domain)(db.tables[field.relation].values())
    return {row["id"] for row in found}


def _membership(db: Tables, model: str, field: Field, ids: set[int]) -> Predicate:
    get = db.getter(model, field.name)
    if field.type in ("one2many", "many2many"):
        return lambda row: not ids.isdisjoint(get(row))
    return lambda row: get(row) in ids


def _x2many(db: Tables, model: str, field: Field, operator: str, value: Any) -> Predicate:
    get = db.getter(model, field.name)
    if not value and operator in ("=", "!="):
        return (lambda row: not get(row)) if operator == "=" else (lambda row: bool(get(row)))
    wanted = set(value) if isinstance(value, list | tuple) else {value}
    some: Predicate = lambda row: not wanted.isdisjoint(get(row))  # noqa: E731
    if operator in ("=", "in"):
        return some
    if operator in ("!=", "not in"):
        return _negate(some)
    raise _bad_operator(db, (field.name, operator, value))


def _scalar(db: Tables, model: str, field: Field, operator: str, value: Any) -> Predicate:
    get = db.getter(model, field.name)
    falsy = (None, False) if field.type == "boolean" else (None, "") if db.profile.major >= 19 else (None,)
    if operator in ("=", "!=") and isinstance(value, list | tuple):
        operator = "in" if operator == "=" else "not in"
    if operator in ("in", "not in"):
        items = value if isinstance(value, list | tuple | set) else [value]
        wanted = {_comparable(field, item) for item in items if item is not False and item is not None}
        if any(item is False or item is None for item in items):
            wanted.update(falsy)
        inside: Predicate = lambda row: get(row) in wanted  # noqa: E731
        # SQL: a column without value is "not in" any list that does not name it.
        return inside if operator == "in" else lambda row: get(row) not in wanted
    if operator in ("=", "!="):
        if value is False or value is None:
            empty: Predicate = lambda row: get(row) in falsy  # noqa: E731
            return empty if operator == "=" else _negate(empty)
        wanted_value = _comparable(field, value)
        return (lambda row: get(row) == wanted_value) if operator == "=" else (lambda row: get(row) != wanted_value)
    if operator in _LIKES:
        return _like(get, operator, "" if value in (False, None) else str(value))
    operator, value = _bound(db, field, operator, value)
    compare = _COMPARISONS[operator]
    return lambda row: (found := get(row)) is not None and compare(found, value)


def _comparable(field: Field, value: Any) -> Any:
    """Return a value to compare with those of rows: JSON has no dates, and a datetime is compared by its seconds."""
    return int(value) if field.type in ("integer", "many2one") and isinstance(value, bool) else value


def _bound(db: Tables, field: Field, operator: str, value: Any) -> tuple[str, Any]:
    """Return operator and value; from 19 on a datetime's `>` means from the next second on, `<=` before it."""
    if field.type == "datetime" and isinstance(value, str) and len(value) == 10:
        value = f"{value} 00:00:00"
    if db.profile.major >= 19 and field.type == "datetime" and operator in (">", "<=") and isinstance(value, str):
        second = datetime.strptime(value[:19], "%Y-%m-%d %H:%M:%S") + timedelta(seconds=1)  # noqa: DTZ007
        return (">=" if operator == ">" else "<"), second.strftime("%Y-%m-%d %H:%M:%S")
    return operator, value


def _like(get: Callable[[Row], Any], operator: str, pattern: str) -> Predicate:
    text = pattern if operator.startswith("=") else f"%{pattern}%"
    source = "".join(".*" if char == "%" else "." if char == "_" else re.escape(char) for char in text)
    regex = re.compile(source, re.DOTALL | (re.IGNORECASE if "ilike" in operator else 0))
    if operator.startswith("not "):
        return lambda row: not regex.fullmatch(get(row) or "")
    return lambda row: (value := get(row)) is not None and regex.fullmatch(value) is not None


def _bad_field(db: Tables, model: str, leaf: Any) -> Fault:
    where = "condition" if db.profile.major >= 19 else "leaf"
    return python_error(
        "ValueError", f"Invalid field {model}.{str(leaf[0]).partition('.')[0]} in {where} {tuple(leaf)!r}"
    )


def _bad_operator(db: Tables, leaf: Any) -> Fault:
    start = "Invalid operator in condition" if db.profile.major >= 19 else "Invalid leaf"
    return python_error("ValueError", f"{start} {tuple(leaf)!r}")


def _pop(db: Tables, stack: list[Predicate], domain: Sequence[Any]) -> Predicate:
    if not stack:
        if db.profile.major >= 17:
            raise python_error("ValueError", f"Domain() malformed domain {list(domain)!r}")
        raise python_error("AssertionError", f"This domain is syntactically not correct: {list(domain)!r}")
    return stack.pop()


def _always(row: Row) -> bool:
    return True


def _never(row: Row) -> bool:
    return False


def _negate(test: Predicate) -> Predicate:
    return lambda row: not test(row)


def _both(left: Predicate, right: Predicate) -> Predicate:
    return lambda row: left(row) and right(row)


def _either(left: Predicate, right: Predicate) -> Predicate:
    return lambda row: left(row) or right(row)
