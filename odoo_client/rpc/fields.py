"""A field of an Odoo model: what is asked of Odoo, what it answers, and what the rest of the app needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

#: The attributes asked for each field.
FIELD_ATTRIBUTES = ["type", "store", "relation", "required", "selection", "translate", "company_dependent"]
#: Field types whose column PostgreSQL aggregates as it is.
COLUMN_TYPES = frozenset(
    {
        *("char", "text", "selection", "integer", "float", "monetary", "boolean", "date", "datetime", "many2one"),
        "many2one_reference",
    }
)


@dataclass(frozen=True)
class FieldInfo:
    """A field as fields_get describes it; `relation` is "" and `selection` empty where they do not apply."""

    name: str
    type: str
    store: bool
    relation: str
    required: bool
    selection: tuple[tuple[str, str], ...]
    translated: bool = False
    company_dependent: bool = False

    @property
    def aggregable(self) -> bool:
        """Whether the table has a plain column of it, which PostgreSQL can hand over whole."""
        return self.store and self.type in COLUMN_TYPES and not self.translated and not self.company_dependent


class FieldAnswer(msgspec.Struct):
    """A field as Odoo sends it."""

    type: str
    # Any: a module may declare store="yes", and Odoo 14 passes that on.
    store: Any = True
    required: Any = False
    relation: Any = None
    selection: Any = None
    translate: Any = False
    company_dependent: Any = False


def field_info(name: str, answer: FieldAnswer) -> FieldInfo:
    """Return the field `name` of which Odoo sent `answer`."""
    pairs = answer.selection if isinstance(answer.selection, list) else []
    return FieldInfo(
        name=name,
        type=answer.type,
        store=bool(answer.store),
        relation=answer.relation if isinstance(answer.relation, str) else "",
        required=bool(answer.required),
        selection=tuple((str(pair[0]), str(pair[1])) for pair in pairs if isinstance(pair, list) and len(pair) == 2),
        translated=bool(answer.translate),
        company_dependent=bool(answer.company_dependent),
    )
