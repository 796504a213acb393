"""The proof desk: the queue of drafts, and one payment with its document and the invoices it may pay."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from odoo_client.documents.proof.judge import ProofFile
from odoo_client.errors import AfinetError, ProofRefusedError
from odoo_client.frames.arrays import ints
from odoo_client.metrics import proof_queue
from odoo_client.metrics.ledger import NO_CUSTOMER
from pages.ui import formats, links, listing, selection, tables
from pages.ui import view as data
from pages.ui.amounts import Column
from pages.ui.arrears import waiting as arrears_waiting
from pages.ui.arrears.data import UNDER_REVIEW
from pages.ui.explain import explain
from pages.ui.exports import downloads
from pages.ui.payments import data as payments_data
from pages.ui.payments import decide as payments_decide
from pages.ui.payments import differences, preview
from pages.ui.payments import live as payments_live
from pages.ui.session import access
from pages.ui.tickets.detail import file_size, paragraphs
from pages.ui.tiles import figure, strip
from pages.ui.view import View

REASONS_SHOWN = 5


def figures(view: View, queue: pd.DataFrame) -> None:
    """Draw how much is waiting, how many payments, and for how long."""
    waiting = arrears_waiting.waiting(view, data.ledger(view, view.today, data.policy_of(view, "due_date")))
    pairs = zip(waiting.every["amount"], waiting.every["currency_id"], strict=True)
    amounts = [view.money(amount, key) for amount, key in pairs] or ["nothing"]
    oldest = queue["age_h"].max()
    words = formats.age(float(oldest) * 3600) if len(queue) and pd.notna(oldest) else formats.NONE_SHOWN
    # Each is about the same payments.
    notes = waiting.explained(view)
    explanation = partial(explain, "under_review", as_of=view.today, rows=len(queue), notes=notes)
    with strip():
        figure(UNDER_REVIEW, amounts, note=waiting.note(view), explanation=explanation)
        figure(
            "Payments",
            [formats.count(len(queue))],
            note="drafts, whoever entered them",
            explanation=explanation,
        )
        figure("Oldest", [words], note="since it was entered", explanation=explanation)


def draw(view: View) -> None:
    """Draw the queue and the payment that the address names."""
    queue = payments_data.queue(view)
    payment_id = selection.asked_id(payments_decide.KEY)
    figures(view, queue)
    with listing.bar():
        st.markdown(f"**{formats.plural(len(queue), 'payment')}**", width="content")
        st.space("stretch")
        export_place = listing.export_menu()
    left, right = listing.places(wide=True)
    ids, table = queue["payment_id"].tolist(), ""
    with left:
        if queue.empty:
            tables.empty("payments waiting for a decision", {})
        else:
            table = _table(view, queue, export_place)
        payments_decide.after(view)
    with right:
        if payment_id is not None:
            listing.record_buttons(payments_decide.KEY, ids, table, "payment_close", payments_decide.close)
            at = ids.index(payment_id) if payment_id in ids else len(ids)
            # After the last one comes the first of those that were passed over.
            _opened(view, queue, payment_id, next(iter([*ids[at + 1 :], *ids[:at]]), None))


def _opened(view: View, queue: pd.DataFrame, payment_id: int, following: int | None) -> None:
    found = queue[queue["payment_id"] == payment_id]
    if found.empty:
        st.info(
            "This payment no longer waits for a decision: it was approved, rejected or deleted, or it is of another "
            "company.",
            icon=":material/task_alt:",
        )
        return
    _detail(view, found.iloc[0], following)


def _table(view: View, queue: pd.DataFrame, export_place: DeltaGenerator) -> str:
    """Draw the queue and return the key of its table."""
    page = queue.iloc[tables.page_of(len(queue), key="payment_page")].reset_index(drop=True)
    page = page.assign(
        money=[view.money(amount, key) for amount, key in zip(page["amount"], page["currency_id"], strict=True)],
        waiting=[formats.age(hours * 3600) if pd.notna(hours) else formats.NONE_SHOWN for hours in page["age_h"]],
        customer=page["customer"].where(page["customer"] != "", NO_CUSTOMER),
        company=[view.company_names.get(int(one), "") for one in page["company_id"]],
        url=links.record_urls(view.snapshot.meta, "account.payment", page["payment_id"]),
    )
    columns: dict[str, Column] = {
        "customer": st.column_config.TextColumn("Customer", pinned=True, width=180),
        "money": st.column_config.TextColumn("Amount", alignment="right"),
        "waiting": "Waiting for",
        "date": tables.date_column("Paid on"),
        "entered_by": "Entered by",
        "memo": st.column_config.TextColumn("Memo", width=200),
        "journal": "Journal",
    }
    asked = payments_data.questions(view)
    page = page.assign(asked=[asked.get(int(one), "") for one in page["payment_id"]])
    if page["asked"].ne("").any():
        columns["asked"] = st.column_config.TextColumn("Asked", help="Who asked about it here last: see its notes.")
    if len(view.company_names) > 1:
        columns["company"] = "Company"
    if page["url"].ne("").any():
        columns["url"] = tables.link_column("Odoo")

    table = tables.rows_key(selection.table_name(payments_decide.KEY), page[["payment_id"]])
    tables.show(
        page,
        columns,
        "Payments waiting for a decision",
        key=table,
        on_pick=partial(selection.pick, payments_decide.KEY, page, "payment_id"),
        picked=selection.position_of(payments_decide.KEY, page, "payment_id"),
        fills=True,
    )
    exported = {name: label for name, label in columns.items() if name not in ("money", "url", "waiting", "asked")}
    with export_place:
        downloads(
            view,
            lambda: _export(view, queue, exported),
            title="Payments waiting for a decision",
            name="payments",
            rows=len(queue),
            key="payments",
            filters={},
        )
    return table


def _export(view: View, queue: pd.DataFrame, columns: dict[str, Column]) -> pd.DataFrame:
    whole = queue.assign(
        currency=[view.code(key) for key in queue["currency_id"]],
        company=[view.company_names.get(int(one), "") for one in queue["company_id"]],
    )
    names = {name: tables.heading(column) for name, column in columns.items()} | {
        "currency": "Currency",
        "amount": "Amount",
        "age_h": "Hours waiting",
    }
    return whole[list(names)].rename(columns=names)


def _detail(view: View, row: pd.Series, following: int | None) -> None:
    """Draw the payment as Odoo has it now: the list is older, and the decision is about what is drawn.

    `following` is the one that comes after the decision.
    """
    payment_id = int(row["payment_id"])
    try:
        with st.spinner("Reading from Odoo"):
            opened = payments_live.opened(
                view, payment_id, lambda facts: ints(differences.listed_invoices(view, facts), "move_id").tolist()
            )
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), title="The payment cannot be read now", icon=":material/cloud_off:")
        return
    facts = opened.facts
    listed = differences.listed_invoices(view, facts)
    payment = differences.payment_of(view, row, facts)
    found = differences.candidates(listed, opened, payment)
    money = differences.money(view, float(facts.amount), facts.currency_id, facts.currency, facts.decimals)
    st.subheader(f"{money} · {formats.plain(facts.customer or NO_CUSTOMER)}", anchor=False)
    if changed := differences.changes(view, row, facts, listed, opened):
        st.warning(
            formats.plain(f"What you see here is what Odoo has now: {'; '.join(changed)}."),
            title="Changed in Odoo since the list was read",
            icon=":material/sync_problem:",
        )
    with st.container(key="proof_and_decision", horizontal=True, vertical_alignment="top", gap="small"):
        left = st.container(key="proof_side", gap="xsmall")
        right = st.container(key="decision_side", gap="xsmall")
    with left:
        _documents(view, opened.documents)
    with right:
        words = [f"Paid on {formats.day(facts.day)}", f"into {formats.plain(facts.journal)}"]
        words.append(f"entered by **{formats.plain(facts.entered_by_name or 'nobody known')}**")
        if pd.notna(row["create_date"]):
            words.append(formats.moment(row["create_date"], view.settings.timezone))
        if url := links.record_url(view.snapshot.meta, "account.payment", payment_id):
            words.append(f"[Open in Odoo]({url})")
        st.markdown(" · ".join(words))
        if row["memo"]:
            st.caption(f"Memo: {formats.plain(row['memo'])}")
        if facts.commercial_partner_id:
            owes = payments_data.owes(view, facts.commercial_partner_id, facts.company_id)
            st.caption(f"The customer {formats.plain(owes)} now.")
            st.page_link(
                "customers.py",
                label="Open the customer",
                icon=":material/arrow_forward:",
                query_params={"customer": str(facts.commercial_partner_id)},
            )
        if facts.state != "draft":
            st.info("This payment is no longer a draft in Odoo: refresh the figures.", icon=":material/sync:")
            return
        chosen = _choice(view, payment, found, opened)
        _notes(view, opened)
        payments_decide.decide(view, payment, found, opened, chosen, following)


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
        preview.show(_document(view, chosen), f"payment_document_{chosen.attachment_id}")
    except AfinetError as exc:
        st.warning(
            f"{formats.plain(exc.sentence)} It is not shown here; open it in Odoo with care.",
            title="This file is no proof that can be shown",
            icon=":material/block:",
        )


def _document(view: View, attachment: payments_live.Attachment) -> ProofFile:
    """Return a document, read and judged once while its payment is open, not on every click. Raises AfinetError."""
    known: tuple[int, ProofFile | ProofRefusedError] | None = st.session_state.get(payments_decide.SHOWN)
    if known is None or known[0] != attachment.attachment_id:
        try:
            verdict: ProofFile | ProofRefusedError = payments_live.document(view, attachment)
        except ProofRefusedError as exc:
            verdict = exc
        known = (attachment.attachment_id, verdict)
        st.session_state[payments_decide.SHOWN] = known
    if isinstance(known[1], ProofRefusedError):
        raise known[1]
    return known[1]


def _choice(
    view: View, payment: proof_queue.Payment, found: pd.DataFrame, opened: payments_live.PaymentOpened
) -> list[int]:
    """Draw the invoices it may pay, with the reasons, and return those chosen in their order."""
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
