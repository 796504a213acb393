"""Filters whose values live in the address bar, so that a link somebody sends opens the same view.

A filter at its default is left out of the address. Each page has its own keys, so that a filter never hides rows on a
page where it cannot be seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from odoo_client.metrics import labels
from odoo_client.metrics.policy import AgeingPolicy
from pages.ui import formats, widgets
from pages.ui import view as data
from pages.ui.session import access

FILTER_WIDTH_PX = 165
BASES: Mapping[data.Basis, str] = {"due_date": "Due date", "invoice_date": "Invoice date"}
SORTS: Mapping[str, str] = {
    "net_to_chase": "Net to chase",
    "overdue": "Overdue",
    "oldest_days": "Oldest days",
    "customer": "Customer",
}
#: The column of what is owed in the buckets and technologies chosen; it exists only where some are chosen.
CHOSEN = "chosen"
MONTH_SPANS = (6, 12, 24)


@dataclass(frozen=True)
class ArrearsFilters:
    """What the Arrears page shows; empty tuples and texts keep everything."""

    as_of: date
    basis: data.Basis
    currency_id: int
    buckets: tuple[str, ...]
    technologies: tuple[str, ...]
    cities: tuple[str, ...]
    text: str
    in_one: bool
    sort: str

    @property
    def chooses(self) -> bool:
        """Whether customers are chosen by what they owe in buckets or for technologies."""
        return bool(self.buckets or self.technologies)


def chosen_words(filters: ArrearsFilters, policy: AgeingPolicy) -> str:
    """Return the buckets and technologies that customers are chosen by, as a heading names them."""
    technologies = formats.listed(labels.technology(key) for key in filters.technologies)
    buckets = formats.listed(policy.label(key) for key in filters.buckets)
    return ", ".join(filter(None, [technologies, buckets]))


def sorts(filters: ArrearsFilters, policy: AgeingPolicy) -> dict[str, str]:
    """Return what customers can be sorted by, including what was chosen, where something is."""
    part = {CHOSEN: chosen_words(filters, policy)} if filters.chooses else {}
    return {**SORTS, **part}


def personal_words() -> list[str]:
    """Return by which of a customer's personal data the person may search."""
    seen = access.current().personal
    return [word for kind, word in (("phone", "phone"), ("email", "e-mail")) if kind in seen]


def arrears_filters(view: data.View, currency_ids: Collection[int], cities: Sequence[str]) -> ArrearsFilters:
    """Draw the filters of the Arrears page and return their values; `currency_ids` are those with open lines."""
    codes = {view.code(currency_id): int(currency_id) for currency_id in currency_ids}
    known = ["Name", *personal_words(), "invoice"]
    with st.grid(4, min_column_width=FILTER_WIDTH_PX, gap="xsmall"):
        text = widgets.search("Customer", "q", ", ".join(known))
        as_of = st.date_input(
            "As of",
            value=view.today,
            max_value=view.today,
            key="as_of",
            bind="query-params",
            format="DD/MM/YYYY",
            help="The ledger as it stood at the end of that day: later payments are added back.",
        )
        chosen_cities = widgets.several("City", cities, "city", "All cities")
        technologies = widgets.technologies("technology")
    policy = data.policy_of(view, _basis_chosen())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        currency_id = widgets.currency(codes, "currency")
        basis = widgets.one_of("Aged by", BASES, "basis", "due_date")
        in_one = st.toggle(
            f"Show in {view.reporting_code}",
            key="converted",
            bind="query-params",
            help="Each balance at Odoo's rate of the as-of date, which is printed. Off: nothing is converted.",
        )
    buckets = widgets.pills("Bucket", {key: policy.label(key) for key in policy.bucket_keys}, "bucket")
    return ArrearsFilters(
        as_of=as_of if isinstance(as_of, date) else view.today,
        basis=basis,
        currency_id=currency_id,
        buckets=buckets,
        technologies=technologies,
        cities=chosen_cities,
        text=text,
        in_one=bool(in_one),
        sort=st.session_state.get("sort", "net_to_chase"),
    )


def _basis_chosen() -> data.Basis:
    return "invoice_date" if st.session_state.get("basis") == "invoice_date" else "due_date"


def described(view: data.View, filters: ArrearsFilters, policy: AgeingPolicy) -> dict[str, str]:
    """Return the filters that narrow the Arrears page, name to value, for "Explain", exports and empty states."""
    words = {
        "Company": view.company_words,
        "Currency": view.code(filters.currency_id) if filters.currency_id else "",
        "Bucket": formats.listed(policy.label(key) for key in filters.buckets),
        "Technology": formats.listed(labels.technology(key) for key in filters.technologies),
        "City": formats.listed(filters.cities),
        "Customer": filters.text,
    }
    return {name: value for name, value in words.items() if value}


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
