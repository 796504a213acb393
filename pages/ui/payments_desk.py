"""The proof desk: the queue of drafts, one payment with its document, what approving will do, and what it has done."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from odoo_client.actions.base import Author, Entry, Office
from odoo_client.actions.decisions import (
    PaymentSeen,
    approve_payment,
    ask_about_payment,
    needs_two,
    reject_payment,
)
from odoo_client.actions.payments import InvoiceRef
from odoo_client.errors import AfinetError
from odoo_client.metrics import proof_queue
from odoo_client.metrics.source import ints
from pages.ui import access, formats, freshness, links, payments_data, payments_live, tables, writing
from pages.ui.data import View
from pages.ui.explain import explain
from pages.ui.exports import downloads
from pages.ui.payments_enter import show
from pages.ui.tickets_detail import file_size, paragraphs
from pages.ui.tiles import tile

KEY = "payment"
TILE_WIDTH_PX = 200
REASONS_SHOWN = 5


def tiles(view: View, queue: pd.DataFrame) -> None:
    """Draw how much waits, how many, and for how long."""
    by_currency = queue.groupby("currency_id")["amount"].sum()
    amounts = [view.money(amount, key, short=True) for key, amount in by_currency.items()] or ["nothing"]
    oldest = queue["age_h"].max()
    with st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small"):
        tile(
            "Waiting for us",
            amounts,
            icon=":material/pending_actions:",
            explanation=partial(explain, "under_review", as_of=view.today, rows=len(queue)),
        )
        tile("Payments", [formats.count(len(queue))], icon=":material/receipt:", note="drafts, whoever entered them")
        words = formats.age(float(oldest) * 3600) if len(queue) and pd.notna(oldest) else formats.NONE_SHOWN
        tile("Oldest", [words], icon=":material/hourglass_bottom:", note="since it was entered")


def draw(view: View) -> None:
    """Draw the queue and the payment that the address names."""
    queue = payments_data.queue(view)
    tiles(view, queue)
    _after(view)
    asked = st.query_params.get(KEY, "")
    payment_id = int(asked) if asked.isdecimal() and len(asked) < 16 else None
    if queue.empty:
        tables.empty("payments waiting for a decision", {})
    else:
        _table(view, queue, payment_id)
    if payment_id is None:
        if len(queue):
            st.caption("Choose a row to see its document and decide.")
        return
    found = queue[queue["payment_id"] == payment_id]
    st.divider()
    if found.empty:
        st.info(
            "This payment no longer waits for a decision: it was approved, rejected or deleted, or it is of another "
            "company.",
            icon=":material/task_alt:",
        )
        st.button("Close", icon=":material/close:", key="payment_close", on_click=_close)
        return
    _detail(view, found.iloc[0])


def _table(view: View, queue: pd.DataFrame, payment_id: int | None) -> None:
    page = queue.iloc[tables.page_of(len(queue), key="payment_page")].reset_index(drop=True)
    page = page.assign(
        money=[view.money(amount, key) for amount, key in zip(page["amount"], page["currency_id"], strict=True)],
        waiting=[formats.age(hours * 3600) if pd.notna(hours) else formats.NONE_SHOWN for hours in page["age_h"]],
        customer=page["customer"].where(page["customer"] != "", "No customer"),
        company=[view.company_names.get(int(one), "") for one in page["company_id"]],
        url=links.record_urls(view.snapshot.meta, "account.payment", page["payment_id"]),
    )
    columns: dict[str, Any] = {
        "customer": st.column_config.TextColumn("Customer", pinned=True, width=180),
        "money": st.column_config.TextColumn("Amount", alignment="right"),
        "waiting": "Waiting for",
        "date": tables.date_column("Paid on"),
        "entered_by": "Entered by",
        "memo": st.column_config.TextColumn("Memo", width=200),
        "journal": "Journal",
    }
    if len(view.company_names) > 1:
        columns["company"] = "Company"
    if page["url"].ne("").any():
        columns["url"] = tables.link_column("Odoo")

    def choose(position: int | None) -> None:
        if position is None:
            st.query_params.pop(KEY, None)
        else:
            st.query_params[KEY] = str(page["payment_id"].iloc[position])

    at = page.index[page["payment_id"] == payment_id]
    tables.show(
        page,
        columns,
        "Payments waiting for a decision",
        key=tables.rows_key(f"payment_rows_{st.session_state.get('payment_closed', 0)}", page[["payment_id"]]),
        on_pick=choose,
        picked=int(at[0]) if len(at) else None,
    )
    exported = {name: label for name, label in columns.items() if name not in ("money", "url", "waiting")}
    downloads(
        view,
        lambda: _export(view, queue, exported),
        title="Payments waiting for a decision",
        name="payments",
        rows=len(queue),
        key="payments",
        filters={},
    )


def _export(view: View, queue: pd.DataFrame, columns: dict[str, Any]) -> pd.DataFrame:
    whole = queue.assign(
        currency=[view.code(key) for key in queue["currency_id"]],
        company=[view.company_names.get(int(one), "") for one in queue["company_id"]],
    )
    names = {**{name: tables.heading(column) for name, column in columns.items()}}
    names |= {"currency": "Currency", "amount": "Amount", "age_h": "Hours waiting"}
    return whole[list(names)].rename(columns=names)


def _detail(view: View, row: pd.Series) -> None:
    payment_id = int(row["payment_id"])
    payment = payments_data.payment_of(view, row)
    found = proof_queue.candidates(view.snapshot, payment)
    try:
        with st.spinner("Reading from Odoo"):
            opened = payments_live.opened(view, payment_id, tuple(int(one) for one in found["move_id"]))
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), title="The payment cannot be read now", icon=":material/cloud_off:")
        st.button("Close", icon=":material/close:", key="payment_close", on_click=_close)
        return
    facts = opened.facts
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(
            f"{view.money(row['amount'], row['currency_id'])} · {formats.plain(row['customer'] or 'No customer')}",
            anchor=False,
        )
        st.button("Close", icon=":material/close:", key="payment_close", on_click=_close)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        _documents(view, opened.documents)
    with right:
        words = [f"Paid on {formats.day(row['date'])}", f"into {formats.plain(row['journal'])}"]
        words.append(f"entered by **{formats.plain(facts.entered_by_name or 'nobody known')}**")
        if pd.notna(row["create_date"]):
            words.append(formats.moment(row["create_date"], view.settings.timezone))
        if url := links.record_url(view.snapshot.meta, "account.payment", payment_id):
            words.append(f"[Open in Odoo]({url})")
        st.markdown(" · ".join(words))
        if row["memo"]:
            st.caption(f"Memo: {formats.plain(row['memo'])}")
        if int(row["commercial_partner_id"]):
            st.caption(
                "The customer owes now: "
                + formats.plain(
                    payments_data.owed_words(view, int(row["commercial_partner_id"]), int(row["company_id"]))
                )
            )
            st.page_link(
                "customers.py",
                label="Open the customer",
                icon=":material/arrow_forward:",
                query_params={"customer": str(int(row["commercial_partner_id"]))},
            )
        if facts.state != "draft":
            st.info("This payment is no longer a draft in Odoo: refresh the figures.", icon=":material/sync:")
            return
        chosen = _choice(view, payment, found, opened)
        _notes(view, opened)
        _decide(view, row, payment, found, opened, chosen)


def _documents(view: View, documents: tuple[payments_live.Attachment, ...]) -> None:
    if not documents:
        st.warning("There is no file on this payment.", icon=":material/attach_file_off:")
        return
    if not access.may("attachment"):
        st.info(f"{formats.plural(len(documents), 'file')} on this payment.", icon=":material/attach_file:")
        return
    chosen = documents[0]
    if len(documents) > 1:
        chosen = st.selectbox("File", documents, format_func=lambda one: one.name, key="payment_document") or chosen
    st.caption(f":material/attach_file: {formats.plain(chosen.name)} · {file_size(chosen.size_bytes)}")
    try:
        show(payments_live.document(view, chosen), f"payment_document_{chosen.attachment_id}")
    except AfinetError as exc:
        st.warning(
            f"{formats.plain(exc.sentence)} It is not shown here; open it in Odoo with care.",
            title="This file is no proof that can be shown",
            icon=":material/block:",
        )


def _choice(
    view: View, payment: proof_queue.Payment, found: pd.DataFrame, opened: payments_live.PaymentOpened
) -> list[int]:
    """Draw the invoices it may pay, with the reason, and return those chosen in their order."""
    open_now = {key for key, one in opened.invoices.items() if one.residual > 0 and one.state == "posted"}
    found = found[found["move_id"].isin(open_now)]
    if found.empty:
        st.caption("Nothing of this customer is open: it stays on account.")
        return []
    words = {int(row["move_id"]): payments_data.invoice_words(view, row) for _at, row in found.iterrows()}
    suggestion = [one for one in proof_queue.suggested(found, payment) if one in words]
    chosen = st.multiselect(
        "Pays, in this order",
        list(words),
        default=suggestion,
        format_func=lambda one: words.get(one, ""),
        key=f"payment_pays_{opened.facts.payment_id}",
        placeholder="On account",
        help="The likeliest first. Empty: it stays on the customer's account.",
    )
    lines = [f"- {formats.plain(row['name'])}: {row['reason']}" for _at, row in found.head(REASONS_SHOWN).iterrows()]
    with st.expander("What speaks for which invoice", icon=":material/balance:", expanded=True):
        st.markdown("\n".join(lines))
    return chosen


def _notes(view: View, opened: payments_live.PaymentOpened) -> None:
    people = [one for one in opened.notes if not one.automatic and one.text]
    if people:
        with st.expander(f"Notes ({len(people)})", icon=":material/notes:"):
            for one in people:
                st.caption(f"**{formats.plain(one.author)}** · {formats.moment(one.moment, view.settings.timezone)}")
                paragraphs(one.text)


def _decide(
    view: View,
    row: pd.Series,
    payment: proof_queue.Payment,
    found: pd.DataFrame,
    opened: payments_live.PaymentOpened,
    chosen: list[int],
) -> None:
    facts = opened.facts
    if not access.may("decide"):
        st.caption("Finance decides on it.")
        return
    code = view.code(row["currency_id"])
    seen = PaymentSeen(
        payment_id=facts.payment_id,
        name=facts.name,
        customer=str(row["customer"] or "nobody known"),
        amount=facts.amount,
        currency=code or facts.currency,
        decimals=facts.decimals,
    )
    me = writing.author().login.casefold()
    mine = facts.entered_by.casefold() == me
    two = needs_two(view.settings, facts.amount, facts.currency)
    agreed = [one for one in facts.approvals if one.amount == facts.amount_words]
    already = any(one.login.casefold() == me for one in agreed)
    others = [one for one in agreed if one.login.casefold() != me]
    last = not two or bool(others)
    _will_happen(view, payment, found, chosen, last=last)
    if mine:
        st.info("You entered this payment, so somebody else approves it.", icon=":material/group:")
    elif two and not last:
        st.info(
            "You have approved it; a second person has to as well." if already else
            "This amount needs two people: yours is the first approval.", icon=":material/group:",
        )  # fmt: skip
    elif two:
        st.info(f"First approval: {formats.plain(others[0].name)}.", icon=":material/group:")
    names = {int(one["move_id"]): str(one["name"]) for one in found.to_dict("records")}
    invoices = tuple(InvoiceRef(one, names[one]) for one in chosen)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Approve" if last else "Approve, first of two",
            icon=":material/check:",
            type="primary",
            key="payment_approve",
            disabled=mine or (already and not last),
            on_click=_approved,
            args=(seen, invoices),
        )
        if st.button("Reject", icon=":material/close:", key="payment_reject"):
            _reject(seen)
        if st.button("Ask", icon=":material/help:", key="payment_ask"):
            _ask(seen)


def _will_happen(
    view: View, payment: proof_queue.Payment, found: pd.DataFrame, chosen: list[int], *, last: bool
) -> None:
    parts, left = proof_queue.allocation(found, payment, chosen)
    rows = {int(one["move_id"]): one for one in found.to_dict("records")}
    lines = []
    for move_id, part in parts:
        rest = round(float(rows[move_id]["residual"]) - part, 2)
        after = "paid in full" if rest <= 0 else f"{view.money(rest, payment.currency_id)} stay open"
        lines.append(f"{formats.plain(rows[move_id]['name'])} gets {view.money(part, payment.currency_id)}: {after}")
    for move_id in chosen:
        if move_id not in {key for key, _part in parts}:
            lines.append(f"{formats.plain(rows[move_id]['name'])} is in another currency: Odoo converts at its rate")
    if left > 0:
        lines.append(f"{view.money(left, payment.currency_id)} stays unallocated on the customer's account")
    title = "Approving posts the payment" if last else "The second approval will post the payment"
    st.markdown("\n".join([f"**{title}**:", "", *(f"- {line}" for line in lines)]))


def _approved(seen: PaymentSeen, invoices: tuple[InvoiceRef, ...]) -> None:
    """Approve; a callback, so that the page drawn next has the figures after it."""

    def make(office: Office, author: Author, token: str) -> Entry:
        return approve_payment(office, author, seen, invoices, token=token)

    _enter(seen, "approve", make)


@st.dialog("Reject the payment", on_dismiss="rerun")
def _reject(seen: PaymentSeen) -> None:
    st.session_state[freshness.DIALOG] = True
    st.markdown(f"{formats.plain(seen.words)} is cancelled in Odoo with this reason noted. The customer is not told.")
    reason = st.text_area("Reason", key="payment_reason", max_chars=1000)

    def make(office: Office, author: Author, token: str) -> Entry:
        return reject_payment(office, author, seen, reason or "", token=token)

    if st.button("Reject", type="primary", key="payment_reject_sure", disabled=not (reason or "").strip()):
        _enter(seen, "reject", make)
        st.rerun()


@st.dialog("Ask about the payment", on_dismiss="rerun")
def _ask(seen: PaymentSeen) -> None:
    st.session_state[freshness.DIALOG] = True
    st.markdown("Your question becomes a note on the payment, for the colleague who entered it. No customer sees it.")
    question = st.text_area("Question", key="payment_question", max_chars=1000)

    def make(office: Office, author: Author, token: str) -> Entry:
        return ask_about_payment(office, author, seen, question or "", token=token)

    if st.button("Ask", type="primary", key="payment_ask_sure", disabled=not (question or "").strip()):
        _enter(seen, "ask", make)
        st.rerun()


def _enter(seen: PaymentSeen, deed: str, make: Any) -> None:
    subject = f"{deed} payment {seen.payment_id}: {seen.currency} {Decimal(seen.amount)}"
    entry = writing.tried(f"decide_{deed}_{seen.payment_id}", "decide", subject, make)
    if entry is not None:
        st.session_state["payment_decided"] = entry.token
        if entry.state == "done" and deed != "ask":
            _close()


def _after(view: View) -> None:
    """Say what the last decision has done to the ledger, in the figures read since."""
    token = st.session_state.get("payment_decided")
    if not token:
        return
    try:
        entry = writing.office().outbox.get(str(token))
    except AfinetError:
        return
    if entry.state != "done" or entry.result.get("outcome") != "approved":
        return
    lines = [
        f"{formats.plain(name)}: {entry.payload['currency']} {Decimal(left):,.2f} open"
        for name, left in dict(entry.result.get("residuals", {})).items()
    ]
    if (left := str(entry.result.get("unallocated", ""))) and not left.endswith(" 0.00"):
        lines.append(f"{left} unallocated")
    payments = view.snapshot.frame("payments")
    at = payments[ints(payments, "payment_id") == int(entry.payload["payment_id"])]
    if len(at):
        who, company = int(at["commercial_partner_id"].iloc[0]), int(at["company_id"].iloc[0])
        lines.append(
            f"{formats.plain(entry.payload['customer'])} owes "
            f"{formats.plain(payments_data.owed_words(view, who, company))}"
        )
    st.info("\n".join(f"- {line}" for line in lines), title="The ledger after it", icon=":material/account_balance:")


def _close() -> None:
    st.query_params.pop(KEY, None)
    st.session_state["payment_closed"] = st.session_state.get("payment_closed", 0) + 1
