"""One customer of the data check: what is wrong, who else has the same, side by side, and the form to put it right."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from odoo_client.actions.portal_links import Candidate, candidate
from odoo_client.errors import AfinetError
from odoo_client.frames.arrays import ints
from pages.ui import formats, links, selection
from pages.ui.contacts.filters import kind_name
from pages.ui.contacts.tiles import PARTNER, ContactsPage, cards
from pages.ui.customers import correct_form
from pages.ui.navigation import company_query, page_link
from pages.ui.session import access

#: Customers drawn side by side; of more, the page says how many.
SIDE_BY_SIDE = 12
#: The customer that is open, in the address.
KEY = "contact"


def choose(rows: pd.DataFrame, position: int | None) -> None:
    """Keep the customer of the clicked row in the address."""
    selection.pick(KEY, rows, "partner_id", position)
    correct_form.forget()


def detail(shown: ContactsPage, key: str) -> None:
    """Draw the customer asked for, or say that there is none with that number."""
    partner_id = selection.asked_id(KEY)
    try:
        customer = candidate(shown.view.snapshot, -1 if partner_id is None else partner_id)
    except AfinetError:
        st.warning(
            f"There is no customer {formats.plain(key)} here: it may be a contact, or deleted in Odoo.",
            title="No such customer",
            icon=":material/person_off:",
        )
        return
    findings = shown.found.findings
    mine = findings[ints(findings, "partner_id") == customer.partner_id]
    with st.container(border=True, key="contact_detail"):
        _header(shown, customer)
        _findings(mine)
        groups = mine.loc[mine["group"] != "", "group"]
        for group in dict.fromkeys(groups):
            _side_by_side(shown, customer, findings[findings["group"] == group])
        if groups.empty:
            cards(shown.view, [customer])
        if why := access.why_not("customer"):
            st.caption(formats.plain(why))
        else:
            st.markdown("**Correct in Odoo**")
            correct_form.form(shown.view, customer.partner_id, customer.name)


def _header(shown: ContactsPage, customer: Candidate) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(formats.plain(customer.name), anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            query = company_query() | {"customer": str(customer.partner_id)}
            page_link("customers.py", "Everything of theirs", ":material/person:", query)
            url = links.record_url(shown.view.snapshot.meta, PARTNER, customer.partner_id)
            selection.draw_buttons(url, "contact_close", _close)


def _findings(mine: pd.DataFrame) -> None:
    if mine.empty:
        st.caption("Nothing to put right is known of this customer.")
        return
    words = [
        f"{kind_name(str(kind))}{f': {formats.plain(value)}' if value else ''}"
        for kind, value in zip(mine["kind"].astype("str"), mine["value"], strict=True)
    ]
    st.markdown("  \n".join(f":material/error: {word}" for word in dict.fromkeys(words)))


def _side_by_side(shown: ContactsPage, customer: Candidate, group: pd.DataFrame) -> None:
    partner_ids = [int(key) for key in dict.fromkeys(ints(group, "partner_id").tolist())]
    partner_ids.sort(key=lambda key: key != customer.partner_id)
    drawn = [candidate(shown.view.snapshot, key) for key in partner_ids[:SIDE_BY_SIDE]]
    kind = str(group["kind"].iloc[0])
    st.markdown(f"**{kind_name(kind)}** · {formats.plural(len(partner_ids), 'customer')}")

    def open_button(one: Candidate) -> None:
        if one.partner_id == customer.partner_id:
            st.caption("This customer")
        else:
            st.button(
                "Open",
                key=f"contact_open_{group['kind'].cat.codes.iloc[0]}_{one.partner_id}",
                icon=":material/arrow_forward:",
                type="tertiary",
                on_click=partial(_open, one.partner_id),
            )

    cards(shown.view, drawn, action=open_button)
    if more := len(partner_ids) - len(drawn):
        st.caption(f"{formats.plural(more, 'more customer')} in the table: filter it by this finding.")


def _open(partner_id: int) -> None:
    """Open another customer instead of this one; a callback."""
    if selection.in_list(KEY):
        selection.choose(KEY, partner_id)
    else:
        selection.put(KEY, str(partner_id))
    correct_form.forget()


def _close() -> None:
    selection.close(KEY)
    correct_form.forget()
