"""One ticket as a place to work: what is known of it, what can be changed, its conversation, and the composer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import ints, is_code
from odoo_client.metrics import labels
from pages.ui import formats, freshness, links, selection, tables
from pages.ui.amounts import Column
from pages.ui.navigation import company_query, opens, page_link
from pages.ui.odoo_lists import ticket_model
from pages.ui.session import access
from pages.ui.tickets import change as tickets_change
from pages.ui.tickets import composer as tickets_composer
from pages.ui.tickets import offers as tickets_offers
from pages.ui.tickets import stream as tickets_stream
from pages.ui.tickets.data import TicketQueue
from pages.ui.tickets.stream import file_size as file_size
from pages.ui.tickets.stream import paragraphs as paragraphs
from pages.ui.tickets.table import hours, overdue_texts
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
    st.subheader(f"{formats.plain(ticket['number'])} · {formats.plain(ticket['subject'])}", anchor=False)
    read = tickets_offers.read(view, ticket_id) if access.may("ticket") else None
    _facts(view, queue, row, ticket, fact, choices=read is not None)
    _customer(view, queue, row, ticket)
    if read is not None:
        tickets_change.section(view, read)
    tickets_stream.draw(view, ticket_id)
    if read is not None:
        tickets_composer.section(view, read)


def _facts(view: View, queue: TicketQueue, row: int, ticket: pd.Series, fact: pd.Series, *, choices: bool) -> None:
    """Draw the line of facts; stage, assignee and priority are among them where no `choices` under it show them."""
    book, zone = queue.book, view.settings.timezone
    words = []
    if fact["waiting"] == "closed":
        closed = ticket["closed_date"]
        when = f" {formats.moment(closed, zone)}" if pd.notna(closed) else " on no recorded day"
        words.append(f"**Closed**{when}")
    else:
        waits = f"Waiting for: **{labels.WAITING[str(fact['waiting'])]}**"
        if book.messages_known and pd.notna(fact["waited_h"]):
            waits += f", without an answer for **{hours(fact['waited_h'])}**"
        else:
            waits += f", open for {hours(fact['age_h'])}"
        words.append(waits)
    if pd.notna(fact["first_response_h"]):
        words.append(f"first answer after {hours(fact['first_response_h'])}")
    elif fact["no_reply"]:
        words.append("no public answer yet")
    if not choices:
        words += [
            f"Stage: {formats.plain(book.stage.names[book.stage.codes[row]])}",
            f"Assignee: {formats.plain(book.assignee.names[book.assignee.codes[row]])}",
            f"Priority: {formats.plain(book.priority_of(ticket['priority']))}",
        ]
    words += [
        f"Team: {formats.plain(book.team.names[book.team.codes[row]])}",
        f"opened {formats.moment(ticket['create_date'], zone).partition(',')[0]}",
    ]
    if url := links.record_url(view.snapshot.meta, ticket_model(view.snapshot), int(ticket["ticket_id"])):
        words.append(f"[Open in Odoo]({url})")
    with st.container(key="ticket_facts"):
        st.markdown(" · ".join(words))


def _customer(view: View, queue: TicketQueue, row: int, ticket: pd.Series) -> None:
    partner_id, owner = int(ticket["partner_id"]), int(ticket["commercial_partner_id"])
    if not partner_id:
        contact = [formats.plain(ticket[key]) for key in ("contact_name", "contact_email") if ticket[key]]
        st.markdown(f"**No customer** on this ticket. Written by: {' · '.join(contact) or 'nobody known'}")
        return
    with st.container(key="ticket_customer", horizontal=True, vertical_alignment="center", gap="small"):
        name = formats.plain(queue.book.customer.iloc[row])
        if opens("customers.py"):
            query = company_query() | {"customer": str(owner)}
            page_link("customers.py", f"**{name}**", ":material/person:", query)
        else:
            st.markdown(f":material/person: **{name}**", width="content")
        st.markdown(_overdue(view, owner), width="content")
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
    running = int(is_code(rows, "status", "active").sum())
    label = f"{formats.plural(len(rows), 'service')} ({running} active)"
    with st.popover(label, icon=":material/router:", type="tertiary"):
        tables.show(table.head(tables.ROWS_A_PAGE), columns, "Services of this customer", key="ticket_services")
