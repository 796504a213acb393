"""The audit trail: who did what, when and from where; added to, never changed.

A SQLite file whose triggers refuse changes and deletions, and whose rows each carry a hash over themselves and the row
before: what was changed past the triggers, or cut out, is found by `verify`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, get_args

import pandas as pd

from odoo_client.config import Settings
from odoo_client.durable import DurableFile
from odoo_client.errors import AuditError

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


class AuditLog(DurableFile):
    """The trail in the file `path`; safe to use from many threads and processes. Every method raises AuditError."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)

    def broken(self, exc: Exception) -> AuditError:
        """Return the error for a trail that cannot be written or read."""
        return AuditError(
            f"The audit trail in {self.path.parent} cannot be written or read ({exc}), so nothing that it must "
            "record can be done: make room there, or set DATA_DIR to a folder that can be written."
        )

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
        # One writer at a time: two processes must not hash over the same former row.
        with self.writing() as base:
            last = base.execute("SELECT chain FROM audit ORDER BY id DESC LIMIT 1").fetchone()
            chain = _link(last[0] if last else "", row)
            base.execute(f"INSERT INTO audit ({_COLUMNS}, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, chain))  # noqa: S608

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
        chain, expected = "", 1
        with self.opened() as base:
            for number, *row, found in base.execute(f"SELECT id, {_COLUMNS}, chain FROM audit ORDER BY id"):  # noqa: S608
                chain = _link(chain, tuple(row))
                if number != expected or found != chain:
                    return int(number)
                expected += 1
            last = base.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
        return expected if last and last[0] != expected - 1 else None


def audit_log(settings: Settings, *, demo: bool = False) -> AuditLog:
    """Return the trail of these settings; the invented provider's goes with its figures, nothing of it must be kept."""
    if demo or settings.demo:
        return AuditLog(settings.cache_dir / "demo-audit.sqlite3")
    return AuditLog(settings.data_dir / "audit.sqlite3")


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:MAX_TEXT]


def _link(before: str, row: tuple[object, ...]) -> str:
    return hashlib.sha256(f"{before}\n{json.dumps(row, ensure_ascii=True)}".encode()).hexdigest()
