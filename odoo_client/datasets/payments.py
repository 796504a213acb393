"""Customer payments with journal and method, drafts included, and the invoices a payment is meant for.

Model `account.payment`, `partner_type` customer, but for what is paid on an account that is no customer's debt
(`datasets.reference`); a draft of nobody counts whatever account Odoo put it on. Frame payments: payment_id, name,
move_id, direction, partner_id, company_id, currency_id, amount (positive), date, state ("draft", "posted", "cancel",
"rejected"; in_process and paid of 18 and newer are "posted"), raw_state as Odoo says it, journal_id, method_id, method,
memo (`ref` up to 17), payment_reference, is_matched, is_reconciled, create_date, created_by (a user's id). Up to 17 a
payment inherits its entry, so those fields come by `search_read`. Frame payment_invoices (18 and newer, payments not
yet settled and those without an entry): payment_id, move_id.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from odoo_client.datasets.base import Dataset, Missing, Plan, Probe, build_plan, column, mapped
from odoo_client.datasets.receivables import customer_domain
from odoo_client.datasets.reference import NO_ACCOUNTING, receivable_accounts
from odoo_client.frames.odd_values import OddValues
from odoo_client.rpc.answers import is_ids
from odoo_client.rpc.columns import Domain

STATES = {
    "draft": "draft",
    "posted": "posted",
    "in_process": "posted",
    "paid": "posted",
    "sent": "posted",
    "reconciled": "posted",
    "cancel": "cancel",
    "canceled": "cancel",
    "cancelled": "cancel",
    "rejected": "rejected",
}
COLUMNS = (
    column("payment_id", "id", "id"),
    column("name", "text"),
    column("move_id", "id"),
    column("direction", "code", "payment_type"),
    column("partner_id", "id"),
    column("company_id", "id"),
    column("currency_id", "id"),
    column("amount", "money"),
    column("date", "date"),
    column("raw_state", "code", "state"),
    column("journal_id", "id"),
    column("method_id", "id", "payment_method_line_id", "payment_method_id"),
    column("memo", "text", "memo", "ref"),
    column("payment_reference", "text"),
    column("is_matched", "bool"),
    column("is_reconciled", "bool"),
    column("create_date", "datetime"),
    column("created_by", "id", "create_uid"),
)


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for customer payments."""

    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        name = frame["name"].where(frame["name"] != "/", "")
        return frame.assign(state=mapped(frame["raw_state"], STATES, "draft"), name=name)

    return build_plan(
        probe,
        "account.payment",
        COLUMNS,
        _domain(probe),
        missing=NO_ACCOUNTING,
        customer_domain=customer_domain,
        finish=finish,
    )


def _domain(probe: Probe) -> Domain:
    of_customers: Domain = [["partner_type", "=", "customer"]]
    elsewhere = receivable_accounts(probe, non_trade=True)
    if not elsewhere:
        return of_customers
    # Without a partner Odoo takes the first receivable account there is, which says nothing about the money.
    of_nobody: Domain = ["&", ["partner_id", "=", False], ["state", "=", "draft"]]
    return [*of_customers, "|", ["destination_account_id", "not in", elsewhere], *of_nobody]


def read_links(
    probe: Probe, odd: OddValues, *, readable: bool, held: pd.DataFrame | None = None, since: str = ""
) -> pd.DataFrame:
    """Return payment_invoices: the invoices of payments that the ledger does not fully describe (empty before 18).

    Those of payments not yet settled are read whole each time. A settled payment without an entry is known from nowhere
    else: its links are taken from `held`, the previous frame (None: read whole), and read where it was written `since`.
    `odd` hears of payments whose list of invoices cannot be read: they are meant for none.
    """
    model, name = "account.payment", "invoice_ids"
    pairs: list[tuple[int, int]] = []
    if readable and probe.has_field(model, name):
        payments = probe.frames["payments"]
        settled = payments.loc[(payments["move_id"] == 0) & (payments["raw_state"] == "paid"), "payment_id"]
        domains: list[Domain] = [[["state", "in", ["draft", "in_process"]]]]
        if len(settled):
            changed = [["write_date", ">=", since]] if held is not None and since else []
            domains.append([["state", "=", "paid"], ["move_id", "=", False], *changed])
        read: set[int] = set()
        for domain in domains:
            for page in probe.client.iter_search_read(model, [["partner_type", "=", "customer"], *domain], [name]):
                rows = [row for row in page if isinstance(row, dict) and is_ids([row.get("id")])]
                known = {row["id"]: row.get(name) or [] for row in rows}
                unread = [key for key, ids in known.items() if not is_ids(ids)]
                pairs += [(key, invoice) for key, ids in known.items() if is_ids(ids) for invoice in ids]
                odd.note(
                    model,
                    np.array([*known], dtype=np.int64),
                    {("unread", name): np.array(unread, dtype=np.int64)},
                    len(page) - len(rows),
                )
                read |= set(known)
        if held is not None and len(settled):
            kept = held[held["payment_id"].isin(settled) & ~held["payment_id"].isin(read)]
            pairs += list(kept[["payment_id", "move_id"]].itertuples(index=False, name=None))
    return pd.DataFrame(sorted(pairs), columns=["payment_id", "move_id"], dtype="int64")


DATASETS = (Dataset("payments", "ledger", plan),)
