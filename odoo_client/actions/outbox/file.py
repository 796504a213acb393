"""The file of the outbox: which Odoo it belongs to, and how its rows become entries."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from odoo_client.actions.outbox.entry import Author, Entry, FileRef, Record
from odoo_client.store.durable_file import OwnedFile

#: A history reports an outage that comes and goes only once: what is among this many last lines is not repeated.
SAID_WITHIN: Final = 2

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    login TEXT NOT NULL, name TEXT NOT NULL, on_behalf INTEGER NOT NULL, subject TEXT NOT NULL, title TEXT NOT NULL,
    payload TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    file_sha256 TEXT, file_name TEXT, file_mimetype TEXT, file_size INTEGER,
    record_model TEXT, record_id INTEGER, record_label TEXT, result TEXT NOT NULL DEFAULT '{}',
    steps TEXT NOT NULL DEFAULT '{}', attempts INTEGER NOT NULL DEFAULT 0,
    created_s REAL NOT NULL, changed_s REAL NOT NULL, next_s REAL NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS entries_state ON entries (state, login);
CREATE TABLE IF NOT EXISTS files (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS marks (token TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS marks_value ON marks (kind, value);
CREATE TABLE IF NOT EXISTS history (
    token TEXT NOT NULL, moment_s REAL NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, login TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_token ON history (token);
"""
_COLUMNS: Final = (
    "number, token, kind, login, name, on_behalf, subject, title, payload, state, reason, file_sha256, file_name, "
    "file_mimetype, file_size, record_model, record_id, record_label, result, attempts, created_s, changed_s, next_s"
)


class OutboxFile(OwnedFile):
    """The file `path`, made on first use; safe to use from many threads and processes.

    `odoo` names the Odoo it belongs to: what was entered for one never goes to another ("" = any).
    """

    subject = "The outbox"
    undone = "nothing was sent"
    belongs = "is that"

    def __init__(
        self, path: Path, *, odoo: str = "", longest_call_s: float = 120.0, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(path, _SCHEMA, odoo)
        #: Seconds until Odoo can no longer be working on a call whose answer was lost.
        self.longest_call_s = longest_call_s
        self.clock = clock

    def mark_values(self, mark: str) -> list[str]:
        """Return each value that entries have been marked with, once. Raises OutboxError."""
        with self.opened() as base:
            rows = base.execute("SELECT DISTINCT value FROM marks WHERE kind = ? ORDER BY value", (mark,))
            return [str(value) for (value,) in rows]

    def _select(
        self, where: str, values: Sequence[Any], *, order: str = "number DESC", limit: int = 1000
    ) -> list[Entry]:
        query = f"SELECT {_COLUMNS} FROM entries WHERE {where} ORDER BY {order} LIMIT ?"  # noqa: S608  own texts only
        with self.opened() as base:
            return [_entry(row) for row in base.execute(query, (*values, limit))]


def note(base: sqlite3.Connection, token: str, now: float, state: str, reason: str, login: str) -> None:
    """Add a line to an entry's history."""
    base.execute("INSERT INTO history VALUES (?, ?, ?, ?, ?)", (token, now, state, reason, login))


def note_news(base: sqlite3.Connection, token: str, now: float, state: str, reason: str, login: str) -> None:
    """Add a line to an entry's history unless its last lines say it: an outage of days must not be a thousand lines."""
    query = "SELECT state, reason FROM history WHERE token = ? ORDER BY rowid DESC LIMIT ?"
    if (state, reason) not in base.execute(query, (token, SAID_WITHIN)).fetchall():
        note(base, token, now, state, reason, login)


def drop_file(base: sqlite3.Connection, token: str) -> None:
    """Delete an entry's file, unless another entry still has to send it."""
    base.execute(
        "DELETE FROM files WHERE sha256 = (SELECT file_sha256 FROM entries WHERE token = ?) AND NOT EXISTS "
        "(SELECT 1 FROM entries WHERE file_sha256 = files.sha256 AND state NOT IN ('done', 'discarded'))",
        (token,),
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    (number, token, kind, login, name, on_behalf, subject, title, payload, state, reason, *rest) = row
    sha256, file_name, mimetype, size, model, record_id, label, result, attempts, created, changed, due = rest
    return Entry(
        number=number,
        token=token,
        kind=kind,
        author=Author(login, name, bool(on_behalf)),
        subject=subject,
        title=title,
        payload=json.loads(payload),
        state=state,
        reason=reason,
        file=FileRef(sha256, file_name, mimetype, size) if sha256 else None,
        record=Record(model, record_id, label or "") if model else None,
        result=json.loads(result),
        attempts=attempts,
        created_s=created,
        changed_s=changed,
        next_s=due,
    )
