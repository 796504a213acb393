"""What customers and staff wrote on tickets: e-mails, replies, internal notes, automatic answers and attachments.

Drawn from a generator of its own, so that all other data stays as it is.
"""

from __future__ import annotations

import hashlib
import random
from base64 import b64encode
from datetime import date, datetime, time, timedelta
from math import log

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Row

_SEED = 77
_STAFF_PARTNER = {uid: 1 + uid for uid, *_ in cat.STAFF}
_ROBOT = _STAFF_PARTNER[1]
_ASKED = (
    "<p>Good day,</p><p>{subject}. Please help.</p><p>Regards<br>{name}</p>",
    "<p>Hello, {subject}. We work from home and need it <b>today</b>.</p>",
    "<div>{subject}</div><div>I restarted the router twice.</div>",
)
_ANSWERED = (
    "<p>Thank you for writing. We are checking the line now.</p>",
    "<p>A technician is booked for tomorrow between 8 and 12.</p>",
    "<p>Please restart the router and tell us which lights are on.</p><ul><li>power</li><li>LOS</li></ul>",
    "<p>Your payment was found and allocated. See <a href='https://afinet.example/pay'>how to pay</a>.</p>",
)
_AGAIN = (
    "<p>The LOS light is still red.</p>",
    "<p>Thank you, it works now.</p>",
    "<p>Nobody came yet, when?</p>",
    "<p>Please see the picture attached.</p>",
)
_NOTES = (
    "<p>OLT port 4/12 shows no light, fibre cut likely.</p>",
    "<p>Called, no answer. Will try after lunch.</p>",
    "<p>Billing: two invoices open, do not upgrade before payment.</p>",
)
_HOSTILE = (
    "<p>The page does not open</p><script>alert(1)</script><style>p{display:none}</style>"
    "<img src=x onerror=alert(2)><a href='javascript:alert(3)'>click</a>"
)


def make_conversations(db: Database, today: date) -> None:
    """Write on every ticket what its state tells: an answered one has an answer, a new one has none."""
    rng = random.Random(_SEED)  # noqa: S311 - invented data, nothing secret
    model = "helpdesk.ticket" if "helpdesk.ticket" in db.models else "project.task"
    midnight = datetime.combine(today, time())
    for ticket in db.tables[model].values():
        _Writer(db, model, ticket, rng).write(midnight)


class _Writer:
    """Writes on one ticket."""

    def __init__(self, db: Database, model: str, ticket: Row, rng: random.Random) -> None:
        self.db, self.model, self.ticket, self.rng = db, model, ticket, rng
        self.opened = datetime.fromisoformat(ticket["create_date"][:19])
        assignees = [ticket.get("user_id"), *(ticket.get("user_ids") or [])]
        self.agent = _STAFF_PARTNER[next((uid for uid in assignees if uid), cat.SUPPORT_STAFF[0])]
        self.assigned = any(assignees)
        partner = db.tables["res.partner"].get(ticket.get("partner_id") or 0)
        self.customer = partner["id"] if partner else None
        self.name = str(partner["name"]) if partner else "Unknown sender"

    def write(self, midnight: datetime) -> None:
        rng, ticket = self.rng, self.ticket
        closed = ticket.get("closed_date") or ticket.get("close_date") or ticket.get("date_end")
        end = datetime.fromisoformat(closed[:19]) if closed else max(midnight, self.opened)
        at, asked = self.opened, rng.random()
        subject = str(ticket["name"])
        if asked < 0.8:
            body = _HOSTILE if "<script>" in subject else rng.choice(_ASKED).format(subject=subject, name=self.name)
            self._message(at, self.customer, "email", cat.PUBLIC, body)
            received = "<p>We received your request.</p>"
            self._message(at + timedelta(seconds=4), _ROBOT, "notification", cat.PUBLIC, received)
        elif asked < 0.88:
            self._message(at, self.agent, "comment", cat.PUBLIC, "<p>We see that your equipment is offline.</p>")
        delay_h = rng.lognormvariate(log(2.6), 1.2)
        answered = bool(closed or self.assigned) and rng.random() < 0.94
        if rng.random() < 0.4 and (self.assigned or closed):
            note = min(end, at + timedelta(hours=delay_h * 0.7))
            self._message(note, self.agent, "comment", cat.NOTE, rng.choice(_NOTES))
        if not answered:
            return
        at = min(end, at + timedelta(hours=delay_h))
        self._message(at, self.agent, "comment", cat.PUBLIC, rng.choice(_ANSWERED))
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            at += timedelta(hours=rng.uniform(0.5, 30))
            if at > end:
                break
            self._message(at, self.customer, "email", cat.PUBLIC, rng.choice(_AGAIN), attached=rng.random() < 0.3)
            at += timedelta(hours=rng.uniform(0.3, 20))
            if at > end or rng.random() < 0.3:
                break
            self._message(at, self.agent, "comment", cat.PUBLIC, rng.choice(_ANSWERED))

    def _message(
        self, at: datetime, author: int | None, how: str, subtype: int, body: str, *, attached: bool = False
    ) -> None:
        moment = f"{at:%Y-%m-%d %H:%M:%S}"
        files = [self._attachment(at)] if attached else []
        row = {
            "model": self.model, "res_id": self.ticket["id"], "date": moment, "body": body, "author_id": author,
            "message_type": how, "subtype_id": subtype, "is_internal": False, "subject": None,
            "email_from": None if author else self.ticket.get("partner_email"), "attachment_ids": files,
            "create_date": f"{moment}.125000", "write_date": f"{moment}.125000", "create_uid": 1, "write_uid": 1,
        }  # fmt: skip
        self.db.add("mail.message", row)

    def _attachment(self, at: datetime) -> int:
        content = f"%PDF-1.4 invented speed test of ticket {self.ticket['id']}".encode()
        row = {
            "name": f"speed test {at:%d %b}.pdf", "res_model": self.model, "res_id": self.ticket["id"],
            "type": "binary", "mimetype": "application/pdf", "file_size": len(content), "company_id": 1,
            "public": False, "checksum": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "datas": b64encode(content).decode(),
        }  # fmt: skip
        return self.db.add("ir.attachment", cat.stamped(row, at.date()))
