"""How near people are to what they come for, in a real Chromium on the demo: `python bench/desk.py`.

Measured for each page at three sizes: where the first row of its list begins, how many rows are in sight, and how far
the page scrolls; and all of it again in a hard world (`bench/desk_world.py`), where the figures are stale, a warning
stands, two companies bill in two currencies, and names are as long as they get. Then people's tasks are done
(`bench/desk_tasks.py`), with clicks, keys, pixels scrolled and seconds counted. The goals are in `GOALS`; a page
without a goal must be no worse than it was before (`bench/desk_before.py`). Ends non-zero where one is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, ViewportSize

from bench import desk_tasks
from bench.browser import Server, served
from bench.desk_before import BEFORE, Seen
from bench.desk_tables import page_scroll, the_list
from bench.desk_world import WORLD
from tests.browser import screenshots
from tests.browser.screenshots import PAGES, address, chromium, open_page

SIZES: Mapping[str, ViewportSize] = {
    "1280×900": {"width": 1280, "height": 900},
    "1920×1080": {"width": 1920, "height": 1080},
    "380×800": {"width": 380, "height": 800},
}
PHONE = "380×800"
#: Settings of each world; figures become stale in the hard one once they are a minute old.
STALE_S = 60
WORLDS: Mapping[str, Mapping[str, str]] = {"plain": {}, "hard": {WORLD: "hard", "STALE_AFTER_S": str(STALE_S)}}
#: By so much a page without a goal may differ from before: a line of text is five times as high.
SLACK_PX = 4


class Goal(NamedTuple):
    """What a list must keep at a size: where its first row begins at most, and the rows in sight at least."""

    y: int | None = None
    rows: int = 0


#: In both worlds. A list with fewer rows than the goal has to show them all.
GOAL = {"1280×900": Goal(400, 14), "1920×1080": Goal(None, 20), PHONE: Goal(640)}
GOALS: Mapping[str, Mapping[str, Goal]] = {"arrears": GOAL, "payments": GOAL, "tickets": GOAL}
#: Columns that a phone shows whole: (who or what it is, how much or how long), as patterns of their headings.
WHOLE: Mapping[str, tuple[str, str]] = {
    "arrears": ("^Customer", "^(Net to chase|To chase|Overdue)"),
    "payments": ("^(Customer|Payer)", "^Amount"),
    "tickets": ("^(Subject|Customer)", "^(Waited|Waiting|Without an answer)"),
}


class Look(NamedTuple):
    """A page at a size in a world, `seen` as it is now; `cut` names what of a row is not whole on a phone."""

    world: str
    path: str
    size: str
    seen: Seen
    rows: int
    cut: tuple[str, ...] = ()

    def misses(self) -> list[str]:
        """Return a sentence for each goal it misses."""
        where = f"{PAGES[self.path]} at {self.size}, {self.world} world"
        if self.path in GOALS:
            return [f"{where}: {told}" for told in self._over_goal(GOALS[self.path][self.size])]
        before = BEFORE.get(self.world, {}).get(self.path, {}).get(self.size)
        return [] if before is None else [f"{where}: {told}" for told in self._worse(before)]

    def _over_goal(self, goal: Goal) -> Iterable[str]:
        if self.seen.y is None:
            yield "no list"
            return
        if goal.y is not None and self.seen.y > goal.y:
            yield f"the first row begins at {self.seen.y}, goal {goal.y}"
        if self.seen.rows < min(goal.rows, self.rows):
            yield f"{self.seen.rows} rows in sight, goal {goal.rows}"
        yield from (f"the column {heading} is not whole" for heading in self.cut)

    def _worse(self, before: Seen) -> Iterable[str]:
        if before.y is not None:
            if self.seen.y is None:
                yield "its list is gone"
                return
            if self.seen.y > before.y + SLACK_PX:
                yield f"the first row begins at {self.seen.y}, before at {before.y}"
            if self.seen.rows < min(before.rows, self.rows):
                yield f"{self.seen.rows} rows in sight, before {before.rows}"
        if self.seen.scroll > before.scroll + SLACK_PX:
            yield f"the page scrolls {self.seen.scroll} px, before {before.scroll}"


def looked_at(browser: Browser, server: Server, world: str, paths: Iterable[str]) -> Iterable[Look]:
    """Open each page at each size and yield what is seen before anybody touches anything."""
    for size, window in SIZES.items():
        context = browser.new_context(viewport=window)
        page = context.new_page()
        for path in paths:
            open_page(page, f"{server.url}/{address(path)}", PAGES[path])
            found = the_list(page)
            if found is None:
                yield Look(world, path, size, Seen(None, 0, page_scroll(page)), 0)
                continue
            seen = Seen(round(found.first_row_y), found.rows_in_sight(window["height"]), page_scroll(page))
            wanted = WHOLE.get(path, ()) if size == PHONE else ()
            cut = tuple(heading for heading in wanted if not found.is_whole(heading, window["width"]))
            yield Look(world, path, size, seen, found.rows, cut)
        context.close()


def told(looks: Iterable[Look]) -> list[str]:
    """Print a line a look as it comes; return what they miss."""
    missed: list[str] = []
    print(f"{'world':<7}{'page':<11}{'size':<11}{'first row y':>12}{'rows in sight':>15}{'page scroll':>13}")
    for look in looks:
        misses = look.misses()
        y = "no table" if look.seen.y is None else str(look.seen.y)
        rows = f"{look.seen.rows} of {look.rows}"
        told = f"{look.world:<7}{PAGES[look.path]:<11}{look.size:<11}{y:>12}{rows:>15}{look.seen.scroll:>13}"
        print(told, "  OVER" if misses else "", sep="", flush=True)
        missed += misses
    return missed


def kept(looks: Iterable[Look], worst: dict[str, dict[str, dict[str, Seen]]]) -> Iterable[Look]:
    """Hand the looks on and keep the worst of each in `worst`."""
    for look in looks:
        of_page = worst.setdefault(look.world, {}).setdefault(look.path, {})
        of_page[look.size] = of_page.get(look.size, look.seen).worse(look.seen)
        yield look


def main(paths: list[str], rounds: int, worlds: list[str], tasks: list[str]) -> int:
    """Measure, print, and return 1 where a goal is missed."""
    missed: list[str] = []
    worst: dict[str, dict[str, dict[str, Seen]]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-desk-") as folder, chromium() as browser:
        for world in worlds:
            with served("bench.desk_world", Path(folder) / world, **WORLDS[world]) as server:
                if world == "hard":
                    time.sleep(STALE_S)
                for _ in range(rounds):
                    missed += told(kept(looked_at(browser, server, world, paths), worst))
        if tasks:
            missed += desk_tasks.done(browser, Path(folder) / "tasks", tasks)
    if rounds > 1:
        print("the worst of each, as bench/desk_before.py has it:")
        for world, pages in worst.items():
            for path, sizes in pages.items():
                print(f'    "{path}": of({", ".join(str(tuple(seen)) for seen in sizes.values())}),  # {world}')
    for sentence in dict.fromkeys(missed):
        print(f"OVER THE LIMIT: {sentence}")
    return 1 if missed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=1, help="how often each page is looked at; 0: not at all")
    parser.add_argument("--page", action="append", choices=list(PAGES), help="this page alone; may be repeated")
    parser.add_argument("--world", action="append", choices=list(WORLDS), help="this world alone")
    parser.add_argument("--task", action="append", choices=list(desk_tasks.TASKS), help="this task alone")
    parser.add_argument("--no-tasks", action="store_true", help="pages alone")
    given = parser.parse_args()
    screenshots.SETTLE_S = 300  # a busy machine is no failure
    sys.exit(
        main(
            given.page or list(PAGES),
            max(0, given.rounds),
            (given.world or list(WORLDS)) if given.rounds > 0 else [],
            [] if given.no_tasks else given.task or list(desk_tasks.TASKS),
        )
    )
