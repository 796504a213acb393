"""Keep long-lived objects out of garbage collection, which Streamlit runs after every run of a script.

Each of those collections walks every object, those of modules and caches too, and holds up all sessions meanwhile;
hardly any of them is ever garbage. What is set aside is still freed with its last reference: only objects in reference
cycles wait until the next time.
"""

from __future__ import annotations

import gc
import threading

_one_at_a_time = threading.Lock()


def set_aside() -> None:
    """Collect everything, including what was set aside before, and set aside what survives.

    Call it at the end of start-up and after each change of snapshot; in the calling thread it takes as long as one of
    the collections it saves.
    """
    with _one_at_a_time:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
