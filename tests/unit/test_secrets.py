"""Keys and passwords appear in no log, repr, error or traceback."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from collections.abc import Callable, Iterator

import pytest

from odoo_client.errors import (
    OdooError,
    OdooServerError,
)
from odoo_client.rpc.http import Sealed
from tests.fake_http import (
    Asked,
    FakeHttp,
    Reply,
    json2_fault,
    json2_result,
    page,
    rpc_fault,
    rpc_result,
)
from tests.transport_bench import PROTOCOLS, SECRET, Bench


@pytest.fixture
def server() -> Iterator[FakeHttp]:
    with FakeHttp(Reply()) as server:
        yield server


@pytest.fixture(params=PROTOCOLS)
def bench(request: pytest.FixtureRequest, server: FakeHttp) -> Iterator[Bench]:
    bench = Bench(request.param, server)
    yield bench
    bench.core.close()


def echo(asked: Asked) -> Reply:
    """A server that quotes everything back at us in an error page's title."""
    quoted = asked.body.decode() + json.dumps(dict(asked.headers))
    return page(quoted, 500 if "json/2" in asked.path else 404)


def echo_fault(asked: Asked) -> Reply:
    quoted = asked.body.decode() + json.dumps(dict(asked.headers))
    if "json/2" in asked.path:
        return json2_fault(422, "odoo.exceptions.UserError", quoted, debug=quoted)
    return rpc_fault("odoo.exceptions.UserError", quoted, debug=quoted)


LEAKS: dict[str, Callable[[Asked], Reply]] = {
    "echoing page": echo,
    "echoing fault": echo_fault,
    "wrong key": lambda asked: json2_fault(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey"),
    "html": lambda asked: page("Sign in"),
    "redirect": lambda asked: page("x", 302, {"Location": f"https://x.example.com/{SECRET}?key={SECRET}"}),
    "redirect to a path": lambda asked: page("x", 302, {"Location": f"/{SECRET}"}),
    "truncated": lambda asked: Reply(b'{"jsonrpc": "2.0", "res'),
    "cut off": lambda asked: Reply(b'{"jsonrpc": "2.0", "result": true}', cut_to=5),
    "dropped": lambda asked: Reply(drop=True),
    "502": lambda asked: page("Bad gateway", 502),
    "too large": lambda asked: Reply(b'"' + b"x" * 10_000 + b'"'),
}


@pytest.mark.parametrize("scenario", [*LEAKS, "down", "tls", "unknown host", "works"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("action", ["read", "write"])
def test_the_password_appears_in_no_log_error_repr_or_traceback(
    protocol: str, scenario: str, action: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    script = LEAKS.get(scenario, lambda asked: rpc_result(1) if "rpc" in asked.path else json2_result(1))
    with FakeHttp(script=script) as server:
        url = {"down": "http://127.0.0.1:1", "tls": server.url.replace("http", "https")}.get(scenario, server.url)
        if scenario == "unknown host":
            url = "http://erp.example.invalid"
            monkeypatch.setattr(socket, "getaddrinfo", _unknown_host)
        bench = Bench(protocol, url, odoo_max_response_bytes=4096)
        try:
            getattr(bench, action)()
        except OdooError as error:
            assert scenario != "works"
            texts += [str(error), repr(error), repr(vars(error)), repr(error.args)]
            texts += _traces(error)
        else:
            assert scenario == "works"
        core = bench.core
        texts += [repr(item) for item in (core, bench.transport, core.settings, core.session().headers)]
        bench.core.close()
    texts.append(caplog.text)
    texts += [repr(vars(record)) for record in caplog.records]
    assert len(texts) > 4
    assert not [text for text in texts if SECRET in text]


def _unknown_host(*args: object, **kwargs: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _traces(error: BaseException) -> list[str]:
    """Tracebacks with the values of local variables, as error reporters print them."""
    return list(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def test_the_leak_test_would_see_a_leak() -> None:
    def careless(key: str) -> None:
        raise OdooServerError("x")

    with pytest.raises(OdooServerError) as caught:
        careless(SECRET)
    assert any(SECRET in text for text in _traces(caught.value))


def test_odoos_traceback_goes_to_the_log_at_debug_level_only(
    bench: Bench, server: FakeHttp, caplog: pytest.LogCaptureFixture
) -> None:
    debug = 'Traceback (most recent call last): File "/opt/odoo/models.py"'
    server.answer(
        rpc_fault("builtins.ZeroDivisionError", "division by zero", debug)
        if bench.protocol == "jsonrpc"
        else json2_fault(500, "builtins.ZeroDivisionError", "division by zero", debug)
    )
    with caplog.at_level(logging.INFO), pytest.raises(OdooServerError) as caught:
        bench.read()
    assert "/opt/odoo" not in caplog.text + repr(vars(caught.value)) + str(caught.value)
    with caplog.at_level(logging.DEBUG), pytest.raises(OdooServerError):
        bench.read()
    assert [record.levelname for record in caplog.records if "/opt/odoo" in record.getMessage()] == ["DEBUG"]


def test_a_body_shows_only_its_size() -> None:
    body = Sealed(SECRET.encode())
    assert repr(body) == str(body) == f"{body}" == "<40 bytes>"
