"""The outbox: every write into Odoo, on disk before anything is sent, until Odoo has it or a person discards it.

A SQLite file of its own in DATA_DIR (never in the cache, which may be emptied), flushed to disk at each commit. It
holds no credential. A file to send is kept by its SHA-256 until its entry is done or discarded.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from odoo_client.actions.base import OPEN_STATES, Author, Entry, FileRef, Kind, Record, State, new_token
from odoo_client.config import Settings
from odoo_client.errors import ActionRefusedError, OutboxError
from odoo_client.lock import lock

BUSY_TIMEOUT_S: Final = 15.0
MAX_REASON: Final = 1000

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


class Outbox:
    """The entries in the file `path`; safe to use from many threads and processes. Every method raises OutboxError."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.clock = clock
        self._ready = False
        self._guard = threading.Lock()

    def add(
        self,
        kind: Kind,
        author: Author,
        *,
        title: str,
        payload: Mapping[str, Any],
        subject: str = "",
        file: FileRef | None = None,
        content: bytes | None = None,
        marks: Mapping[str, str] | None = None,
        token: str = "",
    ) -> Entry:
        """Return a new waiting entry, on disk before this returns.

        `marks` are what it can be found by ("sha256", "bank_reference"). With a `token` that has an entry already, that
        one is returned: a second click enters nothing. Nothing may be sent that is not in here.
        """
        token, now = token or new_token(), self.clock()
        with self._writing() as base:
            if base.execute("SELECT 1 FROM entries WHERE token = ?", (token,)).fetchone():
                return self.get(token)
            if file is not None and content is not None:
                base.execute("INSERT OR IGNORE INTO files (sha256, content) VALUES (?, ?)", (file.sha256, content))
            base.execute(
                "INSERT INTO entries (token, kind, login, name, on_behalf, subject, title, payload, state, "
                "file_sha256, file_name, file_mimetype, file_size, created_s, changed_s) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?)",
                (
                    *(token, kind, author.login, author.name, int(author.on_behalf), subject or token, title),
                    json.dumps(payload),
                    *((file.sha256, file.name, file.mimetype, file.size_bytes) if file else (None,) * 4),
                    *(now, now),
                ),
            )
            for mark, value in (marks or {}).items():
                if value:
                    base.execute("INSERT INTO marks (token, kind, value) VALUES (?, ?, ?)", (token, mark, value))
            _note(base, token, now, "waiting", "", author.login)
        return self.get(token)

    def get(self, token: str) -> Entry:
        """Return the entry. Raises ActionRefusedError when there is none."""
        found = self._select("token = ?", (token,))
        if not found:
            raise ActionRefusedError(f"The outbox has no entry {token}.")
        return found[0]

    def entries(
        self, *, states: Collection[State] = (), login: str = "", subject: str = "", limit: int = 1000
    ) -> list[Entry]:
        """Return entries, the newest first; empty filters keep everything."""
        asked: list[tuple[str, Sequence[Any]]] = []
        if states:
            asked.append((f"state IN ({', '.join('?' * len(states))})", tuple(states)))
        if login:
            asked.append(("login = ?", (login,)))
        if subject:
            asked.append(("subject = ?", (subject,)))
        where = " AND ".join(condition for condition, _values in asked) or "1"
        return self._select(where, [value for _condition, values in asked for value in values], limit=limit)

    def marked(self, mark: str, value: str) -> list[Entry]:
        """Return the entries, not discarded, that were added with this mark, newest first."""
        if not value:
            return []
        where = "state <> 'discarded' AND token IN (SELECT token FROM marks WHERE kind = ? AND value = ?)"
        return self._select(where, (mark, value))

    def authors(self, kind: Kind) -> dict[str, str]:
        """Return who entered the entries of a kind: token → login."""
        with self._open() as base:
            return dict(base.execute("SELECT token, login FROM entries WHERE kind = ?", (kind,)).fetchall())

    def content(self, sha256: str) -> bytes:
        """Return a file's content. Raises ActionRefusedError when it is no longer kept."""
        with self._open() as base:
            row = base.execute("SELECT content FROM files WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise ActionRefusedError("The file of this entry is no longer kept: upload it again.")
        return bytes(row[0])

    def history(self, token: str) -> list[tuple[float, State, str, str]]:
        """Return (moment, state, reason, login) of each change of an entry, oldest first."""
        with self._open() as base:
            rows = base.execute(
                "SELECT moment_s, state, reason, login FROM history WHERE token = ? ORDER BY rowid", (token,)
            )
            return list(rows.fetchall())

    def retry(self, token: str, login: str) -> Entry:
        """Let a failed entry be sent again. Raises ActionRefusedError when it is in another state."""
        self._decide(token, ("failed",), "waiting", "", login)
        return self.get(token)

    def discard(self, token: str, login: str, reason: str) -> Entry:
        """Give an entry up for good. Raises ActionRefusedError without a reason, or while its outcome is open."""
        if not reason.strip():
            raise ActionRefusedError("Say why this entry is discarded.")
        self._decide(token, ("failed", "waiting"), "discarded", reason.strip(), login)
        return self.get(token)

    # What only the sender calls.

    def due(self, login: str, now_s: float) -> list[Entry]:
        """Return a person's entries that may be sent or looked up now, oldest first.

        An entry stands behind every earlier open one that the person made of the same subject.
        """
        open_states = ", ".join(f"'{state}'" for state in OPEN_STATES)
        behind = (
            "SELECT 1 FROM entries AS earlier WHERE earlier.login = entries.login "  # noqa: S608  own texts only
            "AND earlier.subject = entries.subject AND earlier.number < entries.number "
            f"AND earlier.state IN ({open_states})"
        )
        where = f"login = ? AND state IN ({open_states}) AND next_s <= ? AND NOT EXISTS ({behind})"
        return self._select(where, (login, now_s), order="number")

    def logins_waiting(self) -> list[tuple[str, float]]:
        """Return who has open entries, and when the first of them is due."""
        with self._open() as base:
            states = ", ".join(f"'{state}'" for state in OPEN_STATES)
            rows = base.execute(f"SELECT login, min(next_s) FROM entries WHERE state IN ({states}) GROUP BY login")  # noqa: S608
            return [(str(login), float(at)) for login, at in rows]

    def wake(self, login: str) -> None:
        """Make a person's waiting entries due now: they have signed in, or Odoo is back."""
        with self._writing() as base:
            base.execute("UPDATE entries SET next_s = 0 WHERE login = ? AND state = 'waiting'", (login,))

    def steps(self, token: str) -> dict[str, dict[str, Any]]:
        """Return how far an entry's calls have come: step → {"began_s", "gave_up_s", "value"}, each where known."""
        with self._open() as base:
            row = base.execute("SELECT steps FROM entries WHERE token = ?", (token,)).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def put_steps(self, token: str, steps: Mapping[str, Any]) -> None:
        """Keep how far an entry's calls have come, on disk before this returns."""
        with self._writing() as base:
            base.execute("UPDATE entries SET steps = ? WHERE token = ?", (json.dumps(steps), token))

    def change(
        self,
        token: str,
        state: State,
        *,
        reason: str = "",
        next_s: float = 0.0,
        record: Record | None = None,
        result: Mapping[str, Any] | None = None,
        attempt: bool = False,
    ) -> None:
        """Move an entry on; its file is let go of when it is done."""
        now = self.clock()
        with self._writing() as base:
            before = base.execute("SELECT state, reason, login FROM entries WHERE token = ?", (token,)).fetchone()
            base.execute(
                "UPDATE entries SET state = ?, reason = ?, next_s = ?, changed_s = ?, attempts = attempts + ? "
                "WHERE token = ?",
                (state, reason[:MAX_REASON], next_s, now, int(attempt), token),
            )
            if record is not None:
                base.execute(
                    "UPDATE entries SET record_model = ?, record_id = ?, record_label = ? WHERE token = ?",
                    (record.model, record.record_id, record.label, token),
                )
            if result is not None:
                base.execute("UPDATE entries SET result = ? WHERE token = ?", (json.dumps(result), token))
            if state in ("done", "discarded"):
                _drop_file(base, token)
            if before is not None and (before[0], before[1]) != (state, reason[:MAX_REASON]):
                _note(base, token, now, state, reason[:MAX_REASON], before[2])

    def _decide(self, token: str, allowed: tuple[State, ...], state: State, reason: str, login: str) -> None:
        now = self.clock()
        with self._writing() as base:
            row = base.execute("SELECT state, steps FROM entries WHERE token = ?", (token,)).fetchone()
            if row is None:
                raise ActionRefusedError(f"The outbox has no entry {token}.")
            steps = json.loads(row[1]).values()
            pending = any("began_s" in step and "value" not in step for step in steps)
            if row[0] not in allowed or (state == "discarded" and pending):
                raise ActionRefusedError(
                    f"This entry is {'still being looked up in Odoo' if pending else row[0]}: it cannot be "
                    f"{'discarded' if state == 'discarded' else 'sent again'} now."
                )
            base.execute(
                "UPDATE entries SET state = ?, reason = ?, next_s = 0, changed_s = ? WHERE token = ?",
                (state, reason[:MAX_REASON], now, token),
            )
            if state == "discarded":
                _drop_file(base, token)
            _note(base, token, now, state, reason[:MAX_REASON], login)

    def _select(
        self, where: str, values: Sequence[Any], *, order: str = "number DESC", limit: int = 1000
    ) -> list[Entry]:
        query = f"SELECT {_COLUMNS} FROM entries WHERE {where} ORDER BY {order} LIMIT ?"  # noqa: S608  own texts only
        with self._open() as base:
            return [_entry(row) for row in base.execute(query, (*values, limit))]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            try:
                yield base
            except BaseException:
                # A full disk has ended the transaction already.
                with contextlib.suppress(sqlite3.Error):
                    base.execute("ROLLBACK")
                raise
            base.execute("COMMIT")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._guard:
                if not self._ready:
                    self._make()
                    self._ready = True
            with closing(sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as base:
                base.execute("PRAGMA synchronous = FULL")
                yield base
        except (OSError, sqlite3.Error) as exc:
            raise OutboxError(
                f"The outbox in {self.path.parent} cannot be written or read ({exc}), so nothing was sent: make room "
                "there, or set DATA_DIR to a folder that can be written."
            ) from exc

    def _make(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        # Changing to WAL waits for nobody: two processes that begin at once would refuse each other.
        handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            lock(handle)
            with closing(sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as base:
                base.execute("PRAGMA journal_mode = WAL")
                base.executescript(_SCHEMA)
        finally:
            os.close(handle)


def outbox_of(settings: Settings) -> Outbox:
    """Return the outbox of these settings."""
    return Outbox(settings.data_dir / "outbox.sqlite3")


def _note(base: sqlite3.Connection, token: str, now: float, state: str, reason: str, login: str) -> None:
    base.execute("INSERT INTO history VALUES (?, ?, ?, ?, ?)", (token, now, state, reason, login))


def _drop_file(base: sqlite3.Connection, token: str) -> None:
    """Let go of an entry's file, unless another open entry sends the same."""
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
