"""One attempt at one entry: each call that changes Odoo goes through `Job.once`, which never does it twice.

Before such a call its beginning is on disk. When its answer is lost, or this program is killed, the next attempt looks
it up; only when Odoo's longest call has passed since, and it is still not there, is it sent again. Entries restored
from a backup are looked up too: they may have been sent since the backup was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

from odoo_client.actions.outbox.elapsed import since_s, stamp
from odoo_client.actions.outbox.entry import RESTORED, Done, Entry
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.config import Settings
from odoo_client.errors import AfinetError, OdooServerError, OutcomePendingError, UnknownOutcomeError
from odoo_client.rpc.client import OdooClient

Made = TypeVar("Made")
#: Odoo's names for a connection to PostgreSQL that broke; every other fault of its database rolled everything back.
LOST_INSIDE: Final = (
    *("psycopg2.OperationalError", "psycopg2.InterfaceError", "psycopg2.DatabaseError"),
    *("psycopg2.errors.AdminShutdown", "psycopg2.errors.CrashShutdown"),
)


class Handler(Protocol):
    """What carries out the entries of one kind."""

    def __call__(self, job: Job) -> Done:
        """Carry out the entry, every write through `job.once`. Raises any AfinetError."""


class Job:
    """An entry together with the connection of its author. Values of steps are kept as JSON."""

    def __init__(self, entry: Entry, client: OdooClient, outbox: Outbox, settings: Settings) -> None:
        self.entry = entry
        self.client = client
        self.settings = settings
        self._outbox = outbox
        self._steps = outbox.steps(entry.token)
        self._adopt_orphans()

    @property
    def token(self) -> str:
        """What the record carries."""
        return self.entry.token

    @property
    def payload(self) -> Mapping[str, Any]:
        """What the entry was made with."""
        return self.entry.payload

    def content(self) -> bytes:
        """Return the entry's file. Raises ActionRefusedError when it has none or it is no longer kept."""
        return self._outbox.content(self.entry.file.sha256 if self.entry.file else "")

    def done(self, step: str) -> bool:
        """Return whether a step was seen done, by this attempt or an earlier one."""
        return "value" in self._steps.get(step, {})

    def begun(self, step: str) -> bool:
        """Return whether an attempt, this one or an earlier, may have sent a step."""
        return step in self._steps

    @property
    def outbox(self) -> Outbox:
        """The outbox the entry is in, which knows who entered what here, and which nobody can change in Odoo."""
        return self._outbox

    def once(self, step: str, send: Callable[[], Made], look_up: Callable[[], Made | None]) -> Made:
        """Return what `send` returns, unless an earlier attempt did it, which `look_up` finds (None: not there).

        `send` makes one write. Raises OutcomePendingError while an earlier one may still be under way in Odoo,
        UnknownOutcomeError when this one's answer is lost.
        """
        state = self._steps.get(step) or self._steps.get(RESTORED, {})
        if "value" in state:
            value: Made = state["value"]
            return value
        if state:
            found = look_up()
            if found is not None:
                self._put(step, {**state, "value": found})
                return found
            left_s = self.settings.odoo_longest_call_s - since_s(state, self._outbox.clock)
            if left_s > 0:
                lost = "Odoo's answer was lost" if "began_s" in state else "This came back from a backup"
                raise OutcomePendingError(
                    f"{lost}, and the record is not there yet: it is looked up until Odoo can no longer be at it, and "
                    "sent again only then.",
                    until_s=self._outbox.clock() + left_s,
                )
        self._put(step, {"began_s": self._outbox.clock()})
        try:
            made = send()
        except UnknownOutcomeError:
            self._put(step, {**self._steps[step], **stamp(self._outbox.clock)})
            raise
        except AfinetError as exc:
            if isinstance(exc, OdooServerError) and exc.remote_name in LOST_INSIDE:
                # Odoo lost its own database during the call, perhaps while that committed: it is looked up.
                self._put(step, {**self._steps[step], **stamp(self._outbox.clock)})
            else:
                # Odoo said no, or was never reached: nothing was done.
                self._put(step, None)
            raise
        self._put(step, {**self._steps[step], "value": made})
        return made

    def _adopt_orphans(self) -> None:
        """Take over steps whose attempt was killed: they may have reached Odoo up to this moment."""
        now = stamp(self._outbox.clock)
        for step, state in list(self._steps.items()):
            if "value" not in state and "gave_up_s" not in state:
                self._put(step, {**state, **now})

    def _put(self, step: str, state: dict[str, Any] | None) -> None:
        steps = {name: one for name, one in self._steps.items() if name != step}
        if state is not None:
            steps[step] = state
        self._outbox.put_steps(self.token, steps)
        self._steps = steps
