"""Filters whose values live in the address bar: the link somebody sends opens the same view.

A filter at its default is left out of the address. Each page's keys are its own, so that a filter never hides rows on a
page where it cannot be seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from odoo_client.metrics import labels
from odoo_client.metrics.policy import AgeingPolicy
from pages.ui import formats
from pages.ui import view as data
from pages.ui.session import access

FILTER_WIDTH_PX = 165
ALL_CURRENCIES = "All"
#: The first day a date filter takes.
FIRST_DAY = date(2000, 1, 1)
BASES: Mapping[data.Basis, str] = {"due_date": "Due date", "invoice_date": "Invoice date"}
SORTS: Mapping[str, str] = {
    "net_to_chase": "Net to chase",
    "overdue": "Overdue",
    "oldest_days": "Oldest days",
    "customer": "Customer",
}
#: The column of what is owed in the buckets and technologies chosen; there only where some are.
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
    technologies = formats.listed(technology_name(key) for key in filters.technologies)
    buckets = formats.listed(policy.label(key) for key in filters.buckets)
    return ", ".join(filter(None, [technologies, buckets]))


def sorts(filters: ArrearsFilters, policy: AgeingPolicy) -> dict[str, str]:
    """Return what the customers may be sorted by: what was chosen too, where something is."""
    part = {CHOSEN: chosen_words(filters, policy)} if filters.chooses else {}
    return {**SORTS, **part}


def personal_words() -> list[str]:
    """Return what of a customer's personal data the person may search by."""
    seen = access.current().personal
    return [word for kind, word in (("phone", "phone"), ("email", "e-mail")) if kind in seen]


def arrears_filters(view: data.View, currency_ids: Collection[int], cities: Sequence[str]) -> ArrearsFilters:
    """Draw the filters of the Arrears page and return their values; `currency_ids` are those with open lines."""
    codes = {view.code(currency_id): int(currency_id) for currency_id in currency_ids}
    known = ["Name", *personal_words(), "invoice"]
    with st.grid(4, min_column_width=FILTER_WIDTH_PX, gap="xsmall"):
        text = st.text_input("Customer", key="q", bind="query-params", type="search", placeholder=", ".join(known))
        as_of = st.date_input(
            "As of",
            value=view.today,
            max_value=view.today,
            key="as_of",
            bind="query-params",
            format="DD/MM/YYYY",
            help="The ledger as it stood at the end of that day: later payments are added back.",
        )
        city = st.multiselect("City", cities, key="city", bind="query-params", placeholder="All cities")
        technology = st.multiselect(
            "Technology",
            [*data.TECHNOLOGIES, ""],
            format_func=technology_name,
            key="technology",
            bind="query-params",
            placeholder="All technologies",
        )
    policy = data.policy_of(view, _basis_chosen())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        currency = st.segmented_control(
            "Currency",
            [ALL_CURRENCIES, *codes],
            default=ALL_CURRENCIES,
            required=True,
            key="currency",
            bind="query-params",
        )
        basis = st.segmented_control(
            "Aged by",
            list(BASES),
            format_func=BASES.__getitem__,
            default="due_date",
            required=True,
            key="basis",
            bind="query-params",
        )
        in_one = st.toggle(
            f"Show in {view.reporting_code}",
            key="converted",
            bind="query-params",
            help="Each balance at Odoo's rate of the as-of date, which is printed. Off: nothing is converted.",
        )
    buckets = st.pills(
        "Bucket",
        policy.bucket_keys,
        format_func=policy.label,
        selection_mode="multi",
        key="bucket",
        bind="query-params",
    )
    return ArrearsFilters(
        as_of=as_of if isinstance(as_of, date) else view.today,
        basis=basis or "due_date",
        currency_id=codes.get(currency or "", 0),
        buckets=tuple(buckets),
        technologies=tuple(technology),
        cities=tuple(city),
        text=text or "",
        in_one=bool(in_one),
        sort=st.session_state.get("sort", "net_to_chase"),
    )


def _basis_chosen() -> data.Basis:
    return "invoice_date" if st.session_state.get("basis") == "invoice_date" else "due_date"


def technology_name(key: str) -> str:
    """Return what people read for a technology code."""
    return labels.technology(key)


def described(view: data.View, filters: ArrearsFilters, policy: AgeingPolicy) -> dict[str, str]:
    """Return the filters that narrow the Arrears page, name to value, for "Explain", exports and empty states."""
    words = {
        "Company": view.company_words,
        "Currency": view.code(filters.currency_id) if filters.currency_id else "",
        "Bucket": formats.listed(policy.label(key) for key in filters.buckets),
        "Technology": formats.listed(technology_name(key) for key in filters.technologies),
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
        text = st.text_input(
            "Customer or service", key="service_q", bind="query-params", type="search", placeholder=known
        )
        technology = st.multiselect(
            "Technology",
            list(data.TECHNOLOGIES),
            format_func=technology_name,
            key="service_technology",
            bind="query-params",
            placeholder="All technologies",
        )
        status = st.multiselect(
            "Status",
            list(labels.SERVICE_STATUSES),
            default=["active"],
            format_func=labels.SERVICE_STATUSES.__getitem__,
            key="service_status",
            bind="query-params",
            placeholder="All statuses",
        )
        city = st.multiselect("City", cities, key="service_city", bind="query-params", placeholder="All cities")
    return ServiceFilters(tuple(technology), tuple(status), tuple(city), text or "")


def months_shown() -> int:
    """Draw the choice of months for the charts and return it."""
    span = st.segmented_control(
        "Months",
        MONTH_SPANS,
        default=12,
        required=True,
        key="months",
        bind="query-params",
        format_func=lambda months: f"{months} months",
    )
    return span if span in MONTH_SPANS else 12


def not_taken(*known: tuple[str, str, Iterable[str]]) -> list[str]:
    """Return a sentence for each filter (key, name, options) with a value in the address that is no option (any more).

    Where a value is left out beside others, no more is shown than was asked for: hence "may".
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
    """Return a sentence for each day in the address that is none from `FIRST_DAY` to `last_day`."""
    notes = []
    for key, name in ((from_key, "From"), (to_key, "To")):
        for value in filter(None, st.query_params.get_all(key)):
            try:
                taken = FIRST_DAY <= date.fromisoformat(value) <= last_day
            except ValueError:
                taken = False
            if not taken:
                notes.append(
                    f"The address asks for {name} {value}, which is not a day from {formats.day(FIRST_DAY)} to "
                    f"{formats.day(last_day)}. It is left out."
                )
    return notes


def cleared(values: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> dict[str, Any]:
    """Return the widget values that clear the filters named; `values` has those of each filter of the page."""
    return {key: value for name in names for key, value in values[name].items()}
