"""Customer payments that a remote call makes, changes, posts, cancels and sets back; by version as Odoo does it.

Until 17 a payment is made of a journal entry, which a draft has too. From 18 on it stands alone and gets its entry when
it is confirmed, if it has an outstanding account: Community finds one itself, Enterprise takes the method line's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.business.ledger import Party, ledger_of
from odoo_client.demo.business.matching import unmatch
from odoo_client.demo.business.reconcile import refresh_documents
from odoo_client.demo.orm.faults import user_error, validation_error
from odoo_client.demo.orm.orm import linked
from odoo_client.demo.orm.rows import Row

if TYPE_CHECKING:
    from odoo_client.demo.business.call import Env, Records
    from odoo_client.demo.orm.orm import Database

_STAND_ALONE_SINCE = 18
#: What a posted payment may still change in the demo.
_ALWAYS = frozenset(("memo", "ref", "payment_reference", "invoice_ids"))
_NEGATIVE = "The payment amount cannot be negative."


def create(env: Env, values: Mapping[str, Any]) -> int:
    """Make a draft payment, until 17 with a draft entry; finds journal, currency and method as Odoo does."""
    db = env.db
    journal = db.tables["account.journal"][values.get("journal_id") or cat.journal(env.company_ids[0], cat.J_BANK_USD)]
    direction = values.get("payment_type") or "inbound"
    company = db.tables["res.company"][journal["company_id"]]
    db.check_selections("account.payment", values)
    _check_amount(db, values)
    with _posting_as(env):
        made = ledger_of(db).payment(
            _party(db, values.get("partner_id")), date.fromisoformat(values.get("date") or db.now()[:10]),
            float(values.get("amount") or 0.0), company_id=company["id"],
            currency_id=values.get("currency_id") or journal["currency_id"] or company["currency_id"],
            journal=journal["id"] % 10, direction=direction, state="draft", matched=False,
            memo=values.get("memo") or values.get("ref") or "",
        ).payment  # fmt: skip
    assert made is not None  # noqa: S101 - a payment was asked for
    made |= {"payment_reference": values.get("payment_reference") or None, "is_reconciled": False}
    made |= {"partner_type": values.get("partner_type") or "customer"}
    _choose_method(db, made, journal, values)
    _link_invoices(db, made, values.get("invoice_ids"))
    return int(made["id"])


def write(env: Env, rows: list[Row], values: Mapping[str, Any]) -> None:
    """Change payments; a draft's entry follows. The demo changes no figures of posted ones."""
    db = env.db
    db.check_selections("account.payment", values)
    _check_amount(db, values)
    for row in rows:
        move = _entry(db, row)
        if _state(db, row) != "draft" and not values.keys() <= _ALWAYS:
            changed = ", ".join(sorted(values.keys() - _ALWAYS))
            raise user_error(f"The demo does not play this: changing {changed} of a payment that is not a draft.")
        db.changing("account.payment", row)
        inherited = {name: value for name, value in values.items() if db.models["account.payment"][name].path}
        own = {name: value for name, value in values.items() if name not in inherited and name != "invoice_ids"}
        db.write("account.payment", [row["id"]], own, uid=env.uid)
        # The columns of the entry that a payment shows until 17 are kept beside its own.
        row |= {("memo" if name == "ref" else name): value or None for name, value in inherited.items()}
        if "journal_id" in values or "payment_method_line_id" in values:
            _choose_method(db, row, db.tables["account.journal"][row["journal_id"]], values)
        if "invoice_ids" in values:
            _link_invoices(db, row, values["invoice_ids"])
        if move is not None:
            _follow(db, row, move, env.uid)


def forget(env: Env, rows: list[Row]) -> None:
    """Delete the entries of drafts and cancelled payments before these are deleted. Posted ones are kept."""
    for row in rows:
        move = _entry(env.db, row)
        if move is None:
            continue
        if move["state"] == "posted":
            raise user_error("You cannot delete an entry which has been posted once.")
        _drop_entry(env.db, move, env.uid)


# ---------------------------------------------------------------------- actions


def action_post(records: Records) -> None:
    """Post drafts: the entry gets its number, reconciled with nothing yet; see the module for the versions."""
    env = records.env
    with _posting_as(env):
        for payment in _payments(records):
            if env.db.profile.major >= _STAND_ALONE_SINCE:
                _confirm(env.db, payment, env.uid)
            else:
                _post_entry(env.db, payment, env.uid)


def action_cancel(records: Records) -> None:
    """Cancel payments; a draft's entry is cancelled until 17 and gone from 18 on."""
    env, db = records.env, records.env.db
    for payment in _payments(records):
        move = _entry(db, payment)
        if db.profile.major >= _STAND_ALONE_SINCE:
            db.write("account.payment", [payment["id"]], {"state": "canceled"}, uid=env.uid)
            if move is not None and move["state"] == "draft":
                _drop_entry(db, move, env.uid)
                payment["move_id"] = None
            elif move is not None:
                _cancel_entry(db, move, env.uid)
            _refresh_invoices(db, payment)
        elif move is not None:
            if db.profile.major >= 16:
                _cancel_entry(db, move, env.uid)
            else:
                db.write("account.move", [move["id"]], {"state": "cancel"}, uid=env.uid)
            _stamp(db, payment, env.uid)


def action_draft(records: Records) -> None:
    """Set payments back to draft; what they were reconciled with is open again, except on 19."""
    env, db = records.env, records.env.db
    for payment in _payments(records):
        move = _entry(db, payment)
        if db.profile.major >= _STAND_ALONE_SINCE:
            db.write("account.payment", [payment["id"]], {"state": "draft"}, uid=env.uid)
        if move is not None:
            if db.profile.major >= 16 and move["state"] == "draft":
                raise user_error("Only posted/cancelled journal entries can be reset to draft.")
            if db.profile.major <= 18:
                unmatch(db, _lines(db, move))
            db.write("account.move", [move["id"]], {"state": "draft"}, uid=env.uid)
            _stamp(db, payment, env.uid)
        _refresh_invoices(db, payment)


def _confirm(db: Database, payment: Row, uid: int) -> None:
    if payment["state"] not in ("draft", "in_process"):
        return
    db.changing("account.payment", payment)
    move = _entry(db, payment)
    if move is not None and move["state"] == "draft":
        db.write("account.move", [move["id"]], {"state": "posted"}, uid=uid)
    elif move is None and payment["state"] == "draft":
        day = date.fromisoformat(payment["date"])
        if payment["outstanding_account_id"]:
            payment["name"] = payment["name"] or ledger_of(db).payment_number(payment["journal_id"], day)
            ledger_of(db).payment_entry(payment, _party(db, payment["partner_id"]), "posted")
        else:
            payment["name"] = payment["name"] or _generic_number(db)
    db.write("account.payment", [payment["id"]], {"state": "in_process"}, uid=uid)
    _refresh_invoices(db, payment)


def _generic_number(db: Database) -> str:
    """Return the number of a payment that has no entry."""
    names = [str(row.get("name") or "") for row in db.tables["account.payment"].values()]
    return f"PAY{1 + max((int(name[3:]) for name in names if name[:3] == 'PAY'), default=0):05d}"


def _post_entry(db: Database, payment: Row, uid: int) -> None:
    move = _entry(db, payment)
    if move is None or (move["state"] == "posted" and db.profile.major <= 15):
        return
    if move["state"] != "draft" and db.profile.major >= 16:
        raise user_error(f"The entry {move['name']} (id {move['id']}) must be in draft.")
    number = move["name"]
    if number in (None, "/"):
        number = ledger_of(db).payment_number(move["journal_id"], date.fromisoformat(move["date"]))
    db.write("account.move", [move["id"]], {"state": "posted", "name": number}, uid=uid)
    _stamp(db, payment, uid)


def _cancel_entry(db: Database, move: Row, uid: int) -> None:
    if move["state"] == "cancel":
        raise user_error("Only draft journal entries can be cancelled.")
    unmatch(db, _lines(db, move))
    db.write("account.move", [move["id"]], {"state": "cancel"}, uid=uid)


def _drop_entry(db: Database, move: Row, uid: int) -> None:
    lines = _lines(db, move)
    unmatch(db, lines)
    db.unlink("account.move.line", lines, uid=uid)
    db.unlink("account.move", [move["id"]], uid=uid)


# ---------------------------------------------------------------------- parts


def _payments(records: Records) -> list[Row]:
    records.env.check("account.payment", "write")
    return records.env.visible("account.payment", records.ids)


def _entry(db: Database, payment: Row) -> Row | None:
    return db.tables["account.move"].get(payment.get("move_id") or 0)


def _state(db: Database, payment: Row) -> str:
    move = _entry(db, payment)
    return str(payment["state"] if db.profile.major >= _STAND_ALONE_SINCE or move is None else move["state"])


def _lines(db: Database, move: Row) -> list[int]:
    return list(db.inverse("account.move.line", "move_id").get(move["id"], []))


def _party(db: Database, partner_id: int | None) -> Party:
    partner = db.tables["res.partner"].get(partner_id or 0, {})
    return Party(partner_id or None, partner.get("commercial_partner_id"))


def _stamp(db: Database, payment: Row, uid: int) -> None:
    """Touch the payments whose entries changed."""
    db.changing("account.payment", payment)
    payment["write_date"], payment["write_uid"] = db.now(), uid


def _check_amount(db: Database, values: Mapping[str, Any]) -> None:
    if float(values.get("amount") or 0.0) < 0:
        start = "" if db.profile.major <= 16 else "The operation cannot be completed: "
        old = "account_payment_check_amount_not_negative"
        raise validation_error(old if db.profile.major <= 14 else f"{start}{_NEGATIVE}")


def _choose_method(db: Database, payment: Row, journal: Row, values: Mapping[str, Any]) -> None:
    """Set method line (from 15 on), method and outstanding account; refuses a line of another journal."""
    if db.profile.major <= 14:
        payment["payment_method_id"] = values.get("payment_method_id") or payment["payment_method_id"]
        return
    chosen = values.get("payment_method_line_id")
    inbound = payment["payment_type"] == "inbound"
    if not chosen and (not journal.get("inbound_payment_method_ids") or "payment_method_line_id" in values):
        raise validation_error("Please define a payment method line on your payment.")
    line = db.tables["account.payment.method.line"][chosen or (
        journal["id"] if inbound else cat.outbound_line(journal["id"])
    )]  # fmt: skip
    if line["journal_id"] != journal["id"]:
        raise validation_error(
            "The selected payment method is not available for this payment, please select the payment method again."
        )
    company_id, enterprise = payment["company_id"], db.profile.flavour == "enterprise"
    outstanding = line["payment_account_id"] if enterprise else cat.account(company_id, cat.OUTSTANDING)
    payment |= {"payment_method_line_id": line["id"], "payment_method_id": line["payment_method_id"]}
    payment["outstanding_account_id"] = outstanding


def _link_invoices(db: Database, payment: Row, commands: Any) -> None:
    """Keep both sides of the link between a payment and its invoices (from 18 on); a link moves no `write_date`."""
    if "invoice_ids" not in db.models["account.payment"]:
        return
    before = list(payment.get("invoice_ids") or [])
    db.changing("account.payment", payment)
    payment["invoice_ids"] = linked(before, commands)
    for key in {*before, *payment["invoice_ids"]}:
        invoice = db.tables["account.move"].get(key)
        if invoice is not None:
            db.changing("account.move", invoice)
            others = [one for one in invoice.get("matched_payment_ids") or [] if one != payment["id"]]
            mine = [payment["id"]] if key in payment["invoice_ids"] else []
            invoice["matched_payment_ids"] = sorted([*others, *mine])


def _refresh_invoices(db: Database, payment: Row) -> None:
    """Show a payment without entry on its invoices, by its state alone."""
    if db.profile.major >= _STAND_ALONE_SINCE and not payment.get("move_id"):
        refresh_documents(db, [key for key in payment.get("invoice_ids") or [] if key in db.tables["account.move"]])


def _follow(db: Database, payment: Row, move: Row, uid: int) -> None:
    """Bring a draft's entry in line with its payment."""
    party, memo = _party(db, payment["partner_id"]), payment.get("memo")
    shared = {"date": payment["date"], "ref": memo, "partner_id": party.partner_id}
    shared |= {"currency_id": payment["currency_id"], "journal_id": payment["journal_id"]}
    whole = {"commercial_partner_id": party.commercial_id}
    db.write("account.move", [move["id"]], shared | whole | {"amount_total": payment["amount"]}, uid=uid)
    rate = ledger_of(db).rate(payment["currency_id"], date.fromisoformat(payment["date"]), payment["company_id"])
    sign = 1.0 if payment["payment_type"] == "inbound" else -1.0
    for key in _lines(db, move):
        line = db.tables["account.move.line"][key]
        own = sign if line["account_id"] % 100 == cat.OUTSTANDING else -sign
        amount, balance = own * payment["amount"], own * round(payment["amount"] / rate, 2)
        figures = {"amount_currency": amount, "balance": balance}
        figures |= {"debit": max(balance, 0.0), "credit": max(-balance, 0.0)}
        if own == -sign:
            figures |= {"amount_residual": balance, "amount_residual_currency": amount}
        db.write("account.move.line", [key], shared | figures | {"date_maturity": payment["date"]}, uid=uid)


@contextmanager
def _posting_as(env: Env) -> Iterator[None]:
    """Let entries made within be the caller's."""
    ledger = ledger_of(env.db)
    before, ledger.uid = ledger.uid, env.uid
    try:
        yield
    finally:
        ledger.uid = before
