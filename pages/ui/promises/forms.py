"""A customer's promises to pay, and the dialogs that log a promise or a call.

A dialog stays open when the page is redrawn, so that a sync in the background takes nothing away from whoever is
typing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Literal

import streamlit as st

from odoo_client.actions.promises import (
    FURTHEST_DAYS,
    LARGEST_AMOUNT,
    LONGEST_TEXT,
    Call,
    Promise,
    check_call,
    check_promise,
    log_call,
    log_promise,
)
from odoo_client.errors import AfinetError
from odoo_client.frames.arrays import knows
from odoo_client.metrics.registry import metric
from pages.ui import formats, freshness, trusted
from pages.ui.explain import explain
from pages.ui.promises import data as promises_data
from pages.ui.promises import notes as promises_notes
from pages.ui.session import access, submit
from pages.ui.view import View

_DRAFT = "promise_draft"
TITLES = {"promise": "Promise to pay", "call": "Log a call"}


@dataclass(frozen=True)
class Draft:
    """A dialog that is open, about one customer."""

    number: int
    kind: Literal["promise", "call"]
    partner_id: int
    name: str

    @property
    def form(self) -> str:
        """The form's name, under which its token is kept."""
        return f"{self.kind}_{self.number}"

    def key(self, name: str) -> str:
        """Return the key of one of its widgets."""
        return f"{self.form}_{name}"


def section(view: View, partner_id: int, name: str, as_of: date) -> None:
    """Draw what the customer promised as of a day, the buttons that log a call or a promise, and what was logged.

    Each is drawn only for people who may see or do it.
    """
    if promises_data.known(view):
        _told(view, partner_id, name, as_of)
    if access.may("promise"):
        _buttons(view, partner_id, name)
    promises_notes.section(view, partner_id, key="arrears")


def _told(view: View, partner_id: int, name: str, as_of: date) -> None:
    parts, counted = promises_data.told(view, partner_id, as_of)
    if not parts:
        return
    notes = [f"{metric('promises_kept').name}: {metric('promises_kept').formula}"] if counted else []
    if not knows(view.snapshot, "promises", "done_on"):
        notes.append(promises_data.DONE_IS_GONE)
    with st.container(horizontal=True, vertical_alignment="center"):
        said = " · ".join(f"**{formats.plain(part)}**" for part in parts)
        st.markdown(f":material/handshake: Promised: {said}" + (f" — {formats.plain(counted)}" if counted else ""))
        explain("promise", as_of=as_of, filters={"Customer": name}, notes=notes)


def _buttons(view: View, partner_id: int, name: str) -> None:
    with st.container(horizontal=True):
        for kind, icon in (("call", ":material/call:"), ("promise", ":material/handshake:")):
            st.button(TITLES[kind], icon=icon, key=f"{kind}_new", on_click=_open, args=(kind, partner_id, name))
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is not None and draft.partner_id == partner_id:
        st.session_state[freshness.DIALOG] = True
        form = _promise if draft.kind == "promise" else _call
        st.dialog(TITLES[draft.kind], on_dismiss=_close)(form)(view, draft)


def _open(kind: Literal["promise", "call"], partner_id: int, name: str) -> None:
    number = st.session_state["promises_drafted"] = st.session_state.get("promises_drafted", 0) + 1
    st.session_state[_DRAFT] = Draft(number, kind, partner_id, name)


def _close() -> None:
    st.session_state.pop(_DRAFT, None)


def _promise(view: View, draft: Draft) -> None:
    st.markdown(f"**{formats.plain(draft.name)}** will pay")
    with st.container(horizontal=True):
        currency_id = st.selectbox(
            "Currency",
            promises_data.currency_choices(view, draft.partner_id),
            format_func=view.code,
            key=draft.key("currency"),
            width=110,
        )
        amount = st.number_input(
            "Amount",
            value=None,
            min_value=0.0,
            max_value=float(LARGEST_AMOUNT),
            step=1.0,
            format=f"%.{view.decimals(currency_id or 0)}f",
            key=draft.key("amount"),
        )
    if currency_id is not None:
        owed = promises_data.owed(view, draft.partner_id, int(currency_id))
        verb = "have" if formats.in_favour(owed, view.currencies[int(currency_id)].decimals) else "owe"
        words = f"They {verb} {formats.plain(view.balance(owed, int(currency_id)))} now."
        if hidden := trusted.instead(view, int(currency_id)):
            trusted.draw(hidden)
        elif amount and amount > max(owed, 0.0):
            st.warning(f"{words} The promise is for more.", icon=":material/notification_important:")
        else:
            st.caption(words)
    day = _day(
        view, draft, "By the end of", "Kept when as much was paid by the end of that day, where the provider is."
    )
    st.caption("It becomes an activity of yours on the customer in Odoo. The customer is not written to.")
    if not st.button("Log the promise", type="primary", icon=":material/handshake:", key=draft.key("enter")):
        return
    if day is None or currency_id is None:
        st.error("Choose the day it will be paid by.", icon=":material/error:")
        return
    currency = view.currencies[int(currency_id)]
    promise = Promise(
        partner_id=draft.partner_id,
        customer=draft.name,
        day=day,
        # This is what was typed, to the last digit: a float prints as the shortest number that equals it.
        amount=Decimal(repr(float(amount or 0.0))),
        currency=currency.code,
        decimals=currency.decimals,
    )
    _enter(draft, promise, partial(check_promise, promise, view.today), partial(log_promise, promise=promise))


def _call(view: View, draft: Draft) -> None:
    st.markdown(f"Call with **{formats.plain(draft.name)}**, today")
    text = st.text_area("What was said", key=draft.key("text"), max_chars=LONGEST_TEXT, height=140)
    again = _day(view, draft, "Call again on", "Leaves an activity of yours for that day. Without a day there is none.")
    st.caption("It is written into the customer's conversation in Odoo, for staff only.")
    if not st.button("Log the call", type="primary", icon=":material/call:", key=draft.key("enter")):
        return
    call = Call(draft.partner_id, draft.name, text or "", again)
    _enter(draft, call, partial(check_call, call, view.today), partial(log_call, call=call))


def _day(view: View, draft: Draft, label: str, help_text: str) -> date | None:
    """Draw a day from today to a year ahead and return it, None while none is chosen."""
    return st.date_input(
        label,
        value=None,
        min_value=view.today,
        max_value=view.today + timedelta(days=FURTHEST_DAYS),
        format="DD/MM/YYYY",
        key=draft.key("day"),
        help=help_text,
    )


def _enter(draft: Draft, what: Promise | Call, check: Callable[[], None], make: submit.Deed) -> None:
    try:
        # Checked before anything is written down: an impossible form is not an action.
        check()
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), icon=":material/error:")
        return
    entry = submit.tried(draft.form, "promise", f"{draft.kind} for partner {draft.partner_id}", make, what=what)
    if entry is not None:
        _close()
        st.rerun()
