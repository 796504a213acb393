"""Tickets (OCA helpdesk) or project tasks: several teams, stages, assignees, ages, and what was written on them."""

# ruff: noqa: B905  Odoo 14 runs this with Python 3.9, whose zip() knows no `strict`.

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from tests.real_odoo.seed.office import Office

SUBJECTS = (
    "No internet since morning", "Slow at night", "Router blinks red", "Move to a new house", "Invoice question",
    "Starlink dish fell", "<script>alert(1)</script> line down", "تعذر الاتصال", "Cannot pay with EcoCash",
    "=cmd|' /C calc'!A0",
)  # fmt: skip

#: What is written on each ticket in turn: hours after its creation, who writes, how, and the body. "staff" and
#: "customer" write for both to see, "note" is for staff only, "automatic" is Odoo's own, "stranger" has no partner.
CONVERSATIONS = (
    (
        (0.0, "customer", "email", "<p>My line is <b>down</b></p>"),
        (1.0, "note", "comment", "<p>Checked the OLT: port is dead</p>"),
        (3.0, "staff", "comment", "<p>We are looking into it.</p><p>A technician comes tomorrow.</p>"),
        (20.0, "customer", "email", "<p>Thank you</p>"),
    ),
    (
        (0.0, "automatic", "notification", "<p>Your request was received</p>"),
        (0.1, "customer", "email", "<p>When is the installation?</p>"),
        (26.0, "staff", "comment", "<p>On Friday.</p>"),
    ),
    (),
    (
        (0.0, "staff", "email", "<p>We noticed that your dish is offline.</p>"),
        (5.0, "customer", "email", "<p>Power was out</p>"),
        (6.0, "staff", "comment", "<p>Good, it is back.</p>"),
    ),
    (
        (0.0, "customer", "email", "<p>Nobody answers</p>"),
        (2.0, "note", "comment", "<p>Call him back</p>"),
    ),
    (
        (0.0, "customer", "email", "<p>The bill is wrong</p>"),
        (1.5, "staff", "email", "<p>It is corrected</p>"),
    ),
    (
        (
            0.0,
            "customer",
            "email",
            "<p>Page <a href='https://speed.example/test?a=1'>of the test</a></p><script>alert(2)</script>"
            "<style>p{color:red}</style><img src=x onerror=alert(3)><p>&lt;b&gt; 5 &amp; 6</p>",
        ),
        (48.0, "staff", "comment", "<p>Please restart the router</p>"),
    ),
    (
        (0.0, "stranger", "email", "<p>Is this the right address?</p>"),
        (2.0, "staff", "comment", "<p>It is</p>"),
        (30.0, "staff", "comment", "<p>Anything else?</p>"),
    ),
)
#: Hours from creation to the first answer in public, by conversation; None: there is none.
FIRST_RESPONSE_H = (3.0, 26.0, None, 6.0, None, 1.5, 48.0, 2.0)
HOSTILE_DESCRIPTION = (
    "<h1>Line down</h1><script>alert(1)</script><p onclick='alert(2)'>Since <i>Monday</i><br>at night</p>"
    "<ul><li>router</li><li>dish</li></ul><a href='https://map.example/x'>Map</a>"
)
HOSTILE_TURN = 6
ATTACHMENT = b"%PDF-1.4 invented speed test"


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
    ages = [(turn * 7) % 150 for turn in range(count)]
    _backdate(office, "helpdesk_ticket", made.ids, ages)
    _write_on(office, made, "helpdesk_ticket", ages)


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
    ages = [(turn * 5) % 120 for turn in range(count)]
    _backdate(office, "project_task", made.ids, ages)
    _write_on(office, made, "project_task", ages)


def _write_on(office: Office, records: Any, table: str, ages: list[int]) -> None:
    """Put the conversations and attachments on the records, each dated from its record's creation.

    Messages are made by the ORM without its notifications, so that no mail can leave.
    """
    env = office.env
    agents = [office.users["tarisai"], office.users["blessing"]]
    subtypes = {"public": env.ref("mail.mt_comment").id, "note": env.ref("mail.mt_note").id}
    robot = env.ref("base.partner_root").id
    now = datetime.now(timezone.utc).replace(tzinfo=None)  # noqa: UP017  Python 3.9
    rows: list[dict[str, Any]] = []
    moments: list[datetime] = []
    bodies: list[str] = []
    for turn, record in enumerate(records):
        opened = datetime.combine(office.back(ages[turn]), datetime.min.time()) + timedelta(hours=7)
        agent = agents[turn % 2].partner_id
        for hours, who, how, body in CONVERSATIONS[turn % len(CONVERSATIONS)]:
            moment = opened + timedelta(hours=hours)
            if moment > now:
                continue
            author = {
                "customer": record.partner_id.id, "stranger": False, "staff": agent.id, "note": agent.id,
                "automatic": robot,
            }[who]  # fmt: skip
            moments.append(moment)
            bodies.append(body)
            rows.append(
                {
                    "model": records._name, "res_id": record.id, "body": body, "message_type": how,
                    "subtype_id": subtypes["note" if who == "note" else "public"], "author_id": author,
                    "email_from": f"{who}@writers.example",
                }
            )  # fmt: skip
    messages = env["mail.message"].create(rows)
    attached = {records[turn].id: f"speed test {turn}.pdf" for turn in range(0, len(records), 6)}
    for record_id, name in attached.items():
        env["ir.attachment"].create(
            {"name": name, "raw": ATTACHMENT, "res_model": records._name, "res_id": record_id,
             "mimetype": "application/pdf"}
        )  # fmt: skip
    if office.modern:
        env.flush_all()
    else:
        env["base"].flush()
    for message_id, moment, body in zip(messages.ids, moments, bodies):
        # What Odoo would clean on its way in is put in as it is: older data and other programs do not clean.
        env.cr.execute(
            "update mail_message set date = %s, create_date = %s, write_date = %s, body = %s where id = %s",
            [moment, moment, moment, body, message_id],
        )
    opened_by_staff = [record.id for turn, record in enumerate(records) if turn % len(CONVERSATIONS) == 3]
    env.cr.execute(f"update {table} set create_uid = %s where id = any(%s)", [agents[0].id, opened_by_staff])
    hostile = records[HOSTILE_TURN : HOSTILE_TURN + 1]
    env.cr.execute(f"update {table} set description = %s where id = any(%s)", [HOSTILE_DESCRIPTION, hostile.ids])
    # What the ORM itself noted is as old as its record, so that an increment does not read it again.
    env.cr.execute(
        f"update mail_message m set write_date = r.create_date, create_date = r.create_date, date = r.create_date"
        f" from {table} r where m.model = %s and m.res_id = r.id and not m.id = any(%s)",
        [records._name, messages.ids],
    )
    if office.modern:
        env.invalidate_all()
    else:
        env.cache.invalidate()
