"""A bank reference, and a document's number, as they are found again in what people typed: one rule for all."""

from __future__ import annotations

import re
from typing import Final

#: Shorter ones mean nothing: "21" or "pay" would be found in half of all payments.
SHORTEST: Final = 4


def letters_and_digits(text: str) -> str:
    """Return the letters and digits of `text`, of whatever script, in capitals."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def normal_reference(text: str) -> str:
    """Return a bank reference as it is compared: its letters and digits in capitals; "" when too short to mean one."""
    letters = letters_and_digits(text)
    return letters if len(letters) >= SHORTEST else ""


def names(number: str, text: str) -> bool:
    """Return whether `text` names the document `number`, however it is spaced there.

    A longer number that only begins or ends like it is another document's: INV/2026/10 is not named by INV/2026/100.
    """
    letters = letters_and_digits(number)
    if not letters:
        return False
    before = r"(?<!\d)" if letters[0].isdigit() else ""
    spaced = r"[\W_]*".join(re.escape(letter) for letter in letters)
    return re.search(rf"{before}{spaced}(?!\d)", text.upper()) is not None
