"""A browser's websocket to the app, for tests that look at what is sent over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE_S = 60.0


@contextmanager
def stream(url: str, *, cookies: str = "", browser: str = "A browser/1.0") -> Iterator[ClientConnection]:
    """Connect as a page of the app at `url` does."""
    with connect(
        f"{url.replace('http:', 'ws:')}/_stcore/stream",
        origin=Origin(url),
        additional_headers={"Cookie": cookies} if cookies else None,
        user_agent_header=browser,
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
    ) as opened:
        yield opened


def run_page(opened: ClientConnection, page: str, *, fragment: str = "") -> list[ForwardMsg]:
    """Ask for a run of a page, or of one fragment of it; return what is sent, the last of it how the run ended."""
    asked = BackMsg()
    asked.rerun_script.page_name, asked.rerun_script.fragment_id = page, fragment
    opened.send(asked.SerializeToString())
    return until_finished(opened)


def until_finished(opened: ClientConnection) -> list[ForwardMsg]:
    """Return what is sent until a run ends."""
    frames: list[ForwardMsg] = []
    while not frames or frames[-1].WhichOneof("type") != "script_finished":
        frame = ForwardMsg()
        sent = opened.recv(PATIENCE_S)
        assert isinstance(sent, bytes)
        frame.ParseFromString(sent)
        frames.append(frame)
    return frames
