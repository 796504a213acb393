"""A customer's dashboard as JSON, for programs: `python -m odoo_client customer EMAIL --json`.

The keys are the field names of `types.Dashboard` and of the rows in it, in their order, and are kept from
version to version (new ones may be added): profile, as_of, taken_at, demo, balances, oldest_days, active_services,
open_tickets, open_orders, services, invoices, payments, entries, ageing, open_lines, promises, tickets, orders,
timeline, absent, notes, trust. Every key is always there.

- Money is `{"amount": "1234.50", "currency": "USD"}`: the amount is text with all the currency's decimals.
- A day is "2026-11-22", a moment "2026-11-22T12:05:00Z" (UTC).
- What Odoo does not have is null; a text without content is "". A service's `monthly_fee` is null where it cannot be
  told how long its price is for.
- `open_tickets` and `open_orders` are null where `absent` says why. Where it names `ticket_messages`, nobody knows what
  was answered, and `waited_h` of a ticket counts from its opening.
- `trust` has a `level` ("fresh", "ageing", "stale", "partial" or "contradicted"), the `sentences` that say why, and
  `age`, the level by age alone.
  What it lists as `contradicted`, by company and currency, is in no balance, and `residual` and `unallocated` are null
  there: show the sentence instead. The other currencies stand.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any

from odoo_client.customer.types import Dashboard, Money


def as_json(dashboard: Dashboard) -> dict[str, Any]:
    """Return the dashboard as dicts, lists, texts, whole numbers, numbers, booleans and None only."""
    plain: dict[str, Any] = _plain(dashboard)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount": f"{value.amount:f}", "currency": value.currency}
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value
