"""One entry of the outbox: what it is, its state and history, what to look at twice, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from odoo_client.actions.outbox.entry import ACTION_OF, Entry
from odoo_client.actions.outbox.words import STATE_MEANING
from odoo_client.actions.payments.alarms import entries_with
from odoo_client.errors import AfinetError
from pages.ui import formats, freshness, selection, tables
from pages.ui.outbox import table as outbox_table
from pages.ui.session import access, backend, submit
from pages.ui.view import View

#: The entry that is open, in the address.
KEY = "entry"
MAX_REASON = 500
#: At most this many other entries with the same file or reference are named.
NAMED = 3
_DISCARDING = "outbox_discarding"
#: What the button is called in each state that has one.
AGAIN = {"failed": "Try again", "waiting": "Try now", "unknown": "Look up now"}


def asked() -> str:
    """Return the entry the address asks for, "" for none."""
    return selection.asked(KEY)


def choose(found: Sequence[Entry], position: int | None) -> None:
    """Keep the entry of the clicked row in the address."""
    st.session_state.pop(_DISCARDING, None)
    selection.put(KEY, "" if position is None else found[position].token)


def position_of(found: Sequence[Entry], token: str) -> int | None:
    """Return the position of the entry asked for, None when it is not there."""
    return next((at for at, entry in enumerate(found) if entry.token == token), None)


def draw(view: View, token: str) -> None:
    """Draw the entry, or say that there is none with that name here."""
    try:
        entry = outbox_table.entry_of(token)
        history = submit.office().outbox.history(entry.token)
        twice = alarms(entry)
    except AfinetError as exc:
        st.warning(formats.plain(exc.sentence), title="No such entry", icon=":material/search_off:")
        return
    with st.container(border=True, key="outbox_detail"):
        _header(view, entry)
        _facts(view, entry)
        for sentence in twice:
            st.warning(formats.plain(sentence), icon=":material/warning:")
        _actions(entry)
        _history(view, entry, history)
    if st.session_state.get(_DISCARDING) == entry.token:
        _discard_dialog(entry)


def alarms(entry: Entry) -> list[str]:
    """Return what to look at twice: others with the same file or bank reference, and what Odoo already has of it."""
    kept = submit.office().outbox
    found = []
    if entry.file is not None:
        found += _same("This very file", entry, kept.marked("sha256", entry.file.sha256))
    same = entries_with(kept, str(entry.payload.get("bank_reference", "")))
    found += _same("This bank reference", entry, same)
    if entry.state in ("failed", "waiting") and any("value" in step for step in kept.steps(entry.token).values()):
        found.append(
            "Odoo has a part of this already. Trying again does the rest; discarding it leaves that part in Odoo."
        )
    return found


def _same(what: str, entry: Entry, marked: Sequence[Entry]) -> list[str]:
    """Return the sentence on other entries with the same; those this person may not see are only counted."""
    others = [other for other in marked if other.token != entry.token]
    seen = outbox_table.shown(others, outbox_table.sight())
    named = [f"{other.title}, by {other.author.name}" for other in seen[:NAMED]]
    if more := len(seen) - len(named):
        named.append(f"{formats.count(more)} more")
    if hidden := len(others) - len(seen):
        named.append(f"{formats.plural(hidden, 'entry', 'entries')} of somebody else")
    where = "another entry" if len(others) == 1 else "other entries"
    return [f"{what} is in {where} too: {'; '.join(named)}."] if named else []


def _header(view: View, entry: Entry) -> None:
    icon, word = submit.STATES[entry.state]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(formats.plain(entry.title), anchor=False)
        with st.container(horizontal=True, width="content"):
            if url := outbox_table.url_of(view, entry):
                label = formats.plain(entry.record.label if entry.record and entry.record.label else "Odoo")
                st.link_button(label, url, icon=":material/open_in_new:", type="tertiary")
            st.button("Close", key="outbox_close", icon=":material/close:", type="tertiary", on_click=_close)
    reason = f": {formats.plain(entry.reason)}" if entry.reason and entry.state != "done" else ""
    box = {"done": st.success, "failed": st.error}.get(entry.state, st.info)
    box(f"**{word}**{reason}", icon=icon)
    st.caption(STATE_MEANING[entry.state])


def _facts(view: View, entry: Entry) -> None:
    facts = {
        "Entered": f"{outbox_table.moment(view, entry.created_s)} by {entry.author.name}",
        "Goes out as": entry.author.login
        if not entry.author.on_behalf
        else f"the service account, which names {entry.author.name}",
        "File": f"{entry.file.name}, {max(1, round(entry.file.size_bytes / 1024)):,} KB" if entry.file else "",
        "Attempts": formats.count(entry.attempts) if entry.attempts else "",
        "Next": outbox_table.moment(view, entry.next_s) if entry.open and entry.next_s > _now_s() else "",
        "Outcome": str(entry.result.get("outcome", "")).capitalize(),
        "Record": entry.record.label if entry.record else "",
    }
    told = (f"**{name}:** {formats.plain(value)}" for name, value in facts.items() if value)
    st.markdown("  \n".join(told))


def _now_s() -> float:
    return datetime.now(UTC).timestamp()


def _history(view: View, entry: Entry, history: Sequence[tuple[float, str, str, str]]) -> None:
    rows = pd.DataFrame(
        [
            {
                "When": outbox_table.moment(view, moment_s),
                "State": submit.STATES[state][1],
                "Why": reason,
                "By": entry.author.name if login == entry.author.login else login,
            }
            for moment_s, state, reason, login in reversed(history)
        ]
    )
    st.markdown("**What happened, the newest first**")
    tables.show(
        rows,
        {
            "When": st.column_config.TextColumn("When", width=150),
            "State": st.column_config.TextColumn("State", width=130),
            "Why": st.column_config.TextColumn("Why", width=300),
            "By": st.column_config.TextColumn("By", width=150),
        },
        "What happened to this entry, the newest first",
        key=f"outbox_history_{entry.number}",
    )


def _actions(entry: Entry) -> None:
    if entry.state not in AGAIN:
        return
    action = ACTION_OF[entry.kind]
    why = access.why_not(action)
    with st.container(horizontal=True, gap="small"):
        if st.button(
            AGAIN[entry.state],
            key="outbox_again",
            icon=":material/refresh:",
            type="primary" if entry.state == "failed" else "secondary",
            disabled=bool(why),
            help=why or f"It goes out as {formats.plain(entry.author.name)}, whoever presses this.",
        ):
            _try_again(entry)
        if st.button("Discard", key="outbox_discard", icon=":material/delete:", disabled=bool(why), help=why or None):
            st.session_state[_DISCARDING] = entry.token


def _try_again(entry: Entry) -> None:
    def deed() -> None:
        submit.office().outbox.retry(entry.token, submit.author().login)
        backend.backend().office.poke()

    if _done(entry, "try again", deed):
        st.toast(f"On its way again, as {formats.plain(entry.author.name)}.", icon=":material/refresh:")
        st.rerun()


def _dismissed() -> None:
    st.session_state.pop(_DISCARDING, None)


@st.dialog("Discard this entry", on_dismiss=_dismissed)
def _discard_dialog(entry: Entry) -> None:
    st.session_state[freshness.DIALOG] = True
    st.markdown(f"{formats.plain(entry.title)} is given up and never sent. It stays in the list with your reason.")
    reason = (st.text_area("Reason", key="outbox_reason", max_chars=MAX_REASON) or "").strip()

    def deed() -> None:
        submit.office().outbox.discard(entry.token, submit.author().login, reason)

    if st.button("Discard", key="outbox_discard_sure", type="primary", disabled=not reason) and _done(
        entry, "discard", deed
    ):
        _dismissed()
        st.rerun()


def _done(entry: Entry, name: str, deed: Callable[[], None]) -> bool:
    """Do it, reading the right from Odoo now and noting it in the audit trail; an error is drawn and gives False."""
    action = ACTION_OF[entry.kind]
    try:
        # Whose entries the person may see may have changed since the page was drawn, too.
        outbox_table.entry_of(entry.token)
        access.required_now(
            action, "decision" if action == "decide" else "write", f"outbox {name}: {entry.kind} {entry.token}"
        )
        deed()
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), icon=":material/error:")
        return False
    return True


def _close() -> None:
    selection.put(KEY, "")
    st.session_state.pop(_DISCARDING, None)
    st.session_state["outbox_closed"] = st.session_state.get("outbox_closed", 0) + 1
