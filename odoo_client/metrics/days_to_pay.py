"""How long customers take to pay: from the invoice date to the match that closed the invoice.

The day comes from the partial reconciliations, not from an invoice's "paid" mark, which has no date. This is not DSO:
it looks only at invoices that were paid, and so flatters; what is still open counts in DSO and in Arrears.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, FrameSource, IntArray, floats, ints, is_code
from odoo_client.frames.dates import NO_DAY, dates, days
from odoo_client.frames.groups import exact_sums, positions
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.money_in import brought_money
from odoo_client.metrics.spread import Spread


@dataclass(frozen=True)
class DaysToPay:
    """Days from invoice to payment: median and 90th percentile of invoices, and the mean weighted by amount.

    `average` is None without any invoice (or with nothing but zero amounts).
    """

    spread: Spread
    average: float | None


def paid_invoices(source: FrameSource) -> pd.DataFrame:
    """Return the invoices and receipts that are paid in full, one row each, sorted by move_id.

    Columns: move_id, company_id, currency_id int64; invoice_date, paid_on datetime64[s]; days int64 (0 when the money
    was there before); amount float64 in currency_id.

    Paid in full means that every instalment is closed in the ledger, to half the currency's rounding, and that money in
    (a payment or bank line) helped close it: an invoice closed only by credit notes or write-offs was not paid.
    `paid_on` is the day of its last match; matches that carry exchange differences alone do not count.
    """
    lines = source.frame("receivable_lines")
    size = len(lines)
    document = is_code(lines, "kind", "invoice", "receipt") & (floats(lines, "amount") > 0)
    at = np.flatnonzero(document)
    group, moves = _grouped(ints(lines, "move_id")[at])
    currency = ints(lines, "currency_id")[at]
    still_open = np.abs(floats(lines, "residual")[at]) >= Currencies.of(source).smallest_of(currency)
    closed = np.bincount(group, weights=still_open, minlength=len(moves)) == 0
    last_day, by_money = _closing(source, _places(at, group, size), len(moves))
    paid = closed & by_money & (last_day != NO_DAY)
    first = np.zeros(len(moves), dtype=np.int64)
    first[group[::-1]] = at[::-1]
    amount = exact_sums(group, floats(lines, "amount")[at], len(moves))
    heads = lines[["move_id", "company_id", "currency_id", "invoice_date", "date"]].take(first[paid])
    started = days(heads, "invoice_date")
    started = np.where(started == NO_DAY, days(heads, "date"), started)
    frame = pd.DataFrame(
        {
            "move_id": heads["move_id"].to_numpy(),
            "company_id": heads["company_id"].to_numpy(),
            "currency_id": heads["currency_id"].to_numpy(),
            "invoice_date": dates(started),
            "paid_on": dates(last_day[paid]),
            "days": np.maximum(last_day[paid] - started, 0),
            "amount": amount[paid],
        }
    )
    return frame.sort_values("move_id", ignore_index=True)


def _grouped(keys: IntArray) -> tuple[IntArray, IntArray]:
    group, uniques = pd.factorize(keys)
    return group.astype(np.int64), np.asarray(uniques, dtype=np.int64)


def _places(at: IntArray, group: IntArray, size: int) -> IntArray:
    """Return for each line its group, -1 for lines without one, and a final -1 for lines that are not ours."""
    places = np.full(size + 1, -1, dtype=np.int64)
    places[at] = group
    return places


def _closing(source: FrameSource, places: IntArray, size: int) -> tuple[IntArray, BoolArray]:
    """Return each group's last day of a match (`NO_DAY` for none), and whether money was among its matches."""
    lines, partials = source.frame("receivable_lines"), source.frame("partials")
    line_ids = ints(lines, "line_id")
    group = places[positions(line_ids, ints(partials, "debit_line_id"))]
    rows = np.flatnonzero((group >= 0) & (floats(partials, "debit_amount") != 0))
    group = group[rows]
    other = positions(line_ids, ints(partials, "credit_line_id")[rows])
    money = np.append(brought_money(source), False)[other]
    last_day = np.full(size, NO_DAY, dtype=np.int64)
    np.maximum.at(last_day, group, days(partials, "max_date")[rows])
    return last_day, np.bincount(group, weights=money, minlength=size) > 0


def days_to_pay(paid: pd.DataFrame, where: BoolArray | None = None) -> DaysToPay:
    """Return how long the invoices of `paid_invoices` took, optionally only those `where`.

    Amounts weight the average, so pass invoices of one currency.
    """
    taken, amount = paid["days"].to_numpy(dtype=np.float64), floats(paid, "amount")
    if where is not None:
        taken, amount = taken[where], amount[where]
    return DaysToPay(Spread.of(taken), _weighted(taken, amount))


def _weighted(values: FloatArray, weights: FloatArray) -> float | None:
    total = float(weights.sum())
    return float((values * weights).sum()) / total if total > 0 else None
