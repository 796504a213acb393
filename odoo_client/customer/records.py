"""A snapshot cut to one customer's records, and the words and amounts of their rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from odoo_client.customer.types import Money
from odoo_client.frames.arrays import BoolArray, IntArray, Part, ints
from odoo_client.frames.groups import position_of
from odoo_client.store.snapshot import Snapshot

#: Frames with the customer's id and our company's on every row.
OWNED = ("receivable_lines", "invoices", "payments", "services", "tickets", "orders")
#: Frames that depend on another one: frame, its column, the owner frame and that one's id.
HANGING = (
    ("invoice_technology", "move_id", "invoices", "move_id"),
    ("order_lines", "order_id", "orders", "order_id"),
    ("deliveries", "order_id", "orders", "order_id"),
    ("ticket_messages", "ticket_id", "tickets", "ticket_id"),
)


@dataclass(frozen=True)
class Records:
    """One customer's records in the companies shown.

    `part` is for metrics: the snapshot with the customer's rows only. `ledger` also has the invoices and payments of
    others that the customer's are named by, `matched` the receivable lines of others that the customer's are matched
    with as well.
    """

    snapshot: Snapshot
    owner_id: int
    part: Part
    ledger: Part
    matched: Part
    hidden_company_ids: tuple[int, ...]

    def frame(self, name: str) -> pd.DataFrame:
        """Return the customer's rows of an owned or dependent frame."""
        return self.part.frame(name)

    @cached_property
    def family(self) -> pd.DataFrame:
        """The customer's own partner and its contacts."""
        return self.part.frame("customers")

    @cached_property
    def _names(self) -> dict[int, str]:
        return dict(zip(self.family["partner_id"].tolist(), self.family["name"].tolist(), strict=True))

    def contact(self, partner_id: int) -> str:
        """Return the name of the contact a record is on, "" when it is on the customer itself."""
        if partner_id in (0, self.owner_id):
            return ""
        return self._names.get(partner_id) or self.named("customers", "partner_id", partner_id)

    def company(self, company_id: int) -> str:
        """Return the name of one of our companies, "" for none."""
        return self.named("companies", "company_id", company_id)

    def named(self, frame: str, key: str, record_id: int, column: str = "name") -> str:
        """Return the text of one record of a frame sorted by its id, "" when it has no such record."""
        if not record_id:
            return ""
        rows = self.snapshot.frame(frame)
        at = position_of(ints(rows, key), record_id)
        return str(rows[column].iat[at]) if at >= 0 else ""

    @cached_property
    def _currencies(self) -> Mapping[int, tuple[str, int]]:
        frame = self.snapshot.frame("currencies")
        rows = zip(frame["currency_id"].tolist(), frame["code"].tolist(), frame["decimals"].tolist(), strict=True)
        return {currency_id: (code, decimals) for currency_id, code, decimals in rows}

    def money(self, amount: float | Decimal, currency_id: int) -> Money:
        """Return `amount` rounded to its currency's decimals."""
        code, decimals = self._currencies.get(int(currency_id), ("", 2))
        exact = amount if isinstance(amount, Decimal) else Decimal(repr(float(amount)))
        rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
        return Money(abs(rounded) if rounded == 0 else rounded, code)

    def absent(self, frame: str) -> bool:
        """Return whether this Odoo has no such frame, or gives no right to read it."""
        info = self.snapshot.info.get(frame)
        return info is not None and info.state != "ok"


def owner_of(snapshot: Snapshot, partner_id: int) -> int:
    """Return the commercial partner of `partner_id`, 0 when the snapshot knows no such partner."""
    customers = snapshot.frame("customers")
    at = position_of(ints(customers, "partner_id"), partner_id)
    if at >= 0:
        return int(ints(customers, "commercial_partner_id")[at]) or partner_id
    # A partner that this account may not see still owes: its records carry its id.
    seen = partner_id > 0 and any(
        (ints(snapshot.frame(name), "commercial_partner_id") == partner_id).any() for name in OWNED
    )
    return partner_id if seen else 0


def records_of(snapshot: Snapshot, owner_id: int, company_ids: Collection[int] | None) -> Records:
    """Return the records of the commercial partner `owner_id` in `company_ids` (None: all)."""
    everything = frozenset(snapshot.frame("companies")["company_id"].tolist())
    chosen = everything if company_ids is None else frozenset(company_ids)
    frames: dict[str, pd.DataFrame] = {}
    hidden: set[int] = set()
    for name in OWNED:
        frame = snapshot.frame(name)
        rows = frame.take(np.flatnonzero(ints(frame, "commercial_partner_id") == owner_id))
        if not chosen >= everything:
            kept = np.isin(ints(rows, "company_id"), list(chosen))
            hidden |= set(ints(rows, "company_id")[~kept].tolist()) - {0}
            rows = rows[kept]
        frames[name] = rows.reset_index(drop=True)
    if "deductions" in snapshot:
        frame = snapshot.frame("deductions")
        kept = (ints(frame, "commercial_partner_id") == owner_id) & np.isin(ints(frame, "company_id"), list(chosen))
        frames["deductions"] = frame[kept].reset_index(drop=True)
    if "promises" in snapshot:
        # A promise is made to the provider, not to one of its companies.
        promises = snapshot.frame("promises")
        mine = np.flatnonzero(ints(promises, "commercial_partner_id") == owner_id)
        frames["promises"] = promises.take(mine).reset_index(drop=True)
    customers = snapshot.frame("customers")
    family = (ints(customers, "commercial_partner_id") == owner_id) | (ints(customers, "partner_id") == owner_id)
    frames["customers"] = customers[family].reset_index(drop=True)
    for name, column, owner, key in HANGING:
        frames[name] = _of(snapshot.frame(name), column, ints(frames[owner], key))
    wide = _matched(snapshot, frames)
    frames["partials"], frames["payment_invoices"] = wide["partials"], wide["payment_invoices"]
    own_lines = {"receivable_lines": frames["receivable_lines"]}
    ledger, matched = Part(snapshot, frames | wide | own_lines), Part(snapshot, frames | wide)
    return Records(snapshot, owner_id, Part(snapshot, frames), ledger, matched, tuple(sorted(hidden)))


def _matched(snapshot: Snapshot, frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return partials and links that touch the customer's lines, and lines, invoices and payments at their ends."""
    partials, own = snapshot.frame("partials"), ints(frames["receivable_lines"], "line_id")
    debit, credit = ints(partials, "debit_line_id"), ints(partials, "credit_line_id")
    partials = partials.take(np.flatnonzero(_among(debit, own) | _among(credit, own))).reset_index(drop=True)
    ends = np.union1d(ints(partials, "debit_line_id"), ints(partials, "credit_line_id"))
    links = snapshot.frame("payment_invoices")
    touched = _among(ints(links, "move_id"), ints(frames["invoices"], "move_id"))
    touched |= _among(ints(links, "payment_id"), ints(frames["payments"], "payment_id"))
    links = links[touched].reset_index(drop=True)
    return {
        "partials": partials,
        "payment_invoices": links,
        "receivable_lines": _with(snapshot, frames, "receivable_lines", "line_id", ends),
        "invoices": _with(snapshot, frames, "invoices", "move_id", ints(links, "move_id")),
        "payments": _with(snapshot, frames, "payments", "payment_id", ints(links, "payment_id")),
    }


def _with(snapshot: Snapshot, frames: Mapping[str, pd.DataFrame], name: str, key: str, also: IntArray) -> pd.DataFrame:
    """Return the customer's rows of a frame with the rows `also`, sorted by id."""
    whole = snapshot.frame(name)
    wanted = np.union1d(ints(frames[name], key), also)
    if len(wanted) == len(frames[name]):
        return frames[name]
    at = np.searchsorted(ints(whole, key), wanted)
    at = at[at < len(whole)]
    found = at[np.isin(ints(whole, key)[at], wanted)]
    return whole.take(np.unique(found)).reset_index(drop=True)


def _of(frame: pd.DataFrame, column: str, ids: IntArray) -> pd.DataFrame:
    return frame.take(np.flatnonzero(_among(ints(frame, column), ids))).reset_index(drop=True)


def _among(values: IntArray, ids: IntArray) -> BoolArray:
    """Return which of `values` are among `ids`, of which there are few: one look-up in a table for each value."""
    if not len(ids) or not len(values):
        return np.zeros(len(values), dtype=np.bool_)
    high = int(ids.max())
    table = np.zeros(high + 2, dtype=np.bool_)
    table[ids] = True
    # A value above the last id looks up the last place, which is never set.
    return table[np.minimum(values, high + 1)]


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a small frame as dicts, several times faster than pandas does."""
    columns = [frame[name].tolist() for name in frame.columns]
    return [dict(zip(frame.columns, values, strict=True)) for values in zip(*columns, strict=True)]


def as_day(value: Any) -> date | None:
    """Return the day of a frame's date, None for no date."""
    return None if pd.isna(value) else value.date()


def as_moment(value: Any) -> datetime | None:
    """Return the aware moment of a frame's time, None for no time."""
    return None if pd.isna(value) else value.to_pydatetime().astimezone(UTC)
