"""Addresses of records in Odoo, which a reader opens to see the document behind a figure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlencode

from odoo_client.metrics.contact_rules import HOME_CODE, is_email, phone_key
from odoo_client.store.snapshot import SnapshotMeta

#: From this version on, Odoo's pages have readable addresses (`/odoo/res.partner/7`).
FIRST_WITH_PATHS = 18
#: A mobile number of this country, by its digits: only these have WhatsApp.
_MOBILE = re.compile(rf"{HOME_CODE}7[0-9]{{8}}")


def record_url(meta: SnapshotMeta, model: str, record_id: int) -> str:
    """Return the address of a record's form in this Odoo, "" where there is nothing to open (demo data, no record)."""
    return record_urls(meta, model, [record_id])[0]


def money_urls(meta: SnapshotMeta, payment_ids: Iterable[int], move_ids: Iterable[int]) -> list[str]:
    """Return the addresses of rows of money in: of the payment, and of the entry where there is none."""
    payments, moves = record_urls(meta, "account.payment", payment_ids), record_urls(meta, "account.move", move_ids)
    return [payment or move for payment, move in zip(payments, moves, strict=True)]


def list_url(meta: SnapshotMeta, action: str) -> str:
    """Return the address of the list that the window action of that XML id opens in this Odoo, "" for demo data."""
    base = meta.odoo_url.rstrip("/")
    if meta.demo or not base.startswith(("https://", "http://")):
        return ""
    if major_version(meta.odoo_version) >= FIRST_WITH_PATHS:
        return f"{base}/odoo/action-{quote(action)}"
    return f"{base}/web#{urlencode({'action': action})}"


def record_urls(meta: SnapshotMeta, model: str, record_ids: Iterable[int]) -> list[str]:
    """Return the addresses of several records of one model."""
    base = meta.odoo_url.rstrip("/")
    if meta.demo or not base.startswith(("https://", "http://")):
        return ["" for _ in record_ids]
    if major_version(meta.odoo_version) >= FIRST_WITH_PATHS:
        start, end = f"{base}/odoo/{quote(model)}/", ""
    else:
        start, end = f"{base}/web#id=", f"&{urlencode({'model': model, 'view_type': 'form'})}"
    return [f"{start}{int(record_id)}{end}" if record_id else "" for record_id in record_ids]


def major_version(text: str) -> int:
    """Return 18 for `18.0`, `saas~18.3` or `18.0+e`, 0 when no number is found."""
    found = re.search(r"\d+", text)
    return int(found.group()) if found else 0


def phone_url(text: str) -> str:
    """Return the address that dials a telephone number, "" where the text is no well-formed one."""
    digits = phone_key(text)
    return f"tel:+{digits}" if digits else ""


def whatsapp_url(text: str) -> str:
    """Return the address of a WhatsApp chat with a Zimbabwean mobile number, "" for any other text."""
    digits = phone_key(text)
    return f"https://wa.me/{digits}" if _MOBILE.fullmatch(digits) else ""


def mail_url(text: str) -> str:
    """Return the address that writes to a well-formed e-mail address, "" for any other text."""
    # A question mark would begin a subject or a text.
    return f"mailto:{quote(text.strip(), safe='@')}" if is_email(text) and text.count("@") == 1 else ""
