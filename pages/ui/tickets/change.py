"""Changing one ticket: stage, state, assignee, priority, a note for staff or a message to the customer.

The form offers what Odoo offers when somebody begins. What was on screen is sent along, so that a change made by
somebody else in Odoo meanwhile is not overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import streamlit as st

from odoo_client.actions.tickets.requests import MAX_TEXT, TicketChange, check_change, subject_of, update_ticket
from odoo_client.errors import AfinetError
from pages.ui import formats, live
from pages.ui.filters import FILTER_WIDTH_PX
from pages.ui.session import access, submit
from pages.ui.tickets import forms as tickets_forms
from pages.ui.tickets import state as tickets_state
from pages.ui.tickets.data import UNASSIGNED
from pages.ui.view import View

STAFF, CUSTOMER = "Staff only", "The customer"
NOBODY, AS_NOW = 0, -1
_OPEN, _READ = "ticket_changing", "ticket_read"


@dataclass(frozen=True)
class Read:
    """What one person was offered for a ticket; `number` gives every reading new widgets."""

    offers: live.ChangeOffers
    number: int

    def key(self, name: str) -> str:
        """Return the key of one of its widgets."""
        return f"ticket_change_{name}_{self.offers.now.ticket_id}_{self.number}"


@dataclass(frozen=True)
class Chosen:
    """What is chosen on the form; None and "" where nothing changes."""

    stage: live.Stage | None
    state: str | None
    user_id: int | None
    priority: str | None
    note: str
    public: bool

    @property
    def by_itself(self) -> bool:
        """Whether Odoo itself writes to the customer because of the new stage."""
        return self.stage is not None and self.stage.writes_customer

    @property
    def mails(self) -> bool:
        """Whether the customer is written to."""
        return self.by_itself or (self.public and bool(self.note.strip()))


def section(view: View, ticket_id: int) -> None:
    """Draw the button and, once it is pressed, the form; nothing for people who may not change tickets."""
    if access.may("ticket"):
        st.fragment(_section)(view, ticket_id)


def _section(view: View, ticket_id: int) -> None:
    if st.session_state.get(_OPEN) != ticket_id:
        st.button("Change", icon=":material/edit:", key="ticket_change", on_click=_begin, args=(ticket_id,))
        return
    with st.container(border=True):
        st.markdown("**Change**")
        submit.under_way(subject_of(live.ticket_model(view), ticket_id))
        read = _read(view, ticket_id)
        if read is not None:
            _form(view, read)


def _begin(ticket_id: int) -> None:
    st.session_state[_OPEN] = ticket_id
    _forget()


def _end() -> None:
    st.session_state.pop(_OPEN, None)
    _forget()


def _forget() -> None:
    """Read from Odoo again when the form is drawn next."""
    st.session_state.pop(_READ, None)


def _read(view: View, ticket_id: int) -> Read | None:
    known: Read | None = st.session_state.get(_READ)
    if known is not None and known.offers.now.ticket_id == ticket_id:
        return known
    try:
        with st.spinner("Reading from Odoo …"):
            offers = live.change_offers(view, ticket_id)
    except AfinetError as exc:
        tickets_forms.reading_failed(exc, "ticket_change_again")
        return None
    number = st.session_state["tickets_read"] = st.session_state.get("tickets_read", 0) + 1
    st.session_state[_READ] = read = Read(offers, number)
    return read


def _form(view: View, read: Read) -> None:
    now = read.offers.now
    form = f"ticket_change_{now.ticket_id}"
    tickets_forms.refused(form)
    stage_key, state_key = read.key("stage"), read.key("state")
    with st.grid(4 if read.offers.states else 3, min_column_width=FILTER_WIDTH_PX, gap="xsmall"):
        stage = _stage(view, read, stage_key, state_key)
        state = tickets_state.choice(view, read.offers, stage_key, state_key)
        user_id, priority = _assignee(read), _priority(read)
    tickets_state.told(view, read.offers, stage_key, state_key)
    # The text survives a new reading: it is the person's, not Odoo's.
    note = st.text_area(
        "Note or message", key=f"ticket_note_{now.ticket_id}_{_notes(now.ticket_id)}", max_chars=MAX_TEXT, height=110
    )
    public = False
    if access.may("message"):
        public = (
            st.segmented_control("Who reads it", [STAFF, CUSTOMER], default=STAFF, required=True, key=read.key("for"))
            == CUSTOMER
        )
    chosen = Chosen(stage, state, user_id, priority, note or "", public)
    confirmed, possible = _confirmation(read, chosen)
    with st.container(horizontal=True):
        save = st.button(
            "Save in Odoo", type="primary", icon=":material/save:", key=read.key("save"), disabled=not possible
        )
        st.button("Read again", icon=":material/refresh:", type="tertiary", key=read.key("again"), on_click=_forget)
        st.button("Cancel", icon=":material/close:", type="tertiary", key=read.key("cancel"), on_click=_end)
    if save:
        _save(view, form, read, chosen, confirmed)


def _confirmation(read: Read, chosen: Chosen) -> tuple[bool, bool]:
    """Draw who will be written to, if anybody; return whether that is confirmed, and whether it is possible at all."""
    if not chosen.mails:
        return False, True
    if chosen.stage is not None and chosen.by_itself:
        name = formats.plain(chosen.stage.name)
        st.markdown(f":material/outgoing_mail: In the stage **{name}** Odoo itself e-mails the customer.")
        if not access.may("message"):
            st.warning("Writing to customers is not among what your role includes.", icon=":material/lock:")
            return False, False
    readers = read.offers.readers
    reached = bool(readers.customer and readers.email)
    st.markdown(f":material/mail: {tickets_forms.told(readers)}")
    if not reached and not chosen.by_itself:
        return False, False
    return st.checkbox(tickets_forms.CONFIRM, key=read.key("confirm")), reached or not chosen.public


def _save(view: View, form: str, read: Read, chosen: Chosen, confirmed: bool) -> None:
    now = read.offers.now
    change = TicketChange(
        model=live.ticket_model(view),
        ticket_id=now.ticket_id,
        stage_id=None if chosen.stage is None else chosen.stage.stage_id,
        state=chosen.state,
        user_id=chosen.user_id,
        priority=chosen.priority,
        note=chosen.note,
        public=chosen.public and bool(chosen.note.strip()),
        confirmed=confirmed and chosen.mails,
        seen_stage_id=now.stage_id,
        seen_state=now.state,
        seen_user_ids=now.user_ids,
        seen_priority=now.priority,
        seen_partner_id=now.partner_id,
        label=now.label,
    )
    if chosen.mails and not confirmed:
        st.error(tickets_forms.NOT_CONFIRMED, icon=":material/error:")
        return
    try:
        check_change(change)
        access.current().require("ticket")
        live.require_seen(view, "ticket", now.ticket_id)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), icon=":material/error:")
        return
    action: Literal["ticket", "message"] = "message" if chosen.mails else "ticket"
    entry = tickets_forms.entered(
        form, action, subject_of(change.model, change.ticket_id), partial(update_ticket, change=change), what=change
    )
    if entry is not None:
        st.session_state[f"ticket_notes_{now.ticket_id}"] = _notes(now.ticket_id) + 1
        _end()
        st.rerun()
    if tickets_forms.has_failed(form):
        # The reason for the refusal may be gone: the form is offered again, with the text that was written.
        _forget()
        st.rerun()


def _notes(ticket_id: int) -> int:
    return int(st.session_state.get(f"ticket_notes_{ticket_id}", 0))


def _stage(view: View, read: Read, key: str, state_key: str) -> live.Stage | None:
    stages = {stage.stage_id: stage for stage in read.offers.stages}
    names = tickets_forms.distinct({key: stage.name for key, stage in stages.items()})
    now = read.offers.now.stage_id
    picked = st.selectbox(
        "Stage",
        list(stages),
        index=list(stages).index(now) if now in stages else None,
        format_func=lambda one: names[one] + (" · e-mails the customer" if stages[one].writes_customer else ""),
        key=key,
        on_change=tickets_state.follow_stage,
        args=(view, read.offers, key, state_key),
    )
    return None if picked is None or picked == now else stages[picked]


def _assignee(read: Read) -> int | None:
    now = read.offers.now.user_ids
    people = {one.user_id: one.name for one in read.offers.people}
    names = {NOBODY: UNASSIGNED, **people}
    if len(now) > 1:
        names = {AS_NOW: f"{formats.listed(people.get(one, 'Other') for one in now)} (as now)", **names}
    current = AS_NOW if len(now) > 1 else now[0] if now else NOBODY
    words = tickets_forms.distinct(names)
    picked = st.selectbox(
        "Assignee",
        list(words),
        index=list(words).index(current) if current in words else 0,
        format_func=lambda one: words[one],
        key=read.key("assignee"),
        help="Whoever is chosen has it instead of those who have it now." if len(now) > 1 else None,
    )
    return None if picked is None or picked == current else picked


def _priority(read: Read) -> str | None:
    now = read.offers.now.priority
    names = tickets_forms.distinct({one.key: one.name for one in read.offers.priorities})
    if not names:
        return None
    picked = st.selectbox(
        "Priority",
        list(names),
        index=list(names).index(now) if now in names else None,
        placeholder="None",
        format_func=lambda one: names[one],
        key=read.key("priority"),
    )
    return None if picked is None or picked == now else picked
