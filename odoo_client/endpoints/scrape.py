"""`GET /api/metrics`: how the app itself does, as OpenMetrics, for a program on this machine or one with the token.

Whoever asks from elsewhere has no session, so the token stands in a header. Nothing that is answered names a person, a
customer or a host.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Final

import anyio
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from odoo_client.config import Settings
from odoo_client.endpoints import origin
from odoo_client.people.sessions import hashed

PATH: Final = "/api/metrics"
METHODS: Final = ("GET", "HEAD")

NOT_YOURS: Final = (
    "Metrics are for programs on this machine that ask by its own name, such as localhost, and through no proxy. From "
    "elsewhere send METRICS_TOKEN as a bearer token."
)


class Scrape:
    """The route's application. `text` returns all metrics as OpenMetrics; it is called in a thread."""

    def __init__(self, settings: Settings, text: Callable[[], bytes]) -> None:
        token = settings.metrics_token
        self._digest = None if token is None else hashed(token.get_secret_value())
        self._text = text

    @property
    def route(self) -> Route:
        """The route at `PATH`."""
        return Route(PATH, self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await (await self._answer(HTTPConnection(scope)))(scope, receive, send)

    async def _answer(self, connection: HTTPConnection) -> Response:
        if not self._knows(connection.headers) and not origin.is_local(connection):
            return _refused(NOT_YOURS, 401, {"WWW-Authenticate": "Bearer"})
        if connection.scope["method"] not in METHODS:
            return _refused("Metrics are only read.", 405, {"Allow": ", ".join(METHODS)})
        return Response(await anyio.to_thread.run_sync(self._text), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _knows(self, headers: Mapping[str, str]) -> bool:
        scheme, _space, token = headers.get("authorization", "").partition(" ")
        if self._digest is None or scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(hashed(token.strip()), self._digest)


def _refused(sentence: str, status: int, headers: Mapping[str, str]) -> Response:
    # What there may be of a body is not waited for.
    return PlainTextResponse(sentence, status, {"Connection": "close", **headers})
