"""What the outbox does with tickets: OCA helpdesk, Enterprise helpdesk or project tasks, by what `fields_get` says.

A new ticket carries the entry's token in its description, in the very call that makes it. Stage, assignee and priority
change in one write, and only where nobody has changed them since they were on screen. Making a ticket keeps Odoo's own
mail to the customer back (`mail_notrack`) unless it was asked for; a stage whose template writes to the customer is
refused unless that was confirmed.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Mapping
from typing import Any, Final

from odoo_client.actions.notes import TEXT_BODIES_SINCE, find_note, note_html, post_note
from odoo_client.actions.outbox.entry import Done, Record
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.tickets.requests import CONFIRM, WORDS, NewTicket, TicketChange
from odoo_client.datasets import task_states
from odoo_client.datasets.task_states import Stage
from odoo_client.errors import ActionRefusedError, MissingRecordError, OdooAccessError, StaleRecordError
from odoo_client.live import tickets as live_tickets
from odoo_client.live.tickets import TASK, TicketNow
from odoo_client.people import staff
from odoo_client.people.access import Access
from odoo_client.rpc.client import OdooClient

#: Every call carries `active_test: False`; a write must not, or Odoo itself would pick archived stages and followers.
IN_USE: Final[Mapping[str, Any]] = {"active_test": True}
#: Rights read at sign-in count for this long; for an entry that waited longer they are read again before it is sent.
RIGHTS_COUNT_FOR_S: Final = 300.0


def do_create(job: Job) -> Done:
    """Make the ticket; see `odoo_client.actions.outbox.job.Handler`.

    Raises OdooError as Odoo refuses it, ActionRefusedError when its company or priority is no longer there.
    """
    client, ticket = job.client, NewTicket(**job.payload)

    def send() -> int:
        return client.create(ticket.model, _values(job, ticket), context=_making(client, ticket))

    ticket_id = job.once("ticket", send, lambda: _find(client, ticket.model, job.token))
    return Done(Record(ticket.model, ticket_id, _label(client, ticket.model, ticket_id)))


def do_update(job: Job) -> Done:
    """Write what changes, then the note or message; see `odoo_client.actions.outbox.job.Handler`.

    Raises StaleRecordError when somebody changed the same since it was on screen, ActionRefusedError when the customer
    cannot be written to or Odoo did not keep what was written, ForbiddenError when the right to write to customers was
    taken away meanwhile, OdooError as Odoo refuses it.
    """
    change = _change(job.payload)
    written = bool(change.fields) and not job.done("write")
    if change.fields:
        job.once("write", lambda: _write(job, change), lambda: _written(job, change) or None)
    lost = _not_kept(job, change) if written else ()
    if change.note and change.public:
        job.once("message", lambda: _message(job, change), lambda: _find_message(job, change))
    elif change.note or (change.fields and job.entry.author.on_behalf):
        # Odoo's own log names the service account: the note says whose change it was.
        text = change.note or f"Changed: {', '.join(WORDS[name] for name in change.fields)}"
        post_note(job, "note", change.model, change.ticket_id, note_html(text, job))
    if lost:
        raise ActionRefusedError(
            f"Odoo took the change and then set the {' and '.join(lost)} of ticket {change.label} otherwise: see there."
        )
    return Done(Record(change.model, change.ticket_id, f"Ticket {change.label}"))


def description_html(job: Job, text: str) -> str:
    """Return a new ticket's description: what was written, and below it where it comes from with the token."""
    origin = f"Entered through the dashboard ({job.token}){job.entry.author.signature}"
    return f"{_paragraphs(text)}<p><small>{html.escape(origin)}</small></p>"


def message_html(job: Job, text: str) -> str:
    """Return a message to the customer: the text and a small grey reference, which is how it is found again.

    Where the service account writes, the reference names the person, never their login.
    """
    author = job.entry.author
    who = f" · {author.name}" if author.on_behalf else ""
    reference = html.escape(f"Ref. {job.token}{who}")
    return f'{_paragraphs(text)}<p style="color:#888888;font-size:11px">{reference}</p>'


def _paragraphs(text: str) -> str:
    blocks = [block for block in re.split(r"\n\s*\n", text) if block.strip()]
    return "".join(f"<p>{'<br/>'.join(html.escape(line) for line in block.split(chr(10)))}</p>" for block in blocks)


def _change(payload: Mapping[str, Any]) -> TicketChange:
    seen = payload.get("seen_user_ids")
    return TicketChange(**{**payload, "seen_user_ids": None if seen is None else tuple(seen)})


# A new ticket


def _making(client: OdooClient, ticket: NewTicket) -> dict[str, Any]:
    """Return the context in which the ticket's company is the active one, and nothing is sent unless asked for."""
    if ticket.company_id not in client.company_ids:
        raise ActionRefusedError("This company is no longer among those of your Odoo account.")
    others = [one for one in client.company_ids if one != ticket.company_id]
    context: dict[str, Any] = {**IN_USE, "allowed_company_ids": [ticket.company_id, *others]}
    if ticket.model == TASK:
        # As from the project's own form; otherwise a task is first taken for somebody's private one.
        context["default_project_id"] = ticket.team_id
    return context if ticket.tell_customer else {**context, "mail_notrack": True}


def _values(job: Job, ticket: NewTicket) -> dict[str, Any]:
    client = job.client
    source = live_tickets.source_of(client, ticket.model)
    values: dict[str, Any] = {
        "name": ticket.subject,
        "description": description_html(job, ticket.description),
        "partner_id": ticket.partner_id,
    }
    if ticket.team_id:
        values["project_id" if ticket.model == TASK else "team_id"] = ticket.team_id
    if ticket.priority:
        _check_priority(client, ticket.model, ticket.priority)
        values["priority"] = ticket.priority
    if source == "oca":
        values |= _contact(client, ticket)
    if _not_theirs(job, ticket, source):
        values[live_tickets.assignee_field(client, ticket.model)] = False
    if ticket.tell_customer:
        _require_message(job)
        stage = live_tickets.first_stage(client, source, ticket.team_id, ticket.company_id)
        if stage is not None:
            # As in Odoo's own form: some versions send a stage's e-mail only where the stage is given.
            values["stage_id"] = stage.stage_id
    return values


def _not_theirs(job: Job, ticket: NewTicket, source: str) -> bool:
    """Return whether to keep Odoo from giving the ticket to whoever makes it, as some versions do.

    A ticket of the service account is nobody's, and OCA's form assigns none to people outside its team.
    """
    if source == "enterprise":
        return False  # there the team decides
    outside = source == "oca" and bool(ticket.team_id)
    return job.entry.author.on_behalf or (
        outside and job.client.uid not in live_tickets.members(job.client, "oca", ticket.team_id)
    )


def _contact(client: OdooClient, ticket: NewTicket) -> dict[str, Any]:
    """Return what OCA's form fills in from the customer and its server does not."""
    fields = {"partner_name": "name", "partner_email": "email", "partner_lang": "lang"}
    known = client.fields(ticket.model, tuple(fields))
    rows = client.search_read("res.partner", [["id", "=", ticket.partner_id]], [*fields.values(), "display_name"])
    if not rows:
        raise MissingRecordError("Odoo no longer has this customer: refresh the figures.", model="res.partner")
    found = {name: rows[0][field] for name, field in fields.items() if name in known}
    if not found.get("partner_name"):
        found["partner_name"] = rows[0]["display_name"]
    return {name: value for name, value in found.items() if value and name in known}


def _check_priority(client: OdooClient, model: str, key: str) -> None:
    if key not in {one.key for one in live_tickets.priorities(client, model)}:
        raise ActionRefusedError("This Odoo has no such priority: choose one that it offers.")


def _find(client: OdooClient, model: str, token: str) -> int | None:
    found = client.call(model, "search", domain=[["description", "ilike", token]], limit=1, order="id asc")
    return int(found[0]) if found else None


def _label(client: OdooClient, model: str, ticket_id: int) -> str:
    names = [name for name in ("number", "ticket_ref") if name in client.fields(model, ("number", "ticket_ref"))]
    try:
        rows = client.search_read(model, [["id", "=", ticket_id]], [*names, "id"])
    except OdooAccessError:
        rows = []  # a rule may give it to somebody else at once
    return f"Ticket {live_tickets.label_of(rows[0] if rows else {'id': ticket_id})}"


# A change


def _wanted(change: TicketChange, now: TicketNow) -> dict[str, tuple[Any, Any, Any]]:
    """Return for each property that is to change: what was seen, what is wanted and what it is now."""
    found: dict[str, tuple[Any, Any, Any]] = {}
    if change.stage_id is not None:
        found["stage_id"] = (change.seen_stage_id, change.stage_id, now.stage_id)
    if change.state is not None:
        # A task that is reopened and has to wait for other tasks is as wanted.
        has = change.state if task_states.is_kept(change.state, now.state) else now.state
        found["state"] = (change.seen_state, change.state, has)
    if change.user_id is not None:
        seen = None if change.seen_user_ids is None else set(change.seen_user_ids)
        found["user_id"] = (seen, {change.user_id} - {0}, set(now.user_ids))
    if change.priority is not None:
        found["priority"] = (change.seen_priority, change.priority, now.priority)
    return found


def _write(job: Job, change: TicketChange) -> bool:
    """Write what is not yet as wanted, unless somebody else has changed it; return True."""
    client, model = job.client, change.model
    now = live_tickets.ticket_now(client, model, change.ticket_id)
    wanted = _wanted(change, now)
    changed = [
        WORDS[name] for name, (seen, want, has) in wanted.items() if seen is not None and has not in (seen, want)
    ]
    if changed:
        raise StaleRecordError(
            f"The {' and '.join(changed)} of ticket {change.label} {'was' if len(changed) == 1 else 'were'} changed in "
            f"Odoo since{_stands(client, model, now)}: look at it again.",
            model=model,
        )
    values: dict[str, Any] = {}
    for name, (_seen, want, has) in wanted.items():
        # With a new stage Odoo would set the state itself.
        if want == has and not (name == "state" and "stage_id" in values):
            continue
        if name == "stage_id":
            stage = _checked_stage(job, change)
            values[name] = want
            state = task_states.state_for(stage, now.state, job.settings)
            if change.state is None and state != now.state:
                values["state"] = state
        elif name == "state":
            _check_state(client, model, want)
            values[name] = want
        elif name == "priority":
            _check_priority(client, model, want)
            values[name] = want
        else:
            field = live_tickets.assignee_field(client, model)
            values[field] = [[6, 0, sorted(want)]] if field == "user_ids" else change.user_id or False
    if values:
        client.write(model, [change.ticket_id], values, context=IN_USE)
    return True


def _check_state(client: OdooClient, model: str, key: str) -> None:
    if key not in {one.key for one in live_tickets.states_of(client, model)}:
        raise ActionRefusedError("Tickets have no such state in this Odoo: choose one that it offers.")


def _checked_stage(job: Job, change: TicketChange) -> Stage:
    """Return the new stage.

    Raises ActionRefusedError when Odoo would write to the customer on its own and nobody confirmed that.
    """
    source = live_tickets.source_of(job.client, change.model)
    stage = live_tickets.stage_of(job.client, source, change.stage_id or 0)
    if stage.writes_customer:
        if not change.confirmed:
            raise ActionRefusedError(f"In the stage {stage.name} Odoo itself e-mails the customer. {CONFIRM}")
        _require_message(job)
    return stage


def _stands(client: OdooClient, model: str, now: TicketNow) -> str:
    """Return the state of the ticket now, in words."""
    source = live_tickets.source_of(client, model)
    rows = client.search_read("res.users", [["id", "in", list(now.user_ids)]], ["name"]) if now.user_ids else []
    priority = next((one.name for one in live_tickets.priorities(client, model) if one.key == now.priority), "")
    stage = live_tickets.stage_of(client, source, now.stage_id).name if now.stage_id else "no stage"
    people = ", ".join(str(row["name"]) for row in rows) or "nobody"
    state = next((one.name for one in live_tickets.states_of(client, model) if one.key == now.state), "")
    stands = f"{stage}, {state}" if state else stage
    return f" (now {stands}, assigned to {people}{f', priority {priority}' if priority else ''})"


def _written(job: Job, change: TicketChange) -> bool:
    now = live_tickets.ticket_now(job.client, change.model, change.ticket_id)
    return all(want == has for _seen, want, has in _wanted(change, now).values())


def _not_kept(job: Job, change: TicketChange) -> tuple[str, ...]:
    """Return what Odoo did not keep as written: a rule or module there may have set something else."""
    now = live_tickets.ticket_now(job.client, change.model, change.ticket_id)
    return tuple(WORDS[name] for name, (_seen, want, has) in _wanted(change, now).items() if want != has)


def _message(job: Job, change: TicketChange) -> int:
    """Send the message to the ticket's customer; return its id."""
    client = job.client
    _require_message(job)
    now = live_tickets.ticket_now(client, change.model, change.ticket_id)
    if change.seen_partner_id is not None and now.partner_id != change.seen_partner_id:
        raise StaleRecordError(
            f"Ticket {change.label} was given another customer in Odoo since: look at it again.", model=change.model
        )
    readers = live_tickets.readers_of(client, now)
    if not readers.customer:
        raise ActionRefusedError(f"Ticket {change.label} has no customer in Odoo: there is nobody to write to.")
    if not readers.email:
        raise ActionRefusedError(
            f"{readers.customer} has no e-mail address in Odoo, so the message would reach nobody."
        )
    values: dict[str, Any] = {
        "body": message_html(job, change.note),
        "message_type": "comment",
        "subtype_xmlid": "mail.mt_comment",
        "partner_ids": [now.partner_id],
    }
    if client.version.major >= TEXT_BODIES_SINCE:
        values["body_is_html"] = True
    posted = client.call(change.model, "message_post", ids=[change.ticket_id], context=IN_USE, **values)
    return int(posted[0] if isinstance(posted, list) else posted)


def _find_message(job: Job, change: TicketChange) -> int | None:
    return find_note(job.client, change.model, change.ticket_id, job.token)


def _require_message(job: Job) -> None:
    """Raise ForbiddenError when the author may no longer write to customers; other writes need less.

    The right was read when this was entered; it is read again for an entry that waited.
    """
    author, settings = job.entry.author, job.settings
    # An entry from the future, by a clock that was corrected since, may be old.
    if 0 <= time.time() - job.entry.created_s < RIGHTS_COUNT_FOR_S:
        return
    if not author.on_behalf:
        person = staff.person_of(job.client, author.login)
    elif settings.auth == "oidc":
        person = staff.person_by_login(job.client, author.login)
    else:
        return  # no sign-in, no roles: the demo, or one person at their own machine
    Access.of(person, settings.roles).require("message")
