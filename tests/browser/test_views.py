"""What only a browser shows: tiles that open pages, an address that holds the view, and a phone's width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.screenshots import (
    CLOSE,
    DESK,
    PAGES,
    PHONE,
    VIEWS,
    WAIT_MS,
    WALLBOARD,
    address,
    click_bar,
    click_row,
    open_menu,
    open_page,
    open_record,
    said_done,
    settled,
    watched,
)

pytestmark = pytest.mark.browser
#: Pages of lists and forms.
CHARTLESS = ("customers", "products", "payments", "contacts", "outbox", "audit")


def query(page: Page) -> dict[str, list[str]]:
    """Return the address's filters."""
    return parse_qs(urlsplit(page.url).query)


def test_the_overview_tile_opens_arrears_and_the_address_keeps_the_view(page: Page, demo_url: str) -> None:
    open_page(page, demo_url, "Overview")
    page.get_by_role("link", name="Arrears", exact=True).nth(1).click()
    expect(page.get_by_role("heading", name="Arrears", exact=True)).to_be_visible()
    settled(page)
    page.get_by_role("radio", name="USD").click()
    settled(page)
    page.get_by_role("combobox", name="Bucket").click()
    page.get_by_role("option", name="1–30 days").click()
    page.keyboard.press("Escape")
    settled(page)
    page.get_by_role("searchbox", name="Customer").fill("a")
    page.keyboard.press("Enter")
    settled(page)
    assert query(page) == {"currency": ["USD"], "bucket": ["1–30 days"], "q": ["a"]}
    shown = page.get_by_test_id("stMetricValue").all_inner_texts()
    assert len(shown) == 6
    expect(page.get_by_role("button", name="Overdue", exact=True)).to_be_visible()
    expect(page.get_by_text("1–30 days", exact=True).first).to_be_visible()
    assert all(value.startswith("USD") for value in shown)

    page.reload()
    expect(page.get_by_role("heading", name="Arrears", exact=True)).to_be_visible()
    settled(page)
    assert query(page) == {"currency": ["USD"], "bucket": ["1–30 days"], "q": ["a"]}
    assert page.get_by_test_id("stMetricValue").all_inner_texts() == shown
    expect(page.get_by_role("searchbox", name="Customer")).to_have_value("a")


def test_a_click_on_a_row_opens_the_customer_and_the_address_names_it(page: Page, demo_url: str) -> None:
    open_page(page, f"{demo_url}/arrears?currency=USD", "Arrears")
    click_row(page)
    expect(page.get_by_role("tab", name="Journal lines")).to_be_visible()
    settled(page)
    assert query(page)["customer"][0].isdecimal()
    page.reload()
    expect(page.get_by_role("tab", name="Journal lines")).to_be_visible()


@dataclass(frozen=True)
class Record:
    """A record of a page's list: opened by a click on its row, and by its address in a session of its own."""

    name: str
    path: str
    clicked: Page
    addressed: Page


@pytest.fixture(
    scope="module",
    params=[*VIEWS.items(), ("contact", "contacts"), ("customer", "arrears")],
    ids=lambda of: f"{of[0]} of {of[1]}",
)
def record(request: pytest.FixtureRequest, browser: Browser, demo_url: str) -> Iterator[Record]:
    """Open a record both ways, once for all the tests that look at it."""
    name, path = request.param
    with watched(browser, DESK) as clicked, watched(browser, DESK) as addressed:
        open_page(addressed, open_record(clicked, demo_url, name, path), PAGES[path])
        yield Record(name, path, clicked, addressed)


def test_a_record_is_in_sight_once_its_row_or_its_address_is_opened(record: Record) -> None:
    across, down = heading_in_sight(record.clicked)
    lists = [
        box for each in record.clicked.get_by_test_id("stDataFrame").all() if (box := each.bounding_box()) is not None
    ]
    # A customer chosen on their own page stands there instead of the list.
    assert record.path == "customers" or any(
        box["x"] + box["width"] <= across or box["y"] + box["height"] < down for box in lists
    ), "it stands beside the list it was chosen in, or under it"
    heading_in_sight(record.addressed)


def test_the_address_of_a_record_opens_it_in_a_new_session(record: Record) -> None:
    assert query(record.clicked)[record.name][0].isdecimal()
    shown = set(record.clicked.get_by_role("heading").all_inner_texts())
    assert set(record.addressed.get_by_role("heading").all_inner_texts()) == shown


def test_a_phone_shows_a_record_without_sideways_scroll(record: Record) -> None:
    record.addressed.set_viewport_size(PHONE)
    settled(record.addressed)
    narrow(record.addressed)
    record.addressed.set_viewport_size(DESK)


def heading_in_sight(page: Page) -> tuple[float, float]:
    """Return where on the screen the heading of the open record begins, across and down; it is seen whole."""
    height = (page.viewport_size or {})["height"]
    close = page.get_by_role("button", name=CLOSE).bounding_box()
    assert close is not None
    assert close["y"] + close["height"] / 2 < height
    boxes = [box for each in page.get_by_role("heading").all() if (box := each.bounding_box()) is not None]
    heading = min((box for box in boxes if box["y"] + box["height"] > close["y"]), key=lambda box: box["y"])
    assert heading["y"] + heading["height"] <= height
    return float(heading["x"]), float(heading["y"])


def test_a_debt_on_the_overview_opens_that_customer(page: Page, demo_url: str) -> None:
    open_page(page, demo_url, "Overview")
    click_row(page, re.compile("most to chase in USD"))
    expect(page.get_by_role("heading", name="Arrears", exact=True)).to_be_visible()
    expect(page.get_by_role("tab", name="Journal lines")).to_be_visible()
    settled(page)
    assert set(query(page)) == {"currency", "customer"}


@pytest.mark.parametrize("path", ["", "arrears?currency=USD&arrears_view=Charts"])
def test_a_click_on_a_bar_shows_its_bucket(page: Page, demo_url: str, path: str) -> None:
    open_page(page, f"{demo_url}/{path}", "Arrears" if path else "Overview")
    click_bar(page, page.locator(".js-plotly-plot").first.locator(".points .point path"))
    page.wait_for_url("**bucket=**")
    expect(page.get_by_role("heading", name="Arrears", exact=True)).to_be_visible()
    settled(page)
    assert query(page) == {"currency": ["USD"], "bucket": ["Not due"]}


def test_the_company_filter_stays_from_page_to_page(page: Page, demo_url: str) -> None:
    open_page(page, demo_url, "Overview")
    open_menu(page)
    page.get_by_role("combobox", name="Company").first.click()
    page.get_by_role("option").nth(1).click()
    settled(page)
    company = query(page)["company"]
    page.get_by_role("link", name="Services", exact=True).first.click()
    expect(page.get_by_role("heading", name="Services", exact=True)).to_be_visible()
    settled(page)
    assert query(page)["company"] == company


def test_refresh_reads_again_while_another_session_goes_on(page: Page, browser: Browser, demo_url: str) -> None:
    open_page(page, demo_url, "Overview")
    other = browser.new_context().new_page()
    open_page(other, f"{demo_url}/services", "Services")
    page.get_by_role("button", name="Refresh").click()
    other.get_by_text("6 months").click()
    settled(other)
    assert parse_qs(urlsplit(other.url).query)["months"] == ["6 months"]
    expect(page.get_by_text("Up to date")).to_be_visible()
    expect(page.get_by_role("button", name="Refresh")).to_be_enabled(timeout=3 * WAIT_MS)
    other.context.close()


@pytest.fixture(scope="module", params=list(PAGES))
def on_a_phone(request: pytest.FixtureRequest, browser: Browser, demo_url: str) -> Iterator[tuple[str, Page]]:
    """A page's path, and the page opened on a phone once for all the tests that look at it."""
    path = request.param
    with watched(browser, PHONE) as opened:
        if path in ("audit", "outbox"):
            # A demo that nobody has used yet has nothing to show there: a question about a payment is a row in both.
            opened.set_viewport_size(DESK)
            open_record(opened, demo_url, "payment")
            opened.get_by_role("button", name="Ask", exact=True).click()
            opened.get_by_label("Question").fill("Which branch was it paid at?")
            opened.keyboard.press("Control+Enter")
            opened.get_by_role("dialog").get_by_role("button", name="Ask").click()
            said_done(opened)
            opened.set_viewport_size(PHONE)
        open_page(opened, f"{demo_url}/{address(path)}", PAGES[path])
        yield path, opened


def test_a_phone_shows_a_page_without_sideways_scroll(on_a_phone: tuple[str, Page]) -> None:
    narrow(on_a_phone[1])


def test_every_chart_and_table_has_a_text_for_those_who_cannot_see_it(on_a_phone: tuple[str, Page]) -> None:
    path, page = on_a_phone
    figures = page.get_by_role("figure")
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(figures.count())
    # Arrears and Tickets send their charts when they are asked for.
    assert figures.count() > 0 or path in (*CHARTLESS, "arrears", "tickets")
    assert all(figure.get_attribute("aria-label") for figure in figures.all())
    for table in page.get_by_test_id("stDataFrame").all():
        assert table.get_by_role("region").first.get_attribute("aria-label")


def test_a_phone_shows_the_wallboard_without_sideways_scroll(page: Page, demo_url: str) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{demo_url}/{WALLBOARD}")
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible()
    settled(page)
    narrow(page)


def narrow(page: Page) -> None:
    """Fail where a phone has to scroll sideways, or cuts off a figure or a choice."""
    for place in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):
        wide, seen = page.evaluate(f"[{place}.scrollWidth, {place}.clientWidth]")
        assert wide <= seen
    cut = page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMetricValue] *, [data-testid=stPageLink-NavLink] *, '"
        "+ '[data-testid=stButtonGroup] *')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0).map(e => e.textContent)"
    )
    assert cut == []
