"""Both wire protocols against a scripted HTTP server: what is sent, what comes back, what is repeated."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from odoo_client.errors import (
    NotOdooError,
    OdooError,
    OdooServerError,
    OdooTimeoutError,
    OdooUnreachableError,
    OdooUserError,
    UnknownOutcomeError,
)
from odoo_client.rpc.http import HttpCore
from odoo_client.rpc.retry import Gate
from odoo_client.rpc.transport import Call
from tests.fake_http import (
    FakeHttp,
    Reply,
    json2_result,
    page,
    rpc_result,
)
from tests.transport_bench import PROTOCOLS, SECRET, Bench, fault, settings_for


@pytest.fixture
def server() -> Iterator[FakeHttp]:
    with FakeHttp(Reply()) as server:
        yield server


@pytest.fixture(params=PROTOCOLS)
def bench(request: pytest.FixtureRequest, server: FakeHttp) -> Iterator[Bench]:
    bench = Bench(request.param, server)
    yield bench
    bench.core.close()


# -- what travels --


def test_jsonrpc_names_its_arguments_and_puts_the_unstable_ones_by_position(server: FakeHttp) -> None:
    server.answer(rpc_result([1]))
    bench = Bench("jsonrpc", server)
    raw = bench.transport.call(
        Call(
            "res.partner",
            "search",
            kwargs={"domain": [["id", ">", 0]], "limit": 5, "order": "id asc"},
            context={"lang": "en_US"},
            retry=True,
        )
    )
    assert msgspec.json.decode(raw) == [1]
    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/jsonrpc")
    assert asked.json["params"]["service"] == "object"
    assert asked.json["params"]["method"] == "execute_kw"
    assert asked.rpc_args == [
        "isp", 7, SECRET, "res.partner", "search", [[["id", ">", 0]]],
        {"limit": 5, "order": "id asc", "context": {"lang": "en_US"}},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "ids", "kwargs", "args", "named"),
    [
        ("create", None, {"vals_list": [{"name": "x"}]}, [[{"name": "x"}]], {}),
        ("write", [5], {"vals": {"name": "x"}}, [[5], {"name": "x"}], {}),
        ("read", [5, 6], {"fields": ["name"], "load": ""}, [[5, 6], ["name"]], {"load": ""}),
        ("fields_get", None, {"attributes": ["type"]}, [], {"attributes": ["type"]}),
        ("has_group", [7], {"group_ext_id": "a.b"}, [[7], "a.b"], {}),
        ("action_post", [5], {}, [[5]], {}),
        ("search_read", None, {"fields": ["name"], "limit": 1}, [], {"fields": ["name"], "limit": 1}),
    ],
)
def test_jsonrpc_puts_ids_first_and_then_what_odoo_wants_by_position(
    server: FakeHttp, method: str, ids: list[int] | None, kwargs: dict[str, Any], args: list[Any], named: dict[str, Any]
) -> None:
    server.answer(rpc_result(True))
    Bench("jsonrpc", server).transport.call(Call("res.users", method, ids=ids, kwargs=kwargs, retry=True))
    assert server.asked[0].rpc_args[5:] == [args, named]


def test_json2_sends_names_only_with_key_and_database_in_the_headers(server: FakeHttp) -> None:
    server.answer(json2_result([{"id": 5}]))
    Bench("json2", server).transport.call(
        Call("res.partner", "read", ids=[5], kwargs={"fields": ["name"]}, context={"lang": "en_US"}, retry=True)
    )
    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/json/2/res.partner/read")
    assert asked.json == {"ids": [5], "fields": ["name"], "context": {"lang": "en_US"}}
    assert asked.headers["Authorization"] == f"bearer {SECRET}"
    assert asked.headers["X-Odoo-Database"] == "isp"
    assert asked.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("model", "method"),
    [("res.partner/../x", "read"), ("", "read"), ("res partner", "read"), ("res.partner", "_write"),
     ("res.partner", ""), ("res.partner", "read?x"), ("..", "read"), ("res.partner\n", "read"), ("A.b", "read")],
)  # fmt: skip
def test_names_that_could_leave_the_path_are_never_sent(
    bench: Bench, server: FakeHttp, model: str, method: str
) -> None:
    with pytest.raises(ValueError, match="is no name of"):
        bench.transport.call(Call(model, method, kwargs={}, retry=True))
    assert server.asked == []


def test_a_cookie_of_the_server_is_never_sent_back(bench: Bench, server: FakeHttp) -> None:
    reply = bench.result(1)
    server.answer(Reply(reply.body, headers={"Set-Cookie": "session_id=abc; Path=/"}))
    bench.read()
    bench.read()
    assert "Cookie" not in server.asked[1].headers


def test_netrc_and_proxies_of_the_surroundings_do_not_reach_a_loopback_odoo(
    bench: Bench, server: FakeHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.answer(bench.result(3))
    assert bench.read() == 3
    assert "Basic" not in server.asked[0].headers.get("Authorization", "")


# -- what comes back --


@pytest.mark.parametrize("value", [None, False, 0, 12, "Ünïcödé 🛰 <b>", [], [{"id": 1, "name": False}], {"a": None}])
def test_results_come_back_as_sent(bench: Bench, server: FakeHttp, value: Any) -> None:
    server.answer(bench.result(value))
    assert bench.read() == value


def test_a_jsonrpc_answer_without_result_means_none(server: FakeHttp) -> None:
    server.answer(Reply(b'{"jsonrpc": "2.0", "id": 1}'))
    assert Bench("jsonrpc", server).write() is None


def test_a_packed_answer_is_unpacked(bench: Bench, server: FakeHttp) -> None:
    body = gzip.compress(bench.result(list(range(1000))).body)
    server.answer(Reply(body, headers={"Content-Encoding": "gzip"}))
    assert bench.read() == list(range(1000))


def test_calls_and_bytes_are_counted(bench: Bench, server: FakeHttp) -> None:
    server.answer(bench.result([1, 2, 3]))
    before = bench.transport.stats.snapshot()
    bench.read()
    bench.read()
    spent = bench.transport.stats.snapshot() - before
    assert spent.calls == 2
    assert spent.bytes_sent == sum(len(asked.body) for asked in server.asked)
    assert spent.bytes_received == 2 * len(bench.result([1, 2, 3]).body)


def test_the_servers_clock_is_compared_with_ours(bench: Bench, server: FakeHttp) -> None:
    assert bench.core.clock_skew_s is None
    server.answer(bench.result(1))
    bench.read()
    assert bench.core.clock_skew_s == pytest.approx(0, abs=2)


def test_each_thread_has_its_own_session(bench: Bench) -> None:
    mine = bench.core.session()
    assert bench.core.session() is mine
    with ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(bench.core.session).result()
    assert theirs is not mine


def test_a_connection_is_used_again(bench: Bench, server: FakeHttp) -> None:
    server.answer(bench.result(1))
    for _ in range(5):
        bench.read()
    assert len({asked.port for asked in server.asked}) == 1


# -- what is repeated --


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_repeated_after_an_overloaded_answer(bench: Bench, server: FakeHttp, status: int) -> None:
    server.answer(page("Busy", status), page("Busy", status), bench.result(9))
    assert bench.read() == 9
    assert bench.waits == [0.5, 1.0]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, OdooUnreachableError), (502, OdooUnreachableError), (503, OdooUnreachableError), (504, OdooTimeoutError)],
)
def test_a_read_is_sent_four_times_at_most(bench: Bench, server: FakeHttp, status: int, kind: type[OdooError]) -> None:
    server.answer(page("Busy", status))
    with pytest.raises(kind):
        bench.read()
    assert len(server.asked) == 4
    assert bench.waits == [0.5, 1.0, 2.0]


def test_retry_after_is_waited_up_to_its_cap(server: FakeHttp) -> None:
    bench = Bench("json2", server, odoo_timeout_s=60)
    server.answer(page("Busy", 429, {"Retry-After": "3"}), page("Busy", 503, {"Retry-After": "7200"}), bench.result(1))
    assert bench.read() == 1
    assert bench.waits == [3.0, 30.0]


def test_a_read_is_repeated_after_silence_and_a_dropped_connection(bench: Bench, server: FakeHttp) -> None:
    server.answer(Reply(hang=True), Reply(drop=True), bench.result(2))
    assert bench.read(timeout_s=0.3) == 2
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "reply",
    [
        Reply(hang=True),
        Reply(drop=True),
        Reply(b'{"jsonrpc": "2.0", "result": true}', cut_to=5),
        Reply(b'{"jsonrpc": "2.0", "res'),
        page("Bad gateway", 502),
        page("Unavailable", 503),
        page("Gateway timeout", 504),
        page("Error", 500),
        page("Welcome"),
        Reply(b'{"title": "A timeout occurred"}', status=524),
        Reply(b'{"message": "An unexpected error occurred"}', status=500),
        Reply(b'{"jsonrpc": "2.0", "error": "timeout"}', status=524),
        Reply(b'{"jsonrpc": "2.0", "error": {"message": "timeout"}}', status=500),
        Reply(b'{"title": "A timeou', status=524),
    ],
    ids=[
        *("hangs", "dropped", "cut off", "truncated", "502", "503", "504", "500", "page"),
        *("JSON 524", "JSON 500", "JSON-RPC text error", "JSON-RPC error without a name", "JSON 524 truncated"),
    ],
)
def test_a_write_whose_answer_is_lost_is_never_repeated_and_its_outcome_is_unknown(
    bench: Bench, server: FakeHttp, reply: Reply
) -> None:
    server.answer(reply)
    bench.core.settings = bench.core.settings.model_copy(update={"odoo_timeout_s": 0.2})
    with pytest.raises(UnknownOutcomeError, match=r"res.partner.write.*look in Odoo before doing it again") as caught:
        bench.write()
    assert (caught.value.model, caught.value.method) == ("res.partner", "write")
    assert isinstance(caught.value.__cause__, OdooError)
    assert len(server.asked) == 1
    assert bench.waits == []


def test_a_write_turned_away_is_not_repeated_and_known_undone(bench: Bench, server: FakeHttp) -> None:
    server.answer(page("Busy", 429))
    with pytest.raises(OdooUnreachableError):
        bench.write()
    server.answer(Reply(b'{"message": "forbidden by the firewall"}', status=403))
    with pytest.raises(NotOdooError):
        bench.write()
    assert len(server.asked) == 2


def test_odoos_refusal_of_a_write_is_no_unknown_outcome(bench: Bench, server: FakeHttp) -> None:
    server.answer(fault(bench.protocol, 422, "odoo.exceptions.UserError", "There's nothing left to pay."))
    with pytest.raises(OdooUserError, match="nothing left to pay"):
        bench.write()
    server.answer(fault(bench.protocol, 500, "builtins.ZeroDivisionError", "division by zero"))
    with pytest.raises(OdooServerError):
        bench.write()


# -- gentle hosts --


def test_a_gentle_host_gets_one_call_at_a_time(server: FakeHttp) -> None:
    begins: list[float] = []
    gate = Gate(0.05)
    bench = Bench("json2", server, gate=gate)
    server.answer(json2_result(1))
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(bench.read) for _ in range(4)]:
            done.result()
    begins = [asked.at_s for asked in server.asked]
    assert server.most_at_once == 1
    assert all(later - earlier > 0.03 for earlier, later in zip(begins, begins[1:], strict=False))


@pytest.mark.parametrize(("host", "gentle"), [("https://isp.odoo.com", True), ("https://erp.example.com", False)])
def test_odoos_own_hosting_gets_the_gate_by_itself(host: str, gentle: bool) -> None:
    assert (HttpCore(settings_for(host)).gate is not None) is gentle


# -- what Python's writer lets through --


def _as_python_writes(bench: Bench, text: str) -> Reply:
    """The answer whose result is this text, which is no strict JSON."""
    mark = bench.result("MARK").body
    return Reply(mark.replace(b'"MARK"', text.encode()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            '[{"id": 1, "amount": NaN}, {"id": 2, "amount": 3.5}]',
            [{"id": 1, "amount": "NaN"}, {"id": 2, "amount": 3.5}],
        ),
        ("[Infinity, -Infinity, 1]", ["Infinity", "-Infinity", 1]),
        (
            '["half \\ud800 of a pair", "whole \\ud83d\\ude00"]',
            ["half \N{REPLACEMENT CHARACTER} of a pair", "whole 😀"],
        ),
    ],
)
def test_one_value_that_is_no_strict_json_does_not_cost_the_others(
    bench: Bench, server: FakeHttp, text: str, value: Any
) -> None:
    """Odoo's own `json.dumps` writes NaN as such: one of them in one record made every answer with it unreadable."""
    server.answer(_as_python_writes(bench, text))
    assert bench.read() == value


@pytest.mark.parametrize("text", ["[NaN", '{"id": NaN', "[1, NaN,]", "[" * 5_000, "<b>NaN</b>"])
def test_what_is_no_json_at_all_is_still_a_cut_off_answer(bench: Bench, server: FakeHttp, text: str) -> None:
    server.answer(_as_python_writes(bench, text))
    with pytest.raises(NotOdooError, match="cut off or damaged"):
        bench.read()
