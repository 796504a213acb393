"""What Odoo's answers must be: ids, records, groups. Anything else is an error and never "no data"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from odoo_client.errors import NotOdooError
from odoo_client.frames.kinds import LARGEST_ID

T = TypeVar("T")
#: An id as Odoo sends it, for types that `typed` takes.
Id = Annotated[int, msgspec.Meta(gt=0, le=LARGEST_ID)]


class OwnUser(msgspec.Struct):
    """The signed-in user's record; an empty text comes as False."""

    company_id: Id
    company_ids: list[Id]
    login: str | bool = False


def typed(answer: Any, kind: type[T], model: str, due: str) -> T:
    """Return what Odoo answered as `kind`. Raises NotOdooError when it is of another form."""
    try:
        return msgspec.convert(answer, type=kind)
    except msgspec.ValidationError as exc:
        raise odd_answer(model, due) from exc


def yes_or_no(answer: Any, model: str) -> bool:
    """Return the answer to a question about rights; None means no. Raises NotOdooError for anything else."""
    if answer is not None and not isinstance(answer, bool):
        raise odd_answer(model, "rights")
    return bool(answer)


def ids_of(answer: Any, model: str) -> list[int]:
    """Return what `search` answered. Raises NotOdooError for anything but ids: rows would be taken as deleted."""
    if not is_ids(answer):
        raise odd_answer(model, "ids")
    ids: list[int] = answer
    return ids


def is_ids(value: Any) -> bool:
    """Return whether a value of Odoo is a list of ids, each of which a column can hold."""
    return isinstance(value, list) and all(type(one) is int and 0 < one <= LARGEST_ID for one in value)


def odd_answer(model: str, due: str) -> NotOdooError:
    """Return the error for an answer that is JSON but not what was asked for: it is never taken as "no data"."""
    return NotOdooError(
        f"Odoo sent something else where {due} of {model} were due: look into Odoo's log, and at any proxy before it.",
        model=model,
    )


def records_of(answer: Any, model: str) -> list[dict[str, Any]]:
    """Return what a read answered. Raises NotOdooError for anything but a list."""
    if not isinstance(answer, list):
        raise odd_answer(model, "records")
    return answer


def group_value(row: Mapping[str, Any], key: str) -> Any:
    """Return the value that a row of a grouping is grouped by: an id, a code, the first day of a period."""
    value = row.get(key)
    if isinstance(value, list) and value:
        return value[0]  # [id, name] of a many2one, [first day, label] of a period
    if ":" in key and value:
        # read_group labels a period in words ("November 2026"); its first day is in the group's domain.
        field = key.partition(":")[0]
        begins = [leaf[2] for leaf in row.get("__domain", []) if leaf[0] == field and leaf[1] == ">="]
        return begins[0] if begins else value
    return value
