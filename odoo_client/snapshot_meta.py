"""What a snapshot says of itself: how each frame came, when and from where it was taken, and what it must tell.

Written beside the frames as JSON, the manifest (see `snapshot.py`); one of an older release may lack some of it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal

from odoo_client.odd_values import Odd

State = Literal["ok", "missing", "denied"]


@dataclass(frozen=True)
class FrameInfo:
    """What a frame holds and how it came: `watermark` is the newest `write_date` seen (UTC text, None = none).

    `state` is "ok", "missing" (this Odoo lacks the module: `message` says what to install) or "denied" (the account
    lacks the right: rows, if any, are those read before). `lacks` names optional columns that this Odoo does not have.
    `model` is Odoo's ("" where several make the frame), `odd` which of its values could not be read, as `warnings` say.
    `by_records` = Odoo refused the columns of its model to this account.
    """

    rows: int
    read_at: datetime
    watermark: str | None = None
    state: State = "ok"
    source: str = ""
    message: str = ""
    warnings: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    digest: str = ""
    by_records: bool = False
    model: str = ""
    odd: tuple[Odd, ...] = ()

    def with_odd(self, odd: tuple[Odd, ...]) -> FrameInfo:
        """Return this with what is odd now, in words too, in place of what was."""
        said = {one.sentence for one in self.odd}
        warnings = [text for text in self.warnings if text not in said]
        return replace(self, odd=odd, warnings=(*warnings, *(one.sentence for one in odd)))


@dataclass(frozen=True)
class ControlTotal:
    """Count and sum of open residuals of one company, account and currency: Odoo's own grouping beside ours."""

    company_id: int
    account_id: int
    currency_id: int
    odoo_count: int
    odoo_residual: float
    our_count: int
    our_residual: float
    #: Odoo's own figure changed while it was read again: somebody is posting, so a difference proves nothing.
    moving: bool = False
    #: The least that is not nothing in this currency: half of what it is rounded to.
    smallest: float = 0.005

    @property
    def key(self) -> tuple[int, int, int]:
        """Company, account and currency."""
        return self.company_id, self.account_id, self.currency_id

    @property
    def equal(self) -> bool:
        """Whether both agree to the last decimal: a float sum of a million cents errs by far less than half of one."""
        return self.odoo_count == self.our_count and abs(self.odoo_residual - self.our_residual) < self.smallest

    @property
    def ties(self) -> bool:
        """Whether no difference is proven."""
        return self.equal or self.moving


@dataclass(frozen=True)
class NonTradeTotal:
    """Count and sum of what is open on a receivable account that is no customer's debt, by company and currency."""

    company_id: int
    account_id: int
    currency_id: int
    count: int
    residual: float
    smallest: float = 0.005


@dataclass(frozen=True)
class SnapshotMeta:
    """Where and when a snapshot was taken, and what it must say for itself."""

    snapshot_id: str
    taken_at: datetime
    demo: bool = False
    odoo_url: str = ""
    odoo_version: str = ""
    edition: str = ""
    protocol: str = ""
    #: Whether every frame could be read (or its module is not there), and whether this sync was of all of them.
    complete: bool = True
    whole: bool = True
    warnings: tuple[str, ...] = ()
    control_totals: tuple[ControlTotal, ...] = ()
    non_trade_totals: tuple[NonTradeTotal, ...] = ()
    full_at: datetime | None = None
    ids_checked_at: datetime | None = None
    company_ids: tuple[int, ...] = ()
    #: Whether this sync read everything again and not what changed.
    full: bool = False
    #: Raised by one at each write (0 = written by a version that did not count); and what it was at the last whole sync
    #: and at the last full one, this one included.
    sequence: int = 0
    whole_sequence: int = 0
    full_sequence: int = 0
    #: What this Odoo calls the priorities of its tickets, by rising level; () = not read.
    ticket_priorities: tuple[str, ...] = ()

    @property
    def ties_to_ledger(self) -> bool:
        """Whether every control total agrees with Odoo."""
        return all(total.ties for total in self.control_totals)


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` with moments as JSON has them."""
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}


def info_from(raw: dict[str, Any]) -> FrameInfo:
    """Return a frame's part of a manifest. Raises KeyError, TypeError or ValueError for a damaged one."""
    known = _known(FrameInfo, raw, times=("read_at",), tuples=("warnings", "lacks"))
    return FrameInfo(**known | {"odd": tuple(Odd.of(one) for one in raw.get("odd", ()))})


def meta_from(raw: dict[str, Any]) -> SnapshotMeta:
    """Return a snapshot's part of a manifest. Raises KeyError, TypeError or ValueError for a damaged one."""
    times = ("taken_at", "full_at", "ids_checked_at")
    known = _known(SnapshotMeta, raw, times=times, tuples=("warnings", "company_ids", "ticket_priorities"))
    known["control_totals"] = tuple(ControlTotal(**total) for total in raw.get("control_totals", ()))
    known["non_trade_totals"] = tuple(NonTradeTotal(**total) for total in raw.get("non_trade_totals", ()))
    return SnapshotMeta(**known)


def _known(kind: type, raw: dict[str, Any], *, times: tuple[str, ...], tuples: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of `raw` that `kind` has today: a manifest of an older version may hold others."""
    names = {one.name for one in fields(kind)}
    known = {key: value for key, value in raw.items() if key in names}
    known |= {key: datetime.fromisoformat(known[key]) for key in times if known.get(key)}
    return known | {key: tuple(known[key]) for key in tuples if key in known}
