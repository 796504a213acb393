"""The drawing of the data check: tiles, the table of findings, and customers side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.actions.portal_links import Candidate
from odoo_client.frames.arrays import BoolArray, ints
from odoo_client.metrics.data_check import (
    ARCHIVED_WITH_DEBT,
    MALFORMED_EMAIL,
    MALFORMED_PHONE,
    NO_EMAIL,
    NO_PHONE,
    SAME_EMAIL,
    SAME_NAME,
    SAME_PHONE,
    SUBJECTS,
    customers_found,
)
from pages.ui import customer_list, formats, links, tables
from pages.ui.amounts import Column
from pages.ui.contacts.data import Check
from pages.ui.contacts.filters import CheckFilters, kind_name, of_kinds, open_kinds
from pages.ui.explain import explain
from pages.ui.tiles import TILE_WIDTH_PX, tile
from pages.ui.view import View

PARTNER = "res.partner"
#: Why a figure cannot be given: it is never a zero.
NO_RIGHT = "no right to read"
#: Tile: subject of the data check, metric, label, icon, and how its note names the kinds.
TILES: tuple[tuple[str, str, str, str, Mapping[str, str]], ...] = (
    ("email", "customer_email", "E-mail", ":material/mail:", {NO_EMAIL: "without", MALFORMED_EMAIL: "malformed"}),
    ("phone", "customer_phone", "Phone", ":material/call:", {NO_PHONE: "without", MALFORMED_PHONE: "malformed"}),
    (
        "duplicates",
        "customer_duplicates",
        "Duplicates",
        ":material/group:",
        {SAME_EMAIL: "by e-mail", SAME_PHONE: "by phone", SAME_NAME: "by name"},
    ),
    ("archived", "archived_with_debt", "Archived with debt", ":material/inventory_2:", {}),
)


@dataclass(frozen=True, eq=False)
class ContactsPage:
    """What the check's parts draw from: the view, the check, the filters, and what they keep.

    `keep` leaves the kind open; `mask` is the table.
    """

    view: View
    found: Check
    chosen: CheckFilters
    keep: BoolArray

    @property
    def mask(self) -> BoolArray:
        """The findings of the table."""
        mask: BoolArray = self.keep & of_kinds(self.found, self.chosen.kinds)
        return mask


def tiles(shown: ContactsPage, words: Mapping[str, str]) -> None:
    """Draw how many customers have something to put right, by subject; a tile opens its findings."""
    found, rows = shown.found, shown.found.findings[shown.keep]
    with st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small"):
        number = customers_found(rows)
        tile(
            "To put right",
            [formats.count(number)],
            icon=":material/rule:",
            note=f"of {formats.plural(found.customers, 'customer')} looked at{customer_list.partly(shown.view)}",
            open_label="Show them",
            on_open=partial(open_kinds, ()),
            explanation=partial(explain, "customer_data", as_of=shown.view.today, filters=words, rows=len(rows)),
        )
        for subject, key, label, icon, parts in TILES:
            kinds = [kind for kind in SUBJECTS[subject] if kind not in found.unseen]
            number = customers_found(rows, kinds)
            told = [f"{formats.count(customers_found(rows, [kind]))} {parts[kind]}" for kind in kinds if parts]
            tile(
                label,
                [formats.count(number) if kinds else NO_RIGHT],
                icon=icon,
                note=formats.listed(told) if parts else "in any company and currency",
                open_label="Show them",
                on_open=partial(open_kinds, kinds) if kinds else None,
                explanation=partial(explain, key, as_of=shown.view.today, filters=words, rows=number),
            )


def unseen_note(found: Check) -> str:
    """Return a sentence on what the check leaves out because a right is missing, "" when nothing."""
    wanting = [
        *(["e-mails"] if NO_EMAIL in found.unseen else []),
        *(["phones"] if NO_PHONE in found.unseen else []),
        *(["debts"] if ARCHIVED_WITH_DEBT in found.unseen else []),
    ]
    if not wanting:
        return ""
    return (
        f"Not looked at: {formats.listed(wanting)}, which your role does not see. With that right more is found here."
    )


def rows_of(shown: ContactsPage, mask: BoolArray) -> pd.DataFrame:
    """Return the findings of `mask` as the table shows them."""
    view, found = shown.view, shown.found
    rows = found.findings[mask].reset_index(drop=True)
    partner_ids = ints(rows, "partner_id")
    owed = customer_list.balances(view, np.unique(partner_ids)) if found.ledger else {}
    return pd.DataFrame(
        {
            "partner_id": partner_ids,
            "kind_code": rows["kind"].cat.codes.to_numpy(dtype=np.int64),
            "kind": rows["kind"].astype("str").map(kind_name),
            "name": rows["name"],
            "value": rows["value"],
            "shared": pd.Series(found.shared_by[mask], dtype="Int64").replace(0, pd.NA),
            "balance": pd.Series([owed.get(key, "") for key in partner_ids.tolist()], dtype="str"),
            "reference": rows["reference"],
            "city": rows["city"],
            "status": pd.Series(np.where(rows["active"], "", "Archived"), dtype="str"),
            "odoo": links.record_urls(view.snapshot.meta, PARTNER, partner_ids),
        }
    )


def columns_of(shown: ContactsPage) -> dict[str, Column]:
    """Return the table's columns in order; what no row has is left out."""
    found, mask = shown.found, shown.mask
    columns: dict[str, Column] = {
        "name": st.column_config.TextColumn("Customer", pinned=True, width=190),
        "kind": st.column_config.TextColumn("Finding", width=140),
        "value": st.column_config.TextColumn("What is there", width=190),
        "shared": tables.count_column("Customers with it", "How many customers share this e-mail, phone or name"),
        "balance": st.column_config.TextColumn(
            "Balance", width=130, help="Each currency apart; nothing open shows none"
        ),
        "reference": "Reference",
        "city": "City",
        "status": "Status",
    }
    if not found.shared_by[mask].any():
        columns.pop("shared")
    if not found.ledger:
        columns.pop("balance")
    if found.findings["active"][mask].all():
        columns.pop("status")
    if links.record_url(shown.view.snapshot.meta, PARTNER, 1):
        columns["odoo"] = tables.link_column("Odoo")
    return columns


def cards(
    view: View,
    customers: Sequence[Candidate],
    *,
    notes: Mapping[int, str] | None = None,
    action: Callable[[Candidate], None] | None = None,
) -> None:
    """Draw customers side by side, each with what tells them apart; `action` draws what can be done with one."""
    owed = customer_list.balances(view, np.array([one.partner_id for one in customers], dtype=np.int64))
    with st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small"):
        for one in customers:
            with st.container(border=True, height="stretch", gap="xsmall"):
                archived = "" if one.active else " :gray-badge[:material/inventory_2: Archived in Odoo]"
                st.markdown(f"**{formats.plain(one.name)}**{archived}")
                facts = [
                    *((":material/tag:", text) for text in [one.ref] if text),
                    *((":material/mail:", text) for text in [one.email] if text),
                    *((":material/call:", text) for text in [one.phone] if text),
                    *((":material/location_on:", text) for text in [one.city] if text),
                ]
                st.markdown("  \n".join(f"{icon} {formats.plain(text)}" for icon, text in facts) or "No other data")
                told = [
                    *([f"Balance {owed[one.partner_id]}"] if one.partner_id in owed else []),
                    *([f"E-mail of its contact {formats.listed(one.contacts)}"] if one.contacts else []),
                    *([note] if (note := (notes or {}).get(one.partner_id, "")) else []),
                ]
                if told:
                    st.caption("  \n".join(formats.plain(text) for text in told))
                if action is not None:
                    st.space("stretch")
                    action(one)
