"""What was billed and what came in: documents and payments with their sign, by month, by method and by day.

Billed: posted invoices and receipts less posted credit notes, with tax (receivables are with tax), in the month of the
invoice date (else the entry date). Collected: posted customer payments received less refunds paid out, by payment date.
Every sum is within one currency. Nothing here says what a payment paid: that is `payments_matched`.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.source import (
    NO_DAY,
    BoolArray,
    FloatArray,
    FrameSource,
    Groups,
    IntArray,
    dates,
    day_number,
    days,
    exact_sums,
    floats,
    ints,
    is_code,
    tidy,
)
from odoo_client.metrics.trade import owed_by_customers

#: What monthly sums are grouped by.
MONTH_KEY = ("company_id", "currency_id", "month")
#: What money received is grouped by beside company and currency.
METHOD_KEY = ("company_id", "currency_id", "journal_id", "method")
#: Journals whose entries are money itself.
MONEY_JOURNALS = ("bank", "cash", "credit")


def billed_rows(source: FrameSource) -> pd.DataFrame:
    """Return every invoice, credit note and receipt in the order of the frame `invoices`, one row each.

    Columns: move_id, company_id, currency_id, commercial_partner_id, journal_id int64; date datetime64[s] (invoice
    date, else entry date); month datetime64[s] (its first day; NaT without a date); amount, open float64 in
    currency_id, with tax, negative for credit notes (open = what Odoo has as residual now, 0 unless posted, and on an
    account that is no customer's debt);
    posted bool; overdue_from datetime64[s] (the due date of a document with something open, else NaT).
    """
    frame = source.frame("invoices")
    day = days(frame, "invoice_date")
    day = np.where(day == NO_DAY, days(frame, "date"), day)
    sign = np.where(is_code(frame, "kind", "credit_note"), -1.0, 1.0)
    posted = is_code(frame, "state", "posted")
    residual = np.where(posted & owed_by_customers(source, ints(frame, "move_id")), floats(frame, "residual"), 0.0)
    due = days(frame, "due_date")
    owed = (residual > 0) & (sign > 0)
    return pd.DataFrame(
        {
            "move_id": frame["move_id"],
            "company_id": frame["company_id"],
            "currency_id": frame["currency_id"],
            "commercial_partner_id": frame["commercial_partner_id"],
            "journal_id": frame["journal_id"],
            "date": dates(day),
            "month": _months(day),
            "amount": tidy(floats(frame, "amount_total") * sign),
            "open": tidy(residual * sign),
            "posted": posted,
            "overdue_from": dates(np.where(owed, np.where(due == NO_DAY, day, due), NO_DAY)),
        }
    )


def collected_rows(source: FrameSource) -> pd.DataFrame:
    """Return every customer payment in the order of the frame `payments`, one row each.

    Columns: payment_id, company_id, currency_id, commercial_partner_id (0 = none), journal_id int64; method category
    ("" = none); date, month datetime64[s] (NaT without a date); amount float64 in currency_id, refunds paid out
    negative; posted, inbound bool.
    """
    frame = source.frame("payments")
    day = days(frame, "date")
    inbound = is_code(frame, "direction", "inbound")
    return pd.DataFrame(
        {
            "payment_id": frame["payment_id"],
            "company_id": frame["company_id"],
            "currency_id": frame["currency_id"],
            "commercial_partner_id": frame["commercial_partner_id"],
            "journal_id": frame["journal_id"],
            "method": frame["method"].astype("category"),
            "date": dates(day),
            "month": _months(day),
            "amount": tidy(floats(frame, "amount") * np.where(inbound, 1.0, -1.0)),
            "posted": is_code(frame, "state", "posted"),
            "inbound": inbound,
        }
    )


def _months(day: IntArray) -> FloatArray:
    """Return the first day of each day's month as datetime64[s], NaT for no day."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[s]")


def within(rows: pd.DataFrame, first: date, last: date, column: str = "date") -> BoolArray:
    """Return which rows are dated from `first` to `last`, both included."""
    day = days(rows, column)
    return (day >= day_number(first)) & (day <= day_number(last))


def billed_by_month(rows: pd.DataFrame, where: BoolArray | None = None, groups: Groups | None = None) -> pd.DataFrame:
    """Return what was billed a month, of `billed_rows`, optionally only of those `where`.

    Columns: company_id, currency_id int64; month datetime64[s]; billed float64 (credit notes taken off); documents
    int64. `groups` are those of the rows by `MONTH_KEY`, when the caller keeps them. Months without a document are not
    there.
    """
    groups = groups or Groups(rows, MONTH_KEY)
    counted = _counted(rows, where)
    frame = groups.keys.assign(billed=groups.sum(floats(rows, "amount"), counted), documents=groups.count(counted))
    return frame[frame["documents"] > 0].reset_index(drop=True)


def collected_by_month(
    rows: pd.DataFrame, where: BoolArray | None = None, groups: Groups | None = None
) -> pd.DataFrame:
    """Return what came in a month, of `collected_rows`, optionally only of those `where`.

    Columns: company_id, currency_id int64; month datetime64[s]; received, refunded float64 (both positive), collected
    float64 (received less refunded); payments int64. Months without a payment are not there.
    """
    groups = groups or Groups(rows, MONTH_KEY)
    return _money(rows, _counted(rows, where), groups)


def received_by_method(
    rows: pd.DataFrame, where: BoolArray | None = None, groups: Groups | None = None
) -> pd.DataFrame:
    """Return what came in by journal and method, of `collected_rows`, optionally only of those `where`.

    Columns: company_id, currency_id, journal_id int64; method category; received, refunded, collected float64;
    payments int64. Sorted by these four.
    """
    groups = groups or Groups(rows, METHOD_KEY)
    return _money(rows, _counted(rows, where), groups)


def _money(rows: pd.DataFrame, counted: BoolArray, groups: Groups) -> pd.DataFrame:
    amount, inbound = floats(rows, "amount"), rows["inbound"].to_numpy()
    received = groups.sum(amount, counted & inbound)
    refunded = tidy(-groups.sum(amount, counted & ~inbound))
    frame = groups.keys.assign(
        received=received, refunded=refunded, collected=tidy(received - refunded), payments=groups.count(counted)
    )
    return frame[frame["payments"] > 0].reset_index(drop=True)


def _counted(rows: pd.DataFrame, where: BoolArray | None) -> BoolArray:
    """Return which rows count: posted and dated, of those `where`."""
    counted: BoolArray = rows["posted"].to_numpy() & rows["month"].notna().to_numpy()
    return counted if where is None else counted & where


def sums(rows: pd.DataFrame, where: BoolArray, column: str = "amount") -> dict[int, float]:
    """Return the sum of `column` of the rows `where` by currency_id, for the currencies that have such rows."""
    currency = ints(rows, "currency_id")[where]
    # Odoo numbers its currencies from 1 to about 170, so the id itself is the group.
    size = int(currency.max(initial=0)) + 1
    totals = exact_sums(currency, floats(rows, column)[where], size)
    present = np.flatnonzero(np.bincount(currency, minlength=size))
    return {int(key): float(totals[key]) for key in present}


def without_customer(rows: pd.DataFrame) -> BoolArray:
    """Return which of `collected_rows` name no customer: money nobody has been thanked for yet."""
    unnamed: BoolArray = ints(rows, "commercial_partner_id") == 0
    return unnamed


def unallocated_payments(source: FrameSource) -> pd.DataFrame:
    """Return the payments of which something is matched with nothing, one row each, sorted by payment_id.

    Columns: payment_id, company_id, currency_id int64; left float64 in currency_id (negative for a refund paid out).
    These are the payment entries among the open credits of Arrears, as they stand now. A payment that posted no entry
    (18 and newer) is not among them: the ledger does not know of it.
    """
    lines = source.frame("receivable_lines")
    at = np.flatnonzero((ints(lines, "payment_id") > 0) & (floats(lines, "residual") != 0))
    rows = lines[["payment_id", "company_id", "currency_id"]].take(at).reset_index(drop=True)
    residual = floats(lines, "residual")[at]
    groups = Groups(rows, ["payment_id", "company_id", "currency_id"])
    frame = groups.keys.assign(left=tidy(-groups.sum(residual)))
    real = np.abs(floats(frame, "left")) >= Currencies.of(source).smallest_of(ints(frame, "currency_id"))
    return frame[real].reset_index(drop=True)


def bank_entries(source: FrameSource) -> pd.DataFrame:
    """Return the receivable lines that a bank or cash journal booked without a payment record, one row each.

    Columns: line_id, company_id, currency_id, commercial_partner_id int64; date datetime64[s]; amount float64 in
    currency_id (money in positive). A bank statement matched straight with invoices makes such lines: that money is in
    the ledger and in Arrears, but in no payment.
    """
    lines, journals = source.frame("receivable_lines"), source.frame("journals")
    money = ints(journals, "journal_id")[is_code(journals, "kind", *MONEY_JOURNALS)]
    at = np.flatnonzero(is_code(lines, "kind", "entry") & np.isin(ints(lines, "journal_id"), money))
    columns = ["line_id", "company_id", "currency_id", "commercial_partner_id", "date"]
    rows = lines[columns].take(at).reset_index(drop=True)
    return rows.assign(amount=tidy(-floats(lines, "amount")[at]))
