"""Half the rows of a dataset gone at once: asked again before it is believed, and said for a day.

A filter of the account that reads, a record rule or a proxy may hide rows from one answer to the next, and every figure
would fall with them. Rows that were truly deleted are gone the second time too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from odoo_client.datasets.base import Dataset, Plan
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import FrameInfo
from odoo_client.store.snapshot_meta import Shrunk

#: Fewer rows than this may halve on any day.
FEWEST_ROWS: Final = 100
SAID_FOR: Final = timedelta(days=1)


def is_halved(dataset: Dataset, known: FrameInfo | None, rows: int) -> bool:
    """Return whether a dataset that was read before has lost half of its rows; `rows` are those it has now.

    What belongs to owners comes and goes with them, the messages of tickets that were closed.
    """
    if dataset.owners is not None or known is None or known.state != "ok":
        return False
    return known.rows >= FEWEST_ROWS and rows * 2 < known.rows


def is_confirmed(client: OdooClient, plan: Plan, rows: int) -> bool:
    """Return whether Odoo, asked again, has hardly more than were read. Raises what the client raises."""
    return client.search_count(plan.model, plan.domain) <= rows * 1.5


def noted(info: FrameInfo, known: FrameInfo | None, *, halved: bool, now: datetime) -> FrameInfo:
    """Return `info` with what is said of the rows that are gone: since now, or still since a sync of the last day."""
    if known is None:
        return info
    shrunk = Shrunk(known.rows, now) if halved else known.shrunk
    if shrunk is None or info.rows * 2 >= shrunk.rows or now - shrunk.at > SAID_FOR:
        return info
    return replace(info, shrunk=shrunk, warnings=(*info.warnings, sentence(info, shrunk)))


def sentence(info: FrameInfo, shrunk: Shrunk) -> str:
    """Return what people are told."""
    return (
        f"{info.source or info.model}: Odoo has {info.rows:,} records left of {shrunk.rows:,}, asked twice. "
        "If nobody deleted them, look at what the account that reads may see: its companies and record rules."
    )
