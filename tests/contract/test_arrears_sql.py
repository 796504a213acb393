"""Arrears equal SQL on Odoo's own database, to the cent: a company, a currency, a customer and a bucket at a time."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from odoo_client.frames.arrays import ints
from odoo_client.metrics.ageing import ageing_by_customer
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.proof_queue import payments_under_review
from odoo_client.store.snapshot import Snapshot
from tests.contract.conftest import Pull
from tests.contract.ledger_sql import BUCKETS, Key, arrears, cents, draft_entries, under_review
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

PAST_DAYS = (30, 75, 200)
TIMEZONE = "Africa/Harare"
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


def chased(snapshot: Snapshot, day: date) -> pd.DataFrame:
    """The ageing with what is under review, by company, currency and customer."""
    drafts = payments_under_review(snapshot, day, TIMEZONE)
    table = ageing_by_customer(open_lines(LedgerIndex.build(snapshot), day), drafts=drafts)
    return table.set_index(["company_id", "currency_id", "commercial_partner_id"])


@pytest.mark.parametrize("days", [-1, 1])
def test_what_is_under_review_equals_sql_to_the_cent(pulled: Pulled, days: int):
    """The day after the seed's every draft counts, the day before none had been entered."""
    server, snapshot = pulled
    day = server.seeded_on - timedelta(days=days)
    every = under_review(server, day, TIMEZONE)
    drafts = payments_under_review(snapshot, day, TIMEZONE)
    sums = drafts.groupby(["company_id", "currency_id", "commercial_partner_id"])["amount"].agg(["sum", "size"])
    assert {key: (cents(round(row["sum"], 2)), int(row["size"])) for key, row in sums.iterrows()} == every
    assert len(every) == (7 if days < 0 else 0), "two currencies, two companies, a contact's and nobody's"
    owing = {key[:3] for key in arrears(server, day, stored=False)}
    expected = {key: found for key, found in every.items() if key in owing and key[2]}
    table = chased(snapshot, day)
    beside = table[table["under_review_payments"] > 0]
    found = {key: (cents(row["under_review"]), int(row["under_review_payments"])) for key, row in beside.iterrows()}
    assert found == expected
    assert not expected or len(every) > len(expected), "some are beside no debt"


def test_net_to_chase_is_what_sql_has_overdue_less_unallocated_and_under_review(pulled: Pulled):
    """Of customers with nothing disputed and nothing in payment."""
    server, snapshot = pulled
    day = server.seeded_on + timedelta(days=1)
    waiting, left = under_review(server, day, TIMEZONE), defaultdict(Decimal)
    for (*key, bucket), amount in arrears(server, day, stored=False).items():
        if bucket != "not_due":
            left[tuple(key)] += amount
    table = chased(snapshot, day)
    plain = table[table[["disputed", "in_payment"]].fillna(0.0).eq(0.0).all(axis=1)]
    assert len(plain) > 0.9 * len(table)
    lowered = 0
    for key, row in plain.iterrows():
        draft = waiting.get(key, (Decimal(0), 0))[0] if key[2] else Decimal(0)
        assert cents(row["net_to_chase"]) == max(left[key] - draft, Decimal(0)), key
        lowered += bool(draft) and left[key] > 0
    assert lowered == 5


def test_no_draft_is_in_the_ledger(pulled: Pulled):
    """Up to 17 a draft payment has a draft entry with a receivable line: it is read by nobody."""
    server, snapshot = pulled
    drafts = draft_entries(server)
    assert bool(drafts) == (server.major < 18)
    assert not drafts & set(ints(snapshot.frame("receivable_lines"), "move_id").tolist())


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


def test_ours_and_what_is_told_beside_make_up_odoo_s_receivable_balance(pulled: Pulled):
    server, snapshot = pulled
    kind = "a.account_type = 'asset_receivable'" if server.major >= 16 else "a.internal_type = 'receivable'"
    rows = server.sql(
        f"""select l.company_id, l.currency_id, sum(l.amount_residual_currency)
              from account_move_line l join account_account a on a.id = l.account_id
             where {kind} and l.parent_state = 'posted' group by 1, 2"""
    )
    told: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    meta = snapshot.meta
    parts = [(one.company_id, one.currency_id, one.our_residual) for one in meta.control_totals]
    for company, currency, residual in [
        *parts,
        *((one.company_id, one.currency_id, one.residual) for one in meta.non_trade_totals),
    ]:
        told[company, currency] += cents(round(residual, 2))
    assert dict(told) == {(company, currency): cents(amount) for company, currency, amount in rows}
    assert bool(meta.non_trade_totals) == (server.major >= 16)
