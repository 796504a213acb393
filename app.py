"""The composition root: `streamlit run app.py` serves the pages, the routes beside them and the background sync."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.runtime import get_instance

from odoo_client.config import Settings, is_loopback
from odoo_client.endpoints import names, readiness, sign_in
from odoo_client.endpoints.authentication import Doors
from odoo_client.endpoints.files import Files
from odoo_client.endpoints.hooks import Hooks, Sealed
from odoo_client.endpoints.middleware import Guard, content_policy
from odoo_client.endpoints.scrape import Scrape
from odoo_client.errors import AfinetError, ConfigError
from pages.ui import files
from pages.ui.menu import PAGES
from pages.ui.session import streamlit_internals
from pages.ui.session.settings import app_settings

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
EXIT_WRONG_SETTINGS = 2


def checked_settings() -> Settings:
    """Return the settings, or exit with a sentence: settings are wrong, or real data would be on an open address."""
    try:
        settings = app_settings()
    except ConfigError as exc:
        sys.exit(_refused(exc.sentence))
    address = str(st.get_option("server.address") or "0.0.0.0")  # noqa: S104 (what an unset address means)
    if not settings.demo and settings.auth == "none" and not is_loopback(address):
        sys.exit(
            _refused(
                f"Refusing to serve your Odoo's figures on {address} without sign-in: leave server.address at "
                "127.0.0.1, or unset AUTH so that everybody signs in."
            )
        )
    if st.get_option("server.baseUrlPath"):
        # Sign-in and what the guard protects have their own addresses.
        sys.exit(_refused("server.baseUrlPath is set: give the dashboard a host name of its own instead of a path."))
    if settings.auth == "oidc" and not is_authlib_installed():
        install = ".venv/bin/pip install -c constraints.txt -e '.[sso]'"
        sys.exit(_refused(f"AUTH is oidc, which needs Authlib and httpx: run `{install}`."))
    return settings


def _refused(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 (the terminal is where the one who started it looks)
    return EXIT_WRONG_SETTINGS


def doors() -> Doors | None:
    """Return the sign-in of this process, None where there is none.

    While the backend cannot start (a folder cannot be made, say) there is nothing to show and nothing to guard.
    """
    from pages.ui.session import backend

    try:
        return backend.backend().doors
    except AfinetError:
        return None


def noticed(model: str) -> bool:
    """Let the background sync look what changed in Odoo; return whether one runs. Waits for nothing."""
    from pages.ui.session import backend

    running = backend.started()
    if running is not None:
        running.runner.noticed(model)
    return running is not None


async def ready(request: Request) -> JSONResponse:
    """Answer 200 when figures can be shown, with the age of the oldest of them, and 503 while there are none.

    `reason` says what is wrong, with figures or without. Whether the server itself is up is `/_stcore/health`.
    """
    from pages.ui.session import backend

    try:
        running = await anyio.to_thread.run_sync(backend.backend)
        snapshot = await anyio.to_thread.run_sync(running.snapshot)
    except AfinetError as exc:
        return JSONResponse(readiness.of_broken(exc), 503)
    return JSONResponse(readiness.told(running.runner, snapshot), 200 if snapshot is not None else 503)


def measured() -> bytes:
    """Return the metrics of this process as OpenMetrics."""
    from pages.ui.session import backend

    return backend.measures.text()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Start the background sync with the server and stop it with the server.

    A cache folder that cannot be opened does not keep the server from starting: the pages say what to do.
    """
    from pages.ui.session import backend

    files.watch(get_instance())
    try:
        running = await anyio.to_thread.run_sync(backend.backend)
    except AfinetError as exc:
        log.error("%s", exc)
        yield
        return
    await anyio.to_thread.run_sync(backend.make_ready)
    try:
        yield
    finally:
        await anyio.to_thread.run_sync(running.stop)


def report_script_error(error: Exception) -> bool:
    """Log what a page raised; the reader sees our own sentence, else Streamlit's short notice, never a traceback."""
    log.error("a page failed", exc_info=error)
    if isinstance(error, AfinetError):
        st.error(error.sentence, icon=":material/error:")
        return True
    return False


def index_page() -> str:
    """Return the page that Streamlit serves, whose own inline scripts the policy names."""
    return (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


def is_authlib_installed() -> bool:
    """Return whether single sign-on can work."""
    return all(importlib.util.find_spec(name) is not None for name in ("authlib", "httpx"))


settings = checked_settings()
app = st.App(
    HERE / "pages" / "main.py",
    routes=[
        Route("/api/ready", ready),
        *names.routes({name: title for name, (title, _icon, _about) in PAGES.items()}),
        *sign_in.routes(doors),
        Hooks(settings, noticed).route,
        Scrape(settings, measured).route,
    ],
    lifespan=lifespan,
    middleware=[
        Middleware(Sealed),
        Middleware(
            Guard,
            doors=doors,
            allowed_hosts=tuple(st.get_option("server.allowedHosts") or ()),
            local_only=not settings.demo and settings.auth == "none",
            policy=content_policy(index_page()),
            wanted=streamlit_internals.wanted,
        ),
        Middleware(Files, doors=doors, owners=files.owners, uploads=files.uploads),
    ],
    on_script_error=report_script_error,
)
