"""Failed sign-ins are counted by login and by address; after too many the next one has to wait."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable

from odoo_client.errors import TooManyAttemptsError

FAILURES = 5
WINDOW_S = 15 * 60.0
#: Names remembered at once: somebody who tries a million logins must not fill the memory.
MAX_NAMES = 20_000
#: Where all of them have to wait, the names that come then share so many more.
SHARED_NAMES = 1_000
#: One customer of a provider has at least so much of IPv6, and an address of it for each attempt.
IPV6_PREFIX = 64
#: How a shared name begins; one's own begins with "login:" or "address:".
_SHARED = ("logins:", "addresses:")


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
            names = [self._kept(name, now) for name in _names(login, address)]
            wait_s = max(self._wait_s(name, now) for name in names)
            if wait_s > 0:
                minutes = math.ceil(wait_s / 60)
                raise TooManyAttemptsError(
                    f"Too many sign-ins failed. Try again in {minutes} minute{'s' if minutes != 1 else ''}.",
                    wait_s=wait_s,
                )
            for name in names:
                self._seen.setdefault(name, deque(maxlen=self._failures)).append(now)

    def succeeded(self, login: str, address: str) -> None:
        """Forget the failures of this login, and the claim just made for the address.

        The address keeps its older failures: one good account must not free the guesses at all others.
        """
        of_login, of_address = _names(login, address)
        with self._lock:
            if self._seen.pop(of_login, None) is None:
                self._drop_last(_shared(of_login))
            self._drop_last(of_address if of_address in self._seen else _shared(of_address))

    def withdrawn(self, login: str, address: str) -> None:
        """Take the claim back: Odoo could not be asked, so nothing failed."""
        with self._lock:
            for name in _names(login, address):
                self._drop_last(name if name in self._seen else _shared(name))

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

    def _kept(self, name: str, now: float) -> str:
        """Return the name to count under: its own, or a shared one where there is no room for it."""
        # An attempt brings a login and an address.
        if name not in self._seen and len(self._seen) > MAX_NAMES - 2:
            self._forget(now)
            if len(self._seen) > MAX_NAMES - 2:
                return _shared(name)
        return name

    def _forget(self, now: float) -> None:
        """Make room. Whoever has to wait still has to: a flood of other names must not free them."""
        old = [name for name, moments in self._seen.items() if moments[-1] + self._window_s <= now]
        # Those that failed least often first, and of these the oldest.
        free = [name for name in self._seen if self._wait_s(name, now) <= 0 and not name.startswith(_SHARED)]
        free.sort(key=lambda name: len(self._seen[name]))
        for name in old or free[: MAX_NAMES // 10]:
            del self._seen[name]


def _names(login: str, address: str) -> tuple[str, str]:
    return f"login:{login.strip().casefold()[:256]}", f"address:{network(address)}"


def _shared(name: str) -> str:
    kind = _SHARED[0] if name.startswith("login:") else _SHARED[1]
    return f"{kind}{zlib.crc32(name.encode('utf-8', 'replace')) % SHARED_NAMES}"


def network(address: str) -> str:
    """Return what stands for an address: an IPv6 one by its network, which is one visitor's whole."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.ip_network((found, IPV6_PREFIX), strict=False))
