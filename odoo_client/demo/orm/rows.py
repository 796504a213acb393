"""Rows, and what domains, computed fields and the ledger know of the tables that hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, Self, TypeAlias

from odoo_client.demo.orm.fields import Field
from odoo_client.demo.orm.profiles import Profile

Row: TypeAlias = dict[str, Any]
Predicate: TypeAlias = Callable[[Row], bool]
Filter: TypeAlias = Callable[[Iterable[Row]], list[Row]]


class Tables(Protocol):
    """All tables of a tenant, to be read."""

    profile: Profile
    models: dict[str, dict[str, Field]]
    tables: dict[str, dict[int, Row]]

    def now(self) -> str:
        """Return the time in UTC."""

    def getter(self, model: str, name: str) -> Callable[[Row], Any]:
        """Return what reads a field of a row."""

    def inverse(self, comodel: str, name: str) -> dict[int, list[int]]:
        """Return the one2many index: parent id → ids of `comodel`."""

    def family(self, model: str, roots: Any, *, up: bool) -> set[int]:
        """Return the records and all below (`up`: above) them by `parent_id`."""


class Numbers(Protocol):
    """What posts entries, as the tables know it: numbers that leave no gap when a call is taken back."""

    uid: int

    def numbers(self) -> Mapping[tuple[str, int, int], int]:
        """Return the last number of each sequence."""

    def number_from(self, numbers: Mapping[tuple[str, int, int], int]) -> None:
        """Go on from these numbers."""

    def moved_to(self, db: Any) -> Self:
        """Return the same for another database."""
