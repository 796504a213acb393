"""The form as a browser, a program or an attacker posts it, and what Odoo makes of what was typed."""

from __future__ import annotations

import asyncio
import html
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from odoo_client.config import Settings
from odoo_client.demo import DemoServer
from odoo_client.demo.business.accounts import LIMITED_KEY, LIMITED_LOGIN
from odoo_client.endpoints import sign_in
from odoo_client.endpoints.authentication import COOKIE, Doors
from odoo_client.errors import SignInError, SignInPausedError
from odoo_client.people import staff
from odoo_client.people.audit import AuditLog
from odoo_client.people.credentials import PAUSED
from odoo_client.people.sessions import RECHECK_S
from tests.fake_http import Asked, FakeHttp, Reply, json2_fault, rpc_fault, rpc_result
from tests.fake_odoo import KEY, PASSWORD, FakeOdoo

BROWSER = "A browser/1.0"
OFFICE, ELSEWHERE = "192.0.2.7", "198.51.100.1"
SITE = "http://dashboard.example"
KNOWN = "afinet_known"


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Picky(FakeOdoo):
    """Fails on what Odoo fails on, where the login exists; takes nobody for a minute after five failures in a row."""

    def __init__(self, version: str, clock: Callable[[], float]) -> None:
        super().__init__(version)
        self.json2_refuses = json2_fault(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
        self.clock = clock
        self.failures, self.last_s = 0, 0.0
        self.fault: Reply | None = None
        self.asked_for: list[str] = []
        self.methods |= {name: lambda **_: True for name in ("has_group", "has_access", "check_access_rights")}

    def _run(self, model: str, method: str, named: dict[str, Any], result: Callable[[Any], Reply]) -> Reply:
        if (model, method) == ("res.users", "read"):
            user = {"id": 7, "login": "bot", "name": "Bot", "partner_id": 3, "company_id": 1, "company_ids": [1]}
            return result([user | {"groups_id": [], "all_group_ids": []}])
        return super()._run(model, method, named, result)

    def _rpc(self, asked: Asked) -> Reply:
        if asked.json["params"]["method"] != "authenticate":
            return super()._rpc(asked)
        _database, login, secret, _environment = asked.rpc_args
        self.asked_for.append(login)
        if self.fault is not None:
            return self.fault
        if self.failures >= 5 and self.clock() - self.last_s < 60:
            return rpc_result(False)
        if login in ("bot", "tariro") and "odd" in secret:
            return rpc_fault("builtins.ValueError", "A string literal cannot contain NUL (0x00) characters.")
        if login == "bot" and secret == PASSWORD:
            self.failures = 0
            return rpc_result(7)
        self.failures, self.last_s = self.failures + 1, self.clock()
        return rpc_result(False)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["14.0", "19.0"])
def odoo(request: pytest.FixtureRequest, clock: Clock) -> Picky:
    return Picky(request.param, clock)


@pytest.fixture
def picky(odoo: Picky, clock: Clock, tmp_path: Path) -> Iterator[Doors]:
    with FakeHttp(script=odoo) as server:
        yield doors_to(server.url, tmp_path, clock)


def doors_to(url: str, folder: Path, clock: Clock, **more: Any) -> Doors:
    given = {"odoo_database": "isp", "odoo_username": "bot", "odoo_password": PASSWORD} | more
    settings = Settings(odoo_url=url, data_dir=folder, live_timeout_s=2.0, **given)
    return Doors(settings, AuditLog(folder / "audit.sqlite3"), clock=clock)


@asynccontextmanager
async def browser_at(doors: Doors, address: str = OFFICE) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=sign_in.routes(lambda: doors))
    transport = httpx.ASGITransport(app, client=(address, 5000))
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers={"User-Agent": BROWSER}) as client:
        yield client


def post(
    doors: Doors,
    login: str,
    secret: str,
    *,
    address: str = OFFICE,
    cookies: dict[str, str] | None = None,
    **headers: str,
) -> httpx.Response:
    """Return the answer to the form, as a browser of this site sends it."""

    async def main() -> httpx.Response:
        async with browser_at(doors, address) as browser:
            browser.cookies.update(cookies or {})
            said = {"Sec-Fetch-Site": "same-origin"} | {name.replace("_", "-"): one for name, one in headers.items()}
            return await browser.post(sign_in.PATH, data={"login": login, "secret": secret}, headers=said)

    return asyncio.run(main())


def said(answer: httpx.Response, login: str) -> tuple[int, str]:
    """Return status and page, without the login that stands in its box."""
    return answer.status_code, html.unescape(answer.text).replace(f'value="{login}"', 'value=""')


# -- input that Odoo fails on --

ODD = ["odd", "\0", "a\0b", "\0" * 500, "x" * 1025, ""]


@pytest.mark.parametrize("secret", ODD, ids=["Odoo fails", "NUL", "NUL within", "many", "too long", "empty"])
def test_what_odoo_fails_on_is_one_sentence_and_one_status_whoever_has_an_account(picky: Doors, secret: str) -> None:
    expected = said(post(picky, "nobody", "wrong"), "nobody")
    assert expected[0] == 401
    for login in ("tariro", "bot", "somebody"):
        assert said(post(picky, login, secret), login) == expected


@pytest.mark.parametrize("login", ["tariro", "nobody", "tariro\0", "\0", ""], ids=repr)
def test_and_it_is_counted_as_any_other(picky: Doors, login: str) -> None:
    secret = "odd" if login == "tariro" else "odd\0"
    assert [post(picky, login, secret).status_code for _ in range(6)] == [401] * 5 + [429]


@pytest.mark.parametrize("text", ["half \ud800 of a letter", "\udfff", "a\0"], ids=["half", "other half", "NUL"])
def test_half_a_letter_is_refused_and_nothing_of_it_sent(picky: Doors, odoo: Picky, text: str) -> None:
    for login, secret in ((text, "x"), ("tariro", text)):
        with pytest.raises(SignInError) as refused:
            picky.sign_in(login, SecretStr(secret), browser=BROWSER, address=OFFICE)
        assert refused.value.sentence == staff.REFUSED
    assert odoo.asked_for == []


@pytest.mark.parametrize(
    "fault",
    [
        rpc_fault("psycopg2.OperationalError", "too many connections"),
        rpc_fault("builtins.MemoryError", ""),
        Reply(b"<title>502</title>", 502, "text/html"),
        Reply(drop=True),
    ],
    ids=["database", "memory", "proxy", "dropped"],
)
def test_an_odoo_that_fails_for_everybody_refuses_nobody(picky: Doors, odoo: Picky, fault: Reply) -> None:
    odoo.fault = fault
    for _ in range(7):
        answer = post(picky, "tariro", "right")
        assert answer.status_code == 503
        assert sign_in.DOWN in answer.text


# -- Odoo's own pause --


def test_while_odoo_takes_nobody_nobody_is_told_that_their_password_is_wrong(
    picky: Doors, odoo: Picky, clock: Clock
) -> None:
    for number in range(5):
        assert post(picky, f"guess{number}", "wrong", address=ELSEWHERE).status_code == 401
    for _ in range(5):
        answer = post(picky, "bot", PASSWORD)
        assert answer.status_code == 503
        assert PAUSED in answer.text
    assert post(picky, "bot", PASSWORD).status_code == 429, "to try on costs as much as it does in Odoo"
    clock.now_s += 61
    assert post(picky, "bot", PASSWORD).status_code == 303
    for number in range(5):
        assert post(picky, f"guess{number}", "wrong").status_code == 401, "a success frees Odoo's count"


def test_who_is_signed_in_stays_in_meanwhile(picky: Doors, clock: Clock) -> None:
    token = picky.sign_in("bot", SecretStr(PASSWORD), browser=BROWSER, address=OFFICE)
    for number in range(5):
        post(picky, f"guess{number}", "wrong", address=ELSEWHERE)
    clock.now_s += RECHECK_S + 1
    for number in range(5):
        post(picky, f"other{number}", "wrong", address=ELSEWHERE)
    assert picky.sessions.find(token, browser=BROWSER)


def test_a_password_that_was_changed_is_told_from_a_pause(picky: Doors, odoo: Picky, clock: Clock) -> None:
    for number in range(5):
        post(picky, f"guess{number}", "wrong", address=ELSEWHERE)
    odoo.failures = 0
    assert post(picky, "tariro", "wrong").status_code == 401
    with pytest.raises(SignInError):
        picky._credentials.person("tariro", SecretStr("wrong"))
    odoo.failures, odoo.last_s = 5, clock()
    with pytest.raises(SignInPausedError):
        picky._credentials.person("tariro", SecretStr("wrong"))


# -- who waits --


@pytest.fixture
def demo(clock: Clock, tmp_path: Path) -> Iterator[Doors]:
    with ExitStack() as stack:
        server = stack.enter_context(DemoServer("19-oca", empty=True))
        more = {"odoo_database": server.database, "odoo_username": server.login, "odoo_password": server.key}
        yield doors_to(server.url, tmp_path, clock, sign_in_failures_by_address=6, **more)


def test_nobody_locks_a_colleague_out_from_elsewhere(demo: Doors) -> None:
    for number in range(6):
        post(demo, LIMITED_LOGIN, "wrong", address=ELSEWHERE)
        post(demo, LIMITED_LOGIN, "wrong", address=f"198.51.100.{number}")
    assert post(demo, LIMITED_LOGIN, LIMITED_KEY, address=ELSEWHERE).status_code == 429
    assert post(demo, LIMITED_LOGIN, LIMITED_KEY).status_code == 303


def test_a_browser_that_signed_in_before_is_let_in_where_its_address_waits(demo: Doors) -> None:
    answer = post(demo, LIMITED_LOGIN, LIMITED_KEY)
    known = answer.cookies[KNOWN]
    header = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(KNOWN))
    assert "Path=/sign-in" in header
    assert "HttpOnly" in header
    assert "Max-Age=15552000" in header
    for number in range(6):
        post(demo, f"guess{number}", "wrong")
    assert post(demo, LIMITED_LOGIN, LIMITED_KEY).status_code == 429
    assert post(demo, LIMITED_LOGIN, LIMITED_KEY, cookies={KNOWN: known[:-1]}).status_code == 429
    again = post(demo, LIMITED_LOGIN, LIMITED_KEY, cookies={KNOWN: known})
    assert again.status_code == 303
    assert again.cookies[COOKIE]
    # It says nothing for another login, and it is no way to try for ever.
    assert post(demo, "guess1", "wrong", cookies={KNOWN: known}).status_code == 429
    tried = [post(demo, LIMITED_LOGIN, "wrong", cookies={KNOWN: known}).status_code for _ in range(6)]
    assert tried == [401] * 5 + [429]


def test_five_typing_errors_do_not_bar_the_office(demo: Doors) -> None:
    for _ in range(5):
        assert post(demo, "tariro", "wrong").status_code == 401
    assert post(demo, "tariro", "wrong").status_code == 429
    assert post(demo, LIMITED_LOGIN, LIMITED_KEY).status_code == 303


def test_strangers_that_hang_hold_up_no_known_browser(demo: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    known = post(demo, LIMITED_LOGIN, LIMITED_KEY).cookies[KNOWN]
    real, go = Doors.sign_in, threading.Event()
    hung: list[str] = []

    def sign_in_slowly(self: Doors, login: str, secret: SecretStr, **more: Any) -> str:
        if login != LIMITED_LOGIN:
            hung.append(more["address"])
            assert go.wait(30)
            raise SignInError(staff.REFUSED)
        return real(self, login, secret, **more)

    monkeypatch.setattr(Doors, "sign_in", sign_in_slowly)

    async def main() -> None:
        # One app, as there is one for all: its lanes are what is tried.
        app = Starlette(routes=sign_in.routes(lambda: demo))

        async def enter(address: str, login: str, cookie: str = "") -> int:
            transport = httpx.ASGITransport(app, client=(address, 5000))
            headers = {"Sec-Fetch-Site": "same-origin", "Cookie": f"{KNOWN}={cookie}"}
            async with httpx.AsyncClient(transport=transport, base_url=SITE) as browser:
                form = {"login": login, "secret": LIMITED_KEY}
                return (await browser.post(sign_in.PATH, data=form, headers=headers)).status_code

        strangers = [asyncio.create_task(enter(f"10.0.0.{number}", "x")) for number in range(45)]
        while len(hung) < sign_in.AT_ONCE:
            await asyncio.sleep(0.01)
        assert await asyncio.wait_for(enter(OFFICE, LIMITED_LOGIN, known), 4) == 303
        assert len(hung) == sign_in.AT_ONCE
        go.set()
        assert set(await asyncio.gather(*strangers)) == {401}

    asyncio.run(main())


# -- the form itself --

one_odoo = pytest.mark.parametrize("odoo", ["14.0"], indirect=True)


@one_odoo
@pytest.mark.parametrize(
    "origin",
    [
        "http://[",
        "http://[::1",
        "https://a]b",
        "null",
        "",
        "http://dashboard.example:81",
        "http://evil.example",
        "[" * 99,
    ],
)
def test_an_origin_of_whatever_shape_is_another_site_s(picky: Doors, origin: str) -> None:
    answer = post(picky, "tariro", "x", Origin=origin)
    assert answer.status_code == 403
    assert sign_in.FOREIGN in html.unescape(answer.text)


@one_odoo
def test_a_form_of_this_site_is_read(picky: Doors) -> None:
    assert post(picky, "tariro", "x", Origin=SITE).status_code == 401


@one_odoo
@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=x",
        "multipart/form-data; boundary=x; charset=idna",
        "application/json",
        "text/plain",
        "",
    ],
)
def test_no_browser_sends_the_form_in_another_way(picky: Doors, kind: str) -> None:
    assert post(picky, "tariro", "x", Content_Type=kind).status_code == 415


@pytest.mark.parametrize(
    "body", [b"\xff\xfe&login=%00%ff&secret=%", b"&" * 8000, b"login=a&login=b&secret", b"%" * 100]
)
def test_a_form_of_whatever_bytes_is_refused(picky: Doors, body: bytes) -> None:
    async def main() -> int:
        async with browser_at(picky) as browser:
            headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": sign_in.FORM_TYPE}
            return (await browser.post(sign_in.PATH, content=body, headers=headers)).status_code

    assert asyncio.run(main()) in (400, 401)


@one_odoo
def test_a_form_that_drips_is_not_waited_for(picky: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "FORM_S", 0.2)

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"a"
            await asyncio.sleep(0.05)

    async def main() -> int:
        async with browser_at(picky) as browser:
            headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": sign_in.FORM_TYPE}
            return (await browser.post(sign_in.PATH, content=drops(), headers=headers)).status_code

    assert asyncio.run(main()) == 408


def test_a_key_comes_in_over_json2_as_before(odoo: Picky, picky: Doors) -> None:
    if odoo.major < 19:
        return
    odoo.json2_refuses = None
    assert post(picky, "bot", KEY).status_code == 303
