"""Every filter of every page once, and every address: whatever stands in it, a page answers with a sentence at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest, element_tree

from tests.app.conftest import PAGES, TODAY, Stage, ago
from tests.app.test_pages import EVERY_PAGE, assert_clean
from tests.app.whole_books import whole

TEXTS = ("o", "zzz", "(", "<b>x</b>", "' or 1=1", "٣", "")
#: Records and views that the address names without a widget.
RECORDS = {
    "overview.py": ("rows",),
    "customers.py": ("customer", "section"),
    "arrears.py": ("customer",),
    "tickets.py": ("ticket", "wall"),
    "orders.py": ("order",),
    "products.py": ("product",),
}
GARBAGE = ("zzz", "-1", "99999999999999999999", "<script>alert(1)</script>", "2026-13-45", "٣", "")


class Label(str):
    """A choice by the words on screen, as a person picks it, whatever value the page has for it."""

    __slots__ = ()


@pytest.fixture
def full(stage: Stage, live_patch: pytest.MonkeyPatch) -> Stage:
    """A stage with books that have rows for every page; choices may be made by their words."""
    known = element_tree._format_value_for_widget

    def written(write: Callable[[Any], str], value: Any) -> str:
        return str(value) if isinstance(value, Label) else known(write, value)

    live_patch.setattr(element_tree, "_format_value_for_widget", written)
    stage.show(whole())
    return stage


def keyed(visit: AppTest) -> dict[str, Any]:
    """Return the filters on a page by key: what holds a value, buttons and tables apart."""
    kinds = ("text_input", "multiselect", "selectbox", "button_group", "toggle", "checkbox", "date_input", "radio")
    found = {}
    for kind in kinds:
        for widget in visit.get(kind):
            if getattr(widget, "key", None):
                found[widget.key] = widget
    return found


def values_of(widget: Any) -> Iterator[Any]:
    """Return values of each sort a widget can take."""
    if widget.type == "text_input":
        yield from TEXTS
    elif widget.type == "date_input":
        yield from (day for day in (TODAY, ago(1), ago(40), ago(400)) if widget.min <= day <= widget.max)
    elif widget.type in ("toggle", "checkbox"):
        yield not widget.value
    else:
        options = [Label(option) for option in widget.options]
        many = isinstance(widget.value, list)
        yield from ([one] for one in options) if many else options
        if many and len(options) > 1:
            yield options


def words(widget: Any, value: Any) -> Any:
    """Return a value as it stands on screen."""
    if not hasattr(widget, "options"):
        return value
    write = widget.format_func
    return [written(write, one) for one in value] if isinstance(value, list) else written(write, value)


def written(write: Callable[[Any], str], value: Any) -> str:
    """Return the words for one value."""
    return element_tree._format_value_for_widget(write, value)


@EVERY_PAGE
def test_every_filter_once_and_no_page_breaks(full: Stage, page: str) -> None:
    visit = full.open(page)
    keys = [key for key, widget in keyed(visit).items() if not getattr(widget, "disabled", False)]
    assert keys
    for key in keys:
        was = keyed(visit)[key].value
        for value in values_of(keyed(visit)[key]):
            asked = words(keyed(visit)[key], value)
            visit = keyed(visit)[key].set_value(value).run()
            assert not visit.exception, (key, value)
            assert visit.title[0].value == PAGES[page], (key, value)
            assert_clean(visit)
            if key not in keyed(visit):
                break  # its choice went with it: the strip of the Overview has a new key for other rows
            assert words(keyed(visit)[key], keyed(visit)[key].value) == asked, key
        if key in keyed(visit):
            keyed(visit)[key].set_value(was).run()


@pytest.fixture(scope="module")
def drawn() -> dict[str, dict[str, str]]:
    """The kinds of the filters on each page by key, as they are looked up."""
    return {}


def filters(full: Stage, page: str, drawn: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return the kind of each filter on a page with the full books, by key; each page is drawn for it once."""
    if page not in drawn:
        drawn[page] = {key: widget.type for key, widget in keyed(full.open(page)).items()}
    return drawn[page]


def parameters(full: Stage, page: str, drawn: dict[str, dict[str, str]]) -> list[str]:
    """Return every name an address of the page may hold."""
    return [*filters(full, page, drawn), *RECORDS.get(page, ()), "page", "nobody_knows_this"]


@EVERY_PAGE
@pytest.mark.parametrize("value", GARBAGE)
def test_whatever_stands_in_the_address_the_page_answers(
    full: Stage, drawn: dict[str, dict[str, str]], page: str, value: str
) -> None:
    names = parameters(full, page, drawn)
    visit = full.open(page, **dict.fromkeys(names, value))
    assert not visit.exception
    assert visit.title
    assert_clean(visit)


@EVERY_PAGE
def test_each_single_parameter_with_a_value_that_is_gone(
    full: Stage, drawn: dict[str, dict[str, str]], page: str
) -> None:
    for name in parameters(full, page, drawn):
        visit = full.open(page, **{name: "no longer there"})
        assert not visit.exception, name
        assert visit.title, name


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2200, 1, 1)])
@EVERY_PAGE
def test_days_out_of_range_are_no_error(full: Stage, drawn: dict[str, dict[str, str]], page: str, day: date) -> None:
    dates = [key for key, kind in filters(full, page, drawn).items() if kind == "date_input"]
    opened = full.open(page, **dict.fromkeys([*dates, "as_of", "bill_from", "bill_to"], f"{day}"))
    assert not opened.exception
    assert opened.title[0].value == PAGES[page]
