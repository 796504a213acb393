"""Fields that Odoo computes on the fly: readable, not stored, not to be aggregated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from odoo_client.demo.orm.rows import Row, Tables


def display_name(db: Tables, model: str, row: Row) -> str:
    """Return what a many2one shows."""
    name = row.get("name")
    match model:
        case "res.partner":
            parent = db.tables[model].get(row.get("parent_id") or 0)
            own = name or f"{(row.get('type') or 'contact').title()} Address"
            return f"{parent['name']}, {own}" if parent else str(own)
        case "res.users":
            return str(db.tables["res.partner"][row["partner_id"]]["name"])
        case "product.product":
            title = db.tables["product.template"][row["product_tmpl_id"]]["name"]
            return f"[{row['default_code']}] {title}" if row.get("default_code") else str(title)
        case "product.category":
            return str(row.get("complete_name") or name)
        case "account.account":
            return f"{row['code']} {name}"
        case "account.move":
            return str(name) if name and name != "/" else f"Draft Entry (* {row['id']})"
        case "account.move.line":
            return f"{row.get('move_name') or '/'} {name or ''}".strip()
        case "account.payment":
            found = name if "memo" in db.models[model] else _move_of(db, row).get("name")
            return str(found) if found and found != "/" else "Draft Payment"
        case "helpdesk.ticket" if "number" in db.models[model]:
            return f"{row['number']} - {name}"
        case "mail.activity":
            kind = db.tables["mail.activity.type"].get(row.get("activity_type_id") or 0, {})
            return str(row.get("summary") or kind.get("name") or "")
        case "account.payment.method.line":
            return f"{name} ({db.tables['account.journal'][row['journal_id']]['name']})"
        case _:
            return str(name) if name else f"{model},{row['id']}"


def _move_of(db: Tables, payment: Row) -> Row:
    return db.tables["account.move"].get(payment.get("move_id") or 0, {})


def _current_rate(db: Tables, currency: Row) -> float:
    rates = [row for row in db.tables["res.currency.rate"].values() if row["currency_id"] == currency["id"]]
    today = db.now()[:10]
    past = [row for row in rates if row["name"] <= today and not row.get("company_id")]
    return float(max(past, key=lambda row: str(row["name"]))["rate"]) if past else 1.0


def _root(db: Tables, company: Row) -> int:
    """Return the company at the top: it has the rates of all its branches."""
    while company.get("parent_id"):
        company = db.tables["res.company"][company["parent_id"]]
    return int(company["id"])


def _receivable(db: Tables, partner: Row) -> float:
    lines = db.tables["account.move.line"].values()
    return round(sum(line["amount_residual"] or 0.0 for line in lines if _is_open_of(line, partner["id"])), 2)


def _is_open_of(line: Row, partner_id: int) -> bool:
    return line.get("partner_id") == partner_id and line["parent_state"] == "posted" and not line["reconciled"]


def _main_currency(db: Tables, row: Row) -> int:
    return int(db.tables["res.company"][row.get("company_id") or 1]["currency_id"])


def _line_price(db: Tables, line: Row) -> float:
    if line.get("automatic_price") and line.get("product_id"):
        template_id = db.tables["product.product"][line["product_id"]]["product_tmpl_id"]
        return float(db.tables["product.template"][template_id]["list_price"])
    return float(line.get("specific_price") or 0.0)


def _line_subtotal(db: Tables, line: Row) -> float:
    return round(float(line["quantity"]) * _line_price(db, line) * (1 - (line.get("discount") or 0.0) / 100), 2)


def _line_state(db: Tables, line: Row) -> str:
    today = db.now()[:10]
    if line.get("is_canceled"):
        return "canceled"
    if line["date_start"] > today:
        return "upcoming"
    if line.get("date_end") and line["date_end"] < today:
        return "closed"
    return "upcoming-close" if line.get("date_end") else "in-progress"


def _status_in_payment(db: Tables, move: Row) -> str | None:
    state, paid = move["state"], move.get("payment_state")
    return str(state) if state != "posted" else str(paid) if paid else "posted"


def _invoices_of_payment(db: Tables, payment: Row) -> list[int]:
    """Return invoices whose receivable lines are partially reconciled with the payment's."""
    lines = db.tables["account.move.line"]
    move_id = payment.get("move_id")
    own = set(db.inverse("account.move.line", "move_id").get(move_id, [])) if move_id else set()
    found = set()
    for partial in db.tables["account.partial.reconcile"].values():
        debit, credit = partial["debit_move_id"], partial["credit_move_id"]
        if credit in own:
            found.add(lines[debit]["move_id"])
        elif debit in own:
            found.add(lines[credit]["move_id"])
    return sorted(found | set(payment.get("invoice_ids") or []))


def _task_closed(db: Tables, task: Row) -> bool:
    return task.get("state") in ("1_done", "1_canceled")


def _invoices_of_order(db: Tables, order: Row) -> list[int]:
    moves = db.tables["account.move"].values()
    return [move["id"] for move in moves if move.get("invoice_origin") == order["name"]]


def _activity_state(db: Tables, activity: Row) -> str:
    if not activity.get("active", True):
        return "done"
    today = db.now()[:10]
    deadline = str(activity["date_deadline"])
    return "overdue" if deadline < today else "today" if deadline == today else "planned"


def _all_groups(db: Tables, user: Row) -> list[int]:
    return list(user.get("group_ids") or [])


#: (model, field) -> its value for a row.
COMPUTED: dict[tuple[str, str], Callable[[Tables, Row], Any]] = {
    ("res.company", "root_id"): _root,
    ("res.currency", "rate"): _current_rate,
    ("res.partner", "credit"): _receivable,
    ("res.partner", "debit"): lambda db, row: 0.0,
    ("product.template", "currency_id"): _main_currency,
    ("product.product", "currency_id"): _main_currency,
    ("product.product", "lst_price"): lambda db, row: db.tables["product.template"][row["product_tmpl_id"]][
        "list_price"
    ],
    ("account.account", "code"): lambda db, row: row["code"],
    ("account.move", "status_in_payment"): _status_in_payment,
    ("account.payment", "reconciled_invoice_ids"): _invoices_of_payment,
    ("account.move", "reconciled_payment_ids"): lambda db, row: list(row.get("matched_payment_ids") or []),
    ("sale.order", "invoice_ids"): _invoices_of_order,
    ("sale.order", "expected_date"): lambda db, row: row.get("commitment_date") or row["date_order"],
    ("contract.contract", "currency_id"): _main_currency,
    ("contract.line", "price_unit"): _line_price,
    ("contract.line", "price_subtotal"): _line_subtotal,
    ("contract.line", "state"): _line_state,
    ("project.project", "message_partner_ids"): lambda db, row: list(row.get("message_partner_ids") or []),
    ("project.task", "is_closed"): _task_closed,
    ("res.groups", "full_name"): lambda db, row: row["name"],
    ("res.users", "all_group_ids"): _all_groups,
    ("ir.attachment", "datas"): lambda db, row: row.get("datas"),
    ("mail.activity", "state"): _activity_state,
}

#: (model, one2many) -> which of the records that point back belong to it; without an entry all of them do.
ONE2MANY_ONLY: dict[tuple[str, str], Callable[[Tables, Row], bool]] = {
    ("account.payment", "attachment_ids"): lambda db, row: row.get("res_model") == "account.payment",
    ("account.journal", "inbound_payment_method_line_ids"): lambda db, row: _direction(db, row) == "inbound",
    ("account.journal", "outbound_payment_method_line_ids"): lambda db, row: _direction(db, row) == "outbound",
}


def _direction(db: Tables, method_line: Row) -> str:
    return str(db.tables["account.payment.method"][method_line["payment_method_id"]]["payment_type"])
