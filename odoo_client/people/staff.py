"""A member of staff as Odoo knows them: with their own account, or read by the service account for single sign-on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from msgspec import Struct
from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.errors import (
    MissingModelError,
    OdooAccessError,
    OdooAuthError,
    OdooServerError,
    OdooUserError,
    SignInError,
)
from odoo_client.people.access import (
    LEDGER_FRAMES,
    PROMISE_FRAMES,
    SALES_FRAMES,
    Person,
    frames_of,
    roles_of,
    sales_documents,
    ticket_documents,
    writes_of,
)
from odoo_client.people.service_account import ACTIVITIES_HIDDEN_SINCE, sees_promises
from odoo_client.roles import CONTACT_GROUPS, GROUPS, PAYMENT_GROUPS, Action, Documents
from odoo_client.rpc import hurried
from odoo_client.rpc.answers import Id, ids_of, odd_answer, typed
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.columns import Domain

REFUSED: Final = (
    "Odoo did not accept this login with this password or key. With two-factor sign-in use an API key instead of the "
    "password."
)
NOBODY: Final = "Nobody on the staff in Odoo has your e-mail address as their login. Ask an administrator of Odoo."
STAFF: Final = "base.group_user"
#: From this version on `group_ids` holds only the groups given by hand, and `all_group_ids` those they imply too.
ALL_GROUPS_SINCE: Final = 19
#: Model → the frames that are read from it: what Odoo does not let a person read, they do not see here either.
MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    "account.move.line": (*LEDGER_FRAMES, *PROMISE_FRAMES),
    "account.move": ("invoices", "invoice_lines", "invoice_technology"),
    "account.payment": ("payments", "payment_invoices"),
    "account.partial.reconcile": ("partials",),
    "sale.order": SALES_FRAMES,
    "stock.picking": ("deliveries",),
    "contract.contract": ("services", "contract_lines"),
}


class _User(Struct):
    """What is read of a user; an empty text and no record come as False."""

    name: str | bool
    partner_id: int | bool


class _Found(_User):
    id: Id
    login: str
    company_ids: list[Id]


def connect(settings: Settings, login: str, secret: SecretStr) -> OdooClient:
    """Return a person's own connection, with the short time limits of a page. Raises OdooError."""
    return hurried.connect(_own(settings, login, secret))


def connect_to_write(settings: Settings, login: str, secret: SecretStr) -> OdooClient:
    """Return a person's own connection with the patience of a write, which nobody waits for. Raises OdooError."""
    return OdooClient.connect(_own(settings, login, secret))


def _own(settings: Settings, login: str, secret: SecretStr) -> Settings:
    own = {"odoo_username": login, "odoo_password": secret}
    # The setting may ask for JSON-2, which takes keys only; people may sign in with a password too.
    protocol = "jsonrpc" if settings.odoo_protocol == "jsonrpc" else "auto"
    return settings.model_copy(update={**own, "odoo_protocol": protocol})


def sign_in(settings: Settings, login: str, secret: SecretStr) -> Person:
    """Return the person these credentials belong to.

    Raises SignInError, with one sentence for every refusal; any other OdooError when Odoo cannot be asked.
    """
    try:
        with connect(settings, login, secret) as client:
            if not client.has_group(STAFF):
                raise SignInError(REFUSED)
            return person_of(client, login)
    except (OdooAuthError, OdooAccessError) as exc:
        raise SignInError(REFUSED) from exc


def person_of(client: OdooClient, login: str) -> Person:
    """Return the person whose own account `client` is signed in with. Raises OdooError."""
    groups = _groups(client, client.uid) or {group for group in GROUPS if client.has_group(group)}
    read = client.call("res.users", "read", ids=[client.uid], fields=["name", "partner_id"], load="")
    found = typed(read, list[_User], "res.users", "the account's own record")
    if not found:
        raise odd_answer("res.users", "the account's own record")
    frames = set(frames_of(groups))
    for model, names in MODELS.items():
        if frames.intersection(names) and not _readable(client, model):
            frames.difference_update(names)
    if not sees_promises(client):
        frames.difference_update(PROMISE_FRAMES)
    person = _person(client, client.uid, login, found[0], groups, client.company_ids)
    return Person(**{**person, "frames": frozenset(frames), "writes": _writes(client)})


def person_by_login(service: OdooClient, login: str) -> Person:
    """Return the member of staff with that login (case does not count), as the service account sees them.

    Raises SignInError when nobody or more than one has it, OdooError when Odoo cannot be asked.
    """
    names = ["login", "name", "partner_id", "company_id", "company_ids"]
    domain = [["login", "=ilike", login], ["share", "=", False]]
    # `=ilike` takes "_" as any letter, and archived users cannot sign in.
    rows = typed(service.search_read("res.users", domain, names, active_test=True), list[_Found], "res.users", "users")
    users = [row for row in rows if row.login.strip().casefold() == login.strip().casefold()]
    if len(users) != 1:
        raise SignInError(NOBODY)
    user = users[0]
    uid = user.id
    groups = _groups(service, uid)
    if STAFF not in groups:
        raise SignInError(NOBODY)
    shared = set(user.company_ids) & set(service.company_ids)
    person = _person(service, uid, user.login, user, groups, sorted(shared))
    frames = set(frames_of(groups))
    if not groups.intersection(PAYMENT_GROUPS) and service.has_model("contract.contract"):
        # That group alone opens contracts, whatever sales or reading rights a person has.
        frames.difference_update(MODELS["contract.contract"])
    if service.version.major >= ACTIVITIES_HIDDEN_SINCE and not groups.intersection(CONTACT_GROUPS):
        frames.difference_update(PROMISE_FRAMES)
    # The service account, which writes for them, may do all of it: what they may not do in Odoo, they may not here.
    writes = writes_of(groups, _ticket_model(service))
    return Person(**{**person, "frames": frozenset(frames), "writes": writes})


def _person(
    client: OdooClient, uid: int, login: str, user: _User, groups: set[str], company_ids: Collection[int]
) -> dict[str, Any]:
    model = _ticket_model(client)
    tickets: Documents = ticket_documents(groups, model) if model else "none"
    partner_id = int(user.partner_id)
    companies = frozenset(company_ids)
    team_ids: list[int] = []
    if tickets in ("team", "own"):
        # With their own account Odoo itself decides; the service account sees more than they do.
        shown = (
            [] if client.uid == uid or model != "project.task" else _projects_shown(client, uid, partner_id, companies)
        )
        team_ids = _teams(client, model, uid, shown)
    return {
        "login": login,
        "name": str(user.name or login),
        "user_id": uid,
        "roles": roles_of(groups),
        "company_ids": companies,
        "sales": sales_documents(groups),
        "tickets": tickets,
        "team_ids": frozenset(team_ids),
        "partner_id": partner_id,
    }


def _groups(client: OdooClient, uid: int) -> set[str]:
    """Return the external ids of the user's groups, implied ones too; empty where the account may not read them."""
    name = "all_group_ids" if client.version.major >= ALL_GROUPS_SINCE else "groups_id"
    try:
        rows = typed(
            client.call("res.users", "read", ids=[uid], fields=[name], load=""),
            list[dict[str, Any]],
            "res.users",
            "groups",
        )
        ids = [one for row in rows for one in ids_of(row.get(name), "res.groups")]
        names = client.call("res.groups", "get_external_id", ids=ids) if ids else {}
    except (OdooAccessError, OdooServerError, OdooUserError):
        # An ordinary account may not look at groups; it may ask about its own, one by one.
        return set()
    return {str(one) for one in typed(names, dict[str, str | bool], "res.groups", "names").values() if one}


def _readable(client: OdooClient, model: str) -> bool:
    try:
        # There is no such model, and so nothing to hide.
        return client.lists(model) is False or client.may(model)
    except (MissingModelError, OdooServerError):
        return True


def _writes(client: OdooClient) -> frozenset[Action]:
    """Return what the account itself may write by Odoo's access lists: custom groups count too."""
    asked: dict[str, tuple[Action, ...]] = {
        "account.payment": ("proof", "decide"),
        "res.partner": ("promise", "customer"),
        _ticket_model(client): ("ticket", "message"),
    }
    return frozenset(action for model, actions in asked.items() if _writable(client, model) for action in actions)


def _writable(client: OdooClient, model: str) -> bool:
    try:
        return bool(model) and client.may(model, "write")
    except (MissingModelError, OdooServerError):
        return False  # no such model: there is nothing to write


def _ticket_model(client: OdooClient) -> str:
    for model in ("helpdesk.ticket", "project.task"):
        if client.has_model(model):
            return model
    return ""


def _projects_shown(client: OdooClient, uid: int, partner_id: int, company_ids: frozenset[int]) -> Domain:
    """Return Odoo's own rule for the projects seen by people who are not project administrators."""
    if "allowed_internal_user_ids" in client.fields("project.project", ("allowed_internal_user_ids",)):
        invited: list[object] = ["allowed_internal_user_ids", "in", [uid]]
    else:
        invited = ["message_partner_ids", "in", [partner_id]]
    return [
        ["company_id", "in", [*sorted(company_ids), False]],
        "|",
        ["privacy_visibility", "in", ["employees", "portal"]],
        invited,
    ]


def _teams(client: OdooClient, model: str, uid: int, shown: Domain) -> list[int]:
    """Return the teams (OCA) or projects (tasks; those of `shown`) whose tickets the person sees."""
    if model == "project.task":
        return client.search_ids("project.project", shown)
    try:
        return client.search_ids("helpdesk.ticket.team", [["user_ids", "in", [uid]]])
    except (MissingModelError, OdooAccessError):
        return []
