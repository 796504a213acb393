"""What `bench/faults.py` submits to a real Odoo, and what Odoo has of it afterwards, counted by SQL."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

from PIL import Image

from odoo_client.actions.payments.proof import InvoiceRef, PaymentProof
from odoo_client.documents.proof.judge import ProofFile
from tests.real_odoo import staff
from tests.real_odoo.server import RealOdoo

APPROVED_SHARE: Final = 0.4
PARTNERS: Final = 20
#: One in this many proofs is a photograph larger than Odoo keeps pictures by default.
LARGE_EVERY: Final = 10


@dataclass(frozen=True)
class Count:
    """Something that must be in Odoo once for each: how many are wanted, how many are missing, how many too many."""

    what: str
    wanted: int
    lost: int
    doubled: int


def tasks_of(server: RealOdoo, submissions: int, seed: int) -> list[dict[str, Any]]:
    """Make partners and posted invoices; return what is to be submitted, by whom, and who approves it (nobody: "")."""
    company = int(server.sql("select company_id from account_move where move_type = 'out_invoice' limit 1")[0][0])
    context = {"allowed_company_ids": [company]}
    names = [{"name": f"Payer {number}", "email": f"payer{number}@example.com"} for number in range(PARTNERS)]
    partners = server.call("res.partner", "create", names)
    today = str(datetime.now(UTC).date())
    amounts = [Decimal(2000 + 7 * number) / 100 for number in range(submissions)]
    moves: list[int] = server.call(
        "account.move", "create",
        [{"move_type": "out_invoice", "partner_id": partners[number % PARTNERS], "invoice_date": today,
          "invoice_line_ids": [(0, 0, {"name": "Fibre", "quantity": 1, "price_unit": float(amount),
                                       "tax_ids": [(6, 0, [])]})]} for number, amount in enumerate(amounts)],
        context=context,
    )  # fmt: skip
    for begin in range(0, len(moves), 50):
        server.call("account.move", "action_post", moves[begin : begin + 50], context=context)
    rows = {row["id"]: row for row in server.call("account.move", "read", moves, ["name", "currency_id"])}
    bank = [("type", "=", "bank"), ("company_id", "=", company)]
    journal = int(server.call("account.journal", "search", bank, limit=1)[0])
    people = [one.login for one in staff.WRITERS]
    approved = round(submissions * APPROVED_SHARE)
    tasks = []
    for number, (amount, move) in enumerate(zip(amounts, moves, strict=True)):
        # The approvals are spread over the whole run.
        decided = (number + 1) * approved // submissions > number * approved // submissions
        proof = PaymentProof(
            partner_id=partners[number % PARTNERS],
            customer=f"Payer {number % PARTNERS}",
            amount=amount,
            currency=rows[move]["currency_id"][1],
            currency_id=rows[move]["currency_id"][0],
            decimals=2,
            day=datetime.now(UTC).date(),
            company_id=company,
            journal_id=journal,
            file=picture(f"{seed}/{number}", large=number % LARGE_EVERY == 0),
            bank_reference=f"FT{seed:04d}{number:05d}",
            invoices=(InvoiceRef(move, rows[move]["name"]),) if decided or number % 3 else (),
        )
        tasks.append(
            {
                "token": token_of(f"{seed}/{number}/proof"),
                "decision": token_of(f"{seed}/{number}/approval"),
                "author": people[number % len(people)],
                "approver": people[(number + 1) % len(people)] if decided else "",
                "proof": _as_json(proof),
            }
        )
    return tasks


def token_of(text: str) -> str:
    """Return a token that is the same in every run of a seed."""
    return "AFN-" + base64.b32encode(hashlib.sha256(text.encode()).digest())[:16].decode("ascii")


def picture(seed: str, *, large: bool = False) -> ProofFile:
    """Return a true PNG, another one for each seed; a large one is larger than Odoo keeps pictures."""
    drawn = BytesIO()
    drawn_of = hashlib.sha256(seed.encode()).digest()
    Image.new("RGB", (2400, 1800) if large else (24, 16), tuple(drawn_of[:3])).save(drawn, "PNG")
    # Its name in its content too: two seeds may have one colour.
    content = drawn.getvalue() + hashlib.sha256(seed.encode()).hexdigest().encode()
    return ProofFile(
        content=content,
        kind="png",
        mimetype="image/png",
        sha256=hashlib.sha256(content).hexdigest(),
        sha1=hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        size_bytes=len(content),
        pages=1,
        name=f"proof-{hashlib.sha256(seed.encode()).hexdigest()[:8]}.png",
    )


def _as_json(proof: PaymentProof) -> dict[str, Any]:
    given = asdict(proof)
    given["file"]["content"] = base64.b64encode(proof.file.content).decode("ascii")
    return {**given, "amount": str(proof.amount), "day": proof.day.isoformat()}


def payments_in(server: RealOdoo) -> int:
    """Return how many payments Odoo has."""
    return int(server.sql("select count(*) from account_payment")[0][0])


def counted(server: RealOdoo, tasks: Sequence[Mapping[str, Any]], payments_before: int) -> tuple[Count, ...]:
    """Count by SQL what Odoo has of each task."""
    found: dict[str, list[int]] = {}
    for reference, number in server.sql("select payment_reference, id from account_payment"):
        found.setdefault(str(reference or "").split(" ")[0], []).append(int(number))
    each: dict[str, list[int]] = {}

    def note(what: str, number: int) -> None:
        each.setdefault(what, []).append(number)

    for task in tasks:
        ids = found.get(task["token"], [])
        note("payments with the token", len(ids))
        payment = ids[0] if ids else 0
        files = server.sql(
            "select checksum from ir_attachment where res_model = 'account.payment' and res_id = %s", [payment]
        )
        note("files as they were sent", files.count((task["proof"]["file"]["sha1"],)))
        note("files of any kind", len(files))
        note("notes on the submission", _notes(server, payment, task["token"]))
        if task["approver"]:
            invoice = task["proof"]["invoices"][0]["move_id"]
            note("payments posted", _posted(server, payment))
            note("matches of the whole amount", _matched(server, payment, invoice, Decimal(task["proof"]["amount"])))
            note("invoices paid whole", _paid(server, invoice))
            note("notes on the approval", _notes(server, payment, task["decision"]))
    counts = [
        Count(what, len(numbers), numbers.count(0), sum(max(0, number - 1) for number in numbers))
        for what, numbers in each.items()
    ]
    more = payments_in(server) - payments_before
    wanted = len(tasks)
    return (*counts, Count("payments in all", wanted, max(0, wanted - more), max(0, more - wanted)))


def _notes(server: RealOdoo, payment: int, token: str) -> int:
    query = "select count(*) from mail_message where model = 'account.payment' and res_id = %s and body like %s"
    return int(server.sql(query, [payment, f"%{token}%"])[0][0])


def _posted(server: RealOdoo, payment: int) -> int:
    query = "select count(*) from account_move where origin_payment_id = %s and state = 'posted'"
    return int(server.sql(query, [payment])[0][0])


def _matched(server: RealOdoo, payment: int, invoice: int, amount: Decimal) -> int:
    """Return how many partials tie the two; one of another amount counts as two."""
    rows = server.sql(
        "select p.debit_amount_currency from account_partial_reconcile p "
        "join account_move_line d on d.id = p.debit_move_id join account_move_line c on c.id = p.credit_move_id "
        "where d.move_id = %s and c.payment_id = %s",
        [invoice, payment],
    )
    return sum(1 if Decimal(one[0]) == amount else 2 for one in rows)


def _paid(server: RealOdoo, invoice: int) -> int:
    return int(server.sql("select count(*) from account_move where id = %s and amount_residual = 0", [invoice])[0][0])
