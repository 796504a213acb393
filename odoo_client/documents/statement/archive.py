"""Many statements in one ZIP, written to a file as they are made, under names no customer can choose a path with."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from typing import IO

from odoo_client.documents.clean import one_line
from odoo_client.metrics.statement import Party, Statement

#: More are refused: a reader narrows the filters.
MOST = 1_000
LONGEST_NAME = 60
_NOT_NAME = re.compile(r"[^\w]+")


def file_stem(customer: Party) -> str:
    """Return what a customer's file is called: letters, digits and hyphens of the name and the account reference."""
    words = unicodedata.normalize("NFKC", one_line(f"{customer.name} {customer.ref}"))
    stem = _NOT_NAME.sub("-", words).strip("-_")[:LONGEST_NAME].strip("-_")
    return f"statement-{stem or 'customer'}"


class Names:
    """File names, each given once regardless of case, since some systems do not distinguish it."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def next(self, customer: Party, suffix: str) -> str:
        """Return a name for the customer's file that no other has."""
        stem = file_stem(customer)
        name, number = f"{stem}{suffix}", 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-{number}{suffix}"
        self._taken.add(name.casefold())
        return name


def write_archive(
    target: IO[bytes],
    statements: Iterable[Statement],
    render: Callable[[Statement], bytes],
    suffix: str,
    *,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write each of `statements` as `render` gives it into a ZIP at `target` and return how many there were.

    One document is in memory at a time. `progress` is told the number done after each.
    """
    names, done = Names(), 0
    # A PDF's streams and a workbook's sheets are compressed already.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for one in statements:
            archive.writestr(names.next(one.customer, suffix), render(one))
            done += 1
            if progress is not None:
                progress(done)
    return done
