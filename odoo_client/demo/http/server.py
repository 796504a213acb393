"""The demo's HTTP server: a thread on a free loopback port, with hooks for tests of what can go wrong."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from odoo_client.demo.business.accounts import DEMO_KEY, DEMO_LOGIN, Account, default_accounts
from odoo_client.demo.http.protocol import HTML, Protocol, Reply, Target
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.profiles import DEFAULT_PROFILE, Profile, profile
from odoo_client.demo.provider.fill import fill

DEMO_DATABASE = "afinet_demo"
_HARARE = ZoneInfo("Africa/Harare")
#: Odoo's own limit of a request's body.
_MAX_BODY_BYTES = 128 * 1024 * 1024


@dataclass
class Failure:
    """How the next `times` calls (of `model` and `method`, where given) go wrong.

    `status` and `body` are sent instead of the answer. `truncate` sends half of the real answer, `drop` closes the
    connection without one (with `execute` after having done the work: a lost answer), `hang_s` waits before anything.
    """

    status: int = 502
    body: bytes = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    content_type: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    model: str = ""
    method: str = ""
    truncate: bool = False
    drop: bool = False
    execute: bool = False
    hang_s: float = 0.0

    def concerns(self, target: Target) -> bool:
        """Return whether this applies to a call."""
        return self.times > 0 and self.model in ("", target.model) and self.method in ("", target.method)


@dataclass
class Traffic:
    """What the server has answered so far: requests, bytes in and out, and (model, method) → calls."""

    requests: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    calls: dict[tuple[str, str], int] = field(default_factory=dict)


class DemoServer:
    """An Odoo look-alike with an invented provider's data, inside this process.

    `DemoServer("19-oca").start()` returns the address; `stop()` or leaving the `with` block ends it. `today` (default:
    today in Harare) dates the data, so that one day always gives the same tenant. `empty` leaves out customers and
    their history; `orm` serves a tenant that is filled already.
    """

    def __init__(
        self,
        profile_name: str = DEFAULT_PROFILE,
        today: date | None = None,
        *,
        empty: bool = False,
        orm: Database | None = None,
    ) -> None:
        self.profile: Profile = profile(profile_name)
        self.today = today or datetime.now(_HARARE).date()
        if orm is None:
            orm = Database(self.profile)
            fill(orm, self.today, empty=empty)
        self.orm = orm
        self.accounts: dict[str, Account] = default_accounts()
        self.login, self.key, self.database = DEMO_LOGIN, DEMO_KEY, DEMO_DATABASE
        self.protocol = Protocol(self.orm, self.database, self.accounts)
        self.delay_s = 0.0
        self.traffic = Traffic()
        self.failures: list[Failure] = []
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._http: _Server | None = None
        self._thread: threading.Thread | None = None

    # ------------------------------------------------------------------ life

    @property
    def url(self) -> str:
        """The server's address; raises RuntimeError before `start`."""
        if self._http is None:
            raise RuntimeError("The demo server is not running: call start() first.")
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self, port: int = 0) -> str:
        """Serve on a free loopback port (or `port`) from a daemon thread; returns the address."""
        if self._http is None:
            owner = self

            class Handler(_Handler):
                demo = owner

            self._released.clear()
            self._http = _Server(("127.0.0.1", port), Handler)
            self._thread = threading.Thread(
                target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, name="afinet-demo", daemon=True
            )
            self._thread.start()
        return self.url

    def stop(self) -> None:
        """Stop serving and free the port; hanging answers are let go."""
        if self._http is not None:
            self._released.set()
            self._http.shutdown()
            self._http.server_close()
            self._http.close_connections()
            self._http = None
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ------------------------------------------------------------------ test hooks

    def fail_with(self, status: int = 502, **how: Any) -> Failure:
        """Let the next calls fail; see `Failure` for the ways. Returns it, so that a test may end it (`times = 0`)."""
        failure = Failure(status, **how)
        with self._lock:
            self.failures.append(failure)
        return failure

    def deny(self, *models: str, login: str = DEMO_LOGIN) -> None:
        """Take an account's rights on models away."""
        self.accounts[login].denied.update(models)

    def allow(self, *models: str, login: str = DEMO_LOGIN) -> None:
        """Give them back."""
        self.accounts[login].denied.difference_update(models)

    def remove_model(self, *models: str) -> None:
        """Uninstall models."""
        for model in models:
            self.orm.models.pop(model, None)
            self.orm.tables.pop(model, None)

    @property
    def clock_skew_s(self) -> float:
        """Seconds this server's clock is ahead, in the Date header and in `write_date`."""
        return self.orm.clock_skew_s

    @clock_skew_s.setter
    def clock_skew_s(self, seconds: float) -> None:
        self.orm.clock_skew_s = seconds

    # ------------------------------------------------------------------ answering

    def respond(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[Reply | None, bool]:
        """Return the answer (None: drop the connection) and whether to cut it in half."""
        target = self.protocol.target(path, body)
        with self._lock:
            self.traffic.requests += 1
            self.traffic.bytes_received += len(body)
            key = (target.model, target.method)
            self.traffic.calls[key] = self.traffic.calls.get(key, 0) + 1
            failure = next((f for f in self.failures if f.concerns(target)), None)
            if failure is not None:
                failure.times -= 1
        wait_s = self.delay_s + (failure.hang_s if failure else 0.0)
        if wait_s:
            self._released.wait(wait_s)
        if failure is None:
            return self.protocol.answer(verb, path, headers, body), False
        if failure.drop:
            if failure.execute:
                self.protocol.answer(verb, path, headers, body)
            return None, False
        if failure.truncate or failure.hang_s:
            return self.protocol.answer(verb, path, headers, body), failure.truncate
        return Reply(failure.status, failure.body, failure.content_type, failure.headers), False


class _Server(ThreadingHTTPServer):
    """Keeps the connections it serves, so that stopping ends them: a stopped Odoo answers nobody."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that hangs up: that is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    demo: DemoServer
    protocol_version = "HTTP/1.1"
    server_version = "Werkzeug/3.0.6"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 600

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    do_PUT = do_DELETE = do_PATCH = do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: requests are counted in `DemoServer.traffic`."""

    def _answer(self) -> None:
        size_bytes = int(self.headers.get("Content-Length") or 0)
        if size_bytes > _MAX_BODY_BYTES:
            self.send_error(413)
            return
        body = self.rfile.read(size_bytes) if size_bytes else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply, cut = self.demo.respond(self.command, self.path, headers, body)
        if reply is None:
            self.close_connection = True
            return
        moment = datetime.fromtimestamp(time.time() + self.demo.clock_skew_s, UTC)
        lines = [
            f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('Status',))[0]}",
            f"Server: {self.server_version}",
            f"Date: {format_datetime(moment, usegmt=True)}",
            f"Content-Type: {reply.content_type}",
            f"Content-Length: {len(reply.body)}",
            *(f"{name}: {value}" for name, value in reply.headers.items()),
        ]
        sent = reply.body[: len(reply.body) // 2] if cut else reply.body
        # One write: a header and a body sent apart would wait for each other's acknowledgement.
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (b"" if self.command == "HEAD" else sent))
        self.close_connection = self.close_connection or cut
        with self.demo._lock:
            self.demo.traffic.bytes_sent += len(sent)
