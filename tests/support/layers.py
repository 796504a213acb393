"""The rooms of the house, their floors and the imports between them: `python -m tests.support.layers` prints them.

A room is a folder of `odoo_client`, a module that stands there by itself, or all of `pages`. An import goes down: to a
room of a lower floor. Imports for types only count too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
#: Lowest first. Rooms of one floor do not know each other.
FLOORS: Final = (
    ("errors", "patterns", "payment_details", "roles"),
    ("config",),
    ("frames",),
    ("metrics", "rpc", "store"),
    ("customer", "datasets", "documents", "people"),
    ("live", "sync"),
    ("actions",),
    ("backup", "doctor", "endpoints"),
    ("cli", "pages"),
)
#: An Odoo to try things on: nobody stands on it but who starts it.
APART: Final = "demo"
STARTS_IT: Final = ("cli", "pages")

Imports = Mapping[str, frozenset[str]]


def modules() -> dict[str, Path]:
    """Return module → file of all of `odoo_client` and `pages`."""
    files = [path for folder in ("odoo_client", "pages") for path in sorted((ROOT / folder).rglob("*.py"))]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


@cache
def imports() -> Imports:
    """Return module → modules of ours that it imports."""
    known = modules()
    found: dict[str, frozenset[str]] = {}
    for name, path in known.items():
        pairs = imported(path)
        wanted = {f"{module}.{what}" if f"{module}.{what}" in known else module for module, what in pairs}
        found[name] = frozenset(wanted.intersection(known)) - {name}
    return found


@cache
def imported(path: Path) -> frozenset[tuple[str, str]]:
    """Return (module, what of it) of each import of a file, "" where the module itself is named."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {(node.module, alias.name) for alias in node.names}
    return frozenset(found)


def room(module: str) -> str:
    """Return the room that a module is in; "" for the package itself and what starts it."""
    first, *rest = module.split(".")
    if first == "pages":
        return first
    return rest[0] if rest and rest[0] != "__main__" else ""


def between(known: Imports) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return (room, room it knows) → the imports that it is by."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, others in known.items():
        for other in others:
            rooms = room(name), room(other)
            if all(rooms) and rooms[0] != rooms[1]:
                found.setdefault(rooms, []).append((name, other))
    return found


def upward(known: Imports) -> list[str]:
    """Return the imports that do not go down, in words."""
    floors = {name: floor for floor, names in enumerate(FLOORS) for name in names}
    found = []
    for (upper, lower), by in between(known).items():
        right = upper == APART or upper in STARTS_IT if APART in (upper, lower) else floors[upper] > floors[lower]
        found += [] if right else [f"{name} imports {other}" for name, other in by]
    return sorted(found)


def circle(known: Mapping[str, Iterable[str]]) -> list[str]:
    """Return one circle of imports, or nothing."""
    try:
        TopologicalSorter(known).prepare()
    except CycleError as exc:
        return list(exc.args[1])
    return []


def rooms(known: Imports) -> dict[str, set[str]]:
    """Return room → rooms that it knows."""
    found: dict[str, set[str]] = {room(name): set() for name in known if room(name)}
    for upper, lower in between(known):
        found[upper].add(lower)
    return found


def main() -> None:
    """Print rooms, floors, imports between rooms, those that do not go down, and circles."""
    known = imports()
    lines = [f"{number}  {' '.join(names)}" for number, names in reversed(list(enumerate(FLOORS)))]
    lines.append(f"apart  {APART}")
    lines.append(f"{len(rooms(known))} rooms, {len(FLOORS)} floors, {len(between(known))} arrows between rooms")
    lines += [f"{len(upward(known))} imports that do not go down", *upward(known)]
    lines.append(f"circle of rooms: {' > '.join(circle(rooms(known))) or 'none'}")
    lines.append(f"circle of modules: {' > '.join(circle(known)) or 'none'}")
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
