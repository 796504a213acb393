"""What was odd in Odoo's answers for one dataset, kept so that its pages can say where it stands.

A value that cannot be read is left empty and the rest is read; a page that draws on the dataset names the model, the
field, how many there are and the first record. An increment reads few rows again, so what was odd in the
others is carried over until their rows are read again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

log = logging.getLogger(__name__)

#: "unread" = nothing can be made of it, so it is empty; "early" = a day before the year 1000, held as it stands;
#: "twice" = a record that one answer had twice; "unnamed" = a record without a readable id, left out.
What = Literal["unread", "early", "twice", "unnamed"]
#: Records of one field remembered by id: more than these mean a field of another type, not single slips.
IDS_KEPT = 10_000

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Odd:
    """One field of `model` (field "": the record as a whole) that was odd in `count` records.

    `ids` are theirs, rising, the first IDS_KEPT of them.
    """

    what: What
    model: str
    field: str
    count: int
    ids: tuple[int, ...] = ()

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Odd:
        """Return what `dataclasses.asdict` made a mapping of."""
        return cls(raw["what"], raw["model"], raw["field"], raw["count"], tuple(raw["ids"]))

    @property
    def sentence(self) -> str:
        """What somebody needs to know to correct it in Odoo."""
        one = self.count == 1
        first = "" if not self.ids else f", in record {self.ids[0]}" if one else f", the first in record {self.ids[0]}"
        model, number = self.model, f"{self.count:,}"
        if self.what == "twice":
            return f"{model}: {number} {'record' if one else 'records'} came twice and counted once{first}."
        if self.what == "unnamed":
            came = "record came without its" if one else "records came without their"
            return f"{model}: {number} {came} number and {'is' if one else 'are'} left out."
        them, value = ("it", "value") if one else ("them", "values")
        if self.what == "early":
            return (
                f"{model}: {number} {value} of {self.field} {'lies' if one else 'lie'} before the year 1000{first}. "
                f"Correct {them} in Odoo."
            )
        return (
            f"{model}: {number} {value} of {self.field} cannot be read and {'is' if one else 'are'} left empty{first}. "
            f"Correct {them} in Odoo."
        )


class OddValues:
    """Collects what was odd while one dataset is read from its model, by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: dict[tuple[What, str], set[int]] = {}
        self._unnamed = 0
        self._model = ""

    def carry(self, before: Iterable[Odd]) -> None:
        """Take over what was odd in the rows of the previous snapshot; reading a row again clears its own."""
        with self._lock:
            for one in before:
                self._model = one.model
                if one.what == "unnamed":
                    self._unnamed = max(self._unnamed, one.count)
                elif one.what != "twice":
                    self._ids.setdefault((one.what, one.field), set()).update(one.ids)

    def note(self, model: str, rows: Ids, found: Mapping[tuple[What, str], Ids], unnamed: int = 0) -> None:
        """Say that these rows (ids) were read, and which of them were odd in what."""
        with self._lock:
            self._model = model
            if self._ids:
                read = set(rows.tolist())
                for (what, _field), ids in self._ids.items():
                    if what != "twice":
                        ids -= read
            for key, odd in found.items():
                if len(odd):
                    log.warning("%s: %s in %d records, first %d", model, " ".join(key), len(odd), odd.min())
                    self._ids.setdefault(key, set()).update(odd.tolist())
            # Each way of reading meets such a row again, so the largest number is nearest to the truth.
            self._unnamed = max(self._unnamed, unnamed)

    def found(self, keys: Sequence[int] | Ids | None = None) -> tuple[Odd, ...]:
        """Return what is odd in the rows that the frame has (`keys`; None: in all that were read), field by field."""
        with self._lock:
            if not self._ids and not self._unnamed:
                return ()
            kept = {key: np.array(sorted(ids), dtype=np.int64) for key, ids in self._ids.items()}
            if keys is not None:
                kept = {key: np.intersect1d(ids, np.asarray(keys, dtype=np.int64)) for key, ids in kept.items()}
            odd = [
                Odd(what, self._model, name, len(ids), tuple(ids[:IDS_KEPT].tolist()))
                for (what, name), ids in sorted(kept.items())
                if len(ids)
            ]
            return (*odd, Odd("unnamed", self._model, "", self._unnamed)) if self._unnamed else tuple(odd)
