"""How a bank reference or a document's number is recognised in what people typed: one rule for all."""

from __future__ import annotations

import re
from typing import Final

#: Shorter references mean nothing: "21" or "pay" would be found in half of all payments.
SHORTEST: Final = 4
#: This many letters and digits, with at least one digit, identify a reference wherever they stand.
TELLING: Final = 6


def letters_and_digits(text: str) -> str:
    """Return the letters and digits of `text`, in any script, in capitals."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def normal_reference(text: str) -> str:
    """Return a bank reference as it is compared: its letters and digits in capitals; "" when too short to mean one."""
    letters = letters_and_digits(text)
    return letters if len(letters) >= SHORTEST else ""


def is_telling(letters: str) -> bool:
    """Return whether letters and digits identify a reference inside a longer one: they are neither a word nor short."""
    return len(letters) >= TELLING and any(letter.isdigit() for letter in letters)


def same_reference(one: str, other: str) -> bool:
    """Return whether two references, as `normal_reference` gives them, are one: equal, or one holds the other."""
    shorter, longer = sorted((one, other), key=len)
    return bool(one) and (one == other or (is_telling(shorter) and shorter in longer))


def holds_reference(text: str, wanted: str) -> bool:
    """Return whether a payment's text is of the reference `wanted`, as `normal_reference` gives it.

    Either it names `wanted`, or its own reference, which comes last, after the invoices' numbers, is a part of it.
    """
    if not wanted:
        return False
    if wanted in letters_and_digits(text):
        return True
    words = text.split()
    if not words or letters_and_digits(words[-1]) not in wanted:
        return False  # as with almost all: the last word alone tells
    endings = (letters_and_digits("".join(words[at:])) for at in range(len(words)))
    return any(is_telling(ending) and ending in wanted for ending in endings)


def telling_parts(text: str) -> list[str]:
    """Return the parts of a reference, as typed, that identify it by themselves."""
    parts = dict.fromkeys([*text.split(), *re.findall(r"[^\W_]+", text)])
    return [part for part in parts if is_telling(letters_and_digits(part))]


def names(number: str, text: str) -> bool:
    """Return whether `text` names the document `number`, however it is spaced there.

    A longer number that only begins or ends like it is another document's: INV/2026/100 does not name INV/2026/10.
    """
    letters = letters_and_digits(number)
    if not letters:
        return False
    before = r"(?<!\d)" if letters[0].isdigit() else ""
    spaced = r"[\W_]*".join(re.escape(letter) for letter in letters)
    return re.search(rf"{before}{spaced}(?!\d)", text.upper()) is not None
