"""Portal accounts and their customers: find by e-mail or by search, link, review what is linked, undo."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.actions.portal_links import (
    Candidate,
    candidate,
    candidates,
    link_customer,
    link_history,
    unlink_customer,
)
from odoo_client.errors import AfinetError
from odoo_client.frames.arrays import BoolArray, ints, is_code
from odoo_client.frames.groups import positions, text_at
from pages.ui import customer_list, formats, searching, tables, widgets
from pages.ui.amounts import Column
from pages.ui.contacts import data as contacts_data
from pages.ui.contacts import tiles as contacts_tiles
from pages.ui.contacts.data import portal_accounts
from pages.ui.explain import explain
from pages.ui.exports import downloads
from pages.ui.filters import FILTER_WIDTH_PX
from pages.ui.session import access, submit
from pages.ui.tiles import TILE_WIDTH_PX, tile
from pages.ui.view import View

#: Customers drawn side by side; a search that finds more is too broad to choose from.
SIDE_BY_SIDE = 12
#: Which links the table shows.
SHOWN = ("All", "To look at")
_SAID = "portal_said"
#: The last link made or undone, and its message: a second click on its button shows the same.
_DONE = "portal_done"


def draw(view: View) -> None:
    """Draw the linked portal accounts and, for people who may link, the form that links another."""
    try:
        rows = portal_accounts(view, submit.office())
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), title="The links cannot be read", icon=":material/error:")
        return
    _said()
    _tiles(view, rows)
    if access.may("link"):
        _link_form(view, rows)
    _table(view, rows)


def _tiles(view: View, rows: pd.DataFrame) -> None:
    odd = int(rows["state"].ne("").sum())
    with st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small"):
        tile(
            "Linked accounts",
            [formats.count(len(rows))],
            icon=":material/link:",
            note=f"to {formats.plural(int(rows['odoo_partner_id'].nunique()), 'customer')}",
            open_label="Show them",
            on_open=partial(_show, "All"),
            explanation=partial(explain, "portal_links", as_of=view.today, rows=len(rows)),
        )
        tile(
            "To look at",
            [formats.count(odd)],
            icon=":material/rule:",
            note="e-mail differs from Odoo's, customer archived or gone, several accounts",
            open_label="Show them",
            on_open=partial(_show, "To look at"),
        )


def _show(choice: str) -> None:
    st.session_state["portal_show"] = choice


def _link_form(view: View, rows: pd.DataFrame) -> None:
    """Draw the two fields of a portal account and the customers it may belong to, side by side."""
    st.subheader("Link a portal account", anchor=False)
    with st.grid(2, min_column_width=FILTER_WIDTH_PX, gap="xsmall"):
        portal_id = (st.text_input("Portal id", key="portal_id", bind="query-params", max_chars=64) or "").strip()
        # Kept out of the address, which proxies and browsers store: it says who somebody is.
        email = (st.text_input("E-mail", key="portal_email", type="email") or "").strip()
    if not portal_id and not email:
        st.caption("Enter the portal account's id and e-mail to see the customers with that e-mail.")
        return
    matches: list[Candidate] = []
    if not contacts_data.personal("email"):
        st.info("Your role does not see e-mails: find the customer by name or reference.", icon=":material/lock:")
    elif email:
        matches = candidates(view.snapshot, email)
        if matches:
            said = "This customer has" if len(matches) == 1 else f"{formats.plural(len(matches), 'customer')} have"
            st.markdown(f"{said} the e-mail **{formats.plain(email)}**:")
            _choose(view, rows, matches, portal_id, email)
        else:
            st.info(
                f"No customer has the e-mail {formats.plain(email)}. Find them below.", icon=":material/search_off:"
            )
    text = st.text_input(
        "Or find the customer" if matches else "Find the customer",
        key="portal_find",
        bind="query-params",
        type="search",
        placeholder="Name, account reference or phone",
    )
    if text and text.strip():
        _search(view, rows, text.strip(), portal_id, email)


def _search(view: View, rows: pd.DataFrame, text: str, portal_id: str, email: str) -> None:
    found = customer_list.found(view, text, "all")
    if not len(found):
        st.info(f"No customer is found by {formats.plain(text)}.", icon=":material/search_off:")
        return
    drawn = [candidate(view.snapshot, int(key)) for key in found.partner_ids()[:SIDE_BY_SIDE]]
    _choose(view, rows, drawn, portal_id, email, key="found")
    if more := len(found) - len(drawn):
        st.caption(f"{formats.plural(more, 'more customer')} found: search for something that fewer have.")


def _choose(
    view: View, rows: pd.DataFrame, matches: Sequence[Candidate], portal_id: str, email: str, *, key: str = "match"
) -> None:
    """Draw customers side by side, each with the button that links it."""
    accounts = rows.groupby("odoo_partner_id")["portal_id"].agg(formats.listed)
    notes = {int(one): f"Has portal account {text}" for one, text in zip(accounts.index, accounts, strict=True)}

    def button(one: Candidate) -> None:
        st.button(
            "Link",
            key=f"portal_link_{key}_{one.partner_id}",
            icon=":material/add_link:",
            disabled=not (portal_id and email),
            help=None if portal_id and email else "Enter the portal account's id and e-mail first.",
            on_click=_link,
            args=(view, portal_id, email, one),
        )

    contacts_tiles.cards(view, matches[:SIDE_BY_SIDE], notes=notes, action=button)


def _link(view: View, portal_id: str, email: str, customer: Candidate) -> None:
    try:
        subject = f"link portal account {portal_id} to res.partner:{customer.partner_id}"
        access.required_now("link", "write", subject)
        made = link_customer(
            submit.office(), submit.author(), portal_id, email, customer.partner_id, source=view.snapshot
        )
    except AfinetError as exc:
        st.session_state[_SAID] = ("error", exc.sentence)
        return
    words = " ".join([f"Portal account {made.portal_id} is linked to {customer.name}.", *made.notes])
    _tell((portal_id, made.moment_s), ("warning" if made.notes else "success", words))
    for key in ("portal_id", "portal_email", "portal_find"):
        st.session_state[key] = ""


def _tell(done: tuple[object, ...], said: tuple[str, str]) -> None:
    before, words = st.session_state.get(_DONE, (None, said))
    st.session_state[_DONE] = (done, words if before == done else said)
    st.session_state[_SAID] = st.session_state[_DONE][1]


def _said() -> None:
    """Draw the outcome of the last link or undo, once."""
    kind, words = st.session_state.pop(_SAID, ("", ""))
    if kind == "error":
        st.error(formats.plain(words), icon=":material/error:")
    elif kind == "warning":
        st.warning(formats.plain(words), icon=":material/link:")
    elif kind:
        st.success(formats.plain(words), icon=":material/check_circle:")


def _table(view: View, rows: pd.DataFrame) -> None:
    st.subheader("Linked", anchor=False)
    if rows.empty:
        st.info("No portal account is linked yet.", icon=":material/inbox:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = widgets.search("Search links", "portal_q", "Portal id, e-mail, customer, who", width=260)
        choice = widgets.one_of("Show", list(SHOWN), "portal_show", "All")
    kept = rows[_mask(view, rows, text, choice)].reset_index(drop=True)
    if kept.empty:
        words = {"Search links": text, "Show": "" if choice == "All" else choice}
        tables.empty(
            "portal accounts",
            {name: value for name, value in words.items() if value},
            clear={"portal_q": "", "portal_show": "All"},
            key="portal_clear",
        )
        return
    shown = kept[tables.page_of(len(kept), key="portal_page")].reset_index(drop=True)
    columns = _columns(kept)
    picked = st.session_state.get("portal_picked")
    where = np.flatnonzero(shown["portal_id"] == picked)
    tables.show(
        _words(view, shown),
        columns,
        f"{formats.plural(len(kept), 'portal account')} linked",
        key=f"{tables.rows_key('portal', shown[['odoo_partner_id']])}_{st.session_state.get('portal_changed', 0)}",
        on_pick=partial(_pick, shown),
        picked=int(where[0]) if len(where) else None,
    )
    downloads(
        view,
        lambda: _export(view, kept, columns),
        title="Portal links",
        name="portal-links",
        rows=len(kept),
        key="portal",
        filters={name: value for name, value in {"Search links": text, "Show": choice}.items() if value},
        currency_column=None,
    )
    if len(where):
        _undo_form(view, shown.iloc[int(where[0])])
    elif access.may("link"):
        st.caption("Choose a row to see its history, or to undo the link.")


def _mask(view: View, rows: pd.DataFrame, text: str, choice: str) -> BoolArray:
    keep = np.ones(len(rows), dtype=np.bool_) if choice == "All" else ~is_code(rows, "state", "")
    if text:
        searched = ["portal_id", "customer", "reference", "name", "login"]
        searched += ["email"] if contacts_data.personal("email") else []
        keep = keep & searching.of_rows(view, text, rows, searched, "odoo_partner_id")
    return keep


def _words(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    """Return links as the table shows them: moments in the provider's time zone, no e-mails for roles without them."""
    moments = [formats.moment(at.tz_localize("UTC"), view.settings.timezone) for at in rows["moment"]]
    shown = rows.assign(when=pd.Series(moments, dtype="str").array)
    return shown if contacts_data.personal("email") else shown.assign(email="")


def _columns(rows: pd.DataFrame) -> dict[str, Column]:
    columns: dict[str, Column] = {
        "portal_id": st.column_config.TextColumn("Portal id", pinned=True, width=130),
        "email": st.column_config.TextColumn("E-mail", width=190),
        "customer": st.column_config.TextColumn("Customer", width=190),
        "reference": "Reference",
        "state": st.column_config.TextColumn("To look at", width=190),
        "name": "Linked by",
        "when": "When",
    }
    if not rows["state"].ne("").any():
        columns.pop("state")
    if not contacts_data.personal("email"):
        columns.pop("email")
    return columns


def _export(view: View, rows: pd.DataFrame, columns: dict[str, Column]) -> pd.DataFrame:
    """Return the mapping as exported: what is on screen, and Odoo's id for programs that read it."""
    table = tables.exported(_words(view, rows), columns)
    table.insert(1, "odoo_partner_id", rows["odoo_partner_id"].to_numpy())
    return table


def _pick(rows: pd.DataFrame, position: int | None) -> None:
    st.session_state["portal_picked"] = None if position is None else str(rows["portal_id"].iloc[position])


def _undo_form(view: View, row: pd.Series) -> None:
    """Draw the history of the portal account chosen and, for people who may link, the form that undoes its link."""
    portal_id = str(row["portal_id"])
    with st.container(border=True, key="portal_detail"):
        st.markdown(f"**{formats.plain(portal_id)}** · {formats.plain(row['customer'])}")
        for one in _history(view, portal_id):
            st.caption(one)
        if not access.may("link"):
            return
        with st.form(f"portal_undo_{portal_id}", border=False):
            st.text_input("Reason", key="portal_reason", max_chars=300, placeholder="Why this link is undone")
            st.form_submit_button(
                "Undo link", icon=":material/link_off:", on_click=_unlink, args=(portal_id, row["moment"])
            )


def _history(view: View, portal_id: str) -> list[str]:
    try:
        rows = link_history(submit.office(), portal_id)
    except AfinetError as exc:
        return [formats.plain(exc.sentence)]
    customers = view.snapshot.frame("customers")
    at = positions(ints(customers, "partner_id"), ints(rows, "odoo_partner_id"))
    rows = rows.assign(whose=text_at(customers, "name", at, "a customer not shown here").array)
    said = []
    for row in rows.to_dict("records"):
        when = formats.moment(row["moment"].tz_localize("UTC"), view.settings.timezone)
        deed = f"linked to {row['whose']}" if row["linked"] else f"link to {row['whose']} undone: {row['reason']}"
        said.append(formats.plain(f"{when}, {row['name']}: {deed}"))
    return said


def _unlink(portal_id: str, linked_at: pd.Timestamp) -> None:
    done, said = st.session_state.get(_DONE, (None, None))
    if done == (portal_id, linked_at):
        st.session_state[_SAID] = said
        return
    reason = str(st.session_state.get("portal_reason", "")).strip()
    if not reason:
        # Nothing has been done yet, so there is no line in the audit trail.
        st.session_state[_SAID] = ("error", "Say why this link is undone.")
        return
    try:
        access.required_now("link", "write", f"undo the link of portal account {portal_id}")
        unlink_customer(submit.office(), submit.author(), portal_id, reason)
    except AfinetError as exc:
        st.session_state[_SAID] = ("error", exc.sentence)
        return
    _tell((portal_id, linked_at), ("success", f"The link of portal account {portal_id} is undone."))
    st.session_state["portal_reason"] = ""
    st.session_state["portal_picked"] = None
    st.session_state["portal_changed"] = st.session_state.get("portal_changed", 0) + 1
