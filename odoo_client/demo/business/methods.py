"""The methods the demo answers, with each version's own parameter names: wrong ones fail as they do in Odoo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from odoo_client.demo.business import registry as business
from odoo_client.demo.business import writes
from odoo_client.demo.business.accounts import Account, record_rule
from odoo_client.demo.business.rights import allowed, refusal
from odoo_client.demo.orm.domains import Predicate, Row
from odoo_client.demo.orm.faults import access_error, missing_error, python_error
from odoo_client.demo.orm.grouping import formatted_read_group, read_group
from odoo_client.demo.orm.orm import Database

Method = TypeVar("Method", bound=Callable[..., Any])


def api_model(method: Method) -> Method:
    """Mark a method of the model, which takes no ids (Odoo's `@api.model`)."""
    method._api_model = True  # type: ignore[attr-defined]
    return method


@dataclass
class Env:
    """One call's database, account and context."""

    db: Database
    account: Account
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def company_ids(self) -> tuple[int, ...]:
        """Companies of the call; without `allowed_company_ids` all of the user's. AccessError for a foreign one."""
        asked = self.context.get("allowed_company_ids")
        if not asked:
            return self.account.company_ids
        if not set(asked) <= set(self.account.company_ids):
            raise access_error("Access to unauthorized or invalid companies.")
        return tuple(asked)

    def rule(self, model: str) -> Predicate | None:
        return record_rule(self.db, self.account, model, self.company_ids)

    @property
    def uid(self) -> int:
        return self.account.uid

    @property
    def partner_id(self) -> int:
        """The caller as a contact: the author of messages."""
        return int(self.db.tables["res.users"][self.account.uid]["partner_id"])

    def check(self, model: str, operation: str = "read") -> None:
        """Raise AccessError as Odoo's access lists do."""
        if not allowed(self.db, self.account, model, operation):
            raise refusal(self.db, self.account, model, operation)

    def may_touch(self, model: str, key: int, operation: str) -> bool:
        """Whether the caller may do that to this record; what is not there may be touched by nobody's rule."""
        row = self.db.tables[model].get(key)
        rule = self.rule(model)
        return allowed(self.db, self.account, model, operation) and (row is None or rule is None or rule(row))

    def visible(self, model: str, ids: Sequence[int]) -> list[Row]:
        """Records by id. Raises AccessError without the right to read, MissingError for one gone or hidden."""
        self.check(model)
        rows = self.db.browse(model, ids, self.uid)
        rule = self.rule(model)
        if rule is not None and not all(rule(row) for row in rows):
            raise missing_error(model, ids[0], self.uid)
        return rows


class BaseModel:
    """Odoo 16 to 19. The class is called as Odoo's is, because Python's own error texts name it."""

    def __init__(self, env: Env, model: str, ids: Sequence[int] = ()) -> None:
        self.env, self.model, self.ids = env, model, list(ids)

    # -------------------------------------------------------------- reading

    @api_model
    def search(self, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None) -> list[int]:
        return [row["id"] for row in self._rows(domain, offset, limit, order)]

    @api_model
    def search_count(self, domain: Any, limit: int | None = None) -> int:
        return len(self._rows(domain, 0, limit, "id"))

    @api_model
    def search_read(
        self,
        domain: Any = None,
        fields: Sequence[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        **read_kwargs: Any,
    ) -> list[Row]:
        rows = self._rows(domain or [], offset, limit, order)
        return self._read_format(rows, fields, **read_kwargs)

    def read(self, fields: Sequence[str] | None = None, load: str | None = "_classic_read") -> list[Row]:
        self.env.check(self.model)
        table, rule = self.env.db.tables[self.model], self.env.rule(self.model)
        rows = [table[key] for key in self.ids if key in table]
        if rule is not None and not all(rule(row) for row in rows):
            raise access_error(
                "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
                f"Sorry, you don't have 'read' access to:\n- {self.model}"
            )
        return self._read_format(rows, fields, load)

    @api_model
    def fields_get(
        self, allfields: Collection[str] | None = None, attributes: Collection[str] | None = None
    ) -> dict[str, Any]:
        fields = self.env.db.models[self.model]
        return {name: f.describe(attributes) for name, f in fields.items() if not allfields or name in allfields}

    @api_model
    def read_group(
        self,
        domain: Any,
        fields: Sequence[str],
        groupby: Any,
        offset: int = 0,
        limit: int | None = None,
        orderby: Any = False,
        lazy: bool = True,
    ) -> list[dict[str, Any]]:
        self._may_group()
        groups = [groupby] if isinstance(groupby, str) else list(groupby)
        rows = self._rows(domain, 0, None, "id")
        found = read_group(self.env.db, self.model, rows, domain, fields, groups, lazy=lazy)
        return found[offset : offset + limit if limit else None]

    @api_model
    def name_search(self, name: str = "", args: Any = None, operator: str = "ilike", limit: int = 100) -> list[Any]:
        rows = self._rows([*(args or []), ["display_name", operator, name]], 0, limit, None)
        return [
            [row["id"], row["display_name"]]
            for row in self.env.db.read(self.model, rows, ["display_name"], classic=False)
        ]

    @api_model
    def check_access_rights(self, operation: str, raise_exception: bool = True) -> bool:
        if raise_exception:
            self.env.check(self.model, operation)
        return allowed(self.env.db, self.env.account, self.model, operation)

    # -------------------------------------------------------------- writing

    @api_model
    def create(self, vals_list: Any) -> list[int]:
        self.env.check(self.model, "create")
        many = [vals_list] if isinstance(vals_list, Mapping) else vals_list
        return [writes.create(self.env, self.model, vals) for vals in many]

    def write(self, vals: Mapping[str, Any]) -> bool:
        self.env.check(self.model, "write")
        writes.write(self.env, self.model, self.env.visible(self.model, self.ids), vals)
        return True

    def unlink(self) -> bool:
        self.env.check(self.model, "unlink")
        writes.unlink(self.env, self.model, self.env.visible(self.model, self.ids))
        return True

    # -------------------------------------------------------------- helpers

    def _rows(self, domain: Any, offset: int, limit: int | None, order: str | None) -> list[Row]:
        self.env.check(self.model)
        rows = self.env.db.search(
            self.model,
            domain,
            rule=self.env.rule(self.model),
            active_test=bool(self.env.context.get("active_test", True)),
            order=order,
        )
        return rows[offset : offset + limit if limit else None]

    def _may_group(self) -> None:
        """Messages are seen by the rights on what they are written on: some versions let nobody else group them."""
        guarded = self.model == "mail.message" and 15 <= self.env.db.profile.major <= 18
        if guarded and "base.group_erp_manager" not in self.env.account.groups:
            raise access_error("Only administrators are allowed to use grouped read on message model")

    def _read_format(
        self, rows: list[Row], fields: Sequence[str] | None, load: str | None = "_classic_read"
    ) -> list[Row]:
        return self.env.db.read(self.model, rows, fields, classic=load == "_classic_read")


class BaseModel14(BaseModel):
    """Odoo 14 and 15: a domain is called `args`, and `search_read` knows no `load`."""

    @api_model
    def search(  # type: ignore[override]
        self, args: Any, offset: int = 0, limit: int | None = None, order: str | None = None, count: bool = False
    ) -> list[int] | int:
        found = [row["id"] for row in self._rows(args, offset, limit, order)]
        return len(found) if count else found

    @api_model
    def search_count(self, args: Any) -> int:  # type: ignore[override]
        return len(self._rows(args, 0, None, "id"))

    @api_model
    def search_read(  # type: ignore[override]
        self,
        domain: Any = None,
        fields: Sequence[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[Row]:
        return self._read_format(self._rows(domain or [], offset, limit, order), fields)


class BaseModel18(BaseModel):
    """Odoo 18: `has_access` joins `check_access_rights`."""

    def has_access(self, operation: str) -> bool:
        return allowed(self.env.db, self.env.account, self.model, operation)


class BaseModel19(BaseModel18):
    """Odoo 19: `formatted_read_group`, which JSON-2 and JSON-RPC both reach."""

    @api_model
    def formatted_read_group(
        self,
        domain: Any,
        groupby: Sequence[str] = (),
        aggregates: Sequence[str] = (),
        having: Any = (),
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[dict[str, Any]]:
        self._may_group()
        rows = self._rows(domain, 0, None, "id")
        found = formatted_read_group(self.env.db, self.model, rows, groupby, aggregates)
        return found[offset : offset + limit if limit else None]


def _context_get(records: BaseModel) -> dict[str, Any]:
    """The caller's language and time zone; from 19 also the uid."""
    found: dict[str, Any] = {"lang": "en_US", "tz": "Africa/Harare"}
    return found | ({"uid": records.env.account.uid} if records.env.db.profile.major >= 19 else {})


def _own_has_group(records: BaseModel, group_ext_id: str) -> bool:
    if "." not in group_ext_id:
        raise python_error("AssertionError", f"External ID '{group_ext_id}' must be fully qualified")
    return group_ext_id in records.env.account.groups


def _has_group(records: BaseModel, group_ext_id: str) -> bool:
    if len(records.ids) != 1:
        listed = ", ".join(map(str, records.ids))
        raise python_error("ValueError", f"Expected singleton: res.users({listed})")
    return group_ext_id in records.env.account.groups


def model_class(major: int, model: str) -> type[BaseModel]:
    """The class that answers for a model in a version; with the name Python's error texts show there."""
    base: type[BaseModel] = BaseModel19 if major >= 19 else BaseModel18 if major >= 18 else BaseModel
    base = BaseModel14 if major <= 15 else base
    extra: dict[str, Any] = {}
    if model == "res.users":
        extra["context_get"] = api_model(_named("context_get", _context_get))
        extra["has_group"] = (
            _named("has_group", _has_group) if major >= 18 else api_model(_named("has_group", _own_has_group))
        )
    return type("BaseModel", (base,), extra | business.ACTIONS.get(model, {}))


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = name
    function.__qualname__ = f"ResUsers.{name}"
    return function
