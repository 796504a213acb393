"""E-mail addresses and telephone numbers inside text that people wrote, taken out for those who may not see them.

A telephone number is told from other digits by how it begins: "+" or "00" and a country, this country's 263, or the
zero of a national number with its area. References, dates and amounts stay.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import pandas as pd

from odoo_client.access import Personal

#: What makes a text hold an e-mail address.
ADDRESS: Final = re.compile(r"\S@\S+\.\S")
EMAIL_HIDDEN: Final = "(e-mail address)"
PHONE_HIDDEN: Final = "(telephone number)"

_ENDS = r"\s<>()\[\]{},;:\"'|@"
_EMAIL = re.compile(rf"[^{_ENDS}]{{1,200}}@[^{_ENDS}]{{1,200}}\.[^{_ENDS}]{{1,60}}(?<![.!?])")
_PHONE = re.compile(
    r"(?<![\w/.,-])(?:"
    r"(?:\+|00)[1-9](?:[ ()-]{0,2}\d){7,13}"
    r"|263(?:[ -]?\d){9}"
    r"|\(?0\d{2,3}\)?[ -]?\d{3}[ -]?\d{3,4}"
    r")(?![\w/]|[.,-]\d)"
)


def without(text: str, allowed: Collection[Personal]) -> str:
    """Return `text` with words for e-mail addresses and telephone numbers, those kinds that are `allowed` excepted."""
    if "email" not in allowed and "@" in text:
        text = _EMAIL.sub(EMAIL_HIDDEN, text)
    return text if "phone" in allowed else _PHONE.sub(PHONE_HIDDEN, text)


def column_without(texts: pd.Series, allowed: Collection[Personal]) -> pd.Series:
    """Return the column of texts, dtype str, with each as :func:`without` gives it."""
    some = texts.str.contains(r"@|\d{3}", regex=True)
    if not some.any():
        return texts
    replaced = [without(text, allowed) for text in texts[some]]
    return texts.mask(some, pd.Series(replaced, index=texts.index[some], dtype="str"))
