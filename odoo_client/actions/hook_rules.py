"""The automation rules by which Odoo (17 and newer) tells the dashboard of changes: set up, listed, taken away.

They are found again by their name. A rule on a model sends one request for each record, after the commit (17 and 18:
perhaps before it), while whoever saved waits; so few fields start it, and none of `account.move.line`, which has many
lines for each invoice.

Odoo rights needed: Settings (base.group_system).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from odoo_client.config import is_loopback
from odoo_client.errors import ActionRefusedError, ConfigError, OdooAccessError
from odoo_client.rpc.client import OdooClient

WEBHOOKS_SINCE: Final = 17
RULE: Final = "base.automation"
ACTION: Final = "ir.actions.server"
#: How the names of all rules of ours begin.
PREFIX: Final = "AFINET dashboard: "
TRIGGER: Final = "on_create_or_write"
#: Model → the fields of which a change is told; those that an Odoo does not have are left out.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "account.move": ("state", "payment_state", "amount_residual", "partner_id", "invoice_date_due"),
    "account.payment": ("state", "amount", "partner_id"),
    "sale.order": ("state", "amount_total", "partner_id", "invoice_status", "subscription_state"),
    "helpdesk.ticket": ("stage_id", "user_id", "team_id", "priority", "partner_id"),
    "project.task": ("stage_id", "state", "user_ids", "priority", "partner_id"),
}
#: Odoo would note the address, with its secret, in the messages of the rule.
_QUIET: Final = {"tracking_disable": True, "mail_notrack": True}

TOO_OLD: Final = (
    "Odoo {version} has no webhooks (they came with 17), so there is nothing to set: asking it every {every} s does it."
)
NO_MODULE: Final = (
    "Odoo's module Automation Rules (base_automation) is not installed: install it under Apps, then run this again."
)
NO_RIGHT: Final = (
    "This account may not set automation rules in Odoo: name an administrator by --login, or set them by hand as "
    "docs/hooks.md shows."
)


@dataclass(frozen=True)
class HookRule:
    """A rule as it stands in Odoo: what starts it and where it posts to. `action_ids` = its actions that do so."""

    rule_id: int
    model: str
    fields: tuple[str, ...]
    active: bool
    url: str
    action_ids: tuple[int, ...]


def checked_address(url: str) -> str:
    """Return a dashboard's address without a slash at its end. Raises ConfigError for what is none."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ConfigError("--url is no address: give the one people open, such as https://dashboard.example.com.")
    if parts.path.strip("/"):
        raise ConfigError("--url has a path: give the address of the dashboard alone, https://dashboard.example.com.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigError("--url is not https, so the secret would go over the network in clear: put TLS in front.")
    return f"{parts.scheme}://{parts.netloc}"


def rules(client: OdooClient, *, every_s: int = 30) -> list[HookRule]:
    """Return the rules of ours that Odoo has. Raises ActionRefusedError where Odoo or its user cannot have any."""
    if client.version.major < WEBHOOKS_SINCE:
        raise ActionRefusedError(TOO_OLD.format(version=client.version.text, every=every_s))
    if not client.has_model(RULE):
        raise ActionRefusedError(NO_MODULE)
    with _as_refused():
        return _read(client)


def install(client: OdooClient, url: str, *, every_s: int = 30) -> list[str]:
    """Make Odoo post to `url` what changes, by one rule a model; return the models whose rule was made or corrected.

    What is as it should be is left alone. Raises ActionRefusedError as `rules` does, and what the client raises.
    """
    held: dict[str, HookRule] = {}
    twice = []
    for rule in rules(client, every_s=every_s):
        twice += [rule.rule_id] if rule.model in held else []
        held.setdefault(rule.model, rule)
    changed = []
    with _as_refused():
        wanted = _wanted(client)
        for model, names in wanted.items():
            if _set(client, model, names, url, held.get(model)):
                changed.append(model)
        gone = [rule.rule_id for model, rule in held.items() if model not in wanted]
        if twice or gone:
            _delete(client, [*twice, *gone])
    return changed


def remove(client: OdooClient, *, every_s: int = 30) -> int:
    """Take away the rules of ours with their actions; return how many there were. Raises as `install` does."""
    found = rules(client, every_s=every_s)
    with _as_refused():
        if found:
            _delete(client, [one.rule_id for one in found])
    return len(found)


@contextmanager
def _as_refused() -> Iterator[None]:
    """Say what to do where Odoo refuses the account."""
    try:
        yield
    except OdooAccessError as exc:
        raise ActionRefusedError(NO_RIGHT) from exc


def _wanted(client: OdooClient) -> dict[str, dict[str, int]]:
    """Return model → name and id of each field that starts its rule; tasks only where there is no helpdesk."""
    there = [model for model in FIELDS if client.has_model(model)]
    if "helpdesk.ticket" in there and "project.task" in there:
        there.remove("project.task")
    names = sorted({"id", *(name for model in there for name in FIELDS[model])})
    rows = client.search_read(
        "ir.model.fields", [["model", "in", there], ["name", "in", names], ["store", "=", True]], ["name", "model"]
    )
    found: dict[str, dict[str, int]] = {model: {} for model in there}
    for row in rows:
        if row["name"] in ("id", *FIELDS[row["model"]]):
            found[row["model"]][row["name"]] = int(row["id"])
    return found


def _set(client: OdooClient, model: str, names: Mapping[str, int], url: str, held: HookRule | None) -> bool:
    """Make a model's rule, or make it right; return whether it was not."""
    started_by = {name: number for name, number in names.items() if name != "id"}
    if held is not None and len(held.action_ids) == 1:
        right = held.active and held.url == url and set(held.fields) == set(started_by)
        if not right:
            client.write(ACTION, held.action_ids, {"webhook_url": url}, context=_QUIET)
            values = {"active": True, "trigger_field_ids": _only(started_by)}
            client.write(RULE, [held.rule_id], values, context=_QUIET)
        return not right
    if held is not None:
        _delete(client, [held.rule_id])
    (model_id,) = client.search_ids("ir.model", [["model", "=", model]])
    action = {
        "name": f"{PREFIX}{model}",
        "model_id": model_id,
        "usage": "base_automation",
        "state": "webhook",
        "webhook_url": url,
        "webhook_field_ids": _only({"id": names["id"]}),
    }
    values = {
        "name": f"{PREFIX}{model}",
        "model_id": model_id,
        "trigger": TRIGGER,
        "trigger_field_ids": _only(started_by),
        "action_server_ids": [[0, 0, action]],
    }
    client.create(RULE, values, context=_QUIET)
    return True


def _read(client: OdooClient) -> list[HookRule]:
    rows = client.search_read(
        RULE,
        [["name", "=like", f"{PREFIX}%"]],
        ["model_name", "active", "trigger", "trigger_field_ids", "action_server_ids"],
    )
    fields = {number for row in rows for number in row["trigger_field_ids"]}
    names = _by_id(client, "ir.model.fields", fields, ["name"])
    made = {number for row in rows for number in row["action_server_ids"]}
    actions = _by_id(client, ACTION, made, ["state", "webhook_url"])
    found = []
    for row in rows:
        posting = [one for one in row["action_server_ids"] if actions.get(one, {}).get("state") == "webhook"]
        found.append(
            HookRule(
                int(row["id"]),
                str(row["model_name"] or ""),
                tuple(sorted(str(names[one]["name"]) for one in row["trigger_field_ids"] if one in names)),
                bool(row["active"]) and row["trigger"] == TRIGGER,
                str(actions[posting[0]]["webhook_url"] or "") if posting else "",
                tuple(posting),
            )
        )
    return found


def _by_id(client: OdooClient, model: str, ids: set[int], fields: list[str]) -> dict[int, dict[str, Any]]:
    rows = client.search_read(model, [["id", "in", sorted(ids)]], fields) if ids else []
    return {int(row["id"]): row for row in rows}


def _delete(client: OdooClient, ids: list[int]) -> None:
    """Delete rules; Odoo deletes their actions with them."""
    client.call(RULE, "unlink", ids=ids)


def _only(fields: Mapping[str, int]) -> list[list[Any]]:
    return [[6, 0, sorted(fields.values())]]
