"""Two apps and the command line on one cache directory: one writes at a time, and all read the same."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.store.snapshot import SnapshotStore
from tests.app.conftest import environment, of_odoo
from tests.app.test_startup import ROOT, get, served, wait_until_read

#: So often both apps sync by themselves.
INTERVAL_S = 10
PATIENCE_S = 60.0


def samples(url: str) -> dict[tuple[str, ...], float]:
    """Return the metrics of a running app by name and label values."""
    families = text_string_to_metric_families(get(f"{url}/api/metrics")[1])
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def written(url: str) -> int:
    """Return how many snapshots an app has written."""
    found = samples(url)
    return int(sum(value for key, value in found.items() if key[0] == "afinet_syncs_total" and key[-1] == "read"))


def test_two_apps_and_the_command_line_write_one_at_a_time_and_read_the_same(tmp_path: Path) -> None:
    with DemoServer() as server, ExitStack() as stack:
        demo = demo_settings(Settings(), server)
        key = demo.odoo_password.get_secret_value() if demo.odoo_password else ""
        folder = of_odoo(demo.odoo_url or "", demo.odoo_database or "", demo.odoo_username or "", key, tmp_path)
        asked = environment(**folder, AUTH="none", SYNC_INTERVAL_S=str(INTERVAL_S))
        urls = [stack.enter_context(served(asked, "--server.address=127.0.0.1")) for _ in range(2)]
        for url in urls:
            wait_until_read(url)
        tickets = server.orm.tables["helpdesk.ticket"]
        before = samples(urls[0])["afinet_dataset_rows", "tickets"]
        server.orm.create(
            "helpdesk.ticket", {"name": "No signal since noon", "description": "<p>Red light</p>", "company_id": 1}
        )
        commands = [
            subprocess.Popen(
                [sys.executable, "-m", "odoo_client", "sync"], cwd=ROOT, env=asked, stdout=subprocess.PIPE, text=True
            )
            for _ in range(2)
        ]
        told = [command.communicate(timeout=PATIENCE_S)[0] for command in commands]
        assert [command.returncode for command in commands] == [0, 0]
        until = time.monotonic() + PATIENCE_S
        while {samples(url)["afinet_dataset_rows", "tickets"] for url in urls} != {before + 1}:
            assert time.monotonic() < until, "both apps show what the command line read"
            time.sleep(0.5)
        assert len(tickets) == before + 1
        by_command = sum("taken over" not in text for text in told)
        (cache,) = {path.parent for path in (tmp_path / "cache").rglob("cache.db")}
        store = SnapshotStore(cache)
        until = time.monotonic() + PATIENCE_S
        # Each snapshot has the number after the one before: none was written beside another or over it.
        while (sequence := store.sequence()) != sum(map(written, urls)) + by_command:
            assert time.monotonic() < until, (sequence, [written(url) for url in urls], by_command)
            time.sleep(0.5)
        store.close()
        assert {json.loads(get(f"{url}/api/ready")[1])["ready"] for url in urls} == {True}
