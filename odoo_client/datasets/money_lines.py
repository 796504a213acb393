"""The other side of entries that brought or took customers' money: what reached the bank, and what was written off.

Model `account.move.line`, posted, on no receivable account. Frame money_lines: line_id, move_id, company_id,
account_id, partner_id, currency_id, amount (amount_currency) signed in currency_id, balance_company in the company's
currency, label. Only of entries with a receivable line where that alone does not say how much was money: those of
bank, cash and card journals that are no payment's, and those of payments that credit another amount than was paid.
`derive.py` makes of them the kind "bank_line" of receivable lines and the frame deductions (see `metrics.deductions`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from odoo_client.config import Settings
from odoo_client.datasets.base import Dataset, Missing, Owners, Plan, Probe, build_plan, column
from odoo_client.datasets.reference import NO_ACCOUNTING
from odoo_client.metrics.deductions import MONEY_JOURNALS
from odoo_client.rpc.columns import Domain

Ids = npt.NDArray[np.int64]

COLUMNS = (
    column("line_id", "id", "id"),
    column("move_id", "id"),
    column("company_id", "id"),
    column("account_id", "id"),
    column("partner_id", "id"),
    column("currency_id", "id"),
    column("amount", "money", "amount_currency"),
    column("balance_company", "money", "balance"),
    column("label", "text", "name"),
    column("state", "code", "parent_state"),
)
#: Sums of cents differ by less than this when they are equal.
NOTHING = 0.0004


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for the lines beside receivable ones in bank, cash and card journals."""
    accounts, journals = probe.frames["accounts"], probe.frames["journals"]
    receivable = [int(account) for account in accounts.loc[accounts["receivable"], "account_id"]]
    money = [int(journal) for journal in journals.loc[journals["kind"].isin(MONEY_JOURNALS), "journal_id"]]
    wide: Domain = [["journal_id", "in", money], ["account_id", "not in", receivable]]

    def keep(frame: pd.DataFrame) -> pd.Series:
        return frame["state"] == "posted"

    return build_plan(
        probe,
        "account.move.line",
        COLUMNS,
        [*wide, ["parent_state", "=", "posted"]],
        changes_domain=wide,
        missing=NO_ACCOUNTING,
        keep=keep,
        finish=lambda frame: frame.drop(columns="state"),
    )


def asked_entries(frames: Mapping[str, pd.DataFrame], settings: Settings, now: datetime) -> Ids:
    """Return the entries (move ids, rising) whose other lines are read."""
    lines, payments, journals = frames["receivable_lines"], frames["payments"], frames["journals"]
    money = journals.loc[journals["kind"].isin(MONEY_JOURNALS), "journal_id"].to_numpy()
    moves = lines["move_id"].to_numpy(dtype=np.int64)
    booked = payments.loc[payments["move_id"] > 0, ["move_id", "amount"]].drop_duplicates("move_id")
    paid = np.isin(moves, booked["move_id"].to_numpy()) | (lines["payment_id"].to_numpy() > 0)
    straight = moves[~paid & np.isin(lines["journal_id"].to_numpy(), money)]
    credited = lines.loc[paid, ["move_id", "amount"]].groupby("move_id")["amount"].sum()
    amount = booked.set_index("move_id")["amount"].reindex(credited.index)
    # The direction of a payment does not matter here: what differs in size is looked at.
    other = credited.index[((credited.abs() - amount.abs()).abs() > NOTHING).to_numpy()]
    found = np.union1d(straight, other.to_numpy(dtype=np.int64)).astype(np.int64)
    # A line whose entry could not be read belongs to none.
    return found[found > 0]


def entries_of(frames: Mapping[str, pd.DataFrame], partner_ids: Sequence[int]) -> Ids:
    """Return the entries of these partners' receivable lines."""
    lines = frames["receivable_lines"]
    return np.unique(lines.loc[np.isin(lines["partner_id"], partner_ids), "move_id"].to_numpy(dtype=np.int64))


def unbalanced(frames: Mapping[str, pd.DataFrame], rows: pd.DataFrame) -> Ids:
    """Return the entries whose lines at hand do not add up to zero: some were replaced after they were read."""
    lines = frames["receivable_lines"]
    theirs = lines[np.isin(lines["move_id"], rows["move_id"])]
    both = pd.concat([part[["move_id", "balance_company"]] for part in (theirs, rows)], ignore_index=True)
    left = both.groupby("move_id")["balance_company"].sum()
    return left.index[(left.abs() > NOTHING).to_numpy()].to_numpy(dtype=np.int64)


DATASETS = (
    Dataset(
        "money_lines",
        "ledger",
        plan,
        owners=Owners(
            "move_id",
            "move_id",
            ("receivable_lines", "payments", "journals"),
            asked_entries,
            entries_of,
            unbalanced,
            at_any_time=True,
        ),
    ),
)
