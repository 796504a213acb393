"""What Streamlit's own messages and cookies mean, for the guard and the sign-in, which do not import Streamlit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from google.protobuf.message import DecodeError
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime import Runtime
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

#: What a page's browser needs to send. The rest is for developers: with it one visitor could empty everybody's caches,
#: write into the program's folder or read about its repository, even where `toolbarMode` hides that.
WANTED: Final = frozenset(
    {"rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request"}
)
WANTED_OPERATIONS: Final = frozenset({"deferred_file", "dataframe_chunk"})


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
