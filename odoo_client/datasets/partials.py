"""Partial reconciliations of receivable lines: what paid what, and when. They make past days possible.

Model `account.partial.reconcile`. Frame: partial_id, debit_line_id, credit_line_id, amount_company (company
currency), debit_amount (debit line's currency), credit_amount (credit line's currency), max_date (the later of the
two entries' dates), company_id. Un-reconciling deletes rows and moves no `write_date`, so their ids are compared in
each cycle.
"""

from __future__ import annotations

from odoo_client.datasets.base import Dataset, Missing, Plan, Probe, build_plan, column
from odoo_client.datasets.reference import NO_ACCOUNTING, receivable_accounts
from odoo_client.rpc.columns import Domain

COLUMNS = (
    column("partial_id", "id", "id"),
    column("debit_line_id", "id", "debit_move_id"),
    column("credit_line_id", "id", "credit_move_id"),
    column("amount_company", "money", "amount"),
    column("debit_amount", "money", "debit_amount_currency"),
    column("credit_amount", "money", "credit_amount_currency"),
    column("max_date", "date"),
    column("company_id", "id"),
)


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for partials on receivable accounts."""
    domain: Domain = [["debit_move_id.account_id", "in", receivable_accounts(probe)]]

    def customer_domain(partner_ids: list[int]) -> Domain:
        return [
            "|",
            ["debit_move_id.partner_id", "in", list(partner_ids)],
            ["credit_move_id.partner_id", "in", list(partner_ids)],
        ]

    return build_plan(
        probe,
        "account.partial.reconcile",
        COLUMNS,
        domain,
        missing=NO_ACCOUNTING,
        customer_domain=customer_domain,
        wide=[],
    )


DATASETS = (Dataset("partials", "ledger", plan, id_check="cycle"),)
