"""What axe-core finds on every page and in each kind of record, light and dark: nothing serious but Streamlit's own."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.screenshots import PAGES, VIEWS, WALLBOARD, address, open_page, open_record, settled

pytestmark = pytest.mark.browser
MOST_ALLOWED = 10
GRAVE = ("serious", "critical")
#: The rules that the other theme may break.
OF_COLOURS = ("color-contrast", "link-in-text-block")


class Allowed(NamedTuple):
    """A finding that is Streamlit's own: axe-core's rule, and what of Streamlit's it is found in."""

    rule: str
    selector: str
    reason: str


ALLOWED = (
    Allowed(
        "svg-img-alt",
        "[data-testid=stMetric] svg.marks g.mark-symbol",
        "Vega gives the points of a figure's small line a role; they hold nothing, and the line has a name of its own.",
    ),
    Allowed(
        "color-contrast",
        "[data-testid=stBaseButton-primary] p",
        "Streamlit writes white on the accent, whatever it is; on our dark ground no accent can be read itself (4.5 to "
        "1) and carry white: 18 to 1 is less than 4.5 times 4.5.",
    ),
)
#: What Streamlit draws anew (the freshness line, every two seconds) is pale for that moment.
NEVER_PALE = """() => {
  const style = document.createElement("style")
  style.textContent = "[data-stale] { opacity: 1 !important }"
  document.head.append(style)
}"""
#: A script tag would be refused by the content policy. An element behind a shadow root is told by its host.
FINDINGS = """async ([allowed, rules]) => {
  const runOnly = rules.length ? {runOnly: {type: "rule", values: rules}} : {}
  const run = await axe.run(document, {resultTypes: ["violations"], ...runOnly})
  const found = node => document.querySelector([node.target[0]].flat()[0])
  return run.violations.flatMap(one => one.nodes.map(node => ({
    rule: one.id,
    impact: node.impact || one.impact,
    selector: node.target.flat().join(" >>> "),
    html: node.html.slice(0, 200),
    why: (node.any[0] || node.all[0] || node.none[0] || {message: ""}).message,
    allowed: allowed.some(([rule, selector]) => rule === one.id && found(node)?.matches(selector)),
  })))
}"""


def grave(page: Page, *rules: str) -> list[str]:
    """Return what breaks the rules (none given: all) gravely and is not Streamlit's own, a line each."""
    page.evaluate(AXE_SCRIPT)
    allowed = [[one.rule, one.selector] for one in ALLOWED]
    found: list[dict[str, Any]] = page.evaluate(FINDINGS, [allowed, rules])
    return [
        f"{one['rule']} ({one['impact']}): {one['selector']}\n    {one['html']}\n    {one['why']}"
        for one in found
        if one["impact"] in GRAVE and not one["allowed"]
    ]


def both_themes(page: Page) -> list[str]:
    """Return what is found in the light theme, and in the dark one, which changes colours alone."""
    page.evaluate(NEVER_PALE)
    app = page.get_by_test_id("stApp")
    light, found = app.evaluate("e => getComputedStyle(e).backgroundColor"), grave(page)
    page.emulate_media(color_scheme="dark")
    expect(app).not_to_have_css("background-color", light)
    settled(page)
    return [f"light: {line}" for line in found] + [f"dark: {line}" for line in grave(page, *OF_COLOURS)]


def test_few_findings_are_allowed_and_each_says_why() -> None:
    assert len(ALLOWED) <= MOST_ALLOWED
    assert all(one.reason and "st" in one.selector for one in ALLOWED)


@pytest.mark.parametrize("path", PAGES)
def test_a_page(page: Page, demo_url: str, path: str) -> None:
    open_page(page, f"{demo_url}/{address(path)}", PAGES[path])
    assert both_themes(page) == []


def test_the_wallboard(page: Page, demo_url: str) -> None:
    page.goto(f"{demo_url}/{WALLBOARD}")
    settled(page)
    assert both_themes(page) == []


@pytest.mark.parametrize("name", VIEWS)
def test_an_open_record(page: Page, demo_url: str, name: str) -> None:
    open_record(page, demo_url, name)
    assert both_themes(page) == []
