"""Several tickets chosen at once: who has them and where they stand, one change each through the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import streamlit as st

from odoo_client.actions.outbox.entry import Entry
from odoo_client.actions.tickets.requests import check_change, subject_of, update_ticket
from odoo_client.datasets.task_states import state_for
from odoo_client.errors import AfinetError
from pages.ui import formats, live
from pages.ui.session import access, submit
from pages.ui.tickets import change as tickets_change
from pages.ui.tickets import forms as tickets_forms
from pages.ui.tickets.change import NOBODY, Wish
from pages.ui.tickets.data import UNASSIGNED
from pages.ui.view import View

#: More are changed in Odoo itself, where it takes one call and not one a ticket.
MOST: Final = 25
_READ, _TURN, _CHOSEN = "tickets_many_read", "tickets_many_turn", "tickets_many_chosen"
Offers = tuple[live.ChangeOffers, ...]


def draw(view: View, ticket_ids: Sequence[int]) -> None:
    """Draw what can be done with the tickets chosen; nothing for people who may not change tickets."""
    if access.may("ticket"):
        st.fragment(_draw)(view, tuple(ticket_ids))


def _draw(view: View, ticket_ids: tuple[int, ...]) -> None:
    with st.container(key="many", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{formats.plural(len(ticket_ids), 'ticket')} chosen**", width="content")
        if len(ticket_ids) > MOST:
            st.caption(f"Choose at most {MOST} to change them at once.")
            return
        try:
            me = access.current().person.user_id
            offers = _read(view, ticket_ids)
        except AfinetError as exc:
            st.error(formats.plain(exc.sentence), icon=":material/cloud_off:")
            st.button("Try again", icon=":material/refresh:", key="tickets_many_again", on_click=_forget)
            return
        turn = st.session_state.get(_TURN, 0)
        user_id, stage_id, to_me = _choices(offers, me, turn)
    if to_me:
        user_id, stage_id = me, None
    wishes = _wishes(view, offers, user_id, stage_id)
    chosen = st.session_state.pop(_CHOSEN, False) or to_me
    if stage_id is not None and any(wish.mails for wish in wishes):
        if _confirmed(offers, wishes, turn):
            _send(view, offers, wishes)
    elif chosen and (user_id is not None or stage_id is not None):
        _send(view, offers, wishes)


def _read(view: View, ticket_ids: tuple[int, ...]) -> Offers:
    """Return what Odoo offers for each of the tickets; one that is chosen beside others is read alone."""
    known: dict[int, live.ChangeOffers] = st.session_state.setdefault(_READ, {})
    for ticket_id in list(known):
        if ticket_id not in ticket_ids:
            del known[ticket_id]
    with st.spinner("Reading from Odoo …"):
        for ticket_id in ticket_ids:
            if ticket_id not in known:
                known[ticket_id] = live.change_offers(view, ticket_id)
    return tuple(known[ticket_id] for ticket_id in ticket_ids)


def _choices(offers: Offers, me: int, turn: int) -> tuple[int | None, int | None, bool]:
    """Draw whom to assign them to and which stage they all can have; return both, and whether the person takes them."""
    people = {one.user_id: one.name for one in offers[0].people}
    stages = {one.stage_id: one for one in offers[0].stages}
    for each in offers[1:]:
        people = {key: name for key, name in people.items() if key in {one.user_id for one in each.people}}
        stages = {key: stage for key, stage in stages.items() if each.stage(key) is not None}
    names = tickets_forms.distinct({NOBODY: UNASSIGNED, **people})
    words = tickets_forms.distinct({key: stage.name for key, stage in stages.items()})
    user_id = st.selectbox(
        "Assign to",
        list(names),
        index=None,
        placeholder="Assign to …",
        format_func=lambda one: names[one],
        key=f"tickets_many_assignee_{turn}",
        on_change=_choose,
        label_visibility="collapsed",
        width=170,
    )
    to_me = me in people and st.button("Assign to me", key=f"tickets_many_to_me_{turn}")
    stage_id = st.selectbox(
        "Set stage",
        list(words),
        index=None,
        placeholder="Set stage …",
        format_func=lambda one: words[one] + (" · e-mails the customer" if stages[one].writes_customer else ""),
        key=f"tickets_many_stage_{turn}",
        on_change=_choose,
        label_visibility="collapsed",
        width=190,
    )
    return user_id, stage_id, to_me


def _wishes(view: View, offers: Offers, user_id: int | None, stage_id: int | None) -> list[Wish]:
    """Return what is wanted of each ticket; what it has already is not wanted again."""
    found = []
    for each in offers:
        stage = each.stage(stage_id) if stage_id not in (None, each.now.stage_id) else None
        state = state_for(stage, each.now.state, view.settings) if stage is not None and each.states else None
        has = each.now.user_ids == ((user_id,) if user_id else ())
        found.append(Wish(stage, state, None if has else user_id, None))
    return found


def _confirmed(offers: Offers, wishes: Sequence[Wish], turn: int) -> bool:
    """Say who is written to because of the new stage, and return whether that was confirmed."""
    readers = [each.readers.customer for each, wish in zip(offers, wishes, strict=True) if wish.mails]
    names = formats.listed(dict.fromkeys(formats.plain(name) for name in readers if name))
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            f":material/outgoing_mail: In this stage Odoo itself e-mails the customers: **{names or 'nobody'}**."
        )
        may = access.may("message")
        if not may:
            st.warning(tickets_change.NOT_YOURS, icon=":material/lock:")
        with st.container(horizontal=True, gap="xsmall"):
            sure = st.button(
                "Set it and e-mail the customers", type="primary", key=f"tickets_many_set_{turn}", disabled=not may
            )
            st.button("Leave as it is", type="tertiary", key=f"tickets_many_leave_{turn}", on_click=_next_turn)
    return sure


def _send(view: View, offers: Offers, wishes: Sequence[Wish]) -> None:
    """Enter one change a ticket, wait for all of them, and tell how many Odoo has taken."""
    reasons: list[str] = []
    entered: list[Entry] = []
    same = sum(wish.empty for wish in wishes)
    with st.spinner("Sending to Odoo …"):
        for each, wish in zip(offers, wishes, strict=True):
            if wish.empty:
                continue
            try:
                entered.append(_entered(view, each, wish))
            except AfinetError as exc:
                reasons.append(exc.sentence)
        ended = submit.waited(entered)
    reasons += [entry.reason for entry in ended if entry.state == "failed"]
    done, waits = (sum(entry.state == "done" for entry in ended), sum(entry.open for entry in ended))
    state = "failed" if reasons else "waiting" if waits else "done"
    submit.summarize(summary(len(offers), done + same, waits, reasons), state)
    _forget()
    _next_turn()
    st.rerun()


def _entered(view: View, each: live.ChangeOffers, wish: Wish) -> Entry:
    """Put one change into the outbox; raises AfinetError, and then nothing was entered."""
    change = tickets_change.change_of(view, each, wish, confirmed=wish.mails)
    check_change(change)
    live.require_seen(view, "ticket", change.ticket_id)
    subject = subject_of(change.model, change.ticket_id)
    return submit.enter(
        f"tickets_many_{change.ticket_id}",
        "message" if wish.mails else "ticket",
        subject,
        partial(update_ticket, change=change),
        what=change,
    )


def summary(chosen: int, done: int, waits: int, reasons: Sequence[str]) -> str:
    """Return in words what became of the tickets: `3 tickets: 2 done, 1 failed: reason`."""
    parts = [f"{formats.count(done)} done"] if done or not (waits or reasons) else []
    if waits:
        parts.append(f"{formats.count(waits)} on the way to Odoo")
    if reasons:
        said = " ".join(dict.fromkeys(formats.plain(one) for one in reasons))
        parts.append(f"{formats.count(len(reasons))} failed: {said}")
    return f"{formats.plural(chosen, 'ticket')}: {', '.join(parts)}"


def _choose() -> None:
    st.session_state[_CHOSEN] = True


def _next_turn() -> None:
    """Begin with new choices; a callback too."""
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def _forget() -> None:
    st.session_state.pop(_READ, None)
