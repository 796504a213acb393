"""How a project task is closed and reopened: by its stage, by its own state (Odoo 17 and newer), or by both.

Odoo lets a team work either way. Its board folds the stages that end a task; its form has a button with the task's
state. Neither follows the other: a task moved to a folded stage keeps its state "In Progress", and one whose state
is "Done" keeps its stage. Here a task is closed as soon as either says so, and what is closed or opened from here has
both changed, so that both kinds of teams find their counts.

Moving a task between stages, Odoo itself sets an open state back to "In Progress", except one that waits for other
tasks; a task that waits for others and is opened again, it sets back to "Waiting" (its `project.task`, 17 to 19).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from odoo_client.config import Settings

Source = Literal["oca", "enterprise", "tasks"]
IN_PROGRESS, DONE, CANCELLED, BLOCKED = "01_in_progress", "1_done", "1_canceled", "04_waiting_normal"
CLOSED_STATES: Final = (DONE, CANCELLED)
#: Odoo's own marks on a stage, by helpdesk: the first that this Odoo has counts, of tasks' stages every one of them.
CLOSING_MARKS: Final[Mapping[Source, tuple[str, ...]]] = {
    "oca": ("closed",),
    "enterprise": ("is_close", "fold"),
    "tasks": ("is_closed", "fold"),
}


@dataclass(frozen=True)
class Stage:
    """A stage of tickets.

    `writes_customer`: Odoo itself e-mails (or texts) the customer when a ticket gets there. `marked`: Odoo marks it as
    one that closes.
    """

    stage_id: int
    name: str
    writes_customer: bool = False
    marked: bool = False

    def closes(self, settings: Settings) -> bool:
        """Return whether its tickets are closed: by its name where a pattern is set, else by Odoo's own mark."""
        pattern = settings.ticket_closed_pattern
        return is_named(self.name, pattern) if pattern else self.marked

    def gives_up(self, settings: Settings) -> bool:
        """Return whether its tickets were cancelled, not solved."""
        return is_named(self.name, settings.ticket_cancelled_pattern)


@dataclass(frozen=True)
class State:
    """A state of a task: Odoo's own key and name."""

    key: str
    name: str


def is_named(name: str, pattern: str) -> bool:
    """Return whether the pattern matches a stage's name; case does not count, an empty pattern matches none."""
    return bool(pattern and re.search(pattern, name, re.IGNORECASE))


def is_closed(stage: Stage | None, state: str, settings: Settings) -> bool:
    """Return whether a task in that stage and state is closed; `state` is "" where tasks have none."""
    return state in CLOSED_STATES or (stage is not None and stage.closes(settings))


def offered_states(states: Iterable[State], now: str) -> tuple[State, ...]:
    """Return the states that Odoo's own form offers, and the present one.

    While a task waits for others, it can only be closed.
    """
    kept = {now, *CLOSED_STATES}
    return tuple(one for one in states if one.key in kept or (BLOCKED not in (now, one.key)))


def state_for(stage: Stage, state: str, settings: Settings) -> str:
    """Return the state that goes with a new stage, for a task that had `state` ("" where tasks have none)."""
    if not state:
        return ""
    if stage.closes(settings):
        if stage.gives_up(settings):
            return CANCELLED
        return state if state in CLOSED_STATES else DONE
    return state if state == BLOCKED else IN_PROGRESS


def stage_for(state: str, stage: Stage | None, stages: Iterable[Stage], settings: Settings) -> Stage | None:
    """Return the stage that goes with a new state, for a task in `stage` that can have `stages`, the best first.

    `stage` itself where it fits, or where there is none that does: a team that works by states may fold none.
    """
    fitting = [one for one in stages if one.closes(settings) == (state in CLOSED_STATES)]
    if state in CLOSED_STATES:
        alike = [one for one in fitting if one.gives_up(settings) == (state == CANCELLED)]
        # A given-up task may be among the done ones, but a done one never among those given up.
        fitting = alike or (fitting if state == CANCELLED else [])
    return fitting[0] if fitting and stage not in fitting else stage


def is_kept(wanted: str, found: str) -> bool:
    """Return whether Odoo kept a state as written: a reopened task may have to wait for other tasks."""
    return found == wanted or (found == BLOCKED and wanted not in CLOSED_STATES)
