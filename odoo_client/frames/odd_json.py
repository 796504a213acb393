"""JSON that strict readers refuse, made strict: Python's own writer, which Odoo uses, emits it.

A number that is not one (`NaN`, `Infinity`), half of a surrogate pair, a byte that is not UTF-8: one such value in one
record would make the whole answer unreadable, and stop every later sync. What is not JSON at all stays an error.
"""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

#: Python refuses longer integers by default; no field of Odoo holds one half as long.
LONGEST_INT = 40


def mended(body: bytes | bytearray) -> bytes:
    """Return `body` as strict JSON: numbers that are not as their text ("NaN"), broken characters as U+FFFD.

    Raises ValueError when it is no JSON.
    """
    try:
        value = json.loads(
            bytes(body).decode("utf-8", "replace"), parse_constant=str, parse_float=_finite, parse_int=_short
        )
    except RecursionError as exc:
        raise ValueError("nested too deep to be an answer of Odoo") from exc
    text = json.dumps(value, ensure_ascii=False)
    # Half of a pair has no UTF-8; two halves that were escaped separately become one character again.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def decode(raw: bytes | bytearray | msgspec.Raw) -> Any:
    """Return the Python objects of `raw`, odd numbers and characters as `mended` leaves them.

    Raises ValueError when it is no JSON.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return msgspec.json.decode(mended(bytes(raw)))


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _short(text: str) -> int | str:
    return int(text) if len(text) <= LONGEST_INT else text
