"""Payment proofs and approvals through everything that can go wrong on the way, counted in Odoo's own database.

    python bench/faults.py [--submissions 200] [--seed 1] [--protocol json2|jsonrpc]
    python bench/faults.py --lock

A throwaway real Odoo 19 with two workers, a proxy before it that loses, delays and damages calls, and the app's outbox
and sender in a process that is killed by SIGKILL between its steps and at any moment, and started again until nothing
is open. Then SQL counts what Odoo has: each submission once, with its file and its note; each approval posted once and
matched once. Ends with 1 when anything is lost or doubled. `--lock`: a lock in PostgreSQL makes Odoo commit a payment
30 s after the client gave up. Needs what `tests/real_odoo` installs, and `pip install -e .[test]`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import psycopg2
from pydantic import SecretStr

from bench.faultproxy import FAULTS, PASS, FaultPlan, FaultProxy, Figures
from bench.faults_count import Count, counted, payments_in, picture, tasks_of
from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.entry import Author, Entry, Kind
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import Sender
from odoo_client.actions.payments.proof import PaymentProof, submit_payment_proof
from odoo_client.config import Settings
from odoo_client.people.audit import AuditLog
from odoo_client.rpc.client import OdooClient
from tests.real_odoo import staff
from tests.real_odoo.databases import ensure_template
from tests.real_odoo.install import start_postgres
from tests.real_odoo.series import DATABASE_HOST, DATABASE_PORT, DATABASE_ROLE
from tests.real_odoo.server import RealOdoo, throwaway_server
from tests.real_odoo.tenants import FULL_19

#: The client gives up after `TIMEOUT_S`; a late write is held for `LATE_S`, which leaves Odoo the rest of `LONGEST_S`.
TIMEOUT_S: Final = 2.0
LONGEST_S: Final = 10.0
LATE_S: Final = (2.3, 5.0)
#: Seconds until the write meets the lock: the reads before it may have to be repeated.
PATIENCE_S: Final = 60.0
#: `tests/real_odoo` can make keys from this version on.
KEYS_SINCE: Final = 19
Secrets = Mapping[str, str]
Protocol = Literal["json2", "jsonrpc"]


@dataclass(frozen=True)
class Outcome:
    """How a run went. `ended` is 0 when nothing was open at its end; `unsettled` are entries that are not done."""

    counts: tuple[Count, ...]
    figures: Figures
    deaths: Counter[str]
    seconds: float
    ended: int
    unsettled: tuple[str, ...] = ()

    @property
    def lost(self) -> int:
        """Everything missing in Odoo."""
        return sum(one.lost for one in self.counts)

    @property
    def doubled(self) -> int:
        """Everything in Odoo more than once."""
        return sum(one.doubled for one in self.counts)

    @property
    def held(self) -> bool:
        """Whether nothing is lost, doubled or open, and Odoo was never slower than it is allowed to be."""
        whole = not (self.lost or self.doubled or self.ended or self.unsettled)
        return whole and self.figures.longest_s < LONGEST_S


def secrets_of(server: RealOdoo) -> dict[str, str]:
    """Make the people who write; return what each signs in with: a key, which Odoo checks faster than a password."""
    staff.hire(server)
    if server.major >= KEYS_SINCE:
        return staff.api_keys(server, staff.WRITERS)
    return {one.login: one.password for one in staff.WRITERS}


def run(
    server: RealOdoo,
    secrets: Secrets,
    folder: Path,
    *,
    protocol: Protocol,
    submissions: int,
    seed: int,
    kill_chance: float = 0.01,
    patience_s: float = 1500.0,
) -> Outcome:
    """Send that many submissions through faults and kills before `server`, and count what became of them."""
    folder.mkdir(parents=True, exist_ok=True)
    tasks = tasks_of(server, submissions, seed)
    before = payments_in(server)
    plan = FaultPlan(seed, LATE_S)
    started = time.monotonic()
    with FaultProxy(server.url, plan) as proxy:
        work = {
            "url": proxy.url,
            "database": server.database,
            "protocol": protocol,
            "secrets": dict(secrets),
            "timeout_s": TIMEOUT_S,
            "longest_s": LONGEST_S,
            "folder": str(folder),
            "tasks": tasks,
            "seed": seed,
            "kill_chance": kill_chance,
            "life_chance": 0.5,
            "life_s": (0.5, 8.0),
            "patience_s": patience_s,
        }
        ended = subprocess.run(
            [sys.executable, str(ROOT / "bench" / "faults_child.py")],
            input=json.dumps(work).encode(),
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            timeout=patience_s + 60,
            check=False,
        ).returncode
        seconds = time.monotonic() - started
        # What is still held would come after the count.
        if not proxy.quiet(LONGEST_S * 2):
            raise RuntimeError("a write is still on its way")
        figures = proxy.figures
    entries = Outbox(folder / "outbox.sqlite3").entries(limit=100_000)
    deaths = folder / "deaths"
    return Outcome(
        counts=counted(server, tasks, before),
        figures=figures,
        deaths=Counter(deaths.read_text().splitlines() if deaths.exists() else ()),
        seconds=seconds,
        ended=ended,
        unsettled=tuple(f"{one.kind} {one.state}: {one.reason}" for one in entries if one.state != "done"),
    )


@dataclass
class LockOutcome:
    """What a lock in PostgreSQL did: how many look-ups were in vain, how long after the client gave up it committed."""

    looked_up: int = 0
    committed_after_s: float = 0.0
    found_after_s: float = 0.0
    payments: int = 0
    states: list[str] = field(default_factory=list)


def lock_run(
    server: RealOdoo,
    author: Author,
    secret: str,
    folder: Path,
    *,
    protocol: Protocol,
    after_s: float,
    timeout_s: float,
    longest_s: float,
) -> LockOutcome:
    """Send one proof while PostgreSQL lets nobody add a payment, until `after_s` after the client gave up.

    The lock leaves reading free, so the look-ups before it is let go of find nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        odoo_url=server.url,
        odoo_database=server.database,
        odoo_username=author.login,
        odoo_password=SecretStr(secret),
        odoo_protocol=protocol,
        odoo_timeout_s=timeout_s,
        odoo_longest_call_s=longest_s,
        data_dir=folder,
    )

    def client(who: Author, kind: Kind) -> OdooClient:
        return OdooClient.connect(settings)

    outbox = Outbox(folder / "outbox.sqlite3")
    sender = Sender(settings, outbox, client, HANDLERS, AuditLog(folder / "audit.sqlite3"))
    proof = _lock_proof(server)
    seen = LockOutcome()
    with closing(_database(server)) as held:
        held.cursor().execute("lock table account_payment in exclusive mode")
        entry = submit_payment_proof(Office(settings, outbox), author, proof)
        until = time.monotonic() + PATIENCE_S
        while entry.state != "unknown" and time.monotonic() < until:
            entry = _sent(sender, entry, seen)
            time.sleep(0.1)
        gave_up, attempts = time.monotonic(), entry.attempts
        while time.monotonic() < gave_up + after_s:
            entry = _sent(sender, entry, seen)
            time.sleep(0.2)
        seen.looked_up = entry.attempts - attempts
        held.commit()
        seen.committed_after_s = time.monotonic() - gave_up
    # How long until it would be sent again, and until that would be seen.
    while time.monotonic() < gave_up + longest_s + timeout_s and entry.open:
        entry = _sent(sender, entry, seen)
        time.sleep(0.2)
    seen.found_after_s = time.monotonic() - gave_up
    while time.monotonic() < gave_up + longest_s + timeout_s:
        time.sleep(0.2)
    query = "select count(*) from account_payment where payment_reference like %s"
    seen.payments = int(server.sql(query, [f"%{entry.token}%"])[0][0])
    return seen


def _sent(sender: Sender, entry: Entry, seen: LockOutcome) -> Entry:
    sender.send_waiting(entry.author.login)
    entry = sender.outbox.get(entry.token)
    if not seen.states or seen.states[-1] != entry.state:
        seen.states.append(entry.state)
    return entry


def _lock_proof(server: RealOdoo) -> PaymentProof:
    row = server.sql(
        "select m.partner_id, m.company_id, m.currency_id, c.name from account_move m join res_currency c "
        "on c.id = m.currency_id where m.move_type = 'out_invoice' and m.state = 'posted' order by m.id limit 1"
    )[0]
    bank = [("type", "=", "bank"), ("company_id", "=", row[1])]
    return PaymentProof(
        partner_id=int(row[0]),
        customer="Payer",
        amount=Decimal("33.33"),
        currency=str(row[3]),
        currency_id=int(row[2]),
        decimals=2,
        day=datetime.now(UTC).date(),
        company_id=int(row[1]),
        journal_id=int(server.call("account.journal", "search", bank, limit=1)[0]),
        file=picture("lock"),
    )


def _database(server: RealOdoo) -> Any:
    return psycopg2.connect(
        host=DATABASE_HOST, port=DATABASE_PORT, user=DATABASE_ROLE, password=DATABASE_ROLE, dbname=server.database
    )


def print_outcome(outcome: Outcome, what: str) -> None:
    """Print what was done to the run and what came of it."""
    figures, kinds = outcome.figures, outcome.figures.kinds
    print(f"\n{what}: {outcome.seconds:.0f} s")
    print(f"writes seen {len(figures.writes)}, passed {kinds[PASS]}, sent again {figures.resends}")
    print("faults: " + ", ".join(f"{kind} {kinds[kind]}" for kind in FAULTS))
    dropped = sum(count for kind, count in figures.reads.items() if kind != PASS)
    print(f"reads {sum(figures.reads.values()):,}, broken off {dropped}")
    print(
        f"kill -9: {sum(outcome.deaths.values())} ("
        + ", ".join(f"{place} {count}" for place, count in sorted(outcome.deaths.items()))
        + ")"
    )
    print(f"longest write {figures.longest_s:.1f} s after it was sent; ODOO_LONGEST_CALL_S {LONGEST_S:g}")
    print(f"{'':32} {'wanted':>7} {'lost':>5} {'doubled':>8}")
    for one in outcome.counts:
        print(f"{one.what:32} {one.wanted:7} {one.lost:5} {one.doubled:8}")
    for line in outcome.unsettled[:20]:
        print(f"not done: {line}")
    if outcome.ended:
        print(f"the app's process ended with {outcome.ended}")
    print(f"lost {outcome.lost}, doubled {outcome.doubled}: {'held' if outcome.held else 'NOT held'}")


def main(options: argparse.Namespace) -> int:
    """Start Odoo, run, print; return 0 when nothing is lost or doubled."""
    start_postgres()
    ensure_template(FULL_19)
    with tempfile.TemporaryDirectory(prefix="bench-faults-") as name, throwaway_server(FULL_19, workers=2) as server:
        secrets = secrets_of(server)
        if options.lock:
            login = staff.CLERK.login
            seen = lock_run(
                server, Author(login, "Clerk"), secrets[login], Path(name),
                protocol=options.protocol, after_s=30, timeout_s=5, longest_s=60,
            )  # fmt: skip
            print(
                f"PostgreSQL let Odoo commit {seen.committed_after_s:.1f} s after the client gave up; {seen.looked_up} "
                f"look-ups had found nothing by then; found {seen.found_after_s:.1f} s after; "
                f"{' → '.join(seen.states)}; payments: {seen.payments}"
            )
            return 0 if seen.payments == 1 and seen.states[-1] == "done" else 1
        outcome = run(
            server, secrets, Path(name), protocol=options.protocol, submissions=options.submissions,
            seed=options.seed, kill_chance=options.kills,
        )  # fmt: skip
        print_outcome(outcome, f"{options.submissions} submissions, {options.protocol}, seed {options.seed}")
        return 0 if outcome.held else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--protocol", choices=("json2", "jsonrpc"), default="json2")
    parser.add_argument("--kills", type=float, default=0.01, help="chance of a kill before and after each step")
    parser.add_argument("--lock", action="store_true", help="a lock in PostgreSQL instead")
    sys.exit(main(parser.parse_args()))
