"""The filters of the Arrears page, what they are called, and what takes each off."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from odoo_client.metrics import labels
from odoo_client.metrics.policy import AgeingPolicy
from pages.ui import filters, formats, listing, widgets
from pages.ui import view as data

BASES: Mapping[data.Basis, str] = {"due_date": "Due date", "invoice_date": "Invoice date"}
NEXT_TO_CALL = "next_to_call"
SORTS: Mapping[str, str] = {
    "net_to_chase": "Net to chase",
    NEXT_TO_CALL: "Next to call",
    "overdue": "Overdue",
    "oldest_days": "Oldest days",
    "customer": "Customer",
}
#: Columns of the ageing that a customer may have to have something in.
WITH: Mapping[str, str] = {
    "": "Anything",
    "net_to_chase": "Net to chase",
    "under_review": "Paid, waiting for us",
    "unallocated": "Unallocated",
    "disputed": "Disputed",
    "in_payment": "In payment",
}
#: The column of what is owed in the buckets and technologies chosen; it exists only where some are chosen.
CHOSEN = "chosen"
#: Widget values that clear a filter, by the filter's name.
CLEARED: Mapping[str, Mapping[str, object]] = {
    "Currency": {"currency": "All"},
    "Bucket": {"bucket": []},
    "Technology": {"technology": []},
    "City": {"city": []},
    "Customer": {"q": ""},
    "With": {"only": ""},
    "Company": {"company": "All companies"},
}


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
    only: str = ""

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


def draw(view: data.View, currency_ids: Collection[int], cities: Sequence[str]) -> ArrearsFilters:
    """Draw the filters of the Arrears page and return their values; `currency_ids` are those with open lines."""
    codes = {view.code(currency_id): int(currency_id) for currency_id in currency_ids}
    known = ["Name", *filters.personal_words(), "invoice"]
    policy = data.policy_of(view, _basis_chosen())
    state = st.session_state
    hidden = ("city", "technology", "only", "converted")
    on = sum(bool(state.get(key) or st.query_params.get(key)) for key in hidden) + (_basis_chosen() != "due_date")
    with listing.filters_row():
        text = widgets.search("Customer", "q", ", ".join(known), width=listing.SEARCH_PX, label_visibility="collapsed")
        as_of = st.date_input(
            "As of",
            value=view.today,
            max_value=view.today,
            key="as_of",
            bind="query-params",
            format="DD/MM/YYYY",
            width=150,
            label_visibility="collapsed",
        )
        currency_id = widgets.currency(codes, "currency", label_visibility="collapsed")
        ages = {key: policy.label(key) for key in policy.bucket_keys}
        buckets = widgets.several(
            "Bucket", ages, "bucket", "Any age", width=listing.FILTER_PX + 60, label_visibility="collapsed"
        )
        with listing.more_filters(on):
            chosen_cities = widgets.several("City", cities, "city", "All cities")
            technologies = widgets.technologies("technology")
            only = widgets.selected("Customers with", WITH, "only")
            basis = widgets.one_of("Aged by", BASES, "basis", "due_date")
            in_one = st.toggle(
                f"Show in {view.reporting_code}",
                key="converted",
                bind="query-params",
                help="Each balance at Odoo's rate of the as-of date, which is printed. Off: nothing is converted.",
            )
    return ArrearsFilters(
        as_of=as_of if isinstance(as_of, date) else view.today,
        basis=basis,
        currency_id=currency_id,
        buckets=buckets,
        technologies=technologies,
        cities=chosen_cities,
        text=text,
        in_one=bool(in_one),
        sort=state.get("sort", "net_to_chase"),
        only=only or "",
    )


def _basis_chosen() -> data.Basis:
    return "invoice_date" if st.session_state.get("basis") == "invoice_date" else "due_date"


def described(view: data.View, chosen: ArrearsFilters, policy: AgeingPolicy) -> dict[str, str]:
    """Return the filters that narrow the Arrears page, name to value, for "Explain", exports and empty states."""
    words = {
        "Company": view.company_words,
        "Currency": view.code(chosen.currency_id) if chosen.currency_id else "",
        "Bucket": formats.listed(policy.label(key) for key in chosen.buckets),
        "Technology": formats.listed(labels.technology(key) for key in chosen.technologies),
        "City": formats.listed(chosen.cities),
        "Customer": chosen.text,
        "With": WITH[chosen.only] if chosen.only else "",
    }
    return {name: value for name, value in words.items() if value}
