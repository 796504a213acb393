"""What a field is, and the small language in which the schema modules declare fields by version and add-on.

A declaration is a word: `name`, then any of
    `!`             required
    `~`             not stored; `~path.to.field` reads another field through that path
    `=a|b+c|d:L+d`  selection values (`+` stands for a space), with their labels where Odoo's are no mere title of them
    `>model`        relation, with `.inverse` for one2many
    `@16-`, `@-17`, `@14-16`, `@19`   the versions that have it
    `/oca`, `/enterprise`, `/stock`   only with that add-on
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from odoo_client.demo.orm.profiles import Profile

_WORD = re.compile(
    r"^(?P<name>\w+)(?P<required>!)?(?P<virtual>~(?P<path>[\w.]*))?(?:=(?P<values>[^>@/]+))?"
    r"(?:>(?P<relation>[\w.]+?)(?:\.(?P<inverse>\w+_id))?)?(?:@(?P<versions>[\d-]+))?(?:/(?P<addon>\w+))?$"
)
OLDEST, NEWEST = 14, 99

Declarations: TypeAlias = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one model in one profile."""

    name: str
    type: str
    store: bool = True
    required: bool = False
    relation: str = ""
    inverse: str = ""  # one2many: the many2one on the other side
    path: str = ""  # not stored: the path it reads
    selection: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()  # of the selection's values

    @property
    def label(self) -> str:
        """How people see the field named."""
        return self.name.removesuffix("_id").replace("_", " ").title()

    @property
    def is_column(self) -> bool:
        """Whether PostgreSQL can aggregate it: a column of its own or of a parent reached through its path."""
        return (self.store or bool(self.path)) and self.type not in ("one2many", "many2many", "binary")

    def describe(self, attributes: Collection[str] | None) -> dict[str, Any]:
        """Return the entry of fields_get: only attributes that this kind of field has, as Odoo does."""
        full: dict[str, Any] = {
            "type": self.type,
            "string": self.label,
            "store": self.store,
            "required": self.required,
            "readonly": not self.store,
            "searchable": self.store or bool(self.path),
            "sortable": self.is_column,
            "company_dependent": False,
            "depends": [],
            "manual": False,
        }
        if self.relation:
            full["relation"] = self.relation
        if self.inverse:
            full["relation_field"] = self.inverse
        if self.selection:
            full["selection"] = [list(pair) for pair in zip(self.selection, self.labels, strict=True)]
        return full if not attributes else {key: value for key, value in full.items() if key in attributes}


def build_models(declarations: Declarations, profile: Profile) -> dict[str, dict[str, Field]]:
    """Return model → field name → Field, for the models and fields that `profile` has."""
    models: dict[str, dict[str, Field]] = {}
    for head, by_type in declarations.items():
        model = _model_of(head, profile)
        if model is None:
            continue
        fields = models.setdefault(model, _common_fields())
        for field_type, words in by_type.items():
            for word in words.split():
                field = _field_of(word, field_type, profile)
                if field is not None:
                    fields[field.name] = field
    # A relation to a model that is not installed cannot exist.
    for fields in models.values():
        for name in [name for name, field in fields.items() if field.relation and field.relation not in models]:
            del fields[name]
    return models


def _model_of(head: str, profile: Profile) -> str | None:
    match = re.match(r"^(?P<name>[\w.]+)(?:@(?P<versions>[\d-]+))?(?:/(?P<addon>\w+))?$", head)
    if match is None:
        raise ValueError(f"bad model declaration {head!r}")
    return match["name"] if _applies(match["versions"], match["addon"], profile) else None


def _field_of(word: str, field_type: str, profile: Profile) -> Field | None:
    match = _WORD.match(word)
    if match is None:
        raise ValueError(f"bad field declaration {word!r}")
    if not _applies(match["versions"], match["addon"], profile):
        return None
    choices = match["values"].replace("+", " ").split("|") if match["values"] else []
    pairs = [choice.partition(":")[::2] for choice in choices]
    return Field(
        name=match["name"],
        type=field_type,
        store=match["virtual"] is None,
        required=match["required"] is not None,
        relation=match["relation"] or "",
        inverse=match["inverse"] or "",
        path=match["path"] or "",
        selection=tuple(value for value, _ in pairs),
        labels=tuple(label or value.replace("_", " ").title() for value, label in pairs),
    )


def _applies(versions: str | None, addon: str | None, profile: Profile) -> bool:
    if addon and addon not in profile.features:
        return False
    if not versions:
        return True
    low, dash, high = versions.partition("-")
    first = int(low or OLDEST)
    last = int(high or NEWEST) if dash else first
    return first <= profile.major <= last


def _common_fields() -> dict[str, Field]:
    return {
        "id": Field("id", "integer"),
        "display_name": Field("display_name", "char", store=False),
        "create_date": Field("create_date", "datetime"),
        "write_date": Field("write_date", "datetime"),
        "create_uid": Field("create_uid", "many2one", relation="res.users"),
        "write_uid": Field("write_uid", "many2one", relation="res.users"),
    }
