"""What an increment costs beside a full sync, on a real Odoo 19: `python bench/sync.py [--invoices 126000]`.

Makes a throwaway copy of the tests' Odoo 19 tenant, multiplies its ledger by SQL (entries, lines, payments and what
reconciles them, written over the last 700 days), starts Odoo with two workers on loopback and syncs in one process, as
the app does: full, idle, with 1 % of the invoices changed, with one record changed. Ends non-zero where a goal is
missed. Needs what `tests/real_odoo` installs.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pydantic import SecretStr

from bench.pull import serving
from odoo_client.config import Settings
from odoo_client.store.snapshot import SnapshotStore
from odoo_client.sync.run import SyncReport, run_sync
from odoo_client.sync.session import SyncSession
from tests.real_odoo.databases import ensure_template, psql, throwaway
from tests.real_odoo.series import ODOO_19
from tests.real_odoo.tenants import FULL_19

#: Goals: a full sync is at least so many times an increment, in seconds and in bytes.
GOALS = {"idle": (30.0, 200.0), "1 % changed": (8.0, 40.0)}
ONE_RECORD_S = 1.0
DAYS = 700


@dataclass
class Timed:
    """One sync: seconds until the snapshot is adopted, seconds outside Odoo, bytes received, rows read."""

    seconds_s: float
    cpu_s: float
    bytes_received: int
    rows: int


def columns(database: str, table: str, without: tuple[str, ...]) -> str:
    """Return the columns of a table but those named, for an insert."""
    names = ", ".join(f"'{name}'" for name in without)
    return psql(
        "select string_agg(quote_ident(column_name), ',') from information_schema.columns "
        f"where table_name = '{table}' and is_generated = 'NEVER' and column_name not in ({names})",
        database,
    )


def multiply_ledger(database: str, wanted: int) -> int:
    """Copy posted entries with all that hangs on them until there are `wanted` invoices; return how many."""
    posted = "move_type = 'out_invoice' and state = 'posted'"
    have = int(psql(f"select count(*) from account_move where {posted}", database))
    times = max(0, -(-(wanted - have) // have))
    top = {
        table: int(psql(f"select max(id) from {table}", database))
        for table in ("account_move", "account_move_line", "account_payment", "account_partial_reconcile")
    }
    move, line, payment, partial = top.values()
    moves = columns(
        database,
        "account_move",
        ("id", "name", "sequence_number", "access_token", "origin_payment_id", "write_date", "reversed_entry_id"),
    )
    lines = columns(
        database,
        "account_move_line",
        ("id", "move_id", "payment_id", "full_reconcile_id", "write_date", "statement_line_id", "reconcile_model_id"),
    )
    payments = columns(database, "account_payment", ("id", "name", "move_id", "write_date"))
    partials = columns(
        database,
        "account_partial_reconcile",
        ("id", "debit_move_id", "credit_move_id", "exchange_move_id", "full_reconcile_id", "write_date"),
    )
    copies = f"generate_series(1, {times}) k"
    when = f"now() at time zone 'UTC' - interval '2 days' - random() * interval '{DAYS} days'"
    psql(
        f"""
        set session_replication_role = replica;
        insert into account_move (id, name, sequence_number, origin_payment_id, write_date, {moves})
          select id + k * {move}, name || '-' || k, coalesce(sequence_number, 0) + k * 100000,
                 origin_payment_id + k * {payment}, {when}, {moves}
          from account_move, {copies} where state = 'posted' order by k, id;
        insert into account_payment (id, name, move_id, write_date, {payments})
          select p.id + k * {payment}, p.name || '-' || k, p.move_id + k * {move}, {when},
                 {",".join(f"p.{name}" for name in payments.split(","))}
          from account_payment p join account_move m on m.id = p.move_id and m.state = 'posted', {copies};
        insert into account_move_line (id, move_id, payment_id, write_date, {lines})
          select id + k * {line}, move_id + k * {move}, payment_id + k * {payment}, {when}, {lines}
          from account_move_line, {copies} where parent_state = 'posted' order by k, id;
        insert into account_partial_reconcile (id, debit_move_id, credit_move_id, write_date, {partials})
          select id + k * {partial}, debit_move_id + k * {line}, credit_move_id + k * {line}, {when}, {partials}
          from account_partial_reconcile, {copies} order by k, id;
        select setval(pg_get_serial_sequence(t, 'id'), {(times + 2) * max(top.values())})
          from unnest(array['account_move', 'account_move_line', 'account_payment', 'account_partial_reconcile']) t;
        """,
        database,
    )
    for table in ("sale_order", "sale_order_line", "helpdesk_ticket", "res_partner"):
        psql(f"update {table} set write_date = {when}", database)  # noqa: S608 - names of ours
    psql(f"update account_move set write_date = {when}; analyze", database)
    return int(psql(f"select count(*) from account_move where {posted}", database))


def administrator(url: str, database: str, folder: Path, **more: Any) -> Settings:
    """Return the settings of a dashboard that reads as Odoo's administrator and keeps its snapshots in `folder`."""
    key = SecretStr("admin")
    return Settings(
        odoo_url=url, odoo_database=database, odoo_username="admin", odoo_password=key, cache_dir=folder, **more
    )


def timed(
    settings: Settings, store: SnapshotStore, session: SyncSession, *, full: bool = False
) -> tuple[Timed, SyncReport]:
    """Sync once; return what it took, and its report."""
    started, cpu_s = time.perf_counter(), time.process_time()
    report = run_sync(settings, store, full=full, session=session)
    took = Timed(
        time.perf_counter() - started,
        time.process_time() - cpu_s,
        report.bytes_received,
        sum(one.rows_read for one in report.datasets),
    )
    return took, report


def change(database: str, what: str) -> None:
    """Change records as Odoo does: their content and their `write_date`, in a transaction of now."""
    touched = "update account_move set ref = 'changed ' || clock_timestamp(), write_date = now() at time zone 'UTC'"
    some = "move_type = 'out_invoice' and state = 'posted'"
    if what == "1 % changed":
        psql(f"{touched} where {some} and id % 100 = (random() * 99)::int", database)
    elif what == "one changed":
        psql(f"{touched} where id = (select max(id) from account_move where {some})", database)


def print_slowest(report: SyncReport) -> None:
    """Print which datasets took longest, and what they moved."""
    for one in sorted(report.datasets, key=lambda one: -one.seconds_s)[:6]:
        moved = ", ".join(f"{part} {size / 1e3:,.0f} kB" for part, size in one.bytes_by_part.items())
        print(f"      {one.name:18} {one.seconds_s:6.2f} s  {one.rows_read:>8,} rows  {moved}")


def main() -> int:
    """Set up, sync in every way, print; return 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--invoices", type=int, default=126_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    missed = []
    with throwaway(ODOO_19, ensure_template(FULL_19)) as database, tempfile.TemporaryDirectory() as folder:
        invoices = multiply_ledger(database, asked.invoices)
        lines = psql("select count(*) from account_move_line", database)
        print(f"Odoo 19, {invoices:,} invoices, {int(lines):,} journal items, {asked.workers} workers")
        with serving(database, asked.workers) as url:
            settings = administrator(url, database, Path(folder))
            store, session = SnapshotStore(Path(folder) / "cache"), SyncSession(settings)
            full, report = timed(settings, store, session)
            print_slowest(report)
            full, report = timed(settings, store, session, full=True)
            print(f"  full         {full.seconds_s:6.2f} s  {full.bytes_received / 1e6:8.2f} MB  {full.rows:>9,} rows")
            print_slowest(report)
            for what in ("idle", "1 % changed", "one changed"):
                found = []
                for _ in range(asked.runs):
                    change(database, what)
                    took, report = timed(settings, store, session)
                    found.append(took)
                seconds_s = statistics.median(one.seconds_s for one in found)
                size_bytes = statistics.median(one.bytes_received for one in found)
                cpu_s = statistics.median(one.cpu_s for one in found)
                times, sizes = full.seconds_s / seconds_s, full.bytes_received / size_bytes
                print(
                    f"  {what:12} {seconds_s:6.2f} s  {size_bytes / 1e6:8.2f} MB  {found[-1].rows:>9,} rows  "
                    f"1/{times:.0f} of the seconds, 1/{sizes:.0f} of the bytes; {cpu_s:.2f} s ours"
                )
                print_slowest(report)
                goal = GOALS.get(what)
                if goal is not None and (times < goal[0] or sizes < goal[1]):
                    missed.append(f"{what}: 1/{goal[0]:.0f} of the seconds and 1/{goal[1]:.0f} of the bytes were asked")
                if what == "one changed" and seconds_s > ONE_RECORD_S:
                    missed.append(f"{what}: {ONE_RECORD_S:.0f} s were asked")
            store.close()
            session.close()
    for sentence in missed:
        print(f"missed: {sentence}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
