"""Tickets (OCA helpdesk) or project tasks: several teams, stages, assignees, ages."""

# ruff: noqa: B905  Odoo 14 runs this with Python 3.9, whose zip() knows no `strict`.

from __future__ import annotations

from typing import Any

from tests.real_odoo.seed.office import Office

SUBJECTS = (
    "No internet since morning", "Slow at night", "Router blinks red", "Move to a new house", "Invoice question",
    "Starlink dish fell", "<script>alert(1)</script> line down", "تعذر الاتصال", "Cannot pay with EcoCash",
    "=cmd|' /C calc'!A0",
)  # fmt: skip


def fill_tickets(office: Office, partners: list[Any], count: int = 80) -> None:
    """Tickets over the last 150 days; every second one older than 20 days is closed."""
    env = office.env
    teams = env["helpdesk.ticket.team"].create(
        [
            {"name": "Field engineers", "company_id": office.main.id},
            {"name": "Billing desk", "company_id": office.main.id},
        ]
    )
    agents = [office.users["tarisai"], office.users["blessing"]]
    for team in teams:
        team.write({"user_ids": [(6, 0, [agent.id for agent in agents])]})
    stages = env["helpdesk.ticket.stage"].search([], order="sequence, id")
    opened = [stage for stage in stages if not stage.closed]
    closing = [stage for stage in stages if stage.closed]
    rows = []
    for turn in range(count):
        partner = partners[turn % len(partners)]
        age = (turn * 7) % 150
        done = age > 20 and turn % 2 == 0
        rows.append(
            {
                "name": SUBJECTS[turn % len(SUBJECTS)], "description": f"<p>Reported by phone, case {turn}</p>",
                "partner_id": partner.id if turn % 8 != 3 else False, "partner_name": partner.name,
                "partner_email": partner.email or f"guest{turn}@guests.example",
                "team_id": teams[turn % 2].id if turn % 9 != 4 else False,
                "user_id": agents[turn % 2].id if turn % 5 else False,
                "stage_id": (closing if done else opened)[turn % len(closing if done else opened)].id,
                "priority": str(turn % 4), "company_id": office.main.id,
            }
        )  # fmt: skip
    made = env["helpdesk.ticket"].create(rows)
    if turn_archived := made[7:8]:
        turn_archived.write({"active": False})
    _backdate(office, "helpdesk_ticket", made.ids, [(turn * 7) % 150 for turn in range(count)])


def _backdate(office: Office, table: str, ids: list[int], ages: list[int]) -> None:
    env = office.env
    if office.modern:
        env.flush_all()
    else:
        env["base"].flush()
    for record_id, age in zip(ids, ages):
        opened = f"{office.back(age)} 07:00:00"
        closed = f"{office.back(max(age - 6, 0))} 15:00:00"
        env.cr.execute(f"update {table} set create_date = %s where id = %s", [opened, record_id])
        if table == "helpdesk_ticket":
            env.cr.execute(
                "update helpdesk_ticket t set last_stage_update = %s,"
                " assigned_date = case when user_id is null then null else %s::timestamp end,"
                " closed_date = case when s.closed then %s::timestamp end"
                " from helpdesk_ticket_stage s where s.id = t.stage_id and t.id = %s",
                [closed, opened, closed, record_id],
            )
    if office.modern:
        env.invalidate_all()
    else:
        env.cache.invalidate()


def fill_tasks(office: Office, partners: list[Any], count: int = 60) -> None:
    """A support project with four stages; tasks with and without assignee, customer and deadline."""
    env = office.env
    project = env["project.project"].create({"name": "Customer support", "company_id": office.main.id})
    stages = env["project.task.type"].create(
        [
            {"name": name, "sequence": position, "fold": name == "Solved", "project_ids": [(4, project.id)]}
            for position, name in enumerate(("New", "Working on it", "Waiting for customer", "Solved"))
        ]
    )
    agents = [office.users["tarisai"], office.users["blessing"]]
    many = "user_ids" in env["project.task"]._fields
    rows: list[dict[str, Any]] = []
    for turn in range(count):
        row: dict[str, Any] = {
            "name": SUBJECTS[turn % len(SUBJECTS)], "project_id": project.id, "stage_id": stages[turn % 4].id,
            "partner_id": partners[turn % len(partners)].id if turn % 6 else False, "priority": str(turn % 2),
            "company_id": office.main.id,
        }  # fmt: skip
        agent = agents[turn % 2].id if turn % 5 else False
        together = [each.id for each in agents] if turn % 7 == 3 else [agent] if agent else []
        row.update({"user_ids": [(6, 0, together)]} if many else {"user_id": agent})
        rows.append(row)
    made = env["project.task"].create(rows)
    if "state" in made._fields:
        for turn, task in enumerate(made):
            if turn % 4 == 3:
                task.write({"state": "1_done" if turn % 8 == 3 else "1_canceled"})
    _backdate(office, "project_task", made.ids, [(turn * 5) % 120 for turn in range(count)])
