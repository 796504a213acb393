"""What staff enter about tickets: a new one, or a change with a note or a message to the customer.

Both are put into the outbox, and `odoo_client.actions.tickets.jobs` carries them out. No customer is written to unless
that was asked for and confirmed.

Odoo rights needed: to create and change tickets (OCA: helpdesk_mgmt.group_helpdesk_user_own or higher, Enterprise:
helpdesk.group_helpdesk_user, tasks: project.group_project_user).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from odoo_client.actions.outbox.entry import Author, Entry
from odoo_client.actions.outbox.office import Office
from odoo_client.documents.clean import one_line, storable
from odoo_client.errors import ActionRefusedError
from odoo_client.live.tickets import MODELS, TASK

MAX_SUBJECT: Final = 200
MAX_TEXT: Final = 20_000
CONFIRM: Final = "Confirm that the customer is written to."
#: Property of a change → what people call it.
WORDS: Final = {"stage_id": "stage", "state": "state", "user_id": "assignee", "priority": "priority"}


@dataclass(frozen=True)
class NewTicket:
    """A ticket to be made. `priority` is Odoo's own key, "" leaves it to Odoo; `team_id` is a task's project.

    `tell_customer`: let Odoo send what its first stage sends the customer; without it nothing is sent.
    """

    model: str
    partner_id: int
    subject: str
    company_id: int
    description: str = ""
    priority: str = ""
    team_id: int = 0
    tell_customer: bool = False


@dataclass(frozen=True)
class TicketChange:
    """What to change on a ticket; None leaves as it is, `user_id` 0 takes the assignee away.

    `state` is that of a task of Odoo 17 or newer; a new stage without one takes along the state that goes with it.
    `note` is plain text for staff, with `public` a message to the customer. `confirmed`: the person has confirmed that
    the customer is written to, by the message or by the new stage's template. `seen_…` is what stood on screen (None:
    not looked at, so not compared); `label` is what people call the ticket.
    """

    model: str
    ticket_id: int
    stage_id: int | None = None
    state: str | None = None
    user_id: int | None = None
    priority: str | None = None
    note: str = ""
    public: bool = False
    confirmed: bool = False
    seen_stage_id: int | None = None
    seen_state: str | None = None
    seen_user_ids: tuple[int, ...] | None = None
    seen_priority: str | None = None
    seen_partner_id: int | None = None
    label: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The properties to be written."""
        return tuple(name for name in WORDS if getattr(self, name) is not None)


def create_ticket(office: Office, author: Author, ticket: NewTicket, *, token: str = "") -> Entry:
    """Return the entry that makes the ticket; with a `token` used before, the entry it already has.

    Raises ActionRefusedError as `check_ticket`; OutboxError when it cannot be kept, and then nothing is sent.
    A refusal by Odoo is found in the entry later.
    """
    subject, description = check_ticket(ticket)
    payload = asdict(ticket) | {"subject": subject, "description": description}
    entry = office.outbox.add("ticket_create", author, title=f"New ticket “{subject}”", payload=payload, token=token)
    office.poke()
    return entry


def check_ticket(ticket: NewTicket) -> tuple[str, str]:
    """Return subject and description as they are sent.

    Raises ActionRefusedError for a subject that is empty or too long, a text too long, no customer, company or project.
    """
    _check_model(ticket.model)
    subject = one_line(ticket.subject)
    if ticket.partner_id <= 0:
        raise ActionRefusedError("Choose the customer the ticket is for.")
    if ticket.company_id <= 0:
        raise ActionRefusedError("Choose the company the ticket is for.")
    if not subject:
        raise ActionRefusedError("Write what the ticket is about: its subject is empty.")
    if len(subject) > MAX_SUBJECT:
        raise ActionRefusedError(f"The subject is longer than {MAX_SUBJECT} characters: put the rest below it.")
    if ticket.model == TASK and ticket.team_id <= 0:
        raise ActionRefusedError("Choose a project: a task without one is somebody's private to-do.")
    return subject, _text(ticket.description, "description")


def update_ticket(office: Office, author: Author, change: TicketChange, *, token: str = "") -> Entry:
    """Return the entry that changes the ticket; with a `token` used before, the entry it already has.

    Raises ActionRefusedError as `check_change`; OutboxError when it cannot be kept, and then nothing is sent.
    Whether the ticket was changed in Odoo meanwhile, its customer can be written to and Odoo permits it, the entry
    says later.
    """
    note = check_change(change)
    parts = [WORDS[name] for name in change.fields]
    if note:
        parts.append("message to the customer" if change.public else "internal note")
    label = one_line(change.label) or f"#{change.ticket_id}"
    entry = office.outbox.add(
        "ticket_update",
        author,
        title=f"Ticket {label}: {', '.join(parts)}",
        payload=asdict(change) | {"note": note, "label": label},
        subject=subject_of(change.model, change.ticket_id),
        token=token,
    )
    office.poke()
    return entry


def check_change(change: TicketChange) -> str:
    """Return the note or message as it is sent.

    Raises ActionRefusedError when nothing changes, or a message to the customer is empty, too long or not confirmed.
    """
    _check_model(change.model)
    note = _text(change.note, "message" if change.public else "note")
    if change.ticket_id <= 0:
        raise ActionRefusedError("Choose a ticket.")
    if change.public and not note:
        raise ActionRefusedError("Write the message to the customer: it is empty.")
    if change.public and not change.confirmed:
        raise ActionRefusedError(CONFIRM)
    if change.stage_id is not None and change.stage_id <= 0:
        raise ActionRefusedError("Choose a stage.")
    if not (note or change.fields):
        raise ActionRefusedError("Nothing is changed: choose another stage, assignee or priority, or write a note.")
    return note


def subject_of(model: str, ticket_id: int) -> str:
    """Return what the entries of one ticket have in common: they are sent in order."""
    return f"{model}:{ticket_id}"


def _check_model(model: str) -> None:
    if model not in MODELS:
        raise ActionRefusedError("This Odoo has no tickets that can be written from here.")


def _text(text: str, what: str) -> str:
    plain = storable(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(plain) > MAX_TEXT:
        raise ActionRefusedError(f"The {what} is longer than {MAX_TEXT:,} characters: shorten it, or attach a file.")
    return plain
