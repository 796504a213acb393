"""Sign-ins under way: so many in all and of one place, in threads of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import anyio
import anyio.to_thread
import pytest

from odoo_client.endpoints.under_way import UnderWay
from odoo_client.errors import SignInError, TooManyAttemptsError


class Work:
    """Runs until it is let go; counts how many do at once."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.running: list[str] = []
        self.most = 0
        self._lock = threading.Lock()

    def of(self, place: str) -> Callable[[], str]:
        def work() -> str:
            with self._lock:
                self.running.append(place)
                self.most = max(self.most, len(self.running))
            assert self.go.wait(30)
            with self._lock:
                self.running.remove(place)
            return place

        return work


async def until(true: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not true():
            await anyio.sleep(0.005)


def test_one_place_holds_up_no_other() -> None:
    work, came, refused = Work(), list[str](), list[str]()

    async def main() -> None:
        lanes = UnderWay(in_all=4, by_place=2, wait_s=0.1)

        async def enter(place: str) -> None:
            try:
                came.append(await lanes.run(place, work.of(place)))
            except TooManyAttemptsError:
                refused.append(place)

        async with anyio.create_task_group() as tasks:
            for _ in range(45):
                tasks.start_soon(enter, "a")
            await until(lambda: len(refused) == 43)
            assert work.running == ["a", "a"]
            tasks.start_soon(enter, "b")
            await until(lambda: "b" in work.running)
            work.go.set()
        assert lanes._places == {}

    anyio.run(main)
    assert sorted(came) == ["a", "a", "b"]


def test_many_places_wait_for_each_other_and_hold_none_of_the_server_s_threads() -> None:
    work, refused = Work(), list[str]()

    async def main() -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1
        lanes = UnderWay(in_all=4, by_place=2, wait_s=0.1)

        async def enter(place: str) -> None:
            try:
                await lanes.run(place, work.of(place))
            except TooManyAttemptsError:
                refused.append(place)

        async with anyio.create_task_group() as tasks:
            for number in range(45):
                tasks.start_soon(enter, f"place{number}")
            await until(lambda: len(refused) == 41)
            with anyio.fail_after(1):
                assert await anyio.to_thread.run_sync(lambda: "a page") == "a page"
            work.go.set()

    anyio.run(main)
    assert work.most == 4


def test_who_waits_comes_in_when_there_is_room() -> None:
    work = Work()

    async def main() -> list[str]:
        lanes, came = UnderWay(in_all=1, by_place=1, wait_s=5.0), list[str]()

        async def enter(place: str) -> None:
            came.append(await lanes.run(place, work.of(place)))

        async with anyio.create_task_group() as tasks:
            for place in ("a", "b", "a"):
                tasks.start_soon(enter, place)
            await until(lambda: bool(work.running))
            work.go.set()
        return came

    began_s = time.monotonic()
    assert sorted(anyio.run(main)) == ["a", "a", "b"]
    assert time.monotonic() - began_s < 4


def test_what_the_work_raises_comes_out_and_frees_its_turn() -> None:
    def refuse() -> str:
        raise SignInError("no")

    async def main() -> None:
        lanes = UnderWay(in_all=1, by_place=1, wait_s=0.1)
        for _ in range(3):
            with pytest.raises(SignInError):
                await lanes.run("a", refuse)

    anyio.run(main)
