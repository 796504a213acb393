"""Waiting and repeating: pure rules, no sleeping."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from odoo_client.config import is_gentle
from odoo_client.rpc.retry import Gate, RetryPolicy, gate_for, retry_after_s

STEADY = RetryPolicy(jitter=lambda: 1.0)
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def test_waits_double_up_to_the_cap() -> None:
    assert [STEADY.wait_s(attempt) for attempt in (1, 2, 3, 4, 5, 6)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_jitter_shortens_a_wait_by_at_most_half() -> None:
    waits = {RetryPolicy().wait_s(3) for _ in range(50)}
    assert all(1.0 <= wait <= 2.0 for wait in waits)
    assert len(waits) > 10


def test_retry_after_is_waited_but_capped() -> None:
    assert STEADY.wait_s(1, 7.0) == 7.0
    assert STEADY.wait_s(1, 21_600.0) == STEADY.max_retry_after_s
    assert STEADY.wait_s(1, 0.0) == 0.5


def test_no_attempt_begins_after_the_budget() -> None:
    assert STEADY.again(1, elapsed_s=10, wait_s=0.5, timeout_s=10)
    assert not STEADY.again(1, elapsed_s=29.9, wait_s=0.5, timeout_s=10)
    assert STEADY.again(3, elapsed_s=1, wait_s=0.5, timeout_s=10)
    assert not STEADY.again(4, elapsed_s=1, wait_s=0.5, timeout_s=10)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("5", 5.0),
        ("-3", 0.0),
        ("soon", None),
        ("inf", None),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOON) == seconds


def test_urllib3_repeats_failed_connections_only() -> None:
    retry = STEADY.connect_retry()
    assert (retry.connect, retry.read, retry.status, retry.redirect, retry.other) == (2, 0, 0, 0, 0)
    assert not retry.respect_retry_after_header


@pytest.mark.parametrize(
    ("host", "gentle"),
    [("odoo.com", True), ("isp.odoo.com", True), ("ISP.Odoo.com.", True), ("erp.example.com", False),
     ("notodoo.com", False), ("odoo.com.example.com", False), ("127.0.0.1", False)],
)  # fmt: skip
def test_odoos_own_hosting_is_treated_gently(host: str, gentle: bool) -> None:
    assert is_gentle(host) is gentle


def test_the_whole_process_shares_one_gate_a_host() -> None:
    assert gate_for("a.odoo.com") is gate_for("A.odoo.com.")
    assert gate_for("a.odoo.com") is not gate_for("b.odoo.com")
    assert gate_for("erp.example.com") is None


def test_a_gate_lets_calls_begin_a_second_apart() -> None:
    now_s = [100.0]
    waits: list[float] = []

    def sleep(wait_s: float) -> None:
        waits.append(wait_s)
        now_s[0] += wait_s

    gate = Gate(1.0, clock=lambda: now_s[0], sleep=sleep)
    for lasts_s in (0.25, 3.0, 0.0):
        with gate.call():
            now_s[0] += lasts_s
    assert waits == [0.75]
