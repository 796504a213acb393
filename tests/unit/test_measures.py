"""What `/api/metrics` tells: each metric by what it counts, documented, and with nobody's name in a label."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from pydantic import SecretStr

from odoo_client.actions.outbox.entry import STATES, Author
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.config import Settings
from odoo_client.endpoints import readiness
from odoo_client.endpoints.measures import Measures, Parts
from odoo_client.people.access import Person
from odoo_client.people.sessions import Sessions
from odoo_client.rpc import http
from odoo_client.rpc.http import TransportStats
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync.background import SyncRunner
from tests.builders import empty_frames, snapshot
from tests.support import reference

DEPLOYING = (Path(__file__).parents[2] / "docs" / "deploying.md").read_text(encoding="utf-8")
ANN = Person("ann@staff.example", "Ann Moyo", 2, frozenset({"finance"}), frozenset({1}))
#: The names that a label may have, and what its values look like: words of our own.
LABELS = {"mode", "outcome", "page", "reason", "dataset", "state", "le"}


class App:
    """What is looked at, as a running app has it."""

    def __init__(self, folder: Path) -> None:
        self.runner = SyncRunner(Settings(cache_dir=folder / "cache"))
        self.outbox = Outbox(folder / "outbox.sqlite3")
        self.sessions = Sessions(idle_s=1800, absolute_s=36_000, recheck=lambda session: session.person)
        self.measures = Measures(lambda: Parts(self.runner, self.outbox, self.sessions), lambda: 3)

    def show(self, snapshot: Snapshot) -> None:
        self.runner.store.write(snapshot)

    def value(self, name: str, **labels: str) -> float | None:
        return self.measures.registry.get_sample_value(name, labels)

    def values(self, name: str, label: str) -> dict[str, float]:
        return {one.labels[label]: one.value for one in parsed(self.measures)[name].samples}

    def enter(self, subject: str = "res.partner:7") -> str:
        author = Author(ANN.login, ANN.name)
        return self.outbox.add("activity", author, title="Call Tendai Moyo", payload={}, subject=subject).token


def parsed(measures: Measures) -> dict[str, Metric]:
    """Return the metrics by name as Prometheus's own parser of OpenMetrics reads them."""
    return {one.name: one for one in text_string_to_metric_families(measures.text().decode())}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = App(tmp_path)
    yield made
    made.runner.stop()


def busy(app: App) -> App:
    """Return the app once something of everything was counted."""
    app.show(snapshot(customers=[{"partner_id": 7, "name": "Tendai Moyo"}]))
    app.sessions.start(ANN, SecretStr("key"), browser="Firefox", address="192.0.2.7")
    app.enter()
    app.measures.synced("full", "read", 12.5)
    app.measures.synced("changes", "failed", 60.0)
    app.measures.drawn("arrears", 0.3)
    return app


# The format


def test_prometheus_s_own_parser_takes_all_of_it(app: App) -> None:
    names = set(parsed(busy(app).measures))
    assert names == {one.name for one in app.measures.registry.collect()}
    assert all(name.startswith("afinet_") for name in names)


def test_it_is_whole_before_anything_runs() -> None:
    assert parsed(Measures(lambda: None)).keys() == parsed(Measures(lambda: None, lambda: 1)).keys()


def test_each_metric_says_what_it_is_and_in_which_unit(app: App) -> None:
    for one in parsed(busy(app).measures).values():
        assert one.documentation, one.name
        assert one.unit == (found[1] if (found := re.search(r"_(seconds|bytes)$", one.name)) else ""), one.name


def test_a_process_s_metrics_are_in_a_registry_of_their_own(app: App) -> None:
    assert not [one.name for one in REGISTRY.collect() if one.name.startswith("afinet_")]
    Measures(lambda: None)  # a second one is refused by a registry that is shared


@pytest.mark.parametrize("metric", [one.name for one in Measures(lambda: None).registry.collect()])
def test_every_metric_is_documented(metric: str) -> None:
    part = DEPLOYING.split("\n### Metrics\n", 1)[1].split("\n## ", 1)[0]
    assert re.search(rf"^\| `{metric}(_total)?` \| \w+ \| ", part, re.MULTILINE), f"run {reference.COMMAND}"


def test_alarms_in_the_documentation_are_about_metrics_that_there_are(app: App) -> None:
    told = {one.name for family in parsed(busy(app).measures).values() for one in family.samples}
    assert set(re.findall(r"^- `(?:\w+\()?(afinet_\w+)", DEPLOYING, re.MULTILINE)) <= told


# What no label holds


def test_labels_are_names_of_our_own(app: App) -> None:
    for family in parsed(busy(app).measures).values():
        for one in family.samples:
            assert set(one.labels) <= LABELS, one
            plain = [value for name, value in one.labels.items() if name != "le"]
            assert all(re.fullmatch("[a-z_]+", value) for value in plain), one


def test_nobody_is_named(app: App) -> None:
    text = busy(app).measures.text().decode()
    for private in (ANN.login, ANN.name, "Moyo", "192.0.2.7", "Firefox", "AFN-", "res.partner"):
        assert private not in text


# Syncs


def test_syncs_are_counted_by_what_they_read_and_how_they_ended(app: App) -> None:
    busy(app).measures.synced("changes", "failed", 1.0)
    assert app.value("afinet_syncs_total", mode="full", outcome="read") == 1
    assert app.value("afinet_syncs_total", mode="changes", outcome="failed") == 2


def test_the_first_failure_is_a_rise_from_zero(app: App) -> None:
    for mode in ("full", "changes", "partial"):
        for outcome in ("read", "joined", "failed"):
            assert app.value("afinet_syncs_total", mode=mode, outcome=outcome) == 0


@pytest.mark.parametrize(("outcome", "count"), [("read", 1), ("joined", 0), ("failed", 0)])
def test_only_a_sync_that_read_tells_how_long_reading_takes(app: App, outcome: Any, count: int) -> None:
    app.measures.synced("changes", outcome, 2.0)
    assert app.value("afinet_sync_duration_seconds_count", mode="changes") == count
    assert app.value("afinet_sync_duration_seconds_sum", mode="changes") == 2.0 * count


def test_the_last_success_is_when_the_newest_snapshot_was_taken(app: App) -> None:
    assert app.value("afinet_sync_last_success_timestamp_seconds") is None
    app.show(snapshot())
    assert app.value("afinet_sync_last_success_timestamp_seconds") == pytest.approx(time.time(), abs=60)


def test_bytes_of_every_connection_are_counted(app: App) -> None:
    before = app.value("afinet_odoo_received_bytes_total")
    assert before is not None
    one, other = TransportStats(), TransportStats()
    threads = [threading.Thread(target=lambda: one.add(bytes_received=7)) for _ in range(20)]
    for thread in threads:
        thread.start()
    other.add(calls=1, bytes_sent=1000, bytes_received=100)
    for thread in threads:
        thread.join()
    assert app.value("afinet_odoo_received_bytes_total") == before + 240 == http.IN_ALL.size_bytes


# Figures


def test_rows_are_those_of_each_dataset(app: App) -> None:
    app.show(snapshot(customers=[{"partner_id": 7}, {"partner_id": 8}]))
    rows = app.values("afinet_dataset_rows", "dataset")
    assert rows.keys() == empty_frames().keys()
    assert (rows["customers"], rows["tickets"]) == (2, 0)


def test_the_age_is_that_of_the_oldest_dataset(app: App) -> None:
    now = datetime.now(UTC)
    made = snapshot()
    info = dict(made.info)
    info["tickets"] = type(info["tickets"])(0, now - timedelta(seconds=500))
    app.show(Snapshot.from_frames(empty_frames(), info=info))
    assert app.value("afinet_figures_age_seconds") == pytest.approx(500, abs=30)


def test_an_age_that_a_wrong_clock_hides_is_not_told_as_zero(app: App) -> None:
    app.show(Snapshot.from_frames(empty_frames(), taken_at=datetime.now(UTC) + timedelta(days=1)))
    assert app.value("afinet_figures_age_seconds") is None
    assert app.value("afinet_problem", reason="clock") == 1


def test_whether_figures_can_be_shown_is_one_or_zero(app: App) -> None:
    assert app.value("afinet_ready") == 0
    app.show(snapshot())
    assert app.value("afinet_ready") == 1


def test_each_reason_of_ready_is_one_or_zero(app: App) -> None:
    problems = app.values("afinet_problem", "reason")
    assert tuple(problems) == readiness.CODES
    assert {code for code, value in problems.items() if value} == {"no_snapshot_yet"}


def test_asking_reads_no_snapshot_from_disk(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    app.show(snapshot())

    def read() -> None:
        raise AssertionError("the disk was asked")

    monkeypatch.setattr(app.runner.store, "_current", read)
    assert app.value("afinet_ready") == 1


def test_asking_does_not_wait_for_who_reads_one(app: App) -> None:
    app.show(snapshot())
    found: list[float | None] = []
    with app.runner.store._lock:
        asking = threading.Thread(target=lambda: found.append(app.value("afinet_ready")), daemon=True)
        asking.start()
        asking.join(10)
        assert found == [1]


# The outbox, people and tabs


def test_entries_of_the_outbox_are_counted_in_every_state(app: App) -> None:
    app.enter()
    app.outbox.change(app.enter("res.partner:8"), "failed", reason="Odoo refuses Tendai Moyo")
    entries = app.values("afinet_outbox_entries", "state")
    assert entries == dict.fromkeys(STATES, 0) | {"waiting": 1, "failed": 1}


def test_an_outbox_that_cannot_be_read_has_no_figures_and_spoils_no_other(app: App) -> None:
    app.enter()
    app.outbox.path.unlink()
    found = parsed(app.measures)
    assert found["afinet_outbox_entries"].samples == []
    assert found["afinet_sessions"].samples


def test_sessions_are_those_that_are_open(app: App) -> None:
    token = app.sessions.start(ANN, SecretStr("key"), browser="Firefox", address="192.0.2.7")
    assert app.value("afinet_sessions") == 1
    app.sessions.end(token)
    assert app.value("afinet_sessions") == 0


def test_where_nobody_signs_in_there_are_no_sessions(app: App) -> None:
    assert Measures(lambda: Parts(app.runner)).registry.get_sample_value("afinet_sessions") == 0


def test_open_tabs_are_counted(app: App) -> None:
    assert app.value("afinet_open_tabs") == 3


def test_pages_are_counted_by_their_names_in_seconds(app: App) -> None:
    for seconds in (0.3, 0.04, 7.0):
        app.measures.drawn("arrears", seconds)
    assert app.value("afinet_page_duration_seconds_count", page="arrears") == 3
    assert app.value("afinet_page_duration_seconds_sum", page="arrears") == pytest.approx(7.34)
    assert app.value("afinet_page_duration_seconds_bucket", page="arrears", le="0.5") == 2
