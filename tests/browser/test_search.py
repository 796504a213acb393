"""The search from everywhere in a browser: its keys, its list over the page, and what it costs a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.screenshots import DESK, PHONE, click_row, open_menu, open_page, settled, watched
from tests.browser.test_views import query

pytestmark = pytest.mark.browser

#: What the demo has of everything: an invoice that a ticket names too, and a ticket that is hostile.
INVOICE, HOSTILE = "INV/2026/00690", "<script>alert(1)</script>"
FOCUSED = "e => document.activeElement === e"


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search everything")


def found(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Found")


def search(page: Page, text: str) -> Locator:
    """Press Ctrl-K, type, and return the results."""
    page.keyboard.press("Control+k")
    page.keyboard.type(text, delay=40)
    expect(found(page)).to_be_visible()
    expect(field(page)).to_have_attribute("aria-activedescendant", re.compile(r"^everywhere-\d+$"))
    return found(page).get_by_role("option")


def pages_drawn(url: str) -> float:
    """Return how many whole pages this server has drawn so far."""
    with urlopen(f"{url}/api/metrics") as answer:  # noqa: S310 (our own server)
        text = answer.read().decode()
    counts = re.findall(r"^afinet_page_duration_seconds_count\{[^}]*\} ([\d.e+]+)$", text, re.MULTILINE)
    assert counts
    return sum(map(float, counts))


@pytest.fixture(params=["light", "dark"])
def themed(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport=DESK, color_scheme=request.param)
    yield context.new_page()
    context.close()


def test_it_takes_the_keyboard_out_of_a_table_and_opens_what_is_chosen(page: Page, demo_url: str) -> None:
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)
    open_page(page, f"{demo_url}/arrears", "Arrears")
    table = page.get_by_test_id("stDataFrame").last
    table.scroll_into_view_if_needed()
    place = table.bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + 200, place["y"] + 80)
    settled(page)
    options = search(page, "moyo")
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_attribute("aria-expanded", "true")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    chosen = options.nth(1)
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(field(page)).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    name = chosen.locator(".everywhere-title").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers?customer=*")
    settled(page)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(field(page)).to_have_value("")
    assert not field(page).evaluate(FOCUSED)
    expect(found(page)).to_be_hidden()
    assert refused == []


def test_enter_right_after_typing_opens_the_first_result(page: Page, demo_url: str) -> None:
    open_page(page, f"{demo_url}/billing?bill_status=Paid", "Billing")
    page.keyboard.press("Control+k")
    page.keyboard.type(INVOICE)
    page.keyboard.press("Enter")
    # On the page that is open already, whatever was chosen there.
    page.wait_for_url("**/billing?*bill_q=*")
    settled(page)
    assert query(page) == {"bill_q": [INVOICE], "bill_period": ["All"]}
    expect(page.get_by_text("1 document")).to_be_visible()


def test_a_click_opens_too_and_the_company_stays_chosen(page: Page, demo_url: str) -> None:
    open_page(page, f"{demo_url}/overview", "Overview")
    open_menu(page)
    page.get_by_role("combobox", name="Company").click()
    page.get_by_role("option").nth(1).click()
    settled(page)
    company = query(page)["company"]
    search(page, "HT0").nth(1).click()
    page.wait_for_url("**/tickets?*")
    settled(page)
    assert query(page)["company"] == company
    assert query(page)["ticket"][0].isdecimal()


def test_escape_closes_and_gives_the_focus_back(page: Page, demo_url: str) -> None:
    open_page(page, f"{demo_url}/customers", "Customers")
    before = page.get_by_role("searchbox", name="Find a customer")
    before.focus()
    for _again in range(2):
        search(page, "moyo")
        page.keyboard.press("Escape")
        expect(found(page)).to_be_hidden()
        expect(field(page)).to_have_value("")
        expect(field(page)).to_have_attribute("aria-expanded", "false")
        expect(before).to_be_focused()


def test_what_odoo_holds_is_shown_as_the_text_it_is(page: Page, demo_url: str) -> None:
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    open_page(page, f"{demo_url}/tickets", "Tickets")
    hostile = search(page, "script alert").filter(has_text=HOSTILE)
    expect(hostile.first).to_be_visible()
    assert found(page).locator("script, img").count() == 0
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets?ticket=*")
    settled(page)
    assert ran == []


def test_typing_draws_no_page_again(page: Page, demo_url: str) -> None:
    open_page(page, f"{demo_url}/arrears", "Arrears")
    search(page, "mo")
    before = pages_drawn(demo_url)
    page.keyboard.press("Escape")
    for text in ("moyo", "inv", "0772"):
        search(page, text)
        page.keyboard.press("Escape")
    settled(page)
    assert pages_drawn(demo_url) == before


def test_the_list_is_in_sight_and_readable_in_both_themes(themed: Page, demo_url: str) -> None:
    open_page(themed, f"{demo_url}/arrears", "Arrears")
    search(themed, "moyo")
    place = found(themed).bounding_box()
    assert place is not None
    assert place["y"] >= 0
    assert place["x"] + place["width"] <= DESK["width"]
    colours = themed.evaluate(
        """() => ['.everywhere-over', '.everywhere-title', '.everywhere > input'].map(one => {
          const style = getComputedStyle(document.querySelector(one))
          return [style.color, style.backgroundColor]
        })"""
    )
    light = themed.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
    for text, ground in (colours[0], colours[2]):
        dark_text, dark_ground = (sum(map(int, re.findall(r"\d+", one)[:3])) < 384 for one in (text, ground))
        assert (dark_text, dark_ground) == (light, not light)


def test_on_a_phone_the_list_is_in_sight_and_a_choice_opens_its_page(browser: Browser, demo_url: str) -> None:
    with watched(browser, PHONE) as page:
        open_page(page, f"{demo_url}/arrears", "Arrears")
        options = search(page, "moyo")
        place = page.locator(".everywhere-over").bounding_box()
        assert place is not None
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= PHONE["width"]
        assert place["y"] >= 0
        assert place["y"] + place["height"] <= PHONE["height"]
        options.nth(1).click()
        page.wait_for_url("**/customers?customer=*")
        settled(page)


def test_escape_while_one_types_leaves_the_field_and_not_the_record(page: Page, demo_url: str) -> None:
    open_page(page, f"{demo_url}/arrears", "Arrears")
    click_row(page)
    asked = page.get_by_role("searchbox", name="Customer")
    asked.focus()
    page.keyboard.type("jk")
    page.keyboard.press("Escape")
    settled(page)
    assert "customer=" in page.url
    expect(asked).not_to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "customer=" not in url)


def test_a_question_mark_lists_the_keys_and_is_a_letter_where_one_types(page: Page, demo_url: str) -> None:
    open_page(page, f"{demo_url}/arrears", "Arrears")
    click_row(page)
    keys = page.get_by_role("dialog", name="Keys")
    page.keyboard.press("?")
    expect(keys).to_be_visible()
    expect(keys).to_contain_text("Ctrl K")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    assert "customer=" in page.url, "the record is open still"
    asked = page.get_by_role("searchbox", name="Customer")
    asked.focus()
    page.keyboard.type("who?")
    expect(asked).to_have_value("who?")
    expect(keys).to_be_hidden()
