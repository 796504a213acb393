"""Metrics of the app itself, as `streamlit run app.py` serves it, and how long its pages take: whole ones only."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import RerunData, RerunException, StopException

from pages.ui.menu import PAGES
from pages.ui.session import backend, measured
from tests.app.conftest import SUPPORT, Stage, environment
from tests.app.streams import run_page, stream
from tests.app.test_startup import get, served, wait_until_read

TOKEN = "0123456789abcdef" * 4


def drawn(page: str) -> float:
    """Return how many times a page of this process was drawn."""
    return backend.measures.registry.get_sample_value("afinet_page_duration_seconds_count", {"page": page}) or 0.0


# Pages of this process


@pytest.mark.parametrize("page", ["overview", "arrears", "outbox"])
def test_a_page_that_is_opened_is_counted_once_under_its_name(provider: Stage, page: str) -> None:
    before = {name: drawn(name) for name in PAGES}
    provider.open(f"{page}.py")
    assert {name for name in PAGES if drawn(name) != before[name]} == {page}
    assert drawn(page) == before[page] + 1


def test_a_page_that_has_nothing_to_show_was_drawn_too(stage: Stage) -> None:
    before = drawn("arrears")
    stage.open("arrears.py")
    assert drawn("arrears") == before + 1


def test_a_page_that_may_not_be_opened_was_not_drawn(provider: Stage) -> None:
    provider.sign_in(SUPPORT)
    before = drawn("audit")
    provider.open("audit.py")
    assert drawn("audit") == before


def test_a_page_that_stops_or_fails_is_counted_as_long_as_it_took() -> None:
    for error in (StopException(), ValueError("a bug")):
        before = drawn("orders")
        with pytest.raises(type(error)), measured.page("orders"):
            raise error
        assert drawn("orders") == before + 1


def test_a_run_that_is_given_up_for_the_next_one_is_not_counted() -> None:
    before = drawn("orders")
    with pytest.raises(RerunException), measured.page("orders"):
        raise RerunException(RerunData())
    assert drawn("orders") == before


# The app as it is served


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    with served(environment(CACHE_DIR=str(folder / "cache"), METRICS_TOKEN=TOKEN)) as url:
        wait_until_read(url)
        yield url


def asked(url: str, **headers: str) -> int:
    """Return how the app answers to a request for metrics with these headers."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{url}/api/metrics", headers=names)  # noqa: S310 (loopback)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        return exc.code


def told(url: str) -> dict[tuple[str, str], float]:
    """Return the samples by name and label, "" where there is none."""
    status, text = get(f"{url}/api/metrics")
    assert status == 200
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "outcome" not in sample.labels
    }


def test_a_program_on_this_machine_reads_what_the_app_has_read(app: str) -> None:
    found = told(app)
    assert found["afinet_ready", ""] == 1
    assert found["afinet_sync_duration_seconds_count", "full"] == 1
    assert found["afinet_odoo_received_bytes_total", ""] > 100_000
    assert found["afinet_dataset_rows", "customers"] > 100
    assert found["afinet_figures_age_seconds", ""] < 300
    assert found["afinet_outbox_entries", "waiting"] == 0


def test_through_a_proxy_it_takes_the_token(app: str) -> None:
    assert asked(app, X_Forwarded_For="127.0.0.1") == 401
    assert asked(app, X_Forwarded_For="127.0.0.1", Authorization=f"Bearer {TOKEN[1:]}0") == 401
    assert asked(app, X_Forwarded_For="192.0.2.7", Authorization=f"Bearer {TOKEN}") == 200


def test_ready_of_an_app_that_is_well_has_no_reason(app: str) -> None:
    assert json.loads(get(f"{app}/api/ready")[1])["reason"] is None


def test_a_fragment_that_runs_by_itself_is_no_page(app: str) -> None:
    count = ("afinet_page_duration_seconds_count", "tickets")
    before = told(app).get(count, 0.0)
    with stream(app) as opened:
        frames = run_page(opened, "tickets")
        assert frames[-1].script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        assert told(app)[count] == before + 1
        assert told(app)["afinet_open_tabs", ""] == 1
        fragments = [frame.auto_rerun.fragment_id for frame in frames if frame.WhichOneof("type") == "auto_rerun"]
        assert fragments
        ended = run_page(opened, "tickets", fragment=fragments[0])[-1]
        assert ended.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
        assert told(app)[count] == before + 1
