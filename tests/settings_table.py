"""The README's table of settings as it should be, from the settings themselves."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic_core import PydanticUndefined

from odoo_client.config import Settings


class SettingRow(NamedTuple):
    """A line of the README's table of settings."""

    name: str
    default: str
    description: str


def _settings_table() -> tuple[SettingRow, ...]:
    rows = []
    for name, field in Settings.model_fields.items():
        default: Any = field.default
        if default is None or default is PydanticUndefined:
            text = ""
        elif name == "roles":
            text = "see Roles"
        elif name == "technology_rules" or "|" in str(default):
            text = "see `odoo_client/config.py`"
        elif isinstance(default, tuple):
            text = str(list(default))
        else:
            text = str(default).replace("'", '"') if isinstance(default, dict) else f"{default}"
        rows.append(SettingRow(name.upper(), text, field.description or ""))
    return tuple(rows)


SETTINGS_TABLE = _settings_table()
