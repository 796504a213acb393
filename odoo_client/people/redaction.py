"""E-mail addresses and telephone numbers inside text that people wrote, taken out for those who may not see them.

A telephone number is known by how it begins: "+" or "00" and a country, this country's 263, the zero
of a national number, or what its mobile numbers begin with; how the digits are grouped does not count. References,
days, amounts and addresses of machines stay. In doubt the text loses a number too many: Odoo still has it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from odoo_client.roles import Personal

EMAIL_HIDDEN: Final = "(e-mail address)"
PHONE_HIDDEN: Final = "(telephone number)"

#: What is written but not seen: zero-width spaces, soft hyphens, accents, the frames of keycaps.
_UNSEEN = "\u200b"
_UNSEEN_KINDS = frozenset(("Cf", "Mn", "Me"))

_ENDS = r"\s<>()\[\]{},;:\"'|@"
_AT = re.compile(
    r"(?P<sign>@|%40|&#(?:64|x40);|&commat;)|[ ]?[(\[{][ ]?(?:at|@)[ ]?[)\]}][ ]?|(?P<word>[ ]at[ ])", re.IGNORECASE
)
_LOCAL = re.compile(rf"(?:\"[^\"\n]{{1,64}}\"|[^{_ENDS}]{{1,200}})[ ]{{0,2}}$")
_TOP = r"(?:com|co|org|net|ac|gov|edu|info|zw|za|zm|uk)"
_PROVIDER = r"(?:gmail|googlemail|yahoo|ymail|outlook|hotmail|live|icloud|proton|protonmail|zoho)"
_DOT = r"(?:\.|[ ]?[(\[{][ ]?(?:dot|\.)[ ]?[)\]}][ ]?|[ ]dot[ ])"
#: Behind the sign: as addresses are, of a machine, with a comma for the dot, without the end, or with blanks, where
#: the end has to be one ("100 Mbps @ 17.30" is none).
_BEHIND_SIGN = re.compile(
    rf"[^{_ENDS}]{{1,200}}\.[^{_ENDS}]{{1,60}}(?<![.!?])|\[[0-9A-Fa-f.:IPv]{{3,60}}\]"
    rf"|[\w-]{{1,63}},{_TOP}(?:[.,]{_TOP})?\b|{_PROVIDER}\b"
    rf"|[ ]{{0,2}}(?:[\w-]{{1,63}}[ ]?\.[ ]?){{1,4}}[^\W\d_]{{2,24}}\b",
    re.IGNORECASE,
)
_BEHIND_BRACKETS = re.compile(rf"[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,4}}", re.IGNORECASE)
#: "look at example.com" is no address, "tendai at example dot com" is.
_BEHIND_WORD = re.compile(r"[\w-]{1,63}(?:[ ]dot[ ][\w-]{1,63}){1,4}", re.IGNORECASE)

#: What people put between digits, and how a web address spells a blank.
_GAP = rf"(?:[ .,()/_~*\u00b7\u2022{_UNSEEN}-]|%20){{0,3}}"
_PLUS = rf"(?:\+|%2B)[ {_UNSEEN}]?"
#: This country's numbers without their zero: mobile, through the internet, of a place.
_MOBILE = rf"7{_GAP}[1-8](?:{_GAP}\d){{7}}|8{_GAP}6(?:{_GAP}\d){{8}}"
_OWN = rf"2{_GAP}6{_GAP}3{_GAP}(?:\(?[0O]\)?{_GAP})?"
#: Telephone numbers after anything. This country's are counted to the digit, so that what follows stays.
_SURE = (
    rf"\(?(?:{_PLUS}|00{_GAP}|011{_GAP})\(?{_OWN}(?:{_MOBILE}|[2-6](?:{_GAP}\d){{5,8}})"
    rf"|\(?{_OWN}(?:{_MOBILE}|[2-6](?:{_GAP}\d){{8}})"
    rf"|\(?(?:{_PLUS}|00[ {_UNSEEN}-]?)\(?[1-9](?:{_GAP}\d){{7,13}}"
    rf"|\(?[0O](?!\.)\)?{_GAP}(?:{_MOBILE})"
)
#: Telephone numbers where a word begins: any national number, and a mobile one without its zero.
_LIKELY = (
    r"\(?0\d{2,3}\)?[ .-]{0,2}\d(?:[ .-]?\d){5,6}|(?:\(0\d\)[ .-]?|0\d[ -])\d{3}[ .-]?\d{3,4}"
    r"|7[1378](?:[ .-]?\d){7}"
)
#: Not even where the digits would do: days, months, and the addresses of machines.
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_NOT = (
    r"(?!(?:\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d\d|(?:0?[1-9]|1[0-2])[-./ ](?:19|20)\d\d"
    r"|(?:0[1-9]|[12]\d|3[01])[-./](?:0[1-9]|[12]\d|3[01])[-./]\d\d"
    rf"|(?:\d\d-){{5}}\d\d|{_BYTE}(?:\.{_BYTE}){{3}})(?![\d.]))"
)
#: Words that are written onto a number without a blank.
_WORDS = (
    "tel", "cel", "cell", "call", "phone", "fone", "mobile", "mob", "ph", "no", "nr", "num", "number", "fax",
    "whatsapp", "wa", "sms", "contact", "econet", "netone", "telecel", "ecocash",
)  # fmt: skip
#: Before a number that is sure: nothing, a blank or a sign that is no part of a longer reference ("1/0772...").
_BEFORE_SURE = (
    r"(?:(?<![\w/.,-])|(?<=_)|(?<=%20)|(?<=^[/.,-])|(?<=[^\d\s][/.,-])|(?<=\s[/.,-])|"
    + "|".join(rf"(?<=\b{word})" for word in _WORDS)
    + ")"
)
_BEFORE_LIKELY = r"(?:(?<![\w/.,#-])(?<!\d[ ])|(?<=(?-i:[a-z])[.-]))"
_AFTER_SURE = r"(?!\d|[^\W\d_]{1,8}\d)"
_AFTER_LIKELY = r"(?![^\W_]|[.,]\d{1,2}(?!\d)|/(?:19|20)\d\d(?!\d))"
_ONE = rf"(?:(?:{_SURE}){_AFTER_SURE}|(?:{_LIKELY}){_AFTER_LIKELY})"
_PHONE = re.compile(
    rf"(?:{_BEFORE_SURE}{_NOT}(?:{_SURE}){_AFTER_SURE}|{_BEFORE_LIKELY}{_NOT}(?:{_LIKELY}){_AFTER_LIKELY})"
    # There may be several in a row.
    rf"(?:[ ]?(?:[/,;&|+-]|\band\b|\bor\b)[ ]?{_ONE})*",
    re.IGNORECASE,
)
#: What a text has to have in it to be looked at, so that a column of references is passed over; of other alphabets all.
_OTHER = r"[^\x00-\x7F]"
_MAY_HAVE: Final[dict[Personal, str]] = {
    "email": rf"(?i:@|%40|&#|&commat|[(\[{{] ?at|\sat\s)|{_OTHER}",
    "phone": rf"(?:^|[^0-9])(?:[+(0Oo7]|263)(?:[^0-9A-Za-z]{{0,4}}(?:20)?[0-9]){{7}}|%2B|{_OTHER}",
}


def without(text: str, allowed: Collection[Personal]) -> str:
    """Return `text` with words for e-mail addresses and telephone numbers, those kinds that are `allowed` excepted."""
    if "email" not in allowed:
        text = _replaced(text, _emails, EMAIL_HIDDEN)
    return text if "phone" in allowed else _replaced(text, _phones, PHONE_HIDDEN)


def column_without(texts: pd.Series, allowed: Collection[Personal]) -> pd.Series:
    """Return the column of texts, dtype str, with each as `without` gives it."""
    patterns = [_MAY_HAVE[kind] for kind in _MAY_HAVE if kind not in allowed]
    if texts.empty or not patterns:
        return texts
    some = pc.match_substring_regex(pa.array(texts, type=pa.large_string()), "|".join(patterns))
    at = np.flatnonzero(some.to_numpy(zero_copy_only=False))
    if not len(at):
        return texts
    replaced = texts.copy()
    replaced.iloc[at] = [without(text, allowed) for text in texts.iloc[at]]
    return replaced


def holds_email(text: str) -> bool:
    """Return whether there is an e-mail address in the text."""
    return next(_emails(_plain(text)), None) is not None


def _replaced(text: str, find: Callable[[str], Iterator[tuple[int, int]]], word: str) -> str:
    parts, place = [], 0
    for start, end in find(_plain(text)):
        parts += [text[place:start], word]
        place = end
    return "".join((*parts, text[place:])) if parts else text


def _emails(text: str) -> Iterator[tuple[int, int]]:
    """Yield where addresses are, from left to right."""
    end = 0
    for at in _AT.finditer(text):
        behind = _BEHIND_SIGN if at["sign"] else _BEHIND_WORD if at["word"] else _BEHIND_BRACKETS
        before = _LOCAL.search(text, max(end, at.start() - 204), at.start())
        after = behind.match(text, at.end())
        if before is not None and after is not None and at.start() >= end:
            yield before.start(), (end := after.end())


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for found in _PHONE.finditer(text):
        # A bracket that is closed after the number is not part of it.
        start, end = found.span()
        if text[start] == "(" and ")" not in found[0]:
            start += 1
        yield start, end


def _plain(text: str) -> str:
    """Return the text as long as it is, with the plain form of each letter, digit and blank: "０" is "0"."""
    text = text.replace("\t", " ")
    return text if text.isascii() else "".join(map(_plain_letter, text))


@cache
def _plain_letter(letter: str) -> str:
    if unicodedata.category(letter) in _UNSEEN_KINDS:
        return _UNSEEN
    if letter != "\n" and letter.isspace():
        return " "
    if letter == "\u2212" or unicodedata.category(letter) == "Pd":
        return "-"
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return str(digit)
    composed = unicodedata.normalize("NFKC", letter)
    return composed if len(composed) == 1 else letter
