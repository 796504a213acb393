"""What the forms of tickets share: sending, keeping what was typed when Odoo refuses, and who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Literal, TypeVar

import streamlit as st

from odoo_client.actions.outbox.entry import Entry
from odoo_client.actions.tickets.requests import TicketChange, check_change, subject_of, update_ticket
from odoo_client.errors import ActionRefusedError, AfinetError
from pages.ui import formats, live
from pages.ui.session import access, submit
from pages.ui.view import View

Key = TypeVar("Key")

CONFIRM = "Send this to the customer"
NOT_CONFIRMED = f"Tick “{CONFIRM}” first: nobody is written to by accident."


def entered(
    form: str, action: Literal["ticket", "message"], subject: str, make: submit.Deed, *, what: object
) -> Entry | None:
    """Enter a form that holds `what` and return its entry, once Odoo has it or will; None when it was refused.

    What is entered again after a refusal replaces the entry that failed, which is discarded: otherwise somebody could
    send both.
    """
    entry = submit.tried(form, action, subject, make, what=what)
    if entry is None:
        return None
    key = f"failed_{form}"
    if earlier := st.session_state.get(key):
        try:
            # Somebody may have sent or discarded it on the Outbox page meanwhile.
            with suppress(ActionRefusedError):
                submit.office().outbox.discard(str(earlier), entry.author.login, f"Entered again as {entry.token}.")
        except AfinetError as exc:
            st.error(formats.plain(exc.sentence), icon=":material/error:")
            return None
        st.session_state.pop(key, None)
    if entry.state == "failed":
        st.session_state[key] = entry.token
        return None
    return entry


def has_failed(form: str) -> bool:
    """Return whether the form was sent and Odoo did not take it."""
    return f"failed_{form}" in st.session_state


def refused(form: str, *, kept: str = "What you wrote is still here.") -> None:
    """Say why Odoo refused the form when it was last sent, if it did, and what became of its content."""
    token = st.session_state.get(f"failed_{form}")
    if token is None:
        return
    with suppress(AfinetError):
        entry = submit.office().outbox.get(str(token))
        if entry.state == "failed":
            st.error(
                f"{formats.plain(entry.reason)} {kept}".strip(),
                title="Odoo did not take it",
                icon=":material/error:",
            )


def reading_failed(error: AfinetError, key: str) -> None:
    """Say why Odoo's offers cannot be read now, with a button that tries again."""
    st.error(formats.plain(error.sentence), title="What Odoo offers cannot be read now", icon=":material/cloud_off:")
    st.button("Try again", icon=":material/refresh:", key=key)


def sent(view: View, form: str, change: TicketChange, *, mails: bool) -> Entry | None:
    """Enter a change of a ticket and return its entry; None when it was refused, and what refused it is drawn.

    `mails`: the customer is written to, which takes a right of its own.
    """
    try:
        check_change(change)
        access.current().require("ticket")
        live.require_seen(view, "ticket", change.ticket_id)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), icon=":material/error:")
        return None
    return entered(
        form,
        "message" if mails else "ticket",
        subject_of(change.model, change.ticket_id),
        partial(update_ticket, change=change),
        what=change,
    )


def told(readers: live.Readers) -> str:
    """Return in words who gets a message to the customer."""
    if not readers.customer:
        return "This ticket has no customer in Odoo: there is nobody to write to."
    name = f"**{formats.plain(readers.customer)}**"
    if not readers.email:
        return f"{name} has no e-mail address in Odoo: a message would reach nobody."
    others = formats.listed(formats.plain(one) for one in readers.others)
    return f"Goes by e-mail to {name} ({formats.plain(readers.email)})" + (f", and to {others}." if others else ".")


def distinct(names: Mapping[Key, str]) -> dict[Key, str]:
    """Return the names, numbered where two are alike: a choice is identified by its words."""
    found: dict[Key, str] = {}
    counts: dict[str, int] = {}
    for key, name in names.items():
        counts[name] = counts.get(name, 0) + 1
        found[key] = name if counts[name] == 1 else f"{name} ({counts[name]})"
    return found
