"""What the Payments page reads from Odoo when somebody looks, with their own account; it is not kept.

Every failure is an AfinetError with one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from odoo_client.actions.payments.facts import PaymentFacts
from odoo_client.actions.payments.opened import PaymentOpened
from odoo_client.actions.payments.opened import opened as read_payment
from odoo_client.documents.proof.judge import ProofFile, ProofLimits, judge
from odoo_client.errors import ForbiddenError
from odoo_client.live import conversations
from odoo_client.live import payments as live_payments
from odoo_client.live.conversations import Attachment
from odoo_client.live.payments import Journal, Used
from pages.ui.live import require_seen
from pages.ui.session import access, backend, submit
from pages.ui.view import View

__all__ = ["Attachment", "Journal", "PaymentOpened", "Used", "document", "journals", "limits", "opened", "used_before"]


def limits(view: View) -> ProofLimits:
    """Return the limits that a proof must keep."""
    settings = view.settings
    return ProofLimits(settings.proof_max_bytes, settings.proof_max_pages, settings.proof_max_pixels)


def journals(view: View, company_id: int) -> tuple[Journal, ...]:
    """Return the bank and cash journals of a company they may see. Raises AfinetError."""
    if company_id not in view.company_ids:
        raise ForbiddenError("This company is not among those you see.", subject="company")
    return live_payments.journals(access.client(view.settings), company_id)


def used_before(view: View, sha1: str, bank_reference: str) -> tuple[Used, ...]:
    """Return the payments in Odoo with this file or bank reference. Raises AfinetError."""
    return live_payments.used_before(access.client(view.settings), sha1=sha1, bank_reference=bank_reference)


def opened(view: View, payment_id: int, may_pay: Callable[[PaymentFacts], Collection[int]]) -> PaymentOpened:
    """Return a payment they may see as it is in Odoo now, with the invoices it may pay. Raises AfinetError."""
    require_seen(view, "payment", payment_id)

    def theirs(facts: PaymentFacts) -> Collection[int]:
        if facts.company_id not in view.company_ids:
            raise ForbiddenError("This payment is of another company in Odoo by now.", subject="payment")
        return may_pay(facts)

    found = read_payment(
        access.client(view.settings),
        payment_id,
        service_login=view.settings.odoo_username or "",
        outbox=submit.office().outbox,
        may_pay=theirs,
    )
    allowed = access.current().personal
    return replace(
        found,
        notes=conversations.messages_for(found.notes, allowed),
        documents=conversations.attachments_for(found.documents, allowed),
    )


def document(view: View, attachment: Attachment) -> ProofFile:
    """Return a proof's content, judged as if it were uploaded now: files in Odoo are no safer. Raises AfinetError."""
    access.required("attachment", "attachment", f"attachment {attachment.attachment_id}")
    settings = backend.backend().settings
    content = conversations.attachment_content(access.client(settings), attachment, settings.live_attachment_max_bytes)
    return judge(attachment.name, content, limits(view))
