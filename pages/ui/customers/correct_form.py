"""The form that corrects a customer's name, e-mail, phone and address in Odoo, on its page or in a dialog.

It shows what Odoo has at that moment, read with the person's own account; what somebody changes in Odoo between reading
and sending is never overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import streamlit as st

from odoo_client.actions.customers import CustomerChange, check_change, subject_of, update_customer
from odoo_client.errors import AfinetError
from pages.ui import formats, freshness, live
from pages.ui.filters import FILTER_WIDTH_PX
from pages.ui.session import access, submit
from pages.ui.view import View

LABELS: dict[live.PartnerField, str] = {
    "name": "Name",
    "email": "E-mail",
    "phone": "Phone",
    "mobile": "Mobile",
    "street": "Street",
    "street2": "Street, second line",
    "city": "City",
    "zip": "ZIP code",
}
#: Which keyboard a phone shows for a field.
KEYBOARDS: dict[live.PartnerField, Literal["email", "phone"]] = {"email": "email", "phone": "phone", "mobile": "phone"}
HELP = {"email": "Several are parted by a comma.", "phone": "9 to 15 digits: +263 77 212 3456."}
_READ, _DIALOG = "contact_read", "contact_dialog"


@dataclass(frozen=True)
class Read:
    """What one person read of a customer for the form they see; `number` gives every reading new fields."""

    fields: live.PartnerFields
    number: int


def correct_button(view: View, partner_id: int, name: str) -> None:
    """Draw the button that opens the form in a dialog, for people who may correct customers.

    The dialog stays open while the page behind it is redrawn, as a newer snapshot does on its own.
    """
    if not access.may("customer"):
        return
    st.button("Correct data", icon=":material/edit:", key="contact_correct", on_click=_open, args=(partner_id,))
    if st.session_state.get(_DIALOG) == partner_id:
        st.session_state[freshness.DIALOG] = True
        st.dialog("Correct data", width="large", on_dismiss=forget)(form)(view, partner_id, name)


def _open(partner_id: int) -> None:
    forget()
    st.session_state[_DIALOG] = partner_id


def forget() -> None:
    """Close the dialog, and read from Odoo again when a form is drawn next."""
    st.session_state.pop(_DIALOG, None)
    st.session_state.pop(_READ, None)


def _read_again() -> None:
    st.session_state.pop(_READ, None)


def form(view: View, partner_id: int, name: str) -> None:
    """Draw the form with what Odoo has now; `name` is the customer's name."""
    read = _read(view, partner_id)
    if read is None:
        return
    submit.under_way(subject_of(partner_id))
    values = read.fields.values
    typed: dict[str, str] = {}
    with st.form(f"contact_form_{partner_id}_{read.number}", border=False):
        with st.grid(2, min_column_width=FILTER_WIDTH_PX, gap="xsmall"):
            for field, value in values.items():
                entered = st.text_input(
                    LABELS[field],
                    value,
                    key=f"contact_{field}_{partner_id}_{read.number}",
                    type=KEYBOARDS.get(field, "default"),
                    help=HELP.get(field),
                )
                typed[field] = entered or ""
        with st.container(horizontal=True):
            save = st.form_submit_button("Save in Odoo", icon=":material/save:", type="primary")
            st.form_submit_button("Read again", icon=":material/refresh:", type="tertiary", on_click=_read_again)
    st.caption("Only what you change is written. The customer gets no message.")
    if save:
        _save(CustomerChange(partner_id, **typed, seen=values, label=name))


def _save(change: CustomerChange) -> None:
    try:
        # What cannot be sent is reported at once: nothing has been done yet, so the audit trail gets no line.
        check_change(change)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), icon=":material/error:")
        return
    subject = subject_of(change.partner_id)
    entry = submit.tried(
        f"customer_{change.partner_id}", "customer", subject, partial(update_customer, change=change), what=change
    )
    if entry is not None:
        forget()
        st.rerun()


def _read(view: View, partner_id: int) -> Read | None:
    """Return what Odoo has of the customer, read once for each form, or draw why there is nothing to correct."""
    known: Read | None = st.session_state.get(_READ)
    if known is not None and known.fields.partner_id == partner_id:
        return known
    try:
        with st.spinner("Reading from Odoo …"):
            fields = live.partner_fields(view, partner_id)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), title="What Odoo has now could not be read", icon=":material/cloud_off:")
        st.button("Try again", icon=":material/refresh:", key="contact_retry")
        return None
    number = st.session_state["contact_reads"] = st.session_state.get("contact_reads", 0) + 1
    st.session_state[_READ] = Read(fields, number)
    return Read(fields, number)
