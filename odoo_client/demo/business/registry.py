"""What Odoo does by itself when records are made or changed, and the methods that models have besides the ORM's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from odoo_client.demo.business import activities, matching, messages, payments, tickets
from odoo_client.demo.business.call import Records, api_model
from odoo_client.demo.business.methods import BaseModel, BaseModel14, BaseModel18, BaseModel19
from odoo_client.demo.orm.faults import python_error, validation_error
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Row

#: Models with messages and activities.
_THREADS = (
    "account.move", "account.payment", "contract.contract", "helpdesk.ticket", "product.template", "project.project",
    "project.task", "res.partner", "sale.order", "stock.picking",
)  # fmt: skip

Action = Callable[..., Any]
_THREAD: dict[str, Action] = {
    "activity_schedule": activities.activity_schedule,
    "message_post": messages.message_post,
}
ACTIONS: dict[str, dict[str, Action]] = {model: dict(_THREAD) for model in _THREADS}
ACTIONS["account.payment"] |= {
    "action_cancel": payments.action_cancel,
    "action_draft": payments.action_draft,
    "action_post": payments.action_post,
}
ACTIONS["account.move"]["js_assign_outstanding_line"] = matching.js_assign_outstanding_line
ACTIONS["mail.activity"] = {"action_done": activities.action_done, "action_feedback": activities.action_feedback}


def install_hooks(db: Database) -> None:
    """Let changes have their consequences, as Odoo's overrides and stored computes do."""
    db.hooks |= {"account.partial.reconcile": _partials, "res.partner": _partners, "account.move": _moves}
    db.overrides |= {"ir.attachment": messages.attachment, "res.partner": _contact}
    if "helpdesk.ticket" in db.models:
        db.overrides["helpdesk.ticket"] = tickets.oca if db.profile.flavour == "oca" else tickets.enterprise
        db.hooks["helpdesk.ticket"] = tickets.after_ticket
    db.overrides["project.task"] = tickets.task
    db.hooks["project.task"] = tickets.after_task


def _partials(db: Database, model: str, rows: list[Row]) -> None:
    matching.settled(db, [key for row in rows for key in (row["debit_move_id"], row["credit_move_id"])])


def _contact(db: Database, rows: list[Row] | None, values: dict[str, Any]) -> dict[str, Any]:
    """Refuse a contact of the ordinary type without a name; only addresses may lack one."""
    kinds = {row.get("type") for row in rows or ()} if "type" not in values else {values["type"]}
    if "name" in values and not values["name"] and "contact" in kinds:
        old = db.profile.major <= 14
        start = "The operation cannot be completed: " if db.profile.major >= 17 else ""
        raise validation_error("res_partner_check_name" if old else f"{start}Contacts require a name")
    return values


def _partners(db: Database, model: str, rows: list[Row]) -> None:
    table = db.tables[model]
    for row in rows:
        parent = table.get(row.get("parent_id") or 0)
        commercial = parent["commercial_partner_id"] if parent and not row.get("is_company") else row["id"]
        row["commercial_partner_id"] = commercial
        row["display_name"] = row["complete_name"] = f"{parent['name']}, {row['name']}" if parent else row.get("name")
        for key in db.inverse(model, "parent_id").get(row["id"], []):
            shown = f"{row['name']}, {table[key]['name']}"
            db.touch(model, table[key], display_name=shown, complete_name=shown)


def _moves(db: Database, model: str, rows: list[Row]) -> None:
    lines = db.tables["account.move.line"]
    for row in rows:
        for key in db.inverse("account.move.line", "move_id").get(row["id"], []):
            if row["id"] in db.tables[model]:
                db.touch("account.move.line", lines[key], parent_state=row["state"], move_name=row["name"])


def _context_get(records: Records) -> dict[str, Any]:
    """Return the caller's language and time zone; from 19 also the uid."""
    found: dict[str, Any] = {"lang": "en_US", "tz": "Africa/Harare"}
    return found | ({"uid": records.env.account.uid} if records.env.db.profile.major >= 19 else {})


def _own_has_group(records: Records, group_ext_id: str) -> bool:
    if "." not in group_ext_id:
        raise python_error("AssertionError", f"External ID '{group_ext_id}' must be fully qualified")
    return group_ext_id in records.env.account.groups


def _has_group(records: Records, group_ext_id: str) -> bool:
    if len(records.ids) != 1:
        listed = ", ".join(map(str, records.ids))
        raise python_error("ValueError", f"Expected singleton: res.users({listed})")
    return group_ext_id in records.env.account.groups


def model_class(major: int, model: str) -> type[BaseModel]:
    """Return the class that answers for a model in a version; with the name Python's error texts show there."""
    base: type[BaseModel] = BaseModel19 if major >= 19 else BaseModel18 if major >= 18 else BaseModel
    base = BaseModel14 if major <= 15 else base
    extra: dict[str, Any] = {}
    if model == "res.users":
        extra["context_get"] = api_model(_named("context_get", _context_get))
        extra["has_group"] = (
            _named("has_group", _has_group) if major >= 18 else api_model(_named("has_group", _own_has_group))
        )
    return type("BaseModel", (base,), extra | ACTIONS.get(model, {}))


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = name
    function.__qualname__ = f"ResUsers.{name}"
    return function
