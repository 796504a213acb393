"""The one definition of money in: what customers paid and were paid back, by payment record or bank line without one.

Money in is every customer payment (`account.payment`) and every bank line. A bank line is an entry of a bank, cash or
card journal with a line on a receivable account and no payment record: a bank statement line becomes one when it is
matched straight with invoices (or entered on a receivable account). Its amount is what reached the bank for that
customer, without what the entry wrote off (see `deductions`).

A bank line matched with a payment's own outstanding account touches no receivable account, so it is none of these: the
payment counts. From 18 on a payment may post no entry; the bank line that then pays its invoice is the same money, and
counts only as far as it is more than such payments.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, FrameSource, IntArray, coded, flags, floats, ints, is_code
from odoo_client.frames.dates import dates, days, month_starts
from odoo_client.frames.groups import Groups, positions, text_at, tidy
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.deductions import KEY, MONEY_KINDS, cash, known_deductions
from odoo_client.metrics.labels import KINDS

#: What a row of money in is, and what people read.
SOURCES = {one: KINDS[one] for one in ("payment", "bank_line")}


def money_in(source: FrameSource) -> pd.DataFrame:
    """Return every customer payment in the order of the frame `payments`, then every bank line, one row each.

    Columns: money_id int64 (the payment's id; of a bank line the negative of its first receivable line's id), made_by
    category (`SOURCES`), payment_id int64 (0 = bank line), move_id int64 (0 = posted no entry), company_id,
    currency_id, commercial_partner_id (0 = none), journal_id int64; method category ("" = none, "Bank line" of bank
    lines); date, month datetime64[s] (NaT without a date); amount float64 in currency_id, refunds paid out negative;
    posted, inbound bool (payments in every state are here; what counts is posted and dated).

    A bank line that paid several customers, or in several currencies, has a row each, in the currency of the
    receivable line; several invoices of one customer are one row.
    """
    payments = source.frame("payments")
    inbound = is_code(payments, "direction", "inbound")
    columns = {name: payments[name] for name in ("payment_id", *KEY, "journal_id")}
    made = pd.DataFrame(
        {
            "money_id": payments["payment_id"],
            **columns,
            "method": payments["method"].astype("category"),
            "date": dates(days(payments, "date")),
            "amount": tidy(floats(payments, "amount") * np.where(inbound, 1.0, -1.0)),
            "posted": is_code(payments, "state", "posted"),
            "inbound": inbound,
        }
    )
    booked = _counted(source, _bank_lines(source))
    size = len(made)
    rows = made
    if len(booked):
        word = SOURCES["bank_line"]
        names = made["method"].cat.categories
        names = names if word in names else names.append(pd.Index([word], dtype=names.dtype))
        method = pd.Categorical(np.append(made["method"].astype("str"), [word] * len(booked)), categories=names)
        added = booked.assign(payment_id=0, posted=True, inbound=floats(booked, "amount") > 0)
        shared = [name for name in made.columns if name != "method"]
        rows = pd.concat([made[shared], added[shared]], ignore_index=True).assign(method=method)
    by = np.zeros(len(rows), dtype=np.int64)
    by[size:] = 1
    return rows.assign(made_by=coded(by, SOURCES), month=month_starts(days(rows, "date")))


def _bank_lines(source: FrameSource) -> pd.DataFrame:
    """Return the bank lines, one row a customer and currency, in the order of their receivable lines."""
    lines = source.frame("receivable_lines")
    columns = ["line_id", *KEY, "journal_id", "date", "amount"]
    rows = lines[columns].take(np.flatnonzero(is_code(lines, "kind", "bank_line"))).reset_index(drop=True)
    if not len(rows):
        return rows.assign(money_id=rows["line_id"])
    groups = Groups(rows, KEY)
    first = np.full(len(groups), len(rows), dtype=np.int64)
    np.minimum.at(first, groups.codes, np.arange(len(rows)))
    net = groups.keys.assign(amount=groups.sum(floats(rows, "amount")))
    heads = rows[["line_id", "journal_id", "date"]].take(first).reset_index(drop=True)
    # What lowers a customer's balance is money in.
    found = net.assign(
        amount=tidy(-cash(source, net)),
        money_id=-heads["line_id"],
        journal_id=heads["journal_id"],
        date=heads["date"].to_numpy().astype("datetime64[s]"),
    )
    return found.sort_values("money_id", ascending=False, kind="stable", ignore_index=True)


def _counted(source: FrameSource, booked: pd.DataFrame) -> pd.DataFrame:
    """Return the bank lines less what already counts as payments without an entry; those left with nothing go."""
    if len(booked):
        covered = _covered(source, booked)
        amount = tidy(floats(booked, "amount") - covered)
        smallest = Currencies.of(source).smallest_of(ints(booked, "currency_id"))
        booked = booked.assign(amount=amount)[np.abs(amount) >= smallest].reset_index(drop=True)
    return booked


def _covered(source: FrameSource, booked: pd.DataFrame) -> FloatArray:
    """Return how much of each bank line pays invoices that payments without an entry were made for."""
    covered = np.zeros(len(booked))
    links, payments = source.frame("payment_invoices"), source.frame("payments")
    outside = is_code(payments, "state", "posted") & is_code(payments, "direction", "inbound")
    outside &= ints(payments, "move_id") == 0
    at = positions(ints(payments, "payment_id"), ints(links, "payment_id"))
    linked = (at >= 0) & np.append(outside, False)[at]
    if not linked.any():
        return covered
    waiting: dict[int, list[int]] = defaultdict(list)
    for move_id, place in zip(ints(links, "move_id")[linked].tolist(), at[linked].tolist(), strict=True):
        waiting[move_id].append(place)
    left = floats(payments, "amount").copy()
    currency, owned = ints(payments, "currency_id"), ints(booked, "currency_id")
    lines, partials = source.frame("receivable_lines"), source.frame("partials")
    line_ids, amounts = ints(lines, "line_id"), floats(booked, "amount")
    row_of = rows_of_lines(source, booked)
    row = np.append(row_of, -1)[positions(line_ids, ints(partials, "credit_line_id"))]
    debit = positions(line_ids, ints(partials, "debit_line_id"))
    paid = np.append(ints(lines, "move_id"), 0)[debit]
    for place in np.flatnonzero((row >= 0) & np.isin(paid, list(waiting))).tolist():
        bank = int(row[place])
        open_now = min(float(partials["credit_amount"].iloc[place]), amounts[bank] - covered[bank])
        for payment in waiting[int(paid[place])]:
            if currency[payment] != owned[bank]:
                # Nobody can say which part of a sum in another currency it is: all of it was announced.
                taken, left[payment] = open_now, 0.0
            else:
                taken = min(open_now, left[payment])
                left[payment] -= taken
            covered[bank] += max(0.0, taken)
            open_now -= taken
    return covered


def rows_of_lines(source: FrameSource, money: pd.DataFrame) -> IntArray:
    """Return for each receivable line the position in `money` (of `money_in`) of the money it books, -1 for none."""
    lines = source.frame("receivable_lines")
    found = np.full(len(lines), -1, dtype=np.int64)
    if not len(money):
        return found
    payment_ids, ids = ints(lines, "payment_id"), ints(money, "money_id")
    order = np.argsort(ids, kind="stable")
    by_payment = positions(ids[order], payment_ids)
    of_payment = (by_payment >= 0) & (payment_ids > 0)
    found[of_payment] = order[by_payment[of_payment]]
    at = np.flatnonzero(is_code(lines, "kind", "bank_line"))
    banked = np.flatnonzero(ids < 0)
    if len(at) and len(banked):
        wanted = pd.MultiIndex.from_frame(lines[list(KEY)].take(at))
        own = pd.MultiIndex.from_frame(money[list(KEY)].take(banked))
        place = own.get_indexer(wanted)
        found[at] = np.where(place >= 0, banked[place], -1)
    return found


def brought_money(source: FrameSource) -> BoolArray:
    """Return which receivable lines are of entries that moved money.

    A payment of zero that writes the whole invoice off moved none.
    """
    lines = source.frame("receivable_lines")
    moved = is_code(lines, "kind", *MONEY_KINDS)
    at = np.flatnonzero(moved & np.isin(ints(lines, "move_id"), ints(known_deductions(source), "move_id")))
    rows = lines[[*KEY, "amount"]].take(at).reset_index(drop=True)
    groups = Groups(rows, KEY)
    left = cash(source, groups.keys.assign(amount=groups.sum(floats(rows, "amount"))))
    moved[at] = np.abs(left[groups.codes]) > 0
    return moved


def money_texts(source: FrameSource, money: pd.DataFrame) -> pd.DataFrame:
    """Return what rows of `money_in` are called, in their order.

    Columns: number, reference, payment_reference, state str, and raw_state, as Odoo says it. Of a bank line: its
    entry's number, its label, its entry's reference, and "posted" for both states.
    """
    payments, lines = source.frame("payments"), source.frame("receivable_lines")
    at = positions(ints(payments, "payment_id"), ints(money, "payment_id"))
    line_at = positions(ints(lines, "line_id"), -ints(money, "money_id"))
    banked = ints(money, "money_id") < 0
    pairs = {
        "number": ("name", "move_name"),
        "reference": ("memo", "label"),
        "payment_reference": ("payment_reference", "ref"),
    }
    texts = {
        name: text_at(payments, ours, at).where(~banked, text_at(lines, theirs, np.where(banked, line_at, -1)))
        for name, (ours, theirs) in pairs.items()
    }
    # A snapshot stored by an older release lacks Odoo's own name for it.
    said = "raw_state" if "raw_state" in payments.columns else "state"
    for name, column in (("state", "state"), ("raw_state", said)):
        texts[name] = text_at(payments, column, at).mask(banked, "posted")
    return pd.DataFrame(texts)


def is_received(money: pd.DataFrame) -> BoolArray:
    """Return which rows of `money_in` count as received: posted and not paid out."""
    received: BoolArray = flags(money, "posted") & flags(money, "inbound")
    return received
