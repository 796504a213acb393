"""Pressing again what was pressed, on the Payments page: a second click, a tick under another alarm."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.scriptrunner import StopException

from tests.app.conftest import alerts
from tests.app.test_payments_page import Desk, button, desk, enter

__all__ = ["desk"]


def test_a_tick_under_an_alarm_is_none_under_another_of_the_same_length(desk: Desk) -> None:
    visit = enter(desk, amount=61.0)
    next(box for box in visit.checkbox if "send it all the same" in box.label).check().run()
    assert not button(visit, "payment_send").disabled
    next(box for box in visit.number_input if box.label == "Amount").set_value(62.0).run()
    assert "USD 12.00 would stay unallocated" in alerts(visit).replace("\\", "")
    assert button(visit, "payment_send").disabled


def cut_short(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """Let the next run end while it waits for Odoo, as Streamlit ends it where it finds a second click."""
    sender = desk.stage.backend.sender
    assert sender is not None
    waits = iter([StopException()])

    def wait(token: str, timeout_s: float) -> Any:
        for cut in waits:
            raise cut
        return desk.stage.outbox.get(token)

    patch.setattr(sender, "wait", wait)


def test_a_second_click_on_send_enters_nothing_and_the_form_is_empty_then(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = button(enter(desk), "payment_send")
    cut_short(desk, monkeypatch)
    send.click().run()
    visit = send.click().run()
    assert [one.kind for one in desk.entries()] == ["payment_proof"]
    assert "used before" not in alerts(visit)
    assert [box.value for box in visit.text_input if box.label == "Customer"] == [""]
    assert "Amount" not in [box.label for box in visit.number_input]
    assert len(desk.stage.audit.read(event="write")) == 1


@pytest.mark.parametrize("runs_between", [0, 1])
def test_a_second_click_on_approve_is_the_same_entry(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, runs_between: int
) -> None:
    approve = button(desk.open(desk.draft), "payment_approve")
    cut_short(desk, monkeypatch)
    approve.click().run()
    for _ in range(runs_between):
        desk.open(desk.draft)
    visit = approve.click().run()
    assert not visit.exception
    assert [one.kind for one in desk.entries()] == ["payment_approve"]
    assert len(desk.stage.audit.read(event="decision")) == 1
