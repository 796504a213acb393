"""Support tickets with two years of opening and closing: Helpdesk of OCA or Enterprise, else project tasks."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.provider.customers import Customer

TICKETS = 900
_SUBJECTS = (
    "No internet since {time}", "Slow speed in the evening", "Fibre cut on {street}", "Starlink obstructed by trees",
    "Router keeps restarting", "Invoice {number} disputed", "Change Wi-Fi password", "Upgrade to 50 Mbps",
    "Relocation to {suburb}", "EcoCash payment not reflected", "Packet loss on VPN", "Installation date?",
    "LOS light red", "Dish not aligned", "Static IP not reachable", "<script>alert(1)</script> cannot open page",
    "Power surge, CPE dead",
)  # fmt: skip
#: name, closed, unattended
_STAGES = (
    ("New", False, True), ("In Progress", False, False), ("Waiting for customer", False, False),
    ("Solved", True, False), ("Cancelled", True, False),
)  # fmt: skip
_TEAMS = ("Support Harare", "Field technicians", "Billing")


def make_tickets(db: Database, customers: list[Customer], today: date, rng: random.Random) -> None:
    """Add tickets of two years, more of them lately; nearly all old ones are closed, some of the last weeks open."""
    _stages_and_teams(db)
    midnight = datetime.combine(today, time())
    for number in range(1, TICKETS + 1):
        age_days = 730 * (1 - (number / TICKETS) ** 0.8)
        opened = midnight - timedelta(days=age_days + 0.3, minutes=rng.randrange(600))
        hours = rng.expovariate(1 / 30) + 0.4
        closed = opened + timedelta(hours=hours)
        still_open = closed >= midnight or rng.random() < (0.7 if age_days < 12 else 0.25 if age_days < 40 else 0.012)
        _ticket(db, number, rng.choice(customers), opened, None if still_open else closed, rng)


def _stages_and_teams(db: Database) -> None:
    day = date(2020, 1, 1)
    for sequence, (name, closed, unattended) in enumerate(_STAGES, start=1):
        row = {
            "name": name,
            "sequence": sequence,
            "closed": closed,
            "unattended": unattended,
            "fold": closed,
            "active": True,
        }
        for model in ("helpdesk.ticket.stage", "helpdesk.stage"):
            db.add(model, cat.stamped({**row, "is_close": closed}, day))
        db.add("project.task.type", cat.stamped({**row, "is_closed": closed, "project_ids": [1, 2, 3]}, day))
    for name in _TEAMS:
        row = {"name": name, "active": True, "company_id": 1, "user_ids": list(cat.SUPPORT_STAFF)}
        for model in ("helpdesk.ticket.team", "helpdesk.team"):
            db.add(model, cat.stamped({**row, "member_ids": row["user_ids"]}, day))
        project = {
            "name": name,
            "active": True,
            "company_id": 1,
            "partner_id": None,
            "user_id": 5,
            "privacy_visibility": "portal",
            "message_partner_ids": [],
            "allowed_internal_user_ids": [],
            "is_template": False,
        }
        db.add("project.project", cat.stamped(project, day))


def _ticket(
    db: Database, number: int, customer: Customer, opened: datetime, closed: datetime | None, rng: random.Random
) -> None:
    def text(moment: datetime | None) -> str | None:
        return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else None

    person = customer.person
    subject = rng.choice(_SUBJECTS).format(
        time=f"{opened:%H:%M}", street=person.street, number=f"INV/{opened:%Y}/{number:05d}", suburb=person.suburb
    )
    waiting = closed is None and rng.random() < 0.4
    assignee = None if waiting else rng.choice(cat.SUPPORT_STAFF)
    stage = (4 if rng.random() < 0.93 else 5) if closed else 1 if waiting else rng.choice((2, 2, 3))
    unknown = rng.random() < 0.05  # written from an address nobody knows
    partner_id = None if unknown else customer.contact_id if rng.random() < 0.3 else customer.partner_id
    assigned = opened + timedelta(minutes=rng.randint(5, 400)) if assignee else None
    if assigned and closed:
        assigned = min(assigned, closed)
    last = closed or assigned or opened
    row = {
        "id": number, "number": f"HT{number:05d}", "ticket_ref": f"{number:05d}", "name": subject,
        "description": f"<p>Customer in {person.suburb} says: <b>{subject}</b></p>", "user_id": assignee,
        "user_ids": [assignee] if assignee else [], "stage_id": stage, "partner_id": partner_id,
        "partner_name": "Unknown sender" if unknown else person.name, "active": True,
        "partner_email": f"someone{number}@mail.example" if unknown else person.email or None,
        "commercial_partner_id": None if unknown else customer.partner_id, "company_id": 1,
        "project_id": rng.randint(1, 3), "team_id": None if rng.random() < 0.06 else rng.randint(1, 3),
        "priority": rng.choice("0111223"), "kanban_state": "normal", "unattended": stage == 1,
        "last_stage_update": text(last), "assigned_date": text(assigned), "closed_date": text(closed),
        "date_last_stage_update": text(last), "assign_date": text(assigned), "sla_deadline": None,
        "close_date": text(closed), "date_assign": text(assigned), "date_end": text(closed), "sequence": 10,
        "date_deadline": None, "state": ("1_done" if stage == 4 else "1_canceled") if closed else "01_in_progress",
        "is_closed": closed is not None, "is_template": False, "has_template_ancestor": False,
        "partner_phone": person.phone, "allocated_hours": 0.0, "email_from": None, "planned_hours": 0.0,
    }  # fmt: skip
    stamps = {
        "create_date": f"{text(opened)}.250000",
        "write_date": f"{text(last)}.750000",
        "create_uid": 2,
        "write_uid": 2,
    }
    if "helpdesk.ticket" in db.models:
        if "number" not in db.models["helpdesk.ticket"] and row["team_id"] is None:
            row["team_id"] = 1
        db.add("helpdesk.ticket", {**row, **stamps})
    else:
        allowed = db.models["project.task"]["priority"].selection
        priority = row["priority"] if row["priority"] in allowed else "1"
        db.add("project.task", {**row, **stamps, "priority": priority})
