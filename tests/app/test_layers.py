"""Rooms depend in one direction: `odoo_client` knows no Streamlit, no page speaks to Odoo or writes raw HTML."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support import layers

ROOT = layers.ROOT
CLIENT = sorted((ROOT / "odoo_client").rglob("*.py"))
PAGES = sorted((ROOT / "pages").rglob("*.py"))
#: Whoever fetches something themselves goes past `odoo_client`; what unpickles runs whatever a file says.
FETCHING = ("requests", "urllib.request", "httpx", "http.client")
UNPICKLING = {"pickle", "dill", "cloudpickle", "joblib"}
#: What a page may use of `odoo_client`: settings, errors, the snapshot and parts of it, metrics, one customer's data,
#: documents made of these, and the actions, which put into the outbox what people enter.
ALLOWED = {"config", "errors", "roles", "frames", "metrics", "store", "customer", "documents", "actions"}
#: What one module of the pages may use beyond that, being the only way there: what starts the background sync, the
#: reads on demand, the names of the sources, the rules of technology and of tasks.
MORE = {
    "session/backend.py": {"sync", "demo", "people", "endpoints", "rpc"},
    "session/access.py": {"people"},
    "session/demo_roles.py": {"people"},
    "files.py": {"endpoints"},
    "payments/live.py": {"live"},
    "audit/table.py": {"people"},
    "view.py": {"people"},
    "freshness.py": {"sync", "demo"},
    "live.py": {"live", "datasets"},
    "tickets/state.py": {"datasets"},
    "tickets/many.py": {"datasets"},
    "odoo_lists.py": {"datasets", "sync"},
    "orders/data.py": {"sync"},
}


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, and what it takes of them, by their full names."""
    pairs = layers.imported(path)
    return {module for module, _what in pairs} | {f"{module}.{what}" for module, what in pairs if what}


def named(path: Path) -> str:
    """Return how a test calls a file."""
    return str(path.relative_to(ROOT))


def test_every_import_goes_down_to_a_lower_floor() -> None:
    assert layers.upward(layers.imports()) == []


def test_no_room_knows_itself_round_a_circle() -> None:
    assert layers.circle(layers.rooms(layers.imports())) == []


def test_no_module_knows_itself_round_a_circle() -> None:
    assert layers.circle(layers.imports()) == []


def test_the_ground_floor_is_small() -> None:
    assert len([path for path in (ROOT / "odoo_client").iterdir() if path.name != "__pycache__"]) <= 25
    assert len(list((ROOT / "pages" / "ui").glob("*.py"))) <= 25


@pytest.mark.parametrize("path", [path for path in (*CLIENT, *PAGES) if path.name == "__init__.py"], ids=named)
def test_every_room_says_what_belongs_there(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", CLIENT, ids=named)
def test_odoo_client_does_not_know_streamlit(path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] in ("streamlit", "pages", "app")}


@pytest.mark.parametrize("path", [*CLIENT, *PAGES, ROOT / "app.py"], ids=named)
def test_nothing_is_ever_unpickled(path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] in UNPICKLING}
    assert "read_pickle" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_page_takes_figures_from_the_snapshot_and_never_from_odoo(path: Path) -> None:
    used = {name.split(".")[1] for name in imported(path) if name.startswith("odoo_client.")}
    assert used <= ALLOWED | MORE.get(str(path).partition("/pages/ui/")[2], set())
    assert not {name for name in imported(path) if name.startswith(FETCHING)}


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_page_lets_no_html_through_and_empties_nobody_s_cache(path: Path) -> None:
    # Our own style sheet is a file, and the one thing drawn by `st.html`.
    text = path.read_text(encoding="utf-8").replace("st.html(STYLE)", "")
    for forbidden in ("unsafe_allow_html", "st.html(", "cache_data.clear", "cache_resource.clear"):
        assert forbidden not in text
