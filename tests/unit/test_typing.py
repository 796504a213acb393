"""The types of what others call: mypy holds them to these words, and the tests that they hold at run time.

A type that becomes wider (a `list[Any]` where it was a `list[int]`) breaks nothing here but in whoever relied on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, assert_type

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from pydantic import SecretStr

from odoo_client.config import Settings, load_settings
from odoo_client.customer.as_json import as_json
from odoo_client.customer.dashboard import dashboard
from odoo_client.customer.search import Found, SearchIndex, search
from odoo_client.customer.types import Dashboard, Money
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.frames.arrays import floats, ints
from odoo_client.frames.groups import by_id, parts_by_id
from odoo_client.metrics.ageing import ageing_by_customer, ageing_totals
from odoo_client.metrics.convert import Converted, convert
from odoo_client.metrics.definitions import Metric
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.policy import AgeingPolicy
from odoo_client.metrics.registry import METRICS, Explanation, metric
from odoo_client.metrics.revenue import mrr_now
from odoo_client.metrics.statement import Account, Statement, StatementIndex, statement
from odoo_client.rpc.client import Edition, FieldInfo, OdooClient, OdooVersion
from odoo_client.store.snapshot import FrameInfo, Snapshot, SnapshotMeta, SnapshotStore
from odoo_client.sync.rows import DatasetReport
from odoo_client.sync.run import SyncReport, run_sync
from tests.builders import USD, Ledger
from tests.fake_odoo import FakeOdoo, World

AS_OF = date(2026, 3, 31)


@pytest.fixture
def client() -> Iterator[OdooClient]:
    odoo = FakeOdoo()
    odoo.things = [1, 2]
    odoo.methods |= {"search_count": lambda **_: 2, "create": lambda **_: [3], "write": lambda **_: True}
    with ExitStack() as stack:
        yield World(stack).connect(odoo)


@pytest.fixture
def snapshot() -> Snapshot:
    books = Ledger()
    books.customer(7, "Rudo Moyo")
    books.invoice(7, 120.0, date(2026, 2, 1), on=date(2026, 1, 15))
    return books.snapshot()


def test_a_client_says_what_it_reads(client: OdooClient) -> None:
    assert assert_type(client.search_ids("x.thing", []), list[int]) == [1, 2]
    records = assert_type(client.search_read("x.thing", [], ["name"]), list[dict[str, Any]])
    assert records[0] == {"id": 1, "name": "thing 1"}
    pages = assert_type(client.iter_search_read("x.thing", [], ["name"]), Iterator[list[dict[str, Any]]])
    assert sum(len(page) for page in pages) == 2
    assert assert_type(client.search_count("x.thing", []), int) == 2
    assert assert_type(client.call("x.thing", "search", domain=[]), Any) == [1, 2]
    assert isinstance(assert_type(client.call_raw("x.thing", "search", domain=[]), msgspec.Raw), msgspec.Raw)


def test_a_client_says_what_it_writes(client: OdooClient) -> None:
    assert assert_type(client.create("x.thing", {"name": "thing 3"}), int) == 3
    client.write("x.thing", [3], {"name": "thing"})


def test_a_client_says_what_it_knows_of_its_odoo(client: OdooClient) -> None:
    assert assert_type(client.version, OdooVersion).major == 19
    assert assert_type(client.edition, Edition)
    fields = assert_type(client.fields("x.thing"), Mapping[str, FieldInfo])
    assert fields["name"].type == "char"
    assert isinstance(assert_type(client.context(), dict[str, Any]), dict)
    assert abs(assert_type(client.server_clock_skew_s, float | None) or 0.0) < 60


def test_settings_say_what_they_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = assert_type(load_settings(), Settings)
    assert assert_type(settings.odoo_url, str | None) is None
    assert assert_type(settings.odoo_password, SecretStr | None) is None
    assert assert_type(settings.odoo_protocol, Literal["auto", "json2", "jsonrpc"]) == "auto"
    assert isinstance(assert_type(settings.cache_dir, Path), Path)
    assert assert_type(settings.ageing_bounds_days, tuple[int, ...])


def test_a_snapshot_says_what_it_holds(snapshot: Snapshot) -> None:
    lines = assert_type(snapshot.frame("receivable_lines"), pd.DataFrame)
    assert ints(lines, "line_id").dtype == np.int64
    assert isinstance(assert_type(snapshot.meta, SnapshotMeta), SnapshotMeta)
    assert isinstance(assert_type(snapshot.info, Mapping[str, FrameInfo]), Mapping)
    assert isinstance(assert_type(snapshot.read_at(), datetime), datetime)
    assert all(isinstance(assert_type(name, str), str) for name in snapshot)


def test_a_sync_reports_what_it_moved(tmp_path: Path) -> None:
    with DemoServer("19-community", AS_OF, empty=True) as server:
        settings = assert_type(demo_settings(Settings(cache_dir=tmp_path), server), Settings)
        store = SnapshotStore(tmp_path / "store")
        report = assert_type(run_sync(settings, store), SyncReport)
    assert isinstance(assert_type(report.snapshot, Snapshot), Snapshot)
    assert assert_type(report.datasets, tuple[DatasetReport, ...])
    assert assert_type(report.seconds_s, float) > 0
    assert assert_type(report.joined, bool) is False
    assert assert_type(store.current(), Snapshot | None) is report.snapshot
    store.close()


def test_a_customer_s_dashboard_says_what_it_holds(snapshot: Snapshot) -> None:
    found = assert_type(dashboard(snapshot, 7), Dashboard)
    assert assert_type(found.profile.name, str) == "Rudo Moyo"
    assert assert_type(found.open_tickets, int | None) == 0
    assert isinstance(assert_type(found.open_lines[0].residual, Money), Money)
    assert isinstance(assert_type(as_json(found), dict[str, Any]), dict)
    names = assert_type(search(SearchIndex.build(snapshot), "moyo"), Found)
    assert assert_type(names.partner_ids(), npt.NDArray[np.int64]).tolist() == [7]


def test_metrics_take_a_snapshot_and_give_frames(snapshot: Snapshot) -> None:
    policy = assert_type(AgeingPolicy(), AgeingPolicy)
    lines = assert_type(open_lines(LedgerIndex.build(snapshot), AS_OF, policy), pd.DataFrame)
    by_customer = assert_type(ageing_by_customer(lines, policy), pd.DataFrame)
    totals = assert_type(ageing_totals(by_customer), pd.DataFrame)
    assert assert_type(floats(totals, "balance"), npt.NDArray[np.float64]).tolist() == [120.0]
    done = assert_type(convert(by_customer, ["balance"], snapshot, USD, AS_OF), Converted)
    assert assert_type(done.refused, tuple[str, ...]) == ()
    assert assert_type(mrr_now(snapshot), pd.DataFrame).empty


def test_sums_by_id_are_plain_numbers(snapshot: Snapshot) -> None:
    lines = snapshot.frame("receivable_lines")
    sums = assert_type(by_id(lines.groupby("currency_id")["amount"].sum()), dict[int, float])
    parts = dict(assert_type(parts_by_id(lines, "currency_id"), Iterator[tuple[int, pd.DataFrame]]))
    assert sums == {USD: 120.0}
    assert [type(key) for key in (*sums, *parts)] == [int, int]


def test_a_statement_says_what_it_holds(snapshot: Snapshot) -> None:
    made = assert_type(statement(StatementIndex.build(LedgerIndex.build(snapshot)), 7, None, AS_OF), Statement)
    account = assert_type(made.accounts, tuple[Account, ...])[0]
    assert assert_type(account.currency_id, int) == USD


def test_the_registry_explains_a_figure() -> None:
    figure = assert_type(metric("overdue"), Metric)
    assert assert_type(METRICS, Mapping[str, Metric])["overdue"] is figure
    assert assert_type(Explanation(figure).items(), list[tuple[str, str]])
