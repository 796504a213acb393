"""Text from Odoo made fit for a document: nothing in it can break a file format, and nothing readable is lost."""

from __future__ import annotations

import re
import unicodedata

#: What XML 1.0 forbids, lone surrogates and non-characters: no file format may hold them.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
#: Marks that turn the direction of the text around them: a name must not rewrite the line it stands in.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

#: A spreadsheet takes a text that starts like this as a formula; a quote in front makes it a text again.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def storable(text: str) -> str:
    """Return `text` without what no XML file can hold; line breaks and tabs stay."""
    return _FORBIDDEN.sub("", text)


def one_line(text: str) -> str:
    """Return `text` on one line: no control characters, no direction marks, single spaces, composed letters."""
    plain = _DIRECTION.sub("", storable(" ".join(str(text).split())))
    return unicodedata.normalize("NFC", " ".join(plain.split()))


def neutralised(text: str) -> str:
    """Return `text` with a leading quote when a spreadsheet would run it as a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text
