"""What to ask an Odoo administrator for: the right that opens a model, the module that brings it."""

from __future__ import annotations

#: The right to read a model, by the beginning of its name: what to ask an Odoo administrator for.
_RIGHTS = (
    (
        "account.",
        "the right Accounting / Read-only or Invoicing (account.group_account_readonly, account.group_account_invoice)",
    ),
    ("sale.", "the right Sales / User: All Documents (sales_team.group_sale_salesman_all_leads)"),
    (
        "helpdesk.",
        "the right Helpdesk / User (helpdesk_mgmt.group_helpdesk_user, Enterprise: helpdesk.group_helpdesk_user)",
    ),
    ("project.", "the right Project / User (project.group_project_user)"),
    ("contract.", "the right Accounting / Invoicing (account.group_account_invoice), which opens contracts"),
    ("stock.", "the right Inventory / User (stock.group_stock_user)"),
    ("res.", "the right Internal User (base.group_user)"),
    ("product.", "the right Internal User (base.group_user)"),
)
#: The module that brings a model, by the beginning of its name.
_MODULES = (
    ("account.", "Invoicing (account)"),
    ("sale.subscription", "Subscriptions (sale_subscription, Enterprise)"),
    ("sale.", "Sales (sale_management)"),
    ("helpdesk.", "Helpdesk (OCA helpdesk_mgmt, or Enterprise helpdesk)"),
    ("project.", "Project (project)"),
    ("contract.", "Contracts (OCA contract)"),
    ("stock.", "Inventory (stock, with sale_stock)"),
    ("product.", "Products (product)"),
)


def right_of(model: str) -> str:
    """Return the right that opens a model to reading, "" where none is known."""
    return _first(_RIGHTS, model)


def module_of(model: str) -> str:
    """Return the module that brings a model, "" where none is known."""
    return _first(_MODULES, model)


def _first(table: tuple[tuple[str, str], ...], model: str) -> str:
    return next((text for prefix, text in table if model.startswith(prefix)), "")
