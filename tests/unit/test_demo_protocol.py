"""The demo speaks both protocols with the answers and errors that real Odoo 14 and 19 gave to the same requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from odoo_client.demo import DemoServer
from odoo_client.demo.business.accounts import LIMITED_KEY, LIMITED_LOGIN
from tests.demo_worlds import TODAY, database, started

TIMEOUT_S = 10


@pytest.fixture(scope="module")
def odoo19() -> Iterator[DemoServer]:
    yield from started("19-oca")


@pytest.fixture(scope="module")
def odoo14() -> Iterator[DemoServer]:
    yield from started("14-oca")


def rpc(server: DemoServer, service: str, method: str, *args: Any) -> dict[str, Any]:
    params = {"service": service, "method": method, "args": list(args)}
    body = {"jsonrpc": "2.0", "method": "call", "id": 7, "params": params}
    answer = requests.post(f"{server.url}/jsonrpc", json=body, timeout=TIMEOUT_S)
    assert answer.status_code == 200, "whatever goes wrong, JSON-RPC says 200"
    decoded: dict[str, Any] = answer.json()
    assert decoded["id"] == 7
    return decoded


def execute(server: DemoServer, model: str, method: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return rpc(server, "object", "execute_kw", server.database, 2, server.key, model, method, list(args), kwargs)


def fault(answer: dict[str, Any]) -> tuple[str, str]:
    assert set(answer["error"]["data"]) == {"name", "message", "arguments", "context", "debug"}
    return answer["error"]["data"]["name"], answer["error"]["data"]["message"]


def json2(server: DemoServer, path: str, body: Any, key: str | None = None, **headers: str) -> requests.Response:
    headers["Authorization"] = f"bearer {server.key if key is None else key}"
    return requests.post(f"{server.url}/json/2/{path}", json=body, headers=headers, timeout=TIMEOUT_S)


# -- JSON-RPC --


def test_versions_are_told_as_each_edition_tells_them(odoo19: DemoServer, odoo14: DemoServer) -> None:
    assert rpc(odoo19, "common", "version")["result"] == {
        "server_version": "19.0", "server_version_info": [19, 0, 0, "final", 0, ""], "server_serie": "19.0",
        "protocol_version": 1,
    }  # fmt: skip
    web = requests.get(f"{odoo19.url}/web/version", timeout=TIMEOUT_S)
    assert web.json() == {"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}
    old = requests.get(f"{odoo14.url}/web/version", timeout=TIMEOUT_S)
    assert (old.status_code, old.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    with DemoServer("18-enterprise", TODAY, empty=True) as enterprise:
        assert rpc(enterprise, "common", "version")["result"]["server_version"] == "18.0+e"


def test_a_wrong_password_is_false_not_an_error(odoo19: DemoServer) -> None:
    assert rpc(odoo19, "common", "authenticate", odoo19.database, "demo", odoo19.key, {})["result"] == 2
    assert rpc(odoo19, "common", "authenticate", odoo19.database, "demo", "wrong", {})["result"] is False
    assert rpc(odoo19, "common", "authenticate", odoo19.database, "nobody", odoo19.key, {})["result"] is False


def test_a_wrong_key_in_a_call_is_access_denied(odoo19: DemoServer) -> None:
    answer = rpc(odoo19, "object", "execute_kw", odoo19.database, 2, "bad", "res.partner", "search", [[]])
    assert fault(answer) == ("odoo.exceptions.AccessDenied", "Access Denied")
    assert answer["error"]["data"]["debug"] == "odoo.exceptions.AccessDenied: Access Denied\n"


def test_an_unknown_database_is_an_error_of_postgresql(odoo19: DemoServer, odoo14: DemoServer) -> None:
    for server in (odoo19, odoo14):
        name, message = fault(rpc(server, "common", "authenticate", "nodb", "demo", "x", {}))
        assert name == "psycopg2.OperationalError"
        assert 'FATAL:  database "nodb" does not exist' in message


def test_the_error_code_is_0_on_19_and_200_before(odoo19: DemoServer, odoo14: DemoServer) -> None:
    codes = [execute(server, "x.y", "search", [])["error"]["code"] for server in (odoo19, odoo14)]
    assert codes == [0, 200]


@pytest.mark.parametrize(
    ("model", "method", "args", "kwargs", "on_19", "on_14"),
    [
        ("x.y", "search", [[]], {}, ("odoo.exceptions.UserError", "Object x.y doesn't exist"), None),
        (
            "res.partner", "nope", [[]], {}, ("builtins.AttributeError",
            "The method 'res.partner.nope' does not exist"),
            ("builtins.AttributeError", "type object 'res.partner' has no attribute 'nope'"),
        ),
        (
            "res.partner", "_search", [[]], {},
            ("odoo.exceptions.AccessError",
            "Private methods (such as 'res.partner._search') cannot be called remotely."),
            ("odoo.exceptions.AccessError", "Private methods (such as _search) cannot be called remotely."),
        ),
        (
            "res.partner", "search_read", [[], ["zzz"]], {},
            ("builtins.ValueError", "Invalid field 'zzz' on 'res.partner'"),
            ("builtins.ValueError", "Invalid field 'zzz' on model 'res.partner'"),
        ),
        (
            "res.partner", "search_read", [[]], {"foo": 1},
            ("builtins.TypeError", "BaseModel._read_format() got an unexpected keyword argument 'foo'"),
            ("builtins.TypeError", "search_read() got an unexpected keyword argument 'foo'"),
        ),
        (
            "res.users", "has_group", ["base.group_user"], {},
            ("builtins.TypeError", "ResUsers.has_group() missing 1 required positional argument: 'group_ext_id'"), True,
        ),
        (
            "res.users", "has_group", [[2], "base.group_user"], {}, True,
            ("builtins.TypeError", "has_group() takes 2 positional arguments but 3 were given"),
        ),
        (
            "res.partner", "write", [[999_999], {"name": "x"}], {},
            (
                "odoo.exceptions.MissingError",
                "Record does not exist or has been deleted.\n(Record: res.partner(999999,), User: 2)",
            ),
            None,
        ),
        (
            "res.partner", "search", [[]], {"context": {"allowed_company_ids": [1, 77]}},
            ("odoo.exceptions.AccessError", "Access to unauthorized or invalid companies."), None,
        ),
        ("res.partner", "create", [], {"vals_list": [{"name": "x"}]}, ("builtins.IndexError",
        "list index out of range"),
         ("builtins.IndexError", "tuple index out of range")),
        ("res.partner", "write", [[3], {"type": "zz"}], {},
         ("builtins.ValueError", "Wrong value for res.partner.type: 'zz'"), None),
        ("res.partner", "create", [{"name": "A", "zzz": 1}], {}, ("builtins.ValueError",
        "Invalid field 'zzz' in 'res.partner'"),
         ("builtins.ValueError", "Invalid field 'zzz' on model 'res.partner'")),
        ("res.partner", "has_access", [[], "read"], {}, True,
         ("builtins.AttributeError", "type object 'res.partner' has no attribute 'has_access'")),
        ("res.partner", "check_access_rights", ["read"], {"raise_exception": False}, True, True),
    ],
)  # fmt: skip
def test_calls_answer_as_odoo_19_and_14_did(
    odoo19: DemoServer, odoo14: DemoServer, model: str, method: str, args: list[Any], kwargs: dict[str, Any],
    on_19: Any, on_14: Any,
) -> None:  # fmt: skip
    for server, expected in ((odoo19, on_19), (odoo14, on_19 if on_14 is None else on_14)):
        answer = execute(server, model, method, *args, **kwargs)
        found = fault(answer) if "error" in answer else answer["result"]
        assert found == expected, server.profile.name


def test_14_names_domains_args_and_its_search_read_knows_no_load(odoo19: DemoServer, odoo14: DemoServer) -> None:
    assert execute(odoo19, "res.partner", "search", domain=[["id", "=", 3]])["result"] == [3]
    assert execute(odoo14, "res.partner", "search", args=[["id", "=", 3]])["result"] == [3]
    for method in ("search", "search_count"):
        text = f"{method}() got an unexpected keyword argument 'domain'"
        assert fault(execute(odoo14, "res.partner", method, domain=[])) == ("builtins.TypeError", text)
    text = "search_read() got an unexpected keyword argument 'load'"
    assert fault(execute(odoo14, "res.partner", "search_read", [], ["name"], load="")) == ("builtins.TypeError", text)


def test_empty_values_are_false_and_load_leaves_names_out(odoo19: DemoServer) -> None:
    where, fields = [["id", "=", 2]], ["login", "partner_id", "company_ids", "create_date"]
    (full,) = execute(odoo19, "res.users", "search_read", where, fields)["result"]
    assert full["partner_id"] == [3, "Dashboard Service"]
    assert len(full["create_date"]) == len("2026-01-01 10:00:00")
    (bare,) = execute(odoo19, "res.users", "search_read", where, fields, load="")["result"]
    assert (bare["partner_id"], bare["company_ids"]) == (3, [1, 2])
    (partner,) = execute(odoo19, "res.partner", "read", [3], ["parent_id", "ref", "customer_rank"])["result"]
    assert partner == {"id": 3, "parent_id": False, "ref": False, "customer_rank": 0}


def test_read_leaves_out_what_is_gone(odoo19: DemoServer) -> None:
    assert [row["id"] for row in execute(odoo19, "res.partner", "read", [999_999, 3], ["name"])["result"]] == [3]


def test_create_gives_an_id_for_a_dict_and_ids_for_a_list(odoo19: DemoServer) -> None:
    one = execute(odoo19, "res.partner", "create", {"name": "One"})["result"]
    many = execute(odoo19, "res.partner", "create", [{"name": "Two"}, {"name": "Three"}])["result"]
    assert isinstance(one, int)
    assert many == [one + 1, one + 2]


def test_not_json_and_not_an_object_are_bad_requests(odoo19: DemoServer) -> None:
    for body, text in ((b"{bad", "Invalid JSON data"), (b"[1]", "Invalid JSON-RPC data")):
        answer = requests.post(f"{odoo19.url}/jsonrpc", data=body, timeout=TIMEOUT_S)
        assert (answer.status_code, answer.text) == (400, text)


def test_fields_get_describes_only_what_was_asked(odoo19: DemoServer) -> None:
    attributes = ["type", "store", "relation", "required"]
    found = execute(odoo19, "res.partner", "fields_get", ["name", "parent_id", "credit", "nonexistent"], attributes)[
        "result"
    ]
    assert found == {
        "name": {"type": "char", "store": True, "required": False},
        "parent_id": {"type": "many2one", "store": True, "required": False, "relation": "res.partner"},
        "credit": {"type": "monetary", "store": False, "required": False},
    }


def test_context_get_tells_the_uid_on_19_only(odoo19: DemoServer, odoo14: DemoServer) -> None:
    assert execute(odoo19, "res.users", "context_get")["result"]["uid"] == 2
    assert "uid" not in execute(odoo14, "res.users", "context_get")["result"]


# -- JSON-2 --


def test_json2_answers_bare_values(odoo19: DemoServer) -> None:
    assert json2(odoo19, "res.partner/search_count", {"domain": [["id", "=", 3]]}).json() == 1
    assert json2(odoo19, "res.partner/write", {"ids": [3], "vals": {"ref": "R"}}).json() is True
    created = json2(odoo19, "res.partner/create", {"vals_list": {"name": "Solo"}}).json()
    assert isinstance(created, list), "always a list, even for one dict"
    assert json2(odoo19, "res.users/has_group", {"ids": [2], "group_ext_id": "base.group_user"}).json() is True


@pytest.mark.parametrize(
    ("path", "body", "status", "name", "message"),
    [
        ("x.y/search", {"domain": []}, 404, "werkzeug.exceptions.NotFound", "the model 'x.y' does not exist"),
        ("res.partner/nope", {}, 404, "werkzeug.exceptions.NotFound", "The method 'res.partner.nope' does not exist"),
        ("res.partner/_search", {}, 403, "odoo.exceptions.AccessError",
        "Private methods (such as 'res.partner._search')"),
        ("res.partner/search", {"domain": [], "ids": [1]}, 422, "werkzeug.exceptions.UnprocessableEntity",
         "cannot call res.partner.search with ids"),
        ("res.partner/search", {}, 422, "werkzeug.exceptions.UnprocessableEntity",
        "missing a required argument: 'domain'"),
        ("res.partner/search", [1], 422, "werkzeug.exceptions.UnprocessableEntity",
        "missing a required argument: 'domain'"),
        ("res.partner/search", {"domain": [], "foo": 1}, 422, "werkzeug.exceptions.UnprocessableEntity",
         "got an unexpected keyword argument 'foo'"),
        ("res.partner/search_read", {"fields": ["zzz"]}, 500, "builtins.ValueError",
        "Invalid field 'zzz' on 'res.partner'"),
        ("res.partner/write", {"ids": [9999], "vals": {}}, 404, "odoo.exceptions.MissingError",
        "Record does not exist"),
        ("res.currency/create", {"vals_list": [{}]}, 422, "odoo.exceptions.ValidationError", "The operation cannot be"),
        ("res.users/has_group", {"group_ext_id": "base.group_user"}, 500, "builtins.ValueError",
        "Expected singleton: res.users()"),
        ("res.partner", {}, 404, "werkzeug.exceptions.NotFound", "Did you mean POST /json/2/<model>/<method>?"),
        ("res.partner/search", {"domain": [], "context": {"allowed_company_ids": [77]}}, 403,
        "odoo.exceptions.AccessError",
         "Access to unauthorized or invalid companies."),
    ],
)  # fmt: skip
def test_json2_says_what_is_wrong_by_status_and_name(
    odoo19: DemoServer, path: str, body: Any, status: int, name: str, message: str
) -> None:
    answer = json2(odoo19, path, body)
    told = answer.json()
    assert (answer.status_code, told["name"]) == (status, name)
    assert told["message"].startswith(message)
    assert set(told) == {"name", "message", "arguments", "context", "debug"}


def test_json2_wants_a_bearer_key(odoo19: DemoServer) -> None:
    bad = json2(odoo19, "res.partner/search", {"domain": []}, key="wrong")
    assert (bad.status_code, bad.json()["message"]) == (401, "Invalid apikey")
    none = requests.post(f"{odoo19.url}/json/2/res.partner/search", json={"domain": []}, timeout=TIMEOUT_S)
    assert none.status_code == 401
    assert none.headers["WWW-Authenticate"] == "Bearer "


def test_json2_finds_no_other_database_and_exists_from_19_on(odoo19: DemoServer, odoo14: DemoServer) -> None:
    other = json2(odoo19, "res.partner/search", {"domain": []}, **{"X-Odoo-Database": "nodb"})
    assert (other.status_code, other.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert json2(odoo14, "res.partner/search", {"domain": []}).status_code == 404


# -- rights --


def test_a_sales_person_sees_own_orders_one_company_and_no_payments() -> None:
    with DemoServer("19-oca", TODAY, orm=database("19-oca")) as server:

        def ask(model: str, method: str, **body: Any) -> Any:
            return json2(server, f"{model}/{method}", body, key=LIMITED_KEY).json()

        uid = server.accounts[LIMITED_LOGIN].uid
        owners = {row["user_id"] for row in ask("sale.order", "search_read", domain=[], fields=["user_id"], load="")}
        assert owners <= {uid, False}
        assert ask("sale.order", "search_count", domain=[]) < len(server.orm.tables["sale.order"]) * 0.7
        assert ask("res.company", "search", domain=[]) == [1]
        assert ask("account.payment", "search", domain=[])["name"] == "odoo.exceptions.AccessError"
        assert ask("account.payment", "has_access", operation="read") is False
        assert ask("res.users", "has_group", ids=[uid], group_ext_id="account.group_account_readonly") is False


def test_companies_not_asked_for_are_hidden() -> None:
    with DemoServer("14-oca", TODAY, orm=database("14-oca")) as server:
        counts = [
            execute(server, "account.move", "search_count", [], context={"allowed_company_ids": companies})["result"]
            for companies in ([1], [2], [1, 2])
        ]
        assert counts[0] + counts[1] == counts[2]
        assert min(counts) > 0
        everything = execute(server, "account.move", "search_count", [])["result"]
        assert everything == counts[2], "without a word: all of the user's"
