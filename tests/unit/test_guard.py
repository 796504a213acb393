"""What stands before every request: who is let through, who is sent to sign in, and the headers of every answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
import streamlit
from pydantic import SecretStr
from starlette.types import Message, Receive, Scope, Send

from odoo_client.config import Settings
from odoo_client.endpoints import hooks, scrape
from odoo_client.endpoints.authentication import COOKIE, MAX_STRANGERS, Doors
from odoo_client.endpoints.middleware import DATA_FOLDERS, Guard, content_policy
from odoo_client.endpoints.sign_in import next_path
from odoo_client.people.access import Person
from odoo_client.people.audit import AuditLog
from odoo_client.roles import ROLES

BROWSER = "A browser/1.0"
POLICY = "default-src 'self'"
ANN = Person("ann@staff.example", "Ann", 2, frozenset(ROLES), frozenset({1}))


@dataclass
class Answer:
    """What came back: 0 when a websocket was refused, 101 when it was let through."""

    status: int
    headers: dict[str, str]


@pytest.fixture
def doors(tmp_path: Path) -> Doors:
    return made(tmp_path)


def made(folder: Path, **more: object) -> Doors:
    settings = Settings(
        odoo_url="http://127.0.0.1:9", odoo_database="isp", odoo_username="bot", odoo_password="key", **more
    )
    return Doors(settings, AuditLog(folder / "audit.sqlite3"))


def signed_in(doors: Doors) -> str:
    return doors.sessions.start(ANN, SecretStr("key"), browser=BROWSER, address="192.0.2.7")


def ask(
    doors: Doors | None,
    path: str = "/",
    *,
    method: str = "GET",
    token: str = "",
    kind: str = "http",
    scheme: str = "http",
    host: str = "localhost:8501",
    server: str = "127.0.0.1",
    browser: str = BROWSER,
    local_only: bool = False,
    query: bytes = b"",
) -> Answer:
    """Return what the guard answers; the page behind it answers 200."""

    async def page(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    answers: list[Answer] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            names = {name.decode(): value.decode() for name, value in message["headers"]}
            answers.append(Answer(message["status"], names))
        elif message["type"].startswith("websocket"):
            answers.append(Answer(101 if message["type"] == "websocket.accept" else 0, {}))

    async def receive() -> Message:
        return {"type": "http.request"}

    headers = [(b"host", host.encode()), (b"user-agent", browser.encode())]
    headers += [(b"cookie", f"{COOKIE}={token}".encode())] if token else []
    scope: Scope = {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": query,
        "headers": headers,
        "server": (server, 8501),
        "scheme": scheme,
        "client": ("127.0.0.1", 5000),
    }
    guard = Guard(
        page,
        doors=lambda: doors,
        allowed_hosts=("localhost", "127.0.0.1", "::1"),
        local_only=local_only,
        policy=POLICY,
        wanted=lambda frame: frame != b"clear",
    )
    asyncio.run(guard(scope, receive, send))
    return answers[0]


def test_a_page_without_a_session_leads_to_the_form_and_back(doors: Doors) -> None:
    answer = ask(doors, "/arrears", query=b"q=moyo&company=A")
    assert answer.status == 303
    assert answer.headers["location"] == "/sign-in?next=%2Farrears%3Fq%3Dmoyo%26company%3DA"


def test_a_page_with_a_session_is_served(doors: Doors) -> None:
    assert ask(doors, "/arrears", token=signed_in(doors)).status == 200


@pytest.mark.parametrize("path", [f"{folder}x" for folder in DATA_FOLDERS])
@pytest.mark.parametrize("auth", ["odoo", "oidc"])
def test_files_uploads_and_figures_need_a_session_whatever_the_way_of_signing_in(
    tmp_path: Path, path: str, auth: str
) -> None:
    assert ask(made(tmp_path, auth=auth), path).status == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_sent_to_a_page_without_a_session(doors: Doors, method: str) -> None:
    assert ask(doors, "/", method=method).status == 401


@pytest.mark.parametrize("path", ["/sign-in", "/_stcore/health", "/api/ready", "/static/js/index.js"])
def test_the_form_the_health_checks_and_the_browser_s_own_program_are_open(doors: Doors, path: str) -> None:
    assert ask(doors, path).status == 200


@pytest.mark.parametrize("path", [hooks.PATH, scrape.PATH])
@pytest.mark.parametrize("auth", ["odoo", "oidc"])
def test_routes_that_look_themselves_who_asks_need_no_session(tmp_path: Path, path: str, auth: str) -> None:
    assert ask(made(tmp_path, auth=auth), path).status == 200


def test_a_stranger_s_websocket_is_not_even_accepted(doors: Doors) -> None:
    assert ask(doors, "/_stcore/stream", kind="websocket", scheme="ws").status == 0
    assert ask(doors, "/_stcore/stream", kind="websocket", scheme="ws", token="forged").status == 0
    assert ask(doors, "/_stcore/stream", kind="websocket", scheme="ws", token=signed_in(doors)).status == 101


def test_a_frame_that_no_page_needs_does_not_reach_streamlit(doors: Doors) -> None:
    sent: list[Message] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "bytes": b"clear"},
        {"type": "websocket.receive", "bytes": b"rerun"},
        {"type": "websocket.receive", "text": "clear"},
        {"type": "websocket.receive", "bytes": b"clear"},
        {"type": "websocket.disconnect", "code": 1000},
    ]
    came: list[Message] = []

    async def stream(_scope: Scope, receive: Receive, _send: Send) -> None:
        while not came or came[-1]["type"] != "websocket.disconnect":
            came.append(await receive())

    async def receive() -> Message:
        return sent.pop(0)

    async def send(_message: Message) -> None: ...

    guard = Guard(
        stream,
        doors=lambda: None,
        allowed_hosts=(),
        local_only=False,
        policy=POLICY,
        wanted=lambda frame: frame != b"clear",
    )
    asyncio.run(guard({"type": "websocket", "path": "/_stcore/stream", "headers": []}, receive, send))
    assert [message.get("bytes") or message.get("text") for message in came] == [None, b"rerun", "clear", None]


def test_who_is_turned_away_is_in_the_trail_once_and_floods_it_with_nothing(doors: Doors) -> None:
    for _ in range(5):
        ask(doors, "/media/x.pdf", token="forged")
        ask(doors, "/_stcore/upload_file/a/b", method="PUT")
        ask(doors, "/_stcore/stream", kind="websocket", scheme="ws", token="forged")
    found = doors.audit.read()
    assert list(found["subject"]) == ["no session: /media/"]
    assert list(found["outcome"]) == ["refused"]
    for number in range(100):
        doors.turned_away(f"10.0.0.{number}", "no session: /media/")
    assert len(doors.audit.read()) == MAX_STRANGERS


def test_nobody_with_a_session_that_ended_is_a_stranger_nor_who_only_opens_a_page(doors: Doors) -> None:
    token = signed_in(doors)
    ask(doors, "/media/x.pdf", token=token)
    doors.sessions.end(token)
    ask(doors, "/media/x.pdf", token=token)
    ask(doors, "/arrears")
    assert doors.audit.read().empty


def test_a_trail_that_cannot_be_written_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert ask(made(tmp_path / "file"), "/media/x.pdf").status == 401


def test_a_tab_whose_session_ended_may_come_back_to_be_told(doors: Doors) -> None:
    token = signed_in(doors)
    doors.sessions.end(token)
    assert ask(doors, "/_stcore/stream", kind="websocket", scheme="ws", token=token).status == 101
    assert ask(doors, "/arrears", token=token).status == 303


def test_a_session_is_of_one_browser(doors: Doors) -> None:
    assert ask(doors, "/arrears", token=signed_in(doors), browser="Another/2.0").status == 303


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8501", 200),
        ("127.0.0.1", 200),
        ("[::1]:8501", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("", 400),
        ("[", 400),
        ("[::1", 400),
    ],
)
def test_only_the_names_it_is_served_under_are_answered(host: str, status: int) -> None:
    assert ask(None, host=host).status == status


@pytest.mark.parametrize(
    ("active", "server", "status"),
    [
        (True, "127.0.0.1", 200),
        (True, "::1", 200),
        (True, "::ffff:127.0.0.1", 200),
        (True, "192.0.2.7", 403),
        (True, "::ffff:192.0.2.7", 403),
        (False, "192.0.2.7", 200),
    ],
)
def test_another_server_in_front_does_not_open_an_odoo_without_sign_in_to_the_network(
    active: bool, server: str, status: int
) -> None:
    """`uvicorn app:app --host 0.0.0.0` listens where no setting of this app says so."""
    assert ask(None, server=server, local_only=active).status == status


def test_every_answer_carries_the_headers(doors: Doors) -> None:
    for answer in (ask(doors, "/arrears"), ask(doors, "/", token=signed_in(doors)), ask(doors, "/media/x")):
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers


def test_over_https_browsers_are_told_to_stay_there(doors: Doors) -> None:
    assert "max-age" in ask(doors, scheme="https").headers["strict-transport-security"]


def test_the_policy_lets_streamlit_s_own_inline_script_run_and_no_other() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = next(part for part in content_policy(page).split("; ") if part.startswith("script-src"))
    assert "'sha256-" in scripts
    assert "unsafe-inline" not in scripts
    assert "'unsafe-eval'" not in scripts


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/arrears?q=a", "/arrears?q=a"),
        ("", "/"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\b", "/"),
        ("/a\nSet-Cookie: x", "/"),
        ("/sign-in?next=/", "/"),
        ("/" + "a" * 5000, "/"),
    ],
)
def test_after_sign_in_nobody_is_led_to_another_site(wanted: str, path: str) -> None:
    assert next_path(wanted) == path
