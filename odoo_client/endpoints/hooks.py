"""`POST /hooks/odoo/<secret>`: Odoo tells that something changed, and the background sync looks what it is.

Odoo's webhook has no header, signature or time, so the secret stands in the path. Nothing of a notice is believed: it
only says "look". It is answered from memory, without a disk or a lock that a sync may hold, since Odoo's users wait for
the answer.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import anyio
import msgspec
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from odoo_client.config import Settings
from odoo_client.sync.notices import is_model

PATH: Final = "/hooks/odoo"
MAX_BODY_BYTES: Final = 64 * 1024
#: Odoo itself waits for one second.
BODY_S: Final = 2.0
#: Bodies read at once. A notice beyond them is taken without its body, of which nothing is needed.
AT_ONCE: Final = 32
#: By how much a signed notice may be older or newer than now.
SIGNED_WITHIN_S: Final = 300
#: Where a request carries the secret once it is out of its path.
_CARRIED: Final = "afinet.hook"
_LARGEST_ID: Final = 2**31 - 1

NOT_FOUND: Final = "Not found"
TOO_LARGE: Final = "A notice has at most 64 KB."
TOO_SLOW: Final = "The notice did not come whole in time."
BUSY: Final = "Too many notices at once: send it again."
NOT_READY: Final = "The dashboard is not ready to look."


class Sealed:
    """Middleware, the first of all: takes the secret out of a request's path, so that no log can show it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; servers log the path that their own scope has in the end."""
        if scope["type"] in ("http", "websocket"):
            root, found, secret = scope["path"].partition(f"{PATH}/")
            if found and root in ("", scope.get("root_path", "")):
                path = root + PATH
                scope[_CARRIED], scope["path"], scope["raw_path"] = secret, path, path.encode()
        await self.app(scope, receive, send)


class Hooks:
    """The route's application. `noticed` is told the model ("" = none named); it returns whether anybody looks."""

    def __init__(
        self, settings: Settings, noticed: Callable[[str], bool], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._digests = tuple(
            _digest(one.get_secret_value())
            for one in (settings.odoo_hook_secret, settings.odoo_hook_secret_old)
            if one is not None and settings.odoo_hook_secret is not None
        )
        self._key = _key(settings.odoo_hook_signing_key)
        self._noticed = noticed
        self._clock = clock
        self._reading = 0

    @property
    def route(self) -> Route:
        """The route at `PATH`, behind `Sealed`."""
        return Route(PATH, self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await (await self._answer(scope, receive))(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        headers = Headers(scope=scope)
        if not self._digests and self._key is None:
            return _refused(NOT_FOUND, 404)
        if scope["method"] != "POST":
            return _refused("Post a notice.", 405, {"Allow": "POST"})
        known = self._knows(scope.get(_CARRIED, ""))
        signed = _CARRIED not in scope and self._key is not None and "webhook-signature" in headers
        if not known and not signed:
            return _refused(NOT_FOUND, 404)
        if _length(headers) > MAX_BODY_BYTES:
            return _refused(TOO_LARGE, 413)
        body = b""
        if self._reading < AT_ONCE:
            self._reading += 1
            try:
                with anyio.fail_after(BODY_S):
                    whole = await _body(receive)
            except TimeoutError:
                return _refused(TOO_SLOW, 408)
            finally:
                self._reading -= 1
            if whole is None:
                return _refused(TOO_LARGE, 413)
            body = whole
        elif not known:
            return _refused(BUSY, 503, {"Retry-After": "1"})
        if not known and not self._is_signed(headers, body):
            return _refused(NOT_FOUND, 404)
        if not self._noticed(model_of(body)):
            return _refused(NOT_READY, 503, {"Retry-After": "30"})
        return Response(status_code=204)

    def _knows(self, secret: str) -> bool:
        digest, found = _digest(secret), False
        for one in self._digests:
            found |= hmac.compare_digest(digest, one)
        return found

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Return whether a notice is signed as Standard Webhooks has it: over its id, its time and its body."""
        moment = headers.get("webhook-timestamp", "")
        if self._key is None or not (moment.isascii() and moment.isdigit() and len(moment) <= len(str(2**53))):
            return False
        if abs(self._clock() - int(moment)) > SIGNED_WITHIN_S:
            return False
        told = f"{headers.get('webhook-id', '')}.{moment}.".encode("latin-1", "replace") + body
        wanted = b"v1," + base64.b64encode(hmac.digest(self._key, told, "sha256"))
        found = False
        for one in headers.get("webhook-signature", "").encode("latin-1", "replace").split(b" ")[:8]:
            found |= hmac.compare_digest(wanted, one)
        return found


def model_of(body: bytes) -> str:
    """Return the model that a notice names beside an id, "" for any other body."""
    try:
        told: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ""
    if not isinstance(told, dict):
        return ""
    model, number = (told.get(f"_{name}", told.get(name)) for name in ("model", "id"))
    whole = isinstance(number, int) and not isinstance(number, bool) and 0 < number <= _LARGEST_ID
    return model if whole and isinstance(model, str) and is_model(model) else ""


async def _body(receive: Receive) -> bytes | None:
    """Return the body, as far as it came; None where it is too large, which is found without reading all of it."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _length(headers: Mapping[str, str]) -> int:
    told = headers.get("content-length", "")
    return int(told[:20]) if told.isascii() and told[:20].isdigit() else 0


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _key(key: SecretStr | None) -> bytes | None:
    return None if key is None else base64.b64decode(key.get_secret_value().removeprefix("whsec_"))


def _refused(sentence: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    # What is left of the body is not waited for.
    return PlainTextResponse(sentence, status, {"Connection": "close", **(headers or {})})
