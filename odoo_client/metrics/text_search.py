"""What a text that people type finds: the one rule for every list, for customers and for the texts of a row.

Upper and lower case, accents and punctuation do not count, and words may stand in any order: `farm muller` finds
`Müller's Farm`, `neil sons` finds `O'Neil & Sons`. Six digits or more find a telephone number however it is written. A
row is found by its own texts, by its customer (name, account reference, e-mail, telephone, those of its contacts too),
or by some words of each. What a role may not see is blank in its frames, so that nothing is found by it either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from odoo_client.frames.arrays import BoolArray, IntArray, ints
from odoo_client.frames.groups import distinct, positions

#: Ranks of a match, the best first.
EXACT, PHONE, STARTS, WORDS, CONTAINS, NOT_FOUND = range(6)
#: Which text of a customer matched; `customer.search.REASONS` has the words.
BY_NOTHING, BY_NAME, BY_EMAIL, BY_PHONE, BY_REFERENCE = range(5)
#: Fewer digits than this would find half of all telephone numbers.
DIGITS_OF_A_PHONE: Final = 6
#: The digits of a national number: what precedes them is a country code or a zero.
NATIONAL_DIGITS: Final = 9
#: Of fewer rows than this share, the texts are taken out before they are searched: that takes less than searching all.
FEW: Final = 0.5
_PHONE_LIKE: Final = re.compile(r"[\d\s+()/.\-\u2010-\u2015]+")
#: Letters that no decomposition turns into plain ones.
_PLAIN: Final = (("ß", "ss"), ("ς", "σ"), ("ø", "o"), ("æ", "ae"), ("œ", "oe"), ("ł", "l"), ("đ", "d"), ("ı", "i"))
#: Characters within a word that may be left out: `oneil` is `O'Neil`, `abc` is `A.B.C.`.
_WITHIN: Final = r"['`´‘’ʼ.\-\x{2010}-\x{2015}]"
#: What each ASCII byte becomes in a text of words: small letters and digits stay, the rest is a space.
_TO_WORDS: Final = np.array(
    [
        byte if byte >= 128 or chr(byte).isdigit() else ord(chr(byte).lower()) if chr(byte).isalpha() else 32
        for byte in range(256)
    ],
    dtype=np.uint8,
)


def folded(texts: pa.Array) -> pa.Array:
    """Return texts in lower case without accents, spaces joined: `Müller` and `MULLER` become the same."""
    texts = pc.utf8_normalize(texts.fill_null(""), "NFKD")
    texts = pc.utf8_lower(pc.replace_substring_regex(texts, r"\p{Mn}", ""))
    for letter, plain in _PLAIN:
        texts = pc.replace_substring(texts, letter, plain)
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"\s+", " "))


def folded_text(text: str) -> str:
    """Return one text as `folded` does."""
    return str(folded(pa.array([text], pa.string()))[0].as_py())


def phone_digits(text: str) -> str:
    """Return what to look for in the digits of telephone numbers, "" when `text` is none.

    The zero or country code in front is left out: `0772 123 456` and `+263 77 212 3456` are the same telephone.
    """
    digits = re.sub(r"\D", "", text)
    if len(digits) < DIGITS_OF_A_PHONE or not _PHONE_LIKE.fullmatch(text.strip()):
        return ""
    return digits[-NATIONAL_DIGITS:] if len(digits) > NATIONAL_DIGITS else digits.lstrip("0")


def texts_of(column: pd.Series) -> pa.Array:
    """Return a column of texts as one Arrow array."""
    texts = pa.array(column.astype("str"), pa.large_string())
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def words_of(texts: pa.Array) -> pa.Array:
    """Return texts folded to letters and digits, with a space before each word, and at least one."""
    nothing, space = (pa.scalar(text, pa.large_string()) for text in ("", " "))
    texts = pc.binary_join_element_wise(space, texts.cast(pa.large_string()).fill_null(""), nothing)
    plain = pc.string_is_ascii(texts)
    if pc.all(plain).as_py() is not False:
        return _ascii_words(texts)
    odd = pc.invert(plain)
    spaced = pc.replace_substring_regex(folded(texts.filter(odd)), r"[^\pL\pN]+", " ")
    return pc.replace_with_mask(_ascii_words(texts), odd, pc.binary_join_element_wise(space, spaced, nothing))


def _ascii_words(texts: pa.Array) -> pa.Array:
    """Return what `words_of` does for ASCII texts, a hundred times faster; other texts come out half done."""
    _, offsets, data = texts.buffers()
    if data is None:
        return texts
    made = pa.py_buffer(_TO_WORDS[np.frombuffer(data, dtype=np.uint8)])
    return pa.LargeStringArray.from_buffers(len(texts), offsets, made, None, 0, texts.offset)


def row_texts(frame: pd.DataFrame, columns: Iterable[str]) -> pa.Array:
    """Return what `columns` say in each row as one text of words, for `texts_found` and `Sought`."""
    return words_of(_lines(*(texts_of(frame[column]) for column in columns)))


def _lines(*texts: pa.Array) -> pa.Array:
    """Return the several texts of each row as one, a line each."""
    large = [each.cast(pa.large_string()) for each in texts]
    return pc.binary_join_element_wise(*large, pa.scalar("\n", pa.large_string()))


@dataclass(frozen=True, eq=False)
class CustomerTexts:
    """What customers are found by, prepared once for a frame `customers`; safe to share between threads.

    `owner_at` is each partner's customer as a row of `customers`, `is_owner` says which rows are customers themselves.
    `written` and `every_word` hold name, e-mail and reference in one, so a yes or no needs only two columns.
    """

    customers: pd.DataFrame
    owner_at: IntArray
    is_owner: BoolArray
    name: pa.Array
    words: pa.Array
    email: pa.Array
    ref: pa.Array
    ref_words: pa.Array
    digits: pa.Array
    written: pa.Array
    every_word: pa.Array

    @classmethod
    def build(cls, customers: pd.DataFrame) -> CustomerTexts:
        """Return what the customers of a snapshot are found by."""
        size = len(customers)
        owner_at = positions(ints(customers, "partner_id"), ints(customers, "commercial_partner_id"))
        owner_at = np.where(owner_at >= 0, owner_at, np.arange(size))
        name = folded(texts_of(customers["name"]))
        joined = pc.replace_substring_regex(name, _WITHIN, "")
        references = texts_of(customers["ref"])
        words, ref_words = words_of(_lines(name, joined)), words_of(references)
        email, ref = folded(texts_of(customers["email"])), folded(references)
        return cls(
            customers=customers,
            owner_at=owner_at,
            is_owner=owner_at == np.arange(size),
            name=name,
            words=words,
            email=email,
            ref=ref,
            ref_words=ref_words,
            digits=pc.replace_substring_regex(texts_of(customers["phone"]), r"\D", ""),
            written=_lines(name, email, ref),
            every_word=_lines(words, ref_words),
        )

    def matches(self, text: str) -> Iterator[tuple[int, int, BoolArray]]:
        """Yield rank, reason (`BY_...`) and which partners match, contacts as themselves, the best rank first."""
        wanted = folded_text(text)
        if not wanted:
            return
        yield EXACT, BY_REFERENCE, where(pc.equal(self.ref, wanted))
        yield EXACT, BY_EMAIL, where(pc.equal(self.email, wanted))
        if digits := phone_digits(text):
            yield PHONE, BY_PHONE, has(self.digits, digits)
        yield STARTS, BY_NAME, where(pc.starts_with(self.name, wanted))
        words = _words(wanted)
        in_name = [has(self.words, word) for word in words]
        if words:
            yield WORDS, BY_NAME, _every(has(self.words, f" {word}") for word in words)
            yield CONTAINS, BY_NAME, _every(in_name)
        yield CONTAINS, BY_NAME, has(self.name, wanted)
        yield CONTAINS, BY_EMAIL, has(self.email, wanted)
        yield CONTAINS, BY_REFERENCE, has(self.ref, wanted)
        if words:
            pairs = zip(words, in_name, strict=True)
            yield CONTAINS, BY_REFERENCE, _every(named | has(self.ref_words, word) for word, named in pairs)

    def found(self, text: str) -> IntArray:
        """Return the ids, rising, of the customers that `text` finds, directly or by a contact; no text finds none.

        A customer that is missing from the frame is still found by its contacts.
        """
        wanted = folded_text(text)
        if not wanted:
            return np.zeros(0, dtype=np.int64)
        matched = has(self.written, wanted)
        if words := _words(wanted):
            matched |= _every(has(self.every_word, word) for word in words)
        if digits := phone_digits(text):
            matched |= has(self.digits, digits)
        return distinct(ints(self.customers, "commercial_partner_id")[matched])


def texts_found(texts: pa.Array, text: str) -> BoolArray:
    """Return which rows have every word of `text` in their own `texts` (of `row_texts`); no words find no row."""
    return _with_all(_pieces(text), partial(has, texts), len(texts))


class Sought:
    """A text to search lists for: its words, and the customers that each finds, searched once for all lists."""

    def __init__(self, customers: CustomerTexts, text: str) -> None:
        self._ids = customers.found(text)
        pieces = text.split()
        # One that has no letter or digit finds nothing, and so nothing is found by all of them.
        self._each = [(_pieces(piece), self._ids if len(pieces) == 1 else customers.found(piece)) for piece in pieces]

    @property
    def owners(self) -> IntArray:
        """The ids, rising, of the customers that the whole text finds."""
        return self._ids

    def rows(self, owners: IntArray, texts: pa.Array) -> BoolArray:
        """Return which rows it finds; `owners` are their customers (0 = none), `texts` their own (of `row_texts`)."""
        found: BoolArray = np.isin(owners, self._ids)
        open_rows: BoolArray = ~found
        for pieces, ids in self._each:
            by_owner = found if ids is self._ids else np.isin(owners, ids)
            # Reading texts is what takes time: only those that decide something are read.
            unread = np.flatnonzero(open_rows & ~by_owner)
            if len(unread) < len(owners) * FEW:
                open_rows[unread] = _with_all(pieces, partial(has, texts.take(unread)), len(unread))
            else:
                open_rows &= by_owner | _with_all(pieces, partial(has, texts), len(owners))
        return found | open_rows if self._each else found


def where(mask: pa.Array) -> BoolArray:
    """Return an Arrow mask as a NumPy one that can be written into."""
    found: BoolArray = mask.to_numpy(zero_copy_only=False)
    return found.copy()


def has(texts: pa.Array, part: str) -> BoolArray:
    """Return which texts contain `part` literally; finding its position takes half as long as testing for it."""
    return where(pc.greater_equal(pc.find_substring(texts, part), 0))


def _words(folded_words: str) -> list[str]:
    return re.sub(r"[\W_]+", " ", folded_words).split()


def _pieces(text: str) -> list[str]:
    """Return what to look for in texts of words: `INV/2026/0012` as `inv 2026 0012`, `#12` as a word of its own."""
    found = []
    for piece in folded_text(text).split():
        words = " ".join(_words(piece))
        if words:
            found.append(words if piece[0].isalnum() else f" {words}")
    return found


def _with_all(pieces: list[str], has_piece: Callable[[str], BoolArray], size: int) -> BoolArray:
    return _every(map(has_piece, pieces)) if pieces else np.zeros(size, dtype=np.bool_)


def _every(masks: Iterable[BoolArray]) -> BoolArray:
    every: BoolArray = np.logical_and.reduce(list(masks))
    return every
