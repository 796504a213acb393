"""Odoo's two wire protocols behind one `Transport`: JSON-RPC (14 and newer) and JSON-2 (19 and newer).

Neither ever uses the `db` service. Results come as undecoded JSON, so that a large one is decoded once, by the
caller, straight into the type it wants.
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from odoo_client.errors import OdooAuthError, OdooError, OdooServerError
from odoo_client.frames import odd_json
from odoo_client.rpc import faults
from odoo_client.rpc.answers import Id, typed
from odoo_client.rpc.faults import CallSite, Fault
from odoo_client.rpc.http import Answer, Bearer, HttpCore, Sealed, StatsSnapshot, TransportStats

__all__ = ["Call", "Json2", "JsonRpc", "StatsSnapshot", "Transport", "TransportStats"]

log = logging.getLogger(__name__)
T = TypeVar("T")

_MODEL = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z0-9_]+)*", re.ASCII)
_METHOD = re.compile(r"[a-z][a-zA-Z0-9_]*", re.ASCII)

#: Leading arguments JSON-RPC sends by position: their names changed between versions (`search(args)` until 16), or
#: modules override the method with names of their own, or Odoo looks at the position itself (`create`).
_POSITIONAL: Mapping[str, tuple[str, ...]] = {
    "create": ("vals_list",),
    "write": ("vals",),
    "read": ("fields",),
    "search": ("domain",),
    "search_count": ("domain",),
    "search_read": ("domain", "fields"),
    "read_group": ("domain", "fields", "groupby"),
    "name_search": ("name",),
    "fields_get": ("allfields",),
    "has_group": ("group_ext_id",),
    "has_access": ("operation",),
    "check_access_rights": ("operation",),
}


@dataclass(frozen=True)
class Call:
    """One call of a method of a model; `ids` is None for methods of the model itself.

    `retry`: it may be repeated. Without it a lost answer raises UnknownOutcomeError. Raises ValueError for an
    impossible name: JSON-2 puts both into the path.
    """

    model: str
    method: str
    kwargs: Mapping[str, Any]
    ids: Sequence[int] | None = None
    context: Mapping[str, Any] | None = None
    timeout_s: float | None = None
    retry: bool = field(kw_only=True)

    def __post_init__(self) -> None:
        if not _MODEL.fullmatch(self.model):
            raise ValueError(f"{self.model!r} is no name of an Odoo model")
        if not _METHOD.fullmatch(self.method):
            raise ValueError(f"{self.method!r} is no name of a public Odoo method")

    def site(self, core: HttpCore) -> CallSite:
        """Return where the call happens, which errors name."""
        return core.site(self.model, self.method, repeatable=self.retry, timeout_s=self.timeout_s)


class Transport(Protocol):
    """One way to call a method of a model; safe to use from many threads."""

    name: Literal["json2", "jsonrpc"]

    @property
    def stats(self) -> TransportStats:
        """Calls and bytes so far."""

    def call(self, call: Call) -> msgspec.Raw:
        """Return the result as undecoded JSON (`null` for None). Raises any OdooError of the tree."""


class _Envelope(msgspec.Struct):
    """JSON-RPC's answer: neither result nor error stands for None."""

    jsonrpc: str
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"")


class _FaultData(msgspec.Struct):
    name: Any = ""
    message: Any = ""
    debug: Any = ""

    def __repr__(self) -> str:
        # A server may quote our request back: no traceback with local variables may show it.
        return f"<fault {str(self.name)[:80]}>"


class _RpcError(msgspec.Struct):
    message: Any = ""
    data: _FaultData = msgspec.field(default_factory=_FaultData)

    def __repr__(self) -> str:
        return repr(self.data)


class _Context(msgspec.Struct):
    """What JSON-2 says about the owner of the key."""

    uid: Id


class _Faults:
    """Turns what Odoo reports into errors, remembering whether the credentials ever worked."""

    def __init__(self, core: HttpCore) -> None:
        self._core = core
        self._accepted = False

    def accepted(self) -> None:
        self._accepted = True

    def error(self, data: _FaultData, status: int, site: CallSite) -> OdooError:
        if data.debug and log.isEnabledFor(logging.DEBUG):
            log.debug("Odoo's traceback for %s: %s", site.name, self._core.scrub(str(data.debug)))
        fault = Fault(str(data.name), self._core.scrub(str(data.message)), status)
        return faults.error_of_fault(fault, site, accepted_before=self._accepted)


class JsonRpc:
    """POST /jsonrpc with database, user id and password in each call."""

    name: Literal["json2", "jsonrpc"] = "jsonrpc"

    def __init__(self, core: HttpCore, uid: int = 0) -> None:
        self._core = core
        self._faults = _Faults(core)
        self._numbers = itertools.count(1)
        #: The user's id; 0 until authenticate() found it.
        self.uid = uid

    @property
    def stats(self) -> TransportStats:
        """Calls and bytes so far."""
        return self._core.stats

    def version(self) -> dict[str, Any]:
        """Return `server_version` and `server_version_info` of common.version; empty for any other answer."""
        site = self._core.site("", "common.version")
        answer = msgspec.json.decode(self._send(site, "common", "version", []))
        return answer if isinstance(answer, dict) else {}

    def authenticate(self) -> int:
        """Return the user's id and keep it for the calls that follow. Raises OdooAuthError when Odoo refuses."""
        site = self._core.site("res.users", "authenticate")
        settings = self._core.settings
        raw = self._send(site, "common", "authenticate", [settings.odoo_database, settings.odoo_username, ...], [{}])
        answer = msgspec.json.decode(raw)
        if answer is None or answer is False:
            raise faults.refused_credentials(site)
        uid = typed(answer, Id, site.model, "the account's id")
        self.uid = uid
        self._faults.accepted()
        return uid

    def call(self, call: Call) -> msgspec.Raw:
        """See `Transport`."""
        named = dict(call.kwargs)
        args: list[Any] = [] if call.ids is None else [list(call.ids)]
        for name in _POSITIONAL.get(call.method, ()):
            if name not in named:
                break
            args.append(named.pop(name))
        if call.context is not None:
            named["context"] = dict(call.context)
        whose = [self._core.settings.odoo_database, self.uid, ...]
        return self._send(call.site(self._core), "object", "execute_kw", whose, [call.model, call.method, args, named])

    def _send(
        self, site: CallSite, service: str, method: str, before: list[Any], after: list[Any] | None = None
    ) -> msgspec.Raw:
        return self._core.exchange(site, "/jsonrpc", self._body(service, method, before, after or []), self._read)

    def _body(self, service: str, method: str, before: list[Any], after: list[Any]) -> Sealed:
        # Built separately, so that no frame that a traceback shows has the password in clear. `...` marks its place.
        password = self._core.settings.odoo_password
        secret = password.get_secret_value() if password else ""
        return Sealed(
            msgspec.json.encode(
                {
                    "jsonrpc": "2.0",
                    "method": "call",
                    "id": next(self._numbers),
                    "params": {
                        "service": service,
                        "method": method,
                        "args": [secret if item is ... else item for item in before] + after,
                    },
                }
            )
        )

    def _read(self, answer: Answer, site: CallSite) -> msgspec.Raw:
        try:
            envelope = _decoded(answer, _Envelope)
        except msgspec.ValidationError as exc:
            raise _foreign_json(answer, site) from exc
        except (ValueError, RecursionError) as exc:
            raise faults.cut_off(site, answer.status) from exc
        if not bytes(envelope.error):
            return envelope.result
        try:
            error = msgspec.json.decode(envelope.error, type=_RpcError)
        except msgspec.ValidationError:
            error = _RpcError()
        if not error.data.name:
            error.data.message = error.data.message or error.message
        raise self._faults.error(error.data, answer.status, site)


class Json2:
    """POST /json/2/<model>/<method> with the API key as bearer token, and named arguments only."""

    name: Literal["json2", "jsonrpc"] = "json2"

    def __init__(self, core: HttpCore) -> None:
        self._core = core
        self._faults = _Faults(core)
        self._auth = Bearer(core.settings.odoo_password)
        self._headers = {"X-Odoo-Database": core.settings.odoo_database or ""}

    @property
    def stats(self) -> TransportStats:
        """Calls and bytes so far."""
        return self._core.stats

    def authenticate(self) -> int:
        """Return the id of the key's user. Raises OdooAuthError when the key is refused."""
        raw = self.call(Call("res.users", "context_get", {}, retry=True))
        try:
            uid = msgspec.json.decode(raw, type=_Context).uid
        except msgspec.ValidationError as exc:
            raise OdooServerError(
                "Odoo does not say over JSON-2 whose key ODOO_PASSWORD is: set ODOO_PROTOCOL to jsonrpc.",
                model="res.users",
                method="context_get",
            ) from exc
        return uid

    def call(self, call: Call) -> msgspec.Raw:
        """See `Transport`."""
        if not usable_as_bearer(self._core):
            raise OdooAuthError(
                "ODOO_PASSWORD holds characters no API key has: set an API key, or ODOO_PROTOCOL to jsonrpc.",
                model=call.model,
                method=call.method,
            )
        body = dict(call.kwargs)
        if call.ids is not None:
            body["ids"] = list(call.ids)
        if call.context is not None:
            body["context"] = dict(call.context)
        raw = self._core.exchange(
            call.site(self._core),
            f"/json/2/{call.model}/{call.method}",
            Sealed(msgspec.json.encode(body)),
            self._read,
            auth=self._auth,
            headers=self._headers,
        )
        self._faults.accepted()
        return raw

    def _read(self, answer: Answer, site: CallSite) -> msgspec.Raw:
        try:
            if answer.status < 300:
                # This checks the whole text without decoding it, so that a truncated answer is found here.
                return _decoded(answer, msgspec.Raw)
            data = _decoded(answer, _FaultData)
        except msgspec.ValidationError as exc:
            raise _foreign_json(answer, site) from exc
        except (ValueError, RecursionError) as exc:
            raise faults.cut_off(site, answer.status) from exc
        if not data.name:
            raise _foreign_json(answer, site)
        raise self._faults.error(data, answer.status, site)


def _decoded(answer: Answer, kind: type[T]) -> T:
    """Return the body as `kind`. Raises ValueError when it is not JSON, ValidationError when its form is another."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Python's writer emits what a strict reader refuses: one such value does not mean a truncated answer.
        return msgspec.json.decode(odd_json.mended(answer.body), type=kind)


def _foreign_json(answer: Answer, site: CallSite) -> OdooError:
    return faults.error_of_page(answer.status, b"", "", site)


def usable_as_bearer(core: HttpCore) -> bool:
    """Return whether ODOO_PASSWORD can travel in a header at all; API keys can, a password with an umlaut cannot."""
    password = core.settings.odoo_password
    return password is not None and bool(re.fullmatch(r"[!-~]+", password.get_secret_value()))
