"""Adopt many snapshots and open and close a session on each; print what that has left in memory.

`python -m tests.app.memory_child FOLDER TIMES` prints a JSON object: resident memory (MiB) after a fifth and at the
end, and how many of the snapshots and sessions are still alive.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import weakref
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.runtime.state import SafeSessionState
from streamlit.testing.v1 import AppTest

from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync import garbage

ROWS = 2_000


def page(folder: str) -> None:
    """A page with a list, a filter and what a session keeps of its own."""
    import streamlit as st

    from odoo_client.store.snapshot import Snapshot
    from tests.app.memory_child import stores

    snapshot = stores[folder].current()
    assert isinstance(snapshot, Snapshot)
    frame = snapshot.frame("lines")
    kept = st.session_state.setdefault("kept", {"frame": frame.head(100).copy()})
    kept["itself"] = kept  # as whatever refers to itself in a circle
    name = st.text_input("Find")
    st.dataframe(frame[frame["name"].str.contains(name)].head(50))


stores: dict[str, SnapshotStore] = {}


def rss_mb() -> float:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def made(number: int) -> Snapshot:
    """Return a snapshot unlike all others."""
    ids = pd.Series(range(number, number + ROWS), dtype="int64")
    frame = pd.DataFrame({"line_id": ids, "name": ids.astype("str"), "residual": ids * 1.01})
    return Snapshot.from_frames({"lines": frame}, full_at=datetime.now(UTC))


def main(folder: str, times: int) -> None:
    """Do it and print what is left."""
    logging.disable(logging.CRITICAL)
    store = stores[folder] = SnapshotStore(Path(folder))
    other = SnapshotStore(Path(folder))  # another program's, as `python -m odoo_client sync` is
    store.on_adopted = garbage.set_aside
    snapshots: list[weakref.ref[Snapshot]] = []
    sessions: list[weakref.ref[SafeSessionState]] = []
    at_a_fifth, components = 0.0, BidiComponentManager()
    for number in range(times):
        other.write(made(number))
        visit = AppTest.from_function(page, args=(folder,), default_timeout=60)
        visit._bidi_component_manager = components  # made anew it reads every package's metadata, each time
        visit.run()
        assert not visit.exception, visit.exception
        found = store.current()
        assert found is not None
        snapshots.append(weakref.ref(found))
        # What `session_state` gives only wraps it, and goes with the visit whatever becomes of the state.
        sessions.append(weakref.ref(visit._session_state))
        if number == times // 5:
            at_a_fifth = rss_mb()
    at_the_end = rss_mb()
    del visit, found
    alive = [sum(one() is not None for one in kind) for kind in (snapshots, sessions)]
    left = {"at_a_fifth": at_a_fifth, "at_the_end": at_the_end, "snapshots": alive[0], "sessions": alive[1]}
    sys.stdout.write(json.dumps(left))
    other.close()
    store.close()


if __name__ == "__main__":
    sys.modules["tests.app.memory_child"] = sys.modules["__main__"]
    main(sys.argv[1], int(sys.argv[2]))
