"""Failed sign-ins are counted by login and by address; after too many the next one has to wait."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from odoo_client.errors import TooManyAttemptsError

FAILURES = 5
WINDOW_S = 15 * 60.0
#: Names remembered at once: somebody who tries a million logins must not fill the memory.
MAX_NAMES = 20_000


class Throttle:
    """Counts failures of the last `window_s` seconds; safe to use from many threads."""

    def __init__(
        self, failures: int = FAILURES, window_s: float = WINDOW_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._failures = failures
        self._window_s = window_s
        self._clock = clock
        self._seen: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def claim(self, login: str, address: str) -> None:
        """Count this attempt as failed until `succeeded` says otherwise, so that many at once cannot slip through.

        Raises TooManyAttemptsError with the seconds to wait.
        """
        now = self._clock()
        with self._lock:
            wait_s = max(self._wait_s(name, now) for name in _names(login, address))
            if wait_s > 0:
                minutes = math.ceil(wait_s / 60)
                raise TooManyAttemptsError(
                    f"Too many sign-ins failed. Try again in {minutes} minute{'s' if minutes != 1 else ''}.",
                    wait_s=wait_s,
                )
            for name in _names(login, address):
                if name not in self._seen and len(self._seen) >= MAX_NAMES:
                    self._forget(now)
                self._seen.setdefault(name, deque(maxlen=self._failures)).append(now)

    def succeeded(self, login: str, address: str) -> None:
        """Forget the failures of this login, and the claim just made for the address.

        The address keeps its older failures: one good account must not free the guesses at all others.
        """
        of_login, of_address = _names(login, address)
        with self._lock:
            self._seen.pop(of_login, None)
            self._drop_last(of_address)

    def withdrawn(self, login: str, address: str) -> None:
        """Take the claim back: Odoo could not be asked, so nothing failed."""
        with self._lock:
            for name in _names(login, address):
                self._drop_last(name)

    def _drop_last(self, name: str) -> None:
        moments = self._seen.get(name)
        if moments:
            moments.pop()
        if not moments:
            self._seen.pop(name, None)

    def _wait_s(self, name: str, now: float) -> float:
        moments = self._seen.get(name)
        if not moments or len(moments) < self._failures:
            return 0.0
        return moments[0] + self._window_s - now

    def _forget(self, now: float) -> None:
        old = [name for name, moments in self._seen.items() if moments[-1] + self._window_s <= now]
        for name in old or list(self._seen)[: MAX_NAMES // 10]:
            del self._seen[name]


def _names(login: str, address: str) -> tuple[str, str]:
    return f"login:{login.strip().casefold()[:256]}", f"address:{address}"
