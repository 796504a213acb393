"""Where a request comes from: which site, as its browser says, and whether a program on this machine sent it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from odoo_client.config import is_loopback

#: Default ports, which browsers leave out of an address, and so must anything compared with it.
USUAL_PORTS: Final = {"http": ":80", "https": ":443"}
#: What proxies say of a request that they pass on.
FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


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


def is_local(connection: HTTPConnection) -> bool:
    """Return whether a program on this very machine asks, by a name of this machine and through no proxy.

    A proxy here comes from a loopback address too, for whoever asked it. It says so in a header, or passes on the name
    that it was asked by.
    """
    client = connection.client.host if connection.client else ""
    try:
        asked = urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    except ValueError:  # "[" and other things that cannot be a host
        return False
    passed_on = any(name in connection.headers for name in FORWARDED)
    return is_loopback(client.removeprefix("::ffff:")) and is_loopback(asked) and not passed_on
