"""Which groups may create, change and delete what in the demo, and how Odoo words its refusal.

Reading is open unless an account is denied a model. What only administrators may change is not listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from odoo_client.demo.orm.faults import Fault, access_error

if TYPE_CHECKING:
    from odoo_client.demo.business.accounts import Account
    from odoo_client.demo.orm.orm import Database

Rights = Mapping[str, tuple[str, ...]]

_VERBS = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}
_ADMIN, _STAFF = "base.group_system", "base.group_user"
_BILLING = ("account.group_account_invoice",)
_CONTACTS = ("base.group_partner_manager", "sales_team.group_sale_manager")
_OCA = ("helpdesk_mgmt.group_helpdesk_manager", "helpdesk_mgmt.group_helpdesk_user",
        "helpdesk_mgmt.group_helpdesk_user_own")  # fmt: skip
_ENTERPRISE = ("helpdesk.group_helpdesk_user",)


def _same(*groups: str) -> Rights:
    return dict.fromkeys(("create", "write", "unlink"), groups)


#: What every member of staff may do in itself; the record that it is about decides.
_OPEN = _same(_STAFF)
_TABLE: Mapping[str, Rights] = {
    "account.payment": _same(*_BILLING),
    "account.move": _same(*_BILLING),
    "account.move.line": _same(*_BILLING),
    "account.partial.reconcile": _same(*_BILLING),
    "account.full.reconcile": _same(*_BILLING),
    "res.partner": {"create": _CONTACTS, "write": _CONTACTS, "unlink": _CONTACTS[:1]},
    "sale.order": {
        **_same("sales_team.group_sale_salesman"),
        "unlink": ("sales_team.group_sale_manager",),
    },
    "sale.order.line": _same("sales_team.group_sale_salesman"),
    "ir.attachment": _OPEN,
    "mail.message": _OPEN,
    "mail.activity": _OPEN,
}
#: A group as Odoo's refusal names it; its name until 16 where that differs.
_NAMES = {
    "account.group_account_invoice": ("Accounting/Invoicing", "Invoicing/Billing"),
    "base.group_partner_manager": ("Contact/Creation", "Extra Rights/Contact Creation"),
    "base.group_system": ("Administration/Settings", "Administration/Settings"),
    "base.group_user": ("User types/Internal User", "User types/Internal User"),
    "helpdesk.group_helpdesk_manager": ("Helpdesk/Administrator", "Helpdesk/Administrator"),
    "helpdesk.group_helpdesk_user": ("Helpdesk/User", "Helpdesk/User"),
    "helpdesk_mgmt.group_helpdesk_manager": ("Helpdesk Access Levels/Helpdesk Manager", "Helpdesk/Helpdesk Manager"),
    "helpdesk_mgmt.group_helpdesk_user": ("Helpdesk Access Levels/User", "Helpdesk/User"),
    "helpdesk_mgmt.group_helpdesk_user_own": (
        "Helpdesk Access Levels/User: Personal tickets", "Helpdesk/User: Personal tickets",
    ),
    "project.group_project_user": ("Project/User", "Project/User"),
    "sales_team.group_sale_manager": ("Sales/Administrator", "Sales/Administrator"),
    "sales_team.group_sale_salesman": ("Sales/User: Own Documents Only", "Sales/User: Own Documents Only"),
}  # fmt: skip
_LABELS = {
    "account.move": "Journal Entry", "account.move.line": "Journal Item", "account.payment": "Payments",
    "account.partial.reconcile": "Partial Reconcile", "helpdesk.ticket": "Helpdesk Ticket",
    "ir.attachment": "Attachment", "mail.activity": "Activity", "mail.message": "Message", "project.task": "Task",
    "res.partner": "Contact", "sale.order": "Sales Order",
}  # fmt: skip


def label(model: str) -> str:
    """Return how Odoo names a model to people."""
    return _LABELS.get(model, model)


def groups_for(db: Database, model: str, operation: str) -> tuple[str, ...]:
    """Return the groups any of which gives the right to change records of a model."""
    match model:
        case "helpdesk.ticket" if db.profile.flavour == "oca":
            return _OCA[:1] if operation == "unlink" else _OCA
        case "helpdesk.ticket":
            return _ENTERPRISE
        case "project.task":
            # To-dos made tasks everybody's own from 17 on.
            return (_STAFF,) if db.profile.major >= 17 else ("project.group_project_user",)
    return _TABLE.get(model, {}).get(operation, (_ADMIN,))


def allowed(db: Database, account: Account, model: str, operation: str) -> bool:
    """Return whether an account may do that to the model at all."""
    if model in account.denied:
        return False
    return operation == "read" or not account.groups.isdisjoint(groups_for(db, model, operation))


def refusal(db: Database, account: Account, model: str, operation: str) -> Fault:
    """Return the access error of Odoo's access lists, with the groups that would do."""
    old = db.profile.major <= 16
    groups = () if model in account.denied else groups_for(db, model, operation)
    names = sorted(_NAMES.get(group, (group, group))[old] for group in groups)
    who = "This operation is allowed for the following groups:\n\t- " + "\n\t- ".join(names)
    return access_error(
        f"You are not allowed to {_VERBS[operation]} '{label(model)}' ({model}) records.\n\n"
        f"{who if names else 'No group currently allows this operation.'}"
        "\n\nContact your administrator to request access if necessary."
    )


def document_refusal(db: Database, model: str, operation: str, key: int, uid: int) -> Fault:
    """Return the access error where the record that something is about forbids it (a message, an activity)."""
    name = label(model)
    if db.profile.major >= 18:
        return access_error(
            "The requested operation cannot be completed due to security restrictions. Please contact your system "
            f"administrator.\n\n(Document type: {name}, Operation: {operation})\n\nRecords: {key}, User: {uid}"
        )
    return access_error(
        f"Due to security restrictions, you are not allowed to {_VERBS[operation]} '{name}' ({model}) records.\n\n"
        f"Records: {key}\nUser: {uid}\n\nContact your administrator to request access if necessary."
    )
