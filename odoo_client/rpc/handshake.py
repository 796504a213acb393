"""The beginning of a connection: Odoo's version and edition, the protocol, and whose account it is."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from odoo_client.errors import (
    ConfigError,
    NotOdooError,
    OdooAuthError,
    OdooError,
    OdooServerError,
    UnknownDatabaseError,
)
from odoo_client.rpc import faults
from odoo_client.rpc.faults import CallSite
from odoo_client.rpc.http import Answer, HttpCore
from odoo_client.rpc.transport import Json2, JsonRpc, Transport

log = logging.getLogger(__name__)

JSON2_SINCE = 19

Edition = Literal["community", "enterprise", "unknown"]


@dataclass(frozen=True)
class OdooVersion:
    """`major` is 19 for "19.0" and "saas~19.2"; `text` is Odoo's own spelling."""

    major: int
    text: str
    edition: Edition = "unknown"


def parse_version(answer: Mapping[str, Any]) -> OdooVersion:
    """Return the version from an answer of /web/version or common.version; Enterprise adds an "e" to its parts."""
    info = answer.get("version_info") or answer.get("server_version_info")
    parts = info if isinstance(info, list) else []
    text = str(answer.get("version") or answer.get("server_version") or "")
    found = re.search(r"\d{1,3}", str(parts[0]) if parts else text, re.ASCII)
    if not found:
        raise NotOdooError("The server does not say its Odoo version: set ODOO_URL to an Odoo, version 14 or newer.")
    edition: Edition = "unknown"
    if len(parts) > 5:
        edition = "enterprise" if parts[5] == "e" else "community" if parts[5] == "" else "unknown"
    return OdooVersion(int(found[0]), text, edition)


def read_version(core: HttpCore, rpc: JsonRpc) -> OdooVersion:
    """Ask /web/version (19 and newer), else common.version. Raises any OdooError when neither answers."""
    try:
        found = core.exchange(core.site("", "web/version"), "/web/version", None, _read_object)
    except (NotOdooError, OdooServerError, UnknownDatabaseError) as exc:
        log.debug("no /web/version: %s", exc)
        found = {}
    return parse_version(found if "version_info" in found else rpc.version())


def _read_object(answer: Answer, site: CallSite) -> dict[str, Any]:
    try:
        found: dict[str, Any] = msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.DecodeError as exc:
        raise faults.cut_off(site, answer.status) from exc
    return found


def sign_in(core: HttpCore, rpc: JsonRpc, version: OdooVersion) -> tuple[Transport, int, str]:
    """Return the transport to use, the user's id, and why that transport. Raises OdooAuthError or another OdooError."""
    wanted = core.settings.odoo_protocol
    if wanted == "jsonrpc":
        return rpc, rpc.authenticate(), "ODOO_PROTOCOL asks for JSON-RPC"
    if version.major < JSON2_SINCE:
        if wanted == "json2":
            raise ConfigError(
                f"ODOO_PROTOCOL is json2, which Odoo {version.text} does not have (it came with {JSON2_SINCE}): set "
                "it to auto.",
                setting="ODOO_PROTOCOL",
            )
        return rpc, rpc.authenticate(), f"Odoo {version.text} has no JSON-2, JSON-RPC is used"
    json2 = Json2(core)
    if wanted == "json2":
        return json2, json2.authenticate(), "ODOO_PROTOCOL asks for JSON-2"
    try:
        return json2, json2.authenticate(), "JSON-2 accepted the key"
    except OdooAuthError as exc:
        why = f"JSON-2 refused the key ({exc.http_status or 'a password, not a key'})"
    except OdooError as exc:
        # The server cannot tell its database, a proxy passes only /jsonrpc, or the module "rpc" is missing ...
        if not exc.http_status:
            raise
        why = f"JSON-2 did not work (HTTP {exc.http_status})"
    log.info("%s, trying JSON-RPC", why)
    return rpc, rpc.authenticate(), f"{why}, JSON-RPC is used"


def check_owner(core: HttpCore, login: str) -> None:
    """Raise OdooAuthError when the key belongs to an account other than ODOO_USERNAME: JSON-2 checks only the key."""
    wanted = core.settings.odoo_username or ""
    if login and login.strip().lower() != wanted.strip().lower():
        raise OdooAuthError(
            f"ODOO_PASSWORD is a key of {login!r}, not of ODOO_USERNAME {wanted!r}: correct one of the two.",
            model="res.users",
            method="read",
        )
