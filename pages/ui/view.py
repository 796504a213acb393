"""The one place where pages get figures: the current snapshot and the frames derived from it.

Derived frames are shared by all sessions and cached by snapshot, as-of date and policy, never by content. They
are read-only: a page filters and copies but never writes into them. An error is raised, never cached as "no data".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, SupportsInt

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.config import Settings
from odoo_client.frames.arrays import BoolArray, IntArray, floats, ints
from odoo_client.frames.groups import exact_sums, positions, text_at
from odoo_client.metrics import labels
from odoo_client.metrics.ageing import CUSTOMER_KEY, ageing_by_customer, ageing_totals
from odoo_client.metrics.attribution import split_by_technology
from odoo_client.metrics.ledger import LINE_MONEY, NO_CUSTOMER, LedgerIndex, open_lines
from odoo_client.metrics.money_in import money_in
from odoo_client.metrics.policy import AgeingPolicy
from odoo_client.metrics.proof_queue import payments_under_review
from odoo_client.metrics.revenue import mrr_now, recurring_revenue_by_month, revenue_per_service
from odoo_client.metrics.services import services_by_month, summarise_services, undated
from odoo_client.people.access import Access
from odoo_client.people.scope import Scope
from odoo_client.store.narrowed import narrowed
from odoo_client.store.snapshot import Snapshot
from pages.ui import formats
from pages.ui.session import access, backend

Basis = Literal["due_date", "invoice_date"]

ALL_COMPANIES = "All companies"
#: Sets of rights kept at once: each has a snapshot of its own, and what is derived from it.
SCOPES_KEPT = 8
DERIVED_KEPT = 4
#: Choices of companies whose figures are kept at once.
CHOICES_KEPT = 8
#: As-of dates kept at once, each with its open lines in memory: people look at a few days, not at hundreds.
DAYS_KEPT = 4
#: Months of services and revenue kept: as many as the longest choice of months shows.
MONTHS_KEPT = 24
#: Columns that the chart needs of a line split by technology, and that the split itself needs.
PART_COLUMNS = ("move_id", "currency_id", "bucket", *LINE_MONEY)
#: Technologies in the order pages show them.
TECHNOLOGIES: Mapping[str, str] = {key: labels.TECHNOLOGIES[key] for key in ("starlink", "fibre", "wireless")}


@dataclass(frozen=True)
class Currency:
    """How a currency's amounts are written."""

    code: str
    decimals: int


@dataclass(frozen=True)
class View:
    """What one run of a page looks at: one whole snapshot, the chosen companies, and how to format their money."""

    snapshot: Snapshot
    settings: Settings
    company_ids: frozenset[int]
    company_names: Mapping[int, str]
    currencies: Mapping[int, Currency]
    today: date
    #: What the page draws on.
    datasets: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The identity of everything derived from this snapshot."""
        return self.snapshot.content_id

    @property
    def companies(self) -> tuple[int, ...]:
        """The companies chosen, as the key of what is derived for them."""
        return tuple(sorted(self.company_ids))

    @property
    def whole(self) -> bool:
        """Whether every company is chosen."""
        return len(self.company_ids) == len(self.company_names)

    @property
    def company_words(self) -> str:
        """The companies chosen in words, "" for all."""
        return "" if self.whole else formats.listed(self.company_names[key] for key in self.company_ids)

    @property
    def of_every_company(self) -> View:
        """The same view with every company chosen."""
        return replace(self, company_ids=frozenset(self.company_names))

    @property
    def reporting_code(self) -> str:
        """The code of the currency of "show in one currency"."""
        return self.settings.reporting_currency

    def money(self, amount: float, currency_id: SupportsInt) -> str:
        """Return `amount` with its currency's code and decimals."""
        currency = self.currencies.get(int(currency_id), Currency("", 2))
        return formats.money(amount, currency.code, currency.decimals)

    def balance(self, amount: float, currency_id: SupportsInt) -> str:
        """Return a balance in a sentence, with its currency's code; a credit is "in their favour"."""
        currency = self.currencies.get(int(currency_id), Currency("", 2))
        return formats.balance(amount, currency.code, currency.decimals)

    @property
    def places(self) -> dict[str, int]:
        """How many decimals each currency has, by its code."""
        return {currency.code: currency.decimals for currency in self.currencies.values()}

    def decimals(self, currency_id: SupportsInt) -> int:
        """Return how many decimals the currency has."""
        return self.currencies.get(int(currency_id), Currency("", 2)).decimals

    def code(self, currency_id: SupportsInt) -> str:
        """Return the currency's code, "" when Odoo named none."""
        return self.currencies[int(currency_id)].code if int(currency_id) in self.currencies else ""


def company_names(snapshot: Snapshot) -> dict[int, str]:
    """Return each company's name; one that shares its name with another carries a number."""
    frame = snapshot.frame("companies")
    names: dict[int, str] = {}
    for company_id, name in zip(frame["company_id"], frame["name"], strict=True):
        taken = sum(1 for other in names.values() if other == name or other.startswith(f"{name} ("))
        names[int(company_id)] = f"{name} ({taken + 1})" if taken else str(name)
    return names


def view_of(snapshot: Snapshot, settings: Settings, company: str) -> View:
    """Return the view of `snapshot` for the company chosen by name (any unknown name means all)."""
    names = company_names(snapshot)
    chosen = frozenset(key for key, name in names.items() if name == company) or frozenset(names)
    frame = snapshot.frame("currencies")
    currencies = {
        int(currency_id): Currency(str(code), int(decimals))
        for currency_id, code, decimals in zip(frame["currency_id"], frame["code"], frame["decimals"], strict=True)
    }
    return View(snapshot, settings, chosen, names, currencies, formats.today(settings.timezone))


def current_snapshot() -> Snapshot | None:
    """Return the newest snapshot cut to what the person looking may see, None before the first one.

    Raises AccessError when nobody is signed in.
    """
    snapshot = backend.backend().snapshot()
    if snapshot is None:
        return None
    who = access.current()
    return _scope(snapshot.content_id, who.scope_key, who).of(snapshot)


def places() -> Mapping[str, int]:
    """Return how many decimals each currency has, by its code, of the copy looked at."""
    snapshot = current_snapshot()
    return {} if snapshot is None else _places(snapshot.content_id, snapshot)


@st.cache_resource(show_spinner=False, max_entries=SCOPES_KEPT)
def _places(snapshot_id: str, _snapshot: Snapshot) -> Mapping[str, int]:
    frame = _snapshot.frame("currencies")
    return {str(code): int(decimals) for code, decimals in zip(frame["code"], frame["decimals"], strict=True)}


def sees_everything() -> bool:
    """Return whether the person looking sees all that the service account reads: what is not here is not in Odoo."""
    return current_snapshot() is backend.backend().snapshot()


@st.cache_resource(show_spinner=False, max_entries=SCOPES_KEPT)
def _scope(content_id: str, scope_key: str, _who: Access) -> Scope:
    return Scope(_who)


def current_view() -> View | None:
    """Return what this run looks at, None before the first snapshot.

    Raises ConfigError when settings are wrong, AccessError when nobody is signed in.
    """
    snapshot = current_snapshot()
    if snapshot is None:
        return None
    return view_of(snapshot, backend.backend().settings, st.session_state.get("company", ALL_COMPANIES))


def of_companies(view: View, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the companies chosen; the same object when all are."""
    return frame if view.whole else frame[of_chosen(view, frame)].reset_index(drop=True)


def of_chosen(view: View, rows: pd.DataFrame) -> BoolArray:
    """Return which rows are of the companies chosen."""
    if view.whole:
        return np.ones(len(rows), dtype=np.bool_)
    return np.isin(ints(rows, "company_id"), list(view.company_ids))


@dataclass(frozen=True)
class Ledger:
    """The receivables as of one day, all companies, in frames as `odoo_client.metrics` describes them.

    `cube` is what is owed by customer, bucket and technology (see `cube_of`). `drafts` are the payments under review of
    that day, with or without a row in `by_customer`.
    """

    index: LedgerIndex
    lines: pd.DataFrame
    drafts: pd.DataFrame
    by_customer: pd.DataFrame
    totals: pd.DataFrame
    cube: pd.DataFrame
    chart: pd.DataFrame
    cities: tuple[str, ...]


def policy_of(view: View, basis: Basis) -> AgeingPolicy:
    """Return the ageing policy of the settings, days counted from the due date or from the invoice date."""
    return AgeingPolicy(bounds_days=tuple(view.settings.ageing_bounds_days), basis=basis)


def ledger(view: View, as_of: date, policy: AgeingPolicy) -> Ledger:
    """Return the receivables of all companies as of a day, computed once for all sessions."""
    return _ledger(view.key, as_of, policy, view.settings.timezone, view.snapshot)


@st.cache_resource(show_spinner=False, max_entries=DERIVED_KEPT)
def _index(snapshot_id: str, _snapshot: Snapshot) -> LedgerIndex:
    return LedgerIndex.build(_snapshot)


@st.cache_resource(show_spinner=False, max_entries=DAYS_KEPT)
def _ledger(snapshot_id: str, as_of: date, policy: AgeingPolicy, timezone: str, _snapshot: Snapshot) -> Ledger:
    index = _index(snapshot_id, _snapshot)
    lines = open_lines(index, as_of, policy)
    shares = narrowed(_snapshot, "move_id", ints(lines, "move_id"), "invoice_technology")
    drafts = payments_under_review(_snapshot, as_of, timezone)
    by_customer = ageing_by_customer(lines, policy, drafts=index.trusted(drafts))
    parts = lines[list(PART_COLUMNS)].assign(row=customer_rows(by_customer, lines))
    totals = ageing_totals(by_customer)
    cities = tuple(sorted(city for city in by_customer["city"].unique() if city))
    cube = cube_of(split_by_technology(parts, shares))
    return Ledger(index, lines, drafts, by_customer, totals, cube, chart_of(cube), cities)


def customer_rows(by_customer: pd.DataFrame, lines: pd.DataFrame) -> IntArray:
    """Return for each of `lines` its row in their ageing `by_customer`, which is sorted by `CUSTOMER_KEY`."""
    numbers = []
    widths = [1 + int(ints(by_customer, column).max(initial=0)) for column in CUSTOMER_KEY]
    for frame in (by_customer, lines):
        number = np.zeros(len(frame), dtype=np.int64)
        for column, width in zip(CUSTOMER_KEY, widths, strict=True):
            number = number * width + ints(frame, column)
        numbers.append(number)
    return np.searchsorted(numbers[0], numbers[1])


def cube_of(parts: pd.DataFrame) -> pd.DataFrame:
    """Return the positive residuals of open lines split by technology, added up by customer, bucket and technology.

    Columns: row int64 (that of the customer in the ageing); currency_id int64; bucket, technology category; amount
    float64 in currency_id.
    """
    debt = np.flatnonzero(floats(parts, "residual") > 0)
    rows = ints(parts, "row")
    bucket, technology = parts["bucket"].cat, parts["technology"].cat
    # One number for each group, so that lines are grouped once and not once per column.
    number = rows[debt] * len(bucket.categories) + bucket.codes.to_numpy()[debt]
    number = number * len(technology.categories) + technology.codes.to_numpy()[debt]
    group, groups = pd.factorize(number)
    first = np.zeros(len(groups), dtype=np.int64)
    first[group[::-1]] = debt[::-1]
    cube = parts[["currency_id", "bucket", "technology"]].take(first).reset_index(drop=True)
    return cube.assign(row=rows[first], amount=exact_sums(group, floats(parts, "residual")[debt], len(first)))


def chart_of(cube: pd.DataFrame) -> pd.DataFrame:
    """Return a cube added up for the chart: currency_id, bucket, technology, amount."""
    return cube.groupby(["currency_id", "bucket", "technology"], observed=True, as_index=False)[["amount"]].sum()


def service_list(view: View) -> pd.DataFrame:
    """Return all services by customer and name: the columns of the frame `services`, and customer, city str."""
    return _service_list(view.key, view.snapshot)


@st.cache_resource(show_spinner=False, max_entries=DERIVED_KEPT)
def money_rows(snapshot_id: str, _snapshot: Snapshot) -> pd.DataFrame:
    """Return the rows of `metrics.money_in` of all companies, made once per snapshot for all pages and sessions."""
    return money_in(_snapshot)


@st.cache_resource(show_spinner=False, max_entries=DERIVED_KEPT)
def _service_list(snapshot_id: str, _snapshot: Snapshot) -> pd.DataFrame:
    rows, customers = _snapshot.frame("services"), _snapshot.frame("customers")
    at = positions(ints(customers, "partner_id"), ints(rows, "commercial_partner_id"))
    named = rows.assign(
        customer=text_at(customers, "name", at, NO_CUSTOMER).array, city=text_at(customers, "city", at).array
    )
    return named.sort_values(["customer", "name", "record_id"], ignore_index=True)


def customer_cities(view: View) -> tuple[str, ...]:
    """Return the cities of all customers, by name."""
    return _customer_cities(view.key, view.snapshot)


@st.cache_resource(show_spinner=False, max_entries=DERIVED_KEPT)
def _customer_cities(snapshot_id: str, _snapshot: Snapshot) -> tuple[str, ...]:
    return tuple(sorted(city for city in _snapshot.frame("customers")["city"].unique() if city))


@dataclass(frozen=True)
class Subscribers:
    """Services and revenue of the companies chosen, in frames as `odoo_client.metrics` describes them.

    `mrr` (with the active services) is of today; `counts` is by month and technology, `per_service` by month, currency
    and technology, both up to today; `undated` counts ended services that no month can hold.
    """

    mrr: pd.DataFrame
    counts: pd.DataFrame
    per_service: pd.DataFrame
    undated: int


def subscribers(view: View, months: int) -> Subscribers:
    """Return services and recurring revenue of the last `months` months (at most 24), the present one included."""
    return _subscribers_lately(
        view.key, view.today, view.companies, view.settings.migration_window_days, months, view.snapshot
    )


@st.cache_resource(show_spinner=False, max_entries=CHOICES_KEPT)
def _subscribers_lately(
    snapshot_id: str, today: date, company_ids: tuple[int, ...], window_days: int, months: int, _snapshot: Snapshot
) -> Subscribers:
    whole = _subscribers(snapshot_id, today, window_days, _snapshot)[frozenset(company_ids)]
    first = pd.Timestamp(_first_month(today, months))
    each = whole.per_service[whole.per_service["month"] >= first]
    billed = each.groupby("currency_id")["amount"].transform(lambda amounts: amounts.ne(0).any())
    return replace(
        whole,
        counts=whole.counts[whole.counts["month"] >= first].reset_index(drop=True),
        per_service=each[billed.astype(bool)].reset_index(drop=True),
    )


def _first_month(today: date, months: int) -> date:
    return (pd.Timestamp(today).replace(day=1) - pd.DateOffset(months=months - 1)).date()


@st.cache_resource(show_spinner=False, max_entries=DERIVED_KEPT)
def _subscribers(
    snapshot_id: str, today: date, window_days: int, _snapshot: Snapshot
) -> dict[frozenset[int], Subscribers]:
    """Return the figures of all companies together and of each alone, where a change of company is a loss."""
    company_ids = frozenset(company_names(_snapshot))
    choices = {company_ids, *(frozenset({company_id}) for company_id in company_ids)}
    return {chosen: _subscribers_of(chosen, today, window_days, _snapshot) for chosen in choices}


def _subscribers_of(company_ids: frozenset[int], today: date, window_days: int, snapshot: Snapshot) -> Subscribers:
    first = _first_month(today, MONTHS_KEPT)
    chosen = narrowed(snapshot, "company_id", np.array(sorted(company_ids), dtype=np.int64), "services", "invoices")
    by_month = services_by_month(chosen, first, today, window_days)
    counts = summarise_services(by_month, by=("month", "technology"))
    revenue = recurring_revenue_by_month(chosen, first, today)
    each = revenue_per_service(revenue, by_month)
    return Subscribers(
        mrr_now(chosen),
        counts.assign(technology=counts["technology"].astype("str")),
        each.assign(technology=each["technology"].astype("str")),
        undated(chosen),
    )
