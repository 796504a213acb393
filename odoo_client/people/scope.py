"""A snapshot cut to what one person may see in Odoo: the one place where scope is applied, before any page reads.

It mirrors Odoo's own rules: companies (a record without one is everybody's), a salesperson's own orders, own and team
tickets of OCA's helpdesk, and the models a person's groups cannot read. Personal data is blanked here, so that what a
role must not see never leaves the server.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import ints
from odoo_client.metrics.convert import roots_of
from odoo_client.metrics.data_check import NAMELESS
from odoo_client.people.access import (
    LEDGER_FRAMES,
    PROMISE_FRAMES,
    SALES_FRAMES,
    SERVICE_FRAMES,
    TICKET_FRAMES,
    Access,
    Person,
)
from odoo_client.people.redaction import column_without, without
from odoo_client.roles import Personal
from odoo_client.store.snapshot import Snapshot

#: Columns blanked for people without the right to that kind of personal data.
MASKED: Final[dict[Personal, dict[str, tuple[str, ...]]]] = {
    "phone": {"customers": ("phone",)},
    "email": {"customers": ("email",), "tickets": ("contact_email",)},
    "bank_reference": {
        "payments": ("memo", "payment_reference"),
        "receivable_lines": ("label", "ref"),
        "money_lines": ("label",),
        "deductions": ("label",),
    },
}
#: Columns of names in which Odoo or people put an e-mail address where they have no name, and what stands there for
#: people without the right to e-mails.
NAMES: Final[dict[str, tuple[str, str]]] = {"customers": ("name", NAMELESS), "tickets": ("contact_name", "")}
#: Frames of names that everybody may read in full, and that other frames refer to.
OPEN_FRAMES: Final = frozenset({"currencies", "users", "message_subtypes", "ticket_stages", "ticket_teams"})
#: Frame → the frame it belongs to and the column that joins them: what is not kept there is not kept here.
PARENTS: Final[dict[str, tuple[str, str]]] = {
    "order_lines": ("orders", "order_id"),
    "ticket_messages": ("tickets", "ticket_id"),
    "invoice_lines": ("invoices", "move_id"),
    "invoice_technology": ("invoices", "move_id"),
    "payment_invoices": ("payments", "payment_id"),
    "promises": ("customers", "partner_id"),
}
#: Columns of what people typed, in which e-mail addresses and telephone numbers are replaced, also in a column of the
#: other kind. All other texts are the provider's own: numbers of documents, names of companies, colleagues, products.
TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "customers": ("name", "ref", "street", "city", "phone", "email"),
    "tickets": ("subject", "contact_name", "contact_email"),
    "orders": ("client_ref",),
    "invoices": ("ref", "origin", "payment_reference"),
    "receivable_lines": ("label", "ref"),
    "payments": ("memo", "payment_reference"),
    "money_lines": ("label",),
    "deductions": ("label",),
    "promises": ("summary",),
    "services": ("name",),
    "contracts": ("name", "code"),
    "contract_lines": ("name",),
    "subscriptions": ("name",),
}
DENIED: Final = "Your Odoo account has no right to read this. An administrator gives it in Odoo."


class Scope:
    """What one person may see of snapshots that differ in nothing but the ages of what was read: cut only once."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._last: tuple[Snapshot, Snapshot] | None = None
        self._frames: Mapping[str, pd.DataFrame] | None = None

    def of(self, snapshot: Snapshot) -> Snapshot:
        """Return what `scoped` does."""
        last = self._last
        if last is None or last[0] is not snapshot:
            found = scoped(snapshot, self._access, self._frames)
            self._frames = None if found is snapshot else {name: found.frame(name) for name in found}
            # One assignment, since sessions share this.
            last = self._last = snapshot, found
        return last[1]


def scoped(snapshot: Snapshot, access: Access, known: Mapping[str, pd.DataFrame] | None = None) -> Snapshot:
    """Return the part of `snapshot` that the person may see; `snapshot` itself when that is all of it.

    Its id carries the scope, so that nothing derived from it is ever shown to a person who may see less or more.
    Denied frames have no rows and the state "denied"; masked columns are "". `known` are its frames where they were cut
    before.
    """
    cut = _Cut(snapshot, access)
    if cut.whole:
        return snapshot
    frames = known or {name: cut.frame(name) for name in snapshot}
    info = {}
    for name, one in snapshot.info.items():
        rows = len(frames[name]) if name in frames else one.rows
        # A warning may quote the value it is about.
        one = replace(one, warnings=tuple(without(text, access.personal) for text in one.warnings))
        refused = name in cut.denied and one.state != "missing"
        info[name] = replace(one, rows=rows, state="denied", message=DENIED) if refused else replace(one, rows=rows)
    ledger = not cut.denied.intersection(LEDGER_FRAMES)
    totals = snapshot.meta.control_totals if ledger else ()
    non_trade = snapshot.meta.non_trade_totals if ledger else ()
    meta = replace(
        snapshot.meta,
        snapshot_id=f"{snapshot.meta.snapshot_id}-{access.scope_key}",
        content_id=f"{snapshot.content_id}-{access.scope_key}",
        company_ids=tuple(one for one in snapshot.meta.company_ids if one in access.person.company_ids),
        control_totals=tuple(total for total in totals if total.company_id in access.person.company_ids),
        non_trade_totals=tuple(total for total in non_trade if total.company_id in access.person.company_ids),
        read_whole_for=tuple(one for one in snapshot.meta.read_whole_for if one[0] in access.person.company_ids),
    )
    return Snapshot(meta, MappingProxyType(info), MappingProxyType(frames))


def denied_frames(person: Person) -> frozenset[str]:
    """Return the frames that Odoo does not let the person read."""
    denied: set[str] = set()
    if person.frames is not None:
        every = {*LEDGER_FRAMES, *SALES_FRAMES, *TICKET_FRAMES, *SERVICE_FRAMES, *PROMISE_FRAMES}
        denied.update(every - person.frames)
    if person.sales == "none":
        denied.update(SALES_FRAMES)
    if person.tickets == "none":
        denied.update(TICKET_FRAMES)
    return frozenset(denied)


class _Cut:
    def __init__(self, snapshot: Snapshot, access: Access) -> None:
        self._snapshot = snapshot
        self._person = access.person
        self._made: dict[str, pd.DataFrame] = {}
        exist = {int(one) for one in snapshot.frame("companies")["company_id"]} if "companies" in snapshot else set()
        self._all_companies = exist <= access.person.company_ids
        self._roots = roots_of(snapshot, access.person.company_ids) if "companies" in snapshot else frozenset()
        self.denied = denied_frames(access.person)
        self._masked: dict[str, tuple[str, ...]] = {}
        for kind, frames in MASKED.items():
            if kind not in access.personal:
                for name, columns in frames.items():
                    self._masked[name] = (*self._masked.get(name, ()), *columns)
        self._personal = access.personal
        self._own = "own" in (access.person.sales, access.person.tickets) or access.person.tickets == "team"
        self.whole = self._all_companies and not self.denied and not self._masked and not self._own

    def frame(self, name: str) -> pd.DataFrame:
        if name not in self._made:
            frame = self._snapshot.frame(name)
            keep = self._kept(name, frame)
            cut = frame if keep is None or bool(keep.all()) else frame[keep].reset_index(drop=True)
            masked = [column for column in self._masked.get(name, ()) if column in cut.columns]
            cut = _blank(cut, masked) if masked else cut
            cut = _unaddressed(cut, *NAMES[name]) if name in NAMES and "email" not in self._personal else cut
            texts = [column for column in TEXTS.get(name, ()) if column in cut.columns and column not in masked]
            if texts and not {"email", "phone"} <= self._personal:
                cut = cut.assign(**{column: column_without(cut[column], self._personal) for column in texts})
            self._made[name] = cut
        return self._made[name]

    def _kept(self, name: str, frame: pd.DataFrame) -> np.ndarray | None:
        """Return the rows kept, None for all."""
        if name in self.denied:
            return np.zeros(len(frame), dtype=bool)
        if name in OPEN_FRAMES:
            return None
        keep = np.ones(len(frame), dtype=bool)
        if name == "products" and "company_id" not in frame.columns and not self._all_companies:
            # In a snapshot from before that was read, until the next sync, it is not known whose they are.
            return np.zeros(len(frame), dtype=bool)
        if not self._all_companies and "company_id" in frame.columns:
            shared = {"companies": frozenset[int](), "rates": {0, *self._roots}}.get(name, {0})
            keep &= _among(frame, "company_id", {*self._person.company_ids, *shared})
        if name in PARENTS:
            parent, column = PARENTS[name]
            if parent in self._snapshot and self._is_cut(parent):
                keep &= np.isin(ints(frame, column), ints(self.frame(parent), column))
        if name == "orders" and self._person.sales == "own":
            keep &= _among(frame, "salesperson_id", {self._person.user_id, 0})
        elif name == "deliveries" and self._person.sales == "own":
            keep &= np.isin(ints(frame, "order_id"), ints(self.frame("orders"), "order_id"))
        elif name == "tickets":
            keep &= self._tickets(frame)
        elif name == "services" and self._person.sales == "own" and "orders" in self._snapshot:
            keep &= self._services(frame)
        elif name == "contract_lines" and "services" in self._snapshot and self._is_cut("services"):
            services = self.frame("services")
            contracts = ints(services, "record_id")[services["model"].astype("str").to_numpy() == "contract.contract"]
            keep &= np.isin(ints(frame, "contract_id"), contracts)
        return keep

    def _is_cut(self, name: str) -> bool:
        return len(self.frame(name)) < len(self._snapshot.frame(name))

    def _tickets(self, frame: pd.DataFrame) -> np.ndarray:
        person = self._person
        if person.tickets == "all":
            return np.ones(len(frame), dtype=bool)
        mine = ints(frame, "assignee_id") == person.user_id
        team = _among(frame, "team_id", person.team_ids)
        if person.tickets == "team":
            return np.asarray(mine | team | (ints(frame, "team_id") == 0))
        return np.asarray(mine | (team & (ints(frame, "assignee_id") == 0)))

    def _services(self, frame: pd.DataFrame) -> np.ndarray:
        """Return which services to keep: subscriptions that are orders follow these; a contract is nobody's own."""
        ordered = frame["model"].astype("str").to_numpy() == "sale.order"
        return np.asarray(~ordered | np.isin(ints(frame, "record_id"), ints(self.frame("orders"), "order_id")))


def _among(frame: pd.DataFrame, column: str, ids: Collection[int]) -> np.ndarray:
    return np.isin(ints(frame, column), np.fromiter(ids, dtype=np.int64, count=len(ids)))


def _unaddressed(frame: pd.DataFrame, column: str, word: str) -> pd.DataFrame:
    """Return the frame without names that are e-mail addresses."""
    if column not in frame.columns:
        return frame
    names = frame[column]
    # Hardly any name holds one, so only those that `without` would change are checked.
    changed = names != column_without(names, {"phone"})
    return frame.assign(**{column: names.mask(changed, word)}) if changed.any() else frame


def _blank(frame: pd.DataFrame, columns: Collection[str]) -> pd.DataFrame:
    return frame.assign(**{column: pd.Series([""] * len(frame), index=frame.index, dtype="str") for column in columns})
