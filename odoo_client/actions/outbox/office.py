"""Where what people enter goes: the outbox, and the sender behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.config import Settings


@dataclass(frozen=True)
class Office:
    """What an action needs: the settings, the outbox, and whom to tell that there is something to send."""

    settings: Settings
    outbox: Outbox
    poke: Callable[[], None] = lambda: None
