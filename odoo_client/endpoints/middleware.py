"""What every request and websocket passes first: allowed hosts, the session, and the headers of every answer."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

import anyio
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from odoo_client.config import is_loopback
from odoo_client.endpoints import hooks, origin, scrape, sign_in
from odoo_client.endpoints.authentication import Doors
from odoo_client.errors import AuditError

log = logging.getLogger(__name__)

#: Open without a session: the form, the health checks, the files of the browser's own program, which hold no data, and
#: notices and metrics, whose routes look themselves who asks.
PUBLIC: Final = frozenset(
    {
        *(sign_in.PATH, hooks.PATH, scrape.PATH, "/api/ready", "/_stcore/health", "/_stcore/script-health-check"),
        *("/_stcore/host-config", "/_stcore/allowed-message-origins", "/favicon.png", "/manifest.json", "/robots.txt"),
    }
)
PUBLIC_FOLDERS: Final = ("/static/",)
#: Where the files of pages are fetched from and uploaded to.
MEDIA: Final = "/media/"
UPLOADS: Final = "/_stcore/upload_file/"
#: What holds figures or files: never open without a session, with any way of signing in.
DATA_FOLDERS: Final = (MEDIA, UPLOADS, "/_stcore/metrics", "/_stcore/agent/", "/component/")
SIGNED_OUT: Final = "You are signed out. Open the dashboard's page and sign in."


def content_policy(index_html: str) -> str:
    """Return the Content-Security-Policy under which the page `index_html`, its charts and its tables work.

    Its own inline scripts are named by their hashes; no other script runs and nothing is fetched from elsewhere.
    """
    inline = re.findall(r"<script>(.*?)</script>", index_html, re.DOTALL)
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in inline)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {hashes} 'wasm-unsafe-eval'".replace("  ", " "),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "media-src 'self' blob:",
            "frame-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


FORM_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def route_path(scope: Scope) -> str:
    """Return the path that a request is routed by: without what the server that runs this app puts before it."""
    path: str = scope["path"]
    rest = path.removeprefix(scope.get("root_path", ""))
    return rest if rest.startswith("/") else path


class Guard:
    """Middleware. `doors` gives the sign-in of this process, None where there is none (demo, `AUTH=none`).

    `local_only` refuses what did not come in over a loopback address: another ASGI server may listen where no setting
    of this app says so. `wanted` says of each frame a browser sends over its websocket whether a page needs it: no
    other reaches Streamlit.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        doors: Callable[[], Doors | None],
        allowed_hosts: Sequence[str],
        local_only: bool,
        policy: str,
        wanted: Callable[[bytes], bool],
    ) -> None:
        self.app = app
        self.doors = doors
        self.allowed_hosts = frozenset(host.lower().strip("[]") for host in allowed_hosts)
        self.local_only = local_only
        self.policy = policy
        self.wanted = wanted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or websocket, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        secure = scope.get("scheme") in ("https", "wss")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(message, scope["path"], secure)
            await send(message)

        async def receive_wanted() -> Message:
            while True:
                message = await receive()
                frame = message.get("bytes")
                if message["type"] != "websocket.receive" or frame is None or self.wanted(frame):
                    return message
                log.info("a browser at %s sent what no page needs", sign_in.address_of(connection))

        refusal = await self._refusal(connection)
        if refusal is None:
            await self.app(scope, receive if scope["type"] == "http" else receive_wanted, send_with_headers)
        elif scope["type"] == "http":
            await refusal(scope, receive, send_with_headers)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _refusal(self, connection: HTTPConnection) -> Response | None:
        scope = connection.scope
        try:
            host = urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
        except ValueError:  # "[" and other things that cannot be a host
            host = ""
        if self.allowed_hosts and not self._host_allowed(host):
            return PlainTextResponse("This dashboard is not served under this name.", 400)
        server = (scope.get("server") or ("", None))[0] or "localhost"
        if self.local_only and not is_loopback(server.removeprefix("::ffff:")):
            return PlainTextResponse("This dashboard serves its own machine only.", 403)
        if scope["type"] == "websocket" and not origin.is_own(connection):
            # Streamlit would ask an outside address for this machine's own, and everybody would wait for that.
            log.warning(
                "refused a page of %.200r that is not %.200r; if that is the dashboard's own address, its proxy has to "
                "pass on Host and X-Forwarded-Proto as docs/deploying.md says",
                connection.headers.get("origin"),
                origin.own_origin(connection),
            )
            return PlainTextResponse("This page is of another site.", 403)
        path = route_path(scope)
        if path in PUBLIC or path.startswith(PUBLIC_FOLDERS):
            return None
        doors = await anyio.to_thread.run_sync(self.doors)
        if doors is None:
            return None
        if doors.single_sign_on and not path.startswith(DATA_FOLDERS):
            # Streamlit itself serves sign-in and sign-out, and the page that offers them, whose script shows nothing
            # before somebody has signed in.
            return None
        token = doors.token(connection.cookies)
        if token and doors.sessions.alive(token, browser=sign_in.browser_of(connection)):
            return None
        if scope["type"] == "websocket":
            # A tab whose session ended reconnects to be told so; a stranger is not even connected.
            if token and doors.sessions.ended(token):
                return None
            await self._turned_away(doors, connection, "a page's websocket")
            return PlainTextResponse(SIGNED_OUT, 403)
        if scope["method"] in ("GET", "HEAD") and not path.startswith(DATA_FOLDERS):
            query = scope.get("query_string", b"").decode("latin-1")
            onward = quote(f"{path}?{query}" if query else path, safe="")
            return RedirectResponse(f"{sign_in.PATH}?next={onward}", 303)
        if not doors.sessions.ended(token):
            await self._turned_away(
                doors, connection, next((one for one in DATA_FOLDERS if path.startswith(one)), "a page")
            )
        return PlainTextResponse(SIGNED_OUT, 401)

    async def _turned_away(self, doors: Doors, connection: HTTPConnection, wanted: str) -> None:
        try:
            await anyio.to_thread.run_sync(doors.turned_away, sign_in.address_of(connection), f"no session: {wanted}")
        except AuditError as exc:
            log.error("%s", exc)  # They are still turned away.

    def _host_allowed(self, host: str) -> bool:
        return any(
            allowed in ("*", host) or (allowed.startswith("*.") and host.endswith(allowed[1:]))
            for allowed in self.allowed_hosts
        )

    def _add_headers(self, message: Message, path: str, secure: bool) -> None:
        headers = MutableHeaders(scope=message)
        headers["Content-Security-Policy"] = FORM_POLICY if path == sign_in.PATH else self.policy
        headers["X-Frame-Options"] = "DENY"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if not path.startswith(PUBLIC_FOLDERS):
            headers["Cache-Control"] = "no-store"
