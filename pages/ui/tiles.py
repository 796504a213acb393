"""Tiles: the answer first. One card a figure, one line a currency, since two currencies are never added."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

#: A tile is never narrower than what `ZWG 12,345,678` needs, so at 380 px tiles stand one below the other.
TILE_WIDTH_PX = 235


def tile(
    label: str,
    values: Sequence[str],
    *,
    icon: str,
    note: str = "",
    page: str = "",
    page_label: str = "",
    query: Mapping[str, str | Sequence[str]] | None = None,
    explanation: Callable[[], None] | None = None,
) -> None:
    """Draw one card: `values` (one a currency) under `label`, a note, the page behind it and how it is worked out."""
    with st.container(border=True, height="stretch", gap="xxsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"{icon} {label}")
            if explanation is not None:
                explanation()
        for value in values:
            st.metric(label, value, label_visibility="collapsed")
        if note:
            st.caption(note)
        if page:
            st.space("stretch")
            st.page_link(page, label=page_label, icon=":material/arrow_forward:", query_params=query)
