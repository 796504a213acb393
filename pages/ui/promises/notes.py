"""What staff noted about a customer and the calls they logged: read from Odoo when opened, and not kept."""

from __future__ import annotations

import streamlit as st

from odoo_client.actions.outbox.entry import TOKEN
from odoo_client.errors import AfinetError
from pages.ui import formats, live
from pages.ui.tickets.detail import paragraphs
from pages.ui.view import View

TITLE = "Calls and notes in Odoo"


def section(view: View, partner_id: int, *, key: str) -> None:
    """Draw the calls and notes of a customer, folded up until somebody asks; nothing for those who may not read them.

    `key` keeps two of them apart, since each page has its own.
    """
    if live.may_read_notes():
        st.fragment(_folded)(view, partner_id, f"{key}_notes_{partner_id}")


def _folded(view: View, partner_id: int, key: str) -> None:
    box = st.expander(TITLE, icon=":material/speaker_notes:", key=key, on_change="rerun")
    if box.open:
        with box:
            _read(view, partner_id, key)


def _read(view: View, partner_id: int, key: str) -> None:
    try:
        with st.spinner("Reading from Odoo"):
            found = live.partner_notes(view, partner_id)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), title="Calls and notes cannot be read now", icon=":material/cloud_off:")
        st.button("Try again", icon=":material/refresh:", key=f"{key}_again")
        return
    if not found.messages:
        st.caption("No calls and no notes on this customer in Odoo.")
    for one in found.messages:
        with st.container(border=True, gap="xxsmall"):
            st.caption(f"**{formats.plain(one.author)}** · {formats.moment(one.moment, view.settings.timezone)}")
            # The token is only for the outbox to find the note again: nobody wrote it.
            paragraphs(TOKEN.sub("", one.text))
    if found.cut:
        st.caption(f"The newest {len(found.messages)}; Odoo has older ones.")
