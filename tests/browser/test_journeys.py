"""What people do over several pages: find a customer and take the statement along, follow a figure, send an address."""

from __future__ import annotations

import io
import re
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pypdf
import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests import proof_makers as make
from tests.browser.screenshots import (
    DESK,
    PAGES,
    WALLBOARD,
    click_bar,
    click_row,
    follow,
    menu_names,
    open_page,
    settled,
    watched,
)
from tests.browser.test_views import query

pytestmark = pytest.mark.browser

#: An address of each page with filters and, where it can name one, a record found by a click.
FILTERED = {
    "customers": "customers?find=a&customer_group=Overdue",
    "arrears": "arrears?currency=USD&bucket=1–30 days",
    "billing": "billing?bill_view=Payments&bill_period=Last month&bill_currency=USD",
    "services": "services?service_technology=Starlink&months=24 months",
    "tickets": "tickets?ticket_show=All&ticket_waiting=Us",
    "orders": "orders?order_show=All&order_stage=Delivered&order_stage=Invoiced",
    "products": "products?product_technology=Starlink",
    "overview": "?rows=payments",
    "payments": "payments?payments_show=Enter a proof",
    "contacts": "contacts?contact_owing=true",
    "outbox": "outbox?outbox_state=Failed",
    "audit": "audit?audit_login=demo",
}


def test_a_customer_is_found_and_the_statement_taken_along(page: Page, demo_url: str, tmp_path: Path) -> None:
    open_page(page, f"{demo_url}/customers?customer_group=Overdue", "Customers")
    click_row(page)
    name = page.get_by_role("heading", level=3).first.inner_text().strip()
    open_page(page, f"{demo_url}/customers", "Customers")
    page.get_by_role("searchbox", name="Find a customer").fill(name)
    page.keyboard.press("Enter")
    settled(page)
    click_row(page)
    expect(page.get_by_role("radio", name="Statement")).to_be_visible()
    page.get_by_role("radio", name="Statement").click()
    settled(page)
    assert query(page)["customer"][0].isdecimal()
    assert query(page)["section"] == ["Statement"]
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PDF").click()
    target = tmp_path / "statement.pdf"
    waiting.value.save_as(target)
    assert waiting.value.suggested_filename.endswith(".pdf")
    text = " ".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(target.read_bytes())).pages)
    words = re.sub(r"\s+", " ", text)
    assert name in words
    # What the page says is owed at the end is what the document says.
    shown = re.sub(r"\s+", " ", page.get_by_test_id("stMain").inner_text())
    closing = re.search(r"closing balance on (\d+ \w+ \d{4}): ((?:USD|ZWG) [\d,]+\.\d\d)", shown, re.IGNORECASE)
    assert closing, "the page shows no closing balance"
    assert closing[1] in words
    assert closing[2] in words


@pytest.mark.parametrize(
    ("path", "heading", "parameter"),
    [("", "Arrears", "bucket"), ("tickets?ticket_view=Charts", "Tickets", "ticket_"), ("orders", "Orders", "order_")],
)
def test_a_click_on_a_bar_shows_its_rows(page: Page, demo_url: str, path: str, heading: str, parameter: str) -> None:
    open_page(page, f"{demo_url}/{path}", PAGES[path.partition("?")[0] or "overview"])
    # The backlog's bars are days, which open nothing.
    charts = page.get_by_role("figure", name="by stage") if heading == "Tickets" else page
    bars = charts.locator(".barlayer .point path")
    before = page.url
    # A chart that is drawn anew between the press and the release misses the click, whoever's it is.
    for patience_ms in (10_000, 30_000):
        click_bar(page, bars)
        with suppress(PlaywrightTimeoutError):
            page.wait_for_url(lambda url: url != before, timeout=patience_ms)
            break
    settled(page)
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    assert any(name.startswith(parameter) for name in query(page))
    assert "ticket_view" not in query(page), "the list is shown"
    assert page.get_by_test_id("stDataFrame").count() > 0


@pytest.mark.parametrize("path", list(PAGES))
def test_the_address_opens_the_same_view_in_a_new_session(
    page: Page, browser: Browser, demo_url: str, path: str
) -> None:
    open_page(page, f"{demo_url}/{FILTERED[path]}", PAGES[path])
    figures = page.get_by_test_id("stMetricValue").all_inner_texts()
    text = page.get_by_test_id("stMain").inner_text()
    assert "does not exist" not in text
    assert query(page) == parse_qs(urlsplit(FILTERED[path]).query)
    with watched(browser, DESK) as other:
        open_page(other, page.url, PAGES[path])
        assert other.url == page.url
        assert other.get_by_test_id("stMetricValue").all_inner_texts() == figures


def test_the_wallboard_stands_alone_and_draws_itself_anew(page: Page, demo_url: str) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sent.append(frame)))
    page.goto(f"{demo_url}/{WALLBOARD}")
    expect(page.get_by_text("Waiting longest")).to_be_visible()
    settled(page)
    expect(page.get_by_test_id("stTopNav")).to_have_count(0)
    clock = page.get_by_test_id("stMain").inner_text()
    assert re.search(r"read .* ago", clock)
    for width in (1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        settled(page)
        room = page.get_by_test_id("stPlotlyChart").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect().right - "
            "e.querySelector('.annotation text').getBoundingClientRect().right)"
        )
        assert len(room) == 8
        assert min(room) >= 0, "no figure is cut"
    # Nobody touches it, and the app sends it again what it shows.
    before = len(sent)
    until = time.monotonic() + 20
    while len(sent) == before and time.monotonic() < until:
        page.wait_for_timeout(250)
    assert len(sent) > before


def test_a_figure_of_the_strip_shows_its_rows_and_a_row_its_customer(page: Page, demo_url: str) -> None:
    open_page(page, demo_url, "Overview")
    page.get_by_role("radio", name=re.compile(r"^\d+ payments?")).click()
    click_row(page, re.compile(r"^\d+ payments?, "))
    expect(page.get_by_role("heading", name="Customers", exact=True)).to_be_visible()
    settled(page)
    assert query(page)["customer"][0].isdecimal()


def test_every_page_opens_from_the_navigation(page: Page, demo_url: str) -> None:
    open_page(page, demo_url, "Overview")
    assert menu_names(page) == list(PAGES.values())
    for title in PAGES.values():
        follow(page, title)


#: Where the first page of a PDF is drawn and what of it is seen: the viewer is behind a shadow root.
DRAWN = """() => {
  const found = root => [...root.querySelectorAll('*')].reduce(
    (one, e) => one || (e.tagName === 'CANVAS' && e) || (e.shadowRoot && found(e.shadowRoot)), null)
  const page = found(document)
  if (!page) return null
  const seen = page.closest('[data-testid=pdf-content]')
  const [a, b] = [page.getBoundingClientRect(), seen.getBoundingClientRect()]
  return [a.left - b.left, b.right - a.right, seen.clientWidth - seen.scrollWidth, b.height]
}"""


@pytest.mark.parametrize("width", [380, 1280, 1920])
@pytest.mark.parametrize("page_width", [595, 842, 1080])
def test_a_proof_is_shown_in_its_whole_width(
    page: Page, demo_url: str, tmp_path: Path, width: int, page_width: int
) -> None:
    (tmp_path / "proof.pdf").write_bytes(make.with_page(b"595 842", b"%d 842" % page_width))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{demo_url}/payments?payments_show=Enter+a+proof")
    settled(page)
    page.locator("input[type=file]").set_input_files(str(tmp_path / "proof.pdf"))
    page.get_by_test_id("pdf-document-container").locator("canvas").first.wait_for()
    settled(page)
    left, right, hidden, height = page.evaluate(DRAWN)
    assert left >= 0
    assert right >= 0
    assert hidden == 0
    assert height >= 200
