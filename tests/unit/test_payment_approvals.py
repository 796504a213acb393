"""What an approval is bound to, who may give it and which first approvals count, over several versions of the demo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.payments.decisions import PaymentSeen, approve_payment, reject_payment
from odoo_client.actions.payments.facts import payment_facts
from odoo_client.actions.payments.proof import InvoiceRef, submit_payment_proof
from odoo_client.demo.business import catalogue as cat
from odoo_client.documents.proof.judge import ProofFile
from odoo_client.errors import UnknownOutcomeError
from odoo_client.rpc.client import OdooClient
from tests.unit.test_payment_actions import (
    FARAI,
    RUDO,
    TENDAI,
    Desk,
    desk,
    file,
    opened,
    proof,
    residual,
    state,
    submitted,
)

__all__ = ["desk", "file"]

#: Two of the demo's people in Odoo, by their user's id.
CLERK, COLLEAGUE = 5, 6


def written(desk: Desk, payment: PaymentSeen, **values: Any) -> None:
    """Change the draft in Odoo."""
    desk.world.client.write("account.payment", [payment.payment_id], values)


def looked_at(desk: Desk, payment: PaymentSeen) -> PaymentSeen:
    """Return the payment as somebody sees it who looks now."""
    service = desk.settings.odoo_username or ""
    facts = payment_facts(desk.world.client, payment.payment_id, service_login=service, outbox=desk.outbox)
    return PaymentSeen.of(facts)


def user(desk: Desk, user_id: int) -> Author:
    """Return one of the demo's people as who decides."""
    row = desk.world.read("res.users", user_id, "login", "name")
    return Author(row["login"], row["name"], on_behalf=True)


def made_in_odoo(desk: Desk, given: Any, by: int, last: int = 0) -> PaymentSeen:
    """Return a draft that one person has made in Odoo and another one has written last."""
    values = {"payment_type": "inbound", "partner_type": "customer", "amount": float(given.amount)}
    values |= {name: getattr(given, name) for name in ("partner_id", "currency_id", "journal_id")}
    key = desk.world.client.create("account.payment", {**values, "date": given.day.isoformat()})
    with desk.world.db.lock:
        desk.world.db.tables["account.payment"][key] |= {"create_uid": by, "write_uid": last or by}
    return looked_at(desk, PaymentSeen(key, "", "", Decimal(0), "", 0, 2, 0, 0, 0, None))


@pytest.mark.parametrize("what", ["customer", "day", "journal", "amount"])
def test_a_draft_that_is_another_one_than_was_seen_is_not_posted(desk: Desk, file: ProofFile, what: str) -> None:
    given = replace(proof(desk, file, "115.00"), invoices=())
    payment = made_in_odoo(desk, given, CLERK)
    other = desk.world.customer("Somebody else")
    till = desk.world.client.search_ids("account.journal", [["type", "=", "cash"], ["company_id", "=", 1]])[0]
    changes: dict[str, Any] = {"customer": {"partner_id": other}, "day": {"date": "2020-01-01"}}
    changes |= {"journal": {"journal_id": till}, "amount": {"amount": 116.0}}
    if what == "journal" and desk.world.major >= 16:
        changes["journal"]["payment_method_line_id"] = till
    written(desk, payment, **changes[what])
    refused = desk.sent(approve_payment(desk.office, RUDO, payment))
    assert (refused.state, state(desk, payment)) == ("failed", "draft")
    assert "changed in Odoo since you saw it" in refused.reason
    rejected = desk.sent(reject_payment(desk.office, RUDO, payment, "Another one."))
    assert "changed in Odoo since you saw it" in rejected.reason
    assert desk.sent(approve_payment(desk.office, RUDO, looked_at(desk, payment))).state == "done"


@pytest.mark.parametrize("change", [{"payment_type": "outbound"}, {"partner_type": "supplier"}])
def test_what_is_no_customer_s_money_coming_in_is_not_posted(
    desk: Desk, file: ProofFile, change: dict[str, str]
) -> None:
    payment = submitted(desk, replace(proof(desk, file, "115.00"), invoices=()))
    if "payment_type" in change and desk.world.major >= 16:
        change = {**change, "payment_method_line_id": 112}  # type: ignore[dict-item]
    with desk.world.db.lock:
        desk.world.db.tables["account.payment"][payment.payment_id] |= change
    refused = desk.sent(approve_payment(desk.office, RUDO, payment))
    assert (refused.state, state(desk, payment)) == ("failed", "draft")
    assert "no longer money that came in from a customer" in refused.reason


def test_an_entry_of_an_earlier_version_that_did_not_keep_what_was_seen_decides_nothing(
    desk: Desk, file: ProofFile
) -> None:
    payment = submitted(desk, proof(desk, file, "115.00"))
    kept = {"payment_id": payment.payment_id, "amount": "115.00", "currency": "USD", "decimals": 2, "invoices": []}
    subject = f"account.payment:{payment.payment_id}"
    entry = desk.outbox.add("payment_approve", RUDO, title="Approve", payload=kept, subject=subject)
    assert "look again" in desk.sent(entry).reason
    assert state(desk, payment) == "draft"


def test_what_was_entered_here_and_changed_in_odoo_nobody_approves_until_it_is_set_back(
    desk: Desk, file: ProofFile
) -> None:
    given = proof(desk, file, "115.00")
    payment = submitted(desk, given)
    written(desk, payment, amount=999.0)
    for author in (RUDO, FARAI):
        refused = desk.sent(approve_payment(desk.office, author, looked_at(desk, payment), given.invoices))
        assert "after Tendai Moyo entered it: the amount was USD 115.00 and is USD 999.00" in refused.reason
        assert "reject it and have it entered again" in refused.reason
    assert state(desk, payment) == "draft"
    written(desk, payment, amount=115.0)
    done = desk.sent(approve_payment(desk.office, RUDO, looked_at(desk, payment), given.invoices))
    assert (done.state, done.reason) == ("done", "")


def test_whoever_was_the_last_to_change_a_draft_made_in_odoo_cannot_approve_it(desk: Desk, file: ProofFile) -> None:
    payment = made_in_odoo(desk, replace(proof(desk, file, "115.00"), invoices=()), CLERK, COLLEAGUE)
    for key, words in ((CLERK, "entered this payment yourself"), (COLLEAGUE, "changed this payment in Odoo yourself")):
        refused = desk.sent(approve_payment(desk.office, user(desk, key), payment))
        assert words in refused.reason
    assert state(desk, payment) == "draft"
    assert desk.sent(approve_payment(desk.office, RUDO, payment)).state == "done"


def test_what_the_service_account_wrote_last_stays_approvable(desk: Desk, file: ProofFile) -> None:
    payment = made_in_odoo(desk, replace(proof(desk, file, "115.00"), invoices=()), CLERK, desk.world.client.uid)
    assert desk.sent(approve_payment(desk.office, RUDO, payment)).state == "done"


def test_a_first_approval_is_of_what_its_entry_says_and_not_of_what_a_note_reads(desk: Desk, file: ProofFile) -> None:
    given = replace(proof(desk, file, "1150.00"), invoices=())
    payment = made_in_odoo(desk, given, CLERK)
    first = desk.sent(approve_payment(desk.office, RUDO, payment))
    assert first.result["outcome"] == "first approval"
    written(desk, payment, amount=9150.0)
    copied = f"<p>First approval of USD 9150.00. Dashboard reference {first.token}</p>"
    more = {"body_is_html": True} if desk.world.major >= 17 else {}
    desk.world.client.call(
        "account.payment", "message_post", ids=[payment.payment_id], body=copied, message_type="comment",
        subtype_xmlid="mail.mt_note", **more,
    )  # fmt: skip
    done = desk.sent(approve_payment(desk.office, FARAI, looked_at(desk, payment)))
    assert done.result["outcome"] == "first approval"
    assert state(desk, payment) == "draft"


def test_a_first_approval_of_another_customer_s_payment_counts_for_nothing(desk: Desk, file: ProofFile) -> None:
    payment = made_in_odoo(desk, replace(proof(desk, file, "1150.00"), invoices=()), CLERK)
    desk.sent(approve_payment(desk.office, RUDO, payment))
    written(desk, payment, partner_id=desk.world.customer("Somebody else"))
    done = desk.sent(approve_payment(desk.office, FARAI, looked_at(desk, payment)))
    assert done.result["outcome"] == "first approval"
    assert state(desk, payment) == "draft"


def test_a_first_approval_that_was_discarded_counts_for_nothing(
    desk: Desk, file: ProofFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = submitted(desk, replace(proof(desk, file, "1150.00"), invoices=()))
    monkeypatch.setattr(OdooClient, "call", losing("message_post"))
    first = approve_payment(desk.office, RUDO, payment)
    assert desk.sent(first).state == "unknown"
    now = desk.outbox.clock() + 200
    desk.outbox.clock = lambda: now
    assert desk.outbox.discard(first.token, RUDO.login, "I do not trust this slip.").state == "discarded"
    done = desk.sent(approve_payment(desk.office, FARAI, payment))
    assert done.result["outcome"] == "first approval"
    assert state(desk, payment) == "draft"


def test_a_first_approval_without_its_note_in_odoo_counts_for_nothing(desk: Desk, file: ProofFile) -> None:
    payment = submitted(desk, replace(proof(desk, file, "1150.00"), invoices=()))
    first = desk.sent(approve_payment(desk.office, RUDO, payment))
    notes = desk.world.client.search_ids("mail.message", [["body", "ilike", first.token]])
    with desk.world.db.lock:
        desk.world.db.unlink("mail.message", notes, uid=desk.world.client.uid)
    assert desk.sent(approve_payment(desk.office, FARAI, payment)).result["outcome"] == "first approval"


def test_after_a_rejection_a_payment_set_back_to_draft_is_looked_at_by_two_people_anew(
    desk: Desk, file: ProofFile
) -> None:
    payment = submitted(desk, replace(proof(desk, file, "1150.00"), invoices=()))
    desk.sent(approve_payment(desk.office, RUDO, payment))
    assert desk.sent(reject_payment(desk.office, FARAI, payment, "A slip of another bank.")).state == "done"
    desk.world.client.call("account.payment", "action_draft", ids=[payment.payment_id])
    assert desk.sent(approve_payment(desk.office, FARAI, payment)).result["outcome"] == "first approval"
    assert desk.sent(approve_payment(desk.office, RUDO, payment)).result["outcome"] == "approved"


def test_a_currency_is_approved_by_two_people_however_its_name_is_spelled(desk: Desk, file: ProofFile) -> None:
    given = replace(proof(desk, file, "60000.00"), invoices=())
    [currency] = desk.world.client.search_ids("res.currency", [["name", "in", ["ZWG", "ZIG"]]])
    desk.world.client.write("res.currency", [currency], {"name": "ZiG"})
    payment = submitted(desk, replace(given, currency="ZiG", currency_id=currency))
    outcomes = [desk.sent(approve_payment(desk.office, who, payment)).result["outcome"] for who in (RUDO, FARAI)]
    assert outcomes == ["first approval", "approved"]


def test_a_first_approval_whose_note_came_late_stays_one_when_somebody_else_s_came_before(
    desk: Desk, file: ProofFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = proof(desk, file, "1150.00", 1000.0)
    payment = submitted(desk, given)
    monkeypatch.setattr(OdooClient, "call", losing("message_post"))
    late = approve_payment(desk.office, RUDO, payment, given.invoices)
    assert desk.sent(late).state == "unknown"
    assert desk.sent(approve_payment(desk.office, FARAI, payment, given.invoices)).result["outcome"] == "first approval"
    now = desk.outbox.clock() + 20
    desk.outbox.clock = lambda: now
    assert desk.sent(late).result["outcome"] == "first approval"
    assert residual(desk, given) == 1150
    assert desk.sent(approve_payment(desk.office, TENDAI, payment, given.invoices)).state == "failed"
    assert desk.sent(approve_payment(desk.office, RUDO, payment, given.invoices)).result["outcome"] == "approved"


def test_what_is_open_of_an_invoice_after_it_is_told_in_the_invoice_s_currency(desk: Desk, file: ProofFile) -> None:
    given = proof(desk, file, "100.00")
    made = desk.world.billed(100_000.0, cat.ZWG, given.partner_id)
    invoice = InvoiceRef(made.move["id"], made.move["name"])
    payment = submitted(desk, replace(given, invoices=(invoice,)))
    done = desk.sent(approve_payment(desk.office, RUDO, payment, (invoice,)))
    assert (done.state, done.reason) == ("done", "")
    code = desk.world.read("res.currency", cat.ZWG, "name")["name"]
    assert done.result["residuals"][invoice.name].startswith(f"{desk.settings.currency_aliases.get(code, code)} ")


def test_what_odoo_passes_over_in_silence_fails_with_what_is_to_be_done(desk: Desk, file: ProofFile) -> None:
    given = proof(desk, file, "115.00")
    payment = submitted(desk, given)
    move_id, account = given.invoices[0].move_id, "account.account"
    domain = [["move_id", "=", move_id], ["reconciled", "=", False], ["date_maturity", "!=", False]]
    [line] = desk.world.client.search_ids("account.move.line", domain)
    usual = desk.world.read("account.move.line", line, "account_id")["account_id"]
    with desk.world.db.lock:
        row = {name: value for name, value in desk.world.db.tables[account][usual].items() if name != "id"}
        other = desk.world.db.add(account, {**row, "code": "1299", "name": "Other"})
        desk.world.db.tables["account.move.line"][line]["account_id"] = other
    failed = desk.sent(approve_payment(desk.office, RUDO, payment, given.invoices))
    assert (failed.state, residual(desk, given)) == ("failed", 115)
    assert failed.reason.startswith(f"Posted in Odoo, but not matched with {given.invoices[0].name}: the payment")
    assert "then try this entry again" in failed.reason
    assert state(desk, payment) in ("posted", "in_process")
    with desk.world.db.lock:
        desk.world.db.tables["account.move.line"][line]["account_id"] = usual
    desk.outbox.retry(failed.token, RUDO.login)
    done = desk.sent(failed)
    assert (done.state, residual(desk, given)) == ("done", 0)


def test_a_payment_that_gets_no_journal_entry_says_so(tmp_path: Path, file: ProofFile) -> None:
    with opened("19-enterprise", tmp_path) as desk:
        given = proof(desk, file, "115.00")
        payment = submitted(desk, given)
        with desk.world.db.lock:
            desk.world.db.tables["account.payment"][payment.payment_id]["outstanding_account_id"] = None
        done = desk.sent(approve_payment(desk.office, RUDO, payment, given.invoices))
        assert (done.state, done.reason) == ("done", "")
        assert "no journal entry" in done.result["remark"]
        assert (done.result["unallocated"], residual(desk, given)) == ("", 115)
        notes = desk.world.client.search_read("mail.message", [["body", "ilike", done.token]], ["body"])
        assert "no journal entry" in notes[0]["body"]


def test_a_correction_made_in_odoo_before_the_note_is_not_written_over(
    desk: Desk, file: ProofFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OdooClient, "call", losing("message_post"))
    entry = desk.sent(submit_payment_proof(desk.office, TENDAI, proof(desk, file, "115.00")))
    assert entry.state == "unknown"
    [key] = desk.world.client.search_ids("account.payment", [["payment_reference", "ilike", entry.token]])
    desk.world.client.write("account.payment", [key], {"amount": 15.0})
    now = desk.outbox.clock() + 20
    desk.outbox.clock = lambda: now
    assert desk.sent(entry).state == "done"
    assert desk.world.read("account.payment", key, "amount")["amount"] == 15


def losing(method: str) -> Callable[..., Any]:
    """Return `OdooClient.call`, losing Odoo's first answer to that method after Odoo has done it."""
    real, lost = OdooClient.call, list[str]()

    def call(self: OdooClient, model: str, name: str, **named: Any) -> Any:
        answer = real(self, model, name, **named)
        if name == method and not lost:
            lost.append(name)
            raise UnknownOutcomeError("The answer was lost.", model=model, method=name)
        return answer

    return call
