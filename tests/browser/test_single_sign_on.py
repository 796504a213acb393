"""Single sign-on: `st.login` against a small provider of the test's own, rights from a real Odoo's service account."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.app.conftest import environment, of_odoo
from tests.app.test_startup import free_port, served, wait_until_read
from tests.browser import strangers
from tests.browser.screenshots import menu_names, open_menu, settled
from tests.real_odoo import staff as people
from tests.real_odoo.server import RealOdoo

pytestmark = [pytest.mark.browser, pytest.mark.odoo]
CLIENT = "dashboard"


@dataclass
class Provider:
    """An OIDC provider that vouches at once for whoever `email` names."""

    port: int = field(default_factory=free_port)
    email: str = ""
    verified: bool = True
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "test", "use": "sig"}))
    nonces: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(
        self, path: str, query: dict[str, list[str]], form: dict[str, list[str]]
    ) -> tuple[int, dict[str, object]]:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        if path == "/jwks":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/authorize":
            code = f"code-{len(self.nonces)}"
            self.nonces[code] = query.get("nonce", [""])[0]
            back = urlencode({"code": code, "state": query["state"][0]})
            return 302, {"location": f"{query['redirect_uri'][0]}?{back}"}
        if path == "/token":
            now = int(time.time())
            claims = {
                "iss": self.url,
                "aud": CLIENT,
                "sub": self.email,
                "email": self.email,
                "email_verified": self.verified,
                "iat": now,
                "exp": now + 600,
                "nonce": self.nonces.pop(form["code"][0]),
            }
            token = jwt.encode({"alg": "RS256", "kid": "test"}, claims, self.key)
            return 200, {"access_token": "nothing", "token_type": "Bearer", "expires_in": 600, "id_token": token}
        return 404, {}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self.reply(parse_qs(body))

        def reply(self, form: dict[str, list[str]]) -> None:
            parts = urlsplit(self.path)
            status, told = made.answer(parts.path, parse_qs(parts.query), form)
            body = json.dumps(told).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", str(told["location"]))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", made.port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(scope="module")
def site(odoo19: RealOdoo, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("sso")
    port = free_port()
    secrets = folder / "secrets.toml"
    secrets.write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\ncookie_secret = "{os.urandom(16).hex()}"\n'
        f'client_id = "{CLIENT}"\nclient_secret = "not a secret"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
    )
    with odoo19.copy() as copy:
        people.hire(copy)
        settings = of_odoo(copy.url, copy.database, copy.username, copy.password, folder) | {"AUTH": "oidc"}
        with served(environment(**settings), f"--secrets.files={secrets}", port=port) as url:
            wait_until_read(url)
            yield url


def sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    expect(page.get_by_text("Sign in to see the dashboard.")).to_be_visible()
    page.get_by_role("button", name="Sign in").click()


def test_a_verified_address_opens_the_pages_of_its_login_and_sign_out_closes_them(
    site: str, provider: Provider, browser: Browser
) -> None:
    provider.email, provider.verified = people.SUPPORT.login.upper(), True
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    try:
        sign_in(page, site)
        names = menu_names(page)
        assert "Tickets" in names
        assert "Arrears" not in names
        cookies = context.cookies()
        open_menu(page)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        # Its cookie, kept by somebody, is signed and in date, and opens nothing.
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page.goto(f"{site}/tickets")
        expect(page.get_by_text("You are signed out. Sign in again.")).to_be_visible()
    finally:
        context.close()


@pytest.mark.parametrize(
    ("email", "verified", "sentence"),
    [
        (people.FINANCE.login, False, "did not confirm your e-mail address"),
        ("stranger@example.com", True, "Nobody on the staff in Odoo"),
        (people.PORTAL.login, True, "Nobody on the staff in Odoo"),
    ],
)
def test_whom_nobody_vouches_for_or_nobody_knows_sees_a_sentence_and_no_figure(
    site: str, provider: Provider, browser: Browser, email: str, verified: bool, sentence: str
) -> None:
    provider.email, provider.verified = email, verified
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    try:
        sign_in(page, site)
        expect(page.get_by_text(sentence)).to_be_visible()
        assert page.get_by_test_id("stTopNav").count() == 0
        assert page.get_by_test_id("stMetric").count() == 0
    finally:
        context.close()


def test_signed_on_nobody_comes_in_from_another_site_nor_at_another_s_files(
    site: str, provider: Provider, browser: Browser, tmp_path: Path
) -> None:
    slip = tmp_path / "slip.png"
    Image.new("RGB", (40, 30), "white").save(slip)
    clerk, support = (browser.new_context(locale="en-GB", user_agent=strangers.AGENT) for _ in range(2))
    try:
        for member, context in ((people.SUPPORT, support), (people.CLERK, clerk)):
            provider.email, provider.verified = member.login, True
            page = context.new_page()
            sign_in(page, site)
            expect(page.locator(".st-key-menu")).to_be_visible()
        page.goto(f"{site}/arrears")
        settled(page)
        strangers.take_csv(page)
        page.goto(f"{site}{strangers.FORM}")
        settled(page)
        strangers.tries(site, page, support, slip)
    finally:
        clerk.close()
        support.close()
