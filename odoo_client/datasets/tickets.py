"""Tickets with stages and teams, from whichever helpdesk this Odoo has.

OCA helpdesk and Enterprise helpdesk share the model name `helpdesk.ticket`; the stage's model tells them apart.
Without either, project tasks stand in. Frame tickets: ticket_id, number, subject, partner_id, contact_name,
contact_email, company_id, team_id, stage_id, closed, assignee_id, priority (0 to 3), create_date, assigned_date,
last_stage_update, closed_date (UTC, NaT), unattended. Frame ticket_stages: stage_id, name, closed, sequence. Frame
ticket_teams: team_id, name.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd

from odoo_client.columns import Domain
from odoo_client.datasets.base import Column, Dataset, Missing, Plan, Probe, build_plan, column
from odoo_client.datasets.receivables import customer_domain

Source = Literal["oca", "enterprise", "tasks"]
SOURCE_NAMES = {"oca": "OCA helpdesk", "enterprise": "Odoo Helpdesk", "tasks": "Project tasks"}
STAGE_MODELS = {"oca": "helpdesk.ticket.stage", "enterprise": "helpdesk.stage", "tasks": "project.task.type"}
TEAM_MODELS = {"oca": "helpdesk.ticket.team", "enterprise": "helpdesk.team", "tasks": "project.project"}
NO_TICKETS = (
    "No helpdesk is installed in this Odoo, and no projects either: install Helpdesk, OCA helpdesk_mgmt or Project."
)
CLOSED_TASK_STATES = ("1_done", "1_canceled")

_COMMON = (
    column("partner_id", "id"),
    column("company_id", "id"),
    column("stage_id", "id"),
    column("priority_text", "code", "priority"),
    column("create_date", "datetime"),
    column("active", "bool"),
)
COLUMNS: dict[Source, tuple[Column, ...]] = {
    "oca": (
        column("ticket_id", "id", "id"),
        column("number", "text"),
        column("subject", "text", "name"),
        *_COMMON,
        column("contact_name", "text", "partner_name"),
        column("contact_email", "text", "partner_email"),
        column("team_id", "id"),
        column("assignee_id", "id", "user_id"),
        column("assigned_date", "datetime"),
        column("last_stage_update", "datetime"),
        column("closed_date", "datetime"),
        column("unattended", "bool"),
    ),
    "enterprise": (
        column("ticket_id", "id", "id"),
        column("number", "text", "ticket_ref"),
        column("subject", "text", "name"),
        *_COMMON,
        column("contact_name", "text", "partner_name"),
        column("contact_email", "text", "partner_email"),
        column("team_id", "id"),
        column("assignee_id", "id", "user_id"),
        column("assigned_date", "datetime", "assign_date"),
        column("last_stage_update", "datetime", "date_last_stage_update"),
        column("closed_date", "datetime", "close_date"),
        Column("unattended", "bool"),
    ),
    "tasks": (
        column("ticket_id", "id", "id"),
        Column("number", "text"),
        column("subject", "text", "name"),
        *_COMMON,
        Column("contact_name", "text"),
        Column("contact_email", "text"),
        column("team_id", "id", "project_id"),
        # Many assignees from 15 on: the first one stands for the ticket.
        column("assignee_id", "id", "user_id", "user_ids"),
        column("assigned_date", "datetime", "date_assign"),
        column("last_stage_update", "datetime", "date_last_stage_update"),
        column("closed_date", "datetime", "date_end"),
        Column("unattended", "bool"),
        column("task_state", "code", "state"),
    ),
}


def source_of(probe: Probe) -> Source | None:
    """Return which helpdesk this Odoo has; an unknown vendor's `helpdesk.ticket` counts as none."""
    if "tickets" in probe.sources:
        return probe.sources["tickets"] or None  # type: ignore[return-value]
    relation = probe.relation("helpdesk.ticket", "stage_id")
    found: Source | None = None
    if relation == STAGE_MODELS["oca"]:
        found = "oca"
    elif relation == STAGE_MODELS["enterprise"]:
        found = "enterprise"
    elif probe.has_model("project.task"):
        found = "tasks"
    probe.sources["tickets"] = found or ""
    return found


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for tickets of the helpdesk that is there."""
    found = source_of(probe)
    source: Source = found or "tasks"
    model = "project.task" if source == "tasks" else "helpdesk.ticket"
    domain: Domain = []
    if source == "tasks":
        # A task without project is somebody's private to-do; a template is no work at all.
        domain = [["project_id", "!=", False]]
        domain += [
            [flag, "=", False] for flag in ("is_template", "has_template_ancestor") if probe.has_field(model, flag)
        ]

    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        number = frame["number"].where(frame["number"] != "", "#" + frame["ticket_id"].astype("str"))
        priority = pd.to_numeric(frame["priority_text"], errors="coerce").fillna(0).astype("int64")
        frame = frame.assign(number=number.astype("str"), priority=priority)
        if "task_state" in frame:
            frame = frame.rename(columns={"task_state": "raw_state"})
        return frame.drop(columns="priority_text")

    return build_plan(
        probe,
        model,
        COLUMNS[source],
        domain,
        absent="" if found else NO_TICKETS,
        customer_domain=customer_domain,
        finish=finish,
        source=SOURCE_NAMES[source],
    )


def stage_plan(probe: Probe) -> Plan | Missing:
    """Return the plan for stages: what counts as closed is a flag whose name the helpdesk decides."""
    source = source_of(probe) or "tasks"
    closed = {"oca": ("closed",), "enterprise": ("is_close", "fold"), "tasks": ("is_closed", "fold")}[source]
    columns = (
        column("stage_id", "id", "id"),
        column("name", "text"),
        column("closed", "bool", *closed),
        column("sequence", "int"),
    )
    return build_plan(probe, STAGE_MODELS[source], columns, missing=NO_TICKETS)


def team_plan(probe: Probe) -> Plan | Missing:
    """Return the plan for teams; a project is a task's team."""
    source = source_of(probe) or "tasks"
    columns = (column("team_id", "id", "id"), column("name", "text"))
    return build_plan(probe, TEAM_MODELS[source], columns, missing=NO_TICKETS)


DATASETS = (
    Dataset("ticket_stages", "tickets", stage_plan, small=True),
    Dataset("ticket_teams", "tickets", team_plan, small=True),
    Dataset("tickets", "tickets", plan),
)
