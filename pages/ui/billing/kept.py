"""Which invoices and payments the filters of the Billing page keep, as masks over frames of a snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from odoo_client.frames.arrays import BoolArray, IntArray, ints, is_code
from odoo_client.frames.dates import NO_DAY, day_number
from odoo_client.metrics import collections
from pages.ui import searching
from pages.ui.billing.data import STATUS_BITS, TECHNOLOGY_BITS, BillingBook, BillingRows
from pages.ui.billing.filters import BillingFilters
from pages.ui.view import View, of_chosen


@dataclass(frozen=True, eq=False)
class BillingMasks:
    """Which rows every filter but period and status keeps, by position among invoices and money in.

    `found` are those that the search alone keeps, None where nothing is searched for.
    """

    bills: BoolArray
    payments: BoolArray
    found: tuple[BoolArray, BoolArray] | None


def kept(view: View, book: BillingBook, chosen: BillingFilters) -> BillingMasks:
    """Return the rows that the filters keep, with any date and status; the method narrows payments only."""
    return _kept(view, book, chosen, _found(view, book, chosen.text) if chosen.text else None)


def _found(view: View, book: BillingBook, text: str) -> tuple[BoolArray, BoolArray]:
    sought = searching.sought(view, text)
    bills = searching.of_frame(view, sought, "invoices", "name", "ref", "payment_reference")
    return bills, searching.of_money(view, sought, book.payments.facts)


def _kept(
    view: View, book: BillingBook, chosen: BillingFilters, found: tuple[BoolArray, BoolArray] | None
) -> BillingMasks:
    bills, payments = _shared(view, book.bills, chosen), _shared(view, book.payments, chosen)
    if chosen.methods:
        payments &= is_code(book.payments.facts, "method", *chosen.methods)
    if found is not None:
        bills &= found[0]
        payments &= found[1]
    return BillingMasks(bills, payments, found)


def _shared(view: View, rows: BillingRows, chosen: BillingFilters) -> BoolArray:
    mask = of_chosen(view, rows.facts)
    if chosen.currency_id:
        mask &= ints(rows.facts, "currency_id") == chosen.currency_id
    if chosen.journal_ids:
        mask &= np.isin(ints(rows.facts, "journal_id"), chosen.journal_ids)
    if chosen.technologies:
        mask &= (rows.technologies & sum(TECHNOLOGY_BITS[key] for key in chosen.technologies)) > 0
    return mask


def bills_untold(book: BillingBook, chosen: BillingFilters) -> str:
    """Return a note where the journals chosen never had a document, else "": a bank has no invoices, not zero."""
    return _untold(book.bills, chosen)


def payments_untold(book: BillingBook, chosen: BillingFilters) -> str:
    """Return a note where the journals chosen never had any money, else ""."""
    return _untold(book.payments, chosen)


def _untold(rows: BillingRows, chosen: BillingFilters) -> str:
    if not chosen.journal_ids or np.isin(ints(rows.facts, "journal_id"), chosen.journal_ids).any():
        return ""
    return "not in this journal" if len(chosen.journal_ids) == 1 else "not in these journals"


def dated(day: IntArray, first: date | None, last: date | None) -> BoolArray:
    """Return which days are in the period; without a period every row is, even one without a day."""
    if first is not None:
        # A missing day sorts before every day.
        mask: BoolArray = day >= day_number(first)
        return mask if last is None else mask & (day <= day_number(last))
    return np.ones(len(day), dtype=np.bool_) if last is None else (day <= day_number(last)) & (day != NO_DAY)


def table_mask(book: BillingBook, kept: BillingMasks, chosen: BillingFilters) -> BoolArray:
    """Return the rows of the table chosen: kept, in the period, of one of the statuses."""
    rows = book.bills if chosen.table == "invoices" else book.payments
    mask = (kept.bills if chosen.table == "invoices" else kept.payments).copy()
    if chosen.table == "unnamed":
        mask &= collections.without_customer(rows.facts)
    by_payment = chosen.table == "invoices" and chosen.by == "paid_on"
    mask &= dated(book.paid_day if by_payment else rows.day, chosen.first, chosen.last)
    if by_payment:
        mask &= book.paid_at >= 0
    if chosen.statuses:
        mask &= (rows.statuses & sum(STATUS_BITS[key] for key in chosen.statuses)) > 0
    return mask


def hiding(
    view: View, book: BillingBook, shown: BillingMasks, chosen: BillingFilters, names: Iterable[str]
) -> list[str]:
    """Return those of the filters named without which there would be rows; all of them when none is so alone."""
    without: dict[str, tuple[View, BillingFilters]] = {
        "Company": (view.of_every_company, chosen),
        "Period": (view, replace(chosen, first=None, last=None)),
        "Currency": (view, replace(chosen, currency_id=0)),
        "Journal": (view, replace(chosen, journal_ids=())),
        "Method": (view, replace(chosen, methods=())),
        "Status": (view, replace(chosen, statuses=())),
        "Technology": (view, replace(chosen, technologies=())),
        "Search": (view, replace(chosen, text="")),
    }

    def finds(view: View, chosen: BillingFilters) -> bool:
        rows = _kept(view, book, chosen, shown.found if chosen.text else None)
        return bool(table_mask(book, rows, chosen).any())

    names = list(names)
    return [name for name in names if finds(*without[name])] or names


def order_of(book: BillingBook, chosen: BillingFilters, mask: BoolArray) -> IntArray:
    """Return the positions of the rows of `mask` in the order chosen."""
    orders = (book.bills if chosen.table == "invoices" else book.payments).orders
    order = orders.get(chosen.sort, orders["newest"])
    return order[mask[order]]
