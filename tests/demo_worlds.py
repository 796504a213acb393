"""Demo tenants for tests: one database a profile, made once and only read; one started server a test that writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from odoo_client.demo import DemoServer
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.profiles import profile
from odoo_client.demo.orm.rows import Row
from odoo_client.demo.provider.fill import fill
from odoo_client.demo.provider.history import MONTHS

#: A Friday in the middle of nowhere special; tests of dates count from here.
TODAY = date(2026, 11, 20)
HARARE = ZoneInfo("Africa/Harare")
#: Documents of a short history go back so many months: a few more than any bucket of an ageing.
SHORT_MONTHS = 6


@cache
def database(name: str, today: date = TODAY, months: int = MONTHS) -> Database:
    """The tenant of a profile as of a day. Shared by all tests: never write into it."""
    db = Database(profile(name))
    fill(db, today, months=months)
    return db


def own(name: str, today: date | None = None, months: int = SHORT_MONTHS) -> DemoServer:
    """A server, to be started, over its own copy of a profile's tenant as of a day (today in Harare).

    It has every customer and every trap, and a short history: a sync of it takes a third of the time.
    """
    day = today or datetime.now(HARARE).date()
    return DemoServer(name, today, orm=database(name, day, months).clone())


def rows(db: Database, model: str, **equal: Any) -> list[Row]:
    """Rows whose columns have these values."""
    return [row for row in db.tables[model].values() if all(row.get(key) == value for key, value in equal.items())]


def receivable_lines(db: Database, *, posted: bool = True) -> list[Row]:
    """Journal items on receivable accounts."""
    kinds = {row["id"] for row in db.tables["account.account"].values() if row["account_type"] == "asset_receivable"}
    lines = db.tables["account.move.line"].values()
    return [line for line in lines if line["account_id"] in kinds and (not posted or line["parent_state"] == "posted")]


def started(name: str, *, empty: bool = True) -> Iterator[DemoServer]:
    """A server of its own, stopped afterwards; `empty` (fast) has no customers."""
    with DemoServer(name, TODAY, empty=empty) as server:
        yield server
