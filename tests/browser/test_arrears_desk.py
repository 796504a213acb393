"""Calling debtors, counted in clicks: the largest old debt, a call logged, a promise, the next customer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import demo
from tests.browser.screenshots import PHONE, open_page, said_done, settled

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo of its own: these tests log calls and promises in it."""
    with demo(tmp_path_factory.mktemp("demo")) as url:
        yield url


@dataclass
class Hand:
    """A hand that counts its clicks."""

    page: Page
    clicks: int = 0

    def click(self, what: Locator) -> None:
        """Click once and wait for what comes of it."""
        what.click()
        self.clicks += 1
        settled(self.page)

    def open_row(self, row: int = 0) -> None:
        """Open a customer by a click on their name; that is before the counting begins."""
        place = self.page.get_by_test_id("stDataFrame").first.bounding_box()
        assert place is not None
        self.page.mouse.click(place["x"] + 120, place["y"] + 52 + 33 * row)
        self.page.wait_for_url("**customer=**")
        settled(self.page)
        self.clicks = 0


def record(page: Page) -> Locator:
    return page.locator(".st-key-record_side")


def name(page: Page) -> str:
    return record(page).get_by_role("heading").first.inner_text()


def test_who_owes_most_over_ninety_days_is_called_in_three_clicks_after_the_row(page: Page, desk_url: str) -> None:
    buckets = "bucket=91–120+days&bucket=Over+120+days"
    open_page(page, f"{desk_url}/arrears?currency=USD&{buckets}&sort=91–120+days+and+Over+120+days", "Arrears")
    hand = Hand(page)
    hand.open_row()
    expect(record(page).get_by_role("link", name="WhatsApp")).to_have_attribute(
        "href", re.compile(r"https://wa\.me/2637\d{8}$")
    )
    field = record(page).get_by_role("textbox", name="What was said")
    hand.click(field)
    field.press_sequentially("Will pay on Friday")
    hand.click(record(page).get_by_text("Friday", exact=True).first)
    hand.click(record(page).get_by_role("button", name="Log call"))
    said_done(page)
    assert hand.clicks <= 3
    expect(field).to_have_value("")
    expect(record(page).get_by_text(re.compile("Last contact: call on"))).to_be_visible()
    # What was said is read back from Odoo.
    hand.click(record(page).get_by_text("Calls and notes in Odoo"))
    expect(record(page).get_by_text("Will pay on Friday")).to_be_visible()


def test_a_promise_takes_four_clicks_at_most_and_the_amount_is_proposed(page: Page, desk_url: str) -> None:
    open_page(page, f"{desk_url}/arrears?currency=USD", "Arrears")
    hand = Hand(page)
    hand.open_row(1)
    hand.click(record(page).locator("summary").filter(has_text="Promise to pay"))
    amount = record(page).get_by_role("spinbutton", name="Amount").input_value()
    assert float(amount) > 0
    hand.click(record(page).get_by_text("Month end", exact=True).last)
    hand.click(record(page).get_by_role("button", name="Log promise"))
    said_done(page)
    assert hand.clicks <= 4
    expect(record(page).get_by_text(re.compile(rf"Promised: .*{re.escape(f'{float(amount):,.2f}')}"))).to_be_visible()


def test_j_goes_to_the_next_to_call_and_who_was_called_is_not_among_them(page: Page, desk_url: str) -> None:
    open_page(page, f"{desk_url}/arrears?sort=Next+to+call", "Arrears")
    hand = Hand(page)
    hand.open_row()
    called = name(page)
    record(page).get_by_role("textbox", name="What was said").fill("Not at home")
    hand.click(record(page).get_by_role("button", name="Log call"))
    said_done(page)
    assert name(page) == called
    # The keyboard is not in a field of text.
    page.get_by_role("heading", name="Arrears", exact=True).click()
    page.keyboard.press("j")
    expect(record(page).get_by_role("heading").first).not_to_have_text(called)
    settled(page)
    expect(page.get_by_role("button", name=re.compile("^Previous"))).to_be_disabled()


def test_a_calendar_covers_no_button(page: Page, desk_url: str) -> None:
    open_page(page, f"{desk_url}/arrears", "Arrears")
    hand = Hand(page)
    hand.open_row(3)
    hand.click(record(page).locator("summary").filter(has_text="Promise to pay"))
    for number, label in enumerate(("Log call", "Log promise")):
        field = record(page).get_by_test_id("stDateInputField").nth(number)
        field.click()
        page.keyboard.press("Alt+ArrowDown")
        grid = page.get_by_role("grid").last
        expect(grid).to_be_visible()
        calendar, button = grid.bounding_box(), record(page).get_by_role("button", name=label).bounding_box()
        assert calendar is not None
        assert button is not None
        assert calendar["x"] + calendar["width"] < button["x"]
        page.keyboard.press("Escape")
        settled(page)


def test_what_is_typed_is_there_after_newer_figures(page: Page, desk_url: str) -> None:
    open_page(page, f"{desk_url}/arrears", "Arrears")
    hand = Hand(page)
    hand.open_row(5)
    field = record(page).get_by_role("textbox", name="What was said")
    field.press_sequentially("Half a senten")
    page.get_by_role("button", name="Refresh").click()
    settled(page)
    expect(field).to_have_value("Half a senten")


def test_a_phone_shows_name_and_money_whole_and_the_record_without_sideways_scroll(page: Page, desk_url: str) -> None:
    page.set_viewport_size(PHONE)
    open_page(page, f"{desk_url}/arrears", "Arrears")
    Hand(page).open_row()
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0
    for label in ("Log call", "Next"):
        expect(page.get_by_role("button", name=re.compile(f"^{label}"))).to_be_visible()
