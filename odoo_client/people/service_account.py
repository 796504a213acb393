"""What the account may see: an account limited to its own documents makes figures look right but be wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from odoo_client.errors import OdooAccessError
from odoo_client.people.access import LEDGER_FRAMES, PROMISE_FRAMES, SALES_FRAMES, TICKET_FRAMES
from odoo_client.roles import ALL_SALES_GROUPS, ROLE_GROUPS
from odoo_client.rpc.client import OdooClient

_TICKET_GROUPS = {
    "OCA helpdesk": ("helpdesk_mgmt.group_helpdesk_user", "helpdesk_mgmt.group_helpdesk_manager"),
    "Odoo Helpdesk": ("helpdesk.group_helpdesk_manager",),
    "Project tasks": ("project.group_project_manager",),
}
_TICKET_RIGHT = {
    "OCA helpdesk": "Helpdesk / User: All Tickets",
    "Odoo Helpdesk": "Helpdesk / Administrator",
    "Project tasks": "Project / Administrator",
}

#: From this version on Odoo hides the activities of others on a contact from people who may not change contacts.
ACTIVITIES_HIDDEN_SINCE = 15

UNKNOWN_COMPANIES = "This account cannot see whether other companies exist: compare those listed below with Odoo's own."


@dataclass(frozen=True)
class Right:
    """One right the dashboard relies on: the frames that need it, whether the account has it, and what to do if not."""

    name: str
    frames: tuple[str, ...]
    held: bool
    sentence: str
    #: Why the account itself cannot say, "" when it can.
    unknown: str = ""


def check_rights(client: OdooClient, *, has_sales: bool, ticket_source: str) -> list[Right]:
    """Return the rights this account needs for complete figures, and whether it has each."""
    account = "the account in ODOO_USERNAME"
    rights = [
        Right(
            "Read all accounting entries",
            LEDGER_FRAMES,
            _any(client.has_group, ROLE_GROUPS["finance"]),
            f"The ledger may be incomplete: give {account} the right to read all accounting "
            "(account.group_account_readonly).",
        )
    ]
    if has_sales:
        rights.append(
            Right(
                "All sales documents",
                (*SALES_FRAMES, "services"),
                _any(client.has_group, ALL_SALES_GROUPS),
                f"Only its own orders are seen: give {account} the right Sales / User: All Documents.",
            )
        )
    if ticket_source in _TICKET_GROUPS:
        rights.append(
            Right(
                "All tickets",
                TICKET_FRAMES,
                _any(client.has_group, _TICKET_GROUPS[ticket_source]),
                f"Some tickets may be hidden: give {account} the right {_TICKET_RIGHT[ticket_source]}.",
            )
        )
    rights.append(
        Right(
            "All promises to pay",
            PROMISE_FRAMES,
            sees_promises(client),
            f"Promises to pay that others logged are not seen: give {account} the right Contact Creation "
            "(base.group_partner_manager).",
        )
    )
    rights.append(_companies(client, account))
    return rights


def sees_promises(client: OdooClient) -> bool:
    """Return whether Odoo shows the account the activities of others on customers."""
    return client.version.major < ACTIVITIES_HIDDEN_SINCE or client.may("res.partner", "write")


def _any(has_group: Callable[[str], bool], groups: tuple[str, ...]) -> bool:
    return any(has_group(group) for group in groups)


def _companies(client: OdooClient, account: str) -> Right:
    """Check the companies: an administrator's account sees those it does not work in, any other only its own."""
    try:
        exist = client.search_count("res.company", [])
    except OdooAccessError:
        exist = len(client.company_ids)
    missing = max(0, exist - len(client.company_ids))
    return Right(
        "All companies",
        (*LEDGER_FRAMES, *SALES_FRAMES, *TICKET_FRAMES, "services"),
        missing == 0,
        f"{missing} of {exist} companies are not shown: add them to the companies allowed for {account}.",
        # Odoo shows an ordinary account its own companies and no others, so nothing found proves nothing.
        "" if missing or client.has_group("base.group_erp_manager") else UNKNOWN_COMPANIES,
    )
