"""The Overview's figures: how things stood before, and the rows that are new, computed once per snapshot and day.

Frames here are of all companies, shared by all sessions and read-only; a page narrows them to the companies chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import BoolArray, IntArray, flags, ints, is_code
from odoo_client.frames.dates import day_number, days
from odoo_client.metrics import changes, collections
from odoo_client.metrics.ageing import ageing_by_customer, ageing_totals, overdue_history
from odoo_client.metrics.changes import Span
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.money_in import is_received
from odoo_client.metrics.policy import AgeingPolicy
from odoo_client.metrics.proof_queue import payments_under_review
from odoo_client.metrics.services import service_movements
from odoo_client.metrics.ticket_queue import backlog_by_day
from odoo_client.store.narrowed import narrowed
from odoo_client.store.snapshot import Snapshot
from pages.ui.orders import data as orders_data
from pages.ui.tickets import data as tickets_data
from pages.ui.view import CHOICES_KEPT, DERIVED_KEPT, Ledger, View, company_names, money_rows, of_chosen, of_companies

WEEKS = 12


@dataclass(frozen=True, eq=False)
class Past:
    """What was owed before by the companies chosen.

    `overdue` is that at the end of each of the last weeks by currency, the oldest first. `a_month_ago` is that on
    `day`, a month ago, by currency (columns overdue, net_to_chase).
    """

    overdue: Mapping[int, list[float]]
    day: date
    a_month_ago: pd.DataFrame


def past(view: View, book: Ledger, policy: AgeingPolicy) -> Past:
    """Return what was owed in the last weeks and a month ago, computed once for all sessions."""
    return _past_of(view.key, view.today, view.companies, policy, view, book.index)


@st.cache_resource(show_spinner=False, max_entries=CHOICES_KEPT)
def _past_of(
    snapshot_id: str, today: date, company_ids: tuple[int, ...], policy: AgeingPolicy, _view: View, _index: LedgerIndex
) -> Past:
    weeks, day, before = _past(snapshot_id, today, policy, _view.settings.timezone, _index)
    return Past(
        histories(of_companies(_view, weeks), "as_of", "overdue"),
        day,
        sums(of_companies(_view, before), "overdue", "net_to_chase"),
    )


@st.cache_resource(show_spinner=False, max_entries=DERIVED_KEPT)
def _past(
    snapshot_id: str, today: date, policy: AgeingPolicy, timezone: str, _index: LedgerIndex
) -> tuple[pd.DataFrame, date, pd.DataFrame]:
    """Return `metrics.overdue_history` of the last weeks, a day a month ago, and what was owed then by company."""
    weeks = [today - timedelta(days=7 * number) for number in range(WEEKS, -1, -1)]
    day = changes.month_to_date(today)[1].last
    drafts = _index.trusted(payments_under_review(_index.source, day, timezone))
    ageing = ageing_by_customer(open_lines(_index, day, policy), policy, drafts=drafts)
    before = ageing_totals(ageing, by=("company_id", "currency_id"))
    return overdue_history(_index, weeks), day, before


@dataclass(frozen=True, eq=False)
class Dated:
    """Rows with the day that counts for each (days since 1970), and the column to add up ("" = rows are counted).

    `at` is each row's place in the frame it came from.
    """

    rows: pd.DataFrame
    day: IntArray
    amount: str
    at: IntArray

    def within(self, span: Span, view: View) -> IntArray:
        """Return the positions of the rows in `span` of the companies chosen."""
        return np.flatnonzero(span.holds(self.day) & of_chosen(view, self.rows))


def _dated(rows: pd.DataFrame, day: IntArray, where: BoolArray, first: date, amount: str = "") -> Dated:
    """Return the rows `where` from the day `first` on: nothing older is needed."""
    at = np.flatnonzero(where & (day >= day_number(first)))
    return Dated(rows.take(at).reset_index(drop=True), day[at], amount, at)


@dataclass(frozen=True, eq=False)
class Lately:
    """Rows of the last weeks and of last month, by kind, and their sums for the companies chosen.

    `month` is, by kind and currency, this month against last month to the same day (columns now, before); `weekly` is,
    by kind and currency (0 = rows are counted), the sums of the last weeks. `backlog` is that of tickets at the
    midnights between these weeks.
    """

    kinds: Mapping[str, Dated]
    month: Mapping[str, pd.DataFrame]
    weekly: Mapping[str, Mapping[int, list[float]]]
    backlog: list[float]


def lately(view: View) -> Lately:
    """Return what was billed, received, opened, confirmed and started lately, worked out once for all sessions."""
    return _lately(view.key, view.today, view.companies, view.settings.migration_window_days, view)


@st.cache_resource(show_spinner=False, max_entries=CHOICES_KEPT)
def _lately(snapshot_id: str, today: date, company_ids: tuple[int, ...], window_days: int, _view: View) -> Lately:
    services = _services(snapshot_id, today, window_days, _view.snapshot)[_view.company_ids]
    ledger = _ledger(snapshot_id, today, _view.snapshot)
    kinds = {**ledger.kinds, **services, **_tickets(_view), **_orders(_view)}
    month, weekly = dict(ledger.month), dict(ledger.weekly)
    for name in ("services_new", "tickets_opened", "orders_confirmed"):
        month[name] = changes.to_the_day(kinds[name].rows, kinds[name].day, today)
    confirmed = kinds["orders_confirmed"]
    weekly["orders_confirmed"] = changes.sums_by_week(confirmed.rows, confirmed.day, today, WEEKS)
    return Lately(
        kinds,
        {name: sums(of_companies(_view, table), "now", "before") for name, table in month.items()},
        {name: histories(of_companies(_view, table), "week", "value") for name, table in weekly.items()},
        _backlog(_view),
    )


@dataclass(frozen=True, eq=False)
class Booked:
    """Recent invoices and payments, by kind, and their sums (see `Lately`) by company and currency."""

    kinds: Mapping[str, Dated]
    month: Mapping[str, pd.DataFrame]
    weekly: Mapping[str, pd.DataFrame]


def _first(today: date) -> date:
    return min(changes.month_to_date(today)[1].first, today - timedelta(days=7 * WEEKS))


@st.cache_resource(show_spinner=False, max_entries=DERIVED_KEPT)
def _ledger(snapshot_id: str, today: date, _snapshot: Snapshot) -> Booked:
    bills, payments = collections.billed_rows(_snapshot), money_rows(snapshot_id, _snapshot)
    first = _first(today)
    posted, received = flags(bills, "posted"), is_received(payments)
    kinds = {
        "invoices": _dated(bills, days(bills, "date"), posted, first, "amount"),
        "payments": _dated(payments, days(payments, "date"), received, first, "amount"),
    }
    return Booked(
        kinds,
        {name: changes.to_the_day(kind.rows, kind.day, today, amount="amount") for name, kind in kinds.items()},
        {
            name: changes.sums_by_week(kind.rows, kind.day, today, WEEKS, amount="amount")
            for name, kind in kinds.items()
        },
    )


@st.cache_resource(show_spinner=False, max_entries=DERIVED_KEPT)
def _services(
    snapshot_id: str, today: date, window_days: int, _snapshot: Snapshot
) -> dict[frozenset[int], dict[str, Dated]]:
    """Return the services that began or ended lately, of all companies together and of each alone."""
    company_ids = frozenset(company_names(_snapshot))
    choices = {company_ids, *(frozenset({company_id}) for company_id in company_ids)}
    return {chosen: _services_of(chosen, today, window_days, _snapshot) for chosen in choices}


def _services_of(company_ids: frozenset[int], today: date, window_days: int, snapshot: Snapshot) -> dict[str, Dated]:
    chosen = narrowed(snapshot, "company_id", np.array(sorted(company_ids), dtype=np.int64), "services")
    moves = service_movements(chosen, window_days).reset_index(drop=True)
    until = Span(_first(today), today)
    start, end = days(moves, "start_date"), days(moves, "end_date")
    begun = changes.started(moves, until)
    return {
        "services_started": _dated(moves, start, begun, until.first),
        "services_ended": _dated(moves, end, changes.ended(moves, until), until.first),
        "services_new": _dated(moves, start, begun & is_code(moves, "came_as", "new"), until.first),
    }


def _tickets(view: View) -> dict[str, Dated]:
    queue = tickets_data.queue(view)
    rows = queue.book.tickets
    where = of_chosen(view, rows)
    return {
        "tickets_opened": _dated(rows, ints(queue.facts, "created_day"), where, _first(view.today)),
        "tickets_closed": _dated(rows, ints(queue.facts, "closed_day"), where, _first(view.today)),
    }


def _orders(view: View) -> dict[str, Dated]:
    rows = orders_data.book(view).rows
    every = np.ones(len(rows), dtype=np.bool_)
    return {
        "orders_confirmed": _dated(rows, days(rows, "ordered"), every, _first(view.today), "amount_total"),
        "orders_delivered": _dated(rows, days(rows, "last_delivery"), every, _first(view.today), "amount_total"),
    }


def sums(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return the sums of `columns`, one row a currency (the index)."""
    return rows.groupby("currency_id")[list(columns)].sum().round(4)


def histories(rows: pd.DataFrame, over: str, value: str) -> dict[int, list[float]]:
    """Return the values along `over`, the oldest first, by currency."""
    table = rows.pivot_table(index=over, columns="currency_id", values=value, aggfunc="sum", fill_value=0.0)
    return {int(key): table[key].round(4).to_list() for key in table.columns}


def _backlog(view: View) -> list[float]:
    """Return the backlog of tickets of the companies chosen at the midnights of the last weeks, and of today."""
    queue = tickets_data.queue(view)
    rows = queue.book.tickets
    first = view.today - timedelta(days=7 * WEEKS)
    table = backlog_by_day(rows, queue.facts, first, view.today, of_chosen(view, rows))
    return [float(value) for value in table["backlog"].iloc[::7]]
