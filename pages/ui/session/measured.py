"""How long pages take, for `/api/metrics`: whole pages only, under their names and nobody's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pages.ui.session import backend, streamlit_internals


@contextmanager
def page(name: str) -> Iterator[None]:
    """Count what is drawn within as the page `name`.

    Streamlit runs a fragment by itself without the script that calls this. A run that is given up for the next one is
    not counted: somebody clicked on, or the page redraws itself.
    """
    began_s = time.perf_counter()
    try:
        yield
    finally:
        if not streamlit_internals.is_given_up():
            backend.measures.drawn(name, time.perf_counter() - began_s)
