"""The queue of payments that wait for a decision, and the invoices each of them may pay, with the reason in words.

Such a draft is "under review". It is not in the ledger: it changes no residual, bucket or balance, only who needs to be
called.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FrameSource, floats, ints, is_code
from odoo_client.frames.dates import day_number, local_days, seconds
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.payments_matched import invoice_named
from odoo_client.metrics.references import names
from odoo_client.metrics.trade import owed_by_customers

#: A sum of several invoices is looked for among this many of the oldest: more would find sums by chance.
MOST_IN_A_SUM = 8
#: What each reason weighs; a candidate's rank is the sum.
WEIGHTS = {"chosen": 1000, "reference": 400, "amount": 200, "sum": 120, "currency": 40, "date": 5}
INVOICE_KINDS = ("invoice", "receipt", "out_invoice", "out_receipt")


def is_under_review(payments: pd.DataFrame) -> BoolArray:
    """Return which rows of the frame `payments` are under review: every inbound draft, whoever made it."""
    return is_code(payments, "direction", "inbound") & is_code(payments, "state", "draft")


def entered_by(payments: pd.DataFrame, as_of: date, timezone: str) -> pd.DataFrame:
    """Return the rows of `payments` that were entered by the end of `as_of`, which is a day of `timezone`."""
    return payments[local_days(seconds(payments, "create_date"), timezone) <= day_number(as_of)]


def payments_under_review(source: FrameSource, as_of: date, timezone: str) -> pd.DataFrame:
    """Return the payments that wait for our decision now and were entered by the end of `as_of`, sorted by payment_id.

    Columns: payment_id, company_id, currency_id, commercial_partner_id int64 (0 = nobody knows whose it is); amount
    float64 positive, in currency_id, the payment's own; settles_move_id int64 (the one invoice it is meant for, see
    `invoice_named`).

    Odoo keeps no history of drafts: one decided since is missing on a past day. The day of entry is that of `timezone`,
    since a draft made at 23:30 UTC is tomorrow's in Harare.
    """
    payments = source.frame("payments")
    # Only drafts get their local day worked out: that costs far more than looking at a state.
    rows = entered_by(payments[is_under_review(payments)], as_of, timezone)
    rows = rows[["payment_id", "company_id", "currency_id", "commercial_partner_id", "amount"]].reset_index(drop=True)
    return rows.assign(settles_move_id=invoice_named(source, ints(rows, "payment_id")))


def queue(source: FrameSource) -> pd.DataFrame:
    """Return every draft inbound customer payment, the oldest first, whoever made it.

    Columns: payment_id, partner_id, commercial_partner_id, company_id, currency_id, journal_id, created_by int64; name,
    customer, journal, memo, payment_reference, entered_by str (a user's name, "" unknown); amount float64 in
    currency_id; date, create_date datetime64.
    """
    payments = source.frame("payments")
    rows = payments[is_under_review(payments)]
    customers, journals, users = (source.frame(name) for name in ("customers", "journals", "users"))
    owner = positions(ints(customers, "partner_id"), ints(rows, "commercial_partner_id"))
    journal = positions(ints(journals, "journal_id"), ints(rows, "journal_id"))
    user = positions(ints(users, "user_id"), ints(rows, "created_by"))
    found = rows[
        [
            *("payment_id", "partner_id", "commercial_partner_id", "company_id", "currency_id", "journal_id"),
            *("created_by", "name", "memo", "payment_reference", "amount", "date", "create_date"),
        ]
    ].assign(
        customer=text_at(customers, "name", owner, "").array,
        journal=text_at(journals, "name", journal, "").array,
        entered_by=text_at(users, "name", user, "").array,
    )
    return found.sort_values(["create_date", "payment_id"], kind="stable", ignore_index=True)


def with_age(rows: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Return a queue with age_h float64, the hours since each was entered, never below 0 (NaN = not known)."""
    entered = pd.to_datetime(rows["create_date"])
    if entered.dt.tz is None:
        entered = entered.dt.tz_localize("UTC")
    # Odoo's clock may be ahead of this machine's.
    return rows.assign(
        age_h=((pd.Timestamp(now) - entered).dt.total_seconds() / 3600).clip(lower=0.0).astype("float64")
    )


@dataclass(frozen=True)
class Payment:
    """What is compared with open invoices: a draft in Odoo, or what somebody is about to enter."""

    commercial_partner_id: int
    company_id: int
    currency_id: int
    amount: float
    day: date | None
    text: str = ""
    chosen: Collection[int] = ()
    #: Those of its currency.
    decimals: int = 2

    def rounded(self, amount: float) -> float:
        """Return an amount in the payment's currency without the noise of float arithmetic."""
        return round(amount, self.decimals)

    def units(self, amount: float) -> int:
        """Return an amount in the smallest unit of the payment's currency."""
        return round(amount * float(10**self.decimals))


def open_invoices(source: FrameSource, partner_id: int, company_id: int = 0) -> pd.DataFrame:
    """Return a customer's posted invoices with something open, by due date.

    Columns: move_id, currency_id, company_id int64; name str; residual, amount_total float64 in currency_id;
    invoice_date, due_date datetime64.
    """
    invoices = source.frame("invoices")
    keep = (ints(invoices, "commercial_partner_id") == partner_id) & is_code(invoices, "state", "posted")
    keep &= np.isin(invoices["kind"].astype("str").to_numpy(), INVOICE_KINDS)
    smallest = Currencies.of(source).smallest_of(ints(invoices, "currency_id"))
    keep &= (floats(invoices, "residual") > smallest) & owed_by_customers(source, ints(invoices, "move_id"))
    if company_id:
        keep &= ints(invoices, "company_id") == company_id
    columns = ["move_id", "name", "currency_id", "company_id", "residual", "amount_total", "invoice_date", "due_date"]
    found: pd.DataFrame = invoices[keep][columns].sort_values(["due_date", "move_id"], kind="stable", ignore_index=True)
    return found


def ranked(rows: pd.DataFrame, payment: Payment) -> pd.DataFrame:
    """Return rows of `open_invoices`, the likeliest first, with reason str, rank int64.

    The reason says what speaks for it: chosen by whoever entered it, its number in the reference, the same amount, part
    of a sum of invoices that makes the amount, the same currency, dated before the payment.
    """
    in_sum = set(_summing(rows, payment))
    reasons: list[str] = []
    ranks: list[int] = []
    text = payment.text
    for row in rows.to_dict("records"):
        found = _reasons(row, payment, text, in_sum)
        reasons.append(", ".join(words for _kind, words in found) or "open invoice of this customer")
        ranks.append(sum(WEIGHTS[kind] for kind, _words in found))
    told = rows.assign(reason=pd.Series(reasons, dtype="str"), rank=pd.Series(ranks, dtype="int64"))
    return told.sort_values(["rank", "due_date", "move_id"], ascending=[False, True, True], ignore_index=True)


def suggested(found: pd.DataFrame, payment: Payment) -> list[int]:
    """Return the invoices to choose at first: those chosen when it was entered, else a certain match, else none."""
    kept = [int(one) for one in found["move_id"] if int(one) in set(payment.chosen)]
    if kept:
        return kept
    named = found[found["rank"] >= WEIGHTS["reference"]]
    if len(named):
        return [int(one) for one in named["move_id"]]
    alike = [payment.units(left) == payment.units(payment.amount) for left in found["residual"]]
    same = found[np.array(alike, dtype=np.bool_) & (found["currency_id"] == payment.currency_id)]
    if len(same) == 1:
        return [int(same["move_id"].iloc[0])]
    summing = found[found["rank"] >= WEIGHTS["sum"]]
    return [int(one) for one in summing["move_id"]] if len(same) == 0 else []


def allocation(found: pd.DataFrame, payment: Payment, move_ids: Sequence[int]) -> tuple[list[tuple[int, float]], float]:
    """Return what each chosen invoice of the payment's currency gets, in this order, and what is left unallocated.

    An invoice in another currency is left out: Odoo converts it at its own rate when it matches.
    """
    left, parts = payment.rounded(payment.amount), []
    by_id = {int(row["move_id"]): row for row in found.to_dict("records")}
    for move_id in move_ids:
        row = by_id.get(move_id)
        if row is None or int(row["currency_id"]) != payment.currency_id:
            continue
        part = payment.rounded(min(left, float(row["residual"])))
        parts.append((move_id, part))
        left = payment.rounded(left - part)
    return parts, left


def _reasons(row: Mapping[Hashable, Any], payment: Payment, text: str, in_sum: set[int]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    same_currency = int(row["currency_id"]) == payment.currency_id
    if int(row["move_id"]) in set(payment.chosen):
        found.append(("chosen", "chosen when it was entered"))
    if names(str(row["name"]), text):
        found.append(("reference", "its number is in the reference"))
    if same_currency and payment.units(float(row["residual"])) == payment.units(payment.amount):
        found.append(("amount", "same amount"))
    elif int(row["move_id"]) in in_sum:
        found.append(("sum", "together with others the same amount"))
    found += [("currency", "same currency")] if same_currency else []
    if (
        payment.day is not None
        and pd.notna(row["invoice_date"])
        and pd.Timestamp(row["invoice_date"]).date() <= payment.day
    ):
        found.append(("date", "billed before the payment"))
    return found


def _summing(rows: pd.DataFrame, payment: Payment) -> tuple[int, ...]:
    """Return the oldest invoices of the payment's currency that together make its amount, none when none do."""
    mine = rows[rows["currency_id"] == payment.currency_id].head(MOST_IN_A_SUM)
    units = [(int(key), payment.units(left)) for key, left in zip(mine["move_id"], mine["residual"], strict=True)]
    wanted = payment.units(payment.amount)
    for size in range(2, len(units) + 1):
        for group in combinations(units, size):
            if sum(left for _key, left in group) == wanted:
                return tuple(key for key, _left in group)
    return ()
