"""What lives long is set aside from garbage collection, which Streamlit runs after every run of a script.

Each of those collections walks every object there is, the modules' and the caches' too, and holds up all sessions
meanwhile; hardly any of these is ever garbage. What is set aside is still freed with its last reference: only what
refers to itself in a circle waits until the next time.
"""

from __future__ import annotations

import gc
import threading

_one_at_a_time = threading.Lock()


def set_aside() -> None:
    """Collect everything, what was set aside before too, and set aside what lives on.

    For the end of start-up and after each change of snapshot; it takes as long as one of the collections it saves, in
    the thread that calls.
    """
    with _one_at_a_time:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
