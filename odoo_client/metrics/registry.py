"""Every figure the app shows, with its name, formula, unit and source.

One registry feeds tiles, "Explain", exports and docs/metrics.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from odoo_client.metrics.definitions import ALL, Metric
from odoo_client.metrics.words import day_words

#: Every metric by its key.
METRICS: Mapping[str, Metric] = MappingProxyType({metric.key: metric for metric in ALL})


def metric(key: str) -> Metric:
    """Return the metric of that key. Raises KeyError."""
    return METRICS[key]


@dataclass(frozen=True)
class Explanation:
    """A figure as it stands on a page: what it is, and what was chosen for it."""

    metric: Metric
    as_of: date | None = None
    currency: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    rows: int | None = None
    notes: Sequence[str] = ()

    def items(self) -> list[tuple[str, str]]:
        """Return label and text of each line of the explanation, empty ones left out."""
        found = [
            ("Formula", self.metric.formula),
            ("Unit", self.metric.unit),
            ("Source", self.metric.source),
            ("As of", day_words(self.as_of) if self.as_of else ""),
            ("Currency", self.currency),
            *self.filters.items(),
            ("Rows", "" if self.rows is None else f"{self.rows:,}"),
            *(("Note", note) for note in self.notes),
        ]
        return [(label, text) for label, text in found if text]
