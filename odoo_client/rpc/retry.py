"""When a call is tried again and after how long: pure rules, and the gate for hosts that ask for patience."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from urllib3.util.retry import Retry

from odoo_client.config import is_gentle

#: Statuses from something in front of Odoo, or from Odoo under load, after which a read may well succeed.
RETRY_STATUSES = frozenset({429, 502, 503, 504})


def _jitter() -> float:
    """Return a factor from 0.5 to 1, so that readers that failed together come back apart; tests can fix it."""
    return 0.5 + random.random() / 2  # noqa: S311 - no secret depends on it


@dataclass(frozen=True)
class RetryPolicy:
    """How reads are repeated; writes never are.

    With the defaults a read is sent at most 4 times, after about 0.5, 1 and 2 s (jittered), and no attempt begins
    later than `budget_silences` times the call's timeout. A server's Retry-After counts up to its cap.
    """

    repeats: int = 3
    first_wait_s: float = 0.5
    max_wait_s: float = 8.0
    max_retry_after_s: float = 30.0
    budget_silences: float = 3.0
    #: urllib3 repeats failed connections for any call, since nothing was sent. It waits about 0 and 1 s.
    connect_repeats: int = 2
    connect_backoff_s: float = 0.5
    jitter: Callable[[], float] = _jitter

    def wait_s(self, attempt: int, retry_after_s: float | None = None) -> float:
        """Return the seconds to wait after failed attempt number `attempt` (from 1)."""
        own = min(self.first_wait_s * 2.0 ** (attempt - 1), self.max_wait_s) * self.jitter()
        asked = min(retry_after_s, self.max_retry_after_s) if retry_after_s is not None else 0.0
        return max(own, asked)

    def again(self, attempt: int, elapsed_s: float, wait_s: float, timeout_s: float) -> bool:
        """Return whether one more attempt may begin after `wait_s`."""
        return attempt <= self.repeats and elapsed_s + wait_s <= self.budget_silences * timeout_s

    def connect_retry(self) -> Retry:
        """Return urllib3's part: failures to connect only, no status and no Retry-After (urllib3 waits up to 6 h)."""
        return Retry(
            total=self.connect_repeats,
            connect=self.connect_repeats,
            read=0,
            redirect=0,
            status=0,
            other=0,
            backoff_factor=self.connect_backoff_s,
            backoff_jitter=self.connect_backoff_s / 2,
            respect_retry_after_header=False,
        )


def retry_after_s(header: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds of a Retry-After header, a number or a date; None when it is absent or unreadable."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except (ValueError, TypeError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


class Gate:
    """Lets calls through one at a time, their beginnings at least `interval_s` apart."""

    def __init__(
        self,
        interval_s: float = 1.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.interval_s = interval_s
        self._clock = clock
        self._sleep = sleep
        self._one_at_a_time = threading.Lock()
        self._last_begin_s = -math.inf

    @contextmanager
    def call(self, timeout_s: float = threading.TIMEOUT_MAX) -> Iterator[None]:
        """Wait for a turn and hold it for one call. Raises TimeoutError when it does not come in time."""
        if not self._one_at_a_time.acquire(timeout=timeout_s):
            raise TimeoutError
        try:
            wait_s = self._last_begin_s + self.interval_s - self._clock()
            if wait_s > 0:
                self._sleep(wait_s)
            self._last_begin_s = self._clock()
            yield
        finally:
            self._one_at_a_time.release()


#: One gate a host for the whole process: a sync and a page's read on demand share the host's patience.
_gates: dict[str, Gate] = {}
_gates_lock = threading.Lock()


def gate_for(host: str) -> Gate | None:
    """Return the process's gate of a gentle `host`, None for any other."""
    if not is_gentle(host):
        return None
    with _gates_lock:
        return _gates.setdefault(host.lower().rstrip("."), Gate())
