"""Fingerprints: what Odoo's own grouping tells of a dataset, beside the rows that we hold.

One grouped call gives count, sum of ids, sum of partner ids and the newest `write_date`. Where the newest is older than
what was compared already, no row was written since. Where a sum differs from ours, the same by month and then by day of
`write_date` say which rows to look at. So a deletion, a redraft or a merge of customers (which leaves
`write_date` as it was) costs what it changed. Equal is no proof, so whole passes stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from odoo_client.datasets.base import WRITE_DATE, Plan
from odoo_client.frames.arrays import IntArray
from odoo_client.rpc.answers import odd_answer
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.columns import Domain, Read, read_in_one_group

Period = Literal["month", "day"]
#: The field whose sum tells of merged customers, which change nothing else on what they leave behind.
PARTNER: Final = "partner_id"
#: How Odoo writes a moment, in UTC.
MOMENT: Final = "%Y-%m-%d %H:%M:%S"
_BESIDE: Final = "beside"
_LATER_THAN_ANY: Final = "9999-12-31 23:59:59"
_LEAST: Final = np.iinfo(np.int64).min
#: No row is written from here on.
SETTLED: Final = np.iinfo(np.int64).max
#: More rows than this are one long transaction's, a night's invoices, and not read again for their second alone.
UNSETTLED_ROWS: Final = 2_000


@dataclass(frozen=True)
class Fingerprint:
    """How many rows there are, the sum of their ids and that of their partners' (0 where they have none)."""

    count: int = 0
    id_sum: int = 0
    partner_sum: int = 0


@dataclass(frozen=True)
class Look:
    """What one grouped call told of all rows: their fingerprint, and when the newest was written (UTC text).

    `groups` are the groups it came in, where other things were asked for with it.
    """

    fingerprint: Fingerprint
    newest: str
    groups: Sequence[Mapping[str, Any]] = ()

    def may_hold_any_since(self, moment: str) -> bool:
        """Return whether a row may have been written at that moment (UTC text) or later."""
        return self.fingerprint.count > 0 and self.newest >= moment


@dataclass(frozen=True)
class Tied:
    """A frame of `domain` tied with Odoo when `wide`, a look at a wider domain, was taken just before."""

    domain: Domain
    wide: Look

    def still(self, domain: Domain, wide: Look, since: str) -> bool:
        """Return whether that look shows that nothing changed: the same rows, none of them written `since`."""
        same = self.domain == domain and self.wide.fingerprint == wide.fingerprint
        return same and not wide.may_hold_any_since(since)


@dataclass(frozen=True)
class Seen:
    """Rows as Odoo has them now: ids, rising, with `write_date` in seconds since 1970 and partner (0 = none)."""

    ids: IntArray
    written_s: IntArray
    partners: IntArray

    def where(self, chosen: npt.NDArray[np.bool_]) -> Seen:
        """Return those of them that are `chosen`."""
        return Seen(self.ids[chosen], self.written_s[chosen], self.partners[chosen])


def partner_column(plan: Plan) -> str | None:
    """Return the frame's column that is Odoo's `partner_id`, None where there is none that Odoo can sum."""
    return next((read.name for read in plan.reads if read.field == PARTNER and read.aggregable), None)


@dataclass(frozen=True)
class Since:
    """From which moments on rows are looked at, by their `write_date`.

    From `compared` (UTC text) they are compared with ours one by one. From `unsettled_s` (seconds since 1970) they are
    read again in any case: Odoo gives a `write_date` in whole seconds, so a row that is written twice within one, and
    read in between, looks the same afterwards.
    """

    compared: str
    unsettled_s: int


def look_at(
    client: OdooClient,
    plan: Plan,
    domain: Domain | None = None,
    *,
    by: Sequence[str] = (),
    sums: Sequence[tuple[str, str]] = (),
) -> Look:
    """Return what Odoo has in the plan's domain, or in another one, with `sums` besides in groups `by` some fields.

    Raises what the client raises.
    """
    # The newest comes of no groups of `write_date`: Odoo up to 16 would leave it out there.
    asked = [*_sums(plan), (WRITE_DATE, "max"), *sums]
    groups = client.grouped(plan.model, plan.domain if domain is None else domain, by, asked)
    parts = [_fingerprint(group, plan.model) for group in groups]
    whole = Fingerprint(
        sum(one.count for one in parts), sum(one.id_sum for one in parts), sum(one.partner_sum for one in parts)
    )
    newest = [_moment(group[f"{WRITE_DATE}:max"]) for group, one in zip(groups, parts, strict=True) if one.count]
    return Look(whole, max(newest, default=""), groups)


def fingerprint_of_frame(plan: Plan, frame: pd.DataFrame) -> Fingerprint:
    """Return the same of a frame, as it was read or as it is in a snapshot."""
    partner = partner_column(plan)
    partners = int(frame[partner].to_numpy(dtype=np.int64).sum()) if partner in frame else 0
    return Fingerprint(len(frame), int(frame[plan.key].to_numpy(dtype=np.int64).sum()), partners)


def seen_since(client: OdooClient, plan: Plan, since: str, beside: str = "") -> tuple[Seen, IntArray]:
    """Return the rows of the plan's domain written at that moment (UTC text) or later, in one call.

    With them comes the field of an id that `beside` names, 0 for none.
    """
    # `>=` always: from 19 on Odoo turns `>` into "a second later" and would lose the rest of that second.
    return _seen(client, plan, [*plan.domain, [WRITE_DATE, ">=", since]], beside)


def seen_where_different(client: OdooClient, plan: Plan, frame: pd.DataFrame) -> tuple[Seen, IntArray]:
    """Return the rows of the days on which Odoo's fingerprint is not ours, and the ids that we hold of those days."""
    days = _days_of(written_s(frame))
    found: list[Seen] = []
    ours = np.zeros(len(frame), dtype=bool)
    months = _by_period(client, plan, plan.domain, "month")
    for first in _different(months, _of_frame(plan, frame, days, "month")):
        last = _end_of_month(first)
        inside = _between(days, first, last)
        if first is None:
            spans: Iterable[tuple[date | None, date | None]] = [(None, None)]
        else:
            theirs = _by_period(client, plan, [*plan.domain, *_span(first, last)], "day")
            spans = _runs(_different(theirs, _of_frame(plan, frame[inside], days[inside], "day")))
        for start, end in spans:
            found.append(_seen(client, plan, [*plan.domain, *_span(start, end)])[0])
            ours |= _between(days, start, end)
    return _together(found), frame[plan.key].to_numpy(dtype=np.int64)[ours]


def to_read(plan: Plan, frame: pd.DataFrame, seen: Seen, unsettled_s: int = SETTLED) -> IntArray:
    """Return the ids of rows that Odoo has otherwise than we hold them, or that we do not hold.

    Rows written from `unsettled_s` on (seconds since 1970) are among them, unless they are very many: see `Since`.
    """
    held = frame[plan.key].to_numpy(dtype=np.int64)
    if not len(held) or not len(seen.ids):
        return seen.ids
    at = np.searchsorted(held, seen.ids).clip(max=len(held) - 1)
    same = (held[at] == seen.ids) & (written_s(frame)[at] == seen.written_s)
    partner = partner_column(plan)
    if partner in frame:
        same &= frame[partner].to_numpy(dtype=np.int64)[at] == seen.partners
    unsettled = seen.written_s >= unsettled_s
    if unsettled.sum() <= UNSETTLED_ROWS:
        same &= ~unsettled
    return np.asarray(seen.ids[~same], dtype=np.int64)


def written_s(frame: pd.DataFrame) -> IntArray:
    """Return the column `write_date` in seconds since 1970, the smallest integer where there is none."""
    seconds: IntArray = frame[WRITE_DATE].to_numpy(dtype="datetime64[s]").astype(np.int64)
    return seconds


def _sums(plan: Plan) -> list[tuple[str, str]]:
    return [("id", "sum"), *([(PARTNER, "sum")] if partner_column(plan) is not None else [])]


def _fingerprint(row: Mapping[str, Any], model: str) -> Fingerprint:
    # The sum over nothing is None up to 16, False from 17 on.
    numbers = [row["__count"], row["id:sum"] or 0, row.get(f"{PARTNER}:sum") or 0]
    if not all(isinstance(number, int) or (isinstance(number, float) and number.is_integer()) for number in numbers):
        raise odd_answer(model, "counts and sums of ids")
    return Fingerprint(*(int(number) for number in numbers))


def _moment(value: Any) -> str:
    """Return a moment to the second; what cannot be read, or is not told, is later than any."""
    try:
        return datetime.fromisoformat(str(value)[:19]).strftime(MOMENT)
    except ValueError:
        return _LATER_THAN_ANY


def _by_period(client: OdooClient, plan: Plan, domain: Domain, period: Period) -> dict[date | None, Fingerprint]:
    key = f"{WRITE_DATE}:{period}"
    found = {}
    for row in client.grouped(plan.model, domain, [key], _sums(plan)):
        label = row[key]
        try:
            first = date.fromisoformat(str(label)[:10]) if label else None
        except ValueError as exc:
            raise odd_answer(plan.model, "days") from exc
        found[first] = _fingerprint(row, plan.model)
    return found


def _of_frame(
    plan: Plan, frame: pd.DataFrame, days: npt.NDArray[np.datetime64], period: Period
) -> dict[date | None, Fingerprint]:
    firsts = days.astype("datetime64[M]").astype("datetime64[D]") if period == "month" else days
    labels, group = np.unique(firsts, return_inverse=True)
    columns = [frame[plan.key].to_numpy(dtype=np.int64)]
    if (partner := partner_column(plan)) in frame:
        columns.append(frame[partner].to_numpy(dtype=np.int64))
    sums: list[list[int]] = []
    for values in columns:
        total = np.zeros(len(labels), dtype=np.int64)
        np.add.at(total, group, values)
        sums.append(total.tolist())
    counts = np.bincount(group, minlength=len(labels)).tolist()
    rows = zip(counts, *sums, strict=True)
    return {
        None if np.isnat(label) else label.item(): Fingerprint(*row) for label, row in zip(labels, rows, strict=True)
    }


def _different(
    theirs: Mapping[date | None, Fingerprint], ours: Mapping[date | None, Fingerprint]
) -> Sequence[date | None]:
    both = {*theirs, *ours}
    named = sorted(first for first in both if first is not None)
    return [first for first in (*named, *({None} & both)) if theirs.get(first) != ours.get(first)]


def _runs(days: Sequence[date | None]) -> Iterator[tuple[date | None, date | None]]:
    """Yield first and last of each run of days that follow one another."""
    run: list[date] = []
    for day in days:
        if day is None:
            yield None, None
        elif run and day - run[-1] == timedelta(days=1):
            run.append(day)
        else:
            if run:
                yield run[0], run[-1]
            run = [day]
    if run:
        yield run[0], run[-1]


def _end_of_month(first: date | None) -> date | None:
    return None if first is None else (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _span(start: date | None, end: date | None) -> Domain:
    if start is None or end is None:
        return [[WRITE_DATE, "=", False]]
    after = end + timedelta(days=1)
    return [[WRITE_DATE, ">=", f"{start} 00:00:00"], [WRITE_DATE, "<", f"{after} 00:00:00"]]


def _between(days: npt.NDArray[np.datetime64], start: date | None, end: date | None) -> npt.NDArray[np.bool_]:
    if start is None or end is None:
        return np.isnat(days)
    return (days >= np.datetime64(start)) & (days <= np.datetime64(end))


def _days_of(written: IntArray) -> npt.NDArray[np.datetime64]:
    return written.astype("datetime64[s]").astype("datetime64[D]")


def _seen(client: OdooClient, plan: Plan, domain: Domain, beside: str = "") -> tuple[Seen, IntArray]:
    partner = partner_column(plan)
    reads = [plan.reads[0], Read(WRITE_DATE, "datetime", WRITE_DATE)]
    if partner is not None:
        reads.append(Read(partner, "id", PARTNER))
    if beside:
        reads.append(Read(_BESIDE, "id", beside))
    table = read_in_one_group(client, plan.model, domain, reads)
    ids = table[plan.key].to_numpy()
    partners = np.zeros(len(ids), dtype=np.int64) if partner is None else table[partner].to_numpy()
    written = table[WRITE_DATE].cast(pa.int64()).fill_null(_LEAST).to_numpy()
    others = table[_BESIDE].to_numpy() if beside else np.zeros(len(ids), dtype=np.int64)
    return Seen(ids, written, partners), others


def _together(found: Sequence[Seen]) -> Seen:
    nothing = np.array([], dtype=np.int64)
    if not found:
        return Seen(nothing, nothing, nothing)
    ids, first = np.unique(np.concatenate([one.ids for one in found]), return_index=True)
    written = np.concatenate([one.written_s for one in found])[first]
    return Seen(ids, written, np.concatenate([one.partners for one in found])[first])
