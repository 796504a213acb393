"""Tickets with stages and teams, from whichever helpdesk this Odoo has.

OCA helpdesk and Enterprise helpdesk share the model name `helpdesk.ticket`; the stage's model tells them apart.
Without either, project tasks stand in. Frame tickets: ticket_id, number, subject, partner_id, contact_name,
contact_email, company_id, team_id, stage_id, closed, assignee_id, priority (0 to 3), create_date, assigned_date,
last_stage_update, closed_date (UTC, NaT), unattended, creator_id (a user), waiting (category "us", "customer",
"closed"), cancelled (given up, not solved); of project tasks also raw_state ("" before 17). A task is closed when its
stage is folded or its own state is closed. Odoo dates the closing (`date_end`) as a task gets into a folded stage; of
one that only its state closes, closed_date is the last change of stage or state. Frame ticket_stages: stage_id, name,
closed, sequence, waiting (whom its tickets wait for, by the settings' patterns). Frame ticket_teams: team_id, name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from odoo_client.config import Settings
from odoo_client.datasets.base import Column, Dataset, Missing, Plan, Probe, build_plan, column
from odoo_client.datasets.receivables import customer_domain
from odoo_client.datasets.task_states import CANCELLED, CLOSED_STATES, CLOSING_MARKS, Source, is_named
from odoo_client.frames.groups import lookup
from odoo_client.metrics.ticket_queue import WAITING
from odoo_client.rpc.columns import Domain

SOURCE_NAMES: Final[Mapping[Source, str]] = {
    "oca": "OCA helpdesk",
    "enterprise": "Odoo Helpdesk",
    "tasks": "Project tasks",
}
STAGE_MODELS: Final[Mapping[Source, str]] = {
    "oca": "helpdesk.ticket.stage",
    "enterprise": "helpdesk.stage",
    "tasks": "project.task.type",
}
TEAM_MODELS = {"oca": "helpdesk.ticket.team", "enterprise": "helpdesk.team", "tasks": "project.project"}
NO_TICKETS = (
    "No helpdesk is installed in this Odoo, and no projects either: install Helpdesk, OCA helpdesk_mgmt or Project."
)

_COMMON = (
    column("partner_id", "id"),
    column("company_id", "id"),
    column("stage_id", "id"),
    column("priority_text", "code", "priority"),
    column("create_date", "datetime"),
    column("creator_id", "id", "create_uid"),
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
        # There may be many assignees from 15 on: the first one counts for the ticket.
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
        return probe.sources["tickets"]
    relation = probe.relation("helpdesk.ticket", "stage_id")
    found: Source | None = None
    if relation == STAGE_MODELS["oca"]:
        found = "oca"
    elif relation == STAGE_MODELS["enterprise"]:
        found = "enterprise"
    elif probe.has_model("project.task"):
        found = "tasks"
    probe.sources["tickets"] = found
    return found


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for tickets of the helpdesk that is there."""
    found = source_of(probe)
    source: Source = found or "tasks"
    model = model_of(source)
    domain: Domain = []
    if source == "tasks":
        # A task without a project is somebody's private to-do; a template is not work at all.
        domain = [["project_id", "!=", False]]
        domain += [
            [flag, "=", False] for flag in ("is_template", "has_template_ancestor") if probe.has_field(model, flag)
        ]

    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        number = frame["number"].where(frame["number"] != "", "#" + frame["ticket_id"].astype("str"))
        # Even if a module changed it: only Odoo's own four are a priority.
        priority = frame["priority_text"].map({str(level): level for level in range(4)}).fillna(0).astype("int64")
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


def priority_names(probe: Probe) -> tuple[str, ...]:
    """Return what this Odoo calls the priorities of its tickets, by rising level, "" for a level without a name."""
    model = model_of(source_of(probe) or "tasks")
    field = probe.client.fields(model, ("priority",)).get("priority")
    named = {int(key): name for key, name in field.selection if key.isdigit()} if field is not None else {}
    return tuple(named.get(level, "") for level in range(max(named, default=-1) + 1))


def model_of(source: Source) -> str:
    """Return the model of the tickets."""
    return "project.task" if source == "tasks" else "helpdesk.ticket"


def stages_waiting(stages: pd.DataFrame, settings: Settings) -> pd.Categorical:
    """Return for each stage whom its tickets wait for, by its name and Odoo's own mark of closing."""
    return _waiting(_stages_closed(stages, settings), _named(stages, settings.ticket_waiting_customer_pattern))


def tickets_waiting(frames: Mapping[str, pd.DataFrame], settings: Settings) -> pd.Categorical:
    """Return for each ticket whom it waits for: its stage says so, except where the ticket itself knows better."""
    tickets, stages = frames["tickets"], frames["ticket_stages"]
    marked = stages.assign(
        closes=_stages_closed(stages, settings), asks=_named(stages, settings.ticket_waiting_customer_pattern)
    )
    closed = lookup(marked, "stage_id", tickets["stage_id"], "closes", False).astype(bool)
    customer = lookup(marked, "stage_id", tickets["stage_id"], "asks", False).astype(bool)
    if "raw_state" in tickets:
        # Odoo's state "Waiting" is about another task of ours, never about the customer.
        closed = closed | tickets["raw_state"].isin(CLOSED_STATES).to_numpy()
    return _waiting(closed | ~tickets["active"].to_numpy(dtype=bool), customer)


def tickets_cancelled(frames: Mapping[str, pd.DataFrame], settings: Settings) -> np.ndarray:
    """Return which tickets were given up, by the stage's name or by the task itself."""
    tickets, stages = frames["tickets"], frames["ticket_stages"]
    marked = stages.assign(gives_up=_named(stages, settings.ticket_cancelled_pattern))
    cancelled: np.ndarray = lookup(marked, "stage_id", tickets["stage_id"], "gives_up", False).astype(bool)
    if "raw_state" in tickets:
        cancelled = cancelled | tickets["raw_state"].eq(CANCELLED).to_numpy(dtype=bool)
    return cancelled


def closing_dates(tickets: pd.DataFrame) -> pd.Series:
    """Return closed_date: Odoo's own, and for a task that only its own state closes the last change of stage or state.

    Working it out again from a frame that already has it gives the same.
    """
    found: pd.Series = tickets["closed_date"]
    if "raw_state" in tickets:
        found = found.where(found.notna() | ~tickets["raw_state"].isin(CLOSED_STATES), tickets["last_stage_update"])
    return found


def _stages_closed(stages: pd.DataFrame, settings: Settings) -> np.ndarray:
    by_name = settings.ticket_closed_pattern
    return _named(stages, by_name) if by_name else stages["closed"].to_numpy(dtype=bool)


def _named(stages: pd.DataFrame, pattern: str) -> np.ndarray:
    return np.array([is_named(str(name), pattern) for name in stages["name"]], dtype=bool)


def _waiting(closed: np.ndarray, customer: np.ndarray) -> pd.Categorical:
    codes = np.select([closed, customer], [WAITING.index("closed"), WAITING.index("customer")], WAITING.index("us"))
    return pd.Categorical.from_codes(codes, categories=pd.Index(WAITING, dtype="str"))


def stage_plan(probe: Probe) -> Plan | Missing:
    """Return the plan for stages: what counts as closed is a flag whose name the helpdesk decides."""
    source = source_of(probe) or "tasks"
    columns = [
        column("stage_id", "id", "id"),
        column("name", "text"),
        column("closed", "bool", *CLOSING_MARKS[source]),
        column("sequence", "int"),
    ]
    if source != "tasks":
        return build_plan(probe, STAGE_MODELS[source], columns, missing=NO_TICKETS)

    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        # Up to 15 Odoo has both marks, and either ends a task.
        return frame.assign(closed=frame["closed"] | frame["folded"]).drop(columns="folded")

    columns.append(column("folded", "bool", "fold"))
    return build_plan(probe, STAGE_MODELS[source], columns, missing=NO_TICKETS, finish=finish)


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
