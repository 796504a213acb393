"""What is written on a ticket, at the end of its conversation: an answer to the customer, or a note for colleagues.

What is half written is kept as a draft, so that a reload loses nothing.
"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from odoo_client.actions.tickets.requests import MAX_TEXT, TicketChange, subject_of
from odoo_client.errors import AfinetError
from pages.ui import formats, live
from pages.ui.session import access, drafts, streamlit_internals
from pages.ui.tickets import forms as tickets_forms
from pages.ui.tickets import offers as tickets_offers
from pages.ui.tickets.offers import Read
from pages.ui.view import View

REPLY, NOTE = "Reply to customer", "Internal note"
SEND: Final = "Send"
HTML: Final = '<div class="draft"><textarea spellcheck="true"></textarea></div>'


def section(view: View, read: Read) -> None:
    """Draw the composer; for people who may change tickets."""
    st.fragment(_section)(view, read)


def field(label: str, key: str, subject: str) -> str:
    """Draw the field, with what the person wrote about this `subject` before, and return what it holds now."""
    kept = drafts.of(subject)
    streamlit_internals.component("draft", HTML)(
        key=key,
        data={"text": kept, "label": label, "placeholder": f"{label} …", "longest": MAX_TEXT},
        on_text_change=lambda: None,
    )
    state: Any = st.session_state.get(key)
    typed = state.get("text") if state else None
    if not isinstance(typed, str):
        return kept
    if typed != kept:
        drafts.keep(subject, typed)
        # Whoever writes uses the page, though no click of theirs reaches it.
        access.visit(active=True)
    return typed


def _section(view: View, read: Read) -> None:
    now = read.offers.now
    form, subject = f"ticket_say_{now.ticket_id}", subject_of(live.ticket_model(view), now.ticket_id)
    with st.container(key="composer", gap="xxsmall"):
        try:
            tickets_forms.refused(form)
            change, mails, ready = _written(view, read, subject)
        except AfinetError as exc:
            st.warning(formats.plain(exc.sentence), icon=":material/lock:")
            return
        if change is None:
            return
        if not ready:
            st.error(tickets_forms.NOT_CONFIRMED, icon=":material/error:")
            return
        entry = tickets_forms.sent(view, form, change, mails=mails)
        if entry is not None:
            drafts.drop(subject)
            st.session_state[_number_key(now.ticket_id)] = _number(now.ticket_id) + 1
            tickets_offers.forget()
            st.rerun()
        if tickets_forms.has_failed(form):
            # The reason for the refusal may be gone: the ticket is read again, and what was written stays.
            tickets_offers.forget()
            st.rerun()


def _written(view: View, read: Read, subject: str) -> tuple[TicketChange | None, bool, bool]:
    """Draw what is written; return what a click on Send sends, if there was one.

    Also whether the customer is written to, and whether it may go out: confirmed, or only for colleagues.
    """
    now, readers = read.offers.now, read.offers.readers
    number = _number(now.ticket_id)

    def key(name: str) -> str:
        return f"ticket_say_{name}_{now.ticket_id}_{number}"

    reached, may = bool(readers.customer and readers.email), access.may("message")
    with st.container(key="composer_top", horizontal=True, vertical_alignment="center", gap="small"):
        to = NOTE
        if may:
            default = REPLY if reached else NOTE
            to = st.segmented_control(
                "What is written",
                [REPLY, NOTE],
                default=default,
                required=True,
                key=key("to"),
                label_visibility="collapsed",
            )
        mails = to == REPLY
        st.caption(f":material/mail: {tickets_forms.told(readers)}" if mails else _for_colleagues(may))
    text = field("Answer" if mails else NOTE, key("text"), subject)
    with st.container(key="composer_send", horizontal=True, vertical_alignment="center", gap="small"):
        st.space("stretch")
        confirmed = mails and reached and st.checkbox(tickets_forms.CONFIRM, key=key("confirm"))
        icon = ":material/send:" if mails else ":material/lock:"
        send = st.button(SEND, type="primary", icon=icon, key=key("send"), disabled=mails and not reached)
    change = TicketChange(
        model=live.ticket_model(view),
        ticket_id=now.ticket_id,
        note=text,
        public=mails,
        confirmed=confirmed,
        seen_partner_id=now.partner_id,
        label=now.label,
    )
    return change if send else None, mails, confirmed or not mails or not text.strip()


def _for_colleagues(may_write_to_customers: bool) -> str:
    words = ":material/lock: Only colleagues read it: nobody is written to."
    return words if may_write_to_customers else f"{words} Writing to customers is not among what your role includes."


def _number_key(ticket_id: int) -> str:
    return f"ticket_said_{ticket_id}"


def _number(ticket_id: int) -> int:
    """Return how many were sent from this field: each has widgets of its own."""
    return int(st.session_state.get(_number_key(ticket_id), 0))
