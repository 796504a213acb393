"""What `python -m odoo_client outbox` does: list entries, send one again as its author, discard one with a reason.

A password or key is typed unseen or comes by standard input, never as an argument, and is kept in memory only.
"""

from __future__ import annotations

import getpass
import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import typer
from pydantic import SecretStr

from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.entry import ACTION_OF, Author, Entry, Kind, State
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox, outbox_of
from odoo_client.actions.outbox.sender import Clients, Sender, service_clients
from odoo_client.actions.outbox.words import STATE_WORDS
from odoo_client.actions.portal_links import LinkStore
from odoo_client.config import Settings
from odoo_client.errors import ActionRefusedError, ForbiddenError, NeedsSignInError, SignInError
from odoo_client.people import staff
from odoo_client.people.access import Access
from odoo_client.people.audit import Event, audit_log
from odoo_client.rpc.client import OdooClient

#: States that still need something, from Odoo or from a person.
TO_DO: Final[tuple[State, ...]] = ("waiting", "sent", "unknown", "failed")
MOST: Final = 10_000
#: The running dashboard may be busy with this person's entries for a moment; a lost answer is looked up a little longer
#: than Odoo can be working on it.
LANE_WAIT_S: Final = 10.0
LOOK_EVERY_S: Final = 0.25
TAKEN: Final = "The running dashboard is at this person's entries: look again in a minute."
NO_DEMO: Final = "The demo keeps what is entered only while the app runs: there is no outbox of it here."


def entries(settings: Settings, *, everything: bool) -> list[Entry]:
    """Return what waits or failed, the newest first, then with `everything` what is done or discarded."""
    outbox = outbox_of(settings)
    if settings.demo or not outbox.path.exists():
        return []  # Looking must not create the file: it would belong to this user and not to the dashboard's.
    found = outbox.entries(states=() if everything else TO_DO, limit=MOST)
    return sorted(found, key=lambda entry: entry.state not in TO_DO)


def nothing(settings: Settings, *, everything: bool) -> str:
    """Return the sentence shown for an empty list."""
    if settings.demo:
        return NO_DEMO
    return "No entries." if everything else "No entry waits or has failed."


def lines(found: Sequence[Entry], settings: Settings) -> list[str]:
    """Return the entries as people read them, one a line."""
    zone = ZoneInfo(settings.timezone)
    return [
        "  ".join(
            filter(
                None,
                (
                    f"{datetime.fromtimestamp(entry.created_s, zone):%d %b %Y %H:%M}",
                    _words(entry),
                    f"by {entry.author.name}",
                    entry.token,
                ),
            )
        )
        for entry in found
    ]


def as_json(found: Sequence[Entry]) -> str:
    """Return the entries as JSON: a list of objects, times in UTC, without what was typed into them."""
    return json.dumps([_object(entry) for entry in found], indent=2)


def discarded(settings: Settings, token: str, reason: str) -> str:
    """Discard an entry and return the sentence that says so.

    Raises ActionRefusedError without a reason or in a state that does not allow it, AuditError when it cannot be
    written down, and then nothing is discarded.
    """
    outbox, entry = _entry(settings, token)
    if not reason.strip():
        raise ActionRefusedError("Say why this entry is discarded: --reason TEXT.")
    who = at_the_terminal()
    audit_log(settings).add("write", login=who, subject=f"outbox discard: {entry.kind} {entry.token}")
    outbox.discard(entry.token, who, reason)
    return f"Discarded: {entry.title}."


def adopted(settings: Settings) -> str:
    """Assign outbox and portal links to the Odoo in the settings and return the sentence that says so.

    Raises ActionRefusedError in the demo or where there is neither, AuditError when it cannot be written down.
    """
    if settings.demo:
        raise ActionRefusedError(NO_DEMO)
    outbox = outbox_of(settings)
    files = [one for one in (outbox, LinkStore.of(Office(settings, outbox))) if one.path.exists()]
    if not files:
        raise ActionRefusedError("There is no outbox yet: there is nothing to adopt.")
    audit_log(settings).add("write", login=at_the_terminal(), subject=f"outbox adopt: {outbox.odoo}")
    for file in files:
        file.adopt()
    return " ".join(f"{file.subject} {file.belongs} of {outbox.odoo} now." for file in files)


def retried(
    settings: Settings,
    token: str,
    credentials: Callable[[Author], tuple[str, SecretStr]],
    *,
    say: Callable[[str], object] = lambda text: None,
) -> tuple[bool, list[str]]:
    """Send an entry again, and all else of its author that is due; return whether Odoo has it, and how each ended.

    `credentials` gives the login and the password or key of whoever asks, which have to be the author's. With single
    sign-on nobody has any: the entry waits again. Raises AccessError when they are refused, OdooError when Odoo cannot
    be asked; the entry stays as it is then.
    """
    outbox, entry = _entry(settings, token)
    if entry.state in ("done", "discarded"):
        raise ActionRefusedError(f"This entry is {STATE_WORDS[entry.state].lower()}: it cannot be sent again.")
    author, audit = entry.author, audit_log(settings)
    subject = f"outbox retry: {entry.kind} {entry.token}"
    if settings.auth == "oidc":
        audit.add("write", login=at_the_terminal(), subject=subject)
        outbox.retry(entry.token, at_the_terminal())
        return True, [
            f"Waiting again: {entry.title}. With single sign-on nobody has a password to give here: the dashboard "
            f"sends it when {author.name} signs in, or within half a minute where they are."
        ]
    if settings.auth == "none":
        who, clients = at_the_terminal(), service_clients(settings)
        clients(author, entry.kind).close()
    else:
        login, secret = credentials(author)
        if login != author.login:
            raise ForbiddenError(_own_only(author))
        who, clients = login, own_clients(settings, login, secret)
        try:
            clients(author, entry.kind).close()
        except (SignInError, ForbiddenError) as exc:
            event: Event = "refused" if isinstance(exc, ForbiddenError) else "sign-in"
            audit.add(event, login=login, subject=subject, outcome="refused")
            raise
    audit.add("write", login=who, subject=subject)
    if entry.state != "sent":
        outbox.retry(entry.token, who)
    sent = outbox.entries(states=TO_DO[:3], login=author.login, limit=MOST)
    free = _send(Sender(settings, outbox, clients, HANDLERS, audit), entry, say)
    said = [_words(outbox.get(one.token)) for one in reversed(sent)]
    return outbox.get(entry.token).state == "done", [*said, *(() if free else (TAKEN,))]


def own_clients(settings: Settings, login: str, secret: SecretStr) -> Clients:
    """Return connections of this one person, whose rights are read from Odoo each time."""

    def connect(author: Author, kind: Kind) -> OdooClient:
        if author.login != login:
            raise NeedsSignInError(_own_only(author))
        person = staff.sign_in(settings, login, secret)
        Access.of(person, settings.roles).require(ACTION_OF[kind])
        return staff.connect_to_write(settings, login, secret)

    return connect


def credentials(author: Author, login: str = "") -> tuple[str, SecretStr]:
    """Ask at the terminal for login and password or key; else take the key from the first line of standard input.

    Raises ForbiddenError for another login than the author's, before any secret is asked for.
    """
    asked = sys.stdin.isatty()
    if not login:
        login = str(typer.prompt("Odoo login", default=author.login, err=True)) if asked else author.login
    login = login.strip()
    if login != author.login:
        raise ForbiddenError(_own_only(author))
    secret = typer.prompt("Password or API key", hide_input=True, err=True) if asked else sys.stdin.readline()
    secret = str(secret).strip("\r\n")
    if not secret:
        raise SignInError("No password or key was given: it is typed at the terminal, or is the first line of input.")
    return login, SecretStr(secret)


def at_the_terminal() -> str:
    """Return whose terminal this is, as the audit trail names them."""
    try:
        return f"{getpass.getuser()} (terminal)"
    except (KeyError, OSError):
        return "(terminal)"


def _entry(settings: Settings, token: str) -> tuple[Outbox, Entry]:
    if settings.demo:
        raise ActionRefusedError(NO_DEMO)
    outbox, token = outbox_of(settings), token.strip().upper()
    if not outbox.path.exists():
        raise ActionRefusedError(f"The outbox has no entry {token}.")
    return outbox, outbox.get(token)


def _send(sender: Sender, entry: Entry, say: Callable[[str], object]) -> bool:
    """Send until the entry is settled or nothing more can be done now; false when it cannot be sent from here now."""
    outbox, told = sender.outbox, False
    free_s = time.monotonic() + LANE_WAIT_S
    until_s = time.monotonic() + sender.settings.odoo_longest_call_s + LANE_WAIT_S
    while True:
        outbox.wake(entry.author.login)
        worked = sender.send_waiting(entry.author.login)
        now = outbox.get(entry.token)
        lost = now.state == "unknown" and time.monotonic() < until_s
        # Neither sent here nor settled: the running dashboard is busy with this person's entries.
        busy = not worked and now.state in ("waiting", "sent")
        if not lost and not (busy and time.monotonic() < free_s):
            return not busy
        if lost and not told:
            say(f"{now.reason} Interrupting this leaves it to the dashboard.")
            told = True
        time.sleep(LOOK_EVERY_S * (8 if lost else 1))


def _own_only(author: Author) -> str:
    return f"This entry is {author.name}'s ({author.login}): only their own password or key sends it."


def _words(entry: Entry) -> str:
    reason = f": {entry.reason}" if entry.reason and entry.state != "done" else ""
    record = f" ({entry.record.label})" if entry.record is not None and entry.record.label else ""
    return f"{STATE_WORDS[entry.state]}  {entry.title}{record}{reason}"


def _object(entry: Entry) -> dict[str, Any]:
    record, file = entry.record, entry.file
    return {
        "token": entry.token,
        "kind": entry.kind,
        "state": entry.state,
        "title": entry.title,
        "reason": entry.reason,
        "login": entry.author.login,
        "name": entry.author.name,
        "record": None if record is None else {"model": record.model, "id": record.record_id, "label": record.label},
        "file": None if file is None else {"name": file.name, "bytes": file.size_bytes, "sha256": file.sha256},
        "attempts": entry.attempts,
        "entered": _moment(entry.created_s),
        "changed": _moment(entry.changed_s),
        "next": _moment(entry.next_s) if entry.open and entry.next_s else None,
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
