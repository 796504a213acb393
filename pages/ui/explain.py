"""The "Explain" popover: what a figure means, from the one registry of metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from odoo_client.metrics import registry
from pages.ui import formats


def explain(
    key: str,
    *,
    as_of: date | None = None,
    currency: str = "",
    filters: Mapping[str, str] | None = None,
    rows: int | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Draw a popover with the metric's formula, unit and source, the filters in force, the day and the row count."""
    explanation = registry.explain(
        key, as_of=as_of, currency=currency, filters=dict(filters or {}), rows=rows, notes=tuple(notes)
    )
    with st.popover("Explain", type="tertiary", icon=":material/help:"):
        # One text, not a table: there is a popover a tile, and each is made on every run.
        st.markdown("\n\n".join(f"**{label}**  \n{formats.plain(text)}" for label, text in explanation.items()))
