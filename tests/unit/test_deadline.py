"""A call ends, whatever the server does: one deadline from its connection to the last byte of its answer."""

from __future__ import annotations

import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from odoo_client.errors import OdooTimeoutError, OdooUnreachableError, UnknownOutcomeError
from odoo_client.rpc.deadline import SEND_BYTES, Deadline, PastDeadlineError
from odoo_client.rpc.http import TOTAL_SILENCES
from odoo_client.rpc.retry import Gate
from odoo_client.rpc.transport import Call
from tests.dripping import EVERY_S, at_most, dripping
from tests.fake_http import FakeHttp, Reply, rpc_result
from tests.transport_bench import Bench

SILENCE_S = 6 * EVERY_S
TOTAL_S = TOTAL_SILENCES * SILENCE_S
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("at_once", "drops"),
    [
        (b"", b"HTTP/1.1 200 OK with a reason that never ends "),
        (HEAD + b"X-Odd: ", b"a"),
        (HEAD, b"X: 1\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"Trailer: 1\r\n"),
        (HEAD + b"Content-Length: 5000\r\n\r\n", b" "),
        (HEAD + b"\r\n", b" "),
        (b"HTTP/1.1 502 Bad gateway\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n", b"<"),
    ],
    ids=[
        *("status line", "one header", "headers", "100 Continue", "chunk size", "trailers", "body"),
        *("body without length", "error page"),
    ],
)
@pytest.mark.parametrize("deed", ["read", "write"])
def test_an_answer_in_drops_ends_at_the_deadline(at_once: bytes, drops: bytes, deed: str) -> None:
    with dripping(at_once, drops) as server:
        bench = Bench("jsonrpc", server.url, odoo_timeout_s=SILENCE_S)
        with at_most(TOTAL_S + 1.0):
            if deed == "read":
                with pytest.raises(OdooTimeoutError, match=rf"within {TOTAL_S:g} s.*ODOO_TIMEOUT_S"):
                    bench.read()
            else:
                with pytest.raises(UnknownOutcomeError):
                    bench.write()
        assert server.requests == 1, "what took the whole time is not asked again"


def test_silence_counts_as_before() -> None:
    with dripping(HEAD) as server, at_most(2 * SILENCE_S + 0.5):
        bench = Bench("jsonrpc", server.url)
        bench.core.settings = bench.core.settings.model_copy(update={"odoo_timeout_s": SILENCE_S})
        with pytest.raises(UnknownOutcomeError) as lost:
            bench.write()
    assert f"within {SILENCE_S:g} s" in str(lost.value.__cause__)


def test_the_attempts_of_one_call_share_its_time() -> None:
    with dripping(HEAD) as server, at_most(TOTAL_S + 1.0):
        bench = Bench("jsonrpc", server.url, odoo_timeout_s=SILENCE_S)
        with pytest.raises(OdooTimeoutError):
            bench.read()
    assert server.requests <= TOTAL_SILENCES


def test_a_request_that_nobody_takes_ends_too() -> None:
    with dripping(reads=False) as server, at_most(TOTAL_S + 1.0):
        bench = Bench("jsonrpc", server.url, odoo_timeout_s=SILENCE_S)
        with pytest.raises(UnknownOutcomeError):
            bench.transport.call(
                Call("x.y", "write", ids=[1], kwargs={"vals": {"text": "x" * 20_000_000}}, retry=False)
            )


def test_a_proxy_that_drips_ends_too_and_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with dripping(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n") as proxy, at_most(TOTAL_S + 1.0):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        bench = Bench("jsonrpc", "https://erp.example.com", odoo_timeout_s=SILENCE_S, odoo_connect_timeout_s=SILENCE_S)
        with pytest.raises(OdooTimeoutError):
            bench.write()  # An UnknownOutcomeError would have somebody look for it in Odoo.


def test_a_handshake_in_drops_ends_too() -> None:
    # The header of a TLS record of 16 kB, and then its content.
    with dripping(b"\x16\x03\x03\x40\x00", b"\x00") as server, at_most(3 * TOTAL_S + 1.0):
        bench = Bench(
            "jsonrpc",
            server.url.replace("http:", "https:"),
            odoo_timeout_s=SILENCE_S,
            odoo_connect_timeout_s=SILENCE_S,
        )
        with pytest.raises((OdooTimeoutError, OdooUnreachableError)):
            bench.read()


def test_over_tls_an_answer_in_drops_ends_too(tls: tuple[ssl.SSLContext, Path]) -> None:
    context, certificate = tls
    with dripping(HEAD + b"X-Odd: ", b"a", tls=context) as server, at_most(TOTAL_S + 1.0):
        bench = Bench("jsonrpc", server.url.replace("http:", "https:"), odoo_timeout_s=SILENCE_S)
        bench.core.session().verify = str(certificate)
        with pytest.raises(OdooTimeoutError, match=f"within {TOTAL_S:g} s"):
            bench.read()


def test_who_waits_for_a_gentle_host_waits_no_longer_than_a_call_takes() -> None:
    """One sign-in that hangs must not hold the sync's and the pages' calls behind it for as long as it likes."""
    gate = Gate(0.0)
    with dripping(HEAD) as slow, FakeHttp(rpc_result(1)) as quick, ThreadPoolExecutor(1) as pool:
        hung = Bench("jsonrpc", slow.url, odoo_timeout_s=0.2, gate=gate)
        held = pool.submit(hung.write)
        while not slow.requests:
            time.sleep(0.01)
        other = Bench("jsonrpc", quick, odoo_timeout_s=0.02, gate=gate)
        with at_most(0.8), pytest.raises(OdooTimeoutError, match="waited 0.1 s for its turn"):
            other.write()
        assert quick.asked == []
        with pytest.raises(UnknownOutcomeError):
            held.result()
        assert Bench("jsonrpc", quick, gate=gate).write() == 1


def test_a_large_request_goes_out_whole_and_shows_no_byte_of_itself() -> None:
    text = "é" * (3 * SEND_BYTES)
    with FakeHttp(rpc_result(True)) as server:
        bench = Bench("jsonrpc", server)
        for _ in range(2):
            bench.transport.call(Call("x.y", "write", ids=[1], kwargs={"vals": {"text": text}}, retry=False))
        assert [asked.rpc_args[5] for asked in server.asked] == 2 * [[[1], {"text": text}]]
        assert len({asked.port for asked in server.asked}) == 1


def test_a_call_before_leaves_no_time_limit_behind() -> None:
    with FakeHttp(rpc_result(1), Reply(rpc_result("x" * 12).body, trickle_s=0.02)) as server:
        bench = Bench("jsonrpc", server)
        assert bench.read(timeout_s=0.1) == 1
        assert bench.read(timeout_s=5.0) == "x" * 12


def test_what_is_left_is_never_more_than_was_asked_for() -> None:
    now_s = 100.0
    deadline = Deadline(10.0, 3.0, clock=lambda: now_s)
    assert deadline.left_s(3.0) == 3.0
    now_s = 109.0
    assert deadline.left_s(3.0) == 1.0
    now_s = 110.0
    with pytest.raises(PastDeadlineError):
        deadline.left_s()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
