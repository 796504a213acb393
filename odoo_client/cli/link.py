"""What `python -m odoo_client link` does: link portal accounts to customers, undo it, list and export what is linked.

It writes nothing into Odoo. The name of the operating system's user who runs it goes into the mapping and the audit
trail, beside the service account's login.
"""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox, outbox_of
from odoo_client.actions.portal_links import (
    Candidate,
    Link,
    candidate,
    candidates,
    link_customer,
    links,
    links_csv,
    unlink_customer,
)
from odoo_client.cli.customer import stored_snapshot
from odoo_client.config import Settings
from odoo_client.errors import AfinetError, ConfigError, CustomerLookupError, SnapshotError
from odoo_client.frames.arrays import ints
from odoo_client.frames.groups import positions, text_at
from odoo_client.people.audit import AuditLog, audit_log
from odoo_client.store.snapshot import Snapshot

NAMELESS_USER = "unknown user"


@dataclass(frozen=True)
class Counter:
    """Where the command works: the settings, the office whose links it keeps, the trail, and whether it is the demo."""

    settings: Settings
    office: Office
    audit: AuditLog
    demo: bool

    @classmethod
    def of(cls, settings: Settings, *, demo: bool) -> Counter:
        """Return the place of these settings; the demo keeps links and trail with its figures, apart from real ones."""
        if demo:
            outbox = Outbox(settings.cache_dir / "demo-links" / "outbox.sqlite3")
            return cls(settings, Office(settings, outbox), audit_log(settings, demo=True), True)
        return cls(settings, Office(settings, outbox_of(settings)), audit_log(settings), False)

    @property
    def author(self) -> Author:
        """Who links: the service account's login, and the user of this machine."""
        return Author(self.settings.odoo_username or "", f"{system_user()} (command line)")

    def snapshot(self) -> Snapshot:
        """Return the stored copy. Raises SnapshotError when nothing is stored yet."""
        return stored_snapshot(self.settings, demo=self.demo)


def run(
    counter: Counter,
    *,
    portal_id: str,
    email: str,
    partner_id: int | None,
    undo: bool,
    reason: str,
    show: bool,
    csv: Path | None,
) -> list[str]:
    """Do what the options ask for and return what to print.

    Raises ConfigError for options that do not go together, CustomerLookupError when no customer or several have the
    e-mail, any other AfinetError when it cannot be done.
    """
    if show or csv is not None:
        if portal_id or email or undo or partner_id is not None:
            raise ConfigError("--list and --csv show what is linked: leave out the other options.")
        return [*(_listed(counter) if show else []), *(_write_csv(counter, csv) if csv is not None else [])]
    if not portal_id:
        raise ConfigError("Name the portal account by --portal-id, or ask for --list or --csv PATH.")
    if undo:
        if email or partner_id is not None:
            raise ConfigError("--undo needs --portal-id and --reason only.")
        return _undo(counter, portal_id, reason)
    if not email:
        raise ConfigError("Give the portal account's e-mail by --email.")
    return _link(counter, portal_id, email, partner_id)


def _link(counter: Counter, portal_id: str, email: str, partner_id: int | None) -> list[str]:
    """Link the portal account to the customer with its e-mail, or to `partner_id`; return what to print.

    Raises CustomerLookupError when no customer or several have the e-mail (they are listed with their ids), any other
    AfinetError when it cannot be linked.
    """
    snapshot = counter.snapshot()
    chosen = _only(candidates(snapshot, email), email) if partner_id is None else candidate(snapshot, partner_id)
    subject = f"link portal account {portal_id} to res.partner:{chosen.partner_id}"
    office, author = counter.office, counter.author
    made = _noted(
        counter, subject, lambda: link_customer(office, author, portal_id, email, chosen.partner_id, source=snapshot)
    )
    return [f"{made.portal_id} ({made.email}) is linked to {_words(chosen)}.", *made.notes]


def _undo(counter: Counter, portal_id: str, reason: str) -> list[str]:
    """Undo the link of the portal account; return what to print. Raises AfinetError."""
    made = _noted(
        counter,
        f"undo the link of portal account {portal_id}",
        lambda: unlink_customer(counter.office, counter.author, portal_id, reason),
    )
    return [f"The link of {made.portal_id} ({made.email}) to Odoo id {made.partner_id} is undone."]


def _listed(counter: Counter) -> list[str]:
    """Return what is linked now, one line for each portal account. Raises AfinetError."""
    rows = links(counter.office)
    rows = rows.assign(customer="not in the stored copy")
    # The links are our own, so they are listed even without a stored copy that has the customers' names.
    with contextlib.suppress(SnapshotError):
        customers = counter.snapshot().frame("customers")
        at = positions(ints(customers, "partner_id"), ints(rows, "odoo_partner_id"))
        rows["customer"] = text_at(customers, "name", at, "not in the stored copy").array
    zone = ZoneInfo(counter.settings.timezone)
    return [
        f"{row['portal_id']}  {row['email']}  {row['customer']} (Odoo id {row['odoo_partner_id']})  "
        f"{row['moment'].tz_localize('UTC').tz_convert(zone):%d %b %Y %H:%M}  {row['name']}"
        for row in rows.to_dict("records")
    ] or ["No portal account is linked."]


def _write_csv(counter: Counter, path: Path) -> list[str]:
    """Write what is linked now to `path` (columns: see `links_csv`); return what to print. Raises AfinetError."""
    rows = links(counter.office)
    try:
        counter.audit.add(
            "export", login=counter.author.login, subject=f"portal links by {counter.author.name}", rows=len(rows)
        )
        path.write_bytes(links_csv(rows))
    except OSError as exc:
        raise ConfigError(f"{path} cannot be written: {exc.strerror or 'the disk refused it'}.") from exc
    return [f"{len(rows):,} portal accounts: {path}"]


def system_user() -> str:
    """Return the name of this machine's user who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}" if hasattr(os, "getuid") else NAMELESS_USER


def _noted(counter: Counter, subject: str, deed: Callable[[], Link]) -> Link:
    """Do it once it is noted in the audit trail; what is refused is noted too."""
    login, said = counter.author.login, f"{subject}, by {counter.author.name}"
    counter.audit.add("write", login=login, subject=said)
    try:
        return deed()
    except AfinetError:
        counter.audit.add("write", login=login, subject=said, outcome="refused")
        raise


def _only(found: list[Candidate], email: str) -> Candidate:
    """Return the one customer; otherwise say which there are."""
    shown = " ".join(email.split())
    if not found:
        raise CustomerLookupError(
            f"No customer in the stored copy has the e-mail {shown}: check it, run `python -m odoo_client sync`, or "
            "name the customer by --partner."
        )
    if len(found) > 1:
        names = tuple(_words(one) for one in found)
        raise CustomerLookupError(
            f"{len(found)} customers have the e-mail {shown}: {'; '.join(names)}. Say which by --partner.",
            candidates=names,
        )
    return found[0]


def _words(one: Candidate) -> str:
    facts = [
        f"Odoo id {one.partner_id}",
        *([one.ref] if one.ref else []),
        *([one.city] if one.city else []),
        *([f"by its contact {', '.join(one.contacts)}"] if one.contacts else []),
        *([] if one.active else ["archived"]),
    ]
    return f"{one.name} ({', '.join(facts)})"
