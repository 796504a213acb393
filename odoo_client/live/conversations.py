"""The few reads on demand: what a ticket says, who wrote on it, its attachments, straight from Odoo and never cached.

Each function reads one ticket once: typed, with the time limit of `LIVE_TIMEOUT_S`, and every failure is one error
whose sentence says what to do. Odoo itself decides what the account may see.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from odoo_client.datasets.messages import AUTOMATIC_TYPES, ROBOT_LOGIN
from odoo_client.datasets.tickets import SOURCE_NAMES, model_of
from odoo_client.documents.logo import logo_of
from odoo_client.errors import MissingRecordError, NotOdooError, OdooUserError
from odoo_client.live.html_to_text import text_of
from odoo_client.people.redaction import holds_email, without
from odoo_client.roles import Personal
from odoo_client.rpc.client import OdooClient

#: Messages of one ticket, the newest: nobody reads more, and a mail loop may have left thousands.
MAX_MESSAGES = 200
MAX_ATTACHMENTS = 200
#: Notes on one record, the newest.
MAX_NOTES = 50
NO_AUTHOR = "Unknown sender"
#: Replaces a sender known only by their address, for people without the right to e-mails.
UNNAMED_AUTHOR = "A sender known by e-mail"


@dataclass(frozen=True)
class Attachment:
    """A file on a ticket, without its content."""

    attachment_id: int
    name: str
    size_bytes: int
    mimetype: str


@dataclass(frozen=True)
class Message:
    """What one person, or Odoo itself, wrote on a ticket; `text` is plain text."""

    message_id: int
    moment: datetime
    author: str
    public: bool
    by_staff: bool
    automatic: bool
    text: str
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True)
class Conversation:
    """A ticket as it stands in Odoo now: description and messages as text, oldest first, and every attachment.

    `cut` says that there are older messages than those here.
    """

    ticket_id: int
    description: str
    messages: tuple[Message, ...]
    attachments: tuple[Attachment, ...]
    cut: bool


@dataclass(frozen=True)
class Notes:
    """What staff wrote on a record for each other, and the calls and other activities they marked as done there.

    The newest first; `cut` says that there are older ones than those here.
    """

    messages: tuple[Message, ...]
    cut: bool


def ticket_model(source_name: str) -> str:
    """Return the model of the tickets that a snapshot read from `source_name`, "" for an unknown one."""
    sources = {name: source for source, name in SOURCE_NAMES.items()}
    return model_of(sources[source_name]) if source_name in sources else ""


def conversation(client: OdooClient, model: str, ticket_id: int) -> Conversation:
    """Return what the ticket says and what was written on it.

    Raises MissingRecordError when Odoo no longer has it (or hides it), OdooError for anything else.
    """
    description = ticket_description(client, model, ticket_id)
    rows, cut = _newest_messages(client, model, ticket_id, MAX_MESSAGES)
    named = [int(key) for row in rows for key in row["attachment_ids"] or []]
    files = attachments(client, model, ticket_id, also=named)
    return Conversation(ticket_id, description, _read_messages(client, rows, files), tuple(files), cut)


def conversation_for(read: Conversation, allowed: Collection[Personal]) -> Conversation:
    """Return the conversation without the personal data that is not `allowed`."""
    return replace(
        read,
        description=without(read.description, allowed),
        messages=messages_for(read.messages, allowed),
        attachments=attachments_for(read.attachments, allowed),
    )


def messages_for(messages: Collection[Message], allowed: Collection[Personal]) -> tuple[Message, ...]:
    """Return the messages without the personal data that is not `allowed`: in the text, and in names."""
    hidden = "email" not in allowed
    return tuple(
        replace(
            one,
            author=UNNAMED_AUTHOR if hidden and holds_email(one.author) else without(one.author, allowed),
            text=without(one.text, allowed),
            attachments=attachments_for(one.attachments, allowed),
        )
        for one in messages
    )


def attachments_for(files: Collection[Attachment], allowed: Collection[Personal]) -> tuple[Attachment, ...]:
    """Return the files without the personal data that is not `allowed` in their names."""
    return tuple(replace(one, name=without(one.name, allowed)) for one in files)


def messages(client: OdooClient, model: str, record_id: int) -> tuple[Message, ...]:
    """Return the newest messages on a record, oldest first, without their files. Raises OdooError."""
    return _read_messages(client, _newest_messages(client, model, record_id, MAX_MESSAGES)[0], ())


def notes(client: OdooClient, model: str, record_id: int) -> Notes:
    """Return the newest internal notes and done activities on a record. Raises OdooError.

    What Odoo itself notes, such as a changed field, does not count, nor does anything that others than staff may read.
    """
    kinds = client.search_ids("mail.message.subtype", [["internal", "=", True]])
    for_staff = ["|", "|", ["is_internal", "=", True], ["subtype_id", "=", False], ["subtype_id", "in", list(kinds)]]
    # A call that was logged is an activity marked as done, which Odoo writes down as a notification.
    by_people = ["|", ["message_type", "not in", list(AUTOMATIC_TYPES)], ["mail_activity_type_id", "!=", False]]
    rows, cut = _newest_messages(client, model, record_id, MAX_NOTES, [*for_staff, *by_people])
    return Notes(_read_messages(client, rows, ())[::-1], cut)


def _newest_messages(
    client: OdooClient, model: str, record_id: int, most: int, also: Sequence[Any] = ()
) -> tuple[list[dict[str, Any]], bool]:
    """Return a limited number of a record's newest messages, oldest first, and whether there are older ones.

    `also` is a further domain that they have to match.
    """
    rows = client.call(
        "mail.message",
        "search_read",
        domain=[["model", "=", model], ["res_id", "=", record_id], ["message_type", "!=", "user_notification"], *also],
        fields=[
            "date",
            "author_id",
            "email_from",
            "body",
            "message_type",
            "subtype_id",
            "is_internal",
            "attachment_ids",
        ],
        limit=most + 1,
        order="date desc, id desc",
    )
    return rows[:most][::-1], len(rows) > most


def _read_messages(
    client: OdooClient, rows: Sequence[Mapping[str, Any]], files: Collection[Attachment]
) -> tuple[Message, ...]:
    kinds = {int(row["subtype_id"][0]) for row in rows if row["subtype_id"]}
    writers = {int(row["author_id"][0]) for row in rows if row["author_id"]}
    staff, robots = _staff(client, writers)
    readers = _Context(_for_staff_only(client, kinds), staff, robots, {file.attachment_id: file for file in files})
    read = tuple(_message(row, readers) for row in rows)
    return tuple(one for one in read if one.text or one.attachments)


def ticket_description(client: OdooClient, model: str, ticket_id: int) -> str:
    """Return the ticket's description as text. Raises MissingRecordError when Odoo does not give the ticket."""
    found = client.call(model, "search_read", domain=[["id", "=", ticket_id]], fields=["description"], limit=1)
    if not found:
        raise MissingRecordError(
            "Odoo no longer has this ticket, or your account may not see it: refresh the figures.", model=model
        )
    return text_of(str(found[0]["description"] or ""))


def attachments(
    client: OdooClient, model: str, ticket_id: int, *, also: Collection[int] = ()
) -> tuple[Attachment, ...]:
    """Return the files on a ticket, those with the ids `also` included, newest first; never their content."""
    mine: list[Any] = ["&", ["res_model", "=", model], ["res_id", "=", ticket_id]]
    domain = ["|", ["id", "in", sorted(set(also))], *mine] if also else mine
    rows = client.call(
        "ir.attachment",
        "search_read",
        domain=domain,
        fields=["name", "file_size", "mimetype", "type"],
        limit=MAX_ATTACHMENTS,
        order="id desc",
    )
    return tuple(
        Attachment(int(row["id"]), str(row["name"] or ""), int(row["file_size"] or 0), str(row["mimetype"] or ""))
        for row in rows
        if row["type"] == "binary"
    )


def attachment_content(client: OdooClient, attachment: Attachment, max_bytes: int) -> bytes:
    """Return a file's content. Raises OdooUserError when it is larger than `max_bytes`, OdooError otherwise."""
    too_large = f"{attachment.name} is larger than {max_bytes / 2**20:.0f} MB: open it in Odoo."
    if attachment.size_bytes > max_bytes:
        raise OdooUserError(too_large, model="ir.attachment")
    found = client.call("ir.attachment", "read", ids=[attachment.attachment_id], fields=["datas"])
    if not found:
        raise MissingRecordError("Odoo no longer has this file.", model="ir.attachment")
    try:
        content = b64decode(found[0]["datas"] or "")
    except (binascii.Error, TypeError, ValueError) as exc:
        raise NotOdooError("Odoo sent this file in a form this app does not know.", model="ir.attachment") from exc
    if len(content) > max_bytes:
        raise OdooUserError(too_large, model="ir.attachment")
    return content


def company_logos(client: OdooClient, company_ids: Collection[int]) -> dict[int, bytes]:
    """Return the logos of these companies as PNG by company id; one without a usable logo is left out."""
    if not company_ids or "logo" not in client.fields("res.company", ("logo",)):
        return {}
    rows = client.search_read("res.company", [["id", "in", sorted(company_ids)]], ["logo"])
    logos = {int(row["id"]): logo_of(row["logo"]) for row in rows}
    return {company_id: logo for company_id, logo in logos.items() if logo is not None}


@dataclass(frozen=True)
class _Context:
    """What is needed to read a message: kinds for staff only, partners who are staff or Odoo itself, the files."""

    for_staff_only: frozenset[int]
    staff: frozenset[int]
    robots: frozenset[int]
    files: Mapping[int, Attachment]


def _message(row: Mapping[str, Any], context: _Context) -> Message:
    author = row["author_id"] or None
    kind = int(row["subtype_id"][0]) if row["subtype_id"] else 0
    author_id = int(author[0]) if author else 0
    return Message(
        message_id=int(row["id"]),
        moment=datetime.strptime(row["date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC),
        author=str(author[1] if author else row["email_from"] or NO_AUTHOR),
        public=bool(kind) and kind not in context.for_staff_only and not row["is_internal"],
        by_staff=author_id in context.staff,
        automatic=row["message_type"] in AUTOMATIC_TYPES or author_id in context.robots,
        text=text_of(str(row["body"] or "")),
        attachments=tuple(context.files[key] for key in row["attachment_ids"] or [] if key in context.files),
    )


def _for_staff_only(client: OdooClient, kinds: Collection[int]) -> frozenset[int]:
    if not kinds:
        return frozenset()
    domain = [["id", "in", sorted(kinds)], ["internal", "=", True]]
    return frozenset(client.search_ids("mail.message.subtype", domain))


def _staff(client: OdooClient, partner_ids: Collection[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Return which partners are internal users, and which are Odoo's own."""
    if not partner_ids:
        return frozenset(), frozenset()
    domain = [["partner_id", "in", sorted(partner_ids)], ["share", "=", False]]
    users: Sequence[Mapping[str, Any]] = client.search_read("res.users", domain, ["login", "partner_id"])
    robots = frozenset(int(user["partner_id"]) for user in users if user["login"] == ROBOT_LOGIN)
    return frozenset(int(user["partner_id"]) for user in users) - robots, robots
