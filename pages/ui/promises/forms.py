"""A customer's promises to pay, and the lines that log a call or a promise.

What is typed is kept for each customer, through newer figures and other customers, until it is entered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Final, Literal

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
from pages.ui import formats, trusted
from pages.ui.explain import explain
from pages.ui.promises import data as promises_data
from pages.ui.promises import notes as promises_notes
from pages.ui.promises.days import quick_days
from pages.ui.session import access, submit
from pages.ui.view import View

#: In the session: the customer whom something was logged about last.
LOGGED: Final = "logged_about"
TITLES: Final[Mapping[str, str]] = {"promise": "Promise to pay", "call": "Log call"}
#: The days offered for a promise: "Monday" is for calling again.
_PROMISED_DAYS: Final = ("Tomorrow", "Friday", "Month end")
_DAY_PX: Final = 150


@dataclass(frozen=True)
class Draft:
    """What is being typed about one customer: the `number`th promise or call of this session."""

    kind: Literal["promise", "call"]
    partner_id: int
    name: str
    number: int

    @classmethod
    def of(cls, kind: Literal["promise", "call"], partner_id: int, name: str) -> Draft:
        """Return the one that is open; one that was entered gives way to an empty one."""
        counter = f"{kind}_{partner_id}_logged"
        draft = cls(kind, partner_id, name, st.session_state.get(counter, 0))
        # A click may have cut the run short that entered it.
        return draft.next() if submit.entered(draft.form) else draft

    def next(self) -> Draft:
        """Begin an empty one, as this one was entered, and return it."""
        st.session_state[LOGGED] = self.partner_id
        number = st.session_state[f"{self.kind}_{self.partner_id}_logged"] = self.number + 1
        return Draft(self.kind, self.partner_id, self.name, number)

    @property
    def form(self) -> str:
        """The form's name, under which its token is kept."""
        return f"{self.kind}_{self.partner_id}_{self.number}"

    def key(self, name: str) -> str:
        """Return the key of one of its widgets."""
        return f"{self.form}_{name}"


def section(view: View, partner_id: int, name: str, as_of: date) -> None:
    """Draw what the customer promised as of a day, the lines that log a call or a promise, and what was logged.

    Each is drawn only for people who may see or do it.
    """
    told(view, partner_id, name, as_of)
    log(view, partner_id, name)
    promises_notes.section(view, partner_id, key="arrears")


def told(view: View, partner_id: int, name: str, as_of: date) -> None:
    """Draw what the customer promised as of a day, and how many promises were kept; nothing where there is none."""
    parts, counted = promises_data.told(view, partner_id, as_of) if promises_data.known(view) else ([], "")
    if not parts:
        return
    notes = [f"{metric('promises_kept').name}: {metric('promises_kept').formula}"] if counted else []
    if not knows(view.snapshot, "promises", "done_on"):
        notes.append(promises_data.DONE_IS_GONE)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        said = " · ".join(f"**{formats.plain(part)}**" for part in parts)
        words = f":material/handshake: Promised: {said}" + (f" — {formats.plain(counted)}" if counted else "")
        st.markdown(words, width="content")
        explain("promise", as_of=as_of, filters={"Customer": name}, notes=notes)


def log(view: View, partner_id: int, name: str) -> None:
    """Draw the line that logs a call and, folded up, the one that logs a promise, for those who may."""
    if not access.may("promise"):
        return
    _call(view, Draft.of("call", partner_id, name))
    draft = Draft.of("promise", partner_id, name)
    with (
        st.expander(TITLES["promise"], icon=":material/handshake:", key=draft.key("box")),
        st.container(gap="xsmall"),
    ):
        _promise(view, draft)


def _call(view: View, draft: Draft) -> None:
    with st.container(key="call_line", gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            text = st.text_input(
                "What was said",
                key=draft.key("text"),
                max_chars=LONGEST_TEXT,
                placeholder="What was said on the telephone",
                label_visibility="collapsed",
                persist_state="session",
            )
            clicked = st.button(
                TITLES["call"],
                icon=":material/call:",
                key=draft.key("enter"),
                type="primary",
                help="Goes into the customer's conversation in Odoo, for staff only. The customer gets nothing.",
            )
        again = _day(
            view,
            draft,
            "Call again",
            quick_days(view.today),
            "Leaves an activity of yours for that day in Odoo. Without a day there is none.",
        )
    if clicked:
        call = Call(draft.partner_id, draft.name, text or "", again)
        _enter(draft, call, partial(check_call, call, view.today), partial(log_call, call=call))


def _promise(view: View, draft: Draft) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        currency_id = st.selectbox(
            "Currency",
            promises_data.currency_choices(view, draft.partner_id),
            format_func=view.code,
            key=draft.key("currency"),
            width=90,
            label_visibility="collapsed",
        )
        amount = st.number_input(
            "Amount",
            value=None,
            min_value=0.0,
            max_value=float(LARGEST_AMOUNT),
            step=1.0,
            format=f"%.{view.decimals(currency_id or 0)}f",
            key=_proposed(view, draft, int(currency_id or 0)),
            placeholder="Amount",
            width=170,
            label_visibility="collapsed",
        )
        # At the right: the calendar opens below or above its field at the left, and covers no button.
        st.space("stretch")
        clicked = st.button(
            "Log promise",
            type="primary",
            icon=":material/handshake:",
            key=draft.key("enter"),
            help="It becomes an activity of yours on the customer in Odoo. The customer is not written to.",
        )
    offered = {label: day for label, day in quick_days(view.today).items() if label in _PROMISED_DAYS}
    day = _day(view, draft, "By", offered, "Kept when as much was paid by the end of that day, where the provider is.")
    if currency_id is not None:
        _compared(view, draft.partner_id, int(currency_id), amount)
    if not clicked:
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


def _proposed(view: View, draft: Draft, currency_id: int) -> str:
    """Return the key of the amount in a currency, which begins with what is left to chase, until somebody types."""
    key, state = draft.key(f"amount_{currency_id}"), st.session_state
    # What Odoo contradicts is proposed to nobody.
    known = bool(currency_id) and not trusted.instead(view, currency_id)
    proposed = promises_data.proposed(view, draft.partner_id, currency_id) if known else None
    if key not in state or (state[key] == state.get(f"{key}_proposed") and state[key] != proposed):
        state[key] = state[f"{key}_proposed"] = proposed
    return key


def _compared(view: View, partner_id: int, currency_id: int, amount: float | None) -> None:
    """Say what they owe in the currency, and that a promise is for more."""
    if hidden := trusted.instead(view, currency_id):
        trusted.draw(hidden)
        return
    owed = promises_data.owed(view, partner_id, currency_id)
    verb = "have" if formats.in_favour(owed, view.currencies[currency_id].decimals) else "owe"
    words = f"They {verb} {formats.plain(view.balance(owed, currency_id))} now."
    if amount and amount > max(owed, 0.0):
        st.warning(f"{words} The promise is for more.", icon=":material/notification_important:")
    else:
        st.caption(words)


def _day(view: View, draft: Draft, label: str, offered: Mapping[str, date], help_text: str) -> date | None:
    """Draw the days `offered` and a field for any other up to a year ahead; return the day, None while there is none.

    The field always shows the day that counts. It comes first, since its calendar would cover a button above it.
    """
    quick, field = draft.key("quick"), draft.key("day")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f":small[{label}]", width="content")
        chosen = st.date_input(
            label,
            value=None,
            min_value=view.today,
            max_value=view.today + timedelta(days=FURTHEST_DAYS),
            format="DD/MM/YYYY",
            key=field,
            help=help_text,
            on_change=_marked,
            args=(quick, field, offered),
            label_visibility="collapsed",
            width=_DAY_PX,
            persist_state="session",
        )
        st.pills(
            f"{label}: quick days",
            list(offered),
            key=quick,
            on_change=_take,
            args=(quick, field, offered),
            label_visibility="collapsed",
            width="content",
            persist_state="session",
        )
    return chosen if isinstance(chosen, date) else None


def _take(quick: str, field: str, offered: Mapping[str, date]) -> None:
    st.session_state[field] = offered.get(st.session_state[quick])


def _marked(quick: str, field: str, offered: Mapping[str, date]) -> None:
    chosen = st.session_state[field]
    st.session_state[quick] = next((label for label, day in offered.items() if day == chosen), None)


def _enter(draft: Draft, what: Promise | Call, check: Callable[[], None], make: submit.Deed) -> None:
    try:
        # Checked before anything is written down: an impossible form is not an action.
        check()
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), icon=":material/error:")
        return
    entry = submit.tried(draft.form, "promise", f"{draft.kind} for partner {draft.partner_id}", make, what=what)
    if entry is None:
        return
    if entry.state != "failed":
        draft.next()
    # What Odoo refused stays in the form: the page's top says why.
    st.rerun()
