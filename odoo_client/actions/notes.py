"""Internal notes on Odoo's records: for staff only, never a message to a customer; each carries its entry's token."""

from __future__ import annotations

import html
from typing import Any, Final

from odoo_client.actions.outbox.job import Job
from odoo_client.rpc.client import OdooClient

NOTE: Final = "mail.mt_note"
#: From this version on Odoo takes a body as plain text unless told otherwise.
TEXT_BODIES_SINCE: Final = 17


def note_html(text: str, job: Job) -> str:
    """Return a note's body: the text, then on a line of its own who wrote it (where Odoo cannot know) and the token."""
    lines = "<br/>".join(html.escape(line) for line in text.splitlines())
    reference = html.escape(f"Dashboard reference {job.token}{job.entry.author.signature}")
    return f"<p>{lines}<br/><small>{reference}</small></p>"


def post_note(
    job: Job, step: str, model: str, record_id: int, body: str, *, partner_ids: list[int] | None = None
) -> int:
    """Leave an internal note on a record once; return the message's id. `partner_ids` are colleagues to notify."""

    def send() -> int:
        values: dict[str, Any] = {"body": body, "message_type": "comment", "subtype_xmlid": NOTE}
        if job.client.version.major >= TEXT_BODIES_SINCE:
            values["body_is_html"] = True
        if partner_ids:
            values["partner_ids"] = partner_ids
        posted = job.client.call(model, "message_post", ids=[record_id], context={"active_test": True}, **values)
        return _first(posted)

    return job.once(step, send, lambda: find_note(job.client, model, record_id, f"{job.token}"))


def find_note(client: OdooClient, model: str, record_id: int, token: str) -> int | None:
    """Return the id of the message on a record that carries a token, None when there is none."""
    domain = [["model", "=", model], ["res_id", "=", record_id], ["body", "ilike", token]]
    found = client.call("mail.message", "search", domain=domain, limit=1, order="id asc")
    return int(found[0]) if found else None


def _first(posted: Any) -> int:
    if isinstance(posted, list):
        return int(posted[0]) if posted else 0
    return int(posted or 0)
