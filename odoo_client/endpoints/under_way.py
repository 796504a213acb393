"""Sign-ins under way, in threads of their own, limited by place and in all; the next ones wait a moment.

Odoo may take long to answer a sign-in, and whoever asks is nobody yet. What serves the pages must not wait for that.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final, TypeVar

import anyio

from odoo_client.errors import TooManyAttemptsError

T = TypeVar("T")

WAIT_S: Final = 5.0
BUSY: Final = "Too many sign-ins are under way. Try again in a moment."


@dataclass
class _Place:
    turns: anyio.Semaphore
    #: How many are running or waiting for a turn.
    comers: int = 0


class UnderWay:
    """Lets `in_all` sign-ins run at once, `by_place` of one place; for the coroutines of one event loop."""

    def __init__(self, in_all: int, by_place: int, wait_s: float = WAIT_S) -> None:
        self._turns = anyio.Semaphore(in_all)
        self._threads = anyio.CapacityLimiter(in_all)
        self._by_place = by_place
        self._wait_s = wait_s
        self._places: dict[str, _Place] = {}

    async def run(self, place: str, work: Callable[[], T]) -> T:
        """Return what `work` returns from a thread, or raise what it raises.

        Raises TooManyAttemptsError when its turn does not come in time.
        """
        mine = self._places.setdefault(place, _Place(anyio.Semaphore(self._by_place)))
        mine.comers += 1
        try:
            async with AsyncExitStack() as turns:
                try:
                    with anyio.fail_after(self._wait_s):
                        # The place comes first, so that those who wait for it hold up nobody else.
                        await turns.enter_async_context(mine.turns)
                        await turns.enter_async_context(self._turns)
                except TimeoutError as exc:
                    raise TooManyAttemptsError(BUSY, wait_s=self._wait_s) from exc
                return await anyio.to_thread.run_sync(work, limiter=self._threads)
        finally:
            mine.comers -= 1
            if not mine.comers:
                del self._places[place]
