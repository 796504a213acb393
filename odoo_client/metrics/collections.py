"""What was billed and what came in: documents and money with their sign, by month, by method and by day.

Billed: posted invoices and receipts less posted credit notes, with tax (receivables are with tax), in the month of the
invoice date (else the entry date). Collected: money in (see `money_in`) less refunds paid out, by its date.
Every sum is within one currency. What the money paid is in `payments_matched`, not here.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, FrameSource, IntArray, floats, ints, is_code
from odoo_client.frames.dates import NO_DAY, dates, days, month_starts
from odoo_client.frames.groups import Groups, exact_sums, tidy
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.ledger import is_trusted
from odoo_client.metrics.money_in import rows_of_lines
from odoo_client.metrics.trade import owed_by_customers

#: What monthly sums are grouped by.
MONTH_KEY = ("company_id", "currency_id", "month")
#: What money received is grouped by beside company and currency.
METHOD_KEY = ("company_id", "currency_id", "journal_id", "method")
#: Odoo numbers its currencies from 1 to about 170, so the id itself is the group; a larger id is no currency.
LARGEST_CURRENCY_ID = 10_000


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
            "month": month_starts(day),
            "amount": tidy(floats(frame, "amount_total") * sign),
            "open": tidy(residual * sign),
            "posted": posted,
            "overdue_from": dates(np.where(owed, np.where(due == NO_DAY, day, due), NO_DAY)),
        }
    )


def billed_by_month(rows: pd.DataFrame, where: BoolArray | None = None, groups: Groups | None = None) -> pd.DataFrame:
    """Return what was billed a month, of `billed_rows`, optionally only of those `where`.

    Columns: company_id, currency_id int64; month datetime64[s]; billed float64 (credit notes taken off); documents
    int64. `groups` are those of the rows by `MONTH_KEY`, when the caller keeps them. Months without a document are not
    there.
    """
    groups = groups or Groups(rows, MONTH_KEY)
    counted = _counted(rows, where)
    frame = groups.keys.assign(
        billed=groups.sum_at(floats(rows, "amount"), counted), documents=groups.count_at(counted)
    )
    return frame[frame["documents"] > 0].reset_index(drop=True)


def collected_by_month(
    rows: pd.DataFrame, where: BoolArray | None = None, groups: Groups | None = None
) -> pd.DataFrame:
    """Return what came in a month, of `money_in`, optionally only of those `where`.

    Columns: company_id, currency_id int64; month datetime64[s]; received, refunded float64 (both positive), collected
    float64 (received less refunded); payments int64. Months without a payment are not there.
    """
    groups = groups or Groups(rows, MONTH_KEY)
    return _money(rows, _counted(rows, where), groups)


def received_by_method(
    rows: pd.DataFrame, where: BoolArray | None = None, groups: Groups | None = None
) -> pd.DataFrame:
    """Return what came in by journal and method, of `money_in`, optionally only of those `where`.

    Columns: company_id, currency_id, journal_id int64; method category; received, refunded, collected float64;
    payments int64. Sorted by these four.
    """
    groups = groups or Groups(rows, METHOD_KEY)
    return _money(rows, _counted(rows, where), groups)


def _money(rows: pd.DataFrame, counted: IntArray, groups: Groups) -> pd.DataFrame:
    amount, inbound = floats(rows, "amount"), rows["inbound"].to_numpy()[counted]
    received = groups.sum_at(amount, counted[inbound])
    refunded = tidy(-groups.sum_at(amount, counted[~inbound]))
    frame = groups.keys.assign(
        received=received, refunded=refunded, collected=tidy(received - refunded), payments=groups.count_at(counted)
    )
    return frame[frame["payments"] > 0].reset_index(drop=True)


def _counted(rows: pd.DataFrame, where: BoolArray | None) -> IntArray:
    """Return the positions of the rows that count: posted and dated, of those `where`."""
    posted = rows["posted"].to_numpy()
    at = np.flatnonzero(posted if where is None else posted & where)
    # Only now, for a few: checking whether a day is known takes as long as all the rest of a sum.
    dated: IntArray = at[~np.isnat(rows["month"].to_numpy()[at])]
    return dated


def sums(rows: pd.DataFrame, where: BoolArray, column: str = "amount") -> dict[int, float]:
    """Return the sum of `column` of the rows `where` by currency_id, for the currencies that have such rows."""
    return sums_at(rows, np.flatnonzero(where), floats(rows, column))


def sums_at(rows: pd.DataFrame, at: IntArray, amounts: FloatArray | None = None) -> dict[int, float]:
    """Return the sum of `amounts` (a number a row, else its amount) of the rows at `at` by currency_id, as `sums`."""
    currency = ints(rows, "currency_id")[at]
    wanted = (floats(rows, "amount") if amounts is None else amounts)[at]
    size = int(currency.max(initial=0)) + 1
    if size > LARGEST_CURRENCY_ID:
        # Odoo has no such currency; as an index it would need all the memory there is.
        keys, currency = np.unique(currency, return_inverse=True)
        found = exact_sums(currency, wanted, len(keys))
        return {int(key): float(total) for key, total in zip(keys, found, strict=True)}
    totals = exact_sums(currency, wanted, size)
    present = np.flatnonzero(np.bincount(currency, minlength=size))
    return {int(key): float(totals[key]) for key in present}


def without_customer(rows: pd.DataFrame) -> BoolArray:
    """Return which of `money_in` name no customer: money nobody has been thanked for yet."""
    unnamed: BoolArray = ints(rows, "commercial_partner_id") == 0
    return unnamed


def unallocated_money(source: FrameSource, money: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `money` (of `money_in`) of which something is matched with nothing, sorted by money_id.

    Columns: money_id, company_id, currency_id int64; left float64 in currency_id (negative for a refund paid out).
    These are the entries of payments and bank lines among the open credits of Arrears, as they stand now. A payment
    that posted no entry (18 and newer) is not among them: the ledger does not know of it.
    """
    lines = source.frame("receivable_lines")
    row = rows_of_lines(source, money)
    at = np.flatnonzero((row >= 0) & (floats(lines, "residual") != 0) & is_trusted(source, lines))
    rows = lines[["company_id", "currency_id"]].take(at).reset_index(drop=True)
    rows.insert(0, "money_id", ints(money, "money_id")[row[at]])
    residual = floats(lines, "residual")[at]
    groups = Groups(rows, ["money_id", "company_id", "currency_id"])
    frame = groups.keys.assign(left=tidy(-groups.sum(residual)))
    real = np.abs(floats(frame, "left")) >= Currencies.of(source).smallest_of(ints(frame, "currency_id"))
    return frame[real].reset_index(drop=True)
