"""Rooms depend in one direction: `odoo_client` knows no Streamlit, no page speaks to Odoo or writes raw HTML."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "pages").rglob("*.py"))
#: What a page may use of `odoo_client`: settings, errors, the snapshot and parts of it, metrics, one customer's data,
#: documents made of these, and the actions, which put into the outbox what people enter.
ALLOWED = {"config", "errors", "snapshot", "part", "metrics", "customer", "customer_search", "documents", "actions"}
#: What one module of the pages may use beyond that, being the only way there: what starts the background sync, the
#: reads on demand, the names of the sources, the rules of technology.
MORE = {
    "runtime.py": {"runner", "sync", "demo", "live", "client", "audit", "endpoints"},
    "access.py": {"access", "live", "audit", "client", "sessions"},
    "writing.py": {"access"},
    "payments_live.py": {"live", "live_payments"},
    "audit_parts.py": {"audit"},
    "data.py": {"access", "scope"},
    "freshness.py": {"runner", "sync", "demo"},
    "live.py": {"live", "live_customers", "live_tickets"},
    "odoo_lists.py": {"datasets", "services"},
    "orders_data.py": {"technology"},
}


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, by their full names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_odoo_client_does_not_know_streamlit() -> None:
    for path in (ROOT / "odoo_client").rglob("*.py"):
        assert not {name for name in imported(path) if name.split(".")[0] in ("streamlit", "pages", "app")}, path


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_takes_figures_from_the_snapshot_and_never_from_odoo(path: Path) -> None:
    used = {name.split(".")[1] for name in imported(path) if name.startswith("odoo_client.")}
    assert used <= ALLOWED | MORE.get(path.name, set())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_lets_no_html_through_and_empties_nobody_s_cache(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for forbidden in ("unsafe_allow_html", "st.html(", "cache_data.clear", "cache_resource.clear", "import pickle"):
        assert forbidden not in text
