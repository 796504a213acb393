"""An open page takes newer figures by itself, and keeps what its reader is doing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.browser.conftest import demo
from tests.browser.screenshots import CLOSE, DESK, LOOK_EVERY_MS, click_row, open_page, said_done, settled, watched

pytestmark = pytest.mark.browser
#: An open page looks every two seconds: by then it has looked, and drawn what it found.
LOOKED_MS = 5_000
WAIT_S = 30.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a demo of its own, since something is entered in it."""
    with demo(tmp_path_factory.mktemp("demo")) as url:
        yield url


@pytest.fixture
def colleague(browser: Browser, site: str) -> Iterator[Callable[[], None]]:
    """Somebody who rejects a payment, each time it is called: the figures are newer then."""
    with watched(browser, DESK) as page:

        def reject() -> None:
            open_page(page, f"{site}/payments", "Payments")
            click_row(page, page.get_by_test_id("stDataFrame").count() - 1)
            page.get_by_role("button", name="Reject", exact=True).click()
            settled(page)
            page.get_by_role("textbox", name="Reason").fill("Not on the statement")
            page.keyboard.press("Control+Enter")
            settled(page)
            page.get_by_role("dialog").get_by_role("button", name="Reject", exact=True).click()
            said_done(page)

        yield reject


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    with watched(browser, DESK) as page:
        yield page


def test_a_record_stays_open_when_newer_figures_are_seen_before_the_browser_has_its_address(
    reader: Page, site: str, colleague: Callable[[], None]
) -> None:
    held: list[str | bytes] | None = None

    def hold(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(server.send)
        server.on_message(lambda message: socket.send(message) if held is None else held.append(message))

    sockets: list[WebSocketRoute] = []
    reader.route_web_socket("**/stream", lambda socket: (sockets.append(socket), hold(socket)))
    open_page(reader, f"{site}/contacts", "Contacts")
    table = reader.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    settled(reader)
    place = table.bounding_box()
    assert place is not None
    held = []
    reader.mouse.click(place["x"] + 18, place["y"] + 52)
    until = time.monotonic() + WAIT_S
    while not any(b"contact=" in message for message in held if isinstance(message, bytes)):
        assert time.monotonic() < until, "the click was answered, and the answer is held"
        reader.wait_for_timeout(LOOK_EVERY_MS)
    assert "contact=" not in reader.url
    colleague()
    reader.wait_for_timeout(LOOKED_MS)
    late, held = held, None
    for message in late:
        sockets[-1].send(message)
    settled(reader)
    reader.wait_for_timeout(LOOKED_MS)
    assert "contact=" in reader.url
    expect(reader.get_by_role("button", name=CLOSE)).to_be_visible()


def test_newer_figures_leave_what_is_typed_and_where_the_page_is_scrolled_to(
    reader: Page, site: str, colleague: Callable[[], None]
) -> None:
    open_page(reader, f"{site}/arrears", "Arrears")
    click_row(reader)
    field = reader.get_by_role("searchbox", name="Customer")
    field.fill("half a na")
    # The page itself is as high as the screen: what scrolls is the list, and the record beside it.
    reader.set_viewport_size({"width": 1280, "height": 640})
    settled(reader)
    scrolled = "document.querySelector('.st-key-record_side').scrollTop"
    reader.evaluate(f"{scrolled} = 60")
    assert reader.evaluate(scrolled) == 60
    before = reader.get_by_test_id("stMain").inner_text()
    colleague()
    expect(reader.get_by_test_id("stMain")).not_to_have_text(before, use_inner_text=True)
    expect(field).to_have_value("half a na")
    expect(reader.get_by_role("button", name=CLOSE)).to_be_visible()
    assert reader.evaluate(scrolled) == 60
