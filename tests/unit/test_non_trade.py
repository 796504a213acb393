"""Whose debt it is: receivable accounts that Odoo marks non-trade are nobody's, whenever they were marked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from odoo_client.actions.payments.facts import receivable
from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.demo.business import catalogue as cat
from odoo_client.metrics.ageing import ageing_by_customer
from odoo_client.metrics.collections import billed_rows
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.proof_queue import open_invoices
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.demo_worlds import own

RESELLERS = cat.account(cat.HARARE_COMPANY, cat.RECEIVABLE_RESELLERS)


@pytest.fixture(scope="module")
def base() -> Iterator[DemoServer]:
    with own("19-oca") as running:
        yield running


@pytest.fixture
def server(base: DemoServer) -> Iterator[DemoServer]:
    with DemoServer("19-oca", base.today, orm=base.orm.clone()) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    opened = SnapshotStore(tmp_path / "cache")
    yield opened
    opened.close()


def sync(server: DemoServer, store: SnapshotStore) -> Snapshot:
    return run_sync(demo_settings(Settings(), server), store, demo=True).snapshot


def rows(server: DemoServer, model: str, **equal: object) -> list[dict]:
    table = server.orm.tables[model].values()
    return [row for row in table if all(row.get(key) == value for key, value in equal.items())]


def owing(snapshot: Snapshot, server: DemoServer) -> pd.DataFrame:
    return ageing_by_customer(open_lines(LedgerIndex.build(snapshot), server.today))


def open_on(snapshot: Snapshot, account_id: int) -> float:
    lines = snapshot.frame("receivable_lines")
    return float(lines.loc[lines["account_id"] == account_id, "residual"].sum())


def test_an_account_marked_later_leaves_the_figures_with_the_next_sync_and_comes_back(
    server: DemoServer, store: SnapshotStore
) -> None:
    before = sync(server, store)
    owed = open_on(before, RESELLERS)
    assert owed > 0
    everybody = len(owing(before, server))
    server.orm.write("account.account", [RESELLERS], {"non_trade": True})
    marked = sync(server, store)
    assert RESELLERS not in set(marked.frame("receivable_lines")["account_id"])
    assert [t.residual for t in marked.meta.non_trade_totals if t.account_id == RESELLERS] == [pytest.approx(owed)]
    assert RESELLERS not in {total.account_id for total in marked.meta.control_totals}
    assert marked.meta.ties_to_ledger
    assert len(owing(marked, server)) == everybody - 1
    server.orm.write("account.account", [RESELLERS], {"non_trade": False})
    again = sync(server, store)
    pd.testing.assert_frame_equal(again.frame("receivable_lines"), before.frame("receivable_lines"))
    assert again.meta.ties_to_ledger


def test_an_invoice_on_such_an_account_is_billed_and_has_nothing_open(server: DemoServer, store: SnapshotStore) -> None:
    [move_id] = {line["move_id"] for line in rows(server, "account.move.line", account_id=RESELLERS)}
    partner_id = server.orm.tables["account.move"][move_id]["commercial_partner_id"]
    before = sync(server, store)
    assert move_id in set(open_invoices(before, partner_id)["move_id"])
    server.orm.write("account.account", [RESELLERS], {"non_trade": True})
    after = sync(server, store)
    assert move_id not in set(open_invoices(after, partner_id)["move_id"])
    was, now = (billed_rows(each).set_index("move_id") for each in (before, after))
    assert now.loc[move_id, "open"] == 0.0
    assert pd.isna(now.loc[move_id, "overdue_from"])
    assert was.loc[move_id, "open"] > 0
    assert now.loc[move_id, "amount"] == was.loc[move_id, "amount"]
    others = np.flatnonzero(now.index != move_id)
    pd.testing.assert_frame_equal(now.iloc[others], was.iloc[others])


def test_money_paid_on_such_an_account_is_no_customer_s_but_a_draft_of_nobody_waits_on(
    server: DemoServer, store: SnapshotStore
) -> None:
    refund = cat.account(cat.HARARE_COMPANY, cat.VAT_REFUND)
    [posted, other, *_rest] = rows(server, "account.payment", state="paid", partner_type="customer")
    [draft, *_more] = [row for row in rows(server, "account.payment", state="draft") if row["partner_id"]]
    nobody = rows(server, "account.payment", partner_id=None)[0]
    server.orm.write("account.payment", [nobody["id"]], {"state": "draft"})
    for row in (posted, draft, nobody):
        server.orm.write("account.payment", [row["id"]], {"destination_account_id": refund})
    payments = set(sync(server, store).frame("payments")["payment_id"])
    assert {posted["id"], draft["id"]}.isdisjoint(payments)
    assert {other["id"], nobody["id"]} <= payments


@pytest.mark.parametrize("name", ["19-oca", "14-oca"])
def test_a_payment_is_matched_on_customers_accounts_only(name: str) -> None:
    with DemoServer(name, empty=True) as running:
        client = OdooClient.connect(demo_settings(Settings(), running))
        kinds = [["account_id.account_type", "=", "asset_receivable"], ["account_id.non_trade", "=", False]]
        expected = kinds if name == "19-oca" else [["account_id.internal_type", "=", "receivable"]]
        assert receivable(client) == expected
        assert client.search_ids("account.move.line", receivable(client)) == []
