"""What `doctor` says about serving others: settings for production, what is kept, rules the app cannot mirror."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from odoo_client.actions.outbox.outbox import outbox_of
from odoo_client.config import Settings, is_loopback
from odoo_client.doctor.streamlit_options import StreamlitOptions, folders
from odoo_client.errors import AfinetError, MissingModelError, OdooAccessError
from odoo_client.people.audit import audit_log
from odoo_client.rpc.client import OdooClient
from odoo_client.sync.background import folder_for
from odoo_client.sync.notices import Told

Verdict = Literal["ok", "warning", "failed"]

#: The models whose records people see here: a record rule on one of them narrows what Odoo shows.
RULED_MODELS: Final = (
    *("account.move", "account.move.line", "account.payment", "sale.order", "helpdesk.ticket", "project.task"),
    *("res.partner", "stock.picking", "contract.contract", "mail.activity"),
)
#: Modules whose record rules the app mirrors, or which widen nothing it shows (`odoo_client.people.scope`).
KNOWN_MODULES: Final = frozenset(
    {
        *(
            "account",
            "account_accountant",
            "base",
            "contract",
            "helpdesk",
            "helpdesk_mgmt",
            "mail",
            "portal",
            "product",
        ),
        *("project", "project_todo", "purchase", "purchase_stock", "sale", "sale_management", "sale_project"),
        *("sale_stock", "sale_subscription", "sales_team", "stock", "website_sale"),
    }
)
MOST_NAMED: Final = 10
#: What the largest proof of payment needs.
UPLOAD_MB: Final = 10


@dataclass(frozen=True)
class Finding:
    """One check: its name, whether it is well, and the sentence."""

    name: str
    verdict: Verdict
    sentence: str


def record_rules(client: OdooClient) -> Finding:
    """Return which custom record rules narrow what people see in Odoo: the app cannot mirror them."""
    name = "Record rules"
    try:
        rows = client.search_read("ir.rule", [["model_id.model", "in", list(RULED_MODELS)]], ["name"], active_test=True)
        made = client.call("ir.rule", "get_external_id", ids=[int(row["id"]) for row in rows]) if rows else {}
    except (OdooAccessError, MissingModelError):
        return Finding(
            name,
            "ok",
            "This account may not look at record rules: where you have made some of your own on invoices, orders, "
            "tickets or contacts, people may see more here than in Odoo.",
        )
    own = [
        str(row["name"] or f"rule {row['id']}")
        for row in rows
        if str(made.get(str(row["id"])) or made.get(row["id"]) or "").partition(".")[0] not in KNOWN_MODULES
    ]
    if not own:
        return Finding(name, "ok", f"{len(rows)} looked at, none of your own making.")
    named = ", ".join(own[:MOST_NAMED]) + (f" and {len(own) - MOST_NAMED} more" if len(own) > MOST_NAMED else "")
    return Finding(
        name,
        "warning",
        f"Not mirrored here: {named}. Who is limited by them in Odoo may see more here: give such people no page that "
        "shows those records (ROLES).",
    )


def production(
    settings: Settings, *, read: Sequence[Path] | None = None, env: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Yield what serving others needs: sign-in, encryption, Streamlit's own settings, and what is kept on disk.

    Streamlit's settings are read from `env` and the `.streamlit/config.toml` of the folders `read` (default: those that
    Streamlit reads), of which the last one wins.
    """
    streamlit = StreamlitOptions(folders() if read is None else read, os.environ if env is None else env)
    yield _sign_in(settings, streamlit)
    yield _encryption(settings)
    yield from _options(streamlit)
    yield _trail(settings)
    yield _outbox(settings)
    yield _notices(settings)


def _sign_in(settings: Settings, streamlit: StreamlitOptions) -> Finding:
    if settings.auth == "none":
        said = "AUTH is none: everybody at this machine sees all. Unset it to serve others."
        return Finding("Sign-in", "warning", said)
    if settings.auth == "odoo":
        return Finding("Sign-in", "ok", "Everybody signs in with their own Odoo account.")
    auth = streamlit.secret("auth")
    missing = [key for key in ("redirect_uri", "cookie_secret") if not auth.get(key)]
    if missing:
        return Finding(
            "Sign-in", "failed", f"AUTH is oidc, but [auth] of .streamlit/secrets.toml lacks {' and '.join(missing)}."
        )
    where = urlsplit(str(auth["redirect_uri"]))
    if where.scheme != "https" and not is_loopback(where.hostname or ""):
        said = "The redirect_uri of [auth] is not https: set the address behind your proxy."
        return Finding("Sign-in", "warning", said)
    return Finding("Sign-in", "ok", "Single sign-on; rights are read from Odoo by the service account.")


def _encryption(settings: Settings) -> Finding:
    parts = urlsplit(settings.odoo_url or "")
    if parts.scheme == "https" or is_loopback(parts.hostname or ""):
        return Finding("Encryption", "ok", "Passwords and keys go to Odoo encrypted, or stay on this machine.")
    return Finding("Encryption", "warning", "ODOO_URL is not https: passwords and keys go over the network in clear.")


def _trail(settings: Settings) -> Finding:
    log = audit_log(settings)
    try:
        # Looking must not create the file; a removed one is known by its anchor.
        if not log.path.exists() and not log.anchor.path.exists():
            return Finding("Audit trail", "ok", "None yet.")
        found = log.checked()
    except AfinetError as exc:
        return Finding("Audit trail", "failed", exc.sentence)
    return Finding("Audit trail", "failed" if found.why else "ok", found.sentence)


def _outbox(settings: Settings) -> Finding:
    outbox = outbox_of(settings)
    if not outbox.path.exists():
        return Finding("Outbox", "ok", "None yet.")
    try:
        counts = outbox.counts()
    except AfinetError as exc:
        return Finding("Outbox", "failed", exc.sentence)
    waiting = sum(counts.get(state, 0) for state in ("waiting", "sent", "unknown"))
    failed = counts.get("failed", 0)
    said = f"{waiting} on their way, {failed} failed."
    return Finding("Outbox", "warning" if failed else "ok", f"{said} See the page Outbox." if failed else said)


def _notices(settings: Settings) -> Finding:
    name, asked = "Notices", f"it is asked every {settings.interval_s} s"
    if not settings.hooked:
        return Finding(name, "ok", f"Odoo does not tell of changes, {asked}; docs/hooks.md shows how it can.")
    told = Told.of(folder_for(settings))
    if told.untold_at is None:
        polled = "Polling has found no change without one."
    else:
        polled = (
            f"Last change found by polling without a notice: {_moment(told.untold_at)}, in {', '.join(told.untold)}."
        )
    if told.notice_at is None:
        said = f"Odoo has told of nothing yet, {asked}: set its rules by `python -m odoo_client hooks --install`."
        return Finding(name, "warning", f"{said} {polled}")
    of = f", of {told.model}" if told.model else ""
    return Finding(name, "ok", f"Last notice: {_moment(told.notice_at)}{of}. {polled}")


def _moment(moment: datetime) -> str:
    return f"{moment:%d %b %Y %H:%M} UTC"


def _options(streamlit: StreamlitOptions) -> Iterator[Finding]:
    names = streamlit.names("server.allowedHosts")
    if not names or "*" in names:
        yield Finding(
            "Host names", "warning", "server.allowedHosts is not set: name the address people use, and no other."
        )
    elif all(is_loopback(name) for name in names):
        said = "Served on this machine only; add the public name to server.allowedHosts."
        yield Finding("Host names", "ok", said)
    else:
        yield Finding("Host names", "ok", f"Served as {', '.join(names)} only.")
    if str(streamlit.option("server.enableXsrfProtection")).lower() == "false":
        yield Finding("Forged requests", "warning", "server.enableXsrfProtection is off: set it to true.")
    if str(streamlit.option("client.showErrorDetails") or "").lower() not in ("none", "false"):
        yield Finding("Error details", "warning", 'client.showErrorDetails is not "none": errors show the code.')
    if str(streamlit.option("client.disableDataExport")).lower() != "true":
        yield Finding(
            "Tables",
            "warning",
            "client.disableDataExport is not true: tables offer files without the export right.",
        )
    size = streamlit.option("server.maxUploadSize")
    if size is None or int(size) > UPLOAD_MB:
        yield Finding("Uploads", "warning", f"server.maxUploadSize is above {UPLOAD_MB}: set it to {UPLOAD_MB}.")
