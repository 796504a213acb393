"""OdooClient: what every dataset, page and action needs of an Odoo, and nothing of this business.

Empty values come as Odoo sends them (`False` from reads, `None` from groups); the callers decide what they mean.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from odoo_client.config import Settings
from odoo_client.errors import MissingModelError, OdooAccessError, OdooServerError, OdooUserError
from odoo_client.frames import odd_json
from odoo_client.rpc.absent import ABSENT
from odoo_client.rpc.answers import OwnUser, group_value, ids_of, odd_answer, records_of, typed, yes_or_no
from odoo_client.rpc.fields import FIELD_ATTRIBUTES, FieldAnswer, FieldInfo, field_info
from odoo_client.rpc.handshake import Edition, OdooVersion, check_owner, read_version, sign_in
from odoo_client.rpc.http import HttpCore
from odoo_client.rpc.transport import Call, JsonRpc, Transport, TransportStats

__all__ = ["READ_METHODS", "Edition", "FieldInfo", "OdooClient", "OdooVersion"]

#: `search_read` passes `load` on to `read` from this version on.
LOAD_IN_SEARCH_READ_SINCE = 15
FORMATTED_READ_GROUP_SINCE = 19
#: has_group and has_access are methods of a record from this version on.
RECORD_RIGHTS_SINCE = 18
PAGE_ROWS = 2000
ID_PAGE_ROWS = 200_000
#: Fields are asked for again after this many seconds: modules may have been installed since the connection was made.
FIELDS_KEPT_S = 900.0
#: Odoo's list of its models.
MODELS = "ir.model"

#: Methods that change nothing, so that they may be repeated when an answer is lost.
READ_METHODS = frozenset(
    {
        "check_access_rights",
        "context_get",
        "default_get",
        "fields_get",
        "formatted_read_group",
        "has_access",
        "has_group",
        "name_search",
        "read",
        "read_group",
        "search",
        "search_count",
        "search_read",
    }
)


class OdooClient:
    """A signed-in user's view of one Odoo; safe to use from many threads. Made by `connect`."""

    def __init__(
        self, core: HttpCore, transport: Transport, *, version: OdooVersion, uid: int, protocol_reason: str = ""
    ) -> None:
        self._core = core
        self._transport = transport
        self.version = version
        self.uid = uid
        self.protocol: str = transport.name
        #: Why this protocol and no other, a sentence for `doctor`; "" when there was no choice to make.
        self.protocol_reason = protocol_reason
        #: All companies the account may see, its main one first; sent with every call.
        self.company_ids: tuple[int, ...] = ()
        #: Fields by model and names asked for, and when.
        self._fields: dict[tuple[str, frozenset[str] | None], tuple[float, Mapping[str, FieldInfo]]] = {}
        self._fields_lock = threading.Lock()
        self._models: frozenset[str] | None = None
        self._models_at = -FIELDS_KEPT_S
        self._models_lock = threading.Lock()
        self._load_in_search_read = version.major >= LOAD_IN_SEARCH_READ_SINCE

    def __repr__(self) -> str:
        return f"OdooClient({self._core.origin!r}, Odoo {self.version.text}, {self.protocol}, uid {self.uid})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @classmethod
    def connect(cls, settings: Settings, *, core: HttpCore | None = None) -> OdooClient:
        """Find version and protocol, sign in and read the companies.

        Raises ConfigError for missing settings and any OdooError: unreachable, TLS, not Odoo, credentials, database.
        """
        core = core or HttpCore(settings.checked())
        rpc = JsonRpc(core)
        version = read_version(core, rpc)
        transport, uid, reason = sign_in(core, rpc, version)
        client = cls(core, transport, version=version, uid=uid, protocol_reason=reason)
        client._read_user()
        return client

    def close(self) -> None:
        """Close the connections."""
        self._core.close()

    @property
    def edition(self) -> Edition:
        """The edition of Odoo: Community or Enterprise."""
        return self.version.edition

    @property
    def stats(self) -> TransportStats:
        """Calls and bytes so far."""
        return self._core.stats

    @property
    def gentle(self) -> bool:
        """True on *.odoo.com: one call at a time, one a second. Parallel reads gain nothing there."""
        return self._core.gate is not None

    @property
    def server_clock_skew_s(self) -> float | None:
        """Odoo's clock less this machine's in seconds, within about one; None when the server sends no date."""
        return self._core.clock_skew_s

    def call_raw(
        self,
        model: str,
        method: str,
        *,
        ids: Sequence[int] | None = None,
        context: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
        **kwargs: Any,
    ) -> msgspec.Raw:
        """Return the result as undecoded JSON, for a typed decoder.

        `context` is merged over the one every call has. A method of READ_METHODS is repeated when its answer is
        lost; any other raises UnknownOutcomeError then. A model that was not there is not asked for again for a while
        (see `absent`).
        """
        place = self._core.origin, self._core.settings.odoo_database or ""
        if (sentence := ABSENT.sentence(*place, model)) is not None:
            raise MissingModelError(sentence, model=model, method=method)
        try:
            merged = self.context() | dict(context or {})
            asked = Call(model, method, kwargs, ids, merged, timeout_s, retry=method in READ_METHODS)
            return self._transport.call(asked)
        except MissingModelError as exc:
            ABSENT.add(*place, model, exc.sentence)
            raise

    def call(
        self,
        model: str,
        method: str,
        *,
        ids: Sequence[int] | None = None,
        context: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
        **kwargs: Any,
    ) -> Any:
        """Call as `call_raw` does and decode the result."""
        return odd_json.decode(self.call_raw(model, method, ids=ids, context=context, timeout_s=timeout_s, **kwargs))

    def context(self) -> dict[str, Any]:
        """Return what every call carries: all companies, names in one language, archived records too, times in UTC."""
        context: dict[str, Any] = {"lang": self._core.settings.odoo_lang, "tz": "UTC", "active_test": False}
        if self.company_ids:
            context["allowed_company_ids"] = list(self.company_ids)
        return context

    def fields(self, model: str, names: Collection[str] | None = None) -> Mapping[str, FieldInfo]:
        """Return the fields of `model` the account may see, by name, all or those of `names` that it has.

        Kept for FIELDS_KEPT_S. Raises MissingModelError when its module is not installed, OdooAccessError
        without the right.
        """
        key = (model, None if names is None else frozenset(names))
        now = time.monotonic()
        asked_at, known = self._fields.get(key, (0.0, None))
        if known is None or now - asked_at >= FIELDS_KEPT_S:
            named: dict[str, Any] = {} if names is None else {"allfields": sorted(names)}
            answer = self.call(model, "fields_get", attributes=FIELD_ATTRIBUTES, **named)
            answers = typed(answer, dict[str, FieldAnswer], model, "fields")
            known = {name: field_info(name, answer) for name, answer in answers.items()}
            with self._fields_lock:
                self._fields[key] = now, known
        return known

    def has_model(self, model: str) -> bool:
        """Return whether the model exists, whether or not the account may read it."""
        if (listed := self.lists(model)) is not None:
            return listed
        try:
            self.fields(model, ("id",))
        except MissingModelError:
            return False
        return True

    def lists(self, model: str) -> bool | None:
        """Return whether Odoo's own list of models has it; None where the account may not read that list.

        Look here first: a call to a model that is not there makes Odoo log an error with its traceback.
        """
        with self._models_lock:
            if time.monotonic() - self._models_at >= FIELDS_KEPT_S:
                try:
                    self._models = self._names_of_models() if self.may(MODELS) else None
                except (MissingModelError, OdooAccessError, OdooServerError, OdooUserError):
                    # Where that list may not be read, Odoo is asked model by model.
                    self._models = None
                self._models_at = time.monotonic()
            return None if self._models is None else model in self._models

    def _names_of_models(self) -> frozenset[str]:
        rows = self.search_read(MODELS, [], ["model"], order="id desc")
        return frozenset(str(row.get("model")) for row in rows if isinstance(row, dict))

    def has_group(self, xmlid: str) -> bool:
        """Return whether the account is in the group, by its external id ("account.group_account_readonly")."""
        ids = [self.uid] if self.version.major >= RECORD_RIGHTS_SINCE else None
        return yes_or_no(self.call("res.users", "has_group", ids=ids, group_ext_id=xmlid), "res.users")

    def may(self, model: str, operation: Literal["read", "create", "write", "unlink"] = "read") -> bool:
        """Return whether the account may do that to the model at all (record rules may still hide single records)."""
        if self.version.major >= RECORD_RIGHTS_SINCE:
            return yes_or_no(self.call(model, "has_access", ids=[], operation=operation), model)
        answer = self.call(model, "check_access_rights", operation=operation, raise_exception=False)
        return yes_or_no(answer, model)

    def iter_search_read(
        self,
        model: str,
        domain: Sequence[Any],
        fields: Sequence[str],
        *,
        limit: int | None = None,
        active_test: bool = False,
        page_rows: int = PAGE_ROWS,
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield pages of records by rising id; many2one fields are bare ids (or False).

        Each page is a transaction of its own, so what is created behind the last id seen is found and nothing comes
        twice, however rows move meanwhile.
        """
        last_id, left = 0, limit
        while left is None or left > 0:
            rows = page_rows if left is None else min(page_rows, left)
            page, asked = self._page(
                model, [*domain, ["id", ">", last_id]], fields, rows, "id asc", {"active_test": active_test}
            )
            if page:
                yield page
            if len(asked) < rows:
                return
            newest = max((one for one in asked if isinstance(one, int)), default=0)
            if newest <= last_id:
                raise odd_answer(model, "records by rising id")  # Otherwise the next page would be this one, forever.
            last_id = newest
            if left is not None:
                left -= len(asked)

    def search_read(
        self,
        model: str,
        domain: Sequence[Any],
        fields: Sequence[str],
        *,
        limit: int | None = None,
        order: str = "id asc",
        active_test: bool = False,
    ) -> list[dict[str, Any]]:
        """Return all records of the domain, many2one fields as bare ids; archived ones too unless `active_test`.

        Read in pages by id; with another `order` in one call.
        """
        if order in ("id", "id asc"):
            pages = self.iter_search_read(model, domain, fields, limit=limit, active_test=active_test)
            return [record for page in pages for record in page]
        return self._page(model, domain, fields, limit, order, {"active_test": active_test})[0]

    def _page(
        self,
        model: str,
        domain: Sequence[Any],
        fields: Sequence[str],
        limit: int | None,
        order: str,
        context: Mapping[str, Any],
    ) -> tuple[list[dict[str, Any]], list[int | None]]:
        """Return one page, and the ids that were asked for (a record may vanish between search and read).

        What is no record stays in the page, for the reader to report; its id is None. Raises NotOdooError when the
        answer is no list.
        """
        query: dict[str, Any] = {"domain": list(domain), "limit": limit, "order": order, "context": context}
        if self._load_in_search_read:
            try:
                page = records_of(self.call(model, "search_read", fields=list(fields), load="", **query), model)
                return page, [record.get("id") if isinstance(record, dict) else None for record in page]
            except OdooServerError as exc:
                if "unexpected keyword argument 'load'" not in exc.remote_message:
                    raise
                self._load_in_search_read = False
        ids = ids_of(self.call(model, "search", **query), model)
        if not ids:
            return [], []
        page = records_of(self.call(model, "read", ids=ids, fields=list(fields), load="", context=context), model)
        return page, list(ids)

    def search_ids(self, model: str, domain: Sequence[Any]) -> list[int]:
        """Return the ids of the domain, rising, archived records too."""
        found: list[int] = []
        while True:
            after = [["id", ">", found[-1]]] if found else []
            page = ids_of(
                self.call(model, "search", domain=[*domain, *after], limit=ID_PAGE_ROWS, order="id asc"), model
            )
            if found and page and page[-1] <= found[-1]:
                raise odd_answer(model, "ids that rise")
            found += page
            if len(page) < ID_PAGE_ROWS:
                return found

    def search_count(self, model: str, domain: Sequence[Any]) -> int:
        """Return how many records the domain has, archived ones too."""
        number = self.call(model, "search_count", domain=list(domain))
        if not isinstance(number, int):
            raise odd_answer(model, "a count")
        return int(number)

    def grouped(
        self, model: str, domain: Sequence[Any], groupby: Sequence[str], aggregates: Sequence[tuple[str, str]]
    ) -> list[dict[str, Any]]:
        """Group as Odoo does: `aggregates` are (field, function) such as ("amount_residual", "sum").

        One dict a group, in any order: each `groupby` as bare id or value (of a period its first day),
        "field:function", "__count".
        """
        if self.version.major >= FORMATTED_READ_GROUP_SINCE:
            # Sorted as people see them, groups by account cost joins and five times the time.
            unsorted: dict[str, Any] = {"order": "__count"} if groupby else {}
            rows = self.call(
                model,
                "formatted_read_group",
                domain=list(domain),
                groupby=list(groupby),
                aggregates=["__count", *(f"{field}:{function}" for field, function in aggregates)],
                **unsorted,
            )
            names = {f"{field}:{function}": f"{field}:{function}" for field, function in aggregates}
        else:
            names = {f"{field}:{function}": f"{function}_of_{field}" for field, function in aggregates}
            rows = self.call(
                model,
                "read_group",
                domain=list(domain),
                # Without any field Odoo would sum every number of the model.
                fields=[f"{names[f'{field}:{function}']}:{function}({field})" for field, function in aggregates]
                or ["id_count:count(id)"],
                groupby=list(groupby),
                lazy=False,
            )
        return [
            {key: group_value(row, key) for key in groupby}
            | {name: row.get(key) for name, key in names.items()}
            | {"__count": row.get("__count") or 0}
            for row in rows
        ]

    def create(self, model: str, vals: Mapping[str, Any], *, context: Mapping[str, Any] | None = None) -> int:
        """Create one record and return its id. A lost answer raises UnknownOutcomeError: look it up first."""
        created = self.call(model, "create", vals_list=[dict(vals)], context=context)
        return int(created[0] if isinstance(created, list) else created)

    def write(
        self, model: str, ids: Sequence[int], vals: Mapping[str, Any], *, context: Mapping[str, Any] | None = None
    ) -> None:
        """Change records. A lost answer raises UnknownOutcomeError."""
        self.call(model, "write", ids=ids, vals=dict(vals), context=context)

    def _read_user(self) -> None:
        found = self.call("res.users", "read", ids=[self.uid], fields=["login", "company_id", "company_ids"], load="")
        if users := typed(found, list[OwnUser], "res.users", "the account's own record"):
            check_owner(self._core, str(users[0].login or ""))
            self.company_ids = tuple(dict.fromkeys([users[0].company_id, *sorted(users[0].company_ids)]))
