"""The dialog that makes a ticket: from the Tickets page for any customer, from a customer's tickets for that one.

It stays open when the page is redrawn, and while it is open a sync in the background does not redraw the page: nothing
is taken away from whoever is typing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from odoo_client.actions.tickets.requests import MAX_SUBJECT, MAX_TEXT, NewTicket, check_ticket, create_ticket
from odoo_client.errors import AfinetError, ForbiddenError
from odoo_client.frames.arrays import ints
from pages.ui import customer_list, formats, freshness, live, selection
from pages.ui import view as data
from pages.ui.filters import FILTER_WIDTH_PX
from pages.ui.session import access
from pages.ui.tickets import forms as tickets_forms
from pages.ui.view import View

#: This many customers are offered for what was typed: to narrow more, people type more.
CUSTOMERS_SHOWN = 25
#: Leaves the priority to Odoo.
AS_ODOO = "As Odoo sets it"
_DRAFT = "ticket_draft"


@dataclass
class Draft:
    """A dialog that is open. `partner_id` 0: the customer is chosen in it. `offers` are by company, each read once."""

    number: int
    partner_id: int
    name: str
    offers: dict[int, live.NewTicketOffers] = field(default_factory=dict)

    @property
    def form(self) -> str:
        """The form's name, under which its token is kept."""
        return f"ticket_new_{self.number}"

    def key(self, name: str) -> str:
        """Return the key of one of its widgets."""
        return f"{self.form}_{name}"


def button(view: View, *, partner_id: int = 0, name: str = "") -> None:
    """Draw the button, for people who may make tickets, and the dialog while it is open; `name` is the customer's."""
    if not access.may("ticket") or not live.ticket_model(view):
        return
    st.button(
        "New ticket", icon=":material/add:", key="ticket_new", type="primary", on_click=_open, args=(partner_id, name)
    )
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is not None and draft.partner_id == partner_id:
        st.session_state[freshness.DIALOG] = True
        st.dialog("New ticket", width="medium", on_dismiss=_close)(_form)(view, draft)


def _open(partner_id: int, name: str) -> None:
    number = st.session_state["tickets_drafted"] = st.session_state.get("tickets_drafted", 0) + 1
    st.session_state[_DRAFT] = Draft(number, partner_id, name)


def _close() -> None:
    st.session_state.pop(_DRAFT, None)


def _form(view: View, draft: Draft) -> None:
    if draft.partner_id:
        partner_id = draft.partner_id
        st.markdown(f"For **{formats.plain(draft.name)}**")
    else:
        partner_id = _customer(view, draft)
    company_id = _company(view, draft, partner_id)
    try:
        if company_id not in draft.offers:
            with st.spinner("Reading from Odoo …"):
                draft.offers[company_id] = live.new_ticket_offers(view, company_id)
        offers = draft.offers[company_id]
    except AfinetError as exc:
        tickets_forms.reading_failed(exc, draft.key("again"))
        return
    subject = st.text_input("Subject", key=draft.key("subject"), max_chars=MAX_SUBJECT)
    description = st.text_area("Description", key=draft.key("description"), max_chars=MAX_TEXT, height=140)
    with st.grid(2, min_column_width=FILTER_WIDTH_PX, gap="xsmall"):
        team = _team(offers, draft, company_id)
        priority = _priority(offers, draft)
    tell = False
    if team is not None and team.writes_customer and access.may("message"):
        tell = st.checkbox(
            "Let Odoo tell the customer that the ticket was made",
            key=draft.key("tell"),
            help="Odoo has a message of its own for this team's first stage. Without the tick nothing is sent.",
        )
    tickets_forms.refused(draft.form)
    if st.button("Create ticket", type="primary", icon=":material/add:", key=draft.key("make")):
        if team is None:
            st.error("Choose a team." if offers.source != "tasks" else "Choose a project.", icon=":material/error:")
            return
        ticket = NewTicket(
            model=live.ticket_model(view),
            partner_id=partner_id,
            subject=subject or "",
            company_id=company_id,
            description=description or "",
            priority=priority,
            team_id=team.team_id,
            tell_customer=tell,
        )
        _made(view, draft, ticket)


def _made(view: View, draft: Draft, ticket: NewTicket) -> None:
    try:
        check_ticket(ticket)
        _check_seen(view, ticket)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), icon=":material/error:")
        return
    entry = tickets_forms.entered(
        draft.form,
        "message" if ticket.tell_customer else "ticket",
        f"ticket for partner {ticket.partner_id}",
        partial(create_ticket, ticket=ticket),
        what=ticket,
    )
    if entry is None:
        tickets_forms.refused(draft.form)
        return
    _close()
    if not draft.partner_id and entry.record is not None and _known(entry.record.record_id):
        selection.put("ticket", str(entry.record.record_id))
    st.rerun()


def _known(ticket_id: int) -> bool:
    """Return whether the newest snapshot already has the ticket, so that the page can open it."""
    snapshot = data.current_snapshot()
    return snapshot is not None and ticket_id in ints(snapshot.frame("tickets"), "ticket_id")


def _check_seen(view: View, ticket: NewTicket) -> None:
    """Raise ForbiddenError for a customer or company they may not see: Odoo refuses the service account nothing."""
    who = access.current()
    who.require("ticket")
    if ticket.company_id not in who.person.company_ids:
        raise ForbiddenError("This company is not among yours.", subject="ticket")
    if ticket.partner_id not in ints(view.snapshot.frame("customers"), "partner_id"):
        raise ForbiddenError("This customer is not among those you see.", subject="ticket")


def _customer(view: View, draft: Draft) -> int:
    """Draw the search for a customer and return who is chosen, 0 for nobody yet."""
    text = st.text_input(
        "Customer", key=draft.key("find"), type="search", placeholder="Name, phone, e-mail or account reference"
    )
    if not (text or "").strip():
        st.caption("Search for the customer the ticket is for.")
        return 0
    found = customer_list.found(view, str(text).strip(), "all")
    rows = found.take(slice(0, CUSTOMERS_SHOWN)).rows()
    if rows.empty:
        st.warning("No customer is found by that.", icon=":material/person_off:")
        return 0
    words = {}
    for row in rows.to_dict("records"):
        parts = [row["name"], row["reference"], row["city"], row["phone"], "" if row["active"] else "archived"]
        words[int(row["partner_id"])] = " · ".join(str(part) for part in parts if part)
    words = tickets_forms.distinct(words)
    chosen = st.selectbox(
        "Which one" if len(words) > 1 else "Found",
        list(words),
        # If several match, none is assumed to be the one meant.
        index=0 if len(words) == 1 else None,
        placeholder=f"Choose one of {len(words)}",
        format_func=lambda one: words[one],
        key=draft.key(f"who_{text}"),
    )
    if len(found) > CUSTOMERS_SHOWN:
        st.caption(f"The first {CUSTOMERS_SHOWN} of {formats.count(len(found))}: type more to find others.")
    return int(chosen or 0)


def _company(view: View, draft: Draft, partner_id: int) -> int:
    """Return the company, drawn as a choice only where there are several."""
    allowed = access.current().person.company_ids
    names = {key: name for key, name in view.company_names.items() if key in allowed}
    customers = view.snapshot.frame("customers")
    own = ints(customers, "company_id")[ints(customers, "partner_id") == partner_id].tolist()
    # A customer of one company gets the ticket there; else it is the company chosen on the page, else the first.
    wanted = [key for key in (*own, *sorted(view.company_ids)) if key in names]
    options = list(names)
    if len(options) < 2:
        return options[0] if options else 0
    chosen = st.selectbox(
        "Company",
        options,
        index=options.index(wanted[0]) if wanted else 0,
        format_func=lambda one: names[one],
        key=draft.key(f"company_{own[0] if own else 0}"),
    )
    return int(chosen or 0)


def _team(offers: live.NewTicketOffers, draft: Draft, company_id: int) -> live.Team | None:
    label = "Project" if offers.source == "tasks" else "Team"
    teams = {team.team_id: team for team in offers.teams}
    names = tickets_forms.distinct({key: team.name for key, team in teams.items()})
    chosen = st.selectbox(
        label,
        list(teams),
        # Nothing is preselected where it could be wrong without being noticed.
        index=0 if len(teams) == 1 else None,
        format_func=lambda one: names[one],
        placeholder=f"Choose a {label.lower()}" if teams else f"Odoo has no {label.lower()} here",
        key=draft.key(f"team_{company_id}"),
    )
    return None if chosen is None else teams.get(chosen)


def _priority(offers: live.NewTicketOffers, draft: Draft) -> str:
    names = {"": AS_ODOO, **{one.key: one.name for one in offers.priorities}}
    if len(names) == 1:
        return ""
    chosen = st.selectbox("Priority", list(names), format_func=lambda one: names[one], key=draft.key("priority"))
    return chosen or ""
