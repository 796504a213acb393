"""Stage, state, assignee and priority at the head of a ticket: what is chosen there is sent to Odoo at once.

What was on screen is sent along, so that a change made by somebody else in Odoo meanwhile is not overwritten. Before a
stage in which Odoo writes to the customer, and before a choice that brings another along, the page asks in place.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from odoo_client.actions.tickets.requests import TicketChange, subject_of
from odoo_client.errors import AfinetError
from pages.ui import formats, live
from pages.ui.session import access, submit
from pages.ui.tickets import forms as tickets_forms
from pages.ui.tickets import offers as tickets_offers
from pages.ui.tickets import state as tickets_state
from pages.ui.tickets.data import UNASSIGNED
from pages.ui.tickets.offers import Read
from pages.ui.view import View

NOBODY, AS_NOW = 0, -1
NOT_YOURS = "Writing to customers is not among what your role includes."
_CHOSEN = "ticket_chosen"


@dataclass(frozen=True)
class Wish:
    """What is chosen and is not so in Odoo; None where nothing changes."""

    stage: live.Stage | None
    state: str | None
    user_id: int | None
    priority: str | None

    @property
    def empty(self) -> bool:
        """Whether all is as it is in Odoo."""
        return (self.stage, self.state, self.user_id, self.priority) == (None, None, None, None)

    @property
    def mails(self) -> bool:
        """Whether Odoo itself writes to the customer because of the new stage."""
        return self.stage is not None and self.stage.writes_customer


def section(view: View, read: Read) -> None:
    """Draw the choices; for people who may change tickets."""
    st.fragment(_section)(view, read)


def _section(view: View, read: Read) -> None:
    now = read.offers.now
    form = f"ticket_change_{now.ticket_id}"
    try:
        me = access.current().person.user_id
        submit.under_way(subject_of(live.ticket_model(view), now.ticket_id))
    except AfinetError as exc:
        st.warning(formats.plain(exc.sentence), icon=":material/lock:")
        return
    tickets_forms.refused(form, kept="Here it is as Odoo has it now.")
    # Told apart from a choice that stands since an earlier run, which waits for an answer below.
    chosen = st.session_state.pop(_CHOSEN, False)
    wish, to_me = _choices(view, read, me)
    if to_me:
        _send(view, form, read, Wish(None, None, me, None), confirmed=False)
    elif not wish.empty:
        _sent_or_asked(view, form, read, wish, at_once=chosen)
    elif told := tickets_state.consequence(view, read.offers, read.key("stage"), read.key("state")):
        st.caption(told)


def _choices(view: View, read: Read, me: int) -> tuple[Wish, bool]:
    """Draw the choices; return what is chosen, and whether the person takes the ticket."""
    now, people = read.offers.now, {one.user_id for one in read.offers.people}
    stage_key, state_key = read.key("stage"), read.key("state")
    with st.container(key="ticket_head", horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        stage = _stage(view, read, stage_key, state_key)
        if read.offers.states:
            st.session_state.setdefault(state_key, now.state)
        state = tickets_state.choice(view, read.offers, stage_key, state_key, _chosen, width=130)
        user_id, priority = _assignee(read), _priority(read)
        to_me = (
            me in people
            and now.user_ids != (me,)
            and st.button("Assign to me", key=read.key("to_me"), help="Give this ticket to yourself")
        )
    return Wish(stage, state, user_id, priority), to_me


def _sent_or_asked(view: View, form: str, read: Read, wish: Wish, *, at_once: bool) -> None:
    """Send what was chosen just now, or ask first where more comes of it than was chosen."""
    told = tickets_state.consequence(view, read.offers, read.key("stage"), read.key("state"))
    both = wish.stage is not None and wish.state not in (None, read.offers.now.state)
    if at_once and not (wish.mails or told or both):
        _send(view, form, read, wish, confirmed=False)
        return
    with st.container(border=True, gap="xsmall"):
        if told:
            st.caption(told)
        elif not wish.mails:
            st.caption("This is not in Odoo yet.")
        possible = not wish.mails or _mail_told(read, wish)
        with st.container(horizontal=True, gap="xsmall"):
            label = "Set it and e-mail the customer" if wish.mails else "Set it in Odoo"
            sure = st.button(label, type="primary", key=read.key("set"), disabled=not possible)
            st.button("Leave as it is", type="tertiary", key=read.key("leave"), on_click=_reset, args=(read,))
    if sure:
        _send(view, form, read, wish, confirmed=wish.mails)


def _mail_told(read: Read, wish: Wish) -> bool:
    """Say who is written to because of the new stage; return whether the person may have that done."""
    name = formats.plain(wish.stage.name if wish.stage is not None else "")
    st.markdown(f":material/outgoing_mail: In the stage **{name}** Odoo itself e-mails the customer.")
    if not access.may("message"):
        st.warning(NOT_YOURS, icon=":material/lock:")
        return False
    st.markdown(f":material/mail: {tickets_forms.told(read.offers.readers)}")
    return True


def _send(view: View, form: str, read: Read, wish: Wish, *, confirmed: bool) -> None:
    change = change_of(view, read.offers, wish, confirmed=confirmed)
    entry = tickets_forms.sent(view, form, change, mails=wish.mails)
    if entry is not None or tickets_forms.has_failed(form):
        # The reason for a refusal may be gone: the ticket is shown as Odoo has it now.
        tickets_offers.forget()
        st.rerun()


def change_of(view: View, offers: live.ChangeOffers, wish: Wish, *, confirmed: bool) -> TicketChange:
    """Return what is asked of Odoo, with what was on screen."""
    now = offers.now
    return TicketChange(
        model=live.ticket_model(view),
        ticket_id=now.ticket_id,
        stage_id=None if wish.stage is None else wish.stage.stage_id,
        state=wish.state,
        user_id=wish.user_id,
        priority=wish.priority,
        confirmed=confirmed,
        seen_stage_id=now.stage_id,
        seen_state=now.state,
        seen_user_ids=now.user_ids,
        seen_priority=now.priority,
        seen_partner_id=now.partner_id,
        label=now.label,
    )


def _chosen() -> None:
    st.session_state[_CHOSEN] = True


def _reset(read: Read) -> None:
    """Choose again what Odoo has; a callback."""
    for name, value in _as_now(read).items():
        if read.key(name) in st.session_state:
            st.session_state[read.key(name)] = value


def _as_now(read: Read) -> dict[str, int | str]:
    now = read.offers.now
    current = AS_NOW if len(now.user_ids) > 1 else now.user_ids[0] if now.user_ids else NOBODY
    return {"stage": now.stage_id, "state": now.state, "assignee": current, "priority": now.priority}


def _stage(view: View, read: Read, key: str, state_key: str) -> live.Stage | None:
    stages = {stage.stage_id: stage for stage in read.offers.stages}
    names = tickets_forms.distinct({key: stage.name for key, stage in stages.items()})
    now = read.offers.now.stage_id

    def followed() -> None:
        _chosen()
        tickets_state.follow_stage(view, read.offers, key, state_key)

    if now in stages:
        st.session_state.setdefault(key, now)
    picked = st.selectbox(
        "Stage",
        list(stages),
        index=0 if now in stages else None,
        format_func=lambda one: names[one] + (" · e-mails the customer" if stages[one].writes_customer else ""),
        key=key,
        on_change=followed,
        width=150,
    )
    return None if picked is None or picked == now else stages[picked]


def _assignee(read: Read) -> int | None:
    now, key = read.offers.now.user_ids, read.key("assignee")
    people = {one.user_id: one.name for one in read.offers.people}
    names = {NOBODY: UNASSIGNED, **people}
    if len(now) > 1:
        names = {AS_NOW: f"{formats.listed(people.get(one, 'Other') for one in now)} (as now)", **names}
    current = _as_now(read)["assignee"]
    words = tickets_forms.distinct(names)
    st.session_state.setdefault(key, current)
    picked = st.selectbox(
        "Assignee",
        list(words),
        format_func=lambda one: words[one],
        key=key,
        on_change=_chosen,
        help="Whoever is chosen has it instead of those who have it now." if len(now) > 1 else None,
        width=150,
    )
    return None if picked is None or picked == current else picked


def _priority(read: Read) -> str | None:
    now, key = read.offers.now.priority, read.key("priority")
    names = tickets_forms.distinct({one.key: one.name for one in read.offers.priorities})
    if not names:
        return None
    if now in names:
        st.session_state.setdefault(key, now)
    picked = st.selectbox(
        "Priority",
        list(names),
        index=0 if now in names else None,
        placeholder="None",
        format_func=lambda one: names[one],
        key=key,
        on_change=_chosen,
        width=110,
    )
    return None if picked is None or picked == now else picked
