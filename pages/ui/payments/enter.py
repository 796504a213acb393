"""Enter a proof of payment: the file, whose money it is and what for, what to look at twice, and send."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Final

import pandas as pd
import streamlit as st

from odoo_client.actions.payments.alarms import Alarm, Given, alarms
from odoo_client.actions.payments.proof import InvoiceRef, PaymentProof, submit_payment_proof
from odoo_client.documents.proof.judge import ProofFile, judge
from odoo_client.errors import AfinetError, ProofRefusedError
from odoo_client.metrics import proof_queue
from odoo_client.metrics.proof_queue import Payment
from pages.ui import files, formats, selection
from pages.ui.payments import data as payments_data
from pages.ui.payments import live as payments_live
from pages.ui.payments import preview
from pages.ui.session import submit
from pages.ui.tickets.detail import file_size
from pages.ui.view import View

FORM = "payment"
TYPES = ["pdf", "jpg", "jpeg", "png"]
#: What is typed survives a look at another view. An upload does not: the file is kept once it has been judged.
PERSIST: Final = "session"
_JUDGED, _KEPT, _FILLED, _PRESET = "payment_judged", "payment_file_kept", "payment_filled", "payment_preset"


@dataclass(frozen=True)
class Payer:
    """Whose money it is, and what they have open in the company that got it."""

    partner_id: int
    name: str
    company_id: int
    invoices: pd.DataFrame


def draw(view: View) -> None:
    """Draw the form; what is sent becomes a draft payment in Odoo."""
    st.caption(
        "The payment becomes a draft in Odoo with the file on it. It moves no balance until somebody else approves it, "
        "and the customer gets no message."
    )
    if submit.entered(_form()):
        _empty()
    left, right = st.columns([1, 1], gap="medium")
    with left:
        file = _file(view)
    with right:
        payer = _payer(view)
        if payer is not None:
            _payment(view, payer, file)


def _file(view: View) -> ProofFile | None:
    """Draw the upload and the verdict on it."""
    limit = payments_live.limits(view)
    key = f"payment_file_{_round()}"
    if key not in st.session_state:
        # Drawn for the first time, or again after another view: in both cases the uploader itself is empty.
        st.session_state[_KEPT] = isinstance(st.session_state.get(_JUDGED, ("", "", ""))[1], ProofFile)
    given = st.file_uploader(
        "Proof of payment",
        type=TYPES,
        key=key,
        max_upload_size=max(1, limit.max_bytes // 2**20),
        help="PDF, JPG or PNG. It is opened and looked through before anything is sent.",
    )
    known: tuple[str, ProofFile | str, str] | None = st.session_state.get(_JUDGED)
    if given is None:
        if known is None or not st.session_state[_KEPT]:
            _drop_file()
            return None
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":material/attach_file: **{formats.plain(known[2])}** is kept from before.")
            st.button("Remove", icon=":material/close:", key="payment_file_drop", type="tertiary", on_click=_drop_file)
    elif known is None or known[0] != given.file_id:
        try:
            with st.spinner("Looking through the file …"):
                verdict: ProofFile | str = judge(given.name, given.getvalue(), limit)
        except ProofRefusedError as exc:
            verdict = exc.sentence
        if known is not None:
            files.drop_upload(known[0])
        known = (given.file_id, verdict, given.name)
        st.session_state[_JUDGED] = known
    if isinstance(known[1], str):
        st.error(formats.plain(known[1]), title="This file cannot be taken", icon=":material/block:")
        return None
    file = known[1]
    pages = f", {formats.plural(file.pages, 'page')}" if file.kind == "pdf" else ""
    st.caption(f":material/verified: {file.kind.upper()}, {file_size(file.size_bytes)}{pages}")
    preview.show(file, "payment_preview")
    return file


def _payer(view: View) -> Payer | None:
    preset = st.query_params.get("customer", "") or str(st.session_state.get(_PRESET, ""))
    st.session_state[_PRESET] = preset
    text = st.text_input(
        "Customer",
        key=f"payment_find_{_round()}",
        persist_state=PERSIST,
        type="search",
        placeholder="Name, account reference, phone or invoice number",
    )
    found = payments_data.customers(view, (text or "").strip())
    preset_id = selection.number_of(preset)
    if not found and not text and preset_id and payments_data.customer_name(view, preset_id):
        found = {preset_id: payments_data.customer_name(view, preset_id)}
    if not found:
        if text:
            st.info("No customer matches.", icon=":material/search_off:")
        return None
    partner_id = st.selectbox(
        "Which one",
        list(found),
        # If several match, none is assumed to be the one meant.
        index=0 if len(found) == 1 else None,
        placeholder=f"Choose one of {len(found)}",
        format_func=lambda one: found.get(one, ""),
        key=_offered(f"payment_partner_{_round()}_{text}", found),
        persist_state=PERSIST,
    )
    if partner_id is None:
        return None
    name = payments_data.customer_name(view, partner_id)
    companies = sorted(view.company_ids, key=lambda one: view.company_names.get(one, ""))
    company_id = companies[0]
    if len(companies) > 1:
        company_id = st.selectbox(
            "Paid to",
            companies,
            format_func=lambda one: view.company_names.get(one, ""),
            key=_offered(f"payment_company_{_round()}", companies),
            persist_state=PERSIST,
        )
    invoices = proof_queue.open_invoices(view.snapshot, partner_id, company_id)
    return Payer(partner_id, name, company_id, invoices)


def _payment(view: View, payer: Payer, file: ProofFile | None) -> None:
    words = {int(row["move_id"]): payments_data.invoice_words(view, row) for _at, row in payer.invoices.iterrows()}
    # What is on the slip stays, whoever it is from and whatever it is for.
    key = _round()
    chosen = st.multiselect(
        "For invoice",
        list(words),
        format_func=lambda one: words.get(one, ""),
        key=_offered(f"payment_invoices_{key}", words),
        persist_state=PERSIST,
        placeholder="On account" if words else "On account: nothing is open",
        help="Leave it empty for a payment on account.",
    )
    rows = payer.invoices[payer.invoices["move_id"].isin(chosen)]
    codes = {currency_id: view.code(currency_id) for currency_id in view.currencies if view.code(currency_id)}
    first = int(rows["currency_id"].iloc[0]) if len(rows) else 0
    default = first or next((one for one, code in codes.items() if code == view.reporting_code), next(iter(codes)))
    owed = round(float(rows.loc[rows["currency_id"] == default, "residual"].sum()), view.decimals(default))
    _fill(default, owed or None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        currency_id = st.selectbox(
            "Currency",
            list(codes),
            format_func=lambda one: codes.get(one, ""),
            key=f"payment_currency_{key}",
            persist_state=PERSIST,
            width=110,
        )
        amount = st.number_input(
            "Amount",
            min_value=0.0,
            value=None,
            step=None,
            format=f"%.{view.decimals(currency_id or default)}f",
            key=f"payment_amount_{key}",
            persist_state=PERSIST,
            width=170,
        )
        # It starts without a day: today would be mistaken for the one on the slip.
        day = st.date_input(
            "Paid on",
            value=None,
            format="DD/MM/YYYY",
            key=f"payment_day_{key}",
            width=150,
            persist_state=PERSIST,
            help="The day on the proof.",
        )
    reference = st.text_input("Bank reference", key=f"payment_reference_{key}", max_chars=100, persist_state=PERSIST)
    journal_id, method_id = _journal(view, payer.company_id, currency_id or 0)
    if not (file and amount and currency_id and journal_id and isinstance(day, date)):
        needed = {"the file": file, "the amount": amount, "the day it was paid": day, "the journal": journal_id}
        missing = [word for word, there in needed.items() if not there]
        st.caption(f"Still needed: {formats.listed(missing)}." if missing else "")
        return
    decimals = view.currencies[currency_id].decimals
    proof = PaymentProof(
        partner_id=payer.partner_id,
        customer=payer.name,
        amount=round(Decimal(str(amount)), decimals),
        currency=codes[currency_id],
        currency_id=currency_id,
        decimals=decimals,
        day=day,
        company_id=payer.company_id,
        journal_id=journal_id,
        method_id=method_id,
        file=file,
        bank_reference=(reference or "").strip(),
        invoices=tuple(InvoiceRef(int(row["move_id"]), str(row["name"])) for _at, row in rows.iterrows()),
    )
    _preview(view, payer, proof)
    _send(view, proof)


def _journal(view: View, company_id: int, currency_id: int) -> tuple[int, int]:
    """Draw the choice of journal and method as Odoo offers them now and return it, zeros while there is none."""
    try:
        offered = payments_live.journals(view, company_id)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), title="The journals cannot be read now", icon=":material/cloud_off:")
        return 0, 0
    if not offered:
        st.warning("This company has no bank or cash journal in Odoo.", icon=":material/account_balance:")
        return 0, 0
    # A journal in the payment's own currency comes before one in the company's.
    ordered = sorted(offered, key=lambda one: one.currency_id != currency_id)
    journal = st.selectbox(
        "Into",
        ordered,
        format_func=lambda one: f"{one.name} ({one.kind})",
        key=_offered(f"payment_journal_{_round()}_{company_id}_{currency_id}", ordered),
        persist_state=PERSIST,
    )
    if journal is None:
        return 0, 0
    methods = journal.methods
    if len(methods) < 2:
        return journal.journal_id, methods[0].method_id if methods else 0
    method = st.selectbox(
        "Method",
        methods,
        format_func=lambda one: one.name,
        key=_offered(f"payment_method_{_round()}_{journal.journal_id}", methods),
        persist_state=PERSIST,
    )
    return journal.journal_id, method.method_id if method else 0


def _preview(view: View, payer: Payer, proof: PaymentProof) -> None:
    payment = Payment(
        payer.partner_id, payer.company_id, proof.currency_id, float(proof.amount), proof.day, decimals=proof.decimals
    )
    chosen = [one.move_id for one in proof.invoices]
    currencies = dict(zip(payer.invoices["move_id"], payer.invoices["currency_id"], strict=True))
    foreign = next((n for n, one in enumerate(chosen) if currencies.get(one) != proof.currency_id), None)
    parts, left = proof_queue.allocation(payer.invoices, payment, chosen[:foreign])
    names = {one.move_id: formats.plain(one.name) for one in proof.invoices}
    lines = [f"{view.money(part, proof.currency_id)} for {names[move_id]}" for move_id, part in parts]
    if left > 0 and foreign is not None:
        # Only Odoo's rate of the day tells how much of it an invoice in another currency takes.
        others = formats.listed(names[one] for one in chosen[foreign:])
        lines.append(f"{view.money(left, proof.currency_id)} for {others}, converted by Odoo at its own rate")
    elif left > 0:
        lines.append(f"{view.money(left, proof.currency_id)} on account")
    st.caption(f"Once approved: {formats.listed(lines)}.")


def _send(view: View, proof: PaymentProof) -> None:
    try:
        used = payments_live.used_before(view, proof.file.sha1, proof.bank_reference)
        unseen = ""
    except AfinetError as exc:
        used, unseen = (), exc.sentence
    found = alarms(
        view.snapshot,
        submit.office().outbox,
        Given(
            partner_id=proof.partner_id,
            amount=proof.amount,
            currency=proof.currency,
            currency_id=proof.currency_id,
            day=proof.day,
            sha256=proof.file.sha256,
            bank_reference=proof.bank_reference,
            move_ids=tuple(one.move_id for one in proof.invoices),
        ),
        used=used,
        references=payments_data.references(view, proof.bank_reference),
        today=view.today,
    )
    for alarm in found:
        st.warning(formats.plain(alarm.sentence), icon=":material/notification_important:")
    if unseen:
        st.warning(
            f"Whether it was used before cannot be asked now: {formats.plain(unseen)} What is entered waits in the "
            "outbox.",
            icon=":material/cloud_off:",
        )
    sure = not found or st.checkbox(
        f"I have looked at {'this' if len(found) == 1 else 'these'}: send it all the same",
        key=f"payment_sure_{_signature(found)}",
    )
    pressed = st.button(
        "Send for approval", icon=":material/send:", type="primary", key="payment_send", disabled=not sure
    )
    if not (pressed and sure):
        return

    subject = f"payment of {proof.currency} {proof.amount} from customer {proof.partner_id}"
    if submit.tried(_form(), "proof", subject, partial(submit_payment_proof, proof=proof), what=proof) is not None:
        _empty()
        st.rerun()


def _fill(currency_id: int, amount: float | None) -> None:
    """Fill in currency and sum of the invoices chosen, unless somebody has entered something else."""
    before, after = st.session_state.get(_FILLED, (None, None)), (currency_id, amount)
    st.session_state[_FILLED] = after
    for name, was, now in zip(("currency", "amount"), before, after, strict=True):
        key = f"payment_{name}_{_round()}"
        if was != now and st.session_state.get(key) in (None, was):
            st.session_state[key] = now


def _offered(key: str, options: Collection[object]) -> str:
    """Return the key after dropping from its value what is no longer offered: Streamlit refuses anything else."""
    value = st.session_state.get(key)
    if isinstance(value, list):
        st.session_state[key] = [one for one in value if one in options]
    elif value is not None and value not in options:
        del st.session_state[key]
    return key


def _drop_file() -> None:
    known = st.session_state.pop(_JUDGED, None)
    if known is not None:
        files.drop_upload(known[0])
    st.session_state[_KEPT] = False


def _round() -> int:
    return int(st.session_state.get("payment_round", 0))


def _form() -> str:
    return f"{FORM}_{_round()}"


def _empty() -> None:
    """Empty the form by starting a new round; the banner above says how what was sent is doing.

    Nothing of the last proof stays, least of all whose money it was: the next one is another customer's.
    """
    st.session_state["payment_round"] = _round() + 1
    selection.put("customer", "")
    for name in (_FILLED, _PRESET):
        st.session_state.pop(name, None)
    _drop_file()


def _signature(found: list[Alarm]) -> str:
    """Return a key for exactly these alarms, so that a tick never counts for others."""
    return sha256("\n".join(f"{one.code} {one.sentence}" for one in found).encode()).hexdigest()
