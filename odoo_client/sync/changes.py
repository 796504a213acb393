"""Bring a frame up to date by what changed: seconds and bytes of an increment are those of its changes.

Read are the rows whose `write_date` in Odoo is not ours, over as long as Odoo's longest transaction may take: one that
began before the last sync and ended after it leaves rows with a `write_date` from before. A fingerprint of all rows
tells whether there are any such rows, and whether any was deleted, left the domain or changed its customer, and where.
"""

from __future__ import annotations

import logging
from typing import Final, Literal

import numpy as np
import pandas as pd

from odoo_client.datasets.base import WRITE_DATE
from odoo_client.errors import NotOdooError, OdooServerError, OdooUserError
from odoo_client.frames.arrays import IntArray
from odoo_client.sync.control_totals import GROUPED_BY, SUMS
from odoo_client.sync.derive import without_added
from odoo_client.sync.fingerprints import (
    Look,
    Seen,
    Since,
    Tied,
    fingerprint_of_frame,
    look_at,
    seen_since,
    seen_where_different,
    to_read,
)
from odoo_client.sync.rows import Rows

log = logging.getLogger(__name__)

Compare = Literal["never", "without groups", "always"]
#: How Odoo, or what answers for it, says that it does not group a model for us.
REFUSALS: Final = (OdooUserError, OdooServerError, NotOdooError)
#: More rows than this come faster in ranges, several at a time, than by their ids.
MANY_ROWS = 20_000
#: No rows.
NOTHING: Final = Seen(*[np.array([], dtype=np.int64)] * 3)


def brought_up_to_date(
    rows: Rows,
    held: pd.DataFrame,
    since: Since,
    suspects: IntArray,
    *,
    ids: Compare,
    tied: Tied | None = None,
    wide: Look | None = None,
) -> pd.DataFrame:
    """Return the frame as Odoo has its rows now, reading only those that differ; `held` itself where none does.

    `held` is the frame of a snapshot with `write_date`. `suspects` are ids that are read whatever their `write_date`
    says. `ids` says when all ids are compared besides: "always", or only where Odoo does not group this model for us.
    `tied` is what the report said when `held` was made, `wide` a look at the wider domain that was taken already.
    Raises what the client raises.
    """
    name = rows.report.name
    if rows.as_columns:
        try:
            frame = _by_fingerprint(rows, held, since, suspects, None if ids == "always" else tied, wide)
        except REFUSALS as exc:
            log.warning("%s cannot be compared by groups (%s)", rows.plan.model, type(exc).__name__)
        else:
            return rows.compared_by_id(without_added(name, frame)) if ids == "always" else frame
    frame = _written_since(rows, without_added(name, held), since.compared)
    if len(suspects):
        with rows.counting("rows"):
            frame = rows.again(frame, suspects)
    return frame if ids == "never" else rows.compared_by_id(frame)


def _by_fingerprint(
    rows: Rows, frame: pd.DataFrame, since: Since, suspects: IntArray, tied: Tied | None, wide: Look | None
) -> pd.DataFrame:
    plan, name, report = rows.plan, rows.report.name, rows.report
    if plan.wide is not None:
        with rows.counting("fingerprint"):
            wide = wide or look_at(rows.client, plan, plan.wide)
        if tied is not None and not len(suspects) and tied.still(plan.domain, wide, since.compared):
            report.tied = tied
            return frame
    look, seen = _look(rows), NOTHING
    if look.may_hold_any_since(since.compared):
        with rows.counting("fingerprint"):
            seen, _ = seen_since(rows.client, plan, since.compared)
    report.written_lately = len(seen.ids)
    wanted = np.union1d(to_read(plan, frame, seen, since.unsettled_s), suspects)
    if len(wanted) > MANY_ROWS:
        frame = _written_since(rows, without_added(name, frame), since.compared)
        wanted = np.union1d(to_read(plan, frame, seen), suspects)
    if len(wanted):
        with rows.counting("rows"):
            frame = rows.again(without_added(name, frame), wanted)
    ours = fingerprint_of_frame(plan, frame)
    if len(wanted) and look.fingerprint != ours:
        # More was written between that look and the reading.
        look = _look(rows)
    if look.fingerprint == ours:
        report.look, report.tied = look, None if wide is None else Tied(plan.domain, wide)
        return frame
    with rows.counting("fingerprint"):
        there, held = seen_where_different(rows.client, plan, frame)
    wanted = np.union1d(to_read(plan, frame, there), np.setdiff1d(held, there.ids))
    with rows.counting("rows"):
        return rows.again(without_added(name, frame), wanted)


def _look(rows: Rows) -> Look:
    """Return what Odoo has of the plan's rows, with its own totals of them where they are tied to those."""
    by, sums = (GROUPED_BY, SUMS) if rows.plan.tied else ((), ())
    with rows.counting("fingerprint"):
        return look_at(rows.client, rows.plan, by=by, sums=sums)


def _written_since(rows: Rows, frame: pd.DataFrame, since: str) -> pd.DataFrame:
    """Return the frame with all rows written since, also those that left the domain."""
    with rows.counting("rows"):
        return rows.merged(frame, rows.table([*rows.plan.changes_domain, [WRITE_DATE, ">=", since]]))
