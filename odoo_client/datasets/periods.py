"""How long lines of orders and invoices are for, as far as Odoo says: units of measure, and a line's own period.

Model `uom.uom`. Frame units: unit_id, name, family (the same for units that convert into one another: the category up
to 18, the root unit from 19), size (how many of the family's reference unit). Odoo has no unit of a month of its own;
providers make them. Lines get period_start and period_end from fields of the edition or of OCA, else from their text;
an end without a start: a period is named that cannot be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from odoo_client.datasets.base import Column, Dataset, Missing, Plan, Probe, build_plan, column
from odoo_client.metrics.printed_period import printed_periods

NO_UNITS = "This Odoo has no units of measure: install Invoicing or Sales in Odoo."
#: Fields of a line's period, best first: Enterprise 17 and newer, OCA's start and end dates, Enterprise up to 16.
_FIELDS: Final = (
    ("deferred_start_date", "deferred_end_date"),
    ("start_date", "end_date"),
    ("subscription_start_date", "subscription_end_date"),
)


def period_columns(probe: Probe, model: str, *, printed: bool = True) -> tuple[Column, ...]:
    """Return the columns that `with_periods` needs of the lines of `model`; not `printed`: their texts are not read."""
    fields: tuple[str, ...] = ()
    if probe.has_model(model):
        known = probe.client.fields(model, {name for pair in _FIELDS for name in pair})
        for pair in _FIELDS:
            if all(name in known and known[name].type == "date" for name in pair):
                fields = pair
                break
    start, end = fields or ((), ())
    text = column("line_text", "text", "name") if printed else Column("line_text", "text")
    return (
        Column("period_start", "date", (start,) if start else ()),
        Column("period_end", "date", (end,) if end else ()),
        text,
    )


def with_periods(lines: pd.DataFrame) -> pd.DataFrame:
    """Return lines as they are kept: their own period, else the printed one, and without the text it was read from."""
    own = lines["period_start"].notna() | lines["period_end"].notna()
    printed = printed_periods(lines["line_text"].where(~own, ""))
    names = ("period_start", "period_end")
    return lines.drop(columns="line_text").assign(
        **{name: lines[name].where(own, printed[name]).astype("datetime64[s]") for name in names}
    )


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for units of measure."""
    by_category = probe.has_field("uom.uom", "category_id")
    columns = (
        column("unit_id", "id", "id"),
        column("name", "text"),
        column("family", "id", "category_id", "relative_uom_id"),
        column("size", "number", "factor"),
    )

    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        size = frame["size"].where(frame["size"] > 0, 1.0)
        # Up to 18 a factor says how many of this unit make one of the reference, from 19 on the other way round.
        if by_category:
            return frame.assign(size=1.0 / size)
        return frame.assign(family=_roots(frame["unit_id"].tolist(), frame["family"].tolist()), size=size)

    return build_plan(probe, "uom.uom", columns, missing=NO_UNITS, finish=finish)


def _roots(unit_ids: Sequence[int], parents: Sequence[int]) -> np.ndarray:
    """Return the unit that each is a multiple of in the end; itself where Odoo's tree has none or goes in a circle."""
    above = dict(zip(unit_ids, parents, strict=True))
    found = []
    for unit_id in unit_ids:
        at, seen = unit_id, {unit_id}
        while above.get(at) and above[at] not in seen:
            at = above[at]
            seen.add(at)
        found.append(at)
    return np.array(found, dtype=np.int64)


DATASETS = (Dataset("units", "base", plan, small=True),)
