"""Odd values in real books: what Odoo itself lets through, and how it writes it, stops no sync and is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from odoo_client.config import Settings
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

TODAY = datetime.now(UTC).date()
LINE = "account.move.line"
NO_HISTORY = {"tracking_disable": True}


@pytest.fixture(scope="module")
def books(odoo_full: RealOdoo) -> Iterator[RealOdoo]:
    """A copy of the tenant that these tests may change, one after the other."""
    with odoo_full.copy() as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    opened = SnapshotStore(tmp_path / "cache")
    yield opened
    opened.close()


def sync(server: RealOdoo, store: SnapshotStore, **how: Any) -> Snapshot:
    settings = Settings(
        odoo_url=server.url,
        odoo_database=server.database,
        odoo_username=server.username,
        odoo_password=server.api_key or server.password,
    )
    return run_sync(settings, store, **how).snapshot


def open_line(server: RealOdoo) -> int:
    """The receivable line of an open posted invoice."""
    ((line,),) = server.sql(
        "select l.id from account_move_line l join account_move m on m.id = l.move_id where m.state = 'posted' "
        "and m.move_type = 'out_invoice' and l.amount_residual_currency > 1 and l.date_maturity is not null "
        "order by l.id limit 1"
    )
    return int(line)


def odd(snapshot: Snapshot, name: str = "receivable_lines") -> list[str]:
    return [one.sentence for one in snapshot.info[name].odd]


def test_a_due_date_of_the_year_26_is_held_told_and_forgotten_once_it_is_put_right(
    books: RealOdoo, store: SnapshotStore
) -> None:
    """As an import brings it: Odoo's calls take the day, and its answers write the year as "26"."""
    line = open_line(books)
    before = sync(books, store)
    was = before.frame("receivable_lines").set_index("line_id").loc[line, "due_date"]
    # Odoo's own history of a posted entry stumbles over such a day; imports keep none.
    books.call(LINE, "write", [line], {"date_maturity": "0026-11-15"}, context=NO_HISTORY)
    after = sync(books, store)
    row = after.frame("receivable_lines").set_index("line_id").loc[line]
    assert row["due_date"] == pd.Timestamp(26, 11, 15)
    assert any(
        f"{LINE}: 1 value of date_maturity lies before the year 1000, in record {line}." in t for t in odd(after)
    )
    assert len(after.frame("receivable_lines")) == len(before.frame("receivable_lines"))
    assert after.meta.ties_to_ledger
    due = open_lines(LedgerIndex.build(after), TODAY).set_index("line_id").loc[line]
    assert due["days_overdue"] == (TODAY - datetime(26, 11, 15, tzinfo=UTC).date()).days
    whole = sync(books, store, full=True)
    pd.testing.assert_frame_equal(
        whole.frame("receivable_lines"), after.frame("receivable_lines"), check_categorical=False
    )
    assert odd(whole) == odd(after)
    # It stays said while nothing of it is read again, and no longer than that.
    books.sql(f"update account_move_line set write_date = write_date - interval '400 days', reconciled = reconciled "
              f"where id = {line}")  # fmt: skip
    assert odd(sync(books, store, groups=["tickets"])) == odd(after)
    books.call(LINE, "write", [line], {"date_maturity": str(was.date())}, context=NO_HISTORY)
    assert odd(sync(books, store)) == []


def test_what_odoo_writes_as_no_number_is_empty_and_told_and_the_rest_is_read(
    books: RealOdoo, store: SnapshotStore
) -> None:
    """PostgreSQL holds NaN in any of Odoo's numbers, and Odoo's answers then are no strict JSON."""
    ((line, price),) = books.sql("select id, price_unit from sale_order_line where display_type is null limit 1")
    before = sync(books, store)
    books.sql(f"update sale_order_line set price_unit = 'NaN', write_date = now() at time zone 'utc' where id = {line}")
    after = sync(books, store)
    rows, were = (each.frame("order_lines").set_index("line_id") for each in (after, before))
    assert rows.loc[int(line), "price_unit"] == 0.0
    pd.testing.assert_frame_equal(rows.drop(index=int(line)), were.drop(index=int(line)))
    assert f"sale.order.line: 1 value of price_unit cannot be read and is left empty, in record {line}. Correct it" in (
        " ".join(odd(after, "order_lines"))
    )
    assert after.meta.complete
    assert after.meta.ties_to_ledger
    books.sql(
        f"update sale_order_line set price_unit = {price}, write_date = now() at time zone 'utc' where id = {line}"
    )
    assert odd(sync(books, store), "order_lines") == []


def test_a_residual_that_is_no_number_is_told_and_never_ties(books: RealOdoo, store: SnapshotStore) -> None:
    line = open_line(books)
    ((residual,),) = books.sql(f"select amount_residual_currency from account_move_line where id = {line}")
    books.sql(f"update account_move_line set amount_residual_currency = 'NaN' where id = {line}")
    after = sync(books, store)
    assert any("amount_residual_currency cannot be read" in text for text in odd(after))
    assert not after.meta.ties_to_ledger
    books.sql(f"update account_move_line set amount_residual_currency = {residual} where id = {line}")
    assert sync(books, store).meta.ties_to_ledger


def test_a_day_that_means_never_is_a_day(books: RealOdoo, store: SnapshotStore) -> None:
    ((line,),) = books.sql("select id from contract_line order by id limit 1")
    books.call("contract.line", "write", [int(line)], {"date_end": "9999-12-31"})
    after = sync(books, store)
    row = after.frame("contract_lines").set_index("line_id").loc[int(line)]
    assert row["date_end"] == pd.Timestamp(9999, 12, 31)
    assert odd(after, "contract_lines") == []
