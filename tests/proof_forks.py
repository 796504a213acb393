"""The process that judges uploads, forked from one that has the parsers loaded already: a hundredth of a second each.

What a fork does is what the app's own process does, with the same limits; only the start of Python is left out, which
takes most of the time. `tests/unit/test_proof_files.py` judges by both.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

_HEAD = struct.Struct(">IId")
_ANSWER = struct.Struct(">iI")
_TIMED_OUT = 1_000


class Forks:
    """Stands for `subprocess.run` in `judge`; one file after another, from any thread."""

    def __init__(self) -> None:
        start = "from tests.proof_forks import serve; serve()"
        self._server = subprocess.Popen(
            [sys.executable, "-c", start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[1],
        )
        self._lock = threading.Lock()

    def run(
        self, command: Sequence[str], *, input: bytes, timeout: float, **_more: object
    ) -> subprocess.CompletedProcess[bytes]:
        """Return how the process ended that the command would have started. Raises TimeoutExpired."""
        told = command[-1].encode()
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        with self._lock:
            self._server.stdin.write(_HEAD.pack(len(told), len(input), timeout) + told + input)
            self._server.stdin.flush()
            returned, length = _ANSWER.unpack(self._server.stdout.read(_ANSWER.size))
            printed = self._server.stdout.read(length)
        if returned == _TIMED_OUT:
            raise subprocess.TimeoutExpired(list(command), timeout)
        return subprocess.CompletedProcess(list(command), returned, printed)

    def __enter__(self) -> Forks:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(30)
        self._server.stdout.close()


def serve() -> None:
    """Judge what comes in, each file in a fork, until the input ends."""
    # Loaded once, and not again in each fork.
    from odoo_client.documents.proof import pdf, picture  # noqa: F401

    given, answers = sys.stdin.buffer, sys.stdout.buffer
    while head := given.read(_HEAD.size):
        told_length, length, timeout_s = _HEAD.unpack(head)
        told, content = given.read(told_length), given.read(length)
        returned, printed = _judged(told.decode(), content, timeout_s)
        answers.write(_ANSWER.pack(returned, len(printed)) + printed)
        answers.flush()


def _judged(told: str, content: bytes, timeout_s: float) -> tuple[int, bytes]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _main(told, content, writing)
    os.close(writing)
    with open(reading, "rb") as answer:
        ready, _, _ = select.select([answer], [], [], timeout_s)
        if not ready:
            os.kill(pid, signal.SIGKILL)
        printed = answer.read()
    _pid, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) if ready else _TIMED_OUT, printed


def _main(told: str, content: bytes, writing: int) -> None:
    from odoo_client.documents.proof import child as proof_child

    with contextlib.suppress(BaseException):
        json.loads(told)
        sys.argv = ["", told]
        sys.stdin = io.TextIOWrapper(io.BytesIO(content))
        sys.stdout = open(writing, "w", encoding="utf-8")  # noqa: SIM115  the fork ends here
        proof_child.main()
        os._exit(0)
    os._exit(1)
