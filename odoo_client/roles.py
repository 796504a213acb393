"""What each role may do, and the Odoo groups behind it: the table that the setting `ROLES` changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict

Role = Literal["finance", "support", "sales", "manager", "administrator"]
Page = Literal[
    "overview", "customers", "arrears", "billing", "payments", "services", "tickets", "orders", "products", "contacts",
    "outbox", "audit",
]  # fmt: skip
Action = Literal[
    "statement", "export", "attachment", "refresh",
    "proof", "decide", "ticket", "message", "promise", "customer", "link",
]  # fmt: skip
Personal = Literal["phone", "email", "bank_reference"]
Documents = Literal["all", "team", "own", "none"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
PAGES: Final[tuple[Page, ...]] = get_args(Page)
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
PERSONAL: Final[tuple[Personal, ...]] = get_args(Personal)

#: Odoo groups (any one of them; what implies one comes with it) that may post payments.
PAYMENT_GROUPS: Final = ("account.group_account_invoice",)
#: ... that may change contacts: those Odoo shows the activities of others on them, too (see `service_account`).
CONTACT_GROUPS: Final = ("base.group_partner_manager", "sales_team.group_sale_manager", "stock.group_stock_manager")
#: ... that may write tickets, by the model that holds them.
TICKET_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "helpdesk.ticket": (
        "helpdesk_mgmt.group_helpdesk_user_own",
        "helpdesk_mgmt.group_helpdesk_user_team",
        "helpdesk_mgmt.group_helpdesk_user",
        "helpdesk_mgmt.group_helpdesk_manager",
        "helpdesk.group_helpdesk_user",
        "helpdesk.group_helpdesk_manager",
    ),
    "project.task": ("project.group_project_user", "project.group_project_manager"),
}
#: Odoo groups (any one of them) behind each role; the ids are the same from 14 to 19 (facts: account_security.xml,
#: sales_team, helpdesk_mgmt of OCA, helpdesk of Enterprise).
ROLE_GROUPS: Final[Mapping[Role, tuple[str, ...]]] = {
    "finance": (
        "account.group_account_readonly",
        "account.group_account_invoice",
        "account.group_account_user",
        "account.group_account_manager",
    ),
    "support": tuple(group for groups in TICKET_GROUPS.values() for group in groups),
    "sales": ("sales_team.group_sale_salesman", "sales_team.group_sale_salesman_all_leads"),
    "manager": ("sales_team.group_sale_manager",),
    "administrator": ("base.group_erp_manager", "base.group_system"),
}
ALL_SALES_GROUPS: Final = ("sales_team.group_sale_salesman_all_leads", "sales_team.group_sale_manager")
#: Every group a person's rights depend on.
GROUPS: Final[tuple[str, ...]] = tuple(
    dict.fromkeys(["base.group_user", *(group for groups in ROLE_GROUPS.values() for group in groups)])
)
_INVOICING: Final = "Invoicing (account.group_account_invoice)"
_CONTACT_CREATION: Final = "Contact Creation (base.group_partner_manager)"
_TICKETS: Final = "a user's of Helpdesk or Project"
#: Action that writes into Odoo → the right there that it takes besides the role, as people read it.
ODOO_RIGHTS: Final[Mapping[Action, str]] = {
    "proof": _INVOICING,
    "decide": _INVOICING,
    "promise": _CONTACT_CREATION,
    "customer": _CONTACT_CREATION,
    "ticket": _TICKETS,
    "message": _TICKETS,
}


class Grant(BaseModel):
    """A row of the table: what one role opens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pages: tuple[Page, ...]
    actions: tuple[Action, ...] = ()
    personal: tuple[Personal, ...] = ()


_BUSINESS: Final[tuple[Page, ...]] = tuple(page for page in PAGES if page != "audit")
DEFAULT_ROLES: Final[dict[Role, Grant]] = {
    "finance": Grant(
        pages=(
            *("overview", "customers", "arrears", "billing", "payments", "services", "orders", "products"),
            *("contacts", "outbox"),
        ),
        actions=(
            *("statement", "export", "attachment", "refresh"),
            *("proof", "decide", "promise", "customer", "link"),
        ),
        personal=PERSONAL,
    ),
    "support": Grant(
        pages=("overview", "customers", "services", "tickets", "products", "contacts", "outbox"),
        actions=("attachment", "refresh", "ticket", "message", "customer", "link"),
        personal=("phone", "email"),
    ),
    "sales": Grant(
        pages=("overview", "customers", "services", "orders", "products", "outbox"),
        actions=("refresh", "customer"),
        personal=("phone", "email"),
    ),
    "manager": Grant(
        pages=tuple(page for page in _BUSINESS if page not in ("payments", "contacts")),
        actions=("export", "refresh", "promise"),
    ),
    "administrator": Grant(pages=PAGES, actions=ACTIONS, personal=PERSONAL),
}
