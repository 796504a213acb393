"""The documented nginx in front, with TLS: sign-in, websocket, download, sign-out, and the headers that arrive."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit
from PIL import Image
from playwright.sync_api import Browser, expect

from odoo_client.demo.business.accounts import DEMO_KEY, DEMO_LOGIN, LIMITED_KEY, LIMITED_LOGIN
from tests.app.conftest import environment, of_odoo
from tests.app.test_startup import free_port, served, wait_until_read
from tests.browser import strangers
from tests.browser.screenshots import open_export, open_menu, settled
from tests.demo_worlds import own

pytestmark = pytest.mark.browser
DEPLOYING = (Path(__file__).parents[2] / "docs" / "deploying.md").read_text(encoding="utf-8")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard behind nginx, over an Odoo that the demo plays."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        sentence = "No nginx: install it (Debian: apt-get install nginx-light)."
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    folder = tmp_path_factory.mktemp("nginx")
    with own("19-oca") as odoo:
        settings = of_odoo(odoo.url, odoo.database, odoo.login, odoo.key, folder)
        with served(environment(**settings)) as url:
            wait_until_read(url)
            yield from in_front_of(url, nginx, folder)


def in_front_of(url: str, nginx: str, folder: Path) -> Iterator[str]:
    """Start nginx with the block of docs/deploying.md, its name, port and certificate replaced."""
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "dashboard.key"), "-out", str(folder / "dashboard.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files],  # noqa: S607
        check=True,
        capture_output=True,
    )
    port = free_port()
    block = re.search(r"```nginx\n(.*?)```", DEPLOYING, re.DOTALL)
    assert block
    server = (
        block[1]
        .replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
        .replace("dashboard.example.com", "localhost")
        .replace("http://127.0.0.1:8501", url)
        .replace("/etc/ssl", str(folder))
    )
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi"))
    temporary += f"uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;"
    # Its workers write what is sent into a folder of the tests': they have to be who made that.
    user = "user root; " if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(
        f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{server}\n}}\n"
    )
    process = subprocess.Popen([nginx, "-c", str(config), "-p", str(folder)], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 20
        while True:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"https://localhost:{port}"
    finally:
        process.send_signal(signal.SIGQUIT)
        process.communicate(timeout=30)


def test_a_day_behind_nginx(site: str, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True, locale="en-GB", accept_downloads=True)
    page = context.new_page()
    sockets: list[str] = []
    page.on("websocket", lambda opened: sockets.append(opened.url))
    try:
        page.goto(f"{site}/arrears")
        page.get_by_label("Login").fill(DEMO_LOGIN)
        page.get_by_label("Password or API key").fill(DEMO_KEY)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Arrears", exact=True)).to_be_visible()
        settled(page)
        assert sockets
        assert all(address.startswith(site.replace("https", "wss")) for address in sockets)
        cookie = next(one for one in context.cookies() if one["name"] == "afinet_session")
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
        open_export(page)
        with page.expect_download() as taken:
            page.get_by_role("button", name="CSV of").first.click()
        content = Path(taken.value.path()).read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.count(b"\r\n") > 5
        open_menu(page)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out. Sign in again.")).to_be_visible()
        page.goto(f"{site}/arrears")
        expect(page.get_by_label("Login")).to_be_visible()
    finally:
        context.close()


def trusting() -> ssl.SSLContext:
    """Return what takes the certificate that the tests made."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_scripts_arrive_compressed(site: str) -> None:
    with urllib.request.urlopen(f"{site}/sign-in", timeout=10, context=trusting()) as answer:  # noqa: S310 (loopback)
        assert answer.headers["Content-Encoding"] is None
    script = max((Path(streamlit.__file__).parent / "static" / "static" / "js").glob("index*.js"), key=size_bytes)
    asked = urllib.request.Request(  # noqa: S310 (loopback)
        f"{site}/static/js/{script.name}", headers={"Accept-Encoding": "gzip"}
    )
    with urllib.request.urlopen(asked, timeout=10, context=trusting()) as answer:  # noqa: S310 (loopback)
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(answer.read()) < size_bytes(script) / 2


def size_bytes(path: Path) -> int:
    """Return how large a file is."""
    return path.stat().st_size


@pytest.mark.parametrize(("name", "value"), HEADERS.items())
@pytest.mark.parametrize("path", ["/sign-in", "/_stcore/health"])
def test_the_headers_arrive_through_nginx(site: str, path: str, name: str, value: str) -> None:
    with urllib.request.urlopen(f"{site}{path}", timeout=10, context=trusting()) as answer:  # noqa: S310 (loopback)
        found = answer.headers[name]
    if name == "Content-Security-Policy" and path == "/sign-in":
        assert found.startswith("default-src 'none'")
    else:
        assert found.startswith(value)


def test_through_nginx_nobody_comes_in_from_another_site_nor_at_another_s_files(
    site: str, browser: Browser, tmp_path: Path
) -> None:
    slip = tmp_path / "slip.png"
    Image.new("RGB", (40, 30), "white").save(slip)
    clerk, sales = (
        browser.new_context(ignore_https_errors=True, locale="en-GB", user_agent=strangers.AGENT) for _ in range(2)
    )
    try:
        form = {"login": LIMITED_LOGIN, "secret": LIMITED_KEY, "next": "/_stcore/health"}
        assert sales.request.post(f"{site}/sign-in", form=form, headers={"Origin": site}).text() == "ok"
        page = clerk.new_page()
        page.goto(f"{site}{strangers.FORM}")
        page.get_by_label("Login").fill(DEMO_LOGIN)
        page.get_by_label("Password or API key").fill(DEMO_KEY)
        page.get_by_role("button", name="Sign in").click()
        settled(page)
        strangers.tries(site, page, sales, slip)
    finally:
        clerk.close()
        sales.close()
