"""What of Streamlit is no public interface: its messages and cookies, and components whose files lie in this app."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import streamlit as st
from google.protobuf.message import DecodeError
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.components.v2.types import ComponentRenderer
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import RerunException
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

#: What a page's browser needs to send. The rest is for developers: with it one visitor could empty everybody's caches,
#: write into the program's folder or read about its repository, even where `toolbarMode` hides that.
WANTED: Final = frozenset(
    {"rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request"}
)
WANTED_OPERATIONS: Final = frozenset({"deferred_file", "dataframe_chunk"})
#: What comes before the names of this app's components, and the folder above those with their files.
COMPONENTS: Final = "afinet"
UI: Final = Path(__file__).parents[1]


def wanted(frame: bytes) -> bool:
    """Return whether a page needs what a browser sent over its websocket; Streamlit handles what cannot be read."""
    message = BackMsg()
    try:
        message.ParseFromString(frame)
    except DecodeError:
        return True  # Streamlit closes the connection.
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in WANTED_OPERATIONS
    return kind in WANTED


def open_tabs() -> int:
    """Return how many browser tabs are connected, 0 where no server runs."""
    return Runtime.instance()._session_mgr.num_active_sessions() if Runtime.exists() else 0


def went_back() -> bool:
    """Return whether this run was started by the browser's Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def is_given_up() -> bool:
    """Return whether the run that ends here, in a `finally`, is given up for the next one."""
    return isinstance(sys.exc_info()[1], RerunException)


def sign_on(cookies: Mapping[str, str]) -> dict[str, object]:
    """Return the claims that Streamlit signed into a browser's cookies, none where it did not sign them."""
    secret = get_cookie_secret()

    def one(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(secret, name, value.encode("latin-1", "replace"))

    found = get_cookie_with_chunks(one, USER_COOKIE_NAME)
    try:
        claims = json.loads(found) if found else {}
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) and claims.get("is_logged_in") is True else {}


def component(name: str, html: str) -> ComponentRenderer:
    """Return what draws the component `name`, made of `html` and of `NAME.js` and `NAME.css` in `assets/NAME`.

    Streamlit serves the two as files, which the content policy allows; script in Python's hands would be inline. It
    would find the folder by itself only where a package bears the distribution's name.
    """
    manager, full = get_bidi_component_manager(), f"{COMPONENTS}.{name}"
    if manager.get_component_asset_root(full) is None:
        manager.register_from_manifest(
            ComponentManifest(COMPONENTS, "1", [ComponentConfig(name, f"assets/{name}")]), UI
        )
    return _renderer(full, name, html)


@functools.cache
def _renderer(full: str, name: str, html: str) -> ComponentRenderer:
    # On another runtime than this one (a test has its own) Streamlit declares it again as it is drawn.
    return st.components.v2.component(full, html=html, css=f"{name}.css", js=f"{name}.js", isolate_styles=False)
