"""What Odoo offers for the ticket that is open: read when it is opened, and again after each change."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from odoo_client.errors import AfinetError
from pages.ui import live
from pages.ui.tickets import forms as tickets_forms
from pages.ui.view import View

_READ, _NUMBER = "ticket_read", "tickets_read"
#: A page that is drawn again reads them again when they are older.
KEPT_S: Final = 60.0


@dataclass(frozen=True)
class Read:
    """What one person was offered for a ticket; `number` gives every ticket that stands otherwise new widgets."""

    offers: live.ChangeOffers
    number: int
    moment_s: float

    def key(self, name: str) -> str:
        """Return the key of one of its widgets."""
        return f"ticket_{name}_{self.offers.now.ticket_id}_{self.number}"


def read(view: View, ticket_id: int) -> Read | None:
    """Return what Odoo offers for the ticket; where it cannot be read, say so and return None."""
    known: Read | None = st.session_state.get(_READ)
    if known is not None and known.offers.now.ticket_id != ticket_id:
        known = None
    if known is not None and 0 <= time.monotonic() - known.moment_s < KEPT_S:
        return known
    try:
        with st.spinner("Reading from Odoo …"):
            found = live.change_offers(view, ticket_id)
    except AfinetError as exc:
        tickets_forms.reading_failed(exc, "ticket_change_again")
        return None
    if known is not None and known.offers == found:
        fresh = replace(known, moment_s=time.monotonic())
    else:
        number = st.session_state[_NUMBER] = st.session_state.get(_NUMBER, 0) + 1
        fresh = Read(found, number, time.monotonic())
    st.session_state[_READ] = fresh
    return fresh


def forget() -> None:
    """Read from Odoo again when the ticket is drawn next, with new widgets."""
    st.session_state.pop(_READ, None)
