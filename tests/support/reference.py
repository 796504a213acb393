"""The parts of docs/ that repeat the code: `python -m tests.support.reference` writes them anew.

Each stands between two comments that name it; what is around them is written by hand. A test writes them too, into
nothing, and compares.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import typer
from pydantic_core import PydanticUndefined

from odoo_client.cli import main as cli
from odoo_client.config import Settings
from odoo_client.endpoints.measures import Measures
from odoo_client.metrics.definitions import (
    Metric,
    collections,
    customers,
    orders,
    overview,
    products,
    promises,
    receivables,
    services,
    tickets,
)
from odoo_client.patterns import DEFAULT_TECHNOLOGY_RULES
from odoo_client.roles import DEFAULT_ROLES, ROLES, Role

DOCS: Final = Path(__file__).parents[2] / "docs"
COMMAND: Final = "python -m tests.support.reference"
#: The heading a subject's metrics stand under.
SUBJECTS: Final[tuple[tuple[str, ModuleType], ...]] = (
    ("Arrears", receivables),
    ("Promises to pay", promises),
    ("Services and recurring revenue", services),
    ("Billing and collections", collections),
    ("Customers", customers),
    ("Tickets", tickets),
    ("Orders", orders),
    ("Products", products),
    ("Overview", overview),
)
#: The first setting of each group → the group's heading: `Settings` has them in this order.
GROUPS: Final = {
    "odoo_url": "Odoo",
    "auth": "Sign-in",
    "cache_dir": "Files and sync",
    "technology_rules": "Services and tickets",
    "live_timeout_s": "Reads on demand",
    "proof_max_bytes": "Payment proofs and writes",
    "ageing_bounds_days": "Money, dates and statements",
    "demo_profile": "Demo",
}
#: Settings whose default does not fit into a cell → where it stands.
ELSEWHERE: Final = {"roles": "[the table of roles](roles.md#roles)", "technology_rules": "[below](#default-patterns)"}
GROUPS_OF_ROLES: Final[Mapping[Role, str]] = {
    "finance": "Accounting: read, invoicing or accountant",
    "support": "Helpdesk (OCA or Enterprise) or Project",
    "sales": "Sales: own or all documents",
    "manager": "Sales administrator (who is then no salesperson here, though Odoo implies that group)",
    "administrator": "Settings, or Access Rights",
}


class SettingRow(NamedTuple):
    """A line of the table of settings."""

    name: str
    default: str
    description: str


def setting_rows() -> tuple[SettingRow, ...]:
    """Return every setting with its default and meaning, in their order."""
    rows = []
    for name, field in Settings.model_fields.items():
        default: Any = field.default
        if name in ELSEWHERE:
            text = ELSEWHERE[name]
        elif default in (None, "", PydanticUndefined):
            text = ""
        elif "pattern" in name:
            text = "[below](#default-patterns)"
        elif isinstance(default, (tuple, dict)):
            text = f"`{list(default) if isinstance(default, tuple) else default}`".replace("'", '"')
        else:
            text = f"`{default}`"
        rows.append(SettingRow(name.upper(), text, field.description or ""))
    return tuple(rows)


def settings() -> str:
    """Return a table of settings for each group."""
    parts: list[list[tuple[str, ...]]] = []
    headings = []
    for row in setting_rows():
        if heading := GROUPS.get(row.name.lower()):
            headings.append(heading)
            parts.append([])
        parts[-1].append((f"`{row.name}`", row.default, row.description))
    tables = (table(("Setting", "Default", "Meaning"), rows) for rows in parts)
    return "\n\n".join(f"### {heading}\n\n{text}" for heading, text in zip(headings, tables, strict=True))


def patterns() -> str:
    """Return the default rules and patterns, as secrets.toml would spell them."""
    lines = []
    for name, field in Settings.model_fields.items():
        if name.endswith("_pattern") and field.default:
            lines.append(f"{name} = '''{field.default}'''")
    for rule in DEFAULT_TECHNOLOGY_RULES:
        lines += ["", "[[technology_rules]]", f'technology = "{rule.technology}"']
        lines += [f"category = '''{rule.category}'''", f"name = '''{rule.name}'''"]
    return "\n".join(("```toml", *lines, "```"))


def metrics() -> str:
    """Return every metric under its subject."""
    parts = []
    for heading, module in SUBJECTS:
        parts.append(f"## {heading}")
        parts += [one_metric(metric) for metric in module.METRICS]
    return "\n\n".join(parts)


def one_metric(metric: Metric) -> str:
    """Return a metric's name, formula, unit and source."""
    return f"### {metric.name}\n\n{metric.formula}\n\n*Unit:* {metric.unit}. *Source:* {metric.source.rstrip('.')}."


def roles() -> str:
    """Return the table of roles in force where `ROLES` is not set."""
    rows = []
    for role in ROLES:
        grant = DEFAULT_ROLES[role]
        rows.append((role, GROUPS_OF_ROLES[role], words(grant.pages), words(grant.actions), words(grant.personal)))
    return table(("Role", "Odoo groups", "Pages", "Actions", "Personal data"), rows)


def words(names: Iterable[str]) -> str:
    """Return names as a cell shows them."""
    return ", ".join(name.replace("_", " ") for name in names) or "none"


def commands() -> dict[str, Any]:
    """Return the commands by their names."""
    return dict(typer.main.get_group(cli.app).commands)


def options(command: Any) -> str:
    """Return the table of a command's arguments and options."""
    rows = []
    for option in command.params:
        name = option.opts[0] if option.param_type_name == "option" else ""
        value = option.metavar or ""
        needed = " Required." if option.required and name else ""
        rows.append((f"`{' '.join(filter(None, (name, value)))}`", f"{option.help or ''}{needed}"))
    return table(("Option", "Meaning"), rows) if rows else "It takes no option."


def measures() -> str:
    """Return the table of what `/api/metrics` tells."""
    found = (
        # A counter's samples have an ending that its family lacks.
        (f"`{one.name}{'_total' if one.type == 'counter' else ''}`", one.type, f"{one.documentation}.")
        for one in Measures(lambda: None).registry.collect()
    )
    return table(("Metric", "Type", "Meaning"), found)


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [heads, tuple("---" for _head in heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


#: Name of a part → what it says.
PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "settings": settings,
    "patterns": patterns,
    "metrics": metrics,
    "roles": roles,
    "measures": measures,
}


def part(name: str) -> str:
    """Return what the part of that name says; raises KeyError where there is none."""
    if name.startswith("options of "):
        return options(commands()[name.removeprefix("options of ")])
    return PARTS[name]()


def names() -> set[str]:
    """Return the name of every part that the documentation must have."""
    return {*PARTS, *(f"options of {name}" for name in commands())}


def written(text: str) -> str:
    """Return a page of documentation with its parts as they should be."""

    def fill(found: re.Match[str]) -> str:
        return f"{found[1]}\n\n{part(found[2])}\n\n{found[3]}"

    pattern = rf"(<!-- {re.escape(COMMAND)}: ([a-z ]+) -->)\n.*?(<!-- end -->)"
    return re.sub(pattern, fill, text, flags=re.DOTALL)


def held(text: str) -> list[str]:
    """Return the names of the parts that a page has."""
    return re.findall(rf"<!-- {re.escape(COMMAND)}: ([a-z ]+) -->", text)


def main() -> None:
    """Write the parts of every page, and print the pages that changed."""
    for path in sorted(DOCS.glob("*.md")):
        before = path.read_text(encoding="utf-8")
        if (after := written(before)) != before:
            path.write_text(after, encoding="utf-8")
            print(f"docs/{path.name}")  # noqa: T201


if __name__ == "__main__":
    main()
