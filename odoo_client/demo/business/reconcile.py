"""Reconciliation: partials with exchange differences, and what follows from them (residuals, payment states)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.business.ledger import Document, Ledger, Party
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Row

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
        exchange = _exchange(ledger, debit if difference > 0 else credit, difference, day)
        # No field of Odoo's: what to take back when the match is undone.
        partial["exchange_partial_id"] = exchange["id"]
    return partial


def settle(ledger: Ledger, document: Document, invoices: Iterable[Document]) -> None:
    """Apply a payment or credit note to invoices, oldest due line first, as far as it goes."""
    for invoice in invoices:
        for line in invoice.open_lines:
            for source in document.open_lines:
                reconcile(ledger, line, source)


def _company_share(line: Row, in_currency: float, left: float, sign: float) -> float:
    """Return what an amount in the line's currency takes from its company residual: all of it when the line closes."""
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
        "create_date": stamp, "write_date": stamp, "create_uid": ledger.uid, "write_uid": ledger.uid,
    }  # fmt: skip
    ledger.db.add("account.partial.reconcile", row)
    for line, sign, currency in ((debit, 1.0, in_debit), (credit, -1.0, in_credit)):
        ledger.db.changing("account.move.line", line)
        line["amount_residual"] = round(line["amount_residual"] - sign * amount, 2) + 0.0
        line["amount_residual_currency"] = round(line["amount_residual_currency"] - sign * currency, 2) + 0.0
        line["reconciled"] = abs(line["amount_residual"]) < _CENT and abs(line["amount_residual_currency"]) < _CENT
        line["write_date"] = max(line["write_date"], stamp)
    return row


def _exchange(ledger: Ledger, line: Row, difference: float, day: str) -> Row:
    """Close the company amount that the line's rate leaves over: a loss on an invoice, a gain on a payment.

    Returns the partial that closes it.
    """
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
    return _partial(ledger, debit, credit, abs(difference), 0.0, 0.0, moment.isoformat(), document.move["id"])


def close_books(db: Database) -> None:
    """Set full reconciliations, residuals and payment states from the lines and partials as they stand."""
    _full_reconciles(db)
    lines_of: dict[int, list[Row]] = defaultdict(list)
    for line in db.tables["account.move.line"].values():
        if db.tables["account.account"].get(line["account_id"] or 0, {}).get("account_type") == "asset_receivable":
            lines_of[line["move_id"]].append(line)
    links = _links(db)

    def put(model: str, row: Row, **values: Any) -> None:
        row.update(values)

    _settle_states(db, lines_of, links, put, linking=True)


def refresh(db: Database, line_ids: Iterable[int]) -> None:
    """Recompute the lines and documents of a partial made or deleted; only changes move `write_date`."""
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
        db.touch("account.move.line", line, amount_residual=own, amount_residual_currency=currency, reconciled=done)
    refresh_documents(db, {line["move_id"] for line in lines})


def refresh_documents(db: Database, move_ids: Iterable[int]) -> None:
    """Recompute residual and payment state of documents, then the payments that follow from them."""
    links = _links(db)
    table, accounts = db.tables["account.move.line"], db.tables["account.account"]
    lines_of: dict[int, list[Row]] = {}
    for move_id in dict.fromkeys(move_ids):
        siblings = [table[key] for key in db.inverse("account.move.line", "move_id").get(move_id, [])]
        lines_of[move_id] = [
            row
            for row in siblings
            if accounts.get(row["account_id"] or 0, {}).get("account_type") == "asset_receivable"
        ]
    _settle_states(db, lines_of, links, lambda model, row, **values: db.touch(model, row, **values), linking=False)


def _settle_states(
    db: Database, lines_of: Mapping[int, list[Row]], links: _Links, put: Callable[..., None], *, linking: bool
) -> None:
    """Recompute documents, then the payments behind them: from 18 on one is paid once all its invoices are.

    `linking` ties payments and invoices as Odoo's wizard does when it registers one; later matches do not.
    """
    payments: dict[int, Row] = {}
    for move_id, lines in lines_of.items():
        for payment in _document_state(db, move_id, lines, links, put, linking=linking):
            payments[payment["id"]] = payment
    if db.profile.major < 18 or db.profile.flavour == "enterprise":
        return
    for payment in payments.values():
        if payment["state"] == "in_process" or (payment["state"] == "paid" and db.profile.major >= 19):
            invoices = [db.tables["account.move"][key] for key in _invoices_of(db, payment, links)]
            paid = bool(invoices) and all(invoice["payment_state"] == "paid" for invoice in invoices)
            put("account.payment", payment, state="paid" if paid else "in_process")


def _invoices_of(db: Database, payment: Row, links: _Links) -> set[int]:
    """Return the invoices that decide a payment's state: those it is meant for, on 19 also those it is matched with."""
    found = set(payment.get("invoice_ids") or ())
    if db.profile.major >= 19 and payment.get("move_id"):
        for key in db.inverse("account.move.line", "move_id").get(payment["move_id"], []):
            found |= links.counterparts.get(key, set())
    moves = db.tables["account.move"]
    return {key for key in found if key in moves and moves[key]["move_type"] != "entry"}


def _document_state(
    db: Database, move_id: int, lines: list[Row], links: _Links, put: Callable[..., None], *, linking: bool
) -> list[Row]:
    """Set residual and payment state of the document the lines belong to; return the payments concerned."""
    moves, payments = db.tables["account.move"], db.tables["account.payment"]
    move = moves[move_id]
    residual = round(sum(line["amount_residual"] for line in lines), 2) + 0.0
    payment = payments.get(move.get("payment_id") or 0)
    if payment is not None:
        put("account.payment", payment, is_reconciled=all(line["reconciled"] for line in lines))
    if move["move_type"] == "entry":
        return [payment] if payment is not None else []
    in_currency = round(abs(sum(line["amount_residual_currency"] for line in lines)), 2)
    others = [moves[key] for line in lines for key in links.counterparts.get(line["id"], ())]
    paying = [payments[other["payment_id"]] for other in others if other.get("payment_id")]
    state = "not_paid"
    if move["state"] == "posted" and all(line["reconciled"] for line in lines):
        kinds = {other["move_type"] for other in others if other["move_type"] != "entry" or other.get("payment_id")}
        enterprise = db.profile.flavour == "enterprise"
        pending = enterprise and any(not row["is_matched"] for row in paying)
        state = "reversed" if kinds == {"out_refund"} else "in_payment" if pending else "paid"
    elif move_id in links.without_entry:
        # 18+ Enterprise: such a payment shows on the invoice and leaves its residual alone.
        state, paying = "in_payment", [*paying, *links.without_entry[move_id]]
    elif any(links.counterparts.get(line["id"]) for line in lines):
        state = "partial"
    put("account.move", move, amount_residual=in_currency, amount_residual_signed=residual, payment_state=state)
    if linking:
        put("account.move", move, matched_payment_ids=sorted({row["id"] for row in paying}))
        for row in paying if db.profile.major >= 18 else ():
            if move_id not in (row.get("invoice_ids") or []):
                put("account.payment", row, invoice_ids=[*(row.get("invoice_ids") or []), move_id])
    return [*paying, *(payments[key] for key in move.get("matched_payment_ids") or () if key in payments)]


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


def match_fully(db: Database, line_ids: Iterable[int]) -> None:
    """Set full reconciliations and matching numbers of the lines and of all that partials join with them.

    From 17 on Odoo writes matching numbers past its ORM, so that they move no `write_date`.
    """
    lines, partials = db.tables["account.move.line"], db.tables["account.partial.reconcile"]
    joined: dict[int, list[Row]] = defaultdict(list)
    for partial in partials.values():
        joined[partial["debit_move_id"]].append(partial)
        joined[partial["credit_move_id"]].append(partial)
    seen: set[int] = set()
    for start in line_ids:
        group, frontier, matches = {start}, [start], {}
        while frontier and start not in seen:
            for partial in joined.get(frontier.pop(), ()):
                matches[partial["id"]] = partial
                more = {partial["debit_move_id"], partial["credit_move_id"]} - group
                group |= more
                frontier += more
        if start not in seen:
            seen |= group
            members = [lines[key] for key in sorted(group) if key in lines]
            _number(db, members, [matches[key] for key in sorted(matches)])


def _number(db: Database, members: list[Row], matches: list[Row]) -> None:
    """Give one group of joined lines its full reconciliation, or take away one that no longer holds."""
    fulls = db.tables["account.full.reconcile"]
    known = {line["full_reconcile_id"] for line in members if line["full_reconcile_id"] in fulls}
    whole = bool(matches) and all(line["reconciled"] for line in members)
    full = min(known) if whole and len(known) == 1 else None
    if full is None:
        db.unlink("account.full.reconcile", sorted(known))
        if whole:
            stamps = {"create_date": db.now(), "write_date": db.now()}
            users = {"create_uid": db.ledger.uid, "write_uid": db.ledger.uid}
            full = db.add("account.full.reconcile", stamps | users | {"exchange_move_id": None})
            fulls[full]["name"] = f"A{full}"
    old = db.profile.major <= 16
    number = (f"A{full}" if old else str(full)) if full else None
    if full is None and matches:
        number = "P" if old else f"P{matches[0]['id']}"
    for line in members:
        db.touch("account.move.line", line, full_reconcile_id=full)
        if old:
            db.touch("account.move.line", line, matching_number=number)
        else:
            db.changing("account.move.line", line)
            line["matching_number"] = number
    for partial in matches:
        db.touch("account.partial.reconcile", partial, full_reconcile_id=full)
