"""Draft payments that wait for a decision, most with the slip the customer sent: what makes a reviewer look twice.

Made when all else is told, so that nothing posted changes by them.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.business.ledger import Ledger, Party
from odoo_client.demo.orm.rows import Row
from odoo_client.demo.provider.slips import pdf_slip, png_slip

#: Who entered them, in turn.
_ENTERED_BY = (5, 6, 3, 2, 4)
#: Given twice: a reference that one bank transfer can have only once. `{day}` is three days ago.
_SAME_REFERENCE = "MP{day}.1033.L40213"


@dataclass(frozen=True, slots=True)
class _Case:
    """A draft for an open invoice: how many days ago, where paid in, by how much more, its reference and its file."""

    days: int
    journal: int
    reference: str
    file: str = ""
    more: float = 0.0
    currency_id: int = cat.USD
    company_id: int = cat.HARARE_COMPANY


_CASES = (
    _Case(2, cat.J_BANK_ZWG, "RTGS00418823", "png", currency_id=cat.ZWG),
    _Case(1, cat.J_BANK_USD, "CBZ7741902"),
    _Case(3, cat.J_MOBILE, "MP{day}.0851.K11907", "pdf", more=15.0),
    _Case(3, cat.J_MOBILE, _SAME_REFERENCE, "png"),
    _Case(1, cat.J_MOBILE, _SAME_REFERENCE, "png"),
    _Case(4, cat.J_CASH, "RCPT 0098", "pdf", more=-20.0),
    _Case(2, cat.J_BANK_USD, "CBZ7741377", "pdf", company_id=cat.BULAWAYO_COMPANY),
)


def make_proofs(ledger: Ledger, today: date) -> None:
    """Give the announced payments real slips, and enter the other cases."""
    db = ledger.db
    for number, file in enumerate(_announced(ledger)):
        payment = db.tables["account.payment"][file["res_id"]]
        _sign(ledger, payment, _ENTERED_BY[number % len(_ENTERED_BY)])
        kind = "png" if number % 2 else "pdf"
        reference = str(payment["payment_reference"] or f"CBZ{7_740_000 + number}")
        payment["payment_reference"] = reference
        file |= _content(ledger, payment, kind, f"proof-{number + 1}.{kind}", reference)
        file |= {"create_uid": payment["create_uid"], "write_uid": payment["create_uid"]}
    chosen = _open_invoices(ledger, today)
    for number, case in enumerate(_CASES):
        invoice = next(
            (one for one in chosen[case.company_id, case.currency_id] if one["amount_residual"] + case.more > 1.0), None
        )
        if invoice is not None:
            day = today - timedelta(days=3)
            case = replace(case, reference=case.reference.format(day=f"{day:%y%m%d}"))
            _enter(ledger, case, invoice, today, _ENTERED_BY[(number + 2) % len(_ENTERED_BY)], number + 6)
    _show_on_invoices(ledger)


def _announced(ledger: Ledger) -> list[Row]:
    files = ledger.db.tables["ir.attachment"].values()
    return [file for file in files if file["res_model"] == "account.payment"]


def _open_invoices(ledger: Ledger, today: date) -> dict[tuple[int, int], Iterator[Row]]:
    """Return (company, currency) → invoices that nobody has paid on yet and that no draft names, oldest first."""
    db = ledger.db
    drafts = [p for p in db.tables["account.payment"].values() if p["memo"] and "Proof for" in p["memo"]]
    named = " ".join(str(payment["memo"]) for payment in drafts)
    before = (today - timedelta(days=9)).isoformat()
    lines = db.inverse("account.move.line", "move_id")

    def suits(move: Row) -> bool:
        own = [db.tables["account.move.line"][key] for key in lines.get(move["id"], [])]
        open_lines = [line for line in own if line["date_maturity"]]
        partner = db.tables["res.partner"][move["commercial_partner_id"]]
        usual = cat.account(move["company_id"], cat.RECEIVABLE)
        return (
            len(open_lines) == 1 and open_lines[0]["account_id"] == usual and not open_lines[0]["blocked"]
            and move["name"] not in named and partner["active"] and partner["name"].isascii()
        )  # fmt: skip

    found = [
        move for move in db.tables["account.move"].values()
        if move["move_type"] == "out_invoice" and move["state"] == "posted" and move["payment_state"] == "not_paid"
        and move["invoice_date"] < before
    ]  # fmt: skip
    groups: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for move in filter(suits, found):
        groups[move["company_id"], move["currency_id"]].append(move)
    return defaultdict(lambda: iter(()), {key: iter(moves) for key, moves in groups.items()})


def _enter(ledger: Ledger, case: _Case, invoice: Row, today: date, uid: int, number: int) -> None:
    customer = Party(invoice["commercial_partner_id"], invoice["commercial_partner_id"])
    payment = ledger.payment(
        customer, today - timedelta(days=case.days), round(invoice["amount_residual"] + case.more, 2),
        company_id=case.company_id, currency_id=case.currency_id, journal=case.journal, state="draft", matched=False,
        memo=f"{invoice['name']} {case.reference}", invoice_ids=[invoice["id"]],
    ).payment  # fmt: skip
    if payment is None:
        return
    payment["payment_reference"] = case.reference
    _sign(ledger, payment, uid)
    if case.file:
        name = f"proof-{number}.{case.file}"
        row = {
            "res_model": "account.payment", "res_id": payment["id"], "type": "binary", "public": False,
            "company_id": case.company_id, **_content(ledger, payment, case.file, name, case.reference),
        }  # fmt: skip
        stamps = {key: payment[key] for key in ("create_date", "write_date", "create_uid", "write_uid")}
        ledger.db.add("ir.attachment", row | stamps)


def _sign(ledger: Ledger, payment: Row, uid: int) -> None:
    """Let a payment, and until 17 its draft entry, be somebody's."""
    payment |= {"create_uid": uid, "write_uid": uid}
    move = ledger.db.tables["account.move"].get(payment["move_id"] or 0)
    if move is not None:
        move |= {"create_uid": uid, "write_uid": uid}


def _content(ledger: Ledger, payment: Row, kind: str, name: str, reference: str) -> Row:
    db = ledger.db
    journal = db.tables["account.journal"][payment["journal_id"]]["name"]
    code = db.tables["res.currency"][payment["currency_id"]]["name"]
    payer = db.tables["res.partner"][payment["partner_id"]]["name"]
    lines = (
        f"{journal} payment", f"Amount: {code} {payment['amount']:,.2f}", f"Reference: {reference}",
        f"From: {payer}", "To: AFINET", f"Date: {payment['date']}", f"For: {payment['memo']}",
    )  # fmt: skip
    content = png_slip(lines) if kind == "png" else pdf_slip(lines)
    return {
        "name": name, "mimetype": "image/png" if kind == "png" else "application/pdf", "file_size": len(content),
        "checksum": hashlib.sha1(content, usedforsecurity=False).hexdigest(), "datas": b64encode(content).decode(),
    }  # fmt: skip


def _show_on_invoices(ledger: Ledger) -> None:
    """Link drafts and invoices, from 18 on from both sides."""
    db = ledger.db
    if db.profile.major < 18:
        return
    for payment in db.tables["account.payment"].values():
        if payment["state"] == "draft":
            for key in payment["invoice_ids"]:
                invoice = db.tables["account.move"][key]
                invoice["matched_payment_ids"] = sorted({*invoice["matched_payment_ids"], payment["id"]})
