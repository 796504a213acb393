"""When an e-mail address or a telephone number is well formed, and when two of them, or two names, are the same.

The data check, the forms and the portal accounts share one set of rules, so that what somebody has put right in a form
is never found again by the check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from odoo_client.frames.arrays import BoolArray, IntArray

#: One "@", no spaces, a domain of several parts. Quotes and brackets belong to a name around the address.
EMAIL_PATTERN: Final = r'^[^\s@<>,;"]+@[^\s@.<>,;"]+(\.[^\s@.<>,;"]+)+$'
FEWEST_DIGITS: Final = 9
MOST_DIGITS: Final = 15
#: Zimbabwe's country code: a number with a leading zero, or with nine digits only, is taken as a Zimbabwean one.
HOME_CODE: Final = "263"


@dataclass(frozen=True, eq=False)
class Texts:
    """The contents of a column of texts: each entry's row, its text as written, and what it is compared by.

    `key` is "" for an entry that is not well formed: two of those are never the same.
    """

    at: IntArray
    written: pd.Series
    key: pd.Series

    @property
    def malformed(self) -> BoolArray:
        """Which entries are not well formed."""
        return self.key.eq("").to_numpy(dtype=np.bool_)


def emails(column: pd.Series) -> Texts:
    """Return the addresses of a column of e-mails (several in one text are separated by commas or semicolons).

    They are compared regardless of case. A text of separators only is one malformed entry.
    """
    texts = pc.utf8_trim_whitespace(_arrow(column))
    present = np.flatnonzero(_mask(pc.not_equal(texts, "")))
    texts = texts.take(pa.array(present))
    parts = pc.split_pattern_regex(texts, pattern="[;,]")
    owner = pc.list_parent_indices(parts).to_numpy()
    written = pc.utf8_trim_whitespace(pc.list_flatten(parts))
    some = _mask(pc.not_equal(written, ""))
    lonely = np.setdiff1d(np.arange(len(present)), owner[some])
    at = np.concatenate([present[owner[some]], present[lonely]])
    words = _series(written.filter(pa.array(some)), texts.take(pa.array(lonely)))
    order = np.argsort(at, kind="stable")
    at, words = at[order], words.take(order).reset_index(drop=True)
    good = words.str.fullmatch(EMAIL_PATTERN).to_numpy(dtype=np.bool_)
    return Texts(at, words, words.str.casefold().where(good, ""))


def phones(column: pd.Series) -> Texts:
    """Return the numbers of a column of telephone numbers, one a text, compared by their digits.

    `0772 123 456`, `772123456` and `+263 77 212 3456` are the same. A number with fewer than 9 digits, more than 15, or
    a letter is not well formed.
    """
    texts = pc.utf8_trim_whitespace(_arrow(column))
    at = np.flatnonzero(_mask(pc.not_equal(texts, "")))
    texts = texts.take(pa.array(at))
    digits = pc.replace_substring_regex(texts, pattern=r"[^0-9]", replacement="")
    length = pc.utf8_length(digits).to_numpy(zero_copy_only=False)
    lettered = _mask(pc.match_substring_regex(texts, pattern=r"\p{L}"))
    good = (length >= FEWEST_DIGITS) & (length <= MOST_DIGITS) & ~lettered
    for pattern, instead in (
        ("^00", ""),
        (f"^{HOME_CODE}0", HOME_CODE),
        ("^0", HOME_CODE),
        (r"^([0-9]{9})$", HOME_CODE + r"\1"),
    ):
        digits = pc.replace_substring_regex(digits, pattern=pattern, replacement=instead)
    return Texts(at, _series(texts), _series(digits).where(good, ""))


def name_keys(column: pd.Series) -> pd.Series:
    """Return what names are compared by: regardless of case, with runs of spaces as one ("" = no name)."""
    spaced = pc.utf8_trim_whitespace(pc.replace_substring_regex(_arrow(column), pattern=r"[\s\p{Z}]+", replacement=" "))
    return _series(spaced).str.casefold()


def email_key(text: str) -> str:
    """Return what one address is compared by, "" when it is not well formed or not exactly one."""
    found = emails(pd.Series([text], dtype="str"))
    return str(found.key.iat[0]) if len(found.key) == 1 else ""


def emails_key(text: str) -> tuple[str, ...]:
    """Return what the addresses in a text are compared by, in any order; () when one is not well formed."""
    found = emails(pd.Series([text], dtype="str"))
    return () if found.malformed.any() else tuple(sorted(set(found.key)))


def phone_key(text: str) -> str:
    """Return what a telephone number is compared by, its digits with the country's; "" when not well formed."""
    found = phones(pd.Series([text], dtype="str"))
    return str(found.key.iat[0]) if len(found.key) else ""


def is_email(text: str) -> bool:
    """Return whether a text is one well-formed address, or several separated by commas or semicolons."""
    found = emails(pd.Series([text], dtype="str"))
    return bool(len(found.key)) and not found.malformed.any()


def is_phone(text: str) -> bool:
    """Return whether a text is one well-formed telephone number."""
    found = phones(pd.Series([text], dtype="str"))
    return bool(len(found.key)) and not found.malformed.any()


def _arrow(column: pd.Series) -> pa.Array:
    texts = pa.array(column.astype("str"), pa.large_string())
    return (texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts).fill_null("")


def _mask(found: pa.Array) -> BoolArray:
    mask: BoolArray = found.to_numpy(zero_copy_only=False)
    return mask


def _series(*texts: pa.Array) -> pd.Series:
    found: pd.Series = pa.concat_arrays([each.cast(pa.large_string()) for each in texts]).to_pandas()
    return found.astype("str")
