"""The decision on a payment: what approving will do, the buttons, and what the ledger says after it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pandas as pd
import streamlit as st

from odoo_client.actions.outbox.entry import Entry
from odoo_client.actions.payments.decisions import (
    PaymentSeen,
    approve_payment,
    ask_about_payment,
    needs_two,
    objection,
    reject_payment,
)
from odoo_client.actions.payments.proof import InvoiceRef
from odoo_client.errors import AfinetError
from odoo_client.frames.arrays import ints
from odoo_client.metrics import proof_queue
from pages.ui import formats, freshness, selection
from pages.ui.payments import data as payments_data
from pages.ui.payments import differences
from pages.ui.payments import live as payments_live
from pages.ui.session import access, submit
from pages.ui.view import View

#: The payment that is open, in the address, and its document as it was read for this session.
KEY = "payment"
SHOWN = "payment_shown"
#: The button, by whether it is the last approval that is needed and whether another payment follows.
APPROVE = {
    (True, True): "Approve and next",
    (True, False): "Approve",
    (False, True): "Approve, first of two, and next",
    (False, False): "Approve, first of two",
}


def decide(
    view: View,
    payment: proof_queue.Payment,
    found: pd.DataFrame,
    opened: payments_live.PaymentOpened,
    chosen: list[int],
    following: int | None,
) -> None:
    """Draw the decision on a payment: approve, reject or ask, or why the person cannot.

    Once it is approved or rejected, the payment `following` opens.
    """
    facts = opened.facts
    if why := access.why_not("decide"):
        st.caption(f"Finance decides on it. {formats.plain(why)}")
        return
    seen = PaymentSeen.of(facts, view.code(facts.currency_id))
    me = submit.author().login
    why_not = objection(facts, me)
    two = needs_two(view.settings, facts.amount, facts.currency)
    others = facts.agreed_by_others(me)
    already = len(others) < len(facts.agreed)
    last = not two or bool(others)
    names = {int(one["move_id"]): str(one["name"]) for one in found.to_dict("records")}
    invoices = tuple(InvoiceRef(one, names[one]) for one in chosen)
    with st.container(key="payment_decision", gap="xsmall"):
        _will_happen(view, payment, found, opened, chosen, last=last)
        if why_not:
            st.info(formats.plain(why_not), icon=":material/group:")
        elif two and not last:
            st.info(
                "You have approved it; a second person has to as well." if already else
                "This amount needs two people: yours is the first approval.", icon=":material/group:",
            )  # fmt: skip
        elif two:
            st.info(f"First approval: {formats.plain(others[0].name)}.", icon=":material/group:")
        with st.container(horizontal=True, gap="small"):
            st.button(
                APPROVE[last, following is not None],
                icon=":material/check:",
                type="primary",
                key="payment_approve",
                disabled=bool(why_not) or (already and not last),
                on_click=_approved,
                args=(seen, invoices, following),
            )
            if st.button("Reject", icon=":material/close:", key="payment_reject"):
                _reject(seen, following)
            if st.button("Ask", icon=":material/help:", key="payment_ask"):
                _ask(seen, following)


def _will_happen(
    view: View,
    payment: proof_queue.Payment,
    found: pd.DataFrame,
    opened: payments_live.PaymentOpened,
    chosen: list[int],
    *,
    last: bool,
) -> None:
    """Say what each chosen invoice gets, as far as that is known: only Odoo knows at which rate it converts."""
    foreign = [one for one in chosen if opened.invoices[one].currency_id != payment.currency_id]
    known = chosen[: chosen.index(foreign[0])] if foreign else chosen
    parts, left = proof_queue.allocation(found, payment, known)
    rows = {int(one["move_id"]): one for one in found.to_dict("records")}

    def money(amount: float) -> str:
        return differences.money(view, amount, payment.currency_id, opened.facts.currency, payment.decimals)

    lines = []
    for move_id, part in parts:
        rest = payment.rounded(float(rows[move_id]["residual"]) - part)
        after = "paid in full" if rest <= 0 else f"{money(rest)} stay open"
        lines.append(f"{formats.plain(rows[move_id]['name'])} gets {money(part)}: {after}")
    for move_id in chosen[len(known) :]:
        what = money(left) if move_id == foreign[0] else f"what is left then of {money(left)}"
        name = formats.plain(rows[move_id]["name"])
        if left <= 0:
            lines.append(f"{name} gets nothing: the payment is used up before it")
        elif move_id in foreign:
            lines.append(f"{name} is in {opened.invoices[move_id].currency}: Odoo converts {what} at its own rate")
        else:
            lines.append(f"{name} gets {what}, as far as it is open")
    if left > 0 and not foreign:
        lines.append(f"{money(left)} stays unallocated on the customer's account")
    title = "Approving posts the payment" if last else "The second approval will post the payment"
    st.markdown("\n".join([f"**{title}**:", "", *(f"- {line}" for line in lines)]))


def _approved(seen: PaymentSeen, invoices: tuple[InvoiceRef, ...], following: int | None) -> None:
    """Approve; a callback, so that the page drawn next has the figures after it."""
    _enter(seen, "approve", partial(approve_payment, payment=seen, invoices=invoices), following)


@st.dialog("Reject the payment", on_dismiss="rerun")
def _reject(seen: PaymentSeen, following: int | None) -> None:
    st.markdown(f"{formats.plain(seen.words)} is cancelled in Odoo with this reason noted. The customer is not told.")
    without = "Write the reason first: it is noted on the payment in Odoo."
    _with_text(seen, "reject", "Reason", reject_payment, without, following)


@st.dialog("Ask about the payment", on_dismiss="rerun")
def _ask(seen: PaymentSeen, following: int | None) -> None:
    st.markdown("Your question becomes a note on the payment, for the colleague who entered it. No customer sees it.")
    _with_text(seen, "ask", "Question", ask_about_payment, "Write the question first.", following)


def _with_text(
    seen: PaymentSeen, deed: str, label: str, action: Callable[..., Entry], without: str, following: int | None
) -> None:
    """Draw the dialog's text field and its button; `without` is the message when there is no text."""
    st.session_state[freshness.DIALOG] = True
    text = st.text_area(label, key=f"payment_{label.lower()}", max_chars=1000) or ""
    # Not greyed out while the text is empty: it would take a click outside the field to enable it.
    if not st.button(deed.capitalize(), type="primary", key=f"payment_{deed}_sure"):
        return
    if not text.strip():
        st.error(without, icon=":material/error:")
    # The dialog says what stood in the way: a redrawn page would show neither.
    elif _enter(
        seen, deed, lambda office, author, *, token: action(office, author, seen, text, token=token), following
    ):
        st.rerun()


def _enter(seen: PaymentSeen, deed: str, make: submit.Deed, following: int | None) -> Entry | None:
    subject = f"{deed} payment {seen.payment_id}: {seen.currency} {Decimal(seen.amount)}"
    entry = submit.tried(f"decide_{deed}_{seen.payment_id}", "decide", subject, make)
    if entry is not None:
        st.session_state["payment_decided"] = entry.token
        if entry.state == "done" and deed != "ask":
            close()
            selection.choose(KEY, following)
    return entry


def after(view: View) -> None:
    """Say what the last decision did to the ledger, by the figures read since."""
    token = st.session_state.get("payment_decided")
    if not token:
        return
    try:
        entry = submit.office().outbox.get(str(token))
    except AfinetError:
        return
    if entry.state != "done" or entry.result.get("outcome") != "approved":
        return
    lines = [formats.plain(f"{name}: {left} open") for name, left in dict(entry.result.get("residuals", {})).items()]
    if left := str(entry.result.get("unallocated", "")):
        lines.append(formats.plain(f"{left} unallocated"))
    if remark := str(entry.result.get("remark", "")):
        lines.append(formats.plain(remark))
    payments = view.snapshot.frame("payments")
    at = payments[ints(payments, "payment_id") == int(entry.payload["payment_id"])]
    if len(at):
        who, company = int(at["commercial_partner_id"].iloc[0]), int(at["company_id"].iloc[0])
        lines.append(
            f"{formats.plain(entry.payload['customer'])} {formats.plain(payments_data.owes(view, who, company))}"
        )
    with st.container(key="ledger_after"):
        said = "\n".join(f"- {line}" for line in lines)
        st.info(said, title="The ledger after it", icon=":material/account_balance:")


def close() -> None:
    """Take the payment out of the address; a callback."""
    selection.close(KEY)
    st.session_state.pop(SHOWN, None)
