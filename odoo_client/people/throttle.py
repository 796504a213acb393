"""Failed sign-ins are counted, and after too many the next one has to wait. Those under way are counted apart.

They are counted strictly by login *and* address: whoever guesses at a colleague's login elsewhere makes only themselves
wait. By address alone they count only beyond what a whole office makes. A browser in which somebody has signed in
before is known (see `known_browsers`) and counts by itself, so that nobody at the same address keeps its owner out.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
import zlib
from bisect import insort
from collections import Counter
from collections.abc import Callable
from typing import Final

from odoo_client.config import FAILURES_BY_ADDRESS
from odoo_client.errors import TooManyAttemptsError

FAILURES: Final = 5
WINDOW_S: Final = 15 * 60.0
#: Names remembered at once: somebody who tries a million logins must not fill the memory.
MAX_NAMES = 20_000
#: Where all of them have to wait, the names that come next share this many more.
SHARED_NAMES = 1_000
#: A customer of a provider has at least this much of IPv6, and a fresh address for each attempt.
IPV6_PREFIX = 64
#: When somebody may try again who would be one too many if all those under way failed.
UNDER_WAY_S: Final = 5.0
UNDER_WAY: Final = "Other sign-ins from here are still under way. Try again in a moment."
#: Prefix of a name of one's own → prefix of a shared one.
_SHARED: Final = {"pair": "pairs:", "address": "addresses:", "browser": "browsers:"}
_SHARED_STARTS: Final = tuple(_SHARED.values())


class Attempt:
    """One sign-in under way; it is ended once, by its outcome."""

    def __init__(self, throttle: Throttle, names: tuple[str, ...]) -> None:
        self._throttle = throttle
        self._names = names

    def failed(self, for_s: float | None = None) -> None:
        """Count a refusal, for the throttle's window (or `for_s`)."""
        self._throttle._ended(self._names, failed_for_s=self._throttle.window_s if for_s is None else for_s)  # noqa: SLF001

    def succeeded(self) -> None:
        """Forget earlier failures of this login here, or of this browser.

        The address keeps its failures: one good account must not free the guesses at all others.
        """
        self._throttle._ended(self._names, forgotten=self._names[:1])  # noqa: SLF001

    def withdrawn(self) -> None:
        """End without a verdict: Odoo could not be asked, so nothing failed."""
        self._throttle._ended(self._names)  # noqa: SLF001


class Throttle:
    """Counts failures of the last `window_s` seconds, `by_address` of everybody there; safe to use from many threads.

    Five failures are allowed to one login at one address, or to one known browser.
    """

    def __init__(
        self,
        by_address: int = FAILURES_BY_ADDRESS,
        window_s: float = WINDOW_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.window_s = window_s
        self._by_address = by_address
        self._clock = clock
        #: Name → until when each of its failures counts, rising.
        self._seen: dict[str, list[float]] = {}
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    def claim(self, login: str, address: str, known: str = "") -> Attempt:
        """Return the attempt that begins now; `known` is the id of a browser that is known for this login.

        Raises TooManyAttemptsError with the seconds to wait: after too many failures, and while so many are under way
        that they would be too many if all of them failed, so that many at once cannot slip through.
        """
        now = self._clock()
        with self._lock:
            names = tuple(self._kept(name, now) for name in _names(login, address, known))
            wait_s = max(self._wait_s(name, now) for name in names)
            if wait_s > 0:
                minutes = math.ceil(wait_s / 60)
                raise TooManyAttemptsError(
                    f"Too many sign-ins failed. Try again in {minutes} minute{'s' if minutes != 1 else ''}.",
                    wait_s=wait_s,
                )
            if any(len(self._failures(name, now)) + self._running[name] >= self._most(name) for name in names):
                raise TooManyAttemptsError(UNDER_WAY, wait_s=UNDER_WAY_S)
            self._running.update(names)
        return Attempt(self, names)

    def _ended(
        self, names: tuple[str, ...], *, failed_for_s: float | None = None, forgotten: tuple[str, ...] = ()
    ) -> None:
        with self._lock:
            self._running.subtract(names)
            for name in names:
                if self._running[name] <= 0:
                    del self._running[name]
                if failed_for_s is not None:
                    failures = self._seen.setdefault(name, [])
                    insort(failures, self._clock() + failed_for_s)
                    del failures[: -self._most(name)]
            for name in forgotten:
                # A shared name also counts the failures of others.
                if not name.startswith(_SHARED_STARTS):
                    self._seen.pop(name, None)

    def _most(self, name: str) -> int:
        return self._by_address if name.startswith("address") else FAILURES

    def _failures(self, name: str, now: float) -> list[float]:
        return [until for until in self._seen.get(name, ()) if until > now]

    def _wait_s(self, name: str, now: float) -> float:
        failures, most = self._failures(name, now), self._most(name)
        return failures[-most] - now if len(failures) >= most else 0.0

    def _kept(self, name: str, now: float) -> str:
        """Return the name to count under: its own, or a shared one where there is no room for it."""
        # An attempt has two names at most.
        if name not in self._seen and len(self._seen) > MAX_NAMES - 2:
            self._forget(now)
            if len(self._seen) > MAX_NAMES - 2:
                return _shared(name)
        return name

    def _forget(self, now: float) -> None:
        """Make room. Whoever has to wait still has to: a flood of other names must not free them."""
        old = [name for name, failures in self._seen.items() if failures[-1] <= now]
        # Those that failed least often first, and of these the oldest.
        free = [name for name in self._seen if self._wait_s(name, now) <= 0 and not name.startswith(_SHARED_STARTS)]
        free.sort(key=lambda name: len(self._seen[name]))
        for name in old or free[: MAX_NAMES // 10]:
            del self._seen[name]


def _names(login: str, address: str, known: str) -> tuple[str, ...]:
    """Return the names an attempt counts under, first that which a success frees."""
    if known:
        return (f"browser:{known}",)
    place = network(address)
    return f"pair:{place} {login.strip().casefold()[:256]}", f"address:{place}"


def _shared(name: str) -> str:
    return f"{_SHARED[name.partition(':')[0]]}{zlib.crc32(name.encode('utf-8', 'replace')) % SHARED_NAMES}"


def network(address: str) -> str:
    """Return what represents an address: for IPv6 its network, since all of that is one visitor's."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.ip_network((found, IPV6_PREFIX), strict=False))
