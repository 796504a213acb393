"""What every write into Odoo has in common: who writes, its entry, and its outcome.

A write is first an `Entry` of the outbox; its `token` goes into Odoo inside the very call that makes the record,
so that a lost answer can be looked up by it.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from odoo_client.roles import Action

Kind = Literal[
    "payment_proof",
    "payment_approve",
    "payment_reject",
    "payment_ask",
    "ticket_create",
    "ticket_update",
    "activity",
    "customer_update",
]
State = Literal["waiting", "sent", "unknown", "done", "failed", "discarded"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
STATES: Final[tuple[State, ...]] = get_args(State)
#: States in which an entry still has something to do in Odoo.
OPEN_STATES: Final[tuple[State, ...]] = ("waiting", "sent", "unknown")

#: The action in the table of roles that each kind of write needs: checked when it is entered and when it is sent.
ACTION_OF: Final[Mapping[Kind, Action]] = {
    "payment_proof": "proof",
    "payment_approve": "decide",
    "payment_reject": "decide",
    "payment_ask": "decide",
    "ticket_create": "ticket",
    "ticket_update": "ticket",
    "activity": "promise",
    "customer_update": "customer",
}
#: The groups of datasets to read again once an entry of that kind is done.
GROUPS_OF: Final[Mapping[Kind, tuple[str, ...]]] = {
    "payment_proof": ("ledger",),
    "payment_approve": ("ledger",),
    "payment_reject": ("ledger",),
    "payment_ask": ("ledger",),
    "ticket_create": ("tickets",),
    "ticket_update": ("tickets",),
    "activity": ("activities",),
    "customer_update": ("base",),
}
#: The step that marks an entry restored from a backup: any of its steps may have been done since.
RESTORED: Final = "restored"
TOKEN_MARK: Final = "AFN-"  # noqa: S105 (no password)
#: A token in a text, also that of an entry's second record.
TOKEN: Final = re.compile(rf"\b{TOKEN_MARK}\w+(?:-\d+)?")


def new_token() -> str:
    """Return a token nobody can guess, of letters and digits that no search pattern takes for something else."""
    return TOKEN_MARK + base64.b32encode(secrets.token_bytes(10)).decode("ascii")


@dataclass(frozen=True)
class Author:
    """Who enters something. `on_behalf`: the service account writes it, so the record itself names the author."""

    login: str
    name: str
    on_behalf: bool = False

    @property
    def signature(self) -> str:
        """Words for the record: " on behalf of NAME (login)", "" where Odoo's own author is the person."""
        return f" on behalf of {self.name} ({self.login})" if self.on_behalf else ""


@dataclass(frozen=True)
class Record:
    """A record in Odoo; `label` is its name there, for people."""

    model: str
    record_id: int
    label: str = ""


@dataclass(frozen=True)
class FileRef:
    """A file of an entry, known by its content: `sha256` in hex; `name` is ours, not the uploader's."""

    sha256: str
    name: str
    mimetype: str
    size_bytes: int


@dataclass(frozen=True)
class Entry:
    """One write into Odoo as the outbox knows it. Moments are seconds since 1970 (UTC); 0.0 = never.

    `subject` names the record it changes ("account.payment:12"; its own token when it makes one): a person's entries of
    one subject are sent in order. `title` says for people what it does. `payload` is what the kind's handler needs,
    `result` what it found out. `reason` says why the entry waits or failed.
    """

    number: int
    token: str
    kind: Kind
    author: Author
    subject: str
    title: str
    payload: Mapping[str, Any]
    state: State
    reason: str = ""
    file: FileRef | None = None
    record: Record | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0
    created_s: float = 0.0
    changed_s: float = 0.0
    next_s: float = 0.0

    @property
    def open(self) -> bool:
        """Whether it still has something to do in Odoo."""
        return self.state in OPEN_STATES


@dataclass(frozen=True)
class Done:
    """What a handler achieved: the record, and what people are told about it."""

    record: Record
    result: Mapping[str, Any] = field(default_factory=dict)
