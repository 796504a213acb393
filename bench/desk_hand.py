"""A hand on a page: what it clicks, presses, types and scrolls is counted, as `bench/desk_tasks.py` needs it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page

from bench.desk_tables import Table, tables, the_list
from tests.browser.screenshots import DESK, LOOK_EVERY_MS, QUIET_LOOKS, address, settled

#: So long a wait for the page to stand still takes by itself: nobody who works waits for it.
QUIET_S = LOOK_EVERY_MS * QUIET_LOOKS / 1_000
#: How far down everything on the page that scrolls is: (the page, what is inside of it).
SCROLLED = """() => [...document.querySelectorAll("*")].reduce(
  ([page, inside], e) => e.dataset?.testid === "stMain" ? [page + e.scrollTop, inside] : [page, inside + e.scrollTop],
  [0, 0])"""
#: Whether what is focused is the element, or within it.
HAS_FOCUS = "e => e === document.activeElement || e.contains(document.activeElement)"
#: So many times Tab is pressed until something is reached, before it counts as out of reach.
MOST_TABS = 150
#: Chosen by the space bar; everything else is opened by Enter.
BY_SPACE = ("checkbox", "radio", "switch")


class OutOfReachError(Exception):
    """What a task needs is not there, or not without a mouse."""


@dataclass(frozen=True)
class Given:
    """What tasks start from: a file, a customer's telephone number, and their e-mail address."""

    slip: Path
    phone: str
    email: str


@dataclass
class Count:
    """What a task took: `page_px` is what the page itself was scrolled by, `inside_px` what lists and records were."""

    clicks: int = 0
    keys: int = 0
    letters: int = 0
    page_px: int = 0
    inside_px: int = 0
    seconds: float = 0.0


@dataclass
class Hand:
    """Works on a page with a mouse and a keyboard, or (`mouse` False) with the keyboard alone."""

    page: Page
    url: str
    given: Given
    mouse: bool = True
    count: Count = field(default_factory=Count)
    _started: float = field(default_factory=time.perf_counter)
    _waited_s: float = 0.0

    def open(self, path: str) -> None:
        """Go to a page by its address, and count from there."""
        self.page.goto(f"{self.url}/{address(path)}")
        self.still()
        self.begin()

    def begin(self) -> None:
        """Count from here on."""
        self.count, self._started, self._waited_s = Count(), time.perf_counter(), 0.0

    def end(self) -> Count:
        """Return what was counted, with the seconds until now."""
        self.count.seconds = max(0.0, time.perf_counter() - self._started - self._waited_s)
        return self.count

    def still(self) -> None:
        """Wait until the page stands still."""
        settled(self.page)
        self._waited_s += QUIET_S

    def click(self, target: Locator) -> None:
        """Click something once it is there, scrolling to it where it is out of sight."""
        target = target.first
        target.wait_for()
        if self.mouse:
            before = self.page.evaluate(SCROLLED)
            target.scroll_into_view_if_needed()
            self._scrolled(before)
            target.click()
            self.count.clicks += 1
        else:
            self.reach(target)
            self.press("Space" if target.get_attribute("role") in BY_SPACE else "Enter")
        self.still()

    def reach(self, target: Locator) -> None:
        """Press Tab until something has the focus."""
        before = self.page.evaluate(SCROLLED)
        for _ in range(MOST_TABS):
            if target.evaluate(HAS_FOCUS):
                self._scrolled(before)
                return
            self.press("Tab")
        raise OutOfReachError(f"not reached by {MOST_TABS} Tabs: {target}")

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text, delay=30)
        self.count.letters += len(text)

    def write(self, target: Locator, text: str) -> None:
        """Go into a field, unless one is in it already, and type."""
        if not target.first.evaluate(HAS_FOCUS):
            self.click(target) if self.mouse else self.reach(target.first)
        self.type(text)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, "Control+k" being one."""
        for key in keys:
            self.page.keyboard.press(key)
            self.count.keys += 1

    def upload(self, field: Locator, file: Path) -> None:
        """Choose a file: the click on the field, the choice itself being the machine's own window."""
        field.set_input_files(str(file))
        self.count.clicks += 1
        self.still()

    def choose(self, box: Locator, option: str | re.Pattern[str] = "") -> None:
        """Choose from a list that opens: the option that holds the text, or the first."""
        self.click(box)
        options = self.page.get_by_role("option")
        self.click(options.filter(has_text=option) if option else options)

    def row(self, number: int, heading: str) -> None:
        """Open a record by a click on its row in a column; where that opens nothing, by the box before the row."""
        before = self.page.url
        self._to_row(number, heading)
        if self.page.url == before and self.mouse and self.rows().columns[0][0] == "":
            # Who knows the page clicks the box at once.
            self.count.clicks -= 1
            self._to_row(number)
        elif self.page.url == before and not self.mouse:
            self.press("Shift+Space")
            self.still()

    def tick(self, number: int) -> None:
        """Choose a row by the box before it."""
        self._to_row(number)
        if not self.mouse:
            self.press("Shift+Space")
            self.still()

    def rows(self) -> Table:
        """Return the page's list; raises OutOfReachError where there is none."""
        found = the_list(self.page)
        if found is None:
            raise OutOfReachError("the page has no list")
        return found

    def wheel(self, px: int) -> None:
        """Scroll the page, as a mouse's wheel does."""
        before = self.page.evaluate(SCROLLED)
        self.page.get_by_test_id("stMain").evaluate("(e, px) => e.scrollBy(0, px)", px)
        self.still()
        self._scrolled(before)

    def sees(self, *targets: Locator) -> bool:
        """Return whether one of these is on the page."""
        return any(one.count() > 0 and one.first.is_visible() for one in targets)

    def _to_row(self, number: int, heading: str = "") -> None:
        """Click a cell, or go down to its row by the arrow keys, from the head of the table."""
        found = self.rows()
        if not self.mouse:
            grids = self.page.get_by_test_id("stDataFrame")
            self.reach(grids.nth(tables(self.page).index(found)))
            self.press(*["ArrowDown"] * (number + 1))
        else:
            x, y = found.place(number, heading)
            height = (self.page.viewport_size or DESK)["height"]
            if not 0 < y < height - found.row_px:
                self.wheel(round(y - height / 2))
                x, y = self.rows().place(number, heading)
            self.page.mouse.click(x, y)
            self.count.clicks += 1
        self.still()

    def _scrolled(self, before: list[float]) -> None:
        after: list[float] = self.page.evaluate(SCROLLED)
        self.count.page_px += round(abs(after[0] - before[0]))
        self.count.inside_px += round(abs(after[1] - before[1]))
