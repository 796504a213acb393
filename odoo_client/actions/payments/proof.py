"""A proof of payment becomes a draft payment in Odoo with the file on it; nothing is posted, no customer is e-mailed.

The bank's reference and the invoices' numbers are in the memo, the entry's token (and, where the service account
writes, the person's name) in the payment reference: both inside the call that makes the payment. From 18 on, where
`account.payment` has `attachment_ids`, the file is made in that same call and so in the same transaction.

Odoo rights needed: Invoicing (account.group_account_invoice).
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from odoo_client.actions.notes import note_html, post_note
from odoo_client.actions.outbox.entry import Author, Done, Entry, FileRef, Record
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.office import Office
from odoo_client.documents.proof.judge import ProofFile
from odoo_client.errors import ActionRefusedError, MissingModelError
from odoo_client.live.payments import MODEL
from odoo_client.metrics.references import normal_reference
from odoo_client.metrics.words import money_words
from odoo_client.rpc.client import OdooClient

#: No customer of an internet provider pays more at once: what is larger is a typing error.
MAX_AMOUNT: Final = Decimal("1e11")
MAX_REFERENCE: Final = 100


@dataclass(frozen=True)
class InvoiceRef:
    """An invoice in Odoo: its id (of `account.move`) and number."""

    move_id: int
    name: str


@dataclass(frozen=True)
class PaymentProof:
    """What staff enter about a customer's transfer. `amount` is in `currency`; no invoice means "on account".

    `method_id` is the journal's payment method (a line of it from 15 on); 0 leaves it to Odoo.
    """

    partner_id: int
    customer: str
    amount: Decimal
    currency: str
    currency_id: int
    decimals: int
    day: date
    company_id: int
    journal_id: int
    file: ProofFile
    method_id: int = 0
    bank_reference: str = ""
    invoices: tuple[InvoiceRef, ...] = ()


def submit_payment_proof(office: Office, author: Author, proof: PaymentProof, *, token: str = "") -> Entry:
    """Return the entry that makes the draft payment; with a `token` used before, the entry it already has.

    Raises ActionRefusedError for an impossible amount, reference, or nothing to book it on; OutboxError when it cannot
    be kept, and then nothing is sent.
    """
    check_amount(proof.amount, proof.decimals)
    if not (proof.partner_id and proof.company_id and proof.currency_id):
        raise ActionRefusedError("Choose the customer the money is from.")
    if not proof.journal_id:
        raise ActionRefusedError("Choose the bank or cash journal the money came into.")
    if len(proof.bank_reference) > MAX_REFERENCE or not proof.bank_reference.isprintable():
        raise ActionRefusedError(f"The bank reference is longer than {MAX_REFERENCE} characters, or has line breaks.")
    meant = ", ".join(one.name for one in proof.invoices) or "on account"
    file = proof.file
    payload = {
        **{name: getattr(proof, name) for name in ("partner_id", "customer", "currency", "currency_id", "company_id")},
        "journal_id": proof.journal_id,
        "method_id": proof.method_id,
        "amount": str(proof.amount),
        "decimals": proof.decimals,
        "day": proof.day.isoformat(),
        "bank_reference": proof.bank_reference.strip(),
        "invoices": [asdict(one) for one in proof.invoices],
        "sha1": file.sha1,
    }
    entry = office.outbox.add(
        "payment_proof",
        author,
        title=f"Payment of {money_words(proof.amount, proof.currency, proof.decimals)} from {proof.customer}, {meant}",
        payload=payload,
        file=FileRef(file.sha256, file.name, file.mimetype, file.size_bytes),
        content=file.content,
        marks={"sha256": file.sha256, "bank_reference": normal_reference(proof.bank_reference)},
        token=token,
    )
    office.poke()
    return entry


def check_amount(amount: Decimal, decimals: int) -> None:
    """Raise ActionRefusedError unless `amount` is one that can be paid: positive, finite, whole in the currency."""
    if not amount.is_finite() or amount <= 0:
        raise ActionRefusedError("Enter an amount above zero.")
    if amount > MAX_AMOUNT:
        raise ActionRefusedError("This amount is too large for a customer's payment: look for a slip of the keyboard.")
    if amount != round(amount, decimals):
        raise ActionRefusedError(f"This currency has {decimals} decimals: enter the amount as it was paid.")


def do_proof(job: Job) -> Done:
    """Make the draft payment, its file and the note; see `odoo_client.actions.outbox.job.Handler`."""
    client, payload, file = job.client, job.payload, job.entry.file
    if file is None:
        raise ActionRefusedError("This entry has lost its file: upload it again.")
    # Unless told not to, Odoo shrinks pictures from 15 on: the proof would not be the file that was sent.
    context = {**company_context(client, int(payload["company_id"])), "image_no_postprocess": True}
    in_one = has_attachments(client)
    made_now = False

    def create() -> int:
        nonlocal made_now
        values = payment_values(client, job)
        if in_one:
            values["attachment_ids"] = [[0, 0, _attachment(job, payment_id=0)]]
        made = client.create(MODEL, values, context=context)
        made_now = True
        return made

    payment_id = job.once("payment", create, lambda: find_payment(client, job.token))
    if made_now:
        # Never later, when a different value may be somebody's correction in Odoo: an approval refuses what is no
        # longer the payment that was entered.
        _as_entered(job, payment_id, context)
    elif job.begun("correct"):
        job.once("correct", lambda: True, lambda: True)
    if not in_one:
        job.once(
            "file",
            lambda: client.create("ir.attachment", _attachment(job, payment_id=payment_id), context=context),
            lambda: _find_attachment(client, payment_id, str(payload["sha1"])),
        )
    meant = ", ".join(one["name"] for one in payload["invoices"]) or "on account"
    words = f"Proof of payment for {meant}"
    if payload["bank_reference"]:
        words += f", bank reference {payload['bank_reference']}"
    post_note(job, "note", MODEL, payment_id, note_html(f"{words}.", job))
    return Done(Record(MODEL, payment_id, "Draft payment"))


def payment_values(client: OdooClient, job: Job) -> dict[str, Any]:
    """Return the values of the draft, under the field names of this version."""
    payload = job.payload
    fields = client.fields(
        MODEL,
        (
            "memo",
            "ref",
            "payment_reference",
            "payment_method_line_id",
            "payment_method_id",
            "invoice_ids",
            "company_id",
        ),
    )
    memo = " ".join(filter(None, (*(one["name"] for one in payload["invoices"]), payload["bank_reference"])))
    carrier = f"{job.token}{job.entry.author.signature}"
    values: dict[str, Any] = {
        "payment_type": "inbound",
        "partner_type": "customer",
        "partner_id": payload["partner_id"],
        "amount": float(payload["amount"]),
        "currency_id": payload["currency_id"],
        "date": payload["day"],
        "journal_id": payload["journal_id"],
        "payment_reference": carrier,
    }
    memo_field = "memo" if "memo" in fields else "ref"
    if "payment_reference" in fields:
        values[memo_field] = memo or "On account"
    else:
        del values["payment_reference"]
        values[memo_field] = f"{memo} {carrier}".strip()
    if payload["method_id"]:
        line = "payment_method_line_id"
        values[line if line in fields else "payment_method_id"] = payload["method_id"]
    if payload["invoices"] and "invoice_ids" in fields:
        values["invoice_ids"] = [[6, 0, [one["move_id"] for one in payload["invoices"]]]]
    return values


def company_context(client: OdooClient, company_id: int) -> dict[str, Any]:
    """Return the context in which `company_id` is the active company and the account's others are still allowed.

    Archived records are left out, as on Odoo's own screens: otherwise it might choose an archived method or account.
    """
    others = [one for one in client.company_ids if one != company_id]
    return {"allowed_company_ids": [company_id, *others], "active_test": True}


def has_attachments(client: OdooClient) -> bool:
    """Return whether a payment of this version takes its files in the call that makes it."""
    info = client.fields(MODEL, ("attachment_ids",)).get("attachment_ids")
    return info is not None and info.type == "one2many" and info.relation == "ir.attachment" and info.store


def find_payment(client: OdooClient, token: str) -> int | None:
    """Return the payment that carries a token, None when there is none."""
    names = client.fields(MODEL, ("memo", "ref", "payment_reference"))
    leaves: list[Any] = [[name, "ilike", token] for name in ("payment_reference", "memo", "ref") if name in names]
    if not leaves:
        raise MissingModelError("Payments of this Odoo have neither memo nor reference to look for.", model=MODEL)
    domain = [*["|"] * (len(leaves) - 1), *leaves]
    found = client.call(MODEL, "search", domain=domain, limit=2, order="id asc")
    return int(found[0]) if found else None


def _attachment(job: Job, *, payment_id: int) -> dict[str, Any]:
    file = job.entry.file
    values: dict[str, Any] = {
        "name": file.name if file else "",
        "datas": b64encode(job.content()).decode("ascii"),
        "res_model": MODEL,
        "mimetype": file.mimetype if file else "",
    }
    return {**values, "res_id": payment_id} if payment_id else values


def _find_attachment(client: OdooClient, payment_id: int, sha1: str) -> int | None:
    domain = [["res_model", "=", MODEL], ["res_id", "=", payment_id], ["checksum", "=", sha1]]
    found = client.call("ir.attachment", "search", domain=domain, limit=1)
    return int(found[0]) if found else None


def _as_entered(job: Job, payment_id: int, context: dict[str, Any]) -> None:
    """Check that Odoo kept what was entered: a customised computed field may have changed the amount."""
    client, payload = job.client, job.payload
    wanted = {
        "amount": float(payload["amount"]),
        "currency_id": payload["currency_id"],
        "partner_id": payload["partner_id"],
        "date": payload["day"],
    }
    found = client.search_read(MODEL, [["id", "=", payment_id]], list(wanted))
    if not found:
        return  # deleted since: the note will say so
    kept = found[0]
    differing = {
        name: value
        for name, value in wanted.items()
        if (abs(kept[name] - value) > 1e-9 if name == "amount" else kept[name] != value)
    }

    def correct() -> bool:
        client.write(MODEL, [payment_id], differing, context=context)
        return True

    if differing:
        job.once("correct", correct, lambda: True)
