"""What happens to a payment in Odoo between the look at it and its approval, on real servers, looked at by SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from odoo_client.actions.payments.decisions import PaymentSeen, approve_payment, ask_about_payment
from odoo_client.actions.payments.facts import payment_facts
from odoo_client.actions.payments.proof import InvoiceRef
from tests.contract.test_payment_proofs import (
    CLERKS,
    SECONDS,
    THIRDS,
    Losing,
    desk,
    place,
    proof,
    seen,
    state_of,
    submit_payment_proof,
    submitted,
)
from tests.contract.writers import TODAY, Desk, invoice, residual
from tests.real_odoo.server import RealOdoo

__all__ = ["desk", "place"]

pytestmark = pytest.mark.odoo


def made_in_odoo(desk: Desk, amount: float) -> tuple[PaymentSeen, dict[str, Any]]:
    """Return a draft that the clerk has made in Odoo, as it is seen now, and an invoice of its customer."""
    bill = invoice(desk.server, amount)
    given = proof(desk.server, str(amount), bill)
    values = {"payment_type": "inbound", "partner_type": "customer", "amount": amount, "date": str(TODAY)}
    values |= {name: getattr(given, name) for name in ("partner_id", "currency_id", "journal_id")}
    with desk.client(CLERKS) as client:
        key = client.create("account.payment", values, context={"allowed_company_ids": [bill["company"]]})
    return looked_at(desk, key), bill


def looked_at(desk: Desk, payment_id: int) -> PaymentSeen:
    """Return a payment as the second person sees it who looks now."""
    with desk.client(SECONDS) as client:
        facts = payment_facts(client, payment_id, service_login=desk.server.username, outbox=desk.outbox)
    return PaymentSeen.of(facts)


def bank(server: RealOdoo, company: int) -> int:
    """Make another bank journal."""
    code = f"B{server.call('account.journal', 'search_count', [])}"
    values = {"name": f"Other {code}", "type": "bank", "code": code, "company_id": company}
    return int(server.call("account.journal", "create", values, context={"allowed_company_ids": [company]}))


@pytest.mark.parametrize("what", ["customer", "day", "journal", "direction"])
def test_a_draft_changed_between_look_and_approval_is_not_posted(desk: Desk, what: str) -> None:
    payment, bill = made_in_odoo(desk, 81.0)
    changes: dict[str, Any] = {
        "customer": lambda: {"partner_id": desk.server.call("res.partner", "create", {"name": "Another payer"})},
        "day": lambda: {"date": str(TODAY - timedelta(days=90))},
        "journal": lambda: {"journal_id": bank(desk.server, bill["company"])},
        "direction": lambda: {"payment_type": "outbound"},
    }
    desk.server.call("account.payment", "write", [payment.payment_id], changes[what]())
    refused = desk.sent(approve_payment(desk.office, SECONDS, payment))
    assert refused.state == "failed"
    words = "no longer money that came in" if what == "direction" else "changed in Odoo since you saw it"
    assert words in refused.reason
    assert state_of(desk.server, payment.payment_id) == "draft"
    assert residual(desk.server, bill["id"]) == 81
    again = desk.sent(approve_payment(desk.office, SECONDS, looked_at(desk, payment.payment_id)))
    assert again.state == ("failed" if what == "direction" else "done"), again.reason


def test_what_was_entered_here_and_changed_in_odoo_is_approved_by_nobody(desk: Desk) -> None:
    bill = invoice(desk.server, 82.0)
    given = proof(desk.server, "82.00", bill)
    payment = seen(given, submitted(desk, given))
    with desk.client(THIRDS) as client:
        client.write("account.payment", [payment.payment_id], {"amount": 820.0})
    for author, words in ((THIRDS, "You changed this payment in Odoo yourself"), (SECONDS, "and is USD 820.00")):
        refused = desk.sent(approve_payment(desk.office, author, looked_at(desk, payment.payment_id), given.invoices))
        assert (refused.state, words in refused.reason) == ("failed", True), refused.reason
    assert state_of(desk.server, payment.payment_id) == "draft"


def test_an_editor_cannot_approve_and_notes_questions_and_files_make_nobody_one(desk: Desk) -> None:
    payment, bill = made_in_odoo(desk, 83.0)
    desk.sent(ask_about_payment(desk.office, SECONDS, payment, "Which branch?"))
    file = {"name": "x.txt", "datas": "aGk=", "res_model": "account.payment", "res_id": payment.payment_id}
    with desk.client(SECONDS) as client:
        client.create("ir.attachment", file)
    with desk.client(THIRDS) as client:
        client.write("account.payment", [payment.payment_id], {"amount": 83.5})
    payment = looked_at(desk, payment.payment_id)
    refused = desk.sent(approve_payment(desk.office, THIRDS, payment))
    assert "You changed this payment in Odoo yourself" in refused.reason
    desk.server.call("account.payment", "write", [payment.payment_id], {"amount": 83.0})
    desk.sent(ask_about_payment(desk.office, SECONDS, payment, "And now?"))
    done = desk.sent(approve_payment(desk.office, SECONDS, looked_at(desk, payment.payment_id)))
    assert (done.state, done.reason) == ("done", "")


def test_a_first_approval_of_another_amount_counts_for_nothing(desk: Desk) -> None:
    payment, _bill = made_in_odoo(desk, 1600.0)
    first = desk.sent(approve_payment(desk.office, SECONDS, payment))
    assert first.result["outcome"] == "first approval"
    desk.server.call("account.payment", "write", [payment.payment_id], {"amount": 1700.0})
    body = f"First approval of USD 1700.00. Dashboard reference {first.token}"
    desk.server.call("account.payment", "message_post", [payment.payment_id], body=body)
    done = desk.sent(approve_payment(desk.office, THIRDS, looked_at(desk, payment.payment_id)))
    assert done.result["outcome"] == "first approval"
    assert state_of(desk.server, payment.payment_id) == "draft"


def test_a_correction_made_in_odoo_before_the_note_is_not_written_over(desk: Desk) -> None:
    lost = {"account.payment.message_post"}
    desk.wrap = lambda client: Losing(client, lost)  # type: ignore[assignment,return-value]
    given = proof(desk.server, "115.00", invoice(desk.server, 115.0))
    entry = desk.sent(submit_payment_proof(desk.office, CLERKS, given))
    assert entry.state == "unknown"
    [key] = desk.server.call("account.payment", "search", [("payment_reference", "ilike", entry.token)])
    desk.server.call("account.payment", "write", [key], {"amount": 15.0})
    now = desk.outbox.clock() + 20
    desk.outbox.clock = lambda: now
    assert desk.sent(entry).state == "done"
    assert desk.server.sql("select amount from account_payment where id = %s", [key]) == [(15,)]


def test_an_invoice_paid_in_part_meanwhile_takes_what_it_still_needs(desk: Desk) -> None:
    bill = invoice(desk.server, 84.0)
    part, whole = proof(desk.server, "30.00", bill, seed="part"), proof(desk.server, "84.00", bill, seed="whole")
    first, second = seen(part, submitted(desk, part)), seen(whole, submitted(desk, whole))
    assert desk.sent(approve_payment(desk.office, SECONDS, first, part.invoices)).state == "done"
    assert residual(desk.server, bill["id"]) == 54
    done = desk.sent(approve_payment(desk.office, SECONDS, second, whole.invoices))
    assert (done.state, done.reason) == ("done", "")
    assert residual(desk.server, bill["id"]) == 0
    assert done.result["unallocated"] == f"{whole.currency} 30.00"


def test_a_payment_in_dollars_pays_an_invoice_in_another_currency_as_odoo_converts(desk: Desk) -> None:
    dollars = invoice(desk.server, 1.0)
    zwg = desk.server.sql("select id, name from res_currency where name in ('ZWG', 'ZIG')")[0]
    context = {"allowed_company_ids": [dollars["company"]]}
    line = {"name": "Fibre", "quantity": 1, "price_unit": 900_000.0, "tax_ids": [(6, 0, [])]}
    values = {"move_type": "out_invoice", "partner_id": dollars["partner"], "currency_id": zwg[0]}
    move = desk.server.call(
        "account.move", "create", {**values, "invoice_date": str(TODAY), "invoice_line_ids": [(0, 0, line)]},
        context=context,
    )  # fmt: skip
    desk.server.call("account.move", "action_post", [move], context=context)
    name = desk.server.call("account.move", "read", [move], ["name"])[0]["name"]
    given = replace(proof(desk.server, "85.00", dollars), invoices=(InvoiceRef(move, name),))
    payment = seen(given, submitted(desk, given))
    done = desk.sent(approve_payment(desk.office, SECONDS, payment, given.invoices))
    assert (done.state, done.reason) == ("done", "")
    partials = desk.server.sql(
        "select p.amount, p.debit_amount_currency, p.credit_amount_currency from account_partial_reconcile p "
        "join account_move_line d on d.id = p.debit_move_id join account_move_line c on c.id = p.credit_move_id "
        "where d.move_id = %s and c.payment_id = %s", [move, payment.payment_id],
    )  # fmt: skip
    [(amount, in_zwg, in_dollars)] = partials
    assert (Decimal(amount), Decimal(in_dollars)) == (85, 85)
    # The rate is that of the day, as the invoice's own line has it.
    own = "select amount_currency / balance from account_move_line where move_id = %s and debit > 0"
    rate = Decimal(desk.server.sql(own, [move])[0][0])
    assert abs(Decimal(in_zwg) - 85 * rate) < 1
    left = residual(desk.server, move)
    assert left == Decimal(900_000) - Decimal(in_zwg)
    code = desk.settings.currency_aliases.get(zwg[1], zwg[1])
    assert done.result["residuals"] == {name: f"{code} {left:,.2f}"}
    assert done.result["unallocated"] == ""


def test_an_invoice_on_another_receivable_account_ends_posted_and_not_matched_and_says_so(desk: Desk) -> None:
    bill = invoice(desk.server, 86.0)
    given = proof(desk.server, "86.00", bill)
    payment = seen(given, submitted(desk, given))
    context = {"allowed_company_ids": [bill["company"]]}
    usual = desk.server.sql(
        "select account_id, id from account_move_line where move_id = %s and not reconciled and debit > 0",
        [bill["id"]],
    )[0]
    other = desk.server.call("account.account", "copy", usual[0], context=context)
    other = other[0] if isinstance(other, list) else other
    # By SQL: how an invoice came to stand there is not what this is about.
    desk.server.sql("update account_move_line set account_id = %s where id = %s", [other, usual[1]])
    failed = desk.sent(approve_payment(desk.office, SECONDS, payment, given.invoices))
    assert failed.state == "failed"
    assert f"Posted in Odoo, but not matched with {bill['name']}: the payment stands on the account" in failed.reason
    assert residual(desk.server, bill["id"]) == 86
    assert state_of(desk.server, payment.payment_id) in ("posted", "in_process", "paid")
