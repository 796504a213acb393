"""A payment read in Odoo at the moment somebody opens it, with what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.payments.facts import InvoiceFacts, PaymentFacts, invoice_facts, payment_facts
from odoo_client.live import conversations
from odoo_client.live.conversations import Attachment, Message
from odoo_client.live.payments import MODEL
from odoo_client.rpc.client import OdooClient


@dataclass(frozen=True)
class PaymentOpened:
    """A payment as it stands in Odoo now with its documents, notes and the invoices it may pay."""

    facts: PaymentFacts
    documents: tuple[Attachment, ...]
    notes: tuple[Message, ...]
    invoices: Mapping[int, InvoiceFacts]


def opened(
    client: OdooClient,
    payment_id: int,
    *,
    service_login: str,
    outbox: Outbox,
    may_pay: Callable[[PaymentFacts], Collection[int]] = lambda facts: (),
) -> PaymentOpened:
    """Return the payment as it stands now, with the invoices that `may_pay` names for it as it stands.

    Raises MissingRecordError when it is gone, OdooError otherwise, and what `may_pay` raises.
    """
    facts = payment_facts(client, payment_id, service_login=service_login, outbox=outbox)
    invoice_ids = may_pay(facts)
    documents = conversations.attachments(client, MODEL, payment_id)
    if facts.move_id:
        # Up to 17 Odoo's own form hangs files on the payment's entry.
        known = {one.attachment_id for one in documents}
        more = conversations.attachments(client, "account.move", facts.move_id)
        documents = (*documents, *(one for one in more if one.attachment_id not in known))
    notes = conversations.messages(client, MODEL, payment_id)
    return PaymentOpened(facts, documents, notes, invoice_facts(client, invoice_ids))
