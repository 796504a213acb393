"""After one increment, without a full pass, every frame is what Odoo has, whatever was done there and how slowly."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import SyncReport, run_sync
from odoo_client.sync.session import SyncSession
from tests.contract.full_reads import assert_like_a_full_read, settings_of
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

NOW = "now() at time zone 'utc'"


class Dashboard:
    """A process that keeps its connection and its frames from one increment to the next."""

    def __init__(self, server: RealOdoo, folder: Path) -> None:
        self.server = server
        self.folder = folder
        # No overlap: what is found late is found by comparing.
        self.settings = settings_of(server, sync_overlap_s=0)
        self.store = SnapshotStore(folder / "cache")
        self.session = SyncSession(self.settings)
        self.sync()

    def sync(self) -> SyncReport:
        return run_sync(self.settings, self.store, session=self.session)

    def assert_as_odoo_after_one_increment(self) -> Snapshot:
        report = self.sync()
        read_whole = {one.name for one in report.datasets if one.mode == "full" and one.rows_total > 300}
        assert not read_whole
        assert_like_a_full_read(self.server, report.snapshot, self.folder)
        assert report.snapshot.meta.ties_to_ledger
        return report.snapshot

    def close(self) -> None:
        self.session.close()
        self.store.close()


@pytest.fixture(scope="module")
def dashboard(odoo_full: RealOdoo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """One over a copy of the tenant that these tests change, one after the other."""
    with odoo_full.copy() as server:
        for table in ("res_partner", "account_move", "account_move_line", "account_payment", "sale_order_line"):
            # As if the tenant had not been filled within the hour: nothing was written lately.
            server.sql(f"update {table} set write_date = write_date - interval '1 day'")
        opened = Dashboard(server, tmp_path_factory.mktemp("increments"))
        yield opened
        opened.close()


def invoice_of(server: RealOdoo, state: str, more: str = "") -> int:
    (found,) = server.sql(
        f"select id from account_move where move_type = 'out_invoice' and state = '{state}' {more} order by id limit 1"
    )[0]
    return int(found)


def test_an_increment_of_nothing_is_a_few_kilobytes_and_keeps_every_frame(dashboard: Dashboard):
    before = dashboard.sync().snapshot
    report = dashboard.sync()
    assert report.bytes_received < 120_000
    assert [name for name in before if report.snapshot.frame(name) is not before.frame(name)] == []
    assert report.snapshot.content_id == before.content_id
    assert report.snapshot.meta.sequence == before.meta.sequence + 1


def test_what_was_deleted_redrafted_unreconciled_and_archived_shows_together(dashboard: Dashboard):
    server = dashboard.server
    server.call("account.move", "unlink", [invoice_of(server, "draft")])
    server.call("account.move", "button_draft", [invoice_of(server, "posted", "and payment_state = 'not_paid'")])
    (line,) = server.sql(
        "select p.debit_move_id from account_partial_reconcile p join account_move_line l on l.id = p.debit_move_id "
        "where l.reconciled and l.move_id in (select id from account_move where move_type = 'out_invoice') limit 1"
    )[0]
    server.call("account.move.line", "remove_move_reconcile", [line])
    (ticket,) = server.sql("select min(id) from helpdesk_ticket")[0]
    server.call("helpdesk.ticket", "unlink", [ticket])
    partner = server.call("res.partner", "create", {"name": "Soon archived"})
    server.call("res.partner", "write", [partner], {"active": False})
    now = dashboard.assert_as_odoo_after_one_increment()
    assert ticket not in set(now.frame("tickets")["ticket_id"])
    assert not now.frame("receivable_lines").set_index("line_id").loc[line, "reconciled"]


def test_merged_customers_take_along_what_keeps_its_write_date(dashboard: Dashboard):
    server = dashboard.server
    (kept, merged) = (
        int(row[0])
        for row in server.sql(
            "select m.commercial_partner_id from account_move m join account_payment p on p.move_id = m.id "
            "join res_partner c on c.id = m.commercial_partner_id where c.parent_id is null and m.state = 'posted' "
            "and not exists (select 1 from res_users u where u.partner_id = c.id) group by 1 order by 1 limit 2"
        )
    )
    stamps = server.sql(f"select sum(extract(epoch from write_date)) from account_payment where partner_id = {merged}")
    wizard = server.call(
        "base.partner.merge.automatic.wizard",
        "create",
        {"partner_ids": [(6, 0, [kept, merged])], "dst_partner_id": kept, "state": "selection"},
    )
    server.call("base.partner.merge.automatic.wizard", "action_merge", [wizard])
    assert server.sql(f"select count(*) from res_partner where id = {merged}") == [(0,)]
    assert stamps != [(None,)]
    now = dashboard.assert_as_odoo_after_one_increment()
    assert merged not in set(now.frame("receivable_lines")["partner_id"])
    assert merged not in set(now.frame("payments")["partner_id"])


def test_a_transaction_that_ends_long_after_it_began_is_not_lost(dashboard: Dashboard):
    """Odoo dates a row by when its transaction began, and others have changed and been read since."""
    server = dashboard.server
    late = invoice_of(server, "posted")
    other = invoice_of(server, "posted", f"and id > {late}")
    server.sql(f"update account_move set write_date = {NOW} - interval '20 seconds' where id in ({late}, {other})")
    began, may_end = threading.Event(), threading.Event()

    def slowly() -> None:
        with server.transaction() as run:
            run(f"update account_move set ref = 'from a slow transaction', write_date = {NOW} where id = {late}")
            began.set()
            may_end.wait(60)

    worker = threading.Thread(target=slowly)
    worker.start()
    assert began.wait(30)
    server.sql(f"update account_move set write_date = {NOW} + interval '1 second', ref = 'quick' where id = {other}")
    seen = dashboard.sync().snapshot.frame("invoices").set_index("move_id")["ref"]
    may_end.set()
    worker.join()
    assert seen[other] == "quick"
    assert seen[late] != "from a slow transaction"
    now = dashboard.assert_as_odoo_after_one_increment()
    assert now.frame("invoices").set_index("move_id").loc[late, "ref"] == "from a slow transaction"


def test_a_row_written_twice_within_a_second_and_read_in_between_is_read_again(dashboard: Dashboard):
    """Odoo tells a `write_date` in whole seconds: afterwards it looks as it did in between."""
    server = dashboard.server
    (order,) = server.sql("select min(id) from sale_order")[0]
    invoice = invoice_of(server, "posted")
    begun = f"date_trunc('second', {NOW})"
    server.sql(f"update account_move set ref = 'first', write_date = {begun} where id = {invoice}")
    server.sql(f"update sale_order set client_order_ref = 'first', write_date = {begun} where id = {order}")
    seen = dashboard.sync().snapshot
    assert seen.frame("invoices").set_index("move_id").loc[invoice, "ref"] == "first"
    later = "write_date + interval '0.9 seconds'"
    server.sql(f"update account_move set ref = 'second', write_date = {later} where id = {invoice}")
    server.sql(f"update sale_order set client_order_ref = 'second', write_date = {later} where id = {order}")
    now = dashboard.assert_as_odoo_after_one_increment()
    assert now.frame("invoices").set_index("move_id").loc[invoice, "ref"] == "second"


def test_a_residual_changed_behind_odoo_s_back_is_said(dashboard: Dashboard):
    """Raw SQL leaves no trace in `write_date`, count or ids: the totals of the ledger tell."""
    server = dashboard.server
    assert dashboard.sync().snapshot.meta.ties_to_ledger
    (line, residual) = server.sql(
        "select l.id, l.amount_residual_currency from account_move_line l "
        "join account_move m on m.id = l.move_id where l.reconciled and m.move_type = 'out_invoice' and l.debit > 0 "
        "and l.parent_state = 'posted' and exists (select 1 from account_partial_reconcile p "
        f"where p.debit_move_id = l.id) and l.write_date < {NOW} - interval '1 hour' limit 1"
    )[0]
    server.sql(f"update account_move_line set amount_residual_currency = 41.5 where id = {line}")
    told = dashboard.sync().snapshot
    server.sql(f"update account_move_line set amount_residual_currency = {residual} where id = {line}")
    assert not told.meta.ties_to_ledger
    (wrong,) = [total for total in told.meta.control_totals if not total.ties]
    assert wrong.odoo_residual - wrong.our_residual == pytest.approx(41.5)
    assert dashboard.sync().snapshot.meta.ties_to_ledger
