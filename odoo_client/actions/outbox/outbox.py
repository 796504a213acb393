"""The outbox: every write into Odoo, on disk before anything is sent, until Odoo has it or a person discards it.

A SQLite file of its own in DATA_DIR (never in the cache, which may be emptied), flushed to disk at each commit. It
holds no credential. A file to send is kept by its SHA-256 until its entry is done or discarded.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from odoo_client.actions.outbox.elapsed import since_s
from odoo_client.actions.outbox.entry import OPEN_STATES, STATES, Author, Entry, FileRef, Kind, Record, State, new_token
from odoo_client.actions.outbox.file import OutboxFile, drop_file, note, note_news
from odoo_client.actions.outbox.words import STATE_WORDS
from odoo_client.config import Settings
from odoo_client.errors import ActionRefusedError

MAX_REASON: Final = 1000
#: Nothing is put off for longer: what seems to be was put off by a clock that has since been set back, and is due.
LONGEST_WAIT_S: Final = 120.0
_OPEN: Final = ", ".join(f"'{state}'" for state in OPEN_STATES)
#: An earlier open entry of the same person and subject.
_BEHIND: Final = (
    "SELECT 1 FROM entries AS earlier WHERE earlier.login = entries.login "  # noqa: S608  own texts only
    f"AND earlier.subject = entries.subject AND earlier.number < entries.number AND earlier.state IN ({_OPEN})"
)


class Outbox(OutboxFile):
    """The entries in the file `path`; safe to use from many threads and processes. Every method raises OutboxError."""

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

        `marks` are what it can be found by ("sha256", "bank_reference"). With a `token` that already has an entry, that
        one is returned, so a second click enters nothing. Nothing that is not in here may be sent.
        """
        token, now = token or new_token(), self.clock()
        with self.writing() as base:
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
            note(base, token, now, "waiting", "", author.login)
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

    def counts(self, login: str = "", *, since_s: float = 0.0) -> dict[State, int]:
        """Return how many entries are in each state, "" for everybody's; `since_s` keeps those changed since then."""
        asked = [f"state IN ({', '.join('?' * len(STATES))})"]
        values: list[Any] = [*STATES]
        if login:
            asked.append("login = ?")
            values.append(login)
        if since_s:
            asked.append("changed_s >= ?")
            values.append(since_s)
        query = f"SELECT state, count(*) FROM entries WHERE {' AND '.join(asked)} GROUP BY state"  # noqa: S608
        with self.opened() as base:
            return dict(base.execute(query, values).fetchall())

    def stamp(self, login: str = "") -> str:
        """Return a text that changes when an open entry moves or a new one comes, for one login or all ("")."""
        mine, values = (" AND login = ?", (login,)) if login else ("", ())
        query = (
            "SELECT count(*), coalesce(sum(changed_s), 0), (SELECT max(number) FROM entries) FROM entries "  # noqa: S608
            f"WHERE state IN ({_OPEN}){mine}"
        )
        with self.opened() as base:
            return " ".join(str(one) for one in base.execute(query, values).fetchone())

    def of_kind(self, kind: Kind, *, subject: str = "", record: Record | None = None) -> list[Entry]:
        """Return the entries of a kind, newest first: all, those of a subject, or those that made a record."""
        asked, values = ["kind = ?"], list[Any]([kind])
        if subject:
            asked.append("subject = ?")
            values.append(subject)
        if record is not None:
            asked.append("record_model = ? AND record_id = ?")
            values += [record.model, record.record_id]
        return self._select(" AND ".join(asked), values)

    def last_by_subject(self, kind: Kind, before_s: float) -> dict[str, float]:
        """Return when an entry of a kind was last made for each subject, before a moment; failed ones do not count."""
        query = (
            "SELECT subject, max(created_s) FROM entries "
            "WHERE kind = ? AND created_s < ? AND state NOT IN ('failed', 'discarded') GROUP BY subject"
        )
        with self.opened() as base:
            return {str(subject): float(made_s) for subject, made_s in base.execute(query, (kind, before_s))}

    def content(self, sha256: str) -> bytes:
        """Return a file's content. Raises ActionRefusedError when it is no longer kept."""
        with self.opened() as base:
            row = base.execute("SELECT content FROM files WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise ActionRefusedError("The file of this entry is no longer kept: upload it again.")
        return bytes(row[0])

    def history(self, token: str) -> list[tuple[float, State, str, str]]:
        """Return (moment, state, reason, login) of each change of an entry, oldest first."""
        with self.opened() as base:
            rows = base.execute(
                "SELECT moment_s, state, reason, login FROM history WHERE token = ? ORDER BY rowid", (token,)
            )
            return list(rows.fetchall())

    def retry(self, token: str, login: str) -> Entry:
        """Let an entry be sent again, or looked up, now and not later; it is still sent as its author.

        `login` is who wants it. Raises ActionRefusedError when it is being sent, done or discarded.
        """
        self._decide(token, ("failed", "waiting", "unknown"), "waiting", "", login)
        return self.get(token)

    def discard(self, token: str, login: str, reason: str) -> Entry:
        """Give an entry up for good. Raises ActionRefusedError without a reason, or while its outcome is open.

        An outcome is open until Odoo can no longer be working on it; one that cannot be looked up any more ends then.
        """
        if not reason.strip():
            raise ActionRefusedError("Say why this entry is discarded.")
        self._decide(token, ("failed", "waiting", "unknown"), "discarded", reason.strip(), login)
        return self.get(token)

    # Only the sender calls what follows.

    def due(self, login: str, now_s: float) -> list[Entry]:
        """Return a person's entries that may be sent or looked up now, oldest first.

        An entry waits behind every earlier open one that the same person made for the same subject.
        """
        where = f"login = ? AND state IN ({_OPEN}) AND (next_s <= ? OR next_s > ?) AND NOT EXISTS ({_BEHIND})"
        return self._select(where, (login, now_s, now_s + LONGEST_WAIT_S), order="number")

    def logins_waiting(self) -> list[tuple[str, float]]:
        """Return who has open entries, and when the first that waits behind no other is due."""
        where = f"state IN ({_OPEN}) AND NOT EXISTS ({_BEHIND})"
        with self.opened() as base:
            rows = base.execute(f"SELECT login, min(next_s) FROM entries WHERE {where} GROUP BY login")  # noqa: S608
            latest_s = self.clock() + LONGEST_WAIT_S
            return [(str(login), float(at) if at <= latest_s else 0.0) for login, at in rows]

    def claim(self, token: str) -> bool:
        """Mark an entry as being sent and count the attempt; false when it was decided meanwhile, so not to be sent."""
        now = self.clock()
        with self.writing() as base:
            row = base.execute(
                f"UPDATE entries SET state = 'sent', next_s = 0, changed_s = ?, attempts = attempts + 1 "  # noqa: S608
                f"WHERE token = ? AND state IN ({_OPEN}) RETURNING reason, login",
                (now, token),
            ).fetchall()
            for reason, login in row:
                note_news(base, token, now, "sent", reason, login)
            return bool(row)

    def postpone(self, token: str, next_s: float) -> None:
        """Look at an open entry again at that moment."""
        with self.writing() as base:
            base.execute(f"UPDATE entries SET next_s = ? WHERE token = ? AND state IN ({_OPEN})", (next_s, token))  # noqa: S608

    def hold(self, login: str, next_s: float, reason: str) -> None:
        """Make all that a person has waiting wait until that moment, to go out in order then."""
        now, reason = self.clock(), reason[:MAX_REASON]
        due = "login = ? AND state = 'waiting' AND (next_s < ? OR next_s > ?)"
        which = (login, next_s, now + LONGEST_WAIT_S)
        with self.writing() as base:
            rows = base.execute(f"SELECT token, reason FROM entries WHERE {due}", which).fetchall()  # noqa: S608
            for token, before in rows:
                if before != reason:
                    note_news(base, token, now, "waiting", reason, login)
            base.execute(f"UPDATE entries SET next_s = ?, reason = ? WHERE {due}", (next_s, reason, *which))  # noqa: S608

    def wake(self, login: str) -> None:
        """Make everything a person has open due now: they have signed in, or Odoo is back."""
        with self.writing() as base:
            base.execute("UPDATE entries SET next_s = 0 WHERE login = ? AND state IN ('waiting', 'unknown')", (login,))

    def steps(self, token: str) -> dict[str, dict[str, Any]]:
        """Return how far an entry's calls have come: step → {"began_s", "gave_up_s", "value"}, each where known."""
        with self.opened() as base:
            row = base.execute("SELECT steps FROM entries WHERE token = ?", (token,)).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def put_steps(self, token: str, steps: Mapping[str, Any]) -> None:
        """Keep how far an entry's calls have come, on disk before this returns."""
        with self.writing() as base:
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
    ) -> None:
        """Move an entry on; its file is deleted when it is done."""
        now = self.clock()
        with self.writing() as base:
            before = base.execute("SELECT state, reason, login FROM entries WHERE token = ?", (token,)).fetchone()
            base.execute(
                "UPDATE entries SET state = ?, reason = ?, next_s = ?, changed_s = ? WHERE token = ?",
                (state, reason[:MAX_REASON], next_s, now, token),
            )
            if record is not None:
                base.execute(
                    "UPDATE entries SET record_model = ?, record_id = ?, record_label = ? WHERE token = ?",
                    (record.model, record.record_id, record.label, token),
                )
            if result is not None:
                base.execute("UPDATE entries SET result = ? WHERE token = ?", (json.dumps(result), token))
            if state in ("done", "discarded"):
                drop_file(base, token)
            if before is not None and (before[0], before[1]) != (state, reason[:MAX_REASON]):
                note_news(base, token, now, state, reason[:MAX_REASON], before[2])

    def _decide(self, token: str, allowed: tuple[State, ...], state: State, reason: str, login: str) -> None:
        now = self.clock()
        with self.writing() as base:
            row = base.execute("SELECT state, steps, changed_s FROM entries WHERE token = ?", (token,)).fetchone()
            if row is None:
                raise ActionRefusedError(f"The outbox has no entry {token}.")
            was: State = row[0]
            lost = [one for one in json.loads(row[1]).values() if "began_s" in one and "value" not in one]
            # A step whose program was killed has no moment at which it was given up, but the entry's last change does.
            pending = any(since_s({"gave_up_s": row[2]} | one, self.clock) < self.longest_call_s for one in lost)
            if was not in allowed or (state == "discarded" and pending):
                verb = "discarded" if state == "discarded" else "sent again"
                words = STATE_WORDS["unknown" if pending else was].lower()
                raise ActionRefusedError(f"This entry is {words}: it cannot be {verb} now.")
            if state == "waiting" and was == "unknown":
                state = "unknown"  # It is looked up, and sent only if that allows it.
            base.execute(
                "UPDATE entries SET state = ?, reason = ?, next_s = 0, attempts = attempts * ?, changed_s = ? "
                "WHERE token = ?",
                (state, reason[:MAX_REASON], int(state == "discarded"), now, token),
            )
            if state == "discarded":
                drop_file(base, token)
            note(base, token, now, state, reason[:MAX_REASON], login)


def outbox_of(settings: Settings) -> Outbox:
    """Return the outbox of these settings."""
    odoo = f"{settings.odoo_database} at {settings.odoo_url}" if settings.odoo_url else ""
    path = settings.data_dir / "outbox.sqlite3"
    return Outbox(path, odoo=odoo, longest_call_s=settings.odoo_longest_call_s)
