"""Moments of one sync: from when on rows are looked at, and up to when all were seen, by Odoo's clock."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta

import pandas as pd

from odoo_client.config import Settings
from odoo_client.datasets.base import WRITE_DATE
from odoo_client.frames.kinds import EARLY_BEFORE_S
from odoo_client.store import clock
from odoo_client.store.snapshot import FrameInfo
from odoo_client.sync.fingerprints import MOMENT, Since, written_s
from odoo_client.sync.rows import DatasetReport

#: Where more rows than this were written lately, the hour before is compared only so often.
MANY_LATELY = 2_000
FAR_BACK_EVERY_S = 300.0
#: A transaction that began in the second of another's write may end so much later.
SETTLING = timedelta(seconds=10)


class Moments:
    """A sync that began at `now`, where Odoo's clock is `skew_s` ahead of ours (None: its server does not say).

    `compared` holds, by dataset, when its rows written lately were compared and how many they were; it is added to.
    """

    def __init__(
        self, settings: Settings, now: datetime, skew_s: float | None, compared: dict[str, tuple[float, int]]
    ) -> None:
        self._settings = settings
        self._now = now
        self._compared = compared
        #: What Odoo's own clock says, None where its server does not say; no record was written after `_latest`.
        self._odoo_now = None if skew_s is None else now + timedelta(seconds=skew_s)
        self._latest = (self._odoo_now or now) + timedelta(days=1)
        #: Datasets of which only the last minutes are compared this time.
        self._near: set[str] = set()

    def since(self, name: str, info: FrameInfo) -> Since:
        """Return from which moments rows are looked at: no transaction open at the last read began before them.

        The newest `write_date` seen may be years old where nobody works; Odoo's own clock at the last read is not, but
        it is that of another machine than the one whose clock dates the rows.
        While a great many rows were written lately (a night's invoices), that far back is looked only now and then.
        """
        moments = _seen(info)
        back_s = self._settings.sync_overlap_s + self._settings.sync_transaction_s
        at_s, rows = self._compared.get(name, (-math.inf, 0))
        if rows > MANY_LATELY and time.monotonic() - at_s < FAR_BACK_EVERY_S:
            back_s = min(back_s, clock.TOLERANCE_S)
            self._near.add(name)
        unsettled = max(moments[0] - SETTLING, moments[-1] - timedelta(seconds=clock.TOLERANCE_S))
        compared = min(max(moments) - timedelta(seconds=back_s), unsettled)
        return Since(compared.strftime(MOMENT), int(unsettled.timestamp()))

    def note_compared(self, report: DatasetReport) -> None:
        """Note when the rows of a dataset that were written lately were compared, all of them."""
        if report.mode == "changes" and report.name not in self._near:
            self._compared[report.name] = time.monotonic(), report.written_lately

    def asked_at(self) -> str | None:
        """Return what Odoo's clock said when this sync began, None where its server does not say."""
        return None if self._odoo_now is None else self._odoo_now.astimezone(UTC).strftime(MOMENT)

    def watermark(self, frame: pd.DataFrame, before: str | None) -> str | None:
        """Return the newest `write_date` seen, as Odoo writes it; it never goes back.

        A moment that Odoo's own clock has not reached counts as now: otherwise nothing that changes until then would
        be read. One before the year 1000, or more than a day ahead, cannot be a moment of any write.
        """
        if WRITE_DATE not in frame or not len(frame):
            return before
        seconds, latest_s = written_s(frame), int(self._latest.timestamp())
        known = seconds[(seconds >= EARLY_BEFORE_S) & (seconds <= latest_s)]
        newest = datetime.fromtimestamp(int(known.max()), UTC) if len(known) else None
        if newest is None and (seconds > latest_s).any():
            newest = self._odoo_now or self._now
        if newest is not None and self._odoo_now is not None and clock.is_to_come(newest, self._odoo_now):
            newest = self._odoo_now
        text = newest.strftime(MOMENT) if newest is not None else None
        return max(filter(None, (text, before)), default=None)

    def is_to_come(self, info: FrameInfo) -> bool:
        """Return whether what was seen is in the future by Odoo's own clock."""
        if self._odoo_now is None:
            return False
        return any(clock.is_to_come(moment, self._odoo_now) for moment in _seen(info))


def _seen(info: FrameInfo) -> list[datetime]:
    """Return the newest `write_date` seen at the last read, then what Odoo's clock said; neither where not known."""
    return [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (info.watermark, info.asked_at) if text]
