"""Create, write and unlink as a remote call does them: rights, defaults, checks, and what belongs to a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.business import payments, tickets
from odoo_client.demo.business.markup import sanitised
from odoo_client.demo.business.rights import label
from odoo_client.demo.orm.faults import access_error, missing_error, validation_error
from odoo_client.demo.orm.rows import Row

if TYPE_CHECKING:
    from odoo_client.demo.business.call import Env
    from odoo_client.demo.orm.orm import Database

#: Fields through which Odoo reads the record while it writes: a missing one is missed, not refused by PostgreSQL.
_READ_THROUGH = ("stage_id", "team_id")
#: What hangs on a record by its model and id, and goes with it.
_HANGING = (("ir.attachment", "res_model"), ("mail.activity", "res_model"), ("mail.message", "model"))


def create(env: Env, model: str, values: Mapping[str, Any]) -> int:
    """Create one record with Odoo's defaults and its x2many children. Raises the Fault Odoo would send."""
    db = env.db
    env.check(model, "create")
    own, children = _apart(env, model, values, creating=True)
    if model == "ir.attachment":
        _check_attachment(env, own)
    if model == "account.payment":
        key = payments.create(env, own)
    else:
        key = db.create(model, _with_defaults(env, model, own), uid=env.uid)
    _change_children(env, model, key, children)
    rule = env.rule(model)
    if rule is not None and not rule(db.tables[model][key]):
        raise access_error(
            "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
            f"Sorry, you don't have 'create' access to:\n- {label(model)} ({model})"
        )
    return key


def write(env: Env, model: str, rows: list[Row], values: Mapping[str, Any]) -> None:
    """Change records. Raises the Fault Odoo would send."""
    own, children = _apart(env, model, values, creating=False)
    if model == "ir.attachment":
        for row in rows:
            _check_attachment(env, row)
    if model == "account.payment":
        payments.write(env, rows, own)
    else:
        env.db.write(model, [row["id"] for row in rows], own, uid=env.uid)
    for row in rows:
        _change_children(env, model, row["id"], children)


def unlink(env: Env, model: str, rows: list[Row]) -> None:
    """Delete records with what hangs on them: messages, activities and attachments."""
    db = env.db
    keys = {row["id"] for row in rows}
    if model == "account.payment":
        payments.forget(env, rows)
    db.unlink(model, sorted(keys), uid=env.uid)
    for hanging, link in _HANGING:
        found = [row["id"] for row in db.tables.get(hanging, {}).values()
                 if row.get(link) == model and row.get("res_id") in keys]  # fmt: skip
        db.unlink(hanging, found, uid=env.uid)


def guarded(db: Database, model: str, values: Mapping[str, Any], *, creating: bool, uid: int) -> dict[str, Any]:
    """Return the values as they may be stored: known fields, sanitised HTML, no many2one to a missing record."""
    checked: dict[str, Any] = {}
    for name, value in values.items():
        field = db.known(model, name, creating=creating)
        if field.type == "html" and isinstance(value, str):
            value = sanitised(value)
        elif field.type == "many2one" and value and value not in db.tables[field.relation]:
            if name in _READ_THROUGH or (name == "journal_id" and db.profile.major >= 16):
                raise missing_error(field.relation, value, uid)
            raise _no_such(db, model, name, field.label)
        checked[name] = value
    return checked


def _apart(
    env: Env, model: str, values: Mapping[str, Any], *, creating: bool
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Return a record's own values, checked, and the commands for its one2many children."""
    checked = guarded(env.db, model, values, creating=creating, uid=env.uid)
    fields = env.db.models[model]
    children = {name: list(value or []) for name, value in checked.items() if fields[name].type == "one2many"}
    return {name: value for name, value in checked.items() if name not in children}, children


def _change_children(env: Env, model: str, key: int, children: Mapping[str, list[Any]]) -> None:
    for name, commands in children.items():
        field = env.db.models[model][name]
        for command in commands:
            match command:
                case [0, _, values]:
                    create(env, field.relation, {**values, field.inverse: key})
                case [1, child, values]:
                    env.check(field.relation, "write")
                    write(env, field.relation, env.db.browse(field.relation, [child], env.uid), values)
                case [2, child, *_]:
                    env.check(field.relation, "unlink")
                    unlink(env, field.relation, env.db.browse(field.relation, [child], env.uid))


def _with_defaults(env: Env, model: str, values: dict[str, Any]) -> dict[str, Any]:
    db, company_id = env.db, env.company_ids[0]
    fields = db.models[model]
    defaults: dict[str, Any] = {}
    if model != "res.partner" and "company_id" in fields and fields["company_id"].store:
        defaults["company_id"] = company_id
    if "currency_id" in fields and fields["currency_id"].store and not fields["currency_id"].required:
        defaults["currency_id"] = db.tables["res.company"][company_id]["currency_id"]
    match model:
        case "res.partner":
            defaults |= {"type": "contact", "customer_rank": 0, "lang": "en_US"}
        case "sale.order":
            partner = values.get("partner_id")
            defaults |= {"name": f"S{len(db.tables[model]) + 1:05d}", "state": "draft", "date_order": db.now()[:19]}
            defaults |= {"partner_invoice_id": partner, "partner_shipping_id": partner, "user_id": env.uid}
        case "helpdesk.ticket" | "project.task":
            defaults |= tickets.defaults(env, model, values)
        case "ir.attachment":
            defaults |= {"type": "binary", "public": False}
        case "mail.activity":
            defaults |= {"date_deadline": db.now()[:10], "automated": False, "activity_type_id": cat.TODO}
    return {name: value for name, value in defaults.items() if name in fields} | values


def _check_attachment(env: Env, values: Mapping[str, Any]) -> None:
    """Refuse a file on a record to those who may not change the record."""
    model, key = values.get("res_model"), values.get("res_id")
    if not model or not key or model not in env.db.tables or env.may_touch(model, key, "write"):
        return
    if env.db.profile.major >= 18:
        raise access_error("Sorry, you are not allowed to access this document.")
    env.check(model, "write")
    raise access_error("Sorry, you are not allowed to access this document.")


def _no_such(db: Database, model: str, name: str, title: str) -> Exception:
    if db.profile.major >= 18:
        return validation_error(
            "The operation cannot be completed: Another model is using the record you are trying to delete.\n\n"
            f"The troublemaker is: '{label(model)}' ({model})\nThanks to the following constraint: '{title}' ({name})\n"
            "How about archiving the record instead?"
        )
    return validation_error(
        "The operation cannot be completed: another model requires the record being deleted. If possible, archive it "
        f"instead.\n\nModel: {label(model)} ({model}), Constraint: {model.replace('.', '_')}_{name}_fkey"
    )
