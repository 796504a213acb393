"""One call as the demo's Odoo sees it: who asks, for which companies, of which records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from odoo_client.demo.business.accounts import Account, record_rule
from odoo_client.demo.business.rights import allowed, refusal
from odoo_client.demo.orm.faults import access_error, missing_error
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Predicate, Row

Method = TypeVar("Method", bound=Callable[..., Any])


def api_model(method: Method) -> Method:
    """Mark a method of the model, which takes no ids (Odoo's `@api.model`)."""
    method._api_model = True  # type: ignore[attr-defined]  # a mark, as Odoo's own
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
        """Return what the account's record rules keep of a model, None for everything."""
        return record_rule(self.db, self.account, model, self.company_ids)

    @property
    def uid(self) -> int:
        """The id of the account's user."""
        return self.account.uid

    @property
    def partner_id(self) -> int:
        """The id of the account's contact."""
        return int(self.db.tables["res.users"][self.account.uid]["partner_id"])

    def check(self, model: str, operation: str = "read") -> None:
        """Raise AccessError as Odoo's access lists do."""
        if not allowed(self.db, self.account, model, operation):
            raise refusal(self.db, self.account, model, operation)

    def may_touch(self, model: str, key: int, operation: str) -> bool:
        """Return whether the caller may do that to this record; what is not there may be touched by nobody's rule."""
        row = self.db.tables[model].get(key)
        rule = self.rule(model)
        return allowed(self.db, self.account, model, operation) and (row is None or rule is None or rule(row))

    def visible(self, model: str, ids: Sequence[int]) -> list[Row]:
        """Return records by id. Raises AccessError without the right to read, MissingError for one gone or hidden."""
        self.check(model)
        rows = self.db.browse(model, ids, self.uid)
        rule = self.rule(model)
        if rule is not None and not all(rule(row) for row in rows):
            raise missing_error(model, ids[0], self.uid)
        return rows


class Records:
    """The records of one model that a call is about, as its methods get them."""

    def __init__(self, env: Env, model: str, ids: Sequence[int] = ()) -> None:
        self.env, self.model, self.ids = env, model, list(ids)
