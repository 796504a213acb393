"""From what went wrong to the one error that says so: the only place that phrases refusals of Odoo and the network.

A fault is what Odoo reports (`odoo.exceptions.AccessError` ...), told apart by its name and, over JSON-2, the HTTP
status; the numeric code of JSON-RPC changed between versions and is not looked at.
"""

from __future__ import annotations

import html
import re
import ssl
from dataclasses import dataclass
from http.client import IncompleteRead
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3 import exceptions as lib

from odoo_client.errors import (
    MissingModelError,
    MissingRecordError,
    NotOdooError,
    OdooAccessError,
    OdooAuthError,
    OdooConflictError,
    OdooError,
    OdooKeyExpiredError,
    OdooServerError,
    OdooTimeoutError,
    OdooTlsError,
    OdooUnreachableError,
    OdooUserError,
    UnknownDatabaseError,
    UnknownLanguageError,
    UnknownOutcomeError,
)
from odoo_client.rpc.deadline import PastDeadlineError
from odoo_client.rpc.model_words import module_of, right_of

E = TypeVar("E", bound=OdooError)
_WRITES = {"create": "create records of", "write": "change", "unlink": "delete"}
_GROUP_LINE = re.compile(r"^\s*-\s*(.+?)\s*$", re.MULTILINE)
#: What Odoo says about a context whose language it does not have.
_LANGUAGE = re.compile(r"Invalid language code:\s*(.*)", re.DOTALL)
_CONFLICT_NAMES = ("LockError", "ConcurrencyError", "SerializationFailure", "LockNotAvailable", "DeadlockDetected")
_CONFLICT_TEXT = re.compile(r"could not serialize access|could not obtain lock|deadlock detected", re.IGNORECASE)
#: OpenSSL's words for a handshake that failed.
_HANDSHAKE = (
    *("WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "UNKNOWN_PROTOCOL", "PROTOCOL_VERSION", "HTTP_REQUEST"),
    *("HANDSHAKE", "NO_SHARED_CIPHER", "NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS"),
)
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class CallSite:
    """Which call an error is about, and the names its sentence may use. `repeatable` is False for writes."""

    origin: str
    database: str
    username: str
    model: str
    method: str
    repeatable: bool = True
    timeout_s: float = 60.0

    @property
    def name(self) -> str:
        """The call's name: `model.method`."""
        return f"{self.model}.{self.method}" if self.model else self.method

    def error(self, kind: type[E], sentence: str, **more: Any) -> E:
        """Return the error of that kind, which knows what was called."""
        return kind(sentence, model=self.model, method=self.method, **more)


@dataclass(frozen=True)
class Fault:
    """An error as Odoo reports it; `http_status` is 200 over JSON-RPC."""

    name: str
    message: str
    http_status: int = 200


def _line(text: str, limit: int = 300) -> str:
    """Return one line of plain text, cut to `limit` characters."""
    words = " ".join(text.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _stop(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else text + "."


def error_of_fault(fault: Fault, site: CallSite, *, accepted_before: bool = False) -> OdooError:
    """Return the error for `fault`. `accepted_before`: this process has already used the same key with success."""
    kind, sentence = _classify(fault, site, accepted_before)
    return site.error(
        kind,
        sentence,
        http_status=fault.http_status,
        remote_name=fault.name,
        remote_message=fault.message,
    )


def _classify(fault: Fault, site: CallSite, accepted_before: bool) -> tuple[type[OdooError], str]:
    name, message, status = fault.name.rpartition(".")[2], fault.message, fault.http_status
    if name == "AccessDenied" or status == 401:
        return _auth(site, accepted_before, message)
    if fault.name.startswith("psycopg2") and re.search(r'database ".*" does not exist', message):
        return UnknownDatabaseError, unknown_database(site)
    if name in _CONFLICT_NAMES or status == 409 or _CONFLICT_TEXT.search(message):
        return OdooConflictError, (
            f"Somebody else is changing the same records in Odoo ({site.name}): try again in a moment."
        )
    if name == "MissingError":
        return MissingRecordError, (
            f"A record of {site.model} was deleted in Odoo, or a record rule hides it from {site.username}: "
            "refresh, and look for it in Odoo."
        )
    if _is_missing_model(name, message, status):
        module = module_of(site.model)
        advice = f"install the module {module} in Odoo's Apps" if module else "install the module that brings it"
        return MissingModelError, f"This Odoo has no model {site.model}: {advice}, or do without its figures."
    if language := _LANGUAGE.match(message.strip()):
        return UnknownLanguageError, (
            f"Odoo has no active language {_line(language[1], 40)!r}: correct ODOO_LANG (such as en_US), or activate "
            "that language in Odoo (Settings, Translations, Languages)."
        )
    if name == "AccessError" or status == 403:
        return OdooAccessError, _access(fault, site)
    if name in ("UserError", "ValidationError", "RedirectWarning", "Warning"):
        return OdooUserError, _stop(f"Odoo refuses {site.name}: {_line(message)}")
    return OdooServerError, _server(fault, name, site)


def _is_missing_model(name: str, message: str, status: int) -> bool:
    # JSON-RPC: UserError "Object x doesn't exist"; JSON-2: NotFound "the model 'x' does not exist" (a missing
    # method is a NotFound too, a missing record never is).
    if name == "UserError":
        return bool(re.fullmatch(r"Object \S+ doesn't exist\.?", message.strip()))
    return status == 404 and name == "NotFound" and message.startswith("the model ")


def _auth(site: CallSite, accepted_before: bool, message: str = "") -> tuple[type[OdooError], str]:
    if accepted_before:
        return OdooKeyExpiredError, (
            "Odoo accepted ODOO_PASSWORD before and refuses it now, so the API key expired or was revoked (or the "
            "password changed): make a new key in Odoo (Preferences, Account Security, New API Key) and set it as "
            "ODOO_PASSWORD."
        )
    if "too many login failures" in message.lower():
        return OdooAuthError, (
            f"Odoo blocks ODOO_USERNAME {site.username!r} for a minute after too many failed sign-ins: correct "
            "ODOO_PASSWORD and wait."
        )
    return OdooAuthError, (
        f"Odoo refuses ODOO_USERNAME {site.username!r} with this ODOO_PASSWORD on database {site.database!r}: correct "
        "them, or make a new API key in Odoo (Preferences, Account Security), as keys expire and an account with "
        "two-factor sign-in needs one."
    )


def refused_credentials(site: CallSite) -> OdooAuthError:
    """Return the error for a sign-in that Odoo answers with "no" (JSON-RPC's authenticate returns False)."""
    return site.error(OdooAuthError, _auth(site, accepted_before=False)[1], http_status=200)


def unknown_database(site: CallSite) -> str:
    """Return the sentence for a database the server does not serve."""
    return f"{site.origin} serves no database {site.database!r}: correct ODOO_DATABASE, or the server's dbfilter."


def _access(fault: Fault, site: CallSite) -> str:
    if "compan" in fault.message and "unauthorized" in fault.message.lower():
        return (
            f"The Odoo account {site.username} may not see one of the companies asked for: add them to its Allowed "
            "Companies in Odoo (Settings, Users)."
        )
    if fault.message.startswith("Private methods"):
        return f"Odoo does not let {site.name} be called from outside: this program has to use another method."
    groups = _GROUP_LINE.findall(fault.message) if "group" in fault.message else []
    # Odoo lists the groups that were missing; for reading, the one in our table is the least that is enough.
    right = right_of(site.model) if site.repeatable else ""
    if not right and groups:
        right = f"{'one of the groups' if len(groups) > 1 else 'the group'} {_line(', '.join(groups))}"
    doing = _WRITES.get(site.method, "read" if site.repeatable else f"call {site.method} on")
    advice = right or f"the right to {doing} {site.model}"
    return f"The Odoo account {site.username} may not {doing} {site.model}: give it {advice} in Odoo (Settings, Users)."


def _server(fault: Fault, name: str, site: CallSite) -> str:
    if name == "MemoryError":
        return f"Odoo ran out of memory at {site.name}: lower ODOO_RANGE_ROWS or raise limit_memory_hard on the server."
    if fault.name.startswith("psycopg2"):
        return f"Odoo's own database failed at {site.name} ({name}): look into the log of the Odoo server."
    if name in ("NotFound", "UnprocessableEntity", "AttributeError", "TypeError", "ValueError", "KeyError"):
        return (
            f"This Odoo does not understand {site.name} ({_stop(_line(fault.message, 200)).rstrip('.')}): its version "
            "or a customisation differs from what this program knows; run `python -m odoo_client doctor`."
        )
    return f"Odoo failed inside at {site.name} ({name or fault.http_status}): look into the log of the Odoo server."


def _title(body: bytes) -> str:
    found = _TITLE.search(body[:65536])
    return _line(html.unescape(found[1].decode("utf-8", "replace")), 80) if found else ""


def error_of_page(status: int, body: bytes, location: str, site: CallSite) -> OdooError:
    """Return the error for an answer that is not JSON: a redirect, a login page, a proxy's error page."""
    kind: type[OdooError] = NotOdooError
    at = site.origin
    if 300 <= status < 400:
        target = urlsplit(location)
        to = f"{target.scheme}://{target.netloc.rpartition('@')[2]}" if target.netloc else _line(target.path, 80)
        sentence = f"{at} redirects (HTTP {status}) to {to or 'nowhere'}: set ODOO_URL to Odoo's own final address."
    elif b"No database is selected" in body or b"Database not found" in body:
        kind, sentence = UnknownDatabaseError, unknown_database(site)
    elif status == 413:
        sentence = f"The proxy before {at} takes no request that large (HTTP 413): raise its client_max_body_size."
    elif status == 429:
        kind = OdooUnreachableError
        sentence = f"{at} asks for fewer calls (HTTP 429): lower ODOO_PARALLEL_READS, or raise SYNC_INTERVAL_S."
    elif status == 504:
        kind = OdooTimeoutError
        sentence = (
            f"The proxy before {at} gave up waiting for Odoo (HTTP 504) at {site.name}: raise its proxy_read_timeout, "
            "or lower ODOO_RANGE_ROWS."
        )
    elif status in (502, 503) or status > 504:
        kind = OdooUnreachableError
        sentence = (
            f"The proxy at {at} answers HTTP {status} in Odoo's place: Odoo is down or restarting behind it; start "
            "Odoo, or correct ODOO_URL."
        )
    elif status >= 500:
        kind = OdooServerError
        sentence = f"{at} failed inside (HTTP {status}) at {site.name}: look into the log of the Odoo server."
    else:
        title = _title(body)
        what = f"a web page ({title})" if title else "something that is no Odoo data"
        sentence = (
            f"{at} answered with {what}, HTTP {status}, where Odoo's data was due: a login page or a proxy stands "
            "before it, or it is no Odoo; set ODOO_URL to Odoo's own address."
        )
    return site.error(kind, sentence, http_status=status)


def cut_off(site: CallSite, http_status: int = 200) -> NotOdooError:
    """Return the error for an answer that ends too early or is not valid JSON."""
    return site.error(
        NotOdooError,
        f"Odoo's answer to {site.name} was cut off or damaged on its way: look for a limit on size or time in the "
        "proxy before ODOO_URL, or lower ODOO_RANGE_ROWS.",
        http_status=http_status,
    )


def too_large(site: CallSite, limit_bytes: int) -> NotOdooError:
    """Return the error for an answer over the size limit."""
    return site.error(
        NotOdooError,
        f"The answer to {site.name} is larger than {limit_bytes:,} bytes: raise ODOO_MAX_RESPONSE_BYTES, or lower "
        "ODOO_RANGE_ROWS.",
        http_status=200,
    )


def timed_out(site: CallSite, waited_s: float) -> OdooTimeoutError:
    """Return the error for silence after the call was sent."""
    return site.error(
        OdooTimeoutError,
        f"Odoo did not answer {site.name} within {waited_s:g} s: raise ODOO_TIMEOUT_S, lower ODOO_RANGE_ROWS, or look "
        "at the load of the Odoo server.",
    )


def kept_waiting(site: CallSite, waited_s: float) -> OdooTimeoutError:
    """Return the error for a call that was never sent because the calls before it took all of its time."""
    return site.error(
        OdooTimeoutError,
        f"{site.name} waited {waited_s:g} s for its turn at {site.origin}, which takes one call at a time: try again, "
        "or look at the load of the Odoo server.",
    )


def unknown_outcome(site: CallSite, cause: OdooError) -> UnknownOutcomeError:
    """Return the error for a write whose answer was lost."""
    return site.error(
        UnknownOutcomeError,
        f"Odoo was asked for {site.name}, but its answer was lost on the way, so it may or may not be done: look in "
        "Odoo before doing it again.",
        http_status=cause.http_status,
    )


def _chain(exc: BaseException) -> list[BaseException]:
    """Return `exc` and all it came from: causes, contexts, and what urllib3 wraps as a reason or first argument."""
    found: list[BaseException] = []
    todo: list[object] = [exc]
    while todo:
        item = todo.pop()
        if isinstance(item, BaseException) and not any(item is seen for seen in found):
            found.append(item)
            todo += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
    return found


def without_frames(exc: BaseException) -> BaseException:
    """Return `exc` as a cause to keep: its frames and requests, which hold the credentials, are dropped."""
    for item in _chain(exc):
        item.__traceback__ = None
        if isinstance(item, requests.RequestException):
            item.request = None
            item.response = None
    return exc


def error_of_network(exc: Exception, site: CallSite, connect_timeout_s: float) -> tuple[OdooError, bool]:
    """Return the error for a failed exchange, and whether the request may have reached Odoo."""
    chain = _chain(exc)

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(item, kinds) for item in chain)

    if (late := next((item for item in chain if isinstance(item, PastDeadlineError)), None)) is not None:
        return timed_out(site, late.total_s), late.sent
    if has(lib.ReadTimeoutError, requests.exceptions.ReadTimeout):
        return timed_out(site, site.timeout_s), True
    if has(IncompleteRead, lib.DecodeError, lib.InvalidChunkLength):
        return cut_off(site), True

    host = urlsplit(site.origin).hostname
    kind = OdooUnreachableError
    maybe_done = False
    if has(lib.NameResolutionError):
        sentence = f"The host name {host} is not known: correct ODOO_URL, or this machine's DNS."
    elif has(lib.ProxyError):
        sentence = (
            f"This machine's proxy gives no way to {site.origin}: correct HTTPS_PROXY, or add {host} to NO_PROXY."
        )
    elif has(lib.NewConnectionError):
        sentence = f"No connection to {site.origin}: start Odoo there, or correct host and port in ODOO_URL."
    elif has(lib.ConnectTimeoutError):
        sentence = (
            f"{site.origin} takes no connection within {connect_timeout_s:g} s: correct the host in ODOO_URL, or look "
            "at the network and its firewall."
        )
    elif has(lib.SSLError, ssl.SSLError, requests.exceptions.SSLError):
        kind, sentence = OdooTlsError, _tls(chain, site)
        # A connection that breaks within an answer is a TLS error too; only a failed handshake certainly sent nothing.
        maybe_done = not _is_handshake(chain)
    elif isinstance(exc, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        sentence = f"{site.origin} is no usable address: correct ODOO_URL."
    else:
        maybe_done = True
        sentence = (
            f"The connection to {site.origin} broke off before {site.name} was answered: try again; if it stays, look "
            "in Odoo's log for a worker stopped by its limits, or lower ODOO_RANGE_ROWS."
        )
    return site.error(kind, sentence), maybe_done


def _is_handshake(chain: list[BaseException]) -> bool:
    """Return whether TLS failed before anything was sent: a certificate was refused, or no protocol agreed on."""
    return any(
        isinstance(item, ssl.SSLCertVerificationError)
        or (isinstance(item, ssl.SSLError) and any(word in str(item.reason or "") for word in _HANDSHAKE))
        for item in chain
    )


def _tls(chain: list[BaseException], site: CallSite) -> str:
    for item in chain:
        if isinstance(item, ssl.SSLCertVerificationError):
            reason = _line(item.verify_message, 120).rstrip(".")
            return (
                f"The TLS certificate of {site.origin} is not accepted ({reason}): "
                "renew it or have it trusted (REQUESTS_CA_BUNDLE), or correct the host in ODOO_URL."
            )
        if isinstance(item, ssl.SSLError) and item.reason == "WRONG_VERSION_NUMBER":
            return f"{site.origin} does not speak TLS: use http:// in ODOO_URL, or the port that serves https."
    return (
        f"No secure connection to {site.origin}, the TLS handshake failed: use http:// in ODOO_URL if it serves plain "
        "HTTP there, else correct its TLS set-up or the port."
    )
