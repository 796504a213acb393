"""What money in paid: the entries that the receivable lines of payments and bank lines are matched with in the ledger.

It is read from the partial reconciliations, never from an invoice's "paid" mark: a payment may pay several invoices, an
invoice may be paid by several payments, and part of a payment may be matched with nothing yet. What an entry wrote off
beside the money that it brought (see `deductions`) is kept apart from what was paid.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import FloatArray, FrameSource, IntArray, floats, ints, is_code
from odoo_client.frames.groups import exact_sums, positions, text_at, tidy
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.deductions import KEY, cash
from odoo_client.metrics.money_in import rows_of_lines

#: What a payment's own line is called in a partial, and what stands against it.
_SIDES = (("debit", "credit"), ("credit", "debit"))


def applied_to(source: FrameSource, money: pd.DataFrame) -> pd.DataFrame:
    """Return what `money` (rows of `money_in`) was matched with, one row a partial reconciliation and row of money.

    Columns: money_id, move_id int64 (the invoice, credit note, other payment or plain entry on the other side);
    move_name str, kind category ("invoice", "payment", … of that entry); amount float64 positive in currency_id int64,
    the payment's own: the money that went there (a payment's amounts never add up to more than it); written_off
    float64: what the same entry took off beside it, in the same currency; move_amount float64, move_currency_id int64:
    both together in the currency of the other side (a payment of gold for an invoice in dollars takes off dollars);
    date datetime64[s] (the day of the match: the later of both entries). Sorted by money_id, date, move_id.

    What a payment of several invoices wrote off goes to them in proportion, the odd cent to the largest: Odoo does not
    say for which it was. A bank line that set a credit note off against invoices has that with its amount negative. A
    refund paid out stands with the credit note or payment it gave back; where two payments are matched with each
    other, each has its row. Entries of exchange differences alone, which pay nothing, are left out. Payments that
    posted no entry are in `meant_for`.
    """
    lines, partials = source.frame("receivable_lines"), source.frame("partials")
    line_ids, row_of = ints(lines, "line_id"), rows_of_lines(source, money)
    outward = np.append(floats(money, "amount") < 0, False)
    frames = []
    for own, other in _SIDES:
        own_at = positions(line_ids, ints(partials, f"{own}_line_id"))
        amount, moved = floats(partials, f"{own}_amount"), floats(partials, f"{other}_amount")
        rows = np.flatnonzero((np.append(row_of, -1)[own_at] >= 0) & ((amount != 0) | (moved != 0)))
        other_at = positions(line_ids, ints(partials, f"{other}_line_id")[rows])
        # The other side may be a line that this account cannot see: then its entry has no number here.
        own_at = own_at[rows]
        row = row_of[own_at]
        # Money received credits the customer; a debit line beside it paid a credit note back.
        sign = np.where((own == "debit") == outward[row], 1.0, -1.0)
        frames.append(
            pd.DataFrame(
                {
                    "row": row,
                    "money_id": ints(money, "money_id")[row],
                    "move_id": np.append(ints(lines, "move_id"), 0)[other_at],
                    "move_name": text_at(lines, "move_name", other_at),
                    "kind": lines["kind"].astype("category").array.take(other_at, allow_fill=True),
                    "amount": amount[rows] * sign,
                    "currency_id": ints(lines, "currency_id")[own_at],
                    "written_off": 0.0,
                    "move_amount": moved[rows] * sign,
                    "move_currency_id": np.append(ints(lines, "currency_id"), 0)[other_at],
                    "date": partials["max_date"].to_numpy()[rows],
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True)
    frame = frame.sort_values(["money_id", "date", "move_id"], kind="stable", ignore_index=True)
    written_off = _written_off(source, money, row_of, frame)
    paid = tidy(floats(frame, "amount") - written_off)
    return frame.drop(columns="row").assign(amount=paid, written_off=written_off)


def _written_off(source: FrameSource, money: pd.DataFrame, row_of: IntArray, applied: pd.DataFrame) -> FloatArray:
    """Return how much of each amount `applied` was written off by its own entry."""
    parts = np.zeros(len(applied))
    lines = source.frame("receivable_lines")
    own = row_of >= 0
    ledger = exact_sums(row_of[own], floats(lines, "amount")[own], len(money))
    off = np.abs(ledger) - np.abs(cash(source, money[list(KEY)].assign(amount=ledger)))
    row, amount = ints(applied, "row"), floats(applied, "amount")
    currencies = Currencies.of(source)
    for at in np.flatnonzero(off > 0).tolist():
        mine = np.flatnonzero((row == at) & (amount > 0))
        if not len(mine):
            continue
        whole = max(abs(float(ledger[at])), float(amount[mine].sum()))
        share = currencies.round(off[at] * amount[mine] / whole, ints(applied, "currency_id")[mine])
        if amount[mine].sum() >= whole:
            share[int(np.argmax(amount[mine]))] += off[at] - share.sum()
        parts[mine] = np.round(share, 4)
    return parts


def invoice_named(source: FrameSource, payment_ids: IntArray) -> IntArray:
    """Return the invoice (move id) that each payment names, 0 for one that names none or several.

    Odoo does not say how a payment is shared among several, so such a payment counts as made for none of them.
    """
    links = source.frame("payment_invoices")
    single = links.drop_duplicates("payment_id", keep=False).sort_values("payment_id")
    return np.append(ints(single, "move_id"), 0)[positions(ints(single, "payment_id"), payment_ids)]


def meant_for(source: FrameSource, money: pd.DataFrame) -> pd.DataFrame:
    """Return the invoices that payments among `money` (rows of `money_in`) name without being matched with them.

    Columns: money_id, move_id int64; move_name str ("" for an invoice not among ours), one row a payment and invoice.
    From Odoo 18 a payment may post no entry at all, and a draft never does: the invoice then stays open, and this link
    is all there is. Links that the ledger has matched by now are left out, and those of settled payments: a bank line
    has paid these invoices. Sorted by money_id, move_id.
    """
    links, payments = source.frame("payment_invoices"), source.frame("payments")
    settled = (
        is_code(payments, "raw_state", "paid") if "raw_state" in payments.columns else np.zeros(len(payments), bool)
    )
    waiting = np.setdiff1d(ints(money, "money_id"), ints(payments, "payment_id")[settled])
    named = links[np.isin(ints(links, "payment_id"), waiting)]
    theirs = money[np.isin(ints(money, "money_id"), ints(named, "payment_id"))].reset_index(drop=True)
    matched = applied_to(source, theirs)
    pairs = pd.MultiIndex.from_frame(named[["payment_id", "move_id"]])
    done = pairs.isin(pd.MultiIndex.from_frame(matched[["money_id", "move_id"]]))
    left = named[["payment_id", "move_id"]][~done].rename(columns={"payment_id": "money_id"})
    left = left.sort_values(["money_id", "move_id"], ignore_index=True)
    invoices = source.frame("invoices")
    at = positions(ints(invoices, "move_id"), ints(left, "move_id"))
    return left.assign(move_name=text_at(invoices, "name", at))
