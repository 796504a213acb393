"""Keep long-lived objects out of garbage collection, which Streamlit runs after every run of a script.

Each of those collections walks every object, those of modules and caches too, and holds up all sessions meanwhile;
hardly any of them is ever garbage. What is set aside is still freed with its last reference: only objects in reference
cycles wait until the next time.
"""

from __future__ import annotations

import gc
import threading
import time
from typing import Any, Final

#: A collection of everything that takes longer than this is worth setting aside what it walks.
SLOW_S: Final = 0.005
_one_at_a_time = threading.Lock()
#: When the collection under way began, and how long the last one of everything took.
_began_s = _took_s = 0.0


def watch() -> None:
    """Time collections from now on, for `is_slow`."""
    if _note not in gc.callbacks:
        gc.callbacks.append(_note)


def is_slow() -> bool:
    """Return whether the last collection walked much: pages have made long-lived objects since the last `set_aside`."""
    return _took_s > SLOW_S


def _note(phase: str, about: dict[str, Any]) -> None:
    global _began_s, _took_s
    if phase == "start":
        _began_s = time.perf_counter()
    elif about["generation"] == 2:
        _took_s = time.perf_counter() - _began_s


def set_aside() -> None:
    """Collect everything, including what was set aside before, and set aside what survives.

    Call it at the end of start-up and after each change of snapshot; in the calling thread it takes as long as one of
    the collections it saves.
    """
    global _took_s
    with _one_at_a_time:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        _took_s = 0.0
