"""The audit trail: who did what, when and from where; added to, never changed.

A SQLite file whose triggers refuse changes and deletions, and whose rows each carry a hash over themselves and the row
before: what was changed past the triggers, or cut out, is found by `verify`. What was cut off at the end is found by
the anchor, a line in a file beside it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, get_args

import pandas as pd

from odoo_client.config import Settings
from odoo_client.errors import AuditError
from odoo_client.people.audit_anchor import EMPTY, Anchor, Head
from odoo_client.store.durable_file import DurableFile

Event = Literal["sign-in", "sign-out", "refused", "export", "statement", "attachment", "write", "decision"]
Outcome = Literal["done", "refused", "failed"]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)
MAX_TEXT: Final = 300

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, moment INTEGER NOT NULL, login TEXT NOT NULL, address TEXT NOT NULL,
    event TEXT NOT NULL, subject TEXT NOT NULL, rows INTEGER, outcome TEXT NOT NULL, chain TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS audit_moment ON audit (moment);
CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
"""
_COLUMNS: Final = "moment, login, address, event, subject, rows, outcome"


@dataclass(frozen=True)
class Checked:
    """What a check of the trail found: how many `entries` there are, and the `head` to note elsewhere.

    `first_wrong` is the number of the first entry that is not as it was written, or that is no longer there (None =
    all are). `why` is "changed" (it, or one before it), "cut" (the trail ends before it), "unanchored" (the line beside
    the trail is gone, so that nothing tells whether it was longer) or "" where nothing is wrong.
    """

    entries: int
    head: Head
    first_wrong: int | None = None
    why: Literal["", "changed", "cut", "unanchored"] = ""

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        match self.why:
            case "changed":
                return (
                    f"Entry {self.first_wrong:,} or what stood before it was changed or removed outside the dashboard."
                )
            case "cut":
                return f"Entry {self.first_wrong:,} and what came after it were removed outside the dashboard."
            case "unanchored":
                return (
                    f"The {self.entries:,} entries there are stand as they were written, but audit.anchor beside them "
                    "is gone: whether others came after them cannot be told."
                )
        return "Every entry is as it was written: the chain over all of them is unbroken, and none is cut off."


class AuditLog(DurableFile):
    """The trail in the file `path`; safe to use from many threads and processes. Every method raises AuditError."""

    subject = "The audit trail"
    undone = "nothing that it must record can be done"
    error = AuditError

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)
        self.anchor = Anchor(path.with_suffix(".anchor"))

    def upgraded(self, base: sqlite3.Connection, found: int) -> None:
        """Anchor a trail that is new, or of a release without anchors; what an anchor already says is kept."""
        kept = self.anchor.read()
        if kept is None or holds(base, kept):
            self.anchor.put(last(base))

    def add(
        self,
        event: Event,
        *,
        login: str,
        address: str = "",
        subject: str = "",
        rows: int | None = None,
        outcome: Outcome = "done",
    ) -> None:
        """Add a row, on disk before this returns. When it raises, what it should record must not happen."""
        moment = int(datetime.now(UTC).timestamp())
        row = (moment, _plain(login), _plain(address), event, _plain(subject), rows, outcome)
        # One writer at a time: two processes must not hash over the same previous row.
        with self.writing() as base:
            chain = _link(last(base), row)
            base.execute(f"INSERT INTO audit ({_COLUMNS}, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, chain))  # noqa: S608
        self.move_anchor()

    def move_anchor(self) -> None:
        """Make the anchor say where the trail ends, unless the trail no longer holds what it says now."""
        with self.writing() as base:
            kept = self.anchor.read()
            if kept is not None and holds(base, kept):
                self.anchor.put(last(base))

    def read(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        login: str = "",
        event: str = "",
        limit: int = 1000,
    ) -> pd.DataFrame:
        """Return the newest rows first, `since` included and `until` not.

        Columns: moment datetime64[s] (UTC), login, address, event, subject, outcome str; rows Int64.
        """
        asked: list[tuple[str, object]] = []
        if since is not None:
            asked.append(("moment >= ?", int(since.timestamp())))
        if until is not None:
            asked.append(("moment < ?", int(until.timestamp())))
        if login:
            asked.append(("login = ?", login))
        if event:
            asked.append(("event = ?", event))
        where = " AND ".join(condition for condition, _value in asked) or "1"
        query = f"SELECT {_COLUMNS} FROM audit WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608  own texts only
        with self.opened() as base:
            rows = base.execute(query, [*(value for _condition, value in asked), limit]).fetchall()
        frame = pd.DataFrame(rows, columns=_COLUMNS.split(", "))
        return frame.assign(
            moment=pd.to_datetime(frame["moment"], unit="s").astype("datetime64[s]"),
            rows=frame["rows"].astype("Int64"),
            **{name: frame[name].astype("str") for name in ("login", "address", "event", "subject", "outcome")},
        )

    def verify(self) -> int | None:
        """Return the number of the first row that is not as it was written, None when the whole trail is."""
        return self.checked().first_wrong

    def checked(self, noted: Head | None = None) -> Checked:
        """Look at every entry, at the anchor, and at a head `noted` elsewhere (None = none was).

        The chain shows what was changed or cut out; the anchor shows what was cut off at the end. Whoever can write
        both files, and recomputes every hash is found by a head noted elsewhere, and by nothing else.
        """
        # Read before the trail, so that entries that come meanwhile are beyond it.
        with self.opened():
            anchor = self.anchor.read()
        with self.opened() as base:
            return check(base, anchor, noted)


def check(base: sqlite3.Connection, anchor: Head | None, *noted: Head | None) -> Checked:
    """Return what `AuditLog.checked` does, of the trail in the database `base`."""
    head, known = EMPTY, dict[int, str]()
    wanted = [one for one in (anchor, *noted) if one is not None]
    for number, *row, found in base.execute(f"SELECT id, {_COLUMNS}, chain FROM audit ORDER BY id"):  # noqa: S608
        chain = _link(head, tuple(row))
        if number != head.number + 1 or found != chain:
            return Checked(head.number, head, int(number), "changed")
        head = Head(number, chain)
        known |= {number: chain} if any(one.number == number for one in wanted) else {}
    counted = base.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    if counted and counted[0] != head.number:
        return Checked(head.number, head, head.number + 1, "cut")
    for one in sorted(wanted, key=lambda one: one.number):
        if one.number > head.number:
            return Checked(head.number, head, head.number + 1, "cut")
        if one.number and known[one.number] != one.chain:
            return Checked(head.number, head, one.number, "changed")
    if anchor is None:
        return Checked(head.number, head, head.number + 1, "unanchored")
    return Checked(head.number, head)


def last(base: sqlite3.Connection) -> Head:
    """Return where the trail in the database `base` ends."""
    row = base.execute("SELECT id, chain FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    return Head(*row) if row else EMPTY


def holds(base: sqlite3.Connection, head: Head) -> bool:
    """Return whether the trail in the database `base` has that entry, with that hash."""
    row = base.execute("SELECT chain FROM audit WHERE id = ?", (head.number,)).fetchone()
    return head.number == 0 or (row is not None and row[0] == head.chain)


def audit_log(settings: Settings, *, demo: bool = False) -> AuditLog:
    """Return the trail of these settings; the invented provider's goes with its figures: none of it must be kept."""
    if demo or settings.demo:
        return AuditLog(settings.cache_dir / "demo-audit.sqlite3")
    return AuditLog(settings.data_dir / "audit.sqlite3")


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:MAX_TEXT]


def _link(before: Head, row: tuple[object, ...]) -> str:
    former = before.chain if before.number else ""
    return hashlib.sha256(f"{former}\n{json.dumps(row, ensure_ascii=True)}".encode()).hexdigest()
