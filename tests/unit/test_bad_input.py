"""Whatever goes wrong on the way to Odoo is one sentence that names the setting or the right to change."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from odoo_client.config import Settings
from odoo_client.errors import (
    ConfigError,
    MissingModelError,
    NotOdooError,
    OdooAccessError,
    OdooAuthError,
    OdooKeyExpiredError,
    OdooServerError,
    OdooTimeoutError,
    OdooTlsError,
    OdooUnreachableError,
    UnknownDatabaseError,
)
from odoo_client.rpc.http import HttpCore
from odoo_client.rpc.transport import JsonRpc
from tests.fake_http import (
    FakeHttp,
    Reply,
    json2_fault,
    json2_result,
    page,
    rpc_fault,
    rpc_result,
)
from tests.transport_bench import PROTOCOLS, Bench, fault


@pytest.fixture
def server() -> Iterator[FakeHttp]:
    with FakeHttp(Reply()) as server:
        yield server


@pytest.fixture(params=PROTOCOLS)
def bench(request: pytest.FixtureRequest, server: FakeHttp) -> Iterator[Bench]:
    bench = Bench(request.param, server)
    yield bench
    bench.core.close()


def test_a_wrong_key_names_user_and_password(bench: Bench, server: FakeHttp) -> None:
    server.answer(
        rpc_fault("odoo.exceptions.AccessDenied", "Access Denied")
        if bench.protocol == "jsonrpc"
        else json2_fault(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
    )
    with pytest.raises(OdooAuthError, match="ODOO_USERNAME 'bot' with this ODOO_PASSWORD") as caught:
        bench.read()
    assert type(caught.value) is OdooAuthError
    assert len(server.asked) == 1


def test_a_key_refused_after_it_worked_is_called_expired(bench: Bench, server: FakeHttp) -> None:
    if isinstance(bench.transport, JsonRpc):
        server.answer(rpc_result(7))
        bench.transport.authenticate()
        server.answer(rpc_fault("odoo.exceptions.AccessDenied", "Access Denied"))
    else:
        server.answer(json2_result(1))
        bench.read()
        server.answer(json2_fault(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey"))
    with pytest.raises(OdooKeyExpiredError, match="make a new key in Odoo .* set it as ODOO_PASSWORD"):
        bench.read()


def test_an_unknown_database_names_its_setting(bench: Bench, server: FakeHttp) -> None:
    server.answer(
        rpc_fault("psycopg2.OperationalError", 'FATAL:  database "isp" does not exist\n')
        if bench.protocol == "jsonrpc"
        else Reply(b"<p>No database is selected and the requested URL ...</p>", 404, "text/html; charset=utf-8")
    )
    with pytest.raises(UnknownDatabaseError, match="database 'isp': correct ODOO_DATABASE"):
        bench.read()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_host_that_is_down_names_the_address(protocol: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for call in (Bench(protocol, f"http://127.0.0.1:{port}").read, Bench(protocol, f"http://127.0.0.1:{port}").write):
        with pytest.raises(OdooUnreachableError, match="correct host and port in ODOO_URL") as caught:
            call()
        assert caught.value.__cause__ is not None


def test_a_host_that_is_unknown_names_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    bench = Bench("json2", "https://erp.example.invalid")
    with pytest.raises(OdooUnreachableError, match=r"erp\.example\.invalid is not known: correct ODOO_URL"):
        bench.write()


def test_a_host_that_takes_no_connection_in_time_names_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*args: object, **kwargs: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr("urllib3.util.connection.create_connection", silent)
    with pytest.raises(OdooUnreachableError, match="no connection within 5 s: correct the host in ODOO_URL"):
        Bench("jsonrpc", "http://10.0.0.1:8069").write()


def test_tls_towards_a_plain_server_names_the_address(server: FakeHttp) -> None:
    bench = Bench("json2", server.url.replace("http:", "https:"))
    with pytest.raises(OdooTlsError, match="http:// in ODOO_URL"):
        bench.read()


def test_an_untrusted_certificate_names_what_to_trust_or_correct(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("the program openssl is not installed: it makes this test's certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def accept(listener: socket.socket) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(plain, server_side=True).close()
            except OSError:
                plain.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, args=(listener,), daemon=True)
        thread.start()
        bench = Bench("json2", f"https://localhost:{listener.getsockname()[1]}")
        with pytest.raises(
            OdooTlsError, match=r"certificate of .* is not accepted \(self.signed certificate\).*CA_BUNDLE"
        ):
            bench.write()
        assert bench.waits == []
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_a_web_page_where_data_was_due_names_the_address(bench: Bench, server: FakeHttp, status: int) -> None:
    server.answer(page("Sign in to Example", status))
    with pytest.raises(NotOdooError, match=r"web page \(Sign in to Example\).*ODOO_URL"):
        bench.read()
    assert len(server.asked) == 1


def test_json_of_something_else_names_the_address(bench: Bench, server: FakeHttp) -> None:
    server.answer(Reply(b'{"error": "unauthorized"}', status=403))
    with pytest.raises(NotOdooError, match="set ODOO_URL to Odoo's own address"):
        bench.read()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_tells_where_to(bench: Bench, server: FakeHttp, status: int) -> None:
    server.answer(page("Moved", status, {"Location": "https://new.example.com/web/login?x=1"}))
    for call in (bench.read, bench.write):
        with pytest.raises(NotOdooError, match=r"redirects \(HTTP 30\d\) to https://new\.example\.com: set ODOO_URL"):
            call()
    assert len(server.asked) == 2


@pytest.mark.parametrize("cut", [0, 1, 20])
def test_a_truncated_text_names_the_proxy_and_the_range(bench: Bench, server: FakeHttp, cut: int) -> None:
    body = bench.result([{"id": 1, "name": "x"}]).body
    server.answer(Reply(body[:cut] if cut else body[:-1]))
    with pytest.raises(NotOdooError, match="cut off or damaged.*ODOO_RANGE_ROWS"):
        bench.read()


def test_an_answer_that_breaks_off_is_read_again(bench: Bench, server: FakeHttp) -> None:
    whole = bench.result(12345)
    server.answer(Reply(whole.body, cut_to=4), whole)
    assert bench.read() == 12345
    server.answer(Reply(whole.body, cut_to=4))
    with pytest.raises(NotOdooError, match="cut off or damaged"):
        bench.read()
    assert len(server.asked) == 2 + 4


def test_an_answer_in_chunks_is_read_whole_or_not_at_all(bench: Bench, server: FakeHttp) -> None:
    whole = bench.result(list(range(500)))
    server.answer(Reply(whole.body, chunked=True))
    assert bench.read() == list(range(500))
    server.answer(Reply(whole.body, chunked=True, cut_to=100))
    with pytest.raises(NotOdooError, match="cut off or damaged"):
        bench.read()


@pytest.mark.parametrize("declared", [True, False])
def test_a_too_large_answer_names_its_limit(server: FakeHttp, declared: bool) -> None:
    bench = Bench("jsonrpc", server, odoo_max_response_bytes=4096)
    body = rpc_result("x" * 100_000).body
    # Packed, only the unpacked size is over the limit, whatever Content-Length says.
    reply = Reply(body) if declared else Reply(gzip.compress(body), headers={"Content-Encoding": "gzip"})
    server.answer(reply)
    with pytest.raises(NotOdooError, match="larger than 4,096 bytes: raise ODOO_MAX_RESPONSE_BYTES"):
        bench.read()
    assert len(server.asked) == 1


def test_a_call_that_hangs_names_the_timeout(bench: Bench, server: FakeHttp) -> None:
    server.answer(Reply(hang=True))
    with pytest.raises(OdooTimeoutError, match=r"did not answer res.partner.search_count within 0.1 s.*ODOO_TIMEOUT_S"):
        bench.read(timeout_s=0.1)


def test_an_answer_in_drops_does_not_last_for_ever(server: FakeHttp) -> None:
    bench = Bench("jsonrpc", server)
    server.answer(Reply(rpc_result("x" * 400).body, trickle_s=0.02))
    with pytest.raises(OdooTimeoutError, match="ODOO_TIMEOUT_S"):
        bench.read(timeout_s=0.1)


def test_a_model_without_read_right_names_the_right(bench: Bench, server: FakeHttp) -> None:
    server.answer(fault(bench.protocol, 403, "odoo.exceptions.AccessError", "You are not allowed to access ..."))
    with pytest.raises(OdooAccessError, match=r"account bot may not read account.move: .*group_account_readonly"):
        bench.read("account.move")


def test_a_missing_module_is_named(bench: Bench, server: FakeHttp) -> None:
    server.answer(
        rpc_fault("odoo.exceptions.UserError", "Object helpdesk.ticket doesn't exist")
        if bench.protocol == "jsonrpc"
        else json2_fault(404, "werkzeug.exceptions.NotFound", "the model 'helpdesk.ticket' does not exist")
    )
    with pytest.raises(MissingModelError, match="install the module Helpdesk"):
        bench.read("helpdesk.ticket")


@pytest.mark.parametrize("body", [b'{"jsonrpc": "2.0", "error": "no"}', b'{"jsonrpc": "2.0", "error": {"data": 3}}'])
def test_a_jsonrpc_error_of_an_odd_shape_is_still_an_error(server: FakeHttp, body: bytes) -> None:
    server.answer(Reply(body))
    with pytest.raises(OdooServerError):
        Bench("jsonrpc", server).read()


def test_a_password_that_fits_no_header_is_told_without_sending_it(server: FakeHttp) -> None:
    bench = Bench("json2", server, odoo_password="pässword with spaces")
    with pytest.raises(OdooAuthError, match="set an API key, or ODOO_PROTOCOL to jsonrpc"):
        bench.read()
    assert server.asked == []


def test_without_address_nothing_is_made() -> None:
    with pytest.raises(ConfigError, match="ODOO_URL"):
        HttpCore(Settings())
