"""Which site a request comes from, as its browser says, and whether that is this one."""

from __future__ import annotations

from typing import Final

from starlette.requests import HTTPConnection

#: Default ports, which browsers leave out of an address, and so must anything compared with it.
USUAL_PORTS: Final = {"http": ":80", "https": ":443"}


def own_origin(connection: HTTPConnection) -> str:
    """Return the origin, such as `https://dashboard.example.com`, of the pages served under the name that was asked.

    Scheme and host are those that the browser used: what a trusted proxy passes on as `X-Forwarded-Proto` and `Host`.
    """
    scheme = "https" if connection.scope.get("scheme") in ("https", "wss") else "http"
    host = connection.headers.get("host", "").lower()
    return f"{scheme}://{host.removesuffix(USUAL_PORTS[scheme])}"


def is_own(connection: HTTPConnection) -> bool:
    """Return whether the page behind a request is one of this site: scheme, host and port are the same.

    Every browser names the page that opens a websocket, and no page can change that. What names none is not a browser,
    so no page of another site sent it.
    """
    named = connection.headers.getlist("origin")
    return all(origin == own_origin(connection) for origin in named)
