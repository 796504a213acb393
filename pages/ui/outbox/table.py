"""What the Outbox page draws: filters, tiles, the entries as people read them, and the watch on what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import partial
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from odoo_client.actions.outbox.entry import OPEN_STATES, Entry, State
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.visible import in_sight
from odoo_client.errors import AccessError, ActionRefusedError, AfinetError
from pages.ui import formats, links, tables, tiles, widgets
from pages.ui import view as data
from pages.ui.amounts import Column
from pages.ui.filters import FILTER_WIDTH_PX
from pages.ui.session import access, backend, submit, tabs
from pages.ui.view import View

#: The states behind each choice of the filter.
NOT_DONE = "Not done"
STATES: Mapping[str, tuple[State, ...]] = {
    NOT_DONE: (*OPEN_STATES, "failed"),
    "Waiting": ("waiting", "sent"),
    "Looked up in Odoo": ("unknown",),
    "Failed": ("failed",),
    "Done": ("done",),
    "Discarded": ("discarded",),
}
MINE, EVERYBODY = "Mine", "Everybody's"
SEES_ALL = "audit"
MOST_ROWS = 5000
TILE_WIDTH_PX = 190
WATCH_OPEN, WATCH_IDLE = "2s", "15s"


@dataclass(frozen=True)
class Asked:
    """What the page shows: entries in `states` (() = all) of `login` ("" = everybody's). `words` say so."""

    states: tuple[State, ...]
    login: str
    words: dict[str, str]


def outbox() -> Outbox | None:
    """Return the outbox, None where nothing can be entered."""
    sender = backend.backend().sender
    return None if sender is None else sender.outbox


def sees_all() -> bool:
    """Return whether the person looking may see what everybody entered: like the audit trail, only administrators."""
    return access.current().opens(SEES_ALL)


def sight(*, everybody: bool = True) -> str:
    """Return whose entries the person looking may see: their login, "" for everybody's, which is an administrator's.

    This is the only place that answers it. Raises AccessError when nobody is signed in.
    """
    if everybody and sees_all():
        return ""
    return submit.author().login


def shown(found: Sequence[Entry], login: str) -> list[Entry]:
    """Return those of the entries of `login` ("" = everybody's) that the person looking may see.

    An administrator of some companies sees other people's entries only on records they see themselves.
    """
    if login:
        return [entry for entry in found if entry.author.login == login]
    mine = data.current_snapshot()
    if mine is None or _all_companies():
        return list(found)
    me = submit.author().login
    return [entry for entry in found if entry.author.login == me or in_sight(mine, entry)]


def _all_companies() -> bool:
    return access.current().person.company_ids >= set(access.company_ids_of(backend.backend().snapshot()))


def entry_of(token: str) -> Entry:
    """Return an entry the person may see. Raises the same ActionRefusedError when there is none or it is not theirs."""
    found = shown([submit.office().outbox.get(token)], sight())
    if not found:
        raise ActionRefusedError(f"The outbox has no entry {token}.")
    return found[0]


def filters() -> Asked:
    """Draw the filters, whose values live in the address, and return what they ask for."""
    gone = st.query_params.get("outbox_state", "")
    if gone and gone not in (*STATES, "All"):
        st.warning(f"The address asks for the state {formats.plain(gone)}, which is none: all are shown.")
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        states = {"": "All"} | {one: one for one in STATES}
        state = widgets.selected("State", states, "outbox_state", width=FILTER_WIDTH_PX)
        whose: str | None = MINE
        if sees_all():
            whose = widgets.one_of("Whose", [EVERYBODY, MINE], "outbox_whose", EVERYBODY)
    login = sight(everybody=whose == EVERYBODY)
    words = {"State": state or "", "Whose": MINE if login and sees_all() else ""}
    return Asked(STATES.get(state or "", ()), login, {name: word for name, word in words.items() if word})


def entries(asked: Asked) -> list[Entry]:
    """Return the entries asked for, the newest first."""
    return shown(submit.office().outbox.entries(states=asked.states, login=asked.login, limit=MOST_ROWS), asked.login)


def draw_tiles(view: View, asked: Asked) -> None:
    """Draw how many wait, are looked up, have failed and were done today, in spite of the filter of states."""
    kept = submit.office().outbox
    zone = ZoneInfo(view.settings.timezone)
    midnight_s = datetime.combine(view.today, time(), zone).timestamp()
    if asked.login or _all_companies():
        now, today = kept.counts(asked.login), kept.counts(asked.login, since_s=midnight_s)
    else:
        seen = shown(kept.entries(limit=MOST_ROWS), "")
        now = Counter(entry.state for entry in seen)
        today = Counter(entry.state for entry in seen if entry.changed_s >= midnight_s)
    figures = (
        ("Waiting", now.get("waiting", 0) + now.get("sent", 0), "schedule", "Waiting"),
        ("Looked up in Odoo", now.get("unknown", 0), "help", "Looked up in Odoo"),
        ("Failed", now.get("failed", 0), "error", "Failed"),
        ("Done today", today.get("done", 0), "check_circle", "Done"),
    )
    with st.grid(4, min_column_width=TILE_WIDTH_PX, gap="small"):
        for label, value, icon, state in figures:
            tiles.tile(
                label,
                [formats.count(value)],
                icon=f":material/{icon}:",
                open_label="Show them",
                on_open=partial(_show, state) if value else None,
            )


def _show(state: str) -> None:
    st.session_state["outbox_state"] = state


def watch(asked: Asked) -> None:
    """Redraw the page when an open entry has moved or a new one has come, checking more often while one is open."""
    kept = submit.office().outbox
    is_open = any(kept.counts(asked.login).get(state) for state in OPEN_STATES)
    st.fragment(_watch, run_every=WATCH_OPEN if is_open else WATCH_IDLE)(asked.login, kept.stamp(asked.login))


def _watch(login: str, drawn: str) -> None:
    try:
        moved = sight(everybody=not login) != login or submit.office().outbox.stamp(login) != drawn
    except AccessError:
        moved = True  # The person was signed out meanwhile: the whole page says so.
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), icon=":material/error:")
        return
    if moved:
        tabs.redraw()


def rows_of(view: View, found: Sequence[Entry]) -> pd.DataFrame:
    """Return the entries as the table shows them: When, What, Who, State, Reason and the record in Odoo."""
    return pd.DataFrame(
        {
            "number": pd.Series([entry.number for entry in found], dtype="int64"),
            "when": [moment(view, entry.created_s) for entry in found],
            "title": [entry.title for entry in found],
            "who": [entry.author.name for entry in found],
            "state": [submit.STATES[entry.state][1] for entry in found],
            "reason": [entry.reason for entry in found],
            "record": [entry.record.label if entry.record else "" for entry in found],
            "odoo": [url_of(view, entry) for entry in found],
        }
    )


def columns(rows: pd.DataFrame) -> dict[str, Column]:
    """Return the table's columns in order; what no row has is left out."""
    shown: dict[str, Column] = {
        "when": st.column_config.TextColumn("When", width=150),
        "title": st.column_config.TextColumn("What", width=300),
        "who": st.column_config.TextColumn("Who", width=130),
        "state": st.column_config.TextColumn("State", width=130),
        "reason": st.column_config.TextColumn("Reason", width=300),
        "record": st.column_config.TextColumn("Record", width=150),
        "odoo": tables.link_column("Odoo"),
    }
    for name in ("reason", "record", "odoo"):
        if not rows[name].ne("").any():
            shown.pop(name)
    return shown


def export(view: View, found: Sequence[Entry]) -> pd.DataFrame:
    """Return the entries as exported: the columns on screen under their headings."""
    rows = rows_of(view, found)
    return tables.exported(rows, columns(rows))


def url_of(view: View, entry: Entry) -> str:
    """Return the address of the entry's record in Odoo, "" while it has none."""
    record = entry.record
    return "" if record is None else links.record_url(view.snapshot.meta, record.model, record.record_id)


def moment(view: View, seconds: float) -> str:
    """Return a moment of the outbox in the provider's time zone, a dash for none."""
    return formats.moment(datetime.fromtimestamp(seconds, UTC) if seconds else None, view.settings.timezone)
