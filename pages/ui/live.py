"""What pages read from Odoo at the moment somebody looks: the one way from a page to `odoo_client.live`.

The connection is shared and made on first use; what is read is kept by nobody, so that it can never be shown to a
person who may not see it. Every failure is an AfinetError with one sentence.
"""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from odoo_client import live
from odoo_client.config import Settings
from odoo_client.errors import MissingModelError
from odoo_client.live import Attachment, Conversation, Message
from pages.ui import runtime
from pages.ui.data import View

__all__ = ["Attachment", "Conversation", "Message", "attachment_content", "conversation"]


def conversation(view: View, ticket_id: int) -> Conversation:
    """Return a ticket's description, messages and attachments as Odoo has them now. Raises AfinetError."""
    model = live.ticket_model(view.snapshot.info["tickets"].source)
    if not model:
        raise MissingModelError("This Odoo has no tickets to read: refresh the figures.")
    return live.conversation(_client(_settings()), model, ticket_id)


def attachment_content(attachment: Attachment) -> bytes:
    """Return a file's content, up to the set size. Raises AfinetError."""
    settings = _settings()
    return live.attachment_content(_client(settings), attachment, settings.live_attachment_max_bytes)


def company_logos(view: View, company_ids: Collection[int]) -> dict[int, bytes]:
    """Return the companies' logos as PNG by company id, as Odoo has them now. Raises AfinetError."""
    return live.company_logos(_client(view.settings), company_ids)


def _settings() -> Settings:
    return runtime.backend().settings


@st.cache_resource(
    show_spinner=False, max_entries=4, hash_funcs={Settings: lambda settings: settings.model_dump_json()}
)
def _client(settings: Settings) -> live.OdooClient:
    """Return the client of these settings; a connection that fails is not kept."""
    return live.connect(settings)
