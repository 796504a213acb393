"""What customers promised to pay, in a few words for each customer, as of any day. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import IntArray, ints
from odoo_client.frames.groups import positions
from odoo_client.metrics.promises import promise_states, promises_by_customer
from odoo_client.store.snapshot import Snapshot
from pages.ui import formats, freshness
from pages.ui import view as data
from pages.ui.view import View

PROMISES_HELP = (
    "The next promise to pay that is open, else how the latest one ended. Kept: as much was paid by the end of its day"
)
#: The sentence where Odoo keeps nothing of an activity that is done.
DONE_IS_GONE = "This Odoo deletes activities that are marked as done: such promises are not counted."


def known(view: View) -> bool:
    """Return whether promises can be shown: this Odoo has them, and the person may see both them and payments."""
    return "promises" in view.snapshot and not freshness.absent(view, "promises", "payments")


def states(view: View, as_of: date) -> pd.DataFrame:
    """Return every promise as it stood on a day (see `metrics.promise_states`)."""
    return _states(view.key, as_of, view.snapshot)


@st.cache_resource(show_spinner=False, max_entries=data.DAYS_KEPT)
def _states(snapshot_id: str, as_of: date, _snapshot: Snapshot) -> pd.DataFrame:
    return promise_states(_snapshot, as_of)


def by_customer(view: View, as_of: date) -> pd.DataFrame:
    """Return each customer's promises in one row (see `metrics.promises_by_customer`)."""
    return _by_customer(view.key, as_of, view.snapshot)


@st.cache_resource(show_spinner=False, max_entries=data.DAYS_KEPT)
def _by_customer(snapshot_id: str, as_of: date, _snapshot: Snapshot) -> pd.DataFrame:
    return promises_by_customer(_states(snapshot_id, as_of, _snapshot))


def of_any(view: View, partner_ids: pd.Series, as_of: date) -> bool:
    """Return whether any of these customers has made a promise, so that there is something to say."""
    return known(view) and bool(partner_ids.isin(by_customer(view, as_of)["commercial_partner_id"]).any())


def words(view: View, partner_ids: IntArray, as_of: date) -> list[str]:
    """Return for each customer what the table says: "USD 120 by 4 Dec", "broken 2 Nov", "kept", "" for nothing."""
    if not known(view):
        return [""] * len(partner_ids)
    rows = by_customer(view, as_of)
    at = positions(ints(rows, "commercial_partner_id"), np.asarray(partner_ids, dtype=np.int64))
    found = np.flatnonzero(at >= 0)
    said = [""] * len(at)
    taken = rows.take(at[found])
    columns = (taken[name].tolist() for name in ("currency_id", "amount", "day", "state"))
    for place, currency_id, amount, day, state in zip(found.tolist(), *columns, strict=True):
        said[place] = _word(view, currency_id, amount, day, state, as_of)
    return said


def _word(view: View, currency_id: int, amount: float, day: pd.Timestamp, state: str, as_of: date) -> str:
    if state == "open":
        return f"{money(view, amount, currency_id)} by {short_day(day, as_of)}"
    return {"kept": "kept", "broken": f"broken {short_day(day, as_of)}"}.get(state, "")


def money(view: View, amount: float, currency_id: int) -> str:
    """Return a promised amount: `USD 120`, with decimals only where it needs them."""
    if float(amount).is_integer():
        return formats.money(amount, view.code(currency_id), 0)
    return view.money(amount, currency_id)


def short_day(day: pd.Timestamp, as_of: date) -> str:
    """Return `4 Dec`, with the year where it differs from that of `as_of`."""
    return formats.day(day) if day.year != as_of.year else f"{day.day} {day:%b}"


def told(view: View, partner_id: int, as_of: date) -> tuple[list[str], str]:
    """Return one customer's promises as parts of sentences, and how many were kept and broken.

    The parts are each open promise, else the latest one. The count is "" where it adds nothing.
    """
    mine = states(view, as_of)
    mine = mine[mine["commercial_partner_id"] == partner_id]
    found = by_customer(view, as_of)
    found = found[found["commercial_partner_id"] == partner_id]
    if found.empty:
        return [], ""
    row = found.iloc[0]
    rows = mine[mine["state"] == "open"].sort_values(["day", "promise_id"])
    if rows.empty:
        rows = mine[mine["promise_id"] == row["promise_id"]]
    parts = [
        f"{view.money(one['amount'], one['currency_id'])} by {formats.day(one['day'])}"
        + ("" if one["state"] == "open" else f", {one['state']}")
        for one in rows.to_dict("records")
    ]
    if int(row["kept"] + row["broken"]) <= int(row["state"] in ("kept", "broken")):
        return parts, ""
    counted = [f"{formats.count(row[name])} {name}" for name in ("kept", "broken") if row[name]]
    return parts, formats.listed(counted)


def owed(view: View, partner_id: int, currency_id: int) -> float:
    """Return what the customer owes now in a currency, over the companies shown."""
    book = data.ledger(view, view.today, data.policy_of(view, "due_date")).by_customer
    mine = (ints(book, "commercial_partner_id") == partner_id) & (ints(book, "currency_id") == currency_id)
    return round(float(book.loc[mine, "balance"].sum()), view.decimals(currency_id))


def proposed(view: View, partner_id: int, currency_id: int) -> float | None:
    """Return the amount to ask a promise for: net to chase now, else what is overdue; None where nothing is."""
    book = data.ledger(view, view.today, data.policy_of(view, "due_date")).by_customer
    mine = (ints(book, "commercial_partner_id") == partner_id) & (ints(book, "currency_id") == currency_id)
    sums = (
        round(float(book.loc[mine, name].sum()), view.decimals(currency_id)) for name in ("net_to_chase", "overdue")
    )
    return next((amount for amount in sums if amount > 0), None)


def currency_choices(view: View, partner_id: int) -> Sequence[int]:
    """Return the currencies to promise in: those the customer has something open in, the companies', then the rest.

    Each code is there once, since Odoo gets the code.
    """
    frame = view.snapshot.frame("currencies")
    lines = view.snapshot.frame("receivable_lines")
    owed = lines[(lines["commercial_partner_id"] == partner_id) & (lines["residual"] > 0)]
    first = [*owed["currency_id"].unique(), *view.snapshot.frame("companies")["currency_id"].unique()]
    rest = frame.loc[frame["active"], "currency_id"].tolist()
    by_code: dict[str, int] = {}
    for currency_id in (*first, *sorted(rest, key=view.code)):
        if code := view.code(currency_id):
            by_code.setdefault(code, int(currency_id))
    return list(by_code.values())
