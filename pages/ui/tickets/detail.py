"""One ticket: what the snapshot knows of it, and its description and conversation, read from Odoo when opened."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.errors import AfinetError
from odoo_client.frames.arrays import ints
from odoo_client.metrics import labels
from pages.ui import formats, freshness, links, live, selection, tables
from pages.ui.amounts import Column
from pages.ui.navigation import company_query, page_link
from pages.ui.odoo_lists import ticket_model
from pages.ui.session import access
from pages.ui.tickets import change as tickets_change
from pages.ui.tickets.data import TicketQueue
from pages.ui.tickets.table import overdue_texts, span
from pages.ui.view import View

KEY = "ticket"


def chosen_ticket() -> tuple[int | None, str]:
    """Return the ticket that the address names, and a sentence when that cannot be a ticket."""
    asked, ticket_id = selection.asked(KEY), selection.asked_id(KEY)
    if not asked or ticket_id is not None:
        return ticket_id, ""
    return None, f"The address asks for ticket {asked}, which is no ticket's number in this app: choose one below."


def draw(view: View, queue: TicketQueue, ticket_id: int) -> None:
    """Draw the ticket, or say why it cannot be shown."""
    at = np.flatnonzero(ints(queue.facts, "ticket_id") == ticket_id)
    if not len(at):
        st.warning(
            "The address names a ticket that is not among those read from Odoo: it was deleted, or the account may not "
            "see it. Choose another above.",
            title="No such ticket",
            icon=":material/search_off:",
        )
        return
    row = int(at[0])
    ticket, fact = queue.book.tickets.iloc[row], queue.facts.iloc[row]
    if int(ticket["company_id"]) not in view.company_ids and int(ticket["company_id"]) in view.company_names:
        company = view.company_names[int(ticket["company_id"])]
        st.warning(
            f"This ticket is of {formats.plain(company)}, which the company filter leaves out.",
            icon=":material/filter_alt:",
        )
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(f"{formats.plain(ticket['number'])} · {formats.plain(ticket['subject'])}", anchor=False)
            st.button("Close", icon=":material/close:", key="close_ticket", on_click=selection.close, args=(KEY,))
        _facts(view, queue, row, ticket, fact)
        _customer(view, queue, row, ticket)
        tickets_change.section(view, ticket_id)
        st.fragment(_from_odoo)(view, ticket_id)


def _facts(view: View, queue: TicketQueue, row: int, ticket: pd.Series, fact: pd.Series) -> None:
    book, zone = queue.book, view.settings.timezone
    words = [
        f"Waiting for: **{labels.WAITING[str(fact['waiting'])]}**" if fact["waiting"] != "closed" else "**Closed**",
        f"Stage: {formats.plain(book.stage.names[book.stage.codes[row]])}",
        f"Team: {formats.plain(book.team.names[book.team.codes[row]])}",
        f"Assignee: {formats.plain(book.assignee.names[book.assignee.codes[row]])}",
        f"Priority: {formats.plain(book.priority_of(ticket['priority']))}",
        f"Opened {formats.moment(ticket['create_date'], zone)}",
    ]
    if fact["waiting"] == "closed":
        closed = ticket["closed_date"]
        words.append(f"closed {formats.moment(closed, zone)}" if pd.notna(closed) else "closed on no recorded day")
    else:
        words.append(f"open for {span(fact['age_h'])}")
        if book.messages_known and pd.notna(fact["waited_h"]):
            words.append(f"without an answer for {span(fact['waited_h'])}")
    if pd.notna(fact["first_response_h"]):
        words.append(f"first answer after {span(fact['first_response_h'])}")
    elif fact["no_reply"]:
        words.append("no public answer yet")
    if url := links.record_url(view.snapshot.meta, ticket_model(view.snapshot), int(ticket["ticket_id"])):
        words.append(f"[Open in Odoo]({url})")
    st.markdown(" · ".join(words))


def _customer(view: View, queue: TicketQueue, row: int, ticket: pd.Series) -> None:
    partner_id, owner = int(ticket["partner_id"]), int(ticket["commercial_partner_id"])
    if not partner_id:
        contact = [formats.plain(ticket[key]) for key in ("contact_name", "contact_email") if ticket[key]]
        st.markdown(f"**No customer** on this ticket. Written by: {' · '.join(contact) or 'nobody known'}")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"Customer: **{formats.plain(queue.book.customer.iloc[row])}** · {_overdue(view, owner)}")
        query = company_query() | {"customer": str(owner)}
        page_link("customers.py", "Open the customer", ":material/arrow_forward:", query)
    _services(view, owner)


def _overdue(view: View, owner: int) -> str:
    if why := freshness.absent(view, "receivable_lines"):
        return f"overdue: {why}"
    owed = overdue_texts(view, np.array([owner], dtype=np.int64)).get(owner)
    return f"overdue **{formats.plain(owed)}**" if owed else "nothing overdue"


def _services(view: View, owner: int) -> None:
    if why := freshness.absent(view, "services"):
        st.caption(f"Services: {why}.")
        return
    services = view.snapshot.frame("services")
    mine = (ints(services, "commercial_partner_id") == owner) & np.isin(
        ints(services, "company_id"), list(view.company_ids)
    )
    rows = services[mine]
    if rows.empty:
        st.caption("No services of this customer.")
        return
    table = pd.DataFrame(
        {
            "name": rows["name"].astype("str"),
            "technology": rows["technology"].astype("str").map(labels.technology),
            "status": rows["status"].astype("str").map(labels.service_status),
            "fee": [
                view.money(fee, key) if fee == fee else labels.PERIOD_NOT_KNOWN
                for fee, key in zip(rows["monthly_fee"], rows["currency_id"], strict=True)
            ],
            "start_date": rows["start_date"],
            "usage": rows["usage"].astype("str"),
        }
    )
    columns: dict[str, Column] = {
        "name": st.column_config.TextColumn("Service", pinned=True),
        "technology": "Technology",
        "status": "Status",
        "fee": st.column_config.TextColumn("Monthly fee", alignment="right"),
        "start_date": tables.date_column("Start"),
        "usage": "Usage",
    }
    tables.show(table.head(tables.ROWS_A_PAGE), columns, "Services of this customer", key="ticket_services")


def _from_odoo(view: View, ticket_id: int) -> None:
    """Draw what is read from Odoo now; a failure is drawn as a sentence, and the rest of the page stays."""
    try:
        with st.spinner("Reading from Odoo"):
            read = live.conversation(view, ticket_id)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), title="The conversation cannot be read now", icon=":material/cloud_off:")
        st.button("Try again", icon=":material/refresh:", key="ticket_again")
        return
    st.markdown("**Description**")
    with st.container(border=True):
        paragraphs(read.description or "No description.")
    people = [one for one in read.messages if not one.automatic]
    public, internal = [one for one in people if one.public], [one for one in people if not one.public]
    machine = [one for one in read.messages if one.automatic]
    tabs = st.tabs(
        [
            f"Public ({len(public)})",
            f"Internal ({len(internal)})",
            f"Attachments ({len(read.attachments)})",
            f"Automatic ({len(machine)})",
        ]
    )
    if read.cut:
        st.caption("Only the newest messages are shown; Odoo has older ones.")
    for tab, messages, nothing in (
        (tabs[0], public, "Nobody has written in public yet."),
        (tabs[1], internal, "No internal notes."),
        (tabs[3], machine, "No automatic messages."),
    ):
        with tab:
            _messages(view, messages, nothing)
    with tabs[2]:
        _attachments(read.attachments)


def paragraphs(text: str) -> None:
    """Draw text as it was written: letter for letter, line by line."""
    blocks = ("  \n".join(formats.plain(line) for line in block.splitlines()) for block in text.split("\n\n"))
    st.markdown("\n\n".join(blocks))


def _messages(view: View, messages: list[live.Message], nothing: str) -> None:
    if not messages:
        st.caption(nothing)
    for one in messages:
        with st.container(border=True, gap="xxsmall"):
            side = ":material/support_agent: Staff" if one.by_staff else ":material/person: Customer"
            side = ":material/smart_toy: Odoo" if one.automatic else side
            st.caption(
                f"{side} · **{formats.plain(one.author)}** · {formats.moment(one.moment, view.settings.timezone)}"
            )
            paragraphs(one.text)
            for file in one.attachments:
                st.caption(f":material/attach_file: {formats.plain(file.name)} ({file_size(file.size_bytes)})")


def file_size(size_bytes: int) -> str:
    """Return `812 bytes`, `14 kB` or `2.3 MB`."""
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    return f"{size_bytes / 1e3:,.0f} kB" if size_bytes < 1e6 else f"{size_bytes / 1e6:,.1f} MB"


def _attachments(files: tuple[live.Attachment, ...]) -> None:
    if not files:
        st.caption("No attachments.")
    may = access.may("attachment")
    for file in files:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f":material/attach_file: {formats.plain(file.name)} · {file_size(file.size_bytes)}")
            if may and st.button("Fetch", icon=":material/download:", key=f"fetch_{file.attachment_id}"):
                _fetched(file)


def _fetched(file: live.Attachment) -> None:
    try:
        content = live.attachment_content(file)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), icon=":material/cloud_off:")
        return
    # Never shown inside the page: the reader saves the file and opens it where they choose.
    st.download_button(
        f"Save {file_size(len(content))}",
        data=content,
        file_name=file.name,
        mime="application/octet-stream",
        icon=":material/save:",
        on_click="ignore",
        key=f"save_{file.attachment_id}",
    )
