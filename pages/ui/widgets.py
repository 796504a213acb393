"""The controls of filters, one line each: what is chosen is in the address under the control's key.

`options` map codes to words, or are the words themselves; `more` is passed to Streamlit as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar, cast

import streamlit as st

from odoo_client.metrics import labels
from pages.ui.view import TECHNOLOGIES

Choice = TypeVar("Choice")

ALL_CURRENCIES = "All"
#: The first day a date filter takes.
FIRST_DAY = date(2000, 1, 1)


def search(label: str, key: str, placeholder: str, **more: Any) -> str:
    """Draw a search field and return what was typed."""
    text = st.text_input(label, key=key, bind="query-params", type="search", placeholder=placeholder, **more)
    return (text or "").strip()


def several(label: str, options: Iterable[Choice], key: str, placeholder: str, **more: Any) -> tuple[Choice, ...]:
    """Draw a choice of any number of options, with a `placeholder` for none, and return them."""
    return tuple(_shown(st.multiselect, label, options, key, placeholder=placeholder, **more))


def technologies(key: str, **more: Any) -> tuple[str, ...]:
    """Draw the choice of technologies, with "none of them" among these, and return them."""
    offered = {code: labels.technology(code) for code in (*TECHNOLOGIES, "")}
    return several("Technology", offered, key, "All technologies", **more)


def pills(label: str, options: Iterable[Choice], key: str, **more: Any) -> tuple[Choice, ...]:
    """Draw a choice of any number of a few options, all visible, and return them."""
    return tuple(_shown(st.pills, label, options, key, selection_mode="multi", **more))


def one_of(
    label: str, options: Iterable[Choice], key: str, default: Choice, *, wraps: bool = False, **more: Any
) -> Choice:
    """Draw a choice of one of a few options, all visible, and return it.

    `wraps`: it may take a second line on a phone, where a segmented control hides what does not fit.
    """
    draw = st.pills if wraps else st.segmented_control
    return _shown(draw, label, options, key, default=default, required=True, **more) or default


def selected(label: str, options: Iterable[Choice], key: str, **more: Any) -> Choice:
    """Draw a list to unfold and return the option chosen."""
    return cast(Choice, _shown(st.selectbox, label, options, key, **more))


def currency(codes: Mapping[str, int], key: str, **more: Any) -> int:
    """Draw the choice of currency and return its id, 0 for all."""
    return codes.get(one_of("Currency", [ALL_CURRENCIES, *codes], key, ALL_CURRENCIES, **more), 0)


def day(label: str, key: str, last: date, **more: Any) -> date | None:
    """Draw a day up to `last` and return it, None while none is chosen.

    It starts without a day: today as a default would be left out of the address and so move on every day.
    """
    options: dict[str, Any] = {"min_value": FIRST_DAY, "max_value": last, "format": "DD/MM/YYYY", **more}
    chosen = st.date_input(label, value=None, key=key, bind="query-params", **options)
    return chosen if isinstance(chosen, date) else None


def _shown(draw: Callable[..., Any], label: str, options: Iterable[Any], key: str, **more: Any) -> Any:
    return draw(label, list(options), format_func=_words(options), key=key, bind="query-params", **more)


def _words(options: Iterable[Any]) -> Callable[[Any], str]:
    return (lambda value: str(options.get(value, value))) if isinstance(options, Mapping) else str
