"""The data of the Contacts page: the data check of the companies chosen, and the portal accounts. Nothing is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.actions.outbox.office import Office
from odoo_client.actions.portal_links import links
from odoo_client.frames.arrays import BoolArray, IntArray, flags, floats, ints
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics import contact_rules
from odoo_client.metrics.data_check import data_check, unseen_kinds
from odoo_client.store.snapshot import Snapshot
from pages.ui import customer_list, freshness
from pages.ui import view as data
from pages.ui.session import access, backend
from pages.ui.view import View


@dataclass(frozen=True, eq=False)
class Check:
    """The data check of the companies chosen: the columns of `data_check`, and reference, city str; active, owes bool.

    Each row is a finding; a customer archived with debts in two currencies has one. `customers` counts those checked,
    `unseen` are the kinds of findings this person may not see, `ledger` says whether they may see debts.
    """

    findings: pd.DataFrame
    customers: int
    unseen: frozenset[str]
    ledger: bool

    @cached_property
    def shared_by(self) -> IntArray:
        """How many customers share the value of each finding, 0 where nothing is shared."""
        group = self.findings["group"]
        counts = group.map(group[group != ""].value_counts()).fillna(0)
        return np.asarray(counts, dtype=np.int64)


def personal(kind: str) -> bool:
    """Return whether the person looking may see that kind of personal data."""
    return kind in access.current().personal


def check_of(view: View) -> Check:
    """Return the data check, made once for each choice of company and each set of rights."""
    return _check(view.key, view.today, tuple(sorted(view.company_ids)), personal("email"), personal("phone"), view)


@st.cache_resource(show_spinner=False, max_entries=8)
def _check(snapshot_id: str, today: date, company_ids: tuple[int, ...], email: bool, phone: bool, _view: View) -> Check:
    index = customer_list.index(_view)
    ledger = not freshness.absent(_view, "receivable_lines")
    book = data.ledger(_view, today, data.policy_of(_view, "due_date")).by_customer
    owed = data.of_companies(_view, book)
    known = index.known(customer_list.chosen_companies(_view))
    unseen = unseen_kinds(email=email, phone=phone, ledger=ledger)
    found = data_check(index.customers, known, owed, leave_out=unseen)
    found = found.drop_duplicates(["kind", "partner_id", "group", "value"], ignore_index=True)
    at = positions(ints(index.customers, "partner_id"), ints(found, "partner_id"))
    debtors = ints(owed, "commercial_partner_id")[floats(owed, "balance") > 0]
    found = found.assign(
        reference=text_at(index.customers, "ref", at).array,
        city=text_at(index.customers, "city", at).array,
        active=flags(index.customers, "active")[at],
        owes=np.isin(ints(found, "partner_id"), debtors),
    )
    looked_at = known & (index.active | np.isin(ints(index.customers, "partner_id"), debtors))
    return Check(found, int(looked_at.sum()), unseen, ledger)


def portal_accounts(view: View, office: Office) -> pd.DataFrame:
    """Return the portal accounts linked to customers this person sees, or to customers that are gone, by portal id.

    Columns: those of `links`, and customer, reference, state str ("" = nothing to look at). Raises OutboxError.
    """
    rows = links(office)
    customers = view.snapshot.frame("customers")
    at = positions(ints(customers, "partner_id"), ints(rows, "odoo_partner_id"))
    whole = backend.backend().snapshot()
    every = ints((whole or view.snapshot).frame("customers"), "partner_id")
    seen = (at >= 0) | ~np.isin(ints(rows, "odoo_partner_id"), every)
    rows, at = rows[seen].reset_index(drop=True), at[seen]
    several = rows.duplicated("odoo_partner_id", keep=False).to_numpy(dtype=np.bool_)
    states = [
        _state(found, active, differs, more)
        for found, active, differs, more in zip(
            at >= 0, np.append(flags(customers, "active"), True)[at], _differs(view, rows, at), several, strict=True
        )
    ]
    return rows.assign(
        customer=text_at(customers, "name", at, "No longer in Odoo").array,
        reference=text_at(customers, "ref", at).array,
        state=pd.Series(states, dtype="str").array,
    )


def _differs(view: View, rows: pd.DataFrame, at: IntArray) -> BoolArray:
    """Return whether a portal account's e-mail is neither its customer's nor a contact's, if e-mails are seen."""
    if not personal("email"):
        return np.zeros(len(rows), dtype=np.bool_)
    known = _addresses(view.key, view.snapshot)
    pairs = zip(ints(rows, "odoo_partner_id").tolist(), rows["email"].str.casefold(), strict=True)
    return np.array([found >= 0 and pair not in known for found, pair in zip(at, pairs, strict=True)], dtype=np.bool_)


@st.cache_resource(show_spinner=False, max_entries=data.DERIVED_KEPT)
def _addresses(snapshot_id: str, _snapshot: Snapshot) -> frozenset[tuple[int, str]]:
    """Return the addresses of each customer and its contacts, in the form they are compared in."""
    customers = _snapshot.frame("customers")
    found = contact_rules.emails(customers["email"])
    owners = ints(customers, "commercial_partner_id")[found.at]
    return frozenset(zip(owners.tolist(), found.key, strict=True))


def _state(found: bool, active: bool, differs: bool, several: bool) -> str:
    if not found:
        return "Customer gone"
    words = [
        *(["E-mail differs from Odoo's"] if differs else []),
        *([] if active else ["Archived in Odoo"]),
        *(["Several accounts"] if several else []),
    ]
    return "; ".join(words)
