"""Sign-ins that hang in Odoo and connections that drip: who is signed in notices nothing, and the sync goes on."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from odoo_client.demo import DemoServer
from odoo_client.demo.business.accounts import LIMITED_KEY, LIMITED_LOGIN
from odoo_client.endpoints.sign_in import AT_ONCE
from tests.app.conftest import of_odoo
from tests.app.streams import run_page, stream, until_finished
from tests.app.test_startup import START_S, get, served
from tests.fake_http import Asked, FakeHttp, Reply

BROWSER = "A browser/1.0"
HUNG, DRIPPING = 45, 8
#: What hangs: Odoo answers a byte a second to whoever comes with this key.
HANGS = "this-key-hangs"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin", "User-Agent": BROWSER}


@dataclass(frozen=True)
class App:
    """The app over an Odoo that drips for some, and how to let go of them."""

    url: str
    odoo: FakeHttp

    @property
    def at(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    def held(self) -> int:
        """Return how many sign-ins have come to Odoo and hang there."""
        return sum(HANGS in asked.headers.get("Authorization", "") for asked in self.odoo.asked)

    def sign_in(self, login: str, key: str, source: str = "127.0.0.1", cookies: str = "") -> tuple[int, str]:
        """Post the form from a loopback address; return status and cookies."""
        line = http.client.HTTPConnection(*self.at, timeout=60, source_address=(source, 0))
        try:
            line.request("POST", "/sign-in", urlencode({"login": login, "secret": key}), FORM | {"Cookie": cookies})
            answer = line.getresponse()
            answer.read()
            sent = answer.headers.get_all("Set-Cookie") or []
            return answer.status, "; ".join(one.partition(";")[0] for one in sent)
        finally:
            line.close()


@pytest.fixture
def app(clean_environment: Callable[..., dict[str, str]], tmp_path: Path) -> Iterator[App]:
    with DemoServer("19-oca", empty=True) as demo:

        def odoo(asked: Asked) -> Reply:
            headers = {name.lower(): value for name, value in asked.headers.items()}
            if HANGS in headers.get("authorization", ""):
                return Reply(drip_s=1.0)
            # As slow as an Odoo with a few thousand customers: the sync is under way when the others come.
            time.sleep(0.1)
            answer, _cut = demo.respond(asked.method, asked.path, headers, asked.body)
            assert answer is not None
            return Reply(answer.body, answer.status, answer.content_type, answer.headers)

        with FakeHttp(script=odoo) as front:
            settings = of_odoo(front.url, demo.database, demo.login, demo.key, tmp_path)
            with served(clean_environment(**settings), "--server.address=127.0.0.1") as url:
                try:
                    yield App(url, front)
                finally:
                    front.release()


def page_s(app: App, cookies: str) -> float:
    """Return the seconds a signed-in person waits for a page: its file, its websocket, and the run of its script."""
    began_s = time.monotonic()
    line = http.client.HTTPConnection(*app.at, timeout=30)
    line.request("GET", "/orders", headers={"Cookie": cookies, "User-Agent": BROWSER})
    answer = line.getresponse()
    assert (answer.status, b'<div id="root">' in answer.read()) == (200, True)
    line.close()
    with stream(app.url, cookies=cookies, browser=BROWSER) as opened:
        frames = run_page(opened, "orders")
        # A page that newer figures came in for begins again.
        while frames[-1].script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            frames = until_finished(opened)
        assert frames[-1].script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
    return time.monotonic() - began_s


@contextmanager
def hanging(app: App) -> Iterator[None]:
    """Forty-five sign-ins that hang in Odoo, from fifteen addresses, and eight connections that drip a form."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=app.sign_in, args=(f"x{number}", HANGS, f"127.0.0.{2 + number % 15}"), daemon=True)
        for number in range(HUNG)
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in FORM.items())
    heads = [f"POST /sign-in HTTP/1.1\r\nHost: {app.at[0]}:{app.at[1]}\r\n{head}", "Content-Length: 4000\r\n\r\n"]

    def drip(number: int) -> None:
        with socket.create_connection(app.at) as line:
            # Half of them drip their head, and half their body.
            line.sendall("".join(heads[: 1 + number % 2]).encode())
            while not stop.wait(1):
                try:
                    line.sendall(b"a")
                except OSError:
                    return  # It is not waited for.

    threads += [threading.Thread(target=drip, args=(number,), daemon=True) for number in range(DRIPPING)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        app.odoo.release()
        for thread in threads:
            thread.join(30)


def test_pages_and_readiness_answer_and_the_sync_goes_on_while_sign_ins_hang(app: App) -> None:
    status, cookies = app.sign_in(LIMITED_LOGIN, LIMITED_KEY)
    assert status == 303
    assert get(f"{app.url}/api/ready")[0] == 503, "the sync has to be under way still"
    page_s(app, cookies)  # The first run of a process imports what it draws with.
    quiet_s = page_s(app, cookies)
    ready_s: list[float] = []
    pages_s: list[float] = []
    with hanging(app):
        deadline_s = time.monotonic() + START_S
        while app.held() < AT_ONCE:
            assert time.monotonic() < deadline_s, "no sign-in has come to Odoo"
            time.sleep(0.02)
        done = False
        while not done or len(pages_s) < 5:
            assert time.monotonic() < deadline_s, "the sync does not go on"
            began_s = time.monotonic()
            answer, text = get(f"{app.url}/api/ready")
            ready_s.append(time.monotonic() - began_s)
            done = answer == 200
            pages_s.append(page_s(app, cookies))
        assert json.loads(text)["last_sync_failed"] is False
        assert app.odoo.running > 0, "they hang still"
        assert app.sign_in(LIMITED_LOGIN, LIMITED_KEY, cookies=cookies)[0] == 303, "this browser is known"
        assert app.held() == AT_ONCE
    # Where the sync ends a run waits for the new snapshot, sign-ins or not; a busy machine is no failure.
    for waited_s in (sorted(ready_s), sorted(pages_s)):
        assert waited_s[len(waited_s) * 9 // 10 - 1] < max(1.0, 3 * quiet_s), (quiet_s, waited_s)
        assert waited_s[-1] < 5.0, waited_s
