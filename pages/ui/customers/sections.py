"""The sections of one customer's page; only the one chosen is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import streamlit as st

from odoo_client.customer.types import Dashboard, Money
from odoo_client.metrics import labels
from pages.ui import charts, formats, tables, trusted
from pages.ui.arrears.data import WAITING_FOR_US
from pages.ui.customers import cells
from pages.ui.customers import tables as customers_tables
from pages.ui.customers.header import draw_table
from pages.ui.freshness import DATASET_NAMES
from pages.ui.navigation import company_query, opens, page_link
from pages.ui.promises import data as promises_data
from pages.ui.promises import forms as promises_forms
from pages.ui.promises import notes as promises_notes
from pages.ui.statements import statement_section
from pages.ui.tickets import new as tickets_new
from pages.ui.view import View

Section = Callable[[View, Dashboard], None]


def services(view: View, found: Dashboard) -> None:
    """Draw every field of the customer's services."""
    if _absent(found, "services"):
        return
    if not found.services:
        _nothing(view, found, "services")
        return
    fees: dict[str, Decimal] = {}
    for one in found.services:
        if one.status == "active" and one.monthly_fee is not None:
            fees[one.monthly_fee.currency] = fees.get(one.monthly_fee.currency, Decimal(0)) + one.monthly_fee.amount
    words = formats.listed(f"**{formats.plain(Money(fee, code).words)}**" for code, fee in sorted(fees.items()))
    active = formats.plural(found.active_services, "active service")
    st.markdown(
        f"{active}, {words} a month ex tax. Bandwidth and usage are unlimited." if words else f"{active.capitalize()}."
    )
    draw_table(view, found, customers_tables.services(view, found), title="Services", name="services")


def billing(view: View, found: Dashboard) -> None:
    """Draw invoices, payments with what they paid, and other journal entries."""
    if _absent(found, "invoices"):
        return
    st.subheader("Invoices", anchor=False)
    if found.invoices:
        drafts = sum(one.status == "draft" for one in found.invoices)
        if drafts:
            st.caption(f"{formats.plural(drafts, 'draft')} among them: in no balance until Odoo posts them.")
        draw_table(view, found, customers_tables.invoices(view, found), title="Invoices", name="invoices")
    else:
        _nothing(view, found, "invoices")
    st.subheader("Payments", anchor=False)
    if _absent(found, "payments"):
        pass
    elif found.payments:
        if waiting := _waiting(found):
            st.caption(f"{waiting} {WAITING_FOR_US}: in no balance until Odoo posts it.")
        draw_table(view, found, customers_tables.payments(view, found), title="Payments", name="payments")
    else:
        _nothing(view, found, "payments")
    if found.entries:
        st.subheader("Other journal entries", anchor=False)
        st.caption("On the customer's receivable account without invoice or payment: opening balances, corrections.")
        draw_table(view, found, customers_tables.entries(view, found), title="Journal entries", name="entries")


def arrears(view: View, found: Dashboard) -> None:
    """Draw the ageing of each currency, with unallocated money and what waits for us apart, and the open lines."""
    if _absent(found, "receivable_lines"):
        return
    query = company_query() | {"customer": str(found.profile.partner_id)}
    page_link("arrears.py", "On the Arrears page, as of any day", ":material/arrow_forward:", query)
    if waiting := _waiting(found):
        st.markdown(f":material/rule: **{waiting}** {WAITING_FOR_US}")
    _promises(view, found)
    trusted.draw([one.sentence for one in found.trust.contradicted])
    if not found.open_lines:
        if found.trust.contradicted:
            return
        st.info("Nothing is open: this customer owes nothing and has no money unallocated.", icon=":material/inbox:")
        return
    with st.grid(2, min_column_width=330, gap="small"):
        for row in found.ageing:
            amounts = {bucket.label: float(bucket.amount) for bucket in row.buckets}
            with st.container(border=True):
                st.markdown(
                    f"{cells.balance(row.balance)} · {formats.plain(row.company)}"
                    + (
                        f"  \n{formats.plain(row.unallocated.words)} of credit is unallocated and taken off"
                        if row.unallocated.amount
                        else ""
                    )
                )
                if any(amounts.values()):
                    most = max(amounts, key=amounts.__getitem__)
                    charts.draw(
                        charts.lateness_bar(amounts, row.currency, decimals=view.decimals(row.currency_id)),
                        f"Open {row.currency} of {found.profile.name} by age, most in {most}",
                        key=f"customer_ageing_{row.company_id}_{row.currency_id}",
                    )
                else:
                    st.caption("No invoice is open: only money matched to nothing.")
    draw_table(view, found, customers_tables.ageing(found), title="Ageing", name="ageing")
    st.subheader("Open journal lines", anchor=False)
    draw_table(view, found, customers_tables.open_lines(view, found), title="Open lines", name="open-lines")


def _promises(view: View, found: Dashboard) -> None:
    """Draw what the customer promised to pay and how that ended, and the buttons that log a promise or a call."""
    profile = found.profile
    promises_forms.section(view, profile.partner_id, profile.name, found.as_of)
    if found.promises and promises_data.known(view):
        with st.expander(formats.plural(len(found.promises), "promise to pay", "promises to pay"), expanded=False):
            draw_table(view, found, customers_tables.promises(view, found), title="Promises to pay", name="promises")


def tickets(view: View, found: Dashboard) -> None:
    """Draw the tickets; a click opens one on the Tickets page."""
    if _absent(found, "tickets"):
        return
    tickets_new.button(view, partner_id=found.profile.partner_id, name=found.profile.name)
    if not found.tickets:
        _nothing(view, found, "tickets")
        return
    ids = [one.ticket_id for one in found.tickets]
    table = customers_tables.tickets(view, found)
    _with_page(view, found, table, "tickets", ("tickets.py", "ticket", ids), "the ticket with its conversation")


def orders(view: View, found: Dashboard) -> None:
    """Draw the orders with their stage; a click opens one on the Orders page."""
    if _absent(found, "orders"):
        return
    if not found.orders:
        _nothing(view, found, "orders")
        return
    ids = [one.order_id for one in found.orders]
    table = customers_tables.orders(view, found)
    _with_page(view, found, table, "orders", ("orders.py", "order", ids), "the order with its lines and deliveries")


def _with_page(
    view: View, found: Dashboard, table: cells.Table, name: str, page: tuple[str, str, list[int]], opened: str
) -> None:
    """Draw records that have a page of their own: a click on a row opens it there, if the person may open it."""
    if opens(page[0]):
        st.caption(f"Choose a row to open {opened}.")
    draw_table(view, found, table, title=name.capitalize(), name=name, open_page=page)


def timeline(view: View, found: Dashboard) -> None:
    """Draw everything that happened in one list, newest first, with a filter by kind, and what staff noted."""
    promises_notes.section(view, found.profile.partner_id, key="timeline")
    kinds = [kind for kind in labels.KINDS if any(one.kind == kind for one in found.timeline)]
    denied = [one.dataset for one in found.absent if one.state == "denied"]
    hidden = formats.listed(DATASET_NAMES.get(name, name) for name in denied)
    if hidden:
        st.caption(f"Without what you may not read: {hidden}.")
    if not kinds:
        if not hidden:
            _nothing(view, found, "records")
        return
    names = {labels.KINDS[kind]: kind for kind in kinds}
    picked = st.pills(
        "Show", list(names), selection_mode="multi", key="customer_kind", bind="query-params", help="None: everything."
    )
    wanted = {names[name] for name in picked if name in names} or set(kinds)
    rows = [one for one in found.timeline if one.kind in wanted]
    st.caption(f"{formats.plural(len(rows), 'record')} of {formats.count(len(found.timeline))}, the newest first.")
    draw_table(
        view,
        found,
        customers_tables.timeline(view, found, rows),
        title="Timeline",
        name="timeline",
        filters={"Kind": formats.listed(labels.KINDS[kind] for kind in kinds if kind in wanted)} if picked else {},
    )


def statement(view: View, found: Dashboard) -> None:
    """Draw the customer's statement of a period, to download or to send."""
    if _absent(found, "receivable_lines"):
        return
    statement_section(view, found.profile.partner_id, key="customer_statement")


def _waiting(found: Dashboard) -> str:
    """Return the total of the customer's payments under review by currency, "" for none."""
    amounts = (one.under_review for one in found.balances)
    return formats.plain(formats.listed(amount.words for amount in amounts if amount.amount))


def _absent(found: Dashboard, dataset: str) -> bool:
    """Say that this Odoo has no such dataset, and return whether that is so."""
    absence = found.absence(dataset)
    if absence is None:
        return False
    name = dataset.replace("_", " ")
    st.info(
        formats.plain(absence.message) or f"The {name} could not be read.",
        title=f"This Odoo has no {name}" if absence.state == "missing" else f"No {name} to show",
        icon=":material/extension_off:",
    )
    return True


def _nothing(view: View, found: Dashboard, what: str) -> None:
    """Say that the customer has none, and whether the choice of company hides them."""
    if not view.whole:
        tables.empty(
            f"{what} of {formats.plain(found.profile.name)}",
            {"Company": view.company_words},
            clear={"company": "All companies"},
            key=f"customer_nothing_{what}",
        )
    else:
        st.info(f"{formats.plain(found.profile.name)} has no {what}.", icon=":material/inbox:")


#: Section by its name in the address.
SECTIONS: Mapping[str, Section] = {
    "Services": services,
    "Billing": billing,
    "Arrears": arrears,
    "Tickets": tickets,
    "Orders": orders,
    "Timeline": timeline,
    "Statement": statement,
}
