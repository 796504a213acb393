"""The figures of the Orders page: orders prepared once per snapshot and companies, so that a filter is a mask.

Frames here are shared by all sessions and read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import BoolArray, FloatArray, IntArray, flags, floats, ints, is_code
from odoo_client.frames.dates import NO_DAY, days
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics import pipeline
from odoo_client.metrics.ledger import NO_CUSTOMER
from odoo_client.metrics.spread import Spread
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync.classify_products import TECHNOLOGIES
from pages.ui import freshness
from pages.ui.view import DERIVED_KEPT, View

#: One bit for each technology: an order is found under every technology of its lines.
TECHNOLOGY_BITS: Mapping[str, int] = {key: 1 << place for place, key in enumerate(TECHNOLOGIES)}
#: Which orders are shown, in the words of the filter.
SHOWN: Mapping[str, str] = {"open": "Open", "to_invoice": "To invoice", "stuck": "Stuck", "all": "All"}
SORTS: Mapping[str, str] = {"longest": "Longest in stage", "newest": "Newest", "largest": "Largest"}
NOBODY = "Nobody"


@dataclass(frozen=True, eq=False)
class OrderBook:
    """The orders of the companies chosen, and what was worked out of them.

    `rows`: the columns of the frame `orders` and of `pipeline.order_stages`, and
    customer, city, salesperson, clock (see `pipeline.clock_of`) str, stuck bool. By
    position in it: `stage` (place in `pipeline.STAGES`), `technologies` (bits), `day` (order date, of a quotation its
    creation), `shown` (a mask for each of `SHOWN`) and `orders` (positions for each of `SORTS`). `names` are those of
    the customers by partner_id.
    """

    rows: pd.DataFrame
    stage: IntArray
    technologies: npt.NDArray[np.uint8]
    day: IntArray
    amount: FloatArray
    shown: Mapping[str, BoolArray]
    orders: Mapping[str, IntArray]
    times: Mapping[str, Spread]
    ages: Mapping[str, Spread]
    cycle: Mapping[str, Spread]
    currency_ids: tuple[int, ...]
    cities: tuple[str, ...]
    salespeople: tuple[str, ...]
    delivers: bool


def book(view: View) -> OrderBook:
    """Return the orders of the companies chosen, prepared once for all sessions."""
    company_ids = None if view.whole else view.companies
    return _book(view.key, view.today, view.settings.timezone, company_ids, view.snapshot)


def invoices_unknown(view: View) -> str:
    """Return why it is not known when orders left a stage by an invoice, "" when it is known."""
    why = freshness.absent(view, "invoices")
    return f"leaving for an invoice is not known (invoices: {why})" if why else ""


@st.cache_resource(show_spinner=False, max_entries=4)
def _book(
    snapshot_id: str, today: date, timezone: str, company_ids: tuple[int, ...] | None, _snapshot: Snapshot
) -> OrderBook:
    stages = _stages(snapshot_id, today, timezone, _snapshot)
    orders, customers, users = (_snapshot.frame(name) for name in ("orders", "customers", "users"))
    technologies = _technologies(_snapshot)
    counted = ~flags(stages, "running")
    if company_ids is not None:
        counted &= np.isin(ints(orders, "company_id"), company_ids)
    kept = np.flatnonzero(counted)
    stages, technologies = stages.take(kept).reset_index(drop=True), technologies[kept]
    own = [name for name in orders.columns if name not in stages.columns]
    rows = pd.concat([stages, orders[own].take(kept).reset_index(drop=True)], axis=1)
    owner = positions(ints(customers, "partner_id"), ints(rows, "commercial_partner_id"))
    person = positions(ints(users, "user_id"), ints(rows, "salesperson_id"))
    rows = rows.assign(
        customer=text_at(customers, "name", owner, NO_CUSTOMER).array,
        city=text_at(customers, "city", owner).array,
        salesperson=text_at(users, "name", person, NOBODY).array,
    )
    times = pipeline.stage_times(rows, today)
    late = pipeline.stuck(rows, times)
    rows = rows.assign(stuck=late, clock=pipeline.clock_of(rows))
    is_open = flags(rows, "open")
    sale = is_code(rows, "state", "sale", "done")
    day = np.where(days(rows, "ordered") == NO_DAY, days(rows, "created"), days(rows, "ordered"))
    amount, age = floats(rows, "amount_total"), floats(rows, "days_in_stage")
    number = np.arange(len(rows))
    return OrderBook(
        rows=rows,
        stage=rows["stage"].cat.codes.to_numpy().astype(np.int64),
        technologies=technologies,
        day=day,
        amount=amount,
        shown={
            "open": is_open,
            "to_invoice": sale & is_code(rows, "invoice_status", "to invoice"),
            "stuck": late,
            "all": np.ones(len(rows), dtype=np.bool_),
        },
        orders={
            "longest": np.lexsort((-number, -np.where(np.isnan(age), -1.0, age))),
            "newest": np.lexsort((-number, -np.where(day == NO_DAY, 0, day))),
            # Two currencies are never ranked against each other.
            "largest": np.lexsort((number, -amount, ints(rows, "currency_id"))),
        },
        times=times,
        ages=pipeline.stage_ages(rows),
        cycle={end: Spread.of(pipeline.cycle_days(rows, today, end)) for end in ("last_delivery", "first_invoice")},
        currency_ids=tuple(int(key) for key in np.unique(ints(rows, "currency_id"))),
        cities=tuple(sorted(city for city in rows["city"].unique() if city)),
        salespeople=tuple(sorted(rows["salesperson"].unique())),
        delivers=pipeline.delivers(_snapshot),
    )


@st.cache_resource(show_spinner=False, max_entries=DERIVED_KEPT)
def _stages(snapshot_id: str, today: date, timezone: str, _snapshot: Snapshot) -> pd.DataFrame:
    return pipeline.order_stages(_snapshot, timezone, today)


def _technologies(snapshot: Snapshot) -> npt.NDArray[np.uint8]:
    """Return the technologies of each order's lines as bits; lines without one count only where no line has one."""
    orders, lines, products = (snapshot.frame(name) for name in ("orders", "order_lines", "products"))
    at = positions(ints(orders, "order_id"), ints(lines, "order_id"))
    product = positions(ints(products, "product_id"), ints(lines, "product_id"))
    words = products["technology"].astype("str").map(TECHNOLOGY_BITS).fillna(0).to_numpy().astype(np.uint8)
    bits = np.append(words, np.uint8(TECHNOLOGY_BITS[""]))[product]
    found = np.zeros(len(orders), dtype=np.uint8)
    np.bitwise_or.at(found, at[at >= 0], bits[at >= 0])
    named = found & np.uint8(sum(bit for key, bit in TECHNOLOGY_BITS.items() if key))
    return np.where(named > 0, named, np.uint8(TECHNOLOGY_BITS[""])).astype(np.uint8)


def technology_words(bits: int, names: Mapping[str, str]) -> str:
    """Return the technologies of an order in words."""
    return ", ".join(names[key] for key, bit in TECHNOLOGY_BITS.items() if key and bits & bit)
