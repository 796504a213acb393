"""A websocket is opened by a page of this very site or not at all; Streamlit is not asked about any other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from starlette.types import Message, Receive, Scope, Send

from odoo_client.endpoints.middleware import Guard

HOSTS = ("localhost", "127.0.0.1", "::1", "dashboard.example.com")


def reached(origins: Sequence[str], host: str = "localhost:8501", scheme: str = "ws") -> bool:
    """Whether a websocket with these `Origin` headers reaches Streamlit; refused, it is closed and nothing else."""
    came: list[str] = []
    told: list[Message] = []

    async def streamlit(_scope: Scope, _receive: Receive, _send: Send) -> None:
        came.append("websocket")

    async def send(message: Message) -> None:
        told.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    guard = Guard(
        streamlit,
        doors=lambda: None,
        allowed_hosts=HOSTS,
        local_only=False,
        policy="",
        wanted=lambda frame: True,
    )
    headers = [(b"host", host.encode()), *((b"origin", one.encode("latin-1")) for one in origins)]
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": headers, "scheme": scheme}
    asyncio.run(guard(scope, receive, send))
    assert came or told == [{"type": "websocket.close", "code": 1008}]
    return bool(came)


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "http://evil.example:8501", "http://localhost.evil.example:8501"),
        # Another port of the same machine is another site, and so is another scheme.
        *("http://localhost:8502", "http://localhost", "https://localhost:8501", "ws://localhost:8501"),
        # Streamlit lets these in, or asks outside what its own address is.
        *("http://127.0.0.1:8501", "http://0.0.0.0:8501", "http://192.0.2.7"),
        # What is no address: a sandboxed frame's, an empty one, and what cannot be read.
        *("null", "", "http://[", "http://[::1", "localhost:8501", "//localhost:8501", "http://localhost:8501/"),
        *("http://localhost:8501@evil.example", "http://user@localhost:8501", "http://localhost:8501 ", "é"),
        *("http://localhost:8501, http://evil.example", "http://localhost:8501.evil.example"),
    ],
)
def test_a_page_of_another_site_opens_no_websocket(origin: str) -> None:
    assert not reached([origin])


def test_two_origins_are_none_of_a_browser_s() -> None:
    assert not reached(["http://localhost:8501", "https://evil.example"])
    assert not reached(["https://evil.example", "http://localhost:8501"])


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://localhost:8501", "localhost:8501", "ws"),
        ("http://127.0.0.1:8501", "127.0.0.1:8501", "ws"),
        ("http://[::1]:8501", "[::1]:8501", "ws"),
        # Behind a proxy with TLS, on its usual port and on another.
        ("https://dashboard.example.com", "dashboard.example.com", "wss"),
        ("https://dashboard.example.com:8443", "dashboard.example.com:8443", "wss"),
        # Browsers leave out the usual port and write names small; proxies and people do not always.
        ("https://dashboard.example.com", "dashboard.example.com:443", "wss"),
        ("https://dashboard.example.com", "Dashboard.Example.com", "wss"),
        ("http://localhost", "localhost:80", "ws"),
    ],
)
def test_a_page_of_this_site_does(origin: str, host: str, scheme: str) -> None:
    assert reached([origin], host, scheme)


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://dashboard.example.com", "dashboard.example.com", "wss"),
        ("https://dashboard.example.com", "dashboard.example.com", "ws"),
        ("https://dashboard.example.com:8443", "dashboard.example.com", "wss"),
        ("https://dashboard.example.com", "dashboard.example.com:8443", "wss"),
        ("https://dashboard.example.com:80", "dashboard.example.com:80", "ws"),
        ("https://other.example.com", "dashboard.example.com", "wss"),
    ],
)
def test_nor_does_one_that_shares_only_a_part_of_the_address(origin: str, host: str, scheme: str) -> None:
    assert not reached([origin], host, scheme)


def test_what_is_no_browser_names_no_page() -> None:
    assert reached([])


def test_who_set_up_the_proxy_is_told_what_it_has_to_pass_on(caplog: pytest.LogCaptureFixture) -> None:
    assert not reached(["https://dashboard.example.com"], "dashboard.example.com", "ws")
    assert "'https://dashboard.example.com' that is not 'http://dashboard.example.com'" in caplog.text
    assert "X-Forwarded-Proto" in caplog.text
