"""The composition root: `streamlit run app.py` serves the pages, the routes beside them and the background sync."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio
import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from odoo_client.config import Settings, is_loopback
from odoo_client.errors import AfinetError, ConfigError
from pages.ui.settings import app_settings

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
EXIT_WRONG_SETTINGS = 2


def checked_settings() -> Settings:
    """Return the settings, or leave the process with a sentence: wrong settings, or real data on an open address."""
    try:
        settings = app_settings()
    except ConfigError as exc:
        sys.exit(_refused(exc.sentence))
    address = str(st.get_option("server.address") or "0.0.0.0")  # noqa: S104 (what an unset address means)
    if settings.odoo_url and not is_loopback(address):
        sys.exit(
            _refused(
                f"Refusing to serve your Odoo's figures on {address}: there is no sign-in yet. Leave server.address at "
                "127.0.0.1 (or unset ODOO_URL for the demo)."
            )
        )
    return settings


def _refused(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 (the terminal is where the one who started it looks)
    return EXIT_WRONG_SETTINGS


class LocalOnly:
    """Refuse what did not come over a loopback address: another ASGI server may listen where no setting says so.

    Also sends the headers that keep other sites from framing the dashboard.
    """

    def __init__(self, app: ASGIApp, *, active: bool) -> None:
        self.app = app
        self.active = active

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or websocket."""
        server = (scope.get("server") or ("", None))[0] or "localhost"
        if self.active and scope["type"] in ("http", "websocket") and not is_loopback(server.removeprefix("::ffff:")):
            if scope["type"] == "http":
                await PlainTextResponse("This dashboard serves its own machine only.", 403)(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-frame-options", b"SAMEORIGIN"),
                    (b"referrer-policy", b"same-origin"),
                ]
            await send(message)

        await self.app(scope, receive, send_with_headers)


async def ready(request: Request) -> JSONResponse:
    """Answer 200 when figures can be shown, with their age, and 503 while there are none.

    Whether the server itself is up is `/_stcore/health`.
    """
    from pages.ui import runtime

    try:
        backend = await anyio.to_thread.run_sync(runtime.backend)
        snapshot = await anyio.to_thread.run_sync(backend.snapshot)
    except AfinetError as exc:
        return JSONResponse({"ready": False, "problem": exc.sentence}, 503)
    body = {
        "ready": snapshot is not None,
        "demo": backend.demo,
        "age_s": None if snapshot is None else int((datetime.now(UTC) - snapshot.meta.taken_at).total_seconds()),
        "syncing": backend.runner.running,
        "last_sync_failed": backend.runner.last_error is not None,
    }
    return JSONResponse(body, 200 if snapshot is not None else 503)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Start the background sync with the server and stop it with the server.

    A cache folder that cannot be opened does not keep the server from starting: the pages say what to do.
    """
    from pages.ui import runtime

    try:
        backend = await anyio.to_thread.run_sync(runtime.backend)
    except AfinetError as exc:
        log.error("%s", exc)
        yield
        return
    try:
        yield
    finally:
        await anyio.to_thread.run_sync(backend.stop)


def report_script_error(error: Exception) -> bool:
    """Log what a page raised; the reader sees our own sentence, else Streamlit's short notice, never a traceback."""
    log.error("a page failed", exc_info=error)
    if isinstance(error, AfinetError):
        st.error(error.sentence, icon=":material/error:")
        return True
    return False


settings = checked_settings()
app = st.App(
    HERE / "pages" / "main.py",
    routes=[Route("/api/ready", ready)],
    lifespan=lifespan,
    middleware=[Middleware(LocalOnly, active=bool(settings.odoo_url))],
    on_script_error=report_script_error,
)
