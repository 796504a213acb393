"""What Streamlit's own wire and cookies mean, for the guard and the doors, which know no Streamlit."""

from __future__ import annotations

from typing import Final

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg

#: What a page's browser has to say. The rest is for developers: one visitor would empty everybody's caches, write into
#: the program's folder or read about its repository, whatever `toolbarMode` hides.
WANTED: Final = frozenset(
    {"rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request"}
)
WANTED_OPERATIONS: Final = frozenset({"deferred_file", "dataframe_chunk"})


def wanted(frame: bytes) -> bool:
    """Whether a page needs what a browser sent over its websocket; what cannot be read is left to Streamlit."""
    message = BackMsg()
    try:
        message.ParseFromString(frame)
    except DecodeError:
        return True  # It closes the connection.
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in WANTED_OPERATIONS
    return kind in WANTED
