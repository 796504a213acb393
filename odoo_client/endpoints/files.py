"""Files over HTTP: media go to the sessions they were made for, uploads come from those who may enter proofs.

This comes after the guard: where this process has a sign-in, whoever gets here has a session.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import anyio
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from odoo_client.endpoints import sign_in
from odoo_client.endpoints.authentication import Doors
from odoo_client.endpoints.middleware import MEDIA, UPLOADS, route_path
from odoo_client.endpoints.owners import Owners, file_id_of
from odoo_client.endpoints.uploads import Uploads
from odoo_client.errors import AccessError, NoRoomError
from odoo_client.people.sessions import hashed

log = logging.getLogger(__name__)

#: The same words for somebody else's file and for none, so that an address tells nobody what others have made.
NOT_FOUND: Final = "File not found"
NOT_YOURS: Final = "This upload belongs to another person's page. Reload the page and choose the file again."
NO_LENGTH: Final = "Say with the upload how long it is."


@dataclass(frozen=True)
class Asker:
    """Who is at the other end of a websocket, as its cookies and headers say; they may have signed out since."""

    token: str
    browser: str

    @property
    def key(self) -> str:
        """The key under which the files of this session are kept, "" without a session."""
        return hashed(self.token) if self.token else ""


#: On whose behalf this task runs; None outside of a websocket.
asker: ContextVar[Asker | None] = ContextVar("asker", default=None)


class Files:
    """Middleware. `doors` gives the sign-in of this process, None where there is none: then files have no owners."""

    def __init__(self, app: ASGIApp, *, doors: Callable[[], Doors | None], owners: Owners, uploads: Uploads) -> None:
        self.app = app
        self.doors = doors
        self.owners = owners
        self.uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or websocket, or refuse it."""
        if scope["type"] == "websocket":
            doors = await anyio.to_thread.run_sync(self.doors)
            asker.set(_asker(doors, HTTPConnection(scope)))
            await self.app(scope, receive, send)
            return
        path = route_path(scope) if scope["type"] == "http" else ""
        if path.startswith(MEDIA):
            doors = await anyio.to_thread.run_sync(self.doors)
            found = _asker(doors, HTTPConnection(scope))
            if doors is not None and not self.owners.has(file_id_of(path), found.key):
                await PlainTextResponse(NOT_FOUND, 404)(scope, receive, send)
                return
        elif path.startswith(UPLOADS) and scope["method"] in ("PUT", "DELETE"):
            await self._upload(scope, receive, send, tab=path.removeprefix(UPLOADS).partition("/")[0])
            return
        await self.app(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send, *, tab: str) -> None:
        person, refusal = await self._uploader(HTTPConnection(scope), tab)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif scope["method"] == "DELETE":
            await self.app(scope, receive, send)
        elif (size_bytes := _length(HTTPConnection(scope))) is None:
            # All browsers send a length. Without it nobody would know how much comes before all of it is here.
            await PlainTextResponse(NO_LENGTH, 411)(scope, receive, send)
        else:
            try:
                with self.uploads.room(person, size_bytes):
                    await self.app(scope, receive, send)
            except NoRoomError as exc:
                log.warning("an upload of %s bytes by %s was refused: %s", size_bytes, person, exc)
                headers = {"Retry-After": "300"} if exc.everybody else None
                status = 503 if exc.everybody else 413
                await PlainTextResponse(exc.sentence, status, headers)(scope, receive, send)

    async def _uploader(self, connection: HTTPConnection, tab: str) -> tuple[str, Response | None]:
        """Return who uploads, or why they may not."""
        doors = await anyio.to_thread.run_sync(self.doors)
        person = tab
        if doors is not None:
            found = _asker(doors, connection)
            try:
                # This asks Odoo again when the last time was minutes ago.
                session = await anyio.to_thread.run_sync(
                    lambda: doors.sessions.find(found.token, browser=found.browser, active=False)
                )
                doors.access(session).require("proof")
            except AccessError as exc:
                return "", PlainTextResponse(exc.sentence, 403)
            person = session.person.login
        if self.uploads.person_of(tab) != person:
            return "", PlainTextResponse(NOT_YOURS, 403)
        return person, None


def _asker(doors: Doors | None, connection: HTTPConnection) -> Asker:
    token = doors.token(connection.cookies) if doors is not None else ""
    return Asker(token, sign_in.browser_of(connection))


def _length(connection: HTTPConnection) -> int | None:
    said = connection.headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() else None
