"""The sign-in form: a plain page, since only a route can set a cookie that scripts in a browser cannot read."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import anyio
from pydantic import SecretStr
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from odoo_client.endpoints.authentication import COOKIE, Doors
from odoo_client.endpoints.under_way import UnderWay
from odoo_client.errors import AfinetError, AuditError, OdooError, SignInError, TooManyAttemptsError
from odoo_client.people import known_browsers
from odoo_client.people.throttle import network

log = logging.getLogger(__name__)

PATH: Final = "/sign-in"
MAX_FORM_BYTES: Final = 8192
#: A browser sends its form at once; one that arrives in drips is nobody's.
FORM_S: Final = 10.0
FORM_TYPE: Final = "application/x-www-form-urlencoded"
DAMAGED: Final = "This form did not come whole. Open the page again and sign in there."
#: Sign-ins at once, in all and from one address; known browsers count apart, so that no stranger holds them up.
AT_ONCE: Final = 12
AT_ONCE_BY_ADDRESS: Final = 4
AT_ONCE_BY_BROWSER: Final = 2
FOREIGN: Final = "This form was sent from another site. Open the dashboard's own address and sign in there."
DOWN: Final = "Odoo cannot be asked at the moment, so nobody can sign in."

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · AFINET Operations</title><link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark; --ink:#122224; --soft:#5C6E70; --back:#F2F6F6; --card:#fff; --line:#D3DEDE; 
 --key:#0F6E6A; --bad:#C0272D; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink:#EAF1F1; --soft:#9FB1B3; --back:#0D1718; --card:#15262A;
 --line:#2C4145; --key:#1D9A93; --bad:#FF7A72; }} }}
* {{ box-sizing: border-box; }}
body {{ margin:0; min-height:100vh; display:grid; place-items:center; background:var(--back); color:var(--ink);
 font: 16px/1.5 system-ui, sans-serif; padding:16px; }}
main {{ width:100%; max-width:400px; background:var(--card); border:1px solid var(--line); border-radius:12px;
 padding:28px 24px; }}
h1 {{ font-size:1.35rem; margin:0 0 .25rem; }} p {{ margin:.25rem 0 1rem; color:var(--soft); font-size:.92rem; }}
label {{ display:block; font-weight:600; margin:.9rem 0 .25rem; }}
input {{ width:100%; font:inherit; color:inherit; background:var(--back); border:1px solid var(--line);
 border-radius:8px; padding:.6rem .7rem; }}
button {{ width:100%; margin-top:1.3rem; font:inherit; font-weight:600; color:#fff; background:var(--key); border:0;
 border-radius:8px; padding:.7rem; cursor:pointer; }}
:focus-visible {{ outline:2px solid var(--key); outline-offset:2px; }}
.bad {{ color:var(--bad); border:1px solid var(--bad); border-radius:8px; padding:.6rem .7rem; margin:1rem 0 0; }}
</style></head><body><main>
<h1>AFINET Operations</h1><p>Sign in with your own Odoo account.</p>
{problem}<form method="post" action="{path}" autocomplete="on">
<label for="login">Login</label>
<input id="login" name="login" value="{login}" autocomplete="username" autocapitalize="none" spellcheck="false" required
 maxlength="128"{focus_login}>
<label for="secret">Password or API key</label>
<input id="secret" name="secret" type="password" autocomplete="current-password" required
 maxlength="1024"{focus_secret}>
<p style="margin-top:.5rem">With two-factor sign-in Odoo takes an API key only: make one in Odoo under your profile,
Account Security.</p>
<input type="hidden" name="next" value="{next}"><button type="submit">Sign in</button></form></main></body></html>"""


def routes(doors: Callable[[], Doors | None]) -> list[Route]:
    """Return the route of the form; `doors` is asked at each request (None: this process has no sign-in)."""
    lanes = Lanes()

    async def form(request: Request) -> Response:
        found = await anyio.to_thread.run_sync(doors)
        if found is None or found.single_sign_on:
            return RedirectResponse("/", 303)
        if request.method == "POST":
            return await _posted(request, found, lanes)
        why = ""
        token = found.token(request.cookies)
        if token and found.sessions.ended(token):
            why = _why(found, token, browser_of(request))
        return _page(why, next_path(request.query_params.get("next", "")))

    return [Route(PATH, form, methods=["GET", "POST"])]


async def _posted(request: Request, doors: Doors, lanes: Lanes) -> Response:
    if not same_site(request):
        return _page(FOREIGN, "/", status=403)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        return _page(DAMAGED, "/", status=415)
    body = b""
    try:
        with anyio.fail_after(FORM_S):
            async for part in request.stream():
                body += part
                if len(body) > MAX_FORM_BYTES:
                    return _page("This form is too large.", "/", status=413)
    except TimeoutError:
        return _page(DAMAGED, "/", status=408)
    request._body = body  # noqa: SLF001  the stream is read; Starlette parses what it holds
    fields = await request.form()
    login, secret = str(fields.get("login") or ""), str(fields.get("secret") or "")
    onward = next_path(str(fields.get("next") or ""))
    address = address_of(request)
    cookie = request.cookies.get(known_browsers.COOKIE, "")

    def enter(known: str) -> str:
        try:
            return doors.sign_in(
                login,
                SecretStr(secret),
                browser=browser_of(request),
                address=address,
                replaces=doors.token(request.cookies),
                known=known,
            )
        except TooManyAttemptsError as exc:
            doors.refused_again(login, address, exc)
            raise

    try:
        token = await lanes.run(doors.known_browsers.find(cookie, login), address, enter)
    except TooManyAttemptsError as exc:
        return _page(exc.sentence, onward, login, status=429, headers={"Retry-After": str(int(exc.wait_s) + 1)})
    except SignInError as exc:
        return _page(exc.sentence, onward, login, status=401)
    except AuditError as exc:
        log.error("nobody can sign in: %s", exc)
        return _page(exc.sentence, onward, login, status=503)
    except OdooError as exc:
        return _page(f"{DOWN} {exc.sentence}", onward, login, status=503)
    except AfinetError as exc:
        log.error("sign-in failed: %s", exc)
        return _page(exc.sentence, onward, login, status=503)
    answer = RedirectResponse(onward, 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, path="/", httponly=True, samesite="lax", secure=secure)
    answer.set_cookie(
        known_browsers.COOKIE,
        doors.known_browsers.with_login(cookie, login),
        path=PATH,
        max_age=known_browsers.KNOWN_S,
        httponly=True,
        samesite="lax",
        secure=secure,
    )
    return answer


class Lanes:
    """Where sign-ins wait for their turn: strangers by their address, known browsers apart."""

    def __init__(self) -> None:
        self._strangers = UnderWay(AT_ONCE, AT_ONCE_BY_ADDRESS)
        self._known = UnderWay(AT_ONCE, AT_ONCE_BY_BROWSER)

    async def run(self, known: str, address: str, enter: Callable[[str], str]) -> str:
        """Return what `enter` returns, in its turn. Raises as it does, and TooManyAttemptsError."""
        if known:
            return await self._known.run(known, lambda: enter(known))
        return await self._strangers.run(network(address), lambda: enter(""))


def _why(doors: Doors, token: str, browser: str) -> str:
    try:
        doors.sessions.find(token, browser=browser, active=False)
    except AfinetError as exc:
        return exc.sentence
    return ""


def _page(
    problem: str, onward: str, login: str = "", *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    text = _PAGE.format(
        path=PATH,
        problem=f'<div class="bad" role="alert">{html.escape(problem)}</div>' if problem else "",
        login=html.escape(login[:128], quote=True),
        next=html.escape(onward, quote=True),
        focus_login="" if login else " autofocus",
        focus_secret=" autofocus" if login else "",
    )
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store", **(headers or {})})


def next_path(wanted: str) -> str:
    """Return where to go after sign-in: a path of this site, never another site's address."""
    plain = wanted.isprintable() and wanted.startswith("/") and not wanted.startswith(("//", "/\\", PATH))
    return wanted if plain and "\\" not in wanted and len(wanted) <= 2000 else "/"


def same_site(request: Request) -> bool:
    """Return whether a browser says that the request comes from a page of this very site."""
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None and fetched not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return fetched is not None
    try:
        return urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:  # "http://[" and other things that cannot be an origin
        return False


def browser_of(connection: HTTPConnection) -> str:
    """Return what a browser says of itself: the same on its requests and on its websocket."""
    return connection.headers.get("user-agent", "")


def address_of(connection: HTTPConnection) -> str:
    """Return the address a request came from (behind a trusted proxy the server has put the visitor's own there)."""
    return connection.client.host if connection.client else ""
