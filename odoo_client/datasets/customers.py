"""Customers: every partner, archived ones too, because names are joined from here and an archived customer may owe.

Model `res.partner`. Frame: partner_id, name (never empty), email, phone (phone, else mobile), ref, street, city,
is_company, parent_id, commercial_partner_id (the one who owes), company_id (0 = shared), active, salesperson_id,
customer_rank (int64: 1 for whoever Odoo counts as a customer; it counts their invoices in it by SQL that leaves
`write_date` as it was, so only that there is one is kept). `mobile` exists up to 18.
"""

from __future__ import annotations

import pandas as pd

from odoo_client.datasets.base import Dataset, Missing, Plan, Probe, build_plan, column
from odoo_client.metrics.data_check import NAMELESS
from odoo_client.rpc.columns import Domain

COLUMNS = (
    column("partner_id", "id", "id"),
    column("name", "text"),
    column("email", "text"),
    column("phone", "text"),
    column("mobile", "text"),
    column("ref", "text"),
    column("street", "text"),
    column("city", "text"),
    column("is_company", "bool"),
    column("parent_id", "id"),
    column("commercial_partner_id", "id"),
    column("company_id", "id"),
    column("active", "bool"),
    column("salesperson_id", "id", "user_id"),
    column("customer_rank", "int"),
)


def _customer_domain(partner_ids: list[int]) -> Domain:
    return [["id", "in", list(partner_ids)]]


def finish(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with `mobile` folded into `phone`, no empty name or owner, and `customer_rank` 0 or 1."""
    phone = frame["phone"].where(frame["phone"].str.strip() != "", frame["mobile"])
    name = frame["name"].str.strip()
    owner = frame["commercial_partner_id"].where(frame["commercial_partner_id"] != 0, frame["partner_id"])
    named = name.where(name != "", frame["email"].where(frame["email"] != "", NAMELESS))
    rank = frame["customer_rank"].clip(0, 1)
    kept = frame.assign(phone=phone, name=named, commercial_partner_id=owner, customer_rank=rank)
    return kept.drop(columns="mobile")


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for partners."""
    return build_plan(probe, "res.partner", COLUMNS, finish=finish, customer_domain=_customer_domain)


DATASETS = (Dataset("customers", "base", plan),)
