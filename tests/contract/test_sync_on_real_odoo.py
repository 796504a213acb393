"""Increments on real Odoo: what they move, what they must not miss, and that people at work raise no false alarm."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import SyncReport, run_sync
from tests.contract.full_reads import assert_like_a_full_read, settings_of
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

#: Tables whose rows carry a watermark, and how a changed row shows in the frame.
TABLES = (
    "res_partner", "account_move_line", "account_move", "account_partial_reconcile", "account_payment", "sale_order",
    "sale_order_line", "stock_picking", "contract_contract", "contract_line", "helpdesk_ticket",
)  # fmt: skip


@pytest.fixture(scope="module")
def writable(odoo_full: RealOdoo) -> Iterator[RealOdoo]:
    """A copy of the tenant that these tests may change, one after the other."""
    with odoo_full.copy() as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    opened = SnapshotStore(tmp_path / "cache")
    yield opened
    opened.close()


def sync(server: RealOdoo, store: SnapshotStore, **how: bool) -> SyncReport:
    return run_sync(settings_of(server), store, **how)  # type: ignore[arg-type]


def spread_write_dates_over_a_year(server: RealOdoo) -> None:
    for table in TABLES:
        server.sql(
            f"update {table} t set write_date = now() at time zone 'utc' - interval '2 days' "
            f"- (interval '365 days' * (r.n::float / r.total)) "
            f"from (select id, row_number() over (order by id desc) n, count(*) over () total from {table}) r "
            "where r.id = t.id"
        )


def test_an_increment_moves_little_and_gives_what_a_full_read_gives(
    writable: RealOdoo, store: SnapshotStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Write dates spread over a year, one record in a hundred changed."""
    spread_write_dates_over_a_year(writable)
    full = sync(writable, store)
    for table in TABLES:
        writable.sql(f"update {table} set write_date = now() at time zone 'utc' where id % 100 = 7")
    report = sync(writable, store)
    parts = dict.fromkeys(("rows", "fingerprint", "open set", "ids", "totals"), 0)
    for one in report.datasets:
        for part, received in one.bytes_by_part.items():
            parts[part] += received
    reference = sum(
        one.bytes_by_part.get("rows", 0) for one in report.datasets if one.mode == "full"
    )  # small frames that are read whole each cycle
    with capsys.disabled():
        print(f"\nOdoo {writable.major}: full pull {full.bytes_received:,} bytes; increment {parts}, ")  # noqa: T201
        print(f"of the rows {reference:,} are the small frames read whole, {report.bytes_received:,} in all")  # noqa: T201
    assert parts["rows"] - reference < full.bytes_received / 10
    assert report.bytes_received < full.bytes_received / 4
    assert_like_a_full_read(writable, report.snapshot, tmp_path)


def test_deletions_and_archivings_show_up(writable: RealOdoo, store: SnapshotStore, tmp_path: Path):
    sync(writable, store)
    (ticket,) = writable.sql("select max(id) from helpdesk_ticket")[0]
    (draft,) = writable.sql("select id from account_move where move_type = 'out_invoice' and state = 'draft' limit 1")[
        0
    ]
    partner = writable.call("res.partner", "create", {"name": "Soon archived"})
    sync(writable, store)
    writable.call("helpdesk.ticket", "unlink", [ticket])
    writable.call("account.move", "unlink", [draft])
    writable.call("res.partner", "write", [partner], {"active": False})
    now = sync(writable, store).snapshot
    assert ticket not in set(now.frame("tickets")["ticket_id"])
    assert draft not in set(now.frame("invoices")["move_id"])
    customers = now.frame("customers").set_index("partner_id")
    assert not customers.loc[partner, "active"]
    assert_like_a_full_read(writable, now, tmp_path)


def test_an_unreconciled_payment_shows_in_past_day_ageing_after_one_increment(
    writable: RealOdoo, store: SnapshotStore, tmp_path: Path
):
    before = sync(writable, store).snapshot
    lines, partials = before.frame("receivable_lines"), before.frame("partials")
    paid = lines[(lines["kind"] == "invoice") & lines["reconciled"] & (lines["amount"] > 0)]
    once = partials.groupby("debit_line_id").filter(lambda group: len(group) == 1)
    line = int(paid.loc[paid["line_id"].isin(once["debit_line_id"]), "line_id"].iloc[0])
    partial = once[once["debit_line_id"] == line].iloc[0]
    day = (partial["max_date"] + timedelta(days=1)).date()

    def open_on_the_day(snapshot: Snapshot) -> set[int]:
        return set(open_lines(LedgerIndex.build(snapshot), day)["line_id"])

    assert line not in open_on_the_day(before)
    writable.call("account.move.line", "remove_move_reconcile", [line])
    after = sync(writable, store).snapshot
    assert line in open_on_the_day(after)
    assert int(partial["partial_id"]) not in set(after.frame("partials")["partial_id"])
    assert after.meta.ties_to_ledger
    assert_like_a_full_read(writable, after, tmp_path)


def test_payments_posted_during_a_sync_raise_no_false_alarm(writable: RealOdoo, store: SnapshotStore):
    first = sync(writable, store).snapshot
    lines = first.frame("receivable_lines")
    main = int(lines["company_id"].min())
    open_invoices = lines[
        (lines["kind"] == "invoice") & ~lines["reconciled"] & (lines["residual"] > 1) & (lines["company_id"] == main)
    ]
    moves = [int(move) for move in open_invoices["move_id"].drop_duplicates()]
    posted, stop, failures = [], threading.Event(), []

    def people_at_work() -> None:
        for move in moves:
            if stop.is_set():
                return
            context = {"active_model": "account.move", "active_ids": [move], "dont_redirect_to_payments": True}
            try:
                wizard = writable.call("account.payment.register", "create", {"amount": 0.5}, context=context)
                writable.call("account.payment.register", "action_create_payments", [wizard], context=context)
                posted.append(move)
            except Exception as exc:  # noqa: BLE001 - shown by the assertion below
                failures.append(exc)

    worker = threading.Thread(target=people_at_work)
    worker.start()
    ties = []
    for number in range(4):
        at = len(posted)
        report = sync(writable, store, full=number == 1)
        ties.append((report.snapshot.meta.ties_to_ledger, len(posted) - at))
    stop.set()
    worker.join()
    assert all(tied for tied, _posted in ties)
    assert sum(during for _tied, during in ties) >= 3, f"no payment was posted while a sync ran: {failures[:2]}"
    quiet = sync(writable, store).snapshot
    assert all(total.equal for total in quiet.meta.control_totals)
