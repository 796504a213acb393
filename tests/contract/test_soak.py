"""A busy office against increments, for as long as CI has time: `bench/soak.py` does it for twenty minutes."""

from __future__ import annotations

import pytest

from bench.soak import TENANTS, soak

pytestmark = pytest.mark.odoo


@pytest.mark.parametrize(("series", "minutes"), [("19", 3.0), ("14", 2.0)])
def test_every_frame_is_what_odoo_has_after_one_increment_whatever_goes_on(series: str, minutes: float) -> None:
    seen = soak(TENANTS[series], minutes, pauses=round(minutes * 2), records=round(minutes * 100), seed=1)
    assert seen.wrong == []
    assert seen.increments > seen.pauses
