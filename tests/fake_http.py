"""A scripted HTTP server on a loopback port: tests say what it answers and see what it was asked.

It knows nothing of Odoo beyond the shape of its two protocols; the embedded demo is the server that does.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Asked:
    """A request as it came in. Bodies hold passwords, so they stay out of what tests print."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    port: int = 0
    at_s: float = field(default_factory=time.monotonic, repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def rpc_args(self) -> list[Any]:
        """The arguments of a JSON-RPC call."""
        return list(self.json["params"]["args"])


@dataclass(frozen=True)
class Reply:
    """What to answer. ``cut_to``: send only so many bytes of what was announced; ``drop``: close without a word."""

    body: bytes = b"null"
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_to: int | None = None
    drop: bool = False
    hang: bool = False
    trickle_s: float = 0.0
    #: Seconds between two bytes of a header that never ends.
    drip_s: float = 0.0
    chunked: bool = False


Script = Callable[[Asked], Reply]


def rpc_result(value: Any) -> Reply:
    """JSON-RPC's success."""
    return Reply(json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode())


def rpc_fault(name: str, message: str, debug: str = "Traceback (most recent call last): ...") -> Reply:
    """JSON-RPC's failure, HTTP 200 as ever."""
    data = {"name": name, "message": message, "arguments": [message], "context": {}, "debug": debug}
    error = {"code": 0, "message": "Odoo Server Error", "data": data}
    return Reply(json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode())


def json2_result(value: Any) -> Reply:
    """JSON-2's success: the bare value."""
    return Reply(json.dumps(value).encode())


def json2_fault(status: int, name: str, message: str, debug: str = "Traceback (most recent call last): ...") -> Reply:
    """JSON-2's failure."""
    body = {"name": name, "message": message, "arguments": [message], "context": {}, "debug": debug}
    return Reply(json.dumps(body).encode(), status=status)


def page(title: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A web page where data was due."""
    body = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"
    return Reply(body.encode(), status=status, content_type="text/html; charset=utf-8", headers=headers or {})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that time out or refuse a handshake are what the tests are about."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class FakeHttp:
    """Serves ``script`` (or replies in a row, the last one for ever) on a free loopback port."""

    def __init__(self, *replies: Reply, script: Script | None = None) -> None:
        self._replies = list(replies)
        self._script = script
        self._lock = threading.Lock()
        self._released = threading.Event()
        self.asked: list[Asked] = []
        self.running = 0
        self.most_at_once = 0
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __repr__(self) -> str:
        return f"FakeHttp({self.url})"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, *replies: Reply) -> None:
        """From now on these replies."""
        self._replies = list(replies)

    def release(self) -> None:
        """Let go of whoever is kept waiting."""
        self._released.set()

    def drip(self, send: Callable[[bytes], object], every_s: float) -> None:
        """Send a header byte by byte until released."""
        send(b"HTTP/1.1 200 OK\r\nX-Odd: ")
        while not self._released.wait(every_s):
            send(b"a")

    def reply_to(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
            script = self._script
            reply = None
            if script is None:
                reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if reply is None:
            assert script is not None
            reply = script(asked)
        if reply.hang:
            self._released.wait(20)
        return reply

    def done(self) -> None:
        with self._lock:
            self.running -= 1


def _handler(fake: FakeHttp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers["Content-Length"])))

        def _serve(self, body: bytes) -> None:
            reply = fake.reply_to(Asked(self.command, self.path, dict(self.headers), body, self.client_address[1]))
            try:
                self._send(reply)
            except OSError:
                self.close_connection = True  # The client gave up, as the test wants.
            finally:
                fake.done()

        def _send(self, reply: Reply) -> None:
            if reply.drip_s:
                fake.drip(self.connection.sendall, reply.drip_s)
            if reply.drop or reply.hang or reply.drip_s:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(reply.status)
            if reply.content_type:
                self.send_header("Content-Type", reply.content_type)
            if reply.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(len(reply.body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            sent = reply.body if reply.cut_to is None else reply.body[: reply.cut_to]
            if reply.trickle_s:
                for byte in sent:
                    self.wfile.write(bytes([byte]))
                    time.sleep(reply.trickle_s)
            elif reply.chunked:
                for begin in range(0, len(sent), 64):
                    part = sent[begin : begin + 64]
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                if reply.cut_to is None:
                    self.wfile.write(b"0\r\n\r\n")
            else:
                self.wfile.write(sent)
            if reply.cut_to is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Tests look at ``asked`` instead."""

    return Handler
