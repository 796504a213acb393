"""What pages read from Odoo at the moment somebody looks: the one way from a page to `odoo_client.live`.

It is read with the person's own account, so that Odoo decides, and only what their figures hold; what is read is kept
by nobody, so that it can never be shown to another. Every failure is an AfinetError with one sentence.
"""

from __future__ import annotations

from collections.abc import Collection

from odoo_client import live
from odoo_client.errors import ForbiddenError, MissingModelError
from odoo_client.live import Attachment, Conversation, Message
from odoo_client.metrics.source import ints
from pages.ui import access, runtime
from pages.ui.data import View

__all__ = ["Attachment", "Conversation", "Message", "attachment_content", "conversation"]


def conversation(view: View, ticket_id: int) -> Conversation:
    """Return a ticket's description, messages and attachments as Odoo has them now. Raises AfinetError."""
    model = live.ticket_model(view.snapshot.info["tickets"].source)
    if not model:
        raise MissingModelError("This Odoo has no tickets to read: refresh the figures.")
    if ticket_id not in ints(view.snapshot.frame("tickets"), "ticket_id"):
        # With single sign-on it is the service account that reads, which Odoo refuses nothing.
        raise ForbiddenError("This ticket is not among those you see.", subject="ticket")
    return live.conversation(access.client(view.settings), model, ticket_id)


def attachment_content(attachment: Attachment) -> bytes:
    """Return a file's content, up to the set size, and write down that it was read. Raises AfinetError."""
    settings = runtime.backend().settings
    access.required("attachment", "attachment", f"attachment {attachment.attachment_id}")
    return live.attachment_content(access.client(settings), attachment, settings.live_attachment_max_bytes)


def company_logos(view: View, company_ids: Collection[int]) -> dict[int, bytes]:
    """Return the companies' logos as PNG by company id, as Odoo has them now. Raises AfinetError."""
    # A company's logo is on its letterhead: the service account reads it, also when a document is made on click.
    return live.company_logos(runtime.service_client(view.settings), company_ids)
