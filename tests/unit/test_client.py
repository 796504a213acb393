"""OdooClient: how it describes, pages, groups and writes on each version, against a small scripted Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import msgspec
import pytest

from odoo_client.errors import (
    MissingModelError,
    NotOdooError,
    OdooAccessError,
    OdooServerError,
    UnknownOutcomeError,
)
from odoo_client.rpc.client import FIELDS_KEPT_S, READ_METHODS, FieldInfo
from tests.fake_http import Reply, rpc_fault
from tests.fake_odoo import FakeOdoo, World


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


# -- what is there --


def test_fields_are_described_and_asked_for_once(world: World) -> None:
    odoo = FakeOdoo()
    client = world.connect(odoo)
    fields = client.fields("x.thing")
    assert fields["partner_id"] == FieldInfo("partner_id", "many2one", True, "res.partner", False, ())
    assert fields["state"].selection == (("draft", "Draft"), ("done", "Done"))
    client.fields("x.thing")
    assert [method for _, method, _ in odoo.calls].count("fields_get") == 1


def test_a_connection_that_lasts_learns_of_modules_installed_since(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    odoo = FakeOdoo()
    client = world.connect(odoo)
    client.fields("x.thing")
    for kept_s, asked in ((FIELDS_KEPT_S, 1), (0.0, 2), (FIELDS_KEPT_S, 2)):
        monkeypatch.setattr("odoo_client.rpc.client.FIELDS_KEPT_S", kept_s)
        client.fields("x.thing")
        assert [method for _, method, _ in odoo.calls].count("fields_get") == asked


def test_a_missing_model_is_missing_and_a_forbidden_one_is_there(world: World) -> None:
    odoo = FakeOdoo("14.0")
    client = world.connect(odoo)
    assert client.has_model("x.thing")
    odoo.methods["fields_get"] = lambda **_: rpc_fault("odoo.exceptions.UserError", "Object a.b doesn't exist")
    assert not client.has_model("a.b")
    with pytest.raises(MissingModelError):
        client.fields("a.b")
    odoo.methods["search_count"] = lambda **_: rpc_fault("odoo.exceptions.AccessError", "no")
    with pytest.raises(OdooAccessError, match="bot may not read x.thing"):
        client.search_count("x.thing", [])


@pytest.mark.parametrize(("version", "on_record"), [("14.0", False), ("17.0", False), ("18.0", True), ("19.0", True)])
def test_groups_and_rights_are_asked_as_the_version_wants(world: World, version: str, on_record: bool) -> None:
    odoo = FakeOdoo(version)
    odoo.methods |= dict.fromkeys(("has_group", "has_access", "check_access_rights"), lambda **_: True)
    client = world.connect(odoo)
    assert client.has_group("account.group_account_readonly") is True
    assert odoo.last["group_ext_id"] == "account.group_account_readonly"
    assert odoo.last.get("ids") == ([7] if on_record else None)
    assert client.may("account.move", "write") is True
    assert odoo.calls[-1][1] == ("has_access" if on_record else "check_access_rights")
    assert odoo.last["operation"] == "write"


# -- reading --


@pytest.mark.parametrize(("version", "methods"), [("14.0", ["search", "read"]), ("16.0", ["search_read"])])
def test_records_are_read_with_bare_ids_in_the_way_the_version_knows(
    world: World, version: str, methods: list[str]
) -> None:
    odoo = FakeOdoo(version)
    odoo.things = [1, 2, 3]
    client = world.connect(odoo)
    assert client.search_read("x.thing", [["a", "=", 1]], ["name"]) == [
        {"id": number, "name": f"thing {number}"} for number in (1, 2, 3)
    ]
    assert [method for _, method, _ in odoo.calls][-len(methods) :] == methods
    assert odoo.last["load"] == ""
    asked = odoo.calls[-len(methods)][2]
    assert asked["domain"] == [["a", "=", 1], ["id", ">", 0]]
    assert asked["context"]["active_test"] is False


@pytest.mark.parametrize("version", ["14.0", "19.0"])
def test_pages_follow_the_last_id_and_miss_and_repeat_nothing(world: World, version: str) -> None:
    odoo = FakeOdoo(version)
    odoo.things = list(range(10, 80, 7))
    client = world.connect(odoo)
    pages = list(client.iter_search_read("x.thing", [], ["name"], page_rows=3))
    assert [len(page) for page in pages] == [3, 3, 3, 1]
    assert [row["id"] for page in pages for row in page] == odoo.things
    assert [row["id"] for row in client.search_read("x.thing", [], ["name"], limit=4)] == odoo.things[:4]
    odoo.things = odoo.things[:6]
    assert [len(page) for page in client.iter_search_read("x.thing", [], ["name"], page_rows=3)] == [3, 3]
    odoo.things = []
    assert client.search_read("x.thing", [], ["name"]) == []


def test_a_record_deleted_between_search_and_read_ends_no_page_early(world: World) -> None:
    odoo = FakeOdoo("14.0")
    odoo.things = [1, 2, 3, 4, 5]
    whole = odoo.methods["read"]

    def read(ids: list[int], **named: Any) -> Any:
        return whole([number for number in ids if number != 2], **named)

    odoo.methods["read"] = read
    client = world.connect(odoo)
    rows = [row["id"] for page in client.iter_search_read("x.thing", [], ["name"], page_rows=2) for row in page]
    assert rows == [1, 3, 4, 5]


def test_another_order_is_one_call(world: World) -> None:
    odoo = FakeOdoo()
    odoo.things = [1]
    world.connect(odoo).search_read("x.thing", [], ["name"], order="date desc", limit=1, active_test=True)
    assert (odoo.last["order"], odoo.last["limit"]) == ("date desc", 1)
    assert odoo.last["context"]["active_test"] is True


def test_a_search_read_that_does_not_know_load_is_done_in_two_calls_from_then_on(world: World) -> None:
    odoo = FakeOdoo("15.0")
    odoo.things = [1]
    odoo.methods["search_read"] = lambda **_: rpc_fault(
        "builtins.TypeError", "search_read() got an unexpected keyword argument 'load'"
    )
    client = world.connect(odoo)
    for _ in range(2):
        assert client.search_read("x.thing", [], ["name"]) == [{"id": 1, "name": "thing 1"}]
    assert [method for _, method, _ in odoo.calls][-5:] == ["search_read", "search", "read", "search", "read"]


def test_another_type_error_is_not_taken_for_it(world: World) -> None:
    odoo = FakeOdoo("16.0")
    odoo.methods["search_read"] = lambda **_: rpc_fault("builtins.TypeError", "can only concatenate str")
    with pytest.raises(OdooServerError):
        world.connect(odoo).search_read("x.thing", [], ["name"])


def test_ids_come_in_pages_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odoo_client.rpc.client.ID_PAGE_ROWS", 4)
    odoo = FakeOdoo()
    odoo.things = list(range(1, 11))
    assert world.connect(odoo).search_ids("x.thing", []) == odoo.things


def test_groups_on_19_come_from_formatted_read_group(world: World) -> None:
    odoo = FakeOdoo("19.0")
    odoo.methods["formatted_read_group"] = lambda **_: [
        {"partner_id": [5, "Ünï"], "date:month": ["2026-11-01", "November 2026"], "state": "done",
         "amount:sum": 12.5, "__count": 2, "__extra_domain": []},
        {"partner_id": False, "date:month": False, "state": False, "amount:sum": False, "__count": 1},
    ]  # fmt: skip
    rows = world.connect(odoo).grouped("x.thing", [], ["partner_id", "date:month", "state"], [("amount", "sum")])
    assert odoo.last["aggregates"] == ["__count", "amount:sum"]
    assert odoo.last["order"] == "__count", "not by the names of partners, which would be joined"
    assert rows == [
        {"partner_id": 5, "date:month": "2026-11-01", "state": "done", "amount:sum": 12.5, "__count": 2},
        {"partner_id": False, "date:month": False, "state": False, "amount:sum": False, "__count": 1},
    ]


def test_groups_before_19_come_from_read_group_and_look_the_same(world: World) -> None:
    odoo = FakeOdoo("14.0")
    odoo.methods["read_group"] = lambda **_: [
        {"partner_id": [5, "Ünï"], "date:month": "November 2026", "state": "done", "sum_of_amount": 12.5,
         "max_of_amount": 9, "__count": 2,
         "__domain": ["&", "&", ["date", ">=", "2026-11-01"], ["date", "<", "2026-12-01"], ["state", "=", "done"]]},
        {"partner_id": False, "date:month": False, "state": False, "sum_of_amount": None, "max_of_amount": None,
         "__count": 1, "__domain": []},
    ]  # fmt: skip
    client = world.connect(odoo)
    rows = client.grouped("x.thing", [], ["partner_id", "date:month", "state"], [("amount", "sum"), ("amount", "max")])
    assert odoo.last["fields"] == ["sum_of_amount:sum(amount)", "max_of_amount:max(amount)"]
    assert odoo.last["lazy"] is False
    assert rows == [
        {"partner_id": 5, "date:month": "2026-11-01", "state": "done", "amount:sum": 12.5, "amount:max": 9,
         "__count": 2},
        {"partner_id": False, "date:month": False, "state": False, "amount:sum": None, "amount:max": None,
         "__count": 1},
    ]  # fmt: skip


def test_raw_results_are_left_to_typed_decoders(world: World) -> None:
    odoo = FakeOdoo()
    odoo.things = [1, 2]
    raw = world.connect(odoo).call_raw("x.thing", "search", domain=[])
    assert msgspec.json.decode(raw, type=list[int]) == [1, 2]


# -- writing --


@pytest.mark.parametrize("version", ["14.0", "19.0"])
def test_a_record_is_created_and_changed(world: World, version: str) -> None:
    odoo = FakeOdoo(version)
    odoo.methods |= {"create": lambda vals_list: [41], "write": lambda ids, vals: True}
    client = world.connect(odoo)
    assert client.create("x.thing", {"name": "x"}) == 41
    assert odoo.last["vals_list"] == [{"name": "x"}]
    client.write("x.thing", [41], {"name": "y"}, context={"tracking_disable": True})
    assert (odoo.last["ids"], odoo.last["vals"]) == ([41], {"name": "y"})
    assert odoo.last["context"]["tracking_disable"] is True
    assert odoo.last["context"]["allowed_company_ids"] == [2, 1, 3]


@pytest.mark.parametrize("version", ["14.0", "19.0"])
def test_a_write_whose_answer_is_lost_is_sent_once(world: World, version: str) -> None:
    odoo = FakeOdoo(version)
    odoo.methods |= dict.fromkeys(("create", "action_post"), lambda **_: Reply(drop=True))
    client = world.connect(odoo)
    before = len(odoo.calls)
    with pytest.raises(UnknownOutcomeError, match="x.thing.create"):
        client.create("x.thing", {"name": "x"})
    with pytest.raises(UnknownOutcomeError, match="x.thing.action_post"):
        client.call("x.thing", "action_post", ids=[1])
    assert len(odoo.calls) == before + 2


def test_only_methods_that_change_nothing_are_repeated() -> None:
    assert not [name for name in READ_METHODS if name.startswith(("create", "write", "unlink", "action", "message"))]
    assert {"search_read", "read", "read_group", "formatted_read_group", "fields_get"} <= READ_METHODS


# -- JSON that is not what was asked for --


@pytest.mark.parametrize("answer", [None, False, {"ids": [1]}, "1", [1, None], [1, "2"], [True], [0], [2**31]])
def test_ids_that_are_none_are_never_taken_for_no_records(world: World, answer: Any) -> None:
    """What a comparison of ids lacks is taken for deleted."""
    odoo = FakeOdoo()
    odoo.methods["search"] = lambda **_: answer
    with pytest.raises(NotOdooError, match=r"ids of x\.thing"):
        world.connect(odoo).search_ids("x.thing", [])


@pytest.mark.parametrize("version", ["14.0", "19.0"])
@pytest.mark.parametrize("answer", [None, False, {"records": []}, "x", 5])
def test_records_that_are_none_are_never_taken_for_no_records(world: World, version: str, answer: Any) -> None:
    odoo = FakeOdoo(version)
    odoo.things = [1]
    odoo.methods["search_read"] = odoo.methods["read"] = lambda *_args, **_named: answer
    with pytest.raises(NotOdooError, match=r"records of x\.thing"):
        world.connect(odoo).search_read("x.thing", [], ["name"])


def test_a_count_that_is_none_is_an_error(world: World) -> None:
    odoo = FakeOdoo()
    odoo.methods["search_count"] = lambda **_: None
    with pytest.raises(NotOdooError, match=r"a count of x\.thing"):
        world.connect(odoo).search_count("x.thing", [])


@pytest.mark.parametrize("page", [[None, None], [{"id": "x"}, {}], [{"id": 1}, {"id": 1}]])
def test_pages_that_do_not_get_on_end_with_an_error_and_not_never(world: World, page: list[Any]) -> None:
    odoo = FakeOdoo()
    odoo.methods["search_read"] = lambda **_: page
    with pytest.raises(NotOdooError, match="rising id"):
        list(world.connect(odoo).iter_search_read("x.thing", [], ["name"], page_rows=2))
