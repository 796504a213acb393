"""Any value of any column kind: what cannot be read is empty and told, and everything beside it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo_client.frames import odd_json
from odoo_client.frames.kinds import ARROW_TYPES, EMPTY, Kind, cells, day_of, moment_of
from odoo_client.frames.odd_values import Odd, OddValues
from odoo_client.rpc.columns import Read, read_at_once, read_table

MODEL = "account.move.line"
UNREAD = object()

#: By kind: what Odoo may send, and what it is in the frame. UNREAD = empty, and told.
VALUES: dict[Kind, list[tuple[Any, Any]]] = {
    "date": [
        ("2026-11-15", date(2026, 11, 15)),
        ("26-11-15", date(26, 11, 15)),
        ("0026-11-15", date(26, 11, 15)),
        ("202-1-5", date(202, 1, 5)),
        ("1-01-01", date(1, 1, 1)),
        ("9999-12-31", date(9999, 12, 31)),
        ("2026-1-5", date(2026, 1, 5)),
        ("2026-11-15 10:00:00", date(2026, 11, 15)),
        *((text, UNREAD) for text in ("0-11-15", "0000-01-01", "-0026-11-15", "10000-01-01", "2026-02-30", "today")),
        *((value, UNREAD) for value in (20261115, 1.5, True, "2026", "2026-11-15 25:00:00", "٢٠٢٦-١١-١٥")),
    ],
    "datetime": [
        ("2026-11-15 10:20:30", datetime(2026, 11, 15, 10, 20, 30, tzinfo=UTC)),
        ("2026-11-15 10:20:30.987654", datetime(2026, 11, 15, 10, 20, 30, tzinfo=UTC)),
        ("2026-11-15T12:20:30+02:00", datetime(2026, 11, 15, 10, 20, 30, tzinfo=UTC)),
        ("26-11-15 10:20:30", datetime(26, 11, 15, 10, 20, 30, tzinfo=UTC)),
        ("2026-11-15", datetime(2026, 11, 15, tzinfo=UTC)),
        *((text, UNREAD) for text in ("10000-01-01 00:00:00", "0000-01-01 00:00:00", "9999-12-31 23:59:59", "1-1-1")),
        *((value, UNREAD) for value in (1, True, "now", "2026-11-15 10:20:61")),
    ],
    "money": [
        (12.5, 12.5),
        (-3, -3.0),
        ("0.10", 0.1),
        ("1e3", 1000.0),
        (2**70, float(2**70)),
        *((text, UNREAD) for text in ("1,5", "NaN", "Infinity", "-inf", "twelve", "1_000", "0x10", "9" * 400)),
        *((value, UNREAD) for value in (float("nan"), float("inf"), True, 10**400)),
    ],
    "id": [
        (7, 7),
        ([7, "Name"], 7),
        ("7", 7),
        (7.0, 7),
        ([], 0),
        *((value, UNREAD) for value in (-1, 2**31, True, 1.5, "x", 2**63, -(2**70), [True, "Name"], [[7]], {"id": 7})),
    ],
    "int": [
        (-5, -5),
        (2**62, 2**62),
        ("12", 12),
        (12.0, 12),
        *((value, UNREAD) for value in (True, 1.5, "x", "1e3", 2**63, -(2**70), {}, float("nan"))),
    ],
    "text": [
        ("=1+1", "=1+1"),
        (5, "5"),
        ("a\0b", "a\0b"),
        ("x\ud800", "x\N{REPLACEMENT CHARACTER}"),
        *((value, UNREAD) for value in (True, ["a"], {"en_US": "a"}, [])),
    ],
    "bool": [(True, True), (1, True), (0, False), *((value, UNREAD) for value in ("yes", 2, [], {}, 0.5))],
}
VALUES |= {"number": VALUES["money"], "code": VALUES["text"]}
KINDS = sorted(ARROW_TYPES)
#: Any JSON at all.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


class Server:
    """An Odoo of one model whose answers are written as Odoo writes them, by Python's own `json`."""

    def __init__(self, columns: dict[str, list[Any]], major: int = 19, columns_sent: Any = None) -> None:
        self.version = type("Version", (), {"major": major})
        self.columns = columns
        self.columns_sent = columns_sent
        self.ranges_as_records: list[int] = []

    def search_count(self, model: str, domain: list[Any]) -> int:
        return len(self.columns["id"])

    def call(self, model: str, method: str, **kwargs: Any) -> list[int]:
        ids = sorted(key for key in self.columns["id"] if isinstance(key, int))
        return ids[:1] if kwargs["order"] == "id asc" else ids[-1:]

    def call_raw(self, model: str, method: str, **kwargs: Any) -> msgspec.Raw:
        name = "{}:array_agg" if self.version.major >= 19 else "{}_agg"
        low, high = kwargs["domain"][-2][2], kwargs["domain"][-1][2]
        rows = self._rows(low, high)
        group = {name.format(key): [values[row] for row in rows] for key, values in self.columns.items()}
        groups = [group] if self.columns_sent is None else self.columns_sent(group)
        return msgspec.Raw(json.dumps(groups).encode())

    def iter_search_read(self, model: str, domain: list[Any], fields: list[str]) -> Iterator[list[Any]]:
        bounds = {leaf[1]: leaf[2] for leaf in domain}
        rows = self._rows(bounds.get(">=", 0), bounds.get("<", 2**62))
        self.ranges_as_records.append(len(rows))
        # False is Odoo's word for empty.
        page = [{key: values[row] for key, values in self.columns.items()} for row in rows]
        page = [{key: False if value is None else value for key, value in row.items()} for row in page]
        yield odd_json.decode(json.dumps(page).encode())

    def search_read(self, model: str, domain: list[Any], fields: list[str], order: str) -> list[Any]:
        return next(self.iter_search_read(model, domain, fields))

    def _rows(self, low: int, high: int) -> list[int]:
        return [row for row, key in enumerate(self.columns["id"]) if not isinstance(key, int) or low <= key < high]


def reads(kind: Kind, *, aggregable: bool = True) -> list[Read]:
    return [Read("id", "id", "id"), Read("value", kind, "x_field", aggregable), Read("beside", "text", "name")]


def served(values: list[Any]) -> dict[str, list[Any]]:
    ids = list(range(1, len(values) + 1))
    return {"id": ids, "x_field": values, "name": [f"row {key}" for key in ids]}


def held(table: pa.Table, kind: Kind) -> list[Any]:
    """What the column has, a day as a date."""
    values = table["value"].to_pylist()
    return [value and value.date() for value in values] if kind == "date" else values


def check(kind: Kind, wire: list[Any], due: list[Any], *, aggregable: bool, major: int) -> None:
    odd = OddValues()
    server = Server(served(wire), major)
    table = read_table(server, MODEL, [], reads(kind, aggregable=aggregable), odd=odd)  # type: ignore[arg-type]
    assert table["id"].to_pylist() == list(range(1, len(wire) + 1))
    assert table["beside"].to_pylist() == [f"row {key}" for key in range(1, len(wire) + 1)]
    empty = EMPTY.get(kind)
    expected = [empty if value is UNREAD or value is None else value for value in due]
    assert held(table, kind) == expected
    assert table["value"].type == ARROW_TYPES[kind]
    found = {one.what: one for one in odd.found(table["id"].to_numpy())}
    unread = [place for place, value in enumerate(due, start=1) if value is UNREAD]
    early = [place for place, value in enumerate(due, start=1) if isinstance(value, date) and value.year < 1000]
    assert {what: list(one.ids) for what, one in found.items()} == {
        what: ids for what, ids in (("unread", unread), ("early", early)) if ids
    }
    for one in found.values():
        assert (one.model, one.field) == (MODEL, "x_field")
        assert all(text in one.sentence for text in (MODEL, "x_field", f"{one.count} value", f"record {one.ids[0]}"))


@pytest.mark.parametrize("aggregable", [True, False], ids=["columns", "records"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_odd_value_alone_is_held_or_empty_and_told(kind: Kind, aggregable: bool) -> None:
    for wire, due in VALUES[kind]:
        check(kind, [None, wire, None], [None, due, None], aggregable=aggregable, major=19)


@given(data=st.data(), kind=st.sampled_from(KINDS), aggregable=st.booleans(), major=st.sampled_from([14, 19]))
def test_odd_values_among_good_ones_change_none_of_them(
    data: st.DataObject, kind: Kind, aggregable: bool, major: int
) -> None:
    pairs = data.draw(st.lists(st.sampled_from([(None, None), *VALUES[kind]]), min_size=1, max_size=20))
    check(kind, [wire for wire, _ in pairs], [due for _, due in pairs], aggregable=aggregable, major=major)


@given(data=st.data(), kind=st.sampled_from(KINDS), aggregable=st.booleans(), major=st.sampled_from([14, 19]))
def test_whatever_json_stands_in_a_column_its_neighbours_are_read(
    data: st.DataObject, kind: Kind, aggregable: bool, major: int
) -> None:
    good, due = VALUES[kind][0]
    anything = data.draw(st.lists(JSON, min_size=1, max_size=8))
    odd = OddValues()
    server = Server(served([good, *anything, good]), major)
    table = read_table(server, MODEL, [], reads(kind, aggregable=aggregable), odd=odd)  # type: ignore[arg-type]
    assert table.num_rows == len(anything) + 2
    assert table["beside"].to_pylist() == [f"row {key}" for key in range(1, len(anything) + 3)]
    taken = cells(odd_json.decode(json.dumps([good, *anything, good]).encode()), kind)
    assert table["value"].to_pandas().equals(taken.array.to_pandas()), "both ways of reading agree"
    assert held(table, kind)[0] == held(table, kind)[-1] == due
    told = {key for one in odd.found(table["id"].to_numpy()) if one.what == "unread" for key in one.ids}
    assert told == {place + 1 for place in taken.unread}
    empty = [value in (None, EMPTY.get(kind)) for value in table["value"].to_pylist()]
    assert all(empty[key - 1] for key in told)


@pytest.mark.parametrize(
    "sent",
    [
        lambda group: [group | {"x_field:array_agg": group["x_field:array_agg"][1:]}],
        lambda group: [group | {"x_field:array_agg": None}],
        lambda group: [group | {"x_field:array_agg": {"1": "a"}}],
        lambda group: [{key: value for key, value in group.items() if key != "name:array_agg"}],
        lambda group: [group, None],
        lambda group: None,
        lambda group: {"groups": [group]},
    ],
    ids=["shorter", "null column", "object column", "column missing", "null group", "null", "object"],
)
def test_columns_that_do_not_fit_together_are_read_again_as_records_and_no_row_is_shifted(sent: Any) -> None:
    said: list[str] = []
    server = Server(served(["a", "b", "c"]), columns_sent=sent)
    table = read_table(server, MODEL, [], reads("text"), warn=said.append)  # type: ignore[arg-type]
    assert table["value"].to_pylist() == ["a", "b", "c"]
    assert "one by one" in said[0]


def test_only_the_range_whose_columns_do_not_fit_is_read_as_records() -> None:
    def sent(group: dict[str, list[Any]]) -> list[Any]:
        return [group | {"name:array_agg": group["name:array_agg"][:-1]}] if 30 in group["id:array_agg"] else [group]

    server = Server(served([f"v{key}" for key in range(1, 61)]), columns_sent=sent)
    table = read_table(server, MODEL, [], reads("text"), range_rows=15, parallel=2)  # type: ignore[arg-type]
    assert table["value"].to_pylist() == [f"v{key}" for key in range(1, 61)]
    assert server.ranges_as_records == [15]


@pytest.mark.parametrize("aggregable", [True, False], ids=["columns", "records"])
def test_a_record_that_comes_twice_counts_once_the_later_and_is_told(aggregable: bool) -> None:
    odd = OddValues()
    columns = {"id": [2, 1, 2], "x_field": ["old", "a", "new"], "name": ["row 2", "row 1", "row 2"]}
    table = read_table(Server(columns), MODEL, [], reads("text", aggregable=aggregable), odd=odd)  # type: ignore[arg-type]
    assert table["id"].to_pylist() == [1, 2]
    assert table["value"].to_pylist() == ["a", "new"]
    (one,) = odd.found([1, 2])
    assert (one.what, one.ids) == ("twice", (2,))
    assert one.sentence == "account.move.line: 1 record came twice and counted once, in record 2."


@pytest.mark.parametrize("key", [None, 0, -1, "x", True, 2**64, [5]])
@pytest.mark.parametrize("aggregable", [True, False], ids=["columns", "records"])
def test_a_record_without_a_readable_id_is_left_out_and_told(key: Any, aggregable: bool) -> None:
    odd = OddValues()
    columns = {"id": [1, key, 3], "x_field": ["a", "b", "c"], "name": ["row 1", "?", "row 3"]}
    server = Server(columns)
    server._rows = lambda low, high: [0, 1, 2]  # type: ignore[method-assign]
    table = read_table(server, MODEL, [], reads("text", aggregable=aggregable), odd=odd)  # type: ignore[arg-type]
    if key == [5]:  # A reference with its name, in the place of an id: it is one all the same.
        assert table["id"].to_pylist() == [1, 3, 5]
        return
    assert table["value"].to_pylist() == ["a", "c"]
    told = {one.what: one for one in odd.found([1, 3])}
    assert set(told) == {"unnamed"}
    assert "1 record came without its number" in told["unnamed"].sentence


def test_what_is_no_record_among_records_is_left_out_and_told() -> None:
    odd = OddValues()
    server = Server(served(["a", "b"]))
    page = [{"id": 1, "x_field": "a", "name": "row 1"}, None, 7, {"id": 2, "x_field": "b", "name": "row 2"}]
    server.search_read = lambda *_args, **_more: page  # type: ignore[method-assign]
    table = read_at_once(server, MODEL, [], reads("text"), odd)  # type: ignore[arg-type]
    assert table["value"].to_pylist() == ["a", "b"]
    assert odd.found([1, 2]) == (Odd("unnamed", MODEL, "", 2),)


def test_what_is_read_again_clears_what_was_odd_in_it_and_what_left_is_not_told() -> None:
    odd = OddValues()
    odd.carry([Odd("unread", MODEL, "ref", 3, (4, 7, 9)), Odd("twice", MODEL, "", 1, (4,))])
    odd.note(MODEL, np.array([7]), {})
    assert odd.found([4, 7, 9]) == (Odd("unread", MODEL, "ref", 2, (4, 9)),)
    assert odd.found([4]) == (Odd("unread", MODEL, "ref", 1, (4,)),)
    odd.note(MODEL, np.array([4, 9]), {("unread", "ref"): np.array([9])})
    assert odd.found([4, 7, 9]) == (Odd("unread", MODEL, "ref", 1, (9,)),)


@pytest.mark.parametrize("wire", [b'[{"id:array_agg": [1', b"", b"<html>", b'[{"id": NaN}, '])
def test_what_is_no_json_stays_an_error(wire: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        odd_json.mended(wire)


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000])
def test_json_without_end_is_an_error_too(deep: bytes) -> None:
    with pytest.raises(ValueError, match="deep"):
        odd_json.decode(deep)


def test_days_and_moments_read_one_by_one_follow_the_same_rule() -> None:
    assert day_of("26-11-15") == date(26, 11, 15)
    assert day_of(False) is None
    assert moment_of("26-11-15 01:02:03") == datetime(26, 11, 15, 1, 2, 3, tzinfo=UTC)
    for value in ("x", 5, "10000-01-01", "2026-11-15 later"):
        with pytest.raises(ValueError, match="."):
            day_of(value)
