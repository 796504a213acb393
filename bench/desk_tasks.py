"""What people do all day on the demo, each as a function of a `Hand`, with the clicks and keys it may take.

What counts begins where the task says `hand.begin()`: after the row, for what is done with a record. What somebody has
entered is looked up in the demo's outbox. A new layout needs other locators here, and nothing else.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Browser, expect
from playwright.sync_api import Error as PlaywrightError

from bench.browser import served
from bench.desk_hand import Count, Given, Hand, OutOfReachError
from odoo_client.demo import DemoServer
from tests.browser.screenshots import DESK

WINDOW = DESK
#: So long something a task needs may take to come; on a page that does not have it, that is lost.
PATIENCE_MS = 30_000
ENTERED_S = 60.0
PROOFS = 10


class Limit(NamedTuple):
    """What a task may take with a mouse; None: it does not matter. Letters typed are no keys."""

    clicks: int | None = None
    keys: int | None = None
    page_px: int | None = None


class Task(NamedTuple):
    """A task: what it is, what it may take, the entries it leaves (their kind and number), and how it is done."""

    title: str
    limit: Limit
    kind: str
    entries: int
    do: Callable[[Hand], None]


class Deeds:
    """The outbox of the demo whose temporary files are under `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def done(self, after: int = 0) -> list[tuple[int, str]]:
        """Return (number, kind) of what was entered after that number and is done in Odoo."""
        query = "SELECT number, kind FROM entries WHERE number > ? AND state = 'done' ORDER BY number"
        (path,) = self.folder.glob("afinet-demo-*/outbox.sqlite3")
        with closing(sqlite3.connect(path)) as base:
            return list(base.execute(query, (after,)))

    def expect(self, after: int, kind: str, entries: int) -> None:
        """Wait until so many entries of a kind are done. Raises OutOfReachError when they are not."""
        deadline = time.monotonic() + ENTERED_S
        while len(found := [one for _number, one in self.done(after) if re.fullmatch(kind, one)]) < entries:
            if time.monotonic() > deadline:
                raise OutOfReachError(f"entered {len(found)} of {entries}: {kind}")
            time.sleep(0.2)


def exact(*names: str) -> re.Pattern[str]:
    """Return a pattern of these names: an icon's name may stand before one."""
    return re.compile(rf"(^|\s)({'|'.join(names)})$")


def find_customer(hand: Hand) -> None:
    """Open a customer by a part of their name, from any page."""
    hand.open("tickets")
    hand.press("Control+k")
    field = hand.page.get_by_role("combobox", name="Search everything")
    expect(field).to_be_focused(timeout=PATIENCE_MS)
    hand.type("Moyo")
    expect(hand.page.get_by_role("option").first).to_be_visible(timeout=PATIENCE_MS)
    hand.press("Enter")
    hand.page.wait_for_url(re.compile("customer="), timeout=PATIENCE_MS)


def log_call(hand: Hand) -> None:
    """Log a call with who owes most over 90 days."""
    hand.open("arrears?bucket=Over+120+days")
    hand.row(0, "^Customer")
    hand.begin()
    hand.write(hand.page.get_by_role("textbox", name="What was said"), "They will pay on Friday")
    hand.press("Control+Enter")
    hand.still()
    hand.click(hand.page.get_by_role("button", name=exact("Log call")).last)


def promise(hand: Hand) -> None:
    """Log a promise to pay of a customer in the list."""
    hand.open("arrears")
    hand.row(1, "^Customer")
    hand.begin()
    amount = hand.page.get_by_role("spinbutton", name="Amount")
    if not hand.sees(amount):
        hand.click(hand.page.locator("summary").filter(has_text="Promise to pay"))
        amount.first.wait_for()
    if not amount.first.input_value():
        hand.write(amount, "12")
        hand.press("Tab")
        hand.still()
    # The first one is the day to call again.
    tomorrow = hand.page.get_by_test_id("stExpander").get_by_text("Tomorrow", exact=True)
    hand.click(tomorrow)
    hand.click(hand.page.get_by_role("button", name=exact("Log promise")))


def pick_day(hand: Hand) -> None:
    """Choose the day that the calendar of the page's last field of a day opens at."""
    days = hand.page.get_by_role("dialog").get_by_test_id("stDateInputField")
    hand.click((days if days.count() else hand.page.get_by_test_id("stDateInputField")).last)
    hand.press("Alt+ArrowDown", "Enter")
    hand.still()


def enter_proof(hand: Hand) -> None:
    """Enter a customer's proof of payment."""
    hand.open("payments?payments_show=Enter+a+proof")
    hand.upload(hand.page.locator("input[type=file]").first, hand.given.slip)
    hand.write(hand.page.get_by_role("searchbox", name="Customer"), hand.given.email)
    hand.press("Enter")
    hand.still()
    hand.write(hand.page.get_by_role("spinbutton", name="Amount"), "12")
    hand.press("Tab")
    hand.still()
    pick_day(hand)
    hand.click(hand.page.get_by_role("button", name=exact("Send for approval")))


def decide_proofs(hand: Hand) -> None:
    """Decide ten proofs one after the other: approve what may be approved, ask about the others."""
    hand.open("payments")
    buttons = hand.page.get_by_role("button", name=re.compile(r"(^|\s)(Approve|Reject)\b"))
    approve = hand.page.get_by_role("button", name=exact("Approve", "Approve and next")).last
    for _ in range(PROOFS):
        if not hand.sees(buttons):  # else the next one is open already
            hand.row(0, "^(Customer|Payer)")
        buttons.first.wait_for()
        if hand.sees(approve) and approve.is_enabled():
            hand.click(approve)
            confirm(hand, "Approve")
            continue
        hand.click(hand.page.get_by_role("button", name=exact("Reject", "Reject and next")))
        hand.write(hand.page.get_by_role("textbox", name="Reason"), "Not on the statement")
        hand.press("Control+Enter")
        hand.still()
        confirm(hand, "Reject")


def confirm(hand: Hand, deed: str) -> None:
    """Say yes where a dialog asks whether one is sure."""
    sure = hand.page.get_by_role("dialog").get_by_role("button", name=re.compile(rf"(^|\s){deed}"))
    if hand.sees(sure):
        hand.click(sure)


def answer_ticket(hand: Hand) -> None:
    """Answer the customer who has waited longest; the first ticket of the demo has no customer to write to."""
    hand.open("tickets")
    hand.row(1, "^(Subject|Number)")
    hand.begin()
    hand.write(hand.page.get_by_role("textbox", name="Answer"), "We are looking into it")
    sure = hand.page.get_by_text("Send this to the customer")
    if hand.sees(sure):
        hand.click(sure)
    hand.click(hand.page.get_by_role("button", name=exact("Send")))


def new_ticket(hand: Hand) -> None:
    """Make a ticket for who is on the telephone, by their number."""
    hand.open("tickets")
    hand.click(hand.page.get_by_role("button", name=exact("New ticket")))
    dialog = hand.page.get_by_role("dialog")
    hand.write(dialog.get_by_role("searchbox", name="Customer"), hand.given.phone)
    hand.press("Enter")
    hand.still()
    which = dialog.get_by_role("combobox", name=re.compile("Which one"))
    if hand.sees(which):
        hand.choose(which)
    hand.write(dialog.get_by_role("textbox", name="Subject"), "Slow line")
    hand.press("Tab")
    hand.still()
    team = dialog.get_by_role("combobox", name=re.compile("^Team|^Project|Choose a"))
    if hand.sees(team) and not team.first.input_value():
        hand.choose(team)
    hand.click(dialog.get_by_role("button", name=exact("Create ticket")))


def assign_tickets(hand: Hand) -> None:
    """Give three tickets to somebody at once."""
    hand.open("tickets")
    for row in range(3):
        hand.tick(row)
    to_me = hand.page.get_by_role("button", name=exact("Assign to me", "Assign"))
    if hand.sees(to_me):
        hand.click(to_me)
    else:  # the demo's person is nobody in Odoo
        hand.choose(hand.page.get_by_role("combobox", name="Assign to"), "Edmore")
    confirm(hand, "Assign")


TASKS: Mapping[str, Task] = {
    "find": Task("customer by part of a name", Limit(clicks=0, keys=2), "", 0, find_customer),
    "call": Task("who owes most over 90 days: call", Limit(clicks=3), "activity", 1, log_call),
    "promise": Task("promise", Limit(clicks=4), "activity", 1, promise),
    "proof": Task("proof entered", Limit(clicks=6), "payment_proof", 1, enter_proof),
    "decide": Task(
        "ten proofs decided", Limit(clicks=25, page_px=0), "payment_(approve|reject)", PROOFS, decide_proofs
    ),
    "answer": Task("ticket waiting longest: answer", Limit(clicks=3), "ticket_update", 1, answer_ticket),
    "ticket": Task("new ticket by phone number", Limit(clicks=4), "ticket_create", 1, new_ticket),
    "assign": Task("three tickets assigned at once", Limit(clicks=5), "ticket_update", 3, assign_tickets),
}


def given_by_demo(folder: Path) -> Given:
    """Return what the tasks start from: a file, and a telephone number that one customer of the demo has."""
    slip = folder / "slip.png"
    Image.new("RGB", (300, 240), "white").save(slip)
    partners = DemoServer().orm.tables["res.partner"].values()
    numbers = Counter(str(row.get("phone")) for row in partners)
    found = (row for row in partners if all(row.get(key) for key in ("phone", "active", "email")))
    one = next(row for row in found if numbers[str(row["phone"])] == 1 and not row.get("is_company"))
    return Given(slip, str(one["phone"]), str(one["email"]))


def over(task: Task, count: Count) -> list[str]:
    """Return a sentence for each limit that a task done with a mouse is over."""
    pairs = (
        ("clicks", task.limit.clicks, count.clicks),
        ("keys", task.limit.keys, count.keys),
        ("px of page scroll", task.limit.page_px, count.page_px),
    )
    return [f"{taken} {what}, limit {most}" for what, most, taken in pairs if most is not None and taken > most]


def try_one(browser: Browser, url: str, deeds: Deeds, task: Task, given: Given, mouse: bool) -> Count | str:
    """Do a task in a browser of its own; return what it took, or why it cannot be done."""
    context = browser.new_context(viewport=WINDOW)
    context.set_default_timeout(PATIENCE_MS)
    known = max((number for number, _kind in deeds.done()), default=0)
    hand = Hand(context.new_page(), url, given, mouse)
    try:
        task.do(hand)
        count = hand.end()
        deeds.expect(known, task.kind, task.entries)
        return count
    except (PlaywrightError, AssertionError, LookupError, OutOfReachError) as exc:
        lines = [line.strip(" -") for line in str(exc).splitlines()]
        return next((line for line in lines if line.startswith("waiting for")), lines[0])
    finally:
        context.close()


def done(browser: Browser, folder: Path, names: list[str]) -> list[str]:
    """Do the tasks with a mouse and without, print what each took, and return what is missed."""
    missed: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    given = given_by_demo(folder)
    print(f"{'task':<36}{'by':<10}{'clicks':>7}{'keys':>6}{'letters':>9}{'page px':>9}{'inside px':>11}{'s':>7}")
    for mouse in (True, False):
        by = "mouse" if mouse else "keyboard"
        own = folder / by
        own.mkdir()
        # What the demo keeps, its outbox among it, is in the folder for temporary files.
        with served("bench.desk_world", own, TMPDIR=str(own)) as server:
            for task in (TASKS[name] for name in names):
                took = try_one(browser, server.url, Deeds(own), task, given, mouse)
                missed += [f"{task.title}, by {by}: {told}" for told in _line(task, by, took)]
    return missed


def _line(task: Task, by: str, took: Count | str) -> list[str]:
    """Print a line of the table and return what it misses."""
    if isinstance(took, str):
        print(f"{task.title:<36}{by:<10}cannot be done: {took[:90]}", flush=True)
        return [f"cannot be done: {took}"]
    misses = over(task, took) if by == "mouse" else []
    figures = f"{took.clicks:>7}{took.keys:>6}{took.letters:>9}{took.page_px:>9}{took.inside_px:>11}"
    print(f"{task.title:<36}{by:<10}{figures}{took.seconds:>7.1f}{'  OVER' if misses else ''}", flush=True)
    return misses
