"""Whether a sync can build on the previous snapshot, or has to read everything."""

from __future__ import annotations

from datetime import datetime

from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import OF_THE_FUTURE, Snapshot


def reason_to_read_all(before: Snapshot | None, client: OdooClient, now: datetime) -> str:
    """Return why everything is read although nobody asked for it, in words, "" where it need not be.

    An upgrade changes records by SQL that leaves their `write_date` as it was; another set of companies is another set
    of rows; and by the clock of a snapshot of the future nothing would be due.
    """
    if before is None or before.meta.full_at is None:
        return "there is nothing to build on"
    if before.is_of_the_future(now):
        return OF_THE_FUTURE
    if set(before.meta.company_ids) != set(client.company_ids):
        return "the companies of the account that reads have changed"
    if before.meta.odoo_version != client.version.text:
        return f"Odoo was {before.meta.odoo_version or 'another'} and is {client.version.text}"
    return ""
