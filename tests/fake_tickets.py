"""An Odoo with tickets in memory, OCA's, Enterprise's or tasks, for the tests of what is offered and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from odoo_client.errors import MissingModelError, UnknownOutcomeError
from odoo_client.live.tickets import TASK
from odoo_client.rpc.client import FieldInfo

TICKET = "helpdesk.ticket"
UID = 9
Row = dict[str, Any]


def field(name: str, kind: str = "char", relation: str = "", selection: Sequence[tuple[str, str]] = ()) -> FieldInfo:
    return FieldInfo(name, kind, True, relation, False, tuple(selection))


PRIORITY = field("priority", "selection", selection=(("0", "Low"), ("1", "Medium"), ("3", "High")))
STATES = (
    ("01_in_progress", "In Progress"), ("02_changes_requested", "Changes Requested"), ("03_approved", "Approved"),
    ("1_done", "Done"), ("1_canceled", "Cancelled"), ("04_waiting_normal", "Waiting"),
)  # fmt: skip
STATE = field("state", "selection", selection=STATES)
FIELDS: dict[str, dict[str, Sequence[str | FieldInfo]]] = {
    "oca": {
        TICKET: ("number", "user_id", "user_ids", "team_id", "partner_id", "company_id", "partner_name",
                 "partner_email", "message_partner_ids", field("stage_id", relation="helpdesk.ticket.stage"), PRIORITY),
        "helpdesk.ticket.stage": ("name", "company_id", "team_ids", "mail_template_id"),
        "helpdesk.ticket.team": ("name", "company_id", "user_ids"),
    },
    "enterprise": {
        TICKET: ("ticket_ref", "user_id", "team_id", "partner_id", "company_id", "domain_user_ids",
                 "message_partner_ids", field("stage_id", relation="helpdesk.stage"), PRIORITY),
        "helpdesk.stage": ("name", "fold", "team_ids", "template_id"),
        "helpdesk.team": ("name", "company_id", "member_ids"),
    },
    "tasks": {
        TASK: ("user_ids", "project_id", "partner_id", "company_id", "message_partner_ids", "is_template",
               field("stage_id", relation="project.task.type"), STATE, PRIORITY),
        "project.task.type": ("name", "fold", "project_ids", "mail_template_id", "rating_template_id", "rating_active"),
        "project.project": ("name", "company_id", "is_template"),
    },
}  # fmt: skip


class FakeClient:
    """Rows in memory behind the few methods that handlers use; `calls` are the writes with their context."""

    def __init__(self, source: str = "oca", major: int = 19) -> None:
        self.version = SimpleNamespace(major=major)
        self.uid = UID
        self.company_ids = (1, 2)
        self.described = {model: dict(self._described(names)) for model, names in FIELDS[source].items()}
        self.model = TASK if source == "tasks" else TICKET
        self.rows: dict[str, list[Row]] = {
            "res.partner": [
                {"id": 7, "name": "Rudo", "display_name": "Rudo", "email": "rudo@example.com", "lang": "en_US"},
                {"id": 8, "name": False, "display_name": "Rudo, Accounts", "email": False, "lang": False},
            ],
            "res.users": [
                {"id": 5, "name": "Tarisai", "share": False, "partner_id": 105},
                {"id": 6, "name": "Blessing", "share": False, "partner_id": 106},
                {"id": UID, "name": "Sandra", "share": False, "partner_id": 109},
            ],
            "mail.message": [],
            self.model: [],
        }
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.lose: set[str] = set()
        self.refuse: dict[str, Exception] = {}
        self.keeps = True

    @staticmethod
    def _described(names: Sequence[str | FieldInfo]) -> list[tuple[str, FieldInfo]]:
        infos = [one if isinstance(one, FieldInfo) else field(one) for one in names]
        return [(one.name, one) for one in infos]

    def fields(self, model: str, names: Sequence[str] | None = None) -> Mapping[str, FieldInfo]:
        if model not in self.described:
            raise MissingModelError("no such model", model=model)
        known = self.described[model]
        return known if names is None else {name: known[name] for name in names if name in known}

    def search_read(self, model: str, domain: list[Any], names: Sequence[str], **more: Any) -> list[Row]:
        for name in names:
            assert model not in self.described or name == "id" or name in self.described[model], (model, name)
        rows = [row for row in self.rows.get(model, []) if all(self._matches(row, leaf) for leaf in domain)]
        active = [row for row in rows if row.get("active", True) or not more.get("active_test")]
        return [{"id": row["id"], **{name: row.get(name, False) for name in names}} for row in active]

    @staticmethod
    def _matches(row: Row, leaf: list[Any]) -> bool:
        name, operator, value = leaf
        found = row.get(name, False)
        if operator == "in":
            return found in value
        return str(value).lower() in str(found).lower() if operator == "ilike" else found == value

    def call(self, model: str, method: str, *, ids: Any = None, context: Any = None, **named: Any) -> Any:
        if method == "search":
            found = [row["id"] for row in self.rows[model] if all(self._matches(row, one) for one in named["domain"])]
            return sorted(found)[: named.get("limit")]
        assert method == "message_post"
        return self._write(
            model, method, {"ids": ids, "context": context, **named}, lambda: self._post(model, ids, named)
        )

    def _post(self, model: str, ids: Any, named: Any) -> Any:
        rows = self.rows["mail.message"]
        rows.append({"id": 500 + len(rows), "model": model, "res_id": ids[0], "body": named["body"]})
        return rows[-1]["id"] if self.version.major < 19 else [rows[-1]["id"]]

    def create(self, model: str, vals: Row, *, context: Any = None) -> int:
        def make() -> int:
            key = 100 + len(self.rows[model])
            self.rows[model].append({"id": key, "number": f"HT{key}", "ticket_ref": f"0{key}", **vals})
            return key

        made: int = self._write(model, "create", {"vals": vals, "context": context}, make)
        return made

    def write(self, model: str, ids: Sequence[int], vals: Row, *, context: Any = None) -> None:
        def change() -> None:
            row = next(row for row in self.rows[model] if row["id"] == ids[0])
            plain = {name: value[0][2] if isinstance(value, list) else value for name, value in vals.items()}
            row.update(plain if self.keeps else {})

        self._write(model, "write", {"ids": list(ids), "vals": vals, "context": context}, change)

    def _write(self, model: str, method: str, named: dict[str, Any], act: Any) -> Any:
        if method in self.refuse:
            raise self.refuse.pop(method)
        self.calls.append((model, method, named))
        done = act()
        if method in self.lose:
            self.lose.discard(method)
            raise UnknownOutcomeError("The answer was lost.", model=model, method=method)
        return done

    def add_stage(self, **row: Any) -> None:
        model = self.described[self.model]["stage_id"].relation
        self.rows.setdefault(model, []).append(row)

    def sent(self, method: str) -> list[dict[str, Any]]:
        return [named for _model, one, named in self.calls if one == method]


def ticket(client: FakeClient, **more: Any) -> int:
    """Put a ticket into Odoo."""
    row = {"id": 40, "number": "HT40", "ticket_ref": "040", "stage_id": 1, "user_id": 5, "user_ids": [5],
           "priority": "0", "partner_id": 7, "company_id": 1, "team_id": 3, "project_id": 3}  # fmt: skip
    client.rows[client.model].append(row | more)
    for key, name in ((1, "New"), (2, "Working")):
        client.add_stage(id=key, name=name, sequence=key, team_ids=[3], project_ids=[3])
    return 40
