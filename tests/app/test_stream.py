"""What a visitor's browser may say to Streamlit, and what nobody's browser can take away from everybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

from pages.ui import runtime, stream
from tests.app.conftest import settings_for


@pytest.mark.parametrize(
    "kind",
    ["clear_cache", "set_run_on_save", "load_git_info", "debug_disconnect_websocket", "debug_shutdown_runtime"],
)
def test_what_developers_ask_of_streamlit_is_wanted_of_nobody(kind: str) -> None:
    assert not stream.wanted(BackMsg(**{kind: True}).SerializeToString())


@pytest.mark.parametrize("payload", ["install_skills", "dismiss_skills_nudge"])
def test_nor_is_what_writes_into_the_program_s_folder(payload: str) -> None:
    message = BackMsg()
    getattr(message.backend_operation_request, payload).SetInParent()
    assert not stream.wanted(message.SerializeToString())


def test_what_a_page_needs_is_wanted() -> None:
    needed = [BackMsg(stop_script=True), BackMsg(app_heartbeat=True), BackMsg(rerun_script=ClientState())]
    for payload in ("deferred_file", "dataframe_chunk"):
        message = BackMsg()
        getattr(message.backend_operation_request, payload).SetInParent()
        needed.append(message)
    message = BackMsg()
    message.file_urls_request.SetInParent()
    for one in (*needed, message):
        assert stream.wanted(one.SerializeToString()), one


def test_what_comes_last_in_a_frame_counts_as_it_does_for_streamlit() -> None:
    clear, run = BackMsg(clear_cache=True).SerializeToString(), BackMsg(stop_script=True).SerializeToString()
    assert not stream.wanted(run + clear)
    assert stream.wanted(clear + run)


def test_what_is_no_message_is_left_to_streamlit_and_an_empty_one_is_not() -> None:
    assert stream.wanted(b"\xff\xff\xff")
    assert not stream.wanted(b"")


@pytest.fixture
def own_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A backend of this process, as the app starts it, on an Odoo that does not answer."""
    monkeypatch.setattr(runtime, "app_settings", lambda: settings_for(tmp_path / "cache", data_dir=tmp_path / "data"))
    yield
    runtime.release()


def test_emptying_streamlit_s_caches_neither_stops_the_backend_nor_signs_anybody_out(
    own_backend: None,
) -> None:
    found = runtime.backend()
    st.cache_data.clear()
    st.cache_resource.clear()
    assert runtime.backend() is found
    assert found.sender is not None
    assert not found.sender._stopping.is_set()


def test_a_backend_that_was_let_go_is_stopped_and_the_next_is_another(own_backend: None) -> None:
    found = runtime.backend()
    runtime.release()
    assert runtime.backend() is not found
    assert found.sender is not None
    assert found.sender._stopping.is_set()
