"""Pictures of each page at 1280 and 380 px, light and dark: `python tests/browser/screenshots.py URL DIRECTORY`."""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect, sync_playwright

#: Debian's Chromium without a window draws a page for two thirds of what the whole one takes.
INSTALLED = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
CHROMIUM = os.environ.get("CHROMIUM") or next((path for path in INSTALLED if Path(path).exists()), INSTALLED[0])
#: No telemetry, no updates, no component downloads: the browser talks to the app alone.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
#: Put into every page before its own scripts: nothing fades in, spins or glimmers, which without a graphics card costs
#: a third of the page.
STILL = """addEventListener("DOMContentLoaded", () => {
  const still = document.createElement("style");
  still.textContent = "*, *::before, *::after { animation: none !important; transition: none !important }";
  document.head.append(still);
})"""
#: A page has come to rest when so many looks in a row found nothing running.
LOOK_EVERY_MS, QUIET_LOOKS, SETTLE_S = 150, 6, 60
#: So long anything asked of a page may take: a busy machine is no failure.
WAIT_MS = 60_000
expect.set_options(timeout=WAIT_MS)
PAGES = {
    "overview": "Overview",
    "customers": "Customers",
    "arrears": "Arrears",
    "billing": "Billing",
    "payments": "Payments",
    "services": "Services",
    "tickets": "Tickets",
    "orders": "Orders",
    "products": "Products",
    "contacts": "Contacts",
    "outbox": "Outbox",
    "audit": "Audit",
}
#: Those under "More" in the menu.
MORE = ("Products", "Contacts", "Outbox", "Audit")
#: Views that no page shows by itself: name, page, search to make there or record to open by a click on the first row.
VIEWS = {
    "customer": "customers",
    "payment": "payments",
    "ticket": "tickets",
    "order": "orders",
    "product": "products",
}
WALLBOARD = "tickets?wall=1"
#: The button that closes a record; a key that does the same is told in it.
CLOSE = re.compile(r"^(close )?Close( Shortcut Esc)?$", re.IGNORECASE)
WIDTHS_PX = (1280, 380)
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 380, "height": 800}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def hold_still(context: BrowserContext) -> None:
    """Make the pages of a context draw without animations."""
    context.add_init_script(STILL)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the machine's Chromium without a window, its pages without animations, and close it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        browser.on("context", hold_still)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched(browser: Browser, size: ViewportSize) -> Iterator[Page]:
    """A session of its own that may talk to this machine only: a page that needs more is a failure."""
    context = browser.new_context(viewport=size)
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    context.close()
    assert [url for url in asked if urlsplit(url).hostname not in ("127.0.0.1", "localhost", None)] == []


def pick_today(page: Page, field: Locator) -> None:
    """Choose the day that the calendar of a date field opens at."""
    field.click()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("grid")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("grid")).to_have_count(0)
    settled(page)


def open_page(page: Page, url: str, title: str) -> None:
    """Open `url` and wait until the page has drawn and nothing runs any more."""
    page.goto(url)
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    settled(page)


def settled(page: Page) -> None:
    """Wait until for a moment no script has run, no chart was missing and nothing has moved."""
    app = page.locator("[data-test-script-state]").first
    quiet, before, deadline = 0, None, time.monotonic() + SETTLE_S
    while quiet < QUIET_LOOKS:
        assert time.monotonic() < deadline, "the page did not come to rest"
        page.wait_for_timeout(LOOK_EVERY_MS)
        resting = (
            app.get_attribute("data-test-script-state") == "notRunning"
            and app.get_attribute("data-test-connection-state") == "CONNECTED"
        )
        drawn = page.evaluate(
            "!document.querySelector('[data-testid=stSkeleton]') &&"
            "[...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(e => e.querySelector('.main-svg'))"
        )
        layout = page.evaluate(
            "[...document.querySelectorAll('[data-testid=stMain] [data-testid=stElementContainer]')].map("
            "e => {const {y, height} = e.getBoundingClientRect(); return Math.round(y) + ' ' + Math.round(height)})"
        )
        quiet, before = quiet + 1 if resting and drawn and layout and layout == before else 0, layout


def address(path: str) -> str:
    """Return a page's place below the app's address."""
    return "" if path == "overview" else path


def menu_names(page: Page) -> list[str]:
    """Return the pages in the menu: those that stand in it, then those under "More"."""
    expect(page.get_by_test_id("stTopNav")).to_be_visible()
    links = page.get_by_test_id("stTopNavLink").all()
    more = _more(page)
    if more.count():
        more.click()
        expect(page.get_by_test_id("stTopNavDropdownLink").first).to_be_visible()
        links += page.get_by_test_id("stTopNavDropdownLink").all()
    names = [link.inner_text().split("\n")[-1] for link in links]
    page.keyboard.press("Escape")
    return names


def follow(page: Page, title: str) -> None:
    """Open a page by its link in the menu."""
    link = page.get_by_test_id("stTopNavLink").filter(has_text=title)
    if title in MORE:
        _more(page).click()
        link = page.get_by_test_id("stTopNavDropdownLink").filter(has_text=title)
    link.click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()


def _more(page: Page) -> Locator:
    """Return the button of the pages under "More", and not "2 more", where a narrow window has no room for others."""
    return page.get_by_test_id("stTopNavSection").filter(has_text=re.compile(r"^\s*More"))


def open_export(page: Page) -> None:
    """Unfold what can be downloaded, where the page keeps it folded and the person may."""
    menu = page.locator(".st-key-export_menu button")
    if menu.count():
        menu.first.click()
        expect(page.locator("[data-testid=stDownloadButton]").first).to_be_visible()


def open_menu(page: Page) -> None:
    """Open the menu of company and person."""
    page.locator(".st-key-menu button").first.click()


def click_row(page: Page, table: int | str | re.Pattern[str] = 0, row: int = 0) -> None:
    """Click the first cell of a row of a table, the table told by its place on the page or by its name."""
    found = page.get_by_test_id("stDataFrame")
    found = found.nth(table) if isinstance(table, int) else found.filter(has=page.get_by_role("region", name=table))
    expect(found).to_be_visible()
    settled(page)
    found.scroll_into_view_if_needed()
    place = found.bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + 70, place["y"] + 52 + 33 * row)
    settled(page)


def click_bar(page: Page, bars: Locator) -> None:
    """Click the largest bar of a chart, once the chart has noticed the mouse over it."""
    expect(bars.first).to_be_visible()
    settled(page)
    sizes = bars.evaluate_all("all => all.map(e => { const b = e.getBoundingClientRect(); return b.width * b.height })")
    largest = bars.nth(sizes.index(max(sizes)))
    largest.scroll_into_view_if_needed()
    settled(page)
    place = largest.bounding_box()
    assert place is not None
    across, down = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    noticed = page.locator(".hoverlayer .hovertext").first
    deadline = time.monotonic() + SETTLE_S
    # A chart that is drawing itself anew misses the mouse; it notices it when it moves again.
    while not noticed.is_visible():
        assert time.monotonic() < deadline, "the chart did not notice the mouse"
        page.mouse.move(across - 2, down)
        page.mouse.move(across, down, steps=3)
        page.wait_for_timeout(300)
    page.mouse.down()
    page.mouse.up()


def said_done(page: Page) -> None:
    """Wait until the page says that what was entered last is done in Odoo."""
    expect(page.get_by_test_id("stAlert").get_by_text("Done", exact=True)).to_be_visible()
    settled(page)


def open_record(page: Page, url: str, name: str, path: str = "") -> str:
    """Open the first record of a page's list by a click and return the address it then has."""
    path = path or VIEWS[name]
    open_page(page, f"{url}/{path}", PAGES[path])
    lists = page.get_by_test_id("stDataFrame")
    click_row(page, lists.count() - 1)
    page.wait_for_url(f"**{name}=**")
    settled(page)
    return page.url


def take(url: str, folder: Path) -> list[Path]:
    """Write one picture a page or record, width and theme, each of the whole page, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with chromium() as browser:
        finder = browser.new_page(viewport={"width": 1280, "height": 900})
        places = {path: f"{url}/{address(path)}" for path in PAGES}
        places |= {name: open_record(finder, url, name) for name in VIEWS} | {"wallboard": f"{url}/{WALLBOARD}"}
        finder.close()
        for theme in THEMES:
            for width in WIDTHS_PX:
                context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
                page = context.new_page()
                for name, place in places.items():
                    page.goto(place)
                    drawn = page.locator("[data-testid=stMetric], [data-testid=stPlotlyChart]").first
                    expect(drawn).to_be_visible()
                    written.append(folder / f"{name}-{theme}-{width}.png")
                    _picture(page, width, written[-1])
                context.close()
    return written


def _picture(page: Page, width: int, target: Path) -> None:
    settled(page)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(int(height) + 40, 6_000)})
    settled(page)
    page.screenshot(path=target)
    page.set_viewport_size({"width": width, "height": 900})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="address of the running app")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    chosen = parser.parse_args()
    for picture in take(chosen.url.rstrip("/"), chosen.folder):
        print(picture)  # noqa: T201
