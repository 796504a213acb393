"""A busy office against increments: `python bench/soak.py [--series 14] [--minutes 20]`.

A script creates, changes, pays, un-pays, merges, redrafts, deletes and archives records in a throwaway copy of the
tests' Odoo, some of it in transactions that last longer than the overlap. Meanwhile one process syncs again and again,
as the app does, through a proxy that drops one call in twenty. At each pause one more increment is made; then another
process compares every frame it stored, row for row, with a first read of everything, and the ledger with SQL. Ends
non-zero where anything differs, where a large dataset was read whole, where the totals do not tie, or where memory has
grown by a tenth since a quarter of the time had passed.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import pandas as pd

from bench.faultproxy import FaultPlan, FaultProxy
from bench.soak_deeds import Office
from bench.workbook import memory_mb
from odoo_client.errors import OdooError
from odoo_client.store.snapshot import SnapshotStore
from odoo_client.sync.run import SyncReport, run_sync
from odoo_client.sync.session import SyncSession
from tests.contract.full_reads import settings_of
from tests.contract.ledger_sql import receivable_accounts
from tests.real_odoo.server import RealOdoo, throwaway_server
from tests.real_odoo.tenants import FULL_14, FULL_19, Tenant

TENANTS: Final[dict[str, Tenant]] = {"19": FULL_19, "14": FULL_14}
#: One call in so many is dropped on its way.
DROPPED: Final = 1 / 20
#: A slow transaction may be held for 8 seconds; the overlap is far shorter.
OVERLAP_S: Final = 1
#: Between two increments while the office works.
SYNC_EVERY_S: Final = 2.0
#: Datasets of fewer rows are read whole each time: that costs nothing.
SMALL_ROWS: Final = 300
GROWTH: Final = 1.1
#: Without a pause, a call that is dropped three times in a row ends a sync: it is tried again.
TRIES: Final = 5
#: Open receivables by SQL, written without looking at the frames: id, partner, entry, residual.
_LEDGER: Final = """
    select l.id, coalesce(l.partner_id, 0), l.move_id, round(l.amount_residual_currency, 2)
      from account_move_line l join account_account a on a.id = l.account_id
     where l.parent_state = 'posted' and {receivable} and not coalesce(l.reconciled, false) order by 1"""


@dataclass
class Soak:
    """What was seen: pauses, increments between them, memory, and each sentence of what went wrong."""

    pauses: int = 0
    increments: int = 0
    repeated: int = 0
    wrong: list[str] = field(default_factory=list)
    #: Seconds since the start, and what was held then.
    memory_mb: list[tuple[float, float]] = field(default_factory=list)

    def grown(self, after_s: float) -> float:
        """Return by what share memory has grown since `after_s` seconds had passed."""
        later = [size for at_s, size in self.memory_mb if at_s >= after_s]
        return later[-1] / later[0] if later else 1.0


def differences(server: RealOdoo, folder: Path) -> list[str]:
    """Compare the stored frames with a first read of everything and the ledger with SQL; return what differs."""
    stored = SnapshotStore(folder / "cache").current()
    if stored is None:
        return ["nothing is stored"]
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        store = SnapshotStore(Path(fresh))
        whole = run_sync(settings_of(server), store, full=True).snapshot
        found = [told for name in whole for told in cells(name, stored.frame(name), whole.frame(name))]
        store.close()
    return found + ledger_differences(server, stored.frame("receivable_lines"))


def cells(name: str, ours: pd.DataFrame, theirs: pd.DataFrame) -> list[str]:
    """Return where two frames differ: in rows, or in which cell of which row first; nothing where they are equal."""
    try:
        pd.testing.assert_frame_equal(ours, theirs, obj=name, check_categorical=False)
    except AssertionError as exc:
        if ours.shape != theirs.shape:
            return [f"{name}: {len(ours)} rows, Odoo has {len(theirs)}"]
        for column in ours:
            pairs = zip(ours.index, ours[column].map(repr), theirs[column].map(repr), strict=True)
            for row, mine, odoo in pairs:
                if mine != odoo:
                    return [f"{name}: {column} of {ours.iloc[row, 0]} is {mine}, in Odoo {odoo}"]
        return [f"{name}: {' '.join(str(exc).split())[:300]}"]
    return []


def ledger_differences(server: RealOdoo, lines: pd.DataFrame) -> list[str]:
    """Compare the open receivable lines with what SQL says of Odoo's own tables."""
    theirs = {
        (*ids, f"{residual:.2f}")
        for *ids, residual in server.sql(_LEDGER.format(receivable=receivable_accounts(server)))
    }
    still_open = lines.loc[~lines["reconciled"].astype(bool), ["line_id", "partner_id", "move_id", "residual"]]
    ours = {(*ids, f"{residual:.2f}") for *ids, residual in still_open.itertuples(index=False, name=None)}
    return [f"ledger: {len(theirs ^ ours)} lines differ, {sorted(theirs ^ ours)[:4]}"] if theirs != ours else []


def soak(tenant: Tenant, minutes: float, pauses: int, records: int, seed: int) -> Soak:
    """Let the office work and sync for so many minutes; return what was seen."""
    seen = Soak()
    moment = threading.RLock()
    ending = threading.Event()
    spawned = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as name,
        throwaway_server(tenant, workers=2) as server,
        FaultProxy(server.url, FaultPlan(seed, (0.0, 0.0), writes=0.0, reads=DROPPED)) as proxy,
        ProcessPoolExecutor(1, mp_context=spawned) as comparing,
    ):
        folder = Path(name)
        settings = settings_of(server, sync_overlap_s=OVERLAP_S).model_copy(update={"odoo_url": proxy.url})
        store, session = SnapshotStore(folder / "cache"), SyncSession(settings)

        def sync() -> SyncReport:
            for attempt in range(TRIES):
                try:
                    return run_sync(settings, store, session=session)
                except OdooError:
                    seen.repeated += 1
                    if attempt == TRIES - 1:
                        raise
            raise AssertionError

        sync()
        started = time.monotonic()
        office = Office(server, moment, seed)
        rest_s = minutes * 60 / records

        def work() -> None:
            due_s = time.monotonic()
            try:
                while not ending.is_set() and sum(office.done.values()) < records:
                    office.work()
                    due_s += rest_s
                    ending.wait(max(0.0, due_s - time.monotonic()))
            except Exception as exc:
                seen.wrong.append(f"the office stopped working: {exc!r}")
                raise

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        try:
            for pause in range(1, pauses + 1):
                until = started + minutes * 60 * pause / pauses
                while time.monotonic() < until:
                    sync()
                    seen.increments += 1
                    seen.memory_mb.append((time.monotonic() - started, memory_mb("VmRSS")))
                    time.sleep(min(SYNC_EVERY_S, max(0.0, until - time.monotonic())))
                with moment:
                    report = sync()
                    found = comparing.submit(differences, server, folder).result()
                judge(seen, report, found, pause)
        finally:
            ending.set()
            worker.join()
            office.end()
            session.close()
            store.close()
        print(f"  done: {summary(office.done)}; refused by Odoo: {summary(office.refused)}")
        print(f"  calls: {summary(proxy.figures.reads)}; syncs repeated: {seen.repeated}")
    return seen


def judge(seen: Soak, report: SyncReport, found: list[str], pause: int) -> None:
    """Note what one pause showed, and say it."""
    modes: Counter[str] = Counter(one.mode for one in report.datasets)
    whole = [one.name for one in report.datasets if one.mode == "full" and one.rows_total > SMALL_ROWS]
    wrong = found + [f"{name} was read whole" for name in whole]
    if not report.snapshot.meta.ties_to_ledger:
        wrong.append("the totals do not tie")
    seen.pauses += 1
    seen.wrong += [f"pause {pause}: {sentence}" for sentence in wrong]
    rows = sum(one.rows_total for one in report.datasets)
    print(f"  pause {pause:2}: {rows:,} rows, {summary(modes)}; {'; '.join(wrong) or 'equal'}", flush=True)


def summary(counts: Counter[str]) -> str:
    """Return counts as one line."""
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def main() -> int:
    """Soak, print; return 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--series", choices=sorted(TENANTS), default="19")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--pauses", type=int, default=20)
    parser.add_argument("--records", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    print(f"Odoo {asked.series}, {asked.minutes:g} minutes, {asked.pauses} pauses, seed {asked.seed}", flush=True)
    seen = soak(TENANTS[asked.series], asked.minutes, asked.pauses, asked.records, asked.seed)
    grown = seen.grown(asked.minutes * 60 / 4)
    if grown > GROWTH:
        seen.wrong.append(f"memory has grown to {grown:.2f} of what it was after a quarter of the time")
    print(f"  {seen.increments} increments between {seen.pauses} pauses; memory {grown:.2f}; {len(seen.wrong)} wrong")
    for sentence in seen.wrong:
        print(f"WRONG: {sentence}")
    return 1 if seen.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
