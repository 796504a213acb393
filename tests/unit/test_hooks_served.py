"""The hook behind a real server with its access log on: a flood from eight connections, and what the log holds."""

from __future__ import annotations

import http.client
import logging
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from odoo_client.config import Settings
from odoo_client.endpoints.hooks import PATH, Hooks, Sealed

SECRET = "s3cr3t-" * 6
FLOOD_S = 3.0
BODIES = [b"", b'{"_model": "account.move", "_id": 7}', b"[" * 60_000, bytes(range(256)) * 255, b"x" * 70_000]


class Served:
    """A port where the hook listens, and what it was told."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.told = Counter[str]()

    def noticed(self, model: str) -> bool:
        self.told[model] += 1
        return True


@pytest.fixture
def served() -> Iterator[Served]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        made = Served(taken.getsockname()[1])
        hooks = Hooks(Settings(odoo_hook_secret=SECRET), made.noticed)
        app = Starlette(routes=[hooks.route], middleware=[Middleware(Sealed)])
        server = uvicorn.Server(uvicorn.Config(app, access_log=True, log_config=None, ws="none"))
        thread = threading.Thread(target=lambda: server.run([taken]), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield made
        server.should_exit = True
        thread.join(20)


def post(connection: http.client.HTTPConnection, path: str, body: bytes) -> int:
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
    except (ConnectionError, http.client.HTTPException):
        connection.close()  # what was too large is cut off while it is sent
        return 413
    return answer.status


def test_a_flood_from_eight_connections_is_answered_and_takes_nobody_s_time(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    found: Counter[int] = Counter()
    over = time.monotonic() + FLOOD_S

    def flood(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
        turn = number
        while time.monotonic() < over:
            turn += 1
            path = f"{PATH}/{SECRET}" if turn % 7 else f"{PATH}/wrong"
            found[post(connection, path, BODIES[turn % len(BODIES)])] += 1
        connection.close()

    callers = [threading.Thread(target=flood, args=(number,)) for number in range(8)]
    for one in callers:
        one.start()
    for one in callers:
        one.join()
    assert set(found) == {204, 404, 413}
    assert sum(served.told.values()) == found[204]
    assert set(served.told) == {"", "account.move"}
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    took_s = []
    for _ in range(200):
        began = time.perf_counter()
        assert post(connection, f"{PATH}/{SECRET}", BODIES[1]) == 204
        took_s.append(time.perf_counter() - began)
    connection.close()
    assert statistics.median(took_s) < 0.05, "a slow machine takes a while; bench/hooks.py holds it to 5 ms"


def test_no_log_of_the_server_shows_a_secret(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    for path in (f"{PATH}/{SECRET}", f"{PATH}/{SECRET}x", f"{PATH}/{SECRET}/more"):
        post(connection, path, b"")
    connection.request("GET", f"{PATH}/{SECRET}")
    assert connection.getresponse().status == 405
    connection.close()
    deadline = time.monotonic() + 10
    while caplog.text.count(f"{PATH} ") < 4:
        assert time.monotonic() < deadline, caplog.text
        time.sleep(0.01)
    assert "s3cr3t" not in caplog.text
