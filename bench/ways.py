"""The ways to pull the same invoices, each run in a process of its own by `bench/pull.py`.

python bench/ways.py WAY     with the connection in the environment; prints one JSON line
"""

from __future__ import annotations

import gc
import io
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pandas as pd
import requests

from odoo_client.config import Settings, load_settings
from odoo_client.frames.kinds import Kind
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.columns import Read, read_table
from odoo_client.rpc.deadline import Deadline
from odoo_client.rpc.faults import CallSite
from odoo_client.rpc.http import Answer, Bearer, HttpCore, Sealed

#: Fifteen fields of account.move, as most reports need them: (frame column, kind, Odoo field).
FIELDS: tuple[tuple[str, Kind, str], ...] = (
    ("move_id", "id", "id"),
    ("name", "text", "name"),
    ("state", "code", "state"),
    ("kind", "code", "move_type"),
    ("payment_state", "code", "payment_state"),
    ("company_id", "id", "company_id"),
    ("partner_id", "id", "partner_id"),
    ("commercial_partner_id", "id", "commercial_partner_id"),
    ("currency_id", "id", "currency_id"),
    ("journal_id", "id", "journal_id"),
    ("invoice_date", "date", "invoice_date"),
    ("due_date", "date", "invoice_date_due"),
    ("amount_untaxed", "money", "amount_untaxed"),
    ("amount_total", "money", "amount_total"),
    ("residual", "money", "amount_residual"),
)
#: Of few values, as `datasets/base.py` finds by their type.
FEW = ("state", "move_type", "payment_state", "company_id", "currency_id", "journal_id")
READS = tuple(Read(name, kind, field, few=field in FEW) for name, kind, field in FIELDS)
ODOO_FIELDS = [field for _name, _kind, field in FIELDS]
MODEL = "account.move"
DOMAIN = [["move_type", "=", "out_invoice"], ["state", "=", "posted"]]
PARALLEL = 2
RECORD_RANGE = 20_000
#: A request as it went out: path, body, headers and who asks.
Sent = tuple[str, bytes, dict[str, str], Bearer]


class Recorder(HttpCore):
    """Keeps every request it sends, so that the same ones can be sent again and their answers thrown away."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.sent: list[Sent] = []

    def _send(
        self,
        site: CallSite,
        path: str,
        body: Sealed | None,
        auth: Bearer,
        headers: dict[str, str],
        deadline: Deadline,
    ) -> Answer:
        if body is not None:
            self.sent.append((path, bytes(body), dict(headers), auth))
        return super()._send(site, path, body, auth, headers, deadline)


def connection(settings: Settings) -> tuple[str, str, str, str]:
    """Return the address, database, login and password that `bench/pull.py` has put into the environment."""
    url, database, login, password = (
        settings.odoo_url,
        settings.odoo_database,
        settings.odoo_username,
        settings.odoo_password,
    )
    if not (url and database and login and password):
        raise SystemExit("ODOO_URL, ODOO_DATABASE, ODOO_USERNAME and ODOO_PASSWORD say which Odoo to read.")
    return url, database, login, password.get_secret_value()


def ours(settings: Settings) -> Callable[[], pd.DataFrame]:
    """Return columns by id range, straight into Arrow."""
    client = OdooClient.connect(settings)

    def pull() -> pd.DataFrame:
        table = read_table(
            client, MODEL, DOMAIN, READS, range_rows=settings.odoo_range_rows, parallel=settings.odoo_parallel_reads
        )
        frame: pd.DataFrame = table.to_pandas(date_as_object=False, split_blocks=True, self_destruct=True)
        return frame

    return pull


def thrown_away(settings: Settings) -> Callable[[], int]:
    """Return the very HTTP requests of `ours`, two at a time, with their answers thrown away."""
    recorder = Recorder(settings)
    client = OdooClient.connect(settings, core=recorder)
    recorder.sent.clear()
    read_table(client, MODEL, DOMAIN, READS, range_rows=settings.odoo_range_rows, parallel=settings.odoo_parallel_reads)
    sent = list(recorder.sent)
    small, large = [one for one in sent if b"array_agg" not in one[1]], [one for one in sent if b"array_agg" in one[1]]
    sessions = [requests.Session() for _ in range(PARALLEL)]
    url = connection(settings)[0]

    def send(session: requests.Session, one: Sent) -> int:
        path, body, headers, auth = one
        headers = {"Content-Type": "application/json"} | headers
        answer = session.post(url + path, data=body, headers=headers, auth=auth, timeout=300, stream=True)
        return sum(len(chunk) for chunk in answer.raw.stream(1 << 20))

    def pull() -> int:
        got = sum(send(sessions[0], one) for one in small)
        with ThreadPoolExecutor(PARALLEL) as pool:
            free = list(sessions)

            def worker(one: Sent) -> int:
                session = free.pop()
                try:
                    return send(session, one)
                finally:
                    free.append(session)

            return got + sum(pool.map(worker, large))

    return pull


def search_read(settings: Settings) -> Callable[[], pd.DataFrame]:
    """Return the best `search_read`: `load=''`, ranges of ids, two at a time, records into a frame."""
    client = OdooClient.connect(settings)

    def pull() -> pd.DataFrame:
        low = client.call(MODEL, "search", domain=DOMAIN, limit=1, order="id asc")[0]
        high = client.call(MODEL, "search", domain=DOMAIN, limit=1, order="id desc")[0]
        starts = range(low, high + 1, RECORD_RANGE)

        def one(start: int) -> list[dict[str, Any]]:
            domain = [*DOMAIN, ["id", ">=", start], ["id", "<", start + RECORD_RANGE]]
            rows: list[dict[str, Any]] = client.call(
                MODEL, "search_read", domain=domain, fields=ODOO_FIELDS, load="", order="id"
            )
            return rows

        with ThreadPoolExecutor(PARALLEL) as pool:
            rows = [row for page in pool.map(one, starts) for row in page]
        frame = pd.DataFrame.from_records(rows)
        return frame.assign(
            invoice_date=pd.to_datetime(frame["invoice_date"]),
            invoice_date_due=pd.to_datetime(frame["invoice_date_due"]),
        )

    return pull


def odoorpc(settings: Settings) -> Callable[[], pd.DataFrame]:
    """Return the `search_read` of odoorpc itself."""
    import odoorpc

    url, database, login, password = connection(settings)
    parts = urlsplit(url)
    odoo = odoorpc.ODOO(parts.hostname, port=parts.port, timeout=600)
    odoo.login(database, login, password)
    return lambda: pd.DataFrame.from_records(odoo.env[MODEL].search_read(DOMAIN, ODOO_FIELDS))


def odooly(settings: Settings) -> Callable[[], pd.DataFrame]:
    """Return the search of odooly, then its read."""
    import odooly

    client = odooly.Client(*connection(settings))
    domain = [tuple(term) for term in DOMAIN]
    return lambda: pd.DataFrame.from_records(client.env[MODEL].search(domain).read(ODOO_FIELDS))


def copy(settings: Settings) -> Callable[[], int]:
    """Return PostgreSQL's COPY of the same columns: what the disk and the wire allow at best, without Odoo."""
    import psycopg2

    connection = psycopg2.connect(os.environ["BENCH_DSN"])
    query = (
        f"copy (select {', '.join(ODOO_FIELDS)} from account_move "
        "where move_type = 'out_invoice' and state = 'posted') to stdout"
    )

    def pull() -> int:
        sink = io.BytesIO()
        with connection.cursor() as cursor:
            cursor.copy_expert(query, sink)
        return sink.tell()

    return pull


WAYS: dict[str, Callable[[Settings], Callable[[], pd.DataFrame | int]]] = {
    "ours": ours,
    "thrown away": thrown_away,
    "search_read": search_read,
    "odoorpc": odoorpc,
    "odooly": odooly,
    "COPY": copy,
}


def rss_bytes() -> int:
    """Return the resident memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Run one way once and print seconds, rows, peak memory above imports and the finished frame's size."""
    way = sys.argv[1]
    settings = load_settings()
    pull = WAYS[way](settings)
    gc.collect()
    before = rss_bytes()
    started = time.perf_counter()
    result = pull()
    seconds_s = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    frame = result if isinstance(result, pd.DataFrame) else None
    print(
        json.dumps(
            {
                "seconds_s": seconds_s,
                "rows": None if frame is None else len(frame),
                "peak_bytes": peak - before,
                "frame_bytes": None if frame is None else int(frame.memory_usage(deep=True).sum()),
            }
        )
    )


if __name__ == "__main__":
    main()
