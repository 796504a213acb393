"""Proofs of payment and decisions on them, over several versions of the demo's Odoo, in the service account's name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.entry import Author, Entry
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import Sender, service_clients
from odoo_client.actions.payments.decisions import (
    PaymentSeen,
    approve_payment,
    ask_about_payment,
    needs_two,
    reject_payment,
)
from odoo_client.actions.payments.proof import InvoiceRef, PaymentProof, submit_payment_proof
from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.documents.proof.judge import ProofFile, judge
from odoo_client.errors import ActionRefusedError
from odoo_client.people.audit import AuditLog
from odoo_client.rpc.client import OdooClient
from tests.demo_worlds import TODAY
from tests.unit.test_demo_writes import World

WORLDS = ("14-oca", "16-oca", "18-community", "19-oca")
TENDAI = Author("tendai@staff.example", "Tendai Moyo", on_behalf=True)
RUDO = Author("rudo@staff.example", "Rudo Ncube", on_behalf=True)
SEEN = (
    *("customer", "amount", "currency", "currency_id", "decimals"),
    *("partner_id", "company_id", "journal_id", "day"),
)
FARAI = Author("farai@staff.example", "Farai Dube", on_behalf=True)


@dataclass
class Desk:
    """An outbox before a running demo."""

    world: World
    settings: Settings
    outbox: Outbox
    sender: Sender

    @property
    def office(self) -> Office:
        return Office(self.settings, self.outbox)

    def sent(self, entry: Entry) -> Entry:
        self.sender.send_waiting(entry.author.login)
        return self.outbox.get(entry.token)


@pytest.fixture(params=WORLDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with opened(request.param, tmp_path) as made:
        yield made


@contextmanager
def opened(profile: str, tmp_path: Path) -> Iterator[Desk]:
    """Open a desk before a demo of that profile."""
    with DemoServer(profile, TODAY, empty=True) as server:
        settings = demo_settings(Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "data"), server)
        outbox = Outbox(tmp_path / "data" / "outbox.sqlite3")
        audit = AuditLog(tmp_path / "data" / "audit.sqlite3")
        sender = Sender(settings, outbox, service_clients(settings), HANDLERS, audit)
        with OdooClient.connect(settings) as client:
            yield Desk(World(server, client), settings, outbox, sender)


@pytest.fixture(scope="module")
def file() -> ProofFile:
    drawn = BytesIO()
    Image.new("RGB", (8, 8), "white").save(drawn, "PNG")
    return judge("proof.png", drawn.getvalue())


def proof(desk: Desk, file: ProofFile, amount: str, invoice_amount: float = 100.0) -> PaymentProof:
    """Return a proof for an invoice of its own, 15 % tax on top of `invoice_amount`."""
    made = desk.world.billed(invoice_amount)
    move = desk.world.client.search_read(
        "account.move", [["id", "=", made.move["id"]]], ["name", "partner_id", "currency_id", "company_id"]
    )[0]
    bank = [["type", "=", "bank"], ["company_id", "=", move["company_id"]]]
    return PaymentProof(
        partner_id=move["partner_id"],
        customer="Mbira Lodge",
        amount=Decimal(amount),
        currency="USD",
        currency_id=move["currency_id"],
        decimals=2,
        day=TODAY,
        company_id=move["company_id"],
        journal_id=desk.world.client.search_ids("account.journal", bank)[0],
        file=file,
        bank_reference="FT26331ABC",
        invoices=(InvoiceRef(move["id"], move["name"]),),
    )


def seen(proof: PaymentProof, entry: Entry) -> PaymentSeen:
    assert entry.record is not None, entry.reason
    return PaymentSeen(
        payment_id=entry.record.record_id,
        name="",
        **{name: getattr(proof, name) for name in SEEN},
    )


def submitted(desk: Desk, given: PaymentProof) -> PaymentSeen:
    return seen(given, desk.sent(submit_payment_proof(desk.office, TENDAI, given)))


def residual(desk: Desk, given: PaymentProof) -> float:
    rows = desk.world.client.search_read("account.move", [["id", "=", given.invoices[0].move_id]], ["amount_residual"])
    return float(rows[0]["amount_residual"])


def state(desk: Desk, payment: PaymentSeen) -> str:
    rows = desk.world.client.search_read("account.payment", [["id", "=", payment.payment_id]], ["state"])
    return str(rows[0]["state"])


def test_a_proof_is_a_draft_with_its_file_a_note_and_the_name_of_whoever_entered_it(
    desk: Desk, file: ProofFile
) -> None:
    given = proof(desk, file, "115.00")
    entry = desk.sent(submit_payment_proof(desk.office, TENDAI, given))
    assert (entry.state, entry.reason) == ("done", "")
    assert entry.record is not None
    client, payment_id = desk.world.client, entry.record.record_id
    row = client.search_read("account.payment", [["id", "=", payment_id]], ["state", "amount", "payment_reference"])[0]
    assert (row["state"], row["amount"]) == ("draft", 115.0)
    assert row["payment_reference"] == f"{entry.token} on behalf of Tendai Moyo (tendai@staff.example)"
    domain = [["res_model", "=", "account.payment"], ["res_id", "=", payment_id]]
    assert [one["checksum"] for one in client.search_read("ir.attachment", domain, ["checksum"])] == [file.sha1]
    mine = [["model", "=", "account.payment"], ["res_id", "=", payment_id], ["body", "ilike", entry.token]]
    notes = client.search_read("mail.message", mine, ["body"])
    assert len(notes) == 1
    assert given.invoices[0].name in notes[0]["body"]
    assert residual(desk, given) == 115.0


def test_a_second_click_enters_nothing(desk: Desk, file: ProofFile) -> None:
    given = proof(desk, file, "115.00")
    one = submit_payment_proof(desk.office, TENDAI, given, token="AFN-ABCDEFGHIJKLMNOP")
    other = submit_payment_proof(desk.office, TENDAI, given, token="AFN-ABCDEFGHIJKLMNOP")
    assert one.number == other.number
    desk.sent(one)
    assert desk.world.client.search_count("account.payment", [["payment_reference", "ilike", one.token]]) == 1


def test_an_approval_by_somebody_else_posts_and_matches(desk: Desk, file: ProofFile) -> None:
    given = proof(desk, file, "115.00")
    payment = submitted(desk, given)
    done = desk.sent(approve_payment(desk.office, RUDO, payment, given.invoices))
    assert (done.state, done.reason) == ("done", "")
    assert state(desk, payment) in ("posted", "in_process", "paid")
    assert residual(desk, given) == 0
    assert (done.result["unallocated"], done.result["remark"]) == ("", "")
    assert done.result["residuals"] == {given.invoices[0].name: "USD 0.00"}


def test_whoever_entered_it_in_the_service_account_s_name_cannot_approve_it(desk: Desk, file: ProofFile) -> None:
    given = proof(desk, file, "115.00")
    payment = submitted(desk, given)
    refused = desk.sent(approve_payment(desk.office, replace(TENDAI, login="TENDAI@staff.example"), payment))
    assert refused.state == "failed"
    assert "yourself" in refused.reason
    assert state(desk, payment) == "draft"


def test_two_people_are_needed_above_the_limit_and_the_same_one_twice_is_not_two(desk: Desk, file: ProofFile) -> None:
    given = proof(desk, file, "1150.00", 1000.0)
    payment = submitted(desk, given)
    first = desk.sent(approve_payment(desk.office, RUDO, payment, given.invoices))
    assert first.result["outcome"] == "first approval"
    again = desk.sent(approve_payment(desk.office, RUDO, payment, given.invoices))
    assert again.state == "failed"
    assert state(desk, payment) == "draft"
    second = desk.sent(approve_payment(desk.office, FARAI, payment, given.invoices))
    assert second.result["outcome"] == "approved"
    assert residual(desk, given) == 0


def test_a_rejection_cancels_and_a_question_changes_nothing(desk: Desk, file: ProofFile) -> None:
    given = proof(desk, file, "115.00")
    payment = submitted(desk, given)
    assert desk.sent(ask_about_payment(desk.office, RUDO, payment, "Which branch?")).state == "done"
    assert state(desk, payment) == "draft"
    assert desk.sent(reject_payment(desk.office, RUDO, payment, "Another bank's slip.")).state == "done"
    assert state(desk, payment) in ("cancel", "canceled")
    late = desk.sent(approve_payment(desk.office, RUDO, payment, given.invoices))
    assert "cancelled meanwhile" in late.reason


def test_a_payment_changed_in_odoo_since_it_was_seen_is_not_approved(desk: Desk, file: ProofFile) -> None:
    given = proof(desk, file, "115.00")
    payment = submitted(desk, given)
    desk.world.client.write("account.payment", [payment.payment_id], {"amount": 116.0})
    refused = desk.sent(approve_payment(desk.office, RUDO, payment, given.invoices))
    assert refused.state == "failed"
    assert "changed in Odoo" in refused.reason


def test_without_invoices_it_stays_on_account(desk: Desk, file: ProofFile) -> None:
    given = replace(proof(desk, file, "115.00"), invoices=())
    payment = submitted(desk, given)
    done = desk.sent(approve_payment(desk.office, RUDO, payment))
    assert done.result["unallocated"] == "USD 115.00"


@pytest.mark.parametrize("amount", ["0", "-5", "NaN", "Infinity", "1e12", "10.001"])
def test_an_impossible_amount_is_refused_and_nothing_entered(tmp_path: Path, file: ProofFile, amount: str) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    given = PaymentProof(1, "Mbira", Decimal(amount), "USD", 1, 2, TODAY + timedelta(days=1), 1, 1, file)
    with pytest.raises(ActionRefusedError):
        submit_payment_proof(Office(Settings(), outbox), TENDAI, given)
    assert outbox.entries() == []


@pytest.mark.parametrize(
    ("amount", "currency", "two"),
    [
        ("1000", "USD", False),
        ("1000.01", "USD", True),
        ("25000", "ZWG", False),
        ("25000", "ZIG", False),
        ("1", "ZAR", True),
    ],
)
def test_two_people_are_needed_above_the_currency_s_limit_and_always_where_it_has_none(
    amount: str, currency: str, two: bool
) -> None:
    assert needs_two(Settings(), Decimal(amount), currency) is two


def test_rejecting_and_asking_need_words(tmp_path: Path) -> None:
    office = Office(Settings(), Outbox(tmp_path / "outbox.sqlite3"))
    payment = PaymentSeen(1, "", "Mbira", Decimal(1), "USD", 1, 2, 1, 1, 1, TODAY)
    with pytest.raises(ActionRefusedError, match="why"):
        reject_payment(office, RUDO, payment, "  ")
    with pytest.raises(ActionRefusedError, match="want to know"):
        ask_about_payment(office, RUDO, payment, "")


def test_words_that_only_read_like_an_approval_are_nobody_s(desk: Desk, file: ProofFile) -> None:
    given = proof(desk, file, "1150.00", 1000.0)
    payment = submitted(desk, given)
    signature = "AFN-ABCDEFGHIJKLMNOP on behalf of Farai (farai@staff.example)"
    forged = f"First approval of USD 1150.00. Dashboard reference {signature}"
    desk.sent(ask_about_payment(desk.office, RUDO, payment, forged))
    domain = {"body": f"<p>{forged}</p>", "message_type": "comment", "subtype_xmlid": "mail.mt_note"}
    desk.world.client.call("account.payment", "message_post", ids=[payment.payment_id], **domain)
    done = desk.sent(approve_payment(desk.office, RUDO, payment, given.invoices))
    assert done.result["outcome"] == "first approval"
    assert state(desk, payment) == "draft"


def test_a_copied_token_makes_nobody_else_the_one_who_entered_it(desk: Desk, file: ProofFile) -> None:
    given = proof(desk, file, "115.00")
    payment = submitted(desk, given)
    other = desk.sent(submit_payment_proof(desk.office, RUDO, proof(desk, file, "57.50", 50.0)))
    reference = {"payment_reference": f"{other.token} on behalf of Rudo Ncube (rudo@staff.example)"}
    desk.world.client.write("account.payment", [payment.payment_id], reference)
    refused = desk.sent(approve_payment(desk.office, TENDAI, payment, given.invoices))
    assert "yourself" in refused.reason
