"""Sync: an increment gives what a full read would, nothing that vanished stays, and no failure loses the last one."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing.synchronize import Event
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import ANY

import numpy as np
import pandas as pd
import pytest

from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.demo.business.accounts import LIMITED_KEY, LIMITED_LOGIN
from odoo_client.errors import (
    AfinetError,
    CustomerLookupError,
    DatasetError,
    NotOdooError,
    OdooAuthError,
    OdooTimeoutError,
    OdooUnreachableError,
    UnknownDatabaseError,
)
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import ControlTotal, Snapshot, SnapshotStore
from odoo_client.sync import changes
from odoo_client.sync.background import SyncRunner, store_for
from odoo_client.sync.control_totals import reread_mismatch
from odoo_client.sync.one_customer import find_by_email
from odoo_client.sync.run import SyncProgress, SyncReport, run_sync
from tests.demo_worlds import own
from tests.support.snapshots import assert_same_frames

#: Far in the past, so that an increment after it moves only what changed since.
OLD = "2020-01-01 00:00:00"
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture(scope="module")
def base() -> Iterator[DemoServer]:
    with own("19-oca") as running:
        yield running


@pytest.fixture
def server(base: DemoServer) -> Iterator[DemoServer]:
    """A server of its own for a test that changes the ledger."""
    with DemoServer("19-oca", base.today, orm=base.orm.clone()) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    opened = SnapshotStore(tmp_path / "cache")
    yield opened
    opened.close()


def settings_of(server: DemoServer, **more: object) -> Settings:
    return demo_settings(Settings(**more), server)  # type: ignore[arg-type]


def sync(server: DemoServer, store: SnapshotStore, **how: object) -> SyncReport:
    return run_sync(settings_of(server), store, demo=True, **how)  # type: ignore[arg-type]


@cache
def _first(profile: str) -> Snapshot:
    with TemporaryDirectory() as folder, own(profile) as server, closing(SnapshotStore(Path(folder))) as store:
        return sync(server, store).snapshot


def synced(server: DemoServer, store: SnapshotStore) -> Snapshot:
    """Store what a first sync of the untouched tenant gives: it is read once for all tests."""
    return store.write(_first(server.profile.name))


def assert_like_a_full_read(server: DemoServer, store: SnapshotStore, tmp_path: Path) -> Snapshot:
    """What the store holds now equals what a first sync into an empty store gives."""
    now = store.current()
    assert now is not None
    fresh = SnapshotStore(tmp_path / "fresh")
    whole = run_sync(settings_of(server), fresh, demo=True).snapshot
    assert_same_frames(now, whole)
    fresh.close()
    return now


def partial_of_a_paid_invoice(server: DemoServer) -> dict:
    lines = server.orm.tables["account.move.line"]
    for partial in server.orm.tables["account.partial.reconcile"].values():
        if lines[partial["debit_move_id"]]["amount_residual_currency"] == 0 and partial["debit_amount_currency"] > 0:
            return partial
    raise AssertionError("no paid invoice")


def test_an_increment_without_changes_gives_the_same_figures(base: DemoServer, store: SnapshotStore, tmp_path: Path):
    synced(base, store)
    again = sync(base, store)
    assert {one.mode for one in again.datasets if one.name in ("invoices", "partials", "tickets")} == {"changes"}
    assert_like_a_full_read(base, store, tmp_path)


def test_a_bank_that_deducts_little_has_not_all_its_lines_read_again(server: DemoServer, store: SnapshotStore):
    """The lines held are a year old, those of other payments are of yesterday, one invoice is of now."""
    lines = server.orm.tables["account.move.line"]
    held = sync(server, store).snapshot.frame("money_lines")["line_id"].tolist()
    for key, row in lines.items():
        row["write_date"] = OLD if key in held else YESTERDAY
    receivable = sync(server, store, full=True).snapshot.frame("receivable_lines")["line_id"]
    lines[int(receivable.iloc[0])]["write_date"] = server.orm.now()
    whole = sync(server, store, full=True)
    assert whole.snapshot.frame("money_lines")["line_id"].tolist() == held
    moved = {one.name: one.bytes_by_part["rows"] for one in sync(server, store).datasets if "rows" in one.bytes_by_part}
    assert moved["money_lines"] < 100, "an empty answer"


def test_changed_rows_arrive_by_their_write_date_and_little_else_moves(
    server: DemoServer, store: SnapshotStore, tmp_path: Path
):
    for model in ("res.partner", "account.move", "helpdesk.ticket"):
        rows = list(server.orm.tables[model].values())
        for row in rows:
            row["write_date"] = OLD
        # Of the entries an invoice: those of bank lines are no invoices.
        last = next(row for row in reversed(rows) if row.get("move_type", "out_invoice") == "out_invoice")
        last["write_date"] = server.orm.now()
    full = sync(server, store)
    partner = next(iter(server.orm.tables["res.partner"]))
    ticket = next(iter(server.orm.tables["helpdesk.ticket"]))
    server.orm.write("res.partner", [partner], {"phone": "+263 77 000 0000"})
    server.orm.write("helpdesk.ticket", [ticket], {"name": "Changed subject"})
    report = sync(server, store)
    moved = {one.name: one.rows_read for one in report.datasets}
    assert moved["tickets"] <= 2
    assert moved["invoices"] <= 1, "the last one seen, within the overlap"
    assert report.bytes_received < full.bytes_received
    now = assert_like_a_full_read(server, store, tmp_path)
    assert (now.frame("tickets")["subject"] == "Changed subject").sum() == 1


def test_an_unreconciled_payment_opens_its_invoice_again_after_one_increment(
    server: DemoServer, store: SnapshotStore, tmp_path: Path
):
    """Un-reconciling deletes a partial and moves no write_date that an increment would ask for."""
    synced(server, store)
    partial = partial_of_a_paid_invoice(server)
    debit, key = partial["debit_move_id"], partial["id"]
    kept = {
        line: server.orm.tables["account.move.line"][line]["write_date"]
        for line in (partial["debit_move_id"], partial["credit_move_id"])
    }
    server.orm.unlink("account.partial.reconcile", [key])
    for line, write_date in kept.items():
        server.orm.tables["account.move.line"][line]["write_date"] = write_date
    sync(server, store)
    now = assert_like_a_full_read(server, store, tmp_path)
    assert key not in set(now.frame("partials")["partial_id"])
    line = now.frame("receivable_lines").set_index("line_id").loc[debit]
    assert not line["reconciled"]
    assert line["residual"] > 0
    assert now.meta.ties_to_ledger


def test_a_deleted_record_leaves_with_the_next_increment(server: DemoServer, store: SnapshotStore, tmp_path: Path):
    synced(server, store)
    ticket = next(iter(server.orm.tables["helpdesk.ticket"]))
    server.orm.unlink("helpdesk.ticket", [ticket])
    sync(server, store)
    now = assert_like_a_full_read(server, store, tmp_path)
    assert ticket not in set(now.frame("tickets")["ticket_id"])


def test_what_a_fingerprint_does_not_tell_is_found_by_the_next_comparison_of_ids(
    server: DemoServer, store: SnapshotStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sync(server, store)
    ticket = next(iter(server.orm.tables["helpdesk.ticket"]))
    server.orm.unlink("helpdesk.ticket", [ticket])
    monkeypatch.setattr(changes, "fingerprint_of_frame", lambda _plan, _frame: ANY)
    held = sync(server, store).snapshot
    assert ticket in set(held.frame("tickets")["ticket_id"]), "ids are compared every few hours only"
    run_sync(settings_of(server, sync_ids_every_h=0.0001), store, demo=True)
    now = assert_like_a_full_read(server, store, tmp_path)
    assert ticket not in set(now.frame("tickets")["ticket_id"])


def test_a_line_set_back_to_draft_leaves_the_ledger_with_the_next_increment(
    server: DemoServer, store: SnapshotStore, tmp_path: Path
):
    synced(server, store)
    now = store.current()
    assert now is not None
    lines = now.frame("receivable_lines")
    move = int(lines.loc[~lines["reconciled"] & (lines["kind"] == "invoice"), "move_id"].iloc[0])
    server.orm.write("account.move", [move], {"state": "draft"})
    sync(server, store)
    after = assert_like_a_full_read(server, store, tmp_path)
    assert move not in set(after.frame("receivable_lines")["move_id"])


def test_an_archived_customer_stays_and_is_marked(server: DemoServer, store: SnapshotStore):
    synced(server, store)
    partner = next(iter(server.orm.tables["res.partner"]))
    server.orm.write("res.partner", [partner], {"active": False})
    now = sync(server, store).snapshot
    assert not now.frame("customers").set_index("partner_id").loc[partner, "active"]


def test_a_sync_of_one_customer_moves_that_customer_s_rows_only(server: DemoServer, store: SnapshotStore):
    synced(server, store)
    now = store.current()
    assert now is not None
    emails = now.frame("customers")["email"].str.lower()
    once = emails[(emails != "") & ~emails.duplicated(keep=False)]
    client = OdooClient.connect(settings_of(server))
    ids = find_by_email(client, once.iloc[5].upper())
    report = sync(server, store, customer_ids=ids)
    assert {one.mode for one in report.datasets if one.name == "invoices"} == {"customer"}
    assert all(one.rows_read < 200 for one in report.datasets if one.mode == "customer")
    assert report.snapshot.meta.ties_to_ledger


def test_an_email_of_no_customer_or_of_several_is_an_error_that_lists_them(base: DemoServer):
    client = OdooClient.connect(settings_of(base))
    with pytest.raises(CustomerLookupError, match="No customer"):
        find_by_email(client, "nobody@example.com")
    with pytest.raises(CustomerLookupError, match="No customer"):
        find_by_email(client, "%@example.com")
    partners = pd.DataFrame(base.orm.tables["res.partner"].values())
    emails = partners["email"].dropna().str.lower()
    shared = emails[emails.duplicated()].iloc[0]
    with pytest.raises(CustomerLookupError, match="2 customers"):
        find_by_email(client, shared)


def test_a_sync_of_some_datasets_keeps_the_others_with_their_own_age(base: DemoServer, store: SnapshotStore):
    first = synced(base, store)
    second = sync(base, store, groups=["tickets"]).snapshot
    assert second.meta.snapshot_id != first.meta.snapshot_id
    assert second.info["tickets"].read_at > first.info["tickets"].read_at
    assert second.info["invoices"].read_at == first.info["invoices"].read_at
    pd.testing.assert_frame_equal(second.frame("receivable_lines"), first.frame("receivable_lines"))


def test_a_part_synced_over_a_copy_of_an_older_release_reads_the_columns_that_one_lacks(
    base: DemoServer, store: SnapshotStore
):
    now = synced(base, store)
    added = ["unit_id", "period_start", "period_end"]
    older = {name: now.frame(name) for name in now if name != "units"}
    older |= {name: now.frame(name).drop(columns=added) for name in ("order_lines", "invoice_lines")}
    older["services"] = now.frame("services").drop(columns=["period", "quantity"])
    info = {name: one for name, one in now.info.items() if name in older}
    store.write(Snapshot.from_frames(older, info=info, meta=replace(now.meta, snapshot_id="older")))
    report = sync(base, store, groups=["tickets"])
    read = {one.name for one in report.datasets if one.mode == "full"}
    assert {"order_lines", "invoice_lines", "units"} <= read
    assert "invoices" not in read
    for name in ("order_lines", "invoice_lines", "units", "services"):
        pd.testing.assert_frame_equal(report.snapshot.frame(name), now.frame(name), obj=name, check_categorical=False)


def test_what_odoo_calls_the_priorities_is_kept_with_the_copy(base: DemoServer, store: SnapshotStore):
    assert sync(base, store).snapshot.meta.ticket_priorities == ("Low", "Medium", "High", "Very High")
    assert sync(base, store, groups=["ledger"]).snapshot.meta.ticket_priorities[3] == "Very High"
    store.close()
    again = SnapshotStore(store.folder)
    kept = again.current()
    assert kept is not None
    assert kept.meta.ticket_priorities == ("Low", "Medium", "High", "Very High")
    again.close()


def test_progress_tells_of_every_dataset(base: DemoServer, store: SnapshotStore):
    seen: list[SyncProgress] = []
    sync(base, store, progress=seen.append)
    assert {one.position for one in seen} == set(range(seen[0].datasets))
    last = {one.dataset: one for one in seen}
    assert last["receivable_lines"].rows == last["receivable_lines"].total > 0


def test_a_mismatch_is_read_again_three_times_before_it_is_said():
    wrong = ControlTotal(1, 1, 1, 2, 10.0, 2, 9.99)
    right = ControlTotal(1, 1, 1, 2, 10.0, 2, 10.0)
    answers = [(wrong,), (wrong,), (right,)]
    reads: list[int] = []
    assert reread_mismatch(lambda: answers[len(reads)], lambda: reads.append(1)) == (right,)
    assert len(reads) == 2
    reads.clear()
    (found,) = reread_mismatch(lambda: (wrong,), lambda: reads.append(1))
    assert len(reads) == 3
    assert not found.ties


def test_a_difference_from_a_figure_that_moves_meanwhile_is_no_alarm_and_one_that_stands_still_is():
    counts = iter(range(100))

    def busy() -> tuple[ControlTotal, ...]:
        n = next(counts)
        return (ControlTotal(1, 1, 1, n, float(n), n - 1, n - 1.0), ControlTotal(1, 1, 2, 5, 5.0, 5, 4.0))

    moving, standing = reread_mismatch(busy, lambda: None)
    assert moving.ties
    assert not moving.equal
    assert not standing.ties


def test_money_that_does_not_tie_is_in_the_snapshot_for_every_page_to_say(
    base: DemoServer, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
):
    real = OdooClient.grouped

    def off_by_a_cent(self: OdooClient, *args: object, **kwargs: object) -> list[dict]:
        groups = real(self, *args, **kwargs)  # type: ignore[arg-type]
        groups[0]["amount_residual_currency:sum"] += 0.01
        return groups

    monkeypatch.setattr(OdooClient, "grouped", off_by_a_cent)
    assert not sync(base, store).snapshot.meta.ties_to_ledger


def modes(report: SyncReport) -> dict[str, str]:
    """Return how the large datasets were read."""
    large = ("receivable_lines", "partials", "invoices", "payments")
    return {one.name: one.mode for one in report.datasets if one.name in large}


INCREMENT = dict.fromkeys(("receivable_lines", "partials", "invoices", "payments"), "changes")
LINES_WHOLE = INCREMENT | {"receivable_lines": "full"}


def with_a_settled_line_wrong(store: SnapshotStore, whole: Snapshot) -> None:
    """Store the snapshot with a line that is settled in Odoo and here, and has something open here only."""
    lines = whole.frame("receivable_lines").copy()
    lines.loc[lines.index[lines["reconciled"]][0], "residual"] = 5.0
    frames = {name: whole.frame(name) for name in whole} | {"receivable_lines": lines}
    store.write(Snapshot.from_frames(frames, info=whole.info, meta=whole.meta, stamps=store.stamps(whole)))


def test_what_odoo_contradicts_is_read_whole_by_the_next_sync_and_nothing_else_is(
    base: DemoServer, store: SnapshotStore, tmp_path: Path
):
    """No reading of what is open finds it, and nothing was written to it: only a full pass does."""
    with_a_settled_line_wrong(store, synced(base, store))
    told = sync(base, store)
    assert modes(told) == INCREMENT
    assert len(told.snapshot.meta.contradicted) == 1
    assert told.snapshot.meta.whole_reading_due(24.0)
    healed = sync(base, store)
    assert modes(healed) == LINES_WHOLE
    assert healed.snapshot.meta.ties_to_ledger
    assert healed.snapshot.meta.read_whole_for == ()
    assert modes(sync(base, store)) == INCREMENT
    assert_like_a_full_read(base, store, tmp_path)


def test_a_contradiction_that_stays_is_read_whole_once_and_then_once_a_day(
    base: DemoServer, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
):
    synced(base, store)
    real, off = OdooClient.grouped, [0.01, 0.0]

    def wrong(self: OdooClient, *args: object, **kwargs: object) -> list[dict]:
        groups = real(self, *args, **kwargs)  # type: ignore[arg-type]
        sums = [group for group in groups if "amount_residual_currency:sum" in group]
        currency = sums[0]["currency_id"] if sums else 0
        beside = next((group for group in sums if group["currency_id"] != currency), None)
        for group, cents in zip((sums[0] if sums else None, beside), off, strict=True):
            if group is not None:
                group["amount_residual_currency:sum"] += cents
        return groups

    monkeypatch.setattr(OdooClient, "grouped", wrong)
    assert modes(sync(base, store)) == INCREMENT
    assert modes(sync(base, store, groups=["tickets"]))["receivable_lines"] == "kept", "the ledger was not asked for"
    again = sync(base, store, groups=["ledger"])
    assert modes(again)["receivable_lines"] == "full"
    meta = again.snapshot.meta
    assert meta.read_whole_for == tuple(meta.contradicted)
    assert [modes(sync(base, store)) for _ in range(2)] == [INCREMENT] * 2
    off[1] = 0.01
    assert modes(sync(base, store)) == INCREMENT
    assert modes(sync(base, store)) == LINES_WHOLE, "of another currency"
    last = sync(base, store)
    assert modes(last) == INCREMENT
    assert len(last.snapshot.meta.read_whole_for) == 2
    long_ago = replace(last.snapshot.meta, read_whole_at=datetime.now(UTC) - timedelta(hours=25))
    store.write(replace(last.snapshot, meta=long_ago))
    assert modes(sync(base, store)) == LINES_WHOLE


@pytest.mark.parametrize(
    ("hook", "error", "says"),
    [
        ({"status": 502, "times": 99}, OdooUnreachableError, "Odoo"),
        ({"status": 200, "body": b"<html><title>Login</title></html>", "times": 99}, NotOdooError, "ODOO_URL"),
        ({"truncate": True, "times": 99, "model": "account.move"}, AfinetError, "Odoo"),
        ({"hang_s": 3.0, "times": 99, "model": "account.move"}, OdooTimeoutError, "ODOO_TIMEOUT_S"),
    ],
    ids=["bad gateway", "login page", "cut off", "hangs"],
)
def test_an_odoo_that_fails_half_way_leaves_the_last_snapshot_and_one_sentence(
    server: DemoServer, store: SnapshotStore, hook: dict, error: type[AfinetError], says: str
):
    first = synced(server, store)
    server.fail_with(**hook)
    with pytest.raises(error) as caught:
        run_sync(settings_of(server, odoo_timeout_s=0.3), store, full=True, demo=True)
    assert says in caught.value.sentence
    assert "\n" not in caught.value.sentence
    now = store.current()
    assert now is not None
    assert now.meta.snapshot_id == first.meta.snapshot_id


def test_wrong_key_and_unknown_database_name_the_setting(base: DemoServer, store: SnapshotStore):
    from pydantic import SecretStr

    settings = settings_of(base)
    with pytest.raises(OdooAuthError, match="ODOO_PASSWORD"):
        run_sync(settings.model_copy(update={"odoo_password": SecretStr("wrong")}), store)
    with pytest.raises(UnknownDatabaseError, match="ODOO_DATABASE"):
        run_sync(settings.model_copy(update={"odoo_database": "nowhere"}), store)
    assert store.current() is None


def test_a_model_without_read_rights_keeps_its_last_rows_and_names_the_right(server: DemoServer, store: SnapshotStore):
    first = synced(server, store)
    server.deny("account.payment")
    now = sync(server, store).snapshot
    info = now.info["payments"]
    assert info.state == "denied"
    assert "account.group_account" in info.message
    assert not now.meta.complete
    assert len(now.frame("payments")) == len(first.frame("payments"))
    server.allow("account.payment")
    assert sync(server, store).snapshot.info["payments"].state == "ok"


def test_a_missing_module_is_an_empty_frame_with_what_to_install(server: DemoServer, store: SnapshotStore):
    server.remove_model("stock.picking", "stock.picking.type", "sale.order", "sale.order.line")
    now = sync(server, store).snapshot
    assert now.info["orders"].state == "missing"
    assert "Sales" in now.info["orders"].message
    assert len(now.frame("orders")) == 0
    assert now.meta.complete, "what is not installed is not an error"


def test_an_empty_tenant_gives_every_frame_without_rows(store: SnapshotStore):
    with DemoServer("19-oca", empty=True) as server:
        now = sync(server, store).snapshot
        again = sync(server, store).snapshot
    for snapshot in (now, again):
        assert len(snapshot.frame("receivable_lines")) == len(snapshot.frame("services")) == 0
        assert snapshot.meta.ties_to_ledger


def test_an_account_limited_to_its_own_documents_is_a_warning_on_what_it_makes_wrong(
    base: DemoServer, store: SnapshotStore
):
    from pydantic import SecretStr

    limited = {"odoo_username": LIMITED_LOGIN, "odoo_password": SecretStr(LIMITED_KEY)}
    info = run_sync(settings_of(base).model_copy(update=limited), store).snapshot.info
    assert any("All Documents" in text for text in info["orders"].warnings)
    assert any("account.group_account_readonly" in text for text in info["receivable_lines"].warnings)
    whole = sync(base, store, full=True).snapshot.info
    assert not whole["orders"].warnings
    assert not whole["receivable_lines"].warnings


@pytest.mark.parametrize("skew_s", [3600.0, -3600.0])
def test_a_clock_off_by_an_hour_loses_no_change_and_is_said(server: DemoServer, store: SnapshotStore, skew_s: float):
    server.clock_skew_s = skew_s
    now = sync(server, store).snapshot
    assert any("clock" in text for text in now.meta.warnings)
    ticket = next(iter(server.orm.tables["helpdesk.ticket"]))
    server.orm.write("helpdesk.ticket", [ticket], {"name": "Written by the other clock"})
    after = sync(server, store).snapshot
    assert (after.frame("tickets")["subject"] == "Written by the other clock").sum() == 1


def test_two_syncs_at_once_become_one(base: DemoServer, store: SnapshotStore):
    calls_before = base.traffic.requests
    sync(base, store)
    alone = base.traffic.requests - calls_before
    reports: list[SyncReport] = []
    other = SnapshotStore(store.folder)
    threads = [threading.Thread(target=lambda s=s: reports.append(sync(base, s, full=True))) for s in (store, other)]
    calls_before = base.traffic.requests
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(report.joined for report in reports) == [False, True]
    assert reports[0].snapshot.meta.snapshot_id == reports[1].snapshot.meta.snapshot_id
    assert base.traffic.requests - calls_before <= alone * 1.2


def sync_for_ever(settings: Settings, folder: Path, started: Event) -> None:
    """What a process to be killed does; should nobody kill it, it ends with the tests."""
    store = SnapshotStore(folder)
    started.set()
    tests = multiprocessing.parent_process()
    while tests is not None and tests.is_alive():
        run_sync(settings, store, full=True)


def test_a_sync_killed_at_twenty_moments_leaves_the_old_snapshot_and_the_next_one_completes(
    base: DemoServer, store: SnapshotStore
):
    expected = synced(base, store)
    # Each process starts from one that has everything imported and no threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["odoo_client.sync.run"])
    for moment_s in np.random.default_rng(3).uniform(0.0, 2.5, 20):
        started = context.Event()
        process = context.Process(target=sync_for_ever, args=(settings_of(base), store.folder, started))
        process.start()
        assert started.wait(60)
        process.join(float(moment_s))
        process.kill()
        process.join()
        opened = SnapshotStore(store.folder)
        now = opened.current()
        assert now is not None
        assert not opened.notice
        pd.testing.assert_frame_equal(now.frame("receivable_lines"), expected.frame("receivable_lines"))
        opened.close()
    assert sync(base, store, full=True).snapshot.meta.ties_to_ledger


def test_two_odoos_never_share_a_folder(tmp_path: Path):
    def folder(**settings: object) -> Path:
        store = store_for(Settings(cache_dir=tmp_path, **settings))  # type: ignore[arg-type]
        store.close()
        return store.folder

    one = {"odoo_url": "https://a.example.com", "odoo_database": "a", "odoo_username": "a", "odoo_password": "x"}
    folders = {folder(**one), folder(**{**one, "odoo_database": "b"}), folder(**{**one, "odoo_username": "b"})}
    assert len(folders) == 3
    assert folder(**one) == folder(**{**one, "odoo_password": "y"}), "a new key is the same account"


def test_the_runner_syncs_in_the_background_and_tells_how_it_went(base: DemoServer, tmp_path: Path):
    runner = SyncRunner(settings_of(base, cache_dir=tmp_path), demo=True)
    runner.start_background()
    assert runner.wait(60)
    assert runner.last_error is None
    first = runner.store.current()
    assert first is not None
    assert runner.progress is None
    failure = base.fail_with(502, times=10_000)
    runner.refresh()
    assert runner.wait(60)
    assert isinstance(runner.last_error, OdooUnreachableError)
    held = runner.store.current()
    assert held is not None
    assert held.meta.snapshot_id == first.meta.snapshot_id
    failure.times = 0
    runner.refresh()
    assert runner.wait(60)
    assert runner.last_error is None
    runner.stop()


def test_a_fault_of_our_own_names_dataset_and_model_keeps_its_cause_and_the_last_snapshot(
    base: DemoServer, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
):
    first = synced(base, store)

    def broken(*_args: object, **_more: object) -> pd.DataFrame:
        raise KeyError("due_date")

    places = {
        "receivable_lines (account.move.line)": "odoo_client.sync.derive._receivable_lines",
        "tickets (helpdesk.ticket)": "odoo_client.sync.derive._tickets",
        "services": "odoo_client.sync.derive.build_services",
        "partials (account.partial.reconcile)": "odoo_client.sync.moments.Moments.watermark",
        "payment_invoices (account.payment)": "odoo_client.sync.run.read_links",
    }
    for named, target in places.items():
        with monkeypatch.context() as patch:
            patch.setattr(target, broken)
            groups = ["ledger", "tickets"]
            if target == "odoo_client.sync.moments.Moments.watermark":
                patch.setattr(target, lambda self, frame, before: broken() if "max_date" in frame else before)
            with pytest.raises(DatasetError) as caught:
                sync(base, store, groups=groups, full=target.endswith(("read_links", ".watermark")))
        assert named in caught.value.sentence
        assert isinstance(caught.value.__cause__, KeyError)
        assert caught.value.dataset == named.partition(" ")[0]
        held = store.current()
        assert held is not None
        assert held.meta.snapshot_id == first.meta.snapshot_id


def test_a_record_written_in_the_far_future_hides_no_later_change(
    server: DemoServer, store: SnapshotStore, tmp_path: Path
):
    """Its `write_date` as the watermark would make every increment ask for what nothing is ever written after."""
    partners = server.orm.tables["res.partner"]
    first, second, *_ = partners
    partners[first]["write_date"] = "9998-12-31 23:59:59.000000"
    sync(server, store)
    server.orm.write("res.partner", [second], {"phone": "+263 77 000 0000"})
    report = sync(server, store)
    assert {one.mode for one in report.datasets if one.name == "customers"} == {"changes"}
    now = assert_like_a_full_read(server, store, tmp_path)
    assert (now.frame("customers")["phone"] == "+263 77 000 0000").sum() == 1


def test_a_watermark_of_the_far_future_kept_by_an_older_release_is_read_over(server: DemoServer, store: SnapshotStore):
    kept = synced(server, store)
    info = dict(kept.info) | {"customers": replace(kept.info["customers"], watermark="9998-12-31 23:59:59")}
    store.write(replace(kept, info=info, meta=replace(kept.meta, snapshot_id="older")))
    report = sync(server, store)
    assert {one.mode for one in report.datasets if one.name == "customers"} == {"full"}
    watermark = report.snapshot.info["customers"].watermark
    assert watermark is not None
    assert watermark < "9998"


def test_an_odd_value_is_told_until_its_row_is_read_again_and_right(server: DemoServer, store: SnapshotStore):
    lines = server.orm.tables["account.move.line"]
    for line in lines.values():
        line["write_date"] = OLD
    key = next(key for key, line in lines.items() if line["parent_state"] == "posted" and line["date_maturity"] and (
        line["account_id"] in {one["id"] for one in server.orm.tables["account.account"].values()
                               if one["account_type"] == "asset_receivable"}))  # fmt: skip
    was = lines[key]["date_maturity"]
    lines[key]["date_maturity"] = "26-11-15"
    told = sync(server, store).snapshot.info["receivable_lines"].odd
    assert [(one.what, one.field, one.ids) for one in told] == [("early", "date_maturity", (key,))]
    for how in ({}, {"groups": ["tickets"]}, {"customer_ids": [1]}, {"full": True}):
        info = sync(server, store, **how).snapshot.info["receivable_lines"]
        assert info.odd == told, how
        assert [text for text in info.warnings if "date_maturity" in text] == [told[0].sentence], how
    server.orm.write("account.move.line", [key], {"date_maturity": was})
    info = sync(server, store).snapshot.info["receivable_lines"]
    assert info.odd == ()
    assert not [text for text in info.warnings if "date_maturity" in text]
