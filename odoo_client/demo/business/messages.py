"""Messages on records (`message_post`) and what Odoo works out of an attachment's content."""

from __future__ import annotations

import binascii
import hashlib
import mimetypes
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.business.markup import from_text, sanitised
from odoo_client.demo.business.rights import document_refusal
from odoo_client.demo.orm.faults import python_error
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Row

if TYPE_CHECKING:
    from odoo_client.demo.business.call import Env, Records

_SUBTYPES = {"mail.mt_comment": cat.PUBLIC, "mail.mt_note": cat.NOTE, "mail.mt_activities": cat.ACTIVITIES}
#: Models on which whoever may read may write messages.
_READERS_POST = ("account.move", "helpdesk.ticket", "project.task", "sale.order")
_SIGNATURES = ((b"%PDF-", "application/pdf"), (b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"),
               (b"GIF8", "image/gif"), (b"PK\x03\x04", "application/zip"))  # fmt: skip
_UNKNOWN = "application/octet-stream"


def message_post(
    records: Records,
    *,
    body: str = "",
    subject: str | None = None,
    message_type: str = "notification",
    email_from: str | None = None,
    author_id: int | None = None,
    parent_id: int | bool = False,
    subtype_xmlid: str | None = None,
    subtype_id: int | bool = False,
    partner_ids: Sequence[int] | None = None,
    attachments: Any = None,
    attachment_ids: Sequence[int] | None = None,
    body_is_html: bool = False,
    **kwargs: Any,
) -> int | list[int]:
    """Write a message on one record; its id, on 19 as a list.

    Until 16 the body is HTML, from 17 on plain text unless `body_is_html`. Unknown arguments are let through, as Odoo
    does. Nobody is notified.
    """
    env, db = records.env, records.env.db
    if len(records.ids) != 1:
        shown = ", ".join(map(str, records.ids))
        raise python_error("ValueError", f"Expected singleton: {records.model}({shown})")
    if message_type == "user_notification":
        raise python_error("ValueError", "Use message_notify to send a notification to an user.")
    if any(not isinstance(key, int) for key in (*(attachment_ids or ()), *(partner_ids or ()))):
        raise python_error("ValueError", "Posting a message should receive records as a list of IDs")
    check_may_post(env, records.model, records.ids[0], "mail.message")
    as_html = body_is_html or db.profile.major <= 16
    key = post(
        env, records.model, records.ids[0], sanitised(body) if as_html else from_text(body),
        message_type=message_type, subtype=_SUBTYPES.get(subtype_xmlid or "", subtype_id or cat.NOTE),
        subject=subject or None, author_id=author_id, email_from=email_from,
        attachment_ids=list(attachment_ids or ()), partner_ids=list(partner_ids or ()),
    )  # fmt: skip
    return [key] if db.profile.major >= 19 else key


def post(env: Env, model: str, key: int, body: str, **more: Any) -> int:
    """Store a message of the caller's on a record; returns its id."""
    db = env.db
    author = more.pop("author_id", None) or env.partner_id
    partner = db.tables["res.partner"][author]
    address = f'"{partner["name"]}" <{partner["email"]}>' if partner.get("email") else None
    values = {
        "model": model, "res_id": key, "body": body, "date": db.now()[:19], "author_id": author,
        "email_from": more.pop("email_from", None) or address, "is_internal": False,
        "subtype_id": more.pop("subtype"), **more,
    }  # fmt: skip
    return db.create("mail.message", values, uid=env.uid)


def check_may_post(env: Env, model: str, key: int, what: str) -> None:
    """Raise AccessError unless the caller may write messages (or activities) on that record."""
    operation = "read" if model in _READERS_POST else "write"
    if env.may_touch(model, key, operation):
        return
    if env.db.profile.major <= 17:
        env.check(model, operation)
    raise document_refusal(env.db, what, "create", key, env.uid)


def attachment(db: Database, rows: list[Row] | None, values: dict[str, Any]) -> dict[str, Any]:
    """Set checksum, size and type of a file whose content is given; the type is guessed by name, then by content."""
    if "datas" not in values:
        return values
    try:
        content = b64decode(values["datas"] or "")
    except binascii.Error as exc:
        raise python_error("ValueError", str(exc)) from exc
    name = str(values.get("name") or (rows[0].get("name") if rows else "") or "")
    kind = values.get("mimetype") or mimetypes.guess_type(name)[0] or _UNKNOWN
    if kind == _UNKNOWN:
        kind = next((found for start, found in _SIGNATURES if content.startswith(start)), _UNKNOWN)
    return values | {
        "datas": b64encode(content).decode("ascii"), "file_size": len(content), "mimetype": kind,
        "checksum": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
    }  # fmt: skip
