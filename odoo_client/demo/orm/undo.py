"""What a call has changed so far, so that a call that fails leaves nothing behind: PostgreSQL's rollback."""

from __future__ import annotations

from collections.abc import Mapping

from odoo_client.demo.orm.rows import Row


class UndoLog:
    """Rows as they were before one call changed them. Who changes a row in place notes it first."""

    def __init__(self) -> None:
        # (model, id) → the row itself and its values before; None: the row was not there.
        self._before: dict[tuple[str, int], tuple[Row, Row | None]] = {}

    def changing(self, model: str, row: Row) -> None:
        """Keep a row's values; only the first time counts."""
        self._before.setdefault((model, row["id"]), (row, row.copy()))

    def adding(self, model: str, row: Row) -> None:
        """Know that a row is new."""
        self._before.setdefault((model, row["id"]), (row, None))

    def undo(self, tables: Mapping[str, dict[int, Row]]) -> set[str]:
        """Put every row back, the same object as before, for others hold on to it; returns the models concerned."""
        for (model, key), (row, before) in self._before.items():
            if before is None:
                tables[model].pop(key, None)
            else:
                row.clear()
                row.update(before)
                tables[model][key] = row
        return {model for model, _ in self._before}
