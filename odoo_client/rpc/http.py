"""HTTP towards one Odoo: sessions, time and size limits, repeated reads. The only place that reads a response."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Final, TypeVar
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from odoo_client.config import Settings, is_loopback
from odoo_client.errors import ConfigError, OdooError
from odoo_client.rpc import faults
from odoo_client.rpc.deadline import Deadline, TimedAdapter
from odoo_client.rpc.faults import CallSite
from odoo_client.rpc.retry import RETRY_STATUSES, Gate, RetryPolicy, gate_for, retry_after_s

T = TypeVar("T")
log = logging.getLogger(__name__)

USER_AGENT = "afinet-dashboard"
CHUNK_BYTES = 1024 * 1024
#: This much is read of an answer that is not data: enough for the title of an error page.
PAGE_BYTES = 64 * 1024
#: A server that sends a little now and then is never silent; a whole call, with repeats, may take this many silences.
TOTAL_SILENCES = 5.0
POOL_SIZE = 4


@dataclass(frozen=True)
class StatsSnapshot:
    """Counts at one moment: HTTP exchanges (repeated ones count again) and bytes of bodies, unpacked."""

    calls: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0

    def __sub__(self, earlier: StatsSnapshot) -> StatsSnapshot:
        return StatsSnapshot(
            self.calls - earlier.calls,
            self.bytes_sent - earlier.bytes_sent,
            self.bytes_received - earlier.bytes_received,
        )


@dataclass
class Received:
    """Bytes received so far."""

    size_bytes: int = 0


_counting: ContextVar[tuple[Received, ...]] = ContextVar("received", default=())
#: What all transports of this process have received.
IN_ALL: Final = Received()
_in_all_lock = threading.Lock()


@dataclass
class TransportStats:
    """Running counts, shared by all threads of a transport."""

    calls: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, *, calls: int = 0, bytes_sent: int = 0, bytes_received: int = 0) -> None:
        """Add to the counts."""
        with self._lock:
            self.calls += calls
            self.bytes_sent += bytes_sent
            self.bytes_received += bytes_received
            for counted in _counting.get():
                counted.size_bytes += bytes_received
        with _in_all_lock:
            IN_ALL.size_bytes += bytes_received

    @contextmanager
    def received(self) -> Iterator[Received]:
        """Yield what counts the bytes that come within, for this thread and those that run in its context."""
        counted = Received()
        token = _counting.set((*_counting.get(), counted))
        try:
            yield counted
        finally:
            _counting.reset(token)

    def snapshot(self) -> StatsSnapshot:
        """Return the counts of this moment; two of them subtract."""
        with self._lock:
            return StatsSnapshot(self.calls, self.bytes_sent, self.bytes_received)


class Sealed(bytes):
    """A request body: it holds the password, so it never shows its content."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"

    __str__ = __repr__


class Bearer(AuthBase):
    """Sends the API key as a bearer token; without a key it only keeps requests from reading ~/.netrc."""

    def __init__(self, key: SecretStr | None = None) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request with the key."""
        if self._key is not None:
            request.headers["Authorization"] = "bearer " + self._key.get_secret_value()
        return request


@dataclass(frozen=True)
class Answer:
    """A JSON answer of any status, read whole and not decoded."""

    status: int
    body: bytearray = field(repr=False)


class _ExchangeFailedError(Exception):
    """One attempt failed with `error`; what may be done about it."""

    def __init__(self, error: OdooError, *, maybe_done: bool, retry: bool, retry_after_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.maybe_done = maybe_done
        self.retry = retry
        self.retry_after_s = retry_after_s


def _maybe_done(status: int) -> bool:
    """Return whether what was asked for may have been done, judging by an answer that is not Odoo's own.

    3xx and 4xx come from something that did not pass the request on. With 5xx nobody knows: some proxies send 503, or
    their own JSON, for a request whose answer they have lost.
    """
    return status < 300 or status >= 500


class HttpCore:
    """Sends requests to the Odoo of `settings`; safe to use from many threads, each with its own session."""

    def __init__(
        self,
        settings: Settings,
        *,
        policy: RetryPolicy | None = None,
        gate: Gate | None = None,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not settings.odoo_url or settings.odoo_password is None:
            raise ConfigError("ODOO_URL and ODOO_PASSWORD are not set: set them to connect an Odoo.")
        self.settings = settings
        self.origin = settings.odoo_url
        host = urlsplit(self.origin).hostname or ""
        self.policy = policy or RetryPolicy()
        self.gate = gate or gate_for(host)
        self.stats = TransportStats()
        #: Odoo's clock minus ours, from the Date header of the last answer (whole seconds); None before the first.
        self.clock_skew_s: float | None = None
        self._direct = is_loopback(host)
        self._password = settings.odoo_password
        self._sleep = sleep
        self._clock = clock
        self._local = threading.local()
        self._sessions: weakref.WeakSet[requests.Session] = weakref.WeakSet()
        self._sessions_lock = threading.Lock()

    def __repr__(self) -> str:
        return f"HttpCore({self.origin!r})"

    def site(self, model: str, method: str, *, repeatable: bool = True, timeout_s: float | None = None) -> CallSite:
        """Return the call an error will be about, with this connection's names and time-out."""
        return CallSite(
            origin=self.origin,
            database=self.settings.odoo_database or "",
            username=self.settings.odoo_username or "",
            model=model,
            method=method,
            repeatable=repeatable,
            timeout_s=timeout_s or self.settings.odoo_timeout_s,
        )

    def scrub(self, text: str) -> str:
        """Return the server's `text` without our password, should it quote that back."""
        secret = self._password.get_secret_value()
        return text.replace(secret, "***") if secret else text

    def session(self) -> requests.Session:
        """Return the session of this thread (sessions of `requests` are not safe to share)."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            adapter = TimedAdapter(
                pool_connections=1, pool_maxsize=POOL_SIZE, max_retries=self.policy.connect_retry(), pool_block=True
            )
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            # Odoo hands out a session cookie with each answer and refuses a key that comes along with one.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            session.headers["User-Agent"] = USER_AGENT
            session.headers["Accept"] = "application/json"
            # A proxy from the environment is for other hosts, never for this machine itself.
            session.trust_env = not self._direct
            self._local.session = session
            with self._sessions_lock:
                self._sessions.add(session)
        return session

    def close(self) -> None:
        """Close the connections of all threads; a later call opens new ones."""
        with self._sessions_lock:
            for session in self._sessions:
                session.close()

    def exchange(
        self,
        site: CallSite,
        path: str,
        body: Sealed | None,
        read: Callable[[Answer, CallSite], T],
        *,
        auth: Bearer | None = None,
        headers: dict[str, str] | None = None,
    ) -> T:
        """Return what `read` takes from the answer to a POST of `body` (GET when None).

        Repeats as the policy says when `site.repeatable`; else a lost answer raises UnknownOutcomeError. From the
        first connection to the last byte of the last attempt it takes TOTAL_SILENCES times the call's timeout at most.
        """
        begin_s = self._clock()
        deadline = Deadline(TOTAL_SILENCES * site.timeout_s, site.timeout_s, self._clock)
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._attempt(site, path, body, read, auth or Bearer(), headers or {}, deadline)
            except _ExchangeFailedError as failed:
                if not site.repeatable and failed.maybe_done:
                    raise faults.unknown_outcome(site, failed.error) from failed.error
                wait_s = self.policy.wait_s(attempt, failed.retry_after_s)
                elapsed_s = self._clock() - begin_s
                again = (
                    site.repeatable
                    and failed.retry
                    and elapsed_s + wait_s < deadline.total_s
                    and self.policy.again(attempt, elapsed_s, wait_s, site.timeout_s)
                )
                if not again:
                    raise failed.error from failed.__cause__
                log.info("%s: attempt %d failed (%s), again in %.1f s", site.name, attempt, failed, wait_s)
            self._sleep(wait_s)

    def _attempt(
        self,
        site: CallSite,
        path: str,
        body: Sealed | None,
        read: Callable[[Answer, CallSite], T],
        auth: Bearer,
        headers: dict[str, str],
        deadline: Deadline,
    ) -> T:
        with self._turn(site, deadline):
            answer = self._send(site, path, body, auth, headers, deadline)
        try:
            return read(answer, site)
        except OdooError as exc:
            if exc.remote_name:
                raise  # Odoo's own answer: it undid what it refused
            raise _ExchangeFailedError(exc, maybe_done=_maybe_done(answer.status), retry=False) from exc.__cause__

    @contextmanager
    def _turn(self, site: CallSite, deadline: Deadline) -> Iterator[None]:
        """Hold the turn of one attempt: from when the host's gate lets it through until the call's deadline."""
        with ExitStack() as stack:
            try:
                if self.gate is not None:
                    stack.enter_context(self.gate.call(deadline.left_s()))
            except TimeoutError as exc:
                error = faults.kept_waiting(site, deadline.total_s)
                raise _ExchangeFailedError(error, maybe_done=False, retry=False) from exc
            stack.enter_context(deadline.kept())
            yield

    def _send(
        self,
        site: CallSite,
        path: str,
        body: Sealed | None,
        auth: Bearer,
        headers: dict[str, str],
        deadline: Deadline,
    ) -> Answer:
        begin_s = self._clock()
        self.stats.add(calls=1, bytes_sent=len(body or b""))
        if body is not None:
            headers = {"Content-Type": "application/json"} | headers
        try:
            response = self.session().request(
                "GET" if body is None else "POST",
                self.origin + path,
                data=body,
                headers=headers,
                auth=auth,
                timeout=(self.settings.odoo_connect_timeout_s, site.timeout_s),
                allow_redirects=False,
                stream=True,
            )
            deadline.sent = True
            try:
                answer = self._receive(response, site, deadline)
            finally:
                response.close()
        except (requests.RequestException, HTTPError, OSError) as exc:
            error, maybe_done = faults.error_of_network(exc, site, self.settings.odoo_connect_timeout_s)
            # A failed connection was repeated by urllib3 already.
            cause = faults.without_frames(exc)
            raise _ExchangeFailedError(error, maybe_done=maybe_done, retry=maybe_done) from cause
        log.debug("%s: HTTP %d, %d bytes, %.3f s", site.name, answer.status, len(answer.body), self._clock() - begin_s)
        return answer

    def _receive(self, response: requests.Response, site: CallSite, deadline: Deadline) -> Answer:
        status = response.status_code
        self._note_date(response.headers.get("Date"))
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        is_data = media_type == "application/json" and not 300 <= status < 400 and status not in RETRY_STATUSES
        limit_bytes = self.settings.odoo_max_response_bytes if is_data else PAGE_BYTES
        body, whole = self._body(response, limit_bytes, deadline)
        self.stats.add(bytes_received=len(body))
        if not is_data:
            error = faults.error_of_page(status, bytes(body), response.headers.get("Location", ""), site)
            error = type(error)(self.scrub(error.sentence), model=site.model, method=site.method, http_status=status)
            raise _ExchangeFailedError(
                error,
                maybe_done=_maybe_done(status),
                retry=status in RETRY_STATUSES,
                retry_after_s=retry_after_s(response.headers.get("Retry-After")),
            )
        if not whole:
            raise _ExchangeFailedError(faults.too_large(site, limit_bytes), maybe_done=True, retry=False)
        return Answer(status, body)

    def _body(self, response: requests.Response, limit_bytes: int, deadline: Deadline) -> tuple[bytearray, bool]:
        """Return the body up to `limit_bytes`, and whether that is all of it."""
        body = bytearray()
        declared = response.headers.get("Content-Length", "")
        if declared.isdigit() and int(declared) > limit_bytes:
            limit_bytes = min(limit_bytes, PAGE_BYTES)  # It will not be used, so its beginning is enough.
        # read1 returns what has come; read would wait, unwatched, until CHUNK_BYTES are there.
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > limit_bytes:
                return body, False
            deadline.left_s()
        return body, True

    def _note_date(self, header: str | None) -> None:
        if not header:
            return
        try:
            theirs = parsedate_to_datetime(header)
        except (ValueError, TypeError):
            return
        if theirs.tzinfo is not None:
            # The header is cut to whole seconds, so half a second is the best guess of the rest.
            self.clock_skew_s = (theirs - datetime.now(UTC)).total_seconds() + 0.5
