"""The demo's stand-in for sign-in: what people of some Odoo groups would see, by the key of their role."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from odoo_client.config import Settings
from odoo_client.people.access import (
    Access,
    Person,
    everything,
    frames_of,
    roles_of,
    sales_documents,
    ticket_documents,
    writes_of,
)

#: Who the person is among the demo's own orders, and the model that holds its tickets.
OWN_USER_ID, TICKETS = 7, "helpdesk.ticket"
#: The role of somebody who sees everything, which comes first.
EVERYTHING = "administrator"


@dataclass(frozen=True)
class DemoRole:
    """A person of the demo: what they are called, their Odoo groups, and what they read in Odoo besides.

    Each is a different person, since nobody approves what they entered themselves.
    """

    name: str
    login: str
    groups: tuple[str, ...]
    also_reads: tuple[str, ...] = ()
    second_company_only: bool = False

    def person(self, company_ids: Collection[int]) -> Person:
        """Return the person as somebody signed in at a provider with these companies."""
        reads = (*self.groups, *self.also_reads)
        companies = sorted(company_ids)
        return Person(
            login=f"{self.login}@demo.example",
            name=self.name,
            user_id=OWN_USER_ID,
            roles=roles_of(self.groups),
            company_ids=frozenset(companies[-1:] if self.second_company_only else companies),
            sales=sales_documents(reads),
            tickets=ticket_documents(reads, TICKETS),
            frames=frames_of(reads),
            writes=writes_of(self.groups, TICKETS),
        )


PEOPLE: dict[str, DemoRole] = {
    "finance": DemoRole(
        "Finance",
        "finance",
        ("account.group_account_invoice", "account.group_account_readonly", "base.group_partner_manager"),
    ),
    "support_lead": DemoRole(
        "Support lead", "support.lead", ("helpdesk_mgmt.group_helpdesk_manager", "base.group_partner_manager")
    ),
    # With the groups that Odoo's own Sales administrator is in by implication. A provider's manager also reads
    # accounting and helpdesk. Here those groups would add the roles finance and support, but the switch shows each role
    # by itself, so the demo grants only what they may read.
    "manager": DemoRole(
        "Manager",
        "manager",
        ("sales_team.group_sale_manager", "sales_team.group_sale_salesman_all_leads", "sales_team.group_sale_salesman"),
        also_reads=("account.group_account_readonly", "helpdesk_mgmt.group_helpdesk_manager"),
    ),
    "sales": DemoRole("Sales, own orders", "sales", ("sales_team.group_sale_salesman",)),
    "finance_second_company": DemoRole(
        "Finance, second company", "finance.second", ("account.group_account_readonly",), second_company_only=True
    ),
}
#: What the switch offers: the key of each role, and what it is called.
ROLES: dict[str, str] = {EVERYTHING: "Administrator", **{key: role.name for key, role in PEOPLE.items()}}


def access_of(role: str, settings: Settings, company_ids: Collection[int]) -> Access:
    """Return what somebody with a role of the demo may see and do; a role outside `ROLES` sees everything."""
    found = PEOPLE.get(role)
    if found is None:
        return everything(sorted(company_ids), login="demo", name="Demo")
    return Access.of(found.person(company_ids), settings.roles)
