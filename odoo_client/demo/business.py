"""What Odoo does by itself when records are made or changed: defaults, follow-up computations, a few actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from odoo_client.demo import catalogue as cat
from odoo_client.demo.domains import Row
from odoo_client.demo.orm import Database
from odoo_client.demo.reconcile import refresh

if TYPE_CHECKING:
    from odoo_client.demo.methods import BaseModel


def with_defaults(db: Database, model: str, values: Mapping[str, Any], company_id: int, uid: int) -> dict[str, Any]:
    """The values of a `create` with what Odoo fills in itself."""
    fields = db.models[model]
    today = db.now()[:10]
    defaults: dict[str, Any] = {}
    if model != "res.partner" and "company_id" in fields and fields["company_id"].store:
        defaults["company_id"] = company_id
    if "currency_id" in fields and fields["currency_id"].store and not fields["currency_id"].required:
        defaults["currency_id"] = cat.USD
    match model:
        case "res.partner":
            defaults |= {"type": "contact", "customer_rank": 0, "lang": "en_US"}
        case "account.payment":
            defaults |= {"payment_type": "inbound", "partner_type": "customer", "amount": 0.0}
            defaults |= {"payment_method_id": 1, "currency_id": cat.USD}
            if db.profile.major >= 18:
                defaults |= {"state": "draft", "date": today, "journal_id": cat.journal(company_id, cat.J_BANK_USD)}
        case "sale.order":
            partner = values.get("partner_id")
            defaults |= {"name": f"S{len(db.tables[model]) + 1:05d}", "state": "draft", "date_order": db.now()[:19]}
            defaults |= {"partner_invoice_id": partner, "partner_shipping_id": partner, "user_id": uid}
        case "helpdesk.ticket":
            defaults |= {"priority": "1", "stage_id": min(_stages(db), default=None)}
            if "number" in fields:
                defaults["number"] = f"HT{len(db.tables[model]) + 1:05d}"
        case "project.task":
            defaults |= {"priority": "0", "state": "01_in_progress", "kanban_state": "normal"}
        case "ir.attachment":
            defaults |= {"type": "binary", "mimetype": "application/octet-stream"}
    known = {name: value for name, value in defaults.items() if name in fields}
    return {**known, **_payment_entry(db, model, values, company_id, today), **values}


def _payment_entry(db: Database, model: str, values: Mapping[str, Any], company_id: int, today: str) -> dict[str, Any]:
    """Until 17 a payment is made of an entry, which a draft has too; its fields are the entry's."""
    if model != "account.payment" or db.profile.major >= 18:
        return {}
    now = db.now()
    move: Row = {
        "name": "/", "ref": values.get("ref") or None, "state": "draft", "move_type": "entry",
        "date": values.get("date") or today, "partner_id": values.get("partner_id"), "company_id": company_id,
        "commercial_partner_id": values.get("partner_id"), "currency_id": values.get("currency_id") or cat.USD,
        "journal_id": values.get("journal_id") or cat.journal(company_id, cat.J_BANK_USD), "payment_state": "not_paid",
        "amount_total": values.get("amount") or 0.0, "amount_residual": 0.0, "create_date": now, "write_date": now,
    }  # fmt: skip
    return {"move_id": db.add("account.move", move)}


def _stages(db: Database) -> list[int]:
    return list(db.tables[db.models["helpdesk.ticket"]["stage_id"].relation])


# ---------------------------------------------------------------------- after a change


def install_hooks(db: Database) -> None:
    """Let changes of partial reconciliations, partners and tickets have their consequences, as stored computes do."""

    def partials(db: Database, model: str, rows: list[Row]) -> None:
        refresh(db, [key for row in rows for key in (row["debit_move_id"], row["credit_move_id"])])

    def partners(db: Database, model: str, rows: list[Row]) -> None:
        for row in rows:
            parent = db.tables[model].get(row.get("parent_id") or 0)
            commercial = parent["commercial_partner_id"] if parent and not row.get("is_company") else row["id"]
            row["commercial_partner_id"] = commercial
            row["display_name"] = row["complete_name"] = (
                f"{parent['name']}, {row['name']}" if parent else row.get("name")
            )

    def moves(db: Database, model: str, rows: list[Row]) -> None:
        lines = db.tables["account.move.line"]
        for row in rows:
            for key in db.inverse("account.move.line", "move_id").get(row["id"], []):
                if row["id"] in db.tables[model]:
                    db.touch("account.move.line", lines[key], parent_state=row["state"], move_name=row["name"])

    def tickets(db: Database, model: str, rows: list[Row]) -> None:
        for row in rows:
            stage = db.tables[db.models[model]["stage_id"].relation].get(row.get("stage_id") or 0, {})
            closed = bool(stage.get("closed") or stage.get("fold"))
            for name in ("closed_date", "close_date"):
                row[name] = (row.get(name) or db.now()) if closed else None
            row["last_stage_update"] = row["date_last_stage_update"] = row.get("last_stage_update") or db.now()
            row["unattended"] = bool(stage.get("unattended"))
            partner = db.tables["res.partner"].get(row.get("partner_id") or 0, {})
            row["commercial_partner_id"] = partner.get("commercial_partner_id")
            if partner:
                row["partner_name"] = row.get("partner_name") or partner["name"]
                row["partner_email"] = row.get("partner_email") or partner.get("email")

    db.hooks.update({"account.partial.reconcile": partials, "res.partner": partners, "account.move": moves})
    if "helpdesk.ticket" in db.models:
        db.hooks["helpdesk.ticket"] = tickets


# ---------------------------------------------------------------------- actions


def post_payment(records: BaseModel) -> None:
    """Post draft payments: an entry with a receivable line, reconciled with nothing yet; others stay as they are."""
    from odoo_client.demo.ledger import Party

    db = records.env.db
    for payment in db.browse("account.payment", records.ids, records.env.account.uid):
        move = db.tables["account.move"].get(payment.get("move_id") or 0)
        state = payment["state"] if db.profile.major >= 18 else (move or {}).get("state")
        if state != "draft":
            continue
        day = date.fromisoformat(payment["date"] if db.profile.major >= 18 else (move or {})["date"])
        number = (payment["journal_id"] if db.profile.major >= 18 else (move or {})["journal_id"]) % 10
        partner = db.tables["res.partner"].get(payment.get("partner_id") or 0, {})
        company_id = payment.get("company_id") or (move or {}).get("company_id") or 1
        posted = db.ledger.payment(
            Party(payment.get("partner_id"), partner.get("commercial_partner_id")), day, payment["amount"],
            company_id=company_id, currency_id=payment["currency_id"], journal=number,
            direction=payment["payment_type"], memo=payment.get("memo") or (move or {}).get("ref") or "", matched=False,
        )  # fmt: skip
        # The entry is made for the payment that is there already.
        made, entry = posted.payment or {}, posted.move
        del db.tables["account.payment"][made["id"]]
        now = db.now()
        entry.update(payment_id=payment["id"], origin_payment_id=payment["id"], write_date=now)
        for line in db.search("account.move.line", [["move_id", "=", entry["id"]]]):
            line.update(payment_id=payment["id"], write_date=now)
        if move is not None:
            del db.tables["account.move"][move["id"]]
        payment.update(move_id=entry["id"], state=made["state"], name=made["name"], write_date=now)


def assign_outstanding(records: BaseModel, line_id: int) -> None:
    """Reconcile an outstanding receivable line with an invoice (`js_assign_outstanding_line`)."""
    from odoo_client.demo.reconcile import reconcile

    db = records.env.db
    credit = db.browse("account.move.line", [line_id], records.env.account.uid)[0]
    receivable = [["move_id", "in", records.ids], ["reconciled", "=", False], ["parent_state", "=", "posted"]]
    touched = {credit["id"]}
    for debit in db.search("account.move.line", receivable, order="date_maturity, id"):
        if debit["account_id"] == credit["account_id"] and reconcile(db.ledger, debit, credit) is not None:
            touched.add(debit["id"])
    refresh(db, touched)


ACTIONS: dict[str, dict[str, Callable[..., Any]]] = {
    "account.payment": {"action_post": post_payment},
    "account.move": {"js_assign_outstanding_line": assign_outstanding},
}
