"""Reconciliation: partials with exchange differences, and what follows from them (residuals, payment states)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from odoo_client.demo import catalogue as cat
from odoo_client.demo.domains import Row
from odoo_client.demo.ledger import Document, Ledger, Party
from odoo_client.demo.orm import Database

_CENT = 0.005


def reconcile(ledger: Ledger, debit: Row, credit: Row, *, limit: float | None = None) -> Row | None:
    """Match two open receivable lines as far as both reach (or `limit`, in the debit line's currency).

    Returns the partial, None when nothing is left to match. Like Odoo 16 and newer it closes each line's company amount
    at that line's own rate; what the two sides differ by goes to an exchange entry with a partial of its own.
    """
    owed, paid = debit["amount_residual_currency"], -credit["amount_residual_currency"]
    if owed <= _CENT or paid <= _CENT:
        return None
    day = max(debit["date"], credit["date"])
    company_id = debit["company_id"]
    if debit["currency_id"] == credit["currency_id"]:
        in_debit = in_credit = min(owed, paid, owed if limit is None else limit)
    else:
        moment = date.fromisoformat(day)
        cross = ledger.rate(credit["currency_id"], moment, company_id) / ledger.rate(
            debit["currency_id"], moment, company_id
        )
        in_debit = min(owed, round(paid / cross, 2), owed if limit is None else limit)
        # The payer's last cent: when converting uses up the payment, take all of it.
        in_credit = paid if in_debit < owed else min(paid, round(in_debit * cross, 2))
    from_debit = _company_share(debit, in_debit, owed, 1.0)
    from_credit = _company_share(credit, in_credit, paid, -1.0)
    amount = min(from_debit, from_credit)
    partial = _partial(ledger, debit, credit, amount, in_debit, in_credit, day)
    difference = round(from_debit - from_credit, 2)
    if abs(difference) > _CENT:
        _exchange(ledger, debit if difference > 0 else credit, difference, day)
    return partial


def settle(ledger: Ledger, document: Document, invoices: Iterable[Document]) -> None:
    """Apply a payment or credit note to invoices, oldest due line first, as far as it goes."""
    for invoice in invoices:
        for line in invoice.open_lines:
            for source in document.open_lines:
                reconcile(ledger, line, source)


def settle_now(db: Database, document: Document, invoices: Iterable[Document]) -> None:
    """Apply a payment or credit note and bring documents and payments up to date, as Odoo does at once."""
    invoices = list(invoices)
    settle(db.ledger, document, invoices)
    refresh(db, [line["id"] for one in (document, *invoices) for line in one.lines])


def _company_share(line: Row, in_currency: float, left: float, sign: float) -> float:
    """What an amount in the line's currency takes from its company residual: all of it when the line closes."""
    residual = float(sign * line["amount_residual"])
    if in_currency >= left - _CENT:
        return round(residual, 2)
    if line["amount_currency"] == line["balance"]:
        return round(in_currency, 2)
    return min(round(residual, 2), round(in_currency * float(line["balance"] / line["amount_currency"]), 2))


def _partial(
    ledger: Ledger, debit: Row, credit: Row, amount: float, in_debit: float, in_credit: float, day: str,
    exchange: int | None = None
) -> Row:  # fmt: skip
    stamp = ledger.stamp(date.fromisoformat(day))
    row: Row = {
        "debit_move_id": debit["id"], "credit_move_id": credit["id"], "amount": round(amount, 2),
        "debit_amount_currency": round(in_debit, 2), "credit_amount_currency": round(in_credit, 2), "max_date": day,
        "debit_currency_id": debit["currency_id"], "credit_currency_id": credit["currency_id"],
        "company_id": debit["company_id"], "full_reconcile_id": None, "exchange_move_id": exchange,
        "create_date": stamp, "write_date": stamp, "create_uid": 2, "write_uid": 2,
    }  # fmt: skip
    ledger.db.add("account.partial.reconcile", row)
    for line, sign, currency in ((debit, 1.0, in_debit), (credit, -1.0, in_credit)):
        line["amount_residual"] = round(line["amount_residual"] - sign * amount, 2) + 0.0
        line["amount_residual_currency"] = round(line["amount_residual_currency"] - sign * currency, 2) + 0.0
        line["reconciled"] = abs(line["amount_residual"]) < _CENT and abs(line["amount_residual_currency"]) < _CENT
        line["write_date"] = max(line["write_date"], stamp)
    return row


def _exchange(ledger: Ledger, line: Row, difference: float, day: str) -> None:
    """Close the company amount that the line's rate leaves over: a loss on an invoice, a gain on a payment."""
    party = Party(line["partner_id"], line["partner_id"])
    moment = date.fromisoformat(day)
    if ledger.books_late and ledger.modern_lines:
        moment = (moment.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    document = ledger.entry(
        party,
        moment,
        0.0,
        "Currency exchange rate difference",
        company_id=line["company_id"],
        currency_id=line["currency_id"],
        journal=cat.J_EXCHANGE,
        other=cat.EXCHANGE_LOSS if difference > 0 else cat.EXCHANGE_GAIN,
        balance=-difference,
    )
    other = document.lines[0]
    debit, credit = (line, other) if difference > 0 else (other, line)
    _partial(ledger, debit, credit, abs(difference), 0.0, 0.0, moment.isoformat(), document.move["id"])


def close_books(db: Database) -> None:
    """Full reconciliations, residuals of documents and payment states, from the lines and partials as they stand."""
    _full_reconciles(db)
    lines_of: dict[int, list[Row]] = defaultdict(list)
    for line in db.tables["account.move.line"].values():
        if db.tables["account.account"].get(line["account_id"] or 0, {}).get("account_type") == "asset_receivable":
            lines_of[line["move_id"]].append(line)
    links = _links(db)

    def put(model: str, row: Row, **values: Any) -> None:
        row.update(values)

    for move_id, lines in lines_of.items():
        _document_state(db, move_id, lines, links, put)


def refresh(db: Database, line_ids: Iterable[int]) -> None:
    """After a partial was made or deleted: recompute its lines and documents; only changes move `write_date`."""
    table = db.tables["account.move.line"]
    lines = [table[key] for key in line_ids if key in table]
    for line in lines:
        own, currency = line["balance"], line["amount_currency"]
        for partial in db.tables["account.partial.reconcile"].values():
            if partial["debit_move_id"] == line["id"]:
                own, currency = own - partial["amount"], currency - partial["debit_amount_currency"]
            elif partial["credit_move_id"] == line["id"]:
                own, currency = own + partial["amount"], currency + partial["credit_amount_currency"]
        own, currency = round(own, 2) + 0.0, round(currency, 2) + 0.0
        done = abs(own) < _CENT and abs(currency) < _CENT
        full = line.get("full_reconcile_id") if done else None
        db.touch(
            "account.move.line", line, amount_residual=own, amount_residual_currency=currency, reconciled=done,
            full_reconcile_id=full,
        )  # fmt: skip
    links = _links(db)
    for move_id in {line["move_id"] for line in lines}:
        accounts = db.tables["account.account"]
        siblings = [table[key] for key in db.inverse("account.move.line", "move_id").get(move_id, [])]
        siblings = [
            row
            for row in siblings
            if accounts.get(row["account_id"] or 0, {}).get("account_type") == "asset_receivable"
        ]
        _document_state(db, move_id, siblings, links, lambda model, row, **values: db.touch(model, row, **values))


def _document_state(db: Database, move_id: int, lines: list[Row], links: _Links, put: Callable[..., None]) -> None:
    """Residual and payment state of the document the lines belong to, and whether its payment is reconciled."""
    moves, payments = db.tables["account.move"], db.tables["account.payment"]
    move = moves[move_id]
    residual = round(sum(line["amount_residual"] for line in lines), 2) + 0.0
    payment = payments.get(move.get("payment_id") or 0)
    if payment is not None:
        done = all(line["reconciled"] for line in lines) and move["state"] == "posted"
        put("account.payment", payment, is_reconciled=done)
        if payment.get("state") in ("in_process", "paid") and db.profile.flavour != "enterprise":
            # Without bank matching a payment counts as paid once it is allocated.
            put("account.payment", payment, state="paid" if done else "in_process")
    if move["move_type"] == "entry":
        return
    in_currency = round(abs(sum(line["amount_residual_currency"] for line in lines)), 2)
    others = [moves[key] for line in lines for key in links.counterparts.get(line["id"], ())]
    paying = [payments[other["payment_id"]] for other in others if other.get("payment_id")]
    state = "not_paid"
    if move["state"] == "posted" and all(line["reconciled"] for line in lines):
        kinds = {other["move_type"] for other in others if other["move_type"] != "entry" or other.get("payment_id")}
        enterprise = db.profile.flavour == "enterprise"
        pending = enterprise and any(not row["is_matched"] for row in paying)
        state = "reversed" if kinds == {"out_refund"} else "in_payment" if pending else "paid"
    elif any(links.counterparts.get(line["id"]) for line in lines):
        state = "partial"
    elif move_id in links.without_entry:
        # 18+ Enterprise: such a payment shows on the invoice and leaves its residual alone.
        state, paying = "in_payment", links.without_entry[move_id]
    put(
        "account.move", move, amount_residual=in_currency, amount_residual_signed=residual, payment_state=state,
        matched_payment_ids=sorted({row["id"] for row in paying}),
    )  # fmt: skip
    if db.profile.major >= 18:
        for row in paying:
            known = row.get("invoice_ids") or []
            if move_id not in known:
                put("account.payment", row, invoice_ids=[*known, move_id])


@dataclass(frozen=True, slots=True)
class _Links:
    """What leads from document to document."""

    counterparts: dict[int, set[int]]  # line id → documents its partials lead to
    without_entry: dict[int, list[Row]]  # invoice id → payments in process that have no entry


def _links(db: Database) -> _Links:
    pending: dict[int, list[Row]] = defaultdict(list)
    for payment in db.tables["account.payment"].values():
        if not payment.get("move_id") and payment.get("state") == "in_process":
            for key in payment.get("invoice_ids") or ():
                pending[key].append(payment)
    return _Links(_counterparts(db), dict(pending))


def _counterparts(db: Database) -> dict[int, set[int]]:
    lines = db.tables["account.move.line"]
    found: dict[int, set[int]] = defaultdict(set)
    for partial in db.tables["account.partial.reconcile"].values():
        debit, credit = partial["debit_move_id"], partial["credit_move_id"]
        if debit in lines and credit in lines:
            found[debit].add(lines[credit]["move_id"])
            found[credit].add(lines[debit]["move_id"])
    return found


def _full_reconciles(db: Database) -> None:
    """Group lines joined by partials; a group closed to the last line gets a full reconciliation."""
    root: dict[int, int] = {}

    def find(key: int) -> int:
        while root.setdefault(key, key) != key:
            root[key] = root[root[key]]
            key = root[key]
        return key

    partials = db.tables["account.partial.reconcile"].values()
    for partial in partials:
        root[find(partial["debit_move_id"])] = find(partial["credit_move_id"])
    lines = db.tables["account.move.line"]
    groups: dict[int, list[Row]] = defaultdict(list)
    for key in list(root):
        groups[find(key)].append(lines[key])
    done: dict[int, int] = {}
    for head, members in sorted(groups.items()):
        if all(line["reconciled"] for line in members):
            moment = max(line["write_date"] for line in members)
            row = {"name": f"A{len(done) + 1}", "create_date": moment, "write_date": moment, "exchange_move_id": None}
            done[head] = db.add("account.full.reconcile", row)
        for line in members:
            full = done.get(head)
            line["full_reconcile_id"], line["matching_number"] = full, str(full) if full else f"P{head}"
    for partial in partials:
        partial["full_reconcile_id"] = done.get(find(partial["debit_move_id"]))
