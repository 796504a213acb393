"""Customer invoices, credit notes and receipts in every state, and their product lines.

Model `account.move` with `move_type` out_invoice, out_refund, out_receipt. Frame invoices: move_id, name, ref, kind
("invoice", "credit_note", "receipt"), state, payment_state, company_id, partner_id, commercial_partner_id,
currency_id, invoice_date, date, due_date, amount_untaxed, amount_tax, amount_total, residual (positive, currency_id),
amount_total_company and residual_company (signed, company currency), journal_id, salesperson_id, origin,
payment_reference, reversed_move_id, create_date.

Model `account.move.line`, product lines of these. Frame invoice_lines: line_id, move_id, product_id, quantity, unit_id,
price_unit, discount_pct, subtotal (untaxed, positive as in the document, currency_id), currency_id, company_id,
period_start, period_end (see `datasets/periods.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from odoo_client.datasets.base import Dataset, Missing, Plan, Probe, build_plan, column, mapped
from odoo_client.datasets.periods import period_columns, with_periods
from odoo_client.datasets.reference import NO_ACCOUNTING
from odoo_client.datasets.services import keeps_services
from odoo_client.rpc.columns import Domain

KINDS = {"out_invoice": "invoice", "out_refund": "credit_note", "out_receipt": "receipt"}

COLUMNS = (
    column("move_id", "id", "id"),
    column("name", "text"),
    column("ref", "text"),
    column("kind", "code", "move_type"),
    column("state", "code"),
    column("payment_state", "code"),
    column("company_id", "id"),
    column("partner_id", "id"),
    column("commercial_partner_id", "id"),
    column("currency_id", "id"),
    column("invoice_date", "date"),
    column("date", "date"),
    column("due_date", "date", "invoice_date_due"),
    column("amount_untaxed", "money"),
    column("amount_tax", "money"),
    column("amount_total", "money"),
    column("residual", "money", "amount_residual"),
    column("amount_total_company", "money", "amount_total_signed"),
    column("residual_company", "money", "amount_residual_signed"),
    column("journal_id", "id"),
    column("salesperson_id", "id", "invoice_user_id"),
    column("origin", "text", "invoice_origin"),
    column("payment_reference", "text"),
    column("reversed_move_id", "id", "reversed_entry_id"),
    column("create_date", "datetime"),
)
LINE_COLUMNS = (
    column("line_id", "id", "id"),
    column("move_id", "id"),
    column("product_id", "id"),
    column("quantity", "number"),
    column("unit_id", "id", "product_uom_id"),
    column("price_unit", "money"),
    column("discount_pct", "number", "discount"),
    column("subtotal", "money", "price_subtotal"),
    column("currency_id", "id"),
    column("company_id", "id"),
)


def _by_commercial_partner(partner_ids: Sequence[int]) -> Domain:
    return [["commercial_partner_id", "in", list(partner_ids)]]


def _by_invoice_partner(partner_ids: Sequence[int]) -> Domain:
    return [["move_id.commercial_partner_id", "in", list(partner_ids)]]


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for customer invoices."""

    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        # Odoo 14 shows a draft as "/": no number yet.
        name = frame["name"].where(frame["name"] != "/", "")
        return frame.assign(kind=mapped(frame["kind"], KINDS), name=name)

    return build_plan(
        probe,
        "account.move",
        COLUMNS,
        [["move_type", "in", list(KINDS)]],
        missing=NO_ACCOUNTING,
        customer_domain=_by_commercial_partner,
        finish=finish,
    )


def line_plan(probe: Probe) -> Plan | Missing:
    """Return the plan for product lines: `display_type` says so from 16, a flag before."""
    model = "account.move.line"
    if probe.has_field(model, "exclude_from_invoice_tab"):
        product: Domain = [["exclude_from_invoice_tab", "=", False], ["display_type", "=", False]]
    else:
        product = [["display_type", "=", "product"]]
    return build_plan(
        probe,
        model,
        # Where Odoo keeps services as such, nobody asks how long a line is for, so its text need not be read.
        (*LINE_COLUMNS, *period_columns(probe, model, printed=not keeps_services(probe))),
        [["move_id.move_type", "in", list(KINDS)], *product],
        missing=NO_ACCOUNTING,
        customer_domain=_by_invoice_partner,
        finish=with_periods,
        wide=product,
        beside="invoices",
    )


DATASETS = (Dataset("invoices", "ledger", plan), Dataset("invoice_lines", "ledger", line_plan))
