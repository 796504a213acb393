"""Who may see and do what: a person's roles by their Odoo groups, and the records they may see.

`odoo_client.roles` says what each role opens. In any case nobody sees a record here that Odoo hides from them:
`Person` carries the companies, the frames and the documents that are theirs, and `odoo_client.people.scope` cuts the
snapshot to it before a page sees any of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from odoo_client.errors import ForbiddenError
from odoo_client.roles import (
    ACTIONS,
    ALL_SALES_GROUPS,
    CONTACT_GROUPS,
    ODOO_RIGHTS,
    PAGES,
    PAYMENT_GROUPS,
    PERSONAL,
    ROLE_GROUPS,
    ROLES,
    TICKET_GROUPS,
    Action,
    Documents,
    Grant,
    Page,
    Personal,
    Role,
)


@dataclass(frozen=True)
class Person:
    """A member of staff as Odoo knows them now. It holds no credential.

    `frames` are the snapshot's frames that Odoo lets them read (None: every one); `sales` and `tickets` say whose
    orders and tickets they see; `team_ids` are the ticket teams of "team". `writes` are the actions of `ODOO_RIGHTS`
    that Odoo lets them do (None: every one).
    """

    login: str
    name: str
    user_id: int
    roles: frozenset[Role]
    company_ids: frozenset[int]
    sales: Documents = "all"
    tickets: Documents = "all"
    team_ids: frozenset[int] = frozenset()
    partner_id: int = 0
    frames: frozenset[str] | None = None
    writes: frozenset[Action] | None = None

    @property
    def denied_writes(self) -> frozenset[Action]:
        """The actions that Odoo does not let them do, whatever their roles include."""
        return frozenset() if self.writes is None else frozenset(ODOO_RIGHTS) - self.writes


@dataclass(frozen=True)
class Access:
    """A person together with the roles in force: the only place that answers "may they?".

    `denied` are the actions that their roles include and their own rights in Odoo do not.
    """

    person: Person
    pages: frozenset[Page]
    actions: frozenset[Action]
    personal: frozenset[Personal]
    denied: frozenset[Action] = frozenset()

    @classmethod
    def of(cls, person: Person, table: Mapping[Role, Grant]) -> Access:
        """Return what the person's roles open together; a role that the table leaves out opens nothing.

        Nobody can do more here than in Odoo, though the service account could: what Odoo denies them is denied here.
        """
        grants = [table[role] for role in person.roles if role in table]
        actions = frozenset(action for grant in grants for action in grant.actions)
        return cls(
            person,
            frozenset(page for grant in grants for page in grant.pages),
            actions - person.denied_writes,
            frozenset(kind for grant in grants for kind in grant.personal),
            actions & person.denied_writes,
        )

    @property
    def nothing(self) -> bool:
        """Whether they may open no page at all: they are in Odoo, but in no group that makes a role."""
        return not self.pages

    def opens(self, page: str) -> bool:
        """Return whether they may open the page."""
        return page in self.pages

    def may(self, action: str) -> bool:
        """Return whether they may do the action."""
        return action in self.actions

    def require_page(self, page: str) -> None:
        """Raise ForbiddenError, whose sentence says what would open the page, when they may not open it."""
        if not self.opens(page):
            raise ForbiddenError(
                f"The page {page.capitalize()} is not among those of your role ({self.role_words}). An administrator "
                "gives the right in Odoo; it counts here within five minutes.",
                subject=page,
            )

    def require(self, action: str) -> None:
        """Raise ForbiddenError when they may not do the action."""
        if why := self.why_not(action):
            raise ForbiddenError(why, subject=action)

    def why_not(self, action: str) -> str:
        """Return the sentence that says why they may not do the action, "" when they may."""
        if self.may(action):
            return ""
        for denied in self.denied.intersection((action,)):
            return (
                f"Your Odoo account lacks the right that this ({action}) takes there: {ODOO_RIGHTS[denied]}. An "
                "administrator gives it in Odoo; it counts here within five minutes."
            )
        return (
            f"Your role ({self.role_words}) does not include this ({action}). An administrator gives the right in "
            "Odoo; it counts here within five minutes."
        )

    @property
    def first_page(self) -> str:
        """The page they land on: the first in the menu that they may open."""
        return next((page for page in PAGES if page in self.pages), PAGES[0])

    @property
    def role_words(self) -> str:
        """The roles as people read them: "finance, support"."""
        return ", ".join(role for role in ROLES if role in self.person.roles) or "none"

    @property
    def scope_key(self) -> str:
        """The key of everything this person may see: equal for two people who may see the same.

        Who they are is part of it only where some records are visible to them alone.
        """
        person = self.person
        parts: dict[str, object] = {
            "companies": sorted(person.company_ids),
            "sales": person.sales,
            "tickets": person.tickets,
            "teams": sorted(person.team_ids) if person.tickets == "team" else [],
            "user": person.user_id if "own" in (person.sales, person.tickets) or person.tickets == "team" else 0,
            "frames": None if person.frames is None else sorted(person.frames),
            "personal": sorted(self.personal),
        }
        return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=8).hexdigest()


#: Frames that hold accounting, sales, tickets and subscriptions; every other frame is a list of names.
LEDGER_FRAMES: Final = (
    *("receivable_lines", "partials", "invoices", "invoice_lines", "payments", "payment_invoices"),
    *("money_lines", "deductions"),
    *("invoice_technology", "journals", "payment_methods", "accounts"),
)
SALES_FRAMES: Final = ("orders", "order_lines", "deliveries")
TICKET_FRAMES: Final = ("tickets", "ticket_stages", "ticket_teams", "ticket_messages", "message_subtypes")
SERVICE_FRAMES: Final = ("services", "contract_lines")
#: What customers promised to pay: for those who see what they owe.
PROMISE_FRAMES: Final = ("promises",)


def roles_of(groups: Collection[str]) -> frozenset[Role]:
    """Return the roles that the groups make.

    Odoo's Sales administrator is in the salespeople's groups by implication: that makes no salesperson of a manager,
    whose role has no personal data.
    """
    held = set(groups)
    found = {role for role, wanted in ROLE_GROUPS.items() if held.intersection(wanted)}
    return frozenset(found - {"sales"} if "manager" in found else found)


def writes_of(groups: Collection[str], ticket_model: str) -> frozenset[Action]:
    """Return the actions of `ODOO_RIGHTS` that the groups give; `ticket_model` is "" where nothing holds tickets."""
    held = set(groups)
    found: set[Action] = set()
    if held.intersection(PAYMENT_GROUPS):
        found.update(("proof", "decide"))
    if held.intersection(CONTACT_GROUPS):
        found.update(("promise", "customer"))
    if held.intersection(TICKET_GROUPS.get(ticket_model, ())):
        found.update(("ticket", "message"))
    return frozenset(found)


def sales_documents(groups: Collection[str]) -> Documents:
    """Return whose orders the groups show: all, their own (and nobody's), or none.

    Accounting groups read every order, unless a salesperson's group limits them: Odoo's rule goes with that group.
    """
    held = set(groups)
    if held.intersection(ALL_SALES_GROUPS):
        return "all"
    if "sales_team.group_sale_salesman" in held:
        return "own"
    return "all" if held.intersection(ROLE_GROUPS["finance"]) else "none"


def ticket_documents(groups: Collection[str], model: str) -> Documents:
    """Return whose tickets the groups show in `model` ("helpdesk.ticket" of OCA or Enterprise, "project.task")."""
    held = set(groups)
    if model == "project.task":
        if "project.group_project_manager" in held:
            return "all"
        return "team" if "project.group_project_user" in held else "none"
    if held & {"helpdesk_mgmt.group_helpdesk_user", "helpdesk_mgmt.group_helpdesk_manager"}:
        return "all"
    if held & {"helpdesk.group_helpdesk_user", "helpdesk.group_helpdesk_manager"}:
        return "all"
    if "helpdesk_mgmt.group_helpdesk_user_team" in held:
        return "team"
    return "own" if "helpdesk_mgmt.group_helpdesk_user_own" in held else "none"


def frames_of(groups: Collection[str]) -> frozenset[str]:
    """Return the frames with accounting, sales, tickets and services that the groups may read at most."""
    held = set(groups)
    found: set[str] = set()
    if held.intersection(ROLE_GROUPS["finance"]):
        found.update(LEDGER_FRAMES, SERVICE_FRAMES, SALES_FRAMES, PROMISE_FRAMES)
    if held.intersection((*ROLE_GROUPS["sales"], *ROLE_GROUPS["manager"])):
        found.update(SALES_FRAMES, SERVICE_FRAMES)
    if held.intersection(ROLE_GROUPS["support"]):
        found.update(TICKET_FRAMES)
    return frozenset(found)


def everything(company_ids: Collection[int], *, login: str = "", name: str = "") -> Access:
    """Return the access of one who may see all: the demo's administrator, and `AUTH=none` on a loopback address."""
    person = Person(login, name, 0, frozenset(ROLES), frozenset(company_ids))
    return Access(person, frozenset(PAGES), frozenset(ACTIONS), frozenset(PERSONAL))
