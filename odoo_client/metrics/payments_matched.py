"""What each customer payment paid: the entries its receivable lines are matched with in the ledger.

Read from the partial reconciliations, never from an invoice's "paid" mark: a payment may pay several invoices, an
invoice may be paid by several payments, and part of a payment may be matched with nothing yet.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from odoo_client.metrics.source import FrameSource, IntArray, floats, ints, positions, text_at

#: What a payment's own line is called in a partial, and what stands against it.
_SIDES = (("debit", "credit"), ("credit", "debit"))


def applied_to(source: FrameSource, payment_ids: IntArray | None = None) -> pd.DataFrame:
    """Return what customer payments were matched with, one row a partial reconciliation and payment.

    Columns: payment_id, move_id int64 (the invoice, credit note, other payment or plain entry on the other side);
    move_name str, kind category ("invoice", "payment", … of that entry); amount float64 positive in currency_id int64,
    the payment's own (a payment's amounts never add up to more than it); move_amount float64, move_currency_id int64:
    the same in the currency of the other side (a payment of gold for an invoice in dollars takes off dollars);
    date datetime64[s] (the day of the match: the later of both entries). Sorted by payment_id, date, move_id.

    A refund paid out stands with the credit note or payment it gave back; where two payments are matched with each
    other, each has its row. Entries of exchange differences alone, which pay nothing, are left out. `payment_ids`
    narrows it to those. Payments that posted no entry are in `meant_for`.
    """
    lines, partials = source.frame("receivable_lines"), source.frame("partials")
    line_ids, owners = ints(lines, "line_id"), ints(lines, "payment_id")
    wanted = owners > 0 if payment_ids is None else np.isin(owners, payment_ids) & (owners > 0)
    frames = []
    for own, other in _SIDES:
        own_at = positions(line_ids, ints(partials, f"{own}_line_id"))
        amount, moved = floats(partials, f"{own}_amount"), floats(partials, f"{other}_amount")
        rows = np.flatnonzero(np.append(wanted, False)[own_at] & ((amount != 0) | (moved != 0)))
        other_at = positions(line_ids, ints(partials, f"{other}_line_id")[rows])
        # The other side may be a line this account may not see: its entry has no number here.
        own_at = own_at[rows]
        frames.append(
            pd.DataFrame(
                {
                    "payment_id": owners[own_at],
                    "move_id": np.append(ints(lines, "move_id"), 0)[other_at],
                    "move_name": text_at(lines, "move_name", other_at),
                    "kind": lines["kind"].astype("category").array.take(other_at, allow_fill=True),
                    "amount": amount[rows],
                    "currency_id": ints(lines, "currency_id")[own_at],
                    "move_amount": moved[rows],
                    "move_currency_id": np.append(ints(lines, "currency_id"), 0)[other_at],
                    "date": partials["max_date"].to_numpy()[rows],
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True)
    return frame.sort_values(["payment_id", "date", "move_id"], kind="stable", ignore_index=True)


def invoice_named(source: FrameSource, payment_ids: IntArray) -> IntArray:
    """Return the invoice (move id) that each payment names, 0 for one that names none or several.

    Odoo does not say how a payment is shared out among several, so such a payment is made for none of them.
    """
    links = source.frame("payment_invoices")
    single = links.drop_duplicates("payment_id", keep=False).sort_values("payment_id")
    return np.append(ints(single, "move_id"), 0)[positions(ints(single, "payment_id"), payment_ids)]


def meant_for(source: FrameSource, payment_ids: IntArray | None = None) -> pd.DataFrame:
    """Return the invoices that payments name without being matched with them, one row a payment and invoice.

    Columns: payment_id, move_id int64; move_name str ("" for an invoice not among ours). From Odoo 18 a payment may
    post no entry at all, and a draft never does: the invoice then stays open, and this link is all there is. Links
    that the ledger has matched by now are left out. Sorted by payment_id, move_id.
    """
    links = source.frame("payment_invoices")
    if payment_ids is not None:
        links = links[np.isin(ints(links, "payment_id"), payment_ids)]
    matched = applied_to(source, ints(links, "payment_id"))
    pairs = pd.MultiIndex.from_frame(links[["payment_id", "move_id"]])
    done = pairs.isin(pd.MultiIndex.from_frame(matched[["payment_id", "move_id"]]))
    left = links[["payment_id", "move_id"]][~done].sort_values(["payment_id", "move_id"], ignore_index=True)
    invoices = source.frame("invoices")
    at = positions(ints(invoices, "move_id"), ints(left, "move_id"))
    return left.assign(move_name=text_at(invoices, "name", at))
