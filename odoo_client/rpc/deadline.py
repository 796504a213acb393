"""One deadline for a whole call, from its connection to the last byte of its answer, whatever the server does.

A socket's time limit starts again with every byte, so a server that sends one now and then is never silent. Here every
read and every part sent may take at most what is left of the call: status line, headers, chunk sizes and body, a
tunnel's answer, and a request that nobody accepts.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

#: A part of a request: one record of TLS, so that its sending has one time limit.
SEND_BYTES: Final = 16 * 1024


class PastDeadlineError(TimeoutError):
    """The call took `total_s`; `sent` says whether its request, or part of it, had left."""

    def __init__(self, total_s: float, *, sent: bool) -> None:
        super().__init__(f"not done within {total_s:g} s")
        self.total_s = total_s
        self.sent = sent


class Deadline:
    """The end of a call that begins now: `total_s` in all, `silence_s` at most for each sign of life."""

    def __init__(self, total_s: float, silence_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.total_s = total_s
        self.silence_s = silence_s
        self._clock = clock
        self._until_s = clock() + total_s
        #: Whether anything of the request has left.
        self.sent = False

    def left_s(self, at_most_s: float | None = None) -> float:
        """Return the seconds that one step may take. Raises PastDeadlineError when none are left."""
        left_s = self._until_s - self._clock()
        if left_s <= 0:
            raise PastDeadlineError(self.total_s, sent=self.sent)
        return left_s if at_most_s is None else min(left_s, at_most_s)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Have this thread's connections keep the deadline within the block."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class _TimedReader(io.RawIOBase):
    """What a socket receives; each read may take what is left of the call."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._silence_s = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        deadline = _current.get()
        if deadline is None:
            return self._raw.readinto(buffer)
        self._sock.settimeout(deadline.left_s(self._silence_s))
        try:
            return self._raw.readinto(buffer)
        except TimeoutError:
            deadline.left_s()
            raise  # The server was silent.

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _Timed(HTTPConnection):
    """A connection that keeps the deadline of the call it is used for."""

    response_class = _TimedResponse
    _connecting = False

    def connect(self) -> None:
        deadline = _current.get()
        if deadline is None:
            super().connect()
            return
        self.timeout = deadline.left_s(self.timeout)
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        """Send in parts, each of which may take what is left."""
        deadline = _current.get()
        if deadline is None or not isinstance(data, bytes):
            super().send(data)
            return
        if self.sock is None and self.auto_open:
            self.connect()
        # No slices of bytes: the request holds the password, and a copy might be shown somewhere.
        whole = memoryview(data)
        for begin in range(0, len(whole), SEND_BYTES):
            self.sock.settimeout(deadline.left_s(deadline.silence_s))
            # Asking a proxy for a tunnel is not the request itself.
            deadline.sent = deadline.sent or not self._connecting
            try:
                super().send(whole[begin : begin + SEND_BYTES])
            except TimeoutError:
                deadline.left_s()
                raise


class _TimedTls(_Timed, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Timed


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTls


_POOLS: Final = {"http": _PlainPool, "https": _TlsPool}


class TimedAdapter(HTTPAdapter):
    """requests' adapter, whose connections keep the deadline; through a SOCKS proxy only between two reads."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        """Return the pools of connections through `proxy`."""
        manager = super().proxy_manager_for(proxy, **more)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager
