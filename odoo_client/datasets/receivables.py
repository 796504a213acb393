"""Receivable lines: the ledger itself. Arrears are these journal items, not invoices (design decision 6).

Model `account.move.line` on accounts whose type is receivable (`account_type` from 16, `internal_type` before) and that
are not marked non-trade, posted entries only, open and closed, because a past day needs what was open then. Frame:
line_id, move_id, move_name, company_id, partner_id, currency_id, account_id, journal_id, date, due_date (date_maturity,
NaT possible), balance_company and residual_company in the company's currency, amount (amount_currency) and residual
(amount_residual_currency) signed in currency_id, reconciled, disputed (`blocked` up to 17; `no_followup`, seen on 19
Community too, except in general journals, whose lines Odoo marks by itself), payment_id, label, ref. `derive.py` joins
kind, payment_state, invoice_date, contact_id (from invoices) and commercial_partner_id (from customers).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from odoo_client.datasets.base import Dataset, Missing, Plan, Probe, build_plan, column
from odoo_client.datasets.reference import NO_ACCOUNTING, receivable_accounts
from odoo_client.rpc.columns import Domain

#: The name of the optional column that some versions lack, as pages say it.
DISPUTED = "disputed"

COLUMNS = (
    column("line_id", "id", "id"),
    column("move_id", "id"),
    column("move_name", "text"),
    column("company_id", "id"),
    column("partner_id", "id"),
    column("currency_id", "id"),
    column("account_id", "id"),
    column("journal_id", "id"),
    column("date", "date"),
    column("due_date", "date", "date_maturity"),
    column("balance_company", "money", "balance"),
    column("amount", "money", "amount_currency"),
    column("residual", "money", "amount_residual_currency"),
    column("residual_company", "money", "amount_residual"),
    column("reconciled", "bool"),
    column(DISPUTED, "bool", "blocked", "no_followup", lacks=DISPUTED),
    column("payment_id", "id"),
    column("label", "text", "name"),
    column("ref", "text"),
    column("state", "code", "parent_state"),
)


def customer_domain(partner_ids: Sequence[int]) -> Domain:
    """Return the rows of these partners, for any model with `partner_id`."""
    return [["partner_id", "in", list(partner_ids)]]


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for posted lines on receivable accounts."""
    on_account: Domain = [["account_id", "in", receivable_accounts(probe)]]

    def keep(frame: pd.DataFrame) -> pd.Series:
        return frame["state"] == "posted"

    general: list[int] = []
    if not probe.has_field("account.move.line", "blocked"):
        # Odoo itself puts `no_followup` on every line of a general journal: that is not a dispute.
        journals = probe.frames["journals"]
        general = [int(journal) for journal in journals.loc[journals["kind"] == "general", "journal_id"]]

    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        disputed = frame[DISPUTED] & ~frame["journal_id"].isin(general)
        return frame.assign(**{DISPUTED: disputed}).drop(columns="state")

    return build_plan(
        probe,
        "account.move.line",
        COLUMNS,
        [*on_account, ["parent_state", "=", "posted"]],
        changes_domain=on_account,
        missing=NO_ACCOUNTING,
        customer_domain=customer_domain,
        keep=keep,
        finish=finish,
        tied=True,
    )


def non_trade_domain(probe: Probe) -> Domain:
    """Return the posted lines on receivable accounts that are no customer's debt; [] where there is no such account."""
    accounts = receivable_accounts(probe, non_trade=True)
    return [["account_id", "in", accounts], ["parent_state", "=", "posted"]] if accounts else []


def open_domain(plan: Plan) -> Domain:
    """Return the rows that are open now: read whole in each cycle, since the money on screen depends on them."""
    return [*plan.domain, ["reconciled", "=", False]]


DATASETS = (Dataset("receivable_lines", "ledger", plan, open_domain=open_domain),)
