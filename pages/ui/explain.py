"""The "Explain" popover: what a figure means, from the one registry of metrics, and Odoo's list of its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from odoo_client.errors import AfinetError
from odoo_client.metrics.registry import Explanation, metric
from pages.ui import formats, odoo_lists
from pages.ui import view as data


def explain(
    key: str,
    *,
    as_of: date | None = None,
    currency: str = "",
    filters: Mapping[str, str] | None = None,
    rows: int | None = None,
    notes: Sequence[str] = (),
    note: str = "",
) -> None:
    """Draw a popover that explains a metric, beginning with `note`, a plain sentence, where there is one.

    It shows formula, unit and source, the filters in force, the day and the row count, and the link to Odoo's own list
    of the records behind the figure.
    """
    explanation = Explanation(metric(key), as_of, currency, filters or {}, rows, notes)
    with st.popover("Explain", type="tertiary", icon=":material/help:"):
        # One text, not a table: every tile has a popover, and each is made on every run.
        text = "\n\n".join(f"**{label}**  \n{formats.plain(text)}" for label, text in explanation.items())
        name, url = _in_odoo(key)
        if note:
            st.caption(note)
        st.markdown(f"{text}\n\n[:material/open_in_new: {name} in Odoo]({url})" if url else text)


def _in_odoo(key: str) -> tuple[str, str]:
    try:
        snapshot = data.current_snapshot()
    except AfinetError:  # the page itself says what is wrong
        return "", ""
    return odoo_lists.behind(snapshot, key) if snapshot is not None else ("", "")
