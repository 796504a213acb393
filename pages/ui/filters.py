"""Filters whose values live in the address bar, so that a link somebody sends opens the same view.

A filter at its default is left out of the address. Each page has its own keys, so that a filter never hides rows on a
page where it cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from odoo_client.metrics import labels
from pages.ui import formats, widgets
from pages.ui import view as data
from pages.ui.session import access

FILTER_WIDTH_PX = 165
MONTH_SPANS = (6, 12, 24)


def personal_words() -> list[str]:
    """Return by which of a customer's personal data the person may search."""
    seen = access.current().personal
    return [word for kind, word in (("phone", "phone"), ("email", "e-mail")) if kind in seen]


@dataclass(frozen=True)
class ServiceFilters:
    """What the list of services shows; empty tuples and texts keep everything."""

    technologies: tuple[str, ...]
    statuses: tuple[str, ...]
    cities: tuple[str, ...]
    text: str


def service_filters(cities: Sequence[str]) -> ServiceFilters:
    """Draw the filters of the list of services and return their values."""
    known = " or ".join(["Name", *personal_words()])
    with st.grid(4, min_column_width=FILTER_WIDTH_PX, gap="xsmall"):
        text = widgets.search("Customer or service", "service_q", known)
        technologies = widgets.several(
            "Technology",
            {key: labels.technology(key) for key in data.TECHNOLOGIES},
            "service_technology",
            "All technologies",
        )
        statuses = widgets.several(
            "Status", labels.SERVICE_STATUSES, "service_status", "All statuses", default=["active"]
        )
        chosen_cities = widgets.several("City", cities, "service_city", "All cities")
    return ServiceFilters(technologies, statuses, chosen_cities, text)


def months_shown() -> int:
    """Draw the choice of months for the charts and return it."""
    span: int = widgets.one_of("Months", {months: f"{months} months" for months in MONTH_SPANS}, "months", 12)
    return span if span in MONTH_SPANS else 12


def not_taken(*known: tuple[str, str, Iterable[str]]) -> list[str]:
    """Return a sentence for each filter (key, name, options) whose value in the address is no option, or no longer one.

    Where one of several values is left out, no more is shown than was asked for: hence "may".
    """
    notes = []
    for key, name, options in known:
        words = list(options)
        if gone := [value for value in st.query_params.get_all(key) if value and value not in words]:
            notes.append(
                f"The address asks for {name} {formats.listed(gone)}, which does not exist here (any more). It is left "
                "out, so more may be shown than was asked for."
            )
    return notes


def days_not_taken(last_day: date, from_key: str, to_key: str) -> list[str]:
    """Return a sentence for each day in the address that is not between `widgets.FIRST_DAY` and `last_day`."""
    notes = []
    for key, name in ((from_key, "From"), (to_key, "To")):
        for value in filter(None, st.query_params.get_all(key)):
            try:
                taken = widgets.FIRST_DAY <= date.fromisoformat(value) <= last_day
            except ValueError:
                taken = False
            if not taken:
                notes.append(
                    f"The address asks for {name} {value}, which is not a day from {formats.day(widgets.FIRST_DAY)} to "
                    f"{formats.day(last_day)}. It is left out."
                )
    return notes


def cleared(values: Mapping[str, Mapping[str, object]], names: Iterable[str]) -> dict[str, object]:
    """Return the widget values that clear the filters named; `values` has those of each filter of the page."""
    return {key: value for name in names for key, value in values[name].items()}
