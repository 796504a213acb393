"""A server that drips: it answers each request with bytes that come one by one, or takes none of the request."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, repeat

EVERY_S = 0.02


class Dripping:
    """Sends `at_once` and then `drops`, a byte every EVERY_S and from the beginning again, until it is stopped."""

    def __init__(
        self, at_once: bytes = b"", drops: bytes = b"", *, reads: bool = True, tls: ssl.SSLContext | None = None
    ) -> None:
        self.at_once = at_once
        self.drops = drops
        #: Whether it takes what it is sent.
        self.reads = reads
        self.requests = 0
        self._tls = tls
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                peer, _address = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._drip, args=(peer,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _drip(self, peer: socket.socket) -> None:
        try:
            with peer if self._tls is None else self._tls.wrap_socket(peer, server_side=True) as spoken:
                if self.reads:
                    self.requests += bool(spoken.recv(65536))
                spoken.sendall(self.at_once)
                for drop in chain.from_iterable(repeat(self.drops)) if self.drops else repeat(None):
                    if self._stopped.wait(EVERY_S):
                        return
                    if drop is not None:
                        spoken.sendall(bytes([drop]))
        except OSError:
            peer.close()  # Whoever asked has given up.


@contextmanager
def dripping(
    at_once: bytes = b"", drops: bytes = b"", *, reads: bool = True, tls: ssl.SSLContext | None = None
) -> Iterator[Dripping]:
    """Run one; with `tls` it speaks TLS and drips inside."""
    server = Dripping(at_once, drops, reads=reads, tls=tls)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What happens here takes no longer."""
    begin_s = time.monotonic()
    yield
    took_s = time.monotonic() - begin_s
    assert took_s < seconds, f"it took {took_s:.1f} s"
