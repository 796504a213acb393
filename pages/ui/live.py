"""What pages read from Odoo when somebody looks: the only way from a page to `odoo_client.live`.

It is read with the person's own account, so that Odoo decides, and only for records in their figures. It is not kept,
so that it can never be shown to anybody else. Every failure is an AfinetError with one sentence.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from odoo_client.datasets.task_states import Stage
from odoo_client.errors import ForbiddenError, MissingModelError
from odoo_client.frames.arrays import ints
from odoo_client.live import conversations
from odoo_client.live import customers as live_customers
from odoo_client.live import tickets as live_tickets
from odoo_client.live.conversations import Attachment, Conversation, Message, Notes
from odoo_client.live.customers import PartnerField, PartnerFields
from odoo_client.live.tickets import ChangeOffers, NewTicketOffers, Readers, Team
from pages.ui.session import access, backend
from pages.ui.view import View

#: What pages take from `odoo_client.live`, beside the functions below.
__all__ = ["Attachment", "ChangeOffers", "Message", "NewTicketOffers", "PartnerField", "PartnerFields", "Readers"]
__all__ += ["Stage", "Team"]


def conversation(view: View, ticket_id: int) -> Conversation:
    """Return a ticket's description, messages and attachments as Odoo has them now. Raises AfinetError."""
    found = conversations.conversation(access.client(view.settings), _model_of(view, ticket_id), ticket_id)
    return conversations.conversation_for(found, access.current().personal)


def ticket_model(view: View) -> str:
    """Return the model of the tickets, "" where this Odoo has none or the person may not read them."""
    info = view.snapshot.info["tickets"]
    return "" if info.state in ("missing", "denied") else conversations.ticket_model(info.source)


def new_ticket_offers(view: View, company_id: int) -> NewTicketOffers:
    """Return what Odoo offers for a new ticket of that company, in teams the person works in. Raises AfinetError."""
    who = access.current()
    who.require("ticket")
    model = ticket_model(view)
    if not model or company_id not in who.person.company_ids:
        raise ForbiddenError("You make no tickets in this company.", subject="ticket")
    found = live_tickets.new_ticket_offers(access.client(view.settings), model, company_id)
    limited = who.person.tickets in ("own", "team")
    # Odoo would hide another team's ticket from them, and so refuses to make it.
    mine = who.person.team_ids | ({0} if who.person.tickets == "team" else set())
    return replace(found, teams=tuple(one for one in found.teams if not limited or one.team_id in mine))


def change_offers(view: View, ticket_id: int) -> ChangeOffers:
    """Return a ticket as Odoo has it now, what it can be changed to, and who reads it. Raises AfinetError."""
    who = access.current()
    who.require("ticket")
    found = live_tickets.change_offers(access.client(view.settings), _model_of(view, ticket_id), ticket_id)
    return replace(found, readers=live_tickets.readers_for(found.readers, who.personal))


#: What is read on demand is a row of the frame of that name (in the plural) → the column of its id.
_KEYS = {"ticket": "ticket_id", "customer": "partner_id", "payment": "payment_id"}


def require_seen(view: View, what: str, record_id: int) -> None:
    """Raise ForbiddenError for a ticket, customer or payment that is not among those the person sees.

    With single sign-on the service account reads and writes, and Odoo refuses it nothing.
    """
    if record_id not in ints(view.snapshot.frame(f"{what}s"), _KEYS[what]):
        raise ForbiddenError(f"This {what} is not among those you see.", subject=what)


def _model_of(view: View, ticket_id: int) -> str:
    model = ticket_model(view)
    if not model:
        raise MissingModelError("This Odoo has no tickets to read: refresh the figures.")
    require_seen(view, "ticket", ticket_id)
    return model


def attachment_content(attachment: Attachment) -> bytes:
    """Return a file's content, up to the set size, and write down that it was read. Raises AfinetError."""
    settings = backend.backend().settings
    access.required("attachment", "attachment", f"attachment {attachment.attachment_id}")
    return conversations.attachment_content(access.client(settings), attachment, settings.live_attachment_max_bytes)


def partner_fields(view: View, partner_id: int) -> PartnerFields:
    """Return a customer's fields as Odoo has them now, without e-mail and phone for roles without. Raises AfinetError.

    Raises ForbiddenError for a customer who is not among those they see.
    """
    who = access.current()
    who.require("customer")
    require_seen(view, "customer", partner_id)
    found = live_customers.partner_fields(access.client(view.settings), partner_id)
    return live_customers.fields_for(found, who.personal)


def may_read_notes() -> bool:
    """Return whether the person may read what staff noted about the customers they see.

    With their own account Odoo decides. With single sign-on the service account reads, which Odoo refuses nothing: what
    staff write about people is then only for those who work with them, by a right that they have in Odoo.
    """
    doors = backend.backend().doors
    if doors is None or not doors.single_sign_on:
        return True
    return access.may("promise") or access.may("customer") or access.may("ticket")


def partner_notes(view: View, partner_id: int) -> Notes:
    """Return the calls, notes and done activities on a customer as Odoo has them now, the newest first.

    Raises ForbiddenError for a customer who is not among those they see, AfinetError for anything else.
    """
    if not may_read_notes():
        raise ForbiddenError("Your roles do not open what is noted about customers.", subject="customer")
    require_seen(view, "customer", partner_id)
    found = conversations.notes(access.client(view.settings), "res.partner", partner_id)
    return replace(found, messages=conversations.messages_for(found.messages, access.current().personal))


def company_logos(view: View, company_ids: Collection[int]) -> dict[int, bytes]:
    """Return the companies' logos as PNG by company id, as Odoo has them now. Raises AfinetError."""
    # A logo is no secret, it is on every letterhead: the service account reads it, even for documents made on click.
    return conversations.company_logos(backend.service_client(view.settings), company_ids)
