"""Decisions on draft payments: approve posts and matches, reject cancels, ask leaves a note. Each is the person's own.

Posting alone matches nothing (facts, section 10), so an approval posts and then matches the payment with each chosen
invoice through `js_assign_outstanding_line`. Every step looks at Odoo first, so that nothing is ever done twice.

Odoo rights needed: Invoicing (account.group_account_invoice).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from odoo_client.actions.notes import note_html, post_note
from odoo_client.actions.outbox.entry import Author, Done, Entry, Kind, Record
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.words import plain_money
from odoo_client.actions.payments.facts import (
    APPROVED,
    FIRST_APPROVAL,
    REJECTED,
    InvoiceFacts,
    PaymentFacts,
    invoice_facts,
    payment_facts,
    receivable,
    same_login,
)
from odoo_client.actions.payments.proof import InvoiceRef, company_context
from odoo_client.actions.payments.terms import Terms, all_differences, differences
from odoo_client.config import Settings
from odoo_client.errors import ActionRefusedError, StaleRecordError
from odoo_client.live.payments import MODEL
from odoo_client.metrics.words import money_words

MAX_TEXT: Final = 2000
LINE: Final = "account.move.line"
NOT_BOOKED: Final = (
    "Odoo made no journal entry, as the payment's method has no outstanding account. Balances change when the bank "
    "statement is matched in Odoo."
)
INVOICE_KINDS: Final = ("out_invoice", "out_receipt")


@dataclass(frozen=True)
class PaymentSeen:
    """A draft payment as the person who decides saw it: exactly this is approved.

    `currency` is the code of `currency_id` as people know it, `customer` for people too.
    """

    payment_id: int
    name: str
    customer: str
    amount: Decimal
    currency: str
    currency_id: int
    decimals: int
    partner_id: int
    company_id: int
    journal_id: int
    day: date | None

    @classmethod
    def of(cls, facts: PaymentFacts, currency: str = "") -> PaymentSeen:
        """Return what whoever looks at the payment now sees; `currency` is the code they know, else Odoo's."""
        return cls(
            payment_id=facts.payment_id,
            name=facts.name,
            customer=facts.customer or "nobody known",
            amount=facts.amount,
            currency=currency or facts.currency,
            currency_id=facts.currency_id,
            decimals=facts.decimals,
            partner_id=facts.partner_id,
            company_id=facts.company_id,
            journal_id=facts.journal_id,
            day=facts.day,
        )

    @property
    def words(self) -> str:
        """The payment for people: "USD 120.00 from Tendai Moyo"."""
        return f"{money_words(self.amount, self.currency, self.decimals)} from {self.customer}"


def approve_payment(
    office: Office, author: Author, payment: PaymentSeen, invoices: tuple[InvoiceRef, ...] = (), *, token: str = ""
) -> Entry:
    """Return the entry that posts the payment and matches it with `invoices` in this order (none: left on account).

    Above the limit of `APPROVAL_LIMITS` the first approval is noted in Odoo and the second, by somebody else, posts.
    Refused, when it is sent, for whoever entered the payment or changed it in Odoo (see `objection`), and when payment
    or invoices are no longer as seen. Raises OutboxError when it cannot be kept.
    """
    meant = ", ".join(one.name for one in invoices) or "on account"
    return _enter(
        office, author, "payment_approve", payment, f"Approve {payment.words}, {meant}", token,
        invoices=[asdict(one) for one in invoices],
    )  # fmt: skip


def reject_payment(office: Office, author: Author, payment: PaymentSeen, reason: str, *, token: str = "") -> Entry:
    """Return the entry that notes the reason on the payment and cancels it. Raises ActionRefusedError without one."""
    return _enter(
        office, author, "payment_reject", payment, f"Reject {payment.words}", token,
        reason=_text(reason, "Say why the payment is rejected."),
    )  # fmt: skip


def ask_about_payment(office: Office, author: Author, payment: PaymentSeen, question: str, *, token: str = "") -> Entry:
    """Return the entry that leaves a question on the payment, for whoever entered it. Raises ActionRefusedError."""
    return _enter(
        office, author, "payment_ask", payment, f"Ask about {payment.words}", token,
        question=_text(question, "Write what you want to know."),
    )  # fmt: skip


def needs_two(settings: Settings, amount: Decimal, currency: str) -> bool:
    """Return whether a payment needs two people: above the limit of its currency, or in one that has no limit."""
    code = settings.currency_aliases.get(currency, currency)
    limit = settings.approval_limits.get(code)
    return limit is None or amount > Decimal(str(limit))


def objection(facts: PaymentFacts, login: str) -> str:
    """Return in a sentence why somebody cannot approve the payment as it is in Odoo, "" when they can.

    Nothing reaches the ledger without a second pair of eyes: not what they entered or changed themselves, nor what is
    no longer the payment that was entered here with its proof.
    """
    if facts.direction != "inbound" or facts.partner_type != "customer":
        return "In Odoo this is no longer money that came in from a customer: reject it, or set that right in Odoo."
    if same_login(facts.entered_by, login):
        return "You entered this payment yourself, so somebody else has to approve it."
    if same_login(facts.changed_by, login):
        return "You changed this payment in Odoo yourself, or put a file on it there: somebody else has to approve it."
    if facts.entered is not None and (found := differences(facts.entered, facts.terms)):
        return (
            f"This payment was changed in Odoo after {facts.entered_by_name or 'somebody'} entered it: "
            f"{', '.join(found)}. Set it back in Odoo, or reject it and have it entered again."
        )
    return ""


def do_approve(job: Job) -> Done:
    """Post and match, or note the first of two approvals; see `odoo_client.actions.outbox.job.Handler`."""
    facts = facts_of(job)
    if job.begun("first"):
        # An approval made by somebody else meanwhile does not make this the second.
        return _first_approval(job, facts)
    wanted = tuple(InvoiceRef(**one) for one in job.payload["invoices"])
    invoices = invoice_facts(job.client, [one.move_id for one in wanted])
    begun = job.begun("post")
    if not begun:
        _require_as_seen(job, facts, wanted, invoices)
        if needs_two(job.settings, facts.amount, facts.currency) and not facts.agreed_by_others(job.entry.author.login):
            if facts.agreed:
                raise ActionRefusedError(
                    "You have approved this payment already: the second approval is somebody else's."
                )
            return _first_approval(job, facts)
    context = company_context(job.client, facts.company_id)

    def post() -> bool:
        if begun:  # Time has passed since: what is sent again must still be what was seen.
            _require_as_seen(job, facts, wanted, invoices)
        job.client.call(MODEL, "action_post", ids=[facts.payment_id], context=context)
        return True

    job.once("post", post, lambda: True if facts_of(job).state == "posted" else None)
    facts = facts_of(job)
    # From 18 on a payment whose method has no outstanding account gets no entry: there is nothing to match.
    booked = bool(facts.move_id)
    missed = {one.name: why for one in wanted if booked and (why := _match(job, facts, one))}
    after = invoice_facts(job.client, [one.move_id for one in wanted])
    matched = ", ".join(one.name for one in wanted if booked and _are_matched(job, facts, one.move_id))
    how = f"matched with {matched}" if matched else "on account"
    if missed:
        how += f", not matched with {', '.join(missed)}"
    elif not booked:
        how = f"for {', '.join(one.name for one in wanted)}: {NOT_BOOKED}" if wanted else NOT_BOOKED
    words = f"Approved {facts.amount_words}: posted, {how.removesuffix('.')}."
    post_note(job, "note", MODEL, facts.payment_id, note_html(words, job))
    if missed:
        names = ", ".join(missed)
        raise ActionRefusedError(
            f"Posted in Odoo, but not matched with {names}: {next(iter(missed.values()))} Match it there, then try "
            "this entry again."
        )
    return Done(
        Record(MODEL, facts.payment_id, facts.name),
        {
            "outcome": APPROVED,
            "residuals": {
                now.name: money_words(now.residual, _code(job, now.currency), now.decimals) for now in after.values()
            },
            "unallocated": _left(job, facts) if booked else "",
            "remark": "" if booked else f"Posted: {NOT_BOOKED}",
        },
    )


def do_reject(job: Job) -> Done:
    """Note the reason and cancel the payment; see `odoo_client.actions.outbox.job.Handler`."""
    facts = facts_of(job)
    begun = job.begun("cancel")
    if not begun:
        _require_draft(job, facts)
    post_note(job, "note", MODEL, facts.payment_id, note_html(f"Rejected: {job.payload['reason']}", job))
    context = company_context(job.client, facts.company_id)

    def cancel() -> bool:
        if begun:
            _require_draft(job, facts)
        job.client.call(MODEL, "action_cancel", ids=[facts.payment_id], context=context)
        return True

    job.once("cancel", cancel, lambda: True if facts_of(job).state == "cancel" else None)
    # Odoo still calls a payment that was never posted a draft.
    return Done(Record(MODEL, facts.payment_id, "Cancelled payment"), {"outcome": REJECTED})


def do_ask(job: Job) -> Done:
    """Leave the question on the payment, and tell the colleague who entered it; customers are never told."""
    facts = facts_of(job)
    domain = [["login", "=", facts.entered_by], ["share", "=", False]]
    found = job.client.search_read("res.users", domain, ["partner_id"]) if facts.entered_by else []
    told = [int(row["partner_id"]) for row in found if not same_login(facts.entered_by, job.entry.author.login)]
    body = note_html(f"Question about this payment: {job.payload['question']}", job)
    post_note(job, "note", MODEL, facts.payment_id, body, partner_ids=told)
    return Done(Record(MODEL, facts.payment_id, facts.name), {"outcome": "asked"})


def facts_of(job: Job) -> PaymentFacts:
    """Return the entry's payment as Odoo has it now."""
    return payment_facts(
        job.client, int(job.payload["payment_id"]), service_login=job.settings.odoo_username or "", outbox=job.outbox
    )


def _enter(
    office: Office, author: Author, kind: Kind, payment: PaymentSeen, title: str, token: str, **more: Any
) -> Entry:
    day = payment.day.isoformat() if payment.day else ""
    payload = {**asdict(payment), "amount": str(payment.amount), "day": day, **more}
    subject = f"{MODEL}:{payment.payment_id}"
    entry = office.outbox.add(kind, author, title=title, payload=payload, subject=subject, token=token)
    office.poke()
    return entry


def _text(text: str, missing: str) -> str:
    text = text.strip()
    if not text:
        raise ActionRefusedError(missing)
    if len(text) > MAX_TEXT:
        raise ActionRefusedError(f"Write at most {MAX_TEXT} characters.")
    return text


def _require_as_seen(
    job: Job, facts: PaymentFacts, wanted: tuple[InvoiceRef, ...], invoices: Mapping[int, InvoiceFacts]
) -> None:
    """Raise StaleRecordError or ActionRefusedError unless the author can approve, and it is all as they saw it."""
    _require_draft(job, facts)
    if why := objection(facts, job.entry.author.login):
        raise ActionRefusedError(why)
    for one in wanted:
        _require_open(one, invoices.get(one.move_id), facts)


def _require_draft(job: Job, facts: PaymentFacts) -> None:
    """Raise StaleRecordError unless the payment waits for a decision and is the one that was seen."""
    if facts.state == "posted":
        raise StaleRecordError("This payment was posted meanwhile, by somebody else: nothing was changed.")
    if facts.state != "draft":
        raise StaleRecordError("This payment was cancelled meanwhile: nothing was changed.")
    seen = Terms.of(job.payload)
    if seen is None:
        raise StaleRecordError("An earlier version of this app did not keep what you saw: look again, then decide.")
    if found := all_differences(seen, facts.terms):
        raise StaleRecordError(
            f"This payment was changed in Odoo since you saw it: {', '.join(found)}. Nothing was done: look again."
        )


def _require_open(wanted: InvoiceRef, found: InvoiceFacts | None, facts: PaymentFacts) -> None:
    if found is None or found.state != "posted" or found.kind not in INVOICE_KINDS:
        raise StaleRecordError(f"{wanted.name} is no longer a posted invoice in Odoo: choose again.")
    if found.residual <= 0 or not found.line_ids:
        raise StaleRecordError(f"{wanted.name} was paid meanwhile: choose another invoice, or leave it on account.")
    if found.commercial_partner_id != facts.commercial_partner_id:
        raise ActionRefusedError(f"{wanted.name} is another customer's invoice.")
    if found.company_id != facts.company_id:
        raise ActionRefusedError(f"{wanted.name} is an invoice of another company.")


def _first_approval(job: Job, facts: PaymentFacts) -> Done:
    money = plain_money(Decimal(job.payload["amount"]), job.payload["currency"], int(job.payload["decimals"]))
    words = f"First approval of {money}. A second person has to approve it before it is posted."
    post_note(job, "first", MODEL, facts.payment_id, note_html(words, job))
    return Done(Record(MODEL, facts.payment_id, facts.name), {"outcome": FIRST_APPROVAL})


def _match(job: Job, facts: PaymentFacts, wanted: InvoiceRef) -> str:
    """Match the payment's open receivable line with an invoice; return why Odoo did not, "" when it did.

    There is nothing to do where one of them has nothing left.
    """
    lines = _payment_lines(job, facts, open_only=True)
    invoice = invoice_facts(job.client, [wanted.move_id]).get(wanted.move_id)
    step = f"match {wanted.move_id}"
    if not job.begun(step) and (not lines or invoice is None or not invoice.line_ids):
        return ""
    context = company_context(job.client, facts.company_id)

    def assign() -> bool:
        if not lines:
            return False  # It was used up elsewhere while an earlier attempt was looked up.
        job.client.call(
            "account.move", "js_assign_outstanding_line", ids=[wanted.move_id], line_id=lines[0], context=context
        )
        if not _are_matched(job, facts, wanted.move_id):
            # Odoo passes over lines of another account without a word: nothing was done, so it may be tried again.
            raise ActionRefusedError(_why_unmatched(job, lines, invoice.line_ids if invoice else ()))
        return True

    try:
        job.once(step, assign, lambda: _are_matched(job, facts, wanted.move_id) or None)
    except ActionRefusedError as exc:
        return exc.sentence
    return ""


def _why_unmatched(job: Job, payment_lines: Collection[int], invoice_lines: Collection[int]) -> str:
    domain = [["id", "in", [*payment_lines, *invoice_lines]]]
    accounts = {int(row["id"]): row["account_id"] for row in job.client.search_read(LINE, domain, ["account_id"])}
    mine, theirs = ({accounts[one] for one in lines if one in accounts} for lines in (payment_lines, invoice_lines))
    if mine & theirs:
        return "Odoo matched nothing and did not say why."
    rows = job.client.search_read("account.account", [["id", "in", [*mine, *theirs]]], ["display_name"])
    names = {int(row["id"]): str(row["display_name"]) for row in rows}
    own, other = (", ".join(names.get(one, "another") for one in ids) for ids in (mine, theirs))
    return f"the payment stands on the account {own}, the invoice on {other}, and Odoo matches on one account only."


def _payment_lines(job: Job, facts: PaymentFacts, *, open_only: bool = False) -> list[int]:
    domain: list[Any] = [["payment_id", "=", facts.payment_id], *receivable(job.client)]
    if open_only:
        domain.append(["reconciled", "=", False])
    return job.client.search_ids(LINE, domain)


def _are_matched(job: Job, facts: PaymentFacts, move_id: int) -> bool:
    lines = _payment_lines(job, facts)
    domain = [["credit_move_id", "in", lines], ["debit_move_id.move_id", "=", move_id]]
    return bool(lines) and job.client.search_count("account.partial.reconcile", domain) > 0


def _left(job: Job, facts: PaymentFacts) -> str:
    """Return what of the payment is matched with nothing, in its own currency; "" when that is nothing."""
    lines = _payment_lines(job, facts, open_only=True)
    rows = job.client.search_read(LINE, [["id", "in", lines]], ["amount_residual_currency"])
    left = abs(sum((Decimal(str(row["amount_residual_currency"])) for row in rows), Decimal(0)))
    return money_words(left, _code(job, facts.currency), facts.decimals) if left else ""


def _code(job: Job, currency: str) -> str:
    """Return the code by which people know a currency of Odoo."""
    return job.settings.currency_aliases.get(currency, currency)
