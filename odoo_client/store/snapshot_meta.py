"""What a snapshot says about itself: how each frame came, when and where it was taken, and what must be shown.

It is written beside the frames as JSON, the manifest (see `snapshot.py`); one of an older release may lack some of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec

from odoo_client.errors import SnapshotCorruptError
from odoo_client.frames.odd_values import Odd
from odoo_client.store import clock

State = Literal["ok", "missing", "denied"]
#: A moment with a time zone: any other has no known age.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
DAMAGED: Final = "The snapshot on disk is damaged; a full sync makes a new one."
#: Years in which a snapshot can have been taken, the last one not included.
_YEARS: Final = range(2000, 9000)


@dataclass(frozen=True)
class Shrunk:
    """How many rows a dataset had before half of them were gone at once, and when that was seen."""

    rows: int
    at: Moment


@dataclass(frozen=True)
class FrameInfo:
    """What a frame holds and how it came: `watermark` is the newest `write_date` seen (UTC text, None = none).

    `state` is "ok", "missing" (this Odoo lacks the module: `message` says what to install) or "denied" (the account
    lacks the right: rows, if any, are those read before). `lacks` names optional columns that this Odoo does not have.
    `model` is Odoo's ("" where several make the frame), `odd` which of its values could not be read, as `warnings` say.
    `by_records` = Odoo refused the columns of its model to this account.
    """

    rows: int
    read_at: Moment
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
    #: What Odoo's own clock said when the rows were asked for (UTC text, None = its server does not say), and the
    #: digest of their `write_date`s.
    asked_at: str | None = None
    stamps: str = ""
    #: Set for a day after half of the rows were gone at once.
    shrunk: Shrunk | None = None

    def with_odd(self, odd: tuple[Odd, ...]) -> FrameInfo:
        """Return this with what is odd now, in words too, in place of what was."""
        said = {one.sentence for one in self.odd}
        warnings = [text for text in self.warnings if text not in said]
        return replace(self, odd=odd, warnings=(*warnings, *(one.sentence for one in odd)))


@dataclass(frozen=True)
class ControlTotal:
    """Lines of one company, account and currency, and their open residuals: Odoo's own grouping beside ours."""

    company_id: int
    account_id: int
    currency_id: int
    odoo_count: int
    odoo_residual: float
    our_count: int
    our_residual: float
    #: Odoo's own figure changed while it was read again: somebody is posting, so a difference proves nothing.
    moving: bool = False
    #: The smallest amount that is not zero in this currency: half of what it is rounded to.
    smallest: float = 0.005
    #: How many of the lines are open: a matching taken back opens two lines whose residuals add up to nothing.
    odoo_open: int = 0
    our_open: int = 0

    @property
    def key(self) -> tuple[int, int, int]:
        """Company, account and currency."""
        return self.company_id, self.account_id, self.currency_id

    @property
    def equal(self) -> bool:
        """Whether both agree to the last decimal: a float sum of a million cents errs by far less than half of one."""
        counts = self.odoo_count == self.our_count and self.odoo_open == self.our_open
        return counts and abs(self.odoo_residual - self.our_residual) < self.smallest

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
    """Where and when a snapshot was taken, and what it must say about itself."""

    snapshot_id: str
    taken_at: Moment
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
    full_at: Moment | None = None
    ids_checked_at: Moment | None = None
    company_ids: tuple[int, ...] = ()
    #: Whether this sync read everything again and not what changed.
    full: bool = False
    #: Raised by one at each write (0 = written by a version that did not count); and what it was at the last whole sync
    #: and at the last full one, this one included.
    sequence: int = 0
    whole_sequence: int = 0
    full_sequence: int = 0
    #: Stays the same while nothing changes but the ages of what was read: the key of all that is derived.
    content_id: str = ""
    #: What this Odoo calls the priorities of its tickets, by rising level; () = not read.
    ticket_priorities: tuple[str, ...] = ()

    #: Companies with a currency whose receivable lines were read whole because Odoo's totals contradict them, and when.
    read_whole_for: tuple[tuple[int, int], ...] = ()
    read_whole_at: Moment | None = None

    @property
    def ties_to_ledger(self) -> bool:
        """Whether every control total agrees with Odoo."""
        return all(total.ties for total in self.control_totals)

    @property
    def contradicted(self) -> frozenset[tuple[int, int]]:
        """Companies with a currency of which a total differs from Odoo's own after all readings."""
        return frozenset((total.company_id, total.currency_id) for total in self.control_totals if not total.ties)

    def whole_reading_due(self, every_h: float, now: datetime | None = None) -> bool:
        """Return whether receivable lines must be read whole: once a contradiction, and again when `every_h` passed."""
        if self.contradicted - set(self.read_whole_for):
            return True
        return bool(self.contradicted) and clock.is_due(self.read_whole_at, every_h, now)


def content_of(info: Mapping[str, FrameInfo], meta: SnapshotMeta) -> str:
    """Return the identity of what a snapshot holds and says, whenever it was read."""
    ageless = {"read_at": None, "watermark": None, "asked_at": None, "stamps": ""}
    told = {name: _plain(asdict(one) | ageless) for name, one in info.items()}
    beside: dict[str, Any] = {"companies": meta.company_ids, "priorities": meta.ticket_priorities}
    beside |= {"warnings": meta.warnings, "read_whole_for": meta.read_whole_for}
    totals = {name: [asdict(one) for one in getattr(meta, name)] for name in ("control_totals", "non_trade_totals")}
    return _digest({"frames": told, **beside, **totals})


@dataclass(frozen=True)
class Manifest:
    """What is written beside the frames: the snapshot's own part and that of each frame."""

    meta: SnapshotMeta
    frames: dict[str, FrameInfo]

    def to_text(self) -> str:
        """Return it as JSON, with a digest over all of it."""
        frames = {name: _plain(asdict(one)) for name, one in self.frames.items()}
        said = {"meta": _plain(asdict(self.meta)), "frames": frames}
        return json.dumps(said | {"digest": _digest(said)})

    @classmethod
    def of(cls, text: object, needed: Collection[str] = ()) -> Manifest:
        """Return what `to_text` turned into text. Raises SnapshotCorruptError for anything else, of any shape.

        One of an older release has no digest and may lack what is known of a snapshot since; it is held to the types
        and to the frames `needed`, which every release wrote.
        """
        try:
            raw: dict[str, Any] = msgspec.convert(json.loads(text) if isinstance(text, str) else None, dict[str, Any])
            found = msgspec.convert(raw, cls)
            said = {name: value for name, value in raw.items() if name != "digest"}
            whole = raw["digest"] == _digest(said) if "digest" in raw else set(needed) <= set(found.frames)
            whole = whole and bool(found.frames) and found._tells_time()
        except (ValueError, RecursionError, msgspec.MsgspecError) as exc:
            raise SnapshotCorruptError(DAMAGED) from exc
        if not whole:
            raise SnapshotCorruptError(DAMAGED)
        return found

    def _tells_time(self) -> bool:
        """Return whether each moment is one that a clock can have told; Odoo writes its own without a zone."""
        infos = self.frames.values()
        meta = self.meta
        known = (meta.taken_at, meta.full_at, meta.ids_checked_at, meta.read_whole_at)
        moments = (*known, *(one.read_at for one in infos))
        seen = [datetime.fromisoformat(one.watermark) for one in infos if one.watermark is not None]
        return all(one is None or one.year in _YEARS for one in moments) and all(one.tzinfo is None for one in seen)


def _plain(value: Any) -> Any:
    """Return a value, or all in a dictionary, with moments as JSON has them."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def _digest(said: Mapping[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()
