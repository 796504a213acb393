"""Where each order stands between quotation and invoice, since when, and how long orders stay in a stage.

Only dates that Odoo stores for good are used: creation, order date (the confirmation, once confirmed), finished
deliveries, first invoice. The date of the last change is not among them, since any edit moves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from odoo_client.frames.arrays import BoolArray, FloatArray, FrameSource, IntArray, coded, flags, floats, ints, is_code
from odoo_client.frames.dates import NO_DAY, dates, day_number, days, local_days, seconds
from odoo_client.frames.groups import positions
from odoo_client.metrics.spread import Spread

#: Every stage in order, with the words people read.
STAGES: Mapping[str, str] = MappingProxyType(
    {
        "quotation": "Quotation",
        "sent": "Sent",
        "confirmed": "Confirmed",
        "in_delivery": "In delivery",
        "delivered": "Delivered",
        "invoiced": "Invoiced",
        "cancelled": "Cancelled",
    }
)
#: How far the deliveries of an order are, with the words people read.
DELIVERY: Mapping[str, str] = MappingProxyType(
    {"none": "Nothing to deliver", "waiting": "Waiting", "partial": "Partly delivered", "full": "Delivered"}
)
#: Stages that begin on a stored date, so that time in them is known; "sent" has none and joins "quotation".
TIMED = ("quotation", "confirmed", "in_delivery", "delivered")
#: Passages that ended longer ago say nothing about what is usual today.
WINDOW_DAYS = 365
#: With fewer passages a 90th percentile is chance, and no order is called stuck.
ENOUGH = 10
#: An order that stopped moving only yesterday is not called stuck, however quick the others were.
GRACE_DAYS = 2

_KEYS = tuple(STAGES)
_CODES = {key: code for code, key in enumerate(_KEYS)}
#: The stages that `order_stages` decides between, the first condition that holds wins.
_DECIDED = ("cancelled", "sent", "quotation", "in_delivery", "confirmed", "invoiced", "delivered")
_STEPS, _STEPS_WITHOUT_DELIVERY = 6, 4


def order_stages(source: FrameSource, timezone: str, today: date | None = None) -> pd.DataFrame:
    """Return the stage of every order, one row an order in the order of the frame `orders` (by order_id).

    Columns: order_id int64; stage ordered category (keys of `STAGES`); since datetime64[s], the local day the stage
    began (NaT = not recorded); counted_from datetime64[s], the day `days_in_stage` counts from: `since`, or the
    neighbour's beginning where the stage has no date (NaT = finished or unknown); days_in_stage float64 up to `today`
    (default: today in `timezone`; NaN = finished or unknown); open bool (something is left to do); running bool (a
    running subscription: a service, in no count of the pipeline); has_delivery bool; delivery category (keys of
    `DELIVERY`); deliveries, deliveries_done int64 (without cancelled ones and returns); step, steps int64 and progress
    float64 (0 … 1; a cancelled order has 0); created, ordered, first_delivery, last_delivery, first_invoice
    datetime64[s] (local days, NaT = none; ordered only of confirmed orders).
    """
    orders = source.frame("orders")
    day = day_number(today or datetime.now(ZoneInfo(timezone)).date())
    shipped = _deliveries(source, timezone)
    sale = is_code(orders, "state", "sale", "done")
    created = local_days(seconds(orders, "create_date"), timezone)
    ordered = np.where(sale, local_days(seconds(orders, "date_order"), timezone), NO_DAY)
    first, last = (np.where(sale, shipped[name].to_numpy(), NO_DAY) for name in ("first", "last"))
    effective = np.where(sale, local_days(seconds(orders, "effective_date"), timezone), NO_DAY)
    first = np.where(first == NO_DAY, effective, first)
    billed = np.where(sale, first_invoices(source), NO_DAY)
    delivery = shipped["delivery"].to_numpy()
    has_delivery = delivery != 0
    invoiced = is_code(orders, "invoice_status", "invoiced", "upselling")
    stage = np.select(
        [
            is_code(orders, "state", "cancel"),
            is_code(orders, "state", "sent"),
            ~sale,
            delivery == 2,
            has_delivery & (delivery != 3),
            invoiced,
            has_delivery,
        ],
        [_CODES[key] for key in _DECIDED],
        _CODES["confirmed"],
    )
    # Paid in advance: the stage begins when the goods have been delivered.
    complete = np.where(billed == NO_DAY, NO_DAY, np.maximum(billed, last))
    since = np.choose(
        stage, [created, np.full(len(orders), NO_DAY), ordered, first, last, complete, np.full(len(orders), NO_DAY)]
    )
    running = flags(orders, "subscription") & sale
    is_open = ~running & _unfinished(source, stage, delivery)
    neighbour = np.where(sale, ordered, created)
    counted = np.where(is_open, np.where(since == NO_DAY, neighbour, since), NO_DAY)
    goods = has_delivery | (~sale & _sells_goods(source))
    steps = np.where(goods, _STEPS, _STEPS_WITHOUT_DELIVERY)
    # Without a delivery the invoice follows the confirmation.
    step = np.where(stage == _CODES["invoiced"], steps, np.where(stage == _CODES["cancelled"], 0, stage + 1))
    return pd.DataFrame(
        {
            "order_id": ints(orders, "order_id"),
            "stage": coded(stage, _KEYS, ordered=True),
            "since": dates(since),
            "counted_from": dates(counted),
            "days_in_stage": span(counted, np.full(len(orders), day)),
            "open": is_open,
            "running": running,
            "has_delivery": goods,
            "delivery": coded(delivery, DELIVERY),
            "deliveries": shipped["all"].to_numpy(),
            "deliveries_done": shipped["done"].to_numpy(),
            "step": step,
            "steps": steps,
            "progress": step / steps,
            "created": dates(created),
            "ordered": dates(ordered),
            "first_delivery": dates(first),
            "last_delivery": dates(last),
            "first_invoice": dates(billed),
        }
    )


def _deliveries(source: FrameSource, timezone: str) -> pd.DataFrame:
    """Return a row an order, all int64: delivery (code), all, done (counts), first, last (days of those done).

    Pickings, without cancelled ones and returns (kind "incoming"), say how far deliveries are: none done is waiting,
    some done partial, all done full. An order without any goes by Odoo's own delivery_status.
    """
    orders, pickings = source.frame("orders"), source.frame("deliveries")
    at = positions(ints(orders, "order_id"), ints(pickings, "order_id"))
    counts = (at >= 0) & ~is_code(pickings, "state", "cancel") & ~is_code(pickings, "kind", "incoming")
    finished = counts & is_code(pickings, "state", "done")
    every = np.bincount(at[counts], minlength=len(orders)).astype(np.int64)
    done = np.bincount(at[finished], minlength=len(orders)).astype(np.int64)
    told = np.select(
        [
            is_code(orders, "delivery_status", "pending"),
            is_code(orders, "delivery_status", "started", "partial"),
            is_code(orders, "delivery_status", "full"),
        ],
        [1, 2, 3],
        0,
    )
    delivery = np.select([every == 0, done == 0, done < every], [told, 1, 2], 3)
    day = local_days(seconds(pickings, "date_done"), timezone)
    dated = finished & (day != NO_DAY)
    first = np.full(len(orders), np.iinfo(np.int64).max)
    np.minimum.at(first, at[dated], day[dated])
    last = np.full(len(orders), NO_DAY)
    np.maximum.at(last, at[dated], day[dated])
    first = np.where(last == NO_DAY, NO_DAY, first)
    # While only some of it is delivered, the last delivery is still to come.
    last = np.where(delivery == 3, last, NO_DAY)
    return pd.DataFrame({"delivery": delivery, "all": every, "done": done, "first": first, "last": last})


def first_invoices(source: FrameSource) -> IntArray:
    """Return for each order the day of its first posted invoice, `NO_DAY` for none.

    An invoice belongs to the orders of its company that its origin names; it may name several. Credit notes, drafts and
    cancelled invoices do not count.
    """
    orders, invoices = source.frame("orders"), source.frame("invoices")
    named = ~np.asarray(pc.equal(pa.array(invoices["origin"]), ""))
    posted = np.flatnonzero(is_code(invoices, "state", "posted") & ~is_code(invoices, "kind", "credit_note") & named)
    day = np.where(days(invoices, "invoice_date") == NO_DAY, days(invoices, "date"), days(invoices, "invoice_date"))
    origins = pa.array(invoices["origin"].take(posted), type=pa.large_string())
    parts = pc.split_pattern(origins, ",")
    row = posted[np.asarray(pc.list_parent_indices(parts))]
    names, codes = np.unique(orders["name"].to_numpy(dtype=object).astype("str"), return_inverse=True)
    known = pa.array(names.tolist(), type=pa.large_string())
    found = pc.fill_null(pc.index_in(pc.utf8_trim_whitespace(pc.list_flatten(parts)), value_set=known), -1)
    code = np.asarray(found).astype(np.int64)
    match = code >= 0
    # Two companies may number their orders alike.
    width = 1 + max(int(ints(frame, "company_id").max(initial=0)) for frame in (orders, invoices))
    keys, order_at = np.unique(codes * width + ints(orders, "company_id"), return_inverse=True)
    key_at = positions(keys, code[match] * width + ints(invoices, "company_id")[row[match]])
    earliest = np.full(len(keys), np.iinfo(np.int64).max)
    np.minimum.at(earliest, key_at[key_at >= 0], day[row[match]][key_at >= 0])
    earliest = np.where(earliest == np.iinfo(np.int64).max, NO_DAY, earliest)
    return earliest[order_at] if len(orders) else np.zeros(0, dtype=np.int64)


def _unfinished(source: FrameSource, stage: IntArray, delivery: IntArray) -> BoolArray:
    """Return which orders have something left to do: an answer, a delivery, an invoice, or anything at all."""
    orders, lines = source.frame("orders"), source.frame("order_lines")
    begun = (floats(lines, "qty_delivered") != 0) | (floats(lines, "qty_invoiced") != 0)
    untouched = is_code(orders, "invoice_status", "no") & ~np.isin(
        ints(orders, "order_id"), ints(lines, "order_id")[begun]
    )
    confirmed = (stage >= _CODES["confirmed"]) & (stage <= _CODES["invoiced"])
    left = (delivery == 1) | (delivery == 2) | is_code(orders, "invoice_status", "to invoice") | untouched
    unfinished: BoolArray = (stage < _CODES["confirmed"]) | (confirmed & left)
    return unfinished


def _sells_goods(source: FrameSource) -> BoolArray:
    """Return which orders have a line with goods, in an Odoo that delivers at all."""
    orders, lines, products = (source.frame(name) for name in ("orders", "order_lines", "products"))
    if not delivers(source):
        return np.zeros(len(orders), dtype=np.bool_)
    goods = ints(products, "product_id")[is_code(products, "kind", "consu", "product")]
    return np.isin(ints(orders, "order_id"), ints(lines, "order_id")[np.isin(ints(lines, "product_id"), goods)])


def delivers(source: FrameSource) -> bool:
    """Return whether this Odoo has deliveries at all, even if the right to read them is missing."""
    info = source.info.get("deliveries")
    return getattr(info, "state", "ok") != "missing"


def span(start: IntArray, end: IntArray) -> FloatArray:
    """Return the days from `start` to `end`, NaN where either is unknown or the end comes first."""
    known = (start != NO_DAY) & (end != NO_DAY) & (end >= start)
    return np.where(known, np.where(known, end, 0) - np.where(known, start, 0), np.nan).astype(np.float64)


def passages(stages: pd.DataFrame, today: date) -> dict[str, FloatArray]:
    """Return for each stage of `TIMED` the days each order stayed in it, NaN for orders that have not passed it.

    Only passages that ended in the last `WINDOW_DAYS` before `today` count. Quotation: creation to order date.
    Confirmed: order date to first delivery, to first invoice where nothing is delivered. In delivery: first to last
    delivery of orders delivered on more than one occasion. Delivered: last delivery to first invoice, where that came
    later. Dates in the wrong order (imported or back-dated orders) count nowhere.
    """
    created, ordered, first, last, billed = (
        days(stages, name) for name in ("created", "ordered", "first_delivery", "last_delivery", "first_invoice")
    )
    counted = ~flags(stages, "running")
    shipped = flags(stages, "has_delivery")
    several = ints(stages, "deliveries_done") > 1
    begin_end = {
        "quotation": (created, ordered, counted),
        "confirmed": (ordered, np.where(shipped, first, billed), counted),
        "in_delivery": (first, last, counted & several),
        "delivered": (last, billed, counted),
    }
    return {
        key: np.where(chosen & _recent(end, today), span(start, end), np.nan)
        for key, (start, end, chosen) in begin_end.items()
    }


def _recent(day: IntArray, today: date) -> BoolArray:
    limit = day_number(today)
    recent: BoolArray = (day > limit - WINDOW_DAYS) & (day <= limit)
    return recent


def stage_times(stages: pd.DataFrame, today: date) -> dict[str, Spread]:
    """Return how long orders stay in each stage of `TIMED` (see `passages`), in days."""
    return {key: Spread.of(values) for key, values in passages(stages, today).items()}


def stage_ages(stages: pd.DataFrame) -> dict[str, Spread]:
    """Return how long the open orders have been in their stage so far, in days; "sent" counts as "quotation"."""
    clock = clock_of(stages)
    age = floats(stages, "days_in_stage")
    return {key: Spread.of(age[clock == key]) for key in TIMED}


def clock_of(stages: pd.DataFrame) -> np.ndarray:
    """Return for each order the stage of `TIMED` whose time its days in stage are compared with, "" when finished.

    A stage whose beginning is not recorded joins the one before: its days count from there.
    """
    stage = stages["stage"].astype("str").to_numpy(dtype=object)
    unknown = np.isnat(stages["since"].to_numpy())
    clock = np.where(stage == "sent", "quotation", stage)
    clock = np.where(unknown & np.isin(stage, ("in_delivery", "delivered")), "confirmed", clock)
    return np.where(flags(stages, "open"), clock, "").astype(object)


def stuck(stages: pd.DataFrame, times: Mapping[str, Spread]) -> BoolArray:
    """Return which open orders have been in their stage longer than nine in ten took, and longer than `GRACE_DAYS`.

    Where fewer than `ENOUGH` orders have passed a stage, none is stuck in it.
    """
    clock, age = clock_of(stages), floats(stages, "days_in_stage")
    late = np.zeros(len(stages), dtype=np.bool_)
    for key, spread in times.items():
        if spread.p90 is not None and spread.count >= ENOUGH:
            late |= (clock == key) & (age > max(spread.p90, GRACE_DAYS))
    return late


def cycle_days(stages: pd.DataFrame, today: date, end: str) -> FloatArray:
    """Return the days from confirmation to `end` of each order that got there lately, NaN for the others.

    `end` is "last_delivery" or "first_invoice"; lately means in the last `WINDOW_DAYS`.
    """
    reached = days(stages, end)
    keep = _recent(reached, today) & ~flags(stages, "running")
    return np.where(keep, span(days(stages, "ordered"), reached), np.nan)
