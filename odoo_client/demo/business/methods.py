"""The methods the demo answers, with each version's own parameter names: wrong ones fail as they do in Odoo."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from odoo_client.demo.business import writes
from odoo_client.demo.business.call import Records, api_model
from odoo_client.demo.business.rights import allowed
from odoo_client.demo.orm.faults import access_error
from odoo_client.demo.orm.grouping import formatted_read_group, read_group
from odoo_client.demo.orm.rows import Row


class BaseModel(Records):
    """Odoo 16 to 19. The class is called as Odoo's is, because Python's own error texts name it."""

    # -------------------------------------------------------------- reading

    @api_model
    def search(self, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None) -> list[int]:
        """Return the ids of the records that the domain finds."""
        return [row["id"] for row in self._rows(domain, offset, limit, order)]

    @api_model
    def search_count(self, domain: Any, limit: int | None = None) -> int:
        """Return how many records the domain finds."""
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
        """Return the records that the domain finds, with these fields."""
        rows = self._rows(domain or [], offset, limit, order)
        return self._read_format(rows, fields, **read_kwargs)

    def read(self, fields: Sequence[str] | None = None, load: str | None = "_classic_read") -> list[Row]:
        """Return the records, with these fields."""
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
        """Return the model's fields and their attributes."""
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
        """Return the groups of the records that the domain finds."""
        self._may_group()
        groups = [groupby] if isinstance(groupby, str) else list(groupby)
        rows = self._rows(domain, 0, None, "id")
        found = read_group(self.env.db, self.model, rows, domain, fields, groups, lazy=lazy)
        return found[offset : offset + limit if limit else None]

    @api_model
    def name_search(self, name: str = "", args: Any = None, operator: str = "ilike", limit: int = 100) -> list[Any]:
        """Return id and name of the records whose names match."""
        rows = self._rows([*(args or []), ["display_name", operator, name]], 0, limit, None)
        return [
            [row["id"], row["display_name"]]
            for row in self.env.db.read(self.model, rows, ["display_name"], classic=False)
        ]

    @api_model
    def check_access_rights(self, operation: str, raise_exception: bool = True) -> bool:
        """Return whether the account may do that to the model's records."""
        if raise_exception:
            self.env.check(self.model, operation)
        return allowed(self.env.db, self.env.account, self.model, operation)

    # -------------------------------------------------------------- writing

    @api_model
    def create(self, vals_list: Any) -> list[int]:
        """Create records and return their ids."""
        self.env.check(self.model, "create")
        many = [vals_list] if isinstance(vals_list, Mapping) else vals_list
        return [writes.create(self.env, self.model, vals) for vals in many]

    def write(self, vals: Mapping[str, Any]) -> bool:
        """Change the records."""
        self.env.check(self.model, "write")
        writes.write(self.env, self.model, self.env.visible(self.model, self.ids), vals)
        return True

    def unlink(self) -> bool:
        """Delete the records."""
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
        """Refuse to group messages, whose rights are those of what they are written on, where the version does."""
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
    def search(  # type: ignore[override]  # as that version has it
        self, args: Any, offset: int = 0, limit: int | None = None, order: str | None = None, count: bool = False
    ) -> list[int] | int:
        """Return the ids of the records that the domain finds, or how many those are."""
        found = [row["id"] for row in self._rows(args, offset, limit, order)]
        return len(found) if count else found

    @api_model
    def search_count(self, args: Any) -> int:  # type: ignore[override]  # as that version has it
        """Return how many records the domain finds."""
        return len(self._rows(args, 0, None, "id"))

    @api_model
    def search_read(  # type: ignore[override]  # as that version has it
        self,
        domain: Any = None,
        fields: Sequence[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[Row]:
        """Return the records that the domain finds, with these fields."""
        return self._read_format(self._rows(domain or [], offset, limit, order), fields)


class BaseModel18(BaseModel):
    """Odoo 18: `has_access` joins `check_access_rights`."""

    def has_access(self, operation: str) -> bool:
        """Return whether the account may do that to the model's records."""
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
        """Return the groups of the records that the domain finds."""
        self._may_group()
        rows = self._rows(domain, 0, None, "id")
        found = formatted_read_group(self.env.db, self.model, rows, groupby, aggregates)
        return found[offset : offset + limit if limit else None]
