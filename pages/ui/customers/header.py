"""The drawing of the Customers page: tiles and list before one is chosen, then its header and sections."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from odoo_client.customer.search import Found
from odoo_client.customer.types import Dashboard
from odoo_client.documents.amounts import Amounts
from odoo_client.metrics.registry import metric
from pages.ui import amounts, customer_list, formats, freshness, links, selection, tables, widgets
from pages.ui.amounts import Column
from pages.ui.arrears.data import WAITING_FOR_US
from pages.ui.customer_list import GROUPS, Groups
from pages.ui.customers import tables as customers_tables
from pages.ui.customers.correct_form import correct_button
from pages.ui.explain import explain
from pages.ui.exports import downloads
from pages.ui.filters import personal_words
from pages.ui.navigation import go, opens
from pages.ui.payments.data import ENTER
from pages.ui.session import access
from pages.ui.tiles import TILE_WIDTH_PX, tile
from pages.ui.view import View

#: Tile of the list: group, metric, label, icon, what it says.
GROUP_TILES = (
    ("All", "customers", "Customers", ":material/groups:", ""),
    ("With services", "customers_with_services", "With active services", ":material/router:", "of any technology"),
    ("Overdue", "customers_overdue", "Overdue", ":material/alarm:", "in any currency"),
)
#: The mark of a technology beside its name.
BADGES: Mapping[str, str] = {
    "starlink": ":violet-badge[:material/satellite_alt: Starlink]",
    "fibre": ":blue-badge[:material/cable: Fibre]",
    "wireless": ":orange-badge[:material/cell_tower: Wireless]",
}


def search_box(view: View) -> str:
    """Draw the search box, which names only what the person may search by, and return what is searched for."""
    documents = (("invoice", "invoices"), ("ticket", "tickets"))
    numbers = [word for word, name in documents if not freshness.absent(view, name)]
    words = [
        "name",
        *personal_words(),
        "account reference",
        *([f"{' or '.join(numbers)} number"] if numbers else []),
    ]
    text = st.text_input(
        "Find a customer",
        key="find",
        bind="query-params",
        type="search",
        placeholder=", ".join(words).capitalize(),
        on_change=_show_list,
    )
    return (text or "").strip()


def choose_group(view: View) -> str:
    """Draw the choice of group above the list and return it; a group that cannot be worked out is not offered."""
    options = [choice for choice in GROUPS if not customer_list.group_absent(view, choice)]
    asked = [*st.query_params.get_all("customer_group"), st.session_state.get("customer_group", "All")]
    for choice in dict.fromkeys(asked):
        if choice in GROUPS and choice not in options:
            st.warning(
                f"{choice}: {customer_list.group_absent(view, choice)}. All customers are shown.",
                icon=":material/lock:",
            )
    if len(options) == 1:
        return options[0]
    return str(widgets.one_of("Show", options, "customer_group", "All"))


def list_tiles(view: View, groups: Groups) -> None:
    """Draw how many customers there are and how many need attention; a tile opens its list."""
    with st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small"):
        for choice, key, label, icon, note in GROUP_TILES:
            number, why = groups.counts[GROUPS[choice]], customer_list.group_absent(view, choice)
            tile(
                label,
                [why or formats.count(number)],
                icon=icon,
                note=""
                if why
                else note or f"{formats.count(groups.archived)} of them archived{customer_list.partly(view)}",
                open_label="Show them",
                on_open=None if why else partial(_choose, "customer_group", choice),
                explanation=partial(
                    explain, key, as_of=view.today, filters=_company(view), rows=None if why else number
                ),
            )


def draw_list(view: View, result: Found, text: str, group: str) -> None:
    """Draw the customers found, one page of them; a click on a row opens that customer."""
    if not len(result):
        hiding = {"Search": text, "Show": "" if group == "All" else group} | _company(view)
        tables.empty(
            "customers",
            {name: value for name, value in hiding.items() if value},
            clear={"find": "", "customer_group": "All", "company": "All companies"},
            key="customer_clear",
        )
        return
    shown = customer_list.rows(view, result.take(tables.page_of(len(result), key="customer_page")))
    columns: dict[str, Column] = {"name": st.column_config.TextColumn("Customer", pinned=True, width=200)}
    if text:
        columns["matched"] = st.column_config.TextColumn("Found by", width=200)
    if not shown["active"].all():
        columns["status"] = "Status"
    columns |= {
        "reference": "Reference",
        "phone": "Phone",
        "email": "E-mail",
        "balance": st.column_config.TextColumn("Balance", help="Each currency apart; nothing open shows none"),
        "city": "City",
    }

    if freshness.absent(view, "receivable_lines"):
        columns.pop("balance")

    def choose(position: int | None) -> None:
        if position is not None:
            selection.put("customer", str(shown["partner_id"].iloc[position]))

    tables.show(
        shown,
        columns,
        f"{formats.plural(len(result), 'customer')} found",
        key=tables.rows_key(f"customer_list_{st.session_state.get('customer_closed', 0)}", shown[["partner_id"]]),
        on_pick=choose,
    )
    words = {"Search": text, "Show": group} | _company(view)
    downloads(
        view,
        lambda: tables.exported(customer_list.rows(view, result), columns),
        title="Customers",
        name="customers",
        rows=len(result),
        key="customer_list_export",
        filters={name: value for name, value in words.items() if value},
        as_of=view.today,
        currency_column=None,
    )
    st.caption("Choose a row to open that customer.")


def header(view: View, found: Dashboard) -> None:
    """Draw who the customer is and the answers people call for; it stays as the sections below change."""
    profile = found.profile
    with st.container(border=True, key="customer_header"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(formats.plain(profile.name), anchor=False)
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                if url := links.record_url(view.snapshot.meta, customers_tables.PARTNER, profile.partner_id):
                    st.link_button("Open in Odoo", url, icon=":material/open_in_new:")
                if access.may("proof"):
                    st.page_link(
                        "payments.py",
                        label="Enter a payment",
                        icon=":material/receipt:",
                        query_params={"payments_show": ENTER, "customer": str(profile.partner_id)},
                    )
                correct_button(view, profile.partner_id, profile.name)
                st.button("Close", icon=":material/close:", key="customer_close", on_click=_close)
        badges = [BADGES[key] for key in profile.technologies if key in BADGES]
        if not profile.active:
            badges.insert(0, ":gray-badge[:material/inventory_2: Archived in Odoo]")
        late = formats.plural(found.oldest_days, "day")
        if found.oldest_days:
            badges.append(f":red-badge[:material/alarm: Oldest debt {late}]")
        elif not _absent(found, "receivable_lines") and not found.trust.contradicted:
            badges.append(":green-badge[:material/check: Nothing overdue]")
        if profile.is_company:
            badges.append(":gray-badge[:material/apartment: Company]")
        facts = [profile.reference, profile.phone, profile.email, profile.street, profile.city, profile.company]
        st.markdown(" ".join([*badges, " · ".join(formats.plain(fact) for fact in facts if fact)]))
        if profile.salesperson:
            st.caption(f"Salesperson: {formats.plain(profile.salesperson)}")
        for note in found.notes:
            st.caption(f":material/family_restroom: {formats.plain(note)}")
        _header_tiles(view, found)


def _header_tiles(view: View, found: Dashboard) -> None:
    filters = {"Customer": found.profile.name} | _company(view)
    notes = [f"Oldest debt: {metric('oldest_days').formula}", *freshness.tie(view)]
    told = []
    for field, word in (("overdue", "overdue"), ("unallocated", "unallocated"), ("under_review", WAITING_FOR_US)):
        amounts = [getattr(one, field) for one in found.balances]
        if words := formats.listed(amount.words for amount in amounts if amount.amount):
            told.append(f"{word} {formats.plain(words)}")
    with st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small"):
        absent = _absent(found, "receivable_lines")
        hidden = [] if absent else [one.sentence for one in found.trust.contradicted]
        tile(
            "Balance",
            [absent]
            if absent
            else [one.balance.words for one in found.balances] or ([] if hidden else [formats.NONE_SHOWN]),
            icon=":material/account_balance_wallet:",
            instead=hidden,
            note="" if absent else "; ".join(told) or ("" if hidden else "nothing overdue"),
            open_label="Arrears",
            on_open=None if absent else partial(_choose, "section", "Arrears"),
            explanation=partial(
                explain,
                "balance",
                as_of=found.as_of,
                currency=formats.listed(one.currency for one in found.balances),
                filters=filters,
                rows=sum(row.open_lines for row in found.ageing),
                notes=notes,
            ),
        )
        _count_tile(found, "tickets", "Open tickets", ":material/support_agent:", "open_tickets", found.open_tickets)
        _count_tile(found, "orders", "Open orders", ":material/local_shipping:", "open_orders", found.open_orders)


def _count_tile(found: Dashboard, dataset: str, label: str, icon: str, key: str, number: int | None) -> None:
    every = len(found.tickets) if dataset == "tickets" else len(found.orders)
    tile(
        label,
        [_absent(found, dataset) if number is None else formats.count(number)],
        icon=icon,
        note="" if number is None else f"of {formats.count(every)} altogether",
        open_label=dataset.capitalize(),
        on_open=None if number is None else partial(_choose, "section", dataset.capitalize()),
        explanation=partial(explain, key, as_of=found.as_of, filters={"Customer": found.profile.name}, rows=number),
    )


def _absent(found: Dashboard, dataset: str) -> str:
    """Return why there is no figure, "" when there is one: a missing module is not a zero."""
    absence = found.absence(dataset)
    return "" if absence is None else freshness.ABSENT[absence.state]


def unknown(sentence: str) -> None:
    """Say that the customer in the address does not exist."""
    st.warning(formats.plain(sentence), title="No such customer", icon=":material/person_off:")


def draw_table(
    view: View,
    found: Dashboard,
    table: tuple[pd.DataFrame, dict[str, Column]],
    *,
    title: str,
    name: str,
    filters: Mapping[str, str] | None = None,
    open_page: tuple[str, str, list[int]] | None = None,
) -> None:
    """Draw one of the customer's tables with its downloads.

    `open_page` is the page that a click on a row opens, the key in its address and the id of each row.
    """
    frame, columns = table
    key = f"customer_{name}"
    shown = tables.page_of(len(frame), key=f"{key}_page")

    def opened(position: int | None) -> None:
        if open_page is not None and position is not None:
            page, word, ids = open_page
            go(page, {word: str(ids[shown.start + position])})

    tables.show(
        frame[shown],
        columns,
        f"{title} of {found.profile.name}",
        key=f"{key}_{found.profile.partner_id}_{shown.start}",
        on_pick=opened if open_page and opens(open_page[0]) else None,
    )
    downloads(
        view,
        lambda: tables.exported(frame, columns),
        title=f"{title} of {found.profile.name}",
        name=f"{name}-{found.profile.reference or found.profile.partner_id}".replace("/", "-"),
        rows=len(frame),
        key=f"{key}_export",
        filters={"Customer": found.profile.name, **_company(view), **(filters or {})},
        as_of=found.as_of,
        currency_column="Currency" if "currency" in columns else None,
        amounts=Amounts(headings=amounts.headings(columns)),
    )


def _company(view: View) -> dict[str, str]:
    return {} if view.whole else {"Company": view.company_words}


def _choose(widget: str, value: str) -> None:
    st.session_state[widget] = value


def _show_list() -> None:
    """Leave the chosen customer when something else is searched for."""
    selection.put("customer", "")


def _close() -> None:
    selection.put("customer", "")
    # A table with a new key is drawn without the chosen row.
    st.session_state["customer_closed"] = st.session_state.get("customer_closed", 0) + 1
