"""Arrears equal SQL on Odoo's own database, to the cent: a company, a currency, a customer and a bucket at a time."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from odoo_client.metrics import LedgerIndex, ageing_by_customer, open_lines
from odoo_client.snapshot import Snapshot
from tests.contract.conftest import Pull
from tests.contract.ledger_sql import BUCKETS, Key, arrears, cents
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

PAST_DAYS = (30, 75, 200)
Pulled = tuple[RealOdoo, Snapshot]


def arrears_of(snapshot: Snapshot, day: date) -> dict[Key, Decimal]:
    """Ours, in the shape of ``ledger_sql.arrears``."""
    table = ageing_by_customer(open_lines(LedgerIndex.build(snapshot), day))
    found: dict[Key, Decimal] = {}
    for row in table.to_dict("records"):
        for bucket in BUCKETS:
            amount = cents(round(row[bucket], 2)) * (-1 if bucket == "unallocated" else 1)
            if amount:
                found[row["company_id"], row["currency_id"], row["commercial_partner_id"], bucket] = amount
    return found


def test_arrears_of_today_equal_sql_to_the_cent(pulled: Pulled):
    server, snapshot = pulled
    today = date.today()  # noqa: DTZ011  Odoo's day, on this machine
    expected = arrears(server, today, stored=True)
    assert arrears_of(snapshot, today) == expected
    assert len({(key[0], key[1]) for key in expected}) >= 4, "two companies with two currencies each"
    assert {key[3] for key in expected} == set(BUCKETS), "every bucket is tried"


@pytest.mark.parametrize("days", PAST_DAYS)
def test_arrears_of_a_past_day_equal_sql_to_the_cent(pulled: Pulled, days: int):
    server, snapshot = pulled
    day = server.seeded_on - timedelta(days=days)
    expected = arrears(server, day, stored=False)
    assert arrears_of(snapshot, day) == expected
    assert len(expected) > 20


def test_both_ways_of_reckoning_a_residual_agree_in_odoo_itself(odoo_any: RealOdoo):
    """Booked less matched is what Odoo stores: otherwise the tests of past days would prove nothing."""
    today = date.today()  # noqa: DTZ011
    assert arrears(odoo_any, today, stored=False) == arrears(odoo_any, today, stored=True)


def test_both_protocols_give_identical_frames(odoo19: RealOdoo, pull: Pull):
    by_json2, by_jsonrpc = pull(odoo19, "json2"), pull(odoo19, "jsonrpc")
    assert (by_json2.meta.protocol, by_jsonrpc.meta.protocol) == ("json2", "jsonrpc")
    assert set(by_json2) == set(by_jsonrpc)
    for name in by_json2:
        pd.testing.assert_frame_equal(by_json2.frame(name), by_jsonrpc.frame(name), obj=name)


def test_control_totals_tie(pulled: Pulled):
    _server, snapshot = pulled
    assert snapshot.meta.control_totals
    assert snapshot.meta.ties_to_ledger
