"""Fifty people at once over a million receivable lines: `python bench/sessions.py`.

A real server process with the synthetic books in its cache; sessions are websockets that speak Streamlit's own
protocol, without a sign-in (AUTH=none on a loopback address). Measured: the server's memory with the first session
and with all of them, and how long one session's rerun takes while the others stand idle. The limits: at most 5 MB a
session above the shared snapshot, and a rerun within 1.5 times of one session alone.

All sessions see the same unless `--scopes N` gives them N sets of rights in turn (`bench/scoped.py`): each has a
snapshot cut to it, of which the app keeps the last few, so memory is printed for each of them too and limited for none.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from streamlit.proto.BackMsg_pb2 import BackMsg  # noqa: E402
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg  # noqa: E402
from websockets.sync.client import ClientConnection, connect  # noqa: E402
from websockets.typing import Origin, Subprotocol  # noqa: E402

from bench.synthetic import synthetic_frames  # noqa: E402
from odoo_client.config import load_settings  # noqa: E402
from odoo_client.store.snapshot import Snapshot  # noqa: E402
from odoo_client.sync.background import store_for  # noqa: E402

MEMORY_LIMIT_MB = 5.0
TIME_LIMIT = 1.5
ROUNDS = 15
#: Time for the first run over a million lines, and for the server to start.
PATIENCE_S = 300.0
#: The background sync finds nobody there: the figures stay the ones written here.
NOWHERE = "http://127.0.0.1:9"


class Visitor:
    """One open session on one page."""

    def __init__(self, port: int, page: str, scope: int = 0) -> None:
        self.page = page
        self.socket: ClientConnection = connect(
            f"ws://127.0.0.1:{port}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            origin=Origin(f"http://127.0.0.1:{port}"),
            max_size=None,
            legacy=True,
            compression=None,
            additional_headers={"X-Scope": str(scope)},
        )
        self.size_bytes = 0

    def rerun(self, query: str = "") -> float:
        """Run the page and return the milliseconds until its script has finished."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = self.page
        started = time.perf_counter()
        self.socket.send(message.SerializeToString())
        while True:
            got = ForwardMsg()
            data = self.socket.recv(timeout=PATIENCE_S)
            assert isinstance(data, bytes)
            got.ParseFromString(data)
            self.size_bytes += len(data)
            if got.WhichOneof("type") == "delta" and got.delta.new_element.WhichOneof("type") == "exception":
                raise SystemExit(f"the page failed: {got.delta.new_element.exception.message}")
            if got.WhichOneof("type") == "script_finished":
                return (time.perf_counter() - started) * 1_000


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this system tells no resident memory")


def serve(folder: Path, port: int, program: str) -> subprocess.Popen[bytes]:
    """Start the app over the books in `folder` and wait until it shows them."""
    process = subprocess.Popen(
        [sys.executable, "-m", program, "run", "app.py", "--server.headless=true", f"--server.port={port}"],
        cwd=ROOT,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/ready", timeout=60):  # noqa: S310
                return process
        except OSError:
            time.sleep(0.5)
    process.kill()
    raise SystemExit("the app did not start")


def environment(folder: Path) -> dict[str, str]:
    """Return the app's surroundings: an Odoo that is not there, the cache in `folder`, nobody asked who they are."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ODOO_", "STREAMLIT_"))}
    account = {"ODOO_URL": NOWHERE, "ODOO_DATABASE": "bench", "ODOO_USERNAME": "bench", "ODOO_PASSWORD": "bench"}
    folders = {"CACHE_DIR": str(folder / "cache"), "DATA_DIR": str(folder / "data")}
    return kept | account | folders | {"AUTH": "none", "SYNC_INTERVAL_S": "86400", "ODOO_CONNECT_TIMEOUT_S": "0.2"}


def main(lines: int, count: int, page: str, scopes: int) -> int:
    """Print the figures and return 0 when both limits hold."""
    with tempfile.TemporaryDirectory(prefix="bench-sessions-") as name:
        folder = Path(name)
        store = store_for(load_settings(environment(folder)))
        shared_mb = store.write(Snapshot.from_frames(synthetic_frames(lines))).size_bytes / 2**20
        store.close()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        process = serve(folder, port, "bench.scoped" if scopes > 1 else "streamlit")
        try:
            return measured(process.pid, port, count, page, f"{lines:,} lines, frames {shared_mb:,.0f} MB", scopes)
        finally:
            process.terminate()
            process.wait(30)


def measured(pid: int, port: int, count: int, page: str, what: str, scopes: int) -> int:
    """Measure one session alone, then beside all the others."""
    first = Visitor(port, page)
    for _ in range(3):
        first.rerun()
    alone_ms = statistics.median(first.rerun() for _ in range(ROUNDS))
    before_mb = memory_mb(pid)
    others = [Visitor(port, page, number % scopes) for number in range(1, count)]
    firsts = [one.rerun() for one in others]
    each_mb = (memory_mb(pid) - before_mb) / max(1, len(others))
    beside_ms = statistics.median(first.rerun() for _ in range(ROUNDS))
    after_mb = (memory_mb(pid) - before_mb) / max(1, len(others))
    for one in (first, *others):
        one.socket.close()
    print(f"{what}; {count} sessions on {page}" + (f" of {scopes} scopes" if scopes > 1 else ""))
    print(f"memory of the server with one session {before_mb:,.0f} MB; a session more {max(each_mb, after_mb):.2f} MB")
    print(
        f"rerun alone {alone_ms:.0f} ms, beside {len(others)} idle {beside_ms:.0f} ms: {beside_ms / alone_ms:.2f} times"
    )
    if scopes > 1:
        grown_mb = max(each_mb, after_mb) * len(others)
        print(f"all of them {grown_mb:,.0f} MB, {grown_mb / (scopes - 1):.0f} MB a scope more")
        print(f"their first run {statistics.median(firsts):.0f} ms, at most {max(firsts):.0f} ms")
    held = (scopes > 1 or max(each_mb, after_mb) <= MEMORY_LIMIT_MB) and beside_ms <= TIME_LIMIT * alone_ms
    print(f"limits {MEMORY_LIMIT_MB:g} MB (one scope) and {TIME_LIMIT:g} times: {'held' if held else 'NOT held'}")
    return 0 if held else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--lines", type=int, default=1_000_000, help="receivable lines in the books")
    parser.add_argument("--sessions", type=int, default=50, help="sessions open at once")
    parser.add_argument("--page", default="arrears", help="the page they are on")
    parser.add_argument("--scopes", type=int, default=1, help="kinds of sight among the sessions")
    given = parser.parse_args()
    sys.exit(main(given.lines, given.sessions, given.page, max(1, given.scopes)))
