"""The filters of the Billing page, their values in the address, and the rows they keep."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

import pandas as pd
import streamlit as st

from odoo_client.metrics import labels
from pages.ui import formats, widgets
from pages.ui.billing.data import MONTHS_SHOWN, STATUSES, BillingBook
from pages.ui.filters import days_not_taken, not_taken
from pages.ui.view import TECHNOLOGIES, View

Table = Literal["invoices", "payments", "unnamed", "months"]
By = Literal["date", "paid_on"]

VIEWS: Mapping[Table, str] = {
    "invoices": "Invoices",
    "payments": "Payments",
    "unnamed": "Payments without customer",
    "months": "By month",
}
OTHER_DATES = "Other dates"
BYS: Mapping[By, str] = {"date": "Invoice date", "paid_on": "Paid on"}
SORTS: Mapping[str, str] = {"newest": "Newest", "largest": "Largest", "open": "Most open"}
#: Five fit in a row at 1280 px, two at 380.
FILTER_WIDTH_PX = 155
#: Widget values that clear a filter, by the filter's name.
CLEARED: Mapping[str, Mapping[str, object]] = {
    "Search": {"bill_q": ""},
    "Currency": {"bill_currency": widgets.ALL_CURRENCIES},
    "Journal": {"bill_journal": []},
    "Method": {"bill_method": []},
    "Status": {"bill_status": []},
    "Technology": {"bill_technology": []},
    "Period": {"bill_period": "all"},
    "Company": {"company": "All companies"},
}


def address(table: Table, status: str, first: date, last: date) -> dict[str, str]:
    """Return the query of a link to the page's rows of that status and those days, in the widgets' own words."""
    days = {"bill_period": OTHER_DATES, "bill_from": f"{first}", "bill_to": f"{last}"}
    return {"bill_view": VIEWS[table], **days, "bill_status": STATUSES[status]}


@dataclass(frozen=True)
class BillingFilters:
    """What the page shows; empty tuples, texts and no currency keep everything, no `first` or `last` every day."""

    table: Table = "invoices"
    period: str = "month"
    first: date | None = None
    last: date | None = None
    by: By = "date"
    currency_id: int = 0
    journal_ids: tuple[int, ...] = ()
    methods: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    text: str = ""
    sort: str = "newest"

    @property
    def backwards(self) -> bool:
        """Whether the period ends before it begins."""
        return self.first is not None and self.last is not None and self.first > self.last

    @property
    def period_words(self) -> str:
        """The period as people read it."""
        if self.first is None or self.last is None:
            since = f"from {formats.day(self.first)}" if self.first else ""
            return since or (f"up to {formats.day(self.last)}" if self.last else "all time")
        if self.first == self.last:
            return formats.day(self.first)
        return f"{formats.day(self.first)} to {formats.day(self.last)}"


def periods(today: date) -> dict[str, str]:
    """Return the periods to choose from, name to words: those of today, and each of the last twelve months."""
    months = {f"{month:%Y-%m}": f"{month:%b %Y}" for month in reversed(months_until(today))}
    now = {"today": "Today", "week": "This week", "month": "This month", "last_month": "Last month"}
    return now | {"year": f"{MONTHS_SHOWN} months", "all": "All", "dates": OTHER_DATES} | months


@lru_cache(maxsize=4)
def months_until(today: date) -> tuple[date, ...]:
    """Return the first days of the last twelve months, this one last."""
    months = pd.date_range(end=today.replace(day=1), periods=MONTHS_SHOWN, freq="MS")
    return tuple(moment.date() for moment in months)


def month_days(first: date) -> tuple[date, date]:
    """Return the first and last day of the month of `first`."""
    return first.replace(day=1), first.replace(day=monthrange(first.year, first.month)[1])


def period_days(period: str, today: date) -> tuple[date, date] | None:
    """Return the first and last day of a period by name; None for all time and for other dates.

    A week runs from Monday to Sunday and a month to its last day, so what is dated ahead is included.
    """
    if period[:4].isdecimal():
        return month_days(date.fromisoformat(f"{period}-01"))
    monday = today - timedelta(days=today.weekday())
    known = {
        "today": (today, today),
        "week": (monday, monday + timedelta(days=6)),
        "month": month_days(today),
        "last_month": month_days(today.replace(day=1) - timedelta(days=1)),
        "year": (months_until(today)[0], month_days(today)[1]),
    }
    return known.get(period)


def last_day(today: date) -> date:
    """Return the last day a date filter takes: documents may be dated a little ahead."""
    return date(today.year + 1, 12, 31)


def journal_names(view: View, journal_ids: Iterable[int]) -> dict[int, str]:
    """Return each journal's name; where several share one, with their company's name, else with their number."""
    frame = view.snapshot.frame("journals")
    rows = {
        int(key): (str(name) or str(code) or "Journal", int(company))
        for key, name, code, company in zip(
            frame["journal_id"], frame["name"], frame["code"], frame["company_id"], strict=True
        )
    }
    wanted = {key: rows.get(key, ("Other journal", 0)) for key in journal_ids}
    names: dict[int, str] = {}
    for key, (name, company) in wanted.items():
        twins = [other for other, (said, _company) in wanted.items() if said == name]
        label = f"{name} ({view.company_names[company]})" if len(twins) > 1 and company in view.company_names else name
        names[key] = f"{label} {key}" if label in names.values() else label
    return names


def draw(view: View, book: BillingBook, journals: Mapping[int, str]) -> tuple[BillingFilters, list[str]]:
    """Draw the filters; return their values and a sentence for each value in the address that cannot be taken."""
    codes = {view.code(key): key for key in book.currency_ids if view.code(key)}
    journal_ids = {name: key for key, name in journals.items()}
    spans = periods(view.today)
    methods = {name or labels.NO_METHOD: name for name in book.methods}
    notes = not_taken(
        ("bill_currency", "currency", [widgets.ALL_CURRENCIES, *codes]),
        ("bill_journal", "journal", journal_ids),
        ("bill_method", "method", methods),
        ("bill_status", "status", STATUSES.values()),
        ("bill_technology", "technology", [labels.technology(key) for key in (*TECHNOLOGIES, "")]),
        ("bill_period", "period", spans.values()),
        ("bill_view", "table", VIEWS.values()),
    )
    notes += days_not_taken(last_day(view.today), "bill_from", "bill_to")
    with st.grid(3, min_column_width=FILTER_WIDTH_PX, gap="xsmall"):
        text = widgets.search("Search", "bill_q", "Number, customer, reference")
        period = widgets.selected(
            "Period",
            spans,
            "bill_period",
            index=list(spans).index("month"),
            help="Of the table and of days to pay; tiles and charts say theirs.",
        )
        chosen_journals = widgets.several("Journal", list(journal_ids), "bill_journal", "All journals")
        chosen_methods = widgets.several(
            "Method", list(methods), "bill_method", "All methods", help="Of payments only."
        )
        statuses = widgets.several("Status", STATUSES, "bill_status", "Any status")
        technologies = widgets.technologies(
            "bill_technology",
            help="Of the invoice's lines; of a payment, of the invoices it paid. Found whole under each.",
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        currency_id = widgets.currency(codes, "bill_currency")
    first, last = _dates(period or "month", view.today)
    chosen = BillingFilters(
        period=period or "month",
        first=first,
        last=last,
        currency_id=currency_id,
        journal_ids=tuple(journal_ids[name] for name in chosen_journals),
        methods=tuple(methods[name] for name in chosen_methods),
        statuses=statuses,
        technologies=technologies,
        text=text,
    )
    if chosen.backwards:
        notes.append(f"{chosen.period_words} ends before it begins: no row can match. Choose the days again.")
    return chosen, notes


def choose_table(chosen: BillingFilters) -> BillingFilters:
    """Draw the choice of table, and for rows their order; return the filters with them."""
    table = widgets.one_of("Table", VIEWS, "bill_view", "invoices", wraps=True)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        # Always drawn, if only greyed out: what a tile sets on a control not yet drawn would not reach the address.
        by = widgets.one_of("Period is of", BYS, "bill_by", "date", disabled=table != "invoices")
        sort = "newest"
        if table != "months":
            sorts = {key: name for key, name in SORTS.items() if key != "open" or table == "invoices"}
            sort = widgets.selected("Sort by", sorts, "bill_sort", width=150)
    return replace(chosen, table=table, by=by, sort=sort)


def _dates(period: str, today: date) -> tuple[date | None, date | None]:
    if period != "dates":
        return period_days(period, today) or (None, None)
    with st.container(horizontal=True, gap="small"):
        first = widgets.day("From", "bill_from", last_day(today), width=FILTER_WIDTH_PX)
        return first, widgets.day("To", "bill_to", last_day(today), width=FILTER_WIDTH_PX)


def described(view: View, chosen: BillingFilters, journals: Mapping[int, str]) -> dict[str, str]:
    """Return the filters that narrow the table, name to value, for "Explain", exports and empty states."""
    words = {
        "Company": view.company_words,
        "Period": chosen.period_words if chosen.first or chosen.last else "",
        "Currency": view.code(chosen.currency_id) if chosen.currency_id else "",
        "Journal": formats.listed(journals[key] for key in chosen.journal_ids),
        "Method": formats.listed(name or labels.NO_METHOD for name in chosen.methods),
        "Status": formats.listed(STATUSES[key] for key in chosen.statuses),
        "Technology": formats.listed(labels.technology(key) for key in chosen.technologies),
        "Search": chosen.text,
    }
    return {name: value for name, value in words.items() if value}
