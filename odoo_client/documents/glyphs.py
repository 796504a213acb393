"""Text as a PDF shows it: fonts that are embedded, letters joined and ordered as they are read, a box for the rest.

DejaVu Sans has Latin, Greek, Cyrillic, Hebrew and Arabic. A PDF draws glyphs from left to right and knows no shaping,
so Arabic letters get their joined forms and right-to-left text is put into visual order here, a line at a time.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import arabic_reshaper
from bidi import get_display
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from odoo_client.documents.clean import one_line

FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
#: What replaces a character that the font does not have: a visible box.
BOX = "\u25a1"
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
#: Vowel points: they need a placement that PDF fonts cannot give, and names are read without them.
_POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
#: Characters that only steer others: joiners, variation selectors, tags.
_STEERING = re.compile("[\u00ad\u034f\u180b-\u180f\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]")
#: Spaces no line is broken at: between a currency and its amount, and within a date.
_KEPT = re.compile(r"(?<=\b[A-Z]{3}) (?=[\d−])|(?<=\d) (?=[A-Z][a-z]{2} \d{4}\b)|(?<=\d [A-Z][a-z]{2}) (?=\d{4}\b)")
_shaper = arabic_reshaper.ArabicReshaper({"support_ligatures": True, "delete_harakat": True})


@cache
def fonts() -> dict[str, frozenset[int]]:
    """Register the embedded fonts once and return the characters each has."""
    known: dict[str, frozenset[int]] = {}
    for name in (REGULAR, BOLD):
        font = TTFont(name, str(FONTS / f"{name}.ttf"))
        pdfmetrics.registerFont(font)
        known[name] = frozenset(font.face.charToGlyph)
    return known


def shown(text: str, font: str = REGULAR) -> str:
    """Return one line of `text` as its glyphs stand from left to right; what the font lacks becomes a box."""
    line = text
    if _RIGHT_TO_LEFT.search(line):
        line = str(get_display(_shaper.reshape(_POINTS.sub("", line)), base_dir="L"))
    line = _STEERING.sub("", line)
    known = fonts()[font]
    if all(ord(letter) in known for letter in line):
        return line
    # A mark the font lacks would put a second box on its letter's place.
    return "".join(
        letter if ord(letter) in known else BOX
        for letter in line
        if ord(letter) in known or not unicodedata.combining(letter)
    )


def width_of(line: str, font: str, size: float) -> float:
    """Return the width in points of a line of glyphs (see `shown`)."""
    return float(pdfmetrics.stringWidth(line, font, size))


def wrapped(text: str, font: str, size: float, width: float, most: int = 3) -> list[str]:
    """Return `text` as at most `most` lines of glyphs no wider than `width` points, the last cut with "…" if need be.

    Lines are broken in the order the text is read, so that right-to-left text goes on in the next line. A word that
    fits on a line of its own is never broken, nor an amount from its currency, nor a date.
    """
    lines: list[str] = []
    rest = one_line(text)[: 200 * most]
    while rest:
        if width_of(shown(rest, font), font, size) <= width:
            lines.append(shown(rest, font))
            break
        last = len(lines) == most - 1
        cut = _fitting(rest, font, size, width, "…" if last else "")
        if last:
            lines.append(shown(f"{rest[:cut].rstrip()}…", font))
            break
        cut = _word_end(rest, cut, font, size, width) or cut
        lines.append(shown(rest[:cut].rstrip(), font))
        rest = rest[cut:].lstrip()
    return lines


def _word_end(text: str, cut: int, font: str, size: float, width: float) -> int:
    """Return where the last word before `cut` ends, 0 where a word is to be broken: one wider than a whole line."""
    breaks = [found.start() for found in re.finditer(" ", text) if not _KEPT.match(text, found.start())]
    before = [place for place in breaks if place <= cut]
    if not before:
        return 0
    end = before[-1]
    after = next((place for place in breaks if place > end), len(text))
    whole = width_of(shown(text[end:after].strip(), font), font, size) <= width
    return end if whole or end > cut // 2 else 0


def _fitting(text: str, font: str, size: float, width: float, tail: str) -> int:
    """Return how many characters of `text` fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(shown(text[:middle] + tail, font), font, size) <= width:
            low = middle
        else:
            high = middle - 1
    return low
