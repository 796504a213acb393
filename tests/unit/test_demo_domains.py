"""The demo server's domains, orders and groups select what Odoo's do."""

from __future__ import annotations

from typing import Any

import pytest

from odoo_client.demo.orm.domains import id_bounds
from odoo_client.demo.orm.faults import Fault
from odoo_client.demo.orm.grouping import formatted_read_group, read_group
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.profiles import profile
from odoo_client.demo.provider.fill import fill
from tests.demo_worlds import TODAY


@pytest.fixture
def db() -> Database:
    """A company `Kudu` (archived parent of `Mbira`), `Mbira`, and `kudu lodge` without e-mail."""
    return _partners("19-oca")


def _partners(name: str) -> Database:
    database = Database(profile(name))
    fill(database, TODAY, empty=True)
    for key, values in {
        101: {
            "name": "Kudu",
            "city": "Harare",
            "active": False,
            "is_company": True,
            "email": "k@x.example",
            "color": 1,
        },
        102: {"name": "Mbira", "city": "Mutare", "parent_id": 101, "email": "m@x.example", "color": 5},
        103: {"name": "kudu lodge", "city": None, "email": None, "color": 2, "user_id": 3},
    }.items():
        stamp = f"2026-03-0{key - 100} 10:00:00.500000"
        defaults = {"id": key, "active": True, "commercial_partner_id": key, "create_date": stamp, "write_date": stamp}
        database.add("res.partner", {**defaults, **values})
    return database


def _found(db: Database, *domain: Any, **more: Any) -> list[int]:
    options = {"active_test": False, "order": "id", **more}
    return [row["id"] for row in db.search("res.partner", [["id", ">", 100], *domain], **options)]


@pytest.mark.parametrize(
    ("domain", "ids"),
    [
        ([["name", "=", "Kudu"]], [101]),
        ([["name", "!=", "Kudu"]], [102, 103]),
        ([["city", "!=", "Harare"]], [102, 103]),  # without a value counts as different
        ([["city", "=", False]], [103]),
        ([["city", "!=", False]], [101, 102]),
        ([["city", "in", ["Mutare", False]]], [102, 103]),
        ([["city", "not in", ["Mutare"]]], [101, 103]),
        ([["city", "not in", ["Mutare", False]]], [101]),
        ([["name", "like", "udu"]], [101, 103]),
        ([["name", "like", "Kudu"]], [101]),
        ([["name", "ilike", "KUDU"]], [101, 103]),
        ([["name", "not ilike", "kudu"]], [102]),
        ([["city", "not like", "Harare"]], [102, 103]),
        ([["name", "=ilike", "kudu%"]], [101, 103]),
        ([["name", "=like", "_bira"]], [102]),
        ([["color", ">", 1]], [102, 103]),
        ([["color", "<=", 2]], [101, 103]),
        ([["parent_id", "=", 101]], [102]),
        ([["parent_id", "!=", 101]], [101, 103]),
        ([["parent_id", "=", False]], [101, 103]),
        ([["parent_id", "ilike", "kud"]], [102]),
        ([["parent_id.city", "=", "Harare"]], [102]),
        ([["parent_id.user_id.login", "=", "x"]], []),
        ([["user_id.partner_id.name", "ilike", "tariro"]], [103]),
        ([["child_ids.name", "=", "Mbira"]], [101]),
        ([["child_ids", "=", False]], [102, 103]),
        ([["id", "child_of", 101]], [101, 102]),
        ([["id", "parent_of", [102]]], [101, 102]),
        ([["parent_id", "child_of", 101]], [102]),
        ([["is_company", "=", True]], [101]),
        ([["is_company", "=", False]], [102, 103]),
        ([["active", "=", False]], [101]),
        (["|", ["name", "=", "Kudu"], ["name", "=", "Mbira"]], [101, 102]),
        (["|", ["name", "=", "Kudu"], "&", ["color", "=", 5], ["city", "=", "Mutare"]], [101, 102]),
        (["!", ["name", "=", "Kudu"]], [102, 103]),
        (["!", "|", ["name", "=", "Kudu"], ["color", "=", 5]], [103]),
        (["|", ["name", "=", "Kudu"], ["name", "=", "Mbira"], ["color", "=", 5]], [102]),
        ([["parent_id", "any", [["city", "=", "Harare"]]]], [102]),
        ([[1, "=", 1]], [101, 102, 103]),
        ([[0, "=", 1]], []),
        ([["create_date", ">=", "2026-03-02"]], [102, 103]),
        ([["id", "in", [101, 102, 103]], ["id", ">", 102]], [103]),
        ([["id", "=", 103], ["id", "<", 103]], []),
        ([["id", ">=", 102], ["id", "<", 103]], [102]),
        ([["child_ids.id", ">", 102]], []),
        (["|", ["id", ">", 102], ["name", "=", "Kudu"]], [101, 103]),
    ],
)
def test_domains_select(db: Database, domain: list[Any], ids: list[int]) -> None:
    assert _found(db, *domain) == ids


def test_archived_records_show_only_when_asked_for(db: Database) -> None:
    assert _found(db, active_test=True) == [102, 103]
    assert _found(db, ["active", "in", [True, False]], active_test=True) == [101, 102, 103]


@pytest.mark.parametrize(("version", "after"), [("16-oca", [102, 103]), ("19-oca", [103])])
def test_seconds_hide_what_came_later_in_them_from_19_on(version: str, after: list[int]) -> None:
    """`write_date` keeps microseconds: until 18 `>` finds 10:00:00.5 after 10:00:00, from 19 on it does not."""
    db = _partners(version)
    assert _found(db, ["write_date", ">", "2026-03-02 10:00:00"]) == after
    assert _found(db, ["write_date", ">=", "2026-03-02 10:00:00"]) == [102, 103]
    assert db.column("res.partner", "write_date", db.search("res.partner", [["id", "=", 102]])) == [
        "2026-03-02 10:00:00"
    ]


def test_rows_stand_in_the_order_of_ids_however_they_came(db: Database) -> None:
    db.add("res.partner", {"id": 150, "name": "Late", "active": True})
    db.add("res.partner", {"id": 120, "name": "Later", "active": True})
    assert _found(db) == [101, 102, 103, 120, 150]
    assert _found(db, order="id desc") == [150, 120, 103, 102, 101]
    assert _found(db, ["id", "<=", 120], order="id asc") == [101, 102, 103, 120]


def test_orders_sort_and_put_nothing_last(db: Database) -> None:
    assert _found(db, order="city") == [101, 102, 103]
    assert _found(db, order="city desc, id") == [103, 102, 101]
    assert _found(db, order="color desc") == [102, 103, 101]
    assert _found(db, order="parent_id, id") == [102, 101, 103]


@pytest.mark.parametrize(
    ("domain", "name", "message"),
    [
        ([["zzz", "=", 1]], "ValueError", "Invalid field res.partner.zzz in condition ('zzz', '=', 1)"),
        ([["parent_id.zzz", "=", 1]], "ValueError", "Invalid field res.partner.zzz in condition ('zzz', '=', 1)"),
        ([["name", "~", 1]], "ValueError", "Invalid operator in condition ('name', '~', 1)"),
        (["|", ["id", "=", 1]], "ValueError", "Domain() malformed domain"),
    ],
)
def test_bad_domains_fail_as_in_odoo(db: Database, domain: list[Any], name: str, message: str) -> None:
    with pytest.raises(Fault) as caught:
        db.search("res.partner", domain)
    assert caught.value.name == f"builtins.{name}"
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("domain", "bounds"),
    [
        ([["id", ">", 4], ["id", "<=", 9]], (5, 9, None)),
        ([["id", ">=", 4], ["id", "<", 9], ["name", "=", "x"]], (4, 8, None)),
        ([["id", "in", [3, 5]]], (None, None, [3, 5])),
        (["|", ["id", "=", 1], ["name", "=", "x"]], (None, None, None)),
    ],
)
def test_id_ranges_narrow_the_search_only_when_all_must_hold(domain: list[Any], bounds: tuple[Any, ...]) -> None:
    assert id_bounds(domain) == bounds


# -- groups --


def test_columns_come_as_arrays_in_one_order(db: Database) -> None:
    found = db.search("res.partner", [["id", ">", 100]], active_test=False, order="id")
    (group,) = formatted_read_group(db, "res.partner", found, [], ["id:array_agg", "city:array_agg", "__count"])
    assert group == {
        "__extra_domain": [[1, "=", 1]], "id:array_agg": [101, 102, 103], "city:array_agg": ["Harare", "Mutare", None],
        "__count": 3,
    }  # fmt: skip


def test_an_empty_range_gives_empty_lists_on_19_and_null_on_14(db: Database) -> None:
    (group,) = formatted_read_group(db, "res.partner", [], [], ["id:array_agg", "color:sum", "__count"])
    assert (group["id:array_agg"], group["color:sum"], group["__count"]) == ([], False, 0)
    old = _partners("14-oca")
    (group,) = read_group(old, "res.partner", [], [], ["ids:array_agg(id)", "s:sum(color)"], [], lazy=False)
    assert group == {"id": None, "__count": 0, "ids": None, "s": None}


def test_14_scans_a_table_in_its_own_order_the_same_for_all_columns() -> None:
    db = _partners("14-oca")
    found = db.search("res.partner", [["id", ">", 100]], active_test=False, order="id")
    specs = ["ids:array_agg(id)", "a:array_agg(name)"]
    (group,) = read_group(db, "res.partner", found, [], specs, [], lazy=False)
    assert group["ids"] != sorted(group["ids"])
    assert dict(zip(group["ids"], group["a"], strict=True)) == {101: "Kudu", 102: "Mbira", 103: "kudu lodge"}


def test_amounts_in_columns_are_texts_until_16_and_numbers_later() -> None:
    """Seen on a real 14: psycopg2 leaves arrays of `numeric` as decimals, which JSON shows as texts."""
    for version, expected in (("14-oca", ["0.01", "24.20"]), ("19-oca", [0.01, 24.2])):
        db = Database(profile(version))
        db.add("res.currency", {"id": 1, "rounding": 0.01})
        db.add("res.currency.rate", {"id": 1, "rate": 24.2})
        found = []
        for model, name in (("res.currency", "rounding"), ("res.currency.rate", "rate")):
            specs = [f"a:array_agg({name})", f"s:sum({name})"]
            (group,) = read_group(db, model, list(db.tables[model].values()), [], specs, [], lazy=False)
            assert isinstance(group["s"], float)
            found += group["a"]
        assert found == expected


def test_groups_carry_keys_counts_sums_and_the_domain_that_selects_them(db: Database) -> None:
    found = db.search("res.partner", [["id", ">", 100]], active_test=False, order="id")
    groups = formatted_read_group(db, "res.partner", found, ["parent_id", "active"], ["color:sum", "__count"])
    assert [(g["parent_id"], g["active"], g["color:sum"], g["__count"]) for g in groups] == [
        ([101, "Kudu"], True, 5, 1),
        (False, False, 1, 1),
        (False, True, 2, 1),
    ]
    assert groups[0]["__extra_domain"] == ["&", ["parent_id", "=", 101], ["active", "=", True]]
    (lazy, _) = read_group(db, "res.partner", found, [["id", ">", 100]], ["color"], ["active", "city"], lazy=True)
    assert lazy["active_count"] == 1
    assert lazy["__context"] == {"group_by": ["city"]}


@pytest.mark.parametrize(
    ("version", "spec", "name", "message"),
    [
        ("19-oca", "x:array_agg(zzz)", "builtins.ValueError",
        "Invalid field 'zzz' on model 'res.partner' for 'zzz:array_agg'."),
        ("19-oca", "x:array_agg(credit)", "builtins.ValueError",
        "Cannot convert res.partner.credit to SQL because it is not stored"),
        ("19-oca", "x:zzz(id)", "builtins.ValueError", "Invalid aggregate method 'zzz' for 'id:zzz'."),
        ("14-oca", "x:array_agg(zzz)", "builtins.ValueError", "Invalid field 'zzz' on model 'res.partner'"),
        ("14-oca", "x:array_agg(child_ids)", "odoo.exceptions.UserError", "Cannot aggregate field 'child_ids'."),
        ("14-oca", "x:zzz(id)", "odoo.exceptions.UserError", "Invalid aggregation function 'zzz'."),
    ],
)  # fmt: skip
def test_what_cannot_be_aggregated_fails_as_in_that_version(version: str, spec: str, name: str, message: str) -> None:
    db = Database(profile(version))
    with pytest.raises(Fault) as caught:
        read_group(db, "res.partner", [], [], [spec], [], lazy=False)
    assert (caught.value.name, caught.value.message) == (name, message)
