"""Half-written answers are bounded, one person's own, and gone when they are sent or their writer signs out."""

from __future__ import annotations

import time

import pytest

from pages.ui.session import drafts
from pages.ui.session.drafts import Drafts


def test_each_writer_has_their_own_text_of_each_subject() -> None:
    kept = Drafts()
    kept.keep("ann", "ticket:1", "Dear")
    kept.keep("ben", "ticket:1", "Hello")
    kept.keep("ann", "ticket:1", "Dear customer")
    assert (kept.of("ann", "ticket:1"), kept.of("ben", "ticket:1")) == ("Dear customer", "Hello")
    assert kept.of("ann", "ticket:2") == kept.of("", "ticket:1") == ""


def test_what_is_sent_or_emptied_or_signed_out_is_gone() -> None:
    kept = Drafts()
    for subject in ("ticket:1", "ticket:2", "ticket:3"):
        kept.keep("ann", subject, "Dear")
        kept.keep("ben", subject, "Hello")
    kept.drop("ann", "ticket:1")
    kept.keep("ann", "ticket:2", " \n")
    assert [kept.of("ann", f"ticket:{number}") for number in (1, 2, 3)] == ["", "", "Dear"]
    kept.forget("ann")
    kept.forget("nobody")
    assert kept.of("ann", "ticket:3") == ""
    assert kept.of("ben", "ticket:3") == "Hello"


def test_a_text_too_long_is_cut_between_letters() -> None:
    kept = Drafts()
    kept.keep("ann", "ticket:1", "é" * drafts.MAX_TEXT_BYTES)
    assert kept.of("ann", "ticket:1") == "é" * (drafts.MAX_TEXT_BYTES // 2)
    kept.keep("ann", "ticket:1", "broken \ud800")
    assert kept.of("ann", "ticket:1") == "broken ?"


def test_one_person_and_all_together_keep_so_much_and_no_more() -> None:
    kept = Drafts()
    for number in range(drafts.MAX_EACH + 5):
        kept.keep("ann", f"ticket:{number}", "Dear")
    assert [kept.of("ann", f"ticket:{number}") for number in (0, 4, 5)] == ["", "", "Dear"]
    large = "x" * drafts.MAX_TEXT_BYTES
    writers = drafts.MAX_BYTES // drafts.MAX_TEXT_BYTES + 3
    for number in range(writers):
        kept.keep(f"writer {number}", "ticket:1", large)
    held = [number for number in range(writers) if kept.of(f"writer {number}", "ticket:1")]
    assert len(held) <= drafts.MAX_BYTES // drafts.MAX_TEXT_BYTES
    assert held[-1] == writers - 1, "the oldest go first"
    assert kept.of("ann", "ticket:10") == ""


def test_after_a_day_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Drafts()
    kept.keep("ann", "ticket:1", "Dear")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + drafts.KEPT_S + 60)
    assert kept.of("ann", "ticket:1") == ""
    kept.keep("ben", "ticket:2", "Hello")
    assert ("ann", "ticket:1") not in kept._drafts
