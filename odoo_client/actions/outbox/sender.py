"""Sends what the outbox holds: at once, in order, with the author's own credentials, and never blindly twice.

Each person has a lane, held by a file lock, so that two processes never send the same entry and a killed one blocks
nobody.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from odoo_client.actions.outbox.entry import ACTION_OF, GROUPS_OF, Author, Entry, Kind, State
from odoo_client.actions.outbox.job import Handler, Job
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.config import Settings
from odoo_client.errors import (
    AccessError,
    AfinetError,
    AuditError,
    ForbiddenError,
    NeedsSignInError,
    NotOdooError,
    OdooAuthError,
    OdooConflictError,
    OdooTimeoutError,
    OdooUnreachableError,
    OutboxError,
    OutcomePendingError,
    UnknownOutcomeError,
)
from odoo_client.people.audit import AuditLog, Event
from odoo_client.rpc.client import OdooClient
from odoo_client.store.file_lock import try_lock

log = logging.getLogger(__name__)

#: Seconds until an entry is tried again: Odoo down, an outcome looked up, a record locked by somebody.
DOWN_RETRY_S: Final = (2.0, 5.0, 15.0, 30.0, 60.0)
LOOK_UP_EVERY_S: Final = (1.0, 2.0, 4.0, 8.0)
CONFLICT_RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
#: A signed-out author's entries are checked this often; signing in wakes them at once.
SIGN_IN_RETRY_S: Final = 60.0
LANES_AT_ONCE: Final = 4
#: Records share this many locks; an entry whose record is taken by another one comes back after this long.
RECORD_LOCKS: Final = 64
BEHIND_S: Final = 0.5
#: The outbox is checked again this soon after a lane ended, and this late after it could not be read or written.
LOOK_AGAIN_S: Final = 0.2
BROKEN_RETRY_S: Final = 5.0
#: What a proxy or firewall answers to one particular request and not to all (too large, looks like an attack).
TURNED_AWAY: Final = frozenset({400, 403, 406, 413, 414, 415, 422, 431})
OWN_FAULT: Final = "This could not be sent for a reason of this app's own: see its log."


class Clients(Protocol):
    """What provides the connections to write with."""

    def __call__(self, author: Author, kind: Kind, /) -> OdooClient:
        """Return a fresh connection of the author, whose rights were checked just now.

        Raises NeedsSignInError when they are signed out, ForbiddenError when the action is no longer theirs, OdooError
        when Odoo cannot be asked.
        """


def service_clients(settings: Settings) -> Clients:
    """Return connections of the service account, which names the author: the demo, and `AUTH=none` on a loopback.

    What somebody entered under their own Odoo account is sent under no other.
    """

    def connect(author: Author, kind: Kind) -> OdooClient:
        if not author.on_behalf:
            raise NeedsSignInError(f"Needs {author.name} to sign in: this is sent with their own Odoo account.")
        return OdooClient.connect(settings)

    return connect


class Sender:
    """Sends the entries of one outbox from threads of its own; `on_done` is told which datasets to read again."""

    def __init__(
        self,
        settings: Settings,
        outbox: Outbox,
        clients: Clients,
        handlers: Mapping[Kind, Handler],
        audit: AuditLog,
        *,
        on_done: Callable[[tuple[str, ...]], None] = lambda groups: None,
    ) -> None:
        self.settings = settings
        self.outbox = outbox
        self._clients = clients
        self._handlers = handlers
        self._audit = audit
        self._on_done = on_done
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._lanes = threading.Semaphore(LANES_AT_ONCE)
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._guard = threading.Lock()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def start_background(self) -> None:
        """Start sending what waits; a second call changes nothing."""
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="outbox", daemon=True)
                self._thread.start()

    def poke(self) -> None:
        """Say that there is something new to send."""
        self._wanted.set()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop after what is under way; entries not sent stay in the outbox."""
        self._stopping.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def wait(self, token: str, timeout_s: float) -> Entry:
        """Return the entry once it is settled or known to wait for something, or as it is after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                entry = self.outbox.get(token)
                left_s = deadline - time.monotonic()
                settled = entry.state not in ("waiting", "sent") or (entry.state == "waiting" and entry.reason)
                if settled or left_s <= 0:
                    return entry
                self._changed.wait(min(left_s, 0.5))

    def send_waiting(self, login: str) -> int:
        """Send or look up a person's due entries in this thread; return how many were worked on.

        Nothing happens while another thread or process is doing so.
        """
        worked = 0
        with self.lane(login) as held:
            while held and not self._stopping.is_set():
                due = self.outbox.due(login, self.outbox.clock())
                if not due:
                    break
                worked += 1
                # Entries of two people on one record go one after the other: the second sees what the first did.
                with self._lane(f"record-{int(_digest(due[0].subject), 16) % RECORD_LOCKS}") as alone:
                    if not alone:
                        self.outbox.postpone(due[0].token, self.outbox.clock() + BEHIND_S)
                    elif not self._send(due[0]):
                        break
        return worked

    def _send(self, entry: Entry) -> bool:
        """Work on one entry; return whether the lane may go on."""
        outbox, token = self.outbox, entry.token
        # On disk before anything is sent: if this program dies now, the next one looks it up.
        if not outbox.claim(token):
            return True  # It was discarded after it was found due.
        try:
            client = self._clients(entry.author, entry.kind)
        except ForbiddenError as exc:
            # An outcome still unknown stays so until somebody may look it up.
            self._settle(entry, exc)
            return True
        except (AccessError, OdooAuthError) as exc:
            self._hold(entry, exc, SIGN_IN_RETRY_S)
            return False
        except OutboxError:
            raise
        except AfinetError as exc:
            self._hold(entry, exc, _of(DOWN_RETRY_S, entry.attempts))
            return False
        except Exception:
            log.exception("no connection could be made for the outbox entry %s", token)
            self._settle(entry, AfinetError(OWN_FAULT))
            return True
        try:
            job = Job(entry, client, outbox, self.settings)
            done = self._handlers[entry.kind](job)
        except OutboxError:
            raise
        except OutcomePendingError as exc:
            now = outbox.clock()
            at = now + _of(LOOK_UP_EVERY_S, entry.attempts)
            outbox.change(
                token, "unknown", reason=exc.sentence, next_s=min(at, exc.until_s) if exc.until_s > now else at
            )
        except UnknownOutcomeError as exc:
            outbox.change(token, "unknown", reason=exc.sentence, next_s=outbox.clock() + LOOK_UP_EVERY_S[0])
        except OdooConflictError as exc:
            self._later(entry, exc, _of(CONFLICT_RETRY_S, entry.attempts))
        except NotOdooError as exc:
            if exc.http_status not in TURNED_AWAY:
                self._hold(entry, exc, _of(DOWN_RETRY_S, entry.attempts))
                return False
            # Something in front of Odoo refuses this very request, so the person's other entries are not held up.
            self._settle(entry, exc)
        except (OdooUnreachableError, OdooTimeoutError) as exc:
            self._hold(entry, exc, _of(DOWN_RETRY_S, entry.attempts))
            return False
        except OdooAuthError as exc:
            self._hold(entry, exc, SIGN_IN_RETRY_S)
            return False
        except AfinetError as exc:
            self._settle(entry, exc)
        except Exception:
            # A bug must not lose an entry, nor end the thread that sends the others: it is logged in full and reported.
            log.exception("outbox entry %s failed unexpectedly", token)
            self._settle(entry, AfinetError(OWN_FAULT))
        else:
            self._note(entry, "done")
            # Before the entry counts as done: whoever sees that waits for new figures.
            self._on_done(GROUPS_OF[entry.kind])
            outbox.change(token, "done", record=done.record, result=dict(done.result))
        finally:
            client.close()
            self._tell()
        return True

    def _pending(self, entry: Entry) -> bool:
        steps = self.outbox.steps(entry.token).values()
        return any("began_s" in step and "value" not in step for step in steps)

    def _later(self, entry: Entry, exc: AfinetError, wait_s: float) -> None:
        state: State = "unknown" if self._pending(entry) else "waiting"
        self.outbox.change(entry.token, state, reason=exc.sentence, next_s=self.outbox.clock() + wait_s)
        self._tell()

    def _hold(self, entry: Entry, exc: AfinetError, wait_s: float) -> None:
        """Put the entry off as `_later` does, and with it all the person has waiting: it goes out in order then."""
        self._later(entry, exc, wait_s)
        self.outbox.hold(entry.author.login, self.outbox.clock() + wait_s, exc.sentence)
        self._tell()

    def _settle(self, entry: Entry, exc: AfinetError) -> None:
        """Let an entry fail, unless one of its steps may have reached Odoo: that is looked up first."""
        if self._pending(entry):
            self._later(entry, exc, _of(DOWN_RETRY_S, entry.attempts))
            return
        self._note(entry, "failed")
        if any("value" in step for step in self.outbox.steps(entry.token).values()):
            self._on_done(GROUPS_OF[entry.kind])  # Part of it is in Odoo: posted, say, but not matched.
        self.outbox.change(entry.token, "failed", reason=exc.sentence)
        self._tell()

    def _note(self, entry: Entry, outcome: str) -> None:
        event: Event = "decision" if ACTION_OF[entry.kind] == "decide" else "write"
        try:
            self._audit.add(
                event,
                login=entry.author.login or "(no sign-in)",
                subject=f"{entry.kind}: {entry.subject} {entry.token}",
                outcome="done" if outcome == "done" else "failed",
            )
        except AuditError:
            # It was noted when it was entered; what Odoo did cannot be undone because a line is missing.
            log.exception("the outcome of %s is not in the audit trail", entry.token)

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wanted.clear()
            wait_s = 30.0
            try:
                now = self.outbox.clock()
                for login, due_s in self.outbox.logins_waiting():
                    if due_s <= now:
                        self._start_lane(login)
                    else:
                        wait_s = min(wait_s, due_s - now)
            except OutboxError as exc:
                log.error("%s", exc)
                wait_s = BROKEN_RETRY_S
            except Exception:
                log.exception("the outbox could not be looked at")
                wait_s = BROKEN_RETRY_S
            self._wanted.wait(max(wait_s, 0.05))

    def _start_lane(self, login: str) -> None:
        with self._guard:
            if login in self._busy:
                self._again.add(login)
                return
            self._busy.add(login)
        try:
            threading.Thread(target=self._run_lane, args=(login,), name="outbox-lane", daemon=True).start()
        except RuntimeError:
            # The system gives no more threads: without this, nothing of this person would ever be sent.
            with self._guard:
                self._busy.discard(login)
            raise

    def _run_lane(self, login: str) -> None:
        pause_s = BROKEN_RETRY_S
        try:
            with self._lanes:
                self.send_waiting(login)
            pause_s = LOOK_AGAIN_S
        except OutboxError as exc:
            log.error("%s", exc)
        except Exception:
            log.exception("a lane of the outbox ended")
        finally:
            with self._guard:
                self._busy.discard(login)
                again = login in self._again
                self._again.discard(login)
            # The loop takes care of what is due later, and must learn the new moments.
            if again or not self._stopping.wait(pause_s):
                self._wanted.set()

    def lane(self, login: str) -> AbstractContextManager[bool]:
        """Hold a person's lane, so that nobody else sends for them; yields whether it was free."""
        return self._lane(_digest(login.casefold()))

    @contextmanager
    def _lane(self, name: str) -> Iterator[bool]:
        """Hold a lane; yields whether it was free."""
        folder = self.outbox.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(folder / f"outbox-{name}.lane", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise OutboxError(
                f"The outbox in {folder} cannot be used ({exc.strerror}): check DATA_DIR, its room and permissions."
            ) from exc
        try:
            yield try_lock(handle)
        finally:
            os.close(handle)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _of(waits_s: tuple[float, ...], attempts: int) -> float:
    return waits_s[min(attempts, len(waits_s) - 1)]
