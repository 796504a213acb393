"""An upload stays in memory as long as the form shows its file, and no longer."""

from __future__ import annotations

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from tests.app.test_payments_page import Desk, button, desk, enter, picture

__all__ = ["desk"]


@pytest.fixture
def dropped(live_patch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the uploads that pages let go."""
    found: list[str] = []
    live_patch.setattr(MemoryUploadedFileManager, "remove_file", lambda _store, _tab, file_id: found.append(file_id))
    return found


def test_what_was_sent_leaves_the_memory(desk: Desk, dropped: list[str]) -> None:
    visit = enter(desk)
    file_id = visit.file_uploader[0].value.file_id
    assert not dropped
    if button(visit, "payment_send").disabled:
        next(box for box in visit.checkbox if "send it all the same" in box.label).check().run()
    button(visit, "payment_send").click().run()
    assert len(desk.entries()) == 1
    assert dropped == [file_id]


def test_so_does_a_file_that_another_has_taken_the_place_of(desk: Desk, dropped: list[str]) -> None:
    visit = enter(desk)
    file_id = visit.file_uploader[0].value.file_id
    visit.file_uploader[0].upload("other.png", picture(), "image/png").run()
    assert not visit.exception
    assert dropped == [file_id]


def test_and_one_that_was_kept_and_is_removed(desk: Desk, dropped: list[str]) -> None:
    visit = enter(desk)
    file_id = visit.file_uploader[0].value.file_id
    for shown in ("Decide", "Enter a proof"):
        visit.segmented_control(key="payments_show").set_value(shown).run()
    assert not dropped
    button(visit, "payment_file_drop").click().run()
    assert dropped == [file_id]
