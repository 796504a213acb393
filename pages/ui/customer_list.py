"""The data of the Customers page: search index, groups of customers, one customer's dashboard. Nothing is drawn here.

Each is made once per snapshot (a dashboard once per customer) and shared by all sessions; nobody writes into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.customer.dashboard import dashboard
from odoo_client.customer.search import KNOWN_BY, Found, SearchIndex, search
from odoo_client.customer.types import Dashboard
from odoo_client.frames.arrays import BoolArray, IntArray, floats, ints, is_code
from odoo_client.frames.groups import positions
from pages.ui import freshness, searching, trusted
from pages.ui import view as data
from pages.ui.view import View

#: Dashboards kept at once for all sessions together: a call centre looks at the same few customers again and again.
DASHBOARDS_KEPT = 64
#: Which customers the list shows: choice, and the group behind it.
GROUPS: Mapping[str, str] = {
    "All": "all",
    "With services": "services",
    "Overdue": "overdue",
    "Archived and owing": "archived",
}


#: The dataset each group needs: without it the group is not offered, for nobody would be in it.
GROUP_NEEDS: Mapping[str, str] = {
    "With services": "services",
    "Overdue": "receivable_lines",
    "Archived and owing": "receivable_lines",
}


def group_absent(view: View, choice: str) -> str:
    """Return why a group of `GROUPS` cannot be worked out, "" when it can."""
    return freshness.absent(view, GROUP_NEEDS[choice]) if choice in GROUP_NEEDS else ""


def partly(view: View) -> str:
    """Return a note on a count that misses people who are customers only by records that may not be read."""
    denied = any(freshness.absent(view, name) == freshness.ABSENT["denied"] for name in KNOWN_BY)
    return "; counted by the records you may read" if denied else ""


@dataclass(frozen=True)
class Groups:
    """Which customers of the index are in each group, in the companies chosen, and how many they are."""

    masks: Mapping[str, BoolArray]
    counts: Mapping[str, int]
    archived: int


def index(view: View) -> SearchIndex:
    """Return the search index of the snapshot."""
    return _index(view.key, view)


@st.cache_resource(show_spinner=False, max_entries=data.DERIVED_KEPT)
def _index(snapshot_id: str, _view: View) -> SearchIndex:
    return SearchIndex.build(_view.snapshot, searching.customers(_view))


def chosen_companies(view: View) -> frozenset[int] | None:
    """Return the companies chosen, None when all are."""
    return None if view.whole else view.company_ids


def groups(view: View) -> Groups:
    """Return the groups of customers, made once for each choice of company."""
    return _groups(view.key, view.today, tuple(sorted(view.company_ids)), view)


@st.cache_resource(show_spinner=False, max_entries=8)
def _groups(snapshot_id: str, today: date, company_ids: tuple[int, ...], _view: View) -> Groups:
    found = index(_view)
    partner_ids = ints(found.customers, "partner_id")
    book = data.ledger(_view, today, data.policy_of(_view, "due_date")).by_customer
    owed = data.of_companies(_view, book)
    services = data.of_companies(_view, _view.snapshot.frame("services"))
    running = services[is_code(services, "status", "active")]

    def among(owners: IntArray) -> BoolArray:
        mask = np.zeros(len(partner_ids), dtype=np.bool_)
        at = positions(partner_ids, owners)
        mask[at[at >= 0]] = True
        return mask

    owners = ints(owed, "commercial_partner_id")
    known = found.known(chosen_companies(_view))
    masks = {
        "all": known,
        "services": among(ints(running, "commercial_partner_id")),
        "overdue": among(owners[floats(owed, "overdue") > 0]),
        "archived": among(owners) & ~found.active,
    }
    counts = {name: int(mask.sum()) for name, mask in masks.items()}
    return Groups(masks, counts, int((known & ~found.active).sum()))


def found(view: View, text: str, group: str) -> Found:
    """Return the customers of `group` that `text` finds; without a text, the whole group."""
    result = search(index(view), text, chosen_companies(view))
    if group == "all":
        return result
    return result.take(groups(view).masks[group][result.at])


def rows(view: View, result: Found) -> pd.DataFrame:
    """Return the customers found as the list shows them: the columns of `Found.rows`, and balance, status str."""
    table = result.rows()
    partner_ids = ints(table, "partner_id")
    words = balances(view, partner_ids)
    return table.assign(
        balance=[words.get(partner_id, "") for partner_id in partner_ids.tolist()],
        status=np.where(table["active"], "", "Archived"),
        matched=_matched(table),
    )


def balances(view: View, partner_ids: IntArray) -> dict[int, str]:
    """Return what these customers owe in the companies chosen, by currency ("USD 5.00 · ZWG 9.00")."""
    owed = data.of_companies(view, data.ledger(view, view.today, data.policy_of(view, "due_date")).by_customer)
    open_rows = owed.take(np.flatnonzero(np.isin(ints(owed, "commercial_partner_id"), partner_ids)))
    sums = open_rows.groupby(["commercial_partner_id", "currency_id"])["balance"].sum().reset_index()
    owners, currency_ids = ints(sums, "commercial_partner_id").tolist(), ints(sums, "currency_id").tolist()
    words: dict[int, list[str]] = {}
    for partner_id, currency_id, amount in zip(owners, currency_ids, sums["balance"], strict=True):
        words.setdefault(partner_id, []).append(view.money(amount, currency_id))
    for partner_id, hidden in trusted.not_shown(view, partner_ids.tolist()).items():
        words.setdefault(partner_id, []).extend(hidden)
    return {partner_id: " · ".join(amounts) for partner_id, amounts in words.items()}


def _matched(table: pd.DataFrame) -> list[str]:
    """Return why each row was found, in words: `e-mail of its contact Mrs Moyo`."""
    pairs = zip(table["reason"], table["contact"], strict=True)
    words = (f"{reason} of its contact {contact}" if contact else reason for reason, contact in pairs)
    return [word[:1].upper() + word[1:] for word in words]


def dashboard_of(view: View, partner_id: int) -> Dashboard:
    """Return one customer's dashboard in the companies chosen; raises CustomerLookupError (a sentence)."""
    companies = chosen_companies(view)
    return _dashboard(view.key, partner_id, None if companies is None else tuple(sorted(companies)), view.today, view)


@st.cache_resource(show_spinner=False, max_entries=DASHBOARDS_KEPT)
def _dashboard(
    snapshot_id: str, partner_id: int, company_ids: tuple[int, ...] | None, today: date, _view: View
) -> Dashboard:
    return dashboard(_view.snapshot, partner_id, settings=_view.settings, company_ids=company_ids)
