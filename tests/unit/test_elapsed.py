"""How long ago an answer was lost, whatever is done to the clock on the wall."""

from __future__ import annotations

import time

import pytest

from odoo_client.actions.outbox import elapsed


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux counts the seconds since its start")
@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_setting_the_clock_makes_nothing_longer_or_shorter_ago(step_s: float) -> None:
    kept = elapsed.stamp(time.time)
    kept["gave_up_s"] -= step_s
    assert elapsed.since_s(kept, time.time) == pytest.approx(0.0, abs=5.0)


def test_after_a_restart_of_the_machine_the_clock_on_the_wall_has_to_do() -> None:
    kept = elapsed.stamp(time.time) | {"boot": "another start"}
    kept["gave_up_s"] -= 90.0
    assert elapsed.since_s(kept, time.time) == pytest.approx(90.0, abs=5.0)


def test_a_machine_that_does_not_tell_goes_by_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elapsed, "_ticks", lambda: None)
    kept = elapsed.stamp(time.time)
    assert set(kept) == {"gave_up_s"}
    kept["gave_up_s"] -= 90.0
    assert elapsed.since_s(kept, time.time) == pytest.approx(90.0, abs=5.0)


def test_a_clock_of_ones_own_is_believed() -> None:
    now = [100.0]
    kept = elapsed.stamp(lambda: now[0])
    now[0] += 30.0
    assert elapsed.since_s(kept, lambda: now[0]) == 30.0
