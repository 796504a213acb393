"""What an entry of the audit trail is about, as people read it: names and numbers instead of ids.

This is only for display: the trail itself, and the command line, keep what was written. Names come from the figures of
the person looking, so that a record they do not see stays a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from odoo_client.actions.outbox.entry import KINDS, TOKEN, TOKEN_MARK
from odoo_client.store.snapshot import Snapshot

#: What the outbox sent to Odoo, before the record it is about.
SENT: Final[Mapping[str, str]] = {
    "payment_proof": "proof of payment",
    "payment_approve": "approval of",
    "payment_reject": "rejection of",
    "payment_ask": "question about",
    "ticket_create": "new ticket",
    "ticket_update": "change of",
    "activity": "call or promise of",
    "customer_update": "correction of",
}
#: The two rows of a write: when it was entered, and when Odoo answered.
ENTERED, SENT_TO_ODOO = "Entered", "Sent to Odoo"
TWO_ROWS: Final = (
    f"A write has two rows: “{ENTERED}” when somebody pressed the button, and “{SENT_TO_ODOO}” with what became of it."
)
OUTBOX: Final[Mapping[str, str]] = {
    "outbox retry": "Tried again",
    "outbox discard": "Discarded",
    "outbox adopt": "Outbox taken over for",
}
#: What is done here and nowhere else, at once: it has one row.
_AT_ONCE: Final = ("link ", "undo ", "outbox ")
_MODELS: Final[Mapping[str, str]] = {
    "res.partner": "customer",
    "account.payment": "payment",
    "helpdesk.ticket": "ticket",
    "project.task": "ticket",
}
_RECORD: Final = re.compile(
    rf"\b(?P<model>{'|'.join(map(re.escape, _MODELS))}):(?P<key>\d+)\b"
    r"|\b(?P<word>customer|partner|payment) (?P<id>\d+)\b"
)
_FILE: Final = re.compile(r"^attachment (\d+)$")
_KIND: Final = re.compile(rf"\b({'|'.join(KINDS)})\b")
#: This many characters of a token tell two entries apart on a page.
_TOKEN_SHOWN: Final = len(TOKEN_MARK) + 4
_MOVE_WITHOUT_NAME: Final = ("", "/")


def said(snapshot: Snapshot) -> Callable[[str, str], str]:
    """Return what puts an event and a subject of the trail into words, with the names of `snapshot`."""
    names = _names(snapshot)

    def record(found: re.Match[str]) -> str:
        word = _MODELS.get(found["model"] or "") or ("payment" if found["word"] == "payment" else "customer")
        key = int(found["key"] or found["id"])
        return names[word].get(key) or f"{word} {key}"

    def told(event: str, subject: str) -> str:
        kind, colon, rest = subject.partition(":")
        if colon and kind in KINDS:
            about = _RECORD.sub(record, TOKEN.sub("", rest)).strip()
            what = SENT[kind] if about else _alone(kind)
            return f"{SENT_TO_ODOO}: {what} {about}".strip()
        if colon and kind in OUTBOX:
            entry = _KIND.sub(lambda one: _alone(one[1]), rest)
            return f"{OUTBOX[kind]}: {_short(entry).strip()}"
        words = _FILE.sub(r"file \1 in Odoo", _short(_RECORD.sub(record, subject)))
        entered = event in ("write", "decision") and not subject.startswith(_AT_ONCE)
        return f"{ENTERED}: {words}" if entered else words

    return told


def _alone(kind: str) -> str:
    """Return what was sent where the trail names no record."""
    return SENT[kind].removesuffix(" of").removesuffix(" about")


def _short(text: str) -> str:
    """Return the text with each token cut to its beginning."""
    return TOKEN.sub(lambda found: f"{found[0][:_TOKEN_SHOWN]}…", text)


def _names(snapshot: Snapshot) -> dict[str, dict[int, str]]:
    """Return what customers, payments and tickets are called, by what they are and their id."""
    customers, payments, tickets = (snapshot.frame(name) for name in ("customers", "payments", "tickets"))
    return {
        "customer": dict(zip(customers["partner_id"], customers["name"].astype(str), strict=True)),
        "payment": {
            key: f"payment {name}"
            for key, name in zip(payments["payment_id"], payments["name"].astype(str), strict=True)
            if name not in _MOVE_WITHOUT_NAME
        },
        "ticket": {
            key: f"ticket {number}"
            for key, number in zip(tickets["ticket_id"], tickets["number"].astype(str), strict=True)
        },
    }
