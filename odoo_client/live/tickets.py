"""What Odoo offers for a ticket right now: teams, stages, assignees and priorities, read on demand and never cached.

Each is read once, with the person's own connection, so that Odoo decides what they may choose. `fields_get` says which
fields there are: OCA helpdesk, Enterprise helpdesk and project tasks differ, and so do their versions.

Odoo rights needed: to read tickets, stages and teams (OCA: helpdesk_mgmt.group_helpdesk_user_own or higher, Enterprise:
helpdesk.group_helpdesk_user, tasks: project.group_project_user).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from odoo_client.datasets.task_states import CLOSING_MARKS, Source, Stage, State, offered_states
from odoo_client.datasets.tickets import STAGE_MODELS, TEAM_MODELS
from odoo_client.errors import MissingModelError, MissingRecordError
from odoo_client.people.redaction import without
from odoo_client.roles import Personal
from odoo_client.rpc.client import OdooClient

TASK: Final = "project.task"
MODELS: Final = ("helpdesk.ticket", TASK)
#: A list offers at most this many people to choose from.
MAX_PEOPLE: Final = 500
#: Replaces an e-mail address that a role must not see: it says only that there is one.
HIDDEN: Final = "e-mail address known"
NO_TEAM: Final = "No team"
GONE: Final = "Odoo no longer has this ticket, or your account may not see it: refresh the figures."

#: On a stage: what makes Odoo write to the customer as soon as a ticket gets there.
_TEMPLATES: Final = ("mail_template_id", "template_id", "sms_template_id")
_RATING: Final = ("rating_template_id", "rating_active")
_TICKET_FIELDS: Final = (
    *("number", "ticket_ref", "stage_id", "team_id", "project_id", "user_id", "user_ids", "domain_user_ids"),
    *("priority", "partner_id", "company_id", "message_partner_ids", "state"),
)
#: The field of a stage that names the teams (or projects) it belongs to, and that of a team with its members.
_STAGE_TEAMS: Final[Mapping[Source, str]] = {"oca": "team_ids", "enterprise": "team_ids", "tasks": "project_ids"}
_MEMBERS: Final[Mapping[Source, str]] = {"oca": "user_ids", "enterprise": "member_ids"}


@dataclass(frozen=True)
class Team:
    """A team, for tasks a project; 0 is no team. `first_stage` is where its new tickets stand (None: not known)."""

    team_id: int
    name: str
    first_stage: Stage | None = None

    @property
    def writes_customer(self) -> bool:
        """Whether Odoo can tell the customer by itself that the ticket was made."""
        return self.first_stage is not None and self.first_stage.writes_customer


@dataclass(frozen=True)
class Priority:
    """A priority: Odoo's own key and name."""

    key: str
    name: str


@dataclass(frozen=True)
class Assignee:
    """A user who can be given the ticket."""

    user_id: int
    name: str


@dataclass(frozen=True)
class NewTicketOffers:
    """What can be chosen for a new ticket of one company; no priority: this Odoo's tickets have none."""

    source: Source
    teams: tuple[Team, ...]
    priorities: tuple[Priority, ...]


@dataclass(frozen=True)
class TicketNow:
    """A ticket as it stands in Odoo; 0, "" and () where nothing is set. `followers` are partners."""

    ticket_id: int
    label: str
    company_id: int
    team_id: int
    stage_id: int
    user_ids: tuple[int, ...]
    priority: str
    partner_id: int
    followers: tuple[int, ...] = ()
    #: Whom Odoo's own form offers (Enterprise), empty where it does not say.
    candidates: tuple[int, ...] = ()
    #: A task's own state, from 17 on; "" where tickets have none.
    state: str = ""


@dataclass(frozen=True)
class Readers:
    """Who gets a message to the customer: the customer, and who else outside follows the ticket."""

    customer: str = ""
    email: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangeOffers:
    """A ticket as it stands now with what it can be changed to; what it has now is among it.

    `states` are those of a task of 17 or newer, empty for all other tickets.
    """

    now: TicketNow
    stages: tuple[Stage, ...]
    people: tuple[Assignee, ...]
    priorities: tuple[Priority, ...]
    readers: Readers
    states: tuple[State, ...] = ()

    def stage(self, stage_id: int) -> Stage | None:
        """Return one of the stages, None for none of them."""
        return next((one for one in self.stages if one.stage_id == stage_id), None)


def source_of(client: OdooClient, model: str) -> Source:
    """Return which helpdesk has these tickets. Raises MissingModelError for one that is not known, OdooError."""
    if model == TASK:
        return "tasks"
    if model in MODELS:
        field = client.fields(model, ("stage_id",)).get("stage_id")
        for source, stage_model in STAGE_MODELS.items():
            if field is not None and field.relation == stage_model:
                return source
    raise MissingModelError("These tickets are of a helpdesk this app does not know: change them in Odoo.", model=model)


def readers_for(readers: Readers, allowed: Collection[Personal]) -> Readers:
    """Return who gets a message without the personal data that is not `allowed`; that there is an address is said."""
    return Readers(
        customer=without(readers.customer, allowed),
        email=HIDDEN if readers.email and "email" not in allowed else readers.email,
        others=tuple(without(name, allowed) for name in readers.others),
    )


def new_ticket_offers(client: OdooClient, model: str, company_id: int) -> NewTicketOffers:
    """Return what can be chosen for a new ticket of that company. Raises OdooError."""
    source = source_of(client, model)
    named = client.fields(TEAM_MODELS[source], ("company_id", "is_template"))
    domain: list[Any] = []
    if "company_id" in named:
        domain.append(["company_id", "in", [False, company_id]])
    if source == "tasks" and "is_template" in named:
        domain.append(["is_template", "=", False])
    rows = client.search_read(TEAM_MODELS[source], domain, ["name"], active_test=True)
    stages = _stage_rows(client, source, company_id)
    teams = [Team(int(row["id"]), str(row["name"] or "")) for row in rows]
    teams.sort(key=lambda team: team.name.casefold())
    if source == "oca":
        # Teams are optional here; elsewhere a ticket without one is in no queue.
        teams.append(Team(0, NO_TEAM))
    found = [Team(team.team_id, team.name, _first(source, stages, team.team_id)) for team in teams]
    return NewTicketOffers(source, tuple(found), priorities(client, model))


def change_offers(client: OdooClient, model: str, ticket_id: int) -> ChangeOffers:
    """Return the ticket as it stands with what it can be changed to. Raises MissingRecordError, OdooError."""
    source = source_of(client, model)
    now = ticket_now(client, model, ticket_id)
    stages = list(stages_of(client, source, now))
    if now.stage_id and now.stage_id not in {stage.stage_id for stage in stages}:
        stages.insert(0, stage_of(client, source, now.stage_id))
    offered = list(priorities(client, model))
    if now.priority and now.priority not in {one.key for one in offered}:
        offered.insert(0, Priority(now.priority, now.priority))
    states = offered_states(states_of(client, model), now.state) if now.state else ()
    return ChangeOffers(
        now, tuple(stages), people_for(client, source, now), tuple(offered), readers_of(client, now), states
    )


def stages_of(client: OdooClient, source: Source, now: TicketNow) -> tuple[Stage, ...]:
    """Return the stages in use that the ticket can have, in Odoo's order. Raises OdooError."""
    rows = _stage_rows(client, source, now.company_id)
    return tuple(_stage(row, source) for row in rows if _of_team(source, row, now.team_id))


def states_of(client: OdooClient, model: str) -> tuple[State, ...]:
    """Return the states that tasks have from 17 on, in Odoo's order; () for other tickets. Raises OdooError."""
    field = client.fields(model, ("state",)).get("state") if model == TASK else None
    return tuple(State(key, name) for key, name in field.selection) if field is not None else ()


def priorities(client: OdooClient, model: str) -> tuple[Priority, ...]:
    """Return the priorities of the model's own selection, in its order. Raises OdooError."""
    field = client.fields(model, ("priority",)).get("priority")
    return tuple(Priority(key, name) for key, name in field.selection) if field is not None else ()


def assignee_field(client: OdooClient, model: str) -> str:
    """Return the field of the assignee: tasks have had many since 15. Raises OdooError."""
    # OCA's tickets have a `user_ids` as well: the members of the team.
    many = model == TASK and "user_ids" in client.fields(model, ("user_ids",))
    return "user_ids" if many else "user_id"


def ticket_now(client: OdooClient, model: str, ticket_id: int) -> TicketNow:
    """Return the ticket as it stands. Raises MissingRecordError when Odoo does not give it, OdooError."""
    known = client.fields(model, _TICKET_FIELDS)
    names = [name for name in _TICKET_FIELDS if name in known]
    found = client.search_read(model, [["id", "=", ticket_id]], names)
    if not found:
        raise MissingRecordError(GONE, model=model)
    row = found[0]
    assigned = row.get(assignee_field(client, model)) or ()
    return TicketNow(
        ticket_id=ticket_id,
        label=label_of(row),
        company_id=int(row.get("company_id") or 0),
        team_id=int(row.get("project_id" if model == TASK else "team_id") or 0),
        stage_id=int(row.get("stage_id") or 0),
        user_ids=tuple(int(one) for one in (assigned if isinstance(assigned, list) else filter(None, [assigned]))),
        priority=str(row.get("priority") or ""),
        partner_id=int(row.get("partner_id") or 0),
        followers=tuple(int(one) for one in row.get("message_partner_ids") or ()),
        candidates=tuple(int(one) for one in row.get("domain_user_ids") or ()),
        # A field that another module gave this name on a helpdesk's ticket is not ours.
        state=str(row.get("state") or "") if model == TASK else "",
    )


def label_of(row: Mapping[str, Any]) -> str:
    """Return what people call a ticket read with its `number` or `ticket_ref`, else its id with a hash."""
    return str(row.get("number") or row.get("ticket_ref") or f"#{row['id']}")


def stage_of(client: OdooClient, source: Source, stage_id: int) -> Stage:
    """Return one stage, archived or not. Raises MissingRecordError, OdooError."""
    rows = client.search_read(STAGE_MODELS[source], [["id", "=", stage_id]], _stage_names(client, source))
    if not rows:
        raise MissingRecordError("Odoo no longer has this stage: choose another.", model=STAGE_MODELS[source])
    return _stage(rows[0], source)


def first_stage(client: OdooClient, source: Source, team_id: int, company_id: int) -> Stage | None:
    """Return where a new ticket of the team stands, None where Odoo has no stage for it. Raises OdooError."""
    return _first(source, _stage_rows(client, source, company_id), team_id)


def people_for(client: OdooClient, source: Source, now: TicketNow) -> tuple[Assignee, ...]:
    """Return who can be given the ticket, by name: members of its team where it has any, else every internal user.

    Raises OdooError.
    """
    among = now.candidates or members(client, source, now.team_id)
    domain: list[Any] = [["share", "=", False]]
    if among:
        domain.append(["id", "in", sorted(among)])
    rows = client.search_read("res.users", domain, ["name"], limit=MAX_PEOPLE, order="name, id", active_test=True)
    missing = sorted(set(now.user_ids) - {int(row["id"]) for row in rows})
    if missing:
        # The present assignee may have left, or be in no team.
        rows += client.search_read("res.users", [["id", "in", missing]], ["name"])
    return tuple(Assignee(int(row["id"]), str(row["name"] or "")) for row in rows)


def members(client: OdooClient, source: Source, team_id: int) -> tuple[int, ...]:
    """Return the users of a team, () for none, no team and projects. Raises OdooError."""
    name = _MEMBERS.get(source, "")
    if not team_id or not name or name not in client.fields(TEAM_MODELS[source], (name,)):
        return ()
    rows = client.search_read(TEAM_MODELS[source], [["id", "=", team_id]], [name])
    return tuple(int(one) for row in rows for one in row[name] or ())


def readers_of(client: OdooClient, now: TicketNow) -> Readers:
    """Return who would get a message to the customer. Raises OdooError."""
    staff: set[int] = set()
    if now.followers:
        inside = [["partner_id", "in", list(now.followers)], ["share", "=", False]]
        staff = {int(row["partner_id"]) for row in client.search_read("res.users", inside, ["partner_id"])}
    asked = sorted({now.partner_id, *now.followers} - staff - {0})
    rows = client.search_read("res.partner", [["id", "in", asked]], ["display_name", "email"]) if asked else []
    mine = next((row for row in rows if row["id"] == now.partner_id), {})
    others = tuple(str(row["display_name"]) for row in rows if row["id"] != now.partner_id)
    return Readers(str(mine.get("display_name") or ""), str(mine.get("email") or "").strip(), others)


def _stage_names(client: OdooClient, source: Source) -> list[str]:
    wanted = ("name", "company_id", _STAGE_TEAMS[source], *CLOSING_MARKS[source], *_TEMPLATES, *_RATING)
    known = client.fields(STAGE_MODELS[source], wanted)
    return [name for name in wanted if name in known]


def _stage_rows(client: OdooClient, source: Source, company_id: int) -> list[dict[str, Any]]:
    """Return the stages in use that a company's tickets can have, in Odoo's order."""
    names = _stage_names(client, source)
    rows = client.search_read(STAGE_MODELS[source], [], names, order="sequence, id", active_test=True)
    return [row for row in rows if not row.get("company_id") or row["company_id"] == company_id]


def _of_team(source: Source, row: Mapping[str, Any], team_id: int) -> bool:
    """Return whether the team's tickets can have the stage; where stages belong to no team, as in OCA 14, all can."""
    name = _STAGE_TEAMS[source]
    if name not in row:
        return True
    teams = row[name] or ()
    return team_id in teams or (source == "oca" and not teams)


def _first(source: Source, rows: Iterable[dict[str, Any]], team_id: int) -> Stage | None:
    mine = [row for row in rows if _of_team(source, row, team_id)]
    if source == "tasks":
        mine.sort(key=lambda row: any(row.get(mark) for mark in CLOSING_MARKS[source]))
    return _stage(mine[0], source) if mine else None


def _stage(row: Mapping[str, Any], source: Source) -> Stage:
    rated = bool(row.get("rating_template_id")) and bool(row.get("rating_active", True))
    writes = rated or any(row.get(name) for name in _TEMPLATES)
    marks = [bool(row[name]) for name in CLOSING_MARKS[source] if name in row]
    marked = any(marks) if source == "tasks" else bool(marks and marks[0])
    return Stage(int(row["id"]), str(row["name"] or ""), writes, marked)
