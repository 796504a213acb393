"""Find the one customer that somebody means by an e-mail address, or say which ones it could be."""

from __future__ import annotations

from odoo_client.errors import CustomerLookupError
from odoo_client.rpc.client import OdooClient


def find_by_email(client: OdooClient, email: str) -> list[int]:
    """Return the ids of the customer with this e-mail and of all its contacts.

    Contacts of one company count as one customer. Raises CustomerLookupError when none or several customers match; the
    sentence lists them.
    """
    wanted = email.strip().lower()
    # `=ilike` knows wildcards, but equality is what matters, so it is checked here.
    pattern = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    fields = ["name", "email", "commercial_partner_id", "active"]
    rows = client.search_read("res.partner", [["email", "ilike", pattern]], fields)
    rows = [row for row in rows if str(row["email"] or "").strip().lower() == wanted]
    owners = {int(row["commercial_partner_id"] or row["id"]) for row in rows}
    if not owners:
        raise CustomerLookupError(f"No customer in Odoo has the e-mail {email}: check it, or sync all customers.")
    if len(owners) > 1:
        names = "; ".join(f"{row['name'] or '(no name)'} (Odoo id {row['id']})" for row in rows)
        raise CustomerLookupError(
            f"{len(owners)} customers have the e-mail {email}: {names}. Correct it in Odoo, or sync all customers."
        )
    owner = owners.pop()
    return client.search_ids("res.partner", [["commercial_partner_id", "=", owner]])
