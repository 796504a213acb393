"""What Odoo may post: whatever its body is, the right secret means "look", a wrong one means nothing is there."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import Message, Scope

from odoo_client.config import Settings
from odoo_client.endpoints.hooks import AT_ONCE, BODY_S, MAX_BODY_BYTES, PATH, SIGNED_WITHIN_S, Hooks, Sealed, model_of

SECRET, OLD, KEY = "s" * 40, "o-_" * 12, b"k" * 32
SIGNING_KEY = f"whsec_{base64.b64encode(KEY).decode()}"
NOW_S = 1_900_000_000
NOTICE = json.dumps({"_model": "account.move", "_id": 7, "_action": "x(#1)", "id": 7}).encode()


class Receiver:
    """The route in an application, and what it was told."""

    def __init__(self, *, ready: bool = True, **settings: Any) -> None:
        self.told: list[str] = []
        self.ready = ready
        self.hooks = Hooks(Settings(**settings), self._noticed, clock=lambda: NOW_S)
        self.app = Starlette(routes=[self.hooks.route], middleware=[Middleware(Sealed)])
        self.last_scope: Scope = {}
        self.received = 0

    def _noticed(self, model: str) -> bool:
        self.told.append(model)
        return self.ready

    async def post(
        self,
        path: str = f"{PATH}/{SECRET}",
        body: bytes | Iterable[bytes] = NOTICE,
        *,
        method: str = "POST",
        headers: dict[str, str] | None = None,
        pause_s: float = 0.0,
        root_path: str = "",
    ) -> tuple[int, dict[str, str]]:
        parts = iter([body] if isinstance(body, bytes) else body)
        status, answered = 0, {}

        async def receive() -> Message:
            await asyncio.sleep(pause_s)
            self.received += 1
            part = next(parts, None)
            return {"type": "http.request", "body": part or b"", "more_body": part is not None}

        async def send(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = {name.decode().lower(): value.decode() for name, value in message["headers"]}

        self.last_scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode("utf-8", "replace"),
            "root_path": root_path,
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        }
        await self.app(self.last_scope, receive, send)
        return status, answered

    def status(self, *asked: Any, **how: Any) -> int:
        return asyncio.run(self.post(*asked, **how))[0]


def receiver(**more: Any) -> Receiver:
    return Receiver(**{"odoo_hook_secret": SECRET, "odoo_hook_secret_old": OLD, **more})


def signed(body: bytes, *, key: bytes = KEY, at: int = NOW_S, number: str = "msg_1", old: str = "") -> dict[str, str]:
    mac = base64.b64encode(hmac.new(key, f"{number}.{at}.".encode() + body, hashlib.sha256).digest()).decode()
    return {"webhook-id": number, "webhook-timestamp": str(at), "webhook-signature": f"{old}v1,{mac}"}


# Who may tell


def test_a_notice_with_the_secret_is_passed_on_and_answered_with_nothing() -> None:
    found = receiver()
    assert asyncio.run(found.post())[0] == 204
    assert found.told == ["account.move"]


def test_the_secret_before_is_taken_until_it_is_removed() -> None:
    assert receiver().status(f"{PATH}/{OLD}") == 204
    assert receiver(odoo_hook_secret_old=None).status(f"{PATH}/{OLD}") == 404


def test_the_old_secret_alone_opens_nothing() -> None:
    assert receiver(odoo_hook_secret=None).status(f"{PATH}/{OLD}") == 404


@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
def test_without_a_secret_set_there_is_no_such_address(method: str) -> None:
    assert Receiver().status(method=method) == 404
    assert Receiver().status(PATH, method=method) == 404


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        SECRET[:-1],
        SECRET + "s",
        SECRET.upper(),
        f"{SECRET}/",
        f"/{SECRET}",
        f"{OLD}{SECRET}",
        "\ud800" * 40,
        "é\0ü",
    ],
)
def test_a_wrong_secret_finds_nothing_and_tells_nobody(wrong: str) -> None:
    found = receiver()
    assert found.status(f"{PATH}/{wrong}") == 404
    assert found.told == []


def test_a_wrong_secret_has_its_body_not_even_read() -> None:
    found = receiver()
    assert found.status(f"{PATH}/wrong") == 404
    assert found.received == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_posting_tells(method: str) -> None:
    found = receiver()
    status, headers = asyncio.run(found.post(method=method))
    assert (status, headers["allow"]) == (405, "POST")
    assert found.told == []


def test_behind_a_path_of_the_server_s_own_it_is_found_too() -> None:
    assert receiver().status(f"/behind{PATH}/{SECRET}", root_path="/behind") == 204


def test_nobody_who_looks_is_said() -> None:
    assert receiver(ready=False).status() == 503


# Signed notices


def test_who_signs_needs_no_secret_in_the_address() -> None:
    found = receiver(odoo_hook_signing_key=SIGNING_KEY)
    assert found.status(PATH, headers=signed(NOTICE)) == 204
    assert found.status(PATH, headers=signed(NOTICE, old="v1,b2xk v2,eA== ")) == 204
    assert found.told == ["account.move"] * 2


def test_a_signing_key_alone_is_enough() -> None:
    assert Receiver(odoo_hook_signing_key=SIGNING_KEY).status(PATH, headers=signed(NOTICE)) == 204


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(b"another body"),
        signed(NOTICE, key=b"x" * 32),
        signed(NOTICE, at=NOW_S - SIGNED_WITHIN_S - 1),
        signed(NOTICE, at=NOW_S + SIGNED_WITHIN_S + 1),
        signed(NOTICE) | {"webhook-id": "msg_2"},
        signed(NOTICE) | {"webhook-timestamp": "9" * 400},
        signed(NOTICE) | {"webhook-timestamp": "-5"},
        signed(NOTICE) | {"webhook-timestamp": "²"},
        signed(NOTICE) | {"webhook-signature": "v1," * 400},
        signed(NOTICE) | {"webhook-signature": ""},
    ],
)
def test_a_notice_that_is_not_signed_right_finds_nothing(headers: dict[str, str]) -> None:
    found = receiver(odoo_hook_signing_key=SIGNING_KEY)
    assert found.status(PATH, headers=headers) == 404
    assert found.told == []


def test_a_signature_helps_no_wrong_secret() -> None:
    assert receiver(odoo_hook_signing_key=SIGNING_KEY).status(f"{PATH}/wrong", headers=signed(NOTICE)) == 404


def test_without_a_key_nobody_can_sign() -> None:
    assert receiver().status(PATH, headers=signed(NOTICE, key=b"")) == 404


# Whatever the body is


HOSTILE = {
    "empty": b"",
    "binary": bytes(range(256)) * 200,
    "no JSON": b"model=account.move",
    "cut off": NOTICE[:-5],
    "a list": b'["account.move", 7]',
    "deep": b"[" * MAX_BODY_BYTES,
    "deep objects": b'{"_model":' * 6000,
    "huge number": b'{"_model": "account.move", "_id": ' + b"9" * 60_000 + b"}",
    "huge exponent": b'{"_model": "account.move", "_id": 1e999999}',
    "not a number": b'{"_model": "account.move", "_id": NaN}',
    "fraction": b'{"_model": "account.move", "_id": 7.5}',
    "yes": b'{"_model": "account.move", "_id": true}',
    "negative": b'{"_model": "account.move", "_id": -7}',
    "beyond": b'{"_model": "account.move", "_id": 2147483648}',
    "text id": b'{"_model": "account.move", "_id": "7"}',
    "no id": b'{"_model": "account.move"}',
    "no model": b'{"_id": 7}',
    "a table for a model": b'{"_model": {"a": 1}, "_id": 7}',
    "forged log": b'{"_model": "account.move\\nERROR all lost", "_id": 7}',
    "markup": b'{"_model": "<b>account.move</b>", "_id": 7}',
    "long model": b'{"_model": "a.' + b"b" * 50_000 + b'", "_id": 7}',
    "lone surrogate": b'{"_model": "\\ud800.x", "_id": 7}',
    "not UTF-8": b'{"_model": "account.m\xff", "_id": 7}',
    "UTF-16": '{"_model": "account.move", "_id": 7}'.encode("utf-16"),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_any_body_means_look_and_names_no_model_that_it_should_not(body: bytes) -> None:
    found = receiver()
    assert found.status(body=body) == 204
    assert found.told == [""]


def test_callers_may_leave_out_odoo_s_underscore() -> None:
    assert model_of(b'{"model": "sale.order", "id": 7}') == "sale.order"


@given(st.binary(max_size=500))
def test_no_bytes_are_too_odd(body: bytes) -> None:
    assert model_of(body) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("_id"), inner, max_size=4),
)


@given(JSON, JSON)
def test_no_values_are_too_odd(model: object, number: object) -> None:
    assert isinstance(model_of(json.dumps({"_model": model, "_id": number}).encode()), str)


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    found = receiver()
    headers = {"content-length": str(MAX_BODY_BYTES + 1)}
    assert found.status(headers=headers, body=[b"x"] * 1000) == 413
    assert found.received == 0
    assert found.told == []


@pytest.mark.parametrize("length", ["", "9" * 5000, "-5", "²", "x"])
def test_what_a_length_says_is_not_trusted(length: str) -> None:
    found = receiver()
    assert found.status(headers={"content-length": length}, body=(b"x" * 1024 for _ in range(10**9))) == 413
    assert found.received <= MAX_BODY_BYTES // 1024 + 1
    assert found.told == []


def test_a_body_of_the_largest_size_is_taken() -> None:
    assert receiver().status(body=[b"x" * 1024] * (MAX_BODY_BYTES // 1024)) == 204


def test_a_body_in_drips_is_not_waited_for() -> None:
    found = receiver()
    began = time.monotonic()
    assert found.status(body=(b"x" for _ in range(10**9)), pause_s=0.05) == 408
    assert time.monotonic() - began < BODY_S + 1
    assert found.told == []


def test_who_hangs_up_in_the_middle_has_told_all_the_same() -> None:
    found = receiver()

    async def hung_up() -> None:
        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            pass

        scope = {"type": "http", "method": "POST", "path": f"{PATH}/{SECRET}", "headers": []}
        await found.app(scope, receive, send)

    asyncio.run(hung_up())
    assert found.told == [""]


def test_many_at_once_are_taken_without_their_bodies() -> None:
    found = receiver(odoo_hook_signing_key=SIGNING_KEY)

    async def all_at_once() -> tuple[list[int], int]:
        slow = [asyncio.create_task(found.post(pause_s=0.2)) for _ in range(AT_ONCE)]
        await asyncio.sleep(0.05)
        more = [await found.post(pause_s=10.0) for _ in range(200)]
        stranger, _ = await found.post(PATH, headers=signed(NOTICE))
        return [status for status, _headers in [*more, *await asyncio.gather(*slow)]], stranger

    statuses, stranger = asyncio.run(all_at_once())
    assert set(statuses) == {204}
    assert stranger == 503, "a signature cannot be known without the body"
    assert len(found.told) == AT_ONCE + 200
    assert found.hooks._reading == 0


# Secrets


def test_the_secret_is_out_of_the_path_before_anything_else_sees_it() -> None:
    found = receiver()
    assert found.status() == 204
    assert found.last_scope["path"] == PATH
    assert found.last_scope["raw_path"] == PATH.encode()


def test_no_secret_is_in_a_log_a_repr_or_an_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    found = receiver(odoo_hook_signing_key=SIGNING_KEY)
    for path in (f"{PATH}/{SECRET}", f"{PATH}/{OLD}", f"{PATH}/{SECRET}x", PATH):
        for method in ("POST", "GET"):
            found.status(path, method=method)
    settings = Settings(odoo_hook_secret=SECRET, odoo_hook_secret_old=OLD, odoo_hook_signing_key=SIGNING_KEY)
    said = f"{caplog.text} {settings!r} {settings.model_dump_json()} {vars(found.hooks)!r}"
    assert not [secret for secret in (SECRET, OLD, SIGNING_KEY) if secret in said]


@pytest.mark.parametrize("secret", ["short", "s" * 31, "s" * 257, "s" * 40 + "/", "s" * 40 + "?", "ä" * 40])
def test_a_secret_that_is_none_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValidationError, match="must be 32 to 256 letters") as caught:
        Settings(odoo_hook_secret=secret)
    assert secret not in str(caught.value)


@pytest.mark.parametrize("key", ["whsec_", "whsec_c2hvcnQ=", "x" * 41, "whsec_ä"])
def test_a_signing_key_that_is_none_is_refused(key: str) -> None:
    if key == "whsec_":
        with pytest.raises(ValidationError):
            Settings(odoo_hook_signing_key=key)
        return
    with pytest.raises(ValidationError, match="at least 24 random bytes"):
        Settings(odoo_hook_signing_key=key)


def test_a_secret_from_a_file_may_end_with_its_line() -> None:
    settings = Settings(odoo_hook_secret=f"{SECRET}\n")
    assert settings.odoo_hook_secret is not None
    assert settings.odoo_hook_secret.get_secret_value() == SECRET
