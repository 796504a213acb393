"""The kinds a column may be of, and how Odoo's values become Arrow columns of them.

Arrow casts a column as a whole. Only where that fails is it read value by value: what cannot be read is left empty and
its place reported, so that one odd value never stops the rest.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Literal

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from odoo_client.frames import odd_json

Kind = Literal["id", "text", "code", "date", "datetime", "money", "number", "int", "bool"]

ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "id": pa.int64(),
    "int": pa.int64(),
    "text": pa.string(),
    "code": pa.string(),
    "date": pa.timestamp("s"),
    "datetime": pa.timestamp("s", tz="UTC"),
    "money": pa.float64(),
    "number": pa.float64(),
    "bool": pa.bool_(),
}
#: What an empty value becomes: a frame never holds `False`, `None` or `NaN` where a person would read it. No date is
#: NaT.
EMPTY: Mapping[Kind, Any] = {"id": 0, "int": 0, "text": "", "code": "", "money": 0.0, "number": 0.0, "bool": False}
_JSON_TYPES: Mapping[Kind, Any] = {
    "id": list[int | None] | None,
    "int": list[int | None] | None,
    "text": list[str | None] | None,
    "code": list[str | None] | None,
    "date": list[str | None] | None,
    "datetime": list[str | None] | None,
    # Odoo 14 hands over numeric columns as text, as PostgreSQL spells them.
    "money": list[float | str | None] | None,
    "number": list[float | str | None] | None,
    "bool": list[bool | None] | None,
}
_DECODERS = {kind: msgspec.json.Decoder(wire) for kind, wire in _JSON_TYPES.items()}
#: What a value that does not fit raises in msgspec and Arrow (their errors are ValueErrors, but for these two).
_NO_FIT = (ValueError, TypeError, OverflowError)

_EPOCH = date(1970, 1, 1)
_DAY_S = 86_400
#: A year of fewer than four digits is a typing error ("26" for 2026); the day is held all the same, and told.
EARLY_BEFORE_S = (date(1000, 1, 1) - _EPOCH).days * _DAY_S
#: First and last day that Python knows. Of moments, the outermost days are left out: another time zone would push them
#: over the edge.
_DAYS_S = ((date.min - _EPOCH).days * _DAY_S, (date.max - _EPOCH).days * _DAY_S)
_MOMENTS_S = (_DAYS_S[0] + _DAY_S, _DAYS_S[1] - 1)
_LARGEST_INT = 2**63 - 1
#: Odoo's ids are PostgreSQL's 32-bit numbers from 1 on; 0 is what an empty reference becomes.
LARGEST_ID = 2**31 - 1
_DATE = re.compile(r"(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[T ](.+))?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)


class FormError(ValueError):
    """The column itself is odd, not a value: it is not a list, or holds lists and objects instead of values."""


@dataclass(frozen=True)
class Cells:
    """A column as read: `array` of its kind's type, and the places of unreadable values (which are empty)."""

    array: pa.Array
    unread: tuple[int, ...] = ()


def cells_of_json(raw: msgspec.Raw, kind: Kind) -> Cells:
    """Return the list that `raw` holds as a column (`null` = no rows). Raises FormError when it is none of values."""
    try:
        return Cells(to_arrow(_DECODERS[kind].decode(raw) or [], kind))
    except _NO_FIT:
        values = odd_json.decode(raw)
    if not isinstance(values, list | None):
        raise FormError(f"{type(values).__name__} where a list is due")
    if any(isinstance(value, list | dict) for value in values or []):
        raise FormError("lists or objects where values are due")
    return _one_by_one(values or [], kind)


def cells(values: Sequence[Any], kind: Kind) -> Cells:
    """Return `values` as records have them (False = empty, a many2one bare or as [id, name]) as a column."""
    if kind != "bool":
        values = [None if value is False else value for value in values]
    if kind in ("id", "int"):
        values = [(value[0] if value else None) if isinstance(value, list) else value for value in values]
    try:
        return Cells(to_arrow(msgspec.convert(values, _JSON_TYPES[kind]), kind))
    except _NO_FIT:
        return _one_by_one(values, kind)


def to_arrow(values: list[Any], kind: Kind) -> pa.Array:
    """Return `values` (None = empty) as an Arrow array of `kind`, empties filled as the frames' conventions say.

    Raises ValueError, TypeError or OverflowError when one of them does not fit.
    """
    kind_type = ARROW_TYPES[kind]
    if kind in ("date", "datetime"):
        texts = pa.array(values, pa.string())
        if kind == "date":
            return _within(pc.cast(pc.cast(texts, pa.date32()), kind_type), _DAYS_S)
        return pc.assume_timezone(_within(pc.cast(texts, pa.timestamp("s")), _MOMENTS_S), "UTC")
    if kind in ("money", "number"):
        if isinstance(next((v for v in values if v is not None), None), str):
            values = pa.array(values, pa.string())
        array = pc.cast(values, kind_type) if isinstance(values, pa.Array) else pa.array(values, kind_type)
        # PostgreSQL spells what is not a number "NaN", and Arrow takes the word for a number.
        if len(array) and pc.all(pc.is_finite(array)).as_py() is False:
            raise ValueError("not a number")
    else:
        array = pa.array(values, kind_type)
        if kind == "id":
            found = pc.min_max(array).as_py()
            if found["min"] is not None and not (found["min"] >= 0 and found["max"] <= LARGEST_ID):
                raise ValueError("no id")
    return array.fill_null(EMPTY[kind]) if array.null_count else array


def early(array: pa.Array) -> tuple[int, ...]:
    """Return the places of a date or datetime column that lie before the year 1000."""
    seconds = array.cast(pa.int64())
    lowest = pc.min(seconds).as_py()
    if lowest is None or lowest >= EARLY_BEFORE_S:
        return ()
    return tuple(pc.indices_nonzero(pc.less(seconds, EARLY_BEFORE_S).fill_null(False)).to_pylist())


def day_of(value: Any) -> date | None:
    """Return a day as Odoo writes it, which does not pad a year ("26-11-15" is the year 26); None for no day.

    Raises ValueError for what is no day.
    """
    day, _clock = _day_and_clock(value)
    return day


def moment_of(value: Any) -> datetime | None:
    """Return a moment in UTC as Odoo writes it; a day alone is its midnight. None for none.

    Raises ValueError for what is no moment, or so near the end of time that it is none everywhere.
    """
    day, clock = _day_and_clock(value)
    if day is None:
        return None
    if not _MOMENTS_S[0] <= _seconds(day) < _MOMENTS_S[1]:
        raise ValueError("some time zones push it over the end of time")
    moment = datetime.combine(day, clock)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _day_and_clock(value: Any) -> tuple[date | None, time]:
    if value is None or value is False or value == "":
        return None, time()
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("not a day")
    clock = time.fromisoformat(found[4]) if found[4] else time()
    return date(int(found[1]), int(found[2]), int(found[3])), clock


def _seconds(day: date) -> int:
    return (day - _EPOCH).days * _DAY_S


def _within(array: pa.Array, bounds_s: tuple[int, int]) -> pa.Array:
    found = pc.min_max(array.cast(pa.int64())).as_py()
    if found["min"] is not None and not (bounds_s[0] <= found["min"] and found["max"] <= bounds_s[1]):
        raise ValueError("a year that Python does not know")
    return array


def _one_by_one(values: Sequence[Any], kind: Kind) -> Cells:
    take = _TAKEN[kind]
    taken: list[Any] = []
    unread: list[int] = []
    for place, value in enumerate(values):
        try:
            taken.append(None if value is None or (value is False and kind != "bool") else take(value))
        except _NO_FIT:
            taken.append(None)
            unread.append(place)
    array = pa.array(taken, pa.int64() if kind in ("date", "datetime") else ARROW_TYPES[kind])
    if kind in ("date", "datetime"):
        array = array.cast(ARROW_TYPES[kind])
    elif array.null_count:
        array = array.fill_null(EMPTY[kind])
    return Cells(array, tuple(unread))


def _text(value: Any) -> str:
    if isinstance(value, str):
        # Half of a surrogate pair cannot be stored; the rest of the text can.
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a text")
    return str(value)


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        if not value.strip():
            return None
        if not _WHOLE.fullmatch(value.strip()):
            raise ValueError("not a whole number")
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise TypeError("not a whole number")
    if not -_LARGEST_INT <= value <= _LARGEST_INT:
        raise OverflowError("too large")
    return int(value)


def _id(value: Any) -> int | None:
    number = _whole(value)
    if number is not None and not 0 <= number <= LARGEST_ID:
        raise ValueError("no id")
    return number


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        if not value.strip():
            return None
        if not _NUMBER.fullmatch(value.strip()):
            raise ValueError("not a number")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a number")
    return number


def _flag(value: Any) -> bool:
    if isinstance(value, bool) or value in (0, 1):
        return bool(value)
    raise TypeError("neither yes nor no")


def _day_s(value: Any) -> int | None:
    day = day_of(value)
    return None if day is None else _seconds(day)


def _moment_s(value: Any) -> int | None:
    moment = moment_of(value)
    if moment is None:
        return None
    return _seconds(moment.date()) + moment.hour * 3600 + moment.minute * 60 + moment.second


_TAKEN: Mapping[Kind, Callable[[Any], Any]] = {
    "id": _id,
    "int": _whole,
    "text": _text,
    "code": _text,
    "date": _day_s,
    "datetime": _moment_s,
    "money": _number,
    "number": _number,
    "bool": _flag,
}
