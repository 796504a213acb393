"""One word for one thing: what people read for a code stands in one table, and in no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from odoo_client.metrics import labels
from odoo_client.sync.derive_services import SOURCE_NAMES  # of modules of Odoo, not of services

ROOT = Path(__file__).parents[2]
TABLES = {
    name: table for name, table in vars(labels).items() if name.isupper() and isinstance(table, dict) and len(table) > 1
}
FILES = [
    path
    for folder in ("pages", "odoo_client")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "demo" not in path.parts and path.name != "labels.py"
]


def written(path: Path) -> Iterator[dict[str, str]]:
    """Yield every table of texts by code that a file spells out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Dict) and len(node.keys) > 1:
            pairs = list(zip(node.keys, node.values, strict=True))
            if all(isinstance(one, ast.Constant) and isinstance(one.value, str) for pair in pairs for one in pair):
                yield {key.value: value.value for key, value in pairs}  # type: ignore[union-attr]


def is_words(table: dict[str, str], known: dict[str, str]) -> bool:
    """Whether `table` says in words what `known` says: icons and other codes are no words."""
    return set(table) <= set(known) and all(word[:1].isupper() for word in table.values() if word)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_has_words_of_its_own_for_a_code_that_has_some(path: Path) -> None:
    found = [table for table in written(path) if table != SOURCE_NAMES]
    again = [(name, table) for table in found for name, known in TABLES.items() if is_words(table, known)]
    assert not again


def test_the_rule_sees_a_second_table() -> None:
    assert {"TECHNOLOGIES", "SERVICE_STATUSES", "STATUSES", "KINDS", "WAITING"} <= set(TABLES)
    assert is_words({"us": "For us", "customer": "For the customer"}, TABLES["WAITING"])
    assert not is_words({"active": ":material/check:", "paused": ":material/pause:"}, TABLES["SERVICE_STATUSES"])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), {3: "Urgent", 2: "High", 1: "Medium", 0: "Low"}),
        (("Low", "Medium", "High", "Very High"), {3: "Very High", 2: "High", 1: "Medium", 0: "Low"}),
        (("Normal", "Important"), {1: "Important", 0: "Normal"}),
        (("Low", "", "Top"), {2: "Top", 1: "Medium", 0: "Low"}),
    ],
)
def test_priorities_are_odoo_s_own_the_highest_first(names: tuple[str, ...], words: dict[int, str]) -> None:
    assert list(labels.priorities(names).items()) == list(words.items())


def test_a_code_that_odoo_adds_one_day_is_put_in_words() -> None:
    assert labels.status("awaiting_bank") == "Awaiting bank"
    assert labels.kind("debit_note") == "Debit note"
    assert labels.technology("laser") == "Not attributed"
    assert [labels.payment_status("posted", inbound=way) for way in (True, False)] == ["Received", "Refunded"]
    assert labels.payment_status("in_process", inbound=True) == "In process"
