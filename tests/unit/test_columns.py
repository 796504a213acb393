"""From JSON to Arrow: each kind of value, Odoo's ways of saying "empty", and answers no frame may be made of."""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa
import pytest

from odoo_client.errors import OdooAccessError, OdooTimeoutError
from odoo_client.frames.kinds import to_arrow
from odoo_client.rpc.columns import Read, by_ids, empty_table, read_table, records_table

READS = (
    Read("id", "id", "id"),
    Read("name", "text", "name"),
    Read("amount", "money", "amount"),
    Read("paid", "bool", "paid"),
    Read("partner_id", "id", "partner_id"),
    Read("date", "date", "date"),
    Read("at", "datetime", "at"),
)
VALUES = {
    "id": [3, 1],
    "name": ["=1+1", None],
    "amount": [0.1, None],
    "paid": [True, None],
    "partner_id": [7, None],
    "date": ["2026-11-22", None],
    "at": ["2026-11-22 10:00:00", None],
}


def _as_group_key(value: Any) -> Any:
    """A group's key as Odoo writes it: a many2one with its label, empty as False."""
    return False if value is None else [value, "Label"] if isinstance(value, int) and value is not True else value


class Server:
    """Answers as OdooClient does; `version` and what a group looks like are the test's."""

    def __init__(self, major: int, values: dict[str, list] | None = None, refuse: Exception | None = None) -> None:
        self.version = type("Version", (), {"major": major})
        self.values = values or VALUES
        self.refuse = refuse
        self.ranges: list[tuple[int, int]] = []
        self.grouped_by: list[list[str]] = []

    def search_count(self, model: str, domain: list) -> int:
        return len(self.values["id"])

    def call(self, model: str, method: str, **kwargs: Any) -> list[int]:
        ids = sorted(self.values["id"])
        return ids[:1] if kwargs["order"] == "id asc" else ids[-1:]

    def call_raw(self, model: str, method: str, **kwargs: Any) -> msgspec.Raw:
        if self.refuse is not None:
            raise self.refuse
        low, high = kwargs["domain"][-2][2], kwargs["domain"][-1][2]
        self.ranges.append((low, high))
        rows = [index for index, key in enumerate(self.values["id"]) if low <= key < high]
        name = "{}:array_agg" if self.version.major >= 19 else "{}_agg"
        by = kwargs["groupby"]
        self.grouped_by.append(by)
        parts: dict[tuple[Any, ...], list[int]] = {} if by else {(): []}
        for row in rows:
            parts.setdefault(tuple(self.values[key][row] for key in by), []).append(row)
        groups = [
            {name.format(key): [column[row] for row in part] if part else None for key, column in self.values.items()}
            | {key: _as_group_key(value) for key, value in zip(by, values, strict=True)}
            | {"__count": len(part), "__domain": []}
            for values, part in parts.items()
        ]
        return msgspec.Raw(msgspec.json.encode(groups))

    def iter_search_read(self, model: str, domain: list, fields: list[str]) -> list[list[dict]]:
        order = sorted(range(len(self.values["id"])), key=lambda row: self.values["id"][row])
        empty = dict.fromkeys(self.values, False)
        return [
            [{key: empty[key] if column[row] is None else column[row] for key, column in self.values.items()}]
            for row in order
        ]


@pytest.mark.parametrize("major", [14, 19])
def test_columns_and_records_give_the_same_table_sorted_by_id_with_empties_filled(major: int):
    by_columns = read_table(Server(major), "res.partner", [], READS)  # type: ignore[arg-type]
    reads = [Read(read.name, read.kind, read.field, aggregable=False) for read in READS]
    by_records = read_table(Server(major), "res.partner", [], reads)  # type: ignore[arg-type]
    assert by_columns.equals(by_records)
    assert by_columns.to_pydict() | {"date": None, "at": None} == {
        "id": [1, 3], "name": ["", "=1+1"], "amount": [0.0, 0.1], "paid": [False, True], "partner_id": [0, 7],
        "date": None, "at": None,
    }  # fmt: skip
    assert by_columns["date"].null_count == by_columns["at"].null_count == 1
    assert by_columns["at"].type == pa.timestamp("s", tz="UTC")


@pytest.mark.parametrize("major", [14, 19])
def test_a_field_of_few_values_travels_once_a_value_and_gives_the_same_table(major: int):
    values = VALUES | {
        "id": [3, 1, 2],
        "name": ["a", None, "b"],
        "amount": [0.1, None, 2.0],
        "paid": [True, None, True],
    }
    values |= {"partner_id": [7, None, 7], "date": [None] * 3, "at": [None] * 3}
    few = [Read(read.name, read.kind, read.field, few=read.name in ("paid", "partner_id")) for read in READS]
    server = Server(major, values)
    by_groups = read_table(server, "res.partner", [], few)  # type: ignore[arg-type]
    assert by_groups.equals(read_table(Server(major, values), "res.partner", [], READS))  # type: ignore[arg-type]
    assert by_groups["id"].to_pylist() == [1, 2, 3]
    assert server.grouped_by == [["paid", "partner_id"] if major >= 19 else []]


def test_an_empty_range_of_groups_is_a_table_without_rows():
    few = [READS[0], Read("paid", "bool", "paid", few=True)]
    table = read_table(Server(19, {"id": [1, 500], "paid": [True, False]}), "res.partner", [], few, range_rows=1)  # type: ignore[arg-type]
    assert table.to_pydict() == {"id": [1, 500], "paid": [True, False]}


def test_ranges_are_shared_out_evenly_among_the_readers():
    server = Server(19, {"id": list(range(1, 501))})
    read_table(server, "res.partner", [], READS[:1], range_rows=100, parallel=2)  # type: ignore[arg-type]
    assert len(server.ranges) == 6


def test_numbers_that_come_as_text_are_the_same_numbers():
    assert to_arrow(["0.10", None, "-1250.555"], "money").to_pylist() == [0.1, 0.0, -1250.555]


def test_ids_far_apart_are_read_in_ranges_that_meet_and_none_is_lost():
    ids = [*range(1, 400), *range(5_000, 5_400), 90_000]
    server = Server(19, {"id": ids})
    table = read_table(server, "res.partner", [], READS[:1], range_rows=100)  # type: ignore[arg-type]
    assert table["id"].to_pylist() == ids
    ordered = sorted(server.ranges)
    assert all(high == low for (_, high), (low, _) in zip(ordered, ordered[1:], strict=False))


def test_no_rows_is_a_table_with_the_right_types():
    table = read_table(Server(19, {"id": []}), "res.partner", [], READS)  # type: ignore[arg-type]
    assert table.num_rows == 0
    assert table.schema == empty_table(READS).schema


def test_an_outage_is_never_an_empty_table_and_no_reason_to_read_otherwise():
    for error in (OdooTimeoutError("no answer"), OdooAccessError("no right")):
        with pytest.raises(type(error)):
            read_table(Server(19, refuse=error), "res.partner", [], READS)  # type: ignore[arg-type]


def test_a_field_in_another_form_than_known_is_read_by_records_and_said():
    said: list[str] = []
    server = Server(19, VALUES | {"amount": [{"en_US": 1}, None]})
    reads = [read for read in READS if read.name != "amount"]
    table = read_table(server, "res.partner", [], READS[:2], warn=said.append)  # type: ignore[arg-type]
    assert table.num_rows == 2
    assert not said
    odd = Server(19, VALUES | {"name": [["a"], None]})
    assert read_table(odd, "res.partner", [], reads, warn=said.append).num_rows == 2  # type: ignore[arg-type]
    assert "one by one" in said[0]


def test_records_give_bare_ids_whether_odoo_sends_a_name_along_or_not():
    table = records_table([{"id": 1, "partner_id": [7, "Name"]}, {"id": 2, "partner_id": False}], (READS[0], READS[4]))
    assert table["partner_id"].to_pylist() == [7, 0]


def test_long_lists_of_ids_are_asked_for_in_pieces():
    pieces = list(by_ids([["active", "=", True]], list(range(12_001))))
    assert [len(domain[-1][2]) for domain in pieces] == [5_000, 5_000, 2_001]
    assert all(domain[0] == ["active", "=", True] for domain in pieces)
