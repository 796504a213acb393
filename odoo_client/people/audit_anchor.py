"""How far the audit trail has come, kept outside its file, so that cutting off its end is noticed.

It is one line beside the trail, of fixed length and so written in one go: the number of the last entry and its hash.
Whoever holds the trail's write lock moves it on after each entry, but only while the trail still holds what the line
says; once it does not, the line stays as proof.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_DIGITS: Final = 20
_LINE: Final = re.compile(r"0*(\d+):([0-9a-f]{64})\s*")
#: The hash that stands for "nothing yet".
NOTHING: Final = "0" * 64


@dataclass(frozen=True)
class Head:
    """The last entry of a trail: its number (0 = none) and the hash over it and all before."""

    number: int
    chain: str

    def __str__(self) -> str:
        return f"{self.number}:{self.chain}"

    @classmethod
    def of(cls, text: str) -> Head | None:
        """Return what `str` made a text of, None for any other text."""
        found = _LINE.fullmatch(text.strip())
        return cls(int(found[1]), found[2]) if found else None


EMPTY: Final = Head(0, NOTHING)


class Anchor:
    """The line in the file `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Head | None:
        """Return what it says, None when it is gone or says nothing. Raises OSError."""
        try:
            return Head.of(self.path.read_text(encoding="ascii", errors="replace"))
        except FileNotFoundError:
            return None

    def put(self, head: Head) -> None:
        """Say where the trail ends now. Raises OSError."""
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            line = f"{head.number:0{_DIGITS}d}:{head.chain}\n".encode("ascii")
            os.write(handle, line)
            os.ftruncate(handle, len(line))
        finally:
            os.close(handle)
