"""Words and amounts as they stand in what is written into Odoo and shown of it."""

from __future__ import annotations

from decimal import Decimal


def money_words(amount: Decimal, code: str, decimals: int = 2) -> str:
    """Return `USD 1,234.50`."""
    return f"{code} {amount:,.{decimals}f}"


def plain_money(amount: Decimal, code: str, decimals: int = 2) -> str:
    """Return `USD 1234.50`: the form that is read back from Odoo's texts."""
    return f"{code} {amount:.{decimals}f}"


def normal_reference(text: str) -> str:
    """Return a bank reference as it is compared: its letters and digits in capitals; "" when too short to mean one."""
    letters = "".join(letter for letter in text.upper() if letter.isalnum())
    return letters if len(letters) >= 4 else ""
