"""What a metric is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One figure. `source` names the Odoo records it comes from, and whose definition it follows, if anybody's."""

    key: str
    name: str
    formula: str
    unit: str
    source: str
