"""Products: plans and hardware, with the technology each belongs to.

Model `product.product` (names and prices inherited from the template) joined with `product.category`. Frame:
product_id, template_id, name, code, category, technology ("fibre", "wireless", "starlink" or "" = unmapped),
is_service (a plan: it maps to a technology and is no kit, router or fee), unit_id (what it is sold in where a line
names no unit), recurring (Enterprise's flag), list_price in currency_id, company_id (0 = every company's), active, kind
("service", "consu", "product"). Technology and is_service are derived from the settings' table in `derive.py`.
"""

from __future__ import annotations

from odoo_client.datasets.base import Dataset, Missing, Plan, Probe, build_plan, column

CATEGORY_COLUMNS = (column("category_id", "id", "id"), column("name", "text", "complete_name", "name"))
COLUMNS = (
    column("product_id", "id", "id"),
    column("template_id", "id", "product_tmpl_id"),
    column("name", "text"),
    column("code", "text", "default_code"),
    column("category_id", "id", "categ_id"),
    column("unit_id", "id", "uom_id"),
    column("recurring", "bool", "recurring_invoice"),
    column("list_price", "money"),
    column("currency_id", "id"),
    column("company_id", "id"),
    column("active", "bool"),
    # 15 to 17 keep the stored kind in `detailed_type`; `type` says the same for what we ask.
    column("kind", "code", "detailed_type", "type"),
)
NO_PRODUCTS = "This Odoo has no products: install Invoicing or Sales in Odoo."


def _categories(probe: Probe) -> Plan | Missing:
    return build_plan(probe, "product.category", CATEGORY_COLUMNS, missing=NO_PRODUCTS)


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for products."""
    return build_plan(probe, "product.product", COLUMNS, missing=NO_PRODUCTS)


DATASETS = (
    Dataset("product_categories", "base", _categories, small=True),
    Dataset("products", "base", plan, small=True),
)
