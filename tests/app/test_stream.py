"""What a visitor's browser may say to Streamlit, and what nobody's browser can take away from everybody."""

from __future__ import annotations

import asyncio
import secrets
import string
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
import streamlit as st
from starlette.responses import Response
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.web.server.starlette.starlette_auth_routes import _set_auth_cookie

from odoo_client.endpoints.authentication import sign_on_id
from pages.ui.session import backend as runtime
from pages.ui.session import streamlit_internals
from tests.app.conftest import settings_for
from tests.builders import Ledger


@pytest.mark.parametrize(
    "kind",
    ["clear_cache", "set_run_on_save", "load_git_info", "debug_disconnect_websocket", "debug_shutdown_runtime"],
)
def test_what_developers_ask_of_streamlit_is_wanted_of_nobody(kind: str) -> None:
    assert not streamlit_internals.wanted(BackMsg(**{kind: True}).SerializeToString())


@pytest.mark.parametrize("payload", ["install_skills", "dismiss_skills_nudge"])
def test_nor_is_what_writes_into_the_program_s_folder(payload: str) -> None:
    message = BackMsg()
    getattr(message.backend_operation_request, payload).SetInParent()
    assert not streamlit_internals.wanted(message.SerializeToString())


def test_what_a_page_needs_is_wanted() -> None:
    needed = [BackMsg(stop_script=True), BackMsg(app_heartbeat=True), BackMsg(rerun_script=ClientState())]
    for payload in ("deferred_file", "dataframe_chunk"):
        message = BackMsg()
        getattr(message.backend_operation_request, payload).SetInParent()
        needed.append(message)
    message = BackMsg()
    message.file_urls_request.SetInParent()
    for one in (*needed, message):
        assert streamlit_internals.wanted(one.SerializeToString()), one


def test_what_comes_last_in_a_frame_counts_as_it_does_for_streamlit() -> None:
    clear, run = BackMsg(clear_cache=True).SerializeToString(), BackMsg(stop_script=True).SerializeToString()
    assert not streamlit_internals.wanted(run + clear)
    assert streamlit_internals.wanted(clear + run)


def test_what_is_no_message_is_left_to_streamlit_and_an_empty_one_is_not() -> None:
    assert streamlit_internals.wanted(b"\xff\xff\xff")
    assert not streamlit_internals.wanted(b"")


# Single sign-on: the cookies as Streamlit writes them

CLAIMS = {"iss": "https://id.example", "sub": "7", "email": "ann@staff.example", "iat": 1_800_000_000}
#: What cannot be packed into one cookie.
LONG = {"groups": secrets.token_hex(5000)}


def cookies_of(**more: object) -> dict[str, str]:
    """Return the cookies of a single sign-on, in parts where it is long."""
    answer = Response()
    asyncio.run(_set_auth_cookie(answer, CLAIMS | {"is_logged_in": True, **more}, {"id_token": "x"}))
    found: dict[str, str] = {}
    for name, value in answer.raw_headers:
        if name == b"set-cookie":
            one = SimpleCookie(value.decode())
            found |= {key: morsel.value for key, morsel in one.items() if morsel.value}
    return found


@pytest.mark.parametrize("more", [{}, LONG], ids=["short", "in parts"])
def test_what_streamlit_signed_is_taken_whole_and_in_parts(more: dict[str, object]) -> None:
    cookies = cookies_of(**more)
    assert ("_streamlit_user_2" in cookies) == bool(more)
    found = streamlit_internals.sign_on(cookies)
    assert {name: found[name] for name in CLAIMS} == CLAIMS


@pytest.mark.parametrize("more", [{}, LONG], ids=["short", "in parts"])
def test_a_sign_on_is_the_same_one_however_its_cookies_are_written(more: dict[str, object]) -> None:
    cookies = cookies_of(**more)
    known = sign_on_id(streamlit_internals.sign_on(cookies))
    assert known
    for junk in ("_streamlit_userX", "_streamlit_user_", "_streamlit_user_9", "_streamlit_user__1", "_streamlit"):
        assert sign_on_id(streamlit_internals.sign_on(cookies | {junk: "1"})) == known
    # Base64 has several spellings of the signature's last bits.
    for name in cookies:
        for letter in string.ascii_letters + string.digits + "-_=":
            respelled = cookies | {name: cookies[name][:-1] + letter}
            assert sign_on_id(streamlit_internals.sign_on(respelled)) in (known, "")


def test_what_streamlit_did_not_sign_is_nobody_s_sign_on() -> None:
    cookies = cookies_of()
    signed = cookies["_streamlit_user"]
    assert streamlit_internals.sign_on({}) == {}
    for forged in ("", "1", "{}", signed[::-1], "é" + signed, "\u2603"):
        assert streamlit_internals.sign_on({"_streamlit_user": forged}) == {}
    assert streamlit_internals.sign_on({"_streamlit_user": cookies["_streamlit_user_tokens"]}) == {}
    assert streamlit_internals.sign_on({"_streamlit_userX": signed}) == {}
    assert streamlit_internals.sign_on(cookies_of(is_logged_in=False)) == {}


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


def test_the_doors_know_the_logins_that_odoo_has(own_backend: None) -> None:
    backend = runtime.backend()
    assert backend.doors is not None
    assert not backend.doors.is_login("admin")
    book = Ledger()
    book.frames["users"].append({"user_id": 2, "login": "Admin", "name": "Ada"})
    backend.runner.store.write(book.snapshot())
    assert backend.doors.is_login("admin")
    assert not backend.doors.is_login("P@ssw0rd2026")
