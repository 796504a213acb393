"""What `python -m odoo_client hooks` does: list the rules by which Odoo tells of changes, set them up, take them away.

An administrator's password or key is typed unseen or comes by standard input, never as an argument, and is kept in
memory only. No secret of a rule is printed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final, TypeVar

import typer
from pydantic import SecretStr

from odoo_client.actions import hook_rules
from odoo_client.actions.hook_rules import HookRule
from odoo_client.config import Settings
from odoo_client.endpoints.hooks import PATH
from odoo_client.errors import AfinetError, ConfigError, SignInError
from odoo_client.people.audit import audit_log
from odoo_client.rpc.client import OdooClient

T = TypeVar("T")

NOT_SET: Final = (
    "ODOO_HOOK_SECRET is not set: set it to what `openssl rand -hex 32` prints, restart the dashboard, then run this."
)
NO_DEMO: Final = "This is the demo, whose Odoo sends nothing: set the four ODOO_ settings first."
NONE: Final = "No rule of the dashboard's: set them by `python -m odoo_client hooks --install --url ADDRESS`."


def run(settings: Settings, *, demo: bool, install: bool, remove: bool, url: str, login: str) -> list[str]:
    """Do what the options ask for and return what to print. Raises ConfigError or what `hook_rules` raises."""
    if install and remove:
        raise ConfigError("--install and --remove are asked for one at a time.")
    if install != bool(url):
        raise ConfigError("--install needs --url, the address people open: https://dashboard.example.com.")
    if demo:
        raise ConfigError(NO_DEMO)
    secret = settings.odoo_hook_secret
    if install and secret is None:
        raise ConfigError(NOT_SET)
    address = hook_rules.checked_address(url) if install else ""
    every_s = settings.interval_s
    asking = _of(settings, login)
    with OdooClient.connect(asking) as client:
        if install and secret is not None:
            target = f"{address}{PATH}/{secret.get_secret_value()}"
            made = _noted(asking, lambda: hook_rules.install(client, target, every_s=every_s))
            said = f"Set up: {', '.join(made)}." if made else "All rules were as they should be."
            return [said, *_lines(hook_rules.rules(client, every_s=every_s), settings)]
        if remove:
            count = _noted(asking, lambda: hook_rules.remove(client, every_s=every_s))
            return [f"{count} rules taken away." if count else NONE]
        return _lines(hook_rules.rules(client, every_s=every_s), settings) or [NONE]


def _of(settings: Settings, login: str) -> Settings:
    """Return the settings with somebody else's account in them, whose key is asked for."""
    if not login.strip():
        return settings
    asked = sys.stdin.isatty()
    key = typer.prompt("Password or API key", hide_input=True, err=True) if asked else sys.stdin.readline()
    key = str(key).strip("\r\n")
    if not key:
        raise SignInError("No password or key was given: it is typed at the terminal, or is the first line of input.")
    return settings.model_copy(update={"odoo_username": login.strip(), "odoo_password": SecretStr(key)})


def _noted(settings: Settings, deed: Callable[[], T]) -> T:
    """Do it once it is noted in the audit trail; what is refused is noted too."""
    log, login = audit_log(settings), settings.odoo_username or ""
    subject = "automation rules of the dashboard (command line)"
    log.add("write", login=login, subject=subject)
    try:
        return deed()
    except AfinetError:
        log.add("write", login=login, subject=subject, outcome="refused")
        raise


def _lines(found: list[HookRule], settings: Settings) -> list[str]:
    return [f"{rule.model}: {_state(rule, settings)}; told of {', '.join(rule.fields)}" for rule in found]


def _state(rule: HookRule, settings: Settings) -> str:
    """Return what becomes of what a rule sends, with its address but not its secret."""
    address, path, secret = rule.url.partition(f"{PATH}/")
    secrets = settings.odoo_hook_secret, settings.odoo_hook_secret_old
    new, old = ("" if one is None else one.get_secret_value() for one in secrets)
    if not rule.active:
        return "switched off in Odoo"
    if not path or not secret:
        return "posts elsewhere"
    known = {new: "with the secret", old: "with the old secret"} if new else {}
    return f"posts to {address} {known.get(secret, 'with a secret that is not ours')}"
