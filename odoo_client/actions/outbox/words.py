"""Words and amounts as they are written into Odoo and shown about it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from odoo_client.actions.outbox.entry import State

#: The state of an entry of the outbox, in a word and in a sentence.
STATE_WORDS: Final[Mapping[State, str]] = {
    "waiting": "Waiting",
    "sent": "Being sent",
    "unknown": "Looked up in Odoo",
    "done": "Done",
    "failed": "Failed",
    "discarded": "Discarded",
}
STATE_MEANING: Final[Mapping[State, str]] = {
    "waiting": "It is stored here and not in Odoo yet. It is sent by itself, with its author's own rights.",
    "sent": "It is on its way to Odoo.",
    "unknown": "It was sent and Odoo's answer was lost. It is looked up in Odoo, and sent again only once Odoo can no "
    "longer be at it, so that nothing is entered twice.",
    "done": "Odoo has it.",
    "failed": "Odoo did not take it, or it was no longer allowed. Nothing happens until somebody tries again or "
    "discards it.",
    "discarded": "Somebody gave it up. It is not sent.",
}


def plain_money(amount: Decimal, code: str, decimals: int) -> str:
    """Return `USD 1234.50`: the form that is read back from Odoo's texts."""
    return f"{code} {amount:.{decimals}f}"
