"""What somebody tries who is signed in as another: websockets of other sites, files and uploads by their address."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, FilePayload, Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from odoo_client.config import MIB
from tests.browser.screenshots import open_export

#: What all browsers of these tests say they are: a session is of one.
AGENT = "A browser of a test/1.0"
#: Where a clerk enters a proof.
FORM = "/payments?payments_show=Enter+a+proof"
#: Asking an outside address takes Streamlit five seconds where there is none to be reached.
AT_ONCE_S = 3.0


def websocket_answer(page: Page, origin: str) -> int:
    """Return the status that a websocket with a page's cookies gets when a page of `origin` opens it."""
    site = urlsplit(page.url)
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies(page.url))
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    started = time.monotonic()
    try:
        with connect(
            f"{site.scheme.replace('http', 'ws')}://{site.netloc}/_stcore/stream",
            ssl=trusting if site.scheme == "https" else None,
            origin=Origin(origin),
            additional_headers={"Cookie": cookies},
            user_agent_header=AGENT,
            proxy=None,
        ):
            return 101
    except InvalidStatus as exc:
        assert time.monotonic() - started < AT_ONCE_S
        return exc.response.status_code


def other_sites(page: Page) -> list[str]:
    """Return origins that differ from the page's own in one part each."""
    site = urlsplit(page.url)
    scheme = {"https": "http", "http": "https"}[site.scheme]
    assert site.port
    return [
        "https://evil.example",
        f"{site.scheme}://{site.hostname}:{site.port % 65535 + 1}",
        f"{site.scheme}://{site.hostname}",
        f"{scheme}://{site.netloc}",
        f"{site.scheme}://127.0.0.2:{site.port}",
        "null",
    ]


def take_csv(page: Page) -> None:
    """Take the first CSV of a page: it is made on this click."""
    open_export(page)
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV of").first.click()
    assert Path(taken.value.path()).read_bytes().startswith(b"\xef\xbb\xbf")


def tries(site: str, clerk: Page, other: BrowserContext, slip: Path) -> None:
    """Try all of it: on the page of a clerk, who is about to enter a proof, and from the browser of somebody else."""
    assert websocket_answer(clerk, site) == 101
    answers = {origin: websocket_answer(clerk, origin) for origin in other_sites(clerk)}
    assert set(answers.values()) == {403}, answers
    sent: list[str] = []
    clerk.on("request", lambda one: sent.append(one.url) if one.method == "PUT" else None)
    clerk.locator("input[type=file]").set_input_files(str(slip))
    shown = clerk.get_by_role("img", name="The proof of payment")
    expect(shown).to_be_visible()
    picture = str(shown.evaluate("picture => picture.src"))
    assert [browser.request.get(picture).status for browser in (clerk.context, other)] == [200, 404]
    assert put(other, sent[0], 1000) == 403
    parked = [put(clerk.context, f"{sent[0]}{number}", 9 * MIB) for number in range(6)]
    assert parked == [204] * 4 + [413] * 2, parked


def put(browser: BrowserContext, url: str, size_bytes: int) -> int:
    """Return what a browser gets that sends a file of its own making to an address for uploads."""
    token = next((one["value"] for one in browser.cookies() if one["name"] == "_streamlit_xsrf"), "")
    file: FilePayload = {"name": "slip.pdf", "mimeType": "application/pdf", "buffer": bytes(size_bytes)}
    answer = browser.request.put(url, multipart={"file": file}, headers={"X-Xsrftoken": token})
    return int(answer.status)
