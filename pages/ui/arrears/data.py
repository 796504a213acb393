"""The rows of the Arrears page: the ledger as of a day, narrowed by the page's filters. Nothing is drawn here.

Every filter picks rows of the ageing that is already there and leaves their columns as they are. Bucket and technology
keep those who owe something in them; a column of its own says how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from odoo_client.frames.arrays import BoolArray, FloatArray, IntArray, floats, ints, is_code
from odoo_client.frames.groups import Groups, by_id, distinct, exact_sums, positions, tidy
from odoo_client.metrics.ageing import ageing_money, ageing_totals, counted
from odoo_client.metrics.convert import Converted, convert, currency_id_of
from odoo_client.metrics.customers import customer_facts, customer_table
from odoo_client.metrics.policy import AgeingPolicy
from odoo_client.metrics.registry import metric
from odoo_client.store.narrowed import narrowed
from pages.ui import links, searching
from pages.ui.arrears.filters import CHOSEN, ArrearsFilters
from pages.ui.promises import contacts as promises_contacts
from pages.ui.promises import data as promises_data
from pages.ui.view import DAYS_KEPT, Ledger, View, chart_of, money_rows, of_chosen

PARTNER_MODEL = "res.partner"
#: What a payment under review is called, as a heading and in a sentence; how a table says what is left to chase.
UNDER_REVIEW = metric("under_review").name
WAITING_FOR_US = UNDER_REVIEW[0].lower() + UNDER_REVIEW[1:]
NET_TO_CHASE_HELP = "Overdue less disputed, in payment, unallocated and paid, waiting for us"
UNDER_REVIEW_HELP = "Draft payments: in no balance, taken off net to chase"
#: Columns that show a dash for zero: most customers have none.
QUIET_AT_ZERO = ("unallocated", "in_payment", "disputed", "under_review")
#: The columns that identify a row of an ageing in one currency.
CONVERTED_KEY = ("company_id", "commercial_partner_id")


@dataclass(frozen=True)
class Arrears:
    """What the page shows: one row a company, currency and customer, and its totals a currency.

    Rows are whole even when chosen by bucket or technology: what they owe in it is in their column `CHOSEN`.
    `kept` says which rows of the whole ageing the other filters keep. `rates` says at which rates `by_customer` was
    converted, "" when it was not, and `refused` what of it could not be: rows of that currency stay in it. `bars` is
    what the bars of a converted chart add up to, by bucket and currency.
    """

    by_customer: pd.DataFrame
    totals: pd.DataFrame
    kept: BoolArray
    rates: str
    refused: tuple[str, ...]
    has_links: bool
    bars: Mapping[tuple[str, int], float] = field(default_factory=dict)

    @property
    def customers(self) -> int:
        """Commercial partners among the rows, each counted once."""
        return int(self.by_customer["commercial_partner_id"].nunique())


def arrears(view: View, book: Ledger, filters: ArrearsFilters, policy: AgeingPolicy) -> Arrears:
    """Return the page's rows and totals, converted when asked; raises AfinetError without the reporting currency."""
    found = arrears_apart(view, book, filters, policy)
    if not filters.in_one or found.by_customer.empty:
        return found
    if found.kept.all():
        rows, done = book.by_customer, _all_converted(view.key, filters.as_of, policy, view.reporting_code, view, book)
    else:
        rows = book.by_customer[found.kept].reset_index(drop=True)
        done = _converted(view, rows, filters.as_of, policy)
    if not done.rates:
        return replace(found, refused=done.refused)
    frame, shares = done.frame, done.frame
    if filters.technologies:
        of_technologies = {key: _owed(book, filters, key)[found.kept] for key in policy.bucket_keys}
        shares = _converted(view, rows.assign(**of_technologies), filters.as_of, policy).frame
    sums = shares.groupby("currency_id")[list(policy.bucket_keys)].sum().round(4)
    bars = {
        (key, currency_id): amount for key in policy.bucket_keys for currency_id, amount in by_id(sums[key]).items()
    }
    if filters.chooses:
        # Sums what is shown, so that the column equals the sum of its buckets to the cent.
        frame = frame.assign(
            **{CHOSEN: tidy(shares[list(filters.buckets or policy.bucket_keys)].sum(axis=1).to_numpy(np.float64))}
        )
        groups = _converted_groups(rows, done)
        owing = np.bincount(groups.codes, weights=_chosen(book, filters)[found.kept], minlength=len(groups)) > 0
        frame = frame[owing].reset_index(drop=True)
    totals = ageing_totals(frame)
    return replace(found, by_customer=frame, totals=totals, rates=done.sentence, refused=done.refused, bars=bars)


def _converted_groups(rows: pd.DataFrame, done: Converted) -> Groups:
    """Return which row of an ageing in the reporting currency each of `rows` went into."""
    return Groups(rows.assign(currency_id=done.currency_ids), [*CONVERTED_KEY, "currency_id"])


@st.cache_resource(show_spinner=False, max_entries=DAYS_KEPT)
def _all_converted(
    snapshot_id: str, as_of: date, policy: AgeingPolicy, code: str, _view: View, _book: Ledger
) -> Converted:
    return _converted(_view, _book.by_customer, as_of, policy)


def _converted(view: View, rows: pd.DataFrame, as_of: date, policy: AgeingPolicy) -> Converted:
    """Return an ageing in the reporting currency at the rate of the as-of date.

    There is a row a company and customer, and one more for each currency of theirs that has no rate.
    """
    done = convert(
        rows,
        ageing_money(policy),
        view.snapshot,
        currency_id_of(view.snapshot, view.reporting_code),
        on=as_of,
        group_by=CONVERTED_KEY,
    )
    # `convert` sums by the same groups, in the same order.
    groups = _converted_groups(rows, done)
    first = np.zeros(len(groups), dtype=np.int64)
    first[groups.codes[::-1]] = np.arange(len(rows) - 1, -1, -1)
    every = np.ones(len(rows), dtype=np.bool_)
    frame = done.frame.assign(
        customer=rows["customer"].take(first).array,
        city=rows["city"].take(first).array,
        oldest_days=groups.max(ints(rows, "oldest_days"), every),
        **counted(rows, groups),
    )
    return replace(done, frame=frame)


def arrears_apart(view: View, book: Ledger, filters: ArrearsFilters, policy: AgeingPolicy) -> Arrears:
    """Return the page's rows and totals, each currency apart."""
    kept = _kept(view, book, filters)
    rows = _aged(book, kept, filters)
    linked = bool(links.record_url(view.snapshot.meta, PARTNER_MODEL, 1))
    totals = book.totals if rows is book.by_customer else ageing_totals(rows)
    return Arrears(rows, totals, kept, "", (), linked)


def _kept(view: View, book: Ledger, filters: ArrearsFilters) -> BoolArray:
    """Return which rows of the whole ageing the customer filters keep."""
    rows = book.by_customer
    keep = of_chosen(view, rows)
    if filters.currency_id:
        keep &= ints(rows, "currency_id") == filters.currency_id
    if filters.cities:
        keep &= is_code(rows, "city", *filters.cities)
    if filters.only:
        keep &= floats(rows, filters.only) > 0
    if filters.text.strip():
        keep &= np.isin(ints(rows, "commercial_partner_id"), _searched(view, book, filters.text))
    return keep


def _searched(view: View, book: Ledger, text: str) -> IntArray:
    """Return the customers that a text finds, by themselves or by number or reference of a line open that day."""
    line_ids, owners = (
        ints(view.snapshot.frame("receivable_lines"), "line_id"),
        ints(book.lines, "commercial_partner_id"),
    )
    texts = searching.texts(view, "receivable_lines", "move_name", "ref")
    written = texts.take(pa.array(positions(line_ids, ints(book.lines, "line_id"))))
    return distinct(owners[searching.sought(view, text).rows(owners, written)])


def _aged(book: Ledger, kept: BoolArray, filters: ArrearsFilters) -> pd.DataFrame:
    """Return the rows kept that owe something in the buckets and technologies chosen, and how much (`CHOSEN`)."""
    if not filters.chooses:
        return book.by_customer if kept.all() else book.by_customer[kept].reset_index(drop=True)
    owed = _chosen(book, filters)
    at = np.flatnonzero(kept & (owed > 0))
    return book.by_customer.take(at).reset_index(drop=True).assign(**{CHOSEN: owed[at]})


def _chosen(book: Ledger, filters: ArrearsFilters) -> FloatArray:
    """Return what each row of the ageing owes in the buckets and technologies chosen, in its currency."""
    return _owed(book, filters, *filters.buckets)


def _owed(book: Ledger, filters: ArrearsFilters, *buckets: str) -> FloatArray:
    """Return what each row of the ageing owes for the technologies chosen in some buckets (none = all of them)."""
    cube, keep = book.cube, np.ones(len(book.cube), dtype=np.bool_)
    for column, codes in (("bucket", buckets), ("technology", filters.technologies)):
        if codes:
            keep &= is_code(cube, column, *codes)
    return exact_sums(ints(cube, "row")[keep], floats(cube, "amount")[keep], len(book.by_customer))


def hiding(view: View, book: Ledger, filters: ArrearsFilters, policy: AgeingPolicy, names: Iterable[str]) -> list[str]:
    """Return those of the filters named without which there would be rows; all of them when none is so alone."""
    without = {
        "Bucket": (view, replace(filters, buckets=())),
        "Technology": (view, replace(filters, technologies=())),
        "City": (view, replace(filters, cities=())),
        "Customer": (view, replace(filters, text="")),
        "With": (view, replace(filters, only="")),
        "Currency": (view, replace(filters, currency_id=0)),
        "Company": (view.of_every_company, filters),
    }
    names = list(names)
    alone = [name for name in names if len(arrears_apart(without[name][0], book, without[name][1], policy).by_customer)]
    return alone or names


def next_to_call(view: View, found: Arrears, as_of: date, open_id: int = 0) -> BoolArray:
    """Return which rows are to be called (see the metric `next_to_call`).

    The customer `open_id`, whose record is open and whom something was logged about just now, is still among them: the
    next one in the list is then the next to call.
    """
    rows = found.by_customer
    partner_ids = ints(rows, "commercial_partner_id")
    done = [number for number, day in promises_contacts.by_customer(view, view.today).items() if day == view.today]
    if promises_data.known(view):
        promised = promises_data.by_customer(view, as_of)
        done += promised.loc[promised["open"] > 0, "commercial_partner_id"].tolist()
    waits = np.isin(partner_ids, done) & (partner_ids != open_id)
    to_call: BoolArray = (floats(rows, "net_to_chase") > 0) & ~waits
    return to_call


def order_of(found: Arrears, sort: str, to_call: BoolArray | None = None) -> IntArray:
    """Return the positions of the rows, sorted by the column `sort` within each currency: names up, figures down.

    `CHOSEN` sorts only where something is chosen; otherwise net to chase does. Rows that are `to_call` come first.
    """
    rows = found.by_customer
    if to_call is not None:
        return np.lexsort((-floats(rows, "net_to_chase"), ints(rows, "currency_id"), ~to_call))
    sort = sort if sort in rows.columns else "net_to_chase"
    if sort == "customer":
        order = rows[["currency_id", "customer", "commercial_partner_id"]]
        return order.sort_values(list(order.columns)).index.to_numpy(dtype=np.int64)
    # Two currencies are never ranked against each other. Equal figures stay in the order of their customers.
    return np.lexsort((-rows[sort].to_numpy(), rows["currency_id"]))


def customer_rows(
    view: View, found: Arrears, at: IntArray, as_of: date, policy: AgeingPolicy, contacts: Mapping[int, date]
) -> pd.DataFrame:
    """Return the rows at the positions `at` of the ageing as the customer table shows them, in that order.

    `contacts` are the days of the last contact, read while the page is drawn: a download is made when nobody's session
    is at hand.

    Columns: those of `customer_table` (empty instead of zero where most have none), and currency, company,
    last_payment (amount with its own currency), promise (in words), odoo str; last_contact datetime64[s].
    """
    rows = found.by_customer.take(at).reset_index(drop=True)
    partner_ids = ints(rows, "commercial_partner_id")
    part = narrowed(view.snapshot, "commercial_partner_id", partner_ids, "services")
    money = money_rows(view.key, view.snapshot)
    theirs = money[np.isin(ints(money, "commercial_partner_id"), partner_ids)]
    table = customer_table(rows, customer_facts(part, as_of, theirs), view.snapshot)
    paid = zip(table["last_payment_amount"], table["last_payment_currency_id"], strict=True)
    shares = {key: table[key].where(table[key] != 0.0) for key in (*policy.bucket_keys, *QUIET_AT_ZERO)}
    return table.assign(
        **shares,
        currency=table["currency_id"].map(view.code).astype("str"),
        company=table["company_id"].map(view.company_names).fillna("").astype("str"),
        last_payment=[view.money(amount, currency_id) if amount == amount else "" for amount, currency_id in paid],
        last_contact=pd.Series([contacts.get(number) for number in partner_ids.tolist()], dtype="datetime64[s]"),
        promise=pd.Series(promises_data.words(view, partner_ids, as_of), dtype="str"),
        odoo=links.record_urls(view.snapshot.meta, PARTNER_MODEL, partner_ids),
    )


def by_technology(
    view: View, book: Ledger, found: Arrears, filters: ArrearsFilters, policy: AgeingPolicy
) -> pd.DataFrame:
    """Return what the chart shows: currency_id, category (bucket label), series (technology), amount in that currency.

    These are the positive residuals of all customers that the other filters keep, in every bucket, of the technologies
    chosen: people choose a bucket in the chart, so it does not shrink to the chosen one. The bars of the buckets chosen
    add up to the total of `CHOSEN`. Converted where `found` is.
    """
    everyone = bool(found.kept.all())
    if everyone and not filters.technologies and not found.rates:
        amounts = book.chart
    else:
        cube = book.cube if everyone else book.cube[found.kept[ints(book.cube, "row")]]
        if filters.technologies:
            cube = cube[is_code(cube, "technology", *filters.technologies)]
        amounts = _chart_in_one(view, book, cube, found, filters) if found.rates else chart_of(cube)
    return pd.DataFrame(
        {
            "currency_id": amounts["currency_id"],
            "category": amounts["bucket"].astype("str").map(policy.labels),
            "series": amounts["technology"].astype("str"),
            "amount": amounts["amount"],
        }
    )


def _chart_in_one(
    view: View, book: Ledger, cube: pd.DataFrame, found: Arrears, filters: ArrearsFilters
) -> pd.DataFrame:
    """Return a cube added up for the chart in the currencies and at the rates of the ageing `found`."""
    companies = ints(book.by_customer, "company_id")[ints(cube, "row")]
    done = convert(
        cube.assign(company_id=companies, bucket=cube["bucket"].astype("str")),
        ["amount"],
        view.snapshot,
        currency_id_of(view.snapshot, view.reporting_code),
        on=filters.as_of,
        group_by=["bucket", "technology"],
    )
    amounts = done.frame
    # The tiles add up customers, each rounded once; the odd cents go to a bucket's largest part.
    owed, currency_ids = floats(amounts, "amount").copy(), ints(amounts, "currency_id")
    for (key, currency_id), bar in found.bars.items():
        at = np.flatnonzero(is_code(amounts, "bucket", key) & (currency_ids == currency_id))
        if len(at):
            owed[at[owed[at].argmax()]] += bar - owed[at].sum()
    return amounts.assign(amount=owed.round(4))


def known_currencies(view: View, book: Ledger) -> list[int]:
    """Return the currencies with open lines, those of the companies first, then by code."""
    own = set(view.snapshot.frame("companies")["currency_id"])
    ids = [int(currency_id) for currency_id in book.by_customer["currency_id"].unique()]
    return sorted(ids, key=lambda currency_id: (currency_id not in own, view.code(currency_id)))
