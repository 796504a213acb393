"""What Odoo fills in on tickets and tasks that are made or moved: number, stage, dates of assigning and closing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from odoo_client.datasets.task_states import CLOSED_STATES, IN_PROGRESS
from odoo_client.demo.orm.orm import Database, linked
from odoo_client.demo.orm.rows import Row

if TYPE_CHECKING:
    from odoo_client.demo.business.call import Env


def defaults(env: Env, model: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values a new ticket or task gets where none are given."""
    if model == "project.task":
        return _task_defaults(env, values)
    return _oca_defaults(env, values) if env.db.profile.flavour == "oca" else _enterprise_defaults(env)


def _oca_defaults(env: Env, values: Mapping[str, Any]) -> dict[str, Any]:
    db = env.db
    found: dict[str, Any] = {"priority": "1", "sequence": 10, "stage_id": _first_stage(db, "helpdesk.ticket.stage")}
    found["number"] = f"HT{_last_number(db, 'number') + 1:05d}"
    teams = db.tables["helpdesk.ticket.team"]
    team_id = values.get("team_id")
    if db.profile.major >= 19:
        # "Auto assign tickets" is on from the start: to whoever makes the ticket.
        found["user_id"] = env.uid
        if "user_id" not in values:
            found["assigned_date"] = False  # nobody assigned it
        user = values.get("user_id", env.uid)
        own = [key for key, team in teams.items() if user and user in (team.get("user_ids") or [])]
        if "team_id" not in values and own:
            found["team_id"] = own[0]
    company_id = teams[team_id]["company_id"] if team_id else None
    return found | ({"company_id": company_id} if company_id else {})


def _enterprise_defaults(env: Env) -> dict[str, Any]:
    db = env.db
    return {
        "priority": "0", "kanban_state": "normal", "ticket_ref": f"{_last_number(db, 'ticket_ref') + 1:05d}",
        "stage_id": _first_stage(db, "helpdesk.stage"), "team_id": min(db.tables["helpdesk.team"], default=None),
    }  # fmt: skip


def _task_defaults(env: Env, values: Mapping[str, Any]) -> dict[str, Any]:
    db, project_id = env.db, values.get("project_id")
    found: dict[str, Any] = {"priority": "0", "state": IN_PROGRESS, "kanban_state": "normal"}
    found |= {"user_id": env.uid, "user_ids": [env.uid]}
    if not {"user_id", "user_ids"} & values.keys():
        found["date_assign"] = False  # nobody assigned it
    if project_id:
        stages = db.tables["project.task.type"].values()
        own = [stage for stage in stages if project_id in (stage.get("project_ids") or [])]
        found["stage_id"] = min(own, key=_sequence, default={}).get("id")
        found["company_id"] = db.tables["project.project"][project_id]["company_id"]
    return found


def _first_stage(db: Database, model: str) -> int | None:
    found: int | None = min(db.tables[model].values(), key=_sequence, default={}).get("id")
    return found


def _sequence(stage: Row) -> tuple[int, int]:
    return stage.get("sequence") or 0, stage["id"]


def _last_number(db: Database, name: str) -> int:
    digits = ("".join(filter(str.isdigit, str(row.get(name) or ""))) for row in db.tables["helpdesk.ticket"].values())
    return max((int(one) for one in digits if one), default=0)


# ---------------------------------------------------------------------- on create and write


def oca(db: Database, rows: list[Row] | None, values: dict[str, Any]) -> dict[str, Any]:
    """Set dates as OCA does: that of the last closing stays when the ticket is opened again."""
    now = db.now()[:19]
    if values.get("user_id"):
        values.setdefault("assigned_date", now)
    if rows is None:
        values.setdefault("last_stage_update", now)
    elif values.get("stage_id"):
        values["last_stage_update"] = now
        if db.tables["helpdesk.ticket.stage"][values["stage_id"]].get("closed"):
            values["closed_date"] = now
    return values


def enterprise(db: Database, rows: list[Row] | None, values: dict[str, Any]) -> dict[str, Any]:
    """Set dates as Enterprise does: a ticket opened again has no closing date; the first assigning counts."""
    now = db.now()[:19]
    if values.get("user_id") and not any(row.get("assign_date") for row in rows or ()):
        values.setdefault("assign_date", now)
    if values.get("stage_id"):
        stage = db.tables["helpdesk.stage"][values["stage_id"]]
        closes = stage.get("is_close") if db.profile.major <= 15 else stage.get("fold")
        values["date_last_stage_update"] = now
        values["close_date"] = now if closes else False
    if values.get("partner_id"):
        partner = db.tables["res.partner"][values["partner_id"]]
        for name, source in (("partner_name", "name"), ("partner_email", "email"), ("partner_phone", "phone")):
            values.setdefault(name, partner.get(source))
    return values


def task(db: Database, rows: list[Row] | None, values: dict[str, Any]) -> dict[str, Any]:
    """Set what a task's stage and state decide.

    A folded stage sets the end, whatever the task's own state (17 and newer). A new stage sets that state back to "In
    Progress" unless it is closed.
    """
    now = db.now()[:19]
    if "stage_id" in values:
        stage = db.tables["project.task.type"].get(values["stage_id"] or 0, {})
        ends = stage.get("fold") or (stage.get("is_closed") and db.profile.major <= 15)
        values |= {"date_end": now if ends else False, "date_last_stage_update": now}
        if "kanban_state" in db.models["project.task"]:
            values.setdefault("kanban_state", "normal")
        if "state" in db.models["project.task"] and "state" not in values:
            for row in rows or ():
                if row.get("state") not in CLOSED_STATES:
                    # No task of the demo depends on another, so none has to wait.
                    db.touch("project.task", row, state=IN_PROGRESS)
    if "state" in values:
        values["date_last_stage_update"] = now
    if db.profile.major <= 14:
        if values.get("user_id"):
            values.setdefault("date_assign", now)
    elif "user_ids" in values:
        if not linked([], values["user_ids"]):
            values["date_assign"] = False
        elif rows is None or any(not row.get("user_ids") for row in rows):
            values.setdefault("date_assign", now)
    return values


def after_ticket(db: Database, model: str, rows: list[Row]) -> None:
    """Set the stored fields that follow the stage and the partner."""
    stages = db.tables[db.models[model]["stage_id"].relation]
    for row in rows:
        row["unattended"] = bool(stages.get(row.get("stage_id") or 0, {}).get("unattended"))
        partner = db.tables["res.partner"].get(row.get("partner_id") or 0, {})
        row["commercial_partner_id"] = partner.get("commercial_partner_id")


def after_task(db: Database, model: str, rows: list[Row]) -> None:
    """Close a task where its stage is folded, as 16 does."""
    for row in rows:
        stage = db.tables["project.task.type"].get(row.get("stage_id") or 0, {})
        if db.profile.major == 16:
            row["is_closed"] = bool(stage.get("fold"))
