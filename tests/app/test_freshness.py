"""How old the figures are, said by page: by what was last read whole, and by no clock that was wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.config import Settings
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync.background import store_for
from pages.ui import freshness
from tests.app.conftest import Stage, alerts, books, real
from tests.app.test_startup import REAL, get, served
from tests.builders import empty_frames

BADGES = ("Up to date", "Ageing", "Stale", "Age not known", "Not complete")
STALE_S = Settings().stale_s
LEDGER_PAGE, TICKETS_PAGE = "arrears.py", "tickets.py"


def aged(snapshot: Snapshot, seconds: float, but: Mapping[str, float] | None = None, **meta: Any) -> Snapshot:
    """Return `snapshot` as read so many seconds ago, `but` of some datasets otherwise."""
    now = datetime.now(UTC)
    ages = dict.fromkeys(snapshot, seconds) | dict(but or {})
    info = {
        name: replace(one, read_at=now - timedelta(seconds=ages.get(name, seconds)))
        for name, one in snapshot.info.items()
    }
    taken_at = now - timedelta(seconds=min(ages.values()))
    frames = {name: snapshot.frame(name) for name in snapshot}
    return real(Snapshot.from_frames(frames, info=info), **({"taken_at": taken_at} | meta))


def badge(visit: AppTest) -> str:
    """Return the badge of the freshness line."""
    (found,) = {name for name in BADGES for text in visit.markdown if f"{name}]" in text.value}
    return found


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "Up to date"), (STALE_S - 40, "Ageing"), (STALE_S + 40, "Stale"), (86_400, "Stale")],
)
def test_the_badge_turns_when_figures_are_stale(stage: Stage, seconds: float, said: str) -> None:
    stage.show(aged(books().snapshot(), seconds))
    visit = stage.open(LEDGER_PAGE)
    assert badge(visit) == said
    assert ("Stale figures" in alerts(visit)) == (said == "Stale")


def test_what_is_set_counts_instead() -> None:
    assert Settings().stale_s == 300, "a sync that finds much to read takes longer than a short interval"
    assert Settings(sync_interval_s=600).stale_s == 1200, "twice the interval"
    assert Settings(odoo_url="https://provider.odoo.com").stale_s == 600
    assert Settings(sync_interval_s=60, stale_after_s=3600).stale_s == 3600


def test_a_sync_of_the_tickets_alone_leaves_the_ledger_its_age(stage: Stage) -> None:
    """A ticket entered every four minutes kept "Up to date" over figures that nobody read."""
    tickets = dict.fromkeys(("tickets", "ticket_stages", "ticket_teams", "ticket_messages", "customers", "users"), 5.0)
    stage.show(aged(books().snapshot(), 900, tickets, whole=False))
    assert badge(stage.open(LEDGER_PAGE)) == "Stale"
    assert "15 minutes old" in alerts(stage.open(LEDGER_PAGE))


def test_a_page_that_draws_on_what_was_read_again_is_up_to_date(stage: Stage) -> None:
    stage.show(aged(books().snapshot(), 5, {"receivable_lines": 900}, whole=False))
    assert badge(stage.open("services.py")) == "Up to date"
    assert badge(stage.open(LEDGER_PAGE)) == "Stale"


def all_ahead(snapshot: Snapshot) -> Snapshot:
    return aged(snapshot, -3 * 86_400)


def one_ahead(snapshot: Snapshot) -> Snapshot:
    return aged(snapshot, 5, {"tickets": -3 * 86_400})


def full_read_ahead(snapshot: Snapshot) -> Snapshot:
    return aged(snapshot, 5, full_at=datetime.now(UTC) + timedelta(days=3))


@pytest.mark.parametrize("make", [all_ahead, one_ahead, full_read_ahead])
@pytest.mark.parametrize("page", [LEDGER_PAGE, TICKETS_PAGE])
def test_a_snapshot_of_the_future_is_said_and_has_no_age(
    stage: Stage, make: Callable[[Snapshot], Snapshot], page: str
) -> None:
    stage.show(make(books().snapshot()))
    visit = stage.open(page)
    assert badge(visit) == "Age not known"
    assert "The clock was wrong" in alerts(visit)
    assert "in the future" in alerts(visit)
    assert not any(" ago" in text.value for text in visit.markdown if "badge" in text.value)


def test_the_wallboard_says_it_too(stage: Stage) -> None:
    stage.show(all_ahead(books().snapshot()))
    visit = stage.open(TICKETS_PAGE, wall="1")
    assert "The clock was wrong" in alerts(visit)
    assert not any("-" in text.value for text in visit.caption if "redrawn" in text.value)


def test_an_age_is_never_negative(stage: Stage) -> None:
    snapshot = aged(books().snapshot(), -30)
    assert freshness.age_s(snapshot, tuple(snapshot)) == 0.0
    stage.show(snapshot)
    assert badge(stage.open(LEDGER_PAGE)) == "Up to date", "half a minute is network time at work"


@pytest.mark.parametrize(
    ("seconds", "but", "least_s", "most_s", "problem"),
    [(-3 * 86_400, {}, 0, 0, True), (5, {"receivable_lines": 4_000.0}, 4_000, 4_200, False)],
    ids=["of the future", "some of it is old"],
)
def test_ready_tells_the_age_of_the_oldest_and_never_a_negative_one(
    clean_environment: Callable[..., dict[str, str]],
    tmp_path: Path,
    seconds: float,
    but: dict[str, float],
    least_s: int,
    most_s: int,
    problem: bool,
) -> None:
    settings = Settings(
        **{name.lower(): value for name, value in REAL.items()},  # type: ignore[arg-type]
        cache_dir=tmp_path,
    )
    store = store_for(settings)
    store.write(aged(Snapshot.from_frames(empty_frames()), seconds, but))
    store.close()
    with served(clean_environment(**REAL, CACHE_DIR=str(tmp_path)), "--server.address=127.0.0.1") as url:
        status, text = get(f"{url}/api/ready")
    body = json.loads(text)
    assert status == 200
    assert least_s <= body["age_s"] <= most_s
    assert ("problem" in body) == problem
