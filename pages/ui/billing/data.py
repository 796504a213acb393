"""The figures of the Billing page: documents and payments prepared once per snapshot, so that a filter is a mask.

Frames here are shared by all sessions and read-only. Masks and orders are by position in the frame `invoices` and among
the rows of `metrics.money_in` (payments, then bank lines); one bit for each status and each technology says what a row
is found under.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import BoolArray, FloatArray, IntArray, floats, ints, is_code
from odoo_client.frames.dates import NO_DAY, day_number, days
from odoo_client.frames.groups import Groups, positions
from odoo_client.metrics import collections, labels
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.days_to_pay import paid_invoices
from odoo_client.metrics.dso import collection_months, receivables_by_month
from odoo_client.metrics.ledger import LedgerIndex
from odoo_client.metrics.money_in import money_texts
from odoo_client.metrics.payments_matched import applied_to, meant_for
from odoo_client.store.snapshot import Snapshot
from pages.ui.view import DERIVED_KEPT, TECHNOLOGIES, View, money_rows

Bits = npt.NDArray[np.uint16]

MONTHS_SHOWN = 12
#: Statuses a row may be found under, in the order of the filter; a row has every one that is true of it.
STATUSES: Mapping[str, str] = {
    key: labels.STATUSES[key]
    for key in (
        *("posted", "draft", "not_paid", "partial", "in_payment", "paid", "reversed", "overdue", "received"),
        *("refunded", "unallocated", "rejected", "cancel"),
    )
}
STATUS_BITS: Mapping[str, int] = {key: 1 << place for place, key in enumerate(STATUSES)}
TECHNOLOGY_BITS: Mapping[str, int] = {key: 1 << place for place, key in enumerate((*TECHNOLOGIES, ""))}


@dataclass(frozen=True, eq=False)
class BillingRows:
    """Invoices or payments: facts as `metrics.collections` gives them, what each is found under, and sort orders.

    `orders` are positions: "newest" by date, "largest" and "open" by amount within each currency.
    """

    facts: pd.DataFrame
    by_month: Groups
    day: IntArray
    statuses: Bits
    technologies: Bits
    orders: Mapping[str, IntArray]


@dataclass(frozen=True, eq=False)
class BillingBook:
    """Everything the page draws on.

    `paid_at` holds each invoice's row in `paid`, -1 for one not paid in full; `paid_day` the day it was paid, `NO_DAY`
    for others.

    `payments` are the rows of `metrics.money_in`, `payment_left` is what of each is matched with nothing;
    `applied` and `meant` are sorted by money_id.
    """

    bills: BillingRows
    payments: BillingRows
    by_method: Groups
    paid: pd.DataFrame
    paid_at: IntArray
    paid_day: IntArray
    applied: pd.DataFrame
    meant: pd.DataFrame
    payment_left: FloatArray
    billed: pd.DataFrame
    receivables: pd.DataFrame
    currency_ids: tuple[int, ...]
    journal_ids: tuple[int, ...]
    methods: tuple[str, ...]


def book(view: View) -> BillingBook:
    """Return the invoices and payments of all companies, prepared once for all sessions."""
    return _book(view.key, view.today, view.snapshot)


@st.cache_resource(show_spinner=False, max_entries=DERIVED_KEPT)
def _book(snapshot_id: str, today: date, _snapshot: Snapshot) -> BillingBook:
    facts, payments = collections.billed_rows(_snapshot), money_rows(snapshot_id, _snapshot)
    applied, meant = applied_to(_snapshot, payments), meant_for(_snapshot, payments)
    found_under = _invoice_technologies(_snapshot)
    bills = BillingRows(
        facts,
        Groups(facts, collections.MONTH_KEY),
        days(facts, "date"),
        _bill_statuses(_snapshot, facts, today),
        found_under,
        _orders(facts, "move_id", "open"),
    )
    unallocated = collections.unallocated_money(_snapshot, payments)
    left_at = positions(ints(unallocated, "money_id"), ints(payments, "money_id"))
    left = np.append(floats(unallocated, "left"), 0.0)[left_at]
    called = money_texts(_snapshot, payments)
    received = BillingRows(
        payments,
        Groups(payments, collections.MONTH_KEY),
        days(payments, "date"),
        _payment_statuses(called, payments, left),
        _payment_technologies(_snapshot, payments, found_under, applied, meant),
        _orders(payments, "money_id", None),
    )
    paid = paid_invoices(_snapshot)
    paid_at = positions(ints(paid, "move_id"), ints(facts, "move_id"))
    # What is dated ahead is not in today's open amounts, so it is not in the billing they are compared with either.
    billed = collections.billed_by_month(facts, bills.day <= day_number(today), bills.by_month)
    # What is open of a company and currency may not be known (see `LedgerIndex`): then nothing is compared with it.
    index = LedgerIndex.build(_snapshot)
    billed = index.trusted(billed)
    journals = np.union1d(ints(facts, "journal_id"), ints(payments, "journal_id"))
    return BillingBook(
        bills=bills,
        payments=received,
        by_method=Groups(payments, collections.METHOD_KEY),
        paid=paid,
        paid_at=paid_at,
        paid_day=np.append(days(paid, "paid_on"), NO_DAY)[paid_at],
        applied=applied,
        meant=meant,
        payment_left=left,
        billed=billed,
        receivables=receivables_by_month(index, today, MONTHS_SHOWN),
        currency_ids=_currencies(_snapshot, facts, payments),
        journal_ids=tuple(int(key) for key in journals if key),
        methods=tuple(sorted(str(name) for name in payments["method"].cat.categories)),
    )


def _orders(facts: pd.DataFrame, key: str, open_column: str | None) -> dict[str, IntArray]:
    """Return the sort orders of the rows: the newest first, and the largest amounts first within each currency."""
    ids, currency = ints(facts, key), ints(facts, "currency_id")
    orders = {
        "newest": np.lexsort((-ids, -days(facts, "date"))),
        "largest": np.lexsort((-ids, -floats(facts, "amount"), currency)),
    }
    if open_column is not None:
        orders["open"] = np.lexsort((-ids, -floats(facts, open_column), currency))
    return orders


def _bill_statuses(source: Snapshot, facts: pd.DataFrame, today: date) -> Bits:
    frame = source.frame("invoices")
    posted = facts["posted"].to_numpy()
    due = days(facts, "overdue_from")
    marks = {key: posted & is_code(frame, "payment_state", key) for key in ("not_paid", "partial", "in_payment")}
    marks |= {key: posted & is_code(frame, "payment_state", key) for key in ("paid", "reversed")}
    marks |= {"posted": posted, "draft": is_code(frame, "state", "draft"), "cancel": is_code(frame, "state", "cancel")}
    marks["overdue"] = (due != NO_DAY) & (due < day_number(today))
    return _packed(marks, STATUS_BITS, len(frame))


def _payment_statuses(called: pd.DataFrame, facts: pd.DataFrame, left: FloatArray) -> Bits:
    posted, inbound = facts["posted"].to_numpy(), facts["inbound"].to_numpy()
    marks = {key: is_code(called, "state", key) for key in ("draft", "cancel", "rejected")}
    marks |= {"posted": posted, "received": posted & inbound, "refunded": posted & ~inbound, "unallocated": left != 0}
    return _packed(marks, STATUS_BITS, len(facts))


def _packed(marks: Mapping[str, BoolArray], bits: Mapping[str, int], size: int) -> Bits:
    packed = np.zeros(size, dtype=np.uint16)
    for key, rows in marks.items():
        packed[rows] |= bits[key]
    return packed


def _invoice_technologies(source: Snapshot) -> Bits:
    """Return the technologies of each invoice's product lines; one without any is not attributed."""
    shares, invoices = source.frame("invoice_technology"), source.frame("invoices")
    at = positions(ints(invoices, "move_id"), ints(shares, "move_id"))
    packed = np.zeros(len(invoices), dtype=np.uint16)
    for key, bit in TECHNOLOGY_BITS.items():
        rows = at[is_code(shares, "technology", key)]
        packed[rows[rows >= 0]] |= bit
    packed[packed == 0] = TECHNOLOGY_BITS[""]
    return packed


def _payment_technologies(
    source: Snapshot, payments: pd.DataFrame, of_invoices: Bits, applied: pd.DataFrame, meant: pd.DataFrame
) -> Bits:
    """Return the technologies of the invoices each payment paid or names; one without any is not attributed."""
    pairs = pd.concat([applied[["money_id", "move_id"]], meant[["money_id", "move_id"]]])
    order = np.argsort(ints(payments, "money_id"), kind="stable")
    payment_at = np.append(order, -1)[positions(ints(payments, "money_id")[order], ints(pairs, "money_id"))]
    move_at = positions(ints(source.frame("invoices"), "move_id"), ints(pairs, "move_id"))
    known = (payment_at >= 0) & (move_at >= 0)
    payment_at, under = payment_at[known], of_invoices[move_at[known]]
    packed = np.zeros(len(payments), dtype=np.uint16)
    for bit in TECHNOLOGY_BITS.values():
        packed[payment_at[(under & bit) > 0]] |= bit
    packed[packed == 0] = TECHNOLOGY_BITS[""]
    return packed


def _currencies(source: Snapshot, facts: pd.DataFrame, payments: pd.DataFrame) -> tuple[int, ...]:
    """Return the currencies of documents and payments: those of the companies first, then by code."""
    used = np.union1d(ints(facts, "currency_id"), ints(payments, "currency_id"))
    own = set(source.frame("companies")["currency_id"])
    known = Currencies.of(source)
    return tuple(sorted((int(key) for key in used if key), key=lambda key: (key not in own, known.code(key))))


def active_currencies(view: View, book: BillingBook) -> tuple[int, ...]:
    """Return the currencies that documents or payments of the companies chosen were posted in these twelve months.

    All of them where nothing was posted: old books still have currencies.
    """
    return _active(view.key, view.today, tuple(sorted(view.company_ids)), book)


@st.cache_resource(show_spinner=False, max_entries=8)
def _active(snapshot_id: str, today: date, company_ids: tuple[int, ...], _book: BillingBook) -> tuple[int, ...]:
    since = day_number(today) - 366
    found: set[int] = set()
    for rows in (_book.bills, _book.payments):
        recent = rows.facts["posted"].to_numpy() & (rows.day >= since)
        of_companies = np.isin(ints(rows.facts, "company_id"), company_ids)
        found |= set(np.unique(ints(rows.facts, "currency_id")[recent & of_companies]).tolist())
    return tuple(key for key in _book.currency_ids if key in found) or _book.currency_ids


def months_of(view: View, book: BillingBook) -> pd.DataFrame:
    """Return billing, open amounts, effectiveness and DSO by month, with what was collected beside them.

    Columns: those of `metrics.dso.collection_months`, for the companies chosen, and collected float64.
    """
    return _months(view.key, view.today, tuple(sorted(view.company_ids)), book, Currencies.of(view.snapshot))


@st.cache_resource(show_spinner=False, max_entries=8)
def _months(
    snapshot_id: str, today: date, company_ids: Collection[int], _book: BillingBook, _known: Currencies
) -> pd.DataFrame:
    table = collection_months(_book.receivables, _book.billed, today, MONTHS_SHOWN, company_ids, _known)
    until_today = _book.payments.day <= day_number(today)
    came = collections.collected_by_month(_book.payments.facts, until_today, _book.payments.by_month)
    came = came[came["company_id"].isin(company_ids)]
    sums = came.groupby(["currency_id", "month"])["collected"].sum().round(4).reset_index()
    joined = table.merge(sums, on=["currency_id", "month"], how="left")
    return joined.assign(collected=joined["collected"].fillna(0.0))
