"""The colours that are ours keep the contrast that small text needs (WCAG AA), on the light and on the dark ground."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pages.ui import charts

ENOUGH = 4.5
#: Between colours that nothing else tells apart.
TOLD_APART = 3.0
#: Streamlit draws captions, and the first column of a table, in the text's colour at this strength.
FADED = 0.6
THEME: dict[str, Any] = tomllib.loads(Path(".streamlit/config.toml").read_text())["theme"]
MODES = ("light", "dark")


def blended(colour: str, ground: str, strength: float) -> str:
    """Return a colour as it looks through on its ground."""
    pairs = [(int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(over * strength + under * (1 - strength)):02x}" for over, under in pairs)


@pytest.mark.parametrize("mode", MODES)
def test_captions_and_first_columns_can_be_read(mode: str) -> None:
    text = THEME[mode]["textColor"]
    for ground in ("backgroundColor", "secondaryBackgroundColor", "dataframeHeaderBackgroundColor"):
        colour = THEME[mode][ground]
        assert charts.contrast(blended(text, colour, FADED), colour) >= ENOUGH, ground


@pytest.mark.parametrize("mode", MODES)
def test_links_and_what_is_chosen_can_be_read(mode: str) -> None:
    theme = THEME[mode]
    for name in ("primaryColor", "linkColor", "redColor"):
        assert charts.contrast(theme[name], theme["backgroundColor"]) >= ENOUGH, name


@pytest.mark.parametrize("mode", MODES)
def test_a_link_without_a_line_under_it_stands_out_from_the_text_around_it(mode: str) -> None:
    assert not THEME["linkUnderline"]
    assert charts.contrast(THEME[mode]["linkColor"], THEME[mode]["textColor"]) >= TOLD_APART


def test_white_can_be_read_on_the_light_themes_buttons() -> None:
    assert charts.contrast("#FFFFFF", THEME["light"]["primaryColor"]) >= ENOUGH


@pytest.mark.parametrize(("mode", "ink"), list(zip(MODES, charts.AXIS_INK, strict=True)))
def test_axes_can_be_read(mode: str, ink: str) -> None:
    assert charts.contrast(ink, THEME[mode]["backgroundColor"]) >= ENOUGH


@pytest.mark.parametrize("colour", [colour for colour, _hatch in charts.LATENESS_LOOKS])
def test_text_on_a_bar_of_lateness_can_be_read(colour: str) -> None:
    assert charts.contrast(charts.ink_on(colour), colour) >= ENOUGH
