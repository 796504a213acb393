"""What people enter goes through here: rights are checked, the act is noted, and the outbox gets an entry to watch.

A form's token is that of its entry, so that a second click or a lost connection can never make a second entry. The
next click cuts a run short wherever it is, so a form keeps its token until a later run has redrawn the page.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import streamlit as st

from odoo_client.actions.outbox.entry import OPEN_STATES, Author, Entry, new_token
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.words import STATE_WORDS
from odoo_client.errors import AfinetError
from odoo_client.roles import Action
from pages.ui import formats
from pages.ui.links import record_url
from pages.ui.session import access, backend, tabs

#: How long a person waits for Odoo; after that it goes on in the background and the screen shows the state.
WAIT_S = 8.0
WATCH_EVERY = "2s"
#: State → icon and words.
STATES = {
    "waiting": (":material/schedule:", STATE_WORDS["waiting"]),
    "sent": (":material/upload:", STATE_WORDS["sent"]),
    "unknown": (":material/help:", STATE_WORDS["unknown"]),
    "done": (":material/check_circle:", STATE_WORDS["done"]),
    "failed": (":material/error:", STATE_WORDS["failed"]),
    "discarded": (":material/delete:", STATE_WORDS["discarded"]),
}
_DESK = "writing"


class Deed(Protocol):
    """One of the actions, given all its arguments except in whose name it is and the entry's token."""

    def __call__(self, office: Office, author: Author, /, *, token: str) -> Entry:
        """Put the deed into the outbox and return its entry."""


@dataclass
class _Form:
    """A form that is being filled in or was entered: its content `what`, and how far the page has been drawn since.

    `runs` have begun since it was entered; `seen` once one of them was not cut short.
    """

    token: str
    what: object
    entered: bool = False
    runs: int = 0
    seen: bool = False


@dataclass
class _Desk:
    """What this session enters. It is changed in place, since any access to the session's state may end a run.

    `last` is the token of the last thing entered, "" once its banner is closed; `summary` is what the banner says in
    its place where several were entered at once: a state, a token of its own, and words.
    """

    forms: dict[str, _Form] = field(default_factory=dict)
    last: str = ""
    summary: tuple[str, str, str] | None = None


def _desk() -> _Desk:
    if _DESK not in st.session_state:
        st.session_state[_DESK] = _Desk()
    desk: _Desk = st.session_state[_DESK]
    return desk


def author() -> Author:
    """Return in whose name this session writes. Raises AccessError when nobody is signed in."""
    doors = backend.backend().doors
    if doors is None:
        person = access.current().person
        return Author(person.login or "dashboard", person.name or "Dashboard", on_behalf=True)
    return doors.author(access.session())


def office() -> Office:
    """Return what actions need."""
    return backend.backend().office


def begin_run() -> None:
    """Forget the forms that a whole run saw entered; called where a run of the whole page begins.

    Not sooner, since a second click may come while the page after the first one is drawn.
    """
    forms = _desk().forms
    for name, form in list(forms.items()):
        if form.seen:
            del forms[name]
        form.runs += 1


def end_run() -> None:
    """Count this run as one that saw what was entered; not called for a run that the next one cuts short."""
    for form in _desk().forms.values():
        form.seen = form.entered and form.runs > 0


def entered(form: str) -> bool:
    """Return whether a form's content was entered by a run that was cut short before it could clear the form."""
    known = _desk().forms.get(form)
    return known is not None and known.entered


def submit(form: str, action: Action, subject: str, make: Deed, *, what: object = None) -> Entry:
    """Enter what `make` puts into the outbox with the form's token, and return it after waiting a little for Odoo.

    Submitted again at once, a form returns the entry it has; with other content (`what`) it is entered again.
    The right is read from Odoo now and the deed written into the audit trail before anything is entered. Raises
    AfinetError: nothing was entered then, and the form's token stays.
    """
    entry = enter(form, action, subject, make, what=what)
    if backend.backend().sender is not None:
        (entry,) = waited([entry])
    return entry


def enter(form: str, action: Action, subject: str, make: Deed, *, what: object = None) -> Entry:
    """Enter as `submit` does, and return the entry without waiting for Odoo. Raises AfinetError as `submit`."""
    running, desk = backend.backend(), _desk()
    held = desk.forms.get(form)
    if held is None or held.what != what:
        held = desk.forms[form] = _Form(new_token(), what)
    if held.entered:
        entry = running.office.outbox.get(held.token)
    else:
        access.required_now(action, "decision" if action == "decide" else "write", subject)
        entry = make(running.office, author(), token=held.token)
        held.entered = True
    held.runs, held.seen = 0, False
    desk.last, desk.summary = entry.token, None
    return entry


def waited(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries as they are after waiting a little for Odoo, and for the figures where it took one.

    What has not ended by then goes on in the background.
    """
    running = backend.backend()
    if running.sender is None:
        return list(entries)
    running.sender.poke()
    until = time.monotonic() + WAIT_S
    ended = [running.sender.wait(entry.token, max(0.0, until - time.monotonic())) for entry in entries]
    if any(entry.state == "done" for entry in ended):
        # Set now, so that the next page shows it.
        running.runner.wait(WAIT_S)
    # What is corrected, or sent again later, is a new entry. Looked up again: a waiting click may cut in.
    failed = {entry.token for entry in ended if entry.state == "failed"}
    forms = _desk().forms
    for name in [name for name, form in forms.items() if form.token in failed]:
        del forms[name]
    return ended


def tried(form: str, action: Action, subject: str, make: Deed, *, what: object = None) -> Entry | None:
    """Submit with a spinner; an error is drawn as its sentence and gives None. `banner` says how it goes."""
    try:
        with st.spinner("Sending to Odoo …"):
            return submit(form, action, subject, make, what=what)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), icon=":material/error:")
        return None


def under_way(subject: str) -> None:
    """Say what anybody has on its way to the same record: what is sent after it will find fields changed."""
    sender = backend.backend().sender
    try:
        entries = [] if sender is None else sender.outbox.entries(states=OPEN_STATES, subject=subject)
    except AfinetError as exc:
        st.warning(formats.plain(exc.sentence), icon=":material/warning:")
        return
    for entry in entries:
        who = formats.plain(entry.author.name)
        st.info(f"On its way to Odoo already: {formats.plain(entry.title)}, by {who}.", icon=":material/schedule:")


def banner() -> None:
    """Draw the state of the last thing this person entered until they close it, and watch it while it is open.

    It stands over the page, so that nothing moves; what is done goes away by itself.
    """
    summary = _desk().summary
    if summary is not None:
        state, token, words = summary
        with st.container(key=f"told_{state}_{token}"):
            _say(state, words, closable=True)
        return
    token = _desk().last
    if not token or backend.backend().sender is None:
        return
    entry = _mine(token)
    if entry is None:
        _forget()
        return
    with st.container(key=f"told_{entry.state}_{entry.token}"):
        if entry.open:
            _watched(entry.token)
        else:
            outcome(entry, closable=True)


@st.fragment(run_every=WATCH_EVERY)
def _watched(token: str) -> None:
    entry = _mine(token)
    if entry is None or not entry.open:
        tabs.redraw()
    else:
        outcome(entry, closable=True)


def outcome(entry: Entry, *, closable: bool = False) -> None:
    """Draw one entry's state in words, with the link to its record."""
    reason = f": {formats.plain(entry.reason)}" if entry.reason and entry.state != "done" else ""
    words = f"{formats.plain(entry.title)} — **{STATES[entry.state][1]}**{reason}{_link(entry)}"
    _say(entry.state, words, closable=closable)


def summarize(words: str, state: str) -> None:
    """Let the banner say in words what became of several things entered at once, in place of the last of them."""
    _desk().summary = (state, new_token(), words)


def _say(state: str, words: str, *, closable: bool) -> None:
    draw = {"done": st.success, "failed": st.error}.get(state, st.info)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        draw(words, icon=STATES[state][0])
        if closable:
            st.button("Close", key="written_close", icon=":material/close:", type="tertiary", on_click=_forget)


def _link(entry: Entry) -> str:
    if entry.record is None:
        return ""
    # A customer's name is already in the title and does not say where the link leads.
    named = bool(entry.record.label) and entry.record.label not in entry.title
    label = formats.plain(entry.record.label) if named else "Open in Odoo"
    snapshot = backend.backend().snapshot()
    url = record_url(snapshot.meta, entry.record.model, entry.record.record_id) if snapshot is not None else ""
    return f" — [{label}]({url})" if url else f" — {label}"


def _forget() -> None:
    _desk().last, _desk().summary = "", None


def _mine(token: str) -> Entry | None:
    try:
        entry = office().outbox.get(token)
        return entry if entry.author.login == author().login else None
    except AfinetError:
        return None
