"""How fast invoices come out of a real Odoo 19: ours beside the other ways, side by side in one run.

    python bench/pull.py [--invoices 120000] [--runs 3] [--workers 2]

Makes a throwaway copy of the tests' Odoo 19 tenant, multiplies its posted invoices by SQL, starts Odoo with two
workers and raised memory limits on loopback, and runs each way in a process of its own, in turns; medians are printed.
Needs what `tests/real_odoo` installs, and `pip install -e .[test,bench]`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import socket

from tests.real_odoo.databases import ensure_template, psql, throwaway
from tests.real_odoo.series import DATABASE_HOST, DATABASE_PORT, DATABASE_ROLE, ODOO_19
from tests.real_odoo.tenants import FULL_19

ORDER = ("ours", "thrown away", "search_read", "odoorpc", "odooly", "COPY")
MIB = 1024 * 1024


def multiply(database: str, wanted: int) -> int:
    """Copy the posted customer invoices of `database` by SQL until there are `wanted`; return how many there are."""
    columns = psql(
        "select string_agg(quote_ident(column_name), ',') from information_schema.columns "
        "where table_name = 'account_move' and column_name not in ('id', 'name', 'sequence_number', 'access_token')",
        database,
    )
    posted = "move_type = 'out_invoice' and state = 'posted'"
    have = int(psql(f"select count(*) from account_move where {posted}", database))
    times = -(-(wanted - have) // have)
    psql(
        f"insert into account_move (name, sequence_number, {columns}) "
        f"select name || '-' || k, coalesce(sequence_number, 0) + k * 100000, {columns} "
        f"from account_move, generate_series(1, {times}) k where {posted} order by k, id",
        database,
    )
    psql("analyze account_move", database)
    return int(psql(f"select count(*) from account_move where {posted}", database))


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(database: str, workers: int) -> Iterator[str]:
    """Run Odoo 19 over `database` with real workers and memory limits out of the way; yields its address."""
    port, gevent_port = free_port(), free_port()
    limits = ["--limit-memory-hard", str(16 * 1024 * MIB), "--limit-memory-soft", str(12 * 1024 * MIB)]
    limits += ["--limit-time-real", "1200", "--limit-time-cpu", "1200"]
    command = ODOO_19.command(
        *("-d", database, "--db-filter", f"^{database}$", "--http-interface", "127.0.0.1", "--http-port", str(port)),
        *("--gevent-port", str(gevent_port), "--workers", str(workers), "--max-cron-threads", "0"),
        *("--log-level", "error", *limits),
    )
    server = subprocess.Popen(command, env=ODOO_19.environment(), start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                with closing(urlopen(f"{url}/web/version", timeout=5)) as answer:  # noqa: S310 - loopback
                    answer.read()
                break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit("Odoo did not start; see above.") from None
                time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def run_way(way: str, environment: dict[str, str]) -> dict[str, float]:
    """Time one pull in a fresh process."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "ways.py"), way],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{way} failed:\n{done.stderr[-3000:]}")
    told: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def print_table(runs: dict[str, list[dict[str, float]]], invoices: int) -> None:
    """Print medians, and ours against each of the others."""
    median = {way: statistics.median(one["seconds_s"] for one in several) for way, several in runs.items()}
    print(f"\n{invoices:,} invoices x 15 fields, median of {len(runs['ours'])} runs, Odoo 19")
    print(f"{'way':14} {'seconds':>8} {'of ours':>8} {'peak MB':>8} {'frame MB':>9} {'peak/frame':>10}")
    for way in ORDER:
        peak = statistics.median(one["peak_bytes"] for one in runs[way]) / MIB
        frame_bytes = runs[way][0]["frame_bytes"]
        frame = f"{frame_bytes / MIB:9.1f} {peak * MIB / frame_bytes:10.1f}" if frame_bytes else f"{'-':>9} {'-':>10}"
        print(f"{way:14} {median[way]:8.2f} {median[way] / median['ours']:8.2f} {peak:8.1f} {frame}")
    print("each run:", {way: [round(one["seconds_s"], 2) for one in several] for way, several in runs.items()})


def time_sync(environment: dict[str, str]) -> None:
    """Time the whole sync, full and then incremental, by the command line people use."""
    with tempfile.TemporaryDirectory() as cache:
        for words in (["sync"], ["sync"]):
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "odoo_client", *words],
                env={**environment, "CACHE_DIR": cache, "COLUMNS": "140"},
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            kind = "full" if "full" in done.stdout.split("partials")[-1][:20] else "incremental"
            print(f"whole sync ({kind}): {time.perf_counter() - started:.1f} s; {done.stdout.strip().splitlines()[-1]}")


def main() -> None:
    """Set up, run every way in turns, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--invoices", type=int, default=120_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="*", choices=ORDER, help="leave out the other ways")
    options = parser.parse_args()
    ways = [way for way in ORDER if not options.only or way in options.only or way == "ours"]
    with throwaway(ODOO_19, ensure_template(FULL_19)) as database:
        invoices = multiply(database, options.invoices)
        with serving(database, options.workers) as url:
            environment = {
                **os.environ,
                "ODOO_URL": url,
                "ODOO_DATABASE": database,
                "ODOO_USERNAME": "admin",
                "ODOO_PASSWORD": "admin",
                "BENCH_DSN": f"postgresql://{DATABASE_ROLE}:{DATABASE_ROLE}@{DATABASE_HOST}:{DATABASE_PORT}/{database}",
            }
            run_way("ours", environment)  # both workers load their registry
            runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
            for _ in range(options.runs):
                for way in ways:
                    runs[way].append(run_way(way, environment))
            for way in ORDER:
                runs.setdefault(way, runs["ours"])
            print_table(runs, invoices)
            time_sync(environment)


if __name__ == "__main__":
    main()
