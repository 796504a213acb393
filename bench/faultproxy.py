"""A proxy on a loopback port before Odoo that goes wrong on purpose: what it does to a write is decided by a seed.

It stands for a network, a reverse proxy and a client's own time limit. Reads pass, or sometimes break off. A write is
passed on, or: closed before it is passed on, closed with half of it passed on, closed after Odoo has answered, held
until the client has given up and only then passed on, answered 502 before or after, answered in a proxy's own JSON
after Odoo has, answered by half. Nothing is held longer than the plan says, so that a write is done before Odoo's
longest call has passed, as Odoo's own limit sees to.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from odoo_client.rpc.client import READ_METHODS

PASS: Final = "pass"
DROP_BEFORE: Final = "drop before"
DROP_DURING: Final = "drop during"
DROP_AFTER: Final = "drop after commit"
LATE: Final = "late commit"
BAD_BEFORE: Final = "502 before"
BAD_AFTER: Final = "502 after commit"
JSON_AFTER: Final = "JSON 524 after commit"
CUT: Final = "answer cut"
FAULTS: Final = (DROP_BEFORE, DROP_DURING, DROP_AFTER, LATE, BAD_BEFORE, BAD_AFTER, JSON_AFTER, CUT)
#: What a read may suffer; it is repeated by whoever asked.
READ_FAULTS: Final = (DROP_BEFORE, DROP_AFTER, CUT)

Answer = tuple[int, dict[str, str], bytes]
#: Longer than any call of Odoo in a test.
ODOO_TIMEOUT_S: Final = 120.0
MAX_BODY_BYTES: Final = 64 << 20
PAGE_502: Final = b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
#: Some proxies answer in JSON whoever accepts it.
JSON_524: Final = b'{"title": "Error 524: A timeout occurred", "status": 524}'
_TOKEN: Final = re.compile(r"AFN-[A-Z2-7]{16}")


@dataclass(frozen=True)
class FaultPlan:
    """What goes wrong and how often.

    `late_s` are the shortest and longest time a late write is held: longer than the client waits, shorter than Odoo's
    longest call. A write suffers at most `faults_a_write` faults, then it passes.
    """

    seed: int
    late_s: tuple[float, float]
    writes: float = 0.45
    reads: float = 0.02
    kinds: tuple[str, ...] = FAULTS
    faults_a_write: int = 4


@dataclass(frozen=True)
class Write:
    """A write seen on its way: which one (`key` is the same when it is sent again), and what became of it."""

    key: str
    method: str
    number: int
    kind: str


@dataclass
class Figures:
    """What the proxy has done. `longest_s` is the longest time from a write's arrival to Odoo's answer to it."""

    writes: list[Write] = field(default_factory=list)
    reads: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0

    @property
    def kinds(self) -> Counter[str]:
        """How many writes met what."""
        return Counter(one.kind for one in self.writes)

    @property
    def resends(self) -> int:
        """How many writes were sent by the client once more."""
        return sum(one.number > 1 for one in self.writes)


class FaultProxy:
    """Serves `plan` before the Odoo at `target` while the block lasts."""

    def __init__(self, target: str, plan: FaultPlan) -> None:
        parts = urlsplit(target)
        if parts.hostname not in ("127.0.0.1", "localhost") or parts.scheme != "http":
            raise ValueError("the fault proxy stands before a server of this machine only")
        self.plan = plan
        self.figures = Figures()
        self._to = (str(parts.hostname), int(parts.port or 80))
        self._seen: Counter[str] = Counter()
        self._dealer = random.Random(f"{plan.seed}/kinds")
        self._deck: list[str] = []
        self._reads = 0
        self._held = 0
        self._lock = threading.Condition()
        self._ending = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def quiet(self, timeout_s: float) -> bool:
        """Wait until no write is on its way any more; return whether that came true."""
        with self._lock:
            return self._lock.wait_for(lambda: self._held == 0, timeout_s)

    def fate(self, path: str, body: bytes) -> tuple[str, bool, float]:
        """Return what happens to a request, whether it is a write, and for how long it is held."""
        asked = _write(path, body)
        with self._lock:
            if asked is None:
                self._reads += 1
                chance = random.Random(f"{self.plan.seed}/read/{self._reads}")
                kind = chance.choice(READ_FAULTS) if chance.random() < self.plan.reads else PASS
                self.figures.reads[kind] += 1
                return kind, False, 0.0
            method, key = asked
            self._seen[key] += 1
            number = self._seen[key]
            chance = random.Random(f"{self.plan.seed}/{key}/{number}")
            faulty = number <= self.plan.faults_a_write and chance.random() < self.plan.writes
            kind = self._deal() if faulty else PASS
            self.figures.writes.append(Write(key, method, number, kind))
            self._held += 1
        return kind, True, chance.uniform(*self.plan.late_s) if kind == LATE else 0.0

    def _deal(self) -> str:
        """Return the next kind of fault, in an order of the seed in which each comes as often as the others."""
        if not self._deck:
            self._deck = [*self.plan.kinds]
            self._dealer.shuffle(self._deck)
        return self._deck.pop()

    def hold(self, seconds: float) -> bool:
        """Wait; return whether the proxy is still there then."""
        return not self._ending.wait(seconds) if seconds else True

    def over(self, arrived_s: float) -> None:
        """Count a write that is through, or will never be."""
        with self._lock:
            self._held -= 1
            self.figures.longest_s = max(self.figures.longest_s, time.monotonic() - arrived_s)
            self._lock.notify_all()

    def pass_on(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Return Odoo's whole answer. Raises OSError or HTTPException when it has none."""
        connection = HTTPConnection(*self._to, timeout=ODOO_TIMEOUT_S)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read(MAX_BODY_BYTES)
            return answer.status, {name: answer.getheader(name, "") for name in _KEPT}, content
        finally:
            connection.close()

    def pass_half(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Send Odoo half of a request and break off."""
        head = "".join([f"{method} {path} HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in headers.items())])
        with socket.create_connection(self._to, timeout=ODOO_TIMEOUT_S) as line:
            line.sendall(f"{head}\r\n".encode("latin-1") + body[: len(body) // 2])


def _write(path: str, body: bytes) -> tuple[str, str] | None:
    """Return the method and the name of a write, None for a read: one that changes Odoo is not in READ_METHODS."""
    try:
        asked: Any = json.loads(body) if body else {}
        if path.startswith("/json/2/"):
            model, method = path.split("/")[3:5]
            ids, named = asked.get("ids"), asked
        elif path == "/jsonrpc" and asked["params"]["method"] == "execute_kw":
            model, method, args = asked["params"]["args"][3:6]
            ids, named = (args[0] if args and method != "create" else None), asked["params"]["args"][3:]
        else:
            return None
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    if method in READ_METHODS:
        return None
    told = json.dumps(named, sort_keys=True)
    token = _TOKEN.search(told)
    which = token.group() if token else "" if ids else hashlib.sha256(told.encode()).hexdigest()[:16]
    return method, f"{model}.{method} {ids or ''} {which}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that give up or are killed: they are what this is for."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _handler(proxy: FaultProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = ODOO_TIMEOUT_S

        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY_BYTES)
            body = self.rfile.read(length)
            if len(body) == length:
                self._serve(body)
            else:
                self.close_connection = True  # its sender was killed

        def _serve(self, body: bytes) -> None:
            self.close_connection = True
            arrived_s = time.monotonic()
            kind, write, held_s = proxy.fate(self.path, body)
            try:
                self._suffer(kind, held_s, body)
            except HTTPException:
                pass  # Odoo broke off: so does this.
            finally:
                if write:
                    proxy.over(arrived_s)

        def _suffer(self, kind: str, held_s: float, body: bytes) -> None:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OWN}
            headers |= {"Content-Length": str(len(body)), "Connection": "close"}
            if kind == DROP_DURING:
                proxy.pass_half(self.command, self.path, headers, body)
            if kind in (DROP_BEFORE, DROP_DURING):
                self._break_off()
                return
            if kind == BAD_BEFORE:
                self._answer(502, {"Content-Type": "text/html"}, PAGE_502)
                return
            if not proxy.hold(held_s):
                return
            status, said, content = proxy.pass_on(self.command, self.path, headers, body)
            if kind == DROP_AFTER:
                self._break_off()
            elif kind == BAD_AFTER:
                self._answer(502, {"Content-Type": "text/html"}, PAGE_502)
            elif kind == JSON_AFTER:
                self._answer(524, {"Content-Type": "application/json"}, JSON_524)
            else:
                self._answer(status, said, content, cut=kind == CUT)

        def _answer(self, status: int, headers: Mapping[str, str], content: bytes, *, cut: bool = False) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if cut else content)

        def _break_off(self) -> None:
            self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing: figures are kept instead."""

    return Handler


#: Headers of an answer that are passed on, and those of a question that belong to one connection.
_KEPT: Final = ("Content-Type", "Content-Encoding", "Date")
_OWN: Final = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "proxy-connection", "expect"}
)
