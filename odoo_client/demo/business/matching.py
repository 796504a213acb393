"""Matching journal items while the demo runs: what reconciling and undoing it change, at once and as Odoo does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.business.ledger import Party, ledger_of
from odoo_client.demo.business.reconcile import match_fully, reconcile, refresh
from odoo_client.demo.orm.faults import python_error, user_error
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Row

if TYPE_CHECKING:
    from odoo_client.demo.business.call import Records

_LINES, _PARTIALS, _FULLS = "account.move.line", "account.partial.reconcile", "account.full.reconcile"


def js_assign_outstanding_line(records: Records, line_id: int) -> Any:
    """Reconcile an outstanding line with the open lines of one invoice on the same account.

    Returns None from 17 on, before that Odoo's own summary, in which records are texts.
    """
    env, db = records.env, records.env.db
    if len(records.ids) != 1:
        shown = ", ".join(map(str, records.ids))
        raise python_error("ValueError", f"Expected singleton: account.move({shown})")
    env.visible("account.move", records.ids)
    env.check(_PARTIALS, "create")
    chosen = env.visible(_LINES, [line_id])[0]
    own = [db.tables[_LINES][key] for key in db.inverse(_LINES, "move_id").get(records.ids[0], [])]
    lines = [chosen, *(line for line in own if line["account_id"] == chosen["account_id"] and not line["reconciled"])]
    lines = _reconcilable(db, lines)
    before, ledger_of(db).uid = ledger_of(db).uid, env.uid
    try:
        partials = _pair(db, lines)
    finally:
        ledger_of(db).uid = before
    if partials:
        settled(db, [line["id"] for line in lines])
    return None if db.profile.major >= 17 else _summary(db, lines, partials)


def _reconcilable(db: Database, lines: list[Row]) -> list[Row]:
    """Return the lines that may be reconciled together; raises UserError for others.

    On 19 a closed line is passed over where an open one of its own group is among them, and drafts may be matched too.
    """
    new = db.profile.major >= 19
    if new:
        open_groups = {line["matching_number"] for line in lines if line["matching_number"] and not line["reconciled"]}
        lines = [line for line in lines if not line["reconciled"] or line["matching_number"] not in open_groups]
    if any(line["reconciled"] for line in lines):
        raise user_error("You are trying to reconcile some entries that are already reconciled.")
    if new and any(line["parent_state"] == "cancel" for line in lines):
        raise user_error("You can not reconcile cancelled entries.")
    if not new and any(line["parent_state"] != "posted" for line in lines):
        raise user_error("You can only reconcile posted entries.")
    companies = {line["company_id"] for line in lines}
    if len(companies) > 1:
        names = [db.tables["res.company"][key]["name"] for key in sorted(companies)]
        verb, between = ("don't", ", ") if new else ("doesn't", " != ")
        raise user_error(f"Entries {verb} belong to the same company: {between.join(names)}")
    return lines


def settled(db: Database, line_ids: Iterable[int]) -> None:
    """Follow partials that came or went: residuals, documents and full reconciliations of all joined with them."""
    keys = [key for key in line_ids if key in db.tables[_LINES]]
    refresh(db, keys)
    match_fully(db, keys)


def unmatch(db: Database, line_ids: Sequence[int]) -> None:
    """Undo the reconciliations of these lines; exchange differences that they made are reversed."""
    own = set(line_ids)
    found = [row for row in db.tables[_PARTIALS].values() if own & {row["debit_move_id"], row["credit_move_id"]}]
    if not found:
        return
    touched = own | {row[side] for row in found for side in ("debit_move_id", "credit_move_id")}
    partials = db.tables[_PARTIALS]
    differences = [partials[key] for row in found if (key := row.get("exchange_partial_id")) in partials]
    touched |= {row[side] for row in differences for side in ("debit_move_id", "credit_move_id")}
    gone = {row["id"]: row for row in (*found, *differences)}
    for key in gone:
        db.changing(_PARTIALS, gone[key])
        db.tables[_PARTIALS].pop(key)
    db.bump(_PARTIALS)
    settled(db, touched)
    for row in differences:
        _reverse_difference(db, row)


def _pair(db: Database, lines: list[Row]) -> list[Row]:
    """Return partials between the debits and credits among open lines, those due first first."""

    def due(line: Row) -> tuple[str, int]:
        return line["date_maturity"] or line["date"], line["id"]

    debits = sorted((line for line in lines if line["amount_residual_currency"] > 0), key=due)
    credits = sorted((line for line in lines if line["amount_residual_currency"] < 0), key=due)
    found = []
    for debit in debits:
        for credit in credits:
            partial = reconcile(ledger_of(db), debit, credit)
            if partial is not None:
                found.append(partial)
    return found


def _reverse_difference(db: Database, partial: Row) -> None:
    """Post an entry against an exchange entry whose reason is gone, and reconcile the two."""
    lines = db.tables[_LINES]
    sides = (lines[partial["debit_move_id"]], lines[partial["credit_move_id"]])
    line = next(one for one in sides if one["move_id"] == partial["exchange_move_id"])
    today = date.fromisoformat(db.now()[:10])
    reversal = ledger_of(db).entry(
        Party(line["partner_id"], line["partner_id"]), today, 0.0, f"Reversal of: {line['move_name']}",
        company_id=line["company_id"], currency_id=line["currency_id"], journal=cat.J_EXCHANGE,
        other=cat.EXCHANGE_LOSS if line["balance"] < 0 else cat.EXCHANGE_GAIN, balance=-line["balance"],
    ).lines[0]  # fmt: skip
    debit, credit = (reversal, line) if reversal["balance"] > 0 else (line, reversal)
    stamp = db.now()
    row = {
        "debit_move_id": debit["id"], "credit_move_id": credit["id"], "amount": abs(line["balance"]),
        "debit_amount_currency": 0.0, "credit_amount_currency": 0.0, "max_date": reversal["date"],
        "debit_currency_id": debit["currency_id"], "credit_currency_id": credit["currency_id"],
        "company_id": line["company_id"], "full_reconcile_id": None, "exchange_move_id": None,
        "create_date": stamp, "write_date": stamp, "create_uid": ledger_of(db).uid, "write_uid": ledger_of(db).uid,
    }  # fmt: skip
    db.add(_PARTIALS, row)
    settled(db, [debit["id"], credit["id"]])


def _summary(db: Database, lines: list[Row], partials: list[Row]) -> dict[str, str]:
    """Return what `reconcile` returned until 16, as JSON-RPC hands it over."""

    def shown(model: str, keys: Iterable[int]) -> str:
        found = list(keys)
        return f"{model}({', '.join(map(str, found))}{',' * (len(found) == 1)})"

    answer = {"partials": shown(_PARTIALS, (row["id"] for row in partials))}
    if partials:
        answer["tax_cash_basis_moves"] = "account.move()"
    fulls = {line["full_reconcile_id"] for line in lines if line["full_reconcile_id"]}
    return answer | ({"full_reconcile": shown(_FULLS, sorted(fulls))} if fulls else {})
