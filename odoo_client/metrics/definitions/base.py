"""What a metric is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One figure. `source` names the Odoo records it comes from, and whose definition it follows where it has one."""

    key: str
    name: str
    formula: str
    unit: str
    source: str
