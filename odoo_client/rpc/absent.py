"""Models an Odoo lacks, remembered by this process: each question for one makes Odoo log an error with its traceback.

Whether a model is there is a property of the database, so every connection to it shares what one has learnt. Odoo is
asked again after an hour, since a module may be installed at any time.
"""

from __future__ import annotations

import threading
import time

#: A model that was not there is asked for again after this many seconds.
ABSENT_KEPT_S = 3_600.0


class AbsentModels:
    """Which models are known not to be in a database, and Odoo's sentence about each; safe from many threads."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], tuple[float, str]] = {}
        self._lock = threading.Lock()

    def sentence(self, origin: str, database: str, model: str) -> str | None:
        """Return what was said when the model was not there, None when it may be there."""
        known = self._known.get((origin, database, model))
        return None if known is None or time.monotonic() - known[0] >= ABSENT_KEPT_S else known[1]

    def add(self, origin: str, database: str, model: str, sentence: str) -> None:
        """Remember that the model is not there."""
        with self._lock:
            self._known[origin, database, model] = time.monotonic(), sentence

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()


ABSENT = AbsentModels()
