"""Subscribers by technology: how many are active, new, lost or moved, and the churn of a month.

A service is active from its start date to its end date, both included. Ended services without an end date have no
place in the months and are left out (`undated` counts them). A customer who leaves one technology and takes another
within the window migrates, which is neither a loss nor a gain. One who comes back to the same technology within it (a
renewal, a changed plan) counts as a replacement, which is neither too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, FrameSource, IntArray, floats, ints, is_code
from odoo_client.frames.dates import NO_DAY, day_number, days
from odoo_client.frames.groups import Groups

SERVICE_KEY = ("company_id", "currency_id", "technology")
#: Flows of a month: opening + all "in" − all "out" = closing.
FLOWS_IN = ("new", "migrated_in", "replaced_in")
FLOWS_OUT = ("lost", "migrated_out", "replaced_out")
COUNTS = ("opening", *FLOWS_IN, *FLOWS_OUT, "closing")


def fee_known(services: pd.DataFrame) -> BoolArray:
    """Return which services have a monthly fee: the others, whose period is not known, count in no revenue."""
    known: BoolArray = ~np.isnan(floats(services, "monthly_fee"))
    return known


def undated(source: FrameSource) -> int:
    """Return how many services have ended without an end date, so that no month can count them."""
    services = source.frame("services")
    return int((is_code(services, "status", "ended") & (days(services, "end_date") == NO_DAY)).sum())


def service_movements(source: FrameSource, window_days: int = 31) -> pd.DataFrame:
    """Return the frame `services` with three more columns, and the same rows in the same order.

    came_as category ("" = start unknown, "new", "migrated", "replaced"); left_as category ("" = not ended, "lost",
    "migrated", "replaced"); successor_id str, the service that followed ("" = none). A successor belongs to the same
    commercial partner, started later than this one and within `window_days` before or after its end. Same technology
    comes first, then the nearest start; each service follows and precedes at most one.
    """
    services = source.frame("services")
    start, end = days(services, "start_date"), days(services, "end_date")
    dated = _dated(services, start, end)
    came = np.where(start == NO_DAY, "", "new").astype(object)
    left = np.where(end == NO_DAY, "", "lost").astype(object)
    successor = np.full(len(services), "", dtype=object)
    service_ids = services["service_id"].to_numpy(dtype=object)
    technology = services["technology"].astype("category").cat.codes.to_numpy()
    followed: set[int] = set()
    following: set[int] = set()
    for leaving, coming in _candidates(services, start, end, dated, window_days):
        if leaving in followed or coming in following:
            continue
        followed.add(leaving)
        following.add(coming)
        word = "replaced" if technology[leaving] == technology[coming] else "migrated"
        left[leaving], came[coming], successor[leaving] = word, word, service_ids[coming]
    return services.assign(
        came_as=pd.Categorical(came, categories=["", "new", "migrated", "replaced"]),
        left_as=pd.Categorical(left, categories=["", "lost", "migrated", "replaced"]),
        successor_id=pd.Series(successor, dtype="str"),
    )


def _dated(services: pd.DataFrame, start: IntArray, end: IntArray) -> BoolArray:
    """Return which services have a place in time: not those that ended without a date or before they began."""
    gone = is_code(services, "status", "ended") & (end == NO_DAY)
    backwards = (end != NO_DAY) & (end < start)
    dated: BoolArray = ~(gone | backwards)
    return dated


def _candidates(
    services: pd.DataFrame, start: IntArray, end: IntArray, dated: BoolArray, window_days: int
) -> list[tuple[int, int]]:
    """Return pairs (leaving, coming) of row positions that may be one move, the likeliest first."""
    partner = ints(services, "commercial_partner_id")
    technology = services["technology"].astype("category").cat.codes.to_numpy()
    row = np.arange(len(services))
    leaves = dated & (end != NO_DAY) & (partner > 0)
    comes = dated & (start != NO_DAY) & (partner > 0)
    # Only customers who both left and came can have moved, and most have done neither.
    comes &= np.isin(partner, partner[leaves])
    left = pd.DataFrame({"partner": partner[leaves], "leaving": row[leaves]})
    right = pd.DataFrame({"partner": partner[comes], "coming": row[comes]})
    pairs = left.merge(right, on="partner")
    leaving, coming = ints(pairs, "leaving"), ints(pairs, "coming")
    gap = np.abs(start[coming] - end[leaving])
    outlives = (end[coming] == NO_DAY) | (end[coming] >= end[leaving])
    keep = np.flatnonzero((leaving != coming) & (gap <= window_days) & (start[coming] > start[leaving]) & outlives)
    leaving, coming, gap = leaving[keep], coming[keep], gap[keep]
    order = np.lexsort((coming, leaving, gap, technology[leaving] != technology[coming]))
    return list(zip(leaving[order].tolist(), coming[order].tolist(), strict=True))


def services_by_month(source: FrameSource, first: date, today: date, window_days: int = 31) -> pd.DataFrame:
    """Return the movement of services in each month from that of `first` to that of `today`, quiet months included.

    Columns: month datetime64[s] (its first day); company_id, currency_id int64; technology category; int64 opening,
    new, migrated_in, replaced_in, lost, migrated_out, replaced_out, closing (see `FLOWS_IN`, `FLOWS_OUT`). An end
    date puts the loss into its own month; one of `today` or later has not happened yet. Paused services are in,
    services that start after `today` are not. One row a company, currency, technology and month, sorted so.
    """
    moves = service_movements(source, window_days)
    start, end = days(moves, "start_date"), days(moves, "end_date")
    limit = day_number(today)
    known = _dated(moves, start, end) & (start <= limit)
    moves, start, end = moves[known], start[known], end[known]
    begun = start != NO_DAY
    over = (end != NO_DAY) & (end < limit)
    first_month, last_month = (int(np.datetime64(day, "M").astype(np.int64)) for day in (first, today))
    months = max(last_month - first_month + 1, 0)
    groups = Groups(moves, SERVICE_KEY)
    start_at, end_at = (_month(day) - first_month for day in (start, end))
    open_before = (~begun | (start_at < 0)) & ~(over & (end_at < 0))

    def flow(at: IntArray, column: str, word: str, where: BoolArray) -> IntArray:
        chosen = where & is_code(moves, column, word) & (at >= 0) & (at < months)
        cells = groups.codes[chosen] * months + at[chosen]
        return np.bincount(cells, minlength=len(groups) * months).astype(np.int64)

    flows = {
        "new": flow(start_at, "came_as", "new", begun),
        "migrated_in": flow(start_at, "came_as", "migrated", begun),
        "replaced_in": flow(start_at, "came_as", "replaced", begun),
        "lost": flow(end_at, "left_as", "lost", over),
        "migrated_out": flow(end_at, "left_as", "migrated", over),
        "replaced_out": flow(end_at, "left_as", "replaced", over),
    }
    net = sum(flows[name] for name in FLOWS_IN) - sum(flows[name] for name in FLOWS_OUT)
    opening_first = groups.count(open_before)
    closing = (opening_first[:, None] + np.cumsum(np.reshape(net, (len(groups), months)), axis=1)).ravel()
    frame = groups.keys.take(np.repeat(np.arange(len(groups)), months)).reset_index(drop=True)
    month = np.tile(np.arange(first_month, first_month + months), len(groups))
    frame.insert(0, "month", month.astype("datetime64[M]").astype("datetime64[s]"))
    return frame.assign(opening=closing - net, **flows, closing=closing)


def _month(day: IntArray) -> IntArray:
    """Return each day's month as months since 1970-01 (`NO_DAY` gives one long before)."""
    months: IntArray = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.where(day == NO_DAY, np.int64(-(10**9)), months)


def summarise_services(by_month: pd.DataFrame, by: Sequence[str] = ("month", "technology")) -> pd.DataFrame:
    """Return the counts of `services_by_month` added up by `by` (which names month), plus two figures a row.

    net_adds int64 = new − lost; churn_rate float64 = lost ÷ average of opening and closing (NaN = not meaningful: no
    base).
    """
    groups = Groups(by_month, by)
    frame = groups.keys
    for column in COUNTS:
        sums = np.bincount(groups.codes, weights=ints(by_month, column), minlength=len(groups))
        frame[column] = sums.astype(np.int64)
    frame["net_adds"] = frame["new"] - frame["lost"]
    frame["churn_rate"] = ratio(
        frame["lost"].to_numpy(float), (frame["opening"] + frame["closing"]).to_numpy(float) / 2
    )
    return frame


def ratio(part: FloatArray, base: FloatArray) -> FloatArray:
    """Return `part` ÷ `base`, NaN (not meaningful) where the base is not positive."""
    quotient = np.full(len(part), np.nan)
    np.divide(part, base, out=quotient, where=base > 0)
    return quotient
