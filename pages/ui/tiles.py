"""Tiles: the answer first. Each figure has a card and each currency a line, since two are never added up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import formats
from pages.ui.navigation import opens, page_link

#: At most so many figures stand in one line.
STRIP = 6
#: A tile is never narrower than what `ZWG 12,345,678` needs, so at 380 px tiles stand one below the other.
TILE_WIDTH_PX = 235


@dataclass(frozen=True)
class Figure:
    """One value of a tile and how it moved: `change` in words with its sign ("" = not shown) against `since`.

    `good` says which way is good news. `history` is drawn as a small chart, the oldest value first.
    """

    value: str
    change: str = ""
    since: str = ""
    good: Literal["up", "down", ""] = ""
    history: Sequence[float] = ()

    def draw(self, label: str) -> None:
        """Draw the value; sign, arrow and words show a change, and its colour only adds to them."""
        moved = self.change[:1] in ("+", "-")
        colours: Mapping[str, Literal["normal", "inverse", "off"]] = {"up": "normal", "down": "inverse", "": "off"}
        st.metric(
            label,
            self.value,
            delta=self.change or None,
            delta_color=colours[self.good] if moved else "off",
            delta_arrow="auto" if moved else "off",
            delta_description=self.since if self.change else None,
            label_visibility="collapsed",
            chart_data=list(self.history) if len(self.history) > 1 else None,
            chart_type="area",
        )


def tile(
    label: str,
    values: Sequence[str | Figure],
    *,
    icon: str,
    note: str = "",
    page: str = "",
    page_label: str = "",
    query: Mapping[str, str | Sequence[str]] | None = None,
    open_label: str = "",
    on_open: Callable[[], None] | None = None,
    explanation: Callable[[], None] | None = None,
    instead: Sequence[str] = (),
) -> None:
    """Draw one card: `values` (one a currency) under `label`, a note, the page behind it and how it is worked out.

    `instead` are the sentences in place of values that cannot be trusted.

    What is behind a tile on its own page is opened by `on_open` (a callback that sets the page's filters), on a button
    named `open_label`: a link to the current page would drop its filters from the address.
    """
    with st.container(border=True, height="stretch", gap="xxsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"{icon} {label}")
            if explanation is not None:
                explanation()
        for value in values:
            (value if isinstance(value, Figure) else Figure(value)).draw(label)
        for sentence in instead:
            st.markdown(f":material/balance: {formats.plain(sentence)}")
        if note:
            st.caption(note)
        if page and opens(page):
            st.space("stretch")
            page_link(page, page_label, ":material/arrow_forward:", query)
        if on_open is not None:
            st.space("stretch")
            st.button(
                open_label, key=f"open_{label}", type="tertiary", icon=":material/arrow_forward:", on_click=on_open
            )


def strip(*, rest: bool = False) -> DeltaGenerator:
    """Return the place of a list page's figures, one line of at most `STRIP`, or of the `rest` in another view."""
    return st.container(key="figures_rest" if rest else "figures", horizontal=True, gap="small", wrap=False)


def figure(
    label: str,
    values: Sequence[str],
    *,
    note: str = "",
    on_open: Callable[[], None] | None = None,
    is_on: bool = False,
    explanation: Callable[..., None] | None = None,
    instead: Sequence[str] = (),
) -> None:
    """Draw one figure of a strip: its label, `values` (one a currency) and sentences `instead` of those not trusted.

    A click calls `on_open`, which filters the list under it; `is_on` marks the figure whose rows the list shows. The
    `note`, one plain sentence, is the first thing that `explanation` says.
    """
    name = re.sub(r"[^a-z]+", "_", label.lower()).strip("_")
    with st.container(key=f"figure{'_on' if is_on else ''}_{name}", border=True, gap=None):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap=None):
            if on_open is None:
                st.markdown(label)
            else:
                st.button(label, key=f"open_{label}", type="tertiary", on_click=on_open)
            if explanation is not None:
                explanation(note=note)
        for value in values:
            Figure(value).draw(label)
        for sentence in instead:
            st.markdown(f":material/balance: {formats.plain(sentence)}")
