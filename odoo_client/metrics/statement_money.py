"""The money of a statement as it was paid, and beside it what was taken off a debt without being paid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import FrameSource, floats, ints, is_code
from odoo_client.frames.groups import Groups
from odoo_client.metrics.deductions import KEY, MONEY_KINDS, REASONS, cash, known_deductions

#: Labels that Odoo itself gives such lines, which say no more than the kind does.
UNTOLD = ("Write-Off", "Write-off", "Early Payment Discount")


def money_as_paid(source: FrameSource, lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a customer's lines, with one for each payment or bank line and what it paid, and the entries beside these.

    The lines of one entry in one currency are one sum of money: a bank line that paid three invoices is one transfer.
    What was deducted from the debt without being paid has entries of its own, so that all add up to the ledger: company
    and currency, date, number, kind, reference, due_date, amount, line_id (the money's), move_id 0, order.
    """
    moved = is_code(lines, "kind", *MONEY_KINDS)
    rows = lines[moved].reset_index(drop=True)
    groups = Groups(rows, KEY)
    deducted = known_deductions(source)
    deducted = deducted[np.isin(ints(deducted, "move_id"), ints(rows, "move_id"))]
    deducted = deducted[groups.find(deducted) >= 0].reset_index(drop=True)
    alone = len(groups) == len(rows)
    if alone and not len(deducted):
        return lines, deducted
    first = np.full(len(groups), len(rows), dtype=np.int64)
    np.minimum.at(first, groups.codes, np.arange(len(rows)))
    whole = groups.keys.assign(amount=groups.sum(floats(rows, "amount")))
    paid = rows.take(first).reset_index(drop=True).assign(amount=cash(source, whole))
    place = groups.find(deducted)
    beside = pd.DataFrame(
        {
            "company_id": deducted["company_id"],
            "currency_id": deducted["currency_id"],
            "date": paid["date"].take(place).array,
            "number": paid["move_name"].take(place).astype("object").array,
            "kind": deducted["reason"].astype("str").map(REASONS),
            "reference": deducted["label"].astype("str").mask(deducted["label"].isin(UNTOLD), ""),
            "due_date": pd.Series(np.datetime64("NaT", "s"), index=deducted.index),
            "amount": floats(deducted, "amount"),
            "line_id": ints(paid, "line_id")[place],
            "move_id": 0,
            "order": 0,
        }
    )
    kept = pd.concat([lines[~moved], paid[floats(paid, "amount") != 0]], ignore_index=True)
    return kept.sort_values("line_id", ignore_index=True), beside
