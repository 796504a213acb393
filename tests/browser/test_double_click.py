"""A double click on each button that writes into Odoo makes one entry, and the form behind it is put away."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import Error as PlaywrightError

from tests.browser.conftest import demo as started
from tests.browser.screenshots import click_row, pick_today, said_done, settled

pytestmark = pytest.mark.browser
#: Between two clicks: as a double click has it, and while the first waits for Odoo. Forms that share the code of the
#: payment's are tried with the second, which more can go wrong in.
GAPS_S = (0.02, 0.25)
#: Among so many drafts there is one that the demo's person may approve.
ROWS = 5
#: The first ticket of the list that has a customer to write to.
CUSTOMER_S = 1


@dataclass
class Demo:
    """A demo of its own, whose outbox the test looks into."""

    url: str
    folder: Path
    page: Page
    seen: int = 0

    def entries(self) -> list[tuple[str, str, str]]:
        """Return (kind, state, reason) of what was entered since the last look, once nothing is under way."""
        (path,) = self.folder.glob("afinet-demo-*/outbox.sqlite3")
        query = "SELECT number, kind, state, reason FROM entries WHERE number > ? ORDER BY number"
        deadline = time.monotonic() + 60
        while True:
            with closing(sqlite3.connect(path)) as base:
                rows = base.execute(query, (self.seen,)).fetchall()
            if rows and all(state not in ("waiting", "sent") for _number, _kind, state, _reason in rows):
                break
            assert time.monotonic() < deadline, rows
            time.sleep(0.1)
        self.seen = rows[-1][0]
        return [row[1:] for row in rows]

    def open(self, path: str, *, row: int | None = 0) -> Page:
        """Open a page, and a record of its list."""
        self.page.goto(f"{self.url}/{path}")
        settled(self.page)
        if row is not None:
            click_row(self.page, self.page.get_by_test_id("stDataFrame").count() - 1, row)
        return self.page

    def twice(self, button: Locator, gap_s: float) -> list[tuple[str, str, str]]:
        """Click a button, and again wherever it still is; return what was entered."""
        expect(button).to_be_enabled()
        button.scroll_into_view_if_needed()
        place = button.bounding_box()
        assert place is not None
        at = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        self.page.mouse.click(*at)
        time.sleep(gap_s)
        try:
            if button.is_visible():
                self.page.mouse.click(*at)
        except PlaywrightError:
            pass
        found = self.entries()
        settled(self.page)
        return found + (self.entries() if self.more() else [])

    def more(self) -> bool:
        """Whether more was entered since."""
        (path,) = self.folder.glob("afinet-demo-*/outbox.sqlite3")
        with closing(sqlite3.connect(path)) as base:
            return bool(base.execute("SELECT 1 FROM entries WHERE number > ?", (self.seen,)).fetchone())


@pytest.fixture(scope="module")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Start a demo and open a page on it."""
    folder = tmp_path_factory.mktemp("demo")
    with started(folder) as url:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        yield Demo(url, folder, page)
        page.close()


def once(kind: str) -> list[tuple[str, str, str]]:
    return [(kind, "done", "")]


def write(page: Page, label: str, text: str) -> None:
    """Type into a field and let the app have it."""
    page.get_by_role("textbox", name=label).fill(text)
    page.keyboard.press("Control+Enter")
    settled(page)


@pytest.mark.parametrize("gap_s", GAPS_S)
def test_a_decision_on_a_payment(demo: Demo, gap_s: float) -> None:
    for deed, label in (("ask", "Question"), ("reject", "Reason")):
        page = demo.open("payments")
        page.get_by_role("button", name=deed.capitalize(), exact=True).click()
        settled(page)
        write(page, label, "Which branch?")
        sure = page.get_by_role("dialog").get_by_role("button", name=deed.capitalize(), exact=True)
        assert demo.twice(sure, gap_s) == once(f"payment_{deed}")
        expect(page.get_by_role("dialog")).to_have_count(0)
    approve = page.get_by_role("button", name=re.compile("Approve"))
    for row in range(ROWS):
        page = demo.open("payments", row=row)
        if approve.is_enabled():
            break
    assert demo.twice(approve, gap_s) == once("payment_approve")
    said_done(page)


@pytest.mark.parametrize("gap_s", GAPS_S)
def test_a_proof_of_payment_whose_form_is_empty_then(demo: Demo, gap_s: float, tmp_path: Path) -> None:
    page = demo.open("customers?find=a")
    customer = re.search(r"customer=(\d+)", page.url)
    assert customer is not None
    page = demo.open(f"payments?payments_show=Enter+a+proof&customer={customer[1]}", row=None)
    slip = tmp_path / "slip.png"
    Image.new("RGB", (300, 200 + int(gap_s * 100)), "white").save(slip)
    page.locator("input[type=file]").set_input_files(str(slip))
    settled(page)
    page.get_by_role("spinbutton", name="Amount").fill("12")
    page.keyboard.press("Enter")
    settled(page)
    pick_today(page, page.get_by_test_id("stDateInputField"))
    assert demo.twice(page.get_by_role("button", name="Send for approval"), gap_s) == once("payment_proof")
    expect(page.get_by_text("used before")).to_have_count(0)
    expect(page.get_by_role("button", name="Send for approval")).to_have_count(0)
    expect(page.get_by_text("slip.png")).to_have_count(0)


@pytest.mark.parametrize("gap_s", GAPS_S[1:])
def test_a_promise_and_a_call(demo: Demo, gap_s: float) -> None:
    page = demo.open("arrears")
    page.locator("summary").filter(has_text="Promise to pay").click()
    page.get_by_role("spinbutton", name="Amount").fill("12")
    page.keyboard.press("Tab")
    settled(page)
    page.get_by_text("Month end", exact=True).last.click()
    settled(page)
    assert demo.twice(page.get_by_role("button", name="Log promise"), gap_s) == once("activity")
    write(page, "What was said", "They will pay")
    assert demo.twice(page.get_by_role("button", name="Log call"), gap_s) == once("activity")
    expect(page.get_by_role("textbox", name="What was said")).to_have_value("")
    expect(page.get_by_text("Write what was said")).to_have_count(0)


@pytest.mark.parametrize("gap_s", GAPS_S[1:])
def test_a_ticket_s_note_and_message(demo: Demo, gap_s: float) -> None:
    page = demo.open("tickets", row=CUSTOMER_S)
    for public in (False, True):
        page.get_by_role("radio", name="Reply to customer" if public else "Internal note").click()
        settled(page)
        field = page.get_by_role("textbox", name=re.compile("^(Answer|Internal note)$"))
        field.fill(f"Called them {gap_s} {public}")
        if public:
            page.get_by_text("Send this to the customer").click()
            settled(page)
        assert demo.twice(page.get_by_role("button", name="Send", exact=True), gap_s) == once("ticket_update")
        expect(field).to_have_value("")


@pytest.mark.parametrize("gap_s", GAPS_S[1:])
def test_a_new_ticket(demo: Demo, gap_s: float) -> None:
    page = demo.open("tickets", row=None)
    page.get_by_role("button", name="New ticket").click()
    settled(page)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox", name="Customer").fill("Moyo")
    page.keyboard.press("Enter")
    settled(page)
    dialog.get_by_role("combobox", name=re.compile("Which one|Found")).click()
    page.get_by_role("option").first.click()
    settled(page)
    write(page, "Subject", f"Slow line {gap_s}")
    dialog.get_by_role("combobox", name=re.compile("^Team|^Project|Choose a")).click()
    page.get_by_role("option").first.click()
    settled(page)
    assert demo.twice(dialog.get_by_role("button", name="Create ticket"), gap_s) == once("ticket_create")
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("gap_s", GAPS_S[1:])
def test_a_customer_s_data(demo: Demo, gap_s: float) -> None:
    page = demo.open("customers?find=a")
    page.get_by_role("button", name="Correct data").click()
    settled(page)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="City").fill(f"Gweru {gap_s}")
    assert demo.twice(dialog.get_by_role("button", name="Save in Odoo"), gap_s) == once("customer_update")
    expect(dialog).to_have_count(0)
