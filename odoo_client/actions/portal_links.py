"""Which portal account belongs to which customer in Odoo: linked by e-mail or by hand, kept for good, undone by name.

The mapping belongs to this dashboard: nothing of it is written into Odoo, and no Odoo right is needed beyond seeing the
customer. The table of roles (`link`) decides who may link before these functions are called. The mapping is kept in an
SQLite file beside the outbox, and only ever added to: the last row of each portal account says what is linked now.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.outbox.office import Office
from odoo_client.documents.clean import neutralised
from odoo_client.errors import ActionRefusedError
from odoo_client.frames.arrays import FrameSource, flags, ints
from odoo_client.frames.groups import position_of, positions
from odoo_client.metrics.contact_rules import email_key, emails
from odoo_client.store.durable_file import OwnedFile

MAX_PORTAL_ID: Final = 64
MAX_REASON: Final = 300
#: It begins with a letter or digit, so that no spreadsheet takes the id for a formula.
_PORTAL_ID: Final = re.compile(rf"\w\S{{0,{MAX_PORTAL_ID - 1}}}")

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS links (
    number INTEGER PRIMARY KEY AUTOINCREMENT, linked INTEGER NOT NULL, portal_id TEXT NOT NULL, email TEXT NOT NULL,
    partner_id INTEGER NOT NULL, login TEXT NOT NULL, name TEXT NOT NULL, on_behalf INTEGER NOT NULL,
    reason TEXT NOT NULL, moment_s REAL NOT NULL);
CREATE INDEX IF NOT EXISTS links_portal ON links (portal_id, number);
CREATE TRIGGER IF NOT EXISTS links_no_update BEFORE UPDATE ON links
    BEGIN SELECT RAISE(ABORT, 'links are only added to'); END;
CREATE TRIGGER IF NOT EXISTS links_no_delete BEFORE DELETE ON links
    BEGIN SELECT RAISE(ABORT, 'links are only added to'); END;
"""
_COLUMNS: Final = "number, linked, portal_id, email, partner_id, login, name, on_behalf, reason, moment_s"
_LAST: Final = "SELECT max(number) FROM links GROUP BY portal_id"


@dataclass(frozen=True)
class Link:
    """A portal account and its customer, as linked (or, `linked` False, as undone for `reason`) by `author`.

    `moment_s` is in seconds since 1970 (UTC). `notes` are sentences on what is unusual about it.
    """

    portal_id: str
    email: str
    partner_id: int
    author: Author
    moment_s: float
    linked: bool = True
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A customer who may be meant by an e-mail address; `contacts` are those contacts of theirs that have it."""

    partner_id: int
    name: str
    ref: str
    city: str
    email: str
    phone: str
    active: bool
    contacts: tuple[str, ...] = ()


def candidates(source: FrameSource, email: str) -> list[Candidate]:
    """Return the customers with this e-mail, upper and lower case alike, those in use first, then by name.

    A contact leads to its company, which names it. There are none when nobody has it, or it is no e-mail address.
    """
    wanted = email_key(email)
    if not wanted:
        return []
    customers = source.frame("customers")
    found = emails(customers["email"])
    at = np.unique(found.at[(found.key == wanted).to_numpy(dtype=np.bool_)])
    partner_ids = ints(customers, "partner_id")
    owners = positions(partner_ids, ints(customers, "commercial_partner_id"))[at]
    owners = np.where(owners >= 0, owners, at)
    by_owner: dict[int, list[str]] = {int(owner): [] for owner in owners}
    for one, owner in zip(at.tolist(), owners.tolist(), strict=True):
        if one != owner:
            by_owner[owner].append(str(customers["name"].iat[one]))
    made = [_candidate(customers, owner, contacts) for owner, contacts in by_owner.items()]
    return sorted(made, key=lambda one: (not one.active, one.name.casefold(), one.partner_id))


def candidate(source: FrameSource, partner_id: int) -> Candidate:
    """Return the customer of that id. Raises ActionRefusedError when it is not in `source`, or is only a contact."""
    customers = source.frame("customers")
    at = position_of(ints(customers, "partner_id"), partner_id)
    if at < 0:
        raise ActionRefusedError(f"There is no customer {partner_id} among those read from Odoo: sync, or look again.")
    owner = int(ints(customers, "commercial_partner_id")[at])
    if owner != partner_id:
        company = position_of(ints(customers, "partner_id"), owner)
        name = str(customers["name"].iat[company]) if company >= 0 else "another customer"
        raise ActionRefusedError(
            f"{customers['name'].iat[at]} is a contact of {name} (Odoo id {owner}): link the portal account to that."
        )
    return _candidate(customers, at, [])


def link_customer(
    office: Office, author: Author, portal_id: str, email: str, partner_id: int, *, source: FrameSource
) -> Link:
    """Link a portal account to the customer `partner_id`, on disk before this returns; repeating it changes nothing.

    `source` is the snapshot as the author sees it: nobody links a customer they do not see. A customer may have several
    portal accounts; the link's notes say so, and when the customer is archived. Raises ActionRefusedError when id or
    e-mail cannot be one, when there is no such customer, or when the portal account is linked already (undo that
    first); OutboxError when it cannot be kept, and then nothing is linked. Needs no right in Odoo: nothing is written
    there.
    """
    portal_id, email = _portal_id(portal_id), email.strip()
    key = email_key(email)
    if not key:
        raise ActionRefusedError(f"{email or 'Nothing'} is no e-mail address: enter the one of the portal account.")
    customer = candidate(source, partner_id)
    store = LinkStore.of(office)
    with store.writing() as base:
        now = [_link(row) for row in base.execute(f"SELECT {_COLUMNS} FROM links WHERE number IN ({_LAST})")]  # noqa: S608
        now = [one for one in now if one.linked]
        known = next((one for one in now if one.portal_id == portal_id), None)
        if known is not None:
            if known.partner_id != partner_id or known.email.casefold() != key:
                whose = "with another e-mail" if known.partner_id == partner_id else "to another customer"
                raise ActionRefusedError(
                    f"The portal account {portal_id} is linked already, {whose} (by {known.author.name}): undo that "
                    "link first."
                )
            return known
        made = Link(portal_id, email, partner_id, author, store.clock(), notes=_notes(customer, now, key))
        _add(base, made)
    return made


def unlink_customer(office: Office, author: Author, portal_id: str, reason: str) -> Link:
    """Undo the link of a portal account, on disk before this returns; the link and the reason are kept.

    Raises ActionRefusedError without a reason or when the account is not linked, OutboxError when it cannot be kept.
    Needs no right in Odoo.
    """
    portal_id, reason = _portal_id(portal_id), " ".join(reason.split())
    if not reason:
        raise ActionRefusedError("Say why this link is undone (in a terminal: --reason TEXT).")
    store = LinkStore.of(office)
    with store.writing() as base:
        row = base.execute(
            f"SELECT {_COLUMNS} FROM links WHERE portal_id = ? ORDER BY number DESC LIMIT 1",  # noqa: S608  own texts
            (portal_id,),
        ).fetchone()
        known = _link(row) if row else None
        if known is None or not known.linked:
            raise ActionRefusedError(f"The portal account {portal_id} is not linked to any customer.")
        made = Link(
            portal_id, known.email, known.partner_id, author, store.clock(), linked=False, reason=reason[:MAX_REASON]
        )
        _add(base, made)
    return made


def links(office: Office) -> pd.DataFrame:
    """Return the portal accounts linked now, by portal id.

    Columns: portal_id, email str; odoo_partner_id int64; login, name str, who linked it; moment datetime64[s] (UTC).
    Raises OutboxError.
    """
    rows = LinkStore.of(office).read(f"linked AND number IN ({_LAST})", order="portal_id")
    return _frame(rows)[["portal_id", "email", "odoo_partner_id", "login", "name", "moment"]]


def link_history(office: Office, portal_id: str = "") -> pd.DataFrame:
    """Return everything ever linked and undone, of one portal account or ("") all, the newest first.

    Columns: those of `links`, and linked bool, reason str ("" where it was linked). Raises OutboxError.
    """
    where = "portal_id = ?" if portal_id else "1"
    return _frame(LinkStore.of(office).read(where, (portal_id,) if portal_id else (), order="number DESC"))


def links_csv(found: pd.DataFrame) -> bytes:
    """Return `links` as CSV in UTF-8: portal_id, email, odoo_partner_id, linked_by, linked_at (UTC, ISO 8601).

    A text that a spreadsheet would take for a formula gets a quote in front.
    """
    table = pd.DataFrame(
        {
            "portal_id": found["portal_id"].map(neutralised),
            "email": found["email"].map(neutralised),
            "odoo_partner_id": found["odoo_partner_id"],
            "linked_by": found["login"].map(neutralised),
            "linked_at": found["moment"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )
    return table.to_csv(index=False, lineterminator="\r\n").encode()


class LinkStore(OwnedFile):
    """The links in the file `path`; safe to use from many threads and processes. Every method raises OutboxError.

    They name customers by their ids in the Odoo `odoo`; in any other Odoo these ids belong to other customers.
    """

    subject = "The links of portal accounts"
    undone = "nothing was linked or undone"
    belongs = "are those"

    def __init__(self, path: Path, *, odoo: str = "", clock: Callable[[], float] = time.time) -> None:
        super().__init__(path, _SCHEMA, odoo)
        self.clock = clock

    @classmethod
    def of(cls, office: Office) -> LinkStore:
        """Return the store beside the office's outbox, of the same Odoo."""
        outbox = office.outbox
        return cls(outbox.path.with_name("links.sqlite3"), odoo=outbox.odoo, clock=outbox.clock)

    def read(self, where: str, values: Sequence[Any] = (), *, order: str) -> list[tuple[Any, ...]]:
        """Return rows; `where` and `order` are this module's own texts."""
        with self.opened() as base:
            return base.execute(f"SELECT {_COLUMNS} FROM links WHERE {where} ORDER BY {order}", values).fetchall()  # noqa: S608


def _portal_id(text: str) -> str:
    text = text.strip()
    if not _PORTAL_ID.fullmatch(text) or not text.isprintable():
        raise ActionRefusedError(
            f"A portal id has 1 to {MAX_PORTAL_ID} characters without spaces and begins with a letter or digit."
        )
    return text


def _notes(customer: Candidate, now: Sequence[Link], key: str) -> tuple[str, ...]:
    said = []
    if others := [one.portal_id for one in now if one.partner_id == customer.partner_id]:
        said.append(f"{customer.name} has other portal accounts too: {', '.join(others)}.")
    if twins := [one.portal_id for one in now if one.email.casefold() == key and one.portal_id not in others]:
        said.append(f"Portal accounts of other customers have this e-mail too: {', '.join(twins)}.")
    if not customer.active:
        said.append(f"{customer.name} is archived in Odoo.")
    return tuple(said)


def _candidate(customers: pd.DataFrame, at: int, contacts: Sequence[str]) -> Candidate:
    text = {name: str(customers[name].iat[at]) for name in ("name", "ref", "city", "email", "phone")}
    active = bool(flags(customers, "active")[at])
    return Candidate(int(ints(customers, "partner_id")[at]), **text, active=active, contacts=tuple(contacts))


def _add(base: sqlite3.Connection, link: Link) -> None:
    who = link.author
    base.execute(
        f"INSERT INTO links ({_COLUMNS.partition(', ')[2]}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  own texts
        (
            *(int(link.linked), link.portal_id, link.email, link.partner_id),
            *(who.login, who.name, int(who.on_behalf), link.reason, link.moment_s),
        ),
    )


def _link(row: tuple[Any, ...]) -> Link:
    _number, linked, portal_id, email, partner_id, login, name, on_behalf, reason, moment_s = row
    author = Author(login, name, bool(on_behalf))
    return Link(portal_id, email, partner_id, author, moment_s, linked=bool(linked), reason=reason)


def _frame(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=_COLUMNS.split(", "))
    moments = pd.to_datetime(frame["moment_s"].astype("int64"), unit="s").astype("datetime64[s]")
    columns: dict[str, Any] = {name: frame[name].astype("str") for name in ("portal_id", "email")}
    columns["odoo_partner_id"] = frame["partner_id"].astype("int64")
    columns |= {name: frame[name].astype("str") for name in ("login", "name")}
    columns |= {"moment": moments, "linked": frame["linked"].astype("bool"), "reason": frame["reason"].astype("str")}
    return pd.DataFrame(columns)
